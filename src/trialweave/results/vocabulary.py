"""Families of outcomes that a user adds: wordings in a TOML file, tried before the built-in rows.

```toml
[[family]]
name = "grip strength"
wordings = ["grip strength", "hand grip", "dynamomet*"]
```

A wording is plain text: letter case does not count, blanks and hyphens are the same, and ``*`` at a
word's end stands for the rest of the word. A family may be new or one that exists already.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from trialweave.errors import Unreadable
from trialweave.model import Finding
from trialweave.results.families import FAMILIES, family_of, names_outcome

__all__ = ["Vocabulary", "own_family", "parse_families", "read_families", "with_families"]

_MOST = 2_000  # wordings
_LONGEST = 200  # characters of a name or wording
_SHAPE = "Each [[family]] has a `name` and a list of `wordings`, all text."


@dataclass(frozen=True)
class Vocabulary:
    """Rows of a family's name and what its wordings look like, in the file's order."""

    rows: tuple[tuple[str, re.Pattern[str]], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The families named, each once, those that are also built in included."""
        return tuple(dict.fromkeys(name for name, _ in self.rows))


def read_families(path: Path) -> Vocabulary:
    """A user's families from a TOML file.

    Raises Unreadable where the file cannot be read or does not have that shape.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"the families cannot be read: {error}.", where=path.name) from error
    return parse_families(text, path.name)


def parse_families(text: str, where: str = "families") -> Vocabulary:
    """A user's families out of the text of a TOML file; raises Unreadable."""
    try:
        told = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        what = f"it is not valid TOML: {error}."
        raise Unreadable(what, where=where, next_step=_SHAPE) from error
    if others := sorted(told.keys() - {"family"}):
        what = f"it says {', '.join(others)[:80]!r}, which is nothing that is read."
        raise Unreadable(what, where=where, next_step=_SHAPE)
    rows = told.get("family", [])
    if not isinstance(rows, list):
        raise Unreadable("`family` is not a list of tables.", where=where, next_step=_SHAPE)
    found: list[tuple[str, re.Pattern[str]]] = []
    known = {name.lower(): name for name, _ in FAMILIES if name}
    for number, row in enumerate(rows, start=1):
        name, wordings = (row.get(key) for key in ("name", "wordings")) if (
            isinstance(row, dict)
        ) else (None, None)  # fmt: skip
        named = isinstance(name, str) and 0 < len(name.strip()) <= _LONGEST
        if not named or not isinstance(wordings, list) or not wordings:
            raise Unreadable(
                f"family {number} lacks a name or wordings.", where=where, next_step=_SHAPE
            )
        family = known.get(str(name).strip().lower(), str(name).strip())
        for wording in wordings:
            if not isinstance(wording, str) or not 0 < len(wording.strip()) <= _LONGEST:
                raise Unreadable(
                    f"a wording of family “{family}” is no text of 1 to {_LONGEST} characters.",
                    where=where,
                    next_step=_SHAPE,
                )
            found.append((family, _pattern(wording, where)))
    if len(found) > _MOST:
        raise Unreadable(f"it has more than {_MOST} wordings.", where=where)
    return Vocabulary(tuple(found))


def _pattern(wording: str, where: str) -> re.Pattern[str]:
    words = re.split(r"[\s\-‐‑]+", wording.strip().lower())
    if not any(re.search(r"\w", word) for word in words) or any("*" in w[:-1] for w in words):
        raise Unreadable(
            f"the wording “{wording}” is no words; * may stand at a word's end only.", where=where
        )
    parts = [re.escape(w.removesuffix("*")) + (r"\w{0,40}" if w[-1:] == "*" else "") for w in words]
    return re.compile(r"(?<!\w)" + r"[\s‐‑-]{1,3}".join(parts) + r"(?!\w)")


def own_family(text: str, vocabulary: Vocabulary) -> str:
    """The user's family that a wording names, else the built-in one.

    The first of the text counts, of two at one place the longer wording. Where a user's wording
    and a built-in family stand in one text ("grip strength or death"), the answer is "".
    """
    low = text[:2_000].lower()
    best: tuple[int, int, str] | None = None
    names = set()
    for name, pattern in vocabulary.rows:
        match = pattern.search(low)
        if match is None:
            continue
        names.add(name)
        place = (match.start(), match.start() - match.end(), name)
        if best is None or place < best:
            best = place
    if best is None:
        return family_of(text)
    rest = low[: best[0]] + " " + low[best[0] - best[1] :]
    joined = re.search(r"\b(?:or|and/or|composite|combined)\b|[/+]", rest)
    if joined and (len(names) > 1 or names_outcome(rest)):
        return ""
    return best[2]


def with_families(findings: Iterable[Finding], vocabulary: Vocabulary) -> tuple[Finding, ...]:
    """The findings with the families that a user's wordings give their outcomes."""
    if not vocabulary.rows:
        return tuple(findings)
    return tuple(_with(finding, vocabulary.rows, vocabulary) for finding in findings)


def _with(
    finding: Finding, rows: Sequence[tuple[str, re.Pattern[str]]], vocabulary: Vocabulary
) -> Finding:
    low = finding.outcome[:2_000].lower()
    if not any(pattern.search(low) for _, pattern in rows):
        return finding
    return msgspec.structs.replace(finding, family=own_family(finding.outcome, vocabulary))
