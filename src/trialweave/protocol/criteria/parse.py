"""One criterion's text as a tree of conditions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from trialweave.protocol.criteria.concepts import mentions
from trialweave.protocol.criteria.events import happenings
from trialweave.protocol.criteria.grades import grades
from trialweave.protocol.criteria.link import link
from trialweave.protocol.criteria.measures import Source, compared, graded
from trialweave.protocol.criteria.phrases import named_states
from trialweave.protocol.criteria.quantities import TIME, Quantity, quantities
from trialweave.protocol.criteria.ranges import merged
from trialweave.protocol.criteria.repair import Damage
from trialweave.protocol.criteria.reproductive import reproductive, sexes
from trialweave.protocol.criteria.structure import covered, structured
from trialweave.protocol.criteria.text import plain, tokens
from trialweave.protocol.criteria.tree import (
    Compare,
    Coverage,
    Event,
    Flag,
    Leaf,
    Made,
    Node,
    Opaque,
    Window,
    leaves,
)
from trialweave.protocol.criteria.windows import windows

__all__ = ["LONGEST", "UNDAMAGED", "Parsed", "parse"]

LONGEST: Final = 20_000
"""Characters of one criterion that are read; what stands behind is kept as text, and flagged."""
UNDAMAGED: Final = Damage(False, "nothing is known of the text around it")
# What any condition that can be read has: digits, or one of a few words
_WORTH: Final = re.compile(
    r"[\d<>≥≤]|\b(?:ii|iii|iv|asa|ecog)\b|pregnan|lactat|breast|nursing|gravid"
    r"|\b(?:fe)?males?\b|\b(?:wo)?m[ae]n\b|\b(?:sex|gender|sexes|genders)\b|class|grade|stage"
    r"|nyha|pugh|child"
    r"|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|thirty)\b"
    r"|\bl(?:ast)\b|\b(?:past|previous|preceding|prior)\s+(?:year|month|week|day)|uln\b"
    r"|limits?\b|normal|within\s+an?\s|boys|girls"
)
_DEATH: Final = re.compile(
    r"\b(?:deaths?|die|dying|dead|mortality|survive|survival|demise|fatal\w*|life\s+expectancy"
    r"|moribund)\b[^.;]{0,40}\Z"
)
_WITHIN: Final = re.compile(
    r"\b(?:within|in|during|under|before)\s+(?:the\s+)?(?:next\s+|first\s+"
    r"|following\s+)?(?:the\s+)?\Z"
)
_EXPECTED: Final = re.compile(
    r"\b(?:expect\w*|anticipat\w*|likel\w*|imminent|predict\w*|probab\w*|estimat\w*"
    r"|inevitabl\w*|unlikely|not)\b"
)


class Parsed(NamedTuple):
    """A criterion's tree with places in its own text, how much of it was understood, and flags."""

    tree: Node
    coverage: Coverage
    flags: tuple[Flag, ...]


def parse(text: str, section: str = "unknown", damage: Damage = UNDAMAGED) -> Parsed:
    """Reads one criterion; never raises, and never takes more than linear time.

    `damage` is what the whole eligibility text shows of lost signs (`repair.damage`). Places are
    characters of `text`.
    """
    small = plain(text)
    if not _WORTH.search(small):
        states = named_states(small, text)
        return Parsed(states or Opaque(text, 0, len(text)), "full" if states else "none", ())
    flags: list[Flag] = []
    cut = text
    if len(text) > LONGEST:
        cut = text[:LONGEST]
        small = small[:LONGEST]
        flags.append(Flag("truncated", f"read up to {LONGEST:,} characters", LONGEST, len(text)))
    made = _leaves(small, cut, section, damage)
    flags += [flag for one in made for flag in one.flags]
    flags += _without_value(small, cut, made)
    if not made and not flags and (states := named_states(small, text)):
        return Parsed(states, "full", ())
    found = [one.leaf for one in made]
    ordered = covered(found, cut, small)
    if len(cut) < len(text):
        ordered.append(Opaque(text[LONGEST:], LONGEST, len(text)))
    spans = _spans(ordered, found)
    tree = structured(ordered, spans, plain(text) if len(text) <= LONGEST else small, section)
    kept = list(leaves(tree))
    opaque = sum(isinstance(leaf, Opaque) for leaf in kept)
    coverage: Coverage = "full" if not opaque else "none" if opaque == len(kept) else "partial"
    return Parsed(tree, coverage, tuple(flags))


def _spans(ordered: Sequence[Leaf], found: Sequence[Leaf]) -> list[tuple[int, int]]:
    """The characters each leaf was read from, before joining words went to it."""
    first = iter(sorted(found, key=lambda leaf: (leaf.start, -leaf.end)))
    return [
        (leaf.start, leaf.end)
        if isinstance(leaf, Opaque)
        else ((one := next(first)).start, one.end)
        for leaf in ordered
    ]


