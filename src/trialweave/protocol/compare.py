"""Studies side by side: what differs in product, dose, schedule, design and outcomes; and a map.

Every cell holds what each record states, with the address that `why` takes. A row differs only
where two studies state different things: one that states nothing is unknown, not different.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from trialweave.model import Record, Study, Trial
from trialweave.protocol._stated import ROWS, ReadRecord, Stated, read_record, tested
from trialweave.protocol.outcomes import outcome_family, same_outcome
from trialweave.protocol.timeline import Timeline, timeline

__all__ = [
    "Cell",
    "Comparison",
    "Described",
    "MapCell",
    "OutcomePair",
    "Row",
    "Stated",
    "compare",
    "design_of",
    "evidence_map",
]

CriteriaOf = Callable[[Trial], Mapping[str, str]]
"""What a trial's criteria say in short, by a title such as "minimum age"."""

_MOST: Final = 60  # statements of a cell


class Described(NamedTuple):
    """A study with the current records that describe it, the best first."""

    study: Study
    records: Sequence[Record]


class Cell(msgspec.Struct, frozen=True):
    """What the records of one study state for a row; empty where none states anything."""

    study_id: str
    stated: tuple[Stated, ...]


class Row(msgspec.Struct, frozen=True):
    """One row; `differs` is None where it cannot be told, since a study states nothing."""

    concept: str
    title: str
    cells: tuple[Cell, ...]
    differs: bool | None


class OutcomePair(msgspec.Struct, frozen=True):
    """Two studies' outcomes that are one, or one measured otherwise, with the reason."""

    study_a: str
    address_a: str
    measure_a: str
    study_b: str
    address_b: str
    measure_b: str
    verdict: str
    reason: str


class Comparison(msgspec.Struct, frozen=True):
    """Rows in a fixed order, the schedule of each study, and which outcomes meet."""

    study_ids: tuple[str, ...]
    titles: tuple[str, ...]
    rows: tuple[Row, ...]
    timelines: tuple[Timeline, ...]
    outcomes: tuple[OutcomePair, ...]


class MapCell(msgspec.Struct, frozen=True):
    """Studies that give one kind of product, register one family of outcome, in one design."""

    product: str
    outcome: str
    design: str
    study_ids: tuple[str, ...]


def compare(studies: Sequence[Described], *, criteria: CriteriaOf | None = None) -> Comparison:
    """Put studies side by side; without `criteria`, eligibility is of registry fields."""
    read = [[read_record(record) for record in one.records] for one in studies]
    ids = tuple(one.study.study_id for one in studies)
    rows = [
        _row(concept, title, ids, [[s for one in own for s in state(one)] for own in read])
        for concept, title, state in ROWS
    ]
    if criteria is not None:
        rows += _criteria_rows(ids, read, criteria)
    return Comparison(
        ids,
        tuple(one.study.title for one in studies),
        tuple(rows),
        tuple(_timeline(own) for own in read),
        tuple(_pairs(ids, read)),
    )


def _timeline(own: Sequence[ReadRecord]) -> Timeline:
    """Of the first record that gives any day, else of the first."""
    drawn = [timeline(one.trial) for one in own]
    told = next((one for one in drawn if any(lane.marks for lane in one.lanes)), None)
    return told or (drawn[0] if drawn else Timeline((), 0.0, 0.0))


def _row(concept: str, title: str, ids: Sequence[str], found: Sequence[Sequence[Stated]]) -> Row:
    cells = tuple(
        Cell(study_id, tuple(_distinct(stated))[:_MOST])
        for study_id, stated in zip(ids, found, strict=True)
    )
    return Row(concept, title, cells, _differs(cells))


def _distinct(stated: Iterable[Stated]) -> list[Stated]:
    return list({(one.key, one.record_id, one.address): one for one in stated}.values())


def _differs(cells: Sequence[Cell]) -> bool | None:
    """Whether two studies state something and nothing of it in common."""
    keys = [{one.key for one in cell.stated if one.key} for cell in cells]
    told = [own for own in keys if own]
    for at, own in enumerate(told):
        if any(own != other for other in told[at + 1 :]):
            return True
    return False if len(told) == len(keys) and len(keys) > 1 else None


def _criteria_rows(
    ids: Sequence[str], read: Sequence[Sequence[ReadRecord]], criteria: CriteriaOf
) -> list[Row]:
    told = [[(one, criteria(one.trial)) for one in own] for own in read]
    titles = dict.fromkeys(title for own in told for _, found in own for title in found)
    rows = []
    for title in titles:
        stated = [
            [_criterion(one, found[title]) for one, found in own if title in found] for own in told
        ]
        rows.append(_row(f"criteria: {title}", title, ids, stated))
    return rows


def _criterion(one: ReadRecord, text: str) -> Stated:
    return Stated(text, text.casefold(), one.record.record_id, "eligibility_text")


def _pairs(ids: Sequence[str], read: Sequence[Sequence[ReadRecord]]) -> list[OutcomePair]:
    """Outcomes of different studies that are one, or one at another time or with another scale."""
    own = [
        (study_id, address, told)
        for study_id, records in zip(ids, read, strict=True)
        for record in records[:1]
        for kind, address, told in record.outcomes[:_MOST]
        if kind != "other"
    ]
    found = []
    for at, (study_a, address_a, one) in enumerate(own):
        for study_b, address_b, other in own[at + 1 :]:
            if study_a == study_b:
                continue
            verdict, reason = same_outcome(one, other)
            if verdict in ("same", "other time", "other instrument"):
                found.append(
                    OutcomePair(study_a, address_a, one.measure, study_b, address_b, other.measure,
                                verdict, reason)
                )  # fmt: skip
    return found


def design_of(trial: Trial) -> str:
    """The design in short: "randomised, masked", "randomised, open", "single group", "not stated".

    Masking that is not stated gives "randomised, masking not stated".
    """
    kind = (trial.study_type.content or "").casefold()
    if "observational" in kind or "cohort" in kind:
        return "observational"
    model = (trial.intervention_model.content or trial.study_design.content or "").casefold()
    if trial.allocation.content == "randomised":
        if not trial.masking:
            return "randomised, masking not stated"
        return "randomised, open" if trial.masking.content == "none" else "randomised, masked"
    if "single" in model and ("group" in model or "arm" in model):
        return "single group"
    if trial.allocation.content == "non-randomised":
        return "non-randomised"
    return "not stated"


def evidence_map(studies: Iterable[Described]) -> tuple[MapCell, ...]:
    """Product kind by outcome family by design, each cell with its studies; sorted.

    A study stands in every cell that its records' products and outcomes make; "not stated" and
    "other" are cells of their own, so that no study is left out.
    """
    cells: dict[tuple[str, str, str], dict[str, None]] = {}
    for study, records in studies:
        read = [read_record(record) for record in records]
        kinds = {given.component.kind for one in read for given in tested(one)} - {""}
        families = {outcome_family(told) or "other" for one in read for _, _, told in one.outcomes}
        designs = [design_of(one.trial) for one in read]
        design = next((told for told in designs if told != "not stated"), "not stated")
        for kind in sorted(kinds) or ["not stated"]:
            for family in sorted(families) or ["not stated"]:
                cells.setdefault((kind, family, design), {})[study.study_id] = None
    return tuple(
        MapCell(kind, family, design, tuple(studies))
        for (kind, family, design), studies in sorted(cells.items())
    )
