"""What people said of terms, in ``terms.jsonl``: a `store._chain`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

from trialweave.model import TermDecision
from trialweave.store import _chain
from trialweave.store._chain import following, whole

__all__ = ["Log", "TermDecisions", "chained", "whole"]

Log: TypeAlias = _chain.Log[TermDecision]
"""The decisions on the disk."""


class TermDecisions(_chain.Chain[TermDecision]):
    """The decisions about terms of the workspace at `root`."""

    def __init__(self, root: Path) -> None:
        super().__init__(
            Path(root) / "terms.jsonl",
            TermDecision,
            name="term decisions",
            one="term decision",
            export="terms decisions --export",
        )


def chained(entries: Sequence[TermDecision], *, at: dt.datetime, **said: Any) -> TermDecision:
    """The decision that follows on `entries`; `said` are its other fields."""
    return following(TermDecision, entries, at=at, **said)
