"""What is known that bears on the signalling questions of RoB 2: suggestions with their passages.

They are read from words that name a method, from registered masking, and from numbers. That words
were not found suggests nothing: the text may say it otherwise, or the article may not be at hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from trialweave.appraisal.instruments._known import (
    DEATHS,
    Known,
    Part,
    found_in,
    joined,
    of_check,
    of_leaf,
    one_of,
    stated,
)
from trialweave.model import Finding, ParticipantFlow, Record
from trialweave.model.assessment import Evidence, Prefilled
from trialweave.records.preference import side_of
from trialweave.results.families import family_of

__all__ = ["rob2"]

_RULE: Final = "prefill.rob2/1"

# Words of which the guidance itself says how to answer (sections on 1.1 and 1.2).
_RANDOM: Final = re.compile(
    r"\bcomputer(?:i[sz]ed|[- ]generated|[- ]based)?,? (?:\w{1,15}[ -]){0,3}random"
    r"|\brandom[- ]numbers? (?:table|generator|generation|list)|\btable of random numbers"
    r"|\bpermuted[- ]blocks?\b|\bblock(?:ed)? randomi[sz]|\brandomi[sz]\w{2,6} in blocks"
    r"|\bminimi[sz]ation (?:method|procedure|algorithm|technique)"
    r"|\b(?:allocat|assign|randomi[sz])\w{1,6}\b[^.;\n]{0,80}\b(?:drawing (?:of )?lots|"
    r"toss(?:ing|ed)? (?:of )?(?:a )?coins?|coin toss|flip(?:ping)? (?:of )?(?:a )?coins?|"
    r"throw(?:ing)? (?:of )?(?:a )?dice|shuffl(?:ed|ing) (?:of )?(?:cards|envelopes))",
    re.IGNORECASE,
)
_NOT_RANDOM: Final = re.compile(
    r"\b(?:allocat|assign|randomi[sz])\w{1,6}\b[^.;\n]{0,100}\b(?:alternately|alternation|"
    r"alternate (?:basis|days|order)|dates? of birth|birth dates?|days? of the week|"
    r"dates? of admission|(?:medical|hospital|chart) record numbers?|odd (?:and|or) even)",
    re.IGNORECASE,
)
_HIDDEN: Final = re.compile(
    r"\bopaque\b[^.;\n]{0,40}\bsealed\b[^.;\n]{0,30}\benvelopes?"
    r"|\bsealed\b[^.;\n]{0,40}\bopaque\b[^.;\n]{0,30}\benvelopes?"
    r"|\bcentrally randomi[sz]|\bcentral(?:i[sz]ed)? (?:(?:web|internet|telephone|phone|computer|"
    r"interactive|online)[- ](?:based )?)?randomi[sz]"
    r"|\binteractive (?:web|voice|phone|telephone)[^.;\n]{0,20}\brespon[sc]e"
    r"|\b(?:IWRS|IVRS|IXRS)\b"
    r"|\b(?:web|internet|telephone)[- ]based randomi[sz]",
    re.IGNORECASE,
)
_SAID_HIDDEN: Final = re.compile(
    r"\b(?:allocation|assignment|sequence)\b[^.;\n]{0,30}\b(?:was|were|remained) "
    r"(?:adequately |fully )?concealed",
    re.IGNORECASE,
)
_NOT_HIDDEN: Final = re.compile(
    r"\b(?:allocation|assignment|sequence)\b[^.;\n]{0,20}\bnot concealed"
    r"|\bopen (?:randomi[sz]ation|allocation) (?:list|schedule)s?"
    r"|\b(?:no|without) (?:allocation )?concealment",
    re.IGNORECASE,
)
_AS_ASSIGNED: Final = re.compile(
    r"\bintention[- ]to[- ]treat|\bintent[- ]to[- ]treat|\bm?ITT\b", re.I
)
_NOT_AS_ASSIGNED: Final = re.compile(r"\b(?:per[- ]protocol|as[- ]treated|on[- ]treatment)\b", re.I)
# Leaving out people without the outcome is fit, people without the treatment is not: for people.
_NARROWED: Final = re.compile(
    r"\bmodified\b|\bmITT\b|\breceiv|\bdos(?:e|es|ed|ing)\b|\bcomplete|\bevaluable\b|\bexclu",
    re.IGNORECASE,
)
_MASKED: Final = {
    "2.1": re.compile(r"\b(?:participant|subject|patient|volunteer)s?\b", re.IGNORECASE),
    "2.2": re.compile(
        r"\bcare ?(?:giver|provider|r)s?\b|\bcarers?\b|\bproviders?\b", re.IGNORECASE
    ),
    "4.3": re.compile(r"\bassess", re.IGNORECASE),
}
# Roles that may be the same people under another name.
_PERHAPS: Final = re.compile(
    r"\binvestigators?\b|\bphysicians?\b|\bdoctors?\b|\bclinicians?\b|\bnurses?\b|\bpersonnel\b"
    r"|\bstaff\b|\bteam\b|\bprovid|\bresearch|\bevaluat|\bobserv|\bexamin",
    re.IGNORECASE,
)
_WHO: Final = {"2.1": "participants", "2.2": "carers", "4.3": "assessors of outcomes"}
_NEARLY_ALL: Final = 0.95  # of a continuous outcome's data; guidance on 3.1


def rob2(known: Known) -> Iterator[Prefilled]:
    """Suggestions in the order of the questions; none where nothing is known."""
    found = [
        *_words("1.1", known, _RANDOM, _NOT_RANDOM),
        *_words("1.2", known, _HIDDEN, _NOT_HIDDEN),
        *_start(known),
        *_masking(known),
        *_analysed(known),
        *_complete(known),
        *_left(known),
        *_deaths(known),
        *_registered(known),
        *_several(known),
    ]
    yield from sorted(found, key=lambda each: each.item)


def _words(
    item: str, known: Known, yes: re.Pattern[str], no: re.Pattern[str]
) -> Iterator[Prefilled]:
    """A method that the texts name; else that the allocation is called concealed, or random, which
    suggests nothing."""
    parts = [
        Part(answer, f"the text names a method that {told}", places)
        for pattern, answer, told in (
            (yes, "PY", "hides it" if item == "1.2" else "is random"),
            (no, "PN", "does not hide it" if item == "1.2" else "is not random"),
        )
        if (places := found_in(known, pattern))
    ]
    if item == "1.2" and (places := found_in(known, _SAID_HIDDEN)):
        # A bare statement speaks against "no", and alone for nothing.
        parts = [part if part.answer == "PY" else part._replace(answer="") for part in parts]
        parts.append(Part("", "the text says that it was concealed", places))
    if not parts and item == "1.1":
        for record in known.records:
            for leaf in stated(record, "allocation"):
                if leaf.value.content == "randomised":
                    reason = "stated to be randomised, which alone does not say how"
                    parts.append(Part("", reason, (of_leaf(record, leaf),)))
    if parts:
        yield joined(item, _RULE, parts)


def _start(known: Known) -> Iterator[Prefilled]:
    parts = [
        Part("", check.statement, (of_check(check, "enrollment"),))
        for check in known.checks
        if check.rule == "arm-sizes"
    ]
    for record in known.records:
        if record.about.baseline.content is not None:
            place = Evidence(record.record_id, "baseline", "the posted characteristics")
            parts.append(Part("", "characteristics at the start are posted", (place,)))
    if parts:
        yield joined("1.3", _RULE, parts)


def _masking(known: Known) -> Iterator[Prefilled]:
    """Who is registered or reported to be masked, record by record; they must agree."""
    for item, pattern in _MASKED.items():
        parts = [part for record in known.records for part in _masked(record, item, pattern)]
        if parts:
            yield joined(item, _RULE, parts)


def _masked(record: Record, item: str, pattern: re.Pattern[str]) -> Iterator[Part]:
    level = record.about.masking.content
    if level is None:
        return
    who = [leaf for leaf in stated(record, "who_masked") if isinstance(leaf.value.content, str)]
    evidence = (*one_of(record, "masking"), *(of_leaf(record, leaf) for leaf in who))
    if side_of(record) == "article":
        # An article's words may be of another trial, of a part of this one, of an analysis.
        yield Part("", f"the text says {level} masking, if it says so of this result", evidence)
    elif level == "none":
        # Of an open trial the end points may still be assessed without knowing.
        answer = "PY" if item == "4.3" else "Y"
        yield Part(answer, "stated to be open: nobody is masked", evidence)
    elif any(pattern.search(leaf.value.content or "") for leaf in who):
        yield Part("PN", f"{_WHO[item]} are among those stated to be masked", evidence)
    elif level == "quadruple" and not who:
        # ClinicalTrials.gov's word for all of its four roles.
        yield Part("PN", "quadruple masking is of all four roles", evidence)
    elif who and item != "2.1" and any(_PERHAPS.search(leaf.value.content or "") for leaf in who):
        reason = f"whether {_WHO[item]} are among those stated to be masked is not plain"
        yield Part("", reason, evidence)
    elif who:
        yield Part("PY", f"{_WHO[item]} are not among those stated to be masked", evidence)
    else:
        yield Part("", f"masking is {level}; who is masked is not stated", evidence)


def _analysed(known: Known) -> Iterator[Prefilled]:
    parts = []
    for finding in known.of_outcome:
        population = finding.population[:2000]
        evidence = (_of(finding, f"{finding.outcome}: {population}"[:300]),)
        both = _NOT_AS_ASSIGNED.search(population) and _AS_ASSIGNED.search(population)
        if both:
            reason = "the population of the result is told in both ways: the passage says how"
            parts.append(Part("", reason, evidence))
        elif _NOT_AS_ASSIGNED.search(population):
            reason = "the population of the result leaves people out by what they received"
            parts.append(Part("PN", reason, evidence))
        elif _AS_ASSIGNED.search(population):
            narrowed = _NARROWED.search(population) is not None
            reason = "the population of the result is of those assigned"
            reason += ", and narrowed: the passage says how" if narrowed else ""
            parts.append(Part("" if narrowed else "PY", reason, evidence))
    if not parts and (places := found_in(known, _AS_ASSIGNED)):
        reason = "the text speaks of an analysis of those assigned; whether this result is of it, "
        parts.append(Part("", reason + "the passage tells", places))
    if parts:
        yield joined("2.6", _RULE, parts)


def _of(finding: Finding, text: str) -> Evidence:
    return Evidence(finding.record_id, finding.finding_id, text, finding.passage)


def _complete(known: Known) -> Iterator[Prefilled]:
    """Sizes of the result's groups against the number who were randomised."""
    randomised = list(_randomised(known.records))
    if not randomised:
        return
    counts = {count for count, _, _ in randomised}
    parts = []
    for finding in known.of_outcome:
        sizes = [arm.n for arm in finding.arms if arm.role != "total" and arm.n_origin == "stated"]
        for count, groups, place in randomised:
            if len(sizes) != groups or None in sizes or len(finding.arms) != groups:
                continue
            evidence = (_of(finding, finding.outcome[:300]), place)
            parts.append(_share(finding, sum(n for n in sizes if n), count, evidence))
    if parts and len(counts) > 1:
        reason = "records state different numbers randomised"
        parts.append(Part("", reason, tuple(place for _, _, place in randomised)))
        parts = [part._replace(answer="") for part in parts]
    if parts:
        yield joined("3.1", _RULE, parts)


