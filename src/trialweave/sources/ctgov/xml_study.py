"""Brings ClinicalTrials.gov's legacy XML into the shape of version 2, and keeps what stands where.

Every text that is taken is noted under the path that version 2 has for it, with the characters
of the received document that write it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from trialweave.sources._xml import Node
from trialweave.sources.ctgov import study as shape
from trialweave.sources.ctgov.xml_design import design_info
from trialweave.sources.ctgov.xml_results import results_of
from trialweave.sources.ctgov.xml_spans import Spans, block

__all__ = ["Spans", "block", "study_of"]

_TYPE = re.compile(r"(?P<type>[^\[\]]{1,40})(?P<registry>\[Patient Registry\])?")


def study_of(node: Node, spans: Spans) -> shape.Study:
    """One record in the shape of version 2."""
    root = "protocolSection"
    results = node.child("clinical_results")
    has_results = None
    if results is not None:
        spans.hold("resultsSection", results)
        spans.hold("hasResults", results)
        has_results = True
    elif node.child("verification_date") is not None:  # a whole record
        has_results = False
    return shape.Study(
        shape.Protocol(
            _identification(node, spans, f"{root}.identificationModule"),
            _status(node, spans, f"{root}.statusModule"),
            _sponsors(node, spans, f"{root}.sponsorCollaboratorsModule"),
            shape.Oversight(
                spans.text(
                    node, "oversight_info", "has_dmc", to=f"{root}.oversightModule.oversightHasDmc"
                )
            ),
            shape.Description(
                spans.block(node, "brief_summary", to=f"{root}.descriptionModule.briefSummary"),
                spans.block(
                    node,
                    "detailed_description",
                    to=f"{root}.descriptionModule.detailedDescription",
                ),
            ),
            shape.Conditions(
                spans.texts(node, "condition", to=f"{root}.conditionsModule.conditions"),
                spans.texts(node, "keyword", to=f"{root}.conditionsModule.keywords"),
            ),
            _design(node, spans, f"{root}.designModule"),
            _arms(node, spans, f"{root}.armsInterventionsModule"),
            shape.Outcomes(
                *(
                    tuple(_outcomes(node, spans, kind, f"{root}.outcomesModule.{kind}Outcomes"))
                    for kind in ("primary", "secondary", "other")
                )
            ),
            _eligibility(node, spans, f"{root}.eligibilityModule"),
            _places(node, spans, f"{root}.contactsLocationsModule"),
            shape.References(
                tuple(_references(node, spans, f"{root}.referencesModule.references"))
            ),
            shape.IpdSharing(
                spans.text(
                    node,
                    "patient_data",
                    "sharing_ipd",
                    to=f"{root}.ipdSharingStatementModule.ipdSharing",
                ),
                spans.text(
                    node,
                    "patient_data",
                    "ipd_description",
                    to=f"{root}.ipdSharingStatementModule.description",
                ),
            ),
        ),
        results_of(results, spans, "resultsSection") if results is not None else None,
        shape.Derived(
            shape.MiscInfo(
                spans.texts(
                    node,
                    "removed_countries",
                    "country",
                    to="derivedSection.miscInfoModule.removedCountries",
                )
            ),
            _browse(node, spans, "condition_browse", "derivedSection.conditionBrowseModule"),
            _browse(node, spans, "intervention_browse", "derivedSection.interventionBrowseModule"),
        ),
        has_results,
    )


def _identification(node: Node, spans: Spans, to: str) -> shape.Identification:
    info = node.child("id_info")
    if info is not None:
        spans.hold(to, info)
    org = spans.text(node, "id_info", "org_study_id", to=f"{to}.orgStudyIdInfo.id")
    numbers = tuple(
        shape.SecondaryId(spans.own(child, f"{at}.id"))
        for child, at in spans.items(node, "id_info", "secondary_id", to=f"{to}.secondaryIdInfos")
    )
    return shape.Identification(
        spans.text(node, "id_info", "nct_id", to=f"{to}.nctId"),
        spans.texts(node, "id_info", "nct_alias", to=f"{to}.nctIdAliases"),
        shape.OrgStudyId(org) if org else None,
        numbers,
        spans.text(node, "brief_title", to=f"{to}.briefTitle"),
        spans.text(node, "official_title", to=f"{to}.officialTitle"),
        spans.text(node, "acronym", to=f"{to}.acronym"),
    )


def _dated(node: Node, spans: Spans, tag: str, to: str) -> shape.DateStruct:
    child = node.child(tag)
    if child is None:
        return shape.DateStruct()
    return shape.DateStruct(
        spans.own(child, f"{to}.date"), spans.attribute(child, "type", f"{to}.type")
    )


def _first(node: Node, spans: Spans, to: str, *tags: str) -> str | None:
    """The field under the name of either of the XML's generations."""
    for tag in tags:
        found = spans.text(node, tag, to=to)
        if found:
            return found
    return None


