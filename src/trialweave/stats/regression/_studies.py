"""Which studies can take part in a regression, and their numbers in units near 1."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from trialweave.stats._arrays import BoolArray, FloatArray
from trialweave.stats.regression._gls import Rows, fit
from trialweave.stats.regression.design import Design, NotEstimable, dependent_columns

__all__ = ["Scaled", "not_estimable", "scaled", "usable"]

_RANGE = 1e16  # beside the least variance; beyond, a study's weight drowns in rounding
_VARIANCES = (1e-140, 1e140)  # so that products of units do not overflow
_LARGEST = 1e70  # of a moderator


def usable(y: FloatArray, v: FloatArray, x: FloatArray) -> BoolArray:
    """Which studies can take part."""
    good = np.isfinite(y) & (v >= _VARIANCES[0]) & (v <= _VARIANCES[1])
    good &= (np.abs(x) <= _LARGEST).all(axis=1)
    least = np.min(v[good], initial=np.inf)
    with np.errstate(over="ignore", invalid="ignore"):
        good &= (v / least < _RANGE) & (np.abs(y) / np.sqrt(least) < _RANGE)
    return good


def not_estimable(design: Design, used: BoolArray) -> NotEstimable | None:
    """Why these studies cannot carry these columns; None where they can.

    Raises ValueError for a moderator whose numbers are too small to be squared.
    """
    k, p = int(used.sum()), len(design.names)
    if k == 0:
        note = "No study has a usable effect, variance and moderators: nothing can be fitted."
        return NotEstimable("no studies", note, design.names, k, p)
    largest = np.max(np.abs(design.x[used]), axis=0, initial=0.0)
    for name, size in zip(design.names, largest, strict=True):
        if 0.0 < size < 1.0 / _LARGEST:
            raise ValueError(f"{name} is less than {1.0 / _LARGEST:g}: give it in another unit")
    dependent = dependent_columns(design.x[used])
    named = tuple(design.names[column] for column in dependent)
    if k <= p:
        given = f" (of {used.size} given)" if k < used.size else ""
        note = (
            f"{k} {'study' if k == 1 else 'studies'}{given} cannot carry {p} "
            f"{'coefficient' if p == 1 else 'coefficients'} ({', '.join(design.names)}): at least "
            f"{p + 1} are needed."
        )
        return NotEstimable("too many moderators", note, design.names, k, p)
    if dependent:
        note = f"Among the {k} studies used, these columns follow from the others: " + ", ".join(
            named
        )
        return NotEstimable("collinear", note + ".", named, k, p)
    return None


class Scaled(NamedTuple):
    """The studies used in units that bring their numbers near 1: multiply by `unit` to go back."""

    rows: Rows
    unit: float  # of the effects
    columns: FloatArray  # units of the columns
    base: FloatArray  # coefficients taken out of the effects, in the scaled units


def scaled(y: FloatArray, v: FloatArray, x: FloatArray) -> Scaled:
    """Scale by powers of two, which rounds nothing, and take a first fit out of the effects."""
    unit = float(np.exp2(np.round(np.log2(np.min(v)) / 2.0)))
    columns = np.exp2(np.round(np.log2(np.max(np.abs(x), axis=0))))
    x = x / columns
    effects = (y / unit)[None]
    whole = Rows(
        effects, (v / unit / unit)[None], x, np.ones((1, y.size), dtype=bool), effects.var(axis=1)
    )
    base = fit(whole, np.zeros(1)).b[0]
    rest = whole.y - x @ base
    # what is left of effects on the line is the rounding of the effects themselves
    noise = 8.0 * np.finfo(np.float64).eps * (np.abs(whole.y[0]) + np.abs(x) @ np.abs(base))
    if np.all(np.abs(rest[0]) <= noise):
        rest = np.zeros_like(rest)
    return Scaled(whole._replace(y=rest), unit, columns, base)
