"""What speaks for and against two records telling of one trial, one small function each.

A signal's weight is log2(m/u): m is how often records of one trial agree so, u how often unrelated
records do (Fellegi and Sunter, J Am Stat Assoc 1969;64:1183-1210). u comes from the corpus where it
can; m and the rest are assumptions, set out with their origin in docs/explanation/linking.md.
What one of the two records does not state is no evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from trialweave.model import PartialDate, Signal
from trialweave.studies._weights import MOST, positive, signal
from trialweave.studies.conduct import arms, investigator, site, sponsor
from trialweave.studies.corpus import Corpus
from trialweave.studies.facts import Size
from trialweave.studies.profiles import Profile
from trialweave.studies.subject import (
    TOPICAL,
    acronym,
    cell_source,
    contained,
    other_product,
    outcome,
    product_form,
    severity,
    topic,
)

__all__ = [
    "MOST",
    "OTHER_COUNTRY",
    "OTHER_START",
    "TOPICAL",
    "compare",
    "contained",
]


def _placed(told: Signal, a: Profile, b: Profile) -> Signal:
    """The signal with the passages of its fact, where it brings none of its own."""
    if told.passage_a is not None or told.passage_b is not None:
        return told
    here, there = a.passages.get(told.name), b.passages.get(told.name)
    return Signal(told.name, told.weight, told.evidence, here, there)


_SAME_COUNTRY: Final = {"stated": 0.95, "inferred": 0.85, "page": 0.7}
OTHER_COUNTRY: Final = {"stated": -5.0, "inferred": -2.0, "page": -0.5}


def country(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """Where the trial runs; the less directly either is known, the less it weighs."""
    if not a.countries or not b.countries:
        return
    both = sorted(set(a.countries) & set(b.countries), key=lambda c: (corpus.country_share(c), c))
    if both:
        here, there = a.countries[both[0]], b.countries[both[0]]
        # Of many countries one is soon shared.
        most = max(len(a.countries), len(b.countries))
        chance = 1 - (1 - corpus.country_share(both[0])) ** most
        m = min(_SAME_COUNTRY[here.how], _SAME_COUNTRY[there.how])
        said = f"both {both[0]}: {here.told}; {there.told}"
        weight = round(positive("country", m, chance), 2)
        yield Signal("country", weight, said, here.passage, there.passage)
    else:
        ways = [known.how for each in (a, b) for known in each.countries.values()]
        said = f"{', '.join(sorted(a.countries)[:6])} against {', '.join(sorted(b.countries)[:6])}"
        yield signal(
            "country", max(map(OTHER_COUNTRY.__getitem__, ways)), f"different countries: {said}"
        )


def phase(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """The set of phases: registers word "1/2" as 1, as 2 or as both."""
    if not a.phases or not b.phases:
        return
    said = f"{'/'.join(sorted(a.phases))} and {'/'.join(sorted(b.phases))}"
    if a.phases == b.phases:
        weight = positive("phase", 0.85, corpus.phase_share(a.phases))
        yield signal("phase", weight, f"both phase {'/'.join(sorted(a.phases))}")
    elif a.phases & b.phases:
        yield signal("phase", -0.5, f"phases overlap: {said}")
    else:
        yield signal("phase", -3.0, f"different phases: {said}")


def allocation(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """Randomised or not."""
    if not a.allocation or not b.allocation:
        return
    if a.allocation == b.allocation:
        weight = positive("allocation", 0.95, corpus.allocation_share(a.allocation))
        yield signal("allocation", weight, f"both {a.allocation}")
    else:
        # Registers call a single arm "not applicable" or "non-randomised" as they like.
        weight = -2.5 if "randomised" in (a.allocation, b.allocation) else -0.5
        yield signal("allocation", weight, f"{a.allocation} against {b.allocation}")


def masking(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """Registers count the masked differently: only open against blind speaks against a pair."""
    if not a.masking or not b.masking:
        return
    if a.masking == b.masking:
        weight = positive("masking", 0.7, corpus.masking_share(a.masking))
        yield signal("masking", weight, f"masking of both: {a.masking}")
    else:
        weight = -2.0 if "none" in (a.masking, b.masking) else 0.5
        yield signal("masking", weight, f"masking: {a.masking} against {b.masking}")


def ages(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """Limits of age; registers differ in how they state that there is none."""
    if not a.ages or not b.ages:
        return
    if a.ages == b.ages:
        weight = positive("ages", 0.7, corpus.ages_share(a.ages))
        yield signal("ages", weight, f"ages of both: {a.ages}")
    else:
        yield signal("ages", -1.0, f"ages {a.ages} against {b.ages}")


def dose(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """An amount that both give; records tell them so differently that none says nothing."""
    both = sorted(a.doses & b.doses, key=lambda amount: (corpus.dose_share(amount), amount))
    if both:
        weight = positive("dose", 0.5, corpus.dose_share(both[0]))
        yield signal("dose", weight, f"both give {', '.join(both[:4])}")


# Numbers that differ by more than a tenth, and by more than a factor of two: plans change, results
# may be of a part of the participants, and many registers do not say which of these a number is.
_OTHER_SIZE: Final = {
    "planned": (-1.0, -2.5),
    "unsaid": (-1.5, -3.0),
    "analysed": (-1.5, -4.0),
    "final": (-2.5, -5.0),
}


_LEVEL: Final = {"estimated": "planned", "stated": "unsaid", "results": "analysed"}


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
        weight = positive("enrolment", m, corpus.size_share(one.n) * len(pairs))
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
    level = next(
        (_LEVEL[how] for how in ("estimated", "stated", "results") if how in ways), "final"
    )
    weight = 0.5 if ratio <= 1.1 else _OTHER_SIZE[level][ratio > 2]
    said = f"{one.told}; {other.told}"
    yield Signal("enrolment", weight, said, one.passage, other.passage)


def _ratio(one: Size, other: Size) -> float:
    return max(one.n, other.n) / max(min(one.n, other.n), 1)


def _apart(one: PartialDate, other: PartialDate) -> int:
    """Days by which two dates differ at least."""
    if one.earliest > other.earliest:
        one, other = other, one
    return max((other.earliest - one.latest).days, 0)


# Beyond a month, a quarter, a year.
OTHER_START: Final = (-0.5, -2.0, -4.0)


def start(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """Start dates; planned ones move, so only years apart speak strongly against."""
    if a.start is None or b.start is None:
        return
    days, said = _apart(a.start, b.start), f"start {a.start} and {b.start}"
    near = max(corpus.start_share(a.start), corpus.start_share(b.start))
    if a.start == b.start and a.start.precision == "day":
        # The first and the middle of a month stand for "about then".
        share = near / 4 if a.start.day in (1, 15) else near / 30
        yield signal("start", positive("same day", 0.2, share), said)
    elif days <= 31:
        yield signal("start", positive("start", 0.7, 2 * near), said)
    elif days <= 92:
        yield signal("start", OTHER_START[0], said)
    else:
        yield signal("start", OTHER_START[1 if days <= 366 else 2], said)


def completion(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """Dates of completion; most are plans, which move, and many are counted from the start."""
    if a.completed is None or b.completed is None:
        return
    days, said = _apart(a.completed, b.completed), f"completion {a.completed} and {b.completed}"
    if a.completed == b.completed and a.completed.precision == "day":
        yield signal("completion", 3.0, said)
    elif days <= 31:
        yield signal("completion", 1.0, said)
    elif days > 366:
        yield signal("completion", -1.0, said)


def published(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """An article cannot tell results of a trial that had not begun."""
    for article, trial in ((a, b), (b, a)):
        begun = trial.start
        if article.published is None or begun is None or article.start is not None:
            continue
        said = f"published {article.published}, trial begun {begun}"
        if article.published.latest < begun.earliest:
            yield signal("published", -6.0, f"{said}: before it began")
        elif (article.published.earliest - begun.latest).days > 3653:
            yield signal("published", -1.0, f"{said}: over ten years later")
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
                yield signal("mention", 2.0, said)
                return


def code(a: Profile, b: Profile, corpus: Corpus) -> Iterable[Signal]:
    """A protocol or grant number that both state; one grant may pay several trials."""
    both = set(a.identity.codes) & set(b.identity.codes)
    if both:
        yield signal("other number", 6.0, f"both state the number {min(both)}")


_SIGNALS: Final[tuple[Callable[[Profile, Profile, Corpus], Iterable[Signal]], ...]] = (
    topic,
    cell_source,
    product_form,
    other_product,
    severity,
    acronym,
    outcome,
    country,
    phase,
    allocation,
    masking,
    size,
    ages,
    dose,
    sponsor,
    investigator,
    site,
    arms,
    start,
    completion,
    published,
    reference,
    mention,
    code,
)


def compare(a: Profile, b: Profile, corpus: Corpus) -> list[Signal]:
    """All signals of a pair; `a` and `b` are `record_a` and `record_b` of the link."""
    return [_placed(told, a, b) for function in _SIGNALS for told in function(a, b, corpus)]
