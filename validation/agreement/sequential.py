"""Boundaries and information sizes, compared with RTSA."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from agreement.frame import CLOSED, ITERATIVE, Block, Deviation, deviate, not_computed, numbers
from trialweave.stats.effects import effect
from trialweave.stats.exploring import cumulative
from trialweave.stats.pooling import mantel_haenszel
from trialweave.stats.sequential import boundaries, size_for_risks, spent

BINDING = "boundaries with binding futility are not offered: a review is not bound to stop"
UNREACHED = "RTSA puts 20 where nothing measurable can be spent, here it is infinite"
NO_TARGET = "the difference that the information size was made for is not in the reference"
RELATIVE_RISK, POWER = 0.9, 0.8  # of the calls; they give the stored size exactly


def compare_boundaries(block: Block) -> Iterator[Deviation]:
    """Error-spending boundaries; futility that binds nobody leaves them as they are."""
    want = block.want
    spending = spent(want["timing"])
    for i, (g, w) in enumerate(zip(spending, want["alpha_spend"]["as_cum"], strict=True)):
        yield deviate("spending O'Brien-Fleming", f"{block.place} #{i}", g, w, CLOSED, 1.0)
    if want["futility"] == "binding":
        yield not_computed(block, BINDING)
        return
    found = boundaries(want["timing"]).critical
    for i, (g, w) in enumerate(zip(found, want["alpha_ubound"], strict=True)):
        reason = UNREACHED if w == 20 else ""
        yield deviate("boundary (RTSA)", f"{block.place} #{i}", g, w, ITERATIVE, 1.0, reason)


def compare_sizes(block: Block) -> Iterator[Deviation]:
    """Information sizes of risks, and the statistics of each look."""
    want, given = block.want, block.want["input"]
    if "eI" not in given:
        yield not_computed(block, NO_TARGET)
        return
    cells = [np.array(given[name], float) for name in ("eI", "nI", "eC", "nC")]
    risk = cells[2].sum() / cells[3].sum()
    size = size_for_risks(risk, RELATIVE_RISK * risk, power=POWER)
    yield deviate("information size", block.place, math.ceil(size), want["RIS"], 0.0, 1.0)
    looks = want["df"]["z_fixed"]
    for i, w in enumerate(looks[: len(cells[0])]):
        got = mantel_haenszel("RR", *(cell[: i + 1] for cell in cells)).statistic
        if w is not None and np.all(cells[0][: i + 1]) and np.all(cells[2][: i + 1]):
            yield deviate("look, common effect", f"{block.place} #{i}", got, w, CLOSED, 1.0)
    yi, vi = effect("RR", *cells)
    interval = "HK-adhoc" if want["re_method"] == "DL_HKSJ" else "Wald"
    found = cumulative(yi, vi, tau2="DL", interval=interval, tau2_interval=False)
    for i, w in enumerate(numbers(want["df"]["z_random"])[: len(yi)]):
        if i and found.tau2[i] > 0.0 and math.isfinite(w):
            g = found.statistic[i]
            yield deviate("look, random effects", f"{block.place} #{i}", g, w, CLOSED, 1.0)


COMPARES = {"boundaries": compare_boundaries, "RTSA": compare_sizes}
