"""What people said of terms, for people: every decision, what holds, and how reviewers agree."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import combinations
from typing import Literal

import msgspec

from trialweave.model import DecisionRole, TermDecision, TermVerdict
from trialweave.publish.csv_table import csv_text
from trialweave.publish.said import agreement_row, cut_text, row_of
from trialweave.publish.state import State
from trialweave.publish.views import AgreementRow
from trialweave.store.term_decisions import Log
from trialweave.studies.decided import person, shown_name
from trialweave.terms.decided import Subject, TermStanding, subject, term_standings

__all__ = [
    "TermDecisionReport",
    "TermDecisionRow",
    "TermDecisionsView",
    "TermsFound",
    "term_decision_report",
    "term_decisions_csv",
    "term_decisions_view",
    "terms_found",
]

Standing = Literal["holds", "withdrawn", "overruled", "in dispute", "waiting"]


class TermDecisionRow(msgspec.Struct, frozen=True):
    """One decision of a person about words and a term. Of an e-mail address only the name is shown.

    `mentions` is how many mentions it bears on now; 0 where the words stand nowhere, or no longer
    where they stood. `overruled` is what an adjudicator, or the same person later, said otherwise.
    """

    number: int
    at: dt.datetime
    who: str
    role: DecisionRole
    verdict: TermVerdict
    words: str
    vocabulary: str
    term: str
    name: str
    record_id: str
    field: str
    start: int
    end: int
    of: int
    because: str
    state: Standing
    mentions: int
    previous: str
    digest: str


class TermDecisionsView(msgspec.Struct, frozen=True):
    """All decisions about terms in their order, how reviewers agree on words that both judged, and
    which are not applied before the next generation."""

    entries: tuple[TermDecisionRow, ...]
    agreement: tuple[AgreementRow, ...]
    waiting: tuple[int, ...]
    cut: str
    generation: int
    written: str = ""


class TermDecisionReport(msgspec.Struct, frozen=True):
    """What one decision did: the mentions of those words as that term that stand now, and those
    that were rejected."""

    entry: TermDecisionRow
    standing: int
    rejected: int
    generation: int
    dropped: str  # what a crash had left of a line


class TermsFound(msgspec.Struct, frozen=True):
    """What a generation holds of terms: mentions that stand, those that people rejected, in how
    many records, and by which releases of which vocabularies."""

    mentions: int
    rejected: int
    records: int
    vocabularies: tuple[str, ...]
    generation: int


def terms_found(state: State) -> TermsFound:
    """Count the mentions of a generation."""
    table = state.mentions
    stands = sum(table.column("stands").to_pylist())
    names = state.generation.manifest.about.get("vocabularies", "")
    return TermsFound(
        mentions=stands,
        rejected=len(table) - stands,
        records=len(table.column("record_id").unique()),
        vocabularies=tuple(filter(None, names.split("; "))),
        generation=state.generation.number,
    )


def term_decisions_view(
    log: Log, state: State | None, applied: int, written: str = ""
) -> TermDecisionsView:
    """Everything that was said; `applied` of it the generation was made with."""
    waiting = tuple(each.number for each in log.entries[applied:])
    return TermDecisionsView(
        entries=_rows(log.entries, state, waiting),
        agreement=_agreement(log.entries),
        waiting=waiting,
        cut=cut_text(log.cut),
        generation=0 if state is None else state.generation.number,
        written=written,
    )


def term_decision_report(log: Log, new: Sequence[TermDecision], state: State) -> TermDecisionReport:
    """What the last of `new` did; `log` is what was there before, `state` what holds now."""
    rows = _rows((*log.entries, *new), state, ())
    entry = new[-1]
    table = state.mentions
    same = [
        stands
        for vocabulary, term, matched, stands in zip(
            *(
                table.column(name).to_pylist()
                for name in ("vocabulary", "term", "matched", "stands")
            ),
            strict=True,
        )
        if vocabulary == entry.vocabulary
        and term == entry.term
        and matched.casefold() == entry.words.casefold()
    ]
    return TermDecisionReport(
        rows[-1], sum(same), len(same) - sum(same), state.generation.number, cut_text(log.cut)
    )


def term_decisions_csv(view: TermDecisionsView) -> str:
    """All decisions as CSV, a row each."""
    names = TermDecisionRow.__struct_fields__
    return csv_text(
        names,
        (
            [
                value.isoformat() if isinstance(value, dt.datetime) else value
                for value in (getattr(row, name) for name in names)
            ]
            for row in view.entries
        ),
    )


def _rows(
    entries: Sequence[TermDecision], state: State | None, waiting: Sequence[int]
) -> tuple[TermDecisionRow, ...]:
    standing = {each.subject: each for each in term_standings(entries)}
    counts = Counter[int]()
    if state is not None:
        counts.update(each for each in state.mentions.column("decided").to_pylist() if each)
    taken_back = {each.of for each in entries if each.verdict == "withdrawn"}
    return tuple(
        row_of(
            TermDecisionRow,
            each,
            state=_standing(each, standing, taken_back, waiting),
            mentions=counts[each.number],
        )
        for each in entries
    )


def _standing(
    one: TermDecision,
    standing: dict[Subject, TermStanding],
    taken_back: set[int],
    waiting: Sequence[int],
) -> Standing:
    if one.number in taken_back or one.verdict == "withdrawn":
        return "withdrawn"
    if one.number in waiting:
        return "waiting"
    found = standing.get(subject(one))
    if found is None or one.number not in {each.number for each in found.counted}:
        return "overruled"
    return "in dispute" if found.outcome == "in dispute" else "holds"


def _agreement(entries: Sequence[TermDecision]) -> tuple[AgreementRow, ...]:
    """How each two reviewers agree on whether words name a term; not what adjudicators said."""
    judged: dict[Subject, dict[str, str]] = defaultdict(dict)
    names: dict[str, str] = {}
    for each in entries:
        who = person(each.who)
        if each.verdict == "withdrawn":
            judged[subject(each)].pop(who, None)
        elif each.role == "reviewer":
            judged[subject(each)][who] = each.verdict
            names[who] = shown_name(each.who)
    rows = []
    for one, other in combinations(sorted(names), 2):
        table = [[0, 0], [0, 0]]
        for told in judged.values():
            if one in told and other in told:
                table[told[one] == "is not"][told[other] == "is not"] += 1
        if any(map(any, table)):
            rows.append(agreement_row(names[one], names[other], table))
    return tuple(rows)
