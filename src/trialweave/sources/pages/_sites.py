"""Places where a trial runs, as portals list them: a facility line, then city, region, country."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from trialweave.model import Site, Value
from trialweave.sources.pages._lines import Line, Page
from trialweave.sources.words.places import is_turned

__all__ = ["countries", "read_sites"]

_FLAG = re.compile(r"^[\U0001f1e6-\U0001f1ff\ufe0f\s]+")
_FACILITY = re.compile(
    r"hospital|universit|clinic|cent(?:er|re)|institut|medical|college|school|research|foundation"
    r"|\b(?:site|ltd|llc|inc)\b",
    re.IGNORECASE,
)


def read_sites(page: Page, lines: Sequence[Line]) -> tuple[Site, ...]:
    """One site for each place line; a line without commas before it names the facility."""
    sites: list[Site] = []
    facility: Line | None = None
    for line in lines:
        flag = _FLAG.match(line.text)
        if flag:
            line = line.part(flag.end(), len(line.text))
            if not line.text:
                continue
        parts = _parts(line)
        if len(parts) == 1 or (facility is None and _is_facility(parts)):
            if facility is not None:  # two names in a row: the first one came without a place
                sites.append(Site(facility=page.quote("sites", facility.start, facility.end)))
            facility = line
            continue
        sites.append(_site(page, facility, parts))
        facility = None
    if facility is not None:
        parts = _parts(facility)
        if len(parts) > 2:
            sites.append(_site(page, parts[0], parts[1:]))
        else:
            sites.append(Site(facility=page.quote("sites", facility.start, facility.end)))
    return tuple(sites)


def _parts(line: Line) -> list[Line]:
    """The parts between commas."""
    return [part for part in line.pieces(",") if part.text]


def _is_facility(parts: Sequence[Line]) -> bool:
    return bool(parts) and _FACILITY.search(parts[0].text) is not None


def _site(page: Page, facility: Line | None, parts: Sequence[Line]) -> Site:
    city, country = parts[0], parts[-1]
    if len(parts) > 2 and is_turned(country.text):  # "Iran, Islamic Republic of"
        start = parts[-2].start
        country = replace(country, text=page.text[start : country.end], start=start)
    return Site(
        facility=page.quote("sites", facility.start, facility.end) if facility else Value(),
        city=page.quote("sites", city.start, city.end),
        country=page.quote("sites", country.start, country.end) if len(parts) > 1 else Value(),
    )


def countries(page: Page, sites: Sequence[Site]) -> Value[tuple[Value[str], ...]]:
    """Each country among the sites once, where it first stands; no such field without sites."""
    seen: dict[str, Value[str]] = {}
    for site in sites:
        if site.country and site.country.content:
            seen.setdefault(site.country.content.casefold(), site.country)
    if not seen:
        return Value()
    passages = [value.passage for value in seen.values() if value.passage is not None]
    start, end = min(p.start for p in passages), max(p.end for p in passages)
    return page.value("countries", tuple(seen.values()), start, end)
