"""The command `network`: what it prints, writes and refuses."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trialweave.faces import cli

ARMS = """study,treatment,events,n
s1,A,12,100\ns1,B,20,98\ns2,A,5,60\ns2,B,14,64\ns3,A,9,80\ns3,C,17,85\ns4,B,11,70\ns4,C,8,75
s5,A,10,120\ns5,B,22,118\ns5,C,19,121\ns6,C,30,90\ns6,D,18,95
"""
PARTS = """study,treat1,treat2,TE,seTE
x,A,B,-0.5,0.3\ny,A,B,-0.1,0.2\nz,C,D,0.4,0.3\nw,D,E,0.2,0.3
"""
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: Any, capfd: Any, tmp_path: Path) -> Run:
    """Run the command in a folder with tables; exit code, output, errors, each on one line."""
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.csv").write_text(ARMS)
    (tmp_path / "parts.csv").write_text(PARTS)

    def call(*arguments: str) -> tuple[int, str, str]:
        code = cli.run(["network", *arguments])
        out, err = capfd.readouterr()
        return code, " ".join(out.split()), " ".join(err.split())

    return call


def test_everything_that_a_reader_looks_for(run: Run) -> None:
    code, out, _ = run("net.csv", "--measure", "or", "--reference", "a", "--small-is-good")
    assert code == 0
    for said in (
        "net, OR 4 treatments, 6 studies, 1 176 participants",
        "Against A studies people OR (95% interval) prediction P-score",
        "D 1 95 0.88 (0.37 to 2.05) P = 0.76 0.26 to 2.92 0.87",
        "A 4 360 reference 0.79",
        "P-scores take small values for the better ones",
        "τ² 0.00 (0.00 to 0.13) · I² 0%",
        "Q whole network 0.80 on 4 df, P = 0.94",
        "Q within designs 0.52 on 1 df, P = 0.47",
        "Q between designs 0.28 on 3 df, P = 0.96",
        "A : B 3 86% 0.43 (0.26 to 0.70) 0.35 (0.10 to 1.22) P = 0.76",
        "C : D 1 100% 2.14 (1.09 to 4.20) – –",
        "A : B : C 1.15 (0.59 to 2.24), P = 0.69",
        "against first : third; 1 where they agree",
        "0.47 (0.24 to 0.92) 0.53 (0.32 to 0.89) C 0.75 (0.43 to 1.31)",
        "Odds ratios were compared",
        "note Treatments that a single study compares with others: D.",
    ):
        assert said in out
    assert "Written" not in out
    code, out, _ = run("net.csv", "--large-is-good", "--tau2", "dl", "--level", "0.9")
    assert "P-scores take large values for the better ones" in out
    assert "RR (90% interval)" in out
    assert "DerSimonian" in out
    code, out, _ = run("net.csv", "--model", "common")
    assert "P-score" not in out.partition("Odds")[0].partition("note")[0]
    assert "A common effect has no prediction interval" in out
    code, out, _ = run("net.csv", "--tau2", "0.2")
    assert "τ² 0.20" in out


def test_json_is_the_answer_and_holds_no_nan(run: Run) -> None:
    code, out, _ = run("net.csv", "--json", "--measure", "OR")
    assert code == 0
    answer = json.loads(out, parse_constant=pytest.fail)
    assert answer["reference"] == "A"
    assert answer["treatments"][1]["against"]["estimate"] == pytest.approx(2.39898805)
    assert answer["league"]["rows"][0][0] is None
    assert answer["small_is_good"] is None


@pytest.mark.parametrize("form", ["svg", "pdf", "csv", "json"])
def test_the_network_is_drawn(run: Run, tmp_path: Path, form: str) -> None:
    code, out, _ = run("net.csv", "--figure", f"drawn.{form}")
    assert code == 0
    assert out.endswith(f"Written: drawn.{form}")
    data = (tmp_path / f"drawn.{form}").read_bytes()
    start = {"svg": b"<svg", "pdf": b"%PDF", "json": b"{"}
    assert data.startswith(start.get(form, b"first,second,studies,participants\nA,B,3,560.0\n"))


def test_the_league_table_is_written(run: Run, tmp_path: Path) -> None:
    code, _, _ = run("net.csv", "--measure", "OR", "--small-is-good", "--league", "league.csv")
    assert code == 0
    with (tmp_path / "league.csv").open() as file:
        rows = list(csv.reader(file))
    assert rows[0][1:] == ["D", "A", "C", "B"]
    assert rows[2] == [
        "A",
        "0.88 (0.37 to 2.05)",
        "A",
        "0.50 (0.27 to 0.90)",
        "0.43 (0.26 to 0.70)",
    ]
    code, _, _ = run("net.csv", "--small-is-good", "--league", "league.HTML")
    assert code == 0
    page = (tmp_path / "league.HTML").read_text()
    assert "League table: net.csv, RR" in page
    assert "Treatments stand from best to worst" in page


def test_a_network_in_parts_is_described_then_answered(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("parts.csv", "--measure", "MD", "--figure", "parts.csv.svg")
    assert code == 0
    assert "parts, MD 5 treatments, 4 studies Nothing connects these 2 parts" in out
    assert "--part 1 C, D, E (2 studies) --part 2 A, B (2 studies)" in out
    assert "Against" not in out
    assert (tmp_path / "parts.csv.svg").exists()
    code, out, _ = run("parts.csv", "--measure", "MD", "--part", "2")
    assert "--part 2 A, B (2 studies) shown below Against A" in out
    assert "B 2 – 0.24 (−0.13 to 0.61) P = 0.21" in out
    assert "Q between designs not defined" in out
    assert out.count("note ") == 4  # a tree says once that nothing can contradict itself
    code, _, err = run("parts.csv", "--measure", "MD", "--league", "x.csv")
    assert code == 2
    assert "--league: the network falls into parts; choose one with --part." in err
    assert not (tmp_path / "x.csv").exists()
    code, out, _ = run("parts.csv", "--measure", "MD", "--part", "1")
    assert "ask for a common effect, or name τ²" in out
    assert "C 1 – – – –" in out


def test_large_networks_leave_the_league_table_to_a_file(run: Run, tmp_path: Path) -> None:
    rows = "".join(f"s{i},t{j},{5 + i + j},50\n" for i in range(3) for j in range(6))
    (tmp_path / "large.csv").write_text("study,treatment,events,n\n" + rows)
    _, out, _ = run("large.csv")
    assert "League table" not in out
    (tmp_path / "five.csv").write_text(
        "study,treatment,events,n\n"
        + "".join(line + "\n" for line in rows.splitlines() if "t5" not in line)
    )
    assert "League table" in run("five.csv")[1]
    (tmp_path / "many.csv").write_text(
        "study,treatment,events,n\n"
        + "".join(f"z{i},{name},0,50\n" for i in range(9) for name in "AB")
        + ARMS.partition("\n")[2]
    )
    assert "z0, z1, z2, z3, z4, z5, z6, z7 and 1 more." in run("many.csv", "--measure", "OR")[1]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("none.csv",), 16, "No such file"),
        (("net.csv", "--figure", "x.gif"), 2, "'x.gif' is none of .svg, .png, .pdf, .html"),
        (("net.csv", "--league", "x.svg"), 2, "'x.svg' is neither .csv nor .html"),
        (("net.csv", "--figure", "no/x.svg"), 17, "Make the folder no first"),
        (("net.csv", "--reference", "E"), 2, "no treatment is called 'E'; there are A, B, C, D."),
        (("net.csv", "--tau2", "XX"), 2, "unknown method 'XX'"),
        (("net.csv", "--measure", "HR"), 11, "arms give no HR"),
        (("net.csv", "--part", "2"), 2, "no part 2; the network has 1"),
        (("net.csv", "--part", "-1"), 2, "greater than or equal to 0"),
        (("parts.csv",), 2, "name the measure"),
    ],
)
def test_what_cannot_be_done_is_said(
    run: Run, arguments: tuple[str, ...], code: int, said: str
) -> None:
    found, out, err = run(*arguments)
    assert (found, out) == (code, "")
    assert said in err
