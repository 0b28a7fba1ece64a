"""How many are in each group of an article's table: of rows of sizes, and of sums of categories."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence

from trialweave.results.numbers import whole_number
from trialweave.results.sizes import PERSONS_COUNTED, is_crossover, size_of_each
from trialweave.results.table_arms import fits
from trialweave.results.table_grid import Laid, Row
from trialweave.results.table_groups import Group, Known, column_groups

__all__ = [
    "counts_losses",
    "figured",
    "is_row_of_sizes",
    "learn",
    "size_of_all",
    "sizes_in",
    "sums",
]

_SIZE_ROW = re.compile(
    r"(?:(?:total )?(?:number|nos?\.?|n)?\s?(?:of )?(?:(?:all )?(?:patients|participants|subjects|"
    r"women|men|children|infants|cases|persons)(?: (?:randomi[sz]ed|analy[sz]ed|assessed|evaluated|"
    r"studied|included|available|evaluable))?|randomi[sz]ed|analy[sz]ed)|n|(?:sample|group) size|"
    r"total n)(?:\s?[(\[][^()\[\]%]{0,40}[)\]])?",
    re.IGNORECASE,
)
_MOST_CATEGORIES = 12
_LONGEST = 200_000  # characters of a section
_CROSSOVER = re.compile(r"\bcross-?over\b", re.IGNORECASE)
_COMPLETED = re.compile(
    rf"\b(?P<a>[\w-]{{1,14}})\s(?:\w+\s){{0,2}}?{PERSONS_COUNTED}\s(?:successfully\s)?completed\s(?:the|"
    rf"both|"
    r"all)\b",
    re.IGNORECASE,
)
_TOOK_PART = re.compile(
    rf"\b{PERSONS_COUNTED}\s?\(\s?n\s?=\s?(?P<a>\d{{1,5}})\s?\)|\b(?P<b>[\w-]{{1,14}})\s(?:\w+\s){{0,3}}?"
    rf"{PERSONS_COUNTED}\s(?:\([^()]{{0,80}}\)\s)?(?:were\s|was\s)?(?:randomi[sz]ed|enrolled|included|"
    rf"recruited|"
    r"participated|took part)\b",
    re.IGNORECASE,
)


_LOST = re.compile(
    r"\b(?:[1-9]\d{0,3}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b"
    r"(?![.,]?\d|\s?(?:%|per\s?cent))[^.;%]{0,60}?\b(?:lost to follow|withdrew|"
    r"withdrawn|dropped out|discontinued|did not (?:complete|return|attend)|failed to complete|"
    r"left the (?:study|trial)|"
    r"(?:were|was) excluded from (?:the )?(?:\w+ )?analys|drop-?outs?\b)",
    re.IGNORECASE,
)


def is_row_of_sizes(row: Row) -> bool:
    """Whether a row's label says that it counts the participants of the groups."""
    label = row.labels[-1] if len(row.labels) == 1 else None
    return label is not None and any(
        _SIZE_ROW.fullmatch(text) for text in (label.label or label.text, label.text)
    )


def size_of_all(title: str, texts: Sequence[str]) -> tuple[int | None, str]:
    """The one size that holds for each group, and how it is known; None where there is none.

    It is what the text says of "each group"; of a crossover trial, where all are in both groups,
    how many completed it, or else how many took part. Different numbers leave it open.
    """
    n, told = size_of_each(texts)
    if told:
        return n, f"the record states {n} patients in each group"
    if not (_CROSSOVER.search(title) or is_crossover(texts[:8])):
        return None, ""
    for pattern in (_COMPLETED, _TOOK_PART):
        found = _numbers(pattern, texts)
        if found:
            n = found.pop() if len(found) == 1 else None
            what = "completed" if pattern is _COMPLETED else "took part in"
            return n, f"{n} patients {what} this crossover trial, all of them in both groups"
    return None, ""


