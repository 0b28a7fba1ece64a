"""Harmonises one ClinicalTrials.gov record, whatever its form, into a `Trial`.

Choices that are not the register's own words:

* The date of registration is that of the first submission, which the ICMJE counts; the date of
  posting is beside it.
* Phase, allocation, masking and the like are asked of interventional studies only; for others
  they do not apply.
* The register has no field for sources of funding: collaborators are sponsors, not funders.
* Medical Subject Headings are the register's own, so they are `condition_terms`, not codes.
* Addresses and numbers of people are never decoded, names only for digests; that there are
  contacts is kept.
"""

from __future__ import annotations

from typing import Any, Literal

from trialweave.model import (
    PHASES,
    Missingness,
    PartialDate,
    Passage,
    Trial,
    Value,
)
from trialweave.model.identifiers import normalise
from trialweave.model.persons import people_digests
from trialweave.sources.ctgov import items, words
from trialweave.sources.ctgov import study as shape
from trialweave.sources.ctgov.criteria import plain, split
from trialweave.sources.ctgov.other import Unplaced, other
from trialweave.sources.ctgov.paths import Paths
from trialweave.sources.ctgov.results import arm_sizes, posted
from trialweave.sources.ctgov.values import (
    CRITERIA,
    FLAG,
    IDENTIFIER,
    LIST,
    PHASE,
    SITES,
    STATED,
    TEXT,
    WITHHELD,
    absent,
    age,
    count,
    date,
    flag,
    inapplicable,
    markup,
    text,
    texts,
    unreadable,
    word,
)

__all__ = ["harmonise", "identifier", "last_update", "people"]

_IDENTIFICATION = shape.Identification()
_STATUS = shape.Status()
_SPONSORS = shape.Sponsors()
_SPONSOR = shape.Sponsor()
_DESCRIPTION = shape.Description()
_CONDITIONS = shape.Conditions()
_DESIGN = shape.Design()
_INFO = shape.DesignInfo()
_MASKING = shape.Masking()
_ENROLLMENT = shape.Enrollment()
_ARMS = shape.ArmsInterventions()
_OUTCOMES = shape.Outcomes()
_ELIGIBILITY = shape.Eligibility()
_PLACES = shape.ContactsLocations()
_REFERENCES = shape.References()
_IPD = shape.IpdSharing()
_DATE = shape.DateStruct()
_DERIVED = shape.Derived()
_BROWSE = shape.Browse()
_PROTOCOL = shape.Protocol()


def identifier(study: shape.Study) -> tuple[str | None, str]:
    """The record's NCT number in its canonical form, None where it has none; and as it stands."""
    module = (study.protocol_section or _PROTOCOL).identification_module
    number = module.nct_id if module is not None else None
    if not number:
        return None, ""
    return (_nct(number) if len(number) <= 40 else None), number


def last_update(study: shape.Study) -> PartialDate | None:
    """The record's own date of last change: posted, else submitted."""
    status = (study.protocol_section or _PROTOCOL).status_module or _STATUS
    for content in (
        (status.last_update_post_date_struct or _DATE).date,
        status.last_update_submit_date,
    ):
        if content and len(content) <= 40 and (read := words.date(content)):
            return read
    return None


