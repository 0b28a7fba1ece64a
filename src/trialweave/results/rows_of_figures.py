"""Figures in a row and the groups in a row that they belong to; names told by their place alone."""

from __future__ import annotations

from collections.abc import Sequence

from trialweave.results.arm_names import arm_key
from trialweave.results.groups import Mention, role_of
from trialweave.results.view import Piece, SentenceView

__all__ = [
    "GIVEN",
    "VALUE",
    "joined",
    "labelled_run",
    "listed_run",
    "named_before",
    "named_directly",
    "only_fillers",
    "under_legend",
    "usable",
]

_FILLERS = frozenset(
    {
        "the", "a", "an", "in", "of", "for", "to", "with", "among", "on", "only", "by", "was",
        "were", "is", "had", "it", "that", "those", "patients", "participants", "subjects",
        "respectively", "as", "at", "women", "men", "children", "this", "there", "did", "people",
        "individuals", "infants", "from", "receiving", "who", "received", "be", "been", "also",
        "just", "not", "rate", "rates", "(", ")", "[", "]", ",", ".", "cases", "case", "compared",
        "comparison", "against", "contrast", "opposed", "i.e", "=", ":",
    }
)  # fmt: skip
GIVEN = frozenset({"treated", "receiving", "given", "who", "were", "received", "randomised"})
_AGAINST = frozenset({"versus", "vs", "compared", "against"})
_LABEL_SIGNS = frozenset({",", ":", "=", "(", "[", "was", "were", "had", "of"})
_SEPARATORS = _FILLERS | frozenset(
    {";", "and", "or", "vs", "versus", "than", "with", "while", "whereas", "against"}
)
VALUE = frozenset({"value", "values", "figure", "figures", "corresponding", "and", "number"})
_NONE: frozenset[str] = frozenset()


def labelled_run(sentence: SentenceView, index: int) -> list[Mention | None] | None:
    """Shares each directly behind its group: "A, 12%; B, 18%; and C, 20%"."""
    pieces = sentence.pieces
    by_last = {group.last: group for group in sentence.groups if not group.every}
    found: list[Mention] = []
    at = index
    while at < len(pieces):
        start = pieces[at].first
        while sentence.low(start - 1) in _LABEL_SIGNS and pieces[at].first - start < 2:
            if start in by_last:
                break
            start -= 1
        group = by_last.get(start)
        if group is None or group.weak:
            break
        if found:
            gap = range(pieces[at - 1].last, group.first)
            if any(sentence.low(i) not in _SEPARATORS for i in gap):
                break
        found.append(group)
        at += 1
    if len(found) < 2 or len({group.label for group in found}) < len(found):
        return None
    end = sentence.clause_end(pieces[at - 1].last)
    if sentence.depth[pieces[index].first]:
        end = next((i for i in range(pieces[at - 1].last, end) if not sentence.depth[i]), end)
    if at < len(pieces):
        end = min(end, pieces[at].first)
    inside = sentence.groups_between(found[0].first, end)
    distinct = {group.label for group in inside if not group.weak and not group.every}
    return list(found) if distinct == {group.label for group in found} else None


def listed_run(sentence: SentenceView, index: int) -> list[Mention | None] | None:
    """Three or more shares in a row and as many groups listed behind or before, respectively."""
    if not sentence.respectively:
        return None
    shares = sentence.pieces
    stop = index + 1
    while stop < len(shares) and stop - index < 6:
        link_found = joined(sentence, stop - 1)
        between = range(shares[stop - 1].last, shares[stop].first)
        if link_found is None or any(sentence.low(i) not in (",", "and") for i in between):
            break
        stop += 1
    if stop - index < 3:
        return None
    end = sentence.clause_end(shares[stop - 1].last)
    if stop < len(shares):
        end = min(end, shares[stop].first)
    behind = usable(sentence.groups_between(shares[stop - 1].last, end))
    if not behind:
        start = sentence.clause_start(shares[index].first)
        behind = usable(sentence.groups_between(start, shares[index].first))
    if len(behind) != stop - index or any(g.weak for g in behind):
        return None
    return list(behind)


