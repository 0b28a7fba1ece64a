"""What records of different studies have in common, from the sketches of all records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import NamedTuple

import numpy as np

from trialweave.model import Finding, Link, Record, Study
from trialweave.model.reuse import Reuse
from trialweave.pipeline.carrying import Carried, nothing_carried
from trialweave.store import arrays, tables
from trialweave.studies import comparing
from trialweave.studies.reuse import (
    Alike,
    Marks,
    Shared,
    Side,
    alike,
    figures_in_both,
    mark_of,
    text_in_both,
)

__all__ = ["reused"]

_AT_ONCE = 200  # pairs of studies whose records are read together
_RECORDS = 12  # of one study that are compared, best-identified first
_SEEN = "reused.npz"
_Between = Mapping[tuple[int, int], Sequence[Link]]


def reused(
    folder: Path, studies: Sequence[Study], links: Sequence[Link], before: Carried | None = None
) -> Iterator[Reuse]:
    """Text, then results, that stand in records of two studies, in the order of the studies.

    `folder` is that of a generation with its records and findings. Records are read some at a time;
    what stays in memory is about a kilobyte a record. Of more than `comparing.FEW` records, what
    two studies that are as they were `before` had in common is taken from there, unless records of
    them are or were linked, or a mark in their sketches became or ceased to be that of a template.
    What the next writing needs for that is noted in `folder`.
    """
    study_at = {name: at for at, study in enumerate(studies) for name in study.record_ids}
    found = alike(tables.read_sketches(folder), study_at)
    between = _between(links, study_at, (found.texts, found.figures))
    if before is None or len(study_at) <= comparing.FEW:
        before = nothing_carried()
    known = _known(studies, found, between, before)
    arrays.save_arrays(folder / _SEEN, _seen(studies, found, between))
    yield from _texts(folder, studies, found, between, known)
    yield from _figures(folder, studies, found, between, known)


class _Known(NamedTuple):
    """What was found of the pairs of studies that need not be compared again: the places of the
    studies that are as they were, pairs that are linked, those that were compared when they were
    not, by kind, and what was found."""

    same: Set[int]
    linked: Set[tuple[int, int]]
    compared: Mapping[str, Set[tuple[int, int]]]
    held: Mapping[tuple[str, int, int], Reuse]

    def has(self, kind: str, a: int, b: int) -> bool:
        pair = (a, b)
        return {*pair} <= self.same and pair not in self.linked and pair in self.compared[kind]


def _known(studies: Sequence[Study], found: Alike, between: _Between, before: Carried) -> _Known:
    seen = _seen_before(before)
    if not seen:
        return _Known(frozenset(), frozenset(), {"text": frozenset(), "results": frozenset()}, {})
    at = {study.study_id: at for at, study in enumerate(studies)}
    held: dict[tuple[str, int, int], Reuse] = {
        (each.kind, at[each.study_a], at[each.study_b]): each
        for each in before.reuse()
        if {each.study_a, each.study_b} <= before.studies
    }
    others = found.having(
        np.setxor1d(seen["templates"], found.texts.common),
        np.setxor1d(seen["common figures"], found.figures.common),
    )
    compared = {
        "text": _compared_before(studies, found.texts, seen["texts"]),
        "results": _compared_before(studies, found.figures, seen["figures"]),
    }
    same = {at[name] for name in before.studies} - others
    return _Known(same, between.keys(), compared, held)


def _seen_before(before: Carried) -> Mapping[str, Marks]:
    path = None if before.base is None else before.base.path / _SEEN
    return arrays.load_arrays(path) if path is not None and path.exists() else {}


def _seen(studies: Sequence[Study], found: Alike, between: _Between) -> dict[str, Marks]:
    """The marks of templates, and by their marks the pairs that are compared and not linked."""

    def pairs(shared: Shared) -> Marks:
        free = ((pair.a, pair.b) for pair in shared.pairs if (pair.a, pair.b) not in between)
        return np.array([_mark(studies, *pair) for pair in free], np.uint64)

    return {
        "templates": found.texts.common,
        "common figures": found.figures.common,
        "texts": pairs(found.texts),
        "figures": pairs(found.figures),
    }


def _compared_before(
    studies: Sequence[Study], shared: Shared, marks: Marks
) -> Set[tuple[int, int]]:
    before = set(marks.tolist())
    pairs = ((pair.a, pair.b) for pair in shared.pairs)
    return {pair for pair in pairs if _mark(studies, *pair) in before}


def _mark(studies: Sequence[Study], a: int, b: int) -> int:
    return mark_of(f"{studies[a].study_id} {studies[b].study_id}")


def _between(
    links: Sequence[Link], study_at: Mapping[str, int], shared: Sequence[Shared]
) -> _Between:
    """The links between the studies of each pair."""
    pairs = {(pair.a, pair.b) for each in shared for pair in each.pairs}
    held: dict[tuple[int, int], list[Link]] = defaultdict(list)
    for link in links:
        ends = (study_at.get(link.record_a, -1), study_at.get(link.record_b, -1))
        key = (min(ends), max(ends))
        if key in pairs:
            held[key].append(link)
    return held


def _texts(
    folder: Path, studies: Sequence[Study], found: Alike, between: _Between, known: _Known
) -> Iterator[Reuse]:
    for at, sides in _sides(folder, studies, "text", found.texts, known):
        if sides is None:
            if was := known.held.get(("text", *at)):
                yield was
            continue
        one, other = sides
        names = found.records(*(list(map(_id, side.records)) for side in (one, other)))
        if names is None:
            continue
        first, second = (_named(side, name) for side, name in zip((one, other), names, strict=True))
        told = text_in_both(one, other, (first, second), found.texts.common, between.get(at, ()))
        if told is not None:
            yield told


def _named(side: Side, name: str) -> Record:
    return next(record for record in side.records if record.record_id == name)


def _figures(
    folder: Path, studies: Sequence[Study], found: Alike, between: _Between, known: _Known
) -> Iterator[Reuse]:
    if not found.figures.pairs:
        return
    held = tables.PackedFindings(folder / "findings.parquet")

    def findings(side: Side) -> list[Finding]:
        return [each for name in side.study.record_ids for each in held[name]]

    for at, sides in _sides(folder, studies, "results", found.figures, known):
        if sides is None:
            if was := known.held.get(("results", *at)):
                yield was
            continue
        one, other = sides
        told = figures_in_both(
            one,
            other,
            (findings(one), findings(other)),
            found.figures.common,
            between.get(at, ()),
        )
        if told is not None:
            yield told


def _sides(
    folder: Path, studies: Sequence[Study], kind: str, shared: Shared, known: _Known
) -> Iterator[tuple[tuple[int, int], tuple[Side, Side] | None]]:
    """Each pair of studies with their records, or None where the pair is known."""
    held: dict[int, Side] = {}
    for start in range(0, len(shared.pairs), _AT_ONCE):
        some = [(pair.a, pair.b) for pair in shared.pairs[start : start + _AT_ONCE]]
        wanted = dict.fromkeys(at for pair in some if not known.has(kind, *pair) for at in pair)
        held = {at: held[at] for at in wanted if at in held}
        new = {at: studies[at].record_ids[:_RECORDS] for at in wanted if at not in held}
        names = [name for each in new.values() for name in each]
        by_id = {each.record_id: each for each in tables.read_records(folder, names, current=True)}
        for at, each in new.items():
            held[at] = Side(studies[at], [by_id[name] for name in each])
        for a, b in some:
            yield (a, b), None if known.has(kind, a, b) else (held[a], held[b])


def _id(record: Record) -> str:
    return record.record_id
