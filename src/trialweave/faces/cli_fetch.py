"""The commands that ask live sources: `fetch`, `update`, `follows`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from trialweave.faces.cli_call import Call, Folder, Json, WrongCall, call_of, progress_bar

if TYPE_CHECKING:
    from trialweave.faces.cli_paper import Paper
    from trialweave.live.report import FetchReport, Follow, SourceOutcome, UpdateReport
    from trialweave.publish.views import AddReport

__all__ = ["register"]

_STYLES = {"complete": "green", "incomplete": "bold yellow", "failed": "bold red"}


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command()(fetch)
    app.command()(update)
    app.command()(follows)


def fetch(
    context: typer.Context,
    asked: Annotated[
        list[str],
        typer.Argument(metavar="QUERY|ID…", help="A query as one argument, or numbers of records."),
    ],
    sources: Annotated[
        list[str] | None,
        typer.Option("--from", metavar="NAMES", help="Sources to ask, with commas: ctgov,ctis."),
    ] = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Ask registers and literature services."""
    if not all(text.strip() for text in asked):
        raise WrongCall("one argument is empty; give a query in quotes, or numbers of records.")
    query, identifiers = _meant(asked)
    names = [name.strip() for part in sources or () for name in part.split(",") if name.strip()]
    if sources and not names:
        raise WrongCall("--from names no source.")
    call = call_of(context, json, workspace)
    with progress_bar(quiet=call.json, doing="fetching") as progress:
        report = call.open().fetch(
            query=query, identifiers=identifiers, sources=names, progress=progress
        )
    call.answer(report, lambda paper: _fetched(paper, report))
    _end(call, [report], report.added, report.exit_code)


def update(
    context: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="Only this saved question, without fetching.", show_default=False
        ),
    ] = "",
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Repeat followed fetches, answer saved questions."""
    call = call_of(context, json, workspace)
    with progress_bar(quiet=call.json, doing="fetching") as progress:
        report = call.open().update(name, progress=progress)
    call.answer(report, lambda paper: _updated(paper, report))
    _end(call, report.fetches, report.added, report.exit_code)


def follows(
    context: typer.Context,
    forget: Annotated[
        int | None, typer.Option("--forget", metavar="N", help="Follow this one no more.")
    ] = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """List what `update` repeats."""
    call = call_of(context, json, workspace)
    opened = call.open()
    gone = opened.forget(forget) if forget is not None else None
    left = opened.follows()
    call.answer({"forgotten": gone, "follows": left}, lambda paper: _listed(paper, left, gone))


def _meant(asked: list[str]) -> tuple[str, list[str]]:
    """The query, or the numbers, that the arguments are."""
    from trialweave.live.numbers import asked_number

    numbers = [text for text in asked if asked_number(text) is not None]
    if len(numbers) == len(asked):
        return "", asked
    if len(asked) == 1:
        return asked[0], []
    other = next(text for text in asked if text not in numbers)
    if numbers:
        raise WrongCall(
            f"{other!r} is no number of a record, and {numbers[0]!r} is one; "
            "fetch a query and numbers in two calls."
        )
    raise WrongCall("a query is one argument: put quotes around all of it.")


def _fetched(paper: Paper, report: FetchReport) -> None:
    _asked(paper, report)
    _taken(paper, report.added)


def _updated(paper: Paper, report: UpdateReport) -> None:
    from trialweave.faces.cli_questions import changed

    if not report.fetches and not report.questions:
        paper.line("Nothing is followed yet. Next: trialweave fetch QUERY")
        return
    for one in report.fetches:
        _asked(paper, one)
    if report.fetches:
        _taken(paper, report.added)
    for question in report.questions:
        changed(paper, question)


def _asked(paper: Paper, report: FetchReport) -> None:
    """What was asked, and what each source gave."""
    if title := _title(report.query, report.identifiers):
        paper.line((title, "bold"))
    for source in report.sources:
        paper.line(
            f"{source.title}: ", (_counts(source), _STYLES[source.outcome]), indent=2, hang=4
        )
        for note in source.notes:
            paper.line((note, "dim"), indent=4)
        if source.resumed:
            paper.line((f"{source.resumed} pages were there from before", "dim"), indent=4)


def _counts(source: SourceOutcome) -> str:
    """How much came; why not all is for standard error."""
    if not source.pages and source.outcome == "failed":
        return source.outcome
    of = f" of {source.promised}" if source.promised is not None else ""
    return f"{source.came}{of}, {source.outcome}"


def _taken(paper: Paper, added: AddReport | None) -> None:
    from trialweave.faces import cli_render

    if added is not None:
        cli_render.added(paper, added)
    else:
        paper.line("Nothing was added.")


def _end(
    call: Call,
    reports: list[FetchReport] | tuple[FetchReport, ...],
    added: AddReport | None,
    code: int,
) -> None:
    """What did not come, on standard error, and the exit code."""
    if not call.json:
        from trialweave.faces import cli_render
        from trialweave.faces.cli_paper import paper_on

        paper = paper_on(sys.stderr)
        for report in reports:
            for source in report.sources:
                if source.outcome != "complete":
                    kind = (f"{source.outcome}  ", _STYLES[source.outcome])
                    paper.line(kind, (f"{source.title}: ", "bold"), source.why)
            for one in report.unanswered:
                paper.line(("not found  ", "bold yellow"), (one.identifier, "bold"), f" {one.why}")
        if any(source.outcome == "incomplete" for one in reports for source in one.sources):
            paper.line(
                ("next   ", "dim"), "Fetch again: an incomplete search is not added.", hang=7
            )
        if added is not None:
            cli_render.refusals(paper, added)
    raise typer.Exit(code)


def _listed(paper: Paper, follows: tuple[Follow, ...], gone: Follow | None) -> None:
    if gone is not None:
        paper.line(f"No longer followed: {_title(gone.query, gone.identifiers)}")
    if not follows:
        paper.line("Nothing is followed. Next: trialweave fetch QUERY")
    for number, one in enumerate(follows, 1):
        paper.line((f"{number}  ", "dim"), (_title(one.query, one.identifiers), "bold"), hang=3)
        for name, seen in one.sources.items():
            paper.line(
                f"{name}: {seen.count}",
                (f"  complete on {seen.at:%Y-%m-%d %H:%M} UTC", "dim"),
                indent=3,
            )


def _title(query: str, identifiers: tuple[str, ...]) -> str:
    """What a fetch asks, for people."""
    from trialweave.publish.text import cut, fold

    parts = [f"“{query}”"] if query else []
    if identifiers:
        more = f" and {len(identifiers) - 8} more" if len(identifiers) > 8 else ""
        parts.append(", ".join(identifiers[:8]) + more)
    return cut(fold(" and ".join(parts)), 300)
