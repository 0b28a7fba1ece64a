"""What must hold of every patient: nobody is eligible by default, and form decides nothing."""

from __future__ import annotations

import datetime as dt
import importlib.util
import random
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.protocol.criteria.tree import Compare, Criterion, Event, InSet, leaves
from trialweave.protocol.criteria.units import convert
from trialweave.protocol.patients.derived import derive
from trialweave.protocol.patients.evaluate import criterion_verdicts, trial_verdict
from trialweave.protocol.patients.facts import Fact, Patient
from trialweave.protocol.patients.ranking import OUTCOMES, lay_out, ranked
from trialweave.protocol.patients.screening import screened
from trialweave.protocol.patients.setting import Setting

DAY = dt.date(2026, 6, 30)
SETTING = Setting(DAY, derive=derive)
OPPOSITE = ({"met", "not met"},)


def _cases() -> ModuleType:
    folder = Path(__file__).with_name("cases")
    spec = importlib.util.spec_from_file_location(
        "patient_cases_varied",
        folder / "__init__.py",
        submodule_search_locations=[str(folder)],
    )
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["patient_cases_varied"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


cases = _cases()
any_case = st.sampled_from(cases.CASES)


def outcomes(who: Patient, trial: str, setting: Setting = SETTING) -> list[str]:
    found = criterion_verdicts(cases.criteria_of(trial), who, setting)
    return [each.verdict.outcome for each in found]


def in_full(who: Patient, criteria: Any, setting: Setting = SETTING) -> Any:
    found = criterion_verdicts(criteria, who, setting)
    return trial_verdict(found, study_id="", record_id="", title="")


def with_facts(who: Patient, facts: Any) -> Patient:
    return Patient(who.identifier, who.birth, who.sex, tuple(facts))


@pytest.mark.parametrize("trial", sorted(cases.TRIALS))
def test_a_patient_of_whom_nothing_is_known_is_never_eligible(trial: str) -> None:
    nobody = Patient("x", None, "", ())
    assert in_full(nobody, cases.criteria_of(trial)).outcome == "undetermined"


@settings(max_examples=80, deadline=None)
@given(any_case, st.data())
def test_without_a_fact_no_criterion_turns_to_its_opposite(case: Any, data: Any) -> None:
    """Unless that fact overrides an older one, or is one of two that differ."""
    who = cases.person_of(case)
    if not who.facts:
        return
    gone = data.draw(st.integers(0, len(who.facts) - 1))
    fact = who.facts[gone]
    others = [each for i, each in enumerate(who.facts) if i != gone]
    if any(each.concept == fact.concept and fact.concept for each in others):
        return
    before = outcomes(who, case.trial)
    after = outcomes(with_facts(who, others), case.trial)
    for one, two in zip(before, after, strict=True):
        assert {one, two} not in OPPOSITE


@settings(max_examples=60, deadline=None)
@given(any_case, st.sampled_from(["condition", "drug", "procedure", "measurement"]))
def test_an_unrelated_fact_changes_nothing(case: Any, kind: Any) -> None:
    who = cases.person_of(case)
    more = Fact(kind, "", "Zibberish of quux", value=7.0, resource="X/1")
    assert outcomes(with_facts(who, (*who.facts, more)), case.trial) == (outcomes(who, case.trial))


@settings(max_examples=60, deadline=None)
@given(any_case, st.integers(0, 10_000))
def test_the_order_of_facts_changes_nothing(case: Any, seed: int) -> None:
    who = cases.person_of(case)
    facts = list(who.facts)
    random.Random(seed).shuffle(facts)
    assert outcomes(with_facts(who, facts), case.trial) == outcomes(who, case.trial)


OTHER = {
    "mg/dL": "g/L", "mm[Hg]": "kPa", "10*9/L": "10*3/uL", "g/dL": "g/L", "kg": "g", "mg/L": "ug/mL",
    "mmol/L": "umol/L", "ng/mL": "ug/L", "ms": "s", "pg/mL": "ng/L", "cm": "m", "umol/L": "mmol/L",
    "mL/min": "mL/s", "Cel": "[degF]", "U/L": "kU/L",
}  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(any_case)
def test_other_units_change_nothing(case: Any) -> None:
    who = cases.person_of(case)
    changed = []
    for fact in who.facts:
        wanted = OTHER.get(fact.unit)
        if wanted is not None and isinstance(fact.value, float) and fact.normal is None:
            value = convert(fact.value, fact.unit, wanted)
            if value is not None:
                fact = msgspec.structs.replace(fact, value=value, unit=wanted)
        changed.append(fact)
    assert outcomes(with_facts(who, changed), case.trial) == outcomes(who, case.trial)


@settings(max_examples=40, deadline=None)
@given(any_case, st.sets(st.sampled_from(["condition", "drug", "procedure", "allergy"])))
def test_more_that_is_complete_turns_nothing_to_its_opposite(case: Any, complete: Any) -> None:
    who = cases.person_of(case)
    part = outcomes(who, case.trial, SETTING._replace(complete=frozenset(complete)))
    for one, two in zip(outcomes(who, case.trial), part, strict=True):
        assert {one, two} not in OPPOSITE


@settings(max_examples=40, deadline=None)
@given(any_case, st.booleans())
def test_ranking_and_screening_say_what_the_whole_evaluation_says(case: Any, whole: bool) -> None:
    setting = SETTING._replace(complete=case.complete if whole else frozenset())
    who = cases.person_of(case)
    names = sorted(cases.TRIALS)
    found = ranked(lay_out(cases.criteria_of(name) for name in names), who, setting)
    for place, name in enumerate(names):
        full = in_full(who, cases.criteria_of(name), setting)
        assert OUTCOMES[found.outcome[place]] == full.outcome
        counts = [
            sum(each.follows == said for each in full.criteria)
            for said in ("allows", "open", "bars")
        ]
        assert counts == [found.allows[place], found.open[place], found.bars[place]]
        assert found.total[place] == full.total
        (one,) = screened([who], cases.criteria_of(name), setting).people
        assert one.outcome == full.outcome


_bounds = st.builds(
    Compare,
    st.sampled_from(["age", "creatinine", "spo2", "sofa", "mechanical_ventilation_duration", "x"]),
    st.sampled_from([">", ">=", "<", "<=", "=", "between", "?"]),
    st.floats(0, 200),
    st.just(0),
    st.just(1),
    high=st.none() | st.floats(0, 300),
    unit=st.sampled_from(["", "a", "%", "mg/dL", "umol/L", "{xULN}", "h", "kg"]),
)
_leaves = (
    _bounds
    | st.builds(InSet, st.sampled_from(["sex", "nyha", "child_pugh_class"]),
                st.lists(st.sampled_from(["male", "A", 2.0]), max_size=3).map(tuple),
                st.just(0), st.just(1))
    | st.builds(Event, st.text(max_size=12) | st.sampled_from(["pregnancy", "stroke"]),
                st.booleans(), st.just(0), st.just(1))
)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(_leaves, st.sampled_from(["inclusion", "exclusion", "unknown"]))
def test_nobody_unknown_is_decided_by_any_condition(node: Any, section: Any) -> None:
    asked = Criterion(1, section, "patient", "x", 0, 1, node, "full")
    nobody = Patient("x", None, "", ())
    (one,) = criterion_verdicts([asked], nobody, SETTING)
    both_sexes = isinstance(node, InSet) and {"male", "female"} <= set(map(str, node.values))
    assert one.follows == "open" or both_sexes
    assert list(leaves(node)) == [node]
