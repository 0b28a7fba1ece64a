"""What a question asks of studies: filters only ever leave out, and unknown is not no."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.model import Arm, Intervention, Labelled, PartialDate, Trial
from trialweave.synthesis import Chosen, LeftOut, Question, Selection, choose

from .conftest import Made, value


def study(made: Made, name: str = "a", *, days: float | None = 28, dose: str | None = None,
          source: str = "extraction", **fields: Any) -> str:  # fmt: skip
    trial = Trial(
        **{"allocation": value("randomised"), **{key: value(told) for key, told in fields.items()}}
    )
    if dose is not None:
        trial = msgspec.structs.replace(trial, other=(Labelled("dose", value(dose)),))
    record = made.record(name, trial=trial, source=source, as_trial=source == "ctgov")
    made.finding(record, (3, 20), (6, 21), days=days)
    return made.study(record)


def given_to(name: str, description: str | None = None) -> tuple[Intervention, ...]:
    return (Intervention(name=value(name), description=value(description)),)


def select(made: Made, **asked: Any) -> Selection:
    return choose(Question("mortality", **asked), made.studies, made.records, made.findings)


def kept(made: Made, **asked: Any) -> Chosen:
    (one,) = select(made, **asked).chosen
    return one


def left(made: Made, **asked: Any) -> LeftOut:
    (one,) = select(made, **asked).left_out
    assert one.contrast is not None
    return one


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("COVID-19", True),
        ("coronavirus", True),
        ("severe COVID", True),
        ("pneumonias", True),
        ("critical COVID", False),
        ("sepsis", False),
    ],
)
def test_population(made: Made, wanted: str, found: bool) -> None:
    study(made, conditions=(value("COVID-19 Pneumonia"),), severity="severe")
    if found:
        assert kept(made, population=wanted)
    else:
        one = left(made, population=wanted)
        assert (one.kind, one.why) == (
            "population", f"no condition or title mentions {wanted!r}"
        )  # fmt: skip


def test_a_population_that_nobody_tells(made: Made) -> None:
    study(made)
    assert left(made, population="asthma").why.startswith("not told: no record states a condition")
    made = Made()
    study(made, public_title="Cells for severe acute respiratory syndrome coronavirus 2")
    why = left(made, population="severe coronavirus").why
    assert why == "not told how severe the participants' condition was"
    assert kept(made, population="coronavirus")


@pytest.mark.parametrize(
    ("name", "wanted", "found"),
    [
        ("UC-MSCs", "cells", True),
        ("UC-MSCs", "mesenchymal stem cell", True),
        ("UC-MSCs", "bone marrow cells", False),
        ("stem cell secretome", "secretome", True),
        ("stem cell secretome", "conditioned medium", True),
        ("stem cell secretome", "cells", False),
        ("extracellular vesicles", "exosomes", True),
        ("Remdesivir", "remdesivir", True),
        ("Remdesivir", "favipiravir", False),
        ("Remdesivir", "cells", False),
    ],
)
def test_product(made: Made, name: str, wanted: str, found: bool) -> None:
    study(made, interventions=given_to(name))
    if found:
        assert kept(made, product=wanted)
    else:
        one = left(made, product=wanted)
        assert one.kind == "product"
        assert one.why.startswith(f"no intervention mentions {wanted!r}")


def test_a_product_that_nobody_tells(made: Made) -> None:
    study(made)
    assert left(made, product="cells").why == "not told: no record states what is given"
    made = Made()
    study(made, interventions=given_to("Remdesivir"))
    assert left(made, product="cells").why.endswith("the product is not told")


@pytest.mark.parametrize(
    ("told", "wanted", "why"),
    [
        ("UC-MSC", "umbilical cord", ""),
        ("WJ-MSC", "umbilical cord", ""),
        ("WJ-MSC", "perinatal", ""),
        ("UC-MSC", "Wharton's jelly", 'not told whether from "Wharton\'s jelly": only umbilical'),
        ("BM-MSC", "umbilical cord", "the cells come from bone marrow (extraction:a, interv"),
        ("UC-MSC", "limbus", "the cells come from umbilical cord (extraction:a, interventions), n"),
        ("MSC", "umbilical cord", "not told: no record says where the cells come from"),
    ],
)
def test_cell_source(made: Made, told: str, wanted: str, why: str) -> None:
    study(made, interventions=given_to(told))
    if not why:
        assert kept(made, cell_source=wanted)
    else:
        one = left(made, cell_source=wanted)
        assert one.kind == "cell source"
        assert one.why.startswith(why)


@pytest.mark.parametrize(
    ("label", "wanted", "found"),
    [
        ("standard of care", "usual care", True),
        ("conventional therapy", "standard treatment", True),
        ("Placebo (saline)", "placebo", True),
        ("saline", "placebo", False),
        ("standard dose heparin", "standard care", False),
    ],
)
def test_comparator(made: Made, label: str, wanted: str, found: bool) -> None:
    record = made.record("a")
    made.finding(record, (3, 20), (6, 21), labels=("cells", label))
    made.study(record)
    if found:
        assert kept(made, comparator=wanted)
    else:
        one = left(made, comparator=wanted)
        assert (one.kind, one.why) == (
            "comparator", f"no control group is said to receive {wanted!r}"
        )  # fmt: skip


def test_comparators_of_the_registered_arms_and_untold_ones(made: Made) -> None:
    record = made.record(
        "a",
        trial=Trial(
            allocation=value("randomised"),
            arms=value((Arm(label=value("B"), type=value("placebo comparator")),)),
        ),
    )
    made.finding(record, (3, 20), (6, 21), labels=("cells", "Control group"))
    made.study(record)
    assert kept(made, comparator="placebo")
    made.records.clear()
    made.record("a")
    assert left(made, comparator="placebo").why.startswith("not told: no record says what the con")


@pytest.mark.parametrize(
    ("dose", "wanted", "why"),
    [
        ("1e6 cells/kg", "1e6 to 5e6 cells/kg", ""),
        ("1e6 to 5e6 cells/kg", "1e6 to 5e6 cells/kg", ""),
        ("5e5 cells/kg", "1e6 to 5e6 cells/kg", "5e5 cells/kg (extraction:a, dose) is not within"),
        (
            "1e6 cells/kg then 5e5 cells/kg", "at least 1e6 cells/kg",
            "5e5 cells/kg (extraction:a, dose) is not within at least 1e6 cells/kg",
        ),
        ("1e8 cells", "at least 1e6 cells/kg", "not told in cells/kg: 1e8 cells (extraction:a, do"),
        (None, "at least 1e6 cells/kg", "not told: no record states a dose that can be read"),
    ],
)  # fmt: skip
def test_dose(made: Made, dose: str | None, wanted: str, why: str) -> None:
    study(made, dose=dose)
    if not why:
        assert kept(made, dose=wanted)
    else:
        one = left(made, dose=wanted)
        assert one.kind == "dose"
        assert one.why.startswith(why)


@pytest.mark.parametrize(
    ("registered", "start", "when"),
    [
        (PartialDate(2020, 3, 1), PartialDate(2020, 3, 2), "before enrolment"),
        (PartialDate(2020, 3, 2), PartialDate(2020, 3, 2), "before enrolment"),
        (PartialDate(2020, 3, 3), PartialDate(2020, 3, 2), "after enrolment began"),
        (PartialDate(2020, 3), PartialDate(2020, 3, 2), ""),
        (None, PartialDate(2020, 3, 2), ""),
        (PartialDate(2020, 3, 1), None, ""),
    ],
)
def test_registration(
    made: Made, registered: PartialDate | None, start: PartialDate | None, when: str
) -> None:
    study(made, source="ctgov", registration_date=registered, start_date=start,
          start_date_type="actual")  # fmt: skip
    plain = kept(made, subgroup="registration")
    assert (plain.registration, plain.group) == (when, when)
    if when == "before enrolment":
        assert kept(made, registered="before enrolment")
        return
    one = left(made, registered="before enrolment")
    assert one.kind == "registration"
    assert one.why.startswith("not told: ") is not bool(when)
    if when:
        assert "a day after the start" in one.why


def test_registrations_that_differ_tell_nothing(made: Made) -> None:
    early, late = PartialDate(2020, 2, 1), PartialDate(2020, 4, 1)
    for name, start in (("NCT00000001", late), ("NCT00000002", early)):
        made.record(
            name, source="ctgov", as_trial=True,
            trial=Trial(
                allocation=value("randomised"), registration_date=value(PartialDate(2020, 3, 1)),
                start_date=value(start), start_date_type=value("actual"), primary_id=value(name),
            ),
        )  # fmt: skip
    made.finding("ctgov:NCT00000001", (3, 20), (6, 21))
    made.study("ctgov:NCT00000001", "ctgov:NCT00000002")
    one = left(made, registered="before enrolment")
    assert one.why.startswith("not told: its registrations' dates differ: ")


def test_a_window_of_days(made: Made) -> None:
    study(made, days=None)
    record = "extraction:a"
    why = left_in_window(made).why
    assert why == "no result within 14 to 30 days: its time is not told"
    made.finding(record, (1, 20), (1, 21), days=90)
    assert left_in_window(made).why == "no result within 14 to 30 days, but at 90"
    for days in (14, 21, 30):
        made.finding(record, (2, 20), (days, 41), days=days)
    assert kept(made, time="14 to 30 days").time_days == 30
    assert kept(made, time="14 to 29 days").time_days == 21
    assert kept(made, time="14 to 14 days").time_days == 14
    assert kept(made, time="22 to 90.5 days").time_days == 90


def left_in_window(made: Made) -> LeftOut:
    (one,) = select(made, time="14 to 30 days").left_out
    assert (one.kind, one.contrast) == ("time", None)
    return one


@pytest.mark.parametrize(
    ("subgroup", "group"),
    [
        ("product", "cells"),
        ("cell source", "umbilical cord"),
        ("dose", "1e6 to 1e7 cells/kg"),
        ("designs", "randomised"),
        ("registration", ""),
        ("risk of bias", ""),
        ("", ""),
    ],
)
def test_subgroups(made: Made, subgroup: str, group: str) -> None:
    study(made, interventions=given_to("Wharton's jelly MSC"), dose="2e6 cells/kg")
    one = kept(made, subgroup=subgroup)
    assert one.group == group
    assert (one.product, one.cell_source, one.dose) == (
        "cells", "umbilical cord", "1e6 to 1e7 cells/kg"
    )  # fmt: skip
    assert one.read_from == (
        "product: cells (extraction:a, interventions)",
        "cell source: Wharton's jelly (extraction:a, interventions)",
        "dose: 2e6 cells/kg (extraction:a, dose)",
    )


ASKED = st.fixed_dictionaries(
    {},
    optional={
        "population": st.sampled_from(["COVID-19", "severe", "sepsis"]),
        "product": st.sampled_from(["cells", "exosomes", "mesenchymal"]),
        "cell_source": st.sampled_from(["umbilical cord", "bone marrow"]),
        "dose": st.sampled_from(["1e6 to 5e6 cells/kg", "at least 1e8 cells"]),
        "comparator": st.sampled_from(["placebo", "standard care"]),
        "registered": st.just("before enrolment"),
        "time": st.sampled_from(["0 to 30 days", "60 to 99 days"]),
        "designs": st.just("randomised"),
        "without_flagged": st.booleans(),
    },
)
STUDY = st.fixed_dictionaries(
    {
        "conditions": st.sampled_from([None, "COVID-19", "severe COVID-19", "sepsis"]),
        "name": st.sampled_from(["UC-MSC", "bone marrow stem cells", "MSC exosomes", "aspirin"]),
        "dose": st.sampled_from([None, "2e6 cells/kg", "2e8 cells"]),
        "days": st.sampled_from([None, 28.0, 90.0]),
        "allocation": st.sampled_from(["randomised", "non-randomised", None]),
    }
)


@settings(max_examples=40)
@given(st.lists(STUDY, min_size=1, max_size=5), ASKED, st.randoms(use_true_random=False))
def test_filters_only_leave_out_and_every_study_is_told_once(
    studies: list[dict[str, Any]], asked: dict[str, Any], random: Any
) -> None:
    made = Made()
    for i, told in enumerate(studies):
        condition = told["conditions"]
        study(
            made, f"s{i}", days=told["days"], dose=told["dose"], allocation=told["allocation"],
            conditions=(value(condition),) if condition else None,
            interventions=given_to(told["name"]),
        )  # fmt: skip
    everything = {one.study_id for one in select(made, designs="comparative").chosen}
    selection = select(made, **{"designs": "comparative", **asked})
    chosen = {one.study_id for one in selection.chosen}
    assert chosen <= everything
    told_of = sorted(one.study_id for one in (*selection.chosen, *selection.left_out))
    assert told_of == sorted(each.study_id for each in made.studies)
    assert all(one.why for one in selection.left_out)
    random.shuffle(made.studies)
    assert select(made, **{"designs": "comparative", **asked}) == selection
