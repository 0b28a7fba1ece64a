"""What the checks share: the study's sizes and totals, candidate tables, and how numbers read."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from trialweave.appraisal._wording import DEPENDENT, METHODS, texts
from trialweave.model import (
    ArmResult,
    Attempt,
    Check,
    Finding,
    Passage,
    Record,
    Role,
    Study,
    Verdict,
)
from trialweave.results.families import counts_events, is_estimate
from trialweave.stats.rounding import (
    LARGEST_SIZE,
    counts_for_percent,
    nearest_counts,
    sizes_for_percent,
)
from trialweave.studies.reconciliation import Told, told_of

__all__ = [
    "SHOWN_READINGS",
    "Candidate",
    "Context",
    "comparison",
    "make",
    "off_share",
    "percent_digits",
    "percent_value",
    "readings",
    "record_check",
    "share",
    "show_number",
    "show_p",
    "valid_percent",
]

_PERCENT = re.compile(r"[-−]?\d{1,4}(?:\.\d{1,9})?")
_MOST_SIZES = 12
_FEW = 3
SHOWN_READINGS = 8
"""Of how many readings of printed numbers a check lists every attempt."""
_MOST_CANDIDATES = 12


@dataclass(frozen=True, slots=True)
class Candidate:
    """Counts that a group's printed numbers could stand for, and why: `how` is for people."""

    events: int
    n: int
    how: str

    def __str__(self) -> str:
        return f"{self.events}/{self.n}"


@dataclass(frozen=True)
class Context:
    """One study with its records and findings, and earlier versions of records where at hand."""

    study: Study
    records: Mapping[str, Record]
    findings: Sequence[Finding]
    versions: Mapping[str, Sequence[Record]] = field(default_factory=dict)

    @functools.cached_property
    def totals(self) -> dict[int, str]:
        """Numbers of patients in all that the study's records state, and which record does."""
        totals: dict[int, str] = {}
        for record_id in self.study.record_ids:
            record = self.records.get(record_id)
            if record is not None:
                enrolled = record.about.enrollment.content
                if enrolled and 0 < enrolled <= LARGEST_SIZE:
                    totals.setdefault(enrolled, record_id)
        return totals

    @functools.cached_property
    def _sizes(self) -> dict[tuple[str, Role], tuple[int, ...]]:
        found: dict[tuple[str, Role], set[int]] = {}
        for finding in self.findings:
            for arm in finding.arms:
                if arm.n and 0 < arm.n <= LARGEST_SIZE:
                    found.setdefault((finding.record_id, arm.role), set()).add(arm.n)
        return {key: tuple(sorted(sizes)) for key, sizes in found.items()}

    def says(
        self, record_id: str, pattern: re.Pattern[str], sections: re.Pattern[str] | None = None
    ) -> bool:
        """Whether a record of the study has such words where it tells of its design or results.

        Looked at are titles and registered designs of the study's records, and the texts of the
        record itself; with `sections` only of sections with such a label.
        """
        key = record_id, pattern, sections
        if key not in self._said:
            self._said[key] = any(
                pattern.search(text)
                for name in dict.fromkeys((record_id, *self.study.record_ids))
                for text in texts(
                    self.records.get(name), whole=name == record_id, sections=sections
                )
            )
        return self._said[key]

    @functools.cached_property
    def _said(self) -> dict[tuple[str, re.Pattern[str], re.Pattern[str] | None], bool]:
        return {}

    @functools.cached_property
    def told(self) -> dict[str, list[Told]]:
        """What the study's records state, by concept, for the checks that compare them."""
        records = (self.records.get(name) for name in self.study.record_ids)
        return told_of([record for record in records if record is not None])

    @functools.cached_property
    def shifted(self) -> dict[str, tuple[int, int]]:
        """Of each record the stated percentages that are not those of their counts: all, and those
        above their counts' shares."""
        found: dict[str, tuple[int, int]] = {}
        for finding in self.findings:
            for arm in finding.arms if finding.kind == "count" else ():
                side = off_share(arm)
                if side:
                    known, above = found.get(finding.record_id, (0, 0))
                    found[finding.record_id] = known + 1, above + (side > 0)
        return found

    def dependent(self, record_id: str) -> str:
        """How the patients of a record's trial depend on each other, if its record says so.

        "a cluster-randomised trial" or "a trial in which patients are their own controls"; "" for
        independent patients. Looked for in titles, registered designs, abstract and methods: tests
        of counts, means and sizes do not hold there.
        """
        said = (
            how for pattern, how in DEPENDENT if self.says(record_id, pattern, sections=METHODS)
        )
        return next(said, "")

    def sizes(self, record_id: str, role: Role) -> tuple[int, ...]:
        """Sizes of the groups of one role in the findings of one record, smallest first."""
        return self._sizes.get((record_id, role), ())

    def other_sizes(self, record_id: str, role: Role) -> tuple[int, ...]:
        """The same where they are few: of many sizes one fits almost any percentage."""
        sizes = self.sizes(record_id, role)
        return sizes if len(sizes) <= _FEW else ()

    def whole(self, record_id: str) -> tuple[int, int] | None:
        """Sizes of treatment and control, where the record's findings agree on one of each."""
        treated = self.sizes(record_id, "treatment")
        control = self.sizes(record_id, "control")
        if len(treated) == 1 and len(control) == 1:
            return treated[0], control[0]
        return None


