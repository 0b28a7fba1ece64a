"""Invented patients of a definition: from the tables of its file to facts."""

from __future__ import annotations

import datetime as dt
import difflib
import math
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, cast, get_args

from trialweave.errors import NotFound, TooLarge, Unreadable
from trialweave.model import PartialDate, parse_date
from trialweave.protocol.conditions.words import is_unit
from trialweave.protocol.criteria.concepts import concept, concepts
from trialweave.protocol.criteria.units import ucum
from trialweave.protocol.patients.codes import concept_of
from trialweave.protocol.patients.facts import Fact, FactKind, Patient, Range
from trialweave.protocol.patients.fhir import read_patients

__all__ = ["FILE_KEYS", "Keys", "keyed", "patient_of"]

FILE_KEYS: Final = frozenset(("name", "file", "patient", "birth", "sex", "facts"))
_KINDS: Final[tuple[FactKind, ...]] = get_args(FactKind)
_SEXES: Final = ("female", "male", "other")
_LARGEST: Final = 16 << 20  # bytes of a FHIR file beside a definition
_UNKNOWN: Final = "unknown"
_TRUTHS: Final = ("ongoing", "over", "absent", "planned")


class Keys(NamedTuple):
    """The keys of a table: those that it has to have, and those that it may have."""

    required: frozenset[str]
    optional: frozenset[str]


_FACT: Final = Keys(
    frozenset(),
    frozenset((*_KINDS, "value", "comparator", "unit", "date", "end", "normal", *_TRUTHS)),
)


def keyed(content: dict[str, Any], keys: Keys, where: str) -> None:
    """Raises Unreadable where a table has a key that it cannot have, or lacks one."""
    known = keys.required | keys.optional
    for name in content:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            meant = f"Did you mean {near[0]}?" if near else f"Keys are {', '.join(sorted(known))}."
            raise Unreadable(f"{name!r} is no key here.", where=where, next_step=meant)
    for name in sorted(keys.required - set(content)):
        raise Unreadable(f"{name!r} is missing.", where=where, next_step="Add it.")


def patient_of(content: dict[str, Any], day: dt.date, folder: Path, where: str) -> Patient:
    """A patient out of a FHIR file beside the definition, or out of the facts that stand in it.

    A measurement without a date is of the day of screening, and a condition without any is there
    on that day; `date = "unknown"` says that it is not known. Raises as `read_definition`.
    """
    if "file" in content:
        for name in ("birth", "sex", "facts"):
            if name in content:
                raise Unreadable(f"there is a file, and {name} beside it.", where=where)
        return _from_file(content, folder, where)
    name = str(content.get("name", ""))
    facts = content.get("facts", [])
    if not isinstance(facts, list) or not all(isinstance(each, dict) for each in facts):
        raise Unreadable("facts is no list of tables.", where=where)
    sex = content.get("sex", "")
    if sex not in ("", *_SEXES):
        raise Unreadable(f"sex is {sex!r}; it is one of {', '.join(_SEXES)}.", where=where)
    birth = _date(content, "birth", where)
    return Patient(
        name, birth, cast(Literal["female", "male", "other", ""], sex),
        tuple(_fact(each, place, day, where) for place, each in enumerate(facts, 1)),
        birth_path="birth" if birth else "", sex_path="sex" if sex else "",
    )  # fmt: skip


def _from_file(content: dict[str, Any], folder: Path, where: str) -> Patient:
    name = content["file"]
    if not isinstance(name, str) or not name or Path(name).name != name:
        raise Unreadable("file is not the name of a file beside the definition.", where=where)
    try:
        with (folder / name).open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError:
        raise NotFound(
            f"there is no file {name!r} beside the definition.", where=where,
            next_step="Check the spelling.",
        ) from None  # fmt: skip
    if len(data) > _LARGEST:
        raise TooLarge(f"{name}: more than {_LARGEST:,} bytes.", where=where)
    people = read_patients(data, name)
    wanted = content.get("patient")
    if wanted is None and len(people) == 1:
        return people[0]
    for each in people:
        if each.identifier == wanted:
            return each
    known = ", ".join(each.identifier for each in people[:10])
    raise Unreadable(
        f"{name} has {len(people)} patients, and which is meant is not said.", where=where,
        next_step=f'Write patient = "…", one of {known}.',
    )  # fmt: skip


