"""What the operations answer: frozen, complete, and the same for terminal, page, API and Python.

Every displayed value carries the record, passage and rule that it came from.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

from trialweave.model import (
    Check,
    DecisionRole,
    DecisionVerdict,
    Finding,
    Link,
    Missingness,
    Notice,
    Passage,
    Report,
    Study,
    Suggestion,
)
from trialweave.model.change import Change, FieldNote

__all__ = [
    "AddReport",
    "AgreementRow",
    "Cell",
    "CheckView",
    "ConceptRow",
    "ConflictRow",
    "DecisionReport",
    "DecisionRow",
    "DecisionsView",
    "DocumentView",
    "HistoryView",
    "LinkView",
    "PairRow",
    "RecordHistory",
    "RecordRow",
    "Refusal",
    "SearchHit",
    "SearchView",
    "StatusView",
    "StudyView",
    "SuggestionRow",
    "VersionRow",
    "Why",
    "WhyEntry",
]

Agreement = Literal["agree", "conflict", "one source", "not reported", "not compared"]


class Refusal(msgspec.Struct, frozen=True):
    """A document, or a record in one, that could not be taken, and why."""

    name: str
    error: str  # class name of the error, see errors.py
    message: str
    exit_code: int


class RecordRow(msgspec.Struct, frozen=True):
    """One record of a study, for listing."""

    record_id: str
    source: str
    source_title: str
    kind: str
    identifier: str
    title: str
    version: int
    versions: int
    file_name: str
    sha256: str
    received_at: dt.datetime
    stated: str  # the record's own date of last change, "" where it has none


class AddReport(msgspec.Struct, frozen=True):
    """What an `add` did. `exit_code` is 0 where nothing was refused.

    `new` counts the versions of records that were taken. The first thousand are listed in `added`;
    `studies` and `suggestions` are about those.
    """

    documents: int
    new: int
    added: tuple[RecordRow, ...]
    unchanged: int  # records that were there already
    refused: tuple[Refusal, ...]
    studies: tuple[str, ...]  # ids of the studies the added records belong to
    suggestions: int
    generation: int
    exit_code: int
    fields: tuple[FieldNote, ...] = ()  # not as their source was known to have them


class VersionRow(msgspec.Struct, frozen=True):
    """One version of a record, and what changed from the one before it.

    `valid_from` is the day from which it holds: that of last change which the record states
    ("record"), else that on which it was received ("receipt").
    """

    version: int
    valid_from: dt.date
    dated_by: Literal["record", "receipt"]
    received_at: dt.datetime
    file_name: str
    sha256: str
    current: bool
    changes: tuple[Change, ...]


class RecordHistory(msgspec.Struct, frozen=True):
    """The versions of one record, the earliest first."""

    record_id: str
    versions: tuple[VersionRow, ...]


class HistoryView(msgspec.Struct, frozen=True):
    """The versions of a study's records."""

    study: Study
    records: tuple[RecordHistory, ...]
    generation: int


class SearchHit(msgspec.Struct, frozen=True):
    """One study found, with the text around a match."""

    study_id: str
    title: str
    identifiers: tuple[str, ...]
    sources: tuple[str, ...]
    status: str
    phase: str
    enrollment: str
    flags: int
    before: str
    match: str
    after: str
    notices: tuple[str, ...] = ()  # kinds: "retraction" of an article of the study, "correction" …


class SearchView(msgspec.Struct, frozen=True):
    """Answer of a search: what was asked, how many match, one page of them, and the facets."""

    query: str
    filters: dict[str, tuple[str, ...]]
    total: int
    offset: int
    hits: tuple[SearchHit, ...]
    facets: dict[str, dict[str, int]]
    generation: int


class Cell(msgspec.Struct, frozen=True):
    """What one record states for one concept (or one item of a list)."""

    record_id: str
    source_title: str
    address: str  # ask `why` with this
    text: str
    missingness: Missingness
    raw: str | None
    rule: str
    passage: Passage | None
    preferred: bool
    label: str = ""  # what the record calls it, where it has a name of its own: "Methods"


class ConceptRow(msgspec.Struct, frozen=True):
    """One concept of a study with what each record states, and whether they agree.

    `because` says why the preferred value is preferred, by which rule; "" where one record alone
    states it.
    """

    concept: str
    title: str
    group: str
    who_item: str
    agreement: Agreement
    cells: tuple[Cell, ...]
    because: str = ""


class SuggestionRow(msgspec.Struct, frozen=True):
    """A proposed repair and the record it is about."""

    record_id: str
    suggestion: Suggestion


