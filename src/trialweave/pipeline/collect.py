"""One whole writing: documents in, a committed generation out, or nothing changed."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from trialweave.errors import InputError
from trialweave.model import Received
from trialweave.pipeline.build import build
from trialweave.pipeline.prepare import prepared
from trialweave.pipeline.taking import Taking
from trialweave.sources import FieldNote, merge
from trialweave.store import tables
from trialweave.store.archive import Archive
from trialweave.store.formats import FORMATS
from trialweave.store.generations import Generation, Generations, Staging

__all__ = ["Collected", "Document", "collect", "held_on"]


@dataclass(frozen=True)
class Document:
    """A document on its way in, or why it cannot be had; `at` is when it was received."""

    name: str
    content: Received | InputError
    at: dt.datetime


@dataclass(frozen=True)
class Collected:
    """What a writing did. `new` holds the heads of new versions; None where nothing was new."""

    documents: int
    new: pa.Table | None
    unchanged: int
    problems: tuple[tuple[str, InputError], ...]  # by name of the document
    notes: tuple[FieldNote, ...]  # fields that are not as their source was known to have them


def collect(
    generations: Generations,
    archive: Archive,
    documents: Iterable[Document],
    *,
    processes: int = 1,
    afresh: bool = False,
    progress: Callable[[str], None] = lambda doing: None,
) -> Collected:
    """Read documents, write what is new of them, and make a generation of it.

    The workspace is locked, and made where there is none, with the first record that can be taken.
    `afresh` forgets what the live generation holds: all is derived anew. Where nothing is new,
    nothing is committed. `progress` is told what is being done.
    """
    problems: list[tuple[str, InputError]] = []
    notes: list[FieldNote] = []
    count = unchanged = 0

    def readable() -> Iterator[tuple[Received, dt.datetime]]:
        nonlocal count
        for document in documents:
            count += 1
            if isinstance(document.content, Received):
                yield document.content, document.at
            else:
                problems.append((document.name, document.content))

    with contextlib.ExitStack() as stack:
        taking: Taking | None = None
        for received, at, pieces in prepared(readable(), processes=processes):
            for piece in pieces:
                if isinstance(piece, InputError):
                    problems.append((received.name, piece))
                    continue
                if isinstance(piece, FieldNote):
                    notes.append(piece)
                    continue
                if taking is None:
                    staging = stack.enter_context(generations.begin())
                    archive.sweep()
                    taking = Taking(staging, archive, afresh=afresh)
                unchanged += len(piece.heads) - taking.take(received, at, piece)
        new = None
        if taking is not None and taking.new:
            progress("weaving studies")
            heads, new = taking.heads()
            pa.default_memory_pool().release_unused()
            build(staging, heads)
            generations.commit(staging, FORMATS)
    return Collected(count, new, unchanged, tuple(problems), merge(notes))


def held_on(generations: Generations, live: Generation, day: dt.date) -> Generation | None:
    """The state of a day: derived from those versions alone that held by then (`Head.valid_from`).

    The live generation itself where that is all of them; None where there are none.
    """
    held = tables.read_all_heads(live.path)
    heads = tables.marked(held, day)
    if len(heads) == len(held):
        return live
    if not len(heads):
        return None

    def fill(staging: Staging) -> None:
        staging.carry(tables.PARTS)
        build(staging, heads)

    # Days between two changes share a state, which is named after the first of them.
    since = pc.max(tables.valid_from(heads)).as_py()
    return generations.view(f"as-of-{since.isoformat()}", fill, FORMATS)
