"""RIS, as reference managers and search platforms export it, and Cochrane's text form.

The dialects differ in which tag holds what: Ovid and Embase use T1, A1, JF, Y1 and N2 where
EndNote, Zotero and Cochrane use TI, AU, T2, PY and AB; PubMed numbers stand in AN, C5, PM or a
note. Each field is taken from the first tag that states it. Spans are those of the tagged lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from trialweave.errors import InputError, Unreadable
from trialweave.model import (
    Draft,
    Labelled,
    PartialDate,
    Publication,
    Received,
    Section,
    Trial,
    Value,
    parse_date,
)
from trialweave.model.identifiers import find, normalise
from trialweave.sources._source import FieldNote, Source
from trialweave.sources.literature._document import Document, Numbers, bytes_of, clean, named
from trialweave.sources.literature._known import survey_tags
from trialweave.sources.literature._tagged import Record, labelled, read_records

__all__ = ["SOURCE", "read_each", "recognise"]

_NAME = "ris"
_TAG = re.compile(r"[ \t\ufeff]{0,4}([A-Z][A-Z0-9]) {1,2}-(?: |$|(?=[\r\n]))")
_BEGINS = re.compile(rb"^[ \t]{0,4}TY {1,2}- ?[A-Z]{2,8}[ \t]*\r?$", re.MULTILINE)
_COCHRANE = re.compile(rb"(?:\xef\xbb\xbf)?\s*Record #\d+ of \d+\s+ID: ?\S")
_COCHRANE_TAG = re.compile(r"(ID|AU|TI|SO|YR|VL|NO|PG|PM|XR|PT|KY|DOI|AB|US|CC|ST|LA|AN|PB): ?")
_COCHRANE_BETWEEN = re.compile(r"^Record #\d+ of \d+[ \t]*$", re.MULTILINE)
_HEAD = 1 << 14
_TYPES = {
    "ABST": "abstract",
    "BOOK": "book",
    "CHAP": "book chapter",
    "CONF": "conference proceedings",
    "CPAPER": "conference paper",
    "EJOUR": "journal article",
    "ELEC": "web page",
    "INPR": "article in press",
    "JFULL": "journal",
    "JOUR": "journal article",
    "MGZN": "magazine article",
    "NEWS": "newspaper article",
    "RPRT": "report",
    "THES": "thesis",
    "UNPB": "unpublished work",
}
_NUMBER = re.compile(r"(?:PUBMED\s|PMID:?\s?|MEDLINE:?\s?)(\d{5,8})(?!\d)", re.IGNORECASE)
_PMC = re.compile(r"(?<![0-9A-Za-z])PMC\d{5,9}(?![0-9])")
_NOTED = ("N1", "M1", "M2", "C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "U1", "U2", "U3", "U4",
          "U5", "XR", "CC", "PM")  # fmt: skip
_OTHER = {
    "IS": "Issue",
    "NO": "Issue",
    "SP": "First page",
    "EP": "Last page",
    "PG": "Pages",
    "LA": "Language",
    "DB": "Database",
    "DP": "Database provider",
    "AN": "Accession number",
    "ID": "Number in the database",
    "N1": "Note",
    "C1": "Custom 1",
    "C3": "Conference",
    "PB": "Publisher",
    "ST": "Short title",
    "US": "Address in the library",
}


def recognise(received: Received) -> bool:
    """Whether the document is RIS, or the text that Cochrane's library exports."""
    head = received.data[:_HEAD]
    return _BEGINS.search(head) is not None or _COCHRANE.match(head) is not None


def read_each(received: Received) -> Iterator[Draft | InputError]:
    """The references, an error in the place of each that cannot be taken."""
    document = Document(_NAME, received.text)
    place = bytes_of(received)
    if _COCHRANE.match(received.data[:_HEAD]):
        records = _cochrane(document.text)
    else:
        records = read_records(document.text, _TAG, "TY", "ER")
    for number, record in enumerate(records, start=1):
        start = place(record.start)
        end = place(record.end)
        try:
            if len(record.fields) < 2:
                raise Unreadable(f"reference {number} is empty.", where=received.name)
            yield _reference(document, record, start, end, received.name, number)
        except InputError as error:
            yield error


