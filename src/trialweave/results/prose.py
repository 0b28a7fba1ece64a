"""Findings out of the running text of a publication or of a page that retells one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from trialweave.model import ArmResult, Finding, Passage, Record, Role
from trialweave.results.comparisons import Reading, read_shares
from trialweave.results.continuous_comparisons import Measured, read_measured
from trialweave.results.continuous_findings import measured_finding, outside_its_interval
from trialweave.results.counts import Share
from trialweave.results.effect_statements import Stated, read_effects
from trialweave.results.families import is_estimate, time_days
from trialweave.results.prose_context import Context, context_of
from trialweave.results.prose_parts import introduced_part, population
from trialweave.results.recover import complete
from trialweave.results.sentences import Sentence, result_sentences
from trialweave.results.sizes import StatedSizes
from trialweave.results.view import SentenceView
from trialweave.results.zeros import Nothing, read_nothing
from trialweave.results.zeros_everywhere import compared_groups, nowhere_findings

__all__ = ["findings_in_text", "prose_findings"]

RULE = "results-sentence/1"
ZERO_RULE = "results-none/1"
EFFECT_RULE = "results-effect/1"

_OUTSIDE = "the effect as printed stands outside its interval"

_DANGLING = re.compile(r"(?:[\s,;:.)\]]|(?:and|but|while|whereas|with)\s){1,20}", re.IGNORECASE)
_IN_EVERY = re.compile(
    r"\b(?:[Nn]o|[Nn]one|[Nn]either)\b.{3,200}\b(?:groups?|arms?|study|trial|period|up)\b"
)
_OF_THE_START = re.compile(
    r"\b(?:baseline|demographics?|characteristics|enrol\w+|recruitment|flow)\b", re.IGNORECASE
)


def prose_findings(record: Record, tables: Sequence[Finding] = ()) -> list[Finding]:
    """The findings that the sections of a record's publication state, in order, without ids.

    `tables` are findings of the record's tables: they tell sizes of groups that the text names
    without, and what the spread of a mean is that the text repeats.
    """
    publication = record.publication
    if publication is None or not publication.sections:
        return []
    texts: list[tuple[str, str, Passage | None, bool]] = []
    bodies: list[str] = []
    for section in publication.sections.content or ():
        value = section.text
        text = value.raw if value.raw is not None else value.content
        if not text:
            continue
        bodies.append(text)
        if _OF_THE_START.search(section.heading or section.label):
            continue
        passage = value.passage
        exact = passage is not None and passage.start >= 0
        exact = exact and passage is not None and passage.end - passage.start == len(text)
        texts.append((section.label, text, passage, exact))
    context = context_of(record, bodies, tables)
    found: list[Finding] = []
    places: list[tuple[int, Sentence, int, Passage | None]] = []
    for label, text, passage, exact in texts:
        for sentence in result_sentences(label, text):
            offset = passage.start + sentence.start if exact and passage is not None else -1
            found += findings_in_text(sentence, offset, context, whole=passage)
            if _IN_EVERY.search(sentence.text):
                places.append((len(found), sentence, offset, passage))
    groups = compared_groups([*tables, *found])
    for at, sentence, offset, passage in reversed(places) if groups else ():
        found[at:at] = nowhere_findings(sentence, groups, offset, passage)
    return list(complete(_without_repeats(found), context.sizes.by_role, named=context.names.sizes))


def findings_in_text(
    sentence: Sentence,
    offset: int,
    context: Context,
    *,
    whole: Passage | None = None,
) -> list[Finding]:
    """The findings of one sentence that starts at `offset` of the received text.

    With an offset of -1 nothing is known of the place, and `whole` stands for all passages.
    """
    low = " " + sentence.text.lower()
    if not any(map(str.isdigit, low)) and " no" not in low and "without" not in low:
        return []
    view = SentenceView(
        sentence.text, offset, context.product, context.names, slashed=context.slashed
    )
    part = introduced_part(view, context.told)
    found = [
        _finding(reading, sentence, offset, context.single, whole, part)
        for reading in read_shares(view)
    ]
    for measured in read_measured(view, context.declared):
        found.append(_measured(measured, sentence, offset, context, whole, part))
    start = max(offset, 0)
    taken = [f.effect.passage.start - start for f in found if f.effect and f.effect.passage]
    if offset >= 0 or not any(f.effect for f in found):
        for stated in read_effects(view, taken):
            found.append(_stated(stated, sentence, offset, whole, part))
    families = {finding.family for finding in found}
    for nothing in read_nothing(sentence.text, context.product):
        if nothing.family not in families:
            found.append(_none(nothing, sentence, offset, context.sizes, context.single, whole))
    return found


def _stated(
    stated: Stated, sentence: Sentence, offset: int, whole: Passage | None, part: str
) -> Finding:
    passage = _passage(offset, stated.start, stated.end, whole)
    time, days = _time(sentence.text, stated)
    outside = outside_its_interval(stated.effect)
    return Finding(
        finding_id="",
        record_id="",
        outcome=stated.outcome,
        family=stated.family,
        kind="effect",
        time=time,
        time_days=days,
        population=population(sentence.text, stated.start) or part,
        arms=tuple(ArmResult(label=label, role=role) for label, role in stated.groups),
        p=stated.p,
        effect=stated.effect,
        passage=passage,
        rule=EFFECT_RULE,
        note=_OUTSIDE if outside else "adjusted effect" if stated.effect.adjusted else "",
    )


def _measured(
    measured: Measured,
    sentence: Sentence,
    offset: int,
    context: Context,
    whole: Passage | None,
    part: str,
) -> Finding:
    return measured_finding(
        measured,
        lambda start, end: _passage(offset, start, end, whole),
        time=_time(sentence.text, measured),
        span=_quoted(sentence.text, measured, offset),
        population=population(sentence.text[: measured.end], measured.start) or part,
        by_name=context.measured,
        by_role=context.measured_by_role,
        tables=context.tables,
        crossover=context.crossover,
    )


def _passage(offset: int, start: int, end: int, whole: Passage | None) -> Passage | None:
    return Passage(offset + start, offset + end) if offset >= 0 else whole


def _arm(
    share: Share, label: str, role: Role, passage: Passage | None, *, single: bool
) -> ArmResult:
    return ArmResult(
        label=label,
        role="single" if single and role in ("unknown", "total", "treatment") else role,
        events=share.events,
        n=share.n,
        percent=share.percent,
        events_origin="stated" if share.events is not None else "",
        n_origin="stated" if share.n is not None else "",
        passage=passage,
    )


def _finding(
    reading: Reading,
    sentence: Sentence,
    offset: int,
    single: bool,
    whole: Passage | None,
    part: str,
) -> Finding:
    alone = single and len(reading.arms) == 1 and not reading.arms[0][1]
    arms = tuple(
        _arm(share, label, role, _passage(offset, *span, whole), single=alone)
        for (share, label, role), span in zip(reading.arms, reading.spans, strict=True)
    )
    time, days = _time(sentence.text, reading)
    start, end = _quoted(sentence.text, reading, offset)
    return Finding(
        finding_id="",
        record_id="",
        outcome=reading.outcome,
        family=reading.family,
        time=time,
        time_days=days,
        population=population(sentence.text[: reading.end], reading.start) or part,
        arms=arms,
        p=reading.p,
        effect=reading.effect,
        passage=_passage(offset, start, end, whole),
        rule=RULE,
        note=_note(sentence.text, reading),
    )


def _note(text: str, reading: Reading) -> str:
    if is_estimate(text):
        return "Kaplan-Meier estimate"
    if reading.effect is None:
        return ""
    if outside_its_interval(reading.effect):
        return _OUTSIDE
    return "adjusted effect" if reading.effect.adjusted else ""


def _quoted(text: str, reading: Reading | Measured, offset: int) -> tuple[int, int]:
    """The characters of the sentence that say it: all numbers cited, without a dangling start."""
    cited = [part.passage for part in (reading.p, reading.effect) if part and part.passage]
    end = max([reading.end, *(passage.end - max(offset, 0) for passage in cited)])
    while end < len(text) and text[end] in ")]":
        end += 1
    lead = _DANGLING.match(text, reading.start)
    start = lead.end() if lead else reading.start
    return (start, end) if start < end else (reading.start, end)


def _time(text: str, reading: Reading | Measured | Stated) -> tuple[str, float | None]:
    """The time that the finding's own words name, or the one that its sentence names."""
    introduction = text[: min(reading.start, 150)].partition(",")[0]
    if not re.match(r"(?:in|at|within|by|during|after|over|on)\b", introduction, re.IGNORECASE):
        introduction = ""
    text = _without_numbers(text, reading.spans)
    behind = text[reading.end : reading.end + 60].lstrip(" )].,")
    candidates = [text[reading.start : reading.end], reading.outcome, introduction]
    if re.match(r"(?:at|within|by|after|during|on)\b", behind):
        candidates.append(behind)
    for words in candidates:
        days = time_days(words)
        if days is not None:
            return f"{days:g} days", days
    return "", None


