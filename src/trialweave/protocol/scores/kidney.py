"""Kidney function from creatinine: CKD-EPI 2021, MDRD, and clearance by Cockcroft and Gault.

The first two are per 1.73 m2 of body surface, the third is not: they are never the same measure.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, Literal

from trialweave.protocol.scores.base import (
    Score,
    Span,
    Value,
    computed,
    inapplicable,
    known,
    span,
    unbounded,
)  # fmt: skip

__all__ = ["ADULT", "Sex", "ckd_epi_2021", "cockcroft_gault", "mdrd"]

Sex = Literal["female", "male"] | None

ADULT: Final = 18.0
OLDEST: Final = 120.0
_CHILD: Final = "the equation is for 18 years and over"
_MOST_CREATININE: Final = 100.0  # mg/dL


def ckd_epi_2021(*, creatinine_mg_dl: Value, age_years: Value, sex: Sex) -> Score:
    """Estimated GFR in mL/min/1.73 m2 by the equation without race; for adults.

    142 × min(Scr/κ, 1)^α × max(Scr/κ, 1)^-1.200 × 0.9938^age × 1.012 in women, with κ 0.7 and
    α -0.241 in women, 0.9 and -0.302 in men.

    SOURCE: Inker LA, Eneanya ND, Coresh J, et al. N Engl J Med. 2021;385:1737-1749.
    """

    def formula(creatinine: float, age: float, female: float) -> float:
        kappa, alpha = (0.7, -0.241) if female else (0.9, -0.302)
        ratio = creatinine / kappa
        rate = 142 * math.pow(min(ratio, 1.0), alpha) * math.pow(max(ratio, 1.0), -1.2)
        return rate * math.pow(0.9938, age) * (1.012 if female else 1.0)

    return _by_creatinine(formula, creatinine_mg_dl, age_years, sex)


def mdrd(
    *, creatinine_mg_dl: Value, age_years: Value, sex: Sex, race_coefficient: bool = False
) -> Score:
    """Estimated GFR in mL/min/1.73 m2: 175 × Scr^-1.154 × age^-0.203 × 0.742 in women; for adults.

    Scr is traceable to isotope dilution. The equation's factor of 1.212 for Black people is applied
    only where asked for.

    SOURCE: Levey AS, Coresh J, Greene T, et al. Ann Intern Med. 2006;145:247-254.
    """
    factor = 175 * (1.212 if race_coefficient else 1.0)

    def formula(creatinine: float, age: float, female: float) -> float:
        rate = factor * math.pow(creatinine, -1.154) * math.pow(age, -0.203)
        return rate * (0.742 if female else 1.0)

    return _by_creatinine(formula, creatinine_mg_dl, age_years, sex)


def cockcroft_gault(
    *, creatinine_mg_dl: Value, age_years: Value, weight_kg: Value, sex: Sex
) -> Score:
    """Creatinine clearance in mL/min: (140 - age) × weight / (72 × Scr) × 0.85 in women; adults.

    `weight_kg` is the actual body weight, as in the paper.

    SOURCE: Cockcroft DW, Gault MH. Nephron. 1976;16:31-41.
    """
    weight = span("weight", weight_kg, 1.0, 500.0)
    if weight_kg is None:
        empty = ("creatinine", "age", "sex")
        told = (known(creatinine_mg_dl), known(age_years), sex is not None)
        return unbounded((*(name for name, has in zip(empty, told, strict=True) if not has),
                          "weight"))  # fmt: skip

    def formula(creatinine: float, age: float, female: float, kilograms: float) -> float:
        rate = (140 - age) * kilograms / (72 * creatinine)
        return rate * (0.85 if female else 1.0)

    missing = () if known(weight_kg) else ("weight",)
    return _by_creatinine(formula, creatinine_mg_dl, age_years, sex, weight, missing)


def _by_creatinine(
    formula: Callable[..., float],
    creatinine_mg_dl: Value,
    age_years: Value,
    sex: Sex,
    more: Span | None = None,
    missing_more: tuple[str, ...] = (),
) -> Score:
    creatinine = span("creatinine", creatinine_mg_dl, 0.01, _MOST_CREATININE)
    age = span("age", age_years, 0.0, OLDEST)
    if age_years is not None and age.low < ADULT:
        return inapplicable(_CHILD)
    age = Span(max(age.low, ADULT), age.high)
    missing = tuple(
        name
        for name, has in (
            ("creatinine", known(creatinine_mg_dl)),
            ("age", known(age_years)),
            ("sex", sex is not None),
        )
        if not has
    )
    if creatinine_mg_dl is None:
        return unbounded(missing + missing_more)
    female = Span(float(sex == "female"), float(sex != "male"))
    inputs = (creatinine, age, female) if more is None else (creatinine, age, female, more)
    return computed(formula, inputs, missing + missing_more)
