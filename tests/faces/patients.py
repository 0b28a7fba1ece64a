"""An invented patient and cohort for the faces."""

from __future__ import annotations

import json

__all__ = ["COHORT", "NAME", "patient"]

NAME = "Quillfeather"  # stands in the document alone, and must stand nowhere else


def patient(spo2: float = 90.0, sex: str = "male", many: int = 1) -> bytes:
    """A bundle: patients with one result each, in the middle of 2026."""
    entries = []
    for n in range(many):
        entries += [
            {"resourceType": "Patient", "id": f"p{n}", "gender": sex, "birthDate": "1961-04-02",
             "name": [{"family": NAME}]},
            {"resourceType": "Observation", "id": f"o{n}", "status": "final",
             "subject": {"reference": f"Patient/p{n}"}, "effectiveDateTime": "2026-06-20",
             "code": {"coding": [{"system": "http://loinc.org", "code": "2708-6"}]},
             "valueQuantity": {"value": spo2, "unit": "%", "code": "%",
                               "system": "http://unitsofmeasure.org"}},
        ]  # fmt: skip
    bundle = {"resourceType": "Bundle", "type": "collection"}
    return json.dumps(bundle | {"entry": [{"resource": each} for each in entries]}).encode()


COHORT = (
    b"id,sex,age,spo2 [%],pregnancy,<b>shoe\na,f,34,91,no,38\nb,m,12,90,,40\nc,f,51,99,yes,39\n"
)
