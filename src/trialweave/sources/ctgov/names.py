"""What version 2 of a ClinicalTrials.gov record calls a field, and what the older forms call it.

The classic form has the tree of version 2 under longer names: every key repeats the name of what
it stands in (``armGroups[].label`` is ``ArmGroupList.ArmGroup[].ArmGroupLabel``). The flat form
has only the last of these names, each with a list. So one table of exceptions to that rule, and
the structs of `study`, give both the reading of the older forms and the paths into them.
"""

from __future__ import annotations

import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from trialweave.sources.ctgov.study import Study

__all__ = ["Malformed", "classic_path", "flat_path", "from_classic", "read_paths"]


class Malformed(ValueError):
    """A record holds more than any record does."""


# Keys whose classic name does not follow from the name of what they stand in.
_ODD = {
    "Identification.nctId": "NCTId",
    "Identification.nctIdAliases": "NCTIdAliasList.NCTIdAlias",
    "OrgStudyId.id": "OrgStudyId",
    "SecondaryId.id": "SecondaryId",
    "ExpandedAccess.nctId": "ExpandedAccessNCTId",
    "Oversight.oversightHasDmc": "OversightHasDMC",
    "Masking.masking": "DesignMasking",
    "Masking.maskingDescription": "DesignMaskingDescription",
    "Masking.whoMasked": "DesignWhoMaskedList.DesignWhoMasked",
    "DesignInfo.observationalModel": "DesignObservationalModelList.DesignObservationalModel",
    "DesignInfo.timePerspective": "DesignTimePerspectiveList.DesignTimePerspective",
    "ArmGroup.interventionNames": "ArmGroupInterventionList.ArmGroupInterventionName",
    "Eligibility.sex": "Gender",
    "Reference.pmid": "ReferencePMID",
    "Reference.retractions": "RetractionList.Retraction",
    "Retraction.pmid": "RetractionPMID",
    "Protocol.ipdSharingStatementModule": "IPDSharingStatementModule",
    "IpdSharing.ipdSharing": "IPDSharing",
    "IpdSharing.description": "IPDSharingDescription",
    "MiscInfo.removedCountries": "RemovedCountryList.RemovedCountry",
    "Browse.meshes": "{}MeshList.{}Mesh",
    "Period.milestones": "FlowMilestoneList.FlowMilestone",
    "Period.dropWithdraws": "FlowDropWithdrawList.FlowDropWithdraw",
    "DropWithdraw.reasons": "FlowReasonList.FlowReason",
    "Milestone.achievements": "FlowAchievementList.FlowAchievement",
    "Measure.groups": "OutcomeGroupList.OutcomeGroup",
    "Measure.denoms": "OutcomeDenomList.OutcomeDenom",
    "Measure.classes": "OutcomeClassList.OutcomeClass",
    "Measure.analyses": "OutcomeAnalysisList.OutcomeAnalysis",
    "MeasureClass.categories": "OutcomeCategoryList.OutcomeCategory",
    "Category.measurements": "OutcomeMeasurementList.OutcomeMeasurement",
    "Analysis.ciPctValue": "OutcomeAnalysisCIPctValue",
    "Analysis.ciLowerLimit": "OutcomeAnalysisCILowerLimit",
    "Analysis.ciUpperLimit": "OutcomeAnalysisCIUpperLimit",
    "BaselineMeasure.classes": "BaselineClassList.BaselineClass",
    "BaselineClass.categories": "BaselineCategoryList.BaselineCategory",
    "BaselineCategory.measurements": "BaselineMeasurementList.BaselineMeasurement",
    "Events.eventGroups": "EventGroupList.EventGroup",
    "Events.seriousEvents": "SeriousEventList.SeriousEvent",
    "Events.otherEvents": "OtherEventList.OtherEvent",
    "Event.stats": "{}StatsList.{}Stats",
}

# What the keys inside a section or module begin with: nothing, but for these.
_MODULES = {
    "ParticipantFlowModule": "Flow",
    "BaselineCharacteristicsModule": "Baseline",
    "AdverseEventsModule": "Events",
    "ConditionBrowseModule": "Condition",
    "InterventionBrowseModule": "Intervention",
}


