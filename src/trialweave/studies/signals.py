"""What speaks for and against two records telling of one trial, one small function each.

A signal's weight is log2(m/u): m is how often records of one trial agree so, u how often unrelated
records do (Fellegi and Sunter, J Am Stat Assoc 1969;64:1183-1210). u comes from the corpus where it
can; m and the rest are assumptions, set out with their origin in docs/explanation/linking.md.
What one of the two records does not state is no evidence.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Final

from trialweave.model import PartialDate, Signal
from trialweave.studies.corpus import Corpus
from trialweave.studies.facts import Size
from trialweave.studies.profiles import Profile

__all__ = ["TOPICAL", "compare", "contained"]

# Signals that say what the two records are about; together they are capped (see `scoring`).
TOPICAL: Final = frozenset(("product", "condition", "title", "reference", "mention"))

# Share of the telling words of the shorter record that the other has too -> the most that words
# may weigh. Between the points linear.
_CONTAINED: Final = ((0.1, -6.0), (0.2, -3.0), (0.3, 0.0), (0.5, 5.0), (0.65, 9.0), (0.8, 12.0))
_WORDS_DEPEND: Final = 0.5  # words of a title come in phrases: their bits do not add up
_SHOWN: Final = 8  # words named in the evidence


# The most that agreeing may weigh, in bits: a rare value in a small corpus is rare by chance, and
# trials of one programme share country, design and start.
_MOST: Final = {
    "country": 6.0,
    "phase": 3.0,
    "allocation": 1.5,
    "masking": 2.0,
    "enrolment": 9.0,
    "start": 3.0,
    "same day": 5.0,
}


def _positive(name: str, m: float, u: float) -> float:
    """Weight of an agreement: log2(m/u), never against the pair, at most `_MOST`."""
    return min(max(math.log2(m / max(u, 1e-6)), 0.0), _MOST[name])


def _signal(name: str, weight: float, evidence: str) -> Signal:
    return Signal(name, round(weight, 2), evidence)


def _placed(signal: Signal, a: Profile, b: Profile) -> Signal:
    """The signal with the passages of its fact, where it brings none of its own."""
    if signal.passage_a is not None or signal.passage_b is not None:
        return signal
    here, there = a.passages.get(signal.name), b.passages.get(signal.name)
    return Signal(signal.name, signal.weight, signal.evidence, here, there)


def contained(a: Profile, b: Profile, corpus: Corpus) -> tuple[float, float]:
    """Bits of the words that both have, and their share of the less telling record's bits."""
    shared = sum(map(corpus.bits, sorted(a.bag & b.bag)))
    least = min(corpus.mass(a), corpus.mass(b))
    return shared, (shared / least if least else 0.0)


def _most(share: float) -> float:
    (x0, y0), *rest = _CONTAINED
    if share <= x0:
        return y0
    for x1, y1 in rest:
        if share <= x1:
            return y0 + (y1 - y0) * (share - x0) / (x1 - x0)
        x0, y0 = x1, y1
    return y0


