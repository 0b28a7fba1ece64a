"""What ClinicalTrials.gov states that no concept of ours covers, under a label each."""

from __future__ import annotations

from trialweave.model import Labelled, Passage, Value
from trialweave.sources.ctgov import study as shape
from trialweave.sources.ctgov import words
from trialweave.sources.ctgov.paths import Paths
from trialweave.sources.ctgov.values import DATE, FLAG, STATED, WORD, date, flag, markup, text, word

__all__ = ["Unplaced", "other"]

Unplaced = tuple[tuple[str, tuple[str, ...]], ...]  # lists whose items have no certain place

_STATUS = shape.Status()
_DESIGN = shape.Design()
_INFO = shape.DesignInfo()
_MASKING = shape.Masking()
_ELIGIBILITY = shape.Eligibility()
_REFERENCES = shape.References()
_IPD = shape.IpdSharing()
_DATE = shape.DateStruct()
_DERIVED = shape.Derived()
_MISC = shape.MiscInfo()
_OVERSIGHT = shape.Oversight()
_PROTOCOL = shape.Protocol()

_LABELS = {
    "RetractionPMID": "retraction notice, PubMed number",
    "OutcomeMeasureTitle": "posted outcome measure",
}


def other(study: shape.Study, paths: Paths, unplaced: Unplaced) -> tuple[Labelled, ...]:
    """What the register states that no concept of ours covers."""
    one = paths.one
    protocol = study.protocol_section or _PROTOCOL
    status = protocol.status_module or _STATUS
    design = protocol.design_module or _DESIGN
    info = design.design_info or _INFO
    masking = info.masking_info or _MASKING
    eligibility = protocol.eligibility_module or _ELIGIBILITY
    ipd = protocol.ipd_sharing_statement_module or _IPD
    posted = status.study_first_post_date_struct or _DATE
    found: list[tuple[str, Value[str]]] = []
    for label, content, name in (
        ("last known status", status.last_known_status, "last_known_status"),
        ("sampling method", eligibility.sampling_method, "sampling_method"),
        ("observational model", info.observational_model, "observational_model"),
        ("time perspective", info.time_perspective, "time_perspective"),
    ):
        if content:
            content = content if isinstance(content, str) else ", ".join(content)
            read = words.status if label == "last known status" else words.word
            found.append((label, word(content, one[name], read, WORD)))
    for label, content, name in (
        ("target duration", design.target_duration, "target_duration"),
        (
            "intervention model description",
            info.intervention_model_description,
            "model_description",
        ),
        ("masking description", masking.masking_description, "masking_description"),
        ("study population", eligibility.study_population, "study_population"),
        ("IPD sharing description", ipd.description, "ipd_description"),
    ):
        if content:
            found.append((label, markup(content, one[name])))
    first_posted = date(posted.date, one["first_posted"])
    if first_posted.content is not None:
        stated_as = Value(
            str(first_posted.content), STATED, first_posted.passage, DATE, first_posted.raw
        )
        found.append(("first posted", stated_as))
    expanded = status.expanded_access_info
    if expanded is not None and expanded.nct_id:
        found.append(("expanded access record", text(expanded.nct_id, one["expanded_access"])))
    oversight = protocol.oversight_module or _OVERSIGHT
    for label, answer, name in (
        ("data monitoring committee", oversight.oversight_has_dmc, "has_dmc"),
        ("patient registry", design.patient_registry, "patient_registry"),
    ):
        value = flag(answer, one[name])
        if value:
            content = "yes" if value.content else "no"
            found.append((label, Value(content, STATED, value.passage, FLAG, value.raw)))
    found += _retractions(study, paths)
    removed = ((study.derived_section or _DERIVED).misc_info_module or _MISC).removed_countries
    if removed:
        at = paths.many["removed_country"].first(len(removed))
        found += [("country removed", text(name, at[i])) for i, name in enumerate(removed)]
    for name, contents in unplaced:
        label = _LABELS.get(name, name)
        for i, content in enumerate(contents):
            found.append((label, text(content, Passage(path=f"{name}[{i}]"))))
    return tuple([Labelled(label, value) for label, value in found])


def _retractions(study: shape.Study, paths: Paths) -> list[tuple[str, Value[str]]]:
    """References that the register marks as retracted, by the number of the notice."""
    cited = (study.protocol_section or _PROTOCOL).references_module or _REFERENCES
    found = []
    for i, reference in enumerate(cited.references or ()):
        for j, retraction in enumerate(reference.retractions or ()):
            passage = Passage(path=paths.deep["retraction"] % (i, j))
            found.append((_LABELS["RetractionPMID"], text(retraction.pmid, passage)))
    return found
