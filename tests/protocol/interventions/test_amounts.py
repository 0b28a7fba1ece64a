"""Amounts in the spellings that registers use; what is no amount given is not read."""

from __future__ import annotations

import pytest

from trialweave.protocol.durations import folded
from trialweave.protocol.interventions.amounts import Amount, amounts_in


def one(text: str) -> Amount:
    (found,) = amounts_in(folded(text))
    assert 0 <= found.start < found.end <= len(text)
    return found


@pytest.mark.parametrize(
    ("text", "low", "high", "unit", "flag"),
    [
        ("3 x 10^6 cells", 3e6, None, "cells", ""),
        ("3×10⁶ MSCs", 3e6, None, "cells", ""),
        ("3 x 10(6) cells", 3e6, None, "cells", ""),
        ("3e6 cells", 3e6, None, "cells", ""),
        ("3.0E+6 cells", 3e6, None, "cells", ""),
        ("3 x 106 cells", 3e6, None, "cells", "superscript repaired"),
        ("300x10e6 cells", 3e8, None, "cells", "E read as power of ten"),
        ("10E8 particles", 1e8, None, "particles", "E read as power of ten"),
        ("6 10^7 cells", 6e7, None, "cells", "multiplication sign supplied"),
        ("2.10^6 cells", 2e6, None, "cells", ""),
        ("7√ó10^6 cells", 7e6, None, "cells", ""),
        ("40 million stem cells", 4e7, None, "cells", ""),
        ("0.5-2 million cells", 5e5, 2e6, "cells", ""),
        ("2 to 4 x 10^6 cells", 2e6, 4e6, "cells", ""),
        ("1 x 10^6 - 5 x 10^6 cells", 1e6, 5e6, "cells", ""),
        ("250,000 cells", 250_000.0, None, "cells", ""),
        ("250.000 cells", 250_000.0, None, "cells", "point read as separator of thousands"),
        ("2 500 000 cells", 2_500_000.0, None, "cells", ""),
        ("1,5 g", 1.5, None, "g", "comma read as decimal sign"),
        ("100 mcg", 100.0, None, "ug", ""),
        ("2 L", 2000.0, None, "mL", ""),
        ("5 MIU", 5e6, None, "IU", ""),
        ("150-300 mL", 150.0, 300.0, "mL", ""),
        ("tea120ml", 120.0, None, "mL", ""),
        ("2 tablets of 250 mg", 500.0, None, "mg", "number times strength"),
        ("250 mg x 2 tablets", 500.0, None, "mg", "number times strength"),
        ("two 4 mg tablets", 8.0, None, "mg", "number times strength"),
        ("300/100 mg", 300.0, None, "mg", "combination of 300 and 100"),
    ],
)
def test_spellings(text: str, low: float, high: float | None, unit: str, flag: str) -> None:
    found = one(text)
    assert (found.low, found.high, found.unit) == (pytest.approx(low), high, unit)
    assert found.flags == ((flag,) if flag else ())


@pytest.mark.parametrize(
    ("text", "unit", "bases"),
    [
        ("2 x 10^6 cells/kg", "cells", ("kg",)),
        ("2 x 10^6 cells per kilogram of body weight", "cells", ("kg",)),
        ("0.2 g/kg/day", "g", ("kg", "day")),
        ("80 mg/m2", "mg", ("m2",)),
        ("5 mL of plasma/kg", "mL", ("kg",)),
        ("3 mL/min", "mL", ("minute",)),
        ("20 mg/mL", "mg", ("mL",)),
        ("6 x 10^7 cells / time", "cells", ("dose",)),
        ("500 mg per day", "mg", ("day",)),
        ("10 U/kg/h", "U", ("kg", "hour")),
    ],
)
def test_what_an_amount_goes_by(text: str, unit: str, bases: tuple[str, ...]) -> None:
    found = one(text)
    assert (found.unit, found.bases) == (unit, bases)


def test_a_power_of_ten_per_kg_is_of_cells() -> None:
    found = one("2 x 10^6/kg")
    assert (found.low, found.unit, found.flags) == (2e6, "cells", ("unit assumed",))


def test_alternatives_are_no_range() -> None:
    found = one("1 x 10^6 or 3 x 10^6 cells")
    assert (found.low, found.high, found.either) == (1e6, 3e6, True)


@pytest.mark.parametrize(
    "text",
    [
        "5% human albumin",
        "for 14 days",
        "12 cells",  # no dose of so few
        "10^6 million cells",  # a slip; which was meant is not told
        "10^400 cells",
        "NCT01234567",
        "",
    ],
)
def test_what_is_no_amount(text: str) -> None:
    assert amounts_in(folded(text)) == []
