"""Makes the reading text of a page out of its markup, in one pass."""

from __future__ import annotations

import re

from trialweave.errors import WrongEncoding
from trialweave.model import Received
from trialweave.sources.pages import _embedded
from trialweave.sources.pages._markup import Token, attributes, is_html, tokens
from trialweave.sources.pages._reading import Cell, Extra, Heading, Reading
from trialweave.sources.pages._writer import Writer

__all__ = ["LARGEST", "reading_of"]

LARGEST = 32_000_000
"""Bytes of the largest page that is read; no saved page comes near."""


_KEPT = "_reading"


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PARAGRAPHS = _names(
    "p h1 h2 h3 h4 h5 h6 ul ol dl table blockquote pre hr section article figure fieldset"
)
_BLOCKS = _PARAGRAPHS | _names(
    "html head body address aside caption center details dd dir div dt figcaption footer form"
    " header legend li main menu search summary tbody td tfoot th thead tr"
)
_HEADINGS = _names("h1 h2 h3 h4 h5 h6")
_VOID = _names("area base br col embed hr img input link meta param source track wbr")
# What a browser does not show, or what leads around the site and is no text of the page
_UNSEEN = _names(
    "nav svg template noscript select datalist object audio video canvas map dialog math"
)
_MARKED = _names("b strong label")
# Elements that end where the next of their kind begins
_SIBLINGS: dict[str, frozenset[str]] = {
    "li": _names("li"),
    **dict.fromkeys(("dt", "dd"), _names("dt dd")),
    **dict.fromkeys(("td", "th"), _names("td th")),
    "tr": _names("td th tr"),
}
_HIDING = re.compile(r"hidden|none|navigation", re.IGNORECASE)
_HIDDEN_STYLE = re.compile(r"display\s{0,3}:\s{0,3}none|visibility\s{0,3}:\s{0,3}hidden", re.I)
_SAVED_FROM = re.compile(
    r"saved from url=\(\d{1,6}\)(\S{4,2000})|^[ \t]{0,9}url:[ \t](\S{4,2000})", re.MULTILINE
)
_META = _names(
    "og:url twitter:url citation_title citation_doi citation_journal_title citation_pmid"
)

_MOST_OPEN = 10_000  # elements; what is nested deeper is read as if it were not nested
_FEWEST = 1_000  # parts (headings, cells, words set apart) that any page may have
_SPARSE = 200  # characters of a page for each further part that is remembered
_MOST_LATER = 100  # attributes and embedded blocks
_MOST_TABLES = 50  # tables within tables
_NEAR = 20  # elements in which the beginning of an inline element is looked for

_RAISED = re.compile(r"[ \t]*+(?:&[a-z]{2,8};)?[-+−–]?[0-9]")


def reading_of(received: Received) -> Reading | None:
    """The page for reading; None where the document is no HTML, or is absurdly large.

    Time and memory are in proportion to the document. It is kept with the document, like its
    digest: recognising, reading and looking for repairs ask for it in turn.
    """
    kept = vars(received)
    if _KEPT not in kept:
        kept[_KEPT] = _read(received)
    reading: Reading | None = kept[_KEPT]
    return reading


def _read(received: Received) -> Reading | None:
    if len(received.data) > LARGEST or not is_html(received.data):
        return None
    try:
        text = received.text
    except WrongEncoding:  # still recognised, so that reading can name what is wrong
        text = received.data.decode("utf-8", "replace")
    return _Layout(text).run()


class _Table:
    """A table while it is being read: its open row, and where the open cell begins."""

    __slots__ = ("cell", "head", "layout", "row")

    def __init__(self) -> None:
        self.row: list[Cell] | None = None
        self.cell = -1
        self.head = self.layout = False


