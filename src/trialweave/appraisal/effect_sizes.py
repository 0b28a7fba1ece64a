"""effect-sizes: what the counts of a comparison say, computed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import get_args

from trialweave.appraisal._context import (
    Candidate,
    Context,
    comparison,
    make,
    readings,
    show_number,
    show_p,
)
from trialweave.appraisal.counts import problem
from trialweave.model import Attempt, Check, Finding
from trialweave.stats.effects import CorrectedWhere, Measure, back_transform, effect, wald_interval
from trialweave.stats.tables import fisher

RULE = "effect-sizes"

_MEASURES: tuple[tuple[Measure, str], ...] = (("RR", "RR"), ("OR", "OR"), ("RD", "RD"))
_MOST_READINGS = 6

assert set(dict(_MEASURES)) <= set(get_args(Measure))


def check(finding: Finding, context: Context) -> Iterator[Check]:
    """Note RR, OR and RD with 95% intervals for each reading of the counts, and Fisher's P.

    Log risk ratio (Katz 1978), log odds ratio (Woolf 1955) and risk difference with Wald
    intervals; a zero cell gets 0.5 in all four cells for the ratios alone, which is said.
    """
    pair = comparison(finding)
    if pair is None or any(problem(arm) for arm in finding.arms):
        return
    one, two = pair
    found = readings(finding, pair, context)[:_MOST_READINGS]
    if not found:
        return
    attempts: list[Attempt] = []
    first = ""
    for treated, control in found:
        results = [(name, *_computed(measure, treated, control)) for measure, name in _MEASURES]
        p = float(fisher(treated.events, treated.n, control.events, control.n))
        inputs = f"{treated} v {control}"
        attempts += [Attempt(name, inputs, text, True) for name, text, _ in results]
        attempts.append(Attempt("Fisher's exact test", inputs, f"P = {show_p(p)}", True))
        if not first:
            corrected = any(flag for _, _, flag in results)
            numbers = ", ".join(f"{name} {text}" for name, text, _ in results)
            remark = "; ratios with 0.5 added to each cell" if corrected else ""
            first = f"{inputs}: {numbers} (95% CI{remark}); Fisher's exact test P = {show_p(p)}."
    if len(found) > 1:
        others = "One other reading" if len(found) == 2 else f"{len(found) - 1} other readings"
        first += f" {others} of the printed numbers: see the attempts."
    yield make(
        RULE,
        context,
        finding,
        "note",
        f"Computed for {finding.outcome}, {first}",
        attempts=attempts,
        passages=(one.passage, two.passage),
    )


def _computed(measure: Measure, treated: Candidate, control: Candidate) -> tuple[str, bool]:
    """Estimate and interval as text, and whether a zero cell was corrected."""
    ratio = measure != "RD"
    to: CorrectedWhere = "only0" if ratio else "none"
    cells = (treated.events, treated.n, control.events, control.n)
    empty = treated.events + control.events == 0
    full = treated.events == treated.n and control.events == control.n
    if ratio and (empty or full):
        return "not estimable", False
    result = effect(measure, *cells, to=to)
    if math.isnan(float(result.yi)):
        return "not estimable", False
    interval = wald_interval(result.yi, result.vi)
    numbers = [float(back_transform(measure, x)) for x in (result.yi, interval.low, interval.high)]
    zero = 0 in (
        treated.events,
        control.events,
        treated.n - treated.events,
        control.n - control.events,
    )
    estimate, low, high = (show_number(x) for x in numbers)
    return f"{estimate} ({low} to {high})", ratio and zero
