"""From a table of arms or comparisons to a network meta-analysis that says what it rests on.

The numbers are those of `stats.network`; here they are put on the printed scale, beside each other
and beside what could not be computed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, get_args

import msgspec

from trialweave.errors import NothingToPool
from trialweave.stats._arrays import proportion_of_one
from trialweave.stats.network import (
    Contrasts,
    Decomposition,
    Edge,
    Estimates,
    Geometry,
    Loops,
    Model,
    Network,
    Node,
    NoNetwork,
    Note,
    Q,
    Ranking,
    Split,
    decompose,
    direct_evidence,
    geometry,
    league,
    loops,
    network,
    p_scores,
    select,
    split,
)
from trialweave.synthesis.network_answer import (
    Compared,
    Comparison,
    DesignRow,
    League,
    LeagueEntry,
    LoopRow,
    NetworkAnswer,
    NetworkHeterogeneity,
    NetworkNote,
    NetworkPart,
    QTest,
    TreatmentRow,
)
from trialweave.synthesis.network_table import NetworkTable, is_ratio, network_table
from trialweave.synthesis.network_words import MOST_TRIANGLES, NOTES, how_compared

__all__ = ["answer_network", "shape_of"]

_LARGEST_LOG: Final = 700.0  # e to larger ones is beyond any number


def answer_network(
    table: str | Path | Iterable[Mapping[str, Any]],
    *,
    measure: str = "",
    model: str = "random",
    tau2: str | float = "REML",
    reference: str = "",
    small_is_good: bool | None = None,
    level: float = 0.95,
    part: int = 0,
    tolerance: float = 1e-3,
) -> NetworkAnswer:
    """Compare all treatments of a table with each other.

    `table` is a CSV file or rows as mappings, of arms or of pairs, as `network_table` says, which
    see for `measure` and `tolerance` too. `model`: "random" or "common". `tau2`: "REML", "DL",
    "ML", or τ² itself. `reference`: what all are compared with; the treatment with most studies,
    of these the first by name, unless named (in any case of letters). `small_is_good`: whether low
    values of the outcome are the better ones; treatments are ranked only where it is said. `part`:
    which part of a disconnected network, by its number; without it, such a network is described
    and not estimated.

    Raises what `network_table` raises, NothingToPool where no study compares two treatments, and
    ValueError for a model, method, level, reference or part that does not exist.
    """
    if model not in get_args(Model):
        raise ValueError(f"no model is called {model!r}; there are {', '.join(get_args(Model))}")
    level = proportion_of_one(level)
    held = network_table(table, measure=measure, tolerance=tolerance)
    found = network(held.contrasts, tau2=tau2, level=level)  # type: ignore[arg-type]
    contrasts = held.contrasts
    if isinstance(found, Network):
        names = tuple(one.study for one in contrasts.studies)
        parts: tuple[NetworkPart, ...] = (NetworkPart(1, found.treatments, names),)
    elif found.subnetworks:
        parts = tuple(
            NetworkPart(number, one.treatments, one.studies)
            for number, one in enumerate(found.subnetworks, 1)
        )
    else:
        said = " ".join([found.notes[-1].text, *map(_sentence, found.notes[:-1])])
        raise NothingToPool(said, where=held.name, next_step="Add studies of two arms or more.")
    if not 0 <= part <= len(parts):
        raise ValueError(f"there is no part {part}; the network has {len(parts)}")
    if isinstance(found, NoNetwork) and part:
        contrasts = select(contrasts, parts[part - 1].studies)
        found = network(contrasts, tau2=tau2, level=level)  # type: ignore[arg-type]
    shape = geometry(contrasts)
    told = _Told(held, contrasts, shape, parts, _reference(shape, reference), model, small_is_good)
    if isinstance(found, NoNetwork):
        return _described(told, found.notes, tau2 if isinstance(tau2, str) else "given", level)
    return _estimated(told, found, part or 1)


def shape_of(answer: NetworkAnswer) -> Geometry:
    """The shape of an answer's network, for its drawing."""

    def people(count: int | None) -> float:
        return math.nan if count is None else float(count)

    order = sorted(answer.treatments, key=lambda one: (one.treatment.casefold(), one.treatment))
    shown = answer.parts if not answer.part else (answer.parts[answer.part - 1],)
    return Geometry(
        tuple(Node(one.treatment, one.studies, people(one.participants)) for one in order),
        tuple(
            Edge(one.first, one.second, one.studies, people(one.participants))
            for one in answer.comparisons
        ),
        (),
        tuple(one.treatments for one in shown),
        answer.density,
        answer.cycles,
    )


