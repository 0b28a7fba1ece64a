"""The received bytes, content-addressed and compressed: ``raw/ab/<sha256>.zst``.

Beside each stands ``<sha256>.json`` with the document's own name (never a path), its size and when
it was received. That file is written last: a document without it was never kept.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from pathlib import Path

import msgspec
import zstandard

from trialweave.errors import WorkspaceError
from trialweave.model import Received
from trialweave.store._files import on_disk, remove, sync, write

__all__ = ["Archive", "Kept", "base_name"]

_LEVEL = 3
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LONGEST_NAME = 255
_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}\N{NO-BREAK SPACE}"  # of Persian names


class Kept(msgspec.Struct, frozen=True):
    """What the archive knows of a document besides its bytes; `size` in bytes, unpacked.

    `origin` is the address that it was fetched from, "" for what was on a disk.
    """

    name: str
    size: int
    received_at: dt.datetime
    sha256: str
    origin: str = ""


class Archive:
    """The documents under ``<root>/raw``. Reading needs no lock; `keep` needs the writer's."""

    def __init__(self, root: Path) -> None:
        self._raw = Path(root) / "raw"

    def _places(self, sha256: str) -> tuple[Path, Path]:
        if not _SHA256.fullmatch(sha256):
            raise WorkspaceError(f"{sha256[:80]!r} is not the address of a document.")
        folder = self._raw / sha256[:2]
        return folder / f"{sha256}.zst", folder / f"{sha256}.json"

    def has(self, sha256: str) -> bool:
        """Whether the document was kept."""
        packed, note = self._places(sha256)
        return note.exists() and packed.exists()

    def keep(self, received: Received, at: dt.datetime, *, anew: bool = False) -> bool:
        """Keep a document for good; True where it was new.

        The first name and time under which the bytes came stay; with `anew` these take their
        place, where the first coming led to nothing. Call it while holding the writer's lock
        (`Generations.begin`), since unfinished files carry fixed names. Raises WorkspaceError
        where the disk refuses.
        """
        is_there = self.has(received.sha256)
        if is_there and not anew:
            return False
        packed, note = self._places(received.sha256)
        kept = Kept(
            base_name(received.name), len(received.data), at, received.sha256, received.origin
        )
        if is_there:
            with on_disk("note the document", note):
                write(note, msgspec.json.encode(kept))
                sync(note.parent)
            return False
        # A compressor is not safe to share between threads, so each call has its own.
        data = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(received.data)
        with on_disk("keep the document", packed):
            fresh = not packed.parent.exists()
            packed.parent.mkdir(parents=True, exist_ok=True)
            write(packed, data)
            write(note, msgspec.json.encode(kept))
            sync(packed.parent)
            if fresh:
                sync(self._raw)
                sync(self._raw.parent)
        return True

    def kept(self, sha256: str) -> Kept:
        """Name, size and time of a kept document. Raises WorkspaceError where it is damaged."""
        _, note = self._places(sha256)
        with on_disk("read the note of a document", note):
            data = note.read_bytes()
        try:
            kept = msgspec.json.decode(data, type=Kept)
        except msgspec.DecodeError as error:
            raise _damaged(note, "its note cannot be read") from error
        if kept.sha256 != sha256 or kept.size < 0:
            raise _damaged(note, "its note belongs to another document")
        return kept

    def read(self, sha256: str) -> Received:
        """Give back the document exactly as received.

        Raises WorkspaceError, naming the file, where it is absent or does not have its digest.
        """
        packed, _ = self._places(sha256)
        kept = self.kept(sha256)
        with on_disk("read the document", packed):
            frame = packed.read_bytes()
        try:
            # The frame's header is checked first: a damaged one could claim any size.
            if zstandard.frame_content_size(frame) != kept.size:
                raise _damaged(packed, "its size is not the one noted")
            data = zstandard.ZstdDecompressor().decompress(frame, allow_extra_data=False)
        except zstandard.ZstdError as error:
            raise _damaged(packed, "it cannot be unpacked") from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise _damaged(packed, "its content does not have the digest it is filed under")
        return Received(kept.name, data, kept.origin)

    def addresses(self) -> tuple[str, ...]:
        """The sha256 of every kept document, sorted."""
        with on_disk("list the documents", self._raw):
            names = (note.stem for note in self._raw.glob("??/*.json"))
            return tuple(sorted(name for name in names if _SHA256.fullmatch(name)))

    def verify(self) -> tuple[str, ...]:
        """Read every document; what is damaged, one sentence each."""
        found = []
        for sha256 in self.addresses():
            try:
                self.read(sha256)
            except WorkspaceError as error:
                found.append(str(error))
        return tuple(found)

    def sweep(self) -> None:
        """Drop what a dead writer left half-written. Call it while holding the writer's lock."""
        with on_disk("drop unfinished files", self._raw):
            for scratch in self._raw.glob("??/*.tmp"):
                remove(scratch)


def base_name(name: str) -> str:
    """The last part of a path in either system's notation, without control characters."""
    last = re.split(r"[/\\]", name.rstrip("/\\"))[-1]
    shown = (c if c.isprintable() or c in _JOINERS else "\N{REPLACEMENT CHARACTER}" for c in last)
    return "".join(shown)[-_LONGEST_NAME:] or "unnamed"


def _damaged(path: Path, reason: str) -> WorkspaceError:
    return WorkspaceError(
        f"the archived document is damaged: {reason}.",
        where=str(path),
        next_step="Remove this file and add the document again.",
    )
