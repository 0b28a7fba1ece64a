"""The question of a synthesis: a small file that reproduces its answer from the same data."""

from __future__ import annotations

import json
import math
import re
import tomllib
from typing import Any, Literal

import msgspec

from trialweave.errors import Unreadable
from trialweave.synthesis._nesting import too_deep
from trialweave.synthesis.doses import dose_range

__all__ = [
    "CHOICES",
    "ESTIMATOR_OF",
    "INTERVALS",
    "MEASURES",
    "MODELS",
    "POOLED_BY",
    "TAU2_ESTIMATORS",
    "Question",
    "from_json",
    "from_toml",
    "toml",
]

MEASURES = ("RR", "OR", "RD", "MD", "SMD", "ROM", "HR")
MODELS = ("random", "common", "MH", "Peto", "GLMM", "beta-binomial", "Bayes")
POOLED_BY = {
    "MH": ("RR", "OR", "RD"),
    "Peto": ("OR",),
    "GLMM": ("OR",),
    "beta-binomial": ("RR", "OR", "RD"),
}
"""The measures of the models that pool counts; the other models pool every measure."""
PREDICTIONS = ("k-1", "k-2", "normal", "HK", "HK-PR", "KR")
ESTIMATOR_OF = {"KR": "REML", "PL": "ML"}
"""The estimator of τ² that an interval belongs to; other intervals go with each."""
ZERO_CELLS = ("only0", "all", "treatment-arm", "none")
SUBGROUPS = ("", "product", "cell source", "dose", "designs", "registration", "risk of bias")
REGISTERED = ("", "before enrolment")
DESIGNS = ("randomised", "comparative")
TAU2_ESTIMATORS = ("REML", "DL", "PM", "PMM", "ML", "EB", "HE", "HS", "HSk", "SJ")
INTERVALS = ("HK", "Wald", "HK-adhoc", "HK-ci", "KR", "PL")
CHOICES = {
    "measure": MEASURES,
    "model": MODELS,
    "tau2": TAU2_ESTIMATORS,
    "interval": INTERVALS,
    "prediction": PREDICTIONS,
    "zero_cells": ZERO_CELLS,
    "designs": DESIGNS,
    "registered": REGISTERED,
    "subgroup": SUBGROUPS,
}
"""What each choice can be."""

_DAYS = r"\d{1,5}(?:\.\d{1,3})?"
_TIME = re.compile(rf"longest|nearest ({_DAYS}) days|({_DAYS}) to ({_DAYS}) days")


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be pooled, and how.

    `outcome` is a family of outcomes ("mortality"). `designs` is "randomised", or "comparative"
    to add comparisons that were not randomised; single groups are never pooled. `exclude` names
    studies by any of their identifiers. Studies are kept whose conditions and titles mention
    `population`, whose interventions mention `product`, whose cells come from `cell_source`, whose
    control group received `comparator`, whose doses lie in `dose` (of one administration, ends
    included: "1e6 to 5e6 cells/kg"), and, where `registered` asks for it, that were registered
    before enrolment; "" asks for nothing. `time` prefers, in a study that reports several times,
    the longest follow-up or the one nearest to a number of days, or takes those within a window
    of days only, the latest first. `model` is "random" or "common" effects by inverse variance, or
    one that needs no correction of zero cells (`POOLED_BY` says which measures it pools); `tau2`,
    `interval` and `prediction` belong to the first, `zero_cells` to both. Articles that were
    retracted or withdrawn are not used unless `with_retracted`. Raises ValueError where a choice is
    unknown or out of range, or where a model cannot pool the measure.
    """

    outcome: str
    title: str = ""
    measure: Literal["RR", "OR", "RD", "MD", "SMD", "ROM", "HR"] = "RR"
    model: str = "random"
    tau2: str = "REML"
    interval: str = "HK"
    prediction: str = "k-1"
    zero_cells: str = "only0"
    level: float = 0.95
    designs: Literal["randomised", "comparative"] = "randomised"
    registered: str = ""
    time: str = "longest"
    population: str = ""
    product: str = ""
    cell_source: str = ""
    dose: str = ""
    comparator: str = ""
    subgroup: str = ""
    exclude: tuple[str, ...] = ()
    without_flagged: bool = False
    with_retracted: bool = False

    def __post_init__(self) -> None:
        for name, known in CHOICES.items():
            _among(name, getattr(self, name), known)
        if not self.outcome.strip():
            raise ValueError("outcome is empty")
        if not 0.5 <= self.level <= 0.999:
            raise ValueError(f"level {self.level} is outside 0.5..0.999")
        if not _TIME.fullmatch(self.time):
            raise ValueError(
                f"time {self.time!r} is neither 'longest' nor 'nearest N days' nor 'N to M days'"
            )
        if self.window[0] > self.window[1]:
            raise ValueError(f"time {self.time!r} ends before it begins")
        pooled = POOLED_BY.get(self.model, MEASURES)
        if self.measure not in pooled:
            raise ValueError(f"model {self.model!r} pools {', '.join(pooled)}, not {self.measure}")
        for name in ("interval", "prediction"):
            needed = ESTIMATOR_OF.get(getattr(self, name))
            if needed and self.model == "random" and self.tau2 != needed:
                raise ValueError(
                    f"{name} {getattr(self, name)!r} goes with tau2 {needed!r}, not {self.tau2!r}"
                )
        if self.dose.strip():
            dose_range(self.dose)

    @property
    def target_days(self) -> float:
        """The follow-up asked for, in days; infinite for the longest."""
        match = _TIME.fullmatch(self.time)
        return float(match[1]) if match is not None and match[1] else math.inf

    @property
    def window(self) -> tuple[float, float]:
        """The days within which follow-up is used; 0 to infinity where none are named."""
        match = _TIME.fullmatch(self.time)
        if match is None or not match[2]:
            return 0.0, math.inf
        return float(match[2]), float(match[3])

    def to_toml(self) -> str:
        """The question as TOML, one line a choice, in the order declared; `from_toml` reads it."""
        return "".join(f"{name} = {toml(getattr(self, name))}\n" for name in self.__struct_fields__)

    def to_json(self) -> bytes:
        """The question as one JSON object; `from_json` reads it."""
        return msgspec.json.encode(self)


def from_toml(text: str, name: str = "question") -> Question:
    """Read a question; raises Unreadable, naming the document, where it is none."""
    if too_deep(text):
        raise Unreadable("no question: nested absurdly deep.", where=name)
    try:
        return _convert(tomllib.loads(text), name)
    except (ValueError, RecursionError) as error:  # also of numbers of thousands of digits
        raise Unreadable(f"no TOML: {error}.", where=name) from None


def from_json(data: bytes, name: str = "question") -> Question:
    """Read a question; raises Unreadable, naming the document, where it is none."""
    try:
        return _convert(msgspec.json.decode(data), name)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(f"no JSON: {error}.", where=name) from None


def _convert(content: Any, name: str) -> Question:
    try:
        return msgspec.convert(content, Question)
    except msgspec.ValidationError as error:
        raise Unreadable(f"no question: {error}.", where=name) from None


def _among(field: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ValueError(f"{field} {value!r} is not one of {', '.join(known)}")


def toml(value: str | float | bool | tuple[str, ...]) -> str:
    """A value of a question as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # A JSON string is a TOML basic string, but for DEL, which TOML wants escaped.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, tuple):
        return "[" + ", ".join(map(toml, value)) + "]"
    return repr(float(value))
