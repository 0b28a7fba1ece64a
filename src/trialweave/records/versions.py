"""Versions of records: what is new, what it is called, and which version speaks for the record.

A version is a new content under an old name. Whether content is new is decided by the digest of
the record's own bytes, so that a record does not change because its neighbour in the file did.
"""

from __future__ import annotations

import codecs
import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence

from trialweave.model import Draft, Publication, Received, Record, Trial
from trialweave.records.enrich import enrich

__all__ = ["admit", "current"]


def admit(
    drafts: Iterable[Draft],
    existing: Mapping[str, Sequence[tuple[int, str]]],
    received: Received,
    at: dt.datetime,
) -> tuple[Record, ...]:
    """Make records of the drafts whose bytes were not seen under their record id before.

    `existing` gives the versions held of each record id as (version, digest); new ones count on
    from the highest. A draft that repeats an earlier one of the same call gives no second record.
    `at` is when the document was received, with a time zone. Raises ValueError where a draft lies
    outside the document or `at` has no zone: both are errors of the program.
    """
    if at.tzinfo is None:
        raise ValueError("the time of receipt needs a time zone")
    name = received.name.encode("utf-8", "replace").decode()  # names of files may be any bytes
    seen: dict[str, set[str]] = {}
    highest: dict[str, int] = {}
    admitted: list[Record] = []
    for draft in drafts:
        if not 0 <= draft.start < draft.end <= len(received.data):
            raise ValueError(f"{draft.source} record {draft.identifier} lies outside its document")
        record_id = f"{draft.source}:{draft.identifier}"
        own = received.data[draft.start : draft.end]
        digest = hashlib.sha256(own).hexdigest()
        if record_id not in seen:
            held = existing.get(record_id, ())
            seen[record_id] = {known for _, known in held}
            highest[record_id] = max((version for version, _ in held), default=0)
        if digest in seen[record_id]:
            continue
        seen[record_id].add(digest)
        highest[record_id] += 1
        # Rules that read running text are for pages; a JSON record has a field for each concept.
        text = "" if _is_json(own) else received.text
        body = draft.body
        trial = enrich(body, text) if isinstance(body, Trial) else None
        publication = enrich(body, text) if isinstance(body, Publication) else None
        admitted.append(
            Record(
                record_id=record_id,
                version=highest[record_id],
                source=draft.source,
                identifier=draft.identifier,
                kind="trial" if trial else "publication",
                digest=digest,
                sha256=received.sha256,
                start=draft.start,
                end=draft.end,
                name=name,
                received_at=at,
                stated=draft.stated,
                trial=trial,
                publication=publication,
            )
        )
    return tuple(admitted)


def current(records: Iterable[Record]) -> tuple[Record, ...]:
    """Pick one version of each record: see `Record.precedence`. In the order of first mention."""
    best: dict[str, Record] = {}
    for record in records:
        held = best.setdefault(record.record_id, record)
        if record.precedence > held.precedence:
            best[record.record_id] = record
    return tuple(best.values())


def _is_json(own: bytes) -> bool:
    """A record in JSON is always one object; no page starts and ends with braces."""
    own = own.removeprefix(codecs.BOM_UTF8).strip()
    return own.startswith(b"{") and own.endswith(b"}")
