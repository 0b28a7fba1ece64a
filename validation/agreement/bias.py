"""Small-study effects and publication bias: tests, trim and fill, selection models, limits."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy import integrate, special

from agreement.frame import (
    CLOSED,
    ITERATIVE,
    LOOSE,
    Block,
    Deviation,
    deviate,
    not_computed,
    number,
    numbers,
)
from trialweave.stats import bias
from trialweave.stats.bias import Asymmetry, NotComputed

PREDICTORS = {
    "sei": "se", "vi": "variance", "ni": "n", "ninv": "1/n", "sqrtni": "sqrt(n)",
    "sqrtninv": "1/sqrt(n)",
}  # fmt: skip
WEIGHTINGS = {
    "stepfun": "step", "beta": "beta", "halfnorm": "half-normal", "negexp": "negative-exponential",
    "logistic": "logistic", "power": "power",
}  # fmt: skip

DEFAULT_TOLERANCE = (
    "R fitted the line with metafor's default tolerance: its τ² is within 0.0001 of the root, "
    "not little beside variances on this scale (the number lies between those at τ² ± 0.0001)"
)
SHORT = (
    "R's τ² has metafor's default tolerance: its other numbers follow from that τ², and the "
    "restricted likelihood is higher at the one found here"
)
ROUNDED_UP = (
    "metafor rounds the root and adds one, so it gives one study more than needed wherever the "
    "root's fraction is a half or more; one less already gives P over alpha"
)
HARBORD_RR = (
    "R's meta differs for the risk ratio; the score and variance here are the derivatives of the "
    "profile likelihood of the log risk ratio at 0 (tested), as Harbord, Egger & Sterne define them"
)
EMPTY_INTERVAL = (
    "an interval of P values holds no study: the likelihood has no maximum (R warns and stops near "
    "its cap of 100), so nothing is estimated here"
)
HIGHER = "R's optimiser stopped short: the likelihood, integrated independently, is higher here"
NOISY_CURVATURE = (
    "R differentiates twice, by differences, a likelihood whose integrals are good to 1e-4 (and "
    "not at its maximum); here the second derivatives are analytic (tested against differences)"
)
R_INTEGRALS = "R's integrals are good to 1e-4 (integrate's default) only"
NOT_INVERTED = "R could not invert its second derivatives; here they are analytic"


def _effects(block: Block) -> tuple[np.ndarray, np.ndarray]:
    return numbers(block.content["yi"]), numbers(block.content["vi"])


def _sizes(block: Block) -> np.ndarray:
    """Patients per study, from whatever columns the table has."""
    table, columns = block.table, block.columns
    rows = np.array(block.content["rows_used"]) - 1
    if "n1i" in columns and "n2i" in columns:
        total = numbers(table[columns["n1i"]]) + numbers(table[columns["n2i"]])
    else:
        total = numbers(table[columns.get("ni", "ni")])
    return np.asarray(total[rows])


def _p(
    kind: str, block: Block, got: float, want: Any, limit: float, statistic: Any, known: str = ""
) -> Deviation:
    """A P far in the tail magnifies a deviation of its statistic by that statistic squared."""
    unit = max(number(want), 1e-300) * max(1.0, number(statistic) ** 2)
    return deviate(f"{kind} P", block.place, got, want, limit, unit, known)


def _with_tau2(y: np.ndarray, v: np.ndarray, tau2: float) -> tuple[float, float]:
    """Slope on standard errors and its standard error at a given τ²."""
    keep = np.isfinite(y) & (v > 0)
    y, v = y[keep], v[keep]
    w, x = 1.0 / (v + max(tau2, 0.0)), np.sqrt(v)
    away = x - w @ x / w.sum()
    return float((w * away) @ y / ((w * away) @ away)), float(((w * away) @ away) ** -0.5)


def _default_tolerance(y: np.ndarray, v: np.ndarray, tau2: float, want: float, which: str) -> str:
    """The reason, where R's number lies between those at τ² ± 0.0001."""
    found = []
    for t in np.linspace(max(tau2 - 1e-4, 0.0), tau2 + 1e-4, 41):
        slope, se = _with_tau2(y, v, float(t))
        found.append({"slope": slope, "se": se, "statistic": slope / se}[which])
    slack = 1e-9 * abs(want)
    return DEFAULT_TOLERANCE if min(found) - slack <= want <= max(found) + slack else ""


