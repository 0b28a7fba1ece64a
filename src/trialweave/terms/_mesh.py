"""What the forms of MeSH have in common: kinds by place in the tree, ids by kind of number."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from trialweave.terms.term import Scope

__all__ = ["RELATIONS", "kind_of", "registry"]

RELATIONS: Final[dict[str, Scope]] = {"NRW": "narrow", "BRD": "broad", "REL": "related"}
"""Scope of a name by how its concept stands to the preferred one of the record."""
_KINDS: Final = (
    ("A11", "cell"),
    ("A", "anatomy"),
    ("B", "organism"),
    ("C23", "phenotype"),  # pathological conditions, signs and symptoms
    ("C", "disease"),
    ("D08.811", "protein"),  # enzymes
    ("D12.776", "protein"),
    ("D", "chemical"),
    ("E07", "device"),  # equipment and supplies
    ("E", "procedure"),
    ("F03", "disease"),  # mental disorders
    ("F04", "procedure"),  # of psychiatry and psychology
    ("F", "behavior"),
    ("G", "process"),
    ("H", "discipline"),
    ("J02", "food"),
    ("M", "population"),
    ("N", "health care"),
    ("V", "publication type"),
    ("Z", "place"),
    ("", "concept"),  # I anthropology and education, J technology, K humanities, L information
)
"""The kind by the beginning of a tree number; the first that fits."""
_ORDER: Final = ("disease", "phenotype", "cell", "protein", "chemical", "food", "device",
                 "procedure", "anatomy", "organism", "behavior", "process", "population", "place",
                 "publication type", "discipline", "health care", "concept")  # fmt: skip
_CLASSES: Final = {"1": "chemical", "3": "disease", "4": "organism", "5": "population"}
_UNII = re.compile(r"(?=.*\d)[0-9A-Z]{10}")
_CAS = re.compile(r"\d{2,7}-\d{2}-\d")


def kind_of(numbers: Iterable[str], record_class: str = "") -> str:
    """The kind of a descriptor by its tree numbers, of a supplementary record by its class.

    One with places in several branches is of the first kind in the order of `_ORDER`: a symptom
    that is a process too is a phenotype. "" for one without a place.
    """
    if record_class:
        return _CLASSES.get(record_class, "")
    kinds = {next(kind for start, kind in _KINDS if number.startswith(start)) for number in numbers}
    return next((kind for kind in _ORDER if kind in kinds), "")


def registry(number: str) -> str:
    """A registry number with the register's name; "" for none."""
    number = number.strip().partition(" ")[0] if not number.startswith("EC ") else number.strip()
    if _UNII.fullmatch(number):
        return f"UNII:{number}"
    if _CAS.fullmatch(number):
        return f"CAS:{number}"
    return f"EC:{number[3:]}" if number.startswith("EC ") else ""
