"""test-statistic: whether a P goes with the test statistic printed beside it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from trialweave.appraisal._context import Context, record_check
from trialweave.appraisal._means import box_of, shown_range
from trialweave.appraisal._tests import agreement_of_range
from trialweave.appraisal.p_value import ZERO, claim_of, zero
from trialweave.model import Attempt, Check, Passage, Record, Value, Verdict
from trialweave.results.test_statistics import (
    TestStatement,
    explains_other_p,
    read_test_statistics,
)
from trialweave.stats.recompute import Range, p_range_of_statistic

RULE = "test-statistic"

_ALPHA = 0.05
_LONGEST = 2_000_000  # characters of a section
_TWO_SIDED = ("t", "z", "r")


def check(context: Context) -> Iterator[Check]:
    """Re-compute the P of every statistic that an article's text prints with its P.

    The printed statistic stands for an interval. A P that its range does not meet is a note, and a
    flag where the two decide differently at 5%, unless the text speaks of one-sided tests or of
    corrections for several tests, which would explain it.
    """
    for name in context.study.record_ids:
        record = context.records.get(name)
        if record is None or record.publication is None:
            continue
        texts = [section.text for section in record.publication.sections.content or ()]
        found = [
            (value, statement)
            for value in texts
            for statement in read_test_statistics(_text(value)[:_LONGEST])
        ]
        explained = bool(found) and any(explains_other_p(_text(v)[:_LONGEST]) for v in texts)
        for ordinal, (value, statement) in enumerate(found, start=1):
            passage = _passage(value, statement)
            yield _one(statement, record, passage, str(ordinal), context, explained=explained)


def _text(value: Value[str]) -> str:
    return (value.raw if value.raw is not None else value.content) or ""


def _passage(value: Value[str], statement: TestStatement) -> Passage | None:
    whole = value.passage
    if whole is None or whole.start < 0 or whole.end - whole.start != len(_text(value)):
        return whole
    return Passage(whole.start + statement.start, whole.start + statement.end)


def _one(
    statement: TestStatement,
    record: Record,
    passage: Passage | None,
    part: str,
    context: Context,
    *,
    explained: bool,
) -> Check:
    shown, claim = _shown(statement), claim_of(statement.p)
    box = box_of(statement.value, None)
    nan = math.nan
    p = Range(nan, nan)
    if box is not None:
        df1 = nan if statement.df1 is None else statement.df1
        df2 = nan if statement.df2 is None else statement.df2
        p = p_range_of_statistic(statement.kind, box, df1, df2)
    if math.isnan(p.low):
        return record_check(
            RULE, context, record.record_id, "cannot check", f"{claim} of {shown} was not checked.",
            part=part, not_checkable="The statistic is not defined for these numbers.",
            passages=(passage,),
        )  # fmt: skip
    agrees = agreement_of_range(p.low, p.high, statement.p)
    gives = f"P = {shown_range(p)}"
    attempts = [Attempt("two-sided" if statement.kind in _TWO_SIDED else "upper tail", shown,
                        gives, agrees > 0)]  # fmt: skip
    if agrees:
        verdict: Verdict = "consistent" if agrees == 2 else "note"
        how = "" if agrees == 2 else " only by cutting off or rounding up"
        text = f"{claim} goes{how} with {shown}, which gives {gives}."
        if zero(statement.p):
            verdict, text = "note", f"{shown} gives {gives}; {ZERO.format(claim)}."
        return record_check(
            RULE, context, record.record_id, verdict, text, part=part, attempts=attempts,
            passages=(passage,),
        )  # fmt: skip
    text = f"{claim} does not go with {shown}, which gives {gives}."
    one_sided = False
    if statement.kind in _TWO_SIDED:
        half = Range(p.low / 2, p.high / 2)
        one_sided = agreement_of_range(half.low, half.high, statement.p) > 0
        attempts.append(Attempt("one-sided", shown, f"P = {shown_range(half)}", one_sided))
    if one_sided:
        text = f"{claim} goes with {shown} only one-sided; two-sided it gives {gives}."
    flagged = _decides_otherwise(p, statement) and not explained
    return record_check(
        RULE, context, record.record_id, "flag" if flagged else "note", text, part=part,
        attempts=attempts,
        innocent=(
            "the P may be corrected for several tests or for unequal variances",
            "the test may be one-sided",
            "a digit of the statistic, of its degrees of freedom or of the P may be misprinted",
        ),
        passages=(passage,),
    )  # fmt: skip


def _decides_otherwise(p: Range, statement: TestStatement) -> bool:
    """Whether the stated P and the re-computed one lie on different sides of 5%."""
    value, sign = float(statement.p.text), statement.p.operator
    if p.low > _ALPHA:
        return value < _ALPHA if sign == "=" else value <= _ALPHA and sign in ("<", "<=")
    if p.high < _ALPHA:
        return value > _ALPHA if sign == "=" else value >= _ALPHA and sign in (">", ">=")
    return False


def _shown(statement: TestStatement) -> str:
    name = {"chi2": "χ²"}.get(statement.kind, statement.kind)
    freedom = [f"{df:g}" for df in (statement.df1, statement.df2) if df is not None]
    inside = f"({', '.join(freedom)})" if freedom else ""
    return f"{name}{inside} = {statement.value}".replace("-", "−")
