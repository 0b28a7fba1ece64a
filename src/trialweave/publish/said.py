"""What the views of decisions, corrections and assessments share: rows, agreement, what is cut."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec

from trialweave.model import Correction, Decision, TermDecision
from trialweave.model.assessment import Answer
from trialweave.publish.views import AgreementRow
from trialweave.stats.agreement import kappa
from trialweave.studies.decided import shown_name

__all__ = ["agreement_row", "cut_text", "row_of"]

Row = TypeVar("Row", bound=msgspec.Struct)


def row_of(
    row: type[Row], entry: Answer | Correction | Decision | TermDecision, **more: Any
) -> Row:
    """An entry for people: its fields that `row` has, and of an e-mail address only the name."""
    own = {name for name in row.__struct_fields__ if name not in more and name != "who"}
    fields = {name: getattr(entry, name) for name in own}
    return row(who=shown_name(entry.who), **fields, **more)


def agreement_row(
    one: str, other: str, table: Sequence[Sequence[int]], agreed: int | None = None
) -> AgreementRow:
    """How two reviewers agree, from the table of what both judged (rows the first's categories,
    columns the second's); `agreed` where agreeing asks more than one category."""
    found = kappa(table)
    pairs = sum(map(sum, table))
    same = sum(table[each][each] for each in range(len(table))) if agreed is None else agreed
    return AgreementRow(
        reviewer_a=one,
        reviewer_b=other,
        pairs=pairs,
        agreed=same,
        observed=same / pairs,
        kappa=_defined(found.kappa),
        lower=_defined(found.lower),
        upper=_defined(found.upper),
        note=found.note,
    )


def _defined(number: float) -> float | None:
    return None if math.isnan(number) else number


def cut_text(cut: bytes) -> str:
    """What a crash left of a line, shortened; "" where there is nothing."""
    return cut.rstrip(b"\0").decode("utf-8", "replace")[:400]
