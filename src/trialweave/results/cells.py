"""The cells of a finding by name, as text: what is shown, exported, and put right by people.

Cells of the finding are ``outcome``, ``time``, ``p``, ``effect.estimate`` …; those of its groups
begin with the group's letter, in the order of the finding: ``a.events``, ``b.n``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple, cast, get_args

import msgspec

from trialweave.model import ArmResult, Effect, Finding, Passage, PValue, Role
from trialweave.results.families import family_of, time_days

__all__ = [
    "ARM_CELLS",
    "FINDING_CELLS",
    "cell_of",
    "cells_of",
    "figures_of",
    "finding_from",
    "letter_of",
    "letters",
    "normal",
    "passage_of",
    "with_cell",
]

LARGEST: Final = 10**12  # no count of persons; a longer one is a slip
_TEXT: Final = 300  # characters
_COUNT: Final = re.compile(r"\d{1,13}")
_NUMBER: Final = re.compile(r"-?\d{1,15}(?:\.\d{1,12})?")
_P: Final = re.compile(r"(<=|>=|<|>|=)?\s*(\d{0,2}\.\d{1,12}|[01])")
_ADDRESS: Final = re.compile(r"([a-z]{1,2})\.([a-z]+)")
_EFFECT: Final = ("measure", "estimate", "lower", "upper", "level")
_LIMITS: Final = ("IQR", "range", "CI")


class WrongText(ValueError):
    """The text cannot be what the cell holds; the message says what it holds."""


class _Cell(NamedTuple):
    get: Callable[[Any], str]
    normal: Callable[[str], str]  # the text as the cell keeps it; WrongText
    put: Callable[[Any, str], dict[str, Any]]  # the fields to change


def _plain(text: str) -> str:
    if len(text) > _TEXT:
        raise WrongText(f"a text of at most {_TEXT} characters")
    return text


def _count(text: str) -> str:
    if not _COUNT.fullmatch(text) or int(text) > LARGEST:
        raise WrongText("a whole number, in digits")
    return str(int(text))


def _number(text: str) -> str:
    text = text.replace("−", "-")
    if not _NUMBER.fullmatch(text):
        raise WrongText("a number with a decimal point, such as 12.30")
    return text


def _positive(text: str) -> str:
    if _number(text).startswith("-"):
        raise WrongText("a number that is not negative")
    return text


def _one_of(*choices: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        for choice in choices:
            if choice.casefold() == text.casefold():
                return choice
        raise WrongText("one of " + ", ".join(choices))

    return check


def _p(text: str) -> str:
    match = _P.fullmatch(text.replace("≤", "<=").replace("≥", ">="))
    if match is None or float(match[2]) > 1:
        raise WrongText('a P value such as "0.03" or "< 0.001"')
    return f"{match[1] or '='} {match[2]}"


def _as_text(field: str) -> _Cell:
    return _Cell(lambda item: str(getattr(item, field)), _plain, lambda item, text: {field: text})


def _whole(field: str) -> _Cell:
    def put(arm: ArmResult, text: str) -> dict[str, Any]:
        origin = "stated" if text else ""
        return {field: int(text) if text else None, f"{field}_origin": origin}

    return _Cell(lambda arm: _said(getattr(arm, field)), _count, put)


def _decimal(field: str, normal: Callable[[str], str] = _number) -> _Cell:
    printed = f"{field}_printed"

    def get(arm: ArmResult) -> str:
        return str(getattr(arm, printed, "")) or _said(getattr(arm, field))

    def put(arm: ArmResult, text: str) -> dict[str, Any]:
        value = {field: float(text) if text else None}
        return value | ({printed: text} if hasattr(arm, printed) else {})

    return _Cell(get, normal, put)


def _said(value: float | int | None) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{value:.12g}"


def _effect(field: str, normal: Callable[[str], str]) -> _Cell:
    def get(finding: Finding) -> str:
        return "" if finding.effect is None else str(getattr(finding.effect, field))

    def put(finding: Finding, text: str) -> dict[str, Any]:
        effect = finding.effect or Effect("", "", level="", passage=finding.passage)
        effect = msgspec.structs.replace(effect, **{field: text})
        empty = not any(getattr(effect, name) for name in _EFFECT if name != "level")
        return {"effect": None if empty else effect}

    return _Cell(get, normal, put)


def _put_p(finding: Finding, text: str) -> dict[str, Any]:
    if not text:
        return {"p": None}
    operator, _, figure = text.partition(" ")
    before = finding.p or PValue("=", "", passage=finding.passage)
    return {"p": msgspec.structs.replace(before, operator=operator, text=figure)}


def _put_time(finding: Finding, text: str) -> dict[str, Any]:
    return {"time": text, "time_days": time_days(text) if text else None}


FINDING_CELLS: Final[Mapping[str, _Cell]] = {
    "outcome": _as_text("outcome"),
    "family": _as_text("family"),
    "time": _Cell(lambda finding: str(finding.time), _plain, _put_time),
    "population": _as_text("population"),
    "unit": _as_text("unit"),
    "change": _Cell(
        lambda finding: "yes" if finding.change else "",
        _one_of("yes"),
        lambda finding, text: {"change": text == "yes"},
    ),
    "p": _Cell(
        lambda finding: f"{finding.p.operator} {finding.p.text}" if finding.p else "", _p, _put_p
    ),
    **{
        f"effect.{field}": _effect(field, _plain if field == "measure" else _number)
        for field in _EFFECT
    },
}
"""The cells of a finding itself."""

ARM_CELLS: Final[Mapping[str, _Cell]] = {
    "label": _as_text("label"),
    "role": _Cell(
        lambda arm: str(arm.role),
        _one_of(*get_args(Role)),
        lambda arm, text: {"role": cast(Role, text or "unknown")},
    ),
    "events": _whole("events"),
    "n": _whole("n"),
    "percent": _Cell(lambda arm: str(arm.percent), _positive, lambda arm, text: {"percent": text}),
    "mean": _decimal("mean"),
    "sd": _decimal("sd", _positive),
    "se": _decimal("se", _positive),
    "median": _decimal("median"),
    "lower": _decimal("lower"),
    "upper": _decimal("upper"),
    "limits": _Cell(
        lambda arm: str(arm.limits), _one_of(*_LIMITS), lambda arm, text: {"limits": text}
    ),
}
"""The cells of each of its groups."""


def letter_of(position: int) -> str:
    """The letter of a group by its position: a to z, then aa, ab …"""
    first, last = divmod(position, 26)
    return (chr(96 + first) if first else "") + chr(97 + last)


def letters(count: int) -> list[str]:
    """The letters of so many groups."""
    return [letter_of(position) for position in range(count)]


def _found(name: str) -> tuple[int, _Cell]:
    """The position of the group (-1: the finding itself) and the cell of that name; KeyError."""
    if name in FINDING_CELLS:
        return -1, FINDING_CELLS[name]
    match = _ADDRESS.fullmatch(name)
    if match is None or match[2] not in ARM_CELLS:
        raise KeyError(name)
    position = 0
    for sign in match[1]:
        position = position * 26 + ord(sign) - 96
    return position - 1, ARM_CELLS[match[2]]


def cell_of(finding: Finding, name: str) -> str:
    """The text of a cell, "" where it is empty. Raises KeyError where there is no such cell."""
    position, cell = _found(name)
    if position < 0:
        return cell.get(finding)
    if position >= len(finding.arms):
        raise KeyError(name)
    return cell.get(finding.arms[position])


def cells_of(finding: Finding) -> dict[str, str]:
    """The cells that are not empty, by name, in their order."""
    found = {name: cell.get(finding) for name, cell in FINDING_CELLS.items()}
    for letter, arm in zip(letters(len(finding.arms)), finding.arms, strict=True):
        found |= {f"{letter}.{name}": cell.get(arm) for name, cell in ARM_CELLS.items()}
    return {name: text for name, text in found.items() if text}


def figures_of(finding: Finding) -> str:
    """A digest of what the finding says; not of its place, its rule or its family."""
    told = [pair for pair in cells_of(finding).items() if pair[0] != "family"]
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()


def normal(name: str, text: str) -> str:
    """A text as the cell would keep it; "" empties it.

    Raises KeyError where there is no cell of that name, ValueError, which says what the cell
    holds, where the text cannot be that.
    """
    _, cell = _found(name)
    return cell.normal(text) if text else ""


def with_cell(finding: Finding, name: str, text: str) -> Finding:
    """The finding with another text, as `normal` gives it, in one cell. Raises KeyError."""
    position, cell = _found(name)
    if position < 0:
        return msgspec.structs.replace(finding, **cell.put(finding, text))
    if position >= len(finding.arms):
        raise KeyError(name)
    arms = list(finding.arms)
    arms[position] = msgspec.structs.replace(arms[position], **cell.put(arms[position], text))
    return msgspec.structs.replace(finding, arms=tuple(arms))


def finding_from(cells: Iterable[tuple[str, str]], **about: Any) -> Finding:
    """A finding out of its cells, each as `normal` gives it; `about` are further fields of it.

    Family and kind follow from the cells where they are not among them. Raises KeyError where a
    cell does not exist, or a group is left out between others.
    """
    given = dict(cells)
    count = 1 + max((_found(name)[0] for name in given), default=-1)
    named = {_found(name)[0] for name in given}
    if missing := sorted(set(range(count)) - named):
        raise KeyError(f"{letter_of(missing[0])}.label")
    finding = Finding(
        **{"finding_id": "", "record_id": "", "outcome": "", "arms": (ArmResult(),) * count} | about
    )
    for name, text in given.items():
        finding = with_cell(finding, name, text)
    if "family" not in given:
        finding = msgspec.structs.replace(finding, family=family_of(finding.outcome))
    return msgspec.structs.replace(finding, kind=_kind(finding))


def _kind(finding: Finding) -> str:
    if any(arm.mean is not None or arm.median is not None for arm in finding.arms):
        return "continuous"
    if any(arm.events is not None or arm.percent for arm in finding.arms):
        return "count"
    return "effect" if finding.effect is not None else "p only"


def passage_of(finding: Finding, name: str) -> Passage | None:
    """The smallest passage known that holds a cell: that of its group, of the P value, of the
    effect, else of the finding. None where the record is none that it was read from."""
    position, _ = _found(name)
    part: Passage | None = None
    if position >= 0:
        part = finding.arms[position].passage if position < len(finding.arms) else None
    elif name == "p" and finding.p is not None:
        part = finding.p.passage
    elif name.startswith("effect.") and finding.effect is not None:
        part = finding.effect.passage
    return part or finding.passage
