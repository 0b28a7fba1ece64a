"""Genes, proteins, drugs, events and licensed vocabularies, from small invented files."""

from __future__ import annotations

import pytest

from trialweave.errors import Unreadable
from trialweave.terms.reading import read_files, read_vocabulary
from trialweave.terms.term import Link, Name, Release, Term


def _read(text: str, **options: object) -> Release:
    return read_vocabulary(text.encode(), **options)  # type: ignore[arg-type]


def _by_id(release: Release) -> dict[str, Term]:
    return {term.id: term for term in release.terms}


def _names(term: Term) -> list[tuple[str, str]]:
    return [(name.text, name.scope) for name in term.names]


HGNC = (
    "hgnc_id\tsymbol\tname\tlocus_group\tstatus\talias_symbol\talias_name\tprev_symbol\tprev_name\t"
    "entrez_id\tensembl_gene_id\tuniprot_ids\tomim_id\n"
    'HGNC:90001\tGLOW1\tglow factor 1\tprotein-coding gene\tApproved\t"GLF|glow-1"\t"shine 1"\t'
    'OLDG\t"old glow"\t9000001\tENSG0\tQ9ZZZ1\t999999\n'
    "HGNC:90002\tGLOW2\tentry withdrawn\twithdrawn\tEntry Withdrawn\t\t\t\t\t\t\t\t\n"
    "HGNC:90003\tGLOW3~withdrawn\tsymbol withdrawn, see [HGNC:90001](/x/HGNC:90001)\twithdrawn\t"
    "Symbol Withdrawn\t\t\t\t\t\t\t\t\n"
)


def test_hgnc() -> None:
    release = read_files([("hgnc_complete_set_2031-04-01.txt", HGNC.encode())])
    assert (release.vocabulary, release.version) == ("HGNC", "2031-04-01")
    gene, gone, merged = release.terms
    assert _names(gene) == [
        ("GLOW1", "symbol"),
        ("glow factor 1", "exact"),
        ("GLF", "abbreviation"),
        ("glow-1", "abbreviation"),
        ("OLDG", "abbreviation"),
        ("shine 1", "exact"),
        ("old glow", "exact"),
    ]
    assert gene.alike == ("NCBIGene:9000001", "UniProt:Q9ZZZ1", "Ensembl:ENSG0", "OMIM:999999")
    assert (gene.kind, gene.obsolete, gene.replaced_by) == ("gene", False, "")
    assert (_names(gone), gone.obsolete, gone.replaced_by) == ([("GLOW2", "symbol")], True, "")
    assert (merged.name, merged.obsolete, merged.replaced_by) == ("GLOW3", True, "HGNC:90001")
    assert len(merged.names) == 1


def test_hgnc_custom_download_separates_lists_by_commas() -> None:
    text = (
        "HGNC ID\tApproved symbol\tApproved name\tStatus\tAlias symbols\nHGNC:1\tAB\tab\tApproved"
    )
    release = _read(f"{text}\tAC, AD\n")
    assert _names(release.terms[0])[2:] == [("AC", "abbreviation"), ("AD", "abbreviation")]


def test_ncbi_gene() -> None:
    head = "#tax_id GeneID Symbol LocusTag Synonyms dbXrefs chromosome map_location description "
    head += "type_of_gene Symbol_from_nomenclature_authority "
    head += "Full_name_from_nomenclature_authority Nomenclature_status Other_designations "
    head += "Modification_date Feature_type"
    human = [
        "9606",
        "9000001",
        "GLOW1",
        "-",
        "GLF|G-1",
        "MIM:999999|HGNC:HGNC:90001|X:1",
        "1",
        "1q",
    ]
    human += ["glow factor 1", "protein-coding", "GLOW1", "-", "O", "glow protein", "20310101", "-"]
    mouse = ["10090", "9000002", "Glow1", "-", "-", "-", "1", "1", "-", "-", "-", "-", "-", "-"]
    rows = [head.split(), human, [*mouse, "20310101", "-"]]
    release = _read("".join("\t".join(row) + "\n" for row in rows))
    (gene,) = release.terms
    assert (release.vocabulary, gene.id, gene.kind) == ("NCBI Gene", "NCBIGene:9000001", "gene")
    assert _names(gene) == [
        ("GLOW1", "symbol"),
        ("glow factor 1", "exact"),
        ("GLF", "abbreviation"),
        ("G-1", "abbreviation"),
        ("glow protein", "related"),
    ]
    assert gene.alike == ("OMIM:999999", "HGNC:90001")
    assert release.notes == ("1 × genes of other species were left out: Glow1.",)


