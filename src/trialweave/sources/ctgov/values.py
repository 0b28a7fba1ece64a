"""Makes the values of a ClinicalTrials.gov record: a content, where it stands, the rule used.

The form has a field for everything that is read here, so what a record leaves out is "not
reported". Something that stands there and cannot be understood is "unreadable", with the text as
received beside it. Values that are missing hold nothing of the record, so they are shared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from msgspec import UNSET, UnsetType

from trialweave.model import Missingness, PartialDate, Passage, Value
from trialweave.sources.ctgov import words
from trialweave.sources.ctgov.criteria import plain
from trialweave.sources.ctgov.paths import Places
from trialweave.sources.ctgov.study import Number, Text

__all__ = [
    "AGE",
    "COUNT",
    "CRITERIA",
    "DATE",
    "FLAG",
    "IDENTIFIER",
    "LIST",
    "NUMBER",
    "PHASE",
    "RESULTS",
    "SITES",
    "TEXT",
    "WITHHELD",
    "WORD",
    "absent",
    "age",
    "count",
    "date",
    "flag",
    "inapplicable",
    "lines",
    "markup",
    "number",
    "printed",
    "text",
    "texts",
    "unreadable",
    "word",
]

T = TypeVar("T")

TEXT = "ctgov.text/1"
WORD = "ctgov.word/1"
DATE = "ctgov.date/1"
FLAG = "ctgov.flag/1"
COUNT = "ctgov.count/1"
NUMBER = "ctgov.number/1"
AGE = "ctgov.age/1"
PHASE = "ctgov.phase/1"
LIST = "ctgov.list/1"
IDENTIFIER = "ctgov.identifier/1"
CRITERIA = "ctgov.criteria/2"
SITES = "ctgov.sites/1"
RESULTS = "ctgov.results/1"
WITHHELD = "ctgov.withheld/1"

STATED = Missingness.STATED
_LONGEST_WORD = 120  # no enumeration, date or age of the register is longer

_ABSENT: dict[str, Value[Any]] = {
    rule: Value(None, Missingness.NOT_REPORTED, None, rule)
    for rule in (
        *(TEXT, WORD, DATE, FLAG, COUNT, NUMBER, AGE, PHASE, LIST, IDENTIFIER),
        *(CRITERIA, SITES, RESULTS, WITHHELD),
    )
}
_NO_TEXT: Value[Any] = _ABSENT[TEXT]


def absent(rule: str) -> Value[Any]:
    """The record has the field and leaves it open."""
    return _ABSENT[rule]


def unreadable(passage: Passage, rule: str, raw: str | None = None) -> Value[Any]:
    """Something stands there that could not be understood."""
    return Value(None, Missingness.UNREADABLE, passage, rule, raw)


def _unplaced(passage: Passage, rule: str) -> Value[Any]:
    """Something stands in a list, and nothing tells which item's it is: the list is the passage."""
    return unreadable(Passage(path=passage.path.rpartition("[")[0] or passage.path), rule)


def inapplicable(passage: Passage | None, rule: str, raw: str | None = None) -> Value[Any]:
    """The record says, or its kind of study says, that the field does not apply."""
    return Value(None, Missingness.NOT_APPLICABLE, passage, rule, raw)


def text(content: Text, passage: Passage) -> Value[str]:
    """A text as it is, without blanks around it."""
    if content:
        bare = content.strip()
        if bare is content or len(bare) == len(content):  # the first says it at once, mostly
            return Value(content, STATED, passage, TEXT)
        if bare:
            return Value(bare, STATED, passage, TEXT, content)
    return _NO_TEXT if content is not UNSET else _unplaced(passage, TEXT)


def markup(content: Text, passage: Passage) -> Value[str]:
    """A text without the escapes that version 2 puts before signs that mean something to it."""
    if content and "\\" in content:
        return Value(plain(content).strip(), STATED, passage, TEXT, content)
    return text(content, passage)


def word(
    content: Text, passage: Passage, read: Callable[[str], T | None], rule: str = WORD
) -> Value[T]:
    """A word of an enumeration, or anything else that `read` makes of a short text."""
    if not content or content.isspace():
        return _ABSENT[rule] if content is not UNSET else _unplaced(passage, rule)
    assert isinstance(content, str)
    read_as = read(content) if len(content) <= _LONGEST_WORD else None
    if read_as is None:
        return unreadable(passage, rule, content)
    return Value(read_as, STATED, passage, rule, content)


def date(content: Text, passage: Passage) -> Value[PartialDate]:
    """A date as precise as it was stated."""
    return word(content, passage, words.date, DATE)


def age(content: Text, passage: Passage) -> Value[float]:
    """An age in years. "N/A", no limit, is not the same as a limit that is not reported."""
    if content and content.strip().casefold() in ("n/a", "na"):
        return inapplicable(passage, AGE, content)
    return word(content, passage, words.age, AGE)


def flag(content: bool | str | UnsetType | None, passage: Passage) -> Value[bool]:
    """Yes or no."""
    if isinstance(content, bool):
        return Value(content, STATED, passage, FLAG)
    return word(content, passage, words.yes_no, FLAG)


def printed(content: Number, passage: Passage) -> Value[str]:
    """A posted figure as printed."""
    if content is None or isinstance(content, (str, UnsetType)):
        return text(content, passage)
    return Value(str(content), STATED, passage, TEXT)


def _figure(
    content: Number, passage: Passage, read: Callable[[float | str], T | None], rule: str
) -> Value[T]:
    if content is None or content == "":
        return _ABSENT[rule]
    if isinstance(content, UnsetType):
        return _unplaced(passage, rule)
    raw = content if isinstance(content, str) else None
    if raw is not None and raw.strip().casefold() in ("na", "n/a"):
        return Value(None, Missingness.NOT_REPORTED, passage, rule, raw)
    read_as = read(content)
    if read_as is None:
        return unreadable(passage, rule, raw if raw is not None else str(content)[:40])
    return Value(read_as, STATED, passage, rule, raw)


def count(content: Number, passage: Passage) -> Value[int]:
    """A number of participants."""
    return _figure(content, passage, words.count, COUNT)


def number(content: Number, passage: Passage) -> Value[float]:
    """A posted number. "NA", which the register lets people post, is not reported."""
    return _figure(content, passage, words.number, NUMBER)


def texts(
    items: tuple[str, ...] | None, passage: Passage, places: Places
) -> Value[tuple[Value[str], ...]]:
    """A list of texts, each with its own passage."""
    if not items:
        return _ABSENT[LIST]
    at = places.first(len(items))
    values = tuple([text(item, passage) for item, passage in zip(items, at, strict=False) if item])
    return Value(values, STATED, passage, LIST)


def lines(items: tuple[str, ...] | UnsetType | None, passage: Passage) -> Value[tuple[str, ...]]:
    """A list of texts as one value."""
    if items:
        return Value(items, STATED, passage, LIST)
    return _ABSENT[LIST] if items is not UNSET else _unplaced(passage, LIST)
