"""The command line: one command per operation of the workspace, and `demo` and `serve`.

Every command takes `--workspace` (or TRIALWEAVE_WORKSPACE) and `--json`, before or after its name.
With `--json`, standard output holds exactly one JSON object: the answer, or ``{"error": …}``; the
exit code tells which. Without, answers go to standard output and errors to standard error. Exit
codes are those of `trialweave.errors`, 2 for a wrong call, 130 when interrupted, 141 where the
reader of a pipe went away, and 1 for a fault of the program itself.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.exceptions import TyperException

from trialweave import DEFAULT_WORKSPACE, __version__
from trialweave.errors import TrialweaveError
from trialweave.faces import (
    cli_assess,
    cli_compare,
    cli_correct,
    cli_decide,
    cli_definition,
    cli_explore,
    cli_fetch,
    cli_findings,
    cli_match,
    cli_network,
    cli_questions,
    cli_reconcile,
    cli_records,
    cli_reuse,
    cli_terms,
    cli_vocab,
)
from trialweave.faces.cli_call import (
    AsOf,
    Call,
    Designs,
    Folder,
    Identifier,
    Interval,
    Json,
    Level,
    Measure,
    Offset,
    Outcome,
    Product,
    Tau2,
    Time,
    Without,
    WithoutFlagged,
    WithRetracted,
    WrongCall,
    asked_filters,
    asked_question,
    call_of,
    progress_bar,
    say,
    writing,
)
from trialweave.faces.layout import next_step_of

if TYPE_CHECKING:
    from trialweave.faces.cli_paper import Paper

__all__ = ["app", "main", "run"]

INTERRUPTED = 130
_ORDER = (  # in which commands are listed: taking in, looking, appraising, pooling, the rest
    *("add", "fetch", "update", "follows", "status", "search", "show", "why", "document"),
    *("history", "links", "link", "unlink", "withdraw", "decisions", "conflicts", "check", "reuse"),
    *("term",),
    *("criteria", "match", "screen", "relax", "definition"),
    *("compare", "evidence_map", "interventions", "outcomes"),
    *("assess", "assessments"),
    *("findings", "correct", "confirm", "reject", "enter", "undo", "corrections"),
    *("pool", "questions", "network", "explore", "figure", "certainty", "sof", "hand_on"),
    *("export", "dedupe", "serve", "demo", "rebuild"),
)

app = typer.Typer(
    name="trialweave",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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
    ] = Path(DEFAULT_WORKSPACE),
    as_of: AsOf = None,
    version: Annotated[bool, typer.Option("--version", "-V", help="Print the version.")] = False,
) -> None:
    """Weave the records of clinical trials into studies, re-compute what they report, pool it."""
    context.obj = Call(workspace, json, as_of)
    if version:
        said = f"trialweave {__version__}"
        context.obj.answer({"version": __version__}, lambda paper: paper.line(said))
        raise typer.Exit
    if context.invoked_subcommand is None:
        if json:
            raise WrongCall("Name a command.")
        sys.stdout.write(context.get_help() + "\n")
        raise typer.Exit(2)


@app.command()
def status(
    context: typer.Context, as_of: AsOf = None, json: Json = False, workspace: Folder = None
) -> None:
    """Say what the workspace holds."""
    from trialweave.faces import cli_render

    call = call_of(context, json, workspace, as_of)
    view = call.open().status()
    there = call.root.exists()
    call.answer(view, lambda paper: cli_render.status(paper, view, there=there, day=call.day))


@app.command()
def search(
    context: typer.Context,
    query: Annotated[list[str] | None, typer.Argument(metavar="QUERY", help="Words.")] = None,
    filters: Annotated[
        list[str] | None,
        typer.Option("--filter", metavar="FIELD=VALUE", help="Narrow; may be repeated."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many to show.")] = 20,
    offset: Offset = 0,
    as_of: AsOf = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Find studies by words and filters."""
    from trialweave.faces import cli_render

    call = call_of(context, json, workspace, as_of)
    view = call.open().search(
        " ".join(query or ()), filters=asked_filters(filters or ()), limit=limit, offset=offset
    )
    call.answer(view, lambda paper: cli_render.search(paper, view))


