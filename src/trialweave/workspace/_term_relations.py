"""The operations on terms together: what stands with what, since when, and what rose."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from trialweave.errors import InputError, NotFound
from trialweave.workspace._base import Base

if TYPE_CHECKING:
    from trialweave.publish.state import State
    from trialweave.publish.terms.views import PairHistory, RelatedView, TermRef, TermReport

__all__ = ["TermRelations"]


class TermRelations(Base):
    """Which terms stand together in studies more often than by chance, and which rose."""

    def related_terms(
        self,
        asked: str,
        *,
        vocabulary: str = "",
        menu: str = "",
        roles: Sequence[str] = (),
        assertions: Sequence[str] = (),
        condition: str = "",
        since: dt.date | None = None,
        until: dt.date | None = None,
        support: int = 5,
        all_pairs: bool = False,
        limit: int = 20,
    ) -> RelatedView:
        """The terms that stand in the same studies as one, with counts, intervals and tests.

        `asked` and `condition` are what a person types, `vocabulary` says of which `asked` is.
        `menu` is a list of `publish.terms.views.MENU`, `roles` and `assertions` are those of
        `model.annotation`; without `assertions` what is negated or excluded does not count. See
        `publish.terms.related.related` for the rest. Raises NotFound for what is not there, and
        InputError for a support below 1 or days in the wrong order.
        """
        from trialweave.publish.terms.filtered import HAVING
        from trialweave.publish.terms.related import related

        if support < 1:
            raise InputError(
                f"a support of {support} is none.", next_step="Ask for one study or more."
            )
        _check_days(since, until)
        state = self._state()
        return related(
            state,
            self.root,
            self._term(state, asked, vocabulary),
            menu=_menu(menu),
            roles=_roles(roles),
            assertions=_assertions(assertions) or HAVING,
            condition=self._term(state, condition) if condition else None,
            since=since,
            until=until,
            support=support,
            all_pairs=all_pairs,
            limit=limit,
        )

    def term_history(
        self,
        asked: str,
        with_term: str,
        *,
        vocabulary: str = "",
        with_vocabulary: str = "",
        roles: Sequence[str] = (),
        condition: str = "",
    ) -> PairHistory:
        """How two terms came to stand together: the counts up to each day, and their association.

        Raises NotFound for what is not there, and InputError where both are one term.
        """
        from trialweave.publish.terms.related import related_history

        state = self._state()
        one = self._term(state, asked, vocabulary)
        other = self._term(state, with_term, with_vocabulary)
        if one == other:
            raise InputError(
                f"{asked!r} and {with_term!r} are one term.", next_step="Name two different terms."
            )
        return related_history(
            state,
            self.root,
            one,
            other,
            roles=_roles(roles),
            condition=self._term(state, condition) if condition else None,
        )

    def terms_report(
        self,
        since: dt.date,
        *,
        until: dt.date | None = None,
        country: str = "",
        menu: str = "",
        limit: int = 50,
    ) -> TermReport:
        """Which terms rose among the studies that began since a day, which are new, and where.

        See `publish.terms.report.report`. Raises NotFound for a country or a menu that there is
        not, and InputError for days in the wrong order.
        """
        from trialweave.publish.terms.report import report

        _check_days(since, until)
        return report(
            self._state(),
            self.root,
            since=since,
            until=until,
            country=country,
            menu=_menu(menu),
            limit=limit,
        )

    def _term(self, state: State, asked: str, vocabulary: str = "") -> TermRef:
        from trialweave.publish.terms.lookup import find_term

        return find_term(state, self.root, asked, vocabulary)[0]


def _check_days(since: dt.date | None, until: dt.date | None) -> None:
    if since is not None and until is not None and since > until:
        raise InputError(
            f"no day is from {since} on and until {until}.", next_step="Exchange the two days."
        )


def _menu(asked: str) -> str:
    from trialweave.publish.terms.views import MENU

    return _one(asked, MENU, "list of terms") if asked.strip() else ""


def _roles(asked: Sequence[str]) -> tuple[str, ...]:
    from trialweave.model.annotation import ROLES

    return tuple(_one(each, ROLES, "role") for each in asked)


def _assertions(asked: Sequence[str]) -> tuple[str, ...]:
    from trialweave.publish.terms.counted import ASSERTIONS

    return tuple(_one(each, ASSERTIONS, "assertion") for each in asked)


def _one(asked: str, known: Collection[str], what: str) -> str:
    """The one that is asked for, in any case. Raises NotFound, naming all."""
    found = [each for each in known if each.casefold() == asked.strip().casefold()]
    if not found:
        raise NotFound(
            f"there is no {what} {asked!r}.", next_step=f"There are: {', '.join(known)}."
        )
    return found[0]
