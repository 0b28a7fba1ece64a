"""Trees of conditions and lists of criteria, as hypothesis makes them up."""

from __future__ import annotations

import msgspec
from hypothesis import strategies as st

from trialweave.protocol.criteria.concepts import concepts
from trialweave.protocol.criteria.tree import (
    All,
    Any,
    AtLeast,
    Compare,
    Criterion,
    Event,
    If,
    InSet,
    Node,
    Not,
    Opaque,
    Window,
)

NAMES = ["age", "spo2", "creatinine", "alt", "ecog", "ph", "child_pugh", "not in the table"]
UNITS = ["", "%", "mg/dL", "10*9/L", "mL/min/{1.73_m2}", "{xULN}", "mm[Hg]", "[IU]/L", "a", "mo"]
WORDS = st.sampled_from(
    ["stroke", "pregnancy", "prior surgery", "heart attack or stroke", "COVID-19", "=1+1", "it's",
     "a \"quoted\" thing", "*/ end */", "\u202eright to left", "\x00", "\ud83d", "", "-2",
     "ends \\"]
)  # fmt: skip
TEXTS = WORDS | st.text(max_size=30)
NUMBERS = st.integers(-5, 5000).map(float) | st.floats(
    allow_nan=False, allow_infinity=False, width=32
)
WINDOWS = st.builds(
    Window,
    relation=st.sampled_from(
        ["within_past", "within_next", "for_at_least", "at_least_before", "over"]
    ),
    value=st.sampled_from([1.0, 12.0, 2.5, 0.0]),
    unit=st.sampled_from(["a", "mo", "wk", "d", "h", "min", "s"]),
    start=st.just(0),
    end=st.just(0),
    high=st.none() | st.just(20.0),
    anchor=st.sampled_from(["", "screening", "first_dose"]),
)


@st.composite
def compares(draw: st.DrawFn) -> Compare:
    operator = draw(st.sampled_from([">", ">=", "<", "<=", "=", "between"]))
    low = draw(NUMBERS)
    unit = draw(st.sampled_from(UNITS))
    assumed = draw(st.booleans())
    return Compare(
        draw(st.sampled_from(NAMES) | st.sampled_from(sorted(concepts()))),
        operator,
        low,
        0,
        0,
        low + 10 if operator == "between" else None,
        draw(st.tuples(st.booleans(), st.booleans())),
        "" if assumed else unit,
        unit if assumed else "",
        draw(st.sampled_from(["any", "latest", "worst", "baseline"])),
        draw(st.none() | WINDOWS),
        draw(st.sampled_from(["", "room air"])),
        "= 5",
        draw(st.sampled_from([(), ("operator_ambiguous",), ("operator_repaired", "unit_assumed")])),
    )


EVENTS = st.builds(
    Event,
    concept=TEXTS,
    present=st.booleans(),
    start=st.just(0),
    end=st.just(0),
    window=st.none() | WINDOWS.filter(lambda one: one.relation != "for_at_least"),
    minimum=st.none()
    | WINDOWS.map(lambda one: msgspec.structs.replace(one, relation="for_at_least")),
    kind=st.sampled_from(["event", "drug", "procedure", "reproductive", "commitment"]),
)
SETS = st.builds(
    InSet,
    concept=st.sampled_from(["sex", "ecog", "nyha"]),
    values=st.lists(st.sampled_from(["female", "III", "IV b", 0.0, 2.0]), max_size=3).map(tuple),
    start=st.just(0),
    end=st.just(0),
    qualifier=st.sampled_from(["", "at rest"]),
)
LEAVES: st.SearchStrategy[Node] = (
    compares() | EVENTS | SETS | TEXTS.map(lambda text: Opaque(text, 0, 0))
)


def _joined(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    items = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return (
        items.map(All)
        | items.map(Any)
        | items.flatmap(
            lambda found: st.integers(1, len(found)).map(lambda number: AtLeast(number, found))
        )
        | inner.map(Not)
        | st.builds(If, inner, inner)
    )


TREES: st.SearchStrategy[Node] = st.recursive(LEAVES, _joined, max_leaves=6)


def placed(node: Node, at: list[int]) -> Node:
    """A tree whose leaves each have a place of their own, from `at` on."""
    if isinstance(node, All | Any):
        return type(node)(tuple(placed(each, at) for each in node.items))
    if isinstance(node, AtLeast):
        return AtLeast(node.number, tuple(placed(each, at) for each in node.items))
    if isinstance(node, Not):
        return Not(placed(node.item, at))
    if isinstance(node, If):
        return If(placed(node.condition, at), placed(node.then, at))
    at[0] += 1
    return msgspec.structs.replace(node, start=at[0] - 1, end=at[0])


@st.composite
def lists_of_criteria(draw: st.DrawFn) -> tuple[Criterion, ...]:
    at, made = [0], []
    for number in range(draw(st.integers(0, 4))):
        start = at[0]
        node = placed(draw(TREES), at)
        made.append(
            Criterion(
                number,
                draw(st.sampled_from(["inclusion", "exclusion", "unknown"])),
                draw(st.sampled_from(["patient", "patient", "recipient", "donor"])),
                draw(TEXTS),
                start,
                at[0],
                node,
                "full",
                draw(st.sampled_from(["criterion", "criterion", "criterion", "heading"])),
                "a heading",
                draw(st.integers(-1, number - 1)) if draw(st.booleans()) else -1,
                draw(st.integers(-1, 2)),
            )
        )
    return tuple(made)
