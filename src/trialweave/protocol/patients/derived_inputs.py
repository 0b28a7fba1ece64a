"""The facts of a person as inputs of scores: the latest that count, in one unit."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from trialweave.model import PartialDate
from trialweave.protocol.criteria.concepts import Concept
from trialweave.protocol.criteria.concepts import concept as concept_of
from trialweave.protocol.criteria.units import convert
from trialweave.protocol.patients.facts import Fact, Patient, words_of
from trialweave.protocol.scores.base import Span, Value

__all__ = ["FRESH", "Input", "State", "age_of", "inspired", "latest", "named", "state_of"]

FRESH: Final = 30  # days for which a result counts
_LASTING: Final = frozenset(("anthropometric", "demographic"))
_BARE: Final = frozenset(("", "1", "{score}", "{ratio}", "{INR}", "{fraction}"))
_OLDEST: Final = 120
_ROOM_AIR: Final = frozenset(("room air", "ambient air", "air"))


class Input(NamedTuple):
    """A measure for a score: None where not known, with the reason; and the facts it is from."""

    value: Value
    facts: tuple[Fact, ...] = ()
    why: str = ""


class State(NamedTuple):
    """Whether something is so on a day, None where not known; and the facts that say so."""

    so: bool | None
    facts: tuple[Fact, ...] = ()


def latest(
    person: Patient,
    day: dt.date,
    concept: str,
    unit: str,
    *,
    since: dt.date | None = None,
) -> Input:
    """The latest value of a concept that counts on a day, in a UCUM unit.

    One counts from 30 days before the day on (or from `since`), a body measure always. Several of
    one moment that differ are a range, and so is a value with < or >. What no person can have, has
    no unit, or a unit that measures something else is not used, and `why` says so.
    """
    known = concept_of(concept)
    lasting = known is not None and known.kind in _LASTING
    read: list[tuple[tuple[dt.date, str], Span, Fact]] = []
    why = ""
    for fact in person.by_concept.get(concept, ()):
        if fact.absent or not _counts(fact.start, day, lasting, since):
            continue
        value = _value(fact, unit, known)
        if isinstance(value, str):
            why = f"{concept}: {value}"
        else:
            read.append((moment(fact), value, fact))
    return _last(read, why)


def _last(read: Sequence[tuple[tuple[dt.date, str], Span, Fact]], why: str) -> Input:
    if not read:
        return Input(None, (), why)
    last = max(when for when, _, _ in read)
    of_last = [(value, fact) for when, value, fact in read if when == last]
    limits = Span(min(v.low for v, _ in of_last), max(v.high for v, _ in of_last))
    if limits.low == limits.high:
        return Input(limits.low, (of_last[0][1],))
    return Input(limits, tuple(fact for _, fact in of_last))


def moment(fact: Fact) -> tuple[dt.date, str]:
    """When a fact is of, to find the latest."""
    return (fact.start.latest if fact.start else dt.date.min, fact.clock)


def _counts(start: PartialDate | None, day: dt.date, lasting: bool, since: dt.date | None) -> bool:
    if start is None:
        return lasting
    ago = (day - start.earliest).days
    if ago < 0:
        return False
    return lasting or (ago <= FRESH and (since is None or start.earliest >= since))


def _value(fact: Fact, unit: str, known: Concept | None) -> Span | str:
    """A fact in a unit as limits, or why it is of no use."""
    number = _converted(fact, unit, known)
    if isinstance(number, str):
        return number
    if known is not None and known.low < known.high:
        canonical = number if known.unit == unit else _between(number, unit, known.unit, known)
        if canonical is not None and not known.low <= canonical <= known.high:
            return f"{fact.value:g} {fact.unit} is outside of what people have".replace("  ", " ")
    if not fact.comparator:
        return Span(number, number)
    if known is None or known.low >= known.high:
        return f"only {fact.comparator} {fact.value:g} is known"
    low = _between(known.low, known.unit, unit, known)
    high = _between(known.high, known.unit, unit, known)
    if low is None or high is None:
        return f"only {fact.comparator} {fact.value:g} is known"
    below = math.nextafter(number, -math.inf) if fact.comparator == "<" else number
    above = math.nextafter(number, math.inf) if fact.comparator == ">" else number
    return Span(low, max(low, below)) if "<" in fact.comparator else Span(min(above, high), high)


def _converted(fact: Fact, unit: str, known: Concept | None) -> float | str:
    if isinstance(fact.value, bool) or not isinstance(fact.value, int | float):
        return "it is no number"
    value = float(fact.value)
    if not math.isfinite(value):
        return "it is no number"
    if fact.unit == unit or (fact.unit in _BARE and unit in _BARE):
        return value
    if not fact.unit:
        return f"{value:g} has no unit"
    read = _between(value, fact.unit.replace("(24.h)", "d"), unit, known)
    return f"{fact.unit} does not convert to {unit or 'a number'}" if read is None else read


def _between(value: float, have: str, want: str, known: Concept | None) -> float | None:
    mass, valence = (known.molar_mass, known.valence) if known else (0.0, 0)
    read = value if have == want else convert(value, have, want, mass, valence)
    return None if read is None else float(f"{read:.10g}")


def inspired(person: Patient, day: dt.date, beside: Fact | None = None) -> Input:
    """FiO2 as a fraction; with `beside`, of the hour of that fact where both have a time of day,
    else of the same day.

    It is read as a percentage or as a fraction: 40 %, 40 and 0.4 are one. A percentage of 1 and
    less is neither.
    """
    read: list[tuple[tuple[dt.date, str], Span, Fact]] = []
    why = "" if beside is None else "no FiO2 of the same time"
    for fact in person.by_concept.get("fio2", ()):
        if fact.absent or not _counts(fact.start, day, lasting=False, since=None):
            continue
        if beside is not None and not _together(fact, beside):
            continue
        value = _fraction(fact)
        if value is None:
            why = f"FiO2 of {fact.value} {fact.unit}".rstrip() + " is neither % nor a fraction"
        else:
            read.append((moment(fact), value, fact))
    if beside is not None and beside.clock and read:
        nearest = min(_apart(fact, beside) for _, _, fact in read)
        read = [each for each in read if _apart(each[2], beside) == nearest]
    return _last(read, why)


def _fraction(fact: Fact) -> Span | None:
    if isinstance(fact.value, str):
        return Span(0.21, 0.21) if fact.value.casefold().strip() in _ROOM_AIR else None
    if isinstance(fact.value, bool) or fact.value is None:
        return None
    value = float(fact.value)
    if 21 <= value <= 100 and fact.unit in (*_BARE, "%"):
        value = float(f"{value / 100:.10g}")
    elif not (0.21 <= value <= 1 and fact.unit in _BARE):
        return None
    if not fact.comparator:
        return Span(value, value)
    return Span(0.21, value) if "<" in fact.comparator else Span(value, 1.0)


def _together(one: Fact, other: Fact) -> bool:
    if one.start is None or other.start is None or not (one.start.day and other.start.day):
        return False
    first, second = _instant(one), _instant(other)
    if first is not None and second is not None:
        return abs(first - second) <= dt.timedelta(hours=1)
    return one.start == other.start


def _instant(fact: Fact) -> dt.datetime | None:
    """The minute of a fact; None where the day or its time is not stated or is none."""
    if fact.start is None or not fact.start.day or not fact.clock:
        return None
    try:
        return dt.datetime.combine(fact.start.earliest, dt.time.fromisoformat(fact.clock))
    except ValueError:
        return None


def _apart(one: Fact, other: Fact) -> dt.timedelta:
    """Between two facts of one day; half a day for want of a time of day."""
    first, second = _instant(one), _instant(other)
    if first is None or second is None:
        return dt.timedelta(hours=12)
    return abs(first - second)


def age_of(person: Patient, day: dt.date) -> Input:
    """Completed years, from the date of birth or else from an age that the record states."""
    if person.birth is None:
        return latest(person, day, "age", "a")
    young, old = (_years(born, day) for born in (person.birth.latest, person.birth.earliest))
    if old < 0 or young > _OLDEST:
        return Input(None, (), f"born {person.birth}")
    limits = Span(float(max(young, 0)), float(min(old, _OLDEST)))
    return Input(limits.low if limits.low == limits.high else limits)


def _years(born: dt.date, day: dt.date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def named(person: Patient, *names: str) -> list[Fact]:
    """The facts that are no measurements and whose label has all words of one of some names."""
    found: list[Fact] = []
    for name in names:
        places = [person.by_word.get(word, frozenset()) for word in words_of(name)]
        for place in sorted(frozenset.intersection(*places)) if places else ():
            if person.facts[place] not in found:
                found.append(person.facts[place])
    return found


def state_of(facts: Iterable[Fact], day: dt.date, *, within: int = 1, past: bool = False) -> State:
    """Whether any of some facts holds on a day, or did in the days before; with `past`, ever.

    What was ordered, what is over, and what is yet to come say nothing.
    """
    said: list[tuple[tuple[dt.date, str], bool, Fact]] = []
    for fact in facts:
        if fact.planned or (fact.start is not None and fact.start.earliest > day):
            continue
        if fact.absent or fact.value is False:
            said.append((moment(fact), False, fact))
        elif past or _holds(fact, day, within):
            said.append((moment(fact), True, fact))
    yes = tuple(fact for _, so, fact in said if so)
    no = tuple(fact for _, so, fact in said if not so)
    return State(True, yes) if yes else State(False, no) if no else State(None)


def _holds(fact: Fact, day: dt.date, within: int) -> bool:
    if fact.ongoing or (fact.end is not None and fact.end.earliest > day):
        return True
    last = fact.end or fact.start
    return last is not None and 0 <= (day - last.earliest).days <= within