def test_unii() -> None:
    text = (
        "Name\tTYPE\tUNII\tDisplay Name\n"
        "GLOWMAB [INN]\tof\t9ZZ9ZZ9ZZ9\tGLOWMAB\n"
        "GLOWMAB [USAN] [WHO-DD]\tcn\t9ZZ9ZZ9ZZ9\tGLOWMAB\n"
        "GLW-12\tcd\t9ZZ9ZZ9ZZ9\tGLOWMAB\n"
        "GLOWRIX\tbn\t9ZZ9ZZ9ZZ9\tGLOWMAB\n"
        "IMMUNOGLOBULIN G1 (9-GLOW)\tsys\t9ZZ9ZZ9ZZ9\tGLOWMAB\n"
        "BENZO[A]GLOW\tcn\t8ZZ9ZZ9ZZ9\tBENZO[A]GLOW\n"
        "WHARTON GLOW EXOSOMES\tcn\t8ZZ9ZZ9ZZ9\tBENZO[A]GLOW\n"
    )
    release = read_files([("UNII_Names_12Jun2031.txt", text.encode())])
    assert (release.vocabulary, release.version) == ("UNII", "2031-06-12")
    mab, other = release.terms
    assert _names(mab) == [("GLOWMAB", "preferred"), ("GLW-12", "symbol"), ("GLOWRIX", "exact")]
    assert other.names[0].text == "BENZO[A]GLOW"
    assert other.kind == "chemical"
    assert len(release.notes) == 1
    assert "1 × systematic names" in release.notes[0]


def _rrf(cui: str, kind: str, text: str, *, sab: str = "RXNORM", lat: str = "ENG", **f: str) -> str:
    fields = [cui, lat, f.get("ts", ""), "", "", "", f.get("pref", ""), "", "", "", "", sab, kind]
    return "|".join([*fields, cui, text, "", f.get("suppress", "N"), "4096", ""]) + "\n"


def test_rxnorm_with_its_relations() -> None:
    names = (
        _rrf("900", "SY", "glowine hydrochloride")
        + _rrf("900", "IN", "glowine")
        + _rrf("900", "PT", "Glowine of another source", sab="MTHSPL")
        + _rrf("901", "BN", "Glowrix")
        + _rrf("902", "IN", "oldine", suppress="O")
        + _rrf("903", "IN", "luisina", lat="SPA")
    )
    fields = ["900", "", "CUI", "RO", "901", "", "CUI", "tradename_of", *[""] * 8]
    relations = "|".join([*fields, ""]) + "\n"
    relations += "|".join(["900", "", "CUI", "RO", "901", "", "CUI", "has_tradename", *[""] * 9])
    relations += "\n" + "|".join(["", "1", "AUI", "RO", "", "2", "AUI", "isa", *[""] * 9]) + "\n"
    release = read_files(
        [("RXNREL.RRF", relations.encode()), ("RXNCONSO.RRF", names.encode())], version="2031-01-06"
    )
    terms = _by_id(release)
    assert sorted(terms) == ["RxNorm:900", "RxNorm:901"]
    assert _names(terms["RxNorm:900"]) == [
        ("glowine", "preferred"),
        ("glowine hydrochloride", "exact"),
    ]
    assert terms["RxNorm:901"].parents == ("RxNorm:900",)
    assert terms["RxNorm:901"].kind == "chemical"
    assert release.notes == ("1 × suppressed names were left out: oldine.",)


