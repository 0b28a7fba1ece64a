"""What people decided about pairs of records: ``decisions.jsonl``, a `store._chain`.

It stands beside the generations and outlives all of them.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeAlias

from trialweave.model import Decision, DecisionRole, DecisionVerdict
from trialweave.store import _chain
from trialweave.store._chain import FIRST, following, whole
from trialweave.store.generations import Generation

__all__ = ["FIRST", "Decisions", "Log", "applied", "chained", "cleaned", "noted", "whole"]

_KEPT: Final = "\u200c\u200d"  # joiners, which words of some scripts need
_UNSEEN: Final = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))

Log: TypeAlias = _chain.Log[Decision]
"""The decisions on the disk."""


class Decisions(_chain.Chain[Decision]):
    """The decisions of the workspace at `root`."""

    def __init__(self, root: Path) -> None:
        super().__init__(
            Path(root) / "decisions.jsonl",
            Decision,
            name="decisions",
            one="decision",
            export="decisions --export",
            flaw=_flaw,
        )


def _flaw(entry: Decision) -> str:
    return "" if entry.record_a < entry.record_b else "its two records are not in their order"


def chained(
    entries: Sequence[Decision],
    *,
    at: dt.datetime,
    who: str,
    role: DecisionRole,
    verdict: DecisionVerdict,
    pair: tuple[str, str],
    because: str,
) -> Decision:
    """The decision that follows on `entries`."""
    record_a, record_b = sorted(pair)
    return following(
        Decision,
        entries,
        at=at,
        who=who,
        role=role,
        verdict=verdict,
        record_a=record_a,
        record_b=record_b,
        because=because,
    )


def cleaned(text: str) -> str:
    """A text of a person on one line, without what would steer a terminal or hide itself."""
    kept = (
        " " if unicodedata.category(mark) in _UNSEEN and mark not in _KEPT else mark
        for mark in unicodedata.normalize("NFC", text)
    )
    return " ".join("".join(kept).split())


def noted(entries: Sequence[Decision]) -> dict[str, str]:
    """What a generation notes of its decisions: how many there were, and the last one's digest."""
    return Decisions(Path()).noted(entries)


def applied(generation: Generation, entries: Sequence[Decision]) -> int:
    """How many of the decisions a generation was built with: see `Chain.applied`."""
    return Decisions(generation.path.parent.parent).applied(generation, entries)
