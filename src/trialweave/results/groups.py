"""The groups that a sentence names, and which of them is treated and which is the control.

A mention is recognised by its form ("the X group", "patients receiving X", "controls"), never by a
list of products. A role comes from the words of the label, or from a word of the study's own
product; where neither tells, it stays "unknown".
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from trialweave.model import Role
from trialweave.results.arm_names import ArmNames, arm_key
from trialweave.results.tokens import Token

__all__ = ["Mention", "find_groups", "pair_roles", "role_of"]


@dataclass(frozen=True, slots=True)
class Mention:
    """A group named by tokens `first` to `last` (exclusive).

    `weak` mentions ("with X") count only opposite a control group; a mention of `every` group at
    once ("both groups") belongs to none.
    """

    first: int
    last: int
    label: str
    role: Role
    weak: bool = False
    every: bool = False


_CONTROL = re.compile(
    r"\b(?:controls?|placebo|usual|standard|conventional|routine|sham|comparators?|comparison|"
    r"untreated|vehicle|saline|non-?treated|non-?treatment|no[- ](?:treatment|intervention)|"
    r"wait(?:ing)?[- ]?list|soc)\b"
)
_TREATED = re.compile(
    r"\b(?:treated|treatment|interventions?|interventional|experimental|active|verum|therapy|"
    r"study|test)\b|-treated\b"
)
_ALSO_GIVEN = frozenset({"saline", "vehicle", "standard", "conventional", "routine"})
_NOT_OF_TRIAL = frozenset({"healthy", "normal", "matched", "historical", "historic", "external",
                           "published", "population"})  # fmt: skip
_HEALTHY = re.compile(r"\b(?:healthy|normal|histor(?:ical|ic)|external|published)\b")
_PLUS = re.compile(r"\s(?:plus|and|with|in addition to|added to)\s|\+")

_GROUP_NOUNS = frozenset({"group", "groups", "arm", "arms", "cohort", "cohorts", "recipients"})
_PLURAL_NOUNS = frozenset({"groups", "arms", "cohorts", "recipients"})
_PERSONS = frozenset(
    {
        "patients", "patient", "participants", "subjects", "individuals", "people", "persons",
        "women", "men", "children", "infants", "neonates", "adults", "volunteers", "recipients",
        "those", "mothers", "cases",
    }
)  # fmt: skip
_GIVEN = frozenset(
    {"receiving", "received", "given", "taking", "allocated", "assigned", "randomised",
     "randomized", "treated", "on", "administered"}
)  # fmt: skip
_EVERY = frozenset({"both", "all", "each", "either", "two", "three", "four", "2", "3", "4", "these",
                    "between", "other", "same", "any", "study's"})  # fmt: skip
_ANY_GROUP = frozenset({"treatment", "study", "trial", "therapy", "patient", "age", "parallel",
                        "randomised", "randomized", "dose", "the"})  # fmt: skip
_STOP = frozenset(
    {
        "the", "a", "an", "in", "of", "for", "to", "from", "with", "by", "on", "at", "and", "or",
        "versus", "vs", "than", "compared", "comparison", "among", "between", "was", "were", "is",
        "are", "had", "has", "have", "that", "which", "who", "whom", "while", "whereas", "but",
        "as", "this", "their", "its", "per", "within", "during", "after", "before", "into",
        "respectively", "patients", "participants", "subjects", "died", "survived", "observed",
        "occurred", "reported", "showed", "experienced", "developed", "received", "receiving",
        "against", "then", "only", "did", "not", "be", "been", "also", "significantly", "higher",
        "lower", "greater", "fewer", "more", "less", "when", "where", "if", "either", "out",
        "achieved", "required", "completed", "recovered", "improved", "however", "moreover",
        "according", "across", "through", "until", "rather", "because", "since", "outcome",
        "outcomes", "events", "event", "results", "no", "using", "both", "all", "each", "these",
        "two", "three", "four",
    }
)  # fmt: skip
_JOIN = frozenset({"and", "or", "versus", "vs", ",", "&"})
_WEAK_STOP = _STOP | _PERSONS | frozenset({"an", "no", "severe", "mild", "moderate", "respect"})
_BARE = frozenset({"treatment", "intervention", "treated", "active", "experimental", "control"})
_SEPARATE = frozenset({"(", "[", ",", ";", ".", "vs", "versus", "and", "to", "with"})
_SHORT_NAME = re.compile(r"[a-z]|[ivx]{1,4}|\d|[a-z]\d?|[a-z]{2,5}")


def role_of(label: str, product: Collection[str] = ()) -> Role:
    """The role that a label's words state; "unknown" where they state none.

    `product` are the study's own words for its product, in lower case: a group named after the
    product is the treated one.
    """
    low = label.lower()
    if _HEALTHY.search(low):
        return "unknown"
    if re.search(r"\bactive[- ](?:control|comparator)", low):
        return "control"
    if said := _CONTROL.findall(low):
        if set(said) <= _ALSO_GIVEN & set(product):
            return "unknown"  # a trial of hypertonic saline
        parts = [part for part in _PLUS.split(low) if part.strip()]
        if len(parts) > 1 and not all(_CONTROL.search(part) for part in parts):
            return "treatment"
        return "control"
    if _TREATED.search(low):
        return "treatment"
    if product and any(word in product for word in re.findall(r"[^\W_][\w-]*", low)):
        return "treatment"
    return "unknown"


def pair_roles(roles: Sequence[Role]) -> list[Role]:
    """Roles of the groups of one comparison: beside one named control, the others are treated."""
    known = list(roles)
    if known.count("control") == 1:
        return [role if role != "unknown" else "treatment" for role in known]
    return known


def find_groups(
    tokens: Sequence[Token], product: Collection[str] = (), names: ArmNames | None = None
) -> list[Mention]:
    """The groups that a sentence names, in order, none overlapping another.

    `names` are what the record calls its groups elsewhere.
    """
    known = names.by_first if names is not None else {}
    found: list[Mention] = []
    free_from = 0  # tokens before this index already belong to a mention
    index = 0
    while index < len(tokens):
        token = tokens[index]
        mentions: list[Mention] = []
        if token.kind == "word":
            if token.low in _GROUP_NOUNS:
                mentions = _named_group(tokens, index, free_from, product)
            elif token.low in _PERSONS and index + 1 < len(tokens):
                mentions = _receiving(tokens, index, product)
            if not mentions and token.low in known:
                mentions = _by_name(tokens, index, known[token.low], product)
            if not mentions:
                mentions = _standing_alone(tokens, index, product, known)
        if mentions:
            # "placebo" before "group" was taken alone at first: the longer mention replaces it
            first = mentions[0].first
            while found and found[-1].last > first:
                found.pop()
            found.extend(mentions)
            free_from = mentions[-1].last
            index = max(index + 1, free_from)
        else:
            index += 1
    roles = names.roles if names is not None else {}
    return [_with_role(mention, roles) for mention in found] if roles else found


def _with_role(mention: Mention, roles: Mapping[str, Role]) -> Mention:
    """The mention with the role that the record's own words on the group settle."""
    role = roles.get(arm_key(mention.label)) if mention.role == "unknown" else None
    return mention if role is None else dataclasses.replace(mention, role=role)


