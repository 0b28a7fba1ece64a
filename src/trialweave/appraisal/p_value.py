"""p-value: whether a stated P can be reproduced from the counts by any defensible test."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from trialweave.appraisal._context import (
    SHOWN_READINGS,
    Candidate,
    Context,
    comparison,
    make,
    readings,
    show_p,
)
from trialweave.appraisal._tests import (
    COSTLY,
    EXACT,
    TESTS,
    Tried,
    agreement,
    attempts,
    tables,
)
from trialweave.appraisal.counts import problem
from trialweave.model import ArmResult, Attempt, Check, Finding, PValue, Verdict
from trialweave.results.families import is_estimate
from trialweave.stats.survival import logrank_most_favourable

RULE = "p-value"

_ALPHA = 0.05
_LARGEST_UNCONDITIONAL = 120  # patients; above this the unconditional tests cost too much
_DEATHS = frozenset({"survival", "mortality"})
_TIMED = _DEATHS | frozenset(
    {
        "cause-specific mortality", "invasive ventilation", "extubation", "hospital discharge",
        "icu admission", "readmission", "hospital admission", "clinical improvement", "recovery",
        "symptom remission", "disease progression", "viral clearance", "clinical cure", "relapse",
        "remission", "fracture", "stroke", "myocardial infarction", "bleeding", "thromboembolism",
    }
)  # fmt: skip
_NOT_FROM_COUNTS = re.compile(
    r"\b(?:adjusted|cox|logistic|mixed|gee|regression|mann|wilcoxon|t[- ]tests?|an?c?ova|mcnemar|"
    r"mantel|stratif\w*|poisson|gray)\b",
    re.IGNORECASE,
)


def check(finding: Finding, context: Context) -> Iterator[Check]:
    """Re-compute the stated P over every reading of the counts and every test that may be meant.

    Reproduced by a usual two-sided test: consistent. Only by a test that decides otherwise than
    Fisher's at 5%, by a less usual test, or with an unusual reading of the counts: a note that
    says which. By none: a flag, unless the test named, or a test on times to event, cannot be
    computed from counts and could give it. For times to event the log-rank test that is most
    favourable to the claim is the bound on that.
    """
    stated = finding.p
    if stated is None or finding.kind not in ("count", "p only"):
        return
    try:
        float(stated.text)
    except ValueError:
        return
    claim = claim_of(stated)
    passages = [stated.passage, *(arm.passage for arm in finding.arms)]

    def cannot(why: str) -> Check:
        return make(
            RULE, context, finding, "cannot check", f"{claim} was not re-computed.",
            not_checkable=why, passages=passages,
        )  # fmt: skip

    if any(problem(arm) for arm in finding.arms):
        return
    if finding.kind == "p only":
        yield cannot("The record gives no counts with this P.")
        return
    if is_estimate(f"{finding.outcome} {finding.note}") and any(
        arm.events is None for arm in finding.arms
    ):
        yield cannot("The percentages are estimates from times to event, which are not given.")
        return
    pair = comparison(finding)
    if pair is None:
        yield cannot(_why_no_comparison(finding))
        return
    found = readings(finding, pair, context)
    if not found:
        yield cannot("The record does not determine how many patients are in each group.")
        return
    yield _verdict(finding, stated, claim, found, context)


ZERO = "a P is never 0, and {} stands for one that rounds to it"


def zero(stated: PValue) -> bool:
    """Whether a P is stated to be 0."""
    return stated.operator == "=" and float(stated.text) == 0


def claim_of(stated: PValue) -> str:
    """``P ≤ 0.05``, as the record states it."""
    sign = {"<=": "≤", ">=": "≥"}.get(stated.operator, stated.operator)
    return f"P {sign} {stated.text}"


def _why_no_comparison(finding: Finding) -> str:
    if len(finding.arms) == 1:
        return "One group only is stated with this P: there is nothing to compare it with."
    if len(finding.arms) > 2:
        return "More than two groups: which of them the P compares is not stated."
    return "What was counted is not the number of patients with the event."


def _verdict(
    finding: Finding,
    stated: PValue,
    claim: str,
    pairs: Sequence[tuple[Candidate, Candidate]],
    context: Context,
) -> Check:
    tried = attempts(TESTS, pairs, stated)
    hits = [item for item in tried if item.attempt.agrees]
    largest = max(one.n + two.n for one, two in pairs)
    if not hits and largest <= _LARGEST_UNCONDITIONAL:
        tried += attempts(COSTLY, pairs[:4], stated)
        hits = [item for item in tried if item.attempt.agrees]
    if "rank" in stated.test.lower() and "log" in stated.test.lower():
        hits = []  # the record says that the P is of another test
    shown = _shown(tried, len(pairs))
    passages = [stated.passage, *(arm.passage for arm in finding.arms)]
    if hits:
        verdict, text = _reproduced(claim, stated, tried, hits, pairs)
        return make(RULE, context, finding, verdict, text, attempts=shown, passages=passages)
    effect_stated = finding.effect
    modelled = effect_stated is not None and (
        effect_stated.adjusted or effect_stated.measure not in ("RR", "OR", "RD")
    )
    if modelled or _NOT_FROM_COUNTS.search(stated.test):
        return make(
            RULE, context, finding, "cannot check",
            f"{claim} is not that of a test of the counts alone.",
            attempts=shown,
            not_checkable=f"The record names another analysis ({_model(finding, stated)}), "
            "for which it does not give the data.",
            passages=passages,
        )  # fmt: skip
    if depends := context.dependent(finding.record_id):
        return make(
            RULE, context, finding, "cannot check", f"{claim} is not that of a test of the counts.",
            attempts=shown,
            not_checkable=f"The record tells of {depends}: its tests need more than the counts.",
            passages=passages,
        )  # fmt: skip
    return _not_reproduced(finding, stated, claim, pairs, shown, context)


def _model(finding: Finding, stated: PValue) -> str:
    """What the record calls the analysis that the P is of."""
    if stated.test:
        return stated.test
    if finding.effect is not None and not finding.effect.adjusted:
        return {"HR": "a hazard ratio", "IRR": "a rate ratio"}.get(
            finding.effect.measure, finding.effect.measure
        )
    return "an adjusted effect"


def _shown(tried: Sequence[Tried], pairs: int) -> list[Attempt]:
    """The attempts to list: all of the first readings, and of further ones those that agree."""
    shown = [t.attempt for t in tried if t.pair < SHOWN_READINGS or t.attempt.agrees]
    if pairs > SHOWN_READINGS:
        further = [t for t in tried if t.pair >= SHOWN_READINGS]
        agreeing = sum(t.attempt.agrees for t in further)
        shown.append(
            Attempt(
                "the same tests", f"{pairs - SHOWN_READINGS} further readings",
                f"{agreeing} of {len(further)} agree", agreeing > 0,
            )
        )  # fmt: skip
    return shown


def _reproduced(
    claim: str,
    stated: PValue,
    tried: Sequence[Tried],
    hits: Sequence[Tried],
    pairs: Sequence[tuple[Candidate, Candidate]],
) -> tuple[Verdict, str]:
    """The best way that reproduces the P, as verdict and statement."""
    order = [test.name for test in (*TESTS, *COSTLY)]

    def rank(hit: Tried) -> tuple[bool, int, int, int]:
        exactness = -agreement(hit.p, stated)
        return not hit.test.usual, hit.pair, exactness, order.index(hit.test.name)

    best = min(hits, key=rank)
    here = [item for item in tried if item.pair == best.pair]
    exact = next(item.p for item in here if item.test.name == EXACT)
    same = [i for i in here if agreement(i.p, stated) == agreement(best.p, stated)]
    only = "only " if len(same) == 1 and "Fisher" not in best.test.name else ""
    text = (
        f"{claim} is reproduced {only}by {_article(best.test.name)} for {best.attempt.inputs} "
        f"(P = {show_p(best.p)})"
    )
    plain = all(c.how in ("as printed", "by rounding", "recovered") for c in pairs[best.pair])
    decides_otherwise = (exact < _ALPHA) != (best.p < _ALPHA)
    misnamed = "fisher" in stated.test.lower() and "Fisher" not in best.test.name
    if best.test.usual and plain and not decides_otherwise and not misnamed:
        if zero(stated):
            return "note", f"{text}; {ZERO.format(claim)}."
        return "consistent", text + "."
    reasons = [f"{c} {c.how}" for c in pairs[best.pair] if c.how != "as printed"]
    if "Fisher" not in best.test.name:
        reasons.append(f"Fisher's exact test gives P = {show_p(exact)}")
    elif best.test.name != EXACT:
        reasons.append(f"two-sided it gives P = {show_p(exact)}")
    return "note", "; ".join([text, *reasons]) + "."


def _article(name: str) -> str:
    return name if name.startswith(("Fisher", "Barnard", "Boschloo")) else f"the {name}"


def _not_reproduced(
    finding: Finding,
    stated: PValue,
    claim: str,
    pairs: Sequence[tuple[Candidate, Candidate]],
    listed: list[Attempt],
    context: Context,
) -> Check:
    by_reading = [
        next(a for a in listed if a.inputs == f"{one} v {two}" and a.method == EXACT)
        for one, two in pairs[:4]
    ]
    shown = ", ".join(f"{a.result.removeprefix('P = ')} for {a.inputs}" for a in by_reading)
    text = (
        f"{claim} cannot be reproduced from the numbers given: Fisher's exact test gives {shown}."
    )
    verdict: Verdict = "flag"
    innocent = [
        "the test may be of an adjusted or stratified model",
        "other denominators may have been used",
        "another comparison or time point may be meant",
        "a digit of the P or of a count may be misprinted",
    ]
    open_ = "An adjusted or stratified analysis would need data that the record does not give."
    passages = [stated.passage, *(arm.passage for arm in finding.arms)]
    log_rank = "rank" in stated.test.lower() and "log" in stated.test.lower()
    if finding.family in _TIMED or log_rank:
        open_ = (
            "A test on times to event would need the times, which the record does not give; "
            "so would an adjusted analysis."
        )
        bound, inputs, worse, other = _bound(finding, pairs)
        if bound is not None:
            excluded = not _could_give(bound, stated)
            listed.append(
                Attempt(
                    "log-rank test most favourable to a difference", inputs,
                    f"P = {show_p(bound)}", not excluded,
                )
            )  # fmt: skip
            event = "death" if finding.family in _DEATHS else "event"
            order = f"every {event} in {worse} before every {event} in {other}"
            if excluded:
                text += (
                    f" Even the log-rank test most favourable to the claim ({order}) "
                    f"gives P = {show_p(bound)}."
                )
            elif log_rank:
                return make(
                    RULE, context, finding, "cannot check",
                    f"{claim} is of a log-rank test, which counts alone do not determine.",
                    attempts=listed, not_checkable=open_, passages=passages,
                )  # fmt: skip
            elif "fisher" not in stated.test.lower() and "chi" not in stated.test.lower():
                verdict = "note"
                text += (
                    " A log-rank test on times to event could give it: with "
                    f"{order}, it gives P = {show_p(bound)}."
                )
                innocent.insert(0, "the P may be of a log-rank test or a Cox model")
            else:
                innocent.insert(0, "the P may be of a test on times to event")
    return make(
        RULE, context, finding, verdict, text, attempts=listed, not_checkable=open_,
        innocent=innocent,
        passages=passages,
    )  # fmt: skip


def _could_give(bound: float, stated: PValue) -> bool:
    """Whether a test whose P can be anything from `bound` to 1 could give the stated P."""
    value = float(stated.text)
    if stated.operator in (">", ">="):
        return True
    return bound < value or agreement(bound, stated) > 0


def _bound(
    finding: Finding, pairs: Sequence[tuple[Candidate, Candidate]]
) -> tuple[float | None, str, str, str]:
    """The smallest P of any log-rank test over the pairs, for which counts, and the worse arm.

    Survivors count as the others of the deaths.
    """
    a, n1, c, n2 = tables(pairs)
    if finding.family == "survival":
        a, c = n1 - a, n2 - c
    values = np.asarray(logrank_most_favourable(a, n1, c, n2).p, dtype=float)
    if np.all(np.isnan(values)):
        return None, "", "", ""
    best = int(np.nanargmin(values))
    one, two = pairs[best]
    first_worse = a[best] * n2[best] > c[best] * n1[best]
    names = [_named(arm) for arm in comparison(finding) or finding.arms[:2]]
    worse, other = names if first_worse else names[::-1]
    if worse == other:
        worse, other = "one group", "the other"
    return float(values[best]), f"{one} v {two}", worse, other


def _named(arm: ArmResult) -> str:
    """The group in a sentence of ours: its role where known, else as the record calls it."""
    if arm.role in ("treatment", "control"):
        return f"the {arm.role} group"
    return f'the group "{arm.label}"' if arm.label else "one group"
