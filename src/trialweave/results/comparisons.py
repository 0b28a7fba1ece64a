"""Which share belongs to which group: comparisons and single groups in one sentence.

A comparison is made only where the sentence's form settles it: each share beside its own group
("50% in X versus 80% in Y", "X (50%) and Y (80%)"), or shares and groups listed in the same order.
Where the form leaves two readings, nothing is read.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from trialweave.model import Effect, PValue, Role
from trialweave.results.counts import PERSONS, Share, find_shares
from trialweave.results.groups import Mention, find_groups, pair_roles
from trialweave.results.tokens import Token, as_effect, as_p_value, tokenise
from trialweave.results.wording import outcome_of, persons_counted

__all__ = ["Reading", "read_sentence"]


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


_STRONG = frozenset({"versus", "vs", "than", "against"})
_WEAK = frozenset({"and", "while", "whereas", "but", ",", "or"})
_FILLERS = frozenset(
    {
        "the", "a", "an", "in", "of", "for", "to", "with", "among", "on", "only", "by", "was",
        "were", "is", "had", "it", "that", "those", "patients", "participants", "subjects",
        "respectively", "as", "at", "women", "men", "children", "this", "there", "did", "people",
        "individuals", "infants", "from", "receiving", "who", "received", "be", "been", "also",
        "just", "rate", "rates", "(", ")", "[", "]", ",", ".", "cases", "case", "compared",
        "comparison", "against", "contrast", "opposed", "i.e", "=", ":",
    }
)  # fmt: skip
_LOWER = frozenset({"lower", "fewer", "less", "reduced", "decreased", "smaller", "rarer"})
_HIGHER = frozenset({"higher", "greater", "more", "increased", "larger"})
_COMPARED = frozenset({"compared", "comparison", "than", "versus", "vs", "relative", "against"})
_GIVEN = frozenset({"treated", "receiving", "given", "who", "were", "received", "randomised"})
_P_REACH = 10
_MAX_SHARES = 60


class _Sentence:
    """A sentence's tokens with what was found in them; positions are token indices."""

    def __init__(self, text: str, offset: int, product: Collection[str]) -> None:
        self.text = text
        self.offset = offset
        self.tokens = tokenise(text)
        self.groups = find_groups(self.tokens, product)
        self.shares = find_shares(self.tokens, self.groups)[:_MAX_SHARES]
        self.depth = _depths(self.tokens)
        self.respectively = any(token.low == "respectively" for token in self.tokens)

    def low(self, index: int) -> str:
        return self.tokens[index].low if 0 <= index < len(self.tokens) else ""

    def groups_between(self, first: int, last: int) -> list[Mention]:
        return [g for g in self.groups if g.first >= first and g.last <= last]

    def label(self, group: Mention | None) -> str:
        """The group as the sentence writes it; "" where the sentence leaves it unnamed."""
        if group is None or not group.label:
            return ""
        tokens = self.tokens
        words = self.text[tokens[group.first].start : tokens[group.last - 1].end]
        return " ".join(words.split())

    def has(self, first: int, last: int, kinds: tuple[str, ...]) -> bool:
        return any(token.kind in kinds for token in self.tokens[max(first, 0) : last])

    def link(self, first: int, last: int) -> tuple[int, bool] | None:
        """Where two shares are joined between `first` and `last`: index and whether strongly."""
        weak = None
        for index in range(first, last):
            low = self.low(index)
            if low in _STRONG or (
                low in ("compared", "comparison", "opposed", "contrast", "relative")
                and self.low(index + 1) in ("with", "to")
            ):
                return index, True
            if low in _WEAK:
                weak = index
        return None if weak is None else (weak, False)

    def clause_start(self, index: int) -> int:
        """The token behind the last semicolon, colon or concluding P value before `index`."""
        for back in range(index - 1, -1, -1):
            token = self.tokens[back]
            if token.low in (";", ":") and self.depth[back] == 0:
                heading = token.low == ":" and back <= 8  # "Mortality: 3/10 versus 6/10"
                if not heading:
                    return back + 1
            if token.kind in ("p", "effect"):
                after = back + 1
                while self.low(after) in (")", "]") and after < index:
                    after += 1
                if self.low(after) in ("and", "but", ",", "while", "whereas", ";"):
                    return after
        return 0

    def clause_end(self, index: int) -> int:
        """The next semicolon outside brackets; one before a P value or effect does not end."""
        for ahead in range(index, len(self.tokens)):
            if self.low(ahead) == ";" and self.depth[ahead] == 0:
                following = self.tokens[ahead + 1].kind if ahead + 1 < len(self.tokens) else ""
                if following not in ("p", "effect"):
                    return ahead
        return len(self.tokens)


