"""Criteria as a library of Clinical Quality Language, for FHIR R4 data.

HL7 Clinical Quality Language 1.5, with FHIR 4.0.1 and FHIRHelpers 4.0.1. Every criterion is a
definition as it is written; two further ones read them by section. What is not understood is null,
and so is what a record does not hold: CQL carries null through "and", "or" and "not" as unknown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from trialweave.protocol.criteria import tree
from trialweave.protocol.criteria.tree import Criterion, Leaf, Node, Window
from trialweave.protocol.exports.common import (
    Asked,
    Losses,
    Named,
    asked,
    clean,
    cut,
    days_of,
    decimal,
    loinc_of,
    lost_sign,
    title_of,
)

__all__ = ["library"]

_UNITS: Final = {"a": "years", "mo": "months", "wk": "weeks", "d": "days", "h": "hours",
                 "min": "minutes", "s": "seconds"}  # fmt: skip
_AGES: Final = {"": "Years", "a": "Years", "mo": "Months", "wk": "Weeks", "d": "Days"}
_NO_NAME: Final = re.compile(r"[^A-Za-z0-9_]+")
_NULL: Final = "(null as Boolean)"
_LISTS: Final = {"drug": "Drugs", "procedure": "Procedures", "condition": "Conditions",
                 "reproductive": "Conditions", "event": "Events"}  # fmt: skip
_HELP: Final = r"""
define "Ever": Interval[@1900-01-01T00:00:00.000, "Screening"]

define function "Known"(found Boolean):
  if found then true else null as Boolean

define function "Some"(answers List<Boolean>):
  if exists (answers A where A return all 1) then true
  else if not exists (answers A return all 1) or exists (answers A where A is null return all 1)
    then null as Boolean
  else false

define function "At least"(answers List<Boolean>, number Integer):
  if Count(answers A where A return all 1) >= number then true
  else if Count(answers A where A is null or A return all 1) < number then false
  else null as Boolean

define function "One of"(value Decimal, values List<Decimal>):
  if value is null then null as Boolean else value in values

define function "Time of observation"(O FHIR.Observation):
  case
    when O.effective is FHIR.dateTime then FHIRHelpers.ToDateTime(O.effective as FHIR.dateTime)
    when O.effective is FHIR.Period then start of FHIRHelpers.ToInterval(O.effective as FHIR.Period)
    else null as DateTime
  end

define function "Results"(found List<FHIR.Observation>, span Interval<DateTime>):
  found O
    let moment: "Time of observation"(O)
    where O.status.value in {'final', 'amended', 'corrected'}
      and O.value is FHIR.Quantity
      and moment in span
    return all Tuple { moment: moment, value: FHIRHelpers.ToQuantity(O.value as FHIR.Quantity) }
    sort by moment

define function "Latest"(found List<FHIR.Observation>, span Interval<DateTime>):
  Last("Results"(found, span)).value

define function "Names"(coded FHIR.CodeableConcept, words String):
  Coalesce(PositionOf(words, Lower(coded.text.value)) >= 0, false)
    or exists (coded.coding C where PositionOf(words, Lower(C.display.value)) >= 0)

define function "Conditions"(words String):
  [Condition] C
    where "Names"(C.code, words)
      and not exists (C.verificationStatus.coding S
        where S.code.value in {'refuted', 'entered-in-error'})
    return all Tuple {
      began: if C.onset is FHIR.dateTime
        then FHIRHelpers.ToDateTime(C.onset as FHIR.dateTime)
        else start of FHIRHelpers.ToInterval(C.onset as FHIR.Period),
      ended: if exists (C.clinicalStatus.coding S
          where S.code.value in {'active', 'recurrence', 'relapse'})
        then "Screening"
        else FHIRHelpers.ToDateTime(C.abatement as FHIR.dateTime)
    }

define function "Procedures"(words String):
  [Procedure] P
    where "Names"(P.code, words) and P.status.value in {'completed', 'in-progress'}
    return all Tuple {
      began: if P.performed is FHIR.dateTime
        then FHIRHelpers.ToDateTime(P.performed as FHIR.dateTime)
        else start of FHIRHelpers.ToInterval(P.performed as FHIR.Period),
      ended: end of FHIRHelpers.ToInterval(P.performed as FHIR.Period)
    }

define function "Drugs"(words String):
  [MedicationStatement] M
    where "Names"(M.medication as FHIR.CodeableConcept, words)
      and M.status.value in {'active', 'completed', 'stopped'}
    return all Tuple {
      began: if M.effective is FHIR.dateTime
        then FHIRHelpers.ToDateTime(M.effective as FHIR.dateTime)
        else start of FHIRHelpers.ToInterval(M.effective as FHIR.Period),
      ended: if M.status.value = 'active'
        then "Screening"
        else end of FHIRHelpers.ToInterval(M.effective as FHIR.Period)
    }

define function "Events"(words String):
  flatten { "Conditions"(words), "Procedures"(words), "Drugs"(words) }
