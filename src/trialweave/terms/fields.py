"""The texts of a record in which terms are looked for, each with its role.

A field is named by its address, as `records.concepts.leaves` gives it, so that whoever sees a
mention can ask `why` of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from trialweave.model import Intervention, Record, Trial, Value
from trialweave.model.annotation import Role
from trialweave.records.concepts import leaves

__all__ = ["FieldText", "field_texts"]

_ROLES: Final[dict[str, Role]] = {
    "public_title": "text",
    "scientific_title": "text",
    "title": "text",
    "brief_summary": "text",
    "detailed_description": "text",
    "why_stopped": "text",
    "study_design": "text",
    "sections": "text",
    "limitations": "text",
    "keywords": "text",
    "conditions": "condition",
    "condition_terms": "condition",
    "severity": "condition",
    "interventions": "intervention",
    "intervention_terms": "intervention",
    "arms": "intervention",
    "inclusion_criteria": "criterion",
    "exclusion_criteria": "criterion",
    "eligibility_text": "criterion",
    "primary_outcomes": "outcome",
    "secondary_outcomes": "outcome",
    "other_outcomes": "outcome",
}
"""By concept; what is not here has no text of its own (numbers, dates, names of places)."""
_PASSED_OVER: Final = ("type", "time_frame", "heading")
_LISTED: Final = re.compile(
    r"(?:conditions|condition_terms|keywords|intervention_terms)\[\d+\]"
    r"|interventions\[\d+\]\.(?:name|other_names(?:\[\d+\])?)"
).fullmatch
_INDEX: Final = re.compile(r"\[(\d+)\]")
_COMPARING: Final = re.compile(r"comparator|control|no intervention|sham|placebo", re.IGNORECASE)
_INERT: Final = re.compile(
    r"\b(?:placebos?|sham|vehicle|standard(?: of)? (?:care|treatment|therapy)|usual care"
    r"|(?:normal |physiological )?saline|no (?:intervention|treatment))\b",
    re.IGNORECASE,
)
_BESIDE: Final = re.compile(
    r"\b(?:control|comparator|group|arm|alone|only|matching|matched|intravenous|iv|oral|solution"
    r"|infusion|injection|procedure|treatment|best|local|of|the|a|to|and|or|for|with)\b|[\W\d_]+",
    re.IGNORECASE,
)
"""What may stand beside an inert name without making it another: "matching placebo, group B"."""
_DESCRIBES: Final = tuple(":(,;-")  # behind it, a description of what the placebo is made of


class FieldText(NamedTuple):
    """One text; `listed` where it is as a whole the name of a condition, intervention, keyword."""

    field: str
    role: Role
    text: str
    listed: bool


def field_texts(record: Record) -> Iterator[FieldText]:
    """Every text of a record that may name terms, in the order in which the record is shown.

    What stands both as one text of criteria and listed one by one is read once, as listed.
    Interventions and arms are `comparator` where the register says so of the arms that have them,
    or their name does (placebo, sham, usual care).
    """
    about = record.about
    listed = bool(about.inclusion_criteria or about.exclusion_criteria)
    roles = _Roles(about)
    for leaf in leaves(record):
        role = _ROLES.get(leaf.concept)
        if role is None or not leaf.value:
            continue
        if leaf.concept == "eligibility_text" and listed:
            continue
        if leaf.address.rpartition(".")[2] in _PASSED_OVER:
            continue
        role = roles.of(leaf.concept, leaf.address, role)
        for field, text in _texts(leaf.address, leaf.value.content):
            if text.strip():
                yield FieldText(field, role, text, _LISTED(field) is not None)


def _texts(address: str, content: object) -> Iterator[tuple[str, str]]:
    if isinstance(content, str):
        yield address, content
    elif isinstance(content, tuple):
        for place, each in enumerate(content):
            if isinstance(each, str):
                yield f"{address}[{place}]", each


class _Roles:
    """What a trial does with each of its interventions and arms."""

    def __init__(self, about: Trial) -> None:
        arms = about.arms.content or ()
        self._arms = [
            bool(_COMPARING.search(arm.type.content)) if arm.type.content else _inert(arm.label)
            for arm in arms
        ]
        comparing = {arm.label.content for arm, said in zip(arms, self._arms, strict=True) if said}
        labels = {arm.label.content for arm in arms}
        self._interventions = [
            _compares(each, labels, comparing) for each in about.interventions.content or ()
        ]

    def of(self, concept: str, address: str, role: Role) -> Role:
        if concept not in ("arms", "interventions"):
            return role
        said = self._arms if concept == "arms" else self._interventions
        found = _INDEX.search(address)
        return "comparator" if found and said[int(found.group(1))] else role


def _compares(one: Intervention, labels: set[str | None], comparing: set[str | None]) -> bool:
    if _inert(one.name):
        return True
    arms = set(one.arm_labels.content or ()) & labels
    return bool(arms) and arms <= comparing


def _inert(name: Value[str]) -> bool:
    """Whether a name is of nothing but a placebo, a sham, or the care that all get."""
    text = (name.content or "")[:200]
    found = _INERT.search(text)
    if found is None:
        return False
    before, behind = text[: found.start()], text[found.end() :].lstrip()
    described = behind[:1] in _DESCRIBES and found.group().lower().startswith(("placebo", "sham"))
    return not _BESIDE.sub("", before) and (described or not _BESIDE.sub("", behind))
