"""Notes on what two studies have in common: one for each of the two."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from trialweave.model import Attempt, Check, Passage
from trialweave.model.reuse import Reuse

__all__ = ["Shared", "notes"]


class Shared(NamedTuple):
    """What one record of a pair shares, as that record has it."""

    statement: str
    attempts: Iterable[Attempt]
    passages: Iterable[Passage | None]


def notes(
    reuse: Reuse,
    rule: str,
    shared: Callable[[Reuse], Shared],
    *,
    not_checkable: str,
    innocent: tuple[str, ...],
) -> Iterator[Check]:
    """The pair's note for either study, `shared` told from its side; none where it is explained."""
    if reuse.explained:
        return
    for each in (reuse, reuse.turned()):
        statement, attempts, passages = shared(each)
        yield Check(
            check_id=f"{each.study_a}:{rule}:{each.study_b}",
            rule=rule,
            study_id=each.study_a,
            record_id=each.record_a,
            finding_id="",
            verdict="note",
            statement=f"{statement} {reuse.statement}",
            attempts=tuple(attempts),
            not_checkable=not_checkable,
            innocent=innocent,
            passages=tuple(dict.fromkeys(place for place in passages if place is not None)),
        )
