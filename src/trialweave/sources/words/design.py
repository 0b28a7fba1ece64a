"""What registers' words for a study's design mean: allocation, masking, model, purpose, type.

Registers state the design in one field, most as labelled parts ("Allocation: …. Masking: …."),
some as flags ("Randomised: yes"), some in one sentence. A label decides over anything else: a
description of how the sequence was made says nothing of whether there was one. Results are as in
`sources.words`: a content, or the `Missingness` that says why there is none.
"""

from __future__ import annotations

import functools
import re
from typing import Literal, NamedTuple

from trialweave.model import MASKINGS, Missingness
from trialweave.sources.words import plain

__all__ = [
    "LONGEST",
    "Allocation",
    "Masking",
    "allocation_of",
    "masking_of",
    "model_of",
    "purpose_of",
    "study_type_of",
]

Allocation = Literal["randomised", "non-randomised", "not applicable"]

_OPEN = Missingness.NOT_REPORTED
_NONE = Missingness.NOT_APPLICABLE
_UNREADABLE = Missingness.UNREADABLE

LONGEST = 20_000  # characters of a design that are looked at
_TAG = re.compile(r"<br\s{0,3}/?\s{0,3}>", re.IGNORECASE)

# A labelled part ends where the next label begins; sentences of a description may follow it
_LABELS = re.compile(
    r"(?<![A-Za-z])(?P<label>allocation|randomi[sz]ation|randomi[sz]ed|intervention model"
    r"|assignment|masking|blinding and masking|blinding ?/ ?masking|blinding"
    r"|who is (?:blinded|masked)"
    r"|primary purpose|study design purpose|purpose|open|single blind|double blind|group|type"
    r"|type of endpoint|control|control group|controlled|placebo|parallel group|cross over|other"
    r"|endpoint classification|time perspective|duration|selection|timing"
    r"|(?:method of )?(?:generating )?randomi[sz]ation (?:sequence|description)"
    r"|blinding description|other design features|method of allocation concealment"
    r"|intervention assignment|phase|number of treatment arms in the trial"
    r"|observational study model)\s{0,3}:",
    re.IGNORECASE,
)
_NO_ANSWER = frozenset(
    {"", "na", "notapplicable", "notselected", "unknown", "notspecified", "undefined", "other"}
)


@functools.lru_cache(256)
def _parts(text: str) -> dict[str, str]:
    """The labelled parts of a design, the first of each label."""
    found: dict[str, str] = {}
    matches = list(_LABELS.finditer(text))
    ends = [match.start() for match in matches[1:]] + [len(text)]
    for match, end in zip(matches, ends, strict=False):
        label = " ".join(match["label"].lower().replace("s", "z").split())
        found.setdefault(label, text[match.end() : end].strip(" \t\r\n.,;"))
    return found


def _labelled(text: str, *labels: str) -> str | None:
    parts = _parts(text)
    for label in labels:
        content = parts.get(label.replace("s", "z"))
        if content is not None:
            return content
    return None


def _prepared(text: str) -> str:
    return _TAG.sub("\n", text[:LONGEST])


# --- Allocation ----------------------------------------------------------------------------------

_RANDOM = re.compile(
    r"(?P<not>\b(?:non|not|un|no|quasi|without)[-\s]{0,3})?\b"
    r"(?:randomi[sz]ed\b|randomly\b|random\b|randomi[sz]ation\b|rct\b)"
    r"|(?P<joined>\b(?:non|un|quasi)randomi[sz]ed\b)",
    re.IGNORECASE,
)
_SINGLE = re.compile(r"\b(?:single|one)[-\s](?:arm|group)\b", re.IGNORECASE)


