"""HTML as a run of tokens, each with the characters that write it.

Parsers of HTML build a tree and forget where its parts stand in the source; here each token keeps
its place, so that a word that is read can be pointed at in the document as received. The rules are
those of the HTML standard's tokeniser as far as they decide what is text (section 13.2.5), with two
differences that keep more of a damaged page: an attribute's quote that is never closed ends with
its tag, and a title that is never closed ends at the next tag. Each character is looked at a fixed
number of times, whatever the markup.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from html.entities import html5
from typing import Literal, NamedTuple

__all__ = [
    "Attribute",
    "Token",
    "attributes",
    "declared_encoding",
    "escape",
    "is_html",
    "reference",
    "tag_end",
    "tokens",
]

_HEAD = 1 << 16  # bytes in which a page must have begun
_BEFORE = re.compile(
    rb"[\s\x00]++|<\?[^>]*+>|<!--(?:[^-]|-(?!->))*+-->|<![A-Za-z\[][^>]*+>", re.IGNORECASE
)
# `article` is not among them: it is the root of articles in JATS
_FIRST = re.compile(
    rb"<(?:html|head|body|title|meta|link|base|style|script|div|main|section|table|center|form"
    rb"|h[1-6]|p|span|font|header|nav|ul|dl)(?=[\s/>])",
    re.IGNORECASE,
)
_DOCTYPE = re.compile(rb"<!doctype\s++html(?=[\s>])", re.IGNORECASE)
_CHARSET = re.compile(
    rb"<meta\b[^>]{0,200}?charset\s{0,3}=\s{0,3}[\"']?\s{0,3}([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE
)
_XML_ENCODING = re.compile(
    rb"^[\s\xef\xbb\xbf]{0,20}<\?xml\b[^>]{0,100}?encoding\s{0,3}=\s{0,3}[\"']([A-Za-z0-9_.-]{1,40})"
)

_OPENED = re.compile(r"<(/?)([A-Za-z][^\s/>]*+)")
_INSIDE = re.compile(
    r"""[^>"'=]*+(?:(?:=[ \t\r\n\f]*+(?:"[^"]*+"|'[^']*+')?|["'])[^>"'=]*+)*+""", re.DOTALL
)
_ATTRIBUTE = re.compile(
    r"""[\s/]*+([^\s/>=][^\s/>=]*+)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>"'][^\s>]*+)))?"""
)
_COMMENT_END = re.compile(r"--!?>")
_RAW_NAMES = ("script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes")
_RAW = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in _RAW_NAMES}
_LONGEST_NAME = 40
_MOST_ATTRIBUTES = 200  # of one tag; no page's tag has more

_LEGACY = max(len(name) for name in html5 if not name.endswith(";"))
_REFERENCE = re.compile(r"&(?:#[0-9]{1,12};?|#[xX][0-9a-fA-F]{1,10};?|[A-Za-z][A-Za-z0-9]{0,31};?)")

_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)", re.DOTALL
)

Kind = Literal["text", "start", "end", "raw", "comment"]


class Token(NamedTuple):
    """One token at characters `start` to `end`.

    "start" and "end" are tags, "raw" the content of an element whose content is no markup (its
    `name` is the element's), "comment" whatever a browser takes for a comment or declaration.
    """

    kind: Kind
    name: str
    start: int
    end: int


class Attribute(NamedTuple):
    """An attribute's name in small letters, and where its value stands."""

    name: str
    start: int
    end: int


def is_html(data: bytes) -> bool:
    """Whether a document begins as an HTML page does; looks at its head alone."""
    head = data[:_HEAD].removeprefix(b"\xef\xbb\xbf")
    position = 0
    while match := _BEFORE.match(head, position):
        if _DOCTYPE.match(head, position):
            return True
        position = match.end()
    return _FIRST.match(head, position) is not None


def declared_encoding(data: bytes) -> str:
    """The encoding that a page says it is written in, in small letters; "" where it says none."""
    head = data[:_HEAD]
    match = _XML_ENCODING.match(head) or _CHARSET.search(head)
    return match[1].decode("ascii").lower() if match else ""


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a page in order; together they are the whole text."""
    position, end = 0, len(text)
    written = 0  # where the text that no token has yet begins
    unclosed: set[str] = set()
    while position < end:
        position = text.find("<", position)
        if position < 0 or position + 1 == end:
            break
        opened = _OPENED.match(text, position)
        if opened is None:
            stop = _declared(text, position)
            if stop < 0:  # a sign of its own, as in "p < 0.05"
                position += 1
                continue
            if written < position:
                yield Token("text", "", written, position)
            yield Token("comment", "", position, stop)
            written = position = stop
            continue
        if written < position:
            yield Token("text", "", written, position)
        stop = tag_end(text, position)
        name = opened[2][:_LONGEST_NAME].lower()
        yield Token("end" if opened[1] else "start", name, position, stop)
        written = position = stop
        if opened[1] or name not in _RAW or name in unclosed:
            continue
        closed = _RAW[name].search(text, stop)
        if closed is not None:
            stop = closed.start()
        else:
            unclosed.add(name)
            stop = text.find("<", stop) if name in ("title", "textarea") else end
            stop = end if stop < 0 else stop
        if stop > position:
            yield Token("raw", name, position, stop)
        written = position = stop
    if written < end:
        yield Token("text", "", written, end)


def _declared(text: str, position: int) -> int:
    """Where the comment or declaration that starts here ends; -1 where none starts."""
    sign = text[position + 1]
    if text.startswith("<!--", position):
        if text.startswith((">", "->"), position + 4):
            return text.index(">", position) + 1
        closed = _COMMENT_END.search(text, position + 4)
        return closed.end() if closed else len(text)
    if sign in "!?" or (sign == "/" and text[position + 2 : position + 3] != ""):
        closed_at = text.find(">", position)
        return closed_at + 1 if closed_at >= 0 else len(text)
    return -1


def attributes(text: str, token: Token) -> Iterator[Attribute]:
    """The first attributes of a start tag, in order; one without a value has an empty place."""
    opened = _OPENED.match(text, token.start)
    position = opened.end() if opened else token.end
    for _ in range(_MOST_ATTRIBUTES):
        match = _ATTRIBUTE.match(text, position, token.end)
        if match is None:
            return
        position = match.end()
        group = next((i for i in (2, 3, 4) if match.start(i) >= 0), 0)
        start, end = match.span(group) if group else (position, position)
        yield Attribute(match[1].lower(), start, end)
        if text.startswith("=", position):  # a value that does not end
            return


def tag_end(text: str, start: int) -> int:
    """Where the tag that begins at `start` ends."""
    opened = _OPENED.match(text, start)
    inside = _INSIDE.match(text, opened.end()) if opened else None
    return min(inside.end() + 1, len(text)) if inside else start + 1


def escape(text: str, start: int) -> str:
    """The escape at `start` of a string of JSON, as written."""
    match = _ESCAPE.match(text, start)
    return match.group() if match else text[start : start + 1]


def reference(text: str, position: int, end: int) -> tuple[str, int] | None:
    """The sign that a character reference at `position` means, and where the reference ends.

    None where none stands there. Names of HTML's first versions need no semicolon.
    """
    match = _REFERENCE.match(text, position, end)
    if match is None:
        return None
    written = match.group()
    if written[1] == "#":
        return html.unescape(written), match.end()
    name = written[1:]
    if name in html5:
        return html5[name], match.end()
    for length in range(min(len(name), _LEGACY), 1, -1):
        if name[:length] in html5:
            return html5[name[:length]], position + 1 + length
    return None
