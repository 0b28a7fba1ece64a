"""Which finding answers a question: an outcome, and what is compared with what.

Precise before complete: where two findings would answer with different numbers, or the groups
cannot be told, the answer is none, with the reason.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from trialweave.model import ArmResult, Finding
from trialweave.results.families import family_of
from trialweave.results.groups import role_of

__all__ = ["Answer", "answer"]


@dataclass(frozen=True)
class Answer:
    """The finding with its two groups, or None and the `reason` why there is no answer."""

    finding: Finding | None = None
    intervention: ArmResult | None = None
    comparator: ArmResult | None = None
    reason: str = ""

    def __bool__(self) -> bool:
        return self.finding is not None


Kind = Literal["", "count", "continuous"]

_ENOUGH = 0.55
_MARGIN = 0.12
_UNHEARD = 0.4  # weight of a word that no outcome of the record has
_LACKING = 0.8  # for each word of the question that another outcome has and this one lacks
_OTHER_HALF = re.compile(r":\s*(?:no|none|absent|negative)\W*$", re.IGNORECASE)  # "Fever: No"
_NEGATED = re.compile(r"\b(?:no|not|without|never|none|free|absen\w+|negative)\b", re.IGNORECASE)
_EMPTY = frozenset(
    """yes a an the of in on for to with at by from as and or than that this these between among
    within
    per is was were be number numbers rate rates proportion percentage percent level levels score
    scores mean median average change changes difference value values total patients participants
    subjects people persons who had having have group groups treatment study effect outcome
    improvement reduction increase decrease sd se ci iqr n significantly significant after during
    at end time point follow-up baseline week weeks month months day days year years
    concentration concentrations incidence frequency index test overall measure measured
    questionnaire scale using assessed""".split()  # noqa: SIM905
)
_NOUNS = frozenset(
    """group groups arm arms patients participants subjects therapy treatment the a an of with and
    plus in receiving received who those treated study only alone mg daily dose""".split()  # noqa: SIM905
)


def answer(
    findings: Sequence[Finding],
    outcome: str,
    intervention: str,
    comparator: str,
    *,
    kind: Kind = "",
    time_days: float | None = None,
    time: str = "",
    latest: bool = False,
) -> Answer:
    """The finding of `outcome` in `intervention` against `comparator` among a record's findings.

    `kind` asks for counts or means only. Of several times the one asked for is taken, in days or
    in words ("third hour"), or with `latest` the last one; a result of everybody before one of a
    part. Where findings that fit equally well differ, there is no answer.
    """
    fitting = []
    for finding in findings:
        if kind and finding.kind != kind:
            continue
        if _OTHER_HALF.search(finding.outcome) and not _NEGATED.search(outcome):
            continue
        pair = _pair(finding, intervention, comparator)
        if pair is not None:
            fitting.append((finding, *pair))
    if not fitting:
        return Answer(reason="no finding compares these two groups")
    weights = _weights(outcome, [finding.outcome for finding, _, _ in fitting])
    scored = [(_score(outcome, each[0], weights), each) for each in fitting]
    best = max(score for score, _ in scored)
    if best < _ENOUGH:
        return Answer(reason="no finding is of this outcome")
    least = 0.99 if best >= 0.99 else best - _MARGIN  # the very words leave nothing beside them
    close = [each for score, each in scored if score >= least]
    close = [each for each in close if not each[0].population] or close
    close = _at_time(close, time_days, latest=latest)
    close = _in_words(close, time)
    if not close:
        return Answer(reason="the outcome is stated for other times")
    chosen = max(close, key=lambda each: _known(each[1]) + _known(each[2]))
    for other in close:
        turned = _falls(chosen[0]) != _falls(other[0])
        if not (
            _agree(chosen[1], other[1], turned=turned)
            and _agree(chosen[2], other[2], turned=turned)
        ):
            return Answer(reason="findings of this outcome differ")
    fuller = [
        each
        for score, each in scored
        if score >= _ENOUGH and _agree(chosen[1], each[1]) and _agree(chosen[2], each[2])
    ]
    chosen = max([chosen, *fuller], key=lambda each: len(_cells_of(each)))
    means = [mean for mean in (chosen[1].mean, chosen[2].mean) if mean is not None]
    if _falls(chosen[0]) and not _FALL.search(outcome) and any(mean > 0 for mean in means):
        return Answer(reason="it is stated as a reduction, its sign in words")
    return Answer(*chosen)


def _stem(word: str) -> str:
    for ending, other in (("ies", "y"), ("ses", "s"), ("s", ""), ("ing", ""), ("ed", "")):
        if word.endswith(ending) and len(word) - len(ending) >= 4 and not word.endswith("ss"):
            return word[: -len(ending)] + other
    return word


_TIME = re.compile(
    r"\b(?:day|week|month|year|hour|visit)s?\s?\d{1,4}\b"
    r"|\b\d{1,4}[\s-]?(?:days?|weeks?|months?|years?|hours?|h|min|minutes)\b"
)
_OF_SPREAD = re.compile(
    r"^\W*(?:SD|standard deviation|variability|coefficient of variation)\b(?=\s(?:of|in)\b)",
    re.IGNORECASE,
)


def _words(text: str, empty: Collection[str] = _EMPTY) -> frozenset[str]:
    text = _TIME.sub(" ", text.lower().replace("‐", "-"))
    found = re.findall(r"[^\W_][\w'’]*", text)
    kept = [_stem(word) for word in found if word not in empty]
    return frozenset(kept or [_stem(word) for word in found])


def _weights(outcome: str, others: Sequence[str]) -> dict[str, float]:
    """How much a word of the question tells: little where many outcomes have it, or none has."""
    distinct = {_words(other) for other in others}
    weights = {}
    for word in _words(outcome):
        having = sum(word in words for words in distinct)
        weights[word] = _UNHEARD if not having else 1 / (1 + having / max(len(distinct), 4))
    return weights


def _score(outcome: str, finding: Finding, weights: dict[str, float]) -> float:
    """From 0 to 1: how well a finding's outcome is the one asked for."""
    asked, told = frozenset(weights), _words(finding.outcome)
    if bool(_OF_SPREAD.search(outcome)) != bool(_OF_SPREAD.search(finding.outcome)):
        return 0.0  # "SD of speed" is another outcome than speed
    if _abbreviated(outcome, finding.outcome):
        return 0.95
    family = family_of(outcome)
    own = finding.family
    if family and own and family != own:
        return 0.0
    total = sum(weights.values())
    recall = sum(weights[word] for word in asked & told) / total if total else 0.0
    precision = len(asked & told) / len(told) if told else 0.0
    missing = sum(weights[word] != _UNHEARD for word in asked - told)
    score = math.sqrt(recall * precision) * _LACKING**missing
    if family and family == own:
        score = max(score, 0.7 + 0.3 * score)
    return score


