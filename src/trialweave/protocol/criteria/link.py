"""Which concept a quantity is of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from trialweave.protocol.criteria.ages import stands_as_age, thing_of_age, time_around, young
from trialweave.protocol.criteria.chains import (
    BREAK,
    backwards,
    chained,
    conversion,
    forwards,
    signed_alike,
)
from trialweave.protocol.criteria.concepts import Concept, Mention, concepts
from trialweave.protocol.criteria.fitting import fit
from trialweave.protocol.criteria.quantities import TIME, Quantity

__all__ = ["Linked", "link"]

_REACH: Final = 90  # characters between a concept and its quantity
_NEAR: Final = 40  # the same, where something stands between that does not fit
_AHEAD_GAP: Final = re.compile(
    r"[\s(,-]*(?:(?:of|in|on|for|the|a|an|at|from|total|serum|with|as|their|your|by|using|to"
    r"|via|his|her|body|patient'?s?|mean|predicted|measured|normal|baseline|resting|estimated"
    r"|expected|anticipated|remaining|and|old|per|systolic|score|points?|scores?"
    r"|old)\b[\s(-]*){0,5}"
)
_WITHIN: Final = re.compile(
    r"\b(?:within|in|during|past|last|previous|preceding|prior|over)\b[\s\w(]{0,25}\Z"
)
_STATED: Final = re.compile(
    r"[\s:=(\[,-]*(?:(?:of|is|was|are|in|range|score[sd]?|level|levels|between|status|value|at"
    r"|the|ranging|from|range|to|must|be|a|equals?|age|interval|inclusive|years|criteria|grade"
    r"|ps|scale|index|rating|for|by|class|performance|\(?years\)?|approximately|about|has|have"
    r"|having|limited|as|concentration|count|group)\b[\s:=(\[,)-]*){0,6}\Z"
)
_SINCE: Final = frozenset(("symptom_duration", "symptom_free_duration"))
_LUNG: Final = re.compile(r"lung|pulmonary|lesion|foc(?:us|i|al)|infiltrat|imag|opacit|chest")
_PROGRESS: Final = re.compile(r"progress|increas|expan|spread|infiltrat")
_HOURS: Final = re.compile(r"\b(?:24|48)\s?-?\s?(?:to|-)?\s?(?:48\s?)?h")
_LASTING: Final = frozenset(("duration", "exposure", "reproductive", "imaging"))
"""Kinds of concept beside which a stretch of time is more often when than how long."""


class Linked(NamedTuple):
    """A quantity with the concepts it is of; `flipped` where the sign follows it ("18 <= age")."""

    quantity: Quantity
    mentions: tuple[Mention, ...]
    flipped: bool


class _Text(NamedTuple):
    plain: str
    received: str
    named: Sequence[Mention]


def link(
    plain_text: str, received: str, found: Sequence[Quantity], named: Sequence[Mention]
) -> list[Linked]:
    """Every quantity with its concepts; those of no concept are left out."""
    text = _Text(plain_text, received, named)
    linked: list[Linked] = []
    before = 0  # how many mentions end before the quantity
    for i, one in enumerate(found):
        while before < len(named) and named[before].end <= one.start:
            before += 1
        following = found[i + 1].first if i + 1 < len(found) else len(plain_text)
        if conversion(plain_text, found, i):
            continue
        previous = linked[-1] if linked else None
        if previous is not None:
            one = signed_alike(plain_text, one, previous.quantity)
        hit = (
            _flipped(text, one, before)
            or _beside(text, one, before, following, previous)
            or _by_unit(text, one, previous)
        )
        if hit is not None:
            linked.append(hit)
    return _shared(plain_text, found, linked)


def _shared(plain_text: str, found: Sequence[Quantity], linked: list[Linked]) -> list[Linked]:
    """Adds the first of "< 28 weeks and > 34 weeks gestation": the second one's concept is its."""
    by_start = {each.quantity.start: each for each in linked}
    added = []
    for one, following in zip(reversed(found[:-1]), reversed(found[1:]), strict=True):
        each = by_start.get(following.start)
        if one.start in by_start or each is None or not one.sign or not one.unit:
            continue
        if one.unit != following.unit or not chained(plain_text[one.end : following.first]):
            continue
        if any(mention.start < one.start for mention in each.mentions):
            continue
        hit = by_start[one.start] = Linked(one, each.mentions, False)
        added.append(hit)
    return sorted(linked + added, key=lambda hit: hit.quantity.start) if added else linked


def _flipped(text: _Text, one: Quantity, before: int) -> Linked | None:
    """ "18 <= age": the concept right behind the operator behind the quantity."""
    if not one.behind:
        return None
    for mention in text.named[before : before + 2]:
        gap = text.plain[one.end : mention.start]
        if mention.start >= one.end and len(gap) <= 14 and not any(c.isdigit() for c in gap):
            fits = fit(mention.concept, one, text.received)
            return Linked(one, (mention,), True) if fits else None
    return None


def _beside(
    text: _Text, one: Quantity, before: int, following: int, previous: Linked | None
) -> Linked | None:
    """The concept before a quantity, or the one behind it where that stands closer."""
    behind = _preceding(text, one, before, previous)
    ahead = _following(text, one, before, following)
    if behind is not None and ahead is not None:
        if _rather_ahead(text, one, behind, ahead, previous):
            behind = None
        else:
            ahead = None
    if behind is not None:
        shared = backwards(text.plain, text.received, text.named, behind, one)
        return Linked(one, shared, False)
    if ahead is not None:
        return Linked(one, forwards(text.plain, text.named, ahead, following), False)
    return None


