"""Random effects of multilevel and multivariate models, and their covariance matrices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from trialweave.stats._arrays import FloatArray, IntArray

__all__ = ["Coded", "Coordinates", "Effect", "Structure", "coded", "intercept", "nested"]

Structure = Literal["ID", "DIAG", "CS", "HCS", "AR", "HAR", "CAR", "UN"]

_SD = ("HCS", "HAR")


@dataclass(frozen=True)
class Effect:
    """One random effect: estimates with the same `outer` label are related, others are not.

    Two estimates with the inner levels i and j have the covariance G_ij, where q is the number of
    levels: "ID" G = τ²I; "DIAG" a τ² for each level; "CS" compound symmetry, τ² and one ρ; "HCS"
    the same with a τ² for each level; "AR" τ²ρ^|i-j| in the order of the levels (numbers by size);
    "HAR" with a τ² for each level; "CAR" τ²ρ^|i-j| in the differences of the levels themselves
    (numbers, ρ not negative); "UN" everything free. A random intercept is "ID" with one level.
    ρ of "CS" and "HCS" is at least -1/(q - 1), below which G is no covariance matrix (metafor lets
    it fall to -1). "UN" with two levels is "HCS". Sources: Jones & Boadi-Boateng, Biometrics
    1991;47:161-175 (CAR); Jackson, Riley & White, Statistics in Medicine 2011;30:2481-2498 (UN);
    Ishak et al., Clinical Trials 2007;4:525-539 (AR in meta-analysis).
    """

    name: str
    outer: tuple[object, ...]
    inner: tuple[object, ...] | None = None
    structure: Structure = "ID"


def intercept(name: str, labels: Sequence[object]) -> Effect:
    """A random intercept: estimates with the same label share one effect."""
    return Effect(name, tuple(labels))


def nested(levels: Mapping[str, Sequence[object]]) -> tuple[Effect, ...]:
    """Random intercepts nested in each other, the outermost first, as in a three-level model.

    {"district": ..., "school": ...} gives an effect for each district, and one for each school
    within its district, even where schools of two districts have the same label.
    """
    effects = []
    path: list[tuple[object, ...]] = []
    for name, labels in levels.items():
        before = path or [()] * len(labels)
        path = [(*above, label) for above, label in zip(before, labels, strict=True)]
        effects.append(Effect(name, tuple(path)))
    return tuple(effects)


class Coordinates(NamedTuple):
    """How the optimiser sees a structure: what each number is, and between which bounds.

    `kinds` are "variance", "sd", "correlation" or "factor" (of a Cholesky root), with the inner
    level each belongs to (-1 for none); `build` makes G and its derivatives of shape (c, q, q).
    """

    kinds: tuple[str, ...]
    levels: tuple[int, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    build: Callable[[FloatArray], tuple[FloatArray, FloatArray]]


class Coded(NamedTuple):
    """An effect with its labels as numbers, for the estimates used."""

    name: str
    structure: Structure
    outer: IntArray
    inner: IntArray
    levels: tuple[str, ...]
    coordinates: Coordinates


def coded(effect: Effect, used: npt.NDArray[np.bool_], first: int = 0) -> Coded:
    """Number the labels; `first` moves one level to the front, and leaves the model as it is.

    Raises ValueError for missing labels, labels without inner levels that need them, and "CAR"
    levels that are no numbers.
    """
    if effect.structure not in get_args(Structure):
        raise ValueError(f"unknown structure {effect.structure!r}; there are {get_args(Structure)}")
    kept = np.flatnonzero(used)
    if len(effect.outer) != used.size or len(effect.inner or effect.outer) != used.size:
        raise ValueError(f"{effect.name}: one label is needed for each estimate")
    outer = _numbered([effect.outer[i] for i in kept], effect.name)[0]
    if effect.inner is None:
        if effect.structure != "ID":
            raise ValueError(f"{effect.name}: {effect.structure} needs inner levels")
        values: list[object] = [""]
        inner = np.zeros(kept.size, dtype=np.int64)
    else:
        inner, values = _numbered([effect.inner[i] for i in kept], effect.name)
    order = [first, *(i for i in range(len(values)) if i != first)]
    inner = np.argsort(order)[inner]
    values = [values[i] for i in order]
    q = len(values)
    lags = np.abs(np.subtract.outer(order, order)).astype(np.float64)
    if effect.structure == "CAR":
        if not all(isinstance(value, int | float | np.number) for value in values):
            raise ValueError(f"{effect.name}: the levels of CAR must be numbers")
        times = np.array(values, dtype=np.float64)
        lags = np.abs(np.subtract.outer(times, times))
    names = tuple(str(value) for value in values)
    structure: Structure = effect.structure if q > 1 else "ID"
    if structure == "UN" and q == 2:
        structure = "HCS"  # the same model, in coordinates that mean something
    return Coded(effect.name, structure, outer, inner, names, _coordinates(structure, q, lags))


def _numbered(labels: Sequence[object], name: str) -> tuple[IntArray, list[object]]:
    """Labels as positions among the distinct ones in order: numbers by size, others as texts."""
    if any(one is None or (isinstance(one, float) and np.isnan(one)) for one in labels):
        raise ValueError(f"{name}: the label of an estimate is missing")
    distinct = set(labels)
    numeric = all(isinstance(one, int | float | np.number) for one in distinct)
    ordered = sorted(distinct, key=(lambda one: one) if numeric else str)
    place = {one: i for i, one in enumerate(ordered)}
    return np.array([place[one] for one in labels], dtype=np.int64), ordered


def _coordinates(structure: Structure, q: int, lags: FloatArray) -> Coordinates:
    eye = np.eye(q)
    if structure == "ID":
        return Coordinates(
            ("variance",), (-1,), (0.0,), (np.inf,), lambda a: (a[0] * eye, eye[None])
        )
    if structure == "DIAG":
        units = np.stack([np.outer(row, row) for row in eye])
        return Coordinates(
            ("variance",) * q, tuple(range(q)), (0.0,) * q, (np.inf,) * q,
            lambda a: (np.diag(a), units),
        )  # fmt: skip
    if structure == "UN":
        return _unstructured(q)
    least = {"CS": -1.0 / (q - 1), "HCS": -1.0 / (q - 1), "CAR": 0.0}.get(structure, -1.0)
    same = structure in ("CS", "HCS")
    powers = np.where(lags > 0.0, 1.0, 0.0) if same else lags

    def correlation(rho: float) -> tuple[FloatArray, FloatArray]:
        r = np.where(powers > 0.0, _power(rho, powers), 1.0)
        slope = np.where(powers > 0.0, powers * _power(rho, powers - 1.0), 0.0)
        return r, slope

    if structure in _SD:

        def build_sds(a: FloatArray) -> tuple[FloatArray, FloatArray]:
            s, (r, slope) = a[:q], correlation(float(a[q]))
            parts = [(np.outer(row, s) + np.outer(s, row)) * r for row in eye]
            return np.outer(s, s) * r, np.stack([*parts, np.outer(s, s) * slope])

        return Coordinates(
            ("sd",) * q + ("correlation",), (*range(q), -1),
            (0.0,) * q + (least,), (np.inf,) * q + (1.0,), build_sds,
        )  # fmt: skip

    def build(a: FloatArray) -> tuple[FloatArray, FloatArray]:
        r, slope = correlation(float(a[1]))
        return a[0] * r, np.stack([r, a[0] * slope])

    return Coordinates(("variance", "correlation"), (-1, -1), (0.0, least), (np.inf, 1.0), build)


def _power(rho: float, powers: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.power(rho, np.maximum(powers, 0.0) if rho == 0.0 else powers))


def _unstructured(q: int) -> Coordinates:
    """G = LL' with a lower triangular L, row by row: any G, singular ones too, without bounds."""
    rows, columns = np.tril_indices(q)
    size = rows.size

    def build(a: FloatArray) -> tuple[FloatArray, FloatArray]:
        root = np.zeros((q, q))
        root[rows, columns] = a
        slopes = np.zeros((size, q, q))
        for i in range(size):
            slopes[i, rows[i]] += root[:, columns[i]]
            slopes[i, :, rows[i]] += root[:, columns[i]]
        return root @ root.T, slopes

    return Coordinates(
        ("factor",) * size, tuple(int(row) for row in rows),
        (-np.inf,) * size, (np.inf,) * size, build,
    )  # fmt: skip
