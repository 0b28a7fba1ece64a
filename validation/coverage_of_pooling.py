"""Simulation that defends the defaults of pooling: how often do intervals hold what they should?

Each cell is a setting, a number of studies k and a between-study variance τ². In each of its
meta-analyses true effects are drawn around the mean, then data, which `trialweave.stats.pool`
pools by each method. Counted are the 95% intervals of the mean that hold it (where the mean is 0,
the rest is the type I error of the test) and the probability that the prediction interval holds the
effect of one further study. Of several τ² the lowest and the highest share are printed.
Run as ``python validation/coverage_of_pooling.py [META-ANALYSES]`` (10,000 for each cell take a
minute).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from scipy import special

from trialweave.stats.effects import effect
from trialweave.stats.pooling import Pooled, pool

SEED = 20261122
STUDIES = (2, 3, 5, 10, 20)

MEANS: dict[str, dict[str, Any]] = {
    "Wald, DL": {"tau2": "DL", "interval": "Wald"},
    "Wald": {"interval": "Wald"},
    "HK": {},
    "HK, DL": {"tau2": "DL"},
    "HK, PM": {"tau2": "PM"},
    "HK, ML": {"tau2": "ML"},
    "HK-adhoc": {"interval": "HK-adhoc"},
    "HK-ci": {"interval": "HK-ci"},
    "KR": {"interval": "KR"},
}
ESTIMATORS = {"REML": "HK", "DL": "HK, DL", "PM": "HK, PM", "ML": "HK, ML"}
PREDICTIONS = ("normal", "k-1", "k-2")

Numbers = np.ndarray[Any, np.dtype[np.float64]]


class Setting(NamedTuple):
    """How data are drawn: effects and variances of shape `true.shape`, around true effects."""

    name: str
    mean: float
    tau2: tuple[float, ...]
    draw: Callable[[np.random.Generator, Numbers], tuple[Numbers, Numbers]]


def normal(sizes: Callable[[int], Numbers]) -> Callable[..., tuple[Numbers, Numbers]]:
    """Normal effects with the known variance 1/size."""

    def draw(rng: np.random.Generator, true: Numbers) -> tuple[Numbers, Numbers]:
        variances = np.broadcast_to(1.0 / sizes(true.shape[1]), true.shape)
        return rng.normal(true, np.sqrt(variances)), variances

    return draw


def odds_ratios(
    arms: Callable[[int], Numbers], risks: tuple[float, float]
) -> Callable[..., tuple[Numbers, Numbers]]:
    """Log odds ratios of two arms of equal size, the risks half the effect to either side."""

    def draw(rng: np.random.Generator, true: Numbers) -> tuple[Numbers, Numbers]:
        size = np.broadcast_to(arms(true.shape[1]), true.shape).astype(np.int64)
        middle = special.logit(rng.uniform(*risks, true.shape))
        events = (rng.binomial(size, special.expit(middle + side * true / 2)) for side in (1, -1))
        treated, control = events
        found = effect("OR", treated, size, control, size, drop00=True)
        return found.yi, found.vi

    return draw


def alike(each: int) -> Callable[[int], Numbers]:
    """Studies of one size."""
    return lambda k: np.full(k, each)


def unlike(each: int) -> Callable[[int], Numbers]:
    """One study ten times as large as the others."""
    return lambda k: np.append(np.full(k - 1, each), 10 * each)


# of a typical variance: I² of about 0, 25, 50, 75 and 90%
_SHARES = (0.0, 1 / 3, 1.0, 3.0, 9.0)

SETTINGS = (
    Setting("normal, equal sizes", 0.0, _SHARES, normal(alike(1))),
    Setting("normal, one ten times as large", 0.0, _SHARES, normal(unlike(1))),
    Setting(
        "odds ratio, risk 20 to 40%, 100 per arm",
        0.0,
        tuple(0.1 * share for share in _SHARES),
        odds_ratios(alike(100), (0.2, 0.4)),
    ),
    Setting(
        "odds ratio, risk 20 to 40%, 50 per arm, one of 500",
        0.0,
        tuple(0.2 * share for share in _SHARES),
        odds_ratios(unlike(50), (0.2, 0.4)),
    ),
    Setting(
        "odds ratio, risk 1 to 3%, 200 per arm",
        0.0,
        (0.0, 0.1, 0.25, 0.5, 1.0),
        odds_ratios(alike(200), (0.01, 0.03)),
    ),
    Setting(
        "the same, true odds ratio 0.5",
        float(np.log(0.5)),
        (0.0, 0.1, 0.25, 0.5, 1.0),
        odds_ratios(alike(200), (0.01, 0.03)),
    ),
)


class Cell(NamedTuple):
    """Shares of one cell; `computed` of its meta-analyses had a study to pool.

    `tau2_means` and `tau2_errors` are mean and root mean squared error of the estimates of τ².
    """

    setting: str
    k: int
    tau2: float
    computed: float
    means: dict[str, float]
    predictions: dict[str, float]
    narrower: float  # share of Hartung-Knapp intervals narrower than Wald's
    width: float  # median width of Hartung-Knapp's beside Wald's
    tau2_means: dict[str, float]
    tau2_errors: dict[str, float]


def cells(repetitions: int) -> Iterator[Cell]:
    """Every cell, each with random numbers of its own."""
    numbers = np.random.SeedSequence(SEED)
    for setting in SETTINGS:
        for k in STUDIES:
            for tau2 in setting.tau2:
                rng = np.random.default_rng(numbers.spawn(1)[0])
                true = rng.normal(setting.mean, np.sqrt(tau2), (repetitions, k))
                yield _cell(setting, k, tau2, *setting.draw(rng, true))


def _cell(setting: Setting, k: int, tau2: float, yi: Numbers, vi: Numbers) -> Cell:
    fitted: dict[str, Pooled] = {
        method: pool(yi, vi, tau2_interval=False, **choices) for method, choices in MEANS.items()
    }
    some, mean = fitted["HK"].k > 0, setting.mean
    means = {
        method: float(np.mean((found.low <= mean) & (found.high >= mean), where=some))
        for method, found in fitted.items()
    }
    predictions = {}
    for prediction in PREDICTIONS:
        choice: Any = prediction
        found = pool(yi, vi, prediction=choice, tau2_interval=False)
        predictions[prediction] = _holding(found, mean, tau2)
    hk, wald = fitted["HK"], fitted["Wald"]
    ratio = (hk.high - hk.low)[some] / (wald.high - wald.low)[some]
    narrower = float(np.mean(hk.flags["narrower than Wald"], where=some))
    share = float(np.mean(some))
    several = fitted["HK"].k > 1
    estimates = {method: fitted[name].tau2[several] for method, name in ESTIMATORS.items()}
    return Cell(
        setting.name, k, tau2, share, means, predictions, narrower, float(np.median(ratio)),
        {method: float(np.mean(each)) for method, each in estimates.items()},
        {m: float(np.sqrt(np.mean((each - tau2) ** 2))) for m, each in estimates.items()},
    )  # fmt: skip


def _holding(found: Pooled, mean: float, tau2: float) -> float:
    """Mean probability that the interval holds a further effect; NaN where there is none."""
    there = np.isfinite(found.pi_low)
    if not there.any():
        return float("nan")
    low, high = found.pi_low[there] - mean, found.pi_high[there] - mean
    if tau2 == 0.0:
        return float(np.mean((low <= 0.0) & (high >= 0.0)))
    deviation = np.sqrt(tau2)
    return float(np.mean(special.ndtr(high / deviation) - special.ndtr(low / deviation)))


def _range(values: list[float]) -> str:
    """Lowest and highest percentage."""
    known = [100 * value for value in values if np.isfinite(value)]
    return f"{min(known):.1f}–{max(known):.1f}" if known else "–"


def _middle(name: str) -> float:
    return next(setting.tau2[2] for setting in SETTINGS if setting.name == name)


def main(repetitions: int = 10_000) -> list[Cell]:
    """Print the tables; gives the cells."""
    start = time.perf_counter()
    found = list(cells(repetitions))
    taken = time.perf_counter() - start
    error = 100 * np.sqrt(0.95 * 0.05 / repetitions)
    print(f"{len(found)} cells of {repetitions:,} meta-analyses, {taken:.0f} s, seed {SEED};")
    print(f"the standard error of a share of 95% is {error:.2f} points\n")
    print("Shares in percent, lowest to highest over five τ² (PI: over the four above 0)\n")
    columns = (*MEANS, *(f"PI {prediction}" for prediction in PREDICTIONS))
    print("| setting | k | " + " | ".join(columns) + " | HK narrower | HK/Wald width |")
    print("|---|---|" + "---|" * (len(columns) + 2))
    for setting in SETTINGS:
        for k in STUDIES:
            here = [cell for cell in found if (cell.setting, cell.k) == (setting.name, k)]
            shares = [_range([cell.means[method] for cell in here]) for method in MEANS]
            shares += [
                _range([cell.predictions[name] for cell in here[1:]]) for name in PREDICTIONS
            ]
            shares.append(_range([cell.narrower for cell in here]))
            widths = [cell.width for cell in here]
            shares.append(f"{min(widths):.2f}–{max(widths):.2f}")
            print(f"| {setting.name} | {k} | " + " | ".join(shares) + " |")
    print(
        "\nEstimates of τ² in the middle one of the five: mean / root mean squared error, in τ²\n"
    )
    print("| setting | k | " + " | ".join(ESTIMATORS) + " |")
    print("|---|---|" + "---|" * len(ESTIMATORS))
    for cell in found:
        if cell.tau2 == _middle(cell.setting):
            parts = [
                f"{cell.tau2_means[m] / cell.tau2:.2f} / {cell.tau2_errors[m] / cell.tau2:.2f}"
                for m in ESTIMATORS
            ]
            print(f"| {cell.setting} | {cell.k} | " + " | ".join(parts) + " |")
    least = min(cell.computed for cell in found)
    print(f"\nAt least {100 * least:.1f}% of the meta-analyses of a cell had a study to pool.")
    return found


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
