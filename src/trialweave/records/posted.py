"""Posted tables told row by row: participant flow, baseline characteristics, adverse events.

A row is a line of text for people, at the passage of the row as received. Told in short, the
single adverse event terms of a record, of which there may be thousands, are counted and not listed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal

from trialweave.model import (
    AdverseEvents,
    Baseline,
    BaselineCell,
    Characteristic,
    Counted,
    EventCount,
    EventRow,
    FlowRow,
    Missingness,
    ParticipantFlow,
    ReportedGroup,
    Trial,
    Value,
)

__all__ = ["TABLES", "Tables", "rows"]

TABLES = ("participant_flow", "baseline", "adverse_events")
Tables = Literal["none", "in short", "whole"]
_Row = Value[str]


def rows(trial: Trial, name: str, *, whole: bool) -> Iterator[tuple[str, Value[Any]]]:
    """The rows of one table with their addresses: ``baseline[3]``.

    A table that is expressly missing is one value at the table's own address; in short, nothing is
    said of one that is not reported. In short, what is left out of adverse events is told there,
    too.
    """
    value: Value[Any] = getattr(trial, name)
    if value.missingness is Missingness.NO_FIELD:
        return
    if value.content is None:
        if whole or value.missingness is not Missingness.NOT_REPORTED:
            yield name, value
        return
    for index, row in enumerate(_TOLD[name](value.content)):
        yield f"{name}[{index}]", row
    if name != "adverse_events":
        return
    terms = value.content.rows
    first = sum(1 for _ in _events(value.content))
    if not terms:
        if terms.missingness is Missingness.UNREADABLE:
            yield name, _text(terms, "single terms: " + terms.missingness.value)
    elif whole:
        for index, row in enumerate(terms.content, start=first):
            yield f"{name}[{index}]", _event(row, value.content.groups)
    else:
        kinds = Counter(row.content.kind for row in terms.content)
        counted = ", ".join(f"{times} {kind}" for kind, times in kinds.items())
        yield name, _text(terms, f"{len(terms.content)} single terms ({counted})")


def _text(value: Value[Any], text: str) -> _Row:
    """A line about a value, at its passage."""
    return Value(text, Missingness.STATED, value.passage, value.rule)


def _said(label: str, value: _Row) -> Iterator[_Row]:
    if value:
        yield _text(value, f"{label}: {value.content}")


def _label(groups: Sequence[ReportedGroup], group: int) -> str:
    if 0 <= group < len(groups) and groups[group].label:
        return groups[group].label.content or ""
    return f"group {group + 1}"


def _number(cell: Counted) -> str:
    return "–" if isinstance(cell, Missingness) else str(cell)


def _line(*parts: str) -> str:
    return ": ".join(part for part in parts if part)


# -- participant flow ------------------------------------------------------------------------------


def _flow(flow: ParticipantFlow) -> Iterator[_Row]:
    yield from _said("recruitment", flow.recruitment)
    yield from _said("before assignment", flow.before_assignment)
    for row in flow.rows:
        if row.content is not None:
            yield _text(row, _flow_line(row.content, flow.groups))


def _flow_line(row: FlowRow, groups: Sequence[ReportedGroup]) -> str:
    counts = "; ".join(
        f"{_label(groups, cell.group)} {_number(cell.count)}"
        + (f" ({cell.note})" if cell.note else "")
        for cell in row.counts
    )
    name = f"not completed, {row.name}" if row.reason else row.name
    return _line(row.period, name, counts) + (f" [{row.note}]" if row.note else "")


# -- baseline characteristics ----------------------------------------------------------------------


def _baseline(start: Baseline) -> Iterator[_Row]:
    yield from _said("population", start.population)
    for group in start.groups:
        if group.size:
            yield _text(group.size, f"{group.label.content or 'group'}: {group.size.content}")
    for measure in start.measures:
        head = _measure(measure)
        for row in measure.rows:
            if row.content is not None:
                cells = "; ".join(
                    f"{_label(start.groups, cell.group)} {_figure(cell, measure)}"
                    for cell in row.content.cells
                )
                yield _text(row, _line(head, row.content.category, cells))


def _measure(measure: Characteristic) -> str:
    """``Age (mean, SD, years)``."""
    title = measure.title.content or ""
    about = [measure.dispersion_type, measure.unit.content or ""]
    if measure.kind != "events":
        about.insert(0, (measure.parameter.content or "").lower())
    told = ", ".join(part for part in about if part)
    return f"{title} ({told})" if told and measure.kind != "events" else title


def _figure(cell: BaselineCell, measure: Characteristic) -> str:
    told = cell.value or "–"
    if cell.spread:
        told += f" ({cell.spread})"
    if cell.lower or cell.upper:
        told += f" ({cell.lower or '–'} to {cell.upper or '–'})"
    if isinstance(cell.n, int):
        told += f" of {cell.n}" if measure.kind == "events" else f", n = {cell.n}"
    return told


# -- adverse events --------------------------------------------------------------------------------


def _events(events: AdverseEvents) -> Iterator[_Row]:
    yield from _said("time frame", events.time_frame)
    yield from _said("description", events.description)
    yield from _said("other events are told from this percentage on", events.threshold)
    for row in events.totals:
        yield _event(row, events.groups)


def _event(row: Value[EventRow], groups: Sequence[ReportedGroup]) -> _Row:
    event = row.content
    if event is None:
        return _text(row, row.missingness.value)
    counts = "; ".join(f"{_label(groups, cell.group)} {_affected(cell)}" for cell in event.counts)
    about = ", ".join(
        part
        for part in (
            event.kind if event.kind == "serious" and event.organ_system else "",
            event.organ_system,
            event.vocabulary,
            event.assessment,
        )
        if part
    )
    name = f"{event.term} ({about})" if about else event.term
    return _text(row, _line(name, counts) + (f" [{event.note}]" if event.note else ""))


def _affected(cell: EventCount) -> str:
    told = f"{_number(cell.affected)} of {_number(cell.at_risk)}"
    if isinstance(cell.events, int):
        told += f" ({cell.events} {'event' if cell.events == 1 else 'events'})"
    return told


_TOLD: dict[str, Callable[[Any], Iterable[_Row]]] = {
    "participant_flow": _flow,
    "baseline": _baseline,
    "adverse_events": _events,
}
