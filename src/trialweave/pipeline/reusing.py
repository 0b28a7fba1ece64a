"""What records of different studies have in common, from the sketches of all records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import NamedTuple

from trialweave.model import Finding, Link, Record, Study
from trialweave.model.reuse import Reuse
from trialweave.pipeline.carrying import Carried, nothing_carried
from trialweave.store import tables
from trialweave.studies.reuse import Alike, Shared, Side, alike, figures_in_both, text_in_both

__all__ = ["reused"]

_AT_ONCE = 200  # pairs of studies whose records are read together
_RECORDS = 12  # of one study that are compared, best-identified first
_Between = Mapping[tuple[int, int], Sequence[Link]]


def reused(
    folder: Path, studies: Sequence[Study], links: Sequence[Link], before: Carried | None = None
) -> Iterator[Reuse]:
    """Text, then results, that stand in records of two studies, in the order of the studies.

    `folder` is that of a generation with its records and findings. Records are read some at a time;
    what stays in memory is about a kilobyte a record. What two studies that are as they were
    `before` had in common is taken from there, unless records of them are linked.
    """
    study_at = {name: at for at, study in enumerate(studies) for name in study.record_ids}
    found = alike(tables.read_sketches(folder), study_at)
    between = _between(links, study_at, (found.texts, found.figures))
    known = _known(studies, between, before or nothing_carried())
    yield from _texts(folder, studies, found, between, known)
    yield from _figures(folder, studies, found, between, known)


class _Known(NamedTuple):
    """What was found of the pairs of studies that need not be compared again."""

    same: Set[int]
    linked: Set[tuple[int, int]]
    held: Mapping[tuple[str, int, int], Reuse]

    def has(self, a: int, b: int) -> bool:
        return a in self.same and b in self.same and (a, b) not in self.linked


def _known(studies: Sequence[Study], between: _Between, before: Carried) -> _Known:
    at = {study.study_id: at for at, study in enumerate(studies)}
    same = {at[name] for name in before.studies}
    held: dict[tuple[str, int, int], Reuse] = {
        (each.kind, at[each.study_a], at[each.study_b]): each
        for each in before.reuse()
        if {each.study_a, each.study_b} <= before.studies
    }
    return _Known(same, between.keys(), held)


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
    for at, sides in _sides(folder, studies, found.texts, known):
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

    for at, sides in _sides(folder, studies, found.figures, known):
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
    folder: Path, studies: Sequence[Study], shared: Shared, known: _Known
) -> Iterator[tuple[tuple[int, int], tuple[Side, Side] | None]]:
    """Each pair of studies with their records, or None where the pair is known."""
    held: dict[int, Side] = {}
    for start in range(0, len(shared.pairs), _AT_ONCE):
        some = [(pair.a, pair.b) for pair in shared.pairs[start : start + _AT_ONCE]]
        wanted = dict.fromkeys(at for pair in some if not known.has(*pair) for at in pair)
        held = {at: held[at] for at in wanted if at in held}
        new = {at: studies[at].record_ids[:_RECORDS] for at in wanted if at not in held}
        names = [name for each in new.values() for name in each]
        by_id = {each.record_id: each for each in tables.read_records(folder, names, current=True)}
        for at, each in new.items():
            held[at] = Side(studies[at], [by_id[name] for name in each])
        for a, b in some:
            yield (a, b), None if known.has(a, b) else (held[a], held[b])


def _id(record: Record) -> str:
    return record.record_id
