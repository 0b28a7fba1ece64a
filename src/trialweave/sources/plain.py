"""Plain text that no source recognises, as a publication without a name.

For reading alone: nothing says what the text is of, so it is never taken into a workspace. The
text is cut at lines that are nothing but the heading of a section, as in the text of an article.
"""

from __future__ import annotations

import re

from trialweave.errors import TooLarge, UnknownKind
from trialweave.model import Draft, Publication, Received, Section, Value, stated
from trialweave.sources import _json

__all__ = ["LONGEST", "SOURCE", "TITLE", "draft_of"]

SOURCE = "text"
TITLE = "Plain text"
RULE = "plain-text/1"
LONGEST = 16 * 1024 * 1024
"""Bytes of the longest text that is read."""

_HEADING = re.compile(
    r"^[ \t]*+(?:(?:\d{1,2}|[IVX]{1,4})(?:\.\d{1,2}){0,3}\.?[ \t]++)?"
    r"(?P<label>abstract|summary|keywords?|background|introduction|objectives?|aims?|purpose|"
    r"(?:(?:patients|materials?|participants|subjects) and )?methods?|materials? and methods?|"
    r"study design|statistical (?:analysis|analyses|methods)|results?|findings|discussion|"
    r"conclusions?|interpretation|limitations|funding|references|bibliography|"
    r"acknowledge?ments?|conflicts? of interests?|declarations?|supplementary materials?)"
    r"[ \t]*+[:.]?[ \t]*+\r?$",
    re.IGNORECASE | re.MULTILINE,
)
_PART = re.compile(
    r"^[ \t]*+\d{1,2}\.\d{1,2}(?:\.\d{1,2})?\.?[ \t]++(?P<part>[A-Z][^\r\n.;]{2,80})\r?$",
    re.MULTILINE,
)
_TITLE = re.compile(r"\s*+(?P<title>[^\r\n]{10,300})(?:\r?\n|$)")
_LABELLED = re.compile(
    r"\s*+(?:abstract|summary|background|introduction|context|objectives?|aims?|purpose|methods?|"
    r"(?:study )?design|setting|participants|patients|results?|findings|conclusions?)\s?[:.–—]",
    re.IGNORECASE,
)


def draft_of(received: Received) -> Draft:
    """The text as a draft with the document's name. Raises UnknownKind where it is markup or data
    of no known form, TooLarge, and WrongEncoding where the bytes are not valid UTF-8."""
    if len(received.data) > LONGEST:
        raise TooLarge(
            f"plain text of {len(received.data):,} bytes, and the limit is {LONGEST:,}.",
            where=received.name,
            next_step="Keep the part that states the results.",
        )
    text = received.text
    if _json.looks_like_json(received.data) or text.lstrip().startswith("<"):
        raise UnknownKind(
            "markup or data of no known form.",
            where=received.name,
            next_step="Save its text alone, and check that.",
        )
    body = Publication(title=_title(text), sections=stated(_sections(text), RULE))
    return Draft(SOURCE, received.name, body, 0, len(received.data))


def _title(text: str) -> Value[str]:
    """The first line, where it looks like a title. The text is read from its start all the same."""
    match = _TITLE.match(text)
    if match is None or _LABELLED.match(match["title"]) or match.end() == len(text):
        return Value()
    words = match["title"].strip()
    start = match.start("title") + match["title"].index(words)
    return stated(words, RULE, span=(start, start + len(words)))


def _sections(text: str) -> tuple[Section, ...]:
    cuts = [(match.start(), match.end(), match["label"], "") for match in _HEADING.finditer(text)]
    cuts += [(match.start(), match.end(), "", match["part"]) for match in _PART.finditer(text)]
    cuts.sort()
    found: list[Section] = []
    label = heading = ""
    start = 0
    for at, end, named, part in [*cuts, (len(text), len(text), "", "")]:
        own = text[start:at]
        if own.strip():
            words = stated(own, RULE, span=(start, at))
            found.append(Section(label, words, heading))
        label, heading, start = named or label, part.strip(), end
    return tuple(found)
