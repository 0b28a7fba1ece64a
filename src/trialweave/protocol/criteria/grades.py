"""Grades, classes and stages ("NYHA III-IV", "Child-Pugh A or B", "stage 4 kidney disease")."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from trialweave.protocol.criteria.concepts import Mention

__all__ = ["GRADED", "Grades", "grades"]

GRADED: Final = frozenset(
    [
        "nyha", "asa", "child_pugh", "ckd_stage", "kdigo_stage", "who_functional_class",
        "ccs_class", "killip", "who_tumor_grade", "tumor_stage", "iss_stage", "fitzpatrick",
        "tanner_stage", "hoehn_yahr", "kellgren_lawrence", "mallampati", "rutherford",
        "hunt_hess", "wfns", "bi_rads", "ctcae_grade", "metavir", "psi_class", "gmfcs",
        "timi_flow", "ecog", "asia_grade", "mmrc", "her2_ihc", "neuropathy_grade", "gold_stage",
    ]
)  # fmt: skip
_LETTERED: Final = frozenset(("child_pugh", "asia_grade"))
_ROMAN: Final = {
    "i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "one": 1, "two": 2, "three": 3, "four": 4,
    "ⅰ": 1, "ⅱ": 2, "ⅲ": 3, "ⅳ": 4, "ⅴ": 5, "zero": 0, "l": 1, "ll": 2, "lll": 3, "1v": 4,
}  # fmt: skip
_ONE: Final = (
    r"(?:iii|ii|iv|i|vi|v|zero|one|two|three|four|ⅰ|ⅱ|ⅲ|ⅳ|ⅴ|lll|ll|\d)(?:[a-e](?![a-z]))?"
    r"(?![a-z\d]|\.\d|,\d\d|\s?(?:%|years|months|weeks|days))"
)
_LETTER: Final = r"(?:a|b|c|d|e)(?![a-z])"
_JOIN: Final = (
    r"\s*(?:,\s*(?:or|and)\b|/|,|-{1,2}|~|&|\bto\b|\bor\b|\bor(?=\d)|\band\b|\bthrough\b"
    r"|\band/or\b|\+)\s*"
)
_AGAIN: Final = r"(?:(?:class|grade|stage|score|status|nyha|ecog|asa|ps|type|level)s?\s*)?"
_FILL: Final = re.compile(
    r"(?:\s|[:=()\[\],-]|'s?\b|\b(?:class(?:es|ification)?|grades?|stages?|score[sd]?|of|is|are|was|status|types?|category|categories|functional|levels?|scale|system|at|the|a(?!\s*(?:or\b|and\b|to\b|[,/;.)&+-]|\Z))|in|performance|ps|heart|failure|symptoms?|with|either|as|be|equals?|physical|between|to|must|have|liver|cirrhosis|disease|toxicity|by|criteria|range|from|only|i\.e\.?|point|and|has|function|cardiac|for|this)\b){0,24}"
)
_LESS_MORE: Final = re.compile(
    rf"\s*(?P<sign>≥|>\s?/?\s?=|≤|<\s?/?\s?=|<|>|=|greater\s+than(?:\s+or\s+equal(?:\s+to)?)?|more\s+than|less\s+than(?:\s+or\s+equal(?:\s+to)?)?|above|below|at\s+least|higher\s+than|over|equal\s+to\s+or\s+(?:greater|less)\s+than|worse\s+than)\s*(?:class|grade|stage|to|or\s+equal\s+to)?\s*(?P<one>{_ONE}|{_LETTER})"
)
_AFTER: Final = re.compile(
    r"\s*(?:or|and|/)\s*(?P<up>higher|greater|above|more|worse|over|beyond)|\s*(?:or|and)\s*(?P<down>lower|less|below|better|under|lesser)|(?P<plus>\+)(?!\w)"
)
_BEFORE: Final = re.compile(
    rf"\b(?P<sign>(?:>|≥|<|≤|>\s?=|<\s?=)\s*)?(?:class(?:es)?|grades?|stages?|functional\s+class|category)\s*(?P<list>{_ONE}(?:{_JOIN}{_AGAIN}{_ONE}){{0,5}})\s+(?:\(?\s*(?:or\s+(?:higher|greater|above|worse)\s+)?(?:of|the|by|severe|on|according|to|as|defined|chronic|heart|failure|symptoms?|congestive|advanced|end|per|moderate|status|a|criteria|toxicity)\s+){{0,5}}\(?\Z"
)
_LIST: Final = re.compile(rf"{_ONE}(?:{_JOIN}{_AGAIN}{_ONE}){{0,6}}")
_LETTERS: Final = re.compile(rf"{_LETTER}(?:{_JOIN}{_AGAIN}{_LETTER}){{0,4}}")
_LETTER_TAIL: Final = re.compile(r"\s?\d{1,2}\s?(?:-\s?\d{1,2})?")


_NAMED: Final = re.compile(r"nyha|york|class")
_CLASS: Final = re.compile(r"class|grade|stage")


class Grades(NamedTuple):
    """Grades read: the set of values, or a bound; and the characters they take."""

    mention: Mention
    start: int
    end: int
    values: tuple[str | float, ...]
    sign: str  # "" where `values` is the set; else the operator before the one value


def _grade(written: str) -> str | float | None:
    bare = written.rstrip("abcde") or written
    if bare.isdigit():
        return float(bare)
    value = _ROMAN.get(bare) if bare in _ROMAN else _ROMAN.get(written)
    return None if value is None else float(value)


_PARTS: Final = re.compile(rf"(?P<one>{_ONE})|(?P<range>-{{1,2}}|~|\bto\b|\bthrough\b)")


def _values(written: str) -> tuple[float, ...]:
    values: list[float] = []
    joining = False
    for part in _PARTS.finditer(written):
        if part["range"]:
            joining = True
            continue
        value = _grade(part["one"])
        if not isinstance(value, float):
            continue
        if joining and values and value > values[-1]:
            values += [float(step) for step in range(int(values[-1]) + 1, int(value) + 1)]
        elif value not in values:
            values.append(value)
        joining = False
    return tuple(values)


def _letters(written: str) -> tuple[str, ...]:
    found = [c.upper() for c in re.findall(_LETTER, written)]
    if len(found) == 2 and found[0] < found[1] and re.search(r"-|\bto\b", written):
        return tuple(chr(c) for c in range(ord(found[0]), ord(found[1]) + 1))
    return tuple(dict.fromkeys(found))


_SIGNS: Final = (
    ("or equal", "="),
    ("=", "="),
    ("≥", "="),
    ("≤", "="),
    ("least", "="),
    ("equal", "="),
)


def _sign(written: str) -> str:
    if written.strip() == "=":
        return "="
    up = any(
        word in written
        for word in (">", "≥", "greater", "more", "above", "least", "higher", "over", "worse")
    )
    return (">" if up else "<") + ("=" if any(word in written for word, _ in _SIGNS) else "")


def grades(plain_text: str, found: Sequence[Mention]) -> list[Grades]:
    """What grades stand behind, else before, the graded concepts of a text."""
    read: list[Grades] = []
    done = -1
    for mention in found:
        name = mention.concept.name
        if name not in GRADED or mention.start < done:
            continue
        one = _behind(plain_text, mention) or _ahead(plain_text, mention)
        if one is not None and not (read and one.start < read[-1].end):
            read.append(one)
            done = one.end
    return read


def _behind(plain_text: str, mention: Mention) -> Grades | None:
    name = mention.concept.name
    stop = min(len(plain_text), mention.end + 120)
    if signed := _signed(plain_text, mention, mention.end, stop):
        return signed
    fill = _FILL.match(plain_text, mention.end, stop)
    at = fill.end() if fill else mention.end
    if signed := _signed(plain_text, mention, at, stop):
        return signed
    if name in _LETTERED and (found := _LETTERS.match(plain_text, at, stop)):
        values: tuple[str | float, ...] = _letters(found[0])
        end = found.end()
        if tail := _LETTER_TAIL.match(plain_text, end):
            end = tail.end()
        return Grades(mention, mention.start, end, values, "")
    scale = name != "nyha" or _NAMED.search(plain_text, mention.start, mention.end)
    if not scale and _CLASS.search(plain_text, mention.end, at) is None:
        return None  # "heart failure" alone names no scale
    listed = _LIST.match(plain_text, at, stop)
    if listed and re.search(r"[=<>]", fill[0] if fill else "") and listed[0].isdigit():
        return None  # one digit behind a sign is a quantity
    if listed is None or at == mention.end:
        return None
    numbers = _values(listed[0])
    if not numbers:
        return None
    end = listed.end()
    tail = _AFTER.match(plain_text, end)
    if tail and len(numbers) == 1:
        sign = "<=" if tail["down"] else ">="
        return Grades(mention, mention.start, tail.end(), numbers, sign)
    return Grades(mention, mention.start, end, numbers, "")


def _signed(plain_text: str, mention: Mention, at: int, stop: int) -> Grades | None:
    signed = _LESS_MORE.match(plain_text, at, stop)
    if signed is None:
        return None
    sign = _sign(signed["sign"])
    if mention.concept.name in _LETTERED:
        if len(signed["one"]) != 1 or not signed["one"].isalpha() or signed["one"] == "i":
            return None
        letters = "ABC" if mention.concept.name == "child_pugh" else "ABCDE"
        one = signed["one"].upper()
        if one not in letters:
            return None
        kept = tuple(c for c in letters if _holds(c, sign, one))
        if not kept:
            return None
        return Grades(mention, mention.start, signed.end(), kept, "")
    value = _grade(signed["one"])
    if value is None or isinstance(value, str) or signed["one"][0].isdigit():
        return None  # digits behind a sign are quantities
    return Grades(mention, mention.start, signed.end(), (value,), sign)


def _holds(letter: str, sign: str, bound: str) -> bool:
    return {
        ">": letter > bound, ">=": letter >= bound, "<": letter < bound, "<=": letter <= bound,
        "=": letter == bound,
    }[sign]  # fmt: skip


def _ahead(plain_text: str, mention: Mention) -> Grades | None:
    begin = max(0, mention.start - 90)
    found = _BEFORE.search(plain_text[begin : mention.start])
    if found is None:
        return None
    numbers = _values(found["list"])
    if not numbers:
        return None
    start = begin + found.start()
    sign = _sign(found["sign"]) if found["sign"] and len(numbers) == 1 else ""
    return Grades(mention, start, mention.end, numbers, sign)
