"""What posted results in the EU register's JSON add to a country's record."""

from __future__ import annotations

from typing import Any

import msgspec

from trialweave.model import Labelled, Reference, Trial, Value
from trialweave.model.identifiers import normalise
from trialweave.sources.ctgov import words
from trialweave.sources.europe import _euctr_codes as codes
from trialweave.sources.europe._euctr_results import arms_of, end_points, flow_of, groups_of
from trialweave.sources.europe._euctr_tables import adverse_events, baseline_of, totals
from trialweave.sources.europe._euctr_values import POSTED, STATED, V, where
from trialweave.sources.europe._tree import JsonBranch, one

__all__ = ["with_results"]

_BLINDED = ("subjectDisposition", "postAssignmentPeriods", "postAssignmentPeriod")
_AGES = (
    ("inUtero", "in utero"),
    ("pretermNewbornInfants", "preterm newborn infants"),
    ("newborns", "newborns"),
    ("infantsAndToddlers", "infants and toddlers"),
    ("children", "children"),
    ("adolescents", "adolescents"),
    ("adults", "adults"),
    ("elderly65To84", "65 to 84 years"),
    ("elderlyOver85", "85 years and over"),
)


def with_results(trial: Trial, value: dict[str, Any]) -> Trial:
    """A record's content with the results that stand beside the form; as it is without them.

    The planned size stays the enrolment; who took part stands apart, and so do age groups.
    """
    if not isinstance(value.get("trialInformation"), dict):
        return trial
    record = JsonBranch(value)
    groups = groups_of(record)
    outcomes = (*end_points(record, groups), *totals(record, groups))
    told = record.branches("endPoints") or record.branches("adverseEvents")
    results: Value[Any] = V.absent(POSTED)
    if outcomes and told:
        results = Value(outcomes, STATED, where(told[0]), V.rule(POSTED))
    return msgspec.structs.replace(
        trial,
        arms=arms_of(record),
        who_masked=_masked(record),
        references=_references(record),
        results=results,
        participant_flow=flow_of(record, groups),
        baseline=baseline_of(record, groups),
        adverse_events=adverse_events(record, groups),
        limitations=V.text(one(record, "trialChanges", "limitationsAndCaveats")),
        other=(*trial.other, *_other(record)),
    )


def _masked(record: JsonBranch) -> Value[tuple[Value[str], ...]]:
    """Who is masked in the periods of the trial, where the results say so."""
    found: dict[str, Value[str]] = {}
    for piece in record.cells(*_BLINDED, "clinicalTrialRoles", "clinicalTrialRole"):
        role = codes.MASKED.get(codes.word_of(piece.raw)) or codes.spoken(piece.raw)
        if role:
            found.setdefault(role, V.derived(role, piece, "word"))
    return V.several(tuple(found.values()))


def _references(record: JsonBranch) -> Value[tuple[Reference, ...]]:
    """Articles that the results name by their PubMed numbers."""

    def number(text: str) -> str | None:
        read = normalise(text, "pmid")
        return read.value if read else None

    cells = record.cells("trialChanges", "pubMedReferenceNumbers", "pubMedReferenceNumber")
    return V.several(tuple(Reference(pmid=V.word(piece, number, "identifier")) for piece in cells))


def _other(record: JsonBranch) -> list[Labelled]:
    found = V.labelled(
        (f"took part, {label}", one(record, "trialInformation", "populationAgeGroup", name))
        for name, label in _AGES
    )
    parts = record.cells(
        "trialInformation", "countrySubjectCounts", "countrySubjectCount", "subjects"
    )
    sizes = [words.count(piece.raw) for piece in parts]
    if parts and None not in sizes:
        total = sum(size for size in sizes if size is not None)
        raw = " + ".join(piece.raw for piece in parts)[:200]
        at = where(record, "trialInformation", "countrySubjectCounts")
        found.append(
            Labelled("took part, all countries", Value(str(total), STATED, at,
                                                       V.rule("sample_size"), raw))
        )  # fmt: skip
    return found
