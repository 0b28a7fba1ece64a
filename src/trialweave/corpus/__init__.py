"""The embedded corpus: facts on trials of mesenchymal cell products for COVID-19.

`files()` are documents like those a user has, and are read by the same sources: an extraction
sheet with identifiers, designs, doses and events (``reports.jsonl``), and pages in the forms of
trial portals, written for this corpus. Where the facts come from and under which terms stands in
``SOURCES.md`` and, in short, in `NOTICE`.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

__all__ = ["NOTICE", "files"]

NOTICE = (
    "The embedded corpus holds facts (identifiers, designs, doses, numbers of patients and events) "
    "about trials of mesenchymal cell products for COVID-19, compiled from public articles, "
    "reviews and registers in November 2026. Facts are not subject to copyright; each record names "
    "the places it was taken from. No text of an article or register is reproduced. The corpus is "
    "no complete review, and it is not for decisions about the care of patients."
)


def files() -> tuple[Path, ...]:
    """The corpus's documents: the pages in order of name, then the extraction sheet."""
    root = Path(str(resources.files(__name__)))
    return (*sorted((root / "pages").glob("*.txt")), root / "reports.jsonl")
