"""Known fields of ISRCTN (XML, and JSON made of it) and of the EU's information system (JSON).

Sources: records of all shapes; for ISRCTN answers of its interface, for the EU's system the
fields that public programs list (ctrdata's typed fields). Branches marked ``*`` are left whole:
applications one by one, evaluations, notifications, documents, addresses. What may name or reach
a person is marked so, too.
"""

from __future__ import annotations

import functools

from trialweave.sources.known.json import Known, Tree, tree

__all__ = ["ctis", "isrctn", "isrctn_with_parties"]

_TRIAL = """\
&outcomes
 outcomeMeasure[]!
  @id variable! method! timepoints!
@lastUpdated! @version @isPublished @publicIdentifierType @publicIdentifierCanonical
@publicIdentifierDateAssigned!
isrctn|!+
 @dateAssigned!
trialDescription
 @thirdPartyFilesAcknowledgement
 acknowledgment title!+ scientificTitle! acronym! studyHypothesis! plainEnglishSummary!
 primaryOutcome! secondaryOutcome! trialWebsite ethicsApprovalRequired! ethicsApproval!
 primaryOutcomes| &outcomes
 secondaryOutcomes| &outcomes
 ethicsCommittees|
  ethicsCommittee[]
   @id @approvalStatus! @statusDate committeeName committeeReference contactDetails*
externalRefs
 doi eudraCTNumber! ctisNumber! irasNumber! clinicalTrialsGovNumber! protocolSerialNumber!
 secondaryNumbers|
  secondaryNumber[]|!
   @id @numberType! @canonicalSecondaryNumber
trialDesign
 studyDesign! primaryStudyDesign! secondaryStudyDesign! overallStartDate! overallEndDate!+
 overallStatusOverride! reasonAbandoned! trialType!
 interventionalTrialDesign|
  allocation! masking! control! assignment!
  purposes|
   purpose[]!
 observationalTrialDesign*
 trialSettings|
  trialSetting[]!
 trialTypes|
  trialType[]!
participants
 inclusion!+ exclusion! ageRange! gender! targetEnrolment! totalFinalEnrolment! totalTarget!
 healthyVolunteersAllowed! patientInfoSheet recruitmentStart! recruitmentEnd!
 recruitmentStartStatusOverride! recruitmentStatusOverride!
 recruitmentCountries|
  country[]!
 trialCentres|
  trialCentre[]
   @id name! address* city! state country! zip id
 participantTypes|
  participantType[]!
 lowerAgeLimit|!
  @unit @value
 upperAgeLimit|!
  @unit @value
conditions|
 condition[]
  description! diseaseClass1! diseaseClass2!
interventions|
 intervention[]
  description! interventionType! pharmaceuticalStudyTypes phase! drugNames!
results|
 publicationPlan! ipdSharingStatement! intentToPublish publicationDetails! publicationStage!
 biomedRelated basicReport! plainEnglishReport
 dataPolicies|
  dataPolicy[]!
outputs|
 output[]
  @id @outputType! @artefactType @dateCreated @dateUploaded @peerReviewed @patientFacing @createdBy
  @externalLinkURL! @fileId @originalFilename @downloadFilename @version @mimeType
  description productionNotes localFile*
  externalLink|!
   @url!
parties|
 funderId[] contactId[]! sponsorId[]!
miscellaneous|
 ipdSharingPlan!
attachedFiles*
"""
_PARTIES = """\
contact[]
 @id title* forename* surname* orcid* contactDetails* privacy!
 contactTypes|
  contactType[]!
sponsor[]
 @id organisation! website sponsorType contactDetails* privacy rorId commercialStatus!
funder[]
 @id name! fundRef
"""
_ADDED = "_id* ctrname* record_last_import*\n"


def _json_names(known: Known) -> Known:
    """Attributes as JSON made of XML writes them: as they are, or with a sign before."""
    inside: dict[str, Known] = {}
    for name, inner in known.inside.items():
        bare = name.removeprefix("@")
        made = _json_names(inner)
        inside |= {name: made} if bare == name else dict.fromkeys((bare, name, f"_{bare}"), made)
    if known.inside and known.or_text:
        inside |= dict.fromkeys(("#text", "_text", "value"), Known("text", 0, known.read))
    return Known(known.kind, known.lists, known.read, known.always, known.or_text, inside)


@functools.cache
def isrctn() -> Tree:
    """ISRCTN's trial, as XML."""
    return tree(_TRIAL, loose=True)


@functools.cache
def isrctn_with_parties(*, json: bool) -> Tree:
    """The trial with the contacts, sponsors and funders that stand beside it."""
    parties = tree(_PARTIES, loose=True).root.inside
    trial = isrctn().root
    if not json:
        return Tree(Known(inside={"trial": trial} | parties), loose=True)
    trial = _json_names(trial)
    added = tree(_ADDED).root.inside
    whole = Known(inside={"trial": trial} | parties)
    beside = _json_names(whole).inside | trial.inside | added
    held = {"fullTrial": Known(inside=beside, lists=1)}
    page = {"allTrials": Known(inside=held | {"totalCount": Known("any")})}
    return Tree(Known(inside=beside | held | page), loose=True)


