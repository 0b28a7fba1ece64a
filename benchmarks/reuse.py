"""How long it takes to find the text that records of different studies share, and how it grows.

    scripts/bench reuse                                    2,000 and 4,000 invented records
    python benchmarks/reuse.py --records 10000 40000       the real one

Invented ClinicalTrials.gov records (see `generate`), of which every twentieth has the description
of another, under another sponsor. Each number of records runs in a process of its own: records are
prepared as `add` does, with their sketches, and written; then `reused` looks at all of them, each a
study of its own. Told are the sketches' share of the preparing and their bytes a record, the time
and peak memory of looking, and how many of the planted pairs were found. The rival of the exact
comparison is difflib's SequenceMatcher on the words of the same pairs.

Goals: sketches at most a tenth of the preparing and 1 KB a record; time grows with the records.
"""

from __future__ import annotations

import argparse
import datetime as dt
import difflib
import itertools
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import orjson

import generate
from trialweave.model import Received, Study
from trialweave.pipeline.prepare import prepare
from trialweave.pipeline.reusing import reused
from trialweave.records.versions import harmonised
from trialweave.results import read_findings
from trialweave.sources import read
from trialweave.store import tables
from trialweave.store.tables import Batch, PartWriter
from trialweave.studies._common_runs import common_runs, words_of
from trialweave.studies.reuse import prose, sketch

WHEN = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
EVERY, BACK = 20, 10
PAIRS = 40  # that the rival compares


def planted(count: int) -> Iterator[Received]:
    """The records, a thousand a document, with the copied descriptions in them."""
    for number, batch in enumerate(generate.batches(count)):
        records = [orjson.loads(line) for line in batch.records]
        for at in range(EVERY - 1, len(records), EVERY):
            theirs = records[at - BACK]["protocolSection"]["descriptionModule"]
            records[at]["protocolSection"]["descriptionModule"] = theirs
        lines = b"\n".join(map(orjson.dumps, records))
        yield Received(f"part-{number:04d}.jsonl", lines + b"\n")


def number_of(received: Received) -> list[str]:
    """Numbers of the records of a document."""
    lines = map(orjson.loads, received.data.splitlines())
    return [each["protocolSection"]["identificationModule"]["nctId"] for each in lines]


def measured(count: int) -> None:
    """One line of figures; run in a process of its own."""
    pairs: set[tuple[str, str]] = set()
    preparing = sketching = 0.0
    size = 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        part = PartWriter(folder, 1)
        for received in planted(count):
            numbers = number_of(received)
            copies = range(EVERY - 1, len(numbers), EVERY)
            pairs |= {tuple(sorted((numbers[at], numbers[at - BACK]))) for at in copies}
            started = time.process_time()
            batches = [each for each in prepare(received, WHEN) if isinstance(each, Batch)]
            preparing += time.process_time() - started
            records = list(harmonised(read(received), received, WHEN))
            findings = [read_findings(record) for record in records]
            started = time.process_time()
            sketches = list(map(sketch, records, findings))
            sketching += time.process_time() - started
            size += sum(map(len, sketches))
            for batch in batches:
                part.add(batch, [1] * len(batch.heads))
        heads = part.close()
        assert heads is not None
        heads = tables.marked(heads)
        tables.write_heads(folder, heads)
        ids = heads.column("record_id").to_pylist()
        study_of = {name: name.partition(":")[2] for name in ids}
        tables.write_findings(folder, heads, study_of)
        studies = [Study(number, number, (name,), ()) for name, number in study_of.items()]
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.process_time()
        found = list(reused(folder, studies, ()))
        looking = time.process_time() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        told = {tuple(sorted((each.study_a, each.study_b))) for each in found}
        rival, ours = against_difflib(folder, sorted(pairs)[:PAIRS])
    print(
        f"{count:>8,}{sketching / preparing:>10.1%}{size / count:>9.0f}{looking:>10.1f}"
        f"{looking / count * 1e3:>9.2f}{peak / 1024:>9.0f}{(peak - before) / 1024:>9.0f}"
        f"{len(told & pairs) / len(pairs):>9.1%}{len(told - pairs):>7}{rival / ours:>9.1f}×",
        flush=True,
    )


def against_difflib(folder: Path, pairs: list[tuple[str, str]]) -> tuple[float, float]:
    """Seconds of the rival and of ours for the exact runs of some pairs."""
    names = [f"ctgov:{number}" for number in itertools.chain(*pairs)]
    records = {r.identifier: r for r in tables.read_records(folder, names, current=True)}
    words = {name: words_of(list(prose(record))) for name, record in records.items()}
    plain = {name: [word.text for word in each.words] for name, each in words.items()}
    started = time.process_time()
    for one, other in pairs:
        difflib.SequenceMatcher(None, plain[one], plain[other], False).get_matching_blocks()
    middle = time.process_time()
    for one, other in pairs:
        common_runs(words[one], words[other])
    return middle - started, time.process_time() - middle


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure finding reused text.")
    parser.add_argument("--records", type=int, nargs="+", default=[2000, 4000])
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        measured(given.one)
        return
    print(
        " records  sketches  bytes/r  looking/s  ms/rec   peak MB  of it   found  others  difflib"
    )
    for count in given.records:
        subprocess.run([sys.executable, __file__, "--one", str(count)], check=True)


if __name__ == "__main__":
    main()
