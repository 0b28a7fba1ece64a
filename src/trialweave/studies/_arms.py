"""The arms of a trial, one by one: how many, how large to each other, what each receives."""

from __future__ import annotations

from typing import Final

import msgspec

from trialweave.model import Trial
from trialweave.studies.words import product_words

__all__ = ["Arms", "arms_of"]

_MOST: Final = 12  # arms that are told apart
_SHORT: Final = 200  # characters of a description
_LARGEST: Final = 20.0  # times the smallest arm
# What labels of arms say beside what is given
_LABEL_LISTED: Final = "active cohort part stage only alone plus patient participant"
_LABEL: Final = frozenset(_LABEL_LISTED.split())


class Arms(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Arms in the order of the record: what tells each, with none for a control that tells nothing.

    `ratio` is that of their sizes, smallest first ("1:1", "1:2"), "" where not all are stated.
    """

    count: int = 0
    ratio: str = ""
    given: tuple[frozenset[str], ...] = ()


def arms_of(about: Trial) -> Arms:
    """The arms that a record lists; none where it lists no arms, or more than 12."""
    arms = about.arms.content or ()
    if not 0 < len(arms) <= _MOST:
        return Arms()
    given = []
    for arm in arms:
        told = [arm.label.content or "", *(arm.interventions.content or ())[:10]]
        told.append((arm.description.content or "")[:_SHORT])
        words = frozenset(product_words(" . ".join(told))) - _LABEL
        given.append(frozenset(word for word in words if len(word) > 1))
    sizes = [arm.size.content for arm in arms if arm.size.content]
    return Arms(len(arms), _ratio(sizes) if len(sizes) == len(arms) else "", tuple(given))


def _ratio(sizes: list[int]) -> str:
    """Sizes as multiples of the smallest, to the nearest half: plans and results differ."""
    if len(sizes) < 2:
        return ""
    least = min(sizes)
    times = sorted(min(round(2 * size / least) / 2, _LARGEST) for size in sizes)
    return ":".join(f"{each:g}" for each in times)
