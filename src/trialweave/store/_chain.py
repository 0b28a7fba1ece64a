"""A list of what people said: one JSON object a line, appended, never changed.

Each line holds the digest of the line before and its own, so that a line which was changed, left
out or put in is found. It stands beside the generations and outlives all of them. A line that a
crash cut off says nothing: readers pass over it, and the next append drops it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, Protocol, TypeVar

import msgspec

from trialweave.errors import WorkspaceError
from trialweave.store._files import on_disk, sync
from trialweave.store.generations import Generation

__all__ = ["FIRST", "Chain", "Log", "following", "whole"]

FIRST: Final = "0" * 64
"""What the first line holds as the digest of the one before."""

_LONGEST: Final = 1 << 15  # bytes of a line
_BEGINS: Final = b'{"number":'
_ENCODE = msgspec.json.Encoder().encode


class _Entry(Protocol):
    @property
    def number(self) -> int: ...
    @property
    def previous(self) -> str: ...
    @property
    def digest(self) -> str: ...


T = TypeVar("T", bound=_Entry)


@dataclass(frozen=True)
class Log(Generic[T]):
    """The entries on the disk, each verified; `size` is that of their lines in bytes.

    `cut` is what stands behind them of a line that a crash cut off.
    """

    entries: tuple[T, ...] = ()
    size: int = 0
    cut: bytes = b""


class Chain(Generic[T]):
    """The list at `path`. `name` is what it is of ("decisions"), `one` what one line is, `flaw`
    says of an entry why it cannot be one, "" where it can; `export` is the command that copies it.
    """

    def __init__(
        self,
        path: Path,
        kind: type[T],
        *,
        name: str,
        one: str,
        export: str,
        flaw: Callable[[T], str] = lambda entry: "",
    ) -> None:
        self.path = path
        self._name, self._one, self._export, self._flaw = name, one, export, flaw
        self._decode = msgspec.json.Decoder(kind).decode

    def read(self) -> Log[T]:
        """All entries. Raises WorkspaceError, naming the first line that is not as written."""
        with on_disk(f"read the {self._name}", self.path):
            try:
                data = self.path.read_bytes()
            except FileNotFoundError:
                return Log()
        *lines, tail = data.split(b"\n")
        size = len(data) - len(tail)
        if tail and not _is_cut(tail):
            lines.append(tail)  # whole, but for its line end
            size, tail = len(data), b""
        entries: list[T] = []
        previous = FIRST
        for number, line in enumerate(lines, 1):
            entry, why = self._read(line, number, previous)
            if entry is None:
                raise self._broken(number, why)
            entries.append(entry)
            previous = entry.digest
        return Log(tuple(entries), size, tail)

    def append(self, log: Log[T], *entries: T) -> None:
        """Write `entries` behind what was read as `log`, and bring them to the disk.

        Call it under the writer's lock. What was cut off is dropped. Raises WorkspaceError where
        the disk refuses or the file is no longer what was read; nothing is then changed.
        """
        lines = [_ENCODE(entry) + b"\n" for entry in entries]
        longest = max(map(len, lines), default=0)
        if longest > _LONGEST:
            raise WorkspaceError(
                f"a {self._one} of {longest} bytes is too long to be kept.",
                where=str(self.path),
                next_step="Give a shorter reason.",
            )
        with on_disk(f"write the {self._one}", self.path):
            fresh = not self.path.exists()
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                self._write(handle, log, b"".join(lines))
            finally:
                os.close(handle)
            if fresh:
                sync(self.path.parent)

    def applied(self, generation: Generation, entries: Sequence[T]) -> int:
        """How many of the entries a generation was built with; those behind wait for the next.

        Raises WorkspaceError where it was built with entries that are not there any more.
        """
        count, _, digest = generation.manifest.about.get(self._name, "0").partition(" ")
        number = int(count) if count.isdecimal() else 0
        if not number or (number <= len(entries) and entries[number - 1].digest == digest):
            return number
        raise WorkspaceError(
            f"the live generation was built with {number} {self._name}, and those that are there "
            f"now ({len(entries)}) are not the same.",
            where=str(self.path),
            next_step="Put the file back from a copy, or go on with what is there: "
            "trialweave rebuild.",
        )

    def noted(self, entries: Sequence[T]) -> dict[str, str]:
        """What a generation notes of its entries: how many there were, and the last's digest."""
        return {self._name: f"{len(entries)} {entries[-1].digest}"} if entries else {}

    def _write(self, handle: int, log: Log[T], lines: bytes) -> None:
        if os.fstat(handle).st_size != log.size + len(log.cut):
            raise WorkspaceError(
                f"another program is writing to the {self._name}.",
                where=str(self.path),
                next_step="Nothing was changed. Run the command again.",
            )
        os.ftruncate(handle, log.size)
        if log.size and os.pread(handle, 1, log.size - 1) != b"\n":
            lines = b"\n" + lines
        try:
            _write(handle, lines, log.size)
            os.fsync(handle)
        except OSError:
            with suppress(OSError):
                os.ftruncate(handle, log.size)
            raise

    def _read(self, line: bytes, number: int, previous: str) -> tuple[T | None, str]:
        """The entry of a line, or why it is none."""
        if len(line) > _LONGEST:
            return None, f"it is longer than {_LONGEST} bytes"
        try:
            entry = self._decode(line)
            same = _ENCODE(entry) == line
        except (msgspec.MsgspecError, UnicodeError, ValueError, OverflowError, RecursionError):
            return None, f"it is not the JSON of a {self._one}"
        if not same:
            return None, f"its JSON is not written as {self._name} are"
        if entry.number != number:
            return None, f"it is {self._one} {entry.number}"
        if entry.previous != previous:
            return None, "it does not follow on the line before"
        if why := self._flaw(entry):
            return None, why
        if entry.digest != _digest(entry):
            return None, "its content does not have the digest that it states"
        return entry, ""

    def _broken(self, number: int, why: str) -> WorkspaceError:
        return WorkspaceError(
            f"line {number} of the {self._name} is not as it was written: {why}.",
            where=str(self.path),
            next_step=f"Put a copy of the file back ({self._export} makes one), or keep only "
            f"its first {number - 1} lines and decide the others again. Nothing was changed.",
        )


