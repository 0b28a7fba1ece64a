"""Which group each share of a sentence belongs to.

A chain of shares is one comparison only where the sentence's form settles it: each share beside
its own group ("50% in X versus 80% in Y", "X (50%) and Y (80%)"), or shares and groups listed in
the same order. Where the form leaves two readings, there is no chain.
"""

from __future__ import annotations

from collections.abc import Sequence

from trialweave.model import Role
from trialweave.results.counts import Share
from trialweave.results.groups import Mention
from trialweave.results.view import SentenceView

__all__ = ["chain", "joined", "usable"]

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
_LOWER = frozenset({"lower", "fewer", "less", "reduced", "decreased", "smaller", "rarer"})
_HIGHER = frozenset({"higher", "greater", "more", "increased", "larger"})
_COMPARED = frozenset({"compared", "comparison", "than", "versus", "vs", "relative", "against"})
_GIVEN = frozenset({"treated", "receiving", "given", "who", "were", "received", "randomised"})


def chain(sentence: SentenceView, index: int, done: int) -> list[Mention | None] | None:
    """The groups of the shares from `index` on that one comparison holds; None where none."""
    listed = _listed_run(sentence, index)
    if listed is not None:
        return listed
    pair = _pair(sentence, index, done)
    if pair is None:
        return None
    found: list[Mention | None] = list(pair)
    while index + len(found) < len(sentence.shares):
        following = _beside(sentence, index + len(found) - 1)
        if following is None or following[0] != found[-1]:
            break
        if any(g is not None and following[1].label == g.label for g in found):
            break
        found.append(following[1])
    return found


def _pair(
    sentence: SentenceView, index: int, done: int
) -> tuple[Mention | None, Mention | None] | None:
    """The groups of share `index` and the next; None where they are not one comparison."""
    if index + 1 >= len(sentence.shares):
        return None
    beside = _beside(sentence, index)
    if beside is not None:
        return beside
    return _listed(sentence, index, done)


def joined(sentence: SentenceView, index: int) -> tuple[int, bool] | None:
    """The link between share `index` and the next, if nothing else comes between them."""
    one, two = sentence.shares[index], sentence.shares[index + 1]
    if sentence.has(one.last, two.first, ("p", "effect")) or two.first - one.last > 24:
        return None
    if any(sentence.low(i) == ";" and sentence.depth[i] == 0 for i in range(one.last, two.first)):
        return None
    return sentence.link(one.last, two.first)


def _beside(sentence: SentenceView, index: int) -> tuple[Mention, Mention] | None:
    """Each of two neighbouring shares beside its own group.

    "X patients" and "with X" are taken for groups only opposite a control.
    """
    if index + 1 >= len(sentence.shares):
        return None
    found = _beside_among(sentence, index, weakly=True)
    if found is not None:
        first, second = found
        if not (first.weak and second.role != "control") and not (
            second.weak and first.role != "control"
        ):
            return found
    return _beside_among(sentence, index, weakly=False)


def _beside_among(
    sentence: SentenceView, index: int, *, weakly: bool
) -> tuple[Mention, Mention] | None:
    one, two = sentence.shares[index], sentence.shares[index + 1]
    link_found = joined(sentence, index)
    if link_found is None:
        return None
    link, strong = link_found
    left = _adjoining(sentence, sentence.groups_between(one.last, link), one, weakly)
    right = [g for g in sentence.groups_between(link, two.first) if not g.weak]
    if len(left) > 1 or len(right) > 1:
        return None
    if not strong and not _only_fillers(sentence, link + 1, two.first):
        return None
    after = _group_after(sentence, index + 1, weakly)
    first = one.inner or _apposed(sentence, one) or (left[0] if left else None)
    second = two.inner or _apposed(sentence, two) or (right[0] if right else None)
    if first is not None and second is None:
        second = after
    elif first is None and second is not None:
        first = _group_before(sentence, index)
    elif first is None and second is None and strong and after is not None:
        # "in group A 50% improved, as compared with 87% in group B"
        first = _group_before(sentence, index)
        end = sentence.clause_end(two.last)
        between = [g for g in sentence.groups_between(two.last, end) if weakly or not g.weak]
        if len(between) > 1:
            return None
        second = after
    if first is None or second is None or first.every or second.every:
        return None
    return None if first.label == second.label else (first, second)


def _apposed(sentence: SentenceView, share: Share) -> Mention | None:
    """The group that a bracketed share stands directly behind: "the control group (80%)"."""
    opening = share.first - 1
    if sentence.low(opening) not in ("(", "[", ":"):
        return None
    for group in sentence.groups:
        if group.last == opening and not group.every:
            return group
    return None


def _adjoining(
    sentence: SentenceView, groups: Sequence[Mention], share: Share, weakly: bool
) -> list[Mention]:
    """The groups; of weak ones those directly behind the share, where they count at all."""
    return [g for g in groups if not g.weak or (weakly and _directly_behind(sentence, g, share))]


def _directly_behind(sentence: SentenceView, group: Mention, share: Share) -> bool:
    return all(
        sentence.depth[i] > 0 or sentence.low(i) in _GIVEN for i in range(share.last, group.first)
    )


def _only_fillers(sentence: SentenceView, first: int, last: int) -> bool:
    covered = {i for g in sentence.groups for i in range(g.first, g.last)}
    return all(
        i in covered or sentence.low(i) in _FILLERS or sentence.tokens[i].kind == "interval"
        for i in range(first, last)
    )


