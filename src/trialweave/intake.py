"""From what a user names to received documents: files, folders and patterns, with their limits."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from pathlib import Path

from trialweave.errors import InputError, NotFound, TooLarge, TrialweaveError, Unreadable
from trialweave.model import Received
from trialweave.publish.views import Refusal

__all__ = ["LARGEST_DOCUMENT", "expand", "receive", "refusal"]

LARGEST_DOCUMENT = 512 * 1024 * 1024
"""Bytes of the largest single document that is taken; larger exports come in parts."""


def expand(paths: Sequence[str | Path]) -> tuple[list[Path], list[Refusal]]:
    """The files that `paths` mean, each once, in the order named; folders in the order of names.

    A path that exists is taken as it is; otherwise it is a pattern (``*``, ``?``, ``[…]``, ``**``).
    Hidden files and folders inside folders are passed over. A path that leads nowhere is refused.
    """
    files: dict[Path, None] = {}
    refused: list[Refusal] = []
    for given in paths:
        found = list(_meant(Path(given)))
        if not found:
            error = NotFound(
                "no such file, folder or pattern with matches.",
                where=str(given),
                next_step="Check the spelling, and quotes around patterns.",
            )
            refused.append(refusal(Path(given).name or str(given), error))
        files.update(dict.fromkeys(found))
    return list(files), refused


def _meant(path: Path) -> Iterator[Path]:
    if path.is_dir():
        for inside in sorted(path.rglob("*")):
            hidden = any(part.startswith(".") for part in inside.relative_to(path).parts)
            if inside.is_file() and not hidden:
                yield inside
    elif path.exists():
        yield path
    else:
        matches = sorted(glob.glob(str(path), recursive=True))
        yield from (Path(match) for match in matches if Path(match).is_file())


def receive(path: Path) -> Received:
    """Read one document whole.

    Raises TooLarge before reading anything, Unreadable where the disk refuses.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST_DOCUMENT:
            raise TooLarge(
                f"{size / 1e9:.1f} GB, and the limit is {LARGEST_DOCUMENT / 1e9:.1f} GB.",
                where=path.name,
                next_step="Split it: one record per line, or one file per search page.",
            )
        if not path.is_file():
            raise Unreadable("not a regular file.", where=path.name)
        with path.open("rb") as file:  # the size may have grown since, or be that of a device
            data = file.read(LARGEST_DOCUMENT + 1)
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}.", where=path.name) from error
    if len(data) > LARGEST_DOCUMENT:
        raise TooLarge("grew over the limit while it was read.", where=path.name)
    return Received(path.name, data)


def refusal(name: str, error: TrialweaveError) -> Refusal:
    """The report's line on a document, or a record in one, that was not taken."""
    message = str(error)
    if isinstance(error, InputError) and not error.where:
        message = f"{name}: {message}"
    return Refusal(name, type(error).__name__, message, error.exit_code)
