"""What the shapes of a ClinicalTrials.gov record are made of.

Everything is optional. A string that is `UNSET` stands in the record but cannot be told which
item it belongs to.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias, TypeVar

import msgspec
from msgspec import UnsetType

__all__ = ["MAX_ITEMS", "Flag", "Items", "Number", "Struct", "Text"]

MAX_ITEMS = 100_000  # in one list of one record; the longest real ones hold some thousands

T = TypeVar("T")
Items: TypeAlias = Annotated[tuple[T, ...], msgspec.Meta(max_length=MAX_ITEMS)] | None
Text: TypeAlias = str | UnsetType | None
Number: TypeAlias = int | float | str | UnsetType | None
Flag: TypeAlias = bool | str | UnsetType | None


class Struct(msgspec.Struct, gc=False, rename="camel"):
    """Decoded once, read once, never changed."""
