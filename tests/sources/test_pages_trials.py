"""Trial pages: what optional blocks, other orders and missing fields become."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from trialweave.errors import NoIdentifier
from trialweave.model import Draft, Missingness, Passage, Received, Trial, Value

Page = Callable[[str], Received]
Read = Callable[[Received], tuple[Draft, ...]]


@pytest.fixture
def trial(page: Page, read_page: Read) -> Callable[[str], Trial]:
    def one(name: str) -> Trial:
        (draft,) = read_page(page(name))
        assert isinstance(draft.body, Trial)
        assert draft.identifier == draft.body.primary_id.content
        return draft.body

    return one


def contents(value: Value[Any]) -> list[Any]:
    return [part.content for part in value.content or ()]


def labelled(trial: Trial) -> dict[str, str | None]:
    return {label.label: label.value.content for label in trial.other}


def test_veeva_head(trial: Callable[[str], Trial]) -> None:
    it = trial("veeva_recruiting")
    assert it.public_title.content == "Inhaled Testamycin in Lake Fever (LAGOON)"
    assert it.primary_sponsor.content == "Northshore Biologics"  # not the caption of its logo
    assert contents(it.secondary_sponsors) == ["Harbour University"]
    assert it.overall_status.content == "planned"
    assert it.overall_status.raw == "Not yet enrolling"
    assert it.phase.content == ("3",)
    assert [(i.type.content, i.name.content) for i in it.interventions.content or ()] == [
        ("drug", "Testamycin 20 mg: inhaled"),
        ("drug", "Placebo"),
        ("device", "Mist chamber"),
    ]
    assert [(n.value.content, n.scheme, n.kind) for n in it.secondary_ids.content or ()] == [
        ("2099-012345-67", "eudract", "EudraCT Number"),
        ("NB-LAG-301", "", ""),
        ("U1111-2222-3333", "utn", "Registry Identifier"),
    ]


def test_veeva_details(trial: Callable[[str], Trial]) -> None:
    it = trial("veeva_recruiting")
    assert (it.enrollment.content, it.enrollment_type.content) == (1240, "estimated")
    assert (it.minimum_age.content, it.maximum_age.content) == (0.5, 12.0)
    assert (it.sex.content, it.healthy_volunteers.content) == ("female", True)
    assert "only looks like a heading" in (it.brief_summary.content or "")
    assert it.detailed_description.missingness is Missingness.NOT_REPORTED
    assert contents(it.inclusion_criteria) == [
        "Lake fever proven by culture",
        "Weight of 4 kg or more",
    ]
    assert contents(it.exclusion_criteria) == [
        "Known allergy to testamycin",
        "or to any of its parts",
    ]


def test_veeva_design_and_places(trial: Callable[[str], Trial]) -> None:
    it = trial("veeva_recruiting")
    assert (it.allocation.content, it.masking.content) == ("randomised", "quadruple")
    assert contents(it.who_masked) == ["Participant", "Care Provider", "Investigator"]
    arms = it.arms.content or ()
    assert [(arm.label.content, arm.type.content) for arm in arms] == [
        ("Low dose", "experimental"),
        ("Experimental group", "experimental"),  # a label that reads like a type
        ("Placebo", "placebo comparator"),
    ]
    assert arms[0].description.content == "10 mg once a day.\n\nGiven by mist chamber."
    assert arms[0].interventions.content == (
        "Drug: Testamycin 20 mg: inhaled",
        "Device: Mist chamber",
    )
    assert labelled(it)["Trial design: participants"] == "1,240"
    assert labelled(it)["Trial documents"] == "Protocol"
    assert it.site_count.content == 2
    assert [
        (site.facility.content, site.city.content, site.country.content)
        for site in it.sites.content or ()
    ] == [
        ("Saint Elsewhere Hospital", "Aarhus", "Denmark"),
        ("Lakeside Clinic", "Duluth", "United States"),
    ]
    assert contents(it.countries) == ["Denmark", "United States"]


def test_veeva_keeps_contacts_back(page: Page, trial: Callable[[str], Trial]) -> None:
    contacts = trial("veeva_recruiting").contacts
    assert contacts.missingness is Missingness.WITHHELD
    assert contacts.passage is not None
    text = page("veeva_recruiting").text
    assert "555" in text[contacts.passage.start : contacts.passage.end]
    assert contacts.content is None
    assert contacts.raw is None


def test_veeva_observational(trial: Callable[[str], Trial]) -> None:
    it = trial("veeva_observational")
    assert (it.overall_status.content, it.why_stopped.content) == ("withdrawn", "No funding")
    assert it.phase.missingness is Missingness.NOT_REPORTED
    assert it.enrollment.content == 0
    assert it.maximum_age.missingness is Missingness.NOT_APPLICABLE
    assert it.maximum_age.raw == "18+ years old"
    assert it.brief_summary.missingness is Missingness.NOT_REPORTED
    assert it.brief_summary.raw == "Not available"
    assert contents(it.conditions) == ["Insomnia"]  # the description has a line "Conditions"
    assert it.masking.missingness is Missingness.NOT_REPORTED
    assert [arm.label.content for arm in it.arms.content or ()] == ["Night crew", "Day crew"]
    assert it.site_count.missingness is Missingness.NOT_REPORTED
    assert (it.site_count.raw or "").startswith("There are currently no")
    assert it.start_date == Value()  # pages of this kind have no such field
    assert labelled(it)["Observational model"] == "Cohort"


def test_veeva_without_number(page: Page, read_page: Read) -> None:
    whole = page("veeva_recruiting")
    cut = Received("cut.txt", whole.data.replace(b"NCT99000011\n", b""))
    with pytest.raises(NoIdentifier, match=r"cut\.txt"):
        read_page(cut)


def test_medpath_in_another_order(trial: Callable[[str], Trial]) -> None:
    it = trial("medpath_full")
    assert it.phase.content == ("2", "3")
    assert (it.overall_status.content, it.overall_status.raw) == (
        "active, closed",
        "Active, not recruiting",
    )
    assert (it.enrollment.content, it.enrollment_type.content) == (1040, "estimated")
    assert str(it.registration_date.content) == "2031-02-03"
    assert "Status\n\nTablets" in (it.detailed_description.content or "")
    assert contents(it.inclusion_criteria) == [
        "Adults with marsh cough",
        "Cough for three days or more",
    ]
    assert it.exclusion_criteria.raw == "Not provided"
    assert [
        (arm.label.content, arm.interventions.content, arm.description.content)
        for arm in it.arms.content or ()
    ] == [
        ("Tablet arm", ("Fooprazole",), "20 mg daily for ten days"),
        ("Usual arm", ("Standard care",), "as the ward does it"),
    ]
    assert contents(it.countries) == ["Iran, Islamic Republic of", "Netherlands"]


def test_medpath_outcomes_run_together(trial: Callable[[str], Trial]) -> None:
    it = trial("medpath_full")
    assert [
        (o.measure.content, o.time_frame.content, o.method.content)
        for o in it.secondary_outcomes.content or ()
    ] == [
        ("Cough score", "28 days", "Sum of three daily marks"),
        ("SpO2 on air", "Day 1 to Day 7", None),
        ("Quality of life", None, None),
    ]
    assert it.primary_outcomes.missingness is Missingness.NOT_REPORTED
    assert it.primary_outcomes.raw == "NameTimeMethod"  # a table with nothing in it


def test_medpath_that_says_little(trial: Callable[[str], Trial]) -> None:
    it = trial("medpath_sparse")
    assert it.primary_id.content == "CTRI/2031/05/012345"
    for value in (it.phase, it.sex, it.enrollment, it.secondary_outcomes):
        assert value.missingness is Missingness.NOT_REPORTED
        assert value.raw == "Not specified"
    assert it.enrollment_type == Value()
    assert (it.overall_status.content, it.overall_status.raw) == (
        "other",
        "Halted for a reason nobody coded",
    )
    assert contents(it.condition_codes) == ["S720"]
    assert len(it.inclusion_criteria.content or ()) == 1  # one block, as received
    assert [
        (o.measure.content, o.time_frame.content, o.method.content)
        for o in it.primary_outcomes.content or ()
    ] == [
        ("Steps a day", "6 weeks, 12 weeks", None),
        ("Falls; each of them recorded", "12 weeks", "Diary; phone calls"),
    ]


def test_medpath_cells_on_lines_of_their_own(page: Page, read_page: Read) -> None:
    text = page("medpath_full").text.replace(
        "NameTimeMethod\nCough score28 daysSum of three daily marks\n"
        "SpO2 on airDay 1 to Day 7\nQuality of life",
        "Name\nTime\nMethod\nCough score\n28 days\nSum\nWalk\n6 weeks\nMetres",
    )
    (draft,) = read_page(Received("lines.txt", text.encode()))
    assert isinstance(draft.body, Trial)
    assert [
        (o.measure.content, o.time_frame.content, o.method.content)
        for o in draft.body.secondary_outcomes.content or ()
    ] == [("Cough score", "28 days", "Sum"), ("Walk", "6 weeks", "Metres")]


def test_term_page_with_several_trials(page: Page, read_page: Read) -> None:
    received = page("terms_mesh")
    drafts = read_page(received)
    assert [draft.identifier for draft in drafts] == ["NCT99000041", "NCT99000042", "NCT99000043"]
    bodies = [draft.body for draft in drafts]
    assert all(isinstance(body, Trial) for body in bodies)
    first, second, third = (body for body in bodies if isinstance(body, Trial))
    assert (first.brief_summary.content or "").split("\n\n") == [
        "Testamycin is tried.",
        "2 doses are compared: see below.",
        "NCT99000049 was the trial before this one.",
    ]
    assert second.public_title.content == "Salt Water or Rest"
    assert second.brief_summary.missingness is Missingness.NOT_REPORTED
    # Glued terms part where the page's own tables know all of them, and not otherwise.
    assert contents(first.condition_terms) == ["Fever", "Lake Fever"]
    assert contents(second.condition_terms) == ["Lake Fever Something Unlisted"]
    assert [(i.type.content, i.name.content) for i in second.interventions.content or ()] == [
        ("other", "Rest"),
        ("dietary supplement", "Salt water: 1 litre"),
    ]
    outcomes = first.primary_outcomes.content or ()
    assert [o.measure.content for o in outcomes] == ["Days of fever", "Deaths"]
    assert outcomes[1].time_frame.missingness is Missingness.NOT_REPORTED
    assert first.secondary_outcomes.raw == "Secondary Outcomes"
    assert (second.secondary_outcomes.content or ())[0].description.raw is None
    assert third.interventions.missingness is Missingness.NOT_REPORTED


def test_term_page_parts_are_bytes_of_their_own(page: Page, read_page: Read) -> None:
    marked = Received("bom.txt", b"\xef\xbb\xbf" + page("terms_mesh").data)
    for draft, title in zip(read_page(marked), (b"Testamycin", b"Salt", b"Third"), strict=True):
        part = marked.data[draft.start : draft.end]
        assert part.startswith(title)
        assert len(set(re.findall(rb"(?m)^NCT9900004[1-3]", part))) == 1


def test_term_page_tables(page: Page, read_page: Read) -> None:
    body = read_page(page("terms_mesh"))[0].body
    assert isinstance(body, Trial)
    rows = [
        (
            t.vocabulary,
            t.identifier.content,
            t.name.content,
            t.correlation.content,
            t.synonyms.content,
        )
        for t in body.correlated_terms.content or ()
    ]
    assert rows[:2] == [
        ("Drug", "drug7", "Testamycin", 0.58, ("TMY", "Testoral")),
        ("Drug", "drug12", "Placebo (saline) injection", -0.07, None),
    ]
    assert rows[2][2:4] == ("Vitamin D 400", 1.0)
    assert rows[3][:3] == ("MeSH", "D000012", "Cough, Marsh")
    assert rows[5][1:] == ("HP:0000014", "Raised temperature", 0.21, ("Fever", "Pyrexia"))
    assert labelled(body)["page term"] == "Lake Fever"
    assert labelled(body)["page term vocabulary"] == "MeSH"


def test_empty_tables_are_not_reported(trial: Callable[[str], Trial]) -> None:
    it = trial("terms_empty")
    assert it.correlated_terms.missingness is Missingness.NOT_REPORTED
    assert it.correlated_terms.raw == "(0)"
    zero = {
        label.label: label.value.missingness
        for label in it.other
        if label.label.startswith("Correlated") or label.label == "HPO Nodes"
    }
    assert len(zero) == 4
    assert set(zero.values()) == {Missingness.NOT_REPORTED}
    assert it.primary_outcomes.raw == "Primary Outcomes"


@pytest.mark.parametrize(
    "name",
    ["veeva_recruiting", "veeva_observational", "medpath_full", "medpath_sparse", "terms_mesh"],
)
@pytest.mark.parametrize("ending", ["\r\n", "\r", "\u2028"])
def test_line_ends_change_nothing(page: Page, read_page: Read, name: str, ending: str) -> None:
    plain = page(name)
    other = Received(plain.name, plain.text.replace("\n", ending).encode())
    for before, after in zip(read_page(plain), read_page(other), strict=True):
        assert before.identifier == after.identifier
        assert _without_places(before.body) == _without_places(after.body)


def _without_places(item: Any) -> Any:
    """Contents and missingness alone."""
    if isinstance(item, Value):
        return (item.missingness, _without_places(item.content))
    if isinstance(item, tuple):
        return tuple(_without_places(part) for part in item)
    if hasattr(item, "__struct_fields__") and not isinstance(item, Passage):
        return {name: _without_places(getattr(item, name)) for name in item.__struct_fields__}
    return item
