"""The commands by which people appraise studies: `assess`, `assessments`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trialweave.faces.cli_call import AsOf, Folder, Identifier, Json, WrongCall, call_of
from trialweave.faces.cli_said import (
    Adjudicate,
    Because,
    By,
    agreement_text,
    cut_off,
    foot,
    name_and_role,
    told_of_each,
)
from trialweave.faces.layout import plural
from trialweave.publish.assessment_views import of_one, unread
from trialweave.publish.text import cut, fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trialweave.faces.cli_paper import Paper
    from trialweave.model.assessment import Prefilled
    from trialweave.publish.assessment_views import (
        AnswerRow,
        AssessmentsView,
        AssessmentView,
        DomainView,
        ItemView,
        JudgedRow,
    )

__all__ = ["register"]

_STYLES = {
    "low": "green",
    "no concerns": "green",
    "some concerns": "yellow",
    "high": "bold red",
    "serious concerns": "bold red",
}
_VEILED = "rests on one reviewer; --answers shows it"
_REASON = 400  # characters of a reason that are shown
_TOGETHER = ("all questions", "all domains", "overall")


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    for command in (assess, assessments):
        app.command()(command)


def assess(
    context: typer.Context,
    identifier: Identifier,
    instrument: Annotated[
        str, typer.Option(metavar="NAME", help="inspect-sr, or rob2.")
    ] = "inspect-sr",
    outcome: Annotated[
        str, typer.Option(metavar="FAMILY", help="Of what the result is: mortality. For rob2.")
    ] = "",
    answer: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ITEM=ANSWER", help="1.1=PY, D1=low, overall=high; repeatable; 1.1= takes back."
        ),
    ] = None,
    because: Because = "",
    by: By = "",
    adjudicate: Adjudicate = False,
    answers: Annotated[
        bool, typer.Option("--answers", help="Show what each reviewer answered, and why.")
    ] = False,
    as_of: AsOf = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Appraise a study with INSPECT-SR or RoB 2."""
    call = call_of(context, json, workspace, as_of)
    given = told_of_each(answer or (), "--answer ITEM=ANSWER", "1.1=PY")
    if not given and (because or adjudicate):
        raise WrongCall("--because and --adjudicate go with --answer ITEM=ANSWER.")
    view = call.open().assess(
        identifier,
        instrument,
        outcome=outcome,
        answers=given,
        because=because,
        by=by,
        adjudicator=adjudicate,
    )
    # Reviewers answer on their own: what one alone answered is told to that one, or on request.
    told = answers or adjudicate
    alone = told or (bool(view.taken) and len(view.reviewers) == 1)
    call.answer(view, lambda paper: _form(paper, view, told=told, alone=alone))


def assessments(
    context: typer.Context,
    instrument: Annotated[
        str, typer.Option(metavar="NAME", help="Only of this: inspect-sr, rob2.")
    ] = "",
    export: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the answers: .jsonl, whole, .csv or .xlsx."),
    ] = None,
    judgements: Annotated[
        bool,
        typer.Option("--judgements", help="Write judgements instead: .csv, .xlsx, .txt or .svg."),
    ] = False,
    as_of: AsOf = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """List what reviewers answered, and how they agree."""
    if judgements and export is None:
        raise WrongCall("--judgements goes with --export FILE.")
    if export is not None and export.suffix.lower() in (".svg", ".txt") and not judgements:
        raise WrongCall(f"{export.suffix} is for judgements: --export FILE --judgements.")
    call = call_of(context, json, workspace, as_of)
    view = call.open().assessments(instrument, export=export, judgements=judgements)
    there = call.root.exists()
    call.answer(view, lambda paper: _list(paper, view, there=there))


def _form(paper: Paper, view: AssessmentView, *, told: bool, alone: bool) -> None:
    of = f", {fold(view.outcome)}" if view.outcome else ""
    paper.line((f"{view.study.study_id}{of}", "bold"), f"  {cut(fold(view.study.title), 100)}")
    paper.line((f"{view.title}: {view.about}", "dim"))
    cut_off(paper, view.dropped)
    for caution in view.cautions:
        paper.line(
            ("caution  ", "bold yellow"),
            f"the trial is stated to be {fold(caution.text)} ({fold(caution.record_id)}); this is "
            "for randomised trials",
        )
    if unread(view):
        read = ", ".join(view.outcomes) or "none"
        paper.line(
            ("caution  ", "bold yellow"),
            f"no result of {fold(view.outcome)} was read in this study; read were those of: {read}",
        )
    for domain in view.domains:
        _domain(paper, view, domain, told=told, alone=alone)
    paper.heading("Overall")
    if alone or not (of_one(view) or any(map(of_one, view.domains))):
        _judgement(paper, view.overall, view.holds, view.how, "", view.given, told=told)
    else:
        paper.line(("judgement  ", "dim"), _VEILED, indent=2)
    paper.blank()
    if view.taken:
        paper.line(f"Taken down: {plural(len(view.taken), 'answer')} ({_numbers(view.taken)})")
        if view.wanted:
            more = f" and {len(view.wanted) - 12} more" if len(view.wanted) > 12 else ""
            paper.line(f"Still wanted of you: {', '.join(view.wanted[:12])}{more}")
    if view.reviewers:
        paper.line("Answered by: ", ", ".join(fold(name) for name in view.reviewers))
    paper.line((view.citation, "dim"))
    paper.line((view.licence, "dim"))
    paper.line((f"Next: {_next(view)}", "dim"))


