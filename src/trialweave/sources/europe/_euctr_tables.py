"""Posted results in the EU register's JSON: baseline characteristics and adverse events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from trialweave.model import (
    AdverseEvents,
    Baseline,
    BaselineCell,
    BaselineRow,
    Characteristic,
    EventCount,
    EventRow,
    Missingness,
    ReportedArm,
    ReportedGroup,
    ReportedOutcome,
    Role,
    Value,
)
from trialweave.sources.ctgov.results_tables import field_of
from trialweave.sources.europe import _euctr_codes as codes
from trialweave.sources.europe._euctr_results import Groups
from trialweave.sources.europe._euctr_values import (
    POSTED,
    STATED,
    V,
    counted,
    identity,
    read,
    where,
)
from trialweave.sources.europe._tree import Branch, JsonBranch, one

__all__ = ["adverse_events", "baseline_of", "totals"]

_CHARACTERISTICS = (
    ("ageCategoricalCharacteristic",),
    ("ageContinuousCharacteristic",),
    ("genderCategoricalCharacteristic",),
    ("studyCategoricalCharacteristics", "studyCategoricalCharacteristic"),
    ("studyContinuousCharacteristics", "studyContinuousCharacteristic"),
)
_TOTALS: tuple[tuple[str, str, str, Literal["death", "serious", "other"]], ...] = (
    ("All-cause mortality", "mortality", "deathsAllCauses", "death"),
    (
        "Serious adverse events",
        "adverse event",
        "subjectsAffectedBySeriousAdverseEvents",
        "serious",
    ),
    (
        "Other (not including serious) adverse events",
        "adverse event",
        "subjectsAffectedByNonSeriousAdverseEvents",
        "other",
    ),
)
_Order = dict[str, int]


# -- baseline characteristics ----------------------------------------------------------------------


def baseline_of(record: JsonBranch, groups: Groups) -> Value[Baseline]:
    """Groups with their sizes, then the characteristics of which figures are stated."""
    found = record.branches("baselineCharacteristics")
    if not found:
        return V.absent(POSTED)
    whole = found[0]
    reporting = whole.branches("baselineReportingGroups", "baselineReportingGroup")
    order = {identity(group): position for position, group in enumerate(reporting)}
    listed = [_group(group, groups) for group in reporting]
    measures = []
    total = False
    for names in _CHARACTERISTICS:
        for branch in whole.branches(*names):
            cells, has_total = _rows(branch, order, listed)
            total = total or has_total
            if cells:
                measures.append(_characteristic(branch, cells))
    if total:
        totals = whole.branches("genderCategoricalCharacteristic", "totalBaselineGroup") or found
        label = Value("Total", STATED, where(totals[0]), V.rule(POSTED))
        listed.append(ReportedGroup(label, role="total"))
    if not (measures or listed):
        return V.absent(POSTED)
    start = Baseline(groups=tuple(listed), measures=tuple(measures))
    return Value(start, STATED, where(whole), V.rule(POSTED))


def _group(group: Branch, groups: Groups) -> ReportedGroup:
    """A group is called what its arm is called, else what it is described as."""
    arm = groups.get(read(one(group, "armId")))
    label = V.text(one(group, "title") or (one(arm.branch, "title") if arm else None))
    return ReportedGroup(
        label if label else V.text(one(group, "description")),
        V.text(one(group, "description")),
        arm.role if arm is not None else "unknown",
        V.count(one(group, "subjects")),
    )


def _parameter(branch: Branch) -> Value[str]:
    if (piece := one(branch, "centralTendencyType")) is not None:
        return V.word(piece, codes.parameter)
    unit = one(branch, "unit")
    if unit is not None and field_of("Number", unit.read()) == "events":
        return V.derived("Count of Participants", unit, "word")
    return V.absent("word")


def _characteristic(branch: Branch, rows: list[Value[BaselineRow]]) -> Characteristic:
    parameter = _parameter(branch)
    unit = V.text(one(branch, "unit"))
    return Characteristic(
        title=V.text(one(branch, "title")),
        description=V.text(one(branch, "description")),
        unit=unit,
        parameter=parameter,
        dispersion_type=codes.dispersion(read(one(branch, "dispersionType")), ""),
        kind=field_of(parameter.content or "", unit.content or ""),
        rows=tuple(rows),
    )


def _rows(
    branch: Branch, order: _Order, groups: list[ReportedGroup]
) -> tuple[list[Value[BaselineRow]], bool]:
    """The rows of one characteristic, and whether it has figures of all groups together."""
    categories = {
        identity(category): read(one(category, "name"))
        for category in branch.branches("categories", "category")
    }
    ranged = codes.word_of(read(one(branch, "dispersionType"))) in codes.RANGES
    found: dict[str, list[BaselineCell]] = {key: [] for key in categories}
    total = False
    told = [
        (order.get(read(one(group, "baselineReportingGroupId")), -1), group)
        for group in branch.branches("reportingGroups", "reportingGroup")
    ]
    for position, group in told:
        if position < 0:
            continue
        size = groups[position].size
        n = size.content if size.content is not None else size.missingness
        for cell in group.branches("countableValues", "countableValue"):
            key, value = read(one(cell, "categoryId")), read(one(cell, "value"))
            if value:
                found.setdefault(key, []).append(BaselineCell(position, value, n=n))
        if value := read(one(group, "tendencyValue", "value")):
            low = read(one(group, "dispersionValue", "value"))
            high = read(one(group, "dispersionValue", "highRangeValue"))
            spread = ("", low, high) if ranged else (low, "", "")
            found.setdefault("", []).append(BaselineCell(position, value, *spread, n))
    for cell in branch.branches("totalBaselineGroup", "countableValues", "countableValue"):
        key, value = read(one(cell, "categoryId")), read(one(cell, "value"))
        if value:
            total = True
            found.setdefault(key, []).append(
                BaselineCell(len(groups), value, n=Missingness.NOT_REPORTED)
            )
    at, rule = where(branch), V.rule(POSTED)
    rows = [
        Value(BaselineRow(categories.get(key, ""), tuple(cells)), STATED, at, rule)
        for key, cells in found.items()
        if cells
    ]
    return rows, total


# -- adverse events --------------------------------------------------------------------------------


def _reporting(record: JsonBranch) -> list[Branch]:
    return record.branches("adverseEvents", "reportingGroups", "reportingGroup")


def _role(group: Branch, groups: Groups) -> Role:
    """The role of the one arm of that name."""
    title = read(one(group, "title")).casefold()
    named = [arm for arm in groups.values() if title and arm.title.casefold() == title]
    return named[0].role if len({arm.role for arm in named}) == 1 else "unknown"


def totals(record: JsonBranch, groups: Groups) -> list[ReportedOutcome]:
    """Deaths, serious and other adverse events: how many subjects of each group had any."""
    reporting = _reporting(record)
    if not reporting:
        return []
    (whole,) = record.branches("adverseEvents")[:1]
    at, rule = where(whole, "reportingGroups"), V.rule(POSTED)
    threshold = read(one(whole, "nonSeriousEventFrequencyThreshold"))
    found = []
    for title, type_, name, kind in _TOTALS:
        arms = tuple(
            ReportedArm(
                label=read(one(group, "title")),
                role=_role(group, groups),
                n=V.count(one(group, "subjectsExposed")),
                events=V.count(one(group, name)),
            )
            for group in reporting
            if one(group, name) is not None
        )
        if arms:
            found.append(
                ReportedOutcome(
                    title=Value(title, STATED, at, rule),
                    description=V.text(one(whole, "description")),
                    time_frame=V.text(one(whole, "timeFrame")),
                    type=Value(type_, STATED, at, rule),
                    parameter=Value("Count of Participants", STATED, at, rule),
                    arms=arms,
                    note=f"frequency threshold {threshold}%"
                    if kind == "other" and threshold
                    else "",
                )
            )
    return found


def adverse_events(record: JsonBranch, groups: Groups) -> Value[AdverseEvents]:
    """Groups, totals, then serious and other terms in the record's order."""
    found = record.branches("adverseEvents")
    reporting = _reporting(record)
    if not found or not reporting:
        return V.absent(POSTED)
    whole = found[0]
    order = {identity(group): position for position, group in enumerate(reporting)}
    rows = (*_terms(whole, "serious", order), *_terms(whole, "other", order))
    rule = V.rule(POSTED)
    events = AdverseEvents(
        time_frame=V.text(one(whole, "timeFrame")),
        description=V.text(one(whole, "description")),
        threshold=V.text(one(whole, "nonSeriousEventFrequencyThreshold")),
        groups=tuple(
            ReportedGroup(
                V.text(one(group, "title")),
                V.text(one(group, "description")),
                _role(group, groups),
                V.count(one(group, "subjectsExposed")),
            )
            for group in reporting
        ),
        totals=tuple(
            Value(
                EventRow(
                    kind,
                    title,
                    counts=tuple(
                        EventCount(i, counted(piece), counted(one(group, "subjectsExposed")))
                        for i, group in enumerate(reporting)
                        if (piece := one(group, name)) is not None
                    ),
                ),
                STATED,
                where(whole, "reportingGroups"),
                rule,
            )
            for title, _, name, kind in _TOTALS
            if any(one(group, name) is not None for group in reporting)
        ),
        rows=Value(rows, STATED, where(whole), rule) if rows else V.absent(POSTED),
    )
    return Value(events, STATED, where(whole), rule)


