"""Measures against bounds: which result counts, in which unit, and what it says.

A result counts where it is of the concept, within the window, and fresh; of several the latest
does, unless the criterion says otherwise ("any", "worst"). Results of one moment that say
different things are a conflict. A value that is only known to lie beyond a bound, an age of which
only the year of birth is known, a score with inputs missing are intervals: they decide where the
whole interval does.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from trialweave.model import PartialDate
from trialweave.protocol.criteria.concepts import concept as concept_of
from trialweave.protocol.criteria.tree import Compare, InSet
from trialweave.protocol.criteria.units import convert
from trialweave.protocol.patients.facts import Fact, Patient
from trialweave.protocol.patients.setting import Setting
from trialweave.protocol.patients.verdicts import Evidence, Outcome, Verdict

__all__ = ["compared", "in_set"]

_YEAR: Final = 365.25
_PER_YEAR: Final = {"a": 1.0, "mo": 12.0, "wk": _YEAR / 7, "d": _YEAR}
_LASTING: Final = frozenset(("anthropometric", "demographic", "prognosis"))
_LIMITS: Final = {"{xULN}": "upper", "{xLLN}": "lower"}


class _Known(NamedTuple):
    """A value as far as it is known, in the unit of the criterion, and where it is from."""

    low: float
    high: float
    low_open: bool
    high_open: bool
    evidence: Evidence
    moment: tuple[dt.date, str]


def compared(one: Compare, person: Patient, setting: Setting) -> Verdict:
    """What a bound comes to for a person."""
    if "operator_ambiguous" in one.flags:
        return Verdict("unsupported", f"the sign of “{one.written or one.concept}” was lost")
    if one.concept == "age":
        return _aged(one, person, setting)
    facts = [each for each in person.by_concept.get(one.concept, ()) if not each.absent]
    inside, outside = _in_window(facts, one, setting)
    known: list[_Known] = []
    unread: list[str] = []
    for fact in inside:
        read = _read(fact, one)
        if isinstance(read, str):
            unread.append(read)
        else:
            known.append(read)
    if not known and (derived := _derived(one, person, setting)) is not None:
        return derived
    if not known:
        return _unknown(one.concept, unread, outside)
    return _of(one, known)


def in_set(one: InSet, person: Patient, setting: Setting) -> Verdict:
    """What a grade, class or sex comes to for a person."""
    if one.concept == "sex":
        return _sexed(one, person)
    probe = Compare(one.concept, "=", 0.0, one.start, one.end)
    facts = [each for each in person.by_concept.get(one.concept, ()) if not each.absent]
    inside, outside = _in_window(facts, probe, setting)
    known = [each for each in inside if each.value is not None and not each.comparator]
    if not known:
        return _unknown(one.concept, [], outside)
    wanted = {_folded(each) for each in one.values}
    latest = max(_moment(each) for each in known)
    last = [each for each in known if _moment(each) == latest]
    said = {_folded(each.value) in wanted for each in last}
    told = tuple(_evidence(each) for each in last)
    if len(said) > 1:
        return Verdict("conflict", f"{one.concept}: results of one time differ", told)
    outcome: Outcome = "met" if said == {True} else "not met"
    return Verdict(outcome, f"{told[0].label} {told[0].value}", told)


def _aged(one: Compare, person: Patient, setting: Setting) -> Verdict:
    if one.unit not in ("", *_PER_YEAR):
        return Verdict("unsupported", f"an age in {one.unit}")
    per = _PER_YEAR[one.unit or "a"]
    if person.birth is None:
        return _of_age(one, person, per)
    young, old = _ages(person.birth, setting.day)
    if old < 0:
        return Verdict("unknown", "the date of birth is yet to come", (), ("date of birth",))
    low, high = max(young, 0.0) * per, old * per
    if per == 1.0:  # completed years, as ages are counted
        low, high = float(math.floor(low)), float(math.floor(high))
    shown = f"{low:g}" if low == high else f"{low:g} to {high:g}"
    evidence = Evidence(
        "Patient", person.birth_path, "age", f"{shown} {one.unit or 'a'}", str(setting.day),
        f"born {person.birth}",
    )  # fmt: skip
    return _of(one, [_Known(low, high, False, False, evidence, (setting.day, ""))])


def _of_age(one: Compare, person: Patient, per: float) -> Verdict:
    """The age where it is all that is known: in completed years, as ages are told."""
    told = [
        each
        for each in person.by_concept.get("age", ())
        if _number(each) and not each.comparator and each.unit in _PER_YEAR
    ]
    if not told:
        return Verdict("unknown", "the date of birth is not known", (), ("date of birth",))
    fact = max(told, key=_moment)
    scale = per / _PER_YEAR[fact.unit]
    low = float(fact.value or 0) * scale
    high = low if scale == 1 else low + scale
    return _of(one, [_Known(low, high, False, scale != 1, _evidence(fact), _moment(fact))])


@lru_cache(maxsize=1_000)
def _ages(birth: PartialDate, day: dt.date) -> tuple[float, float]:
    """The least and the greatest age that a date of birth can mean, in years."""
    return _age(birth.latest, day), _age(birth.earliest, day)


def _age(born: dt.date, day: dt.date) -> float:
    """Years, with the part of the year that has passed since the last birthday."""
    had = (day.month, day.day) >= (born.month, born.day)
    years = day.year - born.year - (not had)
    last = _birthday(born, born.year + years)
    return years + (day - last).days / ((_birthday(born, last.year + 1) - last).days)


def _birthday(born: dt.date, year: int) -> dt.date:
    try:
        return born.replace(year=year)
    except ValueError:  # 29 February
        return dt.date(year, 3, 1)


def _sexed(one: InSet, person: Patient) -> Verdict:
    if not person.sex:
        return Verdict("unknown", "the sex is not known", (), ("sex",))
    evidence = Evidence("Patient", person.sex_path, "sex", person.sex)
    met = person.sex in {_folded(each) for each in one.values}
    return Verdict("met" if met else "not met", person.sex, (evidence,))


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


def _read(fact: Fact, one: Compare) -> _Known | str:
    """The value in the criterion's unit, or why it cannot be had."""
    if isinstance(fact.value, bool) or not isinstance(fact.value, int | float):
        return f"{fact.label} is no number"
    value = float(fact.value)
    told = ""
    if one.unit in _LIMITS:
        limit = _limit(fact, one.unit)
        if limit is None:
            return f"{fact.label} states no {_LIMITS[one.unit]} limit of normal"
        told = f"{value:g} / {limit:g} = {value / limit:.4g} {one.unit}"
        value /= limit
    else:
        read = _converted(fact, value, one)
        if isinstance(read, str):
            return read
        told = f"{value:g} {fact.unit} = {read:.6g} {_wanted(one)}" if read != value else ""
        value = read
    low = -math.inf if fact.comparator in ("<", "<=") else value
    high = math.inf if fact.comparator in (">", ">=") else value
    evidence = _evidence(fact, told)
    return _Known(
        low, high, fact.comparator == ">", fact.comparator == "<", evidence, _moment(fact)
    )


