"""Groups of posted tables: their names, their roles, and the numbers that stand under them.

A group of a table is not an arm: groups have titles of their own. Where a title is the label of
exactly one registered arm, the group's role follows from that arm's registered type; else the
role is unknown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from trialweave.model import Counted, Missingness, ReportedGroup, Role, Value
from trialweave.sources.ctgov import study as shape
from trialweave.sources.ctgov import words
from trialweave.sources.ctgov.paths import Paths
from trialweave.sources.ctgov.results_shape import EventGroup, Group
from trialweave.sources.ctgov.values import markup, text

__all__ = ["counted", "name_of", "positions", "reported", "roles_of", "said", "unique"]


def name_of(title: shape.Text) -> str:
    """A title by which two mentions of a group are recognised as one."""
    return " ".join(title.split()).casefold() if title else ""


def unique(titles: Iterable[shape.Text]) -> set[str]:
    """Names that stand for one thing only."""
    return {name for name, times in Counter(map(name_of, titles)).items() if name and times == 1}


def roles_of(arms: tuple[shape.ArmGroup, ...]) -> dict[str, Role]:
    """What a group is whose title is the label of exactly one arm."""
    single = unique(arm.label for arm in arms)
    roles: dict[str, Role] = {}
    for arm in arms:
        name = name_of(arm.label)
        if name not in single or not arm.type or len(arm.type) > 40:
            continue
        type_ = words.word(arm.type)
        if type_ in words.TREATMENT:
            roles[name] = "treatment"
        elif type_ in words.CONTROL:
            roles[name] = "control"
    return roles


def positions(groups: Iterable[Group | EventGroup]) -> dict[str, int]:
    """The position of each group by its identifier; the first where one stands twice."""
    found: dict[str, int] = {}
    for position, group in enumerate(groups):
        if group.id:
            found.setdefault(group.id, position)
    return found


def reported(
    groups: Sequence[Group | EventGroup],
    roles: dict[str, Role],
    paths: Paths,
    title: str,
    description: str,
    sizes: dict[str, Value[int]] | None = None,
    units: dict[str, Value[int]] | None = None,
) -> tuple[ReportedGroup, ...]:
    """The groups of a table; `title` and `description` name their rows in the table of paths."""
    at, of = paths.many[title].first(len(groups)), paths.many[description].first(len(groups))
    return tuple(
        [
            ReportedGroup(
                text(group.title, at[i]),
                markup(group.description, of[i]),
                roles.get(name_of(group.title), "unknown"),
                (sizes or {}).get(group.id or "", Value()),
                (units or {}).get(group.id or "", Value()),
            )
            for i, group in enumerate(groups)
        ]
    )


def counted(content: shape.Number) -> Counted:
    """A cell of a large table: the number, or why there is none."""
    if isinstance(content, int) and 0 <= content <= words.MOST:
        return content
    if not content or not isinstance(content, (int, float, str)):
        return Missingness.NOT_REPORTED
    if isinstance(content, str) and content.strip().casefold() in ("", "na", "n/a"):
        return Missingness.NOT_REPORTED
    found = words.count(content)
    return Missingness.UNREADABLE if found is None else found


def said(content: shape.Text) -> str:
    """A text inside of a row."""
    return content.strip() if content else ""
