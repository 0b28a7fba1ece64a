"""SQL reads the tables of a generation, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from trialweave.errors import TrialweaveError
from trialweave.store.generations import Generation, Generations
from trialweave.store.sql import query

OUTSIDE = pa.table({"secret": [1]})  # what a query must not reach by its Python name


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    generations = Generations(tmp_path_factory.mktemp("workspace"))
    with generations.begin() as staging:
        trials = pa.table({"id": ["a", "b", "c"], "phase": [["1", "2"], ["2"], None]})
        pq.write_table(trials, staging.file("trials"))
        pq.write_table(pa.table({"id": ["a", "c"], "flags": [2, 0]}), staging.file("checks"))
        return generations.commit(staging)


def test_tables_are_views_under_their_names(generation: Generation) -> None:
    table = query(
        generation,
        "SELECT id, len(phase) phases, flags FROM trials LEFT JOIN checks USING (id) ORDER BY id",
    )
    assert table.to_pydict() == {
        "id": ["a", "b", "c"],
        "phases": [2, 1, None],
        "flags": [2, None, 0],
    }
    phases = query(
        generation,
        "SELECT p, count(*) n FROM (SELECT unnest(phase) p FROM trials) GROUP BY p ORDER BY p",
    )
    assert phases.to_pydict() == {"p": ["1", "2"], "n": [1, 2]}


@pytest.mark.parametrize(
    "sql",
    [
        "COPY trials TO '{there}/out.csv'",
        "COPY (SELECT 1 AS id) TO '{there}/trials.parquet' (FORMAT parquet, USE_TMP_FILE false)",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '{there}/out.csv'",
        "EXPORT DATABASE '{there}/out'",
        "ATTACH '{there}/out.db' AS other",
        "CREATE TABLE t AS SELECT 1",
        "DROP VIEW trials",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "LOAD httpfs",
        "PRAGMA version",
        "SELECT 1; SELECT 2",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('{there}/manifest.json')",
        "SELECT * FROM '{there}/trials.parquet'",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM OUTSIDE",
        "WITH x AS (COPY trials TO '{there}/out.csv') SELECT * FROM x",
        "WITH x AS (INSERT INTO trials VALUES ('d', NULL) RETURNING *) SELECT * FROM x",
        "SELECT nothing FROM trials",
        "SELEC",
        "SELECT \ud800",
        "",
        "--",
        "SELECT " + "(" * 20_000 + "1" + ")" * 20_000,
    ],
)
def test_whatever_else_is_refused(generation: Generation, sql: str) -> None:
    before = generation.verify(), sorted(generation.path.iterdir())
    with pytest.raises(TrialweaveError):
        query(generation, sql.format(there=generation.path))
    assert (generation.verify(), sorted(generation.path.iterdir())) == before == ((), before[1])


def test_a_query_without_end_is_stopped(generation: Generation) -> None:
    with pytest.raises(TrialweaveError, match="longer than"):
        query(
            generation,
            "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range * b.range = 7",
            seconds=0.2,
        )


def test_a_damaged_table_is_told(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    with generations.begin() as staging:
        pq.write_table(pa.table({"id": ["a"]}), staging.file("trials"))
        generation = generations.commit(staging)
    data = generation.file("trials").read_bytes()
    for damage in (b"PAR1 nothing PAR1", data[:4] + bytes(40) + data[44:]):
        generation.file("trials").write_bytes(damage)
        with pytest.raises(TrialweaveError):
            query(generation, "SELECT * FROM trials")
