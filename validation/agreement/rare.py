"""Rare events: Mantel-Haenszel in all its conventions, binomial and Poisson models with normal
effects, and what R's meta makes of two-by-two tables."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from agreement.frame import (
    CLOSED,
    LOOSE,
    Block,
    Deviation,
    deviate,
    number,
    numbers,
)
from trialweave.stats.pooling.conventions import TablesPooled, pool_tables
from trialweave.stats.pooling.glmm import Mixed, glmm, glmm_proportions, glmm_rates
from trialweave.stats.pooling.homogeneity import (
    breslow_day,
    cochran_mantel_haenszel,
    mantel_haenszel_rate_test,
)
from trialweave.stats.pooling.mantel_haenszel import Stratified, mantel_haenszel
from trialweave.stats.pooling.rates import mantel_haenszel_rates
from trialweave.stats.pooling.zero_cells import UNCORRECTED, Correction

TAU2_LOOSE = "meta takes REML with metafor's default tolerance, an absolute 1e-5 in τ²"
EXCLUDED = (
    "meta keeps the sample-size weights of studies that it excludes: the standard error is "
    "infinite; here excluded studies have no weight"
)
SSW_PREDICTION = "meta's prediction interval for SSW is that of inverse-variance weights"
ONE_STUDY = "for a single study meta's SSW gives random effects without any error"
NO_VARIATION = (
    "no arm has an event: meta gives a risk difference of 0 with a standard error of 0, here it is "
    "not defined"
)


def _columns(block: Block, names: tuple[str, ...]) -> list[np.ndarray]:
    cells = [numbers(block.table[block.columns[name]]) for name in names]
    complete = ~np.isnan(np.sum(cells, axis=0))
    return [cell[complete] for cell in cells]


def _binary(block: Block) -> list[np.ndarray]:
    return _columns(block, ("ai", "n1i", "ci", "n2i"))


def _rate(block: Block) -> list[np.ndarray]:
    return _columns(block, ("x1i", "t1i", "x2i", "t2i"))


def _stratified(
    kind: str, place: str, got: Stratified, want: dict[str, Any]
) -> Iterator[Deviation]:
    size = max(abs(number(want["estimate"])), number(want["se"]))
    for name, key in (("estimate", "estimate"), ("se", "se"), ("low", "ci_lb"), ("high", "ci_ub")):
        yield deviate(f"{kind} {name}", place, getattr(got, name), want[key], CLOSED, size)
    yield deviate(f"{kind} P", place, got.p, want["pval"], CLOSED, number(want["pval"]))
    yield deviate(f"{kind} q", place, got.q, want["QE"], CLOSED, max(1.0, number(want["QE"])))
    yield deviate(f"{kind} q_p", place, got.q_p, want["QEp"], CLOSED, number(want["QEp"]))
    yield deviate(f"{kind} i2", place, got.i2, want["I2"], CLOSED, 100.0)
    yield deviate(f"{kind} k", place, got.k, want["k"], 0.0, 1.0)


def _test(
    kind: str, place: str, got: tuple[Any, Any], want: tuple[float | None, float | None]
) -> Iterator[Deviation]:
    """A chi-square statistic and its P; far in the tail P magnifies a deviation of it."""
    wide = max(1.0, number(want[0]))
    yield deviate(kind, place, got[0], want[0], CLOSED, wide)
    p = number(want[1])
    yield deviate(f"{kind} P", place, got[1], want[1], CLOSED, p * wide)


def compare_mh(block: Block) -> Iterator[Deviation]:
    """Mantel-Haenszel with its tests, for tables and for rates."""
    want, place = block.want, block.place
    measure, correct = want["measure"], want["correct"]
    if measure in ("IRR", "IRD"):
        cells = _rate(block)
        yield from _stratified(f"MH {measure}", place, mantel_haenszel_rates(measure, *cells), want)
        if measure == "IRR":
            found = mantel_haenszel_rate_test(*cells, continuity=correct)
            yield from _test("MH rate test", place, found, (want["MH"], want["MHp"]))
        return
    add, to, drop = want["add"][1], want["to"][1], want["drop00"][1]
    corrected = UNCORRECTED if to == "none" else Correction(add, to)
    cells = _binary(block)
    label = "corrected" if add else "uncorrected"
    got = mantel_haenszel(
        measure, *cells, correction=corrected, drop00=drop, q_drop00=want["drop00"][0]
    )
    yield from _stratified(f"MH {measure} {label}", place, got, want)
    if measure != "OR":
        return
    kept = cells
    if drop:
        a, n1, c, n2 = cells
        keep = ~(((a == 0) & (c == 0)) | ((a == n1) & (c == n2)))
        kept = [cell[keep] for cell in cells]
    found = cochran_mantel_haenszel(*kept, continuity=correct, correction=corrected)
    yield from _test(f"CMH {label}", place, found, (want["CMH"], want["CMHp"]))
    same = breslow_day(*cells, drop00=drop, correction=corrected)
    day, tarone = (same.breslow_day, same.breslow_day_p), (same.tarone, same.tarone_p)
    yield from _test(f"Breslow-Day {label}", place, day, (want["BD"], want["BDp"]))
    yield from _test(f"Tarone {label}", place, tarone, (want["Tarone"], want["Taronep"]))


def compare_metabin(block: Block) -> Iterator[Deviation]:
    """R's meta: studies, common and random effects in its conventions or RevMan 5's."""
    want = block.want
    options = {} if want.get("options", "default") == "default" else want["options"]
    revman = "settings" in want
    measure, method = want["sm"], want["method"]
    to = options.get("method.incr", "only0")
    share: Any = "arm size" if options.get("incr") == "TACC" else "equal"
    add = 0.5
    got = pool_tables(
        measure,
        *_binary(block),
        method=method,
        convention="RevMan 5" if revman or options.get("RR.Cochrane") else "meta",
        correction=Correction(add, to, share),
        exact=bool(options.get("MH.exact")),
        drop00=not options.get("allstudies"),
        about="inverse variance" if options.get("Q.Cochrane") is False else "common",
        tau2="DL" if revman else want["method_tau"],
    )
    yield from _tables_pooled(block, got, "RevMan 5" if revman else "meta")


def _finite(value: Any) -> float:
    """A number, or the only one of a list; what is infinite in R is undefined here."""
    found = number((value or [None])[0] if isinstance(value, list) else value)
    return found if math.isfinite(found) else math.nan


def _tables_pooled(block: Block, got: TablesPooled, name: str) -> Iterator[Deviation]:
    want, place, common = block.want, block.place, got.common
    ssw = want["method"] == "SSW"
    kind = f"{name} {want['method']} {want['sm']}"
    errors = [_finite(error) for error in want["seTE"]]
    for i, (y, error) in enumerate(zip(want["TE"], errors, strict=True)):
        at, used = f"{place} #{i}", math.isfinite(error)
        unit = max(abs(number(y)), error) if used else 1.0
        wanted = y if used else None
        yield deviate(f"{kind} study", at, got.effects.yi[i], wanted, CLOSED, unit)
        yield deviate(f"{kind} study se", at, got.effects.vi[i] ** 0.5, error, CLOSED, unit)
    yield deviate(f"{kind} k", place, common.k, want["k"], 0.0, 1.0)
    excluded = EXCLUDED if ssw and not all(map(math.isfinite, errors)) else ""
    for i, w in enumerate(want["w_common_pct"]):
        if w is not None:
            g = np.nan_to_num(common.weights[i])
            yield deviate(f"{kind} weight", f"{place} #{i}", g, w, CLOSED, 100.0, excluded)
    estimate, error = _finite(want["TE_common"]), _finite(want["seTE_common"])
    still = NO_VARIATION if error == 0.0 else excluded
    size = max(abs(estimate), error)
    for field, key in (("estimate", "TE"), ("se", "seTE"), ("low", "lower"), ("high", "upper")):
        value, g = _finite(want[f"{key}_common"]), getattr(common, field)
        yield deviate(f"{kind} common {field}", place, g, value, CLOSED, size, still)
    stretch, p = max(1.0, number(want["stat_common"]) ** 2), number(want["pval_common"])
    yield deviate(f"{kind} common P", place, common.p, p, CLOSED, p * stretch, excluded)
    q, df = _finite(want["Q"]), _finite(want["df_Q"])
    if q == q and df > 0.0:
        wide, i2 = max(1.0, q), 100.0 * _finite(want["I2"])
        yield deviate(f"{kind} Q", place, common.q, q, CLOSED, wide, still)
        yield deviate(f"{kind} Q df", place, common.q_df, df, 0.0, 1.0)
        yield deviate(
            f"{kind} Q P", place, common.q_p, _finite(want["pval_Q"]), CLOSED, wide, still
        )
        yield deviate(f"{kind} I2", place, common.i2, i2, CLOSED, 100.0, still)
    yield from _random(block, got, kind, still)


def _random(block: Block, got: TablesPooled, kind: str, known: str) -> Iterator[Deviation]:
    want, place = block.want, block.place
    tau2, error = _finite(want["tau2"]), _finite(want["seTE_random"])
    closed = want.get("method_tau", "DL") == "DL"
    limit = CLOSED if closed else LOOSE
    unit = error or 1.0
    if error == 0.0:
        known = known or ONE_STUDY
    if not closed and math.isfinite(tau2) and want["method"] != "SSW":
        w = 1.0 / (got.effects.vi + tau2)
        estimate = np.nansum(w * got.effects.yi) / np.nansum(w)
        value = _finite(want["TE_random"])
        yield deviate(f"{kind} random at meta's tau2", place, estimate, value, CLOSED, unit)
        se = np.nansum(w) ** -0.5
        yield deviate(f"{kind} random se at meta's tau2", place, se, error, CLOSED, unit)
    if not closed and abs(got.tau2 - tau2) < 1e-4:
        known = known or TAU2_LOOSE
    for field, key in (("estimate", "TE"), ("se", "seTE"), ("low", "lower"), ("high", "upper")):
        g, value = getattr(got, field), _finite(want[f"{key}_random"])
        yield deviate(f"{kind} random {field}", place, g, value, limit, unit, known)
    unit = max(error**2 * number(want["k"]), tau2)
    yield deviate(f"{kind} tau2", place, got.tau2, tau2, limit, unit, known)
    if want["method"] == "SSW":
        known = SSW_PREDICTION
    for g, key in ((got.pi_low, "lower_predict"), (got.pi_high, "upper_predict")):
        yield deviate(f"{kind} prediction", place, g, _finite(want[key]), limit, error, known)


STOPPED = "R's optimiser stopped where the likelihood is lower than at the estimate here"
LME4 = (
    "lme4's tolerances: with bobyqa to 1e-9 and tolPwrss 1e-10 its figures for BCG (UM.RS), "
    "nielweise2007 and laopaiboon2015 (UM.FS), and unbalanced rare (CM.AL) are those here"
)
CONDITIONAL = (
    "metafor's logLik of these models is that of the counts given the random effects at their "
    "modes (computed for CM.AL), not the integrated one"
)
CURVED = (
    "metafor's curvature of the conditional likelihood is numerical; by SciPy's noncentral "
    "hypergeometric distribution it is the one here"
)
MOST = 0.1  # of a standard error: what a tolerance may explain
SEPARATED = "no finite estimate exists (an arm without events): R stops on the way to infinity"


def compare_glmm(block: Block) -> Iterator[Deviation]:
    """Binomial and Poisson models with normal effects, at R's number of nodes."""
    want, place = block.want, block.place
    model = want.get("model", "PLO")
    nodes: int | None = 1 if model == "UM.RS" else 7
    if block.kind == "binary":
        if model == "CM.EL":  # R integrates; many nodes do, but where τ² is very large
            nodes = 15 if want["tau2"] < 10.0 else None
        got = glmm(model, *_binary(block), nodes=nodes)
    elif block.kind == "rate2":
        got = glmm_rates(model, *_rate(block), nodes=nodes)
    else:
        got = glmm_proportions(*_columns(block, ("xi", "ni")), nodes=nodes)
    yield from _glmm(f"GLMM {model}", place, got, want)


