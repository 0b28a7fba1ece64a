"""One comparison for each study, with the reason, and the reason for each study left out.

The order of preference is documented in ``docs/explanation/pooling.md``: whole groups before parts,
the follow-up asked for, printed numbers before recovered ones, the outcome itself before its
complement, more participants before fewer, the study's best-identified record first.
Retracted articles are not used, and no participants count twice (`synthesis.once`).
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

import msgspec

from trialweave.errors import NotFound
from trialweave.model import Check, Finding, Notice, Record, Study
from trialweave.records.versions import current
from trialweave.synthesis._described import Allocation, allocation_of, label_of, mentions
from trialweave.synthesis.contrasts import Contrast, complements, contrasts
from trialweave.synthesis.groups import Group, Kind, Stated
from trialweave.synthesis.once import called, claim, names_of, not_used, which_stay
from trialweave.synthesis.question import Question

__all__ = ["Alternative", "Chosen", "LeftOut", "Selection", "choose"]

Reason = Literal[
    "excluded",
    "flagged",
    "design",
    "product",
    "single group",
    "no result",
    "not usable",
    "retracted",
    "counted already",
]


class Alternative(msgspec.Struct, frozen=True):
    """Another comparison of the same study that was not taken, and what sets it apart."""

    finding_id: str
    outcome: str
    time_days: float | None
    treatment: Group
    control: Group
    why_not: str
    stated: Stated | None = None


class Chosen(msgspec.Struct, frozen=True):
    """The one comparison that stands for a study: two groups, or an effect as reported.

    `finding_ids` are those whose numbers were added (one, where nothing was), `agreeing` other
    findings with the same four numbers. `flags` are ids of checks that flag any finding of the
    study, `own_flags` those about this outcome, whichever record states it.
    """

    study_id: str
    label: str
    year: int | None
    finding_id: str
    finding_ids: tuple[str, ...]
    outcome: str
    time: str
    time_days: float | None
    treatment: Group
    control: Group
    allocation: Allocation
    allocation_from: str
    turned: bool
    recovered: tuple[str, ...]
    flags: tuple[str, ...]
    own_flags: tuple[str, ...]
    why: str
    agreeing: tuple[str, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    notices: tuple[Notice, ...] = ()  # on articles of the study, whichever was used
    kind: Kind = "count"
    stated: Stated | None = None


class LeftOut(msgspec.Struct, frozen=True):
    """A study that is not pooled. `contrast` is its comparison where it has a usable one."""

    study_id: str
    label: str
    kind: Reason
    why: str
    contrast: Chosen | None = None


class Selection(msgspec.Struct, frozen=True):
    """Every study once: chosen, in order of year and label, or left out with the reason."""

    chosen: tuple[Chosen, ...]
    left_out: tuple[LeftOut, ...]


_TO_THE_END = re.compile(
    r"\b(?:longest|last|final) (?:available )?follow-?up|\bend of (?:the )?(?:study|follow-?up)",
    re.IGNORECASE,
)


def choose(
    question: Question,
    studies: Iterable[Study],
    records: Iterable[Record],
    findings: Iterable[Finding],
    checks: Iterable[Check] = (),
    notices: Mapping[str, Sequence[Notice]] | None = None,
) -> Selection:
    """Choose for each study the comparison that answers the question.

    Of a record's versions the current one counts. `notices` are those of each study. Raises
    NotFound where `question.exclude` names a study that is not there: leaving out nothing where
    something was to be left out would be wrong.
    """
    latest = {record.record_id: record for record in current(tuple(records))}
    by_record: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_record[finding.record_id].append(finding)
    flags: dict[str, list[Check]] = defaultdict(list)
    for check in checks:
        if check.verdict == "flag":
            flags[check.study_id].append(check)
    woven = list(studies)
    excluded = _excluded(question, woven)
    chosen: list[Chosen] = []
    left_out: list[LeftOut] = []
    for study in woven:
        told_by = [latest[name] for name in study.record_ids if name in latest]
        stated = [finding for name in study.record_ids for finding in by_record.get(name, ())]
        noticed = (notices or {}).get(study.study_id, ())
        answer = _answer(question, study, told_by, stated, flags[study.study_id], noticed)
        if study.study_id in excluded:
            contrast = answer if isinstance(answer, Chosen) else answer.contrast
            why = "left out on request"
            answer = LeftOut(study.study_id, answer.label, "excluded", why, contrast)
        if isinstance(answer, Chosen):
            chosen.append(answer)
        else:
            left_out.append(answer)
    chosen, left_out = _once(chosen, left_out, {study.study_id: study for study in woven}, latest)
    chosen.sort(key=lambda one: (one.year or 9999, one.label.casefold(), one.study_id))
    left_out.sort(key=lambda one: (one.label.casefold(), one.study_id))
    return Selection(tuple(chosen), tuple(left_out))


def _once(
    chosen: Sequence[Chosen],
    left_out: Sequence[LeftOut],
    studies: Mapping[str, Study],
    records: Mapping[str, Record],
) -> tuple[list[Chosen], list[LeftOut]]:
    """Leave out what may count participants of another row again, also of rows that come back in
    the analyses of sensitivity."""
    back = {one.study_id: one for one in left_out if one.kind in ("design", "flagged")}
    rows = [
        *(one.study_id for one in chosen),
        *(name for name, one in back.items() if one.contrast),
    ]
    names = {
        row: names_of(records[name] for name in studies[row].record_ids if name in records)
        for row in rows
    }
    rows.sort(key=lambda row: (row in back, *claim(names[row]), row))
    out = which_stay(rows, names)

    def said(study_id: str, label: str, contrast: Chosen | None) -> LeftOut:
        other, numbers = out[study_id]
        named = ", ".join(map(called, numbers[:5]))
        why = f"its participants may be those of {other}, which is counted: both state {named}"
        return LeftOut(study_id, label, "counted already", why, contrast)

    kept = [one for one in chosen if one.study_id not in out]
    left = [said(one.study_id, one.label, one.contrast) if one.study_id in out else one
            for one in left_out]  # fmt: skip
    left += [said(one.study_id, one.label, one) for one in chosen if one.study_id in out]
    return kept, left


def _excluded(question: Question, studies: Sequence[Study]) -> set[str]:
    names: dict[str, str] = {}
    for study in studies:
        for name in (study.study_id, *study.identifiers, *study.record_ids):
            names.setdefault(name.casefold(), study.study_id)
    found = set()
    for name in question.exclude:
        if name.strip().casefold() not in names:
            raise NotFound(f"no study answers to {name!r}, which was to be left out.")
        found.add(names[name.strip().casefold()])
    return found


def _answer(
    question: Question,
    study: Study,
    records: Sequence[Record],
    findings: Sequence[Finding],
    flags: Sequence[Check],
    notices: Sequence[Notice] = (),
) -> Chosen | LeftOut:
    """The study's comparison, or why it is left out (with the comparison, where there is one)."""
    label, year = label_of(study, records)

    def left(kind: Reason, why: str, contrast: Chosen | None = None) -> LeftOut:
        return LeftOut(study.study_id, label, kind, why, contrast)

    families = {question.outcome, *complements(question.outcome)}
    if not any(finding.family in families for finding in findings):
        return left("no result", f"no result for {question.outcome}")
    unused = {} if question.with_retracted else not_used(records, notices)
    about_it = [finding for finding in findings if finding.family in families]
    if unused and all(finding.record_id in unused for finding in about_it):
        notice = unused[about_it[0].record_id]
        return left("retracted", f"{notice.statement}; no other report has a result")
    findings = [finding for finding in findings if finding.record_id not in unused]
    allocation, allocation_from = allocation_of(records)
    candidates, reasons = contrasts(question.outcome, findings)
    if not candidates:
        if allocation == "not applicable":
            return left("single group", "a single group: nothing to compare it with")
        return left("not usable", "; ".join(reasons))
    ordered = sorted(_fitting(candidates, records), key=lambda one: _preference(question, one))
    best = ordered[0]
    about = {finding.finding_id for finding in findings if finding.family in families}
    taken = Chosen(
        study_id=study.study_id,
        label=label,
        year=year,
        finding_id=best.finding_ids[0],
        finding_ids=best.finding_ids,
        outcome=best.outcome,
        time=best.time,
        time_days=best.time_days,
        treatment=best.treatment,
        control=best.control,
        allocation=allocation,
        allocation_from=allocation_from,
        turned=best.turned,
        recovered=best.recovered,
        flags=tuple(check.check_id for check in flags),
        own_flags=tuple(check.check_id for check in flags if check.finding_id in about),
        why="; ".join(
            [
                _why(question, best, ordered[1:], unused=len(unused)),
                *_by_hand(
                    finding for finding in findings if finding.finding_id in best.finding_ids
                ),
            ]
        ),
        agreeing=tuple(
            one.finding_ids[0]
            for one in ordered[1:]
            if one.numbers == best.numbers and not set(one.finding_ids) & set(best.finding_ids)
        ),
        alternatives=tuple(
            _alternative(best, one) for one in ordered[1:] if one.numbers != best.numbers
        ),
        notices=tuple(notices),
    )
    if allocation == "not applicable":
        return left("single group", "described as a single group", taken)
    if question.product and not mentions(records, question.product):
        return left("product", f"no intervention mentions {question.product!r}", taken)
    if question.designs == "randomised" and allocation != "randomised":
        how = f"{allocation} ({allocation_from})" if allocation else "no record says how"
        return left("design", f"not known to be randomised: {how}", taken)
    if question.without_flagged and flags:
        rules = ", ".join(dict.fromkeys(check.rule for check in flags))
        return left("flagged", f"flagged by {rules}", taken)
    return taken


