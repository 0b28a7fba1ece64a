"""The figures of one table cell, by the form in which they are printed.

What the figures are (a count, a mean, a median) is not told by a cell; that is for its headings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from trialweave.model import PValue
from trialweave.results.tokens import find_p_values

__all__ = ["Figure", "Form", "decimal_commas", "read_cell", "read_p"]

Form = Literal["a", "(a)", "a ± b", "a (b)", "a (b-c)", "a/b", "(b-c)"]
_LONGEST = 90  # characters of a cell of figures


@dataclass(frozen=True, slots=True)
class Figure:
    """Up to three numbers as plain decimals with a point; which have a per cent sign.

    "a/b" has in `c` the percentage that stands beside it, "" where none does; "a (b)" and "a/b" are
    in the order count, percentage where the signs tell that it was printed the other way round.
    `spread` is "sd" or "se" where the cell itself calls `b` so.
    """

    form: Form
    a: str
    b: str = ""
    c: str = ""
    percent_a: bool = False
    percent_b: bool = False
    spread: str = ""

    @property
    def whole(self) -> bool:
        """Whether `a` is printed as a whole number."""
        return self.a.isdigit()


_DIGITS = (
    r"(?:\d{1,3}(?:\s\d{3})+(?![\d.,])|\d{1,3}(?:,\d{3})+(?:[.·⋅∙]\d{1,6})?(?!\d)|"
    r"\d{1,9}(?:[.,·⋅∙]\d{1,8})?|[.·⋅∙]\d{1,8})"
)
# All that stands behind a number and is none; taken whole, never tried again in parts
_MARK = r"(?:\s?\^[\w,*†‡§¶#^]{1,9}+|\s?\[[a-z*†‡§¶#]\]|\s?[*†‡§¶#ǁ‖¤]|[a-z]{1,3}+(?!\w))*+"
_SIGN = r"[-+−–‐]?\s?"
_N = rf"{_SIGN}{_DIGITS}"
_TO = r"\s?(?:to|and|[-–—−‐,;~/])\s?"
# limits or a percentage of the start behind a mean and its spread: "69.3 (12.6) [52-107]"
_FURTHER = rf"(?:\s?[\[(]\s?(?:{_N}{_TO}{_N}|{_N}\s?%)\s?[\])]{_MARK})?+"
_PATTERNS: tuple[tuple[Form, re.Pattern[str]], ...] = tuple(
    (form, re.compile(pattern))  # type: ignore[misc]
    for form, pattern in (
        ("a/b", rf"(?P<a>\d{{1,7}})\s?(?:/|of|out of)\s?(?P<b>\d{{1,7}}){_MARK}"
                rf"(?:[\s,;]*[\[(]?\s?(?P<c>{_DIGITS})\s?(?P<pc>%)?\s?[\])]?{_MARK})?"),
        ("a/b", rf"(?P<c>{_DIGITS})\s?(?P<pc>%)?\s?[\[(]\s?(?P<a>\d{{1,7}})\s?/\s?"
                rf"(?P<b>\d{{1,7}})\s?[\])]{_MARK}"),
        ("a ± b", rf"(?P<a>{_N}){_MARK}\s?(?P<pa>%)?\s?[\[(]?\s?(?:±|\+/?\s?[-−–])\s?"
                  rf"(?P<b>{_DIGITS})\s?(?P<pb>%)?\s?[\])]?{_MARK}{_FURTHER}"),
        ("a (b)", rf"(?P<a>{_N})\s?(?P<pa>%)?{_MARK}\s?[\[(]\s?(?:n\s?=\s?)?(?P<spread>SD\s?|SE\s?|"
                  rf"SEM\s?)?[=:]?\s?(?P<b>{_DIGITS})\s?(?P<pb>%)?{_MARK}\s?[\])]{_MARK}{_FURTHER}"),
        ("a (b)", rf"(?P<a>\d{{1,7}})\s?,?\s(?P<b>{_DIGITS})\s?(?P<pb>%){_MARK}"),
        ("a (b-c)", rf"(?P<a>{_N})\s?(?P<pa>%)?{_MARK}\s?[,;]?\s?[\[(]\s?(?:(?:95\s?%\s?)?"
                    rf"(?:CI|IQR|range)\s?[=:,]?\s?)?(?P<b>{_N})\s?%?{_TO}(?P<c>{_N})\s?%?"
                    rf"\s?[\])]{_MARK}"),
        ("(a)", rf"[\[(]\s?(?:±\s?)?(?P<a>{_DIGITS})\s?(?P<pa>%)?{_MARK}\s?[\])]{_MARK}"),
        ("(a)", rf"(?:±|\+/?[-−–])\s?(?P<a>{_DIGITS}){_MARK}"),
        ("a", rf"(?P<a>{_N})\s?(?P<pa>%)?{_MARK}"),
        ("(b-c)", rf"[\[(]\s?(?P<b>{_N})\s?%?{_TO}(?P<c>{_N})\s?%?\s?[\])]{_MARK}"),
        ("(b-c)", rf"(?P<b>{_N})\s?%?\s?(?:to|[-–—−‐])\s?(?P<c>{_N})\s?%?{_MARK}"),
    )
)  # fmt: skip
_POWER = re.compile(r"10\s?\^|[×x*]\s?10|\d[eE][-+]?\d")
_POINT = re.compile(r"[.,·⋅∙]")
_LOST_POINT = re.compile(r"[-+−–‐]?0\d+")  # "096"
_COMMA = re.compile(r"[-+−–‐]?\d{1,4},\d{1,2}")
_THOUSANDS = re.compile(r"[-+−–‐]?\d{1,3}(?:,\d{3})+(?:[.·⋅∙]\d+)?")


def decimal_commas(texts: Iterable[str]) -> bool:
    """Whether the cells of a table write decimals with a comma: some do, and none with a point."""
    with_comma = False
    for text in texts:
        if re.search(r"\d[.·⋅∙]\d", text):
            return False
        with_comma = with_comma or re.search(r"\d,\d{1,2}(?!\d)", text) is not None
    return with_comma


def read_cell(text: str, *, commas: bool = False) -> Figure | None:
    """The figures of a cell that holds figures and nothing else; None for any other text.

    `commas`: the table writes decimals with a comma. Signs of footnotes behind a number are left
    out; powers of ten and signs of inequality are no figures here.
    """
    text = text.strip()
    if not text or len(text) > _LONGEST or not any(c.isdigit() for c in text):
        return None
    if _POWER.search(text):
        return None
    for form, pattern in _PATTERNS:
        match = pattern.fullmatch(text)
        if match is not None:
            return _figure(form, match.groupdict(), commas)
    return None


def _figure(form: Form, parts: dict[str, str | None], commas: bool) -> Figure | None:
    raw = [(parts.get(key) or "").replace(" ", "") for key in "abc"]
    if form == "a ± b" and any(_COMMA.fullmatch(each) for each in raw):
        commas = not any(_THOUSANDS.fullmatch(each) for each in raw)  # "78,4 ± 3,8": one number
    if not commas and any("," in each and not _THOUSANDS.fullmatch(each) for each in raw):
        return None  # "3 (2,5)" in a table of decimal points: two numbers, or one
    if any(_LOST_POINT.fullmatch(each) for each in raw):
        return None
    a, b, c = (_plain(each, commas) for each in raw)
    percent_a, percent_b = bool(parts.get("pa")), bool(parts.get("pb"))
    spread = (parts.get("spread") or "").strip().lower()
    if form == "a (b)" and percent_a and not percent_b and b.isdigit():
        a, b, percent_a, percent_b = b, a, False, True
    return Figure(form, a, b, c, percent_a, percent_b, "se" if spread == "sem" else spread)


def _plain(text: str, commas: bool) -> str:
    """The decimal with a point and a plain minus, all digits as printed."""
    if not text:
        return ""
    sign = "-" if text[0] in "-−–‐" else ""
    text = text.lstrip("-+−–‐")
    text = _POINT.sub(".", text if commas else text.replace(",", ""))
    return f"{sign}0{text}" if text.startswith(".") else sign + text


_P_CELL = re.compile(
    rf"(?:[Pp](?:[\s-]?values?)?\s?)?(?P<operator><=|>=|[<>=≤≥⩽⩾])?\s?"
    rf"(?P<number>[01]?[.,·⋅∙]\d{{1,8}}|[01]){_MARK}(?:[\s,]{{1,2}}+[a-z*†‡§]{{1,2}}+){{0,4}}+"
)


def read_p(text: str, heading: str = "") -> PValue | None:
    """The P value of a cell in a column of such, with a test that `heading` names; else None."""
    text = text.strip()
    match = _P_CELL.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        return None
    printed = f"{heading[-50:]} P {match['operator'] or '='} {match['number']}"
    return next(find_p_values(printed), None)
