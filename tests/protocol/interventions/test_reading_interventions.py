"""Texts of interventions, invented after the forms of registers, read slot by slot."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.protocol.interventions import Component, read_intervention


def only(text: str, name: str = "", type_: str = "") -> Component:
    (found,) = read_intervention(text, name, type_)
    return found


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        (
            "UC-MSCs will be given as four intravenous infusions of 2 x 106 cells/kg each on days "
            "0, 2, 4 and 6",
            {"cell_source": "umbilical cord", "dose_low": 2e6, "dose_unit": "cells/kg",
             "route": "intravenous", "doses_total": 4.0, "days": (0.0, 2.0, 4.0, 6.0),
             "kind": "cells"},
        ),
        (
            "four infusions of 10 mL conditioned medium for four days",
            {"kind": "secretome", "dose_low": 10.0, "dose_unit": "mL", "doses_total": 4.0,
             "duration_days": 4.0},
        ),
        (
            "3 x 10E7 cells / time, once / week, 3 times / course, 2 courses in total",
            {"dose_low": 3e7, "interval_days": 7.0, "times_per_week": 1.0, "doses_total": 6.0},
        ),
        (
            "exosomes 90 mg / time, 2 times / day, 5 days / course, 2 courses",
            {"kind": "vesicles", "dose_low": 90.0, "times_per_day": 2.0, "duration_days": 10.0,
             "doses_total": 20.0},
        ),
        (
            "1 million cells/kg (up to a maximum of 80 million cells) by IV infusion over 45 "
            "minutes in 100 mL of saline",
            {"maximum": 8e7, "infusion_minutes": 45.0, "volume_ml": 100.0, "route": "intravenous"},
        ),
        (
            "5 x 10^7 cells suspended in 20-30 mL saline with 5% human albumin, every other day, "
            "a total of 3 infusions",
            {"dose_low": 5e7, "volume_ml": (20.0, 30.0), "interval_days": 2.0, "doses_total": 3.0},
        ),
        (
            "infused over 20-30 minutes at 3 mL/minute: 90 million cells",
            {"dose_low": 9e7, "infusion_minutes": (20.0, 30.0)},
        ),
        (
            "Amoxil 500 mg orally three times a day for 10 days",
            {"product": "Amoxil", "kind": "drug", "dose_low": 500.0, "route": "oral",
             "times_per_day": 3.0, "duration_days": 10.0},
        ),
        ("40 mg capsules every 8 hours", {"times_per_day": 3.0, "route": "oral"}),
        ("5 mg SC weekly", {"interval_days": 7.0, "route": "subcutaneous"}),
        ("2 g bid x 14 days", {"times_per_day": 2.0, "duration_days": 14.0}),
        ("50 mg on the first, third and fifth days", {"days": (1.0, 3.0, 5.0), "doses_total": 3.0}),
        ("6 mg once daily on days 1-5", {"duration_days": 5.0, "times_per_day": 1.0}),
        ("6 mg on days 1-3", {"days": (1.0, 2.0, 3.0)}),
        ("6 mg weeks 0, 4 and 8", {"days": (0.0, 28.0, 56.0)}),
        ("two doses of 8 mg, 4 weeks apart", {"doses_total": 2.0, "interval_days": 28.0}),
        ("single dose of 8 mg", {"doses_total": 1.0}),
        ("8 mg twice every other day", {"doses_total": 2.0, "interval_days": 2.0}),
        ("8 mg for 2 to 3 times in total", {"doses_total": (2.0, 3.0)}),
        ("3 million IU, 3 times per week", {"times_per_week": 3.0, "interval_days": None}),
        (">5 x 10^8 NK cells", {"operator": ">"}),
        ("600 mg/day for 5-7 days", {"basis": "day", "duration_days": (5.0, 7.0)}),
        ("autologous bone marrow MSCs", {"donor": "autologous", "cell_source": "bone marrow"}),
        ("MSCs of healthy donors", {"donor": "allogeneic"}),
        ("nebulised budesonide 1 mg", {"route": "inhalation"}),
        ("cells given; participants are followed for 90 days", {"duration_days": None}),
        ("200 mL convalescent plasma, 1 unit", {"kind": "plasma", "dose_unit": "mL"}),
        ("60 mg/h", {"basis": "hour"}),
        ("4 mg Q8H", {"times_per_day": 3.0}),
        ("4 mg, tid, 5 days", {"times_per_day": 3.0, "duration_days": 5.0}),
        ("4 mg daily until day 7", {"days": (), "duration_days": None}),
        ("4 mg on the second to fifth day", {"days": (2.0, 3.0, 4.0, 5.0)}),
        ("4 mg on days -8 and -7", {"days": (-8.0, -7.0)}),
        ("4 mg within day 3 of symptom onset", {"days": ()}),
        ("4 mg at the phase 2 dose with single use kits", {"doses_total": None}),
        ("4 mg before meals for 10 days", {"duration_days": 10.0}),
        ("100 million cells over the course of one hour infusion", {"infusion_minutes": 60.0}),
        ("180 mg (3 mg/kg) daily", {"dose_low": 180.0, "phases": ()}),
        ("1,000 mg/day (2 x 500-mg tablets)", {"dose_low": 1000.0, "phases": ()}),
        ("Alfamycin 200 mg tablets: 800 mg twice daily", {"dose_low": 800.0, "phases": ()}),
        ("two alfamycin 5 mg tablets", {"dose_low": 10.0, "product": "alfamycin"}),
        ("Alfamycin (Beta company, Iran) 5 mg", {"product": "Alfamycin"}),
        ("Alfamycin 40 mg/0.4 mL", {"dose_low": 40.0, "dose_unit": "mg"}),
        ("10,000,000/5 mL MSCs", {"dose_low": 1e7, "dose_unit": "cells"}),
        ("a 14G (1.5 mm) needle: 2 mL stem cells", {"dose_low": 2.0, "dose_unit": "mL"}),
        ("2 x 10^7 (20 million) BMMSCs", {"dose_low": 2e7, "product": "BMMSCs"}),
        ("10^4 stromal cells (MSCs) cells/kg", {"dose_unit": "cells/kg"}),
        ("10 mL of blood will be collected", {"dose_low": None}),
    ],
)  # fmt: skip
def test_slots(text: str, slots: dict[str, Any]) -> None:
    found = only(text)
    assert {slot: getattr(found, slot) for slot in slots} == slots


def test_nothing_is_inferred() -> None:
    found = only("mesenchymal stem cells are infused")
    assert (found.dose_low, found.route, found.days, found.doses_total) == (None, None, (), None)


def test_two_products_that_share_a_schedule() -> None:
    first, second = read_intervention(
        "NK cells (>2x10^9) and mesenchymal stem cells (>4x10^9), intravenous infusion once every "
        "two days for a total of three times"
    )
    assert (first.product, first.dose_low) == ("NK cells", 2e9)
    assert (second.product, second.dose_low) == ("mesenchymal stem cells", 4e9)
    for one in (first, second):
        assert (one.interval_days, one.doses_total, one.route) == (2.0, 3.0, "intravenous")


def test_two_products_with_schedules_of_their_own() -> None:
    first, second = read_intervention("Alfamycin 400 mg bid for 5 days and betamycin 250 mg daily")
    assert (first.times_per_day, first.duration_days) == (2.0, 5.0)
    assert (second.product, second.times_per_day, second.duration_days) == ("betamycin", 1.0, None)


def test_cells_and_vesicles_are_two_products() -> None:
    found = read_intervention("1 x 10^8 cells on day 0 and then 2 x 10^9 particles on day 4")
    assert [(one.dose_unit, one.days) for one in found] == [
        ("cells", (0.0,)),
        ("particles", (4.0,)),
    ]


def test_doses_that_follow_one_another_are_phases() -> None:
    found = only("alfamycin 400 mg every 12 hours for the first day then 200 mg daily for 6 days")
    assert [(p.dose_low, p.times_per_day, p.duration_days) for p in found.phases] == [
        (400.0, 2.0, 1.0), (200.0, 1.0, 6.0),
    ]  # fmt: skip
    assert (found.dose_low, found.duration_days, found.flags) == (400.0, 6.0, ("several doses",))


def test_a_product_named_again_is_one_component() -> None:
    first, second = read_intervention(
        "alfamycin 800 mg and betamycin 400 mg on day 1, followed by alfamycin 600 mg for 7 days"
    )
    assert [phase.dose_low for phase in first.phases] == [800.0, 600.0]
    assert (first.duration_days, second.product, second.phases) == (7.0, "betamycin", ())


def test_a_list_of_doses_names_its_unit_once() -> None:
    found = only("The doses are 1 x 10^6, 3 x 10^6, and 5 x 10^6 MSCs/kg")
    assert {phase.dose_unit for phase in found.phases} == {"cells/kg"}
    assert [phase.dose_low for phase in found.phases] == [1e6, 3e6, 5e6]


def test_alternative_doses() -> None:
    found = only("1 x 10^6 or 3 x 10^6 cells/kg")
    assert [phase.dose_low for phase in found.phases] == [1e6, 3e6]
    assert (found.dose_high, found.flags) == (None, ("alternative doses",))


def test_of_several_numbers_of_doses_the_days_decide() -> None:
    found = only("three doses of MSCs. Two doses of 100 million cells on day 0 and day 2")
    assert (found.doses_total, found.days) == (2.0, (0.0, 2.0))


def test_the_name_tells_what_the_text_does_not() -> None:
    found = only("taken in the morning", "Alfamycin 20 mg tablet", "Drug")
    assert (found.product, found.dose_low, found.kind) == ("Alfamycin 20 mg tablet", 20.0, "drug")
    assert "dose read from the name" in found.flags
    assert [place.field for place in found.places if place.slot == "dose"] == ["name"]
    assert only("", "Alfamycin 20 mg").dose_low == 20.0


def test_control_groups_are_told_by_their_label() -> None:
    tested, control = read_intervention(
        "treatment group: MSCs 1 x 10^6 cells/kg; control group: 50 mL saline"
    )
    assert (tested.role, tested.dose_low) == ("", 1e6)
    assert (control.role, control.dose_low, control.dose_unit) == ("comparator", 50.0, "mL")


@pytest.mark.parametrize(
    ("text", "kind", "role"),
    [
        ("placebo tablets", "placebo", "comparator"),
        ("standard of care", "background", "background"),
        ("breathing exercises", "behavioural", ""),
        ("tocilizumab", "biologic", ""),
        ("BCG vaccine", "vaccine", ""),
    ],
)
def test_kinds(text: str, kind: str, role: str) -> None:
    found = only(text)
    assert (found.kind, found.role) == (kind, role)


def test_the_register_types_what_words_do_not_tell() -> None:
    assert only("XY-17", type_="Biological").kind == "biologic"
    assert only("XY-17 cells", type_="Drug").kind == "cells"


def test_empty_and_too_long() -> None:
    assert read_intervention("") == ()
    assert "text cut" in only("MSCs " + "a" * 30_000).flags


WORDS = st.sampled_from(
    [
        "5",
        "10",
        "x",
        "10^7",
        "106",
        "×",
        "-",
        "to",
        "/",
        "cells",
        "kg",
        "mg",
        "mL",
        "days",
        "day",
        "1,",
        "3",
        "and",
        "weeks",
        "every",
        "twice",
        "for",
        "MSCs",
        "infusion",
        "of",
        "or",
        "(",
        ")",
        ";",
        ".",
        "maximum",
        "total",
        "then",
        "saline",
        "0,5",
        "50.000",
        "√ó",
        "１",
        "ﬁ",
        "\u202e",
        "🧪",
    ]
)


@settings(max_examples=100, deadline=None)
@given(
    st.one_of(st.lists(WORDS, max_size=40).map(" ".join), st.text(max_size=120)),
    st.text(max_size=20),
)
def test_never_raises_and_places_lie_in_the_text(text: str, name: str) -> None:
    for component in read_intervention(text, name):
        for place in component.places:
            source = text if place.field == "text" else name
            assert 0 <= place.start < place.end <= len(source)
        if component.dose_low is not None:
            assert component.dose_low > 0
            assert component.dose_unit


@pytest.mark.parametrize(
    "piece",
    ["1 ", "5 x 10 7 ", "1,", "5 mg ", "days 1, 2, "],
)
def test_hostile_length_is_bounded(piece: str) -> None:
    hostile = (piece * 100_000)[:100_000]
    begun = time.process_time()
    read_intervention(hostile)
    assert time.process_time() - begun < 2.0
