"""Means and medians as a sentence prints them, with what their spread is where that is said.

Forms: ``5.2 ± 1.3 days``, ``5.2 (SD 1.3)``, ``M = 5.2, SD = 1.3``, ``5.2 (1.3)`` where the sentence
or the methods say "mean (SD)", ``5.2 (95% CI 4.1 to 6.3)``, ``7 [IQR 5-9]``, ``12.1`` after "mean".
Of a value before and after ("from 25 ± 3 to 20 ± 2") the later one is the result. A spread that
nothing names stays unnamed: it is neither SD nor SE.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from trialweave.results.groups import Mention
from trialweave.results.tokens import Token

__all__ = ["Declared", "Quantity", "declared", "find_quantities"]

Spread = Literal["", "SD", "SE"]
Limits = Literal["", "IQR", "range", "CI"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A mean or median at tokens `first` to `last` (exclusive), numbers as plain decimals.

    `before` is the earlier value of a pair, "" where there is none; a `bare` one shows no spread.
    """

    first: int
    last: int
    kind: Literal["mean", "median"]
    value: str
    spread: str = ""
    spread_kind: Spread = ""
    lower: str = ""
    upper: str = ""
    limits: Limits = ""
    unit: str = ""
    before: str = ""
    form: str = "quantity"
    noun: tuple[int, int] = (0, 0)
    inner: Mention | None = None

    @property
    def bare(self) -> bool:
        return not self.spread and not self.lower

    @property
    def size(self) -> float | None:
        return float(self.value)

    @property
    def complete(self) -> bool:
        return not self.bare


@dataclass(frozen=True, slots=True)
class Declared:
    """What a text says that its figures are: the spread, and what stands in brackets."""

    spread: Spread = ""
    bracketed: bool = False


_SD = r"SDs?|S\.\s?D\.|s\.\s?d\.|sd|[Ss]tandard\s[Dd]eviations?"
_SE = r"SEMs?|SEs?|S\.\s?E\.(?:\s?M\.)?|s\.\s?e\.(?:\s?m\.)?|sem|[Ss]tandard\s[Ee]rrors?"
_DECLARED = re.compile(
    r"(?i:\b(?:means?|averages?))(?:\s(?i:values?|scores?|changes?))?\s?"
    r"(?P<how>±|\(\s?±?|\[\s?±?|,|\band\b|\bor\b|\bplus\b|\bwith\b|\+)\s?"
    r"(?:(?i:its?|the|their|one|1|minus|or|as)\s){0,3}"
    rf"(?:(?P<sd>{_SD})|(?P<se>{_SE}))(?![A-Za-z])"
)
# not with its own number behind it: "(difference 1.9, SE 0.8)" says nothing of other figures
_NAMED = re.compile(
    rf"(?<![\w-])(?:(?P<sd>{_SD})|(?P<se>{_SE}))(?![\w-])(?!\s?[=:,]?\s?(?:of\s)?±?\s?\d)"
)
_LIMITS = re.compile(
    r"\b(?:(?P<iqr>IQRs?|[Ii]nter-?\s?quartile|25th|quartiles?|Q1)"
    r"|(?P<ci>95\s?%\s?(?:CI|confidence))|(?P<range>[Rr]anges?|min(?:imum)?[-–]))"
)


def declared(texts: Iterable[str]) -> Declared:
    """What the texts of a record say of all its means ("values are mean ± SD"); both give none."""
    kinds: set[Spread] = set()
    bracketed = False
    for text in texts:
        for match in _DECLARED.finditer(text):
            kinds.add("SD" if match["sd"] else "SE")
            bracketed = bracketed or match["how"][0] in "(["
    return Declared(kinds.pop() if len(kinds) == 1 else "", bracketed)


def _declared_in(text: str, of_record: Declared) -> Declared:
    """What the sentence says of its own means, and where it is silent what the record says."""
    kinds: set[Spread] = {"SD" if match["sd"] else "SE" for match in _NAMED.finditer(text)}
    spread: Spread = kinds.pop() if len(kinds) == 1 else "" if kinds else of_record.spread
    own = _DECLARED.search(text)
    bracketed = own["how"][0] in "([" if own else of_record.bracketed
    return Declared(spread, bracketed)


