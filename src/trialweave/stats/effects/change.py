"""Changes within a group, and comparisons of changes: what their standard deviations are."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from trialweave.stats._arrays import FloatArray, floats
from trialweave.stats.effects._common import Effects, finite, one_of, only
from trialweave.stats.effects._hedges import exact_correction

__all__ = ["ChangeMeasure", "change", "change_sd", "correlation_of_change", "final_sd"]

ChangeMeasure = Literal["MC", "SMCC", "SMCR"]


def _correlation(r: npt.ArrayLike) -> FloatArray:
    values = floats(r)
    if np.any(np.abs(values) > 1.0):
        raise ValueError("a correlation lies between -1 and 1")
    return values


def _no_negative(*arrays: FloatArray) -> None:
    if any(np.any(array < 0) for array in arrays):
        raise ValueError("standard deviations and sizes must not be negative")


def change(
    measure: ChangeMeasure,
    m1: npt.ArrayLike,
    sd1: npt.ArrayLike,
    m2: npt.ArrayLike,
    sd2: npt.ArrayLike,
    n: npt.ArrayLike,
    r: npt.ArrayLike,
) -> Effects:
    """The change m1 - m2 between two measurements of the same `n` patients, correlated by `r`.

    `sd1` and `sd2` are the standard deviations at the two times, s = change_sd(sd1, sd2, r) that of
    the change, J the exact correction of Hedges (1981) on n - 1 degrees of freedom.
    "MC" m1 - m2 with variance s²/n;
    "SMCC" J·(m1 - m2)/s with variance 1/n + y²/(2n) (Gibbons, Hedeker & Davis, J Educ Stat
    1993;18:271-279);
    "SMCR" J·(m1 - m2)/sd1 with variance 2(1 - r)/n + y²/(2n) (Becker, Br J Math Stat Psychol
    1988;41:257-278; Morris & DeShon, Psychol Methods 2002;7:105-125): standardised by the first
    measurement's spread, so put the one at baseline there (the sign is then that of the fall);
    `sd2` may be NaN.
    The effect of a trial with two arms is the difference of the arms' SMCR (or MC), its variance
    the sum of theirs.

    NaN for no pairs, for the standardised ones for fewer than three pairs and a spread of 0.
    Raises ValueError for correlations outside -1 to 1, negative standard deviations or sizes.
    """
    one_of(measure, ChangeMeasure, "measure")
    m1, sd1, m2, sd2, n, r = np.broadcast_arrays(
        *(floats(values) for values in (m1, sd1, m2, sd2, n)), _correlation(r)
    )
    _no_negative(sd1, sd2, n)
    spread = change_sd(sd1, sd2, r)
    freedom = n - 1.0
    factor = np.where(freedom >= 2.0, exact_correction(np.maximum(freedom, 2.0)), np.nan)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if measure == "MC":
            yi, vi = m1 - m2, spread**2 / n
        elif measure == "SMCC":
            yi = factor * (m1 - m2) / spread
            vi = 1.0 / n + yi**2 / (2.0 * n)
        else:
            yi = factor * (m1 - m2) / sd1
            vi = 2.0 * (1.0 - r) / n + yi**2 / (2.0 * n)
        return only(n > 0, *finite(yi, vi))


def change_sd(sd1: npt.ArrayLike, sd2: npt.ArrayLike, r: npt.ArrayLike) -> FloatArray:
    """Standard deviation of a change: √(sd1² + sd2² - 2·r·sd1·sd2).

    Cochrane Handbook, section 6.5.2.8. Raises ValueError as `change` does.
    """
    sd1, sd2, r = np.broadcast_arrays(floats(sd1), floats(sd2), _correlation(r))
    _no_negative(sd1, sd2)
    square = (sd1 - sd2) ** 2 + 2.0 * (1.0 - r) * sd1 * sd2
    return np.asarray(np.sqrt(square))


def correlation_of_change(
    sd1: npt.ArrayLike, sd2: npt.ArrayLike, sd_change: npt.ArrayLike
) -> FloatArray:
    """The correlation that the three standard deviations of one arm imply.

    r = (sd1² + sd2² - sd_change²)/(2·sd1·sd2), Cochrane Handbook, section 6.5.2.8: to be used for
    arms or trials that leave sd_change out. NaN where no correlation can give the three numbers
    (it would lie outside -1 to 1: one of them is not what it is said to be), and where sd1 or sd2
    is 0. Raises ValueError for negative standard deviations.
    """
    sd1, sd2, sd = np.broadcast_arrays(floats(sd1), floats(sd2), floats(sd_change))
    _no_negative(sd1, sd2, sd)
    with np.errstate(divide="ignore", invalid="ignore"):
        r = (sd1**2 + sd2**2 - sd**2) / (2.0 * sd1 * sd2)
    beyond = ~(np.abs(r) <= 1.0 + 1e-12)
    return np.asarray(np.where(beyond, np.nan, np.clip(r, -1.0, 1.0)))


def final_sd(sd1: npt.ArrayLike, sd_change: npt.ArrayLike, r: npt.ArrayLike) -> FloatArray:
    """Standard deviation of the final values from those of baseline and change, and `r`.

    The solutions of sd_change² = sd1² + x² - 2·r·sd1·x are x = r·sd1 ± √(sd_change² - (1-r²)·sd1²).
    NaN where there is no solution, or where there are two above 0: then the three numbers do not
    determine it. Raises ValueError as `change` does.
    """
    sd1, sd, r = np.broadcast_arrays(floats(sd1), floats(sd_change), _correlation(r))
    _no_negative(sd1, sd)
    inner = sd**2 - (1.0 - r**2) * sd1**2
    root = np.sqrt(np.where(inner >= 0.0, inner, np.nan))
    high, low = r * sd1 + root, r * sd1 - root
    two = (low > 0.0) & (root > 0.0)
    return np.asarray(np.where((high < 0.0) | two, np.nan, high))