def _status(node: Node, spans: Spans, to: str) -> shape.Status:
    return shape.Status(
        spans.text(node, "verification_date", to=f"{to}.statusVerifiedDate"),
        spans.text(node, "overall_status", to=f"{to}.overallStatus"),
        spans.text(node, "last_known_status", to=f"{to}.lastKnownStatus"),
        spans.text(node, "why_stopped", to=f"{to}.whyStopped"),
        None,
        _dated(node, spans, "start_date", f"{to}.startDateStruct"),
        _dated(node, spans, "primary_completion_date", f"{to}.primaryCompletionDateStruct"),
        _dated(node, spans, "completion_date", f"{to}.completionDateStruct"),
        _first(
            node, spans, f"{to}.studyFirstSubmitDate", "study_first_submitted", "firstreceived_date"
        ),
        _dated(node, spans, "study_first_posted", f"{to}.studyFirstPostDateStruct"),
        _first(
            node,
            spans,
            f"{to}.resultsFirstSubmitDate",
            "results_first_submitted",
            "firstreceived_results_date",
        ),
        _dated(node, spans, "results_first_posted", f"{to}.resultsFirstPostDateStruct"),
        _first(
            node, spans, f"{to}.lastUpdateSubmitDate", "last_update_submitted", "lastchanged_date"
        ),
        _dated(node, spans, "last_update_posted", f"{to}.lastUpdatePostDateStruct"),
    )


def _sponsors(node: Node, spans: Spans, to: str) -> shape.Sponsors:
    lead = node.child("sponsors", "lead_sponsor")
    return shape.Sponsors(
        shape.Sponsor(
            spans.text(lead, "agency", to=f"{to}.leadSponsor.name"),
            spans.text(lead, "agency_class", to=f"{to}.leadSponsor.class"),
        )
        if lead is not None
        else None,
        tuple(
            shape.Sponsor(spans.text(child, "agency", to=f"{at}.name"))
            for child, at in spans.items(node, "sponsors", "collaborator", to=f"{to}.collaborators")
        ),
    )


def _design(node: Node, spans: Spans, to: str) -> shape.Design:
    kind = spans.text(node, "study_type", to=f"{to}.studyType")
    registry = None
    if kind and (match := _TYPE.fullmatch(kind)) is not None:
        kind = match["type"].strip()
        if match["registry"]:
            registry = True
            spans.same(f"{to}.patientRegistry", f"{to}.studyType")
    phase = spans.text(node, "phase", to=f"{to}.phases")
    size = node.child("enrollment")
    return shape.Design(
        kind,
        registry,
        spans.text(node, "target_duration", to=f"{to}.targetDuration"),
        (phase,) if phase else None,
        design_info(node, spans, f"{to}.designInfo"),
        shape.Enrollment(
            spans.own(size, f"{to}.enrollmentInfo.count"),
            spans.attribute(size, "type", f"{to}.enrollmentInfo.type"),
        )
        if size is not None
        else None,
    )


