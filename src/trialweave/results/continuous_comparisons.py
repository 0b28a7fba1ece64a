"""Comparisons of means or medians in one sentence: figures with their groups, outcome and P."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from trialweave.model import Effect, PValue, Role
from trialweave.results.comparisons import end_of, statistics
from trialweave.results.continuous_values import Declared, Quantity, find_quantities
from trialweave.results.families import MEASURED, family_of, names_outcome
from trialweave.results.groups import Mention, pair_roles
from trialweave.results.pairing import chain
from trialweave.results.view import SentenceView
from trialweave.results.wording import has_content, main_clause, tidy

__all__ = ["Measured", "read_measured"]


@dataclass(frozen=True, slots=True)
class Measured:
    """One comparison of means or medians, at characters `start` to `end` of a sentence."""

    outcome: str
    family: str
    arms: tuple[tuple[Quantity, str, Role], ...]
    spans: tuple[tuple[int, int], ...]
    change: bool
    unit: str
    p: PValue | None
    effect: Effect | None
    start: int
    end: int
    tail: int


_REACH = 10  # words that may stand between a comparison and its P
_STATISTIC = re.compile(
    r"\b(?i:(?:estimated|adjusted|unadjusted|overall|marginal|least[- ]squares?|LS)\s)*"
    r"(?i:means?|medians?|averages?|averaged)\b"
    r"(?:\s?(?:±|\(|\[|,|and)\s?(?:±\s?)?(?:SDs?|SEMs?|SEs?|IQRs?|s\.?d\.?|ranges?|95\s?%\s?CIs?|"
    r"(?:standard|interquartile|inter-quartile)\s\w+(?:\sof\sthe\smean)?)\s?[)\]]?)*"
    r"|[(\[]\s?(?:±\s?)?(?:SDs?|SEMs?|SEs?|IQRs?|ranges?|means?|medians?|M|standard\s\w+)"
    r"(?:\s?(?:±|,)\s?(?:SD|SEM|SE))?\s?[)\]]"
    r"|(?:±|,)?\s?\b(?:SDs?|SEMs?|IQRs?|M|Mdn)\b\s?[=:]?",
)
_BASELINE = re.compile(
    r"\bbaseline\b|\bon admission\b|\bat (?:the )?(?:start|beginning|outset)\b|\brun-?in\b|"
    r"\bat (?:study|trial) (?:entry|start|enrol\w+)\b"
    r"|\bat (?:entry|enrol\w+|admission|randomi\w+|inclusion)"
    r"|\bbefore (?:the )?(?:treatment|intervention|surgery|operation|therapy|training|randomi\w+)"
    r"|\bpre-?(?:treatment|intervention|operative|test|dose)\w*|\binitial(?:ly)?\b",
    re.IGNORECASE,
)
_FROM_BASELINE = re.compile(
    r"\b(?:change\w*|differen\w+|reduc\w+|increase\w*|decrease\w*|improve\w*|decline\w*|from|"
    r"compared (?:with|to)|versus|relative to|adjust\w+ for)\s(?:\w+\s){0,4}?baseline\b"
    r"|\bbaseline to\b|\bbaseline-adjusted\b",
    re.IGNORECASE,
)
_CHANGE = re.compile(
    r"\b(?:changes?|reductions?|decreases?|increases?|improvements?|declines?|drop|fall|rise)\s"
    r"(?:in|of|from)\b|\bchange scores?\b|\bchanges?$|\bweight (?:gain|loss)\b"
    r"|^(?:changes?|reductions?|decreases?|increases?|improvements?|declines?)\b",
    re.IGNORECASE,
)
_MOVED = re.compile(
    r"\b(?:decreased|increased|improved|declined|fell|dropped|rose|reduced|changed|gained|lost|"
    r"lowered|raised)\s(?:significantly\s|only\s)?(?:by|of)\b",
    re.IGNORECASE,
)
_NO_OUTCOME = re.compile(
    r"\b(?:age|aged|ages|follow-?up (?:time|period|duration|was|of)?|years old|"
    r"(?:effect|sample) size|sample|power|cut-?off|threshold|educat\w+|p-?value|dose[sd]?|"
    r"attended|attendance|sessions?|adherence|compliance)\b",
    re.IGNORECASE,
)
_ONLY = re.compile(
    r"\b(?:changes?|reductions?|decreases?|increases?|improvements?|declines?|values?|scores?|"
    r"levels?|baseline|results?|time|points?|treatment|intervention|shorter|longer|faster|slower|"
    r"either|neither|estimates?|adjusted|standard|error|deviation|mean|median|range|final|study|"
    r"day|days|week|weeks|month|months|hours|minutes|years)\b",
    re.IGNORECASE,
)
_DONE = re.compile(
    r"\b(?:analy[sz]ed|assessed|evaluated|measured|recorded|determined|obtained|calculated|"
    r"performed)\b",
    re.IGNORECASE,
)
_BESIDE = re.compile(
    r"(?:^|\s)(?:following|compared|among|between|than|versus|when|after)\b.*$", re.IGNORECASE
)
_COPULA = frozenset({"was", "were", "is", "are", "remained", "became", "be", "been"})
_SPLIT = re.compile(
    r"(\b(?:was|were|is|are|be|been|had|has|have|did|showed|shown|revealed|demonstrated|found|"
    r"observed|seen|noted|experienced|achieved|attained|had|with|for either|for both|"
    r"increased|decreased|improved|declined|fell|dropped|rose|reduced|changed|ranged|averaged|"
    r"remained|reached|gained|lost|differed|scored|spent|reported|lowered|dropped|went|became)\b|;)",
    re.IGNORECASE,
)
_CONTRAST = re.compile(r"\beffects?\b|\bdifferences?\b|\bversus\b|\bvs\b", re.IGNORECASE)
_ESTIMATE = re.compile(
    r"\b(?:differences?|ratio|effect|β|coefficient)\s?(?:was|of|=|:|,)?\s?$", re.I
)


def read_measured(sentence: SentenceView, declared: Declared | None = None) -> list[Measured]:
    """The comparisons of means or medians that one sentence states, in order."""
    if len(sentence.groups) == 0:
        return []
    quantities = [
        quantity
        for quantity in find_quantities(sentence.tokens, sentence.text, declared)
        if not _is_taken(sentence, quantity)
    ]
    if len(quantities) < 2:
        return []
    view = sentence.over(quantities)
    found: list[Measured] = []
    index = done = 0
    while index < len(view.pieces):
        groups = chain(view, index, done)
        if groups is None:
            done = end_of(view, quantities[index])
            index += 1
            continue
        measured = _measured(view, quantities[index : index + len(groups)], groups, done)
        index += len(groups)
        done = end_of(view, quantities[index - 1])
        if measured is not None:
            found.append(measured)
            done = max(done, measured.tail)
    return found


def _is_taken(sentence: SentenceView, quantity: Quantity) -> bool:
    """Whether a count, a group's name or an effect holds the number."""
    for share in sentence.shares:
        if share.form != "bare" and share.first < quantity.last and quantity.first < share.last:
            return share.form != "%" or quantity.bare
    if any(g.first <= quantity.first < g.last for g in sentence.groups):
        return True
    before = sentence.text[: sentence.tokens[quantity.first].start][-40:]
    return bool(_ESTIMATE.search(before))