def _group_after(sentence: SentenceView, index: int, weakly: bool) -> Mention | None:
    """The first group behind share `index`, before the next share and the end of the clause."""
    share = sentence.shares[index]
    last = sentence.clause_end(share.last)
    if index + 1 < len(sentence.shares):
        last = min(last, sentence.shares[index + 1].first)
        link_found = sentence.link(share.last, last)
        if link_found is not None:
            last = link_found[0]
    found = _adjoining(sentence, sentence.groups_between(share.last, last), share, weakly)
    return found[0] if found and found[0].first - share.last <= 12 else None


def _group_before(sentence: SentenceView, index: int) -> Mention | None:
    """The nearest group before share `index` in its clause, with no other share between."""
    share = sentence.shares[index]
    first = sentence.clause_start(share.first)
    if index:
        first = max(first, sentence.shares[index - 1].last)
    found = [g for g in sentence.groups_between(first, share.first) if not g.weak]
    return found[-1] if found else None


def _listed(
    sentence: SentenceView, index: int, done: int
) -> tuple[Mention | None, Mention | None] | None:
    """Two shares side by side, their two groups named together before or behind them."""
    one, two = sentence.shares[index], sentence.shares[index + 1]
    link_found = joined(sentence, index)
    if link_found is None or one.inner or two.inner:
        return None
    counted = one.noun[1] > one.noun[0] and two.noun[1] > two.noun[0] and sentence.respectively
    if "bare" in (one.form, two.form) and not counted:
        return None
    link, strong = link_found
    if not _only_fillers(sentence, one.last, link) or not _only_fillers(
        sentence, link + 1, two.first
    ):
        return None
    if not strong and sentence.low(link) != "and":
        return None
    end = sentence.clause_end(two.last)
    if index + 2 < len(sentence.shares):
        end = min(end, sentence.shares[index + 2].first)
    behind = usable(sentence.groups_between(two.last, end))
    before = usable(sentence.groups_between(sentence.clause_start(one.first), one.first))
    if index and sentence.shares[index - 1].last > done:
        before = [g for g in before if g.first >= sentence.shares[index - 1].last]
    if (
        len(behind) == 2
        and (sentence.respectively or not before)
        and _in_order(sentence, behind, strong)
    ):
        return behind[0], behind[1]
    if len(before) == 2 and not behind and _in_order(sentence, before, strong):
        subject, other = before
        if _compared_first(sentence, subject):
            before, (subject, other) = [other, subject], (other, subject)
        direction = _direction(sentence, one.first)
        if direction and not _agrees(direction, one, two):
            return None
        return before[0], before[1]
    if strong and not behind:
        named = usable([g for g in sentence.groups if g.last <= one.first])
        distinct = {g.label for g in named}
        if len(distinct) == 1 and not any(g.every for g in sentence.groups):
            return _by_direction(sentence, named[-1], one, two)
    if strong and not before and not behind and _complete(one) and _complete(two):
        return None, None
    return None


def _listed_run(sentence: SentenceView, index: int) -> list[Mention | None] | None:
    """Three or more shares in a row and as many groups listed behind them, respectively."""
    if not sentence.respectively:
        return None
    shares = sentence.shares
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
    if len(behind) != stop - index or any(g.weak for g in behind):
        return None
    return list(behind)


def _complete(share: Share) -> bool:
    return share.events is not None and (share.n is not None or bool(share.percent))


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


def _in_order(sentence: SentenceView, groups: Sequence[Mention], strong: bool) -> bool:
    """Whether two groups are named as a pair, in an order that the shares follow."""
    one, two = groups
    link_found = sentence.link(one.last, two.first)
    if link_found is None:
        return sentence.respectively and two.first - one.last <= 3
    if link_found[1]:
        return True
    return strong or sentence.respectively


def _compared_first(sentence: SentenceView, group: Mention) -> bool:
    """Whether the clause starts "Compared with <group>, …"."""
    before = [sentence.low(i) for i in range(max(group.first - 4, 0), group.first)]
    return any(word in ("compared", "relative", "contrast") for word in before)


def _direction(sentence: SentenceView, index: int) -> int:
    """-1 where the words before `index` say "lower", 1 for "higher", 0 for neither or both."""
    words = {sentence.low(i) for i in range(sentence.clause_start(index), index)}
    return bool(words & _HIGHER) - bool(words & _LOWER)


def _size(share: Share) -> float | None:
    if share.percent:
        return float(share.percent)
    if share.events is not None and share.n:
        return 100 * share.events / share.n
    return None


def _agrees(direction: int, one: Share, two: Share) -> bool:
    first, second = _size(one), _size(two)
    return first is not None and second is not None and direction * (first - second) > 0


def _by_direction(
    sentence: SentenceView, group: Mention, one: Share, two: Share
) -> tuple[Mention, Mention] | None:
    """ "fewer deaths in X (5% versus 9%)": the words tell which of the two is X's."""
    if group.role not in ("treatment", "control") or group.weak:
        return None
    words = [sentence.low(i) for i in range(sentence.clause_start(one.first), one.first)]
    found = [word for word in words if word in _LOWER | _HIGHER]
    if len(found) != 1:
        return None
    direction = -1 if found[0] in _LOWER else 1
    if any(sentence.low(i) in _COMPARED for i in range(max(group.first - 4, 0), group.first)):
        direction = -direction  # "fewer … compared with X": X is the other side
    first, second = _size(one), _size(two)
    if first is None or second is None or first == second:
        return None
    role: Role = "control" if group.role == "treatment" else "treatment"
    other = Mention(group.first, group.last, "", role)
    return (group, other) if direction * (first - second) > 0 else (other, group)
