"""The demonstration: the main job on the embedded corpus, and the evidence summary as lines."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from trialweave.faces.cli_check import one_check
from trialweave.faces.cli_paper import Paper
from trialweave.faces.cli_pool import forest, heterogeneity, pooled_line
from trialweave.faces.cli_render import link_line, refusals
from trialweave.faces.layout import finding_text, flags_once, plural
from trialweave.model import Finding
from trialweave.publish.text import cut, fold
from trialweave.publish.views import AddReport, StatusView, StudyView
from trialweave.synthesis import Question, Synthesis

if TYPE_CHECKING:
    from trialweave.workspace import Workspace

__all__ = ["Evidence", "run", "summary"]

_QUESTION = Question(outcome="mortality")


class Evidence(msgspec.Struct, frozen=True):
    """What the demonstration found: what was read, what does not add up, what the rest says."""

    workspace: str
    added: AddReport
    held: StatusView
    flagged: tuple[StudyView, ...]
    pooled: Synthesis
    without_flagged: Synthesis
    written: tuple[str, ...]


def run(
    workspace: Workspace, out: Path, progress: Callable[[int, int, str], None] | None
) -> Evidence:
    """Add the corpus, ask for everything flagged, pool with and without it, write the files."""
    added = workspace.add_corpus(progress=progress)
    hits = workspace.search("", filters={"has_flags": ["yes"]}, limit=100).hits
    flagged = [workspace.show(hit.study_id) for hit in hits]
    flagged.sort(key=lambda view: -len(view.records))  # where most was woven comes first
    return Evidence(
        workspace=str(workspace.root),
        added=added,
        held=workspace.status(),
        flagged=tuple(flagged),
        pooled=workspace.pool(_QUESTION),
        without_flagged=workspace.pool(msgspec.structs.replace(_QUESTION, without_flagged=True)),
        written=tuple(str(path) for path in workspace.export(out, _QUESTION)),
    )


def summary(paper: Paper, found: Evidence) -> None:
    """The evidence summary."""
    held = found.held
    paper.line(("Trialweave, the main job on the embedded corpus", "bold"))
    paper.blank()
    sources = ", ".join(f"{count} {name}" for name, count in held.sources.items())
    joined = plural(held.records - held.studies, "record")
    documents, records = plural(held.documents, "document"), plural(held.records, "record")
    studies, flagged = (
        plural(count, "study", "studies") for count in (held.studies, held.flagged_studies)
    )
    findings, flags = plural(held.findings, "finding"), plural(held.flags, "flag")
    for label, text in (
        ("read", f"{documents}, {records}: {sources}"),
        ("woven", f"{studies}; {joined} joined another"),
        ("checked", f"{findings}, {flags} on {flagged}"),
    ):
        paper.field(f"{label:<8}", text)
    refusals(paper, found.added)
    for view in found.flagged:
        _flagged(paper, view)
    paper.heading(f"{_QUESTION.outcome.capitalize()}, randomised studies")
    forest(paper, found.pooled)
    _answer(paper, found.pooled)
    paper.heading("The same without studies that have a flag")
    _answer(paper, found.without_flagged)
    paper.heading("Written")
    for name in found.written:
        paper.line(name, indent=2)
    paper.heading("Look at it")
    call = f"{_program()} --workspace {shlex.quote(found.workspace)}"
    paper.line(f"{call} serve", indent=2)
    paper.line("then open http://127.0.0.1:8765/", indent=2)
    if found.flagged:
        paper.line(f"{call} check {found.flagged[0].study.study_id}", indent=2)


def _program() -> str:
    """How to call this program again: by name, or by path where it is not on the PATH."""
    return "trialweave" if shutil.which("trialweave") else shlex.quote(sys.argv[0])


def _flagged(paper: Paper, view: StudyView) -> None:
    """One flagged study: how its records came together, and the arithmetic."""
    study = view.study
    paper.blank()
    paper.line(("⚑ ", "bold yellow"), (study.study_id, "bold"), f"  {cut(fold(study.title), 110)}")
    inside = {row.record_id for row in view.records}
    for link in view.links:
        if link.kind != "asserted" and {link.record_a, link.record_b} <= inside:
            link_line(paper, link)
            told = "; ".join(signal.evidence for signal in link.signals if signal.weight > 0)
            paper.line((fold(told), "dim"), indent=4)
    before: tuple[Finding, ...] = ()
    for flag in flags_once(view.findings, view.checks):
        if flag.findings != before:
            for finding in flag.findings:
                of = (f"  {finding.record_id}", "dim")
                paper.line(fold(finding_text(finding)), of, indent=2, hang=4)
            before = flag.findings
        one_check(paper, flag.check, most=7, holds_for=flag.holds_for)


def _answer(paper: Paper, view: Synthesis) -> None:
    paper.blank()
    pooled_line(paper, view)
    if view.pooled is not None:
        heterogeneity(paper, view.pooled)
