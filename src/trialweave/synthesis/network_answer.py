"""What a network meta-analysis answers, as plain data.

Every number is as printed: ratios as ratios, so that no difference is 1 for them and 0 for others;
τ² and τ alone are on the scale of the model, that of logarithms for ratios. What is not defined is
None, and a note says why.
"""

from __future__ import annotations

import msgspec

__all__ = [
    "Compared",
    "Comparison",
    "DesignRow",
    "League",
    "LeagueEntry",
    "LoopRow",
    "NetworkAnswer",
    "NetworkHeterogeneity",
    "NetworkNote",
    "NetworkPart",
    "QTest",
    "TreatmentRow",
]


class Compared(msgspec.Struct, frozen=True):
    """One effect with its Wald interval, and the two-sided P that there is none."""

    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None


class TreatmentRow(msgspec.Struct, frozen=True):
    """A treatment against the reference, which has no effect against itself.

    `prediction_low` and `prediction_high` bound the true effect in a new study. `p_score`, from 0
    to 1, is the mean certainty that it is better than another treatment. `participants` is None
    where a study does not tell how many it had.
    """

    treatment: str
    studies: int
    participants: int | None
    against: Compared = Compared()
    prediction_low: float | None = None
    prediction_high: float | None = None
    p_score: float | None = None


class Comparison(msgspec.Struct, frozen=True):
    """Two treatments that studies compare: `first` against `second`, and node splitting.

    `network` rests on all evidence, of which `direct_share` (0 to 1) is direct; `direct` on the
    studies of the comparison, `indirect` on the rest. `difference` is direct against indirect: for
    ratios a ratio of ratios.
    """

    first: str
    second: str
    studies: int
    participants: int | None
    network: Compared = Compared()
    direct: Compared = Compared()
    indirect: Compared = Compared()
    difference: Compared = Compared()
    direct_share: float | None = None


class LeagueEntry(msgspec.Struct, frozen=True):
    """`first` against `second`; `source` is "network" or "direct", `studies` are direct ones."""

    first: str
    second: str
    source: str
    studies: int
    estimate: float | None
    low: float | None
    high: float | None


class League(msgspec.Struct, frozen=True):
    """All comparisons in a square, None on the diagonal.

    Below it the network's estimates, of the column's treatment against the row's; above it direct
    evidence, of the row's against the column's.
    """

    treatments: tuple[str, ...]
    rows: tuple[tuple[LeagueEntry | None, ...], ...]


class QTest(msgspec.Struct, frozen=True):
    """Cochran's Q on `df` degrees of freedom; `p` is None without any."""

    q: float | None
    df: int
    p: float | None


class NetworkHeterogeneity(msgspec.Struct, frozen=True):
    """τ², the same for all comparisons, with its Q-profile interval; I² in percent; Q in parts.

    `total` is `within` designs (heterogeneity) and `between` them (inconsistency), with the weights
    of a common effect; `between_random` tests the latter under random effects with `tau2_within`.
    """

    tau2: float | None
    tau2_low: float | None
    tau2_high: float | None
    tau: float | None
    i2: float | None
    total: QTest
    within: QTest
    between: QTest
    between_random: QTest
    tau2_within: float | None


class DesignRow(msgspec.Struct, frozen=True):
    """Treatments that the same studies compare.

    `within` is Q among these studies; `detached` what is left between designs once this one has
    effects of its own: far less than `between` means that it contradicts the others.
    """

    treatments: tuple[str, ...]
    studies: tuple[str, ...]
    within: QTest
    detached: QTest


class LoopRow(msgspec.Struct, frozen=True):
    """Three treatments a, b, c compared directly: ab and bc against ac (a ratio, for ratios)."""

    treatments: tuple[str, str, str]
    factor: Compared


class NetworkPart(msgspec.Struct, frozen=True):
    """Treatments that comparisons connect, with their studies; `number` is what to ask it by."""

    number: int
    treatments: tuple[str, ...]
    studies: tuple[str, ...]


class NetworkNote(msgspec.Struct, frozen=True):
    """What was left out, assumed or not computed: a code, a sentence, whom it concerns."""

    code: str
    text: str
    about: tuple[str, ...] = ()


class NetworkAnswer(msgspec.Struct, frozen=True):
    """A network meta-analysis of one table.

    `model` is "random" or "common". `parts` are the connected parts, the largest first; where there
    are several and none was asked for, `part` is 0, `connected` false and nothing is estimated.
    Else `part` is the number of the one that all the rest is about. `small_is_good` is None where
    no direction was named; then there are no P-scores. `multi_arm` are studies with more than two
    arms; `density` is the share of all pairs of treatments that are compared directly, `cycles`
    the number of independent closed loops. `data` is a digest of the table.
    """

    table: str
    measure: str
    model: str
    tau2_method: str
    level: float
    reference: str
    small_is_good: bool | None
    part: int
    connected: bool
    studies: int
    participants: int | None
    parts: tuple[NetworkPart, ...]
    treatments: tuple[TreatmentRow, ...]
    comparisons: tuple[Comparison, ...]
    heterogeneity: NetworkHeterogeneity | None
    designs: tuple[DesignRow, ...]
    loops: tuple[LoopRow, ...]
    league: League | None
    multi_arm: tuple[str, ...]
    density: float
    cycles: int
    method: str
    notes: tuple[NetworkNote, ...]
    data: str
