"""Harmonises one record in the WHO's format, however it was exported, into a `Trial`.

Choices that are not the register's own words:

* "Not recruiting", all that the WHO's platform says, is the status "other"; the date of the status
  is that on which the platform last read the register.
* The sample size of groups is their sum; the actual number, where there is one, comes before the
  target, which stays beside it.
* ClinicalTrials.gov asks for phase, allocation and masking of interventional studies only; left
  open in others, they do not apply.
* A country's record of a European trial has the trial's number as its primary number, without the
  country, which stays beside it.
* "0" for both limits of age is a form left open.
* Addresses and numbers of people are never read, names only for digests (`model.persons`); that
  there are contacts is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from trialweave.model import (
    Labelled,
    Missingness,
    Trial,
    Value,
)
from trialweave.model.identifiers import normalise
from trialweave.sources import words
from trialweave.sources.who import checks, lists
from trialweave.sources.who.criteria import age_groups, criteria
from trialweave.sources.who.text import Cell
from trialweave.sources.who.values import (
    AGE,
    COUNT,
    DATE,
    DESIGN,
    FLAG,
    IDENTIFIER,
    LIST,
    PHASE,
    SEX,
    STATUS,
    TEXT,
    WITHHELD,
    Row,
    items,
    listed,
    missing,
    text,
)
from trialweave.sources.words.design import (
    LONGEST,
    allocation_of,
    masking_of,
    model_of,
    purpose_of,
    study_type_of,
)

__all__ = ["Number", "harmonise", "number_of"]

STATED = Missingness.STATED


class Number(NamedTuple):
    """A record's own number: what names the record, what names the trial, and its scheme."""

    record: str
    trial: str
    scheme: str
    country: str = ""


_NUMBER = re.compile(r"(?=[^\s]*\d)[A-Za-z0-9][A-Za-z0-9./:_-]{3,39}")
_COUNTRY = re.compile(r"-(?P<country>[A-Za-z]{2}|3rd|Outside-EU/EEA)$", re.IGNORECASE)


def number_of(cell: Cell) -> Number | None:
    """The record's number; None where nothing stands there that could name a record."""
    stands = cell.read()
    if len(stands) > 60:
        return None
    known = normalise(stands) or normalise(stands.replace("_", "-"))
    if known is None or known.scheme in ("doi", "pmid", "utn"):
        return Number(stands, stands, "") if _NUMBER.fullmatch(stands) else None
    country = _COUNTRY.search(stands) if known.scheme == "eudract" else None
    if country is None:
        return Number(known.value, known.value, known.scheme)
    where = country["country"].upper() if len(country["country"]) == 2 else country["country"]
    return Number(f"{known.value}-{where}", known.value, known.scheme, where)


# Fields without a concept of their own, and what to call them
_OTHERS = (
    ("reg_name", "source register"),
    ("url", "web address"),
    ("scientific_acronym", "scientific acronym"),
    ("retrospective_flag", "registered retrospectively"),
    ("other_records", "other records"),
    ("bridged_type", "bridged record"),
    ("results_url_link", "link to results"),
    ("results_url_protocol", "link to protocol"),
    ("results_summary", "summary of results"),
    ("results_date_first_publication", "date of first publication of results"),
    ("results_baseline_char", "baseline characteristics"),
    ("results_participant_flow", "participant flow"),
    ("results_adverse_events", "adverse events"),
    ("results_outcome_measures", "outcome measures"),
    ("results_ipd_description", "plan to share data"),
)


