"""Patterns of variant names: each bounded, so that a text costs time in proportion to its length.

No quantifier is without an upper bound and none stands within another that is, except over groups
of fixed shape. A pattern says where a name begins and ends and names its parts; `variants` makes
the normal form of them and judges by context. Notations after den Dunnen and others, HGVS
recommendations, Hum Mutat 2016;37:564-569; older ones as they stand in articles.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final, NamedTuple

__all__ = ["AMINO", "LETTERS", "Family", "families"]

AMINO: Final = {
    "alanine": ("A", "Ala"),
    "arginine": ("R", "Arg"),
    "asparagine": ("N", "Asn"),
    "aspartic acid": ("D", "Asp"),
    "aspartate": ("D", "Asp"),
    "cysteine": ("C", "Cys"),
    "glutamine": ("Q", "Gln"),
    "glutamic acid": ("E", "Glu"),
    "glutamate": ("E", "Glu"),
    "glycine": ("G", "Gly"),
    "histidine": ("H", "His"),
    "isoleucine": ("I", "Ile"),
    "leucine": ("L", "Leu"),
    "lysine": ("K", "Lys"),
    "methionine": ("M", "Met"),
    "phenylalanine": ("F", "Phe"),
    "proline": ("P", "Pro"),
    "serine": ("S", "Ser"),
    "threonine": ("T", "Thr"),
    "tryptophan": ("W", "Trp"),
    "tyrosine": ("Y", "Tyr"),
    "valine": ("V", "Val"),
}
"""Name of an amino acid: its letter and its three letters (IUPAC-IUB, J Biol Chem 1968)."""

LETTERS: Final = dict(AMINO.values())


class Family(NamedTuple):
    """One kind of notation: its rule's name, kind, pattern; `bare` needs context to be believed."""

    rule: str
    kind: str
    pattern: re.Pattern[str]
    bare: bool = False
    needs: tuple[str, ...] = ()  # one of these must stand in a stretch for it to be read


