"""The table of mentions: written in pieces, read by column, cut by record."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from trialweave.errors import WorkspaceError
from trialweave.model import Annotation
from trialweave.store import mentions


def one(record: str, term: str = "T:1", **more: object) -> Annotation:
    return Annotation(
        record, "conditions[0]", "condition", 0, 6, "Sepsis", "T", term, "sepsis", "folded", **more
    )  # fmt: skip


ROWS = [
    one("x:1"),
    one("x:1", "T:2", assertion="negated"),
    one("x:2", stands=False, decided=3),
]


def kept(path: Path, *, before: pa.Table | None = None) -> pa.Table:
    mentions.write_mentions(path, ROWS, before)
    return mentions.load_mentions(path)


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    table = kept(tmp_path / "m.parquet")
    assert mentions.mentions_of(table, ["x:1", "x:2"]) == tuple(ROWS)
    assert mentions.mentions_of(table, ["x:2"]) == (ROWS[2],)
    assert mentions.mentions_of(table, ["x:3"]) == ()
    assert table.schema == mentions.MENTIONS


def test_no_mentions_are_a_table_too(tmp_path: Path) -> None:
    path = tmp_path / "m.parquet"
    mentions.write_mentions(path, ())
    table = mentions.load_mentions(path)
    assert len(table) == 0
    assert mentions.mentions_of(table, ["x:1"]) == ()
    assert mentions.words_in(table, "term") == []


def test_kept_rows_come_first_and_share_the_dictionaries(tmp_path: Path) -> None:
    first = kept(tmp_path / "a.parquet")
    some = mentions.of_records(first, {"x:2"})
    table = kept(tmp_path / "b.parquet", before=some)
    assert mentions.mentions_of(table, ["x:1", "x:2"]) == (ROWS[2], *ROWS)
    assert sorted(mentions.words_in(table, "record_id")) == ["x:1", "x:2"]


def test_columns_are_read_alone_and_asked_by_their_words(tmp_path: Path) -> None:
    kept(tmp_path / "m.parquet")
    table = mentions.load_mentions(tmp_path / "m.parquet", ["term", "record_id", "start"])
    assert table.column_names == ["term", "record_id", "start"]
    wanted = pa.array([mentions.words_in(table, "term").index("T:2")], pa.int32())
    assert mentions.having(table, "term", wanted, "record_id") == ["x:1"]


def test_a_damaged_table_is_said(tmp_path: Path) -> None:
    path = tmp_path / "m.parquet"
    kept(path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(WorkspaceError):
        mentions.load_mentions(path)
    with pytest.raises(WorkspaceError):
        mentions.load_mentions(tmp_path / "none.parquet")
