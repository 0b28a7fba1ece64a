"""The interventions of a trial's record, by arm: tested, comparator, or given to all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from trialweave.model import Arm, Intervention, Trial
from trialweave.protocol.interventions.component import Component
from trialweave.protocol.interventions.naming import same_product
from trialweave.protocol.interventions.prose import filled_from, in_prose, in_titles
from trialweave.protocol.interventions.reading import read_intervention

__all__ = ["Given", "of_trial"]

_COMPARATOR: Final = re.compile(r"placebo|sham|comparator|control|no intervention", re.IGNORECASE)
_TESTED: Final = re.compile(
    r"experimental|treatment|intervention group|tested|case group", re.IGNORECASE
)
_MOST: Final = 60  # interventions or arms of a record


class Given(msgspec.Struct, frozen=True, omit_defaults=True):
    """One component as given in one arm.

    `arm` is the arm's label, None where the record does not say which arm has it. `role` is
    "tested", "comparator", "background" (every arm has it, or it is usual care) or "" where the
    record does not tell. `text` and `name` are the addresses of the values that the component's
    places count in, as `why` takes them; "" where there is none.
    """

    component: Component
    arm: str | None = None
    arm_index: int = -1
    role: str = ""
    text: str = ""
    name: str = ""


def of_trial(trial: Trial) -> tuple[Given, ...]:
    """What a record gives in each arm; an intervention of several arms is told for each of them.

    A dose that stands only in an arm's description is taken from there. A record that lists no
    interventions is read from its arms, else its titles; a dose that stands only in a summary is
    taken where the sentence is of the product tested.
    """
    interventions = (trial.interventions.content or ())[:_MOST]
    arms = (trial.arms.content or ())[:_MOST]
    found = [
        given
        for index, item in enumerate(interventions)
        for given in _given(index, item, arms, _held_by(item, arms))
    ]
    if not found:
        found = list(_from_arms(arms))
    if not found and (titled := in_titles(trial)) is not None:
        field, component = titled
        found = [Given(component, role="tested", text=field)]
    return tuple(_with_prose(trial, found))


def _with_prose(trial: Trial, found: list[Given]) -> list[Given]:
    """What is tested and has no dose, with the one that the summary tells of it."""
    open_ = [one for one in found if one.role == "tested" and one.component.dose_low is None]
    if not open_ or any(one.role == "tested" and one not in open_ for one in found):
        return found
    told = list(in_prose(trial))
    for one in open_:
        for field, component in told:
            whole = filled_from(one.component, component)
            if whole is not None:
                at = found.index(one)
                found[at] = msgspec.structs.replace(one, component=whole, text=field)
                break
    return found


def _held_by(item: Intervention, arms: Sequence[Arm]) -> list[int]:
    """The arms that have an intervention, by either side's list."""
    labels = {_key(label) for label in item.arm_labels.content or ()}
    name = _key(item.name.content or "")
    held = []
    for index, arm in enumerate(arms):
        own = {
            _key(re.sub(r"\A[\w /]{3,24}:\s", "", one)) for one in arm.interventions.content or ()
        }
        own |= {_key(one) for one in arm.interventions.content or ()}
        if (arm.label.content and _key(arm.label.content) in labels) or (name and name in own):
            held.append(index)
    return held


def _key(label: str) -> str:
    return " ".join(label.casefold().split())


def _given(index: int, item: Intervention, arms: Sequence[Arm], held: list[int]) -> Iterator[Given]:
    name, type_ = item.name.content or "", item.type.content or ""
    text = item.description.content or ""
    address = f"interventions[{index}]"
    read = read_intervention(text, name, type_)
    for at in held or [-1]:
        arm = arms[at] if at >= 0 else None
        for component in read:
            place = f"{address}.description" if text else ""
            if arm is not None and component.dose_low is None and len(read) == 1:
                better = _of_arm(arm, name, type_)
                if better is not None:
                    component, place = better, f"arms[{at}].description"
            yield Given(
                component,
                arm.label.content if arm is not None else None,
                at,
                _role(component, name, arm, arms, held),
                place,
                f"{address}.name" if name else "",
            )


def _of_arm(arm: Arm, name: str, type_: str) -> Component | None:
    """The component of an arm's description that is of the product, if it tells a dose."""
    if not arm.description.content:
        return None
    told = [
        one
        for one in read_intervention(arm.description.content, "", type_)
        if one.dose_low is not None and same_product(one.product, name)
    ]
    if len(told) != 1:
        return None
    return msgspec.structs.replace(told[0], flags=(*told[0].flags, "read from the arm"))


def _role(
    component: Component, name: str, arm: Arm | None, arms: Sequence[Arm], held: list[int]
) -> str:
    if component.kind == "background":
        return "background"
    if component.kind == "placebo" or _COMPARATOR.match(name):
        return "comparator"
    sides = {_side(arms[index]) for index in held}
    if {"tested", "comparator"} <= sides:
        return "background"
    if arm is not None:
        return _side(arm)
    return component.role or ("tested" if not arms else "")


def _side(arm: Arm) -> str:
    kind, label = arm.type.content or "", arm.label.content or ""
    if _COMPARATOR.search(kind):
        return "comparator"
    if _TESTED.search(kind):
        return "tested"
    if _COMPARATOR.search(label):
        return "comparator"
    return "tested" if _TESTED.search(label) else ""


def _from_arms(arms: Sequence[Arm]) -> Iterator[Given]:
    for at, arm in enumerate(arms):
        text = arm.description.content or arm.label.content or ""
        field = "description" if arm.description.content else "label"
        for component in read_intervention(text):
            role = component.role or _side(arm)
            if component.kind == "background":
                role = "background"
            yield Given(component, arm.label.content, at, role, f"arms[{at}].{field}")