def _measured(
    view: SentenceView,
    quantities: Sequence[Quantity],
    groups: Sequence[Mention | None],
    done: int,
) -> Measured | None:
    if len({q.kind for q in quantities}) > 1 or any(group is None for group in groups):
        return None
    if len({(q.spread_kind, q.limits, bool(q.spread)) for q in quantities}) > 1:
        return None
    if len({_direction(view, quantity) for quantity in quantities} - {0}) > 1:
        return None  # "an improvement of 5.9 against a decline of 2.7": the sign is in the words
    units = {_unit(q.unit) for q in quantities if q.unit}
    if len(units) > 1:
        return None
    first, last = quantities[0], quantities[-1]
    start = max(done, view.clause_start(first.first))
    end = view.clause_end(last.last)
    later = [p.first for p in view.pieces if p.first >= last.last]
    if later:
        end = min(end, later[0])
    wording = _wording(view, start, end, quantities, groups)
    if not wording and done:
        start = 0
        wording = _wording(view, 0, end, quantities, groups)
    if not wording:
        return None
    tail = max([last.last, *(g.last for g in groups if g is not None)])
    whole = view.text[view.tokens[start].start : view.tokens[min(tail, len(view.tokens)) - 1].end]
    around = view.text[: view.tokens[min(end, len(view.tokens)) - 1].end]
    if _BASELINE.search(_FROM_BASELINE.sub(" ", around)) and not any(q.before for q in quantities):
        return None
    if _NO_OUTCOME.search(wording) or _CONTRAST.search(wording):
        return None
    if all(q.bare for q in quantities) and not (units or "." in first.value):
        return None
    p, effect = statistics(view, last.last, end, _REACH, of_means=True)
    roles = pair_roles([group.role if group else "unknown" for group in groups])
    change = bool(
        not any(q.before for q in quantities)
        and (_CHANGE.search(wording) or _MOVED.search(whole) or _from_baseline(whole))
    )
    if change:
        before = view.text[: view.tokens[first.first].start][-40:]
        wording = _with_direction(
            wording,
            {_direction(view, quantity) for quantity in quantities},
            improved=bool(re.search(r"\bimprove", before, re.IGNORECASE)),
        )
    return Measured(
        outcome=wording,
        family=family if (family := family_of(wording)) in MEASURED else "",
        arms=tuple(
            (quantity, view.label(group), role)
            for quantity, group, role in zip(quantities, groups, roles, strict=True)
        ),
        spans=tuple((view.tokens[q.first].start, view.tokens[q.last - 1].end) for q in quantities),
        change=change,
        unit=units.pop() if units else _unit_named(wording),
        p=p,
        effect=effect,
        start=view.tokens[start].start,
        end=view.tokens[min(tail, len(view.tokens)) - 1].end,
        tail=tail,
    )


