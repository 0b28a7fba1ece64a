"""Received documents, and the records in them."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
from dataclasses import dataclass
from typing import Literal

import msgspec

from trialweave.errors import WrongEncoding
from trialweave.model.dates import PartialDate
from trialweave.model.publication import Publication
from trialweave.model.trial import Trial

__all__ = ["Draft", "Received", "Record", "RecordKind"]

RecordKind = Literal["trial", "publication"]


@dataclass(frozen=True)
class Received:
    """A document as it came: its name (never a whole path), its bytes, and where they are from.

    `origin` is the address that a fetched document came from, "" for what was on a disk.
    """

    name: str
    data: bytes
    origin: str = ""

    @functools.cached_property
    def sha256(self) -> str:
        """Hex digest of the received bytes; also their address in the archive."""
        return hashlib.sha256(self.data).hexdigest()

    @functools.cached_property
    def text(self) -> str:
        """The decoded text, which character spans refer to; a byte order mark is not part of it.

        Raises WrongEncoding where the bytes are not valid UTF-8.
        """
        try:
            return self.data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise WrongEncoding(
                f"not valid UTF-8 (byte 0x{self.data[error.start]:02x} at offset {error.start}).",
                where=self.name,
                next_step="Save the document again as UTF-8.",
            ) from None


class Draft(msgspec.Struct, frozen=True):
    """One record as a source reads it out of a received document, before it has a version.

    `start` and `end` are byte offsets of the record inside the document, so that a record's
    digest does not change when a neighbour in the same file does. Where a record has no bytes of
    its own (a row of a workbook), `own` is its content written out, which the digest is taken of.
    """

    source: str
    identifier: str
    body: Trial | Publication
    start: int
    end: int
    stated: PartialDate | None = None  # the record's own date of last change, where it has one
    own: bytes = b""
    people: tuple[str, ...] = ()  # digests of names of its investigators and contacts, no names


class Record(msgspec.Struct, frozen=True):
    """One document of one source in one version, with the harmonised content in `trial` or
    `publication`.

    `record_id` is ``<source>:<identifier>``; `digest` the sha256 of the record's own bytes;
    `sha256` that of the document it came in, where it stands at bytes `start` to `end`.
    """

    record_id: str
    version: int
    source: str
    identifier: str
    kind: RecordKind
    digest: str
    sha256: str
    start: int
    end: int
    name: str
    received_at: dt.datetime
    stated: PartialDate | None = None
    trial: Trial | None = None
    publication: Publication | None = None
    people: tuple[str, ...] = ()  # digests of names (see `model.persons`), for linking alone

    @property
    def precedence(self) -> tuple[dt.date, int]:
        """Orders the versions of one record; the highest is the current one.

        The later date of last change that the record itself states wins, then the later version.
        A version that states no date comes before those that do: it cannot be known to be newer.
        """
        return (self.stated.earliest if self.stated else dt.date.min, self.version)

    @property
    def about(self) -> Trial:
        """What the record says of the trial, whichever kind it is."""
        if self.trial is not None:
            return self.trial
        return self.publication.trial if self.publication is not None else Trial()

    @property
    def title(self) -> str:
        """The title to show for the record."""
        if self.publication is not None:
            told = self.publication
            return told.title.content or told.citation.content or self.identifier
        about = self.about
        return about.public_title.content or about.scientific_title.content or self.identifier
