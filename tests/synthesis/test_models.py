"""Every measure and model against formulas written out here or the statistics called directly."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest
from scipy import stats

from trialweave.errors import NothingToPool
from trialweave.stats.effects import mean_difference, smd
from trialweave.stats.pooling import mantel_haenszel, peto
from trialweave.stats.pooling.bayes import bayes
from trialweave.stats.pooling.beta_binomial import beta_binomial
from trialweave.stats.pooling.glmm import glmm
from trialweave.synthesis import Chosen, Group, Question, Selection, Stated, Synthesis, pool
from trialweave.synthesis.effects import computed, is_ratio, kin
from trialweave.synthesis.likelihoods import tau_prior
from trialweave.synthesis.models import Model, data_of, fit_sets

Maker = Callable[..., Chosen]

# invented: events and sizes; means, standard deviations and sizes
TABLES = [(4, 40, 9, 41), (12, 100, 30, 98), (1, 25, 6, 24), (0, 15, 3, 16)]
MEANS = [(5.1, 1.2, 30, 6.0, 1.5, 28), (4.0, 2.0, 12, 5.5, 1.0, 14), (7.2, 0.9, 50, 7.1, 1.1, 48)]
Z = 1.959963984540054


def counted(chosen: Maker, tables: Any = TABLES) -> tuple[Chosen, ...]:
    return tuple(chosen(f"S{i}", *table) for i, table in enumerate(tables))


def measured(chosen: Maker) -> tuple[Chosen, ...]:
    return tuple(
        chosen(
            f"M{i}", 0, 0, 0, 0, kind="continuous",
            treatment=Group("t", n1, mean=m1, sd=s1), control=Group("c", n2, mean=m2, sd=s2),
        )
        for i, (m1, s1, n1, m2, s2, n2) in enumerate(MEANS)
    )  # fmt: skip


def reported(chosen: Maker, *effects: Stated) -> tuple[Chosen, ...]:
    return tuple(
        chosen(
            f"R{i}", 0, 0, 0, 0, kind="effect", stated=one, treatment=Group("t"), control=Group("c")
        )
        for i, one in enumerate(effects)
    )


def answer(rows: tuple[Chosen, ...], **choices: Any) -> Synthesis:
    found = pool(Question("x", **choices), Selection(rows, ()))
    assert b"NaN" not in msgspec.json.encode(found)
    return found


def common(y: Any, v: Any) -> tuple[float, float]:
    """The inverse-variance mean and its standard error."""
    w = 1.0 / np.asarray(v)
    return float(np.sum(w * y) / np.sum(w)), float(1.0 / np.sqrt(np.sum(w)))


@pytest.mark.parametrize("measure", ["MD", "SMD", "ROM"])
def test_means(chosen: Maker, measure: Any) -> None:
    columns = [np.array(column) for column in zip(*MEANS, strict=True)]
    m1, s1, n1, m2, s2, n2 = columns
    if measure == "ROM":
        y, v = np.log(m1 / m2), s1**2 / (n1 * m1**2) + s2**2 / (n2 * m2**2)
    else:
        y, v = mean_difference(*columns) if measure == "MD" else smd(*columns)
    mean, se = common(y, v)
    scale = np.exp if measure == "ROM" else float
    found = answer(measured(chosen), measure=measure, model="common")
    assert found.pooled is not None
    assert found.pooled.estimate == pytest.approx(scale(mean), rel=1e-12)
    assert found.pooled.low == pytest.approx(scale(mean - Z * se), rel=1e-12)
    assert (found.treated, found.controls, found.events_treated) == (92, 90, 0)
    assert [effect.measure for effect in found.rows[0].effects] == ["MD", "SMD", "ROM"]
    assert {one.measure for one in found.measures} == {"MD", "SMD", "ROM"}
    assert not any("Mantel" in row.name for row in found.sensitivity)


def test_hazard_ratios_as_reported(chosen: Maker) -> None:
    effects = [Stated("HR", 0.7, 0.5, 0.98), Stated("HR", 1.1, 0.6, 2.0, 0.9)]
    found = answer(reported(chosen, *effects), measure="HR", model="common")
    se = [(math.log(one.high / one.low)) / (2 * stats.norm.ppf(0.5 + one.level / 2))
          for one in effects]  # fmt: skip
    mean, error = common(np.log([0.7, 1.1]), np.square(se))
    assert found.pooled is not None
    assert found.pooled.estimate == pytest.approx(math.exp(mean), rel=1e-12)
    assert found.pooled.high == pytest.approx(math.exp(mean + Z * error), rel=1e-12)
    assert kin("HR") == ("HR",)
    assert found.rows[0].stated == effects[0]
    assert found.rows[0].weight == pytest.approx(100 * se[1] ** 2 / (se[0] ** 2 + se[1] ** 2))
    assert "Hazard ratios" in found.method
    assert "zero cell" not in found.method


def test_a_reported_ratio_stands_beside_computed_ones(chosen: Maker) -> None:
    rows = (*counted(chosen), *reported(chosen, Stated("OR", 0.5, 0.3, 0.9)))
    mixed = answer(rows, measure="OR", model="common")
    assert mixed.k == 5
    note = "As reported, its variance from its interval: R0."
    assert note in mixed.notes
    strict = answer(rows, measure="OR", model="MH")
    alone = answer(counted(chosen), measure="OR", model="MH")
    assert strict.k == 4
    assert strict.pooled == alone.pooled
    assert strict.rows[-1].weight is None
    assert strict.rows[-1].note == "not pooled: the model MH needs the events of both groups"
    other = answer(rows, measure="RR")
    assert other.k == 4
    assert other.rows[-1].note == "not estimable: the study reports a OR, not a RR"


@pytest.mark.parametrize(
    ("stated", "why"),
    [
        (Stated("HR", 2.0, 0.5, 1.5), "outside its own interval"),
        (Stated("HR", 0.5, 0.0, 1.5), "not a finite number"),
        (Stated("HR", math.inf, 0.5, math.inf), "not a finite number"),
        (Stated("HR", 1.0, 1.0, 1.0), "outside its own interval"),
    ],
)
def test_effects_that_cannot_be_meant(chosen: Maker, stated: Stated, why: str) -> None:
    (note,) = computed("HR", reported(chosen, stated)).notes
    assert why in note
    with pytest.raises(NothingToPool, match=why):
        answer(reported(chosen, stated), measure="HR")


def test_zero_cells_by_each_convention(chosen: Maker) -> None:
    rows = counted(chosen, [(0, 10, 5, 30), (0, 10, 0, 10), (3, 10, 5, 30), (0, 0, 1, 9)])

    def ratio(convention: str) -> tuple[list[float], tuple[str, ...]]:
        found = computed("RR", rows, convention)
        return np.exp(found.yi).tolist(), found.notes

    only0, notes = ratio("only0")
    assert only0[0] == pytest.approx((0.5 / 11) / (5.5 / 31))
    assert only0[2] == pytest.approx(0.3 / (5 / 30))
    assert [math.isnan(value) for value in only0] == [False, True, False, True]
    assert notes == (
        "zero cell: 0.5 added to each cell",
        "not estimable: no events, or only events, in both groups",
        "",
        "not estimable: a group is empty",
    )
    every, notes = ratio("all")
    assert every[2] == pytest.approx((3.5 / 11) / (5.5 / 31))
    assert notes[0] == notes[2] == ""
    arm, notes = ratio("treatment-arm")
    assert arm[0] == pytest.approx((0.25 / 10.5) / (5.75 / 31.5))
    assert "in proportion" in notes[0]
    none, notes = ratio("none")
    assert math.isnan(none[0])
    assert notes[0] == "not estimable: a zero cell, and nothing is added"
    assert computed("RD", rows, "only0").notes[1] == "zero cell: 0.5 added to each cell"
    assert math.isnan(computed("RD", rows, "none").yi[1])


@pytest.mark.parametrize("measure", ["RR", "OR", "RD"])
def test_mantel_haenszel(chosen: Maker, measure: Any) -> None:
    tables = [*TABLES, (0, 30, 0, 20)]
    theirs = mantel_haenszel(measure, *map(list, zip(*tables, strict=True)), drop00=measure != "RD")
    found = answer(counted(chosen, tables), measure=measure, model="MH")
    scale = np.exp if is_ratio(measure) else np.asarray
    assert found.pooled is not None
    assert found.k == (5 if measure == "RD" else 4)
    triple = (found.pooled.estimate, found.pooled.low, found.pooled.high)
    expected = [float(scale(x)) for x in (theirs.estimate, theirs.low, theirs.high)]
    assert triple == pytest.approx(expected, rel=1e-12)
    assert found.pooled.prediction_low is None
    assert found.pooled.heterogeneity.tau2 is None
    assert found.pooled.heterogeneity.i2 == pytest.approx(float(theirs.i2))
    assert found.measures == (found.pooled,)
    assert sum(row.weight or 0.0 for row in found.rows) == pytest.approx(100.0)
    assert (found.rows[-1].weight is None) == (measure != "RD")
    same = [row for row in found.sensitivity if row.group == "method" and row.as_asked]
    assert [row.name.split(", ")[1] for row in same] == ["Mantel-Haenszel"]
    shown = "zero cell: 0.5 added to each cell, in the effect shown and not in the pooled one"
    assert found.rows[3].note == shown


def test_peto(chosen: Maker) -> None:
    theirs = peto(*map(list, zip(*TABLES, strict=True)))
    found = answer(counted(chosen), measure="OR", model="Peto", level=0.9)
    assert found.pooled is not None
    assert found.pooled.estimate == pytest.approx(math.exp(theirs.estimate), rel=1e-12)
    assert "Peto's one-step" in found.method
    assert "90% interval" in found.method


def test_models_of_likelihood_and_posterior(chosen: Maker) -> None:
    columns = [list(column) for column in zip(*TABLES, strict=True)]
    rows = (*counted(chosen), *reported(chosen, Stated("RR", 0.5, 0.3, 0.9)))
    mixed = answer(rows, measure="OR", model="GLMM")
    theirs = glmm("UM.FS", *columns)
    assert mixed.pooled is not None
    assert mixed.pooled.estimate == pytest.approx(math.exp(theirs.estimate), rel=1e-9)
    assert mixed.pooled.heterogeneity.q == pytest.approx(theirs.lrt)
    assert mixed.pooled.prediction_df == 3
    assert mixed.rows[0].weight is None
    beta = answer(rows, measure="RR", model="beta-binomial")
    by_beta = beta_binomial("RR", *columns)
    assert beta.pooled is not None
    assert beta.k == 4
    assert beta.pooled.high == pytest.approx(math.exp(by_beta.high), rel=1e-9)
    posterior = answer(rows, measure="RR", model="Bayes")
    y, v, _ = computed("RR", rows)
    by_bayes = bayes(y, v, tau_prior=tau_prior("RR"))
    assert posterior.pooled is not None
    assert posterior.k == 5
    assert posterior.pooled.estimate == pytest.approx(math.exp(by_bayes.mu.median), rel=1e-9)
    assert posterior.pooled.prediction_low == pytest.approx(math.exp(by_bayes.prediction.low))
    assert posterior.pooled.heterogeneity.tau2 == pytest.approx(by_bayes.tau.median**2)
    assert posterior.pooled.p is None
    for found, name, words in (
        (mixed, "binomial-normal mixed model", "split evenly"),
        (beta, "beta-binomial model", "one correlation"),
        (posterior, "Bayesian random effects", "half-normal with scale 0.5"),
    ):
        assert words in found.method
        others = [row for row in found.sensitivity if row.group != "method"]
        assert all(f"not by the {name}" in row.note for row in others)
        assert not any(row.as_asked for row in others)
        (own,) = [row for row in found.sensitivity if row.as_asked]
        assert own.name.startswith(name)
        assert found.pooled is not None
        assert own.estimate == found.pooled.estimate


def test_a_flat_prior_needs_three_studies(chosen: Maker) -> None:
    assert tau_prior("MD").kind == "uniform"
    assert tau_prior("SMD").kind == "half-normal"
    found = answer(measured(chosen)[:2], measure="MD", model="Bayes")
    assert found.k == 2
    assert found.pooled is None
    assert any("prior" in note for note in found.notes)
    whole = answer(measured(chosen), measure="MD", model="Bayes")
    assert whole.pooled is not None
    assert "flat prior of τ" in whole.method


@pytest.mark.parametrize(
    ("prediction", "words"),
    [("k-1", "k - 1"), ("k-2", "k - 2"), ("normal", "normal quantiles"), ("HK", "of the interval")],
)
def test_prediction_intervals(chosen: Maker, prediction: str, words: str) -> None:
    found = answer(counted(chosen), measure="OR", prediction=prediction)
    one = found.pooled
    assert one is not None
    assert words in found.method
    tau2, mean = one.heterogeneity.tau2, math.log(one.estimate)
    assert tau2 is not None
    assert one.low is not None
    wald = (math.log(one.wald_high or 0) - mean) / Z
    se = (mean - math.log(one.low)) / stats.t.ppf(0.975, 3) if prediction == "HK" else wald
    df = {"k-2": 2, "normal": math.inf}.get(prediction, 3)
    half = stats.t.ppf(0.975, df) * math.sqrt(tau2 + se**2)
    assert math.log(one.prediction_high or 0) - mean == pytest.approx(half, rel=1e-9)


def test_sets_are_fitted_as_if_alone(chosen: Maker) -> None:
    rows = counted(chosen)
    sets = np.array([[True, True, False, True], [False, True, True, False], [False] * 4])
    for name in ("random", "common", "MH", "Peto"):
        model = Model("OR", name)
        fits = fit_sets(model, data_of(model, rows), sets)
        for found, members in zip(fits[:2], sets[:2], strict=True):
            some = tuple(row for row, member in zip(rows, members, strict=True) if member)
            alone = fit_sets(model, data_of(model, some), np.ones((1, len(some)), dtype=bool))[0]
            assert found.k == alone.k == members.sum()
            assert found[1:4] == pytest.approx(alone[1:4], rel=1e-9)
            assert found.weights is not None
            assert np.isnan(found.weights[~members]).all()
            assert np.nansum(found.weights) == pytest.approx(100.0)
        assert fits[2].k == 0
        assert math.isnan(fits[2].estimate)
    with pytest.raises(ValueError, match="'nope'"):
        fit_sets(Model("OR", "nope"), data_of(Model("OR"), rows), sets)


def test_subgroups_and_the_test_between_them(chosen: Maker) -> None:
    names = ["a", "a", "b", "b"]
    rows = tuple(
        msgspec.structs.replace(row, group=name)
        for row, name in zip(counted(chosen), names, strict=True)
    )
    found = answer(rows, measure="OR", subgroup="product")
    assert found.subgroups is not None
    assert [(one.name, one.k) for one in found.subgroups.groups] == [("a", 2), ("b", 2)]
    parts = [answer(rows[:2], measure="OR").pooled, answer(rows[2:], measure="OR").pooled]
    assert [one.pooled for one in found.subgroups.groups] == parts
    y = np.log([one.estimate for one in parts if one])
    se = np.array([math.log((one.wald_high or 0) / (one.wald_low or 1)) for one in parts if one])
    mean, _ = common(y, (se / (2 * Z)) ** 2)
    q = np.sum((y - mean) ** 2 / (se / (2 * Z)) ** 2)
    assert found.subgroups.q == pytest.approx(q, rel=1e-9)
    assert found.subgroups.p == pytest.approx(stats.chi2.sf(q, 1), rel=1e-9)
    assert found.subgroups.df == 1
    assert found.subgroups.notes == ("τ² is estimated in each subgroup by itself.",)
    few = msgspec.structs.replace(rows[3], group="")
    single = answer((*rows[:3], few), measure="OR", subgroup="product").subgroups
    assert single is not None
    assert [(one.name, one.k) for one in single.groups] == [("a", 2), ("b", 1), ("not told", 1)]
    assert single.df == 2
    assert single.groups[1].pooled is None
    assert "b, not told" in single.notes[1]
    one_group = answer(rows[:2], measure="OR", subgroup="product").subgroups
    assert one_group is not None
    assert (one_group.q, one_group.df, one_group.p) == (None, 0, None)
    assert "no test" in one_group.notes[-1]
    fixed = answer(rows, measure="OR", subgroup="product", model="MH").subgroups
    assert fixed is not None
    assert fixed.notes == ()


def test_bad_input_is_told_and_never_nan(chosen: Maker) -> None:
    huge = counted(chosen, [(300_000, 1_000_000, 290_000, 1_000_000), (1, 10, 2, 10)])
    for model in ("random", "common", "MH", "Peto", "Bayes"):
        found = answer(huge, measure="OR", model=model)
        assert found.pooled is not None
        assert found.pooled.k == 2
    same = answer(counted(chosen, [(5, 10, 5, 10)] * 3), measure="RR")
    assert any("no width" in note for note in same.notes)
    none = counted(chosen, [(3, 20, 0, 20), (2, 15, 0, 12)])
    found = answer(none, measure="RR", model="MH")
    assert found.pooled is None
    assert any("not defined" in note for note in found.notes)
    assert not any("One study" in note for note in found.notes)
    for measure in ("RR", "OR", "RD"):
        assert answer(counted(chosen)[:1], measure=measure, model="MH").pooled is None


def test_where_a_method_misleads_is_said(chosen: Maker) -> None:
    zeros = counted(chosen, [(0, 10, 5, 30), (0, 12, 2, 40), (3, 20, 5, 22)])
    halves, many = "arms differ in size by half", "A third or more"

    def said(**choices: Any) -> str:
        return " ".join(answer(zeros, **choices).notes)

    assert halves in said()
    assert many in said()
    assert "Sweeting, Sutton & Lambert" in said()
    assert halves not in said(zero_cells="treatment-arm")
    assert many in said(zero_cells="treatment-arm")
    assert many not in said(model="MH")
    assert "Peto's odds ratio is" in said(model="Peto", measure="OR")
    assert "Fewer than 1 in 100" not in said(tau2="DL")
    rare = counted(chosen, [(2, 900, 4, 910), (1, 1000, 3, 990)])
    by_dl = " ".join(answer(rare, tau2="DL").notes)
    assert "Fewer than 1 in 100" in by_dl
    assert "Fewer than 1 in 100" not in " ".join(answer(rare).notes)
    plenty = counted(chosen, [(9, 20, 4, 20), (5, 25, 9, 24)])
    assert halves not in " ".join(answer(plenty, zero_cells="none").notes)
