"""The newest releases of vocabularies, from the places where their publishers put them.

One table says which files of which address make a release. A file that has not changed since it was
taken is not fetched again. What came is read as any vocabulary is, compared with the release in
use, and put on the shelf of the workspace; where much of it changes, a person is asked first.
Licensed vocabularies have no place here: their users add their own files.
"""

from __future__ import annotations

import datetime as dt
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final, Literal, NamedTuple

import msgspec

from trialweave.errors import FetchFailed, InputError, NotFound, TrialweaveError, Unreadable
from trialweave.intake import Limits, documents
from trialweave.live._vocabulary_files import PLACES, Came, Place, Seen, newest
from trialweave.live.client import Refused
from trialweave.live.pace import Clock, Pace
from trialweave.live.report import code_of
from trialweave.store._files import on_disk, write
from trialweave.terms import shelf
from trialweave.terms.about import about, known_as
from trialweave.terms.adding import TooManyChanges, take
from trialweave.terms.changes import Changes
from trialweave.terms.finishing import versioned
from trialweave.terms.reading import LARGEST, form_of, read_files
from trialweave.terms.shelf import Shelved
from trialweave.terms.substances import SELECTED, named_in_trials
from trialweave.terms.term import Release

__all__ = ["VocabulariesUpdated", "VocabularyUpdate", "update"]

Progress = Callable[[int, int, str], None]
_MEMORY: Final = "fetched.json"
_ZIP: Final = b"PK\x03\x04"


class VocabularyUpdate(msgspec.Struct, frozen=True):
    """What became of one vocabulary.

    `waits` is for a person, who is to look at `changes`; `why` says in a sentence why nothing was
    added. `release` is the one in use afterwards, None where there is none.
    """

    vocabulary: str
    outcome: Literal["added", "unchanged", "waits", "failed", "no address"]
    why: str = ""
    next_step: str = ""
    release: Shelved | None = None
    changes: Changes | None = None
    exit_code: int = 0


class VocabulariesUpdated(msgspec.Struct, frozen=True):
    """What became of all that was asked for; `exit_code` is 0 where nothing failed or waits."""

    vocabularies: tuple[VocabularyUpdate, ...]
    exit_code: int


def update(
    root: Path,
    names: Sequence[str] = (),
    *,
    accept: bool = False,
    progress: Progress | None = None,
    clock: Clock | None = None,
    environ: Mapping[str, str] | None = None,
) -> VocabulariesUpdated:
    """Fetch, read, compare and keep the newest releases; without `names`, of all in use.

    What fails is reported and does not hinder the others. `progress` is called with those that are
    done, their number, and the one under way. Raises NotFound for a name that is no vocabulary,
    WorkspaceError where the disk refuses.
    """
    used = {one.vocabulary: one for one in shelf.in_use(root)}
    asked = [_meant(root, name) for name in names] or list(used)
    now = dt.datetime.fromtimestamp((clock or Clock()).now(), dt.UTC)
    run = _Run(root, now, Pace(clock), os.environ if environ is None else environ)
    outcomes = []
    for done, name in enumerate(dict.fromkeys(asked)):
        if progress is not None:
            progress(done, len(asked), name)
        outcomes.append(_updated(run, name, used.get(name), accept, named=bool(names)))
    if progress is not None:
        progress(len(asked), len(asked), "")
    return VocabulariesUpdated(tuple(outcomes), code_of(one.exit_code for one in outcomes))


class _Run(NamedTuple):
    root: Path
    now: dt.datetime
    pace: Pace
    environ: Mapping[str, str]


def _meant(root: Path, name: str) -> str:
    """The vocabulary of a name in any case. Raises NotFound."""
    return known_as(name) or shelf.find(root, name).vocabulary


def _updated(
    run: _Run, name: str, used: Shelved | None, accept: bool, *, named: bool
) -> VocabularyUpdate:
    """What became of one; nothing is raised but for a disk that refuses."""
    place = PLACES.get(name)
    if place is None:
        licensed = known_as(name) and not about(name).may_ship
        return VocabularyUpdate(
            name,
            "no address",
            "it is licensed to its users." if licensed else "no free official address is known.",
            "Get the files of the new release yourself, and add them: trialweave vocab add FILE …",
            used,
            exit_code=NotFound.exit_code if named else 0,
        )
    try:
        return _fetched(run, name, place, used, accept)
    except TooManyChanges as error:
        return VocabularyUpdate(
            name, "waits", error.what, f"Take it with: trialweave vocab update '{name}' --accept",
            used, error.changes, error.exit_code,
        )  # fmt: skip
    except FetchFailed as error:
        step = (
            "Nothing was changed. Try again later, or get the files yourself from "
            f"{place.base} and add them: trialweave vocab add FILE …"
        )
        if error.next_step and (isinstance(error, Refused) or not error.where):
            step = error.next_step  # of an address that has moved, or a setting that is wrong
        return _failed(name, used, error, step)
    except InputError as error:
        step = f"Nothing was changed. Try again later; what came is from {place.base}."
        return _failed(name, used, error, step)