def _randomised(records: Sequence[Record]) -> Iterator[tuple[int, int, Evidence]]:
    """How many were randomised into how many groups, as posted flows state it."""
    for record in records:
        flow = record.about.participant_flow.content
        started = _started(flow) if flow is not None else []
        if started:
            text = f"started: {' + '.join(map(str, started))}"
            place = Evidence(record.record_id, "participant_flow", text)
            yield sum(started), len(started), place


def _started(flow: ParticipantFlow) -> list[int]:
    """The groups' numbers at the start of the first period; [] where one is not known."""
    first = next((row.content for row in flow.rows if row.content is not None), None)
    if first is None or first.reason or first.name.casefold() != "started":
        return []
    counts = [cell.count for cell in first.counts]
    known = [count for count in counts if isinstance(count, int)]
    return known if len(known) == len(counts) == len(flow.groups) else []


def _share(finding: Finding, told: int, of: int, evidence: tuple[Evidence, ...]) -> Part:
    said = f"the result is of {told} of {of} who started"
    if told == of:
        return Part("Y", f"{said}; data that were imputed count as missing", evidence)
    if told > of:
        return Part("", f"{said}, which does not agree", evidence)
    said += f" ({100 * told / of:.1f}%)"
    if finding.kind == "continuous" and told >= _NEARLY_ALL * of:
        return Part("PY", f"{said}; of a continuous outcome 95% will often do", evidence)
    events = [arm.events for arm in finding.arms if arm.events is not None]
    if finding.kind == "count" and events:
        said += f", {of - told} missing beside {sum(events)} events"
    return Part("", said, evidence)


