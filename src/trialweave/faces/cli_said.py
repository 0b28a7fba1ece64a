"""What the commands share by which people decide, correct and appraise: options and lines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trialweave.faces.cli_call import AsOf, Folder, Json, WrongCall, call_of
from trialweave.faces.layout import plural
from trialweave.publish.numbers import rounded
from trialweave.publish.text import cut, fold

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from trialweave.faces.cli_paper import Paper
    from trialweave.publish.assessment_views import AnswerRow
    from trialweave.publish.corrections import CorrectionRow
    from trialweave.publish.terms.decisions import TermDecisionRow
    from trialweave.publish.views import AgreementRow, DecisionRow

__all__ = [
    "Adjudicate",
    "Because",
    "By",
    "Exported",
    "agreement_text",
    "cut_off",
    "foot",
    "listing",
    "name_and_role",
    "signature",
    "told_of_each",
]

Because = Annotated[
    str, typer.Option("--because", metavar="REASON", help="Why; up to 2,000 characters.")
]
By = Annotated[
    str,
    typer.Option(
        "--by", metavar="NAME", help="Your name; else TRIALWEAVE_REVIEWER, else your login name."
    ),
]
Adjudicate = Annotated[
    bool, typer.Option("--adjudicate", help="As an adjudicator: overrides reviewers.")
]


def _exported(text: str) -> Path:
    path = Path(text)
    if path.suffix.lower() not in (".csv", ".jsonl"):
        raise WrongCall(f"{text!r} is neither .csv nor .jsonl, the forms of --export.")
    return path


Exported = Annotated[
    Path | None,
    typer.Option(
        "--export", metavar="FILE", parser=_exported, help="Write them: .jsonl, whole, or .csv."
    ),
]


def listing(
    operation: str, told: str, lines: Callable[[Paper, Any, bool], None]
) -> Callable[..., None]:
    """The command that lists what people said; `lines` is given the view, and whether there is a
    workspace at all."""

    def command(
        context: typer.Context,
        export: Exported = None,
        as_of: AsOf = None,
        json: Json = False,
        workspace: Folder = None,
    ) -> None:
        call = call_of(context, json, workspace, as_of)
        view = getattr(call.open(), operation)(export=export)
        there = call.root.exists()
        call.answer(view, lambda paper: lines(paper, view, there))

    command.__name__, command.__doc__ = operation, told
    return command


def told_of_each(texts: Sequence[str], form: str, example: str) -> dict[str, str]:
    """What is said of each thing that is named, once. WrongCall where a text is not NAME=TEXT."""
    told: dict[str, str] = {}
    for text in texts:
        name, equals, said = (part.strip() for part in text.partition("="))
        if not equals or not name:
            raise WrongCall(f"{text!r} is not of the form {form}, as in {example}.")
        if name in told:
            raise WrongCall(f"{name} is named twice; say it once.")
        told[name] = said
    return told


def name_and_role(entry: AnswerRow | CorrectionRow | DecisionRow | TermDecisionRow) -> str:
    """Who said it, and as whom."""
    return fold(entry.who) + (", adjudicating" if entry.role == "adjudicator" else "")


def signature(entry: CorrectionRow | DecisionRow) -> tuple[str, str]:
    """Who said it and when, to stand at the end of a line."""
    return f"  {name_and_role(entry)}, {entry.at:%Y-%m-%d %H:%M} UTC", "dim"


def agreement_text(row: AgreementRow, noun: str, of: str = "") -> str:
    """How far two reviewers agree on so many of `noun`; `of` is what κ is of, if not the same."""
    said = f"{row.agreed} of {plural(row.pairs, noun)} ({rounded(100 * row.observed, 0)}%)"
    if row.kappa is None:
        said += f"; κ is not defined: {row.note}"
    elif row.lower is None or row.upper is None:
        said += f"; κ {rounded(row.kappa, 2)}{of}, {row.note}"
    else:
        interval = f"{rounded(row.lower, 2)} to {rounded(row.upper, 2)}"
        said += f"; Cohen’s κ {rounded(row.kappa, 2)}{of} (95% interval {interval})"
    return f"{fold(row.reviewer_a)} and {fold(row.reviewer_b)}: {said}"


def cut_off(paper: Paper, dropped: str) -> None:
    """What a crash had left of a line, and was dropped by this one; nothing where it is ""."""
    if dropped:
        paper.line("A line that a crash had cut off was dropped: ", cut(fold(dropped), 120))


def foot(paper: Paper, *, left: str, written: str, waiting: Sequence[int] = ()) -> None:
    """What ends a list: what is not applied yet, what a crash left, which file was written."""
    if waiting:
        numbers = ", ".join(map(str, waiting))
        paper.line(f"Not applied yet: {numbers}. The next one or a rebuild does it.")
    if left:
        paper.line("A crash cut a line off, which says nothing: ", cut(fold(left), 120))
    if written:
        paper.line(f"Written: {written}")
