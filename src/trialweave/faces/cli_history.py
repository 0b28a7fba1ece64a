"""The versions of a study's records as lines: when each held, and what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trialweave.faces.cli_paper import Paper
from trialweave.faces.layout import plural
from trialweave.publish.text import cut, fold

if TYPE_CHECKING:
    from trialweave.publish.views import HistoryView, RecordHistory, VersionRow
    from trialweave.records.history import Change

__all__ = ["history"]

_LONGEST = 160  # characters of what stood before and stands now
_LISTED = 40  # changes of one version


def history(paper: Paper, view: HistoryView) -> None:
    """Every record with its versions, the earliest first."""
    paper.line((view.study.study_id, "bold"), f"  {fold(view.study.title)}")
    single = [record.record_id for record in view.records if len(record.versions) == 1]
    for record in view.records:
        if len(record.versions) > 1:
            paper.blank()
            _record(paper, record)
    if single:
        paper.blank()
        paper.line("One version is held of: " + ", ".join(single))


def _record(paper: Paper, record: RecordHistory) -> None:
    count = plural(len(record.versions), "version")
    paper.line((record.record_id, "bold"), f"  {count}")
    for place, version in enumerate(record.versions):
        dated = "" if version.dated_by == "record" else " (when it was received)"
        shown = ("  current", "green") if version.current else ("", "")
        paper.line(
            f"from {version.valid_from}{dated}  version {version.version}  ",
            (fold(version.file_name), "dim"),
            shown,
            indent=2,
        )
        if place:
            _changes(paper, version)


def _changes(paper: Paper, version: VersionRow) -> None:
    if not version.changes:
        paper.line("no field that is read has changed", indent=4)
    told: tuple[str, ...] = ()
    for change in version.changes[:_LISTED]:
        _change(paper, change)
        if change.relative and change.relative != told:
            paper.line("; ".join(change.relative), indent=8)
            told = change.relative
    if len(version.changes) > _LISTED:
        paper.line(f"… and {len(version.changes) - _LISTED} more (--json has all)", indent=4)


def _change(paper: Paper, change: Change) -> None:
    before, after = (cut(fold(text), _LONGEST) for text in (change.before, change.after))
    if change.kind == "changed":
        said = f"“{before}” became “{after}”"
    else:
        said = f"{change.kind}: “{after or before}”"
    style = "bold yellow" if change.relative else "bold"
    paper.line((change.title, style), f"  {said}", indent=4, hang=4)
