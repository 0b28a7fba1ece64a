"""What criteria measure: a table of concepts, and their names in a text.

The table (`concepts.tsv`) is our own: name, kind, the side that trials ask for (`direction`, see
`repair`), canonical unit (UCUM), LOINC codes, molar mass, the range of values a person can have in
the canonical unit, and how the concept is written.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

from trialweave.protocol.criteria.text import Token, plain, tokens

__all__ = ["Concept", "Mention", "concept", "concepts", "mentions"]

_TABLE: Final = "concepts.tsv"
_RATIOS: Final = {"pao2": "pf_ratio", "spo2": "sf_ratio"}
_OVER: Final = re.compile(r"/|\bto\b|\bratio\b|\bdivided\b|\bover\b|\band\b")
_APART: Final = re.compile(r"[<>=≥≤;\d]|\bor\b|\bwith\b|\bon\b|\bwhile\b")
_MOST: Final = 1_000  # mentions in one criterion


class Concept(NamedTuple):
    """One row of the table. `molar_mass` 0, and `low` above `high`, where nothing is known.

    `direction` is the side on which participants are asked to be: "ge" at least, "le" at most;
    "low" and "high" the abnormal side in both sections ("low:94" of values up to 94, above them
    "ge"); "brief:30" at most where it is no longer; "mid:P:A:B:C" in the inclusion criteria at
    least a bound up to A, at most from B on, and at least again from C on, in the exclusion
    criteria at most a bound below P and at least one above; "" unknown.
    """

    name: str
    kind: str
    direction: str
    unit: str
    loinc: tuple[str, ...]
    molar_mass: float
    valence: int
    low: float
    high: float
    synonyms: tuple[str, ...]


class Mention(NamedTuple):
    """A concept named in a text."""

    start: int
    end: int
    concept: Concept


class _Names(NamedTuple):
    """Names by their first word; longest first; the exact letters where case matters."""

    by_first: dict[str, list[tuple[tuple[str, ...], str, Concept]]]


@cache
def concepts() -> dict[str, Concept]:
    """The table by name."""
    found = {}
    for line in (files(__package__) / _TABLE).read_text(encoding="utf-8").splitlines():
        if not line or line.startswith(("#", "name\t")):
            continue
        name, kind, direction, unit, loinc, molar, low, high, names = line.split("\t")
        mass, _, valence = molar.partition("/")
        found[name] = Concept(
            name,
            kind,
            direction,
            unit,
            tuple(loinc.split(",")) if loinc else (),
            float(mass or 0),
            int(valence or 0),
            float(low or 0),
            float(high or 0),
            tuple(names.split("|")),
        )
    return found


def concept(name: str) -> Concept | None:
    """The concept of a name; None where the table has none."""
    return concepts().get(name)


@cache
def _names() -> _Names:
    by_first: dict[str, list[tuple[tuple[str, ...], str, Concept]]] = {}
    for each in concepts().values():
        for name in each.synonyms:
            exact = name.removeprefix("=") if name.startswith("=") else ""
            forms = tuple(token.form for token in tokens(plain(exact or name)))
            if forms:
                by_first.setdefault(forms[0], []).append((forms, exact, each))
    for held in by_first.values():
        held.sort(key=lambda one: -len(one[0]))
    return _Names(by_first)


def mentions(plain_text: str, received: str, words: list[Token] | None = None) -> list[Mention]:
    """The concepts that a text names, in order, the longest name at each place.

    Words of a name may be parted by spaces, and by up to 4 characters that are no letters.
    """
    words = tokens(plain_text) if words is None else words
    by_first = _names().by_first
    found: list[Mention] = []
    i, count = 0, len(words)
    while i < count and len(found) < _MOST:
        held = by_first.get(words[i].form)
        step = 1
        if held is not None:
            for forms, exact, each in held:
                n = len(forms)
                if n > 1 and (i + n > count or not _same(plain_text, words, i, forms)):
                    continue
                start, end = words[i].start, words[i + n - 1].end
                if exact and received[start:end].rstrip("s") != exact.rstrip("s"):
                    continue
                found.append(Mention(start, end, each))
                step = n
                break
        i += step
    return _ratios(plain_text, found)


def _ratios(plain_text: str, found: list[Mention]) -> list[Mention]:
    """PaO2 and FiO2 parted by a slash or "to", however they are named, as one ratio."""
    made: list[Mention] = []
    skip = -1
    for k, mention in enumerate(found):
        if k <= skip:
            continue
        ratio = _RATIOS.get(mention.concept.name)
        for j in range(k + 1, min(k + 5, len(found)) if ratio else k):
            gap = plain_text[found[j - 1].end : found[j].start]
            if len(gap) > 45 or _APART.search(gap):
                break
            last = j + 1 == len(found) or found[j + 1].concept.name != "fio2"
            if found[j].concept.name == "fio2" and last:
                if _OVER.search(plain_text, mention.end, found[j].start):
                    mention = Mention(mention.start, found[j].end, concepts()[ratio or ""])
                    skip = j
                break
        made.append(mention)
    return made


def _same(plain_text: str, words: list[Token], i: int, forms: tuple[str, ...]) -> bool:
    end = words[i].end
    for form in forms[1:]:
        i += 1
        word = words[i]
        if word.form != form:
            return False
        if word.start - end > 4 and not plain_text[end : word.start].isspace():
            return False
        end = word.end
    return True
