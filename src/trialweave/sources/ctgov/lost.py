"""Reads a ClinicalTrials.gov record in which a field holds another type than it ever had.

The field is left out and the rest is read. What would have been read from it is then
"unreadable" and not "not reported": something stands there. Which concepts that concerns is asked
of the reading itself, once with the field and once without.
"""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from trialweave.model import Missingness, Passage, Trial, Value
from trialweave.sources.ctgov.fields import harmonise
from trialweave.sources.ctgov.flat import FIELDS, FlatRecord
from trialweave.sources.ctgov.names import classic_path, flat_path, read_paths
from trialweave.sources.ctgov.paths import V2, Paths
from trialweave.sources.ctgov.study import Study

__all__ = ["Lost", "lenient", "lenient_flat", "marked"]

_MOST = 200  # fields of one record that are told apart; a record with more has another form
_LONGEST = 200  # characters of what stands in the field's place

Lost = dict[str, str]
"""Paths of version 2, without positions, of fields that were left out, and what stands there."""

_NUMBER = "NCT00000000"  # a text that every rule of the register's takes, or says it cannot


def lenient(record: dict[str, Any]) -> tuple[Study, Lost]:
    """A decoded record of version 2's shape without the fields that hold what they never hold.

    Raises msgspec.ValidationError where a list is absurdly long.
    """
    lost: Lost = {}
    return _read(record, Study, "", lost), lost


def _read(record: dict[str, Any], struct: type[msgspec.Struct], path: str, lost: Lost) -> Any:
    found: dict[str, Any] = {}
    for each in msgspec.structs.fields(struct):
        value = record.get(each.encode_name)
        if value is None:
            continue
        here = f"{path}.{each.encode_name}" if path else each.encode_name
        try:
            found[each.name] = msgspec.convert(value, each.type)
            continue
        except msgspec.ValidationError as error:
            if "of length <=" in str(error):
                raise
        held, may_be_unset = _held(each.type), _unset(each.type)
        if held is not None and isinstance(value, dict) and not _listed(each.type):
            found[each.name] = _read(value, held, here, lost)
        elif held is not None and isinstance(value, list) and _listed(each.type):
            items = [item for item in value if isinstance(item, dict)]
            found[each.name] = tuple(_read(item, held, here, lost) for item in items)
            if len(items) < len(value):
                _note(lost, here, value)
        elif (
            may_be_unset
            and not _listed(each.type)
            and isinstance(value, (int, float))
            and not isinstance(value, bool)
        ):
            found[each.name] = str(value)[:40]  # a number where a text was is as good as one
        else:
            _note(lost, here, value)
            if may_be_unset:
                found[each.name] = UNSET
    return struct(**found)


def lenient_flat(record: dict[str, Any]) -> tuple[Any, Lost]:
    """A decoded record of the flat form without the fields that hold no lists of texts.

    Raises msgspec.ValidationError where a list is absurdly long.
    """
    lost: Lost = {}
    found: dict[str, Any] = {}
    types_of = {each.name: each.type for each in msgspec.structs.fields(FlatRecord)}
    for name in FIELDS:
        try:
            found[name] = msgspec.convert(record.get(name), types_of[name])
        except msgspec.ValidationError as error:
            if "of length <=" in str(error):
                raise
            _note(lost, _of_flat().get(name, name), record[name])
    people = {
        name: msgspec.Raw(msgspec.json.encode(record[name]))
        for name, kind in types_of.items()
        if kind is msgspec.Raw and name in record
    }
    return FlatRecord(**found, **people), lost


@functools.cache
def _of_flat() -> dict[str, str]:
    """Version 2's path for each field of the flat form."""
    paths = (path for path in read_paths("v2") if not path.startswith("hasResults"))
    return {flat_path(path).partition("[")[0]: path for path in sorted(paths, reverse=True)}


def _note(lost: Lost, path: str, value: Any) -> None:
    if path not in lost and len(lost) < _MOST:
        lost[path] = msgspec.json.encode(value)[: _LONGEST * 4].decode("utf-8", "ignore")[:_LONGEST]


def _parts(annotation: Any) -> Iterator[Any]:
    """The types in an annotation, at any depth."""
    if typing.get_origin(annotation) in (typing.Union, types.UnionType, typing.Annotated, tuple):
        for part in typing.get_args(annotation):
            yield from _parts(part)
        if typing.get_origin(annotation) is tuple:
            yield tuple
    else:
        yield annotation


def _held(annotation: Any) -> type[msgspec.Struct] | None:
    for part in _parts(annotation):
        if isinstance(part, type) and issubclass(part, msgspec.Struct):
            return part
    return None


def _listed(annotation: Any) -> bool:
    return tuple in _parts(annotation)


def _unset(annotation: Any) -> bool:
    return UnsetType in _parts(annotation)


def marked(trial: Trial, lost: Lost, paths: Paths) -> Trial:
    """The trial in which what was lost is unreadable, where nothing else states it."""
    changes: dict[str, Value[Any]] = {}
    for path, raw in lost.items():
        for concept in _concepts(path):
            value = getattr(trial, concept)
            if value.missingness is Missingness.NOT_REPORTED or (
                value.missingness is Missingness.UNREADABLE and value.raw is None
            ):
                at = Passage(path=_place(path, paths.form))
                changes[concept] = Value(None, Missingness.UNREADABLE, at, value.rule, raw)
    return msgspec.structs.replace(trial, **changes) if changes else trial


def _place(path: str, form: str) -> str:
    """Where the form has what version 2 has at a path."""
    try:
        if form == "flat":
            return flat_path(path).partition("[")[0]
        return classic_path(path) if form == "classic" else path
    except KeyError:
        return path


@functools.lru_cache(maxsize=256)
def _concepts(path: str) -> tuple[str, ...]:
    """The concepts that are read from a field, alone or first."""
    with_all = harmonise(_full(Study, ""), V2)
    without = harmonise(_full(Study, path), V2)
    return tuple(
        name
        for name in with_all.__struct_fields__
        if isinstance(value := getattr(without, name), Value)
        and value.missingness is Missingness.NOT_REPORTED
        and getattr(with_all, name).missingness is not Missingness.NOT_REPORTED
    )


def _full(struct: type[msgspec.Struct], without: str, path: str = "") -> Any:
    """A record in which every field but one is filled."""
    found: dict[str, Any] = {}
    for each in msgspec.structs.fields(struct):
        here = f"{path}.{each.encode_name}" if path else each.encode_name
        if here == without:
            continue
        held = _held(each.type)
        parts = tuple(_parts(each.type))
        content: Any = _full(held, without, here) if held is not None else _NUMBER
        if held is None and str not in parts:
            content = True if bool in parts else 1
        found[each.name] = (content,) if tuple in parts and (held or str in parts) else content
    return struct(**found)
