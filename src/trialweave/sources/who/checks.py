"""What seems wrong with a WHO-format record, as suggestions beside what was received."""

from __future__ import annotations

import re

from trialweave.model import Missingness, PartialDate, Suggestion, Value
from trialweave.sources.who.dates import damaged_phase
from trialweave.sources.who.values import AGE, DATE, PHASE, STATUS, Row
from trialweave.sources.words.ages import ages_in

__all__ = ["check_ages", "check_dates", "check_months", "check_phase", "check_title"]


def check_dates(row: Row, registered: Value[PartialDate]) -> None:
    """The platform repeats the date of registration as eight digits, which nothing damages."""
    digits, cell = row.read_date("date_registration3").date, row.one("date_registration")
    if cell is None or digits is None or registered.content in (None, digits):
        return
    row.suggest(
        "registration_date",
        cell,
        str(digits),
        "the record repeats its date of registration as eight digits, which say otherwise",
        DATE,
    )


_TO_THE_MONTH = frozenset({"nct"})  # registers that take dates without a day, in words


def check_months(row: Row, register: str) -> None:
    """ "June 2020" that a spreadsheet turned into the first of the month at midnight."""
    if register not in _TO_THE_MONTH:
        return
    cell = row.one("date_enrolment")
    found = row.read_date("date_enrolment")
    if cell is None or found.date is None or not found.whole_day or found.date.day != 1:
        return
    row.suggest(
        "start_date",
        cell,
        str(PartialDate(found.date.year, found.date.month)),
        "the register states the day in words; a first of the month at midnight is what a "
        "spreadsheet makes of a month and a year",
        DATE,
    )


def check_phase(row: Row) -> None:
    """A date for a phase: "2-3" that a spreadsheet turned into the second of March."""
    cell = row.one("phase")
    repaired = damaged_phase(cell.read()) if cell is not None else None
    if cell is not None and repaired is not None:
        reason = "a date stands for the phase: spreadsheets take two numbers and a hyphen for one"
        row.suggest("phase", cell, repaired, reason, PHASE)


def check_ages(row: Row, minimum: Value[float], maximum: Value[float]) -> None:
    """Where the fields for age are open, the criteria may set limits."""
    cell = row.one("inclusion_criteria")
    opened = Missingness.NOT_REPORTED
    if cell is None or opened not in (minimum.missingness, maximum.missingness):
        return
    limits = ages_in(cell.flat())
    if limits is None:
        return
    for concept, value, years in (
        ("minimum_age", minimum, limits.minimum),
        ("maximum_age", maximum, limits.maximum),
    ):
        if years is not None and value.missingness is opened:
            part = cell.part(limits.start, limits.end)
            reason = "the field for it is open; the inclusion criteria state it"
            row.suggest(concept, part, f"{years:g} years", reason, AGE)


_ENDED = re.compile(
    r"\s{0,10}(?:this (?:study|trial) (?:was|has been|is) )?"
    r"(?P<word>cancell?ed|withdrawn|retracted|terminated|suspended)"
    r"(?=,?\s{1,4}(?:by|due|because|as|before|since)\b|\s{0,2}[:,]|\s{3})",
    re.IGNORECASE,
)


def check_title(row: Row, status: Value[str]) -> None:
    """Some registers let people write into the title that a study was given up."""
    for name in ("public_title", "scientific_title"):
        cell = row.one(name)
        match = _ENDED.match(cell.raw) if cell is not None else None
        if cell is None or match is None:
            continue
        said = match["word"].lower()
        meant = said if said in ("terminated", "suspended") else "withdrawn"
        if status.content != meant:
            row.suggestions.append(
                Suggestion(
                    "overall_status",
                    status.raw or "",
                    meant,
                    f"the title begins with {match['word']!r}",
                    STATUS,
                    cell.passage(match.start("word"), match.end("word")),
                )
            )
        return