def _word(tokens: Sequence[Token], index: int) -> str:
    return tokens[index].low if 0 <= index < len(tokens) else ""


def _label(tokens: Sequence[Token], first: int, last: int) -> str:
    return " ".join(token.low for token in tokens[first:last])


def _named_group(
    tokens: Sequence[Token], index: int, free_from: int, product: Collection[str]
) -> list[Mention]:
    """ "the control group", "group A", "the MSC and placebo groups"; [] where none is named."""
    plural = tokens[index].low in _PLURAL_NOUNS
    first = index
    while (
        first > max(free_from, index - 5, 0)
        and tokens[first - 1].kind in ("word", "int")
        and tokens[first - 1].low not in _STOP
    ):
        first -= 1
    if first == index:
        first = max(first, free_from)
    before = _word(tokens, first - 1)
    if plural and first < index and before in _JOIN:
        return _listed_groups(tokens, index, first, product)
    if first < index:
        label = _label(tokens, first, index)
        if set(label.split()) & _EVERY or (plural and set(label.split()) <= _ANY_GROUP):
            return [Mention(first, index + 1, label, "unknown", every=True)]
        label_end = index + 1
        name = _word(tokens, index + 1)
        if re.fullmatch(r"[b-z]|[ivx]{1,3}", name):
            label, label_end = f"{label} {tokens[index].low} {name}", index + 2
        if before == "and" and _word(tokens, first - 2) not in _STOP | {",", ")", "("}:
            other = first - 2
            listed = _listed_groups(tokens, index, first, product)
            if _word(tokens, other - 1) in ("in", "of", "for", "the") and _says_respectively(
                tokens
            ):
                return listed
        if tokens[first].kind == "int" and before == "of" and label_end - first > 2:
            first += 1  # "of 155 placebo recipients"
            label = _label(tokens, first, index)
        return [Mention(first, label_end, label, role_of(label, product))]
    if before in _EVERY:
        return [Mention(index - 1, index + 1, before, "unknown", every=True)]
    name = _word(tokens, index + 1)
    lettered = _SHORT_NAME.fullmatch(name) and (
        name not in _STOP or (len(name) == 1 and tokens[index + 1].capital)
    )
    if not plural and lettered and _word(tokens, index + 2) not in ("/", "of", "out"):
        label = f"{tokens[index].low} {name}"
        return [Mention(index, index + 2, label, "unknown")]
    if not plural and name in ("who", "that", "receiving", "given", "treated", "assigned"):
        return _receiving(tokens, index, product)
    return []