class _Told(NamedTuple):
    """What is known before anything is estimated."""

    held: NetworkTable
    contrasts: Contrasts
    shape: Geometry
    parts: tuple[NetworkPart, ...]
    reference: str
    model: str
    small_is_good: bool | None


def _reference(shape: Geometry, asked: str) -> str:
    """The treatment asked for, else the first of those with most studies."""
    names = [node.treatment for node in shape.nodes]
    wanted = " ".join(asked.split())
    if not wanted:
        return max(shape.nodes, key=lambda node: node.studies).treatment
    for name in (wanted, *(name for name in names if name.casefold() == wanted.casefold())):
        if name in names:
            return name
    raise ValueError(f"no treatment is called {wanted!r}; there are {', '.join(names)}")


class _Printed:
    """Numbers of the model's scale as they are printed; whether one was too large for that."""

    def __init__(self, ratio: bool) -> None:
        self.ratio = ratio
        self.too_large = False

    def number(self, value: object) -> float | None:
        found = _plain(value)
        if found is None or not self.ratio:
            return found
        if found > _LARGEST_LOG:
            self.too_large = True
            return None
        return math.exp(found)

    def compared(self, effect: object, low: object, high: object, p: object) -> Compared:
        return Compared(self.number(effect), self.number(low), self.number(high), _plain(p))

    def at(self, found: Estimates, i: int, j: int) -> Compared:
        """The row's treatment against the column's."""
        return self.compared(found.effect[i, j], found.low[i, j], found.high[i, j], found.p[i, j])


def _plain(value: object) -> float | None:
    found = float(value)  # type: ignore[arg-type]
    return found if math.isfinite(found) else None


def _people(count: float) -> int | None:
    return None if math.isnan(count) else round(count)


def _sentence(note: Note) -> str:
    return f"{note.text.rstrip('.')}: {', '.join(note.about[:12])}." if note.about else note.text


def _described(told: _Told, notes: Iterable[Note], tau2_method: str, level: float) -> NetworkAnswer:
    """The network's treatments, studies and comparisons, without an estimate."""
    unknown = tuple(node.treatment for node in told.shape.nodes if math.isnan(node.participants))
    people = [float(one.sizes.sum()) for one in told.contrasts.studies]
    noted = [NetworkNote(*note) for note in notes]
    if unknown:
        noted.append(NetworkNote("no participants", NOTES["no participants"], unknown))
    return NetworkAnswer(
        table=told.held.name,
        measure=told.held.measure,
        model=told.model,
        tau2_method=tau2_method,
        level=level,
        reference=told.reference,
        small_is_good=told.small_is_good,
        part=0,
        connected=False,
        studies=len(told.contrasts.studies),
        participants=_people(sum(people)),
        parts=told.parts,
        treatments=tuple(
            TreatmentRow(node.treatment, node.studies, _people(node.participants))
            for node in told.shape.nodes
        ),
        comparisons=tuple(
            Comparison(edge.first, edge.second, edge.studies, _people(edge.participants))
            for edge in told.shape.edges
        ),
        heterogeneity=None,
        designs=(),
        loops=(),
        league=None,
        multi_arm=tuple(name for name, _ in told.shape.multi_arm),
        density=told.shape.density,
        cycles=told.shape.loops,
        method="",
        notes=tuple(noted),
        data=told.held.data,
    )


