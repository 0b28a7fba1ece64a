"""Retractions, corrections and expressions of concern, as shown beside what leans on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trialweave.model import Notice, Report

__all__ = ["kinds_of", "marks_of", "notices_by_statement"]

_GRAVEST = ("retraction", "withdrawal", "partial retraction", "expression of concern", "correction")


def kinds_of(notices: Iterable[Notice]) -> tuple[str, ...]:
    """The kinds of notices among them, the gravest first, each once."""
    found = {notice.kind for notice in notices}
    return tuple(kind for kind in _GRAVEST if kind in found)


def notices_by_statement(notices: Sequence[Notice]) -> tuple[tuple[Notice, tuple[str, ...]], ...]:
    """Each notice once with the records it concerns, the gravest first: many records of one
    article share one."""
    groups: dict[tuple[str, str, str], list[Notice]] = {}
    for notice in notices:
        groups.setdefault((notice.kind, notice.statement, notice.number), []).append(notice)
    ordered = sorted(groups.items(), key=lambda item: (_GRAVEST.index(item[0][0]), item[0]))
    return tuple(
        (group[0], tuple(dict.fromkeys(notice.record_id for notice in group)))
        for _, group in ordered
    )


def marks_of(report: Report, notices: Iterable[Notice]) -> tuple[str, ...]:
    """The kinds of notices that concern any record of a report."""
    members = {part.record_id for part in report.parts}
    return kinds_of(notice for notice in notices if notice.record_id in members)
