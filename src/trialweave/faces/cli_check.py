"""Findings and what re-computing them gave, as lines: the arithmetic, all of it, and no motive."""

from __future__ import annotations

from collections.abc import Mapping

from trialweave.faces import cli_reconcile
from trialweave.faces.cli_paper import Paper
from trialweave.faces.layout import (
    VERDICT_WORDS,
    Checked,
    compares,
    finding_text,
    identifiers_of,
    plural,
    with_checks,
)
from trialweave.model import Check
from trialweave.publish.text import fold
from trialweave.publish.views import CheckView

__all__ = ["check", "checked_line", "one_check"]

_STYLES = {"flag": "bold yellow", "note": "cyan", "cannot check": "dim", "consistent": "green"}


def check(paper: Paper, view: CheckView) -> None:
    """Every finding of a study with its re-computation, flagged ones first."""
    paper.line((fold(view.study.title), "bold"))
    paper.line((" · ".join(identifiers_of(view.study.identifiers)), "cyan"))
    counts = dict.fromkeys(VERDICT_WORDS, 0)
    for done in view.checks:
        counts[done.verdict] += 1
    said = ", ".join(_counted(verdict, count) for verdict, count in counts.items() if count)
    paper.line(
        f"{plural(len(view.findings), 'finding')}; {plural(len(view.checks), 'check')}"
        + (f": {said}" if said else "")
    )
    cli_reconcile.notices(paper, view.notices)
    if not view.findings:
        paper.line("No record of this study states a result that could be read as numbers.")
    titles = {row.record_id: row.source_title for row in view.records}
    for pair in with_checks(view.findings, view.checks):
        paper.blank()
        _checked(paper, pair, titles)
    if view.findings:
        first = view.findings[0].finding_id
        paper.blank()
        paper.line(
            (
                f"The sentence behind a finding: trialweave why {view.study.study_id} '{first}'",
                "dim",
            )
        )


def _counted(verdict: str, count: int) -> str:
    """``4 flags``, ``1 cannot check``."""
    return plural(count, verdict) if verdict in ("flag", "note") else f"{count} {verdict}"


def _checked(paper: Paper, pair: Checked, titles: Mapping[str, str]) -> None:
    finding = pair.finding
    if finding is None:
        paper.line(("Of the record as a whole", "bold"))
    else:
        paper.line((fold(finding_text(finding)), "bold"))
        told = titles.get(finding.record_id, finding.record_id)
        paper.line((f"{finding.finding_id}  stated by {told}", "dim"), indent=2)
        for arm in finding.arms:
            if arm.recovery:
                name = arm.label or arm.role
                paper.line(("recovered  ", "cyan"), f"{name}: {fold(arm.recovery)}", indent=2)
        for edit in finding.edits:
            said = f"{edit.cell} {edit.says or 'empty'}, read {edit.read or 'nothing'}"
            paper.line(("put right  ", "cyan"), fold(f"{said}: {edit.because}"), indent=2)
        for label, text in (("taken from  ", finding.source), ("note  ", finding.note)):
            if text:
                paper.line((label, "dim"), fold(text), indent=2)
        if not pair.checks:
            paper.line(("nothing here can be re-computed", "dim"), indent=2)
    for done in pair.checks:
        one_check(paper, done)


def one_check(paper: Paper, done: Check, *, most: int = 1000, holds_for: str = "") -> None:
    """One check: what it says, what was tried, what stays open, what would explain it.

    Of the calculations tried, the first `most` are shown, and how many more there are.
    """
    checked_line(paper, done)
    if holds_for:
        paper.line(("holds for  ", "dim"), holds_for, indent=6)
    if done.attempts:
        rows = [
            [
                fold(attempt.method),
                fold(attempt.inputs),
                fold(attempt.result),
                *(["yes" if attempt.agrees else "no"] if compares(done) else []),
            ]
            for attempt in done.attempts[:most]
        ]
        head = ["tried", "with", "gives", "agrees"][: len(rows[0])]
        paper.table(head, rows, indent=6)
        if left := done.attempts[most:]:
            agreeing = sum(attempt.agrees for attempt in left) or "none"
            paper.line((f"and {len(left)} more, {agreeing} of them agreeing", "dim"), indent=6)
    if done.not_checkable:
        paper.line(("cannot be checked  ", "dim"), fold(done.not_checkable), indent=6)
    if done.innocent:
        paper.line(("would explain it  ", "dim"), fold("; ".join(done.innocent)), indent=6)


def checked_line(paper: Paper, done: Check) -> None:
    """The verdict of one check with its statement and rule."""
    mark, word = VERDICT_WORDS[done.verdict]
    paper.line(
        (f"{mark} {word}  ", _STYLES[done.verdict]),
        fold(done.statement),
        (f"  [{done.rule}]", "dim"),
        indent=2,
        hang=4,
    )
