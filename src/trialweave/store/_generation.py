"""One generation: its files, its manifest, and the next one in the making."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import importlib.metadata
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from trialweave.errors import WorkspaceError
from trialweave.store._files import linked, on_disk, sync, write

__all__ = ["MANIFEST", "FileEntry", "Generation", "Manifest", "Staging", "finish", "opened"]

MANIFEST = "manifest.json"
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
                return pq.read_table(path, columns=columns, page_checksum_verification=True)
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
                    shutil.copytree(source, target, copy_function=linked)
                else:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    linked(source, target)


@functools.lru_cache(maxsize=8)
def _opened_at(path: Path, _identity: tuple[int, int]) -> Generation:
    data = (path / MANIFEST).read_bytes()
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except msgspec.DecodeError as error:
        raise WorkspaceError("the manifest is damaged.", where=str(path / MANIFEST)) from error
    return Generation(path, manifest)


def opened(path: Path) -> Generation:
    status = (path / MANIFEST).stat()
    return _opened_at(path, (status.st_ino, status.st_mtime_ns))


def finish(staging: Staging, about: Mapping[str, str]) -> Manifest:
    """Write the manifest of what is staged, and bring all of it to the disk."""
    manifest = Manifest(
        number=staging.number,
        created_at=dt.datetime.now(dt.UTC),
        files=_entries(staging),
        versions={name: _version(name) for name in _STAMPED},
        about=dict(about),
    )
    write(staging.path / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
    for folder, _, names in os.walk(staging.path, topdown=False):
        for name in names:
            if name != MANIFEST:
                sync(Path(folder, name))
        sync(Path(folder))
    return manifest


def _files(folder: Path) -> Iterator[str]:
    """The files of a generation as relative paths, without manifest and locks."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name != MANIFEST and path.is_file() and not _LOCK_OF_INDEX.fullmatch(path.name):
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


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
