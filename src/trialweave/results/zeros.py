"""Statements that nothing happened: "No serious adverse events were reported"."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from trialweave.model import Role
from trialweave.results.counts import PERSONS
from trialweave.results.families import family_of
from trialweave.results.groups import Mention, find_groups
from trialweave.results.numbers import whole_number
from trialweave.results.tokens import tokenise

__all__ = ["Nothing", "NowhereSeen", "read_nothing", "read_nowhere"]


@dataclass(frozen=True, slots=True)
class Nothing:
    """No event in a group at characters `start` to `end`; `n` where the sentence gives it."""

    outcome: str
    family: str
    label: str
    role: Role
    n: int | None
    start: int
    end: int


_EVENT = (
    r"(?:(?:treatment|infusion|injection|drug|product|cell|therapy|procedure)[- ]related\s)?"
    r"(?:(?:serious|severe)\s)?"
    r"(?:adverse\s(?:drug\s)?(?:events?|effects?|reactions?)|side[- ]effects?|SAEs?|AEs?|deaths?|"
    r"infusion\sreactions?)(?:\s\((?:SAEs?|AEs?)\))?"
)
_NARROWED = (
    r"(?!\s(?:of\sgrade|of\sspecial|leading|that|which|requiring|above|greater|worse|more|between|"
    r"grade|rates?|profile|monitoring|over|beyond|other))"
)
_HAPPENED = (
    r"(?:observed|reported|noted|seen|recorded|occurred|detected|found|documented|experienced)"
)
_NO_EVENT = re.compile(
    rf"\b(?:no|zero|without(?:\sany)?)\s(?P<event>{_EVENT})(?![\w-]){_NARROWED}"
    rf"(?P<tail>(?:\s(?:were|was|has|have|had|been|being|attribut\w+|related|due|to|the|"
    rf"(?:cell|study|test|drug|treatment|infusion|product|transplantation|therapy|intervention)"
    rf"s?)){{0,7}}\s{_HAPPENED})?",
    re.IGNORECASE,
)
_THERE = re.compile(r"\bthere\s(?:were|was|have been|had been)\s$", re.IGNORECASE)
_RELATED = re.compile(r"\b(?:attribut\w+|related|due)\s", re.IGNORECASE)
_OF_PERSONS = re.compile(
    r"\b(?:in|among|of|by)\s(?:any\sof\s)?(?:(?:the|all|these|our)\s)*(?P<n>\d{1,5}|[a-z]{3,9}(?:-[a-z]{3,5})?)"
    r"\s(?:\w+\s)?(?:patients|participants|subjects|individuals|recipients|volunteers)\b",
    re.IGNORECASE,
)
_GIVEN_PRODUCT = re.compile(
    r"\b(?:after|following|of|with|during|to)\s(?:\d{1,3}\s?h(?:ours)?\sof\s)?(?:the\s)?"
    r"(?P<name>(?:[\w-]{2,30}\s){1,4}?)"
    r"(?:injections?|infusions?|administration|transplantation|transfusion|inhalation|treatment)\b",
    re.IGNORECASE,
)


def read_nothing(text: str, product: Collection[str] = ()) -> list[Nothing]:
    """The statements of a sentence that no adverse event, or no death, happened.

    The role is that of a group named in the sentence, "treatment" where the product's own words
    stand before "injection" or the like, else "unknown". A statement on one kind of events only
    ("of grade 3", "other serious events") is not read.
    """
    found: list[Nothing] = []
    for match in _NO_EVENT.finditer(text):
        event = match["event"]
        before = text[max(0, match.start() - 24) : match.start()]
        whole = (
            match["tail"] is not None
            or match.group().lower().startswith("without")
            or _THERE.search(before) is not None
        )
        if not whole:
            continue
        after = text[match.end("event") : match.end("event") + 60]
        related = _RELATED.match(after.lstrip().removeprefix("were ").removeprefix("was "))
        outcome = f"{event} related to treatment" if related else event
        label, role = _group(text, match.end(), product)
        if role == "unknown" and not label:
            given = _GIVEN_PRODUCT.search(text, match.end())
            if given and set(given["name"].lower().split()) & set(product):
                label, role = given["name"].strip(), "treatment"
        persons = _OF_PERSONS.search(text, match.end(), match.end() + 120)
        n = whole_number(persons["n"]) if persons else None
        end = persons.end() if persons and n else match.end()
        family = "related adverse events" if related else family_of(event)
        found.append(Nothing(outcome, family, label, role, n, match.start(), end))
    return found


def _group(text: str, start: int, product: Collection[str]) -> tuple[str, Role]:
    """The group named behind the statement; the role "total" where it says of both."""
    tokens = tokenise(text[start:])
    groups: list[Mention] = [g for g in find_groups(tokens, product) if not g.weak]
    if re.search(r"\b(?:both|either|any|all|each|two|three)\s(?:[\w-]+\s){0,3}?(?:groups?|arms?)\b",
                 text[start:], re.IGNORECASE):  # fmt: skip
        return "", "total"
    if len(groups) != 1 or groups[0].every:
        return "", "total" if len(groups) > 1 else "unknown"
    mention = groups[0]
    words = text[start + tokens[mention.first].start : start + tokens[mention.last - 1].end]
    return words, mention.role


@dataclass(frozen=True, slots=True)
class NowhereSeen:
    """What no patient of any group had, one outcome, at characters `start` to `end`."""

    outcome: str
    start: int
    end: int


_GROUPS = (
    r"(?:either|both|any|all|each|the\stwo|the\sthree)\s(?:of\sthe\s)?(?:\w+\s){0,2}?"
    r"(?:groups?|arms?)\b"
)
_NOWHERE = re.compile(
    r"\b(?:[Nn]o|[Nn]either)\s(?:(?:incidences?|evidence|occurrences?|cases?|episodes?|reports?|"
    r"instances?|signs?|events?)\sof\s(?:any\s)?)?(?P<what>[^\d.;:()\[\]]{3,120}?)"
    rf"(?P<verb>(?:\s(?:was|were|had|has|have|been)){{0,3}}(?:\s{_HAPPENED})?)"
    rf"\s(?:in|among|for|by)\s{_GROUPS}"
)
# Behind "no … in either group": else what happened is said there ("No child … had a rash")
_ALL_SAID = re.compile(
    rf"\s*(?:$|[.,;:)]|(?:(?:was|were|had|has|have|been)\s){{0,3}}{_HAPPENED}\b|(?:and|but|during|at|"
    r"after|throughout|within|over|by|in|on|until|while|whereas|from|before|except|other)\b)",
    re.IGNORECASE,
)
_NOBODY = re.compile(
    r"\b(?:[Nn]one\sof\s(?:the|our)|[Nn]o)\s(?:patients?|participants?|subjects?|children|women|"
    rf"men|infants?)\s(?:in|from|of)\s{_GROUPS}\s(?:had|developed|experienced|suffered(?:\sfrom)?|"
    r"reported|required|needed|showed)\s(?:any\s)?(?P<what>[^\d.;:()\[\]]{3,80})"
)
_NO_EVENTS = re.compile(
    r"\b(?:differen\w+|chang\w+|significan\w+|statistic\w*|correlat\w+|effects?|improve\w*|relat\w+|"
    r"associat\w+|increas\w+|decreas\w+|reduc\w+|interact\w+|variations?|trends?|impact|influence|"
    r"longer|more|less|other|further|such|data|evidence|loss|losses|need|clear|statistically|"
    r"who|which|that|between|deviat\w+|protocol|treatment|therapy|medication|information|"
    r"restrictions?|limits?|major|grade|one|patients?|participants?|subjects?)\b",
    re.IGNORECASE,
)
_RESTRICTED = re.compile(
    r"[\s,]*(?:(?:\w+\s){0,3})(?:except|other\sthan|apart\sfrom|besides|but|until|before|baseline|"
    r"pre-?operative\w*|more\sthan|at\s(?:entry|inclusion|start)|whereas|while)\b",
    re.IGNORECASE,
)
_BEGINS = re.compile(
    r"(?:^|[.;:,]|\bthere\s(?:was|were|has\sbeen|have\sbeen)|[.;,]\s(?:and|but|with))\s*\Z",
    re.IGNORECASE,
)
_IN_ALL = re.compile(
    rf"\b(?:{_GROUPS}|(?:during|throughout|in|over|within)\s(?:the\s(?:whole\s|entire\s|present\s|"
    r"current\s)?|this\s|our\s)(?:study|trial|follow-?\s?up)(?:\speriod)?)(?=\W|$)",
    re.IGNORECASE,
)
_ENDED = frozenset({"death", "deaths", "fatalities"})
_LISTED = re.compile(r",\s(?:and\s|or\s|nor\s)?|\s(?:and|or|nor)\s")


def read_nowhere(text: str) -> list[NowhereSeen]:
    """What a sentence says that nobody had in any of the groups, each outcome on its own.

    "There was no nausea, vomiting or fever in either group": three; "no deaths occurred during the
    trial": one. Differences, changes and the
    like are no events; a statement with an exception or of the time before treatment is not read.
    """
    found: list[NowhereSeen] = []
    if _IN_ALL.search(text):
        found += [
            NowhereSeen(nothing.outcome, nothing.start, nothing.end)
            for nothing in read_nothing(text)
            if nothing.role in ("total", "unknown")
            and not nothing.label
            and not _RESTRICTED.match(text, nothing.end)
        ]
    for pattern in (_NOWHERE, _NOBODY):
        for match in pattern.finditer(text):
            what = match["what"]
            if not _BEGINS.search(text[max(0, match.start() - 40) : match.start()]):
                continue  # "the number who had no pain in both groups"
            if _NO_EVENTS.search(what) or _RESTRICTED.match(text, match.end()):
                continue
            verb = match.groupdict().get("verb", "said")
            if not verb and not _ALL_SAID.match(text, match.end()):
                continue
            for each in _LISTED.split(what):
                words = re.sub(r"^(?:the|a|an|any|of)\s", "", each.strip())
                if len(words) < 3 or len(words.split()) > 6:
                    continue
                if words.split()[-1].lower() in PERSONS - _ENDED:
                    continue
                found.append(NowhereSeen(words, match.start(), match.end()))
    return found