class _Layout(Writer):
    """One pass over the tokens of a page."""

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.open: list[str] = []
        self.counts: dict[str, int] = {}
        self.deeper = 0  # elements that are open beyond the deepest that is followed
        self.unseen = 0  # open elements down to the outermost that is not shown; 0: all are shown
        self.preserved = 0  # open <pre>
        self.tables: list[_Table] = []
        self.described = (-1, False)  # the open part of a definition list; whether it is a term
        self.term: Cell | None = None
        self.heading: tuple[int, int] | None = None
        self.mark = -1
        self.title = (0, 0)
        self.headings: list[Heading] = []
        self.rows: list[tuple[Cell, ...]] = []
        self.marked: list[tuple[int, int]] = []
        self.linked = False  # the open script is JSON-LD
        self.parts = _FEWEST + len(source) // _SPARSE  # that may still be remembered
        self.later: list[tuple[str, int, int]] = []  # attributes and blocks that are read last

    @property
    def here(self) -> int:
        """How much is written."""
        return len(self.spans)

    def run(self) -> Reading:
        """The whole page."""
        for token in tokens(self.source):
            if token.kind == "text":
                if self.unseen:
                    continue
                (self.verbatim if self.preserved else self.shown)(token.start, token.end)
            elif token.kind == "start":
                self._started(token)
            elif token.kind == "end":
                self._ended(token.name)
            elif token.kind == "raw":
                self._raw(token)
            else:
                self._comment(token)
        while self.tables:
            self._table_closed()
        self._part_closed()
        self._heading_closed()
        body = (self.title[1], self.here)
        extras, data = self._extras()
        return Reading(
            "".join((*self.chunks, *self.pieces)),
            body,
            self.title,
            tuple(self.headings),
            tuple(self.rows),
            tuple(self.marked),
            extras,
            data,
            self.spans,
        )

    # --- tags ------------------------------------------------------------------------------------

    def _started(self, token: Token) -> None:
        name = token.name
        if self.open and (
            self.open[-1] in _SIBLINGS.get(name, ()) or (self.open[-1] == "p" and name in _BLOCKS)
        ):
            self._pop()
        if name == "script":
            head = self.source[token.start : min(token.end, token.start + 500)]
            self.linked = "ld+json" in head.lower()
        if name in _VOID or (name == "svg" and self.source[token.end - 2] == "/"):
            self._void(token)
            return
        if len(self.open) < _MOST_OPEN:
            self.open.append(name)
            self.counts[name] = self.counts.get(name, 0) + 1
            if not self.unseen and (name in _UNSEEN or self._hidden(token)):
                self.unseen = len(self.open)
                if name in _BLOCKS or name == "nav":
                    self.due(1)
        else:
            self.deeper += 1
        if self.unseen:
            return
        if name in _BLOCKS:
            self.due(2 if name in _PARAGRAPHS else 1)
            self._block(token)
        elif name in _MARKED:
            self.mark = self.here
        elif (
            name in ("sup", "sub") and self.last.isdigit() and _RAISED.match(self.source, token.end)
        ):
            self.sign("^" if name == "sup" else "_", token.start)

    def _void(self, token: Token) -> None:
        name = token.name
        if name in ("meta", "link"):
            self._stated(token)
        elif not self.unseen and name == "hr":
            self.due(2)
        elif not self.unseen and name == "br":
            self.due(min(self.breaks + 1, 2))

    def _stated(self, token: Token) -> None:
        """Remember an address of the page, or that it is one of an article."""
        if len(self.later) >= _MOST_LATER:
            return
        places = {each.name: (each.start, each.end) for each in attributes(self.source, token)}
        values = {
            name: self.source[start : min(end, start + 200)].strip().lower()
            for name, (start, end) in places.items()
        }
        name = values.get("property") or values.get("name") or ""
        if token.name == "link" and "canonical" in values.get("rel", "").split():
            name, attribute = "canonical", "href"
        elif name in _META:
            attribute = "content"
        else:
            return
        if attribute in places:
            self.later.append((name, *places[attribute]))

    def _hidden(self, token: Token) -> bool:
        if not _HIDING.search(self.source, token.start, token.end):
            return False
        for each in attributes(self.source, token):
            value = self.source[each.start : min(each.end, each.start + 2_000)].lower()
            if (
                (each.name == "hidden" and value != "until-found")
                or (each.name == "style" and _HIDDEN_STYLE.search(value))
                or (each.name == "role" and value == "navigation")
            ):
                return True
        return False

    def _ended(self, name: str) -> None:
        if not self.unseen:
            self._block_ended(name)
        if name == "br" and not self.unseen:
            self.due(min(self.breaks + 1, 2))
        if self.deeper:
            self.deeper -= 1
        elif self.counts.get(name):
            if name not in _BLOCKS and name not in _UNSEEN and name not in self.open[-_NEAR:]:
                return
            while self._pop() != name:
                pass

    def _pop(self) -> str:
        name = self.open.pop()
        self.counts[name] -= 1
        if len(self.open) < self.unseen:
            self.unseen = 0
        return name

    # --- what the page is built of ---------------------------------------------------------------

    def _block(self, token: Token) -> None:
        name = token.name
        if name == "li":
            self.bullet = token.start
        elif name == "pre":
            self.preserved += 1
        elif name in _HEADINGS:
            self._heading_closed()
            self.heading = (int(name[1]), self.here)
        elif name in ("dt", "dd"):
            self._part_closed()
            self.described = (self.here, name == "dt")
        elif name == "table":
            if self.tables:
                self.tables[-1].layout = True
            if len(self.tables) < _MOST_TABLES:
                self.tables.append(_Table())
        elif name == "tr" and self.tables:
            self._row_closed()
        elif name in ("td", "th") and self.tables:
            self._cell(name == "th")

    def _block_ended(self, name: str) -> None:
        if name in _BLOCKS:
            self.due(2 if name in _PARAGRAPHS else 1)
        if name in ("td", "th") and self.tables:
            self._cell_closed()
        elif name == "tr" and self.tables:
            self._row_closed()
        elif name == "table" and self.tables:
            self._table_closed()
        elif name in _HEADINGS:
            self._heading_closed()
        elif name in ("dt", "dd", "dl"):
            self._part_closed()
            self.term = None if name == "dl" else self.term
        elif name == "pre":
            self.preserved = max(self.preserved - 1, 0)
        elif name == "li":
            self.bullet = -1
        elif name in _MARKED and self.mark >= 0:
            if self.mark < self.here and self._counted():
                self.marked.append((self.mark, self.here))
            self.mark = -1

    def _counted(self) -> bool:
        """Whether one more part of the page may be remembered."""
        self.parts -= 1
        return self.parts >= 0

    def _cell(self, head: bool) -> None:
        table = self.tables[-1]
        self._cell_closed()
        if table.row is None:
            table.row = []
        elif table.row:
            self.tabs += 1
            self.breaks = 0
        table.cell, table.head, table.layout = self.here, head, False

    def _cell_closed(self) -> None:
        table = self.tables[-1]
        if table.row is not None and table.cell >= 0 and self._counted():
            table.row.append(Cell(table.cell, self.here, table.head, table.layout))
        table.cell = -1

    def _row_closed(self) -> None:
        self._cell_closed()
        table = self.tables[-1]
        if table.row:
            self.rows.append(tuple(table.row))
        table.row = None
        if self.tabs:
            self.tabs, self.breaks = 0, 1

    def _table_closed(self) -> None:
        self._row_closed()
        self.tables.pop()

    def _part_closed(self) -> None:
        """The end of a term or description; each description makes a row with its term."""
        start, is_term = self.described
        self.described = (-1, False)
        if start < 0:
            return
        part = Cell(start, self.here, is_term)
        if is_term:
            self.term = part
        elif self.term is not None and self._counted():
            self.rows.append((self.term, part))

    def _heading_closed(self) -> None:
        if self.heading is None:
            return
        level, start = self.heading
        self.heading = None
        if start < self.here and self._counted():
            self.headings.append(Heading(level, start, self.here))

    # --- what is not text ------------------------------------------------------------------------

    def _raw(self, token: Token) -> None:
        if token.name == "title" and not self.unseen:
            if self.here:
                return
            self.shown(token.start, token.end)
            self.title = (0, self.here)
            self.due(2)
        elif token.name == "script" and self.linked and len(self.later) < _MOST_LATER:
            self.later.append(("data", token.start, token.end))

    def _comment(self, token: Token) -> None:
        """Where the page was saved from, as browsers and archivers note it."""
        if len(self.later) < _MOST_LATER:
            stop = min(token.end, token.start + 4_000)
            if found := _SAVED_FROM.search(self.source, token.start, stop):
                self.later.append(("saved from", *found.span(found.lastindex or 0)))

    def _extras(self) -> tuple[tuple[Extra, ...], tuple[_embedded.Tree, ...]]:
        self.spans.begin_extras()
        extras: list[Extra] = []
        data: list[_embedded.Tree] = []
        for name, start, end in sorted(self.later, key=lambda each: each[1]):
            if name != "data":
                begin = self.new_line()
                self.shown(start, end)
                if begin < self.here:
                    extras.append(Extra(name, begin, self.here))
            elif tree := _embedded.parse(self.source, start, end, self.string):
                data.append(tree)
        return tuple(extras), tuple(data)
