"""What the figures of a comparison are: counts, means, medians, by what the words say of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from trialweave.results.table_arms import Entry, Limits, Said, fits
from trialweave.results.table_cells import Figure

__all__ = [
    "COUNTS", "LIMITS", "NOTHING", "SPREADS", "Kind", "alone", "bracket", "bracketed_range",
    "nobody", "plus_minus",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """What the words say that figures of one form are."""

    name: Literal["count", "mean", "median", "percent", ""]
    spread: Literal["", "sd", "se"] = ""
    limits: Limits = ""


NOTHING = Kind("")
SPREADS = frozenset({"sd", "se"})
COUNTS = frozenset({"n", "%"})
LIMITS: dict[str, Literal["IQR", "range", "CI"]] = {"iqr": "IQR", "range": "range", "ci": "CI"}


def plus_minus(said: Said) -> Kind:
    """What "a ± b" is: a mean, with a spread where the nearest words name one kind alone."""
    for words in said:
        if spread := words & SPREADS:
            one = next(iter(spread)) if len(spread) == 1 else ""
            return Kind("mean", one)  # type: ignore[arg-type]
        if "median" in words and "mean" not in words:
            return NOTHING
        if "ci" in words and "mean" in words:
            return Kind("mean")
    return Kind("mean")


def bracket(entries: Sequence[Entry], figures: Sequence[Figure], said: Said) -> Kind:
    """What "a (b)" is: a count with its percentage, or a mean with its spread."""
    if any(f.spread for f in figures):
        return Kind("mean")
    percent = any(f.percent_b for f in figures)
    whole = all(f.whole for f in figures)
    sizes = all(e.n for e in entries)
    share = whole and _all_fit(entries, figures)
    for at, words in enumerate(said):
        counts, spread = words >= COUNTS, words & SPREADS
        median = "median" in words
        if counts and (spread or median):
            if share:
                return Kind("count")
            if whole or median or len(spread) != 1:
                return NOTHING
            return Kind("mean", next(iter(spread)))  # type: ignore[arg-type]
        if counts:
            return Kind("count") if whole else NOTHING
        if spread and not percent:
            if share and at:  # a row of counts under a heading meant for the other rows
                return Kind("count") if at > 1 else NOTHING
            return Kind("mean", next(iter(spread)) if len(spread) == 1 else "")  # type: ignore[arg-type]
        if median:
            return Kind("median") if not percent and not share else NOTHING
        if "n" in words and "%" not in words and percent and whole:
            return Kind("count")
    if whole and (percent or (share and sizes)):
        return Kind("count")
    return NOTHING


def _all_fit(entries: Sequence[Entry], figures: Sequence[Figure]) -> bool:
    """Whether all figures are counts of the groups' sizes with their percentages, and not all 0."""
    some = False
    for entry, figure in zip(entries, figures, strict=True):
        if figure.form == "a":
            continue
        if not entry.n or not figure.whole or not fits(int(figure.a), figure.b, entry.n):
            return False
        some = some or figure.a.strip("0") != ""
    return some


def bracketed_range(said: Said) -> Kind:
    """What "a (b-c)" is: a median or a mean with limits, where words say so."""
    for words in said:
        limits = [name for key, name in LIMITS.items() if key in words]
        one = limits[0] if len(limits) == 1 else ""
        if "median" in words and "mean" in words:
            # "mean (SD) or median (range)": what is no mean with its spread is the median
            sure = one == "IQR" or (one == "range" and words & SPREADS)
            return Kind("median", limits=one) if sure else NOTHING
        if "median" in words:
            return Kind("median", limits=one)
        if "mean" in words and limits:
            return Kind("mean", limits=one)
        if limits == ["IQR"]:
            return Kind("median", limits="IQR")
        if words & {"n", "%"}:
            return NOTHING
    return NOTHING


def nobody(said: Said) -> Kind:
    """What a row of nothing but zeros is."""
    for words in said:
        if words:
            counts = words & COUNTS and not words & {"mean", "median", "sd", "se"}
            return Kind("count") if counts else NOTHING
    return NOTHING


def alone(figures: Sequence[Figure], said: Said, *, persons: bool, counted: bool) -> Kind:
    """What a lone number is."""
    whole = all(figure.whole for figure in figures)
    signs = [figure.percent_a for figure in figures if figure.a != "0"]
    if signs and all(signs):
        words_of_mean = any(words & {"mean", "median"} for words in said[:-2])
        return Kind("percent") if persons and not words_of_mean else NOTHING
    if any(signs):
        return NOTHING
    for words in said:
        if "mean" in words and not words & COUNTS:
            return Kind("mean")
        if "median" in words and not words & COUNTS:
            return Kind("median")
        if words & {"mean", "median"}:
            return NOTHING
        if "n" in words and "%" not in words:
            return Kind("count") if whole and counted else NOTHING
        if "%" in words and "n" not in words:
            return Kind("percent") if persons else NOTHING
        if words >= COUNTS:
            return NOTHING
    return NOTHING
