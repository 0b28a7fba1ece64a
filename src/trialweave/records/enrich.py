"""What can be read out of a received record beyond its fields: facts in prose, and repairs."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from trialweave.model import Passage, Publication, Suggestion, Trial, Value
from trialweave.records.prose import Piece, describe
from trialweave.records.repairs import suggest, superscripts

__all__ = ["enrich"]

Body = TypeVar("Body", Trial, Publication)


def enrich(body: Body, text: str = "") -> Body:
    """The same body with suggestions and, for an article's text, with its trial's design facts.

    `text` is the received text that the body's spans count in. Without it (records whose passages
    are paths) nothing is read out of prose. Facts that the record's own fields state stay.
    """
    if isinstance(body, Trial):
        return msgspec.structs.replace(body, suggestions=suggest(body, text))
    pieces = _pieces(body, text)
    trial = _under(body.trial, describe(pieces)) if pieces else body.trial
    trial = msgspec.structs.replace(trial, suggestions=suggest(trial, text))
    return msgspec.structs.replace(body, trial=trial, suggestions=_of_text(body))


def _pieces(body: Publication, text: str) -> list[Piece]:
    """Title and sections as received, with their places in the text."""
    values = [("title", body.title)]
    values += [(section.label, section.text) for section in body.sections.content or ()]
    pieces = []
    for label, value in values:
        passage = value.passage
        if value and passage is not None and 0 <= passage.start < passage.end <= len(text):
            pieces.append(Piece(label, text[passage.start : passage.end], passage.start))
    return pieces


def _under(stated: Trial, read: Trial) -> Trial:
    """What was read, wherever nothing is stated."""
    changes = {
        name: getattr(read, name)
        for name in read.__struct_fields__
        if isinstance(getattr(read, name), Value)
        and getattr(read, name)
        and not getattr(stated, name)
    }
    known = {label.value.passage for label in stated.other}
    other = stated.other + tuple(label for label in read.other if label.value.passage not in known)
    return msgspec.structs.replace(stated, **changes, other=other)


def _of_text(body: Publication) -> tuple[Suggestion, ...]:
    """Repairs of the article's title and sections."""
    found: list[Suggestion] = []
    for concept, value in (
        ("title", body.title),
        *(("sections", section.text) for section in body.sections.content or ()),
    ):
        if isinstance(value.content, str):
            words = value.raw if value.raw is not None else value.content
            passage: Passage | None = value.passage
            found += superscripts(concept, words, passage)
    return tuple(found)
