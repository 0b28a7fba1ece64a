"""Two terms together: the row of counts, exactly the studies that name both, and how they came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from trialweave.publish.terms.views import (
        Count,
        PairHistory,
        Related,
        RelatedView,
        TermRef,
    )
    from trialweave.workspace import Workspace

__all__ = ["Pair", "by_year", "pair_of"]

_MOST = 1000  # related terms of one kind among which the other is looked for


class Pair(NamedTuple):
    """Two terms under a filter. `row` has the counts and the studies with both, None for none."""

    term: TermRef
    other: TermRef
    row: Related | None
    related: RelatedView
    history: PairHistory


def pair_of(
    workspace: Workspace, term: TermRef, with_term: str, with_in: str, **filters: Any
) -> Pair:
    """What stands behind a row of related terms, under the same filters as that row.

    `filters` are those of `related_terms`. Where the other term is not among those ranked, it is
    looked for among the pairs of less support as well. Raises NotFound for a term there is not.
    """
    other = workspace.term(with_term, vocabulary=with_in, limit=1).term
    filters["menu"] = filters.get("menu") or other.menu
    for all_pairs in (False, True):
        found = workspace.related_terms(
            term.id, vocabulary=term.vocabulary, all_pairs=all_pairs, limit=_MOST, **filters
        )
        row = next((row for row in found.rows if _same(row.term, other)), None)
        if row is not None:
            break
    history = workspace.term_history(
        term.id,
        other.id,
        vocabulary=term.vocabulary,
        with_vocabulary=other.vocabulary,
        roles=filters.get("roles", ()),
        condition=filters.get("condition", ""),
    )
    return Pair(term, other, row, found, history)


def _same(one: TermRef, other: TermRef) -> bool:
    return (one.vocabulary, one.id) == (other.vocabulary, other.id)


def by_year(history: PairHistory) -> tuple[Count, ...]:
    """The studies with both terms up to the end of each year in which one was added."""
    from trialweave.publish.terms.views import Count

    last = {f"{point.day.year:04}": point.n_ab for point in history.points if point.n_ab}
    return tuple(Count(year, studies) for year, studies in last.items())
