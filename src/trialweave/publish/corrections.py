"""What people said of findings, for people: every decision, what holds, and how reviewers agree."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Literal

import msgspec

from trialweave.model import Correction, CorrectionVerdict, DecisionRole, Study
from trialweave.publish.csv_table import csv_text
from trialweave.publish.findings import FindingRow, MisfitRow, finding_row, settled_in
from trialweave.publish.said import agreement_row, cut_text, row_of
from trialweave.publish.state import SOURCE_TITLES, State
from trialweave.publish.views import AgreementRow
from trialweave.store.corrections import Log
from trialweave.studies.corrected import Settled, Standing, latest
from trialweave.studies.decided import person, shown_name

__all__ = [
    "CorrectionReport",
    "CorrectionRow",
    "CorrectionsView",
    "correction_report",
    "corrections_csv",
    "corrections_view",
]


class CorrectionRow(msgspec.Struct, frozen=True):
    """One decision of a person about a finding. Of an e-mail address only the name is shown."""

    number: int
    at: dt.datetime
    who: str
    role: DecisionRole
    verdict: CorrectionVerdict
    record_id: str
    outcome: str
    cell: str
    read: str
    says: str
    quote: str
    source: str
    of: int  # the decision that is taken back, else 0
    because: str
    state: Literal["holds", "withdrawn", "does not fit", "not here", "waiting"]
    previous: str
    digest: str


class CorrectionsView(msgspec.Struct, frozen=True):
    """All decisions about findings in their order, what holds, and what wants looking at.

    Agreement is over cells and findings that two reviewers both judged: `agreed` counts where they
    say the same text, and κ is of whether what was read is right.
    """

    entries: tuple[CorrectionRow, ...]
    standings: tuple[Standing, ...]
    disputes: tuple[Standing, ...]
    misfits: tuple[MisfitRow, ...]
    resting: tuple[int, ...]  # about records that are not, or no longer, here
    agreement: tuple[AgreementRow, ...]
    waiting: tuple[int, ...]  # taken down, and not applied before the next generation
    cut: str  # what a crash left of a decision; the next one drops it
    generation: int
    written: str = ""


class CorrectionReport(msgspec.Struct, frozen=True):
    """What decisions about one finding did: `finding` is the finding now, None where it is none."""

    entries: tuple[CorrectionRow, ...]
    standings: tuple[Standing, ...]  # of the finding
    finding: FindingRow | None
    misfits: tuple[MisfitRow, ...]  # of the record
    study: Study | None
    generation: int
    dropped: str = ""  # what a crash had left of a decision, and was dropped


def corrections_view(
    log: Log, state: State | None, applied: int, written: str = ""
) -> CorrectionsView:
    """Everything that was said; `state` is what holds now, None in an empty workspace, and
    `applied` how many of the decisions it was built with."""
    settled = {} if state is None else settled_in(state)
    standings = tuple(each for one in settled.values() for each in one.standings)
    waiting = tuple(each.number for each in log.entries[applied:])
    misfits = _misfits(settled.values())
    here = set() if state is None else set(state.study_of)
    held = latest(log.entries)
    return CorrectionsView(
        entries=_rows(log.entries, waiting, misfits, here),
        standings=standings,
        disputes=tuple(each for each in standings if each.outcome == "in dispute"),
        misfits=misfits,
        resting=tuple(each.number for each in held if each.record_id not in here),
        agreement=agreement(log.entries),
        waiting=waiting,
        cut=cut_text(log.cut),
        generation=0 if state is None else state.generation.number,
        written=written,
    )


def correction_report(
    log: Log, new: Sequence[Correction], state: State, finding_id: str
) -> CorrectionReport:
    """What `new` did; `log` is what was there before, `state` what holds now."""
    record_id = new[-1].record_id
    settled = settled_in(state).get(record_id, Settled(record_id))
    mine = tuple(each for each in settled.standings if each.finding_id == finding_id)
    study_id = state.study_of.get(record_id)
    study = None if study_id is None else state.find(study_id)
    every = [*settled.rejected, *(() if study is None else state.findings_of(study))]
    found = next((each for each in every if each.finding_id == finding_id), None)
    reasons = {each.number: each.because for each in (*log.entries, *new)}
    misfits = _misfits([settled])
    return CorrectionReport(
        entries=_rows(new, (), misfits, set(state.study_of)),
        standings=mine,
        finding=None
        if found is None or study_id is None
        else finding_row(
            found,
            study_id=study_id,
            source_title=SOURCE_TITLES.get(record_id.partition(":")[0], ""),
            version=next(each.version for each in state.heads(record_id) if each.current),
            standings=mine,
            reasons=reasons,
        ),
        misfits=misfits,
        study=study,
        generation=state.generation.number,
        dropped=cut_text(log.cut),
    )


def agreement(entries: Sequence[Correction]) -> tuple[AgreementRow, ...]:
    """How each two reviewers agree on what both judged; see `CorrectionsView`.

    What somebody said as an adjudicator, knowing the others' words, does not count.
    """
    judged: dict[tuple[str, ...], dict[str, Correction]] = defaultdict(dict)
    names: dict[str, str] = {}
    for each in latest(entries):
        if each.role == "reviewer" and each.verdict != "entered":
            place = "" if each.passage is None else repr(each.passage)
            key = (each.record_digest, place, each.outcome, each.figures, each.cell)
            judged[key][person(each.who)] = each
            names[person(each.who)] = shown_name(each.who)
    rows = []
    for one, other in combinations(sorted(names), 2):
        both = [told for told in judged.values() if one in told and other in told]
        table = [[0, 0], [0, 0]]
        agreed = 0
        for told in both:
            first, second = told[one], told[other]
            table[_otherwise(first)][_otherwise(second)] += 1
            agreed += (first.verdict, first.says) == (second.verdict, second.says)
        if both:
            rows.append(agreement_row(names[one], names[other], table, agreed))
    return tuple(rows)


def _otherwise(each: Correction) -> int:
    """Whether somebody says that what was read is not right."""
    return int(each.verdict == "rejected" or (each.verdict == "cell" and each.says != each.read))


def corrections_csv(view: CorrectionsView) -> str:
    """All decisions as CSV, a row each."""
    names = CorrectionRow.__struct_fields__
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


def _misfits(settled: Iterable[Settled]) -> tuple[MisfitRow, ...]:
    found = [
        MisfitRow(each.number, one.record_id, each.why) for one in settled for each in one.misfits
    ]
    return tuple(sorted(found, key=lambda each: each.number))


def _rows(
    entries: Sequence[Correction],
    waiting: Sequence[int],
    misfits: Sequence[MisfitRow],
    here: set[str],
) -> tuple[CorrectionRow, ...]:
    taken_back = {each.of for each in entries if each.verdict == "withdrawn"}
    unfit = {each.number for each in misfits}

    def state(
        each: Correction,
    ) -> Literal["holds", "withdrawn", "does not fit", "not here", "waiting"]:
        if each.number in taken_back:
            return "withdrawn"
        if each.number in waiting:
            return "waiting"
        if each.record_id not in here:
            return "not here"
        return "does not fit" if each.number in unfit else "holds"

    return tuple(row_of(CorrectionRow, each, state=state(each)) for each in entries)
