"""Posted results of a ClinicalTrials.gov record: participant flow, outcome measures, events.

A group of a table is not an arm: groups have titles of their own. Where a title is the label of
exactly one registered arm, the group's role follows from that arm's registered type; else the
role is unknown. Nothing is computed: events come only from figures that the table calls a count
of participants, never from percentages.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from trialweave.model import (
    Missingness,
    Passage,
    ReportedAnalysis,
    ReportedArm,
    ReportedOutcome,
    Role,
    Value,
)
from trialweave.sources import ctgov_study as shape
from trialweave.sources import ctgov_words as words
from trialweave.sources.ctgov_paths import Paths
from trialweave.sources.ctgov_values import (
    COUNT,
    RESULTS,
    STATED,
    absent,
    count,
    markup,
    number,
    printed,
    text,
    word,
)

__all__ = ["arm_sizes", "outcomes"]

_PEOPLE = re.compile(r"(?:number of )?(?:participants?|subjects?|patients?)", re.IGNORECASE)
_PERCENT = re.compile(
    r"(?:percent(?:age)?|%) of (?:\w+ )?(?:participants?|subjects?|patients?)", re.IGNORECASE
)
_EVENTS = (
    ("All-cause mortality", "mortality", "deaths"),
    ("Serious adverse events", "adverse event", "serious"),
    ("Other (not including serious) adverse events", "adverse event", "other"),
)


def _name(title: shape.Text) -> str:
    return " ".join(title.split()).casefold() if title else ""


def _unique(titles: Iterable[shape.Text]) -> set[str]:
    """Names that stand for one thing only."""
    return {name for name, times in Counter(map(_name, titles)).items() if name and times == 1}


def _roles(arms: tuple[shape.ArmGroup, ...]) -> dict[str, Role]:
    """What a group is whose title is the label of exactly one arm."""
    single = _unique(arm.label for arm in arms)
    roles: dict[str, Role] = {}
    for arm in arms:
        name = _name(arm.label)
        if name not in single or not arm.type or len(arm.type) > 40:
            continue
        type_ = words.word(arm.type)
        if type_ in words.TREATMENT:
            roles[name] = "treatment"
        elif type_ in words.CONTROL:
            roles[name] = "control"
    return roles


def arm_sizes(
    study: shape.Study, arms: tuple[shape.ArmGroup, ...], paths: Paths
) -> dict[int, Value[int]]:
    """How many started in each arm, by the arm's position, where the flow says so beyond doubt.

    Beyond doubt: the flow has one group, and the register one arm, of that name; the first period
    counts those who started once; and nobody joins in a later period.
    """
    flow = study.results_section.participant_flow_module if study.results_section else None
    if flow is None or not flow.groups or not flow.periods or not arms:
        return {}
    started: list[dict[str, tuple[int, Value[int]]]] = []
    for p, period in enumerate(flow.periods):
        counts: dict[str, tuple[int, Value[int]]] = {}
        milestones = [
            (m, milestone)
            for m, milestone in enumerate(period.milestones or ())
            if milestone.type and milestone.type.strip().casefold() == "started"
        ]
        if len(milestones) == 1:
            m, milestone = milestones[0]
            for a, achieved in enumerate(milestone.achievements or ()):
                if achieved.group_id:
                    path = paths.deep["started"] % (p, m, a)
                    value = count(achieved.num_subjects, Passage(path=path))
                    if value.content is not None:
                        counts[achieved.group_id] = (value.content, value)
        started.append(counts)
    groups = _unique(group.title for group in flow.groups)
    single = _unique(arm.label for arm in arms)
    ids = {_name(group.title): group.id for group in flow.groups if group.id}
    sizes = {}
    for position, arm in enumerate(arms):
        name = _name(arm.label)
        group_id = ids.get(name)
        if name not in groups or name not in single or not group_id:
            continue
        first = started[0].get(group_id)
        if first is None or any(
            group_id in later and later[group_id][0] > first[0] for later in started[1:]
        ):
            continue
        sizes[position] = first[1]
    return sizes


def outcomes(
    results: shape.Results, arms: tuple[shape.ArmGroup, ...], paths: Paths
) -> tuple[ReportedOutcome, ...]:
    """Posted outcome measures in the record's order, then deaths and adverse events."""
    roles = _roles(arms)
    measures = results.outcome_measures_module
    found = [
        _measure(o, measure, roles, paths)
        for o, measure in enumerate((measures.outcome_measures if measures else None) or ())
    ]
    if results.adverse_events_module is not None:
        found += _events(results.adverse_events_module, roles, paths)
    return tuple(found)


