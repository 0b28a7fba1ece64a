"""What pages that retell an article have in common: labelled sections, a DOI, authors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from trialweave.model import Section, Value
from trialweave.model.identifiers import Identifier, Mention, find, normalise
from trialweave.sources.pages._lines import Line, Page, collapse

__all__ = [
    "Labelling",
    "authors",
    "begins_section",
    "identifier_of",
    "kind",
    "own_doi",
    "pubmed_number",
    "sections",
]

# Headings of structured abstracts, as they stand before a colon or alone in a line.
_HEADING = (
    r"(?:Background(?: and (?:objectives?|aims?|purpose))?|Introduction|Context|Rationale"
    r"|(?:Study )?(?:Objectives?|Aims?|Purpose|Goals?|Hypothesis)"
    r"|(?:Study )?Design(?: and setting)?|Setting|Trial design|Population"
    r"|(?:(?:Materials?|Patients|Subjects|Participants) and )?Methods(?: and (?:findings|results|"
    r"materials?))?|Methodology|Participants|Patients|Interventions?|Exposures?"
    r"|(?:Main )?Outcomes?(?: measures?)?|Main outcomes and measures"
    r"|Measurements(?: and main results)?|(?:Main |Key )?Results|(?:Main |Key )?Findings"
    r"|Discussion|Interpretation|Limitations?|(?:Authors?['’] )?Conclusions?(?: and relevance)?"
    r"|Significance|Funding|(?:Clinical )?Trial registration(?: number)?|Registration"
    r"|Key ?words?|Ethics)"
)
_INLINE = re.compile(rf"(?:\A|(?<=[.!?)\]\d] )|(?<=\n))({_HEADING})\s?:\s*", re.IGNORECASE)
_CITED_TAIL = re.compile(r"(?:/(?:abstract|full|full-text|pdf|epdf|epub|html|meta|xml))+$")
_KIND = re.compile(
    r"\b(original (?:study|article|research(?: article)?|paper)|research (?:article|paper)"
    r"|systematic review(?: and meta-analysis)?|meta-analysis|review(?: article)?|case (?:report|"
    r"series)|preprint|letter|editorial|brief report|short communication)\b",
    re.IGNORECASE,
)
_KINDS = {
    "original study": "original article",
    "original article": "original article",
    "original research": "original article",
    "original research article": "original article",
    "original paper": "original article",
    "research article": "original article",
    "research paper": "original article",
    "review article": "review",
}
_WITH_INITIALS = re.compile(
    r"([^,;&]{1,80},\s*(?:[^\W\d_]{1,2}\.[\s-]?){1,5})(?=\s*(?:[,;&]|and\b|\Z))"
)
# It begins where a run of blanks does: tried at each blank of a long run, it would take its square.
_BETWEEN = re.compile(r"(?<!\s)\s*(?:[,;،؛]\s*(?:and\s+|&\s*)?|\s&\s|\sand\s)\s*")
_ET_AL = re.compile(r"[\s,;&]{1,4}(?:and\s)?(?:et al\.?|others|…|\.\.\.)\s*\Z", re.IGNORECASE)


class Labelling(NamedTuple):
    """A part of the text: its heading, empty where it has none, and its span."""

    label: str
    start: int
    end: int


def _within(page: Page, start: int, end: int) -> Iterator[Labelling]:
    """The labelled parts of a running text; what stands before the first label has none."""
    text = page.text[start:end]
    marks = list(_INLINE.finditer(text))
    edges = [(mark.start(), mark.end(), collapse(mark[1])) for mark in marks]
    if not edges or edges[0][0] > 0:
        edges.insert(0, (0, 0, ""))
    for place, (_, begin, label) in enumerate(edges):
        stop = edges[place + 1][0] if place + 1 < len(edges) else len(text)
        piece = text[begin:stop]
        if piece.strip():
            left = len(piece) - len(piece.lstrip())
            yield Labelling(label, start + begin + left, start + begin + len(piece.rstrip()))


def begins_section(line: Line) -> bool:
    """Whether a line is a section's label or starts with one."""
    alone = re.fullmatch(rf"{_HEADING}\s?:?", line.text, re.IGNORECASE)
    return alone is not None or _INLINE.match(line.text) is not None


