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
    ("E", "procedure"),
    ("F03", "disease"),  # mental disorders
)
_CLASSES: Final = {"1": "chemical", "3": "disease", "4": "organism", "5": "population"}
_UNII = re.compile(r"(?=.*\d)[0-9A-Z]{10}")
_CAS = re.compile(r"\d{2,7}-\d{2}-\d")


def kind_of(numbers: Iterable[str], record_class: str = "") -> str:
    """The kind of a descriptor by its tree numbers, of a supplementary record by its class.

    One with places in several branches is of the first kind in the order disease, phenotype,
    cell, protein, chemical, the others; so a tumour's cell line is no disease.
    """
    if record_class:
        return _CLASSES.get(record_class, "")
    kinds = {
        next((kind for start, kind in _KINDS if number.startswith(start)), "") for number in numbers
    }
    order = ("disease", "phenotype", "cell", "protein", "chemical")
    return next((kind for kind in order if kind in kinds), min(kinds, default=""))


def registry(number: str) -> str:
    """A registry number with the register's name; "" for none."""
    number = number.strip().partition(" ")[0] if not number.startswith("EC ") else number.strip()
    if _UNII.fullmatch(number):
        return f"UNII:{number}"
    if _CAS.fullmatch(number):
        return f"CAS:{number}"
    return f"EC:{number[3:]}" if number.startswith("EC ") else ""
