"""Tables of one's own: what is read, what it gives, and what is refused with line and column."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import msgspec
import pytest

from trialweave.errors import (
    NotFound,
    NothingToPool,
    TooLarge,
    TrialweaveError,
    Unreadable,
    WrongEncoding,
)
from trialweave.synthesis import Question, pool_table

COUNTS = "study,ai,n1i,ci,n2i\nOne 2031,4,40,9,41\nTwo 2032,12,100,30,98\nThree 2033,1,25,6,24\n"


def table(tmp_path: Path, text: str | bytes, name: str = "own.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def estimate(found: Any) -> float:
    assert found.pooled is not None
    return float(found.pooled.estimate)


def test_counts_under_any_names(tmp_path: Path) -> None:
    first = pool_table(table(tmp_path, COUNTS))
    assert first.question == Question("own", measure="RR")
    assert [row.label for row in first.rows] == ["One 2031", "Two 2032", "Three 2033"]
    assert first.rows[0].treatment.events == 4
    assert first.rows[0].finding_id == "line 2"
    assert first.selection.chosen[1].why == "line 3 of own.csv"
    assert first.rows[0].estimate == pytest.approx((4 / 40) / (9 / 41))
    assert {row.group for row in first.sensitivity} == {"method", "leave one out"}
    assert first.method.startswith("Risk ratios were pooled")
    assert len(first.data) == 64
    others = [
        COUNTS.replace("ai,n1i,ci,n2i", "A ; N1;c;n2").replace(",", ";").replace("study", "Author"),
        COUNTS.replace(",", "\t"),
        "\ufeff" + COUNTS.replace("\n", "\r\n\r\n"),
        "n2,c,x,study,n1,b,a\n41,9,?,One 2031,,36,4\n98,30,?,Two 2032,,88,12\n24,6,,Three,,24,1\n",
    ]
    for text in others[:3]:
        assert pool_table(table(tmp_path, text)).pooled == first.pooled
    cells = "study,a,b,c,d\nOne 2031,4,36,9,32\nTwo 2032,12,88,30,68\nThree 2033,1,24,6,18\n"
    assert pool_table(table(tmp_path, cells)).pooled == first.pooled
    rows = [
        {"study": "One 2031", "a": 4, "n1": 40.0, "c": 9, "n2": 41, "other": None},
        {"study": "Two 2032", "a": 12, "n1": 100, "c": 30, "n2": 98},
        {"study": "Three 2033", "a": 1, "n1": 25, "c": 6, "n2": 24},
    ]
    assert pool_table(rows).pooled == first.pooled
    assert pool_table(iter(rows)).data == pool_table(rows).data


def test_means_effects_and_intervals(tmp_path: Path) -> None:
    means = "study,m1i,sd1i,n1i,m2i,sd2i,n2i\nA,5.1,1.2,30,6.0,1.5,28\nB,4,2,12,−5.5,1e0,14\n"
    found = pool_table(table(tmp_path, means))
    assert found.question.measure == "MD"
    assert [row.estimate for row in found.rows] == pytest.approx([-0.9, 9.5])
    assert pool_table(table(tmp_path, means), measure="SMD").rows[0].estimate is not None
    logs = "slab,yi,vi\nA,-0.5,0.04\nB,0.1,0.09\n"
    found = pool_table(table(tmp_path, logs), measure="HR", model="common", outcome="death")
    weights = (1 / 0.04, 1 / 0.09)
    mean = (-0.5 * weights[0] + 0.1 * weights[1]) / sum(weights)
    assert estimate(found) == pytest.approx(math.exp(mean), rel=1e-12)
    assert found.question.outcome == "death"
    errors = "slab,yi,sei\nA,-0.5,0.2\nB,0.1,0.3\n"
    for measure in ("HR", "OR", "SMD"):
        by_error = pool_table(table(tmp_path, errors), measure=measure, model="common")
        expected = mean if measure == "SMD" else math.exp(mean)
        assert estimate(by_error) == pytest.approx(expected, rel=1e-12)
    printed = "study,estimate,lower,upper\nA,0.7,0.5,0.98\nB,1.1,0.6,2.0\n"
    found = pool_table(table(tmp_path, printed), measure="HR")
    assert (found.rows[0].low, found.rows[0].high) == pytest.approx((0.5, 0.98), rel=1e-9)
    both = "study,a,n1,c,n2,yi,vi\nA,4,40,9,41,9,9\nB,1,25,6,24,9,9\n"
    assert pool_table(table(tmp_path, both)).rows[0].estimate == pytest.approx(0.1 / (9 / 41))
    assert pool_table(table(tmp_path, both), measure="HR").rows[0].estimate == pytest.approx(
        math.exp(9)
    )


def test_missing_cells_groups_and_names(tmp_path: Path) -> None:
    text = "study,a,n1,c,n2,group\nA,4,40,9,41,x\nA,NA,100,30,98,x\n,1,25,6,24,y\nB,3,25,,24,y\n"
    found = pool_table(table(tmp_path, text))
    assert [row.label for row in found.rows] == ["A (line 2)", "A (line 3)", "line 4", "B"]
    assert found.k == 2
    assert found.rows[1].note.startswith("not estimable: events and sizes")
    assert found.subgroups is not None
    assert found.subgroups.by == "group"
    assert [(one.name, one.k) for one in found.subgroups.groups] == [("x", 1), ("y", 1)]
    assert b"NaN" not in msgspec.json.encode(found)
    with pytest.raises(NothingToPool):
        pool_table(table(tmp_path, "study,yi,vi\nA,.,.\n"), measure="HR")
    assert pool_table(table(tmp_path, "study,yi,vi\nA,0.1,0.2\n"), measure="HR").pooled is None


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("", Unreadable, "it has no rows"),
        ("study,x\nA,1\n", Unreadable, "no columns to pool among study, x"),
        (COUNTS + "Four,5,4,1,2\n", Unreadable, "line 5, column ai: 5 events of 4"),
        (COUNTS + "Four,=1+1,4,1,2\n", Unreadable, "line 5, column ai: '=1+1', which is no number"),
        (COUNTS + "Four,-1,4,1,2\n", Unreadable, "line 5, column ai: -1, which is no number of"),
        (COUNTS + "Four,1.5,4,1,2\n", Unreadable, "column ai: 1.5, which is no number of people"),
        (COUNTS + "Four,1,2e9,1,2\n", Unreadable, "column n1i: 2e+09, which is no number of"),
        (COUNTS + "Four,1,1e999,1,2\n", Unreadable, "column n1i: '1e999', which is not finite"),
        (COUNTS + "Four,1,inf,1,2\n", Unreadable, "column n1i: 'inf', which is no number"),
        (COUNTS + "Four,1,2,3,4,5\n", Unreadable, "line 5 has 6 cells, and there are 5 columns"),
        (COUNTS + '"Four', Unreadable, "line 5: unexpected end of data"),
        (COUNTS + "F" * 1001 + ",1,2,1,2\n", Unreadable, "a cell of over 1000 characters"),
        ("study,a,ai\n", Unreadable, "columns 'a' and 'ai' mean the same"),
        ("study,yi,vi\nA,1,0\n", Unreadable, "line 2, column vi: 0, which is not positive"),
        ("study,yi,vi\nA,800,1\n", Unreadable, "column yi: 800, which is no logarithm"),
        ("study,estimate,low,high\nA,3,1,2\n", Unreadable, "estimate: 3, outside 1 to 2"),
        ("study,estimate,low,high\nA,1,0,2\n", Unreadable, "column low: 0, which is no ratio"),
        ("m1,sd1,n1,m2,sd2,n2\n1,-1,5,1,1,5\n", Unreadable, "give no HR"),
        (b"study,a\n\xff\xfe,1\n", WrongEncoding, "line 2"),
        (COUNTS + "\0", Unreadable, "NUL"),
        ("a,n1,c,n2\n" + "1,9,2,9\n" * 2001, TooLarge, "over 2000 studies"),
        (",".join(map(str, range(501))) + "\n", TooLarge, "over 500 columns"),
        (b"x" * (10 * 1024 * 1024 + 1), TooLarge, "over 10 MiB"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    tmp_path: Path, text: str | bytes, kind: type[TrialweaveError], said: str
) -> None:
    reported = isinstance(text, str) and ("yi" in text or "estimate" in text or "sd1" in text)
    with pytest.raises(kind) as error:
        pool_table(table(tmp_path, text), measure="HR" if reported else "")
    assert said in str(error.value)
    assert error.value.where == "own.csv"


def test_misuse(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="No such file"):
        pool_table(tmp_path / "none.csv")
    with pytest.raises(ValueError, match="name the measure"):
        pool_table(table(tmp_path, "study,yi,vi\nA,1,1\n"))
    with pytest.raises(ValueError, match="model 'XX'"):
        pool_table(table(tmp_path, COUNTS), model="XX")
    with pytest.raises(Unreadable, match=r"m1, sd1|no columns"):
        pool_table(table(tmp_path, "study\nA\n"))
    negative = "m1,sd1,n1,m2,sd2,n2\n1,-1,5,1,1,5\n"
    with pytest.raises(Unreadable, match="column sd1: a standard deviation of -1"):
        pool_table(table(tmp_path, negative))


def test_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    head, *rows = COUNTS.splitlines()
    turned = "\n".join([head, *reversed(rows)])
    first, second = (pool_table(table(tmp_path, text)) for text in (COUNTS, turned))
    assert estimate(second) == pytest.approx(estimate(first), rel=1e-9)