def compare_regtest(block: Block) -> Iterator[Deviation]:
    """metafor's regtest, every model and predictor."""
    want = block.want
    model, predictor = want["model"], PREDICTORS[want["predictor"]]
    y, v = _effects(block)
    n = _sizes(block) if "n" in predictor.replace("variance", "") else None
    kind = f"regression test {model}"
    limit = CLOSED if model == "lm" else ITERATIVE
    dispersion = "multiplicative" if model == "lm" else "additive"
    got = bias.regression_test(y, v, predictor=predictor, dispersion=dispersion, n=n)  # type: ignore[arg-type]
    assert isinstance(got, Asymmetry), got
    pairs = (("intercept", got.intercept, got.intercept_se), ("slope", got.slope, got.slope_se))
    for i, (name, value, se) in enumerate(pairs):
        error = want["coef_se"][i]
        unit = max(abs(want["coef"][i]), error) if limit == CLOSED else error
        yield deviate(f"{kind} {name}", block.place, value, want["coef"][i], limit, unit)
        yield deviate(f"{kind} {name} se", block.place, se, error, limit, error)
    unit = max(1.0, abs(want["stat"]))
    yield deviate(f"{kind} statistic", block.place, got.statistic, want["stat"], limit, unit)
    yield _p(kind, block, got.p, want["pval"], limit, want["stat"])
    if want["df"] is not None:
        yield deviate(f"{kind} df", block.place, got.df, want["df"], 0.0, 1.0)
    if want["limit_est"] is not None:
        unit = max(abs(want["limit_est"]), want["coef_se"][0])
        wanted = [want["limit_est"], *want["limit_ci"]]
        for value, w in zip((got.limit, got.limit_low, got.limit_high), wanted, strict=True):
            yield deviate(f"{kind} limit", block.place, value, w, limit, unit)
    else:
        yield deviate(f"{kind} limit", block.place, got.limit, None, limit, 1.0)


def compare_metabias(block: Block) -> Iterator[Deviation]:
    """meta's metabias: Egger and Thompson-Sharp."""
    want, (y, v) = block.want, _effects(block)
    additive = block.name.endswith("Thompson")
    got = bias.thompson_sharp(y, v) if additive else bias.egger(y, v)
    assert isinstance(got, Asymmetry), got
    kind, limit = f"metabias {got.test}", LOOSE if additive else CLOSED
    slope, se = want["estimate"]
    rows = (("slope", got.slope, slope, max(abs(slope), se)), ("se", got.slope_se, se, se),
            ("statistic", got.statistic, want["stat"], max(1.0, abs(want["stat"]))))  # fmt: skip
    known = ""
    for name, value, w, unit in rows:
        known = _default_tolerance(y, v, got.tau2, w, name) if additive else ""
        yield deviate(f"{kind} {name}", block.place, value, w, limit, unit, known)
    yield deviate(f"{kind} df", block.place, got.df, want["df"], 0.0, 1.0)
    yield _p(kind, block, got.p, want["pval"], limit, want["stat"], known)


def compare_ranks(block: Block) -> Iterator[Deviation]:
    """Begg's test by metafor (exact) and by meta (normal)."""
    want, got = block.want, bias.begg(*_effects(block))
    assert not isinstance(got, NotComputed), got
    if "tau" in want:
        yield deviate("Begg tau", block.place, got.tau, want["tau"], CLOSED, 1.0)
        yield deviate("Begg exact P", block.place, got.p, want["pval"], CLOSED, want["pval"])
        return
    score, se = want["estimate"]
    yield deviate("Begg score", block.place, got.score, score, CLOSED, max(1.0, abs(score)))
    yield deviate("Begg score se", block.place, got.score_se, se, CLOSED, se)
    statistic = max(1.0, abs(want["stat"]))
    yield deviate("Begg statistic", block.place, got.statistic, want["stat"], CLOSED, statistic)
    yield _p("Begg normal", block, got.p_normal, want["pval"], CLOSED, want["stat"])


