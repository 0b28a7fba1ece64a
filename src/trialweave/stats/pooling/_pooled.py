"""The result of pooling, and the sentences about what could not be computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from trialweave.stats._arrays import BoolArray, FloatArray, IntArray

__all__ = ["FLAGS", "Pooled"]

FLAGS: Mapping[str, str] = {
    "no studies": "No study has a usable effect and variance: nothing can be pooled.",
    "one study": (
        "There is one study: its own estimate and Wald interval are given; heterogeneity and a "
        "prediction interval cannot be computed."
    ),
    "left out": "{} without a usable effect and variance left out.",
    "not converged": "The iteration for τ² did not settle; its last value is given.",
    "several maxima": "The likelihood of τ² has several maxima; the highest is given.",
    "common effect": (
        "A common effect is assumed: τ² is 0 by assumption, and there is no interval for it and "
        "no prediction interval."
    ),
    "no width": (
        "The effects do not vary at all, so the Hartung-Knapp interval has no width, and its test "
        "is undefined."
    ),
    "narrower than Wald": "The Hartung-Knapp interval is narrower than the Wald interval.",
    "two studies": (
        "With two studies the Hartung-Knapp interval rests on one degree of freedom and can be "
        "very wide or very narrow by chance."
    ),
    "widened": (
        "The Hartung-Knapp interval would be narrower than the Wald interval it is set beside, and "
        "was widened by the rule that was chosen."
    ),
    "unbounded": (
        "There is next to no degree of freedom left, so that an interval has no bounds that a "
        "number can hold."
    ),
    "own distribution": (
        "The Henmi-Copas interval rests on a distribution of its own: no degrees of freedom."
    ),
    "too far apart": (
        "The Henmi-Copas interval could not be computed: the variances lie too far apart."
    ),
    "empty tau2 interval": (
        "The effects agree more closely than their variances let expect: the interval of τ² is "
        "empty and given as 0 to 0."
    ),
    "no prediction": (
        "The prediction interval chosen has no degrees of freedom left: it needs three studies."
    ),
}


@dataclass(frozen=True, eq=False)
class Pooled:
    """Pooled estimates; arrays have the shape of the input without its last axis.

    On the scale of the effects: `estimate`, `se` (of the interval method), `low`, `high`,
    `statistic` and two-sided `p` of the test against 0, `df` (inf for normal quantiles); `tau2`
    with its limits; the prediction interval `pi_low` to `pi_high` with `pi_df`.
    `q` is Cochran's Q and `q_p` its P on k - 1 degrees of freedom. `h2` and `i2` have limits too.
    `i2` and `weights` (shaped like the input, NaN for studies left out) are percentages. `k` counts
    the studies used, `left_out` those that could not be. What is not defined is NaN, and a flag
    says why: `flags` has a boolean array per key of `FLAGS`, `notes` the sentences.
    """

    tau2_method: str
    interval: str
    prediction: str
    weighting: str
    tau2_interval: str
    level: float
    k: IntArray
    left_out: IntArray
    estimate: FloatArray
    se: FloatArray
    low: FloatArray
    high: FloatArray
    statistic: FloatArray
    p: FloatArray
    df: FloatArray
    tau2: FloatArray
    tau2_low: FloatArray
    tau2_high: FloatArray
    i2: FloatArray
    i2_low: FloatArray
    i2_high: FloatArray
    h2: FloatArray
    h2_low: FloatArray
    h2_high: FloatArray
    q: FloatArray
    q_p: FloatArray
    pi_low: FloatArray
    pi_high: FloatArray
    pi_df: FloatArray
    converged: BoolArray
    weights: FloatArray
    flags: Mapping[str, BoolArray] = field(repr=False)

    def notes_at(self, *index: int) -> tuple[str, ...]:
        """The notes of one meta-analysis; without index, of the only one."""
        found = [text for name, text in FLAGS.items() if self.flags[name][index]]
        number = int(self.left_out[index])
        studies = "1 study" if number == 1 else f"{number} studies"
        return tuple(text.format(studies) for text in found)

    @property
    def notes(self) -> tuple[str, ...]:
        """All notes that hold for any of the meta-analyses, each once; see `notes_at`."""
        if self.k.ndim == 0:
            return self.notes_at()
        names = [name for name in FLAGS if self.flags[name].any()]
        return tuple(FLAGS[name].format("Studies") for name in names)