def harmonise(study: shape.Study, paths: Paths, unplaced: Unplaced = ()) -> Trial:
    """The content of one record, with the paths of the form it came in."""
    one, many = paths.one, paths.many
    protocol = study.protocol_section or _PROTOCOL
    names = protocol.identification_module or _IDENTIFICATION
    status = protocol.status_module or _STATUS
    sponsors = protocol.sponsor_collaborators_module or _SPONSORS
    sponsor = sponsors.lead_sponsor or _SPONSOR
    description = protocol.description_module or _DESCRIPTION
    conditions = protocol.conditions_module or _CONDITIONS
    design = protocol.design_module or _DESIGN
    info = design.design_info or _INFO
    masking = info.masking_info or _MASKING
    enrollment = design.enrollment_info or _ENROLLMENT
    arms = protocol.arms_interventions_module or _ARMS
    outcome = protocol.outcomes_module or _OUTCOMES
    eligibility = protocol.eligibility_module or _ELIGIBILITY
    places = protocol.contacts_locations_module or _PLACES
    cited = protocol.references_module or _REFERENCES
    ipd = protocol.ipd_sharing_statement_module or _IPD
    derived = study.derived_section or _DERIVED
    locations = places.locations or ()
    groups = arms.arm_groups or ()
    given = arms.interventions or ()
    start = status.start_date_struct or _DATE
    primary_end = status.primary_completion_date_struct or _DATE
    end = status.completion_date_struct or _DATE

    study_type = word(design.study_type, one["study_type"], words.word)
    asked = study_type.content in (None, "interventional")
    inclusion, exclusion = _criteria(eligibility.eligibility_criteria, one["criteria"])
    results = posted(study.results_section, groups, paths)

    return Trial(
        primary_id=word(names.nct_id, one["primary_id"], _nct, IDENTIFIER),
        registration_date=_first_date(
            (status.study_first_submit_date, one["first_submitted"]),
            ((status.study_first_post_date_struct or _DATE).date, one["first_posted"]),
        ),
        secondary_ids=items.secondary_ids(names, paths),
        primary_sponsor=text(sponsor.name, one["sponsor"]),
        sponsor_class=word(sponsor.class_, one["sponsor_class"], words.sponsor_class),
        secondary_sponsors=_collaborators(sponsors.collaborators, paths),
        contacts=_contacts(places, one),
        public_title=text(names.brief_title, one["brief_title"]),
        scientific_title=text(names.official_title, one["official_title"]),
        acronym=text(names.acronym, one["acronym"]),
        countries=items.countries(locations, paths),
        conditions=texts(conditions.conditions, one["conditions"], many["condition"]),
        keywords=texts(conditions.keywords, one["keywords"], many["keyword"]),
        interventions=items.interventions(given, paths),
        arms=items.arms(groups, given, arm_sizes(study, groups, paths), paths),
        inclusion_criteria=inclusion,
        exclusion_criteria=exclusion,
        eligibility_text=_whole(eligibility.eligibility_criteria, one["criteria"]),
        minimum_age=age(eligibility.minimum_age, one["minimum_age"]),
        maximum_age=age(eligibility.maximum_age, one["maximum_age"]),
        sex=word(eligibility.sex, one["sex"], words.sex),
        healthy_volunteers=flag(eligibility.healthy_volunteers, one["healthy_volunteers"]),
        study_type=study_type,
        allocation=_asked(
            asked, study_type, word(info.allocation, one["allocation"], words.allocation)
        ),
        intervention_model=_asked(
            asked, study_type, word(info.intervention_model, one["intervention_model"], words.word)
        ),
        primary_purpose=_asked(
            asked, study_type, word(info.primary_purpose, one["primary_purpose"], words.word)
        ),
        masking=_asked(asked, study_type, word(masking.masking, one["masking"], words.masking)),
        who_masked=_asked(asked, study_type, _masked(masking.who_masked, paths)),
        phase=_asked(asked, study_type, _phase(design.phases, one["phases"])),
        start_date=date(start.date, one["start"]),
        start_date_type=word(start.type, one["start_type"], words.date_type),
        enrollment=count(enrollment.count, one["enrollment"]),
        enrollment_type=word(enrollment.type, one["enrollment_type"], words.date_type),
        overall_status=word(status.overall_status, one["overall_status"], words.status),
        status_date=date(status.status_verified_date, one["verified"]),
        why_stopped=text(status.why_stopped, one["why_stopped"]),
        primary_outcomes=items.outcomes(outcome.primary_outcomes, "primary", paths),
        secondary_outcomes=items.outcomes(outcome.secondary_outcomes, "secondary", paths),
        other_outcomes=items.outcomes(outcome.other_outcomes, "other", paths),
        primary_completion_date=date(primary_end.date, one["primary_completion"]),
        primary_completion_date_type=word(
            primary_end.type, one["primary_completion_type"], words.date_type
        ),
        completion_date=date(end.date, one["completion"]),
        completion_date_type=word(end.type, one["completion_type"], words.date_type),
        has_results=_has_results(study, paths),
        results_date=_first_date(
            ((status.results_first_post_date_struct or _DATE).date, one["results_posted"]),
            (status.results_first_submit_date, one["results_submitted"]),
        ),
        references=items.references(cited.references or (), paths),
        results=results.results,
        participant_flow=results.participant_flow,
        baseline=results.baseline,
        adverse_events=results.adverse_events,
        limitations=results.limitations,
        ipd_sharing=word(ipd.ipd_sharing, one["ipd_sharing"], words.word),
        brief_summary=markup(description.brief_summary, one["brief_summary"]),
        detailed_description=markup(description.detailed_description, one["detailed_description"]),
        site_count=Value(len(locations), STATED, one["sites"], SITES)
        if locations
        else absent(SITES),
        sites=items.sites(locations, paths),
        condition_terms=_terms(derived.condition_browse_module, "condition_term", paths),
        intervention_terms=_terms(derived.intervention_browse_module, "intervention_term", paths),
        last_update=_first_date(
            ((status.last_update_post_date_struct or _DATE).date, one["update_posted"]),
            (status.last_update_submit_date, one["update_submitted"]),
        ),
        other=other(study, paths, unplaced),
    )


def _nct(content: str) -> str | None:
    found = normalise(content, "nct")
    return found.value if found else None


def _first_date(*stated: tuple[shape.Text, Passage]) -> Value[PartialDate]:
    """The first of several dates that is there."""
    for content, passage in stated:
        if content:
            return date(content, passage)
    return date(None, stated[0][1])


