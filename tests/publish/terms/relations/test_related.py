"""Related terms: one example by hand, every branch, and what must hold of any studies."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.stats import gamma, poisson

from trialweave.publish.terms import filtered as module
from trialweave.publish.terms.filtered import Filter, filtered
from trialweave.publish.terms.related import related, related_history
from trialweave.publish.terms.views import TermRef

TIDE = TermRef("Tides", "T1", "spring tide")
# Ten studies: T1 and W4 share six, T9 is everywhere, T8 stands alone.
TEN = {
    "Tides:T1": (0, 1, 2, 3, 4, 5, 6),
    "Winds:W4": (0, 1, 2, 3, 4, 5, 7),
    "Tides:T9": tuple(range(10)),
    "Tides:T8": (9,),
}


@pytest.fixture
def ten(invented: Any, study: Any) -> Any:
    return invented(
        study(f"S{at}", [term for term, of in TEN.items() if at in of], start=f"20{10 + at}-03")
        for at in range(10)
    )


def named(view: Any) -> dict[str, Any]:
    return {f"{row.term.vocabulary}:{row.term.id}": row for row in view.rows}


def test_ten_studies_by_hand(ten: Any, root: Path) -> None:
    view = related(ten, root, TIDE)
    lengths = [3] * 6 + [2] * 2 + [1, 2]
    kappa = 10 * sum(n * n for n in lengths) / sum(lengths) ** 2
    expected = kappa * 49 / 10
    assert (view.n, view.n_a, view.possible, view.merged) == (10, 7, 6, 0)
    assert view.kappa == pytest.approx(kappa, rel=1e-14)
    row = named(view)["Winds:W4"]
    assert (row.n_ab, row.n_a, row.n_b, row.n) == (6, 7, 7, 10)
    assert row.studies == ("S0", "S1", "S2", "S3", "S4", "S5")
    assert row.repeats == ()
    assert row.mark == ""
    assert row.expected == pytest.approx(expected, rel=1e-14)
    assert row.cosine == pytest.approx(6 / 7, rel=1e-14)
    assert row.phi == pytest.approx(11 / 21, rel=1e-14)
    assert row.ic == pytest.approx(math.log2(6.5 / (expected + 0.5)), rel=1e-14)
    for limit, share in ((row.ic025, 0.025), (row.ic975, 0.975)):
        by_hand = math.log2(gamma.ppf(share, 6.5) / (expected + 0.5))
        assert limit == pytest.approx(by_hand, rel=1e-12)
    assert row.p == pytest.approx(poisson.sf(5, expected), rel=1e-12)
    # Three pairs have the support: this one's P is the smallest of six in principle.
    assert row.q == pytest.approx(min(1.0, 6 * row.p), rel=1e-12)
    assert row.term == TermRef("Winds", "W4", "gale", "drug", row.term.menu)
    assert named(view)["Tides:T9"].phi is None  # in every study
    assert list(named(view)) == ["Winds:W4", "Tides:T9"]


def test_what_has_no_support_is_shown_only_when_asked_for(ten: Any, root: Path) -> None:
    alone = TermRef("Tides", "T8", "")
    assert related(ten, root, alone).rows == ()
    view = related(ten, root, alone, all_pairs=True)
    (row,) = view.rows
    assert (row.n_ab, row.n_a, row.n_b, row.q) == (1, 1, 10, 1.0)
    assert row.p == pytest.approx(poisson.sf(0, min(1.0, view.kappa)), rel=1e-12)
    assert "not tested" in view.notes[0]
    (tested,) = related(ten, root, alone, support=1).rows
    assert tested.p == row.p
    assert tested.n_ab == 1
    everything = related(ten, root, TIDE, all_pairs=True)
    assert [each for each in everything.rows if each.n_ab >= 5] == list(
        related(ten, root, TIDE).rows
    )


def test_an_unknown_term_has_nothing(ten: Any, root: Path) -> None:
    view = related(ten, root, TermRef("Tides", "T77", "nowhere"), all_pairs=True)
    assert (view.n, view.n_a, view.rows) == (10, 0, ())


def test_days_leave_studies(ten: Any, root: Path) -> None:
    view = related(ten, root, TIDE, since=dt.date(2011, 3, 1), until=dt.date(2015, 12, 31))
    assert (view.n, view.n_a) == (5, 5)
    assert named(view)["Winds:W4"].studies == ("S1", "S2", "S3", "S4", "S5")
    assert view.filter == "begun 2011-03-01 or later; begun 2015-12-31 or earlier"


def test_a_study_without_a_start_counts_by_its_registration(
    invented: Any, study: Any, root: Path
) -> None:
    state = invented([
        study("A", ["Tides:T1", "Winds:W4"], registered="2012-05-05"),
        study("B", ["Tides:T1", "Winds:W4"], start="2011-01-01", registered="2020-01-01"),
        study("C", ["Tides:T1", "Winds:W4"]),
    ])  # fmt: skip
    view = related(state, root, TIDE, since=dt.date(2012, 5, 5), support=1)
    assert named(view)["Winds:W4"].studies == ("A",)
    assert view.notes == (
        "1 studies are left out because no day is known on which they began or were registered",
    )
    assert related(state, root, TIDE, support=1).n == 3


def test_roles_assertions_and_a_condition_filter(
    invented: Any, study: Any, said: Any, root: Path
) -> None:
    state = invented([
        study("A", [said("Tides:T1", "outcome"), said("Winds:W4", "outcome"),
                    said("Tides:T3", "condition")]),
        study("B", [said("Tides:T1", "outcome"), said("Winds:W4", "criterion"),
                    said("Tides:T2", "condition")]),
        study("C", [said("Tides:T1", "outcome"), said("Winds:W4", "outcome", "excluded"),
                    said("Tides:T1", "condition", "negated")]),
        study("D", [said("Tides:T1", "outcome"), said("Winds:W4", "outcome", stands=False)]),
    ])  # fmt: skip

    def studies(**how: Any) -> tuple[str, ...]:
        row = named(related(state, root, TIDE, support=1, **how)).get("Winds:W4")
        return () if row is None else row.studies

    assert studies() == ("A", "B")
    assert studies(assertions=("present", "excluded")) == ("A", "B", "C")
    assert studies(roles=("outcome",)) == ("A",)
    # T3 is narrower than T1; in C the term is only negated as a condition.
    view = related(state, root, TIDE, support=1, condition=TIDE)
    assert (view.n, view.filter) == (1, "studies of spring tide")
    assert studies(condition=TermRef("Tides", "T0", "")) == ("A", "B")
    assert studies(condition=TermRef("Tides", "T77", "")) == ()
    with pytest.raises(ValueError, match="no role"):
        related(state, root, TIDE, roles=("purpose",))


def test_what_belongs_together_is_marked_and_leaves_the_ranking(
    invented: Any, study: Any, said: Any, root: Path
) -> None:
    shared = [
        "Tides:T1", "Tides:T0", "Tides:T2", "Tides:T3", "Winds:W1", "Winds:W4",
        said("Squalls:Q1", start=1_000, end=1_010),  # where T1 stands
        said("Squalls:Q2", start=1_004, end=1_014),  # half of it
        said("Squalls:Q3", start=1_010, end=1_014),  # behind it
        said("Squalls:Q4", start=1_000, end=1_010, field="public_title"),
        said("Tides:T9", start=1_000, end=1_010),  # two names of one vocabulary
    ]  # fmt: skip
    state = invented([study(f"S{at}", shared) for at in range(6)])
    view = related(state, root, TIDE)
    marks = {name: row.mark for name, row in named(view).items()}
    assert marks == {
        "Tides:T0": "broader",
        "Tides:T3": "narrower",
        "Winds:W1": "same thing",  # "tide, spring"
        "Squalls:Q1": "same thing",
        "Squalls:Q2": "same words",
        "Tides:T9": "same words",
        "Tides:T2": "",
        "Winds:W4": "",
        "Squalls:Q3": "",
        "Squalls:Q4": "",
    }
    assert view.total == 4
    assert [bool(row.mark) for row in view.rows] == [False] * 4 + [True] * 6
    # The other vocabulary refers to T2: W2 is the same thing, and W3 narrower than that.
    pair = invented([study(f"S{at}", ["Tides:T2", "Winds:W2", "Winds:W3"]) for at in range(6)])
    neap = related(pair, root, TermRef("Tides", "T2", "neap tide"))
    assert {name: row.mark for name, row in named(neap).items()} == {
        "Winds:W2": "same thing",
        "Winds:W3": "narrower",
    }
    breeze = related(pair, root, TermRef("Winds", "W2", "breeze"))
    assert named(breeze)["Tides:T2"].mark == "same thing"


def test_words_in_common_are_marked_where_most_studies_have_them(
    invented: Any, study: Any, said: Any, root: Path
) -> None:
    def mark(overlapping: int, of: int) -> str:
        studies = [
            study(
                f"S{at}", ["Tides:T1", said("Squalls:Q1", start=1_000 if at < overlapping else 5)]
            )
            for at in range(of)
        ]
        return str(named(related(invented(studies), root, TIDE))["Squalls:Q1"].mark)

    assert mark(7, 10) == ""
    assert mark(8, 10) == "same thing"


def test_a_menu_shows_its_terms_and_changes_no_number(
    invented: Any, study: Any, root: Path
) -> None:
    terms = ["Tides:T1", "Tides:T2", "Winds:W4", "Winds:W3"]
    state = invented([study(f"S{at}", terms) for at in range(6)])
    both = related(state, root, TIDE)
    drugs = related(state, root, TIDE, menu="Drug")
    assert {row.term.menu for row in both.rows} == {"Disease", "Drug"}
    assert drugs.rows == tuple(row for row in both.rows if row.term.menu == "Drug")
    assert (drugs.total, both.total) == (2, 3)
    one = related(state, root, TIDE, limit=1)
    assert sorted(row.term.menu for row in one.rows) == ["Disease", "Drug"]
    assert related(state, root, TIDE, limit=-1).rows == ()


TEMPLATE = [f"Squalls:Q{at}" for at in range(20)]


def test_a_template_of_one_sponsor_counts_once_and_loses_no_term(
    invented: Any, study: Any, root: Path
) -> None:
    state = invented([
        study("Late", ["Tides:T1", *TEMPLATE], start="2015-01", sponsor="Harbour Clinic"),
        study("Early", ["Tides:T1", "Winds:W4", *TEMPLATE], start="2014-01",
              sponsor="Harbour Clinic"),
        study("Later", ["Tides:T1", "Winds:W3", *TEMPLATE], start="2016-01",
              sponsor="Harbour Clinic"),
        study("Other", ["Tides:T1", *TEMPLATE], start="2013-01", sponsor="Reed Institute"),
    ])  # fmt: skip
    view = related(state, root, TIDE, support=1, limit=100)
    assert (view.n, view.n_a, view.merged) == (4, 2, 2)
    row = named(view)["Squalls:Q3"]
    assert (row.n_ab, row.n_a, row.n_b) == (2, 2, 2)
    assert (row.studies, row.repeats) == (("Early", "Other"), ("Late", "Later"))
    assert "Winds:W3" not in named(view)  # its study's T1 is counted by Early
    breeze = related(state, root, TermRef("Winds", "W3", ""), support=1)
    assert breeze.n_a == 1
    # What is earlier depends on the studies that are left.
    after = related(state, root, TIDE, support=1, since=dt.date(2015, 1, 1), limit=100)
    assert named(after)["Squalls:Q3"].studies == ("Late",)
    assert after.merged == 1


def test_the_last_filters_are_kept_and_no_more(
    ten: Any, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [Filter(since=dt.date(2000 + at, 1, 1)) for at in range(14)]
    made = [filtered(ten, by) for by in asked]
    assert filtered(ten, asked[-1]) is made[-1]
    assert filtered(ten, asked[2]) is made[2]
    assert filtered(ten, asked[0]) is not made[0]
    pairs = module.tested(ten, asked[-1], 5)
    assert module.tested(ten, asked[-1], 5) is pairs
    monkeypatch.setattr(module, "_PAIRS", 0)
    monkeypatch.setattr(module, "_ENTRIES", 0)
    large = filtered(ten, Filter())
    assert filtered(ten, Filter()) is large  # the last one stays, however large
    assert filtered(ten, asked[-1]) is not made[-1]
    assert module.tested(ten, Filter(), 5) is module.tested(ten, Filter(), 5)
    assert module.tested(ten, asked[-1], 5) is not pairs


def test_history_is_cumulative(ten: Any, root: Path) -> None:
    found = related_history(ten, root, TIDE, TermRef("Winds", "W4", "gale"))
    assert [point.day for point in found.points] == [dt.date(2010 + at, 3, 1) for at in range(8)]
    assert [point.n_ab for point in found.points] == [1, 2, 3, 4, 5, 6, 6, 6]
    assert [point.n_a for point in found.points] == [1, 2, 3, 4, 5, 6, 7, 7]
    assert [point.n_b for point in found.points] == [1, 2, 3, 4, 5, 6, 6, 7]
    assert found.points[-1].n == 8
    assert found.undated == 0
    nowhere = related_history(ten, root, TIDE, TermRef("Tides", "T77", ""))
    assert nowhere.points == ()


TERMS = ("Tides:T1", "Tides:T2", "Winds:W4", "Squalls:Q30", "Squalls:Q31")
MENTION = st.tuples(
    st.sampled_from(TERMS),
    st.sampled_from(["condition", "outcome", "text"]),
    st.sampled_from(["present", "negated", "excluded", "history"]),
)
STUDY = st.tuples(
    st.lists(MENTION, max_size=8),
    st.sampled_from(["", "2010", "2012-04", "2012-04-09", "2015-01"]),
    st.sampled_from(["", "Harbour Clinic", "Reed Institute"]),
    st.booleans(),
)
FILTER = st.fixed_dictionaries({}, optional={
    "roles": st.just(("outcome", "text")),
    "since": st.just(dt.date(2012, 1, 1)),
    "until": st.just(dt.date(2012, 4, 1)),
})  # fmt: skip
SLOW = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def made(drawn: Any, study: Any, said: Any) -> list[Any]:
    return [
        study(
            f"S{at:02}",
            [said(*one) for one in mentions] + (TEMPLATE if template else []),
            start=start,
            sponsor=sponsor,
        )
        for at, (mentions, start, sponsor, template) in enumerate(drawn)
    ]


def listed(studies: list[Any], term: str, roles: tuple[str, ...] = (), **days: Any) -> set[str]:
    """The studies that a term's page lists under a filter, out of what they were made of."""
    found = set()
    for each in studies:
        if days and not each.start:
            continue
        day = (each.start + "-01-01")[:10]  # the first that the start can mean
        if day < str(days.get("since", "")) or day > str(days.get("until", "9999")):
            continue
        for one in each.said:
            word, role, how = (one, "text", "present") if isinstance(one, str) else one[:3]
            fits = not roles or role in roles
            if word == term and fits and how not in ("negated", "excluded"):
                found.add(each.name)
    return found


