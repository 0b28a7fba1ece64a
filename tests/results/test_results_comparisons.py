"""Which number belongs to which group: forms that are read, and forms that must not be."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.results.comparisons import read_sentence

Arms = list[tuple[int | None, int | None, str, str]]


def read(sentence: str) -> list[tuple[str, Arms]]:
    return [
        (
            reading.family,
            [(share.events, share.n, share.percent, role) for share, _, role in reading.arms],
        )
        for reading in read_sentence(sentence, 0, {"exosomes"})
    ]


@pytest.mark.parametrize(
    ("sentence", "family", "arms"),
    [
        (
            "By day 30, 6 patients (40%) were intubated in the treated group versus 9 patients "
            "(75%) in the control group.",
            "invasive ventilation",
            [(6, None, "40", "treatment"), (9, None, "75", "control")],
        ),
        (
            "There was a survival rate of 61% in the intervention arm compared to 39% in the "
            "placebo arm (P = 0.03).",
            "survival",
            [(None, None, "61", "treatment"), (None, None, "39", "control")],
        ),
        (
            "Mortality was lower in the exosome group (10%; 2 of 20) than in the placebo group "
            "(35%; 7 of 20).",
            "mortality",
            [(2, 20, "10", "treatment"), (7, 20, "35", "control")],
        ),
        (
            "Three of 12 patients died in the treatment arm and six of 13 in the placebo arm.",
            "mortality",
            [(3, 12, "", "treatment"), (6, 13, "", "control")],
        ),
        (
            "Intubation was needed in 7/20 (35%) and 12/20 (60%) patients in the treatment and "
            "control groups, respectively.",
            "invasive ventilation",
            [(7, 20, "35", "treatment"), (12, 20, "60", "control")],
        ),
        (
            "In the placebo group, 8 of 40 patients (20%) died, as compared with 3 of 41 patients "
            "(7%) in the active group.",
            "mortality",
            [(8, 40, "20", "control"), (3, 41, "7", "treatment")],
        ),
        (
            "Compared with placebo, the treatment group had a lower mortality (10% vs 20%).",
            "mortality",
            [(None, None, "10", "treatment"), (None, None, "20", "control")],
        ),
        (
            "Deaths were fewer in the treatment group (12.5% vs 30%, P = 0.04).",
            "mortality",
            [(None, None, "12.5", "treatment"), (None, None, "30", "control")],
        ),
        (
            "Deaths were fewer in the control group (12.5% vs 10%, P = 0.7).",
            "mortality",
            [(None, None, "12.5", "treatment"), (None, None, "10", "control")],
        ),
        (
            "Thirty-day mortality was 37.5% (42 of 112 patients) in cell recipients versus 42.7% "
            "(47 of 110 patients) in control patients.",
            "mortality",
            [(42, 112, "37.5", "treatment"), (47, 110, "42.7", "control")],
        ),
        (
            "The survival rate was 57,1% in the treatment group versus 26,7% in controls.",
            "survival",
            [(None, None, "57.1", "treatment"), (None, None, "26.7", "control")],
        ),
        (
            "Serious adverse events occurred in 12·5% with exosomes versus 20·0% with placebo.",
            "serious adverse events",
            [(None, None, "12.5", "treatment"), (None, None, "20.0", "control")],
        ),
        (
            "There were no deaths in the treatment group and three (10.3%) in the control group.",
            "mortality",
            [(0, None, "", "treatment"), (3, None, "10.3", "control")],
        ),
        (
            "Deaths: 5/21 (23.8%) in the cell arm, 4/24 (16.7%) in the placebo arm.",
            "mortality",
            [(5, 21, "23.8", "treatment"), (4, 24, "16.7", "control")],
        ),
        (
            "Adverse events affected 2 of 12 (16.7%) UC-MSC patients versus 8 of 12 (66.7%) "
            "controls.",
            "adverse events",
            [(2, 12, "16.7", "treatment"), (8, 12, "66.7", "control")],
        ),
        (
            "Death occurred in 10 (66%) of 15 exosome recipients versus 5 (64%) of 8 placebo "
            "recipients.",
            "mortality",
            [(10, 15, "66", "treatment"), (5, 8, "64", "control")],
        ),
        (
            "Patients in the exosome group had fewer readmissions than patients in the placebo "
            "group (12%, as compared with 20%; rate ratio for recovery, 1.29; 95% CI, 1.1 to 1.5).",
            "readmission",
            [(None, None, "12", "treatment"), (None, None, "20", "control")],
        ),
        (
            "Nausea was seen in 5%, 7% and 9% of the low-dose, high-dose and placebo groups, "
            "respectively.",
            "nausea",
            [
                (None, None, "5", "treatment"),
                (None, None, "7", "treatment"),
                (None, None, "9", "control"),
            ],
        ),
    ],
)
def test_comparisons_that_are_read(sentence: str, family: str, arms: Arms) -> None:
    assert read(sentence) == [(family, arms)]


@pytest.mark.parametrize(
    "sentence",
    [
        "Mean ferritin showed a reduction of 43% in the treated group versus 12% in controls.",
        "Counts increased by 20% in the treatment group and by 5% in the control group.",
        "Albumin decreased to 60% in the treatment group compared with 55% in the control group.",
        "Mean saturation was 93% in the treatment group versus 91% in the control group.",
        "The ejection fraction was 43.7 ± 11.0% in the treated group and 42.4 ± 11.7% in controls.",
        "Of 40 patients, 20 were assigned to the treatment group and 20 to the control group.",
        "Incidence was 2.56 vs. 2.65%/year in the treatment and control groups.",
        "The rate was 2.7/100 person years in one region and 3.1/100 person years in another.",
        "Blood pressure was 120/80 in the treatment group and 118/79 in the control group.",
        "Grade 3/4 toxicity was more frequent in the two active arms than in the control arm.",
        "More than 60% of cases in the treatment group and less than 40% in controls were mild.",
        "Outcomes differed (20% vs 35%).",
        "Ventilation was rarer among 76 patients in the treatment group than 13% of controls.",
        "The response rate was 19, 22, and 13% respectively.",
        "Fever was seen in 10% and 20% on day 1 and day 3 in the treatment group.",
    ],
)
def test_what_is_no_share_of_a_group_is_not_read(sentence: str) -> None:
    assert read(sentence) == []


def test_overall_percentages_are_of_everybody_and_of_no_arm() -> None:
    sentence = "Overall, 72% of patients had improved oxygen levels within 5 days (P < 0.001)."
    assert read(sentence) == [("oxygenation", [(None, None, "72", "total")])]


def test_a_p_value_goes_to_the_comparison_it_follows() -> None:
    sentence = (
        "In total, 70% of patients improved (P < 0.0001) and mortality was 10% in the treatment "
        "group versus 20% in the control group (P = 0.2), with discharge in 80% of the treatment "
        "group versus 75% of the control group."
    )
    by_family = {
        r.family: (r.p.operator, r.p.text) if r.p else None for r in read_sentence(sentence)
    }
    assert by_family["mortality"] == ("=", "0.2")
    assert by_family["hospital discharge"] is None


def test_an_effect_and_its_p_value_stand_with_the_counts() -> None:
    (reading,) = read_sentence(
        "Death occurred in 8 of 40 (20%) in the treatment arm and 16 of 40 (40%) in the control "
        "arm (RR 0.50; 95% CI 0.24 to 1.03; P = 0.05)."
    )
    assert reading.effect is not None
    assert reading.effect.measure == "RR"
    assert reading.p is not None
    assert reading.p.text == "0.05"


def test_each_share_of_a_list_has_its_own_outcome() -> None:
    sentence = (
        "17 of 24 (71%) patients recovered, 3 of 24 (13%) stayed ill, and 4 of 24 (16%) expired."
    )
    assert [family for family, _ in read(sentence)] == ["recovery", "", "mortality"]


def test_a_bracketed_share_is_of_the_word_before_it_and_not_of_the_heading() -> None:
    (reading,) = read_sentence(
        "The most frequent adverse events were nausea (8% in the treatment group and 5% in the "
        "control group)."
    )
    assert reading.family == "nausea"
    assert "nausea" in reading.outcome


_TEMPLATES = (
    "{a} of {n1} patients ({p}%) died in the treatment group versus {c} of {n2} ({q}%) in the "
    "control group.",
    "Mortality was {p}% ({a}/{n1}) in the treated group and {q}% ({c}/{n2}) in the placebo group.",
    "Death occurred in {a}/{n1} ({p}%) and {c}/{n2} ({q}%) of the intervention and control groups, "
    "respectively.",
    "Fewer deaths occurred in the treatment arm ({a}/{n1}, {p}%) compared with the control "
    "arm ({c}/{n2}, {q}%).",
    "In the experimental group {a}/{n1} ({p}%) died, whereas in the control group {c}/{n2} "
    "({q}%) died.",
)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(_TEMPLATES),
    st.tuples(st.integers(1, 900), st.integers(0, 900)),
    st.tuples(st.integers(1, 900), st.integers(0, 900)),
)
def test_printed_tables_are_read_back_exactly(
    template: str, first: tuple[int, int], second: tuple[int, int]
) -> None:
    (n1, a), (n2, c) = ((n, min(x, n)) for n, x in (first, second))
    p, q = f"{100 * a / n1:.1f}", f"{100 * c / n2:.1f}"
    sentence = template.format(a=a, n1=n1, p=p, c=c, n2=n2, q=q)
    assert read(sentence) == [("mortality", [(a, n1, p, "treatment"), (c, n2, q, "control")])]


_WORDS = (
    *("7", "12", "(50%)", "80%", "of", "/", "in", "the", "control", "treatment", "group", "A"),
    *("versus", "vs", "and", ",", ";", "patients", "died", "P < 0.05", "respectively", "(", ")"),
    *("both", "no", "deaths", "(n = 9)", "95% CI 1-2", "with", "placebo", "none", "3/7", "±"),
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(_WORDS),
        max_size=60,
    )
)
def test_any_mixture_of_words_is_survived_and_spans_stay_inside(words: list[str]) -> None:
    sentence = " ".join(words)
    for reading in read_sentence(sentence):
        for start, end in reading.spans:
            assert 0 <= start < end <= len(sentence)
        for share, _, _ in reading.arms:
            assert share.n is None or share.events is None or share.events <= share.n
