"""The commands on protocols: `compare`, `evidence-map`, `interventions`, `outcomes`."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

from trialweave.faces.cli_call import (
    AsOf,
    Folder,
    Identifier,
    Json,
    Limit,
    Offset,
    call_of,
    rest_of_list,
)
from trialweave.faces.layout import plural
from trialweave.faces.protocol_words import (
    DIFFERENCE_WORDS,
    dose_text,
    given_lines,
    mark_text,
    outcome_lines,
    told_in_cell,
)
from trialweave.publish.text import cut, fold

if TYPE_CHECKING:
    from trialweave.faces.cli_paper import Paper
    from trialweave.protocol.compare import Comparison
    from trialweave.publish.comparing import (
        ComparisonView,
        EvidenceMapView,
        InterventionsView,
        OutcomesView,
    )

__all__ = ["register"]

_STYLES = {True: "yellow", False: "green", None: "dim"}
_PAIRS_SHOWN = 12
_CELL = 400  # characters of a cell

Product = Annotated[str, typer.Option("--product", help="Only this kind: cells, drug …")]
Family = Annotated[str, typer.Option("--outcome", help="Only this family of outcomes.")]
Design = Annotated[str, typer.Option("--design", help="Only this design, as the map names it.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    for command in (compare, evidence_map, interventions, outcomes):
        app.command()(command)


def compare(
    context: typer.Context,
    identifiers: Annotated[
        list[str], typer.Argument(metavar="ID", help="Two to twelve studies, by any number.")
    ],
    differing: Annotated[
        bool, typer.Option("--differing", help="Only rows that differ or cannot be told.")
    ] = False,
    as_of: AsOf = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Put studies side by side: products, doses, schedules, outcomes."""
    call = call_of(context, json, workspace, as_of)
    view = call.open().compare(identifiers)
    call.answer(view, lambda paper: _compare(paper, view, differing))


def evidence_map(
    context: typer.Context,
    product: Product = "",
    outcome: Family = "",
    design: Design = "",
    limit: Limit = 50,
    offset: Offset = 0,
    as_of: AsOf = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Count studies by product, outcome and design."""
    call = call_of(context, json, workspace, as_of)
    view = call.open().evidence_map(
        product=product, outcome=outcome, design=design, limit=limit, offset=offset
    )
    call.answer(view, lambda paper: _map(paper, view))


def interventions(
    context: typer.Context,
    identifier: Identifier,
    as_of: AsOf = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Show what a study gives: products, doses, schedules."""
    call = call_of(context, json, workspace, as_of)
    view = call.open().interventions(identifier)
    call.answer(view, lambda paper: _interventions(paper, view))


def outcomes(
    context: typer.Context,
    identifier: Identifier,
    as_of: AsOf = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Show a study's registered outcomes, instruments and days."""
    call = call_of(context, json, workspace, as_of)
    view = call.open().outcomes(identifier)
    call.answer(view, lambda paper: _outcomes(paper, view))


def _compare(paper: Paper, view: ComparisonView, differing: bool) -> None:
    found = view.comparison
    for study_id, title in zip(found.study_ids, found.titles, strict=True):
        paper.line((study_id, "bold"), f"  {fold(title)}")
    for row in found.rows:
        if not any(cell.stated for cell in row.cells) or (differing and row.differs is False):
            continue
        paper.blank()
        said = DIFFERENCE_WORDS[row.differs]
        paper.line((row.title, "bold"), (f"  {said}", _STYLES[row.differs]))
        for cell in row.cells:
            told = "; ".join(told_in_cell(cell)) or "not stated"
            style = "" if cell.stated else "dim"
            paper.field(cell.study_id, cut(fold(told), _CELL), style=style)
    _schedules(paper, found)
    if found.outcomes:
        paper.heading("Outcomes that meet")
        for pair in found.outcomes[:_PAIRS_SHOWN]:
            paper.line(
                (f"{pair.verdict}  ", "bold"),
                f"{pair.study_a}: {cut(fold(pair.measure_a), 90)}  ~  "
                f"{pair.study_b}: {cut(fold(pair.measure_b), 90)}  ",
                (fold(pair.reason), "dim"),
                indent=2,
            )
        if len(found.outcomes) > _PAIRS_SHOWN:
            left = len(found.outcomes) - _PAIRS_SHOWN
            paper.line((f"and {left} more pairs: --json", "dim"), indent=2)


def _schedules(paper: Paper, found: Comparison) -> None:
    for study_id, timeline in zip(found.study_ids, found.timelines, strict=True):
        lanes = [lane for lane in timeline.lanes if lane.marks and lane.kind == "arm"]
        if lanes:
            paper.heading(f"Schedule of {study_id}")
        for lane in lanes:
            told = "; ".join(dict.fromkeys(map(mark_text, lane.marks)))
            paper.field(cut(fold(lane.label or "arm not named"), 40), cut(fold(told), _CELL))


def _map(paper: Paper, view: EvidenceMapView) -> None:
    paper.line((f"{plural(view.total, 'study', 'studies')}", "bold"), " in these cells")
    paper.blank()
    paper.table(
        ("product", "outcome", "design", "studies"),
        [
            (fold(cell.product), fold(cell.outcome), cell.design, str(len(cell.study_ids)))
            for cell in view.cells
        ],
        numbers=(3,),
    )
    if view.product or view.outcome or view.design:
        paper.heading("Studies")
        for study in view.studies:
            paper.line((study.study_id, "bold"), f"  {fold(study.title)}", indent=2)
        rest_of_list(paper, view.offset, len(view.studies), view.total)


def _interventions(paper: Paper, view: InterventionsView) -> None:
    paper.line((view.study.study_id, "bold"), f"  {fold(view.study.title)}")
    if not view.rows:
        paper.line("No record of it states what is given.")
    for record_id, rows in groupby(view.rows, key=lambda row: row.record_id):
        paper.heading(record_id)
        for row in rows:
            given = row.given
            where = ", in ".join(part for part in (given.role, fold(given.arm or "")) if part)
            name = given.component.product or given.component.kind or "not named"
            paper.line((fold(name), "bold"), (f"  {where}", "dim"), indent=2)
            for label, told in given_lines(given.component):
                paper.field(label, fold(told), indent=4)
            if row.dose is not None:
                for label, told in dose_text(row.dose):
                    paper.field(label, fold(told), indent=4)


def _outcomes(paper: Paper, view: OutcomesView) -> None:
    paper.line((view.study.study_id, "bold"), f"  {fold(view.study.title)}")
    if not view.rows:
        paper.line("No record of it registers an outcome.")
    for record_id, rows in groupby(view.rows, key=lambda row: row.record_id):
        paper.heading(record_id)
        for row in rows:
            head = (f"{row.kind:<9}  ", "dim")
            paper.line(head, cut(fold(row.outcome.measure), 300), indent=2, hang=13)
            for label, told in outcome_lines(row):
                paper.field(label, fold(told), indent=13)
