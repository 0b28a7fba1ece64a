"""What a study gives, read from interventions, arms and titles."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from trialweave.model import Arm, Intervention, Labelled, Record, Trial
from trialweave.synthesis.products import (
    broad,
    comparator_texts,
    given,
    is_within,
    kind_alone,
    kinds_in,
    product_texts,
    sources_in,
)

from .conftest import Made, value


def record(made: Made, name: str = "a", *, source: str = "ctgov", **fields: Any) -> Record:
    trial = Trial(**{key: value(content) for key, content in fields.items() if key != "other"})
    if "other" in fields:
        trial = msgspec.structs.replace(trial, other=fields["other"])
    made.record(name, source=source, trial=trial, as_trial=source == "ctgov")
    return made.records[-1]


def item(name: str, description: str | None = None, **more: Any) -> Intervention:
    fields = {key: value(content) for key, content in more.items()}
    return Intervention(name=value(name), description=value(description), **fields)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("mesenchymal stem cells", {"cells"}),
        ("UC-MSCs", {"cells"}),
        ("stromal vascular fraction", {"cells"}),
        ("mesenchymal stem cell secretome", {"secretome"}),
        ("conditioned medium of MSCs", {"secretome"}),
        ("culture supernatant", {"secretome"}),
        ("exosomes derived from T cells and MSCs", {"vesicles"}),
        ("MSC-derived extracellular vesicles", {"vesicles"}),
        ("cells; cells then exosomes", {"cells", "vesicles"}),
        ("exosomes and mesenchymal cells", {"vesicles", "cells"}),
        ("mRNA vaccine", {"vaccine"}),
        ("cell-free DNA test", set()),
        ("white blood cell count", set()),
        ("drug for small cell carcinoma", set()),
        ("remdesivir", set()),
    ],
)
def test_kinds(text: str, kinds: set[str]) -> None:
    assert kinds_in(text) == kinds


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("umbilical cord mesenchymal stem cells", {"umbilical cord"}),
        ("hUC-MSCs", {"umbilical cord"}),
        ("Wharton's jelly derived MSC", {"Wharton's jelly"}),
        ("WJ-MSCs", {"Wharton's jelly"}),
        ("umbilical cord blood derived stem cells", {"cord blood"}),
        ("BM-MSCs", {"bone marrow"}),
        ("mesenchymal stem cells from the bone marrow", {"bone marrow"}),
        ("cells after bone marrow failure", set()),
        ("anaemia due to marrow failure", set()),
        ("adipose-derived stem cells", {"adipose tissue"}),
        ("AD-MSC", {"adipose tissue"}),
        ("exosomes of placental mesenchymal cells", {"placenta"}),
        ("amniotic fluid stem cells", {"amnion"}),
        ("menstrual blood stem cells", {"menstrual blood"}),
        ("MenSCs", {"menstrual blood"}),
        ("endometrial stem cells", {"endometrium"}),
        ("dental pulp stem cells", {"dental pulp"}),
        ("peripheral blood stem cells", {"peripheral blood"}),
        ("embryonic stem cells", {"embryonic stem cells"}),
        ("iPSC derived cardiomyocytes", {"pluripotent stem cells"}),
        ("perinatal stem cells", {"perinatal tissue"}),
        ("placenta praevia", set()),
    ],
)
def test_sources_where_cells_stand_near(text: str, sources: set[str]) -> None:
    assert sources_in(text) == sources


def test_a_name_alone_is_a_source_where_asked() -> None:
    assert sources_in("umbilical cord; placenta") == set()
    assert sources_in("umbilical cord; placenta", alone=True) == {"umbilical cord", "placenta"}


def test_parts_of_a_source() -> None:
    assert is_within("Wharton's jelly", "Wharton's jelly")
    assert is_within("Wharton's jelly", "umbilical cord")
    assert is_within("Wharton's jelly", "perinatal tissue")
    assert not is_within("umbilical cord", "Wharton's jelly")
    assert not is_within("bone marrow", "perinatal tissue")
    assert (broad("Wharton's jelly"), broad("placenta")) == ("umbilical cord", "placenta")


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("exosomes", True),
        ("Cells", True),
        ("secretome / conditioned medium", True),
        ("stem cells", False),
        ("remdesivir", False),
        ("", False),
    ],
)
def test_kind_alone(text: str, alone: bool) -> None:
    assert kind_alone(text) is alone


def test_a_sheet_comes_before_a_register_and_a_register_before_an_article(made: Made) -> None:
    article = record(made, "c", source="page", public_title="Bone marrow stem cells, 3 mL")
    register = record(made, "b", interventions=(item("placental stem cells", "1e6 cells/kg"),))
    sheet = record(
        made, "a", source="extraction", interventions=(item("stem cells"),),
        other=(
            Labelled("route", value("1e9 cells")),
            Labelled("cell source", value("umbilical cord/Wharton jelly")),
            Labelled("dose", value("2e6 cells/kg")),
        ),
    )  # fmt: skip
    found = given([article, register, sheet])
    assert str(found.product) == "cells (extraction:a, interventions)"
    assert str(found.source) == "Wharton's jelly (extraction:a, cell source)"
    assert str(found.dose) == "2e6 cells/kg (extraction:a, dose)"
    found = given([article, register])
    assert str(found.source) == "placenta (ctgov:b, interventions)"
    assert found.doses[0].low == 1e6
    found = given([article])
    assert str(found.source) == "bone marrow (page:c, title)"
    assert found.doses == ()  # a volume beside cells is what they are kept in
    assert given([]) == (None, None, (), None)


def test_what_only_controls_receive_is_not_tested(made: Made) -> None:
    one = record(
        made,
        interventions=(
            item("UC-MSC", "given once", arm_labels=("A",)),
            item("Bone marrow cells", "a comparator", arm_labels=("B",)),
            item("Placebo", "saline"),
        ),
        arms=(
            Arm(label=value("A"), type=value("experimental"), description=value("5e6 cells/kg")),
            Arm(label=value("B"), type=value("placebo comparator"), description=value("9e9 cells")),
            Arm(label=value("Control group"), description=value("usual care")),
        ),
    )
    found = given([one])
    assert found.source is not None
    assert found.source.names == ("umbilical cord",)
    assert [dose.low for dose in found.doses] == [5e6]
    assert found.dose is not None
    assert found.dose.field == "arms"
    assert product_texts([one]) == ["UC-MSC", "given once"]
    assert comparator_texts([one]) == [
        "Bone marrow cells", "a comparator", "Placebo", "saline",
        "B", "placebo comparator", "9e9 cells", "Control group", "usual care",
    ]  # fmt: skip


def test_the_type_of_intervention_speaks_last(made: Made) -> None:
    drug = record(made, interventions=(item("Remdesivir", "200 mg, then 100 mg", type="Drug"),))
    found = given([drug])
    assert str(found.product) == "drug (ctgov:a, type of intervention)"
    assert [dose.low for dose in found.doses] == [200, 100]
    assert found.source is None
    other = record(made, "b", interventions=(item("Something", type="other"),))
    assert given([other]).product is None


def test_counts_of_cells_before_volumes(made: Made) -> None:
    one = record(made, interventions=(item("MSC exosomes", "2e8 vesicles in 5 mL, 10 mL/kg"),))
    assert [(dose.low, dose.unit) for dose in given([one]).doses] == [(2e8, "vesicles")]


def test_titles_speak_of_the_product_only_where_nothing_better_does(made: Made) -> None:
    titled = record(made, public_title="Cells against remdesivir")
    assert product_texts([titled]) == ["Cells against remdesivir"]
    armed = record(made, "b", public_title="T", arms=(Arm(label=value("cells"), type=value("x")),))
    assert product_texts([armed]) == ["cells"]
