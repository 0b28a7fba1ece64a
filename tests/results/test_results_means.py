"""Means and medians in sentences: forms that are read, and forms that must not be."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.model import ArmResult, Finding, Record
from trialweave.results import read_findings
from trialweave.results.arm_names import arm_names
from trialweave.results.continuous_comparisons import Measured, read_measured
from trialweave.results.continuous_findings import measured_finding
from trialweave.results.continuous_values import Declared, declared
from trialweave.results.view import SentenceView

Article = Callable[..., tuple[str, Record]]

NAMES = arm_names(
    ["The ALPHA group (n = 20), the BETA group (n = 22) and the ALPHA and BETA groups"]
)
SD = Declared("SD", bracketed=True)


def read(sentence: str, said: Declared = SD) -> list[Measured]:
    return read_measured(SentenceView(sentence, 0, (), NAMES), said)


def figures(measured: Measured) -> list[tuple[str, ...]]:
    return [
        (label, q.value, q.spread or q.lower, q.upper) if q.lower else (label, q.value, q.spread)
        for q, label, _ in measured.arms
    ]


@pytest.mark.parametrize(
    ("sentence", "outcome", "arms"),
    [
        (
            "Pain was 3.2 ± 1.1 in the cell group and 4.5 ± 1.2 in the control group (P = 0.03).",
            "Pain",
            [("cell group", "3.2", "1.1"), ("control group", "4.5", "1.2")],
        ),
        (
            "Grip strength was higher in the cell group (31.5 ± 4.1 kg) than in the control group "
            "(28.0 ± 3.9 kg).",
            "Grip strength",
            [("cell group", "31.5", "4.1"), ("control group", "28.0", "3.9")],
        ),
        (
            "The mean (SD) fatigue score was 12.3 (4.5) in ALPHA and 15.1 (4.9) in BETA.",
            "fatigue score",
            [("ALPHA", "12.3", "4.5"), ("BETA", "15.1", "4.9")],
        ),
        (
            "Sleep time in minutes was 410 ± 32, 395 ± 41 and 380 ± 39 in the ALPHA, BETA and "
            "placebo groups, respectively.",
            "Sleep time in minutes",
            [("ALPHA", "410", "32"), ("BETA", "395", "41"), ("placebo groups", "380", "39")],
        ),
        (
            "Median hospital stay was 7 days (IQR 5-9) in the cell group versus 9 days (IQR 6-14) "
            "in the control group.",
            "hospital stay",
            [("cell group", "7", "5", "9"), ("control group", "9", "6", "14")],
        ),
        (
            "CRP fell from 80.1 ± 20.2 to 30.5 ± 11.0 mg/L in the cell group and from 79.0 ± 19.8 "
            "to 55.4 ± 15.0 mg/L in the control group.",
            "CRP",
            [("cell group", "30.5", "11.0"), ("control group", "55.4", "15.0")],
        ),
        (
            "Oxygen saturation was 93,5 ± 2,1% in the treatment group versus 91·0 ± 3·0% with "
            "placebo.",
            "Oxygen saturation",
            [("treatment group", "93.5", "2.1"), ("placebo", "91.0", "3.0")],
        ),
        (
            "The change in HbA1c was − 0.9 +/- 0.4% in the cell group and −0.2±0.3% in controls.",
            "change in HbA1c",
            [("cell group", "-0.9", "0.4"), ("controls", "-0.2", "0.3")],
        ),
        (
            "Step counts were greater for ALPHA (M = 6120.5, SD = 840.2) than BETA (M = 5410.3, "
            "SD = 790.1).",
            "Step counts",
            [("ALPHA", "6120.5", "840.2"), ("BETA", "5410.3", "790.1")],
        ),
        (
            "Lipids did not differ (ALPHA vs BETA: HDL, 56 ± 4 vs 57 ± 5 mg/dL, P = 0.7; LDL, "
            "120 ± 9 vs 131 ± 8 mg/dL, P = 0.4).",
            "HDL",
            [("ALPHA", "56", "4"), ("BETA", "57", "5")],
        ),
        (
            "Pressure fell (7±8 nitrate vs. 1±8mmHg placebo).",
            "Pressure",
            [("nitrate", "7", "8"), ("placebo", "1", "8")],
        ),
        (
            "Walking distance averaged 1,204.5 ± 210.0 m in the cell group and 998.0 ± 190.5 m in "
            "the control group.",
            "Walking distance",
            [("cell group", "1204.5", "210.0"), ("control group", "998.0", "190.5")],
        ),
    ],
)
def test_means_that_are_read(sentence: str, outcome: str, arms: list[tuple[str, ...]]) -> None:
    measured = read(sentence)[0]
    assert (measured.outcome, figures(measured)) == (outcome, arms)


@pytest.mark.parametrize(
    "sentence",
    [
        "At baseline, pain was 6.2 ± 1.1 in the cell group and 6.5 ± 1.2 in the control group.",
        "Mean age was 61.2 ± 9.1 years in the cell group and 60.5 ± 8.2 in the control group.",
        "Pain was 3.2 ± 1.1 at week 4 and 4.5 ± 1.2 at week 8 in the cell group.",
        "Pain was 3.2 ± 1.1 and 4.5 ± 1.2 on the two days.",
        "Scores were 3.2 ± 1.1, 4.5 ± 1.2 and 5.0 ± 1.0 in ALPHA, gamma and BETA, respectively.",
        "Pain was 3.2 ± 1.1 days in the cell group and 4.5 ± 1.2 points in the control group.",
        "Pain was 3.2 ± 1.1 in the cell group, exceeding the mean threshold of 4.0 points, versus "
        "a mean of 2.7 points in the control group.",
        "There was a mean improvement of 5.9 points in the cell group versus a mean decline of "
        "2.7 points in the control group.",
        "8.2 ± 1.1 × 10^9/L cells were found.",
        "The mean dose was 5.0 ± 1.0 mg in the cell group and 6.0 ± 1.0 mg in the control group.",
    ],
)
def test_what_leaves_two_readings_is_not_read(sentence: str) -> None:
    assert read(sentence) == []


@pytest.mark.parametrize(
    ("text", "spread"),
    [
        ("Values are mean ± SD.", "SD"),
        ("Data are expressed as means ± standard error of the mean.", "SE"),
        ("Results are presented as mean (standard deviation).", "SD"),
        ("Data are mean ± SD in the text and mean ± SEM in the figures.", ""),
        ("SEM images were taken.", ""),
        ("Ages are given.", ""),
    ],
)
def test_what_methods_say_of_the_spread(text: str, spread: str) -> None:
    assert declared([text]).spread == spread


def one(record: Record) -> Finding:
    (finding,) = read_findings(record)
    return finding


MEANS = "Pain was 3.2 ± 1.1 in the cell group and 4.5 ± 1.2 in the control group (P = 0.03)."


def test_a_spread_that_nothing_names_is_neither_and_is_noted(article: Article) -> None:
    _, record = article(("Results", MEANS))
    finding = one(record)
    assert [(a.sd, a.se, a.mean_printed) for a in finding.arms] == [
        (None, None, "3.2"),
        (None, None, "4.5"),
    ]
    assert "3.2 ± 1.1" in finding.note
    assert "not stated" in finding.note


def test_methods_name_the_spread_and_sizes_come_from_elsewhere(article: Article) -> None:
    text, record = article(
        (
            "Methods",
            "Patients were randomised to the cell group (n = 26) or the control group (n = 18). "
            "Values are mean ± SEM.",
        ),
        ("Results", MEANS),
    )
    finding = one(record)
    assert finding.kind == "continuous"
    assert [(a.se, a.se_printed, a.n, a.role) for a in finding.arms] == [
        (1.1, "1.1", 26, "treatment"),
        (1.2, "1.2", 18, "control"),
    ]
    assert all("elsewhere" in arm.recovery for arm in finding.arms)
    assert finding.p is not None
    assert finding.p.text == "0.03"
    passage = finding.arms[0].passage
    assert passage is not None
    assert text[passage.start : passage.end] == "3.2 ± 1.1"


def test_an_effect_on_means_is_a_mean_difference(article: Article) -> None:
    _, record = article(
        (
            "Results",
            "Pain was 3.2 ± 1.1 in the cell group and 4.5 ± 1.2 in the control group (difference "
            "−1.3, 95% CI −2.0 to −0.6).",
        )
    )
    effect = one(record).effect
    assert effect is not None
    assert (effect.measure, effect.estimate, effect.lower) == ("MD", "-1.3", "-2.0")


def test_decimals_with_a_slash_are_read_where_the_record_writes_p_so(article: Article) -> None:
    results = (
        "Weight was 71/5 ± 8/2 kg in the cell group and 73/1 ± 7/9 kg in the control group "
        "(P = 0/04)."
    )
    _, record = article(("Results", results))
    assert [arm.mean for arm in one(record).arms] == [71.5, 73.1]
    _, other = article(("Results", results.replace("0/04", "0.04")))
    assert read_findings(other) == ()


def test_a_lost_decimal_point_is_kept_and_noted(article: Article) -> None:
    _, record = article(
        (
            "Results",
            "Death occurred in 3 of 40 (7.5%) in the cell group and 8 of 41 (19.5%) in the control "
            "group (OR 33; 95% CI 0.09 to 1.18).",
        )
    )
    finding = one(record)
    assert finding.effect is not None
    assert finding.effect.estimate == "33"
    assert "outside its interval" in finding.note


def test_effects_without_figures_of_the_groups_are_findings(article: Article) -> None:
    _, record = article(
        (
            "Results",
            "The cell group had a lower mortality than the control group (hazard ratio for death, "
            "0.62; 95% CI, 0.41 to 0.94; P = 0.02). Age was a predictor of death in the cell group "
            "(OR 1.05, 95% CI 1.01 to 1.09).",
        )
    )
    finding = one(record)
    assert (finding.kind, finding.family) == ("effect", "mortality")
    assert finding.effect is not None
    assert (finding.effect.measure, finding.effect.upper) == ("HR", "0.94")
    assert [arm.role for arm in finding.arms] == ["treatment", "control"]


def test_everybody_who_completes_a_crossover_is_in_both_groups(article: Article) -> None:
    methods = "In this randomised crossover trial patients drank ALPHA juice or placebo juice."
    results = (
        "Nineteen patients completed the study. Pressure was 121 ± 8 mmHg in the ALPHA group and "
        "125 ± 9 mmHg in the placebo group."
    )
    _, record = article(("Methods", methods), ("Results", results))
    assert [(arm.n, arm.n_origin) for arm in one(record).arms] == [(19, "recovered")] * 2
    _, parallel = article(("Methods", methods.replace(" crossover", "")), ("Results", results))
    assert [arm.n for arm in one(parallel).arms] == [None, None]


def test_sizes_of_groups_known_by_name_settle_percentages(article: Article) -> None:
    _, record = article(
        (
            "Methods",
            "Patients were randomised to ALPHA (n = 40), BETA (n = 41) or GAMMA (n = 39). The "
            "ALPHA group, the BETA group and the GAMMA group were alike.",
        ),
        (
            "Results",
            "Relapse was seen in 30.0% overall (ALPHA, 12.5%; BETA, 34.1%; and GAMMA, 43.6%).",
        ),
    )
    (finding,) = read_findings(record)
    assert [(a.label, a.events, a.n, a.events_origin) for a in finding.arms] == [
        ("ALPHA", 5, 40, "recovered"),
        ("BETA", 14, 41, "recovered"),
        ("GAMMA", 17, 39, "recovered"),
    ]


def test_a_table_that_prints_the_same_figures_names_their_spread() -> None:
    sentence = SentenceView(MEANS, 0, ())
    (measured,) = read_measured(sentence)
    table = Finding(
        "t", "r", "Pain", kind="continuous",
        arms=(
            ArmResult("Cells", n=31, mean=3.2, sd=1.1, mean_printed="3.2", sd_printed="1.1"),
            ArmResult("Control", n=30, mean=4.5, sd=1.2, mean_printed="4.5", sd_printed="1.2"),
        ),
    )  # fmt: skip

    def finding(tables: list[Finding]) -> Finding:
        return measured_finding(
            measured, lambda start, end: None, time=("", None), span=(0, 9), population="",
            by_name=NAMES.sizes, by_role={}, tables=tables,
        )  # fmt: skip

    assert [(a.sd, a.n) for a in finding([table]).arms] == [(1.1, 31), (1.2, 30)]
    assert [(a.sd, a.n) for a in finding([]).arms] == [(None, None)] * 2


def test_results_of_the_start_are_no_outcomes(article: Article) -> None:
    _, record = article(("Baseline characteristics", MEANS))
    assert read_findings(record) == ()


def test_names_are_used_alone_only_where_the_text_uses_them_for_groups() -> None:
    names = arm_names(
        [
            "Patients were randomised to yoga (n = 30) or stretching (n = 31). The yoga group met "
            "weekly; the stretching group met as often. Mean MAP fell in the MAP group.",
        ]
    )
    assert {"yoga", "stretching"} <= set(names.by_first)
    assert "map" not in names.by_first
    assert names.sizes["yoga"] == 30


_NUMBERS = st.decimals(min_value="0.1", max_value="999", places=1).map(str)
_FORMS = (
    "Pain was {a} ± {b} in the cell group and {c} ± {d} in the control group.",
    "Mean (SD) pain was {a} (SD {b}) in the cell group versus {c} (SD {d}) in the control group.",
    "Pain was lower in the cell group ({a} ± {b} points) than in the control group ({c} ± {d} "
    "points).",
    "Pain was {a} ± {b} and {c} ± {d} in the cell and control groups, respectively.",
)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(_FORMS), _NUMBERS, _NUMBERS, _NUMBERS, _NUMBERS)
def test_printed_means_are_read_back_exactly(form: str, a: str, b: str, c: str, d: str) -> None:
    (measured,) = read(form.format(a=a, b=b, c=c, d=d))
    assert [(q.value, q.spread, q.spread_kind) for q, _, _ in measured.arms] == [
        (a, b, "SD"),
        (c, d, "SD"),
    ]


@pytest.mark.parametrize(
    "piece",
    ["5 ± 3 ", "mean (SD) 5 (3) ", "median 5 [", "M = 5, SD = ", "95% CI ", "the A group (n = ",
     "difference between a ", "A vs B: x, ", "a, b and c "],
)  # fmt: skip
def test_hostile_repetition_takes_linear_time(article: Article, piece: str) -> None:
    def taken(times: int) -> float:
        _, record = article(("Results", piece * times))
        start = time.process_time()
        read_findings(record)
        return time.process_time() - start

    taken(10)
    assert taken(4_000) < 0.05 + 8 * taken(1_000)
