"""Multilevel and multivariate models and cluster-robust tests, compared with metafor's rma.mv.

metafor fitted these with its default tolerances.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from agreement.frame import LOOSE, Block, Deviation, deviate, not_computed, number, numbers
from trialweave.stats.regression import (
    ClusterRobust,
    Design,
    Effect,
    Multilevel,
    assumed_covariance,
    cluster_robust,
    multilevel,
    nested,
    profile_interval,
)

COARSE = (
    "metafor's confint stops within 1.2e-4 of the variance by default; with tol=1e-11 it gives our "
    "limits to 1e-8"
)
UNKNOWN = "a model that this comparison cannot read from R's description of it"


def compare_multilevel(block: Block) -> Iterator[Deviation]:
    """Coefficients, variances, likelihoods, robust tests and profile intervals."""
    want = block.want
    if str(want.get("call", "")).startswith("meta::"):
        yield from _three_level_of_meta(block)
        return
    model = _model(block)
    if model is None:
        yield not_computed(block, UNKNOWN)
        return
    yi, v, effects, design = model
    call = want.get("call", "")
    method = want.get("method", "REML")
    fitted = multilevel(
        yi, v, effects, design, method=method, test="t" if "test=t" in call else "z"
    )
    if isinstance(fitted, Multilevel):
        yield from _numbers(block, fitted)
        if len(effects) == 2:
            yield from _robust(block, fitted)
            yield from _profiles(block, fitted)


def _three_level_of_meta(block: Block) -> Iterator[Deviation]:
    table, columns, want, place = block.table, block.columns, block.want, block.place
    effects = nested({name: table[columns[name]] for name in ("outer", "inner")})
    yi, vi = numbers(table["yi"]), numbers(table["vi"])
    fitted = multilevel(yi, vi, effects, test="z")
    if not isinstance(fitted, Multilevel):
        return
    se = want["seTE_random"]
    one = fitted.coefficients
    for name, got, wanted in (
        ("estimate", one.estimate[0], want["TE_random"]), ("se", one.se[0], se),
        ("low", one.low[0], want["lower"]), ("high", one.high[0], want["upper"]),
        ("q", fitted.q, want["Q"]),
    ):  # fmt: skip
        yield deviate(f"three-level (meta) {name}", place, got, wanted, LOOSE, max(se, abs(wanted)))
    for got, wanted in zip(fitted.components, want["tau2"], strict=True):
        yield deviate("three-level (meta) tau2", place, got.estimate, wanted, LOOSE, wanted)
    student = multilevel(yi, vi, effects, test="t")
    if isinstance(student, Multilevel):
        width = want["pi"][1] - want["pi"][0]
        for value, wanted in zip((student.pi_low, student.pi_high), want["pi"], strict=True):
            yield deviate("three-level (meta) prediction", place, value, wanted, LOOSE, width)


def _model(block: Block) -> tuple[Any, Any, tuple[Effect, ...], Design | None] | None:
    """Effects, covariance, random effects and design of one fit."""
    want, table, content = block.want, block.table, block.content
    yi, vi = numbers(table["yi"]), numbers(table["vi"])
    call = want.get("call")
    if call is not None:
        outer, inner = (table[block.columns[name]] for name in ("outer", "inner"))
        levels = {"outer": outer} if "only" in call else {"outer": outer, "inner": inner}
        v = vi
        assumed = re.search(r"rho=([0-9.]+)\)", call)
        if assumed:
            v = assumed_covariance(vi, outer, float(assumed[1]))
        mods = re.search(r"^mods (~.*)$", call)
        design = _design(mods[1], table) if mods else None
        return yi, v, nested(levels), design
    inner_name, outer_name = _random(want, table)
    if not inner_name:
        return None
    effect = Effect(
        "random", tuple(table[outer_name]), tuple(table[inner_name]), want.get("struct", "UN")
    )
    v = np.array([numbers(row) for row in content["V"]])
    return yi, v, (effect,), _design(want["formula"], table)


def _random(want: dict[str, Any], table: dict[str, Any]) -> tuple[str, str]:
    """Inner and outer factor: as said, or the columns that are usual for them."""
    if "random" in want:
        inner, outer = want["random"].replace(" ", "").removeprefix("~").split("|")
        return inner, outer
    inner = next((name for name in ("outcome", "time") if name in table), "")
    return inner, next(name for name in ("trial", "study") if name in table)


def _design(formula: str, table: dict[str, Any]) -> Design:
    """Columns named as R names them: main effects, and categories by numbers."""
    terms = [one.strip() for one in formula.removeprefix("~").removesuffix("-1").split("+")]
    columns: list[tuple[str, Any]] = []
    if not formula.endswith("-1"):
        columns.append(("intercept", np.ones(len(table["yi"]))))
    for term in terms:
        factors = [_columns(part, table) for part in term.split(":")]
        combined = factors[0]
        for more in factors[1:]:
            combined = [(f"{a}:{b}", x * z) for a, x in combined for b, z in more]
        columns += combined
    names = tuple(name for name, _ in columns)
    return Design(np.stack([column for _, column in columns], axis=1), names, names, {})


def _columns(part: str, table: dict[str, Any]) -> list[tuple[str, Any]]:
    found = re.fullmatch(r"(factor|I|log)\((\w+)(?:([-+])([0-9.]+))?\)|(\w+)", part.strip())
    assert found is not None, part
    function, name = found[1] or "", found[2] or found[5]
    values = table[name]
    if function == "factor" or any(isinstance(one, str) for one in values):
        shown = sorted(set(values))
        return [
            (f"{part}{level}", np.array([float(one == level) for one in values])) for level in shown
        ]
    column = numbers(values)
    if function == "log":
        column = np.log(column)
    if found[4]:
        column = column + float(f"{found[3]}{found[4]}")
    return [(part, column)]


def _numbers(block: Block, got: Multilevel) -> Iterator[Deviation]:
    want, place = block.want, block.place
    names = ["intrcpt" if name == "intercept" else name for name in got.design.names]
    one = got.coefficients
    for i, name in enumerate(want["names"]):
        j, se = names.index(name.replace(" ", "")), want["se"][i]
        for attribute, key in (
            ("estimate", "estimate"), ("se", "se"), ("low", "ci_lb"), ("high", "ci_ub"),
        ):  # fmt: skip
            value = getattr(one, attribute)[j]
            yield deviate(
                f"multilevel {attribute}", f"{place} {name}", value, want[key][i], LOOSE, se
            )
        stretch = want["pval"][i] * max(1.0, want["stat"][i] ** 2)
        yield deviate("multilevel P", f"{place} {name}", one.p[j], want["pval"][i], LOOSE, stretch)
    variances = [item.estimate for item in got.components if item.kind == "variance"]
    wanted = want["sigma2"] if got.effects[0].inner is None else want["tau2"]
    for g, w in zip(variances, wanted, strict=True):
        yield deviate("multilevel variance", place, g, w, LOOSE, max(wanted))
    correlations = [item.estimate for item in got.components if item.kind == "correlation"]
    for g, w in zip(correlations, want["rho"] if correlations else [], strict=True):
        yield deviate("multilevel correlation", place, g, w, LOOSE, 1.0)
    for attribute, key in (
        ("log_likelihood", "logLik_ML"),
        ("restricted_log_likelihood", "logLik_REML"),
    ):
        yield deviate(f"multilevel {key}", place, getattr(got, attribute), want[key], LOOSE, 1.0)
    yield deviate("multilevel QE", place, got.q, want["QE"], LOOSE, want["QE"])
    yield deviate("multilevel QEdf", place, got.q_df, want["QEdf"], 0.0, 1.0)
    if want["QEp"] > 0.0:
        yield deviate("multilevel QEp", place, got.q_p, want["QEp"], LOOSE, want["QEp"])
    tests = got.moderators
    factor = 1.0 if math.isinf(tests.df2) else tests.df1
    yield deviate("multilevel QM", place, tests.statistic, want["QM"], LOOSE, want["QM"] * factor)
    stretch = want["QMp"] * max(1.0, want["QM"])
    yield deviate("multilevel QMp", place, tests.p, want["QMp"], LOOSE, stretch)
    if "pi" in want:
        width = want["pi"][1] - want["pi"][0]
        for value, wanted_pi in zip((got.pi_low, got.pi_high), want["pi"], strict=True):
            yield deviate("multilevel prediction", place, value, wanted_pi, LOOSE, width)


def _robust(block: Block, fitted: Multilevel) -> Iterator[Deviation]:
    cluster = block.table[block.columns["outer"]]
    for key, got in (
        ("robust_CR1", cluster_robust(fitted, cluster, kind="CR1p", freedom="m-p")),
        ("robust_clubSandwich_CR2", cluster_robust(fitted, cluster)),
    ):
        want = block.want.get(key)
        if want is None or not isinstance(got, ClusterRobust):
            continue
        one = got.coefficients
        for i, se in enumerate(want["se"]):
            for attribute, name in (
                ("estimate", "estimate"), ("se", "se"), ("low", "ci_lb"), ("high", "ci_ub"),
            ):  # fmt: skip
                value = getattr(one, attribute)[i]
                yield deviate(f"{key} {attribute}", block.place, value, want[name][i], LOOSE, se)
            ddf = number(want["ddf"][min(i, len(want["ddf"]) - 1)])
            yield deviate(f"{key} df", block.place, one.df[i], ddf, LOOSE, ddf)
            stretch = want["pval"][i] * max(1.0, want["stat"][i] ** 2)
            yield deviate(f"{key} P", block.place, one.p[i], want["pval"][i], LOOSE, stretch)


def _profiles(block: Block, fitted: Multilevel) -> Iterator[Deviation]:
    for i, component in enumerate(fitted.components):
        want = block.want.get(f"confint_sigma2_{i + 1}")
        if want is None:
            continue
        got = profile_interval(fitted, component)
        for name, value, wanted in (("low", got.low, want[1]), ("high", got.high, want[2])):
            known = COARSE if abs(value - wanted) < 1.2e-4 else ""
            kind = f"multilevel profile {name}"
            yield deviate(kind, block.place, value, wanted, LOOSE, wanted, known)


COMPARES: dict[str, Callable[[Block], Iterator[Deviation]]] = {"rma_mv": compare_multilevel}
