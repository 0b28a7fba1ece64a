"""Contrasts from the arms of studies: counts, means or events by person-time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import BoolArray, FloatArray
from trialweave.stats.network.contrasts import (
    ContrastError,
    Contrasts,
    Note,
    StudyContrasts,
    study_contrasts,
)

__all__ = ["ArmMeasure", "arm_contrasts", "by_study"]

ArmMeasure = Literal["OR", "RR", "RD", "AS", "IRR", "MD", "SMD", "ROM"]
Column = Sequence[float | None] | npt.ArrayLike

_NEEDED: dict[str, tuple[str, ...]] = {
    "OR": ("events", "n"),
    "RR": ("events", "n"),
    "RD": ("events", "n"),
    "AS": ("events", "n"),
    "IRR": ("events", "time"),
    "MD": ("mean", "sd", "n"),
    "SMD": ("mean", "sd", "n"),
    "ROM": ("mean", "sd", "n"),
}


class _Arms(NamedTuple):
    """The numbers of one study's arms, arrays of one length."""

    events: FloatArray
    n: FloatArray
    mean: FloatArray
    sd: FloatArray
    time: FloatArray


class _LeftOut(Exception):
    """A study without information on the measure: the code of its note."""


_REASONS: dict[str, str] = {
    "arm without data": "Arms without data left out.",
    "one arm": "Studies with one arm (with data) left out: they compare nothing.",
    "no events": "Studies without any event left out: they hold no information on a ratio.",
    "events only": "Studies in which everyone had an event left out: no information on the odds.",
    "no variance": (
        "Studies in which a comparison has no finite effect, or a variance of 0, left out."
    ),
    "mean not positive": "Studies with a mean of 0 or less left out: they have no ratio of means.",
    "corrected": "Studies with a cell of 0: a constant added to each cell of all their arms.",
    "pair without events": (
        "Two arms without events (or with events only) in a study that is used: compared with each "
        "other only through the constant added."
    ),
    "treatment left out": "Treatments that no study used compares with another one.",
}


def arm_contrasts(
    measure: ArmMeasure,
    study: Sequence[str],
    treatment: Sequence[str],
    *,
    events: Column | None = None,
    n: Column | None = None,
    mean: Column | None = None,
    sd: Column | None = None,
    time: Column | None = None,
    add: float = 0.5,
) -> Contrasts:
    """Contrasts with their covariance from arms, one arm a row; missing numbers are None or NaN.

    `measure` and the columns it needs: "OR", "RR", "RD", "AS" (arcsine difference) `events`, `n`;
    "IRR" `events`, `time`; "MD", "SMD", "ROM" (log ratio of means) `mean`, `sd`, `n`.
    Arms are independent, so that two contrasts of one study share the variance of its first arm;
    variances as in `stats.effects`, of MD not pooled. SMD: standardised by the standard deviation
    pooled over all arms, Hedges' correction, cov(i-0, j-0) = 1/n0 + g_i·g_j/(2N) (Gleser & Olkin,
    in: The Handbook of Research Synthesis and Meta-Analysis, 2nd ed. 2009, ch. 19).

    Zero cells: `add` goes to the cells of *all* arms of a study (to events and to n for RR, where
    only half the table counts) as soon as one arm has no event or events only, so that its
    effects still add up (as R's netmeta does). RD keeps its estimate; only its variance is
    corrected. Studies without any event (and for OR with events only) are left out of ratios. For
    RR a study with events only has a log ratio of 0, with variance 1/n - 1/(n + add) an arm. AS
    needs no correction; IRR gets one where an arm has no event.

    What is left out or corrected stands in the notes, with names. Raises ContrastError for a
    treatment twice in one study (combine the arms first), ValueError for columns that are missing
    or of different lengths, negative or infinite numbers and more events than patients.
    """
    if measure not in get_args(ArmMeasure):
        raise ValueError(f"no measure is called {measure!r}; there are {get_args(ArmMeasure)}")
    if not 0.0 <= add < math.inf:
        raise ValueError(f"a correction must be finite and not negative, not {add:g}")
    given = {"events": events, "n": n, "mean": mean, "sd": sd, "time": time}
    columns = _checked(measure, given, len(study))
    grouped, notes = by_study(study, treatment, _usable(measure, columns))
    studies: list[StudyContrasts] = []
    for name, rows in grouped.items():
        arms = _Arms(*(column[rows] for column in columns))
        names = [treatment[row] for row in rows]
        try:
            y, covariance, code = _effects(measure, arms, add)
            studies.append(study_contrasts(name, names, y, covariance, arms.n))
        except _LeftOut as reason:
            code = str(reason)
        except ContrastError:
            code = "no variance"
        for each in code.split(" and "):
            if each:
                notes.setdefault(each, {})[name] = None
    used = {label for one in studies for label in one.treatments}
    lost = dict.fromkeys(label for label in treatment if label not in used)
    if lost:
        notes["treatment left out"] = lost
    told = tuple(Note(code, text, tuple(notes[code])) for code, text in _REASONS.items()
                 if code in notes)  # fmt: skip
    return Contrasts(measure, tuple(studies), told)


