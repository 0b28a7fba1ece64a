"""Findings on the command line: the table of a study, and checks of any file or text."""

from __future__ import annotations

import io
import json
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

import trialweave
from trialweave.errors import InputError, UnknownKind
from trialweave.faces import cli
from trialweave.sources.plain import LONGEST, draft_of
from trialweave.workspace import check_bytes, check_file

ABSTRACT = """Invented cells for an invented fever: a trial

Background: Fever is invented.
Methods: We randomised 40 patients to cells (n=20) or placebo (n=20).
Results: At day 28, 3 of 20 patients (15%) in the cell group died versus 9 of 20 (54%) in the \
placebo group (P = 0.04).
Conclusions: Of 20 patients, 19 of 20 would have died elsewhere.
"""
PAPER = """Invented cells for an invented fever

Abstract
Cells are invented.

2. Methods
2.1 Patients
In a power calculation 12 of 30 patients in the control group died.

3. Results
At day 28, 3 of 20 patients in the cell group died versus 9 of 20 in the placebo group.

4. Discussion
In another hospital, 5 of 50 patients in the cell group died versus 6 of 50 in the placebo group.

References
1. Noone A. 7 of 70 patients died.
"""


def run(capfd: Any, *arguments: str) -> tuple[int, str, str]:
    capfd.readouterr()
    code = cli.run(arguments)
    said = capfd.readouterr()
    return code, said.out, said.err


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without a workspace."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TRIALWEAVE_WORKSPACE", raising=False)
    monkeypatch.setenv("COLUMNS", "200")


def test_a_text_is_checked_without_a_workspace(capfd: Any, tmp_path: Path) -> None:
    view = trialweave.check_text(ABSTRACT)
    (finding,) = view.findings
    assert [(arm.events, arm.n, arm.percent) for arm in finding.arms] == [
        (3, 20, "15"),
        (9, 20, "54"),
    ]
    assert "54" in ABSTRACT[finding.arms[1].passage.start : finding.arms[1].passage.end]
    quote = view.records[0].quotes[finding.finding_id]
    assert ABSTRACT[quote.start : quote.end].split() == quote.match.split()
    (flag,) = [each for each in view.flags if each.rule == "percent-attainable"]
    assert "54%" in flag.statement
    assert view.records[0].record.title == "Invented cells for an invented fever: a trial"
    path = tmp_path / "abstract.txt"
    path.write_text(ABSTRACT)
    code, out, _ = run(capfd, "check", "abstract.txt")
    assert code == 0
    assert "⚑ flag" in out
    assert f"characters {quote.start} to {quote.end}" in out
    assert [each.name for each in tmp_path.iterdir()] == ["abstract.txt"]


def test_standard_input(capfd: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(ABSTRACT.encode()))
    monkeypatch.setattr(sys, "stdin", stream)
    code, out, _ = run(capfd, "check", "-", "--json")
    assert code == 0
    view = json.loads(out)
    assert view["name"] == "standard input"
    assert len(view["records"][0]["findings"]) == 1
    assert view["records"][0]["model"] is None


def test_sections_of_an_article_are_told_apart() -> None:
    (finding,) = trialweave.check_text(PAPER).findings
    assert [arm.events for arm in finding.arms] == [3, 9]
    sections = draft_of_text(PAPER).sections.content
    assert [(each.label, each.heading) for each in sections] == [
        ("", ""),
        ("Abstract", ""),
        ("Methods", "Patients"),
        ("Results", ""),
        ("Discussion", ""),
        ("References", ""),
    ]
    for each in sections:
        span = each.text.passage
        assert PAPER[span.start : span.end] == each.text.content


def draft_of_text(text: str) -> Any:
    from trialweave.model import Received

    return draft_of(Received("text", text.encode())).body


def test_a_document_that_a_source_knows_is_read_as_what_it_is() -> None:
    nbib = f"PMID- 90000001\nTI  - Invented cells.\nAB  - {ABSTRACT.partition('Results: ')[2]}"
    nbib = nbib.replace("\nConcl", " Concl") + "PT  - Randomized Controlled Trial\n"
    (record,) = trialweave.check_text(nbib).records
    assert record.record.source == "medline"
    assert len(record.findings) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(encoding: str) -> None:
    text = ABSTRACT.replace("Invented", "Erfundené")
    (finding,) = check_bytes(text.encode(encoding), "x").findings
    assert "died" in text[finding.passage.start : finding.passage.end]


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [
        (b"", 11, "is empty"),
        (b" \n ", 11, "is empty"),
        (b"%PDF-1.7\n%\xe2\xe3", 10, "pdftotext"),
        (b"\x89PNG\r\n", 10, "a picture"),
        (b"PK\x03\x04 no archive", 11, ""),
        (b"3 of 20\0", 10, "NUL"),
        ("Schläft".encode("latin-1"), 12, "iconv"),
        (b"\xff\xfe3", 12, "UTF-16"),
        (b'{"a": 1}', 10, "no known form"),
        (b"<html><body>3 of 20 died</body></html>", 10, "no known form"),
    ],
)
def test_what_is_no_text_is_refused(
    capfd: Any, tmp_path: Path, data: bytes, code: int, said: str
) -> None:
    (tmp_path / "given").write_bytes(data)
    got, out, err = run(capfd, "check", "given")
    assert (got, out) == (code, "")
    assert said in err


