"""What stands behind a pooled answer: single studies, small-study effects, moderators, looks.

In: an answer, and the choices of a diagnostic. Out: an `Exploration`, plain data on the printed
scale (ratios as ratios, but for coefficients, which are on the scale of the model). Everything
here is a diagnostic: nothing of it changes the answer. Sources stand with each method in
`trialweave.stats`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import msgspec
import numpy as np

from trialweave.stats._arrays import FloatArray
from trialweave.synthesis.answer import Row, Synthesis
from trialweave.synthesis.effects import computed, count_table, is_ratio, natural, number

__all__ = [
    "Adjusted",
    "AsymmetryTest",
    "Coefficient",
    "Exploration",
    "Look",
    "Sequential",
    "Standing",
    "explore",
    "fitting_asymmetry",
]

_MOST = 200  # studies beyond which selection models and permutations are not tried


class Standing(msgspec.Struct, frozen=True):
    """How one study stands to the others: see `stats.exploring.influence`; None where undefined."""

    study_id: str
    label: str
    residual: float | None
    dffits: float | None
    cook: float | None
    dfbetas: float | None
    hat: float | None
    tau2_without: float | None
    q_share: float | None
    influence: float | None
    influential: bool
    shrunken: float | None  # its own effect, drawn towards the pooled one


class AsymmetryTest(msgspec.Struct, frozen=True):
    """A test of funnel-plot asymmetry; `fits` says which one is meant for the measure."""

    name: str
    statistic: float | None
    df: float | None
    p: float | None
    fits: bool
    notes: tuple[str, ...] = ()


class Adjusted(msgspec.Struct, frozen=True):
    """The pooled effect under a model of what is missing; none of them is the answer."""

    name: str
    estimate: float | None
    low: float | None
    high: float | None
    p: float | None
    told: str = ""  # what the model found: studies filled in, test of selection
    notes: tuple[str, ...] = ()


class Coefficient(msgspec.Struct, frozen=True):
    """One moderator alone in a meta-regression, on the scale of the model (log for ratios)."""

    moderator: str
    k: int
    estimate: float | None
    low: float | None
    high: float | None
    p: float | None
    permuted_p: float | None
    r2: float | None  # percent of τ² explained
    notes: tuple[str, ...] = ()


class Look(msgspec.Struct, frozen=True):
    """The pooled effect when a study had come in, against the boundary of that look."""

    label: str
    participants: float
    share: float
    z: float | None
    critical: float | None  # None where the look is not tested or nothing can be spent yet
    estimate: float | None
    low: float | None
    high: float | None
    crossed: bool


class Sequential(msgspec.Struct, frozen=True):
    """Trial sequential analysis: the information required, and every look."""

    control_risk: float
    relative_reduction: float
    required: float
    diversity: float
    looks: tuple[Look, ...]
    notes: tuple[str, ...]


class Exploration(msgspec.Struct, frozen=True):
    """Everything of `explore`; tuples are empty where there is nothing, and a note says why."""

    k: int
    studies: tuple[Standing, ...]
    tests: tuple[AsymmetryTest, ...]
    adjusted: tuple[Adjusted, ...]
    moderators: tuple[Coefficient, ...]
    sequential: Sequential | None
    notes: tuple[str, ...]


class _Held(msgspec.Struct):
    """The estimable rows on the model's scale, with what else is known of each."""

    measure: str
    level: float
    tau2: str
    rows: list[Row]
    yi: FloatArray
    vi: FloatArray
    counts: tuple[FloatArray, ...]
    sizes: FloatArray
    years: FloatArray


def explore(
    answer: Synthesis,
    *,
    moderators: Mapping[str, Mapping[str, object]] | None = None,
    control_risk: float | None = None,
    relative_reduction: float | None = None,
) -> Exploration:
    """Look behind an answer.

    `moderators` are further ones by name, each with a value by study id; the year and the size of
    the studies are always tried. With `relative_reduction` (0.2 is a fifth fewer events) the looks
    of a trial sequential analysis are computed against the information that tells such an effect
    from none, at `control_risk` or that of the control groups together. Raises ValueError for
    risks and reductions outside 0 to 1.
    """
    held = _held(answer)
    notes = []
    if answer.question.model != "random":
        notes.append(
            f"The answer is pooled by the model {answer.question.model!r}; what follows is of "
            f"random effects by inverse variance ({held.tau2})."
        )
    if len(held.rows) < 3:
        notes.append("Diagnostics of single studies and of asymmetry need three studies.")
    named: dict[str, Sequence[object]] = {"year": held.years.tolist(), "size": held.sizes.tolist()}
    for name, values in (moderators or {}).items():
        named[name] = [values.get(row.study_id) for row in held.rows]
    sequential = None
    if relative_reduction is not None:
        sequential, why = _sequential(held, control_risk, relative_reduction)
        notes += [why] if why else []
    few = len(held.rows) < 3
    return Exploration(
        k=len(held.rows),
        studies=() if few else tuple(_standings(held)),
        tests=() if few else tuple(_tests(held)),
        adjusted=() if few else tuple(_adjusted(held, answer)),
        moderators=() if few else tuple(_coefficients(held, named)),
        sequential=sequential,
        notes=tuple(notes),
    )


