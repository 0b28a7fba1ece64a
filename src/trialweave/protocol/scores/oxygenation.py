"""Oxygenation: PaO2/FiO2, its surrogate from the pulse oximeter, and the Berlin classes of ARDS."""

from __future__ import annotations

import math
from typing import Final

from trialweave.protocol.scores.base import (
    Classed,
    Score,
    Span,
    Value,
    computed,
    known,
    span,
    unbounded,
)  # fmt: skip

__all__ = ["BERLIN", "berlin_ards", "pf_from_sf", "pf_ratio", "sf_ratio"]

BERLIN: Final = ("none", "mild", "moderate", "severe")
ROOM_AIR: Final = 0.21
_MOST_PAO2: Final = 760.0  # mm[Hg]; no more than the pressure of the air
_SURROGATE: Final = "surrogate: from the pulse oximeter"


def pf_ratio(*, pao2_mmhg: Value, fio2: Value) -> Score:
    """PaO2/FiO2 in mm[Hg]. `fio2` is a fraction, 0.21 to 1.

    Without FiO2 it lies from PaO2 to PaO2/0.21; without PaO2 nothing is known.
    """
    oxygen = span("pao2", pao2_mmhg, 0.0, _MOST_PAO2)
    inspired = span("fio2", fio2, ROOM_AIR, 1.0)
    missing = _missing(("pao2", pao2_mmhg), ("fio2", fio2))
    if pao2_mmhg is None:
        return unbounded(missing)
    return computed(lambda pao2, part: pao2 / part, (oxygen, inspired), missing)


def sf_ratio(*, spo2_percent: Value, fio2: Value) -> Score:
    """SpO2/FiO2, a surrogate of PaO2/FiO2. `fio2` is a fraction, 0.21 to 1.

    Above 97 % the saturation says little of the pressure: `note` says so.

    SOURCE: Rice TW, Wheeler AP, Bernard GR, et al. Chest. 2007;132:410-417.
    """
    saturation = span("spo2", spo2_percent, 0.0, 100.0)
    inspired = span("fio2", fio2, ROOM_AIR, 1.0)
    missing = _missing(("spo2", spo2_percent), ("fio2", fio2))
    note = f"{_SURROGATE}; SpO2 above 97 %" if saturation.high > 97 else _SURROGATE
    if spo2_percent is None:
        return unbounded(missing, _SURROGATE)
    return computed(lambda spo2, part: spo2 / part, (saturation, inspired), missing, note)


def pf_from_sf(sf: Value) -> Score:
    """The PaO2/FiO2 that goes with an SpO2/FiO2: (S/F - 64) / 0.84; flagged as a surrogate.

    It holds for groups, and for SpO2 up to 97 %; 235 stands for 200 and 315 for 300 (rounded). Of
    S/F of 64 and less nothing is known.

    SOURCE: Rice TW, Wheeler AP, Bernard GR, et al. Chest. 2007;132:410-417.
    """
    ratio = span("sf_ratio", sf, 0.0, 100 / ROOM_AIR)
    if sf is None or ratio.low <= 64:
        return unbounded(("sf_ratio",), _SURROGATE)
    return computed(lambda each: (each - 64) / 0.84, (ratio,), ("sf_ratio",), _SURROGATE)


def berlin_ards(*, pf: Value, peep_cmh2o: Value) -> Classed:
    """The class of ARDS by PaO2/FiO2 (mm[Hg]) at a PEEP or CPAP of at least 5 cm[H2O].

    "severe" to 100, "moderate" to 200, "mild" to 300, else "none". Timing (within a week), imaging
    (bilateral) and origin are not looked at: the class holds where those are met.

    SOURCE: ARDS Definition Task Force. JAMA. 2012;307:2526-2533.
    """
    ratio = span("pf_ratio", pf, 0.0, math.inf if pf is None else _MOST_PAO2 / ROOM_AIR)
    pressure = span("peep", peep_cmh2o, 0.0, 60.0)
    possible = []
    if ratio.high > 300 or pressure.low < 5:
        possible.append("none")
    if pressure.high >= 5:
        for name, over, to in (("mild", 200, 300), ("moderate", 100, 200), ("severe", -1, 100)):
            if ratio.high > over and ratio.low <= to:
                possible.append(name)
    missing = _missing(("pf_ratio", pf), ("peep", peep_cmh2o))
    if len(possible) == 1:
        return Classed(possible[0], (possible[0],))
    return Classed(None, tuple(possible), missing)


def _missing(*inputs: tuple[str, Value]) -> tuple[str, ...]:
    return tuple(name for name, value in inputs if not known(value))


def limits(score: Score) -> Span:
    """The range of a score as an input of another."""
    return Span(score.low, score.high)
