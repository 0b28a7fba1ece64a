"""What an article says of all its figures at once: "data are expressed as mean ± SD"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from trialweave.results.table_words import statistics_in

__all__ = ["marked_statistics", "spread_of_means"]

_SPREAD = (
    r"(?P<what>SDs?|S\.D\.|[Ss]tandard\s[Dd]eviations?|SEMs?|SEs?|S\.E\.M?\.?|"
    r"[Ss]tandard\s[Ee]rrors?)"
)
_STATED = re.compile(
    r"(?i:\b(?:expressed|presented|reported|given|shown|described|summari[sz]ed|displayed|are|were)\s"
    r"(?:[\w-]+\s){0,3}?(?:as|by|using|in)\s(?:the\s)?(?:(?:their|arithmetic)\s)?(?:means?|averages?)"
    r"(?:\svalues?)?\s?(?:\(|±|\+\s?/?\s?[-−–]|and|with|,)?\s?(?:±\s?)?(?:their\s|the\s|one\s|1\s)?)"
    rf"{_SPREAD}(?![\w])"
)
_BESIDE_MEAN = re.compile(rf"(?i:\bmeans?\s?(?:\(|±|\+\s?/?\s?[-−–])\s?(?:±\s?)?){_SPREAD}(?![\w])")
_MARK = re.compile(
    r"(?:\^\s?(?P<raised>[a-z\d*†‡§¶#])|(?P<sign>[*†‡§¶#]))(?:[\s,][\w*†‡§]{1,2})*\s*\Z"
)
_NOTE = re.compile(r"\(?\^?(?P<mark>[a-z\d*†‡§¶#])[).:]?\s?(?=[A-Z])(?P<text>.{4,300})", re.DOTALL)
_LONGEST = 300_000  # characters of a text


def spread_of_means(texts: Iterable[str]) -> frozenset[str]:
    """{"sd"} or {"se"} where the texts say so of the article's means; none where they say both.

    A table whose words name no spread follows what the methods state for all of them.
    """
    stated: set[str] = set()
    beside: set[str] = set()
    for text in texts:
        for pattern, found in ((_STATED, stated), (_BESIDE_MEAN, beside)):
            for match in pattern.finditer(text[:_LONGEST]):
                found.add("sd" if re.match(r"(?i:s\.?d|standard\sd)", match["what"]) else "se")
    return frozenset(stated) if len(stated) == 1 and beside <= stated else frozenset()


def marked_statistics(label: str, notes: Sequence[str]) -> frozenset[str]:
    """The statistics that a note below a table names for the mark behind a row's label."""
    mark = _MARK.search(label[-12:])
    if mark is None:
        return frozenset()
    sign = mark["raised"] or mark["sign"]
    for note in notes:
        found = _NOTE.match(note.strip())
        if found is not None and found["mark"] == sign:
            return statistics_in(found["text"].partition(",")[0])
    return frozenset()
