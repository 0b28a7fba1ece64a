"""MeSH as ASCII: d2026.bin (descriptors), c2026.bin (supplementary records), q2026.bin.

Format: MeSH ASCII data elements, U.S. National Library of Medicine: records begin with
``*NEWRECORD`` and have one ``TAG = value`` a line. An entry's last field says by letters what its
fields are; "d" is how it stands to the heading.
"""

from __future__ import annotations

from typing import Final

from trialweave.errors import Unreadable
from trialweave.terms._mesh import RELATIONS, kind_of, registry
from trialweave.terms.drafting import Drafts
from trialweave.terms.term import Scope

__all__ = ["BEGINS", "HEADING", "read"]

BEGINS: Final = "*NEWRECORD"
HEADING: Final = "MH = "
"""Begins a broader term that is named, not numbered, and may stand in another file."""
_NAMES: Final = ("MH", "NM", "SH")
_ENTRIES: Final = ("ENTRY", "PRINT ENTRY", "SY", "QX")
_NOTES: Final = ("MS", "NO")
_LEXICAL, _RELATION = "c", "d"
_ABBREVIATIONS: Final = frozenset({"ABB", "ABX", "ACR", "ACX"})


def read(text: str, drafts: Drafts) -> None:
    """Read records. Raises Unreadable where the last is cut: a record ends with its id."""
    drafts.vocabulary = drafts.vocabulary or "MeSH"
    records = text.split(BEGINS)[1:]
    for number, record in enumerate(records):
        said = _said(record)
        identifier = said.get("UI", [""])[0]
        name = next((said[tag][0] for tag in _NAMES if tag in said), "")
        if number == len(records) - 1 and not (identifier and name):
            raise Unreadable("the file is cut in its last record.")
        names: list[tuple[str, Scope]] = [(name, "preferred")]
        names.extend(_entry(value) for tag in _ENTRIES for value in said.get(tag, ()))
        numbers = said.get("MN", [])
        drafts.take(
            identifier,
            names,
            kind=kind_of(numbers),
            definition=next((said[tag][0] for tag in _NOTES if tag in said), ""),
            parents=[HEADING + value.lstrip("*").partition("/")[0] for value in said.get("HM", ())],
            numbers=numbers,
            alike=[one for value in said.get("RN", ()) if (one := registry(value))],
        )


def _said(record: str) -> dict[str, list[str]]:
    said: dict[str, list[str]] = {}
    for line in record.split("\n"):
        tag, equals, value = line.partition(" = ")
        if equals:
            said.setdefault(tag.strip(), []).append(value.strip())
    return said


def _entry(value: str) -> tuple[str, Scope]:
    fields = value.split("|")
    if len(fields) < 3:
        return fields[0], "exact"
    meant = dict(zip(fields[-1], fields, strict=False))
    if meant.get(_LEXICAL, "") in _ABBREVIATIONS:
        return fields[0], "abbreviation"
    return fields[0], RELATIONS.get(meant.get(_RELATION, ""), "exact")
