"""The identifiers that a record states, told apart by what stating them there means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from trialweave.model import Passage, Publication, Record, RecordKind, RegistryNumber
from trialweave.model.identifiers import SCHEMES, Identifier, find, normalise
from trialweave.studies.relations import Relation, marked, notice_kind, relations

__all__ = ["SCHEME_ORDER", "Cited", "Header", "Identity", "Named", "identity"]

# Which number names a study best, where it has several: large registers with the strictest
# numbering first, the rest in the order of the table of patterns.
_FIRST: Final = ("nct", "eudract", "ctis", "isrctn", "irct", "chictr")
SCHEME_ORDER: Final[Mapping[str, int]] = {
    name: place for place, name in enumerate(dict.fromkeys((*_FIRST, *SCHEMES)))
}
_ARTICLE: Final = frozenset(("doi", "pmid"))
_ALIAS: Final = re.compile(r"\b(?:alias|obsolete|former(?:ly)?|replace[sd]?|previous)\b", re.I)
_REVIEW: Final = re.compile(
    r"\b(?:systematic|scoping|narrative|umbrella|literature|state-of-the-art) review\b"
    r"|\bmeta-?analys[ie]s\b|^reviews?$|\breview article\b|\beditorial\b|\bcommentary\b",
    re.I,
)
_ELSEWHERE: Final = re.compile(
    r"introduction|background|discussion|reference|bibliograph|related|literature|see also", re.I
)
_LIST: Final = re.compile(r"reference|bibliograph|literature|related|see also", re.I)
_OWN: Final = re.compile(
    r"\b(?:this|our|the present|the current)\b[^.]{0,160}\b(?:regist|trial id|identifier)", re.I
)
_NUMBERS: Final = 200  # more secondary numbers than any trial has are not read further


class Header(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Which record it is, and whether it only tells of another report; linking needs no more."""

    record_id: str
    source: str
    identifier: str
    kind: RecordKind
    title: str
    retold: bool = False
    report_of: str = ""  # key of the main report in the same sheet
    report_passage: Passage | None = None


