"""Prior distributions of τ, the standard deviation between studies."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple, get_args

import numpy as np
from scipy import special

from trialweave.stats._arrays import FloatArray

__all__ = ["WEAKLY_INFORMATIVE", "TauPrior", "TauPriorKind"]

TauPriorKind = Literal["half-normal", "half-t", "half-Cauchy", "exponential", "uniform", "Jeffreys"]


class TauPrior(NamedTuple):
    """A prior of τ: `scale` in units of the effect, `df` of the half-t.

    `scale` is the standard deviation of the normal (t, Cauchy: the scale) of which the prior is
    one half, the mean of the exponential, the upper limit of the uniform (inf: improper, from 0
    on). Jeffreys' prior √Σ(τ/(v + τ²))² has no scale and is improper.
    """

    kind: TauPriorKind
    scale: float = math.inf
    df: float = math.nan

    def check(self) -> None:
        """ValueError unless the kind is known and its parameters are positive and finite."""
        if self.kind not in get_args(TauPriorKind):
            raise ValueError(f"unknown prior {self.kind!r}; there are {get_args(TauPriorKind)}")
        free = self.kind in ("uniform", "Jeffreys")
        if not (self.scale > 0.0 and (free or math.isfinite(self.scale))):
            raise ValueError(f"the scale of a {self.kind} prior must be positive: {self.scale:g}")
        if self.kind == "half-t" and not 0.0 < self.df < math.inf:
            raise ValueError(f"a half-t prior needs positive degrees of freedom: {self.df:g}")

    @property
    def proper(self) -> bool:
        """Whether its density integrates to 1."""
        return self.kind != "Jeffreys" and math.isfinite(self.scale)

    @property
    def tail(self) -> float:
        """The power of 1/τ with which the density falls; inf where it falls faster."""
        if self.kind == "half-t":
            return self.df + 1.0
        if self.kind == "uniform" and math.isinf(self.scale):
            return 0.0
        return {"half-Cauchy": 2.0, "Jeffreys": 1.0}.get(self.kind, math.inf)

    @property
    def end(self) -> float:
        """Where the density has fallen to nothing beside its height; inf for heavy tails."""
        return self.scale * {"half-normal": 40.0, "exponential": 750.0, "uniform": 1.0}.get(
            self.kind, math.inf
        )

    def log_density(self, tau: FloatArray, v: FloatArray) -> FloatArray:
        """Log density at each τ; improper ones up to a constant. `v` are the sampling variances."""
        x = tau / self.scale
        if self.kind == "half-normal":
            return np.asarray(0.5 * math.log(2.0 / math.pi) - math.log(self.scale) - 0.5 * x * x)
        if self.kind == "exponential":
            return np.asarray(-math.log(self.scale) - x)
        if self.kind == "uniform":
            height = -math.log(self.scale) if math.isfinite(self.scale) else 0.0
            return np.asarray(np.where(tau <= self.scale, height, -np.inf))
        if self.kind == "Jeffreys":
            with np.errstate(divide="ignore"):
                square = ((tau[:, None] / (v + tau[:, None] ** 2)) ** 2).sum(axis=1)
                return np.asarray(0.5 * np.log(square))
        df = 1.0 if self.kind == "half-Cauchy" else self.df
        constant = -0.5 * math.log(df) - special.betaln(0.5 * df, 0.5) - math.log(self.scale)
        return np.asarray(math.log(2.0) + constant - 0.5 * (df + 1.0) * np.log1p(x * x / df))


# Röver C, Bender R, Dias S, Schmid CH, Schmidli H, Sturtz S, Weber S, Friede T. On weakly
# informative prior distributions for the heterogeneity parameter in Bayesian random-effects
# meta-analysis. Res Synth Methods 2021;12:448-474: half-normal(0.5) for log ratios, under which
# τ is below 0.98 with probability 0.95.
WEAKLY_INFORMATIVE: Mapping[str, TauPrior] = MappingProxyType(
    {measure: TauPrior("half-normal", 0.5) for measure in ("OR", "RR", "HR", "IRR")}
)
