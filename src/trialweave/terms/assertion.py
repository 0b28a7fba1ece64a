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
from itertools import chain, pairwise
from typing import Final, Literal, NamedTuple

from trialweave.terms.mention import Assertion

__all__ = ["Context", "context"]

_REACH: Final = 90  # characters from a cue to the mention that it speaks of
_REACH_EXCEPTION: Final = 200  # the same for "other than", behind which lists stand
_REACH_BACK: Final = {"excluded": 160, "exception": 60}  # for a cue that follows its mention
_REACH_BACK_ELSE: Final = 25
_TRIED: Final = 4  # cues before a mention that are looked at, the nearest first
_WIDEST, _NARROWEST = 100, 50  # characters of a line between which a text may be wrapped

_Kind = Literal["end", "turn", "idle", "exception"] | Assertion
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
        "no evidence for", "refusal of", "refuse", "refuses", "refused", "declines", "declined",
        "unavailability of", "naive to", "non",
        *_each(("unable to", "inability to", "unwilling to", "unwillingness to", "cannot",
                "can not", "refusal to"), "undergo", "perform", "receive", "take", "use"),
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
        "screening for", "whether", "worrisome for", "concern for",
    ),
    # Behind a history of something, what is now.
    "present": _each(("or", "and"), "current", "currently", "active", "ongoing", "concurrent"),
    # Among exclusions, what is named as an exception is not excluded.
    "exception": (
        "except", "except for", "other than", "the exception of", "apart from", "aside from",
        "excepting", "unless", "excluding", "apart",
    ),
}  # fmt: skip
_AFTER: Final[dict[_Kind, tuple[str, ...]]] = {
    "negated": (
        *_each(_BE, "absent", "ruled out", "negative", "unlikely", "not present", "not seen",
               "not found", "not detected", "not observed", "not noted", "not allowed",
               "not permitted"),
        *_each(("did", "does", "do", "has", "have", "had"), "not occur", "not develop",
               "not developed", "not appear", "not occurred"),
        *_each(("not", "never"), "present", "seen", "found", "detected", "observed", "noted"),
        "naive",
    ),
    "excluded": (*_each(_BE, "excluded", "ineligible", "not eligible"), "exclude"),
    "exception": (
        *_each(_BE, "allowed", "permitted", "acceptable", "not excluded", "not exclusionary"),
        "not be excluded", "not an exclusion", "not exclusion", "not exclude",
    ),
    "history": (
        "years ago", "months ago", "year ago", "in history",
        *_each(("in", "within", "during", "over"), "the past", "the last", "the previous",
               "the preceding", "past", "last"),
    ),
    "hypothetical": (
        *_each(_BE, "suspected", "possible", "likely"), "may occur", "may develop", "might occur",
        "could occur", "cannot be excluded", "cannot be ruled out", "risk",
    ),
}  # fmt: skip
# Words that look like cues and say nothing of presence.
_IDLE: Final = (
    "not only", "not necessarily", "without difficulty", "without any difficulty", "not limited to",
    "not restricted to", "prior to", "as possible", "if possible", "may be included",
    "may be enrolled", "risk ratio", "whether or not", "no later than", "with or without",
    "known or suspected", "suspected or known", "suspected or confirmed", "confirmed or suspected",
    "in addition to", "if applicable", "if any",
    *_each(("no", "not"), "longer than", "more than", "less than"),
    *_each(("no", "no significant", "no further", "no statistically significant"), "increase",
           "increases", "decrease", "change", "changes", "difference", "differences",
           "improvement", "effect", "effects"),
    *_each(("previous", "prior", "past"), "study", "studies", "report", "reports", "work",
           "months", "years", "weeks"),
    *_each(("previously", "not previously"), "reported", "described", "published", "undescribed",
           "unreported", "unrecognized", "healthy"),
    # What is not under control is there.
    *_each(("not", "not well", "not adequately", "not sufficiently", "not fully", "not been",
            "not optimally"), "controlled", "resolved", "stable", "stabilized", "stabilised",
           "normalized", "normalised", "cured", "healed", "explained", "amenable"),
)  # fmt: skip
_ENDS: Final = (
    "but", "however", "although", "though", "whereas", "while", "which", "who", "yet",
    "nevertheless", "because", "due to", "secondary to", "caused by", "until", "despite",
    "therefore", "besides", "when", "had", "has", "that", "by", "after", "following", "before",
    "during", "since", "requiring",
    *_each(("or", "and"), "are", "is", "have", "with", "has", "had", "who"),
)  # fmt: skip
# What is said of these is not said of what follows: no allergy to penicillin, no drug for asthma.
_TURNS: Final = (
    *_each(("allergy", "allergies", "allergic", "hypersensitivity", "sensitivity", "intolerance",
            "intolerant", "reaction", "reactions", "response", "contraindication",
            "contraindications", "contraindicated", "resistance", "resistant"), "to"),
    *_each(("contraindication", "contraindications", "treatment", "treatments", "therapy",
            "treated", "medication", "medications", "surgery", "indication", "indications",
            "hospitalization", "hospitalizations"), "for"),
    *_each(("finding", "findings", "abnormalities", "seen"), "on"),
)  # fmt: skip
_GOVERNED: Final = ("history", "risk", "susp", "previous", "prior", "past")
"""How a cue begins that only qualifies what a negation before it denies: "no known history of"."""
_STOPS: Final = re.compile(r"[.!?](?=\s|$)(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bvs\.)|;|\n[ \t]*\n")
_BULLET: Final = re.compile(r"[ \t]*(?:[-*•·–]|\(?\w{1,3}[.)])")
_BRACKET: Final = re.compile(r"[()\[\]]")
_CLOSING: Final = {")": "(", "]": "["}
_SECTION: Final = re.compile(
    r"(?:^|(?<=[.;:!?>])|(?<=[.;:!?>] )|(?<=\n))[^\w\n]{0,40}"
    r"(?:(?:\d{1,2}|[ivx]{1,4})[ \t.)]{1,4})?"
    r"(?:(?!(?:inclusion|exclusion|no|not|any|all|do|does|meets?|meeting|without|fulfil\w{0,5})\b)"
    r"[^\W\d_]{1,20}[ \t]{1,3}){0,3}"
    r"(?:(in)|(non[- ]in|ex))clusion\b"
    r"(?:[ \t]{1,3}(?:criteri[ao]n?|criterias)(?:[^\n:.;]{0,70}(?=[:：]))?)?"
    r"[ \t]{0,3}(?:\([^)\n]{0,80}\))?[ \t*_\]]{0,4}"
    r"(?:[:：]|[-–—](?=\s)|\.?(?=[ \t]*\n|\s*$))",
    re.IGNORECASE,
)

