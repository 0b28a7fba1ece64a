"""Eligibility criteria as trees of conditions: split, repair, parse.

An eligibility text, or lists of criteria, come in; `Criterion` items go out, each with its place in
the text, its section, and a tree of what it asks (`tree`). Operators, superscripts and numbers that
an export damaged are read as meant and always flagged. Nothing is evaluated here, and nothing is
asked of any service. What is not understood stays as text in the tree, and `coverage` counts it.
"""

from __future__ import annotations

from trialweave.protocol.criteria.copies import with_copy
from trialweave.protocol.criteria.fields import FieldConflict, field_conflicts
from trialweave.protocol.criteria.reading import (
    Covered,
    coverage,
    read_criteria,
    read_criterion,
    read_listed,
)

__all__ = [
    "Covered",
    "FieldConflict",
    "coverage",
    "field_conflicts",
    "read_criteria",
    "read_criterion",
    "read_listed",
    "with_copy",
]
