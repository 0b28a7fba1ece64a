"""Which pairs of records resemble each other: judged once, and kept for the next writing.

How common facts are depends on all records, and a judgement on that. All pairs are compared anew
only where there are few records or many of them are new; in between, records that came or changed
are compared, with each other and with those that were there, and what was judged of the others
stays as it was. `trialweave rebuild` compares all anew.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from trialweave.model import Link, Signal
from trialweave.studies.blocking import MARK, Keys, candidate_pairs, keys_of
from trialweave.studies.clusters import apart, hard_facts
from trialweave.studies.corpus import Corpus, survey
from trialweave.studies.profiles import Packed, Profile
from trialweave.studies.promising import LOOKED_AT, promising
from trialweave.studies.scoring import RULE, Judgement, judge, probability, programme
from trialweave.studies.signals import contained

__all__ = ["FEW", "GROWTH", "Compared", "compare", "pack", "unpack"]

FEW: Final = 2000  # records up to which all are compared anew with each writing
GROWTH: Final = 0.1  # of the records last compared, how many may come or change before all is anew
_WORTH_REJECTING: Final = 0.99  # two registrations as alike as this are told apart expressly

Ints: TypeAlias = npt.NDArray[np.signedinteger]
Pair: TypeAlias = tuple[str, str]
_Judged: TypeAlias = tuple[dict[Pair, Judgement], dict[Pair, Link]]


@dataclass(frozen=True)
class Compared:
    """What comparing came to, with all that the next writing needs in order to go on from it.

    `whole` is how many records there were when all were last compared, `since` how many came or
    changed after that. `ids` and `digests` (of profiles as encoded) tell the records, in order of
    ids, and `keys` their keys. `linked` are the pairs that needed no comparing. `told` are links
    that are not for the model to make.
    """

    whole: int
    since: int
    ids: tuple[str, ...]
    digests: npt.NDArray[np.uint64]
    keys: Keys
    linked: frozenset[Pair]
    judgements: Mapping[Pair, Judgement]
    told: Mapping[Pair, Link]


def compare(profiles: Packed, linked: Iterable[Pair], known: Compared | None = None) -> Compared:
    """Judge the pairs that are worth it; `linked` pairs are linked by identifiers already.

    With `known`, what was judged of records that are as they were is taken over.
    """
    linked = frozenset(linked)
    corpus = survey(profiles)
    if known is not None and len(profiles) > FEW:
        fresh, place = _fresh(profiles, known)
        if known.since + len(fresh) <= GROWTH * known.whole:
            return _further(profiles, corpus, linked, known, fresh, place)
    count = len(profiles)
    keys = keys_of(profiles, corpus)
    judgements, told = _judged(profiles, corpus, candidate_pairs(keys, count), linked)
    return Compared(count, 0, profiles.ids, profiles.digests, keys, linked, judgements, told)


def _fresh(profiles: Packed, known: Compared) -> tuple[Ints, Ints]:
    """Positions of records that came or changed; for each known record, its position or -1 where
    it is gone or changed."""
    at = {record: position for position, record in enumerate(profiles.ids)}
    place = np.fromiter((at.get(record, -1) for record in known.ids), np.int64, len(known.ids))
    if len(place):
        place[(place >= 0) & (profiles.digests[place] != known.digests)] = -1
    same = np.zeros(len(profiles), bool)
    same[place[place >= 0]] = True
    return np.flatnonzero(~same), place


def _further(
    profiles: Packed,
    corpus: Corpus,
    linked: frozenset[Pair],
    known: Compared,
    fresh: Ints,
    place: Ints,
) -> Compared:
    """What is known, and the fresh records compared."""
    came = keys_of((profiles[int(at)] for at in fresh), corpus)
    keys = _joined(known.keys, place, came, fresh)
    at = {record: int(to) for record, to in zip(known.ids, place, strict=True) if to >= 0}
    # Pairs that identifiers linked, and do not any more: of an article with another hub, for one
    freed = [(at[a], at[b]) for a, b in known.linked - linked if a in at and b in at]
    pairs = candidate_pairs(keys, len(profiles), fresh)
    again = np.sort(np.asarray(freed, np.int64).reshape(-1, 2), axis=1)
    pairs = np.unique(np.concatenate([pairs, again]), axis=0)
    involved, inverse = np.unique(pairs, return_inverse=True)
    some = [profiles[int(at)] for at in involved]
    judgements, told = _judged(some, corpus, inverse.reshape(-1, 2), linked)

    def holds(pair: Pair) -> bool:
        return pair not in linked and pair[0] in at and pair[1] in at

    return Compared(
        known.whole,
        known.since + len(fresh),
        profiles.ids,
        profiles.digests,
        keys,
        linked,
        {pair: each for pair, each in known.judgements.items() if holds(pair)} | judgements,
        {pair: each for pair, each in known.told.items() if holds(pair)} | told,
    )


def _joined(held: Keys, place: Ints, came: Keys, fresh: Ints) -> Keys:
    """The keys that stay, at their records' new positions, with those of fresh records."""
    moved = place[held.records]
    stays = moved >= 0
    records = np.concatenate([moved[stays], fresh[came.records]]).astype(np.int32)
    keys = np.concatenate([held.keys[stays], came.keys])
    says = np.concatenate([held.says[stays], came.says])
    order = np.argsort(records, kind="stable")
    return Keys(records[order], keys[order], says[order])


