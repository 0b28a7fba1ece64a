"""arm-sizes: whether the sizes of the groups add up to the enrolment that records state."""

from __future__ import annotations

from collections.abc import Iterator

from trialweave.appraisal._context import Context
from trialweave.model import Attempt, Check, Verdict

RULE = "arm-sizes"


def check(context: Context) -> Iterator[Check]:
    """Add up the groups that a record's findings show, and compare with each stated enrolment.

    Only where the findings of the record agree on one size for each of two groups. Never a flag:
    analysed groups are often smaller than the enrolment, and plans differ from what happened.
    """
    if not context.totals:
        return
    for record_id in context.study.record_ids:
        whole = context.whole(record_id)
        if whole is None or not _two_groups(context, record_id):
            continue
        total = sum(whole)
        found = [f for f in context.findings if f.record_id == record_id]
        recovered = any(a.n_origin == "recovered" for f in found for a in f.arms)
        how = "recovered from percentages" if recovered else "stated"
        for enrolled, stating in context.totals.items():
            record = context.records[stating]
            kind = record.about.enrollment_type.content
            source = "the record itself" if stating == record_id else stating
            equation = f"{whole[0]} + {whole[1]} = {total}"
            number = f"the enrolment of {enrolled} that {source} states"
            if kind == "estimated":
                number += " as planned"
            verdict: Verdict = "consistent" if total == enrolled else "note"
            relation = (
                "equals" if total == enrolled else "is below" if total < enrolled else "is above"
            )
            yield Check(
                check_id=f"{record_id}:{RULE}:{enrolled}",
                rule=RULE,
                study_id=context.study.study_id,
                record_id=record_id,
                finding_id="",
                verdict=verdict,
                statement=f"Group sizes {how}: {equation}, which {relation} {number}.",
                attempts=(
                    Attempt("sum of group sizes", f"{whole[0]} + {whole[1]}", str(total),
                            total == enrolled),
                ),
                innocent=()
                if total == enrolled
                else (
                    "patients may have left before the analysis",
                    "the enrolment may be a plan, or be of an earlier version of the record",
                ),
                passages=tuple(
                    dict.fromkeys(
                        a.passage for f in found for a in f.arms if a.n and a.passage is not None
                    )
                )[:8],
            )  # fmt: skip


def _two_groups(context: Context, record_id: str) -> bool:
    return all(
        len(finding.arms) <= 2 for finding in context.findings if finding.record_id == record_id
    )