def _depths(tokens: Sequence[Token]) -> list[int]:
    """How many brackets are open at each token."""
    depths = []
    depth = 0
    for token in tokens:
        if token.low in ("(", "["):
            depth += 1
        depths.append(depth)
        if token.low in (")", "]"):
            depth = max(depth - 1, 0)
    return depths


def read_sentence(text: str, offset: int = 0, product: Collection[str] = ()) -> list[Reading]:
    """The comparisons and single-group results that one sentence states, in order.

    `offset` is the sentence's place in the received text, -1 where it has none.
    """
    sentence = _Sentence(text, offset, product)
    shares = sentence.shares
    readings: list[Reading] = []
    index = 0
    done = 0  # token behind the last comparison: an outcome's wording cannot start before it
    while index < len(shares):
        chain = _chain(sentence, index, done)
        if chain is not None:
            reading = _reading(sentence, index, chain, done)
            index += len(chain)
            done = _end_of(sentence, shares[index - 1])
            if reading is not None:
                readings.append(reading)
                done = max(done, reading.tail)
            continue
        single = _single(sentence, index, done)
        if single is not None:
            readings.append(single)
        done = _end_of(sentence, shares[index]) if shares[index].form != "bare" else done
        index += 1
    return readings


def _end_of(sentence: _Sentence, share: Share) -> int:
    """Behind the share, its closing bracket and a P value or effect in the same brackets."""
    index = share.last
    while sentence.low(index) in (")", "]", ",", ";") or (
        index < len(sentence.tokens) and sentence.tokens[index].kind in ("p", "effect", "interval")
    ):
        index += 1
    return index


def _chain(sentence: _Sentence, index: int, done: int) -> list[Mention | None] | None:
    """The groups of the shares from `index` on that one comparison holds; None where none."""
    listed = _listed_run(sentence, index)
    if listed is not None:
        return listed
    pair = _pair(sentence, index, done)
    if pair is None:
        return None
    chain: list[Mention | None] = list(pair)
    while index + len(chain) < len(sentence.shares):
        following = _beside(sentence, index + len(chain) - 1)
        if following is None or following[0] != chain[-1]:
            break
        if any(g is not None and following[1].label == g.label for g in chain):
            break
        chain.append(following[1])
    return chain


def _pair(
    sentence: _Sentence, index: int, done: int
) -> tuple[Mention | None, Mention | None] | None:
    """The groups of share `index` and the next; None where they are not one comparison."""
    if index + 1 >= len(sentence.shares):
        return None
    beside = _beside(sentence, index)
    if beside is not None:
        return beside
    return _listed(sentence, index, done)


def _joined(sentence: _Sentence, index: int) -> tuple[int, bool] | None:
    """The link between share `index` and the next, if nothing else comes between them."""
    one, two = sentence.shares[index], sentence.shares[index + 1]
    if sentence.has(one.last, two.first, ("p", "effect")) or two.first - one.last > 24:
        return None
    if any(sentence.low(i) == ";" and sentence.depth[i] == 0 for i in range(one.last, two.first)):
        return None
    return sentence.link(one.last, two.first)


def _beside(sentence: _Sentence, index: int) -> tuple[Mention, Mention] | None:
    """Each of two neighbouring shares beside its own group."""
    if index + 1 >= len(sentence.shares):
        return None
    one, two = sentence.shares[index], sentence.shares[index + 1]
    joined = _joined(sentence, index)
    if joined is None:
        return None
    link, strong = joined
    left = _adjoining(sentence, sentence.groups_between(one.last, link), one)
    right = [g for g in sentence.groups_between(link, two.first) if not g.weak]
    if len(left) > 1 or len(right) > 1:
        return None
    if not strong and not _only_fillers(sentence, link + 1, two.first):
        return None
    after = _group_after(sentence, index + 1)
    first = one.inner or _apposed(sentence, one) or (left[0] if left else None)
    second = two.inner or _apposed(sentence, two) or (right[0] if right else None)
    if first is not None and second is None:
        second = after
    elif first is None and second is not None:
        first = _group_before(sentence, index)
    elif first is None and second is None and strong and after is not None:
        # "in group A 50% improved, as compared with 87% in group B"
        first = _group_before(sentence, index)
        between = sentence.groups_between(two.last, sentence.clause_end(two.last))
        if len(between) > 1:
            return None
        second = after
    if first is None or second is None or first.every or second.every:
        return None
    if first.label == second.label or (first.weak and second.weak):
        return None
    if (first.weak and second.role != "control") or (second.weak and first.role != "control"):
        return None
    return first, second


