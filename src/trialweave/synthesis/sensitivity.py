"""The same question after one change at a time: other studies, another method, one study less."""

from __future__ import annotations

from collections.abc import Sequence

from trialweave.synthesis.answer import Sensitivity
from trialweave.synthesis.choose import Chosen, Selection
from trialweave.synthesis.fitting import Measure, columns, fit, natural, number
from trialweave.synthesis.question import INTERVALS, Question

__all__ = ["sensitivity"]

_INTERVAL_NAMES = {
    "HK": "Hartung-Knapp",
    "HK-adhoc": "Hartung-Knapp, never narrower by its factor (ad hoc)",
    "Wald": "Wald",
}


def sensitivity(question: Question, selection: Selection) -> tuple[Sensitivity, ...]:
    """The table of changes, in the order: which studies, which method, leave one out.

    Studies that a question's design or flags leave out come back where a row asks for them; those
    left out on request, or for their product, never do.
    """
    measure: Measure = question.measure
    rows = _study_sets(question, measure, selection)
    if len(selection.chosen) > 1:
        rows += _methods(question, measure, selection.chosen)
    if len(selection.chosen) > 2:
        rows += _leave_one_out(question, measure, selection.chosen)
    return tuple(rows)


def _study_sets(question: Question, measure: Measure, selection: Selection) -> list[Sensitivity]:
    others = [
        one.contrast
        for one in selection.left_out
        if one.contrast is not None and one.kind in ("design", "flagged")
    ]
    every = sorted(
        [*selection.chosen, *others],
        key=lambda one: (one.year or 9999, one.label.casefold(), one.study_id),
    )
    randomised = [one for one in every if one.allocation == "randomised"]
    asked = set(selection.chosen)
    sets = [
        ("randomised only", randomised),
        ("all comparative designs", every),
        ("randomised, without studies with any flag", _without(randomised, "flags")),
        ("randomised, without studies flagged on this outcome", _without(randomised, "own_flags")),
        ("all comparative designs, without studies with any flag", _without(every, "flags")),
        ("as asked, without numbers that are not printed", _printed(selection.chosen)),
    ]
    return [
        _row(question, measure, "studies", name, chosen, as_asked=set(chosen) == asked)
        for name, chosen in sets
    ]


def _without(chosen: Sequence[Chosen], flags: str) -> list[Chosen]:
    return [one for one in chosen if not getattr(one, flags)]


def _printed(chosen: Sequence[Chosen]) -> list[Chosen]:
    return [one for one in chosen if not one.recovered]


def _methods(question: Question, measure: Measure, chosen: Sequence[Chosen]) -> list[Sensitivity]:
    rows = []
    for interval in INTERVALS:
        name = f"random effects ({question.tau2}), {_INTERVAL_NAMES[interval]} interval"
        rows.append(
            _row(
                question, measure, "method", name, chosen,
                interval=interval, as_asked=interval == question.interval,
            )
        )  # fmt: skip
    other = "DL" if question.tau2 != "DL" else "REML"
    name = f"random effects ({other}), {_INTERVAL_NAMES[question.interval]} interval"
    rows.append(_row(question, measure, "method", name, chosen, tau2=other))
    name = "common effect, inverse variance"
    rows.append(_row(question, measure, "method", name, chosen, tau2="CE", interval="Wald"))
    rows.append(_mantel_haenszel(question, measure, chosen))
    return rows


def _mantel_haenszel(question: Question, measure: Measure, chosen: Sequence[Chosen]) -> Sensitivity:
    """Common effect without any correction for zero cells; sources in `trialweave.stats`."""
    from trialweave.stats.pooling import mantel_haenszel

    fitted = mantel_haenszel(
        measure, *columns(chosen), drop00=measure != "RD", level=question.level
    )
    name = "common effect, Mantel-Haenszel, nothing added to zero cells"
    estimate = natural(measure, fitted.estimate)
    return Sensitivity(
        group="method",
        name=name,
        k=int(fitted.k),
        estimate=estimate,
        low=natural(measure, fitted.low),
        high=natural(measure, fitted.high),
        p=number(fitted.p),
        tau2=None,
        i2=number(fitted.i2),
        note=" ".join(fitted.notes),
    )


def _leave_one_out(
    question: Question, measure: Measure, chosen: Sequence[Chosen]
) -> list[Sensitivity]:
    return [
        _row(
            question, measure, "leave one out", f"without {one.label}",
            [other for other in chosen if other is not one],
        )
        for one in chosen
    ]  # fmt: skip


def _row(
    question: Question,
    measure: Measure,
    group: str,
    name: str,
    chosen: Sequence[Chosen],
    *,
    interval: str = "",
    tau2: str = "",
    as_asked: bool = False,
) -> Sensitivity:
    if not chosen:
        return _empty(group, name, "no study is left", as_asked)
    fitted = fit(question, measure, chosen, interval=interval, tau2=tau2)
    k = int(fitted.k)
    if k == 0:
        return _empty(group, name, "no study has an estimable effect", as_asked)
    several = k > 1
    return Sensitivity(
        group=group,
        name=name,
        k=k,
        estimate=natural(measure, fitted.estimate),
        low=natural(measure, fitted.low),
        high=natural(measure, fitted.high),
        p=number(fitted.p),
        tau2=number(fitted.tau2) if several else None,
        i2=number(fitted.i2) if several else None,
        note="" if several else "one study: its own result",
        as_asked=as_asked,
    )


def _empty(group: str, name: str, note: str, as_asked: bool) -> Sensitivity:
    return Sensitivity(group, name, 0, None, None, None, None, None, None, note, as_asked)
