"""What can be read out of a received record beyond its fields: facts in prose, and repairs."""

from __future__ import annotations

import codecs

import msgspec

from trialweave.model import Passage, Publication, Received, Record, Suggestion, Trial, Value
from trialweave.records.prose import Piece, describe
from trialweave.records.repairs import suggest, superscripts
from trialweave.sources.pages import reading_of

__all__ = ["enrich", "running_text", "suggestions"]


def enrich(body: Publication, text: str = "") -> Publication:
    """The same article with the design facts that its text tells of its trial.

    `text` is the received text that the body's spans count in. Without it (records whose passages
    are paths) nothing is read out of prose. Facts that the record's own fields state stay.
    """
    pieces = _pieces(body, text)
    if not pieces:
        return body
    return msgspec.structs.replace(body, trial=_under(body.trial, describe(pieces)))


def running_text(received: Received, start: int, end: int) -> str:
    """The text that the spans of a record count in, which stands at these bytes of a document.

    "" where its passages are paths: a JSON record has a field for each concept, and no rule that
    reads running text is for it; a workbook has no text.
    """
    own = received.data[start:end].removeprefix(codecs.BOM_UTF8).strip()
    by_path = (own.startswith(b"{") and own.endswith(b"}")) or received.data.startswith(b"PK")
    return "" if by_path else received.text


def suggestions(record: Record, received: Received) -> tuple[Suggestion, ...]:
    """Repairs of what a record says: those that its source proposed, then those of its wording.

    `received` is the record's document. They follow from the record alone, so they are worked out
    when they are shown.
    """
    if (reading := reading_of(received)) is not None:
        return reading.outward(_suggestions(reading.inward(record), reading.text))
    return _suggestions(record, running_text(received, record.start, record.end))


def _suggestions(record: Record, text: str) -> tuple[Suggestion, ...]:
    own = record.about.suggestions
    found: tuple[Suggestion, ...] = ()
    if record.publication is not None:
        own = (*record.publication.suggestions, *own)
        found = _of_text(record.publication)
    return tuple(dict.fromkeys((*own, *found, *suggest(record.about, text))))


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
