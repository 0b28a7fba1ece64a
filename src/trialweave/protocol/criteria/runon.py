"""Criteria that run together without any separator, parted where a phrase begins anew."""

from __future__ import annotations

import itertools
import re
from typing import Final

__all__ = ["parted"]

_WORD: Final = re.compile(r"\S+")
_STARTS: Final = re.compile(r"[A-Z][a-z]+(?:[-'/][A-Za-z0-9]+)*[,:;/]?\Z|In\Z|No\Z")
_ACRONYM: Final = re.compile(r"[A-Z][A-Z0-9]{2,12}(?:-[A-Z0-9]+)?[,:]?\Z")
# Words after which a capital letter begins a name within the phrase
_OPEN: Final = frozenset(
    [
        "a", "an", "the", "of", "or", "and", "to", "in", "on", "at", "by", "with", "without",
        "for", "from", "as", "is", "are", "was", "were", "be", "been", "than", "that", "which",
        "who", "whose", "if", "not", "no", "any", "all", "other", "both", "either", "neither",
        "nor", "per", "via", "under", "over", "within", "during", "after", "before", "between",
        "against", "into", "using", "known", "prior", "vs", "versus", "e.g", "i.e", "stage",
        "grade", "type", "class", "score", "phase", "group", "acute", "chronic", "active",
        "severe", "moderate", "mild", "primary", "secondary", "positive", "negative", "anti",
        "confirmed", "suspected", "human", "serum", "total", "suffering", "having", "has", "have",
        "had", "least", "most", "more", "less", "including", "such", "according", "defined", "by",
        "meet", "judged", "caused", "previous", "current", "history", "absolute", "partial",
        "mean", "level", "plus", "minus", "new", "novel", "non", "like", "called", "named",
        "possible", "probable",
    ]
)  # fmt: skip
_NAMES: Final = frozenset(
    [
        "alzheimer", "parkinson", "crohn", "hodgkin", "wilson", "cushing", "child", "child-pugh",
        "berlin", "karnofsky", "glasgow", "down", "marfan", "addison", "graves", "kawasaki",
        "horowitz", "murray", "apgar", "gleason", "york", "heart", "association", "legionella",
        "mycoplasma", "chlamydia", "aspergillus", "candida", "staphylococcus", "streptococcus",
        "plasmodium", "english", "chinese", "persian", "spanish", "french", "german", "january",
        "february", "march", "april", "may", "june", "july", "august", "september", "october",
        "november", "december", "european", "american", "japanese", "national", "international",
        "health", "organization", "society", "ministry", "status", "score", "scale", "index",
        "class", "grade", "syndrome", "disease", "alzheimer's", "parkinson's", "crohn's",
        "hodgkin's", "wilson's", "cushing's",
    ]
)  # fmt: skip
_PHRASE_END: Final = re.compile(
    r"(?:[a-z]{3,}|\d|%|\)|\]|ards|hiv|ct|pcr|[A-Z]{2,})[.;]?\Z", re.IGNORECASE
)
_SEPARATED: Final = re.compile(r"[;\n]|[.](?=\s+[A-Z])|[•·●]")


def parted(block: str) -> list[tuple[int, int]]:
    """The spans of the criteria of a block; one span where it reads as one.

    Semicolons and full stops are not cuts: a list of that kind stays one criterion, whose tree has
    its parts. A block is parted only where phrases follow each other with nothing between them.
    """
    words = list(_WORD.finditer(block))
    capitals = sum(_STARTS.match(word[0]) is not None for word in words)
    if len(words) < 20 or capitals > 0.4 * len(words):  # a title's capitals say nothing
        return [(0, len(block))]
    starts = [0]
    depth = words[0][0].count("(") - words[0][0].count(")")
    for k, (before, word) in enumerate(itertools.pairwise(words), 1):
        after = words[k + 1][0] if k + 1 < len(words) else ""
        if depth <= 0 and _opens(before[0], word[0], after):
            starts.append(word.start())
        depth = max(0, depth + word[0].count("(") - word[0].count(")"))
    spans: list[tuple[int, int]] = []
    for a, b in zip(starts, [*starts[1:], len(block)], strict=True):
        if spans and len(block[a:b].split()) < 2:
            spans[-1] = (spans[-1][0], a + len(block[a:b].rstrip()))
        else:
            spans.append((a, a + len(block[a:b].rstrip(" ,;"))))
    separated = len(_SEPARATED.findall(block))
    if len(spans) < 3 or separated >= len(spans):
        return [(0, len(block))]
    return spans


def _opens(before: str, word: str, after: str) -> bool:
    """Whether a word begins a phrase of its own after the word before it."""
    last = before.strip("\"'“”’(")
    if not last or last[-1] in ":/-–(+&<>≤≥=":
        return False
    if last[-1] == "," and not word[1:].islower():
        return False
    if last.casefold().strip("(),.;") in _OPEN or _PHRASE_END.search(last.rstrip(",")) is None:
        return False
    plain = word.strip("\"'“”’,:;.()").casefold()
    if plain in _NAMES:
        return False
    if last[-1] == ",":
        return False
    if _STARTS.match(word):
        next_word = after.strip("\"'“”’,:;.()")
        named = len(next_word) > 1 and next_word[0].isupper() and next_word[1:].islower()
        return not (named and before[0].isupper() and before[1:].islower())
    return _ACRONYM.match(word) is not None and (
        re.search(
            r"(?:\d|%|hours?|days?|weeks?|months?|years?|points?|mmhg|\))\Z", last, re.IGNORECASE
        )
        is not None
    )
