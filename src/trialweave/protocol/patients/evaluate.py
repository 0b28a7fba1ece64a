"""One person against the criteria of one trial: each criterion, and what would settle the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from trialweave.protocol.criteria import tree
from trialweave.protocol.criteria.tree import Criterion, Node
from trialweave.protocol.patients.facts import Patient
from trialweave.protocol.patients.happened import happened
from trialweave.protocol.patients.measured import compared, in_set
from trialweave.protocol.patients.setting import Setting
from trialweave.protocol.patients.truth import all_of, any_of, at_least, follows, implied, negated
from trialweave.protocol.patients.verdicts import (
    CriterionVerdict,
    Settling,
    TrialOutcome,
    TrialVerdict,
    Verdict,
)

__all__ = ["criterion_verdicts", "evaluated", "trial_verdict"]

_DEEPEST: Final = 100


def evaluated(node: Node, person: Patient, setting: Setting, depth: int = 0) -> Verdict:
    """What a condition comes to for a person, as it is written."""
    leaf = _LEAVES.get(type(node))
    if leaf is not None:
        return leaf(node, person, setting)
    if depth > _DEEPEST:
        return Verdict("unsupported", "nested too deep")
    if isinstance(node, tree.Not):
        return negated(evaluated(node.item, person, setting, depth + 1))
    if isinstance(node, tree.If):
        condition = evaluated(node.condition, person, setting, depth + 1)
        return implied(condition, evaluated(node.then, person, setting, depth + 1))
    items = node.items  # type: ignore[union-attr]
    parts = [evaluated(each, person, setting, depth + 1) for each in items]
    if not parts:
        return Verdict("unsupported", "nothing is asked for")
    if isinstance(node, tree.AtLeast):
        return at_least(node.number, parts)
    return all_of(parts) if isinstance(node, tree.All) else any_of(parts)


def _opaque(node: tree.Opaque, person: Patient, setting: Setting) -> Verdict:
    return Verdict("unsupported", f"not understood: “{node.text[:200]}”")


_LEAVES: Final[dict[type, Callable[[Any, Patient, Setting], Verdict]]] = {
    tree.Compare: compared,
    tree.InSet: in_set,
    tree.Event: happened,
    tree.Opaque: _opaque,
}


def criterion_verdicts(
    criteria: Iterable[Criterion], person: Patient, setting: Setting
) -> tuple[CriterionVerdict, ...]:
    """Every criterion for a person; headings, definitions and donors' criteria are left out.

    The items that a criterion introduces ("at least two of the following:") count through it.
    """
    asked = [each for each in criteria if each.kind == "criterion" and each.population != "donor"]
    below: dict[int, list[Criterion]] = {}
    for each in asked:
        if each.group >= 0:
            below.setdefault(each.group, []).append(each)
    heads = {each.number for each in asked}
    found = []
    for each in asked:
        if each.group in heads:
            continue
        verdict = _with_items(each, below.get(each.number, ()), person, setting)
        found.append(CriterionVerdict(each, verdict, follows(each.section, verdict.outcome)))
    return tuple(found)


def _with_items(
    one: Criterion, items: Sequence[Criterion], person: Patient, setting: Setting
) -> Verdict:
    if not items:
        return evaluated(one.tree, person, setting)
    parts = [evaluated(each.tree, person, setting) for each in items]
    number = one.of_group
    if number > 0:
        return at_least(number, parts)
    either = number < 0 or one.section == "exclusion"
    return any_of(parts) if either else all_of(parts)


def trial_verdict(
    found: Sequence[CriterionVerdict], *, study_id: str, record_id: str, title: str
) -> TrialVerdict:
    """The criteria of a trial together: eligible only where each is known to allow.

    Without a criterion nothing is determined.
    """
    bars = any(each.follows == "bars" for each in found)
    allowed = bool(found) and all(each.follows == "allows" for each in found)
    outcome: TrialOutcome = "ineligible" if bars else "eligible" if allowed else "undetermined"
    return TrialVerdict(
        study_id=study_id,
        record_id=record_id,
        title=title,
        outcome=outcome,
        criteria=tuple(found),
        settled_by=_settling(found) if outcome == "undetermined" else (),
        computable=sum(each.criterion.coverage == "full" for each in found),
        total=len(found),
    )


def _settling(found: Sequence[CriterionVerdict]) -> tuple[Settling, ...]:
    """What would have to be known, that which is open in most criteria first."""
    still = [each for each in found if each.follows == "open"]
    by_name: dict[str, list[int]] = {}
    for each in still:
        for name in each.verdict.missing if each.verdict.outcome == "unknown" else ():
            by_name.setdefault(name, []).append(each.criterion.number)
    alone = len(by_name) == 1 and all(len(each.verdict.missing) == 1 for each in still)
    ranked = sorted(by_name.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return tuple(Settling(name, tuple(numbers), alone) for name, numbers in ranked)
