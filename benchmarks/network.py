"""One network meta-analysis of 100 studies and 20 treatments, beside the rivals that are there.

Always beside a dense `statsmodels.api.GLS` of the same model, of equal covariance; beside R's
netmeta and metafor's rma.mv where `Rscript`, jsonlite and the package are installed. Nothing is
installed here: ``apt-get install r-base-core r-cran-metafor r-cran-jsonlite``, and in R
``install.packages("netmeta")``.
All sides must agree before their times count. Run as ``python benchmarks/network.py [STUDIES]``.
"""

from __future__ import annotations

import importlib.metadata
import json
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import statsmodels.api as sm
from scipy.linalg import block_diag

from trialweave.stats.network import (
    Contrasts,
    Network,
    contributions,
    decompose,
    direct_evidence,
    network,
    p_scores,
    split,
    study_contrasts,
)

TREATMENTS = 20
R_RUNS = 5

# Each prints the fastest seconds of some runs and the estimates against the first treatment.
R_SCRIPTS = {
    "metafor": """
        suppressMessages(library(metafor))
        fit <- function(method) rma.mv(d$y, d$V, mods = d$X, intercept = FALSE,
            random = ~ comparison | study, struct = "CS", rho = 0.5, method = method)
        comparison <- factor(d$comparison); study <- factor(d$study)
        best <- min(sapply(1:runs, function(i) system.time(f <<- fit("REML"))[["elapsed"]]))
        effects <- c(f$beta)
    """,
    "netmeta": """
        suppressMessages(library(netmeta))
        fit <- function() netmeta(d$te, d$se, d$t1, d$t2, d$pairs, method.tau = "REML",
            details.chkmultiarm = FALSE)
        best <- min(sapply(1:runs, function(i) system.time(f <<- fit())[["elapsed"]]))
        effects <- f$TE.random[d$names[-1], d$names[1]]
    """,
}
R_FRAME = """
args <- commandArgs(trailingOnly = TRUE); runs <- as.integer(args[1])
d <- jsonlite::fromJSON(file("stdin"))
{body}
cat(jsonlite::toJSON(list(seconds = best, effects = effects), digits = NA))
"""


class Dense(NamedTuple):
    """All studies stacked: effects, covariance, its pattern of heterogeneity, contrasts."""

    y: np.ndarray
    v: np.ndarray
    s: np.ndarray
    x: np.ndarray


def random_network(studies: int) -> tuple[Contrasts, tuple[str, ...]]:
    """Studies of two to four arms; the first ones chain all treatments together."""
    rng = np.random.default_rng(20260101)
    truth = rng.normal(0.0, 0.5, TREATMENTS)
    names = tuple(f"t{i:02d}" for i in range(TREATMENTS))
    found = []
    for i in range(studies):
        arms = int(rng.choice([2, 3, 4], p=[0.8, 0.15, 0.05]))
        chosen = rng.choice(TREATMENTS, arms, replace=False)
        if i < TREATMENTS - 1:
            chosen = np.array([i, i + 1])
        v = rng.uniform(0.02, 0.3, chosen.size)
        x = truth[chosen] + rng.normal(0.0, np.sqrt(v + 0.04))
        labels = [names[t] for t in chosen]
        covariance = v[0] + np.diag(v[1:])
        found.append(
            study_contrasts(f"s{i:03d}", labels, x[1:] - x[0], covariance, np.full(len(v), 50.0))
        )
    return Contrasts("", tuple(found)), names


def dense(contrasts: Contrasts, names: tuple[str, ...]) -> Dense:
    x = [
        [(name == label) * 1.0 - (name == one.treatments[0]) for name in names[1:]]
        for one in contrasts.studies
        for label in one.treatments[1:]
    ]
    patterns = [(np.eye(len(one.effects)) + 1.0) / 2.0 for one in contrasts.studies]
    return Dense(
        np.concatenate([one.effects for one in contrasts.studies]),
        block_diag(*[one.covariance for one in contrasts.studies]),
        block_diag(*patterns),
        np.array(x),
    )


