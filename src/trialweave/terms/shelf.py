"""The vocabularies of a workspace: ``vocabularies/NAME/VERSION``, written once, never changed.

Each release is a folder of ``release.msgpack.zst`` and ``manifest.json``. It is written under
another name, brought to the disk and renamed: whoever is killed leaves the shelf whole, and the
next to add clears the rest away. Licensed releases stay in the user's workspace like all others.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
import zstandard

from trialweave.errors import InputError, NotFound, WorkspaceError
from trialweave.store._files import on_disk, remove, sync, write
from trialweave.terms.term import Release

__all__ = ["FOLDER", "Shelved", "add", "find", "load", "shelved"]

FOLDER: Final = "vocabularies"
_RELEASE, _MANIFEST, _SCRATCH = "release.msgpack.zst", "manifest.json", ".scratch-"
_UNFIT = re.compile(r"[^A-Za-z0-9._+-]+")
_DATED = re.compile(r"(?:19|20)\d{2}(?:\D|$)")
_LEVEL: Final = 3
_LARGEST: Final = 4 * 1024**3  # bytes of a release, unpacked; the UMLS has some 1.5 GB


class Shelved(msgspec.Struct, frozen=True):
    """The manifest of a release on the shelf. Sizes in bytes; `sha256` is of the packed release."""

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


def shelved(root: Path) -> tuple[Shelved, ...]:
    """All releases, by vocabulary, the newest last. Raises WorkspaceError for damage.

    Versions that are dates are in their order, behind others, which are in that of their coming.
    """
    return tuple(sorted((_manifest(path) for path in _folders(root)), key=_age))


def _age(one: Shelved) -> tuple[str, str, dt.datetime]:
    return one.vocabulary.casefold(), one.version if _DATED.match(one.version) else "", one.at


def find(root: Path, name: str, version: str = "") -> Shelved:
    """A release by the name of its vocabulary, in any case; without a version the newest.

    Raises NotFound.
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


def load(root: Path, name: str, version: str = "") -> Release:
    """Read a release. Raises NotFound, and WorkspaceError where it is damaged."""
    manifest = find(root, name, version)
    path = _place(root, manifest.vocabulary, manifest.version) / _RELEASE
    with on_disk("read the vocabulary", path):
        packed = path.read_bytes()
    if hashlib.sha256(packed).hexdigest() != manifest.sha256:
        raise _damaged(path, "it is not what was written")
    try:
        content = zstandard.ZstdDecompressor().decompress(packed, max_output_size=_LARGEST)
        return msgspec.msgpack.decode(content, type=Release)
    except (zstandard.ZstdError, msgspec.MsgspecError, ValueError) as error:
        raise _damaged(path, str(error)) from None


def add(root: Path, release: Release, files: Sequence[tuple[str, bytes]]) -> Shelved:
    """Put a release on the shelf; `files` are what it was read from: (name, content).

    The same release again changes nothing. Raises InputError where another one stands under its
    name and version.
    """
    content = msgspec.msgpack.encode(release)
    packed = zstandard.ZstdCompressor(level=_LEVEL).compress(content)
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
        sha256=hashlib.sha256(packed).hexdigest(),
        size=len(content),
        packed=len(packed),
        at=dt.datetime.now(dt.UTC),
    )
    place = _place(root, release.vocabulary, release.version)
    with on_disk("keep the vocabulary", place):
        (root / FOLDER).mkdir(parents=True, exist_ok=True)
        with _alone(root):
            return _kept(root, place, manifest, packed)


def _kept(root: Path, place: Path, manifest: Shelved, packed: bytes) -> Shelved:
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
        write(scratch / _RELEASE, packed)
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


def _place(root: Path, vocabulary: str, version: str) -> Path:
    return root / FOLDER / _fit(vocabulary) / _fit(version)


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


def _folders(root: Path) -> Iterator[Path]:
    with on_disk("list the vocabularies", root / FOLDER):
        for path in sorted((root / FOLDER).glob("*/*")):
            if path.is_dir() and not path.parent.name.startswith("."):
                yield path


def _manifest(folder: Path) -> Shelved:
    path = folder / _MANIFEST
    with on_disk("read the vocabulary", path):
        data = path.read_bytes()
    try:
        return msgspec.json.decode(data, type=Shelved)
    except (msgspec.MsgspecError, ValueError) as error:
        raise _damaged(path, str(error)) from None


def _damaged(path: Path, reason: str) -> WorkspaceError:
    return WorkspaceError(
        f"the vocabulary is damaged: {reason}.",
        where=str(path),
        next_step="Delete its folder and add the vocabulary again.",
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
