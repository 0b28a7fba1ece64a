"""ClinicalTrials.gov: records in JSON, in any of the three forms its interfaces have had.

* version 2 (since 2023): ``{"protocolSection": {"identificationModule": {"nctId": …}}}``;
* classic full studies (2019 to 2024): the same tree under longer names, in ``{"Study": …}``;
* flat study fields (2019 to 2024): ``{"NCTId": ["NCT…"], "BriefTitle": ["…"]}``.

A document holds one record, a page of a search, a list, or one record on each line. All three
forms give the same `Trial`; a form is recognised by its keys, wherever the document came from.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import UNSET, Raw, UnsetType

from trialweave.errors import Hostile, InputError, NoIdentifier, Unreadable
from trialweave.model import Draft, Received
from trialweave.sources import _json
from trialweave.sources._json import Piece
from trialweave.sources._source import FieldNote, Source
from trialweave.sources.ctgov.fields import harmonise, identifier, last_update, people
from trialweave.sources.ctgov.flat import FlatRecord, from_flat
from trialweave.sources.ctgov.lost import Lost, lenient, lenient_flat, marked
from trialweave.sources.ctgov.names import Malformed, from_classic
from trialweave.sources.ctgov.other import Unplaced
from trialweave.sources.ctgov.paths import CLASSIC, FLAT, V2, Paths
from trialweave.sources.ctgov.study import Study
from trialweave.sources.known import ctgov as known_ctgov
from trialweave.sources.known.json import reading
from trialweave.sources.known.json import survey as survey_json

__all__ = ["SOURCE", "read_each", "recognise", "survey"]

Form = Literal["v2", "classic", "flat"]

_TRIED = 5  # lines of a document of JSON lines that are tried, should the first be damaged


class _Keys(msgspec.Struct, gc=False):
    """The keys that tell forms and containers apart; what they hold stays undecoded."""

    protocolSection: Raw | UnsetType = UNSET  # noqa: N815
    resultsSection: Raw | UnsetType = UNSET  # noqa: N815
    studies: Raw | UnsetType = UNSET
    totalCount: Raw | UnsetType = UNSET  # noqa: N815
    nextPageToken: Raw | UnsetType = UNSET  # noqa: N815
    FullStudiesResponse: Raw | UnsetType = UNSET
    FullStudies: Raw | UnsetType = UNSET
    FullStudy: Raw | UnsetType = UNSET
    Study: Raw | UnsetType = UNSET
    ProtocolSection: Raw | UnsetType = UNSET
    StudyFieldsResponse: Raw | UnsetType = UNSET
    StudyFields: Raw | UnsetType = UNSET
    NCTId: Raw | UnsetType = UNSET
    BriefTitle: Raw | UnsetType = UNSET
    OfficialTitle: Raw | UnsetType = UNSET
    OverallStatus: Raw | UnsetType = UNSET
    StudyType: Raw | UnsetType = UNSET
    LeadSponsorName: Raw | UnsetType = UNSET
    BriefSummary: Raw | UnsetType = UNSET
    Condition: Raw | UnsetType = UNSET


_FLAT_KEYS = (
    *("NCTId", "BriefTitle", "OfficialTitle", "OverallStatus"),
    *("StudyType", "LeadSponsorName", "BriefSummary", "Condition"),
)
_KEYS = msgspec.json.Decoder(_Keys)
_KEYS_OR_LIST = msgspec.json.Decoder(_Keys | list[Raw])
_LIST = msgspec.json.Decoder(list[Raw])
_STUDY = msgspec.json.Decoder(Study)
_FLAT = msgspec.json.Decoder(FlatRecord)
_DICT = msgspec.json.Decoder(dict[str, Any])
_ERRORS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError)


class _Held(NamedTuple):
    """The records of a document and their form; `form` is None for a page without records."""

    form: Form | None
    pieces: Iterable[Piece]
    single: bool


def _is_list(raw: Raw | UnsetType) -> bool:
    return isinstance(raw, Raw) and memoryview(raw)[0] == ord("[")


def _form(keys: _Keys) -> Form | None:
    """The form of one record."""
    if keys.protocolSection is not UNSET or keys.resultsSection is not UNSET:
        return "v2"
    if keys.ProtocolSection is not UNSET or keys.Study is not UNSET or keys.FullStudy is not UNSET:
        return "classic"
    lists = sum(_is_list(getattr(keys, name)) for name in _FLAT_KEYS)
    return "flat" if lists >= 2 or _is_list(keys.NCTId) else None


def _form_of(content: bytes | Raw) -> Form | None:
    try:
        return _form(_KEYS.decode(content))
    except _ERRORS:
        return None


def _container(keys: _Keys) -> Raw | None:
    """The list of records in a page; None where the document is no page of ours."""
    for outer, inner in (
        (keys.FullStudiesResponse, "FullStudies"),
        (keys.StudyFieldsResponse, "StudyFields"),
    ):
        if isinstance(outer, Raw):
            raw = getattr(_KEYS.decode(outer), inner)
            return raw if isinstance(raw, Raw) else Raw(b"[]")
    for raw in (keys.studies, keys.FullStudies, keys.StudyFields):
        if isinstance(raw, Raw) and _is_list(raw):
            return raw
    return None


def _is_page(keys: _Keys) -> bool:
    """Whether a document without records is nevertheless an (empty) page of the register."""
    return (
        keys.FullStudiesResponse is not UNSET
        or keys.StudyFieldsResponse is not UNSET
        or (_is_list(keys.studies) and keys.totalCount is not UNSET)
    )


def _by_line(data: bytes, *, damaged: bool) -> Form | None:
    """The form of a document with one record on each line; None where it is none such.

    In a `damaged` document, which is no JSON as a whole, the first lines need not be sound.
    """
    form = None
    for tried, piece in enumerate(_json.lines(data)):
        content = data[piece.start : piece.end]
        if form is not None:  # a second line there is
            return form
        if tried == _TRIED or not content.startswith(b"{"):
            return None
        form = _form_of(content)
        if form is None and not damaged:
            return None
        if form is not None and tried:
            return form
    return None


def _held(data: bytes) -> _Held | None:
    """What a document holds; None where it is nothing of ours.

    Raises what msgspec raises where the document is damaged.
    """
    if form := _by_line(data, damaged=False):
        return _Held(form, _json.lines(data), False)
    piece = _json.whole(data)
    try:
        document = _KEYS_OR_LIST.decode(data[piece.start : piece.end])
    except msgspec.DecodeError:
        if form := _by_line(data, damaged=True):
            return _Held(form, _json.lines(data), False)
        raise
    if isinstance(document, list):
        records = document
    elif (listed := _container(document)) is not None:
        records = _LIST.decode(listed)
        if not records:
            return _Held(None, (), False) if _is_page(document) else None
    else:
        form = _form(document)
        return _Held(form, (piece,), True) if form else None
    forms = (_form_of(record) for record in records[:_TRIED])
    form = next((form for form in forms if form), None)
    return _Held(form, _json.locate(data, records, piece.start), False) if form else None


def _marked(data: bytes) -> bool:
    """Whether a damaged document would be ours, by the keys in its beginning."""
    head = data[: 1 << 16]
    return any(
        mark in head
        for mark in (
            b'"protocolSection"',
            b'"FullStudiesResponse"',
            b'"StudyFieldsResponse"',
            b'"ProtocolSection"',
            b'"NCTId":[',
            b'"NCTId": [',
        )
    )


def recognise(received: Received) -> bool:
    """Whether a document is one of the register's, by its keys."""
    data = received.data
    if not _json.looks_like_json(data):
        return False
    try:
        return _held(data) is not None
    except _ERRORS:
        return _marked(data)


