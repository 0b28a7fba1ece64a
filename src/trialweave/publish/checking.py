"""Documents that no workspace holds: what they state, and what computing it again gave."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from trialweave.model import Check, Finding
from trialweave.publish.views import RecordRow, Refusal

__all__ = ["CheckedRecord", "FileCheck", "ModelAnswer", "Quoted"]


class Quoted(msgspec.Struct, frozen=True):
    """The words that state a finding, with what is around them; `start` and `end` are characters
    of the text, or with `path` of the value there, -1 where the value is meant as a whole."""

    before: str
    match: str
    after: str
    start: int
    end: int
    path: str


class ModelAnswer(msgspec.Struct, frozen=True):
    """What a language model found, apart from what rules found; every figure stands in the text.

    `refused` says what of its answer was not taken, and why.
    """

    rule: str  # "model:NAME"
    findings: tuple[Finding, ...]
    checks: tuple[Check, ...]
    quotes: dict[str, Quoted]
    refused: tuple[str, ...]
    requests: int


class CheckedRecord(msgspec.Struct, frozen=True):
    """One record of a document: its findings, and the checks of them. `quotes` are by finding."""

    record: RecordRow
    findings: tuple[Finding, ...]
    checks: tuple[Check, ...]
    quotes: dict[str, Quoted]
    model: ModelAnswer | None = None


class FileCheck(msgspec.Struct, frozen=True):
    """What checking a document gave; `exit_code` is 0 where nothing was refused."""

    name: str
    records: tuple[CheckedRecord, ...]
    refused: tuple[Refusal, ...]
    exit_code: int = 0

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of all records."""
        return tuple(finding for each in self.records for finding in each.findings)

    @property
    def checks(self) -> tuple[Check, ...]:
        """The checks of all records."""
        return tuple(check for each in self.records for check in each.checks)

    @property
    def flags(self) -> Iterator[Check]:
        """The checks that flag something."""
        return (check for check in self.checks if check.verdict == "flag")
