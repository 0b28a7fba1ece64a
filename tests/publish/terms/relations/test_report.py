"""The report of what rose: one example by hand, every branch, and what must hold of any studies."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.stats import fisher_exact

from trialweave.errors import NotFound
from trialweave.publish.terms.report import report
from trialweave.publish.terms.views import Count

DAY = dt.date(2020, 1, 1)
OLD, NEW = "2019-06", "2020-06"


@pytest.fixture
def sixteen(invented: Any, study: Any) -> Any:
    """Ten studies before the day and six since: T1 in 2 and 5, W4 in 0 and 3, T2 in 4 and 1."""
    terms = {"Tides:T1": (2, 5), "Winds:W4": (0, 3), "Tides:T2": (4, 1)}
    return invented([
        *(study(f"A{at}", [term for term, (n, _) in terms.items() if at < n], start=OLD,
                countries=("Norway",)) for at in range(10)),
        *(study(f"B{at}", [term for term, (_, n) in terms.items() if at < n], start=NEW,
                countries=("Iran (Islamic Republic of)", "Norway") if at else ("Iran",))
          for at in range(6)),
        study("C", ["Tides:T1"]),
    ])  # fmt: skip


def test_sixteen_studies_by_hand(sixteen: Any, root: Path) -> None:
    found = report(sixteen, root, since=DAY)
    assert (found.before, found.during, found.undated, found.generation) == (10, 6, 1, 7)
    rose, new = found.rows
    assert (rose.term.id, rose.before, rose.since, rose.new) == ("T1", 2, 5, False)
    assert rose.ratio == pytest.approx((5 / 6) / (2 / 10), rel=1e-12)
    spread = 1.959963984540054 * math.sqrt(1 / 5 - 1 / 6 + 1 / 2 - 1 / 10)
    assert rose.lower == pytest.approx(rose.ratio / math.exp(spread), rel=1e-12)
    assert rose.upper == pytest.approx(rose.ratio * math.exp(spread), rel=1e-12)
    p = {
        "T1": fisher_exact([[5, 1], [2, 8]])[1],
        "W4": fisher_exact([[3, 3], [0, 10]])[1],
        "T2": fisher_exact([[1, 5], [4, 6]])[1],
    }
    assert rose.p == pytest.approx(p["T1"], rel=1e-9)
    smallest, middle, largest = sorted(p.values())
    by_hand = {smallest: min(3 * smallest, 1.5 * middle), middle: 1.5 * middle, largest: largest}
    assert rose.q == pytest.approx(by_hand[p["T1"]], rel=1e-9)
    assert rose.studies == ("B0", "B1", "B2", "B3", "B4")
    assert rose.countries == (Count("Iran", 5), Count("Norway", 4))
    assert (new.term.id, new.before, new.since, new.new) == ("W4", 0, 3, True)
    assert new.ratio is None
    assert new.lower is None
    assert new.upper is None
    assert new.p == pytest.approx(p["W4"], rel=1e-9)
    assert found.notes == (
        "1 terms rose and 1 are new; rates of false discovery are over 3 terms",
        "1 studies are in neither count: no day is known on which they began or were registered",
    )


def test_a_last_day_and_a_country_leave_studies(sixteen: Any, root: Path) -> None:
    nothing = report(sixteen, root, since=DAY, until=dt.date(2020, 5, 31))
    assert (nothing.before, nothing.during, nothing.rows) == (10, 0, ())
    within = report(sixteen, root, since=dt.date(2019, 6, 1), until=dt.date(2020, 6, 1))
    assert (within.before, within.during) == (0, 16)
    assert {row.new for row in within.rows} == {True}
    for asked in ("IR", "iran", " Iran (Islamic Republic of) "):
        there = report(sixteen, root, since=DAY, country=asked)
        assert (there.before, there.during, there.undated) == (0, 6, 0)
    norway = report(sixteen, root, since=DAY, country="Norway")
    assert (norway.before, norway.during) == (10, 5)
    with pytest.raises(NotFound, match="Atlantis"):
        report(sixteen, root, since=DAY, country="Atlantis")


def test_a_menu_and_a_limit_show_less_and_change_no_number(sixteen: Any, root: Path) -> None:
    whole = report(sixteen, root, since=DAY)
    drugs = report(sixteen, root, since=DAY, menu="Drug")
    assert drugs.rows == tuple(row for row in whole.rows if row.term.id == "W4")
    assert drugs.notes[0].startswith("0 terms rose and 1 are new")
    assert report(sixteen, root, since=DAY, limit=0).rows == ()


def test_a_template_counts_once_by_the_earlier(invented: Any, study: Any, root: Path) -> None:
    template = [f"Squalls:Q{at}" for at in range(20)]
    state = invented([
        study("A", template, start=OLD, sponsor="Reed Institute"),
        study("B", [*template, "Winds:W4"], start=NEW, sponsor="Reed Institute"),
        study("C", [*template, "Winds:W3"], start=NEW, sponsor="Harbour Clinic"),
        study("D", [], start=OLD),
        study("E", [], start=OLD),
    ])  # fmt: skip
    found = report(state, root, since=DAY)
    rows = {row.term.id: row for row in found.rows}
    assert (rows["Q1"].before, rows["Q1"].since, rows["Q1"].studies) == (1, 1, ("C",))
    assert rows["W4"].studies == ("B",)
    assert "1 studies repeat an earlier one" in found.notes[-1]


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    drawn=st.lists(
        st.tuples(
            st.sets(st.sampled_from(["Tides:T1", "Tides:T2", "Winds:W4"])),
            st.sampled_from(["", "2018", OLD, NEW, "2021-02"]),
        ),
        max_size=14,
    )
)
def test_every_row_counts_its_studies(drawn: Any, invented: Any, study: Any, root: Path) -> None:
    made = [study(f"S{at:02}", sorted(terms), start=day) for at, (terms, day) in enumerate(drawn)]
    found = report(invented(made), root, since=DAY)
    assert found.before + found.during + found.undated == len(made)
    for row in found.rows:
        name = f"{row.term.vocabulary}:{row.term.id}"
        having = [each for each in made if name in each.said and each.start]
        since = {each.name for each in having if each.start >= NEW}
        assert {*row.studies} == since
        assert (row.since, row.before) == (len(since), len(having) - len(since))
        assert row.new == (row.before == 0)
        if row.ratio is not None:
            assert row.ratio > 1
            assert row.lower <= row.ratio <= row.upper
        assert 0 <= row.p <= row.q <= 1