def _left(known: Known) -> Iterator[Prefilled]:
    parts = []
    for record in known.records:
        flow = record.about.participant_flow.content
        rows = [row.content for row in flow.rows if row.content is not None] if flow else []
        if any(row.reason for row in rows):
            place = Evidence(record.record_id, "participant_flow", "reasons for leaving, by group")
            parts.append(Part("", "why participants left is posted by group", (place,)))
    if parts:
        yield joined("3.3", _RULE, parts)


def _deaths(known: Known) -> Iterator[Prefilled]:
    """The guidance names death of any cause as an outcome that judgement does not enter into."""
    findings = [finding for finding in known.of_outcome if finding.family in DEATHS]
    if findings:
        reason = "death of any cause is told without judgement"
        places = tuple(_of(finding, finding.outcome[:300]) for finding in findings[:3])
        yield joined("4.4", _RULE, [Part("PN", reason, places)])


def _registered(known: Known) -> Iterator[Prefilled]:
    """What was registered of this outcome, and when; a registration is seldom an analysis plan."""
    family = family_of(known.outcome) or " ".join(known.outcome.split()).casefold()
    meant = DEATHS if family in DEATHS else {family} - {""}
    parts = []
    for record in known.records:
        if record.trial is None or side_of(record) not in ("registry", "page"):
            continue
        for concept in ("primary_outcomes", "secondary_outcomes"):
            places = tuple(
                of_leaf(record, leaf)
                for leaf in stated(record, concept)
                if leaf.address.endswith(".measure")
                and family_of(str(leaf.value.content)[:2000]) in meant
            )
            if places:
                kind = concept.partition("_")[0]
                reason = f"registered as a {kind} outcome"
                parts.append(Part("", reason, (*places, *one_of(record, "registration_date"))))
    parts += [
        Part("", check.statement, (of_check(check, "primary_outcomes"),))
        for check in known.checks
        if check.rule == "registered-primary-outcome" and check.verdict in ("flag", "note")
    ]
    if parts:
        yield joined("5.1", _RULE, parts)


def _several(known: Known) -> Iterator[Prefilled]:
    """Several results of the outcome in one record: other times, other wordings."""
    by_record: dict[str, list[Finding]] = {}
    for finding in known.of_outcome:
        by_record.setdefault(finding.record_id, []).append(finding)
    parts = []
    for record_id, findings in by_record.items():
        told = {(finding.outcome.casefold(), finding.time.casefold()) for finding in findings}
        if len(told) > 1:
            places = tuple(
                _of(finding, f"{finding.outcome} {finding.time}".strip()[:300])
                for finding in findings
            )
            reason = f"{record_id} states {len(told)} results of this outcome"
            parts.append(Part("", reason, places))
    if parts:
        yield joined("5.2", _RULE, parts)
