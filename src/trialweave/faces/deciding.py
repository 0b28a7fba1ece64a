"""Requests that decide: whether they may, whether they come from our own pages, what they say.

Nothing tells the people at a browser apart, so a request is taken only where the server allows
it, and where no page of another site can have made it. Browsers say where a request comes from in
``Sec-Fetch-Site``, else in ``Origin``, which scripts cannot set (W3C Fetch Metadata; Fetch
standard, section 3.2). A form about which neither says anything must hold the token that this
server drew when it was started, and JSON must call itself so, which another site's form cannot.
"""

from __future__ import annotations

import asyncio
import hmac
import re
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Final, Literal, TypeVar
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect

from trialweave.errors import NotADecision, WorkspaceError
from trialweave.faces.problems import Problem, Refused
from trialweave.store.decisions import cleaned

if TYPE_CHECKING:
    from fastapi import Request
    from starlette.responses import Response

    from trialweave.faces.as_of import Days
    from trialweave.publish.views import DecisionReport
    from trialweave.workspace import Workspace

__all__ = [
    "LARGE",
    "LONGEST",
    "VERBS",
    "DecisionAsked",
    "Desk",
    "Verb",
    "decide",
    "desk_of",
    "fields_of",
    "from_here",
    "in_turn",
    "json_of",
    "keep_reviewer",
    "reviewer_of",
    "too_large",
]

LONGEST: Final = 1 << 16  # bytes of a body; the longest reason takes 24,000 in a form
_WAIT: Final = 30.0  # seconds for decisions that came before
_FIELDS: Final = 12  # of a form; ours have six at most
_COOKIE: Final = "trialweave-reviewer"
_AUTHORITY: Final = re.compile(r"[A-Za-z0-9._:\[\]-]+")  # of an address, without a user's name
_PORTS: Final = {"http": 80, "https": 443}

Verb = Literal["link", "unlink", "withdraw"]
VERBS: Final[dict[str, Verb]] = {"together": "link", "apart": "unlink", "withdrawn": "withdraw"}
"""The operation that takes a verdict down."""

T = TypeVar("T")
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class DecisionAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is decided of the records `a` and `b`: because of what, by whom, in which role."""

    a: Name
    b: Name
    because: str
    by: str
    adjudicator: bool = False


class Desk:
    """Where the requests of one server are taken down: one at a time, if at all."""

    def __init__(self, allowed: bool) -> None:
        self.allowed = allowed
        self.token = secrets.token_urlsafe(32) if allowed else ""
        self._turn = asyncio.Lock()

    def holds(self, token: str) -> bool:
        """Whether a token is the one that the forms of this server hold."""
        return self.allowed and hmac.compare_digest(token.encode(), self.token.encode())

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """One's turn to write. WorkspaceError where those before take too long."""
        try:
            async with asyncio.timeout(_WAIT):
                await self._turn.acquire()
        except TimeoutError:
            raise WorkspaceError(
                "other decisions are still being applied.",
                next_step="Nothing was decided. Try again in a minute.",
            ) from None
        try:
            yield
        finally:
            self._turn.release()


def from_here(headers: Headers) -> bool | None:
    """Whether the browser says that a page of this server made the request; None where it does
    not say."""
    fetched, origins = headers.getlist("sec-fetch-site"), headers.getlist("origin")
    if len(fetched) > 1 or len(origins) > 1:
        return False
    if fetched and fetched != ["none"]:
        return fetched == ["same-origin"]
    if origins and origins != ["null"]:  # null also where a page, as ours, sends no referrer
        return _same(origins[0], headers.get("host", ""))
    return None


def _same(origin: str, host: str) -> bool:
    """Whether an origin is that of the host asked, whichever of the two names a usual port.

    The scheme may differ: where a proxy speaks TLS for us, we are asked in plain.
    """
    if _AUTHORITY.fullmatch(host) is None:
        return False
    try:
        parts = urlsplit(origin)
        usual = _PORTS.get(parts.scheme)
        asked = urlsplit(f"{parts.scheme}://{host}")
        same = (parts.hostname, parts.port or usual) == (asked.hostname, asked.port or usual)
    except ValueError:
        return False
    return usual is not None and parts.hostname is not None and same


