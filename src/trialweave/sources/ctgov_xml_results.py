"""Posted results in ClinicalTrials.gov's legacy XML, in the shape of version 2."""

from __future__ import annotations

from collections.abc import Iterator

from trialweave.sources import ctgov_study as shape
from trialweave.sources.ctgov_xml_spans import Spans
from trialweave.sources.literature._xml import Node

__all__ = ["results_of"]

# Rows that count the participants with any event, as the XML calls them
_TOTALS = {
    "total, all-cause mortality": "deaths",
    "total, serious adverse events": "serious",
    "total, other adverse events": "other",
}


def results_of(node: Node, spans: Spans, to: str) -> shape.Results:
    """The posted results of one record."""
    flow = node.child("participant_flow")
    events = node.child("reported_events")
    return shape.Results(
        _flow(flow, spans, f"{to}.participantFlowModule") if flow is not None else None,
        shape.Measures(
            tuple(
                _measure(child, spans, at)
                for child, at in spans.items(
                    node,
                    "outcome_list",
                    "outcome",
                    to=f"{to}.outcomeMeasuresModule.outcomeMeasures",
                )
            )
        ),
        _events(events, spans, f"{to}.adverseEventsModule") if events is not None else None,
    )


def _groups(node: Node, spans: Spans, to: str) -> tuple[shape.Group, ...]:
    return tuple(
        shape.Group(child.attrib.get("group_id"), spans.text(child, "title", to=f"{at}.title"))
        for child, at in spans.items(node, "group_list", "group", to=f"{to}.groups")
    )


def _flow(node: Node, spans: Spans, to: str) -> shape.Flow:
    periods = []
    for period, at in spans.items(node, "period_list", "period", to=f"{to}.periods"):
        milestones = []
        for milestone, here in spans.items(
            period, "milestone_list", "milestone", to=f"{at}.milestones"
        ):
            achieved = tuple(
                shape.Achievement(
                    child.attrib.get("group_id"),
                    spans.attribute(child, "count", f"{place}.numSubjects"),
                )
                for child, place in spans.items(
                    milestone, "participants_list", "participants", to=f"{here}.achievements"
                )
            )
            title = spans.text(milestone, "title", to=f"{here}.type")
            milestones.append(shape.Milestone(title, achieved))
        periods.append(shape.Period(tuple(milestones)))
    return shape.Flow(_groups(node, spans, to), tuple(periods))


def _denominators(node: Node, spans: Spans, to: str) -> tuple[shape.Denominator, ...]:
    return tuple(
        shape.Denominator(
            spans.text(child, "units", to=f"{at}.units"),
            tuple(
                shape.Count(
                    counted.attrib.get("group_id"),
                    spans.attribute(counted, "value", f"{here}.value"),
                )
                for counted, here in spans.items(child, "count_list", "count", to=f"{at}.counts")
            ),
        )
        for child, at in spans.items(node, "analyzed_list", "analyzed", to=f"{to}.denoms")
    )


def _measure(node: Node, spans: Spans, to: str) -> shape.Measure:
    table = node.child("measure")
    analyses = tuple(
        _analysis(child, spans, at)
        for child, at in spans.items(node, "analysis_list", "analysis", to=f"{to}.analyses")
    )
    return shape.Measure(
        type=spans.text(node, "type", to=f"{to}.type"),
        title=spans.text(node, "title", to=f"{to}.title"),
        description=spans.text(node, "description", to=f"{to}.description"),
        population_description=spans.text(node, "population", to=f"{to}.populationDescription"),
        time_frame=spans.text(node, "time_frame", to=f"{to}.timeFrame"),
        groups=_groups(node, spans, to),
        analyses=analyses,
        param_type=spans.text(table, "param", to=f"{to}.paramType") if table else None,
        dispersion_type=spans.text(table, "dispersion", to=f"{to}.dispersionType")
        if table
        else None,
        unit_of_measure=spans.text(table, "units", to=f"{to}.unitOfMeasure") if table else None,
        denom_units_selected=spans.text(table, "units_analyzed", to=f"{to}.denomUnitsSelected")
        if table
        else None,
        denoms=_denominators(table, spans, to) if table else None,
        classes=tuple(_classes(table, spans, to)) if table else None,
    )


def _classes(table: Node, spans: Spans, to: str) -> Iterator[shape.MeasureClass]:
    for child, at in spans.items(table, "class_list", "class", to=f"{to}.classes"):
        categories = []
        for category, here in spans.items(
            child, "category_list", "category", to=f"{at}.categories"
        ):
            cells = tuple(
                shape.Measurement(
                    cell.attrib.get("group_id"),
                    *(
                        spans.attribute(cell, name, f"{place}.{field}")
                        for name, field in (
                            ("value", "value"),
                            ("spread", "spread"),
                            ("lower_limit", "lowerLimit"),
                            ("upper_limit", "upperLimit"),
                        )
                    ),
                )
                for cell, place in spans.items(
                    category, "measurement_list", "measurement", to=f"{here}.measurements"
                )
            )
            categories.append(
                shape.Category(spans.text(category, "title", to=f"{here}.title"), cells)
            )
        yield shape.MeasureClass(
            spans.text(child, "title", to=f"{at}.title"),
            _denominators(child, spans, at),
            tuple(categories),
        )


def _analysis(node: Node, spans: Spans, to: str) -> shape.Analysis:
    return shape.Analysis(
        group_ids=spans.texts(node, "group_id_list", "group_id", to=f"{to}.groupIds"),
        p_value=spans.text(node, "p_value", to=f"{to}.pValue"),
        statistical_method=spans.text(node, "method", to=f"{to}.statisticalMethod"),
        param_type=spans.text(node, "param_type", to=f"{to}.paramType"),
        param_value=spans.text(node, "param_value", to=f"{to}.paramValue"),
        ci_pct_value=spans.text(node, "ci_percent", to=f"{to}.ciPctValue"),
        ci_lower_limit=spans.text(node, "ci_lower_limit", to=f"{to}.ciLowerLimit"),
        ci_upper_limit=spans.text(node, "ci_upper_limit", to=f"{to}.ciUpperLimit"),
    )


def _events(node: Node, spans: Spans, to: str) -> shape.Events:
    """Deaths and events by group, from the rows of totals."""
    order = {}
    titles = []
    for position, group in enumerate(_groups(node, spans, to)):
        order[group.id] = position
        titles.append(group.title)
    spans.hold(f"{to}.eventGroups", node)
    counts: list[dict[str, str | None]] = [{} for _ in titles]
    for part in node.children("serious_events", "other_events"):
        for event in part.iter("event"):
            title = event.child("sub_title")
            name = _TOTALS.get(spans.words(title)[0].lower()) if title is not None else None
            if name is None:
                continue
            for counted in event.children("counts"):
                position = order.get(counted.attrib.get("group_id"), -1)
                if position < 0:
                    continue
                at = f"{to}.eventGroups[{position}].{name}Num"
                counts[position][f"{name}_num_affected"] = spans.attribute(
                    counted, "subjects_affected", f"{at}Affected"
                )
                counts[position][f"{name}_num_at_risk"] = spans.attribute(
                    counted, "subjects_at_risk", f"{at}AtRisk"
                )
    return shape.Events(
        spans.text(node, "other_events", "frequency_threshold", to=f"{to}.frequencyThreshold"),
        spans.text(node, "time_frame", to=f"{to}.timeFrame"),
        spans.text(node, "desc", to=f"{to}.description"),
        tuple(
            shape.EventGroup(title, **counted)
            for title, counted in zip(titles, counts, strict=True)
        ),
    )
