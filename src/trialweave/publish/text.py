"""Text of records made safe to show: what would steer a terminal or turn a line around is visible.

`visible` is the one function that stands between received text and any face. It leaves ordinary
text of every script alone, and knows no markup: markup is escaped where it would be read.
"""

from __future__ import annotations

import re

__all__ = ["blank_lines_out", "cut", "fold", "visible"]

# Common in honest right-to-left text and in pasted pages, and without any look of their own.
_DROPPED = "\u00ad\u061c\u200b\u200e\u200f\u2060\ufeff"

# Could hide, reorder or re-colour what stands around them: shown as their code point.
_NAMED = (
    *range(0x2028, 0x2030),  # line and paragraph separators, embeddings and overrides
    *range(0x2061, 0x2070),  # invisible operators, isolates, deprecated format controls
    *range(0xFFF9, 0xFFFC),  # interlinear annotation
    *range(0xD800, 0xE000),  # lone surrogates, which no encoder takes
    *range(0xE0000, 0xE0080),  # tags: a whole hidden ASCII
)

_LOOKS: dict[int, str | None] = {
    **{code: f"⟨U+{code:04X}⟩" for code in (*range(0x20), *range(0x7F, 0xA0), *_NAMED)},
    **{ord(char): None for char in _DROPPED},
    0x09: " ",
    0x0A: "\n",
}
_ONE_LINE = {**_LOOKS, 0x0A: " "}
_BLANKS = re.compile(r"\s+")
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n)+")


def visible(text: str, *, lines: bool = True) -> str:
    """The text without anything a terminal obeys or that reorders its surroundings.

    Control characters (C0, C1, DEL) become their code point in words, ``⟨U+001B⟩``; so does
    everything that embeds, overrides or isolates direction, and lone surrogates; marks without a
    look are dropped; a tab is one blank. Newlines stay where `lines` is true, else they become
    blanks.
    The result holds no control character but the newline and always encodes as UTF-8; giving it
    in again changes nothing.
    """
    text = text.replace("\r\n", "\n")
    if text.isascii() and text.isprintable():
        return text
    return text.translate(_LOOKS if lines else _ONE_LINE)


def fold(text: str) -> str:
    """The text safe to show and on one line, every run of blanks as one."""
    return _BLANKS.sub(" ", visible(text, lines=False)).strip()


def cut(text: str, width: int) -> str:
    """At most `width` characters, cut at a blank where one is near, with "…" where cut."""
    if len(text) <= width:
        return text
    head = text[: max(width - 1, 0)]
    space = head.rfind(" ", max(len(head) - 24, 1))
    return (head[:space] if space > 0 else head).rstrip() + "…"


def blank_lines_out(text: str) -> str:
    """The text with runs of blank lines as one."""
    return _BLANK_LINES.sub("\n\n", text)