def fitting_asymmetry(answer: Synthesis) -> float | None:
    """The P of the test of asymmetry that is meant for the measure; None where there is none."""
    held = _held(answer)
    if len(held.rows) < 3:
        return None
    return next((test.p for test in _tests(held) if test.fits), None)


def _held(answer: Synthesis) -> _Held:
    question = answer.question
    by_id = {one.study_id: one for one in answer.selection.chosen}
    rows = [row for row in answer.rows if row.estimate is not None]
    chosen = [by_id[row.study_id] for row in rows]
    effects = computed(question.measure, chosen, question.zero_cells)
    sizes = [(row.treatment.n or 0) + (row.control.n or 0) for row in rows]
    return _Held(
        measure=question.measure,
        level=question.level,
        tau2=question.tau2 if question.model == "random" else "REML",
        rows=rows,
        yi=effects.yi,
        vi=effects.vi,
        counts=tuple(count_table(chosen)),
        sizes=np.array([size or np.nan for size in sizes], dtype=float),
        years=np.array([one.year or np.nan for one in chosen], dtype=float),
    )


def _standings(held: _Held) -> Iterator[Standing]:
    from trialweave.stats.exploring import baujat, influence, shrunken

    tau2 = cast("Any", held.tau2)
    found = influence(held.yi, held.vi, tau2=tau2)
    spread = baujat(held.yi, held.vi)
    own = shrunken(held.yi, held.vi, tau2=tau2).estimate
    for i, row in enumerate(held.rows):
        yield Standing(
            study_id=row.study_id,
            label=row.label,
            residual=number(found.residual[i]),
            dffits=number(found.dffits[i]),
            cook=number(found.cook[i]),
            dfbetas=number(found.dfbetas[i]),
            hat=number(found.hat[i]),
            tau2_without=number(found.tau2[i]),
            q_share=number(spread.heterogeneity[i]),
            influence=number(spread.influence[i]),
            influential=bool(found.influential[i]),
            shrunken=natural(held.measure, own[i]),
        )


def _counted(held: _Held) -> bool:
    return bool(np.isfinite(held.counts[0]).all()) and held.measure in ("OR", "RR")


def _tests(held: _Held) -> Iterator[AsymmetryTest]:
    """Egger's test always; for ratios of counts Harbord's and Peters', which are meant for them."""
    from trialweave.stats.bias import begg, egger, harbord, peters, pustejovsky

    yi, vi, level = held.yi, held.vi, held.level
    counted = _counted(held)
    if counted:
        measure = cast("Any", held.measure)
        yield _asymmetry("Harbord", harbord(*held.counts, measure=measure, level=level), fits=True)
        yield _asymmetry("Peters", peters(*held.counts, level=level))
    if held.measure == "SMD" and all(row.treatment.n and row.control.n for row in held.rows):
        sizes = ([row.treatment.n for row in held.rows], [row.control.n for row in held.rows])
        found = pustejovsky(yi, *sizes, level=level)  # type: ignore[arg-type]
        yield _asymmetry("Egger, modified standard errors", found, fits=True)
    plain = not counted and held.measure != "SMD"
    found = egger(yi, vi, measure=held.measure, level=level)
    yield _asymmetry("Egger", found, fits=plain)
    yield _asymmetry("Begg", begg(yi, vi))


def _asymmetry(name: str, found: Any, *, fits: bool = False) -> AsymmetryTest:
    if hasattr(found, "reason"):
        return AsymmetryTest(name, None, None, None, False, (found.note,))
    df = number(getattr(found, "df", math.inf))
    return AsymmetryTest(name, number(found.statistic), df, number(found.p), fits, found.notes)


def _adjusted(held: _Held, answer: Synthesis) -> Iterator[Adjusted]:
    from trialweave.stats.bias import (
        NotComputed,
        limit_meta_analysis,
        pet_peese,
        selection_model,
        trim_and_fill,
    )

    tau2, level = cast("Any", held.tau2), held.level
    filled = trim_and_fill(held.yi, held.vi, tau2=tau2, level=level)
    if isinstance(filled, NotComputed):
        yield Adjusted("trim and fill (L0)", None, None, None, None, "", (filled.note,))
    else:
        pooled = filled.adjusted
        told = f"{filled.k0} studies filled in on the {filled.side}"
        yield _one(held, "trim and fill (L0)", pooled, told, filled.notes)
    yield _made(held, "limit meta-analysis", limit_meta_analysis(held.yi, held.vi, level=level))
    peese = pet_peese(held.yi, held.vi, level=level)
    if isinstance(peese, NotComputed):
        yield Adjusted("PET-PEESE", None, None, None, None, "", (peese.note,))
    else:
        yield _one(held, f"PET-PEESE ({peese.chosen})", peese, "", peese.pet.notes)
    if len(held.rows) > _MOST:
        return
    pooled_effect = answer.pooled.estimate if answer.pooled is not None else 1.0
    null = 1.0 if is_ratio(held.measure) else 0.0
    way = cast("Any", "greater" if pooled_effect >= null else "less")
    for name, weighting in (("selection model, step at P = 0.025", "step"),
                            ("selection model, beta weights", "beta")):  # fmt: skip
        found = selection_model(
            held.yi, held.vi, weighting=cast("Any", weighting), alternative=way, level=level
        )
        yield _made(held, name, found)