_TIMES = {"min": "minutes", "mins": "minutes", "minute": "minutes", "sec": "seconds",
          "second": "seconds", "h": "hours", "hr": "hours", "hrs": "hours", "d": "days",
          "wks": "weeks", "wk": "weeks", "yr": "years", "yrs": "years"}  # fmt: skip
_UP = frozenset({"improvement", "increase", "gain", "rise", "increased", "improved", "gained"})
_DOWN = frozenset({"decline", "decrease", "loss", "fall", "drop", "reduction", "decreased",
                   "declined", "lost", "worsening", "worsened", "fell", "reduced"})  # fmt: skip


def _direction(view: SentenceView, quantity: Quantity) -> int:
    """1 where the words just before a figure say that it is a rise, -1 for a fall, else 0."""
    words = {view.low(i) for i in range(max(quantity.first - 4, 0), quantity.first)}
    return bool(words & _UP) - bool(words & _DOWN)


_AS_PRINTED = re.compile(
    r"\b(?:reduc|decreas|declin|fall|fell|drop|loss|lost|lower|worsen|improve|chang)", re.IGNORECASE
)


def _with_direction(wording: str, directions: set[int], *, improved: bool) -> str:
    """The wording with the direction that a verb gives the amounts: "fell by 12" is no 12 more,
    and "improved by 3" may be 3 more or 3 less."""
    if _AS_PRINTED.search(wording):
        return wording
    if -1 in directions:
        return f"reduction in {wording}"
    return f"improvement in {wording}" if improved else wording


