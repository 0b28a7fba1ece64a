"""Pages of any trial portal or register, saved as HTML.

A page counts where it is about one trial: see `_portal_own`. What it shows under labels becomes
fields; a label that is not known keeps its content under that label, and so does text under a
heading. What two places of a page state of one concept stands in the field and beside it. What is
about people is kept back. A page that lists several trials is refused, with what to save instead.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from trialweave.errors import NoIdentifier
from trialweave.model import Draft, Labelled, Missingness, Received, RegistryNumber, Trial, Value
from trialweave.model.identifiers import SCHEMES
from trialweave.sources._source import Source
from trialweave.sources.pages import _portal_data, _portal_fields
from trialweave.sources.pages._layout import reading_of
from trialweave.sources.pages._lines import Fields, Page
from trialweave.sources.pages._marks import kind_of
from trialweave.sources.pages._portal_own import Own, address_of, behind, host_of, own_of
from trialweave.sources.pages._portal_parts import Fact, Parts, parts_of, trimmed
from trialweave.sources.pages._portal_words import label_of
from trialweave.sources.pages._reading import Reading
from trialweave.sources.pages._saved import page_lines

__all__ = ["SOURCE"]

_NAME = "page"
_TYPED = {
    "enrollment": "enrollment_type",
    "start_date": "start_date_type",
    "completion_date": "completion_date_type",
    "primary_completion_date": "primary_completion_date_type",
}
_MOST_MENTIONS = 50
_KEPT = "_page_of_a_trial"


class _Opened(NamedTuple):
    """A page that is about a trial, taken apart."""

    reading: Reading
    parts: Parts
    own: Own


class _Candidate(NamedTuple):
    """A value that may be that of a concept, with the label that it stands under."""

    label: str
    value: Value[Any]
    fact: Fact | None = None
    rank: int = 1  # 0: from the page's description for machines; 2: a title without a label


def _opened(received: Received) -> _Opened | None:
    kept = vars(received)  # recognising and reading ask for the same page
    if _KEPT not in kept:
        kept[_KEPT] = _open(received)
    opened: _Opened | None = kept[_KEPT]
    return opened


def _open(received: Received) -> _Opened | None:
    reading = reading_of(received)
    if reading is None or kind_of(received) is not None:
        return None
    parts = parts_of(reading, page_lines(reading, bullets=True))
    own = own_of(reading, parts)
    return _Opened(reading, parts, own) if own is not None else None


def _recognise(received: Received) -> bool:
    return _opened(received) is not None


def _read(received: Received) -> tuple[Draft, ...]:
    opened = _opened(received)
    _ = received.text  # raises WrongEncoding where the bytes are not valid UTF-8
    if opened is None:
        return ()
    reading, _, own = opened
    address = address_of(reading)
    url = reading.text[slice(*address)] if address else ""
    host = host_of(url)
    if own.place is None and (own.node is None or not host):
        raise _refused(received, own)
    page = Page(_NAME, reading.text, ())
    trial = _trial(page, opened, host, address)
    if own.place is not None:
        number = own.place.number.value
        identifier = f"{host}/{number}{behind(url, own.place.number)}" if host else number
    else:
        identifier = url.split("://", 1)[-1].partition("#")[0].removeprefix("www.")[:200]
    body = reading.outward(trial)
    return (Draft(_NAME, identifier, body, 0, len(received.data), body.last_update.content),)


def _refused(received: Received, own: Own) -> NoIdentifier:
    if not own.listed:
        return NoIdentifier(
            "the page describes a trial, and names neither its registry number nor its address.",
            where=received.name,
            next_step="Save the trial's page of the register where it is registered.",
        )
    numbers = ", ".join(identifier.value for identifier in own.listed[:5])
    more = "" if len(own.listed) <= 5 else " and more"
    return NoIdentifier(
        f"the page names several trials ({numbers}{more}), and none as its own.",
        where=received.name,
        next_step="Open each trial and save its own page, or export the list from the register.",
    )


def _trial(page: Page, opened: _Opened, host: str, address: tuple[int, int] | None) -> Trial:
    reading, parts, own = opened
    scheme = own.place.number.scheme if own.place else ""
    candidates: dict[str, list[_Candidate]] = defaultdict(list)
    other: list[Labelled] = []
    if own.node is not None:
        for each in _portal_data.stated(page, own.node):
            if each.concept:
                candidates[each.concept].append(
                    _Candidate(f"JSON-LD {each.label}", each.value, rank=0)
                )
            else:
                other.append(Labelled(f"JSON-LD {each.label}", each.value))
    numbers: list[RegistryNumber] = []
    days_first = _portal_fields.day_first(host) or (not host and _names_register(reading, own))
    for fact in parts.facts:
        other += _take(page, fact, candidates, numbers, scheme, days_first)
    _titles(page, reading, candidates, other)
    values, beside = _chosen(page, candidates)
    other += beside
    if address is not None:
        other.append(Labelled("Page address", page.quote("address", *address)))
    for stretch in parts.stretches:
        value = (page.withheld if stretch.personal else page.quote)(
            "text", stretch.start, stretch.end
        )
        other.append(Labelled(stretch.heading, value))
    for name, value in _portal_fields.from_design(
        page, values.get("study_design", Value())
    ).items():
        if not values.get(name):
            values[name] = value
    kept_back = [fact for fact in parts.personal if fact.start < fact.end]
    for fact in kept_back:
        other.append(Labelled(fact.label, page.withheld("contacts", fact.start, fact.end)))
    if kept_back:
        values["contacts"] = page.withheld("contacts", kept_back[0].start, kept_back[0].end)
    if own.place is not None:
        number = own.place
        values["primary_id"] = page.value(
            "primary_id", number.number.value, number.start, number.end
        )
    values |= _secondary(page, numbers, own)
    other += _mentions(page, reading, values, own)
    return Trial(other=tuple(other), **values)


def _names_register(reading: Reading, own: Own) -> bool:
    """Whether the page's title names the register of its number, whose own page it then is."""
    if own.place is None or own.place.number.scheme == "nct":
        return False
    register = re.escape(SCHEMES[own.place.number.scheme].registry)
    title = reading.text[slice(*reading.title)]
    return re.search(rf"\b{register}\b", title, re.IGNORECASE) is not None