def _glmm(kind: str, place: str, got: Mixed, want: dict[str, Any]) -> Iterator[Deviation]:
    yield deviate(f"{kind} k", place, got.k, want["k"], 0.0, 1.0)
    if got.flags["not estimable"]:
        yield deviate(
            f"{kind} estimate", place, got.estimate, want["estimate"], LOOSE, 1, SEPARATED
        )
        return
    error = want["se"]
    off = max(abs(got.estimate - want["estimate"]), abs(got.se - error)) / error
    likelihood = number(want["logLik"])
    exact = got.model == "CM.EL" and got.measure == "OR"
    integrated = exact or got.model == "UM.RS" or want["tau2"] == 0.0
    known = ""
    if exact:
        known = CURVED if off < MOST else ""
        if got.log_likelihood > likelihood + 1e-9:
            known = known or STOPPED
    elif off < MOST:
        known = LME4
    shown = known if integrated else CONDITIONAL
    if got.model == "UM.RS" and got.log_likelihood < likelihood - 1e-6:
        shown = ""  # tolerances can only lower it
    yield deviate(f"{kind} log likelihood", place, got.log_likelihood, likelihood, LOOSE, 1, shown)
    for field, key in (("estimate", "estimate"), ("se", "se"), ("low", "ci_lb"), ("high", "ci_ub")):
        yield deviate(f"{kind} {field}", place, getattr(got, field), want[key], LOOSE, error, known)
    if want.get("pval") is not None:
        unit = want["pval"] * max(1.0, (want["estimate"] / error) ** 2)
        yield deviate(f"{kind} P", place, got.p, want["pval"], LOOSE, unit, known)
    unit = max(number(want["tau2"]), error**2 * got.k)
    yield deviate(f"{kind} tau2", place, got.tau2, want["tau2"], LOOSE, unit, known)
    yield deviate(f"{kind} I2", place, got.i2, want["I2"], LOOSE, 100.0, known)
    if want.get("sigma2") is not None:
        unit = max(1.0, want["sigma2"])
        yield deviate(
            f"{kind} sigma2", place, got.baseline_variance, want["sigma2"], LOOSE, unit, known
        )
    wide = max(1.0, number(want["QE_LRT"]))
    known = LME4 if got.model == "UM.RS" else ""
    yield deviate(f"{kind} LRT", place, got.lrt, want["QE_LRT"], LOOSE, wide, known)
    if want.get("QEp_LRT") is not None:
        unit = want["QEp_LRT"] * wide
        yield deviate(f"{kind} LRT P", place, got.lrt_p, want["QEp_LRT"], LOOSE, unit, known)
    known = known or (CURVED if got.model == "CM.EL" else "")
    yield deviate(f"{kind} Wald", place, got.q, want["QE_Wld"], LOOSE, wide, known)
    if want.get("QEp_Wld") is not None:
        unit = want["QEp_Wld"] * wide
        if got.q < 1e-6:  # P changes with the root of so small a statistic
            known = known or SEPARATED
        yield deviate(f"{kind} Wald P", place, got.q_p, want["QEp_Wld"], LOOSE, unit, known)


