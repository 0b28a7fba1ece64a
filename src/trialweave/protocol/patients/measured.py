"""Measures against bounds and sets: which result counts, and what it says.

A result counts where it is of the concept, within the window, and fresh; of several the latest
does, unless the criterion says otherwise ("any", "worst"). What is not measured may be worked out
of other facts (`Setting.derive`), and how long something lasted out of its dates.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from trialweave.protocol.criteria.concepts import concept as concept_of
from trialweave.protocol.criteria.tree import Compare, Event, InSet, Window
from trialweave.protocol.criteria.units import convert
from trialweave.protocol.patients.aged import age_decided, sex_decided
from trialweave.protocol.patients.converted import known_of
from trialweave.protocol.patients.derived_inputs import inspired
from trialweave.protocol.patients.facts import Fact, Patient
from trialweave.protocol.patients.happened import happened
from trialweave.protocol.patients.known import (
    Known,
    evidence_of,
    judged,
    moment,
    of_latest,
)  # fmt: skip
from trialweave.protocol.patients.setting import Setting
from trialweave.protocol.patients.truth import negated
from trialweave.protocol.patients.verdicts import Evidence, Outcome, Verdict

__all__ = ["compared", "in_set"]

_LASTING: Final = frozenset(("anthropometric", "demographic", "prognosis"))
_DURATIONS: Final = {
    "mechanical_ventilation_duration": ("mechanical_ventilation", "procedure"),
    "dialysis_vintage": ("dialysis", "procedure"),
}
"""How long something has lasted: the event, and the kind of fact that it is."""
_IN_AIR: Final = ("spo2", "pao2")  # rise with the oxygen that is breathed
_ROMAN: Final = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5}
_GRADE: Final = re.compile(
    r"(?:[a-z-]{1,20}\s){0,4}(?:class|grade|stage|score|status):?\s*(\S{1,4})"
    r"|(?:[a-z-]{1,20}\s){1,5}(i{1,3}|iv|v|\d)"
)
_CHILD_PUGH: Final = ((5, 6, "a"), (7, 9, "b"), (10, 15, "c"))


def compared(one: Compare, person: Patient, setting: Setting) -> Verdict:
    """What a bound comes to for a person."""
    if "operator_ambiguous" in one.flags:
        return Verdict("unsupported", f"the sign of “{one.written or one.concept}” was lost")
    if one.concept == "age":
        return age_decided(one, person, setting)
    facts = [each for each in person.by_concept.get(one.concept, ()) if not each.absent]
    inside, outside = _in_window(facts, one, setting)
    known: list[Known] = []
    unread: list[str] = []
    for fact in inside:
        read = known_of(fact, one)
        if isinstance(read, str):
            unread.append(read)
        else:
            known.append(_in_air(read, fact, one, person, setting))
    if known:
        return of_latest(one, known)
    lasted = _lasted(one, person, setting)
    derived = lasted or _derived(one, person, setting)
    return derived or _unknown(one.concept, unread, outside)


def in_set(one: InSet, person: Patient, setting: Setting) -> Verdict:
    """What a grade, class or sex comes to for a person."""
    if one.concept == "sex":
        return sex_decided(one, person)
    probe = Compare(one.concept, "=", 0.0, one.start, one.end)
    facts = [each for each in person.by_concept.get(one.concept, ()) if not each.absent]
    inside, outside = _in_window(facts, probe, setting)
    known = [each for each in inside if each.value is not None and not each.comparator]
    if not known:
        return _class_of_points(one, person, setting) or _unknown(one.concept, [], outside)
    wanted = {_graded(each) for each in one.values}
    latest = max(moment(each) for each in known)
    last = [each for each in known if moment(each) == latest]
    said = {_graded(each.value) in wanted for each in last}
    told = tuple(evidence_of(each) for each in last)
    if len(said) > 1:
        return Verdict("conflict", f"{one.concept}: results of one time differ", told)
    outcome: Outcome = "met" if said == {True} else "not met"
    return Verdict(outcome, f"{told[0].label} {told[0].value}", told)


def _class_of_points(one: InSet, person: Patient, setting: Setting) -> Verdict | None:
    """Child-Pugh's class where its points are known: A up to 6, B up to 9, C from 10 on.

    Pugh RN et al., Br J Surg 1973;60:646.
    """
    if one.concept != "child_pugh_class":
        return None
    wanted = {_graded(each) for each in one.values}
    spans = [(low, high) for low, high, name in _CHILD_PUGH if name in wanted]
    said = [
        compared(
            Compare("child_pugh", "between", low, one.start, one.end, high=high), person, setting
        )
        for low, high in spans
    ]
    if not said or all(not each.evidence for each in said):
        return None
    met = next((each for each in said if each.outcome == "met"), None)
    return met or next((each for each in said if each.outcome != "not met"), said[0])


def _in_window(
    facts: Iterable[Fact], one: Compare, setting: Setting
) -> tuple[list[Fact], list[str]]:
    """The facts that count, and why others do not."""
    kind = found.kind if (found := concept_of(one.concept)) else ""
    inside: list[Fact] = []
    outside: list[str] = []
    for fact in facts:
        if fact.start is None:
            if kind in _LASTING and one.window is None:
                inside.append(fact)
            else:
                outside.append(f"{fact.label} has no date")
            continue
        first = (setting.day - fact.start.latest).days
        last = (setting.day - fact.start.earliest).days
        if last < 0:
            outside.append(f"{fact.label} is dated {fact.start}, after {setting.day}")
        elif one.window is not None and one.window.relation == "within_past":
            if last <= one.window.days:
                inside.append(fact)
            else:
                sure = first > one.window.days
                outside.append(f"{fact.label} of {fact.start} is {'' if sure else 'perhaps '}older")
        elif kind in _LASTING or last <= setting.fresh_days:
            inside.append(fact)
        else:
            outside.append(
                f"{fact.label} of {fact.start} is older than {setting.fresh_days:g} days"
            )
    return inside, outside


def _in_air(read: Known, fact: Fact, one: Compare, person: Patient, setting: Setting) -> Known:
    """A saturation that was measured on oxygen, where one in room air is asked for: the most that
    it can be."""
    if one.qualifier != "room air" or one.concept not in _IN_AIR:
        return read
    oxygen = inspired(person, setting.day, fact).value
    least = oxygen if isinstance(oxygen, float) or oxygen is None else oxygen.low
    return read._replace(low=-math.inf) if least is not None and least > 0.21 else read


def _lasted(one: Compare, person: Patient, setting: Setting) -> Verdict | None:
    """How long something has lasted, out of the dates of what it is."""
    found = _DURATIONS.get(one.concept)
    if found is None or one.operator not in (">", ">=", "<", "<="):
        return None
    name, kind = found
    more = one.operator.startswith(">")
    unit = one.unit or one.assumed_unit
    if unit not in ("a", "mo", "wk", "d", "h", "min"):
        return None
    relation = "for_at_least" if one.operator in (">=", "<") else "for_more_than"
    asked = Window(relation, one.low, unit, one.start, one.end)
    event = Event(name, True, one.start, one.end, minimum=asked, kind=kind)
    said = happened(event, person, setting)
    return said if more else negated(said)


def _derived(one: Compare, person: Patient, setting: Setting) -> Verdict | None:
    if setting.derive is None or one.window is not None or one.unit in ("{xULN}", "{xLLN}"):
        return None
    found = setting.derive(one.concept, person, setting.day)
    if found is None:
        return None
    low, high = found.low, found.high
    wanted = one.unit or one.assumed_unit
    if wanted and found.unit and wanted != found.unit:
        least, most = convert(low, found.unit, wanted), convert(high, found.unit, wanted)
        if least is None or most is None:
            return None
        low, high = least, most
    shown = f"{low:g}" if low == high else f"{low:g} to {high:g}"
    first = found.facts[0] if found.facts else None
    evidence = Evidence(
        first.resource if first else "", first.path if first else "", one.concept,
        f"{shown} {wanted or found.unit}".strip(), str(setting.day), found.told,
    )  # fmt: skip
    outcome = judged(one, Known(low, high, False, False, evidence, (setting.day, "")))
    if outcome == "unknown":
        return Verdict(
            "unknown", f"{one.concept} is {shown} as far as known", (evidence,), found.missing
        )
    return Verdict(outcome, f"{one.concept} {shown}, {found.told}", (evidence,))


def _unknown(concept: str, unread: Sequence[str], outside: Sequence[str]) -> Verdict:
    why = "; ".join(dict.fromkeys([*unread, *outside])) or f"no {concept} is known"
    return Verdict("unknown", why[:500], (), (concept,))


@lru_cache(maxsize=4_096)
def _graded(value: object) -> str:
    """A grade as written, as its figure or letter: "NYHA class II", "II" and 2 are one."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    folded = " ".join(str(value).casefold().split())
    found = _GRADE.fullmatch(folded)
    bare = (found.group(1) or found.group(2)) if found else folded
    return str(_ROMAN.get(bare, bare))
