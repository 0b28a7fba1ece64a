"""Which groups of a finding are those that a question asks for."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from trialweave.model import ArmResult, Finding
from trialweave.results.arm_names import arm_key
from trialweave.results.asked_words import EMPTY, NOUNS, words_of
from trialweave.results.groups import role_of

__all__ = ["groups_asked"]


def groups_asked(
    finding: Finding, intervention: str, comparator: str, called: Mapping[str, str]
) -> tuple[ArmResult, ArmResult] | None:
    """The two groups of a finding that are asked for; None where they cannot be told."""
    arms = finding.arms
    if len(arms) < 2:
        return None
    given = _given(arms, called)
    first = _matching(arms, intervention, comparator, given)
    second = _matching(arms, comparator, intervention, given)
    if first is None and second is None and len(arms) == 2:
        first, second = _by_role(arms, intervention, comparator)
    if first is None and second is not None and len(arms) == 2:
        first = next(i for i in (0, 1) if i != second)
        if not _may_be(arms[first], intervention):
            return None
    elif second is None and first is not None and len(arms) == 2:
        second = next(i for i in (0, 1) if i != first)
        if not _may_be(arms[second], comparator):
            return None
    if first is None or second is None or first == second:
        return None
    return arms[first], arms[second]


_GENERIC = re.compile(
    r"(?:\b(?:the|in|of|with|group|groups|arm|arms|patients|participants|subjects|interventions?|"
    r"intervened|treatment|treated|experiment(?:al)?|active|study|test|controls?|comparison|those|"
    r"assigned|allocated|to|receiving|who|received)\b|\W)*",
    re.IGNORECASE,
)


_OPAQUE = re.compile(r"(?:the )?(?:[A-Z]{1,3}\d?(?: groups?| arms?)?|(?:group|arm) \w{1,3})")


def _by_role(
    arms: Sequence[ArmResult], intervention: str, comparator: str
) -> tuple[int | None, int | None]:
    """The treated and the control group, where the record calls them nothing else."""
    roles = [arm.role for arm in arms]
    if sorted(roles) != ["control", "treatment"]:
        return None, None
    if not all(_GENERIC.fullmatch(arm.label) for arm in arms):
        return None, None
    if role_of(intervention) == "control" or role_of(comparator) == "treatment":
        return None, None
    return roles.index("treatment"), roles.index("control")


def _given(arms: Sequence[ArmResult], called: Mapping[str, str]) -> list[frozenset[str]]:
    """For each group the words on what it was given, without those that hold for all."""
    found = []
    for arm in arms:
        own = called.get(arm_key(arm.label), "")
        if not own and _GENERIC.fullmatch(arm.label):
            own = called.get(f"role {arm.role}", "")
        found.append(words_of(own, NOUNS | EMPTY) if own else frozenset())
    shared = frozenset.intersection(*found) if found else frozenset()
    return [words - shared for words in found]


def _matching(
    arms: Sequence[ArmResult], asked: str, other: str, given: Sequence[frozenset[str]]
) -> int | None:
    """The one group that fits what is asked for better than the others do."""
    one, two = words_of(asked, NOUNS), words_of(other, NOUNS)
    scores = [
        max(_fit(arm.label, asked), _share(one - two, words))
        - 0.5 * max(_fit(arm.label, other), _share(two - one, words))
        for arm, words in zip(arms, given, strict=True)
    ]
    best = max(scores)
    clear = all(score <= best - 0.15 for i, score in enumerate(scores) if i != scores.index(best))
    if best > 0.2 and clear:
        return scores.index(best)
    role = role_of(asked)
    if role == "unknown" and role_of(other) == "control":
        role = "treatment"
    if best > 0.2 or role not in ("treatment", "control"):
        return None
    fitting = [i for i, arm in enumerate(arms) if arm.role == role]
    if len(fitting) != 1:
        return None
    own_name = role == "treatment" and not _is_nameless(arms[fitting[0]])
    return None if own_name else fitting[0]  # another product is not the one asked for


def _share(asked: frozenset[str], words: frozenset[str]) -> float:
    """How much of what is asked for is said of what a group was given."""
    return 0.9 * len(asked & words) / len(asked) if asked else 0.0


def _fit(label: str, asked: str) -> float:
    """From 0 to 1: how much of two names is the same, abbreviations and their brackets read."""
    if not label:
        return 0.0
    one, two = words_of(label, NOUNS), words_of(asked, NOUNS)
    if one & two:
        return len(one & two) / math.sqrt(len(one) * len(two))
    letter = re.search(r"\b(?:group|arm)\s([A-Za-z]|[IVX]{1,3}|\d)$", label.strip(), re.I)
    if letter is not None and re.search(
        rf"\(\s?{letter[1]}\s?\)|\b(?:group|arm)\s{letter[1]}\b", asked, re.I
    ):
        return 1.0
    for short, long in ((label, asked), (asked, label)):
        initials = "".join(word[0] for word in re.findall(r"[A-Za-z]\w*", long)).lower()
        for word in re.findall(r"\b[A-Z][A-Z\d-]{1,7}\b", short):
            if word.lower().replace("-", "") in initials:
                return 0.6
    return 0.0


def _may_be(arm: ArmResult, asked: str) -> bool:
    """Whether the other of two groups can be the one asked for: the same role, or no own name."""
    role = role_of(asked)
    if role != "unknown" and arm.role == role:
        return True
    return _is_nameless(arm) and "unknown" in (role, arm.role)


def _is_nameless(arm: ArmResult) -> bool:
    """Whether a label says no more than that it is a group: "intervention group", "B", ""."""
    return bool(_GENERIC.fullmatch(arm.label) or _OPAQUE.fullmatch(arm.label.strip()))
