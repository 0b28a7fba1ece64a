"""Quantities in a criterion: operator, number or range, unit or multiple of a limit of normal."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from trialweave.protocol.criteria import units
from trialweave.protocol.criteria.numbers import NUMBER, Number, number_at, times_normal
from trialweave.protocol.criteria.operators import FLIPPED, Operator, after, operators

__all__ = ["MOST", "TIME", "Quantity", "quantities"]

MOST: Final = 400
"""Quantities read in one criterion; what stands behind them stays text."""
TIME: Final = frozenset(("a", "mo", "wk", "d", "h", "min", "s", "ms"))
_BETWEEN: Final = re.compile(
    r"(?:between|from|range[sd]?|ranging|aged?|ages|range\s+(?:is|of))\W{0,3}(?:(?:of|the|and"
    r"|ages?|an?|from|between|[<>=]+)\W{1,3}){0,4}\Z"
)
_JOIN: Final = re.compile(
    r"\s?(?:years?\s?)?(?:-{1,3}|~|\bto(?![a-z])|\bthrough\b|\buntil\b|\band(?![a-z])|\btill\b"
    r"|\bup to\b|÷|\.\.\.?|…)\s?"
)
_SLASH: Final = re.compile(r"\s?/\s?(?=\d{2,3}(?!\d|[.,]\d))")
_RATIO: Final = re.compile(r"\s?:\s?\d|(?:st|nd|rd|th)\b")
_HIGHER: Final = re.compile(r"\b(?:higher|greater|above|more|over|exceeding)\b")
_SAMPLE_SIZE: Final = re.compile(r"(?<![a-z])n\s?=\s?\Z")
_RATE: Final = re.compile(
    r"(?:\s+[a-z][\w-]{0,20}){0,4}?\s*(?:\b(?:per|a|each|every)\b|/)\s*(?P<unit>day|d|week|wk"
    r"|month|year|hour|h)\b|\s+(?:[a-z][\w-]{0,20}\s+){0,3}?(?P<daily>daily|weekly)\b"
)
_RATED: Final = frozenset(
    ("g", "mg", "ug", "U", "[IU]", "{drinks}", "{cigarettes}", "mL", "L", "kcal", "{episodes}")
) | {"mg/kg", "g/kg"}
_UNIT_AGAIN: Final = re.compile(r"\s?[(\[]([^()\[\]]{1,14})[)\]]")
_OF_WHAT: Final = re.compile(
    r"\s?(?:of\s+(?:the\s+)?)?predicted(?:\s+normal)?(?:\s+values?)?\b"
    r"|,?\s?\(?(?:both\s+)?inclusive(?:ly)?\b\)?|,\s?extremes\s+included"
)
_LIST_MARK: Final = re.compile(r"[.)]\s?[a-z]")
_BETWEEN_WORDS: Final = re.compile(
    r"\s+(?:completed|consecutive|full|calendar|continuous|whole|successive|cumulative|study"
    r"|complete)\s+(?=(?:year|month|week|day|hour|minute)s?\b)"
)
_NAME_TAIL: Final = re.compile(r"-?[a-z]")
_HYPHEN_UNIT: Final = re.compile(r"\s{0,24}-?\s{0,2}\(?(?=[^\W\d_]|[%/°]|1[.,]7|10)")
_YEAR_LIKE: Final = re.compile(r"(?:19|20)\d\d\Z")
_UNIT_POWER: Final = re.compile(r"\s?x?\s?10\s?(?:\^|\*\*?|e\+?|\()?\s?(3|6|9|12)\)?\s?(?=/|cells)")


class Quantity(NamedTuple):
    """What stands between an operator and a unit.

    `sign` is "" where no operator stands; `high` is the upper end of a range. `other` values are
    second readings of ambiguous numbers. `normal` is "upper" or "lower" where the quantity is a
    multiple of that limit of normal. `first` is where the operator begins, `behind` the operator
    that follows and says something of what stands behind it ("18 <= age").
    """

    first: int
    start: int
    end: int
    sign: str
    low: float
    high: float | None
    inclusive: tuple[bool, bool]
    unit: str
    unit_start: int
    normal: str
    other: tuple[float | None, float | None]
    repaired: bool
    written: str
    behind: str
    over: float | None  # the number behind a slash: 140/90
    word: bool


class _Reader:
    def __init__(self, plain_text: str, received: str) -> None:
        self.text = plain_text
        self.received = received
        found = operators(plain_text)
        self.by_next = {one.next: one for one in found}
        self.by_end = {one.end: one for one in found}
        self.by_start = {one.start: one for one in found}
        self.all = found

    def operator_before(self, at: int) -> Operator | None:
        return self.by_next.get(at) or self.by_end.get(at)

    def number(self, at: int) -> Number | None:
        match = NUMBER.match(self.text, at)
        return number_at(match, self.text, self.received) if match else None

    def unit(self, number: Number) -> tuple[str, int, int, str]:
        """What follows a number: UCUM code, where it starts and ends, the limit of normal."""
        text, at = self.text, number.end
        limit = times_normal(text, at)
        if limit is not None:
            return "{xULN}" if limit.side == "upper" else "{xLLN}", at, limit.end, limit.side
        words = _BETWEEN_WORDS.match(text, at)
        if found := words or _HYPHEN_UNIT.match(text, at):
            start = found.end()
            if power := _UNIT_POWER.match(text, start):  # "1.5 10^9/l" with the x left out
                unit = units.match(text, power.end())
                if unit is not None:
                    return f"10*{power[1]}{_per(unit.code)}", start, unit.end, ""
            unit = units.match(text, start)
            if unit is not None:
                end = unit.end
                unit = unit._replace(code=_rated(text, unit.code, end))
                if (again := _UNIT_AGAIN.match(text, end)) and units.match(text, again.start(1)):
                    end = again.end()
                if "(" in found[0] and text[end : end + 1] == ")":
                    end += 1
                elif "(" in found[0]:
                    return "", at, at, ""
                return unit.code, start, end, ""
        return "", at, at, ""


def _rated(text: str, code: str, end: int) -> str:
    """The unit of "5 units of alcohol per day", where words part the unit from its time."""
    if code not in _RATED:
        return code
    found = _RATE.match(text, end, min(len(text), end + 70))
    if found is None:
        return code
    time = {"d": "d", "w": "wk", "m": "mo", "y": "a", "h": "h"}[
        (found["unit"] or found["daily"])[0]
    ]
    head = "" if code in ("{cigarettes}", "{episodes}") else code
    return f"{head}/{time}"


def _per(code: str) -> str:
    return code if code.startswith("/") else f"/{code}" if code else ""


def _scaled(number: Number, unit: str) -> tuple[float, str]:
    """Value and unit of a number with a power: cells per volume keep the power in the unit."""
    if not number.power:
        return number.value, unit
    if unit.startswith(("/", "{cells}")):
        per = _per(unit.removeprefix("{cells}"))
        return number.value, f"10*{number.power}{'/uL' if per == '/mm3' else per}"
    return number.value * 10.0**number.power, unit


def _plausible_number(reader: _Reader, number: Number, unit: str) -> bool:
    """Whether digits are a quantity, and not part of a name, a date, a ratio or a mark."""
    text, start = reader.text, number.start
    has_operator = reader.operator_before(start) is not None
    if _RATIO.match(text, number.end) and not unit:
        return False
    before = text[start - 1] if start else " "
    if before == "-" and start > 1 and text[start - 2].isalpha() and not unit and not has_operator:
        return False
    if before in "#§" or _SAMPLE_SIZE.search(text, max(0, start - 8), start):
        return False
    if not has_operator and not unit and _LIST_MARK.match(text, number.end):
        lead = text[max(0, start - 4) : start].strip()
        if not lead or lead[-1] in ";,.:":
            return False
    if not unit and not has_operator:
        if _NAME_TAIL.match(text, number.end):
            return False
        if _YEAR_LIKE.match(text[start : number.end]):
            return False
    return not (number.word and not unit and not has_operator)


def quantities(plain_text: str, received: str) -> list[Quantity]:
    """The quantities of a text in order, at most `MOST`; linear in its length."""
    reader = _Reader(plain_text, received)
    found: list[Quantity] = []
    at = 0
    starts = iter(NUMBER.finditer(plain_text))
    for match in starts:
        if match.start() < at:
            continue
        number = number_at(match, plain_text, received)
        unit, unit_start, end, normal = reader.unit(number)
        if not _plausible_number(reader, number, unit):
            continue
        one = _quantity(reader, number, unit, unit_start, end, normal)
        found.append(one)
        at = one.end
        if len(found) >= MOST:
            break
    return _with_bare_limits(reader, found)


def _quantity(
    reader: _Reader, number: Number, unit: str, unit_start: int, end: int, normal: str
) -> Quantity:
    text = reader.text
    first, sign, written = number.start, "", ""
    negative = False
    operator = reader.operator_before(number.start)
    if operator is None and number.start and text[number.start - 1] == "-":
        operator = reader.operator_before(number.start - 1)
        negative = operator is not None
    if operator is not None:
        doubled = reader.operator_before(operator.start) if operator.sign == "=" else None
        operator = doubled or operator  # "at least = 15 mm"
        first, sign, written = operator.start, operator.sign, operator.written
    value, scaled = _scaled(number, unit)
    other = number.other
    if negative:
        value, other = -value, None
    low_in, high_in, high, high_other = True, True, None, None
    over = None
    slash = _SLASH.match(text, number.end) if not unit else None
    if slash and (second := reader.number(slash.end())) and value > second.value >= 20:
        over = second.value
        unit, unit_start, end, normal = reader.unit(second)
        scaled = unit
    elif joined := _joined(reader, number, end, first, sign):
        second, second_operator, second_negative = joined
        unit2, start2, end2, normal2 = reader.unit(second)
        if (
            unit and unit2 and unit != unit2 and units.convert(1.0, unit, unit2) is not None
            and not number.power
        ):  # fmt: skip
            value = units.convert(value, unit, unit2) or value
        unit, unit_start = (unit2, start2) if unit2 else (unit, unit_start)
        normal, end = normal2 or normal, max(end2, second.end)
        high_value, scaled2 = _scaled(second, unit)
        value, scaled = _scaled(number, unit) if number.power else (value, scaled2)
        if second.power and not number.power and scaled2 == unit:
            value *= 10.0**second.power
        high = -high_value if second_negative else high_value
        high_other = second.other
        if (negative or second_negative) and high < value:
            value, high = high, value
        low_in = sign != ">"
        high_in = second_operator is None or second_operator.sign != "<"
        if sign in (">", ">=") and second_operator is None:  # "at least 3 to 6 months"
            high = None if text[first : number.start].strip(" ").endswith("least") else high
        sign = "between" if high is not None else sign
    behind = ""
    if not sign and normal and _HIGHER.search(text, number.end, end):
        sign, written = ">", text[number.end : end]  # "5 times higher than the upper limit"
    if not sign:
        tail = after(text, end)
        if tail is not None:
            sign, end = tail
            written = ""
        else:
            behind = _behind(reader, end)
    if what := _OF_WHAT.match(text, end):
        end = what.end()
    return Quantity(
        first, number.start, end, sign, value, high, (low_in, high_in), scaled or unit, unit_start,
        normal, (other, high_other), number.repaired, written, behind, over, number.word,
    )  # fmt: skip


_GAP: Final = re.compile(r"\s*")


def _behind(reader: _Reader, end: int) -> str:
    gap = _GAP.match(reader.text, end)
    operator = reader.by_start.get(gap.end() if gap else end)
    return FLIPPED[operator.sign] if operator is not None else ""


def _joined(
    reader: _Reader, number: Number, end: int, first: int, sign: str
) -> tuple[Number, Operator | None, bool] | None:
    """The second number of a range, with an operator of its own; None where there is no range."""
    text = reader.text
    for at in {end, number.end}:
        join = _JOIN.match(text, at)
        if join is None:
            continue
        word = join[0].strip()
        start = join.end()
        second_operator = None
        negative = text[start : start + 1] == "-" and word != "-"
        second = reader.number(start + negative)
        if second is None:
            second_operator = reader.by_start.get(start)
            if second_operator is None or second_operator.sign not in ("<", "<="):
                continue
            if sign not in (">", ">=", "") or (word == "and" and not sign):
                continue
            second = reader.number(second_operator.next)
            if second is None:
                continue
        elif word == "and" and not _BETWEEN.search(text, max(0, first - 45), first):
            continue
        if second.word and not number.word:
            continue
        if sign in ("<", "<=") and second_operator is None:
            if word == "-" or (word == "to" and not reader.unit(number)[0]):
                return second, second_operator, negative
            continue
        if word in ("-", "--", "---") and second.value < number.value and not negative:
            one, other = reader.unit(number)[0], reader.unit(second)[0]
            if not one or one == other:
                continue
        return second, second_operator, negative
    return None


def _with_bare_limits(reader: _Reader, found: list[Quantity]) -> list[Quantity]:
    """Adds "> ULN", where a limit of normal stands behind an operator without a number."""
    added = []
    spans = iter(found)
    here = next(spans, None)
    for operator in reader.all:
        while here is not None and here.end <= operator.start:
            here = next(spans, None)
        if operator.sign == "=" or (here is not None and here.first <= operator.start):
            continue
        limit = times_normal(reader.text, operator.end, after_operator=True)
        if limit is None:
            continue
        side = "{xULN}" if limit.side == "upper" else "{xLLN}"
        added.append(
            Quantity(
                operator.start, operator.end, limit.end, operator.sign, 1.0, None, (True, True),
                side, operator.end, limit.side, (None, None), False, operator.written, "", None,
                False,
            )
        )  # fmt: skip
    return sorted(found + added) if added else found
