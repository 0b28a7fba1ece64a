"""Conditions and verdicts in words, the same for every face."""

from __future__ import annotations

from typing import Final

from trialweave.protocol.criteria import tree
from trialweave.protocol.criteria.tree import Node, Window
from trialweave.protocol.patients.verdicts import Verdict
from trialweave.publish.text import cut, fold

__all__ = ["concept_title", "condition_text", "verdict_text"]

_SIGNS: Final = {">=": "≥", "<=": "≤", ">": ">", "<": "<", "=": "="}
_UNITS: Final = {"a": "years", "mo": "months", "wk": "weeks", "d": "days", "h": "hours",
                 "min": "minutes", "s": "seconds", "{score}": ""}  # fmt: skip
_RELATIONS: Final = {
    "within_past": "within the past", "within_next": "within the next",
    "for_at_least": "for at least", "at_least_before": "not for the last", "over": "over",
}  # fmt: skip
_NAMES: Final = {
    "crcl": "creatinine clearance", "egfr": "eGFR", "pf_ratio": "PaO2/FiO2", "spo2": "SpO2",
    "sofa": "SOFA", "child_pugh": "Child-Pugh", "alt": "ALT", "ast": "AST", "alp": "ALP",
    "inr": "INR", "ecog": "ECOG", "nyha": "NYHA", "bmi": "BMI", "hba1c": "HbA1c", "crp": "CRP",
    "ldh": "LDH", "qtc": "QTc", "lvef": "LVEF", "cd4": "CD4", "pao2": "PaO2", "fio2": "FiO2",
    "news2": "NEWS2", "meld": "MELD", "fev1": "FEV1", "psa": "PSA", "bnp": "BNP",
}  # fmt: skip
_DEEPEST: Final = 20


def condition_text(node: Node, depth: int = 0) -> str:
    """A condition on one line: "SpO2 ≤ 93 % or (age ≥ 65 years and not pregnancy)"."""
    if depth > _DEEPEST:
        return "…"
    if isinstance(node, tree.Compare):
        return _compare(node)
    if isinstance(node, tree.InSet):
        return f"{concept_title(node.concept)} in {{{', '.join(map(_value, node.values))}}}"
    if isinstance(node, tree.Event):
        return _event(node)
    if isinstance(node, tree.Opaque):
        return f"“{cut(fold(node.text), 60)}”?"
    if isinstance(node, tree.Not):
        return f"not {_inner(node.item, depth)}"
    if isinstance(node, tree.If):
        return f"if {_inner(node.condition, depth)} then {_inner(node.then, depth)}"
    parts = [_inner(each, depth) for each in node.items]
    if isinstance(node, tree.AtLeast):
        return f"at least {node.number} of: {'; '.join(parts)}"
    return (" and " if isinstance(node, tree.All) else " or ").join(parts)


def verdict_text(one: Verdict) -> str:
    """What a condition comes to, why, and from where."""
    said = [f"{one.outcome}: {cut(fold(one.because), 200)}"]
    for each in one.evidence[:3]:
        dated = f", {each.date}" if each.date else ""
        told = f" ({fold(each.converted)})" if each.converted else ""
        said.append(f"{fold(each.resource)} {fold(each.value)}{dated}{told}".strip())
    return "; ".join(dict.fromkeys(said))


def _inner(node: Node, depth: int) -> str:
    text = condition_text(node, depth + 1)
    several = isinstance(node, tree.All | tree.Any | tree.AtLeast | tree.If)
    return f"({text})" if several else text


def _compare(node: tree.Compare) -> str:
    unit = _UNITS.get(node.unit or node.assumed_unit, node.unit or node.assumed_unit)
    unit = unit.replace("{xULN}", "× ULN").replace("{xLLN}", "× LLN")
    if node.operator == "between" and node.high is not None:
        first, last = ("≤" if each else "<" for each in node.inclusive)
        said = f"{node.low:g} {first} {concept_title(node.concept)} {last} {node.high:g} {unit}"
    else:
        sign = _SIGNS.get(node.operator, node.operator)
        said = f"{concept_title(node.concept)} {sign} {node.low:g} {unit}"
    at = f" ({node.at})" if node.at != "any" else ""
    return f"{said.strip()}{at}{_window(node.window)}"


def _event(node: tree.Event) -> str:
    lasting = f" for at least {_length(node.minimum)}" if node.minimum else ""
    absent = "" if node.present else "no "
    return f"{absent}{cut(concept_title(node.concept), 80)}{lasting}{_window(node.window)}"


def _window(window: Window | None) -> str:
    if window is None:
        return ""
    anchor = f" of {window.anchor.replace('_', ' ')}" if window.anchor else ""
    relation = _RELATIONS.get(window.relation, window.relation.replace("_", " "))
    return f" {relation} {_length(window)}{anchor}"


def _length(window: Window) -> str:
    high = f" to {window.high:g}" if window.high is not None else ""
    return f"{window.value:g}{high} {_UNITS.get(window.unit, window.unit)}"


def concept_title(concept: str) -> str:
    """What is measured or happens, as people call it."""
    return _NAMES.get(concept) or fold(concept.replace("_", " "))


def _value(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else fold(str(value))