def _judged(
    profiles: Sequence[Profile], corpus: Corpus, pairs: Ints, linked: frozenset[Pair]
) -> _Judged:
    """Judge candidate pairs, and tell those that are not for the model to join: pairs that
    resemble each other yet are two trials, and perhaps parts of one programme."""
    judgements: dict[Pair, Judgement] = {}
    told: dict[Pair, Link] = {}
    for pair in promising(profiles, corpus, pairs):
        a, b = profiles[int(pair[0])], profiles[int(pair[1])]
        if (a.id, b.id) in linked or _one_thing(a, b):
            continue
        if a.identity.review or b.identity.review:  # it tells of other people's trials
            continue
        if contained(a, b, corpus)[1] < LOOKED_AT and not _cites(a, b):
            continue
        judgement = judge(a, b, corpus)
        why = apart(a.identity, b.identity)
        if judgement.bits < 0:
            link = programme(judgement)
            if link is not None and not why:
                told[a.id, b.id] = link
            continue
        if not why and hard_facts(judgement):
            why = "countries, sizes and dates all differ"
        if not why:
            judgements[a.id, b.id] = judgement
        elif probability(judgement.bits) >= _WORTH_REJECTING:
            told[a.id, b.id] = _rejected(judgement, why)
    return judgements, told


def _rejected(judgement: Judgement, why: str) -> Link:
    against = Signal("contradiction", -2 * math.ceil(judgement.bits), why)
    bits = judgement.bits + against.weight
    a, b = judgement.a.record_id, judgement.b.record_id
    signals = (*judgement.signals, against)
    return Link(a, b, "rejected", "two trials", probability(bits), signals, RULE)


def _cites(a: Profile, b: Profile) -> bool:
    mine = {number for number, _ in a.identity.articles}
    theirs = {number for number, _ in b.identity.articles}
    return any(cited.identifier in theirs for cited in a.identity.cited) or any(
        cited.identifier in mine for cited in b.identity.cited
    )


def _one_thing(a: Profile, b: Profile) -> bool:
    """Both are the same registration or article: identifiers have said so."""
    if a.identity.own is not None and a.identity.own == b.identity.own:
        return True
    return bool(dict(a.identity.articles).keys() & dict(b.identity.articles).keys())


# --- To keep it -----------------------------------------------------------------------------------


class _Rest(msgspec.Struct, frozen=True, array_like=True):
    mark: int
    rule: str
    whole: int
    since: int
    ids: tuple[str, ...]
    linked: tuple[Pair, ...]
    judgements: tuple[Judgement, ...]
    told: tuple[Link, ...]


def pack(compared: Compared) -> dict[str, npt.NDArray[Any]]:
    """As arrays, of which one is the MessagePack of all that is none."""
    rest = _Rest(
        MARK,
        RULE,
        compared.whole,
        compared.since,
        compared.ids,
        tuple(sorted(compared.linked)),
        tuple(compared.judgements.values()),
        tuple(compared.told.values()),
    )
    return {
        "rest": np.frombuffer(msgspec.msgpack.encode(rest), np.uint8),
        "digests": compared.digests,
        "records": compared.keys.records,
        "keys": compared.keys.keys,
        "says": compared.keys.says,
    }


def unpack(arrays: Mapping[str, npt.NDArray[Any]]) -> Compared | None:
    """What `pack` packed; None where this program cannot go on from it."""
    try:
        rest = msgspec.msgpack.decode(arrays["rest"].tobytes(), type=_Rest)
    except (KeyError, msgspec.MsgspecError):
        return None
    if (rest.mark, rest.rule) != (MARK, RULE) or len(arrays["digests"]) != len(rest.ids):
        return None
    return Compared(
        rest.whole,
        rest.since,
        rest.ids,
        arrays["digests"],
        Keys(arrays["records"], arrays["keys"], arrays["says"]),
        frozenset(rest.linked),
        {(each.a.record_id, each.b.record_id): each for each in rest.judgements},
        {(each.record_a, each.record_b): each for each in rest.told},
    )