def test_relations_alone_name_nothing() -> None:
    fields = ["900", "", "CUI", "RO", "901", "", "CUI", "isa", *[""] * 9]
    with pytest.raises(Unreadable, match="no term has a name"):
        _read("|".join(fields) + "\n")


def test_umls_takes_all_sources_and_the_preferred_name() -> None:
    text = _rrf("C9000001", "SY", "shiny", sab="X") + _rrf(
        "C9000001", "PT", "Glow", sab="Y", ts="P", pref="Y"
    )
    release = _read(text)
    assert release.vocabulary == "UMLS"
    assert "not to be passed on" in release.licence
    assert _names(release.terms[0]) == [("Glow", "preferred"), ("shiny", "exact")]
    assert release.terms[0].id == "UMLS:C9000001"


def test_uniprot() -> None:
    text = (
        "Entry\tReviewed\tEntry Name\tProtein names\tGene Names\tOrganism\tLength\n"
        "Q9ZZZ1\treviewed\tGLOW1_HUMAN\tGlow factor (1->2) kinase (EC 2.7.1.99) (Shine (blue) "
        "enzyme) (GF-1) [Cleaved into: Glow peptide (GP)]\tGLOW1 GLF\tHomo sapiens (Human)\t99\n"
    )
    (protein,) = _read(text).terms
    assert protein.id == "UniProt:Q9ZZZ1"
    assert _names(protein) == [
        ("Glow factor (1->2) kinase", "preferred"),
        ("Shine (blue) enzyme", "exact"),
        ("GF-1", "symbol"),
        ("GLOW1", "symbol"),
        ("GLOW1_HUMAN", "symbol"),
    ]
    assert (protein.alike, protein.kind) == (("EC:2.7.1.99",), "protein")


HUMSAVAR = """----------------------------------------------------------------------------
        UniProt - Swiss-Prot Protein Knowledgebase
----------------------------------------------------------------------------

Description: Index of human polymorphisms and disease
             mutations
Release:     2031_02 of 09-Apr-2031

Main        Swiss-Prot             AA             Variant
gene name   AC         FTId        change         category dbSNP          Disease name
_________   __________ ___________ ______________ ________ ______________ _____________________
GLOW1       Q9ZZZ1     VAR_900001  p.Arg1Cys      LP/P  rs999999999 Blue glow 1 (BG1) [MIM:999998]
-           Q9ZZZ2     VAR_900002  p.Gly2del      LB/B     -              -
GLOW1       Q9ZZZ1     VAR_900003  broken
----------------------------------------------------------------------------
Copyrighted by the UniProt Consortium
"""


def test_humsavar() -> None:
    release = _read(HUMSAVAR)
    assert (release.vocabulary, release.version) == ("UniProt", "2031_02")
    first, second = release.terms
    assert _names(first) == [("GLOW1 p.Arg1Cys", "preferred"), ("p.Arg1Cys", "symbol")]
    assert first.alike == ("dbSNP:rs999999999", "UniProt:Q9ZZZ1")
    assert _names(second) == [("p.Gly2del", "preferred")]
    assert second.alike == ("UniProt:Q9ZZZ2",)
    assert release.links == (
        Link("VAR_900001", "gene", "", "GLOW1"),
        Link("VAR_900001", "disease", "OMIM:999998", "Blue glow 1 (BG1)", "LP/P"),
    )
    assert (first.definition, second.definition) == (
        "likely pathogenic or pathogenic",
        "likely benign or benign",
    )
    assert len(release.notes) == 1
    assert "VAR_900003" in release.notes[0]


