"""The pooled answer with everything it rests on: effects, heterogeneity, and what changes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from trialweave.errors import NothingToPool
from trialweave.synthesis.answer import Effect, Estimate, Light, Row, Synthesis
from trialweave.synthesis.cautions import cautions
from trialweave.synthesis.choose import Chosen, Selection
from trialweave.synthesis.effects import (
    COUNT_MEASURES,
    Computed,
    computed,
    is_ratio,
    kin,
    number,
    study_effects,
)
from trialweave.synthesis.fitting import estimate, shown, subgroups
from trialweave.synthesis.method import method_sentence
from trialweave.synthesis.models import Data, Fit, Model, data_of, fit, model_of, usable
from trialweave.synthesis.question import Question
from trialweave.synthesis.sensitivity import sensitivity

__all__ = ["method_sentence", "pool"]

_FEW = 5  # studies; below, τ² and the prediction interval are hardly informed
_INVERSE_VARIANCE = ("random", "common")  # these alone pool all measures of a kind at once
_CORRECTED = ("random", "common", "Bayes")  # what is added to zero cells matters to these


def pool(
    question: Question,
    selection: Selection,
    *,
    lights: Mapping[str, Sequence[Light]] | None = None,
    data: str = "",
    by: str = "",
) -> Synthesis:
    """Pool what was chosen.

    `lights` are the domains of each study's risk of bias as people judged them, the overall
    judgement among them; `data` names the version of the data; `by` says what the studies' groups
    are, where the question does not. Raises NothingToPool where no study
    is chosen, or none has an effect that the model can use, saying why.
    """
    chosen = selection.chosen
    if not chosen:
        raise NothingToPool(_why_nothing(question, selection))
    model = model_of(question)
    numbers = data_of(model, chosen)
    used = usable(model, numbers)
    if not used.any():
        raise _not_estimable(question, numbers.effects)
    fitted = fit(model, numbers)
    main = _main(model, numbers, fitted)
    effects = _effects(question, chosen, numbers.effects)
    rows = tuple(
        _row(question, one, i, effects, numbers, fitted, bool(used[i]), (lights or {}))
        for i, one in enumerate(chosen)
    )
    counted = [row for row, one in zip(rows, used, strict=True) if one]
    measures = tuple(
        found
        for measure in kin(question.measure)
        if question.model in _INVERSE_VARIANCE or measure == question.measure
        if (found := main if measure == question.measure else _estimate(question, measure, chosen))
    )
    by = by or question.subgroup
    groups = [row.group or "not told" for row in rows]
    return Synthesis(
        question=question,
        k=fitted.k,
        treated=sum(row.treatment.n or 0 for row in counted),
        controls=sum(row.control.n or 0 for row in counted),
        events_treated=sum(row.treatment.events or 0 for row in counted),
        events_controls=sum(row.control.events or 0 for row in counted),
        rows=rows,
        pooled=main,
        measures=measures,
        sensitivity=sensitivity(question, selection, lights or {}, fitted),
        method=method_sentence(question),
        notes=(*_notes(question, rows, main, fitted), *(cautions(model, numbers) if main else ())),
        selection=selection,
        subgroups=subgroups(by, model, numbers, groups) if by else None,
        data=data,
    )


def _why_nothing(question: Question, selection: Selection) -> str:
    counts = Counter(one.kind for one in selection.left_out)
    told = ", ".join(f"{n} {kind}" for kind, n in counts.most_common())
    return f"no study can be pooled for {question.outcome!r}" + (f" ({told})." if told else ".")


def _not_estimable(question: Question, effects: Computed) -> NothingToPool:
    reasons = Counter(note.removeprefix("not estimable: ") for note in effects.notes)
    reason = reasons.most_common(1)[0][0] or f"not by the model {question.model}"
    ratio = question.measure in COUNT_MEASURES and is_ratio(question.measure)
    return NothingToPool(
        f"no study has an estimable {question.measure}: {reason}.",
        next_step="Ask for the risk difference (RD)."
        if ratio
        else "Ask for another measure, or of an outcome that is reported so.",
    )


def _effects(
    question: Question, chosen: Sequence[Chosen], own: Computed
) -> tuple[list[Effect], ...]:
    """Each study's effects on the measures that go with the one asked for."""
    return tuple(
        study_effects(
            measure,
            own if measure == question.measure else computed(measure, chosen, question.zero_cells),
            question.level,
        )
        for measure in kin(question.measure)
    )


