"""What is shown of eligibility: criteria as read, patients and cohorts held against them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
import zstandard

from trialweave.errors import NotFound
from trialweave.model import Study
from trialweave.protocol.criteria.reading import Covered, coverage
from trialweave.protocol.criteria.tree import Criterion
from trialweave.protocol.eligibility import RULES, Eligibility, eligibility_of
from trialweave.protocol.patients.evaluate import criterion_verdicts, trial_verdict
from trialweave.protocol.patients.facts import FactKind, LeftOut, Patient
from trialweave.protocol.patients.screening import Screening
from trialweave.protocol.patients.setting import Setting
from trialweave.protocol.patients.verdicts import TrialVerdict
from trialweave.publish.state import State
from trialweave.store.derived import kept

__all__ = [
    "Asked",
    "CriteriaView",
    "CriterionRow",
    "MatchView",
    "PatientMatch",
    "ScreeningView",
    "criteria_view",
    "eligibility_of_study",
    "matched",
    "read_all",
]

_FOLDER: Final = "criteria"


class Asked(msgspec.Struct, frozen=True):
    """The assumptions of a match: see `protocol.patients.setting.Setting`."""

    day: dt.date
    fresh_days: float
    complete: tuple[FactKind, ...]


class CriterionRow(msgspec.Struct, frozen=True):
    """A criterion, and where it stands: `address` is what `why` takes, together with the study."""

    criterion: Criterion
    address: str


class CriteriaView(msgspec.Struct, frozen=True):
    """The criteria of a study as the best of its records that has any states them; `others` are
    further records that do."""

    study: Study
    record_id: str
    rows: tuple[CriterionRow, ...]
    covered: Covered
    others: tuple[str, ...]
    generation: int


class PatientMatch(msgspec.Struct, frozen=True):
    """One person: how many trials come to what, and the trials asked for, the nearest first."""

    identifier: str
    facts: int
    left_out: tuple[LeftOut, ...]
    eligible: int
    undetermined: int
    ineligible: int
    trials: tuple[TrialVerdict, ...]


class MatchView(msgspec.Struct, frozen=True):
    """People against trials. `without` are studies none of whose records states a criterion."""

    asked: Asked
    patients: tuple[PatientMatch, ...]
    trials: int
    without: int
    generation: int


class ScreeningView(msgspec.Struct, frozen=True):
    """A cohort against one trial; `unused` columns, and cells that could not be read, by column."""

    asked: Asked
    study_id: str
    record_id: str
    title: str
    screening: Screening
    unused: tuple[str, ...]
    unread: Mapping[str, int]
    generation: int


def read_all(state: State, root: Path) -> Mapping[str, Eligibility]:
    """The criteria of every current record that has any; read once a generation, and kept."""
    held = state.__dict__.get(_FOLDER)
    if held is None:
        key = f"{state.generation.number:06d}-{RULES.replace('/', '-')}"
        live = state.live == state.generation.path
        data = kept(root, _FOLDER, key, lambda: _packed(state)) if live else _packed(state)
        unpacked = zstandard.ZstdDecompressor().decompress(data)
        found = msgspec.msgpack.decode(unpacked, type=tuple[Eligibility, ...])
        held = state.__dict__[_FOLDER] = {each.record_id: each for each in found}
    return held


def _packed(state: State) -> bytes:
    found = [told for told in map(eligibility_of, state.records()) if told.criteria]
    return zstandard.ZstdCompressor(level=3).compress(msgspec.msgpack.encode(found))


def eligibility_of_study(
    state: State, study: Study, held: Mapping[str, Eligibility] | None = None
) -> tuple[Eligibility | None, tuple[str, ...]]:
    """What the best of a study's records that states criteria says, and the other ones that do.

    A record with text goes before one with fields of age and sex alone.
    """
    if held is None:
        told = [eligibility_of(record) for record in state.members(study)]
    else:
        told = [held[name] for name in study.record_ids if name in held]
    told = [each for each in told if each.criteria]
    if not told:
        return None, ()
    best = next((each for each in told if _has_text(each)), told[0])
    return best, tuple(each.record_id for each in told if each is not best)


def _has_text(one: Eligibility) -> bool:
    return any(address not in ("minimum_age", "maximum_age", "sex") for address in one.addresses)


def criteria_view(state: State, study: Study) -> CriteriaView:
    """Raises NotFound where no record of the study states a criterion."""
    found, others = eligibility_of_study(state, study)
    if found is None:
        raise NotFound(
            f"no record of {study.study_id} states a criterion.",
            next_step=f"trialweave show {study.study_id} lists what they state.",
        )
    rows = zip(found.criteria, found.addresses, strict=True)
    return CriteriaView(
        study=study,
        record_id=found.record_id,
        rows=tuple(CriterionRow(each, address) for each, address in rows),
        covered=coverage(found.criteria),
        others=others,
        generation=state.generation.number,
    )


def matched(
    state: State,
    root: Path,
    people: Sequence[Patient],
    studies: Sequence[Study],
    setting: Setting,
    limit: int,
) -> MatchView:
    """Hold people against studies; of each person `limit` trials are given in full.

    Those who could take part come first, then those of whom the least is open.
    """
    many = len(studies) > 20
    held = read_all(state, root) if many else None
    asked = [(study, *eligibility_of_study(state, study, held)[:1]) for study in studies]
    known = [(study, told) for study, told in asked if told is not None]
    return MatchView(
        asked=Asked(setting.day, setting.fresh_days, tuple(sorted(setting.complete))),
        patients=tuple(_person(person, known, setting, limit) for person in people),
        trials=len(known),
        without=len(asked) - len(known),
        generation=state.generation.number,
    )


def _person(
    person: Patient,
    known: Sequence[tuple[Study, Eligibility]],
    setting: Setting,
    limit: int,
) -> PatientMatch:
    found = list(_verdicts(person, known, setting))
    count = {name: sum(each.outcome == name for each in found) for name in _ORDER}
    found.sort(key=_nearness)
    return PatientMatch(
        identifier=person.identifier,
        facts=len(person.facts),
        left_out=person.left_out,
        eligible=count["eligible"],
        undetermined=count["undetermined"],
        ineligible=count["ineligible"],
        trials=tuple(found[:limit]),
    )


_ORDER: Final = {"eligible": 0, "undetermined": 1, "ineligible": 2}


def _verdicts(
    person: Patient, known: Sequence[tuple[Study, Eligibility]], setting: Setting
) -> Iterator[TrialVerdict]:
    for study, told in known:
        yield trial_verdict(
            criterion_verdicts(told.criteria, person, setting),
            study_id=study.study_id,
            record_id=told.record_id,
            title=study.title,
        )


def _nearness(one: TrialVerdict) -> tuple[int, float, int, str]:
    """Eligible first; then by the share of criteria that are open, or of those that bar."""
    wanted = "bars" if one.outcome == "ineligible" else "open"
    count = sum(each.follows == wanted for each in one.criteria)
    allows = sum(each.follows == "allows" for each in one.criteria)
    return _ORDER[one.outcome], count / max(one.total, 1), -allows, one.study_id
