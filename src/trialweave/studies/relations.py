"""How one article stands to another, as its records say: notice, version, or article concerned.

Sources name relations in their own words: PubMed's "RetractionIn", Europe PMC's "Retraction in",
Crossref's "retraction of", "is-preprint-of", JATS's "retracted-article". All are read by one table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from trialweave.model import NoticeKind, Passage, Publication
from trialweave.model.identifiers import Identifier, normalise

__all__ = ["Relation", "is_preprint", "marked", "notice_kind", "relations", "untitled"]

Standing = Literal["subject", "notice", "version", "replaced", "replaces"]


class Relation(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A stated relation to the article of `numbers`.

    As "subject" of it, that article is the notice; as "notice", the record is one about it;
    as "version" both tell one research (a preprint and its article); "replaced" and "replaces"
    are an article that was retracted or corrected, and the one published in its place.
    `what` is a kind of notice, "" for versions; `numbers` are empty where only the fact is stated.
    """

    standing: Standing
    what: NoticeKind | Literal[""]
    numbers: tuple[Identifier, ...]
    said: str  # the relation in the source's words
    passage: Passage | None


_KINDS: Final[tuple[tuple[str, NoticeKind], ...]] = (  # the first that a relation's name holds
    ("partialretraction", "partial retraction"),
    ("retract", "retraction"),
    ("withdraw", "withdrawal"),
    ("removal", "withdrawal"),
    ("concern", "expression of concern"),
    ("errat", "correction"),
    ("corrigend", "correction"),
    ("correct", "correction"),
    ("addend", "correction"),
)
_OF: Final = re.compile(r"(?:of|for|from)$|^(?:partially)?(?:retracted|corrected|addended)article$"
                        r"|^objectofconcern$")  # fmt: skip
_VERSIONS: Final = frozenset(
    ("ispreprintof", "haspreprint", "preprintin", "preprintof", "isversionof", "hasversion",
     "updatein", "updateof", "newversionin", "newversionof", "neweditionin", "neweditionof",
     "preprint", "issameas", "isidenticalto")
)  # fmt: skip
_LETTERS: Final = re.compile(r"[^a-z]+")


def _relation(name: str) -> tuple[Standing, NoticeKind | Literal[""]] | None:
    """What a relation's name means; None for comments, data sets and all else."""
    key = _LETTERS.sub("", name.casefold())[:60]
    if key in _VERSIONS:
        return "version", ""
    for part, what in _KINDS:
        if part in key and "republish" in key:
            return ("replaces" if _OF.search(key) else "replaced"), what
        if part in key:
            return ("notice" if _OF.search(key) else "subject"), what
    return None


_MOST: Final = 200  # relations of one record that are looked at


def relations(publication: Publication) -> Iterator[Relation]:
    """The relations of an article that make it a notice, the subject of one, or a version.

    Its own numbers among them say nothing.
    """
    own = {
        normalise(value.content, scheme)
        for value, scheme in ((publication.doi, "doi"), (publication.pmid, "pmid"))
        if value.content
    }
    for each in (publication.relations.content or ())[:_MOST]:
        meant = _relation(each.kind)
        if meant is None:
            continue
        found: dict[Identifier, Passage | None] = {}
        for value, scheme in ((each.doi, "doi"), (each.pmid, "pmid")):
            known = normalise(value.content, scheme) if value.content else None
            if known is not None:
                found.setdefault(known, value.passage)
        if found and found.keys() <= own:
            continue
        at = next((passage for passage in found.values() if passage), each.text.passage)
        yield Relation(*meant, tuple(found), each.kind[:60], at)