def _estimated(told: _Told, found: Network, part: int) -> NetworkAnswer:
    """A connected network with everything that can be asked of it."""
    model: Model = "common" if told.model == "common" else "random"
    printed = _Printed(is_ratio(told.held.measure))
    good = told.small_is_good
    ranking = None if good is None else p_scores(found, small_is_good=good, model=model)
    undefined = model == "random" and math.isnan(found.tau2)
    order = found.treatments if ranking is None or undefined else ranking.order
    base = _described(told, found.notes, found.tau2_method, found.level)
    rows = {row.treatment: row for row in base.treatments}
    seen, parts = decompose(found), split(found, model=model)
    many = _triangles(told.shape) > MOST_TRIANGLES
    closed = Loops(model, (), ()) if many else loops(found, model=model)
    answer = msgspec.structs.replace(
        base,
        part=part,
        connected=True,
        treatments=tuple(
            _against(rows[name], found, model, told.reference, ranking, printed) for name in order
        ),
        comparisons=_split(base.comparisons, found, parts, model, printed),
        heterogeneity=_heterogeneity(found, seen),
        designs=tuple(
            DesignRow(one.treatments, one.studies, _test(one.within), _test(one.detached))
            for one in seen.designs
        ),
        loops=tuple(
            LoopRow(
                one.treatments, printed.compared(one.factor, one.low, one.high, one.p)
            )
            for one in closed.loops
        ),
        league=_league(found, order, model, printed),
        method=how_compared(
            told.held.measure, model, found.tau2_method, found.level, found.df,
            ranked=ranking is not None,
            corrected=any(note.code == "corrected" for note in found.notes),
        ),
    )  # fmt: skip
    own = {
        "no random effects": undefined,
        "common effect": model == "common",
        "no prediction": model == "random" and not undefined and not found.df,
        "no direction": good is None,
        "many triangles": many,
        "not printable": printed.too_large,
    }
    more = [NetworkNote(*note) for note in (*seen.notes, *parts.notes, *closed.notes)]
    more += [NetworkNote(code, NOTES[code]) for code, holds in own.items() if holds]
    return msgspec.structs.replace(answer, notes=(*answer.notes, *more))


def _triangles(shape: Geometry) -> int:
    """How many three treatments are compared directly with each other."""
    beside: dict[str, set[str]] = {node.treatment: set() for node in shape.nodes}
    for edge in shape.edges:
        beside[edge.first].add(edge.second)
    return sum(len(beside[edge.first] & beside[edge.second]) for edge in shape.edges)


def _against(
    row: TreatmentRow,
    found: Network,
    model: Model,
    reference: str,
    ranking: Ranking | None,
    printed: _Printed,
) -> TreatmentRow:
    i, j = found.treatments.index(row.treatment), found.treatments.index(reference)
    score = None if ranking is None else _plain(ranking.p_score[i])
    if i == j:
        return msgspec.structs.replace(row, p_score=score)
    low, high = found.prediction_low[i, j], found.prediction_high[i, j]
    predicted = model == "random"
    return msgspec.structs.replace(
        row,
        against=printed.at(found.estimates(model), i, j),
        prediction_low=printed.number(low) if predicted else None,
        prediction_high=printed.number(high) if predicted else None,
        p_score=score,
    )


def _split(
    comparisons: Iterable[Comparison],
    found: Network,
    parts: Split,
    model: Model,
    printed: _Printed,
) -> tuple[Comparison, ...]:
    share = direct_evidence(found, model=model).proportion
    made = []
    for one in comparisons:
        i, j = found.treatments.index(one.first), found.treatments.index(one.second)
        made.append(
            msgspec.structs.replace(
                one,
                network=printed.at(found.estimates(model), i, j),
                direct=printed.at(parts.direct, i, j),
                indirect=printed.at(parts.indirect, i, j),
                difference=printed.at(parts.difference, i, j),
                direct_share=_plain(share[i, j]),
            )
        )
    return tuple(made)


def _heterogeneity(found: Network, seen: Decomposition) -> NetworkHeterogeneity:
    return NetworkHeterogeneity(
        tau2=_plain(found.tau2),
        tau2_low=_plain(found.tau2_low),
        tau2_high=_plain(found.tau2_high),
        tau=_plain(math.sqrt(found.tau2)),
        i2=_plain(found.i2),
        total=_test(seen.total),
        within=_test(seen.within),
        between=_test(seen.between),
        between_random=_test(seen.between_random),
        tau2_within=_plain(seen.tau2_within),
    )


def _test(found: Q) -> QTest:
    return QTest(_plain(found.q), found.df, _plain(found.p))


def _league(found: Network, order: tuple[str, ...], model: Model, printed: _Printed) -> League:
    made = league(found, order=order, model=model)
    return League(
        made.treatments,
        tuple(
            tuple(
                None
                if cell is None
                else LeagueEntry(
                    cell.first,
                    cell.second,
                    cell.source,
                    cell.studies,
                    *map(printed.number, (cell.effect, cell.low, cell.high)),
                )
                for cell in row
            )
            for row in made.rows
        ),
    )
