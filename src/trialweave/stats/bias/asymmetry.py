"""Regression tests of funnel plot asymmetry, and the limits that their lines point to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import FloatArray, floats, proportion_of_one
from trialweave.stats.bias._common import NotComputed, few, sentences, studies, too_few
from trialweave.stats.pooling import Method
from trialweave.stats.regression import NotEstimable, design_matrix, regress

__all__ = [
    "Asymmetry",
    "Dispersion",
    "PetPeese",
    "Predictor",
    "egger",
    "macaskill",
    "pet_peese",
    "pustejovsky",
    "regression_test",
    "thompson_sharp",
]

Predictor = Literal["se", "variance", "n", "1/n", "sqrt(n)", "1/sqrt(n)"]
Dispersion = Literal["multiplicative", "additive"]

_NO_LIMIT = ("n", "sqrt(n)")
_RATIOS_OF_COUNTS = ("OR", "RR", "PETO", "RD", "AS")


@dataclass(frozen=True, eq=False)
class Asymmetry:
    """A regression of effects on a measure of study size.

    `slope` (the "bias" of Egger's test), tested against 0 by `statistic` on `df` degrees of
    freedom (inf for a normal test), two-sided `p`. `limit` is the intercept, the effect that the
    line predicts for a study of unlimited size, with its interval; NaN where the predictor grows
    with precision ("no limit"). `dispersion` is the residual variance by which the variances are
    multiplied (1 where it is additive), `tau2` what is added to them (0 where multiplicative).
    """

    test: str
    k: int
    left_out: int
    slope: float
    slope_se: float
    statistic: float
    df: float
    p: float
    intercept: float
    intercept_se: float
    limit: float
    limit_low: float
    limit_high: float
    dispersion: float
    tau2: float
    level: float
    flags: frozenset[str]

    @property
    def notes(self) -> tuple[str, ...]:
        """The sentences of the flags."""
        return sentences(self.flags, self.left_out)


@dataclass(frozen=True)
class PetPeese:
    """Both limits, and the one that the conditional rule of Stanley & Doucouliagos chooses."""

    pet: Asymmetry
    peese: Asymmetry
    pet_p: float
    chosen: Literal["PET", "PEESE"]
    estimate: float
    low: float
    high: float


def regression_test(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    *,
    predictor: Predictor = "se",
    dispersion: Dispersion = "multiplicative",
    tau2: Method = "REML",
    n: npt.ArrayLike | None = None,
    student: bool | None = None,
    measure: str | None = None,
    level: float = 0.95,
) -> Asymmetry | NotComputed:
    """Regress effects `yi` (k,) on a measure of study size, weighted by inverse variances `vi`.

    `predictor`: the standard error (Egger et al., BMJ 1997;315:629-634), the variance, or the
    number of patients `n` (k,), its inverse, root or inverse root.
    `dispersion`: "multiplicative", y = a + bx with variances φ·v and φ from the residuals, a t
    test on k - 2 degrees of freedom (the classical test); or "additive", variances v + τ² with τ²
    by `tau2`, a normal test (Sterne & Egger 2005; R's metafor), or where `student` a t test on
    k - 2 degrees of freedom (Thompson & Sharp, Statistics in Medicine 1999;18:2693-2708).
    `measure` only raises the notes on measures whose standard error depends on the effect.

    Studies without a usable effect, variance or predictor are left out. `NotComputed` for fewer
    than three studies and for a predictor that does not vary; a note below ten studies (Sterne et
    al., BMJ 2011;343:d4002). Raises ValueError for unknown options, shapes that do not match, sizes
    that are missing or not positive.
    """
    for value, allowed in ((predictor, Predictor), (dispersion, Dispersion)):
        if value not in get_args(allowed):
            raise ValueError(f"unknown option {value!r}; there are {get_args(allowed)}")
    share = proportion_of_one(level)
    if student is None:
        student = dispersion == "multiplicative"
    if dispersion == "multiplicative" and not student:
        raise ValueError("the test with multiplicative dispersion is a t test")
    x = _predictor(predictor, floats(vi), n, floats(yi).shape)
    return fit_line(
        f"regression on {predictor}", yi, vi, x, None if dispersion == "multiplicative" else tau2,
        student=student, has_limit=predictor not in _NO_LIMIT, level=share,
        raised=_by_measure(measure),
    )  # fmt: skip


def fit_line(
    test: str,
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    x: FloatArray,
    tau2: Method | None,
    *,
    student: bool,
    has_limit: bool,
    level: float,
    raised: frozenset[str] = frozenset(),
) -> Asymmetry | NotComputed:
    """The regression of `yi` on `x`; without `tau2` with multiplicative dispersion."""
    found = studies(yi, np.where(np.isfinite(x), floats(vi), np.nan))
    refused = too_few(found.k, 3)
    if refused is not None:
        return refused
    design = design_matrix({"size": x[found.used]})
    fitted = regress(
        found.y, found.v, design, tau2=tau2 or "CE", test="KH" if tau2 is None else
        "t" if student else "z", level=level,
    )  # fmt: skip
    if isinstance(fitted, NotEstimable):
        return NotComputed("predictor does not vary", _SAME_SIZE, found.k)
    k = fitted.k
    left_out = int(found.used.size - k)
    line = fitted.coefficients
    flags = few(k, left_out) | set(raised)
    flags |= {name for name in ("not converged", "several maxima") if name in fitted.flags}
    flags |= {"exact fit"} if not line.se[1] > 0.0 else set()
    flags |= set() if has_limit else {"no limit"}
    return Asymmetry(
        test=test,
        k=k,
        left_out=left_out,
        slope=float(line.estimate[1]),
        slope_se=float(line.se[1]),
        statistic=float(line.statistic[1]),
        df=float(line.df[1]),
        p=float(line.p[1]),
        intercept=float(line.estimate[0]),
        intercept_se=float(line.se[0]),
        limit=float(line.estimate[0]) if has_limit else np.nan,
        limit_low=float(line.low[0]) if has_limit else np.nan,
        limit_high=float(line.high[0]) if has_limit else np.nan,
        dispersion=fitted.scale if tau2 is None else 1.0,
        tau2=fitted.tau2,
        level=level,
        flags=frozenset(flags),
    )


_SAME_SIZE = "The measure of study size is the same in all studies: there is nothing to regress on."


def egger(
    yi: npt.ArrayLike, vi: npt.ArrayLike, *, measure: str | None = None, level: float = 0.95
) -> Asymmetry | NotComputed:
    """Egger's test: effects on standard errors, multiplicative dispersion, t on k - 2.

    Egger, Davey Smith, Schneider & Minder, BMJ 1997;315:629-634. Everything else as for
    `regression_test`; give `measure` to be told where another test is meant.
    """
    found = regression_test(yi, vi, measure=measure, level=level)
    return found if isinstance(found, NotComputed) else replace(found, test="Egger")


def thompson_sharp(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    *,
    tau2: Method = "REML",
    measure: str | None = None,
    level: float = 0.95,
) -> Asymmetry | NotComputed:
    """Egger's regression with an additive variance between studies, t on k - 2.

    Thompson & Sharp, Statistics in Medicine 1999;18:2693-2708, method 3; they took the moment
    estimator ("DL"), R's meta takes REML. Everything else as for `regression_test`.
    """
    found = regression_test(
        yi, vi, dispersion="additive", tau2=tau2, student=True, measure=measure, level=level
    )
    return found if isinstance(found, NotComputed) else replace(found, test="Thompson-Sharp")


def macaskill(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    n: npt.ArrayLike,
    *,
    level: float = 0.95,
) -> Asymmetry | NotComputed:
    """Macaskill's test: effects on numbers of patients `n`, inverse-variance weights, t on k - 2.

    Macaskill, Walter & Irwig, Statistics in Medicine 2001;20:641-654 (funnel inverse variance).
    """
    found = regression_test(yi, vi, predictor="n", n=n, level=level)
    return found if isinstance(found, NotComputed) else replace(found, test="Macaskill")


def pustejovsky(
    yi: npt.ArrayLike, n1: npt.ArrayLike, n2: npt.ArrayLike, *, level: float = 0.95
) -> Asymmetry | NotComputed:
    """Egger's test of standardised mean differences with standard errors free of the effect.

    Pustejovsky & Rodgers, Research Synthesis Methods 2019;10:57-71: 1/n1 + 1/n2 takes the place of
    the variance, in the predictor (its root) and in the weights, since the usual variance of a
    standardised mean difference grows with the effect. Errors as for `regression_test`.
    """
    first, second = floats(n1), floats(n2)
    for sizes in (first, second):
        _check_sizes(sizes)
    found = regression_test(yi, 1.0 / first + 1.0 / second, level=level)
    return found if isinstance(found, NotComputed) else replace(found, test="Pustejovsky-Rodgers")


def pet_peese(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    *,
    alpha: float = 0.05,
    level: float = 0.95,
) -> PetPeese | NotComputed:
    """The precision-effect test and the precision-effect estimate with standard error.

    Stanley & Doucouliagos, Research Synthesis Methods 2014;5:60-78: the limit of Egger's regression
    (PET), unless its two-sided test against 0 is below `alpha`; then the limit of the regression on
    variances (PEESE). Both with multiplicative dispersion. The rule is known to mislead with few
    studies and with heterogeneity (Stanley 2017); refusals as for `regression_test`.
    """
    proportion_of_one(alpha)
    pet = regression_test(yi, vi, level=level)
    peese = regression_test(yi, vi, predictor="variance", level=level)
    if isinstance(pet, NotComputed):
        return pet
    if isinstance(peese, NotComputed):
        return peese
    if "exact fit" in pet.flags or "exact fit" in peese.flags:
        note = "The effects lie exactly on a regression line: its limit cannot be tested."
        return NotComputed("exact fit", note, pet.k)
    p = float(2.0 * special.stdtr(pet.df, -abs(pet.intercept / pet.intercept_se)))
    name: Literal["PET", "PEESE"] = "PEESE" if p < alpha else "PET"
    chosen = {"PET": pet, "PEESE": peese}[name]
    return PetPeese(
        pet=replace(pet, test="PET"),
        peese=replace(peese, test="PEESE"),
        pet_p=p,
        chosen=name,
        estimate=chosen.limit,
        low=chosen.limit_low,
        high=chosen.limit_high,
    )


def _by_measure(measure: str | None) -> frozenset[str]:
    if measure in _RATIOS_OF_COUNTS:
        return frozenset(("ratio of counts",))
    return frozenset(("standardised",)) if measure == "SMD" else frozenset()


def _check_sizes(n: FloatArray) -> None:
    if np.any(n <= 0.0) or np.any(np.isinf(n)):
        raise ValueError("numbers of patients must be positive and finite")


def _predictor(
    predictor: Predictor, v: FloatArray, n: npt.ArrayLike | None, shape: tuple[int, ...]
) -> FloatArray:
    if predictor == "variance":
        return v
    if predictor == "se":
        return np.sqrt(np.where(v > 0.0, v, np.nan))
    if n is None:
        raise ValueError(f"the predictor {predictor!r} needs the numbers of patients")
    sizes = floats(n)
    if sizes.shape != shape:
        raise ValueError(f"{sizes.shape} numbers of patients for {shape} effects")
    _check_sizes(sizes)
    x = np.sqrt(sizes) if "sqrt" in predictor else sizes
    return 1.0 / x if predictor.startswith("1/") else x