_NOTICE: Final[tuple[tuple[re.Pattern[str], NoticeKind], ...]] = (
    (re.compile(r"\bpartial retraction\b", re.I), "partial retraction"),
    (re.compile(r"\bretraction of publication\b|\bretraction(?: note| notice)?\b", re.I),
     "retraction"),
    (re.compile(r"\bwithdrawal\b|\bremoval\b", re.I), "withdrawal"),
    (re.compile(r"\bexpression of concern\b", re.I), "expression of concern"),
    (re.compile(r"\b(?:published )?errat(?:um|a)\b|\bcorrigend(?:um|a)\b|\bcorrections?\b"
                r"|\baddend(?:um|a)\b", re.I), "correction"),
)  # fmt: skip
# The beginning of a notice's title: "Correction to: …", "Retraction Note: …".
_HEAD: Final = re.compile(
    r"\W{0,3}(?P<head>(?:(?:publisher|author)(?:['’]s)? )?"
    r"(?:correction|erratum|corrigendum|addendum)"
    r"|(?:partial )?retraction(?: note| notice| statement)?|notice of (?:retraction|withdrawal)"
    r"|(?:editorial )?expression of concern|withdrawal(?: notice)?)"
    r"(?:\s{0,3}:\s{0,3}|\s{1,3}[\-–—]\s{1,3}|\s{1,3}(?:to|for|of|on)\s{0,3}:\s{0,3})",
    re.I,
)
_MARK: Final = re.compile(
    r"\W{0,3}(?:(?P<retracted>retracted)(?: article| paper)?|(?P<withdrawn>withdrawn)"
    r"(?: article| paper)?)\s{0,3}[:\]\)\-–—]",
    re.I,
)
_TYPES: Final = re.compile(r"\b(?:(?P<retracted>retracted)|(?P<withdrawn>withdrawn)) "
                           r"(?:publication|article|preprint)\b", re.I)  # fmt: skip


def notice_kind(publication: Publication) -> NoticeKind | Literal[""]:
    """Of what kind of notice the record is, by its kind, its relations or the head of its title."""
    kind = (publication.kind.content or "")[:300]
    if not _TYPES.search(kind):
        for pattern, what in _NOTICE:
            if pattern.search(kind):
                return what
    for each in relations(publication):
        if each.standing == "notice" and each.what:
            return each.what
    head = _HEAD.match((publication.title.content or "")[:200])
    if head is not None:
        return next((what for pattern, what in _NOTICE if pattern.search(head["head"])), "")
    return ""


def marked(publication: Publication) -> tuple[NoticeKind | Literal[""], str, Passage | None]:
    """What the record marks its own article as, in which words, and where: "RETRACTED: …"."""
    for value, pattern in ((publication.title, _MARK), (publication.kind, _TYPES)):
        text = (value.content or "")[:300]
        match = pattern.match(text) if pattern is _MARK else pattern.search(text)
        if match is not None:
            what: NoticeKind = "retraction" if match["retracted"] else "withdrawal"
            return what, match.group().strip(), value.passage
    return "", "", None


def untitled(title: str) -> str:
    """The title without a notice's head or a retraction's mark."""
    for pattern in (_HEAD, _MARK):
        match = pattern.match(title[:200])
        if match is not None:
            title = title[match.end() :]
    return title.strip()


_PREPRINT: Final = re.compile(
    r"10\.1101/\d|10\.21203/rs\.|10\.2139/ssrn|10\.20944/preprints|10\.26434/|10\.31219/osf"
    r"|10\.31234/osf|10\.22541/au\.|10\.48550/arxiv|10\.36227/techrxiv|10\.1590/scielopreprints",
    re.I,
)
"""How DOIs of preprint servers begin; those of Cold Spring Harbor's journals have letters."""
_PREPRINT_KIND: Final = re.compile(r"\bpreprint\b|\bposted content\b|\bunpublished work\b", re.I)


def is_preprint(publication: Publication) -> bool:
    """Whether the record is of a preprint, by its kind or its DOI."""
    if publication.retold:
        return False
    kind = (publication.kind.content or "")[:300]
    return bool(_PREPRINT_KIND.search(kind) or _PREPRINT.match(publication.doi.content or ""))
