"""Meta-regression, compared with metafor's rma.uni with moderators."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from agreement.frame import CLOSED, ITERATIVE, Block, Deviation, deviate, number, numbers
from trialweave.stats.regression import Design, Regression, design_matrix, regress

TESTS = {"z": "z", "t": "t", "knha": "KH", "adhoc": "KH-adhoc"}

ILL_CONDITIONED = (
    "a moderator far from 0 beside its spread (a year): metafor's matrix products lose digits; "
    "exact rational arithmetic gives our numbers to 1e-14"
)
ALONE = "a study alone in its category has no residual: undefined here, 0 in metafor"
NOTHING_TO_EXPLAIN = "τ² without moderators is 0: R² is undefined here, 0 in metafor"


def _moderators(block: Block, formula: str) -> tuple[Design, dict[str, str]]:
    """The design of an R formula of main effects, and R's names of its columns."""
    terms = [term.strip() for term in formula.removeprefix("~").split("+")]
    intercept = not {"0", "-1"} & set(terms)
    content, table = block.content, block.table
    k = len(content["yi"])
    rows = content.get("rows_used") or range(1, k + 1)
    values: dict[str, list[Any]] = {}
    names = {"intercept": "intrcpt"}
    for term in terms:
        if term in ("0", "1"):
            continue
        column = re.sub(r"^factor\((.*)\)$", r"\1", term)
        whole = _capped_weeks(table["weeks"]) if column == "wk" else table[column]
        found = [whole[row - 1] for row in rows]
        if column != term:
            found = [None if value is None else _text(value) for value in found]
        values[term] = found
    design = design_matrix(values, k=k, intercept=intercept)
    for name, term in zip(design.names, design.terms, strict=True):
        names.setdefault(name, name.replace(f"{term}: ", term))
    return design, names


def _capped_weeks(weeks: list[float]) -> list[float]:
    """Weeks of prior contact, three and more as one (Raudenbush 2009)."""
    return [min(week, 3) for week in weeks]


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _aligned(design: Design, names: dict[str, str], wanted: list[str]) -> Design | None:
    """The design with the references that R chose: its order of categories is the locale's."""
    chosen = {}
    for term, levels in design.levels.items():
        if design.intercept:
            absent = [level for level in levels if f"{term}{level}" not in wanted]
            if len(absent) != 1:
                return None
            chosen[term] = absent[0]
    return None if not chosen else _again(design, chosen)


def _again(design: Design, chosen: dict[str, str]) -> Design:
    """The same columns for other reference categories."""
    columns, names = [], []
    for position, (name, term) in enumerate(zip(design.names, design.terms, strict=True)):
        if term not in chosen:
            columns.append(design.x[:, position])
            names.append((name, term))
    for term, reference in chosen.items():
        inside = [i for i, one in enumerate(design.terms) if one == term]
        shown = {design.names[i]: design.x[:, i] for i in inside}
        first = f"{term}: {design.levels[term][0]}"
        shown[first] = 1.0 - sum(shown.values())
        for level in design.levels[term]:
            if level != reference:
                columns.append(shown[f"{term}: {level}"])
                names.append((f"{term}: {level}", term))
    return Design(
        np.stack(columns, axis=1),
        tuple(name for name, _ in names),
        tuple(term for _, term in names),
        design.levels,
    )


def compare_regression(block: Block) -> Iterator[Deviation]:
    """Coefficients, tests, heterogeneity and likelihoods; fitted values, leverages and VIF."""
    want = block.want
    if "error" in want:
        return
    design, names = _moderators(block, want["formula"])
    if "names" in want:
        design = _aligned(design, names, want["names"]) or design
    yi, vi = numbers(block.content["yi"]), numbers(block.content["vi"])
    if "what" in want:
        fitted = regress(yi, vi, design, test="z")
        if isinstance(fitted, Regression):
            yield from _diagnostics(block, fitted)
        return
    fitted = regress(yi, vi, design, tau2=want["method"], test=TESTS[want["test"]])  # type: ignore[arg-type]
    if isinstance(fitted, Regression):
        yield from _numbers(block, fitted, want)