def _inner(data: bytes, piece: Piece) -> Piece:
    """The study inside ``{"Rank": 1, "Study": …}`` or ``{"FullStudy": {"Study": …}}``."""
    for _ in range(2):
        keys = _KEYS.decode(data[piece.start : piece.end])
        raw = keys.FullStudy if keys.FullStudy is not UNSET else keys.Study
        if not isinstance(raw, Raw):
            return piece
        piece = _json.locate(data, [raw], piece.start + 1)[0]
    return piece


@functools.cache
def _strict(form: Form) -> msgspec.json.Decoder[Any]:
    """Decodes a record that has known fields only; made when first needed."""
    if form == "v2":
        return msgspec.json.Decoder(reading(Study, known_ctgov.v2().root))
    return msgspec.json.Decoder(reading(FlatRecord, known_ctgov.flat().root))


class _Decoded(NamedTuple):
    """One record in version 2's shape; `known` is whether all its fields are, None if unasked."""

    study: Study
    unplaced: Unplaced
    lost: Lost
    piece: Piece
    known: bool | None


def _decode(data: bytes, piece: Piece, form: Form) -> _Decoded:
    if form == "classic":
        piece = _inner(data, piece)
        shape = from_classic(_DICT.decode(data[piece.start : piece.end]))
        try:
            return _Decoded(msgspec.convert(shape, Study), (), {}, piece, None)
        except msgspec.ValidationError:
            return _Decoded(*_lenient(shape), piece, False)
    content = data[piece.start : piece.end]
    try:
        record = _strict(form).decode(content)
        study, unplaced = from_flat(record) if form == "flat" else (record, ())
        return _Decoded(study, unplaced, {}, piece, True)
    except msgspec.ValidationError:
        pass
    try:
        record = (_FLAT if form == "flat" else _STUDY).decode(content)
        lost: Lost = {}
    except msgspec.ValidationError:
        whole = _DICT.decode(content)
        if form == "v2":
            return _Decoded(*_lenient(whole), piece, False)
        record, lost = lenient_flat(whole)
    study, unplaced = from_flat(record) if form == "flat" else (record, ())
    return _Decoded(study, unplaced, lost, piece, False)


