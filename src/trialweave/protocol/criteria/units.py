"""Units of measurement: from how they are written to UCUM, and from one unit to another.

Our own table (`units.tsv`) holds the units that criteria use; there is no guessing beyond it, so
that `K/uL` is thousands in a microlitre and never kelvin. Factors are of the International System
(BIPM, SI Brochure, 9th edition) and, for customary units, of the Unified Code for Units of Measure
(UCUM 2.1). Body-surface-normalised clearance, `mL/min/{1.73_m2}`, is of another dimension than
`mL/min`: neither converts to the other.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final, NamedTuple

__all__ = ["Unit", "convert", "match", "measure", "ucum"]

_TABLE: Final = "units.tsv"
_CELSIUS: Final = 5 / 9
_LONGEST: Final = 60  # characters that a written unit may take


class Unit(NamedTuple):
    """A unit's row in the table."""

    code: str
    dimension: str
    factor: float


class _Table(NamedTuple):
    of: dict[str, Unit]  # by how it is written
    by_code: dict[str, Unit]
    pattern: re.Pattern[str]
    after_slash: re.Pattern[str]


def _squeezed(written: str) -> str:
    return " ".join(written.split())


@cache
def _table() -> _Table:
    text = (files(__package__) / _TABLE).read_text(encoding="utf-8")
    of: dict[str, Unit] = {}
    by_code: dict[str, Unit] = {}
    for line in text.splitlines():
        if not line or line.startswith(("#", "ucum\t")):
            continue
        code, kind, factor, aliases = line.split("\t")
        unit = by_code[code] = Unit(code, kind, float(factor))
        for alias in aliases.split("|"):
            of.setdefault(_squeezed(alias), unit)
    written = "|".join(
        re.escape(one).replace(r"\ ", r"\s{0,24}") + (r"(?![^\W_])" if one[-1].isalnum() else "")
        for one in sorted(of, key=lambda one: (-len(one), one))
    )
    joint = r"\s{0,24}(?:/|\bper\b|\ba\b(?=\s+(?:day|week|month|year)))\s{0,2}(?:each\s|the\s)?"
    return _Table(
        of,
        by_code,
        re.compile(
            rf"(?:{written}|(?={joint}))(?:{joint}(?:{written})|(?<=[a-z])-(?:{written})){{0,3}}"
        ),
        re.compile(rf"{joint}"),
    )


class Written(NamedTuple):
    """A unit in a text: its UCUM code and where it ends."""

    code: str
    end: int


_JOINT: Final = re.compile(r"\s*(?:/|\bper\b|\ba\b)\s*(?:each\s|the\s)?|-(?=1\.73|1,73)")


@lru_cache(maxsize=20_000)
def _read(written: str) -> str:
    """The UCUM code of a unit as written; "" where a part of it is unknown."""
    table = _table().of
    whole = table.get(_squeezed(written))
    if whole is not None:
        return whole.code
    parts = [_squeezed(part) for part in _JOINT.split(written.strip())]
    codes = []
    for i, part in enumerate(parts):
        unit = table.get(part)
        if unit is None:
            if i or part:
                return ""
            codes.append("")
            continue
        codes.append(unit.code)
    return _tidy(codes)


def _tidy(codes: list[str]) -> str:
    head, rest = codes[0], codes[1:]
    if head in ("{cells}", "{episodes}", "{joints}", "{cigarettes}") and rest:
        head = ""
    if head == "%" or not rest:
        return head
    if head == "{score}" and rest:
        return ""
    if head.startswith("/"):
        return ""
    if head.startswith("10*") and rest[0] == "mm3":  # one volume, and the commoner name for it
        rest = ["uL", *rest[1:]]
    return "/".join([head, *rest])


def match(plain_text: str, at: int) -> Written | None:
    """The unit that stands at a position of a plain text; None where none of the table does."""
    found = _table().pattern.match(plain_text, at, min(len(plain_text), at + _LONGEST))
    if found is None or found.end() == at:
        return None
    code = _read(found[0])
    return Written(code, found.end()) if code else None


def ucum(written: str) -> str:
    """The UCUM code of a unit as somebody wrote it; "" where it is not known."""
    from trialweave.protocol.criteria.text import plain

    small = _squeezed(plain(written))
    found = match(small, 0)
    return found.code if found is not None and found.end == len(small) else ""


@lru_cache(maxsize=4_096)
def measure(code: str) -> tuple[tuple[tuple[str, int], ...], float] | None:
    """What a UCUM code of ours measures, as parts with exponents, and its factor."""
    if not code or code == "1":
        return (), 1.0
    by_code = _table().by_code
    whole = by_code.get(code)
    pieces = [(whole, 1)] if whole is not None else []
    if whole is None:
        for i, part in enumerate(code.split("/")):
            if not part:
                continue
            unit = by_code.get(part)
            if unit is None:
                return None
            pieces.append((unit, -1 if i else 1))
    powers: dict[str, int] = {}
    factor = 1.0
    for unit, power in pieces:
        above, _, below = unit.dimension.partition("/")
        for name, sign in ((above, power), (below, -power)):
            if name and name not in ("1", "count", "fraction"):
                powers[name] = powers.get(name, 0) + sign
        factor *= unit.factor**power
    return tuple(sorted((name, power) for name, power in powers.items() if power)), factor


@lru_cache(maxsize=65_536)
def convert(
    value: float, have: str, want: str, molar_mass: float = 0.0, valence: int = 0
) -> float | None:
    """A value in another unit; None where the two do not measure the same.

    `have` and `want` are UCUM codes. Between mass and amount of substance the analyte's molar mass
    (g/mol) is needed, between amount and equivalents its valence.
    """
    if have == want:
        return value
    if {have, want} == {"Cel", "[degF]"}:
        return (value - 32) * _CELSIUS if have == "[degF]" else value / _CELSIUS + 32
    from_, to = measure(have), measure(want)
    if from_ is None or to is None:
        return None
    factor = from_[1] / to[1]
    if from_[0] == to[0]:
        return value * factor
    one, other = dict(from_[0]), dict(to[0])
    for powers in (one, other):  # all to mass
        if powers.pop("equivalent", 0) == 1 and valence:
            factor *= (1 / valence) if powers is one else valence
            powers["amount"] = 1
        if powers.get("amount") == 1 and molar_mass:
            del powers["amount"]
            factor *= molar_mass if powers is one else 1 / molar_mass
            powers["mass"] = 1
    return value * factor if one == other else None
