"""From signals to a probability that two records tell of one trial."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from trialweave.model import Link, Signal
from trialweave.studies.corpus import Corpus
from trialweave.studies.identities import Header
from trialweave.studies.profiles import Profile
from trialweave.studies.signals import TOPICAL, compare

__all__ = [
    "CANDIDATE",
    "OWN_CAP",
    "PROBABLE",
    "RULE",
    "TEAM_CAP",
    "TOPIC_CAP",
    "Judgement",
    "judge",
    "overlap",
    "prior",
    "probability",
    "programme",
]

RULE: Final = "model/3"
PROGRAMME: Final = "programme/1"
PROBABLE: Final = 0.95
CANDIDATE: Final = 0.5
TOPIC_CAP: Final = 12.5  # bits: what two records are about cannot alone make them one trial
_OWN: Final = ("acronym", "outcome")  # of the trial more than of its topic
OWN_CAP: Final = 1.5  # bits that these may add to `TOPIC_CAP`
_TEAM: Final = ("sponsor", "investigator", "site")
TEAM_CAP: Final = 8.0  # bits: trials of one team share its institutions, people and sites
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


def overlap(weights: Mapping[str, float]) -> float:
    """Bits by which what two records are about, and who conducts them, goes beyond what these may
    weigh; 0 where neither does.

    `weights` by the name of the signal; there is one signal of each name.
    """
    return _topic_overlap(weights) + _team_overlap(weights)


def _team_overlap(weights: Mapping[str, float]) -> float:
    return max(sum(weights.get(name, 0.0) for name in _TEAM) - TEAM_CAP, 0.0)


def _topic_overlap(weights: Mapping[str, float]) -> float:
    about = sum(weight for name, weight in weights.items() if name in TOPICAL)
    own = max((weights[name] for name in _OWN if name in weights), default=0.0)
    return max(about - TOPIC_CAP - min(max(own, 0.0), OWN_CAP), 0.0)


def judge(a: Profile, b: Profile, corpus: Corpus) -> Judgement:
    """Compare two records. What they are about counts up to `TOPIC_CAP` bits in all."""
    signals = [prior(corpus), *compare(a, b, corpus)]
    weights = {signal.name: signal.weight for signal in signals}
    over = _topic_overlap(weights)
    if over > 0:
        told = "what both are about overlaps as evidence, and many trials share it"
        signals.append(Signal("shared topic", round(-over, 2), told))
    over = _team_overlap(weights)
    if over > 0:
        told = "institutions, people and sites overlap as evidence: a team's trials share them"
        signals.append(Signal("shared team", round(-over, 2), told))
    one, other = a.identity.record, b.identity.record
    return Judgement(one, other, tuple(signals), sum(signal.weight for signal in signals))


_SAME_NAME: Final = 3.0  # bits of a shared short name, and of shared words beside it


def programme(judgement: Judgement) -> Link | None:
    """A candidate where two records that differ in their facts share a rare short name and much of
    their titles: national registrations of one platform do, and whether they are one study is for
    a person to say. It never joins records."""
    weights = {signal.name: signal.weight for signal in judgement.signals}
    words = sum(weights.get(name, 0.0) for name in ("product", "condition", "title"))
    if judgement.bits >= 0 or min(weights.get("acronym", 0.0), words) < _SAME_NAME:
        return None
    told = "one name and alike titles, other facts: perhaps parts of one programme, for a person"
    signals = (*judgement.signals, Signal("programme", 0.0, told))
    a, b = judgement.a.record_id, judgement.b.record_id
    chance = probability(judgement.bits)  # the model's, which a rule for showing does not raise
    return Link(a, b, "candidate", "parts of one programme", chance, signals, PROGRAMME)
