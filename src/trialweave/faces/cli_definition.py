"""The command `definition`: criteria written by hand, tested by the patients beside them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trialweave.faces.cli_call import Json, call_of
from trialweave.faces.layout import plural
from trialweave.publish.text import cut, fold

if TYPE_CHECKING:
    from trialweave.faces.cli_paper import Paper
    from trialweave.protocol.definitions import Checked, Tested

__all__ = ["register"]

_DISAGREES = 1  # exit code


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(definition)


def definition(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="A definition, as `criteria --export definition`."),
    ],
    json: Json = False,
) -> None:
    """Test criteria written by hand with the patients beside them."""
    from trialweave.protocol.definitions import check_definition

    call = call_of(context, json, None)
    checked = check_definition(file)
    if json:
        # Without the assumptions, which hold functions.
        told = {"agrees": checked.agrees, "results": checked.results}
        call.answer(told, lambda paper: None)
    else:
        call.answer(checked, lambda paper: _checked(paper, checked))
    if not checked.agrees:
        raise typer.Exit(_DISAGREES)


def _checked(paper: Paper, checked: Checked) -> None:
    from trialweave.publish.conditions import condition_text

    told = checked.definition
    paper.line((fold(told.identifier) or "Definition", "bold"), f"  {fold(told.title)}")
    for one in told.criteria:
        paper.line(
            (f"{one.number:>3}  {one.section:<9}  ", "dim"), condition_text(one.tree), hang=16
        )
    for result in checked.results:
        _tested(paper, result)
    wrong = sum(not each.agrees for each in checked.results)
    if not checked.results:
        paper.line("There is no patient beside it; nothing was tested.")
    elif wrong:
        paper.line((f"{plural(wrong, 'patient')} came out otherwise than expected.", "bold red"))
    else:
        paper.line((f"{plural(len(checked.results), 'patient')}, all as expected.", "green"))


def _tested(paper: Paper, result: Tested) -> None:
    paper.line(
        (f"{'as expected' if result.agrees else 'otherwise':<12}", "dim"),
        fold(result.name),
        f"  {result.outcome}",
        hang=12,
    )
    if result.expected not in ("", result.outcome):
        paper.line(f"expected {result.expected}", indent=12)
    for each in result.answers:
        if not each.agrees:
            came = "no such criterion" if each.verdict is None else each.verdict.outcome
            why = "" if each.verdict is None else f": {cut(fold(each.verdict.because), 200)}"
            paper.line(f"{each.number}  expected {each.expected}, came to {came}{why}", indent=12)
