"""What of a reference is compared, worked out once for each."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from trialweave.model import Publication
from trialweave.model.identifiers import SCHEMES, normalise
from trialweave.studies.bibliography import letters, name_words, pages, plain, series
from trialweave.studies.relations import is_preprint, notice_kind, untitled

__all__ = ["Features", "features_of", "in_supplement"]

_ABSTRACT: Final = re.compile(
    r"\b(?:conference|meeting|congress) (?:abstract|proceeding)s?\b|^abstract$|\bposter\b", re.I
)
_REGISTERED: Final = re.compile(r"\btrial regist|\bclinical trial registration\b", re.I)
_SERVERS: Final = re.compile(
    r"\b(?:medrxiv|biorxiv|arxiv|ssrn|research square|preprints(?:\.org)?|authorea|chemrxiv)\b",
    re.I,
)
_SUPPLEMENT_PAGE: Final = re.compile(r"s\d{1,5}|\d{0,4}[a-z]{2}\d{1,5}")
_SUPPLEMENT: Final = re.compile(r"suppl", re.I)
_WORDS: Final = 60  # of a title


@dataclass(frozen=True, slots=True)
class Features:
    """One reference in one spelling; "" and empty where it states nothing.

    `kind` is "" for articles and what is of no stated kind. `key` names the content, whatever the
    place; `lacks` sorts the more complete reference first.
    """

    doi: str
    pmid: str
    title: str  # letters alone
    words: tuple[str, ...]
    numbers: tuple[str, ...]  # of the title
    authors: tuple[frozenset[str], ...]
    year: int
    journal: str
    volume: str
    page: str
    issue: str
    kind: str
    registered: frozenset[str]
    key: str
    lacks: tuple[int, ...]

    @property
    def bag(self) -> frozenset[str]:
        """The words of the title."""
        return frozenset(self.words)


def features_of(publication: Publication) -> Features:
    """Read off a reference what is compared."""
    title = untitled(publication.title.content or "")
    words = plain(title)[:_WORDS]
    doi = normalise(publication.doi.content, "doi") if publication.doi.content else None
    pmid = normalise(publication.pmid.content, "pmid") if publication.pmid.content else None
    dated = publication.published.content
    page, issue = pages(publication)
    authors = name_words(publication)
    journal = (publication.journal.content or "").strip()
    volume = letters(publication.volume.content or "")
    kind = _kind(publication, journal)
    abstract = sum(len(each.text.content or "") for each in publication.sections.content or ())
    stated = (
        doi.value if doi else "", pmid.value if pmid else "", "".join(words), journal.casefold(),
        volume, page, issue, kind, str(dated or ""), *(" ".join(sorted(name)) for name in authors),
        str(abstract),
    )  # fmt: skip
    missing = [
        not abstract, not doi, not pmid, not authors, not page, not journal, not volume, not dated,
    ]  # fmt: skip
    return Features(
        doi=doi.value if doi is not None else "",
        pmid=pmid.value if pmid is not None else "",
        title="".join(words),
        words=words,
        numbers=series(words),
        authors=authors,
        year=dated.year if dated is not None else 0,
        journal=journal,
        volume=volume,
        page=page,
        issue=issue,
        kind=kind,
        registered=_registered(publication),
        key=hashlib.sha256("\x1f".join(stated).encode("utf-8", "replace")).hexdigest()[:24],
        lacks=(sum(missing), *map(int, missing), -abstract),
    )


def _kind(publication: Publication, journal: str) -> str:
    said = (publication.kind.content or "")[:300]
    if notice := notice_kind(publication):
        return notice
    if _REGISTERED.search(said):
        return "registration"
    if is_preprint(publication) or _SERVERS.search(journal[:200]):
        return "preprint"
    return "conference abstract" if _ABSTRACT.search(said) else ""


def _registered(publication: Publication) -> frozenset[str]:
    found = set()
    for number in (publication.registrations.content or ())[:50]:
        if number.scheme in SCHEMES and number.scheme not in ("doi", "pmid", "utn"):
            found.add(f"{number.scheme} {number.value.content}")
    return frozenset(found)


def in_supplement(features: Features) -> bool:
    """Whether page or issue are those of a supplement, where conference abstracts stand."""
    return bool(_SUPPLEMENT_PAGE.fullmatch(features.page) or _SUPPLEMENT.search(features.issue))
