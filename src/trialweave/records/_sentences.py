"""Pieces of an article's text, their sentences, and numbers as prose writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

from trialweave.model import Missingness, Passage, Value

__all__ = [
    "NUMBER",
    "Piece",
    "Sentence",
    "is_own",
    "number",
    "of_another",
    "sentences",
    "value",
]

T = TypeVar("T")


class Piece(NamedTuple):
    """A part of a text: its heading ("title" for a title), its words, where they start."""

    label: str
    text: str
    start: int


class Sentence(NamedTuple):
    """One sentence or list item, with the heading it stands under and where it starts."""

    label: str
    text: str
    start: int


# A full stop ends a sentence where a blank and a capital, a digit or a bullet follow, unless it
# belongs to one of these.
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|vs|approx|ca|cf|Dr|Prof|Fig|No|al|resp|St)|\b[A-Z])\.$"
)
_END = re.compile(r"[.!?][)\]”\"']?(?=\s+[A-Z0-9(•\[])|[\n\r]+|;(?=\s)")
_BULLET = re.compile(r"[\s•‣◦▪*·–—-]+")

_UNITS = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
)
_TENS = (
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
)
_WORDS = {word: i for i, word in enumerate(_UNITS)} | {
    word: 10 * (i + 2) for i, word in enumerate(_TENS)
}
_UNIT = "|".join(_UNITS[1:10])
NUMBER = (
    rf"(?:\d{{1,3}}(?:,\d{{3}})+|\d{{1,6}}|(?:{'|'.join(_TENS)})(?:[- ](?:{_UNIT}))?"
    rf"|(?:{'|'.join(_UNITS[:0:-1])})(?:\s+hundred)?)"
)

_OTHER_STUDY = re.compile(
    r"\b(?:future|further|larger|previous|previously|earlier|prior|other|another|need(?:s|ed)?"
    r"|warranted|required|necessary|should|recommended|ongoing|literature|meta-analys[ei]s"
    r"|(?:several|many|some|recent|published) (?:studies|trials|reports))\b",
    re.IGNORECASE,
)
_OWN = re.compile(
    r"\b(?:this|we|our|us|the (?:present|current)|aim(?:s|ed)?|were|was|will be)\b", re.IGNORECASE
)
_LOOKS_BEYOND = re.compile(
    r"conclusion|discussion|significance|perspective|interpretation|limitation|implication"
    r"|funding|future|reference",
    re.IGNORECASE,
)


def sentences(pieces: Sequence[Piece]) -> Iterator[Sentence]:
    """The sentences of all pieces in order; list items are sentences too, without bullets."""
    for piece in pieces:
        start = 0
        for match in _END.finditer(piece.text):
            if _ABBREVIATION.search(piece.text[max(0, match.end() - 8) : match.end()]):
                continue
            yield from _sentence(piece, start, match.end())
            start = match.end()
        yield from _sentence(piece, start, len(piece.text))


def _sentence(piece: Piece, start: int, end: int) -> Iterator[Sentence]:
    text = piece.text[start:end]
    skip = _BULLET.match(text)
    begin = skip.end() if skip else 0
    text = text[begin:].rstrip()
    if text:
        yield Sentence(piece.label, text, piece.start + start + begin)


def is_own(sentence: Sentence) -> bool:
    """Whether a sentence can be taken to speak of the study itself, as titles do."""
    if sentence.label == "title":
        return True
    if _LOOKS_BEYOND.search(sentence.label) or of_another(sentence.text):
        return False
    background = sentence.label.casefold() in {"background", "introduction", "context", ""}
    return not background or _OWN.search(sentence.text) is not None


def of_another(text: str) -> bool:
    """Whether words speak of other studies, or of studies still to be done."""
    return _OTHER_STUDY.search(text) is not None


def number(text: str) -> int:
    """The number that a match of `NUMBER` writes in digits or words."""
    plain = text.replace(",", "").casefold()
    if plain.isdecimal():
        return int(plain)
    parts = plain.replace("-", " ").split()
    total = sum(_WORDS.get(part, 0) for part in parts)
    return total * 100 if "hundred" in parts else total


def value(content: T, rule: str, sentence: Sentence, start: int, end: int) -> Value[T]:
    """A content read from characters `start` to `end` of a sentence."""
    raw = sentence.text[start:end]
    return Value(
        content,
        Missingness.STATED,
        Passage(sentence.start + start, sentence.start + end),
        f"prose.{rule}/1",
        None if content == raw else raw,
    )
