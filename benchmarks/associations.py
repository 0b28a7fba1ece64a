"""All pairs of terms with their tests, beside a self-join in DuckDB that only counts.

A simulated matrix of documents and terms: frequencies by Zipf's law, lengths of records lognormal.
Run as ``python benchmarks/associations.py [DOCUMENTS TERMS [JOINED]]``; DuckDB gets the first
JOINED documents (all by default), and so does a second run of ours, in processes of their own.
Seconds are the processor's, memory is the peak above what the matrix needed to be made.

``python benchmarks/associations.py --workspace DIR`` asks a real workspace instead: every pair
tested under filters of roles, days and conditions that were not asked before, and a term's rows.
"""

from __future__ import annotations

import datetime as dt
import multiprocessing
import resource
import sys
import time
from typing import Any, NamedTuple

import numpy as np

MEAN = 22.0
SUPPORT = 5


class Cost(NamedTuple):
    """What a run took."""

    seconds: float
    gigabytes: float
    pairs: int


def simulated(documents: int, terms: int, sigma: float = 0.6) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the entries, without repeats."""
    rng = np.random.default_rng(20260101)
    length = rng.lognormal(np.log(MEAN) - sigma**2 / 2, sigma, documents)
    rows = np.repeat(np.arange(documents), rng.poisson(length * 1.12))
    weight = 1 / np.arange(10, terms + 10)
    columns = np.searchsorted(np.cumsum(weight / weight.sum()), rng.random(len(rows)))
    keys = np.unique(rows * terms + np.minimum(columns, terms - 1))
    return keys // terms, keys % terms


def ours(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> int:
    """Counts, expected counts, P values, discovery rates, limits, in order."""
    from trialweave.terms.associations import associate, incidence

    return len(associate(incidence(rows, columns, shape), support=SUPPORT))


def joined(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> int:
    """The counts alone, by a join of the table with itself."""
    import duckdb
    import pyarrow as pa

    base = duckdb.connect(config={"threads": 1})
    base.register("entry", pa.table({"d": rows.astype(np.int32), "t": columns.astype(np.int32)}))
    query = (
        "select count(*) from (select x.t, y.t, count(*) n from entry x join entry y "
        f"on x.d = y.d and x.t < y.t group by all having n >= {SUPPORT})"
    )
    return int(base.execute(query).fetchall()[0][0])


def _measure(work: Any, documents: int, terms: int, pipe: Any) -> None:
    rows, columns = simulated(documents, terms)
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    pairs = work(rows, columns, (documents, terms))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    pipe.send((time.process_time() - start, peak / 1e6, before / 1e6, pairs, len(rows)))


def measured(work: Any, documents: int, terms: int) -> Cost:
    """Run in a process of its own, so that memory is not another's."""
    context = multiprocessing.get_context("spawn")
    receive, send = context.Pipe(duplex=False)
    process = context.Process(target=_measure, args=(work, documents, terms, send))
    process.start()
    seconds, peak, before, pairs, entries = receive.recv()
    process.join()
    name = {"ours": "all tests", "joined": "DuckDB, counts only"}[work.__name__]
    print(
        f"{name:20} {documents:9,} x {terms:7,} {entries:11,} entries {pairs:11,} pairs "
        f"{seconds:7.1f} s {peak:5.2f} GB (the process with the matrix alone {before:.2f})"
    )
    return Cost(seconds, peak, pairs)


def asked(folder: str) -> None:
    """Print what a term's related terms take under filters that are new to the process."""
    from trialweave.publish.terms.counted import mentioned
    from trialweave.publish.terms.filtered import Filter, filtered, tested
    from trialweave.publish.terms.known import known
    from trialweave.publish.terms.related import related
    from trialweave.publish.terms.report import report
    from trialweave.workspace import Workspace

    w = Workspace(folder)
    state = w._state()

    def took(label: str, work: Any, told: Any = lambda _: "") -> Any:
        wall, start = time.perf_counter(), time.process_time()
        made = work()
        wall, seconds = time.perf_counter() - wall, time.process_time() - start
        print(
            f"{label:44} {wall * 1e3:7.0f} ms, {seconds * 1e3:7.0f} of the processor {told(made)}"
        )
        return made

    found = took("mentions as arrays", lambda: mentioned(state), lambda m: f"{len(m.rows):,} rows")
    took("names of all terms, once", lambda: known(state, w.root).entries)
    took("days, sponsors, near-identical protocols, once", lambda: filtered(state, Filter()))
    took("words that overlap, once", lambda: related(state, w.root, _most_named(state, w.root, 0)))
    conditions = found.incidence(("condition",)).sum(axis=0)
    new = {"all assertions": Filter(assertions=("present",))}
    new |= {f"as {role}": Filter(roles=(role,)) for role in ("condition", "criterion", "outcome")}
    for place in np.argsort(-conditions, kind="stable")[:3].tolist():
        new[f"studies of {found.names[place]}"] = Filter(condition=(place,))
    for year in (2010, 2016, 2020):
        new[f"begun since {year}"] = Filter(since=dt.date(year, 1, 1))
    for label, by in new.items():
        took(
            f"every pair, {label}"[:44],
            lambda by=by: tested(state, by, SUPPORT),
            lambda made: f"{len(made):,} pairs of {made.documents:,} studies",
        )
    for rank in (0, 10, 100, 1000):
        term = _most_named(state, w.root, rank)
        label = f"rows of {term.name}"[:44]
        took(label, lambda term=term: related(state, w.root, term), lambda v: f"{len(v.rows)}")
    took("report since 2020", lambda: report(state, w.root, since=dt.date(2020, 1, 1)))


def _most_named(state: Any, root: Any, rank: int) -> Any:
    from trialweave.publish.terms.known import known, reference_of

    here = known(state, root)
    order = np.argsort(-here.mentioned.studies_of_term, kind="stable")
    return reference_of(here.entries[order[rank]])


def main(documents: int = 600_000, terms: int = 50_000, part: int = 0) -> None:
    """Print a line for each run."""
    part = part or documents
    measured(ours, documents, terms)
    if part != documents:
        measured(ours, part, terms)
    measured(joined, part, terms)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--workspace"]:
        asked(sys.argv[2])
    else:
        main(*map(int, sys.argv[1:]))
