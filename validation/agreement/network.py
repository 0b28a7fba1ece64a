"""Networks: R's netmeta (nets.*) and netmetabin, from the arms of the tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from agreement.frame import CLOSED, LOOSE, Block, Deviation, deviate, number
from trialweave.stats.network import (
    ContrastError,
    Contrasts,
    CountNetwork,
    Network,
    NoNetwork,
    arm_contrasts,
    decompose,
    direct_evidence,
    network,
    network_conditional,
    network_mantel_haenszel,
    p_scores,
    pair_contrasts,
    split,
)
from trialweave.stats.network.hypergeometric import log_likelihood

Array = npt.NDArray[np.float64]

NCH_STOPS_EARLY = (
    "netmetabin's NCH stops before the maximum: its own likelihood is lower at its estimates than "
    "at these (computed for each block)"
)


def _arms(block: Block, measure: str) -> Contrasts | None:
    """The contrasts of the table's arms, None for tables in another form."""
    table, columns = block.table, block.columns
    if measure not in ("OR", "RR", "RD", "MD"):
        return None  # standardising over several arms is a matter of choice: only R's pairs
    if {"study", "treat", "event", "n"} <= set(columns):
        study, treatment, events, n = _counts(block)
        return arm_contrasts(measure, study, treatment, events=events, n=n)  # type: ignore[arg-type]
    if {"study", "treatment", "mi", "sdi", "ni"} <= set(table):
        study = [str(name) for name in table["study"]]
        return arm_contrasts(
            measure, study, table["treatment"],  # type: ignore[arg-type]
            mean=table["mi"], sd=table["sdi"], n=table["ni"],
        )  # fmt: skip
    return None


def _counts(block: Block) -> tuple[list[str], Sequence[str], list[float], list[float]]:
    table, columns = block.table, block.columns
    events, n = ([number(x) for x in table[columns[name]]] for name in ("event", "n"))
    study = [str(name) for name in table[columns["study"]]]
    return study, [str(name) for name in table[columns["treat"]]], events, n


def _pairs(block: Block, measure: str) -> Contrasts | None:
    """The contrasts of the pairs that R made of the table."""
    pairs = block.content.get(f"pairwise_{measure}") or block.content.get("pairwise")
    if pairs is None:
        return None
    return pair_contrasts(
        [str(name) for name in pairs["studlab"]], pairs["treat1"], pairs["treat2"],
        [number(x) for x in pairs["TE"]], [number(x) for x in pairs["seTE"]], measure=measure,
    )  # fmt: skip


def _nets(block: Block) -> Iterator[Deviation]:
    """One call of netmeta, from the arms and from R's pairs where the file has both."""
    want = block.want
    for made in (_arms, _pairs):
        try:
            contrasts = made(block, want["sm"])
        except ContrastError:
            yield deviate("network refused", block.place, np.nan, 0.0, LOOSE, 1.0)
            continue
        if contrasts is None:
            continue
        found = network(contrasts, tau2=want["method_tau"], order=want["treatments"])
        if isinstance(found, NoNetwork):
            yield deviate("network", block.place, np.nan, 0.0, LOOSE, 1.0)
            continue
        yield from _estimates(block, found)
        yield from _heterogeneity(block, found)
        yield from _evidence(block, found)
        yield from _ranking(block, found)


def _estimates(block: Block, found: Network) -> Iterator[Deviation]:
    want, names = block.want, "effect se low high".split()  # noqa: SIM905
    for model, limit in (("common", CLOSED), ("random", _limit(found))):
        ours = found.common if model == "common" else found.random
        theirs = [f"{name}_{model}" for name in ("TE", "seTE", "lower", "upper")]
        for name, key in zip(names, theirs, strict=True):
            if key in want:
                got = getattr(ours, name)
                yield from _matrix(f"network {key}", block, got, want[key], limit, ours.se)
    for key, got in (
        ("lower_predict", found.prediction_low),
        ("upper_predict", found.prediction_high),
    ):
        yield from _matrix(f"network {key}", block, got, want[key], _limit(found), found.random.se)


