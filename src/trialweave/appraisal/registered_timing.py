"""registered-timing: whether the trial was registered before, during or after enrolment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator

from trialweave.appraisal._context import Context, record_check
from trialweave.appraisal._registered import registrations
from trialweave.model import Attempt, Check, PartialDate, Record, Verdict
from trialweave.model.identifiers import SCHEMES

RULE = "registered-timing"

_GRACE = 21  # days after the first enrolment (42 CFR 11.24)
_INNOCENT = (
    "an earlier registration of the same trial elsewhere may not be at hand",
    "the registration date may be that of a transfer or of a first publication",
    "the start date may be that of ethics approval or preparation",
)


def check(context: Context) -> Iterator[Check]:
    """Compare the first registration of the study with each registration's start and completion.

    Dates are as precise as stated: "after" is only what is after on every day that they can mean,
    those of every registration.
    Registration up to 21 days after the start, later, and only after the completion are told
    apart; only the last is a flag, unless the record names another registration whose date is not
    at hand. Where the start is a plan it cannot be checked. Observational studies are left out:
    nobody asks for their registration before the start.
    """
    found = registrations(context)
    dated = [(r.about.registration_date.content, r) for r in found]
    known = [(date, record) for date, record in dated if date is not None]
    if not known:
        return
    first, source = min(known, key=lambda item: (item[0].latest, item[1].record_id))
    earliest = min(date.earliest for date, _ in known)
    for record in found:
        start = record.about.start_date.content
        observed = "observational" in (record.about.study_type.content or "").lower()
        if start is not None and not observed:
            dated_ids = {r.record_id for _, r in known}
            yield _one(record, first, source, earliest, start, dated_ids, context)


def _one(
    record: Record,
    first: PartialDate,
    source: Record,
    earliest: dt.date,
    start: PartialDate,
    dated: Collection[str],
    context: Context,
) -> Check:
    about = record.about
    completed = about.completion_date.content or about.primary_completion_date.content
    kind = (
        about.completion_date_type
        if about.completion_date
        else (about.primary_completion_date_type)
    )
    where = "" if source.record_id == record.record_id else f" ({source.record_id})"
    days, most = (earliest - start.latest).days, (first.latest - start.earliest).days
    said = f"Registered {first}{where}; enrolment is stated to start {start}"
    planned = about.start_date_type.content == "estimated"
    passages = [about.registration_date.passage, about.start_date.passage]
    verdict: Verdict = "consistent"
    innocent: tuple[str, ...] = ()
    if first.latest <= start.earliest:
        result = "before the start" if first.latest < start.earliest else "on the day of the start"
        text = f"{said}: {result}."
        if planned:
            text = f"{said}, as planned: {result}."
    elif planned:
        return record_check(
            RULE, context, record.record_id, "cannot check", f"{said}, as planned.",
            not_checkable="The start date is a plan; when enrolment began is not stated.",
            passages=passages,
        )  # fmt: skip
    elif days <= 0:
        return record_check(
            RULE, context, record.record_id, "cannot check", f"{said}.",
            not_checkable="The dates are not precise enough to tell which is earlier.",
            passages=passages,
        )  # fmt: skip
    elif completed is not None and kind.content != "estimated" and earliest > completed.latest:
        others = _elsewhere(record, dated)
        verdict, innocent = ("note" if others else "flag"), _INNOCENT
        result = f"after the completion ({completed})"
        text = f"{said}: {result}."
        if others:
            text += f" The date of another registration that it names ({others}) is not at hand."
        passages.append(
            (
                about.completion_date if about.completion_date else about.primary_completion_date
            ).passage
        )
    else:
        verdict, innocent = "note", _INNOCENT
        least = "at least " if most > days else ""
        result = f"{least}{f'{days} days' if days > 1 else 'a day'} after the start"
        within = ", within the 21 days that the law of the United States allows"
        text = f"{said}: {result}{within if most <= _GRACE else ''}."
    return record_check(
        RULE, context, record.record_id, verdict, text,
        attempts=[
            Attempt(
                "registration less start", f"{first} − {start}", result, verdict == "consistent"
            )
        ],
        innocent=innocent, passages=passages,
    )  # fmt: skip


def _elsewhere(record: Record, dated: Collection[str]) -> str:
    """A registration in another register that the record names and no dated record is; or ""."""
    own = record.about.primary_id.content or record.identifier
    for number in record.about.secondary_ids.content or ():
        scheme, value = SCHEMES.get(number.scheme), number.value.content
        register = scheme is not None and bool(scheme.registry)
        if not value or value == own or not (register or "registry" in number.kind.lower()):
            continue
        if not any(name.endswith(f":{value}") for name in dated):
            return value
    return ""
