"""Keeps personal contact data in the archive: what is shown of a received text has it blotted out.

The received bytes stay as they are. Each character is replaced by one of the same width in the
count of characters, so that passages stay where they are.
"""

from __future__ import annotations

import re

from trialweave.errors import NotFound
from trialweave.model import Missingness, Passage, Record
from trialweave.records.addresses import BLOT, blotted_addresses
from trialweave.records.concepts import leaves
from trialweave.records.passages import Locator

__all__ = ["blotted"]

_LIST = re.compile(r'"(?:central|location)?contacts?"\s*:\s*\[([^\[\]]*)\]', re.IGNORECASE)
_FIELD = re.compile(
    r'"[A-Za-z]{0,40}(?:phone|phoneext|e?mail|fax)"\s*:\s*"([^"\\]*)"', re.IGNORECASE
)
_WORDS = re.compile(r"[^\s\"{}\[\],:]+")


def blotted(text: str, places: Locator, *, by_path: bool) -> str:
    """`text` (what `places` gave for its record) without withheld passages and e-mail addresses.

    `by_path` tells which of the record's texts it is: its own JSON, or that of the document. Where
    the record is the whole document, they are the same.
    """
    record, received = places.record, places.received
    for start, end in places.personal():
        text = text[:start] + _blot(text[start:end]) + text[end:]
    whole = record.start == 0 and record.end == len(received.data)
    for passage in _withheld(record):
        if bool(passage.path) != by_path and not whole:
            continue
        try:
            place = places.locate(passage)
        except NotFound:
            continue
        text = text[: place.start] + _blot(place.match) + text[place.end :]
    for pattern in (_LIST, _FIELD):
        text = pattern.sub(_blot_inside, text)
    return blotted_addresses(text)


def _blot(text: str) -> str:
    return _WORDS.sub(lambda word: BLOT * len(word.group()), text)


def _blot_inside(match: re.Match[str]) -> str:
    """The match with its group blotted out."""
    start, end = match.start(1) - match.start(), match.end(1) - match.start()
    return match.group()[:start] + _blot(match[1]) + match.group()[end:]


def _withheld(record: Record) -> list[Passage]:
    return [
        leaf.value.passage
        for leaf in leaves(record)
        if leaf.value.missingness is Missingness.WITHHELD and leaf.value.passage is not None
    ]
