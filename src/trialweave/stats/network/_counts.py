"""What the methods for rare events share: counts by design, and their result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from trialweave.stats._arrays import BoolArray, FloatArray
from trialweave.stats.network.arms import by_study
from trialweave.stats.network.contrasts import Contrasts, Note, StudyContrasts
from trialweave.stats.network.model import Estimates

__all__ = ["CountNetwork", "DesignCounts", "counts_by_design", "shape_of"]


@dataclass(frozen=True, eq=False)
class CountNetwork:
    """Common log odds ratios of all comparisons; matrices as in `Estimates`.

    `studies` are those used. `q` on `df` degrees of freedom with P `q_p` tests inconsistency
    between designs; NaN for methods that do not give it, `q_p` also without degrees of freedom.
    """

    method: str
    treatments: tuple[str, ...]
    studies: tuple[str, ...]
    level: float
    common: Estimates = field(repr=False)
    q: float
    df: int
    q_p: float
    notes: tuple[Note, ...]


class DesignCounts(NamedTuple):
    """The studies that compare the same treatments: events and sizes (studies, arms)."""

    treatments: tuple[str, ...]
    studies: tuple[str, ...]
    events: FloatArray
    n: FloatArray


_NOTES: dict[str, str] = {
    "arm without data": "Arms without data left out.",
    "one arm": "Studies with one arm (with data) left out: they compare nothing.",
    "no events": "Studies without any event left out: they hold no information on an odds ratio.",
    "events only": "Studies in which everyone had an event left out: no information on the odds.",
    "arm without information": (
        "Arms without any event, or with events only, in all studies of their design left out: "
        "their odds ratios are not finite."
    ),
    "study without information": (
        "Studies left without any event, or with events only, once such arms are left out."
    ),
    "design left out": "Designs with a single informative arm left out.",
}


def counts_by_design(
    study: Sequence[str], treatment: Sequence[str], events: npt.ArrayLike, n: npt.ArrayLike
) -> tuple[list[DesignCounts], list[Note]]:
    """The informative counts, and notes on what was left out.

    Raises ContrastError for a treatment twice in a study, ValueError for columns of different
    lengths, negative or infinite numbers and more events than patients.
    """
    a, size = np.asarray(events, dtype=np.float64), np.asarray(n, dtype=np.float64)
    if a.shape != size.shape or a.ndim != 1:
        raise ValueError("columns must have one length")
    for column in (a, size):
        if np.isinf(column).any() or (column < 0.0).any():
            raise ValueError("a negative or infinite number of events or patients")
    if (a > size).any():
        raise ValueError("more events than patients in an arm")
    grouped, left_out = by_study(study, treatment, ~np.isnan(a + size) & (size > 0.0))
    members: dict[tuple[str, ...], list[tuple[str, list[int]]]] = {}
    for name, rows in grouped.items():
        if not a[rows].any() or (a[rows] == size[rows]).all():
            code = "events only" if a[rows].any() else "no events"
            left_out.setdefault(code, {})[name] = None
            continue
        ordered = sorted(rows, key=lambda row: treatment[row])
        members.setdefault(tuple(treatment[row] for row in ordered), []).append((name, ordered))
    designs = []
    for names, group in members.items():
        at = np.array([rows for _, rows in group])
        arms, studies = _informative(a[at], size[at])
        for label, good in zip(names, arms, strict=True):
            if not good:
                code, text = "arm without information", f"{label} in {':'.join(names)}"
                left_out.setdefault(code, {})[text] = None
        if arms.sum() < 2:
            left_out.setdefault("design left out", {})[":".join(names)] = None
            continue
        for (name, _), good in zip(group, studies, strict=True):
            if not good:
                left_out.setdefault("study without information", {})[name] = None
        designs.append(
            DesignCounts(
                tuple(name for name, good in zip(names, arms, strict=True) if good),
                tuple(name for (name, _), good in zip(group, studies, strict=True) if good),
                a[at][np.ix_(studies, arms)],
                size[at][np.ix_(studies, arms)],
            )
        )
    notes = [Note(code, text, tuple(left_out[code])) for code, text in _NOTES.items()
             if code in left_out]  # fmt: skip
    return designs, notes


def _informative(events: FloatArray, n: FloatArray) -> tuple[BoolArray, BoolArray]:
    """Arms with events and others over the studies, studies with both over the arms.

    Each depends on the other, so both are narrowed until nothing changes.
    """
    studies, arms = np.ones(len(n), dtype=bool), np.ones(n.shape[1], dtype=bool)
    while True:
        a, size = events[studies].sum(axis=0), n[studies].sum(axis=0)
        new_arms = arms & (a > 0.0) & (a < size)
        a, size = events[:, new_arms].sum(axis=1), n[:, new_arms].sum(axis=1)
        new_studies = studies & (a > 0.0) & (a < size)
        if (new_arms == arms).all() and (new_studies == studies).all():
            return arms, studies
        arms, studies = new_arms, new_studies


def shape_of(designs: Sequence[DesignCounts]) -> Contrasts:
    """Designs as contrasts without numbers: what connects what."""
    none = np.zeros(0)
    return Contrasts(
        "OR",
        tuple(StudyContrasts(name, one.treatments, none, none, none)
              for one in designs for name in one.studies),
    )  # fmt: skip
