"""From what a person types to a term, and the chain from phenotypes to genes and their variants."""

from __future__ import annotations

import pytest

from trialweave.errors import NotFound
from trialweave.publish.terms.known import known
from trialweave.publish.terms.lookup import find_term, suggested
from trialweave.publish.terms.menu import menu_of, menus_of, preference
from trialweave.publish.terms.page import term_page
from trialweave.publish.terms.shelves import reference
from trialweave.publish.terms.views import TermPage
from trialweave.workspace import Workspace


def found(world: Workspace, asked: str, vocabulary: str = "") -> tuple[str, str]:
    term, _ = find_term(world._state(), world.root, asked, vocabulary)
    return term.vocabulary, term.id


def page(world: Workspace, asked: str) -> TermPage:
    return term_page(world._state(), world.root, asked)


@pytest.mark.parametrize(
    ("asked", "vocabulary", "identifier"),
    [
        ("HP:0090001", "HPO", "HP:0090001"),
        ("hp_0090001", "HPO", "HP:0090001"),
        ("HP:0090012", "HPO", "HP:0090002"),  # merged
        ("D990001", "MeSH", "D990001"),
        ("MeSH:D990001", "MeSH", "D990001"),
        ("msh:d990001", "MeSH", "D990001"),
        ("HGNC:99902", "HGNC", "HGNC:99902"),
        ("NCBIGene:99902", "HGNC", "HGNC:99902"),  # what HGNC says is the same
        ("NCBIGene:99999", "NCBIGene", "NCBIGene:99999"),  # of links alone
        ("ZZQ9", "NCBIGene", "NCBIGene:99999"),
        ("OMIM:990001", "MONDO", "MONDO:0099001"),
        ("OMIM:990009", "OMIM", "OMIM:990009"),  # of links alone
        ("rs99900001", "Variant", "rs99900001"),
        ("RS99900002", "Variant", "rs99900002"),  # which no study names
        ("dbSNP:rs99900002", "Variant", "rs99900002"),
        ("FVR1 p.Val99Met", "Variant", "FVR1 p.Val99Met"),
        ("FVR1 V99M", "Variant", "FVR1 p.Val99Met"),
        ("NOC2 p.Ala3Thr", "UniProt", "VAR_990003"),  # which no study names
        ("night fevers", "HPO", "HP:0090002"),
        ("  reed   FEVER ", "HPO", "HP:0090001"),
        ("fever, invented", "MeSH", "D990001"),
        ("FVR1", "HGNC", "HGNC:99901"),
        ("Swamp ague", "HPO", "HP:0090004"),  # retired
        ("Moon ague", "OMIM", "OMIM:990009"),
        ("Moon broths", "As registered", "moon broth"),
        ("captain's stews", "As registered", "captain stew"),
    ],
)
def test_look_up(world: Workspace, asked: str, vocabulary: str, identifier: str) -> None:
    assert found(world, asked) == (vocabulary, identifier)


@pytest.mark.parametrize(
    ("vocabulary", "identifier"),
    [("As registered", "moon broth"), ("HPO", "HP:0090001"), ("OMIM", "OMIM:990009"),
     ("NCBIGene", "NCBIGene:99999"), ("Variant", "rs99900002")],
)  # fmt: skip
def test_a_term_is_found_by_its_vocabulary_and_id(
    world: Workspace, vocabulary: str, identifier: str
) -> None:
    assert found(world, identifier, vocabulary) == (vocabulary, identifier)


def test_of_several_the_one_called_so_that_most_studies_name_goes_first(world: Workspace) -> None:
    term, others = find_term(world._state(), world.root, "invented fever")
    assert (term.id, [each.id for each in others]) == ("HP:0090001", ["D990001"])
    assert found(world, "invented fever", "mesh") == ("MeSH", "D990001")
    _, none = find_term(world._state(), world.root, "invented fever", "MeSH")
    assert none == ()


@pytest.mark.parametrize(
    "asked", ["", "  ", "4", "0090001", "rs12", "OMIM:1", "BRAF V600E", "%%", "\ud800"]
)
def test_what_is_not_here(world: Workspace, asked: str) -> None:
    with pytest.raises(NotFound) as caught:
        found(world, asked)
    assert caught.value.next_step


def test_near_names_are_told(world: Workspace) -> None:
    with pytest.raises(NotFound, match=r"Did you mean 'Night fever'\?"):
        found(world, "night feve")
    with pytest.raises(NotFound, match=r"Did you mean 'Invented fever'\?"):
        found(world, "inventid fever")
    with pytest.raises(NotFound, match="of UNII"):
        found(world, "invented fever", "UNII")
    with pytest.raises(NotFound, match=r"⟨U\+001B⟩"):
        found(world, "\x1b[31m" + "x" * 100_000)


def test_suggestions_have_the_words_those_that_studies_name_first(world: Workspace) -> None:
    here = known(world._state(), world.root)
    assert [each.id for each in suggested(here, "fever", 10)][:3] == [
        "HP:0090001", "D990001", "HP:0090002",
    ]  # fmt: skip
    assert "HP:0090003" in [each.id for each in suggested(here, "fever of sai", 10)]
    assert next(each.id for each in suggested(here, "HP:0090003", 10)) == "HP:0090003"
    assert len(suggested(here, "fever", 2)) == 2
    assert suggested(here, "", 10) == suggested(here, "fever", 0) == ()


