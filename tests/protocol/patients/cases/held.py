"""A case run: what the engine says of each criterion beside what is expected."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import NamedTuple

from trialweave.protocol.criteria import read_criteria
from trialweave.protocol.criteria.tree import Criterion
from trialweave.protocol.patients.derived import derive
from trialweave.protocol.patients.evaluate import criterion_verdicts, trial_verdict
from trialweave.protocol.patients.facts import Patient
from trialweave.protocol.patients.fhir import read_patients
from trialweave.protocol.patients.setting import Setting
from trialweave.protocol.patients.truth import all_of, any_of
from trialweave.protocol.patients.verdicts import CriterionVerdict, Verdict

from .expected import Case
from .people import DAY, FORMS
from .trials import TRIALS

__all__ = ["Held", "criteria_of", "held", "outcome_expected", "person_of"]


def person_of(case: Case) -> Patient:
    """The patient of a case, read from its document."""
    people = read_patients(FORMS[case.form](case.resources))
    return next(each for each in people if not each.identifier.endswith("you"))


class Held(NamedTuple):
    """One verdict: of a case and the key of a criterion. `understood` is how much of the criterion
    the reader of criteria took in: full, partial, none."""

    key: str
    expected: str
    verdict: Verdict
    understood: str


@cache
def criteria_of(trial: str) -> tuple[Criterion, ...]:
    """A trial's criteria, read from its text as any other."""
    return read_criteria(TRIALS[trial].text)


def outcome_expected(case: Case) -> str:
    """What a trial comes to by the expected verdicts: one that bars decides; all must allow."""
    allows = {("inclusion", "met"), ("exclusion", "not met")}
    bars = {("inclusion", "not met"), ("exclusion", "met")}
    sections = TRIALS[case.trial].sections()
    said = {(sections[key], outcome) for key, outcome in case.expected.items()}
    return "ineligible" if said & bars else "eligible" if said <= allows else "undetermined"


def held(case: Case, setting: Setting | None = None) -> tuple[tuple[Held, ...], str]:
    """The verdicts of a case, one a key, and the outcome of the trial."""
    setting = setting or Setting(dt.date.fromisoformat(DAY), derive=derive)
    setting = setting._replace(complete=case.complete)  # type: ignore[arg-type]
    found = criterion_verdicts(criteria_of(case.trial), person_of(case), setting)
    made = []
    for key, (start, end) in TRIALS[case.trial].places().items():
        of_key = [each for each in found if start <= each.criterion.start < end]
        verdict, understood = _together(of_key)
        made.append(Held(key, case.expected[key], verdict, understood))
    outcome = trial_verdict(found, study_id="", record_id="", title="").outcome
    return tuple(made), outcome


def _together(found: list[CriterionVerdict]) -> tuple[Verdict, str]:
    """Criteria into which one line was parted count together, as their section says."""
    if not found:
        return Verdict("unsupported", "no criterion was read here"), "none"
    verdicts = [each.verdict for each in found]
    either = found[0].criterion.section == "exclusion"
    covered = {each.criterion.coverage for each in found}
    return (any_of if either else all_of)(verdicts), min(covered, key=_LEAST.index)


_LEAST = ("none", "partial", "full")
