"""Stated effects as the intervals that their printed numbers stand for."""

from __future__ import annotations

from dataclasses import dataclass

from trialweave.appraisal._means import box_of
from trialweave.model import Effect
from trialweave.stats.recompute import Box

__all__ = ["DIFFERENCES", "RATIOS", "ReadEffect", "level_of", "minus", "read_effect", "spelt"]

RATIOS = frozenset({"RR", "OR", "HR", "IRR", "SHR", "PR", "ROM", "GMR"})
DIFFERENCES = frozenset({"RD", "MD", "SMD"})

_NAMES = {
    "RR": "risk ratio", "OR": "odds ratio", "HR": "hazard ratio", "IRR": "rate ratio",
    "RD": "risk difference", "MD": "mean difference", "SMD": "standardised mean difference",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReadEffect:
    """Estimate and limits as intervals, the level as a proportion, and the effect as text."""

    estimate: Box
    lower: Box
    upper: Box
    level: float
    ratio: bool
    text: str


def spelt(measure: str) -> str:
    """The measure in words, where it has some."""
    return _NAMES.get(measure, measure)


def minus(text: str) -> str:
    """The text with a true minus sign before numbers."""
    return text.replace("-", "−")


def level_of(stated: Effect) -> float | None:
    """The level of an effect's interval as a proportion; None where the text is no such percent."""
    try:
        level = float(stated.level) / 100
    except ValueError:
        return None
    return level if 0.5 <= level < 1 else None


def read_effect(stated: Effect) -> ReadEffect | None:
    """Read an effect with its interval; None for another measure or numbers that are none."""
    if stated.measure not in RATIOS | DIFFERENCES or not (stated.lower and stated.upper):
        return None
    boxes = [box_of(text, None) for text in (stated.estimate, stated.lower, stated.upper)]
    estimate, lower, upper = boxes
    if estimate is None or lower is None or upper is None:
        return None
    level = level_of(stated)
    if level is None:
        return None
    text = (
        f"{stated.measure} {minus(stated.estimate)} "
        f"({stated.level}% CI {minus(stated.lower)} to {minus(stated.upper)})"
    )
    return ReadEffect(estimate, lower, upper, level, stated.measure in RATIOS, text)
