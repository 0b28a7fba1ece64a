"""The polite client: one source, one base address, never in a hurry, never anywhere else."""

from __future__ import annotations

import logging
import os
import random
import urllib.parse
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from types import TracebackType
from typing import TYPE_CHECKING, Any

from trialweave.errors import FetchFailed
from trialweave.live.api import Answer, Api
from trialweave.live.body import LARGEST_ANSWER, Damaged, TooMuch, mismatch, server_said, unpack
from trialweave.live.pace import LONGEST_WAIT, Pace, gap_of, retry_after
from trialweave.publish.text import cut, fold

if TYPE_CHECKING:
    import httpx2

__all__ = ["ATTEMPTS", "HttpClient", "Refused"]

ATTEMPTS = 6
"""How often a request is tried in all; half as often where nobody listens, or a page for people
comes with status 200."""

_HOPS = 5  # redirects that are followed
_BUSY = frozenset({408, 429, 500, 502, 503, 504})
_GONE = frozenset({404, 410})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CONNECT, _READ = 10.0, 60.0  # seconds without an answer, or without a further byte of one
_WHOLE = 1800.0  # seconds that one answer may take in all
_PRIVATE = frozenset({"api_key", "apikey", "key", "email", "mailto"})  # parameters never shown
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Refused(FetchFailed):
    """The source refused a request, with this `status`; asking the same again will not help."""

    def __init__(self, status: int, what: str, *, where: str = "", next_step: str = "") -> None:
        self.status = status
        super().__init__(what, where=where, next_step=next_step)


class _Again(Exception):
    """An attempt failed in a way that may pass. `wait` is what the server asks for, in seconds."""

    def __init__(self, what: str, *, wait: float | None = None, attempts: int = ATTEMPTS) -> None:
        self.what, self.wait, self.attempts = what, wait, attempts
        super().__init__(what)


