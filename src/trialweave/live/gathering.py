"""The sources beside each other, each in a thread of its own; what one source is to do is a job.

All that a source can do wrong ends in the outcome of its job. What goes wrong here (the disk, a
setting) ends the fetch as a whole, and what came until then is kept by the runs.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from trialweave.errors import FetchFailed, Incomplete, TrialweaveError
from trialweave.live.api import Api
from trialweave.live.client import HttpClient
from trialweave.live.pace import Clock, Pace
from trialweave.live.report import SourceOutcome
from trialweave.live.runs import Run, ask_each, search
from trialweave.model.identifiers import Identifier
from trialweave.publish.text import cut, fold

__all__ = ["Job", "Progress", "gather"]

Progress = Callable[[int, int, str], None]

_GLANCE = 0.1  # seconds between two looks at the threads
_NAMED = 5  # numbers that failed which are named
_PATIENCE = 5.0  # seconds that threads get to end once the fetch as a whole has failed


@dataclass
class Job:
    """A query, or else some numbers, for one source; and after `gather` what became of it.

    `found` are the numbers that have a record here. `fault` is what ends the whole fetch.
    """

    api: Api
    query: str = ""
    identifiers: tuple[Identifier, ...] = ()
    run: Run | None = None
    outcome: SourceOutcome | None = None
    found: frozenset[str] = frozenset()
    fault: BaseException | None = None

    @property
    def complete(self) -> bool:
        """Whether the source gave all it was asked for, or promised."""
        return self.outcome is not None and self.outcome.outcome == "complete"


class _Stopped(BaseException):
    """The fetch as a whole is over, whatever this thread was doing."""


@dataclass
class _Board:
    """Where the threads say how far they are, and learn that all is over."""

    stop: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    came: dict[int, tuple[int, int]] = field(default_factory=dict)
    last: str = ""

    def tell(self, job: Job, came: int, total: int | None, name: str) -> None:
        """A thread says how far a job is."""
        if self.stop.is_set():
            raise _Stopped
        with self.lock:
            self.came[id(job)] = (came, max(came, total or 0))
            self.last = name

    def sleep(self, seconds: float) -> None:
        """A sleep that ends with the fetch."""
        if self.stop.wait(seconds):
            raise _Stopped

    def show(self, progress: Progress) -> None:
        """Call `progress`: in the thread of the caller, which it may be bound to."""
        with self.lock:
            came, total = (sum(column) for column in zip((0, 0), *self.came.values(), strict=True))
            last = self.last
        progress(came, total, last)


def gather(
    jobs: Sequence[Job],
    root: Path,
    progress: Progress | None,
    clock: Clock | None,
    environ: Mapping[str, str] | None,
) -> None:
    """Do all jobs, those of one source one after the other, and set their outcomes.

    Raises FetchFailed where a setting makes no sense, WorkspaceError where the disk refuses.
    """
    board = _Board()
    clock = clock or Clock(sleep=board.sleep)
    pace = Pace(clock)

    def now() -> dt.datetime:
        return dt.datetime.fromtimestamp(clock.now(), dt.UTC)

    def work(mine: Sequence[Job]) -> None:
        try:
            with HttpClient(mine[0].api, pace=pace, environ=environ) as client:
                for job in mine:
                    _do(job, client, root, board, now)
        except BaseException as error:
            mine[0].fault = error

    by_source: dict[str, list[Job]] = {}
    for job in jobs:
        by_source.setdefault(job.api.name, []).append(job)
    # Daemons: an interrupted call ends without waiting for what servers may still say
    threads = [
        threading.Thread(target=work, args=(mine,), name=f"fetch-{name}", daemon=True)
        for name, mine in by_source.items()
    ]
    try:
        for thread in threads:
            thread.start()
        while not _fault(jobs) and (alive := [one for one in threads if one.is_alive()]):
            alive[0].join(_GLANCE)
            if progress is not None:
                board.show(progress)
    finally:
        board.stop.set()
    if fault := _fault(jobs):
        for thread in threads:
            thread.join(_PATIENCE)
        raise fault


def _fault(jobs: Sequence[Job]) -> BaseException | None:
    """What ends the fetch as a whole."""
    faults = (job.fault for job in jobs)
    return next((fault for fault in faults if fault and not isinstance(fault, _Stopped)), None)


def _do(
    job: Job, client: HttpClient, root: Path, board: _Board, now: Callable[[], dt.datetime]
) -> None:
    """One job."""
    values = [identifier.value for identifier in job.identifiers]
    run = job.run = Run(root, job.api.name, job.query, values, now)
    error: TrialweaveError | None = None
    failed: dict[str, FetchFailed] = {}

    def tell(came: int, total: int | None, name: str) -> None:
        board.tell(job, came, total, name)

    try:
        if job.identifiers:
            failed = ask_each(run, job.api, client, job.identifiers, tell)
            error = next(iter(failed.values()), None)
        else:
            search(run, job.api, client, tell)
            error = Incomplete(f"{run.shortfall}.") if run.shortfall else None
    except FetchFailed as one:
        error = one
    except (TrialweaveError, OSError, MemoryError):
        raise
    except Exception as fault:  # one source that nobody foresaw must not cost the others
        said = cut(fold(f"{type(fault).__name__}: {fault}"), 120)
        error = FetchFailed(f"its answer could not be dealt with ({said}).")
        error.__cause__ = fault
    job.found = frozenset(value for value, found in run.state.asked.items() if found)
    job.outcome = _outcome(job, run, error, failed)


def _outcome(
    job: Job, run: Run, error: TrialweaveError | None, failed: Mapping[str, FetchFailed]
) -> SourceOutcome:
    why = str(error).removeprefix(f"{job.api.title}, ").removesuffix(".") if error else ""
    if failed and len(failed) < len(job.identifiers):
        more = f" and {len(failed) - _NAMED} more" if len(failed) > _NAMED else ""
        why = f"{', '.join(list(failed)[:_NAMED])}{more}: {why}"
    part = isinstance(error, Incomplete) or bool(failed and run.state.asked)
    return SourceOutcome(
        source=job.api.name,
        title=job.api.title,
        outcome="complete" if error is None else "incomplete" if part else "failed",
        came=len(job.found) if job.identifiers else run.count,
        promised=len(job.identifiers) if job.identifiers else run.state.total,
        why=why,
        error=_kind(error),
        exit_code=error.exit_code if error else 0,
        pages=len(run.state.pages),
        resumed=run.resumed,
        not_found=tuple(value for value, found in run.state.asked.items() if not found),
        notes=tuple(run.state.notes),
    )


def _kind(error: TrialweaveError | None) -> str:
    """The name of an error as `errors` draws it."""
    if isinstance(error, FetchFailed):
        return FetchFailed.__name__
    return type(error).__name__ if error else ""