def _measure(
    o: int, measure: shape.Measure, roles: dict[str, Role], paths: Paths
) -> ReportedOutcome:
    many = paths.many
    at = {
        name: many[f"measure_{name}"].first(o + 1)[o]
        for name in (
            *("title", "type", "description", "time_frame"),
            *("population", "parameter", "unit"),
        )
    }
    return ReportedOutcome(
        title=text(measure.title, at["title"]),
        description=markup(measure.description, at["description"]),
        time_frame=text(measure.time_frame, at["time_frame"]),
        type=word(measure.type, at["type"], words.word),
        population=markup(measure.population_description, at["population"]),
        unit=text(measure.unit_of_measure, at["unit"]),
        parameter=word(measure.param_type, at["parameter"], words.parameter),
        arms=_cells(o, measure, roles, paths),
        analyses=_analyses(o, measure, paths),
    )


_Denominators = dict[str, Value[int]]


def _denominators(
    denoms: tuple[shape.Denominator, ...] | None,
    selected: shape.Text,
    path: str,
    position: tuple[int, ...],
) -> _Denominators:
    """How many participants each group's figures are about.

    Figures about other units (lesions, eyes) have no number of participants as denominator.
    """
    found: _Denominators = {}
    other = bool(selected) and _name(selected) != "participants"
    for d, denominator in enumerate(denoms or ()):
        if _name(denominator.units) != "participants":
            continue
        for c, counted in enumerate(denominator.counts or ()):
            if counted.group_id:
                passage = Passage(path=path % (*position, d, c))
                value = count(counted.value, passage)
                if other:
                    value = Value(None, Missingness.NOT_APPLICABLE, passage, COUNT, value.raw)
                found.setdefault(counted.group_id, value)
    return found


def _cells(
    o: int, measure: shape.Measure, roles: dict[str, Role], paths: Paths
) -> tuple[ReportedArm, ...]:
    deep = paths.deep
    titles = {group.id: group.title or "" for group in measure.groups or () if group.id}
    selected = measure.denom_units_selected
    overall = _denominators(measure.denoms, selected, deep["denominator"], (o,))
    parameter = words.parameter(measure.param_type) if _short(measure.param_type) else ""
    spread = words.dispersion(measure.dispersion_type) if _short(measure.dispersion_type) else ""
    field = _field(parameter, measure.unit_of_measure)
    cells = []
    for k, class_ in enumerate(measure.classes or ()):
        own = _denominators(class_.denoms, selected, deep["class_denominator"], (o, k))
        for c, category in enumerate(class_.categories or ()):
            name = ": ".join(title for title in (class_.title, category.title) if title)
            for m, cell in enumerate(category.measurements or ()):
                group = cell.group_id or ""
                title = titles.get(group, "") or group
                n = (own or overall).get(group, absent(COUNT))
                at = (o, k, c, m)
                figure = _figure(field, cell.value, Passage(path=deep["measurement"] % at))
                cells.append(
                    ReportedArm(
                        label=title,
                        role=roles.get(_name(title), "unknown"),
                        category=name,
                        n=n,
                        events=figure.events,
                        percent=figure.percent,
                        mean=figure.mean,
                        median=figure.median,
                        number=figure.number,
                        dispersion=_optional(cell.spread, deep["measurement_spread"], at),
                        dispersion_type=spread,
                        lower=_optional(cell.lower_limit, deep["measurement_lower"], at),
                        upper=_optional(cell.upper_limit, deep["measurement_upper"], at),
                    )
                )
    if not cells:
        for group_id, n in overall.items():
            title = titles.get(group_id, "") or group_id
            cells.append(ReportedArm(label=title, role=roles.get(_name(title), "unknown"), n=n))
    return tuple(cells)