def _says_respectively(tokens: Sequence[Token]) -> bool:
    return any(token.low == "respectively" for token in tokens)


def _listed_groups(
    tokens: Sequence[Token], index: int, last_first: int, product: Collection[str]
) -> list[Mention]:
    """The members of "X, Y and Z groups": each its own mention, in order."""
    spans = [(last_first, index)]
    position = last_first
    while len(spans) < 6 and _word(tokens, position - 1) in _JOIN:
        end = position - 1
        while _word(tokens, end - 1) in _JOIN:
            end -= 1
        start = end
        while (
            start > max(end - 4, 0)
            and tokens[start - 1].kind in ("word", "int")
            and tokens[start - 1].low not in _STOP
        ):
            start -= 1
        if start == end:
            break
        spans.append((start, end))
        position = start
        if _word(tokens, position - 1) == "the":
            position -= 1
            if _word(tokens, position - 1) not in _JOIN:
                break
    spans.reverse()
    labels = [_label(tokens, start, end) for start, end in spans]
    mentions = [
        Mention(start, end, label, role_of(label, product))
        for (start, end), label in zip(spans, labels, strict=True)
    ]
    last = mentions[-1]
    mentions[-1] = Mention(last.first, index + 1, last.label, last.role)
    return mentions


def _receiving(tokens: Sequence[Token], index: int, product: Collection[str]) -> list[Mention]:
    """ "patients who received X", "those assigned to X", "women on X"."""
    cursor = index + 1
    if relative := _word(tokens, cursor) in ("who", "that"):
        cursor += 1
    while _word(tokens, cursor) in ("were", "was", "had", "been", "randomly") and relative:
        cursor += 1
    given = _word(tokens, cursor)
    if given not in _GIVEN or (given == "received" and not relative):
        return []
    cursor += 1
    while _word(tokens, cursor) in ("to", "with", "the", "a", "an", "receive", "only", "in"):
        cursor += 1
    start = cursor
    while (
        cursor < min(start + 5, len(tokens))
        and tokens[cursor].kind in ("word", "int")
        and (tokens[cursor].low not in _STOP or (tokens[cursor].low == "of" and cursor > start))
    ):
        cursor += 1
    if cursor == start:
        return []
    if _word(tokens, cursor) in _GROUP_NOUNS:
        cursor += 1
    label = _label(tokens, start, cursor)
    return [Mention(index, cursor, label, role_of(label, product))]


