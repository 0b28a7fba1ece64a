"""Documents about patients that a request brings: read into memory, bounded, and never kept.

The routes that take them write nothing, so they need no desk; pages of other sites are turned away
before (`faces.server`). What is received is not written to a disk, logged or cached, and where the
program itself fails, what is told names the kind of failure and nothing that was received.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from email.message import Message
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from trialweave.errors import TrialweaveError
from trialweave.faces.deciding import LARGE, too_large
from trialweave.faces.problems import Problem, Refused

if TYPE_CHECKING:
    from fastapi import Request
    from starlette.datastructures import Headers

__all__ = [
    "LONGEST", "MULTIPART", "PRIVATE", "Received", "form_of", "of_patients", "received",
    "refused_length",
]  # fmt: skip

LONGEST: Final = 16 << 20  # bytes of a body
PRIVATE: Final = frozenset(
    ("/match", "/screen", "/api/v1/match", "/api/v1/screen", "/api/v1/relax")
)
"""Where documents about patients are taken; what is answered there is stored nowhere."""
MULTIPART: Final = "multipart/form-data"
_PARTS: Final = 200  # of a form
_BOUNDARY: Final = 200  # characters

T = TypeVar("T")


class Received(NamedTuple):
    """What a request brought: a file or a text, and the fields beside it."""

    file: bytes
    text: bytes
    fields: Mapping[str, Sequence[str]]

    @property
    def data(self) -> bytes:
        """The document: the file where one was chosen, else the text."""
        return self.file or self.text

    def field(self, name: str) -> str:
        """A field that is given once, "" where it is not."""
        return next(iter(self.fields.get(name, ())), "").strip()


_LARGE: Final = Problem(
    "ContentTooLarge",
    f"the document is longer than {LONGEST >> 20} MiB.",
    "",
    "Split it, or use trialweave match or trialweave screen in a terminal.",
    413,
)


def refused_length(path: str, headers: Headers) -> Problem | None:
    """Why a body is not read, by the length that the request states."""
    if path not in PRIVATE:
        return LARGE if too_large(headers) else None
    length = headers.get("content-length", "0")
    fits = length.isdecimal() and len(length) <= 9 and int(length) <= LONGEST
    return None if fits else _LARGE


async def received(request: Request, kinds: Sequence[str]) -> Received:
    """The document of a request, sent as one of `kinds` or in a form as `file` or `text`.

    Refused where it is something else, too long, or empty.
    """
    said = request.headers.getlist("content-type")
    kind = said[0].partition(";")[0].strip().lower() if len(said) == 1 else ""
    if kind not in (*kinds, MULTIPART):
        raise _refused(
            "UnsupportedMediaType",
            "the body is of a kind that is not read.",
            f"Send {', '.join(kinds)}, or a form with a file.",
            415,
        )
    body = await _body(request)
    brought = _form(body, said[0]) if kind == MULTIPART else Received(body, b"", {})
    if not brought.data.strip():
        raise _refused("InvalidRequest", "there is no document.", "Give a file or a text.", 400)
    return brought


async def form_of(request: Request) -> Received:
    """The form of a page, where the document may be missing."""
    said = request.headers.getlist("content-type")
    if len(said) != 1 or not said[0].lower().startswith(MULTIPART):
        raise _refused("UnsupportedMediaType", "this is no form.", "Open the page again.", 415)
    return _form(await _body(request), said[0])


async def of_patients(work: Callable[[], T]) -> T:
    """What some work on a patient's document gives; where it fails, nothing of the document is
    told, neither to the one who asks nor to the log."""

    def guarded() -> T:
        try:
            return work()
        except (TrialweaveError, Refused):
            raise
        except Exception as error:
            kind = type(error).__name__
        raise _refused(
            "InternalError",
            f"something went wrong inside Trialweave ({kind}).",
            "Please report it, without the document.",
            500,
        )

    return await run_in_threadpool(guarded)


async def _body(request: Request) -> bytes:
    read = bytearray()
    try:
        async for part in request.stream():
            read += part
            if len(read) > LONGEST:
                raise Refused(_LARGE)
    except ClientDisconnect:  # nobody is left to be told
        raise _refused("InvalidRequest", "the body is not whole.", "", 400) from None
    return bytes(read)


def _form(body: bytes, kind: str) -> Received:
    """A form's fields, its `file` and its `text`.

    By RFC 7578; read here, since the usual readers write large parts to a disk.
    """
    said = Message()
    said["content-type"] = kind
    boundary = str(said.get_param("boundary") or "")
    if not 0 < len(boundary) <= _BOUNDARY or not boundary.isascii():
        raise _malformed()
    parts = (b"\r\n" + body).split(b"\r\n--" + boundary.encode(), _PARTS + 1)
    if len(parts) < 2 or len(parts) > _PARTS + 1 or not parts[-1].startswith(b"--"):
        raise _malformed()
    fields: dict[str, list[str]] = {}
    file = text = b""
    for part in parts[1:-1]:
        head, gap, content = part.partition(b"\r\n\r\n")
        name = _name(head)
        if not gap or not name:
            raise _malformed()
        if name == "file":
            file = file or content
        elif name == "text":
            text = text or content
        else:
            fields.setdefault(name, []).append(content[:2_000].decode("utf-8", "replace"))
    return Received(file if file.strip() else b"", text, fields)


def _name(head: bytes) -> str:
    for line in head[:4_000].decode("utf-8", "replace").splitlines():
        label, _, rest = line.partition(":")
        if label.strip().lower() == "content-disposition":
            said = Message()
            said["content-disposition"] = rest.strip()
            found: Any = said.get_param("name", header="content-disposition")
            return found if isinstance(found, str) else ""
    return ""


def _malformed() -> Refused:
    return _refused("InvalidRequest", "the form is malformed.", "Open its page again.", 400)


def _refused(kind: str, what: str, next_step: str, status: int) -> Refused:
    return Refused(Problem(kind, what, "", next_step, status))
