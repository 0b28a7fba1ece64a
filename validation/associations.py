"""Whether the correction for record length holds: associations found where there are none.

``python validation/associations.py`` draws documents of uneven length with independent terms, and
counts the pairs found at a false discovery rate of 5% with and without κ; every one is false. Then
it adds true associations, exchanges the terms of documents at random so that every document keeps
its number of terms and every term its number of documents, and counts again before and after: what
is left after it is false. ``--entries FILE`` does the exchange for a real table: an .npz with
``documents`` and ``terms``, one entry for each mention. ``--workspace DIR`` does it for the
mentions of a workspace, and says how often chance alone then gives a small P.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from scipy.sparse import csr_array

from trialweave.terms.associations import Associations, associate, incidence

RATE = 0.05
LEVELS: Final = (0.05, 0.01, 0.001, 0.0001)
BANDS: Final = (0.0, 0.05, 0.1, 0.2, 0.5, 1.0)  # shares of the documents that have a term


class Found(NamedTuple):
    """Pairs found with and without the correction, of how many tested in principle."""

    corrected: int
    plain: int
    shown: int
    possible: int
    kappa: float


def independent(
    documents: int, terms: int, mean: float, sigma: float, rng: np.random.Generator
) -> csr_array:
    """Terms by Zipf's law, each in documents drawn in proportion to their length and nothing else.

    No document has a term twice, so very frequent terms meet a little less often in long documents
    than the law of κ has it.
    """
    length = rng.lognormal(np.log(mean) - sigma**2 / 2, sigma, documents)
    rows = np.repeat(np.arange(documents), rng.poisson(length))
    weight = 1 / np.arange(10, terms + 10)
    return incidence(
        rows, rng.choice(terms, len(rows), p=weight / weight.sum()), (documents, terms)
    )


def exchanged(found: csr_array, rounds: int, rng: np.random.Generator) -> csr_array:
    """The same degrees of documents and terms, all else at random.

    In a round all entries are paired at random; two entries (i, a), (j, b) become (i, b), (j, a)
    unless one of those is there already or is made twice in the round (Strona and others, Nat
    Commun 2014;5:4114, discuss such exchanges).
    """
    entries = found.tocoo()
    rows, columns = entries.row.astype(np.int64), entries.col.astype(np.int64).copy()
    width = found.shape[1]
    for _ in range(rounds):
        order = rng.permutation(len(rows))
        half = len(rows) // 2
        one, other = order[:half], order[half : 2 * half]
        here = np.sort(rows * width + columns)
        made = np.concatenate(
            [rows[one] * width + columns[other], rows[other] * width + columns[one]]
        )
        place = np.minimum(np.searchsorted(here, made), len(here) - 1)
        _, first, times = np.unique(made, return_inverse=True, return_counts=True)
        bad = (here[place] == made) | (times[first] > 1)
        good = ~(bad[:half] | bad[half:])
        one, other = one[good], other[good]
        columns[one], columns[other] = columns[other], columns[one]
    return incidence(rows, columns, found.shape)


def associated(found: csr_array, pairs: int, rng: np.random.Generator) -> csr_array:
    """With term 2k added to half of the documents of term 2k + 1, for some middling terms."""
    entries = found.tocoo()
    rows, columns = [entries.row], [entries.col]
    for term in range(200, 200 + 2 * pairs, 2):
        own = entries.row[entries.col == term + 1]
        more = own[rng.random(len(own)) < 0.5]
        rows.append(more)
        columns.append(np.full(len(more), term))
    return incidence(np.concatenate(rows), np.concatenate(columns), found.shape)


def count(found: csr_array) -> Found:
    """The pairs at the rate with and without κ."""

    def at_rate(result: Associations) -> int:
        return int(np.count_nonzero(result.q < RATE))

    with_kappa = associate(found)
    plain = associate(found, corrected=False)
    shown = len(with_kappa)
    return Found(at_rate(with_kappa), at_rate(plain), shown, with_kappa.possible, with_kappa.kappa)


def line(label: str, found: Found) -> str:
    """A row of the table."""
    return (
        f"| {label} | {found.kappa:.3f} | {found.possible:,} | {found.shown:,} | "
        f"{found.plain:,} | {found.corrected:,} |"
    )


class Calibration(NamedTuple):
    """How often chance alone, or the real table, gives small P values.

    `shares` of the pairs that were expected to meet 5 times or more (n_a·n_b/N) have a P below each
    level; `above` of the `shown` pairs have IC025 above 0, `found` are at the rate.
    """

    shares: tuple[float, ...]
    above: float
    shown: float
    found: float


def calibration(found: csr_array, corrected: bool) -> Calibration:
    """See `Calibration`."""
    result = associate(found, corrected=corrected)
    counts = np.sort(result.counts[result.counts > 0])
    least = np.ceil(5 * result.documents / counts)
    # Each pair was met from both sides, and a term with itself.
    pairs = (len(counts) - np.searchsorted(counts, least)).sum()
    common = (pairs - np.count_nonzero(counts >= least)) / 2
    often = result.counts[result.a] * result.counts[result.b] >= 5 * result.documents
    shares = [np.count_nonzero(result.p[often] < level) / common for level in LEVELS]
    above = int(np.count_nonzero(result.limits()[0] > 0))
    return Calibration(tuple(shares), above, len(result), int(np.count_nonzero(result.q < RATE)))


def real(table: csr_array, times: int, rng: np.random.Generator) -> None:
    """Print what is found in a real table, and in its exchanges, with and without κ."""
    result = associate(table)
    print(
        f"{table.shape[0]:,} studies, {np.count_nonzero(result.counts):,} terms, "
        f"{np.diff(table.indptr).mean():.0f} a study, {result.possible:,} possible pairs, "
        f"κ {result.kappa:.3f}\n"
    )
    levels = " | ".join(f"P < {level:g}" for level in LEVELS)
    print(f"| table | κ | {levels} | IC025 > 0 | of shown | found |")
    print("|---|---|" + "---|" * (len(LEVELS) + 3))
    drawn = [exchanged(table, 40, rng) for _ in range(times)]
    for label, tables in (("as it is", [table]), (f"exchanged, mean of {times}", drawn)):
        for kappa, corrected in (("without", False), ("with", True)):
            each = [calibration(one, corrected) for one in tables]
            shares = np.mean([one.shares for one in each], axis=0)
            above, shown, found = np.mean([one[1:] for one in each], axis=0)
            told = " | ".join(f"{share:.3%}" for share in shares)
            last = f"{above / shown:.2%} | {shown:,.0f} | {found:,.0f}"
            print(f"| {label} | {kappa} | {told} | {last} |")
    by_frequency(drawn)


def by_frequency(drawn: Sequence[csr_array]) -> None:
    """Print how far κ is right for terms of different frequency, in tables where nothing is true.

    The count of both over n_a·n_b/N should be κ. Pairs that never meet are not among them; of those
    expected to meet 5 times there are next to none.
    """
    print("\n| the more frequent term is in | pairs | n_ab over n_a·n_b/N | P < 0.05 | P < 0.001 |")
    print("|---|---|---|---|---|")
    results = [associate(table, support=1) for table in drawn]
    for low, high in itertools.pairwise(BANDS):
        ratios, ps = [], []
        for each in results:
            first, second = each.counts[each.a], each.counts[each.b]
            plain = first * second / each.documents
            most = np.maximum(first, second) / each.documents
            chosen = (plain >= 5) & (most > low) & (most <= high)
            ratios.append(each.together[chosen] / plain[chosen])
            ps.append(each.p[chosen])
        ratio, p = np.concatenate(ratios), np.concatenate(ps)
        if len(p):
            print(
                f"| {low:.0%} to {high:.0%} | {len(p) / len(drawn):,.0f} | {ratio.mean():.3f} | "
                f"{np.mean(p < 0.05):.2%} | {np.mean(p < 0.001):.3%} |"
            )


def of_workspace(folder: Path, roles: Sequence[str]) -> csr_array:
    """The studies of a workspace and their terms, as its pages count them."""
    from trialweave.publish.terms.filtered import Filter, filtered
    from trialweave.workspace import Workspace

    return filtered(Workspace(folder)._state(), Filter(roles=tuple(roles))).found


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--documents", type=int, default=50_000)
    options.add_argument("--terms", type=int, default=10_000)
    options.add_argument("--entries", type=Path)
    options.add_argument("--workspace", type=Path)
    options.add_argument("--role", action="append", default=[])
    options.add_argument("--times", type=int, default=5)
    given = options.parse_args()
    rng = np.random.default_rng(20260101)
    if given.workspace:
        real(of_workspace(given.workspace, given.role), given.times, rng)
        return
    print("| table | κ | possible pairs | support ≥ 5 | found without κ | found with κ |")
    print("|---|---|---|---|---|---|")
    if given.entries:
        with np.load(given.entries) as file:
            rows, columns = file["documents"], file["terms"]
        table = incidence(rows, columns, (int(rows.max()) + 1, int(columns.max()) + 1))
        print(line("as it is", count(table)))
        print(line("exchanged", count(exchanged(table, 40, rng))))
        return
    for sigma in (0.01, 0.6, 1.0):
        found = independent(given.documents, given.terms, 25, sigma, rng)
        print(line(f"independent, σ of log length {sigma}", count(found)))
        print(line("the same, exchanged", count(exchanged(found, 20, rng))))
    found = associated(independent(given.documents, given.terms, 25, 0.6, rng), 100, rng)
    print(line("100 true associations, σ 0.6", count(found)))
    print(line("the same, exchanged", count(exchanged(found, 20, rng))))


if __name__ == "__main__":
    main()
