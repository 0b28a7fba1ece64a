"""Posted results in the shape of ClinicalTrials.gov's version 2: flow, baseline, outcomes, events.

Tables have groups with identifiers of their own ("FG000" in the flow, "OG000" in an outcome),
which the legacy XML calls otherwise; what a figure is about is told by the group's position.
A table that is `UNSET` stands in the record, and cannot be put together again.
"""

from __future__ import annotations

from msgspec import UnsetType

from trialweave.sources.ctgov.shape import Items, Number, Struct, Text

__all__ = [
    "Achievement",
    "Analysis",
    "Baseline",
    "BaselineCategory",
    "BaselineClass",
    "BaselineMeasure",
    "Category",
    "Caveats",
    "Count",
    "Denominator",
    "DropWithdraw",
    "Event",
    "EventCount",
    "EventGroup",
    "Events",
    "Flow",
    "Group",
    "Measure",
    "MeasureClass",
    "Measurement",
    "Measures",
    "Milestone",
    "MoreInfo",
    "Period",
    "Reason",
    "Results",
    "Table",
]


class Group(Struct):
    id: Text = None
    title: Text = None
    description: Text = None


class Achievement(Struct):
    group_id: Text = None
    num_subjects: Number = None
    comment: Text = None
    num_units: Number = None


class Milestone(Struct):
    type: Text = None
    achievements: Items[Achievement] = None
    comment: Text = None


class Reason(Struct):
    group_id: Text = None
    num_subjects: Number = None
    comment: Text = None
    num_units: Number = None


class DropWithdraw(Struct):
    """How many did not complete, for one reason."""

    type: Text = None
    reasons: Items[Reason] = None
    comment: Text = None


class Period(Struct):
    milestones: Items[Milestone] = None
    title: Text = None
    drop_withdraws: Items[DropWithdraw] = None


class Flow(Struct):
    groups: Items[Group] = None
    periods: Items[Period] = None
    recruitment_details: Text = None
    pre_assignment_details: Text = None
    type_units_analyzed: Text = None


class Count(Struct):
    group_id: Text = None
    value: Number = None


class Denominator(Struct):
    units: Text = None
    counts: Items[Count] = None


class Measurement(Struct):
    group_id: Text = None
    value: Number = None
    spread: Number = None
    lower_limit: Number = None
    upper_limit: Number = None


class Category(Struct):
    title: Text = None
    measurements: Items[Measurement] = None


class MeasureClass(Struct):
    title: Text = None
    denoms: Items[Denominator] = None
    categories: Items[Category] = None


class Table(Struct):
    """What a measured outcome and a baseline characteristic have in common."""

    title: Text = None
    description: Text = None
    population_description: Text = None
    param_type: Text = None
    dispersion_type: Text = None
    unit_of_measure: Text = None
    denom_units_selected: Text = None
    denoms: Items[Denominator] = None
    classes: Items[MeasureClass] = None


class Analysis(Struct):
    group_ids: Items[str] = None
    p_value: Number = None
    statistical_method: Text = None
    param_type: Text = None
    param_value: Number = None
    ci_pct_value: Number = None
    ci_lower_limit: Number = None
    ci_upper_limit: Number = None


class Measure(Table):
    type: Text = None
    time_frame: Text = None
    groups: Items[Group] = None
    analyses: Items[Analysis] = None


class Measures(Struct):
    outcome_measures: Items[Measure] = None


# The same tables; the classic form has other names for their parts


class BaselineCategory(Category):
    pass


class BaselineClass(MeasureClass):
    categories: Items[BaselineCategory] = None


class BaselineMeasure(Table):
    classes: Items[BaselineClass] = None


class Baseline(Struct):
    population_description: Text = None
    type_units_analyzed: Text = None
    groups: Items[Group] = None
    denoms: Items[Denominator] = None
    measures: Items[BaselineMeasure] = None


class EventGroup(Struct):
    title: Text = None
    deaths_num_affected: Number = None
    deaths_num_at_risk: Number = None
    serious_num_affected: Number = None
    serious_num_at_risk: Number = None
    other_num_affected: Number = None
    other_num_at_risk: Number = None
    id: Text = None
    description: Text = None


class EventCount(Struct):
    group_id: Text = None
    num_events: Number = None
    num_affected: Number = None
    num_at_risk: Number = None


class Event(Struct):
    """One term, with its numbers for each group."""

    term: Text = None
    organ_system: Text = None
    source_vocabulary: Text = None
    assessment_type: Text = None
    notes: Text = None
    stats: Items[EventCount] = None


class Events(Struct):
    frequency_threshold: Number = None
    time_frame: Text = None
    description: Text = None
    event_groups: Items[EventGroup] = None
    serious_events: Items[Event] | UnsetType = None
    other_events: Items[Event] | UnsetType = None


class Caveats(Struct):
    description: Text = None


class MoreInfo(Struct):
    limitations_and_caveats: Caveats | None = None


class Results(Struct):
    participant_flow_module: Flow | UnsetType | None = None
    outcome_measures_module: Measures | None = None
    adverse_events_module: Events | None = None
    baseline_characteristics_module: Baseline | UnsetType | None = None
    more_info_module: MoreInfo | None = None
