"""Term pages of CovidResearchTrials: one vocabulary term, terms that go with it, and its trials.

A page belongs to a drug, a MeSH or HPO term or a gene. Tables of correlated terms stand above,
then the trials that mention the term, numbered; each is one record. What the page says of the
term is kept with each of its trials.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from trialweave.errors import NoIdentifier
from trialweave.model import CorrelatedTerm, Draft, Labelled, Outcome, Received, Trial, Value
from trialweave.model.identifiers import SCHEMES, Identifier, find
from trialweave.sources._source import Source
from trialweave.sources.pages import _facts, _words
from trialweave.sources.pages._lines import Line, Page, collapse
from trialweave.sources.pages._marks import recogniser

__all__ = ["SOURCE"]

_NAME = "covidresearchtrials"
_BRAND = re.compile(r"\w{0,30}ResearchTrials\b.*", re.IGNORECASE)
_DEVELOPED = re.compile(r"Developed by\s+", re.IGNORECASE)
_BAR = re.compile(r"Clinical Trials?\s+MeSH\s+HPO\b.*", re.IGNORECASE)
_TABLE = re.compile(r"Correlated (\w{1,20}) Terms \((\d{1,6})\)", re.IGNORECASE)
_COLUMNS = re.compile(r"Name \(Synonyms\)\s+Correlation", re.IGNORECASE)
_HOW_MANY = re.compile(r"There (?:is|are) (\w{1,20}) clinical trials?\.?", re.IGNORECASE)
_TRIALS = re.compile(r"Clinical Trials", re.IGNORECASE)
_NODES = re.compile(r"No related HPO nodes.*|HPO Nodes.*", re.IGNORECASE)
_NUMBERED = re.compile(r"(\d{1,6})[.)]?\s+(?=\S)")
_OUTCOMES = re.compile(r"(Primary|Secondary|Other) Outcomes?:?", re.IGNORECASE)
_PART = re.compile(r"(Description|Measure|Time|Time ?Frame)\s?:\s*", re.IGNORECASE)
_TERMS = re.compile(r"(MeSH|HPO)\s?:\s*", re.IGNORECASE)
_GAP = re.compile(r"\t+|\s{2,}|\s+\|\s+")

# Where a term's name links to tells which vocabulary it is of.
_LINKS = {"Wiki": "Drug", "NIH": "MeSH", "HPO": "HPO"}
_LINK = re.compile(r"(?:(?<=\s)|(?<=[a-z)\]0-9]))(Wiki|NIH|HPO|NCBI|Ensembl|UniProt|dbSNP|OMIM)$")
_TERM_ID = re.compile(r"((?:[a-z]{2,12}\d{1,9}|[A-Z]{1,4}\d{4,9}|[A-Z]{2,4}:\d{4,9}))(?::\s+|\s+)")
_CORRELATION = re.compile(r"(?:(?<=\s)|^)(-?\d{1,3}(?:\.\d{1,6})?)$")


class _Top(NamedTuple):
    """What the page says before its trials."""

    terms: Value[tuple[CorrelatedTerm, ...]]
    other: list[Labelled]
    names: dict[str, set[str]]  # vocabulary → names on the page, case folded


def _mentioned(line: Line) -> Identifier | None:
    """The registry number with which a line begins."""
    if not line.text[:1].isalpha():
        return None
    mention = next(find(line.text[:60]), None)
    if mention is None or mention.start or not SCHEMES[mention.identifier.scheme].registry:
        return None
    return mention.identifier


def _top(page: Page, lines: Sequence[Line]) -> _Top:
    other: list[Labelled] = []
    names: dict[str, set[str]] = {}
    terms: list[CorrelatedTerm] = []
    tables: list[Line] = []
    empty: list[Line] = []
    rows: list[Line] = []
    first = next((i for i, line in enumerate(lines) if _TABLE.fullmatch(line.text)), len(lines))
    other += _term_of_page(page, lines[:first], names)
    vocabulary = ""
    for line in lines[first:]:
        if match := _TABLE.fullmatch(line.text):
            vocabulary = match[1]
            tables.append(line)
            label = line.text[: match.start(2) - 1].strip()
            if int(match[2]):
                part = line.part(match.start(2), match.end(2))
                value = page.quote("correlated_terms", part.start, part.end)
            else:
                part = line.part(match.start(2) - 1, match.end(2) + 1)
                value = page.absent("correlated_terms", part.start, part.end)
                empty.append(part)
            other.append(Labelled(label, value))
        elif match := _HOW_MANY.fullmatch(line.text):
            vocabulary = ""
            other.append(Labelled("Clinical Trials", page.quote("trials", line.start, line.end)))
        elif vocabulary and not _COLUMNS.fullmatch(line.text):
            term = _term(page, vocabulary, line)
            if term is None:
                continue
            terms.append(term)
            rows.append(line)
            if term.name.content:
                names.setdefault(vocabulary.casefold(), set()).add(term.name.content.casefold())
    if terms:
        value = page.value("correlated_terms", tuple(terms), rows[0].start, rows[-1].end)
    elif empty:
        value = page.absent("correlated_terms", empty[0].start, empty[-1].end)
    else:
        value = page.silent("correlated_terms")
    return _Top(value, other, names)


def _term_of_page(page: Page, lines: Sequence[Line], names: dict[str, set[str]]) -> list[Labelled]:
    """The term whose page it is, the vocabulary its link shows, and who built the site."""
    found: list[Labelled] = []
    for line in lines:
        if _BRAND.fullmatch(line.text) or _BAR.fullmatch(line.text):
            continue
        if match := _DEVELOPED.match(line.text):
            part = line.part(match.end(), len(line.text))
            if part.text:
                value = page.quote("developer", part.start, part.end)
                found.append(Labelled("Developed by", value))
            continue
        if any(label.label == "page term" for label in found):
            continue
        if match := _LINK.search(line.text):
            link = line.part(match.start(1), match.end(1))
            line = line.part(0, match.start(1))
            kind = _LINKS.get(link.text, link.text)
            value = page.value("page_term", kind, link.start, link.end)
            found.append(Labelled("page term vocabulary", value))
        else:
            kind = ""
        if match := _TERM_ID.match(line.text):
            term_id = line.part(match.start(1), match.end(1))
            value = page.quote("page_term", term_id.start, term_id.end)
            found.append(Labelled("page term identifier", value))
            line = line.part(match.end(), len(line.text))
        if not line.text:
            continue
        found.append(Labelled("page term", page.quote("page_term", line.start, line.end)))
        names.setdefault(kind.casefold(), set()).add(collapse(line.text).casefold())
    return found


def _term(page: Page, vocabulary: str, line: Line) -> CorrelatedTerm | None:
    """A row of identifier, name with synonyms in parentheses, link and correlation."""
    values: dict[str, Any] = {}
    rule = "correlated_terms"
    if match := _CORRELATION.search(line.text):
        number = line.part(match.start(1), match.end(1))
        values["correlation"] = page.value(rule, float(number.text), number.start, number.end)
        line = line.part(0, match.start(1))
    else:
        values["correlation"] = page.silent(rule)
    if match := _LINK.search(line.text):
        line = line.part(0, match.start(1))
    if match := _TERM_ID.match(line.text):
        part = line.part(match.start(1), match.end(1))
        values["identifier"] = page.quote(rule, part.start, part.end)
        line = line.part(match.end(), len(line.text))
    else:
        values["identifier"] = page.silent(rule)
    if not line.text:
        return None
    values |= _name(page, vocabulary, line)
    return CorrelatedTerm(vocabulary=vocabulary, **values)


def _name(page: Page, vocabulary: str, line: Line) -> dict[str, Value[Any]]:
    """A name and, where parentheses end it, the synonyms that the column's header announces."""
    rule = "correlated_terms"
    at = _last_parenthesis(line.text)
    if at is None:
        return {"name": page.quote(rule, line.start, line.end), "synonyms": page.silent(rule)}
    name, inside = line.part(0, at), line.part(at + 1, len(line.text) - 1)
    if not inside.text:
        return {"name": page.quote(rule, name.start, name.end), "synonyms": page.silent(rule)}
    # Names of MeSH have commas of their own ("Pneumonia, Viral").
    commas = vocabulary.casefold() != "mesh" and not re.search(r"[;|]", inside.text)
    parts = re.split(r"[;|,]" if commas else r"[;|]", inside.text)
    synonyms = tuple(part.strip() for part in parts if part.strip())
    return {
        "name": page.quote(rule, name.start, name.end),
        "synonyms": page.value(rule, synonyms, inside.start, inside.end),
    }


