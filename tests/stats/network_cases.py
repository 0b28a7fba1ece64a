"""An invented network, networks made at random, and slow dense formulas to compare with."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from trialweave.stats.network import Contrasts, Network, network, study_contrasts

# Invented: ten studies of five treatments, two of them with more than two arms.
ARMS = """
s1 A 12 100 | s1 B 20 98 | s2 A 5 60 | s2 B 14 64 | s3 A 9 80 | s3 C 17 85 | s4 B 11 70
s4 C 8 75 | s5 A 10 120 | s5 B 22 118 | s5 C 19 121 | s6 C 30 90 | s6 D 18 95 | s7 A 7 50
s7 B 13 52 | s7 D 9 51 | s7 E 16 49 | s8 D 12 66 | s8 E 25 70 | s9 A 21 88 | s9 C 15 90
s10 B 6 44 | s10 C 15 47
"""


class Arms(NamedTuple):
    study: list[str]
    treatment: list[str]
    events: list[float]
    n: list[float]


def invented() -> Arms:
    rows = [row.split() for row in ARMS.replace("\n", "|").split("|") if row.strip()]
    study, treatment, events, n = (list(column) for column in zip(*rows, strict=True))
    return Arms(study, treatment, [float(x) for x in events], [float(x) for x in n])


def at_random(
    seed: int, *, studies: int = 14, treatments: int = 5, spread: float = 0.5
) -> Contrasts:
    """Studies of two to four arms; the first ones make a chain, so that all are connected."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(0.0, 1.0, treatments)
    found = []
    for s in range(studies):
        arms = int(rng.choice([2, 2, 2, 3, 4]))
        chosen = rng.choice(treatments, arms, replace=False)
        if s < treatments - 1:
            chosen = np.array([s, s + 1])
        v = rng.uniform(0.02, 0.5, chosen.size)
        x = truth[chosen] + rng.normal(0.0, np.sqrt(v + spread**2 / 2.0))
        cov = v[0] + np.diag(v[1:])
        names = [chr(ord("a") + t) for t in chosen]
        sizes = np.full(chosen.size, 50.0)
        found.append(study_contrasts(f"s{s}", names, x[1:] - x[0], cov, sizes))
    return Contrasts("", tuple(found))


class Dense(NamedTuple):
    """Effects, covariance of effects, heterogeneity pattern, contrasts: all studies, stacked."""

    y: np.ndarray
    v: np.ndarray
    s: np.ndarray
    x: np.ndarray  # (rows, treatments)


def dense(contrasts: Contrasts, treatments: tuple[str, ...]) -> Dense:
    rows = sum(len(one.effects) for one in contrasts.studies)
    y, v, s = np.zeros(rows), np.zeros((rows, rows)), np.zeros((rows, rows))
    x = np.zeros((rows, len(treatments)))
    at = 0
    for one in contrasts.studies:
        m = len(one.effects)
        block = slice(at, at + m)
        y[block], v[block, block] = one.effects, one.covariance
        s[block, block] = (np.eye(m) + 1.0) / 2.0
        for k, name in enumerate(one.treatments[1:]):
            x[at + k, treatments.index(name)] = 1.0
            x[at + k, treatments.index(one.treatments[0])] = -1.0
        at += m
    return Dense(y, v, s, x)


class Solved(NamedTuple):
    effect: np.ndarray
    se: np.ndarray
    q: float
    p: np.ndarray  # W - WX(X'WX)⁻X'W


def solve(d: Dense, tau2: float) -> Solved:
    """Generalised least squares by pseudo-inverse: every comparison at once."""
    w = np.linalg.inv(d.v + tau2 * d.s)
    m = np.linalg.pinv(d.x.T @ w @ d.x)
    theta = m @ d.x.T @ w @ d.y
    variance = np.diag(m)[:, None] + np.diag(m) - 2.0 * m
    p = w - w @ d.x @ m @ d.x.T @ w
    return Solved(
        theta[:, None] - theta, np.sqrt(np.maximum(variance, 0.0)), float(d.y @ p @ d.y), p
    )


def analysed(contrasts: Contrasts, **options: object) -> Network:
    found = network(contrasts, **options)  # type: ignore[arg-type]
    assert isinstance(found, Network)
    return found
