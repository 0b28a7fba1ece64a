"""One entry for all forms of vocabularies: a file in, a release out.

The form is recognised by content. A gzip file is unpacked within the limits below; other archives
are opened by `intake`, whose members come here as bytes. Errors are those of `trialweave.errors`;
what is odd but can be read stands in the release's notes.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from trialweave.errors import Hostile, InputError, TooLarge, UnknownKind, Unreadable, WrongEncoding
from trialweave.terms import finishing, forms
from trialweave.terms.drafting import Drafts
from trialweave.terms.tables import PLAIN, Table
from trialweave.terms.term import Release

__all__ = ["FORMS", "LARGEST", "form_of", "read_files", "read_vocabulary"]

LARGEST: Final = 1024**3
"""Bytes of the largest vocabulary file, unpacked; supp2026.xml has some 700 MB."""
FORMS: Final = tuple(forms.FORMS)
"""The names of the forms."""
_RATIO, _FLOOR = 200, 64 * 1024 * 1024  # of gzip: as `intake` has them
_HEAD: Final = 1 << 16
_PIECE: Final = 1 << 20
_GZIP: Final = b"\x1f\x8b"
_ARCHIVES: Final = {b"PK\x03\x04": "ZIP", b"\x28\xb5\x2f\xfd": "zstd", b"\xfd7zXZ": "xz"}
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
_YEAR_FIRST = re.compile(r"(?<!\d)((?:19|20)\d{2})(?:[-_.]?(\d{2}))?(?:[-_.]?(\d{2}))?(?!\d)")
_YEAR_LAST = re.compile(r"(?<!\d)(\d{2})(\d{2})(20\d{2})(?!\d)")
_MONTH_NAMED = re.compile(r"(?<!\d)(\d{1,2})([A-Z][a-z]{2})((?:19|20)\d{2})(?!\d)")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun",
                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")  # fmt: skip


def read_vocabulary(
    source: str | Path | bytes,
    kind: str = "",
    *,
    name: str = "",
    version: str = "",
    table: Table = PLAIN,
) -> Release:
    """Read one file, given by its path or as its bytes.

    `kind` is one of `FORMS` where content is not to decide. `name` and `version` are what to call
    the vocabulary and its release where the file does not say, or says otherwise; else the version
    is taken from the file's name, and without one is ``sha256-`` and twelve digits. `table` says
    how to read a plain table. Raises UnknownKind, Unreadable, WrongEncoding, TooLarge, Hostile;
    ValueError for a `kind` that is none.
    """
    if isinstance(source, bytes):
        return read_files([("", source)], kind, name=name, version=version, table=table)
    path = Path(source)
    try:
        if path.stat().st_size > LARGEST:
            raise TooLarge(f"over {LARGEST / 1e9:.1f} GB, which no vocabulary is.", where=path.name)
        data = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror or error}.", where=path.name) from None
    return read_files([(path.name, data)], kind, name=name, version=version, table=table)


def read_files(
    files: Sequence[tuple[str, bytes]],
    kind: str = "",
    *,
    name: str = "",
    version: str = "",
    table: Table = PLAIN,
) -> Release:
    """Read the files of one release, (name, content) each, and put them together.

    Of several files those of no known form are passed over, and plain tables where there is
    another form. Raises what `read_vocabulary` does, and Unreadable where the files are of several
    vocabularies.
    """
    if kind and kind not in forms.FORMS:
        raise ValueError(f"no form of a vocabulary is called {kind!r}: {', '.join(FORMS)}")
    found: list[tuple[str, str, bytes]] = []
    digest = hashlib.sha256()
    for called, data in files:
        try:
            content = _unpacked(data, called)
            form = kind or _form(content, called, table)
        except UnknownKind:
            if len(files) == 1:
                raise
            continue
        found.append((called, form, content))
    if any(form not in forms.PLAIN for _, form, _ in found):
        found = [one for one in found if one[1] not in forms.PLAIN or kind]
    releases = []
    for called, form, content in found:
        digest.update(hashlib.sha256(content).digest())
        releases.append(_read(called, form, content, name, version, table))
    if not releases:
        raise UnknownKind("none of its files is a vocabulary of a known form.")
    release = finishing.joined(releases)
    if not release.version:
        release = finishing.versioned(release, f"sha256-{digest.hexdigest()[:12]}")
    return finishing.finished(release)


def form_of(data: bytes) -> str:
    """The form of a file by how it begins; "" for none."""
    try:
        return _form(data, "", PLAIN)
    except UnknownKind:
        return ""


def _read(called: str, form: str, content: bytes, name: str, version: str, table: Table) -> Release:
    drafts = Drafts(name, version)
    try:
        forms.FORMS[form](content if form in forms.BYTES else _text(content), drafts, table)
        if not drafts.version:
            drafts.version = _version_in(called)
        if not drafts.vocabulary:
            drafts.vocabulary = _stem(called) or "own"
        return drafts.release()
    except InputError as error:
        if called and not error.where:
            raise type(error)(error.what, where=called, next_step=error.next_step) from None
        raise


def _form(content: bytes, called: str, table: Table) -> str:
    if not content.strip():
        raise Unreadable("the file is empty.", where=called)
    if b"[Content_Types].xml" in content[:_HEAD] and content.startswith(b"PK"):
        raise UnknownKind(
            "it is a spreadsheet.", where=called, next_step="Save its table as CSV (UTF-8)."
        )
    for start, archive in _ARCHIVES.items():
        if content.startswith(start):
            raise UnknownKind(
                f"a {archive} file is not opened here.",
                where=called,
                next_step="Unpack it, or add it with: trialweave vocab add FILE.",
            )
    if content.startswith(_UTF_16):
        raise WrongEncoding("it is UTF-16.", where=called, next_step="Save it as UTF-8.")
    head = content[:_HEAD].decode("utf-8", "replace").removeprefix("\ufeff").lstrip()
    form = forms.recognised(head)
    if table.columns and form in ("", *forms.PLAIN):  # whoever names the columns has a table
        form = form or "table"
    if not form:
        raise UnknownKind(
            "no form of a vocabulary is recognised.",
            where=called,
            next_step="A plain table needs a header with a column 'name' and one 'id'.",
        )
    return form


def _text(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WrongEncoding(
            f"byte {error.start:,} is not valid UTF-8.", next_step="Save the file as UTF-8."
        ) from None
    return text.replace("\r\n", "\n") if "\r" in text else text


def _unpacked(data: bytes, called: str) -> bytes:
    """The content of a gzip file, all its members; anything else as it stands."""
    if not data.startswith(_GZIP):
        if len(data) > LARGEST:
            raise TooLarge(f"over {LARGEST / 1e9:.1f} GB, which no vocabulary is.", where=called)
        return data
    out = bytearray()
    rest = data
    while rest.startswith(_GZIP):
        member = zlib.decompressobj(wbits=31)
        pending = rest
        while not member.eof:
            try:
                piece = member.decompress(pending, _PIECE)
            except zlib.error:
                raise Unreadable("the gzip stream is damaged.", where=called) from None
            pending = member.unconsumed_tail
            out += piece
            if len(out) > LARGEST:
                raise TooLarge(f"it unpacks to over {LARGEST / 1e9:.1f} GB.", where=called)
            if len(out) > _FLOOR and len(out) > _RATIO * len(data):
                raise Hostile(
                    f"it unpacks to over {_RATIO} times its size, as bombs do.", where=called
                )
            if not piece and not pending and not member.eof:
                raise Unreadable("the gzip stream is cut: it has no end.", where=called)
        rest = member.unused_data
    return bytes(out)


def _version_in(called: str) -> str:
    """The date in a file's name, as 2026, 2026-01 or 2026-01-31; "" where there is none."""
    found = _MONTH_NAMED.search(called)  # UNII_Names_12Jun2025.txt
    if found and found[2] in _MONTHS:
        return f"{found[3]}-{_MONTHS.index(found[2]) + 1:02}-{int(found[1]):02}"
    found = _YEAR_FIRST.search(called)
    if found:
        return "-".join(part for part in found.groups() if part)
    found = _YEAR_LAST.search(called)
    return f"{found[3]}-{found[1]}-{found[2]}" if found else ""


def _stem(called: str) -> str:
    """The name of a file without folders, archive and endings."""
    name = called.partition(" (in ")[0].rpartition("/")[2]
    return name.partition(".")[0]
