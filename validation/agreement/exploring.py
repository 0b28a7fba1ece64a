"""Diagnostics of single studies, compared with metafor."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from agreement.frame import ITERATIVE, Block, Deviation, deviate, numbers
from trialweave.stats.exploring import influence


def compare_influence(block: Block) -> Iterator[Deviation]:
    """DFBETAS of every study."""
    y, v = (numbers(block.content[name]) for name in ("yi", "vi"))
    used = np.isfinite(y) & np.isfinite(v)
    got = influence(y[used], v[used]).dfbetas
    for i, (g, w) in enumerate(zip(got, block.want["dfbetas"], strict=True)):
        yield deviate("influence DFBETAS", f"{block.place} #{i}", g, w, ITERATIVE, 1.0)


COMPARES = {"influence_REML": compare_influence}
