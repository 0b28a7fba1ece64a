"""Where the records of one study differ: registry against registry, paper against registry.

All values are kept. Whether two of them differ is `records.concepts.agree`; arms differ where
their numbers do, primary outcomes where they have no telling word in common.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from trialweave.model import Conflict, Position, Record, Side, Study, Value
from trialweave.records.concepts import CONCEPTS, Leaf, agree, leaves, text_of
from trialweave.records.preference import is_copy, preferred, side_of
from trialweave.studies.identities import identity
from trialweave.studies.words import words

__all__ = [
    "KINDS",
    "NAMES",
    "Told",
    "agreement",
    "conflicts",
    "differ",
    "kind_of",
    "kinds",
    "told_of",
]

Agreement = Literal["agree", "conflict", "one source", "not reported", "not compared"]

NAMES: Final[Mapping[Side, str]] = {
    "registry": "registry",
    "page": "page",
    "article": "paper",
    "sheet": "sheet",
}
KINDS: Final = ("registry against registry", "paper against registry", "paper against paper")
"""The kinds most asked for; pages and sheets give others, such as "page against registry"."""
_ORDER: Final[Mapping[Side, int]] = {"sheet": 0, "page": 1, "article": 2, "registry": 3}
_COUNTED: Final = "arms"
_WORDED: Final = "primary_outcomes"
_COMPANIONS: Final = frozenset(
    (
        *("enrollment_type", "start_date_type", "primary_completion_date_type"),
        "completion_date_type",
    )
)  # they say what a number or date is: told in its note
_FOREIGN: Final = frozenset(
    ("de", "la", "el", "los", "las", "der", "die", "das", "und", "nach", "des", "les", "dos", "del")
)
_OWN: Final = frozenset(("registration_date",))  # each registration has its own
_MOST: Final = 60  # different statements of one concept that are compared with each other
_TEXTS: Final = 20  # values of one record that a conflict repeats; the study has all


def kinds() -> tuple[str, ...]:
    """Every kind of conflict that there can be, the ones most asked for first."""
    every = {kind_of(one, other) for one in NAMES for other in NAMES}
    return (*KINDS, *sorted(every - set(KINDS)))


class Told(NamedTuple):
    """What one record states for one concept."""

    record: Record
    leaves: tuple[Leaf, ...]

    @property
    def values(self) -> list[Value[Any]]:
        """The values alone."""
        return [leaf.value for leaf in self.leaves]


def kind_of(one: Side, other: Side) -> str:
    """``paper against registry``: the two sides of a difference in words."""
    first, second = sorted((one, other), key=_ORDER.__getitem__)
    return f"{NAMES[first]} against {NAMES[second]}"


def told_of(records: Sequence[Record]) -> dict[str, list[Told]]:
    """What the records of a study state, by concept, records in the order given."""
    found: dict[str, list[Told]] = defaultdict(list)
    for record in records:
        stated: dict[str, list[Leaf]] = defaultdict(list)
        for leaf in leaves(record):
            if leaf.value and _is_compared(leaf.concept):
                stated[leaf.concept].append(leaf)
        for concept, own in stated.items():
            if kept := tuple(leaf for leaf in own if _counts(concept, leaf)):
                found[concept].append(Told(record, kept))
    return found


_ITEMS: Final[Mapping[str, str]] = {_COUNTED: ".label", _WORDED: ".measure"}


def _is_compared(concept: str) -> bool:
    return CONCEPTS[concept].compared or concept in _ITEMS


def _counts(concept: str, leaf: Leaf) -> bool:
    """Of lists of parts, the part that names the item."""
    return concept not in _ITEMS or leaf.address.endswith(_ITEMS[concept])


def differ(concept: str, one: Sequence[Leaf], other: Sequence[Leaf]) -> bool:
    """Whether two records' stated values of one concept cannot both be."""
    if concept == _COUNTED:
        return len(one) != len(other)
    if concept == _WORDED:
        mine, theirs = _telling(one), _telling(other)
        return bool(mine and theirs) and not mine & theirs
    return not agree(concept, [leaf.value for leaf in one], [leaf.value for leaf in other])


def _telling(measures: Sequence[Leaf]) -> frozenset[str]:
    """Telling words, none where the text may be in another language than English."""
    text = " . ".join(str(leaf.value.content)[:1000] for leaf in measures[:_MOST])
    if not text.isascii() and sum(not mark.isascii() and mark.isalpha() for mark in text) > 2:
        return frozenset()
    if _FOREIGN & set(text.casefold().split()):
        return frozenset()
    return frozenset(words(text, limit=20_000))


def agreement(concept: str, told: Sequence[Told]) -> Agreement:
    """Whether the records agree on a concept; `told` are those that state one."""
    if not told:
        return "not reported"
    if len(told) == 1:
        return "one source"
    if not _is_compared(concept):
        return "not compared"
    if any(True for _ in _clashes(concept, _alike(concept, told))):
        return "conflict"
    return "agree" if CONCEPTS[concept].compared else "not compared"