def _apposed(sentence: _Sentence, share: Share) -> Mention | None:
    """The group that a bracketed share stands directly behind: "the control group (80%)"."""
    opening = share.first - 1
    if sentence.low(opening) not in ("(", "[", ":"):
        return None
    for group in sentence.groups:
        if group.last == opening and not group.every:
            return group
    return None


def _adjoining(sentence: _Sentence, groups: Sequence[Mention], share: Share) -> list[Mention]:
    """The groups without weak ones that do not stand directly behind the share."""
    return [g for g in groups if not g.weak or _directly_behind(sentence, g, share)]


def _directly_behind(sentence: _Sentence, group: Mention, share: Share) -> bool:
    return all(
        sentence.depth[i] > 0 or sentence.low(i) in _GIVEN for i in range(share.last, group.first)
    )


def _only_fillers(sentence: _Sentence, first: int, last: int) -> bool:
    covered = {i for g in sentence.groups for i in range(g.first, g.last)}
    return all(
        i in covered or sentence.low(i) in _FILLERS or sentence.tokens[i].kind == "interval"
        for i in range(first, last)
    )


def _group_after(sentence: _Sentence, index: int) -> Mention | None:
    """The first group behind share `index`, before the next share and the end of the clause."""
    share = sentence.shares[index]
    last = sentence.clause_end(share.last)
    if index + 1 < len(sentence.shares):
        last = min(last, sentence.shares[index + 1].first)
        joined = sentence.link(share.last, last)
        if joined is not None:
            last = joined[0]
    found = _adjoining(sentence, sentence.groups_between(share.last, last), share)
    return found[0] if found and found[0].first - share.last <= 12 else None


def _group_before(sentence: _Sentence, index: int) -> Mention | None:
    """The nearest group before share `index` in its clause, with no other share between."""
    share = sentence.shares[index]
    first = sentence.clause_start(share.first)
    if index:
        first = max(first, sentence.shares[index - 1].last)
    found = [g for g in sentence.groups_between(first, share.first) if not g.weak]
    return found[-1] if found else None


def _listed(
    sentence: _Sentence, index: int, done: int
) -> tuple[Mention | None, Mention | None] | None:
    """Two shares side by side, their two groups named together before or behind them."""
    one, two = sentence.shares[index], sentence.shares[index + 1]
    joined = _joined(sentence, index)
    if joined is None or one.inner or two.inner or "bare" in (one.form, two.form):
        return None
    link, strong = joined
    if not _only_fillers(sentence, one.last, link) or not _only_fillers(
        sentence, link + 1, two.first
    ):
        return None
    if not strong and sentence.low(link) != "and":
        return None
    end = sentence.clause_end(two.last)
    if index + 2 < len(sentence.shares):
        end = min(end, sentence.shares[index + 2].first)
    behind = _usable(sentence.groups_between(two.last, end))
    before = _usable(sentence.groups_between(sentence.clause_start(one.first), one.first))
    if index and sentence.shares[index - 1].last > done:
        before = [g for g in before if g.first >= sentence.shares[index - 1].last]
    if len(behind) == 2 and not before and _in_order(sentence, behind, strong):
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
        named = _usable([g for g in sentence.groups if g.last <= one.first])
        distinct = {g.label for g in named}
        if len(distinct) == 1 and not any(g.every for g in sentence.groups):
            return _by_direction(sentence, named[-1], one, two)
    if strong and not before and not behind and _complete(one) and _complete(two):
        return None, None
    return None


def _listed_run(sentence: _Sentence, index: int) -> list[Mention | None] | None:
    """Three or more shares in a row and as many groups listed behind them, respectively."""
    if not sentence.respectively:
        return None
    shares = sentence.shares
    stop = index + 1
    while stop < len(shares) and stop - index < 6:
        joined = _joined(sentence, stop - 1)
        between = range(shares[stop - 1].last, shares[stop].first)
        if joined is None or any(sentence.low(i) not in (",", "and") for i in between):
            break
        stop += 1
    if stop - index < 3:
        return None
    end = sentence.clause_end(shares[stop - 1].last)
    if stop < len(shares):
        end = min(end, shares[stop].first)
    behind = _usable(sentence.groups_between(shares[stop - 1].last, end))
    if len(behind) != stop - index or any(g.weak for g in behind):
        return None
    return list(behind)