def following(kind: Callable[..., T], entries: Sequence[T], *, at: dt.datetime, **said: Any) -> T:
    """The entry that follows on `entries`; `said` are its other fields."""
    entry = kind(
        number=len(entries) + 1,
        at=at.astimezone(dt.UTC).replace(microsecond=0),
        previous=entries[-1].digest if entries else FIRST,
        **said,
    )
    sealed: T = _with_digest(entry, _digest(entry))
    return sealed


def whole(log: Log[T]) -> bytes:
    """The file as it should be: every line with its chain."""
    return b"".join(_ENCODE(entry) + b"\n" for entry in log.entries)


def _digest(entry: Any) -> str:
    return hashlib.sha256(_ENCODE(_with_digest(entry, ""))).hexdigest()


def _with_digest(entry: Any, digest: str) -> Any:
    return msgspec.structs.replace(entry, digest=digest)


def _write(handle: int, data: bytes, at: int) -> None:
    while data:
        written = os.pwrite(handle, data, at)
        data, at = data[written:], at + written


def _is_cut(tail: bytes) -> bool:
    """Whether the last line, which has no line end, is the beginning of one and no more.

    After a loss of power some file systems leave zeros where the rest should be.
    """
    begun = tail.rstrip(b"\0")
    if begun[: len(_BEGINS)] != _BEGINS[: len(begun)]:
        return False
    inside = escaped = False
    depth = 0
    for byte in begun:
        if escaped:
            escaped = False
        elif inside:
            escaped, inside = byte == 0x5C, byte != 0x22
        elif byte == 0x22:
            inside = True
        elif byte == 0x7B:
            depth += 1
        elif byte == 0x7D:
            depth -= 1
            if depth <= 0:  # the object is whole
                return False
    return True
