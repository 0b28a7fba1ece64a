"""The commands behind an answer: `explore`, `figure`, `certainty`, `sof`, `hand-on`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trialweave.faces.cli_call import AsOf, Folder, Json, WrongCall, call_of, write_file
from trialweave.faces.cli_said import Adjudicate, Because, By, told_of_each

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trialweave.faces.cli_call import Call
    from trialweave.faces.cli_paper import Paper
    from trialweave.publish.certainty_view import CertaintyView
    from trialweave.publish.findings_table import SummaryRow
    from trialweave.synthesis.exploration import Exploration, Sequential

__all__ = ["register"]

Asked = Annotated[
    str,
    typer.Argument(
        metavar="QUESTION",
        help="A saved question, its file (.toml, .json), or a table of studies (.csv); "
        "mortality where none is named.",
        show_default=False,
    ),
]
Control = Annotated[
    float | None,
    typer.Option("--control-risk", metavar="RISK", help="The risk without treatment, 0 to 1."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command()(explore)
    app.command()(figure)
    app.command()(certainty)
    app.command()(sof)
    app.command("hand-on")(hand_on)


def _asked(asked: str) -> Any:
    """What an operation takes: an answer for a table, else the name or None."""
    if Path(asked).suffix.lower() in (".csv", ".tsv"):
        from trialweave.synthesis.table import pool_table

        try:
            return pool_table(Path(asked))
        except ValueError as error:
            raise WrongCall(f"{error}.") from None
    return asked or None


def _done(call: Call, operation: str, asked: str, **more: Any) -> Any:
    try:
        return getattr(call.open(), operation)(_asked(asked), **more)
    except ValueError as error:
        raise WrongCall(f"{error}.") from None


def explore(
    context: typer.Context,
    asked: Asked = "",
    control_risk: Control = None,
    reduction: Annotated[
        float | None,
        typer.Option(
            "--reduction",
            metavar="SHARE",
            help="Trial sequential analysis for so much fewer events: 0.2 is a fifth.",
        ),
    ] = None,
    as_of: AsOf = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Look behind an answer: single studies, asymmetry, moderators, looks."""
    call = call_of(context, json, workspace, as_of)
    view = _done(call, "explore", asked, control_risk=control_risk, relative_reduction=reduction)
    call.answer(view, lambda paper: _explored(paper, view))


def figure(
    context: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            metavar="FIGURE",
            help="forest, funnel, baujat, cumulative, leave-one-out, gosh, flow.",
        ),
    ],
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="Where to: .svg, .png, .pdf, .html (interactive), .json, .csv."
        ),
    ],
    asked: Asked = "",
    columns: Annotated[
        str,
        typer.Option(
            metavar="NAMES", help="Beside a forest plot, with commas: groups, effect, weight, bias."
        ),
    ] = "",
    as_of: AsOf = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Draw a figure of an answer."""
    from trialweave.publish.figures.drawing import FORMS

    form = next((each for each in FORMS if f".{each}" == file.suffix.lower()), None)
    if form is None:
        raise WrongCall(f"{str(file)!r} is none of .{', .'.join(FORMS)}, the forms of a figure.")
    call = call_of(context, json, workspace, as_of)
    chosen = [each.strip() for each in columns.split(",") if each.strip()] or None
    try:
        drawing = call.open().drawing(name, _asked(asked), columns=chosen)
    except ValueError as error:
        raise WrongCall(f"{error}.") from None
    write_file(file, drawing.as_form(form))
    said = {"figure": drawing.name, "title": drawing.title, "words": drawing.words}

    def lines(paper: Paper) -> None:
        paper.line((drawing.title, "bold"), f"  written to {file}")
        paper.line(drawing.words)

    call.answer({**said, "file": str(file)}, lines)


def certainty(
    context: typer.Context,
    asked: Asked = "",
    rate: Annotated[
        list[str] | None,
        typer.Option(
            "--rate",
            metavar="DOMAIN=RATING",
            help="Your rating of a domain, repeatable: 'indirectness=serious'.",
        ),
    ] = None,
    because: Because = "",
    by: By = "",
    adjudicate: Adjudicate = False,
    as_of: AsOf = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Draft the certainty of an answer by GRADE; take down what reviewers say of it."""
    call = call_of(context, json, workspace, as_of)
    ratings = told_of_each(rate or (), "DOMAIN=RATING", "'imprecision=serious'")
    view = _done(
        call, "certainty", asked, ratings=ratings, because=because, by=by, adjudicator=adjudicate
    )
    call.answer(view, lambda paper: _rated(paper, view))


def sof(
    context: typer.Context,
    asked: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="QUESTION...", help="Saved questions or their files; all saved ones if none."
        ),
    ] = None,
    control_risk: Control = None,
    export: Annotated[
        Path | None, typer.Option("--export", metavar="FILE", help="Write: .html, .docx or .csv.")
    ] = None,
    as_of: AsOf = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Make the summary of findings: absolute effects per 1,000 and the certainty."""
    call = call_of(context, json, workspace, as_of)
    opened = call.open()
    names = asked or [row.name for row in opened.questions().questions] or None
    try:
        rows = opened.summary_of_findings(names, control_risk=control_risk, export=export)
    except ValueError as error:
        raise WrongCall(f"{error}.") from None
    call.answer({"rows": rows}, lambda paper: _summary(paper, rows, export))


def hand_on(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the files go.")],
    asked: Asked = "",
    as_of: AsOf = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Write an answer for other programs: RevMan, R's metafor, JSON, CSV."""
    call = call_of(context, json, workspace, as_of)
    files = call.open().hand_on(_asked(asked), folder)
    names = [str(file) for file in files]

    def lines(paper: Paper) -> None:
        for name in names:
            paper.line(f"Written: {name}")

    call.answer({"files": names}, lines)


