"""The operations on eligibility: criteria as read, a patient or a cohort against trials."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, get_args

from trialweave.errors import InputError, NotFound
from trialweave.workspace._base import Base

if TYPE_CHECKING:
    from trialweave.protocol.patients.facts import Patient
    from trialweave.protocol.patients.relaxing import End, Relaxed
    from trialweave.protocol.patients.setting import Setting
    from trialweave.publish.eligibility import CriteriaView, MatchView, ScreeningView

__all__ = ["Matching"]

_MOST: Final = 1_000  # trials that are given in full


class Matching(Base):
    """Who may take part. Nothing that is known of a patient is kept."""

    def criteria(self, identifier: str) -> CriteriaView:
        """The eligibility criteria of a study as trees of conditions, each with its place, and how
        much of them is understood. Raises NotFound."""
        from trialweave.publish.eligibility import criteria_view

        state = self._state()
        return criteria_view(state, state.find(identifier))

    def match(
        self,
        source: str | Path | bytes,
        *,
        trials: Sequence[str] = (),
        day: dt.date | None = None,
        fresh_days: float = 30.0,
        complete: Collection[str] = (),
        limit: int = 20,
    ) -> MatchView:
        """Hold the patients of a FHIR document against some trials, or all of the workspace.

        `source` is a file, or its bytes: a bundle of any type, resources as NDJSON, of R4 or R5.
        `day` is that of screening, else today; laboratory values, vital signs and scores count for
        `fresh_days`. `complete` names kinds of facts ("condition", "drug", "procedure", "allergy")
        of which the record holds everything, so that what it does not name is not there; of all
        else absence is unknown. Of each patient `limit` trials are given criterion by criterion,
        those that come nearest first. Raises NotFound, and InputError as `read_patients` does.
        """
        from trialweave.protocol.patients.fhir import read_patients
        from trialweave.publish.eligibility import matched

        data, name = _content(source)
        state = self._state()
        studies = [state.find(each) for each in trials] if trials else list(state.studies)
        setting = _setting(day, fresh_days, complete)
        people = read_patients(data, name)
        return matched(state, self.root, people, studies, setting, max(0, min(limit, _MOST)))

    def screen(
        self,
        source: str | Path | bytes,
        trial: str,
        *,
        day: dt.date | None = None,
        fresh_days: float = 30.0,
        complete: Collection[str] = (),
    ) -> ScreeningView:
        """Hold a cohort against one trial: who could take part, what bars how many, and what each
        criterion alone bars.

        `source` is a CSV table (see `protocol.patients.cohort_csv`) or FHIR as for `match`.
        Otherwise as `match`.
        """
        from trialweave.protocol.patients.screening import screened
        from trialweave.publish.eligibility import Asked, ScreeningView

        told, setting, cohort = self._cohort(source, trial, day, fresh_days, complete)
        people, unused, unread = cohort
        return ScreeningView(
            asked=Asked(setting.day, setting.fresh_days, tuple(sorted(setting.complete))),
            study_id=told.study.study_id,
            record_id=told.record_id,
            title=told.study.title,
            screening=screened(people, [row.criterion for row in told.rows], setting),
            unused=unused,
            unread=unread,
            generation=told.generation,
        )

    def relax(
        self,
        source: str | Path | bytes,
        trial: str,
        criterion: int,
        values: Sequence[float],
        *,
        concept: str = "",
        end: End = "high",
        day: dt.date | None = None,
        fresh_days: float = 30.0,
        complete: Collection[str] = (),
    ) -> Relaxed:
        """The size of a cohort over a series of bounds of one criterion, all else as it is.

        `criterion` is its number; `values` are in its own unit, of the one measure that it
        compares, or of `concept`; of a range they are the `end`. Otherwise as `screen`. Raises
        InputError where the criterion has no such bound.
        """
        from trialweave.protocol.patients.relaxing import relaxed

        told, setting, (people, _, _) = self._cohort(source, trial, day, fresh_days, complete)
        criteria = [row.criterion for row in told.rows]
        return relaxed(people, criteria, criterion, values, setting, concept=concept, end=end)

    def _cohort(
        self,
        source: str | Path | bytes,
        trial: str,
        day: dt.date | None,
        fresh_days: float,
        complete: Collection[str],
    ) -> tuple[CriteriaView, Setting, tuple[Sequence[Patient], tuple[str, ...], dict[str, int]]]:
        """A trial's criteria, the assumptions, and the people of a table or document."""
        from trialweave.publish.eligibility import criteria_view
        from trialweave.publish.eligibility_terms import covering

        data, name = _content(source)
        state = self._state()
        told = criteria_view(state, state.find(trial))
        setting = _setting(day, fresh_days, complete)._replace(covers=covering(self.root))
        return told, setting, _cohort(data, name, setting.day)


def _content(source: str | Path | bytes) -> tuple[bytes, str]:
    if isinstance(source, bytes):
        return source, "the document"
    path = Path(source)
    try:
        return path.read_bytes(), path.name
    except OSError:
        raise NotFound(
            "there is no such file.", where=str(path), next_step="Check the spelling."
        ) from None


def _cohort(
    data: bytes, name: str, day: dt.date
) -> tuple[Sequence[Patient], tuple[str, ...], dict[str, int]]:
    from trialweave.protocol.patients.cohort_csv import read_cohort
    from trialweave.protocol.patients.fhir import read_patients

    if data.lstrip()[:1] in (b"{", b"["):
        return read_patients(data, name), (), {}
    found = read_cohort(data, day, name)
    return found.people, found.unused, dict(found.unread)


def _setting(day: dt.date | None, fresh_days: float, complete: Collection[str]) -> Setting:
    from trialweave.protocol.patients.derived import derive
    from trialweave.protocol.patients.facts import FactKind
    from trialweave.protocol.patients.setting import Setting as Made

    kinds = get_args(FactKind)
    for name in complete:
        if name not in kinds:
            raise InputError(
                f"{name!r} is no kind of fact.", next_step=f"Kinds are {', '.join(kinds)}."
            )
    if not 0 <= fresh_days <= 36_525:
        raise InputError("values count for 0 to 36,525 days.", next_step="Give a number of days.")
    today = dt.datetime.now(dt.UTC).date()
    return Made(day or today, fresh_days, frozenset(complete), derive=derive)  # type: ignore[arg-type]
