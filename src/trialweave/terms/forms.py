"""The forms of vocabularies: how each begins, and what reads it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from trialweave.terms import (
    ctcae,
    hgnc,
    hpo_genes,
    licensed,
    mesh_ascii,
    mesh_xml,
    ncbi_gene,
    obo,
    obographs,
    rxnorm,
    tables,
    unii,
    uniprot,
)
from trialweave.terms.delimited import header_of, squashed
from trialweave.terms.drafting import Drafts
from trialweave.terms.tables import Table

__all__ = ["BYTES", "FORMS", "PLAIN", "recognised"]

Reader = Callable[[Any, Drafts, Table], None]


def _plainly(read: Callable[[str, Drafts], None]) -> Reader:
    return lambda text, drafts, _table: read(text, drafts)


def _mesh(data: bytes, drafts: Drafts, _table: Table) -> None:
    root = _XML_ROOT.search(data[:_PROLOG].decode("utf-8", "replace"))
    mesh_xml.read(data, root[1] if root else "DescriptorRecordSet", drafts)


def _ctcae(text: str, drafts: Drafts, _table: Table) -> None:
    ctcae.read(text, drafts, tables.separator_of(text.partition("\n")[0]))


FORMS: Final[dict[str, Reader]] = {
    "obo": _plainly(obo.read),
    "obographs": lambda data, drafts, _table: obographs.read(data, drafts),
    "mesh-xml": _mesh,
    "mesh-ascii": _plainly(mesh_ascii.read),
    "hgnc": _plainly(hgnc.read),
    "ncbi-gene": _plainly(ncbi_gene.read),
    "unii": _plainly(unii.read),
    "rrf": _plainly(rxnorm.read),
    "rrf-relations": _plainly(rxnorm.read_relations),
    "uniprot": _plainly(uniprot.read),
    "humsavar": _plainly(uniprot.read_humsavar),
    "variants": _plainly(uniprot.read_variants),
    "ctcae": _ctcae,
    "hpo-genes": _plainly(hpo_genes.read),
    "snomed-descriptions": _plainly(licensed.read_snomed_descriptions),
    "snomed-relations": _plainly(licensed.read_snomed_relations),
    "meddra": _plainly(licensed.read_meddra),
    "loinc": _plainly(licensed.read_loinc),
    "table": tables.read,
    "json-lines": tables.read_lines,
}
"""What reads a form, by its name: content, drafts, how a plain table is to be read."""

BYTES: Final = frozenset({"obographs", "mesh-xml"})
"""Forms whose reader takes bytes; the others take text with "\\n" at each line's end."""
PLAIN: Final = frozenset({"table", "json-lines"})
"""Forms that a file may have by chance."""

_PROLOG: Final = 1 << 16
_XML_ROOT = re.compile(rf"<({'|'.join(mesh_xml.ROOTS)})[\s>]")
_GRAPHS = re.compile(r'^\{\s*"(?:graphs|@context|meta)"')
_HEADERS: Final = (
    ("hgnc", ("hgncid",)),
    ("ncbi-gene", ("taxid", "geneid", "symbol")),
    ("unii", ("name", "type", "unii")),
    ("hpo-genes", ("hpoid", "genesymbol")),
    ("snomed-descriptions", ("conceptid", "typeid", "term", "languagecode")),
    ("snomed-relations", ("sourceid", "destinationid", "typeid")),
    ("uniprot", ("entry", "proteinnames")),
    ("variants", ("varid", "aachange", "dbsnp")),
    ("loinc", ("loincnum", "component")),
)
"""Of tables: columns that a form must have, by their `squashed` names."""


def recognised(head: str) -> str:
    """The form of a file by its first 64 KiB; "" for none."""
    line = head.partition("\n")[0].rstrip("\r")
    if line.startswith("format-version:") or "\n[Term]" in head or line == "[Term]":
        return "obo"
    if head.startswith("{"):
        return _json(head, line)
    if head.startswith("<"):
        return "mesh-xml" if _XML_ROOT.search(head) else ""
    if head.startswith(mesh_ascii.BEGINS):
        return "mesh-ascii"
    if uniprot.HUMSAVAR in " ".join(head[:2_000].casefold().split()) and "\n___" in head:
        return "humsavar"
    bars = line.count("|") + 1
    if line.endswith("|") and bars in (rxnorm.FIELDS, rxnorm.REL_FIELDS):
        return "rrf" if bars == rxnorm.FIELDS else "rrf-relations"
    if licensed.is_meddra(line):
        return "meddra"
    have = {squashed(name) for name in header_of(line, tables.separator_of(line))}
    for form, columns in _HEADERS:
        if have.issuperset(columns):
            return form
    if any(name.startswith("ctcae") and name.endswith("term") for name in have):
        return "ctcae"
    return "table" if tables.is_table(line) else ""


def _json(head: str, line: str) -> str:
    if _GRAPHS.match(head) or '"graphs"' in head[:2_000]:
        return "obographs"
    return "json-lines" if line.endswith("}") else ""
