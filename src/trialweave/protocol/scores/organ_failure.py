"""Organ failure: SOFA and qSOFA."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from trialweave.protocol.scores.base import (
    Part,
    Score,
    Span,
    Value,
    below,
    item,
    known,
    points,
    shown,
    span,
    total,
    upto,
    worth,
)  # fmt: skip
from trialweave.protocol.scores.oxygenation import pf_ratio

__all__ = ["Vasopressors", "qsofa", "sofa"]

_PF: Final = below((100, 4), (200, 3), (300, 2), (400, 1), (math.inf, 0))
_PLATELETS: Final = below((20, 4), (50, 3), (100, 2), (150, 1), (math.inf, 0))
_BILIRUBIN: Final = below((1.2, 0), (2, 1), (6, 2), (12, 3), (math.inf, 4))
_GCS: Final = below((6, 4), (10, 3), (13, 2), (15, 1), (math.inf, 0))
_CREATININE: Final = below((1.2, 0), (2, 1), (3.5, 2), (5, 3), (math.inf, 4))
_URINE: Final = below((200, 4), (500, 3), (math.inf, 0))
_DOPAMINE: Final = upto((0, 0), (5, 2), (15, 3), (math.inf, 4))
_DOBUTAMINE: Final = upto((0, 0), (math.inf, 2))
_EPINEPHRINE: Final = upto((0, 0), (0.1, 3), (math.inf, 4))


class Vasopressors(NamedTuple):
    """Doses in ug/kg/min, given for at least an hour; 0 where it is not given, None not known."""

    dopamine: Value = 0.0
    dobutamine: Value = 0.0
    epinephrine: Value = 0.0
    norepinephrine: Value = 0.0


def sofa(
    *,
    pao2_mmhg: Value = None,
    fio2: Value = None,
    ventilated: bool | None = None,
    platelets_10e9_l: Value = None,
    bilirubin_mg_dl: Value = None,
    map_mmhg: Value = None,
    vasopressors: Vasopressors | None = None,
    gcs: Value = None,
    creatinine_mg_dl: Value = None,
    urine_ml_day: Value = None,
) -> Score:
    """SOFA, 0 to 24: six organs of 0 to 4, each of the worst values of 24 hours.

    `fio2` is a fraction; `ventilated` says whether breathing is supported (mask or tube), without
    which respiration has no more than 2 points. Where urine output is not known, renal points may
    be more than creatinine gives; where it is not known whether vasopressors are given, so may
    circulation's. Bounds are those in mg/dL: the paper's µmol/L columns are rounded, and between
    11.9 and 12.0, or 4.9 and 5.0 mg/dL, the higher points begin at the higher number.

    SOURCE: Vincent JL, Moreno R, Takala J, et al. Intensive Care Med. 1996;22:707-710.
    """
    return total(
        (
            _respiration(pao2_mmhg, fio2, ventilated),
            points("coagulation", "platelets", platelets_10e9_l, _PLATELETS, 0, 5_000),
            points("liver", "bilirubin", bilirubin_mg_dl, _BILIRUBIN, 0, 100),
            _circulation(map_mmhg, vasopressors),
            points("nervous system", "gcs", gcs, _GCS, 3, 15),
            _kidney(creatinine_mg_dl, urine_ml_day),
        )
    )


def _respiration(pao2_mmhg: Value, fio2: Value, ventilated: bool | None) -> Part:
    ratio = pf_ratio(pao2_mmhg=pao2_mmhg, fio2=fio2)
    most, least = worth(_PF, ratio.low), worth(_PF, ratio.high)
    unsupported = Span(min(least, 2), min(most, 2))
    low = least if ventilated else unsupported.low
    high = unsupported.high if ventilated is False else most
    missing = ratio.missing + (("ventilated",) if ventilated is None and most > 2 else ())
    told = {None: "support not known", True: "supported", False: "not supported"}[ventilated]
    from_ = f"pao2 {shown(pao2_mmhg)}, fio2 {shown(fio2)}, {told}"
    return item("respiration", Span(low, high), from_, missing)


def _circulation(map_mmhg: Value, vasopressors: Vasopressors | None) -> Part:
    pressure = span("map", map_mmhg, 0, 300)
    by_pressure = Span(float(pressure.high < 70), float(pressure.low < 70))
    missing = () if known(map_mmhg) else ("map",)
    from_ = f"map {shown(map_mmhg)}"
    if vasopressors is None:
        worst = Span(by_pressure.low, 4)
        return item(
            "circulation", worst, f"{from_}, vasopressors not known", (*missing, "vasopressors")
        )
    given = [
        points("", name, dose, bands, 0, 1_000)
        for (name, dose), bands in zip(
            vasopressors._asdict().items(),
            (_DOPAMINE, _DOBUTAMINE, _EPINEPHRINE, _EPINEPHRINE),
            strict=True,
        )
    ]
    low = max(by_pressure.low, *(each.low for each in given))
    high = max(by_pressure.high, *(each.high for each in given))
    unclear = tuple(each.missing[0] for each in given if each.missing and each.high > low)
    if by_pressure.high <= max(each.low for each in given):
        missing = ()  # a vasopressor is given: the pressure adds nothing
    doses = [each.from_ for each in given if each.high > 0]
    return item("circulation", Span(low, high), ", ".join([from_, *doses]), missing + unclear)


def _kidney(creatinine_mg_dl: Value, urine_ml_day: Value) -> Part:
    by_creatinine = points("", "creatinine", creatinine_mg_dl, _CREATININE, 0, 100)
    by_urine = points("", "urine_output", urine_ml_day, _URINE, 0, 50_000)
    low = max(by_creatinine.low, by_urine.low)
    both = (by_creatinine, by_urine)
    missing = tuple(each.missing[0] for each in both if each.missing and each.high > low)
    high = max(by_creatinine.high, by_urine.high)
    return item("kidney", Span(low, high), f"{both[0].from_}, {both[1].from_}", missing)


_FAST: Final = below((22, 0), (math.inf, 1))
_LOW_PRESSURE: Final = upto((100, 1), (math.inf, 0))
_ALTERED: Final = below((15, 1), (math.inf, 0))


def qsofa(*, resp_rate_min: Value = None, sbp_mmhg: Value = None, gcs: Value = None) -> Score:
    """qSOFA, 0 to 3: breathing 22/min or more, systolic pressure 100 mm[Hg] or less, GCS below 15.

    SOURCE: Singer M, Deutschman CS, Seymour CW, et al. JAMA. 2016;315:801-810.
    """
    return total(
        (
            points("breathing", "resp_rate", resp_rate_min, _FAST, 0, 150),
            points("pressure", "sbp", sbp_mmhg, _LOW_PRESSURE, 0, 400),
            points("mentation", "gcs", gcs, _ALTERED, 3, 15),
        )
    )
