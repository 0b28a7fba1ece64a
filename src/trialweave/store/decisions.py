"""What people decided, in ``decisions.jsonl``: one JSON object a line, appended, never changed.

Each line holds the digest of the line before and its own, so that a line which was changed, left
out or put in is found. It stands beside the generations and outlives all of them. A line that a
crash cut off is no decision: readers pass over it, and the next append drops it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from trialweave.errors import WorkspaceError
from trialweave.model import Decision, DecisionRole, DecisionVerdict
from trialweave.store._files import on_disk, sync
from trialweave.store.generations import Generation

__all__ = ["FIRST", "NOTED", "Decisions", "Log", "applied", "chained", "cleaned", "noted", "whole"]

FIRST: Final = "0" * 64
"""What the first decision holds as the digest of the one before."""

NOTED: Final = "decisions"
"""Under which name a generation notes the decisions that it was built with."""

_LONGEST: Final = 1 << 15  # bytes of a line
_BEGINS: Final = b'{"number":'
_KEPT: Final = "\u200c\u200d"  # joiners, which words of some scripts need
_UNSEEN: Final = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
_ENCODE = msgspec.json.Encoder().encode
_DECODE = msgspec.json.Decoder(Decision).decode


@dataclass(frozen=True)
class Log:
    """The decisions on the disk, each verified; `size` is that of their lines in bytes.

    `cut` is what stands behind them of a line that a crash cut off.
    """

    entries: tuple[Decision, ...] = ()
    size: int = 0
    cut: bytes = b""


class Decisions:
    """The decisions of the workspace at `root`."""

    def __init__(self, root: Path) -> None:
        self.path = Path(root) / "decisions.jsonl"

    def read(self) -> Log:
        """All decisions. Raises WorkspaceError, naming the first line that is not as written."""
        with on_disk("read the decisions", self.path):
            try:
                data = self.path.read_bytes()
            except FileNotFoundError:
                return Log()
        *lines, tail = data.split(b"\n")
        size = len(data) - len(tail)
        if tail and not _is_cut(tail):
            lines.append(tail)  # whole, but for its line end
            size, tail = len(data), b""
        entries: list[Decision] = []
        previous = FIRST
        for number, line in enumerate(lines, 1):
            entry, why = _read(line, number, previous)
            if entry is None:
                raise self._broken(number, why)
            entries.append(entry)
            previous = entry.digest
        return Log(tuple(entries), size, tail)

    def append(self, log: Log, entry: Decision) -> None:
        """Write `entry` behind what was read as `log`, and bring it to the disk.

        Call it under the writer's lock. What was cut off is dropped. Raises WorkspaceError where
        the disk refuses or the file is no longer what was read; nothing is then changed.
        """
        line = _ENCODE(entry) + b"\n"
        if len(line) > _LONGEST:
            raise WorkspaceError(
                f"a decision of {len(line)} bytes is too long to be kept.",
                where=str(self.path),
                next_step="Give a shorter reason.",
            )
        with on_disk("write the decision", self.path):
            fresh = not self.path.exists()
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                if os.fstat(handle).st_size != log.size + len(log.cut):
                    raise WorkspaceError(
                        "another program is writing to the decisions.",
                        where=str(self.path),
                        next_step="Nothing was changed. Run the command again.",
                    )
                os.ftruncate(handle, log.size)
                if log.size and os.pread(handle, 1, log.size - 1) != b"\n":
                    line = b"\n" + line
                try:
                    _write(handle, line, log.size)
                    os.fsync(handle)
                except OSError:
                    with suppress(OSError):
                        os.ftruncate(handle, log.size)
                    raise
            finally:
                os.close(handle)
            if fresh:
                sync(self.path.parent)

    def _broken(self, number: int, why: str) -> WorkspaceError:
        return WorkspaceError(
            f"line {number} of the decisions is not as it was written: {why}.",
            where=str(self.path),
            next_step=f"Put a copy of the file back (decisions --export makes one), or keep only "
            f"its first {number - 1} lines and decide the others again. Nothing was changed.",
        )


def chained(
    entries: Sequence[Decision],
    *,
    at: dt.datetime,
    who: str,
    role: DecisionRole,
    verdict: DecisionVerdict,
    pair: tuple[str, str],
    because: str,
) -> Decision:
    """The decision that follows on `entries`."""
    record_a, record_b = sorted(pair)
    previous = entries[-1].digest if entries else FIRST
    draft = Decision(
        number=len(entries) + 1,
        at=at.astimezone(dt.UTC).replace(microsecond=0),
        who=who,
        role=role,
        verdict=verdict,
        record_a=record_a,
        record_b=record_b,
        because=because,
        previous=previous,
    )
    return msgspec.structs.replace(draft, digest=_digest(draft))


def cleaned(text: str) -> str:
    """A text of a person on one line, without what would steer a terminal or hide itself."""
    kept = (
        " " if unicodedata.category(mark) in _UNSEEN and mark not in _KEPT else mark
        for mark in unicodedata.normalize("NFC", text)
    )
    return " ".join("".join(kept).split())


def whole(log: Log) -> bytes:
    """The file as it should be: every line with its chain."""
    return b"".join(_ENCODE(entry) + b"\n" for entry in log.entries)


def noted(entries: Sequence[Decision]) -> dict[str, str]:
    """What a generation notes of its decisions: how many there were, and the last one's digest."""
    return {NOTED: f"{len(entries)} {entries[-1].digest}"} if entries else {}


