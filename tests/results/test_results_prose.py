"""Findings out of whole articles: spans, recovered numbers, statements that nothing happened."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from trialweave.model import Arm, Finding, Passage, Record, Section, Trial, stated
from trialweave.results import read_findings
from trialweave.results.sentences import reports_results, split_sentences

Article = Callable[..., tuple[str, Record]]
Bare = Callable[..., Record]

RESULTS = (
    "Within 60 days after enrolment, 9 patients (45%) were intubated in the treated group versus "
    "18 patients (82%) in the control group. Overall, 71% of patients had better oxygenation "
    "(P < 0.001) and there was a survival rate of 60% in the treatment group compared to 38% in "
    "the control group (P < 0.0001)."
)


def by_family(record: Record) -> dict[str, Finding]:
    return {finding.family: finding for finding in read_findings(record)}


def test_findings_have_ids_in_order_and_passages_that_are_the_printed_words(
    article: Article,
) -> None:
    text, record = article(("Results", RESULTS))
    findings = read_findings(record)
    assert [f.finding_id for f in findings] == [f"page:invented#{i}" for i in (1, 2, 3)]
    assert {f.record_id for f in findings} == {"page:invented"}
    intubated = findings[0]
    assert [text[a.passage.start : a.passage.end] for a in intubated.arms if a.passage] == [
        "9 patients (45%)",
        "18 patients (82%)",
    ]
    survival = findings[2]
    assert survival.passage is not None
    quoted = text[survival.passage.start : survival.passage.end]
    assert quoted.startswith("there was a survival rate")
    assert quoted.endswith("(P < 0.0001)")
    assert survival.p is not None
    assert survival.p.passage is not None
    assert text[survival.p.passage.start : survival.p.passage.end] == "P < 0.0001"


def test_sizes_and_counts_that_percentages_determine_are_recovered(article: Article) -> None:
    _, record = article(("Results", RESULTS))
    found = by_family(record)
    treated, control = found["invasive ventilation"].arms
    assert (treated.n, treated.n_origin) == (20, "recovered")
    assert (control.n, control.n_origin) == (22, "recovered")
    assert "of no other number" in treated.recovery
    treated, control = found["survival"].arms
    assert (treated.n, treated.events, treated.events_origin) == (20, 12, "recovered")
    # 38% of 22 is between 8 (36.4%) and 9 (40.9%): nothing is filled in
    assert (control.n, control.events, control.percent) == (22, None, "38")


def test_the_time_is_that_of_the_sentence_introduction(article: Article) -> None:
    _, record = article(("Results", RESULTS))
    assert by_family(record)["invasive ventilation"].time_days == 60
    assert by_family(record)["survival"].time_days is None


def test_a_percentage_of_everybody_is_no_arm(article: Article) -> None:
    _, record = article(("Results", RESULTS))
    (arm,) = by_family(record)["oxygenation"].arms
    assert (arm.role, arm.percent, arm.n) == ("total", "71", None)


def test_sizes_that_the_text_states_are_used_for_percentages(article: Article) -> None:
    _, record = article(
        ("Methods", "The cell group (n = 26) and the control group (n = 18) were followed."),
        ("Results", "Mortality was 7.69% in the cell group and 33.33% in the control group."),
    )
    treated, control = by_family(record)["mortality"].arms
    assert (treated.events, treated.n, treated.n_origin) == (2, 26, "stated")
    assert (control.events, control.n, control.events_origin) == (6, 18, "recovered")


def test_a_stated_size_of_a_part_is_not_taken_for_the_group(article: Article) -> None:
    _, record = article(
        (
            "Results",
            "Among the referred, 1/7 (14.3%) in the treatment group and 6/7 (85.7%) in the control "
            "group relapsed. Mortality was 10% in the treatment group and 20% in controls.",
        )
    )
    assert [arm.n for arm in by_family(record)["mortality"].arms] == [None, None]


def test_percentages_of_large_groups_do_not_speak_for_their_size(article: Article) -> None:
    _, record = article(
        ("Methods", "The cell group (n = 803) and the control group (n = 798) were followed."),
        ("Results", "Mortality was 7.6% in the cell group and 9.3% in the control group."),
    )
    assert [arm.events for arm in by_family(record)["mortality"].arms] == [None, None]


def test_kaplan_meier_estimates_are_not_turned_into_counts(article: Article) -> None:
    _, record = article(
        ("Methods", "The cell group (n = 20) and the control group (n = 20) were followed."),
        (
            "Results",
            "The Kaplan-Meier survival was 60% in the cell group and 40% in the control group.",
        ),
    )
    finding = by_family(record)["survival"]
    assert [arm.events for arm in finding.arms] == [None, None]
    assert "Kaplan-Meier" in finding.note


@pytest.mark.parametrize(
    "statement",
    [
        "Safety No serious adverse events reported after infusion",
        "No serious adverse events were observed.",
        "There were no serious adverse events in any patient.",
    ],
)
def test_no_event_in_a_single_group_is_nought_of_all_enrolled(
    article: Article, statement: str
) -> None:
    _, record = article(
        ("Methods", "Participants: Nine patients with pneumonia that did not respond."),
        ("Key results", f"Outcome Effect\n{statement}\nImaging Improved"),
        title="Cells as a rescue for pneumonia",
    )
    (finding,) = read_findings(record)
    (arm,) = finding.arms
    assert finding.family == "serious adverse events"
    assert (arm.role, arm.events, arm.n, arm.n_origin) == ("single", 0, 9, "recovered")
    assert "9 patients in all" in arm.recovery


def test_a_stated_enrolment_counts_before_the_text(article: Article) -> None:
    _, record = article(
        ("Results", "No deaths were observed."), trial=Trial(enrollment=stated(11, "test/1"))
    )
    (arm,) = read_findings(record)[0].arms
    assert (arm.role, arm.n) == ("single", 11)


def test_no_event_after_the_product_is_of_the_treated_group(article: Article) -> None:
    _, record = article(
        ("Methods", "Patients were randomized to exosomes or placebo."),
        (
            "Results",
            "No adverse events were noted after exosomes infusion. Death occurred in 4 (20%) in "
            "the treatment group and 5 (25%) in the control group.",
        ),
        title="Inhaled exosomes in severe pneumonia",
    )
    (arm,) = by_family(record)["adverse events"].arms
    assert (arm.role, arm.events, arm.n) == ("treatment", 0, 20)


@pytest.mark.parametrize(
    "statement",
    [
        "No significant difference in adverse events was found.",
        "No adverse events of grade 3 were observed.",
        "No other serious adverse events were observed.",
        "No adverse events leading to withdrawal were reported.",
        "There was no adverse event rate above 5%.",
    ],
)
def test_partial_denials_are_not_read_as_none(article: Article, statement: str) -> None:
    _, record = article(("Results", statement))
    assert read_findings(record) == ()


def test_none_in_either_group_is_of_everybody(article: Article) -> None:
    _, record = article(("Results", "No deaths occurred in either treatment group."))
    (arm,) = read_findings(record)[0].arms
    assert arm.role == "total"


@pytest.mark.parametrize(
    ("label", "reports"),
    [
        ("Results", True), ("Key Results", True), ("Methods and results", True),
        ("Methods", False), ("Background", False), ("Conclusions", False), ("Funding", False),
        ("Main outcome measures", False), ("", None), ("Abstract", None),
    ],
)  # fmt: skip
def test_which_sections_report_results(label: str, reports: bool | None) -> None:
    assert reports_results(label) is reports


def test_labels_inside_one_section_switch(article: Article) -> None:
    _, record = article(
        (
            "Abstract",
            "Background: Mortality is 40% in the treated group and 50% in the control group "
            "elsewhere. Results: Mortality was 10% in the treated group and 20% in the control "
            "group. Conclusions: Mortality was 1% in the treated group and 2% in controls.",
        )
    )
    (finding,) = read_findings(record)
    assert [arm.percent for arm in finding.arms] == ["10", "20"]


def test_plans_and_other_studies_are_not_results(article: Article) -> None:
    _, record = article(
        (
            "Results",
            "We assumed a mortality of 20% in the treatment group and 40% in the control group. "
            "Previously reported mortality was 5% in the treatment group and 9% in controls.",
        )
    )
    assert read_findings(record) == ()


def test_repeats_are_one_finding_and_times_are_several(article: Article) -> None:
    sentence = "Mortality was {} in the treatment group and {} in the control group at day {}."
    _, record = article(
        ("Results", sentence.format("10%", "20%", 28)),
        (
            "Key findings",
            sentence.format("10%", "20%", 28) + " " + sentence.format("10%", "20%", 90),
        ),
    )
    assert sorted(f.time_days or 0 for f in read_findings(record)) == [28, 90]


def test_results_of_a_part_of_the_patients_say_so(article: Article) -> None:
    _, record = article(
        (
            "Results",
            "Among patients with diabetes, mortality was 10% in the treatment group and 30% in the "
            "control group.",
        )
    )
    assert "diabetes" in read_findings(record)[0].population


def test_without_exact_spans_the_section_stands_for_the_passage(bare: Bare) -> None:
    text = "Mortality was 10% in the treatment group and 20% in the control group."
    value = stated(text, "test/1", span=(40, 40 + len(text) + 5))  # received text was longer
    record = bare(Section("Results", value))
    assert read_findings(record)[0].passage == Passage(40, 40 + len(text) + 5)


def test_raw_text_gives_exact_spans(bare: Bare) -> None:
    raw = "Mortality was\n10% in the treatment group and 20%  in the control group."
    value = stated(" ".join(raw.split()), "test/1", span=(7, 7 + len(raw)), raw=raw)
    received = "#######" + raw
    record = bare(Section("Results", value))
    arms = read_findings(record)[0].arms
    assert [received[a.passage.start : a.passage.end] for a in arms if a.passage] == ["10%", "20%"]


def test_registered_arms_and_their_absence_are_survived(article: Article) -> None:
    two = stated((Arm(label=stated("A", "test/1")), Arm(label=stated("B", "test/1"))), "test/1")
    _, record = article(("Results", "No deaths were observed."), trial=Trial(arms=two))
    (arm,) = read_findings(record)[0].arms
    assert arm.role == "total"


def test_sentences_are_slices_of_the_text() -> None:
    text = (
        "• Deaths vs. discharges (e.g. early) were few, P = .05. Group A. did well!  Next line\n"
        "continues here with many more words than fifty characters so that it goes\non and ends."
    )
    for sentence in split_sentences(text):
        assert text[sentence.start : sentence.end] == sentence.text
    assert any("goes\non and ends" in s.text for s in split_sentences(text))


@pytest.mark.parametrize(
    "text",
    [
        "1/" * 500_000,
        "(" * 1_000_000,
        "." * 1_000_000,
        "Deaths or " * 100_000,
        ("A 1/2 vs " + "1/2 vs " * 390 + ". ") * 120,
        ("Number of a " * 240 + "5%. ") * 120,
        "No deaths were. " * 20_000,
        "\nA" * 200_000,
    ],
    ids=["slashes", "brackets", "stops", "long", "shares", "words", "denials", "lines"],
)
def test_hostile_text_takes_linear_time(article: Article, text: str) -> None:
    _, record = article(("Results", text))
    start = time.process_time()
    read_findings(record)
    assert time.process_time() - start < 6.0
