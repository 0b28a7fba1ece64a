"""BibTeX and BibLaTeX, as reference managers export it.

Braces and the usual accents of TeX are resolved for reading; other commands stay as they stand.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

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
from trialweave.sources._source import Source
from trialweave.sources.literature._document import Document, Numbers, bytes_of, clean, named
from trialweave.sources.literature._tagged import labelled

__all__ = ["SOURCE", "read_each", "recognise"]

_NAME = "bibtex"
_TYPES = (
    "article|book|booklet|conference|electronic|inbook|incollection|inproceedings|manual"
    "|mastersthesis|misc|online|phdthesis|proceedings|report|software|dataset|techreport|thesis"
    "|unpublished|www"
)
_BEGINS = re.compile(
    rf"^[ \t]{{0,8}}@({_TYPES})[ \t]?\{{\s{{0,8}}([^\s,{{}}\"=]{{1,200}})\s{{0,8}},", re.I | re.M
)
_BEGINS_BYTES = re.compile(_BEGINS.pattern.encode(), re.I | re.M)
_NAME_OF_FIELD = re.compile(r"[\s,]*([A-Za-z][\w-]{0,40})\s*=\s*")
_BARE = re.compile(r"[^\s,{}\"#=]{1,200}")
_JOINT = re.compile(r"\s*#\s*")
_STRUCTURE = re.compile(r"\\.|[{}\"]", re.DOTALL)
_AND = re.compile(r"(?<=\s)and(?=\s)", re.IGNORECASE)
_COMMA = re.compile(r"[,;]")
_CLOSED = re.compile(r"[\s,]*\}")
_ACCENT = re.compile(
    r"\{?\\([`'^\"~=.])\s?(?:\{\\?([A-Za-z])\}|\\?([A-Za-z]))\}?"
    r"|\{?\\([uvHcdbkr])(?:\{\\?([A-Za-z])\}|\s\\?([A-Za-z]))\}?"
)
_COMBINING = {
    "`": "\u0300",
    "'": "\u0301",
    "^": "\u0302",
    '"': "\u0308",
    "~": "\u0303",
    "=": "\u0304",
    ".": "\u0307",
    "u": "\u0306",
    "v": "\u030c",
    "H": "\u030b",
    "c": "\u0327",
    "d": "\u0323",
    "b": "\u0331",
    "k": "\u0328",
    "r": "\u030a",
}
_LETTERS = {
    "ss": "ß",
    "o": "ø",
    "O": "Ø",
    "l": "ł",
    "L": "Ł",
    "ae": "æ",
    "AE": "Æ",
    "oe": "œ",
    "OE": "Œ",
    "aa": "å",
    "AA": "Å",
    "i": "ı",
    "j": "ȷ",
}
_LETTER = re.compile(r"\{?\\(ss|ae|AE|oe|OE|aa|AA|[oOlLij])(?:\{\}|\}|(?![A-Za-z])\s?)")
_COMMAND = re.compile(r"\\(?:emph|textit|textbf|textrm|textsc|textsubscript|mathrm|text)\s?(?=\{)")
_RAISED = re.compile(r"(?:\\textsuperscript|\$\s?\^|(?<=\d)\^)\s?\{?([-+−–]?\d{1,4})\}?\$?")
_SIGNS = {
    "\\&": "&",
    "\\%": "%",
    "\\$": "$",
    "\\#": "#",
    "\\_": "_",
    "~": " ",
    "---": "—",
    "--": "–",
    "\\textendash": "–",
    "``": "“",
    "''": "”",
    "\\textpm": "±",
    "$\\pm$": "±",
    "\\pm": "±",
    "$\\leq$": "≤",
    "$\\geq$": "≥",
    "$<$": "<",
    "$>$": ">",
    "\\textgreater": ">",
    "\\textless": "<",
    "$\\alpha$": "α",
    "$\\beta$": "β",
}
_OTHER = {"number": "Issue", "pages": "Pages", "publisher": "Publisher", "note": "Note",
          "language": "Language", "annote": "Note", "copyright": "Rights"}  # fmt: skip


class _Field(NamedTuple):
    """What a field holds: characters `start` to `end`, without braces or quotes around."""

    name: str
    start: int
    end: int


class _Entry(NamedTuple):
    kind: tuple[int, int]
    fields: tuple[_Field, ...]
    start: int
    end: int
    whole: bool


def recognise(received: Received) -> bool:
    """Whether an entry begins near the document's start."""
    data = received.data
    return b"@" in data[: 1 << 14] and _BEGINS_BYTES.search(data[: 1 << 14]) is not None


