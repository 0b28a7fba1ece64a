"""The criteria of a study as a file for other programs, with all that the form cannot say."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from trialweave.model import Study
from trialweave.protocol.definitions import written
from trialweave.protocol.exports import Loss, Named, exported
from trialweave.publish.eligibility import criteria_view
from trialweave.publish.state import State

__all__ = ["DEFINITION", "CriteriaExport", "criteria_export"]

DEFINITION: Final = "definition"
"""The form that people write by hand: see `protocol.definitions`."""


class CriteriaExport(msgspec.Struct, frozen=True):
    """A file of one form, as text, and what of the criteria it does not say."""

    study_id: str
    record_id: str
    form: str
    file_name: str
    media_type: str
    content: str
    losses: tuple[Loss, ...]
    generation: int


def criteria_export(state: State, study: Study, form: str) -> CriteriaExport:
    """One of `protocol.exports.FORMS`, or a definition, which loses nothing.

    Raises NotFound where no record states a criterion, InputError where there is no such form.
    """
    view = criteria_view(state, study)
    record = next(one for one in state.members(study) if one.record_id == view.record_id)
    dated = record.stated.earliest.isoformat() if record.stated else ""
    criteria = [row.criterion for row in view.rows]
    if form == DEFINITION:
        return CriteriaExport(
            study.study_id, view.record_id, form, f"{_fit(study.study_id)}.toml",
            "application/toml", written(criteria, identifier=study.study_id, title=study.title),
            (), view.generation,
        )  # fmt: skip
    made = exported(form, criteria, Named(study.study_id, study.title, dated))
    return CriteriaExport(
        study.study_id, view.record_id, made.form, made.file_name, made.media_type,
        made.content.decode("utf-8"), made.losses, view.generation,
    )  # fmt: skip


def _fit(name: str) -> str:
    """A name as a file may have."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:100] or "criteria"