def under_legend(sentence: SentenceView, index: int) -> list[Mention | None] | None:
    """Two figures in a bracket that says before what is against what.

    "(A vs B: pain, 3.1 vs 4.2; sleep, 6.0 vs 5.1)" and "(A vs. B, 3.1 vs. 4.2)".
    """
    if index + 1 >= len(sentence.pieces) or not sentence.depth[sentence.pieces[index].first]:
        return None
    one, two = sentence.pieces[index], sentence.pieces[index + 1]
    between = [sentence.low(i) for i in range(one.last, two.first)]
    if not set(between) & _AGAINST or not set(between) <= _AGAINST | {".", "with", "to"}:
        return None
    opening = one.first
    while opening > 0 and sentence.depth[opening - 1]:
        opening -= 1
    start = opening + 1
    link = next((i for i in range(start, one.first) if sentence.low(i) in _AGAINST), start)
    end = next((i for i in range(link, one.first) if sentence.low(i) in (":", ",", ";")), link)
    named = [_named(sentence, start, link), _named(sentence, link + 1, end)]
    if any(name is None for name in named):
        return None
    known = any(start <= g.first < end for g in sentence.groups) or any(
        name is not None and arm_key(name.label) in sentence.names.sizes for name in named
    )
    first, second = named
    own = [g for g in sentence.groups_between(end, two.last + 3) if not g.weak]
    if own or not known or first is None or second is None or first.label == second.label:
        return None
    return [first, second]


def _named(sentence: SentenceView, first: int, last: int) -> Mention | None:
    """One to four words, taken as the name of a group by their place."""
    while sentence.low(first) in (".", "the", "with", "to", "["):
        first += 1
    tokens = sentence.tokens[first:last]
    if not 0 < len(tokens) < 5 or any(t.kind not in ("word", "int") for t in tokens):
        return None
    label = " ".join(token.low for token in tokens)
    return Mention(first, last, label, role_of(label))


def named_before(sentence: SentenceView, one: Piece, right: Mention) -> Mention | None:
    """A name known by nothing but its place: "…; nitrate 5.65 vs. placebo 6.40"."""
    first = one.first
    while first > 0 and sentence.tokens[first - 1].kind == "word" and one.first - first < 3:
        first -= 1
    apart = first == 0 or sentence.low(first - 1) in (";", ":", "(", "[")
    name = _named(sentence, first, one.first)
    if not apart or name is None or right.role != "control":
        return None
    return None if set(name.label.split()) & (_FILLERS | GIVEN) else Mention(
        first, one.first, name.label, "treatment"
    )  # fmt: skip


def named_directly(
    sentence: SentenceView, first: int, link: int, other: Mention, two: Piece
) -> Mention | None:
    """A name known by nothing but its place: "7 ± 8 nitrate vs. 1 ± 8 placebo"."""
    if not 0 < link - first < 4 or other.role != "control" or other.first - two.last > 1:
        return None
    words = [sentence.low(i) for i in range(first, link)]
    plain = all(sentence.tokens[i].kind == "word" for i in range(first, link))
    if not plain or any(word in _FILLERS or word in GIVEN for word in words):
        return None
    return Mention(first, link, " ".join(words), "treatment")


def joined(sentence: SentenceView, index: int) -> tuple[int, bool] | None:
    """The link between share `index` and the next, if nothing else comes between them."""
    one, two = sentence.pieces[index], sentence.pieces[index + 1]
    if sentence.has(one.last, two.first, ("p", "effect")) or two.first - one.last > 24:
        return None
    for at in range(one.last, two.first):
        if sentence.low(at) == ";" and sentence.depth[at] == 0:
            goes_on = only_fillers(sentence, at + 1, two.first, VALUE)
            return (at, False) if goes_on and only_fillers(sentence, one.last, at) else None
    return sentence.link(one.last, two.first)


def usable(groups: Sequence[Mention]) -> list[Mention]:
    """Groups without repetition; weak ones only beside a control."""
    kept: list[Mention] = []
    for group in groups:
        if group.every:
            return []
        if group.weak and not any(g.role == "control" for g in groups):
            continue
        if all(group.label != other.label for other in kept):
            kept.append(group)
    return kept


def only_fillers(
    sentence: SentenceView, first: int, last: int, others: frozenset[str] = _NONE
) -> bool:
    covered = {i for g in sentence.groups for i in range(g.first, g.last)}
    return all(
        i in covered
        or sentence.low(i) in _FILLERS
        or sentence.low(i) in others
        or sentence.tokens[i].kind == "interval"
        for i in range(first, last)
    )
