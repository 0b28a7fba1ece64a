"""Which references are compared: those that share a title, two rare words, or a place in print."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from trialweave.studies._references import Features
from trialweave.studies._resemblance import Lists

__all__ = ["candidate_pairs"]

_BLOCK: Final = 40  # references that share a key; where more do, it tells little
_WINDOW: Final = 10  # neighbours that are compared in a block that is too large
_RAREST: Final = 4  # words of a title that make keys, two by two
_START: Final = 40  # letters: titles of which one lacks the subtitle


def candidate_pairs(
    features: Sequence[Features], order: Sequence[int], lists: Lists
) -> list[tuple[int, int]]:
    """Pairs to compare, in an order that follows from the content. `order` sorts by content.

    A reference is compared with at most `_BLOCK` others for each of its keys, so work grows
    linearly.
    """
    blocks: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for at in order:
        for key in _keys(features[at], lists):
            blocks[key].append(at)
    found: dict[tuple[int, int], None] = {}
    for key, members in blocks.items():
        if len(members) < 2:
            continue
        if len(members) > _BLOCK:
            if key[0] != "title":
                continue
            members = sorted(members, key=lambda at: _neighbour(features[at]))
        for place, at in enumerate(members):
            reach = _WINDOW if len(members) > _BLOCK else _BLOCK
            for other in members[place + 1 : place + 1 + reach]:
                found[at, other] = None
    return list(found)


def _neighbour(one: Features) -> tuple[object, ...]:
    names = sorted(one.authors[0]) if one.authors else []
    return names, one.year, one.volume, one.page, one.key


def _keys(one: Features, lists: Lists) -> Iterator[tuple[object, ...]]:
    if one.title:
        yield "title", one.title
    if len(one.title) > _START:
        yield "start", one.title[:_START]
    rare = sorted(one.bag, key=lambda word: (-lists.bits(word), word))[:_RAREST]
    for place, word in enumerate(rare):
        for other in rare[place + 1 :]:
            yield "words", *sorted((word, other))
    if one.volume and one.page and one.year:
        yield "place", one.year, one.volume, one.page
    if one.authors and one.page and one.year:
        for name in one.authors[0]:
            yield "author", name, one.year, one.page
