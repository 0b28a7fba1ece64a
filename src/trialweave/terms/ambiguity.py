"""Which names may be believed: as they are, only as written, only in context, or never.

The judgement is made once, when a lexicon is compiled. Its word list is `ambiguous.tsv`, of our own
making, a reason with each entry; the rules by form are here.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from trialweave.terms.term import Scope

__all__ = [
    "CERTAIN",
    "HPO_ROOT",
    "IN_CONTEXT",
    "MODIFIERS",
    "NEEDS_CONTEXT",
    "NOT_CAPITALS",
    "SYMBOLS",
    "WRITTEN_EXACTLY",
    "Entry",
    "entries",
    "in_context",
    "judged",
]

WRITTEN_EXACTLY: Final = 1
NEEDS_CONTEXT: Final = 2
NOT_CAPITALS: Final = 4

IN_CONTEXT: Final = re.compile(
    r"\b(?:genes?|genetic\w*|genotyp\w+|mutat\w+|mutants?|wild[- ]?type|alleles?|polymorphisms?"
    r"|variants?|express\w*|overexpress\w*|transcript\w*|mRNA|promoter|exons?|introns?|locus|loci"
    r"|knock(?:out|down|ed)\w*|delet\w+|amplif\w+|encod\w+|rearrange\w+|fusions?|isoforms?"
    r"|kinases?|receptors?|ligands?|inhibitors?|antagonists?|agonists?|proteins?|pathway|signal\w+"
    r"|carriers?|homozyg\w+|heterozyg\w+|haplotyp\w+|SNPs?)\b",
    re.IGNORECASE,
)
"""Words that make a symbol near them one of a gene."""
_STEMS: Final = (
    "gen", "muta", "wild", "allel", "morphism", "variant", "express", "transcript", "mrna",
    "promoter", "exon", "intron", "loc", "knock", "delet", "amplif", "encod", "rearrang", "fusion",
    "isoform", "kinase", "receptor", "ligand", "inhibitor", "agonist", "protein", "pathway",
    "signal", "carrier", "zyg", "haplotyp", "snp",
)  # fmt: skip
_SHORT: Final = 5
CERTAIN: Final = _SHORT + 1
"""Letters and digits, a letter among them, with which a name is believed that is not listed."""
SYMBOLS: Final[frozenset[Scope]] = frozenset(("symbol", "abbreviation"))
"""The scopes whose names are believed only letter by letter."""
_BARE_GENE: Final = 3  # letters and digits of a symbol that is never believed by itself
_ROMAN: Final = re.compile(r"[ivxlc]+").fullmatch


HPO_ROOT: Final = "HP:0000001"
MODIFIERS: Final = frozenset((HPO_ROOT, "HP:0012823", "HP:0040279", "HP:0032443", "HP:0032223"))
"""Branches of HPO (and its root) that qualify a finding and name none: "severe", "frequent"."""


def in_context(text: str) -> bool:
    """Whether a text has one of these words; most have not even a part of one, which is quick."""
    if text.isascii():
        lowered = text.lower()
        if not any(stem in lowered for stem in _STEMS):
            return False
    return IN_CONTEXT.search(text) is not None


class Entry(NamedTuple):
    """A line of the list: a name in lower case, of which kinds of term, what to do, and why."""

    name: str
    kind: str  # "*" for all; "@MONDO" for the terms of one vocabulary
    treatment: str  # "never", "context"
    reason: str


@cache
def entries() -> tuple[Entry, ...]:
    """The list as it stands in the package."""
    text = Path(__file__).with_name("ambiguous.tsv").read_text("utf-8")
    return tuple(
        Entry(*line.split("\t")) for line in text.splitlines() if line and not line.startswith("#")
    )


def judged(text: str, kind: str, scope: Scope, words: int, treatment: str) -> int | None:
    """Flags of a name of so many words, or None if no passage may count as it.

    `treatment` is the list's, "" if the name is not in it. Without a letter a name is a number; of
    one letter, or of two that are not written as a symbol, it is a word of any text. Two letters
    are never a chemical or a cell by themselves: PT is a time, HR a rate, TB a disease. Where the
    text introduces them they count all the same.
    """
    if treatment == "never":
        return None
    if words > 2 and len(text) > 2 * _SHORT:
        return 0
    if text.isdecimal() or not any(map(str.isalpha, text)):
        return None
    symbol = scope in SYMBOLS
    size = len(text) if text.isalnum() else sum(map(str.isalnum, text))
    flags = 0
    worded = text.islower() or (text.istitle() and not text.isupper())
    if symbol or (size <= _SHORT and not worded):
        flags = WRITTEN_EXACTLY
    if size < 2 or (size == 2 and not flags) or (size < 4 and _ROMAN(text.lower())):
        return None
    if size == 2 and kind in ("chemical", "cell") and text.isalpha():
        return None
    if size < _SHORT and not flags:
        flags = NOT_CAPITALS
    if treatment == "context" or (kind == "gene" and symbol and size <= _BARE_GENE):
        flags |= NEEDS_CONTEXT
    return flags
