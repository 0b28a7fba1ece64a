"""Numbers as they are printed: each stands for an interval, half a unit of its last digit wide
on either side.

A number may also have been cut off or rounded up instead; then it stands for a whole unit.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["Printed", "printed"]

_NUMBER = re.compile(r"([-−–+]?)\s?(\d{0,12})(?:[.,·∙⋅٫](\d{1,9}))?")


class Printed(NamedTuple):
    """A printed number as `units` of its last decimal: "-3.20" is -320 units and 2 decimals."""

    units: int
    decimals: int

    @property
    def scale(self) -> int:
        """How many units make one."""
        return int(10**self.decimals)

    @property
    def value(self) -> float:
        """The number itself."""
        return self.units / self.scale

    @property
    def low(self) -> float:
        """The smallest number that rounds to it, halves either way."""
        return (2 * self.units - 1) / (2 * self.scale)

    @property
    def high(self) -> float:
        """The largest number that rounds to it, halves either way."""
        return (2 * self.units + 1) / (2 * self.scale)

    @property
    def unit(self) -> float:
        """One unit of the last decimal."""
        return 1 / self.scale


def printed(text: str) -> Printed:
    """Read a printed number; its decimals count, trailing zeros too.

    The decimal sign may be a point, a comma or a raised point, the minus a hyphen or a true one.
    Raises ValueError for anything else, and beyond twelve digits or nine decimals.
    """
    match = _NUMBER.fullmatch(text.strip())
    if match is None or not (match[2] or match[3]):
        raise ValueError(f"not a number: {text[:40]!r}")
    decimals = match[3] or ""
    units = int(match[2] + decimals)
    return Printed(-units if match[1] in ("-", "−", "–") else units, len(decimals))
