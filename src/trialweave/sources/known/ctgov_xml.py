"""Known elements of ClinicalTrials.gov's legacy XML, as its `public.xsd` and records have them."""

from __future__ import annotations

__all__ = ["LEGACY"]

LEGACY = """\
&groups
 group[]
  @group_id! title! description
&analyzed
 analyzed[]
  units! scope
  count_list
   count[]
    @group_id! @value!
&classes
 class[]
  title!
  analyzed_list &analyzed
  category_list
   category[]
    title!
    measurement_list
     measurement[]|
      @group_id! @value! @lower_limit! @upper_limit! @spread!
&events
 frequency_threshold! default_vocab default_assessment
 category_list
  category[]
   title
   event_list
    event[]
     assessment description
     sub_title|!
      @vocab
     counts[]|
      @group_id! @subjects_affected! @subjects_at_risk! @events
&participants
 participants_list
  participants[]|
   @group_id! @count!
&outcome
 measure! time_frame! description! safety_issue
&dated
 @type!
&person
 first_name middle_name last_name degrees phone phone_ext email
@rank
required_header
 download_date link_text url
id_info
 org_study_id! secondary_id[]! nct_id!+ nct_alias[]!
brief_title!+ acronym! official_title! source!+
sponsors
 lead_sponsor
  agency! agency_class!
 collaborator[]
  agency! agency_class
oversight_info
 authority[] has_dmc! is_fda_regulated_drug is_fda_regulated_device is_unapproved_device is_ppsd
 is_us_export regulatory_authority
brief_summary
 textblock!
detailed_description
 textblock!
overall_status!+ last_known_status! why_stopped! phase! study_type!+ study_design target_duration!
start_date|! &dated
completion_date|! &dated
primary_completion_date|! &dated
has_expanded_access
expanded_access_info
 expanded_access_type_individual expanded_access_type_intermediate expanded_access_type_treatment
study_design_info
 allocation! intervention_model! intervention_model_description! primary_purpose!
 observational_model! time_perspective! masking! masking_description!
primary_outcome[] &outcome
secondary_outcome[] &outcome
other_outcome[] &outcome
number_of_arms! number_of_groups! condition[]! biospec_retention!
enrollment|! &dated
arm_group[]
 arm_group_label! arm_group_type! description!
intervention[]
 intervention_type! intervention_name! description! arm_group_label[]! other_name[]!
biospec_descr
 textblock
eligibility
 sampling_method! gender! gender_based gender_description minimum_age! maximum_age!
 healthy_volunteers!
 study_pop
  textblock!
 criteria
  textblock!
overall_official[] &person
 role affiliation
overall_contact &person
overall_contact_backup &person
location[]
 status!
 facility
  name!
  address
   city! state zip country!
 contact &person
 contact_backup &person
 investigator[] &person
  role affiliation
 geodata
  latitude longitude formatted
location_countries
 country[]
removed_countries
 country[]!
link[]
 url description
reference[]
 citation! PMID!
results_reference[]
 citation! PMID!
verification_date|!
 @type
study_first_submitted! study_first_submitted_qc lastchanged_date! firstreceived_date!
results_first_submitted! results_first_submitted_qc firstreceived_results_date!
disposition_first_submitted disposition_first_submitted_qc firstreceived_results_disposition_date
last_update_submitted! last_update_submitted_qc
study_first_posted|! &dated
results_first_posted|! &dated
disposition_first_posted| &dated
last_update_posted|! &dated
responsible_party
 name_title organization responsible_party_type investigator_affiliation investigator_full_name
 investigator_title
keyword[]! is_fda_regulated is_section_801
condition_browse
 mesh_term[]!
intervention_browse
 mesh_term[]!
patient_data
 sharing_ipd! ipd_description! ipd_info_type[] ipd_time_frame ipd_access_criteria ipd_url
study_docs
 study_doc[]
  doc_id doc_type doc_url doc_comment
provided_document_section
 provided_document[]
  document_type document_has_protocol document_has_icf document_has_sap document_date document_url
pending_results
 submitted[] returned[] submission_canceled[]
clinical_results
 limitations_and_caveats
 participant_flow
  recruitment_details pre_assignment_details
  group_list &groups
  period_list
   period[]
    title
    milestone_list
     milestone[] &participants
      title!
    drop_withdraw_reason_list
     drop_withdraw_reason[] &participants
      title
 baseline
  population
  group_list &groups
  analyzed_list &analyzed
  measure_list
   measure[]
    title units param dispersion description population units_analyzed
    analyzed_list &analyzed
    class_list &classes
 outcome_list
  outcome[]
   type! title! description! time_frame! safety_issue posting_date population!
   group_list &groups
   measure
    title! description units! param! dispersion! population units_analyzed!
    analyzed_list &analyzed
    class_list &classes
   analysis_list
    analysis[]
     groups_desc non_inferiority non_inferiority_type non_inferiority_desc p_value! p_value_desc
     method! method_desc param_type! param_value! dispersion_type dispersion_value ci_percent!
     ci_n_sides ci_lower_limit! ci_upper_limit! ci_lower_limit_na_comment
     ci_upper_limit_na_comment estimate_desc other_analysis_desc
     group_id_list
      group_id[]!
 reported_events
  time_frame! desc!
  group_list &groups
  serious_events &events
  other_events &events
 certain_agreements
  pi_employee restrictive_agreement
 point_of_contact
  name_or_title organization phone phone_ext email
"""
