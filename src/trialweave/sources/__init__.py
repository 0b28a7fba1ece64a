"""Reads received documents into drafts of records.

In comes a document as bytes, out go drafts: one record each, harmonised, every value with where
it stands and by which rule. A source is recognised by what a document contains, never by its
name, and no document is of two sources. Nothing here fetches, writes, or compares records with
each other; what cannot be taken is an `errors.InputError` that names document and reason.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from trialweave.errors import Hostile, InputError, UnknownKind, Unreadable, WrongEncoding
from trialweave.model import Draft, Received
from trialweave.sources import _json, europe, extraction, literature, pages, who
from trialweave.sources._source import FieldNote, Source
from trialweave.sources.ctgov import forms as ctgov
from trialweave.sources.ctgov import table as ctgov_csv
from trialweave.sources.ctgov import xml as ctgov_xml
from trialweave.sources.known import merge
from trialweave.sources.sheets import workbook

__all__ = [
    "SOURCES",
    "VOLATILE",
    "FieldNote",
    "ReadResult",
    "Source",
    "merge",
    "read",
    "read_all",
    "read_each",
    "recognise",
    "survey",
]


_FORM = "_ctgov_form"  # what is known of a document is kept with it, like its digest


def _one_of(*forms: Source) -> Source:
    """One source out of the forms that its records come in; they share name, title and kind."""

    def form_of(received: Received) -> Source | None:
        kept = vars(received)  # asked for up to three times of one document
        if _FORM not in kept:
            kept[_FORM] = next((form for form in forms if form.recognise(received)), None)
        form: Source | None = kept[_FORM]
        return form

    def recognise(received: Received) -> bool:
        return form_of(received) is not None

    def read_each(received: Received) -> Iterable[Draft | InputError]:
        form = form_of(received)
        return form.read_each(received) if form is not None else ()

    def survey(received: Received) -> Iterable[FieldNote]:
        form = form_of(received)
        return form.survey(received) if form is not None and form.survey else ()

    first = forms[0]
    return dataclasses.replace(first, recognise=recognise, read_each=read_each, survey=survey)


SOURCES: tuple[Source, ...] = (
    _one_of(ctgov.SOURCE, ctgov_xml.SOURCE, ctgov_csv.SOURCE),
    *europe.SOURCES,
    *who.SOURCES,
    *literature.SOURCES,
    extraction.SOURCE,
    *pages.SOURCES,
)

VOLATILE: dict[str, re.Pattern[bytes]] = {
    source.name: re.compile(source.volatile.encode()) for source in SOURCES if source.volatile
}
"""By source: what changes in a record's bytes without the record changing."""

