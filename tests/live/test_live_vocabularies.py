"""`vocab update` against a stub: new, unchanged, cut, wrong, refused; nothing half is ever kept."""

from __future__ import annotations

import io
import json
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from live_stub import Asked, Said

from trialweave.errors import NotFound
from trialweave.faces.cli import run
from trialweave.live import _vocabulary_files as files
from trialweave.live.api import Answer, Api
from trialweave.live.client import Refused
from trialweave.live.vocabularies import VocabularyUpdate, update
from trialweave.terms import shelf, shipped
from trialweave.terms.about import about
from trialweave.terms.reading import read_vocabulary
from trialweave.terms.substances import SELECTED
from trialweave.workspace import Workspace

Updated = Callable[..., VocabularyUpdate]


def _obo(version: str, count: int = 100, first: str = "glow", ontology: str = "cl") -> bytes:
    names = [first, *(f"cell {i}" for i in range(1, count))]
    terms = [f"[Term]\nid: {ontology.upper()}:{i}\nname: {name}\n" for i, name in enumerate(names)]
    head = f"format-version: 1.2\ndata-version: {version}\nontology: {ontology}\n\n"
    return (head + "\n".join(terms)).encode()


@pytest.fixture(autouse=True)
def _nothing_ships(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipped, "FOLDER", tmp_path_factory.mktemp("empty"))
    monkeypatch.setattr(shelf, "_held", OrderedDict())


@pytest.fixture
def updated(tmp_path: Path, stub: Any, time: Any) -> Updated:
    """Updates one vocabulary at the stub."""
    environ = {f"TRIALWEAVE_URL_{place.name.upper()}": stub.base for place in files.PLACES.values()}

    def call(name: str = "CL", *, accept: bool = False) -> VocabularyUpdate:
        report = update(tmp_path, [name], accept=accept, clock=time.clock, environ=environ)
        (one,) = report.vocabularies
        assert report.exit_code == one.exit_code
        return one

    return call


def _add(root: Path, data: bytes, name: str = "cl.obo") -> None:
    shelf.add(root, read_vocabulary(data), [(name, data)])


def test_a_new_release_is_taken_and_told(tmp_path: Path, stub: Any, updated: Updated) -> None:
    _add(tmp_path, _obo("2031-01-01"))
    stub.on("/cl.obo", Said(body=_obo("2031-02-01", 103, "shine")))
    one = updated()
    assert (one.outcome, one.exit_code, one.why) == ("added", 0, "")
    assert one.changes is not None
    assert (len(one.changes.added), len(one.changes.renamed), one.changes.asks) == (3, 1, False)
    assert one.release == shelf.in_use(tmp_path)[0]
    assert shelf.load(tmp_path, "CL").version == "2031-02-01"


def test_what_is_not_on_the_shelf_comes_when_named(
    tmp_path: Path, stub: Any, updated: Updated
) -> None:
    stub.on("/cl.obo", Said(body=_obo("2031-01-01")))
    assert updated("cl").outcome == "added"
    assert [one.version for one in shelf.in_use(tmp_path)] == ["2031-01-01"]


def test_an_unchanged_file_is_not_fetched_again(
    tmp_path: Path, stub: Any, updated: Updated
) -> None:
    marks = {"ETag": '"a1"', "Last-Modified": "Wed, 01 Jan 2031 00:00:00 GMT"}

    def said(asked: Asked) -> Said:
        if asked.headers.get("if-none-match") == '"a1"':
            return Said(304)
        return Said(body=_obo("2031-01-01"), headers=marks)

    stub.on("/cl.obo", said)
    assert updated().outcome == "added"
    again = updated()
    assert (again.outcome, again.exit_code) == ("unchanged", 0)
    assert stub.asked[1].headers["if-modified-since"] == marks["Last-Modified"]
    stub.asked.clear()
    (tmp_path / "vocabularies/fetched.json").write_text("{")
    assert updated().outcome == "unchanged"  # fetched, read, found to be no news
    assert "if-none-match" not in stub.asked[0].headers
    assert len(shelf.shelved(tmp_path)) == 1


def test_marks_of_another_release_are_not_used(tmp_path: Path, stub: Any, updated: Updated) -> None:
    stub.on("/cl.obo", Said(body=_obo("2031-01-01"), headers={"ETag": '"a1"'}))
    updated()
    _add(tmp_path, _obo("2031-03-01"))  # by hand; what the server had before says nothing of it
    one = updated()
    assert "if-none-match" not in stub.asked[1].headers
    assert (one.outcome, one.why) == ("unchanged", "the newest official release is 2031-01-01.")


