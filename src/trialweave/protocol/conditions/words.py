"""The words of the syntax, for reading and writing alike."""

from __future__ import annotations

from functools import cache
from typing import Final

from trialweave.protocol.criteria.concepts import concepts
from trialweave.protocol.criteria.units import measure

__all__ = [
    "ANCHORS", "DEEPEST", "FLAGS", "KINDS", "MOMENTS", "RELATIONS", "RESERVED", "TIMES",
    "is_unit", "kind_of",
]  # fmt: skip

RELATIONS: Final = {
    "within_past": ("within", "the", "past"),
    "within_next": ("within", "the", "next"),
    "for_at_least": ("for", "at", "least"),
    "at_least_before": ("not", "for", "the", "last"),
    "over": ("over",),
}
TIMES: Final = ("a", "mo", "wk", "d", "h", "min", "s")
ANCHORS: Final = (
    "screening", "enrolment", "randomisation", "first_dose", "baseline", "surgery", "consent",
)  # fmt: skip
MOMENTS: Final = ("any", "latest", "worst", "baseline")
KINDS: Final = ("event", "condition", "drug", "procedure", "reproductive", "commitment")
FLAGS: Final = (
    "operator_repaired", "operator_ambiguous", "superscript_repaired", "number_reread",
    "unit_assumed", "unit_suspect", "value_implausible", "bounds_contradict",
    "conflict_with_field", "conflict_with_copy", "operator_without_value", "truncated",
)  # fmt: skip
RESERVED: Final = frozenset(
    ("and", "or", "not", "no", "if", "then", "within", "over", "for", "in", "of", "at", "all",
     "any")
)  # fmt: skip
"""Words that a name has to be quoted for."""
DEEPEST: Final = 100  # as deep as conditions are evaluated
_REPRODUCTIVE: Final = frozenset(
    ("pregnancy", "pregnancy_intent", "lactation", "lactation_intent", "contraception")
)


def kind_of(event: str) -> str:
    """The kind that an event has where none is written."""
    return "reproductive" if event in _REPRODUCTIVE else "event"


def is_unit(code: str) -> bool:
    """Whether a code is one of UCUM that is known, one that a measure is told in, or a multiple of
    a limit of normal."""
    return bool(code) and (measure(code) is not None or code in _further())


@cache
def _further() -> frozenset[str]:
    return frozenset(each.unit for each in concepts().values()) | {"{xULN}", "{xLLN}"}
