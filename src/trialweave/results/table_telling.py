"""What a comparison of a table tells besides its figures: where it stands, its unit, its effect."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from trialweave.model import ArmResult, Effect, Finding, Passage, TableCell
from trialweave.results.families import names_outcome, time_days
from trialweave.results.table_arms import Entry
from trialweave.results.table_comparisons import Comparison
from trialweave.results.table_grid import Laid
from trialweave.results.table_titles import is_about_start
from trialweave.results.table_words import Part

__all__ = [
    "LIMIT", "has_slash", "is_general", "is_of_start", "parts_of", "passage_of", "repeated",
    "sound_effect", "spelled", "strata_of", "unit_of", "without_sizes",
]  # fmt: skip

_GENERAL_SECTION = re.compile(
    r"(?:(?:primary|secondary|other|main|additional|key|exploratory|efficacy|clinical|safety|study|"
    r"continuous|categorical|dichotomous|binary)[\s/]*)*(?:outcomes?|end-?\s?points?|variables?|"
    r"measures?|results?|parameters?|items?|characteristics?|outcome measures?|analys[ie]s)"
    r"(?: \(?s\)?)?",
    re.IGNORECASE,
)
_MEASURE = re.compile(
    r"(?i:\b(?:scores?|scales?|ind(?:ex|ices)|levels?|concentrations?|rates?|pressures?|volumes?|"
    r"time|duration|strength|distance|questionnaire|inventory|thickness|density|capacity)\Z)"
)
LIMIT = re.compile(r"[≤≥<>]\s?=?\s?\d[^)\]]*")
"""A limit in a wording, whose number is no time: "(> 5 days)"."""
_UNITS = {"M": "month", "W": "week", "D": "day", "Y": "year"}
_NUMBER_UNIT = re.compile(r"(?<![\w.])(\d{1,3})\s?([MWwDdYy])(?!\w)")
_UNIT_NUMBER = re.compile(r"(?<!\w)([MWDY])\s?(\d{1,3})(?![\w.])")
_RATIOS = frozenset({"RR", "OR", "HR", "IRR"})


def parts_of(of: Comparison) -> tuple[Part, ...]:
    """Everything that a comparison's figures are of."""
    return (*of.outer, of.label) if of.label is not None else of.outer


def sound_effect(effect: Effect | None, kind: str, arms: Sequence[ArmResult]) -> Effect | None:
    """The effect with the measure that its arms allow; None where it cannot be that measure."""
    if effect is None:
        return None
    figures = [float(each) for each in (effect.estimate, effect.lower, effect.upper) if each]
    if effect.measure in _RATIOS and min(figures) < 0:
        return None
    if effect.measure == "MD" and kind == "count":
        return msgspec.structs.replace(effect, measure="RD")
    if effect.measure == "MD" and any(arm.median is not None for arm in arms):
        return None  # of medians
    return effect


def is_general(part: Part) -> bool:
    """Whether a heading names no outcome of its own: "Secondary outcomes"."""
    return bool(_GENERAL_SECTION.fullmatch(part.label or part.text))


def is_of_start(laid: Laid, caption: str) -> bool:
    """Whether a table describes the participants: its caption says so, or its rows are traits."""
    if is_about_start(caption):
        return True
    if names_outcome(caption) and time_days(LIMIT.sub(" ", caption)) is not None:
        return False  # an outcome at a time, by sex and age
    labels = [part.text for row in laid.rows for part in (*row.labels, *row.sections)]
    ages = any(re.match(r"(?i:(?:mean |median )?age\b)", label) for label in labels)
    sexes = any(
        re.match(r"(?i:sex|gender|(?:fe)?males?\b|men\b|women\b)", label) for label in labels
    )
    return ages and sexes


def has_slash(entries: Sequence[Entry]) -> bool:
    """Whether a figure is printed as "a/b"."""
    return any(figure.form == "a/b" for entry in entries for _, figure, _ in entry.cells)


def unit_of(of: Comparison) -> str:
    """The unit that the row or a heading names; "" where none does."""
    return next((part.unit for part in reversed(parts_of(of)) if part.unit), "")


def passage_of(of: Comparison) -> Passage:
    """The row from its label, if that is its own, to the last figure told."""
    cells: list[TableCell] = [cell for entry in of.entries.values() for cell, _, _ in entry.cells]
    start, end = min(cell.start for cell in cells), max(cell.end for cell in cells)
    label = of.row.label_cell
    if label is not None and label.row == of.row.index:
        start = min(start, label.start)
    for told in (of.p, of.effect):
        if told is not None and told.passage is not None:
            end = max(end, told.passage.end)
    return Passage(start, end)


def _heading_of(of: Comparison) -> str:
    """The headings of a row and the labels before its own."""
    before = (*of.row.sections, *of.row.labels[:-1])
    return ": ".join(part.text for part in before if part.kind == "label")


def _is_measured(of: Comparison) -> bool:
    """Whether each heading of a row says what is measured: it has a unit, or ends with a scale."""
    before = [p for p in (*of.row.sections, *of.row.labels[:-1]) if p.kind == "label"]
    return all(part.unit or _MEASURE.search(part.label) for part in before)


def repeated(comparisons: Sequence[Comparison]) -> frozenset[int]:
    """Ids of comparisons whose label stands below several headings that name no outcome.

    The headings may be parts of the participants, so that no size of a whole group holds.
    """
    seen: dict[tuple[str, ...], dict[str, list[Comparison]]] = {}
    for each in comparisons:
        heading = _heading_of(each)
        if each.label is None or not heading or names_outcome(heading) or _is_measured(each):
            continue
        own = (each.label.text, *(part.text for part in each.times))
        seen.setdefault(own, {}).setdefault(heading, []).append(each)
    return frozenset(
        id(each)
        for headings in seen.values()
        if len(headings) > 1
        for alike in headings.values()
        for each in alike
    )


def strata_of(comparisons: Sequence[Comparison]) -> dict[int, str]:
    """Of comparisons whose rows have one label below several headings, the headings, by id."""
    seen: dict[tuple[str, ...], dict[str, list[Comparison]]] = {}
    for each in comparisons:
        if each.label is None or not names_outcome(each.label.text):
            continue
        section = _heading_of(each)
        if section:
            own = (each.label.text, *(part.text for part in each.times))
            seen.setdefault(own, {}).setdefault(section, []).append(each)
    return {
        id(each): section
        for sections in seen.values()
        if len(sections) > 1
        for section, own in sections.items()
        for each in own
    }


def without_sizes(finding: Finding) -> Finding:
    """The finding without sizes that no figure of its own speaks for: counts with percentages."""
    arms = [
        arm
        if arm.n is None or (arm.events and arm.percent)
        else msgspec.structs.replace(arm, n=None, n_origin="", recovery="")
        for arm in finding.arms
    ]
    return msgspec.structs.replace(finding, arms=tuple(arms))


def spelled(time: str) -> str:
    """A time with its unit in full: "6 M" and "M6" are months; "m" may be minutes."""
    time = _NUMBER_UNIT.sub(lambda found: f"{found[1]} {_UNITS[found[2].upper()]}s", time)
    return _UNIT_NUMBER.sub(lambda found: f"{_UNITS[found[1]]} {found[2]}", time)
