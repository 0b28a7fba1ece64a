"""What the comparisons share: R's results as blocks, numbers, deviations with their limits.

Limits: closed forms 1e-10, relative (lengths relative to the standard error or to the number,
whichever is larger). Iterative estimators 1e-6 of the standard error: metafor stops at changes of
1e-13 in τ², so its own figures are no better where τ² is near 1e-7. What R fitted with its default
tolerances (GLMM, multilevel, selection models, networks) is compared at 1e-4.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

CLOSED, ITERATIVE, LOOSE = 1e-10, 1e-6, 1e-4


class Deviation(NamedTuple):
    """One number compared: `size` is the deviation in the units of `limit`."""

    kind: str
    place: str
    got: float
    want: float
    size: float
    limit: float
    known: str = ""  # the documented reason, where a deviation is expected

    @property
    def wrong(self) -> bool:
        """Over the limit (or a number on one side only) without a documented reason."""
        return not self.known and not self.size <= self.limit


class Block(NamedTuple):
    """One result of R, or a group of them: `want` is what R gave for `name`.

    `content` is the object that holds it (with `yi` and `vi` where effects were pooled), `table`
    the studies it came from, `kind` their type, `columns` which of the table's columns are what.
    """

    folder: Path
    place: str
    name: str
    want: Any
    content: dict[str, Any]
    table: dict[str, Any]
    kind: str
    columns: dict[str, str]
    within: str = ""  # the place of the object that holds it


def number(value: Any) -> float:
    """R's number; NA and null are NaN."""
    return math.nan if value is None else float(value)


def numbers(values: list[Any]) -> np.ndarray:
    return np.array([number(value) for value in values], dtype=float)


def deviate(
    kind: str, place: str, got: Any, want: Any, limit: float, unit: float, known: str = ""
) -> Deviation:
    """Compare two numbers; both NaN agree, one NaN never does."""
    g, w = float(got), number(want)
    if (math.isnan(g) and math.isnan(w)) or g == w:
        return Deviation(kind, place, g, w, 0.0, limit, known)
    size = abs(g - w) / unit if unit > 0 and math.isfinite(g - w) else math.inf
    return Deviation(kind, place, g, w, size, limit, known if size > limit else "")


# What a block of results is not: descriptions, inputs, and what a user of metafor gets by default.
_NOT_RESULTS = frozenset(
    """schema dataset title source data_license produced software conventions input columns type
    what name n_subnets id measure scale cols escalc rows_used variant analyses V treatments
    rma_uni_metafor_default_tolerance yi vi""".split()  # noqa: SIM905
)


def blocks(folder: Path) -> Iterator[Block]:
    """Every group of results in the folder that a synthesis can be compared with."""
    for path in sorted(folder.glob("dat.*.json")):
        content = json.loads(path.read_text())
        yield from _of_data_set(folder, path.stem, content)
    for stem in ("edge_cases_generic", "edge_cases_binary"):
        for case in json.loads((folder / f"{stem}.json").read_text())["cases"]:
            yield from _of_data_set(folder, f"{stem}: {case['name']}", case)
    for name, case in json.loads((folder / "bayesmeta.json").read_text())["cases"].items():
        yield Block(folder, f"bayesmeta: {name}", "bayesmeta", case["fits"], case, case, "", {})
    trials = json.loads((folder / "tsa_rtsa.json").read_text())
    for name in ("boundaries", "RTSA"):
        for i, case in enumerate(trials[name]):
            yield Block(folder, f"tsa_rtsa: {i}", name, case, case, {}, "", {})
    for case in json.loads((folder / "rma_mh_default_calls.json").read_text())["cases"]:
        content = json.loads((folder / f"{case['dataset']}.json").read_text())
        place = f"rma_mh_default_calls: {case['dataset']} {case['measure']}"
        columns = content["columns"]
        yield Block(folder, place, "rma_mh_default", case, content, content["input"], "", columns)
    for case in json.loads((folder / "pvalue_recompute.json").read_text())["two_by_two"]:
        place = f"pvalue_recompute: {[case[name] for name in ('a', 'n1', 'c', 'n2')]}"
        yield Block(folder, place, "two_by_two", case, case, {}, "", {})


def _of_data_set(folder: Path, place: str, content: dict[str, Any]) -> Iterator[Block]:
    table, kind = content.get("input", {}), content.get("type", "generic")
    columns = content.get("columns") or {}
    inner = [(f"{place}: {one['id']}", one) for one in content.get("analyses", ())]
    if "ignoring_clusters" in content:
        one = content["ignoring_clusters"] | {"yi": table["yi"], "vi": table["vi"]}
        inner.append((f"{place}: ignoring clusters", one))
    for where, holder in [(place, content), *inner]:
        for name, want in holder.items():
            if name == "yi" and "rows_used" in holder:
                name = "effects"
            if name in _NOT_RESULTS or name == "ignoring_clusters":
                continue
            for label, part, entry in _entries(name, want):
                if not refused(entry):
                    place = f"{where}: {label}" if label else where
                    yield Block(folder, place, part, entry, holder, table, kind, columns, where)


# What tells the entries of one list apart.
_KEYS = (
    "sm", "measure", "method", "method_tau", "model", "test", "type", "options", "variant", "call",
    "method_random_ci", "adhoc", "add", "to", "drop00", "correct", "moderators", "estimator",
    "side", "predictor", "method_bias", "settings",
)  # fmt: skip


def _entries(name: str, want: Any) -> Iterator[tuple[str, str, Any]]:
    """The entries of a group, each with what tells it apart and its own name."""
    if name in ("bias", "nets"):
        for key, inner in want.items():
            yield from _entries(f"{name}.{key}", inner)
    elif isinstance(want, list) and want and all(isinstance(each, dict) for each in want):
        for i, each in enumerate(want):
            said = [str(each[key]) for key in _KEYS if each.get(key) not in (None, "")]
            yield f"{i + 1} {', '.join(said)}".strip(), name, each
    else:
        yield "", name, want


def not_computed(block: Block, reason: str) -> Deviation:
    """What stands for results that are not computed here, with the documented reason."""
    return Deviation(f"not computed: {block.name}", block.place, 0.0, 0.0, 0.0, 0.0, reason)


def refused(want: Any) -> bool:
    """Whether R gave no number here: an error, nothing, or an order alone."""
    if isinstance(want, dict):
        return "error" in want or not want.keys() - {"order"}
    if isinstance(want, list):
        return all(refused(each) for each in want)
    return want is None
