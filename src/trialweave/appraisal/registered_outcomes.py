"""registered-primary-outcome: registered primary outcomes in later versions and in reports."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from trialweave.appraisal._context import Context, record_check
from trialweave.appraisal._outcomes import best_match, match, other_time
from trialweave.appraisal._registered import (
    Said,
    called,
    ordered,
    outcome_text,
    registrations,
    reports,
)
from trialweave.model import Attempt, Check, Record, Verdict
from trialweave.records.history import changes

RULE = "registered-primary-outcome"

_MOST = 30  # outcomes of one list that are compared
_SHOWN = 160  # characters of an outcome that a statement repeats
_INNOCENT = (
    "the same outcome may be worded in another way",
    "a change may be told and justified in the article, the protocol or an amendment",
)


def check(context: Context) -> Iterator[Check]:
    """Compare the primary outcomes of a registration with its earlier versions and with reports.

    Each registered primary outcome is kept, reported as secondary, not reported, or it cannot be
    told; each outcome that a report calls primary is registered as primary, as secondary, not
    registered, or it cannot be told. Compared is what was registered last before the start, where
    that version is at hand. A difference is a note; a change of the registration itself that was
    surely made after the primary completion is a flag.
    """
    for record in registrations(context):
        versions = ordered(context, record)
        for before, after in itertools.pairwise(versions):
            yield from _versions(before, after, context)
        basis = _before_start(versions)
        for report in reports(context):
            yield from _report(basis, report, context)


def _primary(record: Record) -> list[str]:
    return [outcome_text(o) for o in (record.about.primary_outcomes.content or ())[:_MOST]]


def _secondary(record: Record) -> list[str]:
    about = record.about
    found = [*(about.secondary_outcomes.content or ()), *(about.other_outcomes.content or ())]
    return [outcome_text(o) for o in found[:_MOST]]


def _before_start(versions: Sequence[Record]) -> Record:
    """The last version of before the start, where one is at hand; else the earliest."""
    start = versions[-1].about.start_date.content
    early = [
        each for each in versions
        if start is not None and each.stated is not None and each.stated.latest <= start.latest
    ]  # fmt: skip
    return early[-1] if early else versions[0]


def _short(text: str) -> str:
    text = " ".join(text.split())
    return f"“{text[:_SHOWN]}…”" if len(text) > _SHOWN else f"“{text}”"


def _versions(before: Record, after: Record, context: Context) -> Iterator[Check]:
    """Whether the primary outcomes of a registration changed between two versions."""
    old, new = _primary(before), _primary(after)
    if not old or not new or [o.split() for o in old] == [n.split() for n in new]:
        return
    lines = [(_fate(text, new, _secondary(after)), text) for text in old]
    added = [(text, best_match(text, old)) for text in new]
    gone = [f"{_short(text)} {fate}" for fate, text in lines if fate not in ("kept", "unclear")]
    come = [
        f"{_short(text)} {_origin(text, _secondary(before))}"
        for text, fate in added
        if fate == "different"
    ]
    times = _times(old, new)
    told = [*gone, *come, *times]
    unclear = any(fate == "unclear" for fate, _ in lines) or any(f == "unclear" for _, f in added)
    when, after_end = _when(before, after)
    head = f"The registered primary outcomes changed{when}"
    attempts = [
        Attempt("earlier version", "; ".join(map(_short, old)), f"version {before.version}", True),
        Attempt("later version", "; ".join(map(_short, new)), f"version {after.version}", not told),
    ]
    passages = [after.about.primary_outcomes.passage]
    part = f"{before.version}-{after.version}"
    if told:
        verdict: Verdict = "flag" if after_end and (gone or come) else "note"
        yield record_check(
            RULE, context, after.record_id, verdict, f"{head}: {'; '.join(told)}.", part=part,
            attempts=attempts, innocent=_INNOCENT, passages=passages,
        )  # fmt: skip
    elif unclear:
        yield record_check(
            RULE, context, after.record_id, "cannot check", f"{head}.", part=part,
            attempts=attempts, not_checkable="Whether the wordings name the same outcomes cannot "
            "be told.", passages=passages,
        )  # fmt: skip
    else:
        yield record_check(
            RULE, context, after.record_id, "consistent",
            f"The registered primary outcomes were reworded{when}, and are the same.",
            part=part, attempts=attempts, passages=passages,
        )  # fmt: skip


def _when(before: Record, after: Record) -> tuple[str, bool]:
    """Between which versions a change was made, and whether surely after the primary completion.

    The change was made at some time between the two; what is told of the later version's day is
    relative to the trial's start and completion as in `records.history`.
    """
    if before.stated is None or after.stated is None:
        return f" between versions {before.version} and {after.version}", False
    found = changes(before, after, after.stated.earliest)
    relative = next((c.relative for c in found if c.concept == "primary_outcomes"), ())
    edge = after.about.primary_completion_date
    kind = after.about.primary_completion_date_type
    surely = (
        edge.content is not None
        and kind.content != "estimated"
        and before.stated.earliest > edge.content.latest
    )
    text = f" between the versions of {before.stated} and {after.stated}"
    if relative:
        text += f" (the later is {', '.join(relative)})"
    return text, surely


def _origin(text: str, secondary: Sequence[str]) -> str:
    known = best_match(text, list(secondary)) if secondary else "different"
    return "was a secondary outcome before" if known == "same" else "was added"


def _fate(text: str, primary: Sequence[str], secondary: Sequence[str]) -> str:
    """What became of an outcome among those of a later statement."""
    among = best_match(text, list(primary))
    if among == "same":
        return "kept"
    if among == "unclear":
        return "unclear"
    beside = best_match(text, list(secondary)) if secondary else "different"
    if beside == "same":
        return "became a secondary outcome"
    return "is no longer among them" if beside == "different" else "unclear"


def _times(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """Time points that changed, of outcomes that have one counterpart each."""
    told = []
    for text in old:
        same = [other for other in new if match(text, other) == "same"]
        if len(same) == 1 and (days := other_time(text, same[0])):
            told.append(f"the time of {_short(text)} changed from {days[0]:g} to {days[1]:g} days")
    return told


def _report(registered: Record, report: Record, context: Context) -> Iterator[Check]:
    """Whether a report's primary outcome is the registered one."""
    primary = _primary(registered)
    stated = called(report, "primary")
    if not primary or not stated:
        return
    reported = [said.text for said in stated]
    fates = [(text, _reported(text, stated, called(report, "secondary"))) for text in primary]
    new = [
        (text, _registered_as(text, primary, _secondary(registered))) for text in reported
    ]  # fmt: skip
    told = [f"registered {_short(text)} {fate}" for text, fate in fates
            if fate not in ("kept", "unclear")]  # fmt: skip
    told += [f"{_short(text)} {fate}" for text, fate in new if fate not in ("kept", "unclear")]
    told += _times(primary, reported) if len(reported) == 1 else []
    kept = all(fate == "kept" for _, fate in fates)
    shown = "; ".join(map(_short, primary))
    attempts = [
        Attempt("registered", shown, f"version {registered.version}", True),
        Attempt("reported", "; ".join(map(_short, reported)), report.record_id, not told),
    ]
    passages = [said.passage for said in stated]
    part = registered.record_id
    if told:
        yield record_check(
            RULE, context, report.record_id, "note",
            f"Primary outcomes registered and reported differ: {'; '.join(told)}.", part=part,
            attempts=attempts, innocent=_INNOCENT, passages=passages,
        )  # fmt: skip
    elif kept:
        yield record_check(
            RULE, context, report.record_id, "consistent",
            f"The registered primary outcome is reported as primary: {shown}.", part=part,
            attempts=attempts, passages=passages,
        )  # fmt: skip
    else:
        yield record_check(
            RULE, context, report.record_id, "cannot check",
            "Primary outcomes registered and reported were not compared.", part=part,
            attempts=attempts, passages=passages,
            not_checkable="Whether the wordings name the same outcome cannot be told.",
        )  # fmt: skip


def _reported(text: str, primary: Sequence[Said], secondary: Sequence[Said]) -> str:
    """What a report makes of a registered primary outcome."""
    among = best_match(text, [said.text for said in primary])
    if among == "same":
        return "kept"
    if among == "different" and secondary:
        beside = best_match(text, [said.text for said in secondary])
        if beside == "same":
            return "is reported as secondary"
    return "unclear"  # sentences name outcomes in part: none is called missing


def _registered_as(text: str, primary: Sequence[str], secondary: Sequence[str]) -> str:
    """What a registration makes of an outcome that a report calls primary."""
    among = best_match(text, list(primary))
    if among in ("same", "unclear"):
        return "kept" if among == "same" else "unclear"
    beside = best_match(text, list(secondary)) if secondary else "different"
    if beside == "same":
        return "is reported as primary and registered as secondary"
    return "is reported as primary and not registered" if beside == "different" else "unclear"
