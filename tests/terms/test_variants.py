"""Variants: what is written, what it means, and what only looks like one."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialweave.terms.variants import Variant, variants


def read(text: str) -> list[tuple[str, str]]:
    return [(text[each.start : each.end], each.normal) for each in variants(text)]


def one(text: str) -> Variant:
    (found,) = variants(text)
    return found


WRITTEN = [
    ("rs1801133", "rs1801133", "rs1801133", "snp"),
    ("rs#1801133", "rs#1801133", "rs1801133", "snp"),
    ("the SNP rs 1801133", "rs 1801133", "rs1801133", "snp"),
    ("RS1801133 genotype", "RS1801133", "rs1801133", "snp"),
    ("refSNP 12345", "refSNP 12345", "rs12345", "snp"),
    ("c.35G>A", "c.35G>A", "c.35G>A", "dna"),
    ("c.35G→A", "c.35G→A", "c.35G>A", "dna"),
    ("c.35G&gt;A", "c.35G&gt;A", "c.35G>A", "dna"),
    ("c.35G4A", "c.35G4A", "c.35G>A", "dna"),
    ("c.1236C > T", "c.1236C > T", "c.1236C>T", "dna"),
    ("c.1521_1523delCTT", "c.1521_1523delCTT", "c.1521_1523del", "dna"),
    ("c.2097-2098insT", "c.2097-2098insT", "c.2097_2098insT", "dna"),
    ("c.5266dupC", "c.5266dupC", "c.5266dup", "dna"),
    ("c.2905_2923delinsCTCC", "c.2905_2923delinsCTCC", "c.2905_2923delinsCTCC", "dna"),
    ("c.*46C>T", "c.*46C>T", "c.*46C>T", "dna"),
    ("c.-14G>C", "c.-14G>C", "c.-14G>C", "dna"),
    ("c.88+2T>G", "c.88+2T>G", "c.88+2T>G", "dna"),
    ("c.123=", "c.123=", "c.123=", "dna"),
    ("c.C677T", "c.C677T", "c.677C>T", "dna"),
    ("c145A>G", "c145A>G", "c.145A>G", "dna"),
    ("g.41256098T>C", "g.41256098T>C", "g.41256098T>C", "dna"),
    ("m.3243A>G", "m.3243A>G", "m.3243A>G", "dna"),
    ("IVS2-1G>A", "IVS2-1G>A", "IVS2-1G>A", "dna"),
    ("IVSII-1 (G > A)", "IVSII-1 (G > A)", "IVSII-1G>A", "dna"),
    ("677C>T", "677C>T", "c.677C>T", "dna"),
    ("-786T>C", "-786T>C", "c.-786T>C", "dna"),
    ("T-786C polymorphism", "T-786C", "c.-786T>C", "dna"),
    ("the 677 C/T polymorphism", "677 C/T", "c.677C>T", "dna"),
    ("3849 + 10kb C > T", "3849 + 10kb C > T", "c.3849+10kbC>T", "dna"),
    ("T/C(-344)", "T/C(-344)", "c.-344T>C", "dna"),
    ("185delAG", "185delAG", "c.185del", "dna"),
    ("5382insC", "5382insC", "c.5382insC", "dna"),
    ("964del13", "964del13", "c.964del13", "dna"),
    ("251-273del", "251-273del", "c.251_273del", "dna"),
    ("del nt1050-54", "del nt1050-54", "c.1050_1054del", "dna"),
    ("CCR5 Delta32 allele", "Delta32", "del32", "dna"),
    ("codon 72 CGC>CCC", "codon 72 CGC>CCC", "codon 72 CGC>CCC", "dna"),
    ("A to G at nucleotide 1517", "A to G at nucleotide 1517", "c.1517A>G", "dna"),
    ("C>T at position -590", "C>T at position -590", "c.-590C>T", "dna"),
    (
        "G-to-A transition at nucleotide 1691",
        "G-to-A transition at nucleotide 1691",
        "c.1691G>A",
        "dna",
    ),
    (
        "insertion of a C at nucleotide 1234",
        "insertion of a C at nucleotide 1234",
        "c.1234insC",
        "dna",
    ),
    ("deletion of C at position 35", "deletion of C at position 35", "c.35del", "dna"),
    ("the (-308 G/A) polymorphism", "-308 G/A", "c.-308G>A", "dna"),
    ("-308(G/A) polymorphism", "-308(G/A)", "c.-308G>A", "dna"),
    ("(C-->T) at position -158", "(C-->T) at position -158", "c.-158C>T", "dna"),
    ("IL-10 -1082 A/G polymorphism", "-1082 A/G", "c.-1082A>G", "dna"),
    ("(219G>A; other)", "219G>A", "c.219G>A", "dna"),
    ("(see IVS2-1G>A)", "IVS2-1G>A", "IVS2-1G>A", "dna"),
    ("c.12delAinsTG", "c.12delAinsTG", "c.12delinsTG", "dna"),
    ("C677-->T", "C677-->T", "c.677C>T", "dna"),
    ("p.V600", "p.V600", "p.Val600", "protein"),
    (
        "threonine for alanine at position 54",
        "threonine for alanine at position 54",
        "p.Ala54Thr",
        "protein",
    ),
    ("Lys751 to Gln", "Lys751 to Gln", "p.Lys751Gln", "protein"),
    ("EGFR 19DEL", "19DEL", "exon 19 deletion", "exon-level"),
    ("p.Gly12Asp", "p.Gly12Asp", "p.Gly12Asp", "protein"),
    ("p.(Gly12Asp)", "p.(Gly12Asp)", "p.Gly12Asp", "protein"),
    ("(p.Gly12Asp)", "p.Gly12Asp", "p.Gly12Asp", "protein"),
    ("Gly12Asp", "Gly12Asp", "p.Gly12Asp", "protein"),
    ("Arg506-to-Gln", "Arg506-to-Gln", "p.Arg506Gln", "protein"),
    ("Arg 506 Gln", "Arg 506 Gln", "p.Arg506Gln", "protein"),
    ("Trp86----Arg", "Trp86----Arg", "p.Trp86Arg", "protein"),
    ("cys152 > arg", "cys152 > arg", "p.Cys152Arg", "protein"),
    ("p.V600E", "p.V600E", "p.Val600Glu", "protein"),
    ("p.W24*", "p.W24*", "p.Trp24Ter", "protein"),
    ("p.Trp24X", "p.Trp24X", "p.Trp24Ter", "protein"),
    ("Gln39Stop", "Gln39Stop", "p.Gln39Ter", "protein"),
    ("p.Gly23=", "p.Gly23=", "p.Gly23=", "protein"),
    ("p.Met1?", "p.Met1?", "p.Met1?", "protein"),
    ("p.Arg97Profs*23", "p.Arg97Profs*23", "p.Arg97ProfsTer23", "protein"),
    ("p.R97PfsX23", "p.R97PfsX23", "p.Arg97ProfsTer23", "protein"),
    ("p.Arg97fs", "p.Arg97fs", "p.Arg97fs", "protein"),
    ("p.Lys23_Val25del", "p.Lys23_Val25del", "p.Lys23_Val25del", "protein"),
    ("E746_A750del", "E746_A750del", "p.Glu746_Ala750del", "protein"),
    ("p.11_12insAAAA", "p.11_12insAAAA", "p.11_12insAAAA", "protein"),
    ("p.Ser560dup", "p.Ser560dup", "p.Ser560dup", "protein"),
    ("ΔF508", "ΔF508", "p.Phe508del", "protein"),
    ("delta F508", "delta F508", "p.Phe508del", "protein"),
    ("F508del mutation", "F508del", "p.Phe508del", "protein"),
    (
        "valine-to-methionine at codon 44",
        "valine-to-methionine at codon 44",
        "p.Val44Met",
        "protein",
    ),
    (
        "substitution of glutamine for arginine at codon 506",
        "substitution of glutamine for arginine at codon 506",
        "p.Arg506Gln",
        "protein",
    ),
    ("serine 55 to phenylalanine", "serine 55 to phenylalanine", "p.Ser55Phe", "protein"),
    ("codon 12 glycine to valine", "codon 12 glycine to valine", "p.Gly12Val", "protein"),
    ("exon 19 deletion", "exon 19 deletion", "exon 19 deletion", "exon-level"),
    ("exons 45-50 deletion", "exons 45-50 deletion", "exon 45-50 deletion", "exon-level"),
    ("deletion of exon 7", "deletion of exon 7", "exon 7 deletion", "exon-level"),
    ("MET exon 14 skipping", "exon 14 skipping", "exon 14 skipping", "exon-level"),
    ("METex14", "ex14", "exon 14 skipping", "exon-level"),
    ("EGFR ex20ins", "ex20ins", "exon 20 insertion", "exon-level"),
    ("EGFRvIII", "EGFRvIII", "vIII", "exon-level"),
    ("t(9;22)(q34;q11)", "t(9;22)(q34;q11)", "t(9;22)(q34;q11)", "structural"),
    ("inv(16)", "inv(16)", "inv(16)", "structural"),
    ("del(17p)", "del(17p)", "del(17p)", "structural"),
    ("17p deletion", "17p deletion", "del(17p)", "structural"),
]


@pytest.mark.parametrize(("text", "written", "normal", "kind"), WRITTEN)
def test_notation(text: str, written: str, normal: str, kind: str) -> None:
    found = one(text)
    assert (text[found.start : found.end], found.normal, found.kind) == (written, normal, kind)


@pytest.mark.parametrize(
    ("text", "normal", "gene"),
    [
        ("Patients with a BRAF V600E mutation", "p.Val600Glu", "BRAF"),
        ("KRAS G12C-mutated tumours", "p.Gly12Cys", "KRAS"),
        ("carriers of the G2019S LRRK2 variant", "p.Gly2019Ser", "LRRK2"),
        ("the V66M polymorphism of BDNF", "p.Val66Met", "BDNF"),
        ("JAK2V617F", "p.Val617Phe", "JAK2"),
        ("T790M-positive", "p.Thr790Met", ""),
        ("H3K27M", "p.Lys27Met", ""),
        ("MTHFR C677T genotype", "c.677C>T", "MTHFR"),
        ("the A118G polymorphism of OPRM1", "c.118A>G", "OPRM1"),
        ("the G719X mutation of EGFR", "p.Gly719Xaa", "EGFR"),
        ("the V600X mutation of BRAF", "p.Val600Xaa", "BRAF"),
        ("the W24X mutation of GJB2", "p.Trp24Ter", "GJB2"),
        ("EGFR exon 19 deletion", "exon 19 deletion", "EGFR"),
        ("SOD1 A4V", "p.Ala4Val", "SOD1"),
        ("BRAF V600 mutation", "p.Val600", "BRAF"),
        ("S326C of OGG1", "p.Ser326Cys", "OGG1"),
    ],
)
def test_bare_form_with_its_gene_or_a_word_of_mutation(text: str, normal: str, gene: str) -> None:
    found = one(text)
    assert (found.normal, found.gene) == (normal, gene)


@pytest.mark.parametrize(
    "text",
    [
        "adults with T2D or T1D and HbA1c above 8 (A1C 7.5)",
        "given Q4W or Q12W, not Q6H",
        "H1N1 or H5N1 influenza; CD4 count; vitamin B12; visits W4D1, D28D and W12W",
        "CD4+ T cells, CD8+ T lymphocytes, CD28- T cells",
        "T47D and T98G cell lines with a mutation",
        "T2*-weighted imaging shows a lesion variant",
        "grant R01HL12345, protocol A4091001, compound A4250, S1P modulators, C3H mice",
        "P450 3A4 and 2D6 substrates; E2A; C4A and M6P",
        "sites in M5T 2S8 and N6A 5A5",
        "10 mg del 12 2019; 5 del 2020; 12 ins 3",
        "injury between C5 and T12; N95R masks",
        "t(16) = 2.3, p < 0.01; c. 35 patients; Rs 500; RS 232",
        "S100B, D54H and K23E were measured",
        "https://example.org/article/rs-23696/v2",
        "5 g/c of the product, 100 C/T",
        "MADRS35 and 12A>",
        "T12 mutant mice; changes from A to C in 12 patients with low base deficit",
    ],
)
def test_codes_of_trials_are_no_variants(text: str) -> None:
    assert variants(text) == []


def test_further_alleles_behind_a_slash() -> None:
    text = "BRAF V600E/K/D mutation"
    assert read(text) == [("V600E", "p.Val600Glu"), ("K", "p.Val600Lys"), ("D", "p.Val600Asp")]


def test_a_series_is_believed_where_one_of_it_is() -> None:
    assert read("HFE C282Y and H63D") == [("C282Y", "p.Cys282Tyr"), ("H63D", "p.His63Asp")]
    assert read("H63D, C282Y of HFE")[0] == ("H63D", "p.His63Asp")
    assert read("HFE C282Y (and/or S65C)")[1] == ("S65C", "p.Ser65Cys")
    assert read("HFE C282Y was seen later than any H63D") == [("C282Y", "p.Cys282Tyr")]


def test_a_name_believed_once_is_believed_throughout() -> None:
    text = "The S431L mutation. " + "Nothing here. " * 20 + "Those with S431L were treated."
    assert [normal for _, normal in read(text)] == ["p.Ser431Leu"] * 2
    assert variants("Those with S431L were treated.") == []


def test_a_variant_written_in_full_makes_bare_ones_believable() -> None:
    text = "We found c.100C>T. " + "Nothing here. " * 20 + "Those with S431L differ."
    assert [normal for _, normal in read(text)] == ["c.100C>T", "p.Ser431Leu"]


def test_a_variant_written_in_full_beside_a_code_makes_it_believable() -> None:
    beside = "c.100C>T, then K23E"
    assert [normal for _, normal in read(beside)] == ["c.100C>T", "p.Lys23Glu"]
    far = "We found c.100C>T. " + "Nothing here. " * 20 + "Grant K23E paid."
    assert [normal for _, normal in read(far)] == ["c.100C>T"]


def test_variants_far_apart_are_all_found() -> None:
    text = (" word" * 40 + " ").join(
        ["", "c.1A>G", "p.Gly12Asp", "rs1801133", "exon 19 deletion", ""]
    )
    found = ["c.1A>G", "p.Gly12Asp", "rs1801133", "exon 19 deletion"]
    assert [written for written, _ in read(text)] == found


def test_a_word_in_another_sentence_is_no_context() -> None:
    assert variants("No mutation was sought. Room S431L is closed.") == []


def test_letters_of_bases_by_words_and_number() -> None:
    assert one("the C3435T polymorphism").normal == "c.3435C>T"
    assert one("the kinase mutation G719A").normal == "p.Gly719Ala"
    assert one("the T92A mutation").normal == "p.Thr92Ala"
    assert one("the T92A promoter mutation").normal == "c.92T>A"


@pytest.mark.parametrize(
    "text",
    [
        "SARS-CoV-2 with N501Y",
        "spike D614G",
        "HIV with M184V",
        "HCV NS5A Y93H",
        "rtM204V",
        "oseltamivir-resistant H275Y",
    ],
)
def test_viral_substitutions_have_no_human_gene(text: str) -> None:
    found = one(text)
    assert found.viral
    assert found.gene == ""


def test_a_human_gene_beside_it_is_human() -> None:
    assert not one("BRAF V600E in patients with HIV").viral


def test_known_symbols_decide_what_a_gene_is() -> None:
    text = "XYZ9 S431L"
    assert variants(text, symbols=frozenset()) == []
    (found,) = variants(text, symbols=frozenset({"XYZ9"}))
    assert (found.gene, found.normal) == ("XYZ9", "p.Ser431Leu")


@given(st.text(alphabet="cgp.rs>-→ΔACGTVEX0123 delinsfu()[]_/*+;:,\n'é𝒳", max_size=120))
def test_spans_are_in_order_and_inside(text: str) -> None:
    before = 0
    for each in variants(text):
        assert before <= each.start < each.end <= len(text)
        assert text[each.start : each.end].strip() == text[each.start : each.end]
        assert each.normal
        before = each.end


@given(
    st.sampled_from([row[0] for row in WRITTEN if row[3] in {"dna", "protein"}]),
    st.text(alphabet="abcxyz ,ÄßÞ𝒳\u0301", max_size=40),
)
def test_offsets_hold_behind_any_text(name: str, before: str) -> None:
    alone, moved = variants(name), variants(f"{before}; {name}")
    shift = len(before) + 2
    assert [(e.start + shift, e.end + shift, e.normal) for e in alone] == [
        (e.start, e.end, e.normal) for e in moved
    ]


@pytest.mark.parametrize(
    "unit",
    ["A1", "c.1_", "p.Gly", "(1", "-", "Gly12 to ", "G-to-A at position ", "IVS1+1", "rs1", "del1"],
)
def test_hostile_text_takes_time_in_proportion(unit: str) -> None:
    def seconds(length: int) -> float:
        text = (unit * (length // len(unit) + 1))[:length]
        start = time.process_time()
        variants(text)
        return time.process_time() - start

    variants("c.1A>G")  # compiles the patterns
    short, long = seconds(2_000), min(seconds(16_000) for _ in range(2))
    assert long < 24 * short + 0.02


def test_texts_without_spaces_or_of_any_characters() -> None:
    draw = random.Random(7)
    text = "".join(chr(draw.randrange(1, 0x3000)) for _ in range(20_000))
    assert all(text[each.start : each.end] for each in variants(text))
    assert variants("") == []
