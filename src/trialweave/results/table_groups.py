"""Which headings of an article's table name the groups that it compares."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from trialweave.model import Role
from trialweave.results.arm_names import ArmNames, arm_key
from trialweave.results.groups import pair_roles, role_of
from trialweave.results.table_grid import Heading, Laid
from trialweave.results.table_titles import names_no_group
from trialweave.results.table_words import Part, key_of

__all__ = ["GENERAL", "Group", "Known", "column_groups", "row_groups", "told_of_allocation"]

_WORD = re.compile(r"\b(?:groups?|arms?)\b", re.IGNORECASE)
_STATES_ROLE = re.compile(
    r"\b(?:treated|treatments?|interventions?|experimental|verum|active (?:group|arm|treatment))\b",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"(?:study|trial|cohort|cent(?:er|re)|site|phase|period|year|visit|session|stage|cycle|part|"
    r"season|experiment)\s?(?:\w|[ivx]+|\d+)?",
    re.IGNORECASE,
)
_COUNTS = re.compile(
    r"(?:n|nos?\.?|numbers?|total|all|overall|both|combined|whole)(?![\w-])", re.IGNORECASE
)
_ALLOCATION = re.compile(r"\b(?:randomi[sz]|randomly|assigned|allocated)", re.IGNORECASE)
_LONGEST = 200_000  # characters of a section
_BRACKETS = re.compile(r"\s*[(\[][^()\[\]]{0,40}[)\]]")
GENERAL = re.compile(
    r"(?:study|treatment|intervention|patient|trial|randomi[sz]ed|experimental|drug|dose)?\s?"
    r"(?:groups?|arms?|treatments?|allocation|conditions?|participants|patients|subjects)",
    re.IGNORECASE,
)
"""Headings over all groups, which say nothing of any."""


@dataclass(frozen=True, slots=True)
class Group:
    """A group as a heading names it; `n` is the size that stands over these very figures."""

    key: str
    label: str
    role: Role
    n: int | None = None


@dataclass
class Known:
    """What the record tells of its groups outside of the table at hand."""

    product: Collection[str] = ()
    names: ArmNames = field(default_factory=ArmNames)
    sizes: dict[str, set[int]] = field(default_factory=dict)  # by key, from other tables
    of_results: dict[str, set[int]] = field(default_factory=dict)  # those of tables of results
    lost: bool = False  # the text counts participants who left or were left out
    labels: dict[str, str] = field(default_factory=dict)  # how those tables print them
    by_role: Mapping[Role, int] = field(default_factory=dict)  # that the text states
    of_all: int | None = None  # the size of each group
    of_all_how: str = ""
    spread: frozenset[str] = frozenset()  # of means, by the methods
    allocated: frozenset[str] = frozenset()  # words of the title and of what tells the allocation

    def named(self, label: str) -> bool:
        """Whether the record uses the label of a group elsewhere."""
        if any(key in self.sizes for key in self._keys(label)):
            return True
        words = tuple(arm_key(label).split())
        return bool(words) and words in self.names.by_first.get(words[0], ())

    def allocates(self, label: str) -> bool:
        """Whether the title or the words on the allocation have all words of a label."""
        words = key_of(_BRACKETS.sub("", label)).split()
        return bool(words) and self.allocated.issuperset(words)

    def size(self, label: str) -> int | None:
        """The size that the record states for the group elsewhere; None where it states several.

        Of a table and a larger number in the text the table's is taken: fewer are analysed than
        were allocated. A smaller number in the text leaves open which of them holds.
        """
        tables, text = self._stated(label)
        if len(tables) == 1 and all(n >= min(tables) for n in text):
            return min(tables)
        return min(text) if not tables and len(text) == 1 else None

    def holds(self, label: str, n: int) -> bool:
        """Whether a size that is stated elsewhere holds for measurements at a later time.

        Where participants were lost, only that which other tables of results state does.
        """
        told = {size for key in self._keys(label) for size in self.of_results.get(key, ())}
        return told == {n} or not self.lost

    def is_disputed(self, label: str) -> bool:
        """Whether the record states sizes for the group that leave it open."""
        return self.size(label) is None and any(self._stated(label))

    def _stated(self, label: str) -> tuple[set[int], set[int]]:
        """The sizes of a group in other tables and in the text."""
        tables = {n for key in self._keys(label) for n in self.sizes.get(key, ())}
        forms = (label, _BRACKETS.sub("", label))
        text = {n for form in forms if (n := self.names.sizes.get(arm_key(form))) is not None}
        return tables, text

    def whole(self, label: str) -> str:
        """The label, or the one that it abbreviates where other tables print it whole: "Circ"."""
        keys = self._keys(label)
        return label if keys[0] in self.sizes else self.labels.get(keys[-1], label)

    def _keys(self, label: str) -> list[str]:
        """What the label is called elsewhere: itself, without brackets, or what it abbreviates."""
        keys = list(dict.fromkeys((key_of(label), key_of(_BRACKETS.sub("", label)))))
        short = keys[0]
        whole = [k for k in self.sizes if k.startswith(short) and k[len(short) :].isalpha()]
        return keys + (whole if len(short) >= 3 and len(whole) == 1 else [])


def told_of_allocation(title: str, texts: Sequence[str]) -> frozenset[str]:
    """The words of an article's title and of the sentences that tell who was allocated to what."""
    words = set(re.findall(r"[^\W_]+", title.lower()))
    for text in texts:
        for place in _ALLOCATION.finditer(text[:_LONGEST]):
            words.update(re.findall(r"[^\W_]+", text[place.start() : place.end() + 300].lower()))
    return frozenset(words)


