"""The commands that pool and keep questions: `pool`, `questions`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trialweave.faces.cli_call import (
    AsOf,
    Designs,
    Folder,
    Interval,
    Json,
    Level,
    Outcome,
    Product,
    Tau2,
    Time,
    Without,
    WithoutFlagged,
    WithRetracted,
    WrongCall,
    call_of,
    write_file,
)

if TYPE_CHECKING:
    from trialweave.faces.cli_paper import Paper
    from trialweave.synthesis import Question, Synthesis
    from trialweave.synthesis.changes import Changes
    from trialweave.synthesis.listing import QuestionsView
    from trialweave.workspace import Workspace

__all__ = ["changed", "register"]

_TABLES = (".csv", ".tsv")

Measure = Annotated[
    str, typer.Option(metavar="NAME", help="RR, OR, RD; MD, SMD, ROM; HR: of what to pool.")
]
Model = Annotated[
    str,
    typer.Option(metavar="NAME", help="random, common, MH, Peto, GLMM, beta-binomial, Bayes."),
]
Prediction = Annotated[
    str, typer.Option(metavar="DF", help="Of the prediction interval: k-1, k-2, normal, HK.")
]
ZeroCells = Annotated[
    str,
    typer.Option(metavar="WHERE", help="Where to add: only0, all, treatment-arm, none."),
]
Registered = Annotated[
    str, typer.Option(metavar="WHEN", help="'before enrolment': only studies registered then.")
]
Words = Annotated[str, typer.Option(metavar="WORDS", help="Only studies that mention this.")]
Subgroup = Annotated[
    str,
    typer.Option(
        metavar="BY", help="product, cell source, dose, designs, registration, risk of bias."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command()(pool)
    app.command()(questions)


def pool(
    context: typer.Context,
    asked: Annotated[
        str,
        typer.Argument(
            metavar="QUESTION|TABLE",
            help="A saved question or its file (.toml, .json), or a table of studies (.csv).",
            show_default=False,
        ),
    ] = "",
    outcome: Outcome = "mortality",
    measure: Measure = "RR",
    model: Model = "random",
    tau2: Tau2 = "REML",
    interval: Interval = "HK",
    prediction: Prediction = "k-1",
    zero_cells: ZeroCells = "only0",
    level: Level = 0.95,
    designs: Designs = "randomised",
    registered: Registered = "",
    time: Time = "longest",
    population: Words = "",
    product: Product = "",
    cell_source: Annotated[
        str, typer.Option(metavar="WORDS", help="Only cells from there: umbilical cord.")
    ] = "",
    dose: Annotated[
        str, typer.Option(metavar="RANGE", help="Only doses within: '1e6 to 5e6 cells/kg'.")
    ] = "",
    comparator: Annotated[
        str, typer.Option(metavar="WORDS", help="Only against this: placebo.")
    ] = "",
    subgroup: Subgroup = "",
    without: Without = None,
    without_flagged: WithoutFlagged = False,
    with_retracted: WithRetracted = False,
    title: Annotated[str, typer.Option(metavar="TEXT", help="A title for the question.")] = "",
    save: Annotated[
        str, typer.Option(metavar="NAME", help="Save the question as questions/NAME.toml.")
    ] = "",
    figure: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the forest plot: .svg or .png.")
    ] = None,
    as_of: AsOf = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Pool one outcome over the studies."""
    from trialweave.faces import cli_pool

    if figure is not None and figure.suffix.lower() not in (".svg", ".png"):
        raise WrongCall(f"{str(figure)!r} is neither .svg nor .png, the forms of --figure.")
    call = call_of(context, json, workspace, as_of)
    opened = call.open()
    saved: Path | None = None
    if Path(asked).suffix.lower() in _TABLES:
        if save or as_of is not None:
            raise WrongCall("a table is no question: --save and --as-of do not go with it.")
        view = _of_table(context, Path(asked))
    else:
        view, saved = _of_question(context, opened, asked, save)
    if figure is not None:
        drawn = opened.forest(view)
        svg = figure.suffix.lower() == ".svg"
        write_file(figure, drawn.svg.encode() if svg else drawn.png)

    def lines(paper: Paper) -> None:
        cli_pool.pooled(paper, view, figure)
        if saved is not None:
            paper.line(f"Question saved as {saved}")

    call.answer(view, lines)


