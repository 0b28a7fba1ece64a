"""Mixed-effects meta-regression of one set of studies on any moderators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import BoolArray, FloatArray, floats, proportion_of_one
from trialweave.stats.pooling import Method
from trialweave.stats.regression._gls import (
    between_variance,
    fit,
    log_likelihood,
    solve_q,
    variance_of,
)
from trialweave.stats.regression._studies import not_estimable, scaled, usable
from trialweave.stats.regression._tests import Coefficients, Omnibus, coefficients, wald
from trialweave.stats.regression.design import INTERCEPT, Design, NotEstimable, design_matrix

__all__ = ["NOTES", "Regression", "Test", "regress"]

Test = Literal["z", "t", "KH", "KH-adhoc"]

NOTES: Mapping[str, str] = {
    "left out": "{} without a usable effect, variance or moderator left out.",
    "not converged": "The iteration for τ² did not settle; its last value is given.",
    "several maxima": "The likelihood of τ² has several maxima; the highest is given.",
    "no width": (
        "The effects lie exactly on the regression, so the Knapp-Hartung intervals have no width, "
        "and their tests are undefined."
    ),
    "no r2": ("Without moderators nothing is left to explain (τ² or Q is 0): R² is undefined."),
    "few studies": "There are fewer than ten studies for each moderator coefficient.",
    "no se of tau2": "A standard error of τ² is not defined for this estimator.",
    "common effect": "No variance between studies is allowed for: τ² is 0 by assumption.",
}

_FEW = 10  # Cochrane Handbook (2023), section 10.11.4: at least ten studies for each covariate


@dataclass(frozen=True, eq=False)
class Regression:
    """A fitted meta-regression of k studies on p columns.

    `covariance` (p, p) belongs to the coefficients and holds the Knapp-Hartung factor `scale`.
    `moderators` tests all coefficients but the intercept (QM; F where the test is not normal), all
    of them where there is none; `terms` each moderator. `q` (QE) with `q_df` and `q_p` tests for
    residual heterogeneity; `tau2` has Q-profile limits and `tau2_se`; `i2` (percent) is the
    share of residual heterogeneity in the unaccounted variance, `r2` (percent) of `tau2_without`
    moderators the share they explain. `log_likelihood` and `restricted_log_likelihood` hold all
    constants (the second with + ½ log|X'X|). `fitted`, `hat` (leverages), `residual_z` (internally
    standardised residuals) and `vif` (variance inflation of each column but the intercept, NaN for
    it) are arrays; those of studies have the length of the input, NaN where `used` is False. What
    is NaN is explained in `notes`.
    """

    design: Design
    tau2_method: str
    test: Test
    level: float
    k: int
    p: int
    used: BoolArray
    coefficients: Coefficients
    covariance: FloatArray
    scale: float
    df: float
    tau2: float
    tau2_se: float
    tau2_low: float
    tau2_high: float
    tau2_without: float
    i2: float
    h2: float
    r2: float
    q: float
    q_df: int
    q_p: float
    moderators: Omnibus
    terms: Mapping[str, Omnibus]
    log_likelihood: float
    restricted_log_likelihood: float
    fitted: FloatArray
    hat: FloatArray
    residual_z: FloatArray
    vif: FloatArray
    flags: frozenset[str]
    y: FloatArray
    v: FloatArray

    @property
    def converged(self) -> bool:
        return "not converged" not in self.flags

    @property
    def notes(self) -> tuple[str, ...]:
        """The sentences of the flags."""
        out = int(self.used.size - self.k)
        studies = "1 study" if out == 1 else f"{out} studies"
        return tuple(text.format(studies) for name, text in NOTES.items() if name in self.flags)

    def information(self, *, restricted: bool = False) -> tuple[float, float, float]:
        """AIC, AICc and BIC of the (restricted) likelihood; τ² counts as a parameter, if free.

        AICc = AIC with the factor n/(n - m - 1) for m parameters (Hurvich & Tsai, Biometrika
        1989;76:297-307), n at least m + 2; n is k, or k - p for the restricted likelihood.
        """
        value = self.restricted_log_likelihood if restricted else self.log_likelihood
        n = self.k - (self.p if restricted else 0)
        free = self.p + (self.tau2_method not in ("CE", "EE"))
        wide = max(n, free + 2)
        aic = -2.0 * value + 2.0 * free
        aicc = -2.0 * value + 2.0 * free * wide / (wide - free - 1)
        return aic, aicc, -2.0 * value + free * float(np.log(n))


def regress(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    design: Design | None = None,
    *,
    tau2: Method = "REML",
    test: Test | None = None,
    level: float = 0.95,
) -> Regression | NotEstimable:
    """Regress effects `yi` (k,) with sampling variances `vi` (k,) on the columns of `design`.

    The model is y ~ N(Xβ, v + τ²), fitted with weights 1/(v + τ²); without `design` it is the mean
    alone. A study whose effect, variance or moderator is missing, infinite or (the variance) not
    positive is left out and said so, as is one whose variance is 1e16 times the least, or a number
    beyond 1e70 (variances 1e140).

    `tau2`: "REML", "ML", "PM", "EB", "PMM", "DL", "HE", "HS", "HSk", "SJ" with X for the common
    mean (sources in `stats.regression._gls`), or "CE"/"EE" for no variance between studies.
    `test` (default "KH", and "z" without variance between studies): "z" normal; "t" with k - p
    degrees of freedom; "KH" the covariance times q = Σw(y-xb)²/(k-p), k - p degrees of freedom;
    "KH-adhoc" with max(1, q) (Knapp & Hartung, Statistics in Medicine 2003;22:2693-2710).
    I² follows from τ² and the typical variance (k-p)/tr P (Higgins & Thompson, Statistics in
    Medicine 2002;21:1539-1558), without variance between studies from QE. R² is 1 - τ²/τ²_without,
    not below 0 (Raudenbush 2009); without variance between studies 1 - (QE/(k-p))/(Q/(k-1)).

    Gives `NotEstimable` where studies are too few for the columns or the columns collinear among
    the studies used. Raises ValueError for unknown methods and shapes that do not match.
    """
    common = tau2 in ("CE", "EE")
    if test is None:
        test = "z" if common else "KH"
    for value, allowed in ((tau2, Method), (test, Test)):
        if value not in get_args(allowed):
            raise ValueError(f"unknown method {value!r}; there are {get_args(allowed)}")
    share = proportion_of_one(level)
    y, v = floats(yi), floats(vi)
    if y.ndim != 1 or y.shape != v.shape:
        raise ValueError(f"effects {y.shape} and variances {v.shape} must have one shape (k,)")
    if design is None:
        design = design_matrix({}, k=y.size)
    if design.x.shape[0] != y.size:
        raise ValueError(f"the design has {design.x.shape[0]} rows for {y.size} studies")
    used = usable(y, v, design.x)
    problem = not_estimable(design, used)
    if problem is not None:
        return problem
    return _Work(y, v, design, used, tau2, test, share).result()


class _Work:
    """One regression in the making; `result` gives everything."""

    def __init__(
        self,
        y: FloatArray,
        v: FloatArray,
        design: Design,
        used: BoolArray,
        method: Method,
        test: Test,
        level: float,
    ) -> None:
        self.y, self.v, self.design, self.used = y, v, design, used
        self.method, self.test, self.level = method, test, level
        self.common = method in ("CE", "EE")
        self.scaled = scaled(y[used], v[used], design.x[used])
        self.rows = self.scaled.rows
        self.k, self.p = int(used.sum()), len(design.names)
        self.df = self.k - self.p
        self.flags: set[str] = set()

    def result(self) -> Regression:
        rows, unit, df = self.rows, self.scaled.unit, self.df
        found = between_variance(rows, self.method)
        self._flag("not converged", not found.converged[0])
        self._flag("several maxima", bool(found.multimodal[0]))
        self._flag("left out", not self.used.all())
        self._flag("common effect", self.common)
        moderators = self.p - self.design.intercept
        self._flag("few studies", self.k < _FEW * moderators)
        t = found.tau2
        now, at_zero = fit(rows, t), fit(rows, np.zeros(1))
        q = float(at_zero.q[0])
        typical = df / float(np.dot(at_zero.w[0], 1.0 - at_zero.hat[0]))
        tau2 = float(t[0])
        if self.common:
            i2, h2, se, low, high = 100.0 * max(0.0, q - df) / (q or 1.0), q / df, *[np.nan] * 3
        else:
            i2, h2 = 100.0 * tau2 / (tau2 + typical), tau2 / typical + 1.0
            se = float(np.sqrt(variance_of(rows, t, self.method)[0]))
            self._flag("no se of tau2", bool(np.isnan(se)))
            low, high = self._limits()
        without, r2 = self._explained(tau2, q)
        scale = self._scale(float(now.q[0]) / df)
        inverse = now.inverse[0]
        # the covariance in the units of effects over columns
        back = unit / self.scaled.columns
        root = inverse * back[:, None]
        covariance = scale * root @ root.T
        estimate = (now.b[0] + self.scaled.base) * back
        normal = self.test == "z"
        tests = wald(self.design, estimate, covariance, np.inf if normal else float(df))
        square = unit * unit
        shift = -self.k * np.log(unit)
        shift_restricted = -df * np.log(unit)
        return Regression(
            design=self.design,
            tau2_method=self.method,
            test=self.test,
            level=self.level,
            k=self.k,
            p=self.p,
            used=self.used,
            coefficients=coefficients(
                self.design.names,
                estimate,
                covariance,
                np.full(self.p, np.inf if normal else float(df)),
                self.level,
            ),
            covariance=covariance,
            scale=scale,
            df=np.inf if normal else float(df),
            tau2=tau2 * square,
            tau2_se=se * square,
            tau2_low=low * square,
            tau2_high=high * square,
            tau2_without=without * square,
            i2=i2,
            h2=h2,
            r2=r2,
            q=q,
            q_df=df,
            q_p=float(special.chdtrc(df, q)),
            moderators=tests[""],
            terms={name: test for name, test in tests.items() if name},
            log_likelihood=float(log_likelihood(rows, t, restricted=False)[0] + shift),
            restricted_log_likelihood=float(
                log_likelihood(rows, t, restricted=True)[0] + shift_restricted
            ),
            fitted=self._wide(self.design.x[self.used] @ estimate),
            hat=self._wide(now.hat[0]),
            residual_z=self._wide(self._standardised(now.residual[0], now.hat[0])),
            vif=self._inflation(covariance),
            flags=frozenset(self.flags),
            y=self.y,
            v=self.v,
        )

    def _flag(self, name: str, holds: bool) -> None:
        if holds:
            self.flags.add(name)

    def _wide(self, values: FloatArray) -> FloatArray:
        out = np.full(self.used.size, np.nan)
        out[self.used] = values
        return out

    def _scale(self, q: float) -> float:
        if self.test in ("z", "t"):
            return 1.0
        if self.test == "KH-adhoc":
            return max(1.0, q)
        self._flag("no width", q == 0.0)
        return q

    def _standardised(self, residual: FloatArray, hat: FloatArray) -> FloatArray:
        """NaN where a study has a category to itself, and so no residual."""
        free = 1.0 - hat
        alone = free <= 1e-10
        return np.where(alone, np.nan, residual / np.sqrt(np.where(alone, 1.0, free)))

    def _limits(self) -> tuple[float, float]:
        """Q-profile (Viechtbauer, Statistics in Medicine 2007;26:37-52)."""
        tail = (1.0 - self.level) / 2.0
        limits = []
        for share in (tail, 1.0 - tail):
            target = np.array([special.chdtri(self.df, share)])
            root, settled = solve_q(self.rows, target)
            self._flag("not converged", not settled[0])
            limits.append(float(root[0]))
        return limits[0], limits[1]

    def _explained(self, tau2: float, q: float) -> tuple[float, float]:
        """τ² without moderators, and R² in percent."""
        mean = scaled(self.y[self.used], self.v[self.used], np.ones((self.k, 1)))
        if self.common:
            without = 0.0
            before = float(fit(mean.rows, np.zeros(1)).q[0]) / (self.k - 1)
            after = q / self.df
        else:
            found = between_variance(mean.rows, self.method)
            self._flag("not converged", not found.converged[0])
            before = without = float(found.tau2[0])
            after = tau2
        self._flag("no r2", before == 0.0)
        r2 = 100.0 * max(0.0, 1.0 - after / before) if before > 0.0 else np.nan
        return without, r2

    def _inflation(self, covariance: FloatArray) -> FloatArray:
        """Variance inflation factors (Belsley, Kuh & Welsch 1980): inverse of the correlations."""
        kept = [i for i, name in enumerate(self.design.names) if name != INTERCEPT]
        out = np.full(self.p, np.nan)
        part = covariance[np.ix_(kept, kept)]
        size = np.sqrt(np.diag(part))
        if kept and np.all(size > 0.0):
            out[kept] = np.diag(np.linalg.inv(part / np.outer(size, size)))
        return out
