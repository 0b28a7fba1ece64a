"""What looks like a variant and is none, and the words that tell that a letter and number is one.

The list holds what texts of trials use: dosing and visit codes, cell lines, laboratory and vehicle
names, vertebrae, isotopes, histones; and substitutions of viruses, which are variants but of no
human gene.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = [
    "CUE",
    "NUCLEIC",
    "PROTEIN",
    "VIRAL_PLACE",
    "is_ambiguous",
    "is_code",
    "is_famous",
    "is_viral",
    "not_a_gene",
]

_CODES: Final = re.compile(
    r"Q\d{1,3}[WDHMY]|[TC][123][DA]|A1C|A2A|C[3-9][ABCH]|S100[A-Z]|P450[A-Z]|Y2K|K9F|H\d{1,2}N"
    r"|T47D|T98G|C57[BL]|H9C|S2R|P388D|M059K|L5178Y|V79H|C33A|U87M|T[12]\*|E1A|E1B|E2A|M6P|S1P|C6G|N95R"
    r"|[DWMV]\d{1,3}D|W\d{1,3}W|[A-Z]\dX"
)
_AMBIGUOUS: Final = re.compile(
    r"[DWMVYHT]\d{1,3}[DWMH]"  # visits and weeks
    r"|[CTLS]\d{1,2}[CTLS]"  # vertebrae
    r"|[FCNI]1[1-8][A-Z]|I1(?:2[345]|31)[A-Z]"  # isotopes
    r"|[RKPTFHCIEGSMABDLNQVWY]\d\d[A-Z]"  # mechanisms of grants, codes of diseases
)

CUE: Final = re.compile(
    r"(?i:mutat|mutant|variant|allel|polymorphi|substitut|genotyp|missense|nonsense|frameshift|"
    r"homozyg|heterozyg|codon|amino acid|\bresidue|\bSNPs?\b|haplotyp|transversion|wild[- ]?type|"
    r"deletion of|pathogenic|carrier|Leiden|prothrombin|mitochondrial DNA|mtDNA|"
    r"\d{2}S rRNA|\bgenes?\b)"
)
NUCLEIC: Final = re.compile(
    r"(?i:nucleotid|promoter|\bSNPs?\b|polymorphi|transition|transversion|\ballel|genotyp|"
    r"\bbase\b|mitochondri|mtDNA|\brRNA|\btRNA|12S|splice)"
)
PROTEIN: Final = re.compile(
    r"(?i:amino acid|residue|codon|missense|kinase|resistan|\bprotein\b)|"
    r"\b(?:[KNH]RAS|BRAF|EGFR|PIK3CA|IDH[12]|JAK2|ALK|KIT|PDGFRA|ABL1?|ERBB2|HER2|MET|RET|FGFR\d|"
    r"TP53|AKT1|ESR1|BTK|CFTR|GNAQ|GNA11|MYD88|ROS1|LRRK2|TTR)\b"
)
VIRAL_PLACE: Final = re.compile(
    r"SARS|(?i:covid|coronavir|\bspike\b|omicron|\bHIV\b|\bHBV\b|\bHCV\b|\bNS[35][AB]?\b|influenza|"
    r"neuraminidase|h[a]?emagglutinin|reverse transcriptase|integrase|hepatitis [BC]\b|"
    r"antiretroviral|lamivudine|oseltamivir|cytomegalovirus|\bCMV\b|\bUL97\b|\bUL54\b)"
)
_VIRAL_TEXT: Final = (
    # spike of SARS-CoV-2
    "N501Y D614G E484K E484Q E484A K417N K417T L452R T478K P681R P681H N439K S477N Y453F "
    "D950N L18F S494P Q493R N440K F486V R346K L455F F456L S371L S373P S375F G446S G339D "
    # HIV reverse transcriptase, protease, integrase
    "M184V M184I K103N K65R T215Y T215F Q151M Y181C G190A L74V M41L K70R K219Q D67N L210W N155H "
    "Q148H Q148K Q148R R263K E138K E138A M46I I54V V82A L90M I84V I50L "
    # hepatitis B and C, influenza, cytomegalovirus
    "M204V M204I L180M N236T A181T A181V Q80K Y93H R155K D168V S282T H275Y H274Y I38T E119V "
    "R292K S31N A594V L595S"
)
_VIRAL: Final = frozenset(_VIRAL_TEXT.split())
_WORDS_TEXT: Final = (
    "DNA RNA CDNA MRNA PCR RFLP SNP SNPS HIV HCV HBV COVID SARS AND THE FOR WITH NO OR IN OF AT "
    "WHO FDA NSCLC CRC AML CML MDS MPN ALL CLL CF VTE MI OMIM WT MUT CDS UTR ORF II III IV VI VII "
    "VIII NS RT PI NCT ICD ECOG IHC NGS FISH ELISA USA UK EU CI HR RR ADHD CAD SLE IVS EXON GENE "
    "TYPE NOT AMINO ACID DEL INS DUP MUTATION MUTATIONS VARIANT POLYMORPHISM HGVS ACMG CT MRI "
    "AIDS TNM COPD LVEF BMI PD DFNB MIM"
)
_WORDS: Final = frozenset(_WORDS_TEXT.split())


_FAMOUS_TEXT: Final = (
    "V600E V600K T790M L858R C797S G719X G719A L861Q S768I V617F W515L G12C G12D G12V G13D Q61R "
    "H1047R E545K R132H R172K R140Q T315I F1174L G1202R D816V D842V K27M N370S L444P G2019S G551D "
    "G542X V30M V122I R506Q L265P Y537S D538G C481S M918T V804M D835Y R882H S249C R248C"
)
_FAMOUS: Final = frozenset(_FAMOUS_TEXT.split())


def is_famous(name: str) -> bool:
    """Whether trials ask for it by this name alone, and it is no code of another kind."""
    return name in _FAMOUS


def is_code(name: str) -> bool:
    """Whether a letter, a number and a letter is always a code in texts of trials (Q4W, T2D)."""
    return bool(_CODES.fullmatch(name))


def is_ambiguous(name: str) -> bool:
    """Whether it is a code as often as a substitution, so that the text must speak of one near."""
    return bool(_AMBIGUOUS.fullmatch(name))


def is_viral(name: str, around: str) -> bool:
    """Whether a change is a virus's: by its name, or because the text around speaks of one."""
    return name in _VIRAL or bool(VIRAL_PLACE.search(around))


def not_a_gene(word: str) -> bool:
    """Whether a word in capitals is no gene's symbol."""
    return word.upper() in _WORDS or word.isdigit()
