"""What people decided about pairs of records."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

__all__ = ["Decision", "DecisionRole", "DecisionVerdict"]

DecisionRole = Literal["reviewer", "adjudicator"]
DecisionVerdict = Literal["together", "apart", "withdrawn"]


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one person decided about two records, as it was taken down; never changed afterwards.

    `record_a` is before `record_b`. `previous` is the digest of the decision before it, `digest`
    its own: the SHA-256 of this as JSON with `digest` empty.
    """

    number: int  # from 1
    at: dt.datetime  # UTC, whole seconds
    who: str
    role: DecisionRole
    verdict: DecisionVerdict
    record_a: str
    record_b: str
    because: str
    previous: str
    digest: str = ""

    @property
    def pair(self) -> tuple[str, str]:
        """The two records."""
        return self.record_a, self.record_b
