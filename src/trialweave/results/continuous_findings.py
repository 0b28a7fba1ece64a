"""Findings of means and medians, out of what a sentence says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

import msgspec

from trialweave.model import ArmResult, Effect, Finding, Passage, Role
from trialweave.results.arm_names import arm_key
from trialweave.results.continuous_comparisons import Measured
from trialweave.results.continuous_values import Quantity

__all__ = ["RULE", "measured_finding", "outside_its_interval"]

RULE = "results-means/1"

Place = Callable[[int, int], Passage | None]


def measured_finding(
    measured: Measured,
    place: Place,
    *,
    time: tuple[str, float | None],
    span: tuple[int, int],
    population: str,
    by_name: Mapping[str, int],
    by_role: Mapping[Role, int],
    tables: Sequence[Finding] = (),
    crossover: int | None = None,
) -> Finding:
    """One comparison of means or medians, without its id; `place` makes passages of spans.

    A size is that which the record states for the group elsewhere, in `by_name` by `arm_key`. A
    spread that the record does not name is in the note, and in neither `sd` nor `se`.
    """
    same = _in_table(measured, tables)
    if same:
        measured = _with_spread(measured, same)
    arms = [
        _arm(quantity, label, role, place(*where))
        for (quantity, label, role), where in zip(measured.arms, measured.spans, strict=True)
    ]
    if same:
        arms = [_sized_as(arm, other) for arm, other in zip(arms, same, strict=True)]
    elif not population and crossover:
        said = f"a crossover trial, which {crossover} patients completed"
        arms = [
            msgspec.structs.replace(arm, n=crossover, n_origin="recovered", recovery=said)
            for arm in arms
        ]
    elif not population:
        arms = [_sized(arm, by_name, by_role if len(arms) == 2 else {}) for arm in arms]
    return Finding(
        finding_id="",
        record_id="",
        outcome=measured.outcome,
        family=measured.family,
        kind="continuous",
        time=time[0],
        time_days=time[1],
        population=population,
        unit=measured.unit,
        change=measured.change,
        arms=tuple(arms),
        p=measured.p,
        effect=measured.effect,
        passage=place(*span),
        rule=RULE,
        note="; ".join(_notes(measured)),
    )


def _in_table(measured: Measured, tables: Sequence[Finding]) -> list[ArmResult]:
    """The arms of a table that print the same means with the same spreads, [] where not one does.

    Tables that do so and state other sizes leave it open which is meant.
    """
    printed = [(q.value, q.spread) for q, _, _ in measured.arms]
    if not all(spread for _, spread in printed) or len(set(printed)) < len(printed):
        return []
    found: list[list[ArmResult]] = []
    for finding in tables:
        by_figures = {
            (arm.mean_printed, arm.sd_printed or arm.se_printed): arm for arm in finding.arms
        }
        if all(figures in by_figures for figures in printed):
            found.append([by_figures[figures] for figures in printed])
    if not found or any([arm.n for arm in other] != [arm.n for arm in found[0]] for other in found):
        return []
    return found[0]


def _with_spread(measured: Measured, same: Sequence[ArmResult]) -> Measured:
    """With the name that a table gives the spreads, where the text gives none."""
    kinds: set[Literal["SD", "SE"]] = {"SD" if arm.sd_printed else "SE" for arm in same}
    if len(kinds) > 1 or any(quantity.spread_kind for quantity, _, _ in measured.arms):
        return measured
    kind = kinds.pop()
    arms = tuple((replace(q, spread_kind=kind), label, role) for q, label, role in measured.arms)
    return replace(measured, arms=arms)


def _sized_as(arm: ArmResult, other: ArmResult) -> ArmResult:
    if other.n is None:
        return arm
    said = f"a table of the record prints the same figures of {other.n} patients"
    return msgspec.structs.replace(arm, n=other.n, n_origin="stated", recovery=said)


def _arm(quantity: Quantity, label: str, role: Role, passage: Passage | None) -> ArmResult:
    value = float(quantity.value)
    spread = float(quantity.spread) if quantity.spread else None
    is_sd, is_se = quantity.spread_kind == "SD", quantity.spread_kind == "SE"
    mean = quantity.kind == "mean"
    return ArmResult(
        label=label,
        role=role,
        mean=value if mean else None,
        sd=spread if is_sd else None,
        se=spread if is_se else None,
        median=None if mean else value,
        lower=float(quantity.lower) if quantity.lower else None,
        upper=float(quantity.upper) if quantity.upper else None,
        limits=quantity.limits if quantity.lower else "",
        mean_printed=quantity.value if mean else "",
        sd_printed=quantity.spread if is_sd else "",
        se_printed=quantity.spread if is_se else "",
        passage=passage,
    )


def _sized(arm: ArmResult, by_name: Mapping[str, int], by_role: Mapping[Role, int]) -> ArmResult:
    """The arm with the size that the record states for it, where it states one."""
    n = by_name.get(arm_key(arm.label), by_role.get(arm.role))
    if n is None:
        return arm
    said = f"the record states {n} patients in this group elsewhere"
    return msgspec.structs.replace(arm, n=n, n_origin="stated", recovery=said)


def _notes(measured: Measured) -> list[str]:
    quantities = [quantity for quantity, _, _ in measured.arms]
    notes = []
    if any(q.spread and not q.spread_kind for q in quantities):
        printed = ", ".join(f"{q.value} ± {q.spread}" for q in quantities)
        notes.append(f"{printed}: what the spread is, is not stated")
    if any(q.before for q in quantities):
        notes.append("from " + ", ".join(q.before or "?" for q in quantities) + " before")
    if measured.effect is not None and outside_its_interval(measured.effect):
        notes.append("the effect as printed stands outside its interval")
    return notes


def outside_its_interval(effect: Effect) -> bool:
    """Whether an estimate as printed does not lie between its limits."""
    parts: Sequence[str] = (effect.lower, effect.estimate, effect.upper)
    try:
        lower, estimate, upper = (float(part) for part in parts)
    except ValueError:
        return False
    return not lower <= estimate <= upper
