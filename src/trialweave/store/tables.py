"""The tables of a generation: declared columns, written column by column, read back whole.

Each item is kept whole as MessagePack in the column `body`, which is what the readers decode; the
flat columns beside it are for SQL and for finding rows. `trials` has flat columns only.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from trialweave.model import (
    ArmResult,
    Check,
    Finding,
    Link,
    PartialDate,
    Record,
    Study,
    Trial,
)
from trialweave.store._columns import TEXT, TEXTS, Column, body, columnar, decode, load, save
from trialweave.store._records import (
    RECORD_SCHEMA,
    read_record,
    read_records,
    read_versions,
    write_records,
)

__all__ = [
    "SCHEMAS",
    "read_checks",
    "read_findings",
    "read_links",
    "read_record",
    "read_records",
    "read_studies",
    "read_versions",
    "write_checks",
    "write_findings",
    "write_links",
    "write_records",
    "write_studies",
    "write_trials",
]

T = TypeVar("T")

_STUDIES: tuple[Column[Study], ...] = (
    Column("study_id", TEXT, lambda s: s.study_id),
    Column("title", TEXT, lambda s: s.title),
    Column("record_ids", TEXTS, lambda s: s.record_ids),
    Column("identifiers", TEXTS, lambda s: s.identifiers),
    Column("body", pa.binary(), body),
)

_LINKS: tuple[Column[Link], ...] = (
    Column("record_a", TEXT, lambda k: k.record_a),
    Column("record_b", TEXT, lambda k: k.record_b),
    Column("kind", TEXT, lambda k: k.kind),
    Column("relation", TEXT, lambda k: k.relation),
    Column("probability", pa.float64(), lambda k: k.probability),
    Column("weight", pa.float64(), lambda k: sum(signal.weight for signal in k.signals)),
    Column("signals", TEXTS, lambda k: [signal.name for signal in k.signals]),
    Column("rule", TEXT, lambda k: k.rule),
    Column("body", pa.binary(), body),
)

_CHECKS: tuple[Column[Check], ...] = (
    Column("check_id", TEXT, lambda c: c.check_id),
    Column("rule", TEXT, lambda c: c.rule),
    Column("study_id", TEXT, lambda c: c.study_id),
    Column("record_id", TEXT, lambda c: c.record_id),
    Column("finding_id", TEXT, lambda c: c.finding_id),
    Column("verdict", TEXT, lambda c: c.verdict),
    Column("statement", TEXT, lambda c: c.statement),
    Column("body", pa.binary(), body),
)

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
    Column("version", pa.int32(), lambda r: r.version),
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


def write_studies(path: Path, studies: Sequence[Study]) -> None:
    """Write the studies, one row each."""
    save(path, columnar(studies, _STUDIES))


def read_studies(path: Path) -> tuple[Study, ...]:
    """Read the studies in the order written."""
    return _bodies(path, Study)


def write_links(path: Path, links: Sequence[Link]) -> None:
    """Write the links, one row each; `weight` is the sum of its signals' weights, log2."""
    save(path, columnar(links, _LINKS))


def read_links(path: Path) -> tuple[Link, ...]:
    """Read the links in the order written."""
    return _bodies(path, Link)


def write_checks(path: Path, checks: Sequence[Check]) -> None:
    """Write the checks, one row each."""
    save(path, columnar(checks, _CHECKS))


def read_checks(path: Path) -> tuple[Check, ...]:
    """Read the checks in the order written."""
    return _bodies(path, Check)


def write_findings(path: Path, findings: Sequence[Finding], study_of: Mapping[str, str]) -> None:
    """Write the findings, one row each with its arms as a list of structures.

    `study_of` gives the study id of a record id; the column is null where it has none.
    """
    save(path, _findings(findings, study_of))


def read_findings(path: Path) -> tuple[Finding, ...]:
    """Read the findings in the order written."""
    return _bodies(path, Finding)


def write_trials(path: Path, records: Sequence[Record], study_of: Mapping[str, str]) -> None:
    """Write the wide table for SQL: one row a record given, which should be the current versions.

    A cell is null wherever no content is stated, for whatever reason; the record itself tells.
    """
    save(path, _trials(records, study_of))


def _findings(findings: Sequence[Finding], study_of: Mapping[str, str]) -> pa.Table:
    table = columnar(findings, _FINDINGS)
    studies = pa.array([study_of.get(f.record_id) for f in findings], TEXT)
    offsets = [0, *itertools.accumulate(len(f.arms) for f in findings)]
    arms = columnar([arm for f in findings for arm in f.arms], _ARMS).to_struct_array()
    lists = pa.ListArray.from_arrays(offsets, arms.combine_chunks())
    return table.add_column(1, "study_id", studies).append_column("arms", lists)


def _trials(records: Sequence[Record], study_of: Mapping[str, str]) -> pa.Table:
    heads = columnar(records, _HEADS)
    studies = pa.array([study_of.get(r.record_id) for r in records], TEXT)
    trials = columnar([r.about for r in records], _TRIALS)
    return pa.table(
        {"record_id": heads["record_id"], "study_id": studies}
        | {name: heads[name] for name in heads.column_names}
        | {name: trials[name] for name in trials.column_names}
    )


def _bodies(path: Path, kind: type[T]) -> tuple[T, ...]:
    return decode(path, load(path, ["body"]).column("body").to_pylist(), kind)


SCHEMAS: dict[str, pa.Schema] = {
    "records": RECORD_SCHEMA,
    "trials": _trials((), {}).schema,
    "studies": columnar((), _STUDIES).schema,
    "links": columnar((), _LINKS).schema,
    "findings": _findings((), {}).schema,
    "checks": columnar((), _CHECKS).schema,
}
"""The declared columns of every table of a generation."""
