"""percent-attainable: whether a printed percentage is that of a whole number of patients."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trialweave.appraisal._context import (
    Context,
    make,
    off_share,
    percent_digits,
    share,
    valid_percent,
)
from trialweave.appraisal.counts import problem
from trialweave.model import ArmResult, Attempt, Check, Finding, Verdict
from trialweave.results.families import counts_events, is_estimate
from trialweave.stats.rounding import (
    LARGEST_SIZE,
    PossibleCount,
    counts_for_percent,
    nearest_counts,
    sizes_for_percent,
)

RULE = "percent-attainable"

_MISSING = 0.2  # up to this share of a group may lack the outcome before a size is implausible
_LARGEST = 20_000  # patients; above this a count beside a percentage tells no size
_MOST_SIZES = 10_000  # smaller groups that are tried
_MANY = 5  # that differ one way: the sign test's one-sided P is 1/32, and below 5% from here on
_ESTIMATED = re.compile(
    r"\bkaplan|\blife[- ]table|\bactuarial|\bcumulative incidence", re.IGNORECASE
)
_TIMED = frozenset({"survival", "mortality"})


def check(finding: Finding, context: Context) -> Iterator[Check]:
    """Compare each printed percentage with its count and size, or with the size alone.

    The percentage must be that of a whole number of the group's patients, brought to the printed
    decimals by rounding; cutting off and rounding up are weaker ways, and noted. Percentages of
    everybody, whose denominator is not stated, are never flagged, and Kaplan-Meier estimates are
    not looked at.
    """
    said = f"{finding.outcome} {finding.note}"
    if finding.kind != "count" or counts_events(said):
        return
    estimated = is_estimate(said)
    for position, arm in enumerate(finding.arms):
        if not valid_percent(arm.percent) or problem(arm) or (arm.n or 0) > LARGEST_SIZE:
            continue
        if estimated and arm.events is None:
            continue
        part = str(position)
        if arm.role == "total":
            yield from _of_all(finding, arm, part, context)
        elif arm.n:
            if arm.events is not None and arm.events_origin == "stated":
                yield _counted(finding, arm, part, context)
            else:
                yield _of_size(finding, arm, part, context)
        elif arm.events:
            yield from _without_size(finding, arm, part, context)


def _denominators(finding: Finding, arm: ArmResult, context: Context) -> dict[int, str]:
    """Other numbers of patients that the study's records hold, and whose they are."""
    found: dict[int, str] = {}
    others = [a for a in finding.arms if a is not arm and a.n]
    for other in others:
        if other.n and 0 < other.n <= LARGEST_SIZE:
            found.setdefault(other.n, "the size of the other group")
    sizes = [a.n for a in finding.arms if a.n]
    if len(sizes) == len(finding.arms) and len(sizes) > 1 and sum(sizes) <= LARGEST_SIZE:
        found.setdefault(sum(sizes), "all groups together")
    for size in context.other_sizes(finding.record_id, arm.role):
        found.setdefault(size, "the group's size in another result")
    for total in context.totals:
        found.setdefault(total, "the enrolment")
    if arm.n:
        found.pop(arm.n, None)
    return found


def _how(found: PossibleCount) -> str:
    if found.how == "cut off":
        return "reachable only by cutting off"
    if found.how == "rounded up":
        return "reachable only by rounding up"
    return "which rounds to it"


def _tried(
    finding: Finding, arm: ArmResult, context: Context, events: int | None
) -> tuple[list[Attempt], list[str]]:
    """The percentage over other denominators: attempts, and sentences on those that fit."""
    attempts: list[Attempt] = []
    sentences: list[str] = []
    digits = percent_digits(arm.percent)
    for size, whose in _denominators(finding, arm, context).items():
        fitting = [
            c for c in counts_for_percent(arm.percent, size) if events is None or c.count == events
        ]
        if fitting:
            best = fitting[0]
            result = share(best.count, size, digits)
            sentences.append(f"With {size} ({whose}): {result}, {_how(best)}.")
            attempts.append(Attempt("other denominator", f"{whose}: {size}", result, True))
        elif events is not None and events <= size:
            result = share(events, size, digits)
            attempts.append(Attempt("other denominator", f"{whose}: {size}", result, False))
        else:
            below, above = nearest_counts(arm.percent, size)
            result = ", ".join(share(x, size, digits) for x in dict.fromkeys((below, above)))
            attempts.append(Attempt("other denominator", f"{whose}: {size}", result, False))
    return attempts, sentences


def _innocent(finding: Finding) -> tuple[str, ...]:
    reasons = [
        "patients without the outcome may be left out of the denominator",
        "the percentage may be weighted, imputed or estimated by a model",
        "a digit may be misprinted",
    ]
    if finding.family in _TIMED:
        reasons.insert(1, "the percentage may be a Kaplan-Meier estimate")
    return tuple(reasons)


