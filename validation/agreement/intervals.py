"""Intervals of the mean and of τ², other weights, I² from Q: compared with metafor and meta."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from agreement.frame import (
    CLOSED,
    ITERATIVE,
    Block,
    Deviation,
    deviate,
    number,
    numbers,
)
from agreement.univariate import NO_VARIANCE, TESTS, fits_of, one_fit
from trialweave.stats.pooling import inconsistency, pool

HYBRIDS = {"": "HK", "se": "HK-adhoc", "ci": "HK-ci", "IQWiG6": "HK-IQWiG6"}
PREDICTIONS = {
    "S": "normal", "V": "k-1", "HTS": "k-2", "HK": "HK", "HK-PR": "HK-PR", "KR": "KR",
    "KR-PR": "KR-PR",
}  # fmt: skip
ROUGH = 1e-3  # of the standard error: what R's default root finder leaves

IDENTICAL = "all effects equal: meta gives P = 0, here the test counts as undefined"
CAPPED = "the reference searches the upper limit of τ² up to max(100, 10·τ²) only"
MISSING = "meta's IVhet gives no interval where a study has no variance; here it is left out"
DEFAULTS = "fitted with metafor's default tolerance: its τ² differs from the tight one beside it"
SLOW = "the root is 0 as Q(0) is below k - 1: metafor's iteration nears it and stops before"
SEARCHED = "R's uniroot stopped at its default tolerance of 1e-4"


def compare_meta(block: Block) -> Iterator[Deviation]:
    """The intervals, tests and predictions of R's metagen, and its I² from Q."""
    want, fits, place = block.want, fits_of(block.folder), block.place
    if "tau2" not in want:
        return
    method, kind = want["method_tau"], want["method_random_ci"]
    interval = {"classic": "Wald", "KR": "KR"}.get(kind) or HYBRIDS[want["adhoc"]]
    got = fits(block, method, interval)
    name, unit = f"metagen {interval}", want["seTE_random"] or 1.0
    for kind_, value, wanted in (
        ("estimate", got.estimate, want["TE_random"]),
        ("se", got.se, want["seTE_random"]),
        ("low", got.low, want["lower"]),
        ("high", got.high, want["upper"]),
    ):
        size = max(unit, abs(got.high - got.low)) if kind_ in ("low", "high") else unit
        yield deviate(f"{name} {kind_}", place, value, wanted, ITERATIVE, size)
    yield deviate(f"{name} df", place, got.df, want["df"], ITERATIVE, got.df)
    stretch = max(1.0, number(want["stat"]) ** 2) if math.isfinite(number(want["stat"])) else 1.0
    known = IDENTICAL if want["seTE_random"] == 0 else ""
    yield deviate(f"{name} P", place, got.p, want["pval"], ITERATIVE, want["pval"] * stretch, known)
    shares = inconsistency(want["Q"], got.k)
    for label, value, key in (
        ("I2", shares.i2, "I2_Q"),
        ("I2 low", shares.i2_low, "lower_I2"),
        ("I2 high", shares.i2_high, "upper_I2"),
    ):
        yield deviate(f"Q-based {label}", place, value, 100.0 * number(want[key]), CLOSED, 100.0)
    for wanted in want.get("predict", ()):
        if wanted["method"] in PREDICTIONS:
            yield from _prediction(block, method, wanted)


def _prediction(block: Block, method: str, want: dict[str, Any]) -> Iterator[Deviation]:
    prediction = PREDICTIONS[want["method"]]
    got = fits_of(block.folder)(block, method, "HK", prediction)
    name, unit = f"prediction {prediction} (meta {want['method']})", number(want["se"]) or 1.0
    width = max(number(want["upper"]) - number(want["lower"]), unit)
    yield deviate(f"{name} low", block.place, got.pi_low, want["lower"], ITERATIVE, width)
    yield deviate(f"{name} high", block.place, got.pi_high, want["upper"], ITERATIVE, width)
    yield deviate(f"{name} df", block.place, got.pi_df, want["df"], ITERATIVE, got.pi_df)


