"""The parts of a ClinicalTrials.gov record that are read, in the shape of its version 2.

The structs are what version 2 is decoded into; the older forms are brought into the same shape.
Everything is optional. A string that is `UNSET` stands in the record but cannot be told which
item it belongs to. Of people, only the names of those who lead the study are decoded, for digests;
what is not modelled is never decoded.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UnsetType

from trialweave.sources.ctgov.results_shape import (
    Caveats,
    EventGroup,
    Events,
    MoreInfo,
    Results,
)
from trialweave.sources.ctgov.shape import MAX_ITEMS, Flag, Items, Number, Struct, Text

__all__ = [
    "MAX_ITEMS",
    "ArmGroup",
    "Caveats",
    "EventGroup",
    "Events",
    "Intervention",
    "Items",
    "Location",
    "MoreInfo",
    "Number",
    "Outcome",
    "Reference",
    "Results",
    "SecondaryId",
    "Sponsor",
    "Struct",
    "Study",
    "Text",
]


class OrgStudyId(Struct):
    id: Text = None
    type: Text = None


class SecondaryId(Struct):
    id: Text = None
    type: Text = None
    domain: Text = None


class Identification(Struct):
    nct_id: Text = None
    nct_id_aliases: Items[str] = None
    org_study_id_info: OrgStudyId | None = None
    secondary_id_infos: Items[SecondaryId] = None
    brief_title: Text = None
    official_title: Text = None
    acronym: Text = None


class DateStruct(Struct):
    date: Text = None
    type: Text = None


class ExpandedAccess(Struct):
    nct_id: Text = None


class Status(Struct):
    status_verified_date: Text = None
    overall_status: Text = None
    last_known_status: Text = None
    why_stopped: Text = None
    expanded_access_info: ExpandedAccess | None = None
    start_date_struct: DateStruct | None = None
    primary_completion_date_struct: DateStruct | None = None
    completion_date_struct: DateStruct | None = None
    study_first_submit_date: Text = None
    study_first_post_date_struct: DateStruct | None = None
    results_first_submit_date: Text = None
    results_first_post_date_struct: DateStruct | None = None
    last_update_submit_date: Text = None
    last_update_post_date_struct: DateStruct | None = None


class Sponsor(Struct):
    name: Text = None
    class_: Text = msgspec.field(name="class", default=None)


class Responsible(Struct):
    """The party that answers for the study; a person's name is treated as an `Official`'s."""

    investigator_full_name: Any = None


class Sponsors(Struct):
    lead_sponsor: Sponsor | None = None
    collaborators: Items[Sponsor] = None
    responsible_party: Responsible | None = None


class Oversight(Struct):
    oversight_has_dmc: Flag = None


class Description(Struct):
    brief_summary: Text = None
    detailed_description: Text = None


class Conditions(Struct):
    conditions: Items[str] = None
    keywords: Items[str] = None


class Masking(Struct):
    masking: Text = None
    masking_description: Text = None
    who_masked: Items[str] = None


class DesignInfo(Struct):
    allocation: Text = None
    intervention_model: Text = None
    intervention_model_description: Text = None
    primary_purpose: Text = None
    observational_model: str | tuple[str, ...] | UnsetType | None = None
    time_perspective: str | tuple[str, ...] | UnsetType | None = None
    masking_info: Masking | None = None


class Enrollment(Struct):
    count: Number = None
    type: Text = None


class Design(Struct):
    study_type: Text = None
    patient_registry: Flag = None
    target_duration: Text = None
    phases: Items[str] = None
    design_info: DesignInfo | None = None
    enrollment_info: Enrollment | None = None


class ArmGroup(Struct):
    label: Text = None
    type: Text = None
    description: Text = None
    intervention_names: Items[str] | UnsetType = None


class Intervention(Struct):
    type: Text = None
    name: Text = None
    description: Text = None
    arm_group_labels: Items[str] | UnsetType = None
    other_names: Items[str] | UnsetType = None


class ArmsInterventions(Struct):
    arm_groups: Items[ArmGroup] = None
    interventions: Items[Intervention] = None


class Outcome(Struct):
    measure: Text = None
    description: Text = None
    time_frame: Text = None


class Outcomes(Struct):
    primary_outcomes: Items[Outcome] = None
    secondary_outcomes: Items[Outcome] = None
    other_outcomes: Items[Outcome] = None


class Eligibility(Struct):
    eligibility_criteria: Text = None
    healthy_volunteers: Flag = None
    sex: Text = None
    minimum_age: Text = None
    maximum_age: Text = None
    study_population: Text = None
    sampling_method: Text = None


class Person(Struct):
    """Somebody is named here, and stays unread."""


class Official(Person):
    """Who leads the study: the name becomes a digest (`model.persons`) and goes no further."""

    name: Any = None


class Location(Struct):
    facility: Text = None
    status: Text = None
    city: Text = None
    country: Text = None
    contacts: Items[Person] = None


class ContactsLocations(Struct):
    central_contacts: Items[Person] = None
    overall_officials: Items[Official] = None
    locations: Items[Location] = None


class Retraction(Struct):
    pmid: Text = None


class Reference(Struct):
    pmid: Text = None
    type: Text = None
    citation: Text = None
    retractions: Items[Retraction] = None


class References(Struct):
    references: Items[Reference] = None


class IpdSharing(Struct):
    ipd_sharing: Text = None
    description: Text = None


class Protocol(Struct):
    identification_module: Identification | None = None
    status_module: Status | None = None
    sponsor_collaborators_module: Sponsors | None = None
    oversight_module: Oversight | None = None
    description_module: Description | None = None
    conditions_module: Conditions | None = None
    design_module: Design | None = None
    arms_interventions_module: ArmsInterventions | None = None
    outcomes_module: Outcomes | None = None
    eligibility_module: Eligibility | None = None
    contacts_locations_module: ContactsLocations | None = None
    references_module: References | None = None
    ipd_sharing_statement_module: IpdSharing | None = None


class Mesh(Struct):
    term: Text = None


class Browse(Struct):
    meshes: Items[Mesh] = None


class MiscInfo(Struct):
    removed_countries: Items[str] = None


class Derived(Struct):
    misc_info_module: MiscInfo | None = None
    condition_browse_module: Browse | None = None
    intervention_browse_module: Browse | None = None


class Study(Struct):
    """One record."""

    protocol_section: Protocol | None = None
    results_section: Results | None = None
    derived_section: Derived | None = None
    has_results: Flag = None
