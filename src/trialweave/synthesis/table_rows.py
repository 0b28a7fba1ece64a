"""The cells of a table of studies as numbers, each refused with its line and column."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, NoReturn

from trialweave.errors import Unreadable
from trialweave.synthesis.effects import COUNT_MEASURES, MEAN_MEASURES, is_ratio
from trialweave.synthesis.groups import Group, Stated

__all__ = ["KINDS", "Kind", "Reader", "named_columns"]

_Z: Final = 1.959963984540054  # of the 95% interval that an effect is kept as
_LARGEST_GROUP: Final = 1e9
_MISSING: Final = ("", "na", "n/a", "nan", ".", "-", "null", "none")
_NUMBER: Final = re.compile(r"[+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,3})?")


class Kind(NamedTuple):
    """What a table may hold of each study: the columns, in any of these ways, and the measures."""

    name: str
    ways: tuple[tuple[str, ...], ...]
    measures: tuple[str, ...]


KINDS: Final = (
    Kind("counts", (("a", "n1", "c", "n2"), ("a", "b", "c", "d")), COUNT_MEASURES),
    Kind("means", (("m1", "sd1", "n1", "m2", "sd2", "n2"),), MEAN_MEASURES),
    Kind("effects", (("yi", "vi"), ("yi", "sei")), (*COUNT_MEASURES, *MEAN_MEASURES, "HR")),
    Kind("intervals", (("estimate", "low", "high"),), (*COUNT_MEASURES, *MEAN_MEASURES, "HR")),
)

_NAMES: Final = {
    "study": ("study", "slab", "studlab", "label", "trial", "author"),
    "group": ("group", "subgroup"),
    "a": ("a", "ai", "event.e"),
    "b": ("b", "bi"),
    "c": ("c", "ci", "event.c"),
    "d": ("d", "di"),
    "n1": ("n1", "n1i", "n.e"),
    "n2": ("n2", "n2i", "n.c"),
    "m1": ("m1", "m1i", "mean.e"),
    "m2": ("m2", "m2i", "mean.c"),
    "sd1": ("sd1", "sd1i", "sd.e"),
    "sd2": ("sd2", "sd2i", "sd.c"),
    "yi": ("yi", "te"),
    "vi": ("vi",),
    "sei": ("sei", "se", "sete"),
    "estimate": ("estimate", "effect"),
    "low": ("low", "lower", "ci.lb", "ci_low"),
    "high": ("high", "upper", "ci.ub", "ci_high"),
}


def named_columns(
    columns: Sequence[str], table: str, names: Mapping[str, Sequence[str]] = _NAMES
) -> dict[str, str]:
    """The table's own name of each column that is known; Unreadable where two have one meaning.

    `names` are those that a column of each meaning may have, in lower case.
    """
    meaning = {name: known for known, same in names.items() for name in same}
    found: dict[str, str] = {}
    for column in columns:
        known = meaning.get(column.strip().casefold())
        if known in found:
            raise Unreadable(f"columns {found[known]!r} and {column!r} mean the same.", where=table)
        if known is not None:
            found[known] = column
    return found


class Reader(NamedTuple):
    """Reads the rows of one table; `columns` are its names by meaning."""

    name: str
    columns: Mapping[str, str]
    measure: str

    def text(self, column: str, cells: Mapping[str, str]) -> str:
        """A cell as text, "" where there is none."""
        return " ".join(cells.get(self.columns.get(column, ""), "").split())

    def numbers(
        self, kind: Kind, line: int, cells: Mapping[str, str]
    ) -> tuple[Group | None, Group | None, Stated | None]:
        """Both groups, or the effect, of one study; what is missing is None."""
        way = next(way for way in kind.ways if set(way) <= set(self.columns))
        if kind.name == "effects":
            return None, None, self._of_variance(line, cells, way[1])
        if kind.name == "intervals":
            return None, None, self._of_interval(line, cells)
        if kind.name == "means":
            return self._measured("1", line, cells), self._measured("2", line, cells), None
        return (
            self._counted("a", way[1], line, cells),
            self._counted("c", way[3], line, cells),
            None,
        )

    def _counted(self, events: str, other: str, line: int, cells: Mapping[str, str]) -> Group:
        found, size = self.whole(events, line, cells), self.whole(other, line, cells)
        if other in ("b", "d") and size is not None:
            size = size + found if found is not None else None
        if found is not None and size is not None and found > size:
            self.refuse(events, line, f"{found} events of {size}")
        return Group(n=size, events=found)

    def _measured(self, which: str, line: int, cells: Mapping[str, str]) -> Group:
        spread = self.number(f"sd{which}", line, cells)
        if spread is not None and spread < 0:
            self.refuse(f"sd{which}", line, f"a standard deviation of {spread:g}")
        return Group(
            n=self.whole(f"n{which}", line, cells),
            mean=self.number(f"m{which}", line, cells),
            sd=spread,
        )

    def _of_variance(self, line: int, cells: Mapping[str, str], column: str) -> Stated | None:
        """An effect on the model's scale, as the printed effect with the interval it has."""
        estimate, spread = self.number("yi", line, cells), self.number(column, line, cells)
        if estimate is None or spread is None:
            return None
        if spread <= 0:
            self.refuse(column, line, f"{spread:g}, which is not positive")
        half = _Z * (math.sqrt(spread) if column == "vi" else spread)
        ends = [estimate, estimate - half, estimate + half]
        if is_ratio(self.measure):
            if max(map(abs, ends)) > 700:
                self.refuse("yi", line, f"{estimate:g}, which is no logarithm of a ratio")
            ends = list(map(math.exp, ends))
        return Stated(self.measure, *ends)

    def _of_interval(self, line: int, cells: Mapping[str, str]) -> Stated | None:
        estimate, low, high = (self.number(name, line, cells) for name in KINDS[3].ways[0])
        if estimate is None or low is None or high is None:
            return None
        if not low <= estimate <= high:
            self.refuse("estimate", line, f"{estimate:g}, outside {low:g} to {high:g}")
        if is_ratio(self.measure) and low <= 0:
            self.refuse("low", line, f"{low:g}, which is no ratio")
        return Stated(self.measure, estimate, low, high)

    def whole(self, column: str, line: int, cells: Mapping[str, str]) -> int | None:
        """A cell as a number of people, None where it is missing; else Unreadable."""
        found = self.number(column, line, cells)
        if found is None:
            return None
        if found < 0 or found != math.floor(found) or found > _LARGEST_GROUP:
            self.refuse(column, line, f"{found:g}, which is no number of people")
        return int(found)

    def number(self, column: str, line: int, cells: Mapping[str, str]) -> float | None:
        """A cell as a finite number, None where it is missing; else Unreadable."""
        text = cells.get(self.columns[column], "").strip().replace("\u2212", "-")
        if text.casefold() in _MISSING:
            return None
        if not _NUMBER.fullmatch(text):
            self.refuse(column, line, f"{text[:60]!r}, which is no number")
        found = float(text)
        if not math.isfinite(found):
            self.refuse(column, line, f"{text[:60]!r}, which is not finite")
        return found

    def refuse(self, column: str, line: int, said: str) -> NoReturn:
        """Refuse the table for one of its cells."""
        raise Unreadable(f"line {line}, column {self.columns[column]}: {said}.", where=self.name)
