"""The same question after one change at a time: other studies, another method, one study less."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from trialweave.stats._arrays import BoolArray
from trialweave.synthesis.answer import Light, Sensitivity
from trialweave.synthesis.choose import Chosen, Selection
from trialweave.synthesis.effects import COUNT_MEASURES, natural, number
from trialweave.synthesis.method import INTERVAL_NAMES, MODEL_NAMES
from trialweave.synthesis.models import (
    ONE_AT_A_TIME,
    Data,
    Fit,
    Model,
    data_of,
    fit_sets,
    model_of,
)
from trialweave.synthesis.question import ESTIMATOR_OF, ZERO_CELLS, Question

__all__ = ["sensitivity"]

_SHOWN = ("HK", "Wald", "HK-adhoc")  # intervals that always stand beside each other
_ZERO_CELL_NAMES = {
    "only0": "0.5 added where a cell is zero",
    "all": "0.5 added in every study",
    "treatment-arm": "added in proportion to the groups where a cell is zero",
    "none": "nothing added to zero cells",
}


_LARGEST_ARM = 20_000  # the beta-binomial model takes time in proportion
_PARTS = (("product", "product"), ("cell source", "cell_source"), ("dose", "dose"))


class _Set(NamedTuple):
    """One row to come: which of the studies it pools."""

    group: str
    name: str
    members: BoolArray


def sensitivity(
    question: Question,
    selection: Selection,
    lights: Mapping[str, Sequence[Light]],
    fitted: Fit,
) -> tuple[Sensitivity, ...]:
    """The table of changes, in the order: which studies, which method, leave one out.

    Studies that a question's design or flags leave out come back where a row asks for them; those
    left out on request, or for what they are about, never do. `fitted` is the question's own model
    as asked. Where that is fitted one set at a time, other studies are pooled by inverse variance
    with random effects, and each row says so.
    """
    others = [
        one.contrast
        for one in selection.left_out
        if one.contrast is not None and one.kind in ("design", "flagged", "registration")
    ]
    whenever = {one.study_id for one in selection.left_out if one.kind == "registration"}
    every = list(selection.chosen)
    if others:
        every = sorted(
            [*every, *others],
            key=lambda one: (one.year or 9999, one.label.casefold(), one.study_id),
        )
    if not every:
        return ()
    chosen = {one.study_id for one in selection.chosen}
    asked = np.array([one.study_id in chosen for one in every])
    own = model_of(question)
    model = own._replace(name="random") if own.name in ONE_AT_A_TIME else own
    data = data_of(model, every)
    sets = list(_study_sets(every, asked, whenever, lights))
    alone = list(_leave_one_out(every, asked)) if asked.sum() > 2 else []
    members = np.array([one.members for one in (*sets, *alone)])
    fits = fit_sets(model, data, members)
    rows = [
        _row(model, one.group, one.name, found, bool(one.members.any()),
             as_asked=one.group != "leave one out" and bool((one.members == asked).all()))
        for one, found in zip((*sets, *alone), fits, strict=True)
    ]  # fmt: skip
    if model is not own:
        rows = [_instead(row, own) for row in rows]
    methods = _methods(question, every, data, asked, fitted) if asked.sum() > 1 else []
    return (*rows[: len(sets)], *methods, *rows[len(sets) :])


def _study_sets(
    every: Sequence[Chosen],
    asked: BoolArray,
    whenever: Collection[str],
    lights: Mapping[str, Sequence[Light]],
) -> Iterator[_Set]:
    """`whenever` are the studies that the question leaves out for when they were registered."""
    late = np.array([one.study_id in whenever for one in every])
    randomised = np.array([one.allocation == "randomised" for one in every])
    no_flag = np.array([not one.flags for one in every])
    no_own = np.array([not one.own_flags for one in every])
    printed = np.array([not one.recovered for one in every])
    randomised, no_flag = randomised & ~late, no_flag & ~late
    yield _Set("studies", "randomised only", randomised)
    yield _Set("studies", "all comparative designs", ~late)
    yield _Set("studies", "randomised, without studies with any flag", randomised & no_flag)
    name = "randomised, without studies flagged on this outcome"
    yield _Set("studies", name, randomised & no_own)
    yield _Set("studies", "all comparative designs, without studies with any flag", no_flag)
    yield _Set("studies", "as asked, without numbers that are not printed", asked & printed)
    if late.any():
        yield _Set("studies", "as asked, whenever registered", asked | late)
    before = np.array([one.registration == "before enrolment" for one in every])
    if any(one.registration for one in every):
        yield _Set("studies", "as asked, registered before enrolment", asked & before)
    judged = {
        study: light.judgement
        for study, given in lights.items()
        for light in given
        if light.domain == "overall"
    }
    if any(one.study_id in judged for one in every):
        high = np.array([judged.get(one.study_id) == "high" for one in every])
        yield _Set("studies", "as asked, without high risk of bias", asked & ~high)
    for group, attribute in _PARTS:
        told = np.array([getattr(one, attribute) for one in every])
        names = sorted(set(told[asked].tolist()) - {""})
        if len(names) > 1:
            for name in [*names, *([""] if "" in told[asked] else [])]:
                yield _Set(group, name or "not told", asked & (told == name))


def _leave_one_out(every: Sequence[Chosen], asked: BoolArray) -> Iterator[_Set]:
    for i in np.flatnonzero(asked).tolist():
        members = asked.copy()
        members[i] = False
        yield _Set("leave one out", f"without {every[i].label}", members)


def _instead(row: Sensitivity, own: Model) -> Sensitivity:
    """A row that was not pooled by the model asked for, and says so."""
    note = f"by random effects, not by the {MODEL_NAMES[own.name]}"
    return msgspec.structs.replace(
        row, note="; ".join(text for text in (row.note, note) if text), as_asked=False
    )


def _methods(
    question: Question, every: Sequence[Chosen], data: Data, asked: BoolArray, fitted: Fit
) -> list[Sensitivity]:
    """The studies as asked, pooled in other ways."""
    own = model_of(question)
    members = asked[None, :]
    rows = []
    if own.name in ONE_AT_A_TIME:
        rows.append(_row(own, "method", MODEL_NAMES[own.name], fitted, True, as_asked=True))

    def add(name: str, model: Model) -> None:
        same = model.zero_cells == own.zero_cells
        numbers = data if same else data_of(model, every)
        found = fit_sets(model, numbers, members)[0]
        rows.append(_row(model, "method", name, found, True, as_asked=_same(model, own)))

    random = own._replace(name="random")
    for interval in dict.fromkeys((*_SHOWN, own.interval)):
        name = f"random effects ({own.tau2}), {INTERVAL_NAMES[interval]} interval"
        add(name, random._replace(interval=interval))
    other = "DL" if own.tau2 != "DL" else "REML"
    kept = random._replace(
        tau2=other,
        interval="HK" if own.interval in ESTIMATOR_OF else own.interval,
        prediction="k-1" if own.prediction in ESTIMATOR_OF else own.prediction,
    )
    add(f"random effects ({other}), {INTERVAL_NAMES[kept.interval]} interval", kept)
    add(MODEL_NAMES["common"], own._replace(name="common"))
    if own.measure in COUNT_MEASURES:
        add(MODEL_NAMES["MH"], own._replace(name="MH"))
        if own.measure == "OR":
            add(MODEL_NAMES["Peto"], own._replace(name="Peto"))
        a, n1, c, n2 = data.counts
        seldom = bool(np.any(asked & ((a == 0) | (c == 0))))
        small = float(np.nanmax(np.concatenate([n1, n2]), initial=0.0)) <= _LARGEST_ARM
        if own.name != "beta-binomial" and seldom and small:
            add(MODEL_NAMES["beta-binomial"], own._replace(name="beta-binomial"))
        if np.any(asked & ((a == 0) | (c == 0) | (a == n1) | (c == n2))):
            for cells in ZERO_CELLS:
                if cells != own.zero_cells:
                    name = f"random effects ({own.tau2}), {_ZERO_CELL_NAMES[cells]}"
                    add(name, random._replace(zero_cells=cells))
    return rows


def _same(model: Model, own: Model) -> bool:
    """Whether two models differ in nothing that the first of them uses."""
    if model.name != own.name:
        return False
    return model == own or model.name != "random"


def _row(
    model: Model, group: str, name: str, found: Fit, members: bool, *, as_asked: bool = False
) -> Sensitivity:
    several = found.k > 1
    note = " ".join(found.notes) if several and model.name in ("MH", "Peto") else ""
    if not members:
        note = "no study is left"
    elif found.k == 0:
        note = "no study has an estimable effect"
    elif not several:
        note = "one study: its own result"
    return Sensitivity(
        group=group,
        name=name,
        k=found.k,
        estimate=natural(model.measure, found.estimate),
        low=natural(model.measure, found.low),
        high=natural(model.measure, found.high),
        p=number(found.p),
        tau2=number(found.tau2) if several and model.name != "common" else None,
        i2=number(found.i2) if several else None,
        note=note,
        as_asked=as_asked,
    )
