"""Plain tables, and what holds for all forms: how they are recognised, packed, called."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from trialweave.errors import Unreadable
from trialweave.terms.reading import form_of, read_files, read_vocabulary
from trialweave.terms.tables import Table
from trialweave.terms.term import Release, Term

HGNC = 'hgnc_id\tsymbol\talias_symbol\nHGNC:1\tGLOW1\t"GLF|Γ-1"\nHGNC:2\tGLOW2\t\n'


def _read(text: str, **options: object) -> Release:
    return read_vocabulary(text.encode(), **options)  # type: ignore[arg-type]


def _by_id(release: Release) -> dict[str, Term]:
    return {term.id: term for term in release.terms}


def _names(term: Term) -> list[tuple[str, str]]:
    return [(name.text, name.scope) for name in term.names]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_plain_table_by_its_usual_columns(separator: str) -> None:
    rows = [
        ["ID", "Name", "Synonyms", "Is_A", "Tree numbers", "xrefs", "Deprecated", "Definition"],
        ["1", "Blue glow", "Glow|Shine", "2", "A1.2", "X:1|X:2", "no", '"a"" b"'],
        ["2", "Lights", "", "", "A1", "", "yes", ""],
    ]
    text = "".join(separator.join(row) + "\n" for row in rows)
    release = read_files([("folder/own list.csv", text.encode())], table=Table({}, "sign", "OWN:"))
    first, second = release.terms
    assert release.vocabulary == "own list"
    assert release.version.startswith("sha256-")
    assert release.licence == "as its owner says"
    assert _names(first) == [("Blue glow", "preferred"), ("Glow", "exact"), ("Shine", "exact")]
    assert (first.id, first.parents, first.numbers) == ("OWN:1", ("OWN:2",), ("A1.2",))
    assert (first.alike, first.kind, first.definition) == (("X:1", "X:2"), "sign", 'a" b')
    assert (first.obsolete, second.obsolete) == (False, True)


def test_a_plain_table_by_named_columns() -> None:
    columns = {"id": "tox", "name": "said", "replaced_by": "now"}
    release = _read("tox,said,now\nA,glow,B\nB,,\n,shine,\n", table=Table(columns))
    assert [term.id for term in release.terms] == ["A", "shine"]
    assert release.terms[0].replaced_by == "B"
    assert release.notes == ("1 × terms without a name were left out: B.",)
    with pytest.raises(ValueError, match="no 'colour'"):
        _read("id,name\n1,x\n", table=Table({"colour": "id"}))
    with pytest.raises(Unreadable, match="no column 'nome'"):
        _read("id,name\n1,x\n", table=Table({"name": "nome"}))


def test_json_lines() -> None:
    text = '{"id": "CL:1", "label": "glow cell", "synonyms": ["shiner", null]}\n\n{"id": 2}\n'
    release = _read(text, name="CL", version="1")
    (cell,) = release.terms
    assert (cell.id, cell.kind) == ("CL:1", "cell")
    assert _names(cell) == [("glow cell", "preferred"), ("shiner", "exact")]
    with pytest.raises(Unreadable, match="line 2 is no JSON object"):
        _read('{"id": "1", "name": "x"}\n{"id": \n')


def test_windows_lines_a_mark_of_order_and_gzip_change_nothing(tmp_path: Path) -> None:
    plain = _read(HGNC, version="1")
    data = b"\xef\xbb\xbf" + HGNC.replace("\n", "\r\n").encode()
    assert read_vocabulary(data, version="1") == plain
    path = tmp_path / "hgnc.txt.gz"
    path.write_bytes(gzip.compress(data[:300]) + gzip.compress(data[300:]))
    assert read_vocabulary(path, version="1") == plain
    assert read_vocabulary(str(path), "hgnc", version="1", name="mine").vocabulary == "mine"


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("desc2031.xml", "2031"),
        ("hgnc_2031-07.tsv", "2031-07"),
        ("x_20310704.txt", "2031-07-04"),
        ("rrf/RXNCONSO.RRF (in RxNorm_full_prescribe_07042031.zip)", "2031-07-04"),
    ],
)
def test_versions_in_names_of_files(name: str, version: str) -> None:
    assert read_files([(name, b"id,name\n1,glow\n")]).version == version


def test_forms_are_recognised_by_content() -> None:
    texts = {
        "obo": "format-version: 1.2\n",
        "mesh-xml": '<?xml version="1.0"?>\n<SupplementalRecordSet LanguageCode="eng">',
        "mesh-ascii": "*NEWRECORD\nMH = Glow\n",
        "hgnc": HGNC,
        "obographs": '{\n  "graphs" : [ {',
        "json-lines": '{"id": "1", "name": "glow"}\n',
        "rrf": "1|ENG||||||||||RXNORM|IN|1|glowine||N|4096|\n",
        "meddra": "99000001$Blue glow$$99000009$$$$$$$$\n",
        "unii": "Name\tTYPE\tUNII\tDisplay Name\n",
        "loinc": '"LOINC_NUM","COMPONENT"\n',
        "ctcae": "MedDRA SOC;CTCAE Term;Grade 1\n",
        "uniprot": "Entry\tProtein names\n",
        "hpo-genes": "entrez_id\tgene_symbol\thpo_id\n",
        "ncbi-gene": "#tax_id\tGeneID\tSymbol\n",
    }
    texts |= {"table": "code;label\n1;x\n", "": "Dear all,\nhello\n"}
    assert {form: form_of(text.encode()) for form, text in texts.items()} == {
        form: form for form in texts
    }
    assert form_of(b"<html><body>DescriptorRecordSet</body></html>") == ""
    assert form_of(b'{"a": [\n') == ""
