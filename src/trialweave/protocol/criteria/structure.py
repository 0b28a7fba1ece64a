"""The leaves of a criterion as a tree: what "and", "or" and "if" join, and what is left over."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from trialweave.protocol.criteria.tree import (
    All,
    Any,
    AtLeast,
    If,
    Leaf,
    Node,
    Not,
    Opaque,
)

__all__ = ["covered", "structured"]

# Words that say nothing of their own between two conditions
_FILL: Final = re.compile(
    r"(?:[\s\W]|\b(?:patients?|subjects?|participants?|individuals?|persons?|volunteers?|people"
    r"|adults?|the|a|an|of|and|or|and/or|but|with|who|whom|that|which|is|are|be|been|being|must"
    r"|should|shall|will|has|have|had|having|in|on|at|to|by|for|as|from|level|levels|value"
    r"|values|score|count|serum|plasma|blood|total|eligible|aged?|old|older|years?|both|either"
    r"|defined|known|measured|documented|evidence|any|all|these|those|this|was|were|also|i\.e"
    r"|e\.g|ie|eg|per|than|only|currently|current|women|men|females?|males?|criteria|following"
    r"|inclusive|inclusively|baseline|time|screening|visit|study|entry|enrol+ment|it|its|their"
    r"|his|her|normal|institutional|respectively|class|classification|grade|status|performance"
    r"|least|range|between|not|sex|gender)\b)*"
)
_CONNECTOR: Final = re.compile(
    r"\b(?P<or>or|and/or)\b|\b(?P<and>and|as\s+well\s+as|plus|but|with)\b|(?P<hard>;"
    r"|\n\s*(?=[-*•\n]))|(?P<comma>,)|(?P<slash>/)"
)
_CONDITION: Final = re.compile(
    r"[\s(,]*(?P<word>if|in\s+case\s+of|in\s+the\s+case\s+of|for\s+(?:patients|subjects"
    r"|participants|those|women|men|males|females|individuals)|in\s+(?:patients|subjects"
    r"|participants|women|men|males|females|the\s+presence\s+of)|when|unless|except\s+(?:for|in"
    r"|if)?)\b"
)
_AT_LEAST: Final = re.compile(
    r"\b(?:at\s+least|minimum\s+of|≥|>=)\s*(?P<n>one|two|three|four|five|1|2|3|4"
    r"|5)\s+(?:\(\s?\d\s?\)\s*)?(?:or\s+more\s+)?(?:of\s+)?(?:the\s+|these\s+)?(?:following"
    r"|below|these|criteria|conditions)"
    r"|\b(?P<m>one|two|three|four|five|1|2|3|4|5"
    r"|any)\s+(?:\(\s?\d\s?\)\s*)?(?:or\s+more\s+)?of\s+(?:the\s+|these\s+)?(?:following|below"
    r"|these\s+criteria)"
)
_NUMBERS: Final = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "any": 1}


def covered(found: Sequence[Leaf], text: str, plain_text: str) -> list[Leaf]:
    """The leaves in order with what lies between: joining words go to a leaf, all else is opaque.

    Together the leaves cover every character of the text but the spaces at its ends.
    """
    ordered = sorted(found, key=lambda leaf: (leaf.start, -leaf.end))
    if not ordered:
        return [Opaque(text, 0, len(text))]
    made: list[Leaf] = []
    at = 0
    for leaf in ordered:
        if leaf.start > at:
            gap = plain_text[at : leaf.start]
            if _fills(gap):
                if made:
                    made[-1] = _stretched(made[-1], made[-1].start, max(made[-1].end, leaf.start))
                else:
                    leaf = _stretched(leaf, at, leaf.end)
            else:
                made.append(Opaque(text[at : leaf.start], at, leaf.start))
        made.append(leaf)
        at = max(at, leaf.end)
    if at < len(text):
        if _fills(plain_text[at:]):
            made[-1] = _stretched(made[-1], made[-1].start, len(text))
        else:
            made.append(Opaque(text[at:], at, len(text)))
    return made


def _fills(gap: str) -> bool:
    return len(gap) <= 200 and _FILL.fullmatch(gap) is not None


def _stretched(leaf: Leaf, start: int, end: int) -> Leaf:
    if isinstance(leaf, Opaque):
        return leaf
    return msgspec.structs.replace(leaf, start=start, end=end)


def structured(
    ordered: Sequence[Leaf], spans: Sequence[tuple[int, int]], plain_text: str, section: str
) -> Node:
    """The tree of the leaves of one criterion.

    `spans` are the characters that each leaf was read from, before joining words went to it. A
    list without a word between its items is all of them, among exclusion criteria any of them.
    """
    if len(ordered) == 1:
        return _single(ordered[0])
    items: list[Node] = []
    joins: list[str] = []
    stop = 0
    for leaf, (start, end) in zip(ordered, spans, strict=True):
        if isinstance(leaf, Opaque) and items and (clause := _conditional(leaf, plain_text)):
            items[-1] = If(clause, items[-1])
            stop = end
            continue
        if items:
            joins.append(_connector(plain_text, stop, start, leaf))
        items.append(_single(leaf))
        stop = max(stop, end)
    if len(items) == 1:
        return items[0]
    many = _AT_LEAST.search(plain_text)
    if many and many.end() <= spans[-1][0] and len(items) > 2:
        word = many["n"] or many["m"]
        number = _NUMBERS.get(word) or int(word)
        lead = [n for n, s in zip(items, spans, strict=False) if s[0] < many.end()]
        rest = items[len(lead) :]
        if len(rest) >= 2:
            asked: Node = (
                Any(tuple(rest)) if number == 1 else AtLeast(min(number, len(rest)), tuple(rest))
            )
            return All((*lead, asked)) if lead else asked
    return _grouped(items, joins, section)


def _single(leaf: Leaf) -> Node:
    return leaf


def _conditional(leaf: Opaque, plain_text: str) -> Node | None:
    """The condition of "≤ 5 x ULN if liver metastases": what stands before belongs to it."""
    found = _CONDITION.match(plain_text, leaf.start, leaf.end)
    if found is None:
        return None
    return Not(leaf) if found["word"].startswith(("unless", "except")) else leaf


def _connector(plain_text: str, start: int, end: int, leaf: Leaf) -> str:
    """How two neighbours are joined: "or", "and", "hard" (a semicolon), "comma" or ""."""
    gap = plain_text[start:end] if end > start else ""
    if isinstance(leaf, Opaque):
        gap += plain_text[leaf.start : leaf.start + 12]
    kinds = [match.lastgroup or "" for match in _CONNECTOR.finditer(gap)]
    for kind in ("hard", "or", "and", "slash", "comma"):
        if kind in kinds:
            return "or" if kind == "slash" else kind
    return ""


def _grouped(items: list[Node], joins: list[str], section: str) -> Node:
    """Lists take the word before their last item; "and" binds closer than "or", both than ";"."""
    settled = list(joins)
    word = ""
    for i in range(len(settled) - 1, -1, -1):
        if settled[i] in ("or", "and"):
            word = settled[i]
        elif settled[i] == "hard":
            word = ""
        elif settled[i] == "comma" and word:
            settled[i] = word
    loose: Node
    parts: list[list[list[Node]]] = [[[items[0]]]]
    for item, join in zip(items[1:], settled, strict=True):
        if join == "hard" or (join == "comma"):
            parts.append([[item]])
        elif join == "or":
            parts[-1].append([item])
        else:
            parts[-1][-1].append(item)
    made = []
    for part in parts:
        ands = [group[0] if len(group) == 1 else All(tuple(group)) for group in part]
        made.append(ands[0] if len(ands) == 1 else Any(tuple(ands)))
    if len(made) == 1:
        loose = made[0]
    else:
        loose = Any(tuple(made)) if section == "exclusion" else All(tuple(made))
    return loose