def _roles(labels: Mapping[str, str], known: Known) -> dict[str, Role]:
    keys = list(labels)
    explained = known.names.roles
    told = [
        explained.get(arm_key(labels[key]), role_of(labels[key], known.product)) for key in keys
    ]
    if len(told) == 2 and told[0] == told[1] == "treatment":
        told = ["unknown", "unknown"]  # two that the title names: neither is the treated one
    return dict(zip(keys, pair_roles(told), strict=True))


def _members(
    labels: Mapping[str, str], sizes: Mapping[str, set[int]], known: Known, *, compared: bool
) -> tuple[int, set[str]]:
    """Which labels of one level are groups, with a weight; (0, none) where that is not clear."""
    if len(labels) < 2 or any(map(names_no_group, labels.values())):
        return 0, set()
    roles = {key: role_of(label, known.product) for key, label in labels.items()}
    sized = {key for key in labels if sizes.get(key)}
    named = {key for key, label in labels.items() if known.named(label)}
    worded = {key for key, label in labels.items() if _WORD.search(label)}
    told = {key for key, label in labels.items() if _STATES_ROLE.search(label)}
    told |= {
        key
        for key, role in roles.items()
        if role == "control" or (role == "treatment" and role_of(labels[key]) == "unknown")
    }
    controls = {key for key, role in roles.items() if role == "control"}
    weight = 3 * (bool(controls) and len(labels) > len(controls)) + 2 * (len(sized) > 1)
    weight += 2 * (len(named) > 1) + (len(worded) > 1) + (len(told) > 1)
    if not weight:
        allocated = {key for key, label in labels.items() if known.allocates(label)}
        others = len(labels) - len(named | allocated)
        clear = compared and not others and len(labels) <= 4
        clear = clear or (bool(named) and len(labels) - others >= 2 and others <= 1)
        return (1, set(labels)) if clear and len(labels) <= 4 else (0, set())
    if len(sized) > 1:
        return weight, sized | named
    members = named | worded | told
    if len(controls) == 1 or (len(members) > 1 and len(labels) - len(members) == 1):
        members = set(labels)  # beside the control stands what it is compared with
    return (weight, members) if len(members) > 1 else (0, set())