def _last_parenthesis(text: str) -> int | None:
    """Where the parenthesis opens that ends the text, if a name stands before it."""
    if not text.endswith(")"):
        return None
    depth = 0
    for i in range(len(text) - 1, 0, -1):
        depth += (text[i] == ")") - (text[i] == "(")
        if not depth:
            return i if text[i - 1].isspace() else None
    return None


class _Chunk(NamedTuple):
    """The lines of one trial on the page."""

    identifier: Identifier
    title: Line | None
    summary: tuple[Line, ...]
    number: Line
    rest: tuple[Line, ...]


def _chunks(lines: Sequence[Line]) -> list[_Chunk]:
    """The trials, each around the line that begins with its registry number.

    A title stands above it under the trial's place in the page's list, "2 Title", after the
    outcomes of the trial before.
    """
    anchors = [(i, found) for i, line in enumerate(lines) if (found := _mentioned(line))]
    begins: list[tuple[int, Line | None]] = []
    previous = 0
    for place, (at, _) in enumerate(anchors, start=1):
        begin, title = _title(lines, previous, at, place)
        begins.append((begin, title))
        previous = at + 1
    chunks = []
    for place, ((at, identifier), (begin, title)) in enumerate(zip(anchors, begins, strict=True)):
        end = begins[place + 1][0] if place + 1 < len(begins) else len(lines)
        summary = tuple(lines[begin + (title is not None) : at])
        chunks.append(
            _Chunk(identifier, title, summary, lines[at], tuple(lines[at + 1 : max(end, at + 1)]))
        )
    return chunks


