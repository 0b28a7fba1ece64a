"""From what a person types to a term: an id, a name, a variant, a wording that was registered."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from trialweave.errors import NotFound
from trialweave.model.annotation import AS_REGISTERED, VARIANT
from trialweave.publish.state import State
from trialweave.publish.terms.chain import disease_of, gene_of
from trialweave.publish.terms.known import Known, known, reference_of
from trialweave.publish.terms.shelves import Book, Entry, reference
from trialweave.publish.terms.views import TermRef
from trialweave.publish.text import cut, fold

if TYPE_CHECKING:
    from trialweave.terms.variants import Variant

__all__ = ["Found", "find_term", "look_up", "suggested"]

_LONGEST: Final = 1_000  # characters that are looked at
_OTHERS: Final = 12
_NEAR: Final = 3
_CLOSE: Final = 0.75  # of difflib's likeness
_COMPARED: Final = 100  # characters of what may be a misspelling
_PREFIXED = re.compile(r"[A-Za-z][\w .-]{0,40}[:_]\S")
_BESIDE: Final = frozenset({"gene", "mutation", "variant", "snp", "polymorphism", "allele"})
_ID = re.compile(r"(?=.*[\d:_])(?:[A-Za-z][\w .-]{0,40}:)?\S+")
"""What can be an id: no blanks but in the name of a vocabulary, and a digit, ":" or "_"."""
_SHAPES: Final = {
    "MeSH": r"(?:(?:MESH|MSH)[:_])?[CDQ]\d{6,9}",
    "HPO": r"HPO?[:_]\S+",
    "MONDO": r"MONDO[:_]\S+",
    "DOID": r"DOID[:_]\S+",
    "HGNC": r"HGNC[:_]\S+",
    "CL": r"CL[:_]\S+",
    "CTCAE": r"CTCAE\S*[:_]\S+",
    "UNII": r"(?:UNII[:_])?[0-9A-Z]{10}",
    "UniProt": r"(?:UniProt[:_])?VAR_\d+",
}
"""Ids of vocabularies that have them in a form of their own."""
_NUMBER = re.compile(r"rs\d{1,12}", re.IGNORECASE)


class Found(NamedTuple):
    """The term meant, and further ones that could be, best first."""

    entry: Entry
    others: tuple[Entry, ...]


def find_term(
    state: State, root: Path, asked: str, vocabulary: str = ""
) -> tuple[TermRef, tuple[TermRef, ...]]:
    """The term that a question means, and further ones that could be: see `look_up`."""
    found = look_up(known(state, root), asked, vocabulary)
    return reference_of(found.entry), tuple(map(reference_of, found.others))


def look_up(here: Known, asked: str, vocabulary: str = "") -> Found:
    """The term that a question means: by id, variant, name, or registered wording, in this order;
    last come names that were given up, and those that links alone have.

    With a `vocabulary` only its terms are meant. Of several, see `Known.best_first`. Raises
    NotFound, with names that are near.
    """
    if vocabulary:
        exact = here.entry(vocabulary, asked)
        if exact is not None:
            return Found(exact, ())
    text = " ".join(asked[:_LONGEST].split())
    if not text:
        raise NotFound("no term was asked for.", next_step='For instance: trialweave term "fever".')
    for stage in _STAGES:
        entries = [
            each
            for each in stage(here, text)
            if vocabulary.casefold() in ("", each.vocabulary.casefold())
        ]
        if entries:
            first, *others = here.best_first(entries, text)
            if stage is not _registered:
                others += _registered(here, text)
            rest = tuple(each for each in dict.fromkeys(others) if each != first)
            return Found(first, () if vocabulary else rest[:_OTHERS])
    raise _nothing(here, text, vocabulary)


def suggested(here: Known, text: str, limit: int) -> tuple[Entry, ...]:
    """Terms whose names have the words typed, or come near: what studies name goes first."""
    asked = " ".join(text[:_LONGEST].split())
    if not asked or limit < 1:
        return ()
    found = [*_ids_of(here, asked), *here.naming(asked, limit)]
    if len(found) < limit:
        near = (
            here.entry(name, identifier)
            for name, identifier, _ in here.shelves.names().suggest(asked, limit)
        )
        found += [each for each in near if each is not None]
    return tuple(dict.fromkeys(found))[:limit]


def _ids_of(here: Known, text: str) -> list[Entry]:
    """The terms with this id, by itself or behind the name of its vocabulary."""
    if not _ID.fullmatch(text):
        return []
    found = []
    whole = _PREFIXED.match(text) is not None
    names = [name for name, one in here.shelves.listed.items() if one.terms and _can_be(text, name)]
    for book in filter(None, map(here.shelves.book, names)):
        for place in book.identified(reference(text, book.vocabulary)):
            entry = book.entry(place)
            if whole or not _PREFIXED.match(entry.id):  # "4" is not DOID:4
                found.append(entry)
    mentions = here.mentioned
    asked = {reference(text, name) for name in {name for name, _ in mentions.terms}}
    for spelled in sorted(asked & here.by_reference.keys()):
        for at in here.by_reference[spelled]:
            name, identifier = mentions.terms[at]
            if whole or not _PREFIXED.match(identifier):
                found += filter(None, [here.entry(name, identifier)])
    return found


def _can_be(text: str, vocabulary: str) -> bool:
    """Whether an id can be of a vocabulary, which then is worth opening."""
    shape = _SHAPES.get(vocabulary)
    return shape is None or re.fullmatch(shape, text, re.IGNORECASE) is not None


def _identified(here: Known, text: str) -> list[Entry]:
    return _ids_of(here, text)


def _linked(here: Known, text: str) -> list[Entry]:
    """The terms that say an id elsewhere is the same thing, and things known by links alone."""
    if not _PREFIXED.match(text):
        return []
    asked = reference(text)
    same = [
        book.entry(place) for book in here.shelves.with_terms() for place in book.saying_same(asked)
    ]
    if asked.startswith("dbsnp:"):
        number = asked.partition(":")[2]
        return [Entry(VARIANT, number, number, "variant")] if same else []
    return same or list(_by_link(here, asked))


def _by_link(here: Known, asked: str) -> Iterator[Entry]:
    for book in here.shelves.with_links():
        for link in book.links_to(asked)[:1]:
            name, _, _ = link.other.partition(":")
            yield Entry(name, link.other, link.label or link.other, link.relation)


def _variants(here: Known, text: str) -> list[Entry]:
    """A variant as the grammar reads it, where a study or a vocabulary knows it."""
    from trialweave.terms.annotate import variant_term
    from trialweave.terms.variants import variants

    if _NUMBER.fullmatch(text):
        forms = [text.lower()]
    else:
        read = variants(text, _Symbols(here))
        whole = len(read) == 1 and _whole(text, read[0])
        forms = [variant_term(read[0])] if whole else []
    found: list[Entry] = []
    for form in forms:
        mentioned = here.entry(VARIANT, form)
        if mentioned is not None:
            return [mentioned]
        if _NUMBER.fullmatch(form) and _saying(here, f"dbsnp:{form}"):
            return [Entry(VARIANT, form, form, "variant")]
        found += [
            book.entry(place) for book in here.shelves.with_links() for place in book.named(form)
        ]
    return found


def _whole(text: str, variant: Variant) -> bool:
    """Whether a text is nothing but a variant and its gene."""
    beside = f"{text[: variant.start]} {text[variant.end :]}".replace(variant.gene, " ")
    return not set(re.findall(r"\w+", beside.casefold())) - _BESIDE


def _saying(here: Known, asked: str) -> bool:
    return any(book.saying_same(asked) for book in here.shelves.with_links())


class _Symbols:
    """The symbols of genes, as vocabularies have them."""

    def __init__(self, here: Known) -> None:
        self._here = here

    @functools.cached_property
    def _genes(self) -> list[Book]:
        return [book for book in self._here.shelves.with_terms() if "gene" in book.kinds]

    def __contains__(self, word: object) -> bool:
        return any(
            book.entry(at).kind == "gene" and book.entry(at).name == word
            for book in self._genes
            for at in book.named(str(word))
        )


def _called(here: Known, text: str) -> list[Entry]:
    """The terms of this name, in vocabularies and in mentions."""
    laid = here.shelves.names().find(text)
    found = [*filter(None, (here.entry(name, identifier) for name, identifier, _ in laid))]
    found += [each for each in here.named(text) if each.vocabulary != AS_REGISTERED]
    return found


def _retired(here: Known, text: str) -> list[Entry]:
    """Terms that were called so before a vocabulary gave them up."""
    named = (book.entry(at) for book in here.shelves.with_terms() for at in book.named(text))
    return [entry for entry in named if entry.obsolete]


def _labelled(here: Known, text: str) -> list[Entry]:
    """Genes and diseases that links name, and no vocabulary has."""
    return [
        (gene_of if link.relation == "gene" else disease_of)(here, link)
        for book in here.shelves.with_links()
        for link in book.links_to(label=text)[:1]
    ]


def _registered(here: Known, text: str) -> list[Entry]:
    from trialweave.terms.annotate import registered_form

    form = registered_form(text)
    found = here.entry(AS_REGISTERED, form) if form else None
    return [] if found is None else [found]


_STAGES: Final = (
    _identified, _linked, _variants, _called, _registered, _retired, _labelled,
)  # fmt: skip


def _nothing(here: Known, text: str, vocabulary: str) -> NotFound:
    near = [each.name for each in suggested(here, text, _NEAR)]
    if not near and len(text) <= _COMPARED:
        near = difflib.get_close_matches(text, here.mentioned.names, _NEAR, _CLOSE)
    different = {each.casefold(): each for each in reversed(near)}
    names = " or ".join(repr(cut(fold(name), 60)) for name in reversed(different.values()))
    where = f" of {cut(fold(vocabulary), 40)}" if vocabulary else ""
    return NotFound(
        f"no term{where} is called {cut(fold(text), 80)!r} here.",
        next_step=f"Did you mean {names}?"
        if names
        else "trialweave terms list shows the terms that studies name.",
    )
