"""Appraisal: what re-computing a study's findings gives, stated as arithmetic.

In come a study, its records and its findings; out go `Check`s: what was tried, whether it agrees,
what cannot be checked, and which ordinary explanations would make the figures right. One module a
check, each with its page in ``docs/reference/checks.md`` and its switch. It never speaks of
motives, and a missed flag costs less than a wrong one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from trialweave.appraisal import (
    arm_sizes,
    counts,
    effect,
    effect_sizes,
    p_value,
    percent,
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
    Rule(zero_events.RULE, each=zero_events.check),
    Rule(arm_sizes.RULE, whole=arm_sizes.check),
)


def appraise(
    study: Study,
    records: Mapping[str, Record],
    findings: Sequence[Finding],
    *,
    only: Collection[str] | None = None,
) -> tuple[Check, ...]:
    """Check a study's findings; those of each finding together, in the findings' order.

    `records` holds at least the study's records by their id; `findings` are those of its records.
    `only` names the checks to run (see `RULES`), all by default. Raises ValueError for a name
    that no check has.
    """
    if only is not None and (unknown := set(only) - {rule.name for rule in RULES}):
        raise ValueError(f"no check is called {sorted(unknown)[0]!r}")
    rules = [rule for rule in RULES if only is None or rule.name in only]
    context = Context(study, records, findings)
    return tuple(_run(rules, context))


def _run(rules: Sequence[Rule], context: Context) -> Iterator[Check]:
    for finding in context.findings:
        for rule in rules:
            if rule.each is not None:
                yield from rule.each(finding, context)
    for rule in rules:
        if rule.whole is not None:
            yield from rule.whole(context)
