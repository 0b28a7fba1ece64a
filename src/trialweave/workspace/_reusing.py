"""The operation about what records of different studies have in common."""

from __future__ import annotations

from trialweave.publish.reuse import ReuseView, reuse_of
from trialweave.workspace._base import Base

__all__ = ["Reusing"]


class Reusing(Base):
    """Text and figures that stand in two studies."""

    def reuse(
        self,
        identifier: str = "",
        *,
        kind: str = "",
        explained: bool = False,
        limit: int = 100,
        offset: int = 0,
    ) -> ReuseView:
        """Text, or results, that records of two different studies share, pair by pair.

        `identifier` asks for one study, all where empty; `kind` is "text" or "results", both where
        empty. Pairs with an explanation (one sponsor, one programme, perhaps one trial …) are told
        where `explained` asks for them. `limit` is cut to 1,000. Raises NotFound where there is no
        such study or kind.
        """
        return reuse_of(self._state(), identifier, kind, explained, limit, offset)
