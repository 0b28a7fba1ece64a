"""Many trials for one person: outcomes alone, each distinct condition worked out once.

Trials ask the same things in the same words again and again. So conditions are laid out apart, each
once, without their places in a text, and every criterion is a number of one. For a person each is
evaluated once, as `evaluate` does it; the rest is arithmetic on arrays. What a trial comes to is
the same as if all of its criteria had been evaluated by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from trialweave.protocol.criteria import tree
from trialweave.protocol.criteria.tree import Criterion, Node, Window
from trialweave.protocol.patients.evaluate import asked_of, condition_of, evaluated, is_loose
from trialweave.protocol.patients.facts import Patient
from trialweave.protocol.patients.setting import Setting
from trialweave.protocol.patients.truth import follows
from trialweave.protocol.patients.verdicts import Outcome, TrialOutcome

__all__ = ["OUTCOMES", "Laid", "Ranked", "lay_out", "ranked"]

OUTCOMES: Final[tuple[TrialOutcome, ...]] = ("eligible", "undetermined", "ineligible")
_SECTIONS: Final[tuple[tree.Section, ...]] = ("inclusion", "exclusion", "unknown")
_FOLLOWS: Final = {"allows": 0, "open": 1, "bars": 2}
_VERDICTS: Final[tuple[Outcome, ...]] = ("met", "not met", "unknown")  # all that is open is one
_KEPT_FLAGS: Final = frozenset(("operator_ambiguous",))


class Laid(msgspec.Struct, frozen=True):
    """Criteria of many trials. `conditions` are the distinct ones. Criterion by criterion, trial
    after trial, `condition` is the number of one and `section` that of its section; the criteria
    of trial i are `starts[i]` to `starts[i + 1]`. The three are int32 as bytes."""

    conditions: tuple[Node, ...]
    condition: bytes
    section: bytes
    starts: bytes

    def words(self) -> tuple[str, ...]:
        """The words of all events, each once."""
        found = dict.fromkeys(
            leaf.concept
            for each in self.conditions
            for leaf in tree.leaves(each)
            if isinstance(leaf, tree.Event)
        )
        return tuple(found)


class Ranked(NamedTuple):
    """Per trial, as arrays: the outcome (a place in OUTCOMES), how many criteria allow, are open
    and bar, and how many there are."""

    outcome: npt.NDArray[np.int8]
    allows: npt.NDArray[np.int64]
    open: npt.NDArray[np.int64]
    bars: npt.NDArray[np.int64]

    @property
    def total(self) -> npt.NDArray[np.int64]:
        """Criteria per trial."""
        total: npt.NDArray[np.int64] = self.allows + self.open + self.bars
        return total


def lay_out(trials: Iterable[Sequence[Criterion]]) -> Laid:
    """Lay out the criteria of trials, in their order; linear in their size."""
    numbers: dict[Node, int] = {}
    condition: list[int] = []
    section: list[int] = []
    starts = [0]
    for criteria in trials:
        for each in asked_of(criteria):
            bare = _bare(condition_of(each))
            condition.append(numbers.setdefault(bare, len(numbers)))
            section.append(_SECTIONS.index(each.criterion.section))
        starts.append(len(condition))
    packed = (np.array(each, np.int32).tobytes() for each in (condition, section, starts))
    return Laid(tuple(numbers), *packed)


def ranked(laid: Laid, person: Patient, setting: Setting) -> Ranked:
    """What every trial comes to for a person; a trial without criteria is undetermined."""
    said = np.fromiter(
        (_code(evaluated(each, person, setting).outcome) for each in laid.conditions),
        np.int8,
        len(laid.conditions),
    )
    verdicts = said[np.frombuffer(laid.condition, np.int32)]
    sections = np.frombuffer(laid.section, np.int32)
    starts = np.frombuffer(laid.starts, np.int32)
    codes = _table()[sections, verdicts]
    owner = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    allows, still, bars = (
        np.bincount(owner[codes == code], minlength=len(starts) - 1) for code in range(3)
    )
    outcome = np.where(bars > 0, 2, np.where((still > 0) | (allows == 0), 1, 0)).astype(np.int8)
    return Ranked(outcome, allows, still, bars)


def _table() -> npt.NDArray[np.int8]:
    """What follows from each verdict in each section, by the one table of `truth.follows`."""
    return np.array(
        [[_FOLLOWS[follows(section, each)] for each in _VERDICTS] for section in _SECTIONS],
        np.int8,
    )


def _code(outcome: Outcome) -> int:
    return 0 if outcome == "met" else 1 if outcome == "not met" else 2


def _bare(node: Node) -> Node:
    """A condition without its places and wording, which decide nothing."""
    if isinstance(node, tree.All | tree.Any):
        return type(node)(tuple(_bare(each) for each in node.items))
    if isinstance(node, tree.AtLeast):
        return tree.AtLeast(node.number, tuple(_bare(each) for each in node.items))
    if isinstance(node, tree.Not):
        return tree.Not(_bare(node.item))
    if isinstance(node, tree.If):
        return tree.If(_bare(node.condition), _bare(node.then))
    if isinstance(node, tree.Opaque):
        return tree.Opaque("or" if is_loose(node.text) else "", 0, 0)
    if isinstance(node, tree.InSet):
        return msgspec.structs.replace(node, start=0, end=0)
    if isinstance(node, tree.Event):
        return msgspec.structs.replace(
            node, start=0, end=0, window=_unplaced(node.window), minimum=_unplaced(node.minimum)
        )
    flags = tuple(each for each in node.flags if each in _KEPT_FLAGS)
    return msgspec.structs.replace(
        node, start=0, end=0, window=_unplaced(node.window), written="", flags=flags
    )


def _unplaced(window: Window | None) -> Window | None:
    return None if window is None else msgspec.structs.replace(window, start=0, end=0)
