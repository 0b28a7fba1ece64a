"""Acute illness at the bedside: NEWS2 and CURB-65."""

from __future__ import annotations

import math
from typing import Final

from trialweave.protocol.scores.base import (
    Part,
    Score,
    Span,
    Value,
    below,
    inapplicable,
    item,
    known,
    points,
    rounded,
    shown,
    span,
    total,
    upto,
    yes_or_no,
)  # fmt: skip
from trialweave.protocol.scores.kidney import ADULT, OLDEST

__all__ = ["curb65", "news2"]

_BREATHING: Final = upto((8, 3), (11, 1), (20, 0), (24, 2), (math.inf, 3))
_SPO2: Final = upto((91, 3), (93, 2), (95, 1), (math.inf, 0))
_SPO2_ON_AIR: Final = upto((83, 3), (85, 2), (87, 1), (math.inf, 0))
_SPO2_ON_OXYGEN: Final = upto((83, 3), (85, 2), (87, 1), (92, 0), (94, 1), (96, 2), (math.inf, 3))
_SYSTOLIC: Final = upto((90, 3), (100, 2), (110, 1), (219, 0), (math.inf, 3))
_PULSE: Final = upto((40, 3), (50, 1), (90, 0), (110, 1), (130, 2), (math.inf, 3))
_TEMPERATURE: Final = upto((35.0, 3), (36.0, 1), (38.0, 0), (39.0, 1), (math.inf, 2))


def news2(
    *,
    resp_rate_min: Value = None,
    spo2_percent: Value = None,
    on_oxygen: bool | None = None,
    sbp_mmhg: Value = None,
    pulse_min: Value = None,
    alert: bool | None = None,
    temperature_c: Value = None,
    scale_2: bool | None = False,
) -> Score:
    """NEWS2, 0 to 20; from 16 years on, not in pregnancy.

    `scale_2` is the saturation scale for people whose target is 88 to 92 %, used only where a
    clinician has prescribed it; None where that is not known. `alert` is False for new confusion
    and for response to voice, pain or nothing. Values are rounded to the chart's: whole numbers,
    temperature to 0.1 °C.

    SOURCE: Royal College of Physicians. National Early Warning Score (NEWS) 2. London, 2017.
    """
    drowsy = None if alert is None else not alert
    return total(
        (
            points("breathing", "resp_rate", _charted(resp_rate_min), _BREATHING, 0, 150),
            _saturation(spo2_percent, on_oxygen, scale_2),
            yes_or_no("oxygen", "on_oxygen", on_oxygen, 2),
            points("pressure", "sbp", _charted(sbp_mmhg), _SYSTOLIC, 0, 400),
            points("pulse", "heart_rate", _charted(pulse_min), _PULSE, 0, 400),
            yes_or_no("consciousness", "altered_consciousness", drowsy, 3),
            points(
                "temperature", "body_temperature", _charted(temperature_c, 1), _TEMPERATURE, 20, 46
            ),
        )
    )


def _charted(value: Value, digits: int = 0) -> Value:
    if value is None:
        return None
    if isinstance(value, Span):
        return Span(rounded(value.low, digits), rounded(value.high, digits))
    return rounded(value, digits)


def _saturation(spo2_percent: Value, on_oxygen: bool | None, scale_2: bool | None) -> Part:
    """Scale 1, scale 2, or what both allow; scale 2 depends on oxygen only above 92 %."""
    value = _charted(spo2_percent)
    scales = [] if scale_2 else [_SPO2]
    if scale_2 is not False:
        scales += [_SPO2_ON_AIR] if not on_oxygen else []
        scales += [_SPO2_ON_OXYGEN] if on_oxygen is not False else []
    parts = [points("saturation", "spo2", value, scale, 0, 100) for scale in scales]
    missing: tuple[str, ...] = () if known(value) else ("spo2",)
    if scale_2 is None:
        missing += ("saturation_scale",)
    if scale_2 is not False and on_oxygen is None:
        missing += ("on_oxygen",)
    limits = Span(min(each.low for each in parts), max(each.high for each in parts))
    return item("saturation", limits, parts[0].from_, missing)


_FAST: Final = below((30, 0), (math.inf, 1))
_LOW_SYSTOLIC: Final = below((90, 1), (math.inf, 0))
_LOW_DIASTOLIC: Final = upto((60, 1), (math.inf, 0))
_UREA: Final = upto((7, 0), (math.inf, 1))
_OLD: Final = below((65, 0), (math.inf, 1))


def curb65(
    *,
    confusion: bool | None = None,
    urea_mmol_l: Value = None,
    resp_rate_min: Value = None,
    sbp_mmhg: Value = None,
    dbp_mmhg: Value = None,
    age_years: Value = None,
) -> Score:
    """CURB-65, 0 to 5: confusion, urea above 7 mmol/L, breathing 30/min or more, pressure (systolic
    below 90 or diastolic 60 mm[Hg] or less), age 65 or more; for adults with pneumonia.

    SOURCE: Lim WS, van der Eerden MM, Laing R, et al. Thorax. 2003;58:377-382.
    """
    if age_years is not None and span("age", age_years, 0, OLDEST).low < ADULT:
        return inapplicable("the score is for 18 years and over")
    return total(
        (
            yes_or_no("confusion", "confusion", confusion, 1),
            points("urea", "urea", urea_mmol_l, _UREA, 0, 150),
            points("breathing", "resp_rate", resp_rate_min, _FAST, 0, 150),
            _pressure(sbp_mmhg, dbp_mmhg),
            points("age", "age", age_years, _OLD, 0, OLDEST),
        )
    )


def _pressure(sbp_mmhg: Value, dbp_mmhg: Value) -> Part:
    systolic = points("", "sbp", sbp_mmhg, _LOW_SYSTOLIC, 0, 400)
    diastolic = points("", "dbp", dbp_mmhg, _LOW_DIASTOLIC, 0, 300)
    low, high = max(systolic.low, diastolic.low), max(systolic.high, diastolic.high)
    from_ = f"sbp {shown(sbp_mmhg)}, dbp {shown(dbp_mmhg)}"
    return item("pressure", Span(low, high), from_, systolic.missing + diastolic.missing)