"""


def library(criteria: Sequence[Criterion], named: Named, losses: Losses) -> str:
    """The library as text. Its parameter "Screening" is the time of screening."""
    losses.of_all("for how long a result counts", "the latest one, however old")
    losses.of_all("a mass where a bound is an amount of substance, or the other way", "null")
    found = asked(criteria, losses, "a definition that neither list uses")
    coded: dict[str, tuple[str, ...]] = {}
    defined = [_defined(each, losses, coded) for each in found]
    name = _NO_NAME.sub("_", named.identifier).strip("_") or "Trial"
    lines = [
        f"/* {_comment(named.title or named.identifier)} */",
        f"library {name if name[0].isalpha() else f'T_{name}'} version '1.0.0'",
        "using FHIR version '4.0.1'",
        "include FHIRHelpers version '4.0.1'",
        "codesystem \"LOINC\": 'http://loinc.org'",
    ]
    for concept, codes in coded.items():
        labels = [f"{_named(f'{concept} {code}')}" for code in codes]
        lines += [
            f"code {label}: '{code}' from \"LOINC\""
            for label, code in zip(labels, codes, strict=True)
        ]
    lines += [
        f"concept {_named(concept)}: {{ "
        + ", ".join(_named(f"{concept} {code}") for code in codes)
        + " }"
        for concept, codes in coded.items()
    ]
    lines += ['parameter "Screening" DateTime', "context Patient", _HELP, *defined]
    for title, section, word in (
        ("Inclusion criteria hold", "inclusion", "and"),
        ("Exclusion criterion holds", "exclusion", "or"),
    ):
        parts = [
            f'"Criterion {each.criterion.number}"'
            for each in found
            if each.criterion.section == section
        ]
        joined = f"\n  {word} ".join(parts) or ("true" if word == "and" else "false")
        lines.append(f'define "{title}":\n  {joined}\n')
    lines.append(
        'define "Eligible":\n  "Inclusion criteria hold" and not "Exclusion criterion holds"\n'
    )
    return "\n".join(lines)


def _defined(one: Asked, losses: Losses, coded: dict[str, tuple[str, ...]]) -> str:
    about = one.criterion
    made = _Made(about, losses, coded)
    return (
        f'/* {_comment(about.text)} */\ndefine "Criterion {about.number}":\n  {made.of(one.node)}\n'
    )


class _Made:
    """One criterion on its way: what it is about, and the codes that it needs."""

    def __init__(self, one: Criterion, losses: Losses, coded: dict[str, tuple[str, ...]]) -> None:
        self._one = one
        self._losses = losses
        self._coded = coded

    def of(self, node: Node) -> str:
        """A condition as an expression of three values."""
        if isinstance(node, tree.All | tree.Any):
            word = " and " if isinstance(node, tree.All) else " or "
            return f"({word.join(self.of(each) for each in node.items)})" if node.items else _NULL
        if isinstance(node, tree.AtLeast):
            parts = ", ".join(self.of(each) for each in node.items) or _NULL
            return f'"At least"({{ {parts} }}, {node.number})'
        if isinstance(node, tree.Not):
            return f"(not {self.of(node.item)})"
        if isinstance(node, tree.If):
            return f"({self.of(node.condition)} implies {self.of(node.then)})"
        if isinstance(node, tree.Compare):
            return self._compared(node)
        if isinstance(node, tree.InSet):
            return self._in_set(node)
        if isinstance(node, tree.Event):
            return self._happened(node)
        return self._null(f"not understood: “{cut(node.text)}”", node)

    def _null(self, what: str, leaf: Leaf) -> str:
        self._losses.note(self._one, what, "null", leaf)
        return _NULL

    def _compared(self, leaf: tree.Compare) -> str:
        if lost_sign(leaf):
            return self._null(f"on which side of its bound {leaf.concept} is", leaf)
        if max(abs(leaf.low), abs(leaf.high or 0)) >= 1e20:
            return self._null("a number of more than 20 digits", leaf)
        if leaf.concept == "age":
            if leaf.unit not in _AGES:
                return self._null(f"an age in {leaf.unit}", leaf)
            return _bounds(f'AgeIn{_AGES[leaf.unit]}At(date from "Screening")', leaf, "")
        unit = leaf.unit or leaf.assumed_unit
        if unit in ("{xULN}", "{xLLN}"):
            return self._null("a multiple of a limit of normal", leaf)
        found = self._retrieved(leaf.concept)
        if not found:
            return self._null(f"which code {title_of(leaf.concept)} has", leaf)
        if not leaf.unit and leaf.assumed_unit:
            self._note("no unit is written", f"the common one, {leaf.assumed_unit}", leaf)
        if leaf.qualifier:
            self._note(f"how it is measured: {leaf.qualifier}", "however measured", leaf)
        span = self._span(leaf.window, leaf)
        if unit == "{score}":
            unit = ""
        if leaf.at in ("any", "worst") and leaf.window is not None:
            value = "R.value" if unit else "R.value.value"
            return f'"Some"(("Results"({found}, {span})) R return all {_bounds(value, leaf, unit)})'
        if leaf.at in ("worst", "baseline"):
            self._note(f"of several results the {leaf.at} one", "the latest", leaf)
        value = f'"Latest"({found}, {span})'
        return _bounds(value if unit else f"{value}.value", leaf, unit)

    def _in_set(self, leaf: tree.InSet) -> str:
        if leaf.concept == "sex":
            parts = [f"Patient.gender.value = {_text(str(each))}" for each in leaf.values]
            return f"({' or '.join(parts)})" if parts else "false"
        found = self._retrieved(leaf.concept)
        numbers = [each for each in leaf.values if not isinstance(each, str)]
        if not found or not numbers or len(numbers) != len(leaf.values):
            values = ", ".join(map(str, leaf.values))
            return self._null(f"which codes {title_of(leaf.concept)} {values} has", leaf)
        if leaf.qualifier:
            self._note(f"how it is measured: {leaf.qualifier}", "however measured", leaf)
        values = ", ".join(_decimal(each) for each in numbers)
        return f'"One of"("Latest"({found}, "Ever").value, {{ {values} }})'

    def _happened(self, leaf: tree.Event) -> str:
        listed = _LISTS.get(leaf.kind)
        if listed is None:
            return self._null(f"what is promised for the trial: “{cut(leaf.concept)}”", leaf)
        self._note(f"which codes “{cut(leaf.concept)}” has", "a search for its name", leaf)
        words = " ".join(clean(leaf.concept).replace("_", " ").casefold().split())
        found = f'("{listed}"({_text(words)}))'
        tests = []
        ended = "Coalesce(E.ended, E.began)"
        if leaf.minimum is not None:
            length = self._length(leaf.minimum, leaf)
            tests.append(f'E.began + {length} <= Coalesce(E.ended, "Screening")')
        window = leaf.window
        washout = ""
        if window is not None:
            length = self._length(window, leaf)
            if window.relation in ("within_past", "over"):
                tests += ['E.began <= "Screening"', f'{ended} >= "Screening" - {length}']
            elif window.relation == "within_next":
                tests.append(f'E.began in Interval["Screening", "Screening" + {length}]')
            elif window.relation == "at_least_before":
                washout = f'{ended} > "Screening" - {length}'
            elif window.relation == "for_at_least":
                tests.append(f'E.began + {length} <= Coalesce(E.ended, "Screening")')
            else:
                self._note(f"the time: {window.relation}", "at any time", leaf)
        said = f'"Known"(exists {found})'
        if tests:
            said = f'"Some"({found} E return all ({" and ".join(tests)}))'
        if washout:
            said = f'("Known"(exists {found}) and not "Some"({found} E return all ({washout})))'
        return said if leaf.present else f"(not {said})"

    def _note(self, what: str, instead: str, leaf: Leaf) -> None:
        self._losses.note(self._one, what, instead, leaf)

    def _retrieved(self, name: str) -> str:
        """The results of a measure; "" where no code of it is known."""
        codes = loinc_of(name)
        if not codes:
            return ""
        self._coded.setdefault(name, codes)
        return f"[Observation: {_named(name)}]"

    def _span(self, window: Window | None, leaf: Leaf) -> str:
        """When a result counts."""
        if window is None:
            return '"Ever"'
        length = self._length(window, leaf)
        if window.relation in ("within_past", "over"):
            return f'Interval["Screening" - {length}, "Screening"]'
        if window.relation == "within_next":
            return f'Interval["Screening", "Screening" + {length}]'
        if window.relation == "at_least_before":
            return f'Interval[start of "Ever", "Screening" - {length}]'
        self._note(f"the time: {window.relation.replace('_', ' ')}", "at any time", leaf)
        return '"Ever"'

    def _length(self, window: Window, leaf: Leaf) -> str:
        """The length of a window, of its longer end, in whole units."""
        if window.anchor not in ("", "screening"):
            what = f"a time that is counted from {window.anchor.replace('_', ' ')}"
            self._note(what, "counted from the screening", leaf)
        if window.high is not None:
            self._note("the shorter of two times", "the longer one", leaf)
        length = window.value if window.high is None else window.high
        if float(length).is_integer() and abs(length) < 1e9 and window.unit in _UNITS:
            return f"{int(length)} {_UNITS[window.unit]}"
        return f"{min(days_of(window, self._one, self._losses, leaf), 10**9)} days"


def _bounds(value: str, leaf: tree.Compare, unit: str) -> str:
    def number(bound: float) -> str:
        return f"{_decimal(bound)} '{unit}'" if unit else _decimal(bound)

    if leaf.high is None:
        return f"({value} {leaf.operator} {number(leaf.low)})"
    low = ">=" if leaf.inclusive[0] else ">"
    high = "<=" if leaf.inclusive[1] else "<"
    return f"({value} {low} {number(leaf.low)} and {value} {high} {number(leaf.high)})"


def _decimal(value: float) -> str:
    """A number that CQL takes: whole ones over 2^31 as decimals."""
    text = decimal(value)
    return text if "." in text else f"{text}.0"


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _named(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _comment(text: str) -> str:
    return clean(text).replace("*/", "* /")
