"""Patterns of rarer notations: lengths instead of bases, words between the parts, blanks.

Built of the parts of `_grammar`, whose remarks hold here; `notations` has the patterns of both.
"""

from __future__ import annotations

import re
from functools import cache

from trialweave.terms._grammar import AMINO, LETTERS, Family, families

__all__ = ["notations"]

_FRONT = r"(?<![A-Za-z0-9])"
_END = r"(?![A-Za-z0-9])"
_S = r"[ \t\n\xa0\u2009\u202f]?"
_DASH = r"[-\u2010-\u2015\u2212]"
_AA = "[ACDEFGHIKLMNPQRSTVWY]"
_LONG = "(?i:" + "|".join(sorted(AMINO, key=len, reverse=True)) + ")"
_ANY = f"(?:{_LONG}|(?i:{'|'.join(sorted(set(LETTERS.values())))}))"


def _family(rule: str, kind: str, pattern: str, *needs: str, bare: bool = False) -> Family:
    return Family(rule, kind, re.compile(pattern), bare, needs)


@cache
def notations() -> tuple[Family, ...]:
    """All notations, the most specific first; compiled at the first use."""
    return (
        *families(),
        _family(  # 6bINS, 14 bp del
            "length-edit",
            "dna",
            rf"{_FRONT}(?P<count>\d{{1,4}}){_S}{_DASH}?(?:bp?|BP?){_S}{_DASH}?"
            rf"(?P<what>ins|del|INS|DEL|Ins|Del){_END}",
            "ins", "del", "INS", "DEL", "Ins", "Del",
            bare=True,
        ),
        _family(  # CCR5delta32
            "delta-length",
            "dna",
            rf"(?:(?<=CCR5)|(?<=CCR5-)|(?<=CCR-5))(?:[\u0394\u2206]|(?i:delta)){_DASH}?(?P<n>32){_END}",
            "CCR5", "CCR-5",
        ),
        _family(  # C(677)T, C 677 T, G-20210-A, C1234 to T
            "dna-parted",
            "dna",
            rf"{_FRONT}(?P<old>[ACGT])(?:{_S}\(|{_S}{_DASH}?)(?P<site>\d{{2,6}})"
            rf"(?:\)|{_DASH}|[ ](?:to[ ])?)(?P<new>[ACGT]){_END}",
            bare=True,
        ),
        _family(  # Arg506 was replaced by Gln
            "words-protein-site",
            "protein",
            rf"{_FRONT}(?P<old>{_ANY}){_S}{_DASH}?(?P<n>\d{{1,5}})[ ](?:was|is|were|being|has been)"
            rf"[ ](?:replaced|substituted|changed|mutated|converted)[ ](?:by|with|to|into|for)[ ]"
            rf"(?:an?[ ])?(?P<new>{_ANY}){_END}",
            " re", " su", " ch", " mu", " co",
        ),
        _family(  # tyrosine 402 histidine
            "words-protein-site",
            "protein",
            rf"{_FRONT}(?P<old>{_LONG})[ -](?P<n>\d{{2,5}})[ -](?P<new>{_LONG}){_END}",
            "ine", "ate", "acid",
        ),
        _family(  # delE746-A750
            "protein-range",
            "protein",
            rf"{_FRONT}(?P<edit>del){_S}{_DASH}?(?P<from>{_AA})(?P<n>\d{{1,5}}){_S}(?:_|{_DASH}){_S}"
            rf"(?P<to>{_AA})(?P<m>\d{{1,5}}){_END}",
            "del",
        ),
        _family(  # codon 54 (GGC to GAC)
            "codon-bases",
            "dna",
            rf"{_FRONT}(?i:codons?){_S}(?P<site>\d{{1,4}}){_S}\(?{_S}(?:from[ ])?"
            rf"(?P<old>[ACGTU]{{3}})[ ]to[ ](?P<new>[ACGTU]{{3}})\)?{_END}",
            "odon",
        ),
        _family(  # del exon 3
            "exon-words",
            "exon-level",
            rf"{_FRONT}(?P<what>del|dup){_S}(?i:exons?|ex){_S}(?P<n>\d{{1,3}})"
            rf"(?:{_S}(?:{_DASH}|to|and){_S}(?P<m>\d{{1,3}}))?{_END}",
            "xon", "ex", "Ex",
        ),
        _family(  # FLT3-ITD
            "tandem",
            "exon-level",
            r"(?:(?<=\bFLT3[-/ ])|(?<=\bFLT-3[-/ ])|(?<=\bFLT3))(?P<tandem>ITD)(?![A-Za-z0-9])",
            "FLT3", "FLT-3",
        ),
    )  # fmt: skip
