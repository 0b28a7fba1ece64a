"""What people decided, for people: every decision, what holds, and how reviewers agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from trialweave.errors import NotADecision, NotFound
from trialweave.model import Decision
from trialweave.model.identifiers import addressed, normalise
from trialweave.publish.csv_table import csv_text
from trialweave.publish.said import agreement_row, cut_text, row_of
from trialweave.publish.state import State
from trialweave.publish.views import (
    AgreementRow,
    ConflictRow,
    DecisionReport,
    DecisionRow,
    DecisionsView,
    PairRow,
)
from trialweave.store.decisions import Log, applied
from trialweave.studies.decided import (
    Contradiction,
    Standing,
    contradictions,
    latest,
    shown_name,
    standings,
)

__all__ = ["agreement", "decided_pair", "decisions_csv", "decisions_view", "report"]

_VERDICTS = ("together", "apart")


def decisions_view(log: Log, state: State | None, written: str = "") -> DecisionsView:
    """Everything that was decided; `state` is what holds now, None in an empty workspace."""
    study_of = state.study_of if state is not None else {}
    standing = standings(log.entries)
    pairs = tuple(_pair(each, study_of) for each in standing)
    count = 0 if state is None else applied(state.generation, log.entries)
    return DecisionsView(
        entries=tuple(row_of(DecisionRow, each) for each in log.entries),
        pairs=pairs,
        disputes=tuple(each for each in pairs if each.outcome == "in dispute"),
        conflicts=tuple(map(_conflict, contradictions(standing, study_of.keys()))),
        resting=tuple(each for each in pairs if each.joined is None),
        agreement=agreement(log.entries),
        waiting=tuple(each.number for each in log.entries[count:]),
        cut=cut_text(log.cut),
        generation=0 if state is None else state.generation.number,
        written=written,
    )


def report(log: Log, entries: Sequence[Decision], state: State) -> DecisionReport:
    """What the last of `entries` did; `log` is what was there before, `state` what holds now."""
    entry = entries[-1]
    standing = standings(entries)
    mine = next((each for each in standing if each.pair == entry.pair), None)
    touched = [
        each
        for each in contradictions(standing, state.study_of.keys())
        if mine is not None and (each.apart == mine or mine in each.together)
    ]
    names = dict.fromkeys(state.study_of[name] for name in entry.pair if name in state.study_of)
    return DecisionReport(
        entry=row_of(DecisionRow, entry),
        pair=None if mine is None else _pair(mine, state.study_of),
        conflicts=tuple(map(_conflict, touched)),
        studies=tuple(state.find(name) for name in names),
        generation=state.generation.number,
        dropped=cut_text(log.cut),
    )


def decided_pair(state: State, log: Log, names: tuple[str, str]) -> tuple[str, str]:
    """The two records that are meant, in their order.

    A record is named by its id; a study's identifier stands for the record that bears it, and
    else for the best-identified one of the study. A record that is no longer here can be named
    where something was decided about it. Raises NotFound, and NotADecision where both names stand
    for one record.
    """
    known = {name.casefold(): name for each in log.entries for name in each.pair}
    one, other = (_record(state, known, name) for name in names)
    if one == other:
        raise NotADecision(
            f"{names[0]!r} and {names[1]!r} both stand for the record {one}.",
            next_step=f"Name two records, as they stand in: trialweave links {one}.",
        )
    return (one, other) if one < other else (other, one)


def _record(state: State, known: Mapping[str, str], name: str) -> str:
    asked = name.strip()
    here = known.get(asked.casefold())
    try:
        study = state.find(asked)
    except NotFound:
        if here is not None:
            return here
        raise
    read = filter(None, (normalise(asked, scheme) for scheme in ("", "pmid", "isrctn")))
    values = {each.value.casefold() for each in (*read, *addressed(asked))} | {asked.casefold()}
    for record_id in study.record_ids:
        if record_id.casefold() == asked.casefold():
            return record_id
    for record_id in study.record_ids:
        if record_id.partition(":")[2].casefold() in values:
            return record_id
    return study.record_ids[0]


def agreement(decisions: Sequence[Decision]) -> tuple[AgreementRow, ...]:
    """How each two reviewers agree on pairs that both judged, by their latest verdicts.

    What somebody decided as an adjudicator, knowing the others' verdicts, does not count.
    """
    judged = latest(each for each in decisions if each.role == "reviewer")
    names: dict[str, str] = {}
    for by_person in judged.values():
        names |= {who: shown_name(each.who) for who, each in by_person.items()}
    rows = []
    for one, other in combinations(sorted(names), 2):
        table = [[0, 0], [0, 0]]
        for by_person in judged.values():
            if one in by_person and other in by_person:
                first, second = by_person[one].verdict, by_person[other].verdict
                table[_VERDICTS.index(first)][_VERDICTS.index(second)] += 1
        if any(map(sum, table)):
            rows.append(agreement_row(names[one], names[other], table))
    return tuple(rows)


def decisions_csv(view: DecisionsView) -> str:
    """All decisions as CSV, a row each, with what holds of the pair."""
    holds: dict[tuple[str, str], str] = {}
    for pair in view.pairs:
        holds[pair.record_a, pair.record_b] = pair.outcome
    header = (
        *("number", "at", "who", "role", "verdict", "record_a", "record_b", "because"),
        *("holds_now", "previous", "digest"),
    )
    return csv_text(
        header,
        (
            (
                *(each.number, each.at.isoformat(), each.who, each.role, each.verdict),
                *(each.record_a, each.record_b, each.because),
                holds.get((each.record_a, each.record_b), "nothing"),
                *(each.previous, each.digest),
            )
            for each in view.entries
        ),
    )


def _pair(each: Standing, study_of: Mapping[str, str]) -> PairRow:
    here = [study_of.get(name) for name in each.pair]
    return PairRow(
        record_a=each.record_a,
        record_b=each.record_b,
        outcome=each.outcome,
        adjudicated=each.adjudicated,
        counted=tuple(one.number for one in each.counted),
        joined=None if None in here else here[0] == here[1],
    )


def _conflict(each: Contradiction) -> ConflictRow:
    together = [one.number for standing in each.together for one in standing.counted]
    return ConflictRow(tuple(one.number for one in each.apart.counted), tuple(together))
