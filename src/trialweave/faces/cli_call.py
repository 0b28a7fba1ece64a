"""What every command shares: options, where the workspace is, and how an answer is written."""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from trialweave.errors import WorkspaceError

if TYPE_CHECKING:
    from trialweave.faces.cli_paper import Paper
    from trialweave.synthesis.question import Question
    from trialweave.workspace import Workspace

__all__ = [
    "AsOf",
    "Call",
    "Designs",
    "Folder",
    "Identifier",
    "Interval",
    "Json",
    "Level",
    "Limit",
    "Measure",
    "Offset",
    "Outcome",
    "Product",
    "Tau2",
    "Time",
    "WithRetracted",
    "Without",
    "WithoutFlagged",
    "WrongCall",
    "asked_filters",
    "asked_question",
    "call_of",
    "open_workspace",
    "progress_bar",
    "rest_of_list",
    "say",
    "write_file",
    "write_json",
    "writing",
]

Json = Annotated[bool, typer.Option("--json", help="Write the answer as one JSON object.")]
Folder = Annotated[
    Path | None,
    typer.Option("--workspace", metavar="DIR", help="The workspace; .trialweave where not given."),
]


class WrongCall(typer.BadParameter):
    """The options of a call do not go together, or one cannot be meant as it stands."""

    def format_message(self) -> str:
        """What is wrong, in our words alone."""
        return str(self.message)


def _day(text: str) -> dt.date:
    try:
        if len(text) == len("2021-12-31"):
            return dt.date.fromisoformat(text)
    except ValueError:
        pass
    raise WrongCall(f"--as-of {text!r} is not a day of the calendar; write it as 2021-12-31.")


AsOf = Annotated[
    dt.date | None,
    typer.Option(
        "--as-of",
        metavar="DATE",
        parser=_day,
        help="Answer as the records stood on that day: 2021-12-31.",
    ),
]
Identifier = Annotated[
    str, typer.Argument(metavar="ID", help="Any number of the study: registry, DOI, PMID, record.")
]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="How many to show.")]
Offset = Annotated[int, typer.Option(min=0, help="How many to skip.")]
Outcome = Annotated[str, typer.Option(metavar="FAMILY", help="Family of outcomes to pool.")]
Measure = Annotated[str, typer.Option(metavar="RR|OR|RD", help="Effect measure.")]
Tau2 = Annotated[
    str, typer.Option(metavar="METHOD", help="Variance between studies: REML, DL, PM, ML, EB …")
]
Interval = Annotated[
    str, typer.Option(metavar="METHOD", help="HK (Hartung and Knapp), HK-adhoc, Wald.")
]
Level = Annotated[float, typer.Option(help="Level of the intervals: 0.5 to 0.999.")]
Designs = Annotated[
    Literal["randomised", "comparative"], typer.Option(help="Which designs to pool.")
]
Time = Annotated[str, typer.Option(help="Follow-up: 'longest', or 'nearest 28 days'.")]
Product = Annotated[str, typer.Option(help="Only interventions that mention this.")]
Without = Annotated[
    list[str] | None, typer.Option(metavar="ID", help="Leave this study out; may be repeated.")
]
WithoutFlagged = Annotated[
    bool, typer.Option("--without-flagged", help="Leave out studies with a flag.")
]
WithRetracted = Annotated[
    bool, typer.Option("--with-retracted", help="Use articles that were retracted, too.")
]


@dataclass(frozen=True)
class Call:
    """What holds for a whole call: where the workspace is, and how to answer."""

    root: Path
    json: bool
    day: dt.date | None = None

    def open(self) -> Workspace:
        """The workspace of this call, as of the day that it asks for."""
        opened = open_workspace(self.root)
        return opened if self.day is None else opened.as_of(self.day)

    def answer(self, view: object, render: Callable[[Paper], None]) -> None:
        """Write a view: as JSON, or by `render` on standard output."""
        if self.json:
            write_json(view)
        else:
            from trialweave.faces.cli_paper import paper_on

            render(paper_on())
            if self.day is not None and self.day > dt.datetime.now(dt.UTC).date():
                said = f"{self.day} is yet to come; shown is what is known of it today."
                paper_on(sys.stderr).line(("note   ", "dim"), said, hang=7)


