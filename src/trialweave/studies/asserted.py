"""Links asserted by explicit identifiers, each rule a small function of its own.

An asserted link needs an identifier in the right place. What follows is deliberately not one:
a number of the same register among a record's secondary numbers, a number that an article only
mentions, an article among a record's references other than as a result, the beginning of a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from trialweave.model import Link, Passage, Signal
from trialweave.model.identifiers import Identifier
from trialweave.studies.identities import Identity
from trialweave.studies.tellings import relation_of

__all__ = ["ASSERTED", "RULE", "UMBRELLA", "Claim", "asserted_claims", "demoted", "link_of"]

RULE: Final = "identifier/1"
ASSERTED: Final = 20.0  # bits: an identifier in the right place outweighs anything the model holds
UMBRELLA: Final = 20  # a number named by more records than this names a programme or a platform


@dataclass(frozen=True, slots=True)
class Claim:
    """That two records tell of one trial, by one identifier; `tier` orders rules by certainty."""

    a: str
    b: str
    tier: int
    relation: str
    signal: Signal
    umbrella: int = 0  # how many records name the number, where too many do


def _claim(
    a: Identity,
    b: Identity,
    tier: int,
    relation: str,
    name: str,
    evidence: str,
    at_a: Passage | None,
    at_b: Passage | None,
) -> Claim:
    if b.id < a.id:
        a, b, at_a, at_b = b, a, at_b, at_a
    return Claim(a.id, b.id, tier, relation, Signal(name, ASSERTED, evidence, at_a, at_b))


def _by_number(identities: Sequence[Identity]) -> dict[Identifier, list[Identity]]:
    """Who is each registration."""
    owners: dict[Identifier, list[Identity]] = {}
    for each in identities:
        if each.own is not None:
            owners.setdefault(each.own, []).append(each)
    return owners


def same_registration(identities: Sequence[Identity]) -> Iterable[Claim]:
    """Records of one registry number: an entry, an older form of it, a portal's page of it."""
    for number, owners in _by_number(identities).items():
        hub = owners[0]
        for other in owners[1:]:
            yield _claim(
                hub,
                other,
                1,
                "same registration",
                "registry number",
                f"both are the registration {number}",
                hub.own_passage,
                other.own_passage,
            )


def same_article(identities: Sequence[Identity]) -> Iterable[Claim]:
    """Records of one DOI or PubMed number: the article, pages that retell it, extractions."""
    groups: dict[Identifier, list[tuple[Identity, Passage | None]]] = {}
    for each in identities:
        for number, passage in each.articles:
            groups.setdefault(number, []).append((each, passage))
    seen: set[tuple[str, str]] = set()
    for number, group in groups.items():
        # The article itself before pages that retell it.
        group.sort(key=lambda item: (_retold(item[0]), item[0].id))
        hub, at_hub = group[0]
        for other, at_other in group[1:]:
            pair = (min(hub.id, other.id), max(hub.id, other.id))
            if hub.id == other.id or pair in seen:
                continue
            seen.add(pair)
            one = _retold(hub) or _retold(other)
            claim = _claim(
                hub,
                other,
                2,
                "retells the article" if one else "same article",
                number.scheme.upper(),
                f"both are about the article {number.scheme.upper()} {number}",
                at_hub,
                at_other,
            )
            yield replace(claim, umbrella=len(group) if len(group) > UMBRELLA else 0)


def _retold(each: Identity) -> bool:
    return each.record.retold


_RELATED: Final = {
    "correction": "corrects the article",
    "retraction": "retracts the article",
    "withdrawal": "withdraws the article",
    "partial retraction": "retracts part of the article",
    "expression of concern": "expresses concern about the article",
}


def related_article(identities: Sequence[Identity]) -> Iterable[Claim]:
    """A preprint and its article, a notice and the article it is about, as one of them states.

    A notice about several articles joins none of them: they need not be of one trial.
    """
    articles: dict[Identifier, Identity] = {}
    places: dict[tuple[Identifier, str], Passage | None] = {}
    for each in sorted(identities, key=lambda one: (_retold(one), one.id)):
        for number, passage in each.articles:
            articles.setdefault(number, each)
            places[number, each.id] = passage
    one_of = _one_article(identities)
    found: dict[tuple[str, str], Claim] = {}
    about: dict[Identifier, set[Identifier]] = {}  # articles by the notice about them
    notices: dict[tuple[str, str], Identifier] = {}
    for each in identities:
        for relation in each.related:
            for number in relation.numbers:
                other = articles.get(number)
                if other is None or other.id == each.id or not each.articles:
                    continue
                here, there = one_of[each.articles[0][0]], one_of[number]
                if here == there:
                    continue
                notice = there if relation.standing == "subject" else here
                if relation.standing in ("notice", "subject"):
                    about.setdefault(notice, set()).add(there if notice == here else here)
                pair = (min(each.id, other.id), max(each.id, other.id))
                name = _RELATED.get(relation.what, "another version of the article")
                if relation.standing in ("replaced", "replaces"):
                    name = "published in place of the article"
                evidence = f"{each.id} names {number} as “{relation.said}”"
                at = places[number, other.id]
                claim = _claim(each, other, 3, name, "relation", evidence, relation.passage, at)
                found.setdefault(pair, claim)
                notices.setdefault(pair, notice)
    for pair, claim in found.items():
        if len(about.get(notices[pair], ())) <= 1:
            yield claim


