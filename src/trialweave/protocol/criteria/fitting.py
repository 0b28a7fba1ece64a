"""Whether a quantity can be of a concept, and which of two readings of its number is meant."""

from __future__ import annotations

from typing import Final

from trialweave.protocol.criteria import units
from trialweave.protocol.criteria.concepts import Concept
from trialweave.protocol.criteria.quantities import TIME, Quantity

__all__ = ["canonical", "fit", "plausible", "reading", "unit_of"]

_MOLAR_AS_WRITTEN: Final = {
    "mM": "mmol/L",
    "uM": "umol/L",
    "µM": "umol/L",
    "μM": "umol/L",
    "nM": "nmol/L",
}
_NO_PERCENT: Final = frozenset(
    [
        "age", "weight", "height", "bmi", "gestational_age", "sbp", "dbp", "heart_rate",
        "resp_rate", "life_expectancy", "body_temperature", "qtc", "bsa", "map",
        "bilirubin", "inr",
    ]
)  # fmt: skip
_ENZYMES: Final = frozenset(("U/L", "[IU]/L", "U/mL", "[IU]/mL", "U/dL", "[IU]/dL"))


def unit_of(concept: Concept, one: Quantity, received: str) -> str:
    """The quantity's unit, with "mM" told from millimetres by what is measured."""
    if one.unit in ("mm", "um") and concept.unit not in ("mm", "cm", "um", "m", "mm[Hg]"):
        return _MOLAR_AS_WRITTEN.get(received[one.unit_start : one.unit_start + 2], one.unit)
    if one.unit == "mm" and concept.unit == "mm[Hg]":  # "IOP above 21 mm"
        return "mm[Hg]"
    if one.unit in ("mm3", "uL", "L", "mL") and units.convert(1.0, f"/{one.unit}", concept.unit):
        return f"/{one.unit}"
    if one.unit == "g/L" and concept.unit == "10*9/L":  # giga in a litre
        return "10*9/L"
    if one.unit == "deg" and concept.name == "body_temperature":
        return "Cel" if one.low < 50 else "[degF]"
    if one.unit == "{episodes}" and concept.kind == "lab" and concept.direction == "le":
        return "{xULN}"  # "transaminases more than 5 times", the limit of normal left out
    if concept.name == "alcohol_intake" and one.unit.split("/")[0] == "U":
        return one.unit.replace("U", "{drinks}", 1)
    if one.unit == "m" and one.normal == "" and concept.unit == "mo":
        return "mo"
    return one.unit


def fit(concept: Concept, one: Quantity, received: str) -> int:
    """2 where the unit is one of the concept's, 1 where it may be, 0 where it cannot be."""
    unit = unit_of(concept, one, received)
    if not unit:
        return 1 if not one.word else 0
    if one.normal or unit == "{xULN}":
        return 2 if concept.kind in ("lab", "vital") else 0
    if unit == concept.unit:
        return 2
    if unit == "{copies}" and concept.unit.endswith("/mL"):
        return 1
    if concept.name == "age" and unit in ("wk", "mo", "d", "h"):
        return 1
    if unit in TIME:
        short = concept.unit in ("s", "ms")
        return 2 if concept.unit in TIME and (not short or unit in ("s", "ms", "min")) else 0
    if unit == "%":
        if concept.name in _NO_PERCENT:
            return 0
        return 1 if not concept.unit or concept.kind in ("lab", "score") else 0
    if unit == "{score}":
        return 2 if concept.kind == "score" else 0
    if unit == "{SD}":
        return (
            1
            if concept.name in ("bmd_t_score", "z_score", "bmi_z_score", "bmi", "weight", "height")
            else 0
        )
    if concept.kind == "score" and concept.unit in ("", "{score}"):
        return (
            1
            if unit in ("mm", "cm", "{letters}", "/d", "{episodes}")
            or unit.startswith("{episodes}")
            else 0
        )
    if canonical(concept, 1.0, unit) is not None:
        return 2
    if unit in _ENZYMES and concept.unit in _ENZYMES:
        return 2
    if "{1.73_m2}" in unit and concept.unit in ("mL/min", "mL/min/{1.73_m2}"):
        return 2
    if canonical(concept, 1.0, f"{unit}/d") is not None:  # "24-hour urine protein > 1 g"
        return 1
    if unit in ("g", "mg") and concept.unit.startswith(("g/", "mg/")) and concept.kind == "lab":
        return 1
    if concept.name == "prostate_volume" and unit == "g":
        return 1
    if unit == "log10" and concept.name.endswith(("_dna", "_rna")):
        return 1
    if concept.name in ("egfr", "crcl") and unit.startswith("mL/"):
        return 2
    if unit in ("%/{1.73_m2}",):
        return 0
    if concept.kind == "exposure":
        return 1 if units.measure(unit) is not None and unit not in TIME else 0
    if (
        concept.kind == "lab"
        and units.measure(unit) is not None
        and ("/" in unit or unit[0] == "1")
    ):
        return 1
    if not concept.unit:
        return 1 if concept.kind in ("lab", "imaging", "exposure") else 0
    if concept.name == "visual_acuity" or (concept.name == "body_temperature" and unit in ("d",)):
        return 1
    if concept.name == "ph":
        return 0
    return 0


def canonical(concept: Concept, value: float, unit: str) -> float | None:
    """A value in the concept's canonical unit; None where the unit does not allow it."""
    if concept.name == "hba1c" and unit == "mmol/mol":
        return 0.09148 * value + 2.152  # IFCC to NGSP: Hoelzel et al., Clin Chem 2004, 50: 166-174
    if not concept.unit:
        return None
    return units.convert(value, unit, concept.unit, concept.molar_mass, concept.valence)


def plausible(concept: Concept, value: float, unit: str) -> bool | None:
    """Whether a person can have the value; None where range or unit do not say."""
    if concept.high <= concept.low or unit in ("{xULN}", "{xLLN}"):
        return None
    here = value if not unit or unit == concept.unit else canonical(concept, value, unit)
    return None if here is None else concept.low <= here <= concept.high


def reading(concept: Concept, value: float, other: float | None, unit: str) -> tuple[float, bool]:
    """The reading of an ambiguous number that a person can have, and whether it is the second."""
    if other is None:
        return value, False
    if plausible(concept, value, unit) is False and plausible(concept, other, unit):
        return other, True
    return value, False
