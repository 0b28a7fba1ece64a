"""Which finding answers a question: an outcome, and what is compared with what.

Precise before complete: where two findings would answer with different numbers, or the groups
cannot be told, the answer is none, with the reason.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import msgspec

from trialweave.model import ArmResult, Finding
from trialweave.results.abbreviations import COMMON, contracted, expanded
from trialweave.results.asked_groups import groups_asked
from trialweave.results.asked_words import EMPTY, stem, words_of
from trialweave.results.families import FAMILIES, family_of
from trialweave.results.table_arms import HEADING_STATES
from trialweave.results.table_titles import outcome_of_caption

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
    called: Mapping[str, str] | None = None,
    change: bool | None = None,
) -> Answer:
    """The finding of `outcome` in `intervention` against `comparator` among a record's findings.

    `kind` asks for counts or means only, `change` for changes or for values as they are. Of several
    times the one asked for is taken, in days or in words ("third hour"), or with `latest` the last
    one; a result of everybody before one of a part. Where findings that fit equally well differ,
    there is no answer. `called` tells what the groups were given that the record names by a letter
    or a role alone (`called_groups`).
    """
    fitting = []
    for finding in findings:
        if kind and finding.kind != kind:
            continue
        if _OTHER_HALF.search(finding.outcome) and not _NEGATED.search(outcome):
            continue
        pair = groups_asked(finding, intervention, comparator, called or {})
        if pair is not None:
            fitting.append((finding, *pair))
    if not fitting:
        return Answer(reason="no finding compares these two groups")
    views = _views(called or {})
    captions = _captions(called or {})
    scored = _scored(outcome, fitting, views, captions)
    best = max(score for score, _ in scored)
    if best < _ENOUGH:
        return Answer(reason="no finding is of this outcome")
    least = 0.99 if best >= 0.99 else best - _MARGIN  # the very words leave nothing beside them
    close = [each for score, each in scored if score >= least]
    close = [each for each in close if not each[0].population] or close
    if change is not None:
        close = [each for each in close if each[0].change == change] or (
            close if not change else [each for each in close if _FALL.search(each[0].outcome)]
        )
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
    if any(HEADING_STATES in arm.recovery for arm in chosen[1:]):
        return Answer(reason="its percentage and its heading tell different sizes")
    if not time and time_days is None and _FOLLOW_UP.search(chosen[0].time):
        return Answer(reason="it is of a follow-up, and no time is asked for")
    over = _over(chosen[0], captions)
    unsaid = [_unsaid(view(outcome), _seen(chosen[0], view), over) for view in views]
    if all(unsaid):
        return Answer(reason=f"no finding says “{unsaid[0]}”")
    means = [mean for mean in (chosen[1].mean, chosen[2].mean) if mean is not None]
    if _falls(chosen[0]) and not _FALL.search(outcome) and any(mean > 0 for mean in means):
        return Answer(reason="it is stated as a reduction, its sign in words")
    if _improves(chosen[0].outcome) and not _improves(outcome) and any(means):
        return Answer(reason="it is stated as an improvement, its sign in words")
    return Answer(*chosen)


_Captions: TypeAlias = Sequence[tuple[int, int, frozenset[str]]]
_Pair: TypeAlias = tuple[Finding, ArmResult, ArmResult]
_View: TypeAlias = Callable[[str], str]


def _views(called: Mapping[str, str]) -> list[_View]:
    """Ways to word an outcome: as it is, abbreviations written out, and written short."""
    own = {key[6:]: long for key, long in called.items() if key.startswith("short ")}
    known = {**COMMON, **own}
    return [
        lambda text: text,
        lambda text: expanded(text, known),
        lambda text: contracted(text, known),
    ]


def _captions(called: Mapping[str, str]) -> _Captions:
    """Where the cells of each table stand, and the words of its caption."""
    return [
        (int(key.split()[1]), int(key.split()[2]), _names(text))
        for key, text in called.items()
        if key.startswith("at ")
    ]


def _names(caption: str) -> frozenset[str]:
    """The words of a caption for what is measured, and its proper names, of questionnaires.

    Other words may be of the setting: "iron content of meals used in the absorption study". Where
    all is in capitals no name is known.
    """
    head = words_of(outcome_of_caption(caption))
    words = re.findall(r"[^\W_][\w’'-]*", caption)[1:]
    named = [word for word in words if word[0].isupper()]
    plain = any(word.islower() and len(word) > 4 for word in words)
    return head | words_of(" ".join(named)) if named and plain else head


def _over(finding: Finding, captions: _Captions) -> frozenset[str]:
    """The words of the caption over a finding of a table."""
    at = finding.passage
    if at is None or "table" not in finding.rule:
        return frozenset()
    own = (words for start, end, words in captions if start <= at.start and at.end <= end)
    return next(own, frozenset())


def _beside(weights: dict[str, float], finding: Finding, captions: _Captions) -> dict[str, float]:
    """The weights without words that the caption says for the row, which says another."""
    told = words_of(finding.outcome)
    over = _over(finding, captions) - told
    left = {word: weight for word, weight in weights.items() if word not in over}
    return left if told & left.keys() else weights


def _seen(finding: Finding, view: _View) -> Finding:
    return msgspec.structs.replace(
        finding, outcome=view(finding.outcome), population=view(finding.population)
    )


def _scored(
    outcome: str, fitting: Sequence[_Pair], views: Sequence[_View], captions: _Captions
) -> list[tuple[float, _Pair]]:
    """Each finding with how well it is the outcome asked for, in the wording that fits best."""
    best = [0.0] * len(fitting)
    for view in views:
        asked, seen = view(outcome), [_seen(each[0], view) for each in fitting]
        weights = _weights(asked, [finding.outcome for finding in seen])
        scores = (_score(asked, finding, _beside(weights, finding, captions)) for finding in seen)
        best = [max(pair) for pair in zip(best, scores, strict=True)]
    return list(zip(best, fitting, strict=True))


def _improves(outcome: str) -> bool:
    return re.search(r"\bimprovements?\b", outcome, re.IGNORECASE) is not None


def _unsaid(outcome: str, finding: Finding, over: frozenset[str]) -> str:
    """A word of the question that narrows it and that the finding does not say: “women”."""
    said = words_of(f"{finding.outcome} {finding.population} {finding.unit} {finding.time}")
    if _abbreviated(outcome, finding.outcome):
        return ""
    left = words_of(outcome) - said - over - EMPTY - _NO_NARROWER
    if any(word.isdigit() or _ROMAN.fullmatch(word) for word in words_of(outcome) & said):
        left -= _NUMBERED  # "NYHA II" is NYHA class II
    if finding.kind == "continuous" and not said & (_ELSEWHERE | _IN_BLOOD):
        left -= _IN_BLOOD  # what is measured is measured in blood, where nothing else is said
    if finding.family and family_of(outcome) == finding.family:
        text = outcome[:_LONGEST].lower()
        for name, pattern in _FAMILIES:
            text = pattern.sub(" ", text) if name == finding.family else text
        left &= words_of(text) if text.strip() else frozenset()
        left -= words_of(finding.family)
    return min(left, default="")


_DENIED = re.compile(r"(?:un(?!i|der|til)|non)\w{4,}")
_FOLLOW_UP = re.compile(r"\bfollow(?:ed)?[- ]?ups?\b", re.IGNORECASE)
_NUMBERED = frozenset({"class", "stage", "grade", "type", "part", "phase", "group"})
_ROMAN = re.compile(r"[ivx]{1,4}")
_IN_BLOOD = words_of("serum plasma blood circulating")
_ELSEWHERE = words_of(
    "urine urinary saliva salivary csf cerebrospinal sputum tissue muscle milk skin hair stool "
    "faecal"
)
_FAMILIES = [(name, re.compile(pattern)) for name, pattern in FAMILIES]
_NO_NARROWER = frozenset(
    {"present", "emergent", "teae", "teaes", "period", "therapy", "any", "all", "cause"}
)
_LONGEST = 300  # characters of an outcome's wording
_BRACKETED = re.compile(r"\([^()]*\)")
_TIME_TO = re.compile(r"\btime\s(?:to|until|till)\b", re.IGNORECASE)
_OF_SPREAD = re.compile(
    r"^\W*(?:SD|standard deviation|variability|coefficient of variation)\b(?=\s(?:of|in)\b)",
    re.IGNORECASE,
)


def _weights(outcome: str, others: Sequence[str]) -> dict[str, float]:
    """How much a word of the question tells: little where many outcomes have it, or none has."""
    distinct = {words_of(other) for other in others}
    weights = {}
    for word in words_of(outcome):
        having = sum(word in words for words in distinct)
        weights[word] = _UNHEARD if not having else 1 / (1 + having / max(len(distinct), 4))
    return weights


def _score(outcome: str, finding: Finding, weights: dict[str, float]) -> float:
    """From 0 to 1: how well a finding's outcome is the one asked for."""
    asked, told = frozenset(weights), words_of(finding.outcome)
    if bool(_TIME_TO.search(outcome)) != bool(_TIME_TO.search(finding.outcome)):
        return 0.0  # the time to a peak is another outcome than the peak
    if bool(_OF_SPREAD.search(outcome)) != bool(_OF_SPREAD.search(finding.outcome)):
        return 0.0  # "SD of speed" is another outcome than speed
    if any(_DENIED.fullmatch(word) for word in asked ^ told):
        return 0.0  # "unprotected sex" is another outcome than "sex"
    if _abbreviated(outcome, finding.outcome):
        return 0.95
    family = family_of(outcome)
    own = finding.family
    if family and own and family != own:
        return 0.0
    bare = _BRACKETED.sub(" ", finding.outcome)
    if len(bare) >= 5 and bare != finding.outcome:  # "high release (more than 3 U/L)"
        told = words_of(bare) if not asked & (told - words_of(bare)) else told
    total = sum(weights.values())
    recall = sum(weights[word] for word in asked & told) / total if total else 0.0
    precision = len(asked & told) / len(told) if told else 0.0
    missing = sum(weights[word] != _UNHEARD for word in asked - told)
    score = math.sqrt(recall * precision) * _LACKING**missing
    if family and family == own and not _narrowed_apart(outcome, finding.outcome, family):
        score = max(score, 0.7 + 0.3 * score)
    return score


def _narrowed_apart(asked: str, told: str, family: str) -> bool:
    """Whether two wordings narrow one family each in its own way: vertebral, hip fractures."""
    left = []
    for text in (asked[:_LONGEST].lower(), told[:_LONGEST].lower()):
        for name, pattern in _FAMILIES:
            text = pattern.sub(" ", text) if name == family else text
        left.append(words_of(text) - EMPTY - _NO_NARROWER if text.strip() else frozenset())
    one, two = left
    return bool(one and two and not one & two)


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
    return frozenset(stem(re.sub(r"(?<=\d)(?:st|nd|rd|th)$", "", word)) for word in words)


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
