"""A value: a content, its missingness, and where it stands in the received document."""

from __future__ import annotations

from enum import StrEnum
from typing import Generic, TypeVar

import msgspec

__all__ = ["Labelled", "Missingness", "Passage", "Suggestion", "Value", "stated"]

T = TypeVar("T")


class Missingness(StrEnum):
    """Why a content is or is not there. Unknown is not no, and not empty text."""

    STATED = "stated"
    NOT_REPORTED = "not reported"  # the record has the field, and leaves it open or says so
    NOT_APPLICABLE = "not applicable"  # the record says that the field does not apply
    WITHHELD = "withheld"  # the record has it, and it is kept back here (contacts)
    UNREADABLE = "unreadable"  # something stands there that could not be understood
    NO_FIELD = "no such field"  # this kind of record does not carry the field at all


class Passage(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Where in the received record a value stands.

    Either a span of characters in the decoded text (`start` inclusive, `end` exclusive), or a
    `path` into a JSON record such as ``protocolSection.designModule.phases[0]``.
    """

    start: int = -1
    end: int = -1
    path: str = ""


class Value(msgspec.Struct, Generic[T], frozen=True, gc=False, array_like=True):
    """One content with its missingness, passage and the rule that read it.

    `raw` is the text as received where `content` is a normalised form of it.
    `rule` is ``<name>/<version>``; a rule's version rises when it may give another content.
    """

    content: T | None = None
    missingness: Missingness = Missingness.NO_FIELD
    passage: Passage | None = None
    rule: str = ""
    raw: str | None = None

    def __bool__(self) -> bool:
        """True where a content is stated."""
        return self.missingness is Missingness.STATED


def stated(
    content: T,
    rule: str,
    *,
    path: str = "",
    span: tuple[int, int] | None = None,
    raw: str | None = None,
) -> Value[T]:
    """A stated value from a path or a character span."""
    start, end = span if span is not None else (-1, -1)
    return Value(content, Missingness.STATED, Passage(start, end, path), rule, raw)


class Labelled(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Something a document states under a label of its own that no concept of ours covers."""

    label: str
    value: Value[str]


class Suggestion(msgspec.Struct, frozen=True, omit_defaults=True):
    """A repair that is proposed beside what was received, and never applied by itself."""

    concept: str
    received: str
    suggested: str
    reason: str
    rule: str
    passage: Passage | None = None