_SPACE: Final = r"[ \t\n\xa0\u2009\u202f]"
_S: Final = rf"{_SPACE}?"
_DASH: Final = r"[-\u2010-\u2015\u2212]"
# Arrows as written, as typed, as escaped, and as extraction from the Symbol font leaves them.
_ARROW: Final = (
    rf"(?:{_S}(?:{_DASH}{{0,5}}{_S}(?:>|&gt;|[\u2192\u27f6\u2794\u21d2]|<"
    rf"(?=[ACGTacgt]))|={{1,2}}>|{_DASH}{{2,5}}){_S})"
)
_BROKEN: Final = rf"(?:{_ARROW}|{_S}[\xae\xc6\xa1!?/43\ufffd]{_S})"
_NT: Final = "[ACGTUacgtu]"
_END: Final = r"(?![A-Za-z0-9])"
_FRONT: Final = r"(?<![A-Za-z0-9])"
_OPEN: Final = r"(?<![A-Za-z0-9.,_])(?<!\d-)"
_AA: Final = "[ACDEFGHIKLMNPQRSTVWY]"
_THREE: Final = "(?i:" + "|".join(sorted({three for _, three in AMINO.values()})) + ")"
_LONG: Final = "(?i:" + "|".join(sorted(AMINO, key=len, reverse=True)) + ")"
_ANY: Final = f"(?:{_LONG}|{_THREE})"
_STOP: Final = r"(?:\*|X|(?i:ter|stop|term|opal|amber|ochre))"
_HOSTS: Final = "H3 rt JAK2 KRAS NRAS BRAF EGFR IDH1 IDH2 SOD1 LRRK2"
_GLUED: Final = (
    "(?:" + "|".join(rf"(?<=\b{gene})" for gene in _HOSTS.split()) + ")"
)  # a gene or enzyme to which the change is often glued
_NUMBER: Final = r"\d{1,9}"
_SITE: Final = rf"[*+]?{_DASH}?{_NUMBER}(?:{_S}(?:\+|{_DASH}){_S}\d{{1,6}})?"
_RANGE: Final = rf"\(?{_SITE}(?:_{_SITE})?\)?"
_SEQUENCE: Final = rf"(?:[ACGTU]{{1,40}}|[acgtu]{{1,40}}|\d{{1,5}}(?:{_S}(?:bp|nt))?)"
_EDIT: Final = (
    rf"(?:(?i:delins|del|indel|ins|dup|inv|con){_S}{_SEQUENCE}?(?:{_S}ins{_SEQUENCE})?"
    rf"(?:{_S}/{_S}(?:ins|del){_SEQUENCE}?)?)"
)
_SHIFT: Final = rf"(?i:fs)(?:{_S}\(?(?:\*|X|(?i:ter|stop|term))?{_S}(?:[+\d]\d{{0,4}}|\?)?\)?)?"
_PLACE: Final = (
    r"(?:(?i:nucleotides?|nucleotide{s}position|amino{s}acids?|amino{s}acid{s}positions?|"
    r"amino{s}acid{s}residues?|codons?|residues?|positions?|bases?|base{s}pairs?|bp|nt|np|aa|"
    r"cdna{s}positions?|cdna|nucleotide{s}positions?|base{s}positions?|codon{s}positions?|"
    r"residue{s}positions?|nucleotide{s}residue){s}(?:no\.?{s}|number{s})?\(?)"
).replace("{s}", _S)
_EVENT: Final = (
    r"(?:(?i:point{s}mutation|missense{s}mutation|single{s}base{s}substitution|"
    r"base{s}substitution|nucleotide{s}substitution|nucleotide{s}change|base{s}change|"
    r"amino{s}acid{s}(?:change|substitution|exchange)|single{s}nucleotide{s}polymorphism|"
    r"transition|transversion|substitution|mutation|change|polymorphism|exchange|variant|"
    r"variation|replacement|conversion|missense|SNP)s?{s})"
).replace("{s}", _S)
_BETWEEN: Final = rf"(?:(?i:was{_S}identified|was{_S}found|occurring|located){_S})?"
_AT: Final = r"(?i:at|in|of|for|on|from)"
_TO: Final = (
    rf"(?:{_ARROW}|{_S}/{_S}|{_DASH}?{_S}(?i:to|by){_S}{_DASH}?(?:an?{_SPACE})?|"
    rf"{_S}{_DASH}{_S})"
)


def _family(rule: str, kind: str, pattern: str, *, bare: bool = False) -> Family:
    return Family(rule, kind, re.compile(pattern), bare, _NEEDS.get(rule, ()))


_PLACES: Final = (
    "odon",
    "ucleotide",
    "osition",
    "esidue",
    "mino",
    "base",
    "nt",
    "bp",
    "aa",
    "np",
    "DNA",
)
_NEEDS: Final = {
    "rs": ("rs", "RS", "Rs", "refSNP"),
    "rs-capital": ("RS", "Rs", "rs"),
    "hgvs-dna": (".",),
    "hgvs-dna-swapped": (".",),
    "protein-p": (".",),
    "protein-place": ("p.",),
    "protein-site": ("p.",),
    "intron": ("IVS",),
    "delta": ("elta", "del", "Del", "\u0394", "\u2206", "\u03b4"),
    "delta-length": ("elta", "\u0394", "\u2206"),
    "dna-edit": ("del", "ins", "dup", "DEL", "INS"),
    "dna-edit-first": ("del", "ins", "dup", "DEL", "INS"),
    "protein-range": ("del", "ins", "dup"),
    "words-protein": _PLACES,
    "words-protein-for": ("for",),
    "words-dna": _PLACES,
    "words-dna-edit": ("deletion", "insertion", "duplication"),
    "codon-protein": ("odon", "esidue", "mino"),
    "codon-bases": ("odon", "CD", "Cd"),
    "exon": ("xon", "XON", "ex", "Ex", "EX"),
    "exon-glued": ("ex",),
    "exon-words": ("xon",),
    "exon-short": ("EGFR",),
    "residue": (" mut", "-mut", " positive", "-positive"),
    "exon-named": ("EGFRv", "EGFR v", "EGFR-v"),
    "karyotype": ("(",),
    "arm": ("del", "Del", "loss", "Loss"),
    "dna-alleles-site": ("(",),
}


