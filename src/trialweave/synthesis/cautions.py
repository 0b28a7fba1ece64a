"""Where the model of a synthesis is known to mislead in such data, in words with their source."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from trialweave.synthesis.effects import COUNT_MEASURES, is_ratio
from trialweave.synthesis.models import Data, Model

__all__ = ["cautions"]

_NOTHING_ADDED = ("half with unequal arms", "inverse variance with zeros")


def cautions(model: Model, data: Data) -> tuple[str, ...]:
    """Warnings about pooling the counts of `data` by a model; () where no counts are pooled."""
    from trialweave.stats.pooling.rare import RARE_WARNINGS, misleading

    if model.measure not in COUNT_MEASURES or np.isnan(data.counts.a).all():
        return ()
    ratio = is_ratio(model.measure)
    found = misleading(
        cast("Any", _method(model)), cast("Any", model.measure), *data.counts, drop00=ratio
    )
    beside: tuple[str, ...] = ()  # what is true of a correction that was not made
    if model.zero_cells == "none":
        beside = _NOTHING_ADDED
    elif model.zero_cells == "treatment-arm":
        beside = _NOTHING_ADDED[:1]
    return tuple(
        f"{RARE_WARNINGS[name].text} ({RARE_WARNINGS[name].source}.)"
        for name, holds in found.warnings.items()
        if bool(holds) and name not in beside
    )


def _method(model: Model) -> str:
    """The model as the warnings call it."""
    if model.name in ("MH", "Peto", "GLMM", "beta-binomial"):
        return model.name
    return "DL" if model.name == "random" and model.tau2 == "DL" else "IV"
