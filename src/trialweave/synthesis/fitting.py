"""From a fitted model to the estimates that a synthesis shows, pooled and by subgroups."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import special

from trialweave.synthesis.answer import Estimate, Heterogeneity, Subgroup, Subgroups
from trialweave.synthesis.effects import natural, number
from trialweave.synthesis.models import Data, Fit, Model, fit_sets, usable

__all__ = ["estimate", "shown", "subgroups"]


def estimate(model: Model, data: Data) -> Estimate | None:
    """The pooled effect of two studies or more; None where there are fewer, or it is undefined."""
    sets = usable(model, data)[None, :]
    return None if sets.sum() < 2 else shown(model, *_fits(model, data, sets, limits=True)[0])


def shown(model: Model, found: Fit, wald: Fit) -> Estimate | None:
    """A fit as it is printed, with the Wald interval beside; None where it is not defined."""
    pooled = natural(model.measure, found.estimate)
    if pooled is None:
        return None
    return Estimate(
        measure=model.measure,
        k=found.k,
        estimate=pooled,
        low=natural(model.measure, found.low),
        high=natural(model.measure, found.high),
        p=number(found.p),
        df=number(found.df),
        wald_low=natural(model.measure, wald.low),
        wald_high=natural(model.measure, wald.high),
        prediction_low=natural(model.measure, found.pi_low),
        prediction_high=natural(model.measure, found.pi_high),
        prediction_df=number(found.pi_df),
        heterogeneity=Heterogeneity(
            tau2=number(found.tau2),
            tau2_low=number(found.tau2_low),
            tau2_high=number(found.tau2_high),
            i2=number(found.i2),
            i2_low=number(found.i2_low),
            i2_high=number(found.i2_high),
            h2=number(found.h2),
            q=number(found.q),
            q_df=max(found.q_df, 0),
            q_p=number(found.q_p),
        ),
        notes=found.notes,
    )


def subgroups(by: str, model: Model, data: Data, names: Sequence[str]) -> Subgroups:
    """Each subgroup pooled by itself, and the test whether they differ.

    `names` are the subgroups of the studies. Q between is that of the subgroups' pooled effects
    about their inverse-variance mean, on one degree of freedom less than there are subgroups, as
    in RevMan: τ² is estimated in each subgroup by itself, and a subgroup of one study enters with
    its own variance (Borenstein & Higgins, Prev Sci 2013;14:134-143). None, with a note, where
    fewer than two subgroups have an effect.
    """
    distinct = sorted(set(names))
    labels = np.asarray(names)
    sets = np.array([labels == name for name in distinct]) & usable(model, data)
    fits = _fits(model, data, sets, limits=True)
    groups = tuple(
        Subgroup(name, found.k, shown(model, found, wald) if found.k > 1 else None)
        for name, (found, wald) in zip(distinct, fits, strict=True)
    )
    z = float(special.ndtri(0.5 + model.level / 2.0))
    estimates = np.array([wald.estimate for _, wald in fits])
    errors = np.array([wald.high - wald.low for _, wald in fits]) / (2.0 * z)
    defined = np.isfinite(estimates) & (errors > 0.0)
    df = int(defined.sum()) - 1
    notes = []
    if model.name == "random":
        notes.append("τ² is estimated in each subgroup by itself.")
    alone = [group.name for group in groups if group.k == 1]
    if alone:
        notes.append(f"A single study stands for {', '.join(alone)}, with its own variance.")
    if df < 1:
        notes.append("Fewer than two subgroups have an effect: there is no test between them.")
        return Subgroups(by, groups, None, max(df, 0), None, tuple(notes))
    weights = 1.0 / errors[defined] ** 2
    mean = np.sum(weights * estimates[defined]) / np.sum(weights)
    q = float(np.sum(weights * (estimates[defined] - mean) ** 2))
    p = number(special.chdtrc(df, q))
    return Subgroups(by, groups, number(q), df, p, tuple(notes))


def _fits(model: Model, data: Data, sets: np.ndarray, *, limits: bool) -> list[tuple[Fit, Fit]]:
    """The fit of each set, and that with the Wald interval."""
    found = fit_sets(model, data, sets, tau2_interval=limits)
    if model.name != "random" or model.interval == "Wald":
        return [(one, one) for one in found]
    walds = fit_sets(model._replace(interval="Wald"), data, sets)
    return list(zip(found, walds, strict=True))
