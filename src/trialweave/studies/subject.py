"""What two records are about: words, products, severity, short names, first outcomes.

Trials of one topic agree in these without being one trial; `scoring` bounds their sum.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from trialweave.model import Signal
from trialweave.studies._weights import signal
from trialweave.studies.corpus import Corpus
from trialweave.studies.profiles import Profile

__all__ = [
    "CONTAINED",
    "TOPICAL",
    "WORDS_DEPEND",
    "acronym",
    "cell_source",
    "contained",
    "most_words",
    "other_product",
    "outcome",
    "product_form",
    "severity",
    "topic",
]

# Signals that say what the two records are about; together they are capped (see `scoring`).
TOPICAL: Final = frozenset(
    (
        *("product", "condition", "title", "arm contents"),
        *("reference", "mention", "acronym", "outcome"),
    )
)

# Share of the telling words of the shorter record that the other has too -> the most that words
# may weigh. Between the points linear.
CONTAINED: Final = ((0.1, -6.0), (0.2, -3.0), (0.3, 0.0), (0.5, 5.0), (0.65, 9.0), (0.8, 12.0))
WORDS_DEPEND: Final = 0.5  # words of a title come in phrases: their bits do not add up
_SHOWN: Final = 8  # words named in the evidence


def contained(a: Profile, b: Profile, corpus: Corpus) -> tuple[float, float]:
    """Bits of the words that both have, and their share of the less telling record's bits."""
    shared = sum(map(corpus.bits, sorted(a.bag & b.bag)))
    least = min(corpus.mass(a), corpus.mass(b))
    return shared, (shared / least if least else 0.0)


def _between(points: tuple[tuple[float, float], ...], x: float) -> float:
    """The height over `x` of the line through the points, level beyond its ends."""
    (x0, y0), *rest = points
    if x <= x0:
        return y0
    for x1, y1 in rest:
        if x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
        x0, y0 = x1, y1
    return y0


def most_words(share: float) -> float:
    """The most that shared words weigh, by their share of the less telling record's bits."""
    return _between(CONTAINED, share)


def topic(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """Words of titles, products and conditions: each word counts once, the rarer the more."""
    shared, share = contained(a, b, corpus)
    weight = min(WORDS_DEPEND * shared, most_words(share))
    common = sorted(a.bag & b.bag, key=lambda word: (-corpus.bits(word), word))
    if weight <= 0:
        said = ", ".join(common[:_SHOWN]) or "none"
        yield signal("title", weight, f"few telling words in common ({share:.0%}): {said}")
        return
    product, condition = a.product | b.product, a.condition | b.condition
    groups: dict[str, list[str]] = {"product": [], "condition": [], "title": []}
    for word in common:
        place = "condition" if word in condition else "product" if word in product else "title"
        groups[place].append(word)
    for name, found in groups.items():
        if found:
            part = weight * sum(map(corpus.bits, found)) / shared
            said = ", ".join(found[:_SHOWN]) + (" …" if len(found) > _SHOWN else "")
            yield signal(name, part, f"both say: {said}")


def cell_source(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """Cells of different origin are different products; a common origin counts as words."""
    if a.source and b.source and not a.source & b.source:
        said = f"{', '.join(sorted(a.source))} against {', '.join(sorted(b.source))}"
        yield signal("cell source", -5.0, f"cells of different origin: {said}")


def product_form(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """Cells against what cells secrete; who gives the latter names cells as their origin too."""
    free_a, free_b = a.form - {"cells"}, b.form - {"cells"}
    if not a.form or not b.form or free_a & free_b or not free_a | free_b:
        return
    said = f"{', '.join(sorted(free_a or a.form))} against {', '.join(sorted(free_b or b.form))}"
    yield signal("product form", -2.5, f"different products: {said}")


def other_product(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """Both name interventions, and neither name stands anywhere in the other record."""
    if not a.product or not b.product or a.product & b.bag or b.product & a.bag:
        return
    rare_a = sorted(a.product, key=lambda word: (-corpus.bits(word), word))[:3]
    rare_b = sorted(b.product, key=lambda word: (-corpus.bits(word), word))[:3]
    said = f"{', '.join(rare_a)} against {', '.join(rare_b)}"
    yield signal("other product", -4.0, f"no word of the interventions in common: {said}")


def severity(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """How ill the participants are, as titles and conditions say."""
    if not a.severity or not b.severity:
        return
    said = f"{', '.join(sorted(a.severity))} and {', '.join(sorted(b.severity))}"
    if a.severity == b.severity:
        yield signal("severity", 1.0, f"both {', '.join(sorted(a.severity))}")
    elif not a.severity & b.severity:
        yield signal("severity", -2.5, f"different severity: {said}")


_NAMED: Final = 5.0  # bits: platforms and their parts share a name too


def acronym(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """A short name that both give their trial; some names are chosen twice."""
    both = sorted(a.acronyms & b.acronyms, key=lambda name: (corpus.acronym_share(name), name))
    if both:
        bits = math.log2(0.5 / corpus.acronym_share(both[0]))
        said = f"both are called {both[0].upper()}"
        yield signal("acronym", min(max(bits, 0.0), _NAMED), said)


# Share of the telling words of the shorter primary outcome that the other has too -> bits.
_MEASURED: Final = ((0.1, -1.0), (0.3, 0.0), (0.6, 1.5), (0.9, 3.0))


def outcome(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """Primary outcomes; trials of one condition often measure the same."""
    if not a.outcomes or not b.outcomes:
        return
    common = sorted(a.outcomes & b.outcomes, key=lambda word: (-corpus.outcome_bits(word), word))
    least = min(sum(map(corpus.outcome_bits, sorted(each.outcomes))) for each in (a, b))
    bits = sum(map(corpus.outcome_bits, common))
    weight = _between(_MEASURED, bits / least if least else 0.0)
    if weight > 0:
        # Few or frequent words ("mortality at day 28") tell little.
        weight = min(weight, bits / 4)
        yield signal("outcome", weight, f"primary outcomes share: {', '.join(common[:_SHOWN])}")
    else:
        said = ", ".join(common[:_SHOWN]) or "none"
        yield signal("outcome", weight, f"few words of the primary outcomes in common: {said}")
