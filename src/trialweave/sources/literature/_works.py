"""Records of literature services in JSON: taken apart, and read with the path of each value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from trialweave.errors import InputError, Unreadable
from trialweave.model import (
    Draft,
    Missingness,
    PartialDate,
    Passage,
    Received,
    RegistryNumber,
    Value,
    parse_date,
)
from trialweave.model.identifiers import find, normalise
from trialweave.sources import _json
from trialweave.sources._json import Piece
from trialweave.sources.literature._document import clean

__all__ = ["Form", "Work", "holds", "pieces_of", "read_works"]

T = TypeVar("T")

_RAW = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_ANY = msgspec.json.Decoder(dict[str, Any])
_ERRORS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError)
_LONGEST = 200  # bytes of what could not be understood
_NOT_ARTICLES = frozenset(("doi", "pmid"))


@dataclass(frozen=True)
class Form:
    """How a service packs its records.

    `containers` are the paths to the list of works, or to the one work, of an answer; `keys` those
    that every work has; `marks` those of the answer, which tell an empty page of this service.
    """

    containers: tuple[tuple[str, ...], ...]
    keys: frozenset[str]
    marks: tuple[str, ...]


def _keys(content: bytes | msgspec.Raw) -> dict[str, msgspec.Raw] | None:
    try:
        return _RAW.decode(content)
    except _ERRORS:
        return None


def _elements(content: bytes | msgspec.Raw) -> list[msgspec.Raw] | None:
    try:
        return _LIST.decode(content)
    except _ERRORS:
        return None


def _is_list(raw: bytes | msgspec.Raw) -> bool:
    return bytes(memoryview(raw)[:1]) == b"["


def holds(data: bytes, form: Form) -> bool:
    """Whether a document is an answer, a work, a list or lines of works of this form."""
    if not _json.looks_like_json(data):
        return False
    marked = all(f'"{mark}"'.encode() in data for mark in form.marks)
    if not marked and not all(f'"{key}"'.encode() in data for key in form.keys):
        return False
    what, first = _container(data, form)
    if what is None:
        return False
    if not first:
        return marked  # an empty page
    keys = _keys(first[0])
    return keys is not None and form.keys <= keys.keys()


def _container(data: bytes, form: Form) -> tuple[str | None, list[msgspec.Raw]]:
    """What a document is ("answer", "work", "list", "lines"), and its records."""
    piece = _json.whole(data)
    content = data[piece.start : piece.end]
    if _is_list(content):
        listed = _elements(content)
        return ("list", listed) if listed else (None, [])
    keys = _keys(content)
    if keys is None:
        first = next(_json.lines(data), None)
        if first is None or first == piece:
            return None, []
        line = data[first.start : first.end]
        return ("lines", [msgspec.Raw(line)]) if _keys(line) is not None else (None, [])
    if form.keys <= keys.keys():
        return "work", [msgspec.Raw(content)]
    for path in form.containers:
        raw: msgspec.Raw | None = msgspec.Raw(content)
        for key in path:
            inner = _keys(raw) if raw is not None else None
            raw = inner.get(key) if inner is not None else None
        if raw is None:
            continue
        if not _is_list(raw):
            return "answer", [raw]
        listed = _elements(raw)
        if listed is not None:
            return "answer", listed
    return None, []


def pieces_of(data: bytes, form: Form) -> Iterable[Piece]:
    """Where the works of a document stand."""
    what, raws = _container(data, form)
    if what == "lines":
        return _json.lines(data)
    return [_json.whole(data)] if what == "work" else _json.locate(data, raws)


def read_works(
    received: Received, form: Form, read: Callable[[Work, int, int], Draft]
) -> Iterator[Draft | InputError]:
    """What `read` makes of each work of a document; an error stands for one refused."""
    data = received.data
    none = True
    for piece in pieces_of(data, form):
        none = False
        try:
            content = _json.decode(_ANY, data[piece.start : piece.end], received.name)
            yield read(Work(content, received.name), piece.start, piece.end)
        except InputError as error:
            yield error
        except RecursionError as error:
            yield _json.refused(error, received.name, piece.end)
    if none and _container(data, form)[0] is None:
        yield Unreadable("there is no record in it.", where=received.name)


@dataclass(frozen=True)
class Work:
    """One decoded record; paths are those inside it."""

    content: dict[str, Any]
    name: str
    source: str = ""

    def of(self, source: str) -> Work:
        """The same for the source whose name the rules carry."""
        return Work(self.content, self.name, source)

    def at(self, path: str) -> Any:
        """What stands at a path of keys and indices; None where nothing does."""
        here: Any = self.content
        for step in path.replace("[", ".[").split("."):
            if step.startswith("["):
                index = int(step[1:-1])
                here = here[index] if isinstance(here, list) and index < len(here) else None
            else:
                here = here.get(step) if isinstance(here, dict) else None
            if here is None:
                return None
        return here

    def size(self, path: str) -> int:
        """How many elements the list at a path has; 0 where there is none."""
        found = self.at(path)
        return len(found) if isinstance(found, list) else 0

    def each(self, path: str) -> Iterator[str]:
        """The paths of the elements of a list."""
        return (f"{path}[{index}]" for index in range(self.size(path)))

    def string(self, path: str) -> str:
        """The words or number at a path as text; "" where there are none."""
        found = self.at(path)
        if isinstance(found, str):
            return found
        return str(found) if isinstance(found, int) and not isinstance(found, bool) else ""

    def value(self, concept: str, content: T, path: str, raw: str | None = None) -> Value[T]:
        """A stated content from a path."""
        return Value(
            content,
            Missingness.STATED,
            Passage(path=path),
            f"{self.source}.{concept}/1",
            raw if raw != content else None,
        )

    def silent(self, concept: str) -> Value[Any]:
        """No content: the service has the field, and this record leaves it open."""
        return Value(None, Missingness.NOT_REPORTED, None, f"{self.source}.{concept}/1")

    def nothing(self, concept: str, *paths: str) -> Value[Any]:
        """No content: unreadable where something stands that the service never has there.

        Text in which there is nothing to be read is silence, and so is an empty list or object.
        """
        for path in paths:
            found = self.at(path)
            if isinstance(found, (dict, list)) and any(
                each not in (None, "", [], {})
                for each in (found if isinstance(found, list) else found.values())
            ):
                raw = msgspec.json.encode(found)[:_LONGEST].decode("utf-8", "ignore")
                rule = f"{self.source}.{concept}/1"
                return Value(None, Missingness.UNREADABLE, Passage(path=path), rule, raw)
        return self.silent(concept)

    def words(self, concept: str, *paths: str) -> Value[str]:
        """The words at the first path that has any, cleaned for reading."""
        for path in paths:
            received = self.string(path)
            if told := clean(received):
                return self.value(concept, told, path, received)
        return self.nothing(concept, *paths)

    def number(self, concept: str, scheme: str, *paths: str) -> Value[str]:
        """The identifier of a scheme at the first path that has one."""
        for path in paths:
            received = self.string(path)
            bare = received.rstrip("/").rpartition("/")[2] if scheme == "pmid" else received
            if known := normalise(bare, scheme):
                return self.value(concept, known.value, path, received)
        return self.nothing(concept, *paths)

    def date(self, concept: str, *paths: str) -> Value[PartialDate]:
        """The date at the first path that has one; lists of year, month and day too."""
        for path in paths:
            received = self.at(path)
            if isinstance(received, list):
                parts = [part for part in received[:3] if isinstance(part, int)]
                text = "-".join(f"{part:02d}" for part in parts)
            else:
                text = self.string(path)
            if date := parse_date(text):
                raw = received if isinstance(received, str) else None
                return self.value(concept, date, path, raw)
        return self.nothing(concept, *paths)

    def listed(self, concept: str, path: str, parts: Iterable[Value[T]]) -> Value[Any]:
        """Some values as one list."""
        content = tuple(part for part in parts if part)
        if not content and not isinstance(self.at(path), list):
            return self.nothing(concept, path)
        return self.gathered(concept, path, content)

    def gathered(self, concept: str, path: str, content: tuple[T, ...]) -> Value[Any]:
        """A list of parts that stand at a path."""
        return self.value(concept, content, path) if content else self.silent(concept)

    def mentioned(self, kind: str, *paths: str) -> list[RegistryNumber]:
        """The registry numbers in the words at some paths, each once."""
        found: dict[str, RegistryNumber] = {}
        for path in paths:
            received = self.string(path)
            for mention in find(received):
                known = mention.identifier
                if known.scheme in _NOT_ARTICLES:
                    continue
                value = Value(
                    known.value,
                    Missingness.STATED,
                    Passage(mention.start, mention.end, path),
                    f"{self.source}.registrations/1",
                    _different(received[mention.start : mention.end], known.value),
                )
                found.setdefault(known.value, RegistryNumber(value, known.scheme, kind))
        return list(found.values())


def _different(raw: str, content: str) -> str | None:
    return raw if raw != content else None
