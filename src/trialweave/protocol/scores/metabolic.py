"""Body mass, insulin resistance, and the anion gap."""

from __future__ import annotations

from collections.abc import Callable

from trialweave.protocol.scores.base import Score, Value, computed, known, span, unbounded

__all__ = ["anion_gap", "bmi", "homa_ir"]


def bmi(*, weight_kg: Value, height_cm: Value) -> Score:
    """Body mass index in kg/m2: weight over height squared.

    SOURCE: Keys A, Fidanza F, Karvonen MJ, et al. J Chronic Dis. 1972;25:329-343.
    """
    inputs = (("weight", weight_kg, 0.2, 700.0), ("height", height_cm, 20.0, 300.0))
    return _of(inputs, lambda weight, height: weight / (height / 100) ** 2)


def homa_ir(*, fasting_glucose_mg_dl: Value, insulin_uu_ml: Value) -> Score:
    """HOMA-IR: fasting glucose (mmol/L) × fasting insulin (µU/mL) / 22.5, here mg/dL over 405.

    SOURCE: Matthews DR, Hosker JP, Rudenski AS, et al. Diabetologia. 1985;28:412-419.
    """
    inputs = (
        ("fasting_glucose", fasting_glucose_mg_dl, 1.0, 3_000.0),
        ("insulin_level", insulin_uu_ml, 0.0, 5_000.0),
    )
    return _of(inputs, lambda glucose, insulin: glucose * insulin / 405)


def anion_gap(*, sodium_mmol_l: Value, chloride_mmol_l: Value, bicarbonate_mmol_l: Value) -> Score:
    """Anion gap in mmol/L without potassium: sodium - chloride - bicarbonate.

    SOURCE: Emmett M, Narins RG. Medicine (Baltimore). 1977;56:38-54.
    """
    inputs = (
        ("sodium", sodium_mmol_l, 80.0, 200.0),
        ("chloride", chloride_mmol_l, 40.0, 180.0),
        ("bicarbonate", bicarbonate_mmol_l, 0.0, 80.0),
    )
    spans = [span(*each) for each in inputs]
    missing = tuple(name for name, value, _, _ in inputs if not known(value))
    return computed(lambda sodium, *others: sodium - sum(others), spans, missing)


def _of(
    inputs: tuple[tuple[str, Value, float, float], ...], formula: Callable[..., float]
) -> Score:
    spans = [span(*each) for each in inputs]
    missing = tuple(name for name, value, _, _ in inputs if not known(value))
    if any(value is None for _, value, _, _ in inputs):
        return unbounded(missing)
    return computed(formula, spans, missing)
