"""Sequence variants in text by grammar: rs numbers, HGVS, the older notations, words.

A scan for digits that stand with a letter or a word of change picks the stretches worth reading;
only those meet the grammar, every pattern of which is bounded, so that a text of any content takes
time in proportion to its length. What is only a letter, a number and a letter (V600E, but T2D and
Q4W too) is believed where a gene stands beside it, a word of mutation near it, or a variant
written in full elsewhere in the text. Viral substitutions are marked and given no gene.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Container, Iterator
from typing import Final, Literal, NamedTuple

from trialweave.terms._grammar import Family
from trialweave.terms._grammar_rare import notations
from trialweave.terms._normal import normal_form
from trialweave.terms._prefilter import triggers
from trialweave.terms._stop import (
    CUE,
    NUCLEIC,
    PROTEIN,
    is_ambiguous,
    is_code,
    is_famous,
    is_viral,
    not_a_gene,
)

__all__ = ["Kind", "Variant", "variants"]

Kind = Literal["snp", "dna", "protein", "exon-level", "structural"]

_NEAR: Final = 120  # characters either side in which a word makes a bare form believable
_MARGIN: Final = 60  # characters of a stretch before and behind a trigger
_BREAK: Final = re.compile(r"[.;!?]\s+(?=[A-Z])|\n\s*\n|\n\s*[-*•\d]")
_OPENS: Final = {")": "(", "]": "["}
_BASES: Final = frozenset("ACGT")
_KNOWN_TEXT: Final = (
    "ABL1 AKT1 ALK APC APOE ATM BCL2 BRAF BRCA1 BRCA2 BTK CALR CEBPA CFTR COMT DPYD EGFR ERBB2 "
    "ABCB1 ACE AGT APOL1 BDNF CCR5 CHEK2 CYP2C9 CYP2C19 CYP2D6 G6PD GBA GSTP1 IFNL3 IL28B NAT2 "
    "NOD2 NOS3 OPRM1 PALB2 TNF UGT1A1 ESR1 EZH2 F2 F5 FGFR1 FGFR2 FGFR3 FLT3 GBA1 GNA11 GNAQ "
    "HBB HER2 HFE HRAS IDH1 IDH2 JAK2 KIT "
    "KRAS LRRK2 MEK1 MAP2K1 MET MPL MTHFR MYD88 NPM1 NRAS NTRK1 NTRK3 PAH PDGFRA PIK3CA PNPLA3 "
    "PTEN RET ROS1 SF3B1 SLCO1B1 SMN1 SOD1 TERT TP53 TTR TPMT VKORC1"
)
_KNOWN: Final = frozenset(_KNOWN_TEXT.split())
_SYMBOL: Final = r"[A-Z][A-Z0-9]{1,8}(?:-[A-Z0-9]{1,3})?|C\d{1,2}orf\d{1,3}|c-?KIT|c-?Met"
_BEFORE: Final = re.compile(
    rf"(?<![A-Za-z0-9])({_SYMBOL})[)\]]?(?:[ \xa0]?[-:/([,]?[ \xa0]?)"
    r"(?:(?:gene|genes|protein|mutations?|variants?|allele|polymorphisms?|the|SNP|"
    r"activating|somatic|missense|homozygous|heterozygous|germline)[ :(\[,]{1,2}){0,3}$"
)
_MARKED: Final = re.compile(r"[- ](?:mutated|mutant|mutation|positive\b.{0,20}tumou?r)")
_SERIES: Final = re.compile(r"[ ,;/+&()\[\]-]{0,6}(?:and|or|and/or)?[ /+&()\[\]-]{0,4}")
_BEHIND: Final = re.compile(
    r"[)\]]?[- ]?(?:mutations?|mutant|mutated|variants?|alleles?|polymorphisms?|substitutions?|"
    rf"genotypes?|missense){{0,2}} ?(?:(?:in|of|within) (?:the )?|\()?({_SYMBOL})(?![A-Za-z0-9])"
)


class Variant(NamedTuple):
    """One variant in a text; `text[start:end]` is what was written.

    `normal` is the normal form ("rs1801133", "p.Val600Glu", "c.677C>T", "exon 19 deletion",
    "t(9;22)"), `gene` the symbol beside it or "", `viral` whether it is a virus's, `rule` the
    notation that found it.
    """

    start: int
    end: int
    kind: Kind
    normal: str
    gene: str
    viral: bool
    rule: str


class _Hit(NamedTuple):
    start: int
    end: int
    rank: int
    family: Family
    parts: dict[str, str | None]


def variants(text: str, symbols: Container[str] | None = None) -> list[Variant]:
    """The variants of a text, in order, none overlapping another.

    `symbols` are the gene symbols to know (HGNC's, exact case); without them a gene is what has a
    symbol's shape, and only a few dozen much-tested genes make a bare form believable. Costs time
    and memory in proportion to the length of the text.
    """
    hits = _longest([hit for span in _stretches(text) for hit in _read(text, *span)])
    strong = [hit for hit in hits if hit.family.kind in {"dna", "protein"} and not _bare(hit, text)]
    judged = [(hit, _judge(hit, text, symbols, strong)) for hit in hits]
    judged = _in_series(judged, text)
    believed = {text[hit.start : hit.end] for hit, verdict in judged if verdict == "believed"}
    found: list[Variant] = []
    for hit, verdict in judged:
        name = text[hit.start : hit.end]
        if verdict == "believed" or (verdict == "open" and name in believed):
            found.append(_variant(hit, text, symbols))
            found.extend(_further(hit, found[-1], text))
    return found


def _in_series(judged: list[tuple[_Hit, str]], text: str) -> list[tuple[_Hit, str]]:
    """Believes what stands in a series with what is believed: the H63D of "C282Y and H63D"."""
    for step in (1, -1):
        previous: _Hit | None = None
        for at in range(len(judged))[::step]:
            hit, verdict = judged[at]
            if verdict == "open" and previous:
                first, second = sorted((previous, hit), key=lambda each: each.start)
                if second.start - first.end < 12 and _SERIES.fullmatch(
                    text, first.end, second.start
                ):
                    verdict = "believed"
                    judged[at] = hit, verdict
            previous = hit if verdict == "believed" else None
    return judged


def _stretches(text: str) -> Iterator[tuple[int, int]]:
    """Spans around the triggers, widened to white space and joined where they meet."""
    start = end = -1
    for at in triggers(text):
        if end >= 0 and at - _MARGIN <= end:
            end = max(end, at + _MARGIN)
            continue
        if end > 0:
            yield start, _to_space(text, end)
        start, end = max(0, at - _MARGIN), at + _MARGIN
    if end > 0:
        yield start, _to_space(text, end)


def _to_space(text: str, at: int) -> int:
    """The next white space from `at`, or a bounded way behind it, or the end of the text."""
    limit = min(len(text), at + 40)
    while at < limit and not text[at].isspace():
        at += 1
    return min(at, len(text))


def _read(text: str, start: int, end: int) -> Iterator[_Hit]:
    stretch = text[start:end]
    for rank, family in enumerate(notations()):
        if family.needs and not any(map(stretch.__contains__, family.needs)):
            continue
        for match in family.pattern.finditer(text, start, end):
            first, last = _balanced(text, match.start(), match.end())
            yield _Hit(first, last, rank, family, match.groupdict())


def _balanced(text: str, start: int, end: int) -> tuple[int, int]:
    """Without a bracket at either end that the name does not close or open."""
    name = text[start:end]
    if name[0] == "(" and name[-1] == ")" and name.count("(") == 1:
        return start + 1, end - 1
    if name[0] == "(" and name.count("(") > name.count(")"):
        start += 1
    if name[-1] == ")" and name.count(")") > name.count("("):
        end -= 1
    name = text[start:end]
    if end < len(text) and (opened := _OPENS.get(text[end])):
        end += name.count(opened) > name.count(text[end])
    return start, end


def _longest(hits: list[_Hit]) -> list[_Hit]:
    """Of names that overlap the longest; of equal ones that of the more specific notation."""
    kept: list[_Hit] = []
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.end, hit.rank)):
        while kept and hit.start < kept[-1].end and _size(hit) > _size(kept[-1]):
            kept.pop()
        if not kept or hit.start >= kept[-1].end:
            kept.append(hit)
    return kept


def _size(hit: _Hit) -> int:
    return hit.end - hit.start


def _bare(hit: _Hit, text: str) -> bool:
    if hit.family.bare:
        return True
    name = text[hit.start : hit.end]
    if hit.family.rule == "dna-site-first":
        return ">" not in name and "→" not in name and "--" not in name
    if hit.family.rule == "dna-edit":
        return len(hit.parts["site"] or "") < 2
    return (
        hit.family.rule in {"protein-three", "exon-glued"}
        and "p" in hit.parts
        and (not hit.parts["p"] and (hit.parts["n"] or "") in {"1", "2"})
    )


def _judge(hit: _Hit, text: str, symbols: Container[str] | None, strong: list[_Hit]) -> str:
    """ "believed", "refused", or "open": believed if the same name is elsewhere in the text."""
    name = text[hit.start : hit.end]
    if hit.family.rule == "dna-edit" and re.search(
        r"(?i:del|ins|dup)\s\d|\s(?i:del|ins|dup)\d", name
    ):
        return "refused"  # "5 del 2019" is a date
    if hit.family.rule == "dna-site-first" and ">" not in name:
        bases = f"{hit.parts['old']}{hit.parts['new']}"
        if bases != bases.upper():
            return "refused"  # grams
    if not _bare(hit, text):
        return "believed"
    gene = _gene(hit, text, symbols)
    known = gene in symbols if symbols is not None else gene in _KNOWN
    around = _sentence(text, hit)
    cue = bool(CUE.search(around))
    if hit.family.rule == "protein-one":
        old, new, number = hit.parts["old"] or "", hit.parts["new"] or "", hit.parts["n"] or ""
        if (old == new and not hit.parts["shift"]) or is_code(name):
            return "refused"
        if (number == "1" and old != "M") or (len(number) > 4 and not {old, new} <= _BASES):
            return "refused"
        if len(number) > 1 and (is_famous(name) or _MARKED.match(text, hit.end)):
            return "believed"
        if hit.start and text[hit.start - 1].isalnum():
            return "believed"  # glued to its gene
        if symbols is None and len(number) > 2 and re.fullmatch(r"[A-Z]{3,}\d[A-Z\d]*", gene):
            return "believed"
        if is_viral(name, "") or (gene and known):
            return "believed"
        if len(number) == 1:
            return "open"
        if cue:
            return "believed"
        listed = any(abs(each.start - hit.start) < _NEAR for each in _beside(hit, strong))
        return "believed" if listed or (strong and not is_ambiguous(name)) else "open"
    if hit.family.rule == "codon-bases" and re.match(r"CD ?\d+\s?[+-]\s?T\b", name):
        return "refused"  # CD8+ T cells
    if hit.family.rule == "residue":
        return "believed" if gene and known else "refused"
    if (gene and known) or cue:
        return "believed"
    if hit.family.rule in {"dna-site-first", "dna-parted", "dna-one"} and NUCLEIC.search(around):
        return "believed"
    return "believed" if strong and hit.family.kind != "snp" else "open"


def _beside(hit: _Hit, strong: list[_Hit]) -> list[_Hit]:
    """The variants written in full that come next before and behind a name."""
    at = bisect(strong, hit.start, key=lambda each: each.start)
    return strong[max(0, at - 1) : at + 1]


def _sentence(text: str, hit: _Hit) -> str:
    """What stands near a name, not past the end of a sentence or item."""
    before = text[max(0, hit.start - _NEAR) : hit.start]
    for match in _BREAK.finditer(before):
        before = " " * match.end() + before[match.end() :]
    behind = text[hit.end : hit.end + _NEAR]
    if match_ := _BREAK.search(behind):
        behind = behind[: match_.start()]
    return before + text[hit.start : hit.end] + behind


def _gene(hit: _Hit, text: str, symbols: Container[str] | None) -> str:
    """The gene's symbol directly before the name, or after "in", "of" behind it."""
    before = _BEFORE.search(text[max(0, hit.start - 60) : hit.start])
    behind = _BEHIND.match(text, hit.end, hit.end + 60)
    for match in (before, behind):
        if match and _is_symbol(match[1], symbols):
            return match[1]
    return ""


def _is_symbol(word: str, symbols: Container[str] | None) -> bool:
    if symbols is not None:
        return word in symbols and not not_a_gene(word)
    if word in _KNOWN:
        return True
    looks = sum(map(str.isalpha, word)) >= 2 and not re.fullmatch(r"[A-Z]\d+[A-Z]", word)
    return looks and not not_a_gene(word)


def _variant(hit: _Hit, text: str, symbols: Container[str] | None) -> Variant:
    kind, rule, parts = hit.family.kind, hit.family.rule, hit.parts
    name, around = text[hit.start : hit.end], _sentence(text, hit)
    gene = (
        "EGFR"
        if rule == "exon-named"
        else ""
        if kind == "structural"
        else _gene(hit, text, symbols)
    )
    if rule in {"protein-one", "protein-one-arrow"} and _is_dna(parts, gene, around):
        kind, rule = "dna", "dna-letters"
        parts = {"old": parts["old"], "new": parts["new"], "site": parts["n"]}
    viral = kind == "protein" and is_viral(name, around) and gene not in _KNOWN
    normal = normal_form(rule, kind, parts)
    return Variant(hit.start, hit.end, kind, normal, "" if viral else gene, viral, rule)  # type: ignore[arg-type]


def _is_dna(parts: dict[str, str | None], gene: str, around: str) -> bool:
    """Whether C677T means bases: the letters are bases, and the words and the number say so."""
    old, new = parts["old"] or "", parts["new"] or ""
    if not {old, new} <= _BASES or parts.get("shift"):
        return False
    if gene == "MTHFR":
        return True
    if PROTEIN.search(around):
        return False
    return int(parts["n"] or 0) > 500 or bool(NUCLEIC.search(around))


def _further(hit: _Hit, first: Variant, text: str) -> Iterator[Variant]:
    """The alleles behind a slash: the K of V600E/K."""
    if hit.family.rule not in {"protein-one", "protein-p"} or first.kind != "protein":
        return
    at = hit.end
    while match := re.compile(r"/([ACDEFGHIKLMNPQRSTVWY])(?![A-Za-z0-9])").match(text, at):
        normal = normal_form("protein-one", "protein", {**hit.parts, "new": match[1]})
        yield first._replace(start=match.start(1), end=match.end(1), normal=normal)
        at = match.end()