def _limits_named(text: str) -> Limits:
    """What limits a text names; "" where it names none or several."""
    limits: set[Limits] = set()
    for match in _LIMITS.finditer(text):
        limits.add("IQR" if match["iqr"] else "CI" if match["ci"] else "range")
    if limits == {"range", "IQR"}:
        return "IQR"  # "interquartile range"
    return limits.pop() if len(limits) == 1 else ""


_NUMBERS = frozenset({"int", "number", "percent"})
_MINUS = frozenset("-−–")
_UNIT = re.compile(
    r"\s?[-‐‑]?(?:%|°\s?C|(?:percentage\s)?points?|mm\s?Hg|cm\s?H2O|"
    r"(?:[munpkMdcµμ]?(?:g|L|l|mol|m|Pa|U|IU|Eq|s|Hz|V|Sv)|mcg|kcal|cal|gm|gms|d|h|hrs?|hours?|"
    r"days?|weeks?|wks?|months?|years?|yrs?|min|mins|minutes?|sec|seconds?|beats|bpm|breaths|"
    r"units?|cells|steps|kJ|MET|METs|copies|score))(?![\w^])"
    r"(?:\s?[/·]\s?(?:\d{1,4}\s?)?[A-Za-zµμ]{1,9}\d?\^?[23]?){0,3}(?:\s?per\s[a-z]{1,9})?"
)
_BEFORE_LABEL = frozenset(
    """day days week weeks month months year years grade grades stage phase group groups arm level
    type class table tables fig figure step version cohort visit part ref category cycle χ t f z r
    df than least most from n no number × x ^ / < > ≤ ≥ ~ α β""".split()  # noqa: SIM905
) - {"from", "than"}
_MEAN = frozenset({"mean", "means", "average", "averaged", "averages", "m"})
_MEDIAN = frozenset({"median", "medians", "mdn"})
_LIMIT_WORDS = frozenset(
    """exceeding exceeds threshold mcid cut-off cutoff target minimum minimal maximum limit normal
    reference than least most about approximately scale""".split()  # noqa: SIM905
)
_LABELS: dict[str, Spread] = {"sd": "SD", "sds": "SD", "se": "SE", "sem": "SE", "sems": "SE"}
_IQR = frozenset({"iqr", "interquartile", "inter-quartile", "iqrs", "q1"})
_OPEN = {"(": ")", "[": "]"}
_BETWEEN = frozenset({"-", "–", "—", "−", "to", ",", ";", "and"})


def find_quantities(
    tokens: Sequence[Token], text: str, of_record: Declared | None = None
) -> list[Quantity]:
    """The means and medians of a sentence in order, none overlapping another."""
    if not any(token.kind in _NUMBERS for token in tokens):
        return []
    plain = text
    for token in tokens:
        if token.kind == "effect":  # what is said in it is said of the effect
            plain = plain[: token.start] + " " * (token.end - token.start) + plain[token.end :]
    reader = _Reader(tokens, plain, _declared_in(plain, of_record or Declared()))
    found: list[Quantity] = []
    index = 0
    while index < len(tokens):
        quantity = reader.at(index) if tokens[index].kind in _NUMBERS else None
        if quantity is None:
            index += 1
        else:
            found.append(quantity)
            index = quantity.last
    return _later(found, tokens)


def _later(found: Sequence[Quantity], tokens: Sequence[Token]) -> list[Quantity]:
    """Pairs "from A to B" as B alone."""
    kept: list[Quantity] = []
    for quantity in found:
        earlier = kept[-1] if kept else None
        if (
            earlier is not None
            and tokens[earlier.first - 1].low == "from"
            and 0 < quantity.first - earlier.last < 8
            and any(t.low == "to" for t in tokens[earlier.last : quantity.first])
        ):
            kept[-1] = replace(quantity, first=earlier.first, before=earlier.value)
        else:
            kept.append(quantity)
    return [q for q in kept if q.before or tokens[q.first - 1].low != "from"]


