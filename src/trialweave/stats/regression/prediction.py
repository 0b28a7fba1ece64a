"""Mean effects and true effects of new studies, predicted by a meta-regression."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from trialweave.stats._arrays import FloatArray, floats
from trialweave.stats.regression._gls import fit
from trialweave.stats.regression._studies import scaled
from trialweave.stats.regression._tests import quantile
from trialweave.stats.regression.mixed_effects import Regression

__all__ = ["Predicted", "Prediction", "predict"]

Prediction = Literal["k-p", "k-p-1", "normal", "KH"]


class Predicted(NamedTuple):
    """Predicted mean effects for new moderators: arrays of shape (n,).

    `low` to `high` is the interval of the mean; `pi_low` to `pi_high` that of the true effect in
    a new study, with `pi_df` degrees of freedom (inf for normal), NaN where there are none.
    """

    estimate: FloatArray
    se: FloatArray
    low: FloatArray
    high: FloatArray
    pi_low: FloatArray
    pi_high: FloatArray
    pi_df: float
    notes: tuple[str, ...]


def predict(fitted: Regression, x: npt.ArrayLike, *, prediction: Prediction = "k-p") -> Predicted:
    """Predict the mean effect at each row of `x` (n, p), made by `fitted.design.at`.

    The interval of the mean is that of the model's test. The prediction interval is
    estimate ± t·√(τ² + se²): "k-p" and "k-p-1" degrees of freedom (the latter extends Higgins,
    Thompson & Spiegelhalter, JRSS A 2009;172:137-159) or "normal", each with the se of weights
    alone, or "KH" with k - p degrees of freedom and the se of the model's test.
    Not defined (NaN, and a note) for a common effect, and where no degree of freedom is left.

    Raises ValueError for a wrong number of columns and an unknown kind of prediction.
    """
    if prediction not in get_args(Prediction):
        raise ValueError(f"unknown prediction {prediction!r}; there are {get_args(Prediction)}")
    rows = np.atleast_2d(floats(x))
    if rows.ndim != 2 or rows.shape[1] != fitted.p:
        raise ValueError(f"new moderators need {fitted.p} columns, not the shape {rows.shape}")
    estimate = rows @ fitted.coefficients.estimate
    variance = np.einsum("np,pq,nq->n", rows, fitted.covariance, rows)
    se = np.sqrt(np.maximum(variance, 0.0))
    half = quantile(np.full(1, fitted.df), fitted.level) * se
    df = float(fitted.k - fitted.p - (prediction == "k-p-1"))
    notes: list[str] = []
    if fitted.tau2_method in ("CE", "EE"):
        notes.append("A common effect has no prediction interval.")
        df = np.nan
    elif df <= 0.0:
        notes.append("A prediction interval with k - p - 1 degrees of freedom needs more studies.")
        df = np.nan
    elif prediction == "normal":
        df = np.inf
    spread = variance
    if prediction != "KH" and fitted.scale != 1.0:
        spread = _unscaled(fitted, rows)
    wide = quantile(np.full(1, df), fitted.level) * np.sqrt(fitted.tau2 + spread)
    return Predicted(
        estimate, se, estimate - half, estimate + half, estimate - wide, estimate + wide, df,
        tuple(notes),
    )  # fmt: skip


def _unscaled(fitted: Regression, rows: FloatArray) -> FloatArray:
    """Variance of the predicted mean without the Knapp-Hartung factor, which may be 0."""
    used = fitted.used
    x = scaled(fitted.y[used], fitted.v[used], fitted.design.x[used])
    found = fit(x.rows, np.full(1, fitted.tau2 / x.unit**2))
    root = (rows / x.columns * x.unit) @ found.inverse[0]
    return np.asarray(np.einsum("np,np->n", root, root))
