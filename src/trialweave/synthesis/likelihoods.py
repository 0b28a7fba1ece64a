"""The models of a synthesis that are fitted one set at a time: GLMM, beta-binomial, Bayes.

Each is a search for a maximum or an integral; what they are is told where they are computed, in
`trialweave.stats.pooling`. Here their results take the form that all models share.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, cast

from trialweave.stats._arrays import BoolArray
from trialweave.synthesis.effects import is_ratio

if TYPE_CHECKING:
    from trialweave.stats.pooling.bayes_priors import TauPrior
    from trialweave.synthesis.models import Data, Fit, Model

__all__ = ["GLMM", "fit_one", "tau_prior"]

GLMM: Final = "UM.FS"
"""Fixed study effects, the random effect split evenly between the arms: model 4 of the seven that
Jackson et al. compare (Stat Med 2018;37:1059-1085)."""

_PRIOR_SCALE = 0.5  # of the half-normal prior of τ, on scales that have no unit


def fit_one(model: Model, data: Data, members: BoolArray) -> Fit:
    """The model fitted to the studies of `members` (k,)."""
    from trialweave.synthesis.models import Fit

    k = int(members.sum())
    if k == 0:
        return Fit(0, math.nan, math.nan, math.nan, math.nan)
    if model.name == "GLMM":
        return _glmm(model, data, members)
    if model.name == "beta-binomial":
        return _beta_binomial(model, data, members)
    return _bayes(model, data, members)


def tau_prior(measure: str) -> TauPrior:
    """The prior of τ: half-normal with scale 0.5 for measures without a unit (Röver et al., Res
    Synth Methods 2021;12:448-474, on log ratios), flat for differences in a unit, where no scale
    is weakly informative for all; that needs three studies."""
    from trialweave.stats.pooling.bayes_priors import TauPrior

    if is_ratio(measure) or measure == "SMD":
        return TauPrior("half-normal", _PRIOR_SCALE)
    return TauPrior("uniform")


def _tables(data: Data, members: BoolArray) -> list[Any]:
    return [cells[members] for cells in data.counts]


def _glmm(model: Model, data: Data, members: BoolArray) -> Fit:
    from trialweave.stats.pooling.glmm import glmm
    from trialweave.synthesis.models import Fit

    found = glmm(GLMM, *_tables(data, members), level=model.level)
    return Fit(
        k=found.k,
        estimate=found.estimate,
        low=found.low,
        high=found.high,
        p=found.p,
        df=found.df,
        tau2=found.tau2,
        i2=found.i2,
        h2=found.h2,
        q=found.lrt,
        q_df=found.q_df,
        q_p=found.lrt_p,
        pi_low=found.pi_low,
        pi_high=found.pi_high,
        pi_df=found.k - 1.0 if math.isfinite(found.pi_low) else math.nan,
        notes=found.notes,
    )


def _beta_binomial(model: Model, data: Data, members: BoolArray) -> Fit:
    from trialweave.stats.pooling.beta_binomial import beta_binomial
    from trialweave.synthesis.models import Fit

    found = beta_binomial(cast("Any", model.measure), *_tables(data, members), level=model.level)
    return Fit(found.k, found.estimate, found.low, found.high, found.p, notes=found.notes)


def _bayes(model: Model, data: Data, members: BoolArray) -> Fit:
    from trialweave.stats.pooling.bayes import bayes
    from trialweave.synthesis.models import Fit

    found = bayes(
        data.effects.yi[members],
        data.effects.vi[members],
        tau_prior=tau_prior(model.measure),
        level=model.level,
    )
    return Fit(
        k=found.k,
        estimate=found.mu.median,
        low=found.mu.low,
        high=found.mu.high,
        p=math.nan,
        tau2=found.tau.median**2,
        tau2_low=found.tau.low**2,
        tau2_high=found.tau.high**2,
        pi_low=found.prediction.low,
        pi_high=found.prediction.high,
        notes=found.notes,
    )
