"""Which group each share of a sentence belongs to.

A chain of shares is one comparison only where the sentence's form settles it: each share beside
its own group ("50% in X versus 80% in Y", "X (50%) and Y (80%)"), or shares and groups listed in
the same order. Where the form leaves two readings, there is no chain.
"""

from __future__ import annotations

from collections.abc import Sequence

from trialweave.model import Role
from trialweave.results.groups import Mention
from trialweave.results.rows_of_figures import (
    GIVEN,
    VALUE,
    joined,
    labelled_run,
    listed_run,
    named_before,
    named_directly,
    only_fillers,
    under_legend,
    usable,
)
from trialweave.results.view import Piece, SentenceView

__all__ = ["chain"]


_LOWER = frozenset({"lower", "fewer", "less", "reduced", "decreased", "smaller", "rarer"})
_HIGHER = frozenset({"higher", "greater", "more", "increased", "larger"})
_COMPARED = frozenset({"compared", "comparison", "than", "versus", "vs", "relative", "against"})


def chain(sentence: SentenceView, index: int, done: int) -> list[Mention | None] | None:
    """The groups of the shares from `index` on that one comparison holds; None where none."""
    listed = (
        labelled_run(sentence, index)
        or listed_run(sentence, index)
        or under_legend(sentence, index)
    )
    if listed is not None:
        return listed
    pair = _pair(sentence, index, done)
    if pair is None or labelled_run(sentence, index + 1) is not None:
        return None  # "12% in all (A, 10%; B, 14%)": the first is of nobody's arm
    found: list[Mention | None] = list(pair)
    while index + len(found) < len(sentence.pieces):
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
    if index + 1 >= len(sentence.pieces):
        return None
    beside = _beside(sentence, index)
    if beside is not None:
        return beside
    return _listed(sentence, index, done)


def _beside(sentence: SentenceView, index: int) -> tuple[Mention, Mention] | None:
    """Each of two neighbouring shares beside its own group.

    "X patients" and "with X" are taken for groups only opposite a control.
    """
    if index + 1 >= len(sentence.pieces):
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
    one, two = sentence.pieces[index], sentence.pieces[index + 1]
    link_found = joined(sentence, index)
    if link_found is None:
        return None
    link, strong = link_found
    left = _adjoining(sentence, sentence.groups_between(one.last, link), one, weakly)
    right = [g for g in sentence.groups_between(link, two.first) if not g.weak]
    if len(left) > 1 or len(right) > 1:
        return None
    if not strong and not only_fillers(sentence, link + 1, two.first, VALUE):
        return None
    after = _group_after(sentence, index + 1, weakly)
    bracketed = strong and all(sentence.depth[i] > 0 for i in range(one.first, two.last))
    apposed = None if bracketed else _apposed(sentence, one)
    first = one.inner or apposed or (left[0] if left else None)
    second = two.inner or _apposed(sentence, two) or (right[0] if right else None)
    if strong and not weakly and first is None and second is None and after is not None:
        first = named_directly(sentence, one.last, link, after, two)
        second = after if first is not None else None
    if first is None and strong and second is not None and right and second == right[0]:
        behind = all(sentence.low(i) in ("(", "[") for i in range(second.last, two.first))
        first = named_before(sentence, one, second) if behind else None
    if first is not None and second is None:
        second = after
    elif first is None and second is not None:
        first = _group_before(sentence, index)
    elif first is None and second is None and strong and after is not None and not after.weak:
        # "in group A 50% improved, as compared with 87% in group B"
        first = _group_before(sentence, index)
        if first is not None and sentence.depth[one.first] > sentence.depth[first.first]:
            return None  # both in one bracket behind the group
        end = sentence.clause_end(two.last)
        between = [g for g in sentence.groups_between(two.last, end) if weakly or not g.weak]
        if len(between) > 1:
            return None
        second = after
    if first is None or second is None or first.every or second.every:
        return None
    return None if first.label == second.label else (first, second)


def _apposed(sentence: SentenceView, share: Piece) -> Mention | None:
    """The group that a bracketed share stands directly behind: "the control group (80%)"."""
    opening = share.first - 1
    if sentence.low(opening) not in ("(", "[", ":"):
        return None
    for group in sentence.groups:
        if group.last == opening and not group.every:
            return group
    return None


def _adjoining(
    sentence: SentenceView, groups: Sequence[Mention], share: Piece, weakly: bool
) -> list[Mention]:
    """The groups; of weak ones those directly behind the share, where they count at all."""
    return [g for g in groups if not g.weak or (weakly and _directly_behind(sentence, g, share))]


