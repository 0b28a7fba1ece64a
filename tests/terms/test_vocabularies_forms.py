"""Ontologies and MeSH, read from small invented files of their published forms."""

from __future__ import annotations

import json

import pytest

from trialweave.terms._mesh import kind_of
from trialweave.terms.reading import read_files, read_vocabulary
from trialweave.terms.term import Name, Release, Term


def _read(text: str, **options: object) -> Release:
    return read_vocabulary(text.encode(), **options)  # type: ignore[arg-type]


def _by_id(release: Release) -> dict[str, Term]:
    return {term.id: term for term in release.terms}


def _names(term: Term) -> list[tuple[str, str]]:
    return [(name.text, name.scope) for name in term.names]


OBO = r"""format-version: 1.4
data-version: hp/releases/2031-02-03
ontology: hp

[Term]
id: HP:0000118
name: Phenotypic abnormality

[Term]
id: HP:0000005
name: Mode of inheritance

[Term]
id: HP:0009001
name: Glowing \"blue\" skin ! not a comment
alt_id: HP:0009002
alt_id: HP:0009003
def: "Skin that glows\n<b>blue</b> (e.g. \"neon\")." [PMID:1, PMID:2]
comment: not read
synonym: "Blue glow" EXACT layperson [ORCID:0]
synonym: "BGS" EXACT abbreviation []
synonym: "Glow" BROAD []
synonym: "Neon skin" NARROW []
synonym: "Shine" RELATED []
synonym: "Old form" []
synonym: "Blue glow" RELATED []
xref: UMLS:C0000001 {source="x"}
xref: http://example.org/1
is_a: HP:0000118 {source="y"} ! Phenotypic abnormality

[Term]
id: HP:0009009
name: obsolete Green skin
is_obsolete: true
replaced_by: HP:0009001

[Term]
id: GO:0000001
name: of another ontology

[Typedef]
id: part_of
name: part of
"""


def test_obo() -> None:
    release = _read(OBO)
    assert (release.vocabulary, release.version) == ("HPO", "2031-02-03")
    assert "cite" in release.licence
    assert "Gargano" in release.citation
    terms = _by_id(release)
    assert list(terms) == ["HP:0000118", "HP:0000005", "HP:0009001", "HP:0009009"]
    skin = terms["HP:0009001"]
    assert skin.name == 'Glowing "blue" skin ! not a comment'
    assert _names(skin)[1:] == [
        ("Blue glow", "exact"),
        ("BGS", "abbreviation"),
        ("Glow", "broad"),
        ("Neon skin", "narrow"),
        ("Shine", "related"),
        ("Old form", "related"),
    ]
    assert skin.definition == 'Skin that glows <b>blue</b> (e.g. "neon").'
    assert skin.parents == ("HP:0000118",)
    assert skin.former == ("HP:0009002", "HP:0009003")
    assert skin.alike == ("UMLS:C0000001",)
    assert (skin.kind, skin.obsolete) == ("phenotype", False)
    assert terms["HP:0000005"].kind == "modifier"
    gone = terms["HP:0009009"]
    assert (gone.obsolete, gone.replaced_by) == (True, "HP:0009001")
    assert release.notes == ("1 × terms of other ontologies were left out: GO.",)


def test_obo_without_a_name_of_its_own_is_called_by_its_ids() -> None:
    text = "format-version: 1.2\ndate: 03:02:2031 10:11\n\n[Term]\nid: FPLX:AB\nname: AB\n"
    text += 'exact_synonym: "A-B" []\nsynonym: "A B" EXACT []\n'
    release = _read(text)
    assert (release.vocabulary, release.version) == ("FPLX", "2031-02-03")
    assert _names(release.terms[0]) == [
        ("AB", "preferred"),
        ("A-B", "exact"),
        ("A B", "exact"),
    ]
    assert release.terms[0].kind == "protein"


