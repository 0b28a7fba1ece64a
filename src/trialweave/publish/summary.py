"""The evidence summary as files: figure, tables, the synthesis, and a manifest that says it all.

Tables are CSV in UTF-8; a cell of text never begins with a sign that a spreadsheet would run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from trialweave.model import Check, Finding, Link, Record, Study
from trialweave.publish.csv_table import Cell, csv_text
from trialweave.publish.state import SOURCE_TITLES
from trialweave.publish.views import StatusView

if TYPE_CHECKING:
    from trialweave.publish.figures.drawing import Figure
    from trialweave.synthesis import Synthesis

__all__ = ["write_summary"]


def write_summary(
    folder: Path,
    *,
    status: StatusView,
    studies: Sequence[Study],
    records: Sequence[Record],
    findings: Sequence[Finding],
    checks: Sequence[Check],
    links: Sequence[Link],
    synthesis: Synthesis,
    figure: Figure,
) -> tuple[Path, ...]:
    """Write the files into `folder`; returns their paths, the manifest last."""
    folder.mkdir(parents=True, exist_ok=True)
    study_of = {name: study.study_id for study in studies for name in study.record_ids}
    texts: dict[str, str | bytes] = {
        "forest.svg": figure.svg,
        "forest.png": figure.png,
        "studies.csv": _studies(studies, checks),
        "records.csv": _records(records, study_of),
        "findings.csv": _findings(findings, study_of),
        "checks.csv": _checks(checks),
        "links.csv": _links(links),
        "pooled.csv": _pooled(synthesis),
        "synthesis.json": msgspec.json.format(msgspec.json.encode(synthesis)),
    }
    written: list[Path] = []
    digests: dict[str, str] = {}
    for name, content in texts.items():
        data = content.encode("utf-8") if isinstance(content, str) else content
        digests[name] = hashlib.sha256(data).hexdigest()
        written.append(folder / name)
        written[-1].write_bytes(data)
    manifest = {
        "generation": status.generation,
        "holds": status,
        "question": synthesis.question,
        "method": synthesis.method,
        "files": digests,
    }
    written.append(folder / "manifest.json")
    written[-1].write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
    return tuple(written)


def _studies(studies: Sequence[Study], checks: Sequence[Check]) -> str:
    flags: dict[str, int] = {}
    for check in checks:
        flags[check.study_id] = flags.get(check.study_id, 0) + (check.verdict == "flag")
    return csv_text(
        ("study_id", "title", "records", "identifiers", "flags"),
        (
            (
                s.study_id,
                s.title,
                " ".join(s.record_ids),
                " ".join(s.identifiers),
                flags.get(s.study_id, 0),
            )
            for s in studies
        ),
    )


def _records(records: Sequence[Record], study_of: Mapping[str, str]) -> str:
    return csv_text(
        ("record_id", "study_id", "source", "version", "file", "sha256", "received_at", "title"),
        (
            (
                r.record_id,
                study_of.get(r.record_id, ""),
                SOURCE_TITLES.get(r.source, r.source),
                r.version,
                r.name,
                r.sha256,
                r.received_at.isoformat(timespec="seconds"),
                r.title,
            )
            for r in records
        ),
    )


def _findings(findings: Sequence[Finding], study_of: Mapping[str, str]) -> str:
    header = (
        *("finding_id", "study_id", "outcome", "family", "time", "population", "group", "role"),
        *("events", "events_are", "n", "n_is", "percent_printed", "mean", "sd", "median"),
        *("p_operator", "p", "effect", "estimate", "lower", "upper", "passage", "rule", "source"),
        "corrected",
    )
    rows: list[Sequence[Cell]] = []
    for f in findings:
        for arm in f.arms:
            passage = arm.passage or f.passage
            place = "" if passage is None else passage.path or f"{passage.start}-{passage.end}"
            effect = f.effect
            rows.append(
                (
                    *(f.finding_id, study_of.get(f.record_id, ""), f.outcome, f.family),
                    *(f.time, f.population, arm.label, arm.role, arm.events, arm.events_origin),
                    *(arm.n, arm.n_origin, arm.percent, arm.mean, arm.sd, arm.median),
                    *((f.p.operator, f.p.text) if f.p else ("", "")),
                    *((effect.measure, effect.estimate) if effect else ("", "")),
                    *((effect.lower, effect.upper) if effect else ("", "")),
                    *(place, f.rule, f.source),
                    "; ".join(f"{e.cell}: read {e.read or 'nothing'}" for e in f.edits),
                )
            )
    return csv_text(header, rows)


def _checks(checks: Sequence[Check]) -> str:
    return csv_text(
        ("study_id", "finding_id", "check", "verdict", "statement", "tried", "not_checkable"),
        (
            (
                c.study_id,
                c.finding_id,
                c.rule,
                c.verdict,
                c.statement,
                "; ".join(f"{a.method}, {a.inputs}: {a.result}" for a in c.attempts),
                c.not_checkable,
            )
            for c in checks
        ),
    )


def _links(links: Sequence[Link]) -> str:
    return csv_text(
        ("record_a", "record_b", "link", "relation", "probability", "evidence"),
        (
            (
                k.record_a,
                k.record_b,
                k.kind,
                k.relation,
                k.probability,
                "; ".join(f"{s.evidence} ({s.weight:+.1f})" for s in k.signals),
            )
            for k in links
        ),
    )


def _pooled(synthesis: Synthesis) -> str:
    return csv_text(
        (
            *("study_id", "label", "finding_id", "events_treatment", "n_treatment"),
            *("events_control", "n_control", synthesis.question.measure, "low", "high"),
            *("weight_percent", "flags", "note", "notices"),
        ),
        (
            (
                *(row.study_id, row.label, row.finding_id),
                *(row.treatment.events, row.treatment.n, row.control.events, row.control.n),
                *(row.estimate, row.low, row.high, row.weight, len(row.flags), row.note),
                ", ".join(row.notices),
            )
            for row in synthesis.rows
        ),
    )
