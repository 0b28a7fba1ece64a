"""The day that a request asks about: declared once, applied once, carried on by every link.

`as_of` in an address asks for the records as they stood on a day. `asked_day` declares the
parameter for all routes of a router, `Days` opens the workspace as of it, and `carried` writes it
into the links and forms of a finished page, so that no template has to.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from typing import TYPE_CHECKING, Annotated

from fastapi import Query, Request
from pydantic import BeforeValidator

if TYPE_CHECKING:
    from trialweave.workspace import Workspace

__all__ = ["Days", "asked_day", "asked_day_of_page", "carried", "day_of"]

_KEPT = 6  # days whose state stays open besides today's
_WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Only markup of the templates has plain quotes: those of values are escaped. What is relative to
# the page itself is left alone: fragments, the form that asks for another day, the way back.
_LINK = re.compile(r' (?:href|src)="/(?!static/)([^"#]*)')
_FORM = re.compile(r"<form [^<>]*>")


def _day(text: object) -> dt.date:
    try:
        if isinstance(text, str) and _WRITTEN.fullmatch(text):
            return dt.date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError("not a day of the calendar; write it as 2021-12-31")


def _day_or_empty(text: object) -> dt.date | None:
    return _day(text) if text else None


Day = Annotated[
    dt.date | None,
    BeforeValidator(_day),
    Query(description="Answer as the records stood on that day: 2021-12-31."),
]
DayOfForm = Annotated[dt.date | None, BeforeValidator(_day_or_empty), Query()]


async def asked_day(request: Request, as_of: Day = None) -> None:
    """Declares the parameter for a route of the API, and notes it for `day_of`."""
    request.state.day = as_of


async def asked_day_of_page(request: Request, as_of: DayOfForm = None) -> None:
    """The same for a page, where a form may have been sent with its field left empty."""
    request.state.day = as_of


def day_of(request: Request) -> dt.date | None:
    """The day that a request asks about; None where it asks about none, or in no valid way."""
    day: dt.date | None = getattr(request.state, "day", None)
    return day


class Days:
    """A workspace, and the same as of the days last asked for.

    Each looks at the live generation whenever it is asked, so none grows stale here.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.served = workspace
        self._on = functools.lru_cache(_KEPT)(workspace.as_of)

    def on(self, day: dt.date | None) -> Workspace:
        """The workspace as of a day; as it is served where none is asked for."""
        return self.served if day is None else self._on(day)


def carried(page: str, day: dt.date | None) -> str:
    """The page with the day in every link and form that leads on within this server."""
    if day is None:
        return page

    def link(match: re.Match[str]) -> str:
        path = match[1]
        if "as_of=" in path:
            return match[0]
        return f"{match[0]}{'&amp;' if '?' in path else '?'}as_of={day}"

    def form(match: re.Match[str]) -> str:
        if ' action="/' not in match[0]:
            return match[0]
        return f'{match[0]}<input type="hidden" name="as_of" value="{day}">'

    return _FORM.sub(form, _LINK.sub(link, page))
