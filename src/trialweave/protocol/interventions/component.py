"""One thing that is given in a trial, as its record tells it: the frozen types."""

from __future__ import annotations

import msgspec

__all__ = ["Component", "Phase", "Place"]


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a slot was read: a span of the argument `field`, "text" or "name"."""

    slot: str
    field: str
    start: int
    end: int


class Phase(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part of a schedule with a dose of its own: "400 mg on day 1, then 200 mg daily"."""

    dose_low: float | None = None
    dose_high: float | None = None
    dose_unit: str | None = None
    days: tuple[float, ...] = ()
    times_per_day: float | tuple[float, ...] | None = None
    times_per_week: float | tuple[float, ...] | None = None
    interval_days: float | tuple[float, ...] | None = None
    duration_days: float | tuple[float, ...] | None = None
    doses_total: float | tuple[float, ...] | None = None


class Component(msgspec.Struct, frozen=True, omit_defaults=True):
    """One product with its dose and schedule. None and () mean "not stated"; nothing is inferred
    but by plain arithmetic (two courses of two doses are four).

    `kind` is "cells", "secretome", "vesicles", "plasma", "vaccine", "drug", "biologic", "device",
    "procedure", "behavioural", "radiation", "supplement", "placebo", "background" (care that all
    receive) or "" where no word tells. `donor` is "autologous" or "allogeneic".

    `dose_low` is the dose, or the low end of a range to `dose_high`, in `dose_unit` ("cells",
    "cells/kg", "particles", "mg", "mg/kg", "ug", "g", "mL", "IU", "U" …); `operator` is "=", ">",
    ">=", "<", "<=" or "~"; `basis` is "dose", "day", "hour" or "minute"; `maximum` is in the unit
    without "/kg". A number that is given as a range is a pair (low, high). `days` are numbered as
    written.

    `phases` are there where doses follow one another, or are alternatives (`flags` say so). Every
    repair is in `flags`. `places` has the span of each slot.
    """

    product: str | None = None
    kind: str = ""
    cell_source: str | None = None
    donor: str | None = None
    dose_low: float | None = None
    dose_high: float | None = None
    dose_unit: str | None = None
    operator: str | None = None
    basis: str | None = None
    maximum: float | None = None
    total_dose: float | None = None
    volume_ml: float | tuple[float, ...] | None = None
    route: str | None = None
    doses_total: float | tuple[float, ...] | None = None
    days: tuple[float, ...] = ()
    days_as_written: str | None = None
    interval_days: float | tuple[float, ...] | None = None
    times_per_day: float | tuple[float, ...] | None = None
    times_per_week: float | tuple[float, ...] | None = None
    duration_days: float | tuple[float, ...] | None = None
    infusion_minutes: float | tuple[float, ...] | None = None
    phases: tuple[Phase, ...] = ()
    role: str = ""  # "tested", "comparator", "background", "" where not told
    flags: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()

    def place(self, slot: str) -> Place | None:
        """Where a slot was read first."""
        return next((place for place in self.places if place.slot == slot), None)
