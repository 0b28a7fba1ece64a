"""Facts of design in sentences: what is read, where it stands, and what is left alone."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialweave.model import (
    Intervention,
    Missingness,
    Passage,
    Publication,
    Section,
    Trial,
    Value,
    stated,
)
from trialweave.records.enrich import enrich
from trialweave.records.prose import Piece, describe


def read(text: str, label: str = "Methods") -> Trial:
    return describe([Piece(label, text, 0)])


@pytest.mark.parametrize(
    ("text", "phases"),
    [
        ("Fooprazole in fever: a phase I & II trial", ("1", "2")),
        ("A Phase 1/2a study of fooprazole", ("1", "2")),
        ("A phase IIb trial", ("2",)),
        ("An early phase 1 study", ("early1",)),
        ("Phase 2, 3 mg of fooprazole a day", ("2",)),
        ("A study in the luteal phase", None),
    ],
)
def test_phase_in_titles(text: str, phases: tuple[str, ...] | None) -> None:
    assert read(text, "title").phase.content == phases


@pytest.mark.parametrize(
    ("sentence", "count"),
    [
        ("Twenty-nine patients with fever were randomised to fooprazole or rest.", 29),
        ("We enrolled 1,204 adults at nine wards.", 1204),
        ("A total of 64 hospitalised patients were enrolled.", 64),
        ("Participants: Five patients with severe fever.", 5),
        ("This is a case series of 12 patients.", 12),
        ("The study will be large; 90 patients will be recruited.", 90),
        ("7 patients (50%) were intubated.", None),
        ("Of 120 patients screened, 80 were excluded.", None),
        ("14 patients were assigned to the treatment group.", None),
        ("Six of 14 patients were included in the analysis of lungs.", None),
        ("Blood was taken from 29 patients.", None),
        ("Previous studies enrolled 300 patients.", None),
    ],
)
def test_enrolment_only_where_people_were_enrolled(sentence: str, count: int | None) -> None:
    assert read(sentence).enrollment.content == count


def test_enrolment_on_which_sentences_differ_is_left_out() -> None:
    assert not read("We enrolled 40 patients. In all, 38 patients were included.").enrollment


def test_planned_enrolment() -> None:
    it = read("Ninety patients will be recruited.")
    assert (it.enrollment.content, it.enrollment_type.content) == (90, "estimated")


@pytest.mark.parametrize(
    ("sentence", "field", "content"),
    [
        ("Patients were randomized to either group.", "allocation", "randomised"),
        ("Patients were not randomised.", "allocation", "non-randomised"),
        ("This double-blinded trial ran for a year.", "masking", "double"),
        ("It was an open-label study.", "masking", "none"),
        ("They were followed up for 6 months.", "follow_up_days", 182.6),
        ("They were monitored for safety and efficacy for 28 days.", "follow_up_days", 28.0),
        ("A 12-week follow-up ended the study.", "follow_up_days", 84.0),
        ("Within 28 days after enrolment, some died.", "follow_up_days", 28.0),
        (
            "This was a pilot, open-label, single-arm study.",
            "study_design",
            "pilot, open-label, single-arm study",
        ),
    ],
)
def test_design(sentence: str, field: str, content: Any) -> None:
    assert getattr(read(sentence), field).content == content


@pytest.mark.parametrize("label", ["Conclusions", "Discussion", "Significance and Outlook"])
def test_other_studies_are_not_this_one(label: str) -> None:
    assert (
        read("Double-blind randomised phase 3 trials of 500 patients are next.", label) == Trial()
    )


def test_studies_asked_for_are_not_this_one() -> None:
    assert not read("Larger double-blind trials are needed.", "Results").masking
    assert not read("Randomised trials have shown little.", "Background").allocation


@pytest.mark.parametrize(
    ("title", "product", "condition", "severity"),
    [
        (
            "Safety and efficacy of marsh stem cells in patients with severe marsh cough",
            "marsh stem cells",
            "marsh cough",
            "severe",
        ),
        (
            "Rescue therapy utilizing fen exosomes for the treatment of critically ill patients"
            " with Lake Fever: a case series",
            "fen exosomes",
            "Lake Fever",
            "critically ill",
        ),
        (
            "Fen exosomes as treatment for moderate lake fever",
            "Fen exosomes",
            "lake fever",
            "moderate",
        ),
        (
            "Treatment of lake fever with inhaled testamycin",
            "inhaled testamycin",
            "lake fever",
            None,
        ),
        ("What we learned about lake fever", None, None, None),
    ],
)
def test_titles(
    title: str, product: str | None, condition: str | None, severity: str | None
) -> None:
    it = read(title, "title")
    names = [i.name.content for i in it.interventions.content or ()]
    assert names == ([product] if product else [])
    conditions = [value.content for value in it.conditions.content or ()]
    assert conditions == ([condition] if condition else [])
    assert it.severity.content == severity


def test_dose_sentence() -> None:
    it = read("Patients received three intravenous infusions of 2 × 10⁶ cells/kg every two days.")
    said = {label.label: label.value.content for label in it.other}
    assert said == {
        "route": "intravenous",
        "dose": "2 × 10⁶ cells/kg",
        "number of doses": "three",
        "schedule": "every two days",
    }


def test_control_and_ratio() -> None:
    it = read("Patients were randomised (2:1) to cells or the same volume of placebo.")
    said = {label.label: label.value.content for label in it.other}
    assert said == {"allocation ratio": "2:1", "control": "placebo"}
    assert [i.name.content for i in it.interventions.content or ()] == ["placebo"]


def spans(item: Any) -> list[Value[Any]]:
    """All stated values at any depth."""
    found: list[Value[Any]] = []
    if isinstance(item, Value):
        if item:
            found.append(item)
        found += spans(item.content)
    elif isinstance(item, tuple):
        for part in item:
            found += spans(part)
    elif isinstance(item, (Trial, Intervention)) or hasattr(item, "value"):
        for name in item.__struct_fields__:
            found += spans(getattr(item, name))
    return found


WORDS = st.sampled_from(
    (
        "twenty-nine",
        "5",
        "patients",
        "with",
        "severe",
        "fever",
        "were",
        "randomised",
        "enrolled",
        "(1:1)",
        "double-blind",
        "phase",
        "II",
        "&",
        "2",
        "trial",
        "of",
        "cells",
        "3 × 10⁷",
        "mL",
        "placebo",
        "every two days",
        "for",
        "in",
        "the treatment",
        "followed up",
        ".",
        ";",
        "\n",
        "Methods:",
        "received",
        "infusions",
        "doses",
        "to",
        "and",
        "or",
    )
)


@given(st.lists(WORDS, max_size=40).map(" ".join), st.sampled_from(["title", "Methods", ""]))
def test_every_fact_stands_where_it_says(text: str, label: str) -> None:
    before = "x" * 7
    for value in spans(describe([Piece(label, text, len(before))])):
        assert value.passage is not None
        words = (before + text)[value.passage.start : value.passage.end]
        assert words == (value.content if value.raw is None else value.raw)


def article(text: str) -> Publication:
    at = text.index("In this")
    section = Section("Methods", stated(text[at:], "t/1", span=(at, len(text))))
    return Publication(
        title=stated(text[: at - 1], "t/1", span=(0, at - 1)),
        sections=stated((section,), "t/1", span=(at, len(text)), raw=text[at:]),
        trial=Trial(masking=stated("single", "t/1", span=(0, 4), raw=text[:4])),
    )


def test_enrich_fills_what_is_not_stated() -> None:
    text = "Fen exosomes for lake fever In this double-blind trial, 40 adults were enrolled."
    it = enrich(article(text), text).trial
    assert it.enrollment.content == 40
    assert it.masking.content == "single"  # stated by a field of the record
    assert enrich(enrich(article(text), text), text).trial == it


def test_enrich_reads_no_prose_without_the_text() -> None:
    text = "Fen exosomes for lake fever In this double-blind trial, 40 adults were enrolled."
    assert enrich(article(text)).trial.enrollment.missingness is Missingness.NO_FIELD
    pathed = Publication(title=stated("A phase 2 trial", "t/1", path="title"))
    assert enrich(pathed, "A phase 2 trial").trial == Trial()
    assert isinstance(pathed.title.passage, Passage)


@pytest.mark.parametrize("filler", [" ", "a ", "5 x 10", "PaO2/a", "monitored for ", "1) ", "; "])
def test_time_grows_with_length_only(filler: str) -> None:
    text = filler * (60_000 // len(filler))
    whole = stated(text, "t/1", span=(0, len(text)))
    body = Publication(
        title=whole,
        sections=stated((Section("Methods", whole),), "t/1", span=(0, len(text))),
        trial=Trial(inclusion_criteria=stated((whole,), "t/1", span=(0, len(text)))),
    )
    began = time.perf_counter()
    enrich(body, text)
    assert time.perf_counter() - began < 2.0