def read_each(received: Received) -> Iterator[Draft | InputError]:
    """The references, an error in the place of each that cannot be taken."""
    document = Document(_NAME, received.text)
    place = bytes_of(received)
    for entry in _entries(document.text):
        start, end = place(entry.start), place(entry.end)
        try:
            if not entry.whole:
                key = document.text[entry.start : entry.start + 60].split(",")[0]
                raise Unreadable(f"the entry {key!r} does not end.", where=received.name)
            yield _reference(document, entry, start, end, received.name)
        except InputError as error:
            yield error


def _entries(text: str) -> Iterator[_Entry]:
    position = 0
    while match := _BEGINS.search(text, position):
        fields: list[_Field] = []
        position = match.end()
        following = _BEGINS.search(text, position)  # where a damaged entry ends at the latest
        limit = following.start() if following else len(text)
        while name := _NAME_OF_FIELD.match(text, position, limit):
            start, end, position = _content(text, name.end(), limit)
            if position < 0:
                break
            fields.append(_Field(name[1].lower(), start, end))
        closing = _CLOSED.match(text, max(position, 0), limit) if position >= 0 else None
        whole = closing is not None
        end = closing.end() if closing else limit
        at = match.start() + match.group().index("@")
        yield _Entry(match.span(1), tuple(fields), at, end, whole)
        position = end


def _content(text: str, position: int, limit: int) -> tuple[int, int, int]:
    """Start and end of a field's content, and where it goes on; -1 where it does not end."""
    first = last = -1
    while True:
        sign = text[position : position + 1] if position < limit else ""
        if sign in ("{", '"') and sign:
            stop = _closing(text, position, limit)
            if stop < 0:
                return 0, 0, -1
            start, end, position = position + 1, stop, stop + 1
        else:
            bare = _BARE.match(text, position, limit)
            if bare is None:
                return 0, 0, -1
            start, end = bare.span()
            position = end
        first = start if first < 0 else first
        last = end
        joint = _JOINT.match(text, position, limit)
        if joint is None:
            return first, last, position
        position = joint.end()


def _closing(text: str, position: int, limit: int) -> int:
    """Where the content that opens with a brace or a quote ends; -1 where it does not."""
    quoted = text[position] == '"'
    depth = 0 if quoted else 1
    at = position + 1
    while found := _STRUCTURE.search(text, at, limit):
        sign, at = found.group(), found.end()
        if sign == "{":
            depth += 1
        elif sign == "}":
            depth -= 1
            if depth == 0 and not quoted:
                return found.start()
            if depth < 0:
                return -1
        elif sign == '"' and quoted and depth == 0:
            return found.start()
    return -1


def _accented(match: re.Match[str]) -> str:
    mark = match[1] or match[4]
    letter = match[2] or match[3] or match[5] or match[6]
    return unicodedata.normalize("NFC", letter + _COMBINING[mark])


def _plain(text: str) -> str:
    """A field for reading."""
    if "\\" in text or "$" in text or "^" in text:
        text = _RAISED.sub(r"^\1", text)
        text = _ACCENT.sub(_accented, text)
        text = _LETTER.sub(lambda match: _LETTERS[match[1]], text)
        text = _COMMAND.sub("", text)
    for sign, read_as in _SIGNS.items():
        if sign in text:
            text = text.replace(sign, read_as)
    return clean(text.replace("{", "").replace("}", ""))


