"""From a phenotype to its genes, from a gene to what is known to vary in it, and back.

What vocabularies say, whether a study here names it or not: HPO's links between phenotypes and
genes, UniProt's variants of genes with their rs numbers and diseases.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from trialweave.model.annotation import VARIANT
from trialweave.publish.terms.counted import Key
from trialweave.publish.terms.known import Known, reference_of
from trialweave.publish.terms.menu import menu_of
from trialweave.publish.terms.shelves import Book, Entry, reference
from trialweave.publish.terms.views import GeneLink, TermRow
from trialweave.terms.term import Link

__all__ = ["Chain", "chain_of", "changes_of", "disease_of", "gene_of", "same_variant"]

GENES: Final = 40  # shown
VARIANTS: Final = 10  # shown of each gene, on the page of a phenotype
_MANY: Final = 200  # variants and phenotypes shown on a gene's own page
_NOTES: Final = 5  # of what is said of a link, out of the first _READ
_READ: Final = 50
_WIDEST: Final = 2_000  # narrower terms
_NUMBER: Final = "dbsnp:"
_SYMBOLS: Final = ("HGNC", "NCBI Gene")
_NEVER_LINKED: Final = frozenset({"anatomy", "cell", "chemical", "device", "drug", "food"})
_LISTED: Final = 2_000  # genes that are counted; those of the highest terms are too many to rank


class Chain(NamedTuple):
    """Genes of a phenotype or a variant; phenotypes of a gene, diseases of a variant; variants of
    a gene or a disease, and the other forms of a variant. `more_…` are how many are left out."""

    genes: tuple[GeneLink, ...] = ()
    phenotypes: tuple[TermRow, ...] = ()
    variants: tuple[TermRow, ...] = ()
    more_genes: int = 0
    more_phenotypes: int = 0
    more_variants: int = 0


def chain_of(here: Known, entry: Entry, narrower: Sequence[str] = ()) -> Chain:
    """What vocabularies link to a term; to a phenotype also what they link to `narrower` ones,
    unless these are too many to say anything.

    Those that studies name come first. Empty for a term of another kind.
    """
    menu = menu_of(entry.vocabulary, entry.kind, entry.id)
    if menu == "Gene":
        return _of_gene(here, entry)
    if menu in ("SNP", "Mutation"):
        return _of_variant(here, entry)
    if entry.kind in _NEVER_LINKED:
        return Chain()
    ids = [entry.id, *(narrower if len(narrower) <= _WIDEST else ())]
    phenotype = _of_phenotype(here, entry.vocabulary, ids)
    variants = _of_disease(here, entry)
    shown = variants[:_MANY]
    return phenotype._replace(variants=shown, more_variants=len(variants) - len(shown))


def same_variant(here: Known, entry: Entry) -> tuple[Key, ...]:
    """The keys under which studies name a variant beside its own: its rs number, its change."""
    keys: dict[Key, None] = {}
    for one in changes_of(here, entry):
        keys |= {(one.vocabulary, one.id): None, (VARIANT, one.name): None}
        keys |= {(each.vocabulary, each.id): None for each in _numbers(here, one)}
    keys.pop((entry.vocabulary, entry.id), None)
    return tuple(keys)


def _of_phenotype(here: Known, vocabulary: str, ids: Sequence[str]) -> Chain:
    genes: dict[Entry, list[tuple[Book, list[int]]]] = {}
    left_out = 0
    for book in here.shelves.linking(vocabulary):
        groups = book.linked(ids, "gene")
        left_out += max(len(groups) - _LISTED, 0)
        groups = groups[:_LISTED]
        firsts = book.links_at([places[0] for places in groups])
        for link, places in zip(firsts, groups, strict=True):
            genes.setdefault(gene_of(here, link), []).append((book, places))
    counted = {gene: here.counts([(gene.vocabulary, gene.id)]).studies for gene in genes}
    times = {gene: sum(len(places) for _, places in genes[gene]) for gene in genes}
    best = sorted(genes, key=lambda gene: (-counted[gene], -times[gene], gene.name))[:GENES]
    return Chain(
        genes=tuple(_with_variants(here, gene, counted[gene], genes[gene]) for gene in best),
        more_genes=len(genes) - len(best) + left_out,
    )


def _with_variants(
    here: Known, gene: Entry, studies: int, linked: Sequence[tuple[Book, list[int]]]
) -> GeneLink:
    said: dict[str, None] = {}
    for book, places in linked:
        said |= {link.note: None for link in book.links_at(places[:_READ]) if link.note}
    rows = _variants_of(here, gene)
    more = max(len(rows) - VARIANTS, 0)
    return GeneLink(reference_of(gene), studies, tuple(said)[:_NOTES], rows[:VARIANTS], more)


def _of_gene(here: Known, gene: Entry) -> Chain:
    found = dict.fromkeys(link.term for link in _links_to_gene(here, gene))
    rows = [here.row(each) for each in filter(None, (_anywhere(here, one) for one in found))]
    rows.sort(key=lambda row: (-row.studies, row.term.name))
    variants = _variants_of(here, gene)
    return Chain(
        phenotypes=tuple(rows[:_MANY]),
        variants=variants[:_MANY],
        more_phenotypes=max(len(rows) - _MANY, 0),
        more_variants=max(len(variants) - _MANY, 0),
    )


def _of_variant(here: Known, entry: Entry) -> Chain:
    changes = changes_of(here, entry)
    genes: dict[Entry, None] = {}
    diseases: dict[Entry, None] = {}
    for one in changes:
        for link in _said_of(here, one):
            if link.relation == "gene":
                genes[gene_of(here, link)] = None
            elif link.relation == "disease":
                diseases[disease_of(here, link)] = None
    others: dict[Entry, None] = {}
    for one in changes:
        others[one] = None
        others |= dict.fromkeys(_numbers(here, one))
    others.pop(entry, None)
    shown = tuple(
        GeneLink(reference_of(gene), here.counts([(gene.vocabulary, gene.id)]).studies, (), ())
        for gene in genes
    )
    return Chain(
        genes=shown,
        phenotypes=tuple(here.row(each) for each in diseases),
        variants=tuple(_row(here, each) for each in others),
    )


def _variants_of(here: Known, gene: Entry) -> tuple[TermRow, ...]:
    """A gene's known changes and their rs numbers, each change before its number: those that
    studies name first."""
    held = here.variants.get(gene.name)
    if held is None:
        rows: dict[str, TermRow] = {}
        for book in _of_variants(here):
            for place in map(book.place, book.terms_labelled(gene.name)):
                for each in (book.entry(place), *_numbers_at(book, place)):
                    if each.id not in rows:
                        rows[each.id] = _row(here, each)
        held = tuple(sorted(rows.values(), key=lambda row: -row.studies))
        here.keep_variants(gene.name, held)
    return held


def _row(here: Known, variant: Entry) -> TermRow:
    """A variant with the studies that name it by this form."""
    also = [] if variant.vocabulary == VARIANT else [(VARIANT, variant.name)]
    return here.row(variant, *also)


def changes_of(here: Known, entry: Entry) -> tuple[Entry, ...]:
    """The known changes that a variant's term is about: itself, or those of its rs number."""
    if entry.vocabulary != VARIANT:
        return (entry,)
    if entry.id.startswith("rs"):
        found = ((book, book.saying_same(f"{_NUMBER}{entry.id}")) for book in _of_variants(here))
    else:
        found = ((book, book.named(entry.id)) for book in _of_variants(here))
    return tuple(book.entry(place) for book, places in found for place in places)


