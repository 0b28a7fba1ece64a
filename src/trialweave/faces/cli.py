"""The command line: one command per operation of the workspace, and `demo` and `serve`.

Every command takes `--workspace` (or TRIALWEAVE_WORKSPACE) and `--json`, before or after its name.
With `--json`, standard output holds exactly one JSON object: the answer, or ``{"error": …}``; the
exit code tells which. Without, answers go to standard output and errors to standard error. Exit
codes are those of `trialweave.errors`, 2 for a wrong call, 130 when interrupted.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from typer.exceptions import TyperException

from trialweave.errors import TrialweaveError, WorkspaceError

if TYPE_CHECKING:
    from trialweave.faces.cli_paper import Paper
    from trialweave.synthesis.question import Question
    from trialweave.workspace import Workspace

__all__ = ["app", "main", "open_workspace", "run"]

app = typer.Typer(
    name="trialweave",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Json = Annotated[bool, typer.Option("--json", help="Write the answer as one JSON object.")]
Folder = Annotated[
    Path | None,
    typer.Option("--workspace", metavar="DIR", help="The workspace; .trialweave where not given."),
]
Identifier = Annotated[
    str, typer.Argument(metavar="ID", help="Any number of the study: registry, DOI, PMID, record.")
]
Outcome = Annotated[str, typer.Option(metavar="FAMILY", help="Family of outcomes to pool.")]
Measure = Annotated[Literal["RR", "OR", "RD"], typer.Option(help="Effect measure.")]
Tau2 = Annotated[
    Literal["REML", "DL", "PM", "ML", "EB", "HE", "HS", "SJ"],
    typer.Option(help="Estimator of the variance between studies."),
]
Interval = Annotated[
    Literal["HK", "Wald", "HK-adhoc"], typer.Option(help="Interval; HK is Hartung and Knapp's.")
]
Level = Annotated[float, typer.Option(min=0.5, max=0.999, help="Level of the intervals.")]
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


@dataclass(frozen=True)
class Call:
    """What holds for a whole call: where the workspace is, and how to answer."""

    root: Path
    json: bool

    def open(self) -> Workspace:
        """The workspace of this call."""
        return open_workspace(self.root)

    def answer(self, view: object, render: Callable[[Paper], None]) -> None:
        """Write a view: as JSON, or by `render` on standard output."""
        if self.json:
            write_json(view)
        else:
            from trialweave.faces.cli_paper import paper_on

            render(paper_on())


def open_workspace(root: Path) -> Workspace:
    """The workspace at a folder; nothing is created before the first `add`."""
    from trialweave.workspace import Workspace

    return Workspace(root)


def write_json(view: object) -> None:
    """One JSON object on standard output, as UTF-8 whatever the terminal's encoding."""
    import msgspec

    sys.stdout.flush()
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(view), indent=2) + b"\n")
    sys.stdout.buffer.flush()


def _call(context: typer.Context, json: bool, workspace: Path | None) -> Call:
    before: Call = context.obj
    return Call(workspace or before.root, json or before.json)