def _rather_ahead(
    text: _Text, one: Quantity, behind: int, ahead: int, previous: Linked | None
) -> bool:
    first, second = text.named[behind], text.named[ahead]
    if first.concept.name == "systolic_diastolic" and second.concept.name in ("sbp", "dbp"):
        return True
    if second.concept.name == "age" and second.start - one.end <= 4:
        return first.concept.name != "age"
    gap = text.plain[first.end : one.first]
    taken = previous is not None and previous.quantity.start > first.end
    if len(gap) > 25 or "," in gap or taken:
        return True
    better = fit(second.concept, one, text.received) > fit(first.concept, one, text.received)
    return second.start - one.end <= 4 and better


def _preceding(text: _Text, one: Quantity, before: int, previous: Linked | None) -> int | None:
    """The number of the mention before a quantity that it is of."""
    for k in range(before - 1, max(0, before - 6) - 1, -1):
        mention = text.named[k]
        if thing_of_age(text.plain, mention):
            continue
        score = fit(mention.concept, one, text.received)
        if mention.end > one.first:
            if mention.end <= one.start and score:
                return k  # the name stands between operator and number
            continue
        gap = text.plain[mention.end : one.first]
        if len(gap) > _REACH or BREAK.search(gap):
            return None
        if previous is not None and previous.quantity.start >= mention.end:
            same = any(mention.concept is other.concept for other in previous.mentions)
            between = text.plain[previous.quantity.end : one.first]
            if not same or not (chained(between) or one.normal):
                return None
        if not score:
            if len(gap) > _NEAR:
                return None
            continue
        return k if _belongs(text, one, mention.concept, gap, previous) else None
    return None


def _belongs(
    text: _Text, one: Quantity, concept: Concept, gap: str, previous: Linked | None
) -> bool:
    """Whether a quantity is of a concept before it that its unit fits."""
    if not one.sign and not _stated(gap, one, concept):
        return False
    if not one.unit and (len(gap) > _NEAR + 5 or concept.kind in ("duration", "prognosis")):
        return False
    if one.unit in TIME and concept.kind in _LASTING:
        when = _WITHIN.search(gap) is not None or time_around(text.plain, one)
        if len(gap) > _NEAR or (when and concept.name not in _SINCE):
            return False
    if concept.kind == "exposure":
        dose = concept.unit.startswith(("mg", "g", "ug", "mL", "U", "[IU]")) and not one.unit
        if len(gap) > _NEAR + 5 or not one.sign or dose:
            return False
    if concept.name == "age" and one.unit not in ("a", ""):
        alone = previous is None and not time_around(text.plain, one)
        return alone or young(text.plain, one)
    return True


def _stated(gap: str, one: Quantity, concept: Concept) -> bool:
    """Whether a quantity without operator says what the concept before it is."""
    if _STATED.match(gap) is None:
        return False
    if one.unit:
        return True
    if concept.kind in ("lab", "vital"):
        return bool(gap.strip(" (,"))
    return concept.kind in ("score", "demographic")


def _following(text: _Text, one: Quantity, before: int, following: int) -> int | None:
    """The number of the mention behind a quantity that it is of."""
    for k in range(before, min(before + 3, len(text.named))):
        mention = text.named[k]
        if thing_of_age(text.plain, mention):
            continue
        fits = fit(mention.concept, one, text.received)
        if mention.end <= one.end:  # the unit names what is counted: "20 cigarettes a day"
            if one.sign and one.unit and mention.start >= one.unit_start and fits:
                return k
            continue
        gap = text.plain[one.end : mention.start] if mention.start > one.end else ""
        if len(gap) > _NEAR + 5 or (mention.start >= following and gap):
            return None
        if _AHEAD_GAP.fullmatch(gap) is None or "," in gap:
            return None
        age = mention.concept.name == "age"
        if not one.unit and not (one.sign and (age or mention.concept.unit in ("", "{score}"))):
            return None
        if not one.sign and not age:
            return None
        if fits:
            if one.unit not in TIME or mention.concept.kind not in _LASTING:
                return k
            onset = mention.concept.name in _SINCE
            return k if onset and gap.strip().startswith(("of", "from", "after")) else None
        if gap:
            return None
    return None


def _spreads(plain_text: str, one: Quantity) -> bool:
    """The severity criterion "lesions progress by more than 50% within 24 to 48 hours"."""
    around = plain_text[max(0, one.first - 90) : one.end + 50]
    return all(words.search(around) for words in (_LUNG, _PROGRESS, _HOURS))


def _by_unit(text: _Text, one: Quantity, previous: Linked | None) -> Linked | None:
    """Quantities whose unit, or place at a criterion's head, tells what they are of."""
    here = Mention(one.start, one.end, concepts()["bmi"])
    if one.unit == "kg/m2" and one.sign:
        return Linked(one, (here,), False)
    if one.unit == "%" and one.sign and _spreads(text.plain, one):
        return Linked(
            one, (here._replace(concept=concepts()["lung_infiltrate_progression"]),), False
        )
    if stands_as_age(text.plain, one):
        return Linked(one, (here._replace(concept=concepts()["age"]),), False)
    if previous is None or previous.mentions[0].concept.name != "age" or one.unit != "a":
        return None
    if one.sign and chained(text.plain[previous.quantity.end : one.first]):
        return Linked(one, previous.mentions, False) if not time_around(text.plain, one) else None
    return None
