"""A table of a network: one arm of a study a row, or one comparison of two treatments a row.

Arms need no comparison worked out before, and a study may have any number of them. Columns go by
the names below, which take in those of metafor and netmeta; others are passed over. Cells are read
as in `table`: missing ones make a note, what cannot be meant is refused with its line and column.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from trialweave.errors import TooLarge, Unreadable
from trialweave.stats.network import (
    ContrastError,
    Contrasts,
    Note,
    arm_contrasts,
    pair_contrasts,
    treatments_of,
)
from trialweave.synthesis.table_file import Table, rows_of
from trialweave.synthesis.table_rows import Reader, named_columns

__all__ = ["MEASURES", "NetworkTable", "is_ratio", "network_table"]

MEASURES: Final = ("OR", "RR", "RD", "AS", "IRR", "MD", "SMD", "ROM", "HR")

_RATIOS: Final = ("OR", "RR", "IRR", "ROM", "HR")
_MOST: Final = 2000  # rows
_MOST_TREATMENTS: Final = 60  # tables of all comparisons grow with their square
_LARGEST: Final = 1e12  # of a number; beyond, and below the next if not 0, it is no measurement
_SMALLEST: Final = 1e-12
_MOST_APART: Final = 1e16  # of variances; beyond, the smaller is lost in the rounding of the larger
_LARGEST_LOG: Final = 700.0
_Z: Final = 1.959963984540054  # of a 95% interval

_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "study": ("study", "studlab", "slab", "trial", "author", "label"),
    "treatment": ("treatment", "treat", "trt", "arm", "intervention"),
    "events": ("events", "event", "xi", "r", "responders"),
    "n": ("n", "ni", "total", "samplesize"),
    "mean": ("mean", "mi"),
    "sd": ("sd", "sdi", "std.dev"),
    "time": ("time", "ti", "exposure", "person_time", "person_years"),
    "treat1": ("treat1", "treatment1", "trt1", "t1"),
    "treat2": ("treat2", "treatment2", "trt2", "t2"),
    "treat3": ("treat3", "treatment3", "trt3", "t3"),
    "n1": ("n1", "n1i"),
    "n2": ("n2", "n2i"),
    "yi": ("yi", "te"),
    "vi": ("vi",),
    "sei": ("sei", "se", "sete"),
    "estimate": ("estimate", "effect"),
    "low": ("low", "lower", "ci.lb", "ci_low"),
    "high": ("high", "upper", "ci.ub", "ci_high"),
}
_ARMS: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(("OR", "RR", "RD", "AS"), ("events", "n")),
    "IRR": ("events", "time"),
    **dict.fromkeys(("MD", "SMD", "ROM"), ("mean", "sd", "n")),
}
_DEFAULTS: Final = {"RR": ("events", "n"), "MD": ("mean", "sd", "n"), "IRR": ("events", "time")}
_PAIRS: Final = (("yi", "vi"), ("yi", "sei"), ("estimate", "low", "high"), ("estimate", "sei"))
_FORMS: Final = (
    "Name the columns study, treatment and events, n (or mean, sd, n, or events, time), one arm a "
    "row; or study, treat1, treat2 and yi, sei (or estimate, low, high), one comparison a row."
)
_ALIKE: Final = "Treatments that differ in case alone taken as one, under the name that came first."


class NetworkTable(NamedTuple):
    """The studies of a table as contrasts, on a measure; `data` is a digest of the table."""

    name: str
    measure: str
    contrasts: Contrasts
    data: str


def is_ratio(measure: str) -> bool:
    """Whether effects are compared as natural logarithms, and 1 means no difference."""
    return measure in _RATIOS


def network_table(
    table: str | Path | Iterable[Mapping[str, Any]], *, measure: str = "", tolerance: float = 1e-3
) -> NetworkTable:
    """Read a table: a CSV file (comma, semicolon or tab; UTF-8), or rows as mappings.

    Arms: ``study, treatment`` with ``events, n``, or ``mean, sd, n``, or ``events, time``;
    `measure` defaults to RR, MD or IRR. Pairs: ``study, treat1, treat2`` with ``yi`` and ``vi`` or
    ``sei`` on the scale that is compared (logarithms of ratios), or ``estimate, low, high`` (95%
    interval, ratios as ratios; the standard error is its width over 2·1.96 on that scale), or
    ``estimate, se`` where the measure is no ratio; optionally ``n1, n2``; `measure` has to be
    named. Pairs are treat1 against treat2, and a study of more than two treatments needs all its
    pairs; `tolerance` is how far their effects may be from adding up.

    Raises NotFound, TooLarge, WrongEncoding, Unreadable naming line, column or study, and
    ValueError for a measure that does not exist or is not named.
    """
    measure = measure.upper()
    if measure and measure not in MEASURES:
        raise ValueError(f"no measure is called {measure!r}; there are {', '.join(MEASURES)}")
    held = rows_of(table, most=_MOST)
    columns = named_columns(held.columns, held.name, _NAMES)
    arms = "treatment" in columns
    if arms and "treat1" in columns:
        _refuse(held, f"columns {columns['treatment']!r} and {columns['treat1']!r} do not go "
                "together: a row is an arm, or a comparison.")  # fmt: skip
    if "treat3" in columns:
        _refuse(held, f"column {columns['treat3']!r}: a row holds all arms of its study.",
                "Write one arm a row.")  # fmt: skip
    needed = {"study", "treatment"} if arms else {"study", "treat1", "treat2"}
    if not needed <= set(columns):
        _refuse(held, "it has no rows." if not held.columns else
                f"no network among the columns {', '.join(held.columns[:20])[:200]}.")  # fmt: skip
    reader = _Cells(Reader(held.name, columns, measure))
    try:
        contrasts = (
            _of_arms(held, reader, measure) if arms else _of_pairs(held, reader, measure, tolerance)
        )
    except ContrastError as error:
        raise Unreadable(f"{error}.", where=held.name, next_step=_NEXT[arms]) from None
    if len(treatments_of(contrasts)) > _MOST_TREATMENTS:
        raise TooLarge(f"over {_MOST_TREATMENTS} treatments.", where=held.name)
    _check_sizes(held, contrasts)
    notes = contrasts.notes
    if reader.alike:
        told = tuple(f"{first} = {name}" for name, first in reader.alike.items())
        notes = (Note("alike", _ALIKE, told), *notes)
    contrasts = Contrasts(contrasts.measure, contrasts.studies, notes)
    return NetworkTable(held.name, contrasts.measure, contrasts, held.data)


_NEXT: Final = {
    True: "Give each treatment of a study one row: combine arms of the same treatment first.",
    False: "Give each pair of a study's treatments one row, or its arms, one a row.",
}


def _refuse(held: Table, said: str, next_step: str = _FORMS) -> None:
    raise Unreadable(said, where=held.name, next_step=next_step)


def _check_sizes(held: Table, contrasts: Contrasts) -> None:
    """Refuse variances and effects so far apart that no sum of them means anything."""
    if not contrasts.studies:
        return
    sizes = [(float(value), one.study) for one in contrasts.studies
             for value in one.covariance.diagonal()]  # fmt: skip
    effects = [(float(abs(value)), one.study) for one in contrasts.studies for value in one.effects]
    (low, first), (high, last), (most, where) = min(sizes), max(sizes), max(effects)
    said = ""
    if high > _MOST_APART * low:
        said = f"studies {first!r} and {last!r} have variances of {low:.1g} and {high:.1g}."
    elif most * most > _MOST_APART * low:
        said = (
            f"study {where!r} has an effect of {most:.1g}, and study {first!r} a standard error "
            f"of {math.sqrt(low):.1g}."
        )
    if said:
        _refuse(held, said, "Give all studies in one unit, and check both.")


class _Cells:
    """Cells of a network's table; names of treatments are one where only case tells them apart."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.known: dict[str, str] = {}
        self.alike: dict[str, str] = {}

    def has(self, *columns: str) -> bool:
        return set(columns) <= set(self.reader.columns)

    def name(self, column: str, line: int, cells: Mapping[str, str]) -> str:
        found = self.reader.text(column, cells)
        if not found:
            self.reader.refuse(column, line, "no name")
        return found

    def treatment(self, column: str, line: int, cells: Mapping[str, str]) -> str:
        found = self.name(column, line, cells)
        key = unicodedata.normalize("NFKC", found).casefold()
        first = self.known.setdefault(key, found)
        if first != found:
            self.alike[found] = first
        return first

    def number(
        self, column: str, line: int, cells: Mapping[str, str], *, least: float = -math.inf
    ) -> float | None:
        found = self.reader.number(column, line, cells)
        size = 1.0 if not found else abs(found)
        if found is not None and (found < least or not _SMALLEST <= size <= _LARGEST):
            self.reader.refuse(column, line, f"{found:g}, which is beyond what it can be")
        return found

    def people(self, column: str, line: int, cells: Mapping[str, str]) -> int | None:
        return self.reader.whole(column, line, cells) if self.has(column) else None


