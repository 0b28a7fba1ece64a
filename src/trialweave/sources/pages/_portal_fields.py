"""From a label's content on a portal's page to a value of the concept that the label means."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from trialweave.model import Intervention, Missingness, PartialDate, RegistryNumber, Value
from trialweave.model.identifiers import SCHEMES, find
from trialweave.sources.pages import _facts, _words
from trialweave.sources.pages._lines import Line, Page, collapse, read_lines
from trialweave.sources.pages._portal_parts import Fact
from trialweave.sources.pages.phases import phases
from trialweave.sources.who.dates import read_date
from trialweave.sources.words import (
    MOST,
    age_years,
    group_sizes,
    phase_set,
    plain,
    sex_of,
    status_of,
)
from trialweave.sources.words.design import (
    allocation_of,
    masking_of,
    model_of,
    purpose_of,
    study_type_of,
)
from trialweave.sources.words.places import between_commas

__all__ = ["CODED", "DATES", "age_limits", "day_first", "from_design", "registries", "value_of"]

T = TypeVar("T")
DATES = frozenset(
    (
        *("start_date", "completion_date", "primary_completion_date", "registration_date"),
        *("last_update",),
    )
)
_TEXTS = frozenset(
    (
        *("public_title", "scientific_title", "acronym", "study_design", "eligibility_text"),
        *("brief_summary", "detailed_description"),
    )
)
_LISTS = frozenset(
    (
        *("conditions", "countries", "secondary_sponsors", "funding", "inclusion_criteria"),
        *("exclusion_criteria",),
    )
)
_SPLIT = re.compile(r"\s{0,4}[;；|]\s{0,4}")
_NOTHING = frozenset({"empty", "nil", "none", "tobedetermined", "notyet", "datemissing"})
_MARKS = re.compile(r"[\[\]()*—–\s-]{1,10}")  # "[---]*", "--"
_LONGEST = 2_000  # characters; nothing that has one meaning is longer
_NUMBER = re.compile(r"(?<![\d.,])(?:\d{1,3}(?:[,\u00a0\u202f]\d{3})+|\d{1,9})(?![\d.]*\d)")
_TOTAL = re.compile(r"\btotal\b[^\d]{0,40}$", re.IGNORECASE)
_ASIDE = re.compile(r"\([^()]{0,60}\)|\[[^\[\]]{0,60}\]")
_ONE_DATE = re.compile(
    r"\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{4}|\d{1,2}[-\s][A-Za-z]{3,9}\.?,?[-\s]\d{4}"
    r"|[A-Za-z]{3,9}\.? \d{1,2},? \d{4}|[A-Za-z]{3,9}\.? \d{4}|\d{4}-\d{2}|\d{4}"
)
_SLASHED = re.compile(r"(\d{1,2})([/-])(\d{1,2})\2\d{4}")
# Registers whose pages write the day before the month
_DAY_FIRST = (
    *("ctri.nic.in", "anzctr.org.au", "isrctn.com", "clinicaltrialsregister.eu", "irct.ir"),
    *("euclinicaltrials.eu", "thaiclinicaltrials.org", "slctr.lk", "drks.de"),
    *("lbctr.moph.gov.lb", "pactr.samrc.ac.za", "rpcec.sld.cu", "who.int", "irct.behdasht.gov.ir"),
    *("ensaiosclinicos.gov.br", "ins.gob.pe"),
)


def day_first(host: str) -> bool:
    """Whether a site is a register that writes 04/05/2020 for the fourth of May."""
    return any(host == site or host.endswith("." + site) for site in _DAY_FIRST)


def _nothing(text: str) -> Missingness | None:
    if plain(text) in _NOTHING or _MARKS.fullmatch(text):
        return Missingness.NOT_REPORTED
    return _words.missing(text)


def _coded(page: Page, fact: Fact, read: Callable[[str], T | Missingness | None]) -> Value[T]:
    """A content that the words mean, or why there is none."""
    concept, start, end = fact.means.concept, fact.start, fact.end
    text = collapse(page.text[start : min(end, start + _LONGEST + 1)])
    found = read(text) if len(text) <= _LONGEST else Missingness.UNREADABLE
    if found is None:
        found = Missingness.UNREADABLE
    if isinstance(found, Missingness):
        return page.absent(concept, start, end, found)
    return page.value(concept, found, start, end)


def _first(*found: T | Missingness | None) -> T | Missingness | None:
    """The first content; else the first reason that is not lack of understanding."""
    for each in found:
        if each is not None and not isinstance(each, Missingness):
            return each
    return next((each for each in found if each not in (None, Missingness.UNREADABLE)), None)


def _status(text: str, scheme: str) -> str | Missingness | None:
    bare = _ASIDE.sub(" ", text).strip(" :.")
    return _first(status_of(text, scheme), status_of(bare, scheme), _words.status(bare))


def _phase(text: str, scheme: str) -> tuple[str, ...] | Missingness | None:
    return _first(phase_set(text, scheme), phases(text) if len(text) < 200 else None)


def _enrolment(text: str) -> int | None:
    """A number of participants; None where several are stated and none as the total."""
    if groups := group_sizes(text):
        total = sum(group.size for group in groups)
        return total if total <= MOST else None
    numbers = [(int(re.sub(r"\D", "", m.group())), m.start()) for m in _NUMBER.finditer(text)]
    totals = {n for n, at in numbers if _TOTAL.search(text[max(0, at - 60) : at])}
    distinct = totals if len(totals) == 1 else {n for n, _ in numbers}
    return distinct.pop() if len(distinct) == 1 else None


def _date(text: str, *, day_first: bool) -> PartialDate | None:
    """The one date of a content; where two calendars are given, that of the first."""
    bare = _ASIDE.sub(" ", text).strip(" .,:")
    if len(bare) > 200:
        return None
    found = read_date(bare).date
    written = bare
    if found is None:
        dates = [match.group() for match in _ONE_DATE.finditer(bare)]
        read = [date for each in dates if (date := read_date(each).date) is not None]
        if not read or len(set(read)) > 1:
            return None
        found, written = read[0], dates[0]
    if not day_first and (match := _SLASHED.fullmatch(written)):
        first, second = int(match[1]), int(match[3])
        if first != second and first <= 12 and second <= 12:
            return None  # the fourth of May, or the fifth of April
    return found


def _sex(text: str) -> Any:
    return _first(sex_of(text), _words.sex(text) if len(text) < 80 else None)


def _allocation(text: str) -> Any:
    label = "Randomised" if plain(text) in ("yes", "no") else "Allocation"
    return allocation_of(f"{label}: {text}")


def _lines(page: Page, fact: Fact) -> list[Line]:
    """The lines of a content, without bullets; a line of cells is one line."""
    text = page.text[fact.start : fact.end]
    found = [
        Line(line.text, fact.start + line.start, fact.start + line.end, line.gap).item()
        for line in read_lines(text)
    ]
    return [line for line in found if line.text]


def _column(page: Page, fact: Fact, words: str) -> list[Line]:
    """The lines of a content; of a table, the cells of the column whose head has one of `words`."""
    lines = _lines(page, fact)
    if not lines or not all("\t" in line.text for line in lines):
        return lines
    heads = [cell.key for cell in lines[0].pieces("\t")]
    at = next((i for i, head in enumerate(heads) if re.search(words, head)), None)
    if at is None:
        return lines
    rows = [line.pieces("\t") for line in lines[1:]]
    return [row[at] for row in rows if at < len(row) and row[at].text]


def _parted(lines: list[Line], pattern: re.Pattern[str]) -> list[Line]:
    """Lines cut at separators."""
    parts: list[Line] = []
    for line in lines:
        start = 0
        for match in pattern.finditer(line.text):
            parts.append(line.part(start, match.start()))
            start = match.end()
        parts.append(line.part(start, len(line.text)))
    return [part for part in parts if part.text]


def _list(page: Page, fact: Fact) -> Value[Any]:
    concept = fact.means.concept
    if concept in ("inclusion_criteria", "exclusion_criteria"):
        parts = _criteria(_lines(page, fact))
    else:
        head = {"conditions": "condition|disease|description|problem", "countries": "country"}
        parts = _parted(_column(page, fact, head.get(concept, "name|sponsor|source")), _SPLIT)
        if concept == "countries":
            parts = [part.part(*span) for part in parts for span in between_commas(part.text)]
            parts = [part for part in parts if part.text]
    return _gathered(page, fact, [page.quote(concept, part.start, part.end) for part in parts])


def _criteria(lines: list[Line]) -> list[Line]:
    """The items of a list; of a table of fields, those that are not fields of their own."""
    parts: list[Line] = []
    for line in lines:
        cells = line.pieces("\t")
        if len(cells) == 1:
            parts.append(line)
        elif plain(cells[0].text) in ("details", "description", "criteria"):
            parts += [cell for cell in cells[1:] if cell.text]
    return parts or lines


def _gathered(page: Page, fact: Fact, items: list[Any]) -> Value[Any]:
    if not items:
        return page.absent(fact.means.concept, fact.start, fact.end)
    return page.value(fact.means.concept, tuple(items), fact.start, fact.end)


def _interventions(page: Page, fact: Fact) -> Value[Any]:
    found: list[Intervention] = []
    for line in _column(page, fact, "^name|intervention"):
        untyped, typed = _facts.interventions(page, [line])
        found += [
            Intervention(name=page.quote("interventions", part.start, part.end)) for part in untyped
        ] + typed
    return _gathered(page, fact, found)


def _numbers(page: Page, fact: Fact) -> Value[Any]:
    """Registry numbers; a line that holds none is a number of its own kind."""
    found: list[RegistryNumber] = []
    for line in _lines(page, fact):
        mentions = [m for m in find(line.text) if m.identifier.scheme not in ("doi", "pmid")]
        for mention in mentions:
            start, end = line.start + mention.start, line.start + mention.end
            value = page.value("secondary_ids", mention.identifier.value, start, end)
            found.append(RegistryNumber(value, mention.identifier.scheme, fact.label))
        if not mentions and len(line.text) <= 80 and _nothing(line.text) is None:
            found.append(_facts.registry_number(page, line))
    return _gathered(page, fact, found)


def _sponsor(page: Page, fact: Fact) -> Value[str]:
    """The organisation's name: what follows below it are its address and kind."""
    lines = _lines(page, fact)
    line = next((line for line in lines if plain(line.text.split("\t")[0]) == "name"), lines[0])
    part = line.pieces("\t")[-1]
    return page.quote("primary_sponsor", part.start, part.end)


