"""Forms of instruments for people: suggestions beside what reviewers answered, and what holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from trialweave.appraisal.instruments import INSTRUMENTS, Known, cautions, prefilled
from trialweave.appraisal.instruments.standing import (
    OPEN,
    Pairing,
    Standing,
    judgements,
    latest,
    pairings,
    proposed,
    standing,
)
from trialweave.errors import NotADecision, NotFound
from trialweave.model import Study
from trialweave.model.assessment import Answer, Domain, Instrument, Item, Prefilled
from trialweave.publish.assessment_views import (
    AnswerRow,
    AssessmentAgreement,
    AssessmentsView,
    AssessmentView,
    DomainView,
    ItemView,
    JudgedRow,
)
from trialweave.publish.said import agreement_row, cut_text, row_of
from trialweave.publish.state import State
from trialweave.store.assessments import Log, Subject
from trialweave.studies.decided import person, shown_name

__all__ = ["about", "assessment_view", "assessments_view", "instrument_of", "subject_of"]


def instrument_of(name: str) -> Instrument:
    """The instrument of that name. Raises NotFound."""
    asked = name.strip().casefold().replace(" ", "-").replace("_", "-")
    found = INSTRUMENTS.get(asked) or INSTRUMENTS.get(asked.replace("-", ""))
    if found is None:
        raise NotFound(
            f"there is no instrument {name[:100]!r}.",
            next_step=f"Instruments are: {', '.join(INSTRUMENTS)}.",
        )
    return found


def subject_of(state: State, identifier: str, instrument: Instrument, outcome: str) -> Subject:
    """What is to be assessed. Raises NotFound, and NotADecision where an outcome is missing or too
    much."""
    study = state.find(identifier)
    if instrument.per_result and not outcome:
        families = _families(state, study)
        told = f" Results here are of: {', '.join(families)}." if families else ""
        raise NotADecision(
            f"{instrument.title} is about one result, and its outcome is missing.",
            next_step=f"Name it, as in mortality.{told}",
        )
    if outcome and not instrument.per_result:
        raise NotADecision(
            f"{instrument.title} is about the whole study and takes no outcome.",
            next_step="Ask without one.",
        )
    return Subject(instrument.key, study.study_id, outcome)


def _families(state: State, study: Study) -> tuple[str, ...]:
    findings = state.findings_of(study)
    return tuple(dict.fromkeys(each.family for each in findings if each.family))


def _study_of(state: State | None, name: str) -> Study | None:
    """The study that answers to a number under which it was assessed, if it is here."""
    if state is None:
        return None
    try:
        return state.find(name)
    except NotFound:
        return None


def about(log: Log, state: State | None, subject: Subject) -> tuple[Answer, ...]:
    """The answers about a subject, whichever of its numbers the study was called by."""
    wanted = _key(state, subject.instrument, subject.study, subject.outcome)
    return tuple(
        each
        for each in log.entries
        if each.instrument == subject.instrument
        and each.outcome.casefold() == subject.outcome.casefold()
        and _key(state, each.instrument, each.study, each.outcome) == wanted
    )


def _key(state: State | None, instrument: str, study: str, outcome: str) -> Subject:
    found = _study_of(state, study)
    name = found.study_id if found is not None else study
    return Subject(instrument, name, outcome.casefold())


def assessment_view(
    log: Log,
    state: State,
    instrument: Instrument,
    subject: Subject,
    *,
    who: str = "",
    taken: Sequence[Answer] = (),
) -> AssessmentView:
    """The form of `instrument` for `subject`, filled with what is known and what was answered;
    `who` has just answered, `taken`."""
    from trialweave.appraisal import appraise

    study = state.find(subject.study)
    records, findings = state.members(study), state.findings_of(study)
    checks = state.checks_of(study)
    if not findings:  # its registrations are checked all the same
        checks = (*checks, *appraise(study, {each.record_id: each for each in records}, ()))
    known = Known(
        study=study,
        records=records,
        findings=findings,
        checks=tuple({each.check_id: each for each in checks}.values()),
        notices=state.notices_of(study),
        outcome=subject.outcome,
    )
    suggested = {each.item: each for each in prefilled(instrument, known)}
    answers = about(log, state, subject)
    told = latest(answers)
    holds = {item: standing(by_person) for item, by_person in told.items()}
    settled = {item: each.answer for item, each in holds.items() if each.answer}
    ways = proposed(instrument, settled)
    judged = _judged(instrument, holds)
    people = {
        person(each.who): shown_name(each.who) for by in told.values() for each in by.values()
    }
    domains = []
    for domain in instrument.domains:
        way = ways.get(domain.code)
        own = holds.get(domain.code, OPEN)
        items = tuple(
            _item(item, way is None or item.number in way.asked, suggested, told, holds)
            for item in domain.items
        )
        domains.append(
            DomainView(
                code=domain.code,
                name=domain.name,
                items=items,
                proposed=(way.judgement or "") if way is not None else "",
                open=way.open if way is not None else _unanswered(domain, settled),
                given=_rows(told.get(domain.code, {})),
                holds=own.answer,
                how=own.how,
                judgement=judged[domain.code],
            )
        )
    own = holds.get("overall", OPEN)
    return AssessmentView(
        study=study,
        instrument=instrument.key,
        title=instrument.title,
        about=instrument.about,
        citation=instrument.citation,
        licence=instrument.licence,
        words=instrument.words,
        judgements=instrument.judgements,
        outcome=subject.outcome,
        outcomes=_families(state, study) if instrument.per_result else (),
        cautions=cautions(known),
        domains=tuple(domains),
        given=_rows(told.get("overall", {})),
        holds=own.answer,
        how=own.how,
        overall=judged["overall"],
        reviewers=tuple(people.values()),
        generation=state.generation.number,
        taken=tuple(each.number for each in taken),
        wanted=_wanted(instrument, told, person(who)) if who else (),
        dropped=cut_text(log.cut) if taken else "",
    )


def _item(
    item: Item,
    asked: bool,
    suggested: Mapping[str, Prefilled],
    told: Mapping[str, Mapping[str, Answer]],
    holds: Mapping[str, Standing],
) -> ItemView:
    own = holds.get(item.number, OPEN)
    return ItemView(
        item=item,
        asked=asked,
        suggested=suggested.get(item.number),
        given=_rows(told.get(item.number, {})),
        holds=own.answer,
        how=own.how,
    )


def _wanted(
    instrument: Instrument, told: Mapping[str, Mapping[str, Answer]], who: str
) -> tuple[str, ...]:
    """What a person has still to answer: the open questions on the way of the own answers; where
    no algorithm judges, all others, and the judgements."""
    own = {item: by_person[who].answer for item, by_person in told.items() if who in by_person}
    if ways := proposed(instrument, own):
        return tuple(item for way in ways.values() for item in way.open)
    order = [*((*(i.number for i in d.items), d.code) for d in instrument.domains), ("overall",)]
    return tuple(item for items in order for item in items if item not in own)


def _unanswered(domain: Domain, settled: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(item.number for item in domain.items if item.number not in settled)


def _judged(instrument: Instrument, holds: Mapping[str, Standing]) -> dict[str, str]:
    """The judgements that hold; none where people differ on it, whatever the answers come to."""
    settled = {item: each.answer for item, each in holds.items() if each.answer}
    disputed = {item for item, each in holds.items() if each.how == "in dispute"}
    found = judgements(instrument, settled)
    codes = [domain.code for domain in instrument.domains]
    for code in codes:
        if code in disputed:
            found[code] = ""
    if "overall" in disputed or (not settled.get("overall") and not all(found[c] for c in codes)):
        found["overall"] = ""
    return found


def _rows(by_person: Mapping[str, Answer]) -> tuple[AnswerRow, ...]:
    told = sorted(by_person.values(), key=lambda each: each.number)
    return tuple(row_of(AnswerRow, each) for each in told)


def _people(answers: Iterable[Answer]) -> dict[str, str]:
    """The names of those who answered, by `person`."""
    return {person(each.who): shown_name(each.who) for each in answers}


def assessments_view(
    log: Log, state: State | None, instrument: str = "", written: str = ""
) -> AssessmentsView:
    """Everything that reviewers answered with one instrument, or with all ("")."""
    known = {each.key: each for each in INSTRUMENTS.values()}
    entries = [each for each in log.entries if not instrument or each.instrument == instrument]
    by_subject: dict[Subject, list[Answer]] = {}
    for each in entries:
        key = _key(state, each.instrument, each.study, each.outcome)
        by_subject.setdefault(key, []).append(each)
    rows = []
    agreement: list[AssessmentAgreement] = []
    for key, subject_answers in by_subject.items():
        if key.instrument in known:
            rows.append(_judged_row(state, known[key.instrument], key, subject_answers))
    for name, each_instrument in known.items():
        subjects = [told for key, told in by_subject.items() if key.instrument == name]
        names = _people(each for told in subjects for each in told)
        for pairing in pairings(each_instrument, subjects):
            agreement.append(_agreement(each_instrument, pairing, names))
    return AssessmentsView(
        entries=tuple(row_of(AnswerRow, each) for each in entries),
        rows=tuple(sorted(rows, key=lambda row: (row.instrument, row.study, row.outcome))),
        agreement=tuple(agreement),
        cut=cut_text(log.cut),
        generation=0 if state is None else state.generation.number,
        written=written,
    )


def _judged_row(
    state: State | None, instrument: Instrument, key: Subject, answers: Sequence[Answer]
) -> JudgedRow:
    study = _study_of(state, key.study)
    told = latest(answers)
    holds = {item: standing(by_person) for item, by_person in told.items()}
    judged = _judged(instrument, holds)
    people = {
        person(each.who): shown_name(each.who) for by in told.values() for each in by.values()
    }
    return JudgedRow(
        study=key.study,
        title=study.title if study is not None else "",
        outcome=answers[0].outcome,
        instrument=instrument.key,
        reviewers=tuple(people.values()),
        domains=tuple((domain.code, judged[domain.code]) for domain in instrument.domains),
        overall=judged["overall"],
        disputes=tuple(item for item, each in holds.items() if each.how == "in dispute"),
        here=study is not None,
    )


def _agreement(
    instrument: Instrument, pairing: Pairing, names: Mapping[str, str]
) -> AssessmentAgreement:
    categories = list(dict.fromkeys(answer for pair in pairing.pairs for answer in pair))
    table = [[0] * len(categories) for _ in categories]
    for first, second in pairing.pairs:
        table[categories.index(first)][categories.index(second)] += 1
    row = agreement_row(names[pairing.reviewer_a], names[pairing.reviewer_b], table)
    numbers = msgspec.structs.asdict(row)
    return AssessmentAgreement(**numbers, instrument=instrument.key, item=pairing.item)
