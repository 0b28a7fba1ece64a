"""What the simulations of false alarms share: numbers as authors print them, the invented study
that is checked, and the tallies of what the checks say.

``false_alarms.py`` invents counts, ``false_alarms_means.py`` the values of single patients.
"""

from __future__ import annotations

import collections
import datetime as dt
import random
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

from trialweave.appraisal import appraise
from trialweave.model import (
    Check,
    Finding,
    Publication,
    PValue,
    Record,
    Section,
    Study,
    Trial,
    stated,
)

Plant = Callable[[random.Random], tuple[Check, ...] | None]
"""Checks of a report with one wrong number; None where none could be made."""


def rounding(rng: random.Random) -> str:
    """One of the two ways in which halves are rounded."""
    return rng.choice((ROUND_HALF_UP, ROUND_HALF_EVEN))


def rounded(x: float | Fraction, digits: int, how: str) -> str:
    exact = (
        Decimal(x.numerator) / Decimal(x.denominator)
        if isinstance(x, Fraction)
        else Decimal(repr(float(x)))
    )
    text = str(exact.quantize(Decimal(1).scaleb(-digits), rounding=how))
    return text.lstrip("-") if float(text) == 0 else text


def printed_p(p: float, rng: random.Random) -> PValue:
    """A P as authors print it, correctly."""
    below = [x for x in ("0.0001", "0.001", "0.01", "0.05") if p < float(x)]
    if p > 0.05 and rng.random() < 0.1:
        return PValue(">", "0.05")
    if below and rng.random() < 0.35:
        return PValue("<", rng.choice(below))
    digits = rng.choice((2, 3, 3, 4))
    text = rounded(p, digits, rounding(rng))
    if float(text) == 0.0 and rng.random() < 0.8:
        return PValue("<", f"0.{'0' * (digits - 1)}1")
    return PValue("=", text)


def record(enrolled: int | None = None, text: str = "", methods: str = "") -> Record:
    """A record that states an enrolment, or no number, and where given a text of its results."""
    trial = Trial() if enrolled is None else Trial(enrollment=stated(enrolled, "made/1"))
    sections = tuple(
        Section(label, stated(body, "made/1"))
        for label, body in (("Methods", methods), ("Results", text))
        if body
    )
    publication = Publication(sections=stated(sections, "made/1"), trial=trial) if text else None
    return Record(
        record_id="page:one", version=1, source="page", identifier="one", digest="", sha256="",
        kind="publication" if text else "trial", start=0, end=0, name="one",
        received_at=dt.datetime(2030, 1, 1, tzinfo=dt.UTC), trial=None if text else trial,
        publication=publication,
    )  # fmt: skip


def checks(findings: Sequence[Finding], one: Record) -> tuple[Check, ...]:
    return appraise(Study("S1", "invented", ("page:one",), ()), {"page:one": one}, findings)


@dataclass
class Tally:
    """What the checks said of honest reports."""

    reports: int = 0
    verdicts: collections.Counter[tuple[str, str]] = field(default_factory=collections.Counter)
    flags: list[str] = field(default_factory=list)

    def add(self, found: Sequence[Check], reports: int = 1) -> None:
        self.reports += reports
        for one in found:
            self.verdicts[one.rule, one.verdict] += 1
            if one.verdict == "flag":
                self.flags.append(f"{one.rule}: {one.statement}")

    def lines(self, shown: int) -> Iterator[str]:
        """The verdicts by check, and the first flags."""
        for (rule, verdict), count in sorted(self.verdicts.items()):
            yield f"    {rule:20} {verdict:14} {count}"
        for flag in self.flags[:shown]:
            yield f"    FLAG {flag}"


def power(
    plants: Mapping[str, Plant], number: int, seed: int, rules: Collection[str] = ()
) -> dict[str, tuple[int, int, int]]:
    """For each kind of planted error: how many, how many flagged, how many flagged or noted.

    Noted: a check says "note" where it would be "consistent" or nothing. Of `rules` alone, where
    given.
    """
    results = {}
    for name, plant in plants.items():
        rng = random.Random(f"{seed} {name}")
        planted = flagged = noted = 0
        while planted < number:
            made = plant(rng)
            if made is None:
                continue
            planted += 1
            found = {check.verdict for check in made if not rules or check.rule in rules}
            flagged += "flag" in found
            noted += bool({"flag", "note"} & found)
        results[name] = (planted, flagged, noted)
    return results


def power_lines(results: Mapping[str, tuple[int, int, int]]) -> Iterator[str]:
    for name, (planted, flagged, noted) in results.items():
        yield f"{name}: {planted}, flagged {flagged / planted:.1%}, noted {noted / planted:.1%}"
