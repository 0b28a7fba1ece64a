"""What a writing did, for people: the records that are new, their studies, what was refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from trialweave.errors import SeveralRefused
from trialweave.model import Received, Record
from trialweave.publish.state import State
from trialweave.publish.views import AddReport, Refusal, SuggestionRow
from trialweave.records.enrich import suggestions
from trialweave.store.archive import Archive

if TYPE_CHECKING:
    from trialweave.pipeline import Collected

__all__ = ["added", "suggestion_rows"]

_LISTED = 1000  # new records that a report lists


def added(
    state: State | None, archive: Archive, collected: Collected, refused: Sequence[Refusal]
) -> AddReport:
    """The report of a writing; `state` is what holds after it, None in an empty workspace."""
    listed = []
    if state is not None and collected.new is not None:
        names = collected.new.slice(0, _LISTED).select(["record_id", "version"]).to_pylist()
        versions = {(name["record_id"], name["version"]) for name in names}
        ids = dict.fromkeys(name["record_id"] for name in names)
        heads = [head for record_id in ids for head in state.heads(record_id)]
        listed = [head for head in heads if (head.record_id, head.version) in versions]
    codes = {one.exit_code for one in refused}
    return AddReport(
        documents=collected.documents,
        new=0 if collected.new is None else len(collected.new),
        added=tuple(state.row(head) for head in listed) if state else (),
        unchanged=collected.unchanged,
        refused=tuple(refused),
        fields=collected.notes,
        studies=tuple(sorted({state.study_of[h.record_id] for h in listed})) if state else (),
        suggestions=_count(state, archive, [head.record_id for head in listed]) if state else 0,
        generation=state.generation.number if state else 0,
        exit_code=SeveralRefused.exit_code if len(codes) > 1 else next(iter(codes), 0),
    )


def _count(state: State, archive: Archive, wanted: Sequence[str]) -> int:
    return len(suggestion_rows(state.records(wanted), archive))


def suggestion_rows(records: Iterable[Record], archive: Archive) -> tuple[SuggestionRow, ...]:
    """The repairs proposed for any of the records."""
    rows: list[SuggestionRow] = []
    received: Received | None = None
    for record in records:
        if received is None or received.sha256 != record.sha256:
            received = archive.read(record.sha256)
        rows += [SuggestionRow(record.record_id, each) for each in suggestions(record, received)]
    return tuple(rows)