def _wanted(one: Compare) -> str:
    return one.unit or one.assumed_unit


def _limit(fact: Fact, unit: str) -> float | None:
    if fact.normal is None:
        return None
    limit = fact.normal.high if unit == "{xULN}" else fact.normal.low
    return limit if limit is not None and limit > 0 else None


def _converted(fact: Fact, value: float, one: Compare) -> float | str:
    wanted = _wanted(one)
    found = concept_of(one.concept)
    if fact.unit == wanted:
        return value
    if not wanted or not fact.unit:
        canonical = found.unit if found else ""
        if canonical and (wanted or fact.unit) == canonical:
            return f"{fact.label} or its bound has no unit"
        return value if not canonical else f"{fact.label} or its bound has no unit"
    mass, valence = (found.molar_mass, found.valence) if found else (0.0, 0)
    read = convert(value, fact.unit, wanted, mass, valence)
    return f"{fact.label}: {fact.unit} does not convert to {wanted}" if read is None else read


def _of(one: Compare, known: Sequence[_Known]) -> Verdict:
    """The verdict of the values that count."""
    said = [(_judged(one, each), each) for each in known]
    if one.at in ("any", "worst") and one.window is not None:
        outcomes = {outcome for outcome, _ in said}
        for wanted in ("met", "unknown", "not met"):
            if wanted in outcomes:
                return _because(wanted, [each for outcome, each in said if outcome == wanted][:1])
    latest = max(each.moment for each in known)
    last = [(outcome, each) for outcome, each in said if each.moment == latest]
    outcomes = {outcome for outcome, _ in last}
    if {"met", "not met"} <= outcomes:
        return Verdict(
            "conflict",
            f"{one.concept}: results of one time say both",
            tuple(each.evidence for _, each in last),
        )
    return _because("unknown" if "unknown" in outcomes else last[0][0], [last[0][1]])


