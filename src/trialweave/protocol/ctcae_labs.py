"""Grades of laboratory results by the Common Terminology Criteria for Adverse Events (CTCAE).

What a result alone says: grades that depend on more than numbers (life-threatening consequences,
hospitalisation) can be higher. Where the text distinguishes by symptoms, anticoagulation, fasting,
or by a baseline that was normal or not, and that is not known, the grade is a range. A semicolon
in the text is "or", as its preface says.

SOURCE: National Cancer Institute. CTCAE version 4.03, 14 June 2010, and version 5.0, 27 November
2017; the table `ctcae_labs.tsv` is our own.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

from trialweave.protocol.criteria.concepts import concept as concept_of
from trialweave.protocol.criteria.units import convert

__all__ = ["Graded", "grade", "terms", "terms_of"]

_TABLE: Final = "ctcae_labs.tsv"
_VERSIONS: Final = {"4": "4.03", "4.0": "4.03", "4.03": "4.03", "5": "5.0", "5.0": "5.0"}
_CONDITION: Final = re.compile(
    r"(<=|>=|<|>)(?:(\d+(?:\.\d+)?)\*)?(ULN|LLN|BASE)?\+?(\d+(?:\.\d+)?)?", re.ASCII
)
_MULTIPLES: Final = "{xULN}"
_COUNTS: Final = ("10*9/L", "/uL")
_HIGHEST: Final = 4


class Graded(NamedTuple):
    """A grade from 0 (none) to 4; None where only `low` to `high` is known, and what is `missing`
    to settle it. `rule` says by which term and condition, or why there is no grade."""

    grade: int | None
    low: int
    high: int
    missing: tuple[str, ...]
    rule: str


class _Condition(NamedTuple):
    sign: str
    factor: float
    limit: str  # ULN, LLN, BASE or ""
    added: float
    written: str


class _Row(NamedTuple):
    version: str
    term: str
    concept: str
    unit: str
    when: str
    grades: tuple[tuple[_Condition, ...], ...]


class _Limit(NamedTuple):
    """A limit of normal or baseline: between `low` and `high`."""

    low: float
    high: float


class _Case(NamedTuple):
    """A value with the limits to hold it against, all in one unit."""

    value: float
    limits: Mapping[str, _Limit]


def grade(
    concept: str,
    value: float,
    unit: str,
    *,
    version: str = "5.0",
    uln: float | None = None,
    lln: float | None = None,
    baseline: float | None = None,
    symptoms: bool | None = None,
    anticoagulated: bool | None = None,
    fasting: bool | None = None,
    term: str = "",
) -> Graded:
    """The grade of a result: of all terms that grade the concept, or of one `term`.

    `concept` is a name of `criteria/concepts.tsv`; `unit` is the UCUM unit of `value`, and of the
    limits of normal (`lln`, `uln`) and the `baseline`, None where not known. Calcium is the one
    corrected for albumin. `unit` may be "{xULN}", a multiple of the upper limit.

    No grade, with the reason as `rule`: a concept that the version does not grade, a unit that does
    not fit it, a value that no person has in it. Raises ValueError for an unknown version, numbers
    that are not finite or are negative, and limits of normal in the wrong order.
    """
    number = _VERSIONS.get(version)
    if number is None:
        raise ValueError(f"CTCAE {version} is none of {', '.join(sorted(set(_VERSIONS.values())))}")
    _check(value=value, uln=uln, lln=lln, baseline=baseline)
    if uln is not None and lln is not None and lln > uln:
        raise ValueError(f"the lower limit of normal, {lln:g}, is above the upper, {uln:g}")
    if unit == _MULTIPLES:
        uln, unit = 1.0, ""
    elif (strange := _strange(concept, value, unit)) is not None:
        return _none(strange)
    rows = [
        row
        for row in _rows().get(concept, ())
        if row.version == number[0] and term in ("", row.term)
    ]
    if not rows:
        of = f" as {term}" if term else ""
        return _none(f"CTCAE {number} has no laboratory grade of {concept}{of}")
    numbers = {"ULN": uln, "LLN": lln, "BASE": baseline}
    flags = {"symptoms": symptoms, "anticoagulated": anticoagulated, "fasting": fasting}
    found = []
    for name in dict.fromkeys(row.term for row in rows):
        of_term = [row for row in rows if row.term == name]
        fitting = _fitting(of_term, value, numbers, unit)
        if fitting is None:
            return _none(f"{concept} in {unit or 'no unit'} does not fit {_units(of_term)}")
        found.append(_term(number, *fitting, flags))
    return _worst(found)


def terms(version: str = "5.0") -> tuple[str, ...]:
    """The terms of a version that are graded by a laboratory result."""
    number = _VERSIONS[version][0]
    rows = itertools.chain.from_iterable(_rows().values())
    return tuple(sorted({row.term for row in rows if row.version == number}))


def terms_of(concept: str, version: str = "5.0") -> tuple[str, ...]:
    """The terms of a version that grade a concept."""
    number = _VERSIONS[version][0]
    rows = _rows().get(concept, ())
    return tuple(dict.fromkeys(row.term for row in rows if row.version == number))


def _check(**numbers: float | None) -> None:
    for name, number in numbers.items():
        if number is None:
            continue
        if not math.isfinite(number) or number < 0 or (number == 0 and name != "value"):
            raise ValueError(f"{name} of {number} is no measure")


def _strange(concept: str, value: float, unit: str) -> str | None:
    """Why a value cannot be one of a person; None where it can, or nothing is known of it."""
    known = concept_of(concept)
    if known is None or known.low >= known.high or known.unit.startswith("{x"):
        return None
    read = convert(value, unit, known.unit, known.molar_mass, known.valence) if unit else None
    if read is None:
        return None
    least = 0.0 if known.unit in _COUNTS else known.low / 10
    if least <= read <= known.high:
        return None
    return f"{concept} of {value:g} {unit} is outside of what people have"


def _none(why: str) -> Graded:
    return Graded(None, 0, _HIGHEST, (), why)


@cache
def _rows() -> dict[str, tuple[_Row, ...]]:
    """The table by concept."""
    found: dict[str, list[_Row]] = {}
    for line in (files(__package__) / _TABLE).read_text(encoding="utf-8").splitlines():
        if not line or line.startswith(("#", "versions\t")):
            continue
        versions, term, concept, unit, when, *grades = line.split("\t")
        conditions = tuple(tuple(map(_read, filter(None, cell.split("|")))) for cell in grades)
        for version in versions.split(","):
            row = _Row(version, term, concept, unit, when, conditions)
            found.setdefault(concept, []).append(row)
    return {concept: tuple(rows) for concept, rows in found.items()}


def _read(written: str) -> _Condition:
    match = _CONDITION.fullmatch(written)
    if match is None or not (match[3] or match[4]):
        raise ValueError(f"{_TABLE}: no condition: {written}")
    sign, factor, limit, added = match.groups()
    return _Condition(sign, float(factor or 1), limit or "", float(added or 0), written)


def _units(rows: Iterable[_Row]) -> str:
    return " or ".join(dict.fromkeys(row.unit for row in rows))


def _fitting(
    rows: list[_Row], value: float, numbers: Mapping[str, float | None], unit: str
) -> tuple[list[_Row], _Case] | None:
    """The rows in the unit of a value, and the value and its limits in theirs.

    Units that only differ in size come first, so that mmol/L are held against the mmol/L of the
    text, which are rounded; then those that need the molar mass.
    """
    known = concept_of(rows[0].concept)
    mass, valence = (known.molar_mass, known.valence) if known else (0.0, 0)
    for molar, charge in ((0.0, 0), (mass, valence)):
        for wanted in dict.fromkeys(row.unit for row in rows):

            def read(
                number: float, to: str = wanted, by: float = molar, of: int = charge
            ) -> float | None:
                if not to or (to == "[pH]" and not unit):
                    return number
                if not unit:
                    return None
                converted = convert(number, unit, to, by, of)
                return None if converted is None else float(f"{converted:.10g}")

            first = read(value)
            if first is None:
                continue
            limits = {}
            for name, number in numbers.items():
                at = None if number is None else read(number)
                limits[name] = _Limit(0.0, math.inf) if at is None else _Limit(at, at)
            return [row for row in rows if row.unit == wanted], _Case(first, limits)
    return None


def _term(version: str, rows: list[_Row], case: _Case, flags: Mapping[str, bool | None]) -> Graded:
    """The grade of one term over all circumstances that are possible."""
    asked = {row.when for row in rows if row.when}
    by_baseline = any(each.startswith("baseline") for each in asked)
    known: dict[str, tuple[bool, ...]] = {
        name: (True, False) if flags[name] is None else (bool(flags[name]),)
        for name in flags
        if name in asked or f"no {name}" in asked
    }
    states = _baselines(rows, case) if by_baseline else (("", case),)
    low, high = _HIGHEST, 0
    missing: set[str] = set()
    reasons: dict[int, str] = {}
    for state, held in states:
        for choice in itertools.product(*known.values()):
            said = dict(zip(known, choice, strict=True))
            least, most, lacking, why = _graded([r for r in rows if _applies(r, state, said)], held)
            low, high = min(low, least), max(high, most)
            missing |= lacking
            reasons.setdefault(most, why)
    if low == high:
        return Graded(low, low, high, (), f"CTCAE {version}, {rows[0].term}: {reasons[high]}")
    if by_baseline and len(states) > 1:
        missing.add("baseline")
    missing |= {name for name, choices in known.items() if len(choices) > 1}
    rule = f"CTCAE {version}, {rows[0].term}: {low} to {high}"
    return Graded(None, low, high, tuple(sorted(missing)), rule)


def _applies(row: _Row, baseline: str, said: Mapping[str, bool]) -> bool:
    when = row.when
    if not when:
        return True
    if when.startswith("baseline"):
        return when == baseline
    return not said[when[3:]] if when.startswith("no ") else said[when]


def _baselines(rows: list[_Row], case: _Case) -> tuple[tuple[str, _Case], ...]:
    """Which baselines are possible; one beyond the limit of normal lies beyond it however far."""
    side, name = ("high", "ULN") if any("high" in row.when for row in rows) else ("low", "LLN")
    limit, base = case.limits[name], case.limits["BASE"]
    beyond, not_beyond = f"baseline {side}", f"baseline not {side}"
    if base.low == base.high and limit.low == limit.high:
        over = base.low > limit.low if side == "high" else base.low < limit.low
        return ((beyond if over else not_beyond, case),)
    if base.low != base.high:
        base = _Limit(limit.low, math.inf) if side == "high" else _Limit(0.0, limit.high)
    return (not_beyond, case), (beyond, _Case(case.value, {**case.limits, "BASE": base}))


def _graded(rows: list[_Row], case: _Case) -> tuple[int, int, set[str], str]:
    """The least and most grade of some rows, the limits that are missing, and by what."""
    low = high = 0
    missing: set[str] = set()
    why = "no grade"
    for row in rows:
        for number, conditions in enumerate(row.grades, 1):
            for each in conditions:
                held = _holds(each, case)
                if held is True and number > low:
                    low = number
                if held is not False and number >= high:
                    high = number
                    why = f"grade {number}, {each.written} {row.unit}".rstrip()
    for row in rows:
        for number, conditions in enumerate(row.grades, 1):
            if number > low:
                missing |= {
                    {"ULN": "uln", "LLN": "lln", "BASE": "baseline"}[each.limit]
                    for each in conditions
                    if _holds(each, case) is None
                }
    return low, high, missing, why


def _holds(one: _Condition, case: _Case) -> bool | None:
    limit = case.limits[one.limit] if one.limit else _Limit(0.0, 0.0)
    low, high = (_tidy(one.factor * end + one.added) for end in limit)
    value = _tidy(case.value)
    if one.sign in (">", ">="):
        surely = value > high or (one.sign == ">=" and value == high)
        perhaps = value > low or (one.sign == ">=" and value == low)
    else:
        surely = value < low or (one.sign == "<=" and value == low)
        perhaps = value < high or (one.sign == "<=" and value == high)
    return True if surely else None if perhaps else False


def _tidy(value: float) -> float:
    """Without the dust of binary fractions."""
    return float(f"{value:.10g}")


def _worst(found: list[Graded]) -> Graded:
    """Of several terms the highest; a value that is surely too low is not perhaps too high."""
    found = [each for each in found if each.low > 0] or found
    low, high = max(each.low for each in found), max(each.high for each in found)
    worst = max(found, key=lambda each: (each.high, each.low))
    if low == high:
        return Graded(low, low, high, (), worst.rule)
    missing = sorted({name for each in found if each.high > low for name in each.missing})
    return Graded(None, low, high, tuple(missing), worst.rule)
