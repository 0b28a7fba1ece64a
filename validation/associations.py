"""Whether the correction for record length holds: associations found where there are none.

``python validation/associations.py`` draws documents of uneven length with independent terms, and
counts the pairs found at a false discovery rate of 5% with and without κ; every one is false. Then
it adds true associations, exchanges the terms of documents at random so that every document keeps
its number of terms and every term its number of documents, and counts again before and after: what
is left after it is false. ``--entries FILE`` does the exchange for a real table: an .npz with
``documents`` and ``terms``, one entry for each mention.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from trialweave.terms.associations import Associations, associate, incidence

RATE = 0.05


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


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--documents", type=int, default=50_000)
    options.add_argument("--terms", type=int, default=10_000)
    options.add_argument("--entries", type=Path)
    given = options.parse_args()
    rng = np.random.default_rng(20260101)
    print("| table | κ | possible pairs | support ≥ 5 | found without κ | found with κ |")
    print("|---|---|---|---|---|---|")
    if given.entries:
        with np.load(given.entries) as file:
            rows, columns = file["documents"], file["terms"]
        real = incidence(rows, columns, (int(rows.max()) + 1, int(columns.max()) + 1))
        print(line("as it is", count(real)))
        print(line("exchanged", count(exchanged(real, 40, rng))))
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
