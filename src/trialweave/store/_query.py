"""What a reader types into the search box, taken apart. No text is a syntax error.

The search engine's own query language is not used: it raises on stray signs, reads ``a:b`` as a
field, and overflows the stack on deep nesting. Understood here: words, which must all occur,
``"phrases"``, ``OR`` between two, ``-word`` or ``NOT word``, and ``begin*``; the rest is words too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from trialweave.model import identifiers

__all__ = ["Term", "fold", "parse"]

_LONGEST = 1000  # characters of a query that are looked at
_MOST = 50  # terms
_TOKEN = re.compile(r'(-?)(?:"([^"]*)"|(\S+))')

# Persian is written with either system's letters and digits; texts and queries are folded alike,
# character for character, so that positions stay what they were.
_FOLDED = str.maketrans(
    "يىئكةۀأإٱؤ" + "۰۱۲۳۴۵۶۷۸۹" + "٠١٢٣٤٥٦٧٨٩",
    "یییکههاااو" + "0123456789" * 2,
)
_ARABIC = re.compile("[\u0620-\u06ff]")


@dataclass(frozen=True)
class Term:
    """One thing sought: words that follow each other, or an identifier (its normalised value)."""

    text: str
    exclude: bool = False
    prefix: bool = False
    identifier: str = ""


def fold(text: str) -> str:
    """Letters and digits that differ only by keyboard made alike; the length stays the same."""
    if text.isascii():
        return text
    text = text.encode("utf-8", "replace").decode()
    return text.translate(_FOLDED) if _ARABIC.search(text) else text  # translating costs much more


def parse(query: str) -> tuple[tuple[Term, ...], ...]:
    """Take a query apart: all groups must be met, each by any one of its terms.

    Never raises. An empty result is an empty query.
    """
    groups: list[list[Term]] = []
    joined = negated = False
    for match in _TOKEN.finditer(_joined_numbers(query[:_LONGEST])):
        minus, quoted, word = match.groups()
        if word in ("AND", "OR", "NOT") and not minus:
            joined, negated = joined or word == "OR", negated or word == "NOT"
            continue
        term = _term(quoted, word, exclude=bool(minus) or negated)
        if joined and groups and not term.exclude and not groups[-1][-1].exclude:
            groups[-1].append(term)
        else:
            groups.append([term])
        joined = negated = False
    return tuple(map(tuple, groups[:_MOST]))


def _term(quoted: str | None, word: str, *, exclude: bool) -> Term:
    if quoted is not None:
        return Term(quoted, exclude)
    if len(word) > 2 and word.endswith("*"):
        return Term(word.strip("*"), exclude, prefix=True)
    mention = next(identifiers.find(word), None)
    return Term(word, exclude, identifier=mention.identifier.value if mention else "")


def _joined_numbers(query: str) -> str:
    """Write numbers in one piece that people also write with a blank: ``NCT 01234567``."""
    pieces, end = [], 0
    for mention in identifiers.find(query):
        pieces += [query[end : mention.start], "".join(query[mention.start : mention.end].split())]
        end = mention.end
    return "".join(pieces) + query[end:]
