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
from trialweave.model import Draft, Labelled, Outcome, Received, Trial, Value
from trialweave.model.identifiers import SCHEMES, Identifier, find
from trialweave.sources._source import Source
from trialweave.sources.pages import _facts, _words
from trialweave.sources.pages._lines import Fields, Line, Page, collapse
from trialweave.sources.pages._marks import recogniser
from trialweave.sources.pages._terms import BAR, COLUMNS, HOW_MANY, TABLE, Top, read_top

__all__ = ["SOURCE"]

_NAME = "covidresearchtrials"
_TRIALS = re.compile(r"Clinical Trials", re.IGNORECASE)
_NODES = re.compile(r"No related HPO nodes.*|HPO Nodes.*", re.IGNORECASE)
_NUMBERED = re.compile(r"(\d{1,6})[.)]?\s+(?=\S)")
_OUTCOMES = re.compile(r"(Primary|Secondary|Other) Outcomes?:?", re.IGNORECASE)
_PART = re.compile(r"(Description|Measure|Time|Time ?Frame)\s?:\s*", re.IGNORECASE)
_TERMS = re.compile(r"(MeSH|HPO)\s?:\s*", re.IGNORECASE)
_TYPED = re.compile(rf"{_words.INTERVENTION_TYPE}\s?:\s")
_GAP = re.compile(r"\t+|\s{2,}|\s+\|\s+")


def _mentioned(line: Line) -> Identifier | None:
    """The registry number with which a line begins."""
    if not line.text[:1].isalpha():
        return None
    mention = next(find(line.text[:60]), None)
    if mention is None or mention.start or not SCHEMES[mention.identifier.scheme].registry:
        return None
    return mention.identifier


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
    # A summary may have a line that begins with another trial's number.
    anchors = [anchor for anchor in anchors if _is_anchor(lines, anchor[0])] or anchors
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


def _is_anchor(lines: Sequence[Line], at: int) -> bool:
    """Whether interventions, terms, outcomes, the next trial or the page's end follow."""
    if re.search(rf"\s{_words.INTERVENTION_TYPE}\s?:\s", lines[at].text):
        return True
    if at + 1 == len(lines):
        return True
    below = lines[at + 1].text
    return any(form.match(below) for form in (_TERMS, _OUTCOMES, _NUMBERED, _NODES, _TYPED))


def _title(lines: Sequence[Line], start: int, at: int, place: int) -> tuple[int, Line | None]:
    """Where the trial before line `at` begins, and its title without the number."""
    last_part = max((i for i in range(start, at) if _PART.match(lines[i].text)), default=start - 1)
    # A summary may itself have a line that reads like an outcome's part.
    for i in (*range(last_part + 1, at), *range(start, last_part + 1)):
        match = _NUMBERED.match(lines[i].text)
        if match and int(match[1]) == place:
            return i, lines[i].part(match.end(), len(lines[i].text))
    # Without a number only the last line above can be the title of a trial without a summary.
    if place == 1 and at - start > 0 and not _PART.match(lines[at - 1].text):
        return start, None
    return at, None


def _intervention_fields(page: Page, lines: Sequence[Line]) -> Fields:
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
    values: Fields = {
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


def _trial(page: Page, top: Top, chunk: _Chunk) -> Trial:
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
            if line.key != "hpo nodes":
                nodes.append(line)
        else:
            target.append(line)
    other = list(top.other)
    for line in nodes:
        absent = line.key.startswith("no related")
        value = (page.absent if absent else page.quote)("nodes", line.start, line.end)
        other.append(Labelled("HPO Nodes", value))
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
        parts = assigned.content or (page.absent("hpo_terms", label.start, label.end),)
        other += [Labelled(label.text, part) for part in parts]
    start = number.start + mention.start
    return Trial(
        primary_id=page.value(
            "primary_id", mention.identifier.value, start, number.start + mention.end
        ),
        public_title=page.quote("public_title", chunk.title.start, chunk.title.end)
        if chunk.title and chunk.title.text
        else page.silent("public_title"),
        brief_summary=page.quote("brief_summary", chunk.summary[0].start, chunk.summary[-1].end)
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
        if HOW_MANY.fullmatch(line.text)
        or (_TRIALS.fullmatch(line.text) and not BAR.fullmatch(line.text))
        or COLUMNS.fullmatch(line.text)
        or TABLE.fullmatch(line.text)
    ]
    start = _body_start(lines, tables)
    top = read_top(page, lines[:start])
    chunks = _chunks(lines[start:])
    if not chunks:
        raise NoIdentifier("the page lists no trial with a registry number.", where=received.name)
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
        if HOW_MANY.fullmatch(lines[i].text):
            return i + 1
    first = next((i for i, line in enumerate(lines) if _mentioned(line)), len(lines))
    return max((i + 1 for i in tables if i < first), default=0)


def _several(received: Received, page: Page, top: Top, chunks: Sequence[_Chunk]) -> list[Draft]:
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
