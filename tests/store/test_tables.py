"""What is written is read back exactly, and the flat columns say the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
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
from trialweave.store import _records, tables


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "table.parquet"


def test_records_come_back_as_they_were(path: Path, records: tuple[Record, ...]) -> None:
    tables.write_records(path, records)
    assert tables.read_records(path) == records
    assert pq.read_schema(path).equals(tables.SCHEMAS["records"])


def test_one_record_is_found_by_version_or_current(path: Path, records: tuple[Record, ...]) -> None:
    tables.write_records(path, records)
    named = {(r.record_id, r.version): r for r in records}
    assert tables.read_record(path, "reg:REG00007", 1) == named["reg:REG00007", 1]
    assert tables.read_record(path, "reg:REG00007", 3) == named["reg:REG00007", 3]
    # version 2 states the latest change, though version 3 was received later
    assert tables.read_record(path, "reg:REG00007") == named["reg:REG00007", 2]
    assert tables.read_record(path, "reg:REG00007", 4) is None
    assert tables.read_record(path, "reg:absent") is None


def test_some_records_are_read_in_the_order_asked(path: Path, records: tuple[Record, ...]) -> None:
    tables.write_records(path, records)
    wanted = ["reg:REG00050", "reg:absent", "reg:REG00007", "reg:REG00000"]
    assert [(r.identifier, r.version) for r in tables.read_records(path, wanted)] == [
        ("REG00050", 1),
        ("REG00007", 1),
        ("REG00007", 2),
        ("REG00007", 3),
        ("REG00000", 1),
    ]
    assert [r.version for r in tables.read_records(path, wanted, current=True)] == [1, 2, 1]
    current = tables.read_records(path, current=True)
    assert len(current) == 41
    assert {r.version for r in current if r.identifier == "REG00007"} == {2}


def test_one_record_does_not_decode_its_neighbours(
    path: Path, make_record: Callable[..., Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [make_record(n, padding="x" * 40_000) for n in range(200)]
    tables.write_records(path, records)
    assert pq.read_metadata(path).num_row_groups > 5
    decoded: list[int] = []
    decode = _records.decode

    def counting(path: Path, bodies: Any, kind: Any) -> Any:
        bodies = list(bodies)
        decoded.append(len(bodies))
        return decode(path, bodies, kind)

    monkeypatch.setattr(_records, "decode", counting)
    for n in (0, 99, 199):
        assert tables.read_record(path, f"reg:REG{n:05d}") == records[n]
    assert decoded == [1, 1, 1]


def test_a_file_written_anew_is_not_answered_from_memory(
    path: Path, make_record: Callable[..., Record]
) -> None:
    tables.write_records(path, [make_record(1)])
    assert tables.read_versions(path) == {"reg:REG00001": [(1, make_record(1).digest)]}
    path.unlink()
    tables.write_records(path, [make_record(2, 2), make_record(2, 1)])
    assert [v for v, _ in tables.read_versions(path)["reg:REG00002"]] == [1, 2]


def test_the_wide_table_says_what_the_records_say(path: Path, records: tuple[Record, ...]) -> None:
    tables.write_trials(path, records, {"reg:REG00003": "STUDY"})
    table = pq.read_table(path)
    assert table.schema.equals(tables.SCHEMAS["trials"])
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
    article = table.slice(len(records) - 1, 1).to_pylist()[0]
    assert (article["kind"], article["doi"], article["study_id"]) == ("publication", "10.1/x", None)


def test_findings_links_studies_checks_come_back(path: Path) -> None:
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
    tables.write_findings(path, findings, {"r": "S1"})
    assert tables.read_findings(path) == findings
    table = pq.read_table(path)
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


@pytest.mark.parametrize("name", ["records", "studies", "links", "findings", "checks", "trials"])
def test_empty_tables_keep_their_columns(path: Path, name: str) -> None:
    if name in ("findings", "trials"):
        getattr(tables, f"write_{name}")(path, (), {})
    else:
        getattr(tables, f"write_{name}")(path, ())
    assert pq.read_schema(path).equals(tables.SCHEMAS[name])
    if name != "trials":
        assert getattr(tables, f"read_{name}")(path) == ()


def test_a_number_beyond_any_column_stays_in_the_record(
    path: Path, make_record: Callable[..., Record]
) -> None:
    record = msgspec.structs.replace(
        make_record(1),
        trial=Trial(enrollment=stated(2**63, "r/1"), site_count=stated(2**63 - 1, "")),
    )
    tables.write_records(path, [record])
    assert tables.read_records(path) == (record,)
    tables.write_trials(path, [record], {})
    assert pq.read_table(path)["enrollment"].to_pylist() == [None]
    assert pq.read_table(path)["site_count"].to_pylist() == [2**63 - 1]


@pytest.mark.parametrize("content", [2**64, "\ud800"])
def test_what_cannot_be_stored_is_refused_by_name(
    path: Path, make_record: Callable[..., Record], content: Any
) -> None:
    record = msgspec.structs.replace(make_record(1), trial=Trial(acronym=stated(content, "r/1")))
    with pytest.raises(WorkspaceError, match="reg:REG00001: this cannot be stored"):
        tables.write_records(path, [record])


@pytest.mark.parametrize("damage", ["absent", "empty", "cut", "noise", "flipped"])
def test_a_damaged_table_is_an_error_for_people(
    path: Path, records: tuple[Record, ...], damage: str
) -> None:
    tables.write_records(path, records)
    data = bytearray(path.read_bytes())
    path.unlink()
    if damage == "empty":
        data.clear()
    elif damage == "cut":
        del data[len(data) // 2 :]
    elif damage == "noise":
        data[:] = b"PAR1" + b"\x00" * 60 + b"PAR1"
    elif damage == "flipped":  # somewhere in the compressed bodies
        data[len(data) // 2] ^= 0x10
    if damage != "absent":
        path.write_bytes(data)
    with pytest.raises(WorkspaceError, match=r"table\.parquet"):
        tables.read_records(path)
    with pytest.raises(WorkspaceError, match=r"table\.parquet"):
        [tables.read_record(path, r.record_id, r.version) for r in records]
