"""Log-likelihoods of single studies as functions of a linear predictor."""

from __future__ import annotations

import numpy as np
from scipy import optimize, special

from trialweave.stats._arrays import FloatArray
from trialweave.stats.pooling._marginal import ComplexArray

__all__ = ["Binomials", "Hypergeometric", "Poissons", "log_choose"]

_FARTHEST = 700.0  # of a log odds ratio; its exponential is still a number


def log_choose(n: FloatArray, x: FloatArray) -> FloatArray:
    return np.asarray(
        special.gammaln(n + 1.0) - special.gammaln(x + 1.0) - special.gammaln(n - x + 1.0)
    )


def _shaped(values: FloatArray, eta: ComplexArray) -> FloatArray:
    """One number of each study, aligned with predictors (L, M, k) or (L, M, k, nodes)."""
    return values if eta.ndim == 3 else values[:, None]


class Binomials:
    """Events of n with logit predictors; `events` and `sizes` have one array (k,) per cell."""

    def __init__(self, events: list[FloatArray], sizes: list[FloatArray]) -> None:
        self.cells, self._x, self._n = len(events), events, sizes
        self._constant = [log_choose(n, x) for x, n in zip(events, sizes, strict=True)]

    def __call__(
        self, r: int, eta: ComplexArray
    ) -> tuple[ComplexArray, ComplexArray, ComplexArray]:
        x, n = _shaped(self._x[r], eta), _shaped(self._n[r], eta)
        away = np.exp(np.where(eta.real > 0.0, -eta, eta))
        rest = 1.0 / (1.0 + away)
        p = np.where(eta.real > 0.0, rest, away * rest)
        norm = np.log1p(away) + np.where(eta.real > 0.0, eta, 0.0)
        value = x * eta - n * norm + _shaped(self._constant[r], eta)
        return np.asarray(value), np.asarray(x - n * p), np.asarray(-n * away * rest**2)


class Poissons:
    """Events in person-time with log predictors of the rate; one array (k,) per cell."""

    def __init__(self, events: list[FloatArray], times: list[FloatArray]) -> None:
        self.cells, self._x, self._log_t = len(events), events, [np.log(t) for t in times]
        self._constant = [special.gammaln(x + 1.0) for x in events]

    def __call__(
        self, r: int, eta: ComplexArray
    ) -> tuple[ComplexArray, ComplexArray, ComplexArray]:
        x, log_mean = _shaped(self._x[r], eta), eta + _shaped(self._log_t[r], eta)
        mean = np.exp(np.minimum(log_mean.real, 600.0) + 1j * log_mean.imag)
        return x * log_mean - mean - _shaped(self._constant[r], eta), x - mean, -mean


class Hypergeometric:
    """Events of the first arm given all margins, with the log odds ratio as predictor.

    Fisher's noncentral hypergeometric distribution. Complex parts are infinitesimal steps, so a
    function's value there is its value plus the step times its derivative; sums over the support
    are taken of real numbers alone, and once for predictors of one real part.
    """

    cells = 1

    def __init__(self, a: FloatArray, n1: FloatArray, c: FloatArray, n2: FloatArray) -> None:
        self._studies = []
        for x, size1, events, size2 in zip(a, n1, a + c, n2, strict=True):
            support = np.arange(max(0.0, events - size2), min(size1, events) + 1.0)
            logs = log_choose(size1, support) + log_choose(size2, events - support)
            self._studies.append((support - x, logs, float(logs[support == x][0])))

    def __call__(
        self, r: int, eta: ComplexArray
    ) -> tuple[ComplexArray, ComplexArray, ComplexArray]:
        moments = np.empty((4, *eta.real[:, :1].shape))
        for i, (distance, logs, observed) in enumerate(self._studies):
            moments[:, :, :, i] = _cumulants(distance, logs, eta.real[:, :1, i], observed)
        step = 1j * eta.imag
        return (
            -moments[0] - step * moments[1],
            -moments[1] - step * moments[2],
            -moments[2] - step * moments[3],
        )

    def saturated(self) -> tuple[float, FloatArray, FloatArray]:
        """One log odds ratio per study: log-likelihood, the finite ones, their precision.

        At an end of its support a count has probability 1 in the limit, and adds 0.
        """
        value, effects, precision = 0.0, [], []
        for distance, logs, observed in self._studies:
            if distance[0] == 0.0 or distance[-1] == 0.0:
                continue

            def moments(
                eta: float, distance: FloatArray = distance, logs: FloatArray = logs,
                observed: float = observed,
            ) -> FloatArray:  # fmt: skip
                return _cumulants(distance, logs, np.array([eta]), observed)[:, 0]

            # the mean rises with the log odds ratio
            root = optimize.brentq(lambda eta: moments(eta)[1], -_FARTHEST, _FARTHEST, xtol=1e-13)
            found = moments(root)
            value -= found[0]
            effects.append(root)
            precision.append(found[2])
        return value, np.array(effects), np.array(precision)


def _cumulants(
    distance: FloatArray, logs: FloatArray, eta: FloatArray, observed: float
) -> FloatArray:
    """log Σ exp(logs + η·distance) less `observed`, and its three derivatives; (4, *η.shape)."""
    powers = logs + np.multiply.outer(eta, distance)
    top = powers.max(axis=-1)
    shares = np.exp(powers - top[..., None])
    total = shares.sum(axis=-1)
    shares /= total[..., None]
    mean = shares @ distance
    apart = distance - mean[..., None]
    part = shares * apart * apart
    return np.stack(
        [np.log(total) + top - observed, mean, part.sum(axis=-1), (part * apart).sum(axis=-1)]
    )
