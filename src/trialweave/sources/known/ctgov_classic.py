"""Known fields of ClinicalTrials.gov's classic JSON (2019 to 2024); the flat form has its leaves.

The form is no longer given, so its fields are those that the register described and records have.
"""

from __future__ import annotations

__all__ = ["CLASSIC"]

CLASSIC = """\
ProtocolSection
 IdentificationModule
  NCTId+ BriefTitle+ OfficialTitle Acronym
  NCTIdAliasList
   NCTIdAlias[]
  OrgStudyIdInfo
   OrgStudyId OrgStudyIdType OrgStudyIdDomain OrgStudyIdLink
  SecondaryIdInfoList
   SecondaryIdInfo[]
    SecondaryId SecondaryIdType SecondaryIdDomain SecondaryIdLink
  Organization
   OrgFullName+ OrgClass
 StatusModule
  StatusVerifiedDate+ OverallStatus+ LastKnownStatus DelayedPosting WhyStopped ResultsWaived
  StudyFirstSubmitDate+ StudyFirstSubmitQCDate+ ResultsFirstSubmitDate ResultsFirstSubmitQCDate
  DispFirstSubmitDate DispFirstSubmitQCDate LastUpdateSubmitDate+
  ExpandedAccessInfo
   HasExpandedAccess ExpandedAccessNCTId ExpandedAccessStatusForNCTId
  StartDateStruct
   StartDate StartDateType
  PrimaryCompletionDateStruct
   PrimaryCompletionDate PrimaryCompletionDateType
  CompletionDateStruct
   CompletionDate CompletionDateType
  StudyFirstPostDateStruct
   StudyFirstPostDate StudyFirstPostDateType
  ResultsFirstPostDateStruct
   ResultsFirstPostDate ResultsFirstPostDateType
  ResultsFirstPostedQCCommentsDateStruct
   ResultsFirstPostedQCCommentsDate ResultsFirstPostedQCCommentsDateType
  DispFirstPostDateStruct
   DispFirstPostDate DispFirstPostDateType
  LastUpdatePostDateStruct
   LastUpdatePostDate LastUpdatePostDateType
 SponsorCollaboratorsModule
  ResponsibleParty
   ResponsiblePartyType ResponsiblePartyInvestigatorFullName ResponsiblePartyInvestigatorTitle
   ResponsiblePartyInvestigatorAffiliation ResponsiblePartyOldNameTitle
   ResponsiblePartyOldOrganization
  LeadSponsor
   LeadSponsorName+ LeadSponsorClass
  CollaboratorList
   Collaborator[]
    CollaboratorName CollaboratorClass
 OversightModule
  OversightHasDMC IsFDARegulatedDrug IsFDARegulatedDevice IsUnapprovedDevice IsPPSD IsUSExport
  FDAAA801Violation
 DescriptionModule
  BriefSummary+ DetailedDescription
 ConditionsModule
  ConditionList
   Condition[]
  KeywordList
   Keyword[]
 DesignModule
  StudyType+ NPtrsToThisExpAccNCTId PatientRegistry TargetDuration
  ExpandedAccessTypes
   ExpAccTypeIndividual ExpAccTypeIntermediate ExpAccTypeTreatment
  PhaseList
   Phase[]
  DesignInfo
   DesignAllocation DesignInterventionModel DesignInterventionModelDescription DesignPrimaryPurpose
   DesignObservationalModelList
    DesignObservationalModel[]
   DesignTimePerspectiveList
    DesignTimePerspective[]
   DesignMaskingInfo
    DesignMasking DesignMaskingDescription
    DesignWhoMaskedList
     DesignWhoMasked[]
  BioSpec
   BioSpecRetention BioSpecDescription
  EnrollmentInfo
   EnrollmentCount EnrollmentType
 ArmsInterventionsModule
  ArmGroupList
   ArmGroup[]
    ArmGroupLabel ArmGroupType ArmGroupDescription
    ArmGroupInterventionList
     ArmGroupInterventionName[]
  InterventionList
   Intervention[]
    InterventionType InterventionName InterventionDescription
    InterventionArmGroupLabelList
     InterventionArmGroupLabel[]
    InterventionOtherNameList
     InterventionOtherName[]
 OutcomesModule
  PrimaryOutcomeList
   PrimaryOutcome[]
    PrimaryOutcomeMeasure PrimaryOutcomeDescription PrimaryOutcomeTimeFrame
  SecondaryOutcomeList
   SecondaryOutcome[]
    SecondaryOutcomeMeasure SecondaryOutcomeDescription SecondaryOutcomeTimeFrame
  OtherOutcomeList
   OtherOutcome[]
    OtherOutcomeMeasure OtherOutcomeDescription OtherOutcomeTimeFrame
 EligibilityModule
  EligibilityCriteria+ HealthyVolunteers Gender+ GenderBased GenderDescription MinimumAge MaximumAge
  StudyPopulation SamplingMethod
  StdAgeList
   StdAge[]
 ContactsLocationsModule
  CentralContactList
   CentralContact[]
    CentralContactName CentralContactRole CentralContactPhone CentralContactPhoneExt
    CentralContactEMail
  OverallOfficialList
   OverallOfficial[]
    OverallOfficialName OverallOfficialAffiliation OverallOfficialRole
  LocationList
   Location[]
    LocationFacility LocationStatus LocationCity LocationState LocationZip LocationCountry
    LocationContactList
     LocationContact[]
      LocationContactName LocationContactRole LocationContactPhone LocationContactPhoneExt
      LocationContactEMail
 ReferencesModule
  ReferenceList
   Reference[]
    ReferencePMID ReferenceType ReferenceCitation
    RetractionList
     Retraction[]
      RetractionPMID RetractionSource
  SeeAlsoLinkList
   SeeAlsoLink[]
    SeeAlsoLinkLabel SeeAlsoLinkURL
  AvailIPDList
   AvailIPD[]
    AvailIPDId AvailIPDType AvailIPDURL AvailIPDComment
 IPDSharingStatementModule
  IPDSharing IPDSharingDescription IPDSharingTimeFrame IPDSharingAccessCriteria IPDSharingURL
  IPDSharingInfoTypeList
   IPDSharingInfoType[]
ResultsSection
 ParticipantFlowModule
  FlowPreAssignmentDetails FlowRecruitmentDetails FlowTypeUnitsAnalyzed
  FlowGroupList
   FlowGroup[]
    FlowGroupId FlowGroupTitle FlowGroupDescription
  FlowPeriodList
   FlowPeriod[]
    FlowPeriodTitle
    FlowMilestoneList
     FlowMilestone[]
      FlowMilestoneType FlowMilestoneComment
      FlowAchievementList
       FlowAchievement[]
        FlowAchievementGroupId FlowAchievementComment FlowAchievementNumSubjects
        FlowAchievementNumUnits
    FlowDropWithdrawList
     FlowDropWithdraw[]
      FlowDropWithdrawType FlowDropWithdrawComment
      FlowReasonList
       FlowReason[]
        FlowReasonGroupId FlowReasonComment FlowReasonNumSubjects FlowReasonNumUnits
 BaselineCharacteristicsModule
  BaselinePopulationDescription BaselineTypeUnitsAnalyzed
  BaselineGroupList
   BaselineGroup[]
    BaselineGroupId BaselineGroupTitle BaselineGroupDescription
  BaselineDenomList
   BaselineDenom[]
    BaselineDenomUnits
    BaselineDenomCountList
     BaselineDenomCount[]
      BaselineDenomCountGroupId BaselineDenomCountValue
  BaselineMeasureList
   BaselineMeasure[]
    BaselineMeasureTitle BaselineMeasureDescription BaselineMeasurePopulationDescription
    BaselineMeasureParamType BaselineMeasureDispersionType BaselineMeasureUnitOfMeasure
    BaselineMeasureCalculatePct BaselineMeasureDenomUnitsSelected
    BaselineMeasureDenomList
     BaselineMeasureDenom[]
      BaselineMeasureDenomUnits
      BaselineMeasureDenomCountList
       BaselineMeasureDenomCount[]
        BaselineMeasureDenomCountGroupId BaselineMeasureDenomCountValue
    BaselineClassList
     BaselineClass[]
      BaselineClassTitle
      BaselineClassDenomList
       BaselineClassDenom[]
        BaselineClassDenomUnits
        BaselineClassDenomCountList
         BaselineClassDenomCount[]
          BaselineClassDenomCountGroupId BaselineClassDenomCountValue
      BaselineCategoryList
       BaselineCategory[]
        BaselineCategoryTitle
        BaselineMeasurementList
         BaselineMeasurement[]
          BaselineMeasurementGroupId BaselineMeasurementValue BaselineMeasurementSpread
          BaselineMeasurementLowerLimit BaselineMeasurementUpperLimit BaselineMeasurementComment
 OutcomeMeasuresModule
  OutcomeMeasureList
   OutcomeMeasure[]
    OutcomeMeasureType OutcomeMeasureTitle OutcomeMeasureDescription
    OutcomeMeasurePopulationDescription OutcomeMeasureReportingStatus
    OutcomeMeasureAnticipatedPostingDate OutcomeMeasureParamType OutcomeMeasureDispersionType
    OutcomeMeasureUnitOfMeasure OutcomeMeasureCalculatePct OutcomeMeasureTimeFrame
    OutcomeMeasureTypeUnitsAnalyzed OutcomeMeasureDenomUnitsSelected
    OutcomeGroupList
     OutcomeGroup[]
      OutcomeGroupId OutcomeGroupTitle OutcomeGroupDescription
    OutcomeDenomList
     OutcomeDenom[]
      OutcomeDenomUnits
      OutcomeDenomCountList
       OutcomeDenomCount[]
        OutcomeDenomCountGroupId OutcomeDenomCountValue
    OutcomeClassList
     OutcomeClass[]
      OutcomeClassTitle
      OutcomeClassDenomList
       OutcomeClassDenom[]
        OutcomeClassDenomUnits
        OutcomeClassDenomCountList
         OutcomeClassDenomCount[]
          OutcomeClassDenomCountGroupId OutcomeClassDenomCountValue
      OutcomeCategoryList
       OutcomeCategory[]
        OutcomeCategoryTitle
        OutcomeMeasurementList
         OutcomeMeasurement[]
          OutcomeMeasurementGroupId OutcomeMeasurementValue OutcomeMeasurementSpread
          OutcomeMeasurementLowerLimit OutcomeMeasurementUpperLimit OutcomeMeasurementComment
    OutcomeAnalysisList
     OutcomeAnalysis[]
      OutcomeAnalysisParamType OutcomeAnalysisParamValue OutcomeAnalysisDispersionType
      OutcomeAnalysisDispersionValue OutcomeAnalysisStatisticalMethod
      OutcomeAnalysisStatisticalComment OutcomeAnalysisPValue OutcomeAnalysisPValueComment
      OutcomeAnalysisCINumSides OutcomeAnalysisCIPctValue OutcomeAnalysisCILowerLimit
      OutcomeAnalysisCIUpperLimit OutcomeAnalysisCILowerLimitComment
      OutcomeAnalysisCIUpperLimitComment OutcomeAnalysisEstimateComment
      OutcomeAnalysisTestedNonInferiority OutcomeAnalysisNonInferiorityType
      OutcomeAnalysisNonInferiorityComment OutcomeAnalysisOtherAnalysisDescription
      OutcomeAnalysisGroupDescription
      OutcomeAnalysisGroupIdList
       OutcomeAnalysisGroupId[]
 AdverseEventsModule
  EventsFrequencyThreshold EventsTimeFrame EventsDescription EventsAllCauseMortalityComment
  EventGroupList
   EventGroup[]
    EventGroupId EventGroupTitle EventGroupDescription EventGroupDeathsNumAffected
    EventGroupDeathsNumAtRisk EventGroupSeriousNumAffected EventGroupSeriousNumAtRisk
    EventGroupOtherNumAffected EventGroupOtherNumAtRisk
  SeriousEventList
   SeriousEvent[]
    SeriousEventTerm SeriousEventOrganSystem SeriousEventSourceVocabulary
    SeriousEventAssessmentType SeriousEventNotes
    SeriousEventStatsList
     SeriousEventStats[]
      SeriousEventStatsGroupId SeriousEventStatsNumEvents SeriousEventStatsNumAffected
      SeriousEventStatsNumAtRisk
  OtherEventList
   OtherEvent[]
    OtherEventTerm OtherEventOrganSystem OtherEventSourceVocabulary OtherEventAssessmentType
    OtherEventNotes
    OtherEventStatsList
     OtherEventStats[]
      OtherEventStatsGroupId OtherEventStatsNumEvents OtherEventStatsNumAffected
      OtherEventStatsNumAtRisk
 MoreInfoModule
  LimitationsAndCaveats
   LimitationsAndCaveatsDescription
  CertainAgreement
   AgreementPISponsorEmployee AgreementRestrictionType AgreementRestrictiveAgreement
   AgreementOtherDetails
  PointOfContact
   PointOfContactTitle PointOfContactOrganization PointOfContactEMail PointOfContactPhone
   PointOfContactPhoneExt
AnnotationSection
 AnnotationModule
  UnpostedAnnotation
   UnpostedResponsibleParty
   UnpostedEventList
    UnpostedEvent[]
     UnpostedEventType UnpostedEventDate UnpostedEventDateUnknown
  ViolationAnnotation
   ViolationEventList
    ViolationEvent[]
     ViolationEventType ViolationEventDescription ViolationEventCreationDate
     ViolationEventIssuedDate ViolationEventReleaseDate ViolationEventPostedDate
DocumentSection
 LargeDocumentModule
  LargeDocNoSAP
  LargeDocList
   LargeDoc[]
    LargeDocTypeAbbrev LargeDocHasProtocol LargeDocHasSAP LargeDocHasICF LargeDocLabel LargeDocDate
    LargeDocUploadDate LargeDocFilename LargeDocSize
DerivedSection
 MiscInfoModule
  VersionHolder+
  RemovedCountryList
   RemovedCountry[]
  SubmissionTracking
   EstimatedResultsFirstSubmitDate
   FirstMCPInfo
    FirstMCPPostDateStruct
     FirstMCPPostDate FirstMCPPostDateType
   SubmissionInfoList
    SubmissionInfo[]
     SubmissionReleaseDate SubmissionUnreleaseDate SubmissionUnreleaseDateUnknown
     SubmissionResetDate SubmissionMCPReleaseN
 ConditionBrowseModule
  ConditionMeshList
   ConditionMesh[]
    ConditionMeshId ConditionMeshTerm
  ConditionAncestorList
   ConditionAncestor[]
    ConditionAncestorId ConditionAncestorTerm
  ConditionBrowseLeafList
   ConditionBrowseLeaf[]
    ConditionBrowseLeafId ConditionBrowseLeafName ConditionBrowseLeafAsFound
    ConditionBrowseLeafRelevance
  ConditionBrowseBranchList
   ConditionBrowseBranch[]
    ConditionBrowseBranchAbbrev ConditionBrowseBranchName
 InterventionBrowseModule
  InterventionMeshList
   InterventionMesh[]
    InterventionMeshId InterventionMeshTerm
  InterventionAncestorList
   InterventionAncestor[]
    InterventionAncestorId InterventionAncestorTerm
  InterventionBrowseLeafList
   InterventionBrowseLeaf[]
    InterventionBrowseLeafId InterventionBrowseLeafName InterventionBrowseLeafAsFound
    InterventionBrowseLeafRelevance
  InterventionBrowseBranchList
   InterventionBrowseBranch[]
    InterventionBrowseBranchAbbrev InterventionBrowseBranchName
HasResults
"""