def _cochrane(text: str) -> Iterator[Record]:
    """The records of Cochrane's text form, without the line that counts them."""
    for record in read_records(text, _COCHRANE_TAG, "ID"):
        last = record.fields[-1]
        mark = _COCHRANE_BETWEEN.search(text, last.start, last.end)
        stop = mark.start() if mark else record.end
        kept = (*record.fields[:-1], last._replace(end=min(last.end, stop)))
        yield Record(kept, record.start, stop)


def _reference(
    document: Document, record: Record, start: int, end: int, where: str, number: int
) -> Draft:
    text = document.text

    def first(concept: str, *tags: str) -> Value[str]:
        for each in record.all(*tags):
            if value := document.words(concept, each.start, each.end):
                return value
        return document.silent(concept)

    def every(concept: str, *tags: str) -> Value[tuple[Value[str], ...]]:
        """All of the first tag that there is; a tag may hold several lines of one each."""
        for tag in tags:
            values = []
            for each in record.all(tag):
                for line in re.finditer(r"[^\r\n]+", text[each.start : each.end]):
                    begin = each.start + line.start()
                    if value := document.words(concept, begin, begin + len(line.group())):
                        values.append(value)
            if values:
                return document.listed(concept, values)
        return document.silent(concept)

    doi = _doi(document, record)
    pmid, pmcid = _pmid(document, record), _pmcid(document, record)
    accession = first("other", "AN", "ID").content or ""
    database = first("other", "DB", "DP").content or ""
    if accession and len(accession) <= 60:
        accession = accession if not accession.isdigit() else f"{database or _NAME}:{accession}"
    else:
        accession = ""
    title, published = first("title", "T1", "TI", "CT", "BT"), _published(document, record)
    journal, page = _journal(document, record), first("other", "SP", "PG")
    naming = (title, published, journal, page)
    known = named(doi, pmid, pmcid or accession, where, f"reference {number}", naming)
    numbers, sections = Numbers(document), list[Section]()
    for each in record.all("T1", "TI", "CT"):
        numbers.span(each.start, each.end, "title")
    for each in record.all("AB", "N2")[:1]:
        for label, begin, stop in labelled(text, each.start, each.end):
            numbers.span(begin, stop, "abstract")
            told = clean(text[begin:stop])
            if told:
                sections.append(document.told(label, told, begin, stop, "abstract"))
    for tag, kind in (
        ("CN", "CN field"),
        ("KW", "keywords"),
        ("KY", "keywords"),
        ("UR", "address"),
    ):
        for each in record.all(tag):
            numbers.span(each.start, each.end, kind)
    for each in record.all(*_NOTED, "AN", "SO", "US"):
        numbers.span(each.start, each.end, "note" if each.tag in _NOTED else f"{each.tag} field")
    body = Publication(
        title=title,
        doi=doi,
        pmid=pmid,
        kind=_kind(document, record),
        authors=every("authors", "AU", "A1"),
        journal=journal,
        volume=first("volume", "VL"),
        published=published,
        url=first("url", "UR", "LK", "L2", "US"),
        citation=first("citation", "SO"),
        registrations=numbers.value,
        sections=document.sections(sections),
        trial=Trial(keywords=every("keywords", "KW", "KY")),
        other=tuple(
            Labelled(_OTHER[each.tag], value)
            for each in record.fields
            if each.tag in _OTHER and (value := document.words("other", each.start, each.end))
        ),
    )
    return Draft(_NAME, known, body, start, end)


def _doi(document: Document, record: Record) -> Value[str]:
    """The DOI of the field made for it, or of those that older exports use; not a note's."""
    for each in record.all("DO", "DI", "DOI", "L3", "M3", "UR", "LK"):
        start, end = document.trimmed(each.start, each.end)
        text = document.text[start:end]
        if each.tag in ("UR", "LK") and "doi.org/10." not in text.lower():
            continue
        line = re.match(r"[^\r\n]*", text)
        known = normalise(line.group(), "doi") if line else None
        if known is not None:
            return document.value("doi", known.value, start, start + (line.end() if line else 0))
    return document.silent("doi")


