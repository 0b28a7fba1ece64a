"""The known kinds of page, saved as HTML: their text goes to the reader of that kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import msgspec

from trialweave.errors import InputError
from trialweave.model import Draft, Publication, Received, Trial
from trialweave.sources._source import Source
from trialweave.sources.pages._layout import reading_of
from trialweave.sources.pages._lines import Line, read_lines
from trialweave.sources.pages._reading import Reading

__all__ = ["Shown", "also_html", "page_lines"]

_BULLET = "• "


@dataclass(frozen=True)
class Shown(Received):
    """A page as it is shown: `text` is that of its reading, and these are its lines."""

    lines: tuple[Line, ...] = ()


def page_lines(reading: Reading, *, title: bool = False, bullets: bool = False) -> tuple[Line, ...]:
    """The lines of the page itself, with or without its title and the bullets of its lists."""
    lines = []
    for line in read_lines(reading.text[: reading.body[1]]):
        if line.start < reading.body[0] and not title:
            continue
        if line.text.startswith(_BULLET) and not bullets:
            line = replace(line.part(len(_BULLET), len(line.text)), gap=line.gap)
        if line.text:
            lines.append(line)
    return tuple(lines)


def also_html(source: Source, *, title: bool = False, bullets: bool = False) -> Source:
    """The same source, for pages saved as text and as HTML.

    `title` and `bullets` tell whether pages of this kind begin with the document's title when
    they are saved as text, and whether bullets before the items of lists mean something in them.
    """

    def read_each(received: Received) -> Iterable[Draft | InputError]:
        reading = reading_of(received)
        if reading is None:
            return source.read_each(received)
        _ = received.text  # raises WrongEncoding where the bytes are not valid UTF-8
        lines = page_lines(reading, title=title, bullets=bullets)
        shown = Shown(received.name, reading.text.encode(), lines=lines)
        vars(shown)["text"] = reading.text  # else it is decoded again, and held twice
        return tuple(_outward(source.read, shown, received, reading))

    return replace(source, read_each=read_each)


def _outward(
    read: Callable[[Received], Iterable[Draft]], shown: Shown, received: Received, reading: Reading
) -> Iterator[Draft]:
    """The drafts of a page with all places in the document as received."""
    for draft in read(shown):
        body: Trial | Publication = reading.outward(draft.body)
        start, end = 0, len(received.data)
        if (draft.start, draft.end) != (0, len(shown.data)):
            first = len(shown.data[: draft.start].decode())
            last = first + len(shown.data[draft.start : draft.end].decode())
            first, last = reading.spans.outward(first, last)
            mark = len(received.data) - len(received.text.encode())  # a byte order mark
            start = mark + len(received.text[:first].encode())
            end = start + len(received.text[first:last].encode())
        yield msgspec.structs.replace(draft, body=body, start=start, end=end)
