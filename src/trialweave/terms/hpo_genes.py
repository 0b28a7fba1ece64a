"""Genes of HPO terms: genes_to_phenotype.txt, and phenotype_to_genes.txt.

Format: TSV of ncbi_gene_id, gene_symbol, hpo_id, hpo_name, frequency, disease_id (HPO releases
since 2023). The release has links and no terms.
"""

from __future__ import annotations

from trialweave.terms.delimited import header_of, picker, rows
from trialweave.terms.drafting import Drafts

__all__ = ["read"]


def read(text: str, drafts: Drafts) -> None:
    """Read the links, a row each; the disease and its frequency in `note`. Raises Unreadable."""
    drafts.vocabulary = drafts.vocabulary or "HPO genes"
    header = header_of(text, "\t")
    gene = picker(header, "ncbi_gene_id", "entrez_id", needed=True)
    symbol = picker(header, "gene_symbol", needed=True)
    term = picker(header, "hpo_id", needed=True)
    frequency = picker(header, "frequency")
    disease = picker(header, "disease_id")
    for row in rows(text, drafts):
        note = row[disease] if disease >= 0 else ""
        if frequency >= 0 and row[frequency] not in ("", "-"):
            note = f"{note}; {row[frequency]}"
        drafts.link(row[term], "gene", f"NCBIGene:{row[gene]}", row[symbol], note)
