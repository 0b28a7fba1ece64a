"""Group sizes and totals that a record states in its text, outside of any result."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from trialweave.model import Record, Role
from trialweave.results.groups import find_groups, pair_roles
from trialweave.results.numbers import whole_number
from trialweave.results.sentences import split_sentences
from trialweave.results.tokens import Token, tokenise

__all__ = [
    "StatedSizes",
    "crossover_size",
    "is_single_group",
    "product_words",
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


_CROSSED = re.compile(
    r"\bcross-?\s?over\s(?:\w+[- ]){0,3}(?:trial|study|design|experiment|comparison)\b"
    r"|\b(?:trial|study|design)\b[^.]{0,40}\bcross-?over\b",
    re.IGNORECASE,
)
_COMPLETED = re.compile(
    r"(?<![\w.,/-])(?P<n>[\w-]{1,14})\s(?:\w+\s){0,2}?(?:patients|participants|subjects|volunteers|"
    r"women|men|children)\s(?:\w+\s){0,2}?completed\s(?:the\s(?:study|trial|protocol)|both|all)\b",
    re.IGNORECASE,
)


def crossover_size(about: Iterable[str], texts: Iterable[str]) -> int | None:
    """How many patients completed a crossover trial, each of whom is in every group.

    `about` are title, abstract and methods, one of which must call the trial a crossover; None
    where none does or the texts state several numbers.
    """
    if not any(_CROSSED.search(text) for text in about):
        return None
    found = {
        number
        for text in texts
        for match in _COMPLETED.finditer(text)
        if (number := whole_number(match["n"]))
    }
    return found.pop() if len(found) == 1 else None


def stated_sizes(texts: Iterable[str], product: Collection[str] = ()) -> StatedSizes:
    """Sizes that the texts state: "the control group (n = 18)", "20 patients in each group"."""
    sizes: dict[Role, set[int]] = {}
    totals: set[int] = set()
    for text in texts:
        for sentence in split_sentences(text):
            if len(sentence.text) > 3_000:
                continue
            for match in _ENROLLED.finditer(sentence.text):
                number = whole_number(match["a"] or match["b"] or match["c"])
                if number:
                    totals.add(number)
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
    return None
