"""Takes documents apart into records, in the one way that all sources of this package do it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from trialweave.errors import Hostile, InputError
from trialweave.model import Draft, Received
from trialweave.sources import _json

__all__ = ["from_json", "pieces_of", "placed"]

_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_ANY: msgspec.json.Decoder[object] = msgspec.json.Decoder()


def pieces_of(data: bytes, name: str) -> Iterator[_json.Piece]:
    """The records of a JSON document: one, a list, or one on each line."""
    whole = _json.whole(data)
    if data[whole.start : whole.start + 1] == b"[":
        listed = _json.decode(_LIST, data[whole.start : whole.end], name)
        yield from _json.locate(data, listed, whole.start)
        return
    lines = list(_json.lines(data))
    if len(lines) > 1 and all(data[line.end - 1 : line.end] == b"}" for line in lines[:2]):
        yield from lines
    else:
        yield whole


def from_json(
    received: Received, read: Callable[[object, _json.Piece, str], Iterable[Draft]]
) -> Iterator[Draft | InputError]:
    """What `read` makes of each decoded record; the error in the place of one refused."""
    data, name = received.data, received.name
    for piece in pieces_of(data, name):
        where = f"{name}, byte {piece.start}"
        try:
            value = _json.decode(_ANY, data[piece.start : piece.end], where)
            yield from read(value, piece, where)
        except InputError as error:
            yield placed(error, where)
        except RecursionError:
            yield Hostile("the record is nested absurdly deep.", where=where)


def placed(error: InputError, where: str) -> InputError:
    """The error, which names its document."""
    return error if error.where else type(error)(error.what, where=where)
