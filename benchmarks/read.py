"""How fast records are read: parse, harmonise, write Parquet, beside the least that could be done.

The rival parses the same lines with orjson and writes id and raw line to Parquet, with the same
compression. Both run in turn in one process; medians count. The goal is at most three times the
rival's time. What a whole `add` takes beyond reading (archive, findings, weaving, checks, index,
commit) is told beside it.

    scripts/bench read          needs the 917 records: $TRIALWEAVE_SHARED, default ../shared
"""

from __future__ import annotations

import datetime as dt
import gc
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from trialweave.model import Received
from trialweave.records.versions import admit
from trialweave.sources import read_all
from trialweave.store import tables

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("TRIALWEAVE_SHARED", ROOT.parent / "shared"))
RECORDS = SHARED / "data" / "registries" / "ctgov_msc_studyfields" / "msc.jsonl"
ROUNDS = 9
GOAL = 3.0


def rival(data: bytes, folder: Path) -> int:
    """The least: each line parsed, and its id and raw bytes written."""
    ids, raw = [], []
    for line in data.splitlines():
        ids.append(orjson.loads(line)["NCTId"][0])
        raw.append(line)
    table = pa.table({"id": ids, "raw": pa.array(raw, pa.binary())})
    pq.write_table(table, folder / "raw.parquet", compression="zstd", compression_level=1)
    return len(ids)


class Reading:
    """Our reading, with the time that each step took."""

    def __init__(self) -> None:
        self.steps: dict[str, list[float]] = {}

    def __call__(self, data: bytes, folder: Path) -> int:
        received = Received("msc.jsonl", data)
        result = self._step("parse and harmonise", lambda: read_all(received))
        records = self._step(
            "versions, enrichment",
            lambda: admit(result.drafts, {}, received, dt.datetime.now(dt.UTC)),
        )
        self._step("write all records", lambda: tables.write_records(folder / "r.parquet", records))
        self._step(
            "write wide table", lambda: tables.write_trials(folder / "t.parquet", records, {})
        )
        return len(records)

    def _step(self, name: str, work: Callable[[], Any]) -> Any:
        started = time.perf_counter()
        result = work()
        self.steps.setdefault(name, []).append(time.perf_counter() - started)
        return result


def whole_add(path: Path, folder: Path) -> int:
    """All that `trialweave add` does, into a new workspace."""
    from trialweave.workspace import Workspace

    return len(Workspace(folder / "workspace").add(path).added)


def timed(work: Callable[[Any, Path], int], source: Any, folder: Path) -> float:
    """Seconds that the work takes, from a clean heap."""
    gc.collect()
    started = time.perf_counter()
    count = work(source, folder)
    took = time.perf_counter() - started
    assert count > 0
    return took


def main() -> None:
    if not RECORDS.exists():
        print(f"skipped: {RECORDS} is not here (set TRIALWEAVE_SHARED)")
        return
    data = RECORDS.read_bytes()
    reading = Reading()
    least, ours, added = [], [], []
    for number in range(ROUNDS):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            least.append(timed(rival, data, folder))
            ours.append(timed(reading, data, folder))
            if number % 3 == 0:
                added.append(timed(whole_add, RECORDS, folder))
    count = len(data.splitlines())
    rival_time, our_time = statistics.median(least), statistics.median(ours)
    ratio = statistics.median(o / r for o, r in zip(ours, least, strict=True))
    add_time = statistics.median(added)
    print(
        f"{count} records, {len(data) / 1e6:.1f} MB; Python {platform.python_version()}, ", end=""
    )
    print(f"orjson {orjson.__version__}, pyarrow {pa.__version__}; medians of {ROUNDS} rounds")
    print(f"  orjson.loads + Parquet of (id, raw)  {rival_time * 1e3:8.1f} ms")
    print(f"  reading                              {our_time * 1e3:8.1f} ms", end="")
    print(f"   {count / our_time:,.0f} records/s")
    for step, times in reading.steps.items():
        print(f"    {step:<34} {statistics.median(times) * 1e3:8.1f} ms")
    met = "met" if ratio <= GOAL else "not met"
    print(f"  ratio                                {ratio:8.2f}      goal: at most {GOAL:g}, {met}")
    print(f"  whole add, beyond reading            {(add_time - our_time) * 1e3:8.1f} ms", end="")
    print(f"   (all of it: {add_time * 1e3:.1f} ms)")


if __name__ == "__main__":
    main()