def _leaves(small: str, text: str, section: str, damage: Damage) -> list[Made]:
    words = tokens(small)
    named = mentions(small, text, words)
    measured = quantities(small, text)
    made: list[Made] = []
    classes = grades(small, named)
    source = Source(small, text, section, damage)
    made += [graded(one, source) for one in classes]
    left = [
        one
        for one in measured
        if not any(g.start <= one.start < g.end or g.start < one.end <= g.end for g in classes)
    ]
    dying = [one for one in left if _dies(small, one)]
    left = [one for one in left if one not in dying]
    free = [m for m in named if not any(g.mention is m for g in classes)]
    linked = link(small, text, left, free)
    comparisons: list[Made] = []
    since = 0
    for each in linked:
        comparisons += compared(each, source, since)
        since = max(since, each.quantity.end)
    comparisons += [Made(_life(small, text, one), ()) for one in dying]
    comparisons.sort(key=lambda one: (one.leaf.start, one.leaf.end))
    comparisons = merged(comparisons, small)
    made += comparisons
    used = {id(each.quantity) for each in linked}
    rest = [one for one in left if id(one) not in used]
    made = _windowed(small, text, made, rest)
    made += [Made(event, ()) for event in reproductive(small)]
    sex = sexes(small, section)
    if sex is not None:
        made.append(Made(sex, ()))
    return made


def _dies(small: str, one: Quantity) -> bool:
    """ "Expected death within 48 hours" speaks of life expectancy."""
    if one.unit not in TIME:
        return False
    before = small[max(0, one.first - 70) : one.first]
    return (
        _DEATH.search(before) is not None
        and _WITHIN.search(before) is not None
        and (
            _EXPECTED.search(small, max(0, one.first - 120), one.end + 40) is not None
            or "life" in before
        )
    )


def _life(small: str, text: str, one: Quantity) -> Compare:
    before = small[max(0, one.first - 70) : one.first]
    found = _DEATH.search(before)
    start = max(0, one.first - 70) + found.start() if found else one.first
    return Compare(
        "life_expectancy", "<=", one.low if one.high is None else one.high, start, one.end,
        unit=one.unit, written=text[one.first : one.end],
    )  # fmt: skip


def _windowed(small: str, text: str, made: list[Made], rest: list[Quantity]) -> list[Made]:
    """Gives each window to the comparison right before it, else to what it is said of."""
    found = [window for window, _ in windows(small, rest)]
    if not found:
        return made
    alone: list[Window] = []
    for window in found:
        for i, one in enumerate(made):
            leaf = one.leaf
            if (
                isinstance(leaf, Compare)
                and leaf.window is None
                and leaf.concept not in ("age", "life_expectancy")
                and 0 <= window.start - leaf.end <= 25
                and not re.search(r"[;.]|\b(?:or|and)\b", small[leaf.end : window.start])
            ):
                name = leaf.concept
                if name == "lung_infiltrates" and window.unit == "h":
                    name = "lung_infiltrate_progression"
                made[i] = Made(
                    msgspec.structs.replace(leaf, concept=name, window=window, end=window.end),
                    one.flags,
                )
                break
        else:
            alone.append(window)
    taken = sorted((one.leaf.start, one.leaf.end) for one in made)
    events = happenings(small, text, alone, taken)
    made += [Made(event, ()) for event in events]
    return _stretch(made)


def _stretch(made: list[Made]) -> list[Made]:
    """The last event before its window covers the window too, the first event after it as well."""
    out: list[Made] = []
    events = [one.leaf for one in made if isinstance(one.leaf, Event)]
    for one in made:
        leaf = one.leaf
        if isinstance(leaf, Event) and (window := leaf.window or leaf.minimum) is not None:
            same = [e for e in events if (e.window or e.minimum) is window]
            if window.start >= leaf.end and leaf is max(same, key=lambda e: e.end):
                leaf = msgspec.structs.replace(leaf, end=max(leaf.end, window.end))
            elif window.end <= leaf.start and leaf is min(same, key=lambda e: e.start):
                leaf = msgspec.structs.replace(leaf, start=min(leaf.start, window.start))
        out.append(Made(leaf, one.flags))
    return out


_DANGLING: Final = re.compile(r"(?:[<>≥≤]\s?=?|=)\s*(?=[,;.)]|\Z|\s[a-z])")


def _without_value(small: str, text: str, made: Sequence[Made]) -> list[Flag]:
    """Signs behind which no value stands."""
    return [
        Flag(
            "operator_without_value",
            "no value stands behind the sign",
            match.start(),
            match.end(),
            text[match.start() : match.end()],
        )
        for match in _DANGLING.finditer(small)
        if not any(one.leaf.start <= match.start() < one.leaf.end for one in made)
    ][:20]
