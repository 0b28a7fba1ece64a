"""Countries named in a text: by name, by adjective, by capital or large research city.

`normalise_country` reads a field that holds one country; `country_of` finds countries in running
text or in the name of an institution. Both answer with ISO 3166-1 alpha-2 codes.
A place is taken only where it is written with a capital and where nothing beside it says
otherwise: "guinea pig", "Declaration of Helsinki", "Berlin definition", "Beth Israel",
"London, Ontario". Names that are also persons' or American states' (Georgia, Jordan, Chad)
need a country's surroundings. "Korea" alone is read as the Republic of Korea.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from trialweave.records._places import STATES, TABLE

__all__ = ["PlaceHit", "country_name", "country_of", "normalise_country"]

How = Literal["name", "adjective", "capital", "city", "state"]


@dataclass(frozen=True, slots=True)
class PlaceHit:
    """A place at characters `start` to `end` that stands for the country `iso2`."""

    iso2: str
    name: str  # as written in the text
    start: int
    end: int
    how: How


# Also persons, states of the USA, or things: taken only where the surroundings are a place's.
_DOUBTFUL: Final = frozenset(
    ("georgia", "jordan", "chad", "turkey", "jersey", "israel", "lebanon", "guinea", "us", "cuba")
)
_NOT_A_PLACE_AFTER: Final = re.compile(
    r"[ -](?:pigs?|hens?|criteria|criterion|definitions?|classifications?|scores?|scales?|"
    r"guidelines?|consensus|declaration|staging|system|protocol|agreement|syndrome|virus|"
    r"encephalitis|measles|flu|fever|hamsters?|medicines?|medicinal|herb(?:s|al)?|patent|"
    r"versions?|language|translation|texts?|speaking|journal|society|strain|variant|mutation|"
    r"II|III|IV|Paralysis|Red|Blue)\b",
    re.IGNORECASE,
)
_NOT_A_PLACE_BEFORE: Final = re.compile(
    r"(?:(?:declaration|convention|plaster|balsam|treaty|prince) of|new) $", re.IGNORECASE
)
_WORD: Final = re.compile(r"[^\W\d_]+")
_LEAD: Final = re.compile(r"(?:\b(?:in|from|of|across|throughout|within|near|the)\s|[,;(/|:-]\s?)$")
_STATE_CODE: Final = re.compile(r",\s?([A-Z]{2})(?![A-Za-z])")
_NEXT_WORD: Final = re.compile(r" ([A-Z][A-Za-z'’]+)")
_CAPITALISED: Final = re.compile(r"[A-Z][A-Za-z'’]{0,20} $")
_INSTITUTION: Final = re.compile(
    r"(?:University|Hospital|Medical|Institute|College|Ministry|National|Center|Centre|Cancer)"
)
_LONGEST: Final = 9  # words in the longest name
_ABBREVIATIONS: Final = frozenset(("uae", "uk", "us", "usa", "prc", "drc", "ksa"))
_PROVINCES: Final = (
    "Ontario",
    "Quebec",
    "British Columbia",
    "Alberta",
    "Nova Scotia",
    "Manitoba",
    "Saskatchewan",
)


def _plain(text: str) -> str:
    """Lower case without accents."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark)).casefold()


def _key(name: str) -> tuple[str, ...]:
    return tuple(_plain(word) for word in _WORD.findall(name))


class _Names(NamedTuple):
    """The table, ready to look words up."""

    of: dict[tuple[str, ...], tuple[str, How]]
    first: frozenset[str]
    codes: frozenset[str]
    state_codes: frozenset[str]
    regions: frozenset[tuple[str, ...]]  # states and provinces that follow a city's name


@functools.cache
def _names() -> _Names:
    of: dict[tuple[str, ...], tuple[str, How]] = {}
    states = STATES.split(";")
    for line in TABLE.strip().replace("\n  ", " ").splitlines():
        code, rest = line[:2], line[3:]
        names, adjectives, cities = (f"{rest}||".split("|"))[:3]
        for place, city in enumerate(cities.split(";")):
            of.setdefault(_key(city), (code, "city" if place else "capital"))
        for adjective in adjectives.split(";"):
            of[_key(adjective)] = (code, "adjective")
        for name in names.split(";"):
            of[_key(name)] = (code, "name")
    for state in states:
        of.setdefault(_key(state)[:-1], ("US", "state"))
    of.pop((), None)
    return _Names(
        of,
        frozenset(key[0] for key in of),
        frozenset(code for code, _ in of.values()),
        frozenset(state.split()[-1] for state in states),
        frozenset([_key(state)[:-1] for state in states] + [_key(name) for name in _PROVINCES]),
    )