def _fact(content: dict[str, Any], place: int, day: dt.date, patient: str) -> Fact:
    where = f"{patient}, fact {place}"
    keyed(content, _FACT, where)
    kinds = [name for name in _KINDS if name in content]
    if len(kinds) != 1 or not isinstance(content[kinds[0]], str) or not content[kinds[0]].strip():
        raise Unreadable(f"it names not one of {', '.join(_KINDS)}.", where=where)
    kind, label = kinds[0], content[kinds[0]].strip()
    truths = {name: content.get(name, False) for name in _TRUTHS}
    for name, value in truths.items():
        if not isinstance(value, bool):
            raise Unreadable(f"{name} is neither true nor false.", where=where)
    dated = "date" in content
    start, end = _date(content, "date", where), _date(content, "end", where)
    value = _value(content, where)
    if kind == "measurement":
        if value is None:
            raise Unreadable("a measurement has no value.", where=where, next_step="Add value = ….")
        start = start if dated else PartialDate(day.year, day.month, day.day)
    elif kind == "condition" and not (dated or end or truths["over"] or truths["absent"]):
        truths["ongoing"] = True
    return Fact(
        kind, _concept(label, kind, where), label, (), value, _comparator(content, where),
        _unit(content, where), _normal(content, where), start, end, resource=f"fact {place}",
        path=kind, **truths,
    )  # fmt: skip


def _concept(label: str, kind: FactKind, where: str) -> str:
    joined = label.replace(" ", "_").casefold()
    name = joined if concept(joined) else concept_of((), label)
    if not name and kind == "measurement":
        near = difflib.get_close_matches(joined, concepts(), 3)
        meant = f"Did you mean {' or '.join(near)}?" if near else "Name it as the criterion does."
        raise Unreadable(f"no measure is called {label!r}.", where=where, next_step=meant)
    return name or label


def _value(content: dict[str, Any], where: str) -> float | str | bool | None:
    value = content.get("value")
    if value is None or isinstance(value, bool | str):
        return value
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise Unreadable("value is neither a number nor a text, true or false.", where=where)
    return float(value)


def _comparator(content: dict[str, Any], where: str) -> str:
    found = content.get("comparator", "")
    if found not in ("", "<", "<=", ">", ">="):
        raise Unreadable(f"comparator is {found!r}; it is one of < <= > >=.", where=where)
    return str(found)


def _unit(content: dict[str, Any], where: str) -> str:
    unit = content.get("unit", "")
    code = unit if not unit or (isinstance(unit, str) and is_unit(unit)) else ucum(str(unit))
    if unit and not code:
        raise Unreadable(f"{unit!r} is no unit (UCUM, as mmol/L).", where=where)
    return str(code)


def _normal(content: dict[str, Any], where: str) -> Range | None:
    found = content.get("normal")
    if found is None:
        return None
    if (
        not isinstance(found, list)
        or len(found) != 2
        or not all(isinstance(each, int | float) for each in found)
    ):
        raise Unreadable("normal is no list of two numbers, [low, high].", where=where)
    return Range(float(found[0]), float(found[1]))


def _date(content: dict[str, Any], name: str, where: str) -> PartialDate | None:
    """A date of TOML, or a text as precise as is known ("2026-06"); None where unknown."""
    value = content.get(name)
    if value is None or value == _UNKNOWN:
        return None
    if isinstance(value, dt.date):
        return PartialDate(value.year, value.month, value.day)
    found = parse_date(value) if isinstance(value, str) else None
    if found is None:
        raise Unreadable(f"{name} is no date.", where=where, next_step="Write 2026-06-30.")
    return found
