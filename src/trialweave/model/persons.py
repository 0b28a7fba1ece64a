"""Names of people as short digests, so that two records can be compared without keeping a name.

A digest has 20 bits and no secret: some million digests stand for all names there are, so many
names share each, and none can be read back from one alone; a name that one knows can be tried. Two
unrelated names meet by chance once in 2^20, two lists of fifteen once in some 4,700 pairs of lists:
below the 1 in 200 that a name is taken to be as common as.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from typing import Final

__all__ = ["name_digests", "people_digests"]

_HEX: Final = 5  # digits of a digest
_LONGEST: Final = 100  # characters of a name that are looked at
_MOST: Final = 40  # people of one record
_TITLES_LISTED: Final = """
dr prof professor assoc associate assistant ass aprof mr mrs ms miss sir dame drs dott pd priv habil
med md phd mph msc bsc mbbs mbchb frcp frcpc facc fracp dphil dsc pharmd rn do mba ma mscr mhs
jr sr ii iii univ
"""
_PARTICLES_LISTED: Final = """
de da do dos das del della di du la le van von der den ter ten zu al el bin ibn y e
"""
_LEFT_OUT: Final = frozenset(_TITLES_LISTED.split()) | frozenset(_PARTICLES_LISTED.split())
# What stands in the place of a name and is none
_OFFICE: Final = re.compile(
    r"\b(?:trials?|stud(?:y|ies)|clinical|cent(?:er|re)|director|group|information|monitor|office|"
    r"inc|ltd|gmbh|pharma\w*|hospital|universit\w*|institut\w*|department|team|manager|desk|"
    r"research|medical|contact|head|chair|investigator|consortium|collaborat\w*|network)\b",
    re.I,
)
_WORD: Final = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
# Letters that do not come apart into a plain one and a mark, and spellings of one sound in names
# that are written in Latin letters in more ways than one.
_LETTERS: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "æ": "a", "œ": "o", "ß": "ss", "þ": "th"}
)
_SOUNDS: Final = (
    (re.compile(r"ae|oe|ue"), lambda match: match.group()[0]),  # Müller, Mueller, Muller
    (re.compile(r"ou|oo"), lambda _: "u"),
    (re.compile(r"ee|ii|[yj]"), lambda _: "i"),
    (re.compile(r"ph"), lambda _: "f"),
    (re.compile(r"(.)\1"), lambda match: match.group(1)),
)


def _plain(word: str) -> str:
    """A word of a name in one spelling, "" where it is not in Latin letters."""
    folded = unicodedata.normalize("NFKD", word.casefold().translate(_LETTERS))
    plain = "".join(mark for mark in folded if mark.isalpha())
    if not plain.isascii():
        return ""
    for pattern, written in _SOUNDS:
        plain = pattern.sub(written, plain)
    return plain


def _digest(surname: str, initial: str) -> str:
    key = f"{surname} {initial}".encode()
    return hashlib.blake2b(key, digest_size=8, person=b"trialweave name").hexdigest()[:_HEX]


def name_digests(name: str) -> frozenset[str]:
    """Digests of a person's surname with the first letter of the given name.

    Several where the name does not tell which word is the surname ("Wei Wang"); none for what is no
    person's name, names one word only, or is not in Latin letters. "Surname, Given", "Given
    Surname", "SURNAME Given" and "Surname GS" are understood; titles and degrees are left out.
    """
    text = name[:_LONGEST]
    if _OFFICE.search(text):
        return frozenset()
    first, *rest = [_words(part) for part in text.split(",")[:4]]
    given = next((part for part in rest if part), [])
    if len(first) == 1 and given:  # "Surname, Given"
        return _told([first], given)
    if len(first) > 1 and given and all(len(word) > 1 for word in first):
        return _told([first[:1], first[-1:]], given)  # "Surname Surname, Given"
    if len(first) < 2:
        return frozenset()
    *front, last = first
    if last.isupper() and len(last) <= 3 and not front[-1].isupper():  # "Surname GS"
        return _told([front[:1], front[-1:]], [last])
    capitals = [word for word in first if word.isupper() and len(word) > 1]
    others = [word for word in first if word not in capitals]
    if capitals and others:
        return _told([capitals[:1], capitals[-1:]], others)
    either = _told([[first[0]]], [last]) if len(first) == 2 else frozenset()
    return _told([[last]], first) | either


def _words(part: str) -> list[str]:
    found = _WORD.findall(part.replace(".", " "))
    ends = {0, len(found) - 1}  # where one capital is an initial: "Ortega Y", "Ortega Y Marín"
    return [
        word
        for at, word in enumerate(found)
        if word.casefold() not in _LEFT_OUT or (at in ends and len(word) == 1 and word.isupper())
    ]


def _told(surnames: Iterable[list[str]], given: list[str]) -> frozenset[str]:
    initial = _plain(given[0])[:1]
    plain = {_plain(word) for words in surnames for word in words}
    return frozenset(_digest(word, initial) for word in plain if len(word) > 1 and initial)


def people_digests(names: Iterable[str | None]) -> frozenset[str]:
    """Digests of several people's names, of the first 40."""
    found: set[str] = set()
    for name, _ in zip(filter(None, names), range(_MOST), strict=False):
        found |= name_digests(name)
    return frozenset(found)
