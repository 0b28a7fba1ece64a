"""The checks of what studies have in common, which no study shows alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Final

from trialweave.appraisal import results_reuse, text_reuse
from trialweave.model import Check
from trialweave.model.reuse import Reuse

__all__ = ["REUSE_RULES", "appraise_reuse"]

REUSE_RULES: Final[Mapping[str, Callable[[Reuse], Iterator[Check]]]] = {
    text_reuse.RULE: text_reuse.check,
    results_reuse.RULE: results_reuse.check,
}


def appraise_reuse(
    found: Iterable[Reuse], *, only: Collection[str] | None = None
) -> tuple[Check, ...]:
    """The notes of pairs of studies whose sharing nothing explains, in their order.

    `only` names the checks to run (see `REUSE_RULES`), all by default. Raises ValueError for a name
    that none has.
    """
    if only is not None and (unknown := set(only) - REUSE_RULES.keys()):
        raise ValueError(f"no check is called {sorted(unknown)[0]!r}")
    rules = [run for name, run in REUSE_RULES.items() if only is None or name in only]
    return tuple(check for each in found for run in rules for check in run(each))
