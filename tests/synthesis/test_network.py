"""Networks as they are asked for: known answers, hostile tables, several parts, what is missing."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from trialweave.errors import (
    NotFound,
    NothingToPool,
    TooLarge,
    TrialweaveError,
    Unreadable,
    WrongEncoding,
)
from trialweave.publish.league_table import as_csv, as_html, square
from trialweave.stats.network import arm_contrasts, geometry
from trialweave.synthesis import pool_table
from trialweave.synthesis.network import answer_network, shape_of
from trialweave.synthesis.network_answer import Compared, NetworkAnswer

Z = 1.959963984540054
ARMS = """study,treatment,events,n
s1,A,12,100\ns1,B,20,98\ns2,A,5,60\ns2,B,14,64\ns3,A,9,80\ns3,C,17,85\ns4,B,11,70\ns4,C,8,75
s5,A,10,120\ns5,B,22,118\ns5,C,19,121\ns6,C,30,90\ns6,D,18,95
"""
PARTS = """study,treat1,treat2,TE,seTE,n1,n2
x,A,B,-0.5,0.3,30,31\ny,A,B,-0.1,0.2,20,22\nz,C,D,0.4,0.3,40,41\nw,D,E,0.2,0.3,10,11
v,C,E,0.5,0.25,12,13
"""
# A:B, B:C, A:C on the scale of logarithms, each of one study
TRIANGLE = "study,treat1,treat2,yi,vi\ns,A,B,0.5,0.04\nt,B,C,0.3,0.09\nu,A,C,1.1,0.06\n"


def table(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "net.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def codes(answer: NetworkAnswer) -> dict[str, tuple[str, ...]]:
    return {note.code: note.about for note in answer.notes}


def against(answer: NetworkAnswer) -> dict[str, Compared]:
    return {row.treatment: row.against for row in answer.treatments}


def test_two_treatments_are_a_pairwise_meta_analysis(tmp_path: Path) -> None:
    counts = ((4, 40, 9, 41), (12, 100, 30, 98), (6, 25, 5, 24), (11, 60, 12, 61))
    rows = [{"study": f"s{i}", "treatment": name, "events": one[at], "n": one[at + 1]}
            for i, one in enumerate(counts) for name, at in (("new", 0), ("old", 2))]  # fmt: skip
    pairs = [dict(zip(("study", "a", "n1", "c", "n2"), (f"s{i}", *one), strict=True))
             for i, one in enumerate(counts)]  # fmt: skip
    answer = answer_network(rows, measure="OR", reference="old")
    pooled = pool_table(pairs, measure="OR", interval="Wald", tau2="REML").pooled
    assert pooled is not None
    found = against(answer)["new"]
    assert (found.estimate, found.low, found.high, found.p) == pytest.approx(
        (pooled.estimate, pooled.low, pooled.high, pooled.p), rel=1e-6
    )
    seen, theirs = answer.heterogeneity, pooled.heterogeneity
    assert seen is not None
    assert (seen.tau2, seen.tau2_low, seen.tau2_high) == pytest.approx(
        (theirs.tau2, theirs.tau2_low, theirs.tau2_high), rel=1e-5
    )
    assert (seen.total.q, seen.total.df, seen.total.p) == pytest.approx(
        (theirs.q, theirs.q_df, theirs.q_p)
    )
    assert seen.tau == pytest.approx(math.sqrt(seen.tau2 or 0.0))
    assert (answer.studies, answer.participants) == (4, sum(a[1] + a[3] for a in counts))
    row = answer.treatments[0]
    assert (row.treatment, row.studies, row.participants) == ("new", 4, 40 + 100 + 25 + 60)
    assert against(answer)["old"] == Compared()


def test_a_triangle_by_hand(tmp_path: Path) -> None:
    answer = answer_network(table(tmp_path, TRIANGLE), measure="or", model="common", reference="c")
    ab = next(one for one in answer.comparisons if (one.first, one.second) == ("A", "B"))
    indirect, variance = 1.1 - 0.3, 0.06 + 0.09
    share = variance / (variance + 0.04)
    mixed = share * 0.5 + (1 - share) * indirect
    error = math.sqrt(share * 0.04)

    def shown(effect: float, se: float) -> tuple[float, ...]:
        p = math.erfc(abs(effect) / se / math.sqrt(2))
        return (*map(math.exp, (effect, effect - Z * se, effect + Z * se)), p)

    for one, expected in (
        (ab.network, shown(mixed, error)),
        (ab.direct, shown(0.5, 0.2)),
        (ab.indirect, shown(indirect, math.sqrt(variance))),
        (ab.difference, shown(0.5 - indirect, math.sqrt(variance + 0.04))),
    ):
        assert (one.estimate, one.low, one.high, one.p) == pytest.approx(expected, rel=1e-12)
    assert ab.direct_share == pytest.approx(share)
    (loop,) = answer.loops
    assert loop.treatments == ("A", "B", "C")
    assert loop.factor.estimate == pytest.approx(math.exp(0.5 + 0.3 - 1.1))
    q = 0.3**2 / (0.04 + 0.09 + 0.06)
    seen = answer.heterogeneity
    assert seen is not None
    assert (seen.total.q, seen.between.q, seen.between.df) == pytest.approx((q, q, 1))
    assert (seen.within.q, seen.within.df, seen.within.p) == (0.0, 0, None)
    assert seen.between_random == msgspec.structs.replace(seen.between, q=None, p=None)
    assert seen.tau2_within is None
    assert {"common effect", "no heterogeneity within", "no participants"} <= set(codes(answer))
    assert against(answer)["A"].estimate == pytest.approx(
        math.exp(1.1 * (1 - 0.06 / 0.19) + 0.8 * 0.06 / 0.19)
    )
    assert all(row.prediction_low is None for row in answer.treatments)
    assert (answer.reference, answer.cycles, answer.density) == ("C", 1, 1.0)
    assert answer.participants is None
    assert [one.studies for one in answer.designs] == [("s",), ("t",), ("u",)]


def test_a_study_of_three_arms_alone_tells_what_it_found() -> None:
    rows = [{"study": "one", "trt": name, "mi": mean, "sdi": 2, "ni": n}
            for name, mean, n in (("A", 5.0, 20), ("B", 4.0, 25), ("C", 7.5, 40))]  # fmt: skip
    answer = answer_network(rows, model="common", small_is_good=False)
    assert (answer.measure, answer.reference, answer.multi_arm) == ("MD", "A", ("one",))
    found = against(answer)
    se = math.sqrt(4 / 20 + 4 / 40)
    ends = (found["C"].estimate, found["C"].low, found["C"].high)
    assert ends == pytest.approx((2.5, 2.5 - Z * se, 2.5 + Z * se))
    assert [row.treatment for row in answer.treatments] == ["C", "A", "B"]  # the best first
    assert all(one.indirect == Compared() for one in answer.comparisons)
    assert codes(answer)["no indirect evidence"] == ("A:B", "A:C", "B:C")
    assert answer.loops == ()
    assert {"no heterogeneity", "no loops", "no triangles"} <= set(codes(answer))


def test_rates_and_differences_keep_their_scale() -> None:
    rows = [{"study": "s", "treatment": "A", "events": 5, "time": 100.0},
            {"study": "s", "treatment": "B", "events": 20, "time": 200.0}]  # fmt: skip
    answer = answer_network(rows, model="common", reference="A")
    assert answer.measure == "IRR"
    assert against(answer)["B"].estimate == pytest.approx(2.0)
    rows = [{"study": "s", "treatment": "A", "events": 5, "n": 100},
            {"study": "s", "treatment": "B", "events": 20, "n": 200}]  # fmt: skip
    for measure, expected in (("", 2.0), ("RD", 0.05), ("AS", math.asin(0.1**0.5) -
                              math.asin(0.05**0.5)), ("OR", (20 / 180) / (5 / 95))):  # fmt: skip
        answer = answer_network(rows, measure=measure, model="common", reference="A")
        assert against(answer)["B"].estimate == pytest.approx(expected)


def test_ranking_needs_a_direction_and_turns_with_it(tmp_path: Path) -> None:
    path = table(tmp_path, ARMS)
    small = answer_network(path, measure="OR", small_is_good=True)
    large = answer_network(path, measure="OR", small_is_good=False)
    plain = answer_network(path, measure="OR")
    assert [row.treatment for row in small.treatments] == ["D", "A", "C", "B"]
    assert [row.treatment for row in large.treatments] == ["B", "C", "A", "D"]
    assert [row.treatment for row in plain.treatments] == ["A", "B", "C", "D"]
    scores = {row.treatment: row.p_score for row in small.treatments}
    for row in large.treatments:
        assert row.p_score == pytest.approx(1.0 - scores[row.treatment])  # type: ignore[operator]
    assert sum(score or 0.0 for score in scores.values()) == pytest.approx(2.0)
    assert "no direction" in codes(plain)
    assert "no direction" not in codes(small)
    assert {row.p_score for row in plain.treatments} == {None}
    assert "P-scores" in small.method
    assert "P-scores" not in plain.method
    assert small.league is not None
    assert small.league.treatments == ("D", "A", "C", "B")


def test_the_league_table_says_both_kinds_of_evidence(tmp_path: Path) -> None:
    answer = answer_network(table(tmp_path, ARMS), measure="OR", reference="B")
    assert answer.league is not None
    below, above = answer.league.rows[1][0], answer.league.rows[0][1]
    ab = answer.comparisons[0]
    assert below is not None
    assert above is not None
    assert answer.league.rows[2][2] is None
    assert (below.first, below.second, below.source) == ("A", "B", "network")
    assert (below.estimate, below.low, below.high) == (
        against(answer)["A"].estimate, against(answer)["A"].low, against(answer)["A"].high
    )  # fmt: skip
    assert (above.first, above.second, above.source, above.studies) == ("A", "B", "direct", 3)
    assert above.estimate == ab.direct.estimate
    assert (ab.studies, ab.participants) == (3, 100 + 98 + 60 + 64 + 120 + 118)
    rows = square(answer)
    assert [rows[i][i] for i in range(4)] == ["A", "B", "C", "D"]
    assert rows[0][3] == "–"
    assert rows[1][0] == "0.42 (0.26 to 0.66)"
    lines = as_csv(answer).splitlines()
    assert lines[0].endswith(",A,B,C,D")
    assert lines[0].startswith('"odds ratios with 95% intervals, random effects. Below')
    assert lines[2].startswith("B,0.42 (0.26 to 0.66),B,")
    page = as_html(answer)
    assert "<td>0.42 (0.26 to 0.66)</td>" in page
    assert "Treatments stand by name" in page


def test_names_that_would_be_markup_or_formulas_are_neither() -> None:
    rows = [{"study": "s", "treatment": name, "events": e, "n": 50}
            for name, e in (("<b>x</b>", 4), ("=1+1", 9), ("\x1b[31mred", 5))]  # fmt: skip
    answer = answer_network(rows, model="common")
    page = as_html(answer)
    assert "<b>" not in page
    assert "\x1b" not in page + as_csv(answer)
    assert as_csv(answer).splitlines()[0].endswith(",'=1+1")
    assert all(not line.startswith("=") for line in as_csv(answer).splitlines())


def test_parts_are_named_and_each_is_answered(tmp_path: Path) -> None:
    path = table(tmp_path, PARTS)
    whole = answer_network(path, measure="MD")
    assert (whole.connected, whole.part, whole.studies) == (False, 0, 5)
    assert [(one.number, one.treatments, one.studies) for one in whole.parts] == [
        (1, ("C", "D", "E"), ("z", "w", "v")),
        (2, ("A", "B"), ("x", "y")),
    ]
    assert (whole.league, whole.heterogeneity, whole.method) == (None, None, "")
    assert {row.against for row in whole.treatments} == {Compared()}
    assert "disconnected" in codes(whole)
    assert square(whole) == []
    assert [one.studies for one in whole.comparisons] == [2, 1, 1, 1]
    second = answer_network(path, measure="MD", part=2, reference="b")
    assert (second.connected, second.part, second.studies) == (True, 2, 2)
    assert second.participants == 30 + 31 + 20 + 22
    assert "disconnected" not in codes(second)
    alone = [line for line in PARTS.splitlines() if line[0] in "sxy"]
    other = answer_network(table(tmp_path, "\n".join(alone)), measure="MD", reference="B")
    assert other.treatments == second.treatments
    assert other.heterogeneity == second.heterogeneity
    assert (other.part, other.connected, len(other.parts)) == (1, True, 1)
    path = table(tmp_path, PARTS)
    with pytest.raises(ValueError, match="no part 3; the network has 2"):
        answer_network(path, measure="MD", part=3)
    with pytest.raises(ValueError, match="no part -1"):
        answer_network(path, measure="MD", part=-1)
    with pytest.raises(ValueError, match="called 'A'; there are C, D, E"):
        answer_network(path, measure="MD", part=1, reference="A")


def test_the_shape_is_that_of_the_studies(tmp_path: Path) -> None:
    rows = [line.split(",") for line in ARMS.split("\n")[1:] if line]
    study, treatment, events, n = zip(*rows, strict=True)
    expected = geometry(
        arm_contrasts("OR", study, treatment, events=list(map(float, events)),
                      n=list(map(float, n)))
    )  # fmt: skip
    found = shape_of(answer_network(table(tmp_path, ARMS), measure="OR", small_is_good=True))
    assert found == expected._replace(multi_arm=())
    parts = shape_of(answer_network(table(tmp_path, PARTS), measure="MD"))
    assert parts.parts == (("C", "D", "E"), ("A", "B"))
    assert shape_of(answer_network(table(tmp_path, PARTS), measure="MD", part=2)).parts == (
        ("A", "B"),
    )
    unknown = shape_of(answer_network(table(tmp_path, TRIANGLE), measure="OR"))
    assert math.isnan(unknown.nodes[0].participants)
    assert math.isnan(unknown.edges[0].participants)


def test_a_study_without_events_is_left_out_by_name(tmp_path: Path) -> None:
    path = table(tmp_path, ARMS + "none,A,0,50\nnone,D,0,50\n")
    answer = answer_network(path, measure="OR")
    assert codes(answer)["no events"] == ("none",)
    without = answer_network(table(tmp_path, ARMS), measure="OR")
    assert answer.treatments == without.treatments
    kept = answer_network(table(tmp_path, ARMS + "none,A,0,50\nnone,D,0,50\n"), measure="RD")
    assert kept.studies == 7
    assert codes(kept)["corrected"] == ("none",)
    zero = answer_network(table(tmp_path, ARMS + "zero,A,0,50\nzero,D,3,50\n"), measure="OR")
    assert codes(zero)["corrected"] == ("zero",)
    assert "0.5 was added to the cells of all arms" in zero.method
    assert "0.5" not in without.method


def test_a_tree_of_single_studies_has_no_random_effects(tmp_path: Path) -> None:
    text = "study,treat1,treat2,yi,sei\ns,A,B,0.5,0.2\nt,B,C,0.3,0.3\n"
    answer = answer_network(table(tmp_path, text), measure="OR", small_is_good=True)
    assert {row.against for row in answer.treatments} == {Compared()}
    assert {row.p_score for row in answer.treatments} == {None}
    assert [row.treatment for row in answer.treatments] == ["A", "B", "C"]
    assert {"no heterogeneity", "no random effects", "no loops"} <= set(codes(answer))
    assert "no prediction" not in codes(answer)
    seen = answer.heterogeneity
    assert seen is not None
    assert (seen.tau2, seen.tau, seen.i2, seen.total.p) == (None, None, None, None)
    given = answer_network(table(tmp_path, text), measure="OR", tau2=0.1, reference="A")
    assert given.tau2_method == "given"
    assert "set beforehand" in given.method
    assert "prediction intervals by" not in given.method
    found = against(given)["B"]
    assert found.low == pytest.approx(math.exp(-0.5 - Z * math.sqrt(0.04 + 0.1)))
    assert {row.prediction_low for row in given.treatments} == {None}
    assert "no prediction" in codes(given)
    assert "no random effects" not in codes(given)
    common = answer_network(table(tmp_path, text), measure="OR", model="common", reference="A")
    assert against(common)["C"].estimate == pytest.approx(math.exp(-0.8))
    assert not {"no random effects", "no prediction"} & set(codes(common))
    for one in (answer, given, common):
        assert b"NaN" not in msgspec.json.encode(one)
        assert "Infinity" not in json.dumps(msgspec.to_builtins(one))


def test_missing_cells_and_names_in_other_cases(tmp_path: Path) -> None:
    text = ARMS.replace("s2,A,5,60", "s2,a,NA,60").replace("s3,A,9", "s3,  a ,9")
    answer = answer_network(table(tmp_path, text), measure="OR")
    assert codes(answer)["alike"] == ("A = a",)
    assert codes(answer)["arm without data"] == ("s2",)
    assert codes(answer)["one arm"] == ("s2",)
    assert answer.studies == 5
    pairs = "studlab,t1,t2,te,vi\ns,A,B,0.5,0.04\nt,B,C,,0.09\nu,A,C,1.1,0.06\n"
    answer = answer_network(table(tmp_path, pairs), measure="SMD", model="common")
    assert codes(answer)["no effect"] == ("t",)
    only = "study,treatment,events,n\ns,A,0,9\ns,B,0,9\nt,A,1,5\n"
    with pytest.raises(NothingToPool, match="No study compares two treatments") as error:
        answer_network(table(tmp_path, only), measure="OR")
    assert "without any event" in str(error.value)
    assert "one arm" in str(error.value)


def test_intervals_become_standard_errors(tmp_path: Path) -> None:
    text = "study,treat1,treat2,estimate,low,high\ns,A,B,0.5,0.25,1.0\n"
    found = answer_network(table(tmp_path, text), measure="HR", model="common", reference="B")
    one = against(found)["A"]
    assert (one.estimate, one.low, one.high) == pytest.approx((0.5, 0.25, 1.0))
    found = answer_network(table(tmp_path, text), measure="MD", model="common", reference="B")
    one = against(found)["A"]
    assert (one.estimate, one.low, one.high) == pytest.approx((0.5, 0.125, 0.875))
    text = "study,treat1,treat2,effect,se\ns,A,B,0.5,0.1\n"
    one = against(
        answer_network(table(tmp_path, text), measure="MD", model="common", reference="B")
    )["A"]
    assert (one.estimate, one.low) == pytest.approx((0.5, 0.5 - 0.1 * Z))
    with pytest.raises(Unreadable, match="'effect' and 'se' do not say whether they are log"):
        answer_network(table(tmp_path, text), measure="OR")
    rounded = "study,treat1,treat2,yi,sei\ns,A,B,0.51,0.2\ns,B,C,0.3,0.2\ns,A,C,0.8,0.2\n"
    with pytest.raises(Unreadable, match="study 's': its effects do not add up"):
        answer_network(table(tmp_path, rounded), measure="OR")
    answer_network(table(tmp_path, rounded), measure="OR", model="common", tolerance=0.02)


def test_ratios_too_large_to_print_are_left_out_with_a_note(tmp_path: Path) -> None:
    text = "study,treat1,treat2,yi,sei\ns,A,B,690,10\n"
    answer = answer_network(table(tmp_path, text), measure="OR", model="common", reference="B")
    found = against(answer)["A"]
    assert found.estimate == pytest.approx(math.exp(690))
    assert found.high is None
    assert "not printable" in codes(answer)
    difference = answer_network(table(tmp_path, text), measure="MD", model="common")
    assert "not printable" not in codes(difference)


def test_many_triangles_are_not_listed() -> None:
    def answer(arms: int) -> NetworkAnswer:
        both = [("all", i) for i in range(arms)] + [("two", 0), ("two", 1)]
        rows = [{"study": study, "treatment": f"t{i:02}", "events": 5 + i, "n": 90}
                for study, i in both]  # fmt: skip
        return answer_network(rows, measure="OR")

    for arms, listed in ((19, False), (20, True)):  # 969 and 1140 triangles
        found = answer(arms)
        assert ("many triangles" in codes(found)) is listed
        assert len(found.loops) == (0 if listed else 17)  # those that the second study is in
        assert found.heterogeneity is not None
        assert found.heterogeneity.between.df == 1


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("", Unreadable, "it has no rows"),
        ("study,x\nA,1\n", Unreadable, "no network among the columns study, x"),
        ("treatment,events,n\nA,1,2\n", Unreadable, "no network among the columns treatment"),
        ("study,treat1,yi,sei\nA,1,2,3\n", Unreadable, "no network among the columns study, tr"),
        ("study,treatment,treat1\n", Unreadable, "'treatment' and 'treat1' do not go together"),
        ("study,treat1,treat2,treat3\n", Unreadable, "'treat3': a row holds all arms"),
        ("study,treatment,n\ns,A,5\n", Unreadable, "OR by arms needs the columns events, n"),
        ("study,treat1,treat2\ns,A,B\n", Unreadable, "no effect with a standard error"),
        (ARMS + "s7,A,5,4\n", Unreadable, "line 15, column events: 5 events of 4"),
        (ARMS + "s7,A,=1,4\n", Unreadable, "line 15, column events: '=1', which is no number"),
        (ARMS + "s7,A,-1,4\n", Unreadable, "column events: -1, which is no number of people"),
        (ARMS + "s7,A,1,4.5\n", Unreadable, "column n: 4.5, which is no number of people"),
        (ARMS + "s7,A,1,1e999\n", Unreadable, "column n: '1e999', which is not finite"),
        (ARMS + "s7,A,1,2,3\n", Unreadable, "line 15 has 5 cells"),
        (ARMS + ",A,1,2\n", Unreadable, "line 15, column study: no name"),
        (ARMS + "s7, ,1,2\n", Unreadable, "line 15, column treatment: no name"),
        (ARMS + "s1,a,1,2\n", Unreadable, "study 's1': has 'A' twice; combine the arms first"),
        (ARMS + '"s7', Unreadable, "line 15: unexpected end of data"),
        ("study,n,N,treatment\n", Unreadable, "columns 'n' and 'N' mean the same"),
        (TRIANGLE + "s,A,C,1,0.04\n", Unreadable, "study 's': has 2 comparisons of 3 treatments"),
        (TRIANGLE + "v,A,A,1,0.04\n", Unreadable, "study 'v': compares 'A' with itself"),
        (TRIANGLE + "v,A,B,1,0\n", Unreadable, "line 5, column vi: 0, which is not positive"),
        (TRIANGLE + "v,A,B,701,1\n", Unreadable, "column yi: 701, which is no logarithm"),
        (TRIANGLE + "v,A,B,1,2e12\n", Unreadable, "column vi: 2e+12, which is beyond what it can"),
        (TRIANGLE + "v,A,B,1,9e-13\n", Unreadable, "column vi: 9e-13, which is beyond what it"),
        (
            TRIANGLE + "v,A,B,1,1e12\nw,A,B,1,9e-5\n",
            Unreadable,
            "studies 'w' and 'v' have variances of 9e-05 and 1e+12",
        ),
        (
            TRIANGLE + "v,A,B,-500,1\nw,A,B,1,9e-12\n",
            Unreadable,
            "study 'v' has an effect of 5e+02, and study 'w' a standard error of 3e-06",
        ),
        ("study,t1,t2,estimate,low,high\nA,B,C,3,1,2\n", Unreadable, "estimate: 3, outside 1 to"),
        ("study,t1,t2,estimate,low,high\nA,B,C,1,0,2\n", Unreadable, "low: 0, which is no ratio"),
        (b"study,treatment\n\xff,1\n", WrongEncoding, "line 2"),
        (ARMS + "\0", Unreadable, "NUL"),
        ("study,treatment,events,n\n" + "s,A,1,9\n" * 2001, TooLarge, "over 2000 rows"),
        (
            "study,treatment,events,n\n" + "".join(f"s,t{i},1,9\n" for i in range(61)),
            TooLarge,
            "over 60 treatments",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(
    tmp_path: Path, text: str | bytes, kind: type[TrialweaveError], said: str
) -> None:
    with pytest.raises(kind) as error:
        answer_network(table(tmp_path, text), measure="OR")
    assert said in str(error.value)
    assert error.value.where == "net.csv"
    assert error.value.next_step or said in str(error.value)


def test_measured_arms_are_checked_too(tmp_path: Path) -> None:
    head = "study,treatment,mean,sd,n\ns,A,1,1,20\ns,B,2,1,20\n"
    for text, said in (
        ("t,A,1,-1,20\n", "column sd: -1, which is beyond what it can be"),
        ("t,A,-2e12,1,20\n", "column mean: -2e+12, which is beyond what it can be"),
    ):
        with pytest.raises(Unreadable, match=said.replace("+", r"\+")):
            answer_network(table(tmp_path, head + text))
    with pytest.raises(Unreadable, match="arms give no HR"):
        answer_network(table(tmp_path, head), measure="HR")
    with pytest.raises(Unreadable, match="its arms have no numbers to compare"):
        answer_network(table(tmp_path, "study,treatment\ns,A\n"))
    rates = "study,treatment,events,time\ns,A,1,-5\n"
    with pytest.raises(Unreadable, match="column time: -5, which is beyond"):
        answer_network(table(tmp_path, rates))
    several = "study,treatment,events,n,time\ns,A,9,5,100\ns,B,20,6,100\n"  # events per person
    found = answer_network(table(tmp_path, several), measure="IRR", model="common")
    assert found.participants == 11


def test_misuse(tmp_path: Path) -> None:
    path = table(tmp_path, ARMS)
    for choice, said in (
        ({"measure": "XX"}, "no measure is called 'XX'; there are OR"),
        ({"model": "XX"}, "no model is called 'XX'; there are common, random"),
        ({"tau2": "XX"}, "unknown method 'XX'"),
        ({"tau2": -1.0}, "τ² must be finite and not negative"),
        ({"tau2": math.nan}, "τ² must be finite and not negative"),
        ({"level": 1.0}, "level"),
        ({"reference": "E"}, "no treatment is called 'E'; there are A, B, C, D"),
    ):
        with pytest.raises(ValueError, match=said):
            answer_network(path, **choice)  # type: ignore[arg-type]
    with pytest.raises(NotFound, match="No such file"):
        answer_network(tmp_path / "none.csv")
    with pytest.raises(ValueError, match="name the measure"):
        answer_network(table(tmp_path, TRIANGLE))
    for tolerance in (-1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="a tolerance must be finite"):
            answer_network(table(tmp_path, TRIANGLE), measure="OR", tolerance=tolerance)


def test_order_of_rows_columns_and_form_of_the_file_do_not_matter(tmp_path: Path) -> None:
    first = answer_network(table(tmp_path, ARMS), measure="OR")
    assert (len(first.data), first.table, first.reference) == (64, "net.csv", "A")
    head, *rows = ARMS.splitlines()
    random.Random(3).shuffle(rows)
    turned = "\n".join([head, *rows])
    other = ["\ufeff" + ARMS.replace(",", ";").replace("\n", "\r\n"),
             ARMS.replace("treatment,events,n", "TRT\txi\tNi").replace(",", "\t")]  # fmt: skip
    for text in (turned, *other):
        second = answer_network(table(tmp_path, text), measure="OR")
        assert [row.treatment for row in second.treatments] == ["A", "B", "C", "D"]
        for one, two in zip(first.treatments, second.treatments, strict=True):
            pairs = (one.against.estimate, one.prediction_high), (
                two.against.estimate, two.prediction_high)  # fmt: skip
            if one.against.estimate is not None:
                assert pairs[0] == pytest.approx(pairs[1], rel=1e-7)


def test_the_method_is_told_as_it_was_chosen(tmp_path: Path) -> None:
    path = table(tmp_path, ARMS)
    random_effects = answer_network(path, measure="OR", tau2="DL", level=0.9)
    assert random_effects.method.startswith("Odds ratios were compared in a frequentist network")
    assert "DerSimonian and Laird" in random_effects.method
    prediction = "prediction intervals by t with 4 degrees of freedom"
    assert f"90% intervals are Wald intervals; {prediction}" in random_effects.method
    common = answer_network(path, measure="OR", model="common")
    assert "A common effect was assumed; 95% intervals" in common.method
    assert "τ²" not in common.method


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "measure"),
    [("dat.senn2013", "MD"), ("dat.woods2010", "OR"), ("dat.hasselblad1998", "RR")],
)
def test_tables_of_published_networks_give_what_netmeta_gives(
    shared: Path, name: str, measure: str
) -> None:
    path = shared / "data" / "stats" / f"{name}.json"
    if not path.exists():
        pytest.skip(f"{path.name} is not there")
    held: dict[str, Any] = json.loads(path.read_text())
    columns = held["input"]
    rows = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    want = next(one for one in held["nets"][measure] if one["method_tau"] == "DL")
    names = want["treatments"]
    answer = answer_network(rows, measure=measure, tau2="DL", reference=names[0])
    ours = against(answer)
    to = np.exp if measure != "MD" else np.asarray
    assert {row.treatment for row in answer.treatments} == set(names)
    for i, one in enumerate(names[1:], 1):
        for key, got in (
            ("TE_random", ours[one].estimate),
            ("lower_random", ours[one].low),
            ("upper_random", ours[one].high),
        ):
            assert got == pytest.approx(float(to(want[key][i][0])), rel=1e-8)


def test_identical_effects_have_no_heterogeneity(tmp_path: Path) -> None:
    rows = "".join(f"s{i},A,5,50\ns{i},B,10,50\n" for i in range(3))
    answer = answer_network(table(tmp_path, "study,treatment,events,n\n" + rows), measure="OR")
    seen = answer.heterogeneity
    assert seen is not None
    assert (seen.tau2, seen.tau2_low, seen.i2, seen.total.q) == (0.0, 0.0, 0.0, 0.0)
    assert against(answer)["B"].estimate == pytest.approx((10 / 40) / (5 / 45))


def test_whatever_the_numbers_nothing_is_missing_in_silence() -> None:
    told = {
        ("OR", "RR", "RD", "AS"): {"events": (0, 1, 5, 10**9, "NA"), "n": (0, 5, 20, 10**9, "")},
        ("MD", "SMD", "ROM"): {
            "mean": (0, 1, -3, 1e12, 1e-12), "sd": (0, 1, 1e-12, 1e12), "n": (0, 1, 20, 10**9),
        },
        ("IRR",): {"events": (0, 1, 10**9), "time": (0, 10, 1e-12, 1e12)},
    }  # fmt: skip
    chance = random.Random(5)
    connected = 0
    for _ in range(150):
        measures, columns = chance.choice(list(told.items()))
        rows = [
            {"study": f"s{s}", "treatment": name}
            | {column: chance.choice(values) for column, values in columns.items()}
            for s in range(chance.randint(1, 6))
            for name in chance.sample("ABCD", chance.randint(1, 4))
        ]
        try:
            answer = answer_network(
                rows, measure=chance.choice(measures), model=chance.choice(("random", "common"))
            )
        except (Unreadable, NothingToPool):
            continue
        connected += answer.connected
        held = json.dumps(msgspec.to_builtins(answer))
        assert "NaN" not in held
        assert "Infinity" not in held
        missing = [row for row in answer.treatments if row.against.estimate is None]
        alone = {row.treatment for row in missing} == {answer.reference}
        assert alone or {"disconnected", "no random effects", "not printable"} & set(codes(answer))
    assert connected > 15