def _initials(text: str) -> str:
    words = re.findall(r"[A-Za-z]\w*", text.split("(")[0])
    return "".join(word[0] for word in words).lower()


def _abbreviated(one: str, other: str) -> bool:
    """Whether one wording is the other in initials and nothing else: "BMI", "Body mass index"."""
    for short, long in ((one, other), (other, one)):
        plain = short.strip()
        letters = re.fullmatch(r"[A-Z][A-Za-z]{1,6}", plain) and plain[1:] != plain[1:].lower()
        if letters and plain.lower() == _initials(long):
            return True
    return False


def _at_time(
    close: list[tuple[Finding, ArmResult, ArmResult]], days: float | None, *, latest: bool
) -> list[tuple[Finding, ArmResult, ArmResult]]:
    if days is not None:
        exact = [each for each in close if each[0].time_days == days]
        return exact or [each for each in close if each[0].time_days is None]
    known = [each[0].time_days for each in close if each[0].time_days is not None]
    if latest and known and len(known) == len(close):
        return [each for each in close if each[0].time_days == max(known)]
    return close


_ORDINALS = {
    word: str(number)
    for number, word in enumerate(("first", "second", "third", "fourth", "fifth", "sixth"), start=1)
}


def _when(text: str) -> frozenset[str]:
    words = (_ORDINALS.get(word, word) for word in re.findall(r"[^\W_]+", text.lower()))
    return frozenset(_stem(re.sub(r"(?<=\d)(?:st|nd|rd|th)$", "", word)) for word in words)


def _in_words(
    close: list[tuple[Finding, ArmResult, ArmResult]], time: str
) -> list[tuple[Finding, ArmResult, ArmResult]]:
    """Of findings at several times those whose own words for it are most like what is asked."""
    if not time or len({each[0].time for each in close}) < 2:
        return close
    asked = _when(time)
    alike = [len(asked & (_when(each[0].time) | _when(each[0].outcome))) for each in close]
    best = max(alike)
    return [each for each, words in zip(close, alike, strict=True) if words == best or not best]


def _pair(
    finding: Finding, intervention: str, comparator: str
) -> tuple[ArmResult, ArmResult] | None:
    """The two groups of a finding that are asked for; None where they cannot be told."""
    arms = finding.arms
    if len(arms) < 2:
        return None
    first = _matching(arms, intervention, comparator)
    second = _matching(arms, comparator, intervention)
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
    r"intervened|treatment|treated|experimental|active|study|test|controls?|comparison|those|"
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


def _matching(arms: Sequence[ArmResult], asked: str, other: str) -> int | None:
    """The one group that fits what is asked for better than the others do."""
    scores = [_fit(arm.label, asked) - 0.5 * _fit(arm.label, other) for arm in arms]
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


def _fit(label: str, asked: str) -> float:
    """From 0 to 1: how much of two names is the same, abbreviations and their brackets read."""
    if not label:
        return 0.0
    one, two = _words(label, _NOUNS), _words(asked, _NOUNS)
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


_CELLS = ("events", "n", "percent", "mean", "sd", "se", "median", "lower", "upper")


def _known(arm: ArmResult) -> int:
    return sum(getattr(arm, cell) not in (None, "") for cell in _CELLS)


_FALL = re.compile(
    r"\b(?:reductions?|decreases?|declines?|lowering|loss|fall|drop)\b", re.IGNORECASE
)


def _cells_of(each: tuple[Finding, ArmResult, ArmResult]) -> list[str]:
    """The cells that both groups have, of those that a meta-analysis needs."""
    needed = ("events", "n") if each[0].kind == "count" else ("mean", "sd", "n")
    return [cell for arm in (each[1], each[2]) for cell in needed if getattr(arm, cell) is not None]


def _falls(finding: Finding) -> bool:
    """Whether the outcome says that its values are reductions: a fall of 7 is a change of -7."""
    return bool(_FALL.search(finding.outcome))


def _agree(one: ArmResult, other: ArmResult, *, turned: bool = False) -> bool:
    """Whether no cell that both state differs, and they share at least one.

    `turned`: one of them states reductions and the other changes.
    """
    shared = False
    for cell in _CELLS:
        a, b = getattr(one, cell), getattr(other, cell)
        if a in (None, "") or b in (None, ""):
            continue
        if cell == "percent":
            if abs(float(a) - float(b)) >= 0.5:
                return False
        elif a != (-b if turned and cell in ("mean", "median") else b):
            return False
        shared = True
    return shared