# How files begin that people mistake for records, and what to call them
_BINARY = (
    (b"%PDF", "a PDF file"),
    (b"PK\x03\x04", "a ZIP archive, as of Word, Excel and EPUB"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\xd0\xcf\x11\xe0", "an old Office file, or one locked by a password"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"SQLite format 3", "an SQLite database"),
    (b"PAR1", "a Parquet file"),
    (b"\x7fELF", "a program"),
)
_OFFICE = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_IN_WORKBOOKS = frozenset({"ctgov", "ictrp", "list"})  # sources that read sheets
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_HEAD = 1 << 16  # bytes in which an XML document must have begun
_RAW = msgspec.json.Decoder(msgspec.Raw)


@dataclass(frozen=True)
class ReadResult:
    """The records of a document that could be taken, and why the others could not.

    `notes` tell which fields of the source are not as they were known.
    """

    drafts: tuple[Draft, ...]
    problems: tuple[InputError, ...] = ()
    notes: tuple[FieldNote, ...] = ()


def read_all(received: Received) -> ReadResult:
    """Read a document; one bad record does not sink its neighbours.

    Raises an `errors.InputError` where the document as a whole cannot be taken: Unreadable (empty,
    damaged), WrongEncoding, Hostile, UnknownKind, or what the source says of it.
    """
    drafts, problems = [], []
    for each in read_each(received):
        if isinstance(each, Draft):
            drafts.append(each)
        else:
            problems.append(each)
    return ReadResult(tuple(drafts), tuple(problems), survey(received))


def survey(received: Received) -> tuple[FieldNote, ...]:
    """Which fields of a document are not as its source was known to have them.

    Cheapest after the document has been read. Says nothing of a document that no source reads.
    """
    try:
        source = recognise(received)
        return tuple(source.survey(received)) if source.survey is not None else ()
    except InputError:
        return ()


def read_each(received: Received) -> Iterator[Draft | InputError]:
    """Read a document record by record: each as a draft, or as the error that keeps it out.

    Raises as `read_all`, with the first record at the latest, and Unreadable where there is none.
    """
    _check(received)
    source = recognise(received)
    empty = True
    for each in source.read_each(received):
        empty = False
        yield each
    if empty:
        raise Unreadable(f"it holds no records ({source.title}).", where=received.name)
    if workbook.is_workbook(received.data):
        yield from _other_sheets(received, source)


def _other_sheets(received: Received, read: Source) -> Iterator[InputError]:
    """Why the sheets of other kinds than the one that was read are not taken."""
    for source in SOURCES:
        if source is not read and source.name in _IN_WORKBOOKS and source.recognise(received):
            yield UnknownKind(
                f"it holds a sheet of another kind ({source.title}), which was not taken.",
                where=received.name,
                next_step="Save that sheet as a file of its own.",
            )


def read(received: Received) -> tuple[Draft, ...]:
    """The records of a document that can be taken.

    Raises what `read_all` raises, and the first record's error where no record can be taken.
    """
    result = read_all(received)
    if result.problems and not result.drafts:
        raise result.problems[0]
    return result.drafts


def recognise(received: Received) -> Source:
    """The source that a document is of.

    Raises UnknownKind where there is none, and where the reason is damage, Unreadable or Hostile.
    """
    data = received.data
    in_workbook = workbook.is_workbook(data)
    for source in SOURCES:
        if (not in_workbook or source.name in _IN_WORKBOOKS) and source.recognise(received):
            return source
    looks = "no record of a known kind"
    if in_workbook:
        workbook.Workbook(received).look()  # raises where the reason is damage
        looks = "a workbook without a sheet of a known kind"
    elif _json.looks_like_json(data):
        piece = _json.whole(data)
        if _is_json_lines(data):
            looks = "JSON lines of no known form"
        else:
            _json.decode(_RAW, data[piece.start : piece.end], received.name)
            looks = "JSON of no known form"
    elif _head(data).startswith((b"<?xml", b"<!DOCTYPE", b"<html", b"<HTML", b"<!doctype")):
        looks = "XML or HTML of no known form"
    known = "; ".join(dict.fromkeys(source.title for source in SOURCES))
    raise UnknownKind(f"{looks}.", where=received.name, next_step=f"Known are: {known}.")


def _is_json_lines(data: bytes) -> bool:
    """Whether the first line alone is JSON, and not the last."""
    first = next(_json.lines(data), None)
    if first is None or first == _json.whole(data):
        return False
    try:
        _RAW.decode(data[first.start : first.end])
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return False
    return True


def _head(data: bytes) -> bytes:
    head = data[:_HEAD]
    return head.removeprefix(_json.BOM).lstrip()


def _check(received: Received) -> None:
    """Refuse what no source needs to look at."""
    data, name = received.data, received.name
    blank = b" \t\r\n\x0b\x0c" + _json.BOM
    if not data[:_HEAD].strip(blank) and not data.strip(blank):
        raise Unreadable("the document is empty.", where=name)
    if workbook.is_workbook(data):
        return
    for begins, looks in _BINARY:
        if data.startswith(begins):
            raise UnknownKind(
                f"it looks like {looks}.",
                where=name,
                next_step="If it is a spreadsheet, save it as .xlsx without a password, or as CSV."
                if begins in _OFFICE
                else "Add the records themselves: JSON, or a page saved as text.",
            )
    if data.startswith(_UTF16):
        raise WrongEncoding(
            "it looks like UTF-16.", where=name, next_step="Save the document again as UTF-8."
        )
    if b"\0" in data:
        raise UnknownKind("it contains NUL bytes, as binary files do.", where=name)
    pages.check_encoding(received)
    if not data.isascii():
        _ = received.text  # raises WrongEncoding where the bytes are not valid UTF-8
    head = _head(data)
    if head.startswith((b"<?xml", b"<!DOCTYPE", b"<!doctype")) and b"<!ENTITY" in head:
        raise Hostile("the XML declares entities of its own, which are never needed.", where=name)
