"""How linking grows: all records at once, and a hundred added to the many.

Invented records, one in twenty of which is a twin that stands under a number of another register
(see `generate`), are added to a new workspace in a process of its own; the memory that it and its
children hold is looked at fifty times a second. Then a hundred more are added, five of them twins,
and at last all is woven anew from what the workspace holds, so that what adding little by little
gave can be held against what weaving everything at once gives.

    scripts/bench link                                       a small run
    python benchmarks/link.py --records 10000 100000         the real one

Goals: time near linear in the records; adding a hundred at most a twentieth of the whole.
"""

from __future__ import annotations

import argparse
import csv
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import generate
from measuring import Added, whole_add
from trialweave.model import Link
from trialweave.store import tables
from trialweave.store.generations import Generations
from trialweave.studies import Packed, weave_profiles

TWINS, SHARE = 0.05, 1 / 20
_FURTHER = 100


def added(folder: Path, workspace: Path) -> Added:
    """Add all files of a folder, as the command does."""
    run = whole_add(workspace, [*folder.glob("records*"), folder / "ictrp.csv"])
    if run.said == "failed":
        raise SystemExit(f"adding {folder} failed")
    return run


def found(workspace: Path, truths: Sequence[Path]) -> tuple[int, int]:
    """How many planted pairs there are, and how many stand in one study."""
    generation = Generations(workspace).current()
    assert generation is not None
    studies: dict[str, set[str]] = {}
    for study in tables.read_studies(generation.file("studies")):
        for name in study.identifiers:
            studies.setdefault(name, set()).add(study.study_id)
    pairs = together = 0
    for path in truths:
        with path.open(newline="") as file:
            for row in csv.DictReader(file):
                first, second = (studies.get(row[name], set()) for name in ("first", "second"))
                pairs += 1
                together += bool(first & second)
    return pairs, together


def anew(workspace: Path) -> tuple[int, int, float]:
    """Links of the live generation, how many of them weaving all anew says otherwise or lacks, or
    has besides, and its seconds."""
    generation = Generations(workspace).current()
    assert generation is not None
    held = {_what(link) for link in tables.read_links(generation.file("links"))}
    started = time.perf_counter()
    woven = weave_profiles(Packed(tables.read_facts(generation.path)))
    took = time.perf_counter() - started
    return len(held), len(held ^ {_what(link) for link in woven.links}), took


def _what(link: Link) -> tuple[str, str, str]:
    return link.record_a, link.record_b, link.kind


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--records", type=int, nargs="+", default=[1000, 4000])
    given = parser.parse_args()
    print(f"Python {platform.python_version()}; one process; 1 in 20 a twin of another register")
    print(f"{'records':>9}{'seconds':>9}{'MiB':>7}{'twins found':>16}", end="")
    print(f"{'100 more, s':>13}{'share':>8}{'found':>11}{'links, others anew':>22}")
    print("Seconds are of the processor; on the clock they depend on what else the machine does.")
    for count in given.records:
        with tempfile.TemporaryDirectory() as scratch:
            many, few, workspace = (Path(scratch) / name for name in ("many", "few", "workspace"))
            generate.write(count, many, twins=TWINS, ictrp=True)
            generate.write(_FURTHER, few, twins=TWINS, ictrp=True, first=10 * count)
            (few / "records.jsonl").rename(few / "records-further.jsonl")
            whole = added(many, workspace)
            pairs, together = found(workspace, [many / "truth.csv"])
            print(f"{count:>9,}{whole.worked:>9.1f}{whole.peak / (1 << 20):>7,.0f}", end="")
            print(f"{together:>9,} of {pairs:,}".rjust(16), end="", flush=True)
            more = added(few, workspace)
            pairs, together = found(workspace, [few / "truth.csv"])
            share = more.worked / whole.worked
            links, others, _ = anew(workspace)
            print(f"{more.worked:>13.1f}{share:>8.3f}{f'{together} of {pairs}':>11}", end="")
            print(f"{f'{links:,}, {others}':>22}   {'met' if share <= SHARE else 'not met'}")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