def _short(content: shape.Text) -> bool:
    return bool(content) and len(content) <= 120  # type: ignore[arg-type]


def _field(parameter: str, unit: shape.Text) -> str:
    """Which field of a cell a figure belongs into."""
    if parameter == "Count of Participants":
        return "events"
    if parameter == "Number" and _short(unit):
        assert isinstance(unit, str)
        if _PEOPLE.fullmatch(unit.strip()):
            return "events"
        if _PERCENT.fullmatch(unit.strip()):
            return "percent"
    return {"Mean": "mean", "Median": "median"}.get(parameter, "number")


class _Figure(NamedTuple):
    """A cell's figure, in the one field it belongs into."""

    events: Value[int] = Value()
    percent: Value[str] = Value()
    mean: Value[float] = Value()
    median: Value[float] = Value()
    number: Value[float] = Value()


def _figure(field: str, content: shape.Number, passage: Passage) -> _Figure:
    if field == "events":
        return _Figure(events=count(content, passage))
    if field == "percent":
        return _Figure(percent=printed(content, passage))
    value = number(content, passage)
    if field == "mean":
        return _Figure(mean=value)
    return _Figure(median=value) if field == "median" else _Figure(number=value)


def _optional(content: shape.Number, path: str, at: tuple[int, ...]) -> Value[float]:
    return Value() if content is None else number(content, Passage(path=path % at))


def _analyses(o: int, measure: shape.Measure, paths: Paths) -> tuple[ReportedAnalysis, ...]:
    titles = {group.id: group.title or "" for group in measure.groups or () if group.id}
    deep = paths.deep

    def at(name: str, a: int) -> Passage:
        return Passage(path=deep[f"analysis_{name}"] % (o, a))

    return tuple(
        ReportedAnalysis(
            groups=tuple(titles.get(group, "") or group for group in analysis.group_ids or ()),
            method=text(analysis.statistical_method, at("method", a)),
            p_value=printed(analysis.p_value, at("p", a)),
            parameter=text(analysis.param_type, at("parameter", a)),
            estimate=printed(analysis.param_value, at("estimate", a)),
            lower=printed(analysis.ci_lower_limit, at("lower", a)),
            upper=printed(analysis.ci_upper_limit, at("upper", a)),
            level=printed(analysis.ci_pct_value, at("level", a)),
        )
        for a, analysis in enumerate(measure.analyses or ())
    )


def _events(events: shape.Events, roles: dict[str, Role], paths: Paths) -> list[ReportedOutcome]:
    """Deaths, serious and other adverse events: how many participants of each group had any."""
    groups = events.event_groups or ()
    one, many = paths.one, paths.many
    size = len(groups)
    found = []
    for title, type_, name in _EVENTS:
        affected, risk = f"{name}_num_affected", f"{name}_num_at_risk"
        counted = [
            (i, group)
            for i, group in enumerate(groups)
            if getattr(group, affected) is not None or getattr(group, risk) is not None
        ]
        if not counted:
            continue
        at, at_risk = many[name].first(size), many[f"{name}_at_risk"].first(size)
        threshold = events.frequency_threshold
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
                        role=roles.get(_name(group.title), "unknown"),
                        n=count(getattr(group, risk), at_risk[i]),
                        events=count(getattr(group, affected), at[i]),
                    )
                    for i, group in counted
                ),
                note=f"frequency threshold {threshold}%"
                if name == "other" and threshold is not None
                else "",
            )
        )
    return found
