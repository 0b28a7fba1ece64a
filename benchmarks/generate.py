"""Invented ClinicalTrials.gov records of about 15 KB each, as many as wanted, always the same.

    python benchmarks/generate.py 100000 --out DIR --form jsonl|pages --twins 0.05 [--ictrp]

writes ``records.jsonl``, or search pages ``page-000001.json`` of 1,000 records each, and with twins
``truth.csv``: the pairs that describe one trial. A twin has another number, a reworded title and
other prose, and the sizes, dates, conditions and products of its original; every second one cites
the original's number. Twins count among the N records. With ``--ictrp`` they stand instead in
``ictrp.csv``, each under a number of another register as the WHO's portal would export it; every
sixth names its original there. One record in ten has posted results. Words follow Zipf's law: some
hundred of medicine, and thousands that are made up.
No name, number or sentence is of a real trial. Records do not depend on how many are asked for,
unless the last thousand is not full. Without N it generates some and says how fast.
"""

from __future__ import annotations

import argparse
import csv
import gc
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import numpy as np
import orjson

from invented.records import record
from invented.twins import PORTAL, row, twin
from invented.words import Draw, Table, tables

BATCH = 1000


class Pair(NamedTuple):
    """Two records of one trial; `cited` says whether the second names the number of the first."""

    first: str
    second: str
    register: str
    cited: bool


class Batch(NamedTuple):
    """Up to 1,000 records as JSON, the pairs among them, and the twins that the portal has."""

    records: list[bytes]
    pairs: list[Pair]
    rows: list[dict[str, str]]


def batches(
    count: int, *, seed: int = 1, twins: float = 0.0, ictrp: bool = False, first: int = 0
) -> Iterator[Batch]:
    """All records, a thousand at a time, so that none but these are ever in memory; `first` is the
    place of the first of them in an endless row."""
    words = tables(seed)
    for start in range(0, count, BATCH):
        yield _batch(first + start, min(BATCH, count - start), seed, twins, ictrp, words)


def number(index: int) -> str:
    """The NCT number of a record: all are different, in no visible order."""
    return f"NCT{10_000_000 + (index * 48_271_337 + 7) % 90_000_000}"


def _batch(
    start: int, size: int, seed: int, twins: float, ictrp: bool, words: tuple[Table, Table]
) -> Batch:
    draw = Draw(np.random.default_rng((seed, start)), *words)
    second = int(size * twins)
    records = [orjson.dumps(record(draw, number(start + i))) for i in range(size - second)]
    pairs, rows = [], []
    for i in range(second):
        original = orjson.loads(records[i])
        first, name = number(start + i), number(start + size - second + i)
        if ictrp:
            cited = i % 6 == 5
            cites = first if cited else ""
            rows.append(row(draw, original["protocolSection"], start + i, cites))
            name = rows[-1]["TrialID"]
        else:
            cited = bool(i % 2)
            records.append(orjson.dumps(twin(draw, original, name, first if cited else "")))
        pairs.append(Pair(first, name, "ictrp" if ictrp else "ctgov", cited))
    return Batch(records, pairs, rows)


def write(
    count: int,
    folder: Path,
    *,
    form: str = "jsonl",
    twins: float = 0.0,
    ictrp: bool = False,
    seed: int = 1,
    first: int = 0,
) -> int:
    """Write `count` records into `folder`; returns the bytes of records written."""
    folder.mkdir(parents=True, exist_ok=True)
    written = 0
    with ExitStack() as files:
        lines = (
            files.enter_context((folder / "records.jsonl").open("wb")) if form == "jsonl" else None
        )
        truth = rows = None
        if twins:
            opened = files.enter_context((folder / "truth.csv").open("w", newline=""))
            truth = csv.writer(opened)
            truth.writerow(Pair._fields)
        if twins and ictrp:
            opened = files.enter_context((folder / "ictrp.csv").open("w", newline=""))
            rows = csv.DictWriter(opened, PORTAL.split("|"), quoting=csv.QUOTE_ALL)
            rows.writeheader()
        for page, batch in enumerate(
            batches(count, seed=seed, twins=twins, ictrp=ictrp, first=first), start=1
        ):
            if lines is not None:
                lines.writelines(part for record in batch.records for part in (record, b"\n"))
            else:
                head = b'{"totalCount":%d,' % count if page == 1 else b"{"
                after = (
                    b',"nextPageToken":"page%06d"}' % (page + 1) if page * BATCH < count else b"}"
                )
                whole = head + b'"studies":[' + b",".join(batch.records) + b"]" + after
                (folder / f"page-{page:06d}.json").write_bytes(whole)
            if truth is not None:
                truth.writerows(batch.pairs)
            if rows is not None:
                rows.writerows(batch.rows)
            written += sum(map(len, batch.records))
    return written


def main() -> None:
    parser = argparse.ArgumentParser(description="Generate invented records; see the file's head.")
    parser.add_argument("count", nargs="?", type=int)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--form", choices=("jsonl", "pages"), default="jsonl")
    parser.add_argument("--twins", type=float, default=0.0, help="share of records that are twins")
    parser.add_argument("--ictrp", action="store_true", help="the twins in ictrp.csv instead")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="place of the first, to have others")
    given = parser.parse_args()
    if given.count is not None and (given.out is None or given.count < 1):
        parser.error("N must be at least 1, and --out must name a folder")
    if not 0 <= given.twins <= 0.5:
        parser.error("--twins must be between 0 and 0.5")
    gc.disable()  # nothing here refers to itself, and the search takes a tenth of the time
    with tempfile.TemporaryDirectory() as scratch:
        count, folder = given.count or 5000, given.out or Path(scratch)
        started = time.perf_counter()
        size = write(
            count,
            folder,
            form=given.form,
            twins=given.twins,
            ictrp=given.ictrp,
            seed=given.seed,
            first=given.first,
        )
        took = time.perf_counter() - started
    print(f"{count:,} records, {size / 1e6:,.1f} MB, {size / count / 1e3:.1f} KB each; ", end="")
    print(f"{count / took:,.0f} records/s, {size / took / 1e6:.0f} MB/s")
    if given.out is None:
        sizes = [len(record) for record in next(batches(BATCH)).records]
        shares = ", ".join(f"{size / 1e3:.1f}" for size in statistics.quantiles(sizes, n=10))
        print(f"  deciles of size, KB: {shares}")


if __name__ == "__main__":
    main()