@functools.lru_cache(256)
def allocation_of(text: str) -> Allocation | Missingness:
    """How participants come into arms.

    A study of one arm is "not applicable"; quasi-randomised is not randomised. "Parallel" alone
    says nothing of it. A text that says both is UNREADABLE.
    """
    text = _prepared(text)
    flag = _labelled(text, "randomised")
    arms = _labelled(text, "type")
    if flag is not None and arms is not None:  # a flag that says No of all, and arms say which
        if "arm" in arms.lower():
            return _random_words(arms)
        return "not applicable" if plain(arms) in ("na", "notapplicable") else _OPEN
    if flag is not None:
        answer = plain(flag)
        if answer.startswith("yes"):
            return "randomised"
        if answer.startswith("no"):
            return "non-randomised" if _labelled(text, "controlled") != "no" else "not applicable"
        return _OPEN
    part = _labelled(text, "allocation", "randomisation")
    if part is not None:
        word = plain(part)
        if word in ("na", "notapplicable") or (word.startswith("na") and _SINGLE.search(part)):
            return "not applicable"
        return _OPEN if word in _NO_ANSWER else _random_words(part.split(";")[0])
    text = _LABELS.split(text, maxsplit=1)[0].strip() or text
    word = plain(text)
    if word in ("na", "notapplicable"):
        return "not applicable"
    return _OPEN if word in _NO_ANSWER else _random_words(text)


def _random_words(text: str) -> Allocation | Missingness:
    said = {
        "non-randomised" if match["not"] or match["joined"] else "randomised"
        for match in _RANDOM.finditer(text)
    }
    if said == {"randomised"}:
        return "randomised"
    if said == {"non-randomised"}:
        return "non-randomised"
    if said:
        return _UNREADABLE
    return "not applicable" if _SINGLE.search(text) else _OPEN


# --- Masking -------------------------------------------------------------------------------------


class Masking(NamedTuple):
    """A level, one of `model.MASKINGS`, or why there is none; and who is masked, in our words."""

    level: str | Missingness
    who: tuple[str, ...] = ()


_OPEN_LABEL = re.compile(
    r"\bopen(?:[-\s]?label(?:led|ed)?)?\b|\b(?:not|non|un|no)[-\s]?(?:blind|mask)(?:ed|ing)?\b"
    r"|\bwithout (?:blinding|masking)\b",
    re.IGNORECASE,
)
_LEVEL = re.compile(
    r"\b(?P<level>single|double|triple|quadruple)[-\s]{0,3}(?:blind|mask)",
    re.IGNORECASE,
)
_LEVEL_ALONE = re.compile(r"\b(?P<level>single|double|triple|quadruple)\b", re.IGNORECASE)
_BLINDED = re.compile(r"\bblind(?:ed|ing)?\b|\bmask(?:ed|ing)?\b", re.IGNORECASE)
_ROLES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (role, re.compile(pattern, re.IGNORECASE))
    for role, pattern in (
        ("participant", r"\b(?:participants?|subjects?|patients?)\b|\breceiving the treatment"),
        ("care provider", r"\bcare ?(?:provider|giver)s?\b|\badministering the treatment"),
        (
            "investigator",
            r"(?<!outcomes )(?<!outcome )"
            r"\b(?:investigators?|researchers?|therapists?|clinicians?)\b",
        ),
        ("outcomes assessor", r"\bassessors?\b|\bassessing the outcome"),
        ("analyst", r"\b(?:analysts?|statisticians?)\b|\banaly[sz]ing the|\bdata[- ]entry\b"),
    )
)


@functools.lru_cache(256)
def masking_of(text: str) -> Masking:
    """How many are masked, and who.

    Where only the people are named, the level is their number, as ClinicalTrials.gov counts.
    "Blinded" without more is masked at a level that is NOT_REPORTED.
    """
    text = _prepared(text)
    flags = [
        (level, plain(answer))
        for level, label in (
            ("none", "open"),
            ("single", "single blind"),
            ("double", "double blind"),
        )
        if (answer := _labelled(text, label)) is not None
    ]
    if len(flags) > 1:
        said = [level for level, answer in flags if answer.startswith("yes")]
        return Masking(said[0] if len(said) == 1 else _UNREADABLE if said else _OPEN)
    part = _labelled(text, "masking", "blinding", "blinding and masking", "blinding/masking")
    if part is None:
        return _masking_words(text, labelled=False)
    who = _labelled(text, "who is blinded", "who is masked")
    return _masking_words(f"{part} ({who})" if who else part, labelled=True)


