"""How fast a host is asked: the least time between requests, and the waits that it asks for.

One `Pace` serves all clients of a fetch, so that two sources on one host share its allowance, and
what makes one of them wait makes the other wait too.
"""

from __future__ import annotations

import datetime as dt
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from trialweave.errors import FetchFailed

__all__ = ["LONGEST_WAIT", "Clock", "Pace", "gap_of", "retry_after"]

LONGEST_WAIT = 120.0
"""Seconds that a fetch waits for a server before it gives up for now."""

_MOMENT = 1e-6  # seconds; less is no wait, and would not move a clock that counts in floats
_AGE = 366 * 86_400.0  # seconds; no server is waited for longer, whatever it says
_EPOCH = 1e9  # a reset above this is a date in Unix time, below it a number of seconds
_SCARCE = 10  # remaining requests below which those left are spread over the time to the reset
_SPREAD = 60.0  # seconds; no wait that only spreads requests is longer
_NUMBER = re.compile(r"\s*(\d{1,12}(?:\.\d{1,9})?)\s*s?\s*", re.ASCII)
_LEFT = re.compile(r"\b(?:r|remaining)=(\d{1,12})", re.ASCII)
_RESET = re.compile(r"\b(?:t|reset)=(\d{1,12})", re.ASCII)


@dataclass(frozen=True)
class Clock:
    """Time, and the passing of it, so that tests need not wait.

    `monotonic` in seconds from anywhere, `now` in seconds of Unix time, `sleep` in seconds.
    """

    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


class Pace:
    """When each host may be asked again. May be shared between threads."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self._free: dict[str, float] = {}
        self._lock = threading.Lock()

    def wait(self, host: str, interval: float, where: str = "") -> None:
        """Sleep until `host` may be asked, and keep the next request `interval` seconds away.

        Raises FetchFailed, which says until when, where that takes over two minutes.
        """
        while True:
            with self._lock:
                now = self.clock.monotonic()
                wait = self._free.get(host, now) - now
                if wait <= _MOMENT:
                    self._free[host] = now + interval
                    return
            if wait > LONGEST_WAIT:
                raise FetchFailed(
                    f"{host} asks to wait until {self._date(wait)}.",
                    where=where,
                    next_step="Fetch again then; what came so far is kept.",
                )
            self.clock.sleep(wait)

    def hold(self, host: str, seconds: float) -> None:
        """Let nobody ask `host` for so many seconds from now."""
        until = self.clock.monotonic() + min(seconds, _AGE)
        with self._lock:
            self._free[host] = max(self._free.get(host, until), until)

    def _date(self, wait: float) -> str:
        at = dt.datetime.fromtimestamp(self.clock.now() + wait, dt.UTC)
        return f"{at + dt.timedelta(minutes=1):%Y-%m-%d %H:%M} UTC"


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that an answer asks to wait (`Retry-After`: seconds, or a date); None where it does
    not. `now` in seconds of Unix time."""
    said = headers.get("retry-after", "")
    if number := _NUMBER.fullmatch(said):
        return float(number[1])
    try:
        at = parsedate_to_datetime(said)
        if at.tzinfo is None:
            at = at.replace(tzinfo=dt.UTC)
        return max(at.timestamp() - now, 0.0)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def gap_of(headers: Mapping[str, str], now: float) -> float:
    """Seconds to leave before the next request, so that the limit which the headers tell is kept.

    Read are ``X-RateLimit-Remaining`` and ``-Reset``, the same with ``RateLimit-`` or
    ``X-Rate-Limit-``, the IETF draft's ``RateLimit``, and ``X-Rate-Limit-Limit`` with
    ``-Interval``. 0 where they say nothing, or enough is left.
    """
    left = reset = limit = interval = None
    for prefix in ("x-ratelimit-", "ratelimit-", "x-rate-limit-"):
        left = _first(left, headers.get(prefix + "remaining"))
        reset = _first(reset, headers.get(prefix + "reset"))
        limit = _first(limit, headers.get(prefix + "limit"))
        interval = _first(interval, headers.get(prefix + "interval"))
    if draft := headers.get("ratelimit", "")[:1000]:
        left = _first(left, (_LEFT.search(draft) or ("", None))[1])
        reset = _first(reset, (_RESET.search(draft) or ("", None))[1])
    steady = interval / limit if limit and interval else 0.0
    if left is None or reset is None:
        return min(steady, _SPREAD)
    seconds = max(reset - now if reset > _EPOCH else reset, 0.0)
    if left < 1:
        return seconds
    spread = seconds / (left + 1) if left < _SCARCE else 0.0
    return min(max(spread, steady), _SPREAD)


def _first(known: float | None, text: str | None) -> float | None:
    """The number known already, else the one in the text."""
    number = _NUMBER.fullmatch(text) if known is None and text is not None else None
    return float(number[1]) if number else known
