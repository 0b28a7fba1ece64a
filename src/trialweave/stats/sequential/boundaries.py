"""Boundaries of repeated tests, by recursive integration over the looks.

Armitage, McPherson & Rowe, J R Stat Soc A 1969;132:235-244; Jennison & Turnbull, Group Sequential
Methods, 1999, chapter 19. At each look Z has independent increments on the scale of information.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

from trialweave.stats._arrays import FloatArray, floats
from trialweave.stats.sequential.spending import Spending, spent

__all__ = ["MOST_LOOKS", "Boundaries", "Family", "boundaries", "boundary_family", "drift"]

Family = Literal["O'Brien-Fleming", "Pocock", "Wang-Tsiatis"]

MOST_LOOKS = 200
_UNREACHABLE = 9.0  # beyond, chances are below 1e-18
_NOTHING = 1e-14  # of the error: what rounding leaves over
_PER_SD = 4  # nodes in a standard deviation of an increment
_LEAST_NODES, _MOST_NODES = 128, 2048


@dataclass(frozen=True, eq=False)
class Boundaries:
    """Critical values of Z at each look, arrays of shape (looks,).

    `share` is the share of the information; `critical` the value beyond which a look stops (inf
    where nothing measurable is spent); `spent` the error spent up to and with each look, one-sided
    where `sides` is 1, of both sides where it is 2.
    """

    share: FloatArray
    critical: FloatArray
    spent: FloatArray
    sides: int


class _Held(NamedTuple):
    """The density of Z among what has not stopped, on nodes with weights, at a share."""

    z: FloatArray
    mass: FloatArray  # density times weight
    share: float


def _shares(share: npt.ArrayLike) -> FloatArray:
    t = floats(share)
    if t.ndim != 1 or not 1 <= t.size <= MOST_LOOKS:
        raise ValueError(f"one list of 1 to {MOST_LOOKS} shares of the information is needed")
    if not np.all(np.isfinite(t)) or np.any(t <= 0.0) or np.any(np.diff(t) <= 0.0):
        raise ValueError("shares of the information must be positive, finite and increasing")
    return t


def boundaries(
    share: npt.ArrayLike,
    alpha: float = 0.05,
    *,
    sides: Literal[1, 2] = 2,
    spending: Spending = "O'Brien-Fleming",
    shape: float | None = None,
) -> Boundaries:
    """Critical values for looks at shares of the information, by error spending.

    `alpha` is of both sides where `sides` is 2, half of it spent on each by `stats.sequential.
    spent`. Looks beyond all of the information (share 1) spend what is left; after that nothing
    is left to spend and the value is inf. Raises ValueError for shares that do not increase, more
    than `MOST_LOOKS`, and as `spent`.
    """
    t = _shares(share)
    one_sided = alpha / sides
    planned = spent(t, one_sided, spending=spending, shape=shape)
    used, held = 0.0, None
    critical, done = np.full(t.size, np.inf), np.zeros(t.size)
    for i, (at, goal) in enumerate(zip(t.tolist(), planned.tolist(), strict=True)):
        wanted = goal - used
        value = _critical(held, at, wanted, two=sides == 2)
        if np.isfinite(value):
            critical[i] = value
            used += float(_beyond(held, at, value))
        done[i] = used * sides
        held = _onward(held, at, value, two=sides == 2)
    return Boundaries(t, critical, done, sides)


def boundary_family(
    share: npt.ArrayLike,
    alpha: float = 0.05,
    *,
    sides: Literal[1, 2] = 2,
    family: Family = "O'Brien-Fleming",
    delta: float = 0.25,
) -> Boundaries:
    """Critical values c·t^(Δ - 1/2) with the one c that spends `alpha` at the last look.

    Δ is 0 for O'Brien & Fleming (Biometrics 1979;35:549-556), 1/2 for Pocock (Biometrika
    1977;64:191-199), `delta` for Wang & Tsiatis (Biometrics 1987;43:193-199). The last share is
    taken for 1. Raises ValueError as `boundaries`, and for an unknown family.
    """
    if family not in get_args(Family):
        raise ValueError(f"unknown family {family!r}; there are {get_args(Family)}")
    t = _shares(share)
    t = t / t[-1]
    one_sided = float(spent(1.0, alpha / sides))
    power = {"O'Brien-Fleming": 0.0, "Pocock": 0.5}.get(family, delta) - 0.5

    def excess(c: float) -> float:
        return float(_stages(t, c * t**power, two=sides == 2).sum()) - one_sided

    c = optimize.brentq(excess, 0.5, 12.0, xtol=1e-12)
    critical = c * t**power
    return Boundaries(t, critical, sides * np.cumsum(_stages(t, critical, two=sides == 2)), sides)


def drift(found: Boundaries, power: float = 0.8) -> float:
    """The mean of Z at share 1 with which the boundaries are crossed upwards with `power`.

    Its square over that of a single test, (z₁₋α + z₁₋β)², is the inflation of the sample. Raises
    ValueError where power does not lie between the one-sided error and 1.
    """
    error = found.spent[-1] / found.sides
    if not error < power < 1.0:
        raise ValueError(f"power must lie between {error:g} and 1, not {power:g}")

    def missing(theta: float) -> float:
        chance = _stages(found.share, found.critical, two=found.sides == 2, theta=theta).sum()
        return float(chance) - power

    return float(optimize.brentq(missing, 0.0, 20.0, xtol=1e-10))


def _stages(t: FloatArray, critical: FloatArray, *, two: bool, theta: float = 0.0) -> FloatArray:
    """The chance to stop upwards at each look, when Z at share 1 has mean theta."""
    held: _Held | None = None
    found = np.zeros(t.size)
    for i, (at, value) in enumerate(zip(t.tolist(), critical.tolist(), strict=True)):
        if np.isfinite(value):
            found[i] = _beyond(held, at, value, theta)
        held = _onward(held, at, value, two=two, theta=theta)
    return found


def _critical(held: _Held | None, share: float, wanted: float, *, two: bool) -> float:
    """The value that spends `wanted`; inf where that is nothing that can be computed."""
    if wanted <= _NOTHING or float(_beyond(held, share, _UNREACHABLE)) >= wanted:
        return np.inf
    lowest = 0.0 if two else -_UNREACHABLE
    if float(_beyond(held, share, lowest)) <= wanted:
        return lowest
    solved = optimize.brentq(
        lambda value: np.log(max(float(_beyond(held, share, value)), 1e-300)) - np.log(wanted),
        lowest, _UNREACHABLE, xtol=1e-13,
    )  # fmt: skip
    return float(solved)


def _beyond(held: _Held | None, share: float, value: float, theta: float = 0.0) -> float:
    """The chance that Z lies beyond `value` at a share, not having stopped before."""
    if held is None:
        return float(special.ndtr(theta * np.sqrt(share) - value))
    step = share - held.share
    start = held.z * np.sqrt(held.share)
    reach = (start + theta * step - value * np.sqrt(share)) / np.sqrt(step)
    return float(held.mass @ special.ndtr(reach))


def _onward(
    held: _Held | None, share: float, value: float, *, two: bool, theta: float = 0.0
) -> _Held:
    """The density of what goes on after a look with this critical value."""
    high = min(value, _UNREACHABLE + abs(theta) * np.sqrt(share))
    low = -high if two else -_UNREACHABLE
    width = 1.0 if held is None else np.sqrt((share - held.share) / share)
    count = int(np.clip((high - low) / width * _PER_SD, _LEAST_NODES, _MOST_NODES))
    nodes, weights = _panels(count)
    z = 0.5 * (high - low) * nodes + 0.5 * (high + low)
    weight = 0.5 * (high - low) * weights
    if held is None:
        density = np.exp(-0.5 * (z - theta * np.sqrt(share)) ** 2) / np.sqrt(2.0 * np.pi)
        return _Held(z, density * weight, share)
    step = share - held.share
    start = held.z * np.sqrt(held.share) + theta * step
    gap = (z[:, None] * np.sqrt(share) - start) / np.sqrt(step)
    kernel = np.exp(-0.5 * gap * gap) * np.sqrt(share / (2.0 * np.pi * step))
    return _Held(z, (kernel @ held.mass) * weight, share)


def _panels(count: int) -> tuple[FloatArray, FloatArray]:
    """Gauss-Legendre in panels of 32 nodes: as exact here as one of all, and cheaper to make."""
    nodes, weights = special.roots_legendre(32)
    panels = -(-count // 32)
    middles = (2.0 * np.arange(panels) + 1.0) / panels - 1.0
    return (
        (middles[:, None] + nodes / panels).ravel(),
        np.broadcast_to(weights / panels, (panels, 32)).ravel(),
    )
