"""What an eligibility criterion says, as a small frozen tree.

A condition stands as it is written: "eGFR < 30" among the exclusion criteria is `Compare` with
"<" and the criterion's section is "exclusion"; no condition is ever negated because of its section.
Every leaf has the characters of the given text that it covers, so that text[start:end] is what it
was read from, and the leaves of a criterion cover all of it: what is not understood is `Opaque`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

import msgspec

__all__ = [
    "All", "Any", "AtLeast", "Compare", "Coverage", "Criterion", "Event", "Flag", "If", "InSet",
    "Kind", "Leaf", "Made", "Node", "Not", "Opaque", "Population", "Section", "Window", "leaves",
]  # fmt: skip

Section = Literal["inclusion", "exclusion", "unknown"]
Population = Literal["patient", "donor", "recipient"]
Kind = Literal["criterion", "heading", "definition"]
Coverage = Literal["full", "partial", "none"]
_DAYS: Final = {
    "a": 365.25,
    "mo": 30.4375,
    "wk": 7.0,
    "d": 1.0,
    "h": 1 / 24,
    "min": 1 / 1440,
    "s": 1 / 86400,
}


class _Frozen(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    pass


class Window(_Frozen, frozen=True, tag="window"):
    """A stretch of time. `value` to `high` (None where one number is given) in `unit` (UCUM).

    `relation`: "within_past", "within_next", "for_at_least", "at_least_before" (a washout), "over".
    `anchor` is what it is counted from as far as written: "screening", "enrolment",
    "randomisation", "first_dose", "baseline", "surgery", or "".
    """

    relation: str
    value: float
    unit: str
    start: int
    end: int
    high: float | None = None
    anchor: str = ""

    @property
    def days(self) -> float:
        """The length in days, of the longer end: a month is 30.4375 days, a year 365.25."""
        return (self.high if self.high is not None else self.value) * _DAYS[self.unit]


class Compare(_Frozen, frozen=True, tag="compare"):
    """A measure against a bound or a range.

    `operator` is one of > >= < <= = between; `low` the bound ("between": the lower one), `high` the
    upper one, `inclusive` whether each end belongs. `unit` is UCUM, "" where none is written;
    `{xULN}` and `{xLLN}` are multiples of a limit of normal. `assumed_unit` is what a bare number
    is commonly in. `at`: "any", "latest", "worst", "baseline". `written` is the bound as received;
    where an operator was repaired, `flags` says so and `written` keeps it.
    """

    concept: str
    operator: str
    low: float
    start: int
    end: int
    high: float | None = None
    inclusive: tuple[bool, bool] = (True, True)
    unit: str = ""
    assumed_unit: str = ""
    at: str = "any"
    window: Window | None = None
    qualifier: str = ""
    written: str = ""
    flags: tuple[str, ...] = ()


class InSet(_Frozen, frozen=True, tag="in"):
    """A grade, class or sex that is one of some."""

    concept: str
    values: tuple[str | float, ...]
    start: int
    end: int
    qualifier: str = ""


class Event(_Frozen, frozen=True, tag="event"):
    """Something that is or happened: a diagnosis, drug, procedure, pregnancy.

    `concept` is a name of ours ("pregnancy") or the words as written. `minimum` is how long it has
    to last at least.
    """

    concept: str
    present: bool
    start: int
    end: int
    window: Window | None = None
    minimum: Window | None = None
    kind: str = "event"


class Opaque(_Frozen, frozen=True, tag="opaque"):
    """Text that is not understood. It is never met."""

    text: str
    start: int
    end: int


class All(_Frozen, frozen=True, tag="all"):
    items: tuple[Node, ...]


class Any(_Frozen, frozen=True, tag="any"):
    items: tuple[Node, ...]


class AtLeast(_Frozen, frozen=True, tag="at least"):
    number: int
    items: tuple[Node, ...]


class Not(_Frozen, frozen=True, tag="not"):
    item: Node


class If(_Frozen, frozen=True, tag="if"):
    """`then` is asked for where `condition` holds."""

    condition: Node
    then: Node


Leaf = Compare | InSet | Event | Opaque
Node = All | Any | AtLeast | Not | If | Compare | InSet | Event | Opaque


class Flag(_Frozen, frozen=True):
    """Something a reader should know of what was read, with the words it is about.

    `name` is one of operator_repaired, operator_ambiguous, superscript_repaired, number_reread,
    unit_assumed, unit_suspect, value_implausible, bounds_contradict, conflict_with_field,
    conflict_with_copy, operator_without_value, truncated.
    """

    name: str
    reason: str
    start: int
    end: int
    received: str = ""
    suggested: str = ""


class Criterion(_Frozen, frozen=True):
    """One item of an eligibility text; `text` is text[start:end] of what was given.

    `heading` is the nearest heading above it, `group` the number of the item that introduces it
    ("any of the following:"; -1 without one) and `of_group` how many of that item's own items
    are asked for (0 all, -1 any by section, n at least n). Headings and definitions are items of
    their own kind.
    """

    number: int
    section: Section
    population: Population
    text: str
    start: int
    end: int
    tree: Node
    coverage: Coverage
    kind: Kind = "criterion"
    heading: str = ""
    group: int = -1
    of_group: int = 0
    flags: tuple[Flag, ...] = ()


class Made(NamedTuple):
    """A leaf and the flags that go with it."""

    leaf: Leaf
    flags: tuple[Flag, ...]


def leaves(node: Node) -> Iterator[Leaf]:
    """The leaves of a tree, in no more than its size."""
    stack: list[Node] = [node]
    while stack:
        one = stack.pop()
        if isinstance(one, All | Any | AtLeast):
            stack.extend(reversed(one.items))
        elif isinstance(one, Not):
            stack.append(one.item)
        elif isinstance(one, If):
            stack.extend((one.then, one.condition))
        else:
            yield one
