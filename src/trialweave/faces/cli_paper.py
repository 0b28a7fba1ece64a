"""Where the command line writes: plain lines that wrap, tables that become lines when narrow.

Every text that reaches a terminal goes through `ink`, which makes it visible and never reads it
as markup.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from typing import IO, NoReturn

from rich.console import Console
from rich.table import Table
from rich.text import Text

from trialweave.publish.text import visible

__all__ = ["NARROW", "Paper", "ink", "paper_on", "pipe_closed"]

NARROW = 72  # columns; below this a table is written as lines
PIPE_CLOSED = 141  # exit code: 128 and the number of SIGPIPE, as of every program in a pipe
_PIPED = 100  # columns where the output is no terminal and COLUMNS is not set


def ink(text: str, style: str = "", *, lines: bool = False) -> Text:
    """Received text as rich takes it: nothing in it is a control character or markup."""
    return Text(visible(text, lines=lines), style=style)


def pipe_closed() -> NoReturn:
    """End the call without a word, as the reader of the pipe went away: ``… | head``."""
    with contextlib.suppress(OSError):  # else the interpreter complains as it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(PIPE_CLOSED)


class _Console(Console):
    """A console that ends the call where nobody reads on."""

    def on_broken_pipe(self) -> None:
        """Called by rich where it cannot write."""
        pipe_closed()


class Paper:
    """Writes headings, lines, labelled values and tables to one console."""

    def __init__(self, console: Console) -> None:
        self.console = console

    @property
    def width(self) -> int:
        """Columns that a line may take."""
        return self.console.width

    @property
    def narrow(self) -> bool:
        """Whether tables should be lines."""
        return self.width < NARROW

    def blank(self) -> None:
        """An empty line."""
        self.console.print()

    def heading(self, text: str) -> None:
        """A bold line with space above."""
        self.blank()
        self.line((text, "bold"))

    def line(self, *parts: str | tuple[str, str], indent: int = 0, hang: int = 2) -> None:
        """One paragraph of texts, each plain or with its style; wrapped lines hang."""
        text = Text()
        for part in parts:
            text.append_text(ink(part) if isinstance(part, str) else ink(*part))
        indent = min(indent, self.width // 4)
        room = max(self.width - indent, 20)
        hang = min(hang, room // 3)
        first = text.wrap(self.console, room, overflow="fold", tab_size=1)[0]
        self._print(first, indent)
        rest = text[len(first) :]
        rest = rest[len(rest.plain) - len(rest.plain.lstrip(" ")) :]
        if rest.plain:
            for row in rest.wrap(self.console, room - hang, overflow="fold", tab_size=1):
                self._print(row, indent + hang)

    def _print(self, text: Text, indent: int) -> None:
        text.rstrip()
        self.console.print(
            Text(" " * indent) + text, soft_wrap=True, markup=False, highlight=False, emoji=False
        )

    def field(self, label: str, text: str, *, indent: int = 2, style: str = "") -> None:
        """``label  text``, wrapped lines under the text."""
        self.line((label + "  ", "dim"), (text, style), indent=indent, hang=len(label) + 2)

    def passage(self, text: str, *, indent: int = 4) -> None:
        """Received text as it stands, line by line."""
        for row in visible(text).split("\n"):
            self._print(Text(row), indent)

    def table(
        self,
        head: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        numbers: Sequence[int] = (),
        whole: Sequence[int] = (),
        indent: int = 2,
    ) -> None:
        """Columns without rules; on a narrow terminal each row is a block of labelled lines.

        Columns in `numbers` are set to the right; those, and columns in `whole`, never wrap.
        """
        if self.narrow:
            for row in rows:
                self.line(row[0], indent=indent)
                for label, cell in zip(head[1:], row[1:], strict=True):
                    if cell:
                        self.field(label, cell, indent=indent + 2)
            return
        table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
        for index, label in enumerate(head):
            table.add_column(
                ink(label),
                justify="right" if index in numbers else "left",
                overflow="fold",
                no_wrap=index in numbers or index in whole,
            )
        for row in rows:
            table.add_row(*(ink(cell) for cell in row))
        options = self.console.options.update(width=max(self.width - indent, 20))
        for segments in self.console.render_lines(table, options, pad=False):
            line = Text()
            for segment in segments:
                line.append(segment.text, segment.style)
            self._print(line, indent)


def paper_on(stream: IO[str] | None = None) -> Paper:
    """A paper on standard output, or on `stream`; colour only where it is wanted."""
    stream = stream or sys.stdout
    width = None
    if not stream.isatty():
        columns = os.environ.get("COLUMNS", "")
        width = (int(columns) if columns.isascii() and columns.isdigit() else 0) or _PIPED
    return Paper(_Console(file=stream, width=width, markup=False, highlight=False, emoji=False))
