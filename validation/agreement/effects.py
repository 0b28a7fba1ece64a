"""Effects of single studies beyond 2x2 tables, and what meta and netmeta make of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from scipy import special

from agreement.frame import (
    CLOSED,
    ITERATIVE,
    Block,
    Deviation,
    deviate,
    not_computed,
    number,
    numbers,
)
from trialweave.stats.effects import (
    Effects,
    back_transform,
    correlation,
    double_arcsine_proportion,
    effect,
    from_o_minus_e,
    harmonic_mean,
    mean_difference,
    proportion,
    rate_effect,
    ratio_of_means,
    smd,
    smd_by_second_sd,
    smd_unequal_sds,
)
from trialweave.stats.intervals import clopper_pearson
from trialweave.stats.pooling import pool
from trialweave.stats.recompute import t_test

MEANS = ("m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i")
Array = np.ndarray

OF_VARIANT: dict[tuple[str, str], Callable[..., Effects]] = {
    ("MD", "vtype HO (pooled SD)"): lambda *a: mean_difference(*a, pooled=True),
    ("SMD", "vtype LS2"): lambda *a: smd(*a, variance="LS2"),
    ("SMD", "vtype UB"): lambda *a: smd(*a, variance="UB"),
    ("SMD", "vtype AV"): lambda *a: smd(*a, variance="AV"),
    ("SMD", "correct=FALSE (Cohen d)"): lambda *a: smd(*a, correction="none"),
    ("SMDH", "heteroscedastic"): smd_unequal_sds,
    ("ROM", "default (5.x: second-order bias correction on)"): (
        lambda *a: ratio_of_means(*a, correct=True)
    ),
    ("ROM", "correct=FALSE"): ratio_of_means,
}


def _columns(block: Block, names: Sequence[str]) -> list[Array]:
    rows = [row - 1 for row in block.content.get("rows_used", [])] or slice(None)
    return [numbers(block.table[block.columns[name]])[rows] for name in names]


def _studies(kind: str, place: str, got: Effects, yi: list[Any], vi: Array) -> Iterator[Deviation]:
    """Every study's effect and variance; R's NA beside a variance of 0 here is the same."""
    for i, want in enumerate(numbers(yi)):
        error = math.sqrt(got.vi[i])
        nothing = math.isnan(vi[i]) and not got.vi[i] > 0
        unit = max(abs(want), error)
        if math.isfinite(want) or not nothing:
            yield deviate(f"effect {kind}", f"{place} #{i}", got.yi[i], want, CLOSED, unit)
        if not nothing:
            yield deviate(f"variance {kind}", f"{place} #{i}", got.vi[i], vi[i], CLOSED, vi[i])


def compare_effects(block: Block) -> Iterator[Deviation]:
    """metafor's escalc of all but the tables and the default variants of MD and SMD."""
    content = block.content
    measure, variant = content.get("measure", ""), content.get("variant") or ""
    if not block.table or block.kind == "binary" or "rows_used" not in content:
        return
    if (measure, variant) in OF_VARIANT:
        got = OF_VARIANT[measure, variant](*_columns(block, MEANS))
    elif block.kind == "proportion":
        got = proportion(measure, *_columns(block, ("xi", "ni")))
    elif block.kind == "correlation":
        got = correlation(measure, *_columns(block, ("ri", "ni")))
    elif measure == "GEN":
        got = _generic(block)
    else:
        return
    name = f"{measure} {variant}".strip()
    yield from _studies(name, block.place, got, content["yi"], numbers(content["vi"]))


def _generic(block: Block) -> Effects:
    """Effects that the table itself holds."""
    rows = [row - 1 for row in block.content["rows_used"]]
    if {"OmE", "V"} <= block.table.keys():
        log_rank = from_o_minus_e(
            numbers(block.table["OmE"])[rows], numbers(block.table["V"])[rows]
        )
        return Effects(log_rank.yi, log_rank.vi)
    (yi,) = _columns(block, ("yi",))
    if block.columns["vi"]:
        return Effects(yi, *_columns(block, ("vi",)))
    return Effects(yi, _columns(block, ("sei",))[0] ** 2)


