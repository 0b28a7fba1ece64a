"""News items of a content management system, by which institutes retell their articles.

The head of the page repeats the site's name and the item's title; a list of release date, views
and reading time stands above the text, a list of the article's DOI, authors and the item's codes
below it. The text is the article's abstract. Labels of the site may be in its own language.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from trialweave.model import Draft, Labelled, Publication, Received, Value, parse_date
from trialweave.model.identifiers import find
from trialweave.sources._source import Source
from trialweave.sources.pages import _article, _facts
from trialweave.sources.pages._lines import Fields, Line, Page, collapse
from trialweave.sources.pages._marks import recogniser

__all__ = ["SOURCE"]

_NAME = "news"
_ENTRY = re.compile(r"(?:[•*·◦▪-]\s*)?([^:.;!?]{0,40}?)\s?:(?!//)\s*")
_KNOWN = re.compile(
    r"release (?:date|time)|study time|article[_ ]\w{1,20}|author\(s\)|news (?:group|code|source)"
    r"|views?|visits?|hits?|tags?|keywords?",
    re.IGNORECASE,
)
_BULLET = re.compile(r"[•*·◦▪]")
_COMMENTS = re.compile(r"(\d{1,6}) (Comments? for this article)", re.IGNORECASE)
_WHEN = re.compile(
    r"([A-Za-z]{3,9}\.? \d{1,2},? \d{4}|\d{1,2} [A-Za-z]{3,9}\.?,? \d{4}"
    r"|\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{1,2}[./]\d{1,2}[./]\d{4})"
)
_ARTICLE_FIELDS = {
    "article_doi": "doi",
    "article_pmid": "pmid",
    "article_pubmed": "pmid",
    "article_journal": "journal",
    "article_volume": "volume",
    "article_date": "published",
    "article_year": "published",
    "article_link": "url",
    "article_url": "url",
    "article_citation": "citation",
}


class _Entry(NamedTuple):
    """A line "label : value" of the lists around the text."""

    at: int
    label: str
    line: Line
    value: Line


def _entries(lines: Sequence[Line]) -> list[_Entry]:
    """The lists' lines: those with a known label, and those that stand in one list with them."""
    fits = {}
    for i, line in enumerate(lines):
        match = _ENTRY.match(line.text)
        if match:
            fits[i] = match
    known = {i for i, match in fits.items() if _KNOWN.fullmatch(match[1].strip())}
    for step in (1, -1):
        for i in sorted(known, reverse=step < 0):
            j = i + step
            while (
                j in fits
                and j not in known
                and _BULLET.match(lines[j].text)
                and not lines[max(j, j - step)].gap
            ):
                known.add(j)
                j += step
    return [
        _Entry(
            i,
            collapse(fits[i][1]),
            lines[i],
            lines[i].part(fits[i].end(), len(lines[i].text)),
        )
        for i in sorted(known)
    ]


def _title(page: Page, lines: Sequence[Line]) -> tuple[Line, Line | None]:
    """The item's title and, before it in the head line, the site's name.

    A title may hold the sign that parts the two; so the longest part that stands again as a line
    of its own is the title.
    """
    head = lines[0]
    cuts = [i for i, character in enumerate(head.text) if character == "|"][:50]
    keys = {line.key: line for line in reversed(lines[1:])}
    for cut in cuts:
        title = head.part(cut + 1, len(head.text))
        if title.text and title.key in keys:
            site = head.part(0, cut)
            return keys[title.key], site if site.text else None
    if cuts:
        title, site = head.part(cuts[-1] + 1, len(head.text)), head.part(0, cuts[-1])
        if title.text:
            return title, site if site.text else None
    return head, None


def _dated(page: Page, field: str, line: Line) -> Value[Any]:
    """A date, whatever time of day stands beside it."""
    if (match := _WHEN.search(line.text)) and (date := parse_date(match[1])):
        return page.value(field, date, line.start, line.end)
    return _facts.understood(page, field, line.start, line.end, parse_date)


def _stated(page: Page, entries: Sequence[_Entry]) -> tuple[Fields, list[Labelled]]:
    """What the lists say: fields of the model, and the rest under the page's labels."""
    values: Fields = {}
    other: list[Labelled] = []
    for entry in entries:
        label = entry.label.casefold().replace(" ", "_")
        field = _ARTICLE_FIELDS.get(label)
        if label == "author(s)":
            field = "authors"
        elif label == "release_date":
            field = "page_date"
        line = entry.value
        if field is None or field in values:
            # The site shows its counter of views under a picture, which text does not keep.
            label = entry.label or ("views" if line.text.isdecimal() else "")
            value = (
                page.quote("other", line.start, line.end)
                if line.text
                else page.absent("other", entry.line.start, entry.line.end)
            )
            other.append(Labelled(label, value))
        elif not line.text:
            values[field] = page.absent(field, entry.line.start, entry.line.end)
        elif field == "authors":
            values[field] = _article.authors(page, line)
        elif field == "doi":
            doi = _article.own_doi(page, line.start, line.end)
            values[field] = doi if doi else page.quote("doi", line.start, line.end)
        elif field == "pmid":
            values[field] = _article.pubmed_number(page, line)
        elif field in {"page_date", "published"}:
            values[field] = _dated(page, field, line)
        else:
            values[field] = page.quote(field, line.start, line.end)
    return values, other


