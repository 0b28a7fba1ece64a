"""A cohort against one trial: who could take part, what bars how many, what a change would do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from trialweave.protocol.criteria.tree import Criterion
from trialweave.protocol.patients.evaluate import Asked, asked_of, condition_of, evaluated
from trialweave.protocol.patients.facts import Patient
from trialweave.protocol.patients.setting import Setting
from trialweave.protocol.patients.truth import follows
from trialweave.protocol.patients.verdicts import TrialOutcome

__all__ = ["BARS", "OPEN", "FunnelRow", "Screened", "Screening", "codes_of", "screened"]

ALLOWS: Final = 0
OPEN: Final = 1
BARS: Final = 2
_CODES: Final = {"allows": ALLOWS, "open": OPEN, "bars": BARS}
_OUTCOMES: Final[tuple[TrialOutcome, ...]] = ("eligible", "undetermined", "ineligible")


class FunnelRow(msgspec.Struct, frozen=True):
    """One criterion in its order. `bars` and `open` are of the whole cohort; `left` is who is not
    barred by it or any before it; `alone` who is barred by it and nothing else: without it, so
    many more are not barred, and `determined` of them would be eligible."""

    criterion: Criterion
    allows: int
    bars: int
    open: int
    left: int
    alone: int
    determined: int


class Screened(msgspec.Struct, frozen=True):
    """One person: the outcome, and the criteria that bar or are open, by number."""

    identifier: str
    outcome: TrialOutcome
    bars: tuple[int, ...]
    open: tuple[int, ...]


class Screening(msgspec.Struct, frozen=True):
    """A cohort against a trial. `people` are in the order of the cohort."""

    total: int
    eligible: int
    undetermined: int
    ineligible: int
    funnel: tuple[FunnelRow, ...]
    people: tuple[Screened, ...]


def screened(
    people: Sequence[Patient], criteria: Sequence[Criterion], setting: Setting
) -> Screening:
    """Hold everybody against every criterion; without a criterion everybody is undetermined."""
    made = asked_of(criteria)
    asked = [each.criterion for each in made]
    codes = codes_of(people, made, setting)
    worst = codes.max(axis=1, initial=ALLOWS) if asked else np.full(len(people), OPEN, np.int8)
    counts = np.bincount(worst, minlength=3)
    return Screening(
        total=len(people),
        eligible=int(counts[ALLOWS]),
        undetermined=int(counts[OPEN]),
        ineligible=int(counts[BARS]),
        funnel=tuple(_funnel(codes, asked)),
        people=tuple(
            _one(person, row, int(code), asked)
            for person, row, code in zip(people, codes, worst, strict=True)
        ),
    )


def codes_of(
    people: Sequence[Patient], asked: Sequence[Asked], setting: Setting
) -> npt.NDArray[np.int8]:
    """ALLOWS, OPEN or BARS of each person (a row) by each criterion (a column)."""
    conditions = [(each.criterion.section, condition_of(each)) for each in asked]
    rows = [
        [
            _CODES[follows(section, evaluated(condition, person, setting).outcome)]
            for section, condition in conditions
        ]
        for person in people
    ]
    return np.array(rows, np.int8).reshape(len(people), len(asked))


def _funnel(codes: npt.NDArray[np.int8], asked: Sequence[Criterion]) -> list[FunnelRow]:
    bars, still = codes == BARS, codes == OPEN
    barred = bars.sum(axis=1)
    opened = still.sum(axis=1)
    left = ~np.logical_or.accumulate(bars, axis=1)
    made = []
    for place, criterion in enumerate(asked):
        alone = bars[:, place] & (barred == 1)
        made.append(
            FunnelRow(
                criterion=criterion,
                allows=int((codes[:, place] == ALLOWS).sum()),
                bars=int(bars[:, place].sum()),
                open=int(still[:, place].sum()),
                left=int(left[:, place].sum()),
                alone=int(alone.sum()),
                determined=int((alone & (opened == 0)).sum()),
            )
        )
    return made


def _one(
    person: Patient, row: npt.NDArray[np.int8], code: int, asked: Sequence[Criterion]
) -> Screened:
    def numbers(wanted: int) -> tuple[int, ...]:
        return tuple(asked[place].number for place in np.flatnonzero(row == wanted).tolist())

    return Screened(person.identifier, _OUTCOMES[code], numbers(BARS), numbers(OPEN))