def _asked(asked: bool, study_type: Value[str], value: Value[Any]) -> Value[Any]:
    """A field of interventional studies: for another kind of study it does not apply."""
    if asked or value.missingness is not Missingness.NOT_REPORTED:
        return value
    return inapplicable(study_type.passage, value.rule)


def _collaborators(
    sponsors: tuple[shape.Sponsor, ...] | None, paths: Paths
) -> Value[tuple[Value[str], ...]]:
    if not sponsors:
        return absent(LIST)
    at = paths.many["collaborator"].first(len(sponsors))
    values = [text(sponsor.name, at[i]) for i, sponsor in enumerate(sponsors)]
    return Value(tuple(values), STATED, paths.one["collaborators"], LIST)


def _contacts(places: shape.ContactsLocations, one: dict[str, Passage]) -> Value[str]:
    """Whether people are named, and where; never who."""
    if places.central_contacts:
        passage = one["central_contacts"]
    elif places.overall_officials:
        passage = one["officials"]
    elif any(location.contacts for location in places.locations or ()):
        passage = one["sites"]
    else:
        return absent(WITHHELD)
    return Value(None, Missingness.WITHHELD, passage, WITHHELD)


def people(study: shape.Study) -> tuple[str, ...]:
    """Digests of the names of those who lead the study."""
    protocol = study.protocol_section or _PROTOCOL
    party = (protocol.sponsor_collaborators_module or _SPONSORS).responsible_party
    officials = (protocol.contacts_locations_module or _PLACES).overall_officials or ()
    names = [each.name for each in officials]
    names.append(party.investigator_full_name if party is not None else None)
    return tuple(sorted(people_digests(name for name in names if isinstance(name, str))))


def _whole(content: shape.Text, passage: Passage) -> Value[str]:
    """The eligibility text exactly as received: spans of criteria are positions in it."""
    if content and not content.isspace():
        return Value(content, STATED, passage, TEXT)
    return text(content, passage)


def _criteria(
    content: shape.Text, passage: Passage
) -> tuple[Value[tuple[Value[str], ...]], Value[tuple[Value[str], ...]]]:
    """Inclusion and exclusion criteria, each at its span in the text at `passage`."""
    if not content or content.isspace():
        return absent(CRITERIA), absent(CRITERIA)
    sections = split(content)
    if sections is None:
        value = unreadable(passage, CRITERIA)
        return value, value
    path = passage.path
    found: dict[str, list[Value[str]]] = {"inclusion": [], "exclusion": []}
    escaped = "\\" in content
    for section in sections:
        values = found[section.kind]
        for start, stop in section.items:
            raw = content[start:stop]
            clean = plain(raw) if escaped else raw
            values.append(
                Value(
                    clean,
                    STATED,
                    Passage(start, stop, path),
                    CRITERIA,
                    None if clean == raw else raw,
                )
            )
    inclusion, exclusion = (
        Value(tuple(values), STATED, passage, CRITERIA) if values else absent(CRITERIA)
        for values in (found["inclusion"], found["exclusion"])
    )
    return inclusion, exclusion


def _masked(who: tuple[str, ...] | None, paths: Paths) -> Value[tuple[Value[str], ...]]:
    if not who:
        return absent(LIST)
    at = paths.many["masked"].first(len(who))
    values = [word(person, at[i], words.word) for i, person in enumerate(who)]
    return Value(tuple(values), STATED, paths.one["who_masked"], LIST)


def _phase(phases: tuple[str, ...] | None, passage: Passage) -> Value[tuple[str, ...]]:
    if not phases:
        return absent(PHASE)
    raw = ", ".join(phases)
    found: set[str] = set()
    for phase in phases:
        read = words.phase(phase) if len(phase) <= 40 else None
        if read is None:
            return unreadable(passage, PHASE, raw[:200])
        found.update(read)
    return Value(tuple(p for p in PHASES if p in found), STATED, passage, PHASE, raw)


def _has_results(study: shape.Study, paths: Paths) -> Value[bool]:
    """Whether results are posted. What an extract of a record leaves out is not "no"."""
    passage = paths.one["has_results"]
    if study.has_results is not None:
        value = flag(study.has_results, passage)
        if value.content is False and paths.form == "classic":  # said by what is not there
            return Value(False, STATED, None, FLAG)
        return value
    if study.results_section is not None:
        return Value(True, STATED, paths.one["results"], FLAG)
    return absent(FLAG)


def _terms(
    browse: shape.Browse | None,
    kind: Literal["condition_term", "intervention_term"],
    paths: Paths,
) -> Value[tuple[Value[str], ...]]:
    meshes = browse.meshes if browse is not None else None
    if not meshes:
        return absent(LIST)
    at = paths.many[kind].first(len(meshes))
    values = [text(mesh.term, at[i]) for i, mesh in enumerate(meshes)]
    return Value(tuple(values), STATED, paths.one[f"{kind}s"], LIST)
