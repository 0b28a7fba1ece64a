"""The commands on eligibility: `criteria`, `match`, `screen`, `relax`."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from trialweave.faces.cli_call import (
    AsOf,
    Folder,
    Identifier,
    Json,
    WrongCall,
    call_of,
    write_file,
)
from trialweave.faces.layout import plural
from trialweave.publish.text import cut, fold

if TYPE_CHECKING:
    from trialweave.faces.cli_paper import Paper
    from trialweave.protocol.patients.relaxing import Relaxed
    from trialweave.protocol.patients.verdicts import TrialVerdict
    from trialweave.publish.criteria_export import CriteriaExport
    from trialweave.publish.eligibility import (
        CriteriaView,
        MatchView,
        PatientMatch,
        ScreeningView,
    )

__all__ = ["register"]

_STYLES = {
    "eligible": "green", "ineligible": "red", "undetermined": "yellow",
    "allows": "green", "bars": "red", "open": "yellow",
    "full": "green", "partial": "yellow", "none": "dim",
}  # fmt: skip
_SECTIONS = {"inclusion": "Inclusion", "exclusion": "Exclusion", "unknown": "Other"}
_OUTCOMES = ("eligible", "undetermined", "ineligible")
_OPEN_SHOWN = 5  # criteria of a trial that are shown without --all


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise WrongCall(f"{text!r} is not a day of the calendar; write 2026-06-30.") from None


Patients = Annotated[
    Path, typer.Argument(metavar="FILE", help="FHIR R4 or R5: a bundle, or resources as NDJSON.")
]
Day = Annotated[
    dt.date | None,
    typer.Option("--on", metavar="DATE", parser=_date, help="The day of screening; else today."),
]
Fresh = Annotated[
    float,
    typer.Option("--fresh", metavar="DAYS", min=0, help="So long results count; 30 days."),
]
Complete = Annotated[
    list[str] | None,
    typer.Option(
        "--complete",
        metavar="KIND",
        help="The record names every condition, drug, procedure or allergy; may be repeated.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    for command in (criteria, match, screen, relax):
        app.command()(command)


def criteria(
    context: typer.Context,
    identifier: Identifier,
    export: Annotated[
        str,
        typer.Option(
            "--export",
            metavar="FORM",
            help="As definition, fhir-r4, fhir-r5, fhir-r6, omop, cql or csv.",
        ),
    ] = "",
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE", help="Where to write it; else named by the study."),
    ] = None,
    as_of: AsOf = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Show, or export, a study's eligibility criteria as understood."""
    call = call_of(context, json, workspace, as_of)
    if to is not None and not export:
        raise WrongCall("--to goes with --export FORM.")
    if export:
        made = call.open().export_criteria(identifier, export)
        path = to or Path(made.file_name)
        write_file(path, made.content.encode())
        call.answer(made, lambda paper: _exported(paper, made, path))
        return
    view = call.open().criteria(identifier)
    call.answer(view, lambda paper: _criteria(paper, view))


