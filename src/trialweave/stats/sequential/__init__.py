"""Repeated tests of a growing body of evidence: error spending, boundaries, information sizes."""

from trialweave.stats.sequential.analysis import (
    LEAST_STEP,
    SequentialAnalysis,
    diversity,
    size_for_means,
    size_for_risks,
    trial_sequential_analysis,
)
from trialweave.stats.sequential.boundaries import (
    MOST_LOOKS,
    Boundaries,
    Family,
    boundaries,
    boundary_family,
    drift,
)
from trialweave.stats.sequential.spending import Spending, spent

__all__ = [
    "LEAST_STEP",
    "MOST_LOOKS",
    "Boundaries",
    "Family",
    "SequentialAnalysis",
    "Spending",
    "boundaries",
    "boundary_family",
    "diversity",
    "drift",
    "size_for_means",
    "size_for_risks",
    "spent",
    "trial_sequential_analysis",
]