def make(
    rule: str,
    context: Context,
    finding: Finding,
    verdict: Verdict,
    statement: str,
    *,
    part: str = "",
    attempts: Iterable[Attempt] = (),
    not_checkable: str = "",
    innocent: Iterable[str] = (),
    passages: Iterable[Passage | None] = (),
) -> Check:
    """A check of one finding; `part` tells several checks of one rule and finding apart."""
    check_id = ":".join(name for name in (finding.finding_id, rule, part) if name)
    places = [place for place in (finding.passage, *passages) if place is not None]
    return Check(
        check_id=check_id,
        rule=rule,
        study_id=context.study.study_id,
        record_id=finding.record_id,
        finding_id=finding.finding_id,
        verdict=verdict,
        statement=statement,
        attempts=tuple(attempts),
        not_checkable=not_checkable,
        innocent=tuple(innocent),
        passages=tuple(dict.fromkeys(places)),
    )


def record_check(
    rule: str,
    context: Context,
    record_id: str,
    verdict: Verdict,
    statement: str,
    *,
    part: str = "",
    attempts: Iterable[Attempt] = (),
    not_checkable: str = "",
    innocent: Iterable[str] = (),
    passages: Iterable[Passage | None] = (),
) -> Check:
    """A check of what one record says, apart from any finding."""
    places = [place for place in passages if place is not None]
    return Check(
        check_id=":".join(name for name in (record_id, rule, part) if name),
        rule=rule,
        study_id=context.study.study_id,
        record_id=record_id,
        finding_id="",
        verdict=verdict,
        statement=statement,
        attempts=tuple(attempts),
        not_checkable=not_checkable,
        innocent=tuple(innocent),
        passages=tuple(dict.fromkeys(places)),
    )


def percent_value(percent: str) -> float | None:
    """The printed percentage as a number; None where the text is none ("n.r.", "<1")."""
    return float(percent.replace("−", "-")) if _PERCENT.fullmatch(percent) else None


def valid_percent(percent: str) -> bool:
    """Whether the text is a percentage from 0 to 100."""
    value = percent_value(percent)
    return value is not None and 0.0 <= value <= 100.0


def off_share(arm: ArmResult) -> int:
    """1 where a stated percentage lies above the share that its stated count is, -1 below, 0 where
    it is that share by any rounding, or not all are stated.
    """
    events, n = arm.events, arm.n
    if events is None or not n or not 0 < n <= LARGEST_SIZE or not 0 <= events <= n:
        return 0
    if arm.events_origin != "stated" or not (arm.percent and valid_percent(arm.percent)):
        return 0
    if _matches(events, arm.percent, n):
        return 0
    return 1 if float(arm.percent) * n > 100 * events else -1


def percent_digits(percent: str) -> int:
    """Decimals to show a share with beside the printed percentage: its own, at least one."""
    return max(1, len(percent.partition(".")[2]))


def share(events: int, n: int, digits: int = 1) -> str:
    """``4/15 is 26.7%``."""
    percent = Decimal(100 * events) / Decimal(n)
    shown = percent.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    return f"{events}/{n} is {shown}%"


def _rounded(x: float, digits: int) -> str:
    """Halves away from zero, as people round; noise of the last bits does not decide."""
    exact = Decimal(repr(round(x, 12)))
    return str(exact.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP))


