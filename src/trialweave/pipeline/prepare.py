"""From a received document to columns: everything that follows from a record alone.

Pure, so that several processes can share the work.
"""

from __future__ import annotations

import datetime as dt
import functools
import itertools
import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from typing import NamedTuple

import msgspec

from trialweave.errors import InputError
from trialweave.model import Draft, Received, Record
from trialweave.pipeline.searching import searched
from trialweave.records.versions import harmonised
from trialweave.results import Vocabulary, read_findings
from trialweave.sources import FieldNote, read_each, survey
from trialweave.store.tables import Batch, batch_of
from trialweave.studies import profile
from trialweave.studies.reuse import sketch

__all__ = ["Piece", "Prepared", "prepare", "prepared"]

_AT_ONCE = 200  # records
_SHARED = 64 << 20  # bytes of the largest document that is handed to another process
_ENCODE = msgspec.msgpack.Encoder().encode


Piece = Batch | InputError | FieldNote
"""Of a document: some records, or why one, or all, cannot be taken, or a field it is news of."""

_Future = Future[list[Piece]] | None


class Prepared(NamedTuple):
    """A document, the time of its receipt, and what is in it."""

    received: Received
    at: dt.datetime
    pieces: Iterable[Piece]


def prepare(
    received: Received, at: dt.datetime, families: Vocabulary | None = None
) -> Iterator[Piece]:
    """Read a document; never raises an `InputError` but gives it. Notes on its fields come last.

    `families` are a user's own families of outcomes.
    """
    problems: list[InputError] = []
    records = harmonised(_drafts(received, problems), received, at)
    while chunk := list(itertools.islice(records, _AT_ONCE)):
        yield _batch(chunk, families)
        yield from problems
        problems.clear()
    yield from problems
    yield from survey(received)


def _drafts(received: Received, problems: list[InputError]) -> Iterator[Draft]:
    try:
        for each in read_each(received):
            if isinstance(each, Draft):
                yield each
            else:
                problems.append(each)
    except InputError as error:
        problems.append(error)


def _batch(records: Sequence[Record], families: Vocabulary | None) -> Batch:
    findings = [read_findings(record, families) for record in records]
    profiles = map(profile, records, findings)
    return batch_of(
        records,
        findings,
        facts=[_ENCODE(each) for each in profiles],
        searched=[_ENCODE(searched(record)) for record in records],
        sketches=list(map(sketch, records, findings)),
    )


def prepared(
    documents: Iterable[tuple[Received, dt.datetime]],
    *,
    processes: int = 1,
    families: Vocabulary | None = None,
) -> Iterator[Prepared]:
    """Prepare documents, each with the time of its receipt, in their order.

    Further processes are spawned: a script that asks for them needs the usual guard
    (``if __name__ == "__main__":``). No more documents than processes, and one, are held.
    """
    if processes < 2:
        for received, at in documents:
            yield Prepared(received, at, prepare(received, at, families))
        return
    context = multiprocessing.get_context("spawn")
    whole = functools.partial(_whole, families=families)
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        waiting: deque[tuple[Received, dt.datetime, _Future]] = deque()
        for received, at in documents:
            small = len(received.data) <= _SHARED
            waiting.append((received, at, pool.submit(whole, received, at) if small else None))
            if len(waiting) > processes:
                yield _next(*waiting.popleft(), families)
        while waiting:
            yield _next(*waiting.popleft(), families)


def _next(
    received: Received, at: dt.datetime, future: _Future, families: Vocabulary | None
) -> Prepared:
    pieces = prepare(received, at, families) if future is None else future.result()
    return Prepared(received, at, pieces)


def _whole(received: Received, at: dt.datetime, *, families: Vocabulary | None) -> list[Piece]:
    return list(prepare(received, at, families))
