"""Generations: immutable states of everything derived, and `CURRENT`, which names the live one.

A writer fills ``generations/NNNNNN.staging`` under a lock, brings it to the disk, renames it, and
then renames ``CURRENT`` into place. That last rename is the only commit point: before it readers
see the old generation, after it the new one, and a crash anywhere leaves one of the two whole.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import functools
import hashlib
import importlib.metadata
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from trialweave.errors import WorkspaceError
from trialweave.store._files import on_disk, remove, sync, write

__all__ = ["FileEntry", "Generation", "Generations", "Manifest", "Staging"]

_KEPT = 3
_MANIFEST = "manifest.json"
_WHOLE = re.compile(r"\d{6,}")
_LOCK_OF_INDEX = re.compile(r"\.tantivy-[a-z]+\.lock")  # readers make these; they hold nothing
_STAMPED = ("trialweave", "duckdb", "pyarrow", "tantivy")


class FileEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One file of a generation: digest, size in bytes, and rows where it is a table."""

    sha256: str
    size: int
    rows: int | None = None


class Manifest(msgspec.Struct, frozen=True):
    """What a generation consists of: files by path, versions of the code that wrote it.

    `about` is what the writer noted beside it: formats, vocabularies, counts.
    """

    number: int
    created_at: dt.datetime
    files: dict[str, FileEntry]
    versions: dict[str, str]
    about: dict[str, str] = {}


@dataclass(frozen=True)
class Generation:
    """A committed generation. Its files never change; `verify` tells whether the disk kept them."""

    path: Path
    manifest: Manifest

    @property
    def number(self) -> int:
        """Its number; the next one has a higher."""
        return self.manifest.number

    @property
    def index(self) -> Path:
        """The folder of the search index."""
        return self.path / "index"

    def has(self, name: str) -> bool:
        """Whether it holds the table `name`."""
        return f"{name}.parquet" in self.manifest.files

    def file(self, name: str) -> Path:
        """Where the table `name` is. Raises WorkspaceError where the generation has none."""
        if not self.has(name):
            raise WorkspaceError(f"the generation has no table {name!r}.", where=str(self.path))
        return self.path / f"{name}.parquet"

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of its tables, sorted."""
        names = (name for name in self.manifest.files if "/" not in name)
        return tuple(sorted(n.removesuffix(".parquet") for n in names if n.endswith(".parquet")))

    def table(self, name: str, columns: list[str] | None = None) -> pa.Table:
        """Read the table `name`, or some of its columns."""
        path = self.file(name)
        with on_disk("read the table", path):
            try:
                return pq.read_table(path, columns=columns)
            except pa.ArrowInvalid as error:
                raise WorkspaceError("the table is damaged.", where=str(path)) from error

    def verify(self) -> tuple[str, ...]:
        """Compare every file with the manifest; what differs, one sentence each."""
        found = []
        for name, entry in self.manifest.files.items():
            path = self.path / name
            try:
                if _digest(path) != entry.sha256:
                    found.append(f"{path}: the content does not have the digest of the manifest.")
            except OSError as error:
                found.append(f"{path}: cannot be read: {error.strerror or error}.")
        unlisted = set(_files(self.path)) - set(self.manifest.files)
        found += [f"{self.path / name}: not in the manifest." for name in sorted(unlisted)]
        return tuple(found)


@dataclass
class Staging:
    """A generation in the making: write files under `path`, then `Generations.commit` it."""

    path: Path
    number: int
    base: Generation | None
    committed: bool = field(default=False, init=False)

    @property
    def index(self) -> Path:
        """The folder for the search index; not made yet."""
        return self.path / "index"

    def file(self, name: str) -> Path:
        """Where to write the table `name`."""
        return self.path / f"{name}.parquet"

    def carry(self, *names: str) -> None:
        """Take over files or folders of the base generation, unchanged and without copying."""
        if self.base is None:
            raise ValueError("there is no generation to carry anything over from")
        for name in names:
            source, target = self.base.path / name, self.path / name
            with on_disk("carry over", source):
                if source.is_dir():
                    shutil.copytree(source, target, copy_function=_link)
                else:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    _link(source, target)


class Generations:
    """The generations under `root`. Any number of readers; one writer at a time, by a lock."""

    def __init__(self, root: Path, *, wait: float = 2.0) -> None:
        self.root = Path(root)
        self._folder = self.root / "generations"
        self._current = self.root / "CURRENT"
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
                    return _opened(path)
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
            manifest = Manifest(
                number=staging.number,
                created_at=dt.datetime.now(dt.UTC),
                files=_entries(staging),
                versions={name: _version(name) for name in _STAMPED},
                about=dict(about or {}),
            )
            write(staging.path / _MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
            for folder, _, names in os.walk(staging.path, topdown=False):
                for name in names:
                    if name != _MANIFEST:
                        sync(Path(folder, name))
                sync(Path(folder))
            os.replace(staging.path, final)
            sync(self._folder)
            write(self._current, f"{staging.number:06d}\n".encode())
            staging.committed = True
            sync(self.root)
        with suppress(OSError):  # the next `begin` tries again
            self._prune(staging.number)
        return Generation(final, manifest)

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
        """Keep the last three generations, and always the live one."""
        for number, path in sorted(self._numbers())[:-_KEPT]:
            if number < live:
                self._drop(path)

    def _drop(self, path: Path) -> None:
        # Renamed first: a folder that is half deleted must never look like a whole generation.
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


@functools.lru_cache(maxsize=8)
def _opened_at(path: Path, _identity: tuple[int, int]) -> Generation:
    data = (path / _MANIFEST).read_bytes()
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except msgspec.DecodeError as error:
        raise WorkspaceError("the manifest is damaged.", where=str(path / _MANIFEST)) from error
    return Generation(path, manifest)


def _opened(path: Path) -> Generation:
    status = (path / _MANIFEST).stat()
    return _opened_at(path, (status.st_ino, status.st_mtime_ns))


def _files(folder: Path) -> Iterator[str]:
    """The files of a generation as relative paths, without manifest and locks."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name != _MANIFEST and path.is_file() and not _LOCK_OF_INDEX.fullmatch(path.name):
            yield name


def _entries(staging: Staging) -> dict[str, FileEntry]:
    entries = {}
    base = staging.base
    for name in _files(staging.path):
        path = staging.path / name
        before = base.manifest.files.get(name) if base is not None else None
        # A file carried over keeps its first digest: a new one would hide damage done since.
        if before is not None and base is not None and _same(path, base.path / name):
            entries[name] = before
            continue
        rows = pq.read_metadata(path).num_rows if path.suffix == ".parquet" else None
        entries[name] = FileEntry(_digest(path), path.stat().st_size, rows)
    return entries


def _same(one: Path, other: Path) -> bool:
    return other.exists() and one.samefile(other)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _link(source: str | Path, target: str | Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links
        shutil.copy2(source, target)


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