def test_over_a_twentieth_waits_for_a_person(tmp_path: Path, stub: Any, updated: Updated) -> None:
    _add(tmp_path, _obo("2031-01-01"))
    stub.on("/cl.obo", Said(body=_obo("2031-02-01", 120), headers={"ETag": '"b"'}))
    one = updated()
    assert (one.outcome, one.exit_code) == ("waits", 19)
    assert one.why.startswith("20.0% of CL 2031-01-01 would change: 20 added")
    assert one.next_step == "Take it with: trialweave vocab update 'CL' --accept"
    assert one.changes is not None
    assert len(one.changes.added) == 20
    assert len(shelf.shelved(tmp_path)) == 1
    assert updated(accept=True).outcome == "added"
    assert "if-none-match" not in stub.asked[1].headers


def _refused(one: VocabularyUpdate, said: str, asked: int, stub: Any, root: Path) -> None:
    assert one.outcome == "failed"
    assert said in one.why
    assert one.exit_code
    assert "Nothing was changed" in one.next_step or "TRIALWEAVE_URL_" in one.next_step
    assert len(stub.asked) == asked
    assert [each.version for each in shelf.shelved(root)] == ["2031-01-01"]
    assert not (root / "vocabularies/fetched.json").exists()


WHOLE = _obo("2031-02-01")
PAGE = "<!DOCTYPE html><html><head><title>Moved house</title></head></html>"
BOMB = b"\x1f\x8b" + bytes(20)


@pytest.mark.parametrize(
    ("answer", "said", "asked"),
    [
        (Said(body=WHOLE, cut=1000), "cut", 6),
        (Said(body=WHOLE[:-9]), "cut in its last term", 1),
        (Said(body=PAGE), "a page for people came instead of text, titled “Moved house”", 3),
        (Said(503), "it answers 503", 6),
        (Said(403), "it answers 403", 1),
        (Said(404), "it answers 404", 1),
        (Said(302, headers={"Location": "http://elsewhere.invalid/cl.obo"}), "without https", 1),
        (Said(302, headers={"Location": "file:///etc/passwd"}), "without https", 1),
        (Said(302), "without saying where to", 1),
        (Said(302, headers={"Location": "https://["}), "not followed", 1),
        (Said(body=_obo("2031-02-01", ontology="doid")), "vocabulary 'DOID', not of 'CL'", 1),
        (Said(body="Dear all,\n"), "no form of a vocabulary is recognised", 1),
        (Said(body=""), "the file is empty", 1),
        (Said(body=BOMB), "gzip stream is damaged", 1),
    ],
)  # fmt: skip
def test_what_is_no_release_changes_nothing(
    tmp_path: Path, stub: Any, updated: Updated, answer: Said, said: str, asked: int
) -> None:
    _add(tmp_path, _obo("2031-01-01"))
    stub.on("/cl.obo", answer)
    _refused(updated(), said, asked, stub, tmp_path)