def _numbers(block: Block, got: Regression, want: dict[str, Any]) -> Iterator[Deviation]:
    place, method = block.place, want["method"]
    limit = CLOSED if method in ("DL", "EE", "HE", "HS", "HSk", "SJ") else ITERATIVE
    ill = _ill_conditioned(got)

    def check(key: str, where: str, value: Any, wanted: Any, unit: float, known: str = "") -> Any:
        kind = f"regression {method} {key}"
        found = deviate(kind, where, value, wanted, limit, unit, known)
        if ill and not known and limit < found.size <= ITERATIVE:
            return found._replace(known=ILL_CONDITIONED)
        return found

    shown = [
        "intrcpt" if name == "intercept" else name.replace(f"{term}: ", term)
        for name, term in zip(got.design.names, got.design.terms, strict=True)
    ]
    for i, name in enumerate(want["names"]):
        j, where = shown.index(name), f"{place} {name}"
        one = {key: number(want[key][i]) for key in ("estimate", "se", "ci_lb", "ci_ub", "pval")}
        unit = max(abs(one["estimate"]), one["se"]) if limit == CLOSED else one["se"]
        for attribute, key in (
            ("estimate", "estimate"), ("se", "se"), ("low", "ci_lb"), ("high", "ci_ub"),
        ):  # fmt: skip
            value = getattr(got.coefficients, attribute)[j]
            yield check(attribute, where, value, one[key], unit)
        stretch = one["pval"] * max(1.0, number(want["stat"][i]) ** 2)
        yield check("P", where, got.coefficients.p[j], one["pval"], stretch)
    yield deviate(f"regression {method} k", place, got.k, want["k"], 0.0, 1.0)
    typical = max(want["tau2"], float(np.min(got.v[got.used])))
    yield check("tau2", place, got.tau2, want["tau2"], typical)
    if want["se_tau2"] is not None and np.isfinite(got.tau2_se):
        yield check("tau2 se", place, got.tau2_se, want["se_tau2"], want["se_tau2"])
    for attribute, key in (("i2", "I2"), ("h2", "H2"), ("q", "QE"), ("scale", "s2w")):
        yield check(key, place, getattr(got, attribute), want[key], max(1.0, abs(want[key])))
    if want["R2"] is not None:
        known = NOTHING_TO_EXPLAIN if "no r2" in got.flags else ""
        yield check("R2", place, got.r2, want["R2"], 100.0, known)
    yield check("QEp", place, got.q_p, want["QEp"], want["QEp"] * max(1.0, want["QE"]))
    yield check("QM", place, got.moderators.statistic, want["QM"], max(1.0, want["QM"]))
    df = want["QMdf"][0]
    yield deviate(f"regression {method} QMdf", place, got.moderators.df1, df, 0.0, 1.0)
    stretch = want["QMp"] * max(1.0, want["QM"] * df)
    yield check("QMp", place, got.moderators.p, want["QMp"], stretch)
    for value, key in (
        (got.log_likelihood, "logLik_ML"),
        (got.restricted_log_likelihood, "logLik_REML"),
        *zip(got.information(), ("AIC_ML", "AICc_ML", "BIC_ML"), strict=True),
    ):
        yield check(key, place, value, want[key], max(1.0, abs(want[key])))


def _ill_conditioned(got: Regression) -> bool:
    """Whether normal equations would lose more than half of the digits."""
    x = got.design.x[got.used]
    return bool(np.linalg.cond(x / np.linalg.norm(x, axis=0)) > 100.0)


def _diagnostics(block: Block, got: Regression) -> Iterator[Deviation]:
    want, place, used = block.want, block.place, got.used
    least = got.coefficients.se.min()
    for attribute, key, unit in (
        ("fitted", "fitted", least), ("residual_z", "rstandard_z", 1.0), ("hat", "hat", 1.0),
    ):  # fmt: skip
        for i, (g, w) in enumerate(zip(getattr(got, attribute)[used], want[key], strict=True)):
            known = ALONE if attribute == "residual_z" and got.hat[used][i] > 1.0 - 1e-9 else ""
            yield deviate(f"regression {key}", f"{place} #{i}", g, w, ITERATIVE, unit, known)
    if want["vif"] is not None:
        inflated = got.vif[np.isfinite(got.vif)]
        for g, w in zip(sorted(inflated), sorted(want["vif"]), strict=True):
            yield deviate("regression VIF", place, g, w, ITERATIVE, w)


COMPARES: dict[str, Callable[[Block], Iterator[Deviation]]] = {
    "meta_regression": compare_regression
}
