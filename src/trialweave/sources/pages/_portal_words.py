"""The labels under which portals and registers show facts of a trial, and what each means.

Labels are compared by letters and digits alone, without what stands in parentheses and without
the number of the field ("A.3", "E.1.1"). They are the words of ClinicalTrials.gov, the WHO's data
set and the pages of its registers.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from trialweave.sources.words import plain

__all__ = ["Label", "is_personal", "label_of"]


class Label(NamedTuple):
    """What a label means: a concept of `Trial` or "" where it is not known; "own" is the number.

    `type` is what the label says of a date or number: what happened, or what was planned.
    """

    concept: str
    type: Literal["", "actual", "estimated"] = ""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CONCEPTS: dict[str, frozenset[str]] = {
    "public_title": _words(
        "publictitle publictitleofstudy brieftitle studytitle trialtitle titleofstudy"
        " publictitlesimplifiedtitle titleofthestudy titleofthetrial"
    ),
    "scientific_title": _words(
        "scientifictitle scientifictitleofstudy scientifictitleofthestudy officialtitle"
        " scientificname fulltitleofthetrial fulltitle officialscientifictitle"
    ),
    "acronym": _words("acronym trialacronym studyacronym scientifictitleacronym titleacronym"),
    "overall_status": _words(
        "status recruitmentstatus overallstatus trialstatus studystatus recruitingstatus"
        " recruitmentstatusoftrial overallrecruitmentstatus currentrecruitmentstatus"
        " overalltrialstatus statusofrecruitment recruitmentstate currentstatus"
    ),
    "phase": _words(
        "phase phases trialphase studyphase phaseoftrial phaseofstudy phaseoftheclinicaltrial"
        " clinicalphase phaseofthetrial studyphases phasedevelopment"
    ),
    "enrollment": _words(
        "enrollment enrolment targetsamplesize samplesize targetsize targetenrollment"
        " targetenrolment plannedsamplesize numberofparticipants totalsamplesize"
        " targetnumberofparticipants estimatedenrollment actualenrollment estimatedenrolment"
        " actualenrolment recruitmenttarget targetrecruitment plannedenrollment plannedenrolment"
        " totalfinalenrolment actualsamplesize finalsamplesize plannednumberofparticipants"
        " numberofsubjects totalnumberofparticipants enrollmenttarget plannednumberofsubjects"
        " samplesizetarget samplesizeactual targetrecruitcount"
    ),
    "primary_sponsor": _words(
        "sponsor primarysponsor leadsponsor studysponsor trialsponsor nameofsponsor sponsorname"
        " nameofprimarysponsor primarysponsorname leadsponsororganisation sponsororganisation"
    ),
    "secondary_sponsors": _words(
        "collaborators collaborator secondarysponsor secondarysponsors cosponsor cosponsors"
        " collaboratorsandsponsors othercollaborators"
    ),
    "funding": _words(
        "sourceofmonetaryormaterialsupport sourcesofmonetaryormaterialsupport fundingsource"
        " fundingsources sourceoffunding funding funder funders sourceoffundingorganization"
    ),
    "conditions": _words(
        "condition conditions conditionordisease conditionsordiseases healthcondition diseases"
        " healthconditions healthconditionsstudied healthconditionorproblemstudied disease"
        " healthconditionsorproblemsstudied healthconditionproblemsstudied targetdisease"
        " healthconditionsproblemsstudied medicalcondition medicalconditions targetdiseases"
        " conditionsunderstudy conditionstudied conditionsstudied indication indications"
        " medicalconditionbeinginvestigated medicalconditionsbeinginvestigated"
        " healthconditionorproblem diseaseorcondition conditiondisease"
        " descriptionofhealthconditionstudied"
    ),
    "interventions": _words(
        "intervention interventions treatment treatments studyinterventions studytreatments"
        " interventiontreatment interventioncomparatoragent interventionstreatments"
        " interventionname interventionsnames interventiondescription interventionsstudied"
    ),
    "start_date": _words(
        "startdate studystart studystartdate trialstartdate dateoffirstenrollment"
        " dateoffirstenrolment recruitmentstartdate recruitmentstart overallstudystartdate"
        " overalltrialstartdate dateoffirstparticipantenrolment dateoffirstparticipantenrollment"
        " firstenrollment firstenrolment enrollmentstartdate anticipatedtrialstartdate"
        " dateofstart firstenrollmentdate studybegan dateenrollment dateenrolment"
    ),
    "primary_completion_date": _words(
        "primarycompletion primarycompletiondate studyprimarycompletion studyprimarycompletiondate"
    ),
    "completion_date": _words(
        "completiondate studycompletion studycompletiondate trialcompletiondate enddate"
        " studyenddate overallstudyenddate overalltrialenddate dateofstudycompletion trialenddate"
        " dateofcompletion lastfollowupdate dateofthestudycompletion completion"
    ),
    "registration_date": _words(
        "registrationdate dateofregistration dateregistered firstposted firstposteddate"
        " firstsubmitted firstsubmitteddate registeredon dateofregistrationindrks"
        " dateassigned firstregistereddate dateregistration"
    ),
    "last_update": _words(
        "lastupdate lastupdated lastupdateposted lastupdateposteddate lastedited lastrefreshedon"
        " lastmodifiedon lastmodified dateoflastupdate lastupdatesubmitted lastupdatedon"
        " dateoflastmodification lastupdatedate dateoflastrefreshed"
    ),
    "minimum_age": _words(
        "minimumage agemin ageminimum minage agefrom lowerage inclusionagemin loweragelimit"
        " agelowerlimit youngestage"
    ),
    "maximum_age": _words(
        "maximumage agemax agemaximum maxage ageto upperage inclusionagemax upperagelimit"
        " ageupperlimit oldestage"
    ),
    "ages": _words(
        "age ages agerange eligibleages ageseligibleforstudy ageeligibleforstudy"
        " agesofparticipants ageofparticipants eligibleage agelimits agelimit"
    ),
    "sex": _words(
        "sex gender sexes genders sexeseligibleforstudy eligiblesex gendereligibleforstudy"
        " inclusiongender sexofparticipants bothsexes eligiblegender"
    ),
    "healthy_volunteers": _words("healthyvolunteers acceptshealthyvolunteers"),
    "countries": _words(
        "country countries countriesofrecruitment recruitmentcountries locationcountries"
        " countriesinvolved countryofrecruitment recruitmentcountry countryies"
        " countriesofparticipation trialcountries"
    ),
    "study_type": _words("studytype typeofstudy typeoftrial trialtype"),
    "study_design": _words("studydesign trialdesign design designofthestudy"),
    "allocation": _words(
        "allocation randomisation randomization allocationofparticipants allocationtointervention"
        " randomised randomized"
    ),
    "masking": _words("masking blinding blindingmasking maskingblinding levelofblinding"),
    "intervention_model": _words(
        "interventionmodel interventionalmodel interventionassignment assignment"
        " interventionalstudymodel interventionstudymodel"
    ),
    "primary_purpose": _words("primarypurpose purpose purposeofthestudy"),
    "inclusion_criteria": _words(
        "inclusioncriteria keyinclusioncriteria maininclusioncriteria inclusion"
        " principalinclusioncriteria includecriteria"
    ),
    "exclusion_criteria": _words(
        "exclusioncriteria keyexclusioncriteria mainexclusioncriteria exclusion"
        " principalexclusioncriteria excludecriteria"
    ),
    "eligibility_text": _words(
        "eligibilitycriteria eligibility inclusionexclusioncriteria inclusionandexclusioncriteria"
        " criteria"
    ),
    "brief_summary": _words("briefsummary summary studysummary laysummary trialsummary abstract"),
    "detailed_description": _words("detaileddescription studydescription fulldescription"),
    "secondary_ids": _words(
        "secondaryid secondaryids secondaryidentifyingnumbers secondaryidentifiers"
        " otherstudyidnumbers otheridentifiers otherids otherstudyids secondaryidentifyingnumber"
        " universaltrialnumber utn otheridentifier universaltrialnumberutn secondaryidsifany"
        " secondarystudyids secondarytrialid otherstudyid thesecondaryid otherregistrynumbers"
    ),
}
_BY_LABEL = {label: concept for concept, labels in _CONCEPTS.items() for label in labels}

_PARENTHESES = re.compile(r"\([^()]{0,80}\)|\[[^\[\]]{0,80}\]")
_FIELD_NUMBER = re.compile(r"^\s{0,4}(?:[A-Z](?:\.\d{1,2}){1,5}|\d{1,2}(?:\.\d{1,2}){0,3}[.)])\s")
_ACTUAL = re.compile(r"\bactual\b|\bfinal\b", re.IGNORECASE)
_PLANNED = re.compile(
    r"\b(?:anticipated|planned|expected|estimated|target|proposed)\b", re.IGNORECASE
)
_OWN = re.compile(
    r"\b(?:registration|registry|trial|study|main|nct|clinical ?trials\.gov|irct|chictr|drks|jrct"
    r"|ctri|anzctr|isrctn|eudract|eu ?ct|cris|tctr|rebec|pactr|rpcec|slctr|lbctr|umin|itmctr)\b"
    r"[\s-]{0,3}(?:registration |identification )?(?:number|no\b|n°|id\b|id number|identifier)"
    r"|^(?:isrctn|actrn|nct|trial id|identifier|rbr)$",
    re.IGNORECASE,
)
_NOT_OWN = re.compile(
    r"second|other|additional|previous|sponsor|protocol|ethic|grant|universal|utn|related|linked"
    r"|publication|parent|companion|internal|partner|committee|iras|contact|sub-?stud",
    re.IGNORECASE,
)
_PERSONAL = re.compile(
    r"contact|e-?mail|\btele?phone|\bphone|\bfax\b|\bmobile\b|\baddress|\bpost(?:al)? ?code|\bzip\b"
    r"|\bpostcode|first ?name|last ?name|middle ?name|family ?name|surname|full name"
    r"|responsible|investigator(?!'s opinion|s?['’]?s? opinion)|coordinator|registrant"
    r"|\bapplicant|study leader|study chair|study director|study official|\bofficials?\b"
    r"|affiliation|\binquiries|\bqueries\b|\bquery\b|\bperson\b",
    re.IGNORECASE,
)


def label_of(text: str) -> Label:
    """What a label means."""
    if len(text) > 120:
        return Label("")
    kind: Literal["", "actual", "estimated"] = ""
    happened, planned = _ACTUAL.search(text), _PLANNED.search(text)
    if bool(happened) != bool(planned):  # "anticipated or actual" says neither
        kind = "actual" if happened else "estimated"
    bare = _FIELD_NUMBER.sub("", _PARENTHESES.sub(" ", text)).strip(" :：*•\t")
    concept = _BY_LABEL.get(plain(bare), "")
    if not concept and (happened or planned):
        less = _PLANNED.sub(" ", _ACTUAL.sub(" ", bare))
        concept = _BY_LABEL.get(plain(less), "" if plain(less) else "same")
    if not concept and _OWN.search(bare) and not _NOT_OWN.search(bare):
        concept = "own"
    return Label(concept, kind)


def is_personal(text: str) -> bool:
    """Whether what stands under a label or heading is about people, and is kept back."""
    return _PERSONAL.search(text[:300]) is not None
