"""Putting a release on the shelf of a workspace, where a person may have to look at it first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from trialweave.errors import InputError
from trialweave.terms import shelf
from trialweave.terms.changes import Changes, diff
from trialweave.terms.shelf import Shelved
from trialweave.terms.term import Release

__all__ = ["TooManyChanges", "VocabularyAdded", "take"]


class VocabularyAdded(msgspec.Struct, frozen=True):
    """A release that came to the shelf, and what it changes in the one before; None for the first.

    `new` is False where it was there already. `lost_links` counts the links of the one before,
    such as the genes of HPO, where this one has none.
    """

    release: Shelved
    new: bool
    changes: Changes | None = None
    lost_links: int = 0


class TooManyChanges(InputError):
    """More of the release before would change than is taken unasked; `changes` says what."""

    def __init__(self, changes: Changes) -> None:
        self.changes = changes
        super().__init__(
            f"{changes.share:.1%} of {changes.vocabulary} {changes.old} would change: "
            f"{len(changes.added):,} added, {len(changes.renamed):,} renamed, "
            f"{len(changes.retired):,} retired, {len(changes.merged):,} merged, "
            f"{len(changes.moved):,} moved.",
            next_step="Look at it with trialweave vocab diff; take it with --accept.",
        )


def take(
    root: Path, release: Release, files: Sequence[tuple[str, bytes]], *, accept: bool = False
) -> VocabularyAdded:
    """Put a release on the shelf, read from `files`: (name, content) each.

    It is compared with the newest of the workspace, else with the one that ships. Raises
    TooManyChanges where over 5% of that changes, unless a person accepts it; and InputError where
    another release stands under its name and version.
    """
    before = [one for one in shelf.shelved(root) if one.vocabulary == release.vocabulary]
    held = any(one.version == release.version and not one.shipped for one in before)
    changes, lost = None, 0
    if before and not held:
        changes = diff(shelf.load_one(root, before[-1]), release)
        if changes.asks and not accept:
            raise TooManyChanges(changes)
        lost = before[-1].links if not release.links else 0
    kept = shelf.add(root, release, files)
    return VocabularyAdded(kept, new=not held, changes=changes, lost_links=lost)
