"""Posted outcome measures: figures by group, class and category, and statistical analyses.

Nothing is computed: events come only from figures that the table calls a count of participants,
never from percentages.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from trialweave.model import (
    Missingness,
    Passage,
    ReportedAnalysis,
    ReportedArm,
    ReportedOutcome,
    Role,
    Value,
)
from trialweave.sources.ctgov import results_shape as shape
from trialweave.sources.ctgov import words
from trialweave.sources.ctgov.paths import Paths
from trialweave.sources.ctgov.results_groups import name_of
from trialweave.sources.ctgov.shape import Number, Text
from trialweave.sources.ctgov.values import (
    COUNT,
    absent,
    count,
    markup,
    number,
    printed,
    text,
    word,
)

__all__ = ["Field", "Sizes", "denominators", "dispersion_of", "field_of", "measured", "short"]

_PEOPLE = re.compile(r"(?:number of )?(?:participants?|subjects?|patients?)", re.IGNORECASE)
_PERCENT = re.compile(
    r"(?:percent(?:age)?|%) of (?:\w+ )?(?:participants?|subjects?|patients?)", re.IGNORECASE
)
_SHARE = re.compile(r"%|\bper\s?cent(?:age)?s?\b|\bproportions?\b", re.IGNORECASE)
_NUMBER = re.compile(r"\b(?:numbers?|counts?)\b", re.IGNORECASE)
Field = Literal["events", "percent", "mean", "median", "number"]
_FIELDS: dict[str, Field] = {"Mean": "mean", "Median": "median"}
_MEASURE = ("title", "type", "description", "time_frame", "population", "parameter", "unit")
Sizes = dict[str, Value[int]]


def measured(
    o: int, measure: shape.Measure, roles: dict[str, Role], paths: Paths
) -> ReportedOutcome:
    """A posted outcome measure, the one at position `o`."""
    many = paths.many
    at = {name: many[f"measure_{name}"].first(o + 1)[o] for name in _MEASURE}
    return ReportedOutcome(
        title=text(measure.title, at["title"]),
        description=markup(measure.description, at["description"]),
        time_frame=text(measure.time_frame, at["time_frame"]),
        type=word(measure.type, at["type"], words.word),
        population=markup(measure.population_description, at["population"]),
        unit=text(measure.unit_of_measure, at["unit"]),
        parameter=word(measure.param_type, at["parameter"], words.parameter),
        arms=_cells(o, measure, roles, paths.deep),
        analyses=_analyses(o, measure, paths),
    )


def denominators(
    denoms: tuple[shape.Denominator, ...] | None,
    selected: Text,
    path: str,
    position: tuple[int, ...],
    *,
    participants: bool = True,
) -> Sizes:
    """How many participants each group's figures are about; else how many of another unit.

    Figures about other units (lesions, eyes) have no number of participants as denominator.
    """
    found: Sizes = {}
    other = bool(selected) and name_of(selected) != "participants"
    for d, denominator in enumerate(denoms or ()):
        if (name_of(denominator.units) == "participants") is not participants:
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
    o: int,
    measure: shape.Measure,
    roles: dict[str, Role],
    deep: dict[str, str],
) -> tuple[ReportedArm, ...]:
    titles = {group.id: group.title or "" for group in measure.groups or () if group.id}
    selected = measure.denom_units_selected
    overall = denominators(measure.denoms, selected, deep["measure_denominator"], (o,))
    parameter = words.parameter(measure.param_type) if short(measure.param_type) else ""
    spread = dispersion_of(measure)
    field = field_of(parameter, measure.unit_of_measure, measure.title)
    cells = []
    for k, class_ in enumerate(measure.classes or ()):
        own = denominators(class_.denoms, selected, deep["measure_class_denominator"], (o, k))
        for c, category in enumerate(class_.categories or ()):
            name = ": ".join(title for title in (class_.title, category.title) if title)
            for m, cell in enumerate(category.measurements or ()):
                group = cell.group_id or ""
                title = titles.get(group, "") or group
                n = (own or overall).get(group, absent(COUNT))
                at = (o, k, c, m)
                figure = _figure(field, cell.value, Passage(path=deep["measure_value"] % at))
                cells.append(
                    ReportedArm(
                        label=title,
                        role=roles.get(name_of(title), "unknown"),
                        category=name,
                        n=n,
                        events=figure.events,
                        percent=figure.percent,
                        mean=figure.mean,
                        median=figure.median,
                        number=figure.number,
                        dispersion=_optional(cell.spread, deep["measure_spread"], at),
                        dispersion_type=spread,
                        lower=_optional(cell.lower_limit, deep["measure_lower"], at),
                        upper=_optional(cell.upper_limit, deep["measure_upper"], at),
                    )
                )
    if not cells:
        for group_id, n in overall.items():
            title = titles.get(group_id, "") or group_id
            role = roles.get(name_of(title), "unknown")
            cells.append(ReportedArm(label=title, role=role, n=n))
    return tuple(cells)


def short(content: Text) -> bool:
    """Whether a text can be a word of an enumeration."""
    return bool(content) and len(content) <= 120  # type: ignore[arg-type]


def dispersion_of(measure: shape.Table) -> str:
    """What the spread of a table's figures is."""
    return words.dispersion(measure.dispersion_type) if short(measure.dispersion_type) else ""


def field_of(parameter: str, unit: Text, title: Text = None) -> Field:
    """Which field of a cell a figure belongs into.

    A number of "participants" under the title "Percentage of participants" may be either, and is
    neither taken for a count nor for a percentage.
    """
    if parameter == "Count of Participants":
        return "events"
    if parameter == "Number" and short(unit):
        assert isinstance(unit, str)
        if _PEOPLE.fullmatch(unit.strip()):
            told = title[:1000] if isinstance(title, str) else ""
            return "number" if _SHARE.search(told) and not _NUMBER.search(told) else "events"
        if _PERCENT.fullmatch(unit.strip()):
            return "percent"
    return _FIELDS.get(parameter, "number")


class _Figure(NamedTuple):
    """A cell's figure, in the one field it belongs into."""

    events: Value[int] = Value()
    percent: Value[str] = Value()
    mean: Value[float] = Value()
    median: Value[float] = Value()
    number: Value[float] = Value()


def _figure(field: Field, content: Number, passage: Passage) -> _Figure:
    if field == "events":
        return _Figure(events=count(content, passage))
    if field == "percent":
        return _Figure(percent=printed(content, passage))
    value = number(content, passage)
    if field == "mean":
        return _Figure(mean=value)
    return _Figure(median=value) if field == "median" else _Figure(number=value)


def _optional(content: Number, path: str, at: tuple[int, ...]) -> Value[float]:
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
