"""mean-difference: whether a stated difference of means follows from the groups' means."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from trialweave.appraisal._context import Context, make, show_number
from trialweave.appraisal._effects import level_of, minus, spelt
from trialweave.appraisal._means import (
    KINDS,
    Reading,
    box_of,
    means_compared,
    spread_readings,
    why_not,
)
from trialweave.model import ArmResult, Attempt, Check, Effect, Finding
from trialweave.stats.recompute import Box, Range, difference_range, limits_range

RULE = "mean-difference"

_FAR = 3.0  # standard errors from the crude difference, up to which adjustment may explain it


@dataclass(frozen=True)
class _Way:
    """One way to compute the difference, with its limits where there are any."""

    name: str
    inputs: str
    estimate: Range
    lower: Range | None = None
    upper: Range | None = None
    plain: bool = True

    @property
    def result(self) -> str:
        text = _about(self.estimate)
        if self.lower is not None and self.upper is not None:
            text += f" ({_about(self.lower)} to {_about(self.upper)})"
        return text


def check(finding: Finding, context: Context) -> Iterator[Check]:
    """Re-compute a stated mean difference, in both directions, with t and normal intervals.

    All printed numbers stand for intervals; agreement is within a unit of the last printed digit.
    A standardised difference is compared with Cohen's d, Hedges' g and Glass's delta, and never
    flagged. An unadjusted difference is flagged where it lies outside both what the means allow
    and three standard errors about it, since adjusted differences are often not called so.
    """
    stated = finding.effect
    if stated is None or finding.kind != "continuous" or stated.measure not in ("MD", "SMD"):
        return
    passages = (stated.passage, *(arm.passage for arm in finding.arms))
    text = _shown(stated)
    pair = means_compared(finding)
    estimate = box_of(stated.estimate, None)
    why = why_not(finding)
    if stated.measure == "MD" and pair is not None and _means_known(pair):
        why = ""  # the spreads are needed for its limits alone
    if stated.adjusted:
        why = "The effect is stated as adjusted; the record does not give the data for that."
    if estimate is None:
        why = why or "The printed effect could not be read."
    if why or pair is None or estimate is None:
        yield make(
            RULE, context, finding, "cannot check", f"{text} was not re-computed.",
            not_checkable=why or "The record does not give two groups to compare.",
            passages=passages,
        )  # fmt: skip
        return
    readings = list(spread_readings(pair))
    if stated.measure == "SMD":
        yield _standardised(finding, stated, text, estimate, readings, context)
        return
    yield _difference(finding, stated, text, estimate, pair, readings, context)


def _means_known(pair: tuple[ArmResult, ArmResult]) -> bool:
    return all(box_of(arm.mean_printed, arm.mean) is not None for arm in pair)


def _shown(stated: Effect) -> str:
    text = f"{stated.measure} {stated.estimate}"
    if stated.lower and stated.upper:
        text += f" ({stated.level}% CI {stated.lower} to {stated.upper})"
    return minus(text)


def _about(found: Range) -> str:
    """The middle of a range, which is what the printed numbers give as they are."""
    return show_number((found.low + found.high) / 2)


def _meets(found: Range | None, box: Box | None) -> bool:
    """Whether a range meets a printed number, within a unit of its last digit."""
    if found is None or box is None or math.isnan(found.low):
        return False
    half = (box.high - box.low) / 2
    noise = 1e-9 * max(1.0, abs(box.high))
    return found.low <= box.high + half + noise and found.high >= box.low - half - noise


def _turned(found: Range) -> Range:
    return Range(-found.high, -found.low)


def _ways(
    pair: tuple[ArmResult, ArmResult], readings: Sequence[Reading], level: float
) -> Iterator[_Way]:
    one, two = (box_of(arm.mean_printed, arm.mean) for arm in pair)
    assert one is not None
    assert two is not None
    gap = difference_range(one, two)
    inputs = " v ".join(arm.mean_printed or f"{arm.mean:g}" for arm in pair)
    for reading in readings:
        for kind, name in KINDS:
            lower, upper = limits_range(reading.one, reading.two, level, kind)
            name = f"difference of the means, interval of {name}"
            said = reading.inputs + (f"; {reading.how}" if reading.how else "")
            yield _Way(name, said, gap, lower, upper, not reading.how)
            yield _Way(
                f"{name}, groups exchanged", said, _turned(gap), _turned(upper), _turned(lower),
                plain=False,
            )  # fmt: skip
    if not readings:
        yield _Way("difference of the means", minus(inputs), gap)
        yield _Way(
            "difference of the means, groups exchanged", minus(inputs), _turned(gap), plain=False
        )
    if min(two.low, one.low) > 0:
        low, high = 100 * gap.low / two.high, 100 * gap.high / two.low
        relative = Range(min(low, 100 * gap.low / two.low), max(high, 100 * gap.high / two.high))
        yield _Way("difference in percent of the second mean", minus(inputs), relative, plain=False)


def _difference(
    finding: Finding,
    stated: Effect,
    text: str,
    estimate: Box,
    pair: tuple[ArmResult, ArmResult],
    readings: Sequence[Reading],
    context: Context,
) -> Check:
    lower, upper = box_of(stated.lower, None), box_of(stated.upper, None)
    level = level_of(stated)
    limited = lower is not None and upper is not None and level is not None
    passages = (stated.passage, *(arm.passage for arm in finding.arms))
    attempts: list[Attempt] = []
    best: tuple[int, _Way | None] = (0, None)
    ways = list(_ways(pair, readings, level or 0.95))
    for way in ways:
        fits = _meets(way.estimate, estimate)
        bounds = not limited or (_meets(way.lower, lower) and _meets(way.upper, upper))
        attempts.append(Attempt(way.name, way.inputs, way.result, fits and bounds))
        score = (1 + bounds + 2 * way.plain) if fits else 0
        if score > best[0]:
            best = (score, way)
    score, way_found = best
    if way_found is not None:
        how = f"{way_found.name} of {way_found.inputs}: {way_found.result}"
        if score == 4:
            verdict, said = "consistent", f"{text} is reproduced ({how})."
        elif score == 3 and not readings:
            verdict, said = (
                "consistent",
                (
                    f"The estimate of {text} is reproduced ({how}); the spreads for its interval "
                    "are not stated."
                ),
            )
        elif score == 3:
            verdict, said = (
                "note",
                f"The estimate of {text} is reproduced, its interval not ({how}).",
            )
        else:
            verdict, said = "note", f"{text} is reproduced only as {how}."
            if score == 1:
                said = f"The estimate of {text} is reproduced only as {how}, its interval not."
        innocent = ("the interval may be of another method, as an adjusted one",)
        return make(
            RULE, context, finding, "consistent" if verdict == "consistent" else "note", said,
            attempts=[a for a in attempts if a.agrees] or attempts[:8],
            innocent=innocent if score in (1, 3) and readings else (), passages=passages,
        )  # fmt: skip
    first = ways[0]
    said = f"{text} cannot be reproduced from the numbers given: {first.name} is {first.result}."
    near = _explained(estimate, lower, upper, first, readings)
    depends = context.dependent(finding.record_id)
    if near:
        said += f" {near}"
    elif depends:
        said += f" The record tells of {depends}: its effects need more than means."
    return make(
        RULE, context, finding, "note" if near or depends else "flag", said, attempts=attempts[:8],
        not_checkable="An adjusted difference would need data that the record does not give.",
        innocent=(
            "the difference may be adjusted without the record saying so",
            "the difference may be of changes from the start, or of another time point",
            "a digit may be misprinted",
        ),
        passages=passages,
    )  # fmt: skip


def _explained(
    estimate: Box, lower: Box | None, upper: Box | None, crude: _Way, readings: Sequence[Reading]
) -> str:
    """How the crude difference, either way round, is near enough for adjustment to explain it, or
    "".

    Near is inside the stated interval, or within three of the crude standard errors. Where neither
    an interval nor a spread is stated there is no scale to tell by.
    """
    if (lower is None or upper is None) and not readings:
        return "Without an interval or spreads nothing tells whether an adjusted one might be it."
    told = "It lies near enough for an adjusted difference."
    gaps = (crude.estimate, _turned(crude.estimate))
    if lower is not None and upper is not None:
        low, high = min(lower.low, upper.low), max(lower.high, upper.high)
        if any(gap.high >= low and gap.low <= high for gap in gaps):
            return told
    if readings:
        reading = readings[0]
        se = math.sqrt(
            reading.one.sd.high**2 / reading.one.n + reading.two.sd.high**2 / reading.two.n
        )
        if any(
            estimate.low - _FAR * se <= gap.high and estimate.high + _FAR * se >= gap.low
            for gap in gaps
        ):
            return told
    return ""


def _standardised(
    finding: Finding,
    stated: Effect,
    text: str,
    estimate: Box,
    readings: Sequence[Reading],
    context: Context,
) -> Check:
    passages = (stated.passage, *(arm.passage for arm in finding.arms))
    attempts: list[Attempt] = []
    best: tuple[int, str] = (0, "")
    for reading in readings:
        gap = difference_range(reading.one.mean, reading.two.mean)
        for name, low, high in _scales(reading):
            for turned in (False, True):
                part = _turned(gap) if turned else gap
                if low <= 0:
                    continue
                found = Range(
                    min(part.low / low, part.low / high), max(part.high / low, part.high / high)
                )
                fits = _meets(found, estimate)
                method = f"{name}, groups exchanged" if turned else name
                said = reading.inputs + (f"; {reading.how}" if reading.how else "")
                attempts.append(Attempt(method, said, _about(found), fits))
                plain = not turned and not reading.how and not name.startswith("Glass")
                if fits and 1 + plain > best[0]:
                    best = (1 + plain, f"{method} of {said}: {_about(found)}")
    if best[0] == 2:
        return make(
            RULE, context, finding, "consistent", f"{text} is reproduced ({best[1]}).",
            attempts=[a for a in attempts if a.agrees], passages=passages,
        )  # fmt: skip
    if best[0]:
        said = f"{text} is reproduced only as {best[1]}."
    else:
        said = f"{text} is not that of the means and spreads given, as far as tried."
    return make(
        RULE, context, finding, "note", said, attempts=attempts[:8],
        innocent=(
            f"a {spelt('SMD')} may be adjusted, of changes, or divided by another spread",
        ) if not best[0] else (),
        passages=passages,
    )  # fmt: skip


def _scales(reading: Reading) -> Iterator[tuple[str, float, float]]:
    """What differences are divided by: name, least and largest."""
    one, two = reading.one, reading.two
    df = one.n + two.n - 2
    ends = [
        math.sqrt(((one.n - 1) * a**2 + (two.n - 1) * b**2) / df)
        for a, b in ((one.sd.low, two.sd.low), (one.sd.high, two.sd.high))
    ]
    yield "Cohen's d", ends[0], ends[1]
    correction = 1 - 3 / (4 * df - 1)  # Hedges' J, approximate: off by less than the last digit
    if correction > 0:
        yield "Hedges' g", ends[0] / correction, ends[1] / correction
    yield "Glass's delta of the second group", two.sd.low, two.sd.high
    yield "Glass's delta of the first group", one.sd.low, one.sd.high
