"""From what a user names to files: paths, folders and patterns."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from pathlib import Path

from trialweave.errors import InputError, NotFound, TrialweaveError, Unreadable
from trialweave.publish.views import Refusal

__all__ = ["expand", "refusal"]


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


def refusal(name: str, error: TrialweaveError) -> Refusal:
    """The report's line on a document, or a record in one, that was not taken."""
    message = str(error)
    if isinstance(error, InputError) and not error.where:
        message = f"{name}: {message}"
    return Refusal(name, type(error).__name__, message, error.exit_code)
