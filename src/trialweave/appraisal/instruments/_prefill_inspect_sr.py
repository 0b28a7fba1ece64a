"""What is known that bears on the checks of INSPECT-SR.

"yes" is suggested for a flag or a notice, "unclear" where something differs that people must
weigh, "no" only where what a check asks was computed and nothing of it was left open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from trialweave.appraisal.instruments._known import Known, Part, joined, of_check, one_of
from trialweave.model import Check, Conflict, NoticeKind, Record
from trialweave.model.assessment import Evidence, Prefilled
from trialweave.records.concepts import CONCEPTS
from trialweave.records.preference import side_of
from trialweave.studies.reconciliation import conflicts

__all__ = ["inspect_sr"]

_RULE: Final = "prefill.inspect-sr/1"
_WORST_FIRST: Final = ("yes", "unclear", "no")
_RETRACTING: Final[frozenset[NoticeKind]] = frozenset(
    ("retraction", "withdrawal", "partial retraction")
)

# The question that each check of ours bears on, and where to ask for a value that is no finding.
# A check that is not listed speaks for 4.10, if it gives a flag.
_BEARS_ON: Final[Mapping[str, tuple[str, str]]] = {
    "registered-timing": ("2.2", "registration_date"),
    "registered-enrolment": ("2.3", "enrollment"),
    "registered-arms": ("2.3", "arms"),
    "registered-masking": ("2.3", "masking"),
    "registered-dates": ("2.3", "start_date"),
    "text-reuse": ("3.1", ""),
    "results-reuse": ("4.10", ""),
    "arm-sizes": ("4.6", "enrollment"),
    "grim": ("4.8", ""),
    "grimmer": ("4.8", ""),
    "debit": ("4.8", ""),
    "sd-bounds": ("4.8", ""),
    "p-value": ("4.9", ""),
    "p-value-means": ("4.9", ""),
    "p-interval": ("4.9", ""),
    "effect": ("4.9", ""),
    "interval": ("4.9", ""),
    "mean-difference": ("4.9", ""),
    "test-statistic": ("4.9", "sections"),
    "counts-sane": ("4.10", ""),
    "percent-attainable": ("4.10", ""),
    "sums": ("4.6", ""),
}
# Computed for the reader, and no sign of anything: effects from counts, bounds of 0 events. What
# became of registered outcomes is bias of reporting, which INSPECT-SR leaves to RoB 2; so are late
# results.
_NEUTRAL: Final = frozenset(
    ("effect-sizes", "zero-events", "registered-primary-outcome", "registered-results")
)
_REST: Final = "4.10"
_COMPUTED: Final = frozenset(("2.2", "4.8", "4.9"))  # whose checks ask what the question asks
_WEIGHED: Final = frozenset(("2.2", "2.3", "3.1"))  # where a note wants weighing by people
_COMPARED: Final = (
    *("allocation", "intervention_model", "phase", "sex", "minimum_age", "maximum_age"),
    *("healthy_volunteers", "countries"),
)  # beside what the checks of registrations against reports compare
_SHOWN: Final = 3  # statements that a reason repeats


def inspect_sr(known: Known) -> Iterator[Prefilled]:
    """Suggestions in the order of the checks; none for checks about which nothing is known."""
    found: dict[str, list[Part]] = {}
    for item, part in (
        *_notices(known),
        *_governance(known),
        *_differences(known),
        *_computed(known),
        *_flow(known),
    ):
        found.setdefault(item, []).append(part)
    for item in sorted(found, key=_place):
        yield joined(item, _RULE, found[item], _WORST_FIRST)


def _place(item: str) -> tuple[int, int]:
    domain, _, number = item.partition(".")
    return int(domain), int(number)


def _articles(known: Known) -> list[Record]:
    return [record for record in known.records if side_of(record) == "article"]


def _notices(known: Known) -> Iterator[tuple[str, Part]]:
    """1.1 and 1.2: notices that records of the study state."""
    told: set[str] = set()
    for notice in known.notices:
        item = "1.1" if notice.kind in _RETRACTING else "1.2"
        told.add(item)
        # Whether a correction matters for trust is for people: most do not.
        answer = "unclear" if notice.kind == "correction" else "yes"
        place = (Evidence(notice.stated_by, "relations", notice.statement[:300], notice.passage),)
        yield item, Part(answer, notice.statement[:300], place)
    articles = len(_articles(known))
    if articles:
        for item in ("1.1", "1.2"):
            if item not in told:
                of = "the article" if articles == 1 else f"the {articles} articles"
                reason = f"no record here states such a notice of {of} at hand; the journal’s page "
                yield item, Part("", reason + "and Retraction Watch may", ())


def _governance(known: Known) -> Iterator[tuple[str, Part]]:
    """2.1 and 2.4: what there is to read; nobody can compute whether it is plausible."""
    for record in known.records:
        if ethics := one_of(record, "ethics_review"):
            yield "2.1", Part("", "what is stated of an ethics review", ethics)
    for record in known.records:
        if side_of(record) != "registry":
            continue
        size, start = one_of(record, "enrollment"), one_of(record, "start_date")
        if size and start:
            sites = one_of(record, "site_count")
            yield (
                "2.4",
                Part(
                    "",
                    f"{size[0].text} participants, from {start[0].text} on"
                    + (f", at {sites[0].text} sites" if sites else ""),
                    (*size, *start, *sites),
                ),
            )


def _differences(known: Known) -> Iterator[tuple[str, Part]]:
    """2.3 and 4.11: values of one study that differ between its records."""
    for each in conflicts(known.study, known.records):
        if each.concept not in _COMPARED:
            continue
        title = CONCEPTS[each.concept].title
        for kind, item in (("paper against registry", "2.3"), ("paper against paper", "4.11")):
            if kind in each.kinds:
                yield item, Part("unclear", f"{title} differs, {kind}", _positions(each))


def _positions(conflict: Conflict) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(position.record_id, address, f"{CONCEPTS[conflict.concept].title}: {text[:200]}")
        for position in conflict.positions
        for address, text in zip(position.addresses[:1], position.texts[:1], strict=True)
    )


def _computed(known: Known) -> Iterator[tuple[str, Part]]:
    """What the checks bear on."""
    by_item: dict[str, list[Check]] = {}
    for check in known.checks:
        if check.rule in _NEUTRAL:
            continue
        item = _BEARS_ON.get(check.rule, (_REST, ""))[0]
        if check.rule in _BEARS_ON or check.verdict == "flag":
            by_item.setdefault(item, []).append(check)
    for item, checks in by_item.items():
        yield item, _verdicts(item, checks)


def _verdicts(item: str, checks: Sequence[Check]) -> Part:
    of = {
        verdict: [check for check in checks if check.verdict == verdict]
        for verdict in ("flag", "note", "cannot check", "consistent")
    }
    if of["flag"]:
        return Part("yes", _told("flag", of["flag"]), _evidence(of["flag"]))
    if of["note"]:
        answer = "unclear" if item in _WEIGHED else ""
        return Part(answer, _told("note", of["note"]), _evidence(of["note"]))
    fine, left = len(of["consistent"]), len(of["cannot check"])
    if fine and not left and item in _COMPUTED:
        reason = _told("statement", of["consistent"]) + "; none flagged"
        return Part("no", reason, _evidence(of["consistent"]))
    reason = f"{_statements(fine)} computed again without a flag"
    if left:
        reason += f", {left} that cannot be"
    return Part("", reason, _evidence(of["cannot check"] or of["consistent"]))


def _statements(count: int) -> str:
    return f"{count} statement{'' if count == 1 else 's'}"


def _told(what: str, checks: Sequence[Check]) -> str:
    texts = list(dict.fromkeys(check.statement[:300].rstrip(".") for check in checks))
    more = f"; and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    plural = "" if len(checks) == 1 else "s"
    return f"{len(checks)} {what}{plural}: {'; '.join(texts[:_SHOWN])}{more}"


def _evidence(checks: Sequence[Check]) -> tuple[Evidence, ...]:
    return tuple(of_check(check, _BEARS_ON.get(check.rule, ("", ""))[1]) for check in checks[:6])


def _flow(known: Known) -> Iterator[tuple[str, Part]]:
    """4.3 and 4.5: posted tables to read."""
    for record in known.records:
        about = record.about
        if about.participant_flow.content is not None:
            place = (Evidence(record.record_id, "participant_flow", "the posted flow"),)
            yield "4.5", Part("", "who left, and why, is posted", place)
        if about.baseline.content is not None:
            place = (Evidence(record.record_id, "baseline", "the posted characteristics"),)
            yield "4.3", Part("", "characteristics at the start are posted", place)