@functools.cache
def _pooled(folder: Path, **choices: str) -> Any:
    """Every set of the folder, pooled with the same choices."""
    sets, options = fits_of(folder), dict[str, Any](choices)
    return pool(sets.yi, sets.vi, **options)


def _row(block: Block, **choices: str) -> SimpleNamespace:
    """The numbers of one analysis."""
    found, row = _pooled(block.folder, **choices), fits_of(block.folder).rows[block.within]
    arrays = {name: value for name, value in vars(found).items() if isinstance(value, np.ndarray)}
    return SimpleNamespace(**{name: value[row] for name, value in arrays.items()})


def compare_profile_and_generalised_q(block: Block) -> Iterator[Deviation]:
    """Limits of τ² by profile likelihood and by a generalised Q, and I² and H² from them."""
    want, place = block.want, block.place
    if want["type"].startswith("PL"):
        method, kind, searched = want["method"], "PL", ""
    elif want["type"] == "GENQ":
        method, kind = ("DL", "BJ") if "=1/v " in want["method"] else ("GENQ", "J")
        searched = SEARCHED
    else:
        return
    got = _row(block, tau2=method, interval="Wald", tau2_interval=kind)
    smallest = float(np.nanmin(numbers(block.content["vi"])))
    estimate, low, high = (number(value) for value in want["tau2"])
    yield deviate(f"{kind} tau2", place, got.tau2, estimate, ITERATIVE, max(estimate, smallest))
    for name, value, wanted in (("low", got.tau2_low, low), ("high", got.tau2_high, high)):
        known = searched if abs(value - wanted) <= 1.3e-4 else ""
        if name == "high" and wanted >= max(100.0, 10.0 * estimate) * (1.0 - 1e-9):
            known = CAPPED
        yield deviate(
            f"{kind} {name}", place, value, wanted, ITERATIVE, max(wanted, smallest), known
        )
        if not known:
            share, ratio = (number(want[key][1 + (name == "high")]) for key in ("I2_pct", "H2"))
            value, other = getattr(got, f"i2_{name}"), getattr(got, f"h2_{name}")
            yield deviate(f"{kind} I2 {name}", place, value, share, ITERATIVE, 100.0)
            yield deviate(f"{kind} H2 {name}", place, other, ratio, ITERATIVE, ratio)


def compare_meta_limits(block: Block) -> Iterator[Deviation]:
    """Limits of τ² by R's meta, which calls metafor with its default tolerances."""
    want, place = block.want, block.place
    kind = want["method_tau_ci"]
    # the limits do not depend on the estimator
    rest: dict[str, str] = {"tau2": "GENQ", "interval": "Wald", "tau2_interval": kind}
    limits = fits_of(block.folder)(block, "REML") if kind == "QP" else _row(block, **rest)
    got = fits_of(block.folder)(block, want["method_tau"])
    smallest = float(np.nanmin(numbers(block.content["vi"])))
    unit = max(number(want["tau2"]), smallest)
    yield deviate("meta tau2", place, got.tau2, want["tau2"], ITERATIVE, unit)
    i2 = 100.0 * number(want["I2_tau2"])
    yield deviate("meta I2 by tau2", place, got.i2, i2, ITERATIVE, 100.0)
    for name, value, key in (
        ("low", limits.tau2_low, "lower"),
        ("high", limits.tau2_high, "upper"),
    ):
        wanted = number(want[key])
        known = SEARCHED if abs(value - wanted) <= 1.3e-4 else ""
        if name == "high" and wanted >= max(100.0, 10.0 * number(want["tau2"])) * (1.0 - 1e-9):
            known = CAPPED
        unit = max(wanted, smallest)
        yield deviate(f"meta {kind} {name}", place, value, wanted, ITERATIVE, unit, known)


