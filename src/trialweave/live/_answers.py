"""What the adapters of live sources share: answers checked against their known form, positions in
a search, and addresses that say where a document came from without saying who asked."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Annotated, TypeVar
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import msgspec

from trialweave.errors import FetchFailed
from trialweave.live.api import Answer, Page
from trialweave.model.identifiers import normalise
from trialweave.publish.text import cut, fold

__all__ = [
    "Cursor",
    "Natural",
    "Offset",
    "changed",
    "contact",
    "decoded",
    "file_name",
    "identifier",
    "listed",
    "named",
    "origin",
    "place",
    "segment",
    "setting",
    "single",
    "token_of",
]

T = TypeVar("T")

Natural = Annotated[int, msgspec.Meta(ge=0)]


class Offset(msgspec.Struct):
    """A position by rank: how many records came before, on how many pages."""

    offset: Natural = 0
    page: Natural = 1


class Cursor(msgspec.Struct):
    """A position by cursor: the one to ask for, and the number of its page."""

    cursor: str = "*"
    page: Natural = 1


_BOM = b"\xef\xbb\xbf"
_ABOUT_US = frozenset(("api_key", "email", "mailto", "tool"))
_NAMED = 5
_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")


def changed(title: str, what: str, url: str = "") -> FetchFailed:
    """The error for an answer that is not of the form known: `what` says what is missing."""
    return FetchFailed(
        f"the answer is not of the form known: {cut(fold(what), 300)}.",
        where=f"{title}, {cut(fold(origin(url)), 200)}" if url else title,
        next_step="Nothing of it was taken. Where this lasts, the service has changed its form.",
    )


def decoded(answer: Answer, form: type[T], title: str) -> T:
    """A JSON answer as a `form` of msgspec; numbers may be written as text.

    Raises FetchFailed that names the field which is missing or of another type.
    """
    try:
        return msgspec.json.Decoder(form, strict=False).decode(answer.data.removeprefix(_BOM))
    except msgspec.ValidationError as error:
        raise changed(title, str(error), answer.url) from None
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        said = str(error) or type(error).__name__
        raise changed(title, f"no valid JSON ({said})", answer.url) from None


def place(token: str, form: type[T], title: str) -> T:
    """The position in a search that a token states; of the first page for the token ""."""
    if not token:
        return form()
    try:
        return msgspec.json.decode(token, type=form)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise FetchFailed(
            "the saved position in the search cannot be read.",
            where=title,
            next_step="Start the search again from its first page.",
        ) from None


def token_of(position: object) -> str:
    """A position as the token of a page."""
    return msgspec.json.encode(position).decode()


def listed(
    source: str,
    number: int,
    kind: str,
    answer: Answer,
    *,
    count: int,
    total: int,
    position: object = None,
    note: str = "",
) -> Page:
    """A page of a search, by its number; `position` is that of the next, None at the end."""
    return Page(
        name=file_name(source, f"{number:04}", kind),
        data=answer.data if count else b"",
        url=origin(answer.url),
        count=count,
        total=total,
        next="" if position is None else token_of(position),
        note=note,
    )


def single(source: str, what: str, kind: str, answer: Answer, note: str = "") -> Page:
    """The page of one record, named after it."""
    return Page(file_name(source, what, kind), answer.data, origin(answer.url), 1, 1, note=note)


def origin(url: str) -> str:
    """An address without the parameters that name the user, or are theirs to keep."""
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    kept = [pair for pair in pairs if pair[0] not in _ABOUT_US]
    if len(kept) == len(pairs):
        return url
    return urlunsplit(parts._replace(query=urlencode(kept)))


def segment(value: str) -> str:
    """A text as one segment of a path: a DOI holds slashes, and may hold ``?``, ``#`` and more."""
    return quote(value, safe="", errors="replace")


def file_name(source: str, what: str, kind: str) -> str:
    """A name for a received document: letters, digits, full stops and hyphens."""
    return f"{source}-{_UNSAFE.sub('_', what)[:80]}.{kind}"


def named(what: Sequence[str]) -> str:
    """Some of what a service named, safe to show, for a note."""
    shown = [cut(fold(text), 80) for text in what[:_NAMED]]
    return ", ".join(shown) + (", …" if len(what) > _NAMED else "")


def identifier(title: str, schemes: tuple[str, ...], scheme: str, value: str) -> str:
    """The canonical form of an identifier; raises FetchFailed where it is none of `schemes`."""
    known = normalise(value, scheme) if scheme in schemes else None
    if known is None:
        raise FetchFailed(
            f"{value[:60]!a} is no identifier that can be asked for here.",
            where=title,
            next_step=f"Known are: {', '.join(schemes)}.",
        )
    return known.value


def setting(name: str) -> str:
    """A setting of the environment, "" where there is none."""
    return os.environ.get(name, "").strip()


def contact() -> str:
    """The address that services which ask for one are told: ``TRIALWEAVE_CONTACT``."""
    return setting("TRIALWEAVE_CONTACT")
