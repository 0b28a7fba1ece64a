"""Splits the eligibility texts of a WHO-format record into criteria.

Registers write one criterion a line, number them in running text, or put both lists into one
field with headings. Nothing is cut where no such sign stands.
"""

from __future__ import annotations

import re

from trialweave.model import Labelled, Value
from trialweave.sources.ctgov.criteria import split as split_criteria
from trialweave.sources.who.text import Cell
from trialweave.sources.who.values import CRITERIA, Row, items, listed, text, without

__all__ = ["age_groups", "criteria"]

Texts = Value[tuple[Value[str], ...]]

# EUCTR's age groups, which the platform puts behind the inclusion criteria
_AGE_GROUPS = re.compile(r"\n\s{0,20}Are the trial subjects under 18\s?\?", re.IGNORECASE)
_HEADING = re.compile(r"(?:key )?(?:in|ex)clusion criteri(?:a|on)\s?:?\s?", re.IGNORECASE)
_LISTED = re.compile(r"(?:^|\n)\s{0,30}(?:[-*•·]\s|\(?\d{1,2}[.)]\s)")
_RUN_ON = re.compile(r"(?<![^\s.;:,])\(?(?P<number>\d{1,2})[.)、]\s{0,3}(?=[^\d\s])")
_BULLET = re.compile(r"(?:[*•·▪●○◦‣➢]{1,9}[ \t]{0,9}|[-–—]{1,9}[ \t]{1,9})(?=\S)")
_FIRST = re.compile(r"(?<!\d)1\s?[.)、]\s*$")


def criteria(row: Row) -> tuple[Texts, Texts, Value[str]]:
    """Inclusion criteria, exclusion criteria, and the text where one holds both."""
    inclusion, exclusion = row.one("inclusion_criteria"), row.one("exclusion_criteria")
    together: Value[str] = Value()
    found: dict[str, list[Cell]] = {"inclusion": [], "exclusion": []}
    for kind, cell in (("inclusion", inclusion), ("exclusion", exclusion)):
        if cell is None:
            continue
        flat = cell.flat()
        if groups := _AGE_GROUPS.search(flat):
            cell = cell.trimmed(flat, 0, groups.start())
            flat = cell.flat()
        sections = split_criteria(flat)
        kinds = {section.kind for section in sections or ()}
        if sections and kinds != {kind}:  # both lists in one field
            together = text(cell)
            for section in sections:
                found[section.kind] += _items(cell, flat, section.items)
        else:
            found[kind] += _criteria(cell, flat)
    return (
        listed(_closed(found["inclusion"]), row.missing("inclusion_criteria", CRITERIA), CRITERIA),
        listed(_closed(found["exclusion"]), row.missing("exclusion_criteria", CRITERIA), CRITERIA),
        together,
    )


def _closed(parts: list[Cell]) -> list[Cell]:
    """Criteria without the semicolons that part them."""
    return items(without(part, " ;；\n") for part in parts)


def _criteria(cell: Cell, flat: str) -> list[Cell]:
    """One criterion a line, or a number in running text; else the text as one."""
    heading = _HEADING.match(flat.lstrip())
    start = len(flat) - len(flat.lstrip()) + (heading.end() if heading else 0)
    body = flat[start:]
    if not body.strip():
        return []
    if len(_LISTED.findall(body)) > 1 or body.strip().count("\n") > 1:
        head = "Inclusion Criteria:\n"  # the splitter wants a heading
        shift = start - len(head)
        spans = [span for section in split_criteria(head + body) or () for span in section.items]
        return _items(cell, flat, [(first + shift, last + shift) for first, last in spans])
    first = start + len(body) - len(body.lstrip())
    if bullet := _BULLET.match(flat, first):  # of a list of one
        first = bullet.end()
    return _items(cell, flat, [(first, start + len(body.rstrip()))])


def _items(cell: Cell, flat: str, spans: list[tuple[int, int]]) -> list[Cell]:
    """The criteria at some spans; one that runs on through 1., 2., 3. becomes several."""
    if len(spans) != 1:
        return [cell.part(*span) for span in spans]
    first, last = spans[0]
    # the mark of the first may stand before the span already
    cuts = [first] if _FIRST.search(flat[max(0, first - 6) : first]) else []
    begins = len(cuts)
    for match in _RUN_ON.finditer(flat, first, last):
        if int(match["number"]) == len(cuts) + 1:
            cuts.append(match.start())
    if len(cuts) < 2 or (not begins and flat[first : cuts[0]].strip()):
        return [cell.part(first, last)]
    return [
        _unnumbered(cell.part(start, end))
        for start, end in zip(cuts, [*cuts[1:], last], strict=True)
    ]


def _unnumbered(cell: Cell) -> Cell:
    mark = re.match(r"\(?\d{1,2}[.)、]\s{0,3}", cell.raw)
    return cell.part(mark.end() if mark else 0, len(cell.raw))


def age_groups(row: Row) -> list[Labelled]:
    """EUCTR's table of age groups, which is no criterion."""
    cell = row.one("inclusion_criteria")
    groups = _AGE_GROUPS.search(cell.flat()) if cell is not None else None
    if cell is None or groups is None:
        return []
    return [Labelled("groups of age", text(cell.part(groups.start() + 1, len(cell.raw))))]
