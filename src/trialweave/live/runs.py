"""A run: the pages of one search of one source, kept until the search is complete and taken.

``<workspace>/fetching/<16 hex digits of source and query>/`` holds the pages as ``00001.zst`` … and
``state.json``, which is replaced after each page and names only pages that are there. A run that
breaks off anywhere goes on behind its last page. Nothing in here is part of what readers see.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path, PurePath

import msgspec
import zstandard

from trialweave.errors import FetchFailed, InputError, WorkspaceError
from trialweave.live.api import Api, Client, Page
from trialweave.live.client import Refused
from trialweave.model import Received
from trialweave.model.identifiers import Identifier
from trialweave.sources import read_all
from trialweave.store._files import on_disk, remove, write

__all__ = ["FOLDER", "KEPT_FOR", "Now", "Run", "Tell", "ask_each", "drop_stale", "search"]

FOLDER = "fetching"

KEPT_FOR = dt.timedelta(days=3)
"""A run whose last page is older begins again: its position would be one in another state of the
register."""

Now = Callable[[], dt.datetime]
Tell = Callable[[int, int | None, str], None]
"""Called with the records that came so far, the total where it is known, and what is under way."""

_MOST_PAGES = 100_000
_SURPLUS = 1_000  # records beyond twice the total that make a search endless
_FAILURES = 2  # in a row, of more than one number, after which a source is not asked on
_LEVEL = 3
_UNREADABLE = (OSError, msgspec.MsgspecError, ValueError, TypeError, RecursionError)


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page on the disk. `ids` are the identifiers of its records, None where they could not be
    told one by one."""

    name: str
    sha256: str
    url: str
    count: int
    ids: tuple[str, ...] | None = None


class _Last(msgspec.Struct):
    """Of a state, when it was last written."""

    last_at: dt.datetime


class State(msgspec.Struct, omit_defaults=True):
    """All that is known of a run: `token` of the page to ask for next, `total` as last promised.

    `ended` is None while pages are left, then "" or why no more came although more were promised.
    `before` holds the identifiers of a first pass in which some came twice. `asked` says of each
    number that was asked for whether there was a record. Of the `tokens` of earlier pages only the
    digests are kept: some are long.
    """

    source: str
    query: str
    identifiers: tuple[str, ...]
    started_at: dt.datetime
    last_at: dt.datetime
    token: str = ""
    total: int | None = None
    pages: list[Kept] = []
    tokens: list[str] = []
    notes: list[str] = []
    ended: str | None = None
    before: tuple[str, ...] | None = None
    asked: dict[str, bool] = {}