@app.callback(invoke_without_command=True)
def _before(
    context: typer.Context,
    json: Json = False,
    workspace: Annotated[
        Path,
        typer.Option(
            "--workspace",
            metavar="DIR",
            envvar="TRIALWEAVE_WORKSPACE",
            help="The folder that holds everything read.",
        ),
    ] = Path(".trialweave"),
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Weave the records of clinical trials into studies, re-compute what they report, pool it."""
    context.obj = Call(workspace, json)
    if version:
        from importlib.metadata import version as installed

        number = installed("trialweave")
        Call(workspace, json).answer(
            {"version": number}, lambda paper: paper.line(f"trialweave {number}")
        )
        raise typer.Exit


@app.command()
def add(
    context: typer.Context,
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="PATHS…", help="Files, folders, patterns.")
    ] = None,
    corpus: Annotated[bool, typer.Option("--corpus", help="Add the embedded corpus.")] = False,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Read documents of any known kind into the workspace and weave them into studies."""
    from trialweave.faces import cli_render
    from trialweave.faces.cli_paper import paper_on

    if bool(paths) == corpus:
        raise typer.BadParameter("Name files, folders or patterns, or --corpus.")
    call = _call(context, json, workspace)
    with _progress(quiet=call.json) as progress:
        opened = call.open()
        if paths:
            report = opened.add(paths, progress=progress)
        else:
            report = opened.add_corpus(progress=progress)
    call.answer(report, lambda paper: cli_render.added(paper, report))
    if not call.json:
        cli_render.refusals(paper_on(sys.stderr), report)
    raise typer.Exit(report.exit_code)


@app.command()
def status(context: typer.Context, json: Json = False, workspace: Folder = None) -> None:
    """Say what the workspace holds."""
    from trialweave.faces import cli_render

    call = _call(context, json, workspace)
    view = call.open().status()
    call.answer(view, lambda paper: cli_render.status(paper, view))


@app.command()
def search(
    context: typer.Context,
    query: Annotated[list[str] | None, typer.Argument(metavar="QUERY", help="Words.")] = None,
    filters: Annotated[
        list[str] | None,
        typer.Option("--filter", metavar="FIELD=VALUE", help="Narrow; may be repeated."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many to show.")] = 20,
    offset: Annotated[int, typer.Option(min=0, help="How many to skip.")] = 0,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Find studies by words, numbers and filters."""
    from trialweave.faces import cli_render

    call = _call(context, json, workspace)
    view = call.open().search(
        " ".join(query or ()), filters=_filters(filters or ()), limit=limit, offset=offset
    )
    call.answer(view, lambda paper: cli_render.search(paper, view))


@app.command()
def show(
    context: typer.Context,
    identifier: Identifier,
    whole: Annotated[bool, typer.Option("--whole", help="Do not cut long texts.")] = False,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Show one study: its records side by side, concept by concept."""
    from trialweave.faces import cli_render

    call = _call(context, json, workspace)
    view = call.open().show(identifier)
    call.answer(view, lambda paper: cli_render.study(paper, view, whole=whole))


@app.command()
def check(
    context: typer.Context, identifier: Identifier, json: Json = False, workspace: Folder = None
) -> None:
    """Show a study's findings and what re-computing them gave."""
    from trialweave.faces import cli_check

    call = _call(context, json, workspace)
    view = call.open().check(identifier)
    call.answer(view, lambda paper: cli_check.check(paper, view))


@app.command()
def links(
    context: typer.Context, identifier: Identifier, json: Json = False, workspace: Folder = None
) -> None:
    """Show why a study's records belong together, or were kept apart."""
    from trialweave.faces import cli_render

    call = _call(context, json, workspace)
    view = call.open().links(identifier)
    call.answer(view, lambda paper: cli_render.links(paper, view))


@app.command()
def why(
    context: typer.Context,
    identifier: Identifier,
    concept: Annotated[
        str, typer.Argument(metavar="CONCEPT", help="enrollment, primary_outcomes[0].measure …")
    ],
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Show where a value comes from: source, version, date, passage, rule."""
    from trialweave.faces import cli_render

    call = _call(context, json, workspace)
    view = call.open().why(identifier, concept)
    call.answer(view, lambda paper: cli_render.why(paper, view))


@app.command()
def document(
    context: typer.Context,
    record: Annotated[str, typer.Argument(metavar="RECORD", help="As `show` names it.")],
    version: Annotated[int | None, typer.Option(min=1, help="Which version.")] = None,
    start: Annotated[int, typer.Option(min=-1, help="First character of a passage.")] = -1,
    end: Annotated[int, typer.Option(min=-1, help="Character after the passage.")] = -1,
    path: Annotated[str, typer.Option(help="Path into a JSON record.")] = "",
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Print a record's text as received, a passage of it marked."""
    from trialweave.faces import cli_render

    call = _call(context, json, workspace)
    view = call.open().document(record, version=version, start=start, end=end, path=path)
    call.answer(view, lambda paper: cli_render.document(paper, view))


@app.command()
def pool(
    context: typer.Context,
    outcome: Outcome = "mortality",
    measure: Measure = "RR",
    tau2: Tau2 = "REML",
    interval: Interval = "HK",
    level: Level = 0.95,
    designs: Designs = "randomised",
    time: Time = "longest",
    product: Product = "",
    without: Without = None,
    without_flagged: WithoutFlagged = False,
    figure: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the forest plot: .svg or .png.")
    ] = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Pool one outcome over the studies, with heterogeneity and sensitivity."""
    from trialweave.faces import cli_pool

    if figure is not None and figure.suffix.lower() not in (".svg", ".png"):
        raise typer.BadParameter("--figure writes .svg or .png.")
    call = _call(context, json, workspace)
    opened = call.open()
    view = opened.pool(_question(context))
    if figure is not None:
        drawn = opened.forest(view)
        svg = figure.suffix.lower() == ".svg"
        _write(figure, drawn.svg.encode() if svg else drawn.png)
    call.answer(view, lambda paper: cli_pool.pooled(paper, view, figure))


@app.command()
def export(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", help="The folder to write.")] = Path("out"),
    outcome: Outcome = "mortality",
    measure: Measure = "RR",
    tau2: Tau2 = "REML",
    interval: Interval = "HK",
    level: Level = 0.95,
    designs: Designs = "randomised",
    time: Time = "longest",
    product: Product = "",
    without: Without = None,
    without_flagged: WithoutFlagged = False,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Write summary, tables, forest plot and a manifest of them with sha256."""
    call = _call(context, json, workspace)
    written = call.open().export(out, _question(context))
    names = [str(path) for path in written]

    def lines(paper: Paper) -> None:
        for name in names:
            paper.line(name)

    call.answer({"written": names}, lines)


@app.command()
def demo(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", help="The folder to write.")] = Path("out"),
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Run the main job on the embedded corpus and print the evidence summary."""
    from trialweave.faces import cli_demo

    call = _call(context, json, workspace)
    with _progress(quiet=call.json) as progress:
        view = cli_demo.run(call.open(), out, progress)
    call.answer(view, lambda paper: cli_demo.summary(paper, view))


@app.command()
def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one.")] = 8765,
    allow_host: Annotated[
        list[str] | None,
        typer.Option("--allow-host", metavar="NAME", help="Answer to this name too; repeatable."),
    ] = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Show the workspace in the browser, and as JSON under /api/v1."""
    from trialweave.faces import server

    call = _call(context, json, workspace)
    opened = call.open()
    opened.status()  # a damaged workspace is said now, not on the first page

    def ready(url: str) -> None:
        said = {"url": url, "workspace": str(call.root)}
        call.answer(said, lambda paper: paper.line(f"Open {url}   (Ctrl-C stops)"))
        sys.stdout.flush()

    server.serve(opened, host, port, tuple(allow_host or ()), ready)


def _question(context: typer.Context) -> Question:
    """The question that the options of a call ask."""
    from trialweave.faces.layout import question_of

    try:
        return question_of(context.params)
    except ValueError as error:
        raise typer.BadParameter(f"{error}.") from None


def _filters(texts: Sequence[str]) -> dict[str, list[str]]:
    from trialweave.faces.layout import parse_filters

    try:
        return parse_filters(texts)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise WorkspaceError(
            f"cannot be written: {error.strerror}.", where=str(path), next_step="Name another file."
        ) from None


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[int, int, str], None] | None]:
    """A bar on standard error where that is a terminal that can draw one."""
    plain = os.environ.get("TERM") == "dumb" or bool(os.environ.get("NO_COLOR"))
    if quiet or plain or not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from trialweave.faces.cli_paper import ink, paper_on
    from trialweave.publish.text import cut

    columns = (TextColumn("reading"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[name]}"))
    with Progress(*columns, console=paper_on(sys.stderr).console, transient=True) as bar:
        task = bar.add_task("reading", total=None, name="")

        def step(done: int, total: int, name: str) -> None:
            bar.update(task, completed=done, total=total, name=ink(cut(name, 40)).markup)

        yield step


def run(arguments: Sequence[str]) -> int:
    """Run one call; returns the exit code and never raises for what a user can put right."""
    command = typer.main.get_command(app)
    before_dashes = arguments[: arguments.index("--")] if "--" in arguments else arguments
    json = "--json" in before_dashes
    try:
        for argument in arguments:
            argument.encode()
        return int(
            command.main(args=list(arguments), prog_name="trialweave", standalone_mode=False) or 0
        )
    except TrialweaveError as error:
        _say(type(error).__name__, error.what, error.where, error.next_step, error.exit_code, json)
        return error.exit_code
    except TyperException as error:
        message = getattr(error, "format_message", lambda: "Stopped.")()
        context = getattr(error, "ctx", None)
        path = context.command_path if context is not None else "trialweave"
        _say(type(error).__name__, message, "", f"Try: {path} --help", 2, json)
        return 2
    except UnicodeEncodeError:
        _say("UsageError", "The call is not valid UTF-8.", "", "", 2, json)
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped; what was written before stays whole.\n")
        return 130
    except OSError as error:
        if error.errno == errno.EPIPE:  # the reader of a pipe has gone, which is its right
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        raise


def _say(kind: str, what: str, where: str, next_step: str, code: int, json: bool) -> None:
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


def main() -> None:
    """Entry point of the program."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))
