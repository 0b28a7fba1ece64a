"""Effects with their interval that a sentence states without the figures of the groups."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from trialweave.model import Effect, PValue, Role
from trialweave.results.comparisons import statistics
from trialweave.results.families import family_of, names_outcome
from trialweave.results.groups import pair_roles
from trialweave.results.rows_of_figures import usable
from trialweave.results.tokens import as_effect
from trialweave.results.view import SentenceView
from trialweave.results.wording import core, has_content, main_clause, tidy

__all__ = ["Stated", "read_effects"]


@dataclass(frozen=True, slots=True)
class Stated:
    """An effect on an outcome, at characters `start` to `end` of a sentence.

    `groups` are the labels and roles of the two groups, empty where they are not just two.
    """

    outcome: str
    family: str
    groups: tuple[tuple[str, Role], ...]
    effect: Effect
    p: PValue | None
    start: int
    end: int
    spans: tuple[tuple[int, int], ...] = ()


_OTHER = re.compile(
    r"\b(?:predict\w+|risk factors?|independent(?:ly)?|associated with|association|per unit|"
    r"per year|per (?:one|1)[- ]|interaction|subgroups?|covariates?|univaria\w+|correlat\w+|"
    r"heterogeneity|trend|sensitivity|specificity|meta-analys\w+)\b",
    re.IGNORECASE,
)
_OF = re.compile(
    r"^\D*?\s(?:for|of|in)\s(?P<what>[^\d.;:()\[\]]{3,80}?)\s?(?:[,:=]|was|is|of)?\s?$"
)
_ADVERBS = re.compile(r"\b(?:with|by|on|in|for|to|of|was|were|had|using|after|during)$")


def read_effects(sentence: SentenceView, taken: Collection[int] = ()) -> list[Stated]:
    """The effects whose start is not among `taken` (characters), in order.

    Nothing is read of sentences on predictors, subgroups or trends, nor where no group is named.
    """
    positions = [i for i, token in enumerate(sentence.tokens) if token.kind == "effect"]
    free = [i for i in positions if sentence.tokens[i].start not in taken]
    named = [group for group in sentence.groups if not group.weak]
    if not free or not named or _OTHER.search(sentence.text):
        return []
    found = []
    for index in free:
        effect = as_effect(sentence.tokens[index], sentence.text, sentence.offset)
        if effect is None:
            continue
        start = sentence.clause_start(index)
        start = max([start, *(i + 1 for i in positions if i < index)])
        outcome = _outcome(sentence, start, index)
        if not outcome:
            continue
        end = sentence.clause_end(index)
        p, _ = statistics(sentence, index + 1, end, 4)
        pair = usable(sentence.groups_between(sentence.clause_start(index), end))
        groups: tuple[tuple[str, Role], ...] = ()
        if len(pair) == 2:
            roles = pair_roles([group.role for group in pair])
            groups = tuple(
                (sentence.label(group), role) for group, role in zip(pair, roles, strict=True)
            )
        token = sentence.tokens[index]
        found.append(
            Stated(
                outcome, family_of(outcome), groups, effect, p,
                sentence.tokens[start].start, token.end,
            )
        )  # fmt: skip
    return found


def _outcome(sentence: SentenceView, start: int, index: int) -> str:
    """What the effect is on: "hazard ratio for …", else the words before it; "" where unclear."""
    printed = sentence.tokens[index].low
    head = re.split(r"[-−–+]?\d", printed, maxsplit=1)[0]
    if (inside := _OF.match(head)) and has_content(inside["what"]):
        what = tidy(inside["what"])
        if names_outcome(what):
            return what
    in_group = {i for group in sentence.groups for i in range(group.first, group.last)}
    words = [
        sentence.text[sentence.tokens[i].start : sentence.tokens[i].end]
        for i in range(start, index)
        if i not in in_group and sentence.tokens[i].kind not in ("p", "effect", "interval")
    ]
    text = re.sub(r"\s+([,.;:)\]])|([(\[])\s+", r"\1\2", " ".join(words)).strip(" ,;([")
    if any(character.isdigit() for character in text) and not names_outcome(text):
        return ""
    named = tidy(_ADVERBS.sub("", core(main_clause(text))).strip())
    whole = named.count("(") == named.count(")")
    return named if whole and has_content(named) and names_outcome(named) else ""
