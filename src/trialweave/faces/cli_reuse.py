"""The command about text and figures that stand in records of two studies: `reuse`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from trialweave.faces.cli_call import AsOf, Folder, Json, Limit, Offset, call_of, rest_of_list
from trialweave.faces.layout import plural
from trialweave.publish.text import cut, fold

if TYPE_CHECKING:
    from trialweave.faces.cli_paper import Paper
    from trialweave.model.reuse import Reuse
    from trialweave.publish.reuse import ReuseRow, ReuseView

__all__ = ["register"]

_RUNS = 12  # of one pair, where a study is asked for
_LONG = 600  # characters of one run
_FIRST = 160  # of the longest run, in the list


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(reuse)


def reuse(
    context: typer.Context,
    identifier: Annotated[
        str, typer.Argument(metavar="ID", help="Only of this study, side by side.")
    ] = "",
    kind: Annotated[
        str, typer.Option(metavar="text|results", help="Only of text, or of results.")
    ] = "",
    explained: Annotated[
        bool, typer.Option("--all", help="Also what one sponsor, programme or trial explains.")
    ] = False,
    limit: Limit = 20,
    offset: Offset = 0,
    as_of: AsOf = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Show text and results that stand in two studies."""
    call = call_of(context, json, workspace, as_of)
    view = call.open().reuse(identifier, kind=kind, explained=explained, limit=limit, offset=offset)
    call.answer(view, lambda paper: _reuse(paper, view))


def _reuse(paper: Paper, view: ReuseView) -> None:
    asked = f"  {view.study.study_id}" if view.study is not None else ""
    paper.line((plural(view.total, "pair of studies", "pairs of studies"), "bold"), asked)
    if not view.total:
        known = "What was found is explained by what is known; --all shows it."
        paper.line(known if view.by_relation else "Nothing was found that stands in two studies.")
    for row in view.rows:
        paper.blank()
        _row(paper, row, whole=view.study is not None)
    rest_of_list(paper, view.offset, len(view.rows), view.total)
    counts = " · ".join(f"{name} ({count})" for name, count in view.by_relation.items())
    if counts:
        paper.blank()
        paper.line(("what is known of them  ", "dim"), counts, hang=8)


def _row(paper: Paper, row: ReuseRow, *, whole: bool) -> None:
    for side in (row.a, row.b):
        title = cut(fold(side.study_title), 90)
        paper.line((side.study_id, "bold"), f"  {title}", (f"  {side.record_id}", "dim"))
    each = row.reuse
    paper.line(
        (f"{each.kind}: {each.relation}  ", "dim" if row.explained else "yellow"),
        fold(each.statement),
        indent=2,
        hang=4,
    )
    if each.kind == "results":
        _figures(paper, each)
    elif whole:
        _side_by_side(paper, each)
    elif each.texts:
        longest = each.texts[0]
        said = cut(fold(longest.a.text), _FIRST)
        paper.line((f"{longest.words} words  ", "dim"), f"“{said}”", indent=4, hang=4)


def _side_by_side(paper: Paper, each: Reuse) -> None:
    paper.table(
        ("words", each.record_a, each.record_b),
        [
            (str(run.words), *(_piece(piece.address, piece.start, piece.text)
                               for piece in (run.a, run.b)))
            for run in each.texts[:_RUNS]
        ],
        numbers=(0,),
        indent=4,
    )  # fmt: skip
    if len(each.texts) > _RUNS:
        paper.line((f"and {len(each.texts) - _RUNS} shorter ones, in the JSON", "dim"), indent=4)


def _piece(address: str, start: int, text: str) -> str:
    return f"{cut(fold(text), _LONG)}  [{address} from {start}]"


def _figures(paper: Paper, each: Reuse) -> None:
    paper.table(
        ("figure", each.record_a, each.record_b),
        [
            (figure.shown, *(cut(fold(outcome), 120)
                             for outcome in (figure.outcome_a, figure.outcome_b)))
            for figure in each.figures[:_RUNS]
        ],
        indent=4,
    )  # fmt: skip
