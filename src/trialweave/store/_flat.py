"""The flat columns of records and findings, for SQL: what a body says, without its provenance.

A cell is null wherever no content is stated, for whatever reason; the record itself tells.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

import pyarrow as pa

from trialweave.model import ArmResult, Finding, PartialDate, Record, Trial
from trialweave.store._columns import TEXT, TEXTS, Column, body, columnar

__all__ = ["FINDINGS", "TRIALS", "flat_findings", "flat_trials"]

_ARMS: tuple[Column[ArmResult], ...] = (
    Column("label", TEXT, lambda a: a.label),
    Column("role", TEXT, lambda a: a.role),
    Column("events", pa.int64(), lambda a: _int64(a.events)),
    Column("n", pa.int64(), lambda a: _int64(a.n)),
    Column("percent", TEXT, lambda a: a.percent),
    Column("mean", pa.float64(), lambda a: a.mean),
    Column("sd", pa.float64(), lambda a: a.sd),
    Column("median", pa.float64(), lambda a: a.median),
    Column("lower", pa.float64(), lambda a: a.lower),
    Column("upper", pa.float64(), lambda a: a.upper),
    Column("limits", TEXT, lambda a: a.limits),
    Column("se", pa.float64(), lambda a: a.se),
    Column("events_origin", TEXT, lambda a: a.events_origin),
    Column("n_origin", TEXT, lambda a: a.n_origin),
)

_FINDINGS: tuple[Column[Finding], ...] = (
    Column("finding_id", TEXT, lambda f: f.finding_id),
    Column("record_id", TEXT, lambda f: f.record_id),
    Column("outcome", TEXT, lambda f: f.outcome),
    Column("family", TEXT, lambda f: f.family),
    Column("kind", TEXT, lambda f: f.kind),
    Column("time", TEXT, lambda f: f.time),
    Column("time_days", pa.float64(), lambda f: f.time_days),
    Column("population", TEXT, lambda f: f.population),
    Column("unit", TEXT, lambda f: f.unit),
    Column("change", pa.bool_(), lambda f: f.change),
    Column("p_operator", TEXT, lambda f: f.p.operator if f.p else None),
    Column("p_text", TEXT, lambda f: f.p.text if f.p else None),
    Column("measure", TEXT, lambda f: f.effect.measure if f.effect else None),
    Column("estimate", TEXT, lambda f: f.effect.estimate if f.effect else None),
    Column("lower", TEXT, lambda f: f.effect.lower if f.effect else None),
    Column("upper", TEXT, lambda f: f.effect.upper if f.effect else None),
    Column("level", TEXT, lambda f: f.effect.level if f.effect else None),
    Column("rule", TEXT, lambda f: f.rule),
    Column("body", pa.binary(), body),
)


# Fields are named by text, for `attrgetter`: half the time of a function that picks them.


def _text(name: str, field: str = "") -> Column[Trial]:
    return Column(name, TEXT, attrgetter(f"{field or name}.content"))


def _number(name: str) -> Column[Trial]:
    content = attrgetter(f"{name}.content")
    return Column(name, pa.int64(), lambda t: _int64(content(t)))


def _texts(name: str, part: str = "content") -> Column[Trial]:
    """A list of values, or of structures of which `part` is the text wanted."""
    content, text = attrgetter(f"{name}.content"), attrgetter(part)

    def cell(trial: Trial) -> list[str] | None:
        items = content(trial)
        return None if items is None else [t for t in map(text, items) if t is not None]

    return Column(name, TEXTS, cell)


def _date(name: str) -> tuple[Column[Trial], ...]:
    """A date as stated, and the first and the last day that it can mean."""
    content = attrgetter(f"{name}.content")

    def derived(get: Callable[[PartialDate], Any]) -> Callable[[Trial], Any]:
        known: Callable[[PartialDate], Any] = functools.lru_cache(maxsize=10_000)(get)

        def cell(trial: Trial) -> Any:
            date = content(trial)
            return None if date is None else known(date)

        return cell

    return (
        Column(name, TEXT, derived(str)),
        Column(f"{name}_earliest", pa.date32(), derived(lambda d: d.earliest)),
        Column(f"{name}_latest", pa.date32(), derived(lambda d: d.latest)),
    )


def _int64(number: int | None) -> int | None:
    """A whole number where a column can hold it; a longer one stays in the body alone."""
    return number if number is not None and -(2**63) <= number < 2**63 else None


_HEADS: tuple[Column[Record], ...] = (
    Column("record_id", TEXT, lambda r: r.record_id),
    Column("source", TEXT, lambda r: r.source),
    Column("identifier", TEXT, lambda r: r.identifier),
    Column("kind", TEXT, lambda r: r.kind),
    Column("title", TEXT, lambda r: r.title),
    Column("doi", TEXT, lambda r: r.publication.doi.content if r.publication else None),
    Column("pmid", TEXT, lambda r: r.publication.pmid.content if r.publication else None),
)

_TRIALS: tuple[Column[Trial], ...] = (
    _text("primary_id"),
    _texts("secondary_ids", "value.content"),
    _text("public_title"),
    _text("scientific_title"),
    _text("acronym"),
    _text("status", "overall_status"),
    _text("why_stopped"),
    _text("study_type"),
    Column("phase", TEXTS, attrgetter("phase.content")),
    _text("allocation"),
    _text("intervention_model"),
    _text("primary_purpose"),
    _text("masking"),
    _number("enrollment"),
    _text("enrollment_type"),
    Column("minimum_age", pa.float64(), attrgetter("minimum_age.content")),
    Column("maximum_age", pa.float64(), attrgetter("maximum_age.content")),
    _text("sex"),
    _text("sponsor", "primary_sponsor"),
    _text("sponsor_class"),
    _texts("countries"),
    _texts("conditions"),
    _texts("keywords"),
    _texts("interventions", "name.content"),
    _texts("arms", "label.content"),
    _texts("primary_outcomes", "measure.content"),
    _number("site_count"),
    Column("has_results", pa.bool_(), attrgetter("has_results.content")),
    *_date("registration_date"),
    *_date("start_date"),
    *_date("primary_completion_date"),
    *_date("completion_date"),
    *_date("results_date"),
    *_date("last_update"),
)


def flat_findings(findings: Sequence[Sequence[Finding]]) -> pa.Table:
    """One row a finding with its arms as a list of structures; `at` is its place in `findings`."""
    flat = [finding for found in findings for finding in found]
    at = pa.array([n for n, found in enumerate(findings) for _ in found], pa.int32())
    table = columnar(flat, _FINDINGS)
    offsets = [0, *itertools.accumulate(len(f.arms) for f in flat)]
    arms = columnar([arm for f in flat for arm in f.arms], _ARMS).to_struct_array()
    lists = pa.ListArray.from_arrays(offsets, arms.combine_chunks())
    return table.append_column("arms", lists).append_column("at", at)


def flat_trials(records: Sequence[Record]) -> pa.Table:
    """The wide table: one row a record."""
    heads = columnar(records, _HEADS)
    trials = columnar([r.about for r in records], _TRIALS)
    return pa.table(
        {name: heads[name] for name in heads.column_names}
        | {name: trials[name] for name in trials.column_names}
    )


TRIALS: pa.Schema = flat_trials(()).schema
FINDINGS: pa.Schema = flat_findings(()).schema