def test_what_is_too_long_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        check_bytes(b"3 of 20 patients died. " * (LONGEST // 23 + 1), "long")
    assert caught.value.exit_code == 13


def test_an_archive_gives_all_its_documents(tmp_path: Path) -> None:
    path = tmp_path / "some.zip"
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("a.txt", ABSTRACT)
        book.writestr("b.pdf", "%PDF-1.4")
        book.writestr("c.txt", PAPER)
    view = check_file(path)
    assert len(view.records) == 2
    assert [each.error for each in view.refused] == ["UnknownKind"]
    assert view.exit_code == UnknownKind.exit_code


def test_what_is_neither_file_nor_study(capfd: Any) -> None:
    code, _, err = run(capfd, "check", "absent.txt")
    assert (code, "no such file" in err) == (16, True)
    assert run(capfd, "check", "NCT00000000")[0] == 17  # no workspace is here
    assert run(capfd, "check", "-", "--as-of", "2020-01-01")[0] == 2


@pytest.mark.parametrize(
    "text",
    [
        " " * 400_000,
        "results\n" * 40_000,
        "1.1 Aaaa\n" * 40_000,
        "3 of 20 (15%) versus " * 15_000,
        "1.1.1.1.1." * 30_000,
        "\N{RIGHT-TO-LEFT OVERRIDE}" * 100_000 + "3 of 20 died.",
    ],
)
def test_hostile_text_takes_bounded_time(text: str) -> None:
    start = time.process_time()
    trialweave.check_text(text + "\nx")
    assert time.process_time() - start < 3


def test_the_commands(capfd: Any, tmp_path: Path) -> None:
    held = ["--workspace", "held"]
    nbib = "PMID- 90000001\nTI  - Invented cells.\nAB  - At day 28, 3 of 20 patients in the cell "
    nbib += "group died versus 9 of 20 in the placebo group (P = 0.04).\n"
    (tmp_path / "one.nbib").write_text(nbib)
    assert run(capfd, "add", "one.nbib", *held)[0] == 0
    finding = "medline:pmid:90000001#1"
    code, out, _ = run(capfd, "findings", "90000001", *held, "--export", "out.xlsx")
    assert (code, finding in out, "events 3 · n 20" in out) == (0, True, True)
    assert zipfile.is_zipfile(tmp_path / "out.xlsx")
    assert run(capfd, "findings", "90000001", *held, "--export", "out.pdf")[0] == 2
    assert run(capfd, "findings", "90000001", *held, "--family", "stroke")[0] == 16
    code, out, _ = run(
        capfd, "correct", finding, "a.n=21", "p=", *held, "--because", "So.", "--by", "Ada"
    )
    assert (code, "a.n  21, read 20, by Ada: So." in out) == (0, True)
    assert "p  empty, read = 0.04, by Ada: So." in out
    code, out, _ = run(capfd, "check", "90000001", *held)
    assert "put right  a.n 21, read 20: So." in out
    code, out, _ = run(
        capfd, "confirm", finding, "a.n", *held, "--because", "As read.", "--by", "Ben", "--json"
    )
    assert json.loads(out)["standings"][0]["outcome"] == "in dispute"
    code, out, _ = run(capfd, "findings", "90000001", *held)
    assert "in dispute  a.n" in out
    assert run(capfd, "undo", "3", *held, "--because", "Slip.", "--by", "Ben")[0] == 0
    code, out, _ = run(capfd, "reject", finding, *held, "--because", "No.", "--by", "Ada")
    assert "rejected" in out
    code, _, err = run(
        capfd, "enter", "90000001", "outcome=Death", "a.events=3", "--quote", "4 of 20 died",
        "--because", "x", *held,
    )  # fmt: skip
    assert (code, "do not stand in the record" in err) == (22, True)
    code, out, _ = run(
        capfd, "enter", "90000001", "outcome=Death", "a.events=3", "a.n=20", "--quote",
        "3 of 20 patients", "--because", "x", "--by", "Ada", *held,
    )  # fmt: skip
    assert (code, "entered" in out) == (0, True)
    code, out, _ = run(capfd, "corrections", *held, "--export", "log.csv")
    assert (code, "What holds" in out, (tmp_path / "log.csv").exists()) == (0, True, True)
    assert run(capfd, "correct", finding, "a.n", *held, "--because", "x")[0] == 2
    assert run(capfd, "correct", finding, "a.n=x", *held, "--because", "x")[0] == 22