def _title(
    lines: Sequence[Line], start: int, at: int, place: int
) -> tuple[int, Line | None]:
    """Where the trial before line `at` begins, and its title without the number."""
    last_part = max((i for i in range(start, at) if _PART.match(lines[i].text)), default=start - 1)
    for i in range(last_part + 1, at):
        match = _NUMBERED.match(lines[i].text)
        if match and int(match[1]) == place:
            return i, lines[i].part(match.end(), len(lines[i].text))
    # Without a number only the last line above can be the title of a trial without a summary.
    if place == 1 and at - start > 0 and not _PART.match(lines[at - 1].text):
        return start, None
    return at, None


def _intervention_fields(page: Page, lines: Sequence[Line]) -> dict[str, Value[Any]]:
    """Conditions and "Type: name" pairs, which the page runs on in one line."""
    before, found = _facts.interventions(page, lines, run_on=True)
    conditions: list[Line] = []
    for line in before:
        edges = [0]
        for gap in _GAP.finditer(line.text):
            conditions.append(line.part(edges[-1], gap.start()))
            edges.append(gap.end())
        conditions.append(line.part(edges[-1], len(line.text)))
    conditions = [line for line in conditions if line.text]
    values: dict[str, Value[Any]] = {
        "conditions": page.silent("conditions"),
        "interventions": page.silent("interventions"),
    }
    if conditions:
        values["conditions"] = page.value(
            "conditions",
            tuple(page.quote("conditions", line.start, line.end) for line in conditions),
            conditions[0].start,
            conditions[-1].end,
        )
    if found:
        passages = [
            value.passage for item in found for value in (item.type, item.name) if value.passage
        ]
        values["interventions"] = page.value(
            "interventions",
            tuple(found),
            min(passage.start for passage in passages),
            max(passage.end for passage in passages),
        )
    return values


