"""Facts of one record that take some reading: countries, sizes, institutions, products."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from typing import Final, Literal

import msgspec

from trialweave.model import Finding, Passage, Record, Trial, Value
from trialweave.records.places import PlaceHit, country_of, normalise_country
from trialweave.studies.words import words

__all__ = [
    "Country",
    "Size",
    "countries_of",
    "institutions_of",
    "is_person",
    "place_words",
    "product_names",
    "sizes_of",
    "sponsor_words",
    "texts",
]


class Size(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A number of participants and how it is known; "results" are those of a finding's arms."""

    n: int
    how: Literal["actual", "estimated", "stated", "results"]
    told: str  # in words: "25 enrolled (actual)", "12 + 13 = 25 recovered from the results"
    passage: Passage | None = None


class Country(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A country and how it is known: stated as the trial's, told by an institution's name or by
    where the article says the participants were, or told by the page around the text."""

    how: Literal["stated", "inferred", "page"]
    told: str
    passage: Passage | None = None


_INSTITUTION_WORDS: Final = """
university hospital institute center centre medical science research department faculty
college school clinic foundation national state first second third affiliated health
general medicine ltd inc co company pharmaceutical corporation limited group people public
trust city provincial province central academy international universitario universitaria
hospitalier fundacion instituto investigacion universitat universidad universite
"""
_INSTITUTION: Final = frozenset(_INSTITUTION_WORDS.split())
_CONTROL: Final = re.compile(r"\b(?:placebo|sham|control|no intervention)\b", re.I)
_COMPARATOR: Final = re.compile(
    r"\W*(?:placebos?|sham|vehicle|(?:normal |intravenous )?saline|standard|control|usual|routine|"
    r"conventional|best (?:supportive|available)|no (?:treatment|intervention))\b",
    re.I,
)
_SETTING: Final = re.compile(r"method|participant|patient|setting|population", re.I)
_SITES: Final = 5  # of many sites, how many tell the sponsor's surroundings
_PAGE: Final = 10  # of a page's other texts, how many are looked through


def texts(value: Value[tuple[Value[str], ...]]) -> list[str]:
    """The stated texts of a list."""
    return [item.content for item in value.content or () if item.content]


def institutions_of(record: Record) -> list[Value[str]]:
    """Sponsors, the page's publisher and the first sites' facilities."""
    about = record.about
    found = [about.primary_sponsor, *(about.secondary_sponsors.content or ())[:5]]
    if record.publication is not None:
        found.append(record.publication.publisher)
    found += [site.facility for site in (about.sites.content or ())[:_SITES]]
    return [name for name in found if name.content]


def countries_of(record: Record) -> dict[str, Country]:
    """Countries by code; what is stated excludes what is inferred, and so on down."""
    about = record.about
    stated: dict[str, Country] = {}
    for name in about.countries.content or ():
        if name.content and (code := normalise_country(name.content)):
            stated.setdefault(code, Country("stated", name.content.strip(), name.passage))
    for site in about.sites.content or ():
        place = site.country
        if place.content and (code := normalise_country(place.content)):
            stated.setdefault(code, Country("stated", place.content.strip(), place.passage))
    if stated:
        return stated
    cities = [site.city for site in (about.sites.content or ())[:_SITES]]
    publication = record.publication
    if publication is None:
        titles = [about.public_title, about.scientific_title]
        return _named([*institutions_of(record), *cities, *titles], "inferred")
    inferred = _named([*institutions_of(record), publication.title], "inferred")
    if not inferred:
        sections = publication.sections.content or ()
        settings = [part.text for part in sections if _SETTING.search(part.label)]
        inferred = _named(settings, "inferred")
    around = [labelled.value for labelled in publication.other[:_PAGE]]
    return inferred or _named(around, "page")


def _named(values: Iterable[Value[str]], how: Literal["inferred", "page"]) -> dict[str, Country]:
    """The countries of the first text that names any; of several kinds of hits names count."""
    for value in values:
        text = (value.content or "")[:4000]
        hits = country_of(text)
        hits = tuple(hit for hit in hits if hit.how == "name") or hits
        if hits:
            found: dict[str, Country] = {}
            for hit in hits:
                around = text[max(hit.start - 30, 0) : hit.end + 40].strip()
                told = f"“{hit.name}” in “{' '.join(around.split())}”"
                found.setdefault(hit.iso2, Country(how, told, _inside(value, hit)))
            return found
    return {}


def _inside(value: Value[str], hit: PlaceHit) -> Passage | None:
    """The hit's own characters, where the content is the received text."""
    at = value.passage
    if at is None or at.start < 0 or at.end - at.start != len(value.content or ""):
        return at
    return Passage(at.start + hit.start, at.start + hit.end)


# Cities that institutions are named after, in their own language and in English.
_CITIES_LISTED: Final = """
wien:vienna roma:rome milano:milan torino:turin napoli:naples firenze:florence genova:genoa
padova:padua venezia:venice koln:cologne munchen:munich nurnberg:nuremberg praha:prague
warszawa:warsaw krakow:cracow wroclaw:breslau lisboa:lisbon sevilla:seville zaragoza:saragossa
geneve:geneva basel:basle zurich:zuerich bruxelles:brussels brussel:brussels gent:ghent
antwerpen:antwerp leuven:louvain kobenhavn:copenhagen goteborg:gothenburg moskva:moscow
strasbourg:strassburg lyon:lyons teheran:tehran isfahan:esfahan
"""
_CITIES: Final = dict(pair.split(":") for pair in _CITIES_LISTED.split())
_JOINED: Final = re.compile(r"^(\w{5,})(?:umc|mumc|amc|med)$")
_PERSON: Final = re.compile(
    r"^(?:dr|prof|professor|aprof|mrs?|ms|drs)\b\.? ?|, ?(?:md|phd)\b", re.I
)
_LINKING: Final = frozenset(
    ("and", "the", "for", "para", "por", "del", "los", "las", "les", "des", "der", "und", "von")
)


@functools.lru_cache(maxsize=1 << 14)
def _place(word: str) -> str:
    """A word of an institution's name; "" for a country, which is weighed as such."""
    joined = _JOINED.match(word)
    word = _CITIES.get(word, joined.group(1) if joined else word)
    return "" if len(word) > 3 and normalise_country(word) else word


def is_person(name: str) -> bool:
    """Whether the name of a sponsor or facility is a person's, by title or degree."""
    return bool(_PERSON.search(name[:200]))


def place_words(name: str, *, telling: bool = False) -> list[str]:
    """Words of a city or a facility in order, cities by one name, countries left out; where
    `telling`, without those that tell the kind of an institution."""
    parts = [part for part in map(_place, words(name[:200], english=False)) if part]
    if telling:
        return [part for part in parts if part not in _INSTITUTION and len(part) > 2]
    return parts


def sponsor_words(names: Iterable[str]) -> frozenset[str]:
    """Telling words of institutions' names, and initials as ``^tums``; a person's name is none.

    Cities have one name in all languages, and "Exampleumc" is the hospital of Example. Countries
    are left out.
    """
    found: set[str] = set()
    for name in names:
        name = name[:200]
        if is_person(name):
            continue
        found.update(place_words(name, telling=True))
        found.update(f"^{mark.casefold()}" for mark in re.findall(r"\b[A-Z]{3,8}\b", name))
        long = [word.casefold() for word in re.findall(r"[^\W\d_]{3,}", name)]
        initials = "".join(word[0] for word in long if word not in _LINKING)
        if 3 <= len(initials) <= 8:
            found.add(f"^{initials}")
    return frozenset(found)


def sizes_of(about: Trial, findings: Sequence[Finding]) -> tuple[Size, ...]:
    """Enrolment as stated, the sum of the arms, and the largest whole group of the findings."""
    sizes: list[Size] = []
    enrolled = about.enrollment
    if enrolled.content:
        kind = about.enrollment_type.content
        told = f"{enrolled.content} enrolled" if kind == "actual" else f"{enrolled.content}"
        told += f" ({kind})" if kind else " participants stated"
        sizes.append(Size(enrolled.content, kind or "stated", told, enrolled.passage))
    arms = [arm.size.content for arm in about.arms.content or () if arm.size.content]
    if arms and len(arms) == len(about.arms.content or ()):
        told = f" = {sum(arms)} in the arms" if len(arms) > 1 else " in the only arm"
        sizes.append(Size(sum(arms), "stated", " + ".join(map(str, arms)) + told))
    results = [size for finding in findings if (size := _whole(finding)) is not None]
    if results:
        sizes.append(max(results, key=lambda size: size.n))
    unique: dict[int, Size] = {}
    for size in sizes:
        unique.setdefault(size.n, size)
    return tuple(unique.values())[:2]


def _whole(finding: Finding) -> Size | None:
    """The number of participants of a finding that shows all groups, or the only group."""
    groups = [arm for arm in finding.arms if arm.role != "total"]
    whole = [arm for arm in finding.arms if arm.role == "total" and arm.n]
    if len(groups) == 1 and groups[0].role != "single":
        groups = []
    if not whole and (not groups or not all(arm.n for arm in groups)):
        return None
    shown = whole[:1] if whole else groups
    numbers = [arm.n or 0 for arm in shown]
    told = " + ".join(map(str, numbers)) + (f" = {sum(numbers)}" if len(numbers) > 1 else "")
    recovered = any(arm.n_origin == "recovered" for arm in shown)
    told += " recovered from the results" if recovered else " in the results"
    at = next((arm.passage for arm in shown if arm.passage), finding.passage)
    return Size(sum(numbers), "results", told, at)


def product_names(about: Trial) -> list[str]:
    """Names of what is tested; what only control arms receive is left out."""
    control = {
        arm.label.content
        for arm in about.arms.content or ()
        if _CONTROL.search(arm.type.content or "")
    }
    names: list[str] = []
    for item in (about.interventions.content or ())[:20]:
        arms = set(item.arm_labels.content or ())
        if (arms and arms <= control) or _COMPARATOR.match(item.name.content or ""):
            continue
        names += [item.name.content or "", _short(item.description.content)]
    return names


def _short(description: str | None) -> str:
    """A description as short as a name ("umbilical cord"); a long one tells of everything."""
    return description if description and len(description) <= 60 else ""
