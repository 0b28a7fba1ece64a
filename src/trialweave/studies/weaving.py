"""From records to studies: identifiers first, then likeness, then names for what came out."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from trialweave.model import Decision, Finding, Link, Record, Signal, Study
from trialweave.studies.asserted import Claim, asserted_claims, demoted, link_of
from trialweave.studies.clusters import Partition, join_asserted, join_probable
from trialweave.studies.comparing import Compared, compare
from trialweave.studies.decided import join_decided, standings, with_decisions
from trialweave.studies.naming import name_studies
from trialweave.studies.profiles import Packed, Profile, profile
from trialweave.studies.scoring import CANDIDATE, PROBABLE, RULE, Judgement, probability
from trialweave.studies.tellings import relation_of

__all__ = ["Weave", "weave", "weave_profiles"]

_Pair = tuple[str, str]


@dataclass(frozen=True)
class Weave:
    """Studies in the order of their ids, links in the order of their records; what comparing came
    to, from which the next weaving can go on."""

    studies: tuple[Study, ...]
    links: tuple[Link, ...]
    compared: Compared = field(compare=False, repr=False)


def weave(
    records: Sequence[Record],
    findings: Mapping[str, Sequence[Finding]],
    decisions: Sequence[Decision] = (),
) -> Weave:
    """Tell which records describe one study, and why.

    `records` are current versions; of several versions of one record the highest counts.
    `findings` by record id tell the sizes of arms, stated or recovered; `decisions` are those of
    people, of which some may be about other records. The outcome does not depend on the order of
    any of these. Every record is in exactly one study.
    """
    newest: dict[str, Record] = {}
    for record in records:
        known = newest.get(record.record_id)
        if known is None or record.precedence > known.precedence:
            newest[record.record_id] = record
    profiles = [profile(newest[key], findings.get(key, ())) for key in sorted(newest)]
    return weave_profiles(profiles, decisions)


def weave_profiles(
    profiles: Sequence[Profile], decisions: Sequence[Decision] = (), known: Compared | None = None
) -> Weave:
    """The same, from what linking needs to know of each record: one profile a record, in the order
    of their ids. `known` is what an earlier weaving found out by comparing (see `comparing`)."""
    packed = profiles if isinstance(profiles, Packed) else Packed.of(profiles)
    identities = packed.identities
    partition = Partition(identities)
    present = frozenset(packed.ids)
    standing = standings(decisions)
    withheld = join_decided(partition, standing, present)
    held, dropped, reasons = join_asserted(partition, asserted_claims(identities))
    links = _asserted_links(held, dropped, reasons)
    compared = compare(packed, links, known)
    judgements = _with_rivals(compared.judgements, partition)
    held_back = join_probable(partition, judgements)
    for pair, judgement in judgements.items():
        link = _model_link(judgement, held_back.get(pair, ""), partition)
        if link is not None:
            links[pair] = link
    for pair, link in compared.told.items():
        if partition.root(pair[0]) != partition.root(pair[1]):  # else a person knew better
            links[pair] = link
    with_decisions(links, partition, standing, withheld, present)
    studies = name_studies(list(partition.members.values()), identities)
    return Weave(studies, tuple(links[pair] for pair in sorted(links)), compared)


def _asserted_links(
    held: Sequence[Claim], dropped: Sequence[Claim], reasons: Mapping[_Pair, str]
) -> dict[_Pair, Link]:
    grouped: dict[_Pair, list[Claim]] = defaultdict(list)
    for claim in dropped:
        grouped[claim.a, claim.b].append(claim)
    links = {pair: demoted(claims, reasons) for pair, claims in grouped.items()}
    grouped.clear()
    for claim in held:
        grouped[claim.a, claim.b].append(claim)
    return links | {pair: link_of(claims) for pair, claims in grouped.items()}


def _with_rivals(
    judgements: Mapping[_Pair, Judgement], partition: Partition
) -> dict[_Pair, Judgement]:
    """Weigh a pair against the other trials that one of its records might as well belong to.

    Rivals are clusters that cannot be one trial with the partner. A record belongs to at most one
    of them, so their odds share what there is.
    """
    best: dict[str, dict[str, float]] = defaultdict(dict)
    for (a, b), judgement in judgements.items():
        one, other = partition.root(a), partition.root(b)
        if one != other:
            best[one][other] = max(best[one].get(other, -60.0), judgement.bits)
            best[other][one] = max(best[other].get(one, -60.0), judgement.bits)
    weighed: dict[_Pair, Judgement] = {}
    for (a, b), judgement in judgements.items():
        one, other = partition.root(a), partition.root(b)
        worst, rival = 0.0, ""
        for root, partner in ((one, other), (other, one)):
            found = [
                (bits, each)
                for each, bits in best.get(root, {}).items()
                if each != partner and partition.barred((each, partner))
            ]
            if found:
                weight = -math.log2(1 + sum(2**bits for bits, _ in found))
                if weight < worst:
                    worst, rival = weight, max(found)[1]
        if worst <= -0.05:
            told = f"{rival} resembles it too, and both cannot be the same trial"
            if why := partition.decided((rival, one)) or partition.decided((rival, other)):
                told += f": {why}"
            signal = Signal("rival", round(worst, 2), told)
            judgement = Judgement(
                judgement.a,
                judgement.b,
                (*judgement.signals, signal),
                judgement.bits + signal.weight,
            )
        weighed[a, b] = judgement
    return weighed


def _model_link(judgement: Judgement, held_back: str, partition: Partition) -> Link | None:
    chance = probability(judgement.bits)
    if chance < CANDIDATE:
        return None
    a, b = judgement.a, judgement.b
    relation = relation_of(a, b)
    signals = judgement.signals
    joined = partition.root(a.record_id) == partition.root(b.record_id)
    if chance >= PROBABLE and joined:
        return Link(a.record_id, b.record_id, "probable", relation, chance, signals, RULE)
    if held_back:
        signals = (*signals, Signal("held back", 0.0, held_back))
    return Link(a.record_id, b.record_id, "candidate", relation, chance, signals, RULE)
