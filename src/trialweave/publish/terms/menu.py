"""In which list a term stands: by its vocabulary, its kind, and, for variants, its form."""

from __future__ import annotations

import re
from typing import Final

from trialweave.model.annotation import AS_REGISTERED, VARIANT
from trialweave.publish.terms.views import Menu

__all__ = ["ORDER", "menu_of", "menus_of", "preference"]

_OF_VOCABULARY: Final[dict[str, Menu]] = {
    "mesh": "MeSH",
    "hpo": "HPO",
    **dict.fromkeys(("mondo", "doid", "efo", "icd-10-cm", "icd-10", "icd-11", "orphanet", "omim"),
                    "Disease"),
    **dict.fromkeys(("unii", "rxnorm", "chebi", "drugbank", "chembl", "atc"), "Drug"),
    **dict.fromkeys(("hgnc", "ncbi gene", "ensembl"), "Gene"),
    **dict.fromkeys(("uniprot proteins", "fplx"), "Protein"),
    "uniprot": "Mutation",
    "cl": "Cell",
    **dict.fromkeys(("ctcae", "meddra"), "Adverse event"),
    AS_REGISTERED.casefold(): "As registered",
}  # fmt: skip
_OF_KIND: Final[dict[str, Menu]] = {
    "disease": "Disease",
    "phenotype": "Disease",
    "chemical": "Drug",
    "drug": "Drug",
    "gene": "Gene",
    "protein": "Protein",
    "cell": "Cell",
    "adverse event": "Adverse event",
}
"""Of vocabularies that hold many kinds: the UMLS, SNOMED CT, one's own."""
_ALSO: Final[dict[str, Menu]] = {"chemical": "Drug", "protein": "Protein"}
"""Of MeSH: the lists in which a heading stands as well, by the kind that its place in the tree
gives it (branch D: chemicals and drugs; D08.811 and D12.776: enzymes and proteins)."""
_NUMBER = re.compile(r"rs\d+", re.IGNORECASE)

ORDER: Final = (
    "MeSH", "HPO", "MONDO", "DOID", "HGNC", "NCBI Gene", "UNII", "RxNorm", "CHEBI", "CL",
    "UniProt proteins", "UniProt", VARIANT, "CTCAE", "MedDRA",
)  # fmt: skip
"""Vocabularies in the order in which one is taken where a name means something in several."""
_PLACES: Final = {name: place for place, name in enumerate(ORDER)}


def menu_of(vocabulary: str, kind: str = "", identifier: str = "") -> Menu:
    """The list that a term belongs to first.

    >>> menu_of("HGNC", "gene", "HGNC:11998")
    'Gene'
    >>> menu_of("Variant", "variant", "rs1801133")
    'SNP'
    """
    if vocabulary == VARIANT or kind == "variant":
        return "SNP" if _NUMBER.fullmatch(identifier) else "Mutation"
    return _OF_VOCABULARY.get(vocabulary.casefold()) or _OF_KIND.get(kind, "Other")


def menus_of(vocabulary: str, kind: str = "", identifier: str = "") -> tuple[Menu, ...]:
    """Every list that a term stands in: a MeSH heading of a protein is among the proteins too."""
    first = menu_of(vocabulary, kind, identifier)
    if first == "MeSH" and kind in _ALSO:
        return first, _ALSO[kind]
    return (first,)


def preference(vocabulary: str) -> tuple[int, str]:
    """A key to sort vocabularies by: those of `ORDER` first, what was registered last."""
    if vocabulary == AS_REGISTERED:
        return len(ORDER) + 1, vocabulary
    return _PLACES.get(vocabulary, len(ORDER)), vocabulary
