"""The flat form of a ClinicalTrials.gov record: one list of texts for each field.

``{"NCTId": ["NCT…"], "ArmGroupLabel": ["A", "B"], "ArmGroupDescription": ["…"]}``: what belonged
to one arm is spread over lists, and an arm without a description is simply missing from the list
of descriptions. Lists are put together again only where that is certain:

* a part that an item has at most once, if there are as many as items, or none;
* the interventions of arms and the arms of interventions, if both lists describe the same pairs;
* anything, if there is one item only.

Else the part is unreadable in every item, and the list is kept as received beside them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from trialweave.sources.ctgov import study as shape
from trialweave.sources.ctgov.names import Malformed
from trialweave.sources.ctgov.other import Unplaced

__all__ = ["FIELDS", "FlatRecord", "from_flat"]

# Every field of the flat form that is read
FIELDS = """
NCTId NCTIdAlias OrgStudyId OrgStudyIdType SecondaryId SecondaryIdType SecondaryIdDomain
BriefTitle OfficialTitle Acronym
StatusVerifiedDate OverallStatus LastKnownStatus WhyStopped ExpandedAccessNCTId
StartDate StartDateType PrimaryCompletionDate PrimaryCompletionDateType
CompletionDate CompletionDateType StudyFirstSubmitDate StudyFirstPostDate
ResultsFirstSubmitDate ResultsFirstPostDate LastUpdateSubmitDate LastUpdatePostDate
LeadSponsorName LeadSponsorClass CollaboratorName OversightHasDMC
BriefSummary DetailedDescription Condition Keyword
StudyType PatientRegistry TargetDuration Phase DesignAllocation DesignInterventionModel
DesignInterventionModelDescription DesignPrimaryPurpose DesignObservationalModel
DesignTimePerspective DesignMasking DesignMaskingDescription DesignWhoMasked
EnrollmentCount EnrollmentType
ArmGroupLabel ArmGroupType ArmGroupDescription ArmGroupInterventionName
InterventionName InterventionType InterventionDescription InterventionArmGroupLabel
InterventionOtherName
PrimaryOutcomeMeasure PrimaryOutcomeTimeFrame PrimaryOutcomeDescription
SecondaryOutcomeMeasure SecondaryOutcomeTimeFrame SecondaryOutcomeDescription
OtherOutcomeMeasure OtherOutcomeTimeFrame OtherOutcomeDescription
EligibilityCriteria HealthyVolunteers Gender MinimumAge MaximumAge StudyPopulation SamplingMethod
LocationFacility LocationCity LocationCountry LocationStatus
ReferenceCitation ReferencePMID ReferenceType RetractionPMID
IPDSharing IPDSharingDescription RemovedCountry ConditionMeshTerm InterventionMeshTerm
FlowGroupTitle BaselineMeasureTitle SeriousEventTerm OtherEventTerm
LimitationsAndCaveatsDescription
EventsFrequencyThreshold EventsTimeFrame EventsDescription EventGroupTitle EventGroupDescription
EventGroupDeathsNumAffected EventGroupDeathsNumAtRisk EventGroupSeriousNumAffected
EventGroupSeriousNumAtRisk EventGroupOtherNumAffected EventGroupOtherNumAtRisk
OutcomeMeasureTitle
""".split()  # noqa: SIM905

# Fields that say that people are named; they are looked at for that, and never decoded
_PEOPLE = ("CentralContactName", "CentralContactRole", "OverallOfficialName", "OverallOfficialRole")

_LIST: Any = Annotated[tuple[str, ...], msgspec.Meta(max_length=shape.MAX_ITEMS)] | None

FlatRecord: Any = msgspec.defstruct(
    "FlatRecord",
    [(name, _LIST, None) for name in FIELDS]
    + [(name, msgspec.Raw, msgspec.Raw()) for name in _PEOPLE],
    frozen=True,
    gc=False,
)


def _once(values: Sequence[str] | None) -> shape.Text:
    """A field that a record has once; more than one text there means something else."""
    if not values:
        return None
    return values[0] if len(values) == 1 else UNSET


class _Zip:
    """The lists of one kind of item, put together as far as that is certain."""

    def __init__(self, flat: Any, unplaced: list[tuple[str, tuple[str, ...]]]) -> None:
        self.flat = flat
        self.unplaced = unplaced

    def column(self, name: str, count: int) -> Sequence[shape.Text]:
        """A part that every item has at most once."""
        values: tuple[str, ...] = getattr(self.flat, name) or ()
        if len(values) == count:
            return values
        if not values:
            return (None,) * count
        self.unplaced.append((name, values))
        return (UNSET,) * count

    def nested(self, name: str, count: int) -> Sequence[tuple[str, ...] | UnsetType | None]:
        """A part that an item may have several times."""
        values: tuple[str, ...] = getattr(self.flat, name) or ()
        if not values:
            return (None,) * count
        if count == 1:
            return (values,)
        self.unplaced.append((name, values))
        return (UNSET,) * count


def _outcomes(zipped: _Zip, kind: str) -> tuple[shape.Outcome, ...]:
    measures = getattr(zipped.flat, f"{kind}OutcomeMeasure")
    if not measures:
        return ()
    count = len(measures)
    frames = zipped.column(f"{kind}OutcomeTimeFrame", count)
    descriptions = zipped.column(f"{kind}OutcomeDescription", count)
    return tuple(map(shape.Outcome, measures, descriptions, frames))


def pairs(
    labels: Sequence[str],
    names: Sequence[str],
    names_of_arms: Sequence[str],
    labels_of_interventions: Sequence[str],
) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]] | None:
    """Which intervention belongs to which arm, where two flattened lists leave no doubt.

    `names_of_arms` lists each arm's interventions, arm after arm; `labels_of_interventions` each
    intervention's arms, intervention after intervention. A pair of the two stands once in either
    list, so an arm has as many interventions as its label is named in the other list, and the
    other way round. That cuts both lists; the cut is taken only if the pairs then agree.
    """
    if len(set(labels)) != len(labels) or len(set(names)) != len(names):
        return None
    named, labelled = Counter(names_of_arms), Counter(labels_of_interventions)
    by_label = _cut(names_of_arms, [labelled[label] for label in labels])
    by_name = _cut(labels_of_interventions, [named[name] for name in names])
    if by_label is None or by_name is None:
        return None
    one = {(label, name) for label, part in zip(labels, by_label, strict=True) for name in part}
    other = {(label, name) for name, part in zip(names, by_name, strict=True) for label in part}
    if one != other or len(one) != len(names_of_arms):
        return None
    return by_label, by_name


def _cut(values: Sequence[str], counts: Sequence[int]) -> list[tuple[str, ...]] | None:
    if sum(counts) != len(values):
        return None
    parts, at = [], 0
    for count in counts:
        parts.append(tuple(values[at : at + count]))
        at += count
    return parts


def _arms(
    zipped: _Zip,
) -> tuple[tuple[shape.ArmGroup, ...], tuple[shape.Intervention, ...]]:
    flat = zipped.flat
    labels, names = flat.ArmGroupLabel or (), flat.InterventionName or ()
    types = zipped.column("InterventionType", len(names))
    arm_types = zipped.column("ArmGroupType", len(labels))
    arm_descriptions = zipped.column("ArmGroupDescription", len(labels))
    descriptions = zipped.column("InterventionDescription", len(names))
    others = zipped.nested("InterventionOtherName", len(names))
    of_arms, of_interventions = (
        flat.ArmGroupInterventionName or (),
        flat.InterventionArmGroupLabel or (),
    )
    cut = None
    if of_arms and of_interventions:
        whole = [f"{kind}: {name}" for kind, name in zip(types, names, strict=True)]
        cut = pairs(labels, whole, of_arms, of_interventions)
    by_arm: Sequence[tuple[str, ...] | UnsetType | None]
    by_intervention: Sequence[tuple[str, ...] | UnsetType | None]
    if cut is not None:
        by_arm, by_intervention = cut
    else:
        by_arm = zipped.nested("ArmGroupInterventionName", len(labels))
        by_intervention = zipped.nested("InterventionArmGroupLabel", len(names))
    return (
        tuple(map(shape.ArmGroup, labels, arm_types, arm_descriptions, by_arm)),
        tuple(map(shape.Intervention, types, names, descriptions, by_intervention, others)),
    )


def _sites(zipped: _Zip) -> tuple[shape.Location, ...]:
    flat = zipped.flat
    countries = flat.LocationCountry or flat.LocationFacility or ()
    if not countries:
        return ()
    count = len(countries)
    return tuple(
        map(
            shape.Location,
            zipped.column("LocationFacility", count),
            zipped.column("LocationStatus", count),
            zipped.column("LocationCity", count),
            zipped.column("LocationCountry", count),
        )
    )


def _references(zipped: _Zip) -> tuple[shape.Reference, ...]:
    """The cited publications. PubMed numbers of which only the citation is uncertain are kept as
    references of their own, so that no number is lost.
    """
    flat = zipped.flat
    citations, pmids = flat.ReferenceCitation or (), flat.ReferencePMID or ()
    count = len(citations)
    types = zipped.column("ReferenceType", count)
    if len(pmids) == count or not pmids:
        numbers: Sequence[shape.Text] = pmids or (None,) * count
        return tuple(map(shape.Reference, numbers, types, citations))
    kind: shape.Text = types[0] if len(set(types)) == 1 else UNSET
    return tuple(map(shape.Reference, (UNSET,) * count, types, citations)) + tuple(
        shape.Reference(number, kind, UNSET) for number in pmids
    )


def _numbers(zipped: _Zip) -> tuple[shape.SecondaryId, ...]:
    numbers = zipped.flat.SecondaryId
    if not numbers:
        return ()
    count = len(numbers)
    kinds = zipped.column("SecondaryIdType", count)
    domains = zipped.column("SecondaryIdDomain", count)
    return tuple(map(shape.SecondaryId, numbers, kinds, domains))


def _results(zipped: _Zip) -> shape.Results | None:
    """Totals of events are certain: a group has each once. Other tables cannot be put together."""
    flat = zipped.flat
    if flat.OutcomeMeasureTitle:
        zipped.unplaced.append(("OutcomeMeasureTitle", flat.OutcomeMeasureTitle))
    titles, caveats = flat.EventGroupTitle, flat.LimitationsAndCaveatsDescription
    flow = UNSET if flat.FlowGroupTitle else None
    start = UNSET if flat.BaselineMeasureTitle else None
    events = None
    if titles:
        columns = [
            zipped.column(f"EventGroup{name}Num{what}", len(titles))
            for name in ("Deaths", "Serious", "Other")
            for what in ("Affected", "AtRisk")
        ]
        ids = (None,) * len(titles)
        about = zipped.column("EventGroupDescription", len(titles))
        events = shape.Events(
            _once(flat.EventsFrequencyThreshold),
            _once(flat.EventsTimeFrame),
            _once(flat.EventsDescription),
            tuple(map(shape.EventGroup, titles, *columns, ids, about)),
            UNSET if flat.SeriousEventTerm else None,
            UNSET if flat.OtherEventTerm else None,
        )
    if not (titles or caveats or flow is UNSET or start is UNSET):
        return None
    more = shape.MoreInfo(shape.Caveats(_once(caveats)))
    return shape.Results(flow, None, events, start, more)


def _date(date: Sequence[str] | None, type_: Sequence[str] | None = None) -> shape.DateStruct:
    return shape.DateStruct(_once(date), _once(type_))


_SOMEBODY = (shape.Official(),)


def _people(*lists: msgspec.Raw) -> tuple[shape.Official, ...] | None:
    return _SOMEBODY if any(len(raw) > 2 and bytes(raw) != b"null" for raw in lists) else None


def from_flat(flat: Any) -> tuple[shape.Study, Unplaced]:
    """Bring a record of the flat form into the shape of version 2.

    Also returns the lists that could not be put together, as received, by their names.
    Results count as posted where their date is there; a field that is not there may not have been
    asked for, so its absence says nothing. Raises `Malformed` for an absurd number of items.
    """
    unplaced: list[tuple[str, tuple[str, ...]]] = []
    zipped = _Zip(flat, unplaced)
    arms, interventions = _arms(zipped)
    if len(flat.ReferencePMID or ()) + len(flat.ReferenceCitation or ()) > shape.MAX_ITEMS:
        raise Malformed("`ReferenceCitation` and `ReferencePMID` hold too many items")
    if flat.RetractionPMID:
        unplaced.append(("RetractionPMID", flat.RetractionPMID))
    org_id = _once(flat.OrgStudyId)
    protocol = shape.Protocol(
        shape.Identification(
            _once(flat.NCTId),
            flat.NCTIdAlias,
            shape.OrgStudyId(org_id, _once(flat.OrgStudyIdType)) if org_id else None,
            _numbers(zipped),
            _once(flat.BriefTitle),
            _once(flat.OfficialTitle),
            _once(flat.Acronym),
        ),
        shape.Status(
            _once(flat.StatusVerifiedDate),
            _once(flat.OverallStatus),
            _once(flat.LastKnownStatus),
            _once(flat.WhyStopped),
            shape.ExpandedAccess(_once(flat.ExpandedAccessNCTId)),
            _date(flat.StartDate, flat.StartDateType),
            _date(flat.PrimaryCompletionDate, flat.PrimaryCompletionDateType),
            _date(flat.CompletionDate, flat.CompletionDateType),
            _once(flat.StudyFirstSubmitDate),
            _date(flat.StudyFirstPostDate),
            _once(flat.ResultsFirstSubmitDate),
            _date(flat.ResultsFirstPostDate),
            _once(flat.LastUpdateSubmitDate),
            _date(flat.LastUpdatePostDate),
        ),
        shape.Sponsors(
            shape.Sponsor(_once(flat.LeadSponsorName), _once(flat.LeadSponsorClass)),
            tuple(map(shape.Sponsor, flat.CollaboratorName or ())),
        ),
        shape.Oversight(_once(flat.OversightHasDMC)),
        shape.Description(_once(flat.BriefSummary), _once(flat.DetailedDescription)),
        shape.Conditions(flat.Condition, flat.Keyword),
        shape.Design(
            _once(flat.StudyType),
            _once(flat.PatientRegistry),
            _once(flat.TargetDuration),
            flat.Phase,
            shape.DesignInfo(
                _once(flat.DesignAllocation),
                _once(flat.DesignInterventionModel),
                _once(flat.DesignInterventionModelDescription),
                _once(flat.DesignPrimaryPurpose),
                flat.DesignObservationalModel,
                flat.DesignTimePerspective,
                shape.Masking(
                    _once(flat.DesignMasking),
                    _once(flat.DesignMaskingDescription),
                    flat.DesignWhoMasked,
                ),
            ),
            shape.Enrollment(_once(flat.EnrollmentCount), _once(flat.EnrollmentType)),
        ),
        shape.ArmsInterventions(arms, interventions),
        shape.Outcomes(
            _outcomes(zipped, "Primary"),
            _outcomes(zipped, "Secondary"),
            _outcomes(zipped, "Other"),
        ),
        shape.Eligibility(
            _once(flat.EligibilityCriteria),
            _once(flat.HealthyVolunteers),
            _once(flat.Gender),
            _once(flat.MinimumAge),
            _once(flat.MaximumAge),
            _once(flat.StudyPopulation),
            _once(flat.SamplingMethod),
        ),
        shape.ContactsLocations(
            _people(flat.CentralContactName, flat.CentralContactRole),
            _people(flat.OverallOfficialName, flat.OverallOfficialRole),
            _sites(zipped),
        ),
        shape.References(_references(zipped)),
        shape.IpdSharing(_once(flat.IPDSharing), _once(flat.IPDSharingDescription)),
    )
    derived = shape.Derived(
        shape.MiscInfo(flat.RemovedCountry),
        shape.Browse(tuple(map(shape.Mesh, flat.ConditionMeshTerm or ()))),
        shape.Browse(tuple(map(shape.Mesh, flat.InterventionMeshTerm or ()))),
    )
    posted = True if flat.ResultsFirstPostDate else None
    return shape.Study(protocol, _results(zipped), derived, posted), tuple(unplaced)
