"""How large a document and an archive may be, and the count that is kept while unpacking."""

from __future__ import annotations

from dataclasses import dataclass

from trialweave.errors import Hostile, InputError, TooLarge, Unreadable

__all__ = [
    "CHUNK",
    "LARGEST_DOCUMENT",
    "LIMITS",
    "PART",
    "UNTAKEN",
    "Budget",
    "Limits",
    "damaged",
    "gigabytes",
]

CHUNK = 1 << 18  # bytes that are read at once
UNTAKEN = "Nothing of the archive was taken."

LARGEST_DOCUMENT = 512 * 1024 * 1024
"""Bytes of the largest single document that is taken; larger exports come in parts."""

PART = 4 * 1024 * 1024
"""Bytes of the largest part that a long file of JSON lines is cut into.

A part is kept in the archive as a document of its own. 4 MiB hold some three hundred registry
records of 15 KB, so that 10 GB are some 2,500 documents; what is read out of a part takes several
times its size in memory, in each of the processes that share the reading, and to show a passage the
whole part is unpacked and its digest compared: some ten milliseconds. Larger parts make both
worse, smaller ones only make more files.
"""


@dataclass(frozen=True)
class Limits:
    """What one file on disk may bring. Sizes in bytes.

    `ratio` is how many times its packed size a member may have: real records reach 20 to 50 by
    deflate, whose bombs have 1,000. The other compressors look further back, so that a hundred
    versions of one record pack as well as one; they, and all that a file unpacks to together, have
    `ratio_wide`, and their bombs 7,000 and more. What unpacks to less than `floor` passes whatever
    its ratio: it can do no harm. `window` is the memory that a compressor may demand of whoever
    unpacks. `depth` counts archives in archives; a ``.tar.gz`` is one. A ZIP inside another
    archive is held, up to `inner_zip`, in an unnamed temporary file.
    """

    document: int = LARGEST_DOCUMENT
    part: int = PART
    total: int = 64 * 1024**3
    members: int = 1_000_000
    directory: int = 256 * 1024 * 1024
    ratio: int = 200
    ratio_wide: int = 1_000
    floor: int = 64 * 1024 * 1024
    window: int = 128 * 1024 * 1024
    inner_zip: int = 2 * 1024**3
    depth: int = 3


LIMITS = Limits()


class Budget:
    """Counts what one file on disk unpacks to, over all archives inside it, against its limits."""

    def __init__(self, limits: Limits, size: int) -> None:
        self.limits = limits
        self._packed = size
        self._unpacked = 0
        self._members = 0

    def spend(self, count: int, where: str) -> None:
        """Count unpacked bytes. Raises Hostile over the ratio, TooLarge over the total."""
        self._unpacked += count
        self.weigh(self._unpacked, self._packed, where, wide=True)

    def weigh(self, unpacked: int, packed: int, where: str, *, wide: bool = False) -> None:
        """Judge a size, declared or met, by the size it was packed in; see `spend`."""
        ratio = self.limits.ratio_wide if wide else self.limits.ratio
        if unpacked > self.limits.floor and unpacked > ratio * packed:
            raise Hostile(
                f"it unpacks to more than {ratio:,} times its size, as bombs do.",
                where=where,
                next_step=f"{UNTAKEN} If it is sound, unpack it and add the folder.",
            )
        if unpacked > self.limits.total:
            raise TooLarge(
                f"it unpacks to more than {gigabytes(self.limits.total)}.",
                where=where,
                next_step=f"{UNTAKEN} Unpack it and add the folder, or split it.",
            )

    def member(self, where: str, count: int = 1) -> None:
        """Count members. Raises TooLarge over their limit."""
        self._members += count
        if self._members > self.limits.members:
            raise TooLarge(
                f"it has more than {self.limits.members:,} members.",
                where=where,
                next_step=f"{UNTAKEN} Unpack it and add the folder, or split it.",
            )


def gigabytes(size: int) -> str:
    """A size for people."""
    if size < 100_000:
        return f"{size:,} bytes"
    return f"{size / 1e9:.1f} GB" if size >= 10**8 else f"{size / 1e6:.1f} MB"


def damaged(reason: str, where: str) -> InputError:
    """The error for an archive that is cut or broken; `reason` a whole sentence."""
    return Unreadable(reason, where=where, next_step=f"{UNTAKEN} Download or pack it again.")