class _Reader:
    """A sentence's tokens with what its figures are declared to be."""

    def __init__(self, tokens: Sequence[Token], text: str, said: Declared) -> None:
        self.tokens = tokens
        self.text = text
        self.said = said
        self.kinds: list[Literal["", "mean", "median"]] = []
        kind: Literal["", "mean", "median"] = ""
        for token in tokens:
            if token.low in _MEAN and (token.low != "m" or token.capital):
                kind = "mean"
            elif token.low in _MEDIAN:
                kind = "median"
            self.kinds.append(kind)

    def low(self, index: int) -> str:
        return self.tokens[index].low if 0 <= index < len(self.tokens) else ""

    def number(self, index: int) -> tuple[str, int] | None:
        """The plain decimal at `index`, its sign included, and the index behind it."""
        sign = ""
        if self.low(index) in _MINUS or self.low(index) == "+":
            sign = "" if self.low(index) == "+" else "-"
            index += 1
        if not 0 <= index < len(self.tokens) or self.tokens[index].kind not in _NUMBERS:
            return None
        plain = _plain(self.tokens[index])
        return (sign + plain, index + 1) if plain else None

    def at(self, index: int) -> Quantity | None:
        """The quantity whose first number is token `index`; None where it is none."""
        token = self.tokens[index]
        value = _plain(token)
        first = index
        before = self.low(index - 1)
        if before in _MINUS or before == "+":
            spaced = index > 1 and self.tokens[index - 2].kind in _NUMBERS
            if spaced or self.low(index - 2) in _MINUS:
                return None  # the end of a range
            value = ("-" if before in _MINUS else "") + value
            first, before = index - 1, self.low(index - 2)
        if before in ("=", ":") and self.low(first - 2) in _MEAN | _MEDIAN:
            first -= 2
        elif not value or before in _BEFORE_LABEL or before in ("=", "±", ""):
            return None
        cursor, unit = self.unit(index + 1, token)
        kind = self.kinds[index] or "mean"
        made = Quantity(first, cursor, kind, value, unit=unit)
        following = self.low(cursor)
        if following == "±":
            return self.plus_minus(made, cursor)
        if following in _OPEN:
            if (inside := self.bracket(made, cursor, token)) is not None:
                return inside
        elif following == "," and self.low(cursor + 1) in _LABELS:
            return self.labelled(made, cursor + 1)
        return self.without_spread(made, index, cursor)

    def unit(self, index: int, token: Token) -> tuple[int, str]:
        """The index behind a unit at `index`, and the unit."""
        if token.kind == "percent":
            return index, "%"
        match = _UNIT.match(self.text, token.end)
        if match is None:
            return index, ""
        while index < len(self.tokens) and self.tokens[index].start < match.end():
            index += 1
        return index, match.group().strip(" -‐‑")

    def plus_minus(self, made: Quantity, cursor: int) -> Quantity | None:
        read = self.number(cursor + 1)
        if read is None or made.kind == "median" or read[0].startswith("-"):
            return None
        last, unit = self.unit(read[1], self.tokens[read[1] - 1])
        kind = self.said.spread
        if self.low(last) in _OPEN and self.low(last + 1) in _LABELS:
            kind, last = _LABELS[self.low(last + 1)], last + 3
        return replace(made, last=last, spread=read[0], spread_kind=kind, unit=unit or made.unit)

    def labelled(self, made: Quantity, index: int) -> Quantity | None:
        """``SD = 1.3`` at `index`."""
        kind = _LABELS[self.low(index)]
        index += 1
        if self.low(index) in ("=", ":", ",", "of", "±"):
            index += 1
        read = self.number(index)
        if read is None or made.kind == "median":
            return None
        last, unit = self.unit(read[1], self.tokens[read[1] - 1])
        return replace(made, last=last, spread=read[0], spread_kind=kind, unit=made.unit or unit)

    def closed(self, quantity: Quantity | None, closing: str) -> Quantity | None:
        """The quantity with everything up to the closing bracket, if that is near."""
        if quantity is None:
            return None
        for index in range(quantity.last, min(quantity.last + 12, len(self.tokens))):
            if self.low(index) == closing:
                inside = self.tokens[quantity.last : index]
                if any(token.kind in ("p", "effect") for token in inside):
                    return quantity
                return replace(quantity, last=index + 1)
            if self.low(index) in _OPEN:
                return None
        return None

    def bracket(self, made: Quantity, opening: int, token: Token) -> Quantity | None:
        """What stands in brackets behind a number: a spread, limits, or nothing of the kind."""
        closing = _OPEN[self.low(opening)]
        index = opening + 1
        inside = self.low(index)
        if inside in _LABELS:
            return self.closed(self.labelled(made, index), closing)
        if inside == "standard" and self.low(index + 1) in ("deviation", "error"):
            return None
        if inside == "±":
            read = self.number(index + 1)
            if read is None or made.kind == "median":
                return None
            spread = replace(made, last=read[1], spread=read[0], spread_kind=self.said.spread)
            return self.closed(spread, closing)
        if self.tokens[index].kind == "interval" if index < len(self.tokens) else False:
            return self.closed(self.interval(made, index), closing)
        limits: Limits = ""
        if inside in _IQR:
            limits = "IQR"
        elif inside == "range":
            limits = "range"
        if limits:
            return self.closed(self.bounds(made, index, limits), closing)
        return self.unlabelled(made, index, closing, token)

    def interval(self, made: Quantity, index: int) -> Quantity | None:
        match = re.search(
            r"([-−–+]?\d[\d.,·]*)\s?%?\s?(?:to|and|[-–—−,;])\s?([-−–+]?\d[\d.,·]*)\s*$",
            self.tokens[index].low,
        )
        if match is None or not self.kinds[index]:
            return None
        lower, upper = (_signed(part) for part in match.groups())
        return replace(made, last=index + 1, lower=lower, upper=upper, limits="CI")

    def bounds(self, made: Quantity, index: int, limits: Limits) -> Quantity | None:
        """``IQR: 5 to 9`` at `index`."""
        for _ in range(6):
            read = self.number(index)
            if read is not None:
                break
            if self.low(index) in (")", "]", ""):
                return None
            index += 1
        else:
            return None
        between = read[1]
        if self.low(between) not in _BETWEEN:
            return None
        second = self.number(between + 1)
        if second is None or not float(read[0]) <= float(second[0]):
            return None
        kind = made.kind if limits != "IQR" else "median"
        if limits != "IQR" and not self.kinds[index]:
            return None
        return replace(
            made, last=second[1], kind=kind, lower=read[0], upper=second[0], limits=limits
        )

    def unlabelled(self, made: Quantity, index: int, closing: str, token: Token) -> Quantity | None:
        """``5.2 (1.3)`` and ``7 (5-9)``, where sentence or methods say what they are."""
        read = self.number(index)
        if read is None:
            return None
        if self.low(read[1]) == closing:
            named = self.kinds[index] == "mean" and self.said.spread and self.said.bracketed
            percent = token.kind == "percent" or self.tokens[read[1] - 1].kind == "percent"
            if not named or percent or read[0].startswith("-"):
                return None
            return replace(made, last=read[1] + 1, spread=read[0], spread_kind=self.said.spread)
        if self.low(read[1]) in _BETWEEN and self.kinds[index]:
            said = _limits_named(self.text[: self.tokens[index].start])  # not what stands behind
            if said == "IQR" and self.kinds[index] != "median":
                return None
            return self.closed(self.bounds(made, index, said), closing)
        return None

    def without_spread(self, made: Quantity, index: int, cursor: int) -> Quantity | None:
        """A number alone, where "mean" or "median" stands before it and it is no count."""
        following = self.low(cursor)
        if any(self.low(i) in _LIMIT_WORDS for i in range(made.first - 4, made.first)):
            return None
        if not self.kinds[index] or self.tokens[index].kind == "percent":
            return None
        if following in ("/", "of", "±", "×", "^", "out") or following in _MINUS:
            return None
        if self.tokens[index].kind == "int" and not made.unit:
            return None
        return made


def _plain(token: Token) -> str:
    """The number of a token as a plain decimal; "" where its marks leave it open."""
    text = token.low
    if not text[:1].isdigit():
        return ""
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", text):
        return text.replace(",", "")
    if len(re.findall(r"[.,·⋅∙]", text)) > 1 or len(text) > 15:
        return ""
    return re.sub(r"[,·⋅∙]", ".", text)


def _signed(text: str) -> str:
    sign = "-" if text[0] in _MINUS else ""
    return sign + re.sub(r"[,·⋅∙]", ".", text.lstrip("-−–+").rstrip(".,·"))
