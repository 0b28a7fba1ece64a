"""The commands by which people decide: `link`, `unlink`, `withdraw`, `decisions`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from trialweave.faces.cli_call import Folder, Json, call_of
from trialweave.faces.cli_said import (
    Adjudicate,
    Because,
    By,
    agreement_text,
    cut_off,
    foot,
    listing,
    signature,
)
from trialweave.faces.layout import plural
from trialweave.publish.text import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from trialweave.faces.cli_paper import Paper
    from trialweave.model import Link
    from trialweave.publish.views import (
        DecisionReport,
        DecisionRow,
        DecisionsView,
        PairRow,
    )

__all__ = ["offers", "register"]

One = Annotated[
    str, typer.Argument(metavar="A", help="A record, as `links` names it, or a study's number.")
]
Other = Annotated[str, typer.Argument(metavar="B", help="Another.")]
_OUTCOMES = {"together": "green", "apart": "cyan", "in dispute": "bold yellow"}


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    for command in (link, unlink, withdraw, decisions):
        app.command()(command)


def _deciding(verb: Literal["link", "unlink", "withdraw"], told: str) -> Callable[..., None]:
    """The command of one verdict; all three take the same."""

    def command(
        context: typer.Context,
        a: One,
        b: Other,
        because: Because,
        by: By = "",
        adjudicate: Adjudicate = False,
        json: Json = False,
        workspace: Folder = None,
    ) -> None:
        call = call_of(context, json, workspace)
        decide = getattr(call.open(), verb)
        said: DecisionReport = decide(a, b, because=because, by=by, adjudicator=adjudicate)
        call.answer(said, lambda paper: _report(paper, said))

    command.__name__, command.__doc__ = verb, told
    return command


link = _deciding("link", "Decide that two records are of one trial.")
unlink = _deciding("unlink", "Decide that two records are of two trials.")
withdraw = _deciding("withdraw", "Take back what you decided of two records.")


def offers(paper: Paper, link: Link) -> None:
    """The two commands by which a person settles a candidate."""
    names = f"{shlex.quote(link.record_a)} {shlex.quote(link.record_b)}"
    for command in ("link", "unlink"):
        paper.line((f"trialweave {command} {names} --because …", "dim"), indent=4)


def _report(paper: Paper, said: DecisionReport) -> None:
    cut_off(paper, said.dropped)
    _entry(paper, said.entry)
    pair = said.pair
    if pair is None:
        paper.line("No decision about the two stands any more.")
    elif pair.outcome == "in dispute":
        paper.line(("in dispute  ", "bold yellow"), "nothing is applied until an adjudicator says:")
        paper.line(f"decisions {_numbers(pair.counted)} differ (--adjudicate)", indent=2)
    elif pair.joined == (pair.outcome == "apart"):
        paper.line(("held back  ", "bold yellow"), "another decision stands against it.")
    for conflict in said.conflicts:
        _conflict(paper, conflict.apart, conflict.together)
    for study in said.studies:
        records = plural(len(study.record_ids), "record")
        paper.line((study.study_id, "bold"), f"  {records}: ", ", ".join(study.record_ids))
    if said.studies:
        paper.line((f"Next: trialweave links {said.studies[0].study_id}", "dim"))


def _entry(paper: Paper, entry: DecisionRow) -> None:
    paper.line(
        (f"{entry.number}  ", "dim"),
        (f"{entry.verdict}  ", "bold"),
        f"{fold(entry.record_a)} ~ {fold(entry.record_b)}",
        signature(entry),
    )
    paper.line(fold(entry.because), indent=4)


def _numbers(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))


def _conflict(paper: Paper, apart: Sequence[int], together: Sequence[int]) -> None:
    paper.line(
        ("conflict  ", "bold yellow"),
        f"decision {_numbers(apart)} keeps apart what {_numbers(together)} would join; apart holds",
    )


def _decisions(paper: Paper, view: DecisionsView, there: bool) -> None:
    if not there:
        paper.line("No decision is here: there is no such folder. Check --workspace.")
    elif not view.entries:
        paper.line("Nobody has decided anything yet. trialweave links ID shows candidates.")
    for entry in view.entries:
        _entry(paper, entry)
    if view.pairs:
        paper.heading("What holds")
        for pair in view.pairs:
            _pair(paper, pair)
    if view.conflicts:
        paper.heading("Decisions that contradict each other")
        for conflict in view.conflicts:
            _conflict(paper, conflict.apart, conflict.together)
    if view.agreement:
        paper.heading("Agreement of reviewers")
        for row in view.agreement:
            paper.line(agreement_text(row, "pair"), indent=2)
    foot(paper, left=view.cut, written=view.written, waiting=view.waiting)


def _pair(paper: Paper, pair: PairRow) -> None:
    rests = "  rests: not both records are here" if pair.joined is None else ""
    against = pair.outcome != "in dispute" and pair.joined is (pair.outcome == "apart")
    paper.line(
        (pair.outcome, _OUTCOMES[pair.outcome]),
        f"  {fold(pair.record_a)} ~ {fold(pair.record_b)}",
        (f"  by {_numbers(pair.counted)}", "dim"),
        (rests or ("  held back by another decision" if against else ""), "yellow"),
        indent=2,
    )


decisions = listing("decisions", "List what people decided, and how they agree.", _decisions)