def applied(generation: Generation, entries: Sequence[Decision]) -> int:
    """How many of the decisions a generation was built with; those behind it wait for the next.

    Raises WorkspaceError where it was built with decisions that are not there any more.
    """
    count, _, digest = generation.manifest.about.get(NOTED, "0").partition(" ")
    number = int(count) if count.isdecimal() else 0
    if not number or (number <= len(entries) and entries[number - 1].digest == digest):
        return number
    raise WorkspaceError(
        f"the live generation was built with {number} decisions, and those that are there now "
        f"({len(entries)}) are not the same.",
        where=str(generation.path.parent.parent / "decisions.jsonl"),
        next_step="Put the file back from a copy, or go on with what is there: trialweave rebuild.",
    )


def _digest(entry: Decision) -> str:
    return hashlib.sha256(_ENCODE(msgspec.structs.replace(entry, digest=""))).hexdigest()


def _write(handle: int, data: bytes, at: int) -> None:
    while data:
        written = os.pwrite(handle, data, at)
        data, at = data[written:], at + written


def _read(line: bytes, number: int, previous: str) -> tuple[Decision | None, str]:
    """The decision of a line, or why it is none."""
    if len(line) > _LONGEST:
        return None, f"it is longer than {_LONGEST} bytes"
    try:
        entry = _DECODE(line)
        same = _ENCODE(entry) == line
    except (msgspec.MsgspecError, UnicodeError, ValueError, OverflowError, RecursionError):
        return None, "it is not the JSON of a decision"
    if not same:
        return None, "its JSON is not written as decisions are"
    if entry.number != number:
        return None, f"it is decision {entry.number}"
    if entry.previous != previous:
        return None, "it does not follow on the line before"
    if not entry.record_a < entry.record_b:
        return None, "its two records are not in their order"
    if entry.digest != _digest(entry):
        return None, "its content does not have the digest that it states"
    return entry, ""


def _is_cut(tail: bytes) -> bool:
    """Whether the last line, which has no line end, is the beginning of one and no more.

    After a loss of power some file systems leave zeros where the rest should be.
    """
    begun = tail.rstrip(b"\0")
    if begun[: len(_BEGINS)] != _BEGINS[: len(begun)]:
        return False
    inside = escaped = False
    for byte in begun:
        if escaped:
            escaped = False
        elif inside:
            escaped, inside = byte == 0x5C, byte != 0x22
        elif byte == 0x22:
            inside = True
        elif byte == 0x7D:  # a decision is one flat object: this ends it
            return False
    return True