def _counted(finding: Finding, arm: ArmResult, part: str, context: Context) -> Check:
    """A count, its size and a percentage, all printed, or the size determined by the others."""
    assert arm.events is not None
    assert arm.n
    digits = percent_digits(arm.percent)
    own = share(arm.events, arm.n, digits)
    fitting = [c for c in counts_for_percent(arm.percent, arm.n) if c.count == arm.events]
    attempts = [Attempt("share", f"{arm.events}/{arm.n}", own, bool(fitting))]
    if fitting:
        best = fitting[0]
        verdict: Verdict = "note" if best.how in ("cut off", "rounded up") else "consistent"
        text = f"{arm.events} ({arm.percent}%): {own}"
        if verdict == "note":
            text += f"; {arm.percent}% is {_how(best)}"
        elif arm.n_origin == "recovered" and "no other number" in arm.recovery:
            text += f", and no other number of patients gives {arm.percent}%"
        return make(
            RULE, context, finding, verdict, text + ".", part=part, attempts=attempts,
            passages=(arm.passage,),
        )  # fmt: skip
    tried, sentences = _tried(finding, arm, context, arm.events)
    for c in counts_for_percent(arm.percent, arm.n)[:1]:
        fits = share(c.count, arm.n, digits)
        sentences.insert(0, f"With the same size: {fits}, {_how(c)}.")
        attempts.append(Attempt("other count", f"of {arm.n}", fits, True))
    text = f"{arm.events} of {arm.n} is printed as {arm.percent}%, and {own}."
    why = _throughout(finding, arm, context)
    if why:
        sentences.append(why)
    return make(
        RULE, context, finding, "note" if why else "flag", " ".join([text, *sentences]), part=part,
        attempts=[*attempts, *tried], innocent=_innocent(finding), passages=(arm.passage,),
    )  # fmt: skip


def _throughout(finding: Finding, arm: ArmResult, context: Context) -> str:
    """Why a percentage off its share is one of many, or of another kind; "" where it is not.

    Who is not followed to the end counts as without the event in the share, and not at all in a
    Kaplan-Meier estimate: that of events lies above the share, that of survival below it.
    """
    side = off_share(arm)
    where = -1 if finding.family == "survival" else 1
    if side == where and context.says(finding.record_id, _ESTIMATED):
        told = "above" if where > 0 else "below"
        return f"The record tells of Kaplan-Meier estimates, which may lie {told} the share."
    differing, above = context.shifted.get(finding.record_id, (0, 0))
    if side > 0 and differing >= _MANY and above == differing:
        return f"So are all {differing} that differ in this record: other denominators are likely."
    return ""


def _of_size(finding: Finding, arm: ArmResult, part: str, context: Context) -> Check:
    """A percentage of a group whose size is known, without a printed count."""
    assert arm.n
    digits = percent_digits(arm.percent)
    found = counts_for_percent(arm.percent, arm.n)
    rounded = [c for c in found if c.how in ("rounded", "rounded half to even")]
    attempts = [
        Attempt("share", f"{c.count}/{arm.n}", f"{share(c.count, arm.n, digits)}, {_how(c)}", True)
        for c in found[:4]
    ]
    if rounded:
        which = " or ".join(share(c.count, arm.n, digits) for c in rounded[:3])
        text = f"{arm.percent}% of {arm.n} patients: {which}."
        if len(rounded) > 3:
            text = f"{arm.percent}% fits {len(rounded)} different counts of {arm.n} patients."
        return make(
            RULE, context, finding, "consistent", text, part=part, attempts=attempts,
            passages=(arm.passage,),
        )  # fmt: skip
    if found:
        text = f"{arm.percent}% of {arm.n} patients: {share(found[0].count, arm.n, digits)}, "
        return make(
            RULE, context, finding, "note", f"{text}{_how(found[0])}.", part=part,
            attempts=attempts, passages=(arm.passage,),
        )  # fmt: skip
    nearest = dict.fromkeys(nearest_counts(arm.percent, arm.n))
    near = ", ".join(share(count, arm.n, digits) for count in nearest)
    attempts = [
        Attempt("nearest share", f"{count}/{arm.n}", share(count, arm.n, digits), False)
        for count in nearest
    ]
    tried, sentences = _tried(finding, arm, context, None)
    text = f"{arm.percent}% cannot occur with {arm.n} patients: {near}."
    smaller = _smaller(arm)
    if smaller:
        sentences.append(f"With patients left out: {smaller}.")
        attempts.append(Attempt("fewer patients", f"of {arm.n}", smaller, True))
    verdict: Verdict = "flag" if _size_certain(finding, arm, context) else "note"
    if smaller and not _stated_here(arm):
        verdict = "note"
    return make(
        RULE, context, finding, verdict, " ".join([text, *sentences]), part=part,
        attempts=[*attempts, *tried], innocent=_innocent(finding), passages=(arm.passage,),
    )  # fmt: skip


