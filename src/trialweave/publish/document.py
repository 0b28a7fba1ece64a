"""The received text of a record, with the span of a passage in it."""

from __future__ import annotations

from trialweave.errors import NotFound
from trialweave.model import Passage
from trialweave.publish.privacy import blotted
from trialweave.publish.state import State
from trialweave.publish.views import DocumentView
from trialweave.records.passages import Locator
from trialweave.store import tables
from trialweave.store.archive import Archive

__all__ = ["document_of"]


def document_of(
    state: State,
    archive: Archive,
    record_id: str,
    version: int | None,
    asked: Passage | None,
    *,
    contacts: bool = False,
) -> DocumentView:
    """The text of a record, or of the document that a passage stands in.

    Contact data are blotted out unless `contacts` asks for them.
    """
    record = tables.read_record(state.generation.path, record_id, version)
    if record is None:
        raise NotFound("no such record, or no such version of it.", where=record_id)
    received = archive.read(record.sha256)
    places = Locator(received, record)
    located = places.whole() if asked is None else places.locate(asked)
    text = located.text
    if not contacts:
        is_part = record.start > 0 or record.end < len(received.data)
        by_path = is_part if asked is None else bool(asked.path)
        text = blotted(text, places, by_path=by_path)
    return DocumentView(state.row(record), text, located.start, located.end)