_Phrase = tuple[tuple[str, ...], _Kind, bool]
_Phrases = dict[str, dict[str, tuple[_Phrase, ...]]]


@cache
def _phrases() -> _Phrases:
    """By its first and second word ("" for none), each cue: its words, what it says, whether it
    follows its mention; the longest first."""
    every = [
        *((cue, kind, False) for kind, cues in _BEFORE.items() for cue in cues),
        *((cue, kind, True) for kind, cues in _AFTER.items() for cue in cues),
        *((cue, "idle", False) for cue in _IDLE),
        *((cue, "end", False) for cue in _ENDS),
        *((cue, "turn", False) for cue in _TURNS),
    ]
    found: dict[str, dict[str, tuple[_Phrase, ...]]] = {}
    for cue, kind, after in sorted(every, key=lambda each: -len(each[0].split())):
        parts = tuple(cue.split())
        second = parts[1] if len(parts) > 1 else ""
        beside = found.setdefault(parts[0], {})
        beside[second] = (*beside.get(second, ()), (parts, kind, after))
    return found


class Context(NamedTuple):
    """The cues of one text, each list sorted by place."""

    before: list[tuple[int, int, _Kind]]  # (end of the cue, where its reach is cut, what it says)
    after: list[tuple[int, int, _Kind]]  # (start of the cue, where its reach is cut, what it says)
    ends: list[int]  # where no cue reaches across
    sections: list[tuple[int, bool]]  # (start of a heading, whether of exclusions)
    excluded: bool  # the whole field lists exclusions

    def of(self, start: int, end: int) -> Assertion:
        """What is said of text[start:end]: the nearest cue decides.

        Among exclusion criteria, everything is `excluded` that is not negated, or named as an
        exception ("other than"), which is `present`.
        """
        said = self._said(start, end)
        if said in ("negated", "excluded"):
            return said
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
        for cue_end, cut, kind in self.before[max(0, at - _TRIED) : at][::-1]:
            reach = _REACH_EXCEPTION if kind == "exception" else _REACH
            if cue_end > max(left, start - reach) and start < cut:
                return kind  # type: ignore[return-value]
        past = bisect_left(self.ends, end)
        right = self.ends[past] if past < len(self.ends) else end + _FURTHEST
        at = bisect_left(self.after, (end,))
        for place, cut, kind in self.after[at : at + _TRIED]:
            reach = _REACH_BACK.get(kind, _REACH_BACK_ELSE)
            if place <= min(right, end + reach) and cut < end:
                return kind  # type: ignore[return-value]
        return "present"