def _pmid(document: Document, record: Record) -> Value[str]:
    """A PubMed number that is called one, or the accession number of a database that is PubMed."""
    text = document.text
    for each in record.all("PM", "C5", "AN", "ID", "N1", "M1", "M2", "U1", "U2", "C6", "C7", "UR"):
        match = _NUMBER.search(text, each.start, each.end)
        if match is not None and (known := normalise(match[1], "pmid")):
            return document.value("pmid", known.value, *match.span(1))
        if each.tag == "UR" and (match := re.compile(
            r"pubmed\.ncbi\.nlm\.nih\.gov/(\d{5,8})(?!\d)|ncbi\.nlm\.nih\.gov/pubmed/(\d{5,8})(?!\d)"
        ).search(text, each.start, each.end)):  # fmt: skip
            group = 1 if match[1] else 2
            return document.value("pmid", str(int(match[group])), *match.span(group))
    names = [text[each.start : each.end].lower() for each in record.all("DB", "DP")]
    medline = any(re.search(r"pubmed|medline|\bnlm\b", name) for name in names)
    for each in record.all("C5", "PM", *(("AN", "ID") if medline else ())):
        # Embase has PubMed's number in C5
        if known := normalise(text[each.start : each.end], "pmid"):
            return document.value("pmid", known.value, each.start, each.end)
    return document.silent("pmid")


def _pmcid(document: Document, record: Record) -> str:
    for each in record.all("C2", "AN", "N1", "M1", "UR"):
        if match := _PMC.search(document.text, each.start, each.end):
            return match.group()
    return ""


def _kind(document: Document, record: Record) -> Value[str]:
    """The kind in words where the export has it, else the type of reference."""
    for each in record.all("PT", "M3"):
        told = clean(document.text[each.start : each.end])
        if told and not any(mention.identifier.scheme == "doi" for mention in find(told)):
            return document.value("kind", told, each.start, each.end)
    for each in record.all("TY"):
        code = document.text[each.start : each.end].strip().upper()
        if code:
            return document.value("kind", _TYPES.get(code, code), each.start, each.end)
    return document.silent("kind")


def _journal(document: Document, record: Record) -> Value[str]:
    for each in record.all("JF", "JO", "T2", "JA", "J2", "J1", "BT", "SO"):
        if value := document.words("journal", each.start, each.end):
            return value
    return document.silent("journal")


def _published(document: Document, record: Record) -> Value[PartialDate]:
    """The most precise date that the first stated year agrees with."""
    read = []
    places = record.all("PY", "Y1", "YR", "DA", "DP")
    for each in places:
        start, end = document.trimmed(each.start, each.end)
        text = document.text[start:end]
        match = re.match(r"(\d{4})(?:/(\d{0,2}|[A-Za-z]{3,9})?)?(?:/(\d{0,2}))?(?:/|$)", text)
        date = None
        if match:
            month = match[2] or ""
            joined = "-".join(part for part in match.groups() if part)
            if month and not month.isdigit():
                joined = " ".join(part for part in match.groups() if part)
            date = parse_date(joined) or parse_date(match[1])
        date = date or parse_date(text) or (parse_date(text[:4]) if text[:4].isdigit() else None)
        if date is not None:
            read.append((date, start, end))
    if not read:
        dated = [each for each in places if each.tag != "DP"]
        return (
            document.unreadable("published", dated[0].start, dated[0].end)
            if dated and document.text[dated[0].start : dated[0].end].strip()
            else document.silent("published")
        )
    year = read[0][0].year
    rank = {"year": 0, "month": 1, "day": 2}
    best = max((one for one in read if one[0].year == year), key=lambda one: rank[one[0].precision])
    return document.value("published", *best)


def survey(received: Received) -> tuple[FieldNote, ...]:
    """What of the tags of a document is not as it was known; Cochrane's text has a fixed list."""
    text = received.text
    if _COCHRANE.match(received.data[:_HEAD]):
        return ()
    records = (
        [each.tag for each in record.fields] for record in read_records(text, _TAG, "TY", "ER")
    )
    return survey_tags(_NAME, text, records, re.compile(f"^{_TAG.pattern}", re.MULTILINE))


SOURCE = Source(
    name=_NAME,
    title="RIS",
    kind="literature",
    recognise=recognise,
    read_each=read_each,
    survey=survey,
)
