"""Findings: what a record says came out, for one comparison or one single group at a time.

In come records; out go `Finding`s with the passage of each number. Tables and extraction sheets
are taken as they are; text is read by a grammar that answers only where the form of the sentence
settles which number belongs to which group. Sizes and counts that the printed numbers determine
are filled in and marked "recovered". It never judges a result; that is `appraisal`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from trialweave.results.answering import Answer, answer
    from trialweave.results.families import DEATH_COMPLEMENT, family_of, time_days
    from trialweave.results.findings import read_findings
    from trialweave.results.group_aliases import called_groups
    from trialweave.results.vocabulary import Vocabulary, read_families, with_families

__all__ = [
    "DEATH_COMPLEMENT",
    "Answer",
    "Vocabulary",
    "answer",
    "called_groups",
    "family_of",
    "read_families",
    "read_findings",
    "time_days",
    "with_families",
]

_HOME: Final = {
    "answering": ("Answer", "answer"),
    "families": ("DEATH_COMPLEMENT", "family_of", "time_days"),
    "findings": ("read_findings",),
    "group_aliases": ("called_groups",),
    "vocabulary": ("Vocabulary", "read_families", "with_families"),
}


def __getattr__(name: str) -> Any:
    """Load a reader when it is asked for: it takes a while, and most commands need none."""
    for module, names in _HOME.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
