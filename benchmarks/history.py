"""How fast a record is found as it stood on a day, beside the primary key of SQLite.

A workspace with N invented records in three versions each is asked for records drawn at random, as
of days drawn at random, in two ways: the record itself out of the state of that day (its versions,
the one that held, its content decoded), and the whole answer of `Workspace.as_of(day).why`. The
rival keeps the same contents in a table of SQLite without rowid, keyed by record and day, and
decodes the same bytes. All answer in turn. What deriving the state of a day takes, once, is told
beside it.

    scripts/bench history                          500 records
    python benchmarks/history.py --records 20000

Goal: 95 of 100 lookups of a record within 5 ms.
"""

from __future__ import annotations

import argparse
import datetime as dt
import platform
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random

import msgspec

import generate
from trialweave.store import tables
from trialweave.store._parts import Body
from trialweave.workspace import Workspace

YEARS = (2019, 2021, 2023)
GOAL = 5.0  # ms
ENCODER, DECODER = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(Body)


def write(folder: Path, count: int) -> list[Path]:
    """Three files of the same records, later and larger each time."""
    paths = [folder / f"{year}.jsonl" for year in YEARS]
    files = [path.open("wb") for path in paths]
    for batch in generate.batches(count):
        for line in batch.records:
            record = msgspec.json.decode(line)
            protocol = record["protocolSection"]
            for file, year in zip(files, YEARS, strict=True):
                protocol["statusModule"]["lastUpdatePostDateStruct"] = {"date": f"{year}-06-15"}
                protocol["designModule"]["enrollmentInfo"] = {"count": year, "type": "ESTIMATED"}
                file.write(msgspec.json.encode(record) + b"\n")
    for file in files:
        file.close()
    return paths


def database(path: Path, folder: Path) -> sqlite3.Connection:
    """The contents of all versions in SQLite."""
    connection = sqlite3.connect(path)
    connection.execute(
        "CREATE TABLE held (record TEXT, day TEXT, body BLOB, PRIMARY KEY (record, day))"
        " WITHOUT ROWID"
    )
    for record in tables.read_records(folder):
        body = ENCODER.encode(Body(record.stated, record.trial, record.publication))
        day = record.stated.earliest.isoformat() if record.stated else ""
        connection.execute("INSERT INTO held VALUES (?, ?, ?)", (record.record_id, day, body))
    connection.commit()
    return connection


def milliseconds(work: Callable[[], object]) -> float:
    """How long a piece of work takes."""
    started = time.perf_counter()
    assert work() is not None
    return (time.perf_counter() - started) * 1e3


def main() -> None:
    """Build, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--records", type=int, default=500)
    parser.add_argument("--lookups", type=int, default=500)
    asked = parser.parse_args()
    draw = Random(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        workspace = Workspace(folder / "workspace")
        paths = write(folder, asked.records)
        for path in paths:
            workspace.add(path)
            path.unlink()
        days = [dt.date(year + 1, 1, 1) for year in YEARS]
        derived = [milliseconds(workspace.as_of(day).status) for day in days[:2]]
        live = workspace._generations.current()
        assert live is not None
        connection = database(folder / "rival.sqlite", live.path)
        then = {day: workspace.as_of(day) for day in days}
        ids = sorted(tables.read_versions(live.path))
        times: dict[str, list[float]] = {"record": [], "why": [], "SQLite": []}
        for number in range(asked.lookups + 50):
            record, day = draw.choice(ids), draw.choice(days)
            held = then[day]._state().generation.path
            found = {
                "record": partial(tables.read_record, held, record),
                "SQLite": partial(decoded, connection, record, day),
                "why": partial(then[day].why, record, "enrollment"),
            }
            for kind, work in found.items():
                took = milliseconds(work)
                if number >= 50:
                    times[kind].append(took)
        connection.close()
    print(f"{asked.records:,} records in 3 versions; Python {platform.python_version()}, ", end="")
    print(f"SQLite {sqlite3.sqlite_version}; {asked.lookups} lookups of each kind")
    print(f"  deriving the state of a day, once    {max(derived) / 1e3:8.1f} s")
    for kind, told in times.items():
        p50, p95 = statistics.median(told), statistics.quantiles(told, n=20)[-1]
        print(f"  {kind:<12} p50 {p50:8.2f} ms   p95 {p95:8.2f} ms")
    p95 = statistics.quantiles(times["record"], n=20)[-1]
    met = "met" if p95 <= GOAL else "not met"
    print(f"  goal: record, p95 at most {GOAL:g} ms, {met}")


def decoded(connection: sqlite3.Connection, record: str, day: dt.date) -> Body:
    """The version that held, by the rival."""
    row = connection.execute(
        "SELECT body FROM held WHERE record = ? AND day <= ? ORDER BY day DESC LIMIT 1",
        (record, day.isoformat()),
    ).fetchone()
    return DECODER.decode(row[0])


if __name__ == "__main__":
    main()
