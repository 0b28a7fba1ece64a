"""Invented patients against invented trials, with the verdicts that a reader of both expects.

`trials` holds eligibility texts as registers print them, `models` a patient for each, `people` the
shapes of FHIR, and `expected` the cases: what differs from the model, and what that changes in the
verdicts. Each was decided from the meaning of criterion and record; the comment beside it says why.
`validation/patients.py` counts how many verdicts are as expected.
"""

from .expected import CASES
from .held import Held, criteria_of, held, outcome_expected, person_of
from .people import DAY, FORMS
from .trials import FRESH, TRIALS

__all__ = [
    "CASES", "DAY", "FORMS", "FRESH", "TRIALS", "Held", "criteria_of", "held", "outcome_expected",
    "person_of",
]  # fmt: skip