def _tile(line: Line, names: set[str]) -> list[Line] | None:
    """The names that make up a line that runs them on; None where they do not, all and only."""
    tokens = list(re.finditer(r"\S+", line.text))
    if not names or len(tokens) > 400:
        return None
    longest = max(len(name.split()) for name in names)
    ways: list[list[Line] | None] = [None] * (len(tokens) + 1)
    ways[len(tokens)] = []
    for i in range(len(tokens) - 1, -1, -1):
        for j in range(min(i + longest, len(tokens)), i, -1):
            rest = ways[j]
            if rest is None:
                continue
            piece = line.part(tokens[i].start(), tokens[j - 1].end())
            if collapse(piece.text).casefold() in names:
                ways[i] = [piece, *rest]
                break
    return ways[0]


def _outcomes(page: Page, field: str, heading: Line, lines: Sequence[Line]) -> Value[Any]:
    """Outcomes as groups of Description, Measure and Time; a label's second use begins another."""
    groups: list[dict[str, list[Line]]] = []
    current = ""
    for line in lines:
        if match := _PART.match(line.text):
            current = match[1].casefold().replace(" ", "")
            current = "time" if current == "timeframe" else current
            if not groups or current in groups[-1]:
                groups.append({})
            content = line.part(match.end(), len(line.text))
            label = line.part(match.start(1), match.end(1))
            groups[-1][current] = [content if content.text else label]
            if not content.text:
                groups[-1][current + " empty"] = [label]
        elif groups and current:
            if groups[-1].pop(current + " empty", None):
                groups[-1][current] = []
            groups[-1][current].append(line)
    if not groups:
        said = lines[0] if lines and _words.missing(lines[0].text) else heading
        return page.absent(field, said.start, said.end)
    outcomes = tuple(
        Outcome(
            measure=_part(page, field, group, "measure"),
            time_frame=_part(page, field, group, "time"),
            description=_part(page, field, group, "description"),
        )
        for group in groups
    )
    return page.value(field, outcomes, lines[0].start, lines[-1].end)


def _part(page: Page, field: str, group: dict[str, list[Line]], name: str) -> Value[str]:
    lines = group.get(name)
    if not lines:
        return page.silent(field)
    if name + " empty" in group:
        return page.absent(field, lines[0].start, lines[0].end)
    return page.quote(field, lines[0].start, lines[-1].end)


def _trial(page: Page, top: _Top, chunk: _Chunk) -> Trial:
    number = chunk.number
    mention = next(find(number.text))
    facts: list[Line] = [number.part(mention.end, len(number.text))]
    blocks: dict[str, tuple[Line, list[Line]]] = {}
    terms: dict[str, tuple[Line, list[Line]]] = {}
    nodes: list[Line] = []
    target = facts
    for line in chunk.rest:
        if match := _TERMS.match(line.text):
            content = line.part(match.end(), len(line.text))
            target = [content] if content.text else []
            terms[match[1].casefold()] = (line.part(match.start(1), match.end(1)), target)
        elif match := _OUTCOMES.fullmatch(line.text):
            target = []
            blocks[match[1].casefold() + "_outcomes"] = (line, target)
        elif _NODES.fullmatch(line.text):
            target = nodes
            nodes.append(line)
        else:
            target.append(line)
    other = list(top.other)
    for line in nodes:
        absent = line.key.startswith("no related")
        value = (page.absent if absent else page.quote)("nodes", line.start, line.end)
        other.append(Labelled("HPO nodes", value))
    values = _intervention_fields(page, [line for line in facts if line.text])
    for field, (heading, lines) in blocks.items():
        values[field] = _outcomes(page, field, heading, lines)
    for name in ("primary_outcomes", "secondary_outcomes"):
        values.setdefault(name, page.silent(name))
    condition_terms: Value[Any] = page.silent("condition_terms")
    if "mesh" in terms:
        condition_terms = _assigned(page, *terms["mesh"], top.names.get("mesh", set()))
    if "hpo" in terms:
        label, lines = terms["hpo"]
        assigned = _assigned(page, label, lines, top.names.get("hpo", set()))
        parts = assigned.content or (
            page.absent("hpo_terms", label.start, label.end),
        )
        other += [Labelled(label.text, part) for part in parts]
    start = number.start + mention.start
    return Trial(
        primary_id=page.value(
            "primary_id", mention.identifier.value, start, number.start + mention.end
        ),
        public_title=page.quote("public_title", chunk.title.start, chunk.title.end)
        if chunk.title and chunk.title.text
        else page.silent("public_title"),
        brief_summary=page.quote(
            "brief_summary", chunk.summary[0].start, chunk.summary[-1].end
        )
        if chunk.summary
        else page.silent("brief_summary"),
        condition_terms=condition_terms,
        correlated_terms=top.terms,
        other=tuple(other),
        **values,
    )


