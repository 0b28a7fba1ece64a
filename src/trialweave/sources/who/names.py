"""Under which names the WHO's registers give their fields, and what each is called here.

Two forms: the data set's own XML, which IRCT, ChiCTR, DRKS, jRCT and others give
(``<trial><main><trial_id>``), and the export of the WHO's search portal (columns "TrialID",
"Public title" …; elements with ``_`` for blanks). Names are compared by letters and digits.
"""

from __future__ import annotations

from trialweave.sources.words import plain

__all__ = ["DATA_SET", "PORTAL", "PORTAL_FIELDS", "field_of", "is_personal"]

# Names of the data set's XML; the last part of an element's path decides.
DATA_SET: dict[str, str] = {
    **{
        name: name
        for name in (
            *("trial_id", "utrn", "reg_name", "date_registration", "primary_sponsor"),
            *("public_title", "acronym", "scientific_title", "scientific_acronym"),
            *("date_enrolment", "type_enrolment", "target_size", "recruitment_status", "url"),
            *("study_type", "study_design", "phase", "i_freetext", "hc_code", "hc_keyword"),
            *("i_code", "i_keyword", "inclusion_criteria", "exclusion_criteria", "agemin"),
            *("agemax", "gender", "sec_id", "issuing_authority", "results_actual_enrolment"),
            *("results_date_completed", "results_url_link", "results_summary"),
            *("results_date_posted", "results_date_first_publication", "results_baseline_char"),
            *("results_participant_flow", "results_adverse_events", "results_outcome_measures"),
            *("results_url_protocol", "primary_outcome", "secondary_outcome"),
            *("secondary_sponsor", "source_support"),
        )
    },
    "hc_freetext": "conditions",
    "country2": "countries",
    "prim_outcome": "primary_outcome",
    "sec_outcome": "secondary_outcome",
    "sponsor_name": "secondary_sponsor",
    "source_name": "source_support",
    "results_IPD_plan": "results_ipd_plan",
    "results_IPD_description": "results_ipd_description",
    "ethics_review.status": "ethics_status",
    "ethics_review.approval_date": "ethics_date",
    "scientific_title_acronym": "scientific_acronym",
}

# Fields of the portal's export as it was in 2020, which every export has
PORTAL: dict[str, str] = {
    "trialid": "trial_id",
    "lastrefreshedon": "last_refreshed",
    "publictitle": "public_title",
    "scientifictitle": "scientific_title",
    "acronym": "acronym",
    "primarysponsor": "primary_sponsor",
    "dateregistration": "date_registration",
    "dateregistration3": "date_registration3",
    "exportdate": "export_date",
    "sourceregister": "reg_name",
    "webaddress": "url",
    "recruitmentstatus": "recruitment_status",
    "otherrecords": "other_records",
    "inclusionagemin": "agemin",
    "inclusionagemax": "agemax",
    "inclusiongender": "gender",
    "dateenrollement": "date_enrolment",  # so spelt
    "targetsize": "target_size",
    "studytype": "study_type",
    "studydesign": "study_design",
    "phase": "phase",
    "countries": "countries",
    "inclusioncriteria": "inclusion_criteria",
    "exclusioncriteria": "exclusion_criteria",
    "condition": "conditions",
    "intervention": "i_freetext",
    "primaryoutcome": "primary_outcome",
    "resultsdateposted": "results_date_posted",
    "resultsdatecompleted": "results_date_completed",
    "resultsurllink": "results_url_link",
    "retrospectiveflag": "retrospective_flag",
    "bridgingflagtruefalse": "bridging_flag",
    "bridgedtype": "bridged_type",
    "resultsyesno": "results_yes_no",
}
PORTAL_FIELDS = frozenset(PORTAL.values())

# Fields that later exports have, and other spellings
_LATER: dict[str, str] = {
    "mainid": "trial_id",
    "internalnumber": "internal_number",
    "dateenrolment": "date_enrolment",
    "dateenrollment": "date_enrolment",
    "secondaryid": "sec_id",
    "secondaryids": "sec_id",
    "utrn": "utrn",
    "sourcesupport": "source_support",
    "secondarysponsor": "secondary_sponsor",
    "secondaryoutcome": "secondary_outcome",
    "ethicsreviewstatus": "ethics_status",
    "ethicsreviewapprovaldate": "ethics_date",
    "ethicsapprovaldate": "ethics_date",
    "resultssummary": "results_summary",
    "resultsdatefirstpublication": "results_date_first_publication",
    "resultsurlprotocol": "results_url_protocol",
    "resultsbaselinechar": "results_baseline_char",
    "resultsparticipantflow": "results_participant_flow",
    "resultsadverseevents": "results_adverse_events",
    "resultsoutcomemeasures": "results_outcome_measures",
    "resultsipdplan": "results_ipd_plan",
    "resultsipddescription": "results_ipd_description",
    "resultsactualenrolment": "results_actual_enrolment",
    "resultsactualenrollment": "results_actual_enrolment",
}
_PORTAL_ALL = PORTAL | _LATER

_PERSONAL = (
    *("contact", "email", "telephone", "phone", "firstname", "middlename", "lastname"),
    *("address", "affiliation", "fax"),
)


def field_of(name: str) -> str | None:
    """The field that a column or element of the portal's export holds; None where unknown."""
    return _PORTAL_ALL.get(plain(name))


def is_personal(name: str) -> bool:
    """Whether a field holds data of people: never kept, names but for digests of them."""
    small = plain(name)
    return small != "webaddress" and any(word in small for word in _PERSONAL)
