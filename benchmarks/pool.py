"""Pooling thousands of small meta-analyses at once, beside a loop over statsmodels.

Random tables of ten trials each; both sides pool the same log risk ratios, and must agree before
their times count, wherever τ² is above 0 (statsmodels does not cut it off at 0).
Run as ``python benchmarks/pool.py [SYNTHESES]``.
"""

from __future__ import annotations

import importlib.metadata
import platform
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np
from statsmodels.stats.meta_analysis import combine_effects, effectsize_2proportions

from trialweave.stats.effects import effect
from trialweave.stats.pooling import Pooled, pool

STUDIES = 10


def random_tables(syntheses: int) -> tuple[np.ndarray, ...]:
    """Events and sizes of two arms, (syntheses, 10), none of them with a zero cell."""
    rng = np.random.default_rng(20260101)
    shape = (syntheses, STUDIES)
    n1 = rng.integers(30, 300, shape)
    n2 = n1 + rng.integers(-5, 6, shape)
    risk = rng.uniform(0.1, 0.5, shape)
    log_rr = rng.normal(-0.2, rng.choice([0.0, 0.2, 0.5], (syntheses, 1)), shape)
    a = rng.binomial(n1, np.minimum(risk * np.exp(log_rr), 0.9))
    c = rng.binomial(n2, risk)
    return np.clip(a, 1, n1 - 1), n1, np.clip(c, 1, n2 - 1), n2


def best_of(repeats: int, seconds: float, work: Callable[[], object]) -> float:
    """Seconds of the fastest of `repeats` runs, or of more until so many seconds are over."""
    times: list[float] = []
    while len(times) < repeats or sum(times) < seconds:
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def main(syntheses: int = 10_000, repeats: int = 3, at_least: float = 0.5) -> dict[str, float]:
    """Print the table; gives syntheses per second by name."""
    tables = random_tables(syntheses)
    yi, vi = effect("RR", *tables)

    def statsmodels_loop() -> np.ndarray:
        found = np.empty(syntheses)
        for i in range(syntheses):
            found[i] = combine_effects(yi[i], vi[i], method_re="chi2").mean_effect_re
        return found

    def statsmodels_from_tables() -> None:
        for cells in zip(*tables, strict=True):
            effects, variances = effectsize_2proportions(*cells, statistic="risk-ratio")
            combine_effects(effects, variances, method_re="chi2")

    def from_tables() -> None:
        effects = effect("RR", *tables)
        pool(*effects, tau2="DL", interval="Wald", tau2_interval=False)

    def plain() -> Pooled:
        return pool(yi, vi, tau2="DL", interval="Wald", tau2_interval=False)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # roots of its negative variances
        rival = statsmodels_loop()
    ours = plain()
    compared = ours.tau2 > 0
    deviation = float(np.max(np.abs(ours.estimate - rival)[compared] / ours.se[compared]))
    if not deviation <= 1e-9:
        raise AssertionError(f"the two sides disagree by {deviation:.1e}")

    runs: list[tuple[str, Callable[[], object], str]] = [
        ("statsmodels loop, DL", statsmodels_loop, ""),
        ("DL, Wald", plain, "statsmodels loop, DL"),
        (
            "DL, Hartung-Knapp, Q-profile, prediction",
            lambda: pool(yi, vi, tau2="DL"),
            "statsmodels loop, DL",
        ),
        (
            "REML, Hartung-Knapp",
            lambda: pool(yi, vi, tau2_interval=False),
            "statsmodels loop, DL",
        ),
        (
            "REML, Hartung-Knapp, Q-profile, prediction",
            lambda: pool(yi, vi),
            "statsmodels loop, DL",
        ),
        ("statsmodels loop from the tables, DL", statsmodels_from_tables, ""),
        ("DL, Wald, from the tables", from_tables, "statsmodels loop from the tables, DL"),
    ]
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in ("numpy", "scipy", "statsmodels")
    )
    print(f"Python {platform.python_version()}, {versions}; best of {repeats} runs or more")
    print(
        f"{syntheses:,} meta-analyses of {STUDIES} trials; the {compared.sum():,} with τ² > 0 "
        f"differ by at most {deviation:.0e} standard errors"
    )
    print(f"{'':46}{'seconds':>10}{'per second':>14}{'ratio':>9}")
    rates: dict[str, float] = {}
    for name, work, beside in runs:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            seconds = best_of(repeats, at_least, work)
        rates[name] = syntheses / seconds
        ratio = f"{rates[name] / rates[beside]:.0f}×" if beside else ""
        print(f"{name:46}{seconds:>10.4f}{rates[name]:>14,.0f}{ratio:>9}")
    return rates


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
