"""What a comparison of a table tells besides its figures: where it stands, its unit, its effect."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from trialweave.model import ArmResult, Effect, Passage, TableCell
from trialweave.results.families import names_outcome
from trialweave.results.table_arms import Entry
from trialweave.results.table_comparisons import Comparison
from trialweave.results.table_words import Part

__all__ = [
    "has_slash", "is_general", "parts_of", "passage_of", "sound_effect", "strata_of", "unit_of",
]  # fmt: skip

_GENERAL_SECTION = re.compile(
    r"(?:(?:primary|secondary|other|main|additional|key|exploratory|efficacy|clinical|safety|study|"
    r"continuous|categorical|dichotomous|binary)[\s/]*)*(?:outcomes?|end-?\s?points?|variables?|"
    r"measures?|results?|parameters?|items?|characteristics?|outcome measures?|analys[ie]s)"
    r"(?: \(?s\)?)?",
    re.IGNORECASE,
)
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


def strata_of(comparisons: Sequence[Comparison]) -> dict[int, str]:
    """Of comparisons whose rows have one label below several headings, the headings, by id."""
    seen: dict[tuple[str, ...], dict[str, list[Comparison]]] = {}
    for each in comparisons:
        if each.label is None or not names_outcome(each.label.text):
            continue
        section = ": ".join(p.text for p in each.row.sections if p.kind == "label")
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
