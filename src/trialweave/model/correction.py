"""What people said of findings: a cell put right, a finding rejected or entered by hand."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

from trialweave.model.decision import DecisionRole
from trialweave.model.value import Passage

__all__ = ["Correction", "CorrectionVerdict", "Edit"]

CorrectionVerdict = Literal["cell", "rejected", "stands", "entered", "withdrawn"]
"""``cell``: a cell is so (also where it was read so); ``rejected``: this is no finding of the
record; ``stands``: it is one; ``entered``: a finding that was not read; ``withdrawn``: what one
said before, no more."""


class Edit(msgspec.Struct, frozen=True, omit_defaults=True):
    """A cell of a finding that is not as it was read: both texts, and the decisions, by number.

    `says` is "" where the cell is to be empty. Without `counted` the cell follows from another
    that was corrected, as `because` tells.
    """

    cell: str  # "a.events", "time": see `results.cells`
    read: str
    says: str
    because: str
    who: tuple[str, ...] = ()  # names as shown
    counted: tuple[int, ...] = ()
    adjudicated: bool = False


class Correction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one person said of one finding, as it was taken down; never changed afterwards.

    It holds for the version of the record that has `record_digest`, for what is read there at
    `passage` of `outcome`, and for a cell only while the reading is `read`; `figures` is a digest
    of the finding as it was read. An entered finding has its cells in `says`, as JSON, and stands
    at `passage` with the words `quote`, or is known from `source`. `of` is the number of the
    decision that is withdrawn, else 0. `previous` is the digest of the line before, `digest` its
    own: the SHA-256 of this as JSON with `digest` empty.
    """

    number: int  # from 1
    at: dt.datetime  # UTC, whole seconds
    who: str
    role: DecisionRole
    verdict: CorrectionVerdict
    record_id: str
    record_digest: str
    passage: Passage | None
    outcome: str
    figures: str
    cell: str
    read: str
    says: str
    quote: str
    source: str
    of: int
    because: str
    previous: str
    digest: str = ""
