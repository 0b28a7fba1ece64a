"""E-mail addresses in the wording of records: blotted out, in place, before anything is made of it.

A title or a criterion may tell whom to write to. Each sign of the address becomes a blot, so that
places in the text stay where they are; the archive keeps what was received.
"""

from __future__ import annotations

import re
from typing import Any, Final, TypeVar

import msgspec

__all__ = ["BLOT", "blotted_addresses", "without_addresses"]

T = TypeVar("T", bound=msgspec.Struct)

BLOT: Final = "▒"
_ADDRESS: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_ENCODE: Final = msgspec.msgpack.Encoder().encode


def blotted_addresses(text: str) -> str:
    """The text with each sign of an e-mail address as a blot; as long as before."""
    if "@" not in text:
        return text
    return _ADDRESS.sub(lambda found: BLOT * len(found.group()), text)


def without_addresses(body: T) -> T:
    """The same record with the addresses in all of its texts blotted out."""
    return _walked(body) if b"@" in _encoded(body) else body


def _encoded(body: msgspec.Struct) -> bytes:
    try:
        return _ENCODE(body)
    except (OverflowError, UnicodeEncodeError):  # what cannot be stored is refused where it is
        return b"@"


def _walked(item: Any) -> Any:
    if isinstance(item, str):
        return blotted_addresses(item)
    if isinstance(item, tuple):
        parts = tuple(map(_walked, item))
        return parts if any(a is not b for a, b in zip(parts, item, strict=True)) else item
    if isinstance(item, msgspec.Struct):
        changed = {
            name: new
            for name in item.__struct_fields__
            if (new := _walked(old := getattr(item, name))) is not old
        }
        return msgspec.structs.replace(item, **changed) if changed else item
    return item
