"""The demonstration's pooled mortality, worked out anew from the tables of facts.

Nothing of the package takes part in the second computation: numpy, SciPy and the textbook formulae.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import optimize, stats

pytestmark = pytest.mark.shared

CLOSE = 1e-6


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the demonstration writes, run as a user runs it, in a folder of its own."""
    folder = tmp_path_factory.mktemp("demo")
    code = "from trialweave.faces.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "--workspace", "w", "demo", "--out", "out"],
        cwd=folder, capture_output=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return json.loads((folder / "out" / "synthesis.json").read_bytes())


@pytest.fixture(scope="module")
def tables(shared: Path) -> np.ndarray:
    """Deaths and sizes of the randomised trials, a row each: a, n1, c, n2."""
    folder = shared / "data" / "msc_covid"
    with (folder / "trials.csv").open(encoding="utf-8", newline="") as file:
        randomised = {row["study_key"] for row in csv.DictReader(file) if row["design"] == "RCT"}
    cells: dict[str, dict[str, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
    with (folder / "outcomes.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            counted = "mortality" in row["outcome"] and row["events"] and row["n"]
            if counted and row["study_key"] in randomised:
                arm = cells[row["study_key"]][row["arm"]]
                arm.append((int(row["events"]), int(row["n"])))
    largest = [
        (*max(arms["treatment"], key=lambda cell: cell[1]), *arms["control"][0])
        for arms in cells.values()
        if arms["control"]
    ]
    return np.array(largest, dtype=float)


@pytest.fixture(scope="module")
def effects(tables: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log risk ratios and variances; 0.5 to each cell of a table with an empty cell."""
    a, n1, c, n2 = tables.T
    empty = 0.5 * ((a == 0) | (c == 0) | (a == n1) | (c == n2))
    a, c, n1, n2 = a + empty, c + empty, n1 + 2 * empty, n2 + 2 * empty
    return np.log(a / n1) - np.log(c / n2), 1 / a - 1 / n1 + 1 / c - 1 / n2


def _mean(tau2: float, y: np.ndarray, v: np.ndarray) -> tuple[float, np.ndarray]:
    w = 1 / (v + tau2)
    return float(w @ y / w.sum()), w


def _reml(y: np.ndarray, v: np.ndarray) -> float:
    """The maximum of the restricted likelihood itself: a grid, then Brent's method about it."""

    def minus(tau2: float) -> float:
        mean, w = _mean(tau2, y, v)
        return float(w @ (y - mean) ** 2 - np.log(w).sum() + np.log(w.sum())) / 2

    grid = np.concatenate([[0.0], np.geomspace(1e-6, 100, 2000)])
    best = int(np.argmin([minus(t) for t in grid]))
    bounds = (grid[max(best - 1, 0)], grid[best + 1])
    near = optimize.minimize_scalar(minus, bounds=bounds, method="bounded", options={"xatol": 1e-9})
    step = 1e-4 * near.x
    # at the maximum's bottom differences drown in rounding: the parabola through three points
    low, middle, high = (minus(near.x + d) for d in (-step, 0.0, step))
    return float(near.x - step * (high - low) / (2 * (high - 2 * middle + low)))


def _profile(y: np.ndarray, v: np.ndarray, quantile: float) -> float:
    """The τ² at which the generalised Q is a quantile of chi-square; 0 where it is so at once."""

    def excess(tau2: float) -> float:
        mean, w = _mean(tau2, y, v)
        return float(w @ (y - mean) ** 2) - stats.chi2.ppf(quantile, y.size - 1)

    return float(optimize.brentq(excess, 0, 1e4, xtol=1e-14)) if excess(0.0) > 0 else 0.0


def _counts(row: dict[str, Any]) -> tuple[int, ...]:
    return tuple(row[side][name] for side in ("treatment", "control") for name in ("events", "n"))


def test_the_same_trials_with_the_same_counts(answer: dict[str, Any], tables: np.ndarray) -> None:
    rows = sorted(_counts(row) for row in answer["rows"])
    assert rows == sorted(tuple(map(int, row)) for row in tables)
    a, n1, c, n2 = tables.sum(axis=0)
    said = (answer["events_treated"], answer["treated"], answer["events_controls"])
    assert (*said, answer["controls"]) == (a, n1, c, n2)
    assert answer["k"] == len(tables)


def test_each_effect_and_weight(
    answer: dict[str, Any], tables: np.ndarray, effects: tuple[np.ndarray, np.ndarray]
) -> None:
    y, v = effects
    _, w = _mean(_reml(y, v), y, v)
    half = stats.norm.ppf(0.975) * np.sqrt(v)
    wanted = np.column_stack(
        [tables, np.exp(y), np.exp(y - half), np.exp(y + half), 100 * w / w.sum()]
    )
    names = ("estimate", "low", "high", "weight")
    got = np.array([[*_counts(row), *(row[name] for name in names)] for row in answer["rows"]])
    order = [block[np.lexsort(block[:, :4].T)] for block in (got, wanted)]
    np.testing.assert_allclose(order[0], order[1], rtol=CLOSE)


def test_pooled_estimate_intervals_and_heterogeneity(
    answer: dict[str, Any], effects: tuple[np.ndarray, np.ndarray]
) -> None:
    y, v = effects
    k = y.size
    tau2 = _reml(y, v)
    mean, w = _mean(tau2, y, v)
    wald = np.sqrt(1 / w.sum())
    knapp = np.sqrt(w @ (y - mean) ** 2 / (k - 1) / w.sum())
    t, z = stats.t.ppf(0.975, k - 1), stats.norm.ppf(0.975)
    fixed = 1 / v
    typical = (k - 1) * fixed.sum() / (fixed.sum() ** 2 - (fixed**2).sum())
    q = fixed @ (y - fixed @ y / fixed.sum()) ** 2
    spread = np.sqrt(tau2 + wald**2)
    low, high = _profile(y, v, 0.975), _profile(y, v, 0.025)
    pooled = answer["pooled"]
    found = pooled | pooled["heterogeneity"]
    wanted = {
        "estimate": np.exp(mean),
        "low": np.exp(mean - t * knapp),
        "high": np.exp(mean + t * knapp),
        "p": 2 * stats.t.sf(abs(mean) / knapp, k - 1),
        "wald_low": np.exp(mean - z * wald),
        "wald_high": np.exp(mean + z * wald),
        "prediction_low": np.exp(mean - t * spread),
        "prediction_high": np.exp(mean + t * spread),
        "tau2": tau2,
        "tau2_low": low,
        "tau2_high": high,
        "i2": 100 * tau2 / (tau2 + typical),
        "i2_low": 100 * low / (low + typical),
        "i2_high": 100 * high / (high + typical),
        "h2": 1 + tau2 / typical,
        "q": q,
        "q_p": stats.chi2.sf(q, k - 1),
    }
    assert {name: found[name] for name in wanted} == pytest.approx(wanted, rel=CLOSE, abs=1e-12)
    assert (found["k"], found["df"], found["prediction_df"]) == (k, k - 1, k - 1)
