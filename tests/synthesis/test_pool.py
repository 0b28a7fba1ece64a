"""Pooled numbers against independent calculations, and what a synthesis says about itself."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from trialweave.errors import NothingToPool
from trialweave.synthesis import Chosen, LeftOut, Question, Selection, Synthesis, pool

Maker = Callable[..., Chosen]

# invented tables: events and size of the treated, events and size of the controls
TABLES = [
    (4, 40, 9, 41),
    (12, 100, 30, 98),
    (1, 25, 6, 24),
    (30, 210, 29, 190),
    (7, 33, 5, 35),
    (0, 15, 3, 16),
]


def selection(chosen: Maker, tables: Sequence[tuple[int, int, int, int]]) -> Selection:
    return Selection(tuple(chosen(f"S{i}", *table) for i, table in enumerate(tables)), ())


def pooled(chosen: Maker, question: Question, tables: Any = TABLES) -> Synthesis:
    return pool(question, selection(chosen, tables))


def log_ratios(measure: str) -> tuple[np.ndarray, np.ndarray]:
    """Log ratios and variances, 0.5 added to each cell of tables with a zero cell."""
    y, v = [], []
    for a, n1, c, n2 in TABLES:
        b, d = n1 - a, n2 - c
        cells = [x + 0.5 if 0 in (a, b, c, d) else float(x) for x in (a, b, c, d)]
        a_, b_, c_, d_ = cells
        if measure == "OR":
            y.append(math.log(a_ * d_ / (b_ * c_)))
            v.append(sum(1 / x for x in cells))
        else:
            y.append(math.log(a_ / (a_ + b_) / (c_ / (c_ + d_))))
            v.append(1 / a_ - 1 / (a_ + b_) + 1 / c_ - 1 / (c_ + d_))
    return np.array(y), np.array(v)


def reml(y: np.ndarray, v: np.ndarray) -> float:
    """τ² by maximising the restricted likelihood as it is written, over its logarithm."""

    def minus_likelihood(log_tau2: float) -> float:
        w = 1 / (v + math.exp(log_tau2))
        mu = np.sum(w * y) / np.sum(w)
        return float(-np.sum(np.log(w)) + math.log(np.sum(w)) + np.sum(w * (y - mu) ** 2)) / 2

    found = optimize.minimize_scalar(minus_likelihood, bounds=(-12, 4), method="bounded",
                                     options={"xatol": 1e-10})  # fmt: skip
    return math.exp(found.x)


@pytest.mark.parametrize("measure", ["RR", "OR"])
def test_reml_with_hartung_and_knapp(chosen: Maker, measure: Any) -> None:
    y, v = log_ratios(measure)
    tau2 = reml(y, v)
    w = 1 / (v + tau2)
    mu = np.sum(w * y) / np.sum(w)
    k = len(y)
    se = math.sqrt(np.sum(w * (y - mu) ** 2) / (k - 1) / np.sum(w))
    t = stats.t.ppf(0.975, k - 1)
    found = pooled(chosen, Question("mortality", measure=measure)).pooled
    assert found is not None
    assert found.heterogeneity.tau2 == pytest.approx(tau2, rel=1e-5)
    assert found.estimate == pytest.approx(math.exp(mu), rel=1e-6)
    assert found.low == pytest.approx(math.exp(mu - t * se), rel=1e-6)
    assert found.high == pytest.approx(math.exp(mu + t * se), rel=1e-6)
    assert found.df == k - 1
    wald = 1 / math.sqrt(np.sum(w))
    assert found.wald_low == pytest.approx(math.exp(mu - 1.959963984540054 * wald), rel=1e-6)
    width = t * math.sqrt(tau2 + wald**2)
    assert found.prediction_high == pytest.approx(math.exp(mu + width), rel=1e-5)
    assert found.prediction_df == k - 1
    q = np.sum((y - np.sum(y / v) / np.sum(1 / v)) ** 2 / v)
    assert found.heterogeneity.q == pytest.approx(q)
    assert found.heterogeneity.q_p == pytest.approx(stats.chi2.sf(q, k - 1))


def test_dersimonian_laird_against_statsmodels(chosen: Maker) -> None:
    from statsmodels.stats.meta_analysis import combine_effects

    y, v = log_ratios("OR")
    theirs = combine_effects(y, v, method_re="chi2", use_t=False)
    ours = pooled(chosen, Question("mortality", measure="OR", tau2="DL", interval="Wald"))
    assert ours.pooled is not None
    low, high = theirs.conf_int(alpha=0.05)[1]
    assert ours.pooled.estimate == pytest.approx(math.exp(theirs.mean_effect_re))
    assert (ours.pooled.low, ours.pooled.high) == pytest.approx((math.exp(low), math.exp(high)))
    weights = [row.weight for row in ours.rows]
    assert weights == pytest.approx(list(100 * theirs.weights_re / np.sum(theirs.weights_re)))


def test_rows_show_effects_on_their_own_scale(chosen: Maker) -> None:
    row = pooled(chosen, Question("mortality")).rows[1]
    effects = {effect.measure: effect for effect in row.effects}
    assert row.estimate == effects["RR"].estimate == pytest.approx(0.12 / (30 / 98))
    assert effects["OR"].estimate == pytest.approx((12 / 88) / (30 / 68))
    difference = 0.12 - 30 / 98
    half = 1.959963984540054 * math.sqrt(0.12 * 0.88 / 100 + (30 / 98) * (68 / 98) / 98)
    assert effects["RD"].estimate == pytest.approx(difference)
    assert effects["RD"].low == pytest.approx(difference - half)


def test_no_undefined_number_hides(chosen: Maker) -> None:
    """Whatever is undefined is None, so that JSON has no NaN."""
    for tables in (TABLES, TABLES[:1], TABLES[:2], [(5, 10, 5, 10)] * 3):
        answer = pooled(chosen, Question("mortality"), tables)
        assert b"NaN" not in msgspec.json.encode(answer)
        assert msgspec.json.decode(msgspec.json.encode(answer), type=Synthesis) == answer


def test_one_study_is_shown_and_not_pooled(chosen: Maker) -> None:
    answer = pooled(chosen, Question("mortality"), TABLES[:1])
    assert (answer.k, answer.pooled, answer.measures) == (1, None, ())
    assert answer.rows[0].weight is None
    assert "nothing is pooled" in " ".join(answer.notes)
    assert {row.note for row in answer.sensitivity if row.k} == {"one study: its own result"}


def test_nothing_to_pool(chosen: Maker) -> None:
    gone = LeftOut("x", "X", "design", "…", chosen("X", 1, 9, 2, 9))
    with pytest.raises(NothingToPool, match="1 design"):
        pool(Question("mortality"), Selection((), (gone,)))
    none = [(0, 20, 0, 20), (15, 15, 12, 12)]
    with pytest.raises(NothingToPool, match="estimable RR"):
        pooled(chosen, Question("mortality"), none)
    assert pooled(chosen, Question("mortality", measure="RD"), none).k == 2


def test_double_zero_studies_are_named_and_do_not_count(chosen: Maker) -> None:
    tables = [*TABLES, (0, 50, 0, 50), (9, 9, 8, 8)]
    answer = pooled(chosen, Question("mortality"), tables)
    assert answer.k == len(TABLES)
    assert answer.treated == sum(table[1] for table in TABLES)
    assert [row.weight for row in answer.rows[-2:]] == [None, None]
    assert answer.rows[-1].note.startswith("not estimable")
    assert any("S6, S7" in note for note in answer.notes)
    without = pooled(chosen, Question("mortality"))
    assert answer.pooled == without.pooled


def test_zero_cells_are_named(chosen: Maker) -> None:
    answer = pooled(chosen, Question("mortality"))
    assert [row.label for row in answer.rows if row.note] == ["S5"]
    assert any("zero cell" in note and "S5" in note for note in answer.notes)


def test_sensitivity_brings_back_what_the_question_leaves_out(chosen: Maker) -> None:
    base = [chosen(f"S{i}", *table) for i, table in enumerate(TABLES[:4])]
    flagged = chosen("F", 2, 30, 9, 31, flags=("c1",), own_flags=("c1",))
    elsewhere = chosen("E", 3, 30, 8, 31, flags=("c2",))
    cohort = chosen("C", 10, 50, 20, 50, allocation="non-randomised")
    asked_out = chosen("O", 10, 50, 20, 50)
    question = Question("mortality")
    answer = pool(
        question,
        Selection(
            (*base, flagged, elsewhere),
            (
                LeftOut("C", "C", "design", "", cohort),
                LeftOut("O", "O", "excluded", "", asked_out),
                LeftOut("N", "N", "no result", ""),
            ),
        ),
    )
    rows = {row.name: row for row in answer.sensitivity}
    assert rows["randomised only"].as_asked
    assert rows["randomised only"].k == 6
    assert rows["all comparative designs"].k == 7
    assert rows["randomised, without studies with any flag"].k == 4
    assert rows["randomised, without studies flagged on this outcome"].k == 5
    assert rows["all comparative designs, without studies with any flag"].k == 5
    main = answer.pooled
    assert main is not None
    assert rows["randomised only"].estimate == pytest.approx(main.estimate, rel=1e-9)
    wald = rows["random effects (REML), Wald interval"]
    assert (wald.low, wald.high) == pytest.approx((main.wald_low, main.wald_high))
    leave_one_out = [row for row in answer.sensitivity if row.group == "leave one out"]
    assert [row.k for row in leave_one_out] == [5] * 6
    alone = pool(question, Selection((*base, elsewhere), ()))
    assert alone.pooled is not None
    assert rows["without F"].estimate == pytest.approx(alone.pooled.estimate, rel=1e-9)


def test_mantel_haenszel_against_statsmodels(chosen: Maker) -> None:
    from statsmodels.stats.contingency_tables import StratifiedTable

    tables = [np.array([[a, n1 - a], [c, n2 - c]]) for a, n1, c, n2 in TABLES]
    theirs = StratifiedTable(tables)
    answer = pooled(chosen, Question("mortality", measure="OR"))
    row = next(row for row in answer.sensitivity if "Mantel" in row.name)
    low, high = theirs.oddsratio_pooled_confint()
    assert (row.estimate, row.low, row.high) == pytest.approx(
        (theirs.oddsratio_pooled, low, high), rel=1e-6
    )


def test_the_method_sentence_names_every_choice(chosen: Maker) -> None:
    words = pooled(
        chosen, Question("x", measure="OR", tau2="PM", interval="Wald", level=0.9)
    ).method
    for choice in ("Odds ratios", "Paule and Mandel", "Wald", "90%", "Q-profile", "k - 1", "0.5"):
        assert choice in words


def test_disagreement_of_intervals_is_said(chosen: Maker) -> None:
    tables = [(10, 100, 22, 100), (11, 100, 19, 100)]
    notes = " ".join(pooled(chosen, Question("mortality"), tables).notes)
    assert "depends on its method" in notes
    assert "two studies" in notes.lower()


TABLE = st.tuples(
    st.integers(1, 40), st.integers(0, 40), st.integers(1, 40), st.integers(0, 40)
).map(lambda t: (t[0], t[0] + t[1] + 1, t[2], t[2] + t[3] + 1))


@settings(max_examples=30, deadline=None)
@given(st.lists(TABLE, min_size=2, max_size=6), st.randoms(use_true_random=False))
def test_order_does_not_matter_and_swapped_arms_invert(
    chosen: Maker, tables: list[tuple[int, int, int, int]], random: Any
) -> None:
    question = Question("mortality", measure="OR")
    first = pooled(chosen, question, tables).pooled
    swapped = pooled(chosen, question, [(c, n2, a, n1) for a, n1, c, n2 in tables]).pooled
    random.shuffle(tables)
    shuffled = pooled(chosen, question, tables).pooled
    assert first is not None
    assert swapped is not None
    assert shuffled is not None
    assert shuffled.estimate == pytest.approx(first.estimate, rel=1e-6)
    assert swapped.estimate == pytest.approx(1 / first.estimate, rel=1e-6)


@pytest.mark.shared
@pytest.mark.parametrize("measure", ["RR", "OR", "RD"])
def test_against_metafor(shared: Path, chosen: Maker, measure: Any) -> None:
    """Tightly converged results for published tables; 1e-6 of the standard error."""
    compared = 0
    for path in sorted((shared / "data" / "stats").glob("dat.*.json")):
        data = json.loads(path.read_text(encoding="utf-8"))
        for analysis in data.get("analyses", ()) if data.get("type") == "binary" else ():
            plain = {"add": 0.5, "to": "only0", "drop00": False}
            if analysis.get("measure") != measure or analysis.get("escalc") != plain:
                continue
            names = [analysis["cols"][name] for name in ("ai", "n1i", "ci", "n2i")]
            source = {**data["input"], **analysis.get("data", {})}
            if not all(name in source for name in names):
                continue
            rows = [i - 1 for i in analysis["rows_used"]]
            tables = [tuple(source[name][i] for name in names) for i in rows]
            if measure != "RD" and any(
                (a == 0 and c == 0) or (a == n1 and c == n2) for a, n1, c, n2 in tables
            ):
                continue  # those studies are left out here and kept there
            for fit in analysis["rma_uni"]:
                if fit.get("method") != "REML" or fit.get("test") not in ("z", "knha"):
                    continue
                if not isinstance(fit.get("estimate"), float):
                    continue
                interval = "HK" if fit["test"] == "knha" else "Wald"
                question = Question("x", measure=measure, interval=interval)
                found = pooled(chosen, question, tables).pooled
                assert found is not None
                ratio = math.log if measure != "RD" else float
                for ours, theirs in (
                    (found.estimate, fit["estimate"]),
                    (found.low, fit["ci_lb"]),
                    (found.high, fit["ci_ub"]),
                ):
                    assert ours is not None
                    assert abs(ratio(ours) - theirs) < 3e-6 * fit["se"], (path.name, fit["test"])
                compared += 1
    assert compared > 10
