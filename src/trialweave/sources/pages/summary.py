"""A portal's summaries of articles: headed parts with bullets, a table of results, a citation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from trialweave.model import Draft, Labelled, Publication, Received, Section, Value, parse_date
from trialweave.model.identifiers import find
from trialweave.sources._source import Source
from trialweave.sources.pages import _article, _facts
from trialweave.sources.pages._lines import Fields, Line, Page, collapse
from trialweave.sources.pages._marks import recogniser

__all__ = ["SOURCE"]

_NAME = "summary"
_HEADING = re.compile(
    r"(?:(?:study|research|clinical|key|main|future|primary|overall)\s+)?"
    r"(?:objectives?|aims?|background|introduction|overview|methods?|methodology|design|participants"
    r"|results|findings|outcomes?|safety|efficacy|discussion|limitations?|conclusions?|implications?"
    r"|significance|perspectives?|takeaways?|references?|citations?)"
    r"(?:\s+(?:and|&|of|for|to)\s+[\w\s]{1,40})?:?",
    re.IGNORECASE,
)
_REFERENCE = re.compile(r"(?:references?|citations?):?", re.IGNORECASE)
_END = re.compile(
    r"leave a (?:comment|reply)|related (?:posts?|articles?)|your email address will not.*"
    r"|share this.*|post navigation|previous post|next post|comments?",
    re.IGNORECASE,
)
_CONTENTS = re.compile(r"table of contents?", re.IGNORECASE)
_BASED = re.compile(r"(This summary is based on)\s+", re.IGNORECASE)
_LABEL = re.compile(r"(Source|Link|Authors?|DOI|Journal|Keywords?|Published|Date)\s?:\s*", re.I)
_DATELINE = re.compile(
    r"(?:(?P<journal>[^,|–]{2,120}?)\s*[,|–]\s*)?"
    r"(?P<date>\d{1,2}[./]\d{1,2}[./]\d{4}|\d{4}-\d{2}-\d{2}|[A-Za-z]{3,9}\.? \d{1,2},? \d{4}"
    r"|\d{1,2} [A-Za-z]{3,9}\.? \d{4}|[A-Za-z]{3,9}\.? \d{4})"
)
_VOLUME = re.compile(r"\bVol(?:ume|\.)?\s?(\d{1,4})", re.IGNORECASE)
_APA = re.compile(r"(?<!\s)\s*\((\d{4})[a-z]?(?:, [A-Za-z]+ ?\d{0,2})?\)\.\s*")
_APA_JOURNAL = re.compile(r"\s*([^.,\d][^.,]{1,120}),\s*(\d{1,4})?")
_VANCOUVER = re.compile(r"\.\s*([^.;]{2,120})\.\s*(\d{4})[^;.]{0,20};\s?(\d{1,4})")


class _Citation(NamedTuple):
    """The reference and what stands in it."""

    values: Fields
    title: Line | None


def _cited(page: Page, line: Line) -> _Citation:
    """Authors, year, title, journal and volume of a reference in APA's or Vancouver's order."""
    values: Fields = {
        "citation": page.quote("citation", line.start, line.end),
        "doi": _article.own_doi(page, line.start, line.end),
    }
    text = line.text
    if match := _APA.search(text):
        values["authors"] = _article.authors(page, line.part(0, match.start()))
        year = line.part(match.start(1), match.end(1))
        values["published"] = _facts.understood(page, "published", year.start, year.end, parse_date)
        stop = text.find(". ", match.end())
        if stop < 0:
            return _Citation(values, None)
        title = line.part(match.end(), stop)
        if journal := _APA_JOURNAL.match(text, stop + 1):
            name = line.part(journal.start(1), journal.end(1))
            values["journal"] = page.quote("journal", name.start, name.end)
            if journal[2]:
                volume = line.part(journal.start(2), journal.end(2))
                values["volume"] = page.quote("volume", volume.start, volume.end)
        return _Citation(values, title)
    if match := _VANCOUVER.search(text):
        for group, field in ((1, "journal"), (2, "published"), (3, "volume")):
            part = line.part(match.start(group), match.end(group))
            values[field] = (
                _facts.understood(page, field, part.start, part.end, parse_date)
                if field == "published"
                else page.quote(field, part.start, part.end)
            )
        stop = text.find(". ")
        if 0 < stop < match.start():
            values["authors"] = _article.authors(page, line.part(0, stop))
            return _Citation(values, line.part(stop + 1, match.start()))
    return _Citation(values, None)


def _headings(lines: Sequence[Line]) -> list[int]:
    """Known headings, and short lines that stand alone between blank lines."""
    found = []
    spaced = all(line.gap for line in lines[1:])  # then standing alone says nothing
    for i, line in enumerate(lines):
        alone = (
            not spaced
            and line.gap
            and i + 1 < len(lines)
            and lines[i + 1].gap
            and len(line.text) <= 60
            and line.text[0].isupper()
            and line.text[-1] not in ".:;,!?"
            and line.item() is line
        )
        if alone or _HEADING.fullmatch(line.text):
            found.append(i)
    return found


def _read(received: Received) -> tuple[Draft, ...]:
    page = _facts.open_page(_NAME, received)
    end = next(
        (i for i, line in enumerate(page.lines) if i and _END.fullmatch(line.text)),
        len(page.lines),
    )
    lines = page.lines[:end]
    title = lines[0]
    rest = [line for line in lines[1:] if line.key != title.key]
    values: Fields = {}
    other: list[Labelled] = []
    body: list[Line] = []
    for place, line in enumerate(rest):
        dateline = (
            _DATELINE.fullmatch(line.text) if place < 6 and "page_date" not in values else None
        )
        if _CONTENTS.fullmatch(line.text):
            continue
        if dateline and (date := parse_date(dateline["date"])):
            part = line.part(dateline.start("date"), dateline.end("date"))
            values["page_date"] = page.value("page_date", date, part.start, part.end)
            if dateline["journal"]:
                part = line.part(dateline.start("journal"), dateline.end("journal"))
                values["journal"] = page.quote("journal", part.start, part.end)
            continue
        body.append(line)
    headings = _headings(body)
    reference = next((i for i in headings if _REFERENCE.fullmatch(body[i].text)), None)
    cited = body[reference + 1 :] if reference is not None else []
    text = body[:reference] if reference is not None else body
    text = [line for line in text if not _take_label(page, line, values, other)]
    cited = [line for line in cited if not _take_label(page, line, values, other)]
    citation = _reference(page, cited, other)
    values |= {name: value for name, value in citation.items() if value or not values.get(name)}
    parts = _parts(page, text)
    if parts:
        first, last = parts[0].text.passage, parts[-1].text.passage
        assert first is not None
        assert last is not None  # quotes have passages
        values["sections"] = page.value("sections", tuple(parts), first.start, last.end)
        intro = parts[0]
        if not intro.label and intro.text.passage:
            start, stop = intro.text.passage.start, intro.text.passage.end
            kind = _article.kind(page, start, stop)
            values["kind"] = kind if kind else Value()
            if not values.get("volume") and (found := _VOLUME.search(page.text, start, stop)):
                values["volume"] = page.quote("volume", *found.span(1))
    if not values.get("doi"):
        values["doi"] = _only_doi(page, lines)
    numbers = _facts.registry_numbers(page, lines[0].start, lines[-1].end)
    if numbers:
        passages = [number.value.passage for number in numbers if number.value.passage]
        values["registrations"] = page.value(
            "registrations", numbers, passages[0].start, passages[-1].end
        )
    for name in ("doi", "authors", "journal", "sections", "citation", "page_date", "published"):
        values.setdefault(name, page.silent(name))
    publication = Publication(
        title=page.quote("title", title.start, title.end),
        retold=True,
        other=tuple(other),
        **values,
    )
    identifier = _article.identifier_of(
        publication.doi,
        publication.pmid,
        [number.value.content for number in numbers if number.value.content],
    )
    return (
        _facts.draft(
            received, page, publication, identifier, last_change=publication.page_date.content
        ),
    )


def _only_doi(page: Page, lines: Sequence[Line]) -> Value[str]:
    """The page's DOI where no reference gives one and all mentions are of one article."""
    start, end = lines[0].start, lines[-1].end
    first = _article.own_doi(page, start, end)
    dois = {m.identifier.value for m in find(page.text[start:end]) if m.identifier.scheme == "doi"}
    same = all(first.content and doi.startswith(first.content) for doi in dois)
    return first if same else page.silent("doi")


