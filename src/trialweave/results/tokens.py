"""One sentence as tokens: words, whole numbers, percentages, P values, effects with interval.

P values, effects and confidence intervals are single tokens, so that the numbers inside them can
never be taken for results of a group. The scanner is one regular expression without nested
repetition: time is linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from trialweave.model import Effect, Passage, PValue
from trialweave.results.numbers import plain_decimal, whole_number

__all__ = ["Token", "as_effect", "as_p_value", "find_p_values", "legible", "tokenise"]

Kind = Literal["word", "int", "number", "percent", "p", "effect", "interval", "symbol"]


@dataclass(frozen=True, slots=True)
class Token:
    """Characters `start` to `end` of a sentence; `low` is the text in lower case.

    `number` is the value of an "int" token (digits or words); `low` of a "percent" token is the
    plain decimal without its sign.
    """

    kind: Kind
    low: str
    start: int
    end: int
    number: int = -1
    capital: bool = False  # starts with a capital letter


_DECIMAL = r"\d{1,6}(?:[.·⋅∙]\d{1,8}|,\d{1,8}(?![\d]))?"
_SIGNED = rf"[-−–+]?{_DECIMAL}"
_LEVEL = (
    r"(?:\d{2}(?:[.,]\d)?\s?%?[\s-]?)?"
    r"(?:CIs?|C\.I\.|(?i:confidence\s(?:intervals?|limits)|credible\sintervals?))%?"
    r"(?:\s?[\[(](?:CI|CrI)[\])])?"
)
_BOUNDS = rf"\s?[:,;=]?\s?[\[(]?\s?{_SIGNED}\s?%?\s?(?:to|and|[-–—−,;])\s?{_SIGNED}"
_MEASURE = (
    r"(?:a|c|u)?(?:RR|OR|HR)s?|a?IRR|RD|ARD|ARR|SMD|MD|WMD|"
    r"(?i:risk\sratio|relative\srisk|(?:incidence\s)?rate\sratio|odds\sratio|hazards?\sratio|"
    r"risk\sdifference|absolute\s(?:risk\s)?difference|standardi[sz]ed\smean\sdifference|"
    r"(?:weighted\s)?mean\sdifference|(?:between-group\s|treatment\s|group\s)?difference)s?"
)
# "hazard ratio for death was": what an effect is of may stand between its name and its estimate
_UNIT = (
    r"(?:\s?(?:%|percentage\spoints?|points?|mm\s?Hg|[A-Za-zµμ]{1,7}(?:/[A-Za-z\d^]{1,7}){0,2}))?"
)
_OF_WHAT = r"(?:\s(?:for|of|in|between|with|comparing|versus|vs|from)\s[^\d.;:()\[\]]{1,80}?)?"
_EFFECT = (
    rf"(?<![\w-])(?:{_MEASURE})(?![\w-])"
    rf"(?:\s?[\[(](?:a|c)?(?:RR|OR|HR|RD|IRR|MD|SMD)[\])])?{_OF_WHAT}"
    rf"\s?(?:[,:=]|of|was|is)?\s?{_SIGNED}{_UNIT}\s?[,;:]?\s?[\[(]?\s?"
    rf"(?:{_LEVEL}{_BOUNDS}|(?<=[\[(]){_SIGNED}\s?(?:to|[-–—,])\s?{_SIGNED})"
)
_P_NUMBER = (
    r"(?:\d(?:[.,·⋅∙]\d{1,4})?\s?[×x]\s?10\s?\^?\s?[-−–]\s?\d{1,3}"
    r"|\d(?:\.\d{1,4})?[eE][-−–]\d{1,3}|[01]?[.,·⋅∙]\d{1,10}|0/\d{2,6}|[01](?![\d.,·/%]\d))"
)
_P = (
    r"(?<![\w.])[Pp](?:[\s-]?(?i:values?))?(?:\sfor\s(?:the\s)?[a-z]{3,20})?\s?"
    r"(?:<=|>=|=<|&lt;=?|&gt;=?|[<>=≤≥⩽⩾:]|of|was|is)\s?" + _P_NUMBER + r"(?!\s?%)"
)
_SCAN = re.compile(
    rf"(?P<effect>{_EFFECT})"
    rf"|(?P<p>{_P})"
    rf"|(?P<interval>(?<![\w.]){_LEVEL}(?:{_BOUNDS})?)"
    r"|(?P<percent>(?<![\d.,·])\d{1,3}(?:[.,·⋅∙]\d{1,4})?\s?(?:%|٪|per\s?cent\b))"
    r"|(?P<mixed>(?<![\w.,])\d+(?:[-‐‑]?[^\W\d_][\w'’-]*))"
    r"|(?P<int>(?<![\w.,·])(?:\d{1,3}(?:,\d{3})+|\d+)(?![\d·]|[.,]\d))"
    r"|(?P<number>\d+(?:[.,·]\d+)*)"
    r"|(?P<word>[^\W\d_][\w'’+]*(?:[-‐‑–/+][^\W_][\w'’+]*)*)"
    r"|(?P<symbol>&lt;|&gt;|&amp;|\S)"
)
_P_PARTS = re.compile(
    r"^[Pp](?:[\s-]?values?)?(?P<qualifier>\sfor\s(?:the\s)?[a-z]{3,20})?\s?"
    r"(?P<operator><=|>=|=<|&lt;=?|&gt;=?|[<>=≤≥⩽⩾:]|of|was|is)\s?(?P<number>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_EFFECT_PARTS = re.compile(
    rf"^(?P<measure>{_MEASURE})(?:\s?[\[(][A-Za-z]{{2,4}}[\])])?{_OF_WHAT}\s?(?:[,:=]|of|was|is)?\s?"
    rf"(?P<estimate>{_SIGNED})(?P<percent>\s?(?:%|percentage\spoints?))?"
    rf"{_UNIT}\s?[,;:]?\s?[\[(]?\s?"
    rf"(?:(?P<level>\d{{2}}(?:[.,]\d)?)?(?P<label>.*?[^\d\s.,·−–-]))??\s?[:,;=]?\s?[\[(]?\s?"
    rf"(?P<lower>{_SIGNED})\s?%?\s?(?:to|and|[-–—−,;])\s?(?P<upper>{_SIGNED})$",
    re.DOTALL,
)
_OPERATORS: dict[str, Literal["<", "=", ">", "<=", ">="]] = {
    "<=": "<=", "=<": "<=", "≤": "<=", "⩽": "<=", "&lt;=": "<=", "<": "<", "&lt;": "<",
    ">=": ">=", "≥": ">=", "⩾": ">=", "&gt;=": ">=", ">": ">", "&gt;": ">",
    "=": "=", ":": "=", "of": "=", "was": "=", "is": "=",
}  # fmt: skip
_MEASURES = {
    "rr": "RR", "relative risk": "RR", "risk ratio": "RR", "or": "OR", "odds ratio": "OR",
    "hr": "HR", "hazard ratio": "HR", "hazards ratio": "HR", "rd": "RD", "ard": "RD",
    "risk difference": "RD", "absolute difference": "RD", "absolute risk difference": "RD",
    "irr": "IRR", "rate ratio": "IRR", "incidence rate ratio": "IRR",
    "md": "MD", "wmd": "MD", "mean difference": "MD",
    "smd": "SMD", "standardised mean difference": "SMD", "standardized mean difference": "SMD",
    "weighted mean difference": "MD",
}  # fmt: skip
_TESTS = (
    ("Fisher's exact test", r"\bfisher"),
    ("chi-square test", r"\bchi[- ]?squared?\b|[χΧ]\s?[2²]|\bpearson\b"),
    ("log-rank test", r"\blog-?\s?rank\b"),
    ("Cox model", r"\bcox\b"),
    ("logistic regression", r"\blogistic\b"),
    ("Mann-Whitney test", r"\bmann[-–\s]whitney\b|\bwilcoxon\b|\brank[- ]sum\b"),
    ("t test", r"\bt[- ]test\b"),
    ("Cochran-Mantel-Haenszel test", r"\bcochran\b|\bmantel\b|\bcmh\b"),
    ("McNemar test", r"\bmcnemar\b"),
    ("ANOVA", r"\ban?c?ova\b|\banalysis of (?:co)?variance\b"),
    ("adjusted model", r"\badjusted\b|\bmultivaria(?:te|ble)\b|\bmixed[- ]effects?\b|\bgee\b"),
)
_TEST_PATTERNS = tuple((name, re.compile(pattern)) for name, pattern in _TESTS)
_REPEATED = re.compile(r"\s*(?:,|;|and|&)\s*(?:[Pp]\s*)?[=<>]?\s*[01]?[.·]\d")


_BLANKS = str.maketrans(dict.fromkeys("\u00a0\u2002\u2003\u2008\u2009\u200a\u202f", " "))
_PLUS_MINUS = re.compile(r"\+\s?/?\s?[-−–](?=\s?[\dS])")
_DOT = re.compile(r"(?<=\d)[⋅∙•‧˙](?=\d)")
_SLASHED = re.compile(r"(?<=\d)/(?=\d{1,3}\s?±)|(?<=±)(\s?\d{1,5})/(?=\d)")


def legible(sentence: str, *, slashed: bool = False) -> str:
    """The sentence with one sign for plus-minus, blanks and raised points; as long as before.

    `slashed`: the record writes decimals with a slash (P = 0/001), and so its means.
    """
    sentence = sentence.translate(_BLANKS)
    if "+" in sentence:
        sentence = _PLUS_MINUS.sub(lambda match: "±".ljust(len(match.group())), sentence)
    if slashed and "±" in sentence:
        sentence = _SLASHED.sub(lambda match: (match[1] or "") + ".", sentence)
    return _DOT.sub("·", sentence)


def _digits(text: str, start: int, end: int) -> Token:
    number = whole_number(text)
    if number is None:
        return Token("number", text, start, end)
    return Token("int", text, start, end, number)


def tokenise(sentence: str) -> list[Token]:
    """The tokens of one sentence, in order; blanks between them are dropped."""
    tokens: list[Token] = []
    for match in _SCAN.finditer(sentence):
        kind = match.lastgroup
        text = match.group()
        start, end = match.span()
        if kind == "int":
            tokens.append(_digits(text, start, end))
        elif kind == "word":
            number = whole_number(text)
            if number is None:
                tokens.append(Token("word", text.lower(), start, end, -1, text[0].isupper()))
            else:
                tokens.append(Token("int", text.lower(), start, end, number))
        elif kind == "mixed" and sentence[max(start - 2, 0) : start].rstrip()[-1:] == "±":
            digits = re.match(r"\d+", text)
            assert digits is not None
            middle = start + digits.end()
            tokens.append(_digits(digits[0], start, middle))
            tokens.append(Token("word", text[digits.end() :].lower(), middle, end))
        elif kind == "mixed":
            tokens.append(Token("word", text.lower(), start, end))
        elif kind == "percent":
            digits = re.match(r"[\d.,·⋅∙]+", text)
            assert digits is not None
            tokens.append(Token("percent", plain_decimal(digits[0]), start, end))
        elif kind == "p":
            tokens.append(Token("p", text, start, end))
        elif kind == "effect":
            tokens.append(Token("effect", text, start, end))
        elif kind == "interval":
            tokens.append(Token("interval", text, start, end))
        elif kind == "number":
            tokens.append(Token("number", text, start, end))
        else:
            tokens.append(Token("symbol", text, start, end))
    return tokens


def _test_named(context: str) -> str:
    low = context.lower()
    for name, pattern in _TEST_PATTERNS:
        if pattern.search(low):
            return name
    return ""


def as_p_value(token: Token, sentence: str, offset: int = 0) -> PValue | None:
    """The P value of a "p" token, with a test named beside it; None where it is one of a list.

    A P value for trend or interaction does not belong to a comparison of two groups and gives
    None. `offset` is where the sentence stands in the received text (-1: it has no span there).
    """
    parts = _P_PARTS.match(token.low)
    assert parts is not None
    if parts["qualifier"] and re.search(r"trend|interaction|hetero", parts["qualifier"]):
        return None
    after = sentence[token.end : token.end + 40]
    if _REPEATED.match(after):
        return None
    if re.match(r"\s?for (?:the )?(?:trend|interaction|heterogeneity)", after):
        return None
    number = re.sub(r"\s", "", parts["number"])
    if power := re.fullmatch(r"(.+?)[×x]10\^?[-−–](\d+)", number):
        text = f"{plain_decimal(power[1])}e-{power[2]}"
    else:
        text = plain_decimal(re.sub("[−–]", "-", number))
    context = sentence[max(0, token.start - 60) : token.start] + " " + after
    passage = Passage(offset + token.start, offset + token.end) if offset >= 0 else None
    operator = _OPERATORS[parts["operator"].lower()]
    return PValue(operator, text, _test_named(context), passage)


def find_p_values(text: str) -> Iterator[PValue]:
    """All P values of a short text such as a reviewer's note, without passages."""
    for match in re.finditer(_P, text):
        value = as_p_value(Token("p", match.group(), *match.span()), text, -1)
        if value is not None:
            yield value


