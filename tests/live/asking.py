"""A client without a network: a function answers what the adapters ask.

def said(asked):
    return reply({"hitCount": 0, ...}) if asked.path == "/search" else MISSING

client = Scripted(API, said)
page = search(client, "moss", "")
assert client.asked[0].params["query"] == "moss"
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from trialweave.errors import FetchFailed
from trialweave.live.api import Answer, Api, Client, Page
from trialweave.model import Draft, Received
from trialweave.sources import read_all

__all__ = ["HTML", "MISSING", "Asked", "Scripted", "pages", "read", "reply"]


@dataclass(frozen=True)
class Asked:
    """One request: its path as the adapter wrote it, its parameters, its body."""

    path: str
    params: dict[str, str] = field(default_factory=dict)
    body: Any = None


def reply(content: Any, status: int = 200) -> tuple[int, bytes]:
    """An answer: bytes and text as they are, all else as JSON."""
    if isinstance(content, str):
        content = content.encode()
    return status, content if isinstance(content, bytes) else json.dumps(content).encode()


HTML = reply("<!DOCTYPE html><html><head><title>Maintenance</title></head></html>")
MISSING = reply("nothing here", 404)


class Scripted:
    """Does what `api.Client` promises, without waiting and trying again."""

    def __init__(self, api: Api, said: Callable[[Asked], tuple[int, bytes]]) -> None:
        self.base, self.said = api.base, said
        self.asked: list[Asked] = []

    def get(
        self,
        url: str,
        params: dict[str, str] | None = None,
        *,
        expect: str = "",
        missing_ok: bool = False,
    ) -> Answer:
        assert all(isinstance(value, str) for value in (params or {}).values())
        return self._answer(Asked(url, dict(params or {})), missing_ok)

    def post(self, url: str, body: Any, *, expect: str = "") -> Answer:
        return self._answer(Asked(url, body=copy.deepcopy(body)), False)

    def _answer(self, asked: Asked, missing_ok: bool) -> Answer:
        self.asked.append(asked)
        status, data = self.said(asked)
        if status >= 400 and not (missing_ok and status in (404, 410)):
            raise FetchFailed(f"it answers {status}.")
        query = f"?{urlencode(asked.params)}" if asked.params else ""
        return Answer(status, {}, data, f"{self.base}{asked.path}{query}")


def pages(api: Api, client: Client, query: str, most: int = 60) -> list[Page]:
    """All pages of a search, each asked for with nothing but the token of the one before."""
    found = [api.search(client, query, "")]
    while found[-1].next:
        assert len(found) < most, "the search does not end"
        found.append(api.search(client, query, found[-1].next))
    return found


def read(page: Page, source: str) -> list[Draft]:
    """The records of a page by our own readers, which must take all of it."""
    result = read_all(Received(page.name, page.data, page.url))
    assert not result.problems
    assert {draft.source for draft in result.drafts} <= {source}
    return list(result.drafts)