def harmonise(row: Row, number: Number) -> Trial:
    """The content of one record."""
    register = number.scheme
    design = row.one("study_design")
    inclusion, exclusion, eligibility = criteria(row)
    conditions, codes = lists.conditions(row)
    masking = _masking(row, design)
    study_type = row.word("study_type", study_type_of, DESIGN)
    asked = _asked(study_type, register)
    size, size_type = _enrolment(row)
    start = row.date("date_enrolment", "start_date")
    registered = row.date("date_registration", "registration_date")
    refreshed = row.date("last_refreshed", "last_update")
    status = row.word("recruitment_status", lambda t: words.status_of(t, register), STATUS)
    completed = row.date("results_date_completed", "completion_date")
    minimum, maximum = _ages(row)
    checks.check_dates(row, registered)
    checks.check_months(row, register)
    checks.check_phase(row)
    checks.check_title(row, status)
    checks.check_ages(row, minimum, maximum)
    return Trial(
        primary_id=_primary(row, number),
        registration_date=registered,
        secondary_ids=lists.secondary_ids(row),
        funding=_texts(row, "source_support"),
        primary_sponsor=row.text("primary_sponsor"),
        secondary_sponsors=_texts(row, "secondary_sponsor"),
        contacts=Value(None, Missingness.WITHHELD, None, WITHHELD)
        if row.has_contacts
        else row.missing("contacts", WITHHELD),
        public_title=row.text("public_title"),
        scientific_title=row.text("scientific_title"),
        acronym=row.text("acronym"),
        countries=lists.countries(row),
        conditions=conditions,
        condition_codes=codes,
        keywords=_texts(row, "hc_keyword"),
        interventions=lists.interventions(row),
        arms=lists.arms(row),
        inclusion_criteria=inclusion,
        exclusion_criteria=exclusion,
        eligibility_text=eligibility,
        minimum_age=minimum,
        maximum_age=maximum,
        sex=row.word("gender", words.sex_of, SEX),
        study_type=study_type,
        study_design=row.text("study_design"),
        allocation=asked(row.word("study_design", allocation_of, DESIGN)),
        intervention_model=asked(row.word("study_design", model_of, DESIGN)),
        primary_purpose=asked(row.word("study_design", purpose_of, DESIGN)),
        masking=asked(masking[0]),
        who_masked=asked(masking[1]),
        phase=asked(row.word("phase", lambda t: words.phase_set(t, register), PHASE)),
        start_date=start,
        start_date_type=row.word("type_enrolment", _date_type, DATE),
        enrollment=size,
        enrollment_type=size_type,
        overall_status=status,
        status_date=refreshed,
        primary_outcomes=lists.outcomes(row, "primary_outcome"),
        secondary_outcomes=lists.outcomes(row, "secondary_outcome"),
        ethics_review=_ethics(row),
        completion_date=completed,
        has_results=_has_results(row),
        results_date=row.date("results_date_posted", "results_date"),
        references=lists.references(row),
        ipd_sharing=row.word("results_ipd_plan", _word, TEXT),
        intervention_terms=listed(
            items((*row.all("i_code"), *row.all("i_keyword"))), row.missing("i_code", LIST)
        ),
        last_update=refreshed,
        other=tuple(_other(row, number)),
        suggestions=tuple(row.suggestions),
    )


_ASKS_TRIALS_ALONE = frozenset({"nct"})  # registers that ask these of interventional studies only


def _ages(row: Row) -> tuple[Value[float], Value[float]]:
    """The limits of age. Two zeros are a form that nobody filled in, not a trial of ages 0 to 0:
    registers store an open number so. A single zero is a limit, or the lack of one.
    """
    lower, upper = row.one("agemin"), row.one("agemax")
    if lower is not None and upper is not None and _zero(lower) and _zero(upper):
        opened = Missingness.NOT_REPORTED
        return (
            Value(None, opened, lower.passage(), AGE, lower.raw),
            Value(None, opened, upper.passage(), AGE, upper.raw),
        )
    return (
        row.word("agemin", words.age_years, AGE),
        row.word("agemax", lambda t: words.age_years(t, maximum=True), AGE),
    )


def _zero(cell: Cell) -> bool:
    return cell.read().strip() in ("0", "0.0")


def _asked(study_type: Value[str], register: str) -> Callable[[Value[Any]], Value[Any]]:
    """Fields for interventional studies: left open in another kind of study, they do not apply."""
    if register not in _ASKS_TRIALS_ALONE or study_type.content in (None, "interventional"):
        return lambda value: value

    def asked(value: Value[Any]) -> Value[Any]:
        if value.missingness is not Missingness.NOT_REPORTED or value.raw is not None:
            return value
        return Value(
            None, Missingness.NOT_APPLICABLE, study_type.passage, value.rule, study_type.raw
        )

    return asked


