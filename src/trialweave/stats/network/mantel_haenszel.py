"""Network meta-analysis of odds ratios by Mantel-Haenszel, for rare events."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from trialweave.stats._arrays import FloatArray
from trialweave.stats.network._counts import CountNetwork, DesignCounts, counts_by_design
from trialweave.stats.network.contrasts import (
    ContrastError,
    Contrasts,
    Note,
    StudyContrasts,
    study_contrasts,
)
from trialweave.stats.network.model import NoNetwork, network

__all__ = ["generalised_mantel_haenszel", "network_mantel_haenszel"]

_NOT_ESTIMABLE = "Designs whose Mantel-Haenszel odds ratios are not finite left out."


def network_mantel_haenszel(
    study: Sequence[str],
    treatment: Sequence[str],
    events: npt.ArrayLike,
    n: npt.ArrayLike,
    *,
    level: float = 0.95,
    order: Sequence[str] | None = None,
) -> CountNetwork | NoNetwork:
    """Common odds ratios from arms, one a row, without any correction of zero cells.

    Efthimiou et al., Stat Med 2019;38:2992-3012 (R's netmetabin, method "MH"): generalised
    Mantel-Haenszel estimates within each design, combined by least squares over designs; what is
    left is the Q of inconsistency. Studies without any event, and arms without events in all
    studies of their design, hold no information and are left out, with notes. Gives `NoNetwork`
    where nothing is left or the rest is not connected. Errors as for `arm_contrasts`.
    """
    designs, notes = counts_by_design(study, treatment, events, n)
    found: list[StudyContrasts] = []
    infinite: dict[str, None] = {}
    used: list[str] = []
    for one in designs:
        name = ":".join(one.treatments)
        try:
            y, v = generalised_mantel_haenszel(one)
            label = f"{name} {len(found)}"  # two designs may be alike once arms are left out
            found.append(study_contrasts(label, one.treatments, y, v, one.n.sum(axis=0)))
            used.extend(one.studies)
        except ContrastError:
            infinite[name] = None
    if infinite:
        notes.append(Note("not estimable", _NOT_ESTIMABLE, tuple(infinite)))
    whole = network(Contrasts("OR", tuple(found), tuple(notes)), tau2=0.0, level=level, order=order)
    if isinstance(whole, NoNetwork):
        return whole
    return CountNetwork(
        method="MH",
        treatments=whole.treatments,
        studies=tuple(used),
        level=whole.level,
        common=whole.common,
        q=whole.q,
        df=whole.df,
        q_p=whole.q_p,
        notes=tuple(notes),
    )


def generalised_mantel_haenszel(one: DesignCounts) -> tuple[FloatArray, FloatArray]:
    """Log odds ratios of each further arm against the first, and their covariance.

    With a events and b others in an arm and N in the study, C_ij = Σ a_i·b_j/N and L_ij =
    log(C_ij/C_ji). Since L_ij + L_jk is not L_ik, an arm is compared with another through all
    arms: mean over h of L_ih - L_jh (Mickey & Elashoff, Biometrics 1985;41:623-635). Variances of
    L_ij after Robins, Breslow & Greenland (Biometrics 1986;42:311-323), covariances of L_ij and
    L_ih dually consistent and free of how groups are labelled (Greenland, Biometrics
    1989;45:183-191). Infinite or NaN where an odds ratio is.
    """
    a, b = one.events, one.n - one.events
    per_square = one.n.sum(axis=1) ** -2.0
    arms = a.shape[1]
    c = np.einsum("si,sj,s->ij", a, b, np.sqrt(per_square))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = c / c.T
        log = np.log(ratio)
        np.fill_diagonal(log, 0.0)

        def triple(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
            return np.asarray(np.einsum("si,sj,sh,s->ijh", x, y, z, per_square))

        total = a + b
        up, down = c, c.T
        # covariance of L_ij with L_ih, three different arms: the four forms of one expectation
        shared = (
            triple(a, b, b) / (up[:, :, None] * up[:, None, :])
            + triple(total, b, a) / (up[:, :, None] * down[:, None, :])
            + triple(total, a, b) / (down[:, :, None] * up[:, None, :])
            + triple(b, a, a) / (down[:, :, None] * down[:, None, :])
        ) / 3.0
        for i in range(arms):
            for j in range(arms):
                r = ratio[i, j]
                cross = a[:, i] * b[:, j] + r * b[:, i] * a[:, j]
                along = a[:, i] + b[:, j] + r * (b[:, i] + a[:, j])
                shared[i, j, j] = (cross * along) @ per_square / (2.0 * c[i, j] ** 2)
    # L_i = Σ_h L_ih/arms; cov(L_ih, L_jg) is 0 for four different arms
    covariance = np.zeros((arms, arms))
    different = ~np.eye(arms, dtype=bool)
    for i in range(arms):
        others = different[i]
        covariance[i, i] = shared[i][np.ix_(others, others)].sum()
        for j in (int(at) for at in np.flatnonzero(others)):
            rest = others & different[j]
            # L_ih with L_jh through h; L_ij with L_jg, and L_ih with L_ji, of opposite signs
            covariance[i, j] = (
                shared[rest, i, j].sum()
                - shared[i, j, j]
                - shared[j, i, rest].sum()
                - shared[i, j, rest].sum()
            )
    covariance /= arms**2
    level = log.mean(axis=1)
    back = covariance[1:, 1:] - covariance[1:, :1] - covariance[:1, 1:] + covariance[0, 0]
    return level[1:] - level[0], back
