"""Eligibility criteria in the forms of others: FHIR R4, R5 and R6, OMOP, CQL, CSV.

Each form takes the same criteria and gives a file with a list of what it cannot say: nothing is
left out without being named there. A condition stands as it was written, and whether it includes or
excludes as the form has it; criteria that are known to do neither are losses. Nothing here reads a
form back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from trialweave.errors import InputError
from trialweave.protocol.criteria.tree import Criterion
from trialweave.protocol.exports.common import Loss, Losses, Named
from trialweave.protocol.exports.cql import library
from trialweave.protocol.exports.fhir_evidence import evidence_variable
from trialweave.protocol.exports.fhir_group import group_r4, group_r6
from trialweave.protocol.exports.omop import cohort
from trialweave.protocol.exports.table import table

__all__ = ["FORMS", "Exported", "Form", "Loss", "Named", "exported"]

_NO_FILE: Final = re.compile(r"[^A-Za-z0-9._-]+")


class Form(NamedTuple):
    """A form: for people, the specification that it rests on, how its files end, what they are."""

    title: str
    specification: str
    suffix: str
    media_type: str


FORMS: Final = {
    "fhir-r4": Form(
        "FHIR R4 Group", "HL7 FHIR Release 4 (4.0.1)", ".group.r4.json", "application/fhir+json"
    ),
    "fhir-r5": Form(
        "FHIR R5 EvidenceVariable", "HL7 FHIR Release 5 (5.0.0)", ".evidence-variable.r5.json",
        "application/fhir+json",
    ),
    "fhir-r6": Form(
        "FHIR R6 Group", "HL7 FHIR 6.0.0-ballot4", ".group.r6.json", "application/fhir+json"
    ),
    "omop": Form(
        "OMOP cohort definition", "OHDSI circe-be 1.11", ".cohort.json", "application/json"
    ),
    "cql": Form("CQL library", "HL7 CQL 1.5, FHIR 4.0.1", ".cql", "text/cql"),
    "csv": Form("table, a row a condition", "RFC 4180", ".criteria.csv", "text/csv"),
}  # fmt: skip


class Exported(msgspec.Struct, frozen=True):
    """A file, and what of the criteria it does not say."""

    form: str
    file_name: str
    media_type: str
    content: bytes
    losses: tuple[Loss, ...]


def exported(form: str, criteria: Sequence[Criterion], named: Named) -> Exported:
    """The criteria of a trial in a form of `FORMS`, in UTF-8.

    Raises InputError where there is no such form.
    """
    one = FORMS.get(form)
    if one is None:
        raise InputError(f"{form!r} is no form.", next_step=f"Forms are {', '.join(FORMS)}.")
    losses = Losses()
    makers = {"fhir-r4": group_r4, "fhir-r5": evidence_variable, "fhir-r6": group_r6,
              "omop": cohort}  # fmt: skip
    if form == "cql":
        text = library(criteria, named, losses)
    elif form == "csv":
        text = table(criteria)
    else:
        made = makers[form](criteria, named, losses)
        text = json.dumps(made, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    stem = _NO_FILE.sub("_", named.identifier).strip("._")[:100] or "trial"
    return Exported(
        form, f"{stem}{one.suffix}", one.media_type, text.encode("utf-8"), losses.noted()
    )
