"""Checks of documents that no workspace holds: nothing is written, nothing is kept."""

from __future__ import annotations

import codecs
import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from trialweave.errors import (
    InputError,
    NotFound,
    SeveralRefused,
    UnknownKind,
    WrongEncoding,
)
from trialweave.intake import documents, refusal
from trialweave.model import Draft, Finding, Received, Record, Study
from trialweave.publish.checking import CheckedRecord, FileCheck, ModelAnswer, Quoted
from trialweave.publish.state import SOURCE_TITLES
from trialweave.publish.study import record_row
from trialweave.records.passages import Locator, excerpt
from trialweave.records.versions import harmonised
from trialweave.sources import plain, read_each

if TYPE_CHECKING:
    from trialweave.live.extractor import Model

__all__ = ["check_bytes", "check_file", "check_text"]

_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def check_text(text: str, *, model: Model | None = None) -> FileCheck:
    """Read a text, such as an abstract, and compute again what it states.

    Any document that can be added is read as what it is; any other text as an article without a
    name. Spans count characters of `text`. With a `model` (`live.extractor.Model`) it is asked
    too, and what it finds stands apart. Raises InputError where it cannot be read.
    """
    return check_bytes(text.encode("utf-8", "replace"), "text", model=model)


def check_bytes(data: bytes, name: str, *, model: Model | None = None) -> FileCheck:
    """As `check_text`, for the bytes of a document: UTF-8, or UTF-16 with its mark."""
    return _checked(name, [Received(name, data)], model)


def check_file(path: str | Path, *, model: Model | None = None) -> FileCheck:
    """As `check_text`, for a file, or all documents in an archive.

    What cannot be read is refused with its reason and the others are still checked. Raises
    NotFound where there is no such file, and InputError where nothing of it can be read.
    """
    path = Path(path)
    if not path.is_file():
        raise NotFound("there is no such file.", where=str(path), next_step="Check the spelling.")
    return _checked(path.name, documents(path), model)


def _checked(
    name: str, contents: Iterable[Received | InputError], model: Model | None
) -> FileCheck:
    records: list[CheckedRecord] = []
    problems: list[tuple[str, InputError]] = []
    for content in contents:
        if isinstance(content, InputError):
            problems.append((name, content))
            continue
        received = _utf8(content)
        try:
            drafts = list(_drafts(received, problems))
        except InputError as error:
            problems.append((received.name, error))
            continue
        for record in harmonised(drafts, received, dt.datetime.now(dt.UTC)):
            records.append(_record(received, record, model))
    if problems and not records:
        raise problems[0][1]
    refused = [refusal(where, error) for where, error in problems]
    codes = {each.exit_code for each in refused}
    code = SeveralRefused.exit_code if len(codes) > 1 else next(iter(codes), 0)
    return FileCheck(name, tuple(records), tuple(refused), code)


def _utf8(received: Received) -> Received:
    """The document in UTF-8; as it is where it has no mark of UTF-16."""
    for mark, encoding in _UTF16.items():
        if received.data.startswith(mark):
            try:
                text = received.data[len(mark) :].decode(encoding)
            except UnicodeDecodeError:
                break
            return Received(received.name, text.encode("utf-8", "replace"), received.origin)
    return received


def _drafts(received: Received, problems: list[tuple[str, InputError]]) -> Iterator[Draft]:
    try:
        for each in read_each(received):
            if isinstance(each, Draft):
                yield each
            else:
                problems.append((received.name, each))
    except WrongEncoding as error:
        raise WrongEncoding(
            error.what,
            where=error.where,
            next_step="Save the text again as UTF-8: iconv -f WINDOWS-1252 -t UTF-8 FILE.",
        ) from None
    except UnknownKind as error:
        if received.data.startswith(b"%PDF"):
            raise UnknownKind(
                error.what,
                where=error.where,
                next_step="Save the text of the PDF first, and check that: "
                "pdftotext FILE.pdf - | trialweave check -",
            ) from None
        if not _is_text(received.data):
            raise
        yield plain.draft_of(received)


def _is_text(data: bytes) -> bool:
    """Whether nothing but the form is unknown: no archive, no picture, no workbook."""
    if b"\0" in data or data.startswith((b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\x89PNG", b"GIF8")):
        return False
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return True


def _record(received: Received, record: Record, model: Model | None) -> CheckedRecord:
    from trialweave.appraisal import appraise
    from trialweave.results import read_findings

    findings = read_findings(record)
    study = Study(record.record_id, record.title, (record.record_id,), ())
    held = {record.record_id: record}
    title = plain.TITLE if record.source == plain.SOURCE else SOURCE_TITLES[record.source]
    answer = None
    if model is not None:
        read = model.read(record)
        answer = ModelAnswer(
            model.rule,
            read.findings,
            appraise(study, held, read.findings),
            _quotes(received, record, read.findings),
            read.refused,
            read.requests,
        )
    return CheckedRecord(
        record_row(record, title, 1),
        findings,
        appraise(study, held, findings),
        _quotes(received, record, findings),
        answer,
    )


def _quotes(received: Received, record: Record, findings: Sequence[Finding]) -> dict[str, Quoted]:
    places = Locator(received, record)
    found: dict[str, Quoted] = {}
    for finding in findings:
        where = finding.passage
        if where is None:
            continue
        try:
            told = excerpt(places.locate(where))
        except (NotFound, InputError):
            continue
        found[finding.finding_id] = Quoted(
            told.before, told.match, told.after, where.start, where.end, where.path
        )
    return found