def test_obo_of_another_version_is_read_with_a_note() -> None:
    release = _read("format-version: 1.9\n\n[Term]\nid: X:1\nname: one\n")
    assert any("1.9" in note for note in release.notes)


def test_obo_graph_says_what_obo_says() -> None:
    base = "http://purl.obolibrary.org/obo/"
    document = {
        "graphs": [
            {
                "id": f"{base}hp.json",
                "meta": {"version": f"{base}hp/releases/2031-02-03/hp.json"},
                "nodes": [
                    {"id": f"{base}HP_0000118", "type": "CLASS", "lbl": "Phenotypic abnormality"},
                    {
                        "id": f"{base}HP_0009001",
                        "type": "CLASS",
                        "lbl": "Glowing skin",
                        "meta": {
                            "definition": {"val": "It glows.", "xrefs": []},
                            "synonyms": [
                                {"pred": "hasExactSynonym", "val": "Glow"},
                                {"pred": "hasBroadSynonym", "val": "Shine"},
                                {
                                    "pred": "hasExactSynonym",
                                    "val": "GS",
                                    "synonymType": f"{base}hp#abbreviation",
                                },
                            ],
                            "xrefs": [{"val": "UMLS:C0000001"}, {"val": "http://x.org"}],
                            "basicPropertyValues": [
                                {
                                    "pred": "http://www.geneontology.org/formats/oboInOwl"
                                    "#hasAlternativeId",
                                    "val": "HP:0009002",
                                }
                            ],
                        },
                    },
                    {
                        "id": f"{base}HP_0009009",
                        "type": "CLASS",
                        "lbl": "obsolete Green",
                        "meta": {
                            "deprecated": True,
                            "basicPropertyValues": [
                                {"pred": f"{base}IAO_0100001", "val": f"{base}HP_0009001"}
                            ],
                        },
                    },
                    {"id": f"{base}BFO_0000050", "type": "PROPERTY", "lbl": "part of"},
                    {"id": f"{base}UBERON_1", "type": "CLASS", "lbl": "skin"},
                ],
                "edges": [
                    {"sub": f"{base}HP_0009001", "pred": "is_a", "obj": f"{base}HP_0000118"},
                    {"sub": f"{base}HP_0009001", "pred": "part_of", "obj": f"{base}HP_0009009"},
                ],
            }
        ]
    }
    release = _read(json.dumps(document))
    assert (release.vocabulary, release.version) == ("HPO", "2031-02-03")
    terms = _by_id(release)
    assert list(terms) == ["HP:0000118", "HP:0009001", "HP:0009009"]
    assert terms["HP:0009001"] == Term(
        "HP:0009001",
        (
            Name("Glowing skin", "preferred"),
            Name("Glow", "exact"),
            Name("Shine", "broad"),
            Name("GS", "abbreviation"),
        ),
        "phenotype",
        "It glows.",
        ("HP:0000118",),
        alike=("UMLS:C0000001",),
        former=("HP:0009002",),
    )
    assert terms["HP:0009009"].replaced_by == "HP:0009001"
    assert release.notes == ("1 × terms of other ontologies were left out: UBERON.",)


