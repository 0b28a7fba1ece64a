"""Versions of records: what is new, what it is called, and which version speaks for the record.

A version is a new content under an old name. Whether content is new is decided by the digest of
the record's own bytes, so that a record does not change because its neighbour in the file did.
White space is no content, and neither is what a source counts up by itself (`Source.volatile`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from trialweave.model import Draft, Received, Record, Trial
from trialweave.records.addresses import without_addresses
from trialweave.records.enrich import enrich, running_text
from trialweave.sources import VOLATILE
from trialweave.sources.pages import reading_of

__all__ = ["Held", "Numbering", "admit", "current", "digest_of", "harmonised"]

_BLANK = b" \t\r\n\x0b\x0c"
_ESCAPED = re.compile(rb"\\[nrt]")  # blanks in the texts of JSON
Held = Callable[[str], Sequence[tuple[int, str]]]


def digest_of(source: str, own: bytes) -> str:
    """The sha256 of a record's content: its bytes without blanks and without volatile fields."""
    content = own.translate(None, _BLANK)
    content = _ESCAPED.sub(b"", content)
    volatile = VOLATILE.get(source)
    if volatile is not None:
        content = volatile.sub(b"", content)
    return hashlib.sha256(content).hexdigest()


def harmonised(
    drafts: Iterable[Draft], received: Received, at: dt.datetime, *, version: int = 1
) -> Iterator[Record]:
    """Make records of drafts, all with the same version, whether their content is new or not.

    `at` is when the document was received, with a time zone. Raises ValueError where a draft lies
    outside the document or `at` has no zone: both are errors of the program.
    """
    if at.tzinfo is None:
        raise ValueError("the time of receipt needs a time zone")
    name = received.name.encode("utf-8", "replace").decode()  # names of files may be any bytes
    for draft in drafts:
        if not 0 <= draft.start < draft.end <= len(received.data):
            raise ValueError(f"{draft.source} record {draft.identifier} lies outside its document")
        own = received.data[draft.start : draft.end]
        body = draft.body
        trial = publication = None
        if isinstance(body, Trial):
            trial = body
        else:
            reading = reading_of(received)
            if reading is not None:  # the words of a saved page, with passages in its markup
                publication = reading.outward(enrich(reading.inward(body), reading.text))
            else:
                publication = enrich(body, running_text(received, draft.start, draft.end))
        yield Record(
            record_id=f"{draft.source}:{draft.identifier}",
            version=version,
            source=draft.source,
            identifier=draft.identifier,
            kind="trial" if trial else "publication",
            digest=digest_of(draft.source, draft.own or own),
            sha256=received.sha256,
            start=draft.start,
            end=draft.end,
            name=name,
            received_at=at,
            stated=draft.stated,
            trial=without_addresses(trial) if trial is not None else None,
            publication=without_addresses(publication) if publication is not None else None,
            people=draft.people,
        )


class Numbering:
    """Numbers the versions of records in the order in which they come.

    `held` gives the versions known of a record id as (version, digest); new ones count on from
    the highest.
    """

    def __init__(self, held: Held) -> None:
        self._held = held
        self._seen: dict[str, set[str]] = {}
        self._highest: dict[str, int] = {}

    def version_of(self, record_id: str, digest: str) -> int | None:
        """The number of this content as a new version; None where it was seen before."""
        seen = self._seen.get(record_id)
        if seen is None:
            held = self._held(record_id)
            seen = self._seen[record_id] = {known for _, known in held}
            self._highest[record_id] = max((version for version, _ in held), default=0)
        if digest in seen:
            return None
        seen.add(digest)
        self._highest[record_id] += 1
        return self._highest[record_id]


def admit(
    drafts: Iterable[Draft],
    existing: Mapping[str, Sequence[tuple[int, str]]],
    received: Received,
    at: dt.datetime,
) -> tuple[Record, ...]:
    """The records whose content was not seen under their record id before, with their versions.

    A draft that repeats an earlier one of the same call gives no second record. Otherwise as
    `harmonised` and `Numbering`.
    """
    numbering = Numbering(lambda record_id: existing.get(record_id, ()))
    admitted = []
    for record in harmonised(drafts, received, at):
        version = numbering.version_of(record.record_id, record.digest)
        if version is not None:
            admitted.append(msgspec.structs.replace(record, version=version))
    return tuple(admitted)


def current(records: Iterable[Record]) -> tuple[Record, ...]:
    """Pick one version of each record: see `Record.precedence`. In the order of first mention."""
    best: dict[str, Record] = {}
    for record in records:
        held = best.setdefault(record.record_id, record)
        if record.precedence > held.precedence:
            best[record.record_id] = record
    return tuple(best.values())