def _assigned(
    page: Page, label: Line, lines: Sequence[Line], names: set[str]
) -> Value[tuple[Value[str], ...]]:
    """The terms of a line; parted by what the page's tables know them as, else left whole."""
    if not lines:
        return page.absent("condition_terms", label.start, label.end)
    pieces: list[Line] = []
    for line in lines:
        pieces += _tile(line, names) or [line]
    return page.value(
        "condition_terms",
        tuple(page.quote("condition_terms", piece.start, piece.end) for piece in pieces),
        lines[0].start,
        lines[-1].end,
    )


def _read(received: Received) -> tuple[Draft, ...]:
    page = _facts.open_page(_NAME, received)
    lines = page.lines
    tables = [
        i
        for i, line in enumerate(lines)
        if _HOW_MANY.fullmatch(line.text)
        or (_TRIALS.fullmatch(line.text) and not _BAR.fullmatch(line.text))
        or _COLUMNS.fullmatch(line.text)
        or _TABLE.fullmatch(line.text)
    ]
    start = _body_start(lines, tables)
    top = _top(page, lines[:start])
    chunks = _chunks(lines[start:])
    if not chunks:
        raise NoIdentifier(
            "the page lists no trial with a registry number.", where=received.name
        )
    if len(chunks) == 1:
        trial = _trial(page, top, chunks[0])
        return (_facts.draft(received, page, trial, chunks[0].identifier.value),)
    return tuple(_several(received, page, top, chunks))


def _body_start(lines: Sequence[Line], tables: Sequence[int]) -> int:
    """The line after the heading "Clinical Trials", or after the tables where it is missing."""
    for i in tables:
        if _TRIALS.fullmatch(lines[i].text):
            return i + 1
    for i in tables:
        if _HOW_MANY.fullmatch(lines[i].text):
            return i + 1
    first = next((i for i, line in enumerate(lines) if _mentioned(line)), len(lines))
    return max((i + 1 for i in tables if i < first), default=0)


def _several(
    received: Received, page: Page, top: _Top, chunks: Sequence[_Chunk]
) -> list[Draft]:
    """One draft a trial, each with the bytes of its own part of the page."""
    drafts: dict[str, Draft] = {}
    offset = len(received.data) - len(page.text.encode())  # a byte order mark
    position = 0
    for chunk in chunks:
        first = chunk.title or (chunk.summary[0] if chunk.summary else chunk.number)
        last = (chunk.rest or (chunk.number,))[-1]
        offset += len(page.text[position : first.start].encode())
        size = len(page.text[first.start : last.end].encode())
        trial = _trial(page, top, chunk)
        drafts.setdefault(
            chunk.identifier.value,
            Draft(page.source, chunk.identifier.value, trial, offset, offset + size),
        )
        offset += size
        position = last.end
    return list(drafts.values())


SOURCE = Source(_NAME, "CovidResearchTrials", "page", recogniser(_NAME), _read)
