"""Clinical scores as plain functions of numbers, one module a family.

In come measures in the unit that the parameter names, None where one is not known, or the limits
between which it is known to lie. Out comes the score with its items; where inputs are missing, the
range that it can be, and which inputs would settle it. What no person can have is a ValueError,
people whom a formula is not for are unknown with the reason. No fact of a patient is read here:
`protocol.patients.derived` does that.
"""

from __future__ import annotations

from trialweave.protocol.scores.acute import curb65, news2
from trialweave.protocol.scores.base import Classed, Part, Score, Span, Value
from trialweave.protocol.scores.heart import cha2ds2_vasc, qtc_bazett, qtc_fridericia
from trialweave.protocol.scores.kidney import Sex, ckd_epi_2021, cockcroft_gault, mdrd
from trialweave.protocol.scores.liver import (
    Ascites,
    child_pugh,
    child_pugh_class,
    fib4,
    meld,
    meld_3,
)  # fmt: skip
from trialweave.protocol.scores.metabolic import anion_gap, bmi, homa_ir
from trialweave.protocol.scores.ordinal import ScaleVersion, mapped
from trialweave.protocol.scores.organ_failure import Vasopressors, qsofa, sofa
from trialweave.protocol.scores.oxygenation import berlin_ards, pf_from_sf, pf_ratio, sf_ratio

__all__ = [
    "Ascites", "Classed", "Part", "ScaleVersion", "Score", "Sex", "Span", "Value", "Vasopressors",
    "anion_gap", "berlin_ards", "bmi", "cha2ds2_vasc", "child_pugh", "child_pugh_class",
    "ckd_epi_2021", "cockcroft_gault", "curb65", "fib4", "homa_ir", "mapped", "mdrd", "meld",
    "meld_3", "news2", "pf_from_sf", "pf_ratio", "qsofa", "qtc_bazett", "qtc_fridericia",
    "sf_ratio", "sofa",
]  # fmt: skip
