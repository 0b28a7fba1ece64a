"""The word lists of our own: well formed, without a row that can do nothing, and what they do."""

from __future__ import annotations

from collections import Counter
from importlib.resources import files

import pytest

from trialweave.terms.ambiguity import entries
from trialweave.terms.equivalents import everyday
from trialweave.terms.normal import root
from trialweave.terms.recognise import Recogniser, build
from trialweave.terms.term import Name, Release, Scope, Term


def rows(file: str) -> list[str]:
    text = files("trialweave.terms").joinpath(file).read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_everyday_names_are_whole() -> None:
    assert all(line.count("\t") == 1 for line in rows("everyday.tsv"))
    assert all(said and meant and said != meant for said, meant in everyday())
    assert all(text == text.lower().strip() for pair in everyday() for text in pair)
    assert [each for each, n in Counter(everyday()).items() if n > 1] == []


def test_no_everyday_name_is_of_the_names_that_are_never_believed() -> None:
    never = {each.name for each in entries() if each.kind == "*"}
    assert [said for said, _ in everyday() if said in never] == []


def test_a_word_stands_for_one_thing() -> None:
    of: dict[str, set[int]] = {}
    for place, line in enumerate(rows("alike.txt")):
        assert len(line.split()) > 1, line
        for word in line.split():
            of.setdefault(root(word), set()).add(place)
    assert {word: places for word, places in of.items() if len(places) > 1} == {}


def test_each_ambiguous_name_has_four_columns_and_its_reason() -> None:
    assert all(line.count("\t") == 3 for line in rows("ambiguous.tsv"))
    assert all(len(each.reason) > 3 for each in entries())


def term(number: str, kind: str, *names: str, scope: Scope = "exact") -> Term:
    first, *others = names
    return Term(number, (Name(first, "preferred"), *(Name(each, scope) for each in others)), kind)


@pytest.fixture(scope="module")
def many() -> Recogniser:
    release = Release(
        "Made", "1", "", "",
        (
            term("C1", "chemical", "Lufenuron", "PROGRAM"),
            term("C2", "chemical", "Platinum", "PT"),
            term("C3", "chemical", "Carbon Monoxide", "CO"),
            term("C4", "chemical", "Aspirin", "ASA"),
            term("C6", "chemical", "compound A 12", "A-12"),
            term("D1", "disease", "lung neoplasm", "lung"),
            term("D2", "disease", "Rare Thing", "rare"),
            term("D3", "disease", "Multiple Sclerosis", "MS"),
            term("D4", "disease", "Allergic Asthma"),
            term("P1", "phenotype", "Allergy"),
            term("P2", "phenotype", "Immune Excess", "Hypersensitivity"),
            term("P3", "phenotype", "Dyspnea"),
            term("K1", "cell", "basal-myoepithelial cell", "basal", "BM"),
            Term("G1", (Name("CYREN", "symbol"), Name("MRI", "symbol")), "gene"),
            Term("G2", (Name("ALB", "symbol"), Name("insulin")), "gene"),
            term("V1", "", "Wills", "Will"),
        ),
    )  # fmt: skip
    return build([release])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The program will start", []),
        ("EFFICACY OF THE PROGRAM", []),
        ("PT and CO were measured", []),
        ("platinum (PT) was given; PT was measured", ["C2", "C2", "C2"]),
        ("ASA was given", ["C4"]),
        ("a 12 week trial", []),
        ("the compound A-12", ["C6"]),
        ("of the lung", []),
        ("a lung neoplasm", ["D1"]),
        ("a rare thing", ["D2"]),
        ("rare cases", []),
        ("after 20 MS of rest", []),
        ("multiple sclerosis (MS): severe MS", ["D3", "D3", "D3"]),
        ("allergic patients", ["P1"]),
        ("allergic asthma", ["D4"]),
        ("shortness of breath", ["P3"]),
        ("basal BM cells", []),
        ("an MRI signal", []),
        ("CYREN expression", ["G1"]),
        ("insulin was given", []),
        ("the insulin gene", ["G2"]),
        ("Wills", []),
    ],
)
def test_what_the_lists_do(many: Recogniser, text: str, expected: list[str]) -> None:
    found = [each.term for each in many.mentions(text)]
    assert found == expected
