"""Generations: immutable states of everything derived, and `CURRENT`, which names the live one.

A writer fills ``generations/NNNNNN.staging`` under a lock, brings it to the disk, renames it, and
then renames ``CURRENT`` into place. That last rename is the only commit point: before it readers
see the old generation, after it the new one, and a crash anywhere leaves one of the two whole.
"""

from __future__ import annotations

import fcntl
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from trialweave.errors import WorkspaceError
from trialweave.store._files import on_disk, remove, sync, write
from trialweave.store._generation import (
    MANIFEST,
    FileEntry,
    Generation,
    Manifest,
    Staging,
    finish,
    opened,
)

__all__ = ["FileEntry", "Generation", "Generations", "Manifest", "Staging", "in_use"]

_KEPT = 3
_VIEWS = 8  # kept besides the generations themselves
_ABANDONED = 24 * 3600  # seconds after which a view in the making is nobody's
_WHOLE = re.compile(r"\d{6,}")


class Generations:
    """The generations under `root`. Any number of readers; one writer at a time, by a lock."""

    def __init__(self, root: Path, *, wait: float = 2.0) -> None:
        self.root = Path(root)
        self._folder = self.root / "generations"
        self._current = self.root / "CURRENT"
        self._views = self.root / "views"
        self._wait = wait  # seconds to wait for another writer

    def current(self) -> Generation | None:
        """The live generation; None before the first. Cheap enough to ask on every request.

        Raises WorkspaceError where CURRENT or what it names is damaged or absent.
        """
        for _ in range(5):
            number = self._live_number()
            if number == 0:
                return None
            path = self._folder / f"{number:06d}"
            with on_disk("open the generation", path):
                try:
                    return opened(path)
                except FileNotFoundError:
                    # Only right where a writer has moved on meanwhile and dropped this one.
                    if self._live_number() == number:
                        break
        raise WorkspaceError(
            f"CURRENT names generation {number}, which is not there.", where=str(self.root)
        )

    @contextmanager
    def begin(self) -> Iterator[Staging]:
        """Open the next generation for writing; what is not committed in the block is dropped.

        Holds the writer's lock for the whole block, and first drops what dead writers left.
        Raises WorkspaceError where another process is writing, or the disk refuses.
        """
        with on_disk("open the workspace", self.root):
            self._folder.mkdir(parents=True, exist_ok=True)
        with self._lock():
            with on_disk("open the workspace", self._folder):
                if not self._current.exists():
                    self._initialise()
                live = self._live_number()
                self._sweep(live)
                staging = Staging(
                    self._folder / f"{live + 1:06d}.staging", live + 1, self.current()
                )
                staging.path.mkdir()
            try:
                yield staging
            finally:
                if not staging.committed:
                    with suppress(OSError, WorkspaceError):  # else the next `begin` drops it
                        self._sweep(self._live_number())

    def commit(self, staging: Staging, about: Mapping[str, str] | None = None) -> Generation:
        """Make the staged generation the live one. Call it inside the block of `begin`.

        Raises WorkspaceError where the disk refuses; the old generation then stays live.
        """
        if staging.committed:
            raise ValueError("this generation is committed already")
        final = self._folder / f"{staging.number:06d}"
        with on_disk("commit the generation", staging.path):
            manifest = finish(staging, about or {})
            os.replace(staging.path, final)
            sync(self._folder)
            write(self._current, f"{staging.number:06d}\n".encode())
            staging.committed = True
            sync(self.root)
        with suppress(OSError):  # the next `begin` tries again
            self._prune(staging.number)
        return Generation(final, manifest)

    def view(
        self,
        base: Generation,
        name: str,
        fill: Callable[[Staging], None],
        about: Mapping[str, str],
    ) -> Generation:
        """A state derived from a generation, kept under `name` for as long as that is.

        `fill` writes it into a staging based on `base`, which may have been followed by another
        meanwhile, unless it is there already. Readers may make the same view at once: the first to
        be done is kept. No lock is needed, since nothing is changed.
        """
        path = self._views / f"{base.number:06d}-{name}"
        with on_disk("open the view", path):
            with suppress(FileNotFoundError):  # or another reader has just dropped it
                if in_use(path):
                    return opened(path)
            self._views.mkdir(exist_ok=True)
            self._prune_views()
            scratch = Path(
                tempfile.mkdtemp(prefix=f"{base.number:06d}-", suffix=".staging", dir=self._views)
            )
        staging = Staging(scratch, base.number, base)
        try:
            fill(staging)
            with on_disk("write the view", path):
                finish(staging, about)
                with suppress(OSError):  # another reader was first
                    os.replace(scratch, path)
                return opened(path)
        finally:
            with suppress(OSError):
                remove(scratch)

    def _live_number(self) -> int:
        """The number in CURRENT; 0 where nothing was ever committed."""
        with on_disk("read CURRENT", self._current):
            try:
                name = self._current.read_bytes().strip()
            except FileNotFoundError:
                if any(True for _ in self._numbers()):
                    raise self._lost() from None
                return 0
        if not (name.isdigit() and len(name) >= 6):
            raise WorkspaceError(
                "CURRENT does not hold the name of a generation.",
                where=str(self._current),
                next_step="Write the name of the newest whole folder in generations/ into it.",
            )
        return int(name)

    def _initialise(self) -> None:
        """Write a CURRENT that names nothing, so that a missing one always means damage."""
        if any(True for _ in self._numbers()):
            raise self._lost()
        write(self._current, b"000000\n")
        sync(self.root)

    def _lost(self) -> WorkspaceError:
        return WorkspaceError(
            "there are generations, but no CURRENT that names one.",
            where=str(self.root),
            next_step="Write the name of the newest whole folder in generations/ into CURRENT.",
        )

    def _numbers(self) -> Iterator[tuple[int, Path]]:
        if self._folder.is_dir():
            for path in self._folder.iterdir():
                if _WHOLE.fullmatch(path.name):
                    yield int(path.name), path

    def _sweep(self, live: int) -> None:
        """Drop what was never committed, and what a writer was dropping when it died."""
        for path in list(self._folder.iterdir()):
            if path.suffix in (".staging", ".dropped"):
                remove(path)
        for number, path in list(self._numbers()):
            if number > live:
                self._drop(path)
        self._prune(live)

    def _prune(self, live: int) -> None:
        """Keep the last three generations, and always the live one, with their views."""
        for number, path in sorted(self._numbers())[:-_KEPT]:
            if number < live:
                self._drop(path)
        self._prune_views()

    def _prune_views(self) -> None:
        """Drop views of dropped generations, those abandoned, and the least used of too many."""
        found = list(self._views.iterdir()) if self._views.is_dir() else []
        # Read after the views: the generation of each was there before it.
        kept = {f"{number:06d}" for number, _ in self._numbers()}
        used = []
        for path in found:
            with suppress(OSError):  # another reader is at it, or the next one will be
                idle = time.time() - path.stat().st_mtime
                if path.suffix == ".dropped":
                    remove(path)
                elif path.name.split("-")[0] not in kept:
                    self._drop(path)
                elif path.suffix != ".staging":
                    used.append((idle, path))
                elif idle > _ABANDONED:
                    self._drop(path)
        for _, path in sorted(used)[_VIEWS:]:
            with suppress(OSError):
                self._drop(path)

    def _drop(self, path: Path) -> None:
        # Renamed first: a folder that is half deleted must never look like a whole one.
        doomed = path.with_name(path.name + ".dropped")
        os.replace(path, doomed)
        remove(doomed)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        path = self.root / ".writer"
        with on_disk("lock the workspace", path):
            # The lock dies with its process; the file stays, for removing it would free nobody.
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            with on_disk("lock the workspace", path):
                self._acquire(handle)
            yield
        finally:
            os.close(handle)

    def _acquire(self, handle: int) -> None:
        deadline = time.monotonic() + self._wait
        while True:
            try:
                return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise WorkspaceError(
                        "another process is writing to this workspace.",
                        where=str(self.root),
                        next_step="Wait until it is done and run the command again.",
                    ) from None
                time.sleep(0.05)


def in_use(view: Path) -> bool:
    """Note that a view was asked again, since the least used give way; whether it is there."""
    try:
        os.utime(view)
    except FileNotFoundError:
        return False
    except OSError:  # of a workspace that may only be read
        return (view / MANIFEST).exists()
    return True
