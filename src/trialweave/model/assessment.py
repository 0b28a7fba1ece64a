"""Instruments by which people appraise a study, what is suggested, and what they answer."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

from trialweave.model.decision import DecisionRole
from trialweave.model.value import Passage

__all__ = ["Answer", "Domain", "Evidence", "How", "Instrument", "Item", "Prefilled"]

How = Literal["open", "one reviewer", "agreed", "in dispute", "adjudicated"]
"""How it comes that an answer holds, or does not."""


class Item(msgspec.Struct, frozen=True):
    """One question of an instrument by its official number, in our own words.

    `answers` are those that it may have. `when` says in words for which answers to earlier
    questions it is asked; "" where it always is.
    """

    number: str
    asks: str
    answers: tuple[str, ...]
    when: str = ""


class Domain(msgspec.Struct, frozen=True):
    """A part of an instrument that is judged as a whole; `code` is what its judgement is filed
    under: "D1"."""

    code: str
    name: str
    items: tuple[Item, ...]


class Instrument(msgspec.Struct, frozen=True):
    """A published instrument: its questions and judgements; what we say of it in our own words.

    `judgements` are ordered from the best to the worst. `per_result` is whether it is about one
    result of a study, and not about the study.
    """

    name: str
    version: str
    title: str
    about: str
    citation: str
    licence: str
    domains: tuple[Domain, ...]
    judgements: tuple[str, ...]
    words: tuple[tuple[str, str], ...]  # what each answer means
    per_result: bool

    @property
    def key(self) -> str:
        """Under which answers are filed, so that those to two versions are never mixed."""
        return f"{self.name}/{self.version}"

    def item(self, number: str) -> Item | None:
        """The question of that number."""
        found = (each for domain in self.domains for each in domain.items)
        return next((each for each in found if each.number == number), None)

    def may_be(self, item: str) -> tuple[str, ...]:
        """What can be answered to a question, or judged of a domain or "overall"; () where there
        is no such item."""
        if item == "overall" or any(domain.code == item for domain in self.domains):
            return self.judgements
        found = self.item(item)
        return () if found is None else found.answers


class Evidence(msgspec.Struct, frozen=True, omit_defaults=True):
    """A statement that a suggestion rests on, and where it stands.

    `address` is what `why` is asked with: a concept, an item of one, or a finding's id.
    """

    record_id: str
    address: str
    text: str
    passage: Passage | None = None


class Prefilled(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known already that bears on a question.

    `answer` is a suggestion, "" where the evidence suggests none: then there is only something to
    read. `rule` is ``<name>/<version>``.
    """

    item: str
    answer: str
    reason: str
    rule: str
    evidence: tuple[Evidence, ...] = ()


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one person answered to one question, as it was taken down; never changed afterwards.

    `study` is the study's number as it was then. `outcome` is what the assessed result is of, ""
    where the instrument is about the whole study. `item` is a question's number, a domain's code
    or "overall"; `answer` is "" where the person takes the own answer back. The digests are as of
    `Decision`.
    """

    number: int  # from 1
    at: dt.datetime  # UTC, whole seconds
    who: str
    role: DecisionRole
    instrument: str  # name and version
    study: str
    outcome: str
    item: str
    answer: str
    because: str
    previous: str
    digest: str = ""
