"""MEDLINE text, as PubMed exports it (nbib): tags of four characters, a hyphen, a blank."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trialweave.errors import InputError, NoIdentifier, Unreadable
from trialweave.model import (
    Draft,
    Labelled,
    PartialDate,
    Publication,
    Received,
    Related,
    Trial,
    Value,
    parse_date,
)
from trialweave.model.identifiers import normalise
from trialweave.sources._source import FieldNote, Source
from trialweave.sources.literature._document import Document, Numbers, bytes_of, clean, named
from trialweave.sources.literature._known import survey_tags
from trialweave.sources.literature._tagged import Record, Tagged, labelled, read_records

__all__ = ["SOURCE", "read_each", "recognise"]

_NAME = "medline"
_TAG = re.compile(r"([A-Z][A-Z0-9]{1,3}) {0,2}- ?")
_BEGINS = re.compile(rb"(?:\xef\xbb\xbf)?\s*PMID {0,2}- ?\d", re.ASCII)
_GENERIC = re.compile(
    r"journal article|english abstract|research support.*|video-audio media", re.I
)
_BANK = re.compile(r"([^/]{2,40})/(.+)", re.DOTALL)
_DATED = re.compile(r"\d{4}(?: [A-Z][a-z]{2}(?: \d{1,2})?)?(?![\d-])")
# Other articles and how they stand to this one, by MEDLINE's tags
_RELATIONS = {
    "CIN": "CommentIn",
    "CON": "CommentOn",
    "EIN": "ErratumIn",
    "EFR": "ErratumFor",
    "CRI": "CorrectedandRepublishedIn",
    "CRF": "CorrectedandRepublishedFrom",
    "DDIN": "DatasetIn",
    "DRIN": "DatasetUseReportedIn",
    "ECI": "ExpressionOfConcernIn",
    "ECF": "ExpressionOfConcernFor",
    "PRIN": "PartialRetractionIn",
    "PROF": "PartialRetractionOf",
    "RIN": "RetractionIn",
    "ROF": "RetractionOf",
    "RPI": "RepublishedIn",
    "RPF": "RepublishedFrom",
    "RRI": "RetractedandRepublishedIn",
    "RRF": "RetractedandRepublishedFrom",
    "SPIN": "SummaryForPatientsIn",
    "ORI": "OriginalReportIn",
    "UIN": "UpdateIn",
    "UOF": "UpdateOf",
}
_OTHER = {
    "PMC": "PMC number",
    "LA": "Language",
    "IP": "Issue",
    "PG": "Pages",
    "PL": "Country of the journal",
    "MH": "MeSH heading",
    "RN": "Substance",
    "TT": "Original title",
    "COIS": "Conflict of interest",
    "GR": "Grant",
    "OAB": "Other abstract",
    "PST": "Status",
}


def recognise(received: Received) -> bool:
    """Whether the document begins with a PubMed number as MEDLINE text does."""
    return _BEGINS.match(received.data[:4096]) is not None


def read_each(received: Received) -> Iterator[Draft | InputError]:
    """The articles, an error in the place of each that cannot be taken."""
    document = Document(_NAME, received.text)
    place = bytes_of(received)
    for record in read_records(document.text, _TAG, "PMID", indented=True):
        try:
            if len(record.fields) < 2:
                raise Unreadable("a record ends after its number.", where=received.name)
            yield _article(document, record, place(record.start), place(record.end), received.name)
        except InputError as error:
            yield error


def _article(document: Document, record: Record, start: int, end: int, where: str) -> Draft:
    def first(concept: str, *tags: str) -> Value[str]:
        for each in record.all(*tags):
            value = document.words(concept, each.start, each.end)
            if value:
                return value
        return document.silent(concept)

    pmid = _pmid(document, record)
    doi = _doi(document, record)
    if not pmid and not doi:
        raise NoIdentifier("a record has neither PubMed number nor DOI.", where=where)
    numbers = Numbers(document)
    banked: list[Labelled] = []
    for each in record.all("SI"):
        if (kept := _stated(document, each, numbers)) is not None:
            banked.append(kept)
    for each in record.all("TI"):
        numbers.span(each.start, each.end, "title")
    sections = []
    for each in record.all("AB"):
        for label, begin, stop in labelled(document.text, each.start, each.end):
            numbers.span(begin, stop, "abstract")
            text = clean(document.text[begin:stop])
            sections.append(document.told(label, text, begin, stop, "abstract"))
    names = record.all("FAU") or record.all("AU")
    body = Publication(
        title=first("title", "TI", "BTI", "TT"),
        doi=doi,
        pmid=pmid,
        kind=_kind(document, record),
        authors=document.listed(
            "authors",
            [
                value
                for each in (*names, *record.all("CN"))
                if (value := document.words("authors", each.start, each.end))
            ],
        ),
        journal=first("journal", "JT", "TA"),
        volume=first("volume", "VI"),
        published=_published(document, record),
        citation=first("citation", "SO"),
        registrations=numbers.value,
        relations=_relations(document, record),
        sections=document.sections(sections),
        trial=Trial(
            keywords=document.listed(
                "keywords",
                [
                    value
                    for each in record.all("OT")
                    if (value := document.words("keywords", each.start, each.end))
                ],
            )
        ),
        other=(
            *(
                Labelled(_OTHER[each.tag], value)
                for each in record.fields
                if each.tag in _OTHER and (value := document.words("other", each.start, each.end))
            ),
            *banked,
        ),
    )
    known = named(doi, pmid, "", where, "a record")
    revised = [parse_date(document.text[e.start : e.end]) for e in record.all("LR", "DCOM")]
    return Draft(_NAME, known, body, start, end, next((date for date in revised if date), None))


def _pmid(document: Document, record: Record) -> Value[str]:
    for each in record.all("PMID"):
        known = normalise(document.text[each.start : each.end], "pmid")
        if known is not None:
            return document.value("pmid", known.value, each.start, each.end)
    return document.silent("pmid")


def _doi(document: Document, record: Record) -> Value[str]:
    """The DOI among the numbers that the line itself calls one."""
    for each in record.all("LID", "AID", "SO"):
        text = document.text[each.start : each.end]
        stop = text.find("[doi]")
        begin = 0
        if each.tag == "SO":
            begin = text.lower().find("doi:")
            stop = len(text)
        if begin < 0 or stop < 0:
            continue
        known = normalise(text[begin:stop].strip(), "doi")
        if known is not None:
            return document.value("doi", known.value, each.start + begin, each.start + stop)
    return document.silent("doi")


def _kind(document: Document, record: Record) -> Value[str]:
    types = [(clean(document.text[e.start : e.end]), e) for e in record.all("PT")]
    types = [(text, each) for text, each in types if text]
    chosen = [pair for pair in types if not _GENERIC.fullmatch(pair[0])] or types[:1]
    if not chosen:
        return document.silent("kind")
    told = "; ".join(text for text, _ in chosen)
    return document.value("kind", told, chosen[0][1].start, chosen[-1][1].end)


def _stated(document: Document, each: Tagged, numbers: Numbers) -> Labelled | None:
    """A number of a data bank, ``ClinicalTrials.gov/NCT…``; what is no trial's, labelled."""
    text = document.text[each.start : each.end]
    match = _BANK.fullmatch(text)
    bank, begin = (match[1], each.start + match.start(2)) if match else ("", each.start)
    number = text[begin - each.start :]
    if numbers.stated(number, bank, "DataBankList", begin, each.end) or not number.strip():
        return None
    return Labelled(f"Data in {bank}", document.words("other", begin, each.end))


