"""Printed figures of findings as keys that are equal only where the figures are, to the digit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from trialweave.model import ArmResult, Effect, Finding, Passage, PValue

__all__ = ["LEAST_BITS", "Figure", "figures"]

LEAST_BITS: Final = 6.0
"""Below that a figure is common: "0 of 20", "7 of 14", "P = 0.03", a mean of one digit."""
_DIGIT_BITS: Final = 3.0  # log2 10 is 3.3; leading digits are uneven, and the first is not counted
_NUMBER: Final = re.compile(r"[-−+]?\d{1,12}(?:\.\d{1,12})?")


class Figure(NamedTuple):
    """One figure as printed, the finding and group it is of, and how telling it is, in bits."""

    key: str
    shown: str
    bits: float
    finding_id: str
    record_id: str
    outcome: str
    group: str
    passage: Passage | None

    @property
    def form(self) -> str:
        """What kind of figure it is: figures of different forms are never equal."""
        return self.key.partition(" ")[0]

    @property
    def size(self) -> str:
        """The size of the group that a count is of; "" for other figures."""
        return self.key.rpartition(" ")[2] if self.form == "n" else ""

    @property
    def size_bits(self) -> float:
        """What the size alone tells."""
        return _bits(self.size)


def figures(findings: Sequence[Finding]) -> Iterator[Figure]:
    """The figures of findings that tell something: means with SD, counts of a group, exact P
    values, effects with their interval.

    Bits are 3 for each significant digit of a number but its first. What is recovered and not
    printed is left out; so are counts of nobody and of everybody, and whatever has less than
    `LEAST_BITS`.
    """
    for finding in findings:
        for arm in finding.arms:
            for key, shown, bits in _of_arm(arm):
                if bits >= LEAST_BITS:
                    at = arm.passage or finding.passage
                    yield _figure(finding, key, shown, bits, arm.label or arm.role, at)
        for told in (_of_p(finding.p), _of_effect(finding.effect)):
            if told is not None and told[2] >= LEAST_BITS:
                key, shown, bits = told
                part = finding.p if key.startswith("p ") else finding.effect
                at = (part.passage if part is not None else None) or finding.passage
                yield _figure(finding, key, shown, bits, "", at)


def _figure(
    finding: Finding, key: str, shown: str, bits: float, group: str, at: Passage | None
) -> Figure:
    return Figure(
        key, shown, bits, finding.finding_id, finding.record_id, finding.outcome, group, at
    )


_Told = tuple[str, str, float]


def _of_arm(arm: ArmResult) -> Iterator[_Told]:
    mean = arm.mean_printed
    for name, spread in (("SD", arm.sd_printed), ("SE", arm.se_printed)):
        if mean and spread and _plain(mean) and _plain(spread) and float(spread):
            yield f"{name} {mean} {spread}", f"{mean} ({name} {spread})", _bits(mean, spread)
            break
    counted = arm.events_origin == "stated" and arm.n_origin == "stated"
    if counted and arm.events is not None and arm.n is not None and 0 < arm.events < arm.n:
        events, n = str(arm.events), str(arm.n)
        yield f"n {events} {n}", f"{events} of {n}", _bits(events, n)


def _of_p(p: PValue | None) -> _Told | None:
    if p is None or p.operator != "=" or not _plain(p.text):
        return None
    return f"p {p.text}", f"P = {p.text}", _bits(p.text)


def _of_effect(effect: Effect | None) -> _Told | None:
    if effect is None:
        return None
    numbers = (effect.estimate, effect.lower, effect.upper)
    if not all(map(_plain, numbers)):
        return None
    shown = f"{effect.measure} {effect.estimate} ({effect.lower} to {effect.upper})"
    return "e " + " ".join(_key(each) for each in numbers), shown, _bits(*numbers)


def _plain(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None


def _key(text: str) -> str:
    return text.replace("−", "-").lstrip("+")


def _bits(*numbers: str) -> float:
    """What numbers tell by their digits: leading zeros, and zeros at the end of a whole number,
    are not significant."""
    found = 0.0
    for text in numbers:
        digits = text.lstrip("-−+").replace(".", "").lstrip("0")
        if "." not in text:
            digits = digits.rstrip("0")
        found += _DIGIT_BITS * max(len(digits) - 1, 0)
    return found
