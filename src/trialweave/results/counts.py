"""Counts and percentages of persons as a sentence prints them.

Forms: ``7/14``, ``7 of 14 (50%)``, ``7 patients (50%)``, ``50% (7/14)``, ``50%``, ``six of 24``,
``none``. What looks like a share and is none (a change, a mean, a threshold, a dose, a range, a
rate per year) is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from trialweave.results.groups import Mention
from trialweave.results.tokens import Token

__all__ = ["PERSONS", "Share", "find_shares"]


@dataclass(frozen=True, slots=True)
class Share:
    """Some persons out of a group, at tokens `first` to `last` (exclusive).

    `percent` is the printed number as a plain decimal, "" where none is printed. `noun` holds the
    words between the count and what follows it; `inner` the group named inside, if any. A `bare`
    share is a lone count, which is a result only opposite another one.
    """

    first: int
    last: int
    events: int | None
    n: int | None
    percent: str
    form: Literal["n/N", "n (%)", "%", "bare"]
    noun: tuple[int, int] = (0, 0)
    inner: Mention | None = None

    @property
    def size(self) -> float | None:
        """Percent, for "fewer" and "more"; None where the size of the group is not known."""
        if self.percent:
            return float(self.percent)
        if self.events is not None and self.n:
            return 100 * self.events / self.n
        return None

    @property
    def complete(self) -> bool:
        return self.events is not None and (self.n is not None or bool(self.percent))


PERSONS = frozenset(
    {
        "patients", "patient", "participants", "participant", "subjects", "subject", "individuals",
        "people", "persons", "person", "women", "woman", "men", "man", "children", "child",
        "infants", "neonates", "adults", "volunteers", "recipients", "mothers", "cases", "case",
        "deaths", "death", "survivors", "fatalities", "students", "girls", "boys", "households",
    }
)  # fmt: skip
_UNITS = frozenset(
    {
        "day", "days", "d", "week", "weeks", "wk", "wks", "month", "months", "mo", "year", "years",
        "yr", "yrs", "y", "hour", "hours", "h", "hr", "hrs", "min", "mins", "minute", "minutes",
        "s", "sec", "seconds", "mg", "g", "kg", "ml", "l", "µg", "μg", "mcg", "ng", "iu", "u",
        "mm", "cm", "m", "km", "mmhg", "°", "mmol", "µmol", "doses", "dose", "infusions",
        "infusion", "cycles", "times", "fold", "points", "point", "centres", "centers", "sites",
        "hospitals", "visits", "copies", "cells", "steps", "items", "sessions", "bpm", "mv",
        "log10", "log", "ci", "consecutive", "episodes", "events", "occasions", "lesions", "eyes",
        "teeth", "samples", "cups", "units", "million", "billion", "degrees", "trials", "studies",
        "countries", "groups", "arms", "stages", "parts", "outcomes", "measurements", "knees",
        "hips", "wounds", "adverse", "ae", "aes", "sae", "saes", "x", "×",
    }
)  # fmt: skip
_BEFORE_LABEL = frozenset(
    {
        "day", "days", "week", "weeks", "month", "months", "year", "grade", "grades", "stage",
        "phase", "group", "groups", "arm", "level", "type", "class", "age", "aged", "score",
        "table", "tables", "fig", "figure", "step", "version", "cohort", "visit", "part", "ref",
        "no", "number", "category", "cycle", "cycles", "than", "about", "approximately", "around",
        "over", "nearly", "almost", "least", "most", "χ", "t", "f", "z", "r", "df", "q",
    }
)  # fmt: skip
_VAGUE = frozenset(
    {
        "about", "approximately", "around", "nearly", "almost", "least", "most", "over", "than",
        "roughly", "some", "circa", "up", "above", "below", "exceeding",
    }
)  # fmt: skip
_SIGNS = frozenset("=<>≥≤⩾⩽±~≈−–-/+$#^×&")
_CHANGE_NOUNS = frozenset(
    {
        "reduction", "reductions", "decrease", "decreases", "increase", "increases", "decline",
        "change", "changes", "increment", "gain", "loss", "mean",
        "means", "median", "average", "averaged", "sd", "iqr", "variation", "coefficient",
        "saturation", "fraction", "lvef", "hba1c", "hematocrit", "haematocrit", "predicted",
        "confidence", "power", "stenosis", "concentration", "sensitivity", "specificity",
        "accuracy", "efficacy", "density", "area", "score", "scores", "volume", "levels", "level",
        "dose", "adherence", "compliance", "percentile",
    }
)  # fmt: skip
_CHANGE_OF = frozenset(
    {"improvement", "improvements", "difference", "differences"}
)  # a change only directly before: "an improvement of 20%"
_HAPPENED = frozenset({";", ":", "observed", "occurred", "seen", "found", "reported", "noted",
                       "developed", "present", "achieved", "recorded", "detected"})  # fmt: skip
_CHANGE_VERBS = frozenset(
    {"reduced", "decreased", "increased", "declined", "fell", "dropped", "rose", "changed",
     "improved", "grew", "reducing", "increasing", "decreasing", "ranged", "ranging", "raised",
     "lowered", "diminished", "gained", "lost"}
)  # fmt: skip
_OPEN = frozenset("([")
_CLOSE = frozenset(")]")
_NOUN_STOP = frozenset(
    {
        "in", "on", "with", "for", "from", "by", "at", "to", "and", "or", "but", "than", "versus",
        "vs", "compared", "were", "was", "had", "have", "did", "while", "whereas", "as", "per",
        "which", "that", "who", "receiving", "within", "after", "during", "among", "between",
    }
)  # fmt: skip
_CONTEXT = 10


def find_shares(tokens: Sequence[Token], mentions: Sequence[Mention]) -> list[Share]:
    """The shares of a sentence in order, none overlapping another."""
    starts = {mention.first: mention for mention in mentions}
    behind_group = {mention.last for mention in mentions}
    inside = {i for mention in mentions for i in range(mention.first, mention.last)}
    shares: list[Share] = []
    index = 0
    while index < len(tokens):
        kind = tokens[index].kind
        share = None
        if kind == "int" and index not in inside:
            share = _from_count(tokens, index, starts, behind_group)
        elif kind == "percent":
            share = _from_percent(tokens, index)
        elif kind == "word" and tokens[index].low in ("none", "no"):
            share = _from_none(tokens, index)
        if share is None:
            index += 1
        else:
            shares.append(share)
            index = share.last
    return [share for at, share in enumerate(shares) if not _earlier(tokens, shares, at)]


def _earlier(tokens: Sequence[Token], shares: Sequence[Share], at: int) -> bool:
    """Whether a share is the start of a change: "from 13.5% (n = 60) to 18.8% (n = 91)"."""
    if _low(tokens, shares[at].first - 1) != "from" or at + 1 == len(shares):
        return False
    between = range(shares[at].last, min(shares[at + 1].first, shares[at].last + 8))
    return any(_low(tokens, i) == "to" for i in between)


def _low(tokens: Sequence[Token], index: int) -> str:
    return tokens[index].low if 0 <= index < len(tokens) else ""


def _kind(tokens: Sequence[Token], index: int) -> str:
    return tokens[index].kind if 0 <= index < len(tokens) else ""


def _from_none(tokens: Sequence[Token], index: int) -> Share | None:
    if tokens[index].low == "none":
        return Share(index, index + 1, 0, None, "", "bare")
    if _low(tokens, index + 1) in PERSONS:
        return Share(index, index + 2, 0, None, "", "bare", (index + 1, index + 2))
    return None


def _from_count(
    tokens: Sequence[Token], index: int, starts: dict[int, Mention], behind_group: set[int]
) -> Share | None:
    previous = _low(tokens, index - 1)
    labelled = previous in _BEFORE_LABEL and index not in behind_group
    if previous in _SIGNS or labelled or _is_measured(tokens, index):
        return None
    events = tokens[index].number
    cursor = index + 1
    noun_start = cursor
    while (
        cursor < index + 3 and _kind(tokens, cursor) == "word" and _low(tokens, cursor) in PERSONS
    ):
        cursor += 1
    total, after = _out_of(tokens, cursor)
    if total is not None and cursor < after:
        if not total > 0 or events > total or _is_measured(tokens, after - 1):
            return None
        if _low(tokens, after).endswith(("-years", "-months", "-days")) or (
            _low(tokens, after + 1).startswith(("year", "month", "day", "week"))
            and _low(tokens, after) in PERSONS
        ):
            return None  # 22/100 person years is a rate
        percent, last = _percent_after(tokens, after)
        return Share(index, last, events, total, percent, "n/N", (noun_start, cursor))
    return _count_and_percent(tokens, index, starts)


def _is_measured(tokens: Sequence[Token], index: int) -> bool:
    """Whether the number at `index` has a unit or a spread, or is the start of a range."""
    following = _low(tokens, index + 1)
    if following in ("±", "×", "^", "°", ":", "+"):
        return True
    if following in "-–—−" and following and _kind(tokens, index + 2) in ("int", "number"):
        return True
    return following in _UNITS


def _out_of(tokens: Sequence[Token], index: int) -> tuple[int | None, int]:
    """The total after "/", "of", "out of (the)", and the index behind it."""
    low = _low(tokens, index)
    if low == "/":
        if _kind(tokens, index + 1) == "int" and _low(tokens, index + 2) != "/":
            return tokens[index + 1].number, index + 2
        return None, index
    if low == "out":
        index += 1
        low = _low(tokens, index)
    if low != "of":
        return None, index
    index += 1
    while _low(tokens, index) in ("the", "all", "these", "our", "a", "total", "of", "those"):
        index += 1
    if _kind(tokens, index) == "int":
        return tokens[index].number, index + 1
    return None, index


def _percent_after(tokens: Sequence[Token], index: int) -> tuple[str, int]:
    """The percentage printed behind ``n/N``: "(50%)", "; 50%", "patients (50%)"."""
    cursor = index
    if _low(tokens, cursor) in ("[", "(", ",", ";", "=", ":"):
        if _kind(tokens, cursor + 1) == "percent":
            last = cursor + 2
            if _low(tokens, cursor) in _OPEN and _low(tokens, last) in _CLOSE:
                last += 1
            return tokens[cursor + 1].low, last
        return "", index
    while (
        cursor < index + 4
        and _kind(tokens, cursor) == "word"
        and _low(tokens, cursor) not in _NOUN_STOP
    ):
        cursor += 1
    if cursor > index and _low(tokens, cursor) in _OPEN and _kind(tokens, cursor + 1) == "percent":
        last = cursor + 2
        return tokens[cursor + 1].low, last + (_low(tokens, last) in _CLOSE)
    return "", index


def _count_and_percent(
    tokens: Sequence[Token], index: int, starts: dict[int, Mention]
) -> Share | None:
    """``7 patients (50%)``, ``7 patients in the treated group (50%)``, or a bare count."""
    events = tokens[index].number
    cursor = index + 1
    while (
        cursor < index + 5
        and _kind(tokens, cursor) == "word"
        and _low(tokens, cursor) not in _NOUN_STOP
        and cursor not in starts
    ):
        cursor += 1
    noun = (index + 1, cursor)
    inner = None
    end = cursor
    if _low(tokens, cursor) in ("in", "of", "from", "with", "on", "receiving", "for"):
        behind = cursor + 1 if cursor not in starts else cursor
        while _low(tokens, behind) == "the":
            behind += 1
        mention = starts.get(behind)
        if mention is None and _low(tokens, behind - 1) == "the":
            mention = starts.get(behind - 1)
        if mention is not None and not mention.every:
            inner, end = mention, mention.last
    if _low(tokens, end) in _OPEN and _kind(tokens, end + 1) == "percent":
        following = _low(tokens, end + 2)
        if following in _CLOSE or following in (",", ";") or _kind(tokens, end + 2) == "interval":
            last = end + 2 + (following in _CLOSE)
            percent = tokens[end + 1].low
            total = _behind_of(tokens, last)
            if total is not None and total >= max(events, 1) and inner is None:
                return Share(index, last + 2, events, total, percent, "n/N", noun)
            return Share(index, last, events, None, percent, "n (%)", noun, inner)
        return None
    nearest = _low(tokens, index + 1)
    if _low(tokens, index - 1) in ("among", "of", "the", "all", "these", "those"):
        return None
    if nearest in PERSONS:
        return Share(index, index + 2, events, None, "", "bare", (index + 1, index + 2))
    if nearest in ("in", "of", "from", "with", "on") or index + 1 in starts:
        return Share(index, index + 1, events, None, "", "bare")
    return None


def _behind_of(tokens: Sequence[Token], index: int) -> int | None:
    """The total in "102 (66%) of 155 patients"."""
    if _low(tokens, index) != "of" or _kind(tokens, index + 1) != "int":
        return None
    if _low(tokens, index + 2) in _UNITS or _low(tokens, index + 2) in _SIGNS:
        return None
    return tokens[index + 1].number


def _from_percent(tokens: Sequence[Token], index: int) -> Share | None:
    previous = _low(tokens, index - 1)
    following = _low(tokens, index + 1)
    if previous in _SIGNS or previous in _VAGUE:
        return None
    if following in ("/", "±", "-", "–", "—", "−") or (
        following in ("to", "or", "and")
        and _low(tokens, index + 2) in ("less", "more", "higher", "greater", "above", "over")
    ):
        return None
    if following == "to" and _kind(tokens, index + 2) == "percent":
        return None
    if previous in ("and", "or", ",") and _kind(tokens, index - 2) in ("int", "number"):
        return None  # "36 and 23%": a list whose first number shows no sign
    if (_low(tokens, index + 1), _low(tokens, index + 2)) == ("per", "year"):
        return None
    percent = tokens[index].low
    # with the count behind it: "50% (7/14)", "3%; 1 of 37", "27.5% (11)", "50% (n = 7)"
    if following in _OPEN or following in (";", ","):
        cursor = index + 2
        if _low(tokens, cursor) == "n" and _low(tokens, cursor + 1) == "=":
            cursor += 2
        if _kind(tokens, cursor) == "int":
            events = tokens[cursor].number
            total, after = _out_of(tokens, cursor + 1)
            after += total is not None and _low(tokens, after) in PERSONS
            closed = _low(tokens, after) in _CLOSE
            if (total is not None and 0 < events <= total) or (
                total is not None and events == 0 < total
            ):
                last = after + (closed and following in _OPEN)
                return Share(index, last, events, total, percent, "n/N")
            after = cursor + 1 + (_low(tokens, cursor + 1) in PERSONS)
            if following in _OPEN and total is None and _low(tokens, after) in _CLOSE:
                return Share(index, after + 1, events, None, percent, "n (%)")
    if _is_change(tokens, index):
        return None
    return Share(index, index + 1, None, None, percent, "%")


def _is_change(tokens: Sequence[Token], index: int) -> bool:
    """Whether the words before a lone percentage say that it is no share of persons."""
    previous = _low(tokens, index - 1)
    near_verb = False
    for back in range(index - 1, max(index - 1 - _CONTEXT, -1), -1):
        token = tokens[back]
        if token.low in _HAPPENED or token.kind in ("p", "effect"):
            break
        if token.low in _CHANGE_NOUNS or (
            token.low in _CHANGE_OF and previous in ("of", "by", "was", "were", "is")
        ):
            return True
        if token.low in _CHANGE_VERBS and index - back <= 5:
            near_verb = True
    if (near_verb and previous in ("by", "to", "from", "in", "of")) or previous == "by":
        return True
    return previous in _CHANGE_VERBS
