"""The operations on protocols: studies side by side, what they give and measure, exports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from trialweave.workspace._base import Base

if TYPE_CHECKING:
    from trialweave.publish.comparing import (
        ComparisonView,
        EvidenceMapView,
        InterventionsView,
        OutcomesView,
    )
    from trialweave.publish.criteria_export import CriteriaExport

__all__ = ["Comparing"]


class Comparing(Base):
    """What studies give, to whom, and what they measure, side by side."""

    def compare(self, identifiers: Sequence[str]) -> ComparisonView:
        """Put two to twelve studies side by side: product, dose, schedule, design, criteria,
        outcomes; what differs, and what cannot be told. Raises NotFound, InputError."""
        from trialweave.publish.comparing import comparison_view

        return comparison_view(self._state(), identifiers)

    def evidence_map(
        self,
        *,
        product: str = "",
        outcome: str = "",
        design: str = "",
        limit: int = 50,
        offset: int = 0,
    ) -> EvidenceMapView:
        """How many studies give which kind of product, register which family of outcomes, in which
        design; `product`, `outcome` and `design` ask for some cells, and `limit` of their studies
        are listed after `offset`."""
        from trialweave.publish.comparing import evidence_map_view

        state = self._state()
        return evidence_map_view(state, self.root, product, outcome, design, limit, offset)

    def interventions(self, identifier: str) -> InterventionsView:
        """What is given in each arm of a study, as each record tells it: product, dose, route,
        schedule, doses on common scales. Raises NotFound."""
        from trialweave.publish.comparing import interventions_view

        state = self._state()
        return interventions_view(state, state.find(identifier))

    def outcomes(self, identifier: str) -> OutcomesView:
        """The registered outcomes of a study: measure, instrument, time points in days. Raises
        NotFound."""
        from trialweave.publish.comparing import outcomes_view

        state = self._state()
        return outcomes_view(state, state.find(identifier))

    def export_criteria(self, identifier: str, form: str) -> CriteriaExport:
        """The criteria of a study as a file of a form, with what it cannot say: "fhir-r4",
        "fhir-r5", "fhir-r6", "omop", "cql", "csv". Raises NotFound, InputError."""
        from trialweave.publish.criteria_export import criteria_export

        state = self._state()
        return criteria_export(state, state.find(identifier), form)
