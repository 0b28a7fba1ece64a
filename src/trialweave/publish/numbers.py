"""Numbers as tables and figures of a review print them."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trialweave.synthesis import Group

__all__ = ["group_text", "number_text", "p_text", "rounded"]


def rounded(value: float, decimals: int) -> str:
    """The value with so many decimals, halves away from zero, as people round (0.625 to 0.63).

    Binary noise in the 13th digit does not turn a half into less than one.
    """
    text = format(Decimal(f"{value:.12g}").quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))
    return text[1:] if text.startswith("-") and not text.strip("-0.") else text


def number_text(value: float | None) -> str:
    """An effect: two decimals, none from 100 up, one digit where two decimals would say 0.00.

    "–" for None; the minus sign is the typographic one.
    """
    if value is None:
        return "–"
    size = abs(value)
    if 0 < size < 1e-4:
        return "<0.0001" if value > 0 else ">−0.0001"
    if size >= 999_999.5:
        text = f"{size:.0e}".replace("e+0", "e").replace("e+", "e")
    elif size >= 99.95:
        text = rounded(size, 0)
    elif size >= 0.005 or size == 0:
        text = rounded(size, 2)
    else:
        text = f"{size:.1g}"
    return f"−{text}" if value < 0 and text.strip("0.") else text


def group_text(group: Group) -> str:
    """``7/14`` for events; ``12.30 ± 4.50 (n 20)`` for what is measured; "–" where none is told."""
    if group.events is not None and group.n is not None:
        return f"{group.events}/{group.n}"
    if group.mean is None:
        return "–" if group.n is None else f"n {group.n}"
    spread = f" ± {number_text(group.sd)}" if group.sd is not None else ""
    size = f" (n {group.n})" if group.n is not None else ""
    return f"{number_text(group.mean)}{spread}{size}"


def p_text(p: float | None) -> str:
    """A P value with its sign: two decimals, four below 0.01, never 0."""
    if p is None:
        return "P undefined"
    if p < 0.0001:
        return "P < 0.0001"
    return f"P = {rounded(p, 4 if p < 0.01 else 2)}"
