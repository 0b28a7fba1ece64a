"""The tests that a stated P may be of, and how a computed P agrees with a printed one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from trialweave.appraisal._context import Candidate, show_p
from trialweave.model import Attempt, PValue
from trialweave.stats.effects import Measure, effect
from trialweave.stats.tables import barnard, boschloo, chi_square, fisher, fisher_mid_p

__all__ = [
    "COSTLY",
    "EXACT",
    "TESTS",
    "Test",
    "Tried",
    "agreement",
    "agreement_of_range",
    "attempts",
    "tables",
]

_SMALL = 10  # patients of a group

Table = tuple[np.ndarray[Any, Any], ...]


@dataclass(frozen=True)
class Test:
    """A test of two proportions. `usual` ones are what a reader expects without being told."""

    name: str
    run: Callable[..., Any]
    usual: bool = False


def _one_sided(a: Any, n1: Any, c: Any, n2: Any) -> Any:
    return np.minimum(fisher(a, n1, c, n2, "less"), fisher(a, n1, c, n2, "greater"))


def _half_chi_square(a: Any, n1: Any, c: Any, n2: Any) -> Any:
    return chi_square(a, n1, c, n2) / 2


def _half_yates(a: Any, n1: Any, c: Any, n2: Any) -> Any:
    return chi_square(a, n1, c, n2, correction=True) / 2


def _doubled(a: Any, n1: Any, c: Any, n2: Any) -> Any:
    return np.minimum(2 * _one_sided(a, n1, c, n2), 1.0)


def _of_z(z: Any) -> Any:
    return np.array([math.erfc(abs(x) / math.sqrt(2)) for x in np.ravel(z)])


def _wald(measure: Measure) -> Callable[..., Any]:
    """Wald test of an effect: of the log odds ratio, as of a logistic regression on the group.

    Tables with a zero cell get 0.5 in all four cells, unless the effect is defined without and
    both groups have ten patients: in smaller groups the variance of 0 misleads grossly.
    """

    def run(a: Any, n1: Any, c: Any, n2: Any) -> Any:
        plain = effect(measure, a, n1, c, n2, to="none")
        corrected = effect(measure, a, n1, c, n2)
        zero = (a == 0) | (a == n1) | (c == 0) | (c == n2)
        usable = (plain.vi > 0) & (~zero | (np.minimum(n1, n2) >= _SMALL))
        yi = np.where(usable, plain.yi, corrected.yi)
        vi = np.where(usable, plain.vi, corrected.vi)
        with np.errstate(divide="ignore", invalid="ignore"):
            return _of_z(yi / np.sqrt(np.where(vi > 0, vi, np.nan)))

    return run


def _less_one(a: Any, n1: Any, c: Any, n2: Any) -> Any:
    """Chi-square times (N - 1)/N, as of a trend test (Campbell, Stat Med 2007;26:3661-3675)."""
    total, events = n1 + n2, a + c
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(n1 * n2 * (events / total) * (1 - events / total) / (total - 1))
        return _of_z(np.where(spread > 0, (a * n2 - c * n1) / total / spread, np.nan))


def _likelihood_ratio(a: Any, n1: Any, c: Any, n2: Any) -> Any:
    """The G test (Wilks, Ann Math Stat 1938;9:60-62), as of a logistic regression on the group."""
    total, events = n1 + n2, a + c
    half = 0.0
    for cell, size, margin in (
        (a, n1, events), (n1 - a, n1, total - events), (c, n2, events), (n2 - c, n2, total - events)
    ):  # fmt: skip
        half = half + special.xlogy(cell, cell * total / np.maximum(size * margin, 1))
    defined = (events > 0) & (events < total)
    return _of_z(np.where(defined, np.sqrt(np.maximum(2 * half, 0.0)), np.nan))


TESTS = (
    Test("Fisher's exact test", fisher, usual=True),
    Test("chi-square test without correction", chi_square, usual=True),
    Test(
        "chi-square test with Yates' correction",
        lambda a, n1, c, n2: chi_square(a, n1, c, n2, correction=True),
        usual=True,
    ),
    Test("Fisher's exact test, mid-P", fisher_mid_p),
    Test("Fisher's exact test, one-sided", _one_sided),
    Test("chi-square test, one-sided", _half_chi_square),
    Test("chi-square test with Yates' correction, one-sided", _half_yates),
    Test("Fisher's exact test, twice the one-sided", _doubled),
    Test("chi-square test times (N - 1)/N", _less_one),
    Test("likelihood-ratio test", _likelihood_ratio),
    Test("Wald test of the log odds ratio", _wald("OR")),
    Test("Wald test of the log risk ratio", _wald("RR")),
    Test("Wald test of the risk difference", _wald("RD")),
)
EXACT = TESTS[0].name
COSTLY = (Test("Barnard's exact test", barnard), Test("Boschloo's exact test", boschloo))


def agreement(p: float, stated: PValue) -> int:
    """How a computed P reads as the stated one.

    2: rounded to the printed digits, or on the right side of "<" or ">"; 1: cut off or rounded up
    there; 0: not.
    """
    return agreement_of_range(p, p, stated)


def agreement_of_range(low: float, high: float, stated: PValue) -> int:
    """The same for a P of which no more is known than that it lies between two numbers."""
    if math.isnan(low) or math.isnan(high):
        return 0
    value = float(stated.text)
    if stated.operator in ("<", "<="):
        return 2 * (low < value or (stated.operator == "<=" and low <= value))
    if stated.operator in (">", ">="):
        return 2 * (high > value or (stated.operator == ">=" and high >= value))
    mantissa, _, exponent = stated.text.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    unit = 10.0 ** (int(exponent or 0) - decimals)
    if value == 0.0:
        return 2 if low < unit / 2 else int(low < unit)
    if decimals == 0 and not exponent:
        unit = 0.05
    distance = max(low - value, value - high, 0.0)
    return 2 if distance <= unit * (0.5 + 1e-9) else int(distance < unit * (1 - 1e-9))


def tables(pairs: Sequence[tuple[Candidate, Candidate]]) -> Table:
    return (
        np.array([one.events for one, _ in pairs]),
        np.array([one.n for one, _ in pairs]),
        np.array([two.events for _, two in pairs]),
        np.array([two.n for _, two in pairs]),
    )


@dataclass(frozen=True)
class Tried:
    """A test on the reading at position `pair`, and what it gave."""

    test: Test
    pair: int
    p: float
    attempt: Attempt


def attempts(
    tests: Sequence[Test], pairs: Sequence[tuple[Candidate, Candidate]], stated: PValue
) -> list[Tried]:
    """Each test on each reading; reading by reading, the tests in their order."""
    table = tables(pairs)
    tried: list[Tried] = []
    for test in tests:
        values = np.asarray(test.run(*table), dtype=float)
        for position, (one, two) in enumerate(pairs):
            p = float(values[position])
            attempt = Attempt(
                test.name, f"{one} v {two}", f"P = {show_p(p)}", agreement(p, stated) > 0
            )
            tried.append(Tried(test, position, p, attempt))
    return sorted(tried, key=lambda item: item.pair)
