"""Whether a study was registered before its first participant, as its registrations' dates tell.

The comparison itself is that of the check registered-timing; here its answers for a study's
registrations become one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from trialweave.model import Record, Study

__all__ = ["Registered", "registered"]

_RULE: Final = "registered-timing"


class Registered(NamedTuple):
    """When, and what the check says; "" where it cannot be told."""

    when: Literal["before enrolment", "after enrolment began", ""]
    why: str


def registered(study: Study, records: Sequence[Record]) -> Registered:
    """Compare the dates of a study's registrations; `records` are the current ones.

    Registration on the day of the start counts as before, as the editors of medical journals ask
    for it "at or before" enrolment (ICMJE). Where registrations differ in what their dates tell,
    nothing is told.
    """
    from trialweave.appraisal import appraise

    held = {record.record_id: record for record in records}
    checks = appraise(study, held, (), only={_RULE})
    told = {check.verdict == "consistent" for check in checks if check.verdict != "cannot check"}
    said = " ".join(check.statement for check in checks)
    if told == {True}:
        return Registered("before enrolment", said)
    if told == {False}:
        return Registered("after enrolment began", said)
    if told:
        return Registered("", f"its registrations' dates differ: {said}")
    return Registered("", said or "the date of registration or of the start is not told")
