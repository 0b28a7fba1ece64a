"""Where words that somebody quotes stand in a record."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from trialweave.errors import InputError, NotFound
from trialweave.model import Passage, Received, Record
from trialweave.records.concepts import leaves
from trialweave.records.enrich import running_text
from trialweave.records.passages import Locator

__all__ = ["quoted", "span_of"]

_MOST_STRINGS = 1_000_000  # of one record that are looked through
_KEY = re.compile(r"[^.\[\]]+")


def span_of(
    text: str, quote: str, start: int = 0, end: int | None = None
) -> tuple[int, int] | None:
    """Where `quote` stands in `text[start:end]`, word for word; None where it does not.

    A run of blanks stands for any other, since lines break anywhere; else each character counts.
    A number at either end is a whole one: "3 of 20" does not stand in "13 of 20.5".
    """
    words = quote.split()
    if not words:
        return None
    before = r"(?<!\d)(?<!\d[.,·])" if words[0][0].isdigit() else ""
    after = r"(?!\d)(?![.,·]\d)" if words[-1][-1].isdigit() else ""
    pattern = before + r"\s++".join(map(re.escape, words)) + after
    match = re.compile(pattern).search(text, start, len(text) if end is None else end)
    return None if match is None else match.span()


def quoted(received: Received, record: Record, quote: str) -> Passage | None:
    """Where `quote` stands in a record, which was read from `received`; None where it does not.

    Looked through are the record's own text as received, the strings of a record in JSON, and
    the contents as they were read, which are without markup and escapes.
    """
    places = Locator(received, record)
    if running_text(received, record.start, record.end):
        start = len(received.data[: record.start].decode("utf-8-sig", "replace"))
        own = received.data[record.start : record.end].decode("utf-8-sig", "replace")
        found = span_of(received.text, quote, start, start + len(own))
        if found is not None and _stands(places, Passage(*found)):
            return Passage(*found)
    else:
        for path, text in _strings(received.data[record.start : record.end]):
            found = span_of(text, quote)
            if found is not None and _stands(places, Passage(*found, path)):
                return Passage(*found, path)
    for leaf in leaves(record, tables="whole"):
        value = leaf.value
        told = value.raw if value.raw is not None else value.content
        if value.passage is None or not isinstance(told, str):
            continue
        found = span_of(told, quote)
        if found is None:
            continue
        passage = value.passage
        exact = passage.start >= 0 and passage.end - passage.start == len(told)
        if exact and not passage.path:
            return Passage(passage.start + found[0], passage.start + found[1])
        return passage
    return None


def _stands(places: Locator, passage: Passage) -> bool:
    try:
        places.locate(passage)
    except (NotFound, InputError):
        return False
    return True


def _strings(data: bytes) -> Iterator[tuple[str, str]]:
    """The strings of a JSON text with their paths, in its order; none where it is no JSON."""
    try:
        whole = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return
    waiting: list[tuple[str, Any]] = [("", whole)]
    for _ in range(_MOST_STRINGS):
        if not waiting:
            return
        path, item = waiting.pop()
        if isinstance(item, str):
            yield path, item
        elif isinstance(item, dict):
            inner = [
                (f"{path}.{key}" if path else key, each)
                for key, each in item.items()
                if _KEY.fullmatch(key)
            ]
            waiting.extend(reversed(inner))
        elif isinstance(item, list):
            waiting.extend((f"{path}[{at}]", item[at]) for at in range(len(item) - 1, -1, -1))
