"""The words of a question and of a finding that tell what it is about."""

from __future__ import annotations

import re
from collections.abc import Collection

__all__ = ["EMPTY", "NOUNS", "stem", "words_of"]

EMPTY = frozenset(
    """yes a an the of in on for to with at by from as and or than that this these between among
    within
    per is was were be number numbers rate rates proportion percentage percent level levels score
    scores mean median average change changes difference value values total patients participants
    subjects people persons who had having have group groups treatment study effect outcome
    improvement reduction increase decrease sd se ci iqr n significantly significant after during
    at end time point follow-up baseline week weeks month months day days year years
    concentration concentrations incidence frequency index test overall measure measured
    questionnaire scale using assessed""".split()  # noqa: SIM905
)
NOUNS = frozenset(
    """group groups arm arms patients participants subjects therapy treatment the a an of with and
    plus in receiving received who those treated study only alone mg daily dose""".split()  # noqa: SIM905
)
_TIME = re.compile(
    r"\b(?:day|week|month|year|hour|visit)s?\s?\d{1,4}\b"
    r"|\b\d{1,4}[\s-]?(?:days?|weeks?|months?|years?|hours?|h|min|minutes)\b"
)


def stem(word: str) -> str:
    """A word without the endings of plurals and verbs, as far as that is plain."""
    for ending, other in (("ies", "y"), ("ses", "s"), ("s", ""), ("ing", ""), ("ed", "")):
        if word.endswith(ending) and len(word) - len(ending) >= 4 and not word.endswith("ss"):
            return word[: -len(ending)] + other
    return word


def words_of(text: str, empty: Collection[str] = EMPTY) -> frozenset[str]:
    """The stems of a text's words without times and `empty` words; all words if none is left."""
    text = _TIME.sub(" ", text.lower().replace("‐", "-"))
    found = re.findall(r"[^\W_][\w'’]*", text)
    kept = [stem(word) for word in found if word not in empty]
    return frozenset(kept or [stem(word) for word in found])