def _shown(value: float | None) -> str:
    from trialweave.publish.numbers import number_text

    return number_text(value)


def _p(value: float | None) -> str:
    from trialweave.publish.numbers import p_text

    return "–" if value is None else p_text(value)


def _explored(paper: Paper, view: Exploration) -> None:
    from trialweave.faces.layout import interval, plural
    from trialweave.publish.text import fold

    paper.line((plural(view.k, "study", "studies"), "bold"))
    for note in view.notes:
        paper.line(("note  ", "cyan"), note, hang=6)
    if view.studies:
        paper.heading("Single studies (marked: beyond one of the usual limits)")
        paper.table(
            ("", "residual", "DFFITS", "Cook", "hat", "share in Q", "τ² without"),
            [
                (
                    ("* " if one.influential else "") + fold(one.label),
                    *(_shown(x) for x in (one.residual, one.dffits, one.cook, one.hat)),
                    *(_shown(x) for x in (one.q_share, one.tau2_without)),
                )
                for one in view.studies
            ],
            numbers=(1, 2, 3, 4, 5, 6),
        )
    if view.tests:
        paper.heading("Funnel-plot asymmetry")
        for test in view.tests:
            meant = " (meant for this measure)" if test.fits else ""
            paper.line((test.name, "bold"), f"{meant}  {_p(test.p)}", indent=2)
            for note in test.notes:
                paper.line((note, "dim"), indent=4, hang=2)
    if view.adjusted:
        paper.heading("The pooled effect if something is missing")
        for each in view.adjusted:
            effect = interval(each.estimate, each.low, each.high)
            told = f"; {each.told}" if each.told else ""
            paper.line((each.name, "bold"), f"  {effect}{told}", indent=2)
            for note in each.notes:
                paper.line((note, "dim"), indent=4, hang=2)
    if view.moderators:
        paper.heading("Moderators, each alone (on the scale of the model)")
        for row in view.moderators:
            effect = interval(row.estimate, row.low, row.high)
            permuted = f", permuted {_p(row.permuted_p)}" if row.permuted_p is not None else ""
            paper.line(
                (fold(row.moderator), "bold"), f"  {effect}, {_p(row.p)}{permuted}", indent=2
            )
    if view.sequential is not None:
        _looks(paper, view.sequential)


def _looks(paper: Paper, view: Sequential) -> None:
    from trialweave.publish.text import fold

    paper.heading("Trial sequential analysis, a diagnostic (Cochrane Handbook 22.4)")
    paper.line(
        f"{view.required:,.0f} participants are required to tell "
        f"{100 * view.relative_reduction:.3g}% fewer events at a risk of "
        f"{100 * view.control_risk:.3g}%; diversity {100 * view.diversity:.0f}%."
    )
    paper.table(
        ("", "participants", "share", "z", "boundary", ""),
        [
            (
                fold(look.label), f"{look.participants:,.0f}", f"{100 * look.share:.0f}%",
                _shown(look.z), _shown(look.critical), "crossed" if look.crossed else "",
            )
            for look in view.looks
        ],
        numbers=(1, 2, 3, 4),
    )  # fmt: skip
    for note in view.notes:
        paper.line((note, "dim"), indent=2)


def _rated(paper: Paper, view: CertaintyView) -> None:
    from trialweave.publish.text import fold

    paper.line((fold(view.title), "bold"), f"  {view.measure}, {view.k} studies")
    paper.line(
        f"Certainty: {view.level}", f" (starts {view.start}; the numbers alone: {view.draft})"
    )
    for one in view.domains:
        paper.line((f"{one.domain}  ", "cyan"), f"{one.holds} ({one.how})", indent=2)
        paper.line((one.draft.reason, "dim"), indent=4)
        for said in one.said:
            paper.line(fold(said), indent=4)
    if view.open:
        paper.line(f"Waiting for reviewers: {', '.join(view.open)}")


def _summary(paper: Paper, rows: Sequence[SummaryRow], export: Path | None) -> None:
    from trialweave.publish.text import fold

    for row in rows:
        people = f"{row.participants:,} participants, {row.studies} studies"
        paper.line((fold(row.outcome), "bold"), f"  {people}")
        paper.line(row.effect, indent=2)
        if row.absolute is not None:
            one = row.absolute
            paper.line(
                f"per 1,000: {one.control:.0f} without, {one.treated:.0f} with "
                f"({one.low:.0f} to {one.high:.0f})",
                indent=2,
            )
        waiting = f"; waiting for reviewers: {', '.join(row.open)}" if row.open else ""
        paper.line(f"certainty (draft): {row.certainty}{waiting}", indent=2)
    if export is not None:
        paper.line(f"Written: {export}")
