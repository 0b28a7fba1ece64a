"""Saved questions and their answers: ``questions/NAME.toml`` and ``questions/NAME.answers.jsonl``.

A question is written whole or not at all. An answer is one line, added under a lock and brought to
the disk; a line that a crash cut off is dropped by the next one. The same question with the same
data by the same program is not kept twice.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from trialweave.errors import InputError, NotFound, TooLarge, WorkspaceError, WrongEncoding
from trialweave.store._files import on_disk, sync, write

if TYPE_CHECKING:
    from trialweave.synthesis import Question
    from trialweave.synthesis.changes import Answered

__all__ = ["FOLDER", "keep", "kept", "last", "named", "names", "path_of", "read", "save"]

FOLDER: Final = "questions"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_LARGEST: Final = 64 * 1024  # bytes of a question


def named(name: str) -> str:
    """The name as files have it. Raises InputError where it is none."""
    found = name.strip().casefold().removesuffix(".toml")
    if not _NAME.fullmatch(found):
        raise InputError(
            f"{name[:100]!r} cannot name a question.",
            next_step="Use up to 64 letters a to z, digits, hyphens and underscores.",
        )
    return found


def path_of(root: Path, name: str) -> Path:
    """Where the question of that name stands, whether or not it is there."""
    return root / FOLDER / f"{named(name)}.toml"


def names(root: Path) -> tuple[str, ...]:
    """The names of all saved questions, in their order."""
    with on_disk("list the questions", root / FOLDER):
        try:
            found = sorted(path.stem for path in (root / FOLDER).glob("*.toml"))
        except (FileNotFoundError, NotADirectoryError):
            return ()
    return tuple(name for name in found if _NAME.fullmatch(name))


def read(path: Path) -> Question:
    """Read a question from a TOML or JSON file.

    Raises NotFound where there is none, TooLarge, WrongEncoding, and Unreadable where it is no
    question.
    """
    from trialweave.synthesis.question import from_json, from_toml

    with on_disk("read the question", path):
        try:
            with path.open("rb") as file:
                data = file.read(_LARGEST + 1)
        except (FileNotFoundError, NotADirectoryError):
            raise NotFound(
                f"there is no question {path.name!r}.",
                next_step="trialweave questions lists those that are saved.",
            ) from None
    if len(data) > _LARGEST:
        raise TooLarge(f"over {_LARGEST // 1024} KiB, which no question is.", where=path.name)
    if path.suffix.lower() == ".json":
        return from_json(data, path.name)
    try:
        return from_toml(data.decode("utf-8-sig"), path.name)
    except UnicodeDecodeError:
        raise WrongEncoding("not valid UTF-8.", where=path.name) from None


def save(root: Path, name: str, question: Question) -> Path:
    """Write a question; one of that name is replaced."""
    path = path_of(root, name)
    with on_disk("save the question", path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(root):
            write(path, question.to_toml().encode())
            sync(path.parent)
    return path


def last(root: Path, name: str) -> Answered | None:
    """The last answer that was kept; None where there is none."""
    found = kept(root, name, 1)
    return found[-1] if found else None


def kept(root: Path, name: str, most: int) -> list[Answered]:
    """The last answers that were kept, `most` of them, the latest at the end."""
    from trialweave.synthesis.changes import Answered

    path = _answers(root, name)
    with on_disk("read the answers", path):
        try:
            data = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return []
    lines = data[: data.rfind(b"\n") + 1].splitlines()
    try:
        return [msgspec.json.decode(line, type=Answered) for line in lines[-most:]]
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise WorkspaceError(
            f"the last answer kept is damaged: {error}.",
            where=str(path),
            next_step="Move the file away; the next answer begins a new one.",
        ) from None


def keep(root: Path, name: str, answered: Answered) -> bool:
    """Add an answer to those of a question, unless it is the last one again."""
    path = _answers(root, name)
    with on_disk("keep the answer", path), _alone(root):
        before = last(root, name)
        if before is not None and _is_same(before, answered):
            return False
        line = msgspec.json.encode(answered) + b"\n"
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            at = _whole_lines(handle)
            os.ftruncate(handle, at)
            os.lseek(handle, at, os.SEEK_SET)
            while line:
                line = line[os.write(handle, line) :]
            os.fsync(handle)
        finally:
            os.close(handle)
        sync(path.parent)
    return True


def _is_same(before: Answered, now: Answered) -> bool:
    return before.program == now.program and before.answer == now.answer


def _answers(root: Path, name: str) -> Path:
    return root / FOLDER / f"{named(name)}.answers.jsonl"


def _whole_lines(handle: int) -> int:
    """Up to where the file has whole lines: behind stands what a crash cut off."""
    end = os.lseek(handle, 0, os.SEEK_END)
    while end:
        start = max(0, end - 65536)
        os.lseek(handle, start, os.SEEK_SET)
        found = os.read(handle, end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Hold the lock of the questions: one process writes at a time."""
    handle = os.open(root / FOLDER / ".lock", os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
