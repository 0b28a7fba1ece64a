"""A draft of certainty with what reviewers said of each domain, and what then holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

import msgspec

from trialweave.model.assessment import Answer, How
from trialweave.studies.decided import person, shown_name
from trialweave.synthesis.certainty import Certainty, Concern, Level, Rating, level_of

__all__ = ["CertaintyView", "Rated", "certainty_view"]


class Rated(msgspec.Struct, frozen=True):
    """One domain: the draft, what reviewers said, and what holds.

    `holds` is the reviewers' rating where they agree or an adjudicator decided, else the draft's;
    `how` says which. `said` are the latest ratings, one a person, as sentences.
    """

    domain: str
    draft: Rating
    holds: Concern
    how: How
    said: tuple[str, ...]
    because: str = ""


class CertaintyView(msgspec.Struct, frozen=True):
    """The certainty of an answer: each domain, and the level that follows from what holds.

    `open` names domains that nobody has judged, or that are in dispute.
    """

    name: str
    title: str
    measure: str
    k: int
    start: Level
    domains: tuple[Rated, ...]
    draft: Level
    level: Level
    open: tuple[str, ...]

    @property
    def decided(self) -> tuple[str, ...]:
        """The reasons for the table of findings: what holds, and is a concern."""
        return tuple(
            f"{one.domain}: {one.holds}. {one.because or one.draft.reason}"
            for one in self.domains
            if one.holds != "not serious"
        )


def certainty_view(
    name: str, title: str, measure: str, k: int, draft: Certainty, entries: Iterable[Answer]
) -> CertaintyView:
    """Put what people said beside the draft; `entries` are those of this question, in order."""
    latest: dict[str, dict[str, Answer]] = {}
    for each in entries:
        latest.setdefault(each.item, {})[person(each.who)] = each
    domains = tuple(
        _rated(rating, [one for one in latest.get(rating.domain, {}).values() if one.answer])
        for rating in draft.ratings
    )
    steps = sum(Rating(one.domain, one.holds, "").steps for one in domains)
    waiting = tuple(
        one.domain for one in domains if one.holds == "not judged" or one.how == "in dispute"
    )
    level = level_of(draft.start, steps)
    return CertaintyView(name, title, measure, k, draft.start, domains, draft.level, level, waiting)


def _rated(draft: Rating, told: Sequence[Answer]) -> Rated:
    said = tuple(f"{shown_name(one.who)}: {one.answer} ({one.because})" for one in told)
    last = next((one for one in reversed(told) if one.role == "adjudicator"), None)
    ratings = {one.answer for one in told}
    how: How
    if last is not None:
        how, holds, because = "adjudicated", last.answer, last.because
    elif not told:
        how, holds, because = "open", draft.concern, ""
    elif len(ratings) > 1:
        how, holds, because = "in dispute", draft.concern, ""
    else:
        how = "agreed" if len(told) > 1 else "one reviewer"
        holds, because = told[-1].answer, told[-1].because
    return Rated(draft.domain, draft, cast("Concern", holds), how, said, because)
