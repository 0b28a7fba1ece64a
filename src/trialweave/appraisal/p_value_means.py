"""p-value-means: whether a stated P can be reproduced from means, spreads and sizes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from trialweave.appraisal._context import Context, make, show_p
from trialweave.appraisal._means import (
    KINDS,
    LARGEST,
    Reading,
    means_compared,
    shown_range,
    spread_readings,
    why_not,
)
from trialweave.appraisal._tests import agreement_of_range
from trialweave.appraisal.p_value import ZERO, claim_of, zero
from trialweave.model import Attempt, Check, Finding, PValue
from trialweave.stats.recompute import Range, mann_whitney_most_favourable, p_range

RULE = "p-value-means"

_USUAL = 2  # the first of KINDS
_ALPHA = 0.05
_T_TEST = re.compile(
    r"\bt[- ]?tests?\b|\bstudent|\bwelch|\btwo[- ]sample|\bindependent[- ]samples?", re.IGNORECASE
)
_RANKS = re.compile(r"\bmann|\bwilcoxon|\brank[- ]sum|\bu[- ]test", re.IGNORECASE)
_SIGNED = re.compile(r"\bsigned|(?<!un)paired|\bmatched", re.IGNORECASE)
_OTHER = re.compile(
    r"\bmann|wilcoxon|\brank|(?<!un)paired|anc?ova|analysis of (?:co)?variance|mixed|repeated|"
    r"adjust|regress|\bgee\b|\blog|covaria|permut|bootstrap|kruskal|\bchi|fisher|linear|model|"
    r"signed|change|interaction|trend|inferior|equivalen|bonferroni|corrected|post[- ]?hoc|"
    r"tukey|dunnett|\bor\b|/|,",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Tried:
    name: str
    reading: Reading
    p: Range
    agrees: int
    usual: bool

    @property
    def attempt(self) -> Attempt:
        inputs = self.reading.inputs + (f"; {self.reading.how}" if self.reading.how else "")
        return Attempt(self.name, inputs, f"P = {shown_range(self.p)}", self.agrees > 0)


def check(finding: Finding, context: Context) -> Iterator[Check]:
    """Re-compute the P of a difference of means by every t and z test over every reading.

    Each printed number stands for an interval, so that each test gives a range of P; a stated P
    that meets it is reproduced. Flagged is only a P that the record says is of a t test, or one of
    a Mann-Whitney test below the smallest that its sizes allow: tests of the values themselves
    (ranks, logarithms, adjustment for the value at the start) cannot be excluded otherwise.
    """
    stated = finding.p
    if stated is None or finding.kind != "continuous":
        return
    try:
        float(stated.text)
    except ValueError:
        return
    claim = claim_of(stated)
    passages = [stated.passage, *(arm.passage for arm in finding.arms)]
    below = _ranks_excluded(finding, stated)
    ranks = _RANKS.search(stated.test) and not _T_TEST.search(stated.test)
    if ranks and _SIGNED.search(stated.test):
        ranks = None  # of paired values, whose number is not the groups' together
    if below and ranks and not context.dependent(finding.record_id):
        yield make(
            RULE, context, finding, "flag",
            f"{claim} cannot be that of a Mann-Whitney test of groups of these sizes: {below}.",
            attempts=[_bound(finding, agrees=False)],
            innocent=("other sizes may have been analysed", "a digit may be misprinted"),
            passages=passages,
        )  # fmt: skip
        return
    why = why_not(finding)
    if not why and finding.effect is not None and finding.effect.adjusted:
        why = "The record states an adjusted effect with it and does not give the data for that."
    pair = means_compared(finding)
    readings = list(spread_readings(pair)) if pair is not None and not why else []
    if not readings:
        why = why or "The printed numbers could not be read."
        attempts = [_bound(finding, agrees=not below)] if _sizes(finding) else []
        yield make(
            RULE, context, finding, "cannot check", f"{claim} was not re-computed.",
            attempts=attempts, not_checkable=why, passages=passages,
        )  # fmt: skip
        return
    tried = _tried(readings, stated)
    hits = [item for item in tried if item.agrees]
    yield (
        _reproduced(finding, claim, tried, hits, context)
        if hits
        else _not_reproduced(finding, stated, claim, tried, context, below)
    )


def reproducible(finding: Finding, stated: PValue) -> bool:
    """Whether any t or z test over any reading of the means gives the P."""
    pair = means_compared(finding)
    readings = list(spread_readings(pair)) if pair is not None else []
    return any(item.agrees for item in _tried(readings, stated))


def _tried(readings: Sequence[Reading], stated: PValue) -> list[_Tried]:
    tried: list[_Tried] = []
    for reading in readings:
        for place, (kind, name) in enumerate(KINDS):
            p = p_range(reading.one, reading.two, kind)
            usual = place < _USUAL and not reading.how
            for part, said in ((p, name), (Range(p.low / 2, p.high / 2), f"{name}, one-sided")):
                agrees = agreement_of_range(part.low, part.high, stated)
                tried.append(_Tried(said, reading, part, agrees, usual and part is p))
    return tried


def _reproduced(
    finding: Finding,
    claim: str,
    tried: Sequence[_Tried],
    hits: Sequence[_Tried],
    context: Context,
) -> Check:
    best = min(hits, key=lambda hit: (not hit.usual, bool(hit.reading.how), -hit.agrees))
    usual = [item for item in tried if item.usual]
    only = "" if best.usual else "only "
    text = f"{claim} is reproduced {only}by {_article(best.name)} for {best.reading.inputs}"
    text += f" (P = {shown_range(best.p)})"
    reasons = [best.reading.how] if best.reading.how else []
    others = [item for item in usual if item is not best and not item.agrees]
    otherwise = best.usual and any(
        (item.p.low >= _ALPHA and best.p.high < _ALPHA)
        or (item.p.high < _ALPHA and best.p.low >= _ALPHA)
        for item in others
    )
    never = finding.p is not None and zero(finding.p)
    if never:
        reasons.append(ZERO.format(claim))
    if not best.usual or otherwise:
        reasons += [f"{item.name} gives P = {shown_range(item.p)}" for item in others]
    return make(
        RULE, context, finding, "consistent" if best.usual and not (otherwise or never) else "note",
        "; ".join([text, *reasons]) + ".",
        attempts=_listed(tried),
        passages=[finding.p.passage if finding.p else None, *(a.passage for a in finding.arms)],
    )  # fmt: skip


def _not_reproduced(
    finding: Finding,
    stated: PValue,
    claim: str,
    tried: Sequence[_Tried],
    context: Context,
    below: str,
) -> Check:
    usual = [item for item in tried if item.usual]
    gives = ", ".join(f"{item.name} P = {shown_range(item.p)}" for item in usual)
    inputs = usual[0].reading.inputs
    text = f"{claim} cannot be reproduced from the numbers given: for {inputs}, {gives}."
    named = bool(_T_TEST.search(stated.test)) and not _OTHER.search(stated.test)
    attempts = _listed(tried)
    innocent = [
        "the test may be adjusted, for example for the value at the start, or be of paired values",
        "the test may be of ranks, or of logarithms of the values",
        "other patients may have been analysed",
        "a digit of the P, of a mean or of a spread may be misprinted",
    ]
    if depends := context.dependent(finding.record_id):
        return make(
            RULE, context, finding, "cannot check", f"{claim} is not that of a test of the means.",
            attempts=attempts,
            not_checkable=f"The record tells of {depends}: its tests need more than means.",
            passages=[stated.passage, *(a.passage for a in finding.arms)],
        )  # fmt: skip
    if not named:
        open_ = "Tests of ranks, of transformed values and adjusted ones need the patients' values."
        attempts.append(_bound(finding, agrees=not below))
        if below:
            text += f" Nor can it be that of a Mann-Whitney test: {below}."
        elif stated.test:
            text += f' The record names "{stated.test}".'
        return make(
            RULE, context, finding, "note", text, attempts=attempts, not_checkable=open_,
            innocent=innocent, passages=[stated.passage, *(a.passage for a in finding.arms)],
        )  # fmt: skip
    text += f' The record names "{stated.test}".'
    return make(
        RULE, context, finding, "flag", text, attempts=attempts, innocent=innocent,
        passages=[stated.passage, *(arm.passage for arm in finding.arms)],
    )  # fmt: skip


def _listed(tried: Sequence[_Tried]) -> list[Attempt]:
    """The usual tests, and of the others those of the plain reading and those that agree."""
    return [item.attempt for item in tried if item.usual or item.agrees or not item.reading.how]


def _sizes(finding: Finding) -> tuple[int, int] | None:
    pair = means_compared(finding)
    if pair is None:
        return None
    one, two = (arm.n or 0 for arm in pair)
    return (one, two) if 0 < one <= LARGEST and 0 < two <= LARGEST else None


def _bound(finding: Finding, *, agrees: bool) -> Attempt:
    """The most favourable Mann-Whitney test; only called where the sizes are known."""
    one, two = _sizes(finding) or (1, 1)
    p = float(mann_whitney_most_favourable(one, two))
    return Attempt(
        "Mann-Whitney test most favourable to a difference", f"n {one} v {two}",
        f"P = {show_p(p)} or more", agrees,
    )  # fmt: skip


def _ranks_excluded(finding: Finding, stated: PValue) -> str:
    """Why no Mann-Whitney test can give the P; "" where one can or the sizes are not known."""
    pair = _sizes(finding)
    if pair is None or stated.operator in (">", ">="):
        return ""
    bound = float(mann_whitney_most_favourable(*pair))
    if agreement_of_range(bound / 2, 1.0, stated):  # one-sided
        return ""
    return (
        f"with every value of one group above every value of the other, {pair[0]} v {pair[1]} "
        f"patients give P = {show_p(bound)}, one-sided half of it"
    )


def _article(name: str) -> str:
    return name if name.startswith(("Student", "Welch")) else f"the {name}"
