"""Amounts that are given: a number or a range, its unit, and what it goes by.

Powers of ten are read in the forms that registers write: ``5 x 10^7``, ``5×10⁷``, ``5 x 10(7)``,
``1e6``, with the exponent flattened (``5 x 107 cells``), with E for "10 to the" (``10E7``,
``100x10e6``), without the sign of multiplication (``4 10^7``). What departs from plain notation is
flagged. A percentage is no amount, nor is a concentration or a rate of flow.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from trialweave.protocol.durations import NUMBER_WORD, small_number

__all__ = ["Amount", "amounts_in"]

_SUPER: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_TIMES: Final = r"(?:×|[xX*·∙•]|√ó|Ã—|\?|\.(?=10\s?[\^ˆ⁰¹²³⁴⁵⁶⁷⁸⁹]))"
_CARET: Final = r"(?:\^|\*\*|ˆ|˄)"
_POWER: Final = (
    rf"10\s?(?:{_CARET}\s?\(?(?P<@caret>[0-9]{{1,2}})\)?|\((?P<@bracket>[0-9]{{1,2}})\)"
    r"|(?P<@raised>[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2})|[eE]\+?(?P<@e>[0-9]{1,2})(?![0-9]))"
)
_DIGITS: Final = (
    r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?(?![0-9])|[0-9]{1,3}(?:\.[0-9]{3}){2,}(?![0-9])"
    r"|(?<!-)[1-9][0-9]{0,2}(?: [0-9]{3}){1,3}(?![0-9])|[0-9]{1,12}(?:[.,][0-9]{1,4})?(?![0-9]"
    r"|\s?[\^ˆ]))"
)
_FLAT: Final = r"10\s?(?P<@flat>[3-9]|1[0-4])(?![0-9.,]|\s?[0-9])"
_NUMBER: Final = (
    rf"(?:(?P<@alone>{_POWER.replace('@', '@p')})"
    rf"|(?P<@digits>{_DIGITS})(?:\s?[eE]\+?(?P<@sci>[0-9]{{1,2}})(?![0-9])"
    rf"|\s?{_TIMES}\s?(?:{_POWER.replace('@', '@m')}|{_FLAT})"
    rf"|\s(?:{_POWER.replace('@', '@s')}))?"
    rf"|(?P<@word>\b(?:{NUMBER_WORD}|half)(?=[\s-](?:and\b|a\b|million|billion|tablets?|m?g\b"
    rf"|grams?))))"
    r"(?:[\s-]?(?P<@scale>thousand|mill?ions?|billions?|mln|mio|M(?=\s?(?:cells|[\w-]*MSC|IU"
    r"|U\b)))\b)?"
)
_PLAIN_WORD: Final = (
    r"(?!(?:and|or|to|in|with|per|then|every|each|on|at|for|mL|mg|ml|kg|by|once|twice|daily|days?"
    r"|weeks?|hours?|times?|from|after|via|will|was|were|are|is|be|until|over|as|plus|doses?"
    r"|tablets?|capsules?|infusions?|injections?)\b)"
    r"[A-Za-z][\w'/-]{0,30}"
)
_COUNTED: Final = (
    r"[\w-]{0,14}SCs?|CSM|ADRCs?|[\w-]{0,14}MSC-?EVs?|(?:nano-?|micro-?)?(?:vesicles?|particles?)"
    r"|exosomes?|EVs?"
    r"|[\w-]{0,20}cells?|pieces|CFU|PFU|cardiospheres?|CDCs?|PBMCs?|MNCs?|TNC|lymphocytes"
    r"|fibroblasts"
    r"|keratinocytes|chondrocytes|islets|IEQ|platelets"
)
_MEASURED: Final = (
    r"milligrams?|mgs?|micrograms?|mcg|ug|nanograms?|ng|grams?|gms?|gr|g|MIU|IU|UI|I\.U\."
    r"|international units?"
    r"|units?|U|millilit(?:er|re)s?|mls?|cc|microlit(?:er|re)s?|ul|lit(?:er|re)s?|L|mmol|umol|mEq"
    r"|ppm"
    r"|mCi|MBq|Gy"
)
_UNIT: Final = (
    rf"(?:(?P<measured>{_MEASURED})(?![A-Za-z0-9])"
    rf"|(?:of\s)?(?P<words>(?:{_PLAIN_WORD}[\s-](?:of\s)?){{0,8}}?)(?P<counted>{_COUNTED})(?![\w]))"
)
_OF_WHAT: Final = (
    r"(?P<basis>(?:body\s)?kg(?:-1|⁻¹)?|kilograms?|kilos?|m2|m²|m\^2|sq\.?\s?m|doses?|times?"
    r"|infusions?|injections?"
    r"|administrations?|vials?|tablets?|tabs?|capsules?|sachets?|ampou?les?|day|d|24\s?h(?:ours?)?"
    r"|hours?|hr|h"
    r"|min(?:ute)?s?|week|mL|ml|cc|L|ul|uL|patients?|subjects?|participants?|knee|joint|eye|side"
    r"|site"
    r"|cycle|course)"
)
_PER: Final = re.compile(
    rf"\s?(?:[/·]\s?|\bper\s|\ba\s(?=day|week)|\b(?=kg-1|kg⁻¹)|\beach\s)(?:each\s|one\s"
    rf"|the\s)?{_OF_WHAT}"
    r"(?![A-Za-z0-9])(?:\s(?:of\s)?(?:patient\s|recipient\s|the\s)?(?:body[\s-]?(?:weight|mass)|BW"
    r"|b\.w\.|bw"
    r"|weight)\b)?",
    re.IGNORECASE,
)
_PRODUCT_PER_KG: Final = re.compile(
    r"\s(?:of\s)?[A-Za-z][A-Za-z-]{2,20}(?:\s[A-Za-z-]{2,20})?\s?(?:/|per)\s?(?:kg"
    r"|kilogram)\b(?:\sof\sbody\sweight)?",
    re.IGNORECASE,
)
# "10^5 stem cells (MSCs) cells/kg"
_NAMED_AGAIN: Final = re.compile(
    r"(?:\s?\([\w-]{2,14}\))?(?:\scells)?(?=\s?(?:/|per\s)\s?kg)", re.IGNORECASE
)
_PER_WEIGHT: Final = re.compile(r"\s?kg\b", re.IGNORECASE)
_JOIN: Final = r"\s?(?P<join>-{1,2}|~|/|\bto\b|\bor\b|\band\b|‚Äî|‚Äì|√¢\?\?)\s?"
_SPREAD: Final = r"(?:\s?(?:\((?:±|¬±|\+/?-)[^()]{0,15}\)|(?:±|¬±)\s?[0-9.]+\s?%?))?"
_AMOUNT: Final = re.compile(
    r"(?:(?<![\w^/+±])|(?<=[a-z][a-z][a-z])|(?<=[a-z]/))(?<![+/]-)(?<![0-9][.,])"
    r"(?!(?:(?<=\bday )|(?<=\bdays )|(?<=\bweek )|(?<=\bweeks ))"
    r"[0-9]{1,3}\s?(?:,|-|&|(?:and|or|to)\b))"
    r"(?<!\bphase )(?<!\bgroup )"
    + _NUMBER.replace("@", "a")
    + _SPREAD
    + rf"(?:\s?(?P<first_unit>{_MEASURED.replace('|L|', '|')})?"
    + rf"(?P<first_kg>\s?/\s?kg)?{_JOIN}{_NUMBER.replace('@', 'b')}{_SPREAD})?"
    + r"\)?[\s-]?"
    + r"(?:\((?!\s?[0-9])[^()]{0,30}\)\s?|\([0-9.,]{1,6}\s?[mb]illion\)\s?)?"
    + rf"{_UNIT}?",
    re.IGNORECASE,
)
_STRENGTH: Final = re.compile(
    rf"(?<![\w.])(?P<n>[0-9]{{1,2}}|half|{NUMBER_WORD})\s?(?:[x×*]\s?|[\s-](?:[A-Za-z-]+\s){{0,2}}?"
    r"(?:tablets?|tabs?|capsules?|caps?|pills?|vials?|ampou?les?)\s(?:of\s|\(?each\s)\(?)\Z",
    re.IGNORECASE,
)
_TIMES_BEFORE: Final = re.compile(
    rf"(?<![\w.,-])(?P<n>[2-9]|{NUMBER_WORD})\s"
    r"(?!(?:days?|weeks?|groups?|hours?|doses?|times?|patients?)\b)"
    r"(?:[A-Za-z][A-Za-z-]{3,20}\s){0,2}\Z",
    re.IGNORECASE,
)
_FORMS_AFTER: Final = re.compile(r"[\s-]?(?:\w+\s)?(?:tablets|tabs|capsules|pills|vials)\b", re.I)
_TIMES_AFTER: Final = re.compile(
    rf"(?:\s(?:tablets?|capsules?|tabs?|caps?))?\s?[x×*]\s?(?P<n>[2-9]|{NUMBER_WORD})\s?(?:tablets"
    rf"|tabs|capsules|caps"
    r"|pills|vials)\b",
    re.IGNORECASE,
)
_SCALES: Final = {"t": 1e3, "m": 1e6, "b": 1e9}
_UNITS: Final = {
    "mg": "mg", "milligram": "mg", "mcg": "ug", "ug": "ug", "microgram": "ug", "ng": "ng",
    "nanogram": "ng", "g": "g", "gram": "g", "gm": "g", "gr": "g", "iu": "IU", "i.u.": "IU",
    "ui": "IU", "international unit": "IU", "miu": "IU", "unit": "U", "u": "U", "ml": "mL",
    "milliliter": "mL", "millilitre": "mL", "cc": "mL", "ul": "mL", "microliter": "mL",
    "microlitre": "mL", "l": "mL",
    "liter": "mL", "litre": "mL", "mmol": "mmol", "umol": "umol", "meq": "mEq", "ppm": "ppm",
    "mci": "mCi", "mbq": "MBq", "gy": "Gy",
}  # fmt: skip
_FACTORS: Final = {
    "miu": 1e6, "ul": 1e-3, "microliter": 1e-3, "microlitre": 1e-3, "l": 1e3, "liter": 1e3,
    "litre": 1e3,
}  # fmt: skip
_FEWEST: Final = 1000.0  # cells: fewer are counted in blood or a threshold, not given
_MOST: Final = 1e15


class Amount(NamedTuple):
    """One amount; `high` is None where it is no range. `unit` is "" where none stands beside it.

    `bases` are what it goes by, in lower case: "kg", "dose", "day", "mL" … `flags` say which repair
    or assumption was made. `either` where the two numbers are alternatives and not a range.
    """

    low: float
    high: float | None
    unit: str
    bases: tuple[str, ...]
    start: int
    end: int
    flags: tuple[str, ...]
    either: bool = False
    product: tuple[int, int] | None = None  # of the words that name what is counted


def amounts_in(text: str) -> list[Amount]:
    """Every amount in a folded text, in order; numbers without unit only as powers of ten."""
    found = []
    for match in _AMOUNT.finditer(text):
        amount = _amount(match, text)
        if amount is not None:
            found.append(amount)
    return found


def _amount(match: re.Match[str], text: str) -> Amount | None:
    flags: list[str] = []
    end = match.end()
    unit, factor = _unit(match)
    if match["first_unit"] and match["join"] == "/" and _named_unit(match["first_unit"]) != unit:
        return _first_of_two(match)  # "40 mg/0.4 mL": what a volume holds
    power = any(match[f"a{part}"] for part in _POWERS) or bool(match["ascale"])
    bases: list[str] = []
    if base := re.match(r"\s?base(?=\s?/)", text[end : end + 8], re.IGNORECASE):
        end += base.end()
    if unit and (through := _PRODUCT_PER_KG.match(text, end)):  # "5 mL of plasma/kg"
        bases.append("kg")
        end = through.end()
    if match["counted"] and (again := _NAMED_AGAIN.match(text, end)):
        end = again.end()
    while len(bases) < 2 and (per := _PER.match(text, end)):
        bases.append(_basis(per["basis"]))
        end = per.end()
    if match["first_kg"]:
        bases.append("kg")
    second = any(match[f"b{part}"] for part in _POWERS) or bool(match["bscale"])
    if match["join"] == "/" and not unit and _PER_WEIGHT.match(text, end):
        return None  # "5 million/20 kg"
    if not unit and not ((power or second) and _counts_alone(match, bases)):
        return None
    counted = match["counted"] is not None or not unit
    low, high = _ends(match, counted or unit in ("IU", "U"), flags)
    if low is None or not 0 < low * factor < _MOST:
        return None
    join = (match["join"] or "").lower()
    if counted and low < _FEWEST and (high or 0) < _FEWEST and unit != "IEQ":
        return None
    if high is not None and join == "/" and unit == "mL" and low >= _FEWEST:
        unit, high = "cells", None  # "10,000,000/5 mL": cells in a volume
        flags.append("unit assumed")
    elif high is not None and join == "/":
        flags.append(f"combination of {match['adigits']} and {match['bdigits']}")
        high = None
    either = join in ("or", "and")
    if high is not None and high <= low and not either:
        high = None
    times = _times_strength(text, match) if unit in _WEIGHED and high is None else 1.0
    if times != 1:
        low *= times
        flags.append("number times strength")
    if not unit:
        unit = "cells"
        flags.append("unit assumed")
    product = (match.start("words"), match.end("counted")) if match["counted"] else None
    return Amount(
        low * factor,
        high * factor if high is not None else None,
        unit,
        tuple(bases),
        match.start(),
        end,
        tuple(flags),
        either,
        product,
    )


def _times_strength(text: str, match: re.Match[str]) -> float:
    """How many of a strength are taken at a time: "2 tablets of 200 mg", "two 2 mg tablets"."""
    before = text[max(match.start() - 50, 0) : match.start()]
    told = _STRENGTH.search(before) or _TIMES_AFTER.match(text, match.end())
    if told is None and _FORMS_AFTER.match(text, match.end()):
        told = _TIMES_BEFORE.search(before)
    return (small_number(told["n"]) or 1.0) if told is not None else 1.0


_WEIGHED: Final = frozenset({"mg", "g", "ug", "IU", "U", "mL"})
_POWERS: Final = (
    *("alone", "sci", "flat", "mcaret", "mbracket", "mraised", "me"),
    *("scaret", "sbracket", "sraised", "se"),
)


def _counts_alone(match: re.Match[str], bases: list[str]) -> bool:
    """Whether a power of ten without a unit can only be a number of cells: of no else so many."""
    return "kg" in bases or any(
        match[f"{side}{part}"] for side in "ab" for part in (*_POWERS, "scale") if part != "flat"
    )


def _first_of_two(match: re.Match[str]) -> Amount | None:
    flags: list[str] = []
    low, _ = _number(match, "a", False, flags)
    if low is None or low <= 0:
        return None
    unit = _named_unit(match["first_unit"])
    return Amount(low, None, unit, (), match.start(), match.end("first_unit"), tuple(flags))


def _named_unit(name: str) -> str:
    name = name.lower()
    return _UNITS.get(name if name in _UNITS else name.rstrip("s"), name)


def _unit(match: re.Match[str]) -> tuple[str, float]:
    if match["measured"]:
        name = match["measured"].lower()
        name = name if name in _UNITS else name.rstrip("s")
        return _UNITS.get(name, match["measured"]), _FACTORS.get(name, 1.0)
    if match["counted"]:
        name = match["counted"].lower()
        if name in ("cfu", "pfu", "ieq"):
            return name.upper(), 1.0
        if re.search(r"vesicle|particle|exosome|evs?\Z", name):
            return "particles", 1.0
        return "cells", 1.0
    return "", 1.0


def _basis(word: str) -> str:
    word = word.lower()
    if word.startswith(("k", "body")) and word != "knee":
        return "kg"
    if word.startswith(("m2", "m²", "m^", "sq")):
        return "m2"
    if word in ("d", "day") or word.startswith("24"):
        return "day"
    if word in ("h", "hr", "hour", "hours"):
        return "hour"
    if word.startswith("min"):
        return "minute"
    if word in ("ml", "cc", "l", "ul"):
        return "mL"
    if word.startswith(("time", "dose", "infusion", "injection", "administration")):
        return "dose"
    return word.rstrip("s")


def _ends(
    match: re.Match[str], counted: bool, flags: list[str]
) -> tuple[float | None, float | None]:
    """Low and high; a power or a scale word that only the second end has counts for both."""
    low, low_power = _number(match, "a", counted, flags)
    if not match["join"]:
        return low, None
    high, high_power = _number(match, "b", counted, flags)
    if low is not None and high_power != 1.0 and low_power == 1.0 and not match["aalone"]:
        low *= high_power
    return low, high


def _number(
    match: re.Match[str], side: str, counted: bool, flags: list[str]
) -> tuple[float | None, float]:
    """A number and the factor told with it."""
    factor = 1.0
    if scale := match[f"{side}scale"]:
        factor = _SCALES[scale[0].lower()]
    if match[f"{side}word"]:
        value = small_number(match[f"{side}word"])
        return (value * factor if value is not None else None), factor
    power = 1.0
    for part in ("pcaret", "pbracket", "praised", "pe", "sci", "mcaret", "mbracket", "mraised",
                 "me", "flat", "scaret", "sbracket", "sraised", "se"):  # fmt: skip
        if told := match[f"{side}{part}"]:
            exponent = int(told.translate(_SUPER))
            if exponent > 20:
                return None, 1.0
            power = float(10**exponent)
            if part == "flat":
                flags.append("superscript repaired")
            elif part in ("pe", "me"):
                flags.append("E read as power of ten")
            elif part.startswith("s") and part != "sci":
                flags.append("multiplication sign supplied")
                flags += ["E read as power of ten"] if part == "se" else []
    if power > 1 and factor > 1:
        return None, 1.0  # "10^6 million" is a slip, and which was meant is not told
    digits = match[f"{side}digits"]
    value = _plain(digits, counted, power * factor, flags) if digits else 1.0
    return value * power * factor, power * factor


def _plain(digits: str, counted: bool, factor: float, flags: list[str]) -> float:
    """Digits with separators of thousands or a decimal comma."""
    if re.fullmatch(r"[0-9]{1,3}(?: [0-9]{3})+", digits):
        return float(digits.replace(" ", ""))
    if re.fullmatch(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?", digits):
        return float(digits.replace(",", ""))
    if re.fullmatch(r"[0-9]{1,3}(?:\.[0-9]{3}){2,}", digits):
        return float(digits.replace(".", ""))
    if counted and factor == 1.0 and re.fullmatch(r"[1-9][0-9]{0,2}\.[0-9]{3}", digits):
        flags.append("point read as separator of thousands")
        return float(digits.replace(".", ""))
    if "," in digits:
        flags.append("comma read as decimal sign")
    return float(digits.replace(",", "."))