class HttpClient:
    """Implements `api.Client` for one source. For one thread; close it, or use it in a ``with``.

    The environment may say ``TRIALWEAVE_URL_<NAME>`` (another base address: a mirror, a proxy),
    ``TRIALWEAVE_FETCH_INTERVAL`` (seconds between two requests, instead of the source's own) and
    ``TRIALWEAVE_CONTACT`` (who to write to, part of the User-Agent). Raises FetchFailed where one
    of them makes no sense. `largest` is the limit of one answer in bytes, unpacked; `headers` go
    with every request; `patience` is how many seconds may pass without a byte.
    """

    def __init__(
        self,
        api: Api,
        *,
        pace: Pace | None = None,
        environ: Mapping[str, str] | None = None,
        largest: int = LARGEST_ANSWER,
        headers: Mapping[str, str] | None = None,
        patience: float = _READ,
    ) -> None:
        environ = os.environ if environ is None else environ
        self._api = api
        self._pace = pace or Pace()
        self._largest = largest
        self._headers = dict(headers or {})
        self._patience = patience
        self._base = _base_of(api, environ)
        self._interval = _interval_of(api, environ)
        self._agent = _agent_of(environ)
        self._opened: httpx2.Client | None = None

    def __enter__(self) -> HttpClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def get(
        self,
        url: str,
        params: dict[str, str] | None = None,
        *,
        expect: str = "",
        missing_ok: bool = False,
    ) -> Answer:
        """See `api.Client.get`."""
        quote = urllib.parse.quote  # a blank as %20: not every server reads "+" as one
        query = urllib.parse.urlencode(params, errors="replace", quote_via=quote) if params else ""
        joint = "&" if "?" in url else "?"
        return self._ask("GET", url + (joint + query if query else ""), None, expect, missing_ok)

    def post(self, url: str, body: Any, *, expect: str = "") -> Answer:
        """See `api.Client.post`."""
        return self._ask("POST", url, body, expect, False)

    # -- trying again ----------------------------------------------------------------------

    def _ask(self, method: str, url: str, body: Any, expect: str, missing_ok: bool) -> Answer:
        import stamina

        # The waits are no news for people, and stamina's own line on them would be one
        logging.getLogger("stamina").addHandler(_SILENT)
        address = self._address(url)
        where = f"{self._api.title}, {method} {_shown(address)}"
        host = _host(address)
        tried = 0

        def once_more(error: Exception) -> bool | float:
            # stamina counts and reckons; the wait is the pace's, for all who ask this host
            return isinstance(error, _Again) and tried < error.attempts and 0.0

        try:
            for attempt in stamina.retry_context(
                once_more,
                attempts=ATTEMPTS,
                timeout=None,
                wait_initial=max(self._interval, 0.05),
                wait_max=LONGEST_WAIT / 2,
                wait_jitter=0.0,
            ):
                with attempt:
                    tried += 1
                    try:
                        return self._follow(method, address, body, expect, missing_ok, where)
                    except _Again as fault:
                        backoff = attempt.next_wait * random.uniform(1.0, 1.5)
                        self._pace.hold(host, backoff if fault.wait is None else fault.wait)
                        raise
        except _Again as fault:
            raise FetchFailed(
                f"{fault.what} ({tried} attempts).",
                where=where,
                next_step="Fetch again later; what came so far is kept.",
            ) from fault.__cause__
        raise AssertionError("stamina gives an answer or an error")

    def _follow(
        self, method: str, address: str, body: Any, expect: str, missing_ok: bool, where: str
    ) -> Answer:
        """One attempt, through redirects within the host."""
        for _ in range(_HOPS + 1):
            self._pace.wait(_host(address), self._interval, where)
            answer = self._once(method, address, body, where)
            if answer.status not in _REDIRECTS:
                self._check(answer, expect, missing_ok, where)
                return Answer(answer.status, answer.headers, answer.data, _public(address))
            address = self._redirected(address, answer, where)
            if answer.status == 303:
                method, body = "GET", None
        raise FetchFailed(f"it redirects more than {_HOPS} times.", where=where)

    def _once(self, method: str, address: str, body: Any, where: str) -> Answer:
        """One request and its answer, whatever its status."""
        import httpx2

        try:
            request = self._http().build_request(method, address, json=body)
            response = self._http().send(request, stream=True)
            try:
                headers = {name.lower(): value for name, value in response.headers.items()}
                self._heed(_host(address), headers)
                if (length := headers.get("content-length", "")).isdecimal() and int(
                    length[:20]
                ) > self._largest:
                    raise TooMuch(f"it announces {length[:20]} bytes")
                data = unpack(
                    self._in_time(response.iter_raw(), where),
                    headers.get("content-encoding", ""),
                    largest=self._largest,
                )
            finally:
                response.close()
        except TooMuch as error:
            raise FetchFailed(
                f"the answer is too large: {error}.",
                where=where,
                next_step="Narrow the query, or split it.",
            ) from None
        except Damaged as error:
            raise _Again(f"the answer was cut or damaged: {error}") from error
        except httpx2.TimeoutException as error:
            attempts = ATTEMPTS // 2 if isinstance(error, httpx2.ConnectTimeout) else ATTEMPTS
            raise _Again("it did not answer in time", attempts=attempts) from error
        except (httpx2.ConnectError, httpx2.ProxyError) as error:
            said = cut(fold(str(error)), 120)
            raise _Again(f"it cannot be reached: {said}", attempts=ATTEMPTS // 2) from error
        except (httpx2.NetworkError, httpx2.RemoteProtocolError) as error:
            raise _Again(f"the connection was cut: {cut(fold(str(error)), 120)}") from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            said = cut(fold(str(error)), 120)
            raise FetchFailed(f"the request cannot be made: {said}.", where=where) from error
        return Answer(response.status_code, headers, data, address)

    def _in_time(self, pieces: Iterator[bytes], where: str) -> Iterator[bytes]:
        """The pieces, unless they drip."""
        clock = self._pace.clock
        end = clock.monotonic() + _WHOLE
        for piece in pieces:
            yield piece
            if clock.monotonic() > end:
                raise FetchFailed(
                    f"the answer was not whole after {_WHOLE / 60:.0f} minutes.", where=where
                )

    # -- judging ---------------------------------------------------------------------------

    def _heed(self, host: str, headers: Mapping[str, str]) -> None:
        """Slow down where the headers of an answer say that the limit is near."""
        gap = gap_of(headers, self._pace.clock.now())
        if gap:
            self._pace.hold(host, gap)

    def _check(self, answer: Answer, expect: str, missing_ok: bool, where: str) -> None:
        """Nothing where the answer can be used; raises _Again, Refused."""
        status = answer.status
        if 200 <= status < 300:
            if wrong := mismatch(answer.data, expect):
                raise _Again(wrong, attempts=ATTEMPTS // 2)
            return
        if missing_ok and status in _GONE:
            return
        said = server_said(answer.data)
        told = f"it answers {status}" + (f": “{said}”" if said else "")
        if status in self._api.throttles - _BUSY:
            told += ", which here means to ask more slowly"
        if status in _BUSY | self._api.throttles:
            raise _Again(told, wait=retry_after(answer.headers, self._pace.clock.now()))
        raise Refused(
            status,
            f"{told}.",
            where=where,
            next_step="Check the query." if status in (400, 414, 422) else "",
        )

    # -- addresses -------------------------------------------------------------------------

    def _address(self, url: str) -> str:
        """The whole address of what an adapter asks for, which is of the source's host."""
        api_base = self._api.base.rstrip("/")
        if url == api_base or url.startswith((api_base + "/", api_base + "?")):
            url = url[len(api_base) :]
        if "://" in url.partition("?")[0]:
            if not _same_place(self._base, url):
                raise FetchFailed(
                    f"an answer leads to another host: {_shown(url)}.", where=self._api.title
                )
            return url
        path = urllib.parse.unquote(url.partition("?")[0])
        if {".", ".."} & set(path.split("/")):
            raise FetchFailed(f"no address can be made of {_shown(url)}.", where=self._api.title)
        return self._base + (url if url.startswith(("/", "?")) or not url else "/" + url)

    def _redirected(self, address: str, answer: Answer, where: str) -> str:
        """Where an answer redirects to. Raises Refused unless that is the same host."""
        location = answer.headers.get("location", "")
        try:
            target = urllib.parse.urljoin(address, location)
            same = bool(location) and _same_place(address, target)
        except ValueError:
            same, target = False, location
        if not same:
            name = f"TRIALWEAVE_URL_{self._api.name.upper()}"
            raise Refused(
                answer.status,
                f"it redirects to another host, which is not followed: {_shown(target)}."
                if location
                else f"it answers {answer.status} without saying where to.",
                where=where,
                next_step=f"If the source has moved, set {name} to its new base address.",
            )
        return target

    def _http(self) -> httpx2.Client:
        if self._opened is None:
            import httpx2

            self._opened = httpx2.Client(
                headers={"User-Agent": self._agent, "Accept-Encoding": "gzip"} | self._headers,
                timeout=httpx2.Timeout(self._patience, connect=_CONNECT),
                follow_redirects=False,
            )
        return self._opened


_SILENT = logging.NullHandler()


def _base_of(api: Api, environ: Mapping[str, str]) -> str:
    name = f"TRIALWEAVE_URL_{api.name.upper()}"
    base = environ.get(name, "").strip().rstrip("/") or api.base.rstrip("/")
    try:
        parts = urllib.parse.urlsplit(base)
        fine = parts.scheme in _DEFAULT_PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fine = False
    if not fine:
        raise FetchFailed(
            f"{name} is no address of the web: {_shown(base)}.",
            next_step="It begins with https:// or http://.",
        )
    return base


def _interval_of(api: Api, environ: Mapping[str, str]) -> float:
    said = environ.get("TRIALWEAVE_FETCH_INTERVAL", "").strip()
    try:
        seconds = float(said) if said else api.interval
    except ValueError:
        seconds = -1.0
    if not 0.0 <= seconds <= LONGEST_WAIT:
        raise FetchFailed(
            f"TRIALWEAVE_FETCH_INTERVAL is no number of seconds up to {LONGEST_WAIT:.0f}: "
            f"{cut(fold(said), 40)!r}."
        )
    return seconds


def _agent_of(environ: Mapping[str, str]) -> str:
    contact = "".join(c for c in environ.get("TRIALWEAVE_CONTACT", "") if " " <= c <= "~")
    contact = contact.replace("(", "").replace(")", "").strip()[:200]
    return f"trialweave/{version('trialweave')}" + (f" (+{contact})" if contact else "")


def _place(address: str) -> tuple[str, str, int]:
    """Scheme, host and port. Raises ValueError where the address makes no sense."""
    parts = urllib.parse.urlsplit(address)
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError(address)
    return parts.scheme, parts.hostname.lower(), parts.port or _DEFAULT_PORTS[parts.scheme]


def _same_place(here: str, there: str) -> bool:
    """Whether two addresses are of one host: the same port, or the step from http to https."""
    try:
        a, b = _place(here), _place(there)
    except ValueError:
        return False
    upgrade = (a[0], a[2], b[0], b[2]) == ("http", 80, "https", 443)
    return a[1] == b[1] and (upgrade or (a[0], a[2]) == (b[0], b[2]))


def _host(address: str) -> str:
    return urllib.parse.urlsplit(address).hostname or ""


def _public(address: str) -> str:
    """The address without what is for the source alone: passwords, keys, and who asks."""
    bare, mark, query = address.partition("?")
    scheme, slashes, rest = bare.partition("://")
    host, slash, path = rest.partition("/")
    kept = [p for p in query.split("&") if p.partition("=")[0].lower() not in _PRIVATE]
    shown = scheme + slashes + host.rpartition("@")[2] + slash + path
    return shown + (mark + "&".join(kept) if any(kept) else "")


def _shown(address: str) -> str:
    """An address as a message quotes it."""
    return cut(fold(_public(address)), 200)
