"""What a live source is: how to ask it for a page of a search, and for one record.

An `Api` is a handful of functions without state. All that is known between two requests is in
the token of a page, so that a fetch which breaks off goes on from the last page that came.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

__all__ = ["Answer", "Api", "Client", "Page"]


@dataclass(frozen=True)
class Answer:
    """What a server said: the final status, headers by lower-case name, the body, the address."""

    status: int
    headers: dict[str, str]
    data: bytes
    url: str


class Client(Protocol):
    """The polite client, as an `Api` sees it. See `trialweave.live.client`."""

    def get(
        self,
        url: str,
        params: dict[str, str] | None = None,
        *,
        expect: str = "",
        missing_ok: bool = False,
    ) -> Answer:
        """Ask for `url`, a path under the source's base address, or a whole address of its host.

        `expect` is "json", "xml", "text" or "": an answer that is plainly something else (an HTML
        page in the place of JSON) is tried again and then refused. With `missing_ok` a 404 or 410
        comes back as an answer; else it raises. Raises FetchFailed once all attempts are used up.
        """

    def post(self, url: str, body: Any, *, expect: str = "") -> Answer:
        """Send `body` as JSON; otherwise as `get`."""


@dataclass(frozen=True)
class Page:
    """One answer with records, as received.

    `count` is the number of records on it; `total` how many the whole search promises, where this
    page says so; `next` the token of the next page, "" at the end. `note` tells people what they
    should know of it ("served under NCT…, which replaces NCT…").
    """

    name: str
    data: bytes
    url: str
    count: int
    total: int | None = None
    next: str = ""
    note: str = ""


@dataclass(frozen=True)
class Api:
    """One live source. `name` is that of its `sources.Source`.

    `search(client, query, token)` gives one page: the first for the token "". `record(client,
    scheme, value)` gives the document of one identifier, None where the source has none such;
    `schemes` are the identifiers that it answers to (of `model.identifiers.SCHEMES`), best first.
    `interval` is the least number of seconds between two requests; `throttles` the statuses that
    mean "slower" here, beyond 429 and 503. `dies` names statuses with which a token of an earlier
    day is refused: the search then starts again from its first page.
    """

    name: str
    title: str
    base: str
    schemes: tuple[str, ...]
    search: Callable[[Client, str, str], Page]
    record: Callable[[Client, str, str], Page | None]
    interval: float = 1.0
    throttles: frozenset[int] = frozenset()
    dies: frozenset[int] = frozenset()
