"""One person against the criteria of one trial: each criterion, and what would settle the rest."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

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

__all__ = [
    "Asked",
    "asked_of",
    "condition_of",
    "criterion_verdicts",
    "evaluated",
    "is_loose",
    "trial_verdict",
]

_DEEPEST: Final = 100
_LOOSE: Final = re.compile(
    r"\b(?:or|either|unless|except|excluding|if|when|any|one|two|three|least|not|no|without"
    r"|other\s+than|instead|nor)\b",
    re.IGNORECASE,
)


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
        verdict = at_least(node.number, parts)
    else:
        verdict = all_of(parts) if isinstance(node, tree.All) else any_of(parts)
    loose = [each for each in items if isinstance(each, tree.Opaque) and is_loose(each.text)]
    if loose and verdict.outcome in ("met", "not met"):
        return Verdict("unsupported", f"how the parts go together: “{loose[0].text[:200]}”")
    return verdict


def is_loose(text: str) -> bool:
    """Whether text that is not understood may say how the conditions around it go together ("or",
    "unless", "at least one of"): where it stands between them, one of them decides nothing."""
    return _LOOSE.search(text[:20_000]) is not None


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

    The items that one introduces ("at least two of the following:") count through it.
    """
    found = []
    for each in asked_of(criteria):
        verdict = evaluated(condition_of(each), person, setting)
        follow = follows(each.criterion.section, verdict.outcome)
        found.append(CriterionVerdict(each.criterion, verdict, follow))
    return tuple(found)


class Asked(NamedTuple):
    """A criterion with the items that count through it."""

    criterion: Criterion
    items: tuple[Asked, ...]


def asked_of(criteria: Iterable[Criterion]) -> tuple[Asked, ...]:
    """The criteria that are asked of a patient, each with the items that it introduces.

    A heading that says how many of its items are enough is one, with its items; under all other
    headings items stand for themselves.
    """
    kept = [each for each in criteria if each.population != "donor" and _asks(each)]
    heads = {each.number for each in kept}
    below: dict[int, list[Asked]] = {}
    roots = []
    for each in reversed(kept):  # an item stands after the one that introduces it
        items = tuple(reversed(below.pop(each.number, [])))
        if each.kind == "heading" and not items:
            continue
        one = Asked(each, items)
        if each.group in heads and each.group < each.number:
            below.setdefault(each.group, []).append(one)
        else:
            roots.append(one)
    return tuple(reversed(roots))


def _asks(one: Criterion) -> bool:
    together = one.of_group > 0 or (one.of_group == 0 and one.section == "exclusion")
    return one.kind == "criterion" or (one.kind == "heading" and together)


def condition_of(one: Asked) -> Node:
    """A criterion and its items as one condition: the items together as the criterion says."""
    if not one.items:
        return one.criterion.tree
    parts = tuple(condition_of(each) for each in one.items)
    number = one.criterion.of_group
    if number > 0:
        return tree.AtLeast(number, parts)
    any_unsaid = one.criterion.section == "exclusion" and one.criterion.kind == "criterion"
    either = number < 0 or any_unsaid
    return tree.Any(parts) if either else tree.All(parts)


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
