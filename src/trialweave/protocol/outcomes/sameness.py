"""Whether two registered outcomes are one: measure, instrument and time, each by itself."""

from __future__ import annotations

import functools
from typing import Final, Literal, NamedTuple

from trialweave.protocol.outcomes.registered import Registered
from trialweave.results.families import DEATH_COMPLEMENT, family_of
from trialweave.studies.words import words

__all__ = ["Sameness", "outcome_family", "same_outcome"]

Verdict = Literal["same", "other time", "other instrument", "different", "unclear"]


def _listed_words(*lines: str) -> frozenset[str]:
    return frozenset(" ".join(lines).split())


_COMMON: Final = _listed_words(
    "change changes baseline time day days week weeks month months year years hour hours rate",
    "number numbers proportion percentage percent level levels mean score scores scale assessment",
    "assess assessed measure measured measurement incidence outcome primary secondary end point",
    "endpoint total overall occurrence frequency value improvement reduction increase decrease",
    "difference follow up duration subject subjects participant participants patient patients",
    "defined definition any first last evaluation evaluate evaluated status result results",
    "analysis due cause all index questionnaire test",
)
_ENOUGH: Final = 0.6  # of the telling words of the shorter wording
_CLOSE: Final = 0.05  # of a time point, at least a day
_LONGEST: Final = 2000


class Sameness(NamedTuple):
    """Whether two outcomes are the same one, and why.

    "other time" and "other instrument": the same thing, measured then or so; "unclear" where the
    wordings do not tell.
    """

    verdict: Verdict
    reason: str


def outcome_family(outcome: Registered) -> str:
    """The name under which an outcome stands beside others; "" where its wording names none.

    Survival is told as mortality, of which it is the complement.
    """
    return _family(outcome.measure)


@functools.lru_cache(maxsize=1 << 12)
def _family(measure: str) -> str:
    family = family_of(measure)
    return DEATH_COMPLEMENT.get(family, family)


def same_outcome(one: Registered, other: Registered) -> Sameness:
    """Whether two registered outcomes are one; the order of the two does not matter.

    The same: one measure (a known family, else most telling words or the instrument in common), no
    differing instruments, and a time point in common. A wording that names neither gives "unclear".
    """
    concept = _concept(one, other)
    if concept.verdict != "same":
        return concept
    mine, theirs = _instruments(one), _instruments(other)
    if mine and theirs and not mine & theirs:
        told = sorted([_listed(mine), _listed(theirs)])
        return Sameness("other instrument", f"{concept.reason}; {told[0]} against {told[1]}")
    return _timed(one, other, concept.reason)


def _concept(one: Registered, other: Registered) -> Sameness:
    families = outcome_family(one), outcome_family(other)
    if all(families):
        if families[0] == families[1]:
            return Sameness("same", f"both are {families[0]}")
        return Sameness("different", "{} against {}".format(*sorted(families)))
    mine, theirs = _telling(one.measure), _telling(other.measure)
    common = mine & theirs
    shared = _instruments(one) & _instruments(other)
    enough = len(common) > 1 and len(common) >= _ENOUGH * min(len(mine), len(theirs))
    if mine and (enough or mine == theirs):
        return Sameness("same", f"both tell of {' '.join(sorted(common))}")
    if shared and (common or not mine or not theirs):
        return Sameness("same", f"both are measured with {_listed(shared)}")
    if not mine or not theirs:
        return Sameness("unclear", "a wording does not say what is measured")
    if not common and not shared and one.measure.isascii() and other.measure.isascii():
        return Sameness("different", "no telling word in common")
    return Sameness("unclear", "only a part of the wording is in common")


@functools.lru_cache(maxsize=1 << 12)
def _telling(text: str) -> frozenset[str]:
    return frozenset(
        word
        for word in words(text, limit=_LONGEST)
        if word not in _COMMON and not word.isdigit() and len(word) > 1
    )


def _instruments(outcome: Registered) -> frozenset[str]:
    return frozenset((outcome.instrument or "").split("|")) - {""}


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))


def _timed(one: Registered, other: Registered, why: str) -> Sameness:
    mine, theirs = _ends(one), _ends(other)
    events = {event[:2] for event in one.events} & {event[:2] for event in other.events}
    for day in sorted(mine):
        if any(abs(day - end) <= max(1.0, _CLOSE * max(day, end)) for end in theirs):
            return Sameness("same", f"{why}; both at day {day:g}")
    if events:
        name, days = min(events)
        return Sameness("same", f"{why}; both {days:g} days after {name}")
    if one.recurring_every_days and one.recurring_every_days == other.recurring_every_days:
        return Sameness("same", f"{why}; both every {one.recurring_every_days:g} days")
    if not mine or not theirs:
        return Sameness("unclear", f"{why}; a time point is not stated in days")
    told = sorted([_days(mine), _days(theirs)])
    return Sameness("other time", f"{why}; days {told[0]} against {told[1]}")


def _ends(outcome: Registered) -> frozenset[float]:
    """The days on which an outcome is told, baseline apart; of a window its end."""
    ends = {day for day in outcome.timepoints_days if day > 0}
    if outcome.window_days is not None:
        ends.add(outcome.window_days[1])
    return frozenset(ends)


def _days(days: frozenset[float]) -> str:
    return ", ".join(f"{day:g}" for day in sorted(days))
