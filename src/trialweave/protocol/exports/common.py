"""What the forms share: which criteria are exported, names and numbers, and the notes of losses."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

import msgspec

from trialweave.protocol.conditions import written
from trialweave.protocol.criteria import tree
from trialweave.protocol.criteria.concepts import concept as concept_of
from trialweave.protocol.criteria.tree import Criterion, Leaf, Node, Window, leaves

__all__ = [
    "WHOLE", "Asked", "Loss", "Losses", "Named", "asked", "clean", "cut", "days_of", "decimal",
    "loinc_of", "lost_sign", "shown", "title_of",
]  # fmt: skip

WHOLE: Final = -1
"""In place of a criterion's number: a loss of the export as a whole."""
_NO_TEXT: Final = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\ud800-\\udfff]")
_DEEPEST: Final = 50  # items within items
_SHOWN: Final = 160  # characters of a criterion that a loss quotes


class Named(NamedTuple):
    """The trial whose criteria are exported: its id, its title, and the day of the record (ISO)."""

    identifier: str
    title: str = ""
    date: str = ""


class Loss(msgspec.Struct, frozen=True):
    """What of a criterion a form cannot say, and what is written instead.

    `criterion` is its number, -1 where the export as a whole is meant. `start` and `end` are the
    characters of the trial's text that are concerned, as in the criterion.
    """

    criterion: int
    what: str
    instead: str
    start: int = 0
    end: int = 0


class Losses:
    """Collects the losses of one export; each is noted once."""

    def __init__(self) -> None:
        self._found: dict[Loss, None] = {}
        self._owner: dict[int, int] = {}

    def owns(self, item: Criterion) -> None:
        """Tell that an item stands under another criterion: what it loses is still its own."""
        self._owner |= {id(leaf): item.number for leaf in leaves(item.tree)}

    def note(self, about: Criterion, what: str, instead: str, leaf: Leaf | None = None) -> None:
        """Note what the form cannot say of a criterion, or of one of its leaves."""
        at = about if leaf is None else leaf
        number = self._owner.get(id(leaf), about.number)
        self._found[Loss(number, clean(what), instead, at.start, at.end)] = None

    def of_all(self, what: str, instead: str) -> None:
        """Note what the form cannot say of any criterion."""
        self._found[Loss(WHOLE, what, instead)] = None

    def noted(self) -> tuple[Loss, ...]:
        """All of them, in the order of the criteria; those of the whole export first."""
        return tuple(sorted(self._found, key=lambda loss: loss.criterion))


class Asked(NamedTuple):
    """A criterion that is exported, with the items that it introduces in its condition."""

    criterion: Criterion
    node: Node


def asked(criteria: Sequence[Criterion], losses: Losses, unknown: str = "") -> list[Asked]:
    """What is exported: criteria for participants, of a known section, items under their head.

    A criterion of an unknown section is exported only where `unknown` says as what; in either case
    it is a loss, as are headings, definitions, what is asked of donors, and flags.
    """
    able, below = [], dict[int, list[Criterion]]()
    for each in criteria:
        if each.kind != "criterion" or each.population == "donor":
            why = "what is asked of donors" if each.kind == "criterion" else f"a {each.kind}"
            losses.note(each, f"{why}: “{cut(each.text)}”", "left out")
        else:
            able.append(each)
            if each.group >= 0:
                below.setdefault(each.group, []).append(each)
    heads = {each.number for each in able if below.get(each.number)}
    found = []
    for each in able:
        for flag in each.flags:
            what = f"{flag.name.replace('_', ' ')}: {flag.reason}"
            losses.note(each, what, "as it was understood")
        if each.group in heads and each.group < each.number:
            continue
        if each.section == "unknown":
            _unknown(each, below, losses, unknown or "left out", 0)
            if not unknown:
                continue
        found.append(Asked(each, _folded(each, below, losses, 0)))
    return found


def _unknown(
    one: Criterion, below: dict[int, list[Criterion]], losses: Losses, instead: str, depth: int
) -> None:
    """Note a criterion of an unknown section, with its items."""
    what = f"whether it includes or excludes is not known: “{cut(one.text)}”"
    losses.note(one, what, instead)
    for each in _items(one, below, depth):
        _unknown(each, below, losses, instead, depth + 1)


def _items(one: Criterion, below: dict[int, list[Criterion]], depth: int) -> list[Criterion]:
    """The items that a criterion introduces; they stand after it."""
    if depth > _DEEPEST:
        return []
    return [each for each in below.get(one.number, ()) if each.number > one.number]


def _folded(one: Criterion, below: dict[int, list[Criterion]], losses: Losses, depth: int) -> Node:
    """A criterion with its items, as they are evaluated: the items count, not their head."""
    items = _items(one, below, depth)
    if depth:
        losses.owns(one)
    if not items:
        return one.tree
    losses.note(one, f"the words that introduce its items: “{cut(one.text)}”", "the items alone")
    parts = tuple(_folded(each, below, losses, depth + 1) for each in items)
    if one.of_group > 0:
        return tree.AtLeast(one.of_group, parts)
    unsaid = one.section == "exclusion" and one.kind == "criterion"
    return tree.Any(parts) if one.of_group < 0 or unsaid else tree.All(parts)


def loinc_of(name: str) -> tuple[str, ...]:
    """The LOINC codes of a measure, those first by which it is known best; the same by which
    patients' results are read."""
    found = concept_of(name)
    return tuple(dict.fromkeys((*(found.loinc if found else ()), *_further().get(name, ()))))


@cache
def _further() -> dict[str, list[str]]:
    """Codes of narrower or older kinds of a measure, by its name."""
    by_name: dict[str, list[str]] = {}
    table = files("trialweave.protocol.patients") / "codes.tsv"
    for line in table.read_text(encoding="utf-8").splitlines():
        if line.startswith("loinc\t"):
            _, code, name = line.split("\t")
            by_name.setdefault(name, []).append(code)
    return by_name


def lost_sign(leaf: tree.Compare) -> bool:
    """Whether it is not known on which side of its bound a value has to lie."""
    return "operator_ambiguous" in leaf.flags or not all(
        math.isfinite(value) for value in (leaf.low, leaf.high) if value is not None
    )


def clean(text: str) -> str:
    """A text that every form can hold: without control characters and halves of characters."""
    return _NO_TEXT.sub("\ufffd", text)


def cut(text: str) -> str:
    """The beginning of a text, on one line."""
    line = " ".join(clean(text[: 2 * _SHOWN]).split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"


def title_of(name: str) -> str:
    """A concept's name for people; never empty."""
    return clean(name).replace("_", " ").strip() or "(no name)"


def shown(node: Node) -> str:
    """A condition for people, on one line."""
    return cut(written(node))


def decimal(value: float) -> str:
    """A number without an exponent, with all its digits."""
    if float(value).is_integer() and abs(value) < 1e28:
        return str(int(value))
    text = repr(float(value))
    if "e" not in text:
        return text
    mantissa, _, power = text.partition("e")
    digits = len(mantissa.partition(".")[2]) - int(power)
    return f"{value:.{max(digits, 1)}f}"


def days_of(window: Window, about: Criterion, losses: Losses, leaf: Leaf) -> int:
    """The length of a window in whole days, of its longer end; what that rounds is noted."""
    days = window.days
    whole = math.ceil(round(days, 6)) if math.isfinite(days) else 0
    if abs(whole - days) > 1e-6:
        text = f"a time of {decimal(window.value)} {window.unit}"
        losses.note(about, text, f"{whole} days", leaf)
    return max(whole, 0)