@SLOW
@given(drawn=st.lists(STUDY, min_size=1, max_size=12), how=FILTER)
def test_every_row_names_exactly_the_studies_of_both_pages(
    drawn: Any, how: Any, invented: Any, study: Any, said: Any, root: Path
) -> None:
    studies = made(drawn, study, said)
    view = related(invented(studies), root, TIDE, support=1, limit=100, **how)
    mine = listed(studies, "Tides:T1", **how)
    for name, row in named(view).items():
        assert name != "Tides:T1"
        assert {*row.studies, *row.repeats} == mine & listed(studies, name, **how)
        assert not {*row.studies} & {*row.repeats}
        assert row.n_ab == len(row.studies) <= min(row.n_a, row.n_b) <= row.n <= len(studies)
        assert row.n_a == view.n_a <= len(mine)
        assert row.ic025 <= row.ic <= row.ic975
        assert 0 <= row.p <= row.q <= 1
    unmarked = [row.ic025 for row in view.rows if not row.mark]
    assert unmarked == sorted(unmarked, reverse=True)


@SLOW
@given(drawn=st.lists(STUDY, min_size=2, max_size=12), order=st.randoms(use_true_random=False))
def test_the_order_of_studies_changes_nothing(
    drawn: Any, order: Any, invented: Any, study: Any, said: Any, root: Path
) -> None:
    studies = made(drawn, study, said)
    shuffled = [each._replace(said=order.sample(each.said, len(each.said))) for each in studies]
    order.shuffle(shuffled)
    # Places of mentions are of their order, so they are not looked at: none overlaps another.
    once, again = (
        related(invented(each), root, TIDE, support=1, limit=100) for each in (studies, shuffled)
    )
    assert msgspec.to_builtins(once) == msgspec.to_builtins(again)


@SLOW
@given(drawn=st.lists(STUDY, min_size=2, max_size=12))
def test_a_point_of_the_history_is_what_was_related_then(
    drawn: Any, invented: Any, study: Any, said: Any, root: Path
) -> None:
    state = invented(made(drawn, study, said))
    gale = TermRef("Winds", "W4", "gale")
    for point in related_history(state, root, TIDE, gale).points:
        row = named(related(state, root, TIDE, support=1, until=point.day)).get("Winds:W4")
        if row is None:
            assert point.n_ab == 0
        else:
            assert (point.n_ab, point.n_a, point.n_b, point.n) == row_counts(row)
            assert point.ic == pytest.approx(row.ic, rel=1e-9, abs=1e-12)
            assert point.ic025 == pytest.approx(row.ic025, rel=1e-9, abs=1e-12)


def row_counts(row: Any) -> tuple[int, int, int, int]:
    return row.n_ab, row.n_a, row.n_b, row.n
