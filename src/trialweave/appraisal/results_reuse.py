"""results-reuse: figures that findings of another study print too, equal to the digit."""

from __future__ import annotations

from collections.abc import Iterator

from trialweave.appraisal._pairs import Shared, notes
from trialweave.model import Attempt, Check
from trialweave.model.reuse import Reuse

RULE = "results-reuse"
_SHOWN = 12  # figures
_OUTCOME = 80  # characters
_INNOCENT = (
    "two reports of one trial whose records are not linked",
    "participants that both studies count, as a shared control group",
    "a study that reports another's results beside its own",
)


def check(reuse: Reuse) -> Iterator[Check]:
    """A note for each of the two studies; nothing where the sharing is explained."""
    if reuse.kind == "results":
        yield from notes(
            reuse, RULE, _shared, not_checkable="from which participants the figures come",
            innocent=_INNOCENT,
        )  # fmt: skip


def _shared(each: Reuse) -> Shared:
    figures = each.figures[:_SHOWN]
    return Shared(
        f"{each.record_a} prints figures that {each.record_b}, a record of another study, prints.",
        [
            Attempt(
                method=f"{figure.finding_a} and {figure.finding_b}",
                inputs=f"{_named(figure.outcome_a)}; {_named(figure.outcome_b)}",
                result=f"{figure.shown} in both",
                agrees=True,
            )
            for figure in figures
        ],
        [figure.passage_a for figure in figures],
    )


def _named(outcome: str) -> str:
    return " ".join(outcome.split())[:_OUTCOME] or "not named"
