"""Where each form of a ClinicalTrials.gov record keeps what is read out of it.

One table, in the names of version 2; `names` knows what the older forms call the same.
``[*]`` stands for the position in a list.
"""

from __future__ import annotations

from dataclasses import dataclass

from trialweave.model import Passage
from trialweave.sources.ctgov.names import classic_path, flat_path

__all__ = ["CLASSIC", "FLAT", "V2", "Paths", "Places"]

_TABLE = """
identification                 identificationModule
primary_id                     identificationModule.nctId
alias                          identificationModule.nctIdAliases[*]
org_id                         identificationModule.orgStudyIdInfo.id
secondary_id                   identificationModule.secondaryIdInfos[*].id
brief_title                    identificationModule.briefTitle
official_title                 identificationModule.officialTitle
acronym                        identificationModule.acronym
verified                       statusModule.statusVerifiedDate
overall_status                 statusModule.overallStatus
last_known_status              statusModule.lastKnownStatus
why_stopped                    statusModule.whyStopped
expanded_access                statusModule.expandedAccessInfo.nctId
start                          statusModule.startDateStruct.date
start_type                     statusModule.startDateStruct.type
primary_completion             statusModule.primaryCompletionDateStruct.date
primary_completion_type        statusModule.primaryCompletionDateStruct.type
completion                     statusModule.completionDateStruct.date
completion_type                statusModule.completionDateStruct.type
first_submitted                statusModule.studyFirstSubmitDate
first_posted                   statusModule.studyFirstPostDateStruct.date
results_submitted              statusModule.resultsFirstSubmitDate
results_posted                 statusModule.resultsFirstPostDateStruct.date
update_submitted               statusModule.lastUpdateSubmitDate
update_posted                  statusModule.lastUpdatePostDateStruct.date
sponsor                        sponsorCollaboratorsModule.leadSponsor.name
sponsor_class                  sponsorCollaboratorsModule.leadSponsor.class
collaborators                  sponsorCollaboratorsModule.collaborators
collaborator                   sponsorCollaboratorsModule.collaborators[*].name
has_dmc                        oversightModule.oversightHasDmc
brief_summary                  descriptionModule.briefSummary
detailed_description           descriptionModule.detailedDescription
conditions                     conditionsModule.conditions
condition                      conditionsModule.conditions[*]
keywords                       conditionsModule.keywords
keyword                        conditionsModule.keywords[*]
study_type                     designModule.studyType
patient_registry               designModule.patientRegistry
target_duration                designModule.targetDuration
phases                         designModule.phases
allocation                     designModule.designInfo.allocation
intervention_model             designModule.designInfo.interventionModel
model_description              designModule.designInfo.interventionModelDescription
primary_purpose                designModule.designInfo.primaryPurpose
observational_model            designModule.designInfo.observationalModel
time_perspective               designModule.designInfo.timePerspective
masking                        designModule.designInfo.maskingInfo.masking
masking_description            designModule.designInfo.maskingInfo.maskingDescription
who_masked                     designModule.designInfo.maskingInfo.whoMasked
masked                         designModule.designInfo.maskingInfo.whoMasked[*]
enrollment                     designModule.enrollmentInfo.count
enrollment_type                designModule.enrollmentInfo.type
arms                           armsInterventionsModule.armGroups
arm_label                      armsInterventionsModule.armGroups[*].label
arm_type                       armsInterventionsModule.armGroups[*].type
arm_description                armsInterventionsModule.armGroups[*].description
arm_interventions              armsInterventionsModule.armGroups[*].interventionNames
interventions                  armsInterventionsModule.interventions
intervention_name              armsInterventionsModule.interventions[*].name
intervention_type              armsInterventionsModule.interventions[*].type
intervention_description       armsInterventionsModule.interventions[*].description
intervention_arms              armsInterventionsModule.interventions[*].armGroupLabels
intervention_other_names       armsInterventionsModule.interventions[*].otherNames
primary_outcomes               outcomesModule.primaryOutcomes
primary_measure                outcomesModule.primaryOutcomes[*].measure
primary_time_frame             outcomesModule.primaryOutcomes[*].timeFrame
primary_description            outcomesModule.primaryOutcomes[*].description
secondary_outcomes             outcomesModule.secondaryOutcomes
secondary_measure              outcomesModule.secondaryOutcomes[*].measure
secondary_time_frame           outcomesModule.secondaryOutcomes[*].timeFrame
secondary_description          outcomesModule.secondaryOutcomes[*].description
other_outcomes                 outcomesModule.otherOutcomes
other_measure                  outcomesModule.otherOutcomes[*].measure
other_time_frame               outcomesModule.otherOutcomes[*].timeFrame
other_description              outcomesModule.otherOutcomes[*].description
criteria                       eligibilityModule.eligibilityCriteria
healthy_volunteers             eligibilityModule.healthyVolunteers
sex                            eligibilityModule.sex
minimum_age                    eligibilityModule.minimumAge
maximum_age                    eligibilityModule.maximumAge
study_population               eligibilityModule.studyPopulation
sampling_method                eligibilityModule.samplingMethod
central_contacts               contactsLocationsModule.centralContacts
officials                      contactsLocationsModule.overallOfficials
sites                          contactsLocationsModule.locations
site_facility                  contactsLocationsModule.locations[*].facility
site_city                      contactsLocationsModule.locations[*].city
site_country                   contactsLocationsModule.locations[*].country
site_status                    contactsLocationsModule.locations[*].status
references                     referencesModule.references
reference_pmid                 referencesModule.references[*].pmid
reference_type                 referencesModule.references[*].type
reference_citation             referencesModule.references[*].citation
retraction                     referencesModule.references[*].retractions[*].pmid
ipd_sharing                    ipdSharingStatementModule.ipdSharing
ipd_description                ipdSharingStatementModule.description
removed_country                derivedSection.miscInfoModule.removedCountries[*]
condition_terms                derivedSection.conditionBrowseModule.meshes
condition_term                 derivedSection.conditionBrowseModule.meshes[*].term
intervention_terms             derivedSection.interventionBrowseModule.meshes
intervention_term              derivedSection.interventionBrowseModule.meshes[*].term
has_results                    hasResults
results                        resultsSection
measures                       resultsSection.outcomeMeasuresModule.outcomeMeasures
caveats                        resultsSection.moreInfoModule.limitationsAndCaveats.description
flow                           resultsSection.participantFlowModule
flow_recruitment               resultsSection.participantFlowModule.recruitmentDetails
flow_before                    resultsSection.participantFlowModule.preAssignmentDetails
flow_unit                      resultsSection.participantFlowModule.typeUnitsAnalyzed
flow_title                     resultsSection.participantFlowModule.groups[*].title
flow_description               resultsSection.participantFlowModule.groups[*].description
milestone                      resultsSection.participantFlowModule.periods[*].milestones[*]
started                        resultsSection.participantFlowModule.periods[*].milestones[*]\
.achievements[*].numSubjects
drop                           resultsSection.participantFlowModule.periods[*].dropWithdraws[*]
baseline                       resultsSection.baselineCharacteristicsModule
baseline_populated             resultsSection.baselineCharacteristicsModule.populationDescription
baseline_counted               resultsSection.baselineCharacteristicsModule.typeUnitsAnalyzed
baseline_group_title           resultsSection.baselineCharacteristicsModule.groups[*].title
baseline_group_description     resultsSection.baselineCharacteristicsModule.groups[*].description
baseline_size                  resultsSection.baselineCharacteristicsModule.denoms[*].counts[*]\
.value
baseline_title                 resultsSection.baselineCharacteristicsModule.measures[*].title
baseline_description           resultsSection.baselineCharacteristicsModule.measures[*].description
baseline_population            resultsSection.baselineCharacteristicsModule.measures[*]\
.populationDescription
baseline_parameter             resultsSection.baselineCharacteristicsModule.measures[*].paramType
baseline_unit                  resultsSection.baselineCharacteristicsModule.measures[*]\
.unitOfMeasure
baseline_row                   resultsSection.baselineCharacteristicsModule.measures[*].classes[*]\
.categories[*]
measure_title                  resultsSection.outcomeMeasuresModule.outcomeMeasures[*].title
measure_type                   resultsSection.outcomeMeasuresModule.outcomeMeasures[*].type
measure_description            resultsSection.outcomeMeasuresModule.outcomeMeasures[*].description
measure_time_frame             resultsSection.outcomeMeasuresModule.outcomeMeasures[*].timeFrame
measure_population             resultsSection.outcomeMeasuresModule.outcomeMeasures[*]\
.populationDescription
measure_parameter              resultsSection.outcomeMeasuresModule.outcomeMeasures[*].paramType
measure_unit                   resultsSection.outcomeMeasuresModule.outcomeMeasures[*].unitOfMeasure
measure_denominator            resultsSection.outcomeMeasuresModule.outcomeMeasures[*].denoms[*]\
.counts[*].value
measure_class_denominator      resultsSection.outcomeMeasuresModule.outcomeMeasures[*]\
.classes[*].denoms[*].counts[*].value
measure_value                  resultsSection.outcomeMeasuresModule.outcomeMeasures[*]\
.classes[*].categories[*].measurements[*].value
measure_spread                 resultsSection.outcomeMeasuresModule.outcomeMeasures[*]\
.classes[*].categories[*].measurements[*].spread
measure_lower                  resultsSection.outcomeMeasuresModule.outcomeMeasures[*]\
.classes[*].categories[*].measurements[*].lowerLimit
measure_upper                  resultsSection.outcomeMeasuresModule.outcomeMeasures[*]\
.classes[*].categories[*].measurements[*].upperLimit
analysis_method                resultsSection.outcomeMeasuresModule.outcomeMeasures[*]\
.analyses[*].statisticalMethod
analysis_p                     resultsSection.outcomeMeasuresModule.outcomeMeasures[*]\
.analyses[*].pValue
analysis_parameter             resultsSection.outcomeMeasuresModule.outcomeMeasures[*]\
.analyses[*].paramType
analysis_estimate              resultsSection.outcomeMeasuresModule.outcomeMeasures[*]\
.analyses[*].paramValue
analysis_lower                 resultsSection.outcomeMeasuresModule.outcomeMeasures[*]\
.analyses[*].ciLowerLimit
analysis_upper                 resultsSection.outcomeMeasuresModule.outcomeMeasures[*]\
.analyses[*].ciUpperLimit
analysis_level                 resultsSection.outcomeMeasuresModule.outcomeMeasures[*]\
.analyses[*].ciPctValue
events                         resultsSection.adverseEventsModule
event_threshold                resultsSection.adverseEventsModule.frequencyThreshold
event_title                    resultsSection.adverseEventsModule.eventGroups[*].title
event_group_description        resultsSection.adverseEventsModule.eventGroups[*].description
serious_event                  resultsSection.adverseEventsModule.seriousEvents[*]
other_event                    resultsSection.adverseEventsModule.otherEvents[*]
event_groups                   resultsSection.adverseEventsModule.eventGroups
event_time_frame               resultsSection.adverseEventsModule.timeFrame
event_description              resultsSection.adverseEventsModule.description
deaths                         resultsSection.adverseEventsModule.eventGroups[*].deathsNumAffected
deaths_at_risk                 resultsSection.adverseEventsModule.eventGroups[*].deathsNumAtRisk
serious                        resultsSection.adverseEventsModule.eventGroups[*].seriousNumAffected
serious_at_risk                resultsSection.adverseEventsModule.eventGroups[*].seriousNumAtRisk
other                          resultsSection.adverseEventsModule.eventGroups[*].otherNumAffected
other_at_risk                  resultsSection.adverseEventsModule.eventGroups[*].otherNumAtRisk
"""

