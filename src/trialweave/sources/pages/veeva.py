"""Trial pages of ClinicalTrials.Veeva, which shows the records of ClinicalTrials.gov.

The page has four parts in a fixed order: a head (status, conditions, treatments, identifiers),
"Details and patient eligibility", "Trial design" with the arms, and contacts and locations.
Optional blocks are simply left out by the site.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from trialweave.model import Draft, Labelled, Received, RegistryNumber, Trial, Value
from trialweave.sources._source import Source
from trialweave.sources.ctgov.words import word
from trialweave.sources.pages import _arms, _facts, _sites, _words
from trialweave.sources.pages._lines import Fields, Line, Page, Segment
from trialweave.sources.pages._marks import recogniser
from trialweave.sources.pages._veeva_parts import COPYRIGHT, ENROLLED, zones
from trialweave.sources.pages.phases import phases

__all__ = ["SOURCE"]

_NAME = "ctv"
_DESIGN = {
    "primary purpose": "primary_purpose",
    "allocation": "allocation",
    "interventional model": "intervention_model",
    "masking": "masking",
}
_CHROME = re.compile(
    r"menu|search|log ?in|sign (?:in|up)|home|back|loading\.{0,3}|find (?:clinical )?trials.*"
    r"|skip to .*|clinical trials|trials by location",
    re.IGNORECASE,
)
_BRAND = re.compile(r"ClinicalTrials\.Veeva", re.IGNORECASE)
_GROUPS = re.compile(
    r"([\d,.]{1,12}) (?:estimated )?(?:participants?|patients?) in (\d{1,4}) "
    r"(?:patient |participant )?groups?\b",
    re.IGNORECASE,
)
_SITES_COUNT = re.compile(r"(\d{1,6})(?:\s+(?:locations?|sites?))?", re.IGNORECASE)
_NO_SITES = re.compile(
    r"(?:there are )?(?:currently )?no (?:registered )?(?:sites|locations).*", re.I
)
_REACHED_BY = re.compile(r"\S@\S|^\+?[\d\s()./x-]{7,}(?:ext.{0,12})?$", re.IGNORECASE)


def _titles(page: Page, head: Sequence[Line]) -> tuple[Value[str], list[Line]]:
    """The title, and the lines under it: the sponsor, perhaps others."""
    brand = next((i for i, line in enumerate(head) if _BRAND.fullmatch(line.text)), -1)
    lines = [line for line in head[brand + 1 :] if not _CHROME.fullmatch(line.text)]
    if not lines:
        return page.silent("public_title"), []
    title = page.quote("public_title", lines[0].start, lines[0].end)
    rest: list[Line] = []
    for i, line in enumerate(lines[1:], start=1):
        below = lines[i + 1].text if i + 1 < len(lines) else ""
        # The site draws a sponsor without a logo as its first letter, and names the logo's picture.
        decoration = (
            len(line.text) == 1 and below.casefold().startswith(line.text.casefold())
        ) or (line.key.endswith(" logo"))
        if not decoration:
            rest.append(line)
    return title, rest


def _status(page: Page, segment: Segment | None) -> tuple[Fields, list[Labelled]]:
    values: Fields = {
        "overall_status": page.of("overall_status", segment),
        "phase": page.silent("phase"),
    }
    other: list[Labelled] = []
    if segment is None or not segment.lines:
        return values, other
    named = [line for line in segment.lines if phases(line.text)]
    statuses = [line for line in segment.lines if line not in named]
    if named:
        values["phase"] = _facts.phase(page, named)
    values["overall_status"] = page.silent("overall_status")
    for place, line in enumerate(statuses):
        if place:
            value = page.quote("status", line.start, line.end)
            other.append(Labelled(segment.heading.text, value))
            continue
        word = line
        if line.text.endswith(")") and (at := line.text.find("(")) > 0:
            word, why = line.part(0, at), line.part(at + 1, len(line.text) - 1)
            values["why_stopped"] = page.quote("why_stopped", why.start, why.end)
        content = _words.status(word.text) or "other"
        if _words.missing(word.text):
            values["overall_status"] = page.quote("overall_status", word.start, word.end)
        else:
            values["overall_status"] = page.value("overall_status", content, word.start, word.end)
    return values, other


def _identifiers(page: Page, segment: Segment | None) -> tuple[Value[str], Value[Any]]:
    """The number of ClinicalTrials.gov, else the first of any registry; and all the others."""
    if segment is None or not segment.lines:
        return page.of("primary_id", segment), page.of("secondary_ids", segment)
    numbers = [_facts.registry_number(page, line) for line in segment.lines]
    order = [i for i, n in enumerate(numbers) if n.scheme == "nct"]
    primary = order[0] if order else None
    primary_id: Value[str] = page.silent("primary_id")
    if primary is not None:
        value = numbers[primary].value
        primary_id = Value(
            value.content, value.missingness, value.passage, page.rule("primary_id"), value.raw
        )
    rest: list[tuple[Line, RegistryNumber]] = [
        (line, number)
        for i, (line, number) in enumerate(zip(segment.lines, numbers, strict=True))
        if i != primary
    ]
    if not rest:
        return primary_id, page.silent("secondary_ids")
    start, end = rest[0][0].start, rest[-1][0].end
    return primary_id, page.value("secondary_ids", tuple(n for _, n in rest), start, end)


def _treatments(page: Page, segment: Segment | None) -> Value[Any]:
    if segment is None or not segment.lines:
        return page.of("interventions", segment)
    start, end = segment.lines[0].start, segment.lines[-1].end
    if _words.missing(page.text[start:end]):
        return page.quote("interventions", start, end)
    found = []
    for line in segment.lines:
        untyped, typed = _facts.interventions(page, [line.item()])
        found += [_arms.untyped(page, part) for part in untyped] + typed
    return page.value("interventions", tuple(found), start, end)


def _enrollment(page: Page, segment: Segment | None) -> Fields:
    values: Fields = {"enrollment": page.of("enrollment", segment)}
    if segment is None or not segment.lines:
        return values
    line = segment.lines[0]
    values["enrollment"] = _facts.understood(page, "enrollment", line.start, line.end, _words.count)
    if (match := ENROLLED.match(line.text)) and match[2]:
        kind = "actual" if match[2].lower() == "actual" else "estimated"
        start, end = line.start + match.start(2), line.start + match.end(2)
        values["enrollment_type"] = page.value("enrollment_type", kind, start, end)
    return values


def _design(page: Page, segment: Segment | None) -> tuple[Fields, list[Labelled]]:
    """Design fields, the sentence on participants and groups, and the arms."""
    values: Fields = {name: page.silent(name) for name in (*_DESIGN.values(), "arms")}
    other: list[Labelled] = []
    if segment is None:
        return values, other
    lines = segment.lines
    at = next((i for i, line in enumerate(lines) if _GROUPS.match(line.text)), None)
    fields = lines if at is None else lines[:at]
    i = 0
    while i < len(fields):
        name = _DESIGN.get(fields[i].key)
        empty = i + 1 == len(fields) or fields[i + 1].key in _DESIGN
        if empty:
            if name:
                heading = fields[i]
                values[name] = page.absent(name, heading.start, heading.end)
            else:
                value = page.quote("design", fields[i].start, fields[i].end)
                other.append(Labelled(segment.heading.text, value))
            i += 1
            continue
        line = fields[i + 1]
        if name == "masking":
            values |= _masking(page, line)
        elif name == "allocation":
            values[name] = _facts.understood(page, name, line.start, line.end, _words.allocation)
        elif name:
            values[name] = _facts.worded(page, name, line.start, line.end)
        else:
            value = page.quote("design", line.start, line.end)
            other.append(Labelled(fields[i].text, value))
        i += 2
    if at is not None:
        other += _groups(page, segment.heading.text, lines[at])
        values["arms"] = _arms.read_arms(page, lines[at + 1 :])
    return values, other


def _groups(page: Page, label: str, line: Line) -> list[Labelled]:
    """The sentence as it stands, and its two numbers beside it, to be held against the others."""
    match = _GROUPS.match(line.text)
    assert match is not None  # it chose the line
    found = [Labelled(label, page.quote("design", line.start, line.end))]
    for group, name in ((1, "participants"), (2, "patient groups")):
        part = line.part(match.start(group), match.end(group))
        found.append(Labelled(f"{label}: {name}", page.quote("design", part.start, part.end)))
    return found


def _masking(page: Page, line: Line) -> Fields:
    values: Fields = {}
    word = line
    if line.text.endswith(")") and (at := line.text.find("(")) > 0 and "," in line.text[at:]:
        word = line.part(0, at)
        inside = line.part(at + 1, len(line.text) - 1)
        people = inside.pieces(",")
        who = tuple(page.quote("who_masked", p.start, p.end) for p in people if p.text)
        values["who_masked"] = page.value("who_masked", who, inside.start, inside.end)
    values["masking"] = _facts.understood(page, "masking", word.start, word.end, _words.masking)
    return values


def _places(page: Page, parts: dict[str, Segment]) -> Fields:
    """How many sites, which, and where contacts stand (those are kept back)."""
    segment = parts.get("locations")
    values: Fields = {
        "site_count": page.of("site_count", segment),
        "sites": page.of("sites", segment),
    }
    private = list(parts["contacts"].lines) if "contacts" in parts else []
    if segment is not None and segment.lines:
        values["site_count"] = page.silent("site_count")
        values["sites"] = page.silent("sites")
        named: list[Line] = []
        for line in segment.lines:
            if _NO_SITES.fullmatch(line.text):
                values["site_count"] = page.absent("site_count", line.start, line.end)
                values["sites"] = page.absent("sites", line.start, line.end)
            elif (match := _SITES_COUNT.fullmatch(line.text)) and not values["site_count"]:
                start, end = line.start + match.start(1), line.start + match.end(1)
                values["site_count"] = page.value("site_count", int(match[1]), start, end)
            elif _REACHED_BY.search(line.text):
                if named and named[-1].end < line.start and not private:
                    private.append(named.pop())  # whose number or address this is
                private.append(line)
            elif not _CHROME.fullmatch(line.text):
                named.append(line)
        if sites := _sites.read_sites(page, named):
            values["sites"] = page.value("sites", sites, named[0].start, named[-1].end)
            values["countries"] = _sites.countries(page, sites)
    if private:
        start, end = min(p.start for p in private), max(p.end for p in private)
        values["contacts"] = page.withheld("contacts", start, end)
    return values


def _read(received: Received) -> tuple[Draft, ...]:
    page = _facts.open_page(_NAME, received)
    cut = zones(page)
    parts = cut.parts
    title, below = _titles(page, cut.head)
    status, other = _status(page, parts.get("status"))
    primary_id, secondary_ids = _identifiers(page, parts.get("identifiers"))
    minimum_age, maximum_age = _facts.age_limits(page, parts.get("ages"))
    design, more = _design(page, cut.design)
    other += more
    optional: Fields = {}
    collaborators = below[1:] + list(
        parts["collaborators"].lines if "collaborators" in parts else ()
    )
    if collaborators:
        optional["secondary_sponsors"] = page.value(
            "secondary_sponsors",
            tuple(page.quote("secondary_sponsors", c.start, c.end) for c in collaborators),
            collaborators[0].start,
            collaborators[-1].end,
        )
    if "criteria" in parts:
        optional["eligibility_text"] = page.of("eligibility_text", parts["criteria"])
    if "documents" in parts:
        documents = parts["documents"]
        other += [
            Labelled(documents.heading.text, page.quote("documents", line.start, line.end))
            for line in documents.lines
            if not _CHROME.fullmatch(line.text)
        ]
    if cut.copyright is not None:
        line = cut.copyright
        match = COPYRIGHT.match(line.text)
        part = line.part(match.end() if match else 0, len(line.text))
        if part.text:
            other.append(Labelled("Copyright", page.quote("copyright", part.start, part.end)))
    trial = Trial(
        primary_id=primary_id,
        secondary_ids=secondary_ids,
        public_title=title,
        primary_sponsor=page.quote("primary_sponsor", below[0].start, below[0].end)
        if below
        else page.silent("primary_sponsor"),
        sponsor_class=_word(page, "sponsor_class", parts.get("funder")),
        conditions=page.listed("conditions", parts.get("conditions")),
        interventions=_treatments(page, parts.get("treatments")),
        study_type=_word(page, "study_type", parts.get("study_type")),
        brief_summary=page.of("brief_summary", parts.get("about")),
        detailed_description=page.of("detailed_description", parts.get("description")),
        sex=_facts.coded(page, "sex", parts.get("sex"), _words.sex),
        minimum_age=minimum_age,
        maximum_age=maximum_age,
        healthy_volunteers=_facts.coded(
            page, "healthy_volunteers", parts.get("volunteers"), _words.healthy_volunteers
        ),
        inclusion_criteria=page.listed("inclusion_criteria", parts.get("inclusion")),
        exclusion_criteria=page.listed("exclusion_criteria", parts.get("exclusion")),
        source_statement=page.quote("source_statement", cut.sourced.start, cut.sourced.end)
        if cut.sourced
        else page.silent("source_statement"),
        other=tuple(other),
        **status,
        **_enrollment(page, parts.get("enrollment")),
        **design,
        **_places(page, parts),
        **optional,
    )
    return (_facts.draft(received, page, trial, trial.primary_id.content),)


def _word(page: Page, field: str, segment: Segment | None) -> Value[str]:
    """The words of a short field as the register spells them; several with commas between."""
    if segment is None or not segment.lines:
        return page.of(field, segment)
    if len(segment.lines) == 1:
        return _facts.worded(page, field, segment.lines[0].start, segment.lines[0].end)
    content = ", ".join(word(line.text) for line in segment.lines)
    return page.value(field, content, segment.lines[0].start, segment.lines[-1].end)


SOURCE = Source(_NAME, "ClinicalTrials.Veeva", "page", recogniser(_NAME), _read)
