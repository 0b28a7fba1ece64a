"""The operations on terms: their pages, their lists, and where studies name them."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from trialweave.workspace._base import Base

if TYPE_CHECKING:
    from trialweave.publish.terms.views import MentionView, TermList, TermPage, TermRow

__all__ = ["Terms"]


class Terms(Base):
    """What the records here say of terms, and what vocabularies know of these."""

    def term(
        self,
        asked: str,
        *,
        vocabulary: str = "",
        explode: bool = True,
        roles: Collection[str] = (),
        assertions: Collection[str] = (),
        limit: int = 20,
        offset: int = 0,
    ) -> TermPage:
        """The page of a term: by an id ("HP:0033041", "D059630", "MeSH:D059630", an rs number), a
        name in any vocabulary, a variant ("BRAF V600E"), or a wording that was registered.

        Of several terms that a name can mean, the others are told; `vocabulary` chooses. Studies
        are those of the term and, unless `explode` is false, of all narrower ones, and may be
        narrowed to `roles` (see `model.annotation.ROLES`) and `assertions`. `limit` is cut to 200.
        Raises NotFound for a term, with near names, a role or an assertion that there is not, and
        WorkspaceError where terms were not looked for yet.
        """
        from trialweave.publish.terms.page import term_page

        return term_page(
            self._state(),
            self.root,
            asked,
            vocabulary=vocabulary,
            explode=explode,
            roles=roles,
            assertions=assertions,
            limit=limit,
            offset=offset,
        )

    def terms(self, menu: str = "", query: str = "", limit: int = 50, offset: int = 0) -> TermList:
        """The terms that studies name, most first: of one menu ("MeSH", "Drug" …), or of all.

        `query`: words that the id or a name must have. `limit` is cut to 1,000. Raises NotFound
        for a menu that there is not.
        """
        from trialweave.publish.terms.listing import term_list

        return term_list(self._state(), self.root, menu, query, limit, offset)

    def mentions(self, identifier: str) -> tuple[MentionView, ...]:
        """Every mention of a term in the records of a study, in the order of records and fields;
        those that people rejected are left out. Raises NotFound where there is no such study."""
        from trialweave.publish.terms.passages import mentions_of_study

        return mentions_of_study(self._state(), self.root, identifier)

    def suggest_terms(self, text: str, limit: int = 10) -> tuple[TermRow, ...]:
        """Terms whose id or name is, has, or comes near what is typed; `limit` is cut to 50."""
        from trialweave.publish.terms.listing import suggestions

        return suggestions(self._state(), self.root, text, limit)