def _stated_here(arm: ArmResult) -> bool:
    """Whether the size stands beside the percentage itself."""
    return arm.n_origin == "stated" and not arm.recovery


def _size_certain(finding: Finding, arm: ArmResult, context: Context) -> bool:
    """Whether the size is that of the whole group, as far as the study's records tell.

    A size printed with the percentage is; one that the numbers of another result determine is,
    unless the record's groups together fall short of the enrolment that a record states.
    """
    if _stated_here(arm):
        return True
    whole = context.whole(finding.record_id)
    if whole is None or arm.n not in whole:
        return False
    if not context.totals:
        return True
    return any(sum(whole) >= total for total in context.totals)


def _smaller(arm: ArmResult) -> str:
    """A share of a somewhat smaller group that rounds to the percentage; "" where none does."""
    assert arm.n
    least = max(1, int(arm.n * (1 - _MISSING)), arm.n - _MOST_SIZES)
    for size in range(arm.n - 1, least - 1, -1):
        for c in counts_for_percent(arm.percent, size):
            if c.how in ("rounded", "rounded half to even"):
                return share(c.count, size, percent_digits(arm.percent))
    return ""


def _without_size(finding: Finding, arm: ArmResult, part: str, context: Context) -> Iterator[Check]:
    """A count and a percentage that fit many sizes, or none.

    In groups of many thousands every count fits nearly every percentage: nothing is said there.
    """
    assert arm.events
    printed = float(arm.percent)
    middle = round(100 * arm.events / printed) if printed > 0 else _LARGEST + 1
    if middle > _LARGEST:
        return
    sizes = sizes_for_percent(arm.events, arm.percent, 2 * _LARGEST)
    if sizes:
        attempt = Attempt(
            "sizes that fit", f"{arm.events} ({arm.percent}%)", f"{sizes[0]} to {sizes[-1]}", True
        )
        text = f"{arm.events} ({arm.percent}%) fits groups of {sizes[0]} to {sizes[-1]} patients."
        yield make(
            RULE, context, finding, "consistent", text, part=part, attempts=[attempt],
            passages=(arm.passage,),
        )  # fmt: skip
        return
    near = [n for n in range(max(arm.events, middle - 2), middle + 3) if n > 0]
    digits = percent_digits(arm.percent)
    weak = [
        (n, c) for n in near for c in counts_for_percent(arm.percent, n) if c.count == arm.events
    ]
    attempts = [
        Attempt(
            "share", f"{arm.events}/{n}", share(arm.events, n, digits), any(n == m for m, _ in weak)
        )
        for n in near
    ]
    shares = ", ".join(share(arm.events, n, digits) for n in near if abs(n - middle) <= 1)
    if weak:
        n, best = weak[0]
        text = (
            f"{arm.events} ({arm.percent}%) fits no group by rounding; "
            f"{share(arm.events, n, digits)}, {_how(best)}."
        )
        yield make(
            RULE, context, finding, "note", text, part=part, attempts=attempts,
            passages=(arm.passage,),
        )  # fmt: skip
        return
    text = f"{arm.events} is {arm.percent}% of no whole number of patients: {shares}."
    yield make(
        RULE, context, finding, "flag", text, part=part, attempts=attempts,
        innocent=_innocent(finding), passages=(arm.passage,),
    )  # fmt: skip


def _of_all(finding: Finding, arm: ArmResult, part: str, context: Context) -> Iterator[Check]:
    """A percentage of patients in general: which of the known numbers it can be of."""
    known: dict[int, str] = {}
    whole = context.whole(finding.record_id)
    if whole is not None:
        known[sum(whole)] = "both groups together"
        known.setdefault(whole[0], "the treated group")
        known.setdefault(whole[1], "the control group")
    for total in context.totals:
        known.setdefault(total, "the enrolment")
    if not known:
        return
    digits = percent_digits(arm.percent)
    attempts: list[Attempt] = []
    sentences: list[str] = []
    for size, whose in known.items():
        rounded = [
            c
            for c in counts_for_percent(arm.percent, size)
            if c.how in ("rounded", "rounded half to even")
        ]
        counts = [c.count for c in rounded] or list(
            dict.fromkeys(nearest_counts(arm.percent, size))
        )
        result = ", ".join(share(count, size, digits) for count in counts[:3])
        attempts.append(Attempt("denominator", f"{whose}: {size}", result, bool(rounded)))
        verb = "fits" if rounded else "does not fit"
        sentences.append(f"{verb} {size}, {whose} ({result})")
    text = f"{arm.percent}% is printed without saying of how many. It {'; it '.join(sentences)}."
    yield make(
        RULE, context, finding, "note", text, part=part, attempts=attempts,
        not_checkable="The record does not say of how many patients the percentage is.",
        passages=(arm.passage,),
    )  # fmt: skip
