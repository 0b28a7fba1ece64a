"""League tables: every comparison of a network in one square."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from trialweave.stats.network.model import Model, Network
from trialweave.stats.network.splitting import direct_evidence

__all__ = ["LeagueCell", "LeagueTable", "league"]


class LeagueCell(NamedTuple):
    """One comparison: treatment `first` minus `second`, on the scale of the effects.

    `source` is "network" or "direct"; a direct cell without any study has NaN and `studies` 0.
    """

    first: str
    second: str
    source: Literal["network", "direct"]
    effect: float
    low: float
    high: float
    studies: int


class LeagueTable(NamedTuple):
    """Rows of cells, None on the diagonal: below it the network, above it direct comparisons.

    Below the diagonal the column's treatment is compared with the row's; above it the row's with
    the column's: each cell compares the treatment that comes first in `treatments` with the other.
    """

    model: Model
    treatments: tuple[str, ...]
    rows: tuple[tuple[LeagueCell | None, ...], ...]


def league(
    found: Network, *, order: Sequence[str] | None = None, model: Model = "random"
) -> LeagueTable:
    """The league table, in the network's order of treatments or in the order given.

    Raises ValueError for an order that is not one of all its treatments.
    """
    names = tuple(found.treatments if order is None else order)
    if sorted(names) != sorted(found.treatments):
        raise ValueError("the order must name each treatment of the network once")
    place = [found.treatments.index(name) for name in names]
    direct = direct_evidence(found, model=model)
    sources = {"network": found.estimates(model), "direct": direct.estimates}

    def cell(row: int, column: int) -> LeagueCell | None:
        if row == column:
            return None
        source: Literal["network", "direct"] = "network" if row > column else "direct"
        a, b = min(row, column), max(row, column)
        at = place[a], place[b]
        one = sources[source]
        return LeagueCell(
            names[a], names[b], source,
            float(one.effect[at]), float(one.low[at]), float(one.high[at]),
            int(direct.studies[at]),
        )  # fmt: skip

    size = range(len(names))
    return LeagueTable(model, names, tuple(tuple(cell(i, j) for j in size) for i in size))
