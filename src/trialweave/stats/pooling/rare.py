"""Where a way of pooling rare events is known to mislead: warnings, each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from trialweave.stats._arrays import BoolArray, FloatArray
from trialweave.stats.pooling.mantel_haenszel import mantel_haenszel, peto
from trialweave.stats.pooling.zero_cells import ZeroCells, zero_cells

__all__ = ["RARE_WARNINGS", "Misleading", "RareMethod", "RareWarning", "misleading"]

RareMethod = Literal["IV", "DL", "MH", "MH corrected", "Peto", "GLMM", "beta-binomial"]
_MEASURES = ("OR", "RR", "RD")


class RareWarning(NamedTuple):
    """What is to be known about a method, and who found it."""

    text: str
    source: str


RARE_WARNINGS: Mapping[str, RareWarning] = {
    "half with unequal arms": RareWarning(
        "0.5 is added to the cells of studies with a zero whose arms differ in size by half or "
        "more: the correction itself then pulls the ratio towards the larger arm.",
        "Sweeting, Sutton & Lambert, Stat Med 2004;23:1351-1375",
    ),
    "inverse variance with zeros": RareWarning(
        "A third or more of the studies have a zero cell: inverse-variance weights then rest on "
        "what was added to the cells, and the estimate is biased towards no difference.",
        "Bradburn, Deeks, Berlin & Localio, Stat Med 2007;26:53-77",
    ),
    "tau2 with few events": RareWarning(
        "Fewer than 1 in 100 patients have an event: DerSimonian and Laird's τ² and the weights "
        "that use it are then biased, mostly towards no heterogeneity.",
        "Shuster, Stat Med 2010;29:1259-1265; Bradburn et al., Stat Med 2007;26:53-77",
    ),
    "Peto with unequal arms": RareWarning(
        "Arms differ in size by half or more: Peto's odds ratio is then biased, the more so the "
        "larger the effect.",
        "Greenland & Salvan, Stat Med 1990;9:247-252; Bradburn et al., Stat Med 2007;26:53-77",
    ),
    "Peto with a large effect": RareWarning(
        "Peto's odds ratio is below 0.4 or above 2.5: at so large an effect it lies nearer to 1 "
        "than the odds ratio.",
        "Greenland & Salvan, Stat Med 1990;9:247-252; Fleiss, Stat Methods Med Res 1993;2:121-145",
    ),
    "Peto with frequent events": RareWarning(
        "More than 1 in 10 patients have an event: Peto's odds ratio is made for rarer ones.",
        "Bradburn, Deeks, Berlin & Localio, Stat Med 2007;26:53-77",
    ),
    "double zero left out": RareWarning(
        "Studies without any event (or with events only) say nothing on a ratio and carry no "
        "weight: the estimate is not for their patients, and absolute risks must count them.",
        "Friedrich, Adhikari & Beyene, BMC Med Res Methodol 2007;7:5; Kuss, Stat Med 2015;34:1097",
    ),
    "double zero corrected": RareWarning(
        "Studies without any event (or with events only) enter with an effect made by the "
        "correction alone, which pulls a ratio towards 1.",
        "Bradburn, Deeks, Berlin & Localio, Stat Med 2007;26:53-77",
    ),
    "not estimable": RareWarning(
        "An arm of all studies together has no event, or events only: without a correction this "
        "ratio is infinite or not defined, and with one it is made by the correction.",
        "Mantel & Haenszel, JNCI 1959;22:719-748; Greenland & Robins, Biometrics 1985;41:55-68",
    ),
    "inverse variance of risk differences": RareWarning(
        "Studies without any event have the smallest variances of a risk difference and take most "
        "of the weight: the estimate is biased towards 0 with intervals that are too wide.",
        "Bradburn, Deeks, Berlin & Localio, Stat Med 2007;26:53-77",
    ),
    "few events for a random effect": RareWarning(
        "Fewer than five studies have an event: a model with a normal random effect estimates τ² "
        "from next to nothing, mostly as 0.",
        "Jackson, Law, Stijnen, Viechtbauer & White, Stat Med 2018;37:1059-1085",
    ),
}

_UNEQUAL = 1.5  # the sizes of arms, the larger over the smaller
_MANY_ZEROS = 1.0 / 3.0  # of the studies
_RARE, _FREQUENT = 0.01, 0.1  # events per patient
_LARGE = np.log(2.5)  # of an odds ratio, either way
_FEW_STUDIES = 5


class Misleading(NamedTuple):
    """A boolean array per key of `RARE_WARNINGS`, and the counts that they follow from."""

    warnings: Mapping[str, BoolArray]
    counts: ZeroCells

    def notes_at(self, *index: int) -> tuple[RareWarning, ...]:
        """The warnings of one synthesis; without index, of the only one."""
        return tuple(RARE_WARNINGS[name] for name, true in self.warnings.items() if true[index])


def misleading(
    method: RareMethod,
    measure: Literal["OR", "RR", "RD"],
    a: npt.ArrayLike,
    n1: npt.ArrayLike,
    c: npt.ArrayLike,
    n2: npt.ArrayLike,
    *,
    drop00: bool = True,
) -> Misleading:
    """Warnings about a method of pooling tables along the last axis (NaN as padding).

    "IV" inverse variance with 0.5 added to tables with a zero cell, common effect or with another
    τ² than "DL" (the same with DerSimonian and Laird's); "MH" Mantel-Haenszel without correction;
    "MH corrected" with 0.5, as RevMan; "Peto"; "GLMM"; "beta-binomial". `drop00` says whether
    studies without any event (or with events only) are left out where they could be corrected.
    A warning does not say that the figure is wrong: it says that the method is known to be biased,
    or to cover less than it claims, in such data. Errors as for `effects.effect`, and ValueError
    for an unknown method or measure, and for Peto with another measure than OR.
    """
    if method not in get_args(RareMethod):
        raise ValueError(f"no method {method!r}; there are {get_args(RareMethod)}")
    if measure not in _MEASURES or (method in ("Peto", "GLMM") and measure != "OR"):
        raise ValueError(f"no {method} method for {measure!r}")
    counts = zero_cells(a, n1, c, n2)
    ratio = measure != "RD"
    inverse = method in ("IV", "DL")
    halved = inverse or method == "MH corrected"
    studies = np.maximum(counts.studies, 1)
    double = counts.double_zero + counts.double_full
    zeros = counts.single_zero + (0 if ratio and drop00 else double)
    some: BoolArray = counts.studies > 0
    with np.errstate(invalid="ignore"):
        risk = counts.risk
        unequal = np.asarray(_unequal_zeros(a, n1, c, n2)) >= _UNEQUAL
        imbalance = counts.imbalance >= _UNEQUAL
        extreme = np.abs(_peto(a, n1, c, n2)) > _LARGE
        rare, frequent = risk < _RARE, risk > _FREQUENT
    informative = counts.studies - double
    undefined = np.isnan(_uncorrected(measure, a, n1, c, n2)) if ratio else ~some
    found = {
        "half with unequal arms": halved & unequal & ratio,
        "inverse variance with zeros": inverse & ratio & (zeros >= _MANY_ZEROS * studies) & some,
        "tau2 with few events": (method == "DL") & rare,
        "Peto with unequal arms": (method == "Peto") & imbalance,
        "Peto with a large effect": (method == "Peto") & extreme,
        "Peto with frequent events": (method == "Peto") & frequent,
        "double zero left out": ratio
        & (double > 0)
        & (drop00 | (not halved))
        & (method != "beta-binomial"),
        "double zero corrected": ratio & (double > 0) & halved & (not drop00),
        "not estimable": some & undefined & ratio & (method != "Peto"),
        "inverse variance of risk differences": inverse & (not ratio) & (double > 0),
        "few events for a random effect": (method in ("GLMM", "DL"))
        & some
        & (informative < _FEW_STUDIES),
    }
    shape = counts.studies.shape
    return Misleading(
        {name: np.broadcast_to(np.asarray(found[name], bool), shape) for name in RARE_WARNINGS},
        counts,
    )


def _unequal_zeros(
    a: npt.ArrayLike, n1: npt.ArrayLike, c: npt.ArrayLike, n2: npt.ArrayLike
) -> FloatArray:
    """The largest ratio of the arms' sizes among the studies with a zero in one arm alone."""
    a, n1, c, n2 = (np.atleast_1d(np.asarray(each, float)) for each in (a, n1, c, n2))
    one = ((a == 0) != (c == 0)) | ((a == n1) != (c == n2))
    return zero_cells(*(np.where(one, each, np.nan) for each in (a, n1, c, n2))).imbalance


def _peto(a: npt.ArrayLike, n1: npt.ArrayLike, c: npt.ArrayLike, n2: npt.ArrayLike) -> FloatArray:
    return peto(a, n1, c, n2).estimate


def _uncorrected(
    measure: str, a: npt.ArrayLike, n1: npt.ArrayLike, c: npt.ArrayLike, n2: npt.ArrayLike
) -> FloatArray:
    return mantel_haenszel("OR" if measure == "OR" else "RR", a, n1, c, n2).estimate
