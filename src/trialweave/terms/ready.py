"""The names of the vocabularies in use, laid out and at hand.

They are taken from where they are had soonest: this process, the package (whose own vocabularies
are laid out already), the workspace, where whoever first laid out others left them. Only if none
of these has them are they laid out, which takes seconds.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from trialweave.store._files import remove, sync, write
from trialweave.terms import shelf, shipped
from trialweave.terms.laying import lay_out
from trialweave.terms.lexicon import rules
from trialweave.terms.names import FORMAT, Laid, label
from trialweave.terms.shelf import Shelved

__all__ = ["SHIPPED", "key", "key_of", "laid_for", "packed_names"]

SHIPPED: Final = "names.laid.zst"
"""The file of the package with the names of the vocabularies that ship, laid out."""
_FOLDER: Final = ".laid"
_HELD: Final = 2  # sets of vocabularies whose names stay in memory, some 60 MB each
_LEVEL: Final = 19
_STALE: Final = 3600  # seconds after which an unfinished file is nobody's
_held: OrderedDict[str, Laid] = OrderedDict()
_holding = threading.Lock()


def key_of(some: Iterable[Shelved]) -> str:
    """What tells these releases, laid out by the present rules, from all others: 16 digits."""
    parts = [str(FORMAT), rules(), *sorted(one.sha256 for one in some)]
    return hashlib.blake2b(" ".join(parts).encode("ascii"), digest_size=8).hexdigest()


def key(root: Path | None) -> str:
    """The key of what a workspace uses. Raises WorkspaceError for damage of its shelf."""
    return key_of(shelf.in_use(root))


def laid_for(root: Path | None, *, progress: Callable[[str], None] = lambda doing: None) -> Laid:
    """The names of the vocabularies that a workspace uses; without a `root`, of those that ship.

    A file of names that is damaged or of other rules is passed over. Where the workspace cannot be
    written to, they are laid out again by each process. Raises WorkspaceError for damage of the
    shelf.
    """
    used = shelf.in_use(root)
    wanted = key_of(used)
    with _holding:
        laid = _held.get(wanted)
        if laid is None:
            laid = _stored(root, wanted) or _made(root, wanted, used, progress)
            _held[wanted] = laid
        _held.move_to_end(wanted)
        while len(_held) > _HELD:
            _held.popitem(last=False)
    return laid


def packed_names() -> bytes:
    """The content of `SHIPPED`: made when the package is."""
    used = shelf.in_use(None)
    laid = lay_out([shelf.load_one(None, one) for one in used])
    return laid.to_bytes(key_of(used), level=_LEVEL)


def _stored(root: Path | None, wanted: str) -> Laid | None:
    places = [shipped.FOLDER / SHIPPED]
    if root is not None:
        places.append(_place(root, wanted))
    start = label("names", wanted)
    for path in places:
        with suppress(OSError, ValueError):
            with path.open("rb") as file:
                if file.read(len(start)) != start:
                    continue
                data = start + file.read()
            return Laid.from_bytes(data, wanted)
    return None


def _made(
    root: Path | None, wanted: str, used: Iterable[Shelved], progress: Callable[[str], None]
) -> Laid:
    releases = []
    for one in used:
        progress(f"reading the names of {one.vocabulary} {one.version}")
        releases.append(shelf.load_one(root, one))
    progress("laying out their names")
    laid = lay_out(releases)
    if root is not None:
        with suppress(OSError):  # they only save time
            _keep(root, wanted, laid)
    return laid


def _keep(root: Path, wanted: str, laid: Laid) -> None:
    """Write the names whole or not at all, and remove what was written for other vocabularies."""
    path = _place(root, wanted)
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, laid.to_bytes(wanted), scratch=path.parent / f".{wanted}-{os.getpid()}")
    sync(path.parent)
    for other in path.parent.iterdir():
        unfinished = other.name.startswith(".")
        if other != path and (not unfinished or time.time() - other.stat().st_mtime > _STALE):
            remove(other)


def _place(root: Path, wanted: str) -> Path:
    return root / shelf.FOLDER / _FOLDER / wanted