_FURTHEST: Final = max(_REACH_BACK.values())


def context(
    text: str, words: Sequence[str], starts: Sequence[int], ends: Sequence[int], field: str = ""
) -> Context:
    """Every cue of a text, given its folded words and where each starts and ends.

    `field` is the field of the record; one whose name has "exclu" in it lists exclusions.
    """
    before: list[tuple[int, int, _Kind]] = []
    after: list[tuple[int, int, _Kind]] = []
    stops = sorted([*(each.start() for each in _STOPS.finditer(text)), *_item_ends(text)])
    by_words: list[int] = []  # stops that words make
    brackets = _Brackets(text)
    phrases = _phrases()
    taken = 0
    denied, denied_cut = -1, 0  # the end of the last negation, and where its reach is cut
    for i, word in enumerate(words):
        beside = phrases.get(word)
        if beside is None or i < taken:
            continue
        following = words[i + 1] if i + 1 < len(words) else ""
        for parts, kind, follows in chain(beside.get(following, ()), beside.get("", ())):
            n = len(parts)
            if n > 2 and tuple(words[i : i + n]) != parts:
                continue
            start, end = int(starts[i]), int(ends[i + n - 1])
            if kind == "end":
                by_words.append(start)
            elif kind == "turn":
                by_words.append(int(starts[i + n - 1]))
            elif kind != "idle":
                if kind == "exception":
                    by_words.append(start)
                opened, cut = brackets.around(start)
                if follows:
                    after.append((start, opened, kind))
                else:
                    if word == "non":
                        cut = end + 2
                    governed = kind == "present" or parts[0].startswith(_GOVERNED)
                    if governed and denied >= 0:
                        left = stops[at - 1] if (at := bisect_left(stops, start)) else -1
                        left = max(left, by_words[-1] if by_words else -1, start - _REACH)
                        if denied > left and start < denied_cut:
                            kind = "negated"
                    before.append((end, cut, kind))
                    if kind == "negated" and word != "non":
                        denied, denied_cut = end, cut
            taken = i + n
            break
    sections: list[tuple[int, bool]] = []
    if "clusion" in text or "CLUSION" in text:  # a quick look, which most texts do not pass
        sections = [(each.start(), each[2] is not None) for each in _SECTION.finditer(text)]
    return Context(
        before, after, sorted([*stops, *by_words]), sections, "exclu" in field.casefold()
    )


class _Brackets:
    """The brackets in which a place stands; asked for places in their order."""

    def __init__(self, text: str) -> None:
        self._none = (-1, len(text))
        opened: list[tuple[int, str]] = []
        pairs: list[tuple[int, int]] = []
        for found in _BRACKET.finditer(text):
            sign = found.group()
            if sign not in _CLOSING:
                opened.append((found.start(), sign))
            elif opened and opened[-1][1] == _CLOSING[sign]:
                pairs.append((opened.pop()[0], found.start()))
        self._pairs = sorted(pairs, reverse=True)
        self._inside: list[tuple[int, int]] = []

    def around(self, place: int) -> tuple[int, int]:
        """Where the innermost pair around opens and closes; -1 and the text's length for none."""
        while self._pairs and self._pairs[-1][0] < place:
            self._inside.append(self._pairs.pop())
        while self._inside and self._inside[-1][1] < place:
            self._inside.pop()
        return self._inside[-1] if self._inside else self._none


def _item_ends(text: str) -> list[int]:
    """The line ends that end an item or a sentence, not those at which a text was wrapped.

    A text is wrapped where its next word did not fit: at a break behind which that word would have
    fitted, and in a text with lines too long or too short to be wrapped, an item ends.
    """
    if "\n" not in text:
        return []
    lines = text.split("\n")
    width = max(len(line.rstrip()) for line in lines)
    found: list[int] = []
    at = 0
    for line, following in pairwise(lines):
        at += len(line)
        next_word = following.split(None, 1)[0] if following.strip() else ""
        if (
            not _NARROWEST <= width <= _WIDEST
            or not next_word
            or next_word[0].isupper()
            or _BULLET.match(following)
            or len(line.rstrip()) + 1 + len(next_word) <= width
        ):
            found.append(at)
        at += 1
    return found
