"""What all scores share: values that are known, unknown, or known within limits; points; ranges.

A score of which inputs are missing is a range: it holds whatever value the missing inputs have.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

__all__ = [
    "UNKNOWN", "Band", "Classed", "Part", "Score", "Span", "Value", "below", "computed",
    "inapplicable", "item", "known", "points", "rounded", "shown", "span", "total", "unbounded",
    "unsettled", "upto", "worth", "yes_or_no",
]  # fmt: skip


class Span(NamedTuple):
    """A number that is known to lie from `low` to `high`, both included."""

    low: float
    high: float


Value = float | Span | None
"""An input of a score: a number, one known within limits ("<0.2"), or None: not known."""

UNKNOWN: Final = Span(0.0, math.inf)


class Part(NamedTuple):
    """One item of a score: its points (None where not settled) and the least and most they can
    be, what they are from ("platelets 90"), and which inputs are missing to settle them."""

    name: str
    points: float | None
    low: float
    high: float
    from_: str
    missing: tuple[str, ...] = ()


class Score(NamedTuple):
    """A score or measure worked out: `value` None where only its range is known.

    `missing` names the inputs that leave it open. `parts` are the items of a sum. `note` says what
    restricts it: a formula outside of its population (then it is from 0 to infinity), a surrogate.
    """

    value: float | None
    low: float
    high: float
    missing: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    note: str = ""


class Classed(NamedTuple):
    """A class worked out: `value` None where several are `possible`; what is missing to tell."""

    value: str | None
    possible: tuple[str, ...]
    missing: tuple[str, ...] = ()


class Band(NamedTuple):
    """Points of the values up to a bound (with the bound itself where `closed`)."""

    upper: float
    closed: bool
    points: int


def below(*bands: tuple[float, int]) -> tuple[Band, ...]:
    """Bands in rising order, each of the values below its bound."""
    return tuple(Band(upper, upper == math.inf, worth) for upper, worth in bands)


def upto(*bands: tuple[float, int]) -> tuple[Band, ...]:
    """Bands in rising order, each of the values up to and with its bound."""
    return tuple(Band(upper, True, worth) for upper, worth in bands)


def span(name: str, value: Value, least: float, most: float) -> Span:
    """An input as limits; of None all that a person can have.

    Raises ValueError for what is not finite, and for what lies outside of `least` to `most`: no
    person has it, so it is in another unit or an error.
    """
    if value is None:
        return Span(least, most)
    low, high = value if isinstance(value, Span) else (value, value)
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise ValueError(f"{name} is no number: {value}")
    if low < least or high > most:
        raise ValueError(f"{name} of {value} is outside of {least:g} to {most:g}")
    return Span(float(low), float(high))


def known(value: Value) -> bool:
    """Whether an input is one number."""
    return value is not None and (not isinstance(value, Span) or value.low == value.high)


def shown(value: Value) -> str:
    """An input for people."""
    if value is None:
        return "not known"
    if isinstance(value, Span) and value.low != value.high:
        return f"{value.low:g} to {value.high:g}"
    return f"{value.low if isinstance(value, Span) else value:g}"


def rounded(value: float, digits: int = 0) -> float:
    """Half away from 0, as people round; what is not finite stays."""
    if not math.isfinite(value):
        return value
    scale = 10.0**digits
    return math.copysign(math.floor(abs(value) * scale + 0.5), value) / scale


def worth(bands: Sequence[Band], value: float) -> int:
    """The points of one value."""
    return next(
        each.points for each in bands if value < each.upper or (each.closed and value == each.upper)
    )


def points(
    name: str, input_name: str, value: Value, bands: Sequence[Band], least: float, most: float
) -> Part:
    """The item of a score that one input gives."""
    limits = span(input_name, value, least, most)
    ends = [worth(bands, limits.low), worth(bands, limits.high)]
    within = [
        each.points
        for each in bands
        if limits.low < each.upper < limits.high or (each.closed and each.upper == limits.low)
    ]
    return item(
        name, Span(min(ends + within), max(ends + within)), f"{input_name} {shown(value)}",
        () if known(value) else (input_name,),
    )  # fmt: skip


def item(name: str, worth: Span, from_: str, missing: tuple[str, ...] = ()) -> Part:
    """An item of a score; what it would need to be settled is missing only where it is not."""
    settled = worth.low == worth.high
    return Part(
        name, worth.low if settled else None, worth.low, worth.high, from_,
        () if settled else missing,
    )  # fmt: skip


def yes_or_no(name: str, input_name: str, value: bool | None, worth: float) -> Part:
    """The item of a score that counts where something is so."""
    said = "not known" if value is None else "yes" if value else "no"
    low = worth if value else 0.0
    high = worth if value is None or value else 0.0
    return item(name, Span(low, high), f"{input_name} {said}", (input_name,))


def total(parts: Sequence[Part], note: str = "") -> Score:
    """The sum of the items."""
    low, high = sum(each.low for each in parts), sum(each.high for each in parts)
    return Score(low if low == high else None, low, high, unsettled(parts), tuple(parts), note)


def unsettled(parts: Sequence[Part]) -> tuple[str, ...]:
    """The inputs that are missing in some items, each once, in order."""
    return tuple(dict.fromkeys(name for each in parts for name in each.missing))


def computed(
    formula: Callable[..., float], inputs: Sequence[Span], missing: Sequence[str], note: str = ""
) -> Score:
    """What a formula gives over the limits of its inputs.

    The formula must rise or fall throughout in each input while the others stay, so that its
    extremes lie at the corners.
    """
    corners = [
        _tidy(formula(*each)) for each in itertools.product(*(dict.fromkeys(i) for i in inputs))
    ]
    low, high = min(corners), max(corners)
    settled = low == high
    return Score(low if settled else None, low, high, () if settled else tuple(missing), (), note)


def _tidy(value: float) -> float:
    """Without the dust of binary fractions: 69 / 0.23 is 300."""
    return float(f"{value:.12g}")


def inapplicable(note: str) -> Score:
    """A formula outside of the people it is for: nothing is known."""
    return Score(None, *UNKNOWN, (), (), note)


def unbounded(missing: Sequence[str], note: str = "") -> Score:
    """Inputs are missing without which nothing limits the result."""
    return Score(None, *UNKNOWN, tuple(missing), (), note)
