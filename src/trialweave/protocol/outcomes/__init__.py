"""Registered outcomes made computable: measure, instrument with version, time points in days.

What comes in is a register's text of an outcome and its time frame; what goes out is one frozen
`Registered` with the place of each slot in that text. Nothing is taken as a time that has no unit
beside it, and what was not understood is kept. `same_outcome` says whether two are one outcome.
"""

from trialweave.protocol.outcomes.registered import (
    Place,
    Registered,
    of_trial,
    read_outcome,
    split_outcome,
)
from trialweave.protocol.outcomes.sameness import Sameness, outcome_family, same_outcome
from trialweave.protocol.outcomes.times import Event, Times, read_times

__all__ = [
    "Event",
    "Place",
    "Registered",
    "Sameness",
    "Times",
    "of_trial",
    "outcome_family",
    "read_outcome",
    "read_times",
    "same_outcome",
    "split_outcome",
]
