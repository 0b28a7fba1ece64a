"""What holds of reviewers' answers, and how the reviewers agree.

The latest answer of each person to a question counts; that of an adjudicator overrides those of
reviewers; where reviewers differ the question is in dispute and nothing holds. A judgement of a
domain is what people judged, else what the instrument's algorithm makes of the answers that hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from trialweave.appraisal.instruments.rob2 import ROB2, Judged, judge, overall
from trialweave.model.assessment import Answer, How, Instrument
from trialweave.studies.decided import person

__all__ = [
    "OPEN",
    "Pairing",
    "Standing",
    "judgements",
    "latest",
    "pairings",
    "proposed",
    "standing",
]


class Standing(NamedTuple):
    """What holds of one item ("" where nothing does), how, and the answers that it rests on."""

    answer: str
    how: How
    counted: tuple[Answer, ...]


OPEN = Standing("", "open", ())


def latest(answers: Iterable[Answer]) -> dict[str, dict[str, Answer]]:
    """The latest answer of each person to each item of one subject; not those taken back."""
    found: dict[str, dict[str, Answer]] = {}
    for each in sorted(answers, key=lambda each: each.number):
        found.setdefault(each.item, {})[person(each.who)] = each
    return {
        item: told
        for item, by_person in found.items()
        if (told := {who: each for who, each in by_person.items() if each.answer})
    }


def standing(by_person: Mapping[str, Answer]) -> Standing:
    """What holds of one item, of which each person's latest answer is given."""
    if not by_person:
        return OPEN
    above = [each for each in by_person.values() if each.role == "adjudicator"]
    counted = tuple(sorted(above or by_person.values(), key=lambda each: each.number))
    said = {each.answer for each in counted}
    if len(said) > 1:
        return Standing("", "in dispute", counted)
    how: How = "adjudicated" if above else "agreed" if len(counted) > 1 else "one reviewer"
    return Standing(said.pop(), how, counted)


def proposed(instrument: Instrument, answers: Mapping[str, str]) -> dict[str, Judged]:
    """What an instrument's algorithm makes of answers, domain by domain; {} where it has none."""
    if instrument.name != ROB2.name:
        return {}
    return {domain.code: judge(domain.code, answers) for domain in instrument.domains}


def judgements(instrument: Instrument, answers: Mapping[str, str]) -> dict[str, str]:
    """The judgement of each domain and "overall" that answers come to; "" where there is none.

    `answers` are those to questions, and judgements that people made of domains and overall: these
    go before what the algorithm proposes.
    """
    ways = proposed(instrument, answers)
    found = {}
    for domain in instrument.domains:
        way = ways.get(domain.code)
        found[domain.code] = answers.get(domain.code, "") or (way.judgement or "" if way else "")
    complete = bool(ways) and all(found.values())
    found["overall"] = answers.get("overall", "") or (overall(found.values()) if complete else "")
    return found


class Pairing(NamedTuple):
    """How two reviewers answered one item: pairs of answers, one for each subject that both
    answered it for."""

    item: str
    reviewer_a: str
    reviewer_b: str
    pairs: tuple[tuple[str, str], ...]


def pairings(instrument: Instrument, subjects: Sequence[Sequence[Answer]]) -> list[Pairing]:
    """Each two reviewers' answers to each question, to all questions together, and the judgements
    that their answers come to, of each domain, of all domains together, and overall.

    `subjects` are the answers about each subject. What somebody said as an adjudicator, knowing
    the others' answers, does not count. People are told apart as by `person`.
    """
    questions = [item.number for domain in instrument.domains for item in domain.items]
    domains = [domain.code for domain in instrument.domains]
    found: dict[tuple[str, str], dict[str, list[tuple[str, str]]]] = {}
    for answers in subjects:
        own: dict[str, dict[str, str]] = {}
        for item, told in latest(each for each in answers if each.role == "reviewer").items():
            for who, each in told.items():
                own.setdefault(who, {})[item] = each.answer
        for one, other in combinations(sorted(own), 2):
            rows = found.setdefault((one, other), {})
            both = [{**mine, **judgements(instrument, mine)} for mine in (own[one], own[other])]
            for item in (*questions, *domains, "overall"):
                first, second = (mine.get(item, "") for mine in both)
                if first and second:
                    rows.setdefault(item, []).append((first, second))
    told_pairs = []
    for (one, other), rows in sorted(found.items()):
        together = {
            "all questions": [pair for item in questions for pair in rows.get(item, ())],
            "all domains": [pair for item in domains for pair in rows.get(item, ())],
        }
        order = ("all questions", "all domains", "overall", *domains, *questions)
        for item in order:
            pairs = together.get(item) or rows.get(item) or ()
            if pairs:
                told_pairs.append(Pairing(item, one, other, tuple(pairs)))
    return told_pairs
