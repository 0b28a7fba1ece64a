"""Age and sex against bounds and sets.

An age is counted in completed years, months, weeks or days, as the bound is written; against a
bound that is no whole number of years it is counted in completed months.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Final

from trialweave.model import PartialDate
from trialweave.protocol.criteria.tree import Compare, InSet
from trialweave.protocol.patients.facts import Patient
from trialweave.protocol.patients.known import (
    Known,
    evidence_of,
    is_number,
    judged,
    moment,
    of_latest,
)  # fmt: skip
from trialweave.protocol.patients.setting import Setting
from trialweave.protocol.patients.truth import all_of
from trialweave.protocol.patients.verdicts import Evidence, Verdict

__all__ = ["age_decided", "sex_decided"]

_PER_YEAR: Final = {"a": 1.0, "mo": 12.0, "wk": 365.25 / 7, "d": 365.25}


def age_decided(one: Compare, person: Patient, setting: Setting) -> Verdict:
    """What a bound of age comes to."""
    if one.unit not in ("", *_PER_YEAR):
        return Verdict("unsupported", f"an age in {one.unit}")
    if one.operator == "between" and one.high is not None:
        ends = (
            Compare(one.concept, sign, bound, one.start, one.end, unit=one.unit)
            for sign, bound in (
                (">=" if one.inclusive[0] else ">", one.low),
                ("<=" if one.inclusive[1] else "<", one.high),
            )
        )
        return all_of([age_decided(each, person, setting) for each in ends])
    unit = one.unit or "a"
    if person.birth is None:
        return _stated(one, unit, person)
    if person.birth.earliest > setting.day:
        return Verdict("unknown", "the date of birth is yet to come", (), ("date of birth",))
    count = unit if unit != "a" or float(one.low).is_integer() else "months as years"
    low, high = _ages(person.birth, setting.day, count)
    shown = f"{low:g}" if low == high else f"{low:g} to {high:g}"
    evidence = Evidence(
        "Patient", person.birth_path, "age", f"{shown} {unit}", str(setting.day),
        f"born {person.birth}",
    )  # fmt: skip
    known = Known(low, high, False, False, evidence, (setting.day, ""))
    outcome = judged(one, known)
    missing = ("exact date of birth",) if outcome == "unknown" else ()
    return Verdict(outcome, f"age {evidence.value}", (evidence,), missing)


def _stated(one: Compare, unit: str, person: Patient) -> Verdict:
    """The age where it is all that is known: in completed years, as ages are told."""
    told = [
        each
        for each in person.by_concept.get("age", ())
        if is_number(each) and not each.comparator and each.unit in _PER_YEAR
    ]
    if not told:
        return Verdict("unknown", "the date of birth is not known", (), ("date of birth",))
    fact = max(told, key=moment)
    scale = _PER_YEAR[unit] / _PER_YEAR[fact.unit]
    low = float(fact.value or 0) * scale
    whole = scale == 1 and float(one.low).is_integer()
    high = low if whole else low + scale
    return of_latest(one, [Known(low, high, False, not whole, evidence_of(fact), moment(fact))])


@lru_cache(maxsize=4_096)
def _ages(birth: PartialDate, day: dt.date, count: str) -> tuple[float, float]:
    """The least and the greatest age that a date of birth can mean."""
    return _age(min(birth.latest, day), day, count), _age(birth.earliest, day, count)


def _age(born: dt.date, day: dt.date, count: str) -> float:
    days = (day - born).days
    if count == "d":
        return float(days)
    if count == "wk":
        return float(days // 7)
    months = (day.year - born.year) * 12 + day.month - born.month - (day.day < born.day)
    if count == "a":
        return float(months // 12)
    return float(months) if count == "mo" else months / 12


def sex_decided(one: InSet, person: Patient) -> Verdict:
    """What is asked of the sex; where both are, it need not be known."""
    wanted = {str(each).casefold() for each in one.values}
    if {"female", "male"} <= wanted:
        return Verdict("met", "of both sexes")
    if not person.sex:
        return Verdict("unknown", "the sex is not known", (), ("sex",))
    evidence = Evidence("Patient", person.sex_path, "sex", person.sex)
    return Verdict("met" if person.sex in wanted else "not met", person.sex, (evidence,))