def topic(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """Words of titles, products and conditions: each word counts once, the rarer the more."""
    shared, share = contained(a, b, corpus)
    weight = min(_WORDS_DEPEND * shared, _most(share))
    common = sorted(a.bag & b.bag, key=lambda word: (-corpus.bits(word), word))
    if weight <= 0:
        said = ", ".join(common[:_SHOWN]) or "none"
        yield _signal("title", weight, f"few telling words in common ({share:.0%}): {said}")
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
            yield _signal(name, part, f"both say: {said}")


def cell_source(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """Cells of different origin are different products; a common origin counts as words."""
    if a.source and b.source and not a.source & b.source:
        said = f"{', '.join(sorted(a.source))} against {', '.join(sorted(b.source))}"
        yield _signal("cell source", -5.0, f"cells of different origin: {said}")


def product_form(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """Cells against what cells secrete; who gives the latter names cells as their origin too."""
    free_a, free_b = a.form - {"cells"}, b.form - {"cells"}
    if not a.form or not b.form or free_a & free_b or not free_a | free_b:
        return
    said = f"{', '.join(sorted(free_a or a.form))} against {', '.join(sorted(free_b or b.form))}"
    yield _signal("product form", -2.5, f"different products: {said}")


def other_product(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """Both name interventions, and neither name stands anywhere in the other record."""
    if not a.product or not b.product or a.product & b.bag or b.product & a.bag:
        return
    rare_a = sorted(a.product, key=lambda word: (-corpus.bits(word), word))[:3]
    rare_b = sorted(b.product, key=lambda word: (-corpus.bits(word), word))[:3]
    said = f"{', '.join(rare_a)} against {', '.join(rare_b)}"
    yield _signal("other product", -4.0, f"no word of the interventions in common: {said}")


def severity(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """How ill the participants are, as titles and conditions say."""
    if not a.severity or not b.severity:
        return
    said = f"{', '.join(sorted(a.severity))} and {', '.join(sorted(b.severity))}"
    if a.severity == b.severity:
        yield _signal("severity", 1.0, f"both {', '.join(sorted(a.severity))}")
    elif not a.severity & b.severity:
        yield _signal("severity", -2.5, f"different severity: {said}")


_SAME_COUNTRY: Final = {"stated": 0.95, "inferred": 0.85, "page": 0.7}
_OTHER_COUNTRY: Final = {"stated": -5.0, "inferred": -2.0, "page": -0.5}


def country(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """Where the trial runs; the less directly either is known, the less it weighs."""
    if not a.countries or not b.countries:
        return
    both = sorted(set(a.countries) & set(b.countries), key=lambda c: (corpus.country_share(c), c))
    if both:
        here, there = a.countries[both[0]], b.countries[both[0]]
        # Of many countries one is soon shared.
        chance = 1 - (1 - corpus.country_share(both[0])) ** len(a.countries)
        m = min(_SAME_COUNTRY[here.how], _SAME_COUNTRY[there.how])
        said = f"both {both[0]}: {here.told}; {there.told}"
        weight = round(_positive("country", m, chance), 2)
        yield Signal("country", weight, said, here.passage, there.passage)
    else:
        ways = [known.how for each in (a, b) for known in each.countries.values()]
        said = f"{', '.join(sorted(a.countries)[:6])} against {', '.join(sorted(b.countries)[:6])}"
        yield _signal(
            "country", max(map(_OTHER_COUNTRY.__getitem__, ways)), f"different countries: {said}"
        )


def phase(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """The set of phases: registers word "1/2" as 1, as 2 or as both."""
    if not a.phases or not b.phases:
        return
    said = f"{'/'.join(sorted(a.phases))} and {'/'.join(sorted(b.phases))}"
    if a.phases == b.phases:
        weight = _positive("phase", 0.85, corpus.phase_share(a.phases))
        yield _signal("phase", weight, f"both phase {'/'.join(sorted(a.phases))}")
    elif a.phases & b.phases:
        yield _signal("phase", -0.5, f"phases overlap: {said}")
    else:
        yield _signal("phase", -3.0, f"different phases: {said}")


def allocation(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """Randomised or not."""
    if not a.allocation or not b.allocation:
        return
    if a.allocation == b.allocation:
        weight = _positive("allocation", 0.95, corpus.allocation_share(a.allocation))
        yield _signal("allocation", weight, f"both {a.allocation}")
    else:
        # Registers call a single arm "not applicable" or "non-randomised" as they like.
        weight = -2.5 if "randomised" in (a.allocation, b.allocation) else -0.5
        yield _signal("allocation", weight, f"{a.allocation} against {b.allocation}")


def masking(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """Who is masked; registers count the masked differently, so only open against blind tells."""
    if not a.masking or not b.masking:
        return
    if a.masking == b.masking:
        weight = _positive("masking", 0.7, corpus.masking_share(a.masking))
        yield _signal("masking", weight, f"masking of both: {a.masking}")
    else:
        weight = -2.0 if "none" in (a.masking, b.masking) else -0.5
        yield _signal("masking", weight, f"masking: {a.masking} against {b.masking}")


# Numbers that differ by more than a tenth, and by more than a factor of two: plans change, and
# results may be of a part of the participants.
_OTHER_SIZE: Final = {"planned": (-1.0, -2.5), "analysed": (-1.5, -4.0), "final": (-2.5, -5.0)}


def size(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """Numbers of participants: an equal number tells the more, the rarer it is."""
    pairs = [(one, other) for one in a.sizes for other in b.sizes]
    if not pairs:
        return
    equal = [pair for pair in pairs if pair[0].n == pair[1].n]
    if equal:
        one, other = min(equal, key=lambda pair: corpus.size_share(pair[0].n))
        planned = {one.how, other.how} & {"estimated"}
        m = 0.4 if planned and one.how != other.how else 0.75
        weight = _positive("enrolment", m, corpus.size_share(one.n) * len(pairs))
        yield Signal(
            "enrolment",
            round(weight, 2),
            f"{one.told}; {other.told}",
            one.passage,
            other.passage,
        )
        return
    one, other = min(pairs, key=lambda pair: _ratio(*pair))
    ratio = _ratio(one, other)
    ways = (one.how, other.how)
    level = "planned" if "estimated" in ways else "analysed" if "results" in ways else "final"
    weight = 0.5 if ratio <= 1.1 else _OTHER_SIZE[level][ratio > 2]
    said = f"{one.told}; {other.told}"
    yield Signal("enrolment", weight, said, one.passage, other.passage)


def _ratio(one: Size, other: Size) -> float:
    return max(one.n, other.n) / max(min(one.n, other.n), 1)


def sponsor(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """Telling words of sponsors, collaborators, sites and the page's institution."""
    if not a.sponsor or not b.sponsor:
        return
    both = sorted(a.sponsor & b.sponsor, key=lambda word: (-corpus.sponsor_bits(word), word))
    if both:
        weight = min(0.5 * sum(map(corpus.sponsor_bits, both)), 6.0)
        said = ", ".join(
            word.removeprefix("^").upper() if word[0] == "^" else word for word in both[:6]
        )
        yield _signal("sponsor", weight, f"institutions share: {said}")
    elif a.identity.record.kind == b.identity.record.kind == "trial":
        # The publisher of a page need not be the sponsor.
        yield _signal("sponsor", -2.0, "no telling word of the institutions in common")


def _apart(one: PartialDate, other: PartialDate) -> int:
    """Days by which two dates differ at least."""
    if one.earliest > other.earliest:
        one, other = other, one
    return max((other.earliest - one.latest).days, 0)


def start(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """Start dates; planned ones move, so only years apart speak strongly against."""
    if a.start is None or b.start is None:
        return
    days, said = _apart(a.start, b.start), f"start {a.start} and {b.start}"
    near = corpus.start_share(a.start)
    if a.start == b.start and a.start.precision == "day":
        # The first and the middle of a month stand for "about then".
        share = near / 4 if a.start.day in (1, 15) else near / 30
        yield _signal("start", _positive("same day", 0.2, share), said)
    elif days <= 31:
        yield _signal("start", _positive("start", 0.7, 2 * near), said)
    elif days <= 92:
        yield _signal("start", -0.5, said)
    else:
        yield _signal("start", -2.0 if days <= 366 else -4.0, said)


def published(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """An article cannot tell results of a trial that had not begun."""
    for article, trial in ((a, b), (b, a)):
        begun = trial.start
        if article.published is None or begun is None or article.start is not None:
            continue
        said = f"published {article.published}, trial begun {begun}"
        if article.published.latest < begun.earliest:
            yield _signal("published", -6.0, f"{said}: before it began")
        elif (article.published.earliest - begun.latest).days > 3653:
            yield _signal("published", -1.0, f"{said}: over ten years later")
        return


_REFERENCE: Final = {"derived": 7.0, "background": 2.0}


def reference(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """An article among a registration's references, of a kind that may be a review too."""
    for registration, article in ((a, b), (b, a)):
        numbers = dict(article.identity.articles)
        best: Signal | None = None
        for cited in registration.identity.cited:
            if cited.identifier not in numbers:
                continue
            weight = 9.0 if cited.kind.startswith("result") else _REFERENCE.get(cited.kind, 4.0)
            kind = f"of kind “{cited.kind[:30]}”" if cited.kind else "of no stated kind"
            said = f"{cited.identifier} is among the references of {registration.id}, {kind}"
            at = (cited.passage, numbers[cited.identifier])
            if registration is b:
                at = (at[1], at[0])
            if best is None or weight > best.weight:
                best = Signal("reference", weight, said, *at)
        if best is not None:
            yield best
            return


def mention(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """A number that is only mentioned (introduction, parent trial) says that topics are near."""
    for one, other in ((a, b), (b, a)):
        for named in one.identity.named:
            if not named.own and named.identifier == other.identity.own:
                said = f"{one.id} mentions {named.identifier}, not as its own number"
                yield _signal("mention", 2.0, said)
                return


def code(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """A protocol or grant number that both state; one grant may pay several trials."""
    both = set(a.identity.codes) & set(b.identity.codes)
    if both:
        yield _signal("other number", 6.0, f"both state the number {min(both)}")


_SIGNALS: Final[tuple[Callable[[Profile, Profile, Corpus], Iterable[Signal]], ...]] = (
    topic,
    cell_source,
    product_form,
    other_product,
    severity,
    country,
    phase,
    allocation,
    masking,
    size,
    sponsor,
    start,
    published,
    reference,
    mention,
    code,
)


def compare(a: Profile, b: Profile, corpus: Corpus) -> list[Signal]:
    """All signals of a pair; `a` and `b` are `record_a` and `record_b` of the link."""
    return [_placed(signal, a, b) for function in _SIGNALS for signal in function(a, b, corpus)]
