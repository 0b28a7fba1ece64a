"""text-reuse: text that a record of another study has too, where nothing is known to explain it."""

from __future__ import annotations

from collections.abc import Iterator

from trialweave.appraisal._pairs import Shared, notes
from trialweave.model import Attempt, Check
from trialweave.model.reuse import Excerpted, Reuse
from trialweave.records.concepts import CONCEPTS

RULE = "text-reuse"
_SHOWN = 6  # runs
_TEXT = 160  # characters of one
_INNOCENT = (
    "one protocol used by institutions that work together",
    "one product, whose maker words the criteria",
    "a definition or scale that both took over",
    "people in common whom the records do not name",
)


def check(reuse: Reuse) -> Iterator[Check]:
    """A note for each of the two studies; nothing where the sharing is explained."""
    if reuse.kind == "text":
        yield from notes(
            reuse, RULE, _shared, not_checkable="who wrote it first, and by which agreement",
            innocent=_INNOCENT,
        )  # fmt: skip


def _shared(each: Reuse) -> Shared:
    runs = each.texts[:_SHOWN]
    return Shared(
        f"{each.record_a} shares text with {each.record_b}, a record of another study.",
        [
            Attempt(
                method=f"{_place(run.concept_a, run.a)} and {_place(run.concept_b, run.b)}",
                inputs=f"“{' '.join(run.a.text.split())[:_TEXT]}”",
                result=f"{run.words} words in both",
                agrees=True,
            )
            for run in runs
        ],
        [run.a.passage for run in runs],
    )


def _place(concept: str, piece: Excerpted) -> str:
    return f"{CONCEPTS[concept].title.lower()}, characters {piece.start} to {piece.end}"
