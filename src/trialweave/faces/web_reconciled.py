"""Conflicts and decisions arranged for their pages: what differs side by side, who decided what."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from trialweave.errors import WorkspaceError
from trialweave.faces.layout import query_of
from trialweave.publish.conflicts import ConflictsView, FieldConflict
from trialweave.publish.views import ConflictRow, DecisionRow, DecisionsView, PairRow

if TYPE_CHECKING:
    from trialweave.workspace import Workspace

__all__ = [
    "Choice",
    "Decided",
    "Differing",
    "Done",
    "conflicts_page",
    "decisions_page",
    "done_of",
    "kind_words",
]

_DECISIONS = 100  # on one page
_OPEN = 6  # records of one conflict that are open on the page
_PAIRS = 200  # of one list


class Choice(NamedTuple):
    """One choice of a form: how many conflicts there are if it is taken."""

    name: str
    words: str
    total: int


class Differing(NamedTuple):
    """One study with its conflicts on the page."""

    study_id: str
    title: str
    conflicts: tuple[FieldConflict, ...]


class Decided(NamedTuple):
    """One decision, and what holds of its pair now; `here` is whether both records are held."""

    entry: DecisionRow
    holds: str
    here: bool


class Done(NamedTuple):
    """A decision that was just made, and what holds of its two records: for a message."""

    entry: DecisionRow
    holds: str
    conflicts: tuple[ConflictRow, ...]  # in which the two take part


def done_of(workspace: Workspace, number: int) -> Done | None:
    """The decision of that number; None where there is none, or the list cannot be read."""
    try:
        view = workspace.decisions()
    except WorkspaceError:  # said where decisions are asked for; the page is shown all the same
        return None
    if not 1 <= number <= len(view.entries):
        return None
    entry = view.entries[number - 1]
    names = (entry.record_a, entry.record_b)
    pair = next((each for each in view.pairs if (each.record_a, each.record_b) == names), None)
    counted = frozenset(pair.counted if pair is not None else ())
    conflicts = tuple(each for each in view.conflicts if counted & {*each.apart, *each.together})
    return Done(entry, _holds(pair, waiting=number in view.waiting), conflicts)


def _holds(pair: PairRow | None, *, waiting: bool) -> str:
    """What holds of two records, in a sentence."""
    if waiting:
        return "It is not applied yet: the next decision or rebuild does it."
    if pair is None:
        return "No decision about the two stands any more."
    if pair.joined is None:
        return "It rests: not both records are here."
    now = "in one study" if pair.joined else "in two studies"
    if pair.outcome == "in dispute":
        return f"People differ about the two, so nothing is applied; they stand {now}."
    if pair.joined == (pair.outcome == "apart"):
        return f"It is held back, for another decision stands against it; they stand {now}."
    return f"They stand {now} now."


def kind_words(kind: str) -> str:
    """``article against register``: a kind of conflict in the words of the pages."""
    return kind.replace("paper", "article").replace("registry", "register")


def conflicts_page(
    workspace: Workspace, field: str, kind: str, limit: int, offset: int
) -> dict[str, Any]:
    """What the template of the conflicts shows; raises as `Workspace.conflicts` does."""
    from trialweave.records.concepts import CONCEPTS

    view = workspace.conflicts(field, kind, limit=limit, offset=offset)
    by_field = workspace.conflicts("", kind, limit=0).by_field if field else view.by_field
    by_kind = workspace.conflicts(field, "", limit=0).by_kind if kind else view.by_kind
    fields = {name: 0 for name in (field,) if name} | by_field
    kinds = {name: 0 for name in (kind,) if name} | by_kind

    def address(skip: int) -> str:
        asked = {"field": field, "kind": kind, "limit": limit if limit != 50 else ""}
        return "/conflicts" + query_of({**asked, "offset": skip or ""})

    return {
        "view": view,
        "limit": limit,
        "fields": [Choice(name, CONCEPTS[name].title, count) for name, count in fields.items()],
        "kinds": [Choice(name, kind_words(name), count) for name, count in kinds.items()],
        "studies": _by_study(view),
        "address": address,
        "open_at": _OPEN,
        "json": query_of({"field": field, "kind": kind, "limit": limit, "offset": offset or ""}),
    }


def _by_study(view: ConflictsView) -> list[Differing]:
    told = groupby(view.conflicts, key=lambda each: (each.study_id, each.study_title))
    return [Differing(study_id, title, tuple(found)) for (study_id, title), found in told]


def decisions_page(view: DecisionsView, offset: int) -> dict[str, Any]:
    """What the template of the decisions shows: the latest first, a page of them."""
    pairs = {(each.record_a, each.record_b): each for each in view.pairs}
    latest = view.entries[::-1][offset : offset + _DECISIONS]
    return {
        "view": view,
        "offset": offset,
        "step": _DECISIONS,
        "decisions": [_decided(each, pairs.get((each.record_a, each.record_b))) for each in latest],
        "disputes": view.disputes[:_PAIRS],
        "contradictions": view.conflicts[:_PAIRS],
        "resting": view.resting[:_PAIRS],
        "entries": {each.number: each for each in view.entries},
    }


def _decided(entry: DecisionRow, pair: PairRow | None) -> Decided:
    if pair is None:
        return Decided(entry, "nothing", here=False)
    words = f"{pair.outcome}, adjudicated" if pair.adjudicated else pair.outcome
    return Decided(entry, words, here=pair.joined is not None)