def _masking_words(text: str, *, labelled: bool) -> Masking:
    word = plain(text)
    if word in ("na", "notapplicable"):
        return Masking(_NONE)
    if word in _NO_ANSWER:
        return Masking(_OPEN)
    if labelled and (word in ("none", "no") or re.match(r"none\b", text, re.IGNORECASE)):
        return Masking("none")
    blinded = _BLINDED.search(text)
    level = _LEVEL.search(text) or (_LEVEL_ALONE.search(text) if labelled else None)
    is_open = _OPEN_LABEL.search(text)
    if is_open and level:
        return Masking(_UNREADABLE)
    if is_open:
        return Masking("none")
    who: tuple[str, ...] = ()
    if labelled:
        who = tuple(role for role, pattern in _ROLES if pattern.search(text))
    if level:
        return Masking(level["level"].lower(), who)
    if who and (blinded or labelled):
        return Masking(MASKINGS[min(len(who), 4)], who)
    return Masking(_OPEN)


# --- Model, purpose, type ------------------------------------------------------------------------

_MODELS = (
    ("single group", re.compile(r"\b(?:single|one)(?:[-\s]?(?:group|arm|\(group\)))?\b", re.I)),
    ("crossover", re.compile(r"\bcross[-\s]?over\b", re.I)),
    ("factorial", re.compile(r"\bfactorial\b", re.I)),
    ("sequential", re.compile(r"\bsequential\b", re.I)),
    ("parallel", re.compile(r"\bpara?ll?el\b", re.I)),
)


@functools.lru_cache(256)
def model_of(text: str) -> str | Missingness:
    """The intervention model in ClinicalTrials.gov's words: "parallel", "single group" …"""
    text = _prepared(text)
    for label, model in (("parallel group", "parallel"), ("cross over", "crossover")):
        if plain(_labelled(text, label) or "").startswith("yes"):
            return model
    part = _labelled(text, "intervention model", "assignment", "intervention assignment")
    if part is None:
        if _labelled(text, "masking", "allocation", "randomisation", "randomised") is not None:
            return _OPEN
        text = _LABELS.split(text)[0]
        found = [m for m, pattern in _MODELS[1:] if pattern.search(text)]
        found += ["single group"] if _SINGLE.search(text) else []
        return found[0] if len(found) == 1 else _OPEN
    for model, pattern in _MODELS:
        if pattern.search(part):
            return model
    return _OPEN if plain(part) in _NO_ANSWER else part.lower()[:60]


_PURPOSES = frozenset(
    {
        *("treatment", "prevention", "diagnostic", "supportive care", "screening", "prognosis"),
        *("health services research", "basic science", "other", "device feasibility"),
        *("quality of life", "educational/counselling/training", "natural history", "education"),
    }
)
_PURPOSE_WORDS = {
    "educational / counselling / training": "educational/counselling/training",
    "basic research/physiological study": "basic science",
    "health care system": "health services research",
    "health service research": "health services research",
    "diagnosis": "diagnostic",
    "supportive": "supportive care",
}
_LAST = re.compile(r"\((?P<purpose>[A-Za-z /]{3,40})\)\s{0,4}$")


@functools.lru_cache(256)
def purpose_of(text: str) -> str | Missingness:
    """The primary purpose in ClinicalTrials.gov's words, else as written in small letters."""
    text = _prepared(text)
    part = _labelled(text, "primary purpose", "study design purpose", "purpose")
    if part is None:
        last = _LAST.search(text.rstrip())
        part = last["purpose"] if last and last["purpose"].lower() in _PURPOSES else ""
    word = part.split(";")[0].split(". ")[0].strip(" .,;\n").lower()
    if plain(word) in ("", "na", "notapplicable", "notselected", "unknown"):
        return _OPEN
    return _PURPOSE_WORDS.get(word, word)[:60]


@functools.lru_cache(1024)
def study_type_of(text: str) -> str | Missingness:
    """ "interventional", "observational", or the register's own word in small letters."""
    small = " ".join(text.lower().split())[:120]
    if plain(small) in _NO_ANSWER - {"other"}:
        return _OPEN
    if small.startswith("intervention") or small == "ba/be":
        return "interventional"
    if small.startswith("observational"):
        return "observational"
    return small