def _one_article(identities: Sequence[Identity]) -> dict[Identifier, Identifier]:
    """The first number of the article that a DOI or PubMed number is of."""
    first: dict[Identifier, Identifier] = {}

    def root(number: Identifier) -> Identifier:
        while first.setdefault(number, number) != number:
            first[number] = first[first[number]]
            number = first[number]
        return number

    for each in identities:
        roots = sorted({root(number) for number, _ in each.articles}, key=_by_scheme)
        for number in roots[1:]:
            first[number] = roots[0]
    return {number: root(number) for number in list(first)}


def _by_scheme(number: Identifier) -> tuple[str, str]:
    return number.scheme, number.value


def secondary_report(identities: Sequence[Identity]) -> Iterable[Claim]:
    """A reviewer's sheet says that one report is secondary to another of the same sheet."""
    keys = {(each.record.source, each.record.identifier): each for each in identities}
    for each in identities:
        key = each.record.report_of
        main = keys.get((each.record.source, key)) if key else None
        if main is None or main.id == each.id:
            continue
        yield _claim(
            main,
            each,
            3,
            "secondary report",
            "report of",
            f"{each.record.identifier} is noted as a report of {main.record.identifier}",
            None,
            each.record.report_passage,
        )


def stated_number(identities: Sequence[Identity]) -> Iterable[Claim]:
    """A registry number that a record states as its trial's, held against whose number it is.

    Each record is held against one of those that are the registration; where none is at hand,
    against the first that states the number too.
    """
    owners = _by_number(identities)
    stating: dict[Identifier, list[tuple[Identity, Passage | None, str]]] = {}
    for each in identities:
        for named in each.named:
            if named.own:
                entry = (each, named.passage, named.kind)
                stating.setdefault(named.identifier, []).append(entry)
    for number, entries in stating.items():
        own = owners.get(number)
        crowd = len(entries) if len(entries) > UMBRELLA else 0
        if own:
            hub, at_hub, rest = own[0], own[0].own_passage, entries
        else:
            (hub, at_hub, _), *rest = entries
        for other, passage, kind in rest:
            if other.id == hub.id:
                continue
            article = other.record.kind == "publication"
            called = f" as “{kind[:60]}”" if kind else ""
            if own:
                relation = relation_of(hub.record, other.record) if article else "cross-registered"
                evidence = f"{other.id} states {number}{called}, which {hub.id} is"
            else:
                relation = relation_of(hub.record, other.record) if article else "cross-registered"
                evidence = f"both state {number}{called} as the number of their trial"
            tier = 5 if article or hub.record.kind == "publication" else 4
            claim = _claim(hub, other, tier, relation, "registry number", evidence, at_hub, passage)
            yield replace(claim, umbrella=crowd)


def result_reference(identities: Sequence[Identity]) -> Iterable[Claim]:
    """An article that a registration names as a report of its results."""
    articles: dict[Identifier, Identity] = {}
    places: dict[tuple[Identifier, str], Passage | None] = {}
    for each in sorted(identities, key=lambda one: (_retold(one), one.id)):
        for number, passage in each.articles:
            articles.setdefault(number, each)
            places[number, each.id] = passage
    citing: dict[str, set[str]] = {}
    found: dict[tuple[str, str], Claim] = {}
    for each in identities:
        for cited in each.cited:
            article = articles.get(cited.identifier)
            if article is None or article.review or not cited.kind.startswith("result"):
                continue
            if article.id == each.id:
                continue
            named = f"{cited.identifier.scheme.upper()} {cited.identifier}"
            claim = _claim(
                each,
                article,
                6,
                relation_of(each.record, article.record),
                "result reference",
                f"{each.id} names {named} as a report of its results",
                cited.passage,
                places[cited.identifier, article.id],
            )
            found.setdefault((claim.a, claim.b), claim)
            citing.setdefault(article.id, set()).add(each.id)
    for (a, b), claim in found.items():
        crowd = max(len(citing.get(a, ())), len(citing.get(b, ())))
        yield replace(claim, umbrella=crowd if crowd > UMBRELLA else 0)


_RULES: Final = (
    same_registration,
    same_article,
    related_article,
    secondary_report,
    stated_number,
    result_reference,
)


def asserted_claims(identities: Sequence[Identity]) -> list[Claim]:
    """All claims, the most certain rule first; `identities` are in the order of record ids."""
    claims = [claim for rule in _RULES for claim in rule(identities)]
    unique: dict[tuple[str, str, str], Claim] = {}
    for claim in sorted(claims, key=lambda each: (each.tier, each.a, each.b, each.signal.name)):
        unique.setdefault((claim.a, claim.b, claim.signal.name), claim)
    return list(unique.values())


def link_of(claims: Sequence[Claim]) -> Link:
    """One asserted link for the claims about one pair of records."""
    first = claims[0]
    signals = tuple(claim.signal for claim in claims)
    return Link(first.a, first.b, "asserted", first.relation, 1.0, signals, RULE)


def demoted(claims: Sequence[Claim], reasons: Mapping[tuple[str, str], str]) -> Link:
    """A claim that must not join records by itself: kept for a person to look at."""
    first = claims[0]
    signals = [claim.signal for claim in claims]
    crowd = max(claim.umbrella for claim in claims)
    relation = first.relation
    if crowd:
        relation = "names the same programme"
        evidence = f"{crowd} records name this number, more than {UMBRELLA}: it may be an umbrella"
        signals.append(Signal("umbrella number", -ASSERTED, evidence))
    if reason := reasons.get((first.a, first.b)):
        signals.append(Signal("contradiction", -ASSERTED, reason))
    return Link(first.a, first.b, "candidate", relation, 0.5, tuple(signals), RULE)
