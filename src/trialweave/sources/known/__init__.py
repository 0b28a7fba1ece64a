"""What is said of a source whose fields are not as they were known.

A survey compares the fields of one document with those that its source is known to have, read or
left, so that what it tells is change and not how much of a record is read. This module collects
what is found into a bounded number of notes; `json` and `xml` look for it, and the
tables of known fields stand in the modules named `_known_…` after them.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

import msgspec

from trialweave.sources._source import FieldNote

__all__ = ["ENOUGH", "MOST", "MUCH", "Found", "merge", "printable"]

MOST = 50  # notes of one document; the rest is counted
ENOUGH = 20  # records of which none has a field, before it counts as gone
MUCH = 0.75  # of the fields that every record has: a record with less is an extract
_LONGEST_PATH = 160
_LONGEST_NAME = 80
_LONGEST_EXAMPLE = 60
_CLOSE = 0.66  # difflib's ratio, of 1 for equal names

_MORE = re.compile(r"… and (?P<count>\d{1,18}) more")
# What may name or reach a person is not repeated; WHO items 7 and 8 stay in the archive
_PEOPLE = re.compile(
    r"contact|official|investigator|person|authors?(?!i[sz])|(?:fore|first|last|middle|sur|full"
    r"|given)_?name|phone|fax|mail|address|orcid|responsible|party|affiliation",
    re.IGNORECASE,
)
_REACHES = re.compile(r"@|\d[\d ()/.-]{7,30}\d")

Kind = Literal["new", "retyped", "gone"]


def printable(text: str, longest: int) -> str:
    """A text on one line without signs that a terminal obeys."""
    text = text[: longest + 1]
    clean = "".join(sign if sign.isprintable() else " " for sign in text)
    clean = " ".join(clean.split())
    return clean if len(text) <= longest else clean[:longest].rstrip() + "…"


def _example(path: str, content: Any) -> str:
    """A short excerpt; none of what may be about a person."""
    if content is None or _PEOPLE.search(".".join(path.split(".")[-2:])):
        return ""
    if not isinstance(content, str):
        content = msgspec.json.encode(_first(content)).decode("utf-8", "replace")
    told = printable(content, _LONGEST_EXAMPLE)
    return "" if _PEOPLE.search(told) or _REACHES.search(told) else told


def _first(content: Any, depth: int = 3) -> Any:
    """The beginning of a content, so that no large one is written out for an excerpt."""
    if not depth:
        return "…"
    if isinstance(content, dict):
        head = list(content.items())[:3]
        return {str(key)[:20]: _first(value, depth - 1) for key, value in head}
    if isinstance(content, list):
        return [_first(item, depth - 1) for item in content[:2]]
    return content[:_LONGEST_EXAMPLE] if isinstance(content, str) else content


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name).casefold()


@dataclass
class _Seen:
    """One field that is not as known: in how many records, and what those lack beside it."""

    count: int
    last: int
    example: str
    lacking: set[str]


class Found:
    """Collects what is found in the records of one document.

    `record` begins the next record; `new` and `retyped` count a field once in each record. The
    memory is bounded whatever the document: of more than `MOST` fields only the number is kept.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.records = 0
        self._seen: dict[tuple[str, Kind], _Seen] = {}
        self._more = 0
        self._gone: list[str] = []

    def record(self) -> None:
        """Begin a record."""
        self.records += 1

    def new(self, path: str, content: Any, lacking: Iterable[str] = ()) -> None:
        """A field that is not known, and the known ones beside it that the record lacks."""
        self._add(path, "new", content, lacking)

    def retyped(self, path: str, content: Any) -> None:
        """A known field that holds another type than ever."""
        self._add(path, "retyped", content, ())

    def gone(self, path: str) -> None:
        """A field that every record had, and none of these has."""
        self._gone.append(path)

    def _add(self, path: str, kind: Kind, content: Any, lacking: Iterable[str]) -> None:
        path = printable(path, _LONGEST_PATH)
        seen = self._seen.get((path, kind))
        if seen is None:
            if len(self._seen) == MOST:
                self._more += 1
                return
            example = _example(path, content)
            self._seen[path, kind] = _Seen(1, self.records, example, set(lacking))
            return
        seen.lacking.intersection_update(lacking)
        if seen.last != self.records:
            seen.last = self.records
            seen.count += 1

    def notes(self) -> tuple[FieldNote, ...]:
        """What was found, as notes: new fields, retyped ones, those that are gone, the rest."""
        notes = [
            FieldNote(
                self.source,
                path,
                kind,
                seen.count,
                seen.example,
                _near(path, seen.lacking) if kind == "new" else "",
            )
            for (path, kind), seen in self._seen.items()
        ]
        renamed = {_beside(note.path, note.near) for note in notes if note.near}
        for path in self._gone[: MOST - len(notes)]:
            if path not in renamed:
                notes.append(FieldNote(self.source, path, "gone", self.records))
        if self._more:
            rest = f"… and {self._more} more"
            notes.append(FieldNote(self.source, rest, "new", 1))
        return tuple(notes)


def _parts(path: str) -> tuple[str, str]:
    """What holds a field, and its own name; names with blanks, as columns have, are not cut."""
    if " " in path:
        return "", path
    holder, _, name = path.rpartition(".")
    return holder, name


def _beside(path: str, name: str) -> str:
    holder = _parts(path)[0]
    return f"{holder}.{name}" if holder else name


def _near(path: str, lacking: set[str]) -> str:
    """The known name that a new one is most like, among those that its records lack."""
    name = _plain(_parts(path)[1])[:_LONGEST_NAME]
    by_plain = {_plain(each)[:_LONGEST_NAME]: each for each in sorted(lacking)}
    found = difflib.get_close_matches(name, by_plain, 1, _CLOSE)
    return by_plain[found[0]] if found else ""


def merge(notes: Iterable[FieldNote]) -> tuple[FieldNote, ...]:
    """Notes of several documents as one list: what is of one field is summed.

    A field that is gone from one document and stands in none is said once for all of them. Of
    more than `MOST` notes of one source the number is kept.
    """
    summed: dict[tuple[str, str, str], FieldNote] = {}
    more: dict[str, int] = {}
    kept: dict[str, int] = {}
    for note in notes:
        rest = _MORE.fullmatch(note.path)
        if rest is not None:
            more[note.source] = more.get(note.source, 0) + int(rest["count"])
            continue
        key = (note.source, note.path, note.kind)
        known = summed.get(key)
        if known is not None:
            near = known.near if known.near == note.near else known.near or note.near
            example = known.example or note.example
            summed[key] = replace(known, count=known.count + note.count, example=example, near=near)
        elif kept.get(note.source, 0) < MOST:
            kept[note.source] = kept.get(note.source, 0) + 1
            summed[key] = note
        else:
            more[note.source] = more.get(note.source, 0) + 1
    rests = [FieldNote(source, f"… and {count} more", "new", 1) for source, count in more.items()]
    return (*summed.values(), *rests)
