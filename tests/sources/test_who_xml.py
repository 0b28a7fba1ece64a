"""XML of the WHO's registers: the data set's own form and the portal's export."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.errors import Hostile, InputError, NoIdentifier, Unreadable
from trialweave.model import Draft, Missingness, PartialDate, Received, Trial
from trialweave.sources import who

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "who"
DATA_SET, PORTAL = who.SOURCES


def load(name: str) -> Received:
    return Received(name, (FIXTURES / name).read_bytes())


def trials(received: Received) -> dict[str, Trial]:
    (source,) = [source for source in who.SOURCES if source.recognise(received)]
    drafts = list(source.read(received))
    assert all(draft.source == source.name for draft in drafts)
    return {draft.identifier: draft.body for draft in drafts if isinstance(draft.body, Trial)}


def texts(value: Any) -> list[str]:
    return [item.content for item in value.content]


@pytest.fixture(scope="module")
def irct() -> Trial:
    return trials(load("irct.xml"))["IRCT20210714051900N2"]


def test_everything_points_where_it_stands(points: Callable[[str, Any], int]) -> None:
    for name in ("irct.xml", "registers.xml", "portal.xml"):
        received = load(name)
        for trial in trials(received).values():
            assert points(received.text, trial) >= 10


def test_titles_and_numbers(irct: Trial) -> None:
    assert irct.public_title.content == "Umbilical cells & lung injury"
    assert irct.scientific_title.content.endswith("< 93%")  # type: ignore[union-attr]
    assert irct.acronym.missingness is Missingness.NOT_REPORTED
    numbers = {n.value.content: (n.scheme, n.kind) for n in irct.secondary_ids.content or ()}
    assert numbers == {
        "U1111-1299-0042": ("utn", "universal trial number"),
        "NCT09999901": ("nct", "ClinicalTrials.gov"),
        "IR.INV.1400.7": ("", "Ethics committee"),
    }


def test_dates_in_two_calendars(irct: Trial) -> None:
    assert irct.registration_date.content == PartialDate(2021, 8, 3)
    assert irct.start_date.content == PartialDate(2021, 8, 11)
    assert (irct.start_date.raw, irct.start_date.rule) == ("1400/05/20", "who.jalali/1")
    assert irct.start_date_type.content == "estimated"
    assert irct.completion_date.content == PartialDate(2641, 6, 14)
    (told,) = [s for s in irct.suggestions if s.concept == "completion_date"]
    assert told.suggested == "2020-03-24"


def test_design_and_numbers(irct: Trial) -> None:
    assert irct.phase.content == ("2", "3")
    assert (irct.allocation.content, irct.masking.content) == ("randomised", "double")
    assert irct.overall_status.content == "active, closed"
    assert irct.overall_status.raw == "Recruitment complete"
    assert (irct.enrollment.content, irct.enrollment_type.content) == (40, "estimated")
    assert irct.minimum_age.content == 18.0
    assert irct.maximum_age.missingness is Missingness.NOT_APPLICABLE


def test_lists(irct: Trial) -> None:
    assert texts(irct.countries) == ["Iran (Islamic Republic of)"]
    assert texts(irct.inclusion_criteria) == [
        *("Age 18 to 70 years", "Saturation below 93%", "Signed consent")
    ]
    assert texts(irct.exclusion_criteria) == ["Pregnancy", "Active cancer", "Dialysis"]
    assert texts(irct.condition_codes) == ["J80"]
    (death,) = irct.primary_outcomes.content or ()
    assert (death.measure.content, death.time_frame.content, death.method.content) == (
        *("Death", "day 28."),
        "hospital records.",
    )
    saturation, _ = irct.secondary_outcomes.content or ()
    assert saturation.time_frame.content == "daily; to discharge."
    given_, control = irct.interventions.content or ()
    assert given_.name.content == "Intervention group: two infusions of cells."
    assert control.name.content == "Control group: saline."
    (reference,) = irct.references.content or ()
    assert (reference.doi.content, reference.kind.content) == ("10.5555/invented.2022.17", "result")


def test_nobody_is_named() -> None:
    for name in ("irct.xml", "portal.xml", "portal.csv"):
        for trial in trials(load(name)).values():
            assert not trial.contacts
            assert trial.contacts.passage is None
            for word in ("Inventedname", "Inventedward", "example.org"):
                assert word not in repr(trial)


def test_that_there_are_contacts_is_kept(irct: Trial) -> None:
    assert irct.contacts.missingness is Missingness.WITHHELD
    (portal,) = trials(load("portal.xml")).values()
    assert portal.contacts.missingness is Missingness.WITHHELD
    drks = trials(load("registers.xml"))["DRKS00099001"]
    assert drks.contacts.missingness is Missingness.NOT_REPORTED


def test_a_field_nobody_knows_is_kept(irct: Trial) -> None:
    assert ("novel field", "Something the register has added") in [
        (item.label, item.value.content) for item in irct.other
    ]


def test_many_registers_in_one_file() -> None:
    received = load("registers.xml")
    each = list(who.read_each_data_set(received))
    assert [type(item) for item in each] == [Draft, Draft, Draft, NoIdentifier, Draft]
    assert "record 4" in str(each[3])
    found = trials(received)
    chictr = found["ChiCTR2199000001"]
    assert chictr.phase.missingness is Missingness.NOT_APPLICABLE
    assert chictr.phase.raw == "0"
    assert (chictr.enrollment.content, chictr.enrollment_type.content) == (58, "actual")
    assert [(a.label.content, a.size.content) for a in chictr.arms.content or ()] == [
        *(("Experimental group", 30), ("Control group", 31))
    ]
    assert [i.name.content for i in chictr.interventions.content or ()] == [
        *("exosomes by nebuliser; twice a day", "usual care")
    ]
    assert texts(chictr.inclusion_criteria) == [
        *("Fibrosis on CT", "Aged 18 years or older", "Consent given.")
    ]
    assert chictr.minimum_age.missingness is Missingness.NOT_REPORTED
    assert [s.suggested for s in chictr.suggestions if s.concept == "minimum_age"] == ["18 years"]
    drks = found["DRKS00099001"]
    assert drks.public_title.content == "Öffentlicher Titel"
    assert drks.masking.content == "double"
    assert texts(drks.who_masked) == ["participant", "outcomes assessor"]
    assert drks.overall_status.content == "active, closed"
    jrct = found["jRCTb099210001"]
    assert jrct.overall_status.content == "completed"
    assert (jrct.minimum_age.content, jrct.maximum_age.content) == (20.0, 75.0)
    ctri = found["CTRI/2021/02/990001"]
    assert ctri.registration_date.missingness is Missingness.UNREADABLE
    assert (ctri.allocation.content, ctri.masking.content) == ("randomised", "double")
    assert texts(ctri.conditions) == ["Other viral pneumonia"]
    assert texts(ctri.condition_codes) == ["J128"]


def test_a_record_has_its_own_bytes() -> None:
    received = load("registers.xml")
    for draft in DATA_SET.read(received):
        own = received.data[draft.start : draft.end]
        assert own.startswith(b"<trial><main>")
        assert own.endswith(b"</trial>")
        assert own.count(b"<trial>") == 1


def test_portal() -> None:
    (trial,) = trials(load("portal.xml")).values()
    assert trial.phase.content == ("not applicable",)
    assert trial.maximum_age.missingness is Missingness.NOT_APPLICABLE
    assert trial.minimum_age.content == 0.5
    assert trial.enrollment.content == 0
    assert trial.enrollment_type.missingness is Missingness.NO_FIELD
    assert trial.start_date.content == PartialDate(2021, 6)
    assert trial.scientific_title.content == "Invented cells"
    assert texts(trial.countries) == ["Chile", "Peru"]
    assert texts(trial.inclusion_criteria) == ["PaO2/FiO2 ≤ 300", "Consent"]
    assert texts(trial.exclusion_criteria) == ["Cancer"]
    assert [(i.type.content, i.name.content) for i in trial.interventions.content or ()] == [
        *(("biological", "Cells, 2 doses"), ("drug", "Saline"))
    ]
    assert [o.measure.content for o in trial.primary_outcomes.content or ()] == [
        *("Death", "Serious events (any; graded)")
    ]
    assert {n.value.content for n in trial.secondary_ids.content or ()} == {
        *("ISRCTN99999991", "U1111-1111-1111")
    }
    assert trial.overall_status.content == "other"
    assert trial.last_update.content == PartialDate(2021, 2, 17)
    assert not trial.suggestions


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE trials [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>',
        '<!DOCTYPE trials [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE trials [<!ENTITY % p "x">]>',
    ],
)
def test_entities_are_refused(declaration: str) -> None:
    data = f"<?xml version='1.0'?>{declaration}<trials><trial><main/></trial></trials>".encode()
    with pytest.raises(Hostile):
        list(who.read_each_data_set(Received("bomb.xml", data)))


def test_nesting_is_bounded() -> None:
    data = b"<trials><trial><main>" + b"<a>" * 100_000
    with pytest.raises(Hostile, match=r"^deep\.xml"):
        list(who.read_each_data_set(Received("deep.xml", data)))


def test_what_stands_before_a_break_is_read() -> None:
    data = load("registers.xml").data
    cut = data[: data.index(b"JPRN")]
    each = list(who.read_each_data_set(Received("cut.xml", cut)))
    assert [type(item) for item in each] == [Draft, Draft, Unreadable]
    with pytest.raises(Unreadable, match="breaks"):
        DATA_SET.read(Received("cut.xml", data[:140]))
    with pytest.raises(Unreadable, match="no trial"):
        DATA_SET.read(Received("none.xml", b"<trials></trials>"))


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"<html><main>", b"<trials/>", b"TrialID", b"<clinical_study/>"]
)
def test_what_is_none_of_them(data: bytes) -> None:
    assert not any(source.recognise(Received("x", data)) for source in who.SOURCES)


SOUND = {name: load(name).data for name in ("irct.xml", "registers.xml", "portal.xml")}


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(sorted(SOUND)),
    st.integers(0, 4000),
    st.integers(0, 60),
    st.binary(max_size=30) | st.text("<>/&;trial main![]-\"'", max_size=30).map(str.encode),
)
def test_damage_is_told(name: str, at: int, length: int, put: bytes) -> None:
    data = SOUND[name]
    received = Received(name, data[:at] + put + data[at + length :])
    for read_each in (who.read_each_data_set, who.read_each_portal):
        try:
            each = list(read_each(received))
        except InputError:
            continue
        assert each
        assert all(isinstance(item, (Draft, InputError)) for item in each)