def _limit(found: Network) -> float:
    return CLOSED if found.tau2_method == "DL" else LOOSE


def _matrix(
    kind: str, block: Block, got: Array, want: Any, limit: float, unit: Array | float
) -> Iterator[Deviation]:
    """The entries off the diagonal; a length in standard errors, or relative where larger."""
    theirs = np.array(want, dtype=np.float64)  # null is NaN
    units = np.broadcast_to(np.asarray(unit, dtype=np.float64), got.shape)
    for at in np.ndindex(*got.shape):
        if len(set(at)) < got.ndim:
            continue
        size = units[at] if np.isfinite(units[at]) and units[at] > 0.0 else 1.0
        scale = float(max(size, abs(theirs[at])) if np.isfinite(theirs[at]) else size)
        yield deviate(kind, f"{block.place} {at}", got[at], theirs[at], limit, scale)


def _heterogeneity(block: Block, found: Network) -> Iterator[Deviation]:
    want = block.want
    parts = decompose(found)
    typical = float(np.median(found.common.se[np.triu_indices(len(found.treatments), 1)])) ** 2
    yield deviate("network tau2", block.place, found.tau2, want["tau2"], _limit(found), typical)
    yield deviate("network I2", block.place, found.i2 / 100.0, want["I2"], CLOSED, 1.0)
    q = max(1.0, found.q)
    rows: list[tuple[str, float, Any, float]] = [
        ("Q", found.q, want["Q"], q),
        ("df", found.df, want["df_Q"], 1.0),
        ("P of Q", found.q_p, want["pval_Q"], 1.0),
        ("Q heterogeneity", parts.within.q, want["Q_heterogeneity"], q),
        ("P heterogeneity", parts.within.p, want["pval_Q_heterogeneity"], 1.0),
        ("Q inconsistency", parts.between.q, want["Q_inconsistency"], q),
        ("P inconsistency", parts.between.p, want["pval_Q_inconsistency"], 1.0),
    ]
    table = want["decomp_design"]
    for at, part in enumerate((parts.total, parts.within, parts.between)):
        rows += [
            ("Q by design", part.q, table["Q_decomp"]["Q"][at], q),
            ("df by design", part.df, table["Q_decomp"]["df"][at], 1.0),
            ("P by design", part.p, table["Q_decomp"]["p"][at], 1.0),
        ]
    random = table["Q_inc_random"]
    rows += [
        ("Q between, random", parts.between_random.q, random["Q"], q),
        ("df between, random", parts.between_random.df, random["df"], 1.0),
        ("P between, random", parts.between_random.p, random["p"], 1.0),
    ]
    for name, got, theirs, unit in rows:
        yield deviate(f"network {name}", block.place, got, theirs, CLOSED, unit)


def _evidence(block: Block, found: Network) -> Iterator[Deviation]:
    want, limit = block.want, _limit(found)
    halves, direct = split(found), direct_evidence(found)
    for key, one, unit in (
        ("TE_direct_random", halves.direct.effect, halves.direct.se),
        ("seTE_direct_random", halves.direct.se, halves.direct.se),
        ("TE_indirect_random", halves.indirect.effect, halves.indirect.se),
    ):
        if key in want:
            yield from _matrix(f"network {key}", block, one, want[key], limit, unit)
    above = np.triu_indices(len(found.treatments), 1)
    share = direct.proportion[above]
    yield from _matrix("network prop_direct", block, share, want["prop_direct_random"], limit, 1.0)
    table = want["netsplit"]
    at = tuple(
        np.array([[found.treatments.index(name) for name in pair.split(":")]
                  for pair in table["comparison"]]).T
    )  # fmt: skip
    rows: list[tuple[str, Array, Array | float]] = [("k", halves.studies.astype(float), 1.0)]
    for name, half in (
        ("direct", halves.direct),
        ("indirect", halves.indirect),
        ("diff", halves.difference),
    ):
        rows += [(f"{name}_TE", half.effect, half.se[at]), (f"{name}_se", half.se, half.se[at])]
    rows.append(("diff_p", halves.difference.p, 1.0))
    for key, got, length in rows:
        kind = f"network netsplit {key}"
        yield from _matrix(kind, block, got[at], table[key], limit, length)


