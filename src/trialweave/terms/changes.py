"""What changed from one release of a vocabulary to the next."""

from __future__ import annotations

from typing import Final

import msgspec

from trialweave.terms.term import Release, Term

__all__ = ["ASKS_ABOVE", "Change", "Changes", "diff"]

ASKS_ABOVE: Final = 0.05
"""Part of the terms above which a change is shown to a person before it is taken over."""


class Change(msgspec.Struct, frozen=True):
    """One change of one term: what it was and what it is, in words or ids; "" for nothing."""

    id: str
    name: str
    was: str = ""
    now: str = ""


class Changes(msgspec.Struct, frozen=True):
    """The changes between two releases. A term can be renamed and moved, and is counted once.

    `share` is the number of terms changed divided by the number of active terms of the old
    release. `was` and `now` are names in `renamed`, broader terms and tree numbers in `moved`; in
    `merged`, `now` is the id that took the term over.
    """

    vocabulary: str
    old: str
    new: str
    added: tuple[Change, ...]
    renamed: tuple[Change, ...]
    retired: tuple[Change, ...]
    merged: tuple[Change, ...]
    moved: tuple[Change, ...]
    count: int
    share: float
    asks: bool


def diff(old: Release, new: Release) -> Changes:
    """What was added, renamed, retired, merged and moved, each in the order of its release.

    Active terms are compared: one that was retired before is no news, one that came back is added.
    Terms that are gone or retired are merged where the new release names another term for them,
    else retired. `asks` where more than `ASKS_ABOVE` changed, and where the old one had no terms.
    """
    before = {term.id: term for term in old.terms if not term.obsolete}
    after = {term.id: term for term in new.terms if not term.obsolete}
    gone = {term.id: term.replaced_by for term in new.terms if term.obsolete and term.replaced_by}
    gone |= {former: term.id for term in after.values() for former in term.former}
    added = tuple(
        Change(term.id, term.name, now=term.name)
        for term in after.values()
        if term.id not in before
    )
    renamed, retired, merged, moved = [], [], [], []
    for identifier, term in before.items():
        then = after.get(identifier)
        if then is None:
            if identifier in gone:
                merged.append(Change(identifier, term.name, term.name, gone[identifier]))
            else:
                retired.append(Change(identifier, term.name, term.name))
            continue
        if then.name != term.name:
            renamed.append(Change(identifier, then.name, term.name, then.name))
        if (was := _places(term)) != (now := _places(then)):
            moved.append(Change(identifier, then.name, ", ".join(was), ", ".join(now)))
    count = len(added) + len(retired) + len(merged)
    count += len({one.id for one in (*renamed, *moved)})
    share = count / len(before) if before else float(count > 0)
    return Changes(
        vocabulary=new.vocabulary,
        old=old.version,
        new=new.version,
        added=added,
        renamed=tuple(renamed),
        retired=tuple(retired),
        merged=tuple(merged),
        moved=tuple(moved),
        count=count,
        share=share,
        asks=share > ASKS_ABOVE,
    )


def _places(term: Term) -> list[str]:
    return sorted({*term.parents, *term.numbers})
