"""Effects of single studies and inverse-variance models, compared with metafor and meta."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from agreement.frame import (
    CLOSED,
    ITERATIVE,
    Block,
    Deviation,
    blocks,
    deviate,
    number,
    numbers,
)
from trialweave.stats.effects import effect, mean_difference, smd
from trialweave.stats.pooling import Pooled, pool

METHODS = {
    "closed": ("EE", "DL", "HE", "HS", "HSk", "SJ"),
    "iterative": ("PM", "PMM", "EB", "ML", "REML"),
}
TESTS = {"z": "Wald", "t": "t", "knha": "HK", "adhoc": "HK-adhoc"}
PREDICTIONS = {"S": "normal", "V": "k-1", "HTS": "k-2", "HK": "HK"}

CAPPED = "metafor searches the upper Q-profile limit up to max(100, 10·τ²) only"
NO_VARIANCE = "a study with variance 0 is left out here, and takes part in metafor's SJ"
IDENTICAL = "all effects equal: metafor gives P = 0, here the test counts as undefined"


class Fits:
    """All sets of effects as one padded array, pooled in a single call for each method."""

    def __init__(self, sets: Sequence[Block]) -> None:
        longest = max(len(one.content["yi"]) for one in sets)
        self.rows = {one.within: row for row, one in enumerate(sets)}
        self.yi, self.vi = np.full((2, len(sets), longest), np.nan)
        for row, one in enumerate(sets):
            for array, name in ((self.yi, "yi"), (self.vi, "vi")):
                array[row, : len(one.content[name])] = numbers(one.content[name])
        self.done: dict[tuple[str, str, str], Pooled] = {}

    def __call__(
        self, block: Block, method: str, interval: str = "HK", prediction: str = "k-1"
    ) -> SimpleNamespace:
        """The pooled numbers of one analysis."""
        key = (method, interval, prediction)
        if key not in self.done:
            tau2: Any = method
            options: Any = {"interval": interval, "prediction": prediction}
            self.done[key] = pool(self.yi, self.vi, tau2=tau2, **options)
        pooled, row = self.done[key], self.rows[block.within]
        return SimpleNamespace(
            **{
                name: value[row]
                for name, value in vars(pooled).items()
                if isinstance(value, np.ndarray)
            }
        )


@functools.cache
def fits_of(folder: Path) -> Fits:
    """Every set of effects of the folder, pooled together."""
    sets = {b.within: b for b in blocks(folder) if b.name == "rma_uni"}
    return Fits(list(sets.values()))


def compare_effects(block: Block) -> Iterator[Deviation]:
    """Effects and variances of single studies, where this package has the measure."""
    content, columns = block.content, block.columns
    measure, variant = content.get("measure"), content.get("variant") or "default"
    if not columns or not block.table or "rows_used" not in content:
        return
    rows = [row - 1 for row in content["rows_used"]]

    def column(name: str) -> np.ndarray:
        return numbers(block.table[columns[name]])[rows]

    if block.kind == "binary" and measure in ("OR", "RR", "RD", "PETO", "AS"):
        options = content["escalc"]
        found = effect(
            measure, column("ai"), column("n1i"), column("ci"), column("n2i"),
            add=options["add"], to=options["to"], drop00=options["drop00"], every_measure=True,
        )  # fmt: skip
    elif measure in ("MD", "SMD") and variant in ("default", "Hedges g, vtype LS (default)"):
        function = mean_difference if measure == "MD" else smd
        names = ("m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i")
        found = function(*(column(name) for name in names))
    else:
        return
    for name, got, want in (
        ("effect", found.yi, numbers(content["yi"])),
        ("variance", found.vi, numbers(content["vi"])),
    ):
        for i, (g, w) in enumerate(zip(got, want, strict=True)):
            unit = max(abs(w), math.sqrt(found.vi[i]) if name == "effect" else 0.0)
            place = f"{block.place} #{i}"
            yield deviate(f"{name} {measure}", place, g, w, CLOSED, unit)


def compare_pooled(block: Block) -> Iterator[Deviation]:
    """Pooled estimates of every supported method and interval."""
    v = numbers(block.content["vi"])
    want, fits, place = block.want, fits_of(block.folder), block.place
    method, test = want["method"], want["test"]
    for kind, methods in METHODS.items():
        if method in methods:
            got = fits(block, method, TESTS[test])
            limit = CLOSED if kind == "closed" else ITERATIVE
            known = NO_VARIANCE if np.any(v == 0.0) else ""
            yield from one_fit(f"{kind} {method}", place, got, want, limit, known)
            if want["k"] > 1 and "pi_simple" in want:
                yield from _metafor_predictions(block, fits, place, want, limit)


def one_fit(
    kind: str, place: str, got: SimpleNamespace, want: dict[str, Any], limit: float, known: str
) -> Iterator[Deviation]:
    error, size = want["se"], max(abs(want["estimate"]), want["se"])
    unit = size if limit == CLOSED else error or size
    for name, key in (("estimate", "estimate"), ("se", "se"), ("low", "ci_lb"), ("high", "ci_ub")):
        value = getattr(got, name)
        yield deviate(f"{kind} {name}", place, value, want[key], limit, unit, known)
    yield deviate(f"{kind} k", place, got.k, want["k"], 0.0, 1.0, known)
    reason = IDENTICAL if error == 0 else known
    # dP = density·d(statistic): a P far in the tail magnifies a deviation by the statistic squared
    stretch = max(1.0, number(want["stat"]) ** 2) if error else 1.0
    yield deviate(f"{kind} P", place, got.p, want["pval"], limit, want["pval"] * stretch, reason)
    if want["k"] < 2:
        return
    yield deviate(f"{kind} tau2", place, got.tau2, want["tau2"], limit, error**2 * want["k"], known)
    for name, key in (("i2", "I2"), ("h2", "H2"), ("q", "QE"), ("q_p", "QEp")):
        if want[key] is not None:
            wide = max(abs(want[key]), 1.0)
            if name == "q_p":  # far in the tail P magnifies a deviation of Q by Q
                wide = want[key] * max(1.0, number(want["QE"]))
            yield deviate(f"{kind} {name}", place, getattr(got, name), want[key], limit, wide)


def _metafor_predictions(
    block: Block, fits: Fits, place: str, want: dict[str, Any], limit: float
) -> Iterator[Deviation]:
    """metafor's intervals use the standard error of the test; here only "HK" does."""
    test = TESTS[want["test"]]
    if test == "Wald":
        kinds = {"normal": "pi_default", "k-1": "pi_t", "k-2": "pi_riley"}
    elif test == "t":
        kinds = {"k-1": "pi_t", "k-2": "pi_riley"}
    else:
        kinds = {"HK": "pi_default"}
    for prediction, key in kinds.items():
        if prediction == "k-2" and want["k"] == 2:
            continue  # undefined here; metafor then takes one degree of freedom
        got = fits(block, want["method"], test, prediction)
        unit = max(want["se"], abs(want[key][1] - want[key][0])) or abs(want["estimate"])
        for value, wanted in zip((got.pi_low, got.pi_high), want[key], strict=True):
            exactness = "closed" if limit == CLOSED else "iterative"
            kind = f"{exactness} prediction {prediction} (metafor)"
            yield deviate(kind, place, value, wanted, limit, unit)