def _lenient(shape: dict[str, Any]) -> tuple[Study, Unplaced, Lost]:
    study, lost = lenient(shape)
    return study, (), lost


_PATHS: dict[Form, Paths] = {"v2": V2, "classic": CLASSIC, "flat": FLAT}


class _Read(NamedTuple):
    """Where the records of a document stand, and which of them the survey has to look at."""

    form: Form
    pieces: list[Piece]
    suspects: list[Piece] | None


_READ = "_ctgov_read"  # what has been read of a document is kept with it, like its digest


def _draft(data: bytes, piece: Piece, form: Form, where: str, read: _Read) -> Draft:
    """One record. Raises an `InputError` where it cannot be taken."""
    try:
        decoded = _decode(data, piece, form)
    except Malformed as error:
        raise Unreadable(f"{error}.", where=where) from None
    except _ERRORS as error:
        raise _json.refused(error, where, piece.end) from None
    study, unplaced, lost, piece, known = decoded
    read.pieces.append(piece)
    if known is False and read.suspects is not None:
        read.suspects.append(piece)
    number, written = identifier(study)
    if number is None:
        what = f"{written[:40]!a}, which is no NCT number" if written else "no NCT number"
        raise NoIdentifier(f"this ClinicalTrials.gov record states {what}.", where=where)
    body = harmonise(study, _PATHS[form], unplaced)
    if lost:
        body = marked(body, lost, _PATHS[form])
    stated, named = last_update(study), people(study)
    return Draft("ctgov", number, body, piece.start, piece.end, stated, people=named)


def read_each(received: Received) -> Iterator[Draft | InputError]:
    """Yield each record of a document as a draft, or as the error for which it cannot be taken.

    Raises Unreadable or Hostile where the document cannot be taken apart into records.
    """
    data, name = received.data, received.name
    try:
        held = _held(data)
    except _ERRORS as error:
        raise _json.refused(error, name, len(data)) from None
    if held is None or held.form is None:
        raise Unreadable("this page of ClinicalTrials.gov holds no studies.", where=name)
    read = _Read(held.form, [], None if held.form == "classic" else [])
    for position, piece in enumerate(held.pieces, start=1):
        where = name if held.single else f"{name}, record {position} (byte {piece.start})"
        try:
            yield _draft(data, piece, held.form, where, read)
        except InputError as error:
            yield error
        except RecursionError:
            yield Hostile("the record is nested absurdly deep.", where=where)
    vars(received)[_READ] = read


def survey(received: Received) -> tuple[FieldNote, ...]:
    """What of a document's fields is not as it was known.

    Reading has decoded each record strictly already: where it has just been done, that is not
    done again. Nothing is said of a document that cannot be taken apart.
    """
    read: _Read | None = vars(received).get(_READ)
    if read is None:
        try:
            for _ in read_each(received):
                pass
        except InputError:
            return ()
        read = vars(received)[_READ]
    known = {"v2": known_ctgov.v2, "classic": known_ctgov.classic, "flat": known_ctgov.flat}
    return survey_json("ctgov", known[read.form](), received.data, read.pieces, read.suspects)


SOURCE = Source(
    "ctgov",
    "ClinicalTrials.gov",
    "registry",
    recognise,
    read_each,
    survey,
    volatile=r'"versionHolder":"[^"]*"',  # the day of the register's last data run
)