def open_workspace(root: Path) -> Workspace:
    """The workspace at a folder; nothing is created before the first `add`."""
    from trialweave.workspace import Workspace

    return Workspace(root)


def write_json(view: object) -> None:
    """One JSON object on standard output, as UTF-8 whatever the terminal's encoding."""
    import msgspec

    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(view), indent=2) + b"\n")
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        from trialweave.faces.cli_paper import pipe_closed

        pipe_closed()


def call_of(
    context: typer.Context, json: bool, workspace: Path | None, as_of: dt.date | None = None
) -> Call:
    """The call that a command belongs to; what stands after its name wins."""
    before: Call = context.obj
    return Call(workspace or before.root, json or before.json, as_of or before.day)


def asked_question(context: typer.Context) -> Question:
    """The question that the options of a call ask."""
    from trialweave.faces.question_form import question_of

    try:
        return question_of(context.params)
    except ValueError as error:
        raise WrongCall(f"{error}.") from None


def asked_filters(texts: Sequence[str]) -> dict[str, list[str]]:
    """The filters of a call: field=value, each."""
    from trialweave.faces.layout import parse_filters

    try:
        return parse_filters(texts)
    except ValueError as error:
        raise WrongCall(str(error)) from None


def rest_of_list(paper: Paper, offset: int, shown: int, total: int) -> None:
    """How to see what is left of a list of which `shown` items follow `offset`, if any is."""
    if offset and not shown:
        paper.line(f"{offset} skipped: none is left to show. Ask with a smaller --offset.")
    elif offset + shown < total:
        first, last = f"{offset + 1} to " if offset else "", offset + shown
        paper.blank()
        paper.line((f"{first}{last} of {total} shown; the next with --offset {last}", "dim"))


def write_file(path: Path, data: bytes) -> None:
    """Write a file that the user named; WorkspaceError where it cannot be."""
    try:
        path.write_bytes(data)
    except OSError as error:
        lacking = not path.parent.is_dir()
        raise WorkspaceError(
            f"cannot be written: {error.strerror}.",
            where=str(path),
            next_step=f"Make the folder {path.parent} first." if lacking else "Name another file.",
        ) from None


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """What is written into a folder that the user named; WorkspaceError where it cannot be."""
    try:
        yield
    except OSError as error:
        raise WorkspaceError(
            f"cannot be written: {error.strerror or error}.",
            where=str(error.filename or folder),
            next_step="Name another folder with --out.",
        ) from None


@contextmanager
def progress_bar(
    *, quiet: bool, doing: str = "reading"
) -> Iterator[Callable[[int, int, str], None] | None]:
    """A bar on standard error where that is a terminal that can draw one, with what is done."""
    plain = os.environ.get("TERM") == "dumb" or bool(os.environ.get("NO_COLOR"))
    if quiet or plain or not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from trialweave.faces.cli_paper import ink, paper_on
    from trialweave.publish.text import cut

    columns = (
        TextColumn(doing),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[name]}"),
    )
    with Progress(*columns, console=paper_on(sys.stderr).console, transient=True) as bar:
        task = bar.add_task(doing, total=None, name="")

        def step(done: int, total: int, name: str) -> None:
            bar.update(task, completed=done, total=total, name=ink(cut(name, 40)).markup)

        yield step


def say(kind: str, what: str, where: str, next_step: str, code: int, json: bool) -> None:
    """An error: one JSON object on standard output, or a line on standard error."""
    if json:
        write_json(
            {
                "error": {
                    "type": kind,
                    "what": what,
                    "where": where,
                    "next_step": next_step,
                    "exit_code": code,
                }
            }
        )
        return
    from trialweave.faces.cli_paper import paper_on

    head = f"{where}: {what}" if where else what
    paper = paper_on(sys.stderr)
    paper.line(("error  ", "bold red"), head, hang=7)
    if next_step:
        paper.line(("next   ", "dim"), next_step, hang=7)