def compare_trimfill(block: Block) -> Iterator[Deviation]:
    """Trim and fill with every estimator and model."""
    want, (y, v) = block.want, _effects(block)
    method = "CE" if want["method"] == "EE" else want["method"]
    # one side for all estimators of a model: it is found once, and compared every time
    side = _SIDES.get((block.within, method))
    got = bias.trim_and_fill(
        y, v, estimator=want["estimator"], tau2=method, interval="Wald", side=side
    )
    assert not isinstance(got, NotComputed), got
    _SIDES[block.within, method] = got.side
    kind, place = f"trim and fill {want['method']}", block.place
    limit = LOOSE if want["method"] == "REML" else CLOSED
    known = _short_of_the_root(y, v, got, want) if want["method"] == "REML" else ""
    yield deviate(f"{kind} k0", place, got.k0, want["k0"], 0.0, 1.0)
    yield deviate(f"{kind} side", place, got.side == want["side"], True, 0.0, 1.0)
    yield deviate(f"{kind} k0 se", place, got.k0_se, want["se_k0"], limit, want["se_k0"])
    yield deviate(f"{kind} k0 P", place, got.k0_p, want["p_k0"], CLOSED, 1.0)
    fit, se = got.adjusted, want["se"]
    unit = max(abs(want["estimate"]), se) if limit == CLOSED else se
    for name, key in (("estimate", "estimate"), ("se", "se"), ("low", "ci_lb"), ("high", "ci_ub")):
        yield deviate(f"{kind} {name}", place, getattr(fit, name), want[key], limit, unit, known)
    yield _p(kind, block, float(fit.p), want["pval"], limit, want["estimate"] / se, known)
    yield deviate(f"{kind} k", place, fit.k, want["k"], 0.0, 1.0)
    yield deviate(f"{kind} tau2", place, fit.tau2, want["tau2"], limit, se**2 * want["k"], known)
    yield deviate(f"{kind} i2", place, fit.i2, want["I2"], limit, 100.0, known)
    yield deviate(f"{kind} q", place, fit.q, want["QE"], limit, max(1.0, want["QE"]))
    filled = zip(got.filled_yi, want["filled_yi"], got.filled_vi, want["filled_vi"], strict=True)
    for y_got, y_want, v_got, v_want in filled:
        yield deviate(f"{kind} filled", place, y_got, y_want, limit, max(abs(y_want), se))
        yield deviate(f"{kind} filled variance", place, v_got, v_want, CLOSED, v_want)


_SIDES: dict[tuple[str, str], Any] = {}


def _short_of_the_root(y: np.ndarray, v: np.ndarray, got: Any, want: dict[str, Any]) -> str:
    """The reason, where R's numbers follow from its τ², whose restricted likelihood is lower."""
    keep = np.isfinite(y) & (v > 0)
    y, v = np.append(y[keep], got.filled_yi), np.append(v[keep], got.filled_vi)

    def restricted(tau2: float) -> tuple[float, float, float]:
        w = 1.0 / (v + tau2)
        mu = float(w @ y / w.sum())
        value = np.log(w).sum() - w @ (y - mu) ** 2 - math.log(w.sum())
        return float(value), mu, float(w.sum() ** -0.5)

    there, mu, se = restricted(want["tau2"])
    follows = abs(mu - want["estimate"]) < 1e-9 * se and abs(se / want["se"] - 1.0) < 1e-9
    return SHORT if follows and there < restricted(float(got.adjusted.tau2))[0] else ""


def compare_failsafe(block: Block) -> Iterator[Deviation]:
    """Fail-safe numbers."""
    (y, v), method = _effects(block), block.name.removeprefix("bias.fsn_")
    want = block.want["fsnum"]
    known = ""
    if method == "Orwin":
        got = bias.orwin(y)
    elif method == "Rosenthal":
        got = bias.rosenthal(y, v)
    elif method == "Rosenberg":
        got = bias.rosenberg(y, v)
    else:
        got = bias.general(y, v)
        assert not isinstance(got, NotComputed), got
        # the smallest number by its definition, which `got` is tested for; R's is one above
        known = ROUNDED_UP if want == got.n + 1 and got.n > 0 else ""
    assert not isinstance(got, NotComputed), got
    yield deviate(f"fail-safe {method}", block.place, got.n, want, 0.0, 1.0, known)


