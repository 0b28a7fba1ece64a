"""The operations that take documents in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from trialweave import corpus
from trialweave.intake import documents, expand, refusal
from trialweave.model import Received
from trialweave.publish.added import added
from trialweave.publish.views import AddReport, Refusal
from trialweave.store.archive import Kept
from trialweave.workspace._base import Base, Progress

if TYPE_CHECKING:
    from trialweave.live.report import FetchReport, Follow, UpdateReport
    from trialweave.pipeline import Document

__all__ = ["Taking"]

_ADDED = (
    "nothing can be added to",
    "Add without --as-of; each version holds from the day that it states.",
)


class Taking(Base):
    """Documents in: from a disk, from live sources, or again from the archive."""

    def add(
        self,
        paths: Sequence[str | Path] | str | Path,
        *,
        processes: int = 1,
        progress: Progress | None = None,
    ) -> AddReport:
        """Read documents and weave their records in. `paths`: files, folders, glob patterns.

        A document that cannot be taken is refused with its reason and the others are still added;
        the report says which, and its `exit_code` is the refusals' (see `errors`). What is there
        already changes nothing. Several `processes` share the reading of many or large documents;
        they are spawned, so a script that asks for them needs the guard of `multiprocessing`.
        `progress` is called with (done, total, name).
        """
        from trialweave.pipeline import Document

        files, refused = expand([paths] if isinstance(paths, str | Path) else paths)
        tell = progress or (lambda done, total, name: None)

        def each() -> Iterator[Document]:
            for number, file in enumerate(files):
                tell(number, len(files), file.name)
                for content in documents(file):  # each at a time of its own: `rebuild` keeps order
                    yield Document(file.name, content, dt.datetime.now(dt.UTC))

        return self._take(
            each(),
            refused,
            processes=processes,
            doing=lambda doing: tell(len(files), len(files), doing),
        )

    def add_corpus(self, *, progress: Progress | None = None) -> AddReport:
        """Add the embedded corpus: facts of some fifty reports, and five short pages."""
        return self.add(corpus.files(), progress=progress)

    def fetch(
        self,
        query: str = "",
        *,
        identifiers: Sequence[str] = (),
        sources: Sequence[str] = (),
        progress: Progress | None = None,
    ) -> FetchReport:
        """Ask live sources for what a query finds, or for the records of some identifiers.

        `sources` are names such as "ctgov"; by default all that can answer. Of each source all or
        nothing is taken; what came of an incomplete search waits for the next call. The report
        says how many records each promised and gave. What was fetched is followed: see `update`.
        """
        from trialweave.live import fetching

        self._refuse_a_day(*_ADDED)
        return fetching.fetch(
            self.root,
            query=query,
            identifiers=identifiers,
            sources=sources,
            take=self._take_fetched,
            progress=progress,
        )

    def update(self, *, progress: Progress | None = None) -> UpdateReport:
        """Repeat the fetches that the workspace follows, and take what is new."""
        from trialweave.live import fetching

        self._refuse_a_day(*_ADDED)
        return fetching.update(self.root, take=self._take_fetched, progress=progress)

    def follows(self) -> tuple[Follow, ...]:
        """The fetches that `update` repeats."""
        from trialweave.live import follows

        return follows.followed(self.root)

    def forget(self, number: int) -> Follow:
        """Follow the fetch of that number, counted from 1, no more. Raises NotFound."""
        from trialweave.live import fetching

        return fetching.forget(self.root, number)

    def rebuild(self, *, processes: int = 1, progress: Progress | None = None) -> AddReport:
        """Derive everything anew from the received documents, as after a change of rules.

        Documents are read in the order in which they were received; also those whose addition
        broke off before it was committed, for they were received. Raises WorkspaceError where
        there are none, or where one is damaged; the live generation then stays as it is.
        """
        from trialweave.pipeline import Document

        if not self._archive.addresses():
            raise self._empty()
        tell = progress or (lambda done, total, name: None)
        kept: list[Kept] = []

        def each() -> Iterator[Document]:
            # Under the lock: what another process adds until then is there too
            kept.extend(sorted(map(self._archive.kept, self._archive.addresses()), key=_order))
            for number, one in enumerate(kept):
                tell(number, len(kept), one.name)
                yield Document(one.name, self._archive.read(one.sha256), one.received_at)

        def doing(what: str) -> None:
            tell(len(kept), len(kept), what)

        return self._take(each(), [], processes=processes, afresh=True, doing=doing)

    def _take_fetched(self, fetched: Iterable[Received]) -> AddReport:
        from trialweave.pipeline import Document

        incoming = (Document(each.name, each, dt.datetime.now(dt.UTC)) for each in fetched)
        return self._take(incoming, [])

    def _take(
        self,
        incoming: Iterable[Document],
        refused: list[Refusal],
        *,
        processes: int = 1,
        afresh: bool = False,
        doing: Callable[[str], None] = lambda doing: None,
    ) -> AddReport:
        self._refuse_a_day(*_ADDED)
        from trialweave.pipeline import collect

        collected = collect(
            self._generations,
            self._archive,
            incoming,
            processes=processes,
            afresh=afresh,
            progress=doing,
        )
        refused += [refusal(name, error) for name, error in collected.problems]
        return added(self._state_or_none(), self._archive, collected, refused)


def _order(kept: Kept) -> tuple[dt.datetime, str]:
    return kept.received_at, kept.sha256
