"""From codes of LOINC, SNOMED CT, RxNorm and ICD-10 to the names that criteria use.

Which code means what is a fact of each system; the selection is our own (`codes.tsv`,
`answers.tsv`, and the LOINC codes of the table of concepts). A code that is not listed is no
error: its text may still name the concept.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from trialweave.protocol.criteria.concepts import concepts, mentions
from trialweave.protocol.criteria.text import plain
from trialweave.protocol.patients.facts import Code
from trialweave.terms.normal import fold

__all__ = ["answer_of", "concept_of", "system_of"]

_SYSTEMS: Final = {
    "http://loinc.org": "loinc",
    "http://snomed.info/sct": "snomed",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "rxnorm",
    "http://hl7.org/fhir/sid/icd-10": "icd10",
    "http://hl7.org/fhir/sid/icd-10-cm": "icd10",
    "http://hl7.org/fhir/sid/icd-10-gm": "icd10",
    "http://fhir.de/CodeSystem/bfarm/icd-10-gm": "icd10",
    "http://www.whocc.no/atc": "atc",
    "urn:oid:2.16.840.1.113883.6.1": "loinc",
    "urn:oid:2.16.840.1.113883.6.96": "snomed",
    "urn:oid:2.16.840.1.113883.6.88": "rxnorm",
    "urn:oid:2.16.840.1.113883.6.90": "icd10",
}
_YES: Final = frozenset(("yes", "positive", "detected", "true", "present", "pregnant", "reactive"))
_NO: Final = frozenset(
    ("no", "negative", "not detected", "false", "absent", "not pregnant", "non reactive",
     "nonreactive", "none detected", "undetected")
)  # fmt: skip
_LONGEST: Final = 120  # characters of a label that may be the name of a concept


def system_of(address: str) -> str:
    """The short name of a code system, or its address."""
    return _SYSTEMS.get(address.strip().rstrip("/"), address.strip())


@cache
def _codes() -> dict[tuple[str, str], str]:
    found = {("loinc", code): one.name for one in concepts().values() for code in one.loinc}
    return found | {(system, code): name for system, code, name in _rows("codes.tsv")}


@cache
def _answers() -> dict[tuple[str, str], bool]:
    return {(system, code): means == "true" for system, code, means in _rows("answers.tsv")}


def _rows(name: str) -> Iterable[tuple[str, str, str]]:
    for line in (files(__package__) / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith(("#", "system\t")):
            system, code, meaning = line.split("\t")
            yield system, code, meaning


def concept_of(codes: Iterable[Code], label: str) -> str:
    """The concept that some codes, or else the label as a whole, name; "" where none does."""
    for code in codes:
        name = _codes().get((code.system, code.code))
        if name is not None:
            return name
        if code.system == "icd10" and (name := _codes().get(("icd10", code.code[:3]))):
            return name
    return _named(label)


@lru_cache(maxsize=20_000)
def _named(label: str) -> str:
    if not label or len(label) > _LONGEST:
        return ""
    listed = _codes().get(("label", " ".join(fold(label).split())))
    if listed is not None:
        return listed
    small = plain(label)
    found = mentions(small, label)
    if len(found) != 1:
        return ""
    rest = small[: found[0].start] + small[found[0].end :]
    return "" if any(map(str.isalnum, rest)) else found[0].concept.name


def answer_of(codes: Iterable[Code], text: str) -> bool | None:
    """Yes or no, where a coded answer or its text says so."""
    for code in codes:
        said = _answers().get((code.system, code.code))
        if said is not None:
            return said
    folded = " ".join(text.casefold().replace("-", " ").split()).strip(" .")
    return True if folded in _YES else False if folded in _NO else None
