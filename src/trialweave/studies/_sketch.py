"""A small sketch of what a record says: marks by which shared text and shared figures are found.

Text: k-grams of its letters and digits, hashed, of which winnowing keeps those that are the least
of any window of consecutive ones (Schleimer, Wilkerson & Aiken, SIGMOD 2003:76-85; shingles after
Broder, Compression and Complexity of Sequences 1997:21-29). Two texts that share a run longer than
a window and a k-gram share a mark for certain. Longer texts get wider windows, so that a sketch
stays small; the marks of a wide window are among those of a narrow one, so all can be compared.
Figures: each printed figure that tells something is one mark.

Hashes are the same in every process and on every machine.
"""

from __future__ import annotations

import functools
import hashlib
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from trialweave.model import Finding, Record, Value
from trialweave.studies._figures import figures

__all__ = [
    "MARK",
    "Marks",
    "Prose",
    "Sketch",
    "mark_of",
    "marks_of",
    "mostly_letters",
    "prose",
    "sketch",
    "unpacked",
]

MARK: Final = 32
"""Bytes of a k-gram: some five English words."""
_MOST: Final = 120  # marks of one record: 960 bytes
_MOST_FIGURES: Final = 40
_NARROW: Final = 24  # k-grams in the window of a short text
_LONGEST: Final = 1 << 18  # bytes of a record's text that are looked at
_LISTED: Final = 200  # entries of one list

Marks = npt.NDArray[np.uint64]


class Prose(NamedTuple):
    """One running text of a record, and its address for `why`."""

    concept: str
    address: str
    value: Value[str]


class Sketch(NamedTuple):
    """The marks of one record, rising: those of its text, and those of its figures."""

    text: Marks
    figures: Marks


def prose(record: Record) -> Iterator[Prose]:
    """The running texts of a record that somebody wrote: summary, description, criteria, outcomes,
    what arms receive, and an article's text. Titles and lists of terms are left out."""
    about = record.about
    if record.publication is not None:
        for at, section in enumerate((record.publication.sections.content or ())[:_LISTED]):
            if section.text.content:
                yield Prose("sections", f"sections[{at}].text", section.text)
    for name in ("brief_summary", "detailed_description", "eligibility_text"):
        value = getattr(about, name)
        if value.content:
            yield Prose(name, name, value)
    if not about.eligibility_text.content:
        for name in ("inclusion_criteria", "exclusion_criteria"):
            for at, value in enumerate((getattr(about, name).content or ())[:_LISTED]):
                if value.content:
                    yield Prose(name, f"{name}[{at}]", value)
    for name, parts in (
        ("primary_outcomes", ("measure", "description")),
        ("secondary_outcomes", ("measure", "description")),
        ("other_outcomes", ("measure", "description")),
        ("arms", ("description",)),
        ("interventions", ("description",)),
    ):
        for at, entry in enumerate((getattr(about, name).content or ())[:_LISTED]):
            for part in parts:
                value = getattr(entry, part)
                if value.content:
                    yield Prose(name, f"{name}[{at}].{part}", value)


def sketch(record: Record, findings: Sequence[Finding] = ()) -> bytes:
    """The sketch of a record, packed: at most 960 bytes, a fraction of that for a short one."""
    told = np.array(sorted({mark_of(each.key) for each in figures(findings)}), np.uint64)
    told = told[:_MOST_FIGURES]
    text = _winnowed("\n".join(each.value.content or "" for each in prose(record)), len(told))
    head = np.array([len(text)], np.uint64)
    return b"".join(each.astype("<u8").tobytes() for each in (head, text, told))


def unpacked(packed: bytes) -> Sketch:
    """The marks of a packed sketch; none where there is none."""
    marks = np.frombuffer(packed, "<u8")
    count = int(marks[0]) if len(marks) else 0
    return Sketch(marks[1 : 1 + count], marks[1 + count :])


