"""A user's own vocabulary as a plain table: CSV, TSV, or JSON lines.

One line a term. Columns are found by their usual names, or as `Table.columns` says: id, name,
synonyms, kind, definition, parents, numbers (places in a printed tree), alike, obsolete,
replaced_by. Lists have "|" between their parts (JSON lines: lists). Only a name is needed; where
there is no id, the name is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from trialweave.errors import Unreadable
from trialweave.terms.delimited import header_of, picker, quoted_rows, split, squashed
from trialweave.terms.drafting import Drafts
from trialweave.terms.term import Scope

__all__ = ["FIELDS", "PLAIN", "Table", "is_table", "read", "read_lines", "separator_of"]


class Table(NamedTuple):
    """How to read a plain table: field -> column, the kind of its terms, a prefix for its ids."""

    columns: Mapping[str, str] = {}
    kind: str = ""
    prefix: str = ""


PLAIN: Final = Table()
"""Columns by their usual names."""

_USUAL: Final[dict[str, tuple[str, ...]]] = {
    "id": ("id", "code", "identifier", "term id", "mesh id", "concept id", "unii"),
    "name": ("name", "label", "term", "preferred name", "preferred label", "subject"),
    "synonyms": ("synonyms", "entry terms", "aliases", "alternative labels", "alt labels"),
    "kind": ("kind", "type", "semantic type"),
    "definition": ("definition", "description", "scope note"),
    "parents": ("parents", "is a", "parent", "broader", "mapped to"),
    "numbers": ("numbers", "tree numbers"),
    "alike": ("alike", "xrefs", "same as", "exact match"),
    "obsolete": ("obsolete", "deprecated", "retired"),
    "replaced_by": ("replaced by", "use instead"),
}
FIELDS: Final = tuple(_USUAL)
"""What a plain table may say of a term."""

_TRUE: Final = frozenset({"1", "true", "t", "yes", "y", "x"})
_LISTS: Final = frozenset({"synonyms", "parents", "numbers", "alike"})


def separator_of(line: str) -> str:
    """What separates the columns of a header: the one of tab, semicolon, comma that it has most."""
    return max("\t;,", key=line.count)


def is_table(line: str) -> bool:
    """Whether a header has a column of names, and an id or one more that is usual."""
    have = {squashed(name) for name in header_of(line, separator_of(line))}
    usual = {field for field, names in _USUAL.items() if have & {squashed(one) for one in names}}
    return "name" in usual and len(usual) > 1


def read(text: str, drafts: Drafts, table: Table = PLAIN) -> None:
    """Read a table with a header. Raises Unreadable where no column has names."""
    separator = separator_of(text.partition("\n")[0])
    found = quoted_rows(text, drafts, separator=separator)
    header = next(found, [])
    places = _places(header, table)
    for row in found:
        _take({field: row[at] for field, at in places.items()}, drafts, table)


def read_lines(text: str, drafts: Drafts, table: Table = PLAIN) -> None:
    """Read JSON lines, an object a term. Raises Unreadable."""
    places: dict[str, str] | None = None
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            said = msgspec.json.decode(line, type=dict[str, Any])
        except (msgspec.MsgspecError, RecursionError, ValueError) as error:
            raise Unreadable(f"line {number:,} is no JSON object: {error}.") from None
        if places is None:
            keys = list(said)
            places = {field: keys[at] for field, at in _places(keys, table).items()}
        _take({field: said.get(key) for field, key in places.items()}, drafts, table)


def _places(header: Sequence[str], table: Table) -> dict[str, int]:
    unknown = [field for field in table.columns if field not in _USUAL]
    if unknown:
        raise ValueError(f"a table has no {unknown[0]!r}; its fields are {', '.join(_USUAL)}")
    places = {}
    for field, usual in _USUAL.items():
        asked = table.columns.get(field)
        names = (asked,) if asked is not None else usual
        at = picker(header, *names, needed=field == "name" or asked is not None)
        if at >= 0:
            places[field] = at
    return places


def _take(said: Mapping[str, Any], drafts: Drafts, table: Table) -> None:
    texts = {field: _text(value) for field, value in said.items() if field not in _LISTS}
    lists = {field: _list(value) for field, value in said.items() if field in _LISTS and value}
    name = texts.get("name", "")
    own = texts.get("id") or name
    prefix = table.prefix
    parents, replaced_by = lists.get("parents", ()), texts.get("replaced_by", "")
    if prefix:
        own, replaced_by = _prefixed(prefix, own), _prefixed(prefix, replaced_by)
        parents = [_prefixed(prefix, one) for one in parents]
    names: list[tuple[str, Scope]] = [(name, "preferred")]
    names.extend((one, "exact") for one in lists.get("synonyms", ()))
    drafts.take(
        own,
        names,
        kind=table.kind or texts.get("kind", ""),
        definition=texts.get("definition", ""),
        parents=parents,
        numbers=lists.get("numbers", ()),
        alike=lists.get("alike", ()),
        obsolete=texts.get("obsolete", "").casefold() in _TRUE,
        replaced_by=replaced_by,
    )


def _prefixed(prefix: str, identifier: str) -> str:
    bare = not identifier or identifier.startswith(prefix)
    return identifier if bare else f"{prefix}{identifier}"


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _list(value: object) -> list[str]:
    if isinstance(value, list):
        return [str(one) for one in value if one is not None]
    return split(str(value))
