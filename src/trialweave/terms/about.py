"""What is known of the vocabularies themselves: under which terms they are given, how to cite them.

Licences were read in the releases or on the publishers' pages; a user who passes a vocabulary on
has to read them again. A vocabulary that is not listed is the user's own.
"""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["About", "about", "known_as"]


class About(NamedTuple):
    """Terms of use and citation of a vocabulary, and whether we may ship it."""

    licence: str
    citation: str
    may_ship: bool = False


_USER: Final = "licensed to the user; not to be passed on"
_CC_BY: Final = "CC BY 4.0"
_OPEN: Final = "public domain (United States)"

_KNOWN: Final[dict[str, About]] = {
    "MeSH": About(
        "public domain; name the source (NLM) and the year of the release",
        "Medical Subject Headings, U.S. National Library of Medicine",
        True,
    ),
    "HPO": About(
        "HPO licence: free to use; cite it with its version; do not alter its content",
        "Gargano et al., The Human Phenotype Ontology in 2024, Nucleic Acids Res 2024;52:D1333",
        True,
    ),
    "HPO genes": About(
        "HPO licence: free to use; cite it with its version; rows from OMIM keep their source",
        "Gargano et al., The Human Phenotype Ontology in 2024, Nucleic Acids Res 2024;52:D1333",
        True,
    ),
    "HGNC": About("CC0", "HUGO Gene Nomenclature Committee, genenames.org", True),
    "NCBI Gene": About(_OPEN, "Gene, National Center for Biotechnology Information", True),
    "MONDO": About(_CC_BY, "Mondo Disease Ontology, Monarch Initiative", True),
    "DOID": About("CC0", "Human Disease Ontology, University of Maryland", True),
    "CL": About(_CC_BY, "Cell Ontology, OBO Foundry", True),
    "EFO": About("Apache-2.0", "Experimental Factor Ontology, EMBL-EBI", True),
    "CHEBI": About(_CC_BY, "Chemical Entities of Biological Interest, EMBL-EBI", True),
    "UBERON": About("CC BY 3.0", "Uber-anatomy ontology, OBO Foundry", True),
    "FPLX": About("CC0", "FamPlex, protein families and complexes", True),
    "UNII": About(_OPEN, "Unique Ingredient Identifiers, U.S. Food and Drug Administration", True),
    "RxNorm": About(
        "prescribable subset: free of licence fees, name the source",
        "RxNorm, U.S. National Library of Medicine",
        True,
    ),
    "UniProt": About(
        _CC_BY, "UniProt Consortium, Human polymorphisms and disease mutations (humsavar)", True
    ),
    "UniProt proteins": About(_CC_BY, "UniProt Consortium, uniprot.org", True),
    "CTCAE": About(
        f"{_OPEN}; its names of terms stem from MedDRA, whose codes are left out",
        "Common Terminology Criteria for Adverse Events, National Cancer Institute",
        True,
    ),
    "UMLS": About(_USER, "UMLS Metathesaurus, U.S. National Library of Medicine"),
    "SNOMED CT": About(_USER, "SNOMED CT, SNOMED International"),
    "MedDRA": About(_USER, "Medical Dictionary for Regulatory Activities, ICH"),
    "LOINC": About(
        "LOINC licence: free to use; do not ship without its notice",
        "Logical Observation Identifiers Names and Codes, Regenstrief Institute",
    ),
}
_OWN: Final = About("as its owner says", "")


def about(vocabulary: str) -> About:
    """What is known of a vocabulary by its name."""
    return _KNOWN.get(vocabulary, _OWN)


def known_as(name: str) -> str:
    """What a vocabulary that is known here is called, by its name in any case; "" for none."""
    folded = " ".join(name.replace("-", " ").split()).casefold()
    return next((known for known in _KNOWN if known.casefold() == folded), "")
