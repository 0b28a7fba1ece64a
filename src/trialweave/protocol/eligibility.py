"""Who may take part in a trial, as one record says it: its criteria, and its fields beside them.

Registers state age and sex in fields of their own, and often again, or otherwise, in the text. Both
are kept, the fields as criteria that say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

from trialweave.model import Missingness, Record, Trial, Value
from trialweave.protocol.criteria.fields import field_conflicts
from trialweave.protocol.criteria.reading import read_criteria, read_listed
from trialweave.protocol.criteria.tree import Compare, Criterion, Flag, InSet, Node

__all__ = ["RULES", "Eligibility", "eligibility_of"]

RULES: Final = "criteria/2"
"""Rises when the same record may be read otherwise."""
_FIELD: Final = "registry field"


class Eligibility(msgspec.Struct, frozen=True):
    """The criteria of a record in their order, and the address of the value each stands in, as
    `why` takes it; those from fields come last, under the heading "registry field"."""

    record_id: str
    criteria: tuple[Criterion, ...]
    addresses: tuple[str, ...]


def eligibility_of(record: Record) -> Eligibility:
    """Read the criteria of a record; without any it has none.

    Where its fields and its text exclude each other, both criteria are flagged.
    """
    about = record.about
    text = list(_read(about))
    fields = [
        (_of_field(number, told), address)
        for number, (told, address) in enumerate(_fields(about), len(text))
    ]
    read = _flagged(text, fields)
    return Eligibility(
        record.record_id, tuple(each for each, _ in read), tuple(where for _, where in read)
    )


_Placed = tuple[Criterion, str]


def _flagged(text: Sequence[_Placed], fields: Sequence[_Placed]) -> list[_Placed]:
    """All criteria, with a flag on those of text and fields that exclude each other."""
    stated = {where: one.text.partition(": ")[2] for one, where in fields}
    flags: dict[int, list[Flag]] = {}
    number_of = {where: one.number for one, where in fields}
    for conflict in field_conflicts([one for one, _ in text], **stated):
        flags.setdefault(conflict.criterion, []).append(conflict.flag)
        field = number_of[conflict.field]
        whole = msgspec.structs.replace(conflict.flag, start=0, end=len(conflict.stated))
        flags.setdefault(field, []).append(whole)
    return [
        (msgspec.structs.replace(one, flags=(*one.flags, *flags.get(one.number, ()))), where)
        for one, where in (*text, *fields)
    ]


def _read(about: Trial) -> Iterator[tuple[Criterion, str]]:
    listed = [
        (section, f"{section}_criteria[{i}]", value.content)
        for section in ("inclusion", "exclusion")
        for i, value in enumerate(getattr(about, f"{section}_criteria").content or ())
        if value.content
    ]
    if not listed:
        text = about.eligibility_text.content
        for each in read_criteria(text) if text else ():
            yield each, "eligibility_text"
        return
    if all(_single(text) for _, _, text in listed):
        texts = {
            section: [text for one, _, text in listed if one == section]
            for section in ("inclusion", "exclusion")
        }
        found = read_listed(texts["inclusion"], texts["exclusion"])
        for each, (_, address, _) in zip(found, listed, strict=True):
            yield each, address
        return
    number = 0
    for section, address, text in listed:
        items = read_criteria(text, section=section)
        for each in items:
            yield _renumbered(each, number), address
        number += len(items)


def _single(text: str) -> bool:
    """Whether a listed item is one criterion, and no list again."""
    return "\n" not in text.strip() and len(text) < 400


def _renumbered(one: Criterion, by: int) -> Criterion:
    group = one.group + by if one.group >= 0 else one.group
    return msgspec.structs.replace(one, number=one.number + by, group=group)


def _fields(about: Trial) -> Iterable[tuple[tuple[str, Node], str]]:
    for name, operator, title in (
        ("minimum_age", ">=", "Minimum age"),
        ("maximum_age", "<=", "Maximum age"),
    ):
        value: Value[float] = getattr(about, name)
        if value.content is not None and value.missingness is Missingness.STATED:
            shown = value.raw or f"{value.content:g} years"
            node = _age(operator, value.content)
            yield (f"{title}: {shown}", node), name
    if about.sex.content in ("female", "male"):
        yield (f"Sex: {about.sex.content}", InSet("sex", (about.sex.content,), 0, 0)), "sex"


def _age(operator: str, years: float) -> Compare:
    """A bound of age as registers mean it: up to 70 years are all whose age is 70."""
    months = years * 12
    if not float(years).is_integer() and abs(months - round(months)) < 1e-6:
        return Compare("age", operator, float(round(months)), 0, 0, unit="mo")
    return Compare("age", operator, float(years), 0, 0, unit="a")


def _of_field(number: int, told: tuple[str, Any]) -> Criterion:
    text, node = told
    whole = msgspec.structs.replace(node, end=len(text))
    return Criterion(
        number, "inclusion", "patient", text, 0, len(text), whole, "full", heading=_FIELD
    )
