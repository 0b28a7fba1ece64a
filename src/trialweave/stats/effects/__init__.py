"""Effect sizes of single studies with their sampling variances.

Ratios (OR, RR, PETO) are natural logarithms. Everything broadcasts; a study whose effect is not
defined gets NaN for estimate and variance together. Conventions for zero cells are those of the
function `escalc` of the R package metafor, so that numbers can be compared.
"""

from trialweave.stats.effects._common import Effects, back_transform, is_ratio, wald_interval
from trialweave.stats.effects.means import mean_difference, smd
from trialweave.stats.effects.two_groups import CorrectedWhere, Measure, effect

__all__ = [
    "CorrectedWhere",
    "Effects",
    "Measure",
    "back_transform",
    "effect",
    "is_ratio",
    "mean_difference",
    "smd",
    "wald_interval",
]
