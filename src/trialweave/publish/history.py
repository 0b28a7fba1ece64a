"""The versions of a study's records, and what changed from each to the next."""

from __future__ import annotations

from trialweave.model import Record
from trialweave.publish.state import State
from trialweave.publish.views import HistoryView, RecordHistory, VersionRow
from trialweave.records.history import Change, changes
from trialweave.store.tables import Head

__all__ = ["history_of"]


def history_of(state: State, identifier: str) -> HistoryView:
    """All versions of the records of the study that answers to `identifier`, or, where a record
    id is asked for, of that record alone."""
    study = state.find(identifier)
    asked = [name for name in study.record_ids if name.casefold() == identifier.strip().casefold()]
    return HistoryView(
        study=study,
        records=tuple(_record(state, name) for name in asked or study.record_ids),
        generation=state.generation.number,
    )


def _record(state: State, record_id: str) -> RecordHistory:
    heads = sorted(state.heads(record_id), key=lambda head: (head.valid_from, head.version))
    bodies = {record.version: record for record in state.all_versions(record_id)}
    return RecordHistory(
        record_id=record_id,
        versions=tuple(
            _version(head, bodies, heads[place - 1] if place else None)
            for place, head in enumerate(heads)
        ),
    )


def _version(head: Head, bodies: dict[int, Record], before: Head | None) -> VersionRow:
    found: tuple[Change, ...] = ()
    if before is not None:
        found = changes(bodies[before.version], bodies[head.version], head.valid_from)
    return VersionRow(
        version=head.version,
        valid_from=head.valid_from,
        dated_by="record" if head.changed else "receipt",
        received_at=head.received_at,
        file_name=head.name,
        sha256=head.sha256,
        current=head.current,
        changes=found,
    )