def _directly_behind(sentence: SentenceView, group: Mention, share: Piece) -> bool:
    return all(
        sentence.depth[i] > 0 or sentence.low(i) in GIVEN for i in range(share.last, group.first)
    )


def _group_after(sentence: SentenceView, index: int, weakly: bool) -> Mention | None:
    """The first group behind share `index`, before the next share and the end of the clause."""
    share = sentence.pieces[index]
    last = sentence.clause_end(share.last)
    if index + 1 < len(sentence.pieces):
        last = min(last, sentence.pieces[index + 1].first)
        link_found = sentence.link(share.last, last)
        if link_found is not None:
            last = link_found[0]
    found = _adjoining(sentence, sentence.groups_between(share.last, last), share, weakly)
    return found[0] if found and found[0].first - share.last <= 12 else None


def _group_before(sentence: SentenceView, index: int) -> Mention | None:
    """The nearest group before share `index` in its clause, with no other share between."""
    share = sentence.pieces[index]
    first = sentence.clause_start(share.first)
    if index:
        first = max(first, sentence.pieces[index - 1].last)
    found = [g for g in sentence.groups_between(first, share.first) if not g.weak]
    return found[-1] if found else None


def _listed(
    sentence: SentenceView, index: int, done: int
) -> tuple[Mention | None, Mention | None] | None:
    """Two shares side by side, their two groups named together before or behind them."""
    one, two = sentence.pieces[index], sentence.pieces[index + 1]
    link_found = joined(sentence, index)
    if link_found is None or one.inner or two.inner:
        return None
    counted = one.noun[1] > one.noun[0] and two.noun[1] > two.noun[0] and sentence.respectively
    if "bare" in (one.form, two.form) and not counted:
        return None
    link, strong = link_found
    if _in_longer_list(sentence, index):
        return None
    if not only_fillers(sentence, one.last, link) or not only_fillers(
        sentence, link + 1, two.first
    ):
        return None
    if not strong and sentence.low(link) != "and":
        return None
    end = sentence.clause_end(two.last)
    if index + 2 < len(sentence.pieces):
        end = min(end, sentence.pieces[index + 2].first)
    end = _end_of_list(sentence, two.last, end)
    behind = usable(sentence.groups_between(two.last, end))
    before = usable(sentence.groups_between(sentence.clause_start(one.first), one.first))
    if index and sentence.pieces[index - 1].last > done:
        before = [g for g in before if g.first >= sentence.pieces[index - 1].last]
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
    if strong and not before and not behind and one.complete and two.complete:
        return None, None
    return None


def _end_of_list(sentence: SentenceView, first: int, last: int) -> int:
    """Behind a P value, or "respectively", no group is of the figures before it."""
    for index in range(first, last):
        if sentence.tokens[index].kind in ("p", "effect") or sentence.low(index) == "respectively":
            return index
    return last


def _in_longer_list(sentence: SentenceView, index: int) -> bool:
    """Whether a third figure stands beside two with nothing but "," and "and" between."""

    def together(at: int) -> bool:
        if at < 0 or at + 1 >= len(sentence.pieces):
            return False
        between = range(sentence.pieces[at].last, sentence.pieces[at + 1].first)
        return len(between) < 4 and all(sentence.low(i) in (",", "and", "or") for i in between)

    return together(index - 1) or together(index + 1)


def _in_order(sentence: SentenceView, groups: Sequence[Mention], strong: bool) -> bool:
    """Whether two groups are named as a pair, in an order that the shares follow."""
    one, two = groups
    link_found = sentence.link(one.last, two.first)
    if link_found is None:
        return sentence.respectively and two.first - one.last <= 3
    if sentence.respectively and not only_fillers(sentence, one.last, link_found[0]):
        return False  # "A, X and B, respectively", where X is not known for a group
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


def _agrees(direction: int, one: Piece, two: Piece) -> bool:
    first, second = one.size, two.size
    return first is not None and second is not None and direction * (first - second) > 0


def _by_direction(
    sentence: SentenceView, group: Mention, one: Piece, two: Piece
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
    first, second = one.size, two.size
    if first is None or second is None or first == second:
        return None
    role: Role = "control" if group.role == "treatment" else "treatment"
    other = Mention(group.first, group.last, "", role)
    return (group, other) if direction * (first - second) > 0 else (other, group)