def normalise_country(name: str) -> str | None:
    """The code of a field that holds one country's name or code; None where it is neither.

    >>> normalise_country("Iran (Islamic Republic of)")
    'IR'
    """
    names = _names()
    key = _key(name)
    if key[:1] == ("the",):
        key = key[1:]
    found = names.of.get(key)
    if found is None or found[1] != "name":
        rotated = names.of.get((*key[1:], key[0])) if len(key) > 1 else None
        found = rotated if rotated and rotated[1] == "name" else None
    if found is not None:
        return found[0]
    code = name.strip()
    return code if len(code) == 2 and code.isupper() and code in names.codes else None


@functools.cache
def country_name(iso2: str) -> str:
    """The short English name of a country's code; what is no code comes back as it is.

    >>> country_name("IR")
    'Iran'
    """
    for line in TABLE.strip().splitlines():
        if line[:2] == iso2:
            return line[3:].split("|")[0].split(";")[0].strip()
    return iso2


def _is_place(text: str, start: int, end: int, key: tuple[str, ...], iso2: str, how: How) -> bool:
    """Whether the surroundings let the words stand for the place."""
    before, after = text[max(0, start - 24) : start], text[end : end + 24]
    if _NOT_A_PLACE_AFTER.match(after) or _NOT_A_PLACE_BEFORE.search(before):
        return False
    if how in ("name", "capital", "city") and iso2 not in ("US", "CA"):
        if (
            (state := _STATE_CODE.match(after))
            and state[1] in _names().state_codes
            and state[1] != iso2
        ):
            return False
        following = tuple(_plain(word) for word in _WORD.findall(after)[:2])
        if (
            after.startswith(",")
            and iso2 != "GE"
            and (following in _names().regions or following[:1] in _names().regions)
        ):
            return False
    if key == ("georgia",):  # the American state stands far more often in registers
        return text.strip() == text[start:end] or "tbilisi" in _plain(before)
    if len(key) == 1 and key[0] in _DOUBTFUL:
        if key[0] == "us":
            return text[start:end] == "US" and not re.search(r"[A-Z]{2} $", before)
        if text.strip() == text[start:end]:
            return True
        word = _NEXT_WORD.match(after)
        if word and not _INSTITUTION.match(word[1]):
            return False
        if _LEAD.search(before):
            return True
        return word is not None and not _CAPITALISED.search(before)  # "Beth Israel Hospital"
    return True


def country_of(text: str) -> tuple[PlaceHit, ...]:
    """Countries that a text names, in the order of the text; longest name wins.

    Linear in the text's length. A city stands for its country only as far as its name is not
    followed by another state; whoever weighs several hits should prefer `how` "name".

    >>> [(hit.iso2, hit.how) for hit in country_of("Shiraz University of Medical Sciences")]
    [('IR', 'city')]
    """
    names = _names()
    words = [(match.start(), match.end()) for match in _WORD.finditer(text)]
    plain = [_plain(text[start:end]) for start, end in words]
    hits: list[PlaceHit] = []
    at = 0
    while at < len(words):
        start = words[at][0]
        step = 1
        if plain[at] in names.first and not text[start].islower():
            for length in range(min(_LONGEST, len(words) - at), 0, -1):
                key = tuple(plain[at : at + length])
                found = names.of.get(key)
                if found is None or not _adjacent(text, words[at : at + length]):
                    continue
                end = words[at + length - 1][1]
                if length == 1 and key[0] in _ABBREVIATIONS and not text[start:end].isupper():
                    continue  # "us" and "Us" are words
                if _is_place(text, start, end, key, *found):
                    hits.append(PlaceHit(found[0], text[start:end], start, end, found[1]))
                elif (state := _STATE_CODE.match(text, end)) and state[1] in _names().state_codes:
                    hits.append(PlaceHit("US", state[1], *state.span(1), "state"))
                step = length
                break
        at += step
    return tuple(hits)


def _adjacent(text: str, words: list[tuple[int, int]]) -> bool:
    """Words of one name stand close together on one line."""
    return all(
        after[0] - before[1] <= 2 and "\n" not in text[before[1] : after[0]]
        for before, after in itertools.pairwise(words)
    )
