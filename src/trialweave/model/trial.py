"""The harmonised content of one description of a trial: the WHO Trial Registration Data Set.

Field names are the WHO data set's where it has one (version 1.3.1, items in the comments), else
those of ClinicalTrials.gov's version 2. Every field is a `Value`; a list is a `Value` of a tuple,
so that "the table is empty" can be said of the list as a whole.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from trialweave.model.dates import PartialDate
from trialweave.model.results import AdverseEvents, Baseline, ParticipantFlow, ReportedOutcome
from trialweave.model.value import Labelled, Suggestion, Value

__all__ = [
    "Arm",
    "CorrelatedTerm",
    "Intervention",
    "Outcome",
    "Reference",
    "RegistryNumber",
    "Site",
    "Trial",
]

PHASES = ("early1", "1", "2", "3", "4", "not applicable")
STATUSES = (
    "planned",
    "recruiting",
    "enrolling by invitation",
    "active, closed",
    "suspended",
    "completed",
    "terminated",
    "withdrawn",
    "no longer available",
    "unknown",
    "not authorised",
    "other",
)
MASKINGS = ("none", "single", "double", "triple", "quadruple")


class RegistryNumber(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """An identifier that a record states: `scheme` from `model.identifiers`, "" where unknown."""

    value: Value[str]
    scheme: str = ""
    kind: str = ""  # what the record calls it: "Other Grant/Funding Number", "EudraCT number"


class Arm(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One arm or group; `type` as registered, for example "experimental"."""

    label: Value[str] = Value()
    type: Value[str] = Value()
    description: Value[str] = Value()
    interventions: Value[tuple[str, ...]] = Value()
    size: Value[int] = Value()


class Intervention(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One intervention; doses stay as written here."""

    name: Value[str] = Value()
    type: Value[str] = Value()
    description: Value[str] = Value()
    arm_labels: Value[tuple[str, ...]] = Value()
    other_names: Value[tuple[str, ...]] = Value()


class Outcome(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One registered outcome: what is measured, when, how."""

    measure: Value[str] = Value()
    time_frame: Value[str] = Value()
    description: Value[str] = Value()
    method: Value[str] = Value()


class Site(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One place where the trial runs; names of people are not kept."""

    facility: Value[str] = Value()
    city: Value[str] = Value()
    country: Value[str] = Value()
    status: Value[str] = Value()


class Reference(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A publication that the record cites; `kind` is "result", "background", "derived" or ""."""

    pmid: Value[str] = Value()
    doi: Value[str] = Value()
    kind: Value[str] = Value()
    citation: Value[str] = Value()


class CorrelatedTerm(msgspec.Struct, frozen=True, omit_defaults=True):
    """A vocabulary term that a term page shows beside a trial, with the number it shows."""

    vocabulary: str  # "Drug", "MeSH", "HPO", as the page calls it
    identifier: Value[str] = Value()
    name: Value[str] = Value()
    correlation: Value[float] = Value()
    synonyms: Value[tuple[str, ...]] = Value()


class Trial(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one record states about one trial. Numbers in comments: items of the WHO data set."""

    primary_id: Value[str] = Value()  # 1
    registration_date: Value[PartialDate] = Value()  # 2
    secondary_ids: Value[tuple[RegistryNumber, ...]] = Value()  # 3
    funding: Value[tuple[Value[str], ...]] = Value()  # 4
    primary_sponsor: Value[str] = Value()  # 5
    sponsor_class: Value[str] = Value()
    secondary_sponsors: Value[tuple[Value[str], ...]] = Value()  # 6
    contacts: Value[str] = Value()  # 7, 8: personal data, never read out of the archive
    public_title: Value[str] = Value()  # 9
    scientific_title: Value[str] = Value()  # 10
    acronym: Value[str] = Value()
    countries: Value[tuple[Value[str], ...]] = Value()  # 11, as stated
    conditions: Value[tuple[Value[str], ...]] = Value()  # 12
    condition_codes: Value[tuple[Value[str], ...]] = Value()
    keywords: Value[tuple[Value[str], ...]] = Value()
    interventions: Value[tuple[Intervention, ...]] = Value()  # 13
    arms: Value[tuple[Arm, ...]] = Value()
    inclusion_criteria: Value[tuple[Value[str], ...]] = Value()  # 14; one entry per listed item
    exclusion_criteria: Value[tuple[Value[str], ...]] = Value()
    eligibility_text: Value[str] = Value()  # where both stand in one text
    minimum_age: Value[float] = Value()  # years; raw keeps the unit as written
    maximum_age: Value[float] = Value()  # years; "no limit" is NOT_APPLICABLE, not unknown
    sex: Value[Literal["all", "female", "male"]] = Value()
    healthy_volunteers: Value[bool] = Value()
    study_type: Value[str] = Value()  # 15
    study_design: Value[str] = Value()  # free text, where the source has only that
    allocation: Value[Literal["randomised", "non-randomised", "not applicable"]] = Value()
    intervention_model: Value[str] = Value()
    primary_purpose: Value[str] = Value()
    masking: Value[str] = Value()  # one of MASKINGS
    who_masked: Value[tuple[Value[str], ...]] = Value()
    phase: Value[tuple[str, ...]] = Value()  # a sorted subset of PHASES
    start_date: Value[PartialDate] = Value()  # 16
    start_date_type: Value[Literal["actual", "estimated"]] = Value()
    enrollment: Value[int] = Value()  # 17
    enrollment_type: Value[Literal["actual", "estimated"]] = Value()
    overall_status: Value[str] = Value()  # 18, one of STATUSES
    status_date: Value[PartialDate] = Value()
    why_stopped: Value[str] = Value()
    primary_outcomes: Value[tuple[Outcome, ...]] = Value()  # 19
    secondary_outcomes: Value[tuple[Outcome, ...]] = Value()  # 20
    other_outcomes: Value[tuple[Outcome, ...]] = Value()
    ethics_review: Value[str] = Value()  # 21
    primary_completion_date: Value[PartialDate] = Value()
    primary_completion_date_type: Value[Literal["actual", "estimated"]] = Value()
    completion_date: Value[PartialDate] = Value()  # 22
    completion_date_type: Value[Literal["actual", "estimated"]] = Value()
    has_results: Value[bool] = Value()  # 23
    results_date: Value[PartialDate] = Value()
    references: Value[tuple[Reference, ...]] = Value()
    results: Value[tuple[ReportedOutcome, ...]] = Value()
    participant_flow: Value[ParticipantFlow] = Value()
    baseline: Value[Baseline] = Value()
    adverse_events: Value[AdverseEvents] = Value()
    limitations: Value[str] = Value()  # of the posted results, in the record's own words
    ipd_sharing: Value[str] = Value()  # 24
    brief_summary: Value[str] = Value()
    detailed_description: Value[str] = Value()
    severity: Value[str] = Value()  # of the condition, where a reviewer noted it
    follow_up_days: Value[float] = Value()
    site_count: Value[int] = Value()
    sites: Value[tuple[Site, ...]] = Value()
    condition_terms: Value[tuple[Value[str], ...]] = Value()  # terms the register assigned
    intervention_terms: Value[tuple[Value[str], ...]] = Value()
    correlated_terms: Value[tuple[CorrelatedTerm, ...]] = Value()
    last_update: Value[PartialDate] = Value()
    source_statement: Value[str] = Value()  # "Data sourced from clinicaltrials.gov"
    other: tuple[Labelled, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
