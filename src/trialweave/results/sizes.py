"""Group sizes and totals that a record states in its text, outside of any result."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from trialweave.model import Record, Role
from trialweave.results.groups import find_groups, pair_roles
from trialweave.results.numbers import whole_number
from trialweave.results.sentences import split_sentences
from trialweave.results.tokens import Token, tokenise

__all__ = [
    "PERSONS_COUNTED",
    "StatedSizes",
    "crossover_size",
    "is_crossover",
    "is_single_group",
    "product_words",
    "size_of_each",
    "stated_sizes",
]


@dataclass
class StatedSizes:
    """Sizes by role, each only where the text states one number, and the total enrolled."""

    by_role: dict[Role, int] = field(default_factory=dict)
    total: int | None = None


_ENROLLED = re.compile(
    r"(?:\bparticipants?:\s?(?P<a>[\w-]{1,14})\s(?:\w+\s){0,2}?(?:patients|participants|subjects)\b"
    r"|\b(?P<b>[\w-]{1,14})\s(?:\w+\s){0,3}?(?:patients|participants|subjects|volunteers|women|men|"
    r"children)\s(?:\w+\s){0,5}?(?:were|was)\s(?:randomly\s)?(?:enrolled|included|recruited|"
    r"randomi[sz]ed|treated|assigned|allocated)\b"
    r"|\b(?:enrolled|included|recruited|randomi[sz]ed)\s(?P<c>[\w-]{1,14})\s(?:\w+\s){0,2}?"
    r"(?:patients|participants|subjects)\b)",
    re.IGNORECASE,
)
_TO_ONE_GROUP = re.compile(
    r"\s(?:to|into)\s(?!(?:one|two|three|four|either|both|groups|treatment|receive\seither|\d)\b)",
    re.IGNORECASE,
)
_RANDOMISED = re.compile(
    r"(?<![\d.,])(?P<n>\d{1,3}(?:,\d{3})+|\d{2,6})\s(?:were|was)\s(?:then\s)?randomi[sz]ed\b"
    r"(?!\s(?:to|into|in)\b)",
    re.IGNORECASE,
)
_CONTROLLED = re.compile(
    r"\b(?:placebo|controls?(?:\sgroup|\sarm|led)|randomi[sz]\w+|comparator|sham|versus|usual care|"
    r"control(?:led)? (?:trial|study|patients)|matched)\b",
    re.IGNORECASE,
)
_GENERIC = frozenset(
    """study trial trials clinical phase safety efficacy effect effects effectiveness treatment
    therapy therapies therapeutic randomized randomised controlled double blind blinded open label
    placebo patients severe mild moderate critical critically acute chronic human novel potential
    application evaluation preliminary results pilot cohort group early late multicenter
    multicentre administration intravenous infusion infusions injection combined combination with
    without based using from that this intervention intensive care covid covid-19 sars-cov-2
    coronavirus pneumonia ards sepsis respiratory distress syndrome disease diseases disorder
    infection infected injury""".split()  # noqa: SIM905
)
_TITLE_END = re.compile(
    r"\b(?:in|for|to treat|among|on|patients?|versus|vs|compared|against|as|treating)\b",
    re.IGNORECASE,
)


def product_words(titles: Iterable[str]) -> frozenset[str]:
    """Words of the titles that can only be the study's product, in lower case.

    They are those before "in", "for", "to treat" or the patients. A title that compares two
    products gives none.
    """
    words: set[str] = set()
    for title in titles:
        if re.search(r"\b(?:versus|vs\.?|compared|comparison)\b", title[:500], re.IGNORECASE):
            continue
        head = _TITLE_END.split(title[:500], maxsplit=1)[0]
        words.update(
            word
            for word in re.findall(r"[^\W\d_][\w-]{3,}", head.lower())
            if word not in _GENERIC and not word.isdigit()
        )
    return frozenset(words)


def is_single_group(record: Record, texts: Collection[str]) -> bool:
    """Whether nothing in the record speaks of a second group."""
    about = record.about
    if about.allocation.content in ("randomised", "non-randomised"):
        return False
    if about.arms and len(about.arms.content or ()) > 1:
        return False
    return not any(_CONTROLLED.search(text) for text in texts)


_NOUNS = frozenset(
    {"patients", "participants", "subjects", "volunteers", "women", "men", "children", "infants",
     "adults", "individuals", "students"}
)  # fmt: skip
_CROSSED = re.compile(
    r"\bcross-?\s?over\s(?:\w+[- ]){0,3}(?:trial|study|design|experiment|comparison)\b"
    r"|\b(?:trial|study|design)\b[^.]{0,40}\bcross-?over\b(?!\s(?:to|from|was|were|is|of)\b)",
    re.IGNORECASE,
)
_COMPLETED = re.compile(
    r"(?<![\w.,/-])(?P<n>[\w-]{1,14})\s(?:\w+\s){0,2}?(?:patients|participants|subjects|volunteers|"
    r"women|men|children)\s(?:\w+\s){0,2}?completed\s(?:the\s(?:study|trial|protocol)|both|all)\b",
    re.IGNORECASE,
)


def is_crossover(about: Iterable[str]) -> bool:
    """Whether a text calls the trial a crossover: not where patients could "cross over to" X."""
    return any(_CROSSED.search(text) for text in about)


def crossover_size(about: Iterable[str], texts: Iterable[str]) -> int | None:
    """How many patients completed a crossover trial, each of whom is in every group.

    `about` are title, abstract and methods, one of which must call the trial a crossover; None
    where none does or the texts state several numbers.
    """
    if not is_crossover(about):
        return None
    found = {
        number
        for text in texts
        for match in _COMPLETED.finditer(text)
        if (number := whole_number(match["n"]))
    }
    return found.pop() if len(found) == 1 else None


PERSONS_COUNTED = (
    r"(?:patients|participants|subjects|volunteers|women|men|children|infants|adults|individuals|"
    r"students|athletes)"
)
_EACH = re.compile(
    rf"\b(?P<a>[\w-]{{1,14}})\s{PERSONS_COUNTED}\s(?:were\s)?(?:(?:randomly|then)\s)?(?:assigned|"
    r"allocated|randomi[sz]ed|included|enrolled)?\s?(?:to|in|into|per|for)\s(?:each|every)\s"
    r"(?:\w+\s)?(?:group|arm)\b"
    r"|\b(?:each|every)\s(?:\w+\s)?(?:group|arm)\s?[:(,]{0,2}\s?\(?n\s?=\s?(?P<b>\d{1,5})\b"
    r"|\bn\s?=\s?(?P<c>\d{1,5})\s?(?:per|in each|for each)\s(?:\w+\s)?(?:group|arm)\b"
    rf"|\b(?:groups|arms)\s(?:of|with)\s(?P<d>[\w-]{{1,14}})\s?{PERSONS_COUNTED}?,?\s?(?:in\s)?each\b"
    rf"|\b(?:groups?|arms?)\b[^.;]{{0,40}}?\b(?:having|with|comprising|containing)\s"
    r"(?P<e>\d{1,4})\s\w{1,20}\s(?:in\s)?each\b(?!\s(?!group|arm))",
    re.IGNORECASE,
)
_PLANNED = re.compile(
    r"\b(?:requir\w+|need\w*|necessary|power|sample\ssize|calculat\w+|estimat\w+|would|"
    r"at\sleast|minimum|plan\w*|aim\w*|target\w*|sufficient|detect)\b",
    re.IGNORECASE,
)
_LONGEST = 200_000  # characters of a section


def size_of_each(texts: Sequence[str]) -> tuple[int | None, bool]:
    """The one size that the texts state for each group, and whether they state any.

    A size that was planned ("45 patients in each group were needed") is none; different numbers
    leave it open.
    """
    found = set()
    for text in texts:
        for match in _EACH.finditer(text[:_LONGEST]):
            start = text.rfind(". ", max(match.start() - 300, 0), match.start())
            end = text.find(". ", match.end(), match.end() + 200)
            near = text[max(start, match.start() - 300, 0) : end if end > 0 else match.end() + 200]
            number = whole_number(next(group for group in match.groups() if group))
            if number and not _PLANNED.search(near):
                found.add(number)
    return (found.pop(), True) if len(found) == 1 else (None, bool(found))


def stated_sizes(texts: Iterable[str], product: Collection[str] = ()) -> StatedSizes:
    """Sizes that the texts state: "the control group (n = 18)", "20 patients in each group"."""
    sizes: dict[Role, set[int]] = {}
    totals: set[int] = set()
    for text in texts:
        for sentence in split_sentences(text):
            if len(sentence.text) > 3_000:
                continue
            for match in _ENROLLED.finditer(sentence.text):
                # "Later 130 patients were": the number need not be the first word
                told = (whole_number(word.strip(",:;(")) for word in match.group().split())
                number = next((n for n in told if n), None)
                if number and not _TO_ONE_GROUP.match(sentence.text, match.end()):
                    totals.add(number)
            for match in _RANDOMISED.finditer(sentence.text):
                totals.add(int(match["n"].replace(",", "")))  # against others, if they differ
            low = sentence.text.lower()
            if "group" in low or "arm" in low or "n =" in low or "n=" in low:
                for role, size in _by_group(sentence.text, product):
                    sizes.setdefault(role, set()).add(size)
    return StatedSizes(
        {role: min(found) for role, found in sizes.items() if len(found) == 1 and min(found) > 0},
        totals.pop() if len(totals) == 1 else None,
    )


def _by_group(text: str, product: Collection[str]) -> list[tuple[Role, int]]:
    tokens = tokenise(text)
    mentions = find_groups(tokens, product)
    found: list[tuple[str, Role, int]] = []
    for mention in mentions:
        size = _size_behind(tokens, mention.last)
        if size is None:
            continue
        if mention.every and mention.label == "each":
            return [("treatment", size), ("control", size)]
        if not mention.every:
            found.append((mention.label, mention.role, size))
    roles = pair_roles([role for _, role, _ in found])
    if len(roles) == 2 or all(role != "unknown" for role in roles):
        return [(role, item[2]) for role, item in zip(roles, found, strict=True)]
    return []


def _size_behind(tokens: list[Token], index: int) -> int | None:
    """The number in "(n = 18)" or "(18 patients)" at token `index`."""
    if index + 3 < len(tokens) and tokens[index].low in ("(", "[", ","):
        after = tokens[index + 1 : index + 4]
        if after[0].low == "n" and after[1].low == "=" and after[2].kind == "int":
            return after[2].number
        persons = ("patients", "participants", "subjects")
        if after[0].kind == "int" and after[1].low in persons and after[2].low in (")", "]"):
            return after[0].number
    if index + 2 < len(tokens) and tokens[index].low == "of" and tokens[index + 1].kind == "int":
        grouped = tokens[index - 1].low in ("group", "arm")  # "an experimental group of 30 men"
        return tokens[index + 1].number if grouped and tokens[index + 2].low in _NOUNS else None
    return None