def _failed(name: str, used: Shelved | None, error: TrialweaveError, step: str) -> VocabularyUpdate:
    what = f"{error.where}: {error.what}" if error.where else error.what
    return VocabularyUpdate(name, "failed", what, step, used, exit_code=error.exit_code)


def _fetched(
    run: _Run, name: str, place: Place, used: Shelved | None, accept: bool
) -> VocabularyUpdate:
    memory = _remembered(run.root)
    before = shelf.load_one(run.root, used) if used is not None and place.more else None
    files = [*place.files, *_more(place, before)]
    known = {
        url: seen
        for url, seen in memory.items()
        if used is not None and (seen.vocabulary, seen.version) == (name, used.version)
    }
    came = newest(name, files, known, run.now, run.pace, run.environ)
    if came is None:
        return VocabularyUpdate(name, "unchanged", "nothing changed since.", release=used)
    release, read = _read(run, name, came, used)
    dated = used is not None and all(one.version[:4].isdecimal() for one in (used, release))
    if used is not None and dated and release.version <= used.version:
        why = f"the newest official release is {release.version}."
        _remember(run.root, memory, came, name, used.version)
        return VocabularyUpdate(name, "unchanged", why, release=used)
    added = take(run.root, release, read, accept=accept)
    _remember(run.root, memory, came, name, added.release.version)
    return VocabularyUpdate(name, "added", release=added.release, changes=added.changes)


def _more(place: Place, before: Release | None) -> list[str]:
    """The further files of a release that has what is in them."""
    ids = [term.id for term in before.terms] if before is not None else []
    return [path for start, path in place.more if any(one.startswith(start) for one in ids)]


# -- reading ---------------------------------------------------------------------------------


def _read(
    run: _Run, name: str, came: Sequence[Came], used: Shelved | None
) -> tuple[Release, list[tuple[str, bytes]]]:
    """The release, and the files it was read from. Raises InputError."""
    files = [file for one in came for file in _contents(one)]
    narrowed = used is not None and SELECTED in used.notes
    read = [(called, _narrowed(data)) for called, data in files] if narrowed else files
    release = read_files(read)
    if release.vocabulary != name:
        raise Unreadable(f"it is of the vocabulary {release.vocabulary!r}, not of {name!r}.")
    if narrowed:
        release = msgspec.structs.replace(release, notes=(SELECTED, *release.notes))
    if release.version.startswith("sha256-"):  # neither the file nor its name says
        release = versioned(release, _day(run, came))
    return release, files


def _narrowed(data: bytes) -> bytes:
    if form_of(data) != "unii":
        return data
    return named_in_trials(data.decode("utf-8-sig", "replace")).encode()


def _contents(came: Came) -> list[tuple[str, bytes]]:
    """A file, or what is in an archive: (name, content). Raises the first refusal."""
    if not came.answer.data.startswith(_ZIP):
        return [(came.name, came.answer.data)]
    found = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / came.name
        with on_disk("put down an archive", path):
            path.write_bytes(came.answer.data)
        for content in documents(path, limits=Limits(document=LARGEST, part=LARGEST)):
            if isinstance(content, TrialweaveError):
                raise content
            found.append((content.name, content.data))
    return found


def _day(run: _Run, came: Sequence[Came]) -> str:
    """When the newest of the files was last changed, by its server; else today."""
    days = []
    for one in came:
        try:
            days.append(parsedate_to_datetime(one.answer.headers.get("last-modified", "")))
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return f"{max((day.date() for day in days), default=run.now.date())}"


# -- remembering -----------------------------------------------------------------------------


def _remembered(root: Path) -> dict[str, Seen]:
    """What is known of the files that were taken, by address; a damaged list is none."""
    path = root / shelf.FOLDER / _MEMORY
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Seen])
    except (OSError, msgspec.MsgspecError, ValueError):
        return {}


def _remember(
    root: Path, memory: Mapping[str, Seen], came: Sequence[Came], name: str, version: str
) -> None:
    seen = {
        one.url: Seen(
            name,
            version,
            one.answer.headers.get("etag", ""),
            one.answer.headers.get("last-modified", ""),
        )
        for one in came
    }
    path = root / shelf.FOLDER / _MEMORY
    with on_disk("note what was fetched", path):
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, msgspec.json.format(msgspec.json.encode({**memory, **seen}), indent=1))
