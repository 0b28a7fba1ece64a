"""Walks a record and holds each value against the text that it says it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from trialweave.errors import InputError
from trialweave.model import Draft, Missingness, Received, Value
from trialweave.sources import read_all


class Outcome(NamedTuple):
    """What became of a document."""

    drafts: tuple[Draft, ...]
    problems: tuple[InputError, ...]


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


def points(text: str, body: Any) -> int:
    """Each value with a passage is what stands there, without blanks; returns how many are.

    For sources that need not repeat the words of what they cannot read, or of a list.
    """
    count = 0
    for address, value in values(body):
        if value.passage is None:
            assert value.content is None, address
            continue
        words = text[value.passage.start : value.passage.end]
        assert words == words.strip() != "", address
        if value.raw is not None:
            assert words == value.raw, address
        elif value.missingness is Missingness.STATED and not isinstance(value.content, tuple):
            assert words == value.content, address
        count += 1
    return count


def outcome(received: Received) -> Outcome:
    """What reading gives, held to what is promised of any document.

    Drafts whose bytes and passages lie inside it, or errors that name it; at least one of either.
    """
    try:
        result = read_all(received)
        found = Outcome(result.drafts, result.problems)
    except InputError as error:
        found = Outcome((), (error,))
    assert found.drafts or found.problems
    for problem in found.problems:
        assert isinstance(problem, InputError)
        assert str(problem).startswith(received.name)
    for draft in found.drafts:
        assert draft.identifier
        assert 0 <= draft.start < draft.end <= len(received.data)
        for address, value in values(draft.body):
            at = value.passage
            if at is not None and not at.path:
                assert 0 <= at.start < at.end <= len(received.text), address
    return found
