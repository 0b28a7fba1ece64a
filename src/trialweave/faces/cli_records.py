"""The commands about records: `add`, `rebuild`, `history`, `document`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trialweave.faces.cli_call import (
    AsOf,
    Call,
    Folder,
    Identifier,
    Json,
    WrongCall,
    call_of,
    progress_bar,
)

if TYPE_CHECKING:
    from trialweave.publish.views import AddReport

__all__ = ["register"]

_WORTH_SHARING = 64_000_000  # bytes of documents for which further processes are worth starting

Processes = Annotated[
    int, typer.Option(min=0, max=64, help="How many share the reading; 0: as many as pay.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    for command in (add, rebuild, history, document):
        app.command()(command)


def add(
    context: typer.Context,
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="PATH", help="Files, folders, patterns.")
    ] = None,
    corpus: Annotated[bool, typer.Option("--corpus", help="Add the embedded corpus.")] = False,
    processes: Processes = 0,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Read documents and weave their records."""
    if bool(paths) == corpus:
        raise WrongCall("Name files, folders or patterns to read, or say --corpus; not both.")
    call = call_of(context, json, workspace)
    with progress_bar(quiet=call.json) as progress:
        opened = call.open()
        if paths:
            shared = processes or _worth(paths)
            report = opened.add(paths, processes=shared, progress=progress)
        else:
            report = opened.add_corpus(progress=progress)
    _told(call, report)


def rebuild(
    context: typer.Context,
    processes: Processes = 0,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Derive everything anew from what was received."""
    call = call_of(context, json, workspace)
    with progress_bar(quiet=call.json) as progress:
        shared = processes or _worth([call.root / "raw"])
        report = call.open().rebuild(processes=shared, progress=progress)
    _told(call, report)


def _told(call: Call, report: AddReport) -> None:
    from trialweave.faces import cli_render
    from trialweave.faces.cli_paper import paper_on

    call.answer(report, lambda paper: cli_render.added(paper, report))
    if not call.json:
        cli_render.refusals(paper_on(sys.stderr), report)
    raise typer.Exit(report.exit_code)


def _worth(paths: Sequence[str | Path]) -> int:
    """As many processes as there are cores, where there is enough to read for several."""
    total = 0
    for path in map(Path, paths):
        inside = path.rglob("*") if path.is_dir() else [path]
        for file in inside:
            if file.is_file():
                total += file.stat().st_size
            if total >= _WORTH_SHARING:
                return os.cpu_count() or 1
    return 1


def history(
    context: typer.Context,
    identifier: Identifier,
    as_of: AsOf = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Show what changed in a study's records, and when."""
    from trialweave.faces import cli_history

    call = call_of(context, json, workspace, as_of)
    view = call.open().history(identifier)
    call.answer(view, lambda paper: cli_history.history(paper, view))


def document(
    context: typer.Context,
    record: Annotated[str, typer.Argument(metavar="RECORD", help="As `show` names it.")],
    version: Annotated[int | None, typer.Option(min=1, help="Which version.")] = None,
    start: Annotated[int, typer.Option(min=-1, help="First character of a passage.")] = -1,
    end: Annotated[int, typer.Option(min=-1, help="Character after the passage.")] = -1,
    path: Annotated[str, typer.Option(help="Path into a JSON record.")] = "",
    contacts: Annotated[
        bool, typer.Option("--contacts", help="Show contact data, which are blotted out.")
    ] = False,
    as_of: AsOf = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Print a record's text as received."""
    from trialweave.faces import cli_render

    if (start >= 0) != (end >= 0) or end < start:
        raise WrongCall("--start and --end go together, --end not before --start.")
    call = call_of(context, json, workspace, as_of)
    view = call.open().document(
        record, version=version, start=start, end=end, path=path, contacts=contacts
    )
    call.answer(view, lambda paper: cli_render.document(paper, view))
