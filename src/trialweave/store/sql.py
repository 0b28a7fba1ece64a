"""Read-only SQL over the tables of a generation, by DuckDB in process."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds

from trialweave.errors import TrialweaveError, WorkspaceError
from trialweave.store._files import on_disk

if TYPE_CHECKING:
    from trialweave.store.generations import Generation

__all__ = ["query"]

# Without access to the outside a statement cannot read or write any file, load an extension, or
# undo these settings. Over views of `read_parquet` that would not do: the access they need lets
# COPY overwrite the generation. Arrow scans need none.
_SETTINGS = (
    "SET enable_external_access = false",
    "SET python_enable_replacements = false",
    "SET memory_limit = '1GB'",
    "SET lock_configuration = true",
)


def query(generation: Generation, sql: str, *, seconds: float = 30.0) -> pa.Table:
    """Run one SELECT over the tables of a generation, each a view under its own name.

    Stopped after `seconds`. Raises TrialweaveError where the statement is not one SELECT, is
    wrong, or takes too long or too much memory; WorkspaceError where a table is damaged.
    """
    with duckdb.connect(":memory:") as connection:
        for name in generation.tables:
            path = generation.file(name)
            with on_disk("open the table", path):
                try:
                    connection.register(name, ds.dataset(path, format="parquet"))
                except pa.ArrowInvalid as error:
                    raise WorkspaceError("the table is damaged.", where=str(path)) from error
        for setting in _SETTINGS:
            connection.execute(setting)
        return _answer(connection, sql, seconds)


def _answer(connection: duckdb.DuckDBPyConnection, sql: str, seconds: float) -> pa.Table:
    sql = sql.encode("utf-8", "replace").decode()  # the engine takes no lone surrogates
    timer = threading.Timer(seconds, connection.interrupt)
    try:
        if [s.type for s in connection.extract_statements(sql)] != [duckdb.StatementType.SELECT]:
            raise TrialweaveError("only a single SELECT can be asked.")
        timer.start()
        return connection.sql(sql).to_arrow_table()
    except duckdb.InterruptException as error:
        raise TrialweaveError(f"the query took longer than {seconds:g} s.") from error
    except (duckdb.Error, pa.ArrowException) as error:
        raise TrialweaveError(f"the query cannot be run: {error}") from error
    finally:
        timer.cancel()