def _of_arms(held: Table, cells: _Cells, measure: str) -> Contrasts:
    chosen = measure or next((name for name, way in _DEFAULTS.items() if cells.has(*way)), "")
    needed = _ARMS.get(chosen, ())
    if chosen and not needed:
        _refuse(held, f"arms give no {chosen}.", "Give its effects, one comparison a row.")
    if not chosen or not cells.has(*needed):
        lacking = f"a network of {chosen} by arms needs the columns {', '.join(needed)}."
        _refuse(held, lacking if chosen else "its arms have no numbers to compare.")
    study: list[str] = []
    treatment: list[str] = []
    columns: dict[str, list[float | None]] = {name: [] for name in (*needed, "n")}
    for line, row in held.rows:
        study.append(cells.name("study", line, row))
        treatment.append(cells.treatment("treatment", line, row))
        n = cells.people("n", line, row)
        columns["n"].append(n)
        if "events" in columns:
            events = cells.people("events", line, row)
            rates = "time" in columns  # where a person may have several events
            if not rates and events is not None and n is not None and events > n:
                cells.reader.refuse("events", line, f"{events} events of {n}")
            columns["events"].append(events)
        for name, least in (("mean", -math.inf), ("sd", 0.0), ("time", 0.0)):
            if name in columns:
                columns[name].append(cells.number(name, line, row, least=least))
    if "n" not in cells.reader.columns:
        del columns["n"]
    return arm_contrasts(chosen, study, treatment, **columns)  # type: ignore[arg-type]


