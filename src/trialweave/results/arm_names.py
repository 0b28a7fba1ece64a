"""What an article calls its own groups, and how many patients it says are in each.

An article that writes "the WGJ group (n = 30)" later writes "WGJ" alone. A name counts where the
text uses it of a group at least twice, or once with a size or in the sentence of the allocation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from trialweave.model import Role
from trialweave.results.families import names_outcome
from trialweave.results.numbers import whole_number

__all__ = ["ArmNames", "arm_key", "arm_names"]


@dataclass(frozen=True)
class ArmNames:
    """Names by their first word, each as its words in lower case; sizes and roles by `arm_key`.

    A size stands only where the text states one number for the name.
    """

    by_first: Mapping[str, Sequence[tuple[str, ...]]] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    roles: Mapping[str, Role] = field(default_factory=dict)  # of those that the text explains


_WORD = r"[\w+/’'‐‑-]{1,30}"
_GROUP = re.compile(
    rf"(?<![\w+/-])(?P<name>{_WORD}(?:\s{_WORD}){{0,3}})\s(?:groups?|arms?)\b"
    r"(?:\s?[(\[,]\s?[nN]\s?=\s?(?P<n>\d{1,5})(?![\d.,]\d))?"
)
_SIZED = re.compile(
    rf"(?<![\w+/-])(?P<name>{_WORD}(?:\s{_WORD}){{0,3}})\s?[(\[,:]?\s?"
    r"[nN]\s?=\s?(?P<n>\d{1,5})(?![\d.,]\d|\s?%)"
)
_OF_PERSONS = re.compile(
    rf"(?<![\w+/-])(?P<name>{_WORD}(?:\s{_WORD}){{0,3}})\s(?:group|arm)\s(?:of|comprising|"
    rf"comprised(?:\sof)?|consist(?:ed|ing)\sof)\s(?P<n>{_WORD})\s(?:patients|participants|"
    r"subjects|volunteers|women|men|children|infants|adults|individuals|students)\b"
)
_ALLOCATION = re.compile(r"\b(?:randomi[sz]|randomly|assigned|allocated)", re.IGNORECASE)
_NUMBERED = re.compile(
    rf"(?<![\w.,/-])(?P<n>{_WORD})\s(?:(?:patients|participants|subjects|children|women|men|"
    r"individuals|adults|infants|were|was|randomly|assigned|allocated|randomi[sz]ed)\s){0,4}"
    r"(?:to|received|receiving|given|in)\s(?:receive\s)?(?:the\s)?"
    rf"(?=(?P<name>{_WORD}(?:\s{_WORD}){{0,3}}))"
)
_EITHER = re.compile(
    r"\bto\s(?:either\s)?(?:receive\s)?(?:either\s)?(?:the\s|an?\s)?"
    rf"(?P<a>{_WORD}(?:\s{_WORD}){{0,3}})(?:\s?\([^()]{{0,40}}\))?\s(?:or|and|versus|vs\.?)\s"
    rf"(?:to\s)?(?:the\s|an?\s)?(?P<b>{_WORD}(?:\s{_WORD}){{0,3}})"
)
_MEASURED = re.compile(
    rf"\b(?:mean|median|average|baseline|serum|plasma|higher|lower)\s({_WORD})(?=[\s,.;)])",
)
_AGAINST = re.compile(
    rf"(?<![\w+/-])(?P<name>{_WORD}(?:\s{_WORD})?)\s(?:group\s)?"
    r"(?:and|or|versus|vs\.?|compared\s(?:with|to)|than(?:\swith)?)\s(?:the\s|a\s)?"
    r"(?:placebo|sham|controls?\b|usual\scare|vehicle)"
)
_STOP = frozenset(
    """the a an in of for to from with by on at and or versus vs than compared comparison among
    between was were is are had has have that which who whom while whereas but as this their its per
    within during after before into respectively patients participants subjects women men children
    adults infants individuals receive received receiving assigned allocated randomised randomized
    randomly given either n then only did not be been also significantly higher lower greater fewer
    more less when where if using both all each these two three four one other same any most no
    our we there however moreover whole total entire different new first second third i.e e.g over
    under up out when daily once twice weekly plus""".split()  # noqa: SIM905
) - {"plus"}
_GENERIC = frozenset(
    """treatment treated intervention interventions control controls experimental active comparison
    study trial therapy test age ages patient parallel dose groups group arm arms sex gender
    standard usual care routine sham placebo comparator reference index studied randomised
    randomized allocation diagnosis risk baseline follow-up within between inter intra subgroup
    sub focus target working steering support ethnic blood peer small large research sample main
    same-sex high low medium higher lower early late mean median sd respective corresponding latter
    former remaining opposite healthy normal matched medication drug conventional weight bmi pain
    mortality survival""".split()  # noqa: SIM905
)
_NO_ARMS = frozenset(
    """children adolescents women men males females male female smokers boys girls infants adults
    elderly responders non-responders survivors years months weeks days stratum strata single
    distribution status score scores level levels disease severe mild moderate total all sites
    centres centers studies trials eyes samples cases points point visits time times""".split()  # noqa: SIM905
)
_NOUNS = frozenset(
    """group groups arm arms the a an patients participants subjects recipients who received
    receiving those cohort alone only treated women men children individuals in of""".split()  # noqa: SIM905
)
_LONGEST = 1_000_000  # characters of an article that are searched for names


def arm_key(label: str) -> str:
    """A group's label without what labels add: "the WGJ group" and "patients fed WGJ" apart."""
    words = [w.strip(".,;:()[]") for w in label.lower().replace("‐", "-").split()]
    if len(words) > 1 and words[-2] in ("group", "arm") and len(words[-1]) < 4:
        return f"group {words[-1]}"
    return " ".join(w for w in words if w and w not in _NOUNS).replace("controls", "control")


