"""Effects of many studies made into one: models, intervals, and what cannot be computed."""

from trialweave.stats.pooling._options import (
    IntervalMethod,
    Prediction,
    Tau2Interval,
    Weighting,
)
from trialweave.stats.pooling._pooled import FLAGS, Pooled
from trialweave.stats.pooling.bayes import Bayes, bayes
from trialweave.stats.pooling.bayes_priors import WEAKLY_INFORMATIVE, TauPrior
from trialweave.stats.pooling.beta_binomial import BetaBinomial, beta_binomial
from trialweave.stats.pooling.conventions import TablesPooled, pool_tables, revman5
from trialweave.stats.pooling.glmm import Mixed, glmm, glmm_proportions, glmm_rates
from trialweave.stats.pooling.heterogeneity import Inconsistency, inconsistency
from trialweave.stats.pooling.homogeneity import breslow_day, cochran_mantel_haenszel
from trialweave.stats.pooling.inverse_variance import pool
from trialweave.stats.pooling.mantel_haenszel import Stratified, mantel_haenszel, peto
from trialweave.stats.pooling.rare import RARE_WARNINGS, misleading
from trialweave.stats.pooling.rates import mantel_haenszel_rates
from trialweave.stats.pooling.tau2 import Method
from trialweave.stats.pooling.zero_cells import Correction, ZeroCells, zero_cells

__all__ = [
    "FLAGS",
    "RARE_WARNINGS",
    "WEAKLY_INFORMATIVE",
    "Bayes",
    "BetaBinomial",
    "Correction",
    "Inconsistency",
    "IntervalMethod",
    "Method",
    "Mixed",
    "Pooled",
    "Prediction",
    "Stratified",
    "TablesPooled",
    "Tau2Interval",
    "TauPrior",
    "Weighting",
    "ZeroCells",
    "bayes",
    "beta_binomial",
    "breslow_day",
    "cochran_mantel_haenszel",
    "glmm",
    "glmm_proportions",
    "glmm_rates",
    "inconsistency",
    "mantel_haenszel",
    "mantel_haenszel_rates",
    "misleading",
    "peto",
    "pool",
    "pool_tables",
    "revman5",
    "zero_cells",
]
