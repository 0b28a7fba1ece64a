"""Deduplicated references for people and programs: counts, groups with reasons, RIS and CSV.

References that came as RIS are handed on as they were received; others are written out of what
was read of them. A kept reference without DOI, PubMed number or abstract gets that of a duplicate.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from trialweave.model import Publication
from trialweave.publish.csv_table import csv_text
from trialweave.publish.views import Refusal
from trialweave.studies.deduplication import Outcome, Reference

__all__ = [
    "DedupeView",
    "DuplicateRow",
    "FileCount",
    "GroupRow",
    "PairRow",
    "ReferenceRow",
    "decisions_csv",
    "unique_ris",
    "view_of",
]


class ReferenceRow(msgspec.Struct, frozen=True):
    """One reference for listing: where it stands, and what it is."""

    file: str
    number: int
    title: str
    author: str
    year: int | None
    journal: str
    doi: str
    pmid: str


class DuplicateRow(msgspec.Struct, frozen=True):
    """A removed reference and the reason; `probability` is 1 for a number in common."""

    reference: ReferenceRow
    reason: str
    probability: float
    rule: str


class GroupRow(msgspec.Struct, frozen=True):
    """References that are one, and which of them is kept."""

    kept: ReferenceRow
    duplicates: tuple[DuplicateRow, ...]


class PairRow(msgspec.Struct, frozen=True):
    """Two kept references that may be one, for a person; `against` is what kept them apart."""

    a: ReferenceRow
    b: ReferenceRow
    probability: float
    why: str
    against: str


class FileCount(msgspec.Struct, frozen=True):
    """Of one file, as a PRISMA flow diagram asks: `identified` is what could be read."""

    file: str
    identified: int
    duplicates_within: int
    duplicates_of_others: int
    kept: int


class DedupeView(msgspec.Struct, frozen=True):
    """What deduplication gave. `identified` = `kept` + `removed`; refused are not counted."""

    identified: int
    removed: int
    kept: int
    files: tuple[FileCount, ...]
    groups: tuple[GroupRow, ...]
    probable: tuple[PairRow, ...]
    refused: tuple[Refusal, ...]
    exit_code: int


def view_of(outcome: Outcome, refused: Sequence[Refusal], exit_code: int) -> DedupeView:
    """The outcome with its references for listing."""
    rows = [_row(reference) for reference in outcome.references]
    return DedupeView(
        identified=len(rows),
        removed=outcome.removed,
        kept=len(outcome.kept),
        files=tuple(
            FileCount(each.file, each.identified, each.within, each.across, each.kept)
            for each in outcome.counts
        ),
        groups=tuple(
            GroupRow(
                rows[group.kept],
                tuple(
                    DuplicateRow(rows[one.index], one.reason, one.probability, one.rule)
                    for one in group.duplicates
                ),
            )
            for group in outcome.groups
        ),
        probable=tuple(
            PairRow(rows[pair.a], rows[pair.b], pair.probability, pair.why, pair.against)
            for pair in outcome.probable
        ),
        refused=tuple(refused),
        exit_code=exit_code,
    )


def _row(reference: Reference) -> ReferenceRow:
    told = reference.publication
    authors = told.authors.content or ()
    return ReferenceRow(
        file=reference.file,
        number=reference.place,
        title=told.title.content or "",
        author=(authors[0].content or "") if authors else "",
        year=told.published.content.year if told.published.content is not None else None,
        journal=told.journal.content or "",
        doi=told.doi.content or "",
        pmid=told.pmid.content or "",
    )


def decisions_csv(outcome: Outcome) -> str:
    """One row a reference, in the order given: kept or a duplicate, of which, and why."""
    duplicates = {
        one.index: (group.kept, one) for group in outcome.groups for one in group.duplicates
    }
    looks: dict[int, list[str]] = {}
    for pair in outcome.probable:
        for at, other in ((pair.a, pair.b), (pair.b, pair.a)):
            against = f", but {pair.against}" if pair.against else ""
            said = f"{_named(outcome.references[other])} ({pair.why}{against}; {pair.probability})"
            looks.setdefault(at, []).append(said)
    rows = []
    for at, reference in enumerate(outcome.references):
        row = _row(reference)
        kept, one = duplicates.get(at, (None, None))
        rows.append(
            (
                *(row.file, row.number, "kept" if one is None else "duplicate"),
                "" if kept is None else _named(outcome.references[kept]),
                "" if one is None else one.reason,
                "" if one is None else one.probability,
                "; ".join(looks.get(at, ())[:20]),
                *(row.title, row.author, row.year, row.journal, row.doi, row.pmid),
            )
        )
    header = ("file", "number", "decision", "duplicate_of", "reason", "probability", "look_at",
              "title", "first_author", "year", "journal", "doi", "pmid")  # fmt: skip
    return csv_text(header, rows)


def _named(reference: Reference) -> str:
    return f"{reference.file}, reference {reference.place}"


def unique_ris(outcome: Outcome) -> str:
    """The kept references as RIS, in the order given."""
    others = {group.kept: group.duplicates for group in outcome.groups}
    parts = []
    for at in outcome.kept:
        reference = outcome.references[at]
        gained = list(
            _gained(
                reference.publication,
                [outcome.references[one.index].publication for one in others.get(at, ())],
            )
        )
        parts.append(_with_lines(reference.own, gained) or _written(reference, gained))
    return "\r\n".join(parts)


_Line = tuple[str, str]
_END = re.compile(r"^[ \t]{0,4}ER {1,2}-[^\r\n]*", re.MULTILINE)


def _with_lines(own: str, lines: Sequence[_Line]) -> str:
    """A reference as received with lines before its end; "" where it has no end of its own."""
    ends = list(_END.finditer(own))
    if not ends:
        return ""
    more = "".join(f"{tag}  - {text}\r\n" for tag, text in lines)
    body = own[: ends[-1].start()]
    if not body.endswith(("\n", "\r")):
        body += "\r\n"
    return f"{body}{more}ER  - \r\n"


def _gained(kept: Publication, others: Sequence[Publication]) -> Iterator[_Line]:
    """What the kept reference does not state and a duplicate does."""
    for tag, name in (("DO", "doi"), ("C5", "pmid")):
        if not getattr(kept, name).content:
            found = sorted({getattr(one, name).content for one in others} - {None})
            if len(found) == 1:  # where duplicates state different ones, none is taken over
                yield tag, _plain(found[0])
    if not _abstract(kept):
        longest = max((_abstract(one) for one in others), key=lambda it: (len(it), it), default="")
        if longest:
            yield "AB", longest


def _written(reference: Reference, gained: Sequence[_Line]) -> str:
    told = reference.publication
    date = told.published.content
    lines: list[_Line] = [("TY", "JOUR")]
    if told.kind.content:
        lines.append(("M3", _plain(told.kind.content)))
    lines.append(("TI", _plain(told.title.content or "")))
    lines += [("AU", _plain(author.content or "")) for author in told.authors.content or ()]
    lines.append(("PY", str(date.year) if date is not None else ""))
    lines.append(("JF", _plain(told.journal.content or "")))
    lines.append(("VL", _plain(told.volume.content or "")))
    for each in told.other:
        text = _plain(each.value.content or "")
        if each.label == "Issue":
            lines.append(("IS", text))
        elif each.label in ("First page", "Pages"):
            first, _, last = text.partition("-")
            lines += [("SP", first.strip()), ("EP", last.strip("- "))]
        elif each.label == "Last page":
            lines.append(("EP", text))
        elif each.label == "Accession number":
            lines.append(("AN", text))
    lines.append(("DO", _plain(told.doi.content or "")))
    lines.append(("C5", _plain(told.pmid.content or "")))
    lines.append(("UR", _plain(told.url.content or "")))
    lines += [("KW", _plain(word.content or "")) for word in told.trial.keywords.content or ()]
    lines.append(("AB", _abstract(told)))
    lines += gained
    return "".join(f"{tag}  - {text}\r\n" for tag, text in lines if text) + "ER  - \r\n"


def _abstract(told: Publication) -> str:
    parts = [
        f"{each.label}: {each.text.content}" if each.label else (each.text.content or "")
        for each in told.sections.content or ()
        if each.part != "body"
    ]
    return _plain(" ".join(part for part in parts if part))


_CONTROL = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def _plain(text: str) -> str:
    """One line, without what would end a field or run in a terminal."""
    return " ".join(_CONTROL.sub(" ", text).split())
