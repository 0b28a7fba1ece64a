"""A whole eligibility text as its items: criteria, headings and definitions, each with its place.

Lists are read by their marks and indentation, in one pass. Text without any mark or line break is
parted where a capital begins a new phrase although nothing closed the one before, as aggregators
leave it when they drop line breaks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from trialweave.protocol.criteria.runon import parted
from trialweave.protocol.criteria.sections import DONOR, MARK, RECIPIENT, Part, parts
from trialweave.protocol.criteria.tree import Kind, Population, Section

__all__ = ["MOST_ITEMS", "Item", "items"]

MOST_ITEMS: Final = 20_000
_ESCAPED: Final = re.compile(r"\\(?=[*\-+.\d()])")
_CONTINUES: Final = re.compile(r"[a-z(,;)<>≥≤=&%+/]|\d+(?:\.\d+)?\s?(?:[a-z%/]|$)")
_INTRODUCES: Final = re.compile(
    r"(?::|\b(?:following|as\s+follows|below|defined\s+(?:as|by)|including|criteria"
    r"|such\s+as))\s*[:;.\-–]?\s*\Z",
    re.IGNORECASE,
)
_COLON: Final = re.compile(r"[:：]\s*\Z")
_ANY_OF: Final = re.compile(
    r"\b(?:any|one|either|1|at\s+least\s+one|at\s+least\s+1)\b[^.]{0,40}\b(?:of|following|below"
    r"|conditions|criteria)\b|\bor\b[^a-z]*\Z",
    re.IGNORECASE,
)
_N_OF: Final = re.compile(
    r"\b(?:at\s+least\s+|≥\s?|minimum\s+of\s+|any\s+)?(two|three|four|five|2|3|4"
    r"|5)\b(?:\s+or\s+more)?[^.]{0,40}\b(?:of|following|below|conditions|criteria)\b",
    re.IGNORECASE,
)
_ALL_OF: Final = re.compile(
    r"\ball\s+(?:\w+\s+)?(?:of\s+)?(?:the\s+|these\s+)?(?:following|below|conditions|criteria)\b",
    re.IGNORECASE,
)
_NUMBERS: Final = {"two": 2, "three": 3, "four": 4, "five": 5}
_DEFINES: Final = re.compile(
    r"\W*(?:F\.\d(?:\.\d){0,3}\b|number\s+of\s+subjects\s+for\s+this\s+age\s+range"
    r"|are\s+the\s+trial\s+subjects\s+under\s+18)|\W*(?:note|notes|nb|n\.b|comment|remark"
    r"|definitions?|abbreviations?|reference|source|see)\b\s*[:.*-]"
    r"|\*{1,2}\s*[A-Z].{0,60}\b(?:is|are|means|refers)\b",
    re.IGNORECASE,
)
_INLINE_NUMBER: Final = re.compile(
    r"(?:(?<=\s)|(?<=[.;,:。；])|\A)[(（]?(\d{1,2})\s?(?:[.、．)）](?!\d))\s?(?=[^\s\d])"
)
_BLOCK: Final = 150  # characters; a shorter block without marks is one criterion

Style = Literal["", "bullet", "dotted", "paren", "number", "letter", "roman"]


class Item(NamedTuple):
    """One item of an eligibility text; `group` is the index of the item that introduces it, or -1.

    `of_group` is of the introducing item: 0 all, -1 any as the section says, n at least n.
    """

    kind: Kind
    section: Section
    population: Population
    start: int
    end: int
    heading: str
    group: int
    of_group: int


class _Line(NamedTuple):
    begin: int  # of the mark
    start: int  # of the text behind the mark
    end: int
    indent: int
    style: Style
    level: int  # the parts of a dotted number
    after_blank: bool


def items(text: str, section: Section = "unknown") -> list[Item]:
    """The items of a text in order; linear in its length.

    `section` holds until a heading says otherwise.
    """
    made: list[Item] = []
    for part in parts(text, section):
        for item in _listed(text, part):
            group = item.group if item.group < 0 else item.group + part_offset(made, part)
            made.append(item._replace(group=group))
            if len(made) >= MOST_ITEMS:
                return made
    return made


def part_offset(made: list[Item], part: Part) -> int:
    """How many items stand before a part: groups are counted through the whole text."""
    n = len(made)
    while n and made[n - 1].start >= part.start:
        n -= 1
    return n


def _lines(text: str, part: Part) -> list[_Line]:
    found = []
    at, blank = part.start, True
    for line in text[part.start : part.end].split("\n"):
        bare = line.strip()
        if not bare or not any(c.isalnum() for c in bare):
            blank = True
            at += len(line) + 1
            continue
        indent = len(line) - len(line.lstrip())
        begin = start = at + indent
        if escape := _ESCAPED.match(bare):
            start += escape.end()
            bare = bare[escape.end() :]
        mark = MARK.match(bare)
        style: Style = ""
        level = 1
        if mark and mark.end() < len(bare) and not _number_text(bare, mark):
            style = mark.lastgroup or ""  # type: ignore[assignment]
            level = mark[0].count(".") if style == "dotted" else 1
            second = MARK.match(bare, mark.end()) if style == "bullet" else None
            if (
                second
                and second.lastgroup in ("number", "paren", "letter")
                and second.end() < len(bare)
            ):
                mark, style = second, second.lastgroup  # type: ignore[assignment]
            start += mark.end()
        end = at + len(line.rstrip())
        found.append(_Line(begin, start, end, indent, style, level, blank))
        blank = False
        at += len(line) + 1
    return found


def _number_text(bare: str, mark: re.Match[str]) -> bool:
    """Whether what looks like a mark is the text itself: "- 5 mg", "18-65 years", "E. coli"."""
    rest = bare[mark.end() :]
    if mark.lastgroup == "letter" and mark[0][0].isupper() and rest[:1].islower():
        return True
    return mark.lastgroup == "number" and mark[0].strip().endswith("-") and not rest[:1].isalpha()


def _joined(lines: list[_Line], text: str) -> list[_Line]:
    """Wrapped lines put to the item they belong to."""
    marked = any(line.style for line in lines)
    made: list[_Line] = []
    for line in lines:
        last = made[-1] if made else None
        if last is not None and not line.style:
            wrapped = not line.after_blank and (
                (_CONTINUES.match(text, line.start) and text[last.end - 1] not in ".;:")
                or (marked and last.style and line.indent > last.indent)
                or (last.end - last.start > 60 and text[last.end - 1] in ",-")
            )
            if wrapped:
                made[-1] = last._replace(end=line.end)
                continue
        made.append(line)
    return made


def _listed(text: str, part: Part) -> Iterator[Item]:
    lines = _joined(_lines(text, part), text)
    if not lines:
        return
    if len(lines) <= 2 or not any(line.style for line in lines):
        lines = [piece for line in lines for piece in _unrolled(text, line, len(lines))]
    marked = sum(bool(line.style) for line in lines)
    population = part.population
    heading = part.heading
    stack: list[tuple[tuple[int, int, str], int]] = []  # open introductions: depth, item number
    for number, line in enumerate(lines):
        here = text[line.start : line.end]
        following = lines[number + 1] if number + 1 < len(lines) else None
        depth = (line.level, line.indent, line.style)
        while stack and not _inside(depth, stack[-1][0]):
            stack.pop()
        group = stack[-1][1] if stack else -1
        kind = _kind(here, line, following, number, marked, len(lines))
        of_group = 0
        if kind == "heading":
            of_group = _asked(here, part.section)
            bare = here.strip()
            if DONOR.search(bare) and not RECIPIENT.search(bare):
                population = "donor"
            elif RECIPIENT.search(bare) and not DONOR.search(bare):
                population = "recipient"
        item_population = population
        if (
            kind == "criterion"
            and population == "patient"
            and DONOR.match(here[:12].lstrip("The "))
        ):
            item_population = "donor"
        yield Item(
            kind, part.section, item_population, line.start, line.end,
            stack_heading(text, lines, stack, heading), group, of_group,
        )  # fmt: skip
        if kind == "heading":
            if following is not None and _inside(
                (following.level, following.indent, following.style), depth
            ):
                stack.append((depth, number))
            elif not line.style:
                heading = here.strip()
        elif (
            following is not None
            and _inside((following.level, following.indent, following.style), depth)
            and line.style
        ):
            stack.append((depth, number))


def stack_heading(
    text: str, lines: list[_Line], stack: list[tuple[tuple[int, int, str], int]], heading: str
) -> str:
    """The nearest introduction or heading above an item."""
    if stack:
        line = lines[stack[-1][1]]
        return text[line.start : line.end].strip()[:300]
    return heading[:300]


_ORDER: Final = {"": 0, "number": 1, "dotted": 1, "bullet": 1, "roman": 2, "letter": 2, "paren": 2}


def _inside(inner: tuple[int, int, str], outer: tuple[int, int, str]) -> bool:
    """Whether an item stands under another one, by dotted numbers, indentation, kind of mark."""
    if inner[2] == outer[2]:
        return inner[0] > outer[0] or inner[1] > outer[1]
    if not inner[2]:
        return inner[1] > outer[1] and bool(outer[2])
    if outer[2] == "dotted" and inner[2] == "dotted":
        return inner[0] > outer[0]
    if inner[1] != outer[1]:
        return inner[1] > outer[1]
    return _ORDER[inner[2]] > _ORDER[outer[2]] or (
        inner[2] == "bullet" and outer[2] in ("number", "dotted", "letter", "roman")
    )


def _kind(
    here: str, line: _Line, following: _Line | None, number: int, marked: int, count: int
) -> Kind:
    if _DEFINES.match(here):
        return "definition"
    colon = _COLON.search(here) is not None
    if following is None:
        return (
            "heading" if colon and len(here) < 60 and count > 1 and not line.style else "criterion"
        )
    under = _inside(
        (following.level, following.indent, following.style), (line.level, line.indent, line.style)
    )
    if under and (colon or _INTRODUCES.search(here)):
        return "heading"
    if colon:
        return "heading"
    if not line.style and marked and number == 0 and following.style and count > 2:
        if re.search(
            r"\b(?:following|below|criteria|must|eligible|include)\b", here[-160:].lower()
        ):
            return "heading"
        if not re.match(r"[a-z]", here) and len(here) > 60 and marked >= count - 2:
            return "definition"
    return "criterion"


def _asked(here: str, section: Section) -> int:
    """How many of the items under an introduction it asks for."""
    many = _N_OF.search(here)
    if many:
        return _NUMBERS.get(many[1].lower()) or int(many[1])
    if _ANY_OF.search(here):
        return 1
    if _ALL_OF.search(here):
        return 0
    return -1 if section == "exclusion" else 0


def _unrolled(text: str, line: _Line, count: int) -> list[_Line]:
    """A block that runs several criteria together, parted; itself where it reads as one."""
    begin = line.begin if line.style in ("number", "paren") else line.start
    block = text[begin : line.end]
    if numbered := _numbered(block):
        spans = numbered
        style: Style = "number"
    elif count <= 2 and len(block) >= _BLOCK:
        begin = line.start
        spans, style = parted(text[begin : line.end]), ""
    else:
        return [line]
    if len(spans) < 2:
        return [line]
    return [
        line._replace(
            start=begin + a,
            end=begin + b,
            style=style,
            indent=line.indent,
            after_blank=True,
        )
        for a, b in spans
    ]


def _numbered(block: str) -> list[tuple[int, int]]:
    """Items behind 1, 2, 3 … within a line; numbers out of turn belong to an item's text."""
    marks: list[re.Match[str]] = []
    for match in _INLINE_NUMBER.finditer(block):
        if int(match[1]) == len(marks) + 1:
            marks.append(match)
    if len(marks) < 2 or len(block[: marks[0].start()].strip(" :;-")) > 80:
        return []
    ends = [mark.start() for mark in marks[1:]] + [len(block)]
    spans = []
    if block[: marks[0].start()].strip(" :;-"):
        spans.append((0, len(block[: marks[0].start()].rstrip())))
    for mark, end in zip(marks, ends, strict=True):
        inner = block[mark.end() : end]
        if inner.strip():
            spans.append(
                (mark.end() + len(inner) - len(inner.lstrip()), mark.end() + len(inner.rstrip()))
            )
    return spans
