"""Where a value comes from: source, version, date, passage, rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trialweave.model import Finding, Missingness, Passage, Received, Record, Value
from trialweave.publish.privacy import blotted
from trialweave.publish.state import SOURCE_TITLES
from trialweave.publish.views import WhyEntry
from trialweave.records.concepts import CONCEPTS, Leaf, text_of
from trialweave.records.passages import Located, Locator, excerpt

__all__ = ["finding_leaves", "why_entries"]


def why_entries(received: Received, record: Record, asked: Iterable[Leaf]) -> list[WhyEntry]:
    """Statements of one record, down to their passages in `received`, its document."""
    places = Locator(received, record)
    shown: dict[bool, str] = {}  # the record's own text, and that of the document
    return [_entry(places, leaf, shown) for leaf in asked]


def _entry(places: Locator, leaf: Leaf, shown: dict[bool, str]) -> WhyEntry:
    record = places.record
    before = match = after = path = ""
    start = end = -1
    if leaf.value.passage is not None:
        path = leaf.value.passage.path
        located = places.locate(leaf.value.passage)
        start, end = located.start, located.end
        by_path = bool(path)
        if by_path not in shown:
            shown[by_path] = blotted(located.text, places, by_path=by_path)
        cut = excerpt(Located(shown[by_path], start, end))
        before, match, after = cut.before, cut.match, cut.after
    return WhyEntry(
        record_id=record.record_id,
        source_title=SOURCE_TITLES.get(record.source, record.source),
        file_name=record.name,
        sha256=record.sha256,
        version=record.version,
        received_at=record.received_at,
        stated=str(record.stated) if record.stated else "",
        address=leaf.address,
        title=CONCEPTS[leaf.concept].title if leaf.concept in CONCEPTS else leaf.concept,
        text=text_of(leaf.value),
        missingness=leaf.value.missingness,
        raw=leaf.value.raw,
        rule=leaf.value.rule,
        path=path,
        start=start,
        end=end,
        before=before,
        match=match,
        after=after,
    )


def finding_leaves(finding: Finding) -> Iterator[Leaf]:
    """A finding's passages as leaves: the statement, each group, the P value, the effect."""

    def leaf(part: str, text: str, passage: Passage | None) -> Leaf:
        value = Value(text, Missingness.STATED, passage, finding.rule)
        return Leaf(part, f"{finding.finding_id} {part}", value)

    yield leaf("finding", finding.outcome, finding.passage)
    for arm in finding.arms:
        told = [f"{arm.label or arm.role}:"]
        if arm.events is not None:
            told.append(f"{arm.events} events ({arm.events_origin})")
        if arm.n is not None:
            told.append(f"of {arm.n} ({arm.n_origin})")
        if arm.percent:
            told.append(f"printed {arm.percent}%")
        if arm.recovery:
            told.append(f"[{arm.recovery}]")
        yield leaf("group", " ".join(told), arm.passage or finding.passage)
    if finding.p is not None:
        yield leaf("P value", f"P {finding.p.operator} {finding.p.text}", finding.p.passage)
    if finding.effect is not None:
        effect = finding.effect
        told_effect = f"{effect.measure} {effect.estimate} ({effect.lower} to {effect.upper})"
        yield leaf("effect", told_effect, effect.passage)