def _take_label(page: Page, line: Line, values: Fields, other: list[Labelled]) -> bool:
    """Take a line "Label: value" that is about the article or the page; false for all others."""
    match = _LABEL.match(line.text)
    if not match:
        return False
    part = line.part(match.end(), len(line.text))
    label = match[1]
    if not part.text:
        other.append(Labelled(label, page.absent("other", line.start, line.end)))
    elif label.casefold() == "link":
        values["url"] = page.quote("url", part.start, part.end)
    elif label.casefold() in {"author", "authors"}:
        values["authors"] = _article.authors(page, part)
    elif label.casefold() == "doi":
        values["doi"] = _article.own_doi(page, part.start, part.end)
    elif label.casefold() == "journal":
        values["journal"] = page.quote("journal", part.start, part.end)
    else:
        other.append(Labelled(label, page.quote("other", part.start, part.end)))
    return True


def _reference(page: Page, lines: Sequence[Line], other: list[Labelled]) -> Fields:
    """What the reference under its heading states."""
    rest: list[Line] = []
    for line in lines:
        if match := _BASED.match(line.text):
            colon = line.text.find(":", match.end())
            stop = colon if colon > 0 else len(line.text)
            part = line.part(match.end(), stop)
            if part.text:
                value = page.quote("reference", part.start, part.end)
                other.append(Labelled(collapse(match[1]), value))
            line = line.part(min(stop + 1, len(line.text)), len(line.text))
        if line.text:
            rest.append(line.item())
    if not rest:
        return {}
    main, *further = rest
    for line in further:
        value = page.quote("reference", line.start, line.end)
        other.append(Labelled("Reference", value))
    return _cited(page, main).values


def _parts(page: Page, lines: Sequence[Line]) -> list[Section]:
    """The headed parts of the text; what stands above the first heading has no label."""
    headings = set(_headings(lines))
    parts: list[tuple[str, list[Line]]] = [("", [])]
    for i, line in enumerate(lines):
        if i in headings:
            parts.append((line.text.rstrip(": "), []))
        else:
            parts[-1][1].append(line)
    found: list[Section] = []
    for label, inside in parts:
        if inside:
            found.append(Section(label, page.quote("sections", inside[0].start, inside[-1].end)))
    return found


SOURCE = Source(_NAME, "Summary page", "page", recogniser(_NAME), _read)