def test_too_large_is_refused_before_it_is_read(
    tmp_path: Path, stub: Any, updated: Updated, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LARGEST_ANSWER", 1000)
    _add(tmp_path, _obo("2031-01-01"))
    stub.on("/cl.obo", Said(body=WHOLE))
    _refused(updated(), f"too large: it announces {len(WHOLE)} bytes", 1, stub, tmp_path)


def test_a_setting_that_makes_no_sense_is_said(tmp_path: Path, time: Any) -> None:
    environ = {"TRIALWEAVE_URL_CL": "somewhere"}
    (one,) = update(tmp_path, ["CL"], clock=time.clock, environ=environ).vocabularies
    assert one.why == "TRIALWEAVE_URL_CL is no address of the web: somewhere."
    assert one.next_step == "It begins with https:// or http://."


def test_a_failure_that_passes_is_no_failure(stub: Any, updated: Updated, time: Any) -> None:
    stub.on("/cl.obo", Said(500), Said(503, headers={"Retry-After": "30"}), Said(body=WHOLE))
    assert updated().outcome == "added"
    assert 30.0 in [round(one, 3) for one in time.slept]


def test_redirects_go_to_https_alone() -> None:
    place = files.PLACES["CL"]
    api = Api(place.name, "CL", place.base, (), files._no_search, files._no_record)
    with files._Client(api, environ={}) as client:

        def led(location: str) -> str:
            answer = Answer(302, {"location": location}, b"", "")
            return client._redirected("https://a.example/x/cl.obo", answer, "CL")

        assert led("https://b.example/cl.obo?x=1") == "https://b.example/cl.obo?x=1"
        assert led("/y/cl.obo") == "https://a.example/y/cl.obo"
        for location in ("http://b.example/", "http://a.example/", "ftp://b.example/", "//[", ""):
            with pytest.raises(Refused):
                led(location)


def test_within_the_stub_a_redirect_is_followed(stub: Any, updated: Updated) -> None:
    stub.on("/cl.obo", Said(302, headers={"Location": "/releases/cl.obo"}))
    stub.on("/releases/cl.obo", Said(body=WHOLE))
    assert updated().outcome == "added"


MESH = "*NEWRECORD\nRECTYPE = D\nMH = Glow\nMN = C01.1\nUI = D900001\n\n"
GLOWINE = "*NEWRECORD\nRECTYPE = C\nNM = glowine\nHM = Glow\nUI = C900001\n\n"


def test_mesh_is_that_of_the_latest_year_there(tmp_path: Path, stub: Any, updated: Updated) -> None:
    stub.on("/d2023.bin", Said(body=MESH))  # the stub's clock stands in November 2023
    one = updated("MeSH")
    assert [each.path for each in stub.asked] == ["/d2024.bin", "/d2023.bin"]
    assert one.release is not None
    assert (one.release.version, one.release.terms) == ("2023", 1)
    stub.on("/d2024.bin", Said(body=MESH))
    assert updated("mesh").release == shelf.find(tmp_path, "MeSH", "2024")


def test_supplementary_records_come_where_there_were_some(
    tmp_path: Path, stub: Any, updated: Updated
) -> None:
    data = MESH + GLOWINE
    release = read_vocabulary(data.encode(), version="2022")
    shelf.add(tmp_path, release, [("d2022.bin", data.encode())])
    for name, body in (("d2024", MESH), ("d2023", MESH), ("c2023", GLOWINE)):
        stub.on(f"/{name}.bin", Said(body=body))
    one = updated("MeSH")  # of 2024 the supplement is not there yet
    assert one.release is not None
    assert (one.release.version, one.release.terms) == ("2023", 2)
    assert one.release.files == ("d2023.bin", "c2023.bin")
    assert [term.kind for term in shelf.load(tmp_path, "MeSH").terms] == ["disease", "disease"]


GENES = "ncbi_gene_id\tgene_symbol\thpo_id\thpo_name\tfrequency\tdisease_id\n"


def test_hpo_comes_with_its_genes(tmp_path: Path, stub: Any, updated: Updated) -> None:
    def said(asked: Asked) -> Said:
        known = asked.headers.get("if-none-match") == '"t"'
        return Said(304) if known else Said(body=terms, headers={"ETag": '"t"'})

    terms = _obo("2031-01-01", 30, ontology="hp")
    link = GENES + "9000001\tGLOW1\tHP:1\tGlow\t-\tOMIM:999998\n"
    stub.on("/hp.obo", said)
    stub.on("/hp/hpoa/genes_to_phenotype.txt", Said(body=link))
    one = updated("HPO")
    assert one.release is not None
    assert (one.release.terms, one.release.links, one.release.version) == (30, 1, "2031-01-01")
    # One file is as it was and one is not: both are needed
    stub.asked.clear()
    assert updated("HPO").outcome == "unchanged"
    asked = [(each.path, "if-none-match" in each.headers) for each in stub.asks("/hp.obo")]
    assert asked == [("/hp.obo", True), ("/hp.obo", False)]


def _zip(**members: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as book:
        for name, text in members.items():
            book.writestr(f"{name}.txt", text)
    return packed.getvalue()


UNII = (
    "Name\tTYPE\tUNII\tDisplay Name\n"
    "GLOWMAB [INN]\tcn\t9ZZ9ZZ9ZZ9\tGLOWMAB\n"
    "BENZOGLOW\tcn\t8ZZ9ZZ9ZZ9\tBENZOGLOW\n"
)


def test_archives_are_opened_and_substances_chosen_as_before(
    tmp_path: Path, stub: Any, updated: Updated
) -> None:
    stub.on("/UNIIs.zip", Said(body=_zip(UNII_Names_12Jun2031=UNII, README="Dear all,\n")))
    one = updated("UNII")
    assert one.release is not None
    assert (one.release.version, one.release.terms) == ("2031-06-12", 2)
    # Where the release in use is chosen from, so is the next
    chosen = read_vocabulary(UNII.encode().replace(b"BENZOGLOW", b"GLW-12"), version="2031-06-13")
    note = chosen.__class__(**{**_fields(chosen), "notes": (SELECTED,)})
    shelf.add(tmp_path, note, [("x", b"x")])
    stub.on("/UNIIs.zip", Said(body=_zip(UNII_Names_14Jun2031=UNII)))
    one = updated("UNII", accept=True)
    assert one.release is not None
    assert (one.release.version, one.release.terms) == ("2031-06-14", 1)
    assert one.release.notes[0] == SELECTED
    stub.on("/UNIIs.zip", Said(body=_zip(UNII_Names_15Jun2031=UNII)[:-30]))
    assert updated("UNII").outcome == "failed"


def _fields(release: Any) -> dict[str, Any]:
    return {name: getattr(release, name) for name in release.__struct_fields__}


def test_a_file_that_names_no_version_is_of_its_day(stub: Any, updated: Updated) -> None:
    table = "hgnc_id\tsymbol\tname\tstatus\nHGNC:900001\tGLOW1\tglow 1\tApproved\n"
    day = {"Last-Modified": "Tue, 04 Mar 2031 10:00:00 GMT"}
    stub.on("/hgnc_complete_set.txt", Said(body=table, headers=day))
    one = updated("HGNC")
    assert one.release is not None
    assert one.release.version == "2031-03-04"
    stub.on("/hgnc_complete_set.txt", Said(body=table.replace("glow 1", "glow one")))
    assert updated("HGNC", accept=True).why == "the newest official release is 2023-11-14."


def test_licensed_and_own_ones_have_no_address(tmp_path: Path, updated: Updated) -> None:
    one = updated("meddra")
    assert (one.vocabulary, one.outcome, one.exit_code) == ("MedDRA", "no address", 16)
    assert one.why == "it is licensed to its users."
    assert "trialweave vocab add FILE" in one.next_step
    shelf.add(tmp_path, read_vocabulary(b"id,name\n1,x\n", name="Mine", version="1"), [("x", b"")])
    assert updated("mine").why == "no free official address is known."
    with pytest.raises(NotFound):
        updated("nonsense")


def test_all_in_use_and_one_failure_hinders_no_other(tmp_path: Path, stub: Any, time: Any) -> None:
    for name in ("cl", "doid", "uberon"):
        _add(tmp_path, _obo("2031-01-01", ontology=name), f"{name}.obo")
    shelf.add(tmp_path, read_vocabulary(b"id,name\n1,x\n", name="Mine", version="1"), [("x", b"")])
    shelf.switch(tmp_path, "DOID", on=False)
    stub.on("/uberon.obo", Said(body=_obo("2031-02-01", ontology="uberon")))
    environ = {f"TRIALWEAVE_URL_{name}": stub.base for name in ("CL", "UBERON", "DOID")}
    told: list[tuple[int, int, str]] = []

    def progress(done: int, total: int, what: str) -> None:
        told.append((done, total, what))

    report = update(tmp_path, clock=time.clock, environ=environ, progress=progress)
    assert [(one.vocabulary, one.outcome) for one in report.vocabularies] == [
        ("CL", "failed"),
        ("Mine", "no address"),
        ("UBERON", "added"),
    ]
    assert report.exit_code == 20
    assert told == [(0, 3, "CL"), (1, 3, "Mine"), (2, 3, "UBERON"), (3, 3, "")]
    assert not stub.asks("/doid.obo")


def test_every_place_is_free_official_and_https() -> None:
    names = [place.name for place in files.PLACES.values()]
    assert len(set(names)) == len(names)
    for vocabulary, place in files.PLACES.items():
        assert about(vocabulary).may_ship, vocabulary
        assert place.base.startswith("https://")
        assert not place.base.endswith("/")
        assert place.files


def test_on_the_command_line(
    tmp_path: Path, stub: Any, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIALWEAVE_URL_CL", stub.base)
    monkeypatch.setenv("TRIALWEAVE_FETCH_INTERVAL", "0")
    where = ("--workspace", str(tmp_path))
    _add(tmp_path, _obo("2031-01-01"))
    stub.on("/cl.obo", Said(body=_obo("2031-02-01", 120)))
    code = run([*where, "vocab", "update", "CL"])
    said = capsys.readouterr()
    assert code == 19
    assert "CL 2031-01-01  waits" in said.out
    assert "added: 20" in said.out
    assert "Take it with: trialweave vocab update 'CL' --accept" in " ".join(said.err.split())
    assert run([*where, "vocab", "update", "--accept", "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)["vocabularies"]
    assert (one["outcome"], one["release"]["version"]) == ("added", "2031-02-01")
    assert run([*where, "vocab", "update", "UMLS"]) == 16
    assert "licensed to its users" in capsys.readouterr().err


def test_of_an_earlier_day_nothing_is_updated(tmp_path: Path) -> None:
    import datetime as dt

    from trialweave.errors import WorkspaceError

    workspace = Workspace(tmp_path, as_of=dt.date(2031, 1, 1))
    with pytest.raises(WorkspaceError, match="earlier day"):
        workspace.update_vocabularies()
    with pytest.raises(WorkspaceError, match="earlier day"):
        workspace.switch_vocabulary("CL", on=False)