def by_study(
    study: Sequence[str], treatment: Sequence[str], usable: BoolArray
) -> tuple[dict[str, list[int]], dict[str, dict[str, None]]]:
    """The usable rows of each study with two arms or more, and whom each kind of note concerns.

    Raises ContrastError for a treatment twice in a study, ValueError for different lengths.
    """
    if not len(study) == len(treatment) == usable.size:
        raise ValueError("columns must have one length")
    rows: dict[str, list[int]] = {}
    seen: set[tuple[str, str]] = set()
    notes: dict[str, dict[str, None]] = {}
    for i, (name, label) in enumerate(zip(study, treatment, strict=True)):
        if (name, label) in seen:
            raise ContrastError(name, f"has {label!r} twice; combine the arms first")
        seen.add((name, label))
        rows.setdefault(name, [])
        if usable[i]:
            rows[name].append(i)
        else:
            notes.setdefault("arm without data", {})[name] = None
    for name in [name for name, of_study in rows.items() if len(of_study) < 2]:
        del rows[name]
        notes.setdefault("one arm", {})[name] = None
    return rows, notes


def _checked(measure: str, given: dict[str, Column | None], length: int) -> _Arms:
    """The columns as arrays, NaN where a column is not needed."""
    columns = []
    for name, column in given.items():
        if name not in _NEEDED[measure] and (name != "n" or column is None):
            columns.append(np.full(length, np.nan))
            continue
        if column is None:
            raise ValueError(f"{measure} needs the column {name!r}")
        values = np.asarray(column, dtype=np.float64)  # None becomes NaN
        if values.shape != (length,):
            raise ValueError(f"columns must have one length; {name!r} has {values.shape}")
        if np.isinf(values).any() or (name != "mean" and (values < 0.0).any()):
            raise ValueError(f"a negative or infinite number in the column {name!r}")
        columns.append(values)
    arms = _Arms(*columns)
    if "events" in _NEEDED[measure] and (arms.events > arms.n).any() and measure != "IRR":
        raise ValueError("more events than patients in an arm")
    return arms


def _usable(measure: str, arms: _Arms) -> BoolArray:
    """Arms with all numbers needed, and anyone (or any time) in them."""
    needed = [getattr(arms, name) for name in _NEEDED[measure]]
    usable = ~np.isnan(np.stack(needed)).any(axis=0)
    return np.asarray(usable & ((arms.time if measure == "IRR" else arms.n) > 0.0))


def _effects(measure: str, arms: _Arms, add: float) -> tuple[FloatArray, FloatArray, str]:
    """Effects against the first arm, their covariance, and codes of notes joined by " and "."""
    if measure == "SMD":
        return *_smd(arms), ""
    x, v, code = _MEASURES[measure](arms, add)
    return x[1:] - x[0], v[0] + np.diag(v[1:]), code