def _frame(
    page: Page, lines: Sequence[Line], site: Line | None, first: int, last: int
) -> list[Labelled]:
    """What the page prints around the item: a date, an introduction, its author, comments."""
    other: list[Labelled] = []
    intro: list[Line] = []
    for line in lines[1:first]:
        bare = line.text.strip("| ")
        if parse_date(bare) is not None:
            at = line.text.find(bare)
            date = line.part(at, at + len(bare))
            other.append(Labelled("page header", page.quote("head", date.start, date.end)))
        elif line.key == lines[0].key or line.key == "logo" or (site and line.key == site.key):
            continue
        else:
            intro.append(line)
    if intro:
        value = page.quote("introduction", intro[0].start, intro[-1].end)
        other.append(Labelled("page introduction", value))
    for i in range(last + 1, len(lines)):
        line = lines[i]
        if match := _COMMENTS.fullmatch(line.text):
            number = line.part(match.start(1), match.end(1))
            value = page.quote("comments", number.start, number.end)
            other.append(Labelled(match[2], value))
        elif line.key == "author:" and i + 1 < len(lines):
            value = page.quote("author", lines[i + 1].start, lines[i + 1].end)
            other.append(Labelled("Author", value))
    return other


def _read(received: Received) -> tuple[Draft, ...]:
    page = _facts.open_page(_NAME, received)
    lines = page.lines
    entries = _entries(lines)
    title, site = _title(page, lines)
    values, other = _stated(page, entries)
    body_start, body_end = _text(lines, entries)
    body = list(lines[body_start:body_end])
    for i, line in enumerate(body):
        if line.key == title.key:
            title, body = line, body[i + 1 :]
            break
    text, lead = _lead(body)
    for line in lead:
        other.append(Labelled("lead", page.quote("lead", line.start, line.end)))
    other += _frame(
        page,
        lines,
        site,
        min([body_start, *(entry.at for entry in entries)]),
        max([body_end - 1, *(entry.at for entry in entries)]),
    )
    sections = _article.sections(page, text)
    numbers = _facts.registry_numbers(page, body[0].start, body[-1].end) if body else ()
    if numbers:
        passages = [number.value.passage for number in numbers if number.value.passage]
        values["registrations"] = page.value(
            "registrations", numbers, passages[0].start, passages[-1].end
        )
    if not values.get("doi") and body:
        mentioned = {
            m.identifier.value
            for m in find(page.text[body[0].start : body[-1].end])
            if m.identifier.scheme == "doi"
        }
        if len(mentioned) == 1:  # the only article named can only be the one retold
            values["doi"] = _article.own_doi(page, body[0].start, body[-1].end)
    for name in ("doi", "authors", "page_date"):
        values.setdefault(name, page.silent(name))
    publication = Publication(
        title=page.quote("title", title.start, title.end),
        retold=True,
        kind=_kind(page, entries),
        publisher=page.quote("publisher", site.start, site.end)
        if site
        else page.silent("publisher"),
        sections=sections,
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


def _text(lines: Sequence[Line], entries: Sequence[_Entry]) -> tuple[int, int]:
    """The lines between the lists in which most is said; the site's own words above do not count.

    They do where no list with the item's date stands above the text.
    """
    end = len(lines)
    last = max((entry.at for entry in entries), default=0)
    for i in range(last, len(lines)):
        if _COMMENTS.fullmatch(lines[i].text) or lines[i].key == "author:":
            end = i
            break
    edges = [entry.at for entry in entries]
    if not any(entry.label.casefold().startswith("release") for entry in entries):
        edges.insert(0, 0)
    spans = list(itertools.pairwise([*edges, end]))
    if not spans:
        return 1, end
    start, stop = max(spans, key=lambda span: lines[span[1] - 1].end - lines[span[0]].end)
    return start + 1, stop


def _lead(body: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """The abstract's lines, and the short lines above it that only repeat the subject."""
    for i, line in enumerate(body):
        if len(line.text) > 200 or _article.begins_section(line):
            return list(body[i:]), list(body[:i])
    return list(body), []


def _kind(page: Page, entries: Sequence[_Entry]) -> Value[str]:
    """The kind of article, where the item's group names it."""
    for entry in entries:
        if entry.label.casefold() == "news group":
            found = _article.kind(page, entry.value.start, entry.value.end)
            return found if found else Value()
    return Value()


SOURCE = Source(_NAME, "News page", "page", recogniser(_NAME), _read)
