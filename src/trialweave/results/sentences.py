"""Sentences of a section, and which of them can state results at all.

Spans are exact: a sentence is a slice of the text it came from. Splitting looks at each full stop
and line break once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Sentence", "reports_results", "result_sentences", "split_sentences"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """Characters `start` to `end` of a section's text."""

    text: str
    start: int
    end: int


_BREAK = re.compile(r"[.!?][\"'”’)\]]*(?=\s|$)|(?<=[)\]])\.(?=[\dA-Z])|\n")
_ABBREVIATIONS = frozenset(
    {"vs", "e.g", "i.e", "al", "fig", "figs", "cf", "approx", "no", "nos", "resp", "ca", "dr",
     "st", "viz", "incl", "eq", "ref", "refs", "suppl", "vol", "prof", "inc", "ltd"}
)  # fmt: skip
_LETTERED = frozenset({"group", "groups", "arm", "arms", "type", "vitamin", "hepatitis", "stage"})
_BEGINNINGS = frozenset(
    {"The", "In", "There", "This", "These", "However", "We", "It", "After", "No", "All", "Both"}
)
_LAST_WORD = re.compile(r"[\w.]{1,12}$")
_LONGEST = 3_000  # characters; no sentence of prose is longer, and a table torn to text may be
_GOES_ON = frozenset(
    {"was", "were", "in", "of", "the", "and", "to", "with", "versus", "vs", "vs.", "than", "by",
     "for", "at", "a", "an", "or", "from", "among", "had"}
)  # fmt: skip
_BULLETS = "•●▪◦‣*–—-✔✓"

_RESULTS = re.compile(
    r"\b(?:results?|findings?|outcomes?|efficacy|safety|effects?)\b", re.IGNORECASE
)
_NOT_RESULTS = re.compile(
    r"\b(?:background|introduction|context|objectives?|aims?|purpose|rationale|hypothesis|methods?|"
    r"materials?|design|setting|participants|patients|interventions?|measure(?:s|ments?)|"
    r"registration|funding|conclusions?|discussion|interpretation|significance|limitations?|"
    r"references?|citation|keywords?|sources?|acknowledge?ments?|perspectives?|protocol|"
    r"statistical analys[ie]s)\b",
    re.IGNORECASE,
)
_INLINE_LABEL = re.compile(
    r"\s*(?P<label>Background(?: and (?:aims?|objectives?|purpose))?|Introduction|Context|"
    r"Objectives?|Aims?|Purpose|(?:Materials? (?:and|&) )?Methods?(?: and materials?)?|"
    r"Patients and methods|(?:Study )?Design(?: and setting)?|Settings?|Participants|Patients|"
    r"Interventions?|(?:Main )?(?:Primary )?Outcome measures?|Measurements?(?: and main results)?|"
    r"(?:Main |Key )?Results?|(?:Main |Key )?Findings|Conclusions?(?: and relevance)?|Discussion|"
    r"Interpretation|Limitations?|Trial registration|Registration|Funding|Significance)"
    r"\s?[:.–—]\s*(?=\S)",
    re.IGNORECASE,
)
_NOT_OWN = re.compile(
    r"\b(?:would|assum\w+|sample size|statistical power|power (?:of|to)|to detect|expected|"
    r"hypothesi[sz]\w+|anticipated|planned|will be|previous(?:ly)? (?:stud|trial|report)\w*|"
    r"previously published|"
    r"earlier (?:study|studies|trials?)|other (?:studies|trials)|meta-analys\w+|in the literature|"
    r"et al|worldwide|each year|annually)\b",
    re.IGNORECASE,
)


def split_sentences(text: str) -> Iterator[Sentence]:
    """The sentences of a text, in order; list items and table rows on lines of their own too."""
    start = 0
    for match in _BREAK.finditer(text):
        if match.group() == "\n":
            if not _line_ends_sentence(text, start, match.start()):
                continue
        elif not _stop_ends_sentence(text, match.start(), match.end()):
            continue
        if sentence := _trimmed(text, start, match.end()):
            yield sentence
        start = match.end()
    if sentence := _trimmed(text, start, len(text)):
        yield sentence


def _trimmed(text: str, start: int, end: int) -> Sentence | None:
    while start < end and (text[start].isspace() or text[start] in _BULLETS):
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Sentence(text[start:end], start, end) if end > start else None


def _line_ends_sentence(text: str, start: int, index: int) -> bool:
    """A line break ends a sentence unless the next line clearly goes on with it."""
    following = text[index + 1 : index + 80].lstrip(" \t\r")
    if not following or following[0] == "\n":
        return True
    before = text[max(start, index - 80) : index].rstrip()
    if before.rpartition(" ")[2].lower() in _GOES_ON:
        return False
    if len(before) < 50 or before[-1] in ".:;!?":
        return True
    return following[0].isupper() or following[0] in _BULLETS


def _stop_ends_sentence(text: str, index: int, end: int) -> bool:
    following = text[end : end + 12].lstrip()
    if following and not (
        following[0].isupper() or following[0].isdigit() or following[0] in '([•✔"“'
    ):
        return False
    if text[index] != ".":
        return True
    word = _LAST_WORD.search(text, max(0, index - 12), index)
    if word is None:
        return True
    low = word[0].lower().strip(".")
    if low in _ABBREVIATIONS:
        return False
    if text[word.start() - 1 : word.start()] in ("-", "‐", "‑"):
        return True  # "on the CDRS-R. Rates were": no initial
    if len(low) != 1 or not word[0].isalpha() or not word[0].isupper():
        return True
    if not following[:1].isupper():
        return True
    before = text[max(0, word.start() - 12) : word.start()].rstrip().rpartition(" ")[2].lower()
    return before in _LETTERED or following.partition(" ")[0] in _BEGINNINGS  # else an initial


def reports_results(label: str) -> bool | None:
    """Whether a section of this label states results; None where the label does not tell."""
    if _RESULTS.search(label) and not re.search(r"\boutcome measures?\b", label, re.IGNORECASE):
        return True
    return False if _NOT_RESULTS.search(label) else None


def result_sentences(label: str, text: str) -> Iterator[Sentence]:
    """The sentences of a section that may state the record's own results.

    Labels inside the text ("Results: …") switch; sentences on plans, power and other studies are
    left out, and so is anything too long to be a sentence.
    """
    wanted = reports_results(label)
    state = wanted is not False
    for sentence in split_sentences(text):
        body, start = sentence.text, sentence.start
        if inline := _INLINE_LABEL.match(body):
            answer = reports_results(inline["label"])
            state = wanted is not False if answer is None else answer
            body, start = body[inline.end() :], start + inline.end()
        if state and len(body) <= _LONGEST and not _NOT_OWN.search(body):
            yield Sentence(body, start, sentence.end)
