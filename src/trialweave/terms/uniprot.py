"""Proteins and their variants by UniProt: a TSV of the site, and humsavar.txt or it as a table.

Format of the TSV: uniprot.org's download with at least Entry and Protein names; a protein's further
names stand in parentheses behind the first, its fragments in brackets. Format of humsavar.txt:
columns of text under a rule of underscores: gene, accession, FTId, change, category, dbSNP,
disease. The same as TSV has columns gene, uniprot, var_id, aa_change, significance, dbsnp, and
perhaps disease. Proteins and variants are two vocabularies, so that either can be replaced alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from trialweave.errors import Unreadable
from trialweave.terms.delimited import header_of, picker, rows
from trialweave.terms.drafting import Drafts
from trialweave.terms.term import Scope

__all__ = ["HUMSAVAR", "read", "read_humsavar", "read_variants"]

HUMSAVAR: Final = "human polymorphisms and disease mutations"
_RELEASE = re.compile(r"^Release:\s*(\d{4}_\d{2})", re.MULTILINE)
_VARIANT = re.compile(
    r"^(\S+)\s+([A-Z0-9-]{6,12})\s+(VAR_\d+)\s+(p\.\S+)\s+(\S+)\s+(rs\d+|-)(?:\s+(\S.*))?$"
)
_DISEASE = re.compile(r"\[MIM:(\d+)\]")
_EC = re.compile(r"EC [\d.n-]+")
_CATEGORIES: Final = {
    "LPP": "likely pathogenic or pathogenic",
    "LBB": "likely benign or benign",
    "US": "of uncertain significance",
}
"""What UniProt thinks of a variant, by the letters of its category."""
_COLUMNS: Final = ("gene", "uniprot", "var_id", "aa_change", "significance", "dbsnp")


def read(text: str, drafts: Drafts) -> None:
    """Read proteins. Raises Unreadable."""
    drafts.vocabulary = drafts.vocabulary or "UniProt proteins"
    header = header_of(text, "\t")
    accession = picker(header, "Entry", needed=True)
    protein = picker(header, "Protein names", needed=True)
    entry = picker(header, "Entry Name", "Entry name")
    genes = picker(header, "Gene Names", "Gene names")
    primary = picker(header, "Gene Names (primary)", "Gene names (primary)")
    for row in rows(text, drafts):
        full, *others = _names(row[protein])
        names: list[tuple[str, Scope]] = [(full, "preferred")]
        alike = []
        for one in others:
            if _EC.fullmatch(one):
                alike.append(f"EC:{one[3:]}")
            else:
                names.append((one, _scope(one)))
        symbols = row[primary] if primary >= 0 else row[genes] if genes >= 0 else ""
        names.extend((one, "symbol") for one in symbols.replace(";", " ").split()[:1])
        if entry >= 0:
            names.append((row[entry], "symbol"))
        drafts.take(f"UniProt:{row[accession]}", names, kind="protein", alike=alike)


def _scope(name: str) -> Scope:
    """Short names ("IL-6") are symbols: their case counts."""
    return "symbol" if " " not in name and any(sign.isupper() for sign in name) else "exact"


def _names(text: str) -> list[str]:
    """The first name and those in parentheses at its end; "[Cleaved into: …]" is left out."""
    text = re.split(r" \[(?:Cleaved into|Includes): ", text, maxsplit=1)[0]
    others = []
    while text.endswith(")"):
        depth, at = 0, len(text)
        for at in range(len(text) - 1, -1, -1):
            depth += (text[at] == ")") - (text[at] == "(")
            if depth == 0:
                break
        if depth or at < 2 or text[at - 1] != " ":
            break
        others.append(text[at + 1 : -1])
        text = text[: at - 1]
    return [text, *reversed(others)]


def read_humsavar(text: str, drafts: Drafts) -> None:
    """Read variants, with links to their genes and diseases. Raises Unreadable for no variant.

    The names are "GENE p.Arg1Cys" and "p.Arg1Cys"; `alike` has dbSNP and the protein; the
    definition is what UniProt thinks of it.
    """
    drafts.vocabulary = drafts.vocabulary or "UniProt"
    release = _RELEASE.search(text)
    if release and not drafts.version:
        drafts.version = release[1]
    _, rule, table = text.partition("\n___")
    if not rule:
        raise Unreadable("it has no table of variants.")
    for line in table.split("\n")[1:]:
        found = _VARIANT.match(line.rstrip())
        if found is not None:
            _take(drafts, found.groups(""))
        elif "VAR_" in line:
            drafts.note("lines of variants that cannot be read", line)
        elif line.startswith("----"):
            break
    if not len(drafts):
        raise Unreadable("it has no table of variants.")


def read_variants(text: str, drafts: Drafts) -> None:
    """Read the same from a table, see `read_humsavar`. Raises Unreadable."""
    drafts.vocabulary = drafts.vocabulary or "UniProt"
    header = header_of(text, "\t")
    places = [picker(header, name, needed=True) for name in _COLUMNS]
    disease = picker(header, "disease")
    for row in rows(text, drafts):
        _take(drafts, [*(row[at] for at in places), row[disease] if disease >= 0 else ""])


def _take(drafts: Drafts, said: Sequence[str]) -> None:
    """Take one variant, of which is said what the table says; "-" stands for what is not known."""
    gene, accession, identifier, change, category, number, disease = said
    alike = [f"UniProt:{accession}"]
    if number not in ("", "-"):
        alike.insert(0, f"dbSNP:{number}")
    known = gene not in ("", "-")
    drafts.take(
        identifier,
        [(f"{gene} {change}" if known else change, "preferred"), (change, "symbol")],
        kind="variant",
        definition=_CATEGORIES.get(category.replace("/", "").upper(), ""),
        alike=alike,
    )
    if known:
        drafts.link(identifier, "gene", "", gene)
    if disease and disease != "-":
        mim = _DISEASE.search(disease)
        label = _DISEASE.sub("", disease)
        drafts.link(identifier, "disease", f"OMIM:{mim[1]}" if mim else "", label, category)
