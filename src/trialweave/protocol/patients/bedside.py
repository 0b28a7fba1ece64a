"""States of a person that scores ask for and no laboratory measures: support, drugs, signs.

Each is told from what the record names; what it does not name is not known, never "no".
"""

from __future__ import annotations

import datetime as dt
import math
from typing import Final, Literal

from trialweave.protocol.patients.derived_inputs import (
    Input,
    State,
    inspired,
    latest,
    named,
    state_of,
)  # fmt: skip
from trialweave.protocol.patients.facts import Fact, Patient, words_of
from trialweave.protocol.scores import Ascites, Span, Value, Vasopressors

__all__ = [
    "ascites", "atrial_risks", "breathing_support", "confused", "dialysed", "encephalopathy",
    "on_oxygen", "urine_ml_day", "vasopressors",
]  # fmt: skip

_SUPPORT: Final = (
    "mechanical ventilation", "invasive ventilation", "noninvasive ventilation",
    "non invasive ventilation", "ventilator", "CPAP", "BiPAP", "positive airway pressure",
    "positive pressure ventilation", "ECMO", "extracorporeal membrane oxygenation",
)  # fmt: skip
_SET_ON_VENTILATORS: Final = ("peep", "tidal_volume", "plateau_pressure", "driving_pressure")
_DRUGS: Final = {
    "dopamine": ("dopamine",),
    "dobutamine": ("dobutamine",),
    "epinephrine": ("epinephrine", "adrenaline"),
    "norepinephrine": ("norepinephrine", "noradrenaline", "levarterenol"),
}
_SOME_DOSE: Final = Span(0.001, 1_000.0)


def breathing_support(person: Patient, day: dt.date) -> State:
    """Ventilation by mask or tube; also where a pressure of a ventilator was measured."""
    facts = [*person.by_concept.get("mechanical_ventilation", ()), *named(person, *_SUPPORT)]
    said = state_of(dict.fromkeys(facts), day)
    if said.so is not None:
        return said
    since = day - dt.timedelta(days=1)
    for concept in _SET_ON_VENTILATORS:
        found = latest(person, day, concept, _UNITS[concept], since=since)
        if found.facts:
            return State(True, found.facts)
    return State(None)


_UNITS: Final = {
    "peep": "cm[H2O]",
    "tidal_volume": "mL/kg",
    "plateau_pressure": "cm[H2O]",
    "driving_pressure": "cm[H2O]",
}


def vasopressors(person: Patient, day: dt.date) -> tuple[tuple[Fact, ...], Vasopressors | None]:
    """The drugs of SOFA's circulation with their doses; None where the record names none.

    Of a drug that is named without a dose, and of one that is not named, the dose is not known.
    """
    used: list[Fact] = []
    doses: dict[str, Value] = {}
    for drug, names in _DRUGS.items():
        dose = _dose(person, names, day)
        if dose is not None:
            doses[drug], facts = dose
            used += facts
            continue
        infused = [fact for fact in named(person, *names) if not _elsewhere(fact)]
        said = state_of(infused, day)
        if said.so is not None:
            doses[drug] = _SOME_DOSE if said.so else 0.0
            used += said.facts
    if doses:
        return tuple(used), Vasopressors(**{drug: doses.get(drug) for drug in _DRUGS})
    any_of_them = state_of(named(person, "vasopressor", "inotrope"), day)
    if any_of_them.so is None:
        return (), None
    least = Vasopressors(_SOME_DOSE, None, None, None)
    return any_of_them.facts, least if any_of_them.so else Vasopressors()


_OTHER_USES: Final = ("auto injector", "autoinjector", "pen", "inhalation", "nebulized", "racemic",
                      "topical", "nasal", "ophthalmic", "lidocaine", "articaine")  # fmt: skip


def _elsewhere(fact: Fact) -> bool:
    """Whether a drug is named in a form that is not infused for pressure."""
    return any(words_of(each) <= words_of(fact.label) for each in _OTHER_USES)


def _dose(
    person: Patient, names: tuple[str, ...], day: dt.date
) -> tuple[Value, tuple[Fact, ...]] | None:
    """The highest dose measured on the day and the day before, in ug/kg/min; the concept holds
    the doses of all of these drugs, so the label tells which it is."""
    since = day - dt.timedelta(days=1)
    words = [words_of(each) for each in names]
    read = [
        (float(fact.value), fact)
        for fact in person.by_concept.get("norepinephrine_dose", ())
        if any(each <= words_of(fact.label) for each in words)
        and isinstance(fact.value, float)
        and not fact.comparator
        and fact.unit == "ug/kg/min"
        and math.isfinite(fact.value)
        and 0 <= fact.value <= 1_000
        and fact.start is not None
        and since <= fact.start.earliest <= day
    ]
    if not read:
        return None
    value, fact = max(read, key=lambda each: each[0])
    return value, (fact,)


