"""Long files of JSON lines come in parts, cut at line ends; everything else stays whole."""

from __future__ import annotations

import json
import re
import tracemalloc
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.errors import InputError, TooLarge
from trialweave.intake import PART, Limits, documents
from trialweave.model import Received

Pack = Callable[[Iterable[tuple[str, bytes]]], bytes]
Take = Callable[..., list[Received | InputError]]
SMALL = Limits(part=100, document=400)


def line(size: int, end: bytes = b"\n") -> bytes:
    """A JSON object of `size` bytes with its line end."""
    return b'{"a":"' + b"x" * (size - 8 - len(end)) + b'"}' + end


def cut(data: bytes, part: int) -> list[Received]:
    """The parts, line by line: each takes what it has room for; what is blank is nobody's."""
    groups: list[list[bytes]] = [[]]
    for row in re.findall(rb"[^\n]*\n|[^\n]+", data):
        if groups[-1] and sum(map(len, groups[-1])) + len(row) > part:
            groups.append([])
        groups[-1].append(row)
    parts, line = [], 1
    for group in groups:
        last = line + len(group) - 1
        numbers = f"lines {line}–{last}" if last > line else f"line {line}"
        if b"".join(group).strip():
            parts.append(Received(f"x.jsonl, {numbers}", b"".join(group)))
        line = last + 1
    return parts


ends = st.sampled_from([b"\n", b"\r\n", b"\n\n"])
lines = st.lists(st.builds(line, st.integers(12, 250), ends), min_size=2, max_size=40)


@settings(max_examples=80, deadline=None)
@given(lines=lines, bare=st.booleans(), bom=st.booleans())
def test_parts_are_whole_lines_and_all_of_them(
    take: Take, several: dict[str, Pack], lines: list[bytes], bare: bool, bom: bool
) -> None:
    """As many as fit; the names count the lines; the same inside an archive."""
    data = b"\xef\xbb\xbf" * bom + b"".join([line(30), *lines])
    data = data.rstrip(b"\r\n") if bare else data
    expected = [Received("x.jsonl", data)] if len(data) <= SMALL.part else cut(data, SMALL.part)
    assert take(data, SMALL, name="x.jsonl") == expected
    packed = take(several["tar.gz"]([("d/x.jsonl", data)]), SMALL, name="a.tgz")
    assert packed == [Received(f"{one.name} (in a.tgz)", one.data) for one in expected]


def test_what_is_appended_changes_the_last_part_alone(take: Take) -> None:
    """So that a growing file adds little to the archive."""
    data = b"".join(line(40) for _ in range(11))
    before, after = take(data, SMALL), take(data + line(50) * 3, SMALL)
    assert after[: len(before) - 1] == before[:-1]
    assert len(after) > len(before)


def test_a_line_over_the_limit_does_not_sink_its_neighbours(take: Take) -> None:
    """Named by its number; a line of just the limit is taken."""
    rows = [line(30), line(30), line(401), line(400), line(5000), line(60)]
    given = take(b"".join(rows), SMALL, name="x.jsonl")
    assert [one.data for one in given if isinstance(one, Received)] == [
        rows[0] + rows[1],
        rows[3],
        rows[5],
    ]
    errors = [one for one in given if isinstance(one, TooLarge)]
    assert [error.where for error in errors] == ["x.jsonl, line 3", "x.jsonl, line 5"]


@pytest.mark.parametrize(
    "data",
    [
        json.dumps({"studies": [{"a": n} for n in range(15)]}, indent=1).encode(),
        b"[" + b",\n".join(line(20, b"") for _ in range(9)) + b"]",
        b"id,title\n" + b"NCT0,A trial\n" * 15,
        b"<a>\n" + b"<b/>\n" * 40 + b"</a>",
        b'{"cut": \n' + line(30) * 9,
        line(30) + b"and then prose\n" * 9,
        line(300, b""),
    ],
    ids=["page", "list", "csv", "xml", "first line broken", "second is none", "one line"],
)
def test_other_forms_stay_whole(take: Take, data: bytes) -> None:
    """Whatever their length, up to the limit; beyond it they are refused."""
    assert take(data, SMALL, name="x") == [Received("x", data)]
    (error,) = take(data, Limits(part=100, document=len(data) - 1), name="x")
    assert isinstance(error, TooLarge)


def test_memory_is_that_of_a_part(tmp_path: Path) -> None:
    """40 MB of lines through parts of 1 MB."""
    file = tmp_path / "long.jsonl"
    file.write_bytes(line(10_000) * 4000)
    tracemalloc.start()
    given = sum(1 for _ in documents(file, limits=Limits(part=1 << 20)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert given == 39
    assert peak < 6 << 20


def test_parts_are_small_enough_to_be_read_and_large_enough_to_be_few() -> None:
    """10 GB make fewer than three thousand documents."""
    assert 10 * 1024**3 / PART < 3000
    assert PART <= 32 * 1024**2
