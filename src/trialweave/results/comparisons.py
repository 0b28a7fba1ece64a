"""Comparisons and single groups in one sentence: shares with their groups, outcome and P."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from trialweave.model import Effect, PValue, Role
from trialweave.results.counts import PERSONS, Share
from trialweave.results.groups import Mention, pair_roles
from trialweave.results.pairing import chain
from trialweave.results.rows_of_figures import joined, usable
from trialweave.results.tokens import as_effect, as_p_value
from trialweave.results.view import Piece, SentenceView
from trialweave.results.wording import outcome_of, persons_counted

__all__ = ["Reading", "end_of", "read_sentence", "read_shares", "statistics"]


@dataclass(frozen=True, slots=True)
class Reading:
    """One comparison or single group of a sentence, at characters `start` to `end` of it."""

    outcome: str
    family: str
    arms: tuple[tuple[Share, str, Role], ...]
    spans: tuple[tuple[int, int], ...]  # of the arms' numbers
    p: PValue | None
    effect: Effect | None
    start: int
    end: int
    tail: int  # the token behind the numbers, their groups and statistics


_P_REACH = 10  # words that may stand between a comparison and its P


def read_sentence(text: str, offset: int = 0, product: Collection[str] = ()) -> list[Reading]:
    """The comparisons and single-group results that one sentence states, in order.

    `offset` is the sentence's place in the received text, -1 where it has none.
    """
    return read_shares(SentenceView(text, offset, product))


def read_shares(sentence: SentenceView) -> list[Reading]:
    """The comparisons and single-group results of persons that a sentence states, in order."""
    shares = sentence.shares
    readings: list[Reading] = []
    index = 0
    done = 0  # token behind the last comparison: an outcome's wording cannot start before it
    while index < len(shares):
        groups = chain(sentence, index, done)
        if groups is not None:
            reading = _reading(sentence, index, groups, done)
            index += len(groups)
            done = end_of(sentence, shares[index - 1])
            if reading is not None:
                readings.append(reading)
                done = max(done, reading.tail)
            continue
        single = _single(sentence, index, done)
        if single is not None:
            readings.append(single)
        done = end_of(sentence, shares[index]) if shares[index].form != "bare" else done
        index += 1
    return readings


def end_of(sentence: SentenceView, share: Piece) -> int:
    """Behind the share, its closing bracket and a P value or effect in the same brackets."""
    index = share.last
    while sentence.low(index) in (")", "]", ",", ";") or (
        index < len(sentence.tokens) and sentence.tokens[index].kind in ("p", "effect", "interval")
    ):
        index += 1
    return index


def _reading(
    sentence: SentenceView, index: int, groups: Sequence[Mention | None], done: int
) -> Reading | None:
    shares = sentence.shares[index : index + len(groups)]
    first, last = shares[0], shares[-1]
    start = max(done, sentence.clause_start(first.first))
    if index and sentence.shares[index - 1].last >= start - 2:
        named = groups[0].first if groups[0] is not None else first.first
        start = sentence.behind_link(start, min(first.first, named))
    end = sentence.clause_end(last.last)
    if index + len(groups) < len(sentence.shares):
        end = min(end, sentence.shares[index + len(groups)].first)
    covered = [g for g in sentence.groups if start <= g.first < end]
    outcome = outcome_of(sentence.tokens, shares, covered, start, end, sentence.text)
    if not outcome.usable and (not done or sentence.depth[first.first]):
        # "relapse in 30% overall (A, 12%; B, 18%)": a bracket is of what stands before it
        start = 0 if not done else sentence.clause_start(first.first)
        outcome = outcome_of(sentence.tokens, shares, sentence.groups, start, end, sentence.text)
    if not outcome.usable:
        return None
    forms = {share.form for share in shares}
    if forms == {"bare"} and not outcome.family:
        return None
    if {"bare", "%"} <= forms:
        return None  # a number of persons beside a percentage of others
    if all(share.form == "%" for share in shares) and not persons_counted(
        sentence.tokens, start, end, outcome.family
    ):
        return None
    roles = pair_roles([group.role if group else "unknown" for group in groups])
    labels = [sentence.label(group) for group in groups]
    tail = max([last.last, *(g.last for g in groups if g is not None)])
    p, effect = statistics(sentence, last.last, end, _P_REACH)
    return Reading(
        outcome=outcome.text,
        family=outcome.family,
        arms=tuple(zip(shares, labels, roles, strict=True)),
        spans=tuple(
            (sentence.tokens[s.first].start, sentence.tokens[s.last - 1].end) for s in shares
        ),
        p=p,
        effect=effect,
        start=sentence.tokens[start].start,
        end=sentence.tokens[min(tail, len(sentence.tokens)) - 1].end,
        tail=tail,
    )


def statistics(
    sentence: SentenceView, first: int, last: int, reach: int, *, of_means: bool = False
) -> tuple[PValue | None, Effect | None]:
    """The P value and effect behind a comparison, within `reach` words and before a new clause."""
    in_group = {i for g in sentence.groups for i in range(g.first, g.last)}
    p: PValue | None = None
    effect: Effect | None = None
    words = 0
    for index in range(first, min(last, len(sentence.tokens))):
        token = sentence.tokens[index]
        if token.kind == "p":
            if p is None:
                p = as_p_value(token, sentence.text, sentence.offset)
            break
        if token.kind == "effect":
            if effect is not None:
                break
            effect = as_effect(token, sentence.text, sentence.offset, of_means=of_means)
        elif token.kind == "word" and index not in in_group:
            words += 1
            if words > reach or token.low in ("and", "but", "while", "whereas", "although"):
                break
    if effect is not None and effect.adjusted and p is not None and not p.test:
        p = PValue(p.operator, p.text, "adjusted model", p.passage)
    return p, effect


_ALL = re.compile(
    r"\boverall\b(?! (?:survival|response|rate))|\bin total\b|"
    r"\b(?:of|among|in) (?:all|the (?:whole|entire)) (?:\w+ ){0,3}"
    r"(?:patients|participants|subjects|cohort|group)\b|\ball (?:\w+ ){0,2}patients\b",
    re.IGNORECASE,
)


def _of_all(sentence: SentenceView, first: int, last: int) -> bool:
    """Whether the words before a share say that it is of everybody."""
    if first >= last:
        return False
    words = sentence.text[sentence.tokens[first].start : sentence.tokens[last - 1].end]
    return bool(_ALL.search(words))


def _compared(sentence: SentenceView, index: int) -> bool:
    """Whether the share is one side of a comparison whose groups could not be told."""
    before = joined(sentence, index - 1) if index else None
    after = joined(sentence, index) if index + 1 < len(sentence.shares) else None
    grouped = any(not group.weak for group in sentence.groups)
    return any(link is not None and (link[1] or grouped) for link in (before, after))


def _single(sentence: SentenceView, index: int, done: int) -> Reading | None:
    """One share that no comparison holds: with its own group, or of all persons."""
    share = sentence.shares[index]
    if share.form == "bare":
        return None
    start = max(done, sentence.clause_start(share.first))
    if index:
        start = max(start, sentence.shares[index - 1].last)
        start = sentence.behind_link(start, share.first)
    end = sentence.clause_end(share.last)
    if index + 1 < len(sentence.shares):
        end = min(end, sentence.shares[index + 1].first)
    near = usable(sentence.groups_between(start, end))
    group = share.inner
    if group is None and len(near) == 1 and not near[0].weak:
        group = near[0]
    elif group is None and near:
        return None
    if any(g.every for g in sentence.groups_between(start, end)):
        return None
    if sentence.respectively or _compared(sentence, index):
        return None
    outcome = outcome_of(
        sentence.tokens, [share], [g for g in sentence.groups if start <= g.first < end],
        start, end, sentence.text,
    )  # fmt: skip
    if not outcome.usable:
        return None
    of_persons = sentence.low(share.last) == "of" and any(
        sentence.low(i) in PERSONS for i in range(share.last, share.last + 4)
    )
    overall = _of_all(sentence, start, share.first)
    if group is None and len(sentence.shares) > 1 and share.form == "%" and not of_persons:
        return None
    near_persons = any(sentence.low(i) in PERSONS for i in range(share.first - 3, share.last + 4))
    if not outcome.family and not near_persons:
        return None
    if not outcome.family and (share.form != "n/N" and not (overall and of_persons)):
        return None
    if share.form == "%" and not (of_persons or (outcome.family and persons_counted(
        sentence.tokens, start, end, outcome.family
    ))):  # fmt: skip
        return None
    role: Role = group.role if group else ("total" if overall else "unknown")
    tail = share.last if group is None else max(share.last, group.last)
    p, effect = statistics(sentence, share.last, end, 2 * _P_REACH)
    span = (sentence.tokens[share.first].start, sentence.tokens[share.last - 1].end)
    return Reading(
        outcome.text, outcome.family, ((share, sentence.label(group), role),), (span,),
        p, effect, sentence.tokens[start].start, sentence.tokens[max(tail, 1) - 1].end, tail,
    )  # fmt: skip
