"""Two-by-two tables: Mantel-Haenszel, Peto and tests of single tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from agreement.frame import CLOSED, Block, Deviation, deviate, number, numbers
from trialweave.stats.pooling import mantel_haenszel, peto
from trialweave.stats.tables import chi_square, fisher, fisher_mid_p


def _columns(content: dict[str, Any]) -> list[np.ndarray]:
    table, columns = content["input"], content["columns"]
    cells = [numbers(table[columns[name]]) for name in ("ai", "n1i", "ci", "n2i")]
    complete = ~np.isnan(np.sum(cells, axis=0))
    return [cell[complete] for cell in cells]


def compare_mh(block: Block) -> Iterator[Deviation]:
    """Mantel-Haenszel without correction in pooling."""
    want = block.want
    if want.get("to", ("", ""))[1] == "none" and want["correct"]:
        cells = _columns(block.content)
        got = mantel_haenszel(want["measure"], *cells, drop00=want["drop00"][1])
        yield from _stratified(f"MH {want['measure']}", block.place, got, want)
        yield deviate(f"MH {want['measure']} k", block.place, got.k, want["k"], 0.0, 1.0)


def compare_peto(block: Block) -> Iterator[Deviation]:
    """Peto's odds ratio."""
    if block.want.get("estimate") is not None:
        yield from _stratified("Peto", block.place, peto(*_columns(block.content)), block.want)


def compare_meta_weights(block: Block) -> Iterator[Deviation]:
    """Weights of Mantel-Haenszel in R's meta."""
    fit, cells = block.want, _columns(block.content)
    if fit.get("method") != "MH" or fit["options"] != "default":
        return
    if "w_common_pct" not in fit or not _plain(cells):
        return
    got = mantel_haenszel(fit["sm"], *cells)
    for i, (g, w) in enumerate(zip(got.weights, fit["w_common_pct"], strict=True)):
        yield deviate(f"MH weight {fit['sm']}", f"{block.place} #{i}", g, w, CLOSED, 100.0)


def _plain(cells: list[np.ndarray]) -> bool:
    """No zero cell: meta corrects those in pooling too."""
    a, n1, c, n2 = cells
    return bool(np.all((a > 0) & (c > 0) & (a < n1) & (c < n2)))


def _stratified(kind: str, place: str, got: Any, want: dict[str, Any]) -> Iterator[Deviation]:
    size = max(abs(number(want["estimate"])), number(want["se"]))
    for name, key in (("estimate", "estimate"), ("se", "se"), ("low", "ci_lb"), ("high", "ci_ub")):
        yield deviate(f"{kind} {name}", place, getattr(got, name), want[key], CLOSED, size)
    yield deviate(f"{kind} P", place, got.p, want["pval"], CLOSED, number(want["pval"]))
    yield deviate(f"{kind} q", place, got.q, want["QE"], CLOSED, max(1.0, number(want["QE"])))
    yield deviate(f"{kind} q_p", place, got.q_p, want["QEp"], CLOSED, number(want["QEp"]))
    yield deviate(f"{kind} i2", place, got.i2, want["I2"], CLOSED, 100.0)


def compare_tables(block: Block) -> Iterator[Deviation]:
    """Fisher and chi-square P of single studies."""
    cells = _columns(block.content)
    computed = {
        "fisher_p": fisher(*cells),
        "chi2_p": chi_square(*cells),
        "chi2_yates_p": chi_square(*cells, correction=True),
    }
    for name, got in computed.items():
        for i, (g, w) in enumerate(zip(got, block.want[name], strict=True)):
            unit = max(number(w), 1e-300) if w is not None else 1.0
            yield deviate(f"table {name}", f"{block.place} #{i}", g, w, CLOSED, unit)


def compare_p_values(block: Block) -> Iterator[Deviation]:
    """The table of P values re-computed from single 2x2 tables."""
    want = block.want
    cells = [want[name] for name in ("a", "n1", "c", "n2")]
    computed = {
        "fisher_p": fisher(*cells),
        "fisher_p_less": fisher(*cells, alternative="less"),
        "fisher_p_greater": fisher(*cells, alternative="greater"),
        "fisher_midp": fisher_mid_p(*cells),
        "chi2_p": chi_square(*cells),
        "yates_p": chi_square(*cells, correction=True),
    }
    for name, got in computed.items():
        unit = number(want[name]) if want[name] is not None else 1.0
        yield deviate(f"table {name}", block.place, got, want[name], CLOSED, unit)


def compare_defaults(block: Block) -> Iterator[Deviation]:
    """Mantel-Haenszel as metafor does it by default: double-zero tables stay."""
    want = block.want
    got = mantel_haenszel(want["measure"], *_columns(block.content))
    size = max(abs(want["estimate"]), want["se"])
    for name, key in (("estimate", "estimate"), ("se", "se"), ("p", "pval"), ("q", "QE")):
        unit = size if name in ("estimate", "se") else max(want[key], 1e-300)
        kind = f"MH {want['measure']} default {name}"
        yield deviate(kind, block.place, getattr(got, name), want[key], CLOSED, unit)


COMPARES = {
    "rma_mh": compare_mh,
    "rma_peto": compare_peto,
    "metabin": compare_meta_weights,
    "per_study_2x2": compare_tables,
    "two_by_two": compare_p_values,
    "rma_mh_default": compare_defaults,
}
