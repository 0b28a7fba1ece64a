"""Tables with a zero cell: how often they occur in a synthesis, and what is added to them."""

from __future__ import annotations

from typing import NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from trialweave.stats._arrays import FloatArray, IntArray, Tables, tables
from trialweave.stats.effects import CorrectedWhere, Share
from trialweave.stats.effects._common import where_corrected

__all__ = [
    "HALF",
    "UNCORRECTED",
    "Correction",
    "ZeroCells",
    "corrected",
    "zero_cells",
]


class Correction(NamedTuple):
    """What is added to the cells of a table, and in which tables.

    `add` goes to both cells of either arm with `share` "equal" (Gart 1966 for 0.5); with "arm
    size" the arms share 2·`add` in proportion to their size, the treatment-arm correction of
    Sweeting, Sutton & Lambert, Stat Med 2004;23:1351-1375, which for 0.5 keeps a table without
    events at an odds ratio of 1. `to` says which tables, as in `effects.effect`: "only0" those
    with a zero cell, "all", "if0all" all of a set in which one has a zero cell, "none".
    """

    add: float = 0.5
    to: CorrectedWhere = "only0"
    share: Share = "equal"


UNCORRECTED = Correction(0.0, "none")
HALF = Correction()


class ZeroCells(NamedTuple):
    """How rare the events of a synthesis are; counts per synthesis (input without its last axis).

    `studies` with patients in both arms, of which `single_zero` have no event (or only events) in
    one arm alone, `double_zero` no event in either, `double_full` only events in both. `events1`
    and `events2` of `patients1` and `patients2` in all; `imbalance` is the largest ratio of the
    sizes of a study's arms (at least 1, NaN without studies).
    """

    studies: IntArray
    single_zero: IntArray
    double_zero: IntArray
    double_full: IntArray
    events1: FloatArray
    patients1: FloatArray
    events2: FloatArray
    patients2: FloatArray
    imbalance: FloatArray

    @property
    def risk(self) -> FloatArray:
        """Events per patient over all studies and both arms; NaN without patients."""
        patients = self.patients1 + self.patients2
        events = self.events1 + self.events2
        return np.asarray(events / np.where(patients > 0.0, patients, np.nan))


def zero_cells(
    a: npt.ArrayLike, n1: npt.ArrayLike, c: npt.ArrayLike, n2: npt.ArrayLike
) -> ZeroCells:
    """Count the zero cells of the tables along the last axis (NaN as padding).

    Tables with an empty arm are not studies here. Errors as for `effects.effect`.
    """
    a, n1, c, n2 = (np.atleast_1d(array) for array in tables(a, n1, c, n2, whole=False))
    used = (n1 > 0) & (n2 > 0)
    none = used & (a == 0) & (c == 0)
    full = used & (a == n1) & (c == n2)
    single = used & ((a == 0) | (c == 0) | (a == n1) | (c == n2)) & ~none & ~full

    def total(values: FloatArray) -> FloatArray:
        return np.asarray(np.where(used, values, 0.0).sum(axis=-1))

    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(used, np.maximum(n1 / n2, n2 / n1), -np.inf)
    largest = np.max(ratio, axis=-1, initial=-np.inf)
    return ZeroCells(
        studies=used.sum(axis=-1),
        single_zero=single.sum(axis=-1),
        double_zero=none.sum(axis=-1),
        double_full=full.sum(axis=-1),
        events1=total(a),
        patients1=total(n1),
        events2=total(c),
        patients2=total(n2),
        imbalance=np.where(largest >= 1.0, largest, np.nan),
    )


def corrected(table: Tables, correction: Correction) -> Tables:
    """The tables with the correction added to all four cells (so twice that to each size).

    Raises ValueError for an unknown `to` or `share` and a negative or infinite `add`.
    """
    a, n1, c, n2 = table
    zero = (a == 0) | (c == 0) | (a == n1) | (c == n2)
    if correction.share not in get_args(Share):
        raise ValueError(f"no such way to share a correction: {correction.share!r}")
    first = second = where_corrected(zero, correction.add, correction.to)
    if correction.share == "arm size":
        size = n1 + n2
        first, second = 2.0 * first * n1 / size, 2.0 * second * n2 / size
    return Tables(a + first, n1 + 2.0 * first, c + second, n2 + 2.0 * second)
