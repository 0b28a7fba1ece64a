"""The list of decisions: appended, chained, whole after a crash; no change of it goes unseen."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.errors import WorkspaceError
from trialweave.model import Decision
from trialweave.store.decisions import FIRST, Decisions, Log, chained, cleaned, whole

_AT = dt.datetime(2031, 5, 6, 7, 8, 9, 123, tzinfo=dt.UTC)


def following(entries: tuple[Decision, ...], because: str = "Same arms, é and “ß”.") -> Decision:
    return chained(
        entries,
        at=_AT + dt.timedelta(days=len(entries)),
        who="Ada",
        role="reviewer",
        verdict="together",
        pair=("z:2", f"a:{len(entries)}"),
        because=because,
    )


def filled(root: Path, count: int) -> Decisions:
    held = Decisions(root)
    for _ in range(count):
        log = held.read()
        held.append(log, following(log.entries))
    return held


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of three decisions."""
    return filled(tmp_path_factory.mktemp("three"), 3).path.read_bytes()


def test_what_is_appended_is_read_again(tmp_path: Path) -> None:
    assert Decisions(tmp_path).read() == Log()
    held = filled(tmp_path, 3)
    log = held.read()
    assert [each.number for each in log.entries] == [1, 2, 3]
    assert log.entries[0].previous == FIRST
    assert [each.previous for each in log.entries[1:]] == [e.digest for e in log.entries[:-1]]
    assert log.entries[0].pair == ("a:0", "z:2")  # sorted
    assert log.entries[2].at == dt.datetime(2031, 5, 8, 7, 8, 9, tzinfo=dt.UTC)
    assert whole(log) == held.path.read_bytes()


@settings(max_examples=300, deadline=None)
@given(place=st.integers(0, 10_000), mark=st.integers(0, 255))
def test_any_changed_byte_is_found(
    written: bytes, tmp_path_factory: pytest.TempPathFactory, place: int, mark: int
) -> None:
    place %= len(written)
    if written[place] == mark:
        return
    path = tmp_path_factory.getbasetemp() / "decisions.jsonl"
    path.write_bytes(written[:place] + bytes([mark]) + written[place + 1 :])
    line = written[:place].count(b"\n") + 1
    with pytest.raises(WorkspaceError, match=f"line {line} of the decisions") as caught:
        Decisions(path.parent).read()
    assert f"first {line - 1} lines" in caught.value.next_step


@pytest.mark.parametrize("order", [(1, 2), (0, 2), (0, 2, 1), (0, 0, 1, 2), (0, 1, 1)])
def test_lines_left_out_moved_or_doubled_are_found(
    written: bytes, tmp_path: Path, order: tuple[int, ...]
) -> None:
    lines = written.splitlines(keepends=True)
    (tmp_path / "decisions.jsonl").write_bytes(b"".join(lines[place] for place in order))
    broken = next(at for at, place in enumerate(order) if at != place) + 1
    with pytest.raises(WorkspaceError, match=f"line {broken} of"):
        Decisions(tmp_path).read()


def test_a_last_line_cut_anywhere_is_dropped_by_the_next_append(
    written: bytes, tmp_path: Path
) -> None:
    held = Decisions(tmp_path)
    last = written.rindex(b"\n", 0, -1) + 1
    for end in range(last + 1, len(written) - 1):
        for lost in (b"", b"\0" * 7):
            held.path.write_bytes(written[:end] + lost)
            log = held.read()
            assert len(log.entries) == 2
            assert log.cut == written[last:end] + lost
    held.append(log, following(log.entries, "Again."))
    log = held.read()
    assert [each.because for each in log.entries][2:] == ["Again."]
    assert log.cut == b""


def test_a_last_line_that_lacks_only_its_end_is_whole(written: bytes, tmp_path: Path) -> None:
    held = Decisions(tmp_path)
    held.path.write_bytes(written[:-1])
    log = held.read()
    assert len(log.entries) == 3
    held.append(log, following(log.entries))
    assert len(held.read().entries) == 4


@pytest.mark.parametrize(
    "damage",
    [b"\n", b"null\n", b"{}\n", b"[" * 5000 + b"\n", b"\xff\xfe\n", b"x" * 70_000 + b"\n", b"junk"],
)
def test_what_is_no_decision_stops(written: bytes, tmp_path: Path, damage: bytes) -> None:
    held = Decisions(tmp_path)
    held.path.write_bytes(written + damage)
    with pytest.raises(WorkspaceError, match="line 4 of the decisions"):
        held.read()


def test_another_writer_is_noticed(tmp_path: Path) -> None:
    held = filled(tmp_path, 1)
    before = held.read()
    held.append(before, following(before.entries))
    kept = held.path.read_bytes()
    with pytest.raises(WorkspaceError, match="another program"):
        held.append(before, following(before.entries))
    assert held.path.read_bytes() == kept


@settings(deadline=None)
@given(st.text(max_size=80))
def test_cleaned_text_is_one_line_that_steers_nothing(text: str) -> None:
    said = cleaned(text)
    assert cleaned(said) == said
    assert not any(
        mark < " " or "\x7f" <= mark <= "\x9f" or mark in "\u202e\u2028" for mark in said
    )
    said.encode()


def test_cleaning_keeps_words() -> None:
    assert cleaned(" a\x1b[31m\tb\r\nc\u202e ") == "a [31m b c"
    assert cleaned("می\u200cخواهم e\u0301") == "می\u200cخواهم é"
