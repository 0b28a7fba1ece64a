"""Small-study effects and publication bias: what an asymmetric funnel may mean, and change.

Effects and variances (k,) of one meta-analysis go in, or 2x2 tables; tests, adjusted estimates and
what a funnel plot shows come out, typed and with notes. What cannot be computed is a `NotComputed`
with its reason. No method here tells bias from other causes of asymmetry (Sterne et al. 2011).
"""

from trialweave.stats.bias._common import NotComputed
from trialweave.stats.bias.asymmetry import (
    Asymmetry,
    Dispersion,
    PetPeese,
    Predictor,
    egger,
    macaskill,
    pet_peese,
    pustejovsky,
    regression_test,
    thompson_sharp,
)
from trialweave.stats.bias.binary_tests import deeks, harbord, peters, ruecker, schwarzer
from trialweave.stats.bias.excess import Excess, excess_significance
from trialweave.stats.bias.failsafe import FailSafe, general, orwin, rosenberg, rosenthal
from trialweave.stats.bias.funnel import Band, Funnel, funnel
from trialweave.stats.bias.limit import LimitMetaAnalysis, limit_meta_analysis
from trialweave.stats.bias.rank import RankTest, begg, kendall
from trialweave.stats.bias.selection import Selection, Weighting, selection_model
from trialweave.stats.bias.trim_and_fill import TrimAndFill, trim_and_fill

__all__ = [
    "Asymmetry",
    "Band",
    "Dispersion",
    "Excess",
    "FailSafe",
    "Funnel",
    "LimitMetaAnalysis",
    "NotComputed",
    "PetPeese",
    "Predictor",
    "RankTest",
    "Selection",
    "TrimAndFill",
    "Weighting",
    "begg",
    "deeks",
    "egger",
    "excess_significance",
    "funnel",
    "general",
    "harbord",
    "kendall",
    "limit_meta_analysis",
    "macaskill",
    "orwin",
    "pet_peese",
    "peters",
    "pustejovsky",
    "regression_test",
    "rosenberg",
    "rosenthal",
    "ruecker",
    "schwarzer",
    "selection_model",
    "thompson_sharp",
    "trim_and_fill",
]
