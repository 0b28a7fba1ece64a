"""What a term page says above its trials: whose page it is, and tables of correlated terms."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from trialweave.model import CorrelatedTerm, Labelled, Value
from trialweave.sources.pages._lines import Fields, Line, Page, collapse

__all__ = ["BAR", "COLUMNS", "HOW_MANY", "TABLE", "Top", "read_top"]

_BRAND = re.compile(r"\w{0,30}ResearchTrials\b.*", re.IGNORECASE)
_DEVELOPED = re.compile(r"Developed by\s+", re.IGNORECASE)
BAR = re.compile(r"Clinical Trials?\s+MeSH\s+HPO\b.*", re.IGNORECASE)
TABLE = re.compile(r"Correlated (\w{1,20}) Terms \((\d{1,6})\)", re.IGNORECASE)
COLUMNS = re.compile(r"Name \(Synonyms\)\s+Correlation", re.IGNORECASE)
HOW_MANY = re.compile(r"There (?:is|are) (\w{1,20}) clinical trials?\.?", re.IGNORECASE)

# Where a term's name links to tells which vocabulary it is of.
_LINKS = {"Wiki": "Drug", "NIH": "MeSH", "HPO": "HPO"}
_LINK = re.compile(r"(?:(?<=\s)|(?<=[a-z)\]0-9]))(Wiki|NIH|HPO|NCBI|Ensembl|UniProt|dbSNP|OMIM)$")
_TERM_ID = re.compile(r"((?:[a-z]{2,12}\d{1,9}|[A-Z]{1,4}\d{4,9}|[A-Z]{2,4}:\d{4,9}))(?::\s+|\s+)")
_CORRELATION = re.compile(r"(?:(?<=\s)|^)(-?\d{1,3}(?:\.\d{1,6})?)$")


class Top(NamedTuple):
    """What the page says before its trials."""

    terms: Value[tuple[CorrelatedTerm, ...]]
    other: list[Labelled]
    names: dict[str, set[str]]  # vocabulary → names on the page, case folded


def read_top(page: Page, lines: Sequence[Line]) -> Top:
    other: list[Labelled] = []
    names: dict[str, set[str]] = {}
    terms: list[CorrelatedTerm] = []
    empty: list[Line] = []
    rows: list[Line] = []
    first = next((i for i, line in enumerate(lines) if TABLE.fullmatch(line.text)), len(lines))
    other += _term_of_page(page, lines[:first], names)
    vocabulary = ""
    for line in lines[first:]:
        if match := TABLE.fullmatch(line.text):
            vocabulary = match[1]
            label = line.text[: match.start(2) - 1].strip()
            if int(match[2]):
                part = line.part(match.start(2), match.end(2))
                value = page.quote("correlated_terms", part.start, part.end)
            else:
                part = line.part(match.start(2) - 1, match.end(2) + 1)
                value = page.absent("correlated_terms", part.start, part.end)
                empty.append(part)
            other.append(Labelled(label, value))
        elif match := HOW_MANY.fullmatch(line.text):
            vocabulary = ""
            other.append(Labelled("Clinical Trials", page.quote("trials", line.start, line.end)))
        elif vocabulary and not COLUMNS.fullmatch(line.text):
            term = _term(page, vocabulary, line)
            if term is None:
                continue
            terms.append(term)
            rows.append(line)
            if term.name.content:
                names.setdefault(vocabulary.casefold(), set()).add(term.name.content.casefold())
    correlated: Value[tuple[CorrelatedTerm, ...]]
    if terms:
        correlated = page.value("correlated_terms", tuple(terms), rows[0].start, rows[-1].end)
    elif empty:
        correlated = page.absent("correlated_terms", empty[0].start, empty[0].end)
    else:
        correlated = page.silent("correlated_terms")
    return Top(correlated, other, names)


def _term_of_page(page: Page, lines: Sequence[Line], names: dict[str, set[str]]) -> list[Labelled]:
    """The term whose page it is, the vocabulary its link shows, and who built the site."""
    found: list[Labelled] = []
    for line in lines:
        if _BRAND.fullmatch(line.text) or BAR.fullmatch(line.text):
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
    values: Fields = {}
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


def _name(page: Page, vocabulary: str, line: Line) -> Fields:
    """A name and, where parentheses end it, the synonyms that the column's header announces."""
    rule = "correlated_terms"
    at = _last_parenthesis(line.text)
    if at is None:
        return {"name": page.quote(rule, line.start, line.end)}
    name, inside = line.part(0, at), line.part(at + 1, len(line.text) - 1)
    if not inside.text:
        return {"name": page.quote(rule, name.start, name.end)}
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