def _alike(concept: str, told: Sequence[Told]) -> list[list[Told]]:
    """Records by wording, up to `_MOST` wordings; where each registration has a value of its own,
    by registration too."""
    groups: dict[object, list[Told]] = defaultdict(list)
    for each in told:
        named = Told(each.record, tuple(leaf for leaf in each.leaves if _counts(concept, leaf)))
        if named.leaves:
            wording = tuple(text_of(value) for value in named.values)
            groups[wording, identity(each.record).own if concept in _OWN else None].append(named)
    return list(groups.values())[:_MOST]


def _clashes(concept: str, alike: Sequence[Sequence[Told]]) -> Iterator[tuple[int, int]]:
    """The groups of records that differ, by their places."""
    for (at, ones), (to, others) in itertools.combinations(enumerate(alike), 2):
        one, other = ones[0], others[0]
        if concept in _OWN and not _same_entry(one.record, other.record):
            continue
        if differ(concept, one.leaves, other.leaves):
            yield at, to


def conflicts(study: Study, records: Sequence[Record]) -> tuple[Conflict, ...]:
    """The concepts on which the records of a study differ, in the order of `CONCEPTS`.

    `records` in the order of the study. Pure: follows from these records alone.
    """
    if len(records) < 2:
        return ()
    told = told_of(records)
    found = (
        _conflict(study, concept, told[concept])
        for concept in CONCEPTS
        if len(told.get(concept, ())) > 1 and concept not in _COMPANIONS
    )
    return tuple(filter(None, found))


def _conflict(study: Study, concept: str, told: Sequence[Told]) -> Conflict | None:
    kinds: set[str] = set()
    clashing: list[tuple[Told, Told]] = []
    alike = _alike(concept, told)
    for at, to in _clashes(concept, alike):
        ones, others = alike[at], alike[to]
        sides = itertools.product({_side(each) for each in ones}, {_side(each) for each in others})
        kinds |= {kind_of(one, other) for one, other in sides}
        clashing += itertools.product(_kinds_of(concept, ones), _kinds_of(concept, others))
    if not kinds:
        return None
    best = preferred(concept, [(each.record, each.values) for each in told])
    return Conflict(
        study_id=study.study_id,
        concept=concept,
        kinds=tuple(sorted(kinds, key=_kind_order)),
        positions=tuple(
            _position(each, best is not None and each.record.record_id == best.record_id)
            for each in told
        ),
        reason=best.reason if best is not None else "",
        note="; ".join(_notes(concept, clashing, told)),
    )


def _kind_order(kind: str) -> tuple[int, str]:
    return (KINDS.index(kind) if kind in KINDS else len(KINDS)), kind


def _side(each: Told) -> Side:
    return side_of(each.record)


def _position(told: Told, is_preferred: bool) -> Position:
    shown = told.leaves[:_TEXTS]
    return Position(
        record_id=told.record.record_id,
        side=side_of(told.record),
        texts=tuple(text_of(leaf.value) for leaf in shown),
        addresses=tuple(leaf.address for leaf in shown),
        preferred=is_preferred,
    )


_TYPED: Final = {
    "enrollment": "enrollment_type",
    "start_date": "start_date_type",
    "primary_completion_date": "primary_completion_date_type",
    "completion_date": "completion_date_type",
}


def _notes(
    concept: str, clashing: Sequence[tuple[Told, Told]], told: Sequence[Told]
) -> Iterator[str]:
    """What may explain a difference, as far as the records say."""
    if concept in _TYPED:
        planned = [_plan(concept, one, other) for one, other in clashing]
        if all(planned):
            yield (
                "one is planned, another actual"
                if "actual" in planned
                else ("at least one is planned")
            )
        elif any(planned):
            yield "some are planned, which does not explain every difference"
    copies = [
        (one, other)
        for one, other in clashing
        if is_copy(one.record) != is_copy(other.record) and _same_entry(one.record, other.record)
    ]
    if copies and len(copies) == len(clashing):
        yield "a copy of the same registration says otherwise; copies may be older"
    if concept == "follow_up_days":
        yield "reports of one study may be of different follow-ups"
    if concept == _COUNTED:
        yield "compared is how many there are"
    if concept == _WORDED:
        yield "they have no telling word in common"


def _kinds_of(concept: str, alike: Sequence[Told]) -> list[Told]:
    """Of records that state one thing, one for each way in which they may explain a difference."""
    found: dict[object, Told] = {}
    for each in alike:
        said = getattr(each.record.about, _TYPED[concept]).content if concept in _TYPED else None
        found.setdefault((said, identity(each.record).own, is_copy(each.record)), each)
    return list(found.values())[:_MOST]


def _plan(concept: str, one: Told, other: Told) -> str:
    """What beside a plan two records state: "actual", or "unsaid"; "" where neither is a plan."""
    said = {getattr(each.record.about, _TYPED[concept]).content for each in (one, other)}
    if "estimated" not in said:
        return ""
    return "actual" if "actual" in said else "unsaid"


def _same_entry(one: Record, other: Record) -> bool:
    own = identity(one).own
    return own is not None and own == identity(other).own
