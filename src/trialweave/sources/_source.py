"""What a source is: how to recognise its documents, and how to read records out of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from trialweave.errors import InputError
from trialweave.model import Draft, Received
from trialweave.model.change import FieldNote

__all__ = ["FieldNote", "Source"]


@dataclass(frozen=True)
class Source:
    """One origin of records.

    `recognise` looks at content, never at the file's name, and must be cheap and certain: two
    sources never claim one document. `read_each` yields a draft per record; an `InputError` that
    names the document stands in the place of a record that cannot be taken, and is raised where
    the document cannot. `survey` compares the fields of a document with those that the source is
    known to have. `volatile` is a regular expression of what changes in the bytes of
    a record, blanks removed, without the record changing: counters, times of export.
    """

    name: str  # short and stable: part of every record id
    title: str  # for people
    kind: Literal["registry", "literature", "page", "extraction"]
    recognise: Callable[[Received], bool]
    read_each: Callable[[Received], Iterable[Draft | InputError]]
    survey: Callable[[Received], Iterable[FieldNote]] | None = None
    volatile: str = ""

    def read(self, received: Received) -> tuple[Draft, ...]:
        """The records that can be taken. Raises the first one's `InputError` where none can."""
        drafts: list[Draft] = []
        problems: list[InputError] = []
        for each in self.read_each(received):
            if isinstance(each, Draft):
                drafts.append(each)
            else:
                problems.append(each)
        if problems and not drafts:
            raise problems[0]
        return tuple(drafts)
