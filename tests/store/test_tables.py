"""What is written is read back exactly, and the flat columns say the same."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from trialweave.errors import WorkspaceError
from trialweave.model import (
    ArmResult,
    Attempt,
    Check,
    Effect,
    Finding,
    Link,
    Passage,
    PValue,
    Record,
    Signal,
    Study,
    Trial,
    stated,
)
from trialweave.store import _merging, _parts, _records, tables


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "table.parquet"


def in_order(records: Iterable[Record]) -> tuple[Record, ...]:
    return tuple(sorted(records, key=lambda r: (r.record_id, r.version)))


def test_records_come_back_as_they_were(
    tmp_path: Path, records: tuple[Record, ...], write: Callable[..., None]
) -> None:
    write(tmp_path, records)
    assert tables.read_records(tmp_path) == in_order(records)
    assert pq.read_schema(tmp_path / "records.parquet").equals(tables.SCHEMAS["records"])
    facts = [record.record_id.encode() for record in tables.read_records(tmp_path, current=True)]
    assert sorted(tables.read_facts(tmp_path)) == facts


def test_one_record_is_found_by_version_or_current(
    tmp_path: Path, records: tuple[Record, ...], write: Callable[..., None]
) -> None:
    write(tmp_path, records)
    named = {(r.record_id, r.version): r for r in records}
    assert tables.read_record(tmp_path, "reg:REG00007", 1) == named["reg:REG00007", 1]
    assert tables.read_record(tmp_path, "reg:REG00007", 3) == named["reg:REG00007", 3]
    # version 2 states the latest change, though version 3 was received later
    assert tables.read_record(tmp_path, "reg:REG00007") == named["reg:REG00007", 2]
    assert tables.read_record(tmp_path, "reg:REG00007", 4) is None
    assert tables.read_record(tmp_path, "reg:absent") is None


def test_some_records_are_read_in_the_order_asked(
    tmp_path: Path, records: tuple[Record, ...], write: Callable[..., None]
) -> None:
    write(tmp_path, records)
    wanted = ["reg:REG00050", "reg:absent", "reg:REG00007", "reg:REG00000"]
    assert [(r.identifier, r.version) for r in tables.read_records(tmp_path, wanted)] == [
        ("REG00050", 1),
        ("REG00007", 1),
        ("REG00007", 2),
        ("REG00007", 3),
        ("REG00000", 1),
    ]
    assert [r.version for r in tables.read_records(tmp_path, wanted, current=True)] == [1, 2, 1]
    current = tables.read_records(tmp_path, current=True)
    assert len(current) == 41
    assert {r.version for r in current if r.identifier == "REG00007"} == {2}


@pytest.mark.parametrize(
    ("day", "version"),
    [
        ("2021-03-03", None),  # nothing was received yet, and nothing states an earlier change
        ("2021-03-04", 1),  # states no date, so it holds from its receipt
        ("2021-04-29", 1),
        ("2021-04-30", 3),
        ("2021-05-01", 2),  # "May 2021" holds from the first day that it can mean
        ("2030-01-01", 2),
    ],
)
def test_which_version_held_on_a_day(
    tmp_path: Path,
    records: tuple[Record, ...],
    write: Callable[..., None],
    day: str,
    version: int | None,
) -> None:
    write(tmp_path, records, as_of=dt.date.fromisoformat(day))
    found = tables.read_record(tmp_path, "reg:REG00007")
    assert (found.version if found else None) == version
    assert len(tables.read_records(tmp_path, current=True)) == (41 if version else 0)


def test_one_record_does_not_decode_its_neighbours(
    tmp_path: Path,
    make_record: Callable[..., Record],
    write: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    records = [make_record(n, padding="x" * 400_000) for n in range(20)]
    write(tmp_path, records)
    assert pq.read_metadata(tmp_path / "parts/000001.bodies.parquet").num_row_groups > 5
    decoded: list[int] = []
    decode = _records.decode

    def counting(path: Path, bodies: Any, kind: Any) -> Any:
        bodies = list(bodies)
        decoded.append(len(bodies))
        return decode(path, bodies, kind)

    monkeypatch.setattr(_records, "decode", counting)
    for n in (0, 9, 19):
        assert tables.read_record(tmp_path, f"reg:REG{n:05d}") == records[n]
    assert decoded == [1, 1, 1]


def test_a_file_written_anew_is_not_answered_from_memory(
    tmp_path: Path, make_record: Callable[..., Record], write: Callable[..., None]
) -> None:
    write(tmp_path, [make_record(1)])
    held = tables.versions_held(tmp_path)
    assert held("reg:REG00001") == [(1, make_record(1).digest)]
    for path in tmp_path.rglob("*.parquet"):
        path.unlink()
    write(tmp_path, [make_record(2, 2), make_record(2, 1)])
    assert [v for v, _ in tables.versions_held(tmp_path)("reg:REG00002")] == [1, 2]
    assert tables.versions_held(tmp_path)("reg:REG00001") == []


def test_some_rows_of_a_batch_keep_their_findings(
    tmp_path: Path, make_record: Callable[..., Record]
) -> None:
    records = [make_record(n) for n in range(5)]
    found = [
        [Finding(f"{r.record_id}#{n}", r.record_id, "death") for n in range(2)] for r in records
    ]
    batch = tables.batch_of(records, found, facts=[b""] * 5, searched=[b""] * 5).take([1, 4])
    part = tables.PartWriter(tmp_path, 3)
    part.add(batch, [1, 2])
    heads = part.close()
    assert heads is not None
    assert heads["record_id"].to_pylist() == ["reg:REG00001", "reg:REG00004"]
    assert heads["part"].to_pylist() == [3, 3]
    marked = tables.marked(heads)
    tables.write_findings(tmp_path, marked, {})
    assert tables.read_findings(tmp_path / "findings.parquet") == (*found[1], *found[4])


def test_merged_parts_keep_findings_with_their_records_and_leave_other_links_alone(
    tmp_path: Path, make_record: Callable[..., Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_merging, "MOST_PARTS", 2)
    old, new = tmp_path / "old", tmp_path / "new"
    versions = [make_record(7, n) for n in (1, 2, 3)]
    heads = []
    for number, record in enumerate(versions, 1):
        part = tables.PartWriter(old, number)
        two = [make_record(number), record]
        found = [[Finding(f"{r.record_id}#{r.version}", r.record_id, "death")] for r in two]
        part.add(tables.batch_of(two, found, facts=[b"f"] * 2, searched=[b"s"] * 2), [1, number])
        heads.append(part.close())
    before = {path.name: path.read_bytes() for path in (old / "parts").iterdir()}
    shutil.copytree(old, new, copy_function=os.link)
    held = tables.merged(new, pa.concat_tables(heads))
    assert set(held["part"].to_pylist()) == {4}
    assert len(list((new / "parts").iterdir())) == 3
    assert {path.name: path.read_bytes() for path in (old / "parts").iterdir()} == before
    marked = tables.marked(held)
    tables.write_heads(new, marked)
    tables.write_findings(new, marked, {})
    assert tables.read_records(new, ["reg:REG00007"]) == tuple(versions)
    told = [finding.finding_id for finding in tables.read_findings(new / "findings.parquet")]
    assert told == [*(f"reg:REG{n:05d}#1" for n in (1, 2, 3)), "reg:REG00007#3"]


@pytest.mark.parametrize("number", [2, 3, 4, 6])
def test_a_part_may_end_with_a_full_row_group(
    tmp_path: Path,
    make_record: Callable[..., Record],
    write: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    number: int,
) -> None:
    monkeypatch.setattr(_parts, "_GROUP_ROWS", 3)
    records = [make_record(n) for n in range(number)]
    found = [[Finding(f"{r.record_id}#1", r.record_id, "death")] for r in records]
    write(tmp_path, records, found)
    assert pq.read_table(tmp_path / "trials.parquet").num_rows == number
    assert len(tables.read_findings(tmp_path / "findings.parquet")) == number


def test_the_wide_table_says_what_the_records_say(
    tmp_path: Path, records: tuple[Record, ...], write: Callable[..., None]
) -> None:
    write(tmp_path, records, study_of={"reg:REG00003": "STUDY"})
    table = pq.read_table(tmp_path / "trials.parquet")
    assert table.schema.equals(tables.SCHEMAS["trials"])
    assert table["record_id"].to_pylist().count("reg:REG00007") == 1
    assert table.filter(pc.field("record_id") == "reg:REG00007")["version"].to_pylist() == [2]
    row = table.slice(3, 1).to_pylist()[0]
    assert row["study_id"] == "STUDY"
    assert row["primary_id"] == "REG00003"
    assert row["secondary_ids"] == ["ALT-3"]
    assert row["title"] == row["public_title"] == "Placenta cells against fever, part 3"
    assert row["phase"] == ["1", "2"]
    assert row["countries"] == ["Ruritania", "ایران"]
    assert row["interventions"] == ["cells"]
    assert row["conditions"] == []
    assert row["keywords"] is None
    assert row["enrollment"] == 13
    assert row["minimum_age"] == 18.5
    assert row["maximum_age"] is None
    assert row["status"] is None
    assert row["has_results"] is False
    assert row["start_date"] == "2020-02"
    assert row["start_date_earliest"] == dt.date(2020, 2, 1)
    assert row["start_date_latest"] == dt.date(2020, 2, 29)
    article = table.slice(len(table) - 1, 1).to_pylist()[0]
    assert (article["kind"], article["doi"], article["study_id"]) == ("publication", "10.1/x", None)


def test_findings_links_studies_checks_come_back(
    path: Path, tmp_path: Path, make_record: Callable[..., Record], write: Callable[..., None]
) -> None:
    findings = (
        Finding(
            "r#1",
            "r",
            "death",
            family="mortality",
            time_days=28.0,
            arms=(ArmResult("A", "treatment", 3, 20, "15"), ArmResult("B", "control", n=19)),
            p=PValue("<", "0.05"),
            effect=Effect("RR", "0.6", "0.2", "1.9"),
            passage=Passage(3, 9),
        ),
        Finding("r#2", "r", "fever", kind="p only"),
        Finding("q#1", "q", "death", arms=(ArmResult("C", "single", 0, 5),)),
    )
    two = [make_record(1), make_record(2)]
    write(tmp_path, two, [findings[:2], findings[2:]], {"r": "S1"})
    told = tmp_path / "findings.parquet"
    assert tables.read_findings(told) == findings
    table = pq.read_table(told)
    assert table.schema.equals(tables.SCHEMAS["findings"])
    assert table["study_id"].to_pylist() == ["S1", "S1", None]
    arms = table["arms"].to_pylist()
    assert [len(row) for row in arms] == [2, 0, 1]
    assert [(a["events"], a["n"]) for a in arms[0]] == [(3, 20), (None, 19)]
    assert arms[2][0]["label"] == "C"

    links = (
        Link(
            "a",
            "b",
            "probable",
            "retells",
            0.9,
            (Signal("x", 3.5, "e"), Signal("y", -1, "f")),
            "l/1",
        ),
    )
    tables.write_links(path, links)
    assert tables.read_links(path) == links
    assert pq.read_table(path)["weight"].to_pylist() == [2.5]

    studies = (Study("S1", "A title", ("a", "b"), ("S1", "10.1/x")), Study("S2", "", (), ()))
    tables.write_studies(path, studies)
    assert tables.read_studies(path) == studies

    checks = (
        Check(
            "c",
            "p/1",
            "S1",
            "r",
            "r#1",
            "flag",
            "p < 0.05",
            (Attempt("Fisher", "i", "0.3", False),),
        ),
    )
    tables.write_checks(path, checks)
    assert tables.read_checks(path) == checks


@pytest.mark.parametrize("name", ["studies", "links", "checks"])
def test_empty_tables_keep_their_columns(path: Path, name: str) -> None:
    getattr(tables, f"write_{name}")(path, ())
    assert pq.read_schema(path).equals(tables.SCHEMAS[name])
    assert getattr(tables, f"read_{name}")(path) == ()


def test_a_number_beyond_any_column_stays_in_the_record(
    tmp_path: Path, make_record: Callable[..., Record], write: Callable[..., None]
) -> None:
    record = msgspec.structs.replace(
        make_record(1),
        trial=Trial(enrollment=stated(2**63, "r/1"), site_count=stated(2**63 - 1, "")),
    )
    write(tmp_path, [record])
    assert tables.read_records(tmp_path) == (record,)
    table = pq.read_table(tmp_path / "trials.parquet")
    assert table["enrollment"].to_pylist() == [None]
    assert table["site_count"].to_pylist() == [2**63 - 1]


@pytest.mark.parametrize("content", [2**64, "\ud800"])
def test_what_cannot_be_stored_is_refused_by_name(
    tmp_path: Path, make_record: Callable[..., Record], write: Callable[..., None], content: Any
) -> None:
    record = msgspec.structs.replace(make_record(1), trial=Trial(acronym=stated(content, "r/1")))
    with pytest.raises(WorkspaceError, match="reg:REG00001: this cannot be stored"):
        write(tmp_path, [record])


@pytest.mark.parametrize("file", ["records.parquet", "parts/000001.bodies.parquet"])
@pytest.mark.parametrize("damage", ["absent", "empty", "cut", "noise", "flipped"])
def test_a_damaged_table_is_an_error_for_people(
    tmp_path: Path,
    records: tuple[Record, ...],
    write: Callable[..., None],
    damage: str,
    file: str,
) -> None:
    write(tmp_path, records)
    path = tmp_path / file
    data = bytearray(path.read_bytes())
    path.unlink()
    if damage == "empty":
        data.clear()
    elif damage == "cut":
        del data[len(data) // 2 :]
    elif damage == "noise":
        data[:] = b"PAR1" + b"\x00" * 60 + b"PAR1"
    elif damage == "flipped":  # somewhere in the compressed columns
        data[len(data) // 4] ^= 0x10
    if damage != "absent":
        path.write_bytes(data)
    with pytest.raises(WorkspaceError, match=path.name):
        tables.read_records(tmp_path)
    with pytest.raises(WorkspaceError, match=path.name):
        [tables.read_record(tmp_path, r.record_id, r.version) for r in records]