def test_variants_as_a_table_are_the_same() -> None:
    table = (
        "gene\tuniprot\tvar_id\taa_change\tsignificance\tdbsnp\tdisease\n"
        "GLOW1\tQ9ZZZ1\tVAR_900001\tp.Arg1Cys\tlpp\trs999999999\tBlue glow 1 (BG1) [MIM:999998]\n"
        "-\tQ9ZZZ2\tVAR_900002\tp.Gly2del\tlbb\t-\t\n"
        "GLOW2\tQ9ZZZ3\tVAR_900004\tp.Gly3Arg\tunheard\t\t-\n"
    )
    release = _read(table)
    listed = _read(HUMSAVAR)
    assert release.vocabulary == "UniProt"
    assert release.terms[:2] == listed.terms
    assert [link.term for link in release.links] == ["VAR_900001", "VAR_900001", "VAR_900004"]
    assert release.links[:2] == (
        listed.links[0],
        Link("VAR_900001", "disease", "OMIM:999998", "Blue glow 1 (BG1)", "lpp"),
    )
    odd = release.terms[2]
    assert (odd.definition, odd.alike) == ("", ("UniProt:Q9ZZZ3",))
    without = _read("\n".join(line.rpartition("\t")[0] for line in table.splitlines()) + "\n")
    assert [link.relation for link in without.links] == ["gene", "gene"]
    with pytest.raises(Unreadable, match="no column 'gene'"):
        _read("var_id\taa_change\tdbsnp\nVAR_1\tp.Gly3Arg\t-\n")


def test_ctcae_never_reads_the_codes_of_meddra() -> None:
    text = (
        "MedDRA Code,MedDRA SOC,CTCAE Term,Grade 1  ,Grade 2,Grade 3,Grade 4,Grade 5,Definition,"
        "Navigational Note,CTCAE v5.0 Change\n"
        '19999999,Glow disorders,Blue glow,"Mild, local",-,Severe, -,Death,A glow.,,\n'
    )
    release = _read(text)
    assert (release.vocabulary, release.version) == ("CTCAE", "5.0")
    event, organ = release.terms
    assert event.name == "Blue glow"
    assert event.definition == "A glow.; Grade 1: Mild, local; Grade 3: Severe; Grade 5: Death"
    assert event.parents == (organ.id,)
    assert organ.names == (Name("Glow disorders", "preferred"),)
    assert (event.kind, organ.kind) == ("adverse event", "class")
    assert "19999999" not in repr(release)


def test_genes_of_hpo_terms_are_links() -> None:
    text = (
        "ncbi_gene_id\tgene_symbol\thpo_id\thpo_name\tfrequency\tdisease_id\n"
        "9000001\tGLOW1\tHP:0009001\tGlowing skin\t3/4\tOMIM:999998\n"
        "9000001\tGLOW1\tHP:0009002\tShine\t-\tOMIM:999998\n"
    )
    release = _read(text)
    assert release.terms == ()
    assert release.links == (
        Link("HP:0009001", "gene", "NCBIGene:9000001", "GLOW1", "OMIM:999998; 3/4"),
        Link("HP:0009002", "gene", "NCBIGene:9000001", "GLOW1", "OMIM:999998"),
    )


def test_genes_come_with_the_terms_of_their_release() -> None:
    genes = b"ncbi_gene_id\tgene_symbol\thpo_id\n9000001\tGLOW1\tHP:0009001\n"
    terms = b"format-version: 1.2\ndata-version: hp/releases/2031-01-16\nontology: hp\n\n"
    terms += b"[Term]\nid: HP:0009001\nname: Glowing skin\n"
    for files in ([("g.txt", genes), ("hp.obo", terms)], [("hp.obo", terms), ("g.txt", genes)]):
        release = read_files(files)
        assert (release.vocabulary, release.version) == ("HPO", "2031-01-16")
        assert (len(release.terms), len(release.links)) == (1, 1)
        assert release.licence.startswith("HPO licence")
    other = terms.replace(b"ontology: hp", b"ontology: cl").replace(b"HP:", b"CL:")
    with pytest.raises(Unreadable, match="several vocabularies: CL, HPO genes"):
        read_files([("cl.obo", other), ("g.txt", genes)])


