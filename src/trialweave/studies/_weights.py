"""What agreements weigh: their bounds, and the weight of one by its frequency."""

from __future__ import annotations

import math
from typing import Final

from trialweave.model import Signal

__all__ = ["MOST", "SPONSOR_DEPEND", "positive", "signal"]

# The most that agreeing may weigh, in bits: a rare value in a small corpus is rare by chance, and
# trials of one programme share country, design and start.
MOST: Final = {
    "country": 6.0,
    "phase": 3.0,
    "allocation": 1.5,
    "masking": 2.0,
    "enrolment": 9.0,
    "sponsor": 6.0,
    "investigator": 4.0,
    "site": 4.0,
    "ages": 2.0,
    "dose": 2.0,
    "arms": 2.0,
    "start": 3.0,
    "same day": 5.0,
}
SPONSOR_DEPEND: Final = 0.8  # words of one name come together


def positive(name: str, m: float, u: float) -> float:
    """Weight of an agreement: log2(m/u), never against the pair, at most `MOST`."""
    return min(max(math.log2(m / max(u, 1e-6)), 0.0), MOST[name])


def signal(name: str, weight: float, evidence: str) -> Signal:
    """A signal with its weight as shown."""
    return Signal(name, round(weight, 2), evidence)