def _standing_alone(
    tokens: Sequence[Token],
    index: int,
    product: Collection[str],
    known: Mapping[str, Sequence[tuple[str, ...]]],
) -> list[Mention]:
    """ "controls", "placebo", "usual care", "treated patients"; and, weakly, "with X"."""
    low = tokens[index].low
    following = _word(tokens, index + 1)
    if following in _GROUP_NOUNS:
        return []
    if following == ":" and index + 2 < len(tokens):
        return _before_colon(tokens, index, product)
    behind = tokens[index + 1].kind if index + 1 < len(tokens) else ""
    if behind in ("int", "percent") and low in _BARE and _word(tokens, index - 1) in _SEPARATE:
        return [Mention(index, index + 1, low, role_of(low, product))]
    if low == "controls" and _word(tokens, index - 1) not in _NOT_OF_TRIAL:
        return [Mention(index, index + 1, low, "control")]
    if low in ("placebo", "sham") and _word(tokens, index + 2) in _GROUP_NOUNS and (
        following in ("control", "comparator", "treatment", "treated")
    ):  # fmt: skip
        return []  # "the sham control group"
    if low in ("placebo", "sham"):
        last = index + 2 if following in _PERSONS else index + 1
        return [Mention(index, last, low, "control")]
    if following in _PERSONS and (role := role_of(low)) != "unknown":
        return [Mention(index, index + 2, low, role)]
    if low in ("usual", "standard", "conventional", "routine") and following in (
        "care", "treatment", "therapy", "management",
    ):  # fmt: skip
        last = index + 2
        if _word(tokens, last) in ("alone", "only"):
            last += 1
        elif _word(tokens, last) in ("plus", "and", "with", "+"):
            return []
        return [Mention(index, last, f"{low} {following}", "control")]
    if low == "standard" and following == "of" and _word(tokens, index + 2) == "care":
        return [Mention(index, index + 3, "standard of care", "control")]
    if following in _PERSONS and low not in _STOP | _PERSONS:
        role = role_of(low, product)  # "UC-MSC patients": only directly behind a share
        return [Mention(index, index + 2, low, role, weak=True)]
    if low in ("with", "for", "on") and index + 1 < len(tokens):
        cursor = index + 1
        while _word(tokens, cursor) == "the":
            cursor += 1
        start = cursor
        while (
            cursor < min(start + 3, len(tokens))
            and tokens[cursor].kind == "word"
            and tokens[cursor].low not in _WEAK_STOP
            and tokens[cursor].low not in _GROUP_NOUNS
        ):
            cursor += 1
        ends = _word(tokens, cursor)
        if cursor > start and (
            ends in ("", ",", ")", "(", ".", ";", "versus", "vs", "compared", "and", "than", "as")
            or (cursor < len(tokens) and tokens[cursor].kind in ("p", "effect"))
        ):
            label = _label(tokens, start, cursor)
            role = role_of(label, product)
            named = tuple(label.split()) in known.get(tokens[start].low, ())
            return [Mention(index, cursor, label, role, weak=role != "control" and not named)]
    return []


_BEHIND_NAME = frozenset(
    {"and", "or", "versus", "vs", "compared", "than", "respectively", "was", "were", "with", "had",
     "but", "while", "whereas", "at", "after", "from", "as", "in", "relative", "against", "did"}
)  # fmt: skip


def _by_name(
    tokens: Sequence[Token], index: int, names: Sequence[tuple[str, ...]], product: Collection[str]
) -> list[Mention]:
    """A group by the name that the record gives it elsewhere, where it stands for the group."""
    for name in names:
        last = index + len(name)
        if any(_word(tokens, index + at) != word for at, word in enumerate(name)):
            continue
        behind = _word(tokens, last)
        if behind in _GROUP_NOUNS:
            return []
        if behind in _PERSONS:
            last += 1
        elif last < len(tokens) and tokens[last].kind == "word" and behind not in _BEHIND_NAME:
            continue
        label = " ".join(name)
        return [Mention(index, last, label, role_of(label, product))]
    return []


def _before_colon(tokens: Sequence[Token], index: int, product: Collection[str]) -> list[Mention]:
    """ "treatment: 20/221" inside brackets; only words that state a role make a group."""
    if tokens[index + 2].kind not in ("int", "percent"):
        return []
    first = index
    while first > max(index - 3, 0) and tokens[first - 1].kind == "word":
        if tokens[first - 1].low in _STOP:
            break
        first -= 1
    label = _label(tokens, first, index + 1)
    role = role_of(label, product)
    return [] if role == "unknown" else [Mention(first, index + 1, label, role)]
