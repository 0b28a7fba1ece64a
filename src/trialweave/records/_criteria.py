"""Where one block of text holds several eligibility criteria, and where each begins."""

from __future__ import annotations

import itertools
import re
from typing import NamedTuple

__all__ = ["Parted", "split"]

_SHORTEST_BLOCK = 60  # characters; shorter blocks are one criterion more often than several
_NUMBERED = re.compile(r"(?:(?<=\s)|(?<=[.;,:])|\A)\(?(\d{1,2})[.)](?=\s|[A-Z])\s*")
_BULLETS = re.compile(r"(?:(?<=\s)|\A)[•·●▪◦*–-]\s+|[•●▪]\s*|[\n\r]+")
_SEMICOLON = re.compile(r";\s*")
_STOP = re.compile(r"(?<=[a-z)\]%0-9])[.;]\s+(?=[A-Z≥≤<>])")
_WORD = re.compile(r"\S+")

# After these words a capital begins a name within the criterion, not a new criterion.
_OPEN_WORDS = re.compile(
    r"a|an|the|of|or|and|to|in|on|at|by|with|without|for|from|as|is|are|was|were|be|been|than|that"
    r"|which|who|whose|if|not|no|any|all|other|both|either|neither|nor|per|via|under|over|within"
    r"|during|after|before|between|against|into|using|known|prior|vs|versus|e\.g|i\.e|stage|grade"
    r"|type|class|score|phase|group|acute|chronic|active|severe|moderate|mild|primary|secondary"
    r"|positive|negative|anti|confirmed|suspected|human|serum|total|suffering|having|has|have|had"
    r"|least|most|more|less|including|such"
)
# Capitalised words that stand inside criteria: people's names in scales and diseases, germs,
# languages, months.
_NAMES = re.compile(
    r"(?:alzheimer|parkinson|crohn|hodgkin|wilson|cushing)(?:['’]s)?|child(?:-pugh)?|berlin"
    r"|karnofsky|glasgow|down|marfan|addison|graves|kawasaki|horowitz|murray|apgar|gleason"
    r"|legionella|mycoplasma|chlamydia|aspergillus|candida|staphylococcus|streptococcus|plasmodium"
    r"|covid(?:-19)?|english|chinese|persian|spanish|french|german|january|february|march|april|may"
    r"|june|july|august|september|october|november|december"
)
_UNIT_ENDS = re.compile(
    r"(?:\d|%|hours?|days?|weeks?|months?|years?|points?|mmhg|mg|ml|kg|min|normal|upper|\)|\])[.,;)]?\Z",
    re.IGNORECASE,
)
_STARTS = re.compile(r"[A-Z][a-z]+(?:[-'/][A-Za-z0-9]+)*[,:;/]?\Z")
_ACRONYM = re.compile(r"[A-Z][A-Z0-9-]{1,12}\Z")


class Parted(NamedTuple):
    """The spans of the items of a block, and how they can be told apart."""

    spans: tuple[tuple[int, int], ...]
    reason: str


def split(block: str) -> Parted | None:
    """The criteria that a block runs together; None where it reads as one.

    Tried in order: numbers that count up from one, bullets and line breaks, semicolons, sentences,
    and last a capital in mid-sentence after a word that closes a phrase.
    """
    if len(block) < _SHORTEST_BLOCK:
        return None
    for found, reason in (
        (_numbered(block), "numbers count up within it"),
        (_between(block, _BULLETS), "bullets or line breaks stand within it"),
        (_between(block, _SEMICOLON, least=3), "semicolons stand between them"),
        (_between(block, _STOP, least=3), "full stops stand between them"),
    ):
        if found:
            return Parted(tuple(found), reason)
    found = _capitals(block)
    if found:
        return Parted(tuple(found), "capitals begin new phrases without a separator before them")
    return None


def _trim(block: str, start: int, end: int) -> tuple[int, int]:
    piece = block[start:end]
    left = len(piece) - len(piece.lstrip())
    return start + left, start + len(piece.rstrip())


def _numbered(block: str) -> list[tuple[int, int]]:
    """Items behind 1, 2, 3 …; numbers out of turn belong to an item's text."""
    marks: list[re.Match[str]] = []
    for match in _NUMBERED.finditer(block):
        if int(match[1]) == len(marks) + 1:
            marks.append(match)
    if len(marks) < 2 or block[: marks[0].start()].strip(" :;-"):
        return []
    ends = [mark.start() for mark in marks[1:]] + [len(block)]
    spans = [_trim(block, m.end(), end) for m, end in zip(marks, ends, strict=True)]
    return [span for span in spans if span[0] < span[1]]


def _between(block: str, pattern: re.Pattern[str], least: int = 2) -> list[tuple[int, int]]:
    """Items between separators, where there are enough of them and each says something."""
    spans: list[tuple[int, int]] = []
    start = 0
    for match in pattern.finditer(block):
        spans.append(_trim(block, start, match.start()))
        start = match.end()
    spans.append(_trim(block, start, len(block)))
    spans = [(a, b) for a, b in spans if a < b]
    if len(spans) < least or any(len(block[a:b].split()) < 2 for a, b in spans):
        return []
    return spans


def _capitals(block: str) -> list[tuple[int, int]]:
    """Items that begin with a capital where the words before it could end a phrase."""
    words = list(_WORD.finditer(block))
    capitals = sum(_STARTS.match(word.group()) is not None for word in words)
    if len(words) < 8 or capitals > 0.4 * len(words):  # a title's capitals say nothing
        return []
    starts = [0]
    depth = words[0].group().count("(") - words[0].group().count(")")
    for before, word in itertools.pairwise(words):
        if depth <= 0 and _opens(before.group(), word.group()):
            starts.append(word.start())
        depth += word.group().count("(") - word.group().count(")")
    spans = [_trim(block, a, b) for a, b in zip(starts, [*starts[1:], len(block)], strict=True)]
    merged: list[tuple[int, int]] = []
    for a, b in spans:
        if merged and len(block[a:b].split()) < 2:  # one word is no criterion
            merged[-1] = (merged[-1][0], b)
        else:
            merged.append((a, b))
    return merged if len(merged) >= 3 else []


def _opens(before: str, word: str) -> bool:
    """Whether a word begins a criterion after the word before it."""
    last = before.rstrip("\"'”’")
    if (
        not last
        or last[-1] in ",:/-–(+&<>≤≥="
        or _OPEN_WORDS.fullmatch(last.casefold().strip("(),.;"))
    ):
        return False
    plain = word.strip("\"'“”’,:;.()").casefold()
    if _NAMES.fullmatch(plain):
        return False
    if _STARTS.match(word):
        return True
    return _ACRONYM.match(word) is not None and _UNIT_ENDS.search(last) is not None