DESCRIPTORS = """<?xml version="1.0"?>
<!DOCTYPE DescriptorRecordSet SYSTEM "https://www.nlm.nih.gov/nlmdescriptorrecordset_20310101.dtd">
<DescriptorRecordSet LanguageCode = "eng">
<DescriptorRecord DescriptorClass = "1">
 <DescriptorUI>D900001</DescriptorUI>
 <DescriptorName><String>Glow Diseases &amp; Shine</String></DescriptorName>
 <TreeNumberList><TreeNumber>C90</TreeNumber></TreeNumberList>
 <ConceptList><Concept PreferredConceptYN="Y"><ConceptUI>M1</ConceptUI>
  <ScopeNote>Diseases that glow.
    </ScopeNote>
  <TermList><Term LexicalTag="NON"><TermUI>T1</TermUI>
   <String>Glow Diseases &amp; Shine</String></Term></TermList></Concept></ConceptList>
</DescriptorRecord>
<DescriptorRecord DescriptorClass = "1">
 <DescriptorUI>D900002</DescriptorUI>
 <DescriptorName><String>Blue Glow</String></DescriptorName>
 <TreeNumberList><TreeNumber>C90.100</TreeNumber><TreeNumber>C91.5</TreeNumber></TreeNumberList>
 <ConceptList>
  <Concept PreferredConceptYN="N"><ConceptUI>M3</ConceptUI>
   <ScopeNote>Not of the preferred concept.</ScopeNote>
   <TermList><Term LexicalTag="NON"><String>Pale Blue Glow</String></Term></TermList></Concept>
  <Concept PreferredConceptYN="Y"><ConceptUI>M2</ConceptUI>
   <RegistryNumberList><RegistryNumber>0</RegistryNumber>
    <RegistryNumber>9ZZ9ZZ9ZZ9</RegistryNumber><RegistryNumber>EC 1.2.3.4</RegistryNumber>
    <RegistryNumber>50-00-0 (old)</RegistryNumber></RegistryNumberList>
   <ConceptRelationList><ConceptRelation RelationName="NRW"><Concept1UI>M2</Concept1UI>
    <Concept2UI>M3</Concept2UI></ConceptRelation></ConceptRelationList>
   <TermList><Term LexicalTag="NON"><String>Blue Glow</String></Term>
    <Term LexicalTag="NON" IsPermutedTermYN="Y"><String>Glow, Blue</String></Term>
    <Term LexicalTag="ACR"><String>BG</String></Term></TermList></Concept>
 </ConceptList>
</DescriptorRecord>
</DescriptorRecordSet>
"""

SUPPLEMENT = """<?xml version="1.0"?>
<SupplementalRecordSet LanguageCode = "eng">
<SupplementalRecord SCRClass="3"><SupplementalRecordUI>C900001</SupplementalRecordUI>
 <SupplementalRecordName><String>glow syndrome 7</String></SupplementalRecordName>
 <Note>A rare one.</Note>
 <HeadingMappedToList><HeadingMappedTo><DescriptorReferredTo>
  <DescriptorUI>*D900002</DescriptorUI><DescriptorName><String>Blue Glow</String></DescriptorName>
 </DescriptorReferredTo></HeadingMappedTo></HeadingMappedToList>
 <ConceptList><Concept PreferredConceptYN="Y"><ConceptUI>M9</ConceptUI>
  <TermList><Term LexicalTag="NON"><String>glow syndrome 7</String></Term>
   <Term LexicalTag="ABB"><String>GLS7</String></Term></TermList></Concept></ConceptList>
</SupplementalRecord>
</SupplementalRecordSet>
"""


def test_mesh_xml_descriptors_and_supplement_together() -> None:
    release = read_files([("desc.xml", DESCRIPTORS.encode()), ("supp.xml", SUPPLEMENT.encode())])
    assert (release.vocabulary, release.version) == ("MeSH", "2031")
    terms = _by_id(release)
    assert list(terms) == ["D900001", "D900002", "C900001"]
    assert terms["D900001"].name == "Glow Diseases & Shine"
    assert terms["D900001"].definition == "Diseases that glow."
    assert terms["D900001"].parents == ()
    blue = terms["D900002"]
    assert _names(blue) == [
        ("Blue Glow", "preferred"),
        ("Pale Blue Glow", "narrow"),
        ("Glow, Blue", "exact"),
        ("BG", "abbreviation"),
    ]
    assert blue.numbers == ("C90.100", "C91.5")
    assert blue.parents == ("D900001",)
    assert blue.alike == ("UNII:9ZZ9ZZ9ZZ9", "EC:1.2.3.4", "CAS:50-00-0")
    assert blue.definition == ""
    assert blue.kind == "disease"
    rare = terms["C900001"]
    assert (rare.kind, rare.parents, rare.definition) == ("disease", ("D900002",), "A rare one.")
    assert ("GLS7", "abbreviation") in _names(rare)
    assert release.notes == ()


