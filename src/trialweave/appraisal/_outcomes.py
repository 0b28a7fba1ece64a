"""Whether two wordings name one outcome: yes, no, or not to be told.

Yes: one known narrow family, or most telling words of the shorter wording in the longer. No: two
known families and no telling word in common. Everything between is not told, since outcomes are
worded freely.
"""

from __future__ import annotations

from typing import Final, Literal

from trialweave.results.families import DEATH_COMPLEMENT, family_of, time_days
from trialweave.studies.words import words

__all__ = ["Match", "best_match", "match", "other_time", "telling"]

Match = Literal["same", "different", "unclear"]


def _listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


_COMMON: Final = _listed(
    "change baseline time day week month year hour rate number proportion percentage percent level "
    "mean score assessment assess assessed measure measured measurement incidence outcome primary "
    "secondary end point endpoint total overall occurrence frequency value improvement reduction "
    "increase decrease difference follow up duration subject participant patient defined "
    "definition any first last evaluation evaluate evaluated status result analysis due cause all"
)
_BROAD: Final = frozenset(
    (
        *("quality of life", "oxygenation", "lung function", "lung imaging", "infection"),
        *("treatment response", "oxygen support", "withdrawal", "viral clearance"),
    )
)  # families of several measures: another one of them is another outcome
_NAMING: Final = _listed(
    "quality life oxygenation oxygen function lung pulmonary chest imaging infection response "
    "viral virus clearance support withdrawal discontinuation"
)  # words that only say which of the broad families it is
_ENOUGH: Final = 0.6  # of the telling words of the shorter wording
_LONGEST: Final = 2_000


def telling(text: str) -> frozenset[str]:
    """The words of an outcome that tell what is measured; numbers and times are not among them."""
    return frozenset(
        word for word in words(text, limit=_LONGEST)
        if word not in _COMMON and not word.isdigit() and len(word) > 1
    )  # fmt: skip


def match(one: str, other: str) -> Match:
    """Whether two wordings name the same outcome."""
    families = [DEATH_COMPLEMENT.get(name, name) for name in (family_of(one), family_of(other))]
    known = all(families)
    alike = known and families[0] == families[1]
    if alike and families[0] not in _BROAD:
        return "same"
    mine, theirs = telling(one), telling(other)
    if alike:
        mine, theirs = mine - _NAMING, theirs - _NAMING
    if not mine or not theirs:
        return "unclear"
    common, least = len(mine & theirs), min(len(mine), len(theirs))
    if known and not alike:
        english = one.isascii() and other.isascii()
        return "different" if common == 0 and english else "unclear"
    if common >= _ENOUGH * least and (least > 1 or mine == theirs):
        return "same"
    return "unclear"


def best_match(one: str, others: list[str]) -> Match:
    """The best of several matches; "different" only where it differs from every one."""
    results = {match(one, other) for other in others}
    if "same" in results:
        return "same"
    return "different" if results == {"different"} else "unclear"


def other_time(one: str, other: str) -> tuple[float, float] | None:
    """Two time points in days, where both wordings name one and they differ by over a tenth."""
    first, second = time_days(one), time_days(other)
    if first is None or second is None:
        return None
    if abs(first - second) <= max(1.0, 0.1 * max(first, second)):
        return None
    return first, second
