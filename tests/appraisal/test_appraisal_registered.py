"""Registered against reported, on invented registrations and articles."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from trialweave.appraisal import appraise
from trialweave.appraisal._outcomes import match, other_time
from trialweave.model import (
    Check,
    Outcome,
    PartialDate,
    Publication,
    Record,
    RegistryNumber,
    Section,
    Study,
    Trial,
    Value,
    parse_date,
    stated,
)

NUMBER = "NCT09999999"
REGISTRATION, ARTICLE = f"ctgov:{NUMBER}", "pubmed:1"


def values(**fields: Any) -> dict[str, Value[Any]]:
    def content(name: str, given: Any) -> Any:
        return parse_date(given) if name.endswith("_date") else given

    return {name: stated(content(name, given), "test/1") for name, given in fields.items()}


def registration(on: str = "", version: int = 1, **fields: Any) -> Record:
    return Record(
        record_id=REGISTRATION, version=version, source="ctgov", identifier=NUMBER, kind="trial",
        digest=str(version), sha256="", start=0, end=0, name="x", stated=parse_date(on),
        received_at=dt.datetime(2030, 1, 1, tzinfo=dt.UTC),
        trial=Trial(primary_id=stated(NUMBER, "test/1"), **values(**fields)),
    )  # fmt: skip


def article(text: str = "", **fields: Any) -> Record:
    sections = (Section("Methods", stated(text, "test/1")),)
    return Record(
        record_id=ARTICLE, version=1, source="pubmed", identifier="1", kind="publication",
        digest="", sha256="", start=0, end=0, name="x",
        received_at=dt.datetime(2030, 1, 1, tzinfo=dt.UTC),
        publication=Publication(
            sections=stated(sections, "test/1"), trial=Trial(**values(**fields))
        ),
    )  # fmt: skip


def outcomes(*texts: str) -> tuple[Outcome, ...]:
    made = []
    for text in texts:
        measure, _, frame = text.partition("; ")
        made.append(
            Outcome(
                measure=stated(measure, "test/1"),
                time_frame=stated(frame, "test/1") if frame else Value(),
            )
        )
    return tuple(made)


def run(rule: str, *records: Record) -> list[Check]:
    """The check on these records; several of one id are its versions, the last the current one."""
    current = {record.record_id: record for record in records}
    versions = {name: [r for r in records if r.record_id == name] for name in current}
    study = Study(NUMBER, "invented", tuple(current), (NUMBER,))
    return list(appraise(study, current, (), versions=versions, only=[rule]))


# registered-timing


@pytest.mark.parametrize(
    ("registered", "start", "completed", "verdict", "words"),
    [
        ("2020-01-05", "2020-02-01", "2021-01-01", "consistent", "before the start"),
        ("2020-02-01", "2020-02-01", "2021-01-01", "consistent", "on the day of the start"),
        ("2020-02-02", "2020-02-01", "2021-01-01", "note", "a day after the start, within the 21"),
        ("2020-02-22", "2020-02-01", "2021-01-01", "note", "21 days after the start, within"),
        ("2020-02-23", "2020-02-01", "2021-01-01", "note", "22 days after the start."),
        ("2020-03", "2020-02-25", "2021-01-01", "note", "at least 5 days after the start."),
        ("2020-05", "2020-02", "2021-01-01", "note", "at least 62 days after the start."),
        ("2021-01-02", "2020-02-01", "2021-01-01", "flag", "after the completion"),
        ("2021-01", "2020-02-01", "2021-01-15", "note", "days after the start"),
        ("2020-02-10", "2020-02", "2021-01-01", "cannot check", "precise enough"),
    ],
)
def test_registration_against_start_and_completion(
    registered: str, start: str, completed: str, verdict: str, words: str
) -> None:
    (found,) = run(
        "registered-timing",
        registration(
            registration_date=registered, start_date=start, start_date_type="actual",
            completion_date=completed, completion_date_type="actual",
        ),
    )  # fmt: skip
    assert found.verdict == verdict
    assert words in f"{found.statement} {found.not_checkable}"
    assert bool(found.innocent) == (verdict in ("note", "flag"))


def test_a_planned_start_cannot_be_checked_and_a_planned_end_flags_nothing() -> None:
    dates = {"registration_date": "2021-03-01", "start_date": "2020-02-01"}
    (planned,) = run("registered-timing", registration(**dates, start_date_type="estimated"))
    assert planned.verdict == "cannot check"
    (open_,) = run(
        "registered-timing",
        registration(**dates, completion_date="2021-01-01", completion_date_type="estimated"),
    )
    assert open_.verdict == "note"


def test_an_earlier_registration_elsewhere_counts() -> None:
    one = registration(registration_date="2020-03-01", start_date="2020-02-01")
    other = Record(
        record_id="isrctn:ISRCTN00000001", version=1, source="isrctn", kind="trial", digest="",
        identifier="ISRCTN00000001", sha256="", start=0, end=0, name="x",
        received_at=one.received_at,
        trial=Trial(primary_id=stated("ISRCTN00000001", "test/1"),
                    **values(registration_date="2020-01-10")),
    )  # fmt: skip
    (found,) = run("registered-timing", one, other)
    assert found.verdict == "consistent"
    assert "isrctn:ISRCTN00000001" in found.statement


def test_another_registration_that_may_be_earlier_leaves_the_order_open() -> None:
    one = registration(registration_date="2020-06-15", start_date="2020-03-01")
    other = Record(
        record_id="isrctn:ISRCTN00000001", version=1, source="isrctn", kind="trial", digest="",
        identifier="ISRCTN00000001", sha256="", start=0, end=0, name="x",
        received_at=one.received_at,
        trial=Trial(primary_id=stated("ISRCTN00000001", "test/1"),
                    **values(registration_date="2020")),
    )  # fmt: skip
    (found,) = run("registered-timing", one, other)
    assert found.verdict == "cannot check"


LATE = {
    "registration_date": "2021-03-01", "start_date": "2020-02-01",
    "completion_date": "2021-01-01", "completion_date_type": "actual",
}  # fmt: skip


@pytest.mark.parametrize(
    ("number", "verdict"),
    [
        (RegistryNumber(stated("ISRCTN00000001", "test/1"), "isrctn", "other"), "note"),
        (RegistryNumber(stated("24791", "test/1"), "", "registry identifier: ISRCTN"), "note"),
        (RegistryNumber(stated("G-17", "test/1"), "", "grant number"), "flag"),
        (RegistryNumber(stated("10.1000/x", "test/1"), "doi", "article"), "flag"),
        (RegistryNumber(stated(NUMBER, "test/1"), "nct", "own"), "flag"),
    ],
)
def test_a_named_registration_that_is_not_at_hand(number: RegistryNumber, verdict: str) -> None:
    (found,) = run("registered-timing", registration(**LATE, secondary_ids=(number,)))
    assert found.verdict == verdict
    assert ("is not at hand" in found.statement) == (verdict == "note")


def test_observational_studies_need_no_registration_before() -> None:
    assert run("registered-timing", registration(**LATE, study_type="Observational")) == []
    assert run("registered-timing", registration(**LATE, study_type="Interventional"))


def test_no_dates_no_check() -> None:
    assert run("registered-timing", registration(start_date="2020-02-01")) == []
    assert run("registered-timing", registration(registration_date="2020-02-01")) == []


# registered-enrolment, -arms, -masking, -dates


@pytest.mark.parametrize(
    ("rule", "field", "registered", "same", "other"),
    [
        ("registered-enrolment", "enrollment", 40, 40, 29),
        ("registered-masking", "masking", "double", "double", "none"),
        ("registered-dates", "start_date", "2020-02", "2020-02-11", "2020-05-01"),
    ],
)
def test_design_registered_and_reported(
    rule: str, field: str, registered: Any, same: Any, other: Any
) -> None:
    one = registration(**{field: registered})
    (agreeing,) = run(rule, one, article(**{field: same}))
    assert agreeing.verdict == "consistent"
    (differing,) = run(rule, one, article(**{field: other}))
    assert differing.verdict == "note"  # never a flag
    assert str(other) in differing.statement
    assert differing.innocent
    assert run(rule, one, article()) == []
    assert run(rule, one) == []


def test_a_planned_enrolment_is_called_so() -> None:
    one = registration(enrollment=40, enrollment_type="estimated")
    (found,) = run("registered-enrolment", one, article(enrollment=29))
    assert "enrolment as planned: 40" in found.statement


# registered-primary-outcome


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("All-cause mortality", "death from any cause by day 28", "same"),
        ("Survival at one year", "mortality", "same"),
        ("Change in FEV1 at 12 weeks", "FEV1", "same"),
        ("six-minute walking distance", "distance walked in six minutes", "same"),
        ("Mortality", "Length of hospital stay", "different"),
        ("Quality of life (SF-36)", "Quality of life by EQ-5D", "unclear"),
        ("pain", "mean sleep duration", "unclear"),  # no known families: not guessed
        ("Mortalité à 28 jours", "Length of hospital stay", "unclear"),
        ("Serious adverse events", "Adverse events", "unclear"),
        ("", "Mortality", "unclear"),
    ],
)
def test_wordings_of_outcomes(one: str, other: str, expected: str) -> None:
    assert match(one, other) == expected
    assert match(other, one) == expected


def test_time_points_differ_by_more_than_a_tenth() -> None:
    assert other_time("death at 28 days", "death at 60 days") == (28, 60)
    assert other_time("death at 30 days", "death at 28 days") is None
    assert other_time("death", "death at 60 days") is None


DATES = {
    "start_date": "2020-02-01", "start_date_type": "actual",
    "primary_completion_date": "2021-01-01", "primary_completion_date_type": "actual",
}  # fmt: skip
RULE = "registered-primary-outcome"


def version(on: str, number: int, primary: list[str], secondary: list[str]) -> Record:
    return registration(
        on, number, primary_outcomes=outcomes(*primary), secondary_outcomes=outcomes(*secondary),
        **DATES,
    )  # fmt: skip


def test_a_switch_between_versions_is_told_with_its_time() -> None:
    early = version("2020-01-05", 1, ["Mortality; 28 days"], ["Length of hospital stay"])
    late = version("2021-05-05", 2, ["Length of hospital stay"], ["Mortality; 60 days"])
    (found,) = run(RULE, early, late)
    assert found.verdict == "note"  # it may have been made before the start
    assert "“Mortality; 28 days” became a secondary outcome" in found.statement
    assert "was a secondary outcome before" in found.statement
    assert "after the primary completion (2021-01-01)" in found.statement
    between = version("2021-02-05", 2, ["Mortality; 28 days"], ["Length of hospital stay"])
    last = version("2021-05-05", 3, ["Length of hospital stay"], ["Mortality; 60 days"])
    (flagged,) = run(RULE, early, between, last)
    assert flagged.verdict == "flag"  # both versions are of after the primary completion


def test_a_dropped_outcome_a_new_one_and_another_time() -> None:
    early = version("2020-01-05", 1, ["Mortality; 28 days", "Intubation"], [])
    late = version("2020-03-05", 2, ["Mortality; 90 days", "Length of hospital stay"], [])
    (found,) = run(RULE, early, late)
    assert found.verdict == "note"
    assert "“Intubation” is no longer among them" in found.statement
    assert "“Length of hospital stay” was added" in found.statement
    assert "the time of “Mortality; 28 days” changed from 28 to 90 days" in found.statement


def test_other_words_are_the_same_outcome_or_cannot_be_told() -> None:
    early = version("2020-01-05", 1, ["Mortality; 28 days"], [])
    reworded = version("2021-05-05", 2, ["Death from any cause; 28 days"], [])
    (found,) = run(RULE, early, reworded)
    assert found.verdict == "consistent"
    unclear = version("2021-05-05", 2, ["Walking ability; 28 days"], [])
    (open_,) = run(RULE, early, unclear)
    assert open_.verdict == "cannot check"
    same = version("2021-05-05", 2, ["Mortality;  28 days"], [])
    assert run(RULE, early, same) == []


def test_an_article_that_reports_the_registered_outcome() -> None:
    one = version("2020-01-05", 1, ["Mortality; 28 days"], ["Length of hospital stay"])
    told = article("The primary outcome was all-cause death at day 28. Others were secondary.")
    (found,) = run(RULE, one, told)
    assert found.verdict == "consistent"
    (late,) = run(RULE, one, article("The primary endpoint was mortality at 90 days."))
    assert late.verdict == "note"
    assert "changed from 28 to 90 days" in late.statement


def test_an_article_that_reports_another_primary_outcome() -> None:
    one = version("2020-01-05", 1, ["Mortality; 28 days"], ["Length of hospital stay"])
    switched = article(
        "The primary outcome was length of hospital stay. The secondary outcomes were mortality "
        "at day 28 and fever."
    )
    (found,) = run(RULE, one, switched)
    assert found.verdict == "note"
    assert "registered “Mortality; 28 days” is reported as secondary" in found.statement
    assert "is reported as primary and registered as secondary" in found.statement
    new = article("The primary outcome was the need for mechanical ventilation.")
    (added,) = run(RULE, one, new)
    assert "is reported as primary and not registered" in added.statement


def test_the_version_of_before_the_start_is_compared() -> None:
    early = version("2020-01-05", 1, ["Mortality; 28 days"], [])
    late = version("2020-06-05", 2, ["Length of hospital stay"], ["Mortality; 28 days"])
    told = article("The primary outcome was length of hospital stay.")
    against = [c for c in run(RULE, early, late, told) if c.record_id == ARTICLE]
    assert [c.verdict for c in against] == ["note"]
    alone = [c for c in run(RULE, late, told) if c.record_id == ARTICLE]
    assert [c.verdict for c in alone] == ["consistent"]


@pytest.mark.parametrize(
    "text",
    ["The primary outcome was significantly lower with treatment.",
     "The primary outcome was not met.", "The primary outcome was 12% in both groups.",
     "Mortality was lower."],
)  # fmt: skip
def test_how_it_came_out_is_not_what_it_is(text: str) -> None:
    one = version("2020-01-05", 1, ["Mortality; 28 days"], [])
    assert run(RULE, one, article(text)) == []


def test_wordings_that_cannot_be_told_apart() -> None:
    one = version("2020-01-05", 1, ["Six-minute walking distance"], [])
    (found,) = run(RULE, one, article("The primary outcome was exercise tolerance."))
    assert found.verdict == "cannot check"
    assert "cannot be told" in found.not_checkable


# registered-results


@pytest.mark.parametrize(
    ("posted", "verdict"), [("2021-12-30", "consistent"), ("2022-01-02", "consistent"),
                            ("2022-01-03", "note")]
)  # fmt: skip
def test_results_within_a_year(posted: str, verdict: str) -> None:
    (found,) = run("registered-results", registration(results_date=posted, **DATES))
    assert found.verdict == verdict


def test_results_that_are_not_posted_at_all() -> None:
    late = registration("2023-01-01", has_results=False, **DATES)
    (found,) = run("registered-results", late, article())
    assert found.verdict == "note"
    assert "730 days later" in found.statement
    assert ARTICLE in found.statement
    early = registration("2021-06-01", has_results=False, **DATES)
    assert run("registered-results", early) == []
    assert run("registered-results", registration("2023-01-01", **DATES)) == []  # does not tell
    planned = DATES | {"primary_completion_date_type": "estimated"}
    assert run("registered-results", registration("2023-01-01", has_results=False, **planned)) == []


def test_dates_are_as_precise_as_stated() -> None:
    assert PartialDate(2021).latest == dt.date(2021, 12, 31)
    year = DATES | {"primary_completion_date": "2021"}
    (found,) = run("registered-results", registration(results_date="2022-06-01", **year))
    assert found.verdict == "consistent"
