"""The question of a synthesis: a small file that reproduces its answer from the same data."""

from __future__ import annotations

import json
import math
import re
import tomllib
from typing import Any, Literal

import msgspec

from trialweave.errors import Unreadable

__all__ = ["INTERVALS", "MEASURES", "TAU2_ESTIMATORS", "Question", "from_json", "from_toml"]

MEASURES = ("RR", "OR", "RD")
TAU2_ESTIMATORS = ("REML", "DL", "PM", "PMM", "ML", "EB", "HE", "HS", "HSk", "SJ")
INTERVALS = ("HK", "Wald", "HK-adhoc")
_TIME = re.compile(r"longest|nearest (\d{1,5}(?:\.\d{1,3})?) days")


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be pooled, and how.

    `outcome` is a family of outcomes ("mortality"). `designs` is "randomised", or "comparative"
    to add comparisons that were not randomised; single groups are never pooled. `exclude` names
    studies by any of their identifiers. `product` keeps studies whose interventions mention it.
    `time` prefers, in a study that reports several times, the longest follow-up or the one
    nearest to a number of days. Articles that were retracted or withdrawn are not used unless
    `with_retracted`. Raises ValueError where a choice is unknown or out of range.
    """

    outcome: str
    measure: Literal["RR", "OR", "RD"] = "RR"
    tau2: str = "REML"
    interval: str = "HK"
    level: float = 0.95
    designs: Literal["randomised", "comparative"] = "randomised"
    time: str = "longest"
    product: str = ""
    exclude: tuple[str, ...] = ()
    without_flagged: bool = False
    with_retracted: bool = False

    def __post_init__(self) -> None:
        _among("measure", self.measure, MEASURES)
        _among("tau2", self.tau2, TAU2_ESTIMATORS)
        _among("interval", self.interval, INTERVALS)
        _among("designs", self.designs, ("randomised", "comparative"))
        if not self.outcome.strip():
            raise ValueError("outcome is empty")
        if not 0.5 <= self.level <= 0.999:
            raise ValueError(f"level {self.level} is outside 0.5..0.999")
        if not _TIME.fullmatch(self.time):
            raise ValueError(f"time {self.time!r} is neither 'longest' nor 'nearest N days'")

    @property
    def target_days(self) -> float:
        """The follow-up asked for, in days; infinite for the longest."""
        match = _TIME.fullmatch(self.time)
        return float(match[1]) if match is not None and match[1] else math.inf

    def to_toml(self) -> str:
        """The question as TOML, one line a choice, in the order declared; `from_toml` reads it."""
        return "".join(
            f"{name} = {_toml(getattr(self, name))}\n" for name in self.__struct_fields__
        )

    def to_json(self) -> bytes:
        """The question as one JSON object; `from_json` reads it."""
        return msgspec.json.encode(self)


def from_toml(text: str, name: str = "question") -> Question:
    """Read a question; raises Unreadable, naming the document, where it is none."""
    try:
        return _convert(tomllib.loads(text), name)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
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


def _toml(value: str | float | bool | tuple[str, ...]) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # A JSON string is a TOML basic string, but for DEL, which TOML wants escaped.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return repr(float(value))