def compare_metaprop(block: Block) -> Iterator[Deviation]:
    """R's meta: the logistic-normal model of proportions."""
    want = block.want
    if want.get("method") == "GLMM":
        t: Any = "Wald" if want["method_random_ci"] == "classic" else "t"
        got = glmm_proportions(*_columns(block, ("xi", "ni")), nodes=7, interval=t)
        yield from _meta_glmm(f"metaprop GLMM {t}", block, got)


def compare_metainc(block: Block) -> Iterator[Deviation]:
    """R's meta: Mantel-Haenszel and the Poisson-normal model of rates."""
    want, place = block.want, block.place
    if want["method"] == "MH":
        got = mantel_haenszel_rates(want["sm"], *_rate(block))
        kind, size = f"metainc MH {want['sm']}", max(abs(want["TE_common"]), want["seTE_common"])
        for field, key in (("estimate", "TE"), ("se", "seTE"), ("low", "lower"), ("high", "upper")):
            g, value = getattr(got, field), want[f"{key}_common"]
            yield deviate(f"{kind} {field}", place, g, value, CLOSED, size)
        yield deviate(f"{kind} P", place, got.p, want["pval_common"], CLOSED, want["pval_common"])
        for i, w in enumerate(want["w_common_pct"]):
            yield deviate(f"{kind} weight", f"{place} #{i}", got.weights[i], w, CLOSED, 100.0)
    if want["method"] == "GLMM":
        yield from _meta_glmm("metainc GLMM", block, glmm_rates("UM.FS", *_rate(block), nodes=7))