class Run:
    """The run of a query, or of some numbers, at one source: opened where it broke off, or new.

    Nothing is on the disk before the first page. One process at a time may have it open; see
    `fetching`, which holds the lock.
    """

    def __init__(
        self, root: Path, source: str, query: str, identifiers: Sequence[str], now: Now
    ) -> None:
        asked = tuple(identifiers)
        digest = hashlib.sha256(msgspec.json.encode((source, query, asked))).hexdigest()[:16]
        self.folder = root / FOLDER / digest
        self._now = now
        at = now()
        new = State(source, query, asked, at, at)
        self.state = self._opened(new) or new
        self.resumed = len(self.state.pages)
        self._ids: Counter[str] | None = Counter()
        for page in self.state.pages:
            self._tell_apart(page)

    def _opened(self, new: State) -> State | None:
        """The state on the disk, where it is of this run, recent, and its pages are there."""
        with suppress(*_UNREADABLE):
            state = msgspec.json.decode((self.folder / "state.json").read_bytes(), type=State)
            same = (state.source, state.query, state.identifiers) == (
                new.source,
                new.query,
                new.identifiers,
            )
            if (
                same
                and _recent(state.last_at, new.last_at)
                and all(self._place(n).is_file() for n in range(len(state.pages)))
            ):
                return state
        return None

    @property
    def listed(self) -> int:
        """Records as the pages count them."""
        return sum(page.count for page in self.state.pages)

    @property
    def count(self) -> int:
        """Records that came: each once where all could be told apart, else as the pages count.

        What one page lists twice is two: that is the register's own way, and no slip of paging.
        """
        return self.listed if self._ids is None else self._ids.total()

    @property
    def ids(self) -> tuple[str, ...]:
        """The identifiers of the records that came; () where not all could be told apart."""
        return tuple(sorted(self._ids.elements())) if self._ids is not None else ()

    @property
    def shortfall(self) -> str:
        """Why the run is not complete, in words; "" where it is."""
        state = self.state
        if state.ended is None:
            return "it broke off"
        if state.ended or state.total is None or self.count >= state.total:
            return state.ended
        if self.listed < state.total:
            return f"{state.total - self.listed} of the records it promised did not come"
        if state.before == self.ids:  # twice the same: the list is so, and did not move
            return ""
        return (
            f"{self.listed - self.count} records came on two pages, so as many may be missing; "
            "it re-sorts its list meanwhile"
        )

    def keep(self, page: Page, ended: str | None = None) -> None:
        """Put a page on the disk, and note it with the token of the next, or that it `ended`.

        Of a page without records the token alone is noted.
        """
        state = self.state
        if page.count:
            number = len(state.pages)
            with on_disk("keep a page", self.folder):
                self.folder.mkdir(parents=True, exist_ok=True)
                packed = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
                write(self._place(number), packed.compress(page.data))
            taken = page.name in {kept.name for kept in state.pages}
            name = _numbered(page.name, number + 1) if taken else page.name
            kept = Kept(name, _digest(page.data), page.url, page.count, _ids_of(page))
            state.pages.append(kept)
            self._tell_apart(kept)
        state.tokens.append(_digest(state.token.encode()))
        state.token, state.ended = page.next, ended
        state.total = page.total if page.total is not None else state.total
        if page.note and page.note not in state.notes:
            state.notes.append(page.note)
        self.save()

    def end(self, reason: str) -> None:
        """Note that no page follows, and why although more were promised."""
        self.state.ended = reason
        self.save()

    def save(self) -> None:
        """Write the state, whole or not at all."""
        self.state.last_at = self._now()
        with on_disk("note the position of a fetch", self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            write(self.folder / "state.json", msgspec.json.encode(self.state))

    def begin_again(self, before: tuple[str, ...] | None = None) -> None:
        """Forget all pages; `before` is what a pass to be compared with gave."""
        self.drop()
        old, at = self.state, self._now()
        self.state = State(old.source, old.query, old.identifiers, at, at, before=before)
        self.resumed = 0
        self._ids = Counter()

    def drop(self) -> None:
        """Delete the run from the disk; nothing where there is none."""
        with on_disk("drop a fetch", self.folder):
            (self.folder / "state.json").unlink(missing_ok=True)  # first: it vouches for the pages
            remove(self.folder)

    def documents(self) -> Iterator[Received]:
        """The pages as received, one at a time. Raises WorkspaceError where the disk lost one."""
        for number, page in enumerate(self.state.pages):
            path = self._place(number)
            with on_disk("read a page", path):
                frame = path.read_bytes()
            try:
                data = zstandard.ZstdDecompressor().decompress(frame)
            except zstandard.ZstdError:
                data = b""
            if _digest(data) != page.sha256:
                raise WorkspaceError(
                    "a fetched page is damaged on the disk.",
                    where=str(path),
                    next_step="Remove the folder it is in, and fetch again.",
                )
            yield Received(page.name, data, page.url)

    def _place(self, number: int) -> Path:
        return self.folder / f"{number + 1:05d}.zst"

    def _tell_apart(self, page: Kept) -> None:
        if page.ids is None or self._ids is None:
            self._ids = None
            return
        for name, times in Counter(page.ids).items():
            self._ids[name] = max(self._ids[name], times)


def drop_stale(root: Path, now: dt.datetime) -> None:
    """Delete the runs that would begin again anyway, whether or not anybody asks for them.

    Call it under the lock of fetching: a run that is just being made has no state yet.
    """
    with on_disk("drop an old fetch", root / FOLDER):
        for folder in [path for path in (root / FOLDER).iterdir() if path.is_dir()]:
            with suppress(*_UNREADABLE):
                data = (folder / "state.json").read_bytes()
                if _recent(msgspec.json.decode(data, type=_Last).last_at, now):
                    continue
            remove(folder)


def _recent(last: dt.datetime, now: dt.datetime) -> bool:
    return abs(now - last) <= KEPT_FOR


def search(run: Run, api: Api, client: Client, tell: Tell) -> None:
    """Ask for the pages that are missing; `run.shortfall` says afterwards whether all came.

    A position that the source no longer knows, and a pass to the end that was not complete, are
    reasons to begin again from the first page, once each. Raises FetchFailed; the pages that came
    are kept.
    """
    if run.state.ended is not None and run.shortfall:
        run.begin_again()
    _to_the_end(run, api, client, tell)
    came_twice = run.count < run.listed and not run.state.ended
    if came_twice and run.shortfall and run.state.before is None:
        run.begin_again(before=run.ids)
        _to_the_end(run, api, client, tell)


def _to_the_end(run: Run, api: Api, client: Client, tell: Tell) -> None:
    died = False
    while run.state.ended is None:
        tell(run.count, run.state.total, f"{api.title}, page {len(run.state.tokens) + 1}")
        try:
            page = api.search(client, run.state.query, run.state.token)
        except Refused as error:
            if died or not run.state.token or error.status not in api.dies:
                raise
            died = True
            run.begin_again(run.state.before)
            continue
        tell(run.count, run.state.total, f"{api.title}, page {len(run.state.tokens) + 1}")
        if repeated := _repeats(run, page):
            run.end(repeated)
        else:
            run.keep(page, _end(run, page))
        total = run.state.total
        if run.state.ended and total is not None and run.count >= total:
            run.end("")  # it goes round in circles, but all is there
        elif run.state.ended is None and (
            (total is not None and run.listed > 2 * total + _SURPLUS)
            or len(run.state.tokens) >= _MOST_PAGES
        ):
            run.end(f"it goes on after {run.listed} records")
    tell(run.count, run.state.total, api.title)


def _repeats(run: Run, page: Page) -> str:
    """That a page came before, in words; "" where it did not. It must not count again."""
    earlier = [kept.sha256 for kept in run.state.pages if kept.count == page.count]
    if page.count and _digest(page.data) in earlier:
        return f"page {len(run.state.tokens) + 1} is an earlier page once more"
    return ""


def _end(run: Run, page: Page) -> str | None:
    """Why a page is the last: "" where the source says so, None where it is not."""
    state, number = run.state, len(run.state.tokens) + 1
    if not page.next:
        return ""
    if page.next == state.token or _digest(page.next.encode()) in state.tokens:
        return f"behind page {number} it leads back to an earlier page"
    if not page.count:
        return f"page {number} is empty, and is not said to be the last"
    return None


def ask_each(
    run: Run, api: Api, client: Client, identifiers: Sequence[Identifier], tell: Tell
) -> dict[str, FetchFailed]:
    """Ask for the record of each number that was not asked for yet; what failed, by number.

    One that is refused does not hinder the others; a source that fails at two in a row is not
    asked for the rest, which fail likewise.
    """
    failed: dict[str, FetchFailed] = {}
    silent: list[FetchFailed] = []  # in a row
    for identifier in identifiers:
        value = identifier.value
        if value in run.state.asked:
            continue
        if len(silent) >= _FAILURES:
            failed[value] = silent[-1]
            continue
        done = len(run.state.asked) + len(failed)
        tell(done, len(identifiers), f"{api.title}, {value}")
        try:
            page = api.record(client, identifier.scheme, value)
        except FetchFailed as error:
            failed[value] = error
            if not isinstance(error, Refused):
                silent.append(error)
            continue
        silent.clear()
        run.state.asked[value] = page is not None
        if page is None:
            run.save()
        else:
            run.keep(page)
    tell(len(identifiers), len(identifiers), api.title)
    return failed


def _ids_of(page: Page) -> tuple[str, ...] | None:
    """The identifiers of the records on a page; None where they are not as many as it counts."""
    try:
        drafts = read_all(Received(page.name, page.data)).drafts
    except InputError:
        return None
    return tuple(draft.identifier for draft in drafts) if len(drafts) == page.count else None


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _numbered(name: str, number: int) -> str:
    path = PurePath(name)
    return f"{path.stem}-{number:05d}{path.suffix}"