def compare_excess(block: Block) -> Iterator[Deviation]:
    """The test of excess significance."""
    want = block.want
    test = "exact" if want["X2"] is None else "chi-square"
    got = bias.excess_significance(*_effects(block), test=test)  # type: ignore[arg-type]
    assert not isinstance(got, NotComputed), got
    yield deviate("excess observed", block.place, got.observed, want["O"], 0.0, 1.0)
    yield deviate("excess expected", block.place, got.expected, want["E"], CLOSED, want["E"])
    yield deviate("excess ratio", block.place, got.ratio, want["OEratio"], CLOSED, 1.0)
    if want["X2"] is not None:
        unit = max(1.0, want["X2"])
        yield deviate("excess chi-square", block.place, got.statistic, want["X2"], CLOSED, unit)
    yield deviate(f"excess {test} P", block.place, got.p, want["pval"], CLOSED, want["pval"])


def compare_limit(block: Block) -> Iterator[Deviation]:
    """Limit meta-analysis of R's metasens, whose τ² has metafor's default tolerance."""
    want, got = block.want, bias.limit_meta_analysis(*_effects(block))
    assert not isinstance(got, NotComputed), got
    se, near = want["seTE_adjust"], _limits_near(*_effects(block), got.tau2)
    rows = (("estimate", got.estimate, "TE_adjust", se), ("se", got.se, "seTE_adjust", se),
            ("low", got.low, "lower", se), ("high", got.high, "upper", se),
            ("G2", got.g2 / 100.0, "G2", 1.0))  # fmt: skip
    for name, value, key, unit in rows:
        inside = near[name][0] <= want[key] <= near[name][1]
        known = DEFAULT_TOLERANCE if inside else ""
        yield deviate(f"limit {name}", block.place, value, want[key], LOOSE, unit, known)
    unit = max(1.0, want["Q_small"] + want["Q_resid"])
    yield deviate("limit Q small", block.place, got.q_small, want["Q_small"], CLOSED, unit)
    yield deviate("limit Q residual", block.place, got.q_residual, want["Q_resid"], CLOSED, unit)


def _limits_near(y: np.ndarray, v: np.ndarray, tau2: float) -> dict[str, tuple[float, float]]:
    """The least and the largest of each number at τ² ± 0.0001, by plain least squares."""
    keep = np.isfinite(y) & (v > 0)
    y, v = y[keep], v[keep]
    rows = []
    for t in np.linspace(max(tau2 - 1e-4, 0.0), tau2 + 1e-4, 21):
        scale = np.sqrt(v + t)
        x = np.stack([np.ones_like(y), 1.0 / scale], axis=1)
        inverse = np.linalg.inv(x.T @ x)
        alpha, beta = inverse @ x.T @ (y / scale)
        to = np.array([math.sqrt(t), 1.0])
        mean, se = beta + to[0] * alpha, math.sqrt(to @ inverse @ to)
        shrunken = (beta + np.sqrt(t / (v + t)) * (y - beta)) / np.sqrt(v)
        g2 = 1.0 - np.corrcoef(shrunken, 1.0 / np.sqrt(v))[0, 1] ** 2
        half = 1.959963984540054 * se
        rows.append((mean, se, mean - half, mean + half, g2))
    low, high = np.min(rows, axis=0), np.max(rows, axis=0)
    names = ("estimate", "se", "low", "high", "G2")
    return {name: (float(a), float(b)) for name, a, b in zip(names, low, high, strict=True)}


