"""Test statistics in running text with their P: ``t(28) = 2.20, p = .036``.

Read are t, F, chi-square, r, Q and z as psychology's manual of style prints them, and the forms of
medical articles that state the degrees of freedom beside (``t = 2.2, df = 28, P = 0.036``). What
does not state them is not read, nor are degrees of freedom with a thousands comma.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from trialweave.model import PValue

__all__ = ["Kind", "TestStatement", "explains_other_p", "read_test_statistics"]

Kind = Literal["t", "F", "chi2", "z", "r", "Q"]


@dataclass(frozen=True, slots=True)
class TestStatement:
    """A statistic as printed, its degrees of freedom (None where it has none) and its P.

    `start` and `end` are characters of the text read.
    """

    kind: Kind
    value: str
    df1: float | None
    df2: float | None
    p: PValue
    start: int
    end: int


_DF: Final = r"(?P<df%s>\d{1,7}(?:\.\d{1,4})?)"
_VALUE: Final = r"(?P<value>[-−–]?\s?\d{0,7}\.?\d{1,6})(?![\d,.]{0,9}\d)"
_P: Final = (
    r"\s?[,;]?\s{0,2}(?:\(?(?:two|one)-(?:tailed|sided)\)?\s?[,;]?\s?)?"
    r"(?:(?P<ns>n\.?s\b\.?)|[pP](?:[- ][vV]alue)?\s{0,2}(?P<sign>[=<>≤≥])\s{0,2}"
    r"(?P<p>\d?[.·]\d{1,12}(?:[eE][-−]\d{1,3})?))"
)
_NAMES: Final = (
    ("t", r"(?<![\w.])t"),
    ("F", r"(?<![\w.])F"),
    ("r", r"(?<![\w.])r"),
    ("Q", r"(?<![\w.])Q(?:[- ]?(?:b|w|between|within))?"),
    ("chi2", r"(?:[χΧ]\s?\^?[2²]|(?<![\w.])(?:chi|X)\s?-?\^?(?:2|²|[- ]?squared?))"),
)
_WITHIN: Final = {
    "F": rf"\s?\(\s?{_DF % 1}\s?[,;]\s?{_DF % 2}\s?\)",
    "chi2": rf"\s?\(\s?{_DF % 1}\s?(?:[,;]\s?[nN]\s?=\s?\d{{1,7}}\s?)?\)",
}
_ONE_DF: Final = rf"\s?\(\s?{_DF % 1}\s?\)"
_PATTERNS: Final = (
    *(
        (
            kind,
            re.compile(rf"{name}{_WITHIN.get(kind, _ONE_DF)}\s?=\s?{_VALUE}{_P}"),
        )
        for kind, name in _NAMES
    ),
    *(
        (
            kind,
            re.compile(
                rf"{name}\s?=\s?{_VALUE}\s?[,;]\s?(?:df|d\.f\.)\s?=\s?{_DF % 1}"
                + (rf"\s?[,;/]\s?{_DF % 2}" if kind == "F" else "")
                + _P
            ),
        )
        for kind, name in _NAMES
    ),
    ("z", re.compile(rf"(?<![\w.])[zZ]\s?=\s?{_VALUE}{_P}")),
)
_ONE_SIDED: Final = re.compile(
    r"\bone[- ]?(?:tailed|sided)|\b1-(?:tailed|sided)|\bdirectional\b", re.IGNORECASE
)
_CORRECTED: Final = re.compile(
    r"bonferroni|\bholm\b|hochberg|greenhouse|huynh|false discovery|\bfdr\b|tukey|dunnett|"
    r"(?:corrected|adjusted) (?:for|p\b|alpha)|multiplicity",
    re.IGNORECASE,
)
_SIGNS: Final[dict[str, Literal["=", "<", ">", "<=", ">="]]] = {
    "=": "=", "<": "<", ">": ">", "≤": "<=", "≥": ">=",
}  # fmt: skip
_MOST: Final = 500


def read_test_statistics(text: str) -> tuple[TestStatement, ...]:
    """The statements of a text in their order, at most 500; time grows with its length."""
    found = sorted((match.start(), match.end(), kind, match) for kind, match in _matches(text))
    statements: list[TestStatement] = []
    for start, end, kind, match in found[:_MOST]:
        groups = match.groupdict()
        df1, df2 = groups.get("df1"), groups.get("df2")
        statements.append(
            TestStatement(
                kind,
                "".join(match["value"].split()).replace("−", "-").replace("–", "-"),
                float(df1) if df1 else None,
                float(df2) if df2 else None,
                _p_of(match),
                start,
                end,
            )
        )
    return tuple(statements)


def explains_other_p(text: str) -> bool:
    """Whether a text speaks of one-sided tests, or of P values corrected for several tests."""
    return bool(_ONE_SIDED.search(text) or _CORRECTED.search(text))


def _matches(text: str) -> Iterator[tuple[Kind, re.Match[str]]]:
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            yield kind, match  # type: ignore[misc]


def _p_of(match: re.Match[str]) -> PValue:
    """The P as printed; "ns" is P > 0.05."""
    if match["ns"]:
        return PValue(operator=">", text="0.05")
    text = match["p"].replace("·", ".").replace("−", "-")
    return PValue(operator=_SIGNS[match["sign"]], text="0" + text if text[0] == "." else text)