class Named(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A registry number that a record states as its trial's, or (`own` false) only mentions."""

    identifier: Identifier
    own: bool
    kind: str
    passage: Passage | None


class Cited(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """An article among a record's references."""

    identifier: Identifier
    kind: str
    passage: Passage | None


class Identity(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Everything that names a record, its trial or its article.

    `own` is the registration that the record itself is; `named` the numbers that it states beside;
    `articles` the DOI and PubMed number of the article that it is or retells; `codes` are numbers
    of no known register (grants, protocols), normalised only in case and blanks.
    """

    record: Header
    own: Identifier | None
    own_passage: Passage | None
    named: tuple[Named, ...]
    articles: tuple[tuple[Identifier, Passage | None], ...]
    cited: tuple[Cited, ...]
    codes: tuple[str, ...]
    review: bool
    related: tuple[Relation, ...] = ()
    notice: str = ""  # of what kind of notice the record is

    @property
    def id(self) -> str:
        """The record's id."""
        return self.record.record_id

    @property
    def stated(self) -> tuple[Identifier, ...]:
        """Numbers that the record states as those of its own trial."""
        return tuple(named.identifier for named in self.named if named.own)

    @property
    def claims(self) -> dict[str, frozenset[str]]:
        """Registry numbers by scheme which the record says are its trial's."""
        found: dict[str, set[str]] = {}
        for number in self.stated:
            if number.scheme != "utn":
                found.setdefault(number.scheme, set()).add(number.value)
        if self.own is not None:
            found.setdefault(self.own.scheme, set()).add(self.own.value)  # beside its aliases
        return {scheme: frozenset(values) for scheme, values in found.items()}


def _numbers(stated: Iterable[RegistryNumber]) -> Iterable[tuple[RegistryNumber, Identifier]]:
    for number in stated:
        text = number.value.content
        if not text or len(text) > 500:
            continue
        scheme = number.scheme if number.scheme in SCHEMES else ""
        known = normalise(text, scheme) or normalise(text)
        if known is None:
            mentions = {mention.identifier for mention in find(text)}
            known = mentions.pop() if len(mentions) == 1 else None
        if known is not None and (SCHEMES[known.scheme].lone or known.scheme == scheme):
            yield number, known


def _is_own(publication: Publication, number: RegistryNumber) -> bool:
    """Whether the number stands where an article names its own registration.

    In an introduction, discussion or list of references it names another trial, except where the
    sentence says that this trial is the registered one.
    """
    if _LIST.search(number.kind):
        return False
    text, passage = number.value.raw or number.value.content or "", number.value.passage
    if passage is None or passage.start < 0:
        return not _ELSEWHERE.search(number.kind)
    for section in publication.sections.content or ():
        span = section.text.passage
        if span is None or span.path != passage.path:
            continue
        if not span.start <= passage.start < span.end:
            continue
        if not _ELSEWHERE.search(section.label):
            return True
        if _LIST.search(section.label):
            return False
        content = section.text.content or ""
        at = content.find(text)
        return at >= 0 and bool(_OWN.search(content[max(0, at - 200) : at + len(text)]))
    return not _ELSEWHERE.search(number.kind)


def _cited(record: Record) -> Iterable[Cited]:
    for reference in record.about.references.content or ():
        kind = (reference.kind.content or "").casefold()
        found: dict[Identifier, Passage | None] = {}
        for value, scheme in ((reference.pmid, "pmid"), (reference.doi, "doi")):
            known = normalise(value.content, scheme) if value.content else None
            if known is not None:
                found.setdefault(known, value.passage)
        citation = reference.citation
        for mention in find((citation.content or "")[:4000]):
            if mention.identifier.scheme in _ARTICLE:
                found.setdefault(mention.identifier, citation.passage)
        for identifier, passage in found.items():
            yield Cited(identifier, kind, passage)


def _article(publication: Publication) -> Iterable[tuple[Identifier, Passage | None]]:
    for value, scheme in ((publication.doi, "doi"), (publication.pmid, "pmid")):
        known = normalise(value.content, scheme) if value.content else None
        if known is not None:
            yield known, value.passage


def identity(record: Record) -> Identity:
    """Read the identifiers of a record out of its structured places."""
    about, publication = record.about, record.publication
    primary = about.primary_id.content
    own = normalise(primary) if primary else None
    if own is not None and own.scheme in _ARTICLE:
        own = None
    named: dict[Identifier, Named] = {}
    stated = (about.secondary_ids.content or ())[:_NUMBERS]
    for number, known in _numbers(stated):
        if known.scheme in _ARTICLE or known == own:
            continue
        # A number of the same register names another registration: a parent, an extension.
        other = own is not None and known.scheme == own.scheme and not _ALIAS.search(number.kind)
        named.setdefault(known, Named(known, not other, number.kind, number.value.passage))
    if publication is not None and own is not None and record.kind == "publication":
        named.setdefault(own, Named(own, True, "registration", about.primary_id.passage))
        own = None
    if publication is not None:
        for number, known in _numbers((publication.registrations.content or ())[:_NUMBERS]):
            if known.scheme not in _ARTICLE and not (known in named and named[known].own):
                here = _is_own(publication, number)
                named[known] = Named(known, here, number.kind, number.value.passage)
    review = False
    if publication is not None:
        texts = (publication.kind.content or "", publication.title.content or "")
        review = any(_REVIEW.search(text.strip()[:600]) for text in texts)
    if review:  # a review names the trials of others
        named = {key: Named(key, False, each.kind, each.passage) for key, each in named.items()}
    known_texts = {_code(number.value.content) for number, _ in _numbers(stated)}
    codes = {_code(number.value.content) for number in stated} - known_texts - {""}
    return Identity(
        record=_header(record),
        own=own,
        own_passage=about.primary_id.passage,
        named=tuple(sorted(named.values(), key=lambda each: str(each.identifier))),
        articles=tuple(_article(publication)) if publication is not None else (),
        cited=tuple(_cited(record)),
        codes=tuple(sorted(codes)),
        review=review,
        related=_related(publication) if publication is not None else (),
        notice=notice_kind(publication) if publication is not None else "",
    )


def _related(publication: Publication) -> tuple[Relation, ...]:
    """Stated relations, and what the article's own title or kind marks it as."""
    what, said, passage = marked(publication)
    own = (Relation("subject", what, (), said, passage),) if what else ()
    return (*relations(publication), *own)


def _header(record: Record) -> Header:
    publication = record.publication
    told = publication.report_of if publication is not None else None
    return Header(
        record.record_id,
        record.source,
        record.identifier,
        record.kind,
        record.title,
        retold=publication is not None and publication.retold,
        report_of=(told.content or "").strip() if told is not None else "",
        report_passage=told.passage if told is not None else None,
    )


def _code(text: str | None) -> str:
    """A number of no known register, if it is long and digit-rich enough to be telling."""
    code = re.sub(r"\s+", "", text or "").casefold()
    return code if 5 <= len(code) <= 60 and sum(mark.isdigit() for mark in code) >= 3 else ""