def compare_binary(block: Block) -> Iterator[Deviation]:
    """Tests for 2x2 tables of R's meta."""
    want, method = block.want, block.want["method_bias"]
    table, columns = block.table, block.columns
    cells = [numbers(table[columns[name]]) for name in ("ai", "n1i", "ci", "n2i")]
    known = ""
    if method == "Harbord":
        got: Any = bias.harbord(*cells, measure=want["sm"])  # type: ignore[misc]
        known = HARBORD_RR if want["sm"] == "RR" else ""
    elif method == "Schwarzer":
        got = bias.schwarzer(*cells)
    elif method.startswith("Thompson"):
        got = bias.ruecker(*cells)
    else:
        y, v, n = _meta_effects(want["sm"], *cells)
        if method == "Macaskill":
            got = bias.macaskill(y, v, n)
        else:
            got = {"Peters": bias.peters, "Deeks": bias.deeks}[method](*cells, yi=y)
    assert not isinstance(got, NotComputed), got
    kind = f"metabias {method} {want['sm']}"
    statistic, limit = max(1.0, abs(want["stat"])), CLOSED
    if method.startswith("Thompson"):
        a, n1, c, n2 = cells
        y = np.arcsin(np.sqrt(a / n1)) - np.arcsin(np.sqrt(c / n2))
        v = 0.25 / n1 + 0.25 / n2
        limit = LOOSE
        known = _default_tolerance(y, v, got.tau2, want["stat"], "statistic")
    place = block.place
    yield deviate(f"{kind} statistic", place, got.statistic, want["stat"], limit, statistic, known)
    p = got.p_normal if method == "Schwarzer" else got.p
    yield _p(kind, block, p, want["pval"], limit, want["stat"], known)
    if "estimate" in want:
        first, se = want["estimate"]
        values = (got.score, got.score_se) if method == "Schwarzer" else (got.slope, got.slope_se)
        for name, value, w in zip(("estimate", "se"), values, (first, se), strict=True):
            yield deviate(f"{kind} {name}", block.place, value, w, limit, max(abs(w), se), known)
    if want.get("df") is not None:
        yield deviate(f"{kind} df", block.place, got.df, want["df"], 0.0, 1.0)


