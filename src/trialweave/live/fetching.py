"""Fetches: what is asked, of whom, and what is done with what came.

What an incomplete search gave stays in its run folder, where no reader looks, until the search is
complete; see `runs`. A fetch holds a lock of its own, so that one at a time runs in a workspace,
and readers and `add` are never hindered.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from trialweave.errors import FetchFailed, NotFound, WorkspaceError
from trialweave.live import APIS, DEFAULT_SOURCES, follows
from trialweave.live.api import Api
from trialweave.live.gathering import Job, Progress, gather
from trialweave.live.numbers import asked_number, registry_of
from trialweave.live.pace import Clock
from trialweave.live.report import FetchReport, Follow, Unanswered, UpdateReport, code_of
from trialweave.live.runs import FOLDER, drop_stale
from trialweave.model import Received
from trialweave.model.identifiers import Identifier
from trialweave.publish.text import cut, fold
from trialweave.publish.views import AddReport
from trialweave.store._files import on_disk

__all__ = ["Take", "fetch", "forget", "update"]

Take = Callable[[Iterable[Received]], AddReport]

_LONGEST_QUERY = 8_000  # characters; no source takes an address much longer


@dataclass(frozen=True)
class _Ask:
    """What is to be fetched: a query or numbers, and from whom; and what nobody can be asked."""

    query: str
    identifiers: tuple[Identifier, ...]
    sources: tuple[str, ...]
    unanswered: tuple[Unanswered, ...] = ()

    @property
    def spelled(self) -> tuple[str, ...]:
        """The numbers so that each can be told again."""
        return tuple(_spelled(identifier) for identifier in self.identifiers)

    def jobs(self, apis: Mapping[str, Api]) -> Iterator[Job]:
        """What each source is to do."""
        if self.query:
            yield from (Job(apis[name], query=self.query) for name in self.sources)
        for name in self.sources or apis:
            served = (one for one in self.identifiers if one.scheme in apis[name].schemes)
            if mine := tuple(served):
                yield Job(apis[name], identifiers=mine)


def fetch(
    root: Path,
    *,
    query: str = "",
    sources: Sequence[str] = (),
    identifiers: Sequence[str] = (),
    take: Take,
    progress: Progress | None = None,
    apis: Mapping[str, Api] = APIS,
    clock: Clock | None = None,
    environ: Mapping[str, str] | None = None,
) -> FetchReport:
    """Fetch what a query finds, or the records of some numbers, and hand it to `take`, once.

    `sources` are names of live sources; none named means `DEFAULT_SOURCES` for a query, and for a
    number every source that knows its kind. What is complete is taken, and followed from then on;
    the report says of the rest why not. `progress` is called with records that came, records that
    are expected, and what is under way.

    Raises NotFound for an unknown source, FetchFailed where nothing is asked or a setting makes no
    sense, WorkspaceError where the disk refuses or another fetch is under way, and what `take`
    raises.
    """
    ask = _asked(query, identifiers, sources, apis)
    with _alone(root):
        (report,), added = _all([ask], root, take, progress, apis, clock, environ)
    return msgspec.structs.replace(
        report, added=added, exit_code=code_of([report.exit_code, _code(added)])
    )


def update(
    root: Path,
    *,
    take: Take,
    progress: Progress | None = None,
    apis: Mapping[str, Api] = APIS,
    clock: Clock | None = None,
    environ: Mapping[str, str] | None = None,
) -> UpdateReport:
    """Repeat every fetch that the workspace follows; `take` is called once for all together.

    Raises what `fetch` raises.
    """
    if not follows.followed(root):
        return UpdateReport((), None, 0)
    with _alone(root):
        asks = [
            _asked(one.query, one.identifiers, known, apis)
            for one in follows.followed(root)
            if (known := [name for name in one.sources if name in apis])
        ]
        reports, added = _all(asks, root, take, progress, apis, clock, environ)
    codes = [*(report.exit_code for report in reports), _code(added)]
    return UpdateReport(tuple(reports), added, code_of(codes))


def forget(root: Path, number: int) -> Follow:
    """Follow the fetch of that number, counted from 1, no more.

    Raises NotFound, and WorkspaceError while a fetch, which may note itself, is under way.
    """
    if not follows.followed(root):
        return follows.forget(root, number)  # which says so, and needs no folder for a lock
    with _alone(root):
        return follows.forget(root, number)


# -- what is asked, and of whom ------------------------------------------------------------


def _asked(
    query: str, texts: Sequence[str], sources: Sequence[str], apis: Mapping[str, Api]
) -> _Ask:
    """Check what is asked."""
    query = " ".join(query.split())
    if not query and not texts:
        raise FetchFailed("nothing to fetch is named.", next_step="Give a query, or numbers.")
    if len(query) > _LONGEST_QUERY or not query.isprintable():
        raise FetchFailed(
            f"the query is longer than {_LONGEST_QUERY:,} characters, or not all of it is text."
        )
    for name in sources:
        if name not in apis:
            raise NotFound(
                f"there is no live source {fold(name)[:40]!r}.",
                next_step=f"Known are: {', '.join(apis)}.",
            )
    chosen = tuple(dict.fromkeys(sources))
    served = {scheme for name in chosen or apis for scheme in apis[name].schemes}
    known: dict[Identifier, None] = {}
    unanswered = []
    for text in texts:
        identifier = asked_number(text)
        if identifier is not None and identifier.scheme in served:
            known[identifier] = None
            continue
        why = "is no number of a known kind"
        if identifier is not None:
            why = (
                f"is a number of {registry_of(identifier)}, which no source asked can be asked for"
            )
        unanswered.append(Unanswered(cut(fold(text), 80), why, NotFound.exit_code))
    if query and not chosen:
        chosen = tuple(name for name in DEFAULT_SOURCES if name in apis)
    return _Ask(query, tuple(known), chosen, tuple(unanswered))


def _spelled(identifier: Identifier) -> str:
    return f"PMID {identifier.value}" if identifier.scheme == "pmid" else identifier.value


# -- asking, taking, noting ----------------------------------------------------------------


def _all(
    asks: Sequence[_Ask],
    root: Path,
    take: Take,
    progress: Progress | None,
    apis: Mapping[str, Api],
    clock: Clock | None,
    environ: Mapping[str, str] | None,
) -> tuple[list[FetchReport], AddReport | None]:
    """Fetch everything, take what is complete, note it as followed, drop its runs."""
    drop_stale(root, _now(clock))
    jobs = [tuple(ask.jobs(apis)) for ask in asks]
    every = [job for mine in jobs for job in mine]
    gather(every, root, progress, clock, environ)
    # Of a search all or nothing; of numbers, each record that came
    ready = [job.run for job in every if job.run and (job.complete or job.identifiers)]
    added = None
    if any(run.state.pages for run in ready):
        added = take(itertools.chain.from_iterable(run.documents() for run in ready))
    at = _now(clock)
    for ask, mine in zip(asks, jobs, strict=True):
        counts = {job.api.name: job.outcome.came for job in mine if job.complete and job.outcome}
        found = {value for job in mine for value in job.found}
        numbers = [_spelled(one) for one in ask.identifiers if one.value in found]
        if ask.query or numbers:
            follows.note(root, ask.query, numbers, counts, at)
    for run in ready:
        run.drop()
    return [_report(ask, mine) for ask, mine in zip(asks, jobs, strict=True)], added


def _report(ask: _Ask, jobs: Sequence[Job]) -> FetchReport:
    """The report of one ask; what was added is for the caller to fill in."""
    found = {value for job in jobs for value in job.found}
    unsure = {
        one.value
        for job in jobs
        for one in job.identifiers
        if job.run is None or one.value not in job.run.state.asked
    }
    nowhere = [one for one in ask.identifiers if one.value not in found | unsure]
    unanswered = ask.unanswered + tuple(
        Unanswered(_spelled(one), "is not found at any source asked", NotFound.exit_code)
        for one in nowhere
    )
    outcomes = tuple(job.outcome for job in jobs if job.outcome is not None)
    codes = [one.exit_code for one in outcomes] + [one.exit_code for one in unanswered]
    return FetchReport(ask.query, ask.spelled, outcomes, unanswered, None, code_of(codes))


def _now(clock: Clock | None) -> dt.datetime:
    return dt.datetime.fromtimestamp((clock or Clock()).now(), dt.UTC)


def _code(added: AddReport | None) -> int:
    return added.exit_code if added is not None else 0


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Hold the lock of fetching. Raises WorkspaceError where another process does."""
    path = root / FOLDER / "lock"
    with on_disk("open the workspace", path):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.open("ab")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise WorkspaceError(
                "another fetch is under way in this workspace.",
                where=str(root),
                next_step="Wait for it to end.",
            ) from None
        yield
