"""What a pooled effect rests on: single studies, their order, and every subset of them."""

from trialweave.stats.exploring.gosh import MOST_SUBSETS, Gosh, gosh
from trialweave.stats.exploring.influence import (
    Baujat,
    Influence,
    Shrunken,
    baujat,
    cumulative,
    influence,
    leave_one_out,
    shrunken,
)

__all__ = [
    "MOST_SUBSETS",
    "Baujat",
    "Gosh",
    "Influence",
    "Shrunken",
    "baujat",
    "cumulative",
    "gosh",
    "influence",
    "leave_one_out",
    "shrunken",
]