class StudyView(msgspec.Struct, frozen=True):
    """Everything known of one study."""

    study: Study
    records: tuple[RecordRow, ...]
    concepts: tuple[ConceptRow, ...]
    findings: tuple[Finding, ...]
    checks: tuple[Check, ...]
    links: tuple[Link, ...]
    suggestions: tuple[SuggestionRow, ...]
    generation: int
    reports: tuple[Report, ...] = ()  # the same records, those that tell one thing together
    notices: tuple[Notice, ...] = ()  # retractions and corrections of articles among them


class CheckView(msgspec.Struct, frozen=True):
    """The findings of one study and what re-computing them gave."""

    study: Study
    records: tuple[RecordRow, ...]
    findings: tuple[Finding, ...]
    checks: tuple[Check, ...]
    notices: tuple[Notice, ...] = ()


class LinkView(msgspec.Struct, frozen=True):
    """The links of one study's records, to each other and to records kept apart.

    `outlooks` says of each link, in the same order, which single facts would change it.
    """

    study: Study
    records: tuple[RecordRow, ...]
    links: tuple[Link, ...]
    outlooks: tuple[tuple[str, ...], ...]


class DecisionRow(msgspec.Struct, frozen=True):
    """One decision of a person about two records. Of an e-mail address only the name is shown."""

    number: int
    at: dt.datetime
    who: str
    role: DecisionRole
    verdict: DecisionVerdict
    record_a: str
    record_b: str
    because: str
    previous: str  # digest of the decision before
    digest: str


class PairRow(msgspec.Struct, frozen=True):
    """What holds of two records by decisions, and by which, by number.

    `joined` is whether they are in one study now; None where one of them is not here, so that the
    decision rests.
    """

    record_a: str
    record_b: str
    outcome: Literal["together", "apart", "in dispute"]
    adjudicated: bool
    counted: tuple[int, ...]
    joined: bool | None


class ConflictRow(msgspec.Struct, frozen=True):
    """Records decided apart that others, decided together, would join: by numbers of decisions.

    Apart holds.
    """

    apart: tuple[int, ...]
    together: tuple[int, ...]


class AgreementRow(msgspec.Struct, frozen=True):
    """How two reviewers agree on the pairs that both judged; None where it is not defined."""

    reviewer_a: str
    reviewer_b: str
    pairs: int
    agreed: int
    observed: float
    kappa: float | None  # Cohen's
    lower: float | None  # of its 95% interval
    upper: float | None
    note: str


class DecisionsView(msgspec.Struct, frozen=True):
    """All decisions in their order, what holds of each pair, and what wants looking at."""

    entries: tuple[DecisionRow, ...]
    pairs: tuple[PairRow, ...]
    disputes: tuple[PairRow, ...]
    conflicts: tuple[ConflictRow, ...]
    resting: tuple[PairRow, ...]  # about records that are not, or no longer, here
    agreement: tuple[AgreementRow, ...]
    waiting: tuple[int, ...]  # taken down, and not applied before the next generation
    cut: str  # what a crash left of a decision; the next one drops it
    generation: int
    written: str = ""  # the file that was asked for


class DecisionReport(msgspec.Struct, frozen=True):
    """What a decision did. `pair` is what holds now, None where no decision stands any more."""

    entry: DecisionRow
    pair: PairRow | None
    conflicts: tuple[ConflictRow, ...]  # in which the pair takes part
    studies: tuple[Study, ...]  # that now hold the two records
    generation: int
    dropped: str = ""  # what a crash had left of a decision, and was dropped


class WhyEntry(msgspec.Struct, frozen=True):
    """One statement of a value, down to the passage in the received document."""

    record_id: str
    source_title: str
    file_name: str
    sha256: str
    version: int
    received_at: dt.datetime
    stated: str
    address: str
    title: str
    text: str
    missingness: Missingness
    raw: str | None
    rule: str
    path: str
    start: int  # characters into the record's received text; -1 where there is no passage
    end: int
    before: str
    match: str
    after: str


class Why(msgspec.Struct, frozen=True):
    """Where the values of one concept of a study come from."""

    study_id: str
    concept: str
    title: str
    entries: tuple[WhyEntry, ...]


class StatusView(msgspec.Struct, frozen=True):
    """What a workspace holds."""

    path: str
    generation: int
    documents: int
    records: int
    studies: int
    findings: int
    flags: int
    flagged_studies: int
    sources: dict[str, int]


class DocumentView(msgspec.Struct, frozen=True):
    """The received text of one record, with a passage of it (start is -1 where none was asked)."""

    record: RecordRow
    text: str
    start: int
    end: int
