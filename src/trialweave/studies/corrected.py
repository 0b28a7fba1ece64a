"""What people said of the findings of a record, and what follows from it for them.

The latest word of each person about each cell counts, and about a finding as a whole. One of an
adjudicator overrides those of reviewers. Where they differ the cell is in dispute and stays as it
was read. A decision holds for what its maker saw: another version of the record, another reading
at that place, and it does not fit any more; it is then told and not applied.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, Literal

import msgspec

from trialweave.model import ArmResult, Correction, Edit, Finding
from trialweave.results.cells import (
    cell_of,
    figures_of,
    finding_from,
    letters,
    with_cell,
)
from trialweave.results.families import family_of
from trialweave.studies.decided import person, shown_name

__all__ = ["RULE", "Misfit", "Settled", "Standing", "by_hand_id", "entered", "latest", "settle"]

RULE: Final = "by hand/1"
Outcome = Literal["corrected", "as read", "rejected", "stands", "in dispute"]


class Standing(msgspec.Struct, frozen=True):
    """What holds of a cell of a finding, or with `cell` "" of the finding as a whole, and the
    decisions that it follows from, by number. `says` is the text that holds, `read` that read."""

    finding_id: str
    cell: str
    outcome: Outcome
    read: str
    says: str
    counted: tuple[int, ...]
    adjudicated: bool = False


class Misfit(msgspec.Struct, frozen=True):
    """A decision, by number, that is not applied because what it was about is not there."""

    number: int
    why: str


class Settled(msgspec.Struct, frozen=True, omit_defaults=True):
    """What follows for one record. `read` are the findings that somebody decided about, as they
    were read or entered; `rejected` those that are out, as they would stand."""

    record_id: str
    findings: tuple[Finding, ...] = ()
    read: tuple[Finding, ...] = ()
    rejected: tuple[Finding, ...] = ()
    standings: tuple[Standing, ...] = ()
    misfits: tuple[Misfit, ...] = ()


def latest(corrections: Iterable[Correction]) -> tuple[Correction, ...]:
    """Those that were not withdrawn, in their order."""
    held = sorted(corrections, key=lambda each: each.number)
    taken_back = {each.of for each in held if each.verdict == "withdrawn"}
    return tuple(
        each for each in held if each.verdict != "withdrawn" and each.number not in taken_back
    )


def by_hand_id(each: Correction) -> str:
    """The id of a finding that was entered by that decision."""
    return f"{each.record_id}#hand{each.number}"


def entered(each: Correction) -> Finding:
    """The finding that a decision enters. Raises KeyError, ValueError where it holds none.

    A count or size that the quoted words do not print is no stated one: it was worked out.
    """
    made = finding_from(
        msgspec.json.decode(each.says, type=dict[str, str]).items(),
        finding_id=by_hand_id(each),
        record_id=each.record_id,
        passage=each.passage,
        rule=RULE,
        source=each.source or f"entered by {shown_name(each.who)}",
    )
    if each.quote:
        arms = tuple(_as_quoted(arm, each.quote) for arm in made.arms)
        made = msgspec.structs.replace(made, arms=arms)
    return made


def _as_quoted(arm: ArmResult, quote: str) -> ArmResult:
    said = {"events": arm.events, "n": arm.n}
    lacking = [
        name
        for name, count in said.items()
        if count is not None and not re.search(rf"(?<![\d.,]){count}(?!\d|[.,]\d)", quote)
    ]
    if not lacking:
        return arm
    return msgspec.structs.replace(
        arm,
        **{f"{name}_origin": "recovered" for name in lacking},
        recovery="entered by hand; the words quoted do not print it",
    )


def settle(
    record_id: str,
    digest: str,
    findings: Sequence[Finding],
    corrections: Iterable[Correction],
) -> Settled:
    """Apply what people said of one record, whose current version has `digest`, to `findings`,
    those that were read in it."""
    held = latest(corrections)
    misfits: list[Misfit] = []
    every = list(findings)
    for each in held:
        if each.verdict == "entered":
            if each.record_digest != digest:
                misfits.append(Misfit(each.number, _OTHER_VERSION))
                continue
            try:
                every.append(entered(each))
            except (KeyError, ValueError):  # cells of another version of the program
                misfits.append(Misfit(each.number, "its cells are not known here"))
    by_cell: dict[tuple[int, str], list[Correction]] = defaultdict(list)
    for each in held:
        if each.verdict == "entered":
            continue
        at, why = _place(each, digest, every)
        if at is None:
            misfits.append(Misfit(each.number, why))
        else:
            by_cell[at, each.cell].append(each)
    kept: list[Finding] = []
    rejected: list[Finding] = []
    standings: list[Standing] = []
    for at, finding in enumerate(every):
        mine = {cell: told for (place, cell), told in by_cell.items() if place == at}
        standing = [_standing(finding, cell, told) for cell, told in sorted(mine.items())]
        standings += standing
        changed = _applied(finding, standing, held)
        out = any(each.outcome == "rejected" for each in standing)
        (rejected if out else kept).append(changed)
    named = {each.finding_id for each in standings}
    touched = (f for f in every if f.finding_id in named or f.rule == RULE)
    return Settled(
        record_id,
        tuple(kept),
        tuple(touched),
        tuple(rejected),
        tuple(standings),
        tuple(sorted(misfits, key=lambda each: each.number)),
    )


_OTHER_VERSION: Final = "the record has another version now"


def _place(each: Correction, digest: str, findings: Sequence[Finding]) -> tuple[int | None, str]:
    """Which of the findings a decision is about; else why none."""
    if each.record_digest != digest:
        return None, _OTHER_VERSION
    near = [
        at
        for at, finding in enumerate(findings)
        if finding.passage == each.passage and finding.outcome == each.outcome
    ]
    if not near:
        return None, "nothing is read of that outcome at that place any more"
    several = len(near) > 1  # a reading alone does not tell which of them it was
    if each.cell:
        near = [at for at in near if _reads(findings[at], each.cell) == each.read]
    if several or not each.cell:
        near = [at for at in near if figures_of(findings[at]) == each.figures]
    if len(near) == 1:
        return near[0], ""
    if near:
        return None, "more than one finding there says the same"
    return None, "what is read there is not what was judged"


def _reads(finding: Finding, cell: str) -> str | None:
    try:
        return cell_of(finding, cell)
    except KeyError:
        return None


def _standing(finding: Finding, cell: str, told: Sequence[Correction]) -> Standing:
    by_person: dict[str, Correction] = {}
    for each in told:
        by_person[person(each.who)] = each
    above = [each for each in by_person.values() if each.role == "adjudicator"]
    counted = sorted(above or by_person.values(), key=lambda each: each.number)
    numbers = tuple(each.number for each in counted)
    if not cell:
        verdicts = {each.verdict for each in counted}
        outcome: Outcome = "in dispute"
        if len(verdicts) == 1:
            outcome = "rejected" if "rejected" in verdicts else "stands"
        return Standing(finding.finding_id, "", outcome, "", "", numbers, bool(above))
    read = cell_of(finding, cell)
    texts = {each.says for each in counted}
    if len(texts) > 1:
        return Standing(finding.finding_id, cell, "in dispute", read, "", numbers, bool(above))
    (says,) = texts
    outcome = "as read" if says == read else "corrected"
    return Standing(finding.finding_id, cell, outcome, read, says, numbers, bool(above))


def _applied(finding: Finding, standing: Sequence[Standing], held: Sequence[Correction]) -> Finding:
    by_number = {each.number: each for each in held}
    edits: list[Edit] = []
    settled = {each.cell for each in standing if each.outcome in ("corrected", "as read")}
    before = finding
    for each in standing:
        if each.outcome != "corrected":
            continue
        told = [by_number[number] for number in each.counted]
        finding = with_cell(finding, each.cell, each.says)
        edits.append(
            Edit(
                each.cell,
                each.read,
                each.says,
                "; ".join(dict.fromkeys(one.because for one in told)),
                tuple(dict.fromkeys(shown_name(one.who) for one in told)),
                each.counted,
                each.adjudicated,
            )
        )
    corrected = {edit.cell for edit in edits}
    if not corrected:
        return finding
    for cell, says, because in _following(before, finding, corrected, settled):
        read = cell_of(finding, cell)
        if read != says:
            finding = with_cell(finding, cell, says)
            edits.append(Edit(cell, read, says, because))
    return msgspec.structs.replace(finding, edits=tuple(edits))


_SIZED: Final = ("events", "n", "percent")


def _following(
    before: Finding, after: Finding, corrected: set[str], settled: set[str]
) -> Iterable[tuple[str, str, str]]:
    """Cells that were worked out of others that were corrected, and so do not hold any more."""
    if "outcome" in corrected and "family" not in settled:
        yield "family", family_of(after.outcome), "follows from the outcome, which was corrected"
    if before.rule == RULE:  # each of its cells is somebody's word
        return
    for letter, arm in zip(letters(len(before.arms)), before.arms, strict=True):
        for name, origin in (("events", arm.events_origin), ("n", arm.n_origin)):
            cell = f"{letter}.{name}"
            others = {f"{letter}.{other}" for other in _SIZED if other != name} & corrected
            rests = any(
                cell_of(before, other) for other in others
            )  # on one that was empty none can
            if origin == "recovered" and cell not in settled and rests:
                yield cell, "", "was worked out of what was corrected"
