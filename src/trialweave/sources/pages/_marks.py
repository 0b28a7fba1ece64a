"""How each kind of page is told from all others: by the marks of its form, several at once.

A page counts as of a kind when it shows at least as many of the kind's marks as are needed, and
more of them, relative to that need, than of any other kind. Marks are headings, table headers and
footers that the site prints on each of its pages, whatever the trial.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import NamedTuple

from trialweave.errors import WrongEncoding
from trialweave.model import Received

__all__ = ["kind_of", "recogniser"]

# Larger documents are no saved page; term pages of the largest kind stay far below.
_LARGEST = 32_000_000
_LINE_START = r"(?:\A|[\n\r\u2028\u2029])[ \t\xa0\u200b\u200e\u200f\ufeff•*·-]{0,12}"
_LINE_END = r"[ \t\xa0\u200b\u200e\u200f]{0,12}(?=[\n\r\u2028\u2029]|\Z)"


def _line(words: str) -> re.Pattern[str]:
    """A whole line of these words."""
    return re.compile(f"{_LINE_START}(?:{words}){_LINE_END}", re.IGNORECASE)


def _start(words: str) -> re.Pattern[str]:
    """A line that begins with these words."""
    return re.compile(f"{_LINE_START}(?:{words})", re.IGNORECASE)


class _Form(NamedTuple):
    needed: int
    one_of: tuple[str, ...]  # cheap: at least one of these stands somewhere in the text
    marks: tuple[re.Pattern[str], ...]


_FORMS: dict[str, _Form] = {
    "ctv": _Form(
        4,
        ("Status and phase", "Funder types", "Veeva"),
        (
            _line(r"ClinicalTrials\.Veeva"),
            _line("Status and phase"),
            _line("Funder types?"),
            _line("Details and patient eligibility"),
            _line("Trial contacts and locations"),
            _start("Data sourced from"),
            _start(r"(?:©|\(c\)|copyright).{0,40}Veeva"),
            _line("Identifiers?"),
            _line("Treatments?"),
            _line("Volunteers"),
            _line("Trial design"),
        ),
    ),
    "medpath": _Form(
        4,
        ("MedPath", "Lead Sponsor", "Target Recruit"),
        (
            _line("MedPath"),
            _line("Registration Number"),
            _line("Lead Sponsor"),
            _line("Recruitment (?:&|and) Eligibility"),
            _line("Study (?:&|and) Design"),
            _line("Target Recruit(?:ment| Count)"),
            _line(r"Name\s{0,4}Time\s{0,4}Method"),
            _start(r"(?:©|\(c\)|copyright).{0,60}MedPath"),
            _line("Primary Outcome Measures?"),
        ),
    ),
    "covidresearchtrials": _Form(
        3,
        ("Name (Synonyms)", "Correlated ", "ResearchTrials"),
        (
            _start(r"\w{0,30}ResearchTrials\b"),
            _line(r"Clinical Trial\s+MeSH\s+HPO\s+Drug\s+Gene\s+SNP\s+Protein Mutation"),
            _line(r"Correlated \w{1,20} Terms \(\d{1,6}\)"),
            _line(r"Name \(Synonyms\)\s+Correlation"),
            _line(r"There (?:is|are) \w{1,20} clinical trials?\.?"),
            _start("No related HPO nodes|HPO Nodes"),
        ),
    ),
    "news": _Form(
        3,
        ("News Code", "Article_", "News Group"),
        (
            _start(r"Article_\w{1,20}\s{0,4}:"),
            _start(r"Author\(s\)\s{0,4}:"),
            _start(r"News Group\s{0,4}:"),
            _start(r"News Code\s{0,4}:"),
            _start(r"Release Date\s{0,4}:"),
            _start(r"Study time\s{0,4}:"),
            _line(r"\d{1,6} Comments? for this article"),
        ),
    ),
    "summary": _Form(
        4,
        ("Reference", "This summary is based"),
        (
            _line(r"(?:Study )?Objectives?:?"),
            _line(r"(?:Study )?Methods(?: and Materials)?:?"),
            _line(r"(?:Key|Main) (?:Results|Findings):?"),
            _line(r"Conclusions?:?"),
            _line(r"(?:Clinical )?Significance[\w ]{0,40}:?"),
            _line(r"References?:?"),
            _start("This summary is based on"),
            _start(r"(?:Link|Source)\s?:"),
        ),
    ),
}
_MARKUP = re.compile(r"[\s\ufeff]{0,1000}(?:[{\[]|<[!?A-Za-z])")


@functools.lru_cache(maxsize=1)  # each of our sources asks for the same document in turn
def kind_of(received: Received) -> str | None:
    """The name of the one kind of page that the document is; None where it is none of them."""
    if len(received.data) > _LARGEST:
        return None
    try:
        text = received.text
    except WrongEncoding:  # still recognised, so that reading can name what is wrong
        text = received.data.decode("utf-8", "replace")
    if _MARKUP.match(text):
        return None
    best: dict[str, float] = {}
    for name, form in _FORMS.items():
        if not any(words in text for words in form.one_of):
            continue
        shown = sum(mark.search(text) is not None for mark in form.marks)
        if shown >= form.needed:
            best[name] = shown / form.needed
    if not best:
        return None
    winner = max(best, key=lambda name: best[name])
    return winner if list(best.values()).count(best[winner]) == 1 else None


def recogniser(name: str) -> Callable[[Received], bool]:
    """A source's `recognise`: true for documents of that kind and of no other."""

    def recognise(received: Received) -> bool:
        return kind_of(received) == name

    return recognise
