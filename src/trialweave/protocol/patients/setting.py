"""Under which assumptions a person is held against criteria; each can be changed and is shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import NamedTuple

from trialweave.protocol.patients.facts import Fact, FactKind, Patient

__all__ = ["Derived", "Setting"]


class Derived(NamedTuple):
    """A measure worked out of other facts: from `low` to `high`, which are one where all inputs are
    known; `missing` names those that are not, `told` the calculation, `facts` what it is from."""

    low: float
    high: float
    unit: str
    missing: tuple[str, ...]
    told: str
    facts: tuple[Fact, ...]


class Setting(NamedTuple):
    """The day of screening, and what counts.

    A laboratory value, vital sign or score counts for `fresh_days`; an older one is unknown unless
    the criterion states a window of its own (30 days are common for screening; no source settles
    it). Of the kinds in `complete` the record is known to hold everything: what it does not name
    is not there; of all others it is unknown. `covers` tells whether a fact is an instance of
    words ("type 2 diabetes" of "diabetes"), None where it cannot say. `derive` works a concept out
    of other facts, None where it cannot.
    """

    day: dt.date
    fresh_days: float = 30.0
    complete: frozenset[FactKind] = frozenset()
    covers: Callable[[str, Fact], bool | None] | None = None
    derive: Callable[[str, Patient, dt.date], Derived | None] | None = None
