"""sums: whether the groups of a result add up to the total stated beside them."""

from __future__ import annotations

from collections.abc import Iterator

from trialweave.appraisal._context import Context, make
from trialweave.appraisal.counts import problem
from trialweave.model import Attempt, Check, Finding, Verdict

RULE = "sums"


def check(finding: Finding, context: Context) -> Iterator[Check]:
    """Add up counts, and sizes, of the groups beside a total.

    Flagged where the sizes add up to the total's and the counts do not: then no further group can
    explain it. Otherwise a difference is a note.
    """
    if finding.kind != "count" or any(problem(arm) for arm in finding.arms):
        return
    totals = [arm for arm in finding.arms if arm.role == "total"]
    parts = [arm for arm in finding.arms if arm.role in ("treatment", "control")]
    if len(totals) != 1 or len(parts) < 2 or len(parts) + 1 != len(finding.arms):
        return
    (total,) = totals
    stated = [arm for arm in (total, *parts) if arm.events_origin == "stated"]
    if len(stated) != len(finding.arms) or total.events is None:
        return
    events = [arm.events or 0 for arm in parts]
    sizes = [arm.n for arm in parts if arm.n is not None and arm.n_origin == "stated"]
    whole = len(sizes) == len(parts) and total.n_origin == "stated" and sum(sizes) == total.n
    fits = sum(events) == total.events
    shown = " + ".join(str(count) for count in events)
    attempts = [Attempt("sum of the counts", shown, f"{sum(events)} (stated {total.events})", fits)]
    if sizes:
        added = " + ".join(str(size) for size in sizes)
        attempts.append(
            Attempt("sum of the sizes", added, f"{sum(sizes)} (stated {total.n})", whole)
        )
    verdict: Verdict = "consistent" if fits else "flag" if whole else "note"
    text = f"{finding.outcome}: {shown} is {sum(events)}, and the total is stated as {total.events}"
    if not fits and not whole:
        text += "; the total may include other groups"
    yield make(
        RULE, context, finding, verdict, text + ".", attempts=attempts,
        innocent=() if fits else (
            "events may have been counted instead of patients",
            "the total may be of other patients, another time or other groups",
        ),
        passages=[arm.passage for arm in finding.arms],
    )  # fmt: skip
