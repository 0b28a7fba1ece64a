"""From signals to a probability that two records tell of one trial."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from trialweave.model import Signal
from trialweave.studies.corpus import Corpus
from trialweave.studies.identities import Header
from trialweave.studies.profiles import Profile
from trialweave.studies.signals import TOPICAL, compare

__all__ = ["CANDIDATE", "PROBABLE", "RULE", "Judgement", "judge", "probability"]

RULE: Final = "model/1"
PROBABLE: Final = 0.95
CANDIDATE: Final = 0.5
TOPIC_CAP: Final = 12.5  # bits: what two records are about cannot alone make them one trial
_TWINS: Final = 0.4  # of a record, how many others of its trial are expected among the records
_FIELD: Final = 1000  # records gathered for one question stand for at least that many


@dataclass(frozen=True, slots=True)
class Judgement:
    """A compared pair: its signals sum to `bits`, the log2 odds of being one trial."""

    a: Header
    b: Header
    signals: tuple[Signal, ...]
    bits: float


def probability(bits: float) -> float:
    """Log2 odds as a probability, never quite 1: that is kept for identifiers."""
    return min(round(1 / (1 + 2 ** -max(min(bits, 60.0), -60.0)), 4), 0.9999)


def prior(corpus: Corpus) -> Signal:
    """The odds before comparing; they fall as the records grow in number."""
    records = max(corpus.records, _FIELD)
    bits = round(math.log2(_TWINS / records), 2)
    odds = round(records / _TWINS, -2)
    return Signal("prior", bits, f"before comparing, 1 pair in {odds:,.0f} is held for one trial")


def judge(a: Profile, b: Profile, corpus: Corpus) -> Judgement:
    """Compare two records. What they are about counts up to `TOPIC_CAP` bits in all."""
    signals = [prior(corpus), *compare(a, b, corpus)]
    about = sum(signal.weight for signal in signals if signal.name in TOPICAL)
    if about > TOPIC_CAP:
        told = "what both are about overlaps as evidence, and many trials share it"
        signals.append(Signal("shared topic", round(TOPIC_CAP - about, 2), told))
    one, other = a.identity.record, b.identity.record
    return Judgement(one, other, tuple(signals), sum(signal.weight for signal in signals))
