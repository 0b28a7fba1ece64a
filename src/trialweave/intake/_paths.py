"""From what a user names to files: paths, folders and patterns."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from trialweave.errors import InputError, NotFound, TooLarge, TrialweaveError, Unreadable
from trialweave.intake._limits import LARGEST_DOCUMENT, gigabytes
from trialweave.model import Received
from trialweave.publish.views import Refusal

__all__ = ["expand", "receive", "refusal", "size_of"]


def expand(paths: Sequence[str | Path]) -> tuple[list[Path], list[Refusal]]:
    """The files that `paths` mean, each once, in the order named; folders in the order of names.

    A path that exists is taken as it is; otherwise it is a pattern (``*``, ``?``, ``[…]``, ``**``).
    Hidden files and folders inside folders are passed over. Refused are a path that leads nowhere,
    a folder without files, and a folder (also one inside a folder) that cannot be read.
    """
    files: dict[Path, None] = {}
    refused: list[Refusal] = []
    for given in paths:
        path = Path(given)
        try:
            found, problems = _in_folder(path) if path.is_dir() else (_meant(path), [])
        except OSError as error:
            found, problems = [], [_unreadable(path, error)]
        files.update(dict.fromkeys(found))
        refused.extend(refusal(path.name or str(given), problem) for problem in problems)
        if not found and not problems:
            nowhere = NotFound(
                "no such file, folder or pattern with matches.",
                where=str(given),
                next_step="Check the spelling, and quotes around patterns.",
            )
            refused.append(refusal(path.name or str(given), nowhere))
    return list(files), refused


def _in_folder(folder: Path) -> tuple[list[Path], list[InputError]]:
    problems: list[InputError] = []
    found: list[Path] = []

    def note(error: OSError) -> None:
        problems.append(_unreadable(Path(error.filename or folder), error))

    for here, folders, names in os.walk(folder, onerror=note):
        folders[:] = [name for name in folders if not name.startswith(".")]
        inside = (Path(here, name) for name in names if not name.startswith("."))
        found.extend(path for path in inside if path.is_file())
    if not found and not problems:
        problems.append(
            Unreadable(
                "the folder holds no files.",
                where=str(folder),
                next_step="Hidden files are passed over.",
            )
        )
    return sorted(found), problems


def _meant(path: Path) -> list[Path]:
    if path.exists():
        return [path]
    matches = sorted(glob.glob(str(path), recursive=True))
    return [Path(match) for match in matches if Path(match).is_file()]


def _unreadable(path: Path, error: OSError) -> Unreadable:
    return Unreadable(f"cannot be read: {error.strerror or error}.", where=str(path))


def size_of(files: Iterable[Path]) -> int:
    """Bytes on disk of all `files`, for the total of a progress bar; what cannot be seen has 0."""
    total = 0
    for file in files:
        try:
            total += file.stat().st_size
        except OSError:
            continue
    return total


def receive(path: Path) -> Received:
    """Read one document whole; archives are not unpacked, see `documents`.

    Raises TooLarge before reading anything, Unreadable where the disk refuses.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST_DOCUMENT:
            raise TooLarge(
                f"{gigabytes(size)}, and the limit is {gigabytes(LARGEST_DOCUMENT)}.",
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
