"""Genes by the HUGO Gene Nomenclature Committee: hgnc_complete_set.txt, and custom downloads.

Format: TSV; lists in one field with "|" (custom downloads: ", "), in quotation marks. The approved
symbol comes first, then its name, alias and previous symbols, alias and previous names.
"""

from __future__ import annotations

import re

from trialweave.terms.delimited import header_of, picker, rows, split
from trialweave.terms.drafting import Drafts
from trialweave.terms.term import Scope

__all__ = ["read"]

_WITHDRAWN = re.compile(r"(?:symbol|entry) withdrawn(?:, see \[?(HGNC:\d+))?", re.IGNORECASE)


def read(text: str, drafts: Drafts) -> None:
    """Read genes. Withdrawn ones are obsolete; what stands for their name says which replaces them.

    Raises Unreadable.
    """
    drafts.vocabulary = drafts.vocabulary or "HGNC"
    header = header_of(text, "\t")
    identifier = picker(header, "hgnc_id", "HGNC ID", needed=True)
    symbol = picker(header, "symbol", "Approved symbol", needed=True)
    name = picker(header, "name", "Approved name")
    status = picker(header, "status")
    lists: list[tuple[int, Scope]] = [
        (picker(header, "alias_symbol", "Alias symbols", "Synonyms"), "abbreviation"),
        (picker(header, "prev_symbol", "Previous symbols"), "abbreviation"),
        (picker(header, "alias_name", "Alias names", "Name synonyms"), "exact"),
        (picker(header, "prev_name", "Previous names", "Previous name"), "exact"),
    ]
    others = [
        (picker(header, "entrez_id", "NCBI Gene ID(supplied by NCBI)", "NCBI Gene ID"), "NCBIGene"),
        (picker(header, "uniprot_ids", "UniProt ID(supplied by UniProt)"), "UniProt"),
        (picker(header, "ensembl_gene_id", "Ensembl gene ID"), "Ensembl"),
        (picker(header, "omim_id", "OMIM ID(supplied by OMIM)"), "OMIM"),
    ]
    separator = "|" if "hgnc_id" in header else ", "
    for row in rows(text, drafts):
        names: list[tuple[str, Scope]] = [(row[symbol].removesuffix("~withdrawn"), "symbol")]
        remark = _WITHDRAWN.match(row[name]) if name >= 0 else None
        if name >= 0 and remark is None:
            names.append((row[name].strip('"'), "exact"))
        for at, scope in lists:
            if at >= 0 and row[at]:
                names.extend((one.strip('"'), scope) for one in split(row[at], separator))
        alike = [
            f"{prefix}:{one}"
            for at, prefix in others
            if at >= 0 and row[at]
            for one in split(row[at], separator)
        ]
        withdrawn = status >= 0 and "withdrawn" in row[status].lower()
        drafts.take(
            row[identifier],
            names,
            kind="gene",
            alike=alike,
            obsolete=withdrawn or remark is not None,
            replaced_by=(remark[1] or "") if remark else "",
        )
