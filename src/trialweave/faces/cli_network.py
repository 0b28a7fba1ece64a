"""The command that compares many treatments with each other: `network`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trialweave.faces.cli_call import Folder, Json, Level, WrongCall, call_of, write_file

if TYPE_CHECKING:
    from trialweave.faces.cli_paper import Paper
    from trialweave.synthesis.network_answer import Compared, NetworkAnswer, NetworkNote, QTest

__all__ = ["register"]

_MOST_IN_TERMINAL = 5  # treatments whose league table fits a terminal
_MOST_NAMES = 8  # of those that a note concerns


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(network)


def network(
    context: typer.Context,
    table: Annotated[
        Path,
        typer.Argument(
            metavar="TABLE.csv",
            help="One arm a row (study, treatment, events, n), or one comparison "
            "(study, treat1, treat2, yi, sei).",
        ),
    ],
    measure: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="OR, RR, RD, AS; IRR; MD, SMD, ROM; HR. RR, IRR or MD of arms if none is named.",
        ),
    ] = "",
    reference: Annotated[
        str,
        typer.Option(
            metavar="TREATMENT", help="What all are compared with; else what most studies have."
        ),
    ] = "",
    model: Annotated[str, typer.Option(metavar="NAME", help="random or common.")] = "random",
    tau2: Annotated[
        str, typer.Option(metavar="METHOD", help="REML, DL, ML, or the number itself.")
    ] = "REML",
    small_is_good: Annotated[
        bool | None,
        typer.Option(
            "--small-is-good/--large-is-good", help="Rank the treatments: which values are better."
        ),
    ] = None,
    level: Level = 0.95,
    part: Annotated[
        int, typer.Option(metavar="N", min=0, help="Which part of a disconnected network.")
    ] = 0,
    tolerance: Annotated[
        float,
        typer.Option(help="How far effects within a study may be from adding up."),
    ] = 1e-3,
    figure: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Draw the network: .svg, .png, .pdf, .html, .json, .csv."
        ),
    ] = None,
    league: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the league table: .csv or .html.")
    ] = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Compare many treatments in a network of studies."""
    from trialweave.publish.figures.drawing import FORMS
    from trialweave.synthesis.network import answer_network

    form = next((x for x in FORMS if figure is not None and f".{x}" == figure.suffix.lower()), None)
    if figure is not None and form is None:
        raise WrongCall(f"{str(figure)!r} is none of .{', .'.join(FORMS)}, the forms of a figure.")
    if league is not None and league.suffix.lower() not in (".csv", ".html"):
        raise WrongCall(f"{str(league)!r} is neither .csv nor .html, the forms of a league table.")
    call = call_of(context, json, workspace)
    try:
        view = answer_network(
            table,
            measure=measure,
            model=model,
            tau2=_tau2(tau2),
            reference=reference,
            small_is_good=small_is_good,
            level=level,
            part=part,
            tolerance=tolerance,
        )
    except ValueError as error:
        raise WrongCall(f"{error}.") from None
    if league is not None and view.league is None:
        raise WrongCall("--league: the network falls into parts; choose one with --part.")
    if figure is not None and form is not None:
        from trialweave.publish.figures.network import network_plot
        from trialweave.synthesis.network import shape_of

        title = f"Network of treatments: {table.stem}"
        write_file(figure, network_plot(shape_of(view), title=title).as_form(form))
    if league is not None:
        from trialweave.publish import league_table

        html = league.suffix.lower() == ".html"
        text = league_table.as_html(view) if html else league_table.as_csv(view)
        write_file(league, text.encode())
    written = [path for path in (figure, league) if path is not None]
    call.answer(view, lambda paper: _compared(paper, view, written))


def _tau2(text: str) -> str | float:
    """A method by its name, or τ² itself."""
    try:
        return float(text)
    except ValueError:
        return text.upper()


def _compared(paper: Paper, view: NetworkAnswer, written: list[Path]) -> None:
    from trialweave.faces.layout import plural
    from trialweave.publish.text import fold

    people = "" if view.participants is None else f", {plural(view.participants, 'participant')}"
    paper.line(
        (f"{fold(Path(view.table).stem)}, {view.measure}", "bold"),
        f"  {plural(len(view.treatments), 'treatment')}, "
        f"{plural(view.studies, 'study', 'studies')}{people}",
    )
    if len(view.parts) > 1:
        _parts(paper, view)
    if view.connected:
        _against(paper, view)
        _heterogeneity(paper, view)
        _split(paper, view)
        _loops(paper, view)
        _league(paper, view)
        paper.blank()
        paper.line(view.method)
    tree = any(note.code == "no loops" for note in view.notes)
    for note in view.notes:
        if not (tree and note.code in ("no inconsistency", "no triangles")):  # it says both
            _note(paper, note)
    for path in written:
        paper.line(f"Written: {path}")


def _note(paper: Paper, note: NetworkNote) -> None:
    from trialweave.publish.text import fold

    rest = len(note.about) - _MOST_NAMES
    names = ", ".join(fold(name) for name in note.about[:_MOST_NAMES])
    more = f" and {rest} more" if rest > 0 else ""
    said = f"{note.text.rstrip('.')}: {names}{more}." if names else note.text
    paper.line(("note  ", "cyan"), said, hang=6)


