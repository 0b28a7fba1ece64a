"""interval: whether a stated interval contains its estimate, and lies about it evenly."""

from __future__ import annotations

import math
from collections.abc import Iterator

from trialweave.appraisal._context import Context, make, show_number
from trialweave.appraisal._effects import ReadEffect, read_effect, spelt
from trialweave.model import Attempt, Check, Finding
from trialweave.stats.recompute import Box

RULE = "interval"

_SLACK = 0.02  # of half the interval's width, by which the middle may be off besides rounding


def check(finding: Finding, context: Context) -> Iterator[Check]:
    """Flag an estimate outside its interval; note limits in reverse order, and uneven intervals.

    Even is on the scale of logarithms for ratios. Rounding is considered for all three numbers:
    outside is only what lies beyond a limit by more than a unit of the last digit.
    """
    stated = finding.effect
    read = read_effect(stated) if stated is not None else None
    if stated is None or read is None:
        return
    passages = (stated.passage,)
    if read.ratio and min(read.estimate.high, read.lower.high, read.upper.high) < 0:
        yield make(
            RULE, context, finding, "note",
            f"{read.text}: a {spelt(stated.measure)} cannot be negative.",
            innocent=(
                "the logarithm may be stated",
                "the abbreviation may stand for something else, as RR for the respiratory rate",
            ),
            passages=passages,
        )  # fmt: skip
        return
    lower, upper = read.lower, read.upper
    reverse = lower.low > upper.high
    if reverse:
        lower, upper = upper, lower
    unit = max(box.high - box.low for box in (read.estimate, lower, upper))
    attempt = Attempt("estimate within its interval", read.text, "", True)
    if read.estimate.high < lower.low - unit or read.estimate.low > upper.high + unit:
        yield make(
            RULE, context, finding, "flag",
            f"{read.text}: the estimate does not lie within the interval.",
            attempts=[_with(attempt, "outside", agrees=False)],
            innocent=(
                "a digit or a decimal point may be misprinted",
                "the interval may be of another estimate, or of the effect the other way round",
            ),
            passages=passages,
        )  # fmt: skip
        return
    if reverse:
        yield make(
            RULE, context, finding, "note",
            f"{read.text}: the limits are stated in reverse order.",
            attempts=[_with(attempt, "within")], passages=passages,
        )  # fmt: skip
        return
    middle = _middle(read)
    if middle is None:
        yield make(
            RULE, context, finding, "consistent", f"{read.text}: the estimate lies within.",
            attempts=[_with(attempt, "within")], passages=passages,
        )  # fmt: skip
        return
    even = middle.low <= read.estimate.high and middle.high >= read.estimate.low
    scale = "on the scale of logarithms " if read.ratio else ""
    result = show_number((middle.low + middle.high) / 2)
    attempts = [
        _with(attempt, "within"),
        Attempt(f"middle of the interval {scale}".strip(), read.text, result, even),
    ]
    if even:
        text = f"{read.text}: the estimate lies within and {scale}in the middle."
        yield make(RULE, context, finding, "consistent", text, attempts=attempts, passages=passages)
        return
    yield make(
        RULE, context, finding, "note",
        f"{read.text}: the estimate lies within and {scale}not in the middle, which is {result}.",
        attempts=attempts,
        innocent=(
            "exact, score, profile-likelihood, bootstrap and Bayesian intervals are uneven",
            "a digit may be misprinted",
        ),
        passages=passages,
    )  # fmt: skip


def _with(attempt: Attempt, result: str, *, agrees: bool = True) -> Attempt:
    return Attempt(attempt.method, attempt.inputs, result, agrees)


def _middle(read: ReadEffect) -> Box | None:
    """The middles that the printed limits allow; None where a ratio's may be 0."""
    if not read.ratio:
        slack = _SLACK * (read.upper.high - read.lower.low) / 2
        return Box(
            (read.lower.low + read.upper.low) / 2 - slack,
            (read.lower.high + read.upper.high) / 2 + slack,
        )
    if min(read.lower.low, read.upper.low) <= 0:
        return None
    logs = [math.log(x) for x in (*read.lower, *read.upper)]
    slack = _SLACK * (logs[3] - logs[0]) / 2
    return Box(math.exp((logs[0] + logs[2]) / 2 - slack), math.exp((logs[1] + logs[3]) / 2 + slack))
