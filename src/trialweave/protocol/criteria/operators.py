"""Operators in criteria: signs, words, what exports left of signs, and words behind a number."""

from __future__ import annotations

import re
from functools import cache
from typing import Final, NamedTuple

__all__ = ["FLIPPED", "Operator", "after", "operators"]

FLIPPED: Final = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "=": "="}
"""What "18 <= age" says of age."""
_MORE: Final = r"(?:greater|more|higher|larger|older|longer|above|over|superior|bigger|later)"
_LESS: Final = r"(?:less|lower|fewer|smaller|younger|shorter|below|under|inferior|earlier)"
_EQUAL: Final = r"(?:equals?|equal\s+to|equivalent)"
_OR: Final = r"\s*(?:(?:or|and)\b|/|,)?\s*"


def _words(up: str, down: str) -> tuple[str, str]:
    """Patterns of "at least" and of "more than", in one direction."""
    weak = (
        rf"{up}(?:\s+than)?{_OR}(?:=|{_EQUAL})(?:\s*(?:to|than)\b)?"
        rf"|{_EQUAL}(?:\s+(?:to|than))?{_OR}{up}(?:\s+(?:than|to)\b)?"
        rf"|=\s?or\s{up}(?:\s+than)?"
        rf"|(?:not?|nor|isn't|cannot\s+be|neither)\s+(?:be\s+|to\s+be\s+)?{down}(?:\s+(?:than"
        rf"|to)\b)?"
    )
    strong = rf"{up}\s+(?:(?:than|to)\b|(?=\d))"
    return weak, strong


@cache
def _pattern() -> re.Pattern[str]:
    at_least, more = _words(_MORE, _LESS)
    at_most, less = _words(_LESS, _MORE)
    return re.compile(
        r"(?P<ge>≥|>_|\\?>\s?[/\\]?\s?(?:or\s?)?=|=\s?(?:or\s?)?[/\\]?\s?>|&gt;\s?="
        r"|&g[te];\s?=?(?<=ge;)|‚â•|â‰¥|√¢\S{0,3}\s•|>\s?or\sequal(?:\sto)?"
        rf"|\b(?:{at_least}|at\s+(?:the\s+)?least|(?:a\s+)?minimum(?:\s+of|\s+is)?\b|min\.?\s+of)"
        r"|\bmin\b\.?(?=\s*\d))"
        r"|(?P<short>\b(?:not|un)\s?(?:be\s+)?(?:expected|likely|anticipated|predicted"
        r"|projected|supposed|judged|thought)(?:\s+(?:by\s+the\s+investigator"
        r"|to\s+be\s+able))?\s+to\s+(?:survive|live|exceed|last|be\s+alive)\s*(?:for"
        r"|at)?\s*(?P<still>>|more\s+than|longer\s+than|beyond|past|over|>=|≥|at\s+least|least"
        r"|to)?(?:\s+the)?(?:\s+(?:next|first|following))?)"
        r"|(?P<le>≤|<_|\\?<\s?[/\\]?\s?(?:or\s?)?=|=\s?(?:or\s?)?[/\\]?\s?<|&lt;\s?=|&le;|‚â§"
        r"|â‰¤|<\s?or\sequal(?:\sto)?"
        rf"|\b(?:{at_most}|at\s+(?:the\s+)?most|(?:a\s+)?maximum(?:\s+of|\s+is)?\b|up\s+to"
        rf"|max\.?\s+of"
        r"|(?:do(?:es)?|must|should|may|can|will)?\s?(?:not|n't)\s+(?:to\s+)?exceed(?:ing|s)?"
        r"|within\s+(?=\d[\d.,]*\s*(?:x|times|\*)\s))|\bmax\b\.?(?=\s*\d))"
        r"|(?P<gt>\\?>|&gt;"
        rf"|\b(?:{more}|above|over|exceed(?:s|ing|ed)?|beyond|in\s+excess\s+of|surpass(?:es"
        rf"|ing)?|upwards\s+of|after\s+(?:the\s+)?age))"
        r"|(?P<lt>\\?<|&lt;"
        rf"|\b(?:{less}|below|under|short\s+of|(?:before|prior\s+to)\s+(?:the\s+)?age))"
        r"|(?P<eq>=|(?<=\s)\?(?=\s?\d)|\bequals?\b(?:\s+to)?|\bexactly)"
    )