def urine_ml_day(person: Patient, day: dt.date) -> Input:
    """Urine output of the last day in mL/d. A rate by the hour is not the output of a day."""
    found = latest(person, day, "urine_output", "mL/d", since=day - dt.timedelta(days=1))
    if all(fact.unit.endswith(("/d", "/(24.h)")) for fact in found.facts):
        return found
    return Input(None, (), "urine_output: by the hour, not of the day")


def on_oxygen(person: Patient, day: dt.date) -> State:
    """Oxygen beyond room air: by FiO2, by flow, by support of breathing, or as named."""
    since = day - dt.timedelta(days=1)
    fio2 = inspired(person, day)
    recent = all(fact.start is not None and fact.start.earliest >= since for fact in fio2.facts)
    if isinstance(fio2.value, float) and recent:
        return State(fio2.value > 0.21, fio2.facts)
    flow = latest(person, day, "oxygen_flow", "L/min", since=since)
    if isinstance(flow.value, float):
        return State(flow.value > 0, flow.facts)
    return state_of(named(person, "oxygen therapy", "supplemental oxygen"), day)


def confused(person: Patient, day: dt.date) -> State:
    """Confusion as the record names it."""
    return state_of(named(person, "confusion", "confused", "delirium", "disorientation"), day)


def dialysed(person: Patient, day: dt.date) -> State:
    """Dialysis in the last week."""
    facts = [*person.by_concept.get("dialysis", ()), *named(person, "dialysis", "hemodialysis")]
    return state_of(dict.fromkeys(facts), day, within=7)


_MILD: Final = ("mild", "slight", "small", "trace", "minimal", "grade 1")
_MUCH: Final = ("moderate", "severe", "refractory", "tense", "massive", "grade 2", "grade 3")


def ascites(person: Patient, day: dt.date) -> tuple[Ascites, tuple[Fact, ...]]:
    """Ascites and how much, as the label says it; of late (30 days) or ongoing."""
    said = state_of(named(person, "ascites"), day, within=30)
    if said.so is None:
        return None, ()
    if not said.so:
        return "none", said.facts
    amount: Literal["mild", "moderate", "present"] = "present"
    for words, name in ((_MILD, "mild"), (_MUCH, "moderate")):
        if any(words_of(each) <= words_of(fact.label) for each in words for fact in said.facts):
            amount = "mild" if name == "mild" else "moderate"
    return amount, said.facts


def encephalopathy(person: Patient, day: dt.date) -> Input:
    """The grade of hepatic encephalopathy, 0 where it is denied; of late (30 days) or ongoing."""
    said = state_of(named(person, "hepatic encephalopathy"), day, within=30)
    if said.so is None:
        return Input(None)
    if not said.so:
        return Input(0.0, said.facts)
    for grade, written in enumerate(("1", "2", "3", "4"), 1):
        roman = ("i", "ii", "iii", "iv")[grade - 1]
        wanted = [words_of(f"{word} {each}") for word in ("grade", "stage")
                  for each in (written, roman)]  # fmt: skip
        if any(each <= words_of(fact.label) for each in wanted for fact in said.facts):
            return Input(float(grade), said.facts)
    return Input(Span(1.0, 4.0), said.facts)


_RISKS: Final = {
    "heart_failure": (("I50",), ("heart failure", "cardiac failure"), ()),
    "hypertension": (
        ("I10", "I11", "I12", "I13", "I15"),
        ("hypertension", "hypertensive"),
        ("pulmonary", "portal", "intracranial", "ocular", "gestational", "coat"),
    ),
    "diabetes": (
        ("E10", "E11", "E12", "E13", "E14"),
        ("diabetes mellitus", "diabetes", "diabetic"),
        ("insipidus", "gestational"),
    ),
    "stroke": (
        ("I63", "I64", "I69", "G45", "I74"),
        ("stroke", "cerebral infarction", "transient ischemic attack", "embolism"),
        ("heat", "pulmonary", "hemorrhagic"),
    ),
    "vascular_disease": (
        ("I21", "I22", "I70"),
        ("myocardial infarction", "peripheral artery disease", "peripheral arterial disease",
         "peripheral vascular disease", "aortic plaque"),
        (),
    ),
}  # fmt: skip
"""Of each risk: chapters of ICD-10, names, and words that make it another disease."""


def atrial_risks(person: Patient, day: dt.date) -> dict[str, State]:
    """The risks of CHA2DS2-VASc that somebody has or had."""
    found = {}
    for risk, (chapters, names, others) in _RISKS.items():
        not_these = [words_of(each) for each in others]
        facts = [
            fact
            for fact in dict.fromkeys([*_coded(person, chapters), *named(person, *names)])
            if fact.kind in ("condition", "history")
            and not any(each <= words_of(fact.label) for each in not_these)
        ]
        found[risk] = state_of(facts, day, past=True)
    return found


def _coded(person: Patient, chapters: tuple[str, ...]) -> list[Fact]:
    return [
        fact
        for fact in person.facts
        if any(each.system == "icd10" and each.code[:3] in chapters for each in fact.codes)
    ]
