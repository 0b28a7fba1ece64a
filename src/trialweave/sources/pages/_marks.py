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
from trialweave.sources.pages._layout import reading_of
from trialweave.sources.pages._markup import is_html

__all__ = ["kind_of", "recogniser"]

# Larger documents are no saved page; term pages of the largest kind stay far below.
_LARGEST = 32_000_000
_LINE_START = r"(?:\A|[\n\r\u2028\u2029])[ \t\xa0\u200b\u200e\u200f\ufeff•*·-]{0,12}"
_LINE_END = r"[ \t\xa0\u200b\u200e\u200f]{0,12}(?=[\n\r\u2028\u2029]|\Z)"


class _Mark(NamedTuple):
    """A line of a page's form; it holds one of `literals`, which are cheap to look for."""

    literals: tuple[str, ...]  # in small letters
    pattern: re.Pattern[str]


def _line(literal: str, words: str = "") -> _Mark:
    """A whole line of these words."""
    pattern = f"{_LINE_START}(?:{words or re.escape(literal)}){_LINE_END}"
    return _Mark(tuple(literal.split("|")), re.compile(pattern, re.IGNORECASE))


def _start(literal: str, words: str = "") -> _Mark:
    """A line that begins with these words."""
    pattern = f"{_LINE_START}(?:{words or re.escape(literal)})"
    return _Mark(tuple(literal.split("|")), re.compile(pattern, re.IGNORECASE))


class _Form(NamedTuple):
    needed: int
    one_of: tuple[bytes, ...]  # cheap: at least one of these stands somewhere in the document
    marks: tuple[_Mark, ...]


_FORMS: dict[str, _Form] = {
    "ctv": _Form(
        4,
        (b"Status and phase", b"Funder types", b"Veeva"),
        (
            _line("clinicaltrials.veeva"),
            _line("status and phase"),
            _line("funder type", "Funder types?"),
            _line("details and patient eligibility"),
            _line("trial contacts and locations"),
            _start("data sourced from"),
            _start("veeva", r"(?:©|\(c\)|copyright).{0,40}Veeva"),
            _line("identifier", "Identifiers?"),
            _line("treatment", "Treatments?"),
            _line("volunteers"),
            _line("trial design"),
        ),
    ),
    "medpath": _Form(
        4,
        (b"MedPath", b"Lead Sponsor", b"Target Recruit"),
        (
            _line("medpath"),
            _line("registration number"),
            _line("lead sponsor"),
            _line("recruitment ", "Recruitment (?:&|and) Eligibility"),
            _line("study ", "Study (?:&|and) Design"),
            _line("target recruit", "Target Recruit(?:ment| Count)"),
            _line("method", r"Name\s{0,4}Time\s{0,4}Method"),
            _start("medpath", r"(?:©|\(c\)|copyright).{0,60}MedPath"),
            _line("primary outcome measure", "Primary Outcome Measures?"),
        ),
    ),
    "covidresearchtrials": _Form(
        3,
        (b"Name (Synonyms)", b"Correlated ", b"ResearchTrials"),
        (
            _start("researchtrials", r"\w{0,30}ResearchTrials\b"),
            _line(
                "protein mutation",
                r"Clinical Trial\s+MeSH\s+HPO\s+Drug\s+Gene\s+SNP\s+Protein Mutation",
            ),
            _line("correlated ", r"Correlated \w{1,20} Terms \(\d{1,6}\)"),
            _line("name (synonyms)", r"Name \(Synonyms\)\s+Correlation"),
            _line("clinical trial", r"There (?:is|are) \w{1,20} clinical trials?\.?"),
            _start("hpo nodes", "No related HPO nodes|HPO Nodes"),
        ),
    ),
    "news": _Form(
        3,
        (b"News Code", b"Article_", b"News Group"),
        (
            _start("article_", r"Article_\w{1,20}\s{0,4}:"),
            _start("author(s)", r"Author\(s\)\s{0,4}:"),
            _start("news group", r"News Group\s{0,4}:"),
            _start("news code", r"News Code\s{0,4}:"),
            _start("release date", r"Release Date\s{0,4}:"),
            _start("study time", r"Study time\s{0,4}:"),
            _line("for this article", r"\d{1,6} Comments? for this article"),
        ),
    ),
    "summary": _Form(
        4,
        (b"Reference", b"This summary is based"),
        (
            _line("objective", "(?:Study )?Objectives?:?"),
            _line("methods", "(?:Study )?Methods(?: and Materials)?:?"),
            _line("key |main ", "(?:Key|Main) (?:Results|Findings):?"),
            _line("conclusion", "Conclusions?:?"),
            _line("significance", r"(?:Clinical )?Significance[\w ]{0,40}:?"),
            _line("reference", "References?:?"),
            _start("this summary is based on"),
            _start("link|source", r"(?:Link|Source)\s?:"),
        ),
    ),
}
_MARKUP = re.compile(rb"[\s\xef\xbb\xbf]{0,1000}(?:[{\[]|<[!?A-Za-z])")
_AROUND = 150  # characters before a literal in which its line begins, where it is a mark
_AFTER = 250  # and after it in which the mark ends
_STEP = 100  # what stands nearer than this is in the same stretch
_MOST_LOOKS = 1_000  # at places of one literal; a mark stands at one of the first


@functools.lru_cache(maxsize=1)  # each of our sources asks for the same document in turn
def kind_of(received: Received) -> str | None:
    """The name of the one kind of page that the document is; None where it is none of them.

    Other documents are told by a few searches for bytes, whatever their size.
    """
    data = received.data
    if len(data) > _LARGEST:
        return None
    if _MARKUP.match(data) and not is_html(data):
        return None
    forms = {
        name: form for name, form in _FORMS.items() if any(words in data for words in form.one_of)
    }
    if not forms:
        return None
    reading = reading_of(received)
    if reading is not None:
        text = reading.text[: reading.body[1]]
    else:
        try:
            text = received.text
        except WrongEncoding:  # still recognised, so that reading can name what is wrong
            text = data.decode("utf-8", "replace")
    # Letters of ASCII alone, so that places in both texts are the same
    small = text.encode("utf-8", "replace").lower().decode()
    best: dict[str, float] = {}
    for name, form in forms.items():
        marks = [mark for mark in form.marks if any(literal in small for literal in mark.literals)]
        shown = 0
        if len(marks) >= form.needed:
            shown = sum(_stands(mark, text, small) for mark in marks)
        if shown >= form.needed:
            best[name] = shown / form.needed
    if not best:
        return None
    winner = max(best, key=lambda name: best[name])
    return winner if list(best.values()).count(best[winner]) == 1 else None


def _stands(mark: _Mark, text: str, small: str) -> bool:
    """Whether a line of the text is the mark."""
    for literal in mark.literals:
        at = small.find(literal)
        for _ in range(_MOST_LOOKS):
            if at < 0:
                break
            if mark.pattern.search(text, max(at - _AROUND, 0), at + _AFTER):
                return True
            at = small.find(literal, at + _STEP)
    return False


def recogniser(name: str) -> Callable[[Received], bool]:
    """A source's `recognise`: true for documents of that kind and of no other."""

    def recognise(received: Received) -> bool:
        return kind_of(received) == name

    return recognise
