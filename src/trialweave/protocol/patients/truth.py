"""Verdicts put together: Kleene's logic of three values, with two reasons more for not knowing.

Kleene SC, Introduction to Metamathematics, 1952, section 64 (the strong tables). Where one part
decides, the others need not be known. Where none does, a conflict of facts is named before text
that is not understood, and that before a missing fact: what cannot be settled by asking comes
first. There is one table for all faces, so that an exclusion is never read the wrong way round.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from trialweave.protocol.criteria.tree import Section
from trialweave.protocol.patients.verdicts import Evidence, Outcome, Verdict

__all__ = ["all_of", "any_of", "at_least", "follows", "implied", "negated"]

_OPEN: Final[tuple[Outcome, ...]] = ("conflict", "unsupported", "unknown")
_TURNED: Final[dict[Outcome, Outcome]] = {"met": "not met", "not met": "met"}
_MOST: Final = 20  # pieces of evidence and missing facts that are carried along


def all_of(parts: Sequence[Verdict]) -> Verdict:
    """Met where all are; not met as soon as one is not."""
    return _decided(parts, "not met", "met")


def any_of(parts: Sequence[Verdict]) -> Verdict:
    """Met as soon as one is; not met where none is."""
    return _decided(parts, "met", "not met")


def at_least(number: int, parts: Sequence[Verdict]) -> Verdict:
    """Met where so many are; not met where so many can no longer be."""
    met = [each for each in parts if each.outcome == "met"]
    failed = [each for each in parts if each.outcome == "not met"]
    if len(met) >= number:
        return _told("met", f"{len(met)} of {len(parts)} hold, {number} are asked for", met)
    if len(parts) - len(failed) < number:
        said = f"{len(failed)} of {len(parts)} do not hold, {number} are asked for"
        return _told("not met", said, failed)
    return _open(parts)


def negated(one: Verdict) -> Verdict:
    """The other way round; what is open stays open."""
    return Verdict(_TURNED.get(one.outcome, one.outcome), one.because, one.evidence, one.missing)


def implied(condition: Verdict, then: Verdict) -> Verdict:
    """What is asked for only of those whom the condition fits; of others it holds."""
    if condition.outcome == "not met":
        return Verdict("met", f"does not apply: {condition.because}", condition.evidence)
    if condition.outcome == "met" or then.outcome == "met":
        return then
    return _open([condition, then])


def follows(section: Section, outcome: Outcome) -> Literal["allows", "bars", "open"]:
    """What a criterion that comes to this means for taking part. The one table of it.

    Of a criterion of unknown section nothing follows.
    """
    if section == "unknown" or outcome not in _TURNED:
        return "open"
    return "allows" if (outcome == "met") == (section == "inclusion") else "bars"


def _decided(parts: Sequence[Verdict], deciding: Outcome, otherwise: Outcome) -> Verdict:
    for each in parts:
        if each.outcome == deciding:
            return each
    if any(each.outcome in _OPEN for each in parts):
        return _open(parts)
    if len(parts) == 1:
        return parts[0]
    return _told(otherwise, "; ".join(each.because for each in parts[:_MOST]), parts)


def _open(parts: Sequence[Verdict]) -> Verdict:
    """What is open of parts of which none decides; at least one is."""
    outcome = next(kind for kind in _OPEN if any(each.outcome == kind for each in parts))
    left = [each for each in parts if each.outcome in _OPEN]
    if len(left) == 1:
        return left[0]
    because = "; ".join(dict.fromkeys(each.because for each in left[:_MOST]))
    return _told(outcome, because, left)


def _told(outcome: Outcome, because: str, parts: Sequence[Verdict]) -> Verdict:
    evidence: list[Evidence] = [one for each in parts for one in each.evidence]
    missing = dict.fromkeys(name for each in parts for name in each.missing)
    return Verdict(outcome, because, tuple(evidence[:_MOST]), tuple(missing)[:_MOST])
