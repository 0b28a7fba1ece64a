"""Baseline characteristics as a record posts them."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import UnsetType

from trialweave.model import (
    Baseline,
    BaselineCell,
    BaselineRow,
    Characteristic,
    Counted,
    Missingness,
    Passage,
    Role,
    Value,
)
from trialweave.sources.ctgov import results_shape as shape
from trialweave.sources.ctgov import words
from trialweave.sources.ctgov.paths import Paths
from trialweave.sources.ctgov.results_groups import counted, name_of, positions, reported
from trialweave.sources.ctgov.results_tables import denominators, dispersion_of, field_of, short
from trialweave.sources.ctgov.shape import Number, Text
from trialweave.sources.ctgov.values import RESULTS, STATED, markup, text, word

__all__ = ["baseline_of"]

_PARTS = ("title", "description", "population", "parameter", "unit")
_Denoms = tuple[shape.Denominator, ...] | None


def baseline_of(module: shape.Baseline, roles: dict[str, Role], paths: Paths) -> Baseline:
    """Characteristics at the start: groups with their sizes, then the measures in order.

    A figure is of the participants of its class, else of its measure, else of the whole table.
    """
    one, deep = paths.one, paths.deep
    groups = module.groups or ()
    roles = {"total": "total", **roles}
    sizes = denominators(module.denoms, None, deep["baseline_size"], ())
    units = denominators(module.denoms, None, deep["baseline_size"], (), participants=False)
    at = positions(groups)
    return Baseline(
        population=markup(module.population_description, one["baseline_populated"]),
        unit=text(module.type_units_analyzed, one["baseline_counted"]),
        groups=reported(
            groups,
            roles,
            paths,
            "baseline_group_title",
            "baseline_group_description",
            sizes,
            units,
        ),
        measures=tuple(
            [
                _characteristic(m, measure, module.denoms, at, paths)
                for m, measure in enumerate(module.measures or ())
            ]
        ),
    )


def _characteristic(
    m: int, measure: shape.BaselineMeasure, whole: _Denoms, at: dict[str, int], paths: Paths
) -> Characteristic:
    stands = {name: paths.many[f"baseline_{name}"].first(m + 1)[m] for name in _PARTS}
    parameter = words.parameter(measure.param_type) if short(measure.param_type) else ""
    return Characteristic(
        title=text(measure.title, stands["title"]),
        description=markup(measure.description, stands["description"]),
        population=markup(measure.population_description, stands["population"]),
        unit=text(measure.unit_of_measure, stands["unit"]),
        parameter=word(measure.param_type, stands["parameter"], words.parameter),
        dispersion_type=dispersion_of(measure),
        kind=field_of(parameter, measure.unit_of_measure, measure.title),
        rows=tuple(_rows(m, measure, whole, at, paths.deep["baseline_row"])),
    )


def _rows(
    m: int, measure: shape.BaselineMeasure, whole: _Denoms, at: dict[str, int], path: str
) -> Iterator[Value[BaselineRow]]:
    selected = measure.denom_units_selected
    overall = _sizes(measure.denoms, selected) or _sizes(whole, selected)
    for k, class_ in enumerate(measure.classes or ()):
        sizes = _sizes(class_.denoms, selected) or overall
        for c, category in enumerate(class_.categories or ()):
            cells = [
                BaselineCell(
                    at[cell.group_id],
                    _printed(cell.value),
                    _printed(cell.spread),
                    _printed(cell.lower_limit),
                    _printed(cell.upper_limit),
                    sizes.get(cell.group_id, Missingness.NOT_REPORTED),
                )
                for cell in category.measurements or ()
                if cell.group_id and cell.group_id in at
            ]
            name = ": ".join(title for title in (class_.title, category.title) if title)
            passage = Passage(path=path % (m, k, c))
            yield Value(BaselineRow(name, tuple(cells)), STATED, passage, RESULTS)


def _sizes(denoms: _Denoms, selected: Text) -> dict[str, Counted]:
    """The participants of each group; for figures about other units there is no such number."""
    other = bool(selected) and name_of(selected) != "participants"
    return {
        cell.group_id: Missingness.NOT_APPLICABLE if other else counted(cell.value)
        for denominator in denoms or ()
        if name_of(denominator.units) == "participants"
        for cell in denominator.counts or ()
        if cell.group_id
    }


def _printed(content: Number) -> str:
    if content is None or isinstance(content, UnsetType):
        return ""
    return content.strip() if isinstance(content, str) else str(content)
