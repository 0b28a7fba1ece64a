"""Known fields as a tree, and the survey of JSON records against it.

A tree is written as text, a level of indentation for a level of the record::

    statusModule
     overallStatus!+ whyStopped!
     startDateStruct
      date! type!
    keywords[]!

A name alone is a text; ``#`` marks a number, ``?`` a flag (true or false), ``*`` anything, into
which nobody looks; ``[]`` a list of it; ``!`` that it is read, ``+`` that every whole record has
it. A line of one name holds what stands deeper below it, and with ``|`` may hold text instead.
``name &shape`` holds what stands below ``&shape`` at the top of the text.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import msgspec

from trialweave.sources._json import Piece
from trialweave.sources._source import FieldNote
from trialweave.sources.known import ENOUGH, MUCH, Found

__all__ = ["Known", "Tree", "judge", "reading", "survey", "tree"]

_ITEM = re.compile(
    r"(?P<name>[^\s\[\]!+#?*|&]+)(?P<lists>(?:\[\])*)(?P<kind>[#?*|]?)(?P<read>!?)(?P<always>\+?)"
)
_ERRORS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError)
_KINDS = {"": "text", "#": "number", "?": "flag", "*": "any", "|": "text"}
_WORTH = 20  # records, from which on a strict decoder is worth its making
_EXTRACT = 50  # records without most of the usual fields, after which a document is an extract


@dataclass(frozen=True)
class Known:
    """One known field: what it holds, in how many lists in each other, and what stands in it."""

    kind: str = "object"  # "object", "text", "number", "flag", "any"
    lists: int = 0
    read: bool = False
    always: bool = False
    or_text: bool = False  # an object in whose place a text may stand
    inside: dict[str, Known] = field(default_factory=dict)


@dataclass(eq=False)
class Tree:
    """The known fields of the records of one form.

    In a `loose` form, made of XML, what stands once is not in a list, and every scalar is as good
    as a text.
    """

    root: Known
    loose: bool = False
    asked: int = 0  # records so far, of which a few are sooner walked than a decoder is made

    @cached_property
    def strict(self) -> msgspec.json.Decoder[Any]:
        """Decodes a record that has known fields of known types only; made when first used."""
        return msgspec.json.Decoder(_type(self.root, self.loose))

    @cached_property
    def always(self) -> tuple[tuple[str, ...], ...]:
        """The paths of the fields that every whole record has."""
        return tuple(_always(self.root, ()))

    def paths(self, *, read: bool) -> Iterator[str]:
        """The paths of the fields that are read, or of those that are known and left."""
        return (path for path, known in _leaves(self.root, "") if known.read is read)


def _leaves(known: Known, path: str) -> Iterator[tuple[str, Known]]:
    for name, inner in known.inside.items():
        here = f"{path}.{name}" if path else name
        here += "[]" * inner.lists
        if not inner.inside or inner.read:
            yield here, inner
        yield from _leaves(inner, here)


def _always(known: Known, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, inner in known.inside.items():
        if inner.always and (not inner.inside or inner.lists):
            yield (*path, name)
        if not inner.lists:
            yield from _always(inner, (*path, name))


def tree(text: str, *, loose: bool = False) -> Tree:
    """Read a tree from its text, as the module describes it."""
    lines = [line for line in text.splitlines() if line.strip()]
    shapes: dict[str, dict[str, Known]] = {}
    at = 0
    while at < len(lines) and lines[at].startswith("&"):
        name = lines[at].strip()
        shapes[name], at = _level(lines, at + 1, 1, shapes)
    inside, end = _level(lines, at, 0, shapes)
    if end != len(lines):
        raise ValueError(f"line {end + 1} is indented too deep: {lines[end]!r}")
    return Tree(Known(inside=inside), loose)


def _level(
    lines: list[str], at: int, depth: int, shapes: dict[str, dict[str, Known]]
) -> tuple[dict[str, Known], int]:
    """The fields of one level, and the line after them."""
    found: dict[str, Known] = {}
    while at < len(lines):
        line = lines[at]
        indent = len(line) - len(line.lstrip())
        if indent != depth or (depth == 0 and line.startswith("&")):
            break
        words = line.split()
        at += 1
        inside: dict[str, Known] = {}
        if words[-1].startswith("&"):
            inside = dict(shapes[words.pop()])
        if at < len(lines) and len(lines[at]) - len(lines[at].lstrip()) > depth:
            more, at = _level(lines, at, depth + 1, shapes)
            inside |= more
        for word in words:
            match = _ITEM.fullmatch(word)
            if match is None or match["name"] in found:
                raise ValueError(f"{word!r} is no field, or stands there twice: {line!r}")
            found[match["name"]] = Known(
                "object" if inside else _KINDS[match["kind"]],
                len(match["lists"]) // 2,
                bool(match["read"]),
                bool(match["always"]),
                match["kind"] == "|",
                inside,
            )
        if inside and len(words) != 1:
            raise ValueError(f"{line!r} is no line of one name")
    return found, at


_TYPES: Final[dict[str, Any]] = {
    "text": str,
    "number": int | float,
    "flag": bool,
    "any": msgspec.Raw,
}
_SCALAR: Final[Any] = str | int | float | bool


def _type(known: Known, loose: bool) -> Any:
    """The type that holds a field, for msgspec; what is unknown in it is an error to it."""
    if known.kind == "any":
        return msgspec.Raw
    if known.inside:
        names = {f"f{i}": name for i, name in enumerate(known.inside)}
        fields = [
            (short, _type(known.inside[name], loose), None if known.inside[name].kind != "any"
             else msgspec.Raw()) for short, name in names.items()
        ]  # fmt: skip
        made: Any = msgspec.defstruct(
            "Known", fields, rename=names, forbid_unknown_fields=True, gc=False
        )
        if known.or_text:
            made = made | _SCALAR if loose else made | str
    else:
        made = _SCALAR if loose else _TYPES[known.kind]
    if loose:
        made = made | list[made | None]
    else:
        for _ in range(known.lists):
            made = list[made | None]
    return made | None


def reading(struct: type[msgspec.Struct], known: Known) -> Any:
    """The struct that a reader decodes into, made strict: also with the known fields that it
    leaves, and no others.

    What is decoded into it is one of `struct`, and is read as that.
    """
    fields: list[tuple[str, Any, Any]] = []
    names = {}
    for each in msgspec.structs.fields(struct):
        inner = known.inside.get(each.encode_name)
        made = _with(each.type, inner) if inner is not None else each.type
        fields.append((each.name, made, each.default))
        names[each.name] = each.encode_name
    read = frozenset(names.values())
    left = ((name, inner) for name, inner in known.inside.items() if name not in read)
    for i, (name, inner) in enumerate(left):
        default = msgspec.Raw() if inner.kind == "any" else None
        fields.append((f"left{i}", _type(inner, False), default))
        names[f"left{i}"] = name
    return msgspec.defstruct(
        struct.__name__,
        fields,
        bases=(struct,),
        rename=names,
        forbid_unknown_fields=True,
        gc=False,
    )


def _with(annotation: Any, known: Known) -> Any:
    """An annotation with strict structs for structs."""
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return reading(annotation, known)
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return typing.Annotated[(_with(parts[0], known), *parts[1:])]
    if origin is tuple:
        return origin[(*(part if part is ... else _with(part, known) for part in parts),)]
    if origin in (typing.Union, types.UnionType):
        return typing.Union[tuple(_with(part, known) for part in parts)]  # noqa: UP007
    return annotation


def _is(kind: str, value: object, loose: bool) -> bool:
    if isinstance(value, (dict, list)):
        return False
    if loose or isinstance(value, bool):
        return loose or kind == "flag"
    return isinstance(value, str) == (kind == "text") and kind != "flag"


class _Walk:
    """Goes through one decoded record beside the tree, and tells what is not as known."""

    def __init__(self, found: Found, loose: bool) -> None:
        self.found = found
        self.loose = loose

    def all(self, value: Any, known: Known, path: str, lists: int) -> None:
        """A field with the lists around it."""
        if value is None or known.kind == "any":
            return
        if isinstance(value, list) and (lists or (self.loose and not path.endswith("[]"))):
            for item in value:
                self.all(item, known, f"{path}[]", max(lists - 1, 0))
        elif lists and not self.loose:
            self.found.retyped(path, value)
        elif known.inside:
            self.object(value, known, path)
        elif not _is(known.kind, value, self.loose):
            self.found.retyped(path, value)

    def object(self, value: Any, known: Known, path: str) -> None:
        """An object, whose keys are fields."""
        if not isinstance(value, dict):
            scalar = not isinstance(value, list)
            if not (known.or_text and scalar and (self.loose or isinstance(value, str))):
                self.found.retyped(path, value)
            return
        inside = known.inside
        unknown = value.keys() - inside.keys()
        for name in unknown:
            lacking = inside.keys() - value.keys() if len(unknown) <= len(inside) else ()
            here = f"{path}.{name}" if path else name
            self.found.new(here, value[name], lacking)
        for name in value.keys() & inside.keys() if unknown else value:
            inner = inside[name]
            self.all(value[name], inner, f"{path}.{name}" if path else name, inner.lists)


def judge(found: Found, known: Tree, record: dict[str, Any]) -> None:
    """Tell what of one decoded record is not as known."""
    _Walk(found, known.loose).object(record, known.root, "")


def _has(record: Any, path: tuple[str, ...]) -> bool:
    for name in path:
        if not isinstance(record, dict) or name not in record:
            return False
        record = record[name]
    return record is not None


def survey(
    source: str,
    known: Tree,
    data: bytes,
    pieces: Iterable[Piece],
    suspects: Iterable[Piece] | None = None,
) -> tuple[FieldNote, ...]:
    """What of the records at `pieces` is not as known.

    Each record is decoded strictly, and walked only where that fails; `suspects` are the records
    of which the reader has found that already. Damaged records are left to the reader.
    """
    found = Found(source)
    pieces = list(pieces)
    known.asked += len(pieces)
    marked = None if suspects is None else set(suspects)
    any_keys = msgspec.json.Decoder(dict[str, Any])
    for piece in pieces:
        found.record()
        if marked is None and known.asked >= _WORTH:
            try:
                known.strict.decode(data[piece.start : piece.end])
                continue
            except msgspec.ValidationError:
                pass
            except _ERRORS:
                continue
        elif marked is not None and piece not in marked:
            continue
        try:
            judge(found, known, any_keys.decode(data[piece.start : piece.end]))
        except _ERRORS:
            continue
    if len(pieces) >= ENOUGH and known.always:
        _missed(found, known, (data[piece.start : piece.end] for piece in pieces))
    return found.notes()


def _missed(found: Found, known: Tree, records: Iterable[bytes]) -> None:
    """Tell which of the fields that every record has are in none of these."""
    decoder = msgspec.json.Decoder(dict[str, Any])
    missing = set(known.always)
    whole = looked = 0
    for content in records:
        try:
            record = decoder.decode(content)
        except _ERRORS:
            continue
        has = {path for path in known.always if _has(record, path)}
        missing -= has
        looked += 1
        whole += len(has) >= MUCH * len(known.always)
        if not missing or (looked == _EXTRACT and not whole):
            return
    if whole >= ENOUGH:
        for path in known.always:
            if path in missing:
                found.gone(".".join(path))
