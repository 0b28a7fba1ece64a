"""One synthesis, ten thousand ragged ones, and every subset, beside statsmodels and R's metafor.

Random log risk ratios; both sides must agree before their times count. metafor runs in one R
process and times its own loops, without R's start; where Rscript or metafor is missing (Debian:
``apt install r-base-core r-cran-metafor r-cran-jsonlite``) its rows are left out, and said to be.
Run as ``python benchmarks/synthesis.py [SYNTHESES]``.
"""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from statsmodels.stats.meta_analysis import combine_effects

from pool import best_of
from trialweave.stats.exploring import gosh
from trialweave.stats.pooling import pool

SIZES = (10, 100, 1000)
R = """
suppressMessages({library(metafor); library(jsonlite)})
given <- fromJSON(commandArgs(TRUE)[1], simplifyVector = FALSE)
one <- function(set, method, test) tryCatch(
  rma(yi = unlist(set$y), vi = unlist(set$v), method = method, test = test),
  error = function(e) list(se = NA))  # Fisher scoring that did not settle
timed <- function(code) { gc(FALSE); as.numeric(system.time(code)["elapsed"]) }
out <- list()
for (name in names(given$single)) {
  set <- given$single[[name]]; times <- given$times
  out[[paste("DL", name)]] <- timed(for (i in 1:times) one(set, "DL", "z")) / times
  out[[paste("REML", name)]] <- timed(for (i in 1:times) one(set, "REML", "knha")) / times
}
found <- numeric(0)
all <- given$ragged
out$ragged <- timed(for (set in all) found <- c(found, one(set, "REML", "knha")$se)) / length(all)
out$se <- found
write(toJSON(out, digits = I(15), auto_unbox = TRUE), commandArgs(TRUE)[2])
"""


def effects(rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Effects around -0.2 with τ of 0.3, and variances as of trials of 30 to 600 patients."""
    v = rng.uniform(0.01, 0.4, shape)
    return rng.normal(-0.2, np.sqrt(v + 0.09)), v


def ragged(rng: np.random.Generator, syntheses: int) -> tuple[np.ndarray, np.ndarray]:
    """Sets of 3 to 12 studies, padded with NaN."""
    y, v = effects(rng, (syntheses, 12))
    beyond = np.arange(12) >= rng.integers(3, 13, syntheses)[:, None]
    return np.where(beyond, np.nan, y), np.where(beyond, np.nan, v)


def _set(y: np.ndarray, v: np.ndarray) -> dict[str, list[float]]:
    used = np.isfinite(y)
    return {"y": y[used].tolist(), "v": v[used].tolist()}


def metafor(given: dict[str, Any]) -> dict[str, Any] | None:
    """Seconds of metafor for each single set and for one ragged set; None where it is missing."""
    program = shutil.which("Rscript")
    if program is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "run.R").write_text(R)
        (place / "in.json").write_text(json.dumps(given))
        command = [program, str(place / "run.R"), str(place / "in.json"), str(place / "out.json")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print("R did not run:", *done.stderr.strip().splitlines()[-3:])
            return None
        found: dict[str, Any] = json.loads((place / "out.json").read_text())
        return found


def main(syntheses: int = 10_000, at_least: float = 0.5, in_r: int = 300) -> dict[str, float]:
    """Print the table; gives the ratios by name."""
    rng = np.random.default_rng(20260102)
    single = {str(k): effects(rng, (k,)) for k in SIZES}
    y, v = ragged(rng, syntheses)
    given = {
        "single": {name: _set(*pair) for name, pair in single.items()},
        "times": 5 if in_r > 10 else 1,
        "ragged": [_set(*pair) for pair in zip(y[:in_r], v[:in_r], strict=True)],
    }
    theirs = metafor(given)
    print(f"Python {platform.python_version()}, numpy {np.__version__}; seconds, best of several")
    print(f"{'':58}{'here':>11}{'rival':>11}{'ratio':>9}")
    ratios: dict[str, float] = {}

    def row(name: str, ours: float, rival: float | None) -> None:
        other = (
            "" if rival is None else f"{rival:11.2e}{rival / ours:8.{0 if rival > ours else 1}f}×"
        )
        print(f"{name:58}{ours:11.2e}{other}")
        if rival is not None:
            ratios[name] = rival / ours

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        _one_at_a_time(single, theirs, at_least, row)
        _ragged(y, v, theirs, at_least, row)
    k = 15
    few = effects(rng, (k,))
    seconds = best_of(1, at_least, lambda: gosh(*few, tau2="DL"))
    row(f"GOSH, all {2**k:,} subsets of {k} studies, DL", seconds, None)
    return ratios


def _one_at_a_time(
    single: dict[str, Any], theirs: dict[str, Any] | None, at_least: float, row: Callable[..., None]
) -> None:
    for name, (y, v) in single.items():
        ours = best_of(1, at_least, lambda y=y, v=v: pool(y, v, tau2="DL", interval="Wald"))  # type: ignore[misc]
        rival = best_of(1, at_least, lambda y=y, v=v: combine_effects(y, v, method_re="chi2"))  # type: ignore[misc]
        row(f"one of {name} studies, DL, beside statsmodels", ours, rival)
        if theirs:
            row(f"one of {name} studies, DL, beside metafor", ours, theirs[f"DL {name}"])
        ours = best_of(1, at_least, lambda y=y, v=v: pool(y, v))  # type: ignore[misc]
        rival_r = theirs[f"REML {name}"] if theirs else None
        row(f"one of {name} studies, REML, HK, Q-profile, beside metafor", ours, rival_r)


def _ragged(
    y: np.ndarray,
    v: np.ndarray,
    theirs: dict[str, Any] | None,
    at_least: float,
    row: Callable[..., None],
) -> None:
    def loop() -> np.ndarray:
        return np.array(
            [
                combine_effects(
                    a[np.isfinite(a)], b[np.isfinite(b)], method_re="chi2"
                ).mean_effect_re
                for a, b in zip(y, v, strict=True)
            ]
        )

    plain = pool(y, v, tau2="DL", interval="Wald", tau2_interval=False)
    compared = plain.tau2 > 0
    apart = float(np.max(np.abs(plain.estimate - loop())[compared] / plain.se[compared]))
    if not apart <= 1e-9:
        raise AssertionError(f"the two sides disagree by {apart:.1e} standard errors")
    ours = best_of(2, at_least, lambda: pool(y, v, tau2="DL", interval="Wald", tau2_interval=False))
    row(f"{len(y):,} of 3 to 12 studies, DL, beside statsmodels", ours, best_of(1, 0.0, loop))
    ours = best_of(2, at_least, lambda: pool(y, v, tau2_interval=False))
    rival = None
    if theirs:
        se = np.array([np.nan if x in (None, "NA") else x for x in theirs["se"]], dtype=float)
        apart = float(np.nanmax(np.abs(pool(y[: len(se)], v[: len(se)]).se / se - 1)))
        if not apart <= 1e-3:  # metafor's REML stops at an absolute tolerance
            raise AssertionError(f"the two sides disagree by {apart:.1e}")
        rival = theirs["ragged"] * len(y)
    row(f"{len(y):,} of 3 to 12 studies, REML, HK, beside metafor", ours, rival)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
