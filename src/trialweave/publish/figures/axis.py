"""The horizontal axis of a forest plot: its limits, its ticks, and what is cut off by it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

__all__ = ["Axis", "Span", "axis_for"]

_WIDEST_RATIO = 100.0  # intervals are cut at 1/100 and 100, estimates never
_MAX_TICKS = 8
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0)
_RATIOS = frozenset(("RR", "OR", "HR", "ROM", "IRR", "PETO"))
_WIDEST = 5.0  # intervals of differences are cut at so many times the reach of the estimates

Span = tuple[float | None, float | None, float | None]  # estimate, low, high


@dataclass(frozen=True)
class Axis:
    """Limits on the natural scale, tick positions, and the value of no effect."""

    log: bool
    low: float
    high: float
    ticks: tuple[float, ...]

    @property
    def null(self) -> float:
        """The value that means no effect."""
        return 1.0 if self.log else 0.0

    def clip(self, value: float) -> float:
        """The value, or the limit that it lies beyond."""
        return min(max(value, self.low), self.high)

    def beyond(self, value: float) -> bool:
        """Whether the value lies outside the limits."""
        return not self.low <= value <= self.high

    def share(self, value: float) -> float:
        """Where a value lies between the limits, 0 to 1 on the drawn (log or linear) scale."""
        low, high, at = (self._drawn(x) for x in (self.low, self.high, value))
        return (at - low) / (high - low)

    def _drawn(self, value: float) -> float:
        return math.log(max(value, 1e-300)) if self.log else value

    def scale(self) -> dict[str, Any]:
        """The scale as Vega-Lite wants it."""
        kind = {"type": "log"} if self.log else {"type": "linear", "zero": False}
        return {**kind, "domain": [self.low, self.high], "nice": False}

    def guide(self, ink: str, size: int) -> dict[str, Any]:
        """The axis as Vega-Lite wants it: below, without grid, ticks where they are wanted."""
        return {
            "orient": "bottom",
            "title": None,
            "grid": False,
            "values": list(self.ticks),
            "format": ".12~g",
            "labelColor": ink,
            "labelFontSize": size,
            "labelOverlap": False,
            "labelFlush": False,
            "domainColor": ink,
            "tickColor": ink,
            "tickSize": 4,
        }


def axis_for(measure: str, spans: Iterable[Span]) -> Axis:
    """An axis that holds every estimate, no effect, and intervals as far as sensible."""
    listed = list(spans)
    estimates = [one[0] for one in listed if one[0] is not None]
    limits = [x for one in listed for x in one[1:] if x is not None]
    if measure == "RD":
        return _linear(
            [min(max(x, -1.0), 1.0) for x in estimates], [min(max(x, -1.0), 1.0) for x in limits]
        )
    if measure not in _RATIOS:
        reach = _WIDEST * max((abs(x) for x in estimates), default=1.0) or 1.0
        return _linear(estimates, [min(max(x, -reach), reach) for x in limits])
    return _logarithmic([x for x in estimates if x > 0], [x for x in limits if x > 0])


def _logarithmic(estimates: list[float], limits: list[float]) -> Axis:
    cut = [min(max(x, 1 / _WIDEST_RATIO), _WIDEST_RATIO) for x in limits]
    reach = [0.5, 2.0, *(x * 0.7 for x in estimates), *(x * 1.4 for x in estimates), *cut]
    low, high = _series_below(min(reach)), _series_above(max(reach))
    ticks = _series(low, high, (1.0, 2.0, 5.0))
    if len(ticks) > _MAX_TICKS:
        decades = _series(low, high, (1.0,))
        step = math.ceil(len(decades) / _MAX_TICKS)
        zero = min(range(len(decades)), key=lambda i: abs(math.log(decades[i])))
        ticks = tuple(x for i, x in enumerate(decades) if (i - zero) % step == 0)
    return Axis(True, low, high, ticks)


def _series(low: float, high: float, mantissas: tuple[float, ...]) -> tuple[float, ...]:
    exponents = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
    values = (float(f"{m:g}e{e}") for e in exponents for m in mantissas)
    return tuple(x for x in values if low * (1 - 1e-9) <= x <= high * (1 + 1e-9))


def _series_below(x: float) -> float:
    return max(_series(x / 10, x, (1.0, 2.0, 5.0)))


def _series_above(x: float) -> float:
    return min(_series(x, x * 10, (1.0, 2.0, 5.0)))


def _linear(estimates: list[float], limits: list[float]) -> Axis:
    reach = [0.0, *estimates, *limits]
    low, high = min(reach), max(reach)
    size = 10.0 ** max(0, math.ceil(math.log10(max(high - low, 1e-12) / 2.0)))
    steps = [size * step for step in _STEPS]
    step = next((s for s in steps if (high - low) / s <= _MAX_TICKS - 2), steps[-1])
    first, last = math.floor(low / step - 1e-9), math.ceil(high / step + 1e-9)
    first, last = min(first, -1), max(last, 1)
    ticks = tuple(round(i * step, 10) for i in range(first, last + 1))
    return Axis(False, ticks[0], ticks[-1], ticks)
