"""One record of the EU Clinical Trials Information System, in either of its shapes."""

from __future__ import annotations

from typing import Any

from trialweave.model import PartialDate
from trialweave.model.identifiers import normalise
from trialweave.sources.europe._tree import Branch, JsonBranch, one
from trialweave.sources.europe._values import Piece, Values

__all__ = ["VALUES", "Record", "ctis", "last_update", "number_of"]

VALUES = Values("ctis")


class Record:
    """One record in either shape."""

    def __init__(self, value: dict[str, Any]) -> None:
        self.top: Branch = JsonBranch(value)
        self.is_new = isinstance(value.get("authorizedApplication"), dict)
        self.root: tuple[str, ...] = ("authorizedApplication",) if self.is_new else ()

    def cells(self, *names: str) -> list[Piece]:
        """Texts in the authorised application."""
        return self.top.cells(*self.root, *names)

    def branches(self, *names: str) -> list[Branch]:
        """Parts of the authorised application."""
        return self.top.branches(*self.root, *names)

    def part(self, *names: str) -> list[Piece]:
        """Texts in part I of the application, which is the same for all countries."""
        return self.cells("authorizedPartI", *names)

    def details(self, *names: str) -> list[Piece]:
        """Texts in what part I says of the trial."""
        return self.part("trialDetails", "trialInformation", *names)

    def first(self, *paths: tuple[str, ...]) -> Piece | None:
        """The first text at the first path, counted from the top, where there is one."""
        for path in paths:
            if (piece := one(self.top, *path)) is not None:
                return piece
        return None


def ctis(text: str) -> str | None:
    """The trial's number without that of its resubmission."""
    found = normalise(text, "ctis")
    return found.value if found else None


def number_of(record: Record) -> tuple[str | None, str]:
    """The trial's number in its canonical form, None where it has none; and as it stands."""
    written = record.first(("ctNumber",))
    if written is None:
        return None, ""
    return (ctis(written.raw) if len(written.raw) <= 60 else None), written.raw


def last_update(record: Record) -> PartialDate | None:
    """The record's own date of last change."""
    for name in ("lastUpdated", "lastPublicationUpdate", "publishDate"):
        found = VALUES.date(record.first((name,))).content
        if found is not None:
            return found
    return None
