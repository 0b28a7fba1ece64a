"""Whether a text says that something is there: present, negated, hypothetical, past, excluded.

Cues before or after a mention, in the manner of NegEx (Chapman et al., Journal of Biomedical
Informatics 2001; 34: 301-310) and ConText (Harkema et al., the same 2009; 42: 839-851), with a list
of cues of our own. All cues of a text are found in one pass over its words; each mention then looks
up its nearest ones, so that the work grows with the text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final, Literal, NamedTuple

from trialweave.terms.mention import Assertion

__all__ = ["Context", "context"]

_REACH: Final = 90  # characters from a cue to the mention that it speaks of
_REACH_BACK: Final = 25  # the same for a cue that follows its mention

_Kind = Literal["end", "idle", "exception"] | Assertion
_BE: Final = ("is", "are", "was", "were", "be", "been")


def _each(firsts: Iterable[str], *seconds: str) -> tuple[str, ...]:
    return tuple(f"{first} {second}" for first in firsts for second in seconds)


_BEFORE: Final[dict[_Kind, tuple[str, ...]]] = {
    "negated": (
        "no", "not", "without", "deny", "denies", "denied", "denying", "absence of", "absent",
        "lack of", "lacks", "lacked", "lacking", "negative for", "free of", "free from", "never",
        "neither", "nor", "none of", "rule out", "ruled out", "rules out", "ruling out",
        "exclusion of", "cannot have", "no evidence of", "no history of", "no signs of",
        "no family history of", "no prior", "no previous", "no known", "no suspected",
        "unremarkable for", "without evidence of", "without history of", "no sign of",
        "without a history of", "not have", "no personal history of", "no past history of",
        "no prior history of", "no known history of", "no medical history of",
        *_each(("failed to", "fails to", "fail to"), "show", "reveal", "find"),
    ),
    "history": (
        "history of", "histories of", "h o", "previous", "previously", "prior", "past", "former",
        "formerly", "status post", "s p", "recovered from", "recovering from", "remote",
        "had had", "prior history of", "past history of", "family history of",
    ),
    "hypothetical": (
        "if", "risk of", "risk for", "risk factor for", "risk factors for", "risks of", "suspect",
        "suspected", "suspecting", "suspicion of", "suspicion for", "possible", "possibly",
        "possibility of", "potential", "potentially", "may", "might", "could", "prevent",
        "prevents", "prevented", "preventing", "prevention of", "prophylaxis of",
        "prophylaxis for", "prophylaxis against", "in case of", "in the event of", "probable",
        "presumed", "predisposed to", "predisposes to", "predisposing to", "predisposition to",
        "prone to", "susceptible to", "susceptibility to", "screen for", "screened for",
        "screening for", "unless", "whether", "worrisome for", "concern for", "should",
    ),
    # Among exclusions, what is named as an exception is not excluded.
    "exception": (
        "except", "except for", "other than", "with the exception of", "apart from", "aside from",
        "excepting",
    ),
}  # fmt: skip
_AFTER: Final[dict[_Kind, tuple[str, ...]]] = {
    "negated": (
        *_each(_BE, "absent", "excluded", "ruled out", "negative", "unlikely", "not present",
               "not seen", "not found", "not detected", "not observed", "not noted", "not allowed",
               "not permitted"),
        *_each(("did", "does", "do", "has", "have", "had"), "not occur", "not develop",
               "not developed", "not appear", "not occurred"),
        *_each(("not", "never"), "present", "seen", "found", "detected", "observed", "noted"),
    ),
    "history": ("in the past", "years ago", "months ago", "year ago", "in history"),
    "hypothetical": (
        *_each(_BE, "suspected", "possible", "likely"), "may occur", "may develop", "might occur",
        "could occur", "cannot be excluded", "cannot be ruled out", "risk",
    ),
}  # fmt: skip
# Words that look like cues and say nothing of presence.
_IDLE: Final = (
    "not only", "not necessarily", "without difficulty", "without any difficulty", "not limited to",
    "not restricted to", "prior to", "as possible", "if possible", "may be included",
    "may be enrolled", "risk ratio", "whether or not", "not previously", "no later than",
    *_each(("no", "not"), "longer than", "more than", "less than"),
    *_each(("no", "no significant", "no further", "no statistically significant"), "increase",
           "increases", "decrease", "change", "changes", "difference", "differences",
           "improvement", "effect", "effects"),
    *_each(("previous", "prior", "past"), "study", "studies", "report", "reports", "work",
           "months", "years", "weeks"),
    *_each(("previously",), "reported", "described", "published", "undescribed", "unreported",
           "unrecognized", "healthy"),
)  # fmt: skip
_ENDS: Final = (
    "but", "however", "although", "though", "whereas", "while", "which", "who", "yet",
    "nevertheless", "because", "due to", "secondary to", "caused by", "until", "despite",
    "therefore", "besides", "when", "had", "has",
)  # fmt: skip
_STOPS: Final = re.compile(r"[.!?](?=\s|$)|;|\n[ \t]*\n|\n(?=[ \t]*(?:[-*•]|\d{1,3}[.)]))")
_SECTION: Final = re.compile(r"\b(ex|in)clusion(?: criteria\b| *:)", re.IGNORECASE)

_Phrases = dict[str, tuple[tuple[tuple[str, ...], _Kind, bool], ...]]


@cache
def _phrases() -> _Phrases:
    """By its first word, each cue: its words, what it says, whether it follows its mention."""
    every = [
        *((cue, kind, False) for kind, cues in _BEFORE.items() for cue in cues),
        *((cue, kind, True) for kind, cues in _AFTER.items() for cue in cues),
        *((cue, "idle", False) for cue in _IDLE),
        *((cue, "end", False) for cue in _ENDS),
    ]
    grouped: dict[str, list[tuple[tuple[str, ...], _Kind, bool]]] = {}
    for cue, kind, after in every:
        parts = tuple(cue.split())
        grouped.setdefault(parts[0], []).append((parts, kind, after))
    return {
        first: tuple(sorted(cues, key=lambda each: -len(each[0])))
        for first, cues in grouped.items()
    }


class Context(NamedTuple):
    """The cues of one text, each list sorted by place."""

    before: list[tuple[int, _Kind]]  # (end of the cue, what it says)
    after: list[tuple[int, _Kind]]  # (start of the cue, what it says)
    ends: list[int]  # where no cue reaches across
    sections: list[tuple[int, bool]]  # (start of a heading, whether of exclusions)
    excluded: bool  # the whole field lists exclusions

    def of(self, start: int, end: int) -> Assertion:
        """What is said of text[start:end]: the nearest cue decides.

        Among exclusion criteria, everything is `excluded` that is not negated, or named as an
        exception ("other than"), which is `present`.
        """
        said = self._said(start, end)
        if said == "negated":
            return "negated"
        if said == "exception":
            return "present"
        at = bisect_left(self.sections, (start,))
        if self.sections[at - 1][1] if at else self.excluded:
            return "excluded"
        return said

    def _said(self, start: int, end: int) -> Assertion | Literal["exception"]:
        first = bisect_left(self.ends, start)
        left = self.ends[first - 1] if first else -1
        at = bisect_left(self.before, (start + 1,))
        if at and self.before[at - 1][0] >= max(left, start - _REACH):
            return self.before[at - 1][1]  # type: ignore[return-value]
        past = bisect_left(self.ends, end)
        right = self.ends[past] if past < len(self.ends) else end + _REACH_BACK
        at = bisect_left(self.after, (end,))
        if at < len(self.after) and self.after[at][0] <= min(right, end + _REACH_BACK):
            return self.after[at][1]  # type: ignore[return-value]
        return "present"


def context(
    text: str, words: Sequence[str], starts: Sequence[int], ends: Sequence[int], field: str = ""
) -> Context:
    """Every cue of a text, given its folded words and where each starts and ends.

    `field` is the field of the record; one whose name has "exclu" in it lists exclusions.
    """
    before: list[tuple[int, _Kind]] = []
    after: list[tuple[int, _Kind]] = []
    stops = [each.start() for each in _STOPS.finditer(text)]
    phrases = _phrases()
    taken = 0
    for i, word in enumerate(words):
        if word not in phrases or i < taken:
            continue
        for parts, kind, follows in phrases[word]:
            n = len(parts)
            if n > 1 and tuple(words[i : i + n]) != parts:
                continue
            if kind == "end":
                stops.append(int(starts[i]))
            elif kind != "idle":
                if follows:
                    after.append((int(starts[i]), kind))
                else:
                    before.append((int(ends[i + n - 1]), kind))
            if kind == "exception":
                stops.append(int(starts[i]))
            taken = i + n
            break
    sections = [(each.start(), each.group(1).lower() == "ex") for each in _SECTION.finditer(text)]
    return Context(before, after, sorted(stops), sections, "exclu" in field.casefold())
