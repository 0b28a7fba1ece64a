"""Deaths and adverse events as a record posts them: totals of each group, and single terms."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from msgspec import UNSET, UnsetType

from trialweave.model import (
    AdverseEvents,
    EventCount,
    EventRow,
    Passage,
    ReportedArm,
    ReportedOutcome,
    Role,
    Value,
)
from trialweave.sources.ctgov import results_shape as shape
from trialweave.sources.ctgov.paths import Paths
from trialweave.sources.ctgov.results_groups import counted, name_of, positions, reported, said
from trialweave.sources.ctgov.shape import Text
from trialweave.sources.ctgov.values import (
    RESULTS,
    STATED,
    absent,
    count,
    markup,
    printed,
    text,
    unreadable,
)

__all__ = ["adverse_events", "totals"]

_Kind = Literal["death", "serious", "other"]
_TOTALS: tuple[tuple[str, str, str, _Kind], ...] = (
    ("All-cause mortality", "mortality", "deaths", "death"),
    ("Serious adverse events", "adverse event", "serious", "serious"),
    ("Other (not including serious) adverse events", "adverse event", "other", "other"),
)
_NO_LETTER = re.compile(r"[^a-z]+")
_Groups = Sequence[tuple[int, shape.EventGroup]]


def totals(events: shape.Events, roles: dict[str, Role], paths: Paths) -> list[ReportedOutcome]:
    """Deaths, serious and other adverse events: how many participants of each group had any."""
    one, many = paths.one, paths.many
    size = len(events.event_groups or ())
    threshold = events.frequency_threshold
    found = []
    for title, type_, name, _ in _TOTALS:
        affected, risk = f"{name}_num_affected", f"{name}_num_at_risk"
        stated = _stated(events, name)
        if not stated:
            continue
        at, at_risk = many[name].first(size), many[f"{name}_at_risk"].first(size)
        found.append(
            ReportedOutcome(
                title=Value(title, STATED, one["event_groups"], RESULTS),
                description=markup(events.description, one["event_description"]),
                time_frame=text(events.time_frame, one["event_time_frame"]),
                type=Value(type_, STATED, one["event_groups"], RESULTS),
                parameter=Value("Count of Participants", STATED, one["event_groups"], RESULTS),
                arms=tuple(
                    ReportedArm(
                        label=group.title or "",
                        role=roles.get(name_of(group.title), "unknown"),
                        n=count(getattr(group, risk), at_risk[i]),
                        events=count(getattr(group, affected), at[i]),
                    )
                    for i, group in stated
                ),
                note=f"frequency threshold {threshold}%"
                if name == "other" and threshold is not None
                else "",
            )
        )
    return found


def _stated(events: shape.Events, name: str) -> _Groups:
    """The groups that have a total of one kind."""
    return [
        (i, group)
        for i, group in enumerate(events.event_groups or ())
        if getattr(group, f"{name}_num_affected") is not None
        or getattr(group, f"{name}_num_at_risk") is not None
    ]


def adverse_events(events: shape.Events, roles: dict[str, Role], paths: Paths) -> AdverseEvents:
    """The whole table: groups, totals, then serious and other terms in the record's order."""
    one = paths.one
    groups = events.event_groups or ()
    return AdverseEvents(
        time_frame=text(events.time_frame, one["event_time_frame"]),
        description=markup(events.description, one["event_description"]),
        threshold=printed(events.frequency_threshold, one["event_threshold"]),
        groups=reported(groups, roles, paths, "event_title", "event_group_description"),
        totals=tuple(_totals(events, one["event_groups"])),
        rows=_terms(events, groups, paths),
    )


def _totals(events: shape.Events, passage: Passage) -> list[Value[EventRow]]:
    rows = []
    for title, _, name, kind in _TOTALS:
        counts = [
            EventCount(
                i,
                counted(getattr(group, f"{name}_num_affected")),
                counted(getattr(group, f"{name}_num_at_risk")),
            )
            for i, group in _stated(events, name)
        ]
        if counts:
            row = EventRow(kind, title, counts=tuple(counts))
            rows.append(Value(row, STATED, passage, RESULTS))
    return rows


def _terms(
    events: shape.Events, groups: Sequence[shape.EventGroup], paths: Paths
) -> Value[tuple[Value[EventRow], ...]]:
    serious, other = events.serious_events, events.other_events
    if serious is UNSET or other is UNSET:
        return unreadable(paths.one["events"], RESULTS)
    rows = (*_rows(serious, "serious", groups, paths), *_rows(other, "other", groups, paths))
    return Value(rows, STATED, paths.one["events"], RESULTS) if rows else absent(RESULTS)


def _rows(
    events: tuple[shape.Event, ...] | UnsetType | None,
    kind: Literal["serious", "other"],
    groups: Sequence[shape.EventGroup],
    paths: Paths,
) -> list[Value[EventRow]]:
    if not events:
        return []
    group = positions(groups)
    passages = paths.many[f"{kind}_event"].first(len(events))
    return [
        Value(
            EventRow(
                kind,
                said(event.term),
                said(event.organ_system),
                said(event.source_vocabulary),
                _assessment(event.assessment_type),
                tuple(
                    [
                        EventCount(
                            group[cell.group_id],
                            counted(cell.num_affected),
                            counted(cell.num_at_risk),
                            counted(cell.num_events),
                        )
                        for cell in event.stats or ()
                        if cell.group_id and cell.group_id in group
                    ]
                ),
                said(event.notes),
            ),
            STATED,
            passages[i],
            RESULTS,
        )
        for i, event in enumerate(events)
    ]


def _assessment(content: Text) -> Literal["", "systematic", "non-systematic"]:
    word = _NO_LETTER.sub("", content[:60].casefold()) if content else ""
    if word == "nonsystematicassessment":
        return "non-systematic"
    return "systematic" if word == "systematicassessment" else ""
