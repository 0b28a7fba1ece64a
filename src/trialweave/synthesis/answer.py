"""What a synthesis answers, as plain data.

Every number is on the natural scale (ratios as ratios); τ² alone is on the scale of the model,
which is that of logarithms for ratios. What is not defined is None, and a note says why.
"""

from __future__ import annotations

import msgspec

from trialweave.synthesis.choose import Selection
from trialweave.synthesis.groups import Group, Stated
from trialweave.synthesis.once import Undecided
from trialweave.synthesis.question import Question

__all__ = [
    "Effect",
    "Estimate",
    "Heterogeneity",
    "Light",
    "Row",
    "Sensitivity",
    "Subgroup",
    "Subgroups",
    "Synthesis",
]


class Effect(msgspec.Struct, frozen=True):
    """One study's effect on one measure with its Wald interval; None where not estimable."""

    measure: str
    estimate: float | None
    low: float | None
    high: float | None


class Row(msgspec.Struct, frozen=True):
    """One study: its groups, its effect on the measure asked for, its weight in percent."""

    study_id: str
    label: str
    finding_id: str
    treatment: Group
    control: Group
    estimate: float | None
    low: float | None
    high: float | None
    weight: float | None
    effects: tuple[Effect, ...]  # on all three measures
    flags: tuple[str, ...]
    note: str = ""
    notices: tuple[str, ...] = ()  # kinds of notices on articles of the study: "correction"
    stated: Stated | None = None  # the effect as reported, where it is pooled as such
    group: str = ""  # of the question's subgroups
    lights: tuple[Light, ...] = ()  # risk of bias, where people judged it


class Light(msgspec.Struct, frozen=True):
    """One domain's risk of bias as judged: "low", "some concerns" or "high"."""

    domain: str
    judgement: str


class Heterogeneity(msgspec.Struct, frozen=True):
    """τ² with its Q-profile interval, I² and H² from τ², Cochran's Q; None where undefined."""

    tau2: float | None
    tau2_low: float | None
    tau2_high: float | None
    i2: float | None
    i2_low: float | None
    i2_high: float | None
    h2: float | None
    q: float | None
    q_df: int
    q_p: float | None


class Estimate(msgspec.Struct, frozen=True):
    """A pooled effect on one measure. `df` is None for normal quantiles.

    `wald_low` and `wald_high` are the interval without Hartung and Knapp's correction, for
    comparison. The prediction interval is that of a new study's true effect.
    """

    measure: str
    k: int
    estimate: float
    low: float | None
    high: float | None
    p: float | None
    df: float | None
    wald_low: float | None
    wald_high: float | None
    prediction_low: float | None
    prediction_high: float | None
    prediction_df: float | None
    heterogeneity: Heterogeneity
    notes: tuple[str, ...]


class Subgroup(msgspec.Struct, frozen=True):
    """The pooled effect of one subgroup; None where fewer than two studies are estimable."""

    name: str
    k: int
    pooled: Estimate | None


class Subgroups(msgspec.Struct, frozen=True):
    """A question's subgroups, and the test whether they differ (Q between them)."""

    by: str
    groups: tuple[Subgroup, ...]
    q: float | None
    df: int
    p: float | None
    notes: tuple[str, ...] = ()


class Sensitivity(msgspec.Struct, frozen=True):
    """The pooled effect after one change; `group` is "studies", "method" or "leave one out"."""

    group: str
    name: str
    k: int
    estimate: float | None
    low: float | None
    high: float | None
    p: float | None
    tau2: float | None
    i2: float | None
    note: str = ""
    as_asked: bool = False


class Synthesis(msgspec.Struct, frozen=True):
    """The answer to a question.

    `k` counts the studies with an estimable effect; participants and events are theirs. `pooled`
    is None for a single study, whose own result is then in `rows`. `measures` repeats the pooling
    on RR, OR and RD.
    """

    question: Question
    k: int
    treated: int
    controls: int
    events_treated: int
    events_controls: int
    rows: tuple[Row, ...]
    pooled: Estimate | None
    measures: tuple[Estimate, ...]
    sensitivity: tuple[Sensitivity, ...]
    method: str
    notes: tuple[str, ...]
    selection: Selection
    undecided: tuple[Undecided, ...] = ()  # rows that may be one trial; also told in the notes
    subgroups: Subgroups | None = None
    data: str = ""  # the version of the data: the question and it reproduce the answer
