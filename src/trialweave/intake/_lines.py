"""Long files of JSON lines, given as several documents.

Each line is a record that stands by itself, so a cut between two loses nothing. Other forms stay
whole. A search page or a list would have to be taken apart and put into brackets of its own, and
its parts would no longer be bytes that were received; a table's rows say nothing without the
header, and a passage refers to both; an XML document is one tree.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from trialweave.errors import InputError, TooLarge
from trialweave.intake._limits import Limits, gigabytes
from trialweave.intake._names import label
from trialweave.intake._streams import Stream
from trialweave.model import Received

__all__ = ["are_long", "parts"]

_BOM = b"\xef\xbb\xbf"
_BLANK = b" \t\r\n"
_RAW = msgspec.json.Decoder(msgspec.Raw)


def are_long(stream: Stream, limits: Limits) -> bool:
    """Whether what stands ahead is more than a part of JSON lines.

    The first line that is not blank is a whole JSON object, and the next begins one.
    """
    held = stream.fill(limits.part + 1)
    if len(held) <= limits.part:
        return False
    start = len(_BOM) if held.startswith(_BOM) else 0
    start = _not_blank(held, start)
    end = held.find(b"\n", start)
    if end < 0 or not held.startswith(b"{", start):
        return False
    if not held.startswith(b"{", _not_blank(held, end)):
        return False
    try:
        _RAW.decode(bytes(memoryview(held)[start:end]))
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return False
    return True


def _not_blank(held: bytearray, at: int) -> int:
    while at < len(held) and held[at] in _BLANK:
        at += 1
    return at


def parts(
    stream: Stream, names: tuple[str, ...], limits: Limits
) -> Iterator[Received | InputError]:
    """The lines in order, as many whole ones to a part as it may have bytes.

    The cuts depend on the bytes alone. What is appended to a file changes its last part and no
    other. A line over the limit of a document is an error in its place, and the next goes on.
    """
    line = 1
    while held := stream.fill(limits.part + 1):
        ends = len(held) <= limits.part
        cut = len(held) if ends else held.rfind(b"\n", 0, limits.part) + 1
        data = stream.read(cut) if cut else _long_line(stream, limits.document)
        if not data:
            yield TooLarge(
                f"the line has more than {gigabytes(limits.document)}.",
                where=label(names, f", line {line:,}"),
                next_step="One record per line is expected; the other lines are taken.",
            )
            line += 1
            continue
        last = line + data.count(b"\n") - data.endswith(b"\n")
        if not data.isspace():
            numbers = f"lines {line:,}–{last:,}" if last > line else f"line {line:,}"
            yield Received(label(names, f", {numbers}"), data)
        line = last + 1
        del data  # what was given away is not kept here while the next part is read


def _long_line(stream: Stream, largest: int) -> bytes:
    """The line ahead; b"" where it is over the limit and was skipped."""
    size = min(1 << 20, largest + 1)
    while True:
        held = stream.fill(size)
        end = held.find(b"\n", 0, largest) + 1
        if end or len(held) < size:
            return stream.read(end or len(held))
        if size > largest:
            break
        size = min(size * 2, largest + 1)
    while held := stream.fill(1):
        end = held.find(b"\n") + 1
        stream.read(end or len(held))
        if end:
            break
    return b""
