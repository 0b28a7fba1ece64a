"""The operations on vocabularies: list, switch on and off, add, update, read, compare."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from trialweave.errors import InputError, NotFound, TrialweaveError, Unreadable
from trialweave.intake import Limits, documents, expand
from trialweave.workspace._base import Base, Progress

if TYPE_CHECKING:
    from trialweave.live.vocabularies import VocabulariesUpdated
    from trialweave.terms.adding import VocabularyAdded
    from trialweave.terms.changes import Changes
    from trialweave.terms.shelf import Shelved
    from trialweave.terms.tables import Table
    from trialweave.terms.term import Release

__all__ = ["Vocabularies"]


class Vocabularies(Base):
    """The vocabularies of a workspace, each in one or more releases; some come with the package."""

    def vocabularies(self) -> tuple[Shelved, ...]:
        """All releases, by vocabulary: those that ship first, then its own, the newest last."""
        from trialweave.terms import shelf

        return shelf.shelved(self.root)

    def vocabularies_in_use(self) -> tuple[Shelved, ...]:
        """The release of each vocabulary in which terms are looked for."""
        from trialweave.terms import shelf

        return shelf.in_use(self.root)

    def vocabulary(self, name: str, version: str = "") -> Release:
        """A release; without a version the newest of the workspace, else the one that ships.

        Raises NotFound.
        """
        from trialweave.terms import shelf

        return shelf.load(self.root, name, version)

    def switch_vocabulary(self, name: str, *, on: bool) -> Shelved:
        """Use a vocabulary, or do without it; the release that this is about. Raises NotFound."""
        from trialweave.terms import shelf

        self._refuse_a_day("a vocabulary cannot be switched in", "Do it without --as-of.")
        return shelf.switch(self.root, name, on)

    def add_vocabulary(
        self,
        paths: Sequence[str | Path] | str | Path,
        *,
        kind: str = "",
        name: str = "",
        version: str = "",
        table: Table | None = None,
        accept: bool = False,
    ) -> VocabularyAdded:
        """Read the files of one release, archives too, and put it on the shelf.

        A release that changes more than 5% of the one before is put there only if a person accepts
        it. `kind`, `name`, `version`, `table`: see `terms.reading.read_vocabulary`. Raises
        InputError of the kind that fits, and NotFound for a file that is not there.
        """
        from trialweave.terms.adding import take
        from trialweave.terms.reading import read_files
        from trialweave.terms.tables import PLAIN

        self._refuse_a_day("a vocabulary cannot be added to", "Add it without --as-of.")
        files = _files([paths] if isinstance(paths, str | Path) else paths)
        release = read_files(files, kind, name=name, version=version, table=table or PLAIN)
        return take(self.root, release, files, accept=accept)

    def update_vocabularies(
        self,
        names: Sequence[str] = (),
        *,
        accept: bool = False,
        progress: Progress | None = None,
    ) -> VocabulariesUpdated:
        """Fetch the newest releases from their official places; without names, of all in use.

        What fails does not hinder the others. `progress` is called with the vocabularies that are
        done, their number, and the one under way. Raises NotFound for a name that is none.
        """
        from trialweave.live.vocabularies import update

        self._refuse_a_day("a vocabulary cannot be added to", "Update without --as-of.")
        return update(self.root, names, accept=accept, progress=progress)

    def vocabulary_changes(self, old: str, new: str) -> Changes:
        """What changed between two releases, each NAME@VERSION, NAME (its newest), or a file.

        Raises NotFound, what reading a file raises, and InputError where they share no term.
        """
        from trialweave.terms.changes import diff

        before, after = self._meant(old), self._meant(new)
        if not {term.id for term in before.terms} & {term.id for term in after.terms}:
            raise InputError(
                f"{before.vocabulary} and {after.vocabulary} have no term in common.",
                next_step="Compare two releases of one vocabulary.",
            )
        return diff(before, after)

    def _meant(self, asked: str) -> Release:
        from trialweave.terms.reading import read_files

        if Path(asked).is_file():
            return read_files(_files([asked]))
        name, _, version = asked.partition("@")
        return self.vocabulary(name, version)


def _files(paths: Sequence[str | Path]) -> list[tuple[str, bytes]]:
    """The documents of files and archives: (name, content). Raises the first refusal."""
    from trialweave.terms.reading import LARGEST

    limits = Limits(document=LARGEST, part=LARGEST)
    found: list[tuple[str, bytes]] = []
    for path in _there(paths):
        for content in documents(path, limits=limits):
            if isinstance(content, TrialweaveError):
                raise content
            found.append((content.name, content.data))
    return found


def _there(paths: Sequence[str | Path]) -> list[Path]:
    files, refused = expand(paths)
    for one in refused:
        if one.error == NotFound.__name__:
            raise NotFound("no such file.", where=one.name, next_step="Check the spelling.")
        raise Unreadable(one.message)
    return files
