"""Known fields of ClinicalTrials.gov: version 2, the classic and flat forms, the legacy XML.

What is read follows from the structs of `sources.ctgov.study`; what is known besides, and left,
stands here. Sources: the register's own description of its data (study data structure, metadata and
OpenAPI of version 2, `public.xsd` of the legacy XML) and records of all forms.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from trialweave.sources.ctgov.flat import FIELDS
from trialweave.sources.ctgov.names import read_paths
from trialweave.sources.known.ctgov_classic import CLASSIC
from trialweave.sources.known.ctgov_xml import LEGACY
from trialweave.sources.known.json import Known, Tree, tree

__all__ = ["classic", "flat", "legacy", "v2"]

_V2 = """\
&group
 id title description
&denoms
 units
 counts[]
  groupId value
&measurement
 groupId value spread lowerLimit upperLimit comment
&classes
 title
 denoms[] &denoms
 categories[]
  title
  measurements[] &measurement
&event
 term organSystem sourceVocabulary assessmentType notes
 stats[]
  groupId numEvents# numAffected# numAtRisk#
&terms
 meshes[]
  id term
 ancestors[]
  id term
 browseLeaves[]
  id name asFound relevance
 browseBranches[]
  abbrev name
&dated
 date type
&contact
 name* role phone* phoneExt* email*
protocolSection
 identificationModule
  nctId+ nctIdAliases[] briefTitle+ officialTitle acronym
  orgStudyIdInfo
   id type link
  secondaryIdInfos[]
   id type domain link
  organization
   fullName+ class
 statusModule
  statusVerifiedDate+ overallStatus+ lastKnownStatus delayedPosting? whyStopped
  expandedAccessInfo
   hasExpandedAccess? nctId statusForNctId
  startDateStruct &dated
  primaryCompletionDateStruct &dated
  completionDateStruct &dated
  studyFirstSubmitDate+ studyFirstSubmitQcDate+ resultsWaived?
  studyFirstPostDateStruct &dated
  resultsFirstSubmitDate resultsFirstSubmitQcDate
  resultsFirstPostDateStruct &dated
  dispFirstSubmitDate dispFirstSubmitQcDate
  dispFirstPostDateStruct &dated
  lastUpdateSubmitDate+
  lastUpdatePostDateStruct &dated
 sponsorCollaboratorsModule
  responsibleParty
   type investigatorFullName* investigatorTitle* investigatorAffiliation oldNameTitle*
   oldOrganization
  leadSponsor
   name+ class+
  collaborators[]
   name class
 oversightModule
  oversightHasDmc? isFdaRegulatedDrug? isFdaRegulatedDevice? isUnapprovedDevice? isPpsd?
  isUsExport? fdaaa801Violation?
 descriptionModule
  briefSummary+ detailedDescription
 conditionsModule
  conditions[]+ keywords[]
 designModule
  studyType+ nPtrsToThisExpAccNctId# patientRegistry? targetDuration phases[]
  expandedAccessTypes
   individual? intermediate? treatment?
  designInfo
   allocation interventionModel interventionModelDescription primaryPurpose observationalModel
   timePerspective
   maskingInfo
    masking maskingDescription whoMasked[]
  bioSpec
   retention description
  enrollmentInfo
   count# type
 armsInterventionsModule
  armGroups[]
   label type description interventionNames[]
  interventions[]
   type name description armGroupLabels[] otherNames[]
 outcomesModule
  primaryOutcomes[]
   measure description timeFrame
  secondaryOutcomes[]
   measure description timeFrame
  otherOutcomes[]
   measure description timeFrame
 eligibilityModule
  eligibilityCriteria+ healthyVolunteers? sex+ genderBased? genderDescription minimumAge maximumAge
  stdAges[]+ studyPopulation samplingMethod
 contactsLocationsModule
  centralContacts[] &contact
  overallOfficials[]
   name* affiliation role
  locations[]
   facility status city state zip country countryCode
   contacts[] &contact
   geoPoint
    lat# lon#
 referencesModule
  references[]
   pmid type citation
   retractions[]
    pmid source
  seeAlsoLinks[]
   label url
  availIpds[]
   id type url comment
 ipdSharingStatementModule
  ipdSharing description infoTypes[] timeFrame accessCriteria url