@dataclass(frozen=True)
class _Key:
    """One key of version 2: the keys that lead to it in the classic form, and what it holds."""

    steps: tuple[str, ...]
    inside: dict[str, _Key] | None
    many: bool


def _pascal(key: str) -> str:
    return key[:1].upper() + key[1:]


def _held(annotation: Any) -> tuple[type[msgspec.Struct] | None, bool]:
    """The struct inside an annotation, if any, and whether a tuple of it."""
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return annotation, False
    many = typing.get_origin(annotation) is tuple
    struct = None
    for part in typing.get_args(annotation):
        found, listed = _held(part)
        struct, many = struct or found, many or listed
    return struct, many


def _prefix(name: str) -> str:
    """What the keys inside `name` begin with."""
    if name.endswith(("Module", "Section")):
        return _MODULES.get(name, "")
    return name.removesuffix("Struct").removesuffix("Info")


def _keys(struct: type[msgspec.Struct], prefix: str) -> dict[str, _Key]:
    keys = {}
    for field in msgspec.structs.fields(struct):
        inside, many = _held(field.type)
        key = field.encode_name
        odd = _ODD.get(f"{struct.__name__}.{key}")
        if odd is not None:
            path = odd.format(prefix, prefix)
        elif struct.__name__ == "DateStruct" and key == "date":
            path = prefix
        elif many:
            single = prefix + _pascal(key).removesuffix("s")
            path = f"{single}List.{single}"
        else:
            path = prefix + _pascal(key)
        steps = tuple(path.split("."))
        nested = _keys(inside, _prefix(steps[-1])) if inside is not None else None
        keys[key] = _Key(steps, nested, many)
    return keys


_STUDY = _keys(Study, "")


def _translate(classic: dict[str, Any], keys: dict[str, _Key]) -> dict[str, Any]:
    """The same under version 2's keys. What is not of the form stays as it is, for who decodes."""
    out: dict[str, Any] = {}
    for name, key in keys.items():
        value = classic.get(key.steps[0])
        if isinstance(value, dict) and len(key.steps) == 2:
            value = value.get(key.steps[1])
        if value is None:
            continue
        if key.inside is not None:
            if not key.many:
                value = _inside(value, key)
            elif isinstance(value, list):
                value = [_inside(item, key) for item in value]
        out[name] = value
    return out


def _inside(value: object, key: _Key) -> object:
    return _translate(value, key.inside or {}) if isinstance(value, dict) else value


def from_classic(classic: dict[str, Any]) -> dict[str, Any]:
    """Bring one decoded record of the classic form into the shape of version 2.

    A whole record (it has its date of verification) has posted results where, and only where, it
    has a section of results; the classic form does not say so in a field of its own.
    """
    out = _translate(classic, _STUDY)
    status: Any = out
    for name in ("protocolSection", "statusModule"):
        status = status.get(name) if isinstance(status, dict) else None
    if "resultsSection" in out or (isinstance(status, dict) and "statusVerifiedDate" in status):
        out["hasResults"] = "resultsSection" in out
    return out


def classic_path(path: str) -> str:
    """Where the classic form has what version 2 has at `path`, with ``[*]`` for positions.

    Raises KeyError where version 2 as it is read here has no such path.
    """
    keys = _STUDY
    out: list[str] = []
    for segment in path.split("."):
        name, star, _ = segment.partition("[")
        key = keys[name]
        out += key.steps
        if star:
            out[-1] += "[*]"
        keys = key.inside or {}
    return ".".join(out)


def flat_path(path: str) -> str:
    """Where the flat form has what version 2 has at `path`; its lists know one position only."""
    leaf = classic_path(path).rpartition(".")[2].removesuffix("[*]")
    return f"{leaf}[*]" if "[*]" in path else f"{leaf}[0]"


def read_paths(form: Literal["v2", "classic"]) -> frozenset[str]:
    """The paths of all that is read, without positions."""
    return frozenset(_paths(_STUDY, (), form == "classic"))


def _paths(keys: dict[str, _Key], above: tuple[str, ...], classic: bool) -> Iterator[str]:
    for name, key in keys.items():
        here = (*above, *(key.steps if classic else (name,)))
        if key.inside is None:
            yield ".".join(here)
        else:
            yield from _paths(key.inside, here, classic)