def _published(document: Document, record: Record) -> Value[PartialDate]:
    """The issue's date, or the electronic one where that is more precise, or the only one."""
    read: list[tuple[Tagged, PartialDate]] = []
    for each in record.all("DP", "DEP"):
        text = document.text[each.start : each.end].strip()
        match = _DATED.match(text)
        date = parse_date(text) or (parse_date(match.group()) if match else None)
        date = date or (parse_date(text[:4]) if text[:4].isdigit() else None)
        if date is not None:
            read.append((each, date))
    if not read:
        places = record.all("DP", "DEP")
        return (
            document.unreadable("published", places[0].start, places[0].end)
            if places and document.text[places[0].start : places[0].end].strip()
            else document.silent("published")
        )
    place, date = read[0]
    if date.precision == "year" and len(read) > 1 and read[1][1].year == date.year:
        place, date = read[1]
    return document.value("published", date, place.start, place.end)


def _relations(document: Document, record: Record) -> Value[tuple[Related, ...]]:
    found = []
    for each in record.fields:
        text = document.words("relations", each.start, each.end)
        if each.tag not in _RELATIONS or not text:
            continue
        received = document.text[each.start : each.end]
        number = re.search(r"PMID:\s?(\d{1,8})", received)
        doi = re.search(r"doi:\s?(10\.\S+)", received)
        known = normalise(doi[1], "doi") if doi else None
        found.append(
            Related(
                _RELATIONS[each.tag],
                document.value(
                    "relations", known.value, each.start + doi.start(1), each.start + doi.end(1)
                )
                if doi and known
                else Value(),
                document.value(
                    "relations", number[1], each.start + number.start(1), each.start + number.end(1)
                )
                if number
                else Value(),
                text,
            )
        )
    return document.gathered("relations", tuple(found), [each.text.passage for each in found])


def survey(received: Received) -> tuple[FieldNote, ...]:
    """What of the tags of a document is not as it was known."""
    text = received.text
    records = (
        [each.tag for each in record.fields]
        for record in read_records(text, _TAG, "PMID", indented=True)
    )
    return survey_tags(_NAME, text, records, re.compile(f"^{_TAG.pattern}", re.MULTILINE))


SOURCE = Source(
    name=_NAME,
    title="PubMed (MEDLINE text)",
    kind="literature",
    recognise=recognise,
    read_each=read_each,
    survey=survey,
)