def _zero_cells(arms: _Arms, measure: str) -> str:
    """The code of the note on a correction, "" where none is needed."""
    none = arms.events == 0.0
    every = arms.events == arms.n if measure != "IRR" else np.zeros(none.size, dtype=bool)
    if measure != "RD":
        if none.all():
            raise _LeftOut("no events")
        if measure == "OR" and every.all():
            raise _LeftOut("events only")
        if none.sum() > 1 or (measure == "OR" and every.sum() > 1):
            return "corrected and pair without events"
    return "corrected" if (none | every).any() else ""


def _odds_ratio(arms: _Arms, add: float) -> tuple[FloatArray, FloatArray, str]:
    code = _zero_cells(arms, "OR")
    extra = add if code else 0.0
    a, b = arms.events + extra, arms.n - arms.events + extra
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(a / b), 1.0 / a + 1.0 / b, code


def _risk_ratio(arms: _Arms, add: float) -> tuple[FloatArray, FloatArray, str]:
    code = _zero_cells(arms, "RR")
    extra = add if code else 0.0
    if (arms.events == arms.n).all():  # ratios of 1, each known as well as its size allows
        return np.zeros(arms.n.size), 1.0 / arms.n - 1.0 / (arms.n + extra), code
    a, n = arms.events + extra, arms.n + extra
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(a / n), 1.0 / a - 1.0 / n, code


def _risk_difference(arms: _Arms, add: float) -> tuple[FloatArray, FloatArray, str]:
    code = _zero_cells(arms, "RD")
    extra = add if code else 0.0
    n = arms.n + 2.0 * extra
    p = (arms.events + extra) / n
    return arms.events / arms.n, p * (1.0 - p) / n, code


def _arcsine(arms: _Arms, add: float) -> tuple[FloatArray, FloatArray, str]:
    return np.arcsin(np.sqrt(arms.events / arms.n)), 1.0 / (4.0 * arms.n), ""


def _rate_ratio(arms: _Arms, add: float) -> tuple[FloatArray, FloatArray, str]:
    code = _zero_cells(arms, "IRR")
    events = arms.events + (add if code else 0.0)
    with np.errstate(divide="ignore"):
        return np.log(events / arms.time), 1.0 / events, code


def _mean_difference(arms: _Arms, add: float) -> tuple[FloatArray, FloatArray, str]:
    return arms.mean, arms.sd**2 / arms.n, ""


def _ratio_of_means(arms: _Arms, add: float) -> tuple[FloatArray, FloatArray, str]:
    if (arms.mean <= 0.0).any():
        raise _LeftOut("mean not positive")
    return np.log(arms.mean), arms.sd**2 / (arms.n * arms.mean**2), ""


def _smd(arms: _Arms) -> tuple[FloatArray, FloatArray]:
    freedom = arms.n.sum() - arms.n.size
    pooled = ((arms.n - 1.0) * arms.sd**2).sum()
    if freedom < 2.0 or not pooled > 0.0:
        raise _LeftOut("no variance")
    # J = Γ(m/2) / (√(m/2) Γ((m-1)/2)); `poch` keeps the ratio of gamma functions accurate
    correction = special.poch((freedom - 1.0) / 2.0, 0.5) / math.sqrt(freedom / 2.0)
    g = correction * (arms.mean[1:] - arms.mean[0]) / math.sqrt(pooled / freedom)
    shared = 1.0 / arms.n[0] + np.outer(g, g) / (2.0 * arms.n.sum())
    return g, shared + np.diag(1.0 / arms.n[1:])


_Scale = Callable[[_Arms, float], tuple[FloatArray, FloatArray, str]]
_MEASURES: dict[str, _Scale] = {
    "OR": _odds_ratio,
    "RR": _risk_ratio,
    "RD": _risk_difference,
    "AS": _arcsine,
    "IRR": _rate_ratio,
    "MD": _mean_difference,
    "ROM": _ratio_of_means,
}
