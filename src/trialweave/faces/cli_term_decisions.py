"""The commands by which people put terms right: `terms is`, `is-not`, `withdraw`, `decisions`,
`annotate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from trialweave.faces.cli_call import Folder, Json, WrongCall, call_of
from trialweave.faces.cli_said import (
    Adjudicate,
    Because,
    By,
    agreement_text,
    cut_off,
    foot,
    listing,
    name_and_role,
)
from trialweave.faces.layout import plural
from trialweave.publish.text import fold

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from trialweave.faces.cli_paper import Paper
    from trialweave.publish.terms.decisions import (
        TermDecisionReport,
        TermDecisionRow,
        TermDecisionsView,
        TermsFound,
    )
    from trialweave.workspace import Workspace

__all__ = ["register"]

_STATES = {"in dispute": "bold yellow", "waiting": "yellow", "holds": "green"}

Words = Annotated[str, typer.Argument(metavar="WORDS", help="As the texts write them.")]
Named = Annotated[
    str, typer.Argument(metavar="TERM", help="Its id (MeSH:D003920) or a name, as for `term`.")
]
Where = Annotated[
    str, typer.Option("--record", metavar="RECORD", help="Of one place: the record's id …")
]
Which = Annotated[
    str, typer.Option("--field", metavar="FIELD", help="… its field, as `term` names it …")
]
Start = Annotated[
    int | None,
    typer.Option("--start", metavar="N", min=0, help="… and where, if it is there twice."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to `terms`."""
    app.command("is")(_saying(False, "Say that words name a term, everywhere or at one place."))
    app.command("is-not")(_saying(True, "Say that words do not name a term."))
    app.command("withdraw")(withdraw)
    app.command("decisions")(
        listing("term_decisions", "List what people said of terms, and how they agree.", _listed)
    )
    app.command("annotate")(annotate)


def _saying(is_not: bool, told: str) -> Callable[..., None]:
    def command(
        context: typer.Context,
        words: Words,
        term: Named,
        because: Because,
        record: Where = "",
        field: Which = "",
        start: Start = None,
        by: By = "",
        adjudicate: Adjudicate = False,
        json: Json = False,
        workspace: Folder = None,
    ) -> None:
        if bool(record) != bool(field) or (start is not None and not record):
            raise WrongCall("a place is --record with --field, and --start if needed.")

        def say(held: Workspace) -> TermDecisionReport:
            return held.say_term(
                words, term, because=because, is_not=is_not, record=record, field=field,
                start=start, by=by, adjudicator=adjudicate,
            )  # fmt: skip

        _say(context, json, workspace, say)

    command.__doc__ = told
    return command


def withdraw(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="N", help="Its number in `terms decisions`.")],
    because: Because,
    by: By = "",
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Take back what you said of a term."""
    _say(
        context,
        json,
        workspace,
        lambda held: held.withdraw_term(number, because=because, by=by),
    )


def annotate(context: typer.Context, json: Json = False, workspace: Folder = None) -> None:
    """Look for terms anew, by the vocabularies now in use."""
    call = call_of(context, json, workspace)
    found = call.open().annotate()
    call.answer(found, lambda paper: _found(paper, found))


def _found(paper: Paper, found: TermsFound) -> None:
    paper.line(
        f"{plural(found.mentions, 'mention')} of terms in {plural(found.records, 'record')}, "
        f"{found.rejected} rejected."
    )
    for name in found.vocabularies:
        paper.line(fold(name), indent=2)


def _say(
    context: typer.Context,
    json: bool,
    workspace: Path | None,
    say: Callable[[Workspace], TermDecisionReport],
) -> None:
    call = call_of(context, json, workspace)
    said = say(call.open())
    call.answer(said, lambda paper: _report(paper, said))


def _report(paper: Paper, said: TermDecisionReport) -> None:
    cut_off(paper, said.dropped)
    _entry(paper, said.entry)
    paper.line(
        f"{plural(said.standing, 'mention')} of these words as this term stand, "
        f"{said.rejected} rejected.",
        indent=4,
    )


def _entry(paper: Paper, entry: TermDecisionRow) -> None:
    where = f" at {fold(entry.record_id)} {fold(entry.field)}" if entry.record_id else ""
    taken = f" (of {entry.of})" if entry.of else ""
    paper.line(
        (f"{entry.number}  ", "dim"),
        (f"{entry.verdict}{taken}  ", "bold"),
        f"“{fold(entry.words)}” {fold(entry.vocabulary)} {fold(entry.term)} {fold(entry.name)}",
        where,
        (f"  {entry.state}", _STATES.get(entry.state, "dim")),
        (f"  {plural(entry.mentions, 'mention')}", "dim"),
        (f"  {name_and_role(entry)}, {entry.at:%Y-%m-%d %H:%M} UTC", "dim"),
    )
    paper.line(fold(entry.because), indent=4)


def _listed(paper: Paper, view: TermDecisionsView, there: bool) -> None:
    if not there:
        paper.line("No decision is here: there is no such folder. Check --workspace.")
    elif not view.entries:
        paper.line("Nobody has said anything of a term yet. trialweave term NAME shows mentions.")
    for entry in view.entries:
        _entry(paper, entry)
    if view.agreement:
        paper.heading("Agreement of reviewers")
        for row in view.agreement:
            paper.line(agreement_text(row, "decision"), indent=2)
    foot(paper, left=view.cut, written=view.written, waiting=view.waiting)
