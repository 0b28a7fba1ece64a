"""How fast a register's download is taken in, beside the least that could be done with it.

Invented ClinicalTrials.gov records of 15 KB (see `generate`) lie in files of a thousand lines.
The rival parses each line with orjson and writes id and raw line to Parquet; ours reads,
harmonises, numbers versions and writes the records' tables, with the same compression. Both run in
turn, in the same pool of one and of two processes, which read the files themselves; medians count.
Then one file with all records is added to a new workspace, in a process of its own, and the memory
that it and its children hold is looked at fifty times a second. With the real records at hand, the
WHO's table of 4,098 rows and the 917 flat records are read as well.

    scripts/bench ingest                                          a small run
    python benchmarks/ingest.py --records 100000 --rounds 1       the real one

Goals: at most twice the rival's time; at most 1 GiB, whatever the size.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import gc
import multiprocessing
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

import generate
from measuring import whole_add
from trialweave.model import Received
from trialweave.records.versions import admit
from trialweave.sources import read_all
from trialweave.store.tables import PartWriter, batch_of

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("TRIALWEAVE_SHARED", ROOT.parent / "shared")) / "data" / "registries"
TABLE = SHARED / "ictrp" / "ICTRP_COVID19-web_7Jul2020_excel-damaged.csv"
FLAT = SHARED / "ctgov_msc_studyfields" / "msc.jsonl"
RATIO, MEMORY = 2.0, 1 << 30
_AT_ONCE = 200  # records, as the program does it
Task = Callable[[Path], int]


def rival(path: Path) -> int:
    """The least: each line parsed, and its id and raw bytes written."""
    ids, raw = [], []
    for line in path.read_bytes().splitlines():
        record = orjson.loads(line)
        flat = record.get("NCTId")
        ids.append(flat[0] if flat else record["protocolSection"]["identificationModule"]["nctId"])
        raw.append(line)
    return _raw(ids, raw)


def rival_of_table(path: Path) -> int:
    """The least for a table: its rows taken apart, and written as they are."""
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        rows = list(csv.reader(file))
    return _raw([row[0] for row in rows[1:]], ["\0".join(row).encode() for row in rows[1:]])


def _raw(ids: list[str], raw: list[bytes]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        table = pa.table({"id": ids, "raw": pa.array(raw, pa.binary())})
        pq.write_table(table, Path(folder) / "raw", compression="zstd", compression_level=1)
    return len(ids)


def ours(path: Path) -> int:
    """Read, harmonise, number versions, write."""
    received = Received(path.name, path.read_bytes())
    found = read_all(received)
    records = admit(found.drafts, {}, received, dt.datetime.now(dt.UTC))
    with tempfile.TemporaryDirectory() as folder:
        part = PartWriter(Path(folder), 1)
        for start in range(0, len(records), _AT_ONCE):
            some = records[start : start + _AT_ONCE]
            nothing = [b""] * len(some)
            batch = batch_of(some, [()] * len(some), facts=nothing, searched=nothing)
            part.add(batch, [record.version for record in some])
        part.close()
    return len(records)


def timed(task: Task, paths: Iterable[Path], pool: ProcessPoolExecutor) -> tuple[float, int]:
    """Seconds that a pool takes for all files, and the records in them."""
    started = time.perf_counter()
    count = sum(pool.map(task, paths))
    return time.perf_counter() - started, count


def compared(
    name: str, paths: list[Path], rounds: int, least: Task, processes: Iterable[int] = (1, 2)
) -> None:
    """Print a line for each number of processes."""
    size = sum(path.stat().st_size for path in paths)
    for workers in processes:
        ratios, times = [], []
        with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
            for task in (least, ours):  # both are loaded and warm before they are timed
                timed(task, paths[:workers], pool)
            for _ in range(rounds):
                base, _ = timed(least, paths, pool)
                took, count = timed(ours, paths, pool)
                ratios.append(took / base)
                times.append(took)
        took, ratio = statistics.median(times), statistics.median(ratios)
        print(f"  {name:<22}{workers:>4}{count / took:>13,.0f}{size / took / 1e6:>9.1f}", end="")
        print(f"{ratio:>8.2f}   {'met' if ratio <= RATIO else 'not met'}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure taking in a register's download.")
    parser.add_argument("--records", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-add", action="store_true", help="leave out the whole `add`")
    given = parser.parse_args()
    gc.disable()  # as in a command that ends; the workers collect as they like
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        whole, parts = folder / "records.jsonl", []
        with whole.open("wb") as file:
            for number, batch in enumerate(generate.batches(given.records)):
                lines = b"\n".join(batch.records) + b"\n"
                file.write(lines)
                parts.append(folder / f"part-{number:06d}.jsonl")
                parts[-1].write_bytes(lines)
        size = whole.stat().st_size
        print(f"{given.records:,} records, {size / 1e6:,.0f} MB; Python ", end="")
        print(f"{platform.python_version()}, orjson {orjson.__version__}, pyarrow {pa.__version__}")
        print(f"  {'':<21}procs    records/s     MB/s   ratio   goal: at most {RATIO:g}")
        compared("invented, 15 KB", parts, given.rounds, rival)
        if FLAT.exists():
            compared("917 flat records", [FLAT], given.rounds, rival, (1,))
        if TABLE.exists():
            compared("WHO table, 4,098 rows", [TABLE], given.rounds, rival_of_table, (1,))
        if not given.no_add:
            took, _, peak, said = whole_add(folder / "workspace", [whole])
            met = "met" if peak <= MEMORY and said != "failed" else "not met"
            print(f"  whole add: {said} records in {took:.1f} s; ", end="")
            print(f"{peak / (1 << 20):,.0f} MiB at the peak; goal: at most 1,024, {met}")


if __name__ == "__main__":
    main()