def _terms(
    whole: Branch, kind: Literal["serious", "other"], order: _Order
) -> Iterator[Value[EventRow]]:
    name = "seriousAdverseEvent" if kind == "serious" else "nonSeriousAdverseEvent"
    shared = _vocabulary(whole)
    for event in whole.branches(f"{name}s", name):
        own = _vocabulary(event)
        assessment = codes.word_of(read(one(event, "assessmentMethod")))
        counts = [
            EventCount(
                order[key],
                counted(one(cell, "subjectsAffected")),
                counted(one(cell, "subjectsExposed")),
                counted(one(cell, "occurrences")),
            )
            for cell in event.branches("values", "value")
            if (key := read(one(cell, "reportingGroupId"))) in order
        ]
        row = EventRow(
            kind,
            read(one(event, "term")),
            codes.organ_system(read(one(event, "organSystem", "eutctId"))),
            own or shared,
            _ASSESSMENTS.get(assessment, ""),
            tuple(counts),
            read(one(event, "description")),
        )
        yield Value(row, STATED, where(event), V.rule(POSTED))


_ASSESSMENTS: dict[str, Literal["systematic", "non-systematic"]] = {
    "systematic": "systematic",
    "nonsystematic": "non-systematic",
}


def _vocabulary(branch: Branch) -> str:
    """``MedDRA 25.1``."""
    name = read(one(branch, "dictionary", "name"))
    other = read(one(branch, "dictionary", "otherName"))
    known = other if codes.word_of(name) == "other" and other else codes.dictionary(name)
    return f"{known} {read(one(branch, 'dictionary', 'version'))}".strip()
