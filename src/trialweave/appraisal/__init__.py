"""Appraisal: what re-computing a study's findings gives, stated as arithmetic.

In come a study, its records and its findings; out go `Check`s: what was tried, whether it agrees,
what cannot be checked, and which ordinary explanations would make the figures right. One module a
check, each with its page in ``docs/reference/checks.md`` and its switch. It never speaks of
motives, and a missed flag costs less than a wrong one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trialweave.appraisal.rules import RULES, Rule, appraise

__all__ = ["RULES", "Rule", "appraise"]


def __getattr__(name: str) -> Any:
    """Load the checks when they are asked for: it takes a while, and most commands need none."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from trialweave.appraisal import rules

    return getattr(rules, name)
