"""What a sentence says was counted: the outcome's wording around the shares, and its family."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from trialweave.results.counts import PERSONS, Share
from trialweave.results.families import MEASURED, family_of, names_outcome
from trialweave.results.groups import Mention
from trialweave.results.tokens import Token

__all__ = [
    "Wording",
    "core",
    "has_content",
    "main_clause",
    "outcome_of",
    "persons_counted",
    "tidy",
]


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
    r"lost to follow|follow-?up rates?|agreed|participat(?:e|ed|ing|ion)|consent\w*|surveys?|"
    r"questionnaires?|available|chose to|completed|completed (?:the )?(?:study|trial|follow))\b"
)
_LEAD = re.compile(
    r"^(?:(?:associated|towards?|fewer|more|lower|higher|less|trends?|"
    r"no (?:statistically )?(?:significant )?differences?|between|"
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
_INTRODUCTION = re.compile(
    r"^(?:at|in|within|during|after|among|for|by|on|overall|compared|of|from|over|when|as|"
    r"following|moreover|furthermore|however|additionally|also|similarly|finally|conversely)\b"
    r"[^,]{0,150},\s*",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"\b(?:was|were|is|are|be|been|had|has|have|did|occurred|showed|shown|revealed|demonstrated|"
    r"found|observed|reported|noted|seen|developed|experienced|achieved|attained|required|yielding|"
    r"performed|needed|necessary|assessed|evaluated|analy[sz]ed|measured|recorded|detected|"
    r"present)\b",
    re.IGNORECASE,
)
_AT_BASELINE = re.compile(
    r"\bat (?:baseline|entry|enrolment|enrollment|admission|randomi[sz]ation)\b|\bhistory of\b|"
    r"\bprevious\b|\bpre-?existing\b|\bprior\b(?! to\b)",
)
_SURVEYED = frozenset({"treatment response", "withdrawal", "survival"})
_ENDED = frozenset({"death", "deaths", "fatalities", "survivors"})
_EMPTY = frozenset(
    """a an the of in on for to with at by from as and or but than that this these those which who
    when while whereas it its there their they we our no not also only more less fewer lower higher
    greater smaller larger better worse most least similar comparable different difference
    differences significant significance statistical common frequent often likely associated
    available compared comparison versus vs respectively among between within group groups arm arms
    both all each either overall total however although moreover furthermore increased reduced
    decreased trend trends towards toward proportion proportions percentage percentages number
    numbers majority note rate rates frequency incidence could can may might will them his her other
    indeed even just thus still quite much same such after before during up did had were was is are
    be been differ differs differed has have seen found noted two three four times fold""".split()  # noqa: SIM905
)
_TIMES = re.compile(
    r"\b(?:(?:on|at|by|after|within|before|during|over|from|to|through|or|and|the)\s)*"
    r"(?:(?:days?|weeks?|months?|years?|hours?)\s?\d{1,4}"
    r"|\d{1,4}[\s-]?(?:days?|weeks?|months?|years?|hours?))\b"
)
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

    subject = main_clause(piece(start, first.first))
    noun = piece(*first.noun) if first.noun[1] > first.noun[0] else ""
    next_share = shares[1].first if len(shares) > 1 else end
    predicate = piece(first.last, until_link(first.last, next_share))
    tail_start = max([last.last, *(g.last for g in groups if g.first >= last.last)])
    while tail_start < end and tokens[tail_start].low in (",", "respectively", ")", "]"):
        tail_start += 1
    tail = piece(tail_start, until_link(tail_start, end))
    everything = " ".join((subject, noun, predicate, tail)).lower()
    usable = not _ALLOCATION.search(everything)
    if _of_others(tokens, first.last, in_group) or _AT_BASELINE.search(everything):
        return Wording("", "", False)

    named_before = core(subject)
    happened = f"{noun} {predicate}".strip()
    named = [part for part in (happened, named_before, tail) if names_outcome(part)]
    if named:
        family = family_of(named[0])
        return Wording(tidy(named[0]), family, usable or family not in _SURVEYED)
    near = [tokens[i].low for i in range(first.last, min(first.last + 4, end))]
    of_persons = any(word in PERSONS for word in (*noun.lower().split(), *near))
    order = (happened, named_before, tail) if of_persons else (named_before, happened, tail)
    for part in order:
        text_of = tidy(part)
        if not any(map(str.isalpha, text_of)):
            continue
        if has_content(part) and text_of.rpartition(" ")[2].lower() not in PERSONS - _ENDED:
            return Wording(text_of, "", usable)
    return Wording("", "", False)


def _of_others(tokens: Sequence[Token], index: int, in_group: Collection[int]) -> bool:
    """Whether the words behind a share say that it is of others than persons of a group.

    "30% of fallers in the group": who fell is no result, but whom the result is of.
    """
    if index >= len(tokens) or tokens[index].low != "of":
        return False
    index += 1
    while index < len(tokens) and tokens[index].low in ("the", "all", "our", "their", "these"):
        index += 1
    whom: list[str] = []
    while index < len(tokens) and len(whom) < 4 and tokens[index].kind == "word":
        if index in in_group or tokens[index].low in PERSONS - _ENDED - {"survivors"}:
            return False
        if tokens[index].low in _EMPTY:
            break
        whom.append(tokens[index].low)
        index += 1
    return bool(whom)


def main_clause(subject: str) -> str:
    """The subject without introductions ("Within 28 days, …") and without its verb."""
    subject = subject.strip(" ([")
    while intro := _INTRODUCTION.match(subject):
        subject = subject[intro.end() :]
    subject = subject.rstrip(" ,")
    if "," in subject:
        head, _, rest = subject.rpartition(",")
        if not has_content(_VERB.sub(" ", rest)):
            subject = subject.partition(",")[0]  # "the X rate, defined as …, was lower in"
        elif _VERB.search(head) and not re.match(r"\s*(?:or|and)\b", rest):
            subject = rest.strip()
    return subject


def core(subject: str) -> str:
    """The last part of a subject, between its verbs, that names something.

    "Mortality was lower in" gives "Mortality", "The most frequent events were nausea" gives
    "nausea", "revealed a lower cardiac mortality in" what it reveals.
    """
    parts = [part for part in _VERB.split(subject) if has_content(part)]
    return parts[-1].strip() if parts else ""


def has_content(text: str) -> bool:
    """Whether the words name anything beyond comparison, persons, times and grammar."""
    return any(
        word in _ENDED or (word not in _EMPTY | PERSONS and not word.endswith("ly"))
        for word in re.findall(r"[^\W\d_][\w'’-]*", _TIMES.sub(" ", text.lower()))
    )


def tidy(text: str) -> str:
    """The words without what leads up to them and what dangles; at most 14 of them."""
    if text.count(")") > text.count("("):
        text = text.rpartition(")")[2]  # the end of a bracket that opened before
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
        return family not in MEASURED
    return bool(_RATES.search(" ".join(words)))