def match(
    context: typer.Context,
    patients: Patients,
    trials: Annotated[
        list[str] | None,
        typer.Argument(metavar="TRIAL", help="Trials to hold them against; all where none is."),
    ] = None,
    on: Day = None,
    fresh: Fresh = 30.0,
    complete: Complete = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many trials to show.")] = 10,
    every: Annotated[bool, typer.Option("--all", help="Show every criterion.")] = False,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Hold patients against trials, criterion by criterion."""
    call = call_of(context, json, workspace)
    view = call.open().match(
        patients,
        trials=trials or (),
        day=on,
        fresh_days=fresh,
        complete=complete or (),
        limit=limit,
    )
    call.answer(view, lambda paper: _match(paper, view, every or len(trials or ()) == 1))


def screen(
    context: typer.Context,
    cohort: Annotated[
        Path, typer.Argument(metavar="FILE", help="A cohort: CSV, or FHIR as for `match`.")
    ],
    trial: Identifier,
    on: Day = None,
    fresh: Fresh = 30.0,
    complete: Complete = None,
    people: Annotated[bool, typer.Option("--people", help="List everybody.")] = False,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Hold a cohort against one trial: who remains, and what bars how many."""
    call = call_of(context, json, workspace)
    view = call.open().screen(cohort, trial, day=on, fresh_days=fresh, complete=complete or ())
    call.answer(view, lambda paper: _screen(paper, view, people))


def relax(
    context: typer.Context,
    cohort: Annotated[
        Path, typer.Argument(metavar="FILE", help="A cohort: CSV, or FHIR as for `match`.")
    ],
    trial: Identifier,
    criterion: Annotated[
        int, typer.Argument(metavar="NUMBER", min=1, help="Which, as `criteria` numbers them.")
    ],
    values: Annotated[
        list[float], typer.Argument(metavar="BOUND", help="Bounds to try, in its own unit.")
    ],
    concept: Annotated[
        str, typer.Option(metavar="NAME", help="Which measure of it, where it has several.")
    ] = "",
    end: Annotated[
        Literal["low", "high"], typer.Option(help="Which end of a range; the high one.")
    ] = "high",
    on: Day = None,
    fresh: Fresh = 30.0,
    complete: Complete = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Try other bounds of one criterion on a cohort."""
    call = call_of(context, json, workspace)
    view = call.open().relax(
        cohort,
        trial,
        criterion - 1,
        values,
        concept=concept,
        end=end,
        day=on,
        fresh_days=fresh,
        complete=complete or (),
    )
    call.answer(view, lambda paper: _relax(paper, view))


def _criteria(paper: Paper, view: CriteriaView) -> None:
    from trialweave.publish.conditions import condition_text

    paper.line((view.study.study_id, "bold"), f"  {fold(view.study.title)}")
    told = view.covered
    paper.line(
        (f"{plural(told.criteria, 'criterion', 'criteria')} of {fold(view.record_id)}: ", "dim"),
        f"{told.full} understood in full, {told.partial} in part, {told.none} not",
    )
    section = ""
    for row in view.rows:
        one = row.criterion
        field = one.heading == "registry field"
        title = "As fields of the register" if field else _SECTIONS[one.section]
        if title != section:
            section = title
            paper.heading(title)
        if one.kind != "criterion":
            paper.line((fold(one.text), "italic"), indent=2)
            continue
        paper.line((f"{one.number + 1:>3}  ", "dim"), fold(one.text), indent=2, hang=5)
        if one.coverage != "none":
            paper.line((condition_text(one.tree), _STYLES[one.coverage]), indent=7)
        for flag in one.flags:
            paper.line((f"{flag.name.replace('_', ' ')}  ", "yellow"), fold(flag.reason), indent=7)
    if view.others:
        paper.line(("Also stated by ", "dim"), ", ".join(map(fold, view.others)))


def _exported(paper: Paper, made: CriteriaExport, path: Path) -> None:
    paper.line((str(path), "bold"), f"  {made.form} of {fold(made.record_id)}")
    if not made.losses:
        paper.line("Nothing is lost in it.")
        return
    paper.heading(f"What it cannot say: {plural(len(made.losses), 'thing')}")
    for loss in made.losses:
        number = f"{loss.criterion + 1:>3}" if loss.criterion >= 0 else "all"
        instead = (f"  instead: {fold(loss.instead)}", "dim") if loss.instead else ""
        paper.line((f"{number}  ", "dim"), cut(fold(loss.what), 300), instead, indent=2, hang=5)


def _match(paper: Paper, view: MatchView, every: bool) -> None:
    asked = view.asked
    kinds = f"; complete: {', '.join(asked.complete)}" if asked.complete else ""
    paper.line((f"On {asked.day}; results count for {asked.fresh_days:g} days{kinds}.", "dim"))
    for one in view.patients:
        _patient(paper, one, view, every)


def _patient(paper: Paper, one: PatientMatch, view: MatchView, every: bool) -> None:
    paper.heading(f"Patient {cut(fold(one.identifier), 60)}")
    paper.line(
        f"{plural(one.facts, 'fact')}; of {plural(view.trials, 'trial')} "
        f"{one.eligible} eligible, {one.undetermined} undetermined, {one.ineligible} ineligible"
        + (f"; {view.without} state no criteria" if view.without else "")
    )
    for trial in one.trials:
        _trial(paper, trial, every)


def _trial(paper: Paper, trial: TrialVerdict, every: bool) -> None:
    from trialweave.publish.conditions import verdict_text

    paper.line(
        (trial.study_id, "bold"),
        (f"  {trial.outcome}  ", _STYLES[trial.outcome]),
        fold(trial.title),
        indent=2,
    )
    wanted = "bars" if trial.outcome == "ineligible" else "open"
    shown = [each for each in trial.criteria if every or each.follows == wanted]
    for each in shown if every else shown[:_OPEN_SHOWN]:
        paper.line(
            (f"{each.follows:<6} ", _STYLES[each.follows]),
            (f"{each.criterion.section:<9}  ", "dim"),
            cut(fold(each.criterion.text), 160),
            indent=4,
            hang=18,
        )
        paper.line((verdict_text(each.verdict), "dim"), indent=22)
    if not every and len(shown) > _OPEN_SHOWN:
        paper.line((f"and {len(shown) - _OPEN_SHOWN} more: --all", "dim"), indent=4)
    for settling in trial.settled_by[:3]:
        alone = " and would settle the trial" if settling.alone else ""
        count = plural(len(settling.criteria), "criterion", "criteria")
        paper.line(("to know  ", "dim"), f"{fold(settling.missing)}: {count}{alone}", indent=4)


def _screen(paper: Paper, view: ScreeningView, people: bool) -> None:
    found = view.screening
    paper.line((view.study_id, "bold"), f"  {fold(view.title)}")
    paper.line(
        f"Of {plural(found.total, 'person', 'people')} {found.eligible} eligible, "
        f"{found.undetermined} undetermined, {found.ineligible} ineligible on {view.asked.day}."
    )
    if found.funnel:
        paper.blank()
        paper.table(
            ("", "criterion", "bars", "open", "left", "alone"),
            [
                (
                    f"{row.criterion.section[:2]} {row.criterion.number + 1}",
                    cut(fold(row.criterion.text), 70),
                    *map(str, (row.bars, row.open, row.left, row.alone)),
                )
                for row in found.funnel
            ],
            numbers=(2, 3, 4, 5),
            whole=(0,),
        )
        paper.line(
            ("left: barred by neither this nor one before; alone: barred by this only.", "dim")
        )
    if view.unused:
        paper.line("Columns that are not known: ", ", ".join(map(fold, view.unused)))
    for name, count in view.unread.items():
        paper.line(f"{plural(count, 'cell')} of {fold(name)} could not be read.")
    if people:
        paper.heading("People")
        rows = [
            (fold(each.identifier), each.outcome, _numbers(each.bars), _numbers(each.open))
            for each in found.people
        ]
        paper.table(("id", "outcome", "barred by", "open"), rows)


def _relax(paper: Paper, view: Relaxed) -> None:
    from trialweave.publish.conditions import concept_title

    one = view.criterion
    paper.line((f"{_SECTIONS[one.section]} {one.number + 1}  ", "dim"), fold(one.text))
    paper.blank()
    name = concept_title(view.concept)
    rows = [(view.now, "as written"), *((each, "") for each in view.series)]
    paper.table(
        (f"{name} [{view.unit}]" if view.unit else name, *_OUTCOMES, ""),
        [
            (f"{each.value:g}", *(str(getattr(each, outcome)) for outcome in _OUTCOMES), said)
            for each, said in rows
        ],
        numbers=(0, 1, 2, 3),
    )


def _numbers(numbers: tuple[int, ...]) -> str:
    return ", ".join(str(number + 1) for number in numbers)