def desk_of(request: Request) -> Desk:
    """The desk of the server, where it takes decisions. Refused where it does not."""
    desk: Desk = request.app.state.desk
    days: Days = request.app.state.days
    if request.query_params.get("as_of") or days.served.day is not None:
        what = "nothing can be decided in the state of an earlier day."
        raise _refused("NotADecision", what, "Decide without a day; it holds on every day.", 400)
    if not desk.allowed:
        raise _refused(
            "DecidingNotAllowed",
            "this server only reads: it takes no decisions.",
            "Decide in a terminal, as in trialweave link A B --because REASON, or start the server "
            "with --allow-decisions.",
            403,
        )
    return desk


def too_large(headers: Headers) -> bool:
    """Whether a request says itself that its body is longer than any that is read."""
    length = headers.get("content-length", "0")
    return not length.isdecimal() or len(length) > 9 or int(length) > LONGEST


async def fields_of(request: Request) -> dict[str, str]:
    """The fields of a form of ours. Refused where it is none, or nothing says that it is ours."""
    desk = desk_of(request)
    body = await _body(request, "application/x-www-form-urlencoded")
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(body),
            errors="strict",
            max_num_fields=_FIELDS,
        )
    except ValueError:
        pairs = [("", ""), ("", "")]
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise _refused("InvalidRequest", "the form is malformed.", "Open its page again.", 400)
    here, token = from_here(request.headers), fields.pop("token", "")
    if here is False or (here is None and not desk.holds(token)):
        raise _refused(
            "NotFromHere",
            "nothing shows that this form comes from a page of this server, as it runs now.",
            "Nothing was decided. Go back, reload the page, and send the form again.",
            403,
        )
    if fields.get("as_of"):
        what = "nothing can be decided in the state of an earlier day."
        raise _refused("NotADecision", what, "Decide without a day; it holds on every day.", 400)
    return fields


def reviewer_of(request: Request) -> str:
    """Who decided last in this browser, to be offered as the name; "" where nobody did."""
    kept = request.cookies.get(_COOKIE, "")
    return cleaned(unquote(kept[:1000]))[:100]


def keep_reviewer(response: Response, name: str) -> None:
    """Offer the name in the next forms, until the browser is closed."""
    kept = quote(cleaned(name)[:100], safe="")
    response.set_cookie(_COOKIE, kept, path="/", httponly=True, samesite="strict")


async def json_of(request: Request) -> DecisionAsked:
    """What a request to the API asks. Refused where its body is no such JSON."""
    desk_of(request)
    body = await _body(request, "application/json")
    try:
        return msgspec.json.decode(body, type=DecisionAsked)
    except msgspec.ValidationError as error:
        raise _refused("InvalidRequest", f"{error}.", "", 422) from None
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise _refused("InvalidRequest", "the body is not JSON.", "", 400) from None


async def _body(request: Request, kind: str) -> bytes:
    """The body, where it calls itself of that kind and is of a length that is read."""
    said = request.headers.getlist("content-type")
    if len(said) != 1 or said[0].partition(";")[0].strip().lower() != kind:
        raise _refused("UnsupportedMediaType", f"the body is not {kind}.", f"Send {kind}.", 415)
    read = bytearray()
    try:
        async for part in request.stream():
            read += part
            if len(read) > LONGEST:
                raise Refused(LARGE)
    except ClientDisconnect:  # nobody is left to be told
        raise _refused("InvalidRequest", "the body is not whole.", "", 400) from None
    return bytes(read)


def decide(held: Workspace, verb: Verb, asked: DecisionAsked) -> DecisionReport:
    """Take a decision down and derive what follows; errors as of `Workspace.link`, and
    NotADecision where nobody is named: who started the server is not who decides."""
    if not asked.by.strip():
        raise NotADecision("the name is missing.", next_step="Say who decides.")
    take_down: Callable[..., DecisionReport] = getattr(held, verb)
    return take_down(
        asked.a, asked.b, because=asked.because, by=asked.by, adjudicator=asked.adjudicator
    )


async def in_turn(request: Request, work: Callable[[Workspace], T]) -> T:
    """What some work on the workspace gives, done when it is this request's turn to write."""
    days: Days = request.app.state.days
    async with desk_of(request).turn():
        return await run_in_threadpool(work, days.served)


def _refused(kind: str, what: str, next_step: str, status: int) -> Refused:
    return Refused(Problem(kind, what, "", next_step, status))


LARGE: Final = Problem(
    "ContentTooLarge",
    f"the body is longer than {LONGEST} bytes.",
    "",
    "Say it more briefly.",
    413,
)