# The flat form has no lists of items, only lists of their parts: the part that every item has.
_FLAT_LISTS = {
    "identification": "OrgStudyId",
    "collaborators": "CollaboratorName",
    "arms": "ArmGroupLabel",
    "interventions": "InterventionName",
    "primary_outcomes": "PrimaryOutcomeMeasure",
    "secondary_outcomes": "SecondaryOutcomeMeasure",
    "other_outcomes": "OtherOutcomeMeasure",
    "central_contacts": "CentralContactName",
    "officials": "OverallOfficialRole",
    "sites": "LocationCountry",
    "references": "ReferenceCitation",
    "condition_terms": "ConditionMeshTerm",
    "intervention_terms": "InterventionMeshTerm",
    "results": "EventGroupTitle",
    "measures": "OutcomeMeasureTitle",
    "event_groups": "EventGroupTitle",
    "flow": "FlowGroupTitle",
    "baseline": "BaselineMeasureTitle",
    "events": "EventGroupTitle",
    # lists of texts, whose own name the rule gives with a position
    "conditions": "Condition",
    "keywords": "Keyword",
    "phases": "Phase",
    "who_masked": "DesignWhoMasked",
    "arm_interventions": "ArmGroupInterventionName",
    "intervention_arms": "InterventionArmGroupLabel",
    "intervention_other_names": "InterventionOtherName",
    "has_results": "ResultsFirstPostDate",
}


