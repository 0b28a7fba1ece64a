"""Values of the EU register's posted results, which are JSON alone."""

from __future__ import annotations

from trialweave.model import Counted, Missingness, Passage
from trialweave.sources.ctgov import words
from trialweave.sources.europe._tree import Branch, JsonBranch, one
from trialweave.sources.europe._values import Piece, Values

__all__ = ["POSTED", "STATED", "V", "counted", "identity", "read", "where"]

POSTED = "results"
STATED = Missingness.STATED
V = Values("euctr")


def read(piece: Piece | None) -> str:
    """A text for reading, "" where there is none."""
    return piece.read() if piece is not None else ""


def identity(branch: Branch) -> str:
    """What other parts of the record call this part by; "" where it has no identifier."""
    return read(one(branch, "id") or one(branch, "@attributes", "id"))


def where(branch: Branch, *names: str) -> Passage:
    """Where a part of the record stands, or what it holds under a path of names."""
    path = branch.path if isinstance(branch, JsonBranch) else ""
    return Passage(path=".".join(part for part in (path, *names) if part))


def counted(piece: Piece | None) -> Counted:
    """A cell of a table: the number, or why there is none."""
    if piece is None:
        return Missingness.NOT_REPORTED
    found = words.count(piece.raw)
    return Missingness.UNREADABLE if found is None else found
