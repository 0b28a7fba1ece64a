"""The versions of a study's records arranged for their page: what stood before, what came then."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import Any, NamedTuple

from trialweave.faces.layout import path_of, query_of
from trialweave.model import Passage
from trialweave.publish.state import SOURCE_TITLES
from trialweave.publish.text import cut, fold
from trialweave.publish.views import HistoryView, RecordHistory, VersionRow
from trialweave.records.history import MARKED, Change

__all__ = ["Group", "Shown", "Side", "Told", "Version", "history_page"]

_OPEN = 10  # changes of one version that are open on the page, besides those set off
_MOST = 300  # changes of one version on the page; the rest is said to be left out
_CONTEXT = 70  # characters of what both versions say, on either side of where they differ
_LONG = 280  # characters of what only one of them says; more is folded
_WHOLE = 20_000  # characters of one value


class Side(NamedTuple):
    """What one version says: `text` is where it differs, `lead` and `tail` what is around it."""

    lead: str
    text: str
    tail: str
    whole: str  # all of it, where more was said than is shown
    address: str  # of the passage in that version


class Shown(NamedTuple):
    """One change; a side is None where nothing stands there."""

    change: Change
    before: Side | None
    after: Side | None


class Group(NamedTuple):
    """Changes that are set off, with how their day lies to the trial; or those that are not."""

    set_off: bool
    said: tuple[str, ...]
    changes: tuple[Shown, ...]


class Version(NamedTuple):
    """One version with its changes, those that are set off first."""

    row: VersionRow
    first: bool
    open: tuple[Group, ...]
    folded: tuple[Shown, ...]
    left_out: int


class Told(NamedTuple):
    """One record with its versions, the earliest first."""

    record_id: str
    source_title: str
    identifier: str
    versions: tuple[Version, ...]


def history_page(view: HistoryView) -> dict[str, Any]:
    """What the template of the history shows."""
    told = [_told(record) for record in view.records]
    return {
        "view": view,
        "several": [record for record in told if len(record.versions) > 1],
        "single": [record for record in told if len(record.versions) == 1],
    }


def _told(record: RecordHistory) -> Told:
    source, _, identifier = record.record_id.partition(":")
    earlier = (None, *record.versions)
    versions = tuple(
        _version(record.record_id, before, after) for before, after in pairwise(earlier) if after
    )
    return Told(record.record_id, SOURCE_TITLES.get(source, source), identifier, versions)


def _version(record_id: str, before: VersionRow | None, row: VersionRow) -> Version:
    if before is None:
        return Version(row, True, (), (), 0)
    told = [_shown(record_id, before, row, change) for change in row.changes[:_MOST]]
    marked = [one for one in told if one.change.concept in MARKED]
    others = [one for one in told if one.change.concept not in MARKED]
    return Version(
        row, False, _groups(marked, others), tuple(others[_OPEN:]), len(row.changes) - len(told)
    )


def _groups(marked: Sequence[Shown], others: Sequence[Shown]) -> tuple[Group, ...]:
    found = [
        Group(True, said, tuple(changes))
        for said, changes in groupby(marked, key=lambda one: one.change.relative)
    ]
    if others:
        found.append(Group(False, (), tuple(others[:_OPEN])))
    return tuple(found)


def _shown(record_id: str, before: VersionRow, after: VersionRow, change: Change) -> Shown:
    old, new = fold(change.before), fold(change.after)
    start, end = _apart(old, new)
    return Shown(
        change,
        _side(old, start, end, _address(record_id, before.version, change.passage_before)),
        _side(new, start, end, _address(record_id, after.version, change.passage_after)),
    )


def _apart(old: str, new: str) -> tuple[int, int]:
    """How many characters two texts share at their beginning and at their end, in whole words."""
    start = _shared(old, new)
    if not (_ends(old, start) and _ends(new, start)):
        start = old.rfind(" ", 0, start) + 1
    rest = min(len(old), len(new)) - start
    end = _shared(old[::-1][:rest], new[::-1][:rest])
    if not (_ends(old, len(old) - end - 1) and _ends(new, len(new) - end - 1)):
        blank = old.find(" ", len(old) - end)
        end = len(old) - blank if blank >= 0 else 0
    return start, end


def _shared(old: str, new: str) -> int:
    pairs = enumerate(zip(old, new, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(old), len(new)))


def _ends(text: str, place: int) -> bool:
    """Whether a word ends before that place of a text: there is a blank, or nothing."""
    return not 0 <= place < len(text) or text[place] == " "


def _side(text: str, start: int, end: int, address: str) -> Side | None:
    if not text:
        return None
    lead, middle, tail = text[:start], text[start : len(text) - end], text[len(text) - end :]
    if len(lead) > _CONTEXT:
        lead = "…" + lead[-_CONTEXT:].partition(" ")[2]
    shown = cut(middle, _LONG)
    tail = cut(tail, _CONTEXT) if shown == middle else ""
    whole = "" if lead + shown + tail == text else cut(text, _WHOLE)
    return Side(lead, shown, tail, whole, address)


def _address(record_id: str, version: int, passage: Passage | None) -> str:
    """Where the passage stands in the page of that version of the record."""
    asked: dict[str, object] = {"version": version}
    if passage is not None and passage.start >= 0:
        asked |= {"start": passage.start, "end": passage.end}
    elif passage is not None and passage.path:
        asked["path"] = passage.path
    fragment = "#passage" if len(asked) > 1 else ""
    return path_of("record", record_id) + query_of(asked) + fragment
