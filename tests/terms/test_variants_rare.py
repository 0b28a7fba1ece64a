"""Rarer notations of variants: lengths, words between the parts, blanks."""

from __future__ import annotations

import time

import pytest

from trialweave.terms.variants import variants


@pytest.mark.parametrize(
    ("text", "written", "normal", "kind"),
    [
        ("homozygous for the 6bINS allele", "6bINS", "ins6", "dna"),
        ("the 14 bp del allele", "14 bp del", "del14", "dna"),
        ("carriers of CCR5delta32", "delta32", "del32", "dna"),
        ("the CCR5-Δ32 genotype", "Δ32", "del32", "dna"),
        ("the C(677)T mutation", "C(677)T", "c.677C>T", "dna"),
        ("the C 677 T mutation", "C 677 T", "c.677C>T", "dna"),
        ("the mutation G-20210-A", "G-20210-A", "c.20210G>A", "dna"),
        ("the mutation C1234 to T", "C1234 to T", "c.1234C>T", "dna"),
        ("nucleotide 1138 G to A", "1138 G to A", "c.1138G>A", "dna"),
        ("mutation 1234 C to T", "1234 C to T", "c.1234C>T", "dna"),
        ("codon 54 (GGC to GAC)", "codon 54 (GGC to GAC)", "codon 54 GGC>GAC", "dna"),
        ("Arg506 was replaced by Gln", "Arg506 was replaced by Gln", "p.Arg506Gln", "protein"),
        ("the tyrosine 402 histidine form", "tyrosine 402 histidine", "p.Tyr402His", "protein"),
        ("the mutation W26opal", "W26opal", "p.Trp26Ter", "protein"),
        ("delE746-A750", "delE746-A750", "p.Glu746_Ala750del", "protein"),
        ("a del exon 3", "del exon 3", "exon 3 deletion", "exon-level"),
        ("EX19DEL in EGFR", "EX19DEL", "exon 19 deletion", "exon-level"),
        ("with FLT3-ITD", "ITD", "internal tandem duplication", "exon-level"),
    ],
)
def test_rare_notations(text: str, written: str, normal: str, kind: str) -> None:
    (found,) = variants(text)
    assert (text[found.start : found.end], found.normal, found.kind) == (written, normal, kind)


@pytest.mark.parametrize(
    "text",
    [
        "give 20 g to 5 c of it",
        "in 14 B del mar street",
        "vitamin C 500 T cells",
        "A 12 T score",
        "group A (24) T",
        "Ward C 12 to T 4",
        "delta 32 of the score",
        "ITD of the stock",
        "delivery in 3 bp inside",
        "leucine 500 mg, valine 200 mg",
        "serine 5 times a day",
    ],
)
def test_what_only_looks_like_them(text: str) -> None:
    assert variants(text) == []


@pytest.mark.parametrize("piece", ["1bp ", "A 11", "codon 11 (", "Arg1 was ", "serine 1", "FLT3 "])
def test_hostile_pieces(piece: str) -> None:
    began = time.process_time()
    variants(piece * (40_000 // len(piece)))
    assert time.process_time() - began < 2
