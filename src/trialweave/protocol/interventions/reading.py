"""An intervention's text read into components: amounts told apart, named, and given a schedule."""

from __future__ import annotations

import functools
import re
from typing import Final, NamedTuple

import msgspec

from trialweave.protocol.durations import folded
from trialweave.protocol.interventions.component import Component, Phase, Place
from trialweave.protocol.interventions.filling import Draft, fill
from trialweave.protocol.interventions.naming import (
    Name,
    is_generic,
    name_at,
    name_of,
    same_product,
    telling_words,
    widened,
)
from trialweave.protocol.interventions.products import Hit, donor_of, kind_of, route_of, source_of
from trialweave.protocol.interventions.roles import Role, roles_in
from trialweave.protocol.interventions.schedule import schedule_in

__all__ = ["read_intervention"]

_LONGEST: Final = 20_000
_SHORT: Final = 80  # characters of a text that is but a name
_MOST: Final = 40  # components of one text

_NUMBERED: Final = r"\s?(?:[0-9]{1,2}|[A-Z]|I{1,3})?\s?(?:\([^()]{0,40}\)\s?)?:"
_ARM: Final = re.compile(
    r"(?:(?:\A|(?<=[;\n>])\s*)(?P<first>(?:[\w-]+\s){0,3}(?:treatment|experimental|intervention"
    rf"|control|study|test|observation|placebo|trial|case|treated)\s?(?:group|arm)?{_NUMBERED})"
    r"|\b(?P<label>(?:\w+\s)?(?:treatment|experimental|intervention|control|placebo)\s?(?:group"
    r"|arm)"
    rf"{_NUMBERED}|(?:group|arm|cohort)\s(?:[0-9]{{1,2}}|[A-Z]"
    rf"|I{{1,3}})\s?(?:\([^()]{{0,60}}\))?\s?:"
    r"|(?:control\s)?intervention\s?[0-9]{1,2}\s?:))",
    re.IGNORECASE,
)
_CONTROL: Final = re.compile(r"control|placebo|sham|comparator", re.IGNORECASE)


class _Segment(NamedTuple):
    """A part of the text that tells of one arm, or the whole."""

    start: int
    end: int
    label: str


@functools.lru_cache(maxsize=1 << 12)
def read_intervention(text: str, name: str = "", type_: str = "") -> tuple[Component, ...]:
    """Read what is given, how much, and when. `name` and `type_` as the register has them.

    One component a product; where the text names several, with the doses of each. A text in which
    no dose stands is one component; without any text or name there is none. Never raises; what
    stands beyond 20,000 characters is not read, and flagged.

    >>> read_intervention("1 x 106 MSCs/kg IV on days 0 and 3")[0].dose_low
    1000000.0
    """
    plain = folded(text[:_LONGEST])
    found: list[Component] = []
    for segment in _segments(plain):
        found += _components(text, plain, segment, name, type_, len(text) > _LONGEST)
        if len(found) >= _MOST:
            break
    if len(found) > 1:
        found = [one for one in found if one.product or one.kind or one.dose_low is not None]
    if not found and name.strip():
        found = _of_name(name, type_)
    elif len(found) == 1 and name.strip() and found[0].dose_low is None:
        found = [_with_name(found[0], name, type_)]
    return tuple(found[:_MOST])


def _segments(plain: str) -> list[_Segment]:
    marks = list(_ARM.finditer(plain))
    if not plain.strip():
        return []
    if not marks:
        return [_Segment(0, len(plain), "")]
    names = [str(mark.lastgroup) for mark in marks]
    starts = [0, *(mark.start(name) for mark, name in zip(marks, names, strict=True))]
    ends = [*starts[1:], len(plain)]
    labels = ["", *(mark[name] for mark, name in zip(marks, names, strict=True))]
    return [
        _Segment(start + len(label), end, label)
        for start, end, label in zip(starts, ends, labels, strict=True)
        if plain[start + len(label) : end].strip(" ;.,")
    ]


