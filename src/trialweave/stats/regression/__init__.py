"""Moderators, subgroups and dependent effects: regression, and models of several levels.

Effects and variances come in as arrays with one value for each study or estimate, moderators as a
`Design`, random effects by their labels. Results are frozen; `NotEstimable` stands for a model that
these studies cannot carry, and names the columns to blame. Nothing here falls back to another
method or drops a column by itself.
"""

from trialweave.stats.regression._tests import Coefficients, Omnibus
from trialweave.stats.regression.cluster_robust import ClusterRobust, cluster_robust
from trialweave.stats.regression.design import Design, NotEstimable, design_matrix
from trialweave.stats.regression.known_covariance import assumed_covariance
from trialweave.stats.regression.mixed_effects import Regression, regress
from trialweave.stats.regression.multilevel import Component, Multilevel, multilevel
from trialweave.stats.regression.permutation import PermutationTest, permutation_test
from trialweave.stats.regression.prediction import Predicted, predict
from trialweave.stats.regression.profile import ProfileInterval, profile_interval
from trialweave.stats.regression.structures import Effect, Structure, intercept, nested
from trialweave.stats.regression.subgroups import Subgroups, subgroups

__all__ = [
    "ClusterRobust",
    "Coefficients",
    "Component",
    "Design",
    "Effect",
    "Multilevel",
    "NotEstimable",
    "Omnibus",
    "PermutationTest",
    "Predicted",
    "ProfileInterval",
    "Regression",
    "Structure",
    "Subgroups",
    "assumed_covariance",
    "cluster_robust",
    "design_matrix",
    "intercept",
    "multilevel",
    "nested",
    "permutation_test",
    "predict",
    "profile_interval",
    "regress",
    "subgroups",
]