def _of_pairs(held: Table, cells: _Cells, measure: str, tolerance: float) -> Contrasts:
    if not 0.0 <= tolerance < math.inf:
        raise ValueError(f"a tolerance must be finite and not negative, not {tolerance:g}")
    way = next((way for way in _PAIRS if cells.has(*way)), None)
    if way is None:
        _refuse(held, "its comparisons have no effect with a standard error or an interval.")
    elif not measure:
        raise ValueError("a table of effects does not say of what they are: name the measure")
    elif way == _PAIRS[-1] and is_ratio(measure):
        first, second = (cells.reader.columns[name] for name in way)
        _refuse(held, f"columns {first!r} and {second!r} do not say whether they are logarithms.",
                "Name the logarithm yi, or give estimate, low, high.")  # fmt: skip
    study: list[str] = []
    pairs: dict[str, list[str]] = {"treat1": [], "treat2": []}
    numbers: list[tuple[float | None, float | None]] = []
    sizes: dict[str, list[int | None]] = {"n1": [], "n2": []}
    for line, row in held.rows:
        study.append(cells.name("study", line, row))
        for name, names in pairs.items():
            names.append(cells.treatment(name, line, row))
        for name, people in sizes.items():
            people.append(cells.people(name, line, row))
        numbers.append(_effect(cells, way or (), is_ratio(measure), line, row))
    return pair_contrasts(
        study,
        pairs["treat1"],
        pairs["treat2"],
        [effect for effect, _ in numbers],
        [error for _, error in numbers],
        n1=sizes["n1"],
        n2=sizes["n2"],
        measure=measure,
        tolerance=tolerance,
    )


def _effect(
    cells: _Cells, way: tuple[str, ...], ratio: bool, line: int, row: Mapping[str, str]
) -> tuple[float | None, float | None]:
    """Effect and standard error of one comparison, on the scale that is compared."""
    found = [cells.number(name, line, row) for name in way]
    if None in found:
        return None, None
    estimate, *rest = (float(value) for value in found if value is not None)
    if len(rest) == 2:
        low, high = rest
        if not low <= estimate <= high:
            cells.reader.refuse(way[0], line, f"{estimate:g}, outside {low:g} to {high:g}")
        if ratio and low <= 0.0:
            cells.reader.refuse(way[1], line, f"{low:g}, which is no ratio")
        if ratio:
            estimate, low, high = math.log(estimate), math.log(low), math.log(high)
        return estimate, (high - low) / (2.0 * _Z)
    if rest[0] <= 0.0:
        cells.reader.refuse(way[1], line, f"{rest[0]:g}, which is not positive")
    if ratio and abs(estimate) > _LARGEST_LOG:
        cells.reader.refuse(way[0], line, f"{estimate:g}, which is no logarithm of a ratio")
    return estimate, math.sqrt(rest[0]) if way[1] == "vi" else rest[0]
