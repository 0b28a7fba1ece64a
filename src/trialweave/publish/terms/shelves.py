"""The vocabularies in use, as columns: names, cross references and links found without the release.

A release whole takes 100 MB and more; what a page asks of the vocabularies beside its own is a
name here and a cross reference there. Each is read once, laid out as columns, and let go; a term
whole, or the tree, is read from the release again, which the shelf keeps for a while.
"""

from __future__ import annotations

import functools
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trialweave.terms import shelf
from trialweave.terms.shelf import Shelved
from trialweave.terms.term import Link, Term
from trialweave.terms.tree import Tree, tree

if TYPE_CHECKING:
    from trialweave.terms.names import Laid

__all__ = ["Book", "Entry", "Shelves", "reference"]

Places = npt.NDArray[np.int64]
_BOOKS: Final = 40  # kept in memory: some 20 MB for the largest
_TERMS: Final = 2_000  # of a book, whole
_PREFIX = re.compile(r"([A-Za-z][A-Za-z0-9_. -]{0,40})[:_](?=\S)")
_SAME: Final = {
    "msh": "mesh", "hp": "hpo", "rxcui": "rxnorm", "sctid": "snomed ct", "ncit": "nci",
    "snomedct us": "snomed ct", "snomedct": "snomed ct", "umls cui": "umls", "omim": "mim",
    "uniprotkb": "uniprot", "entrez": "ncbigene", "ncbi gene": "ncbigene", "cl": "cl",
}  # fmt: skip
"""What vocabularies call one another, and the one name that is used here."""


def reference(identifier: str, vocabulary: str = "") -> str:
    """An id with its vocabulary in one spelling: "MESH:D018352" and D018352 of MeSH are the same.

    Ids that carry a prefix are of the vocabulary that it names, others of `vocabulary`.
    """
    found = _PREFIX.match(identifier) if ":" in identifier or "_" in identifier else None
    if found is None:
        return f"{_plain(vocabulary)}:{identifier.casefold()}"
    return f"{_plain(found[1])}:{identifier[found.end() :].casefold()}"


@functools.lru_cache(maxsize=1_000)
def _plain(name: str) -> str:
    folded = re.sub(r"[\s_]+", " ", name.casefold()).strip()
    folded = re.sub(r" \d{4} \d{2} \d{2}$", "", folded)  # "SNOMEDCT_US_2023_03_01"
    return _SAME.get(folded, folded)


class Entry(NamedTuple):
    """A term in short: as much as a line of a list needs."""

    vocabulary: str
    id: str
    name: str
    kind: str
    obsolete: bool = False


class _Lookup:
    """Texts and what they belong to, found by text; some 40 bytes each and no objects."""

    def __init__(self, texts: Sequence[str], owners: npt.NDArray[np.int32]) -> None:
        hashes = np.fromiter(map(hash, texts), np.int64, len(texts))
        self._order = np.argsort(hashes, kind="stable").astype(np.int32)
        self._hashes = hashes[self._order]
        self._owners = owners
        self._texts = pa.array(texts, pa.large_string())

    def find(self, text: str) -> tuple[int, ...]:
        """The owners of a text, in the order given."""
        asked = hash(text)
        first = int(np.searchsorted(self._hashes, asked, "left"))
        last = int(np.searchsorted(self._hashes, asked, "right"))
        places = (int(at) for at in self._order[first:last])
        return tuple(
            dict.fromkeys(int(self._owners[at]) for at in places if self._texts[at].as_py() == text)
        )

    def of(self, owner: int) -> list[str]:
        """The texts that belong to one, where owners were given in their order."""
        first, last = np.searchsorted(self._owners, [owner, owner + 1])
        found: list[str] = self._texts[int(first) : int(last)].to_pylist()
        return found


class _Grouped:
    """Rows found by the text that they have in one column, of which many have the same."""

    def __init__(self, column: pa.DictionaryArray, spelled: Callable[[str], str] = str) -> None:
        words = [spelled(each) for each in column.dictionary.to_pylist()]
        self._code: dict[str, int] = {}
        same = np.array([self._code.setdefault(word, len(self._code)) for word in words], np.int32)
        codes = same[column.indices.to_numpy()] if len(words) else np.zeros(0, np.int32)
        self._rows = np.argsort(codes, kind="stable").astype(np.int32)
        self._starts = np.zeros(len(self._code) + 1, np.int64)
        np.cumsum(np.bincount(codes, minlength=len(self._code)), out=self._starts[1:])

    def find(self, text: str) -> list[int]:
        """The rows with a text, in their order."""
        code = self._code.get(text)
        if code is None:
            return []
        found: list[int] = self._rows[self._starts[code] : self._starts[code + 1]].tolist()
        return found


