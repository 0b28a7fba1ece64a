"""Effects of many studies made into one: models, intervals, and what cannot be computed."""

from trialweave.stats.pooling._pooled import FLAGS, Pooled
from trialweave.stats.pooling.inverse_variance import IntervalMethod, Prediction, pool
from trialweave.stats.pooling.mantel_haenszel import Stratified, mantel_haenszel, peto
from trialweave.stats.pooling.tau2 import Method

__all__ = [
    "FLAGS",
    "IntervalMethod",
    "Method",
    "Pooled",
    "Prediction",
    "Stratified",
    "mantel_haenszel",
    "peto",
    "pool",
]
