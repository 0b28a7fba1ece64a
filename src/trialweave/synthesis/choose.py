"""One comparison for each study, with the reason, and the reason for each study left out.

The order of preference is documented in ``docs/explanation/pooling.md``: whole groups before parts,
the follow-up asked for, printed numbers before recovered ones, the outcome itself before its
complement, more participants before fewer, the study's best-identified record first.
Retracted articles are not used, and no participants count twice (`synthesis.once`).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

import msgspec

from trialweave.errors import NotFound
from trialweave.model import Check, Finding, Notice, Record, Study
from trialweave.records.versions import current
from trialweave.synthesis._described import Allocation, allocation_of, label_of
from trialweave.synthesis._telling import by_hand, fitting, preference, why, why_not
from trialweave.synthesis.contrast import Contrast
from trialweave.synthesis.contrasts import complements, contrasts
from trialweave.synthesis.filters import Described, Traits, refused, traits_of
from trialweave.synthesis.groups import Group, Kind, Stated
from trialweave.synthesis.once import called, claim, names_of, not_used, which_stay
from trialweave.synthesis.question import Question
from trialweave.synthesis.units import Wanted, wanted_of

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
    "population",
    "cell source",
    "comparator",
    "dose",
    "registration",
    "time",
    "unit",
    "change",
]
"""Why a study is not pooled. "not told" in its sentence means that no record says what is asked."""


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
    findings with the same numbers. `flags` are ids of checks that flag any finding of the
    study, `own_flags` those about this outcome, whichever record states it. `product`,
    `cell_source`, `dose` and `registration` are in the words under which studies are put together,
    "" where no record tells, and `read_from` says where each was read. `change` says that means are
    of changes from the start.
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
    group: str = ""  # of the question's subgroups
    product: str = ""
    cell_source: str = ""
    dose: str = ""  # its order of magnitude
    registration: str = ""
    read_from: tuple[str, ...] = ()
    unit: str = ""  # of means
    change: bool = False


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


class _Told(NamedTuple):
    """What a study's records tell of the outcome; `unused` of them were retracted."""

    study: Study
    label: str
    year: int | None
    records: Sequence[Record]
    findings: Sequence[Finding]
    unused: int
    candidates: tuple[Contrast, ...]
    notices: tuple[Notice, ...]


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
    told: list[_Told | LeftOut] = []
    for study in woven:
        told_by = [latest[name] for name in study.record_ids if name in latest]
        stated = [finding for name in study.record_ids for finding in by_record.get(name, ())]
        noticed = (notices or {}).get(study.study_id, ())
        told.append(_tell(question, study, told_by, stated, noticed))
    wanted = wanted_of(
        question.measure, [one.candidates for one in told if isinstance(one, _Told)]
    )  # fmt: skip
    chosen: list[Chosen] = []
    left_out: list[LeftOut] = []
    for study, one in zip(woven, told, strict=True):
        answer: Chosen | LeftOut = one if isinstance(one, LeftOut) else _answer(
            question, one, wanted, flags[study.study_id]
        )  # fmt: skip
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


def _tell(
    question: Question,
    study: Study,
    records: Sequence[Record],
    findings: Sequence[Finding],
    notices: Sequence[Notice],
) -> _Told | LeftOut:
    """The study's comparisons, or why it has none that could be taken."""
    label, year = label_of(study, records)

    def left(kind: Reason, why: str) -> LeftOut:
        return LeftOut(study.study_id, label, kind, why)

    families = {question.outcome, *complements(question.outcome)}
    about_it = [finding for finding in findings if finding.family in families]
    if not about_it:
        return left("no result", f"no result for {question.outcome}")
    unused = {} if question.with_retracted else not_used(records, notices)
    if unused and all(finding.record_id in unused for finding in about_it):
        notice = unused[about_it[0].record_id]
        return left("retracted", f"{notice.statement}; no other report has a result")
    findings = [finding for finding in findings if finding.record_id not in unused]
    candidates, reasons = contrasts(question.outcome, findings, question.measure)
    if not candidates:
        if allocation_of(records)[0] == "not applicable":
            return left("single group", "a single group: nothing to compare it with")
        return left("not usable", "; ".join(reasons))
    usable = tuple(fitting(candidates, records))
    if not usable:
        return left("not usable", "treatment groups that may overlap are not added")
    return _Told(study, label, year, records, findings, len(unused), usable, tuple(notices))


