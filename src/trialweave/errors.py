"""Everything that can go wrong, as one tree. Users see the message, never a traceback.

TrialweaveError                    exit code
├── InputError                     a document given to us cannot be taken
│   ├── UnknownKind          10    no source recognises it
│   ├── Unreadable           11    empty, truncated or malformed
│   ├── WrongEncoding        12    not valid UTF-8
│   ├── TooLarge             13    over the size limit
│   ├── NoIdentifier         14    a record that names no identifier
│   └── Hostile              15    entity bombs, absurd nesting
├── NotFound                 16    nothing in the workspace answers to that name
├── WorkspaceError           17    not a workspace, locked, damaged, no space left
├── NothingToPool            18    the question has no findings that can be pooled
├── SeveralRefused           19    more than one input was refused, for different reasons
├── FetchFailed              20    a live source did not answer, or not as it should
├── Incomplete               21    a live source gave less than it promised; nothing of it was taken
└── NotADecision             22    a decision cannot be taken down as it was given
"""

from __future__ import annotations

import re

__all__ = [
    "FetchFailed",
    "Hostile",
    "Incomplete",
    "InputError",
    "NoIdentifier",
    "NotADecision",
    "NotFound",
    "NothingToPool",
    "SeveralRefused",
    "TooLarge",
    "TrialweaveError",
    "UnknownKind",
    "Unreadable",
    "WorkspaceError",
    "WrongEncoding",
]


_UNSEEN = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LONGEST = 1000  # characters; messages may quote a document, which may be anything


class TrialweaveError(Exception):
    """Base of all errors meant for users: `what` happened, `where`, and what to do `next`."""

    exit_code = 19

    def __init__(self, what: str, *, where: str = "", next_step: str = "") -> None:
        what = _UNSEEN.sub("\ufffd", what)
        self.what = what if len(what) <= _LONGEST else f"{what[:_LONGEST]}…"
        self.where = where
        self.next_step = next_step
        super().__init__(str(self))

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head} {self.next_step}".strip()


class InputError(TrialweaveError):
    """A document given to us cannot be taken; the others of the same call still are."""


class UnknownKind(InputError):
    """No source recognises the document."""

    exit_code = 10


class Unreadable(InputError):
    """The document is empty, truncated or malformed."""

    exit_code = 11


class WrongEncoding(InputError):
    """The document is not valid UTF-8."""

    exit_code = 12


class TooLarge(InputError):
    """The document is over the size limit."""

    exit_code = 13


class NoIdentifier(InputError):
    """The document is of a known kind but names no identifier."""

    exit_code = 14


class Hostile(InputError):
    """The document would cost far more than its size: entity bombs, absurd nesting."""

    exit_code = 15


class NotFound(TrialweaveError):
    """Nothing in the workspace answers to that name."""

    exit_code = 16


class WorkspaceError(TrialweaveError):
    """The folder is no workspace, is locked or damaged, or its disk is full."""

    exit_code = 17


class NothingToPool(TrialweaveError):
    """The question has no findings that can be pooled."""

    exit_code = 18


class SeveralRefused(TrialweaveError):
    """More than one input of a call was refused, for different reasons."""

    exit_code = 19


class FetchFailed(TrialweaveError):
    """A live source did not answer, or not as it should; the message says what was tried."""

    exit_code = 20


class Incomplete(TrialweaveError):
    """A live source gave less than it promised; what came waits for the next run."""

    exit_code = 21


class NotADecision(TrialweaveError):
    """A decision cannot be taken down as it was given: no reason, a record with itself."""

    exit_code = 22
