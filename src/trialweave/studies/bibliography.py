"""What of a reference is compared: its title, names, journal, volume, pages, in one spelling."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from trialweave.model import Publication
from trialweave.studies.relations import untitled

__all__ = ["letters", "name_words", "pages", "plain", "same_journal", "series", "title_letters"]

_TOKEN: Final = re.compile(r"[^\W_]+")
_LONGEST: Final = 1000  # characters of a title, or of one name or journal, that are looked at


@functools.lru_cache(maxsize=1 << 14)
def plain(text: str) -> tuple[str, ...]:
    """The words of a text in small letters, without accents and punctuation."""
    text = text[:_LONGEST]
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text)
        text = "".join(mark for mark in text if not unicodedata.combining(mark))
    return tuple(_TOKEN.findall(text.casefold()))


def letters(text: str) -> str:
    """The letters and digits of a text, so that hyphens and blanks make no difference."""
    return "".join(plain(text))


def title_letters(publication: Publication) -> str:
    """The title in letters, without what a notice or a retraction puts before it."""
    return letters(untitled(publication.title.content or ""))


def name_words(publication: Publication) -> tuple[frozenset[str], ...]:
    """The words of each author's name; initials left out where a longer word is there."""
    return tuple(
        words
        for author in (publication.authors.content or ())[:50]
        if (words := _name(author.content or ""))
    )


def _name(text: str) -> frozenset[str]:
    """Of "Doe, Ann B." and "Doe AB" what comes before; of "Ann B. Doe" all words."""
    family = text.split(",")[0] if "," in text else text
    words = [word for word in plain(family) if len(word) > 1]
    if "," not in text and len(words) > 1:
        # Initials behind a family name: "de la Cruz AB".
        last = _TOKEN.findall(text)[-1]
        if last.isupper() and len(last) <= 3:
            words = words[:-1]
    return frozenset(words or plain(family))


_RANGE: Final = re.compile(r"\s*([A-Za-z]{0,3}\d{1,9}[A-Za-z]?)(?:\s*[-–—]\s*[A-Za-z]{0,3}\d+)?")


def pages(publication: Publication) -> tuple[str, str]:
    """First page and issue in letters; "" where they are not stated."""
    first = issue = ""
    for each in publication.other:
        text = (each.value.content or "")[:60]
        if not first and each.label in ("First page", "Pages", "Article number", *_PAGES):
            match = _RANGE.match(text)
            first = letters(match[1]) if match else ""
        elif not issue and each.label in ("Issue", "Number", "Supplement", *_ISSUES):
            issue = letters(text)
    return first, issue


_PAGES: Final = ("Start Page", "Page start", "BP", "pages", "Page", "SP", "start_page", "Art. No.")
_ISSUES: Final = ("issue", "IS", "Issue Number", "number")

_SMALL: Final = frozenset(("the", "of", "and", "for", "in", "on", "a", "an", "de", "la", "und"))


def same_journal(one: str, other: str) -> bool | None:
    """Whether two names can be of one journal, as each word of the shorter begins its partner
    ("N Engl J Med"); None where one is not stated."""
    a = [word for word in plain(one.partition(":")[0].partition("(")[0]) if word not in _SMALL]
    b = [word for word in plain(other.partition(":")[0].partition("(")[0]) if word not in _SMALL]
    if not a or not b:
        return None
    if len(a) > len(b):
        a, b = b, a
    if len(a) == 1 and len(b) > 1:  # initials: "NEJM", "BMJ"
        initials = "".join(word[0] for word in b)
        return a[0] == initials or (b[0] == a[0] and len(a[0]) > 3)
    at = 0
    for word in b:
        if at < len(a) and (word.startswith(a[at]) or a[at].startswith(word)):
            at += 1
    return at == len(a) and (a[0].startswith(b[0]) or b[0].startswith(a[0]))


_ROMAN: Final = {name: str(at) for at, name in enumerate(
    ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"), start=1)}  # fmt: skip
_WRITTEN: Final = {name: str(at) for at, name in enumerate(
    ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine"), start=1)}  # fmt: skip
_ORDINAL: Final = {"first": "1", "second": "2", "third": "3", "fourth": "4", "fifth": "5"}


def series(words: Iterable[str]) -> tuple[str, ...]:
    """The numbers in a title, sorted, Roman and written ones too: what tells parts of a series,
    years of follow-up, phases and doses apart."""
    found = []
    for word in words:
        number = _ROMAN.get(word) or _WRITTEN.get(word) or _ORDINAL.get(word)
        if number is not None:
            found.append(number)
        elif any(mark.isdigit() for mark in word):
            found.append(word)
    return tuple(sorted(found))
