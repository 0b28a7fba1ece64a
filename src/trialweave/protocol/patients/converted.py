"""A result in the unit of a criterion, or why it cannot be had.

What no person can have is no result. Beyond what the units themselves settle: multiples of a limit
of normal need the result's own limit; a ratio to creatinine converts with the mass of creatinine;
HbA1c of the IFCC (mmol/mol) and of the NGSP (%) are related by a line, NGSP = 0.09148 IFCC + 2.152
(Hoelzel W et al., Clin Chem 2004;50:166).
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

from trialweave.protocol.criteria.concepts import concept as concept_of
from trialweave.protocol.criteria.tree import Compare
from trialweave.protocol.criteria.units import convert
from trialweave.protocol.patients.facts import Fact
from trialweave.protocol.patients.known import Known, evidence_of, is_number, moment

__all__ = ["in_unit", "known_of"]

_LIMITS: Final = {"{xULN}": "upper", "{xLLN}": "lower"}
_BARE: Final = ("", "{score}")  # points have no unit, whether that is said or not
_TO_CREATININE: Final = frozenset(("uacr", "upcr"))
_SLOPE: Final = 0.09148
_START: Final = 2.152


def known_of(fact: Fact, one: Compare) -> Known | str:
    """The value of a fact in the criterion's unit, or why it cannot be had."""
    if not is_number(fact):
        return f"{fact.label} is no number"
    given = float(fact.value or 0)
    if not fact.comparator and not _possible(given, fact.unit, one.concept):
        return f"{fact.label} {given:g} {fact.unit}".rstrip() + " is outside of what people have"
    if one.unit in _LIMITS:
        limit = _limit(fact, one.unit)
        if limit is None:
            return f"{fact.label} states no {_LIMITS[one.unit]} limit of normal"
        value = _rounded(given / limit)
        told = f"{given:g} / {limit:g} = {value:.4g} {one.unit}"
    else:
        read = in_unit(fact, one)
        if isinstance(read, str):
            return read
        value = read
        unit = one.unit or one.assumed_unit
        told = f"{given:g} {fact.unit} = {value:.6g} {unit}" if value != given else ""
    low = -math.inf if fact.comparator in ("<", "<=") else value
    high = math.inf if fact.comparator in (">", ">=") else value
    return Known(
        low, high, fact.comparator == ">", fact.comparator == "<", evidence_of(fact, told),
        moment(fact),
    )  # fmt: skip


@lru_cache(maxsize=65_536)
def _possible(value: float, unit: str, concept: str) -> bool:
    """Whether a person can have a value, as far as the table of concepts says; a weight of 0 and a
    creatinine of 97 mg/dL, which was meant in umol/L, decide nothing."""
    found = concept_of(concept)
    if found is None or found.low >= found.high:
        return True
    if unit == "1" and found.unit == "%":
        return True  # a fraction, or no percentage at all
    if found.unit == unit or not unit:
        canonical: float | None = value
    else:
        canonical = convert(value, unit, found.unit, found.molar_mass, found.valence)
    return canonical is None or found.low <= _rounded(canonical) <= found.high


def _limit(fact: Fact, unit: str) -> float | None:
    if fact.normal is None:
        return None
    limit = fact.normal.high if unit == "{xULN}" else fact.normal.low
    return limit if limit is not None and limit > 0 else None


def in_unit(fact: Fact, one: Compare) -> float | str:
    """The number of a fact in the criterion's unit, or why not."""
    value, wanted = float(fact.value or 0), one.unit or one.assumed_unit
    found = concept_of(one.concept)
    if fact.unit == wanted or (fact.unit in _BARE and wanted in _BARE):
        return value
    if one.concept == "hba1c" and {fact.unit, wanted} == {"%", "mmol/mol"}:
        line = value * _SLOPE + _START if wanted == "%" else (value - _START) / _SLOPE
        return _rounded(line)
    if fact.unit == "1":
        return _fraction(fact, value, wanted)
    canonical = found.unit if found else ""
    if not wanted or not fact.unit:
        return value if not canonical else f"{fact.label} or its bound has no unit"
    mass, valence = (found.molar_mass, found.valence) if found else (0.0, 0)
    read = convert(value, fact.unit, wanted, mass, valence)
    if read is None and one.concept in _TO_CREATININE:
        read = _to_creatinine(value, fact.unit, wanted)
    if read is None:
        return f"{fact.label}: {fact.unit} does not convert to {wanted}"
    return _rounded(read)


def _fraction(fact: Fact, value: float, wanted: str) -> float | str:
    """A number that is said to be of unit 1: a fraction where a percentage is asked for."""
    if wanted in ("", "{score}"):
        return value
    if wanted == "%" and 0 <= value <= 1:
        return _rounded(value * 100)
    return f"{fact.label}: a bare number is not {wanted}"


def _to_creatinine(value: float, have: str, want: str) -> float | None:
    """Mass to creatinine, of which the one unit takes the mass and the other the amount."""
    creatinine = concept_of("creatinine")
    (above, _, below), (over, _, under) = have.partition("/"), want.partition("/")
    if creatinine is None or not (below and under):
        return None
    top = convert(1.0, above, over)
    bottom = convert(1.0, below, under, creatinine.molar_mass)
    return None if top is None or not bottom else value * top / bottom


def _rounded(value: float) -> float:
    """Without the last digits, which are of the binary fractions: 100.4 °F are 38 °C."""
    return float(f"{value:.12g}")
