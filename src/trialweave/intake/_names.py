"""Names of archives' members: which lead out, which are passed over, how they are shown."""

from __future__ import annotations

import hashlib
import re

from trialweave.errors import Hostile
from trialweave.intake._limits import UNTAKEN
from trialweave.store.archive import base_name

__all__ = ["Names", "label", "quoted"]

_DRIVE = re.compile(r"[A-Za-z]:")
_LITTER = frozenset({"__MACOSX"})
_LONGEST = 255  # characters of a name that the archive keeps
_OUTER = 80  # of these, for all archives around a document


class Names:
    """Judges the members' names of one archive, one after the other."""

    def __init__(self, archive: str) -> None:
        self._archive = archive
        self._seen: set[bytes] = set()

    def judge(self, path: str, *, is_file: bool = True) -> str:
        """The name to show: the path's last part; "" for what is passed over.

        Passed over are folders, hidden files, files in hidden folders, and what macOS adds.
        Raises Hostile for a name that leads out of the archive, deceives, or came before.
        """
        if any(ord(char) < 32 or 127 <= ord(char) < 160 for char in path):
            raise self._hostile(path, "has control characters in its name")
        if "\\" in path:
            raise self._hostile(path, "has a backslash in its name")
        if path.startswith("/") or _DRIVE.match(path):
            raise self._hostile(path, "has an absolute path")
        parts = [part for part in path.split("/") if part not in ("", ".")]
        if ".." in parts:
            raise self._hostile(path, "leads out of the archive")
        if not is_file:
            return ""
        if not parts:
            raise self._hostile(path, "has no name")
        # A name may have 64 KB, and there may be a million: only digests are kept
        clean = "/".join(parts).encode("utf-8", "surrogatepass")
        key = hashlib.blake2b(clean, digest_size=16).digest()
        if key in self._seen:
            raise self._hostile(path, "comes twice under one name")
        self._seen.add(key)
        hidden = any(part.startswith(".") or part in _LITTER for part in parts)
        return "" if hidden else base_name(parts[-1])

    def _hostile(self, path: str, reason: str) -> Hostile:
        return Hostile(
            f"the member {quoted(path)} {reason}.", where=self._archive, next_step=UNTAKEN
        )


def quoted(path: str) -> str:
    """A member's path for a message: printable, in quotes, and short."""
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in path[:4096])
    return f"“{_cut(shown, 80)}”"


def label(names: tuple[str, ...], addition: str = "") -> str:
    """How a document is called: ``member.xml (in inner.zip, in outer.tar)``, ≤ 255 characters.

    `names` from the outermost inwards; `addition` stands behind the innermost.
    """
    *outer, leaf = names
    room = _OUTER // max(1, len(outer))
    around = ", ".join(f"in {_cut(name, room)}" for name in reversed(outer))
    behind = f"{addition} ({around})" if around else addition
    return _cut(leaf, _LONGEST - len(behind)) + behind


def _cut(name: str, room: int) -> str:
    """Shorten in the middle: how a name begins and how it ends tells most."""
    if len(name) <= room:
        return name
    tail = room // 3
    return f"{name[: room - tail - 1]}…{name[-tail:]}"
