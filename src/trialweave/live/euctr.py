"""EU Clinical Trials Register, live: the full-text download, twenty trials a page.

The download does not say how many trials there are, so the page of the search is asked first.
The register counts trials; each stands in the download once for every country that has it.
Facts and limits: docs/reference/live-sources.md.
"""

from __future__ import annotations

import re

import msgspec

from trialweave.live import _answers
from trialweave.live._answers import Natural
from trialweave.live.api import Answer, Api, Client, Page

__all__ = ["API", "record", "search"]

_NAME = "euctr"
_TITLE = "EU Clinical Trials Register"
_SCHEMES = ("eudract",)
_SIZE = 20  # trials a page, fixed by the register
_TAG = re.compile(r"<[^<>]{0,2000}>")
_TOTALS = (
    re.compile(r"Trials with a EudraCT protocol\s*\(\s*([0-9][0-9,.]{0,12})\s*\)"),
    re.compile(r"([0-9][0-9,.]{0,12})\s+result\(s\) found"),
)
_RECORD = re.compile(
    rb"^Summary[ \t]*\r?\nEudraCT Number[ \t]*:[ \t]*([0-9]{4}-[0-9]{6}-[0-9]{2})", re.MULTILINE
)


# How a download begins; a page after the last, when trials went meanwhile, holds no more than that
_PREFACE = b"This file contains"


class _Place(msgspec.Struct):
    """The page to ask for, and how many trials there are in all; -1 before that is known."""

    page: Natural = 1
    total: int = -1


def search(client: Client, query: str, token: str) -> Page:
    """One page of the trials that match a query in the register's own language."""
    at = _answers.place(token, _Place, _TITLE)
    if at.total < 0:
        answer, at.total = _total(client, query)
        if not at.total:
            name = _answers.file_name(_NAME, "0001", "txt")
            return Page(name, b"", _answers.origin(answer.url), 0, 0)
    answer, trials = _download(client, query, at.page)
    last = not trials or at.page * _SIZE >= at.total
    return _answers.listed(
        _NAME,
        at.page,
        "txt",
        answer,
        count=len(trials),
        total=at.total,
        position=None if last else _Place(at.page + 1, at.total),
    )


def record(client: Client, scheme: str, value: str) -> Page | None:
    """The countries' records of one EudraCT number; None where the register has none."""
    number = _answers.identifier(_TITLE, _SCHEMES, scheme, value)
    query = f"eudract_number:{number}"
    if not _total(client, query)[1]:
        return None
    answer, trials = _download(client, query, 1)
    if number not in trials:
        what = f"it holds {', '.join(sorted(trials)[:3])}, not {number}"
        raise _answers.changed(_TITLE, what, answer.url)
    others = len(trials) - 1
    return Page(
        name=_answers.file_name(_NAME, number, "txt"),
        data=answer.data,
        url=_answers.origin(answer.url),
        count=len(trials),
        total=len(trials),
        note=f"{others} other trials came with {number}" if others else "",
    )


def _total(client: Client, query: str) -> tuple[Answer, int]:
    """How many trials match, from the page that the register shows people."""
    answer = client.get("/search", {"query": query})
    text = _TAG.sub(" ", answer.data.decode("utf-8", "replace"))
    for pattern in _TOTALS:
        if match := pattern.search(text):
            return answer, int(re.sub(r"[,.]", "", match[1]))
    raise _answers.changed(
        _TITLE, "the page of the search does not say how many trials match", answer.url
    )


def _download(client: Client, query: str, page: int) -> tuple[Answer, frozenset[str]]:
    """A page of the download, with the EudraCT numbers on it."""
    answer = client.get(
        "/rest/download/full",
        {
            "query": query,
            "page": str(page),
            "mode": "current_page",
            "format": "text",
            "dContent": "full",
            "number": "current_page",
            "submit-download": "Download",
        },
        expect="text",
    )
    trials = frozenset(match[1].decode() for match in _RECORD.finditer(answer.data))
    if not trials and (page == 1 or not answer.data.startswith(_PREFACE)):
        what = "the download holds no record that begins with Summary and EudraCT Number"
        raise _answers.changed(_TITLE, what, answer.url)
    return answer, trials


API = Api(
    name=_NAME,
    title=_TITLE,
    base="https://www.clinicaltrialsregister.eu/ctr-search",
    schemes=_SCHEMES,
    search=search,
    record=record,
)