def for_r(contrasts: Contrasts, names: tuple[str, ...], d: Dense) -> str:
    """The same studies for rma.mv (contrasts) and for netmeta (all pairs)."""
    rows: dict[str, list[Any]] = {name: [] for name in ("te", "se", "t1", "t2", "pairs")}
    for one in contrasts.studies:
        effects = np.concatenate([[0.0], one.effects])
        c = np.pad(one.covariance, ((1, 0), (1, 0)))
        for i in range(len(effects)):
            for j in range(i):
                variance = c[i, i] + c[j, j] - 2.0 * c[i, j]
                values = (effects[i] - effects[j], variance**0.5, one.treatments[i],
                          one.treatments[j], one.study)  # fmt: skip
                for column, value in zip(rows.values(), values, strict=True):
                    column.append(value)
    study = [one.study for one in contrasts.studies for _ in one.effects]
    against = [f"{one.treatments[0]}:{name}" for one in contrasts.studies
               for name in one.treatments[1:]]  # fmt: skip
    whole = {"y": d.y.tolist(), "V": d.v.tolist(), "X": d.x.tolist(), "names": names}
    return json.dumps(whole | {"study": study, "comparison": against} | rows)


def in_r(package: str, data: str) -> tuple[float, np.ndarray] | None:
    """Seconds of R's fastest run and its estimates; None, with a word, where it is not there."""
    program = shutil.which("Rscript")
    needed = (
        f'q(status = !all(sapply(c("jsonlite", "{package}"), requireNamespace, quietly = TRUE)))'
    )
    if program is None or subprocess.run([program, "-e", needed], check=False).returncode:
        print(f"{package} is not installed: see the head of this file; left out")
        return None
    script = R_FRAME.replace("{body}", R_SCRIPTS[package])
    done = subprocess.run(
        [program, "-e", script, str(R_RUNS)], input=data, text=True, capture_output=True, check=True
    )
    told = json.loads(done.stdout)
    return float(told["seconds"][0]), np.array(told["effects"], dtype=float)


def best_of(repeats: int, seconds: float, work: Callable[[], object]) -> float:
    """Seconds of the fastest of `repeats` runs, or of more until so many seconds are over."""
    times: list[float] = []
    while len(times) < repeats or sum(times) < seconds:
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def agree(ours: np.ndarray, theirs: np.ndarray, se: np.ndarray, limit: float, who: str) -> None:
    deviation = float(np.max(np.abs(ours - theirs) / se))
    if not deviation <= limit:
        raise AssertionError(f"{who} disagrees by {deviation:.1e} standard errors")


def main(
    studies: int = 100, repeats: int = 5, at_least: float = 0.5, *, with_r: bool = True
) -> dict[str, float]:
    """Print the table; gives seconds by name."""
    contrasts, names = random_network(studies)
    d = dense(contrasts, names)

    def ours(method: str) -> Network:
        found = network(contrasts, tau2=method)  # type: ignore[arg-type]
        if not isinstance(found, Network):
            raise AssertionError("the network is not connected")
        return found

    found = ours("REML")
    estimates, se = found.random.effect[1:, 0], found.random.se[1:, 0]
    weights = d.v + found.tau2 * d.s

    def statsmodels_gls() -> np.ndarray:
        return np.asarray(sm.GLS(d.y, d.x, sigma=weights).fit().params)

    def everything() -> None:
        one = ours("REML")
        direct_evidence(one), split(one), decompose(one), contributions(one)
        p_scores(one, small_is_good=True)

    agree(estimates, statsmodels_gls(), se, 1e-9, "statsmodels")
    seconds = {
        "statsmodels GLS, τ² given, estimates only": best_of(repeats, at_least, statsmodels_gls),
        "τ² given": best_of(repeats, at_least, lambda: network(contrasts, tau2=found.tau2)),
        "DL": best_of(repeats, at_least, lambda: ours("DL")),
        "REML, limits of τ², prediction": best_of(repeats, at_least, lambda: ours("REML")),
        "REML and all that follows": best_of(repeats, at_least, everything),
    }
    if with_r:
        data = for_r(contrasts, names, d)
        for package, title in (
            ("metafor", "metafor rma.mv, REML"),
            ("netmeta", "netmeta, REML, league and Q"),
        ):
            told = in_r(package, data)
            if told is not None:
                agree(estimates, told[1], se, 1e-3, package)  # their τ² is found loosely
                seconds[title] = told[0]
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in ("numpy", "scipy", "statsmodels")
    )
    print(f"Python {platform.python_version()}, {versions}; best of {repeats} runs or more")
    print(f"{studies} studies, {TREATMENTS} treatments, {d.y.size} contrasts; τ² {found.tau2:.4f}")
    base = seconds["REML, limits of τ², prediction"]
    print(f"{'':46}{'ms':>10}{'of ours by REML':>18}")
    for name, value in seconds.items():
        print(f"{name:46}{1000 * value:>10.2f}{value / base:>17.2f}×")
    return seconds


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