class _Links:
    """The links of a release as columns, found by either side."""

    def __init__(self, links: Sequence[Link]) -> None:
        names = Link.__struct_fields__
        columns = list(zip(*map(msgspec.structs.astuple, links), strict=True)) or [()] * len(names)
        self._table = pa.table(
            {
                name: pa.array(texts, pa.string()).dictionary_encode()
                for name, texts in zip(names, columns, strict=True)
            }
        )
        term, other, label = (
            self._table.column(name).combine_chunks() for name in ("term", "other", "label")
        )
        self.terms = _Grouped(term)
        self.others = _Grouped(other, lambda each: reference(each) if each else "")
        self.labels = _Grouped(label)

    def at(self, rows: Sequence[int]) -> tuple[Link, ...]:
        """Some of the links."""
        found = self._table.take(pa.array(rows, pa.int64())).to_pylist()
        return tuple(Link(**row) for row in found)

    def terms_at(self, rows: Sequence[int]) -> tuple[str, ...]:
        """The terms of some of the links, each once."""
        return tuple(
            dict.fromkeys(self._table.column("term").take(pa.array(rows, pa.int64())).to_pylist())
        )

    def tally(self, rows: Sequence[int], relation: str) -> list[list[int]]:
        """Links of one relation in groups, each to one thing; the largest group first."""
        if not rows:
            return []
        chosen = self._table.take(pa.array(rows, pa.int64()))
        relations, others, labels = (
            chosen.column(name).combine_chunks() for name in ("relation", "other", "label")
        )
        known = relations.dictionary.to_pylist()
        fit = relations.indices.to_numpy() == (known.index(relation) if relation in known else -1)
        pairs = others.indices.to_numpy().astype(np.int64) * (len(labels.dictionary) + 1)
        pairs += labels.indices.to_numpy()
        _, group, counts = np.unique(pairs[fit], return_inverse=True, return_counts=True)
        order = np.argsort(group, kind="stable")
        places = np.asarray(rows, np.int64)[fit][order]
        groups = np.split(places, np.cumsum(counts)[:-1]) if len(places) else []
        return sorted((each.tolist() for each in groups), key=len, reverse=True)


