"""What a page's description for machines says of its trial: schema.org's MedicalTrial."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from trialweave.model import Missingness, Value, parse_date
from trialweave.sources.pages import _words
from trialweave.sources.pages._embedded import Leaf, Tree
from trialweave.sources.pages._lines import Page
from trialweave.sources.pages.phases import phases
from trialweave.sources.words import phase_set, status_of

__all__ = ["Stated", "stated"]

# Whatever kind of design the words of schema.org name
_DESIGNS: dict[str, tuple[str, str]] = {
    "randomizedtrial": ("allocation", "randomised"),
    "opentrial": ("masking", "none"),
    "singleblindedtrial": ("masking", "single"),
    "doubleblindedtrial": ("masking", "double"),
    "tripleblindedtrial": ("masking", "triple"),
}
_NAMED = ("name", "legalName", "alternateName", "@value")
_KEPT_OUT = frozenset(
    (
        *("@type", "@context", "@id", "@graph", "type", "image", "logo", "identifier", "code"),
        *("sameAs", "url", "breadcrumb", "publisher", "potentialAction", "mainEntityOfPage"),
        *("isPartOf", "contactPoint", "author", "creator", "email", "telephone"),
    )
)
_MOST_OTHER = 50


class Stated(NamedTuple):
    """A value of a concept, or, where `concept` is "", of something else under `label`."""

    concept: str
    label: str
    value: Value[Any]


def _names(tree: Tree | None) -> Iterator[Leaf]:
    """The names of one thing or several: strings, or objects with a name."""
    for item in tree if isinstance(tree, list) else [tree]:
        if isinstance(item, Leaf):
            if item.start >= 0:
                yield item
        elif isinstance(item, dict):
            named = next((item[key] for key in _NAMED if isinstance(item.get(key), Leaf)), None)
            if isinstance(named, Leaf) and named.start >= 0:
                yield named


def _last(leaf: Leaf) -> str:
    """The last word of an address of schema.org's, with blanks between its words."""
    return leaf.text.rstrip("/").rsplit("/", 1)[-1]


def _spaced(word: str) -> str:
    return "".join(f" {sign.lower()}" if sign.isupper() else sign for sign in word).strip()


def _status(leaf: Leaf) -> str | None:
    for words in (leaf.text, _last(leaf), _spaced(_last(leaf))):
        found = status_of(words)
        if not isinstance(found, Missingness):
            return found
        if known := _words.status(words):
            return known
    return None


def _phase(leaf: Leaf) -> tuple[str, ...] | None:
    found = phase_set(leaf.text)
    return phases(leaf.text) if isinstance(found, Missingness) else found


def _country(node: Tree | None) -> Iterator[Leaf]:
    """The countries of places, as far as their addresses name them."""
    stack = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, list):
            stack.extend(reversed(item))
        elif isinstance(item, dict):
            yield from _names(item.get("addressCountry"))
            stack.append(item.get("address"))


def stated(page: Page, node: dict[str, Tree]) -> Iterator[Stated]:
    """What the description states, concept by concept, then what no concept covers."""
    used = set(_KEPT_OUT)

    def text(concept: str, *keys: str) -> Iterator[Stated]:
        for key in keys:
            used.add(key)
            for leaf in _names(node.get(key)):
                yield Stated(concept, key, page.quote(concept, leaf.start, leaf.end))

    def coded(concept: str, read: Callable[[Leaf], Any], *keys: str) -> Iterator[Stated]:
        for key in keys:
            used.add(key)
            for leaf in _names(node.get(key)):
                content = read(leaf)
                if content is None:
                    value = page.absent(concept, leaf.start, leaf.end, Missingness.UNREADABLE)
                else:
                    value = page.value(concept, content, leaf.start, leaf.end)
                yield Stated(concept, key, value)

    def listed(concept: str, key: str, leaves: list[Leaf]) -> Iterator[Stated]:
        used.add(key)
        if leaves:
            items = tuple(page.quote(concept, leaf.start, leaf.end) for leaf in leaves)
            place = leaves[0].start, leaves[-1].end
            yield Stated(concept, key, page.value(concept, items, *place))

    yield from text("public_title", "name")
    yield from text("scientific_title", "headline")
    yield from text("brief_summary", "description")
    yield from coded("overall_status", _status, "status")
    yield from coded("phase", _phase, "phase")
    sponsors = list(_names(node.get("sponsor")))
    yield from text("primary_sponsor", "sponsor")
    yield from listed("secondary_sponsors", "sponsor", sponsors[1:])
    yield from listed("conditions", "healthCondition", list(_names(node.get("healthCondition"))))
    yield from listed("countries", "studyLocation", list(_country(node.get("studyLocation"))))
    yield from coded("start_date", lambda leaf: parse_date(leaf.text), "startDate")
    yield from coded("completion_date", lambda leaf: parse_date(leaf.text), "endDate")
    used.discard("studyLocation")
    used.add("trialDesign")
    for leaf in _names(node.get("trialDesign")):
        concept, content = _DESIGNS.get(_last(leaf).lower(), ("", leaf.text))
        value = page.value(concept or "other", content, leaf.start, leaf.end)
        yield Stated(concept, "trialDesign", value)
    count = 0
    for key, item in node.items():
        if key in used:
            continue
        for leaf in _names(item):
            count += 1
            if count <= _MOST_OTHER:
                yield Stated("", key, page.quote("other", leaf.start, leaf.end))
