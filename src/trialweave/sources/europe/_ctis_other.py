"""What a record of the EU's information system says beside the concepts, under its own labels."""

from __future__ import annotations

from trialweave.model import Labelled, Value
from trialweave.sources.europe._ctis_record import VALUES, Record
from trialweave.sources.europe._tree import one
from trialweave.sources.europe._values import Piece

__all__ = ["other", "sharing"]

_V = VALUES


def _one(pieces: list[Piece]) -> Piece | None:
    return pieces[0] if pieces else None


def sharing(record: Record) -> Value[str]:
    """The plan in words; a code alone is of a list that does not come with the records."""
    written = _one(record.details("individualParticipantData", "planToShareIPDDescription"))
    written = written or _one(record.details("individualParticipantDataSharingStatement"))
    code = _one(record.details("individualParticipantData", "planToShareIPD"))
    if written is not None or code is None:
        return _V.text(written)
    return _V.word(code, lambda text: None if text.strip().isdecimal() else text)


def other(record: Record) -> list[Labelled]:
    """Dates, objectives, areas, what each state plans to recruit, and what happened in it."""
    top = record.top
    pairs: list[tuple[str, Piece | None]] = [
        ("application submitted", record.first(("submissionDate",))),
        ("decision", record.first(("decisionDate",))),
        ("age band", record.first(("ageGroup",))),
        ("main objective", _one(record.details("trialObjective", "mainObjective"))),
        ("first published or last published", record.first(("publishDate",))),
        ("recruitment status by country", record.first(("recruitmentStatus",))),
    ]
    pairs += [
        ("secondary objective", piece)
        for piece in record.details("trialObjective", "secondaryObjectives", "secondaryObjective")
    ]
    pairs += [
        ("therapeutic area", piece)
        for piece in record.part("therapeuticAreas", "name") or top.cells("therapeuticAreas")
    ]
    pairs += [
        ("associated trial", piece)
        for piece in record.part("trialDetails", "associatedClinicalTrials", "ctNumber")
    ]
    for state in record.branches("authorizedPartsII"):
        name = one(state, "mscInfo", "mscName") or one(state, "mscInfo", "countryName")
        label = f"participants planned, {name.raw[:60] if name is not None else 'a member state'}"
        pairs.append((label, one(state, "recruitmentSubjectCount")))
    pairs.append(("participants planned, outside the EEA", _one(record.part("rowSubjectCount"))))
    for country in top.branches("events", "trialEvents"):
        name = one(country, "mscName")
        for event in country.branches("events"):
            kind = one(event, "notificationType")
            if kind is not None:
                label = kind.raw.replace("_", " ").lower()[:60]
                label += f", {name.raw[:60]}" if name is not None else ""
                pairs.append((label, one(event, "date")))
    return _V.labelled(pairs)
