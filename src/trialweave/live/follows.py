"""What a workspace follows: the fetches that were complete once, to be repeated by an update.

``<workspace>/follows.json`` holds one entry per query or set of numbers, with its sources, and for
each when it last gave all and how many records those were. Written by whoever holds the lock of
fetching; readers see the old list or the new.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from trialweave.errors import NotFound, WorkspaceError
from trialweave.live.report import Follow, Seen
from trialweave.store._files import on_disk, write

__all__ = ["followed", "forget", "note"]

_FILE = "follows.json"


class _Book(msgspec.Struct, frozen=True):
    follows: tuple[Follow, ...]
    form: int = 1


def followed(root: Path) -> tuple[Follow, ...]:
    """What the workspace follows, the oldest first. Raises WorkspaceError for a damaged list."""
    path = root / _FILE
    with on_disk("read what is followed", path):
        try:
            data = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return ()
    try:
        return msgspec.json.decode(data, type=_Book).follows
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise WorkspaceError(
            f"the list of what is followed is damaged: {error}.",
            where=str(path),
            next_step="Remove it, and fetch again what is to be followed.",
        ) from None


def note(
    root: Path, query: str, identifiers: Sequence[str], counts: Mapping[str, int], at: dt.datetime
) -> None:
    """Note a fetch with the sources that gave all of it, and how many records each gave.

    A query, or set of numbers, that is followed already gets the sources besides its own.
    """
    if not counts:
        return
    asked = (query, tuple(sorted(set(identifiers))))
    seen = {source: Seen(at, count) for source, count in counts.items()}
    known = followed(root)
    if any(asked == (one.query, one.identifiers) for one in known):
        follows = tuple(
            Follow(*asked, one.sources | seen) if asked == (one.query, one.identifiers) else one
            for one in known
        )
    else:
        follows = (*known, Follow(*asked, seen))
    _write(root, follows)


def forget(root: Path, number: int) -> Follow:
    """Follow the entry of that number, counted from 1, no more. Raises NotFound."""
    known = followed(root)
    if not 1 <= number <= len(known):
        raise NotFound(
            f"nothing that is followed has the number {number}.",
            next_step=f"Numbers go from 1 to {len(known)}." if known else "Nothing is followed.",
        )
    _write(root, known[: number - 1] + known[number:])
    return known[number - 1]


def _write(root: Path, follows: tuple[Follow, ...]) -> None:
    with on_disk("note what is followed", root / _FILE):
        root.mkdir(parents=True, exist_ok=True)
        write(root / _FILE, msgspec.json.format(msgspec.json.encode(_Book(follows)), indent=1))