def compare_tau2_limits(block: Block) -> Iterator[Deviation]:
    """Q-profile limits of τ² and I²."""
    v = numbers(block.content["vi"])
    want, fits, place = block.want, fits_of(block.folder), block.place
    if not want["type"].startswith("QP") or want["method"] == "GENQ":
        return
    if not any(want["method"] in methods for methods in METHODS.values()):
        return
    got = fits(block, want["method"])
    estimate, low, high = (number(value) for value in want["tau2"])
    capped = CAPPED if high == max(100.0, 10.0 * estimate) else ""
    # a limit near 0 matters only beside the variances it is added to
    unit = max(low, float(np.nanmin(v)))
    yield deviate("Q-profile low", place, got.tau2_low, low, ITERATIVE, unit)
    unit = max(high, float(np.nanmin(v)))
    yield deviate("Q-profile high", place, got.tau2_high, high, ITERATIVE, unit, capped)
    for name, value, wanted in zip(
        ("low", "high"), (got.i2_low, got.i2_high), want["I2_pct"][1:], strict=True
    ):
        reason = capped if name == "high" else ""
        yield deviate(f"Q-profile I2 {name}", place, value, wanted, ITERATIVE, 100.0, reason)


def compare_meta_predictions(block: Block) -> Iterator[Deviation]:
    """Prediction intervals by R's meta, named as there."""
    fit, fits = block.want, fits_of(block.folder)
    method = fit["method_tau"]
    if "predict" not in fit or fit["method_random_ci"] not in ("classic", "HK"):
        return
    if fit["adhoc"] or "tau2" not in fit:
        return
    for want in fit["predict"]:
        if want["method"] not in PREDICTIONS:
            continue
        prediction = PREDICTIONS[want["method"]]
        got = fits(block, method, "HK", prediction)
        width = max(want["upper"] - want["lower"], fit["seTE_random"])
        for value, wanted in ((got.pi_low, want["lower"]), (got.pi_high, want["upper"])):
            kind = f"prediction {prediction} (meta {want['method']})"
            yield deviate(kind, block.place, value, wanted, ITERATIVE, width)


def compare_weights(block: Block) -> Iterator[Deviation]:
    """Weights in percent."""
    method = "REML" if block.name.endswith("REML") else "CE"
    weights = fits_of(block.folder)(block, method).weights
    weights = weights[np.isfinite(weights)]
    for i, (got, want) in enumerate(zip(weights, block.want, strict=True)):
        yield deviate(f"weight {method}", f"{block.place} #{i}", got, want, ITERATIVE, 100.0)


COMPARES = {
    "effects": compare_effects,
    "rma_uni": compare_pooled,
    "confint_tau2": compare_tau2_limits,
    "metagen": compare_meta_predictions,
    "weights_pct_REML": compare_weights,
    "weights_pct_EE": compare_weights,
}
