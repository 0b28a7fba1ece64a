"""One study as one object: its records side by side, concept by concept, down to the passage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from trialweave.model import Record
from trialweave.publish.views import Cell, ConceptRow, RecordRow
from trialweave.records.concepts import CONCEPTS, Leaf, leaves, text_of
from trialweave.records.preference import preferred
from trialweave.store.tables import Head
from trialweave.studies.reconciliation import Told, agreement

__all__ = ["concept_rows", "record_row"]


def record_row(record: Record | Head, source_title: str, versions: int) -> RecordRow:
    """A record for listing; `versions` is how many of it the workspace holds."""
    return RecordRow(
        record_id=record.record_id,
        source=record.source,
        source_title=source_title,
        kind=record.kind,
        identifier=record.identifier,
        title=record.title,
        version=record.version,
        versions=versions,
        file_name=record.name,
        sha256=record.sha256,
        received_at=record.received_at,
        stated=str(record.stated) if record.stated else "",
    )


def concept_rows(
    records: Sequence[Record], source_titles: Mapping[str, str]
) -> tuple[ConceptRow, ...]:
    """Every concept that any of the records states, or expressly leaves open.

    Of the stated values one record's are preferred, by the documented order of the concept
    (`records.preference`). All values are kept and shown.
    """
    cells: dict[str, list[tuple[Record, Leaf]]] = defaultdict(list)
    for record in records:
        for leaf in leaves(record, tables="in short"):
            cells[leaf.concept].append((record, leaf))
    return tuple(_row(name, cells[name], source_titles) for name in CONCEPTS if cells.get(name))


def _row(
    name: str, found: list[tuple[Record, Leaf]], source_titles: Mapping[str, str]
) -> ConceptRow:
    concept = CONCEPTS[name]
    by_record: dict[str, list[Leaf]] = defaultdict(list)
    for record, leaf in found:
        by_record[record.record_id].append(leaf)
    stated = {record.record_id: record for record, leaf in found if leaf.value}
    values = {key: [leaf.value for leaf in by_record[key] if leaf.value] for key in stated}
    best = preferred(name, [(record, values[key]) for key, record in stated.items()])
    return ConceptRow(
        concept=name,
        title=concept.title,
        group=concept.group,
        who_item=concept.who_item,
        agreement=agreement(
            name,
            [
                Told(record, tuple(leaf for leaf in by_record[key] if leaf.value))
                for key, record in stated.items()
            ],
        ),
        because=f"{best.reason} [{best.rule}]" if best is not None and best.reason else "",
        cells=tuple(
            Cell(
                record_id=record.record_id,
                source_title=source_titles.get(record.source, record.source),
                address=leaf.address,
                text=text_of(leaf.value),
                missingness=leaf.value.missingness,
                raw=leaf.value.raw,
                rule=leaf.value.rule,
                passage=leaf.value.passage,
                preferred=best is not None and record.record_id == best.record_id,
                label=leaf.label,
            )
            for record, leaf in found
        ),
    )
