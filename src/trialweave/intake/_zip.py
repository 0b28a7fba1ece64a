"""The members of a ZIP, checked against its directory before any is unpacked.

`zipfile` reads directory and members; before it does, the end records are compared and the
directory's length and entries counted, since it would read any length into memory. No two members
may share bytes: D. Fifield, "A better zip bomb" (WOOT 2019). Format: APPNOTE 6.3.10, 4.3 and 4.4.
"""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from trialweave.errors import Hostile, InputError, TooLarge, Unreadable
from trialweave.intake._limits import CHUNK, UNTAKEN, Budget, damaged
from trialweave.intake._names import Names, quoted
from trialweave.intake._streams import Stream

__all__ = ["BEGINNINGS", "is_office", "members", "opened"]

BEGINNINGS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")

_END, _END64, _LOCATOR = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_END_FORM = struct.Struct("<4s4H2LH")
_END64_FORM = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_FORM = struct.Struct("<4sLQL")
_ENTRY, _ENTRY_SIZE = b"PK\x01\x02", 46
_ENTRY_LENGTHS = struct.Struct("<3H")  # of name, extra field and comment, at byte 28
_LOCAL_SIZE = 30
_ENCRYPTED = 0x1 | 0x40 | 0x2000  # of three kinds
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_OTHER_METHODS = {9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "zstd", 95: "xz", 98: "PPMd"}
_OFFICE = ("[Content_Types].xml", "Index/Document.iwa")  # of Microsoft's and Apple's programs
_OPEN_OFFICE = (b"application/vnd.oasis.opendocument", b"application/epub+zip")
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    IndexError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)


class _Directory(NamedTuple):
    start: int
    size: int
    entries: int


def opened(file: BinaryIO, where: str, budget: Budget) -> zipfile.ZipFile:
    """The archive in a seekable file, once its end and its directory's size are known to be sound.

    Raises Unreadable (damaged, cut, one of several volumes), Hostile, TooLarge.
    """
    try:
        directory = _directory(file, where)
        if directory.size > budget.limits.directory:
            raise TooLarge("its directory is absurdly long.", where=where, next_step=UNTAKEN)
        budget.member(where, directory.entries)
        _count(file, directory, where)
        return zipfile.ZipFile(file)
    except _BROKEN as error:
        raise _as_damaged(error, where) from None


def is_office(book: zipfile.ZipFile) -> bool:
    """Whether the ZIP is one document of an office program, or an EPUB."""
    names = book.NameToInfo
    if any(name in names for name in _OFFICE):
        return True
    first = names.get("mimetype")
    if first is None or first.compress_type != zipfile.ZIP_STORED or first.file_size > 200:
        return False
    try:
        return book.read(first).startswith(_OPEN_OFFICE)
    except _BROKEN:
        return False


def members(book: zipfile.ZipFile, where: str, budget: Budget) -> Iterator[tuple[str, int, Stream]]:
    """Name to show, size and content of each file, in the order of the directory.

    Names, kinds, sizes and places are judged for all members before the first is unpacked.
    """
    kept = _judged(book, where, budget)
    for shown, info in kept:
        yield shown, info.file_size, Stream(_content(book, info, where, budget))