_CODES: dict[str, Callable[[str, str], Any]] = {
    "overall_status": _status,
    "phase": _phase,
    "enrollment": lambda text, _: _enrolment(text),
    "minimum_age": lambda text, _: age_years(text),
    "maximum_age": lambda text, _: age_years(text, maximum=True),
    "sex": lambda text, _: _sex(text),
    "healthy_volunteers": lambda text, _: _words.healthy_volunteers(text),
    "study_type": lambda text, _: study_type_of(text),
    "allocation": lambda text, _: _allocation(text),
    "masking": lambda text, _: masking_of(f"Masking: {text}").level,
    "intervention_model": lambda text, _: model_of(f"Intervention Model: {text}"),
    "primary_purpose": lambda text, _: purpose_of(f"Primary Purpose: {text}"),
}
CODED = frozenset(_CODES) | DATES - {"last_update"}
"""Concepts whose words have one meaning, so that a line which is no label is told from one."""


def value_of(page: Page, fact: Fact, scheme: str, *, days_first: bool) -> Value[Any] | None:
    """The value of the concept that a fact's label means; None where its words belong to another.

    `scheme` is that of the page's own number: registers differ in what some words mean.
    """
    concept = fact.means.concept
    if fact.start >= fact.end:
        return page.absent(concept, fact.label_start, fact.label_end)
    if (
        why := _nothing(collapse(page.text[fact.start : min(fact.end, fact.start + 200)]))
    ) and not (concept in ("phase", "allocation", "masking") and why is Missingness.NOT_APPLICABLE):
        return page.absent(concept, fact.start, fact.end, why)
    if concept in DATES:
        return _coded(page, fact, lambda text: _date(text, day_first=days_first))
    if read := _CODES.get(concept):
        value = _coded(page, fact, lambda text: read(text, scheme))
        if concept == "study_type" and value.content not in ("interventional", "observational"):
            return None
        return value
    if concept == "secondary_ids" or concept == "own":
        return _numbers(page, fact)
    if concept == "interventions":
        return _interventions(page, fact)
    if concept == "primary_sponsor":
        return _sponsor(page, fact)
    return _list(page, fact) if concept in _LISTS else page.quote(concept, fact.start, fact.end)


def from_design(page: Page, design: Value[str]) -> dict[str, Value[Any]]:
    """Allocation and masking out of a sentence on the design, where no field states them."""
    if design.content is None or design.passage is None:
        return {}
    place = design.passage.start, design.passage.end
    found = {
        "allocation": allocation_of(design.content),
        "masking": masking_of(design.content).level,
    }
    return {
        name: page.value(name, content, *place)
        for name, content in found.items()
        if not isinstance(content, Missingness)
    }


def age_limits(text: str) -> _words.Ages | None:
    """Both limits of age that a phrase states; None where it is not understood."""
    text = collapse(text[:_LONGEST])
    return _words.ages(text) or _words.ages(_ASIDE.sub(" ", text).strip(" .,;"))


def registries(page: Page, start: int, end: int) -> list[tuple[str, int, int]]:
    """Every trial register's number at a place, with where it stands."""
    return [
        (mention.identifier.value, start + mention.start, start + mention.end)
        for mention in find(page.text[start:end])
        if SCHEMES[mention.identifier.scheme].registry
    ]
