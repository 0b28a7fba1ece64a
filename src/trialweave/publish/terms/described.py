"""What is known of each study without reading it: when, where, how large, in how many records.

In comes the generation's flat table of current records; bodies are not read. Of a study with
several records, the first that states something is believed, in the order of `Study.record_ids`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from trialweave.publish.state import State
from trialweave.records.places import country_name, normalise_country

__all__ = ["Codes", "Described", "described", "record_places"]

Codes: TypeAlias = npt.NDArray[np.int32]
_COLUMNS = [
    "record_id", "kind", "status", "phase", "enrollment", "countries", "start_date",
    "start_date_earliest", "sponsor",
]  # fmt: skip
_EPOCH = 1970


@dataclass(frozen=True, eq=False)
class Described:
    """Arrays with a place for each study, in the order of `State.studies`.

    `started` is the first day that the start can mean, NaT where no record states it; `months`
    counts them from January of the year 0 (year·12 + month - 1), -1 where unknown. `records` and
    `publications` count current records. Countries are in rows: those of study i are
    `country_names[country_codes[country_starts[i]:country_starts[i + 1]]]`, each once.
    """

    studies: tuple[str, ...]
    started: npt.NDArray[np.datetime64]
    months: Codes
    start: tuple[str, ...]  # as stated: "2020-03"
    status: tuple[str, ...]
    phase: tuple[str, ...]
    enrollment: tuple[str, ...]
    sponsor: tuple[str, ...]
    trial: npt.NDArray[np.bool_]  # whether a registry entry is among its records
    records: Codes
    publications: Codes
    findings: Codes
    country_names: tuple[str, ...]
    country_starts: npt.NDArray[np.int64]
    country_codes: Codes

    @property
    def years(self) -> Codes:
        """The year of start, -1 where unknown."""
        return np.where(self.months < 0, -1, self.months // 12).astype(np.int32)

    def countries_of(self, study: int) -> tuple[str, ...]:
        """The countries of one study, by name."""
        codes = self.country_codes[self.country_starts[study] : self.country_starts[study + 1]]
        return tuple(self.country_names[code] for code in codes)

    def country_counts(self, studies: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """How many of some studies each country has, in the order of `country_names`."""
        chosen = np.zeros(len(self.studies), np.bool_)
        chosen[studies] = True
        held = np.repeat(chosen, np.diff(self.country_starts))
        return np.bincount(self.country_codes[held], minlength=len(self.country_names))


def record_places(state: State) -> dict[str, tuple[int, int]]:
    """The study of each record, by place in `State.studies`, and the record's place in it."""
    return {
        name: (place, rank)
        for place, study in enumerate(state.studies)
        for rank, name in enumerate(study.record_ids)
    }


def described(state: State) -> Described:
    """The studies of a generation. Raises WorkspaceError where a table is damaged."""
    count = len(state.studies)
    table = state.generation.table("trials", _COLUMNS)
    places = record_places(state)
    found = [places.get(name, (-1, 0)) for name in table.column("record_id").to_pylist()]
    study, rank = np.array(found, np.int64).reshape(-1, 2).T
    held = np.flatnonzero(study >= 0)
    order = held[np.lexsort((rank[held], study[held]))]  # by study, its best record first
    table, study = table.take(pa.array(order)), study[order]
    trial = np.asarray(pc.equal(table.column("kind"), "trial"), np.bool_)
    first = _First(table, study, count)
    days = first.of("start_date_earliest")
    started = np.array([day or "NaT" for day in days], "datetime64[D]")
    since = started.astype("datetime64[M]").astype(np.int64)
    months = np.where(np.isnat(started), -1, since + 12 * _EPOCH).astype(np.int32)
    names, starts, codes = _countries(table, study, count)
    return Described(
        studies=tuple(each.study_id for each in state.studies),
        started=started,
        months=months,
        start=_texts(first.of("start_date")),
        status=_texts(first.of("status")),
        phase=tuple("; ".join(each) if each else "" for each in first.of("phase")),
        enrollment=_texts(first.of("enrollment")),
        sponsor=_texts(first.of("sponsor")),
        trial=np.bincount(study[trial], minlength=count) > 0,
        records=np.bincount(study, minlength=count).astype(np.int32),
        publications=np.bincount(study[~trial], minlength=count).astype(np.int32),
        findings=_findings(state),
        country_names=names,
        country_starts=starts,
        country_codes=codes,
    )


class _First:
    """The first stated value of each study, of rows in the order of studies."""

    def __init__(self, table: pa.Table, study: npt.NDArray[np.int64], count: int) -> None:
        self._table, self._study, self._count = table, study, count

    def of(self, name: str) -> list[Any]:
        column = self._table.column(name).combine_chunks()
        stated = np.flatnonzero(np.asarray(pc.is_valid(column)))
        studies, at = np.unique(self._study[stated], return_index=True)
        rows = np.full(self._count, -1, np.int64)
        rows[studies] = stated[at]
        taken: list[Any] = column.take(pa.array(rows, mask=rows < 0)).to_pylist()
        return taken


def _texts(found: list[Any]) -> tuple[str, ...]:
    return tuple("" if each is None else str(each) for each in found)


def _countries(
    table: pa.Table, study: npt.NDArray[np.int64], count: int
) -> tuple[tuple[str, ...], npt.NDArray[np.int64], Codes]:
    """The countries of each study by any of its records, under one name each."""
    column = table.column("countries").combine_chunks()
    listed = pc.fill_null(pc.list_value_length(column), 0).to_numpy()
    spelled = pc.list_flatten(column).dictionary_encode()
    names = [_country(each or "") for each in spelled.dictionary.to_pylist()]
    distinct = tuple(sorted(set(names)))
    index = {name: code for code, name in enumerate(distinct)}
    as_written = np.array([index[name] for name in names], np.int64)
    pairs = np.repeat(study, listed) * max(len(distinct), 1)
    if len(pairs):
        pairs = np.unique(pairs + as_written[spelled.indices.to_numpy()])
    owners, codes = np.divmod(pairs, max(len(distinct), 1))
    starts = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(owners, minlength=count), out=starts[1:])
    return distinct, starts, codes.astype(np.int32)


def _country(written: str) -> str:
    code = normalise_country(written)
    return country_name(code) if code else written


def _findings(state: State) -> Codes:
    """How many findings each study has."""
    column = state.generation.table("findings", ["study_id"]).column("study_id")
    counted = pc.value_counts(column).to_pylist()
    of = {each["values"]: each["counts"] for each in counted}
    return np.array([of.get(each.study_id, 0) for each in state.studies], np.int32)