def _next(view: AssessmentView) -> str:
    name = view.instrument.partition("/")[0]
    of = f" --outcome {shlex.quote(view.outcome)}" if view.outcome else ""
    study = shlex.quote(view.study.study_id)
    return (
        f"trialweave assess {study} --instrument {name}{of} --answer ITEM=ANSWER --because … --by …"
    )


def _domain(
    paper: Paper, view: AssessmentView, domain: DomainView, *, told: bool, alone: bool
) -> None:
    paper.heading(f"{domain.code}  {domain.name}")
    for each in domain.items:
        _item(paper, view, each, told=told, alone=alone)
    if of_one(domain) and not alone:
        paper.line(("judgement  ", "dim"), _VEILED, indent=2)
        return
    _judgement(
        paper,
        domain.judgement,
        domain.holds,
        domain.how,
        domain.proposed,
        domain.given,
        told=told,
        wanted=domain.open,
    )


def _item(paper: Paper, view: AssessmentView, each: ItemView, *, told: bool, alone: bool) -> None:
    item = each.item
    holds: tuple[str, str] = ("–", "dim")
    if each.how == "in dispute":
        holds = ("in dispute", "bold yellow")
    elif each.how == "one reviewer" and not alone:
        holds = ("answered by one reviewer", "dim")
    elif each.holds:
        holds = (f"{each.holds}, {each.how}", "bold")
    when = f"  (where {item.when})" if item.when and not each.asked else ""
    paper.line((f"{item.number:<4} ", "bold"), item.asks, (when, "dim"), "  ", holds, hang=5)
    if each.suggested is not None:
        _suggested(paper, view, each.suggested)
    if told:
        for answer in each.given:
            _answer(paper, answer)


def _suggested(paper: Paper, view: AssessmentView, found: Prefilled) -> None:
    said = f"suggested {found.answer}: " if found.answer else "to read: "
    paper.line((said, "cyan"), cut(fold(found.reason), _REASON), indent=5)
    records: dict[tuple[str, str], list[str]] = {}
    for place in found.evidence:
        records.setdefault((place.address, place.text), []).append(place.record_id)
    asked: dict[str, None] = {}
    for (address, text), names in list(records.items())[:4]:
        if text[:100] not in found.reason:  # else it is told already
            told = ", ".join(fold(name) for name in dict.fromkeys(names))
            paper.line((f"“{cut(fold(text), 200)}” {told}", "dim"), indent=7)
        asked[address] = None
    for address in filter(None, asked):
        study = shlex.quote(view.study.study_id)
        paper.line((f"trialweave why {study} {shlex.quote(address)}", "dim"), indent=7)


def _answer(paper: Paper, answer: AnswerRow) -> None:
    paper.line(
        (f"{answer.number}  ", "dim"),
        f"{name_and_role(answer)}: ",
        (answer.answer, "bold"),
        f"  {cut(fold(answer.because), _REASON)}",
        indent=5,
    )


def _judgement(
    paper: Paper,
    judgement: str,
    holds: str,
    how: str,
    proposed: str,
    given: Sequence[AnswerRow],
    *,
    told: bool,
    wanted: Sequence[str] = (),
) -> None:
    said = judgement or ("in dispute" if how == "in dispute" else "not judged")
    style = _STYLES.get(judgement, "bold yellow" if how == "in dispute" else "dim")
    why = ""
    if holds:
        why = f", {how}"
        if proposed and proposed != holds:
            why += f"; the answers come to {proposed}"
    elif judgement:
        why = ", as the answers come to"
    elif wanted and how == "open":
        why = f"; wants {', '.join(wanted)}"
    paper.line(("judgement  ", "dim"), (said, style), (why, "dim"), indent=2)
    if told:
        for answer in given:
            _answer(paper, answer)


def _numbers(numbers: Sequence[int]) -> str:
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"{numbers[0]} to {numbers[-1]}"
    return ", ".join(map(str, numbers))


def _list(paper: Paper, view: AssessmentsView, *, there: bool) -> None:
    if not there:
        paper.line("Nothing is here: there is no such folder. Check --workspace.")
    elif not view.entries:
        paper.line("Nobody has assessed anything yet. trialweave assess ID shows a form.")
    for row in view.rows:
        _row(paper, row)
    agreed = [row for row in view.agreement if row.item in _TOGETHER]
    if agreed:
        paper.heading("Agreement of reviewers")
        for each in agreed:
            said = agreement_text(each, "judgement" if each.item != _TOGETHER[0] else "answer")
            paper.line(f"{each.instrument}, {each.item}: {said}", indent=2)
        paper.line(("Item by item: --json.", "dim"), indent=2)
    foot(paper, left=view.cut, written=view.written)


def _row(paper: Paper, row: JudgedRow) -> None:
    of = f", {fold(row.outcome)}" if row.outcome else ""
    paper.line(
        (f"{fold(row.study)}{of}", "bold"),
        (f"  {row.instrument}  by {', '.join(map(fold, row.reviewers)) or 'nobody now'}", "dim"),
    )
    parts: list[str | tuple[str, str]] = []
    for code, judged in (*row.domains, ("overall", row.overall)):
        parts += [f"{code} ", (judged or "not judged", _STYLES.get(judged, "dim")), "  "]
    paper.line(*parts, indent=2)
    if row.disputes:
        paper.line(("in dispute  ", "bold yellow"), ", ".join(row.disputes), indent=2)
    if not row.here:
        paper.line(("the study is not here", "yellow"), indent=2)