def test_from_a_phenotype_to_genes_and_their_variants(world: Workspace) -> None:
    fever = page(world, "HP:0090001")
    receptor, narrower, unknown = fever.genes
    assert (receptor.gene.id, receptor.gene.menu, receptor.studies) == ("HGNC:99901", "Gene", 1)
    assert receptor.notes == ("OMIM:990001", "OMIM:990002; 3/4")
    assert [(row.term.id, row.term.menu, row.studies) for row in receptor.variants] == [
        ("VAR_990001", "Mutation", 1), ("rs99900001", "SNP", 1),
        ("VAR_990002", "Mutation", 0), ("rs99900002", "SNP", 0),
    ]  # fmt: skip
    assert (narrower.gene.name, narrower.studies) == ("NOC2", 0)
    assert (unknown.gene.id, unknown.variants) == ("NCBIGene:99999", ())
    alone = term_page(world._state(), world.root, "HP:0090001", explode=False)
    assert [each.gene.name for each in alone.genes] == ["FVR1"]


def test_from_a_gene_to_phenotypes_and_variants(world: Workspace) -> None:
    gene = page(world, "FVR1")
    assert [(row.term.id, row.studies) for row in gene.phenotypes] == [("HP:0090001", 3)]
    assert [row.term.id for row in gene.variants] == [
        "VAR_990001", "rs99900001", "VAR_990002", "rs99900002",
    ]  # fmt: skip
    assert [row.term.id for row in page(world, "ZZQ9").phenotypes] == ["HP:0090003"]


def test_from_a_variant_to_its_gene_and_diseases(world: Workspace) -> None:
    for asked in ("rs99900001", "VAR_990001", "FVR1 p.Val99Met"):
        variant = page(world, asked)
        assert [each.gene.id for each in variant.genes] == ["HGNC:99901"]
        assert [row.term.id for row in variant.phenotypes] == ["MONDO:0099001"]
        assert variant.total == 1  # by whichever of its forms
        assert "likely benign or benign" in variant.definition
    by_number = page(world, "rs99900001")
    assert [row.term.id for row in by_number.variants] == ["VAR_990001"]
    assert [each.text for each in by_number.names] == ["rs99900001", "FVR1 p.Val99Met"]
    other = page(world, "NOC2 p.Ala3Thr")
    assert [(row.term.vocabulary, row.term.name) for row in other.phenotypes] == [
        ("OMIM", "Moon ague")
    ]
    assert [row.term.id for row in page(world, "OMIM:990009").variants] == ["VAR_990003"]
    assert [row.term.id for row in page(world, "MONDO:0099001").variants] == ["VAR_990001"]


def test_what_no_study_names_has_a_page_and_says_so(world: Workspace) -> None:
    for asked, source in (
        ("rs99900002", "UniProt 2031"), ("VAR_990003", "UniProt 2031"), ("NOC2", "HGNC 2031"),
        ("ZZQ9", "links of vocabularies"),
    ):  # fmt: skip
        told = page(world, asked)
        assert (told.total, told.studies) == (0, ())
        assert told.notes == (f"No study here names it; it is known from {source}.",)


def test_every_term_shown_can_be_asked_for(world: Workspace) -> None:
    state, asked, seen = world._state(), [("HPO", "HP:0090001")], set()
    while asked:
        key = asked.pop()
        if key in seen:
            continue
        seen.add(key)
        shown = term_page(state, world.root, key[1], vocabulary=key[0])
        assert (shown.term.vocabulary, shown.term.id) == key
        rows = (*shown.narrower, *shown.alike, *shown.others, *shown.phenotypes, *shown.variants)
        refs = [row.term for row in rows]
        refs += [one for path in shown.paths for one in path.terms]
        refs += [one.gene for one in shown.genes]
        refs += [row.term for one in shown.genes for row in one.variants]
        refs += [mention.term for study in shown.studies for mention in study.mentions]
        asked += [(ref.vocabulary, ref.id) for ref in refs]
    assert len(seen) > 12


def test_menus() -> None:
    assert menu_of("MONDO") == menu_of("UMLS", "disease") == "Disease"
    assert menu_of("UNII") == menu_of("Own", "drug") == "Drug"
    assert menu_of("Variant", "variant", "rs12") == "SNP"
    assert menu_of("Variant", "variant", "t(9;22)") == menu_of("UniProt", "variant") == "Mutation"
    assert menu_of("CTCAE") == "Adverse event"
    assert menu_of("Own") == "Other"
    assert menus_of("MeSH", "protein") == ("MeSH", "Protein")
    assert menus_of("MeSH", "chemical") == ("MeSH", "Drug")
    assert menus_of("MeSH", "disease") == ("MeSH",)
    assert menus_of("HGNC", "gene") == ("Gene",)
    some = sorted(["As registered", "Own", "HPO", "MeSH"], key=preference)
    assert some == ["MeSH", "HPO", "Own", "As registered"]


def test_references_are_of_one_spelling() -> None:
    assert reference("MESH:D1") == reference("D1", "MeSH") == reference("MSH:d1") == "mesh:d1"
    assert reference("HP:0001", "HPO") == "hpo:0001"
    assert reference("SNOMEDCT_US_2023_03_01:7") == reference("SCTID:7") == "snomed ct:7"
    assert reference("odd: words", "Own") == "own:odd: words"