def _meta_glmm(kind: str, block: Block, got: Mixed) -> Iterator[Deviation]:
    want, place, error = block.want, block.place, _finite(block.want["seTE_random"])
    pairs = (
        ("estimate", "TE_random"), ("se", "seTE_random"), ("low", "lower_random"),
        ("high", "upper_random"), ("pi_low", "lower_predict"), ("pi_high", "upper_predict"),
    )  # fmt: skip
    # glmer's estimate carries its tolerance: see the same fits of metafor, with their likelihoods
    for field, key in pairs:
        value = _finite(want[key])
        yield deviate(f"{kind} {field}", place, getattr(got, field), value, 1e-3, error)
    yield deviate(f"{kind} tau2", place, got.tau2, _finite(want["tau2"]), 1e-3, got.tau2)
    yield deviate(f"{kind} LRT", place, got.lrt, want["Q"][1], LOOSE, want["Q"][1])
    yield deviate(f"{kind} Wald", place, got.q, want["Q"][0], LOOSE, want["Q"][0])


COMPARES: dict[str, Callable[[Block], Iterator[Deviation]]] = {
    "rma_mh": compare_mh,
    "rma_glmm": compare_glmm,
    "rma_glmm_PLO": compare_glmm,
    "metabin": compare_metabin,
    "metabin_RevMan5": compare_metabin,
    "metaprop": compare_metaprop,
    "metainc": compare_metainc,
}