def compare_rates(block: Block) -> Iterator[Deviation]:
    """metafor's escalc of rates; R's tables of rates come without the rows used."""
    if block.kind != "rate2":
        return
    content = block.content
    got = rate_effect(content["measure"], *_columns(block, ("x1i", "t1i", "x2i", "t2i")))
    yield from _studies(content["measure"], block.place, got, content["yi"], numbers(content["vi"]))


def _squares(want: dict[str, Any]) -> Array:
    return numbers(want["seTE"]) ** 2


def compare_means(block: Block) -> Iterator[Deviation]:
    """meta's metacont: studies and inverse-variance results."""
    want, columns = block.want, _columns(block, MEANS)
    if want["sm"] == "MD":
        got = mean_difference(*columns, pooled=bool(want.get("pooledvar")))
    elif want["sm"] == "ROM":
        got = ratio_of_means(*columns)
    elif want.get("exact.smd") is False:
        got = smd(*columns, correction="approximate", variance="RevMan")
    elif want.get("method.smd") == "Cohen":
        got = smd(*columns, correction="none", variance="UB")
    elif want.get("method.smd") == "Glass":
        got = smd_by_second_sd(columns[0], *columns[2:], correction="none")
    else:
        got = smd(*columns, variance="UB")
    yield from _studies(f"meta {want['sm']}", block.place, got, want["TE"], _squares(want))
    yield from _common(block, got)
    yield from _random(block, got, "Wald")


PROPORTIONS = {"PLOGIT": "PLO", "PRAW": "PR"}


def compare_proportions(block: Block) -> Iterator[Deviation]:
    """meta's metaprop: studies with their intervals, and inverse-variance results."""
    want, (x, n) = block.want, _columns(block, ("xi", "ni"))
    measure: Any = PROPORTIONS.get(want["sm"], want["sm"])
    got = proportion(measure, x, n, convention="meta")
    yield from _studies(f"meta {measure}", block.place, got, want["TE"], _squares(want))
    limits = clopper_pearson(x, n)
    for side, key in (("low", "ci_lower_study_clopper_pearson"), ("high", "ci_upper_study")):
        events = getattr(limits, side) * n
        with np.errstate(divide="ignore"):
            scaled = (
                np.log(events / n)
                if measure == "PLN"
                else np.log(events / (n - events))
                if measure == "PLO"
                else proportion(measure, events, n, to="none").yi
            )
        if measure == "PR":
            scaled = events / n
        for i, (g, w) in enumerate(zip(scaled, numbers(want[key]), strict=True)):
            place, unit = f"{block.place} #{i}", max(abs(w), math.sqrt(got.vi[i]))
            yield deviate(f"meta {measure} study {side}", place, g, w, CLOSED, unit)
    if want.get("method") != "GLMM":
        yield from _common(block, got)
        yield from _random(block, got, "Wald" if want["method_random_ci"] == "classic" else "HK")


def compare_rate_syntheses(block: Block) -> Iterator[Deviation]:
    """meta's metainc: studies, and inverse-variance results."""
    want = block.want
    got = rate_effect(want["sm"], *_columns(block, ("x1i", "t1i", "x2i", "t2i")))
    yield from _studies(f"meta {want['sm']}", block.place, got, want["TE"], _squares(want))
    if want["method"] == "Inverse":
        yield from _common(block, got)
    if want["method"] == "Cochran":
        yield not_computed(block, COCHRAN)
    if want["method"] != "GLMM":
        yield from _random(block, got, "Wald")


COCHRAN = (
    "meta's Cochran method for rates is the ratio of observed events to those expected from the "
    "controls' rates: its common-effect part is not offered, Mantel-Haenszel answers the question"
)


