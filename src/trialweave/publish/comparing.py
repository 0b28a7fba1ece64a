"""What is shown of protocols: studies side by side, an evidence map, what is given and measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
import zstandard

from trialweave.errors import InputError
from trialweave.model import Study, Trial
from trialweave.protocol import interventions, outcomes
from trialweave.protocol.compare import Comparison, Described, MapCell, compare, evidence_map
from trialweave.protocol.criteria.tree import Compare, Criterion, Event, InSet, leaves
from trialweave.protocol.eligibility import eligibility_of
from trialweave.protocol.interventions import Given, normal_dose, stated_weight
from trialweave.protocol.outcomes import Registered, outcome_family
from trialweave.publish.conditions import concept_title, condition_text
from trialweave.publish.state import State
from trialweave.store.derived import kept

__all__ = [
    "MOST_COMPARED",
    "ComparisonView",
    "DoseScale",
    "EvidenceMapView",
    "GivenRow",
    "InterventionsView",
    "MapStudy",
    "OutcomeRow",
    "OutcomesView",
    "comparison_view",
    "evidence_map_view",
    "interventions_view",
    "outcomes_view",
]

MOST_COMPARED: Final = 12
RULES: Final = "map/1"
"""Rises when the same records may make another map."""
_FOLDER: Final = "evidence-map"
_OWN: Final = ("pregnancy", "lactation")
_FIELD: Final = "registry field"


class ComparisonView(msgspec.Struct, frozen=True):
    """Studies side by side. Where a row differs is told of what is stated; None is "unknown"."""

    comparison: Comparison
    generation: int


class MapStudy(msgspec.Struct, frozen=True):
    """A study of a map, by its number and its title."""

    study_id: str
    title: str


class EvidenceMapView(msgspec.Struct, frozen=True):
    """How many studies give which kind of product, register which family of outcomes, in which
    design. `cells` are those asked for; `studies` the first of the `total` that stand in them."""

    product: str
    outcome: str
    design: str
    cells: tuple[MapCell, ...]
    total: int
    offset: int
    studies: tuple[MapStudy, ...]
    generation: int


class DoseScale(msgspec.Struct, frozen=True, omit_defaults=True):
    """A dose on common scales, low and high in `unit`; None where unknown, and why in `whys`."""

    unit: str
    per_dose: tuple[float, float] | None
    per_kg: tuple[float, float] | None
    total: tuple[float, float] | None
    whys: tuple[str, ...]


class GivenRow(msgspec.Struct, frozen=True):
    """One thing that is given in an arm, as one record tells it."""

    record_id: str
    given: Given
    dose: DoseScale | None


class InterventionsView(msgspec.Struct, frozen=True):
    """What the records of a study say is given, by record and arm."""

    study: Study
    rows: tuple[GivenRow, ...]
    generation: int


class OutcomeRow(msgspec.Struct, frozen=True):
    """One registered outcome of one record; `address` is what `why` takes."""

    record_id: str
    kind: str
    address: str
    outcome: Registered
    family: str


class OutcomesView(msgspec.Struct, frozen=True):
    """What the records of a study register as outcomes: instruments, and time points in days."""

    study: Study
    rows: tuple[OutcomeRow, ...]
    generation: int


def comparison_view(state: State, identifiers: Sequence[str]) -> ComparisonView:
    """Raises NotFound, and InputError unless two to twelve different studies are named."""
    studies = list({study.study_id: study for study in map(state.find, identifiers)}.values())
    if not 2 <= len(studies) <= MOST_COMPARED:
        raise InputError(
            f"{len(studies)} different {'study is' if len(studies) == 1 else 'studies are'} named; "
            f"2 to {MOST_COMPARED} can be compared.",
            next_step="Name each by any of its numbers.",
        )
    described = [Described(study, state.members(study)) for study in studies]
    told = {
        id(record.about): _in_short(eligibility_of(record).criteria)
        for one in described
        for record in one.records
        if record.trial is not None or record.publication is not None
    }

    def criteria(trial: Trial) -> Mapping[str, str]:
        return told.get(id(trial), {})

    return ComparisonView(compare(described, criteria=criteria), state.generation.number)


def _in_short(criteria: Sequence[Criterion]) -> dict[str, str]:
    """What criteria ask of measures, grades and states, by what is measured.

    Fields of age and sex have rows of their own; diagnoses and drugs are words, which differ where
    nothing else does, and stay out.
    """
    found: dict[str, dict[str, None]] = {}
    for one in criteria:
        if one.kind != "criterion" or one.heading == _FIELD:
            continue
        for leaf in leaves(one.tree):
            known = isinstance(leaf, Compare | InSet) or (
                isinstance(leaf, Event) and leaf.concept in _OWN
            )
            if known:
                bars = "excluded: " if one.section == "exclusion" else ""
                title = concept_title(leaf.concept)  # type: ignore[union-attr]
                found.setdefault(title, {})[f"{bars}{condition_text(leaf)}"] = None
    return {title: "; ".join(texts) for title, texts in found.items()}


def evidence_map_view(
    state: State, root: Path, product: str, outcome: str, design: str, limit: int, offset: int
) -> EvidenceMapView:
    """The cells that are asked for ("" asks for all), and the studies that stand in them."""
    cells = tuple(
        cell
        for cell in _map_of(state, root)
        if product in ("", cell.product)
        and outcome in ("", cell.outcome)
        and design in ("", cell.design)
    )
    names = {study_id for cell in cells for study_id in cell.study_ids}
    found = [study for study in state.studies if study.study_id in names]
    return EvidenceMapView(
        product=product,
        outcome=outcome,
        design=design,
        cells=cells,
        total=len(found),
        offset=offset,
        studies=tuple(MapStudy(s.study_id, s.title) for s in found[offset : offset + limit]),
        generation=state.generation.number,
    )


def _map_of(state: State, root: Path) -> tuple[MapCell, ...]:
    """The whole map; made once a generation, and kept."""
    held: tuple[MapCell, ...] | None = state.__dict__.get(_FOLDER)
    if held is None:
        key = f"{state.generation.number:06d}-{RULES.replace('/', '-')}"
        live = state.live == state.generation.path
        data = kept(root, _FOLDER, key, lambda: _packed(state)) if live else _packed(state)
        unpacked = zstandard.ZstdDecompressor().decompress(data)
        held = msgspec.msgpack.decode(unpacked, type=tuple[MapCell, ...])
        state.__dict__[_FOLDER] = held
    return held


def _packed(state: State) -> bytes:
    records = {record.record_id: record for record in state.records()}
    described = (
        Described(study, [records[name] for name in study.record_ids if name in records])
        for study in state.studies
    )
    return zstandard.ZstdCompressor(level=3).compress(
        msgspec.msgpack.encode(evidence_map(described))
    )


def interventions_view(state: State, study: Study) -> InterventionsView:
    """What each record gives, with doses on common scales where that can be reckoned."""
    rows = []
    for record in state.members(study):
        texts = [
            text.content
            for item in record.about.interventions.content or ()
            for text in (item.name, item.description)
            if text.content
        ]
        weight = stated_weight(" ".join(texts))
        for given in interventions.of_trial(record.about):
            rows.append(GivenRow(record.record_id, given, _scaled(given, weight)))
    return InterventionsView(study, tuple(rows), state.generation.number)


def _scaled(given: Given, weight: float | None) -> DoseScale | None:
    dose = normal_dose(given.component, weight)
    if dose is None:
        return None
    return DoseScale(dose.unit, dose.per_dose, dose.per_kg, dose.total, dose.whys)


def outcomes_view(state: State, study: Study) -> OutcomesView:
    """What each record registers, primary outcomes first."""
    rows = [
        OutcomeRow(record.record_id, kind, address, told, outcome_family(told) or "")
        for record in state.members(study)
        for kind, address, told in outcomes.of_trial(record.about)
    ]
    return OutcomesView(study, tuple(rows), state.generation.number)
