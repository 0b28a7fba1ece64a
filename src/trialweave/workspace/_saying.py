"""What the operations share by which people say something: who says it, why, and its export."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from trialweave.errors import NotADecision, WorkspaceError
from trialweave.model import DecisionRole
from trialweave.store.decisions import cleaned

__all__ = ["REVIEWER", "Speaker", "reviewer", "said_text", "speaker", "who_says", "write_export"]

REVIEWER: Final = "TRIALWEAVE_REVIEWER"
"""The environment variable that says who decides, where a call does not."""

_REASON: Final = 2000  # characters
_NAME: Final = 100


class Speaker(NamedTuple):
    """Who says something, in which role, and why."""

    who: str
    role: DecisionRole
    because: str


def speaker(because: str, by: str, adjudicator: bool) -> Speaker:
    """Raises NotADecision where the reason or the name is missing or too long."""
    reason = said_text(because, _REASON, "the reason", "Say why, in a sentence.")
    return Speaker(who_says(by), "adjudicator" if adjudicator else "reviewer", reason)


def who_says(by: str) -> str:
    """The name given, else that of `reviewer`. Raises NotADecision as `speaker`."""
    return said_text(by or reviewer(), _NAME, "the name", "Say who it is that says so.")


def reviewer(login: Callable[[], str] = getpass.getuser) -> str:
    """Who is at work here: what TRIALWEAVE_REVIEWER says, else the login name; "" without one."""
    try:
        return os.environ.get(REVIEWER, "").strip() or login()
    except (OSError, KeyError, ImportError):  # an account without a name
        return ""


def said_text(text: str, longest: int, what: str, next_step: str) -> str:
    """A text of a decision, cleaned. Raises NotADecision where it is empty or too long."""
    text = cleaned(text[: 20 * longest])
    if not text:
        raise NotADecision(f"{what} is missing.", next_step=next_step)
    if len(text) > longest:
        raise NotADecision(
            f"{what} has {len(text)} characters; {longest} are the most.",
            next_step="Say it more briefly.",
        )
    return text


def write_export(path: Path, forms: Sequence[str], made: Callable[[str], bytes]) -> None:
    """Write what `made` gives for the ending of `path`. Raises NotADecision where that is none of
    `forms`, WorkspaceError where the disk refuses."""
    kind = path.suffix.lower()
    if kind not in forms:
        raise NotADecision(
            f"{path.name!r} is not one of {', '.join(forms)}, the forms of this export.",
            next_step="Name a file that ends in one of them.",
        )
    data = made(kind)
    try:
        path.write_bytes(data)
    except OSError as error:
        raise WorkspaceError(
            f"cannot be written: {error.strerror or error}.",
            where=str(path),
            next_step="Name another file.",
        ) from None