def _common(block: Block, got: Effects) -> Iterator[Deviation]:
    want, place = block.want, block.place
    fit = pool(got.yi, got.vi, tau2="CE")
    kind, unit = f"meta {want['sm']} common", max(abs(want["TE_common"]), want["seTE_common"])
    yield deviate(f"{kind} k", place, fit.k, want["k"], 0.0, 1.0)
    for name, key in (("estimate", "TE"), ("se", "seTE"), ("low", "lower"), ("high", "upper")):
        yield deviate(
            f"{kind} {name}", place, getattr(fit, name), want[f"{key}_common"], CLOSED, unit
        )
    if want["stat_common"] is not None:
        size = max(1.0, want["stat_common"] ** 2)
        yield deviate(f"{kind} z", place, fit.statistic, want["stat_common"], CLOSED, size)
        p = want["pval_common"]
        yield deviate(f"{kind} P", place, fit.p, p, CLOSED, p * size)
    q = max(1.0, want["Q"][0])
    yield deviate(f"{kind} Q", place, fit.q, want["Q"][0], CLOSED, q)
    yield deviate(f"{kind} Q P", place, fit.q_p, want["pval_Q"][0], CLOSED, want["pval_Q"][0] * q)
    yield deviate(f"{kind} I2", place, fit.i2, 100.0 * want["I2"][0], CLOSED, 100.0)
    for i, w in enumerate(numbers(want["w_common_pct"])):
        g = np.nan_to_num(fit.weights[i])
        yield deviate(f"{kind} weight", f"{place} #{i}", g, w, CLOSED, 100.0)


LOOSE_TAU2 = (
    "meta fitted with metafor's loose default tolerance: its τ² is not a root of the REML "
    "equation, and its other numbers follow from that τ²"
)


def _random(block: Block, got: Effects, interval: str) -> Iterator[Deviation]:
    want, place = block.want, block.place
    fit = pool(got.yi, got.vi, interval=interval)  # type: ignore[arg-type]
    kind, (error,), (tau2,) = f"meta {want['sm']} random", want["seTE_random"], want["tau2"]
    usable = np.isfinite(got.yi) & (got.vi > 0)
    y, v = got.yi[usable], got.vi[usable]
    loose = 10.0 * abs(_score(y, v, float(fit.tau2))) < abs(_score(y, v, tau2))
    for (name, key), given in zip(RANDOM.items(), _given(y, v, tau2, interval), strict=True):
        number = want[key][0]
        known = LOOSE_TAU2 if loose and abs(given - number) < 1e-9 * error else ""
        value = getattr(fit, name)
        yield deviate(f"{kind} {name}", place, value, number, ITERATIVE, error, known)
    if want["pval_random"][0] is not None:
        size = want["pval_random"][0] * max(1.0, (want["TE_random"][0] / error) ** 2)
        known = LOOSE_TAU2 if loose else ""
        p = want["pval_random"][0]
        yield deviate(f"{kind} P", place, fit.p, p, ITERATIVE, size, known)
    unit, known = error**2 * want["k"], LOOSE_TAU2 if loose else ""
    yield deviate(f"{kind} tau2", place, fit.tau2, tau2, ITERATIVE, unit, known)


RANDOM = {
    "estimate": "TE_random",
    "se": "seTE_random",
    "low": "lower_random",
    "high": "upper_random",
    "pi_low": "lower_predict",
    "pi_high": "upper_predict",
}


def _score(y: Array, v: Array, tau2: float) -> float:
    """Twice the derivative of the restricted log likelihood."""
    w = 1.0 / (v + tau2)
    mean = (w * y).sum() / w.sum()
    return float((w**2 * (y - mean) ** 2).sum() - w.sum() + (w**2).sum() / w.sum())


def _given(y: Array, v: Array, tau2: float, interval: str) -> tuple[float, ...]:
    """The numbers of `RANDOM` that follow from a τ²."""
    w, df = 1.0 / (v + tau2), y.size - 1.0
    mean, wald = (w * y).sum() / w.sum(), math.sqrt(1.0 / w.sum())
    t, se, q = -special.stdtrit(df, 0.025), wald, -special.ndtri(0.025)
    if interval == "HK":
        se, q = wald * math.sqrt((w * (y - mean) ** 2).sum() / df), t
    wide = t * math.sqrt(tau2 + wald**2)
    return mean, se, mean - q * se, mean + q * se, mean - wide, mean + wide


CONSTANT = "no value varies within a group: R divides by 0 and gives P = 0, here it is undefined"


