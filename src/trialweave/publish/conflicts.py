"""The conflicts of a workspace, page by page, read from the table that each generation derives."""

from __future__ import annotations

import difflib

import msgspec

from trialweave.errors import NotFound
from trialweave.model import Conflict, Side
from trialweave.publish.state import SOURCE_TITLES, State
from trialweave.records.concepts import CONCEPTS
from trialweave.store import tables
from trialweave.studies.reconciliation import KINDS, kinds

__all__ = ["ConflictsView", "FieldConflict", "Standing", "conflicts_of"]

_MOST = 1000  # conflicts on one page


class Standing(msgspec.Struct, frozen=True):
    """What one record states where records differ; `addresses` are for `why`, one a text."""

    record_id: str
    source_title: str
    side: Side
    texts: tuple[str, ...]
    addresses: tuple[str, ...]
    preferred: bool


class FieldConflict(msgspec.Struct, frozen=True):
    """A concept on which records of a study differ: see `model.Conflict`."""

    study_id: str
    study_title: str
    concept: str
    title: str
    kinds: tuple[str, ...]
    standings: tuple[Standing, ...]
    because: str  # why the preferred value is preferred
    note: str  # what may explain the difference


class ConflictsView(msgspec.Struct, frozen=True):
    """A page of the conflicts of a workspace; the counts are of all that was asked for."""

    field: str
    kind: str
    total: int
    offset: int
    conflicts: tuple[FieldConflict, ...]
    by_field: dict[str, int]
    by_kind: dict[str, int]
    generation: int


def conflicts_of(state: State, field: str, kind: str, limit: int, offset: int) -> ConflictsView:
    """See `Workspace.conflicts`."""
    if field and field not in CONCEPTS:
        near = difflib.get_close_matches(field, list(CONCEPTS), 1)
        raise NotFound(
            f"there is no field {field!r}.",
            next_step=f"Perhaps {near[0]}?" if near else "Fields are those that show prints.",
        )
    if kind and kind not in kinds():
        raise NotFound(
            f"there is no kind of conflict {kind!r}.", next_step=f"Kinds are: {', '.join(KINDS)} …"
        )
    limit, offset = max(0, min(limit, _MOST)), max(0, offset)
    found, by_field, by_kind = tables.read_conflicts(
        state.generation.file("conflicts"), concept=field, kind=kind, limit=limit, offset=offset
    )
    return ConflictsView(
        field=field,
        kind=kind,
        total=sum(by_field.values()),
        offset=offset,
        conflicts=tuple(_row(state, conflict) for conflict in found),
        by_field={name: by_field[name] for name in CONCEPTS if name in by_field},
        by_kind={name: by_kind[name] for name in kinds() if name in by_kind},
        generation=state.generation.number,
    )


def _row(state: State, conflict: Conflict) -> FieldConflict:
    return FieldConflict(
        study_id=conflict.study_id,
        study_title=state.find(conflict.study_id).title,
        concept=conflict.concept,
        title=CONCEPTS[conflict.concept].title,
        kinds=conflict.kinds,
        standings=tuple(
            Standing(
                record_id=position.record_id,
                source_title=_title(position.record_id),
                side=position.side,
                texts=position.texts,
                addresses=position.addresses,
                preferred=position.preferred,
            )
            for position in conflict.positions
        ),
        because=conflict.reason,
        note=conflict.note,
    )


def _title(record_id: str) -> str:
    source = record_id.partition(":")[0]
    return SOURCE_TITLES.get(source, source)