def _take(
    page: Page,
    fact: Fact,
    candidates: dict[str, list[_Candidate]],
    numbers: list[RegistryNumber],
    scheme: str,
    days_first: bool,
) -> Iterator[Labelled]:
    """Put a fact where it belongs; yields it where no concept covers it."""
    concept = fact.means.concept
    value = None
    if concept not in ("", "same"):
        value = _portal_fields.value_of(page, fact, scheme, days_first=days_first)
    if fact.how == "below":  # a plain line counts only where its words have one meaning
        if value and concept in _portal_fields.CODED:
            candidates[concept].append(_Candidate(fact.label, value, fact))
    elif value is None:
        label = f"{fact.group}: {fact.label}" if fact.group else fact.label
        if fact.start < fact.end:
            yield Labelled(label, page.quote("other", fact.start, fact.end))
        else:
            yield Labelled(label, page.absent("other", fact.label_start, fact.label_end))
    elif concept in ("secondary_ids", "own"):
        numbers += value.content or ()
    else:
        candidates[concept].append(_Candidate(fact.label, value, fact))


def _titles(
    page: Page,
    reading: Reading,
    candidates: dict[str, list[_Candidate]],
    other: list[Labelled],
) -> None:
    """The first heading and the document's title, for pages that give a title no label."""
    for heading in reading.headings:
        start, end = trimmed(page.text, heading.start, heading.end)
        if heading.level == 1 and start < end and not label_of(page.text[start:end]).concept:
            value = page.quote("public_title", start, end)
            candidates["public_title"].append(_Candidate("Heading", value, rank=2))
            break
    start, end = trimmed(page.text, *reading.title)
    if start < end:
        other.append(Labelled("Page title", page.quote("title", start, end)))
        if not candidates["public_title"] and not candidates["scientific_title"]:
            value = page.quote("public_title", start, end)
            candidates["public_title"].append(_Candidate("Page title", value, rank=2))


