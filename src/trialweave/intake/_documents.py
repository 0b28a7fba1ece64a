"""The documents in one file: itself, the members of an archive, or the parts of a long file.

An archive is walked twice. The first walk unpacks everything, keeps nothing, and holds it against
the limits; the second gives the documents. So an archive that is cut, damaged or hostile at its
very end gives none at all. Unpacking costs a small part of what reading the records costs.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO, NamedTuple, cast

from trialweave.errors import Hostile, InputError, TooLarge, Unreadable
from trialweave.intake import _tar, _zip
from trialweave.intake._limits import LIMITS, UNTAKEN, Budget, Limits, gigabytes
from trialweave.intake._lines import are_long, parts
from trialweave.intake._names import label
from trialweave.intake._streams import Stream, chunks, unpacked
from trialweave.model import Received
from trialweave.store.archive import base_name

__all__ = ["documents"]

_ENDINGS = (".gz", ".gzip", ".zst", ".zstd", ".bz2", ".xz")
_BZIP2_BLOCKS = (b"1AY&SY", b"\x17rE8P\x90")  # how the first block begins, or the end of none
_SKIPPABLE = b"\x2a\x4d\x18"  # of a zstd frame, behind a byte 0x50 to 0x5f


class _Leaf(NamedTuple):
    """A document that was not read yet: its name inside its archives, and its size where known."""

    names: tuple[str, ...]
    content: Stream
    size: int | None = None


def documents(path: Path, *, limits: Limits = LIMITS) -> Iterator[Received | InputError]:
    """The documents in one file, one after the other; nothing is raised.

    zip, tar, gzip, zstd, bzip2 and xz are recognised by content, and give their members in order,
    archives in archives included; an archive is given whole or, as one error, not at all. JSON
    lines over `limits.part` come in parts. Anything else is one document of at most
    `limits.document` bytes. Memory is bounded by the largest document. Names are
    ``member.xml (in archive.zip)`` or ``long.jsonl, lines 1–2,000``.
    """
    name = base_name(path.name)
    try:
        if not path.is_file():
            raise Unreadable("not a regular file.", where=name)
        size = path.stat().st_size
        with path.open("rb") as file:
            if _kind(Stream(chunks(file)).peek(_tar.BLOCK)):
                yield from _members(file, size, name, limits)
            else:
                file.seek(0)
                yield from _given(_Leaf((name,), Stream(chunks(file)), size), limits)
    except OSError as error:
        yield Unreadable(f"cannot be read: {error.strerror or error}.", where=name)
    except InputError as error:
        yield error


def _members(
    file: BinaryIO, size: int, name: str, limits: Limits
) -> Iterator[Received | InputError]:
    found = 0
    file.seek(0)
    for leaf in _leaves(file, name, Budget(limits, size)):
        found += 1
        _look_through(leaf, limits)
    if not found:
        raise Unreadable("the archive holds no documents.", where=name)
    file.seek(0)
    for leaf in _leaves(file, name, Budget(limits, size)):
        yield from _given(leaf, limits)


def _given(leaf: _Leaf, limits: Limits) -> Iterator[Received | InputError]:
    """The leaf as a document, or as its parts. Raises TooLarge."""
    if are_long(leaf.content, limits):
        yield from parts(leaf.content, leaf.names, limits)
        return
    if leaf.size is not None and leaf.size > limits.document:
        raise _too_large(leaf, limits, leaf.size)
    data = leaf.content.read(limits.document + 1)
    if len(data) > limits.document:
        raise _too_large(leaf, limits)
    yield Received(label(leaf.names), data)


def _look_through(leaf: _Leaf, limits: Limits) -> None:
    """Read a leaf without keeping it. Raises what `_given` would."""
    if are_long(leaf.content, limits):
        leaf.content.skip(limits.total)
    elif leaf.size is not None and leaf.size > limits.document:
        raise _too_large(leaf, limits, leaf.size)
    elif leaf.content.skip(limits.document) > limits.document:
        raise _too_large(leaf, limits)


def _too_large(leaf: _Leaf, limits: Limits, size: int | None = None) -> TooLarge:
    is_inside = len(leaf.names) > 1
    met = gigabytes(size) if size is not None else "more"
    return TooLarge(
        f"{met}, and the limit is {gigabytes(limits.document)}.",
        where=label(leaf.names),
        next_step=f"{UNTAKEN if is_inside else ''} "
        "Split it: one record per line, or one file per search page.".lstrip(),
    )


def _kind(head: bytes) -> str:
    """The kind of archive that a document is by how it begins; "" for none."""
    if head.startswith(_zip.BEGINNINGS):
        return "zip"
    if head.startswith(b"\x1f\x8b\x08"):
        return "gz"
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        return "zst"
    if head[1:4] == _SKIPPABLE and head[0] & 0xF0 == 0x50:
        return "zst"
    if head.startswith(b"BZh") and head.startswith(_BZIP2_BLOCKS, 4):
        return "bz2"
    if head.startswith(b"\xfd7zXZ\0"):
        return "xz"
    return "tar" if _tar.begins(head) else ""


def _leaves(file: BinaryIO, name: str, budget: Budget) -> Iterator[_Leaf]:
    """Everything inside an archive, each to be read before the next is asked for."""
    return _inside(Stream(chunks(file)), (name,), None, budget, 0, file)


def _inside(
    stream: Stream,
    names: tuple[str, ...],
    size: int | None,
    budget: Budget,
    depth: int,
    file: BinaryIO | None = None,
) -> Iterator[_Leaf]:
    kind = _kind(stream.peek(_tar.BLOCK))
    if not kind:
        yield _Leaf(names, stream, size)
    elif kind == "zip":
        yield from _inside_zip(stream, names, budget, depth, file)
    elif kind == "tar":
        yield from _inside_tar(stream, names, budget, _deeper(depth, names, budget))
    else:
        depth = _deeper(depth, names, budget)
        inner = Stream(unpacked(stream, kind, label(names), budget))
        if _tar.begins(inner.peek(_tar.BLOCK)):  # together they are one archive
            yield from _inside_tar(inner, names, budget, depth)
        else:
            yield from _inside(inner, (*names, _unpacked_name(names[-1])), None, budget, depth)


def _inside_tar(
    stream: Stream, names: tuple[str, ...], budget: Budget, depth: int
) -> Iterator[_Leaf]:
    for member, size, content in _tar.members(stream, label(names), budget):
        yield from _inside(content, (*names, member), size, budget, depth)


def _inside_zip(
    stream: Stream, names: tuple[str, ...], budget: Budget, depth: int, file: BinaryIO | None
) -> Iterator[_Leaf]:
    where = label(names)
    with tempfile.SpooledTemporaryFile(max_size=budget.limits.part) as spool:
        if file is None:  # a ZIP is read from its end, so one inside another archive is put down
            _put_down(stream, spool, where, budget.limits)
            file = cast(BinaryIO, spool)
        with _zip.opened(file, where, budget) as book:
            if _zip.is_office(book):
                length = file.seek(0, 2)
                file.seek(0)
                yield _Leaf(names, Stream(chunks(file)), length)
                return
            depth = _deeper(depth, names, budget)
            for member, size, content in _zip.members(book, where, budget):
                yield from _inside(content, (*names, member), size, budget, depth)


def _put_down(stream: Stream, spool: IO[bytes], where: str, limits: Limits) -> None:
    """Copy a ZIP into the temporary file, which has no name on the disk."""
    size = 0
    while chunk := stream.some():
        size += len(chunk)
        if size > limits.inner_zip:
            raise TooLarge(
                f"a ZIP inside an archive may have {gigabytes(limits.inner_zip)}.",
                where=where,
                next_step=f"{UNTAKEN} Unpack the outer archive and add the folder.",
            )
        spool.write(chunk)


def _deeper(depth: int, names: tuple[str, ...], budget: Budget) -> int:
    if depth == budget.limits.depth:
        raise Hostile(
            f"archives stand inside archives more than {budget.limits.depth} deep.",
            where=label(names),
            next_step=f"{UNTAKEN} If it is sound, unpack it and add the folder.",
        )
    return depth + 1


def _unpacked_name(name: str) -> str:
    for ending in _ENDINGS:
        if name.lower().endswith(ending) and len(name) > len(ending):
            return name[: -len(ending)]
    return "content"
