"""Posted results of a ClinicalTrials.gov record: flow, baseline, outcome measures, events, caveats.

Outcome measures and the totals of deaths and adverse events are reported outcomes, from which
findings are read. Participant flow, baseline characteristics and single adverse event terms are
tables of their own, so that none of their rows is taken for an outcome.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import msgspec
from msgspec import UnsetType

from trialweave.model import (
    AdverseEvents,
    Baseline,
    ParticipantFlow,
    Passage,
    ReportedOutcome,
    Value,
)
from trialweave.sources.ctgov import study as shape
from trialweave.sources.ctgov.paths import Paths
from trialweave.sources.ctgov.results_baseline import baseline_of
from trialweave.sources.ctgov.results_events import adverse_events, totals
from trialweave.sources.ctgov.results_flow import arm_sizes, flow_of
from trialweave.sources.ctgov.results_groups import roles_of
from trialweave.sources.ctgov.results_tables import measured
from trialweave.sources.ctgov.values import RESULTS, STATED, TEXT, absent, markup, unreadable

__all__ = ["Posted", "arm_sizes", "posted"]

T = TypeVar("T")
Read = TypeVar("Read", bound=msgspec.Struct)


class Posted(NamedTuple):
    """What a record posts, by the names of the concepts."""

    results: Value[tuple[ReportedOutcome, ...]]
    participant_flow: Value[ParticipantFlow]
    baseline: Value[Baseline]
    adverse_events: Value[AdverseEvents]
    limitations: Value[str]


_NOTHING: Value[Any] = absent(RESULTS)
_NONE = Posted(_NOTHING, _NOTHING, _NOTHING, _NOTHING, absent(TEXT))


def posted(results: shape.Results | None, arms: tuple[shape.ArmGroup, ...], paths: Paths) -> Posted:
    """Everything that stands in the section of results; outcomes in the record's order.

    Of the flat form's tables, the totals of events alone can be put together again: its flow,
    its baseline and its single terms are unreadable.
    """
    if results is None:
        return _NONE
    roles = roles_of(arms)
    one = paths.one
    measures = results.outcome_measures_module
    found = [
        measured(o, measure, roles, paths)
        for o, measure in enumerate((measures.outcome_measures if measures else None) or ())
    ]
    events = results.adverse_events_module
    if events is not None:
        found += totals(events, roles, paths)
    flow, start = results.participant_flow_module, results.baseline_characteristics_module
    more = results.more_info_module
    caveats = more.limitations_and_caveats if more is not None else None
    return Posted(
        Value(tuple(found), STATED, one["results"], RESULTS) if found else _NOTHING,
        _table(flow, lambda it: flow_of(it, roles, paths), one["flow"]),
        _table(start, lambda it: baseline_of(it, roles, paths), one["baseline"]),
        _table(events, lambda it: adverse_events(it, roles, paths), one["events"]),
        markup(caveats.description if caveats else None, one["caveats"]),
    )


def _table(
    module: T | UnsetType | None, read: Callable[[T], Read], passage: Passage
) -> Value[Read]:
    """A table, unless nothing at all stands in it."""
    if isinstance(module, UnsetType):
        return unreadable(passage, RESULTS)
    if module is None:
        return _NOTHING
    table = read(module)
    stands = any(bool(getattr(table, name)) for name in table.__struct_fields__)
    return Value(table, STATED, passage, RESULTS) if stands else _NOTHING