def counts_losses(texts: Sequence[str]) -> bool:
    """Whether a text counts participants who left the trial or were left out of its results."""
    return any(_LOST.search(text[:_LONGEST]) for text in texts)


def _numbers(pattern: re.Pattern[str], texts: Sequence[str]) -> set[int]:
    found = set()
    for text in texts:
        for match in pattern.finditer(text[:_LONGEST]):
            number = whole_number(next(group for group in match.groups() if group))
            if number:
                found.add(number)
    return found


def learn(laid: Laid, known: Known, *, of_start: bool) -> None:
    """Take note of the sizes that the headings and the rows of sizes of a table state."""
    stated = [known.sizes] if of_start else [known.sizes, known.of_results]
    columns = figured(laid)
    heads = [column_groups(laid, head, columns, known) for head in laid.heads]
    for groups in heads:
        for group, _ in groups.values():
            if group.n is not None and len(groups) > 1:
                for sizes in stated:
                    sizes.setdefault(group.key, set()).add(group.n)
                known.labels.setdefault(group.key, group.label)
    for row in laid.rows:
        total = any(part.kind == "total" for part in row.labels)
        if total or not any(section.kind == "label" for section in row.sections):
            under = {column: group for column, (group, _) in heads[row.epoch].items()}
            for key, n in (sizes_in(row, under) or {}).items():
                for sizes in stated:
                    sizes.setdefault(key, set()).add(n)


def sizes_in(row: Row, groups: Mapping[int, Group]) -> dict[str, int] | None:
    """How many are in each group, where that is what a row states; else None."""
    total = len(row.labels) == 1 and row.labels[0].kind == "total" and "n" in row.labels[0].said
    if not total and not is_row_of_sizes(row):
        return None
    sizes: dict[str, int] = {}
    for column, datum in row.data.items():
        group, figure = groups.get(column), datum.figure
        if group is None or figure is None:
            continue
        whole = figure.form == "a (b)" and float(figure.b) == 100
        whole = whole or (figure.form == "a" and not total)
        if not whole or not figure.whole or figure.percent_a or not int(figure.a):
            return None
        if sizes.setdefault(group.key, int(figure.a)) != int(figure.a):
            return None
    return sizes or None


def figured(laid: Laid) -> frozenset[int]:
    """Columns of which most cells hold figures."""
    figures: dict[int, int] = {}
    words: dict[int, int] = {}
    for row in laid.rows:
        for column, datum in row.data.items():
            counts = figures if datum.figure is not None else words
            counts[column] = counts.get(column, 0) + 1
    return frozenset(c for c, number in figures.items() if number > words.get(c, 0))


def sums(laid: Laid) -> dict[int, dict[int, int]]:
    """For each row among categories the sum of their counts, by column.

    Rows under one heading are all categories of one question where their percentages add up to a
    hundred, as far as rounding lets them, and each count is its percentage of the sum.
    """
    found: dict[int, dict[int, int]] = {}
    for _, group in itertools.groupby(laid.rows, key=lambda row: (row.epoch, row.sections)):
        rows = list(group)
        if not 2 <= len(rows) <= _MOST_CATEGORIES or not rows[0].sections:
            continue
        for column in rows[0].data:
            data = [row.data.get(column) for row in rows]
            figures = [datum.figure for datum in data if datum and datum.figure]
            if len(figures) != len(rows):
                continue
            if not all(f.form == "a (b)" and f.whole and f.b for f in figures):
                continue
            total = sum(int(f.a) for f in figures)
            decimals = min(len(f.b.partition(".")[2]) for f in figures)
            slack = len(figures) * 0.5 * 10.0**-decimals + 1e-9
            whole = abs(sum(float(f.b) for f in figures) - 100) <= slack
            if total and whole and all(fits(int(f.a), f.b, total) for f in figures):
                for row in rows:
                    found.setdefault(row.index, {})[column] = total
    return found