def _made(held: _Held, name: str, found: Any) -> Adjusted:
    if hasattr(found, "reason"):
        return Adjusted(name, None, None, None, None, "", (found.note,))
    told = ""
    if hasattr(found, "lrt_p") and number(found.lrt_p) is not None:
        told = f"likelihood-ratio test of selection: P = {found.lrt_p:.2g}"
    elif hasattr(found, "g2") and number(found.g2) is not None:
        told = f"G² {found.g2:.0f}%"
    return _one(held, name, found, told, found.notes)


def _one(held: _Held, name: str, found: Any, told: str, notes: tuple[str, ...]) -> Adjusted:
    measure = held.measure
    return Adjusted(
        name=name,
        estimate=natural(measure, found.estimate),
        low=natural(measure, found.low),
        high=natural(measure, found.high),
        p=number(getattr(found, "p", math.nan)),
        told=told,
        notes=notes,
    )


def _coefficients(held: _Held, moderators: Mapping[str, Sequence[object]]) -> Iterator[Coefficient]:
    """Each moderator alone; with several at a time few studies tell nothing."""
    from trialweave.stats.regression import (
        NotEstimable,
        design_matrix,
        permutation_test,
        regress,
    )

    tau2 = cast("Any", held.tau2)
    for name, values in moderators.items():
        design = design_matrix({name: list(values)})
        found = regress(held.yi, held.vi, design, tau2=tau2, test="KH", level=held.level)
        if isinstance(found, NotEstimable):
            yield Coefficient(name, 0, None, None, None, None, None, None, (found.note,))
            continue
        permuted: dict[str, float] = {}
        if len(held.rows) <= _MOST:
            shuffled = permutation_test(held.yi, held.vi, design, tau2=tau2, draws=999)
            if not isinstance(shuffled, NotEstimable):
                permuted = dict(zip(shuffled.names, shuffled.p.tolist(), strict=True))
        for at, column in enumerate(found.coefficients.names[1:], 1):
            yield Coefficient(
                moderator=column,
                k=found.k,
                estimate=number(found.coefficients.estimate[at]),
                low=number(found.coefficients.low[at]),
                high=number(found.coefficients.high[at]),
                p=number(found.coefficients.p[at]),
                permuted_p=number(permuted.get(column, math.nan)),
                r2=number(found.r2),
                notes=tuple(getattr(found, "notes", ())),
            )


def _sequential(
    held: _Held, control_risk: float | None, reduction: float
) -> tuple[Sequential | None, str]:
    from trialweave.stats.sequential import size_for_risks, trial_sequential_analysis

    if not 0.0 < reduction < 1.0:
        raise ValueError(f"a relative reduction must lie between 0 and 1, not {reduction:g}")
    if not _counted(held) and held.measure != "RD":
        return None, "A sequential analysis is made for events in two groups only."
    _, _, c, n2 = held.counts
    risk = float(c.sum() / n2.sum()) if control_risk is None else control_risk
    if not 0.0 < risk < 1.0:
        return None, "The risk of the control groups is 0 or 1: no information size follows."
    size = size_for_risks(risk, risk * (1.0 - reduction), alpha=1.0 - held.level)
    found = trial_sequential_analysis(
        held.yi, held.vi, held.sizes, size, order=held.years, alpha=1.0 - held.level,
        tau2=held.tau2,
    )  # fmt: skip
    looks = tuple(
        Look(
            label=held.rows[int(i)].label,
            participants=float(found.participants[at]),
            share=float(found.share[at]),
            z=number(found.z[at]),
            critical=number(found.critical[at]),
            estimate=natural(held.measure, found.estimate[at]),
            low=natural(held.measure, found.low[at]),
            high=natural(held.measure, found.high[at]),
            crossed=bool(found.crossed[at]),
        )
        for at, i in enumerate(found.order)
    )
    how = f"Looks are of random effects ({held.tau2}) with Wald's statistic; "
    notes = (how + "boundaries are O'Brien-Fleming's.", *found.notes)
    made = Sequential(risk, reduction, found.required, found.diversity, looks, notes)
    return made, ""