resultsSection
 participantFlowModule
  preAssignmentDetails recruitmentDetails typeUnitsAnalyzed
  groups[] &group
  periods[]
   title
   milestones[]
    type comment
    achievements[]
     groupId comment numSubjects numUnits
   dropWithdraws[]
    type comment
    reasons[]
     groupId comment numSubjects numUnits
 baselineCharacteristicsModule
  populationDescription typeUnitsAnalyzed
  groups[] &group
  denoms[] &denoms
  measures[]
   title description populationDescription paramType dispersionType unitOfMeasure calculatePct?
   denomUnitsSelected
   denoms[] &denoms
   classes[] &classes
 outcomeMeasuresModule
  outcomeMeasures[]
   type title description populationDescription reportingStatus anticipatedPostingDate paramType
   dispersionType unitOfMeasure calculatePct? timeFrame typeUnitsAnalyzed denomUnitsSelected
   groups[] &group
   denoms[] &denoms
   classes[] &classes
   analyses[]
    paramType paramValue dispersionType dispersionValue statisticalMethod statisticalComment pValue
    pValueComment ciNumSides ciPctValue ciLowerLimit ciUpperLimit ciLowerLimitComment
    ciUpperLimitComment estimateComment testedNonInferiority? nonInferiorityType
    nonInferiorityComment otherAnalysisDescription groupDescription groupIds[]
 adverseEventsModule
  frequencyThreshold timeFrame description allCauseMortalityComment
  eventGroups[]
   id title description deathsNumAffected# deathsNumAtRisk# seriousNumAffected# seriousNumAtRisk#
   otherNumAffected# otherNumAtRisk#
  seriousEvents[] &event
  otherEvents[] &event
 moreInfoModule
  limitationsAndCaveats
   description
  certainAgreement
   piSponsorEmployee? restrictionType restrictiveAgreement? otherDetails
  pointOfContact
   title* organization email* phone* phoneExt*
annotationSection
 annotationModule
  unpostedAnnotation
   unpostedResponsibleParty
   unpostedEvents[]
    type date dateUnknown?
  violationAnnotation
   violationEvents[]
    type description creationDate issuedDate releaseDate postedDate
documentSection
 largeDocumentModule
  noSap?
  largeDocs[]
   typeAbbrev hasProtocol? hasSap? hasIcf? label date uploadDate filename size#
derivedSection
 miscInfoModule
  versionHolder+ removedCountries[]
  submissionTracking
   estimatedResultsFirstSubmitDate
   firstMcpInfo
    postDateStruct &dated
   submissionInfos[]
    releaseDate unreleaseDate unreleaseDateUnknown? resetDate mcpReleaseN#
  modelPredictions
   bmiLimits
    minBmi# maxBmi#
 conditionBrowseModule &terms
 interventionBrowseModule &terms
hasResults?+
_id* ctrname* record_last_import*
"""


def _marked(known: Known, read: frozenset[str], path: str) -> Known:
    inside = {
        name: _marked(inner, read, f"{path}.{name}" if path else name)
        for name, inner in known.inside.items()
    }
    is_read = path in read
    return Known(known.kind, known.lists, is_read, known.always, known.or_text, inside)


@functools.cache
def v2() -> Tree:
    """Version 2; what is read are the fields of its structs."""
    return Tree(_marked(tree(_V2).root, read_paths("v2"), ""))


@functools.cache
def classic() -> Tree:
    """The classic form."""
    return Tree(_marked(tree(CLASSIC).root, read_paths("classic"), ""))


@functools.cache
def flat() -> Tree:
    """The flat form: a list of texts for each leaf of the classic one."""
    read = frozenset(FIELDS)
    names = dict.fromkeys((*_leaves(classic().root), "Rank", "LocationGeoPoint", "Sex", *FIELDS))
    return Tree(Known(inside={name: Known("text", 1, name in read) for name in names}))


def _leaves(known: Known) -> Iterator[str]:
    for name, inner in known.inside.items():
        if inner.inside:
            yield from _leaves(inner)
        else:
            yield name


@functools.cache
def legacy() -> Tree:
    """The legacy XML."""
    return tree(LEGACY, loose=True)