def _fitting(candidates: Sequence[Contrast], records: Sequence[Record]) -> list[Contrast]:
    """Without sums of groups that hold more people than the trial: such groups overlap."""
    sizes = [record.about.enrollment.content or 0 for record in records]
    for record in records:
        sizes.append(sum(arm.size.content or 0 for arm in record.about.arms.content or ()))
    known = max(sizes, default=0)
    return [
        one
        for one in candidates
        if one.combined != "added" or len(one.finding_ids) == 1 or one.size <= (known or 1e9)
    ]


def _preference(question: Question, one: Contrast) -> tuple[float, ...]:
    if one.time_days is None:
        to_the_end = question.time == "longest" and _TO_THE_END.search(f"{one.outcome} {one.time}")
        distance = -math.inf if to_the_end else math.inf
    elif question.time == "longest":
        distance = -one.time_days
    else:
        distance = abs(one.time_days - question.target_days)
    return (one.is_part, distance, len(one.recovered) > 0, one.turned, -one.size)


def _why(question: Question, best: Contrast, others: Sequence[Contrast], *, unused: int = 0) -> str:
    said = []
    if unused:
        said.append(f"{unused} record{'s' * (unused > 1)} of a retracted report not used")
    times = {one.time_days for one in (best, *others)}
    if not others:
        said.append("the only comparison with counts in both groups")
    elif len(times) > 1:
        wanted = "longest" if question.time == "longest" else "nearest"
        said.append(f"{wanted} of {len(times)} times of follow-up")
    if best.combined == "added":
        said.append(f"treatment groups sharing the control added: {', '.join(best.parts)}")
    elif best.combined == "reported":
        said.append(f"reported for all treatment groups together: {', '.join(best.parts)}")
    elif best.is_part:
        said.append("one of several treatment groups; the others are not counted")
    if best.turned:
        said.append("counted from those without the event")
    if best.recovered:
        said.append(f"not printed but worked out: {', '.join(best.recovered)}")
    agreeing = sum(one.numbers == best.numbers for one in others)
    if agreeing:
        said.append(f"{agreeing} further statement{'s' * (agreeing > 1)} with the same numbers")
    if any(_conflicts(best, one) for one in others):
        said.append("other numbers are reported for the same time (see the alternatives)")
    return "; ".join(said) or "the first of several with the same rank"


def _by_hand(findings: Iterable[Finding]) -> Iterator[str]:
    """What people put right of the findings used; what was read stays beside it."""
    for finding in findings:
        said = [
            f"{edit.cell} {edit.says or 'empty'} (read {edit.read or 'nothing'})"
            for edit in finding.edits
        ]
        if said:
            yield f"put right by hand in {finding.finding_id}: {', '.join(said)}"


def _conflicts(best: Contrast, one: Contrast) -> bool:
    """Whether both tell of the same time, and of one kind of group, with other numbers."""
    return (
        one.numbers != best.numbers
        and one.time_days == best.time_days
        and one.is_part == best.is_part
    )


def _alternative(best: Contrast, one: Contrast) -> Alternative:
    if one.is_part and not best.is_part:
        why_not = "one of several treatment groups beside the same control"
    elif one.time_days != best.time_days:
        why_not = "another time" if one.time_days is not None else "time not known"
    elif one.recovered and not best.recovered:
        why_not = "numbers worked out, not printed"
    elif one.turned and not best.turned:
        why_not = "counted from those without the event"
    else:
        why_not = "other numbers for the same time"
    return Alternative(
        one.finding_ids[0], one.outcome, one.time_days, one.treatment, one.control, why_not
    )
