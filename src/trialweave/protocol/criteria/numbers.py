"""Numbers in criteria: thousands and decimals, powers of ten, limits of normal.

A written number can have two readings ("50.000", "1,500"); both are kept, the likelier first, and
whoever knows what is measured may choose the other. A power of ten whose raised digits an export
has lowered ("3.0 x 109/L") is read as the power, and said to be repaired.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

__all__ = ["NUMBER", "WORDS", "Number", "Times", "number_at", "times_normal"]

WORDS: Final = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14,
    "fifteen": 15, "sixteen": 16, "eighteen": 18, "twenty": 20, "twenty-four": 24,
    "twenty-eight": 28, "thirty": 30, "forty-eight": 48, "sixty": 60, "seventy-two": 72,
    "ninety": 90, "twice": 2, "double": 2, "half": 0.5,
}  # fmt: skip
_WORD: Final = "|".join(sorted(WORDS, key=len, reverse=True))
NUMBER: Final = re.compile(
    r"(?:(?<![a-z\d])|(?<=\bto)|(?<=\band)|(?<=\bor))(?<![^<>]_)(?<!\d[.,])"
    r"(?:(?P<grouped>\d{1,3}(?:,\d{3}){2,}(?:\.\d+)?|\d{1,3},\d{3}\.\d+|\d{1,3}(?:\.\d{3}){2,}"
    r"|\d{1,3}(?: \d{3})+)(?![\d,.]\d|\d)"
    r"|(?P<either>\d{1,3}[.,]\d{3})(?!\d)|(?P<decimal>\d{1,12}[.,·]\d{1,9})(?!\d)"
    rf"|(?P<whole>\d{{1,15}})|(?P<point>\.\d{{1,9}})|(?P<word>{_WORD})(?![a-z]))"
)
_TIMES: Final = r"(?:x|\*|·|√ó|ã—|times\b)"
_POWER: Final = re.compile(
    rf"\s?(?P<sign>{_TIMES})?\s?(?<!\d)10\s?(?P<mark>\^|\*\*?|e\+?|\(|exp"
    rf"|sup)?\s?(?P<digits>\d{{1,2}})\)?(?!\d|[.,]\d)"
)
_BARE_POWER: Final = re.compile(r"\s?(?:\^|\*\*?|e\+?)\s?(\d{1,2})(?!\d)")
_E_POWER: Final = re.compile(r"e\+?(\d{1,2})(?![\d.])")
_DAYS_OF_WEEK: Final = re.compile(
    r"(?:\s?\+|\s)\s?([0-6])\s?/\s?7(?!\d)|\s?\+\s?([0-6])(?=\s*(?:weeks|wks?\b|w\b|gestation))"
)
_COUNTED: Final = re.compile(
    r"\s*(?:/|per\b|cells?\b|copies\b|platelets\b|iu\b|l\b|cfu\b|pfu\b|vg\b|particles\b|[;,.)]|$)"
)
_FILLER: Final = (
    r"(?:(?:the|of|above|over|higher|greater|more|than|institutional|institution'?s?|local|lab'?s?"
    r"|laborator(?:y|ies)'?s?|site|respective|age|adjusted|its|their|normal|value|reference"
    r"|standard"
    r"|clinical|central|hospital|specific|testing|defined|respectively|to|for|facility|individual)"
    r"[\s,-]+){0,7}"
)
_LIMIT: Final = re.compile(
    rf"(?P<times>\s{{0,24}}-?(?:{_TIMES}|fold\b)(?:\s?(?:x|√ó)(?=\s))?)?\s*\(?(?P<filler>{_FILLER})"
    r"\(?(?P<head>i?-?ulns?\b|u\.l\.n\.?|unl\b|lsn\b|uln|llns?\b|upln\b"
    r"|(?P<side>upper|lower)[\s-]+(?:normal[\s-]+|institutional\s+|laboratory\s+|reference\s+)?"
    r"(?:limits?|range|levels?|bounds?|boundary|values?|end|normal|threshold)"
    r"(?:\s+(?:of|for)(?:\s+the)?(?:\s+(?:institutional|laboratory|local|reference))?\s+"
    r"(?:normal|reference|range|lab\w{0,10})(?:\s+(?:range|values?|limits?|interval|level))?"
    r"|\s+normal)?|normal\s+(?P<side2>upper|lower)\s+limits?"
    r"|(?P<plain>normal(?:\s+(?:limits?|range|values?|levels?|upper))?\b))"
    r"(?:\s*[\(\[](?:i?uln|lln|unl|n)[\)\]])?"
)


_BARE_TIMES: Final = re.compile(r"\s?x(?=\s*[,;)]|\s+(?:and|or)\b)")


class Number(NamedTuple):
    """A number as written: its likelier value, the other one where there are two, and its end.

    `power` is the exponent of a power of ten beside it, 0 where there is none; `repaired` says that
    the raised digits stood lowered.
    """

    start: int
    end: int
    value: float
    other: float | None
    power: int
    repaired: bool
    word: bool


class Times(NamedTuple):
    """A multiple of a limit of normal: "upper" or "lower", and where it ends."""

    side: str
    end: int
    said: bool  # with a word or sign for "times", or with the limit named


def _value(match: re.Match[str]) -> tuple[float, float | None]:
    written = match[0]
    if match["word"]:
        return float(WORDS[written]), None
    if match["whole"] or match["point"]:
        return float(written), None
    if match["decimal"]:
        return float(written.replace(",", ".").replace("·", ".")), None
    if match["grouped"]:
        head, _, tail = written.partition(".") if "," in written else (written, "", "")
        value = float(re.sub(r"[ ,.]", "", head) + (f".{tail}" if tail else ""))
        return value, None
    decimal = float(written.replace(",", "."))
    thousands = float(re.sub(r"[.,]", "", written))
    if written.startswith("0"):
        return decimal, None
    if "," in written or written.endswith("000"):
        return thousands, decimal
    return decimal, thousands


def number_at(match: re.Match[str], plain_text: str, received: str) -> Number:
    """The number of a match of `NUMBER`, with the power of ten that may follow it.

    `received` is the text before it was made plain: whether digits were raised shows there.
    """
    value, other = _value(match)
    end, power, repaired = match.end(), 0, False
    if match["whole"] and (weeks := _DAYS_OF_WEEK.match(plain_text, end)):
        days = int(weeks[1] or weeks[2])
        return Number(match.start(), weeks.end(), value + days / 7, None, 0, False, False)
    if not match["word"] and end < len(plain_text):
        if match[0] == "10" and (bare := _BARE_POWER.match(plain_text, end)):
            return Number(match.start(), bare.end(), 1.0, None, int(bare[1]), False, False)
        if match[0] == "10" and received[end : end + 1] in "⁰¹²³⁴⁵⁶⁷⁸⁹" and received[end:]:
            raised = re.compile(r"\d{1,2}").match(plain_text, end)
            if raised:
                return Number(match.start(), raised.end(), 1.0, None, int(raised[0]), False, False)
        found = _POWER.match(plain_text, end)
        if found and _is_power(found, plain_text, received):
            marked = bool(found["mark"]) or received[found.start("digits")] in "⁰¹²³⁴⁵⁶⁷⁸⁹"
            end, power, repaired = found.end(), int(found["digits"]), not marked
        elif short := _E_POWER.match(plain_text, end):
            end, power = short.end(), int(short[1])
    return Number(match.start(), end, value, other, power, repaired, bool(match["word"]))


def _is_power(found: re.Match[str], plain_text: str, received: str) -> bool:
    exponent = int(found["digits"])
    if not 2 <= exponent <= 15:
        return False
    if found["mark"] or received[found.start("digits")] in "⁰¹²³⁴⁵⁶⁷⁸⁹":
        return True
    return exponent >= 3 and _COUNTED.match(plain_text, found.end()) is not None


def times_normal(plain_text: str, at: int, *, after_operator: bool = False) -> Times | None:
    """The limit of normal of which the number before `at` is a multiple; None where none is named.

    After an operator the limit may stand alone ("> ULN").
    """
    found = _LIMIT.match(plain_text, at, min(len(plain_text), at + 200))
    if found is None:
        if (bare := _BARE_TIMES.match(plain_text, at)) and not after_operator:
            ahead = plain_text[at : at + 160]
            if "uln" in ahead or "upper" in ahead:  # "< 2x, ALT < 3x upper limit of normal"
                return Times("upper", bare.end(), False)
        return None
    if found["plain"] and (not found["times"] or after_operator) and "uln" not in found[0]:
        return None
    head = found["head"]
    side = found["side"] or found["side2"] or ("lower" if head.startswith("lln") else "upper")
    return Times(side, found.end(), True)
