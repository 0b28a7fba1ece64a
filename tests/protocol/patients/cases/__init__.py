"""Invented patients against invented trials, with the verdicts that a reader of both expects.

`trials` holds eligibility texts as registers print them, `people` FHIR documents, and `expected` one
case a patient: what differs from the trial's model patient, and what that changes in the verdicts.
Each expectation was decided from the meaning of criterion and record before anything was run; the
comment beside it says why. `validation/patients.py` counts how many verdicts are as expected.
"""

from .expected import CASES
from .held import Held, criteria_of, held, outcome_expected, person_of
from .people import DAY, FORMS
from .trials import TRIALS

__all__ = [
    "CASES", "DAY", "FORMS", "TRIALS", "Held", "criteria_of", "held", "outcome_expected",
    "person_of",
]  # fmt: skip