_CTIS = """\
&organisation
 id type typeCode acronym name! clinicalTrialSponsor commercial isBusinessKeyValidated businessKey
 businessKeyForDisplay organisationLocationStatus memberStateCountryCode
&translations
 id uuid attributeTranslation language languageDescription
&number
 id number!
&sponsor
 id party personId primary! isCommercial commercial! fromDate legislationComplianceResp
 contactPointResp article77ComplianceResp
 publicContacts*! scientificContacts*! contactPointForUnion*! thirdParties*! addresses*
 organisation &organisation
&product
 id part1MpRoleTypeCode isPaediatricFormulation mpRoleInTrial startDate timeUnitCode hasDevice
 evCode
 evCodesOfProductsMatchingPlacebo routes allSubstancesChemicals productName!
 jsonActiveSubstanceNames!
 isDraftUnauthProduct nameDisplay anAdvancedTherapyMedicinalProduct evCodeDisplay
 pharmaceuticalFormDisplay orphanDrugEdit orphanDrug orphanDrugDesigNumber doseUom
 maxDailyDoseAmount
 doseUomTotal maxTotalDoseAmount justificationForNoImpdUpload maxTreatmentPeriod
 otherMedicinalProduct sponsorProductCodeEdit! productEvVersion productChangedRelationMA miaNumber
 modificationDescription isSelectedInMultiTrialSM devices* characteristics* therapies*
 part1MedicinalProductRoleMscInfos*
 productDictionaryInfo
  productPackageDescription productPharmForm shortName euMpNumber marketingAuthNumber prodName!
  pharmForm strength activeSubstanceName! euSubstNumber productOtherName authorisationCountryCode
  nameOrg atcUpdatable sponsorSubstanceCode atcCode atcName atcTermLevel part1MpRoleTypeCode
  activeSubstanceOtherDescriptiveName productPk substancePk orgType prodAuthStatus
  prodAuthStatusTransfer sponsorProductCode productEvVersion isSelectedInMultiTrialSM mrpNumber
  productSubstances*
&part1
 id applicationId rowSubjectCount! rowCountries submissionDate isEditable applicationType
 versionNumber
 includesPaediatricSubjects trialCategoryCode trialCategoryJustificationComment isLowIntervention
 assessmentOutcome assessmentOutcomeDate conclusionDate decisionDate contentLabeling* actions*
 applicationSections* substantialModification*
 rowCountriesInfo[]
  eutctId name! isoNumber isoAlpha2Code isoAlpha3Code current
 products[] &product
 productRoleGroupInfos[]
  id justificationNotImpdCode productRoleCode productRoleName! comments miaNumber linkedProducts*
  products[] &product
 medicalConditions[]
  id medicalCondition! isConditionRareDisease
 therapeuticAreas[]
  code name!
 partOneTherapeuticAreas[]
  id
  therapeuticArea
   code name
 sponsors[] &sponsor
 trialDetails
  clinicalTrialIdentifiers
   fullTitle! publicTitle! shortTitle!
   fullTitleTranslations[] &translations
   publicTitleTranslations[] &translations
   secondaryIdentifyingNumbers
    nctNumber &number
    isrctnNumber &number
    whoUniversalTrialNumber &number
    eudraCtNumber &number
    additionalRegistries[]
     id number! otherRegistryName registryName
  trialInformation
   individualParticipantDataSharingStatement|!
    id statement
   trialCategory
    isLowIntervention trialPhase! trialCategory justificationForTrialCategory trialCategoryId
   medicalCondition
    partIMedicalConditions[]
     id medicalCondition! isConditionRareDisease
     medicalConditionTranslations[] &translations
    meddraConditionTerms[]
     termId version level termName! classificationCode! organClass isActive translatedNames*
   trialObjective
    mainObjective!
    mainObjectiveTranslations[] &translations
    trialScopes[]
     code trialScopeId otherDescription name
    secondaryObjectives[]
     id number secondaryObjective!
     secondaryObjectiveTranslations[] &translations
   eligibilityCriteria
    principalInclusionCriteria[]
     id number principalInclusionCriteria!
     principalInclusionCriteriaTranslations[] &translations
    principalExclusionCriteria[]
     id number principalExclusionCriteria!
     principalExclusionCriteriaTranslations[] &translations
   endPoint
    primaryEndPoints[]
     id number endPoint! isPrimary
     endPointTranslations[] &translations
    secondaryEndPoints[]
     id number endPoint! isPrimary
     endPointTranslations[] &translations
   trialDuration
    estimatedGlobalEndDate! estimatedEndDate! estimatedRecruitmentStartDate!
   sourceOfMonetarySupport[]
    id organisationName!
   populationOfTrialSubjects
    isFemaleSubjects! isMaleSubjects! isVulnerablePopulationSelected
    ageRanges[]
     id ageRangeCategory ageRangeCategoryCode
    ageRangeSecondaryIds[]
     id ageRangeCategory ageRangeCategoryCode ctAgeRange ctAgeRangeCode
    clinicalTrialGroups[]
     id code name!
    recruitmentPopulationGroups[]
     id code name otherDescription
   individualParticipantData
    id planToShareIPD! planToShareIPDDescription!
  protocolInformation
   studyDesign
    periodDetails[]
     id title description allocationMethod! blindingMethodCode! blindingMethod blindingDetails
     periodDescriptionTranslations* titleTranslations* descriptionTranslations*
     blindedRoles[]
      id code name!
     armDetails[]
      id title! description! titleTranslations* descriptionTranslations*
   protocolReferences*
  scientificAdviceAndPip
   scientificAdvices[]
    id competentAuthority*
   paediatricInvestigationPlan[]
    id paediatricInvestigationNumber
  associatedClinicalTrials[]
   id ctNumber! fullTitle sponsorAgreementOption sponsorAgreementOptionName hasDocument
   associatedCtDocs* parentClinicalTrialId
  references*
  isClockStopRemovalRequested pubmedCode pubmedUrl
&msc
 id clinicalTrialId countryOrganisationId reportingStatusCode fromDate toDate isProposedRms
 countryName! organisationInfo* firstDecisionDate trialStatus trialPeriod* trialRecruitmentPeriod*
 hasRecruitmentStarted activeTrialPeriod* activeTrialRecruitmentPeriod* clinicalTrialStatusHistory*
 applicationTypeMsc mscName! recruitmentSubjectCount willingAtDayThreeView isWillingAtDayThreeView
 temporaryHaltDate recruitmentRestartDate trialRestartDate revertDecisionDate assessmentOutcome
 assessmentOutcomeDate decision decisionDate
&part2
 id applicationId mscId recruitmentSubjectCount! conclusionDate decisionDate submissionDate
 isEditable versionNumber applicationStatusCode actualApplicationStatusCode applicationStatusDate
 outOfScope lapsedDate
 mscInfo &msc
 trialSites[]
  id departmentName partTwoId personInfo*
  organisationAddressInfo
   id isCreate isSave isBusinessKeyValidated businessKey phone* email*
   organisation &organisation
   address
    addressLine1* addressLine2* addressLine3* addressLine4* city! postcode country countryName!
    oneLineAddress* countryIsoCode isoNumber id
ctNumber!+
ctStatus! startDateEU! endDateEU! endDate! decisionDate! decisionDateOverall publishDate!
ctPublicStatusCode! authorizationDate trialCountries therapeuticAreas! recruitmentStatus!
sponsorType
totalNumberEnrolled! hasDeferrallApplied hasAmendmentApplied cm trialPhase! ageGroup! gender id
title!
shortTitle! submissionDate! initialApplicationId isRmsTacitAssignment lastUpdated!
lastPublicationUpdate! totalPartIISubjectCount eeaStartDate eeaEndDate trialStartDate trialEndDate
recruitmentStartDate trialGlobalEndDate trialRegion trialRegionCode resultsFirstReceived!
ageRangeSecondary product sponsor conditions primaryEndPoint endPoint ctTitle
_id* ctrname* record_last_import* publicEvaluation* applications* mscTrialNotificationsInfoList*
correctiveMeasures* documents* summary* layperson* publicevents* coSponsors*
trialGlobalEnd|
 id endDate!
eudraCtInfo
 isTransitioned eudraCtCode
primarySponsor &sponsor
memberStatesConcerned[]
 mscName! mscId firstDecisionDate lastDecisionDate mscPublicStatusCode id clinicalTrialId
 countryOrganisationId reportingStatusCode fromDate toDate isProposedRms countryName
 organisationInfo* trialStatus trialPeriod* trialRecruitmentPeriod* hasRecruitmentStarted
 activeTrialPeriod* activeTrialRecruitmentPeriod* clinicalTrialStatusHistory* applicationTypeMsc
 recruitmentSubjectCount willingAtDayThreeView isWillingAtDayThreeView temporaryHaltDate
 recruitmentRestartDate trialRestartDate
authorizedPartI &part1
authorizedPartsII[] &part2
authorizedApplication
 applicationInfo*
 authorizedPartI &part1
 authorizedPartsII[] &part2
 memberStatesConcerned[]
  mscName! mscId firstDecisionDate lastDecisionDate mscPublicStatusCode
 eudraCt
  isTransitioned eudraCtCode!
 trialGlobalEnd*
events
 temporaryHaltList* unexpectedEvents* seriousBreaches* urgentSafetyMeasures* trialGlobalEndDate
 trialEvents[]
  mscId mscName! earlyTerminationReason*
  events[]
   notificationType! date! id
results|
 summaryResults*! laypersonResults*! clinicalStudyReports*!
"""


@functools.cache
def ctis() -> Tree:
    """The EU's information system, in both shapes: each key is at home in one of them."""
    return tree(_CTIS, loose=True)
