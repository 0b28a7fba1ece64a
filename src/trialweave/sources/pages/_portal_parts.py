"""What stands on a portal's page: labels with their contents, and text under headings."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from trialweave.sources.pages._lines import Line, collapse
from trialweave.sources.pages._portal_words import Label, is_personal, label_of
from trialweave.sources.pages._reading import Cell, Reading

__all__ = ["Fact", "Parts", "Stretch", "parts_of", "trimmed"]

_EDGES = " \t\n\r\x0b\x0c\u00a0\u2002\u2003\u2009\u200b\u200e\u200f\u2028\u2029\u202f\u3000\ufeff"
_LONGEST_LABEL = 120
_SHORT = 200  # characters of a content in a line of its own, under a label that is not known
_COLONS = (":", "：")
# Labels that stand within a text on eligibility, and what is told in paragraphs
_WITHIN = ("inclusion_criteria", "exclusion_criteria", "ages", "sex", "healthy_volunteers")
_PROSE = ("brief_summary", "detailed_description", "eligibility_text", *_WITHIN[:2])
_CODE = re.compile(r"[A-Z](?:\.\d{1,2}){1,5}|[A-Z]\.?|\d{1,3}[.)]?")
_LABELLED = re.compile(r"([^\s:：\t][^:：\t]{1,59}?)\s{0,3}[:：](?!//)\s{0,9}(?=\S)")
_NAME = re.compile(r"(?:full )?names?|designation|degrees?|title and name|signature", re.IGNORECASE)
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{2,63}")
_DIALLED = re.compile(r"(?:\+|\b00)\d[\d\s().-]{7,20}\d|\b(?:tel|phone|fax)\b", re.IGNORECASE)


class Fact(NamedTuple):
    """A label and its content, which is empty where `start` is `end`.

    `how`: "row" of a table or definition list, "heading", "line" ("Label: content", or a label set
    apart with its content below), "below" (a label that is a plain line, which may be a menu's).
    """

    label: str
    means: Label
    label_start: int
    label_end: int
    start: int
    end: int
    how: str
    group: str = ""  # the label or heading that it stands under


class Stretch(NamedTuple):
    """Text under a heading, which may be ""; `personal` where it tells of people."""

    heading: str
    start: int
    end: int
    personal: bool


@dataclass(frozen=True)
class Parts:
    """A page taken apart; everything that it shows is in one of these."""

    facts: tuple[Fact, ...]
    personal: tuple[Fact, ...]
    stretches: tuple[Stretch, ...]


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """A place without the blanks and the bullet at its edges."""
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip(_EDGES))
    end = start + len(piece.strip(_EDGES))
    return (start + 2 if text.startswith("• ", start, end) else start), end


def parts_of(reading: Reading, lines: Sequence[Line]) -> Parts:
    """Take a page apart. `lines` are those of its own text, with bullets; time is linear."""
    finder = _Finder(reading, lines)
    found = list(finder.rows())
    for heading in finder.headings:
        finder.take(*heading)
    found += finder.under_headings()
    found += finder.in_lines()
    facts: list[Fact] = []
    personal: list[Fact] = []
    for fact in sorted(found, key=lambda each: each.label_start):
        known = fact.means.concept
        private = is_personal(fact.label) or is_personal(fact.group) or _is_name(fact)
        private = private or _is_reached(reading.text, fact.start, fact.end)
        (personal if private and not known else facts).append(fact)
    return Parts(tuple(facts), tuple(personal), tuple(finder.stretches()))


def _is_name(fact: Fact) -> bool:
    """Whether a name is stated that may be a person's: not of a sponsor, and the like."""
    return bool(_NAME.fullmatch(fact.label)) and not label_of(fact.group).concept


def _is_reached(text: str, start: int, end: int) -> bool:
    """Whether an e-mail address or a telephone number stands at a place."""
    end = min(end, start + 2_000)
    return bool(_MAIL.search(text, start, end) or _DIALLED.search(text, start, end))


class _Finder:
    """Finds facts by one form after another, and keeps which lines are spoken for."""

    def __init__(self, reading: Reading, lines: Sequence[Line]) -> None:
        self.text = reading.text
        self.reading = reading
        self.lines = lines
        self.starts = [line.start for line in lines]
        self.taken = [False] * len(lines)
        self.headings = [trimmed(self.text, each.start, each.end) for each in reading.headings]
        self.heading_starts = [start for start, _ in self.headings]

    def lines_at(self, start: int, end: int) -> range:
        """The lines that stand at a place, wholly or in part."""
        first = max(bisect.bisect_right(self.starts, start) - 1, 0)
        if first < len(self.lines) and self.lines[first].end <= start:
            first += 1
        return range(first, bisect.bisect_left(self.starts, end))

    def take(self, start: int, end: int) -> None:
        """These lines are spoken for."""
        for i in self.lines_at(start, end):
            self.taken[i] = True

    def heading_before(self, start: int) -> str:
        """The last heading above a place; "" where there is none."""
        i = bisect.bisect_left(self.heading_starts, start) - 1
        if i < 0:
            return ""
        begin, end = self.headings[i]
        return collapse(self.text[begin : min(end, begin + 300)])

    def named(self, start: int, end: int, *, lines: int = 1) -> tuple[str, int, int] | None:
        """The label at a place, if a few words with letters stand there, in so many lines."""
        start, end = trimmed(self.text, start, end)
        if not 0 < end - start <= _LONGEST_LABEL:
            return None
        label = self.text[start:end]
        if len(label.split("\n")) > lines or "\t" in label:
            return None
        if not any(map(str.isalpha, label)):
            return None
        return collapse(label).rstrip(":： "), start, end

    # --- tables and definition lists -------------------------------------------------------------

    def rows(self) -> Iterator[Fact]:
        """Each row of a label and a content; rows within a content stand under its label."""
        pairs: list[Fact] = []
        titles: list[tuple[int, str]] = []  # rows of one cell, as they head a part of a table
        for row in self.reading.rows:
            cells = [cell for cell in row if self._words(cell)]
            if len(cells) > 2 and _CODE.fullmatch(self._words(cells[0])):
                cells = cells[1:]
            if len(row) == 2 and len(cells) == 1 and cells[0] == row[0]:
                cells = list(row)  # a label whose content is empty
            if len(cells) == 1 and (named := self.named(cells[0].start, cells[0].end)):
                titles.append((named[1], named[0]))
            pairs += self._pairs(cells)
        pairs.sort(key=lambda each: (each.label_start, -each.end))
        titles.sort()
        around: list[Fact] = []
        for i, pair in enumerate(pairs):
            while around and around[-1].end <= pair.label_start:
                around.pop()
            holds = i + 1 < len(pairs) and pairs[i + 1].label_start < pair.end
            group = around[-1].label if around else self._group(pair.label_start, titles)
            if pair.means.concept == "same":
                means = label_of(group)
                pair = pair._replace(means=Label(means.concept, pair.means.type))
            if holds:
                around.append(pair)
                self.take(pair.label_start, pair.label_end)
            else:
                self.take(pair.label_start, pair.end)
            if pair.means.concept or not holds:
                yield pair._replace(group=group)

    def _group(self, start: int, titles: Sequence[tuple[int, str]]) -> str:
        """The heading, or the row of one cell, that stands last above a place."""
        i = bisect.bisect_left(titles, (start, "")) - 1
        h = bisect.bisect_left(self.heading_starts, start) - 1
        if i >= 0 and (h < 0 or titles[i][0] > self.heading_starts[h]):
            return titles[i][1]
        return self.heading_before(start)

    def _words(self, cell: Cell) -> str:
        return self.text[cell.start : min(cell.end, cell.start + 300)].strip(_EDGES)

    def _pairs(self, cells: Sequence[Cell]) -> Iterator[Fact]:
        """Label and content, or several of them in a row."""
        marks = [cell.head or self._words(cell).endswith(_COLONS) for cell in cells]
        if len(cells) == 2:
            if cells[0].layout or (cells[0].head and cells[1].head):
                return
        elif len(cells) % 2 or not all(marks[::2]) or any(marks[1::2]):
            return
        for label, content in zip(cells[::2], cells[1::2], strict=True):
            if named := self.named(label.start, label.end, lines=3):
                start, end = trimmed(self.text, content.start, content.end)
                means = label_of(named[0])
                yield Fact(named[0], means, named[1], named[2], start, max(start, end), "row")

    # --- headings --------------------------------------------------------------------------------

    def under_headings(self) -> Iterator[Fact]:
        """Known headings with the text down to the next, where no facts of its own stand there."""
        for i, (start, end) in enumerate(self.headings):
            named = self.named(start, end)
            if named is None or label_of(named[0]).concept in ("", "same"):
                continue
            means = label_of(named[0])
            last = i + 1 == len(self.headings)
            after = len(self.text) if last else self.headings[i + 1][0]
            rows = self.lines_at(end, after)
            count = next((n for n, row in enumerate(rows) if self._ends(n, row, means, last)), None)
            rows = rows if count is None else rows[:count]
            if rows and not any(self.taken[row] for row in rows):
                content = trimmed(self.text, self.lines[rows[0]].start, self.lines[rows[-1]].end)
                self.take(*content)
                yield Fact(named[0], means, start, end, *content, "heading")

    def _ends(self, n: int, row: int, means: Label, last: bool) -> bool:
        """Whether line `row`, number `n` below a heading, is no more of what the heading means.

        A line that is a known label begins another field. Behind the last heading stands the
        site's own footer, so there only a paragraph or a list counts, and one line of a fact.
        """
        if n == 0:
            return False
        line = self.lines[row]
        if label_of(line.item().text).concept not in ("", "same", *_WITHIN):
            return True
        item = line.text.startswith("• ") and self.lines[row - n].text.startswith("• ")
        return last and not item and (line.gap or means.concept not in _PROSE)

    # --- lines -----------------------------------------------------------------------------------

    def in_lines(self) -> Iterator[Fact]:
        """ "Label: content", and known labels in lines of their own with the content below."""
        marked = {trimmed(self.text, *place)[0] for place in self.reading.marked}
        for i, line in enumerate(self.lines):
            if self.taken[i]:
                continue
            item = line.item()
            group = self.heading_before(line.start)
            if match := _LABELLED.match(item.text):
                content = item.part(match.end(), len(item.text))
                means = label_of(match[1])
                if means.concept == "same":
                    means = Label(label_of(group).concept, means.type)
                short = len(content.text) <= _SHORT and len(match[1].split()) <= 5
                if means.concept or (short and match[1][0].isupper()):
                    self.taken[i] = True
                    at = item.start
                    end = at + match.end(1)
                    place = (content.start, content.end)
                    yield Fact(collapse(match[1]), means, at, end, *place, "line", group)
                continue
            named = self.named(item.start, item.end)
            if named is None or i + 1 == len(self.lines) or self.taken[i + 1]:
                continue
            means = label_of(named[0])
            below = self.lines[i + 1]
            if means.concept in ("", "same") or label_of(below.item().text).concept:
                continue
            stop = i + 1
            while self._is_item(i + 1) and stop + 1 < len(self.lines) and self._is_item(stop + 1):
                stop += 1
            apart = item.start in marked or item.text.endswith(_COLONS)
            if apart:
                self.taken[i : stop + 1] = [True] * (stop + 1 - i)
            place = trimmed(self.text, below.start, self.lines[stop].end)
            yield Fact(*named[:1], means, *named[1:], *place, "line" if apart else "below", group)

    def _is_item(self, i: int) -> bool:
        return not self.taken[i] and self.lines[i].text.startswith("• ")

    # --- the rest --------------------------------------------------------------------------------

    def stretches(self) -> Iterator[Stretch]:
        """The text that no fact is made of, parted at headings and where it tells of people."""
        begin, last = -1, -1
        heading, personal = "", False
        for i, line in enumerate(self.lines):
            if self.taken[i]:
                continue
            above = self.heading_before(line.start)
            private = is_personal(above) or _is_reached(self.text, line.start, line.end)
            if begin >= 0 and (last + 1 < i or (above, private) != (heading, personal)):
                yield Stretch(heading, begin, self.lines[last].end, personal)
                begin = -1
            if begin < 0:
                begin, heading, personal = line.start, above, private
            last = i
        if begin >= 0:
            yield Stretch(heading, begin, self.lines[last].end, personal)
