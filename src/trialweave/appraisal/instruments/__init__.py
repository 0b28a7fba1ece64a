"""Instruments by which people appraise a study: their questions, and what is known that bears on
each.

An instrument is data (`INSTRUMENTS`). RoB 2 has a published way from answers to judgements
(`rob2.judge`); INSPECT-SR leaves judging to people. `prefilled` gives suggestions, each with its
reason and with where that stands; it never judges, and says nothing where nothing is known.
`standing` says what holds of reviewers' answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from trialweave.appraisal.instruments.inspect_sr import INSPECT_SR
from trialweave.appraisal.instruments.prefill import Known, cautions, prefilled
from trialweave.appraisal.instruments.rob2 import ROB2, Judged, judge, overall
from trialweave.model.assessment import Instrument

__all__ = [
    "INSPECT_SR",
    "INSTRUMENTS",
    "ROB2",
    "Judged",
    "Known",
    "cautions",
    "judge",
    "overall",
    "prefilled",
]

INSTRUMENTS: Final[Mapping[str, Instrument]] = {each.name: each for each in (INSPECT_SR, ROB2)}
