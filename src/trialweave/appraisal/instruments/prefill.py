"""Suggestions for a form: what is known already, with its reason and where it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec

from trialweave.appraisal.instruments._known import Known, of_leaf, stated
from trialweave.appraisal.instruments._prefill_inspect_sr import inspect_sr
from trialweave.appraisal.instruments._prefill_rob2 import rob2
from trialweave.model.assessment import Evidence, Instrument, Prefilled
from trialweave.records.concepts import leaves
from trialweave.records.preference import side_of

__all__ = ["Known", "cautions", "prefilled"]

_FILLERS: Final[Mapping[str, Callable[[Known], Iterator[Prefilled]]]] = {
    "inspect-sr": inspect_sr,
    "rob2": rob2,
}


def prefilled(instrument: Instrument, known: Known) -> tuple[Prefilled, ...]:
    """What is known that bears on an instrument's questions, in their order.

    Pure: follows from what is known alone. A suggestion is never a judgement of a domain, and is
    one of the answers that its question may have. Each address of its evidence is one that `why`
    answers to.
    """
    found = tuple(_FILLERS[instrument.name](known))
    stands = _addresses(known) if found else frozenset()
    return tuple(_with_addresses(each, stands) for each in found)


def _addresses(known: Known) -> frozenset[str]:
    """All that `why` can be asked of the study."""
    told = {finding.finding_id for finding in known.findings}
    for record in known.records:
        for leaf in leaves(record, tables="in short"):
            told |= {leaf.concept, leaf.address}
    return frozenset(told)


def _with_addresses(found: Prefilled, stands: frozenset[str]) -> Prefilled:
    """A suggestion without addresses at which nothing stands."""
    evidence = tuple(
        each if each.address in stands else msgspec.structs.replace(each, address="")
        for each in found.evidence
    )
    return msgspec.structs.replace(found, evidence=evidence)


def cautions(known: Known) -> tuple[Evidence, ...]:
    """Where a register, a page of one or a reviewer's sheet states that the trial is not
    randomised: both instruments are for those that are."""
    return tuple(
        of_leaf(record, leaf)
        for record in known.records
        if side_of(record) != "article"  # running text may be of another trial
        for leaf in stated(record, "allocation")
        if leaf.value.content in ("non-randomised", "not applicable")
    )
