"""What another bound of one criterion would do to the size of a cohort."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, Literal

import msgspec
import numpy as np

from trialweave.errors import InputError
from trialweave.protocol.criteria import tree
from trialweave.protocol.criteria.tree import Compare, Criterion, Node
from trialweave.protocol.patients.evaluate import Asked, asked_of, condition_of, evaluated
from trialweave.protocol.patients.facts import Patient
from trialweave.protocol.patients.screening import BARS, OPEN, codes_of
from trialweave.protocol.patients.setting import Setting
from trialweave.protocol.patients.truth import follows

__all__ = ["End", "Relaxed", "RelaxedTo", "relaxed"]

End = Literal["low", "high"]
_MOST: Final = 200  # bounds in one series


class RelaxedTo(msgspec.Struct, frozen=True):
    """The cohort where the bound is `value`."""

    value: float
    eligible: int
    undetermined: int
    ineligible: int


class Relaxed(msgspec.Struct, frozen=True):
    """A series of bounds of one criterion, in the order asked for. `concept`, `end` and `unit` say
    which bound it is, `written` what it is in the text, and `now` what the cohort comes to with
    that."""

    criterion: Criterion
    concept: str
    end: End
    unit: str
    written: float
    now: RelaxedTo
    series: tuple[RelaxedTo, ...]


def relaxed(
    people: Sequence[Patient],
    criteria: Sequence[Criterion],
    number: int,
    values: Sequence[float],
    setting: Setting,
    *,
    concept: str = "",
    end: End = "high",
) -> Relaxed:
    """The cohort's size over a series of bounds of criterion `number`, all else as it is.

    The bound is of the one measure that the criterion compares, or of `concept` where it compares
    several; of a range it is the `end`. Values are in the criterion's own unit. Raises InputError
    where the criterion has no such bound, or the values are none.
    """
    if not values or len(values) > _MOST or not all(map(math.isfinite, values)):
        raise InputError(
            f"a series has 1 to {_MOST} numbers.", next_step="Name the bounds to try, in its unit."
        )
    asked = asked_of(criteria)
    place, one = _asked_with(asked, number)
    condition = condition_of(one)
    bound = _bound(condition, number, concept)
    side: End = end if bound.operator == "between" else "low"
    rest = codes_of(people, [*asked[:place], *asked[place + 1 :]], setting)
    worst = rest.max(axis=1, initial=0) if rest.shape[1] else np.zeros(len(people), np.int8)

    def size(value: float) -> RelaxedTo:
        changed = _exchanged(condition, bound, _with(bound, side, value))
        section = one.criterion.section
        codes = np.fromiter(
            (_CODES[follows(section, evaluated(changed, each, setting).outcome)]
             for each in people), np.int8, len(people),
        )  # fmt: skip
        whole = np.maximum(worst, codes)
        bars, still = int((whole == BARS).sum()), int((whole == OPEN).sum())
        return RelaxedTo(value, len(people) - bars - still, still, bars)

    written = bound.high if side == "high" and bound.high is not None else bound.low
    unit = bound.unit or bound.assumed_unit
    series = tuple(size(float(each)) for each in values)
    return Relaxed(one.criterion, bound.concept, side, unit, written, size(written), series)


_CODES: Final = {"allows": 0, "open": OPEN, "bars": BARS}


def _asked_with(asked: Sequence[Asked], number: int) -> tuple[int, Asked]:
    """The criterion of a number, or the one that it is an item of, and its place."""
    for place, each in enumerate(asked):
        if _has(each, number):
            return place, each
    raise InputError(f"there is no criterion {number}.", next_step="`criteria` lists them.")


def _has(one: Asked, number: int) -> bool:
    return one.criterion.number == number or any(_has(each, number) for each in one.items)


def _bound(node: Node, number: int, concept: str) -> Compare:
    found = [
        leaf
        for leaf in tree.leaves(node)
        if isinstance(leaf, Compare) and concept in ("", leaf.concept)
    ]
    if len(found) != 1:
        what = f"bounds of {', '.join(dict.fromkeys(each.concept for each in found))}"
        raise InputError(
            f"criterion {number} has {what if found else 'no such bound'}.",
            next_step="Name the one measure whose bound is to change.",
        )
    return found[0]


def _exchanged(node: Node, old: Compare, new: Compare) -> Node:
    """The condition with one leaf in place of another."""
    if node == old:
        return new
    if isinstance(node, tree.All | tree.Any):
        return type(node)(tuple(_exchanged(each, old, new) for each in node.items))
    if isinstance(node, tree.AtLeast):
        return tree.AtLeast(node.number, tuple(_exchanged(each, old, new) for each in node.items))
    if isinstance(node, tree.Not):
        return tree.Not(_exchanged(node.item, old, new))
    if isinstance(node, tree.If):
        changed = _exchanged(node.condition, old, new), _exchanged(node.then, old, new)
        return tree.If(*changed)
    return node


def _with(bound: Compare, side: End, value: float) -> Compare:
    if side == "high":
        return msgspec.structs.replace(bound, high=value)
    return msgspec.structs.replace(bound, low=value)