def show_p(p: float) -> str:
    """A P value for people: three decimals, below 0.001 two significant digits."""
    if math.isnan(p):
        return "not defined"
    if p >= 0.001:
        return _rounded(p, 3)
    return f"{p:.1e}" if p < 1e-5 else f"{p:.2g}"


def show_number(x: float, digits: int = 2) -> str:
    """A number for people, with a true minus sign."""
    if math.isnan(x):
        return "not defined"
    if math.isinf(x) or abs(x) >= 1e6:
        return "over a million" if x > 0 else "under minus a million"
    text = _rounded(x, digits)
    return text.replace("-", "−") if float(text) else text.lstrip("-")


def comparison(finding: Finding) -> tuple[ArmResult, ArmResult] | None:
    """The two groups of a comparison, the treated one first where that is known.

    None for a single group, for more than two groups, where events and not persons were counted,
    and for percentages that are estimates from times to event.
    """
    said = f"{finding.outcome} {finding.note}"
    if finding.kind != "count" or len(finding.arms) != 2 or counts_events(said):
        return None
    if is_estimate(said) and any(arm.events is None for arm in finding.arms):
        return None
    one, two = finding.arms
    if "total" in (one.role, two.role) or "single" in (one.role, two.role):
        return None
    return (two, one) if one.role == "control" and two.role == "treatment" else (one, two)


def candidates(arm: ArmResult, others: Sequence[int]) -> list[Candidate]:
    """The counts that an arm's numbers could stand for, the plainest first.

    Counted as printed; else every count that rounding up, to the nearest or off could have
    printed as the percentage; else the whole numbers nearest to it; and the same with each of the
    `others` as denominator, where the percentage fits it. More than a dozen tell nothing: none.
    """
    n = arm.n
    percent = arm.percent if arm.percent and valid_percent(arm.percent) else ""
    counted = arm.events if arm.events_origin != "recovered" else None
    found: list[Candidate] = []
    if n is not None and 0 < n <= LARGEST_SIZE:
        if counted is not None and 0 <= counted <= n:
            found.append(Candidate(counted, n, "as printed"))
            if not percent or _matches(counted, percent, n):
                return found
        if percent:
            attained = counts_for_percent(percent, n)
            found += [Candidate(c.count, n, _said(c.how)) for c in attained]
            if not any(c.how.startswith("rounded") and c.how != "rounded up" for c in attained):
                found += [
                    Candidate(count, n, "nearest whole number")
                    for count in dict.fromkeys(nearest_counts(percent, n))
                ]
                found += _other_denominators(arm, percent, others)
        elif arm.events is not None and 0 <= arm.events <= n:
            found.append(Candidate(arm.events, n, "recovered"))
    elif counted is not None and percent and counted > 0:
        sizes = sizes_for_percent(counted, percent)
        if len(sizes) <= _MOST_SIZES:
            found += [Candidate(counted, size, "the percentage fits this size") for size in sizes]
    first: dict[tuple[int, int], Candidate] = {}
    for candidate in found:
        first.setdefault((candidate.events, candidate.n), candidate)
    distinct = list(first.values())
    return distinct if len(distinct) <= _MOST_CANDIDATES else []


def readings(
    finding: Finding, pair: tuple[ArmResult, ArmResult], context: Context
) -> list[tuple[Candidate, Candidate]]:
    """All pairs of counts that the two groups' printed numbers could stand for, plainest first.

    Empty where either group's numbers could stand for more than a dozen counts.
    """
    one, two = pair
    sides = []
    for arm, other in ((one, two), (two, one)):
        sizes = [other.n, *context.other_sizes(finding.record_id, arm.role)]
        sides.append(candidates(arm, [size for size in dict.fromkeys(sizes) if size]))
    return [(treated, control) for treated in sides[0] for control in sides[1]]


def _matches(events: int, percent: str, n: int) -> bool:
    return any(c.count == events for c in counts_for_percent(percent, n))


def _said(how: str) -> str:
    return "by rounding" if how.startswith("rounded") and how != "rounded up" else f"only {how}"


def _other_denominators(arm: ArmResult, percent: str, others: Sequence[int]) -> list[Candidate]:
    found = []
    for size in others:
        if not 0 < size <= LARGEST_SIZE or size == arm.n:
            continue
        for c in counts_for_percent(percent, size)[:2]:
            if arm.events_origin == "recovered" or arm.events in (None, c.count):
                found.append(Candidate(c.count, size, f"of {size} patients, {_said(c.how)}"))
    return found
