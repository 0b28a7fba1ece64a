"""Numbers of time in a text: lists, ranges and single ones, each bound to its unit.

"days 5, 6, 7 and 14", "12 and 24 weeks", "0-3-7 days", "D7", "the 3rd day". A number is a time
only where a unit stands beside its list, so digits of names ("FiO2", "CTCAE v4.0", "SF-36") and
of scores are never one.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from trialweave.protocol.durations import NUMBER_WORD, ORDINAL_WORD, UNIT, length, small_number

__all__ = ["Run", "runs"]

_TOKEN: Final = re.compile(
    rf"(?P<pm>±|¬±|\+\s?/\s?-+|\+-|\bplus(?:\s(?:or|/)\s?|/)minus\b)"
    r"|(?P<glued>(?<![\w/])(?:days?|weeks?|wks?|months?|years?|hours?"
    r"|[dwm]))(?P<own>[0-9]{1,4}(?!\w))"
    rf"|(?P<number>(?:(?<![\w.])-?|(?<=[a-z][a-z])(?=[0-9]+\s?(?:hour|day|week|month"
    rf"|year)))[0-9]{{1,5}}(?:\.[0-9]{{1,2}}(?![0-9]))?(?="
    rf"(?:st|nd|rd|th)\b|(?![\w%°])|and\b"
    rf"|{UNIT}(?![a-z0-9])))(?P<ordinal>(?:st|nd|rd|th)\b)?"
    rf"|(?P<word>\b(?:{NUMBER_WORD}|{ORDINAL_WORD})\b)"
    rf"|(?P<unit>(?<![a-z]){UNIT}(?![a-z0-9]))"
    r"|(?P<a>\ban?\b(?=[- ](?:minute|hour|day|week|month|year)\b))"
    r"|(?P<to>\bto\b|~|-+|\bthrough\b)"
    r"|(?P<and>[,;&/+]|(?:\b|(?<=[0-9]))and\b|\bor\b|\bplus\b)"
    r"|(?P<between>[#:=(\"]|\bno\b\.?|\bof\b(?=\s?[0-9]))"
    r"|(?P<other>[a-z][a-z_']*|[^\s])",
    re.IGNORECASE,
)
_BETWEEN: Final = frozenset((*'#:=(-+"', "no", "no.", "of"))  # "day: 7", "day of 7", "day no. 7"
_UNIT_NEXT: Final = re.compile(rf"[\s-]?(?!h\b|[dwmy]\b){UNIT}(?![a-z0-9])", re.IGNORECASE)
_LETTER: Final = re.compile(r"[hdwmy]", re.IGNORECASE)
_FURTHEST: Final = 36600.0  # days; more is no time of a trial


class Run(NamedTuple):
    """Times that share a unit and stand side by side.

    `days` in order; `start` to `end` is the whole wording with its unit; `dated` where they are
    named points ("day 7", "3rd week") and not lengths ("7 days"); `is_range` where it says from
    the first to the second.
    """

    days: tuple[float, ...]
    start: int
    end: int
    dated: bool
    is_range: bool


class _Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int
    number: float = 0.0
    ordinal: bool = False


def runs(text: str) -> list[Run]:
    """All times of a folded text, in order."""
    tokens = _tokens(text)
    found: list[Run] = []
    at = 0
    used = 0  # tokens before it belong to a run already
    while at < len(tokens):
        if tokens[at].kind == "pm":
            at = _after_tolerance(tokens, at)
            used = at
        elif tokens[at].kind == "number":
            read, at = _read(tokens, at, used)
            found += read
            used = at if read else used
        else:
            at += 1
    return found


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    for match in _TOKEN.finditer(text):
        kind = str(match.lastgroup)
        said, start, end = match[0], *match.span()
        number, is_ordinal = 0.0, False
        if match["number"]:
            kind, number = "number", float(match["number"])
            is_ordinal = bool(match["ordinal"])
            before = text[start - 1 : start]
            if said.startswith("-") and (before.strip(" (") or _joins(found)):
                # "day 1 -21", "0-3": a dash between two numbers, not a sign
                found.append(_Token("to", "-", start, start + 1))
                number, start, said = -number, start + 1, said[1:]
            named = before == "-" and len(found) > 1 and found[-2].kind == "other"
            if named and not _UNIT_NEXT.match(text, match.end()):
                kind = "other"  # the number of a name: "COVID-19", "SF-36"
        elif kind in ("word", "a"):
            value = small_number(said)
            is_ordinal = bool(re.fullmatch(ORDINAL_WORD, said, re.IGNORECASE))
            kind, number = "number", value if value is not None else 1.0
        elif kind in ("glued", "own"):  # "D7", "Week12"
            found.append(_Token("unit", match["glued"], start, match.end("glued")))
            kind, said, start = "number", match["own"], match.start("own")
            number = float(said)
        found.append(_Token(kind, said, start, end, number, is_ordinal))
    return found


def _joins(tokens: list[_Token]) -> bool:
    return bool(tokens) and tokens[-1].kind == "number"


def _after_tolerance(tokens: list[_Token], at: int) -> int:
    """Behind "± 3 days"."""
    at += 1
    while at < len(tokens) and tokens[at].kind in ("number", "to"):
        at += 1
    return at + 1 if at < len(tokens) and tokens[at].kind == "unit" else at


def _read(tokens: list[_Token], at: int, used: int) -> tuple[list[Run], int]:
    """The runs that begin at a number, and the token behind them."""
    unit_before = _unit_before(tokens, at, used)
    numbers, joins, end = _list(tokens, at)
    last_unit = _unit_after(tokens, end)
    if unit_before is not None:
        head, tail, tail_joins = numbers, [], []
        if last_unit is not None and len(numbers) > 1 and not _heads(tokens, last_unit):
            # "day 1, 2, 7, 6 months": the last number has a unit of its own
            cut = _turn(numbers)
            head, tail, tail_joins = numbers[:cut], numbers[cut:], joins[cut:]
            joins = joins[: cut - 1]
        elif last_unit is not None and len(numbers) == 1 and _is_a_head(tokens, unit_before):
            last_unit = None
        found = [_run(tokens, unit_before, head, joins, dated=True, first=unit_before)]
        if tail and last_unit is not None:
            named = tail[-1].ordinal
            found.append(_run(tokens, last_unit, tail, tail_joins, dated=named, last=last_unit))
            return [run for run in found if run is not None], last_unit + 1
        return [run for run in found if run is not None], end
    if last_unit is None:
        return [], at + 1 if end == at else max(end, at + 1)
    dated = numbers[-1].ordinal
    run = _run(tokens, last_unit, numbers, joins, dated=dated, last=last_unit)
    return ([run] if run is not None else []), last_unit + 1


def _turn(numbers: list[_Token]) -> int:
    """Where the second of two lists begins: "day 1, 4, 7, and 1, 3, 6 months"; else the last."""
    for at in range(len(numbers) - 1, 0, -1):
        if numbers[at].number <= numbers[at - 1].number:
            return at
    return len(numbers) - 1


def _is_a_head(tokens: list[_Token], unit: int) -> bool:
    return len(tokens[unit].text) > 1


def _heads(tokens: list[_Token], unit: int) -> bool:
    """Whether a unit begins the next list ("day 3, 7 week 4") and does not end this one."""
    return (
        unit + 1 < len(tokens) and tokens[unit + 1].kind == "number" and not _plural(tokens[unit])
    )


def _plural(token: _Token) -> bool:
    return token.text.lower().endswith("s")


def _unit_before(tokens: list[_Token], at: int, used: int) -> int | None:
    """The unit that stands before a number and belongs to no earlier one."""
    back = at - 1
    if back >= used and tokens[back].text.lower() in _BETWEEN:
        if tokens[back].text == "-" and tokens[back].end != tokens[at].start:
            return None
        back -= 1
    if back < used or back < 0 or tokens[back].kind != "unit":
        return None
    unit = tokens[back]
    if _LETTER.fullmatch(unit.text) and (unit.text in "hmy" or tokens[at].start - unit.end > 1):
        return None if unit.text in "hy" or tokens[at].start > unit.end else back
    return back


def _unit_after(tokens: list[_Token], end: int) -> int | None:
    """The unit that follows the last number of a list."""
    at = end
    if at >= len(tokens):
        return None
    if tokens[at].kind == "to" and tokens[at].text == "-":
        at += 1  # "28-day"
    if at < len(tokens) and tokens[at].kind == "other" and tokens[at].text in ("'", '"', ".", ")"):
        at += 1  # "6. month", "(12) weeks"
    elif at < len(tokens) and tokens[at].text.lower() in ("full", "consecutive", "calendar"):
        at += 1
    elif at < len(tokens) and tokens[at].kind == "pm":
        at = _tolerated(tokens, at)
    if at >= len(tokens) or tokens[at].kind != "unit":
        return None
    unit, number = tokens[at], tokens[end - 1]
    if _LETTER.fullmatch(unit.text) and unit.start - number.end > 1:
        return None
    return at


def _tolerated(tokens: list[_Token], at: int) -> int:
    """Behind "± 3" of "12 ± 3 days"."""
    after = at + 1
    while after < len(tokens) and tokens[after].kind == "number":
        after += 1
    return after


def _list(tokens: list[_Token], at: int) -> tuple[list[_Token], list[str], int]:
    """Numbers joined by commas, "and", dashes or "to"; how each is joined; the token behind."""
    numbers, joins = [tokens[at]], []
    end = at + 1
    while True:
        after, join = end, ""
        while after < len(tokens) and tokens[after].kind in ("and", "to") and after - end < 3:
            join = "to" if tokens[after].kind == "to" and join != "and" else "and"
            after += 1
        blank = after == end and _blank_list(tokens, end)
        if after < len(tokens) and tokens[after].kind == "number" and (after > end or blank):
            if (join == "" and not blank) or _unlike(numbers[-1], tokens[after]):
                break
            if (
                tokens[end].text == "+"
                and after == end + 1
                and tokens[end].start == tokens[end - 1].end
            ):
                end = after + 1  # "21+3": what may be added
                continue
            numbers.append(tokens[after])
            joins.append(join or "and")
            end = after + 1
        else:
            break
    return numbers, joins, end


def _unlike(one: _Token, other: _Token) -> bool:
    """Whether an ordinal word stands before a plain number: "first and 30 days"."""
    return one.ordinal and one.text[0].isalpha() and not other.ordinal


def _blank_list(tokens: list[_Token], end: int) -> bool:
    """Whether a number follows with nothing but a blank: "day 0, 3 6"."""
    return (
        end < len(tokens)
        and tokens[end].kind == "number"
        and tokens[end - 1].text.isdigit()
        and tokens[end].text.isdigit()
        and tokens[end].number > tokens[end - 1].number
    )


def _run(
    tokens: list[_Token],
    unit: int,
    numbers: list[_Token],
    joins: list[str],
    *,
    dated: bool,
    first: int | None = None,
    last: int | None = None,
) -> Run | None:
    days = tuple(length(number.number, tokens[unit].text) for number in numbers)
    if any(abs(day) > _FURTHEST for day in days):
        return None
    start = tokens[first].start if first is not None else numbers[0].start
    end = tokens[last].end if last is not None else numbers[-1].end
    is_range = joins == ["to"] and days[0] < days[1]
    return Run(days, start, end, dated, is_range)