def as_effect(
    token: Token, sentence: str, offset: int = 0, *, of_means: bool = False
) -> Effect | None:
    """The effect of an "effect" token; None where the measure is not one that we know.

    A mere "difference" is one of risks where it is in percent, and one of means where means are
    compared (`of_means`).
    """
    parts = _EFFECT_PARTS.match(token.low)
    if parts is None:
        return None
    printed = re.sub(r"\s+", " ", parts["measure"])
    name = printed.lower().removesuffix("s")
    before = sentence[max(0, token.start - 24) : token.start].lower()
    adjusted = bool(re.search(r"\badjusted\s*$|multivaria\w+\s*$", before))
    if name.endswith("difference") and name not in _MEASURES:
        name = "md" if of_means else "rd" if parts["percent"] else ""
    if re.match(r"a(?:RR|OR|HR|IRR)", printed):
        adjusted, name = True, name[1:]
    elif re.match(r"[cu](?:RR|OR|HR)", printed):
        name = name[1:]
    measure = _MEASURES.get(name)
    if measure is None:
        return None
    printed_with_points = any("." in parts[key] for key in ("estimate", "lower", "upper"))
    estimate, lower, upper = (
        _signed(parts[key], thousands=printed_with_points) for key in ("estimate", "lower", "upper")
    )
    return Effect(
        measure=measure,
        estimate=estimate,
        lower=lower,
        upper=upper,
        level=(parts["level"] or "95").replace(",", "."),
        adjusted=adjusted,
        passage=Passage(offset + token.start, offset + token.end) if offset >= 0 else None,
    )


def _signed(text: str, *, thousands: bool) -> str:
    """A signed decimal; ``2,061`` is a thousand where its neighbours have decimal points."""
    text = re.sub(r"\s", "", text)
    if thousands and re.search(r"\d,\d{3}$", text):
        text = text.replace(",", "")
    sign = "-" if text[0] in "-−–" else ""
    return sign + plain_decimal(text.lstrip("-−–+"))
