"""GOSH: the pooled effect of every subset of the studies (graphical display of heterogeneity)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from trialweave.stats._arrays import BoolArray, FloatArray, IntArray, floats
from trialweave.stats.pooling import Method, pool

__all__ = ["MOST_SUBSETS", "Gosh", "gosh"]

MOST_SUBSETS = 2**20
_CHUNK = 2**15


class Gosh(NamedTuple):
    """One row a subset: its studies, size, estimate, τ² and I² in percent (NaN for one study).

    `members` is boolean, (subsets, k). `complete` says whether every subset is there, else they
    are a random sample.
    """

    members: BoolArray
    size: IntArray
    estimate: FloatArray
    tau2: FloatArray
    i2: FloatArray
    complete: bool
    notes: tuple[str, ...]


def gosh(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    *,
    tau2: Method = "DL",
    subsets: int = 2**16,
    seed: int = 1,
) -> Gosh:
    """Pool each subset of one study and more of effects of shape (k,) (Olkin, Dahabreh &
    Trikalinos, Res Synth Methods 2012;3:214-223).

    All 2^k - 1 subsets where they are no more than `subsets`, else so many drawn at random, each
    study in or out with one half, by a generator seeded with `seed`. Studies without a usable
    effect are in no subset. Raises ValueError where `subsets` is outside 1 to `MOST_SUBSETS` or
    the effects are not one list.
    """
    y, v = floats(yi), floats(vi)
    if y.ndim != 1 or y.shape != v.shape:
        raise ValueError(f"effects {y.shape} and variances {v.shape} must be one list each")
    if not 1 <= subsets <= MOST_SUBSETS:
        raise ValueError(f"subsets must lie between 1 and {MOST_SUBSETS:,}, not {subsets}")
    used = np.flatnonzero(np.isfinite(y) & np.isfinite(v) & (v > 0))
    complete = used.size < 30 and 2**used.size - 1 <= subsets
    inside = _all(used.size) if complete else _sampled(used.size, subsets, seed)
    parts = []
    for start in range(0, len(inside), _CHUNK):
        few = inside[start : start + _CHUNK]
        found = pool(
            np.where(few, y[used], np.nan),
            np.where(few, v[used], np.nan),
            tau2=tau2,
            interval="Wald",
            tau2_interval=False,
        )
        parts.append((found.estimate, found.tau2, found.i2))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)] if parts else []
    estimate, between, i2 = columns or (np.empty(0),) * 3
    members = np.zeros((len(inside), y.size), dtype=bool)
    members[:, used] = inside
    return Gosh(
        members, inside.sum(axis=1), estimate, between, i2, complete, _notes(y.size, used.size)
    )


def _all(k: int) -> BoolArray:
    """Every subset but the empty one, as bits of 1 to 2^k - 1."""
    numbers = np.arange(1, 2**k, dtype=np.int64)
    return np.asarray(numbers[:, None] >> np.arange(k) & 1, dtype=bool)


def _sampled(k: int, subsets: int, seed: int) -> BoolArray:
    drawn = np.random.default_rng(seed).random((subsets, k)) < 0.5
    drawn[~drawn.any(axis=1), 0] = True  # an empty one has nothing to pool
    return drawn


def _notes(all_: int, used: int) -> tuple[str, ...]:
    notes = []
    if used < all_:
        notes.append(f"Without a usable effect and variance, and in no subset: {all_ - used}.")
    if used == 0:
        notes.append("No study has a usable effect: there are no subsets.")
    return tuple(notes)