class Places:
    """The passages of one part of the items of a list, made once and shared by all records."""

    _KEPT = 256  # of longer lists the rest is made anew, so that no record can fill the memory

    def __init__(self, path: str) -> None:
        self.before, star, self.after = path.partition("[*]")
        self.indexed = bool(star)
        self._made: list[Passage] = []

    def first(self, count: int) -> list[Passage]:
        """At least `count` passages, in order; not to be changed."""
        made = self._made
        if count <= len(made):
            return made
        if not self.indexed:
            passages = [Passage(path=self.before)] * max(count, self._KEPT)
        else:
            passages = [self._at(index) for index in range(len(made), max(count, 16))]
            passages = made + passages
        if len(passages) <= self._KEPT:
            self._made = passages
        return passages

    def _at(self, index: int) -> Passage:
        return Passage(path=f"{self.before}[{index}]{self.after}")


@dataclass(frozen=True)
class Paths:
    """The table for one form.

    `one`: what a record has once. `many`: parts of the items of a list. `deep`: what lies in
    lists of lists, as text with ``%d`` for each position.
    """

    form: str
    one: dict[str, Passage]
    many: dict[str, Places]
    deep: dict[str, str]


def _read() -> dict[str, str]:
    table = {}
    for row in _TABLE.strip().splitlines():
        name, path = row.split()
        whole = path.startswith(("derivedSection", "resultsSection", "hasResults"))
        table[name] = path if whole else f"protocolSection.{path}"
    return table


def _paths(form: str, table: dict[str, str]) -> Paths:
    stars = {name: path.count("[*]") for name, path in table.items()}
    items = {name for name, path in _read().items() if path.count("[*]") == 1}
    return Paths(
        form,
        {name: Passage(path=path) for name, path in table.items() if not stars[name]},
        {name: Places(path) for name, path in table.items() if stars[name] == 1 or name in items},
        {name: path.replace("[*]", "[%d]") for name, path in table.items() if stars[name] > 1},
    )


def _flat() -> dict[str, str]:
    return {name: _FLAT_LISTS.get(name) or flat_path(path) for name, path in _read().items()}


V2 = _paths("v2", _read())
CLASSIC = _paths(
    "classic",
    {name: classic_path(path) for name, path in _read().items()}
    | {"has_results": "ResultsSection"},
)
FLAT = _paths("flat", _flat())