def _meta_effects(
    sm: str, a: np.ndarray, n1: np.ndarray, c: np.ndarray, n2: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Effects as R's meta corrects them: for RR half an event and half a patient more."""
    silent = ((a == 0) & (c == 0)) | ((a == n1) & (c == n2))
    h = 0.5 * ((a == 0) | (c == 0) | (a == n1) | (c == n2))
    a_, c_, b, d = a + h, c + h, n1 - a + h, n2 - c + h
    with np.errstate(divide="ignore", invalid="ignore"):
        if sm == "OR":
            y, v = np.log(a_ * d / (b * c_)), 1 / a_ + 1 / b + 1 / c_ + 1 / d
        else:
            y = np.log(a_ / (n1 + h) / (c_ / (n2 + h)))
            v = 1 / a_ - 1 / (n1 + h) + 1 / c_ - 1 / (n2 + h)
    return np.where(silent, np.nan, y), np.where(silent, np.nan, v), n1 + n2


def _log_weight(kind: str, p: np.ndarray, delta: list[float], steps: list[float]) -> np.ndarray:
    """metafor's selection functions (written again, independently of the package)."""
    if kind == "stepfun":
        return np.asarray(np.log(np.array(delta)[np.searchsorted(steps, p)]))
    if kind in ("beta", "power"):
        p = np.clip(p, 1e-5, 1 - 1e-5)
    d = delta[0]
    if kind == "beta":
        return np.asarray((d - 1) * np.log(p) + (delta[1] - 1) * np.log1p(-p))
    if kind == "power":
        return np.asarray(d * np.log1p(-p))
    if kind == "logistic":
        return np.asarray(np.log(2) - d * p - np.log1p(np.exp(-d * p)))
    return np.asarray(-d * p ** (2 if kind == "halfnorm" else 1))


def _log_likelihood(
    want: dict[str, Any], y: np.ndarray, v: np.ndarray, mu: float, tau2: float, delta: list[float]
) -> float:
    """By Simpson's rule in the effect itself; step functions by normal probabilities."""
    kind, steps = want["type"], list(want["steps"] or ())
    total = v + tau2
    sigma = np.sqrt(total)
    if kind == "stepfun":
        ends = np.sqrt(v)[:, None] * -special.ndtri(np.array([0.0, *steps, 1.0]))
        share = special.ndtr((ends - mu) / sigma[:, None])
        chance = np.log(((share[:, :-1] - share[:, 1:]) * delta).sum(axis=1))
    else:
        # P values are kept within 1e-5 of 0 and 1: the rule must not step over those places
        bend = np.sqrt(v)[:, None] * np.array([-4.264890793922825, 4.264890793922825])
        inner = np.clip((bend - mu) / sigma[:, None], -10.0, 10.0)
        ends = np.pad(inner, ((0, 0), (1, 1)), constant_values=((0, 0), (-10.0, 10.0)))
        t = np.linspace(ends[:, :-1], ends[:, 1:], 601, axis=-1)  # (k, 3, 601)
        p = special.ndtr(-(mu + sigma[:, None, None] * t) / np.sqrt(v)[:, None, None])
        w = np.exp(_log_weight(kind, p, delta, steps) - t * t / 2) / math.sqrt(2 * np.pi)
        chance = np.log(integrate.simpson(w, x=t, axis=-1).sum(axis=-1))
    own = _log_weight(kind, special.ndtr(-y / np.sqrt(v)), delta, steps)
    return float((own - 0.5 * ((y - mu) ** 2 / total + np.log(2 * np.pi * total)) - chance).sum())


def compare_selection(block: Block) -> Iterator[Deviation]:
    """metafor's selection models by maximum likelihood."""
    want, (y, v) = block.want, _effects(block)
    keep = np.isfinite(y) & (v > 0)
    y, v = y[keep], v[keep]
    steps = want["steps"] or [0.025]
    got = bias.selection_model(y, v, weighting=WEIGHTINGS[want["type"]], steps=steps)  # type: ignore[arg-type]
    if isinstance(got, NotComputed):
        yield not_computed(block, EMPTY_INTERVAL)
        return
    place, kind = block.place, f"selection {got.weighting}"
    here = _log_likelihood(want, y, v, got.estimate, got.tau2, list(got.delta))
    there = _log_likelihood(want, y, v, want["estimate"], want["tau2"], want["delta"])
    yield deviate(f"{kind} logLik, independent", place, got.log_likelihood, here, ITERATIVE, 1.0)
    yield deviate(f"{kind} at R's values", place, there, want["logLik"], LOOSE, 1.0, R_INTEGRALS)
    yield deviate(f"{kind} below R's", place, max(there - here, 0.0), 0.0, ITERATIVE, 1.0)
    higher = HIGHER if here > there else ""
    noisy = R_INTEGRALS if got.weighting != "step" else ""
    why = higher or noisy
    yield deviate(f"{kind} logLik", place, got.log_likelihood, want["logLik"], LOOSE, 1.0, why)
    unit = max(1.0, want["LRT"])
    yield deviate(f"{kind} LRT", place, got.lrt, want["LRT"], LOOSE, unit, why)
    yield deviate(f"{kind} df", place, got.lrt_df, want["LRTdf"], 0.0, 1.0)
    error = got.se
    yield deviate(f"{kind} estimate", place, got.estimate, want["estimate"], LOOSE, error, higher)
    yield deviate(f"{kind} tau2", place, got.tau2, want["tau2"], LOOSE, error**2 * got.k, higher)
    for g, w, se in zip(got.delta, want["delta"], got.delta_se, strict=True):
        unit = se if math.isfinite(se) else 1.0
        yield deviate(f"{kind} delta", place, g, w, LOOSE, unit, higher)
    reason = NOT_INVERTED if want["se"] is None else NOISY_CURVATURE if noisy else higher
    yield deviate(f"{kind} se", place, got.se, want["se"], LOOSE, error, reason)


COMPARES: dict[str, Callable[[Block], Iterator[Deviation]]] = {
    "bias.regtest": compare_regtest,
    "bias.metabias_Egger": compare_metabias,
    "bias.metabias_Thompson": compare_metabias,
    "bias.metabias_Begg": compare_ranks,
    "bias.ranktest": compare_ranks,
    "bias.trimfill": compare_trimfill,
    "bias.fsn_Rosenthal": compare_failsafe,
    "bias.fsn_Orwin": compare_failsafe,
    "bias.fsn_Rosenberg": compare_failsafe,
    "bias.fsn_General": compare_failsafe,
    "bias.tes": compare_excess,
    "bias.limitmeta": compare_limit,
    "bias.selmodel_ML": compare_selection,
    "metabias_binary": compare_binary,
}
