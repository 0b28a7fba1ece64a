"""What would change a link: the single facts that would make it certain or overturn it.

Pure arithmetic on the link's own signals and on what each signal can weigh at most and at least;
nothing is looked up. The bounds are those of `signals`, `subject` and `conduct`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

from trialweave.model import Link, Signal
from trialweave.studies.conduct import OTHER_ARMS
from trialweave.studies.scoring import CANDIDATE, PROBABLE, overlap
from trialweave.studies.signals import MOST, OTHER_COUNTRY, OTHER_START

__all__ = ["would_change"]

_JOINS: Final = math.log2(PROBABLE / (1 - PROBABLE))  # bits from which records are joined
_SHOWN: Final = math.log2(CANDIDATE / (1 - CANDIDATE))
_NAMED: Final = 3  # facts of one kind that are told


class _Fact(NamedTuple):
    """One fact: how it reads where it agrees and differs, and what it then weighs."""

    agreeing: str
    most: float
    differing: str
    least: float


_FACTS: Final = {
    "enrolment": _Fact(
        "an equal number of participants", MOST["enrolment"], "another number of participants", -5.0
    ),
    "country": _Fact(
        "a common country", MOST["country"], "another country", OTHER_COUNTRY["stated"]
    ),
    "sponsor": _Fact("a common sponsor", MOST["sponsor"], "another sponsor", -2.0),
    "investigator": _Fact(
        "a common investigator", MOST["investigator"], "no common investigator", 0.0
    ),
    "site": _Fact("a common site", MOST["site"], "no common site", 0.0),
    "dose": _Fact("a common dose", MOST["dose"], "no common dose", 0.0),
    "arms": _Fact(
        "as many arms of one ratio of sizes", MOST["arms"], "another number of arms", OTHER_ARMS
    ),
    "start": _Fact(
        "the same day of start", MOST["same day"], "a start more than a year away", OTHER_START[2]
    ),
    "phase": _Fact("the same phase", MOST["phase"], "another phase", -3.0),
    "allocation": _Fact("the same allocation", MOST["allocation"], "another allocation", -2.5),
    "ages": _Fact("the same limits of age", MOST["ages"], "other limits of age", -1.0),
    "masking": _Fact("the same masking", MOST["masking"], "open against masked", -2.0),
    "acronym": _Fact("a common short name", 5.0, "another short name", 0.0),
    "outcome": _Fact("the same primary outcome", 3.0, "another primary outcome", -1.0),
    "completion": _Fact("the same day of completion", 3.0, "completion over a year away", -1.0),
    "other number": _Fact("a common protocol number", 6.0, "", 0.0),
}


def would_change(link: Link) -> tuple[str, ...]:
    """In a few sentences, which single further fact would make a link certain or overturn it.

    Facts that both records state are asked for how the link would stand if they differed; facts
    that they do not both state, for how it would if they did.
    """
    signals = {signal.name: signal for signal in link.signals}
    if "decision" in signals:
        return ("It rests on a decision of people: only a further decision changes it.",)
    if link.kind == "asserted":
        return (
            f"It rests on {_listed(link.signals)}: if that were corrected in the record, the link "
            "would be weighed by likeness alone.",
            "A decision of a person can undo it.",
        )
    if "umbrella number" in signals:
        return (
            "A number that only these records state, and not a whole programme, would make it "
            "certain.",
        )
    if link.kind == "rejected" or "contradiction" in signals:
        return (_contradicted(signals.get("contradiction")),)
    bits = sum(signal.weight for signal in link.signals)
    number = "A registry number that both state as their own trial's would make it certain"
    if link.kind == "probable":
        return (f"{number}.", _overturning(link.signals, bits))
    if "held back" in signals:
        return (f"{number}.", f"It is held back, for {signals['held back'].evidence}.")
    if "programme" in signals:
        return (f"{number}; without one, whether both are parts of one programme is for a person.",)
    told = [f"{number}; two numbers of one register would reject it.", _lifting(signals, bits)]
    if "rival" in signals:
        lost = -signals["rival"].weight
        told.append(
            f"The rival takes {lost:.1f} bits: what tells this pair from it would give them back."
        )
    else:
        told.append(_overturning(link.signals, bits))
    return tuple(told)


def _listed(signals: tuple[Signal, ...]) -> str:
    names = sorted({signal.name for signal in signals})
    return f"the {names[0]}" if len(names) == 1 else "each of: " + ", ".join(names)


def _contradicted(signal: Signal | None) -> str:
    if signal is None:
        return "Only a decision of a person would join these records."
    return (
        f"It falls with the contradiction ({signal.evidence}): a correction of that in the "
        "records, or a decision of a person, would be needed; likeness would not do."
    )


def _lifting(signals: dict[str, Signal], bits: float) -> str:
    """Facts not both stated, or not agreeing, that alone would join the records."""
    needed = _JOINS - bits
    weights = {name: signal.weight for name, signal in signals.items()}
    gains = []
    for name, fact in _FACTS.items():
        gain = _shift(weights, name, fact.most)
        if fact.agreeing and gain >= needed:
            gains.append((gain, f"{fact.agreeing} (up to {gain:+.1f})"))
    lacking = f"It lacks {needed:.1f} bits to be probable"
    if not gains:
        return f"{lacking}; no single fact but a number would add as much."
    best = [told for _, told in sorted(gains, reverse=True)[:_NAMED]]
    return f"{lacking}; any of these can do: {', '.join(best)}."


def _shift(weights: Mapping[str, float], name: str, weight: float) -> float:
    """By how many bits the sum changes where one signal weighs otherwise.

    What records are about is bounded together, so a further agreement in it may add less.
    """
    then = {**weights, name: weight}
    return weight - weights.get(name, 0.0) - overlap(then) + overlap(weights)


def _overturning(signals: tuple[Signal, ...], bits: float) -> str:
    """Facts that alone would take the link below what it takes to be probable, or shown."""
    joined = bits >= _JOINS
    spare = bits - (_JOINS if joined else _SHOWN)
    lost = "no longer join the records" if joined else "no longer be shown"
    weights = {signal.name: signal.weight for signal in signals}
    losses = []
    for name, fact in _FACTS.items():
        loss = -_shift(weights, name, fact.least)
        if fact.differing and loss > spare:
            losses.append((loss, f"{fact.differing} (−{loss:.1f})"))
    standing = f"It stands {spare:.1f} bits above what it takes"
    if not losses:
        return f"{standing}; no single fact but two numbers of one register would undo it."
    worst = [told for _, told in sorted(losses, reverse=True)[:_NAMED]]
    return f"{standing}; with any of these, at its most, it would {lost}: {', '.join(worst)}."
