"""registered-results: whether results were posted within a year of the primary completion."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from trialweave.appraisal._context import Context, record_check
from trialweave.appraisal._registered import registrations, reports
from trialweave.model import Attempt, Check, Record

RULE = "registered-results"

_YEAR = 366  # days; a leap year is no day late


def check(context: Context) -> Iterator[Check]:
    """Count from the actual primary completion (else completion) to the posting of results.

    A year is what the United States' and the European Union's rules give most trials to which they
    apply (42 CFR 11.44; Regulation (EU) 536/2014, article 37). Whether they apply to a trial is not
    judged: later is a note. Trials without posted results are counted up to the record's own date.
    """
    for record in registrations(context):
        yield from _one(record, context)


def _one(record: Record, context: Context) -> Iterator[Check]:
    about = record.about
    for date, kind in (
        (about.primary_completion_date, about.primary_completion_date_type),
        (about.completion_date, about.completion_date_type),
    ):
        if date.content is not None and kind.content == "actual":
            completed = date
            break
    else:
        return
    assert completed.content is not None
    end = completed.content
    posted = about.results_date.content
    passages = [completed.passage, about.results_date.passage]
    if posted is not None:
        days = (posted.earliest - end.latest).days
        late = days > _YEAR
        text = f"Completed {end}, results posted {posted}"
        text += f": at least {days} days later." if late else "."
        yield record_check(
            RULE, context, record.record_id, "note" if late else "consistent", text,
            attempts=[Attempt("posting less completion", f"{posted} − {end}", f"{days} days",
                              not late)],
            innocent=("a later posting may have been agreed, as before first approval of a "
                      "product", "an article may have told the results before") if late else (),
            passages=passages,
        )  # fmt: skip
        return
    if about.has_results.content is not False and not about.results_date:
        return  # this register does not tell
    seen = _seen(record)
    days = (seen - end.latest).days
    if days <= _YEAR:
        return
    text = (
        f"Completed {end}; on {seen} the registration showed no results, "
        f"at least {days} days later."
    )
    articles = reports(context)
    if articles:
        text += f" An article of the study is at hand ({articles[0].record_id})."
    yield record_check(
        RULE, context, record.record_id, "note", text,
        attempts=[Attempt("record's date less completion", f"{seen} − {end}", f"{days} days",
                          False)],
        innocent=("results may stand in an article, or have been posted since",),
        passages=passages,
    )  # fmt: skip


def _seen(record: Record) -> dt.date:
    """The last day of which the record certainly speaks."""
    return record.stated.earliest if record.stated else record.received_at.date()
