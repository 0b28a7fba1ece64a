"""One whole writing: documents in, a committed generation out, or nothing changed."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from trialweave.errors import InputError, WorkspaceError
from trialweave.model import Decision, Received
from trialweave.pipeline import families
from trialweave.pipeline.build import build
from trialweave.pipeline.families import Own
from trialweave.pipeline.prepare import prepared
from trialweave.pipeline.said import Said, said, said_by
from trialweave.pipeline.taking import Taking
from trialweave.sources import FieldNote, merge
from trialweave.store import formats, tables
from trialweave.store.archive import Archive
from trialweave.store.decisions import Decisions, Log
from trialweave.store.formats import FORMATS
from trialweave.store.generations import Generation, Generations, Staging

__all__ = ["Collected", "Document", "collect", "held_on", "rederive"]


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
    `afresh` forgets what the live generation holds: all is derived anew, and the lock is held
    before the first document is asked for. Where nothing is new, nothing is committed. `progress`
    is told what is being done.
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

    own = families.own(generations.root)
    with contextlib.ExitStack() as stack:
        writing: _Writing | None = None
        if afresh:  # what others receive meanwhile would be forgotten
            writing = stack.enter_context(_writing(generations, archive, own, afresh=True))
        for received, at, pieces in prepared(
            readable(), processes=processes, families=own.vocabulary
        ):
            for piece in pieces:
                if isinstance(piece, InputError):
                    problems.append((received.name, piece))
                    continue
                if isinstance(piece, FieldNote):
                    notes.append(piece)
                    continue
                if writing is None:
                    writing = stack.enter_context(_writing(generations, archive, own, afresh=False))
                unchanged += len(piece.heads) - writing.taking.take(received, at, piece)
        new = None
        if writing is not None and writing.taking.new:
            progress("weaving studies")
            heads, new = writing.taking.heads()
            pa.default_memory_pool().release_unused()
            since = None if afresh else writing.staging.base
            build(writing.staging, heads, writing.said, since)
            generations.commit(writing.staging, FORMATS | writing.said.noted)
    return Collected(count, new, unchanged, tuple(problems), merge(notes))


@dataclass(frozen=True)
class _Writing:
    """A generation in the making, under the writer's lock."""

    staging: Staging
    said: Said
    taking: Taking


@contextlib.contextmanager
def _writing(
    generations: Generations, archive: Archive, own: Own, *, afresh: bool
) -> Iterator[_Writing]:
    with generations.begin() as staging:
        archive.sweep()
        base = None if afresh else staging.base
        families.check(base, own)
        told = dataclasses.replace(said(generations, base), families=own.digest)
        yield _Writing(staging, told, Taking(staging, archive, afresh=afresh))


def rederive(generations: Generations, decide: Callable[[Log], Decision]) -> Log:
    """Take down a decision and derive anew what follows from it, out of the same records.

    `decide` is given the decisions so far and gives the one to append; it is called under the
    writer's lock. It is written once all is derived, so that where that fails nothing is changed;
    where the commit itself fails, or the machine, it waits for the next generation. Returns what
    was read: the decisions before, and what was cut off behind them.
    """
    with generations.begin() as staging:
        if staging.base is None:
            raise WorkspaceError("the workspace is empty.", where=str(generations.root))
        formats.check(staging.base)
        file = Decisions(generations.root)
        log = file.read()
        before = said(generations, staging.base)
        entry = decide(log)
        now = dataclasses.replace(before, decisions=(*log.entries, entry))
        staging.carry(tables.PARTS)
        build(staging, tables.read_all_heads(staging.base.path), now, staging.base)
        file.append(log, entry)
        generations.commit(staging, FORMATS | now.noted)
    return log


def held_on(generations: Generations, live: Generation, day: dt.date) -> Generation | None:
    """The state of a day: derived from those versions alone that held by then (`Head.valid_from`).

    The live generation itself where that is all of them; None where there are none. What people
    decided holds on every day.
    """
    held = tables.read_all_heads(live.path)
    heads = tables.marked(held, day)
    if len(heads) == len(held):
        return live
    if not len(heads):
        return None

    told = said_by(generations, live)

    def fill(staging: Staging) -> None:
        staging.carry(tables.PARTS)
        build(staging, heads, told, goes_on=False)

    # Days between two changes share a state, which is named after the first of them.
    since = pc.max(tables.valid_from(heads)).as_py()
    about = FORMATS | told.noted
    return generations.view(live, f"as-of-{since.isoformat()}", fill, about)
