"""Bytes that are read once, from front to back, and the unpacking of single streams.

Nothing here holds more than it is asked to: what a compressor claims of itself is never believed.
"""

from __future__ import annotations

import bz2
import functools
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol

import zstandard

from trialweave.errors import Hostile, InputError
from trialweave.intake._limits import CHUNK, UNTAKEN, Budget, damaged

__all__ = ["PACKED", "Stream", "chunks", "unpacked"]


class Stream:
    """Chunks of bytes with a look ahead."""

    def __init__(self, source: Iterator[bytes]) -> None:
        self._source = source
        self._held = bytearray()

    def fill(self, size: int) -> bytearray:
        """At least the next `size` bytes, fewer only at the end; they stay to be read.

        What is given is the stream's own: look at it, do not keep it.
        """
        held = self._held
        while len(held) < size:
            chunk = next(self._source, None)
            if chunk is None:
                break
            held += chunk
        return held

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, which stay to be read."""
        return bytes(memoryview(self.fill(size))[:size])

    def read(self, size: int) -> bytes:
        """The next `size` bytes; fewer only at the end."""
        held = self._held
        if not held and size > 0:
            chunk = next(self._source, b"")
            if len(chunk) <= size:
                return chunk if len(chunk) == size or not chunk else self._gather(chunk, size)
            held += chunk
        if size <= len(held):
            with memoryview(held) as view:
                data = bytes(view[:size])
            del held[:size]
            return data
        return self._gather(b"", size)

    def _gather(self, start: bytes, size: int) -> bytes:
        out = io.BytesIO()  # gives its bytes away without a second copy
        out.write(start)
        out.write(self._held)
        self._held.clear()
        for chunk in self._source:
            room = size - out.tell()
            out.write(chunk[:room])
            if len(chunk) >= room:
                self._held += chunk[room:]
                break
        return out.getvalue()

    def some(self) -> bytes:
        """The next bytes, as many as come at once; b"" only at the end."""
        if self._held:
            return self.read(min(CHUNK, len(self._held)))
        return next(self._source, b"")

    def skip(self, limit: int) -> int:
        """Read on without keeping, to the end or just over `limit`; how many bytes it were."""
        count = 0
        while count <= limit and (chunk := self.some()):
            count += len(chunk)
        return count


def chunks(file: BinaryIO) -> Iterator[bytes]:
    """A file from where it stands to its end."""
    return iter(functools.partial(file.read, CHUNK), b"")


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Gzip:
    """One member of a gzip file, in the manner of the standard library's other unpackers."""

    def __init__(self) -> None:
        self._one = zlib.decompressobj(wbits=31)
        self._full = False

    @property
    def eof(self) -> bool:
        return self._one.eof

    @property
    def needs_input(self) -> bool:
        return not (self._full or self._one.unconsumed_tail)

    @property
    def unused_data(self) -> bytes:
        return self._one.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        out = self._one.decompress(self._one.unconsumed_tail + data, max_length)
        self._full = len(out) == max_length
        return out


class _Zstd:
    """One frame. A block of 4 bytes can stand for 128 KB, so the input goes in by small slices."""

    _SLICE = 512  # at most 16 MB at once; measured: no slower than larger ones

    def __init__(self, window: int) -> None:
        self._one = zstandard.ZstdDecompressor(max_window_size=window).decompressobj()
        self._input = b""
        self._at = 0

    @property
    def eof(self) -> bool:
        return bool(self._one.eof)

    @property
    def needs_input(self) -> bool:
        return self._at >= len(self._input)

    @property
    def unused_data(self) -> bytes:
        return bytes(self._one.unused_data) + self._input[self._at :]

    def decompress(self, data: bytes, max_length: int) -> bytes:
        if data:
            self._input, self._at = self._input[self._at :] + data, 0
        out = []
        left = max_length
        while left > 0 and not self.eof and self._at < len(self._input):
            out.append(self._one.decompress(self._input[self._at : self._at + self._SLICE]))
            self._at += self._SLICE
            left -= len(out[-1])
        return b"".join(out)


PACKED: dict[str, tuple[str, Callable[[int], _Unpacker]]] = {
    "gz": ("gzip", lambda _window: _Gzip()),
    "zst": ("zstd", _Zstd),
    "bz2": ("bzip2", lambda _window: bz2.BZ2Decompressor()),
    "xz": ("xz", lambda window: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=window)),
}
"""The compressed streams that are read: what to call them, and the unpacker of one frame."""

_FEED = 1 << 14  # a frame's rest is copied, so many small frames in a large chunk would cost dear
_TOO_MUCH_MEMORY = ("memory usage limit", "too much memory")


def unpacked(packed: Stream, kind: str, where: str, budget: Budget) -> Iterator[bytes]:
    """What a compressed stream holds, all its frames, to its very end.

    Raises Unreadable (damaged, cut, something else behind it), Hostile and TooLarge.
    """
    called, make = PACKED[kind]
    fed = made = 0
    pending = packed.read(_FEED)
    first = True
    while pending or first:
        if not first:
            budget.member(where)  # opening a frame costs time, and an empty one has few bytes
        frame = make(budget.limits.window)
        while not frame.eof:
            data = b""
            if frame.needs_input:
                data, pending = pending or packed.read(_FEED), b""
                fed += len(data)
                if not data:
                    raise damaged(f"the {called} stream is cut: it has no end.", where)
            try:
                out = frame.decompress(data, CHUNK)
            except (zlib.error, lzma.LZMAError, zstandard.ZstdError, OSError, ValueError) as error:
                raise _unpackable(error, called, where, first) from None
            made += len(out)
            budget.weigh(made, fed, where, wide=kind != "gz")
            budget.spend(len(out), where)
            if out:
                yield out
        pending = frame.unused_data
        fed -= len(pending)
        first = False
        # NUL bytes that fill up a block or a tape are no further frame
        while not (pending := pending.lstrip(b"\0")) and (pending := packed.read(_FEED)):
            continue


def _unpackable(error: Exception, called: str, where: str, first: bool) -> InputError:
    message = str(error).lower()
    if any(words in message for words in _TOO_MUCH_MEMORY):
        return Hostile(
            f"unpacking the {called} stream would take absurdly much memory.",
            where=where,
            next_step=f"{UNTAKEN} Pack it again without long-distance options.",
        )
    what = "is damaged" if first else "is damaged, or something else stands behind it"
    return damaged(f"the {called} stream {what}.", where)
