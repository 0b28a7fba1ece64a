"""A workspace's own families of outcomes: the file ``families.toml`` in its folder.

Findings are read once, when their record comes in, so the families with which that was done are
noted, and a workspace whose file has changed since has to be derived anew.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from trialweave.errors import Unreadable, WorkspaceError
from trialweave.results import Vocabulary
from trialweave.results.vocabulary import parse_families
from trialweave.store.generations import Generation

__all__ = ["FILE", "NOTED", "Own", "check", "noted_by", "own"]

FILE = "families.toml"
NOTED = "families"
_DIGEST = 16  # characters


@dataclass(frozen=True)
class Own:
    """The families of the file, and its digest; None and "" where there is no such file."""

    vocabulary: Vocabulary | None
    digest: str


def own(root: Path) -> Own:
    """Read the file of a workspace. Raises Unreadable where it cannot be read, or has not that
    shape."""
    path = root / FILE
    if not path.exists():
        return Own(None, "")
    try:
        data = path.read_bytes()
        vocabulary = parse_families(data.decode(), FILE)
    except OSError as error:
        what = f"the families cannot be read: {error.strerror}."
        raise Unreadable(what, where=FILE, next_step="Mend the file, or remove it.") from error
    except UnicodeDecodeError as error:
        what = f"it is not UTF-8 (offset {error.start})."
        raise Unreadable(what, where=FILE, next_step="Save it again as UTF-8.") from error
    return Own(vocabulary, hashlib.sha256(data).hexdigest()[:_DIGEST])


def noted_by(base: Generation | None) -> str:
    """The digest of the families with which the findings of a generation were read."""
    return base.manifest.about.get(NOTED, "") if base is not None else ""


def check(base: Generation | None, own: Own) -> None:
    """Raise WorkspaceError where the findings at hand were read with other families."""
    if base is not None and noted_by(base) != own.digest:
        raise WorkspaceError(
            "its families of outcomes are not those that its findings were read with.",
            where=FILE,
            next_step="Read all findings anew with them: trialweave rebuild.",
        )
