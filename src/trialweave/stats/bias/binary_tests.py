"""Tests of funnel plot asymmetry made for 2x2 tables.

The standard error of a log odds or risk ratio depends on the ratio itself, which makes Egger's test
find asymmetry too often. These tests regress on, or weight by, what does not depend on it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from trialweave.stats._arrays import BoolArray, FloatArray, floats, proportion_of_one
from trialweave.stats._arrays import tables as checked
from trialweave.stats.bias._common import NotComputed, too_few
from trialweave.stats.bias.asymmetry import Asymmetry, fit_line, thompson_sharp
from trialweave.stats.bias.asymmetry import egger as egger_test
from trialweave.stats.bias.rank import RankTest, begg, kendall
from trialweave.stats.effects import effect

__all__ = ["deeks", "harbord", "peters", "ruecker", "schwarzer"]


class _Cells(NamedTuple):
    """Tables with patients in both arms; `informative` has an event and a non-event somewhere."""

    a: FloatArray
    n1: FloatArray
    c: FloatArray
    n2: FloatArray
    informative: BoolArray
    complete: BoolArray

    @property
    def n(self) -> FloatArray:
        return self.n1 + self.n2

    @property
    def events(self) -> FloatArray:
        return self.a + self.c

    def only_informative(self) -> _Cells:
        keep = self.informative
        return _Cells(
            self.a[keep], self.n1[keep], self.c[keep], self.n2[keep], keep[keep], self.complete
        )


def _cells(
    a: npt.ArrayLike, n1: npt.ArrayLike, c: npt.ArrayLike, n2: npt.ArrayLike
) -> tuple[_Cells, int]:
    """The usable tables, and how many were left out for want of numbers or patients."""
    table = checked(a, n1, c, n2, whole=False)
    if table.a.ndim != 1:
        raise ValueError(f"tables must have the shape (k,), not {table.a.shape}")
    keep = (table.n1 > 0) & (table.n2 > 0)
    first, second = (table.a[keep], table.n1[keep]), (table.c[keep], table.n2[keep])
    events, size = first[0] + second[0], first[1] + second[1]
    informative = (events > 0) & (events < size)
    return _Cells(*first, *second, informative, keep), int((~keep).sum())


def harbord(
    a: npt.ArrayLike,
    n1: npt.ArrayLike,
    c: npt.ArrayLike,
    n2: npt.ArrayLike,
    *,
    measure: Literal["OR", "RR"] = "OR",
    level: float = 0.95,
) -> Asymmetry | NotComputed:
    """Harbord's test: Z/V on 1/√V with weights V, t on k - 2 degrees of freedom.

    Harbord, Egger & Sterne, Statistics in Medicine 2006;25:3443-3457, for the log odds ratio with
    efficient score Z = a - E(a) and hypergeometric variance V; for the log risk ratio (Harbord,
    Harris & Sterne, Stata Journal 2009;9:197-210) Z = (a·N - n1·e)/(N - e) and V =
    n1·n2·e/(N(N - e)), e events among N. Tables without any event, or with events only, are left
    out. Refusals and notes as for `regression_test`; ValueError for impossible counts.
    """
    if measure not in ("OR", "RR"):
        raise ValueError(f"Harbord's test is for OR and RR, not {measure!r}")
    share = proportion_of_one(level)
    whole, left_out = _cells(a, n1, c, n2)
    t = whole.only_informative()
    n, events = t.n, t.events
    excess = (t.a * t.n2 - t.c * t.n1) / n
    if measure == "OR":
        score, v = excess, t.n1 * t.n2 * events * (n - events) / (n * n * (n - 1.0))
    else:
        score, v = excess * n / (n - events), t.n1 * t.n2 * events / (n * (n - events))
    found = _weighted("Harbord", score / v, 1.0 / v, 1.0 / np.sqrt(v), share, has_limit=True)
    return _dropped(found, whole, left_out)


def peters(
    a: npt.ArrayLike,
    n1: npt.ArrayLike,
    c: npt.ArrayLike,
    n2: npt.ArrayLike,
    *,
    yi: npt.ArrayLike | None = None,
    level: float = 0.95,
) -> Asymmetry | NotComputed:
    """Peters' test: effects on 1/N with weights e(N - e)/N, t on k - 2 degrees of freedom.

    Peters, Sutton, Jones, Abrams & Rushton, JAMA 2006;295:676-680; e events among N patients.
    `yi` (k,) are the effects, by default log odds ratios with 0.5 added to all cells of tables
    that have an empty one. Everything else as for `harbord`.
    """
    return _on_size("Peters", a, n1, c, n2, yi, level)


def deeks(
    a: npt.ArrayLike,
    n1: npt.ArrayLike,
    c: npt.ArrayLike,
    n2: npt.ArrayLike,
    *,
    yi: npt.ArrayLike | None = None,
    level: float = 0.95,
) -> Asymmetry | NotComputed:
    """Deeks' test: effects on 1/√ESS with weights ESS = 4·n1·n2/N, t on k - 2 degrees of freedom.

    Deeks, Macaskill & Irwig, Journal of Clinical Epidemiology 2005;58:882-893, made for diagnostic
    odds ratios. `yi` as for `peters`, everything else as for `harbord`.
    """
    return _on_size("Deeks", a, n1, c, n2, yi, level)


def schwarzer(
    a: npt.ArrayLike,
    n1: npt.ArrayLike,
    c: npt.ArrayLike,
    n2: npt.ArrayLike,
    *,
    continuity: bool = False,
) -> RankTest | NotComputed:
    """Schwarzer's rank test of counts: (a - E)/√V against 1/V.

    Schwarzer, Antes & Schumacher, Statistics in Medicine 2007;26:721-733: mean E and variance V of
    the first arm's events, all margins fixed, at the Mantel-Haenszel odds ratio (0.5 added to
    tables with an empty cell). Tables without information are left out. `continuity` and the P
    values as for `begg`.
    """
    whole, left_out = _cells(a, n1, c, n2)
    t = whole.only_informative()
    refused = too_few(t.a.size, 3)
    if refused is not None:
        return refused
    empty = (t.a == 0) | (t.c == 0) | (t.a == t.n1) | (t.c == t.n2)
    half = 0.5 * empty
    first, second = t.a + half, t.c + half
    size = t.n + 4.0 * half
    against = (first * (t.n2 - t.c + half) / size).sum()
    ratio = float(against / (second * (t.n1 - t.a + half) / size).sum())
    moments = [_hypergeometric(*row, ratio) for row in zip(t.n1, t.n2, t.events, strict=True)]
    mean, variance = np.array(moments).T
    found = kendall(
        (t.a - mean) / np.sqrt(variance),
        1.0 / variance,
        test="Schwarzer",
        continuity=continuity,
        left_out=left_out + int((~whole.informative).sum()),
    )
    if isinstance(found, RankTest) and not whole.informative.all():
        return replace(found, flags=(found.flags | {"double zero"}) - {"left out"})
    return found


def ruecker(
    a: npt.ArrayLike,
    n1: npt.ArrayLike,
    c: npt.ArrayLike,
    n2: npt.ArrayLike,
    *,
    variant: Literal["Egger", "Begg", "Thompson-Sharp"] = "Thompson-Sharp",
    level: float = 0.95,
) -> Asymmetry | RankTest | NotComputed:
    """Rücker's arcsine tests: a test of asymmetry of differences of arcsines of √risk.

    Rücker, Schwarzer & Carpenter, Statistics in Medicine 2008;27:746-763. The variance of the
    arcsine difference, 1/(4·n1) + 1/(4·n2), depends on no event, so tables without events stay.
    `variant` is the test: "Egger", "Begg", or "Thompson-Sharp", which allows for heterogeneity.
    """
    whole, left_out = _cells(a, n1, c, n2)
    yi, vi = effect("AS", whole.a, whole.n1, whole.c, whole.n2)
    found: Asymmetry | RankTest | NotComputed
    if variant == "Egger":
        found = egger_test(yi, vi, level=level)
    elif variant == "Begg":
        found = begg(yi, vi)
    elif variant == "Thompson-Sharp":
        found = thompson_sharp(yi, vi, level=level)
    else:
        raise ValueError(f"no arcsine test is called {variant!r}")
    if isinstance(found, NotComputed):
        return found
    flags = found.flags | ({"left out"} if left_out else set())
    return replace(found, test=f"arcsine {variant}", left_out=left_out, flags=flags)


def _on_size(
    test: Literal["Peters", "Deeks"],
    a: npt.ArrayLike,
    n1: npt.ArrayLike,
    c: npt.ArrayLike,
    n2: npt.ArrayLike,
    yi: npt.ArrayLike | None,
    level: float,
) -> Asymmetry | NotComputed:
    """Effects of informative tables on a function of their sizes alone."""
    share = proportion_of_one(level)
    whole, left_out = _cells(a, n1, c, n2)
    t = whole.only_informative()
    if yi is None:
        y = effect("OR", t.a, t.n1, t.c, t.n2).yi
    else:
        given = floats(yi)
        if given.shape != whole.complete.shape:
            raise ValueError(f"{given.shape} effects for {whole.complete.shape} tables")
        y = given[whole.complete][whole.informative]
    if test == "Peters":
        weights, x = t.events * (t.n - t.events) / t.n, 1.0 / t.n
    else:
        weights = 4.0 * t.n1 * t.n2 / t.n
        x = 1.0 / np.sqrt(weights)
    found = _weighted(test, y, 1.0 / weights, x, share, has_limit=True)
    return _dropped(found, whole, left_out)


def _weighted(
    test: str, y: FloatArray, v: FloatArray, x: FloatArray, level: float, *, has_limit: bool
) -> Asymmetry | NotComputed:
    return fit_line(test, y, v, x, None, student=True, has_limit=has_limit, level=level)


def _dropped(
    found: Asymmetry | NotComputed, whole: _Cells, left_out: int
) -> Asymmetry | NotComputed:
    """Say what was left out before the regression."""
    if isinstance(found, NotComputed):
        return found
    silent = int((~whole.informative).sum())
    flags = found.flags | ({"double zero"} if silent else set())
    if left_out and not silent:
        flags |= {"left out"}
    return replace(found, left_out=found.left_out + left_out + silent, flags=flags)


def _hypergeometric(n1: float, n2: float, events: float, ratio: float) -> tuple[float, float]:
    """Mean and variance of the first arm's events, all margins fixed, at an odds ratio."""
    low, high = max(0.0, events - n2), min(n1, events)
    x = np.arange(low, high + 1.0)
    log_p = x * np.log(ratio)
    for part, whole in ((x, n1), (events - x, n2)):
        log_p -= special.gammaln(part + 1.0) + special.gammaln(whole - part + 1.0)
    p = np.exp(log_p - log_p.max())
    p /= p.sum()
    mean = float(p @ x)
    return mean, float(p @ (x - mean) ** 2)
