"""The shape of a network: who was compared with whom, how often, and where to draw it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Literal, NamedTuple, get_args

import numpy as np
from scipy.sparse import csgraph

from trialweave.stats._arrays import FloatArray
from trialweave.stats.network.contrasts import Contrasts, treatments_of

__all__ = ["Edge", "Geometry", "Layout", "Node", "geometry", "positions"]

Layout = Literal["circle", "stress"]

_STEPS = 300  # of stress majorisation; graphs of treatments settle in far fewer


class Node(NamedTuple):
    """A treatment: studies with it, participants in it (NaN where a study does not tell)."""

    treatment: str
    studies: int
    participants: float


class Edge(NamedTuple):
    """Two treatments compared directly: studies, and participants in both arms (NaN if unknown)."""

    first: str
    second: str
    studies: int
    participants: float


class Geometry(NamedTuple):
    """Nodes in order, edges, studies with more than two arms, and connected parts.

    `density` is the share of all pairs that are compared directly (NaN for fewer than two
    treatments), `loops` the number of independent closed loops of the graph, multi-arm studies'
    own loops included.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    multi_arm: tuple[tuple[str, tuple[str, ...]], ...]
    parts: tuple[tuple[str, ...], ...]
    density: float
    loops: int


def geometry(contrasts: Contrasts, *, order: Sequence[str] | None = None) -> Geometry:
    """Count studies and participants of treatments and comparisons; works for any network."""
    treatments = treatments_of(contrasts, order)
    place = {name: i for i, name in enumerate(treatments)}
    size = len(treatments)
    studies, people = np.zeros((size, size), dtype=np.int64), np.zeros((size, size))
    for one in contrasts.studies:
        where = np.array([place[name] for name in one.treatments])
        at = np.ix_(where, where)
        studies[at] += 1
        people[at] += one.sizes[:, None] + np.where(np.eye(where.size) > 0.0, 0.0, one.sizes)
    edges = tuple(
        Edge(treatments[i], treatments[j], int(studies[i, j]), float(people[i, j]))
        for i, j in combinations(range(size), 2)
        if studies[i, j]
    )
    number, label = csgraph.connected_components(studies > 0, directed=False)
    return Geometry(
        nodes=tuple(
            Node(name, int(studies[i, i]), float(people[i, i])) for i, name in enumerate(treatments)
        ),
        edges=edges,
        multi_arm=tuple(
            (one.study, one.treatments) for one in contrasts.studies if len(one.treatments) > 2
        ),
        parts=tuple(
            tuple(name for i, name in enumerate(treatments) if label[i] == part)
            for part in range(number)
        ),
        density=2.0 * len(edges) / (size * (size - 1)) if size > 1 else float("nan"),
        loops=len(edges) - size + number,
    )


def positions(shape: Geometry, layout: Layout = "circle") -> FloatArray:
    """Where to draw the nodes, (nodes, 2), within -1 to 1, y upwards; the same at every call.

    "circle": in order, clockwise from the top. "stress": distances on the page follow the number
    of steps between treatments (stress majorisation, Gansner, Koren & North, Graph Drawing 2004,
    LNCS 3383:239-250, from the circle); parts that nothing connects lie one step further apart
    than the longest way. Raises ValueError for an unknown layout.
    """
    if layout not in get_args(Layout):
        raise ValueError(f"no layout is called {layout!r}; there are {get_args(Layout)}")
    size = len(shape.nodes)
    angle = np.pi / 2.0 - 2.0 * np.pi * np.arange(size) / max(size, 1)
    circle = np.column_stack([np.cos(angle), np.sin(angle)])
    if layout == "circle" or size < 3:
        return circle
    place = {node.treatment: i for i, node in enumerate(shape.nodes)}
    joined = np.zeros((size, size))
    for edge in shape.edges:
        joined[place[edge.first], place[edge.second]] = 1.0
    steps = np.asarray(csgraph.shortest_path(joined, directed=False, unweighted=True))
    steps = np.where(np.isinf(steps), steps[np.isfinite(steps)].max() + 1.0, steps)
    np.fill_diagonal(steps, 1.0)
    weight = steps**-2.0
    np.fill_diagonal(weight, 0.0)
    laplacian = np.diag(weight.sum(axis=1)) - weight
    inverse = np.linalg.pinv(laplacian)
    at = circle
    for _ in range(_STEPS):
        apart = np.linalg.norm(at[:, None] - at, axis=2)
        pull = np.where(apart > 1e-9, weight * steps / np.where(apart > 1e-9, apart, 1.0), 0.0)
        at = inverse @ ((np.diag(pull.sum(axis=1)) - pull) @ at)
    return np.asarray(at / np.abs(at).max())