def _primary(row: Row, number: Number) -> Value[str]:
    cell = row.one("trial_id")
    assert cell is not None  # there is no number without it
    raw = None if number.trial == cell.raw else cell.raw
    return Value(number.trial, STATED, cell.passage(), IDENTIFIER, raw)


def _texts(row: Row, name: str) -> Value[tuple[Value[str], ...]]:
    return listed(items(row.all(name), re.compile(r"[;\n]")), row.missing(name, LIST))


def _word(content: str) -> str:
    return content.lower()[:200]


def _date_type(content: str) -> Literal["actual", "estimated"] | Missingness:
    word = words.plain(content)
    if word in ("actual", "started"):
        return "actual"
    if word in ("anticipated", "estimated", "expected", "planned", "estimate"):
        return "estimated"
    return Missingness.NOT_REPORTED if not word else Missingness.UNREADABLE


def _masking(row: Row, design: Cell | None) -> tuple[Value[str], Value[tuple[Value[str], ...]]]:
    level = row.word("study_design", lambda t: masking_of(t).level, DESIGN)
    if design is None:
        return level, row.missing("study_design", DESIGN)
    passage = design.passage()
    who = tuple(
        Value(role, STATED, passage, DESIGN, design.raw)
        for role in masking_of(design.read()[:LONGEST]).who
    )
    return level, Value(who, STATED, passage, DESIGN) if who else missing(DESIGN)


def _enrolment(row: Row) -> tuple[Value[int], Value[Any]]:
    """The actual number where it is stated, else the target, and which of both it is."""
    actual = row.one("results_actual_enrolment")
    if actual is not None:
        number = lists.enrolment(actual)
        if number:
            kind: Value[Any] = Value("actual", STATED, actual.passage(), COUNT, actual.raw)
            return number, kind
    target = row.one("target_size")
    if target is None:
        return row.missing("target_size", COUNT), row.missing("results_actual_enrolment", COUNT)
    number = lists.enrolment(target)
    # A form with a field of its own for the actual number has only the target here
    if number and "results_actual_enrolment" in row.known:
        return number, Value("estimated", STATED, target.passage(), COUNT, target.raw)
    return number, Value()


def _ethics(row: Row) -> Value[str]:
    """Status and date of each ethics review, as they stand; nobody's name."""
    statuses = items(row.all("ethics_status"))
    return text(statuses[0]) if statuses else row.missing("ethics_status", TEXT)


def _has_results(row: Row) -> Value[bool]:
    """Whether results are posted. What a record leaves open is not "no"."""
    said = row.one("results_yes_no")
    if said is not None:
        word = words.plain(said.read())
        if word in ("yes", "no", "true", "false"):
            return Value(word in ("yes", "true"), STATED, said.passage(), FLAG, said.raw)
    for name in ("results_date_posted", "results_summary", "results_outcome_measures"):
        cell = row.one(name)
        if cell is not None and words.plain(cell.read()) not in ("", "no", "na", "notapplicable"):
            if name == "results_date_posted" and not _passed(row, name):
                continue
            return Value(True, STATED, cell.passage(), FLAG, cell.raw)
    return row.missing("results_yes_no", FLAG)


def _passed(row: Row, name: str) -> bool:
    """Whether a date had passed when the platform read the register: some state plans."""
    date, seen = row.read_date(name).date, row.read_date("last_refreshed").date
    return date is not None and (seen is None or date.earliest <= seen.latest)


def _other(row: Row, number: Number) -> list[Labelled]:
    found = list(row.labelled(_OTHERS)) + lists.asides(row) + age_groups(row)
    if number.country and (cell := row.one("trial_id")) is not None:
        end = len(cell.raw)
        part = cell.part(end - len(number.country), end)
        found.append(Labelled("country of this record", text(part)))
    for name, label in (
        ("target_size", "target sample size"),
        ("ethics_date", "date of ethics review"),
    ):
        if name != "target_size" or row.one("results_actual_enrolment") is not None:
            found += row.labelled(((name, label),))
    for label, cell in row.unplaced:
        if content := text(cell):
            found.append(Labelled(label, content))
    return found
