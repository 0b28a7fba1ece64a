"""How fast eligibility criteria are read: split into trees, beside one regular expression.

The rival looks for a name out of forty, an operator and a number, which is the least that anybody
does with criteria; it reads no units, lists, windows or classes and repairs nothing. Both read
the same invented criteria in one process and one thread; processor time, medians of the rounds.
The goal is 2,000 criteria a second.

    scripts/bench criteria
"""

from __future__ import annotations

import platform
import random
import re
import statistics
import time
from collections.abc import Callable

from trialweave.protocol.criteria import coverage, read_criteria, read_listed

GOAL = 2_000  # criteria a second
ROUNDS = 7
MANY = 4_000

TEMPLATES = (
    "Patients aged {a} to {b} years",
    "Age >= {a} years and < {b} years at the time of consent",
    "{lab} < {x} {unit}",
    "{lab} of at least {x} {unit} within {a} days before randomisation",
    "{lab} and {lab2} > {x} x upper limit of normal",
    "History of {event} or {event2} within the past {x} months",
    "Treatment with {event} for at least {x} weeks before enrolment",
    "Pregnant or breast-feeding women",
    "NYHA class III or IV heart failure",
    "Known allergy to any component of the study product, or to {event}",
    "Written informed consent of the patient or a legal representative",
    "Severe disease, defined by SpO2 <= {b}% or PaO2/FiO2 < {b}0 mmHg or a respiratory rate > {a}",
    "Any condition that in the opinion of the investigator makes participation unsafe",
)
LABS = (
    "ALT", "AST", "Serum creatinine", "Total bilirubin", "Haemoglobin", "Platelet count",
    "Absolute neutrophil count", "LDL cholesterol", "Ferritin", "C-reactive protein", "eGFR",
    "HbA1c",
)  # fmt: skip
UNITS = ("mg/dL", "g/L", "U/L", "x 10^9/L", "umol/L", "%", "mL/min/1.73 m2", "/mm3")
EVENTS = (
    "stroke", "myocardial infarction", "major surgery", "systemic steroids", "an organ transplant",
    "another investigational drug", "blood products", "malignancy", "pulmonary embolism",
)  # fmt: skip
_RIVAL = re.compile(
    r"\b(age[ds]?|alt|ast|alp|ggt|creatinine|bilirubin|h[ae]+moglobin|platelets?|platelet count|anc"
    r"|neutrophils?|wbc|ldl|hdl|cholesterol|triglycerides?|ferritin|crp|c-reactive protein|egfr|gfr"
    r"|hba1c|glucose|albumin|inr|spo2|pao2/fio2|respiratory rate|heart rate|temperature|bmi|weight"
    r"|height|ecog|nyha|lvef|qtc|psa|tsh|sodium|potassium|calcium)\b"
    r"[^.;\d<>≥≤=]{0,40}(<=|>=|<|>|≥|≤|=|at least|to)?\s*(\d+(?:\.\d+)?)",
    re.IGNORECASE,
)


def invented(count: int) -> list[str]:
    """So many different criteria, always the same ones."""
    dice = random.Random(7)
    made = []
    for _ in range(count):
        a = dice.randint(1, 40)
        made.append(
            dice.choice(TEMPLATES).format(
                a=a, b=a + dice.randint(20, 50), x=round(dice.uniform(0.5, 90), 1),
                lab=dice.choice(LABS), lab2=dice.choice(LABS), unit=dice.choice(UNITS),
                event=dice.choice(EVENTS), event2=dice.choice(EVENTS),
            )
        )  # fmt: skip
    return made


def rate(task: Callable[[], object], count: int) -> float:
    """Criteria a second of processor time: the median of the rounds."""
    times = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        task()
        times.append(time.process_time() - begun)
    return count / statistics.median(times)


def main() -> None:
    """Prints the rates and their ratio."""
    criteria = invented(MANY)
    half = len(criteria) // 2
    text = "Inclusion Criteria:\n\n" + "\n".join(f"- {one}" for one in criteria[:half])
    text += "\n\nExclusion Criteria:\n\n" + "\n".join(f"- {one}" for one in criteria[half:])
    print(f"{platform.machine()}, Python {platform.python_version()}, {MANY:,} criteria")
    covered = coverage(read_listed(criteria[:half], criteria[half:]))
    print(f"conditions {covered.conditions:,}, opaque parts {covered.opaque:,}")
    ours = rate(lambda: read_listed(criteria[:half], criteria[half:]), MANY)
    whole = rate(lambda: read_criteria(text), MANY)
    rival = rate(lambda: [_RIVAL.findall(one) for one in criteria], MANY)
    print(f"listed criteria to trees   {ours:>10,.0f} a second (goal {GOAL:,})")
    print(f"one text, split and read   {whole:>10,.0f} a second")
    print(f"one regular expression     {rival:>10,.0f} a second")
    print(f"ours take {rival / ours:.1f} times as long as the regular expression")


if __name__ == "__main__":
    main()
