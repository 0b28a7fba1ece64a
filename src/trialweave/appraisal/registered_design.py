"""registered-enrolment, -arms, -masking, -dates: what registrations and reports say of one design.

All are notes at most: a plan may have changed with everybody's knowledge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from trialweave.appraisal._context import Context, record_check
from trialweave.appraisal._registered import registrations, reports
from trialweave.model import Attempt, Check, Record
from trialweave.records.concepts import text_of
from trialweave.studies.reconciliation import Told, differ

__all__ = ["ARMS", "DATES", "ENROLMENT", "MASKING", "check_of"]

ENROLMENT = "registered-enrolment"
ARMS = "registered-arms"
MASKING = "registered-masking"
DATES = "registered-dates"

_CONCEPTS = {
    ENROLMENT: ("enrollment",),
    ARMS: ("arms",),
    MASKING: ("masking",),
    DATES: ("start_date", "primary_completion_date", "completion_date"),
}
_NAMES = {
    "enrollment": "the enrolment", "arms": "the arms", "masking": "the masking",
    "start_date": "the start", "primary_completion_date": "the primary completion",
    "completion_date": "the completion",
}  # fmt: skip
_INNOCENT = {
    ENROLMENT: (
        "fewer than planned is common and no sign of anything by itself",
        "the article may count patients screened, randomised, treated or analysed",
    ),
    ARMS: (
        "the article may report some of the arms, or the register list them otherwise",
    ),
    MASKING: (
        "words for masking mean different groups of people in different countries",
        "the article may speak of one part of the trial",
    ),
    DATES: (
        "registers ask for the first enrolment, articles often tell of approval or recruitment",
    ),
}  # fmt: skip


def check_of(rule: str) -> Callable[[Context], Iterator[Check]]:
    """The check of one rule: each registration against each report that states the same concept."""

    def check(context: Context) -> Iterator[Check]:
        articles = reports(context)
        registered_records = registrations(context) if articles else []
        if not registered_records:
            return
        registered_ids = {record.record_id for record in registered_records}
        reported_ids = {record.record_id for record in articles}
        for concept in _CONCEPTS[rule]:
            told = context.told.get(concept, [])
            registered = [each for each in told if each.record.record_id in registered_ids]
            reported = [each for each in told if each.record.record_id in reported_ids]
            for one in registered:
                for other in reported:
                    yield _one(rule, concept, one, other, context)

    return check


def _one(rule: str, concept: str, one: Told, other: Told, context: Context) -> Check:
    differs = differ(concept, one.leaves, other.leaves)
    registered, reported = _shown(concept, one), _shown(concept, other)
    if concept == "arms":
        registered, reported = f"{len(one.leaves)}", f"{len(other.leaves)}"
    planned = _planned(concept, one.record)
    kind = " as planned" if planned else ""
    name = _NAMES[concept]
    text = f"Registered for {name}{kind}: {registered}; reported by {other.record.record_id}: "
    text += f"{reported}."
    return record_check(
        rule, context, one.record.record_id, "note" if differs else "consistent", text,
        part=f"{concept}:{other.record.record_id}",
        attempts=[Attempt("registered against reported", f"{registered} / {reported}",
                          "differ" if differs else "agree", not differs)],
        innocent=_INNOCENT[rule] if differs else (),
        passages=[leaf.value.passage for leaf in one.leaves[:4]],
    )  # fmt: skip


def _shown(concept: str, told: Told) -> str:
    return ", ".join(text_of(value) for value in told.values[:3])


def _planned(concept: str, record: Record) -> bool:
    kind = getattr(record.about, f"{concept}_type", None)
    return kind is not None and kind.content == "estimated"
