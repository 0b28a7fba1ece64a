"""Moderators as the columns of a design matrix, and what its columns say about each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trialweave.stats._arrays import FloatArray, floats

__all__ = ["INTERCEPT", "Design", "NotEstimable", "dependent_columns", "design_matrix"]

INTERCEPT = "intercept"

_DEPENDENT = 1e-10  # a column shorter than this share of itself, beside the others, adds nothing


@dataclass(frozen=True)
class NotEstimable:
    """Why a model could not be fitted to these studies: no numbers, and the columns to blame.

    `reason` is one of "no studies", "too many moderators" (k studies cannot carry p coefficients
    and a between-study variance), "collinear" (the columns follow from those before them),
    "singular covariance" (the sampling variances and covariances are not positive definite), "too
    few clusters"; `note` says it in a sentence.
    """

    reason: str
    note: str
    columns: tuple[str, ...] = ()
    k: int = 0
    p: int = 0


@dataclass(frozen=True, eq=False)
class Design:
    """A design matrix `x` of shape (k, p) with the names of its columns.

    `terms` says which moderator each column belongs to ("intercept" for the first, if there is
    one). Rows of studies with a missing moderator hold NaN. `levels` are the categories of each
    categorical moderator, the reference first.
    """

    x: FloatArray
    names: tuple[str, ...]
    terms: tuple[str, ...]
    levels: Mapping[str, tuple[str, ...]]

    @property
    def intercept(self) -> bool:
        return INTERCEPT in self.names

    def at(self, values: Mapping[str, Sequence[object] | npt.ArrayLike]) -> FloatArray:
        """The rows of the design for new values of every moderator, for a prediction.

        Raises ValueError for an unknown category and for a moderator without values.
        """
        moderators = [term for term in dict.fromkeys(self.terms) if term != INTERCEPT]
        if set(moderators) != set(values):
            raise ValueError(f"new values are needed for {moderators}, and for nothing else")
        columns = []
        for name in moderators:
            if name in self.levels:
                found = [None if _missing(value) else str(value) for value in _listed(values[name])]
                unknown = {value for value in found if value is not None} - set(self.levels[name])
                if unknown:
                    raise ValueError(f"{name} has no category {sorted(unknown)}")
                kept = [
                    column.removeprefix(f"{name}: ")
                    for column, term in zip(self.names, self.terms, strict=True)
                    if term == name
                ]
                columns += _indicators(found, kept)
            else:
                columns.append(floats(np.asarray(values[name])).reshape(-1))
        rows = columns[0].size if columns else 1
        if self.intercept:
            columns.insert(0, np.ones(rows))
        return np.stack(columns, axis=1)


def design_matrix(
    moderators: Mapping[str, Sequence[object] | npt.ArrayLike],
    *,
    k: int | None = None,
    reference: Mapping[str, object] | None = None,
    intercept: bool = True,
) -> Design:
    """Columns of a regression from named moderators, each with one value for every study.

    Numbers (and truth values) become one column; anything else is categorical and becomes one
    indicator column for each category but the reference ("treatment coding"), called
    "moderator: category". Categories are in the order of their names; `reference` chooses another
    one than the first, and makes a moderator of numbers categorical. Without `intercept` the first
    categorical moderator keeps the indicators of all its categories, so that the coefficients are
    the groups' own means. None and NaN are missing: NaN in that row.
    `k` is the number of studies, needed only where there are no moderators.

    Raises ValueError for moderators of unequal length and a reference that is no category.
    """
    chosen = dict(reference or {})
    unknown = set(chosen) - set(moderators)
    if unknown:
        raise ValueError(f"a reference is given for {sorted(unknown)}, which is no moderator")
    listed = {name: _listed(values) for name, values in moderators.items()}
    sizes = {len(values) for values in listed.values()} | ({k} if k is not None else set())
    if len(sizes) != 1:
        raise ValueError(f"every moderator needs one value for each study, not {sorted(sizes)}")
    (size,) = sizes
    columns: list[FloatArray] = [np.ones(size)] if intercept else []
    names, terms = ([INTERCEPT], [INTERCEPT]) if intercept else ([], [])
    levels: dict[str, tuple[str, ...]] = {}
    full = not intercept
    for name, values in listed.items():
        if name not in chosen and _numeric(values):
            columns.append(np.array([np.nan if _missing(v) else float(v) for v in values]))  # type: ignore[arg-type]
            names.append(name)
            terms.append(name)
            continue
        found = [None if _missing(value) else str(value) for value in values]
        categories = sorted({value for value in found if value is not None})
        if name in chosen:
            first = str(chosen[name])
            if first not in categories:
                raise ValueError(f"{name} has no category {first!r}; there are {categories}")
            categories = [first, *(each for each in categories if each != first)]
        levels[name] = tuple(categories)
        kept = categories if full else categories[1:]
        full = False
        columns += _indicators(found, kept)
        names += [f"{name}: {category}" for category in kept]
        terms += [name] * len(kept)
    x = np.stack(columns, axis=1) if columns else np.zeros((size, 0))
    return Design(x, tuple(names), tuple(terms), levels)


def dependent_columns(x: FloatArray) -> tuple[int, ...]:
    """Positions of the columns of `x` (k, p), all finite, that follow from those before them.

    A column counts as dependent where, after the earlier ones are taken out of it, less than 1e-10
    of its length is left (a numeric moderator that does not vary, beside an intercept, is one).
    """
    kept: list[FloatArray] = []
    found = []
    for position, column in enumerate(x.T):
        size = float(np.max(np.abs(column), initial=0.0))
        rest = column / size if size > 0.0 else column
        whole = float(np.linalg.norm(rest))
        for _ in range(2):  # once more takes out what rounding left
            for unit in kept:
                rest = rest - unit * (unit @ rest)
        length = float(np.linalg.norm(rest))
        if length <= _DEPENDENT * whole:
            found.append(position)
        else:
            kept.append(rest / length)
    return tuple(found)


def _listed(values: Sequence[object] | npt.ArrayLike) -> list[object]:
    if isinstance(values, str):
        raise ValueError("a moderator needs a list of values, not one text")
    return list(np.asarray(values, dtype=object).reshape(-1))


def _missing(value: object) -> bool:
    return value is None or (isinstance(value, float | np.floating) and bool(np.isnan(value)))


def _numeric(values: Sequence[object]) -> bool:
    kinds = (bool, int, float, np.bool_, np.integer, np.floating)
    return all(value is None or isinstance(value, kinds) for value in values)


def _indicators(found: Sequence[str | None], kept: Sequence[str]) -> list[FloatArray]:
    """One column of 0 and 1 for each category kept; NaN where the category is missing."""
    return [
        np.array([np.nan if value is None else float(value == one) for value in found])
        for one in kept
    ]