def _complete(share: Share) -> bool:
    return share.events is not None and (share.n is not None or bool(share.percent))


def _usable(groups: Sequence[Mention]) -> list[Mention]:
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


def _in_order(sentence: _Sentence, groups: Sequence[Mention], strong: bool) -> bool:
    """Whether two groups are named as a pair, in an order that the shares follow."""
    one, two = groups
    joined = sentence.link(one.last, two.first)
    if joined is None:
        return sentence.respectively and two.first - one.last <= 3
    if joined[1]:
        return True
    return strong or sentence.respectively


def _compared_first(sentence: _Sentence, group: Mention) -> bool:
    """Whether the clause starts "Compared with <group>, …"."""
    before = [sentence.low(i) for i in range(max(group.first - 4, 0), group.first)]
    return any(word in ("compared", "relative", "contrast") for word in before)


def _direction(sentence: _Sentence, index: int) -> int:
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
    sentence: _Sentence, group: Mention, one: Share, two: Share
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


def _reading(
    sentence: _Sentence, index: int, chain: Sequence[Mention | None], done: int
) -> Reading | None:
    shares = sentence.shares[index : index + len(chain)]
    first, last = shares[0], shares[-1]
    start = max(done, sentence.clause_start(first.first))
    end = sentence.clause_end(last.last)
    if index + len(chain) < len(sentence.shares):
        end = min(end, sentence.shares[index + len(chain)].first)
    covered = [g for g in sentence.groups if start <= g.first < end]
    outcome = outcome_of(sentence.tokens, shares, covered, start, end, sentence.text)
    if not outcome.usable:
        return None
    if all(share.form == "bare" for share in shares) and not outcome.family:
        return None
    if all(share.form == "%" for share in shares) and not persons_counted(
        sentence.tokens, start, end, outcome.family
    ):
        return None
    roles = pair_roles([group.role if group else "unknown" for group in chain])
    labels = [sentence.label(group) for group in chain]
    tail = max([last.last, *(g.last for g in chain if g is not None)])
    p, effect = _statistics(sentence, last.last, end, _P_REACH)
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


def _statistics(
    sentence: _Sentence, first: int, last: int, reach: int
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
            effect = as_effect(token, sentence.text, sentence.offset)
        elif token.kind == "word" and index not in in_group:
            words += 1
            if words > reach or token.low in ("and", "but", "while", "whereas", "although"):
                break
    if effect is not None and effect.adjusted and p is not None and not p.test:
        p = PValue(p.operator, p.text, "adjusted model", p.passage)
    return p, effect


def _compared(sentence: _Sentence, index: int) -> bool:
    """Whether the share is one side of a comparison whose groups could not be told."""
    before = _joined(sentence, index - 1) if index else None
    after = _joined(sentence, index) if index + 1 < len(sentence.shares) else None
    return before is not None or after is not None


def _single(sentence: _Sentence, index: int, done: int) -> Reading | None:
    """One share that no comparison holds: with its own group, or of all persons."""
    share = sentence.shares[index]
    if share.form == "bare":
        return None
    start = max(done, sentence.clause_start(share.first))
    if index:
        start = max(start, sentence.shares[index - 1].last)
    end = sentence.clause_end(share.last)
    if index + 1 < len(sentence.shares):
        end = min(end, sentence.shares[index + 1].first)
    near = _usable(sentence.groups_between(start, end))
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
    overall = any(
        sentence.low(i) == "overall" and sentence.low(i + 1) not in ("survival", "response", "rate")
        for i in range(start, share.first)
    ) or ("in total" in sentence.text[:40].lower())
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
    p, effect = _statistics(sentence, share.last, end, 2 * _P_REACH)
    span = (sentence.tokens[share.first].start, sentence.tokens[share.last - 1].end)
    return Reading(
        outcome.text, outcome.family, ((share, sentence.label(group), role),), (span,),
        p, effect, sentence.tokens[start].start, sentence.tokens[max(tail, 1) - 1].end, tail,
    )  # fmt: skip
