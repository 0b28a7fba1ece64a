"""Where in a text a variant's name may stand: the cheap look before the grammar."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from trialweave.terms._grammar import LETTERS

__all__ = ["triggers"]

_WORDS: Final = (
    "odon", "ucleotide", "xon", "osition", "esidue", "mino acid", "->", "\u2192", "\u0394",
    "\u2206", "&gt;", "elta", "IVS", "EGFRv", "inv(", "rs#", "refSNP", "A--", "C--", "G--",
    "T--", "CDs", "base ", "bases ", "at bp", " nt ", "FLT3", "FLT-3",
)  # fmt: skip
"""Parts of words beside which a number may be a variant's; found by a plain search."""
_ALONE: Final = frozenset(("EGFRv", "FLT3", "FLT-3"))
_NEAR_DIGIT: Final = re.compile("[0-9]")


def triggers(text: str) -> list[int]:
    """Where a variant's name may stand, in order."""
    places = [match.start() for match in _digit().finditer(text)]
    for word in _WORDS:
        at = text.find(word)
        while at >= 0:
            if word in _ALONE or _NEAR_DIGIT.search(text, max(0, at - 30), at + 60):
                places.append(at)
            at = text.find(word, at + len(word))
    return sorted(places)


@cache
def _digit() -> re.Pattern[str]:
    """A digit that stands as it does in a variant's name; begins with a class, which scans fast."""
    amino = "|".join(sorted(LETTERS.values()))
    return re.compile(
        r"[0-9](?:(?=[A-Z>*_=]|[pq](?![a-z])|;[0-9XY]|[acgt]>|\)?"
        r" ?(?:del|ins|dup|fs|stop|ter|Stop|Ter|indel|opal|amber|ochre|DEL|INS|DUP)"
        r"| ?-?[bB][pP]? ?-?(?:ins|del|INS|DEL|Ins|Del)(?![a-z])"
        rf"|[)\- (]{{1,2}}(?:[ACGT](?![A-Za-z])|{amino})| ?-{{0,4}}>| ?\+ ?[0-9]"
        r"| ?-{2,5} ?[A-Z]|[ -]mut)"
        r"|(?<=rs[0-9])|(?<=\(-[0-9])|(?<=\bnt[0-9])|(?<=p\.[A-Z][a-z]{2}[0-9])"
        r"|(?<=p\.[A-Z][0-9])|(?<=ex[0-9])|(?<=del[A-Z][0-9])"
        rf"|(?<=(?:{amino})[0-9])|(?<=(?:{amino})-[0-9])"
        r"|(?<=\b(?:rs|RS|Rs) [0-9])|(?<=\b(?:RS|Rs)[0-9])"
        r"|(?:(?<=ine[ -][0-9])|(?<=acid[ -][0-9])|(?<=mate[ -][0-9]))"
        r"(?=[0-9]{0,3}[ -](?:to|by|for|with|mut|sub|-|\u2192|was|were|is |[a-z]{4,9}(?:ine|ate)"
        r"|tryptophan|aspartic|glutamic))"
        r"| to [ACGT](?![A-Za-z]))"
    )
