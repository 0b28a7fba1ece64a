"""Names of studies: the best identifier, and all numbers that a study may be asked for by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from trialweave.model import Study
from trialweave.model.identifiers import Identifier
from trialweave.studies.identities import SCHEME_ORDER, Identity

__all__ = ["name_studies"]


def _rank(number: Identifier) -> tuple[int, str]:
    return (SCHEME_ORDER[number.scheme], number.value)


def _numbers(group: Sequence[Identity]) -> list[Identifier]:
    """A study's numbers, the best first: registrations at hand, registrations stated, articles."""
    own = {each.own for each in group if each.own is not None}
    stated = {number for each in group for number in each.stated} - own
    articles = {number for each in group for number, _ in each.articles}
    return [
        *sorted(own, key=_rank),
        *sorted(stated, key=_rank),
        *sorted(articles, key=_rank),
    ]


def _record_rank(each: Identity) -> tuple[int, int, str]:
    """The registration itself first, then what states a number or a DOI, then the rest."""
    if each.own is not None:
        return (0, SCHEME_ORDER[each.own.scheme], each.id)
    numbers = [*each.stated, *(number for number, _ in each.articles)]
    if numbers:
        return (1, min(SCHEME_ORDER[number.scheme] for number in numbers), each.id)
    return (2, 0, each.id)


def name_studies(
    groups: Sequence[Sequence[str]], identities: Sequence[Identity]
) -> tuple[Study, ...]:
    """One study per group of record ids, in the order of study ids, which are unique.

    A number names a study only if no other study states it too; a registration at hand always
    names its own. Where people decided that records of one registration are of two trials, it
    names the study of the best-identified of them.
    """
    known = {each.id: each for each in identities}
    members = [sorted((known[key] for key in group), key=_record_rank) for group in groups]
    numbers = [_numbers(group) for group in members]
    owned = {each.own for each in identities if each.own is not None}
    asked = Counter(number for group in numbers for number in group)
    owners: dict[Identifier, tuple[int, int, str]] = {}
    for each in identities:
        if each.own is not None:
            owners[each.own] = min(owners.get(each.own, _record_rank(each)), _record_rank(each))
    first = {number: rank[2] for number, rank in owners.items()}
    studies = []
    for group, stated in zip(members, numbers, strict=True):
        ids = [each.id for each in group]
        own = {each.own for each in group if each.own is not None and first[each.own] in ids}
        kept = [number for number in stated if number in own or number not in owned]
        alone = [number for number in kept if number in own or asked[number] == 1]
        best = next((str(number) for number in alone if number.scheme != "pmid"), ids[0])
        keys = [each.record.identifier for each in group]
        studies.append(
            Study(
                study_id=best,
                title=next((each.record.title for each in group if each.record.title), best),
                record_ids=tuple(ids),
                identifiers=tuple(dict.fromkeys([best, *map(str, kept), *ids, *keys])),
            )
        )
    return tuple(sorted(studies, key=lambda study: study.study_id))
