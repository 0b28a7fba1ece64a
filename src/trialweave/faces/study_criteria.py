"""The eligibility criteria of a study as its pages show them: what was understood stands marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from trialweave.errors import NotFound
from trialweave.faces.layout import path_of, query_of
from trialweave.protocol.criteria.tree import Criterion, Flag, Opaque, leaves
from trialweave.publish.conditions import condition_text

if TYPE_CHECKING:
    from trialweave.publish.eligibility import CriteriaView, CriterionRow
    from trialweave.workspace import Workspace

__all__ = ["SECTION_WORDS", "Block", "Shown", "Told", "blocks", "who_may"]

SECTION_WORDS = {"inclusion": "Inclusion", "exclusion": "Exclusion", "unknown": "Other criteria"}
_ON_STUDY = 40  # criteria on the page of a study; the page of criteria has the rest
_LONGEST = 4_000  # characters of one criterion on a page


class Segment(NamedTuple):
    """A stretch of a criterion; `condition` in words where it is understood, else ""."""

    text: str
    condition: str


class Shown(NamedTuple):
    """One item of the text. `words` is the whole condition, "" where nothing is understood."""

    number: int
    kind: str
    coverage: str
    segments: tuple[Segment, ...]
    words: str
    flags: tuple[Flag, ...]
    to_why: str
    of_donor: bool
    cut: bool


class Block(NamedTuple):
    """Items of one section under one heading, as they follow one another."""

    title: str
    items: tuple[Shown, ...]


class Told(NamedTuple):
    """What the page of a study shows; `left` criteria stand on the page of criteria alone."""

    view: CriteriaView
    blocks: tuple[Block, ...]
    left: int


def who_may(workspace: Workspace, identifier: str) -> Told | None:
    """The criteria for the page of a study; None where no record states any."""
    try:
        view = workspace.criteria(identifier)
    except NotFound:
        return None
    shown = view.rows[:_ON_STUDY]
    return Told(view, tuple(blocks(view, shown)), len(view.rows) - len(shown))


def blocks(view: CriteriaView, rows: Sequence[CriterionRow]) -> Iterator[Block]:
    """The rows in their order, parted where the section changes, and fields apart from text."""
    title, found = "", list[Shown]()
    for row in rows:
        one = row.criterion
        field = one.heading == "registry field"
        heading = "As fields of the register" if field else SECTION_WORDS[one.section]
        if heading != title and found:
            yield Block(title, tuple(found))
            found = []
        title = heading
        found.append(_shown(view, row))
    if found:
        yield Block(title, tuple(found))


def _shown(view: CriteriaView, row: CriterionRow) -> Shown:
    one = row.criterion
    why = path_of("why", view.study.study_id) + query_of({"address": row.address})
    plain = one.kind != "criterion" or one.coverage == "none"
    return Shown(
        one.number, one.kind, one.coverage, tuple(_segments(one)),
        "" if plain else condition_text(one.tree), one.flags, why, one.population == "donor",
        len(one.text) > _LONGEST,
    )  # fmt: skip


def _segments(one: Criterion) -> Iterator[Segment]:
    """The text in order, parted where what is understood begins and ends."""
    text = one.text[:_LONGEST]
    at = 0
    understood = [leaf for leaf in leaves(one.tree) if not isinstance(leaf, Opaque)]
    for leaf in sorted(understood, key=lambda leaf: leaf.start):
        start, end = leaf.start - one.start, min(leaf.end - one.start, len(text))
        if one.kind != "criterion" or start < at or end <= start:
            continue
        if start > at:
            yield Segment(text[at:start], "")
        yield Segment(text[start:end], condition_text(leaf))
        at = end
    if at < len(text):
        yield Segment(text[at:], "")
