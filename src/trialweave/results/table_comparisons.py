"""The figures of an article's table put together to comparisons.

Figures with the same outcome and time and different groups are one comparison, whichever way round
the table was set. A P value or effect goes to the comparison that it stands beside, where only one
can be meant.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from trialweave.model import ArticleTable, Effect, PValue
from trialweave.results.stated_spread import marked_statistics
from trialweave.results.table_arms import Entry
from trialweave.results.table_cells import read_p
from trialweave.results.table_grid import Datum, Heading, Laid, Row
from trialweave.results.table_groups import GENERAL, Group, Known, column_groups, row_groups
from trialweave.results.table_sizes import figured, sizes_in
from trialweave.results.table_words import Part, effect_in, key_of, statistics_in

__all__ = ["Comparison", "TableReader"]

_DIFFERENCE = re.compile(r"(?:mean\s)?(?:differences?|gains?|improvements?)\W*", re.IGNORECASE)
_MARKED = re.compile(r"[†‡§¶#ǁ‖]|\^")


@dataclass(slots=True)
class Comparison:
    """The figures of one outcome at one time, by group."""

    row: Row  # the first
    outer: tuple[Part, ...]  # sections and headings that are neither group, time nor statistic
    label: Part | None
    times: tuple[Part, ...]
    change: bool
    start: bool  # of the time before treatment: no result
    entries: dict[str, Entry] = field(default_factory=dict)
    columns: list[int] = field(default_factory=list)
    p: PValue | None = None
    effect: Effect | None = None
    clash: bool = False  # several P values or effects claim to be its own

    def words(self) -> set[str]:
        """What tells it from others of its row."""
        return {part.label or part.text for part in (*self.outer, *self.times)}


@dataclass(slots=True)
class _Column:
    """What the headings over a column say."""

    kind: str  # "figure", "p", "effect", "interval", "skip"
    group: Group | None
    others: tuple[Part, ...]
    times: tuple[Part, ...]
    said: tuple[frozenset[str], ...]
    change: bool
    last: Part | None


@dataclass(slots=True)
class _Before:
    """What stands before a row."""

    label: Part | None = None
    outer: tuple[Part, ...] = ()
    times: tuple[Part, ...] = ()
    said: tuple[frozenset[str], ...] = ()
    change: bool = False
    group: Group | None = None


class TableReader:
    """One table on its way to comparisons."""

    def __init__(self, table: ArticleTable, laid: Laid, known: Known) -> None:
        self.laid = laid
        self.known = known
        self.caption = (table.caption.content or "")[:1500]
        self.notes = " ".join((note.content or "")[:1500] for note in table.notes)[:4000]
        self.behind = (statistics_in(self.caption), statistics_in(self.notes))
        self._each_note = [(note.content or "")[:1500] for note in table.notes]
        self.goes_on = False  # a column is of a time behind the start
        columns = figured(laid)
        self.heads = [self._columns(head, columns) for head in laid.heads]
        self.starts = any(p.start for row in laid.rows for p in (*row.sections, *row.labels))
        self.by_row = not any(c.group for head in self.heads for c in head.values())
        self.groups = row_groups(laid, known) if self.by_row else {}
        self._sizes: dict[tuple[Part, ...], dict[str, int]] = {}  # of rows of sizes, by section
        self._comparisons: dict[tuple[object, ...], Comparison] = {}
        self._of_row: list[Comparison] = []  # those of the row that is being read
        self._block = 0

    def comparisons(self) -> list[Comparison]:
        """The comparisons of the table, in the order of their first figures."""
        if self.by_row and len(self.groups) < 2:
            return []
        seen: set[str] = set()
        above: tuple[Part, ...] | None = None
        for row in self.laid.rows:
            if self._states_sizes(row):
                continue
            before = self._before(row)
            if self.by_row:
                key = before.group.key if before.group is not None else None
                if key is None or key in seen or row.sections != above:
                    self._block += 1
                    seen = set()
                above = row.sections
                if key is not None:
                    seen.add(key)
            self._read(row, before)
        return list(self._comparisons.values())

    def _columns(
        self, head: dict[int, tuple[Heading, ...]], columns: frozenset[int]
    ) -> dict[int, _Column]:
        groups = column_groups(self.laid, head, columns, self.known)
        told = {
            column: _column([h.part for h in path], *groups.get(column, (None, None)))
            for column, path in head.items()
            if column >= self.laid.stubs
        }
        self.goes_on = self.goes_on or any(
            column.change or any(not time.start for time in column.times)
            for column in told.values()
        )
        return _with_qualified(told)

    def _states_sizes(self, row: Row) -> bool:
        """Whether a row states how many are in each group; it is taken note of."""
        columns = self.heads[row.epoch]
        if any(told.times for told in columns.values()):
            return False
        groups = {column: told.group for column, told in columns.items() if told.group}
        sizes = sizes_in(row, groups)
        if sizes is not None:
            self._sizes[row.sections] = sizes
        return sizes is not None

    def _size(self, group: Group, sections: tuple[Part, ...]) -> tuple[int | None, bool]:
        """The size of a group, and whether it is stated outside of the table."""
        for depth in range(len(sections), -1, -1):
            stated = self._sizes.get(sections[:depth], {}).get(group.key)
            if stated is not None:
                return stated, False
        if group.n is not None:
            return group.n, False
        return self.known.size(group.label), True

    def _read(self, row: Row, before: _Before) -> None:
        self._of_row = []
        for column in sorted(row.data):
            told = self.heads[row.epoch].get(column)
            datum = row.data[column]
            if told is None or datum.cell.rows > 1 or not self._is_one_column(row, datum):
                continue
            if told.kind in ("p", "effect", "interval"):
                self._statistic(row, column, told, datum, before)
            elif told.kind == "figure" and datum.figure is not None:
                self._figure(row, column, told, datum, before)

    def _is_one_column(self, row: Row, datum: Datum) -> bool:
        """Whether a cell is as wide as the heading over it, and so in one column to the eye."""
        cell = datum.cell
        if cell.columns == 1:
            return True
        head = self.laid.heads[row.epoch]
        path = head.get(cell.column)
        return bool(path) and all(
            head.get(column) == path for column in range(cell.column, cell.column + cell.columns)
        )

    def _before(self, row: Row) -> _Before:
        """The row's label, other words, times, statistics, change and group."""
        found = _Before()
        outer: list[Part] = []
        times: list[Part] = []
        said: list[frozenset[str]] = []
        parts = [*row.sections, *row.labels]
        for place, part in enumerate(parts):
            said.insert(0, part.said)
            # among rows of before and after a difference is that of the two
            differs = self.starts and not self.by_row and _DIFFERENCE.fullmatch(part.text)
            found.change = found.change or part.change or bool(differs)
            if part.kind == "time":
                times.append(part)
            elif part.kind in ("p", "test"):
                found.label = part
            elif part.kind != "statistic":
                if part.kind == "label" and key_of(part.label) in self.groups:
                    found.group = self.groups[key_of(part.label)]
                elif place >= len(row.sections) and place == len(parts) - 1:
                    found.label = part
                else:
                    outer.append(part)
        found.outer, found.times, found.said = tuple(outer), tuple(times), tuple(said)
        return found

    def _figure(self, row: Row, column: int, told: _Column, datum: Datum, before: _Before) -> None:
        """Put a figure to those of the same outcome and time."""
        figure, group = datum.figure, told.group or before.group
        if figure is None or group is None:
            return
        outer = (*before.outer, *told.others)
        times = (*before.times, *told.times)
        change = before.change or told.change
        label = before.label
        start = any(part.start for part in (*times, *outer, *((label,) if label else ())))
        words = tuple(part.label or part.text for part in (*outer, *times))
        place: object = row.index if told.group is not None else (self._block, label)
        key = (row.epoch, place, words, change)
        found = self._comparisons.get(key)
        if found is None:
            found = Comparison(row, outer, label, times, change, start)
            self._comparisons[key] = found
        if not any(found is each for each in self._of_row):
            self._of_row.append(found)
        entry = found.entries.get(group.key)
        if entry is None:
            n, elsewhere = self._size(group, row.sections)
            entry = found.entries[group.key] = Entry(group, n, elsewhere)
        near = (*told.said, *before.said) if self.by_row else (*before.said, *told.said)
        if row.label_cell is not None and (marked := self._marked(row.label_cell.text)):
            near = (marked, *near)
        stated = (self.known.spread,) if figure.form == "a ± b" else ()
        entry.cells.append((datum.cell, figure, (*near, *self.behind, *stated)))
        found.columns.append(column)

    def _marked(self, label: str) -> frozenset[str]:
        return marked_statistics(label, self._each_note) if self._each_note else frozenset()

    # --- P values and effects ---------------------------------------------------------------------

    def _statistic(
        self, row: Row, column: int, told: _Column, datum: Datum, before: _Before
    ) -> None:
        """Put a P value or effect to the comparison that it stands beside."""
        if told.group is not None or self.by_row:
            return
        found = self._beside(row, column, told, before)
        if found is None:
            return
        if told.kind == "p":
            self._p(found, told, datum)
        elif datum.figure is not None:
            measure = told.last.measure if told.last is not None else ""
            marked = _MARKED.search(datum.cell.text) is not None
            if not (marked and effect_in(self.notes) - {measure, ""}):
                _effect(found, told, datum)  # else the note may name another measure

    def _beside(self, row: Row, column: int, told: _Column, before: _Before) -> Comparison | None:
        """The one comparison of a row that a statistic in a column can be of."""
        here = self._of_row
        words = {p.label or p.text for p in (*before.outer, *told.others)}
        words |= {p.label or p.text for p in (*before.times, *told.times)}
        near = [each for each in here if self._stands_before(each, column)]
        exact = [each for each in near if each.words() == words]
        if len(exact) == 1:
            return exact[0]
        if told.others or told.times:
            return None
        if len(here) == 1:
            return near[0] if near else None
        alike = sum(each.kind == told.kind for each in self.heads[row.epoch].values())
        later = [each for each in here if not each.start]
        if alike == 1 and len(later) == 1 and self._is_last(row, column):
            return later[0]
        if near and near[-1] is here[-1] and alike >= len(here):
            taken = near[-1].p if told.kind == "p" else near[-1].effect
            return None if taken is not None and told.kind != "interval" else near[-1]
        return None

    def _p(self, found: Comparison, told: _Column, datum: Datum) -> None:
        p = read_p(datum.cell.text, told.last.text if told.last else "")
        if p is None:
            return
        if found.p is not None:
            found.clash = True
        adjusted = told.last is not None and told.last.adjusted and not p.test
        test = "adjusted model" if adjusted else p.test
        found.p = PValue(p.operator, p.text, test, datum.cell.passage)

    def _is_last(self, row: Row, column: int) -> bool:
        """Whether no group stands behind a column."""
        columns = self.heads[row.epoch]
        return not any(c > column and told.group for c, told in columns.items())

    def _stands_before(self, found: Comparison, column: int) -> bool:
        """Whether a comparison is whole, and nothing of another stands between it and a column."""
        first, last = min(found.columns), max(found.columns)
        if last >= column or len(found.entries) < 2:
            return False
        columns = self.heads[found.row.epoch]
        between = [c for c in range(first, last) if c not in found.columns and c in columns]
        behind = [c for c in range(last + 1, column) if c in columns]
        return all(columns[c].kind == "skip" for c in between) and not any(
            columns[c].kind == "figure" and columns[c].group for c in behind
        )


