"""Studies as contrasts of treatments with their covariance: what a network is made of."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from trialweave.stats._arrays import FloatArray

__all__ = [
    "ContrastError",
    "Contrasts",
    "Note",
    "StudyContrasts",
    "pair_contrasts",
    "select",
    "study_contrasts",
    "treatments_of",
]

_SMALLEST_EIGENVALUE = 1e-12  # of the largest: below, a covariance counts as singular
_MEASURABLE = (1e-150, 1e150)  # variances; beyond, their products would overflow


class Note(NamedTuple):
    """What was left out or could not be computed: a code, a sentence, whom it concerns."""

    code: str
    text: str
    about: tuple[str, ...] = ()


class ContrastError(ValueError):
    """Contradictory data of one study; `study` is its name."""

    def __init__(self, study: str, message: str) -> None:
        super().__init__(f"study {study!r}: {message}")
        self.study = study


@dataclass(frozen=True, eq=False)
class StudyContrasts:
    """The effects of one study: each further treatment minus the first.

    `effects` (arms - 1,), `covariance` (arms - 1, arms - 1), `sizes` (arms,) participants, NaN
    where not known.
    """

    study: str
    treatments: tuple[str, ...]
    effects: FloatArray = field(repr=False)
    covariance: FloatArray = field(repr=False)
    sizes: FloatArray = field(repr=False)


@dataclass(frozen=True, eq=False)
class Contrasts:
    """Studies that compare at least two treatments, and notes on what was left out.

    Effects of ratios are natural logarithms; `measure` is "" where effects were given as such.
    """

    measure: str
    studies: tuple[StudyContrasts, ...]
    notes: tuple[Note, ...] = ()


def treatments_of(contrasts: Contrasts, order: Sequence[str] | None = None) -> tuple[str, ...]:
    """The treatments of the studies: in the order given, or by name regardless of case.

    Raises ValueError where `order` names a treatment twice or leaves one out; names in it that no
    study compares are passed over.
    """
    found = {name for one in contrasts.studies for name in one.treatments}
    if order is None:
        return tuple(sorted(found, key=lambda name: (name.casefold(), name)))
    if len(set(order)) < len(order):
        raise ValueError("the order names a treatment twice")
    missing = sorted(found - set(order))
    if missing:
        raise ValueError(f"the order leaves out {', '.join(missing)}")
    return tuple(name for name in order if name in found)


def select(contrasts: Contrasts, studies: Iterable[str]) -> Contrasts:
    """The same contrasts with these studies only; the notes stay."""
    wanted = set(studies)
    kept = tuple(one for one in contrasts.studies if one.study in wanted)
    return Contrasts(contrasts.measure, kept, contrasts.notes)


def study_contrasts(
    study: str,
    treatments: Sequence[str],
    effects: FloatArray,
    covariance: FloatArray,
    sizes: FloatArray,
) -> StudyContrasts:
    """One study after its checks.

    Raises ContrastError where numbers are not finite or beyond all measure (variances outside
    1e-150 to 1e150, effects over 1e75), or the covariance is not positive definite.
    """
    if not (np.isfinite(effects).all() and np.isfinite(covariance).all()):
        raise ContrastError(study, "an effect or a variance is not a finite number")
    lengths = np.linalg.eigvalsh(covariance)
    if not lengths[0] > max(_SMALLEST_EIGENVALUE * lengths[-1], 0.0):
        raise ContrastError(study, "no covariance of its effects has these standard errors")
    low, high = _MEASURABLE
    if not (low <= lengths[0] and lengths[-1] <= high and np.abs(effects).max() <= high**0.5):
        raise ContrastError(study, "an effect or a variance is beyond all measure")
    return StudyContrasts(study, tuple(treatments), effects, covariance, sizes)


def pair_contrasts(
    study: Sequence[str],
    first: Sequence[str],
    second: Sequence[str],
    effect: Sequence[float | None],
    se: Sequence[float | None],
    *,
    n1: Sequence[float | None] | None = None,
    n2: Sequence[float | None] | None = None,
    measure: str = "",
    tolerance: float = 1e-3,
) -> Contrasts:
    """Contrasts from effects of pairs, one pair a row: treatment `first` minus `second`.

    A study of m treatments needs all its m(m-1)/2 pairs, as their standard errors together carry
    the covariance of its effects: 2·cov(i-0, j-0) = v(i0) + v(j0) - v(ij) (Rücker & Schwarzer,
    Stat Med 2014;33:4353-4369). Its effects must add up: where one differs from the sum of two
    others by more than `tolerance`, the study is refused; smaller differences (rounding) are
    evened out, by averaging over the ways round. `n1`, `n2`: participants, where known.

    A row without effect or without a positive finite standard error is left out, with a note.
    Raises ContrastError for a pair given twice or of a treatment with itself, for studies that
    lack a pair, whose effects do not add up, or whose standard errors fit no covariance;
    ValueError for columns of different lengths.
    """
    columns = [study, first, second, effect, se, *(x for x in (n1, n2) if x is not None)]
    if len({len(column) for column in columns}) > 1:
        raise ValueError("columns must have one length")
    rows: dict[str, list[tuple[str, str, float, float]]] = {}
    sizes: dict[tuple[str, str], float] = {}
    without: dict[str, None] = {}
    for i, name in enumerate(study):
        te, error = _number(effect[i]), _number(se[i])
        if not (math.isfinite(te) and 0.0 < error < math.inf):
            without[name] = None
            continue
        rows.setdefault(name, []).append((first[i], second[i], te, error * error))
        for treatment, column in ((first[i], n1), (second[i], n2)):
            if column is not None:
                sizes[name, treatment] = _number(column[i])
    studies = tuple(_from_pairs(name, pairs, sizes, tolerance) for name, pairs in rows.items())
    notes: tuple[Note, ...] = ()
    if without:
        text = "Comparisons without an effect or without a positive standard error left out."
        notes = (Note("no effect", text, tuple(without)),)
    return Contrasts(measure, studies, notes)


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _from_pairs(
    study: str,
    pairs: list[tuple[str, str, float, float]],
    sizes: dict[tuple[str, str], float],
    tolerance: float,
) -> StudyContrasts:
    names = list(dict.fromkeys(name for a, b, _, _ in pairs for name in (a, b)))
    m = len(names)
    te, v = np.zeros((m, m)), np.zeros((m, m))
    for a, b, value, variance in pairs:
        i, j = names.index(a), names.index(b)
        if i == j:
            raise ContrastError(study, f"compares {a!r} with itself")
        if v[i, j] > 0.0:
            raise ContrastError(study, f"compares {a!r} and {b!r} twice")
        te[i, j], te[j, i] = value, -value
        v[i, j] = v[j, i] = variance
    if len(pairs) != m * (m - 1) // 2:
        raise ContrastError(
            study, f"has {len(pairs)} comparisons of {m} treatments, not {m * (m - 1) // 2}"
        )
    level = te.mean(axis=1)  # of each arm above the mean of the arms
    if np.abs(te - (level[:, None] - level)).max() > tolerance:
        raise ContrastError(study, "its effects do not add up")
    covariance = (v[1:, :1] + v[:1, 1:] - v[1:, 1:]) / 2.0
    counted = np.array([sizes.get((study, name), math.nan) for name in names])
    return study_contrasts(study, names, level[1:] - level[0], covariance, counted)