def arm_names(texts: Sequence[str], registered: Iterable[str] = ()) -> ArmNames:
    """Names and sizes of a record's groups, out of its texts and its registered arms' labels."""
    seen: dict[tuple[str, ...], int] = {}
    sizes: dict[str, set[int]] = {}

    def add(name: tuple[str, ...], weight: int, n: int | None = None) -> None:
        if not name or len(" ".join(name)) < 2:
            return
        if set(name) <= _GENERIC or name[0] == "group" or name[0].isdigit() or name[-1] in _NO_ARMS:
            pass
        elif not names_outcome(" ".join(name)):
            seen[name] = seen.get(name, 0) + weight
        if n and name[-1] not in _NO_ARMS:
            sizes.setdefault(arm_key(" ".join(name)), set()).add(n)

    # a size or an allocation alone may be of a stratum: a name needs two uses
    for label in registered:
        words = tuple(label.lower().split())
        if 0 < len(words) <= 3:
            add(words, 2)
    for whole in texts:
        text = whole[:_LONGEST]
        if "group" in text or "arm" in text:
            for match in _GROUP.finditer(text):
                n = int(match["n"]) if match["n"] else None
                add(_tail(match["name"]), 1, n)
            for match in _OF_PERSONS.finditer(text):
                add(_tail(match["name"]), 0, whole_number(match["n"]))
        if "n=" in text or "n =" in text or "N=" in text or "N =" in text:
            for match in _SIZED.finditer(text):
                add(_tail(match["name"]), 1, int(match["n"]))
        if "placebo" in text or "control" in text or "sham" in text or "usual care" in text:
            for match in _AGAINST.finditer(text):
                add(_tail(match["name"]), 1)
        read_to = 0
        for place in _ALLOCATION.finditer(text):
            if place.start() >= read_to:
                _allocated(text[place.start() : place.start() + 400], add)
                read_to = place.start() + 100
    _enumerated(texts, seen)
    measured = {match[1].lower() for text in texts for match in _MEASURED.finditer(text[:_LONGEST])}
    for name in [name for name in seen if name[-1] in measured]:
        del seen[name]  # "mean MAP": what is measured is no group
    by_first: dict[str, list[tuple[str, ...]]] = {}
    for name, weight in seen.items():
        if weight >= 2:
            by_first.setdefault(name[0], []).append(name)
    return ArmNames(
        {first: sorted(names, key=len, reverse=True) for first, names in by_first.items()},
        {key: min(found) for key, found in sizes.items() if len(found) == 1 and min(found) > 0},
    )


_LIST = re.compile(
    rf"(?<![\w+/-])(?P<a>{_WORD}),\s(?P<b>{_WORD})(?:,\s(?P<c>{_WORD}))?,?\s(?:and|or)\s"
    rf"(?P<d>{_WORD})(?![\w+/-])"
)


def _enumerated(texts: Sequence[str], seen: dict[tuple[str, ...], int]) -> None:
    """What is listed beside two known names, with capitals as theirs: "AJ, WGJ and WA"."""
    known = {name[0] for name, weight in seen.items() if weight >= 2 and len(name) == 1}
    if not known:
        return
    for text in texts:
        for match in _LIST.finditer(text[:_LONGEST]):
            words = [word for word in match.groups() if word]
            named = [word for word in words if word.lower() in known]
            if len(named) >= 2 and all(word[:2].isupper() for word in words):
                for word in words:
                    seen[(word.lower(),)] = max(seen.get((word.lower(),), 0), 2)


def _allocated(text: str, add: Callable[[tuple[str, ...], int, int | None], None]) -> None:
    """Names and sizes out of the words behind "randomised"."""
    text = text.partition(". ")[0]
    for match in _EITHER.finditer(text):
        for name in (match["a"], match["b"]):
            add(_head(name), 1, None)
        break
    for match in _NUMBERED.finditer(text):
        n = whole_number(match["n"])
        if n is not None:
            add(_head(match["name"]), 1, n)


def _tail(phrase: str) -> tuple[str, ...]:
    """The words behind the last one that can be no part of a name."""
    words = [word.strip("’'") for word in phrase.lower().split()]
    if len(words) > 1 and words[-2] in ("group", "arm") and len(words[-1]) < 4:
        return ("group", words[-1])
    while words and words[-1] in ("group", "groups", "arm", "arms"):
        words.pop()
    for at in range(len(words) - 1, -1, -1):
        if words[at] in _STOP or words[at] in ("group", "groups", "arm", "arms"):
            return tuple(words[at + 1 :])
    return tuple(words)


def _head(phrase: str) -> tuple[str, ...]:
    """The words before the first one that can be no part of a name."""
    words: list[str] = []
    listed = phrase.lower().split()
    if listed[0] in ("group", "arm") and len(listed) > 1 and len(listed[1]) < 4:
        return ("group", listed[1])
    for word in listed:
        if word in _STOP or word in ("group", "groups", "arm", "arms"):
            break
        words.append(word)
    return tuple(words)
