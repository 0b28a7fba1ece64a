"""Tables of the WHO's search portal, as exported and as spreadsheets saved them again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.errors import InputError, NoIdentifier, Unreadable
from trialweave.model import Draft, Missingness, PartialDate, Received, Trial
from trialweave.sources import who

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "who"
PORTAL = who.SOURCES[1]


def load(name: str) -> Received:
    return Received(name, (FIXTURES / name).read_bytes())


def trials(received: Received) -> dict[str, Trial]:
    assert PORTAL.recognise(received)
    return {d.identifier: d.body for d in PORTAL.read(received) if isinstance(d.body, Trial)}


@pytest.fixture(scope="module")
def raw() -> dict[str, Trial]:
    return trials(load("portal.csv"))


@pytest.fixture(scope="module")
def damaged() -> dict[str, Trial]:
    return trials(load("portal_damaged.csv"))


def texts(value: Any) -> list[str]:
    return [item.content for item in value.content]


@pytest.mark.parametrize("name", ["portal.csv", "portal_damaged.csv"])
def test_everything_points_where_it_stands(name: str, points: Callable[[str, Any], int]) -> None:
    received = load(name)
    for draft in PORTAL.read(received):
        assert points(received.text, draft.body) >= 20
        own = received.data[draft.start : draft.end].decode()
        assert isinstance(draft.body, Trial)
        assert draft.body.primary_id.content is not None
        assert own.lstrip('"').startswith(("NCT", "ChiCTR", "EUCTR"))
        assert own.count("Invented") <= 3


def test_a_row_with_line_breaks_and_quotes(raw: dict[str, Trial]) -> None:
    trial = raw["NCT09999902"]
    assert trial.public_title.content == 'Cells, "young" ones'
    assert texts(trial.inclusion_criteria) == ["Adults", "Consent"]
    assert texts(trial.exclusion_criteria) == ["Cancer"]
    assert trial.registration_date.content == PartialDate(2021, 1, 27)
    assert trial.start_date.content == PartialDate(2021, 6)
    assert texts(trial.who_masked) == ["participant", "care provider", "outcomes assessor"]
    assert trial.funding.missingness is Missingness.NO_FIELD
    assert trial.has_results.missingness is Missingness.NOT_REPORTED


def test_groups_and_a_title_that_says_more(raw: dict[str, Trial]) -> None:
    trial = raw["ChiCTR2199000002"]
    assert trial.primary_id.content == "ChiCTR2199000002"
    assert (trial.enrollment.content, trial.enrollment.rule) == (201, "who.group_sizes/1")
    assert [i.arm_labels.content for i in trial.interventions.content or ()] == [
        *(("experimental group",), ("control group",))
    ]
    assert trial.maximum_age.missingness is Missingness.NOT_APPLICABLE
    assert trial.overall_status.content == "other"
    (told,) = trial.suggestions
    assert (told.concept, told.suggested) == ("overall_status", "withdrawn")
    assert texts(trial.inclusion_criteria) == ["Pneumonia", "Consent."]


def test_a_country_of_a_european_trial(raw: dict[str, Trial]) -> None:
    trial = raw["2021-009999-29-ES"]
    assert trial.primary_id.content == "2021-009999-29"
    other = {item.label: item.value.content for item in trial.other}
    assert other["country of this record"] == "ES"
    assert other["main objective"] == "To see whether it is safe"
    assert trial.phase.content == ("1", "2")
    assert trial.sex.content == "female"
    assert texts(trial.conditions) == ["Neumonía"]
    assert texts(trial.condition_codes) == ["10051905"]
    assert texts(trial.inclusion_criteria) == ["Age = 18"]
    (outcome,) = trial.primary_outcomes.content or ()
    assert (outcome.measure.content, outcome.time_frame.content) == (
        *("Serious events",),
        "12 months",
    )
    assert len(trial.interventions.content or ()) == 2


def test_damage_is_told_and_not_repaired(damaged: dict[str, Trial]) -> None:
    phase = damaged["ChiCTR2199000002"].phase
    assert (phase.missingness, phase.raw) == (Missingness.UNREADABLE, "2021-03-02 00:00:00")
    told = {s.concept: s.suggested for t in damaged.values() for s in t.suggestions}
    assert told["phase"] == "2-3"
    assert told["start_date"] == "2021-06"
    assert damaged["NCT09999902"].start_date.content == PartialDate(2021, 6, 1)


def test_both_tables_say_the_same_but_for_the_damage(
    raw: dict[str, Trial], damaged: dict[str, Trial]
) -> None:
    differing = {
        (identifier, name)
        for identifier, trial in raw.items()
        for name in trial.__struct_fields__
        if contents(getattr(trial, name)) != contents(getattr(damaged[identifier], name))
    }
    assert {pair for pair in differing if pair[1] not in ("contacts", "other", "suggestions")} == {
        ("NCT09999902", "start_date"),
        ("ChiCTR2199000002", "phase"),
    }


def contents(item: Any) -> Any:
    """What is said, without where."""
    if hasattr(item, "missingness"):
        return item.missingness, contents(item.content)
    if isinstance(item, str):
        return " ".join(item.split())
    if isinstance(item, tuple):
        return tuple(contents(part) for part in item)
    if hasattr(item, "__struct_fields__") and not isinstance(item, PartialDate):
        return tuple(contents(getattr(item, name)) for name in item.__struct_fields__)
    return item


HEADER = "TrialID,Public title,Primary sponsor,Source Register,Phase\n"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_separators_and_line_ends(separator: str, newline: str, mark: str) -> None:
    text = HEADER + 'NCT09999903,"Ünï",S,R,Phase 2\n,,,,\nNCT09999904,T,S,R,2-3\n'
    data = (mark + text.replace(",", separator).replace("\n", newline)).encode()
    received = Received("t.csv", data)
    found = trials(received)
    assert [t.phase.content for t in found.values()] == [("2",), ("2", "3")]
    assert found["NCT09999903"].public_title.content == "Ünï"
    for draft in PORTAL.read(received):
        assert data[draft.start : draft.end].startswith(draft.identifier.encode())


def test_one_bad_row_does_not_sink_its_neighbours() -> None:
    text = HEADER + 'NCT09999903,T,S,R,2\n,T,S,R,2\nno number,T,S,R,2\nNCT1,a\nNCT09999905,T,S,R,"2'
    each = list(who.read_each_portal(Received("t.csv", text.encode())))
    assert [type(item) for item in each] == [
        *(Draft, NoIdentifier, NoIdentifier, Unreadable, Unreadable)
    ]
    assert "header has 5" in str(each[3])
    assert "ends inside quotes" in str(each[4])
    with pytest.raises(Unreadable):
        PORTAL.read(Received("t.csv", HEADER.encode()))


@pytest.mark.parametrize(
    "text", ["", "TrialID,Phase\n", "a,b,c\n1,2,3\n", "TrialID was asked for.\n", '{"TrialID": 1}']
)
def test_other_tables_are_not_the_portals(text: str) -> None:
    assert not PORTAL.recognise(Received("x.csv", text.encode()))


SOUND = load("portal.csv").data


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, len(SOUND)),
    st.integers(0, 60),
    st.text('",;\n\r\t aé<>&-', max_size=30).map(str.encode),
)
def test_damage_is_told(at: int, length: int, put: bytes) -> None:
    received = Received("t.csv", SOUND[:at] + put + SOUND[at + length :])
    try:
        each = list(who.read_each_portal(received))
    except InputError:
        return
    assert each
    assert all(isinstance(item, (Draft, InputError)) for item in each)