def _components(
    text: str, plain: str, segment: _Segment, name: str, type_: str, cut: bool
) -> list[Component]:
    roles, more = roles_in(plain, segment.start, segment.end)
    groups = _groups(plain, segment, roles)
    said = [
        one._replace(start=one.start + segment.start, end=one.end + segment.start)
        for one in schedule_in(plain[segment.start : segment.end])
    ]
    drafts: list[Draft] = []
    for at, (product, members) in enumerate(groups):
        begin = segment.start if at == 0 else _begin(product, members)
        end = _begin(*groups[at + 1]) if at + 1 < len(groups) else segment.end
        inside = [one for one in said if begin <= one.start < end]
        drafts.append(Draft(plain, begin, end, product, members, inside))
    if not drafts:
        drafts = [Draft(plain, segment.start, segment.end, None, [], said)]
    _share(drafts)
    flags = ("text cut",) if cut or more else ()
    found = [
        _finished(text, draft, segment, name if len(drafts) == 1 else "", type_, flags)
        for draft in drafts
    ]
    return _merged(found)


def _merged(found: list[Component]) -> list[Component]:
    """A product that is named again behind another one has several doses: they are its phases."""
    kept: dict[tuple[frozenset[str], str | None], Component] = {}
    for at, one in enumerate(found):
        words = telling_words(one.product or "") or frozenset({f"component {at}"})
        key = (words, one.dose_unit)
        if key not in kept:
            kept[key] = one
            continue
        first = kept[key]
        kept[key] = msgspec.structs.replace(
            first,
            phases=(*_phases(first), *_phases(one)),
            duration_days=one.duration_days or first.duration_days,
            days=(),
            days_as_written=None,
            doses_total=None,
            interval_days=None,
            flags=tuple(dict.fromkeys((*first.flags, *one.flags, "several doses"))),
        )
    return list(kept.values())


def _phases(one: Component) -> tuple[Phase, ...]:
    if one.phases:
        return one.phases
    return (
        Phase(one.dose_low, one.dose_high, one.dose_unit, one.days, one.times_per_day,
              one.times_per_week, one.interval_days, one.duration_days, one.doses_total),
    )  # fmt: skip


def _begin(product: Name | None, members: list[Role]) -> int:
    start = min(one.amount.start for one in members)
    return start if product is None else min(start, product.start)


def _groups(
    plain: str, segment: _Segment, roles: list[Role]
) -> list[tuple[Name | None, list[Role]]]:
    """Amounts put together by the product that they are of."""
    groups: list[tuple[Name | None, list[Role]]] = []
    last = segment.start
    for one in roles:
        product = None
        if one.role == "dose":
            product = name_at(plain, one.amount, last, segment.end)
        alike = groups and same_product(_text(groups[-1][0]), _text(product))
        if groups and (one.role != "dose" or (alike and _same_class(groups[-1][1], one))):
            kept = groups[-1][0] or product
            groups[-1] = (kept, [*groups[-1][1], one])
        else:
            groups.append((product, [one]))
        last = one.amount.end
    return groups


def _same_class(members: list[Role], one: Role) -> bool:
    """Whether amounts may be of one product: cells are no vesicles, and neither is weighed."""
    units = {member.amount.unit for member in members if member.role == "dose"} | {one.amount.unit}
    return len(units) == 1 or not units & {"cells", "particles"}


def _text(name: Name | None) -> str | None:
    return name.text if name is not None else None


def _share(drafts: list[Draft]) -> None:
    """Products that are named side by side and given together have one schedule."""
    for at in range(len(drafts) - 2, -1, -1):
        own, after = drafts[at], drafts[at + 1]
        if not own.said and after.said and after.start - own.end < 4:
            drafts[at] = own._replace(said=after.said, shared_end=after.shared_end or after.end)
    for at in range(1, len(drafts)):
        own, before = drafts[at], drafts[at - 1]
        first = min((one.amount.start for one in before.amounts), default=before.end)
        lead = [one for one in before.said if one.end <= first]
        if not own.said and lead:
            drafts[at] = own._replace(said=lead, shared_start=before.start)


