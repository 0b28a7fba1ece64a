"""The vocabularies of a workspace: ``vocabularies/NAME/VERSION``, written once, never changed.

Each release is a folder of ``release.msgpack.zst`` and ``manifest.json``. It is written under
another name, brought to the disk and renamed: whoever is killed leaves the shelf whole, and the
next to add clears the rest away. Licensed releases stay in the user's workspace like all others.
Where the workspace has no release of a vocabulary, the one that ships with the package is used.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
import zstandard

from trialweave.errors import InputError, NotFound, WorkspaceError
from trialweave.store._files import on_disk, remove, sync, write
from trialweave.terms import shipped
from trialweave.terms.term import Release

__all__ = [
    "FOLDER",
    "Shelved",
    "add",
    "find",
    "in_use",
    "load",
    "load_one",
    "packed",
    "shelved",
    "switch",
    "switched_off",
]

FOLDER: Final = "vocabularies"
_RELEASE, _MANIFEST, _SCRATCH = "release.msgpack.zst", "manifest.json", ".scratch-"
_OFF: Final = "off.json"
_UNFIT = re.compile(r"[^A-Za-z0-9._+-]+")
_DATED = re.compile(r"(?:19|20)\d{2}(?:\D|$)")
_LEVEL: Final = 3
_LARGEST: Final = 4 * 1024**3  # bytes of a release, unpacked; the UMLS has some 1.5 GB
_HELD: Final = 96_000_000  # bytes of releases that stay in memory, where they take five times that
_held: OrderedDict[str, tuple[int, Release]] = OrderedDict()
_holding = threading.Lock()


class Shelved(msgspec.Struct, frozen=True):
    """The manifest of a release on the shelf. Sizes in bytes; `sha256` is of the packed release.

    `shipped` says that it is part of the package, else it is the workspace's own.
    """

    vocabulary: str
    version: str
    licence: str
    citation: str
    terms: int
    names: int
    links: int
    notes: tuple[str, ...]
    files: tuple[str, ...]
    source_sha256: tuple[str, ...]
    sha256: str
    size: int
    packed: int
    at: dt.datetime
    shipped: bool = False


def shelved(root: Path | None) -> tuple[Shelved, ...]:
    """All releases, by vocabulary; those that ship first, then the workspace's, the newest last.

    Versions that are dates are in their order, behind others, which are in that of their coming.
    Without a `root` only those that ship. Raises WorkspaceError for damage.
    """
    shelves = [shipped.FOLDER, *([] if root is None else [root / FOLDER])]
    return tuple(sorted((_manifest(path) for each in shelves for path in _folders(each)), key=_age))


def _age(one: Shelved) -> tuple[str, bool, str, dt.datetime]:
    dated = one.version if _DATED.match(one.version) else ""
    return one.vocabulary.casefold(), not one.shipped, dated, one.at


def in_use(root: Path | None) -> tuple[Shelved, ...]:
    """Of each vocabulary that is not switched off the newest release, by vocabulary.

    The workspace's own goes before the one that ships, whatever their dates. Raises WorkspaceError.
    """
    newest = {_folded(one.vocabulary): one for one in shelved(root)}
    off = {_folded(name) for name in switched_off(root)}
    return tuple(one for name, one in newest.items() if name not in off)


def find(root: Path | None, name: str, version: str = "") -> Shelved:
    """A release by the name of its vocabulary, in any case; without a version the newest.

    The workspace's own goes before one that ships. Raises NotFound.
    """
    named = [one for one in shelved(root) if _folded(name) == _folded(one.vocabulary)]
    fitting = [one for one in named if version in ("", one.version)]
    if fitting:
        return fitting[-1]
    have = ", ".join(one.version for one in named)
    raise NotFound(
        f"there is no vocabulary {name!r}" + (f" of {version}" if named else "") + " on the shelf.",
        next_step=f"There are {have}." if named else "trialweave vocab list shows what there is.",
    )


def load(root: Path | None, name: str, version: str = "") -> Release:
    """Read a release. Raises NotFound, and WorkspaceError where it is damaged."""
    return load_one(root, find(root, name, version))


def load_one(root: Path | None, one: Shelved) -> Release:
    """Read a release of the listing; the last few stay in memory, unless they are very large.

    Raises WorkspaceError.
    """
    with _holding:
        if one.sha256 in _held:
            _held.move_to_end(one.sha256)
            return _held[one.sha256][1]
    release = _read(_place(None if one.shipped else root, one.vocabulary, one.version), one)
    if one.size <= _HELD:
        with _holding:
            _held[one.sha256] = one.size, release
            while sum(size for size, _ in _held.values()) > _HELD:
                _held.popitem(last=False)
    return release


def _read(folder: Path, manifest: Shelved) -> Release:
    path = folder / _RELEASE
    with on_disk("read the vocabulary", path):
        data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != manifest.sha256:
        raise _damaged(path, "it is not what was written", manifest.shipped)
    try:
        content = zstandard.ZstdDecompressor().decompress(data, max_output_size=_LARGEST)
        return msgspec.msgpack.decode(content, type=Release)
    except (zstandard.ZstdError, msgspec.MsgspecError, ValueError) as error:
        raise _damaged(path, str(error), manifest.shipped) from None


def switched_off(root: Path | None) -> tuple[str, ...]:
    """The vocabularies that the workspace does without. Raises WorkspaceError for damage."""
    if root is None:
        return ()
    path = root / FOLDER / _OFF
    with on_disk("read which vocabularies are off", path):
        try:
            data = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return ()
    try:
        return msgspec.json.decode(data, type=tuple[str, ...])
    except (msgspec.MsgspecError, ValueError) as error:
        raise WorkspaceError(
            f"the list of vocabularies that are off is damaged: {error}.",
            where=str(path),
            next_step="Remove it, and switch them off again: trialweave vocab off NAME.",
        ) from None


def switch(root: Path, name: str, on: bool) -> Shelved:
    """Use a vocabulary in this workspace, or do without; the release that this is about.

    Raises NotFound.
    """
    one = find(root, name)
    with on_disk("note which vocabularies are off", root / FOLDER):
        (root / FOLDER).mkdir(parents=True, exist_ok=True)
        with _alone(root):
            off = {_folded(each): each for each in switched_off(root)}
            off.pop(_folded(name), None)
            if not on:
                off[_folded(name)] = one.vocabulary
            write(root / FOLDER / _OFF, msgspec.json.encode(sorted(off.values())))
            sync(root / FOLDER)
    return one


def add(root: Path, release: Release, files: Sequence[tuple[str, bytes]]) -> Shelved:
    """Put a release on the shelf; `files` are what it was read from: (name, content).

    The same release again changes nothing. Raises InputError where another one stands under its
    name and version.
    """
    manifest, data = packed(release, files, dt.datetime.now(dt.UTC))
    place = _place(root, release.vocabulary, release.version)
    with on_disk("keep the vocabulary", place):
        (root / FOLDER).mkdir(parents=True, exist_ok=True)
        with _alone(root):
            return _kept(root, place, manifest, data)


def packed(
    release: Release, files: Sequence[tuple[str, bytes]], at: dt.datetime, level: int = _LEVEL
) -> tuple[Shelved, bytes]:
    """A release as it lies on a shelf: its manifest, and its bytes. `level` is of zstd."""
    content = msgspec.msgpack.encode(release)
    data = zstandard.ZstdCompressor(level=level).compress(content)
    manifest = Shelved(
        vocabulary=release.vocabulary,
        version=release.version,
        licence=release.licence,
        citation=release.citation,
        terms=len(release.terms),
        names=sum(len(term.names) for term in release.terms),
        links=len(release.links),
        notes=release.notes,
        files=tuple(name for name, _ in files),
        source_sha256=tuple(hashlib.sha256(data).hexdigest() for _, data in files),
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(content),
        packed=len(data),
        at=at,
    )
    return manifest, data


def _kept(root: Path, place: Path, manifest: Shelved, data: bytes) -> Shelved:
    for rest in (root / FOLDER).glob(f"{_SCRATCH}*"):
        remove(rest)
    if place.exists():
        held = _manifest(place)
        if held.source_sha256 == manifest.source_sha256 or held.sha256 == manifest.sha256:
            return held
        raise InputError(
            f"{held.vocabulary} {held.version} is on the shelf with other content.",
            next_step="Add all files of one release in one call, or name it: --release.",
        )
    scratch = root / FOLDER / f"{_SCRATCH}{os.getpid()}"
    try:
        scratch.mkdir()
        write(scratch / _RELEASE, data)
        write(scratch / _MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=2))
        sync(scratch)
        place.parent.mkdir(exist_ok=True)
        os.rename(scratch, place)
    except OSError:
        remove(scratch)
        raise
    sync(place.parent)
    sync(root / FOLDER)
    return manifest


def _place(root: Path | None, vocabulary: str, version: str) -> Path:
    """The folder of a release of the workspace; without a `root`, of one that ships."""
    shelf = shipped.FOLDER if root is None else root / FOLDER
    return shelf / _fit(vocabulary) / _fit(version)


def _fit(name: str) -> str:
    """A name that a folder may have. Raises InputError where nothing is left of it."""
    fit = _UNFIT.sub("-", name).strip("-.")[:100]
    if not fit:
        raise InputError(
            f"{name[:100]!r} cannot name a vocabulary or a release.",
            next_step="Name them: --name and --release, with letters and digits.",
        )
    return fit


def _folded(name: str) -> str:
    return _UNFIT.sub("-", name).strip("-.").casefold()


def _folders(shelf: Path) -> Iterator[Path]:
    with on_disk("list the vocabularies", shelf):
        for path in sorted(shelf.glob("*/*")):
            if path.is_dir() and not path.parent.name.startswith("."):
                yield path


def _manifest(folder: Path) -> Shelved:
    path = folder / _MANIFEST
    with_package = shipped.FOLDER in folder.parents
    with on_disk("read the vocabulary", path):
        data = path.read_bytes()
    try:
        manifest = msgspec.json.decode(data, type=Shelved)
    except (msgspec.MsgspecError, ValueError) as error:
        raise _damaged(path, str(error), with_package) from None
    return msgspec.structs.replace(manifest, shipped=with_package)


def _damaged(path: Path, reason: str, with_package: bool) -> WorkspaceError:
    return WorkspaceError(
        f"the vocabulary is damaged: {reason}.",
        where=str(path),
        next_step="It is part of the package: install that again."
        if with_package
        else "Delete its folder and add the vocabulary again.",
    )


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Hold the lock of the shelf: one process adds at a time."""
    handle = os.open(root / FOLDER / ".lock", os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