@app.command()
def show(
    context: typer.Context,
    identifier: Identifier,
    whole: Annotated[bool, typer.Option("--whole", help="Cut neither texts nor lists.")] = False,
    as_of: AsOf = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Show a study, its records side by side."""
    from trialweave.faces import cli_render

    call = call_of(context, json, workspace, as_of)
    view = call.open().show(identifier)
    call.answer(view, lambda paper: cli_render.study(paper, view, whole=whole))


@app.command()
def links(
    context: typer.Context,
    identifier: Identifier,
    as_of: AsOf = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Show why records belong together."""
    from trialweave.faces import cli_links

    call = call_of(context, json, workspace, as_of)
    view = call.open().links(identifier)
    call.answer(view, lambda paper: cli_links.links(paper, view))


@app.command()
def why(
    context: typer.Context,
    identifier: Identifier,
    concept: Annotated[
        str, typer.Argument(metavar="CONCEPT", help="enrollment, primary_outcomes[0].measure …")
    ],
    as_of: AsOf = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Show where a value stands."""
    from trialweave.faces import cli_render

    call = call_of(context, json, workspace, as_of)
    view = call.open().why(identifier, concept)
    call.answer(view, lambda paper: cli_render.why(paper, view))


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
    with_retracted: WithRetracted = False,
    as_of: AsOf = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Write tables, forest plot and manifest."""
    call = call_of(context, json, workspace, as_of)
    with writing(out):
        written = call.open().export(out, asked_question(context))
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
    """Run the main job on the embedded corpus."""
    from trialweave.faces import cli_demo

    call = call_of(context, json, workspace)
    with writing(out), progress_bar(quiet=call.json) as progress:
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
    deciding: Annotated[
        bool | None,
        typer.Option(
            "--allow-decisions/--read-only",
            help="Whether people can decide; else where only this machine is answered.",
        ),
    ] = None,
    as_of: AsOf = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Open the workspace to a browser."""
    from trialweave.faces import server

    call = call_of(context, json, workspace, as_of)
    if deciding and call.day is not None:
        raise WrongCall("--allow-decisions: nothing can be decided --as-of an earlier day.")
    opened = call.open()
    opened.status()  # a damaged workspace is said now, not on the first page

    def ready(url: str, deciding: bool) -> None:
        said = {"url": url, "workspace": str(call.root), "deciding": deciding}

        def lines(paper: Paper) -> None:
            paper.line(f"Open {url}   (Ctrl-C stops)")
            may = "decide and assess" if deciding else "read, and decide nothing"
            paper.line((f"Whoever opens it can {may}.", "dim"))

        call.answer(said, lines)
        sys.stdout.flush()

    server.serve(opened, host, port, tuple(allow_host or ()), ready, deciding)


cli_records.register(app)
cli_fetch.register(app)
cli_decide.register(app)
cli_reconcile.register(app)
cli_findings.register(app)
cli_correct.register(app)
cli_reuse.register(app)
cli_assess.register(app)
cli_questions.register(app)
cli_network.register(app)
cli_explore.register(app)
cli_terms.register(app)
cli_match.register(app)
cli_definition.register(app)
cli_compare.register(app)
cli_vocab.register(app)
app.registered_commands.sort(key=lambda it: _ORDER.index(getattr(it.callback, "__name__", "")))


def run(arguments: Sequence[str]) -> int:
    """Run one call; returns the exit code and never raises for what a user can put right."""
    command = typer.main.get_command(app)
    before_dashes = arguments[: arguments.index("--")] if "--" in arguments else arguments
    json = "--json" in before_dashes
    arguments = list(arguments)
    if arguments[:1] == ["help"]:
        arguments = [*arguments[1:2], "--help"]
    try:
        for argument in arguments:
            argument.encode()
        code = int(command.main(args=arguments, prog_name="trialweave", standalone_mode=False) or 0)
        if code == INTERRUPTED:  # typer takes the interruption as an exit
            raise KeyboardInterrupt
        return code
    except TrialweaveError as error:
        kind, next_step = type(error).__name__, next_step_of(error)
        say(kind, error.what, error.where, next_step, error.exit_code, json)
        return error.exit_code
    except TyperException as error:
        message = getattr(error, "format_message", lambda: "Stopped.")()
        context = getattr(error, "ctx", None)
        path = context.command_path if context is not None else "trialweave"
        message = message.replace(": Value error, ", ": ")
        say("UsageError", message, "", f"Try: {path} --help", 2, json)
        return 2
    except UnicodeEncodeError:
        what, next_step = "The call is not valid UTF-8.", "Name the file by a pattern: 'caf*.json'"
        say("UsageError", what, "", next_step, 2, json)
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped; what was written before stays whole.\n")
        return INTERRUPTED
    except OSError as error:
        what = f"the system refused: {error.strerror or error}."
        where = str(error.filename or "")
        say("WorkspaceError", what, where, "Check permissions and space.", 17, json)
        return 17
    except Exception as error:
        traceback.print_exc()
        what = f"something went wrong inside Trialweave: {type(error).__name__}."
        say("InternalError", what, "", "Please report it with the lines above.", 1, json)
        return 1


def main() -> None:
    """Entry point of the program."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))