def _parts(paper: Paper, view: NetworkAnswer) -> None:
    from trialweave.faces.layout import plural
    from trialweave.publish.text import fold

    paper.heading(f"Nothing connects these {len(view.parts)} parts")
    for part in view.parts:
        names = ", ".join(fold(name) for name in part.treatments)
        chosen = "  shown below" if part.number == view.part else ""
        count = plural(len(part.studies), "study", "studies")
        paper.line((f"--part {part.number}  ", "cyan"), f"{names} ({count}){chosen}", indent=2)


def _effect(found: Compared) -> str:
    from trialweave.faces.layout import interval

    if found.estimate is None:
        return "–"
    return interval(found.estimate, found.low, found.high)


def _p(value: float | None) -> str:
    from trialweave.publish.numbers import p_text

    return "–" if value is None else p_text(value)


def _against(paper: Paper, view: NetworkAnswer) -> None:
    from trialweave.faces.layout import decimals, spread
    from trialweave.publish.text import fold

    ranked = view.small_is_good is not None
    good = "small" if view.small_is_good else "large"
    paper.heading(f"Against {fold(view.reference)}")
    rows = []
    for row in view.treatments:
        people = "–" if row.participants is None else f"{row.participants}"
        cells = [fold(row.treatment), str(row.studies), people]
        if row.treatment == view.reference:
            cells += ["reference", "", ""]
        else:
            ends = (row.prediction_low, row.prediction_high)
            cells += [
                _effect(row.against), _p(row.against.p), "–" if None in ends else spread(*ends)
            ]  # fmt: skip
        rows.append([*cells, *([decimals(row.p_score, 2)] if ranked else [])])
    head = [
        "", "studies", "people", f"{view.measure} ({100 * view.level:.4g}% interval)", "",
        "prediction", *(["P-score"] if ranked else []),
    ]  # fmt: skip
    paper.table(head, rows, numbers=(1, 2, *((6,) if ranked else ())), whole=(3, 4, 5))
    if ranked:
        paper.line((f"P-scores take {good} values for the better ones", "dim"), indent=2)


def _heterogeneity(paper: Paper, view: NetworkAnswer) -> None:
    from trialweave.faces.layout import decimals, small, small_spread

    seen = view.heterogeneity
    if seen is None:
        return
    paper.heading("Heterogeneity and inconsistency")
    if seen.tau2 is not None:
        limits = small_spread(seen.tau2_low, seen.tau2_high)
        i2 = "" if seen.i2 is None else f" · I² {decimals(seen.i2, 0)}%"
        paper.line(f"τ² {small(seen.tau2)} ({limits}){i2}", indent=2)
    tests = (
        ("whole network", seen.total),
        ("within designs", seen.within),
        ("between designs", seen.between),
        ("between designs, random effects", seen.between_random),
    )
    for name, test in tests:
        paper.line((f"Q {name}  ", "dim"), _q(test), indent=2)


def _q(test: QTest) -> str:
    from trialweave.faces.layout import decimals

    if test.q is None or not test.df:
        return "not defined"
    return f"{decimals(test.q, 2)} on {test.df} df, {_p(test.p)}"


def _split(paper: Paper, view: NetworkAnswer) -> None:
    from trialweave.faces.layout import decimals
    from trialweave.publish.text import fold

    paper.heading("Direct against indirect evidence")
    rows = []
    for row in view.comparisons:
        share = None if row.direct_share is None else 100.0 * row.direct_share
        rows.append(
            (
                f"{fold(row.first)} : {fold(row.second)}", str(row.studies),
                "–" if share is None else f"{decimals(share, 0)}%",
                _effect(row.direct), _effect(row.indirect), _p(row.difference.p),
            )
        )  # fmt: skip
    paper.table(
        ("", "studies", "direct", "direct evidence", "indirect evidence", "difference"),
        rows,
        numbers=(1, 2),
        whole=(3, 4, 5),
    )


def _loops(paper: Paper, view: NetworkAnswer) -> None:
    from trialweave.publish.text import fold
    from trialweave.synthesis.network_table import is_ratio

    if not view.loops:
        return
    paper.heading("Loops of direct comparisons")
    for loop in view.loops:
        a, b, c = map(fold, loop.treatments)
        paper.line(
            (f"{a} : {b} : {c}  ", "dim"), f"{_effect(loop.factor)}, {_p(loop.factor.p)}", indent=2
        )
    none = 1 if is_ratio(view.measure) else 0
    said = f"first : second and second : third against first : third; {none} where they agree"
    paper.line((said, "dim"), indent=2)


def _league(paper: Paper, view: NetworkAnswer) -> None:
    from trialweave.publish.league_table import square

    rows = square(view)
    if not rows or len(rows) > _MOST_IN_TERMINAL or paper.narrow:
        return
    paper.heading("League table")
    paper.table([""] * len(rows), rows)
    said = "below: all evidence, column against row; above: direct evidence, row against column"
    paper.line((said, "dim"), indent=2)
