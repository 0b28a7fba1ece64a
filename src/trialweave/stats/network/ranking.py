"""Ranking of treatments: P-scores."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from trialweave.stats._arrays import FloatArray
from trialweave.stats.network.model import Model, Network

__all__ = ["Ranking", "p_scores"]


class Ranking(NamedTuple):
    """P-scores (treatments,) in the network's order, and the treatments from best to worst."""

    treatments: tuple[str, ...]
    p_score: FloatArray
    order: tuple[str, ...]


def p_scores(found: Network, *, small_is_good: bool, model: Model = "random") -> Ranking:
    """The mean certainty that a treatment is better than another one, from 0 to 1.

    Mean over the other treatments of Φ of their difference over its standard error (Rücker &
    Schwarzer, BMC Med Res Methodol 2015;15:58); the same as SUCRA under normal distributions
    (Salanti, Ades & Ioannidis, J Clin Epidemiol 2011;64:163-171). `small_is_good` says whether a
    low value of the outcome is the better one; there is no default, since a wrong guess turns the
    ranking upside down. NaN where the model has no estimates.
    """
    p = found.estimates(model).p
    effect = found.estimates(model).effect
    above = np.where(effect > 0.0, 1.0 - p / 2.0, p / 2.0)  # that the row's effect is larger
    better = 1.0 - above if small_is_good else above
    np.fill_diagonal(better, 0.0)
    score = better.sum(axis=1) / (len(found.treatments) - 1)
    best = np.argsort(-score, kind="stable")
    return Ranking(found.treatments, score, tuple(found.treatments[i] for i in best))
