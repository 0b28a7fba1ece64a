"""Multilevel and multivariate meta-analysis: effects that depend on each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import BoolArray, FloatArray, floats, proportion_of_one
from trialweave.stats.regression._marginal import Evaluated, Model, evaluate, make_model
from trialweave.stats.regression._marginal import start_values as _start_values
from trialweave.stats.regression._maximum import Maximum, maximise
from trialweave.stats.regression._studies import not_estimable, usable
from trialweave.stats.regression._tests import Coefficients, Omnibus, coefficients, quantile, wald
from trialweave.stats.regression.design import INTERCEPT, Design, NotEstimable, design_matrix
from trialweave.stats.regression.structures import Coded, Effect, coded

__all__ = ["NOTES", "Component", "Multilevel", "Prepared", "multilevel", "scaled_estimates"]

Likelihood = Literal["REML", "ML"]

NOTES: Mapping[str, str] = {
    "left out": "{} without a usable effect, variance or moderator left out.",
    "not converged": "The iteration for the variances did not settle; its last values are given.",
    "flat": (
        "The likelihood hardly changes along some combination of the variances and correlations: "
        "these data do not tell them apart."
    ),
    "at zero": "The estimate of a variance is 0, the least it can be.",
    "at one": "The estimate of a correlation lies at its bound: few data speak for it.",
    "no correlation": "Where too many variances are 0, a correlation is undefined.",
    "no prediction": (
        "A prediction interval is not given: the variance of a new effect depends on its level."
    ),
}


class Component(NamedTuple):
    """An estimated "variance" or "correlation" of the random effect `effect`.

    `level` is the inner level, or the two levels of a correlation, "" where there is only one.
    `share` is the I² of the level (percent), NaN unless every effect has one variance.
    """

    effect: str
    kind: str
    level: str
    estimate: float
    share: float


@dataclass(frozen=True, eq=False)
class Multilevel:
    """A fitted model of k estimates on p columns, with random effects.

    `covariance` (p, p) belongs to the coefficients. `components` are the variances and correlations
    in the order of the effects. `q` (QE) tests whether the estimates vary more than `V` allows.
    `typical` is the typical sampling variance (k-p)/tr P (Higgins & Thompson 2002), P with the
    whole V; the I² of a level is its variance over the sum of all and `typical`, and `i2` that of
    all levels together (Cheung, Psychological Methods 2014;19:211-229; Nakagawa & Santos,
    Evolutionary Ecology 2012;26:1253-1274), NaN unless every effect has one variance.
    `pi_low` to `pi_high` is the prediction interval of a mean without moderators (else NaN).
    `marginal` (n, n) is the fitted covariance of the n estimates `used`; `y` and `x` are theirs.
    """

    design: Design
    method: Likelihood
    test: str
    level: float
    k: int
    p: int
    used: BoolArray
    coefficients: Coefficients
    covariance: FloatArray
    components: tuple[Component, ...]
    q: float
    q_df: int
    q_p: float
    moderators: Omnibus
    terms: Mapping[str, Omnibus]
    typical: float
    i2: float
    pi_low: float
    pi_high: float
    log_likelihood: float
    restricted_log_likelihood: float
    flags: frozenset[str]
    y: FloatArray
    x: FloatArray
    v: FloatArray
    marginal: FloatArray
    effects: tuple[Effect, ...]

    @property
    def converged(self) -> bool:
        return "not converged" not in self.flags

    @property
    def notes(self) -> tuple[str, ...]:
        """The sentences of the flags."""
        out = int(self.used.size - self.k)
        estimates = "1 estimate" if out == 1 else f"{out} estimates"
        return tuple(text.format(estimates) for name, text in NOTES.items() if name in self.flags)

    def variances(self, effect: str) -> tuple[float, ...]:
        """The variances of one effect, by inner level."""
        return tuple(
            one.estimate
            for one in self.components
            if one.effect == effect and one.kind == "variance"
        )

    def correlations(self, effect: str) -> tuple[float, ...]:
        """The correlations of one effect, the pairs in the order 12, 13, 14, 23 ... of its levels
        for "UN", and one for all pairs otherwise."""
        return tuple(
            one.estimate
            for one in self.components
            if one.effect == effect and one.kind == "correlation"
        )


class Prepared(NamedTuple):
    """Estimates in units near 1, ready for the likelihood."""

    y: FloatArray
    x: FloatArray
    v: FloatArray
    unit: float
    columns: FloatArray
    used: BoolArray
    spread: float  # mean squared residual of an unweighted fit

    def model(self, effects: Sequence[Coded], *, restricted: bool) -> Model:
        return make_model(self.y, self.x, self.v, effects, restricted=restricted)

    def starts(self, model: Model) -> list[FloatArray]:
        return _start_values(model, max(self.spread, 1e-4))


def multilevel(
    yi: npt.ArrayLike,
    v: npt.ArrayLike,
    effects: Sequence[Effect],
    design: Design | None = None,
    *,
    method: Likelihood = "REML",
    test: Literal["z", "t"] = "t",
    level: float = 0.95,
) -> Multilevel | NotEstimable:
    """Fit y ~ N(Xβ, V + Σ M) to estimates `yi` (k,), with a covariance M for each random effect.

    `v` holds sampling variances (k,), or variances and covariances (k, k) (see
    `assumed_covariance`). `effects` are made by `nested` for a model of three and more levels
    (Konstantopoulos, Research Synthesis Methods 2011;2:61-76), by `intercept`, or as `Effect` for
    a multivariate one (van Houwelingen, Arends & Stijnen, Statistics in Medicine 2002;21:589-624).
    Estimates whose effect, variance or moderator is missing or infinite are left out.
    `method` REML or ML; the maximum is sought from several starts, with analytic derivatives, down
    to a relative step of 1e-9. `test` "t" has k - p degrees of freedom, "z" is normal; with few
    studies both are too narrow, and `cluster_robust` is the better choice. Without moderators
    the prediction interval is μ ± quantile·√(se² + variances of all levels).

    Gives `NotEstimable` for too few estimates, collinear columns, and a V that is not positive
    definite. Raises ValueError for misuse.
    """
    for value, allowed in ((method, Likelihood), (test, Literal["z", "t"])):
        if value not in get_args(allowed):
            raise ValueError(f"unknown method {value!r}; there are {get_args(allowed)}")
    if not effects:
        raise ValueError("a multilevel model needs a random effect")
    share = proportion_of_one(level)
    ready = _prepare(yi, v, design)
    if isinstance(ready, NotEstimable):
        return ready
    if design is None:
        design = design_matrix({}, k=ready.used.size)
    numbered = [coded(one, ready.used) for one in effects]
    model = ready.model(numbered, restricted=method == "REML")
    top = maximise(model, ready.starts(model))
    return _result(ready, model, top, design, tuple(effects), method, test, share)


def _prepare(yi: npt.ArrayLike, v: npt.ArrayLike, design: Design | None) -> Prepared | NotEstimable:
    """Check, choose and scale the estimates."""
    y, known = floats(yi), floats(v)
    if y.ndim != 1 or known.shape not in ((y.size,), (y.size, y.size)):
        raise ValueError(f"effects {y.shape} need variances (k,) or (k, k), not {known.shape}")
    if design is None:
        design = design_matrix({}, k=y.size)
    if design.x.shape[0] != y.size:
        raise ValueError(f"the design has {design.x.shape[0]} rows for {y.size} estimates")
    whole = known if known.ndim == 2 else np.diag(known)
    used = usable(y, np.diag(whole), design.x)
    problem = not_estimable(design, used)
    if problem is not None:
        return problem
    part = whole[np.ix_(used, used)]
    if not _positive_definite(part):
        note = (
            "The sampling variances and covariances are not those of any set of estimates: their "
            "matrix is not symmetric and positive definite."
        )
        return NotEstimable("singular covariance", note, (), int(used.sum()), len(design.names))
    return scaled_estimates(y[used], design.x[used], part, used)


def scaled_estimates(y: FloatArray, x: FloatArray, v: FloatArray, used: BoolArray) -> Prepared:
    """Bring variances and columns near 1 by powers of two, which rounds nothing."""
    unit = float(np.exp2(np.round(np.log2(np.median(np.diag(v))) / 2.0)))
    columns = np.exp2(np.round(np.log2(np.max(np.abs(x), axis=0))))
    y, x = y / unit, x / columns
    residual = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    spread = float(residual @ residual) / (residual.size - x.shape[1])
    return Prepared(y, x, v / unit**2, unit, columns, used, spread)


def _positive_definite(v: FloatArray) -> bool:
    if not np.all(np.isfinite(v)) or not np.allclose(v, v.T, rtol=1e-8, atol=0.0):
        return False
    size = np.sqrt(np.diag(v))
    return bool(np.linalg.eigvalsh(v / np.outer(size, size))[0] > 1e-12)


def _result(
    ready: Prepared,
    model: Model,
    top: Maximum,
    design: Design,
    effects: tuple[Effect, ...],
    method: Likelihood,
    test: str,
    level: float,
) -> Multilevel:
    k, p, unit = model.k, model.p, ready.unit
    df = k - p
    found = evaluate(model, top.theta, slopes=False)
    flags = set()
    if not top.settled:
        flags.add("not converged")
    if top.flat:
        flags.add("flat")
    if not ready.used.all():
        flags.add("left out")
    back = unit / ready.columns
    covariance = found.covariance * np.outer(back, back)
    freedom = float(df) if test == "t" else np.inf
    tests = wald(design, found.b * back, covariance, freedom)
    typical, q = _without_effects(ready, df)
    raw = _components(model, top.theta, flags)
    alike = all(one.coordinates.levels[0] == -1 for one in model.effects)
    total = sum(one.estimate for one in raw if one.kind == "variance")
    whole = total + typical
    components = tuple(
        one._replace(
            estimate=one.estimate * (unit**2 if one.kind == "variance" else 1.0),
            share=100.0 * one.estimate / whole if alike and one.kind == "variance" else np.nan,
        )
        for one in raw
    )
    one = coefficients(design.names, found.b * back, covariance, np.full(p, freedom), level)
    pi_low, pi_high = np.nan, np.nan
    if design.names == (INTERCEPT,) and alike:
        spread = unit * np.sqrt(total + found.covariance[0, 0])
        half = float(quantile(np.array([freedom]), level)[0] * spread)
        pi_low, pi_high = float(one.estimate[0]) - half, float(one.estimate[0]) + half
    elif design.names == (INTERCEPT,):
        flags.add("no prediction")
    return Multilevel(
        design=design,
        method=method,
        test=test,
        level=level,
        k=k,
        p=p,
        used=ready.used,
        coefficients=one,
        covariance=covariance,
        components=components,
        q=q,
        q_df=df,
        q_p=float(special.chdtrc(df, q)),
        moderators=tests[""],
        terms={name: each for name, each in tests.items() if name},
        typical=typical * unit**2,
        i2=100.0 * total / whole if alike else np.nan,
        pi_low=pi_low,
        pi_high=pi_high,
        log_likelihood=found.ml - k * float(np.log(unit)),
        restricted_log_likelihood=_restricted(found, ready, df),
        flags=frozenset(flags),
        y=ready.y * unit,
        x=ready.x * ready.columns,
        v=ready.v * unit**2,
        marginal=_marginal(model, top.theta, ready) * unit**2,
        effects=effects,
    )


def _restricted(found: Evaluated, ready: Prepared, df: int) -> float:
    """½ log|X'X| - ½ log|X'WX| changes with the unit of y only: those of the columns cancel."""
    return found.reml - df * float(np.log(ready.unit))


def _without_effects(ready: Prepared, df: int) -> tuple[float, float]:
    """The typical sampling variance and QE: with V alone for the covariance."""
    root = np.linalg.cholesky(ready.v)
    inverse = np.linalg.inv(root)
    basis = np.linalg.qr(inverse @ ready.x)[0]
    y = inverse @ ready.y
    residual = y - basis @ (basis.T @ y)
    residual -= basis @ (basis.T @ residual)
    # tr P, with P = root⁻ᵀ (I - basis basis') root⁻¹
    trace = float((inverse**2).sum() - ((inverse.T @ basis) ** 2).sum())
    return df / trace, float(residual @ residual)


def _marginal(model: Model, theta: FloatArray, ready: Prepared) -> FloatArray:
    total = ready.v.copy()
    for effect, part in zip(model.effects, model.split(theta), strict=True):
        g, _ = effect.coordinates.build(part)
        same = effect.outer[:, None] == effect.outer
        total += g[effect.inner[:, None], effect.inner] * same
    return total


def _components(model: Model, theta: FloatArray, flags: set[str]) -> list[Component]:
    """Variances and correlations, in the scaled units; adds the flags of their bounds."""
    out = []
    for effect, part in zip(model.effects, model.split(theta), strict=True):
        g, _ = effect.coordinates.build(part)
        kinds, bounds = effect.coordinates.kinds, effect.coordinates.low
        variances = np.diag(g)
        one_for_all = effect.coordinates.levels[0] == -1
        for i, value in enumerate(variances[:1] if one_for_all else variances):
            name = "" if one_for_all else effect.levels[i]
            out.append(Component(effect.name, "variance", name, float(value), np.nan))
            if value <= 1e-9:
                flags.add("at zero")
        if kinds[-1] == "correlation":
            rho = float(part[-1])
            if not bounds[-1] + 1e-6 < rho < 1.0 - 1e-6:
                flags.add("at one")
            pairs = [("", rho, float(np.sort(variances)[-2:][0]))]  # two levels must vary
        elif kinds[-1] == "factor":
            pairs = _pairs(effect, g)
            if any(abs(rho) > 1.0 - 1e-6 for _, rho, least in pairs if least > 0.0):
                flags.add("at one")
        else:
            pairs = []
        for name, rho, least in pairs:
            undefined = least <= 1e-9
            if undefined:
                flags.add("no correlation")
            value = np.nan if undefined else rho
            out.append(Component(effect.name, "correlation", name, value, np.nan))
    return out


def _pairs(effect: Coded, g: FloatArray) -> list[tuple[str, float, float]]:
    """Name, correlation and smaller variance of each pair of levels."""
    pairs = []
    for i in range(len(g)):
        for j in range(i + 1, len(g)):
            least = min(g[i, i], g[j, j])
            rho = g[i, j] / np.sqrt(g[i, i] * g[j, j]) if least > 0.0 else 0.0
            pairs.append((f"{effect.levels[i]}, {effect.levels[j]}", float(rho), float(least)))
    return pairs
