"""What a fetch did, source by source: promised, came, taken, and why not where not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

import msgspec

from trialweave.errors import SeveralRefused
from trialweave.publish.views import AddReport

if TYPE_CHECKING:
    from trialweave.synthesis.changes import Changes

__all__ = [
    "FetchReport",
    "Follow",
    "Seen",
    "SourceOutcome",
    "Unanswered",
    "UpdateReport",
    "code_of",
]


class SourceOutcome(msgspec.Struct, frozen=True):
    """What one source gave.

    For a query, `came` counts records, each once where it stood on two pages and that could be
    seen; `promised` is the source's own total, None where it tells none. For numbers, `promised`
    were asked for, `came` have a record, and `not_found` have none here. "complete": all came, and
    was taken. "incomplete": less came than was promised; of a query nothing was taken. "failed":
    the source did not answer, or not as it should. `why` says so in words. `resumed` pages were
    there from an earlier attempt.
    """

    source: str
    title: str
    outcome: Literal["complete", "incomplete", "failed"]
    came: int
    promised: int | None
    why: str = ""
    error: str = ""  # class name of the error, see errors.py
    exit_code: int = 0
    pages: int = 0
    resumed: int = 0
    not_found: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """``112 of 112, complete``, or how far it came and why not further."""
        count = f"{self.came} of {self.promised}" if self.promised is not None else f"{self.came}"
        if self.outcome == "complete":
            return f"{count}, complete"
        return (
            f"{count}, {self.outcome}: {self.why}" if self.pages else f"{self.outcome}: {self.why}"
        )


class Unanswered(msgspec.Struct, frozen=True):
    """A number that no source has a record of, or that none can be asked for."""

    identifier: str
    why: str
    exit_code: int


class FetchReport(msgspec.Struct, frozen=True):
    """What a fetch did. `added` is what taking the documents in gave, None where none came.

    `exit_code` is 0 where every source gave all and everything was taken.
    """

    query: str
    identifiers: tuple[str, ...]
    sources: tuple[SourceOutcome, ...]
    unanswered: tuple[Unanswered, ...]
    added: AddReport | None
    exit_code: int


class UpdateReport(msgspec.Struct, frozen=True):
    """What an update did: one report per fetch that was repeated, what taking in gave, and what
    changed in the answers to saved questions."""

    fetches: tuple[FetchReport, ...]
    added: AddReport | None
    exit_code: int
    questions: tuple[Changes, ...] = ()


class Seen(msgspec.Struct, frozen=True):
    """When a source last gave all of a fetch, and how many records those were."""

    at: dt.datetime
    count: int


class Follow(msgspec.Struct, frozen=True):
    """A fetch to be repeated: a query or numbers, and its sources with what they last gave."""

    query: str
    identifiers: tuple[str, ...]
    sources: dict[str, Seen]

    @property
    def last(self) -> dt.datetime | None:
        """When one of its sources last gave all."""
        return max((seen.at for seen in self.sources.values()), default=None)


def code_of(codes: Iterable[int]) -> int:
    """One exit code for several parts: 0 where all are, theirs where they agree."""
    wrong = {code for code in codes if code}
    return SeveralRefused.exit_code if len(wrong) > 1 else next(iter(wrong), 0)