def _alike(
    question: Question, told: _Told, wanted: Wanted
) -> tuple[list[Contrast], LeftOut | None]:
    """The comparisons that can be pooled with other studies' and lie in the window of time."""
    refusals = [wanted.why_not(one) for one in told.candidates]
    alike = [
        one for one, no in zip(told.candidates, refusals, strict=True) if no is None
    ]  # fmt: skip
    if not alike:
        (kind, why), *_ = filter(None, refusals)
        return [], LeftOut(told.study.study_id, told.label, kind, why)
    low, high = question.window
    if math.isinf(high):
        return alike, None
    within = [
        one for one in alike if one.time_days is not None and low <= one.time_days <= high
    ]  # fmt: skip
    if within:
        return within, None
    days = sorted({one.time_days for one in alike if one.time_days is not None})
    why = f"no result within {low:g} to {high:g} days"
    why += f", but at {', '.join(f'{day:g}' for day in days)}" if days else ": its time is not told"
    return [], LeftOut(told.study.study_id, told.label, "time", why)


def _answer(
    question: Question, told: _Told, wanted: Wanted, flags: Sequence[Check]
) -> Chosen | LeftOut:
    """The study's comparison, or why it is left out (with the comparison, where there is one)."""
    alike, refusal = _alike(question, told, wanted)
    if refusal is not None:
        return refusal
    ordered = sorted(alike, key=lambda one: preference(question, one))
    described = Described(told.study, told.records, ordered[0].control.label)
    taken = _taken(question, told, ordered, described, flags)

    def left(kind: Reason, why: str) -> LeftOut:
        return LeftOut(told.study.study_id, told.label, kind, why, taken)

    if taken.allocation == "not applicable":
        return left("single group", "described as a single group")
    if (no := refused(question, described)) is not None:
        return left(*no)
    if question.designs == "randomised" and taken.allocation != "randomised":
        how = "no record says how"
        if taken.allocation:
            how = f"{taken.allocation} ({taken.allocation_from})"
        return left("design", f"not known to be randomised: {how}")
    if question.without_flagged and flags:
        rules = ", ".join(dict.fromkeys(check.rule for check in flags))
        return left("flagged", f"flagged by {rules}")
    return taken


def _taken(
    question: Question,
    told: _Told,
    ordered: Sequence[Contrast],
    described: Described,
    flags: Sequence[Check],
) -> Chosen:
    best, *others = ordered
    families = {question.outcome, *complements(question.outcome)}
    about = {finding.finding_id for finding in told.findings if finding.family in families}
    used = [finding for finding in told.findings if finding.finding_id in best.finding_ids]
    allocation, allocation_from = allocation_of(told.records)
    traits = traits_of(described)
    return Chosen(
        study_id=told.study.study_id,
        label=told.label,
        year=told.year,
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
        why="; ".join([why(question, best, others, unused=told.unused), *by_hand(used)]),
        agreeing=tuple(
            one.finding_ids[0]
            for one in others
            if one.numbers == best.numbers and not set(one.finding_ids) & set(best.finding_ids)
        ),
        alternatives=tuple(
            Alternative(
                one.finding_ids[0],
                one.outcome,
                one.time_days,
                one.treatment,
                one.control,
                why_not(best, one),
                one.stated,
            )
            for one in others
            if one.numbers != best.numbers
        ),
        notices=told.notices,
        kind=best.kind,
        stated=best.stated,
        group=_group(question, traits, allocation),
        product=traits.product,
        cell_source=traits.cell_source,
        dose=traits.dose,
        registration=traits.registration,
        read_from=traits.read_from,
        unit=best.unit,
        change=best.change,
    )


def _group(question: Question, traits: Traits, allocation: str) -> str:
    """The study's subgroup; "" where no record tells, or where the choice does not tell it."""
    of = {
        "product": traits.product,
        "cell source": traits.cell_source,
        "dose": traits.dose,
        "registration": traits.registration,
        "designs": allocation,
    }
    return of.get(question.subgroup, "")