def _column(parts: Sequence[Part], group: Group | None, named: Part | None) -> _Column:
    """The headings over one column, taken together."""
    others: list[Part] = []
    times: list[Part] = []
    said: list[frozenset[str]] = []
    kind = "figure"
    change = False
    for part in parts:
        said.insert(0, part.said)
        change = change or part.change
        if part is named:
            continue
        if part.kind in ("p", "effect"):
            kind = part.kind
        elif part.kind == "test" or (part.kind == "total" and group is None):
            kind = "skip"
        elif part.kind == "time":
            times.append(part)
        elif part.kind == "label" and not GENERAL.fullmatch(part.label):
            others.append(part)
    if kind == "figure" and group is None and said and said[0] == {"ci"}:
        kind = "interval"
    last = parts[-1] if parts else None
    if kind == "effect":
        last = next(part for part in reversed(parts) if part.kind == "effect")
    return _Column(kind, group, tuple(others), tuple(times), tuple(said), change, last)


def _with_qualified(columns: dict[int, _Column]) -> dict[int, _Column]:
    """Headings over some groups of a table, and over no two columns of one, belong to their names.

    "Apremil" over "10 mg" and "20 mg" beside "Placebo" makes "Apremil 10 mg"; what stands over
    each group once more is an outcome or a part of the participants, unless every group has one
    column only and the headings differ.
    """
    of_groups = [column for column in columns.values() if column.group is not None]
    under: dict[str, set[tuple[Part, ...]]] = {}
    for column in of_groups:
        under.setdefault(column.group.key if column.group else "", set()).add(column.others)
    qualified = any(column.others for column in of_groups)
    once = len(of_groups) == len(under) and len({column.others for column in of_groups}) > 1
    if not qualified or (all(column.others for column in of_groups) and not once):
        return columns
    if any(len(others) > 1 for others in under.values()):
        return columns
    found = dict(columns)
    for at, column in columns.items():
        if column.group is not None and column.others:
            label = " ".join((*(part.label for part in column.others), column.group.label))
            group = dataclasses.replace(column.group, label=label)
            found[at] = dataclasses.replace(column, group=group, others=())
    return found


def _effect(found: Comparison, told: _Column, datum: Datum) -> None:
    """An effect with its interval, out of one cell or of two."""
    figure, part = datum.figure, told.last
    assert figure is not None
    if told.kind == "interval":
        if found.effect is not None and not found.effect.lower and figure.form == "(b-c)":
            found.effect = msgspec.structs.replace(found.effect, lower=figure.b, upper=figure.c)
        return
    if part is None or part.measure in ("", "?") or figure.form not in ("a", "a (b-c)", "(b-c)"):
        return
    if found.effect is not None:
        if figure.form == "(b-c)" and not found.effect.lower:
            found.effect = msgspec.structs.replace(found.effect, lower=figure.b, upper=figure.c)
        else:
            found.clash = True
        return
    if figure.form == "(b-c)":
        return
    level = re.search(r"(\d\d(?:\.\d)?)\s?%", part.text)
    found.effect = Effect(
        measure=part.measure,
        estimate=figure.a,
        lower=figure.b,
        upper=figure.c,
        level=level[1] if level else "95",
        adjusted=part.adjusted,
        passage=datum.cell.passage,
    )
