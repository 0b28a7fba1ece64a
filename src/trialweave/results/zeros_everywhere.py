"""Findings that nobody in either group had an event, out of the groups that a record compares."""

from __future__ import annotations

import collections
from collections.abc import Iterator, Sequence

from trialweave.model import ArmResult, Finding, Passage, Role
from trialweave.results.arm_names import arm_key
from trialweave.results.families import family_of, time_days
from trialweave.results.group_aliases import is_lettered
from trialweave.results.sentences import Sentence
from trialweave.results.zeros import read_nowhere

__all__ = ["compared_groups", "nowhere_findings"]

RULE = "results-none/2"


def compared_groups(findings: Sequence[Finding]) -> tuple[tuple[str, Role], ...]:
    """Label and role of the two groups that a record compares; () where it is not two.

    They are those of its results: two with roles, or by letters, and no result of three groups.
    """
    pairs: collections.Counter[frozenset[str]] = collections.Counter()
    labels: dict[frozenset[str], tuple[tuple[str, Role], ...]] = {}
    for finding in findings:
        arms = finding.arms
        if len(arms) > 2:
            return ()
        if len(arms) < 2 or finding.population or not all(arm.label for arm in arms):
            continue
        told = {arm.role for arm in arms} == {"treatment", "control"}
        if not told and not all(is_lettered(arm.label) for arm in arms):
            continue
        keys = frozenset(arm.role if told else arm_key(arm.label) for arm in arms)
        pairs[keys] += 1
        labels.setdefault(keys, tuple((arm.label, arm.role) for arm in arms))
    return labels[next(iter(pairs))] if len(pairs) == 1 else ()


def nowhere_findings(
    sentence: Sentence,
    groups: Sequence[tuple[str, Role]],
    offset: int,
    whole: Passage | None,
) -> Iterator[Finding]:
    """Zero events in each of two groups, where a sentence at `offset` says so of both at once."""
    for seen in read_nowhere(sentence.text):
        passage = Passage(offset + seen.start, offset + seen.end) if offset >= 0 else whole
        days = time_days(sentence.text)
        yield Finding(
            finding_id="",
            record_id="",
            outcome=seen.outcome,
            family=family_of(seen.outcome),
            time=f"{days:g} days" if days is not None else "",
            time_days=days,
            arms=tuple(
                ArmResult(label=label, role=role, events=0, events_origin="stated", passage=passage)
                for label, role in groups
            ),
            passage=passage,
            rule=RULE,
        )
