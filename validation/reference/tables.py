"""The tables that the pinned reference values are made from.

``python validation/reference/tables.py`` writes ``tables.json`` beside itself. Tables with a
source are keyed from that paper; the others are generated with a fixed seed, and cover few
studies, rare events, zero cells, unequal groups, strong and no heterogeneity, and measured
outcomes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

SEED = 20261122

BCG = {
    "source": "Colditz GA et al., JAMA 1994;271:698-702: tuberculosis after BCG, 13 trials",
    "a": [4, 6, 3, 62, 33, 180, 8, 505, 29, 17, 186, 5, 27],
    "n1": [123, 306, 231, 13598, 5069, 1541, 2545, 88391, 7499, 1716, 50634, 2498, 16913],
    "c": [11, 29, 11, 248, 47, 372, 10, 499, 45, 65, 141, 3, 29],
    "n2": [139, 303, 220, 12867, 5808, 1451, 629, 88391, 7277, 1665, 27338, 2341, 17854],
    "order": [1948, 1949, 1960, 1977, 1973, 1953, 1973, 1980, 1968, 1961, 1974, 1969, 1976],
    "moderator": [44, 55, 42, 52, 13, 44, 19, 13, 27, 42, 18, 33, 33],
}


def counts(rng: np.random.Generator, k: int, risk: float, tau: float, least: int) -> dict[str, Any]:
    """Counts of k trials around an odds ratio of 0.75 whose logarithm varies by tau."""
    n1 = rng.integers(least, 12 * least, k)
    n2 = np.maximum(2, np.round(n1 * rng.choice([0.5, 1.0, 1.0, 2.0], k)).astype(int))
    base = np.clip(rng.beta(4 * risk, 4 * (1 - risk), k), 1e-4, 0.95)
    odds = base / (1 - base) * np.exp(rng.normal(-0.3, tau, k))
    return {
        "a": rng.binomial(n1, odds / (1 + odds)).tolist(),
        "n1": n1.tolist(),
        "c": rng.binomial(n2, base).tolist(),
        "n2": n2.tolist(),
        "order": rng.integers(1990, 2026, k).tolist(),
        "moderator": rng.normal(0, 1, k).round(3).tolist(),
    }


def measured(rng: np.random.Generator, k: int, tau: float) -> dict[str, Any]:
    """Means and standard deviations of k trials around a difference of 2 units."""
    n1, n2 = rng.integers(8, 120, k), rng.integers(8, 120, k)
    sd = rng.uniform(3, 9, k)
    effect = rng.normal(2, tau, k)
    spread = [sd * np.sqrt(rng.chisquare(n - 1) / (n - 1)) for n in (n1, n2)]
    return {
        "m1": (rng.normal(30 + effect, sd / np.sqrt(n1))).round(3).tolist(),
        "sd1": spread[0].round(3).tolist(),
        "n1": n1.tolist(),
        "m2": (rng.normal(30, sd / np.sqrt(n2))).round(3).tolist(),
        "sd2": spread[1].round(3).tolist(),
        "n2": n2.tolist(),
        "order": rng.integers(1990, 2026, k).tolist(),
        "moderator": rng.normal(0, 1, k).round(3).tolist(),
    }


def tables() -> dict[str, dict[str, Any]]:
    """Every table by name."""
    rng = np.random.default_rng(SEED)
    made: dict[str, dict[str, Any]] = {"bcg": BCG}
    for k in (3, 4, 6, 9, 15, 24):
        made[f"common events, {k} studies"] = counts(rng, k, 0.35, 0.4, 20)
        made[f"rare events, {k} studies"] = counts(rng, k, 0.04, 0.3, 15)
        made[f"measured, {k} studies"] = measured(rng, k, 1.5)
    made["no heterogeneity"] = counts(rng, 8, 0.3, 0.0, 60)
    made["strong heterogeneity"] = counts(rng, 8, 0.3, 2.0, 60)
    made["two studies"] = counts(rng, 2, 0.3, 0.5, 40)
    made["measured, no heterogeneity"] = measured(rng, 7, 0.0)
    return made


if __name__ == "__main__":
    place = Path(__file__).with_name("tables.json")
    place.write_text(json.dumps(tables(), indent=1) + "\n")