def _unit(printed: str) -> str:
    """A unit as printed, but times in the plural: "day" and "days" are one."""
    printed = _TIMES.get(printed, printed)
    return printed + "s" if printed in ("day", "week", "month", "year", "hour") else printed


def _from_baseline(text: str) -> bool:
    return bool(re.search(r"\bchange\w* (?:\w+ ){0,4}from baseline\b", text, re.IGNORECASE))


_IN_UNIT = re.compile(r"\b(?:in|,)\s((?:days|hours|minutes|weeks|months|seconds|mm ?Hg|%|kg|g)"
                      r"(?:/\w{1,6}){0,3})\s*$")  # fmt: skip


def _unit_named(wording: str) -> str:
    match = _IN_UNIT.search(wording)
    return match[1] if match else ""


def _wording(
    view: SentenceView,
    start: int,
    end: int,
    quantities: Sequence[Quantity],
    groups: Sequence[Mention | None],
) -> str:
    """What was measured: the subject before the figures, else the words behind them."""
    first, last = quantities[0], quantities[-1]
    named = [*view.groups, *(group for group in groups if group is not None)]
    in_group = {i for g in named for i in range(g.first, g.last)}

    def piece(begin: int, stop: int) -> str:
        words = [
            view.text[view.tokens[i].start : view.tokens[i].end]
            for i in range(begin, min(stop, len(view.tokens)))
            if i not in in_group and view.tokens[i].kind not in ("p", "effect", "interval")
        ]
        return re.sub(r"\s+([,.;:)\]])|([(\[])\s+", r"\1\2", " ".join(words))

    for group in view.groups:
        inside = 0 < view.depth[group.first] == view.depth[first.first]
        if start <= group.first and group.last < first.first and inside:
            if view.low(group.last) != ":":
                continue
            start = group.last + 1  # "(A vs B: pain, 3.1 vs 4.2)"
    subject = piece(start, first.first)
    plain = re.sub(r"\(\s*\)|\[\s*\]", " ", _STATISTIC.sub(" ", subject))
    plain = " ".join(plain.split())
    for clause in (main_clause(plain), plain):
        if text := _named_in(clause):
            return _narrowed(text, view, first)
    tail = last.last
    for group in view.groups:
        if tail <= group.first <= tail + 6:
            tail = group.last
    behind = piece(tail, end)
    behind = re.split(r"[,;(]|\bwith\b|\band\b|\bwhile\b|\bcompared\b", behind.strip(" ,.)("))[0]
    text = tidy(behind)
    return text if _names_a_measure(text) and names_outcome(text) else ""


def _narrowed(text: str, view: SentenceView, first: Quantity) -> str:
    """The measure with the part of it that stands behind the groups: "scores … in cognition (5"."""
    before = [g.last for g in view.groups if g.last < first.first]
    if len(before) < 2 or view.low(first.first - 1) not in ("(", "["):
        return text
    words = view.tokens[before[-1] : first.first - 1]
    if not 1 < len(words) < 8 or words[0].low not in ("in", "for", "on", "regarding"):
        return text
    part = view.text[words[0].start : words[-1].end]
    return f"{text} {part}" if _names_a_measure(tidy(part)) else text


def _named_in(clause: str) -> str:
    """The last part between verbs that names a measure; behind "was" stand adjectives only."""
    pieces = _SPLIT.split(clause)
    verbs = ["", *(verb.lower() for verb in pieces[1::2])]
    found = ""
    for verb, part in zip(reversed(verbs), reversed(pieces[::2]), strict=True):
        text = _BESIDE.sub("", tidy(part)).rstrip(" ,(")
        if not _names_a_measure(text):
            continue
        if verb not in _COPULA:
            return text
        found = found or text
    return found


def _names_a_measure(text: str) -> bool:
    """Whether the words name what was measured, beyond that it changed, and are whole."""
    if "±" in text or text.count("(") != text.count(")") or text.count("[") != text.count("]"):
        return False
    return has_content(_DONE.sub(" ", _ONLY.sub(" ", text))) and text[:1].isalpha()
