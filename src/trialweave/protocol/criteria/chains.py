"""Quantities that follow each other, and lists of concepts that share one quantity."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from trialweave.protocol.criteria.concepts import Mention
from trialweave.protocol.criteria.fitting import fit
from trialweave.protocol.criteria.quantities import TIME, Quantity

__all__ = ["BREAK", "backwards", "chained", "conversion", "forwards", "signed_alike"]

BREAK: Final = re.compile(r";|\n\s*(?=[-*•\n(]|\d+[.)])|(?<!\bi\.e)(?<!\be\.g)[.](?:\s|\Z)|[•·]")
_LIST_GAP: Final = re.compile(
    r"[\s,/()\[\]&;:-]*(?:(?:and/or|and|or(?:\s+an?)?|as\s+well\s+as|plus|with|serum|plasma|total|levels?"
    r"|either|both|values?|the|counts?|of|blood|enzymes|also|whole"
    r"|ratio)\b[\s,/()\[\]&:-]*){0,4}"
)
_CHAIN: Final = re.compile(
    r"[\s,()\[\]]*(?:(?:and|but|or|to|;|and/or|if|for|with|yet|also|at|a|in)\b[\s,(]*){0,2}"
)
_ALSO: Final = re.compile(r"\b(?:or|and|but|to)\b|[,(\[/]")
_CASE: Final = re.compile(
    r"\b(?:if|in|for|when|on|unless|case|men|women|males?|females?|with)\b|\A[\s(\[]*\Z"
)
_ALIKE: Final = re.compile(r"\s+(?:\w+\s+){0,2}(?:and/or|and|or)\s+(?:\w+\s+){0,2}")
_VAGUE: Final = frozenset(("liver_enzymes", "transaminases"))
_SPECIFIC: Final = frozenset(("alt", "ast", "alp", "ggt", "bilirubin"))
_LISTED: Final = re.compile(r"[,/&]|\b(?:and|or|plus)\b")
_MOST: Final = 12  # concepts that share one quantity


def chained(between: str) -> bool:
    """Whether two quantities stand so close that the second is of the first one's concept."""
    if len(between) <= 30 and _CHAIN.fullmatch(between):
        return True
    return (
        len(between) <= 60
        and _ALSO.search(between) is not None
        and _CASE.search(between) is not None
        and BREAK.search(between) is None
    )


def conversion(plain_text: str, found: Sequence[Quantity], i: int) -> bool:
    """Whether a quantity is half of "1 mmHg = 0.133 kPa", which says nothing of anybody."""
    one = found[i]
    if i and one.sign == "=" and one.unit and found[i - 1].unit and not found[i - 1].sign:
        return not plain_text[found[i - 1].end : one.first].strip()
    if one.behind != "=" or not one.unit or i + 1 == len(found) or not found[i + 1].unit:
        return False
    return not plain_text[one.end : found[i + 1].first].strip()


def signed_alike(plain_text: str, one: Quantity, before: Quantity) -> Quantity:
    """ "> 180 mmHg systolic or 110 mmHg diastolic": the operator before holds for both."""
    if one.sign or not one.unit or before.unit != one.unit or one.unit in TIME:
        return one
    if before.sign not in ("<", "<=", ">", ">="):
        return one
    between = plain_text[before.end : one.first]
    return one._replace(sign=before.sign) if _ALIKE.fullmatch(between) else one


def backwards(
    plain_text: str, received: str, named: Sequence[Mention], last: int, one: Quantity
) -> tuple[Mention, ...]:
    """The concepts up to number `last` that share a quantity: "ALT, AST and GGT > 3 x ULN"."""
    kept = [named[last]]
    inner = named[last]
    for k in range(last - 1, -1, -1):
        mention = named[k]
        gap = plain_text[mention.end : inner.start]
        if len(gap) > 40 or _LIST_GAP.fullmatch(gap) is None or len(kept) == _MOST:
            break
        if not fit(mention.concept, one, received):
            break
        if mention.concept.name in _VAGUE and any(m.concept.name in _SPECIFIC for m in kept):
            inner = mention
            continue
        if mention.concept.kind != named[last].concept.kind:
            break
        if not _LISTED.search(gap) and mention.concept.name != inner.concept.name:
            break
        kept.append(mention)
        inner = mention
    return _distinct(reversed(kept))


def forwards(
    plain_text: str, named: Sequence[Mention], first: int, following: int
) -> tuple[Mention, ...]:
    """The laboratory values from number `first` on that share a quantity before them."""
    kept = [named[first]]
    for mention in named[first + 1 : first + _MOST]:
        gap = plain_text[kept[-1].end : mention.start]
        if mention.end > following or _LIST_GAP.fullmatch(gap) is None:
            break
        if mention.concept.name != kept[0].concept.name and not _LISTED.search(gap):
            break
        if mention.concept.kind != "lab" or kept[0].concept.kind != "lab":
            break
        kept.append(mention)
    return _distinct(kept)


def _distinct(found: Iterable[Mention]) -> tuple[Mention, ...]:
    kept: dict[str, Mention] = {}
    for mention in found:
        kept.setdefault(mention.concept.name, mention)
    return tuple(kept.values())
