"""The heart: QT corrected for rate, and CHA2DS2-VASc."""

from __future__ import annotations

import math
from typing import Final

from trialweave.protocol.scores.base import (
    Score,
    Span,
    Value,
    below,
    computed,
    inapplicable,
    item,
    known,
    points,
    span,
    total,
    unbounded,
    yes_or_no,
)  # fmt: skip
from trialweave.protocol.scores.kidney import ADULT, OLDEST, Sex

__all__ = ["cha2ds2_vasc", "qtc_bazett", "qtc_fridericia"]

_AGE: Final = below((65, 0), (75, 1), (math.inf, 2))


def qtc_bazett(*, qt_ms: Value, heart_rate_min: Value) -> Score:
    """QTc in ms: QT / √RR, RR in seconds.

    SOURCE: Bazett HC. Heart. 1920;7:353-370.
    """
    return _corrected(qt_ms, heart_rate_min, 1 / 2)


def qtc_fridericia(*, qt_ms: Value, heart_rate_min: Value) -> Score:
    """QTc in ms: QT / ∛RR, RR in seconds.

    SOURCE: Fridericia LS. Acta Med Scand. 1920;53:469-486.
    """
    return _corrected(qt_ms, heart_rate_min, 1 / 3)


def _corrected(qt_ms: Value, heart_rate_min: Value, power: float) -> Score:
    interval = span("qt", qt_ms, 50, 1_500)
    rate = span("heart_rate", heart_rate_min, 10, 400)
    inputs = (("qt", qt_ms), ("heart_rate", heart_rate_min))
    missing = tuple(name for name, value in inputs if not known(value))
    if any(value is None for _, value in inputs):
        return unbounded(missing)
    return computed(lambda qt, beats: qt * (beats / 60) ** power, (interval, rate), missing)


def cha2ds2_vasc(
    *,
    age_years: Value = None,
    sex: Sex = None,
    heart_failure: bool | None = None,
    hypertension: bool | None = None,
    diabetes: bool | None = None,
    stroke: bool | None = None,
    vascular_disease: bool | None = None,
) -> Score:
    """CHA2DS2-VASc, 0 to 9; for adults.

    Heart failure, hypertension, diabetes, vascular disease (infarction, peripheral artery disease,
    aortic plaque) and female sex 1 each; age 65 to 74 1, from 75 on 2; `stroke`, with transient
    ischaemic attack and thromboembolism, 2.

    SOURCE: Lip GYH, Nieuwlaat R, Pisters R, et al. Chest. 2010;137:263-272.
    """
    if age_years is not None and span("age", age_years, 0, OLDEST).low < ADULT:
        return inapplicable("the score is for 18 years and over")
    woman = Span(float(sex == "female"), float(sex != "male"))
    return total(
        (
            yes_or_no("heart failure", "heart_failure", heart_failure, 1),
            yes_or_no("hypertension", "hypertension", hypertension, 1),
            points("age", "age", age_years, _AGE, 0, OLDEST),
            yes_or_no("diabetes", "diabetes", diabetes, 1),
            yes_or_no("stroke", "stroke", stroke, 2),
            yes_or_no("vascular disease", "vascular_disease", vascular_disease, 1),
            item("sex", woman, f"sex {sex or 'not known'}", ("sex",)),
        )
    )