def test_snomed_of_a_users_own_files() -> None:
    head = "id\teffectiveTime\tactive\tmoduleId\tconceptId\tlanguageCode\ttypeId\tterm\t"
    head += "caseSignificanceId\n"
    full, synonym = "900000000000003001", "900000000000013009"
    rows = [
        ("1", "9001", "en", full, "Blue glow (disorder)"),
        ("1", "9001", "en", synonym, "Glow, blue"),
        ("0", "9001", "en", synonym, "Retired name"),
        ("1", "9001", "es", synonym, "Brillo azul"),
        ("1", "9002", "en", full, "Glow"),
    ]
    names = head + "".join(
        f"7\t20310101\t{active}\tm\t{concept}\t{language}\t{kind}\t{term}\tx\n"
        for active, concept, language, kind, term in rows
    )
    relations = "id\teffectiveTime\tactive\tmoduleId\tsourceId\tdestinationId\trelationshipGroup\t"
    relations += "typeId\tcharacteristicTypeId\tmodifierId\n"
    relations += "8\t20310101\t1\tm\t9001\t9002\t0\t116680003\tx\tx\n"
    relations += "8\t20310101\t0\tm\t9002\t9001\t0\t116680003\tx\tx\n"
    relations += "8\t20310101\t1\tm\t9002\t9001\t0\t363698007\tx\tx\n"
    name = "sct2_Description_Snapshot-en_INT_20310101.txt"
    release = read_files([(name, names.encode()), ("rel.txt", relations.encode())])
    assert (release.vocabulary, release.version) == ("SNOMED CT", "2031-01-01")
    glow, general = release.terms
    assert _names(glow) == [("Blue glow", "preferred"), ("Glow, blue", "exact")]
    assert (glow.kind, glow.parents, general.parents) == ("disease", ("SNOMEDCT:9002",), ())
    assert (general.name, general.kind) == ("Glow", "")


def test_meddra_of_a_users_own_files() -> None:
    llt = "99000001$Blue glow$99000001$$$$$$$Y$$\n99000002$Bluish glow$99000001$$$$$$$N$$\n"
    pt = "99000001$Blue glow$$99000009$$$$$$$$\n"
    levels = "99000001$99000003$99000004$99000009$Blue glow$Glows$Lights$Glow disorders$Glow$"
    levels += "$99000009$Y$\n"
    release = read_files(
        [("llt.asc", llt.encode()), ("pt.asc", pt.encode()), ("mdhier.asc", levels.encode())],
        version="99.1",
    )
    terms = _by_id(release)
    assert terms["MedDRA:99000002"].parents == ("MedDRA:99000001",)
    assert terms["MedDRA:99000002"].obsolete
    assert terms["MedDRA:99000001"].parents == ("MedDRA:99000003",)
    assert not terms["MedDRA:99000001"].obsolete
    assert terms["MedDRA:99000003"].parents == ("MedDRA:99000004",)
    assert terms["MedDRA:99000004"].name == "Lights"
    assert terms["MedDRA:99000004"].parents == ("MedDRA:99000009",)
    assert terms["MedDRA:99000009"].parents == ()
    assert release.version == "99.1"


def test_loinc_of_a_users_own_file() -> None:
    text = (
        '"LOINC_NUM","COMPONENT","STATUS","SHORTNAME","LONG_COMMON_NAME","RELATEDNAMES2",'
        '"DisplayName"\n'
        '"99999-9","Glow","ACTIVE","Glow SerPl","Glow in Serum, total","GL; Shine","Glow Qn"\n'
        '"99998-1","Old","DEPRECATED","","Old in Serum","",""\n'
    )
    glow, old = _read(text).terms
    assert _names(glow) == [
        ("Glow in Serum, total", "preferred"),
        ("Glow Qn", "exact"),
        ("Glow SerPl", "exact"),
        ("Glow", "broad"),
        ("GL", "related"),
        ("Shine", "related"),
    ]
    assert (glow.id, glow.kind) == ("LOINC:99999-9", "measurement")
    assert (glow.obsolete, old.obsolete) == (False, True)
