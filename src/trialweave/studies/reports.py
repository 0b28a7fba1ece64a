"""A study's records as reports: what tells one thing stands together, best record first.

One report is a registration with its copies, or an article with the databases' records of it, its
preprint, pages and sheets that retell it, and notices about it. Findings of one report are one
statement, however many records repeat it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from trialweave.model import Part, Record, Report
from trialweave.model.identifiers import Identifier
from trialweave.sources import SOURCES
from trialweave.studies.bibliography import name_words, title_letters
from trialweave.studies.identities import SCHEME_ORDER, Identity, identity
from trialweave.studies.relations import is_preprint

__all__ = ["reports", "role_of"]

_KIND_OF: Final = {source.name: source.kind for source in SOURCES}
# Of records of one article the one that says most, and where it says it, comes first.
_BEST: Final = ("jats", "pubmed", "europepmc", "medline", "crossref", "openalex")
_ABSTRACT: Final = re.compile(
    r"\b(?:conference|meeting|congress|proceedings)\b(?:.{0,12}\babstract\b)?|^abstract$|^cpaper$"
    r"|^conf$|\bmeeting abstract\b",
    re.I,
)
_ROLES: Final = (
    *("registration", "registry copy", "article", "conference abstract", "review", "preprint"),
    *("retraction", "withdrawal", "partial retraction", "expression of concern", "correction"),
    *("page", "extraction sheet"),
)
_SHORTEST: Final = 30  # letters of a title that two reports hardly share by chance


def role_of(record: Record, known: Identity | None = None) -> str:
    """What a record is of its report: one of "registration", "registry copy", "article",
    "conference abstract", "review", "preprint", the kinds of notice, "page", "extraction sheet".
    """
    known = known or identity(record)
    kind = _KIND_OF.get(record.source, "")
    publication = record.publication
    if kind == "extraction":
        return "extraction sheet"
    if publication is None:
        return "registry copy" if kind == "page" or record.source == "ictrp" else "registration"
    if known.notice:
        return known.notice
    if publication.retold or kind == "page":
        return "page"
    if is_preprint(publication):
        return "preprint"
    if _ABSTRACT.search((publication.kind.content or "")[:300]):
        return "conference abstract"
    return "review" if known.review else "article"


def reports(records: Sequence[Record]) -> tuple[Report, ...]:
    """The reports of one study. Every record is in exactly one. Registrations come first, then
    articles by date, then the rest; the outcome does not depend on the order of the records.
    """
    identities = {record.record_id: identity(record) for record in records}
    roles = {record.record_id: role_of(record, identities[record.record_id]) for record in records}
    ordered = sorted(records, key=lambda record: _rank(record, roles))
    parent = {record.record_id: record.record_id for record in ordered}
    place = {record.record_id: at for at, record in enumerate(ordered)}
    reasons: dict[str, str] = {}

    def root(name: str) -> str:
        while parent[name] != name:
            name = parent[name]
        return name

    def join(a: str, b: str, why: str = "") -> None:
        first, second = sorted((root(a), root(b)), key=place.__getitem__)
        if first != second:
            parent[second] = first
            if why:
                reasons[second] = why

    holders: dict[Identifier, str] = {}
    for record in ordered:
        known = identities[record.record_id]
        for number in {known.own, *(number for number, _ in known.articles)} - {None}:
            if number is not None:
                join(holders.setdefault(number, record.record_id), record.record_id)
    for name in sorted(identities):
        for relation in identities[name].related:
            if relation.standing not in ("replaced", "replaces"):
                for number in relation.numbers:
                    if number in holders:
                        join(holders[number], name, f"{name} names {number} as “{relation.said}”")
    _join_by_title(ordered, identities, roles, root, join)
    groups: dict[str, list[Record]] = {}
    for record in ordered:
        groups.setdefault(root(record.record_id), []).append(record)
    told = [
        _report(group, identities, roles, [why for r in group if (why := reasons.get(r.record_id))])
        for group in sorted(groups.values(), key=lambda group: _order(group[0], roles))
    ]
    return tuple(told)


def _order(best: Record, roles: Mapping[str, str]) -> tuple[int, str, str]:
    return _ROLES.index(roles[best.record_id]), _day(best), best.record_id


def _day(record: Record) -> str:
    dated = record.publication.published.content if record.publication is not None else None
    return str(dated.earliest) if dated is not None else "9999"


def _rank(record: Record, roles: Mapping[str, str]) -> tuple[int, int, str, str]:
    source = _BEST.index(record.source) if record.source in _BEST else len(_BEST)
    return _ROLES.index(roles[record.record_id]), source, _day(record), record.record_id


def _join_by_title(
    ordered: Sequence[Record],
    identities: Mapping[str, Identity],
    roles: Mapping[str, str],
    root: Callable[[str], str],
    join: Callable[[str, str, str], None],
) -> None:
    """Join what has no number in common: a preprint or notice and its article, and records without
    a number. Two articles with numbers of their own stay two, and what fits both joins neither.
    """
    titled: dict[str, list[Record]] = {}
    for record in ordered:
        publication = record.publication
        if publication is None or roles[record.record_id] in ("review", "extraction sheet"):
            continue
        title = title_letters(publication)
        if len(title) >= _SHORTEST:
            titled.setdefault(title, []).append(record)
    for group in titled.values():
        anchors = [
            record
            for record in group
            if roles[record.record_id] == "article" and identities[record.record_id].articles
        ]
        fixed = {root(record.record_id) for record in anchors}
        first = anchors[0] if anchors else group[0]
        if len(fixed) > 1:
            continue
        for record in group:
            name = record.record_id
            if root(name) != root(first.record_id) and _share_an_author(record, first):
                why = f"{name} has the title and an author of {first.record_id}"
                join(first.record_id, name, why)


def _share_an_author(a: Record, b: Record) -> bool:
    """Whether the first authors have a name in common; notices are signed by nobody."""
    if a.publication is None or b.publication is None:
        return False
    one, other = name_words(a.publication)[:1], name_words(b.publication)[:1]
    if not one or not other:
        return identity(a).notice != "" or identity(b).notice != ""
    return bool(one[0] & other[0])


def _report(
    group: Sequence[Record],
    identities: Mapping[str, Identity],
    roles: Mapping[str, str],
    reasons: Sequence[str],
) -> Report:
    best = group[0]
    numbers: set[Identifier] = {number for number, _ in identities[best.record_id].articles}
    own = identities[best.record_id].own
    numbers |= {own} if own is not None else set()
    named = min(numbers, key=lambda it: (SCHEME_ORDER[it.scheme], it.value), default=None)
    return Report(
        report_id=str(named) if named is not None else best.record_id,
        kind=roles[best.record_id],
        title=best.title,
        parts=tuple(Part(record.record_id, roles[record.record_id]) for record in group),
        reasons=tuple(dict.fromkeys(reasons)),
    )