def _without_numbers(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with the results themselves blotted out: "5.4 days" is no time point."""
    for start, end in spans:
        text = text[:start] + "_" * (end - start) + text[end:]
    return text


def _none(
    nothing: Nothing,
    sentence: Sentence,
    offset: int,
    sizes: StatedSizes | None,
    single: bool,
    whole: Passage | None,
) -> Finding:
    role: Role = nothing.role
    n, origin, recovery = nothing.n, "stated" if nothing.n else "", ""
    if single and role in ("unknown", "treatment"):
        role = "single"
    elif role == "unknown":
        role = "total"
    if n is None and sizes is not None and sizes.total and role in ("single", "total"):
        n, origin = sizes.total, "recovered"
        recovery = f"the record states {sizes.total} patients in all"
    passage = _passage(offset, nothing.start, nothing.end, whole)
    days = time_days(sentence.text)
    arm = ArmResult(
        label=nothing.label,
        role=role,
        events=0,
        n=n,
        events_origin="stated",
        n_origin="stated" if origin == "stated" else "recovered" if origin else "",
        recovery=recovery,
        passage=passage,
    )
    return Finding(
        finding_id="",
        record_id="",
        outcome=nothing.outcome,
        family=nothing.family,
        time=f"{days:g} days" if days is not None else "",
        time_days=days,
        arms=(arm,),
        passage=passage,
        rule=ZERO_RULE,
    )


def _without_repeats(findings: Iterable[Finding]) -> list[Finding]:
    """One of those that say the same of the same groups; the one with more said is kept."""
    kept: dict[tuple[object, ...], Finding] = {}
    for finding in findings:
        key = (
            finding.kind,
            finding.family or finding.outcome.lower(),
            finding.effect.estimate if finding.kind == "effect" and finding.effect else "",
            tuple(
                (arm.role, arm.label, arm.mean, arm.median)
                if finding.kind == "continuous"
                else (arm.role, arm.events, arm.percent)
                for arm in finding.arms
            ),
        )
        other = kept.get(key)
        if other is None:
            kept[key] = finding
        elif other.time_days != finding.time_days and None not in (
            other.time_days,
            finding.time_days,
        ):
            kept[(*key, finding.time_days)] = finding
        elif _said(finding) > _said(other):
            kept[key] = finding
    return list(kept.values())


def _said(finding: Finding) -> int:
    sizes = sum(arm.n is not None for arm in finding.arms)
    return sizes + (finding.p is not None) + (finding.effect is not None)
