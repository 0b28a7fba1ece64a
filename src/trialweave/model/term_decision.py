"""What people said of terms in texts: that words name a term, or do not, here or everywhere."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

from trialweave.model.decision import DecisionRole

__all__ = ["TermDecision", "TermVerdict"]

TermVerdict = Literal["is", "is not", "withdrawn"]


class TermDecision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one person said of some words and a term, as it was taken down; never changed.

    `words` are as the text writes them. With `record_id` it is of the words at characters `start`
    to `end` of that record's `field`, and holds while they stand there; with "" of these words
    wherever they stand. `name` is what the vocabulary called the term then. `of` is the number of
    the decision that is withdrawn, else 0. `previous` is the digest of the line before, `digest`
    its own: the SHA-256 of this as JSON with `digest` empty.
    """

    number: int  # from 1
    at: dt.datetime  # UTC, whole seconds
    who: str
    role: DecisionRole
    verdict: TermVerdict
    words: str
    vocabulary: str
    term: str
    name: str
    record_id: str
    field: str
    start: int
    end: int
    of: int
    because: str
    previous: str
    digest: str = ""
