"""The pooled answer with everything it rests on: effects, heterogeneity, and what changes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from trialweave.errors import NothingToPool
from trialweave.synthesis.answer import Effect, Estimate, Row, Synthesis
from trialweave.synthesis.choose import Chosen, Selection
from trialweave.synthesis.fitting import Measure, estimate, fit, number, study_effects
from trialweave.synthesis.groups import counts
from trialweave.synthesis.question import Question
from trialweave.synthesis.sensitivity import sensitivity

__all__ = ["method_sentence", "pool"]

_FEW = 5  # studies; below, τ² and the prediction interval are hardly informed
_MEASURES: tuple[Measure, ...] = ("RR", "OR", "RD")
_NAMES = {"RR": "risk ratios", "OR": "odds ratios", "RD": "risk differences"}
_TAU2 = {
    "REML": "restricted maximum likelihood",
    "ML": "maximum likelihood",
    "DL": "the method of DerSimonian and Laird",
    "PM": "the method of Paule and Mandel",
    "PMM": "the median-unbiased method of Paule and Mandel",
    "EB": "empirical Bayes",
    "HE": "the method of Hedges and Olkin",
    "HS": "the method of Hunter and Schmidt",
    "HSk": "the small-sample method of Hunter and Schmidt",
    "SJ": "the method of Sidik and Jonkman",
}
_INTERVAL = {
    "HK": "the method of Hartung, Knapp, Sidik and Jonkman (t, k - 1 degrees of freedom)",
    "HK-adhoc": (
        "the method of Hartung, Knapp, Sidik and Jonkman (t, k - 1 degrees of freedom) with its "
        "variance factor not below 1"
    ),
    "Wald": "normal quantiles (Wald)",
}


def pool(question: Question, selection: Selection) -> Synthesis:
    """Pool what was chosen.

    Raises NothingToPool where no study is chosen, or none has an estimable effect (no event in
    any group, for a ratio), saying which.
    """
    chosen = selection.chosen
    if not chosen:
        raise NothingToPool(_why_nothing(question, selection))
    fitted = fit(question, question.measure, chosen)
    k = int(fitted.k)
    if k == 0:
        raise NothingToPool(
            f"no study has an estimable {question.measure}: there are no events, or only events.",
            next_step="Ask for the risk difference (RD).",
        )
    effects = {measure: study_effects(measure, chosen, question.level) for measure in _MEASURES}
    rows = tuple(
        _row(
            question,
            one,
            tuple(effects[measure][i] for measure in _MEASURES),
            number(fitted.weights[i]) if k > 1 else None,
        )
        for i, one in enumerate(chosen)
    )
    used = [row for row in rows if row.estimate is not None]
    measures = tuple(
        estimate(question, measure, chosen)
        for measure in _MEASURES
        if sum(effect.estimate is not None for effect in effects[measure]) > 1
    )
    main = next((one for one in measures if one.measure == question.measure), None)
    return Synthesis(
        question=question,
        k=k,
        treated=sum(row.treatment.n or 0 for row in used),
        controls=sum(row.control.n or 0 for row in used),
        events_treated=sum(row.treatment.events or 0 for row in used),
        events_controls=sum(row.control.events or 0 for row in used),
        rows=rows,
        pooled=main,
        measures=measures,
        sensitivity=sensitivity(question, selection),
        method=method_sentence(question),
        notes=_notes(question, rows, main),
        selection=selection,
    )


def _why_nothing(question: Question, selection: Selection) -> str:
    counts = Counter(one.kind for one in selection.left_out)
    told = ", ".join(f"{n} {kind}" for kind, n in counts.most_common())
    return f"no study can be pooled for {question.outcome!r}" + (f" ({told})." if told else ".")


def _row(question: Question, one: Chosen, effects: tuple[Effect, ...], weight: float | None) -> Row:
    own = next(effect for effect in effects if effect.measure == question.measure)
    a, n1, c, n2 = counts(one.treatment, one.control)
    zero = 0 in (a, c, n1 - a, n2 - c)
    if own.estimate is None:
        note = "not estimable: no events, or only events, in both groups"
    else:
        note = "zero cell: 0.5 added to each cell" if zero else ""
    return Row(
        study_id=one.study_id,
        label=one.label,
        finding_id=one.finding_id,
        treatment=one.treatment,
        control=one.control,
        estimate=own.estimate,
        low=own.low,
        high=own.high,
        weight=weight,
        effects=effects,
        flags=one.flags,
        note=note,
        notices=tuple(dict.fromkeys(notice.kind for notice in one.notices)),
    )


def method_sentence(question: Question) -> str:
    """The method in words for a report: every choice of the model, named."""
    scale = "differences of risks" if question.measure == "RD" else "logarithms"
    ratio = question.measure != "RD"
    double_zero = (
        " Studies without events in both groups, or with events only, are shown and not pooled."
        if ratio
        else " Studies without events in both groups are pooled."
    )
    designs = "randomised" if question.designs == "randomised" else "comparative"
    return (
        f"One comparison a study; {designs} studies. {_NAMES[question.measure].capitalize()} were "
        f"pooled as {scale} by inverse variance with random effects; τ² by "
        f"{_TAU2[question.tau2]}, its interval by the Q-profile method; "
        f"{100 * question.level:.4g}% interval of the pooled effect by "
        f"{_INTERVAL[question.interval]}; prediction interval by t with "
        "k - 1 degrees of freedom; I² from τ². In a study with a zero cell 0.5 was added to each "
        f"of its four cells.{double_zero}"
    )


def _notes(question: Question, rows: Sequence[Row], main: Estimate | None) -> tuple[str, ...]:
    notes = []
    noticed = [f"{row.label} ({', '.join(row.notices)})" for row in rows if row.notices]
    if noticed:
        notes.append(f"Articles of these studies have notices: {_list(noticed)}.")
    missing = [row.label for row in rows if row.estimate is None]
    if missing:
        notes.append(f"Not estimable and not pooled (no events, or only events): {_list(missing)}.")
    zero = [row.label for row in rows if row.estimate is not None and row.note]
    if zero:
        notes.append(f"With a zero cell, 0.5 added to each cell: {_list(zero)}.")
    if main is None:
        notes.append("One study: its own result is shown, and nothing is pooled.")
        return tuple(notes)
    if main.k < _FEW:
        notes.append(
            f"With {main.k} studies τ² and the prediction interval are hardly informed by the data."
        )
    notes.extend(main.notes)
    wald_excludes = _excludes(question.measure, main.wald_low, main.wald_high)
    if _excludes(question.measure, main.low, main.high) != wald_excludes:
        notes.append(
            "Whether the interval excludes no effect depends on its method: see the Wald interval."
        )
    return tuple(notes)


def _excludes(measure: str, low: float | None, high: float | None) -> bool:
    null = 0.0 if measure == "RD" else 1.0
    return low is not None and high is not None and not low <= null <= high


def _list(labels: Sequence[str]) -> str:
    return ", ".join(labels)
