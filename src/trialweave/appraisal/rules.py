"""All checks with their switches, and running them on a study."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from trialweave.appraisal import (
    arm_sizes,
    counts,
    debit,
    effect,
    effect_sizes,
    grim,
    grimmer,
    interval,
    mean_difference,
    p_interval,
    p_value,
    p_value_means,
    percent,
    registered_design,
    registered_outcomes,
    registered_results,
    registered_timing,
    sd_bounds,
    statistic,
    sums,
    zero_events,
)
from trialweave.appraisal._context import Context
from trialweave.model import Check, Finding, Record, Study

__all__ = ["RULES", "Rule", "appraise"]


@dataclass(frozen=True)
class Rule:
    """A check with its switch `name`, run on each finding or once on the whole study."""

    name: str
    each: Callable[[Finding, Context], Iterable[Check]] | None = None
    whole: Callable[[Context], Iterable[Check]] | None = None


RULES: tuple[Rule, ...] = (
    Rule(counts.RULE, each=counts.check),
    Rule(percent.RULE, each=percent.check),
    Rule(p_value.RULE, each=p_value.check),
    Rule(effect.RULE, each=effect.check),
    Rule(effect_sizes.RULE, each=effect_sizes.check),
    Rule(p_value_means.RULE, each=p_value_means.check),
    Rule(mean_difference.RULE, each=mean_difference.check),
    Rule(interval.RULE, each=interval.check),
    Rule(p_interval.RULE, each=p_interval.check),
    Rule(grim.RULE, each=grim.check),
    Rule(grimmer.RULE, each=grimmer.check),
    Rule(debit.RULE, each=debit.check),
    Rule(sd_bounds.RULE, each=sd_bounds.check),
    Rule(sums.RULE, each=sums.check),
    Rule(zero_events.RULE, each=zero_events.check),
    Rule(arm_sizes.RULE, whole=arm_sizes.check),
    Rule(statistic.RULE, whole=statistic.check),
    Rule(registered_timing.RULE, whole=registered_timing.check),
    *(
        Rule(name, whole=registered_design.check_of(name))
        for name in (
            registered_design.ENROLMENT,
            registered_design.ARMS,
            registered_design.MASKING,
            registered_design.DATES,
        )
    ),
    Rule(registered_outcomes.RULE, whole=registered_outcomes.check),
    Rule(registered_results.RULE, whole=registered_results.check),
)


def appraise(
    study: Study,
    records: Mapping[str, Record],
    findings: Sequence[Finding],
    *,
    versions: Mapping[str, Sequence[Record]] | None = None,
    only: Collection[str] | None = None,
) -> tuple[Check, ...]:
    """Check a study's findings; those of each finding together, in the findings' order.

    `records` holds at least the study's records by their id; `findings` are those of its records.
    `versions` holds all versions of records by record id, where what a registration said earlier
    is to be compared; without it only the current ones are.
    `only` names the checks to run (see `RULES`), all by default. Raises ValueError for a name
    that no check has.
    """
    if only is not None and (unknown := set(only) - {rule.name for rule in RULES}):
        raise ValueError(f"no check is called {sorted(unknown)[0]!r}")
    rules = [rule for rule in RULES if only is None or rule.name in only]
    context = Context(study, records, findings, versions or {})
    return tuple(_run(rules, context))


def _run(rules: Sequence[Rule], context: Context) -> Iterator[Check]:
    for finding in context.findings:
        for rule in rules:
            if rule.each is not None:
                yield from rule.each(finding, context)
    for rule in rules:
        if rule.whole is not None:
            yield from rule.whole(context)
