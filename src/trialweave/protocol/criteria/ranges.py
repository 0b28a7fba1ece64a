"""Two one-sided bounds of one measure as one range, and units that stand once for two."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from trialweave.protocol.criteria.tree import Compare, Flag, Made

__all__ = ["merged"]

_OR: Final = re.compile(r"\bor\b")
_LEAN: Final = re.compile(r"[\s,]*(?:and|but|to|&)?[\s,]*(?:old\s*|of\s+age\s*)?")


def merged(made: list[Made], plain_text: str) -> list[Made]:
    """Two one-sided bounds of one concept, one after the other, as one range.

    ">= 18 years and <= 75 years" is a range; "< 18 or > 75" stays two comparisons. Where a sign was
    lost on one side ("= 18, < 80"), the other says which side it is.
    """
    kept: list[Made] = []
    for one in made:
        if kept and (joined := _joined(kept[-1], one, plain_text)):
            kept[-1] = joined
        else:
            kept.append(one)
    for i in range(len(kept) - 1):
        kept[i] = _with_unit_of(kept[i], kept[i + 1], plain_text)
    return kept


def _with_unit_of(one: Made, following: Made, plain_text: str) -> Made:
    """ "potassium < 3.5 or > 5.1 mmol/L": the unit stands once, behind the second bound."""
    a, b = one.leaf, following.leaf
    if not isinstance(a, Compare) or not isinstance(b, Compare) or a.concept != b.concept:
        return one
    if a.unit or not b.unit or b.unit in ("{xULN}", "{xLLN}") or b.start - a.end > 30:
        return one
    names = tuple(name for name in a.flags if name != "unit_assumed")
    leaf = msgspec.structs.replace(a, unit=b.unit, assumed_unit="", flags=names)
    return Made(leaf, tuple(flag for flag in one.flags if flag.name != "unit_assumed"))


def _joined(first: Made, second: Made, plain_text: str) -> Made | None:
    a, b = first.leaf, second.leaf
    if not isinstance(a, Compare) or not isinstance(b, Compare) or a.concept != b.concept:
        return None
    if a.operator == "between" or b.operator == "between" or a.written == b.written:
        return None
    unit = a.unit if a.unit == b.unit or not b.unit else b.unit if not a.unit else ""
    if a.unit != b.unit and not unit:
        return None
    if a.concept == "age" and a.unit != b.unit:
        return None
    gap = plain_text[a.end : b.start] if b.start > a.end else ""
    if len(gap) > 40 or _OR.search(gap):
        return None
    signs = _two_sided(a, b, gap)
    if signs is None:
        return None
    (lower, low_in), (upper, high_in) = signs
    flags = first.flags + second.flags
    names = tuple(dict.fromkeys(a.flags + b.flags))
    if upper.low <= lower.low:
        return None
    if "operator_ambiguous" in names:  # the other bound leaves one side
        names = tuple(
            dict.fromkeys("operator_repaired" if n == "operator_ambiguous" else n for n in names)
        )
        flags = tuple(_told_by_other(flag, lower, upper) for flag in flags)
    start, end = min(a.start, b.start), max(a.end, b.end)
    leaf = Compare(
        a.concept, "between", lower.low, start, end, upper.low, (low_in, high_in), unit,
        a.assumed_unit or b.assumed_unit if not unit else "", a.at, None, a.qualifier,
        f"{a.written} … {b.written}", names,
    )  # fmt: skip
    return Made(leaf, flags)


def _told_by_other(flag: Flag, lower: Compare, upper: Compare) -> Flag:
    if flag.name != "operator_ambiguous":
        return flag
    reason = f"two bounds of one measure, {lower.low:g} and {upper.low:g}, make a range"
    return Flag("operator_repaired", reason, flag.start, flag.end, flag.received)


def _two_sided(
    a: Compare, b: Compare, gap: str
) -> tuple[tuple[Compare, bool], tuple[Compare, bool]] | None:
    """Lower and upper bound, with inclusiveness; a lost sign takes the side the other leaves."""
    lost_a = "operator_repaired" in a.flags or "operator_ambiguous" in a.flags
    lost_b = "operator_repaired" in b.flags or "operator_ambiguous" in b.flags
    if lost_a and lost_b and not _LEAN.fullmatch(gap):
        return None
    small, large = (a, b) if a.low < b.low else (b, a)
    if lost_a or lost_b:
        fixed = b if lost_a and not lost_b else a if lost_b and not lost_a else None
        if fixed is small and small.operator[0] != ">":
            return None
        if fixed is large and large.operator[0] != "<":
            return None
        return (small, small.operator != ">"), (large, large.operator != "<")
    if small.operator in (">", ">=") and large.operator in ("<", "<="):
        return (small, small.operator == ">="), (large, large.operator == "<=")
    return None
