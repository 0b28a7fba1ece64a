"""What a sentence says was counted: the outcome's wording around the shares, and its family."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from trialweave.results.counts import PERSONS, Share
from trialweave.results.families import family_of, names_outcome
from trialweave.results.groups import Mention
from trialweave.results.tokens import Token

__all__ = ["Wording", "outcome_of", "persons_counted"]


@dataclass(frozen=True, slots=True)
class Wording:
    """The outcome as worded, its family, and whether the shares are results at all."""

    text: str
    family: str
    usable: bool = True


_LINKS = frozenset(
    {"versus", "vs", "than", "compared", "against", "whereas", "while", "but", "opposed",
     "comparison", ",", ";", "(", "[", "respectively"}
)  # fmt: skip
_ALLOCATION = re.compile(
    r"\b(?:randomi[sz]ed|randomly|assigned|allocated|allocation|enrolled|recruited|screened|"
    r"eligible|invited|consented|were included|was included|analy[sz]ed|followed[- ]up|"
    r"lost to follow|completed (?:the )?(?:study|trial|follow))\b"
)
_LEAD = re.compile(
    r"^(?:(?:no (?:statistically )?(?:significant )?differences?|between|"
    r"there (?:was|were)|a|an|the|and|but|that|while|whereas|in|of|for|with|to|as|also|"
    r"which|who|when|compared|however|although|significantly|overall|only|patients?|participants?|"
    r"subjects?|had|were|was|by)\b[\s,]*)+",
    re.IGNORECASE,
)
_TRAIL = re.compile(
    r"[\s,(\[:;]*\b(?:was|were|of|in|is|at|and|to|with|for|among|by|the|a|an|as|occurred|observed|"
    r"reported|seen|found|noted|only|than|compared|group|did|had|from|on|those|who)$",
    re.IGNORECASE,
)
_AVERAGE = frozenset({"mean", "median", "average", "sd", "iqr", "ratio", "per"})
_RATES = re.compile(
    r"\b(?:rates?|incidences?|proportions?|percentages?|prevalence|frequen\w+|risk|occur\w*|"
    r"developed|experienced|achieved|required|responders?|died|survived|likely|attained|"
    r"observed|seen|found|noted|present|reported)\b"
)
_MEASURED = frozenset(
    {"oxygenation", "CRP", "interleukin-6", "D-dimer", "ferritin", "lymphocyte count",
     "lactate dehydrogenase", "lung imaging", "lung function", "quality of life", "hospital stay",
     "icu stay", "ventilation duration"}
)  # fmt: skip
_INTRODUCTION = re.compile(
    r"^(?:at|in|within|during|after|among|for|by|on|overall|compared|of|from|over|when|as|"
    r"following|moreover|furthermore|however|additionally|also|similarly|finally|conversely)\b"
    r"[^,]{0,150},\s*",
    re.IGNORECASE,
)
_VERB = re.compile(r"\b(?:was|were|is|are|had|has|occurred|showed|did|died|survived)\b")
_LONGEST = 14  # words of an outcome's text


def outcome_of(
    tokens: Sequence[Token],
    shares: Sequence[Share],
    groups: Sequence[Mention],
    start: int,
    end: int,
    text: str,
) -> Wording:
    """The outcome that `shares` are of, from the words at tokens `start` to `end` around them.

    The predicate ("were intubated") counts before the subject ("survival rate of"), because where
    persons are the subject the predicate says what happened to them.
    """
    in_group = {i for g in groups for i in range(g.first, g.last)}
    first, last = shares[0], shares[-1]

    def piece(begin: int, stop: int) -> str:
        words = [
            text[tokens[i].start : tokens[i].end]
            for i in range(begin, stop)
            if i not in in_group and tokens[i].kind not in ("p", "effect", "interval")
        ]
        return re.sub(r"\s+([,.;:)\]])|([(\[])\s+", r"\1\2", " ".join(words))

    def until_link(begin: int, stop: int) -> int:
        index = begin
        while index < stop and tokens[index].kind in ("word", "int", "symbol"):
            if tokens[index].low in _LINKS and index not in in_group:
                break
            index += 1
        return index

    subject = _main_clause(piece(start, first.first))
    noun = piece(*first.noun) if first.noun[1] > first.noun[0] else ""
    next_share = shares[1].first if len(shares) > 1 else end
    predicate = piece(first.last, until_link(first.last, next_share))
    tail_start = max([last.last, *(g.last for g in groups if g.first >= last.last)])
    while tail_start < end and tokens[tail_start].low in (",", "respectively", ")", "]"):
        tail_start += 1
    tail = piece(tail_start, until_link(tail_start, end))
    everything = " ".join((subject, noun, predicate, tail)).lower()

    ranked = [part for part in (f"{noun} {predicate}", subject, tail) if part.strip()]
    named = [part for part in ranked if names_outcome(part)]
    if named:
        chosen = named[0]
        families = {family_of(part) for part in named}
        family = family_of(chosen)
        if len(families - {""}) > 1 and chosen is not ranked[0]:
            family = ""
        return Wording(_tidy(_before_verb(chosen) if chosen is subject else chosen), family)
    usable = not _ALLOCATION.search(everything)
    for part in (subject, predicate, tail, noun):
        if tidy := _tidy(_before_verb(part) if part is subject else part):
            return Wording(tidy, "", usable)
    return Wording("", "", False)


def _main_clause(subject: str) -> str:
    """The subject without introductions ("Within 28 days, …") and without its verb."""
    subject = subject.strip(" ([")
    while intro := _INTRODUCTION.match(subject):
        subject = subject[intro.end() :]
    if "," in subject:
        head, _, rest = subject.rpartition(",")
        if rest.strip() and not re.match(r"\s*(?:or|and)\b", rest) and _VERB.search(head):
            subject = rest.strip()
            if re.search(r"\bdifferen", subject):
                subject = head  # "…, with no difference between the groups"
        elif not rest.strip():
            subject = head
    return subject


def _before_verb(subject: str) -> str:
    """ "Mortality was lower in" without what follows the noun, where a noun stands before."""
    head = _VERB.split(_LEAD.sub("", subject), maxsplit=1)[0]
    return head if head.strip() else subject


def _tidy(text: str) -> str:
    text = _LEAD.sub("", text.strip(" .,;:()[]"))
    while (shorter := _TRAIL.sub("", text).rstrip(" .,;:([")) != text:
        text = shorter
    text = " ".join(text.split()[-_LONGEST:])
    if text.count("(") > text.count(")"):
        text += ")"
    return text.lstrip(")] ")


def persons_counted(tokens: Sequence[Token], start: int, end: int, family: str) -> bool:
    """Whether lone percentages at tokens `start` to `end` are shares of persons."""
    words = [tokens[i].low for i in range(start, min(end, len(tokens)))]
    if any(word in _AVERAGE for word in words):
        return False
    if any(word in PERSONS for word in words):
        return True
    if family:
        return family not in _MEASURED
    return bool(_RATES.search(" ".join(words)))
