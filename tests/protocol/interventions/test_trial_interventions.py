"""A record's interventions by arm, and doses on common scales."""

from __future__ import annotations

from typing import Any

import pytest

from trialweave.model import Arm, Intervention, Trial, Value, stated
from trialweave.protocol.interventions import (
    Component,
    Given,
    normal_dose,
    of_trial,
    read_intervention,
    stated_weight,
)


def text(content: str) -> Value[str]:
    return stated(content, "t/1") if content else Value()


def item(
    name: str, description: str = "", type_: str = "", arms: tuple[str, ...] = ()
) -> Intervention:
    return Intervention(
        name=text(name),
        description=text(description),
        type=text(type_),
        arm_labels=stated(arms, "t/1") if arms else Value(),
    )


def arm(label: str, type_: str = "", description: str = "", holds: tuple[str, ...] = ()) -> Arm:
    return Arm(
        label=text(label),
        type=text(type_),
        description=text(description),
        interventions=stated(holds, "t/1") if holds else Value(),
    )


def trial(
    interventions: tuple[Intervention, ...] = (), arms: tuple[Arm, ...] = (), **more: Any
) -> Trial:
    return Trial(
        interventions=stated(interventions, "t/1") if interventions else Value(),
        arms=stated(arms, "t/1") if arms else Value(),
        **more,
    )


def short(given: Given) -> tuple[str | None, str, str | None]:
    return given.arm, given.role, given.component.product


def test_by_arm() -> None:
    told = of_trial(
        trial(
            (
                item("UC-MSC", "1 x 10^6 cells/kg IV on day 0", "Biological", ("Cells",)),
                item("Saline", "100 mL IV on day 0", "Drug", ("Control",)),
                item("Alfamycin", "200 mg daily", "Drug", ("Cells", "Control")),
                item("Usual care", "", "Other", ("Cells", "Control")),
            ),
            (arm("Cells", "Experimental"), arm("Control", "Placebo Comparator")),
        )
    )
    assert [short(one) for one in told] == [
        ("Cells", "tested", "UC-MSC"),
        ("Control", "comparator", "Saline"),
        ("Cells", "background", "Alfamycin"),
        ("Control", "background", "Alfamycin"),
        ("Cells", "background", "Usual care"),
        ("Control", "background", "Usual care"),
    ]
    assert (told[0].text, told[0].name) == ("interventions[0].description", "interventions[0].name")


def test_an_arm_lists_its_interventions() -> None:
    told = of_trial(
        trial(
            (item("UC-MSC", "", "Biological"),),
            (arm("A", "Experimental", "UC-MSC 2 x 10^6 cells/kg on days 0 and 2",
                 ("Biological: UC-MSC",)),),
        )
    )  # fmt: skip
    (one,) = told
    assert (one.arm, one.component.dose_low, one.text) == ("A", 2e6, "arms[0].description")
    assert "read from the arm" in one.component.flags


def test_without_interventions_arms_tell() -> None:
    told = of_trial(
        trial(
            (),
            (arm("Cells", "experimental", "MSCs 5 x 10^7"), arm("Usual", "", "standard of care")),
        )
    )
    assert [(one.arm, one.role) for one in told] == [("Cells", "tested"), ("Usual", "background")]


def test_without_both_a_title_tells() -> None:
    told = of_trial(trial(public_title=text("Exosomes of placenta MSCs for severe lung injury")))
    (one,) = told
    assert (one.component.kind, one.component.cell_source, one.text) == (
        "vesicles", "placenta", "public_title",
    )  # fmt: skip
    assert of_trial(trial(public_title=text("A trial of walking"))) == ()


def test_a_dose_in_the_summary_is_of_the_product_tested() -> None:
    summary = "Lungs fail. MSCs will be given as 2 infusions of 3 x 10^6 cells/kg. Walks are 400 m."
    told = of_trial(trial((item("MSCs"),), brief_summary=text(summary)))
    (one,) = told
    assert (one.component.dose_low, one.component.doses_total, one.text) == (
        3e6,
        2.0,
        "brief_summary",
    )
    place = one.component.place("dose")
    assert place is not None
    assert summary[place.start : place.end] == "3 x 10^6 cells/kg"
    (other,) = of_trial(trial((item("Alfamycin", "", "Drug"),), brief_summary=text(summary)))
    assert other.component.dose_low is None


@pytest.mark.parametrize(
    ("told", "weight"),
    [
        ("for an adult weighing about 70 kg", 70.0),
        ("reckoned for a weight of 60 kg", 60.0),
        ("70 kg or 80 kg", None),
        ("weighing 70 kg or weighing 80 kg", None),
        ("200 mg", None),
    ],
)
def test_stated_weight(told: str, weight: float | None) -> None:
    assert stated_weight(told) == weight


def component(told: str) -> Component:
    (one,) = read_intervention(told)
    return one


def test_a_dose_per_kg_needs_a_weight() -> None:
    told = component("2 x 10^6 cells/kg on days 0, 2 and 4")
    without = normal_dose(told)
    assert without is not None
    assert (without.per_kg, without.per_dose, without.total) == ((2e6, 2e6), None, None)
    assert any("no weight is stated" in why for why in without.whys)
    weighed = normal_dose(told, 50)
    assert weighed is not None
    assert (weighed.per_dose, weighed.total) == ((1e8, 1e8), (3e8, 3e8))


def test_a_maximum_limits_what_weight_gives() -> None:
    told = normal_dose(component("2 million cells/kg (maximum of 100 million cells)"), 80)
    assert told is not None
    assert told.per_dose == (1e8, 1e8)


def test_a_whole_dose() -> None:
    told = normal_dose(component("1-2 x 10^8 cells, two infusions"))
    assert told is not None
    assert (told.unit, told.per_dose, told.per_kg, told.total) == (
        "cells",
        (1e8, 2e8),
        None,
        (2e8, 4e8),
    )
    assert normal_dose(component("1 x 10^8 cells"), 50) is not None
    weighed = normal_dose(component("1 x 10^8 cells"), 50)
    assert weighed is not None
    assert (weighed.per_kg, weighed.total) == ((2e6, 2e6), None)


@pytest.mark.parametrize(
    ("told", "total"),
    [
        ("0.5 g twice daily for 5 days", (5000.0, 5000.0)),
        ("400 mg/day for 5 days", (2000.0, 2000.0)),
        ("500 mcg once daily for 4 to 6 days", (2.0, 3.0)),
        ("400 mg on day 1 then 200 mg daily for 4 days", None),
        ("80 mg/m2", None),
    ],
)
def test_totals_in_mg(told: str, total: tuple[float, float] | None) -> None:
    dose = normal_dose(component(told))
    assert dose is not None
    assert dose.unit == "mg"
    assert dose.total == (pytest.approx(total) if total else None)


def test_without_a_dose_there_is_none() -> None:
    assert normal_dose(component("MSCs")) is None
