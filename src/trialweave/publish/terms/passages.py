"""Mentions in their texts, as pages show them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trialweave.model import Record
from trialweave.publish.state import SOURCE_TITLES, State
from trialweave.publish.terms.counted import mentions_table
from trialweave.publish.terms.known import Known, known, reference_of
from trialweave.publish.terms.shelves import Entry
from trialweave.publish.terms.views import MentionView
from trialweave.records.concepts import CONCEPTS
from trialweave.records.passages import Located, excerpt
from trialweave.terms.fields import field_texts

__all__ = ["AROUND", "mention_views", "mentions_of_study"]

AROUND: Final = 60
"""Characters shown on either side of a mention."""
_LONGEST: Final = 400  # characters of a mention that are shown; a registered name may be a page


def mention_views(
    state: State, here: Known, rows: npt.NDArray[np.int64]
) -> tuple[MentionView, ...]:
    """Rows of the table of mentions as views, in the order given; the records are read.

    A mention of a field that its record does not
    have now is shown without what stands around it.
    """
    found = mentions_table(state).take(pa.array(rows)).to_pylist()
    wanted = tuple(dict.fromkeys(row["record_id"] for row in found))
    texts = {record.record_id: _texts(record) for record in state.records(wanted)}
    sources = {record_id: record_id.partition(":")[0] for record_id in wanted}
    return tuple(
        _view(state, here, row, texts.get(row["record_id"], {}), sources[row["record_id"]])
        for row in found
    )


def _texts(record: Record) -> dict[str, str]:
    return {each.field: each.text for each in field_texts(record)}


def _view(
    state: State, here: Known, row: dict[str, Any], texts: dict[str, str], source: str
) -> MentionView:
    start, end = row["start"], row["end"]
    text = texts.get(row["field"], "")
    if text[start:end] != row["matched"]:
        text, start, end = row["matched"], 0, len(row["matched"])
    shown = excerpt(Located(text, start, end), AROUND, _LONGEST)
    concept = row["field"].split("[")[0].split(".")[0]
    return MentionView(
        study_id=state.study_of.get(row["record_id"], ""),
        record_id=row["record_id"],
        source=SOURCE_TITLES.get(source, source),
        address=row["field"],
        label=CONCEPTS[concept].title if concept in CONCEPTS else concept,
        role=row["role"],
        assertion=row["assertion"],
        before=shown.before,
        match=shown.match,
        after=shown.after,
        term=reference_of(
            here.entry(row["vocabulary"], row["term"])
            or Entry(row["vocabulary"], row["term"], row["name"], "")
        ),
        rule=row["rule"],
        decided=row["decided"],
    )


def mentions_of_study(state: State, root: Path, identifier: str) -> tuple[MentionView, ...]:
    """Every mention that stands in the records of a study: see `Workspace.mentions`."""
    study = state.find(identifier)
    here = known(state, root)
    place = here.mentioned.studies.index(study.study_id)
    first, last = np.searchsorted(here.mentioned.study_of_row, [place, place + 1])
    rows = np.sort(here.mentioned.rows[first:last])
    return mention_views(state, here, rows)