def _arms(node: Node, spans: Spans, to: str) -> shape.ArmsInterventions:
    given: dict[str, list[tuple[str, str]]] = {}
    interventions = []
    for child, at in spans.items(node, "intervention", to=f"{to}.interventions"):
        name = spans.text(child, "intervention_name", to=f"{at}.name")
        kind = spans.text(child, "intervention_type", to=f"{at}.type")
        labels = spans.texts(child, "arm_group_label", to=f"{at}.armGroupLabels")
        for i, arm in enumerate(labels or ()):
            given.setdefault(arm, []).append((f"{kind}: {name}", f"{at}.armGroupLabels[{i}]"))
        interventions.append(
            shape.Intervention(
                kind,
                name,
                spans.text(child, "description", to=f"{at}.description"),
                labels,
                spans.texts(child, "other_name", to=f"{at}.otherNames"),
            )
        )
    arms = []
    for child, at in spans.items(node, "arm_group", to=f"{to}.armGroups"):
        label = spans.text(child, "arm_group_label", to=f"{at}.label")
        its = given.get(label or "", [])
        if its:
            spans.same(f"{at}.interventionNames", its[0][1])
        arms.append(
            shape.ArmGroup(
                label,
                spans.text(child, "arm_group_type", to=f"{at}.type"),
                spans.text(child, "description", to=f"{at}.description"),
                tuple(whole for whole, _ in its) or None,
            )
        )
    return shape.ArmsInterventions(tuple(arms), tuple(interventions))


def _outcomes(node: Node, spans: Spans, kind: str, to: str) -> Iterator[shape.Outcome]:
    for child, at in spans.items(node, f"{kind}_outcome", to=to):
        yield shape.Outcome(
            spans.text(child, "measure", to=f"{at}.measure"),
            spans.text(child, "description", to=f"{at}.description"),
            spans.text(child, "time_frame", to=f"{at}.timeFrame"),
        )


def _eligibility(node: Node, spans: Spans, to: str) -> shape.Eligibility | None:
    found = node.child("eligibility")
    if found is None:
        return None
    return shape.Eligibility(
        spans.verbatim(found, "criteria", "textblock", to=f"{to}.eligibilityCriteria"),
        spans.text(found, "healthy_volunteers", to=f"{to}.healthyVolunteers"),
        spans.text(found, "gender", to=f"{to}.sex"),
        spans.text(found, "minimum_age", to=f"{to}.minimumAge"),
        spans.text(found, "maximum_age", to=f"{to}.maximumAge"),
        spans.block(found, "study_pop", to=f"{to}.studyPopulation"),
        spans.text(found, "sampling_method", to=f"{to}.samplingMethod"),
    )


_SOMEBODY = (shape.Official(),)


def _places(node: Node, spans: Spans, to: str) -> shape.ContactsLocations:
    def people(tag: str, path: str) -> Any:
        found = node.child(tag)
        if found is None:
            return None
        spans.hold(path, found)
        return _SOMEBODY

    locations: list[shape.Location] = []
    for child, at in spans.items(node, "location", to=f"{to}.locations"):
        # A location also names people: it is told by its place alone
        place = child.child("facility")
        for path in (at, f"{to}.locations") if not locations else (at,):
            spans.hold(path, place or child)
        locations.append(
            shape.Location(
                spans.text(child, "facility", "name", to=f"{at}.facility"),
                spans.text(child, "status", to=f"{at}.status"),
                spans.text(child, "facility", "address", "city", to=f"{at}.city"),
                spans.text(child, "facility", "address", "country", to=f"{at}.country"),
                _SOMEBODY if child.child("contact") or child.child("investigator") else None,
            )
        )
    return shape.ContactsLocations(
        people("overall_contact", f"{to}.centralContacts"),
        people("overall_official", f"{to}.overallOfficials"),
        tuple(locations),
    )


def _references(node: Node, spans: Spans, to: str) -> Iterator[shape.Reference]:
    """Cited publications; the XML tells those of results from all others, and no more."""
    position = 0
    for tag, kind in (("reference", None), ("results_reference", "RESULT")):
        for child in node.children(tag):
            at = f"{to}[{position}]"
            if not position:
                spans.hold(to, child)
            spans.hold(at, child)
            if kind:
                spans.note(f"{at}.type", child.start + 1, child.start + 1 + len(tag))
            position += 1
            yield shape.Reference(
                spans.text(child, "PMID", to=f"{at}.pmid"),
                kind,
                spans.text(child, "citation", to=f"{at}.citation"),
            )


def _browse(node: Node, spans: Spans, tag: str, to: str) -> shape.Browse:
    return shape.Browse(
        tuple(
            shape.Mesh(spans.own(child, f"{at}.term"))
            for child, at in spans.items(node, tag, "mesh_term", to=f"{to}.meshes")
        )
    )
