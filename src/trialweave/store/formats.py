"""The formats that a generation is written in, which its manifest notes."""

from __future__ import annotations

from trialweave.errors import WorkspaceError
from trialweave.store import index
from trialweave.store.generations import Generation

__all__ = ["FORMATS", "check"]

FORMATS = {"index": index.FORMAT, "records": "parts 4", "mentions": "1"}
"""A generation that notes others has to be rebuilt from the received documents."""


def check(generation: Generation) -> None:
    """Raise WorkspaceError where a generation is written in formats that are not ours."""
    about = generation.manifest.about
    if any(about.get(name) != said for name, said in FORMATS.items()):
        raise WorkspaceError(
            "the workspace was written by another version of the program.",
            where=generation.path.parent.parent.name,
            next_step="Derive it anew from what was received: trialweave rebuild.",
        )