def _mean(
    kind: str, block: Block, got: SimpleNamespace, keys: tuple[str, ...], known: str = ""
) -> Iterator[Deviation]:
    values = (got.estimate, got.se, got.low, got.high)
    for name, value, key in zip(("estimate", "se", "low", "high"), values, keys, strict=True):
        yield deviate(
            f"{kind} {name}", block.place, value, block.want[key], ITERATIVE, got.se, known
        )


def compare_ivhet(block: Block) -> Iterator[Deviation]:
    """The mean with common-effect weights and DL's heterogeneity in its variance."""
    got = _row(block, tau2="DL", weighting="common", interval="Wald")
    known = MISSING if got.k < len(block.content["yi"]) else ""
    yield from _mean("IVhet", block, got, ("TE", "seTE", "lower", "upper"), known)


def compare_unweighted(block: Block) -> Iterator[Deviation]:
    """The plain mean with REML's heterogeneity."""
    want, place = block.want, block.place
    tight = next(one for one in block.content["rma_uni"] if one["method"] == "REML")
    known = DEFAULTS if want["tau2"] != tight["tau2"] else ""
    kinds = {"normal": "pi_default", "k-1": "pi_t", "k-2": "pi_riley"}
    for prediction, key in kinds.items():
        got = _row(block, weighting="equal", interval="Wald", prediction=prediction)
        if want["k"] == 1 or (want["k"] == 2 and prediction == "k-2"):
            continue
        for value, wanted in zip((got.pi_low, got.pi_high), want[key], strict=True):
            width, kind = want[key][1] - want[key][0], f"unweighted {prediction}"
            yield deviate(kind, place, value, wanted, ITERATIVE, width, known)
    keys = ("estimate", "se", "ci_lb", "ci_ub")
    yield from _mean("unweighted", block, got, keys, known)
    unit = want["pval"] * max(1.0, number(want["stat"]) ** 2)
    yield deviate("unweighted P", place, got.p, want["pval"], ITERATIVE, unit, known)
    if want["k"] > 1:
        unit = want["se"] ** 2 * want["k"]
        yield deviate("unweighted tau2", place, got.tau2, want["tau2"], ITERATIVE, unit, known)


def compare_henmi_copas(block: Block) -> Iterator[Deviation]:
    """Henmi and Copas's interval."""
    want, place = block.want, block.place
    got = _row(block, tau2="DL", weighting="common", interval="Henmi-Copas")
    for name, value, key in (("estimate", got.estimate, "estimate"), ("se", got.se, "se")):
        yield deviate(f"Henmi-Copas {name}", place, value, want[key], CLOSED, want["se"])
    for name, value, key in (("low", got.low, "ci_lb"), ("high", got.high, "ci_ub")):
        close = abs(value - want[key]) <= ROUGH * want["se"]
        known = SEARCHED if close else ""
        yield deviate(f"Henmi-Copas {name}", place, value, want[key], ITERATIVE, want["se"], known)


def compare_iterated(block: Block) -> Iterator[Deviation]:
    """The estimators that settle at Paule and Mandel's: DLIT and SJIT."""
    want = block.want
    if want["method"] in ("DLIT", "SJIT"):
        got = fits_of(block.folder)(block, want["method"], TESTS[want["test"]])
        known = SLOW if got.tau2 == 0 and want["QE"] < want["k"] - 1 else ""
        if np.any(numbers(block.content["vi"]) == 0.0):
            known = NO_VARIANCE
        kind = f"iterative {want['method']}"
        for item in one_fit(kind, block.place, got, want, ITERATIVE, ""):
            yield item._replace(known=known) if item.wrong else item


COMPARES = {
    "rma_uni": compare_iterated,
    "metagen": compare_meta,
    "confint_tau2": compare_profile_and_generalised_q,
    "metagen_tau2_ci": compare_meta_limits,
    "metagen_IVhet": compare_ivhet,
    "rma_unweighted_REML": compare_unweighted,
    "henmi_copas": compare_henmi_copas,
}
