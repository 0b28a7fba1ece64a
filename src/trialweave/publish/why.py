"""Where a value comes from: source, version, date, passage, rule."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence

from trialweave.errors import NotFound
from trialweave.model import Finding, Missingness, Passage, Received, Record, Study, Value
from trialweave.publish.findings import rejected_of
from trialweave.publish.privacy import blotted
from trialweave.publish.state import SOURCE_TITLES, State
from trialweave.publish.views import Why, WhyEntry
from trialweave.records.concepts import CONCEPTS, Leaf, leaves, text_of
from trialweave.records.passages import Located, Locator, excerpt
from trialweave.records.posted import TABLES
from trialweave.results.cells import passage_of
from trialweave.store.archive import Archive

__all__ = ["why_of"]


def why_of(state: State, archive: Archive, identifier: str, address: str) -> Why:
    """Where the values of a study come from at an address: see `Workspace.why`."""
    study = state.find(identifier)
    found = (*state.findings_of(study), *rejected_of(state, study))
    finding = next((f for f in found if f.finding_id == address), None)
    if finding is not None:
        (record,) = state.records([finding.record_id])
        told = _entries(archive.read(record.sha256), record, _leaves_of(finding))
        return Why(study.study_id, address, finding.outcome, tuple(told))
    records = state.members(study)
    entries: list[WhyEntry] = []
    concept = address.split("[")[0].split(".")[0]
    for record in records:
        told_of = leaves(record, tables="whole" if concept in TABLES else "in short")
        asked = [leaf for leaf in told_of if address in (leaf.address, leaf.concept)]
        if asked:
            entries += _entries(archive.read(record.sha256), record, asked)
    if not entries:
        raise _nothing(study, records, concept, address)
    title = CONCEPTS[concept].title if concept in CONCEPTS else address
    return Why(study.study_id, address, title, tuple(entries))


def _nothing(study: Study, records: Sequence[Record], concept: str, address: str) -> NotFound:
    every = (leaf for record in records for leaf in leaves(record, tables="in short"))
    known = sorted({leaf.concept for leaf in every})
    if concept in CONCEPTS:
        return NotFound(
            f"no record of this study has the field {concept!r}.",
            where=study.study_id,
            next_step=f"Its records state: {', '.join(known)}.",
        )
    near = difflib.get_close_matches(concept, list(CONCEPTS), 1)
    return NotFound(
        f"there is no concept {address!r}.",
        where=study.study_id,
        next_step=(f"Perhaps {near[0]}? " if near else "") + f"Ask for one of: {', '.join(known)}.",
    )


def _entries(received: Received, record: Record, asked: Iterable[Leaf]) -> list[WhyEntry]:
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


def _leaves_of(finding: Finding) -> Iterator[Leaf]:
    """A finding's passages as leaves: the statement, each group, the P value, the effect, and each
    cell that people put right."""

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
    for edit in finding.edits:
        by = f", by {', '.join(edit.who)}" if edit.who else ""
        told_edit = f"{edit.says or 'empty'}, read {edit.read or 'nothing'}{by}: {edit.because}"
        yield leaf(f"{edit.cell} put right", told_edit, passage_of(finding, edit.cell))
