"""A register's fields (ages, sex) held against the eligibility text of the same record."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from trialweave.protocol.criteria import units
from trialweave.protocol.criteria.quantities import quantities
from trialweave.protocol.criteria.text import plain
from trialweave.protocol.criteria.tree import Compare, Criterion, Flag, InSet, leaves

__all__ = ["FieldConflict", "field_conflicts"]

_NEAR: Final = 0.02  # years: a field in months against a text in years rounds
_SEXES: Final = {
    "male": frozenset(("male",)), "m": frozenset(("male",)), "men": frozenset(("male",)),
    "female": frozenset(("female",)), "f": frozenset(("female",)), "women": frozenset(("female",)),
    "all": frozenset(("female", "male")), "both": frozenset(("female", "male")),
    "both males and females": frozenset(("female", "male")),
}  # fmt: skip


class FieldConflict(NamedTuple):
    """A field and the text that disagree: both as they stand, and the flag that says so."""

    field: str  # "minimum_age", "maximum_age" or "sex"
    stated: str
    criterion: int  # number of the criterion that says otherwise
    read: str
    flag: Flag


class _Bound(NamedTuple):
    years: float
    criterion: Criterion
    leaf: Compare


def field_conflicts(
    criteria: Iterable[Criterion],
    *,
    minimum_age: str = "",
    maximum_age: str = "",
    sex: str = "",
) -> tuple[FieldConflict, ...]:
    """Where the fields of a record and its eligibility text exclude each other.

    Ages are as the register writes them ("18 Years", "6 Months", "N/A"); a number alone is in
    years. A bound of the text that an open or closed end alone tells from the field ("> 18" and 18
    years) is no conflict, and neither is one that only the field or only the text states. Of
    donors nothing is compared.
    """
    asked = [one for one in criteria if one.kind == "criterion" and one.population != "donor"]
    found = []
    for field, stated, upper in (
        ("minimum_age", minimum_age, False),
        ("maximum_age", maximum_age, True),
    ):
        years = _years(stated)
        bounds = _bounds(asked, upper)
        if years is None or not bounds or any(abs(one.years - years) <= _NEAR for one in bounds):
            continue
        one = bounds[0]
        found.append(_conflict(field, stated, one.criterion, one.leaf.start, one.leaf.end))
    wanted = _SEXES.get(sex.strip().lower())
    for criterion in asked:
        for leaf in leaves(criterion.tree):
            if not wanted or not isinstance(leaf, InSet) or leaf.concept != "sex":
                continue
            if criterion.section == "inclusion" and frozenset(leaf.values) != wanted:
                found.append(_conflict("sex", sex, criterion, leaf.start, leaf.end))
    return tuple(found)


def _years(stated: str) -> float | None:
    small = plain(stated)
    for one in quantities(small, stated):
        return units.convert(one.low, one.unit or "a", "a")
    number = small.strip()
    return float(number) if number.isdigit() else None


def _bounds(criteria: Iterable[Criterion], upper: bool) -> list[_Bound]:
    """The bounds on one side that the text sets on age, in years."""
    found = []
    for criterion in criteria:
        inside = criterion.section != "exclusion"
        for leaf in leaves(criterion.tree):
            if not isinstance(leaf, Compare) or leaf.concept != "age":
                continue
            value: float | None = None
            if leaf.operator == "between" and inside:
                value = leaf.high if upper else leaf.low
            elif leaf.operator[0] == ("<" if upper == inside else ">"):
                value = leaf.low
            if value is None:
                continue
            years = units.convert(value, leaf.unit or "a", "a")
            if years is not None:
                found.append(_Bound(years, criterion, leaf))
    return found


def _conflict(field: str, stated: str, criterion: Criterion, start: int, end: int) -> FieldConflict:
    read = criterion.text[start - criterion.start : end - criterion.start].strip()
    reason = f"the field {field} says {stated.strip()!r}, the text says {read!r}"
    flag = Flag("conflict_with_field", reason, start, end, read, stated.strip())
    return FieldConflict(field, stated, criterion.number, read, flag)