def compare_t(block: Block) -> Iterator[Deviation]:
    """Student's and Welch's test of every study."""
    columns = _columns(block, MEANS)
    constant = (columns[1] == 0) & (columns[4] == 0)
    for kind, name in (("student", "pooled"), ("welch", "welch")):
        got = t_test(*columns, kind=kind)
        parts = (("t", got.statistic), ("df", got.df), ("p", got.p))
        for part, values in parts:
            for i, w in enumerate(numbers(block.want[f"{part}_{name}"])):
                g = values[i]
                unit = max(abs(w), 1.0) if part != "p" else w * max(1.0, got.statistic[i] ** 2)
                if math.isfinite(w) or math.isfinite(g):
                    place, known = f"{block.place} #{i}", CONSTANT if constant[i] else ""
                    yield deviate(f"{kind} {part}", place, g, w, CLOSED, unit, known)


def compare_tables(block: Block) -> Iterator[Deviation]:
    """The studies of meta's metabin: its ways with zero cells."""
    want = block.want
    if "TE" not in want or not block.columns or want.get("method") == "Peto":
        return
    options = want["options"] if isinstance(want["options"], dict) else {}
    cells = np.array(_columns(block, ("ai", "n1i", "ci", "n2i")))
    if len(want["TE"]) != cells.shape[1]:
        cells = cells[:, ~np.isnan(cells.sum(axis=0))]
    measure = want["sm"]
    got = effect(
        measure,
        *cells,
        to=options.get("method.incr", "only0"),
        share="arm size" if options.get("incr") == "TACC" else "equal",
        drop00=measure != "RD" and not options.get("allstudies", False),
        convention="RevMan 5" if options.get("RR.Cochrane") else "meta",
    )
    wanted = _squares(want)  # infinite where meta drops a study
    wanted[np.isinf(wanted)] = np.nan
    yield from _studies(f"metabin {measure}", block.place, got, want["TE"], wanted)


def compare_pairs(block: Block) -> Iterator[Deviation]:
    """netmeta's pairwise: every comparison of every trial."""
    want = block.want
    if block.name == "pairwise":
        names = ("mean1", "sd1", "n1", "mean2", "sd2", "n2")
        got = mean_difference(*(numbers(want[name]) for name in names))
    else:
        measure: Any = block.name.removeprefix("pairwise_")
        a, n1, c, n2 = (numbers(want[name]) for name in ("event1", "n1", "event2", "n2"))
        zero = (a == 0) | (c == 0) | (a == n1) | (c == n2)
        trials = {trial for trial, one in zip(want["studlab"], zero, strict=True) if one}
        # a zero cell in one arm corrects every comparison of its trial
        sparse = np.array([trial in trials for trial in want["studlab"]])
        whole, plain = (
            effect(measure, a, n1, c, n2, drop00=True, convention="meta", to=to)
            for to in ("all", "none")
        )
        got = Effects(*(np.where(sparse, *both) for both in zip(whole, plain, strict=True)))
    yield from _studies(block.name, block.place, got, want["TE"], _squares(want))


def compare_back(block: Block) -> Iterator[Deviation]:
    """metafor's predictions of double arcsines, turned back at the harmonic mean of the sizes."""
    want, (x, n) = block.want, _columns(block, ("xi", "ni"))
    got = proportion("PFT", x, n)
    fit = pool(got.yi, got.vi, interval="Wald", prediction="normal")
    value = double_arcsine_proportion(fit.estimate, x, n).values
    yield deviate("PFT back pred", block.place, value, want["pred"], ITERATIVE, 1.0)
    size = want["harmonic_mean_n"]
    pairs = (("ci_lb", fit.low), ("ci_ub", fit.high), ("pi_lb", fit.pi_low), ("pi_ub", fit.pi_high))
    for key, value in pairs:
        g = back_transform("PFT", value, size)
        yield deviate(f"PFT back {key}", block.place, g, want[key], ITERATIVE, 1.0)
    yield deviate("PFT harmonic mean", block.place, harmonic_mean(n), number(size), CLOSED, size)


COMPARES: dict[str, Callable[[Block], Iterator[Deviation]]] = {
    "effects": compare_effects,
    "rma_unweighted_REML": compare_rates,
    "metabin": compare_tables,
    "metacont": compare_means,
    "metaprop": compare_proportions,
    "metainc": compare_rate_syntheses,
    "per_study_t": compare_t,
    "pairwise": compare_pairs,
    "pairwise_OR": compare_pairs,
    "pairwise_RR": compare_pairs,
    "backtransf_harmonic_mean_REML": compare_back,
}
