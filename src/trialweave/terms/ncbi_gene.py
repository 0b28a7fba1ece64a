"""Genes by NCBI: Homo_sapiens.gene_info.gz.

Format: TSV of 16 columns, "-" for nothing, lists with "|"; see NCBI's README of gene/DATA. Of a
file with several species only the human genes are read.
"""

from __future__ import annotations

from typing import Final

from trialweave.terms.delimited import header_of, picker, rows, split
from trialweave.terms.drafting import Drafts
from trialweave.terms.term import Scope

__all__ = ["read"]

_HUMAN: Final = "9606"
_PREFIXES: Final = {"MIM": "OMIM", "HGNC": "HGNC", "Ensembl": "Ensembl"}


def read(text: str, drafts: Drafts) -> None:
    """Read genes. Raises Unreadable."""
    drafts.vocabulary = drafts.vocabulary or "NCBI Gene"
    header = header_of(text, "\t")
    species = picker(header, "tax_id", needed=True)
    identifier = picker(header, "GeneID", needed=True)
    symbol = picker(header, "Symbol", needed=True)
    synonyms = picker(header, "Synonyms", needed=True)
    others = picker(header, "dbXrefs", needed=True)
    name = picker(header, "description", needed=True)
    more = picker(header, "Other_designations")
    for row in rows(text, drafts):
        if row[species] != _HUMAN:
            drafts.note("genes of other species were left out", row[symbol])
            continue
        names: list[tuple[str, Scope]] = [(row[symbol], "symbol")]
        names.extend((one, "exact") for one in split(row[name], "\0"))
        names.extend((one, "abbreviation") for one in split(row[synonyms]))
        if more >= 0:
            names.extend((one, "related") for one in split(row[more]))
        alike = []
        for one in split(row[others]):
            register, _, number = one.partition(":")
            if register in _PREFIXES:
                alike.append(f"{_PREFIXES[register]}:{number.removeprefix('HGNC:')}")
        drafts.take(f"NCBIGene:{row[identifier]}", names, kind="gene", alike=alike)
