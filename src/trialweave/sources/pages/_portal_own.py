"""Which trial a page is about: the registry number that is the page's own, and not a mention.

Taken, in this order: from the description for machines (JSON-LD), the page's address, a field for
the registration number, the first heading, the title, any other heading. What says two numbers of
one register says of none which is meant, so the next is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import unquote

from trialweave.model.identifiers import SCHEMES, Identifier, find
from trialweave.sources.pages import _embedded
from trialweave.sources.pages._embedded import Leaf, Tree
from trialweave.sources.pages._portal_parts import Parts
from trialweave.sources.pages._reading import Reading

__all__ = ["Own", "Place", "address_of", "articles", "behind", "host_of", "own_of"]

_ADDRESSES = ("canonical", "og:url", "saved from", "twitter:url")
# What a search asked for is not what a page is about
_ASKED = re.compile(
    r"[?&;#](?:q|query|term|search|searchterm|keywords?|text|cond|intr|s|filter)=[^&;#]*", re.I
)
_ENOUGH = 3  # other known fields beside a number, where only fields tell of what the page is
_MOST_LISTED = 20
_HOST = re.compile(r"https?://(?:www\.)?([a-z0-9.-]{3,100})(?::\d{1,5})?(?:[/?#]|$)", re.IGNORECASE)
_PATH = re.compile(r"(?:/[\w.~-]{1,60}){1,4}", re.ASCII)
_ARTICLES = frozenset(("ScholarlyArticle", "MedicalScholarlyArticle", "NewsArticle", "BlogPosting"))


class Place(NamedTuple):
    """A registry number where it stands in the reading."""

    number: Identifier
    start: int
    end: int


class Own(NamedTuple):
    """The page's own number, or None; how it is known; and all numbers it could have been."""

    place: Place | None
    by: str = ""
    listed: tuple[Identifier, ...] = ()
    node: dict[str, Tree] | None = None  # the description of the trial for machines


def _numbers(reading: Reading, start: int, end: int) -> list[Place]:
    return [
        Place(each.identifier, start + each.start, start + each.end)
        for each in find(reading.text[start:end])
        if SCHEMES[each.identifier.scheme].registry
    ]


def _one(places: Iterable[Place]) -> Place | None:
    """The first of some numbers, if they name one trial: no register has two of them."""
    found = list(places)
    seen: dict[str, str] = {}
    for place in found:
        if seen.setdefault(place.number.scheme, place.number.value) != place.number.value:
            return None
    return found[0] if found else None


def articles(reading: Reading) -> bool:
    """Whether the page says that it is an article: those are no pages about a trial."""
    if any(extra.name.startswith("citation_") for extra in reading.extras):
        return True
    types = {name for tree in reading.data for node in _embedded.nodes(tree)
             for name in _embedded.types_of(node)}  # fmt: skip
    return bool(types & _ARTICLES) and not any(map(_embedded.trials, reading.data))


def address_of(reading: Reading) -> tuple[int, int] | None:
    """Where the page's own address stands."""
    for name in _ADDRESSES:
        for extra in reading.extras:
            if extra.name == name and _HOST.match(reading.text, extra.start, extra.end):
                return extra.start, extra.end
    return None


def host_of(address: str) -> str:
    """The site of an address, in small letters, without ``www.``; "" where there is none."""
    match = _HOST.match(address)
    return match[1].lower() if match else ""


def behind(address: str, number: Identifier) -> str:
    """The path behind a number in an address: "/DE", where a register has a page a country."""
    for each in find(address):
        if each.identifier == number and (path := _PATH.match(address, each.end)):
            return path[0]
    return ""


def _leaves(tree: Tree, keys: tuple[str, ...] | None = None) -> Iterator[Leaf]:
    """The leaves under some keys of an object, or of a whole tree."""
    stack = [tree]
    if keys is not None:
        stack = (
            [tree[key] for key in reversed(keys) if key in tree] if isinstance(tree, dict) else []
        )
    while stack:
        node = stack.pop()
        if isinstance(node, Leaf):
            if node.start >= 0:
                yield node
        else:
            stack.extend(reversed(list(node.values() if isinstance(node, dict) else node)))


_IDENTIFYING = ("identifier", "code", "@id", "url", "sameAs", "name", "alternateName")


def _of_node(reading: Reading, node: dict[str, Tree]) -> Place | None:
    """The number of a description: the first key that has one decides."""
    for key in _IDENTIFYING:
        places = [
            place
            for leaf in _leaves(node, (key,))
            for place in _numbers(reading, leaf.start, leaf.end)
        ]
        if places:
            return _one(places)
    return None


def _in_address(reading: Reading, start: int, end: int) -> Iterator[Place]:
    text = reading.text[start:end]
    asked = [match.span() for match in _ASKED.finditer(text)]
    found = _numbers(reading, start, end)
    if not found and "%" in text:  # a number with slashes: the whole address is its place
        found = [Place(place.identifier, start, end) for place in find(unquote(text))
                 if SCHEMES[place.identifier.scheme].registry]  # fmt: skip
    for place in found:
        if not any(a <= place.start - start < b for a, b in asked):
            yield place


def own_of(reading: Reading, parts: Parts) -> Own | None:
    """The page's own number; None where nothing says that it is about a trial at all.

    An `Own` without a place is a page about several trials, or one that names none.
    """
    if articles(reading):
        return None
    nodes = [node for tree in reading.data for node in _embedded.trials(tree)]
    described = [(node, _of_node(reading, node)) for node in nodes]
    levels: list[tuple[str, list[Place]]] = [
        ("data", [place for _, place in described if place is not None]),
        ("address", [p for e in reading.extras if e.name in _ADDRESSES
                     for p in _in_address(reading, e.start, e.end)]),
        ("field", [p for f in parts.facts if f.means.concept == "own"
                   for p in _numbers(reading, f.start, f.end)[:1]]),
        ("heading", [p for h in reading.headings if h.level == 1
                     for p in _numbers(reading, h.start, h.end)]),
        ("title", _numbers(reading, *reading.title)),
        ("headings", [p for h in reading.headings if h.level > 1
                      for p in _numbers(reading, h.start, h.end)]),
    ]  # fmt: skip
    known = {fact.means.concept for fact in parts.facts if fact.how != "below"} - {"", "own"}
    for by, places in levels:
        one = _one(places)
        if one is None or (by in ("field", "headings") and len(known) < _ENOUGH):
            continue
        node = next(
            (node for node, place in described if place and place.number == one.number), None
        )
        if node is None and len(nodes) == 1:
            node = nodes[0]
        return Own(one, by, node=node)
    named = {place.number for _, places in levels for place in places}
    listed = tuple(sorted(named, key=str))[:_MOST_LISTED]
    if len(nodes) == 1 and not listed:
        return Own(None, "data", node=nodes[0])
    if len(nodes) > 1 or _is_list(listed, levels):
        return Own(None, "", listed)
    return None


def _is_list(listed: tuple[Identifier, ...], levels: list[tuple[str, list[Place]]]) -> bool:
    """Whether the page shows several trials: titles, headings or fields name two of a register."""
    return any(
        len({place.number for place in places}) > 1 and _one(places) is None
        for by, places in levels
        if by != "address"
    )
