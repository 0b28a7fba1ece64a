"""Doses that stand only in a record's prose, and products that only its title names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from trialweave.model import Trial, Value
from trialweave.protocol.durations import folded
from trialweave.protocol.interventions.amounts import amounts_in
from trialweave.protocol.interventions.component import Component, Place
from trialweave.protocol.interventions.naming import same_product
from trialweave.protocol.interventions.products import kind_of
from trialweave.protocol.interventions.reading import read_intervention

__all__ = ["filled_from", "in_prose", "in_titles"]

_FIELDS: Final = ("detailed_description", "brief_summary")
_TITLES: Final = ("public_title", "scientific_title")
_LONGEST: Final = 20_000
_MOST: Final = 200  # sentences of a text
_SENTENCE: Final = re.compile(r"[^.;\n]+(?:[.;](?!\s|\Z)[^.;\n]*)*")
_GIVEN: Final = re.compile(
    r"\b(?:infus\w*|inject\w*|administ\w*|giv(?:en|ing)|receiv\w*|dos(?:es?|ed|ing|age)|treated"
    r"|transfus\w*)\b",
    re.IGNORECASE,
)
_SLOTS: Final = (
    "dose_low", "dose_high", "dose_unit", "operator", "basis", "maximum", "total_dose", "volume_ml",
    "route", "doses_total", "days", "days_as_written", "interval_days", "times_per_day",
    "times_per_week", "duration_days", "infusion_minutes", "phases", "cell_source", "donor",
)  # fmt: skip
_PRODUCTS: Final = frozenset({"cells", "vesicles", "secretome", "plasma", "vaccine", "biologic"})


def in_prose(trial: Trial) -> Iterator[tuple[str, Component]]:
    """Components with a dose that sentences of the summaries tell, with the address of the text."""
    for field in _FIELDS:
        value: Value[str] = getattr(trial, field)
        text = (value.content or "")[:_LONGEST]
        for at, match in enumerate(_SENTENCE.finditer(text)):
            if at >= _MOST:
                break
            if not _GIVEN.search(match[0]) or not amounts_in(folded(match[0])):
                continue
            for component in read_intervention(match[0]):
                if component.dose_low is not None:
                    yield field, _moved(component, match.start())


def _moved(component: Component, by: int) -> Component:
    places = tuple(
        Place(place.slot, place.field, place.start + by, place.end + by)
        for place in component.places
    )
    return msgspec.structs.replace(component, places=places)


def filled_from(component: Component, told: Component) -> Component | None:
    """A component with the dose and schedule that prose tells of it; None where it is another."""
    kinds = {component.kind, told.kind} - {""}
    if not same_product(component.product, told.product) or not kinds:
        return None
    if len(kinds) > 1 and kinds & _PRODUCTS:
        return None
    taken = {
        slot: getattr(told, slot)
        for slot in _SLOTS
        if getattr(component, slot) in (None, ()) and getattr(told, slot) not in (None, ())
    }
    return msgspec.structs.replace(
        component,
        **taken,
        flags=(*component.flags, *told.flags, "dose read from the summary"),
        places=tuple(place for place in told.places if place.slot not in ("product", "kind")),
    )


def in_titles(trial: Trial) -> tuple[str, Component] | None:
    """The product that a title names, where a record lists no intervention."""
    for field in _TITLES:
        value: Value[str] = getattr(trial, field)
        text = value.content or ""
        hit = kind_of(folded(text[:_LONGEST]))
        if hit is None or hit.start < 0 or hit.name not in _PRODUCTS:
            continue
        read = read_intervention(text)
        if len(read) == 1:
            return field, msgspec.structs.replace(
                read[0], kind=hit.name, flags=(*read[0].flags, "read from the title")
            )
    return None
