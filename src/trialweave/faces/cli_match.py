"""The commands on eligibility: `criteria`, `match`, `screen`."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trialweave.faces.cli_call import AsOf, Folder, Identifier, Json, WrongCall, call_of
from trialweave.publish.conditions import condition_text, verdict_text
from trialweave.faces.layout import plural
from trialweave.publish.text import cut, fold

if TYPE_CHECKING:
    from trialweave.faces.cli_paper import Paper
    from trialweave.protocol.patients.verdicts import TrialVerdict
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
    for command in (criteria, match, screen):
        app.command()(command)


def criteria(
    context: typer.Context,
    identifier: Identifier,
    as_of: AsOf = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Show the eligibility criteria of a study as they are understood."""
    call = call_of(context, json, workspace, as_of)
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


def _criteria(paper: Paper, view: CriteriaView) -> None:
    paper.line((view.study.study_id, "bold"), f"  {fold(view.study.title)}")
    told = view.covered
    paper.line(
        (f"{plural(told.criteria, 'criterion', 'criteria')} of {fold(view.record_id)}: ", "dim"),
        f"{told.full} understood in full, {told.partial} in part, {told.none} not",
    )
    section = ""
    for row in view.rows:
        one = row.criterion
        if one.section != section:
            section = one.section
            paper.heading(
                {"inclusion": "Inclusion", "exclusion": "Exclusion"}.get(section, "Other")
            )
        if one.kind != "criterion":
            paper.line((fold(one.text), "italic"), indent=2)
            continue
        paper.line((f"{one.number:>3}  ", "dim"), fold(one.text), indent=2, hang=5)
        if one.coverage != "none":
            paper.line((condition_text(one.tree), _STYLES[one.coverage]), indent=7)
        for flag in one.flags:
            paper.line((f"{flag.name.replace('_', ' ')}  ", "yellow"), fold(flag.reason), indent=7)
    if view.others:
        paper.line(("Also stated by ", "dim"), ", ".join(map(fold, view.others)))


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
                    row.criterion.section[:2],
                    cut(fold(row.criterion.text), 70),
                    *map(str, (row.bars, row.open, row.left, row.alone)),
                )
                for row in found.funnel
            ],
            numbers=(2, 3, 4, 5),
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


def _numbers(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers))
