"""Which of a study's comparisons comes first, and what is said of it and of the others."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence

from trialweave.model import Finding, Record
from trialweave.synthesis.contrast import Contrast
from trialweave.synthesis.question import Question

__all__ = ["by_hand", "fitting", "preference", "why", "why_not"]

_TO_THE_END = re.compile(
    r"\b(?:longest|last|final) (?:available )?follow-?up|\bend of (?:the )?(?:study|follow-?up)",
    re.IGNORECASE,
)
_FACTORIAL = re.compile(r"\bfactorial\b", re.IGNORECASE)
_ONLY = {
    "count": "the only comparison with counts in both groups",
    "continuous": "the only comparison with means in both groups",
    "effect": "the only effect that is reported with an interval",
}


def fitting(candidates: Sequence[Contrast], records: Sequence[Record]) -> list[Contrast]:
    """The comparisons but sums of groups that overlap: in a factorial trial, or where they hold
    more people than the trial."""
    factorial = any(
        _FACTORIAL.search(text)
        for record in records
        for text in (record.about.intervention_model.content, record.about.study_design.content)
        if text
    )
    sizes = [record.about.enrollment.content or 0 for record in records]
    for record in records:
        sizes.append(sum(arm.size.content or 0 for arm in record.about.arms.content or ()))
    known = max(sizes, default=0)
    return [
        one
        for one in candidates
        if one.combined != "added"
        or (not factorial and (len(one.finding_ids) == 1 or one.size <= (known or 1e9)))
    ]


def preference(question: Question, one: Contrast) -> tuple[float, ...]:
    """Sorts a study's comparisons, the one to take first; ties stay in the record's order."""
    if one.time_days is None:
        to_the_end = math.isinf(question.target_days) and _TO_THE_END.search(
            f"{one.outcome} {one.time}"
        )
        distance = -math.inf if to_the_end else math.inf
    elif math.isinf(question.target_days):  # the longest, or the latest within a window
        distance = -one.time_days
    else:
        distance = abs(one.time_days - question.target_days)
    worked_out = len(one.recovered) > 0
    return (one.is_part, distance, one.change, worked_out, one.turned, -one.size)


def why(question: Question, best: Contrast, others: Sequence[Contrast], *, unused: int = 0) -> str:
    """Why a comparison is taken before the others; `unused` records were retracted."""
    said = []
    if unused:
        said.append(f"{unused} record{'s' * (unused > 1)} of a retracted report not used")
    times = {one.time_days for one in (best, *others)}
    if not others:
        said.append(_ONLY[best.kind])
    elif len(times) > 1:
        wanted = "nearest" if math.isfinite(question.target_days) else "longest"
        said.append(f"{wanted} of {len(times)} times of follow-up")
    if best.combined == "added":
        said.append(f"treatment groups sharing the control added: {', '.join(best.parts)}")
    elif best.combined == "reported":
        said.append(f"reported for all treatment groups together: {', '.join(best.parts)}")
    elif best.is_part:
        said.append("one of several treatment groups; the others are not counted")
    if best.turned and best.kind == "count":
        said.append("counted from those without the event")
    said += _of_kind(question, best)
    if best.recovered:
        said.append(f"not printed but worked out: {', '.join(best.recovered)}")
    agreeing = sum(one.numbers == best.numbers for one in others)
    if agreeing:
        said.append(f"{agreeing} further statement{'s' * (agreeing > 1)} with the same numbers")
    if any(_conflicts(best, one) for one in others):
        said.append("other numbers are reported for the same time (see the alternatives)")
    return "; ".join(said) or "the first of several with the same rank"


def _of_kind(question: Question, best: Contrast) -> Iterator[str]:
    """What to know of effects as reported and of means."""
    if best.kind == "effect":
        how = "adjusted" if best.adjusted else "whether adjusted is not told"
        counts = "" if question.measure == "HR" else "; no counts of both groups are reported"
        yield f"as reported, of the treated group, named first, over the control ({how}){counts}"
        if best.turned:
            yield "the reciprocal of the ratio for those without the event"
    if best.change and question.measure == "MD":
        yield (
            "changes from the start, whose differences may be pooled with those of final values "
            "(Cochrane Handbook 5.1, section 9.4.5.2)"
        )
    elif best.change:
        yield "changes from the start"
    if best.quantity and question.measure in ("SMD", "ROM"):
        yield f"measured as {best.outcome}: that all scales point one way is not known"


def by_hand(findings: Iterable[Finding]) -> Iterator[str]:
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


def why_not(best: Contrast, one: Contrast) -> str:
    """What sets another comparison of the study apart from the one that is taken."""
    if one.is_part and not best.is_part:
        return "one of several treatment groups beside the same control"
    if one.time_days != best.time_days:
        return "another time" if one.time_days is not None else "time not known"
    if one.change != best.change:
        return "changes from the start" if one.change else "final values"
    if one.recovered and not best.recovered:
        return "numbers worked out, not printed"
    if one.turned and not best.turned:
        return "counted from those without the event"
    return "other numbers for the same time"