def _reference(document: Document, entry: _Entry, start: int, end: int, where: str) -> Draft:
    fields: dict[str, _Field] = {}
    for each in entry.fields:
        if document.text[each.start : each.end].strip():
            fields.setdefault(each.name, each)

    def first(concept: str, *names: str) -> Value[str]:
        for each in (fields[name] for name in names if name in fields):
            told = _plain(document.text[each.start : each.end])
            if told:
                return document.value(concept, told, each.start, each.end)
        return document.silent(concept)

    doi, pmid = _doi(document, fields), _pmid(document, fields)
    pmcid = first("other", "pmcid", "pmc").content or ""
    numbers, sections = Numbers(document), list[Section]()
    for name in ("title", "abstract", "note", "annote", "keywords", "url", "howpublished"):
        if name in fields:
            numbers.span(fields[name].start, fields[name].end, name)
    if abstract := fields.get("abstract"):
        for label, begin, stop in labelled(document.text, abstract.start, abstract.end):
            if told := _plain(document.text[begin:stop]):
                sections.append(document.told(label, told, begin, stop, "abstract"))
    kind = document.text[slice(*entry.kind)].lower()
    body = Publication(
        title=first("title", "title"),
        doi=doi,
        pmid=pmid,
        kind=document.value("kind", kind, *entry.kind),
        authors=_split(document, "authors", fields.get("author"), _AND),
        journal=first("journal", "journal", "journaltitle", "booktitle"),
        volume=first("volume", "volume"),
        published=_published(document, fields),
        url=first("url", "url"),
        registrations=numbers.value,
        sections=document.sections(sections),
        trial=Trial(keywords=_split(document, "keywords", fields.get("keywords"), _COMMA)),
        other=tuple(
            Labelled(label, value)
            for name, label in _OTHER.items()
            if (value := first("other", name))
        ),
    )
    what = f"the entry at character {entry.start}"
    naming = (body.title, body.published, body.journal, first("other", "pages"))
    return Draft(_NAME, named(doi, pmid, pmcid, where, what, naming), body, start, end)


def _doi(document: Document, fields: dict[str, _Field]) -> Value[str]:
    for name in ("doi", "url"):
        if each := fields.get(name):
            text = document.text[each.start : each.end].strip().replace("\\_", "_")
            if name == "url" and "doi.org/10." not in text.lower():
                continue
            if known := normalise(text, "doi"):
                return document.value("doi", known.value, each.start, each.end)
    return document.silent("doi")


def _pmid(document: Document, fields: dict[str, _Field]) -> Value[str]:
    if (each := fields.get("pmid")) and (
        known := normalise(document.text[each.start : each.end], "pmid")
    ):
        return document.value("pmid", known.value, each.start, each.end)
    for name in ("note", "annote", "extra"):
        if each := fields.get(name):
            for mention in find(document.text[each.start : each.end], ("pmid",)):
                span = each.start + mention.start, each.start + mention.end
                return document.value("pmid", mention.identifier.value, *span)
    return document.silent("pmid")


def _split(
    document: Document, concept: str, field: _Field | None, between: re.Pattern[str]
) -> Value[tuple[Value[str], ...]]:
    if field is None:
        return document.silent(concept)
    values, start = [], field.start
    edges = [match.span() for match in between.finditer(document.text, field.start, field.end)]
    for stop, resume in (*edges, (field.end, field.end)):
        told = _plain(document.text[start:stop])
        if told and told != "others":
            values.append(document.value(concept, told, start, stop))
        start = resume
    return document.listed(concept, values)


def _published(document: Document, fields: dict[str, _Field]) -> Value[PartialDate]:
    text = document.text
    if (each := fields.get("date")) and (
        date := parse_date(text[each.start : each.end].partition("/")[0])
    ):
        return document.value("published", date, each.start, each.end)
    if each := fields.get("year"):
        year = text[each.start : each.end].strip('{}" ')
        month = fields.get("month")
        if month is not None:
            name = text[month.start : month.end].strip('{}" .')
            joined = f"{year}-{name}" if name.isdigit() else f"{name} {year}"
            if date := parse_date(joined):
                start, end = min(each.start, month.start), max(each.end, month.end)
                return document.value("published", date, start, end)
        if date := parse_date(year):
            return document.value("published", date, each.start, each.end)
        return document.unreadable("published", each.start, each.end)
    return document.silent("published")


SOURCE = Source(
    name=_NAME,
    title="BibTeX",
    kind="literature",
    recognise=recognise,
    read_each=read_each,
)