def _finished(
    text: str, draft: Draft, segment: _Segment, name: str, type_: str, flags: tuple[str, ...]
) -> Component:
    """A component with what the words say of the product itself."""
    slots, places, told = fill(draft)
    places = list(places)
    product = draft.product
    if product is None or is_generic(product.text):
        product = _first_named(draft) or product
    named = _product_words(text, product, name, places)
    start = draft.product.start if draft.product is not None else draft.start
    whole = (min(start, draft.start), draft.end)
    kind = _kind(draft, product, type_)
    if name.strip():
        kind_name = kind_of(folded(name), type_=type_)
        if kind_name is not None and kind_name.start >= 0:
            kind = kind_name
            places.append(Place("kind", "name", kind.start, kind.end))
            kind = kind._replace(start=-1)
    for slot, hit in (
        ("kind", kind),
        ("cell_source", source_of(draft.text, *whole)),
        ("donor", donor_of(draft.text, *whole)),
        ("route", route_of(draft.text, draft.shared_start if draft.shared_start >= 0 else whole[0],
                           draft.shared_end or whole[1])),
    ):  # fmt: skip
        if hit is not None:
            slots[slot] = hit.name
            if hit.start >= 0:
                places.append(Place(slot, "text", hit.start, hit.end))
    if slots.get("kind") in ("drug", "placebo", "background", "supplement", "behavioural"):
        slots.pop("cell_source", None)
        places = [place for place in places if place.slot != "cell_source"]
    role = "comparator" if _CONTROL.search(segment.label) or slots.get("kind") == "placebo" else ""
    if slots.get("kind") == "background":
        role = "background"
    return Component(product=named, role=role, flags=(*told, *flags), places=tuple(places), **slots)


def _first_named(draft: Draft) -> Name | None:
    """Without a dose, the words of a known kind of product; of a short text its first words."""
    hit = kind_of(draft.text, draft.start, draft.end)
    if hit is not None and hit.start >= 0 and hit.name not in ("drug", "background", "device"):
        return widened(draft.text, hit.start, hit.end, draft.start)
    if draft.end - draft.start <= _SHORT:
        return name_of(draft.text, draft.start, draft.end)
    return None


def _product_words(text: str, product: Name | None, name: str, places: list[Place]) -> str | None:
    if name.strip():
        places.append(Place("product", "name", 0, len(name)))
        return " ".join(name.split())
    if product is None:
        return None
    places.append(Place("product", "text", product.start, product.end))
    return " ".join(text[product.start : product.end].split())


def _kind(draft: Draft, product: Name | None, type_: str) -> Hit | None:
    """The kind by the product's own words, else by what stands around them.

    Care that is named beside a product, and a placebo of another arm, say nothing of the product.
    """
    if product is not None:
        own = kind_of(draft.text, product.start, product.end)
        if own is not None:
            return own
    told = kind_of(draft.text, draft.start, draft.end, type_=type_)
    doses = [one.amount for one in draft.amounts if one.role == "dose"]
    if product is not None and not is_generic(product.text) and doses:
        by_unit = {"cells": "cells", "particles": "vesicles"}.get(doses[0].unit)
        weighed = doses[0].unit in ("mg", "g", "ug", "ng", "IU", "U")
        if by_unit or weighed:
            return Hit(by_unit or _TYPED.get(type_.casefold(), "drug"), -1, -1)
        if told is not None and told.name in ("placebo", "background", "behavioural", "procedure"):
            return None
    return told


_TYPED: Final = {"biological": "biologic", "dietary supplement": "supplement"}


def _of_name(name: str, type_: str) -> list[Component]:
    """What a name alone tells: "Ramipril 2.5 MG Oral Capsule"."""
    read = read_intervention(name, "", type_)
    return [_renamed(one, name) for one in read[:1]]


def _with_name(one: Component, name: str, type_: str) -> Component:
    """Slots that the text leaves open, from the name."""
    told = read_intervention(name, "", type_)
    if not told or told[0].dose_low is None:
        return one
    of_name = _renamed(told[0], name)
    taken = {}
    for slot in ("dose_low", "dose_high", "dose_unit", "operator", "basis"):
        taken[slot] = getattr(of_name, slot)
    places = [place for place in of_name.places if place.slot == "dose"]
    return msgspec.structs.replace(
        one, **taken, flags=(*one.flags, *of_name.flags, "dose read from the name"),
        places=(*one.places, *places),
    )  # fmt: skip


def _renamed(one: Component, name: str) -> Component:
    places = tuple(
        Place(place.slot, "name", place.start, place.end)
        for place in one.places
        if place.slot != "product"
    )
    return msgspec.structs.replace(
        one,
        product=" ".join(name.split()),
        places=(Place("product", "name", 0, len(name)), *places),
    )
