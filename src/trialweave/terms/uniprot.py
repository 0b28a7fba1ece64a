"""Proteins and their variants by UniProt: a TSV of the site, and humsavar.txt.

Format of the TSV: uniprot.org's download with at least Entry and Protein names; a protein's further
names stand in parentheses behind the first, its fragments in brackets. Format of humsavar.txt:
columns of text under a rule of underscores: gene, accession, FTId, change, category, dbSNP,
disease.
"""

from __future__ import annotations

import re
from typing import Final

from trialweave.errors import Unreadable
from trialweave.terms.delimited import header_of, picker, rows
from trialweave.terms.drafting import Drafts
from trialweave.terms.term import Scope

__all__ = ["HUMSAVAR", "read", "read_humsavar"]

HUMSAVAR: Final = "human polymorphisms and disease mutations"
_RELEASE = re.compile(r"^Release:\s*(\d{4}_\d{2})", re.MULTILINE)
_VARIANT = re.compile(
    r"^(\S+)\s+([A-Z0-9-]{6,12})\s+(VAR_\d+)\s+(p\.\S+)\s+(\S+)\s+(rs\d+|-)(?:\s+(\S.*))?$"
)
_DISEASE = re.compile(r"\[MIM:(\d+)\]")
_EC = re.compile(r"EC [\d.n-]+")


def read(text: str, drafts: Drafts) -> None:
    """Read proteins. Raises Unreadable."""
    drafts.vocabulary = drafts.vocabulary or "UniProt"
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

    The names are "GENE p.Arg1Cys" and "p.Arg1Cys"; `alike` has dbSNP and the protein.
    """
    drafts.vocabulary = drafts.vocabulary or "humsavar"
    release = _RELEASE.search(text)
    if release and not drafts.version:
        drafts.version = release[1]
    _, rule, table = text.partition("\n___")
    if not rule:
        raise Unreadable("it has no table of variants.")
    for line in table.split("\n")[1:]:
        found = _VARIANT.match(line.rstrip())
        if found is None:
            if "VAR_" in line:
                drafts.note("lines of variants that cannot be read", line)
            elif line.startswith("----"):
                break
            continue
        gene, accession, identifier, change, category, number, disease = found.groups()
        alike = [f"UniProt:{accession}"]
        if number != "-":
            alike.insert(0, f"dbSNP:{number}")
        first = change if gene == "-" else f"{gene} {change}"
        drafts.take(
            identifier,
            [(first, "preferred"), (change, "symbol")],
            kind="variant",
            alike=alike,
        )
        if gene != "-":
            drafts.link(identifier, "gene", "", gene)
        if disease and disease != "-":
            mim = _DISEASE.search(disease)
            label = _DISEASE.sub("", disease)
            drafts.link(identifier, "disease", f"OMIM:{mim[1]}" if mim else "", label, category)
    if not len(drafts):
        raise Unreadable("it has no table of variants.")