_FILL: Final = re.compile(
    r"(?:\s*(?:\b(?:a|an|the|of|about|approximately|approx\.?|to|be|or|age|score|is|value|level"
    r"|only|either|around|than|ca\.|roughly|class|grade|stage|ages|at|by)\b"
    r"|[(\[]\s?[<>=≥≤]{1,2}\s?[)\]]|[:~≈]|(?<=[<>=≥≤])['\"(])){0,5}\s*"
)
_AFTER: Final = re.compile(
    r"(?:\s*\(?(?:of\s+age|old|in\s+age)\)?)?\s*(?:,\s*)?(?P<ge>\+(?![\w/])|(?:\(?\s*(?:or|and"
    r"|&|/)\s*)(?:older|over|above|more|greater|higher|up\b|upwards?|longer|elder|bigger|larger"
    r"|beyond|better|later|worse\b)(?!\s+(?:than\s+)?(?:or\s+equal\s+(?:to\s+)?)?\d)(?:\s+(?:than"
    r"|years?|of\s+age))?"
    r"|(?:as\s+)?(?:a\s+)?minimum\b|at\s+least\b(?!\s*\d))"
    r"|(?:\s*\(?(?:of\s+age|old|in\s+age)\)?)?\s*(?:,\s*)?(?P<le>(?:\(?\s*(?:or|and|&"
    r"|/)\s*)(?:less|under|younger|below|lower|fewer|smaller|shorter"
    r"|earlier)(?!\s+(?:than\s+)?(?:or\s+equal\s+(?:to\s+)?)?\d)(?:\s+than)?"
    r"|(?:as\s+)?(?:a\s+)?maximum\b|at\s+most\b(?!\s*\d))"
)


class Operator(NamedTuple):
    """An operator in a plain text; `next` is where the number behind it may begin."""

    sign: str
    start: int
    end: int
    next: int
    written: str


_SIGN: Final = {"ge": ">=", "le": "<=", "gt": ">", "lt": "<", "eq": "="}
_LIKELY: Final = re.compile(
    r"[<>=≥≤?]|th[ae]n\b|least|most\b|minimum|maximum|\bup to\b|above|below|under|over|excee"
    r"|equal|‚|â|√|&[gl]|beyond"
    r"|\bm(?:in|ax)\b|\b(?:in|su)perior|exactly|expected|likely|anticipated|judged|thought"
    r"|predicted|excess|upwards|short of|within|\bage\b|\bor\b"
)


def _sign(match: re.Match[str]) -> str:
    for name, sign in _SIGN.items():
        if match[name]:
            return sign
    # "not expected to survive more than 24 hours" is at most, without "more than" less than that
    return (
        "<="
        if match["still"]
        and match["still"][0] not in "≥a"
        and match["still"] not in (">=", "least")
        else "<"
    )


def operators(plain_text: str) -> list[Operator]:
    """Every operator of a text, in order."""
    if _LIKELY.search(plain_text) is None:
        return []
    found = []
    for match in _pattern().finditer(plain_text):
        fill = _FILL.match(plain_text, match.end())
        found.append(
            Operator(
                _sign(match),
                match.start(),
                match.end(),
                fill.end() if fill else match.end(),
                match[0],
            )
        )
    return found


def after(plain_text: str, at: int) -> tuple[str, int] | None:
    """An operator in words behind a quantity ("18 years or older"): its sign and where it ends."""
    found = _AFTER.match(plain_text, at, min(len(plain_text), at + 60))
    if found is None:
        return None
    return (">=" if found["ge"] else "<="), found.end()