def sections(page: Page, lines: Sequence[Line]) -> Value[tuple[Section, ...]]:
    """The sections of an abstract: "Label: text", or a label in a line of its own."""
    parts: list[Labelling] = []
    waiting = ""
    for line in lines:
        if re.fullmatch(rf"{_HEADING}\s?:?", line.text, re.IGNORECASE):
            waiting = line.text.rstrip(": ")
            continue
        for part in _within(page, line.start, line.end):
            if part.label or waiting or not parts:
                label = part.label or waiting
                parts.append(Labelling(label, part.start, part.end))
            else:  # a further paragraph of the section above
                parts[-1] = parts[-1]._replace(end=part.end)
            waiting = ""
    if not parts:
        return page.silent("sections")
    content = tuple(
        Section(part.label, page.quote("sections", part.start, part.end)) for part in parts
    )
    return page.value("sections", content, parts[0].start, parts[-1].end)


def own_doi(page: Page, start: int, end: int) -> Value[str]:
    """The first DOI from `start` to `end`, without the tail of an address it stands in."""
    for mention in find(page.text[start:end]):
        if mention.identifier.scheme == "doi":
            content, stop = _without_tail(mention)
            return page.value("doi", content, start + mention.start, start + stop)
    return page.silent("doi")


def _without_tail(mention: Mention) -> tuple[str, int]:
    content = mention.identifier.value
    match = _CITED_TAIL.search(content)
    cut = len(match.group()) if match else 0
    return content[: len(content) - cut], mention.end - cut


def kind(page: Page, start: int, end: int) -> Value[str]:
    """The kind of article that the words from `start` to `end` name first."""
    if match := _KIND.search(page.text, start, end):
        words = collapse(match[1]).casefold()
        return page.value("kind", _KINDS.get(words, words), *match.span(1))
    return page.silent("kind")


def authors(page: Page, line: Line) -> Value[tuple[Value[str], ...]]:
    """Each name of a list; "Name, I." pairs stay together, "et al." is no name."""
    people: list[Line] = []
    if match := _ET_AL.search(line.text):
        line = line.part(0, match.start())
    marks = list(_WITH_INITIALS.finditer(line.text))
    if len(marks) > 1 or (len(marks) == 1 and marks[0].end() > len(line.text) - 3):
        people = [line.part(mark.start(1), mark.end(1)) for mark in marks]
        people = [_without_joint(person) for person in people]
    else:
        edges = [0]
        for mark in _BETWEEN.finditer(line.text):
            people.append(line.part(edges[-1], mark.start()))
            edges.append(mark.end())
        people.append(line.part(edges[-1], len(line.text)))
    people = [one for one in people if one.text]
    if not people:
        return page.silent("authors")
    return page.value(
        "authors",
        tuple(page.quote("authors", one.start, one.end) for one in people),
        people[0].start,
        people[-1].end,
    )


def _without_joint(person: Line) -> Line:
    """A name without the "&" or "and" that joins it to the one before."""
    match = re.match(r"(?:&|and\b)\s*", person.text)
    return person.part(match.end(), len(person.text)) if match else person


def identifier_of(doi: Value[str], pmid: Value[str], numbers: Sequence[str]) -> str | None:
    """Under what the record is known: the article's DOI or PubMed number, else a trial's number."""
    return doi.content or pmid.content or next(iter(numbers), None)


def pubmed_number(page: Page, line: Line) -> Value[str]:
    """A PubMed number that a field of the page states."""
    found: Identifier | None = normalise(line.text) or normalise(line.text, "pmid")
    if found is None or found.scheme != "pmid":
        return page.quote("pmid", line.start, line.end)
    return page.value("pmid", found.value, line.start, line.end)
