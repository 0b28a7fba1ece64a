"""Doses as records write them, and ranges of doses as a question asks for them.

One dose is an amount with a unit: cells, vesicles, mL or mg, whole or per kg of body weight. Powers
of ten are read in the forms that records use (``1e6``, ``1 × 10⁶``, ``10^6``, ``10(6)``,
``10E6``); where a raised exponent was flattened ("5 x 107 cells") the power is taken, since nobody
is given some hundred cells. Numbers that may mean something else are not read.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from trialweave.records.repairs import superscripts

__all__ = ["Dose", "DoseRange", "band", "dose_range", "doses_in", "shown"]

_LONGEST: Final = 4000  # characters of a text that are read
_MOST: Final = 20  # doses of one text

_SUPER: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_POWER: Final = (
    r"(?:10\s?(?:\^|\*\*)\s?\(?(?P<@a>\d{1,2})\)?|10\s?\((?P<@b>\d{1,2})\)"
    r"|10\s?(?P<@c>[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2}))"
)
_DIGITS: Final = r"(?:\d{1,3}(?:,\d{3})+|\d{1,9})(?:\.\d{1,4})?"
# "10e6" alone is ten million to a computer and a million to most who write it: it is not read.
_NUMBER: Final = (
    rf"(?:{_POWER}|(?!10[eE])(?P<@n>{_DIGITS})(?:\s?[eE]\+?(?P<@e>\d{{1,2}})(?!\d)|\s?[×xX*·∙]\s?"
    rf"(?:10\s?[eE](?P<@d>\d{{1,2}})|{_POWER.replace('@', '@m')}"
    r"|10\s?(?P<@f>[3-9]|1[0-4])(?!\d)))?)"
    r"(?:[-\s](?P<@w>million|billion|thousand)s?\b)?"
)
_UNIT: Final = (
    r"(?:of\s)?(?:(?!(?:and|or|to|in|with|per|then|every|each|on|at|mL|mg)\b)[A-Za-z][\w'’-]{0,24}\s){0,8}?"
    r"(?P<unit>[\w-]{0,12}MSCs?|(?:nano-?|micro-?)?(?:vesicles|particles)|exosomes|[\w-]{0,20}[cC]ells?"
    r"|mL|ml|µL|μL|mg|mcg|µg|μg|ug|g|IU|units?|U)"
)
_PER_KG: Final = (
    r"(?:\s?(?:/|per\s|·)\s?(?:each\s|one\s)?(?:[kK][gG]|kilogram|kilo)\b"
    r"|\s?kg(?:-1|⁻¹|\^-1)\b)?"
)
_AMOUNT: Final = re.compile(
    r"(?<![\w.,^/+-])"
    + _NUMBER.replace("@", "a")
    + r"(?:\s?(?P<join>-|–|—|to\b|and\b|or\b)\s?"
    + _NUMBER.replace("@", "b")
    + r")?\)?\s?(?:\([^()]{0,30}\)\s?)?"
    + rf"(?:{_UNIT}(?![A-Za-z])(?!\s?(?:/|per\s)\s?(?:[mdµμ]?[lL]|mm|cm|field)\b))?"
    + r"(?P<kg>"
    + _PER_KG
    + ")"
)
_WORDS: Final = {"thousand": 1e3, "million": 1e6, "billion": 1e9}
_UNITS: Final = {
    "ml": "mL", "µl": "µL", "μl": "µL", "mg": "mg", "mcg": "µg", "µg": "µg", "μg": "µg",
    "ug": "µg", "g": "g", "iu": "IU", "u": "IU", "unit": "IU", "units": "IU",
}  # fmt: skip
_SCALED: Final = {"g": ("mg", 1000.0), "µg": ("mg", 1e-3), "µL": ("mL", 1e-3)}
_FEWEST: Final = 1000  # cells or vesicles: fewer are counted in blood, not given
_LARGEST: Final = {"mL": 5e3, "mg": 1e6}  # more is a concentration misread
# What stands before an amount that is no dose: a volume to dilute in, a total, a threshold.
_NO_DOSE: Final = re.compile(
    r"(?:\b(?:in|total(?: of)?|diluted with|up to|viability|than|least|exceed\w*|maximum(?: of)?)"
    r"|[<>≤≥±])\s*(?:a |the )?(?:total )?(?:of )?\Z",
    re.IGNORECASE,
)
_NO_DOSE_AFTER: Final = re.compile(
    r"\s*(?:(?:in )?(?:total|altogether|cumulative)|(?:of )?(?:normal |sterile |\d[\d.]*\s?% ?)*"
    r"(?:saline|nacl|albumin|ringer\w*|plasma-?lyte|dextrose|placebo))\b",
    re.IGNORECASE,
)
_BETWEEN: Final = re.compile(r"\bbetween\s*\Z", re.IGNORECASE)


class Dose(NamedTuple):
    """An amount of one administration; `low` and `high` differ where a range is told.

    `unit` is "cells", "vesicles", "mL", "mg" or "IU", with "/kg" where it goes by body weight;
    `text` is how the record words it.
    """

    low: float
    high: float
    unit: str
    text: str


class DoseRange(NamedTuple):
    """The doses that a question asks for; both ends belong to it, an open end is 0 or infinite."""

    low: float
    high: float
    unit: str

    def holds(self, dose: Dose) -> bool:
        """Whether all of a dose lies in the range; doses in another unit never do."""
        return dose.unit == self.unit and self.low <= dose.low and dose.high <= self.high


@functools.lru_cache(maxsize=1 << 12)
def doses_in(text: str) -> tuple[Dose, ...]:
    """The doses that a text states, in order, each once.

    "1-2e6 cells/kg" is one dose from a million to two. An amount without a unit counts as cells
    where it is a power of ten per kg ("1 x 10^6/kg"). Not read are totals, limits, volumes that
    something is diluted in, and fewer than a thousand cells.
    """
    text = " ".join(text[:_LONGEST].split())
    for repair in superscripts("", text, None):
        text = text.replace(repair.received, repair.suggested)
    found: list[Dose] = []
    for match in _AMOUNT.finditer(text):
        for dose in _doses(match, text):
            if dose[:3] not in [known[:3] for known in found]:
                found.append(dose)
    return tuple(found[:_MOST])


def _doses(match: re.Match[str], text: str) -> list[Dose]:
    """The dose or range that was matched, or the two that "5 and 10 million cells" names."""
    if not match["unit"] and not match["kg"]:
        return []  # a number of anything
    before = text[max(match.start() - 40, 0) : match.start()]
    if _NO_DOSE.search(before) or _NO_DOSE_AFTER.match(text, match.end()):
        return []
    low, exact = _number(match, "a")
    ends = [low]
    if match["join"]:
        high, exact_high = _number(match, "b")
        if exact_high and not exact:  # "1-2e6", "50 to 100 million": one power for both
            low *= _factor(match, "b")
            exact = True
        ends = [low, high]
    unit = _unit(match["unit"]) if match["unit"] else ""
    if not unit and match["kg"] and exact and ends[0] >= _FEWEST:
        unit = "cells"  # "1 x 10^6/kg": of nothing else are there so many
    scaled, factor = _SCALED.get(unit, (unit, 1.0))
    ends = [end * factor for end in ends]
    counted = unit in ("cells", "vesicles")
    least, most = _FEWEST if counted else 0.0, _LARGEST.get(scaled, 1e13)
    flattened = match["af"] or match["bf"]
    if not unit or (flattened and not counted) or not all(least <= end <= most for end in ends):
        return []
    name, said = f"{scaled}/kg" if match["kg"] else scaled, match[0].strip()
    listed = match["join"] in ("and", "or") and not _BETWEEN.search(before)
    if listed:
        return [Dose(end, end, name, said) for end in ends]
    return [Dose(ends[0], ends[-1], name, said)] if 0 < ends[0] <= ends[-1] else []


def _unit(named: str) -> str:
    folded = named.casefold()
    if folded in _UNITS:
        return _UNITS[folded]
    return "vesicles" if re.search(r"vesicle|particle|exosome", folded) else "cells"


def _number(match: re.Match[str], side: str) -> tuple[float, bool]:
    """The number, and whether its power of ten is told with it."""
    digits = match[f"{side}n"]
    number = float(digits.replace(",", "")) if digits else 1.0
    factor = _factor(match, side)
    return number * factor, factor != 1.0 or not digits


def _factor(match: re.Match[str], side: str) -> float:
    powers = (f"{side}{name}" for name in ("e", "d", "f", "ma", "mb", "mc", "a", "b", "c"))
    power = next((match[name] for name in powers if match[name]), None)
    word = _WORDS.get((match[f"{side}w"] or "").casefold(), 1.0)
    if power is None:
        return word
    # "10^6 million" is a slip, and which of the two was meant is not told
    return math.nan if word > 1 else float(10 ** int(power.translate(_SUPER)))


_LEAST: Final = re.compile(r"(?:at least|from|over|>=?|≥)\s*|(.*\S)\s+(?:or more|and more)\Z", re.I)
_MOST_OF: Final = re.compile(r"(?:at most|up to|below|<=?|≤)\s*|(.*\S)\s+or less\Z", re.I)


def dose_range(text: str) -> DoseRange:
    """The range that a question's `dose` names, ends included.

    "1e6 to 5e6 cells/kg", "100 million cells", "at least 1e6 cells/kg", "up to 15 mL". Raises
    ValueError for what is no such range.
    """
    wanted = " ".join(text.split())
    least, most = False, False
    for pattern in (_LEAST, _MOST_OF):
        match = pattern.match(wanted)
        if match is not None:
            least, most = pattern is _LEAST, pattern is _MOST_OF
            wanted = match[1] or wanted[match.end() :]
            break
    found = doses_in(wanted)
    if len(found) != 1 or found[0].text != wanted:
        raise ValueError(f"dose {text[:80]!r} is no amount or range, as in '1e6 to 5e6 cells/kg'")
    low, high, unit, _ = found[0]
    if (least or most) and low != high:
        raise ValueError(f"dose {text[:80]!r} is a range already and can have no open end")
    return DoseRange(0.0 if most else low, math.inf if least else high, unit)


def shown(dose: Dose) -> str:
    """A dose in one spelling: "1e6 cells/kg", "1e6 to 2e6 cells/kg", "15 mL"."""
    low, high = _plain(dose.low), _plain(dose.high)
    return f"{low} {dose.unit}" if low == high else f"{low} to {high} {dose.unit}"


def _plain(number: float) -> str:
    if number < 1e4:
        return f"{number:.4g}"
    power = math.floor(math.log10(number) + 1e-12)
    return f"{number / 10.0**power:.4g}e{power}"


def band(doses: Iterable[Dose]) -> str:
    """The order of magnitude of doses: "1e6 to 1e7 cells/kg", of which the lower end belongs to it.

    Of several units the first is taken; "several orders of magnitude" where doses in it differ so
    much, "" without doses.
    """
    told = list(doses)
    found = {
        math.floor(math.log10(end) + 1e-12)
        for low, high, unit, _ in told
        for end in (low, high)
        if unit == told[0].unit
    }
    if not found:
        return ""
    if len(found) > 1:
        return "several orders of magnitude"
    (power,) = found
    return f"{_plain(10.0**power)} to {_plain(10.0 ** (power + 1))} {told[0].unit}"