_DROPPED: Final = bytes(code for code in range(128) if not chr(code).isalnum())
_ASCII: Final = bytes(range(128))
_FEW: Final = 30  # kinds of characters to replace one by one


def mostly_letters(text: str) -> bytes:
    """The letters and digits of a text of any script in one case, without accents, as UTF-8."""
    if not text.isascii():
        strange = text.encode("utf-8", "ignore").translate(None, _ASCII).decode("utf-8", "ignore")
        folded = {char: plain for char in set(strange) if (plain := _folded(char)) != char}
        if len(folded) <= _FEW:
            for char, plain in folded.items():
                text = text.replace(char, plain)
        else:
            text = text.translate({ord(char): plain for char, plain in folded.items()})
    return text.encode("utf-8", "ignore").lower().translate(None, _DROPPED)


@functools.lru_cache(maxsize=1 << 14)
def _folded(char: str) -> str:
    """The letters and digits that a character stands for; "" for a sign and a loose accent."""
    plain = unicodedata.normalize("NFKD", char).casefold()
    return "".join(each for each in plain if each.isalnum())


def _spread(start: int, count: int) -> Marks:
    """Fixed numbers without a pattern: SplitMix64 (Steele, Lea & Flood, OOPSLA 2014:453-472)."""
    with np.errstate(over="ignore"):
        z = np.arange(start + 1, start + count + 1, dtype=np.uint64) * np.uint64(_GOLDEN)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(z ^ (z >> np.uint64(31)))


_GOLDEN: Final = 0x9E3779B97F4A7C15
_BYTES: Final = _spread(0, 256)
_STEPS: Final = tuple(
    (1 << step, np.uint64(pow(_GOLDEN, 1 << step, 1 << 64))) for step in range(5)
)  # 1, 2, 4, 8, 16 bytes are made 32
_MIX: Final = np.uint64(0xBF58476D1CE4E5B9)
_HALF: Final = np.uint64(32)


def marks_of(letters: bytes) -> Marks:
    """The hash of each k-gram of a text, in order; none where the text is shorter than one."""
    if len(letters) < MARK:
        return np.empty(0, np.uint64)
    hashed = _BYTES[np.frombuffer(letters, np.uint8)]
    for span, base in _STEPS:  # a polynomial over the bytes, its length doubled at each step
        doubled = hashed[:-span] * base
        doubled += hashed[span:]
        hashed = doubled
    hashed ^= hashed >> _HALF
    hashed *= _MIX
    return hashed


def _winnowed(text: str, spent: int) -> Marks:
    """The marks of a text; fewer where the sketch is `spent` on figures."""
    every = marks_of(mostly_letters(text[:_LONGEST])[:_LONGEST])
    if not len(every):
        return every
    most = _MOST - 1 - spent
    window = min(max(_NARROW, -(-2 * len(every) // most)), len(every))
    least = _least(every, window)
    changed = np.ones(len(least), bool)
    np.not_equal(least[1:], least[:-1], out=changed[1:])
    return np.unique(least[changed])[:most]


def _least(values: Marks, window: int) -> Marks:
    """The least of each window of values, in time that does not depend on the window.

    By running minima within blocks, forwards and backwards (van Herk, Pattern Recognit Lett
    1992;13:517-521; Gil & Werman, IEEE Trans Pattern Anal Mach Intell 1993;15:504-507).
    """
    padding = -len(values) % window
    blocks = np.append(values, np.full(padding, np.uint64(2**64 - 1))).reshape(-1, window)
    forwards = np.minimum.accumulate(blocks, axis=1).ravel()
    backwards = np.minimum.accumulate(blocks[:, ::-1], axis=1)[:, ::-1].ravel()
    count = len(values) - window + 1
    return np.asarray(np.minimum(backwards[:count], forwards[window - 1 : window - 1 + count]))


def mark_of(key: str) -> int:
    """The mark of a figure, by its key."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "little")
