"""A cohort definition of OMOP: the JSON that Circe and ATLAS take.

After the classes of circe-be 1.11 (OHDSI, CohortExpression): the index event is any visit, and each
criterion is an inclusion rule. A rule that excludes is a group of which at most none holds, so that
its condition stands in it as it is written. Concept ids are those of a vocabulary that nobody may
hand on: all but sex are 0, with their LOINC or UCUM code, and are to be looked up in ATLAS.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from trialweave.protocol.criteria import tree
from trialweave.protocol.criteria.tree import Criterion, Leaf, Node, Window
from trialweave.protocol.exports.common import (
    Losses,
    Named,
    asked,
    clean,
    cut,
    days_of,
    loinc_of,
    lost_sign,
    title_of,
)

__all__ = ["cohort"]

_OPERATORS: Final = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte", "=": "eq"}
_SEXES: Final = {"female": (8532, "FEMALE", "F"), "male": (8507, "MALE", "M")}
_LIMITS: Final = {"{xULN}": "RangeHighRatio", "{xLLN}": "RangeLowRatio"}
_TABLES: Final = {
    "drug": ("DrugExposure",),
    "procedure": ("ProcedureOccurrence",),
    "condition": ("ConditionOccurrence",),
    "reproductive": ("ConditionOccurrence", "Observation"),
    "event": ("ConditionOccurrence", "DrugExposure", "ProcedureOccurrence", "Observation"),
}
_DOMAINS: Final = {
    "DrugExposure": "Drug",
    "ProcedureOccurrence": "Procedure",
    "ConditionOccurrence": "Condition",
}

Json = dict[str, Any]


def cohort(criteria: Sequence[Criterion], named: Named, losses: Losses) -> Json:
    """The cohort definition. A criterion of which nothing is understood is a rule without
    conditions, under its own words, for a person to fill in."""
    losses.of_all("the codes of the vocabulary", "concept id 0, to be looked up before it is run")
    losses.of_all("the day of screening", "the first visit")
    losses.of_all("what is not known of a person", "counted as if it were not so")
    losses.of_all("which of several results counts", "any of them in the time")
    made = _Made(losses)
    rules = [made.rule(one.criterion, one.node) for one in asked(criteria, losses)]
    return {
        "cdmVersionRange": ">=5.0.0",
        "ConceptSets": made.sets,
        "PrimaryCriteria": {
            "CriteriaList": [{"VisitOccurrence": {"VisitTypeExclude": False}}],
            "ObservationWindow": {"PriorDays": 0, "PostDays": 0},
            "PrimaryCriteriaLimit": {"Type": "First"},
        },
        "QualifiedLimit": {"Type": "First"},
        "ExpressionLimit": {"Type": "First"},
        "InclusionRules": rules,
        "CensoringCriteria": [],
        "CollapseSettings": {"CollapseType": "ERA", "EraPad": 0},
        "CensorWindow": {},
    }


def _group(kind: str, *groups: Json, count: int | None = None) -> Json:
    made: Json = {"Type": kind}
    if count is not None:
        made["Count"] = count
    return made | {"CriteriaList": [], "DemographicCriteriaList": [], "Groups": list(groups)}


def _not(group: Json) -> Json:
    return _group("AT_MOST", group, count=0)


def _concept(name: str, code: str, vocabulary: str, domain: str, number: int = 0) -> Json:
    return {
        "CONCEPT_ID": number,
        "CONCEPT_NAME": clean(name),
        "CONCEPT_CODE": code,
        "VOCABULARY_ID": vocabulary,
        "DOMAIN_ID": domain,
    }


class _Made:
    """A definition on its way: its concept sets by what they are of, and the notes of losses."""

    def __init__(self, losses: Losses) -> None:
        self.sets: list[Json] = []
        self._by_name: dict[tuple[str, str], int] = {}
        self._losses = losses

    def rule(self, one: Criterion, node: Node) -> Json:
        """A criterion as an inclusion rule, in its own words."""
        group = self._of(node, one)
        if group is None:
            group = _group("ALL")
        elif one.section == "exclusion":
            group = _not(group)
        named = f"{one.number} {one.section}: {cut(one.text)}"
        return {"name": named[:200], "description": clean(one.text), "expression": group}

    def _of(self, node: Node, one: Criterion) -> Json | None:
        """A condition as a group; None where nothing of it can be said."""
        if isinstance(node, tree.Not):
            inner = self._of(node.item, one)
            return None if inner is None else _not(inner)
        if isinstance(node, tree.If):
            return self._of(tree.Any((tree.Not(node.condition), node.then)), one)
        if isinstance(node, tree.All | tree.Any | tree.AtLeast):
            parts = [made for each in node.items if (made := self._of(each, one)) is not None]
            if not parts:
                return None
            if isinstance(node, tree.AtLeast):
                return _group("AT_LEAST", *parts, count=node.number)
            return _group("ALL" if isinstance(node, tree.All) else "ANY", *parts)
        if isinstance(node, tree.Compare):
            return self._compared(node, one)
        if isinstance(node, tree.InSet):
            return self._in_set(node, one)
        if isinstance(node, tree.Event):
            return self._happened(node, one)
        self._losses.note(one, f"not understood: “{cut(node.text)}”", "left out", node)
        return None

    # -- leaves ------------------------------------------------------------------------------

    def _compared(self, leaf: tree.Compare, one: Criterion) -> Json | None:
        note = self._losses.note
        if lost_sign(leaf):
            note(one, f"on which side of its bound {leaf.concept} is", "left out", leaf)
            return None
        if leaf.concept == "age":
            return self._aged(leaf, one)
        if leaf.at not in ("any", "worst"):
            note(one, f"of several results the {leaf.at} one", "any result", leaf)
        if leaf.qualifier:
            note(one, f"how it is measured: {leaf.qualifier}", "however measured", leaf)
        if not leaf.unit and leaf.assumed_unit:
            note(one, "no unit is written", f"the common one, {leaf.assumed_unit}", leaf)
        measured: Json = {"CodesetId": self._measure(leaf.concept, one, leaf)}
        unit = leaf.unit or leaf.assumed_unit
        value = _LIMITS.get(unit, "ValueAsNumber")
        if unit and value == "ValueAsNumber":
            measured["Unit"] = [_concept(unit, unit, "UCUM", "Unit")]
        if leaf.high is None:
            measured[value] = {"Value": leaf.low, "Op": _OPERATORS[leaf.operator]}
        else:
            if leaf.inclusive != (True, True):
                note(one, "an end of the range does not belong to it", "both ends do", leaf)
            measured[value] = {"Value": leaf.low, "Extent": leaf.high, "Op": "bt"}
        return self._counted([{"Measurement": measured}], leaf.window, one, leaf)

    def _aged(self, leaf: tree.Compare, one: Criterion) -> Json | None:
        self._losses.note(one, "the age to the day", "by the year of birth", leaf)
        per = {"": 1, "a": 1, "mo": 12}.get(leaf.unit)
        ends = [value for value in (leaf.low, leaf.high) if value is not None]
        if per is None or any(value % per or not (value / per).is_integer() for value in ends):
            self._losses.note(one, f"an age in {leaf.unit or 'years'}", "left out", leaf)
            return None
        signs = [leaf.operator]
        if leaf.high is not None:
            signs = [">=" if leaf.inclusive[0] else ">", "<=" if leaf.inclusive[1] else "<"]
        made = _group("ALL")
        made["DemographicCriteriaList"] = [
            {"Age": {"Value": int(value / per), "Op": _OPERATORS[sign]}}
            for value, sign in zip(ends, signs, strict=True)
        ]
        return made

    def _in_set(self, leaf: tree.InSet, one: Criterion) -> Json | None:
        if leaf.concept == "sex":
            sexes = [_SEXES[str(each)] for each in leaf.values if str(each) in _SEXES]
            if len(sexes) != len(leaf.values) or not sexes:
                self._losses.note(one, "a sex that has no code", "left out", leaf)
                return None
            made = _group("ALL")
            made["DemographicCriteriaList"] = [
                {"Gender": [_concept(name, code, "Gender", "Gender", n) for n, name, code in sexes]}
            ]
            return made
        if not leaf.values:
            self._losses.note(
                one, f"a set of {title_of(leaf.concept)} without values", "left out", leaf
            )
            return None
        if leaf.qualifier:
            what = f"how it is measured: {leaf.qualifier}"
            self._losses.note(one, what, "however measured", leaf)
        codeset = self._measure(leaf.concept, one, leaf)
        answers: list[Json] = []
        for each in leaf.values:
            measured: Json = {"CodesetId": codeset}
            if isinstance(each, str):
                measured["ValueAsConcept"] = [_concept(each, "", "None", "Meas Value")]
            else:
                measured["ValueAsNumber"] = {"Value": each, "Op": "eq"}
            answers.append({"Measurement": measured})
        return self._counted(answers, None, one, leaf)

    def _happened(self, leaf: tree.Event, one: Criterion) -> Json | None:
        tables = _TABLES.get(leaf.kind)
        if tables is None:
            what = f"what somebody promises for the trial: “{cut(leaf.concept)}”"
            self._losses.note(one, what, "left out", leaf)
            return None
        self._losses.note(one, f"which codes “{cut(leaf.concept)}” has", "an empty set", leaf)
        if leaf.minimum is not None:
            self._losses.note(one, "how long it lasts", "that it is there", leaf)
        found: list[Json] = []
        for table in tables:
            domain = _DOMAINS.get(table, "Observation")
            found.append({table: {"CodesetId": self._set(title_of(leaf.concept), domain, ())}})
        window = leaf.window
        if window is None or window.relation != "at_least_before":
            made = self._counted(found, window, one, leaf)
        else:  # once, and not within the last days
            days = days_of(window, one, self._losses, leaf)
            long_ago = _times(found, _span(None, -days))
            made = _group("ALL", long_ago, _not(_times(found, _span(-days + 1, 0))))
        return made if leaf.present else _not(made)

    def _counted(
        self, found: list[Json], window: Window | None, one: Criterion, leaf: Leaf
    ) -> Json:
        """That one of some criteria occurs in a time, counted from the index event."""
        span = _span(None, 0)
        if window is not None:
            self._anchored(window, one, leaf)
        if window is not None and window.relation in ("within_past", "over"):
            span = _span(-days_of(window, one, self._losses, leaf), 0)
        elif window is not None and window.relation == "within_next":
            span = _span(0, days_of(window, one, self._losses, leaf))
        elif window is not None and window.relation == "at_least_before":
            span = _span(None, -days_of(window, one, self._losses, leaf))
        elif window is not None:
            what = f"the time: {window.relation.replace('_', ' ')} {window.value:g} {window.unit}"
            self._losses.note(one, what, "any time before", leaf)
        return _times(found, span)

    def _anchored(self, window: Window, one: Criterion, leaf: Leaf) -> None:
        if window.anchor not in ("", "screening"):
            what = f"a time that is counted from {window.anchor.replace('_', ' ')}"
            self._losses.note(one, what, "counted from the index event", leaf)
        if window.high is not None:
            self._losses.note(one, "the shorter of two times", "the longer one", leaf)

    # -- concept sets ------------------------------------------------------------------------

    def _measure(self, name: str, one: Criterion, leaf: Leaf) -> int:
        codes = loinc_of(name)
        if not codes:
            self._losses.note(one, f"which codes {title_of(name)} has", "an empty set", leaf)
        return self._set(title_of(name), "Measurement", codes)

    def _set(self, name: str, domain: str, codes: Sequence[str]) -> int:
        key = (name, domain)
        if key not in self._by_name:
            self._by_name[key] = len(self.sets)
            items = [
                {
                    "concept": _concept(name, code, "LOINC", domain),
                    "isExcluded": False,
                    "includeDescendants": True,
                    "includeMapped": False,
                }
                for code in codes
            ]
            self.sets.append(
                {"id": len(self.sets), "name": f"{name} ({domain})", "expression": {"items": items}}
            )
        return self._by_name[key]


def _span(start: int | None, end: int) -> Json:
    """Days from the index event, before it where negative; `start` None is any time before."""

    def bound(days: int | None) -> Json:
        if days is None:
            return {"Coeff": -1}
        return {"Days": abs(days), "Coeff": -1 if days < 0 else 1}

    return {"Start": bound(start), "End": bound(end), "UseIndexEnd": False, "UseEventEnd": False}


def _times(found: Sequence[Json], span: Json) -> Json:
    made = _group("ANY")
    made["CriteriaList"] = [
        {
            "Criteria": each,
            "StartWindow": span,
            "RestrictVisit": False,
            "IgnoreObservationPeriod": False,
            "Occurrence": {"Type": 2, "Count": 1, "IsDistinct": False},
        }
        for each in found
    ]
    return made