@cache
def families() -> tuple[Family, ...]:
    """All notations, the most specific first; compiled at the first use."""
    return (
        _family(
            "rs",
            "snp",
            rf"{_FRONT}(?P<rs>rs[#:]?|(?:rs|RS|Rs)#{_S}|refSNP{_S})(?P<n>\d{{3,10}})(?:{_END}|(?=[ACGT]{{1,2}}[>/]))",
        ),
        _family(
            "rs-capital",
            "snp",
            rf"{_FRONT}(?P<rs>RS{_S}|Rs{_S}|rs{_SPACE})(?P<n>\d{{4,10}}){_END}",
            bare=True,
        ),
        _family(
            "hgvs-dna",
            "dna",
            rf"{_FRONT}(?P<level>[cgmnr]){_S}\.{_S}(?:\[|\()?(?P<site>{_RANGE}|{_SITE}{_DASH}{_SITE}){_S}"
            rf"(?:(?P<old>{_NT}{{1,30}}){_BROKEN}(?P<new>{_NT}{{1,30}})|(?P<edit>{_EDIT})|(?P<same>=)){_END}",
        ),
        _family(
            "hgvs-dna-swapped",
            "dna",
            rf"{_FRONT}(?P<level>[cgmn])\.{_S}(?P<old>[ACGT])(?P<site>{_SITE})(?:>)?(?P<new>[ACGT]){_END}",
        ),
        _family(
            "dna-undotted",
            "dna",
            rf"{_FRONT}(?P<level>[cgmn])(?P<site>\d{{2,6}}(?:[+-]\d{{1,5}})?(?:_\d{{1,6}})?){_S}"
            rf"(?:(?P<old>[ACGT]{{1,10}}){_ARROW}(?P<new>[ACGT]{{1,10}})|(?P<edit>{_EDIT})){_END}",
        ),
        _family(
            "intron",
            "dna",
            rf"{_FRONT}(?P<ivs>IVS{_S}{_DASH}?{_S}(?:\d{{1,3}}[A-Za-z]?|[IVX]{{1,5}})){_S}"
            rf"(?P<site>(?:\+|{_DASH}){_S}\d{{1,6}}(?:_(?:\+|{_DASH})?\d{{1,6}})?|\(?[+-]\d{{1,6}}\)?){_S}"
            rf"(?:\(?{_S}(?P<old>{_NT}{{1,10}})(?:{_ARROW}|{_DASH}|/|{_SPACE}to{_SPACE})(?P<new>{_NT}{{1,10}})\)?|(?P<edit>{_EDIT})|"
            rf"(?<=\))){_END}",
        ),
        _family(
            "protein-range",
            "protein",
            rf"{_FRONT}(?:p\.{_S})?\(?(?P<from>{_THREE}|{_AA})(?P<n>\d{{1,5}})[_-](?P<to>{_THREE}|{_AA})(?P<m>\d{{1,5}})"
            rf"(?P<edit>(?:delins|del|dup|ins)(?:(?:{_THREE}|{_AA}){{1,12}}|{_STOP})?)\)?{_END}",
        ),
        _family(
            "protein-three",
            "protein",
            rf"{_FRONT}(?P<p>p{_S}\.{_S}\(?)?(?P<old>{_THREE}){_S}{_DASH}?\(?(?P<n>\d{{1,5}})\)?"
            rf"(?:(?:{_TO}|{_S}|{_DASH})?(?P<new>{_THREE}|{_STOP})(?P<shift>{_SHIFT})?|(?P<only>{_SHIFT})|"
            rf"{_S}(?P<edit>(?:delins|del|dup|ins)(?:{_THREE}{{1,8}})?)|(?P<same>[=?]))(?:(?<=[*=?])|{_END})",
        ),
        _family(
            "protein-p",
            "protein",
            rf"{_FRONT}p{_S}\.{_S}\(?(?P<old>{_AA}){_S}(?P<n>\d{{1,5}}){_S}{_ARROW}?"
            rf"(?:(?P<new>{_AA}|{_STOP})(?P<shift>{_SHIFT})?|(?P<only>{_SHIFT})|"
            rf"(?P<edit>(?:delins|del|dup|ins){_AA}{{0,12}})|(?P<same>[=?]))(?:(?<=[*=?])|{_END})",
        ),
        _family(
            "protein-place",
            "protein",
            rf"{_FRONT}p\.{_S}\(?(?P<place>\d{{1,5}}(?:_\d{{1,5}})?(?:delins|del|dup|ins)(?:{_THREE}{{1,6}}|{_AA}{{0,12}}))\)?{_END}",
        ),
        _family(
            "protein-site", "protein", rf"{_FRONT}p\.(?P<old>{_THREE}|{_AA})(?P<n>\d{{2,5}}){_END}"
        ),
        _family(
            "residue",
            "protein",
            rf"{_FRONT}(?P<old>{_AA})(?P<n>[1-9]\d{{1,3}})(?=[- ](?:mutat|mutant|positive))",
            bare=True,
        ),
        _family(
            "delta",
            "protein",
            rf"{_FRONT}(?:[\u0394\u2206\u03b4]{_S}|(?i:delta){_S}{_DASH}?{_S}|(?i:del){_S}{_DASH}?)(?P<old>{_AA}|{_THREE})(?P<n>\d{{2,4}}){_END}",
        ),
        _family(
            "delta-length",
            "dna",
            rf"{_FRONT}(?:[\u0394\u2206]{_S}|(?i:delta){_S}{_DASH}?{_S})(?P<n>\d{{1,4}}){_END}(?!{_S}b)",
            bare=True,
        ),
        _family(
            "protein-one",
            "protein",
            rf"(?:{_FRONT}|{_GLUED})(?P<old>{_AA})(?P<n>[1-9]\d{{0,4}})"
            rf"(?:(?P<new>{_AA}|X|\*|(?i:stop|ter|opal|amber|ochre))(?P<shift>{_SHIFT})?|(?P<only>{_SHIFT})|"
            rf"(?P<edit>(?:delins|del|dup|ins){_AA}{{0,8}}))(?:(?<=\*)|{_END})",
            bare=True,
        ),
        _family(
            "protein-one-arrow",
            "protein",
            rf"{_FRONT}(?P<old>{_AA})(?P<n>[1-9]\d{{1,4}}){_ARROW}(?P<new>{_AA}){_END}",
        ),
        _family(
            "dna-site-first",
            "dna",
            rf"{_OPEN}(?P<site>\(?(?:\*|\+|{_DASH})?\d{{1,6}}\)?(?:(?:\+|{_DASH}|{_SPACE}(?:\+|{_DASH}){_SPACE})\d{{1,5}}(?:\.\d)?(?:{_S}kb)?)?){_S}"
            rf"\(?(?P<old>[ACGT]{{1,10}}|[acgt])(?:{_ARROW}|{_S}/{_S}|{_SPACE}to{_SPACE}|{_DASH}{{2,4}})(?P<new>[ACGT]{{1,10}}|[acgt])\)?(?:(?<=\))|{_END})",
        ),
        _family(
            "dna-edit",
            "dna",
            rf"{_OPEN}(?P<site>(?:{_DASH})?\d{{1,6}}(?:{_S}(?:\+|{_DASH}|_){_S}\d{{1,6}})?){_S}{_DASH}?"
            rf"(?P<edit>(?:del|ins|dup|delins|DEL|INS){_S}(?:[ACGT]{{1,30}}|\d{{1,4}}(?:{_S}(?:bp|nt))?)(?:ins[ACGT]{{1,20}})?|"
            rf"(?<=\d)(?:del|dup)(?![a-z])){_END}",
        ),
        _family(
            "dna-one",
            "dna",
            rf"{_FRONT}(?P<old>[ACGT])(?P<site>{_S}\(?(?:\+|{_DASH}){_S}\d{{1,5}}\)?|\d{{2,6}}(?:\+|{_DASH})\d{{1,4}}){_S}(?P<new>[ACGT]){_END}",
        ),
        _family(
            "dna-alleles-site",
            "dna",
            rf"{_FRONT}(?P<old>[ACGT])(?:/|{_ARROW})(?P<new>[ACGT]){_S}\((?P<site>{_DASH}?\d{{1,6}})\)",
        ),
        _family(
            "words-protein",
            "protein",
            rf"{_FRONT}(?P<old>{_ANY}){_TO}(?P<new>{_ANY}|stop(?:{_S}codon)?){_S}{_EVENT}?{_BETWEEN}"
            rf"\(?{_AT}{_S}(?:the{_S})?{_PLACE}{_S}(?P<n>\d{{1,3}},\d{{3}}|\d{{1,5}}){_END}",
        ),
        _family(
            "words-protein-site",
            "protein",
            rf"{_FRONT}(?P<old>{_ANY})(?:{_S}(?:at{_S})?(?:codon|residue|position)?{_S}|{_DASH})(?P<n>\d{{1,5}}){_S}{_EVENT}?"
            rf"(?:{_DASH}?{_S}(?:to|by|for|with){_S}{_DASH}?(?:an?{_SPACE})?|{_ARROW})(?P<new>{_ANY}|stop(?:{_S}codon)?){_END}",
        ),
        _family(
            "words-protein-for",
            "protein",
            rf"{_FRONT}(?:(?i:substitution|replacement){_S}of{_S}(?:an?{_S})?)?(?P<new>{_ANY}){_S}for{_S}(?:an?{_S})?(?P<old>{_ANY}){_S}"
            rf"{_AT}{_S}(?:the{_S})?{_PLACE}{_S}(?P<n>\d{{1,5}}){_END}",
        ),
        _family(
            "codon-protein",
            "protein",
            rf"{_FRONT}(?i:codon|residue|amino{_S}acid){_S}(?P<n>\d{{1,5}}){_S}\(?,?{_S}(?:from{_S})?(?P<old>{_ANY}){_TO}(?P<new>{_ANY}|{_STOP})\)?{_END}",
        ),
        _family(
            "codon-bases",
            "dna",
            rf"{_FRONT}(?:(?i:codons?|CDs?)){_S}(?P<site>\d{{1,4}}(?:{_S}/{_S}\d{{1,4}})?){_S}\(?{_S}"
            rf"(?:(?P<old>[ACGTU]{{3}}){_ARROW}(?P<new>[ACGTU]{{3}})|(?P<edit>(?:\+|{_DASH}){_S}[ACGT]{{1,6}}))\)?{_END}",
            bare=True,
        ),
        _family(
            "words-dna",
            "dna",
            rf"{_FRONT}\(?(?P<old>[ACGT]|(?i:guanine|adenine|cytosine|thymine))"
            rf"(?:{_ARROW}|{_S}/{_S}|{_DASH}?{_S}to{_S}{_DASH}?(?:an?{_SPACE})?)(?P<new>[ACGT]|(?i:guanine|adenine|cytosine|thymine))\)?{_S}"
            rf"(?:(?:base|nucleotide|point|single){_S})?{_EVENT}?{_BETWEEN}\(?{_AT}{_S}(?:the{_S})?"
            rf"(?:{_PLACE}{_S}(?=[-+\d\u2010-\u2212])|(?=[-+\u2010-\u2212]))(?P<site>{_DASH}?\d{{1,6}}|(?:\+){_S}\d{{1,6}})(?:{_S}bp\b)?(?![A-Za-z0-9%]|[.,]\d)",
        ),
        _family(
            "words-dna-edit",
            "dna",
            rf"{_FRONT}(?:(?P<old>[ACGT]{{1,6}}){_DASH}?{_S}(?P<what>deletion|insertion|duplication){_S}{_EVENT}?|"
            rf"(?P<what2>deletion|insertion|duplication){_S}of{_S}(?:an?{_S}|one{_S}|the{_S})?(?:single{_S})?(?P<old2>[ACGT]{{1,6}}){_S})"
            rf"(?:at|after|of){_S}{_PLACE}{_S}(?P<site>{_DASH}?\d{{1,6}}){_END}",
        ),
        _family(
            "dna-edit-first",
            "dna",
            rf"{_FRONT}(?P<edit>del|ins|dup|DEL|INS){_S}(?:nt|bp){_S}(?P<site>\d{{1,6}}(?:{_DASH}\d{{1,6}})?){_END}",
        ),
        _family(
            "exon",
            "exon-level",
            rf"{_FRONT}(?i:exons?|ex){_S}{_DASH}?(?P<n>\d{{1,3}})(?:{_S}(?:{_DASH}|to|and|or|/){_S}(?P<m>\d{{1,3}}))?{_S}{_DASH}?"
            rf"(?P<what>(?i:in-frame{_S})?(?i:skipping|deletions?|insertions?|duplications?|del|ins|dup))(?:{_S}(?i:mutations?))?{_END}",
        ),
        _family(
            "exon-glued",
            "exon-level",
            rf"(?:(?<=MET)|(?<=EGFR)|(?<=HER2)|(?<=ERBB2)|{_FRONT})(?P<glued>ex)(?P<n>\d{{1,2}})(?P<what>del|ins|dup)?{_END}",
            bare=True,
        ),
        _family(
            "exon-short",
            "exon-level",
            rf"(?:(?<=EGFR )|(?<=EGFR-))(?P<n>18|19|20|21){_S}{_DASH}?"
            rf"(?P<what>(?i:deletions?|insertions?|del|ins|dup)){_END}",
        ),
        _family(
            "exon-words",
            "exon-level",
            rf"{_FRONT}(?P<what>(?i:deletions?|insertions?|duplications?|skipping)){_S}(?:of|in){_S}exons?{_S}(?P<n>\d{{1,3}})(?:{_S}(?:{_DASH}|to|and){_S}(?P<m>\d{{1,3}}))?{_END}",
        ),
        _family(
            "exon-named",
            "exon-level",
            r"(?:(?<=EGFR)|(?<=EGFR )|(?<=EGFR-)|\bEGFR)(?P<named>v(?:III|3))\b",
        ),
        _family(
            "karyotype",
            "structural",
            r"(?<![A-Za-z0-9])(?:(?P<what>t|inv|del|dup|ins|add|der|i)\("
            r"(?:(?<=t\()(?P<pair>{c}(?:;{c}){{1,3}})|(?<=inv\()(?P<turned>{c})|"
            r"(?P<part>{c}[pq])|(?P<chromosome>{c})(?=\)\([pq]))\)"
            r"(?P<bands>\((?:[pq]\d{{0,2}}(?:\.\d{{1,2}})?(?:;|-)?){{1,4}}\))?)".format(
                c=r"(?:[1-9]|1\d|2[0-2]|[XY])"
            ),
        ),
        _family(
            "arm",
            "structural",
            rf"{_FRONT}(?:(?P<what>(?i:del|deletion)){_S}(?:of{_S})?\(?(?P<arm>\d{{1,2}}[pq])\)?|(?P<arm2>\d{{1,2}}[pq])[-{_SPACE[1:-1]}](?P<what2>(?i:deletions?|del|loss))){_END}",
        ),
    )
