"""How much each direct comparison contributes to each network estimate."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from trialweave.stats._arrays import FloatArray, IntArray
from trialweave.stats.network.contrasts import Note
from trialweave.stats.network.model import Model, Network, design_rows

__all__ = ["Contributions", "contributions"]


class Contributions(NamedTuple):
    """Shares of direct comparisons (columns) in network estimates (rows), each row summing to 1.

    `comparisons` and `direct` are pairs of treatments; `hat` (rows, columns) has the flow of
    evidence: the coefficients with which direct estimates enter a network estimate, signed.
    """

    model: Model
    comparisons: tuple[tuple[str, str], ...]
    direct: tuple[tuple[str, str], ...]
    share: FloatArray
    hat: FloatArray
    notes: tuple[Note, ...]


_CYCLE = (
    "Multi-arm studies give some direct comparison a negative weight, so that evidence would flow "
    "in circles: contributions to these comparisons are not defined."
)


def contributions(found: Network, *, model: Model = "random") -> Contributions:
    """Contributions by the random walk of Davies et al., Stat Med 2022;41:2091-2114.

    The rows of the hat matrix of the aggregated model are flows from one treatment to the other;
    a walker who follows the flow takes each path with the probability of its parts, and every
    edge of a path gets an equal share of it. Multi-arm studies enter with reduced weights (Rücker
    2012). Rows are NaN where the model has no estimates, or where weights are negative (a note).
    """
    whole = design_rows(found)
    size = len(found.treatments)
    tau2 = found.heterogeneity(model)
    laplacian = (whole.x / (whole.v + tau2)[:, None]).T @ whole.x
    weight = -np.where(np.eye(size, dtype=bool), 0.0, laplacian)
    compared = np.zeros((size, size), dtype=bool)
    for one in found.contrasts.studies:
        where = [found.treatments.index(name) for name in one.treatments]
        compared[np.ix_(where, where)] = True
    first, second = np.nonzero(np.triu(compared, 1))
    i, j = np.triu_indices(size, 1)
    potential = _potentials(laplacian, i, j)
    flow = (potential[:, :, None] - potential[:, None, :]) * weight
    share = np.full((i.size, first.size), np.nan)
    circular = []
    for row in range(i.size):
        steps = _shares(flow[row], potential[row], weight, int(i[row]), int(j[row]))
        if steps is None:
            circular.append(f"{found.treatments[i[row]]}:{found.treatments[j[row]]}")
        else:
            share[row] = (steps + steps.T)[first, second]
    notes = (Note("circular flow", _CYCLE, tuple(circular)),) if circular else ()
    return Contributions(
        model,
        tuple((found.treatments[a], found.treatments[b]) for a, b in zip(i, j, strict=True)),
        tuple((found.treatments[a], found.treatments[b])
              for a, b in zip(first, second, strict=True)),
        share,
        flow[:, first, second],
        notes,
    )  # fmt: skip


def _potentials(laplacian: FloatArray, i: IntArray, j: IntArray) -> FloatArray:
    """For each comparison the potentials of all treatments when one unit flows from i to j."""
    size = laplacian.shape[0]
    if not np.isfinite(laplacian).all():
        return np.full((i.size, size), np.nan)
    inverse = np.zeros((size, size))
    inverse[1:, 1:] = np.linalg.inv(laplacian[1:, 1:])
    return np.asarray(inverse[i] - inverse[j])


def _shares(
    flow: FloatArray, potential: FloatArray, weight: FloatArray, start: int, end: int
) -> FloatArray | None:
    """The share of each directed edge; None where the flow is not down the potential everywhere.

    `reach[n, l]`: the probability to come to n after l steps; `leave[n, l]`: to need l more steps
    from n to the end. An edge takes 1/length of the paths through it, over all pairs of lengths.
    """
    size = potential.size
    if np.isnan(flow).any():
        return np.full((size, size), np.nan)
    if (weight < -1e-12 * np.abs(weight).max()).any():
        return None
    forward = np.where(flow > 1e-14, flow, 0.0)
    out = forward.sum(axis=1)
    step = forward / np.where(out > 0.0, out, 1.0)[:, None]
    step[end] = 0.0
    downhill = np.argsort(-potential, kind="stable")
    reach, leave = np.zeros((2, size, size))
    reach[start, 0] = leave[end, 0] = 1.0
    for node in downhill:
        reach[:, 1:] += step[node][:, None] * reach[node, :-1]
    for node in downhill[::-1]:
        leave[node, 1:] += step[node] @ leave[:, :-1]
    length = np.add.outer(np.arange(size), np.arange(size)) + 1.0
    return np.asarray(step * np.einsum("al,lk,bk->ab", reach, 1.0 / length, leave))
