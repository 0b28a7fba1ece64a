"""What is shown of eligibility: criteria as read, patients and cohorts held against them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt
import zstandard

from trialweave.errors import NotFound
from trialweave.model import Study
from trialweave.protocol.criteria.copies import with_copy
from trialweave.protocol.criteria.reading import Covered, coverage
from trialweave.protocol.criteria.tree import Criterion
from trialweave.protocol.eligibility import RULES, Eligibility, eligibility_of
from trialweave.protocol.patients.evaluate import criterion_verdicts, trial_verdict
from trialweave.protocol.patients.facts import FactKind, LeftOut, Patient
from trialweave.protocol.patients.ranking import OUTCOMES, Laid, Ranked, lay_out, ranked
from trialweave.protocol.patients.screening import Screening
from trialweave.protocol.patients.setting import Setting
from trialweave.protocol.patients.verdicts import TrialVerdict
from trialweave.publish.eligibility_terms import covering, terms_of
from trialweave.publish.state import State
from trialweave.store.derived import kept

__all__ = [
    "Asked",
    "CriteriaView",
    "CriterionRow",
    "Kept",
    "MatchView",
    "PatientMatch",
    "ScreeningView",
    "criteria_view",
    "eligibility_of_study",
    "kept_of",
    "matched",
    "read_all",
]

_FOLDER: Final = "criteria"
_FEW: Final = 20  # trials that are read on the spot


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


class Kept(msgspec.Struct, frozen=True):
    """The criteria of every current record that has any. `laid` has them for ranking; each record's
    are packed by themselves in `packed`, as few are looked at; `words` are those of events with
    the terms that they name."""

    records: tuple[str, ...]
    texts: tuple[bool, ...]
    packed: tuple[msgspec.Raw, ...]
    laid: Laid
    words: dict[str, tuple[tuple[str, str], ...]]

    def unpacked(self, place: int) -> Eligibility:
        """The criteria of one record."""
        return msgspec.msgpack.decode(self.packed[place], type=Eligibility)


def read_all(state: State, root: Path) -> Kept:
    """The criteria of all records; read once a generation, and kept."""
    held: Kept | None = state.__dict__.get(_FOLDER)
    if held is None:
        from trialweave.terms.ready import key as vocabularies

        key = f"{state.generation.number:06d}-{RULES.replace('/', '-')}-{vocabularies(root)}"
        live = state.live == state.generation.path
        data = kept(root, _FOLDER, key, lambda: _packed(state, root)) if live else None
        unpacked = zstandard.ZstdDecompressor().decompress(data or _packed(state, root))
        held = state.__dict__[_FOLDER] = msgspec.msgpack.decode(unpacked, type=Kept)
    return held


def _packed(state: State, root: Path) -> bytes:
    read = {record.record_id: eligibility_of(record) for record in state.records()}
    told = [
        each
        for study in state.studies
        for each in _settled([read[name] for name in study.record_ids if name in read])
    ]
    return zstandard.ZstdCompressor(level=3).compress(
        msgspec.msgpack.encode(kept_of(told, lambda words: terms_of(root, words)))
    )


def kept_of(
    told: Sequence[Eligibility],
    named: Callable[[Sequence[str]], dict[str, tuple[tuple[str, str], ...]]],
) -> Kept:
    """Criteria as they are kept; `named` finds the terms of words."""
    laid = lay_out(each.criteria for each in told)
    return Kept(
        records=tuple(each.record_id for each in told),
        texts=tuple(map(_has_text, told)),
        packed=tuple(msgspec.Raw(msgspec.msgpack.encode(each)) for each in told),
        laid=laid,
        words=named(laid.words()),
    )


def eligibility_of_study(state: State, study: Study) -> tuple[Eligibility | None, tuple[str, ...]]:
    """What the best of a study's records that states criteria says, and the other ones that do.

    A record with text goes before one with fields of age and sex alone.
    """
    told = _settled([eligibility_of(record) for record in state.members(study)])
    if not told:
        return None, ()
    best = next((each for each in told if _has_text(each)), told[0])
    return best, tuple(each.record_id for each in told if each is not best)


def _settled(told: Sequence[Eligibility]) -> list[Eligibility]:
    """The records of a study that state criteria; a sign that an export of one of them lost is
    settled by another that has it."""
    stating = [each for each in told if each.criteria]
    if sum(map(_has_text, stating)) < 2:
        return stating
    return [
        msgspec.structs.replace(
            each,
            criteria=with_copy(
                each.criteria,
                [one for other in stating if other is not each for one in other.criteria],
            ),
        )
        for each in stating
    ]


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
    if len(studies) > _FEW:
        kept = read_all(state, root)
        asked = _of_kept(kept, studies)
        setting = setting._replace(covers=covering(root, kept.words))
    else:
        kept = None
        asked = [
            (study, told)
            for study in studies
            if (told := eligibility_of_study(state, study)[0]) is not None
        ]
        setting = setting._replace(covers=covering(root))
    return MatchView(
        asked=Asked(setting.day, setting.fresh_days, tuple(sorted(setting.complete))),
        patients=tuple(_person(person, asked, kept, setting, limit) for person in people),
        trials=len(asked),
        without=len(studies) - len(asked),
        generation=state.generation.number,
    )


_Stated = tuple[Study, Eligibility | int]
"""A study with its criteria, or with their place among those that are kept."""


def _of_kept(kept: Kept, studies: Sequence[Study]) -> list[_Stated]:
    """The best record of each study that states criteria; see `eligibility_of_study`."""
    place_of = {name: place for place, name in enumerate(kept.records)}
    found: list[_Stated] = []
    for study in studies:
        places = [place_of[name] for name in study.record_ids if name in place_of]
        if places:
            found.append((study, next((each for each in places if kept.texts[each]), places[0])))
    return found


def _person(
    person: Patient,
    asked: Sequence[_Stated],
    kept: Kept | None,
    setting: Setting,
    limit: int,
) -> PatientMatch:
    if kept is None:
        full = [_in_full(study, told, person, setting) for study, told in asked]  # type: ignore[arg-type]
        outcomes = [each.outcome for each in full]
        shown = sorted(full, key=_nearness)[:limit]
    else:
        found = ranked(kept.laid, person, setting)
        places = np.array([place for _, place in asked], np.int64)
        outcomes = [OUTCOMES[each] for each in found.outcome[places].tolist()]
        order = _order(found, places, [study.study_id for study, _ in asked])[:limit]
        shown = [
            _in_full(asked[i][0], kept.unpacked(int(places[i])), person, setting) for i in order
        ]
    return PatientMatch(
        identifier=person.identifier,
        facts=len(person.facts),
        left_out=person.left_out,
        eligible=outcomes.count("eligible"),
        undetermined=outcomes.count("undetermined"),
        ineligible=outcomes.count("ineligible"),
        trials=tuple(shown),
    )


def _in_full(study: Study, told: Eligibility, person: Patient, setting: Setting) -> TrialVerdict:
    return trial_verdict(
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
    return OUTCOMES.index(one.outcome), count / max(one.total, 1), -allows, one.study_id


def _order(found: Ranked, places: npt.NDArray[np.int64], names: Sequence[str]) -> list[int]:
    """As `_nearness` orders them, from outcomes alone."""
    outcome, allows = found.outcome[places], found.allows[places]
    count = np.where(
        outcome == OUTCOMES.index("ineligible"), found.bars[places], found.open[places]
    )
    share = count / np.maximum(found.total[places], 1)
    keys = zip(outcome.tolist(), share.tolist(), (-allows).tolist(), names, strict=True)
    ordered = sorted((key, i) for i, key in enumerate(keys))
    return [i for _, i in ordered]
