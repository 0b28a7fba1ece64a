"""Posted results in ClinicalTrials.gov's legacy XML, in the shape of version 2."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from trialweave.sources._xml import Node
from trialweave.sources.ctgov import results_shape as shape
from trialweave.sources.ctgov.xml_events import events_of, groups_of
from trialweave.sources.ctgov.xml_spans import Spans

__all__ = ["results_of"]


def results_of(node: Node, spans: Spans, to: str) -> shape.Results:
    """The posted results of one record."""
    flow = node.child("participant_flow")
    start = node.child("baseline")
    events = node.child("reported_events")
    caveats = spans.block(
        node, "limitations_and_caveats", to=f"{to}.moreInfoModule.limitationsAndCaveats.description"
    )
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
        events_of(events, spans, f"{to}.adverseEventsModule") if events is not None else None,
        _baseline(start, spans, f"{to}.baselineCharacteristicsModule")
        if start is not None
        else None,
        shape.MoreInfo(shape.Caveats(caveats)) if caveats else None,
    )


def _flow(node: Node, spans: Spans, to: str) -> shape.Flow:
    spans.hold(to, node)
    periods = []
    for period, at in spans.items(node, "period_list", "period", to=f"{to}.periods"):
        milestones = tuple(
            shape.Milestone(
                spans.text(milestone, "title", to=f"{here}.type"),
                tuple(
                    shape.Achievement(*_people(child, spans, place))
                    for child, place in spans.items(
                        milestone, "participants_list", "participants", to=f"{here}.achievements"
                    )
                ),
            )
            for milestone, here in spans.items(
                period, "milestone_list", "milestone", to=f"{at}.milestones"
            )
        )
        reasons = tuple(
            shape.DropWithdraw(
                spans.text(drop, "title", to=f"{here}.type"),
                tuple(
                    shape.Reason(*_people(child, spans, place))
                    for child, place in spans.items(
                        drop, "participants_list", "participants", to=f"{here}.reasons"
                    )
                ),
            )
            for drop, here in spans.items(
                period,
                "drop_withdraw_reason_list",
                "drop_withdraw_reason",
                to=f"{at}.dropWithdraws",
            )
        )
        title = spans.text(period, "title", to=f"{at}.title")
        periods.append(shape.Period(milestones, title, reasons))
    return shape.Flow(
        groups_of(node, spans, to),
        tuple(periods),
        spans.block(node, "recruitment_details", to=f"{to}.recruitmentDetails"),
        spans.block(node, "pre_assignment_details", to=f"{to}.preAssignmentDetails"),
    )


def _people(node: Node, spans: Spans, to: str) -> tuple[str | None, str | None, str | None]:
    """A group, how many of it, and what is remarked."""
    return (
        node.attrib.get("group_id"),
        spans.attribute(node, "count", f"{to}.numSubjects"),
        spans.own(node, f"{to}.comment"),
    )


def _baseline(node: Node, spans: Spans, to: str) -> shape.Baseline:
    spans.hold(to, node)
    return shape.Baseline(
        population_description=spans.block(node, "population", to=f"{to}.populationDescription"),
        groups=groups_of(node, spans, to),
        denoms=_denominators(node, spans, to),
        measures=tuple(
            shape.BaselineMeasure(
                title=spans.text(child, "title", to=f"{at}.title"),
                description=spans.block(child, "description", to=f"{at}.description"),
                population_description=spans.block(
                    child, "population", to=f"{at}.populationDescription"
                ),
                param_type=spans.text(child, "param", to=f"{at}.paramType"),
                dispersion_type=spans.text(child, "dispersion", to=f"{at}.dispersionType"),
                unit_of_measure=spans.text(child, "units", to=f"{at}.unitOfMeasure"),
                denom_units_selected=spans.text(
                    child, "units_analyzed", to=f"{at}.denomUnitsSelected"
                ),
                denoms=_denominators(child, spans, at),
                classes=tuple(
                    _classes(child, spans, at, shape.BaselineClass, shape.BaselineCategory)
                ),
            )
            for child, at in spans.items(node, "measure_list", "measure", to=f"{to}.measures")
        ),
    )


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
        groups=groups_of(node, spans, to),
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
        classes=tuple(_classes(table, spans, to, shape.MeasureClass, shape.Category))
        if table
        else None,
    )


_Class = TypeVar("_Class", bound=shape.MeasureClass)


def _classes(
    table: Node,
    spans: Spans,
    to: str,
    made: Callable[..., _Class],
    category_of: Callable[..., shape.Category],
) -> Iterator[_Class]:
    """The rows of a table, as classes and categories of its kind."""
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
            categories.append(category_of(spans.text(category, "title", to=f"{here}.title"), cells))
        yield made(
            title=spans.text(child, "title", to=f"{at}.title"),
            denoms=_denominators(child, spans, at),
            categories=tuple(categories),
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
