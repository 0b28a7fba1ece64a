"""Which of the FDA's substances trials name: a third of UNII_Names_*.txt, with all their names.

The file has reagents, impurities, foods, plants' parts and cosmetics besides drugs. Kept are
substances with a name in a list of drugs (INN, USAN, Orange Book, WHO Drug …) or of a brand, those
whose own name is a research code, and cells, vesicles, blood and tissues of birth, and vaccines.
"""

from __future__ import annotations

import re
from typing import Final

from trialweave.terms.delimited import header_of, picker

__all__ = ["SELECTED", "named_in_trials"]

SELECTED: Final = (
    "Selected: substances with a name in a list of drugs or of a brand, a research code for a "
    "name, or cells, vesicles, blood and tissues of birth, and vaccines; with all their names."
)
"""The note of a release that was read from a file so narrowed."""

_LISTS: Final = frozenset(
    ("INN", "USAN", "JAN", "BAN", "VAN", "WHO-DD", "WHO-IP", "MART.", "VANDF", "ORANGE BOOK",
     "PURPLE BOOK CDER", "EMA EPAR", "USP MONOGRAPH", "EP MONOGRAPH", "USP", "EP", "BP", "JP", "NF",
     "IP", "CHP")
)  # fmt: skip
"""Marks of nonproprietary names, of approved drugs, and of pharmacopoeias' monographs."""
_BRAND: Final = "bn"
_MARKS = re.compile(r"\[([^\[\]]{1,60})\]")
_CODE = re.compile(r"[A-Z]{1,6}[- ]?\d{2,8}[A-Z]?(?:-[0-9A-Z]{1,3})?")
_PRODUCT = re.compile(
    r"\b(?:cells?|\w+cel|exosomes?|vesicles?|secretome|conditioned medium|blood|plasma|serum"
    r"|platelets?|marrow|umbilical|amnio\w+|placenta\w*|microbiota|bacteriophages?|vaccines?)\b",
    re.IGNORECASE,
)
"""Of the preferred name; "-cel" is the stem of cell therapies."""


def named_in_trials(text: str) -> str:
    """The file with the lines of those substances alone. Raises Unreadable for another form.

    Lines that cannot be told apart stay, for the reader to judge.
    """
    header = header_of(text, "\t")
    name = picker(header, "Name", needed=True)
    kind = picker(header, "TYPE", needed=True)
    unii = picker(header, "UNII", needed=True)
    display = picker(header, "Display Name", "PT", "Preferred Term", "display", needed=True)
    lines = text.split("\n")
    kept: set[str] = set()
    rows = [line.split("\t") for line in lines]
    for row in rows[1:]:
        if len(row) == len(header) and row[unii] not in kept:
            drug = row[kind] == _BRAND or not _LISTS.isdisjoint(_MARKS.findall(row[name]))
            if drug or _CODE.fullmatch(row[display]) or _PRODUCT.search(row[display]):
                kept.add(row[unii])
    chosen = (
        line
        for line, row in zip(lines[1:], rows[1:], strict=True)
        if len(row) != len(header) or row[unii] in kept
    )
    return "\n".join([lines[0], *chosen])
