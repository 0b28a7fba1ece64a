"""Reports on terms as a folder: complete in itself, whole or not at all, and nobody else's."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from trialweave.errors import NotFound, WorkspaceError
from trialweave.faces import term_site
from trialweave.faces.term_site import MANIFEST, export_site
from trialweave.publish.terms.views import MENU
from trialweave.store import _files

from .fake_terms import KNOWN
from .test_chromium import CHROMIUM
from .test_web import Strict

NOW = dt.datetime(2031, 5, 6, 7, 8, tzinfo=dt.UTC)
ALL = [ref.id for ref in KNOWN]


def _files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_site_is_complete_in_itself(workspace: Any, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    site = export_site(workspace, folder, *ALL, now=NOW)
    assert len(site.terms) == len(KNOWN)
    assert site.index == str(folder / "index.html")
    names = {path.name for path in folder.iterdir()}
    assert names == {one.file for one in site.terms} | {"index.html", "style.css", MANIFEST}
    linked = set()
    for path in folder.glob("*.html"):
        page = Strict(path.read_text("utf-8"))
        assert page.problems == []
        assert not page.all("script")
        assert not page.all("img")
        assert not page.all("form")
        assert len(page.all("h1")) == 1
        ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
        for tag, attributes in page.tags:
            assert not {name for name in attributes if name.startswith("on") or name == "style"}
            for address in (attributes[name] for name in ("href", "src") if name in attributes):
                parts = urlsplit(address)
                assert (parts.scheme, parts.netloc, parts.query) == ("", "", ""), (tag, address)
                assert parts.path in {"", *names}
                assert not parts.fragment or parts.fragment in ids
                linked.add(parts.path)
        text = path.read_text("utf-8")
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
        assert "2031-05-06 07:08 UTC" in text
        assert "generation 3" in text
    assert linked == {"", "index.html", "style.css", *(one.file for one in site.terms)}
    assert "url(" not in (folder / "style.css").read_text("utf-8")
    assert "@import" not in (folder / "style.css").read_text("utf-8")


def test_the_index_has_every_report_and_every_vocabulary(workspace: Any, tmp_path: Path) -> None:
    site = export_site(workspace, tmp_path / "site", *ALL, now=NOW)
    text = (tmp_path / "site" / "index.html").read_text("utf-8")
    menus = [MENU.index(one.term.menu) for one in site.terms]  # type: ignore[arg-type]
    assert menus == sorted(menus)
    for one in site.terms:
        assert text.count(f'href="{one.file}"') == 1
    assert re.findall("<h2>(.*?)</h2>", text) == [
        "MeSH", "HPO", "Gene", "SNP", "Mutation", "As registered", "Other",
    ]  # fmt: skip
    for vocabulary in {ref.vocabulary for ref in KNOWN}:
        assert f'<bdi dir="auto">{vocabulary}</bdi></th><td class="n">2031-05-06</td>' in text
    assert text.count("free to use; cite it") == 6
    assert text.count("Ada and others, Invented Terms 2031") == 6


def test_a_report_names_its_vocabulary_and_its_shared_studies(
    workspace: Any, tmp_path: Path
) -> None:
    site = export_site(workspace, tmp_path / "site", "HP:0099001", "D999001", now=NOW)
    by_id = {one.term.id: one.file for one in site.terms}
    text = (tmp_path / "site" / by_id["HP:0099001"]).read_text("utf-8")
    for said in ("Invented Terms 2031", "free to use; cite it", "<mark>Invented fever</mark>"):
        assert said in text
    assert f'<a href="{by_id["D999001"]}">' in text  # exported too
    assert '<bdi dir="auto">FVR1</bdi></th>' in text  # not exported: no link
    shared = re.search(r"<details><summary>7<.*?</details>", text)
    assert shared is not None
    assert shared[0].count("NCT09999999") == 4
    assert "not counted: CTRI/2031/01/000001" in shared[0]
    assert "38 further studies are left out here" in text


def test_an_earlier_export_is_replaced_and_what_is_left_of_it_deleted(
    workspace: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "site"
    export_site(workspace, folder, *ALL, now=NOW)
    assert len(_files_of(folder)) == len(ALL) + 3
    site = export_site(workspace, folder, "HP:0099001", now=NOW)
    found = _files_of(folder)
    assert set(found) == {site.terms[0].file, "index.html", "style.css", MANIFEST}
    digests = json.loads(found.pop(MANIFEST))["files"]
    assert digests == {name: hashlib.sha256(data).hexdigest() for name, data in found.items()}
    again = tmp_path / "again"
    export_site(workspace, again, "HP:0099001", now=NOW)
    assert _files_of(again) == _files_of(folder)


@pytest.mark.parametrize("broken", range(7))
def test_what_was_interrupted_can_be_done_again(
    workspace: Any, tmp_path: Path, monkeypatch: Any, broken: int
) -> None:
    folder = tmp_path / "site"
    export_site(workspace, folder, *ALL[:2], now=NOW)
    before, write, written = _files_of(folder), _files.write, []

    def failing(path: Path, data: bytes) -> None:
        if len(written) == broken:
            path.with_name(path.name + ".tmp").write_bytes(data[:10])  # as a crash leaves it
            raise OSError(28, "No space left on device")
        written.append(path.name)
        write(path, data)

    monkeypatch.setattr(_files, "write", failing)
    with pytest.raises(WorkspaceError, match="No space left"):
        export_site(workspace, folder, *ALL[1:4], now=NOW)
    for name, data in _files_of(folder).items():
        if name in before and name not in written:
            assert data == before[name]
    monkeypatch.undo()
    site = export_site(workspace, folder, *ALL[1:4], now=NOW)
    assert set(_files_of(folder)) == {one.file for one in site.terms} | {
        "index.html",
        "style.css",
        MANIFEST,
    }


def test_what_broke_off_at_its_first_file_can_be_done_again(workspace: Any, tmp_path: Path) -> None:
    (tmp_path / (MANIFEST + ".tmp")).write_text("{")
    site = export_site(workspace, tmp_path, "HP:0099001")
    assert set(_files_of(tmp_path)) == {site.terms[0].file, "index.html", "style.css", MANIFEST}


def test_a_folder_of_somebody_else_is_left_alone(workspace: Any, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "index.html").write_text("mine")
    file = tmp_path / "file"
    file.write_text("mine")
    mixed = tmp_path / "mixed"
    export_site(workspace, mixed, "HP:0099001")
    (mixed / "thesis.docx").write_text("mine")
    hostile = tmp_path / "hostile"
    export_site(workspace, hostile, "HP:0099001")
    manifest = json.loads((hostile / MANIFEST).read_text())
    manifest["files"]["../file"] = manifest["files"]["thesis.docx"] = "0" * 64
    (hostile / MANIFEST).write_text(json.dumps(manifest))
    (hostile / "thesis.docx").write_text("mine")
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / MANIFEST).write_text("[")
    other = tmp_path / "other"
    other.mkdir()
    (other / MANIFEST).write_text('{"made_by": "x", "generation": 1, "files": {}}')
    for folder in (mine, file, mixed, hostile, damaged, other):
        before = _files_of(folder) if folder.is_dir() else file.read_bytes()
        with pytest.raises(WorkspaceError, match="nothing was written there"):
            export_site(workspace, folder, "D999001")
        assert (_files_of(folder) if folder.is_dir() else file.read_bytes()) == before
    (hostile / "thesis.docx").unlink()
    export_site(workspace, hostile, "D999001")
    assert file.read_text() == "mine"  # what a manifest names elsewhere is not deleted


def test_a_term_that_there_is_not_is_told_before_anything_is_written(
    workspace: Any, tmp_path: Path
) -> None:
    with pytest.raises(NotFound):
        export_site(workspace, tmp_path / "site", "HP:0099001", "nope")
    assert not (tmp_path / "site").exists()


def test_all_of_a_kind_up_to_a_limit(workspace: Any, tmp_path: Path, monkeypatch: Any) -> None:
    site = export_site(workspace, tmp_path / "site", "D999001", menu="HPO")
    assert [one.term.id for one in site.terms] == ["D999001", "HP:0099001", "HP:0099002",
                                                   "HP:0099000"]  # fmt: skip
    monkeypatch.setattr(term_site, "MOST", 2)
    shutil.rmtree(tmp_path / "site")
    site = export_site(workspace, tmp_path / "site", menu="HPO")
    assert len(site.terms) == 2
    assert site.left_out > 0
    assert "more terms of the kind are left out" in Path(site.index).read_text("utf-8")


@pytest.mark.chromium
@pytest.mark.skipif(not CHROMIUM, reason="no chromium on the PATH: the pages were not looked at")
def test_a_browser_shows_it_from_the_disk(workspace: Any, tmp_path: Path) -> None:
    from .browser import Browser

    site = export_site(workspace, tmp_path / "site", *ALL)
    browser = Browser(CHROMIUM, tmp_path / "profile")
    try:
        for name in ("index.html", site.terms[0].file):
            browser.open((tmp_path / "site" / name).as_uri())
            assert browser.console == []
            assert browser.run("getComputedStyle(document.body).display") == "flex"  # the style
    finally:
        browser.close()
