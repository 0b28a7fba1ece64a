"""What changed between two answers to one question, and why.

In: an answer with what it rests on (records in their versions, corrections), as it was kept, and
the answer of today. Out: the differences that a report of a living review names (PRISMA-LSR, Akl et
al., BMJ 2024;387:e079183): studies that are new or gone, numbers that are other, flags and notices,
the pooled effect; each with the reason, where one is known. Nothing is computed anew here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from trialweave.model import Finding, Record, Study
from trialweave.synthesis.answer import Estimate, Row, Synthesis
from trialweave.synthesis.choose import Chosen

__all__ = ["Answered", "Basis", "Changes", "Difference", "Held", "basis_of", "changes"]

Kind = Literal[
    "question",
    "new study",
    "study gone",
    "number",
    "flag",
    "notice",
    "pooled",
    "program",
]


class Held(msgspec.Struct, frozen=True):
    """One record in the version that an answer rests on; `digest` is that of its own bytes."""

    record_id: str
    version: int
    digest: str


class Basis(msgspec.Struct, frozen=True):
    """What stands behind one study's row: its records, and what people put right in its numbers.

    `edits` are sentences, each with the finding that it is about.
    """

    study_id: str
    records: tuple[Held, ...]
    edits: tuple[str, ...] = ()


class Answered(msgspec.Struct, frozen=True):
    """An answer to a saved question as it was kept: when, by which version of the program."""

    at: dt.datetime
    program: str
    generation: int
    answer: Synthesis
    basis: tuple[Basis, ...]


class Difference(msgspec.Struct, frozen=True):
    """One thing that is other than it was.

    `what` names it within the study ("events, treated"), `was` and `now` are as printed, "" where
    there was or is nothing. `why` is the reason as far as it is known, with the record and version
    or the correction that brought it.
    """

    kind: Kind
    what: str
    was: str
    now: str
    why: str
    study_id: str = ""
    label: str = ""


class Changes(msgspec.Struct, frozen=True):
    """What changed in the answer to one saved question since it was last answered.

    `before` and `data_before` are None and "" for the first answer. `same_data` is whether both
    rest on the same version of the data; `problem` says why there is no answer today.
    """

    name: str
    title: str
    at: dt.datetime
    data: str
    before: dt.datetime | None
    data_before: str
    differences: tuple[Difference, ...]
    k: int = 0
    pooled: Estimate | None = None
    problem: str = ""

    @property
    def same_data(self) -> bool:
        """Whether nothing that the answer rests on is other than it was."""
        return self.data == self.data_before


def basis_of(
    answer: Synthesis,
    studies: Mapping[str, Study],
    records: Mapping[str, Record],
    findings: Mapping[str, Finding],
) -> tuple[Basis, ...]:
    """What each pooled row rests on; the mappings are by id, of current records."""
    found = []
    for one in answer.selection.chosen:
        held = [records[name] for name in studies[one.study_id].record_ids if name in records]
        edits = [
            f"{edit.cell} of {name}: {edit.says or 'empty'} for {edit.read or 'nothing'}"
            f" ({', '.join(edit.who) or 'follows from another'}: {edit.because})"
            for name in one.finding_ids
            if name in findings
            for edit in findings[name].edits
        ]
        kept = sorted((Held(each.record_id, each.version, each.digest) for each in held), key=_id)
        found.append(Basis(one.study_id, tuple(kept), tuple(edits)))
    return tuple(found)


def _id(held: Held) -> str:
    return held.record_id


def changes(name: str, before: Answered | None, now: Answered) -> Changes:
    """Compare two answers to the saved question `name`."""
    answer = now.answer
    return Changes(
        name=name,
        title=answer.question.title,
        at=now.at,
        data=answer.data,
        before=before.at if before is not None else None,
        data_before=before.answer.data if before is not None else "",
        differences=tuple(_differences(before, now)) if before is not None else (),
        k=answer.k,
        pooled=answer.pooled,
    )


def _differences(before: Answered, now: Answered) -> Iterator[Difference]:
    old, new = before.answer, now.answer
    for name in new.question.__struct_fields__:
        was, asked = getattr(old.question, name), getattr(new.question, name)
        if was != asked:
            yield Difference("question", name, _said(was), _said(asked), "the file was changed")
    if before.program != now.program:
        yield Difference(
            "program", "version", before.program, now.program, "rules of reading may be other"
        )
    rows = {row.study_id: row for row in new.rows}
    was_rows = {row.study_id: row for row in old.rows}
    was_basis = {one.study_id: one for one in before.basis}
    basis = {one.study_id: one for one in now.basis}
    for study_id, row in rows.items():
        if study_id not in was_rows:
            why = _why_new(study_id, before, basis.get(study_id))
            yield Difference("new study", "", "", _effect(row), why, study_id, row.label)
    for study_id, row in was_rows.items():
        if study_id not in rows:
            why = _why_gone(study_id, now)
            yield Difference("study gone", "", _effect(row), "", why, study_id, row.label)
    chosen = {one.study_id: one for one in new.selection.chosen}
    was_chosen = {one.study_id: one for one in old.selection.chosen}
    for study_id, row in rows.items():
        if study_id in was_rows:
            why = _why_other(
                was_chosen[study_id], chosen[study_id], was_basis.get(study_id), basis.get(study_id)
            )
            yield from _of_row(was_rows[study_id], row, why)
    yield from _of_pooled(old, new)


def _of_row(was: Row, now: Row, why: str) -> Iterator[Difference]:
    """Cells, the effect as reported, flags and notices of one study."""
    cells = [(side, cell) for side in ("treatment", "control") for cell in _CELLS]
    pairs = [
        (f"{_CELLS[cell]}, {'treated' if side == 'treatment' else 'controls'}",
         getattr(getattr(was, side), cell), getattr(getattr(now, side), cell))
        for side, cell in cells
    ]  # fmt: skip
    if was.stated != now.stated:
        pairs.append(("effect as reported", _reported(was), _reported(now)))
    for what, one, other in pairs:
        if one != other:
            yield Difference("number", what, _said(one), _said(other), why, now.study_id, now.label)
    gone = sorted(set(was.flags) - set(now.flags))
    come = sorted(set(now.flags) - set(was.flags))
    for flag in come:
        yield Difference("flag", flag, "", "flagged", why, now.study_id, now.label)
    for flag in gone:
        yield Difference("flag", flag, "flagged", "", why, now.study_id, now.label)
    if was.notices != now.notices:
        yield Difference(
            "notice", "notices on articles", ", ".join(was.notices), ", ".join(now.notices),
            "a record states it", now.study_id, now.label,
        )  # fmt: skip


_CELLS = {"events": "events", "n": "number", "mean": "mean", "sd": "standard deviation"}


def _of_pooled(old: Synthesis, new: Synthesis) -> Iterator[Difference]:
    was, now = _pooled(old.pooled), _pooled(new.pooled)
    if was != now or old.k != new.k:
        studies = f"{old.k} studies before, {new.k} now"
        yield Difference("pooled", new.question.measure, was, now, studies)


def _why_new(study_id: str, before: Answered, basis: Basis | None) -> str:
    left = {one.study_id: one for one in before.answer.selection.left_out}
    if study_id in left:
        return f"it was left out before: {left[study_id].why}"
    names = ", ".join(map(_named, basis.records)) if basis is not None else ""
    return f"its records are new: {names}" if names else "its records are new"


def _why_gone(study_id: str, now: Answered) -> str:
    left = {one.study_id: one for one in now.answer.selection.left_out}
    if study_id in left:
        return f"it is left out: {left[study_id].why}"
    return "its records have no result now, or are woven into another study"


def _why_other(was: Chosen, now: Chosen, before: Basis | None, after: Basis | None) -> str:
    """Why a study's numbers are other: another finding, a version, a record, a correction."""
    reasons = []
    held = {one.record_id: one for one in before.records} if before is not None else {}
    for one in after.records if after is not None else ():
        old = held.pop(one.record_id, None)
        if old is None:
            reasons.append(f"{_named(one)} is a new record of the study")
        elif old.digest != one.digest:
            reasons.append(f"{one.record_id} has version {one.version}, was {old.version}")
    reasons += [f"{name} is no record of the study any more" for name in held]
    edits = set(after.edits if after is not None else ())
    edits_before = set(before.edits if before is not None else ())
    reasons += [f"put right by hand: {said}" for said in sorted(edits - edits_before)]
    reasons += [f"no longer put right: {said}" for said in sorted(edits_before - edits)]
    if set(was.finding_ids) != set(now.finding_ids):
        reasons.append(
            f"taken from {', '.join(now.finding_ids)}, before {', '.join(was.finding_ids)}"
        )
    return "; ".join(reasons) or "no record of the study changed: a decision or a rule did"


def _named(held: Held) -> str:
    return f"{held.record_id} (version {held.version})"


def _effect(row: Row) -> str:
    return _triple(row.estimate, row.low, row.high)


def _pooled(found: Estimate | None) -> str:
    return _triple(found.estimate, found.low, found.high) if found is not None else ""


def _reported(row: Row) -> str:
    one = row.stated
    if one is None:
        return ""
    return f"{one.measure} {_triple(one.estimate, one.low, one.high)}"


def _triple(estimate: float | None, low: float | None, high: float | None) -> str:
    if estimate is None:
        return "not estimable"
    ends = f" ({low:.4g} to {high:.4g})" if low is not None and high is not None else ""
    return f"{estimate:.4g}{ends}"


def _said(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return str(value)
