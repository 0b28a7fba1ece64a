"""What is told of a difference: between two versions of a record, and between a source's fields
and those that it was known to have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from trialweave.model.value import Passage

__all__ = ["Change", "FieldNote"]


class Change(msgspec.Struct, frozen=True):
    """One item of one concept, before and after; the empty text is that nothing stands there.

    `passage_before` and `passage_after` lead into the two versions. `relative` tells when the
    change was made: "after the start (2020-06)".
    """

    concept: str
    title: str
    kind: Literal["changed", "added", "removed"]
    before: str
    after: str
    passage_before: Passage | None = None
    passage_after: Passage | None = None
    relative: tuple[str, ...] = ()


@dataclass(frozen=True)
class FieldNote:
    """A field of a source that is not as it was known: reported on the run that meets it.

    "new": a field that no rule knows (perhaps `near`, renamed); "retyped": known, of another type
    than ever; "gone": one that every record had, and none of these has. `path` as in the record,
    with ``[]`` for items; `count` the records concerned; `example` a short excerpt of the content,
    "" for "gone".
    """

    source: str
    path: str
    kind: Literal["new", "retyped", "gone"]
    count: int
    example: str = ""
    near: str = ""