def _of_variants(here: Known) -> Iterator[Book]:
    return (book for book in here.shelves.with_links() if "variant" in book.kinds)


def _numbers(here: Known, variant: Entry) -> tuple[Entry, ...]:
    """The rs numbers of a change that a vocabulary knows."""
    book = here.shelves.book(variant.vocabulary)
    place = book.place(variant.id) if book is not None else -1
    return _numbers_at(book, place) if book is not None and place >= 0 else ()


def _numbers_at(book: Book, place: int) -> tuple[Entry, ...]:
    numbers = (each.partition(":") for each in book.alike(place) if each.startswith(_NUMBER))
    return tuple(Entry(VARIANT, number, number, "variant") for _, _, number in numbers)


def _said_of(here: Known, entry: Entry) -> tuple[Link, ...]:
    book = here.shelves.book(entry.vocabulary)
    return () if book is None else book.links_of(entry.id)


def _links_to_gene(here: Known, gene: Entry) -> Iterator[Link]:
    """What vocabularies of other things than variants link to a gene: by an id that is said to be
    the same, or its symbol."""
    for book in here.shelves.with_links():
        if "variant" not in book.kinds:
            found = [link for one in _ids_of(here, gene) for link in book.links_to(one)]
            yield from found or book.links_to(label=gene.name)


def _of_disease(here: Known, disease: Entry) -> tuple[TermRow, ...]:
    """The changes that a vocabulary links to a disease, by an id that is said to be the same."""
    same = _ids_of(here, disease)
    if len(same) == 1 and disease.kind != "disease":
        return ()
    found = {
        book.entry(book.place(link.term)): None
        for book in _of_variants(here)
        for one in same
        for link in book.links_to(one)
        if link.relation == "disease" and book.place(link.term) >= 0
    }
    rows = (_row(here, each) for each in found)
    return tuple(sorted(rows, key=lambda row: -row.studies))


def _ids_of(here: Known, entry: Entry) -> list[str]:
    """The id of a term and those of the same thing elsewhere, as `reference` writes them."""
    book = here.shelves.book(entry.vocabulary)
    place = book.place(entry.id) if book is not None else -1
    same = book.alike(place) if book is not None and place >= 0 else []
    return [reference(entry.id, entry.vocabulary), *same]


def gene_of(here: Known, link: Link) -> Entry:
    """The gene of a link: of a vocabulary of genes by id, else by symbol, else as the link says."""
    spelled = reference(link.other) if link.other else ""
    for name in _SYMBOLS:
        book = here.shelves.book(name)
        if book is None:
            continue
        found = [*book.identified(spelled), *book.saying_same(spelled)] if spelled else []
        places = found or list(book.named(link.label))
        if places:
            return book.entry(places[0])
    vocabulary = link.other.partition(":")[0] or "Gene"
    return Entry(vocabulary, link.other or link.label, link.label or link.other, "gene")


def disease_of(here: Known, link: Link) -> Entry:
    """The disease of a link: of a vocabulary of diseases that says it is the same, else its own."""
    spelled = reference(link.other) if link.other else ""
    for name in ("MONDO", "DOID", "HPO", "MeSH"):
        book = here.shelves.book(name) if spelled else None
        if book is not None and (places := book.saying_same(spelled)):
            return book.entry(places[0])
    name = link.other.partition(":")[0] or "Disease"
    return Entry(name, link.other or link.label, link.label or link.other, "disease")


def _anywhere(here: Known, identifier: str) -> Entry | None:
    """A term by an id that says of which vocabulary it is."""
    for book in here.shelves.with_terms():
        for place in book.identified(reference(identifier, book.vocabulary)):
            return book.entry(place)
    return None
