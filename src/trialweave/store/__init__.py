"""Keeps what was received and what was derived from it, on disk.

What comes in are received documents and the frozen types of `trialweave.model`; what goes out are
the same again, exactly, or Arrow tables for SQL.
`archive` holds the received bytes by their digest, `generations` the immutable derived states with
`CURRENT` as the only commit point, `tables` their Parquet files, `index` the search index over
studies, `sql` read-only queries in process.
A reader is never blocked, and a crash at any moment leaves the last generation whole.
Nothing here parses a document, knows a stage above the model, or changes a committed file.
"""
