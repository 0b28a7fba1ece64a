"""Re-checks of two-by-two tables: Fisher's exact test over arrays, beside SciPy's in a loop.

``python benchmarks/recheck.py --tables 1000000`` invents tables of two groups of 5 to 500 patients,
computes the two-sided P of all at once and of a sample by ``scipy.stats.fisher_exact``, one after
the other, in the same run, and says by how much the two differ. The other tests that a stated P is
compared with follow, and the P range of printed means, one comparison at a time.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import stats as reference

from trialweave.stats.recompute import Box, Group, p_range, t_test
from trialweave.stats.tables import chi_square, fisher, fisher_mid_p

Tables = tuple[np.ndarray[Any, Any], ...]


def invented(number: int, largest: int, seed: int) -> Tables:
    """Tables of two groups of 5 to `largest` patients with event rates of all sizes."""
    gen = np.random.default_rng(seed)
    n1, n2 = gen.integers(5, largest + 1, (2, number))
    rate = gen.beta(1.2, 2.5, number)
    return gen.binomial(n1, rate), n1, gen.binomial(n2, rate), n2


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    """Processor seconds, and what came out."""
    start = time.process_time()
    result = run()
    return time.process_time() - start, result


def loop(tables: Tables) -> np.ndarray[Any, Any]:
    return np.array(
        [
            reference.fisher_exact([[a, n1 - a], [c, n2 - c]]).pvalue
            for a, n1, c, n2 in zip(*(array.tolist() for array in tables), strict=True)
        ]
    )


def compare(number: int, sample: int, largest: int, seed: int) -> None:
    tables = invented(number, largest, seed)
    few: Tables = tuple(array[:sample] for array in tables)
    fisher(*(array[:1000] for array in tables))  # warm up
    own, p = timed(lambda: fisher(*tables))
    theirs, expected = timed(lambda: loop(few))
    worst = float(np.max(np.abs(p[:sample] / expected - 1)))
    print(f"groups of 5 to {largest} patients")
    print(f"  Fisher, {number:,} tables at once: {own:.2f} s, {number / own:,.0f} tables/s")
    print(f"  SciPy's fisher_exact, {sample:,} in a loop: {theirs:.2f} s, {sample / theirs:,.0f}/s")
    print(
        f"  ratio {number / own / (sample / theirs):.0f}; largest relative difference {worst:.1e}"
    )
    for name, run in (
        ("Fisher, mid-P", lambda: fisher_mid_p(*tables)),
        ("chi-square", lambda: chi_square(*tables)),
        ("chi-square, Yates", lambda: chi_square(*tables, correction=True)),
    ):
        seconds, _ = timed(run)
        print(f"  {name}: {number / seconds:,.0f} tables/s")


def means(number: int, seed: int) -> None:
    gen = np.random.default_rng(seed)
    m1, m2 = gen.normal(50, 5, (2, number))
    sd1, sd2 = gen.uniform(5, 15, (2, number))
    n1, n2 = gen.integers(5, 200, (2, number))
    seconds, _ = timed(lambda: t_test(m1, sd1, n1, m2, sd2, n2))
    print(f"Welch's t test of printed means: {number / seconds:,.0f} comparisons/s")
    few = range(2_000)

    def ranges() -> None:
        for i in few:
            one = Group(
                Box(m1[i] - 0.05, m1[i] + 0.05), Box(sd1[i] - 0.05, sd1[i] + 0.05), int(n1[i])
            )
            two = Group(
                Box(m2[i] - 0.05, m2[i] + 0.05), Box(sd2[i] - 0.05, sd2[i] + 0.05), int(n2[i])
            )
            p_range(one, two)

    seconds, _ = timed(ranges)
    print(f"  as a range over the rounding, one by one: {len(few) / seconds:,.0f} comparisons/s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=1_000_000)
    parser.add_argument("--sample", type=int, default=5_000, help="tables for SciPy's loop")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    for largest in (60, 500):
        compare(given.tables, min(given.sample, given.tables), largest, given.seed)
    means(given.tables, given.seed)


if __name__ == "__main__":
    main()