def _groups(headings: Iterable[tuple[int, Heading]]) -> dict[str, list[tuple[int, Part]]]:
    found: dict[str, list[tuple[int, Part]]] = {}
    for column, heading in headings:
        part = heading.part
        counts = _COUNTS.match(part.label)  # "n in analysis" beside the groups is none
        if part.kind == "label" and not counts and not _NUMBERED.fullmatch(part.label):
            found.setdefault(key_of(part.label), []).append((column, part))
    return found


def column_groups(
    laid: Laid, head: Mapping[int, tuple[Heading, ...]], figured: Collection[int], known: Known
) -> dict[int, tuple[Group, Part]]:
    """The group of each column that stands under one, and the heading that names it.

    `figured` are the columns that hold figures.
    """
    levels = sorted({heading.top for path in head.values() for heading in path})
    compared = any(path[-1].part.kind in ("p", "effect") for path in head.values() if path)
    best: tuple[int, dict[int, tuple[Group, Part]]] = (0, {})
    torn = False
    for level in levels:
        at = [
            (column, heading)
            for column, path in head.items()
            if column >= laid.stubs and column in figured
            if (heading := _at(path, level)) is not None
        ]
        found = _groups(at)
        labels = {key: members[0][1].label for key, members in found.items()}
        own = {column: key for key, members in found.items() for column, _ in members}
        sizes = {
            key: {n for column, _ in members if (n := _size(column, head, own)) is not None}
            for key, members in found.items()
        }
        weight, members = _members(labels, sizes, known, compared=compared)
        inner = torn and best[1].keys() <= own.keys() and all(len(n) == 1 for n in sizes.values())
        if weight and (weight >= best[0] or inner):  # of equal ones the inner
            # groups that have several sizes each, where a heading below has one, are none yet
            torn = any(len(sizes[key]) > 1 for key in members)
            roles = _roles({key: labels[key] for key in labels if key in members}, known)
            best = (
                weight,
                {
                    column: (
                        Group(key, known.whole(labels[key]), roles[key], _size(column, head, own)),
                        part,
                    )
                    for key in roles
                    for column, part in found[key]
                },
            )
    return best[1]


def _at(path: tuple[Heading, ...], level: int) -> Heading | None:
    """The heading over a column in a row of headings, or the last above it."""
    return next((heading for heading in reversed(path) if heading.top <= level), None)


def _size(
    column: int, head: Mapping[int, tuple[Heading, ...]], own: Mapping[int, str]
) -> int | None:
    """The one size among the headings over a column that stand over no other group."""
    sizes = {
        heading.part.n
        for heading in head[column]
        if heading.part.n is not None
        and all(
            own.get(other, own[column]) == own[column]
            for other in range(heading.first, heading.last)
        )
    }
    return sizes.pop() if len(sizes) == 1 else None


def row_groups(laid: Laid, known: Known) -> dict[str, Group]:
    """Groups that rows, or the headings of rows, are named after, by key."""
    parts: dict[str, Part] = {}
    marked: set[str] = set()
    for row in laid.rows:
        for place, part in enumerate((*row.labels, *row.sections)):
            if part.kind == "label" and not _NUMBERED.fullmatch(part.label):
                key = key_of(part.label)
                if key not in parts or part.n is not None:
                    parts[key] = part
                if place == row.group:
                    marked.add(key)
    if len(marked) < 2:
        marked = {
            key
            for key, part in parts.items()
            if known.named(part.label) or role_of(part.label, known.product) != "unknown"
            or (part.n is not None and _WORD.search(part.label))
        }  # fmt: skip
    labels = {key: parts[key].label for key in parts if key in marked}
    if len(labels) < 2 or any(map(names_no_group, labels.values())):
        return {}
    roles = _roles(labels, known)
    return {key: Group(key, labels[key], roles[key], parts[key].n) for key in labels}