def _main(model: Model, numbers: Data, fitted: Fit) -> Estimate | None:
    """The pooled effect as asked, with the Wald interval beside; None for a single study."""
    if fitted.k < 2:
        return None
    wald = fitted
    if model.name == "random" and model.interval != "Wald":
        wald = fit(model._replace(interval="Wald"), numbers)
    return shown(model, fitted, wald)


def _estimate(question: Question, measure: str, chosen: Sequence[Chosen]) -> Estimate | None:
    model = model_of(question, measure=measure)
    return estimate(model, data_of(model, chosen))


def _row(
    question: Question,
    one: Chosen,
    i: int,
    effects: tuple[list[Effect], ...],
    numbers: Data,
    fitted: Fit,
    used: bool,
    lights: Mapping[str, Sequence[Light]],
) -> Row:
    mine = tuple(column[i] for column in effects)
    own = next(effect for effect in mine if effect.measure == question.measure)
    judged = tuple(lights.get(one.study_id, ()))
    note = numbers.effects.notes[i]
    if not used and own.estimate is not None:
        note = f"not pooled: the model {question.model} needs the events of both groups"
    elif note and used and question.model not in _CORRECTED:
        note = f"{note}, in the effect shown and not in the pooled one"
    several = fitted.k > 1 and used and fitted.weights is not None
    return Row(
        study_id=one.study_id,
        label=one.label,
        finding_id=one.finding_id,
        treatment=one.treatment,
        control=one.control,
        estimate=own.estimate,
        low=own.low,
        high=own.high,
        weight=number(fitted.weights[i]) if several and fitted.weights is not None else None,
        effects=mine,
        flags=one.flags,
        note=note,
        notices=tuple(dict.fromkeys(notice.kind for notice in one.notices)),
        stated=one.stated,
        group=_group(question, one, judged),
        lights=judged,
    )


def _group(question: Question, one: Chosen, lights: Sequence[Light]) -> str:
    """The study's subgroup; risk of bias is what people judged of this outcome."""
    if question.subgroup != "risk of bias":
        return one.group
    return next((light.judgement for light in lights if light.domain == "overall"), "not judged")


def _notes(
    question: Question, rows: Sequence[Row], main: Estimate | None, fitted: Fit
) -> tuple[str, ...]:
    notes = []
    noticed = [f"{row.label} ({', '.join(row.notices)})" for row in rows if row.notices]
    if noticed:
        notes.append(f"Articles of these studies have notices: {_list(noticed)}.")
    notes.extend(_row_notes(rows))
    if main is None:
        if fitted.k == 1:
            notes.append("One study: its own result is shown, and nothing is pooled.")
        notes.extend(note for note in fitted.notes if fitted.k > 1)
        return tuple(notes)
    if main.k < _FEW and question.model == "random":
        notes.append(
            f"With {main.k} studies τ² and the prediction interval are hardly informed by the data."
        )
    if question.interval == "KR" and main.df is not None and main.df < 2:
        notes.append(
            f"The Kenward-Roger interval rests on {main.df:.2g} degrees of freedom: with so little "
            "heterogeneity it is too wide to tell anything."
        )
    notes.extend(main.notes)
    wald_excludes = _excludes(question.measure, main.wald_low, main.wald_high)
    if _excludes(question.measure, main.low, main.high) != wald_excludes:
        notes.append(
            "Whether the interval excludes no effect depends on its method: see the Wald interval."
        )
    return tuple(notes)


def _row_notes(rows: Sequence[Row]) -> list[str]:
    """What is said of several studies at once, each sentence with those it holds for."""
    reported = "as reported: its variance from its interval"
    none = "not estimable: no events, or only events, in both groups"
    heads = {
        none: "Not estimable and not pooled (no events, or only events)",
        "zero cell: 0.5 added to each cell": "With a zero cell, 0.5 added to each cell",
        reported: "As reported, its variance from its interval",
    }
    found: dict[str, list[str]] = {}
    for row in rows:
        if row.note:
            head = heads.get(row.note, f"{row.note[0].upper()}{row.note[1:]}")
            found.setdefault(head, []).append(row.label)
    order = sorted(found, key=lambda head: not head.startswith("Not"))
    return [f"{head}: {_list(found[head])}." for head in order]


def _excludes(measure: str, low: float | None, high: float | None) -> bool:
    null = 1.0 if is_ratio(measure) else 0.0
    return low is not None and high is not None and not low <= null <= high


def _list(labels: Sequence[str]) -> str:
    return ", ".join(labels)
