"""The leaves of a criterion as a tree: what "and", "or" and "if" join, and what is left over."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from trialweave.protocol.criteria.phrases import condition_ahead
from trialweave.protocol.criteria.tree import (
    All,
    Any,
    AtLeast,
    Compare,
    Event,
    If,
    InSet,
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
    r"\b(?:at\s+least\s+|minimum\s+of\s+|≥\s?|>=\s?)?(?P<k>one|two|three|four|five|[1-5])"
    r"(?:\s+or\s+more)?\s+of\s*(?:the\s+following(?:\s+\w{4,12})?\s*)?:"
    r"|\b(?:at\s+least|minimum\s+of|≥|>=)\s*(?P<n>one|two|three|four|five|1|2|3|4"
    r"|5)\s+(?:\(\s?\d\s?\)\s*)?(?:or\s+more\s+)?(?:of\s+)?(?:the\s+|these\s+)?(?:following"
    r"|below|these|criteria|conditions)"
    r"|\b(?P<m>one|two|three|four|five|1|2|3|4|5"
    r"|any)\s+(?:\(\s?\d\s?\)\s*)?(?:or\s+more\s+)?of\s+(?:the\s+|these\s+)?(?:following|below"
    r"|these\s+criteria)"
)
_BESIDE: Final = re.compile(
    r"\b(?:(?:on|in|at|while|breathing|when|under)\s+){0,2}(?:room|ambient)\s+air\b"
    r"|\b(?:at|in)\s+(?:rest|admission|presentation|hospital\s+admission)\b"
)
"""How a value is measured, which a comparison keeps as its qualifier, or which asks for nothing."""
_ONLY: Final = re.compile(r"\s*(?:only|subjects|patients|participants)?\s*(?:only)?\s*[:,]")
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
            gap = _BESIDE.sub(" ", gap) if made and isinstance(made[-1], Compare) else gap
            if _fills(gap if made else _AT_LEAST.sub(" ", gap, count=1)):
                if made:
                    made[-1] = _stretched(made[-1], made[-1].start, max(made[-1].end, leaf.start))
                else:
                    leaf = _stretched(leaf, at, leaf.end)
            else:
                made.append(Opaque(text[at : leaf.start], at, leaf.start))
        made.append(leaf)
        at = max(at, leaf.end)
    if at < len(text):
        gap = plain_text[at:]
        if _fills(_BESIDE.sub(" ", gap) if isinstance(made[-1], Compare) else gap):
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
        return ordered[0]
    lead = ordered[0]
    if isinstance(lead, InSet) and lead.concept == "sex" and _ONLY.match(plain_text, spans[0][1]):
        return _asked_if(lead, structured(ordered[1:], spans[1:], plain_text, section), section)
    if isinstance(lead, Opaque):
        condition = condition_ahead(plain_text, lead.text, lead.start, lead.end)
        if condition is not None:
            then = structured(ordered[1:], spans[1:], plain_text, section)
            return _asked_if(_needed(condition, then), then, section)
    items: list[Node] = []
    starts: list[int] = []
    joins: list[str] = []
    stop = 0
    i = 0
    while i < len(ordered):
        leaf, (start, end) = ordered[i], spans[i]
        if isinstance(leaf, Opaque) and items and (clause := _conditional(leaf, plain_text)):
            items[-1] = If(clause, items[-1])
            stop = end
            i += 1
            continue
        if items:
            joins.append(_connector(plain_text, stop, start, leaf))
        after = _sharing(ordered, spans, i)
        words = [plain_text[a:b] for a, b in spans[i : after - 1]]
        items.append(_grouped(list(ordered[i:after]), [_shared_join(w) for w in words], section))
        starts.append(start)
        stop = max(stop, spans[after - 1][1])
        i = after
    if len(items) == 1:
        return items[0]
    many = _AT_LEAST.search(plain_text)
    if many and many.end() <= starts[-1]:
        word = many["k"] or many["n"] or many["m"]
        number = _NUMBERS.get(word) or int(word)
        before = sum(start < many.end() for start in starts)
        rest = _alternatives(items[before:], joins[before:], section)
        if len(rest) >= 2:
            asked: Node = Any(rest) if number == 1 else AtLeast(min(number, len(rest)), rest)
            return All((*items[:before], asked)) if before else asked
    return _grouped(items, joins, section)


def _asked_if(condition: Node, then: Node, section: str) -> Node:
    """Exclusion criteria bar those of whom both hold, not those whom the condition does not fit."""
    return All((condition, then)) if section == "exclusion" else If(condition, then)


def _needed(condition: Node, then: Node) -> Node:
    """Who is pregnant can bear children: of "not pregnant" only the sex need be asked before."""
    if not (isinstance(condition, All) and isinstance(then, Event)):
        return condition
    sex, able = condition.items
    if then.concept != "pregnancy" or then.present or not isinstance(sex, InSet):
        return condition
    return msgspec.structs.replace(sex, end=able.end) if isinstance(able, Event) else condition


def _sharing(ordered: Sequence[Leaf], spans: Sequence[tuple[int, int]], first: int) -> int:
    """Where the comparisons end that share the quantity of the one at `first`."""
    one = ordered[first]
    stop = first + 1
    while stop < len(ordered) and isinstance(one, Compare):
        other = ordered[stop]
        if not isinstance(other, Compare) or other.written != one.written:
            break
        if spans[stop - 1][1] != spans[stop][0] or other.concept == one.concept:
            break
        stop += 1
    return stop


def _shared_join(words: str) -> str:
    """The word behind a name in a list before one quantity; a slash says no more than a comma."""
    kinds = [match.lastgroup or "" for match in _CONNECTOR.finditer(words)]
    return next((kind for kind in ("or", "and") if kind in kinds), "comma")


def _alternatives(items: list[Node], joins: list[str], section: str) -> tuple[Node, ...]:
    """The items of a list in a line: between semicolons, where it has any."""
    if "hard" not in joins:
        return tuple(items)
    parts = []
    begin = 0
    for i, join in enumerate([*joins, "hard"], 1):
        if join == "hard":
            parts.append(_grouped(items[begin:i], joins[begin : i - 1], section))
            begin = i
    return tuple(parts)


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
