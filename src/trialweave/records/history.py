"""What changed between two versions of a record: fields, not bytes.

White space and the order of a list's items are no change. Changes of the primary outcomes, the
enrolment and the dates that frame a trial are told relative to its start and completion, since a
change made before the first participant means something else than one made after the last.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, Literal

import msgspec

from trialweave.model import PartialDate, Passage, Record
from trialweave.model.change import Change
from trialweave.records.concepts import CONCEPTS, Leaf, leaves, text_of

__all__ = ["MARKED", "Change", "changes"]

MARKED: Final = (
    "primary_outcomes",
    "enrollment",
    "enrollment_type",
    "start_date",
    "primary_completion_date",
    "completion_date",
)
"""Concepts whose changes are told relative to the trial's start and completion."""

_EDGES: Final = (
    ("start_date", "start"),
    ("primary_completion_date", "primary completion"),
    ("completion_date", "completion"),
)
# What a newer date of last change does to itself says nothing of the trial.
_UNTOLD: Final = ("last_update", "status_date")


class _Item(msgspec.Struct, frozen=True):
    text: str
    passage: Passage | None


def changes(before: Record, after: Record, on: dt.date) -> tuple[Change, ...]:
    """What differs between two versions of a record, in the order of the concepts.

    `on` is the day from which the later version holds.
    """
    old, new = _items(before), _items(after)
    relative = _relative(before, after, on)
    found: list[Change] = []
    for concept in CONCEPTS:
        if concept in _UNTOLD:
            continue
        marks = relative if concept in MARKED else ()
        for one, other in _differences(old.get(concept, []), new.get(concept, [])):
            found.append(_change(concept, one, other, marks))
    return tuple(found)


def _change(
    concept: str, before: _Item | None, after: _Item | None, relative: tuple[str, ...]
) -> Change:
    kind: Literal["changed", "added", "removed"] = "changed"
    if before is None:
        kind = "added"
    elif after is None:
        kind = "removed"
    return Change(
        concept,
        CONCEPTS[concept].title,
        kind,
        before.text if before else "",
        after.text if after else "",
        before.passage if before else None,
        after.passage if after else None,
        relative,
    )


def _items(record: Record) -> dict[str, list[_Item]]:
    """What a record states, by concept and item: an entry of a list, or all of what is no list."""
    grouped: dict[str, dict[str, list[Leaf]]] = {}
    for leaf in leaves(record, tables="in short"):
        listed = leaf.address.find("]") + 1
        key = leaf.address[:listed] if listed else leaf.concept
        grouped.setdefault(leaf.concept, {}).setdefault(key, []).append(leaf)
    return {
        concept: [_item(parts) for parts in by_key.values()] for concept, by_key in grouped.items()
    }


def _item(parts: Sequence[Leaf]) -> _Item:
    stated = [leaf for leaf in parts if leaf.value]
    texts = (" ".join(text_of(leaf.value).split()) for leaf in stated)
    return _Item(
        "; ".join(texts),
        next((leaf.value.passage for leaf in stated or parts if leaf.value.passage), None),
    )


def _differences(
    before: Sequence[_Item], after: Sequence[_Item]
) -> Iterator[tuple[_Item | None, _Item | None]]:
    """Items that stand on one side only; those at the same place are one item that changed."""
    gone = _beyond(before, after)
    come = _beyond(after, before)
    for place in sorted(gone.keys() | come.keys()):
        yield gone.get(place), come.get(place)


def _beyond(items: Sequence[_Item], others: Sequence[_Item]) -> dict[int, _Item]:
    """The items, by place, that `others` do not have, or not as often."""
    left = Counter(item.text for item in others)
    found: dict[int, _Item] = {}
    for place, item in enumerate(items):
        if left[item.text]:
            left[item.text] -= 1
        elif item.text:
            found[place] = item
    return found


def _relative(before: Record, after: Record, on: dt.date) -> tuple[str, ...]:
    """How the day of a change lies to the trial's start and completion.

    They are those of the later version or, where it states none, of the earlier one. A date that
    this version calls a plan is told as one: what was planned may not have come.
    """
    told = []
    for concept, name in _EDGES:
        stating = after if getattr(after.about, concept) else before
        edge: PartialDate | None = getattr(stating.about, concept).content
        if edge is None:
            continue
        if getattr(stating.about, f"{concept}_type").content == "estimated":
            name = f"planned {name}"
        if on < edge.earliest:
            told.append(f"before the {name} ({edge})")
        elif on > edge.latest:
            told.append(f"after the {name} ({edge})")
        else:
            within = "on the day" if edge.precision == "day" else f"in the {edge.precision}"
            told.append(f"{within} of the {name} ({edge})")
    return tuple(told)
