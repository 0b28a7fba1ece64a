"""p-interval: whether a stated P goes with the interval stated beside it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from scipy import special

from trialweave.appraisal._context import Context, comparison, make
from trialweave.appraisal._effects import ReadEffect, read_effect
from trialweave.appraisal._means import shown_range
from trialweave.appraisal._tests import agreement_of_range
from trialweave.appraisal.p_value import claim_of
from trialweave.appraisal.p_value_means import reproducible
from trialweave.model import Attempt, Check, Finding, PValue
from trialweave.stats.recompute import Range, se_of_interval, statistic_range

RULE = "p-interval"

_FAR = 1.0  # standard errors between the stated P and the interval's, before they contradict
_OF_COUNTS = ("RR", "OR", "RD")  # crude, in small tables their tests and intervals differ widely
_WIDEST = 1.0  # standard error of a logarithm
_OF_ANOTHER_KIND = re.compile(r"interaction|trend|inferior|equivalen|heterogen", re.IGNORECASE)
_MARGIN = re.compile(r"\bnon-?\s?inferior|\bequivalence\b|\bbioequivalen", re.IGNORECASE)
_NAMED = re.compile(r"\b(?:fisher|log-?\s?rank|chi|mann|wilcoxon|gray)", re.IGNORECASE)


@dataclass(frozen=True)
class _Way:
    name: str
    p: Range
    agrees: int


def check(finding: Finding, context: Context) -> Iterator[Check]:
    """Work the P out from an effect and its interval, and compare it with the stated one.

    P of estimate/se, normal, se = (upper - lower)/2z, of logarithms for ratios; of t for
    differences between groups of known sizes; two- and one-sided. Flagged is only a contradiction:
    the interval excludes no effect and the P does not, or the other way round, and they lie a
    standard error or more apart. Where P and interval may honestly come from different methods
    (crude effects of counts, means that give the P, a named test, an interval of an empty cell) or
    be about a margin, it is a note. Where the counts are stated too, crude effects are left to the
    checks that compute them.
    """
    stated, effect = finding.p, finding.effect
    if stated is None or effect is None:
        return
    read = read_effect(effect)
    if read is None:
        return
    lower, upper = sorted((read.lower, read.upper))  # in reverse order: told by `interval`
    read = replace(read, lower=lower, upper=upper)
    try:
        float(stated.text)
    except ValueError:
        return
    if _OF_ANOTHER_KIND.search(stated.test) or _from_counts(finding):
        return
    claim = claim_of(stated)
    passages = (stated.passage, effect.passage)
    ways = _ways(read, finding, stated)
    if not ways:
        yield make(
            RULE, context, finding, "cannot check",
            f"{claim} was not compared with {read.text}.",
            not_checkable="A limit or estimate of a ratio may be 0 as printed, or below, or the "
            "interval has no width.",
            passages=passages,
        )  # fmt: skip
        return
    attempts = [
        Attempt(way.name, read.text, f"P = {shown_range(way.p)}", way.agrees > 0) for way in ways
    ]
    hits = [way for way in ways if way.agrees]
    if hits:
        best = hits[0]
        plain = not best.name.endswith("one-sided")
        only = "" if plain else "only "
        yield make(
            RULE, context, finding, "consistent" if plain else "note",
            f"{claim} goes {only}with {read.text} ({best.name}: P = {shown_range(best.p)}).",
            attempts=attempts, passages=passages,
        )  # fmt: skip
        return
    text = f"{claim} does not follow from {read.text}, which gives P = {shown_range(ways[0].p)}."
    innocent = [
        "P and interval may be of different methods, as a log-rank or exact test beside a model",
        "the P may be about a margin, an interaction, or another comparison",
        "P or interval may be adjusted for several tests",
        "a digit may be misprinted",
    ]
    crude = effect.measure in _OF_COUNTS and not effect.adjusted
    if crude or not (_contradict(read, stated) and _settled(read)):
        yield make(
            RULE, context, finding, "note", text, attempts=attempts, innocent=innocent,
            passages=passages,
        )  # fmt: skip
        return
    text += " One excludes no effect at this level, the other does not."
    other = context.says(finding.record_id, _MARGIN) or bool(_NAMED.search(stated.test))
    other = other or reproducible(finding, stated)
    yield make(
        RULE, context, finding, "note" if other else "flag", text, attempts=attempts,
        innocent=innocent, passages=passages,
    )  # fmt: skip


def _from_counts(finding: Finding) -> bool:
    """Whether effect and P are both of counts, from which other checks compute them."""
    effect = finding.effect
    crude = effect is not None and not effect.adjusted and effect.measure in _OF_COUNTS
    return crude and comparison(finding) is not None


def _settled(read: ReadEffect) -> bool:
    """Whether the interval is narrow enough for all usual tests to tell about the same.

    A standard error of a logarithm above 1 is mostly that of a table with an empty cell.
    """
    if not read.ratio:
        return True
    se = float(se_of_interval(read.lower.low, read.upper.high, read.level, ratio=True))
    return se <= _WIDEST


def _ways(read: ReadEffect, finding: Finding, stated: PValue) -> list[_Way]:
    z = statistic_range(read.estimate, read.lower, read.upper, read.level, ratio=read.ratio)
    if math.isnan(z.low):
        return []
    ways = [("from the interval, normal", _normal(z))]
    sizes = [arm.n for arm in finding.arms if arm.n]
    if not read.ratio and len(sizes) == 2 and sum(sizes) > 2:
        df = sum(sizes) - 2
        quantile = float(special.ndtri(0.5 + read.level / 2))
        factor = float(special.stdtrit(df, 0.5 + read.level / 2)) / quantile
        low, high = (2 * float(special.stdtr(df, -factor * x)) for x in (z.high, z.low))
        ways.append((f"from the interval, t with {df} degrees of freedom", Range(low, high)))
    ways += [(f"{name}, one-sided", Range(p.low / 2, p.high / 2)) for name, p in list(ways)]
    return [_Way(name, p, agreement_of_range(p.low, p.high, stated)) for name, p in ways]


def _normal(z: Range) -> Range:
    low, high = (math.erfc(x / math.sqrt(2)) for x in (z.high, z.low))
    return Range(low, high)


def _contradict(read: ReadEffect, stated: PValue) -> bool:
    """Whether P and interval decide differently at the interval's level, and clearly so."""
    null = 1.0 if read.ratio else 0.0
    value, alpha = float(stated.text), round(1 - read.level, 9)
    lower, upper = read.lower, read.upper
    excludes = lower.low > null or upper.high < null
    includes = lower.high < null < upper.low
    z = statistic_range(read.estimate, lower, upper, read.level, ratio=read.ratio)
    if stated.operator in ("<", "<="):
        nearest = _z(value)
        return includes and value <= alpha and nearest - z.high > _FAR
    if stated.operator in (">", ">="):
        return excludes and value >= alpha and z.low - _z(value) > _FAR
    if excludes:
        return value > alpha and z.low - _z(value) > _FAR
    return includes and value < alpha and _z(value) - z.high > _FAR


def _z(p: float) -> float:
    """The normal deviate of a two-sided P."""
    return float(-special.ndtri(min(max(p, 1e-300), 1.0) / 2))