ASCII = """*NEWRECORD
RECTYPE = D
MH = Blue Glow
ENTRY = Pale Blue Glow|T047|NON|NRW|NLM (2031)|310101|abcdef
ENTRY = BG|T047|ABB|EQV|NLM (2031)|310101|abcdef
ENTRY = Glow, Blue
PRINT ENTRY = Shine|T047|T191|NON|BRD|UNK (19XX)|741111|abbcdef
MN = C90.100
MS = A glow that is blue.
RN = EC 1.2.3.4
UI = D900002

*NEWRECORD
RECTYPE = C
NM = glow syndrome 7
SY = GLS seven|T047|EQV|NLM (2031)|310101|abdef
HM = *Blue Glow/genetics
HM = Elsewhere
NO = A rare one.
UI = C900001
"""


def test_mesh_ascii() -> None:
    release = _read(ASCII, version="2031")
    terms = _by_id(release)
    assert (release.vocabulary, release.version, list(terms)) == (
        "MeSH",
        "2031",
        ["D900002", "C900001"],
    )
    blue = terms["D900002"]
    assert _names(blue) == [
        ("Blue Glow", "preferred"),
        ("Pale Blue Glow", "narrow"),
        ("BG", "abbreviation"),
        ("Glow, Blue", "exact"),
        ("Shine", "broad"),
    ]
    assert (blue.numbers, blue.kind, blue.alike) == (("C90.100",), "disease", ("EC:1.2.3.4",))
    assert blue.definition == "A glow that is blue."
    rare = terms["C900001"]
    assert (rare.parents, rare.definition) == (("D900002",), "A rare one.")
    assert _names(rare)[1] == ("GLS seven", "exact")
    assert release.notes == ("1 × headings that no file defines: Elsewhere.",)


@pytest.mark.parametrize(
    ("numbers", "kind"),
    [
        (["C01.748.610"], "disease"),
        (["F03.080"], "disease"),
        (["C23.888.119", "G11.1"], "phenotype"),
        (["A11.872.590"], "cell"),
        (["A08.186"], "anatomy"),
        (["D12.776.124"], "protein"),
        (["D08.811.277"], "protein"),
        (["D08.211"], "chemical"),
        (["E07.305"], "device"),
        (["E02.319"], "procedure"),
        (["F04.754"], "procedure"),
        (["F01.145"], "behavior"),
        (["G07.1", "D27.505"], "chemical"),
        (["B01.050"], "organism"),
        (["G03.1"], "process"),
        (["H02.403"], "discipline"),
        (["J02.500"], "food"),
        (["J01.897"], "concept"),
        (["M01.060"], "population"),
        (["N02.421"], "health care"),
        (["V03.175"], "publication type"),
        (["Z01.058"], "place"),
        ([], ""),
    ],
)
def test_kinds_of_mesh_by_place_in_the_tree(numbers: list[str], kind: str) -> None:
    assert kind_of(numbers) == kind
    assert kind_of(reversed(numbers)) == kind


def test_a_supplementary_record_is_of_the_kind_of_its_heading() -> None:
    heading = "*NEWRECORD\nRECTYPE = D\nMH = Glow\nMN = C01.1\nUI = D900001\n\n"
    record = "*NEWRECORD\nRECTYPE = C\nNM = glowine\nHM = *Glow/metabolism\nUI = C900001\n\n"
    release = read_files([("c2031.bin", record.encode()), ("d2031.bin", heading.encode())])
    terms = {term.id: term for term in release.terms}
    assert (terms["C900001"].kind, terms["C900001"].parents) == ("disease", ("D900001",))
    alone = read_files([("c2031.bin", record.encode())])
    assert (alone.terms[0].kind, alone.terms[0].parents) == ("", ())
    assert alone.notes == ("1 × headings that no file defines: Glow.",)