def _ranking(block: Block, found: Network) -> Iterator[Deviation]:
    for small_is_good in (True, False):
        want = block.want[f"pscore_small_values_{'good' if small_is_good else 'bad'}"]
        random = p_scores(found, small_is_good=small_is_good).p_score
        common = p_scores(found, small_is_good=small_is_good, model="common").p_score
        kind = "network P-score"
        yield from _matrix(f"{kind}, random", block, random, want["random"], _limit(found), 1.0)
        yield from _matrix(f"{kind}, common", block, common, want["common"], CLOSED, 1.0)


def _common(
    block: Block, found: Network | CountNetwork | NoNetwork, kind: str, limit: float
) -> Iterator[Deviation]:
    """The estimates of netmetabin; its order of treatments may differ from ours."""
    want = block.want
    if isinstance(found, NoNetwork) or set(found.treatments) != set(want["treatments"]):
        yield deviate(f"{kind} treatments", block.place, np.nan, 0.0, limit, 1.0)
        return
    place = [found.treatments.index(name) for name in want["treatments"]]
    at = np.ix_(place, place)
    se = found.common.se[at]
    yield from _matrix(f"{kind} TE", block, found.common.effect[at], want["TE_common"], limit, se)
    yield from _matrix(f"{kind} seTE", block, se, want["seTE_common"], limit, se)


def _mantel_haenszel(block: Block) -> Iterator[Deviation]:
    found = network_mantel_haenszel(*_counts(block))
    yield from _common(block, found, "netmetabin MH", CLOSED)
    if isinstance(found, CountNetwork):
        unit = max(1.0, found.q)
        for name, got, want in (
            ("Q", found.q, block.want["Q_inconsistency"]),
            ("df", found.df, block.want["df"]),
            ("P", found.q_p, block.want["p"]),
        ):
            yield deviate(f"netmetabin MH {name}", block.place, got, want, CLOSED, unit)


def _conditional(block: Block) -> Iterator[Deviation]:
    """The approximate likelihood; where R is off, its likelihood is compared with ours."""
    counts = _counts(block)
    found = network_conditional(*counts)
    lower = False
    if isinstance(found, CountNetwork):
        effects = dict(zip(found.treatments, -found.common.effect[0], strict=True))
        theirs = -np.array(block.want["TE_common"], dtype=np.float64)[0]
        r = dict(zip(block.want["treatments"], theirs, strict=True))
        if set(effects) == set(r):
            lower = log_likelihood(*counts, r) < log_likelihood(*counts, effects)
    for one in _common(block, found, "netmetabin NCH", LOOSE):
        close = lower and one.size <= 100.0 * LOOSE
        yield one._replace(known=NCH_STOPS_EARLY) if one.wrong and close else one


def _inverse(block: Block) -> Iterator[Deviation]:
    study, treatment, events, n = _counts(block)
    contrasts = arm_contrasts("OR", study, treatment, events=events, n=n)
    found = network(contrasts, tau2=0.0)
    yield from _common(block, found, "netmetabin Inverse", CLOSED)
    if isinstance(found, Network):
        between = decompose(found).between
        for name, got, want in (
            ("Q", between.q, block.want["Q_inconsistency"]),
            ("df", between.df, block.want["df"]),
            ("P", between.p, block.want["p"]),
        ):
            unit = max(1.0, found.q)
            yield deviate(f"netmetabin Inverse {name}", block.place, got, want, CLOSED, unit)


COMPARES: dict[str, Callable[[Block], Iterator[Deviation]]] = {
    **{f"nets.{measure}": _nets for measure in ("OR", "RR", "RD", "MD", "SMD", "ROM", "IRR")},
    "netmetabin_MH": _mantel_haenszel,
    "netmetabin_NCH": _conditional,
    "netmetabin_Inverse": _inverse,
}
