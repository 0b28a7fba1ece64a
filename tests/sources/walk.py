"""Walks a record and holds each value against the text that it says it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from trialweave.model import Missingness, Value


def values(item: Any, address: str = "") -> Iterator[tuple[str, Value[Any]]]:
    """Every value in a record, at any depth, with its address."""
    if isinstance(item, Value):
        yield address, item
        yield from values(item.content, address)
    elif isinstance(item, tuple):
        for index, part in enumerate(item):
            yield from values(part, f"{address}[{index}]")
    elif isinstance(item, msgspec.Struct):
        for name in item.__struct_fields__:
            yield from values(getattr(item, name), f"{address}.{name}")


def assert_spans(text: str, body: Any) -> int:
    """Each value stands where it says; returns how many do.

    A stated value has a passage whose characters are its raw words, or its content where it has
    none; a missing one has the words that say so, or neither passage nor words. Personal data that
    are withheld have a passage and no words.
    """
    count = 0
    for address, value in values(body):
        if value.missingness is Missingness.NO_FIELD:
            assert value == Value(), address
            continue
        assert value.rule.count("/") == 1, address
        passage = value.passage
        if value.missingness is Missingness.WITHHELD:
            assert value.content is None, address
            assert value.raw is None, address
            continue
        if passage is None:
            assert value.missingness is Missingness.NOT_REPORTED, address
            assert value.raw is None, address
            continue
        assert 0 <= passage.start < passage.end <= len(text), address
        words = text[passage.start : passage.end]
        assert words == words.strip(), (address, words)
        if value.missingness is Missingness.STATED:
            assert value.content is not None, address
            assert words == (value.content if value.raw is None else value.raw), address
        else:
            assert value.content is None, address
            assert words == value.raw, address
        count += 1
    return count
