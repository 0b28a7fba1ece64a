"""The members of a tar, read once from front to back.

`tarfile` decodes the headers; the walk from one to the next is ours. Its own ends without a word
at a header it cannot read, holds extended headers of any size, and follows sizes below zero.
Formats: POSIX.1-2001 (ustar, pax) and GNU tar's long names.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator

from trialweave.errors import Hostile, Unreadable
from trialweave.intake._limits import CHUNK, UNTAKEN, Budget, damaged
from trialweave.intake._names import Names, quoted
from trialweave.intake._streams import Stream

__all__ = ["BLOCK", "begins", "members"]

BLOCK = 512
_LARGEST_EXTENSION = 1 << 20  # bytes of a pax header or long name
_LONGEST_NUMBER = 20  # digits
_FILES = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE)
_LABEL = b"V"  # GNU's name of a volume
_REFUSED = {
    tarfile.LNKTYPE: "is a hard link",
    tarfile.SYMTYPE: "is a symbolic link",
    tarfile.CHRTYPE: "is a device",
    tarfile.BLKTYPE: "is a device",
    tarfile.FIFOTYPE: "is a named pipe",
    tarfile.GNUTYPE_SPARSE: "is sparse: its size is not what is packed",
}
_SPARSE = ("GNU.sparse.", "SCHILY.realsize")
_UTF8 = ("utf-8", "surrogateescape")


def begins(head: bytes) -> bool:
    """Whether a document begins with a tar header: its sum is right, and text it cannot be."""
    if len(head) < BLOCK or b"\0" not in head[:BLOCK]:
        return False
    try:
        tarfile.TarInfo.frombuf(head[:BLOCK], *_UTF8)
    except tarfile.HeaderError:
        return False
    return True


def members(tar: Stream, where: str, budget: Budget) -> Iterator[tuple[str, int, Stream]]:
    """Name to show, size and content of each file, in order.

    Each content is to be read before the next member is asked for; what is left of it is skipped.
    Raises Unreadable for what is damaged or not known, Hostile for links, devices, sparse files,
    and names or sizes that deceive, TooLarge for too many members.
    """
    names = Names(where)
    extended: dict[str, str] = {}
    while (head := tar.read(BLOCK)).count(b"\0") != BLOCK:
        info = _header(head, where)
        budget.member(where)
        if info.type in (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE):
            extended.update(_pax(_extension(tar, info, where), where))
            continue
        if info.type == tarfile.XGLTYPE:
            _check_global(_pax(_extension(tar, info, where), where), where)
            continue
        if info.type in (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK):
            text = _extension(tar, info, where).split(b"\0", 1)[0].decode(*_UTF8)
            if info.type == tarfile.GNUTYPE_LONGNAME:
                extended["path"] = text
            continue
        path = extended.get("path", info.name)
        size = _size(info, extended, path, where)
        content = Stream(_window(tar, size, path, where))
        if info.type != _LABEL:
            is_folder = info.type == tarfile.DIRTYPE or (info.type in _FILES and path.endswith("/"))
            shown = names.judge(path, is_file=not is_folder)
            if shown or info.type == tarfile.GNUTYPE_SPARSE:  # whose length is not known
                _check_kind(info, extended, path, where)
            if shown:
                yield shown, size, content
        while content.some():
            continue
        padding = -size % BLOCK
        if len(tar.read(padding)) < padding:
            raise _cut(path, where)
        extended = {}
    if extended:
        raise damaged("its last header belongs to no member.", where)
    while rest := tar.some():
        if rest.count(b"\0") != len(rest):
            raise damaged("something else stands behind its end.", where)


def _header(head: bytes, where: str) -> tarfile.TarInfo:
    if len(head) < BLOCK:
        raise damaged("the tar is cut: it has no end mark.", where)
    if head[124] == 0o377:
        raise Hostile("a member has a size below zero.", where=where, next_step=UNTAKEN)
    try:
        return tarfile.TarInfo.frombuf(head, *_UTF8)
    except tarfile.HeaderError:
        raise damaged("a member's header in the tar is damaged.", where) from None


def _extension(tar: Stream, info: tarfile.TarInfo, where: str) -> bytes:
    """What a pax header or a long name holds."""
    if not 0 <= info.size <= _LARGEST_EXTENSION:
        raise Hostile("a member's extended header is absurdly long.", where=where)
    padded = info.size + -info.size % BLOCK
    data = tar.read(padded)
    if len(data) < padded:
        raise damaged("the tar is cut inside an extended header.", where)
    return data[: info.size]


def _pax(data: bytes, where: str) -> dict[str, str]:
    """The records of a pax header: ``<length> <key>=<value>\\n``, in one pass."""
    records = {}
    at = 0
    while at < len(data) and data[at]:
        blank = data.find(b" ", at, at + _LONGEST_NUMBER)
        digits = data[at:blank] if blank > at else b""
        end = at + int(digits) if digits.isdigit() else -1
        key, equals, value = data[blank + 1 : max(end - 1, 0)].partition(b"=")
        if not blank < end <= len(data) or data[end - 1] != ord("\n") or not equals:
            raise damaged("a member's extended header is damaged.", where)
        records[key.decode(*_UTF8)] = value.decode(*_UTF8)
        at = end
    return records


def _check_global(records: dict[str, str], where: str) -> None:
    """Comments and dates may hold for all members; a name, a size or a link never can."""
    for key in records:
        if key in ("path", "size", "linkpath") or key.startswith(_SPARSE):
            raise Hostile(
                f"a global header gives all members one “{key}”.", where=where, next_step=UNTAKEN
            )


def _check_kind(info: tarfile.TarInfo, extended: dict[str, str], path: str, where: str) -> None:
    reason = _REFUSED.get(info.type)
    if any(key.startswith(_SPARSE) for key in extended):
        reason = _REFUSED[tarfile.GNUTYPE_SPARSE]
    if reason:
        raise Hostile(f"the member {quoted(path)} {reason}.", where=where, next_step=UNTAKEN)
    if info.type not in _FILES:
        raise Unreadable(
            f"the member {quoted(path)} is of a kind that is not known.",
            where=where,
            next_step=UNTAKEN,
        )


def _size(info: tarfile.TarInfo, extended: dict[str, str], path: str, where: str) -> int:
    """Bytes that follow the header: a pax size goes first; a link or a folder has none."""
    given = extended.get("size")
    if given is None:
        size = info.size
    elif given.isascii() and given.isdigit() and len(given) <= _LONGEST_NUMBER:
        size = int(given)
    else:
        size = -1
    if size < 0:
        raise Hostile(
            f"the member {quoted(path)} has a size below zero, or none.",
            where=where,
            next_step=UNTAKEN,
        )
    return size if info.type in _FILES or info.type not in tarfile.SUPPORTED_TYPES else 0


def _window(tar: Stream, size: int, path: str, where: str) -> Iterator[bytes]:
    left = size
    while left:
        data = tar.read(min(CHUNK, left))
        if not data:
            raise _cut(path, where)
        left -= len(data)
        yield data


def _cut(path: str, where: str) -> Exception:
    return damaged(f"the tar is cut inside the member {quoted(path)}.", where)
