"""The operations on terms together, on a workspace of its own."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from trialweave.errors import InputError, NotFound
from trialweave.model import Annotation
from trialweave.store.mentions import rows_of
from trialweave.terms import shelf
from trialweave.terms.term import Name, Release, Term
from trialweave.workspace import Workspace

NUMBERS = [f"NCT9990000{at}" for at in range(6)]


def registration(number: str, year: int) -> dict[str, Any]:
    return {
        "protocolSection": {
            "identificationModule": {"nctId": number, "briefTitle": f"Trial {number[-2:]}"},
            "statusModule": {"startDateStruct": {"date": f"{year}-02-01"}},
        }
    }


@pytest.fixture(scope="module")
def w(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Six trials; "lull" is in all, "squall" in the last three."""
    folder = tmp_path_factory.mktemp("relations")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shelf.shipped, "FOLDER", folder / "none")
        document = folder / "trials.json"
        made = [registration(number, 2015 + at) for at, number in enumerate(NUMBERS)]
        document.write_text(json.dumps({"studies": made}))
        w = Workspace(folder / "w")
        w.add([document])
        terms = (Term("T1", (Name("lull"),)), Term("T2", (Name("squall"),)))
        shelf.add(w.root, Release("Tides", "1", "", "", terms), [("tides.obo", b"tides")])
        mentions = [
            Annotation(f"ctgov:{number}", "brief_summary", "outcome", 50 * term, 50 * term + 4,
                       "lull", "Tides", f"T{term}", "lull", "as written")
            for at, number in enumerate(NUMBERS)
            for term in (1, 2)
            if term == 1 or at >= 3
        ]  # fmt: skip
        w._state().__dict__["mentions"] = rows_of(mentions)
        yield w


def test_terms_are_asked_for_as_people_write_them(w: Workspace) -> None:
    view = w.related_terms("LULL", support=1)
    (row,) = view.rows
    assert (view.term.id, row.term.id, row.n_ab, row.n) == ("T1", "T2", 3, 6)
    assert row.studies == tuple(NUMBERS[3:])
    assert w.related_terms("T1", vocabulary="tides", support=1) == w.related_terms(
        "lull", support=1
    )
    late = w.related_terms("lull", since=dt.date(2019, 1, 1), roles=["Outcome"], support=1)
    assert (late.n, late.rows[0].n_ab) == (2, 2)
    assert w.related_terms("lull", condition="squall").n == 0
    assert w.related_terms("lull").rows == ()
    assert len(w.related_terms("lull", all_pairs=True).rows) == 1
    assert w.related_terms("lull", assertions=["negated"]).n_a == 0
    assert w.related_terms("lull", menu="drug", support=1).rows == ()


def test_history_and_report(w: Workspace) -> None:
    points = w.term_history("lull", "squall").points
    assert [(point.day.year, point.n_ab) for point in points] == [
        (2015 + at, max(0, at - 2)) for at in range(6)
    ]
    assert w.term_history("lull", "squall", condition="lull").points == ()
    found = w.terms_report(dt.date(2018, 1, 1))
    assert [(row.term.id, row.before, row.since) for row in found.rows] == [("T2", 0, 3)]
    assert (found.before, found.during) == (3, 3)


def test_what_is_not_there_is_said(w: Workspace) -> None:
    with pytest.raises(NotFound, match=r"role 'purpose'.*condition, intervention"):
        w.related_terms("lull", roles=["purpose"])
    with pytest.raises(NotFound, match="assertion"):
        w.related_terms("lull", assertions=["denied"])
    with pytest.raises(NotFound, match="list of terms"):
        w.terms_report(dt.date(2018, 1, 1), menu="Planet")
    with pytest.raises(NotFound):
        w.related_terms("no such term at all")
    with pytest.raises(InputError, match="support of 0"):
        w.related_terms("lull", support=0)
    with pytest.raises(InputError, match="one term"):
        w.term_history("lull", "T1")
    for asked in (w.related_terms, None):
        days = {"since": dt.date(2020, 1, 2), "until": dt.date(2020, 1, 1)}
        with pytest.raises(InputError, match="Exchange"):
            asked("lull", **days) if asked else w.terms_report(**days)


def test_an_empty_workspace_says_so(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="empty"):
        Workspace(tmp_path).terms_report(dt.date(2020, 1, 1))
