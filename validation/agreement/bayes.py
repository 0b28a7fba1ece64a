"""Bayesian random effects, compared with R's bayesmeta."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from agreement.frame import ITERATIVE, LOOSE, Block, Deviation, deviate, number, refused
from trialweave.stats.pooling.bayes import bayes
from trialweave.stats.pooling.bayes_priors import TauPrior

PRIORS = {
    "half-normal": "half-normal", "half-cauchy": "half-Cauchy", "uniform": "uniform",
    "Jeffreys": "Jeffreys", "exponential": "exponential",
}  # fmt: skip
ROUGH = 2e-2  # of the standard deviation

GRID = (
    "bayesmeta replaces the mixture over τ by a grid of few normals (its delta is 0.01); adaptive "
    "integration agrees with ours to 1e-9 (tests/stats/test_stats_bayes.py)"
)
MOMENT = "the posterior of τ falls too slowly for this moment; a finite grid gives it a number"
SEARCHED = "bayesmeta's mode and shortest interval come from a search with R's default tolerance"


def _prior(name: str) -> TauPrior:
    kind, _, scale = name.partition("(")
    plain = PRIORS[kind.strip()]
    number = scale.rstrip(")")
    if number in ("", "improper"):
        return TauPrior(plain)  # type: ignore[arg-type]
    return TauPrior(plain, float(number))  # type: ignore[arg-type]


def compare_bayes(block: Block) -> Iterator[Deviation]:
    """Summaries of the mean, of τ, and of a further study's effect."""
    case = block.content
    for want in block.want:
        if refused(want):
            continue
        place = f"{block.place}: {want['prior']}"
        got = bayes(case["yi"], case["vi"], tau_prior=_prior(want["prior"]))
        for name, key, central, unit in (
            ("tau", "tau", "central_tau", got.tau_posterior),
            ("mu", "mu", "central_mu", got.mu_posterior),
            ("prediction", "theta_pred", "pred_central", got.prediction_posterior),
        ):
            found, rows = getattr(got, name), want["summary_rows"]
            # the middle half of the distribution: heavy tails have no standard deviation
            size = unit.quantile(0.75) - unit.quantile(0.25)
            values = dict(zip(rows, want[key], strict=True))
            compared = [
                (each, getattr(found, each), values[each], LOOSE if each == "mode" else ITERATIVE)
                for each in ("mode", "median", "mean", "sd")
            ]
            compared += [
                ("shortest low", found.shortest_low, values["95% lower"], LOOSE),
                ("shortest high", found.shortest_high, values["95% upper"], LOOSE),
                ("low", found.low, want[central][0], ITERATIVE),
                ("high", found.high, want[central][1], ITERATIVE),
            ]
            for each, value, given, limit in compared:
                wanted = number(given)
                reason = (SEARCHED if limit == LOOSE else "") if name == "tau" else GRID
                known = reason if abs(value - wanted) <= ROUGH * size else ""
                if each in ("mean", "sd") and not math.isfinite(value):
                    known = MOMENT
                yield deviate(f"bayes {name} {each}", place, value, wanted, limit, size, known)
        below = got.mu_posterior.cdf(0.0)
        wanted = want["mu_post_prob_le0"]
        known = GRID if abs(below - wanted) < 1e-3 else ""
        yield deviate("bayes P(mu <= 0)", place, below, wanted, ITERATIVE, 1.0, known)


COMPARES: dict[str, Callable[[Block], Iterator[Deviation]]] = {"bayesmeta": compare_bayes}