class Book:
    """One release in use."""

    def __init__(self, root: Path, about: Shelved) -> None:
        release = shelf.load_one(root, about)
        self.about = about
        self.vocabulary = about.vocabulary
        self._root = root
        self._lay(release.terms)
        self._whole: dict[int, Term] = {}
        self._holding = threading.Lock()

    def _lay(self, terms: Sequence[Term]) -> None:
        self._ids = pa.array([term.id for term in terms], pa.large_string())
        names = [term.name for term in terms]
        self._names = pa.array(names, pa.large_string())
        self._kinds = pa.array([term.kind for term in terms], pa.string()).dictionary_encode()
        self.kinds = frozenset(self._kinds.dictionary.to_pylist())
        self._obsolete = np.array([term.obsolete for term in terms], np.bool_)
        self._has_tree = any(term.parents for term in terms)
        own, own_of = _flat([(term.id, *term.former) for term in terms])
        self._by_id = _Lookup([reference(each, self.vocabulary) for each in own], own_of)
        others, others_of = _flat([term.alike for term in terms])
        self._by_alike = _Lookup([reference(each) for each in others], others_of)
        self._by_name = _Lookup(
            [name.casefold() for name in names], np.arange(len(terms), dtype=np.int32)
        )

    def entry(self, place: int) -> Entry:
        """A term in short."""
        return Entry(
            self.vocabulary,
            self._ids[place].as_py(),
            self._names[place].as_py(),
            self._kinds[place].as_py(),
            bool(self._obsolete[place]),
        )

    def place(self, identifier: str) -> int:
        """Where a term stands, by its id or one that was merged into it; -1 for none."""
        found = self.identified(reference(identifier, self.vocabulary))
        exact = [at for at in found if self._ids[at].as_py() == identifier]
        return next(iter((*exact, *found)), -1)

    def identified(self, known_as: str) -> tuple[int, ...]:
        """The terms with an id, as `reference` writes it."""
        return self._by_id.find(known_as)

    def saying_same(self, known_as: str) -> tuple[int, ...]:
        """The terms that name an id elsewhere as the same thing, as `reference` writes it."""
        return self._by_alike.find(known_as)

    def named(self, name: str) -> tuple[int, ...]:
        """The terms with this preferred name, in any case."""
        return self._by_name.find(name.casefold())

    def term(self, place: int) -> Term:
        """A term whole, read from the release; the last ones stay in memory."""
        with self._holding:
            held = self._whole.get(place)
        if held is None:
            held = shelf.load_one(self._root, self.about).terms[place]
            with self._holding:
                if len(self._whole) >= _TERMS:
                    self._whole.clear()
                self._whole[place] = held
        return held

    @functools.cached_property
    def tree(self) -> Tree:
        """The tree of the release."""
        return tree(shelf.load_one(self._root, self.about).terms if self._has_tree else ())

    @functools.cached_property
    def _links(self) -> _Links:
        return _Links(shelf.load_one(self._root, self.about).links)

    def alike(self, place: int) -> list[str]:
        """What a term says is the same elsewhere, as `reference` writes it."""
        return self._by_alike.of(place)

    def links_of(self, identifier: str) -> tuple[Link, ...]:
        """What the release says of a term, in its order."""
        return self._links.at(self._links.terms.find(identifier))

    def linked(self, identifiers: Iterable[str], relation: str) -> list[list[int]]:
        """The places of its links from some terms, in groups: see `_Links.tally`."""
        rows = [row for each in identifiers for row in self._links.terms.find(each)]
        return self._links.tally(rows, relation)

    def links_at(self, places: Sequence[int]) -> tuple[Link, ...]:
        """Some of its links, by place."""
        return self._links.at(places)

    def terms_labelled(self, label: str) -> tuple[str, ...]:
        """The ids of its terms that it links to something of this name."""
        return self._links.terms_at(self._links.labels.find(label))

    def links_to(self, known_as: str = "", label: str = "") -> tuple[Link, ...]:
        """What it says of a thing elsewhere, by its id as `reference` writes it, and its label."""
        found = self._links.others.find(known_as) if known_as else []
        called = self._links.labels.find(label) if label else []
        return self._links.at(sorted({*found, *called}))


def _flat(groups: Sequence[Sequence[str]]) -> tuple[list[str], npt.NDArray[np.int32]]:
    """The texts of all groups, and which group each is of."""
    sizes = np.fromiter(map(len, groups), np.int64, len(groups))
    owners = np.repeat(np.arange(len(groups), dtype=np.int32), sizes)
    return [text for group in groups for text in group], owners


_books: OrderedDict[tuple[str, str, str], Book] = OrderedDict()
_binding = threading.Lock()


class Shelves:
    """The vocabularies that a workspace uses, each opened when first asked for.

    Raises WorkspaceError where one is damaged.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.listed: dict[str, Shelved] = {one.vocabulary: one for one in shelf.in_use(root)}

    def book(self, vocabulary: str) -> Book | None:
        """A vocabulary by name, in any case; None where it is not in use."""
        one = self.listed.get(vocabulary)
        if one is None:
            folded = vocabulary.casefold()
            same = (each for name, each in self.listed.items() if name.casefold() == folded)
            one = next(same, None)
        if one is None:
            return None
        key = one.sha256, one.vocabulary, one.version
        with _binding:
            held = _books.get(key)
            if held is None:
                held = _books[key] = Book(self.root, one)
                while len(_books) > _BOOKS:
                    _books.popitem(last=False)
            _books.move_to_end(key)
        return held

    def names(self) -> Laid:
        """The names of all, laid out."""
        from trialweave.terms.ready import laid_for

        return laid_for(self.root)

    def with_terms(self) -> Iterator[Book]:
        """Those that have terms, and not links alone, by name."""
        yield from self._those(name for name, one in self.listed.items() if one.terms)

    def with_links(self) -> Iterator[Book]:
        """Those that say how terms, theirs or another's, go with things elsewhere."""
        yield from self._those(name for name, one in self.listed.items() if one.links)

    def linking(self, vocabulary: str) -> Iterator[Book]:
        """Those with links of the terms of one vocabulary: itself, and releases of links alone."""
        yield from self._those(
            name
            for name, one in self.listed.items()
            if one.links and (name == vocabulary or not one.terms)
        )

    def _those(self, names: Iterable[str]) -> Iterator[Book]:
        for name in names:
            book = self.book(name)
            if book is not None:
                yield book
