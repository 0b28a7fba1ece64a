"""Articles that were retracted, questioned or corrected, and every record that leans on them.

A notice is known from the article's own record ("RetractionIn"), from the notice's own
("RetractionOf"), or from what the article's title or kind says. It concerns all records of the
article: the databases' records, pages that retell it, a reviewer's extraction of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from trialweave.model import Notice, NoticeKind, Passage
from trialweave.model.identifiers import Identifier
from trialweave.studies.identities import Identity

__all__ = ["EXCLUDING", "notices"]

EXCLUDING: Final[frozenset[NoticeKind]] = frozenset(("retraction", "withdrawal"))
"""Notices after which a synthesis does not use an article unless asked to."""

_VERBS: Final[Mapping[NoticeKind, str]] = {
    "retraction": "was retracted",
    "withdrawal": "was withdrawn",
    "partial retraction": "was retracted in part",
    "expression of concern": "has an expression of concern",
    "correction": "was corrected",
}


class _Event(NamedTuple):
    """What one record says of articles: by their numbers, or of its own where it has none."""

    kind: NoticeKind
    numbers: tuple[Identifier, ...]
    record_id: str
    notice: Identifier | None
    replaced: bool
    stated_by: str
    said: str
    passage: Passage | None


class _Article(NamedTuple):
    record_id: str
    numbers: tuple[Identifier, ...]
    notice: str


def notices(identities: Iterable[Identity], study_of: Mapping[str, str]) -> tuple[Notice, ...]:
    """All notices, one for each record that leans on such an article and kind of notice (each
    correction is its own), in the order of studies and records. `identities` are walked once.
    """
    events: list[_Event] = []
    articles: list[_Article] = []
    for each in identities:
        numbers = tuple(number for number, _ in each.articles)
        if numbers or each.related:
            articles.append(_Article(each.id, numbers, each.notice))
        events.extend(_events(each, numbers))
    if not events:
        return ()
    by_number: dict[Identifier, list[_Article]] = {}
    by_id = {article.record_id: article for article in articles}
    for article in articles:
        for number in article.numbers:
            by_number.setdefault(number, []).append(article)
    best: dict[tuple[str, str, str], tuple[tuple[bool, bool, str], Notice]] = {}
    for event in events:
        leaning = {event.record_id: by_id[event.record_id]} if not event.numbers else {}
        for number in event.numbers:
            leaning |= {article.record_id: article for article in by_number.get(number, ())}
        # A DOI of a database's record leads to the records that state only a PubMed number.
        for article in list(leaning.values()):
            for number in article.numbers:
                leaning |= {other.record_id: other for other in by_number[number]}
        own = by_number.get(event.notice, []) if event.notice is not None else []
        notice_id = min((article.record_id for article in own), default="")
        for article in leaning.values():
            if article.notice or article.record_id == notice_id:
                continue  # a notice is not what it speaks of
            found = Notice(
                study_id=study_of[article.record_id],
                record_id=article.record_id,
                kind=event.kind,
                statement=_statement(event),
                stated_by=event.stated_by,
                number=str(event.notice) if event.notice is not None else "",
                notice_id=notice_id,
                passage=event.passage,
            )
            one = found.notice_id or found.number if event.kind == "correction" else ""
            rank = (not found.notice_id, not found.number, found.stated_by)
            key = (article.record_id, event.kind, one)
            if key not in best or rank < best[key][0]:
                best[key] = (rank, found)
    told = [notice for (_, _, _), (_, notice) in best.items() if not _vague(notice, best)]
    return tuple(sorted(told, key=lambda it: (it.study_id, it.record_id, it.kind, it.number)))


def _vague(notice: Notice, best: Mapping[tuple[str, str, str], object]) -> bool:
    """Whether a correction without a number is likely one of those that have one."""
    if notice.kind != "correction" or notice.number:
        return False
    return any(key[:2] == (notice.record_id, "correction") and key[2] for key in best)


def _events(each: Identity, numbers: tuple[Identifier, ...]) -> Iterable[_Event]:
    for relation in each.related:
        if not relation.what:
            continue
        if relation.standing in ("subject", "replaced"):
            notice = relation.numbers[0] if relation.numbers else None
            concerned: tuple[Identifier, ...] = numbers
        else:
            if not relation.numbers:
                continue
            notice = numbers[0] if numbers else None
            concerned = relation.numbers
        yield _Event(
            kind=relation.what,
            numbers=concerned,
            record_id=each.id,
            notice=notice,
            replaced=relation.standing in ("replaced", "replaces"),
            stated_by=each.id,
            said=relation.said,
            passage=relation.passage,
        )


def _statement(event: _Event) -> str:
    named = ""
    if event.notice is not None:
        what = "published again as" if event.replaced else "the notice is"
        named = f": {what} {event.notice.scheme.upper()} {event.notice}"
    said = f"“{event.said}”, " if event.said else ""
    return f"the article {_VERBS[event.kind]}{named} ({said}{event.stated_by})"
