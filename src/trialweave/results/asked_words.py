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


_BELOW = re.compile(r"[<≤⩽]\s?=?|\b(?:less|lower|fewer|smaller) than\b|\bunder(?=\s\d)")
_ABOVE = re.compile(
    r"[>≥⩾]\s?=?|\b(?:more|higher|greater|larger) than\b|\bat least\b|\bover(?=\s\d)"
)
_HYPHENED = re.compile(r"\b([a-z]{1,4})-(\d{1,3})(?![\d.,%])")  # "sf-12"
_LETTER = re.compile(r"(?<=\w\s)A(?=\W*(?:\Z|[,;:)]))")  # "Test A", and no article
_SPELLINGS = (
    (re.compile(r"ae|oe"), "e"),
    (re.compile(r"(?<=[a-z]{2})our(?=s?\b|al\b)"), "or"),
    (re.compile(r"(?<=[a-z]{3})is(?=(?:ation|ed|ing|e)s?\b)"), "iz"),
)
_DERIVED = re.compile(r"(?<=\w{5})(?:iz)?(?:ations?|ated?|ating|ions?|ives?|ments?|ly)\Z")
_SAME = {
    "male": "men", "man": "men", "female": "women", "woman": "women", "boy": "men", "girl": "women",
}  # fmt: skip


def _spelled(text: str) -> str:
    """The text in one of the two English spellings, signs of comparison in words."""
    text = _ABOVE.sub(" above ", _BELOW.sub(" below ", text))
    text = _HYPHENED.sub(r"\1\2", text)
    for pattern, other in _SPELLINGS:
        text = pattern.sub(other, text)
    return text


def stem(word: str) -> str:
    """A word without the endings of plurals, verbs and nouns made of verbs, where that is plain.

    "infected" and "infections" are one, as are "males" and "men".
    """
    word = _inflected(word)
    return _SAME.get(word, _DERIVED.sub("", word))


def _inflected(word: str) -> str:
    for ending, other in (("ies", "y"), ("ses", "s"), ("s", ""), ("ing", ""), ("ed", "")):
        if word.endswith(ending) and len(word) - len(ending) >= 4 and not word.endswith("ss"):
            return word[: -len(ending)] + other
    return word


def words_of(text: str, empty: Collection[str] = EMPTY) -> frozenset[str]:
    """The stems of a text's words without times and `empty` words; all words if none is left."""
    text = _LETTER.sub("lettera", text)
    text = _spelled(_TIME.sub(" ", text.lower().replace("‐", "-")))
    found = re.findall(r"[^\W_][\w'’]*", text)
    kept = [stem(word) for word in found if word not in empty]
    return frozenset(kept or [stem(word) for word in found])