def _of_question(
    context: typer.Context, opened: Workspace, asked: str, save: str
) -> tuple[Synthesis, Path | None]:
    """The answer to the question of a call, and where it was saved."""
    given = _given(context)
    if not save and asked and not given:
        return opened.answer(asked), None
    base = opened.question(asked) if asked else None
    question = _question(given if base is not None else context.params, base)
    if not save:
        return opened.pool(question), None
    saved = opened.save(save, question)
    return opened.answer(save), saved


def _of_table(context: typer.Context, table: Path) -> Synthesis:
    from trialweave.synthesis.table import pool_table

    given = _given(context)
    wrong = sorted(set(given) - set(_FOR_TABLES))
    if wrong:
        names = ", ".join("--" + name.replace("_", "-") for name in wrong)
        raise WrongCall(f"a table has nothing that {names} could choose from.")
    try:
        return pool_table(table, **{name: _folded(name, value) for name, value in given.items()})
    except ValueError as error:
        raise WrongCall(f"{error}.") from None


_FOR_TABLES = (
    "outcome", "title", "measure", "model", "tau2", "interval", "prediction", "zero_cells", "level",
)  # fmt: skip


def _given(context: typer.Context) -> dict[str, Any]:
    """The choices of a question that a call names itself; not those that it leaves to defaults."""
    from trialweave.synthesis.question import Question

    choices = {*Question.__struct_fields__, "without"}
    return {
        name: value
        for name, value in context.params.items()
        if name in choices
        and (source := context.get_parameter_source(name)) is not None
        and source.name == "COMMANDLINE"
    }


def _question(asked: Mapping[str, Any], base: Question | None) -> Question:
    from trialweave.faces.question_form import question_of

    try:
        return question_of(asked, base)
    except ValueError as error:
        raise WrongCall(f"{error}.") from None


def _folded(name: str, value: Any) -> Any:
    from trialweave.faces.question_form import folded_choice

    return folded_choice(name, value)


def questions(context: typer.Context, json: Json = False, workspace: Folder = None) -> None:
    """List the saved questions and their last answers."""
    call = call_of(context, json, workspace)
    view = call.open().questions()
    call.answer(view, lambda paper: _listed(paper, view))


def _listed(paper: Paper, view: QuestionsView) -> None:
    from trialweave.faces.layout import interval as shown
    from trialweave.faces.layout import plural

    if not view.questions:
        paper.line("No question is saved yet. Next: trialweave pool --save NAME")
        return
    for row in view.questions:
        if row.question is None:
            paper.line((f"{row.name}  ", "bold"), (row.problem, "bold yellow"))
            continue
        asked = row.question
        paper.line((f"{row.name}  ", "bold"), asked.title or f"{asked.outcome}, {asked.measure}")
        if row.answered is None:
            paper.line(("not answered yet", "dim"), indent=2)
            continue
        said = f"{asked.measure} {plural(row.k, 'study', 'studies')}"
        if row.pooled is not None:
            found = row.pooled
            said = f"{found.measure} {shown(found.estimate, found.low, found.high)}, " + plural(
                row.k, "study", "studies"
            )
        paper.line(
            f"{said}; answered {row.answered:%Y-%m-%d %H:%M}, data {row.data[:12]}", indent=2
        )


def changed(paper: Paper, view: Changes) -> None:
    """What changed in the answer to one saved question, and why."""
    from trialweave.faces.layout import interval as shown
    from trialweave.faces.layout import plural
    from trialweave.publish.text import fold

    paper.line((f"{view.name}  ", "bold"), fold(view.title))
    if view.problem:
        paper.line(("not answered  ", "bold yellow"), fold(view.problem), indent=2)
        return
    if view.pooled is not None:
        found = view.pooled
        said = f"{found.measure} {shown(found.estimate, found.low, found.high)}, "
        paper.line(said + plural(view.k, "study", "studies"), indent=2)
    if view.before is None:
        paper.line("answered for the first time", indent=2)
        return
    since = f"since {view.before:%Y-%m-%d %H:%M}"
    if not view.differences:
        data = "the data are the same" if view.same_data else "other data, the same answer"
        paper.line(f"nothing changed {since}: {data}", indent=2)
        return
    paper.line(f"{plural(len(view.differences), 'difference')} {since}:", indent=2)
    for one in view.differences:
        what = " ".join(text for text in (one.label, one.what) if text)
        turn = " → ".join(text or "nothing" for text in (one.was, one.now))
        why = f" ({one.why})" if one.why else ""
        paper.line((f"{one.kind}  ", "cyan"), fold(f"{what}: {turn}{why}"), indent=4, hang=4)