def _judged(book: zipfile.ZipFile, where: str, budget: Budget) -> list[tuple[str, zipfile.ZipInfo]]:
    names = Names(where)
    kept = []
    for info in book.infolist():
        shown = names.judge(info.orig_filename, is_file=not info.orig_filename.endswith("/"))
        budget.weigh(info.file_size, info.compress_size, f"{quoted(info.filename)} in {where}")
        if shown:
            _check_kind(info, where)
            kept.append((shown, info))
    end = 0
    for info in sorted(book.infolist(), key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise Hostile(
                f"the member {quoted(info.filename)} shares bytes with another, as bombs do.",
                where=where,
                next_step=UNTAKEN,
            )
        end = info.header_offset + _LOCAL_SIZE + info.compress_size
    if end > book.start_dir:
        raise damaged("a member would reach into the directory.", where)
    packed = sum(info.compress_size for _, info in kept)
    budget.weigh(sum(info.file_size for _, info in kept), packed, where)
    return kept


def _check_kind(info: zipfile.ZipInfo, where: str) -> None:
    member = quoted(info.filename)
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        what = "a symbolic link" if kind == stat.S_IFLNK else "no regular file"
        raise Hostile(f"the member {member} is {what}.", where=where, next_step=UNTAKEN)
    if info.flag_bits & _ENCRYPTED:
        raise Unreadable(
            f"the member {member} is encrypted.",
            where=where,
            next_step=f"{UNTAKEN} Unpack it with its password and add the folder.",
        )
    if info.compress_type not in _METHODS:
        called = _OTHER_METHODS.get(info.compress_type, f"number {info.compress_type}")
        raise Unreadable(
            f"the member {member} is packed by a method that is not read here ({called}).",
            where=where,
            next_step=f"{UNTAKEN} Unpack it and add the folder, or pack it by deflate.",
        )


def _content(
    book: zipfile.ZipFile, info: zipfile.ZipInfo, where: str, budget: Budget
) -> Iterator[bytes]:
    made = 0
    inside = f"{quoted(info.filename)} in {where}"
    try:
        with book.open(info) as member:
            while data := member.read(CHUNK):
                made += len(data)
                budget.weigh(made, info.compress_size, inside)
                budget.spend(len(data), where)
                yield data
    except InputError:
        raise
    except _BROKEN as error:
        raise _as_damaged(error, inside) from None
    if made != info.file_size:
        raise damaged(f"it has {made:,} bytes, and {info.file_size:,} were declared.", inside)


def _as_damaged(error: Exception, where: str) -> InputError:
    if isinstance(error, OSError) and error.strerror:
        return damaged(f"the ZIP cannot be read: {error.strerror}.", where)
    return damaged("the ZIP is damaged.", where)


def _directory(file: BinaryIO, where: str) -> _Directory:
    """Where the directory is, by end records that agree with each other and with the file."""
    size = file.seek(0, 2)
    at = max(0, size - _END_FORM.size - 0xFFFF)
    file.seek(at)
    tail = file.read(size - at)
    bare = len(tail) - _END_FORM.size
    if not (tail[-_END_FORM.size :].startswith(_END) and tail.endswith(b"\0\0")):
        bare = tail.rfind(_END)  # behind it comes a comment
    if bare < 0 or len(tail) - bare < _END_FORM.size:
        raise damaged("the ZIP is cut: it has no directory.", where)
    _, disk, first_disk, on_disk, entries, length, start, comment = _END_FORM.unpack_from(
        tail, bare
    )
    if bare + _END_FORM.size + comment != len(tail):
        raise damaged("something else stands behind the end of the ZIP.", where)
    end = at + bare
    wide = _wide(file, end)
    if wide is not None:
        for narrow, full, value in (
            (entries, 0xFFFF, wide.entries),
            (length, 0xFFFFFFFF, wide.size),
            (start, 0xFFFFFFFF, wide.start),
        ):
            if narrow not in (full, value):
                raise Hostile("its two ends (ZIP and ZIP64) differ.", where=where)
        entries, length, start = wide.entries, wide.size, wide.start
        end -= _LOCATOR_FORM.size + _END64_FORM.size
    elif disk or first_disk or on_disk != entries:
        raise Unreadable("it is one of several volumes.", where=where)
    if start + length != end:
        raise damaged("the directory of the ZIP is not where it should be.", where)
    return _Directory(start, length, entries)


def _wide(file: BinaryIO, end: int) -> _Directory | None:
    """What the ZIP64 records before the end record say, where `zipfile` would heed them."""
    before = _LOCATOR_FORM.size + _END64_FORM.size
    if end < before:
        return None
    file.seek(end - before)
    records = file.read(before)
    if not (records.startswith(_END64) and records.startswith(_LOCATOR, _END64_FORM.size)):
        return None
    fields = _END64_FORM.unpack_from(records)
    return _Directory(start=fields[9], size=fields[8], entries=fields[7])


def _count(file: BinaryIO, directory: _Directory, where: str) -> None:
    """Hold the directory's entries against their declared number."""
    file.seek(directory.start)
    left, entries = directory.size, 0
    while left > 0:
        head = file.read(_ENTRY_SIZE)
        if len(head) < _ENTRY_SIZE or not head.startswith(_ENTRY):
            raise damaged("the directory of the ZIP is damaged.", where)
        rest = sum(_ENTRY_LENGTHS.unpack_from(head, 28))
        file.seek(rest, 1)
        left -= _ENTRY_SIZE + rest
        entries += 1
    if entries != directory.entries or left:
        raise Hostile("its directory has other entries than declared.", where=where)
