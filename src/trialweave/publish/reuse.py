"""What records of different studies have in common, pair by pair, the most first."""

from __future__ import annotations

from collections import Counter

import msgspec

from trialweave.errors import NotFound
from trialweave.model import Study
from trialweave.model.reuse import Reuse
from trialweave.publish.state import SOURCE_TITLES, State

__all__ = ["ReuseRow", "ReuseSide", "ReuseView", "reuse_of"]

_MOST = 1000  # pairs on one page
_KINDS = ("text", "results")


class ReuseSide(msgspec.Struct, frozen=True):
    """One of the two records, and the study that it belongs to."""

    study_id: str
    study_title: str
    record_id: str
    source_title: str


class ReuseRow(msgspec.Struct, frozen=True):
    """Two studies, and what a record of each has in common with the other's: see `model.reuse`.

    Asked for a study, `a` is that study's. `explained` is whether something known makes it
    ordinary.
    """

    a: ReuseSide
    b: ReuseSide
    explained: bool
    reuse: Reuse


class ReuseView(msgspec.Struct, frozen=True):
    """A page of what records of different studies have in common; counts are of all asked for."""

    study: Study | None
    kind: str
    total: int
    offset: int
    rows: tuple[ReuseRow, ...]
    by_relation: dict[str, int]
    by_kind: dict[str, int]
    generation: int


def reuse_of(
    state: State, identifier: str, kind: str, explained: bool, limit: int, offset: int
) -> ReuseView:
    """See `Workspace.reuse`."""
    if kind and kind not in _KINDS:
        raise NotFound(
            f"there is no kind of reuse {kind!r}.", next_step=f"Kinds are: {', '.join(_KINDS)}."
        )
    study = state.find(identifier) if identifier else None
    found = [
        each
        for each in state.reuse
        if (not kind or each.kind == kind)
        and (study is None or study.study_id in (each.study_a, each.study_b))
    ]
    by_relation: Counter[str] = Counter(each.relation for each in found)
    by_kind: Counter[str] = Counter(each.kind for each in found)
    shown = [each for each in found if explained or not each.explained]
    shown.sort(key=lambda it: (it.explained, it.kind, -it.words, -len(it.figures), it.reuse_id))
    limit, offset = max(0, min(limit, _MOST)), max(0, offset)
    return ReuseView(
        study=study,
        kind=kind,
        total=len(shown),
        offset=offset,
        rows=tuple(_row(state, each, study) for each in shown[offset : offset + limit]),
        by_relation=dict(by_relation.most_common()),
        by_kind={name: by_kind[name] for name in _KINDS if name in by_kind},
        generation=state.generation.number,
    )


def _row(state: State, each: Reuse, study: Study | None) -> ReuseRow:
    if study is not None and each.study_b == study.study_id:
        each = each.turned()
    return ReuseRow(
        a=_side(state, each.study_a, each.record_a),
        b=_side(state, each.study_b, each.record_b),
        explained=each.explained,
        reuse=each,
    )


def _side(state: State, study_id: str, record_id: str) -> ReuseSide:
    source = record_id.partition(":")[0]
    title = state.find(study_id).title
    return ReuseSide(study_id, title, record_id, SOURCE_TITLES.get(source, source))
