"""What ships with the package: whole, free to be passed on, used where the shelf has nothing."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from collections import Counter, OrderedDict
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from trialweave.errors import NotFound, Unreadable, WorkspaceError
from trialweave.faces.cli import run
from trialweave.terms import ready, shelf, shipped
from trialweave.terms.about import about, known_as
from trialweave.terms.names import label
from trialweave.terms.reading import read_files, read_vocabulary
from trialweave.terms.substances import SELECTED, named_in_trials
from trialweave.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
LICENCES = {
    "CL": "CC BY 4.0",
    "CTCAE": "public domain",
    "DOID": "CC0",
    "HGNC": "CC0",
    "HPO": "HPO licence",
    "MONDO": "CC BY 4.0",
    "MeSH": "public domain",
    "UNII": "public domain",
    "UniProt": "CC BY 4.0",
}
LARGEST = 14_000_000  # bytes of all together
TABLE = b"id,name\n1,glow\n2,shine\n"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """scripts/_vocabularies.py as a module."""
    path = ROOT / "scripts/_vocabularies.py"
    spec = importlib.util.spec_from_file_location("trialweave_scripts_vocabularies", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _own(root: Path, name: str, version: str = "1", data: bytes = TABLE) -> shelf.Shelved:
    return shelf.add(root, read_vocabulary(data, name=name, version=version), [("x.csv", data)])


def test_what_ships_is_free_and_says_its_terms_of_use() -> None:
    found = shelf.shelved(None)
    assert {one.vocabulary for one in found} == LICENCES.keys()
    notice = " ".join((ROOT / "NOTICE").read_text("utf-8").split())
    for one in found:
        assert one.shipped
        assert about(one.vocabulary).may_ship
        assert one.licence == about(one.vocabulary).licence
        assert one.licence.startswith(LICENCES[one.vocabulary])
        assert one.citation
        assert f"{one.vocabulary} {one.version}" in notice
    for name in ("MedDRA", "SNOMED CT", "LOINC", "UMLS"):
        assert not about(name).may_ship
        assert known_as(name.lower()) == name


def test_what_ships_is_small_and_nothing_else_lies_there() -> None:
    folders = {one.vocabulary: one for one in shelf.shelved(None)}
    size = 0
    for name, one in folders.items():
        (version,) = (shipped.FOLDER / name).iterdir()
        assert version.name == one.version
        assert sorted(path.name for path in version.iterdir()) == [
            "manifest.json",
            "release.msgpack.zst",
        ]
        assert (version / "release.msgpack.zst").stat().st_size == one.packed
        size += one.packed
    assert size < LARGEST
    assert shelf.find(None, "UNII").terms <= 40_000


@pytest.mark.parametrize("name", LICENCES)
def test_each_opens_and_every_term_has_a_kind(name: str) -> None:
    one = shelf.find(None, name)
    release = shelf.load(None, name)
    assert (len(release.terms), len(release.links)) == (one.terms, one.links)
    kinds = Counter(term.kind for term in release.terms)
    usual = {"CL": "cell", "CTCAE": "adverse event", "HGNC": "gene", "HPO": "phenotype",
             "MeSH": "chemical", "UNII": "chemical", "UniProt": "variant"}  # fmt: skip
    assert kinds.most_common(1)[0][0] == usual.get(name, "disease")
    without = [term.name for term in release.terms if not term.kind]
    assert without == (["Female", "Male"] if name == "MeSH" else [])
    assert all(term.names or term.obsolete for term in release.terms)


def test_terms_that_trials_name_are_there() -> None:
    def kind(vocabulary: str, identifier: str) -> tuple[str, str]:
        (found,) = (one for one in shelf.load(None, vocabulary).terms if one.id == identifier)
        return found.name, found.kind

    assert kind("MeSH", "D000086382") == ("COVID-19", "disease")
    assert kind("MeSH", "D059630") == ("Mesenchymal Stem Cells", "cell")
    assert kind("MeSH", "D013812") == ("Therapeutics", "procedure")
    assert kind("HPO", "HP:0001945") == ("Fever", "phenotype")
    links = shelf.load(None, "HPO").links
    assert any(one.other.startswith("NCBIGene:") and one.term == "HP:0001945" for one in links)
    names = {one.text for term in shelf.load(None, "UNII").terms for one in term.names}
    assert {"REMESTEMCEL-L", "TOCILIZUMAB", "DEXAMETHASONE"} <= names


def test_no_code_of_meddra_ships() -> None:
    release = shelf.load(None, "CTCAE")
    assert {term.id.partition(":")[0] for term in release.terms} == {"CTCAE", "CTCAE-SOC"}
    assert not any(term.alike or term.numbers for term in release.terms)


def test_the_shelf_goes_before_what_ships(tmp_path: Path) -> None:
    assert [one.shipped for one in shelf.in_use(tmp_path)] == [True] * len(LICENCES)
    assert not (tmp_path / "vocabularies").exists()
    own = _own(tmp_path, "DOID", "2001")  # older than what ships, and the user's choice
    mine = _own(tmp_path, "Mine")
    used = {one.vocabulary: one for one in shelf.in_use(tmp_path)}
    assert len(used) == len(LICENCES) + 1
    assert (used["DOID"], used["Mine"]) == (own, mine)
    assert not used["DOID"].shipped
    assert shelf.load(tmp_path, "doid").terms[0].name == "glow"
    assert [one.version for one in shelf.shelved(tmp_path) if one.vocabulary == "DOID"] == [
        shelf.find(None, "DOID").version,
        "2001",
    ]
    assert shelf.load(tmp_path, "DOID", shelf.find(None, "DOID").version).terms[0].id == "DOID:4"
    with pytest.raises(NotFound, match="'DOID' of 1999"):
        shelf.find(tmp_path, "DOID", "1999")


def test_the_same_version_twice_is_the_workspaces(tmp_path: Path) -> None:
    own = _own(tmp_path, "CTCAE", "5.0")
    assert shelf.find(tmp_path, "CTCAE", "5.0") == own
    assert len(shelf.load_one(tmp_path, own).terms) == 2
    assert len(shelf.load_one(tmp_path, shelf.find(None, "CTCAE")).terms) == 863


def test_a_few_releases_stay_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "_held", OrderedDict())
    ones = [_own(tmp_path, f"V{i}", data=b"id,name\n1,glow %d\n" % i) for i in range(4)]
    monkeypatch.setattr(shelf, "_HELD", 3 * ones[0].size)
    first = shelf.load_one(tmp_path, ones[0])
    second = shelf.load_one(tmp_path, ones[1])
    shelf.load_one(tmp_path, ones[2])
    assert shelf.load_one(tmp_path, ones[0]) is first  # which makes the second the oldest
    shelf.load_one(tmp_path, ones[3])
    assert shelf.load_one(tmp_path, ones[0]) is first
    again = shelf.load_one(tmp_path, ones[1])
    assert again == second
    assert again is not second
    large = _own(tmp_path, "Large", data=b"id,name\n1," + b"x" * 900)
    assert shelf.load_one(tmp_path, large) is not shelf.load_one(tmp_path, large)
    assert shelf.load_one(tmp_path, ones[0]) is first  # nothing gave way to it


def test_damage_of_what_ships_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(shipped.FOLDER / "CL", tmp_path / "CL")
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    monkeypatch.setattr(shelf, "_held", OrderedDict())
    (path,) = tmp_path.glob("CL/*/release.msgpack.zst")
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(WorkspaceError, match="not what was written") as caught:
        shelf.load(None, "CL")
    assert caught.value.next_step == "It is part of the package: install that again."
    path.with_name("manifest.json").write_text("{")
    with pytest.raises(WorkspaceError, match="install that again"):
        shelf.shelved(None)


def test_off_and_on(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    before = workspace.vocabularies_in_use()
    assert workspace.switch_vocabulary("mesh", on=False).vocabulary == "MeSH"
    workspace.switch_vocabulary("CL", on=False)
    workspace.switch_vocabulary("CL", on=False)
    assert shelf.switched_off(tmp_path) == ("CL", "MeSH")
    assert {"CL", "MeSH"}.isdisjoint(one.vocabulary for one in workspace.vocabularies_in_use())
    assert workspace.vocabulary("MeSH").vocabulary == "MeSH"  # it can be read all the same
    workspace.switch_vocabulary("MESH", on=True)
    workspace.switch_vocabulary("cl", on=True)
    assert workspace.vocabularies_in_use() == before
    with pytest.raises(NotFound):
        workspace.switch_vocabulary("nothing", on=False)
    (tmp_path / "vocabularies/off.json").write_text("{")
    with pytest.raises(WorkspaceError, match="vocabularies that are off is damaged"):
        workspace.vocabularies_in_use()


def test_add_compares_with_what_ships(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    path = tmp_path / "hp.obo"
    head = "format-version: 1.2\ndata-version: hp/releases/2031-01-01\nontology: hp\n\n"
    path.write_text(head + "[Term]\nid: HP:0001945\nname: Fever\n")
    from trialweave.terms.adding import TooManyChanges

    with pytest.raises(TooManyChanges, match="of HPO 2025-01-16 would change") as caught:
        workspace.add_vocabulary(path)
    assert len(caught.value.changes.retired) > 18_000
    added = workspace.add_vocabulary(path, accept=True)
    assert (added.new, added.lost_links) == (True, shelf.find(None, "HPO").links)


def test_on_the_command_line(tmp_path: Path, capsys: Any) -> None:
    where = ("--workspace", str(tmp_path))
    _own(tmp_path, "CL", "2031-01-01")
    assert run([*where, "vocab", "off", "ctcae"]) == 0
    assert capsys.readouterr().out == "CTCAE is off.\n"
    assert run([*where, "vocab", "list", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert "CL@2031-01-01" in told["in_use"]
    assert not any(one.startswith("CTCAE@") for one in told["in_use"])
    assert [one["shipped"] for one in told["vocabularies"] if one["vocabulary"] == "CL"] == [
        True,
        False,
    ]
    run([*where, "vocab", "list"])
    lines = {tuple(line.split()[:5]) for line in capsys.readouterr().out.splitlines()}
    assert ("CL", "2025-12-17", "package", "3,237", "6,846") in lines
    assert ("CL", "2031-01-01", "workspace", "in", "use") in lines
    assert ("CTCAE", "5.0", "package", "off", "863") in lines
    assert run([*where, "vocab", "on", "CTCAE"]) == 0
    assert capsys.readouterr().out == "CTCAE 5.0 is in use.\n"
    assert run([*where, "vocab", "on", "nothing"]) == 16


UNII = (
    "Name\tTYPE\tUNII\tDisplay Name\n"
    "GLOWMAB [INN]\tof\tA000000001\tGLOWMAB\n"
    "IMMUNOGLOBULIN G9\tcn\tA000000001\tGLOWMAB\n"
    "GLOWRIX\tbn\tA000000002\tGLOWINE\n"
    "GLW-0012\tcd\tA000000003\tGLW-0012\n"
    "ALLOGENIC GLOW CELLS\tcn\tA000000004\tALLOGENIC GLOW CELLS\n"
    "GLOW EXOSOMES\tcn\tA000000005\tGLOW EXOSOMES\n"
    "CORD GLOW BLOOD\tcn\tA000000011\tCORD GLOW BLOOD\n"
    "GLOWABTAGENE GLOWLEUCEL\tof\tA000000006\tGLOWABTAGENE GLOWLEUCEL\n"
    "GLOWWORM WHOLE [HPUS]\tcn\tA000000007\tGLOWWORM WHOLE\n"
    "2-GLOWYLBENZENE\tcn\tA000000008\t2-GLOWYLBENZENE\n"
    "GLOWINE RELATED COMPOUND A [USP IMPURITY]\tcn\tA000000009\tGLOWINE RELATED COMPOUND A\n"
    "CELLULOSE GLOW\tof\tA000000010\tCELLULOSE GLOW\n"
)


def test_substances_that_trials_name() -> None:
    chosen = named_in_trials(UNII)
    release = read_files([("UNII_Names_1Jan2031.txt", chosen.encode())])
    assert [term.id[-2:] for term in release.terms] == ["01", "02", "03", "04", "05", "11", "06"]
    assert [name.text for name in release.terms[0].names] == ["GLOWMAB", "IMMUNOGLOBULIN G9"]
    assert named_in_trials(chosen) == chosen
    assert "broken line" in named_in_trials(UNII + "broken line\n")
    with pytest.raises(Unreadable, match="no column"):
        named_in_trials("id\tname\n1\tx\n")


def test_the_names_that_ship_are_of_these_releases_and_rules() -> None:
    start = label("names", ready.key(None))
    with (shipped.FOLDER / ready.SHIPPED).open("rb") as file:
        assert file.read(len(start)) == start, "make them again: scripts/vocabularies --names"


def test_the_recipes_are_of_what_ships(script: ModuleType) -> None:
    listed = {one.vocabulary: one for one in shelf.shelved(None)}
    assert {one.vocabulary for one in script.SHIPPED} == listed.keys()
    for recipe in script.SHIPPED:
        one = listed[recipe.vocabulary]
        assert (one.version, f"{one.at:%Y-%m-%d}") == (recipe.version, recipe.day)
        assert one.notes[: bool(recipe.note)] == ((recipe.note,) if recipe.note else ())
    assert SELECTED in listed["UNII"].notes


@pytest.mark.shared
@pytest.mark.parametrize("name", ["CL", "CTCAE"])
def test_what_ships_is_what_the_script_makes(script: ModuleType, shared: Path, name: str) -> None:
    (recipe,) = (one for one in script.SHIPPED if one.vocabulary == name)
    manifest, data = script.made(recipe, shared / "data/vocab")
    folder = shipped.FOLDER / name / recipe.version
    assert (folder / "release.msgpack.zst").read_bytes() == data
    assert shelf.find(None, name) == manifest