def _chosen(
    page: Page, candidates: Mapping[str, list[_Candidate]]
) -> tuple[Fields, list[Labelled]]:
    """One value for each concept, and what the others state beside it.

    The page's description for machines comes first, then what happened before what was planned,
    then the order of the page; a stated value comes before a missing one.
    """
    values: Fields = {}
    beside: list[Labelled] = []
    for concept, found in candidates.items():
        if not found:
            continue
        best = min(
            found,
            key=lambda each: (
                not each.value,
                each.rank,
                each.fact is not None and each.fact.means.type != "actual",
            ),
        )
        for each in found:
            if each is not best:
                beside.append(_beside(page, each))
        filled = _of(page, concept, best)
        values |= {name: value for name, value in filled.items() if value or name not in values}
    return values, beside


def _beside(page: Page, each: _Candidate) -> Labelled:
    if each.fact is not None and each.fact.start < each.fact.end:
        return Labelled(each.label, page.quote("other", each.fact.start, each.fact.end))
    passage = each.value.passage
    if isinstance(each.value.content, str) or passage is None:
        return Labelled(each.label, each.value)
    return Labelled(each.label, page.quote("other", passage.start, passage.end))


def _of(page: Page, concept: str, best: _Candidate) -> Fields:
    """The fields that a chosen value fills."""
    value, fact = best.value, best.fact
    if concept == "ages":
        return _ages(page, value)
    values: Fields = {concept: value}
    if fact is not None and value and concept in _TYPED:
        name = _TYPED[concept]
        content = page.text[fact.start : min(fact.end, fact.start + 200)]
        said = fact.means.type or label_of(content).type
        place = (fact.label_start, fact.label_end) if fact.means.type else (fact.start, fact.end)
        if said:
            values[name] = page.value(name, said, *place)
    return values


def _ages(page: Page, value: Value[Any]) -> Fields:
    """Both limits of age out of one phrase."""
    if value.passage is None:
        return {}
    start, end = value.passage.start, value.passage.end
    limits = _portal_fields.age_limits(page.text[start:end])
    values: Fields = {}
    for i, name in enumerate(("minimum_age", "maximum_age")):
        if limits is None:
            why = Missingness.UNREADABLE if value else value.missingness
            values[name] = page.absent(name, start, end, why)
        elif (years := limits[i]) is None:
            values[name] = page.absent(name, start, end, Missingness.NOT_APPLICABLE)
        else:
            values[name] = page.value(name, years, start, end)
    return values


def _secondary(page: Page, numbers: list[RegistryNumber], own: Own) -> Fields:
    """The numbers that fields of the page state beside its own, each once."""
    main = own.place.number.value if own.place else ""
    found = {each.value.content: each for each in reversed(numbers) if each.value.content != main}
    kept = tuple(reversed(found.values()))
    places = [each.value.passage for each in kept if each.value.passage is not None]
    if not places:
        return {}
    start, end = min(p.start for p in places), max(p.end for p in places)
    return {"secondary_ids": page.value("secondary_ids", kept, start, end)}


def _mentions(page: Page, reading: Reading, values: Fields, own: Own) -> Iterator[Labelled]:
    """Registry numbers of other trials, or of this one where nothing says so."""
    known = {each.value.content for each in (values.get("secondary_ids") or Value()).content or ()}
    if own.place is not None:
        known.add(own.place.number.value)
    count = 0
    for number, start, end in _portal_fields.registries(page, *reading.body):
        if number in known or count == _MOST_MENTIONS:
            continue
        known.add(number)
        count += 1
        yield Labelled("Mentioned number", page.value("mentions", number, start, end))


SOURCE = Source(_NAME, "Saved page of a trial portal", "page", _recognise, _read)