def _because(outcome: Outcome, known: Sequence[_Known]) -> Verdict:
    evidence = tuple(each.evidence for each in known)
    told = f"{evidence[0].label} {evidence[0].value}"
    return Verdict(outcome, told if outcome != "unknown" else f"{told} does not decide", evidence)


def _judged(one: Compare, value: _Known) -> Outcome:
    """Met where all that is known lies within the bounds, not met where none of it does."""
    low, low_in, high, high_in = _bounds(one)
    if math.isnan(low) or math.isnan(high):
        return "unsupported"
    above = value.low > low or (value.low == low and (low_in or value.low_open))
    below = value.high < high or (value.high == high and (high_in or value.high_open))
    if above and below:
        return "met"
    under = value.high < low or (value.high == low and (not low_in or value.high_open))
    over = value.low > high or (value.low == high and (not high_in or value.low_open))
    return "not met" if under or over else "unknown"


def _bounds(one: Compare) -> tuple[float, bool, float, bool]:
    """Lower bound, whether it belongs, upper bound, whether it belongs."""
    if one.operator == "between" and one.high is not None:
        return one.low, one.inclusive[0], one.high, one.inclusive[1]
    return {
        ">": (one.low, False, math.inf, True),
        ">=": (one.low, True, math.inf, True),
        "<": (-math.inf, True, one.low, False),
        "<=": (-math.inf, True, one.low, True),
        "=": (one.low, True, one.low, True),
    }.get(one.operator, (math.nan, True, math.nan, True))


def _derived(one: Compare, person: Patient, setting: Setting) -> Verdict | None:
    if setting.derive is None or one.window is not None or one.unit in _LIMITS:
        return None
    found = setting.derive(one.concept, person, setting.day)
    if found is None:
        return None
    low, high = found.low, found.high
    wanted = _wanted(one)
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
    outcome = _judged(one, _Known(low, high, False, False, evidence, (setting.day, "")))
    if outcome == "unknown":
        return Verdict(
            "unknown", f"{one.concept} is {shown} as far as known", (evidence,), found.missing
        )
    return Verdict(outcome, f"{one.concept} {shown}, {found.told}", (evidence,))


def _unknown(concept: str, unread: Sequence[str], outside: Sequence[str]) -> Verdict:
    why = "; ".join(dict.fromkeys([*unread, *outside])) or f"no {concept} is known"
    return Verdict("unknown", why[:500], (), (concept,))


def _moment(fact: Fact) -> tuple[dt.date, str]:
    return (fact.start.latest if fact.start else dt.date.min, fact.clock)


def _evidence(fact: Fact, converted: str = "") -> Evidence:
    value = "" if fact.value is None else f"{fact.value:g}" if _number(fact) else str(fact.value)
    return Evidence(
        fact.resource, fact.path, fact.label, f"{fact.comparator}{value} {fact.unit}".strip(),
        str(fact.start or ""), converted,
    )  # fmt: skip


def _number(fact: Fact) -> bool:
    return isinstance(fact.value, int | float) and not isinstance(fact.value, bool)


def _folded(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return " ".join(str(value).casefold().split())
