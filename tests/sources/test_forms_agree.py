"""One invented trial in all the forms that it may come in: every difference has a stated reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trialweave.model import Missingness, PartialDate, Received, Record, Trial, Value
from trialweave.results import read_findings
from trialweave.sources import read_all, recognise
from trialweave.sources.ctgov.criteria import split

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "agreement"
V2 = "v2.json"
LACKS = Missingness.NO_FIELD

# What a form cannot tell of the trial as version 2 tells it. `docs/evaluation/harmonisation.md`
# has the reasons at length.
MARKS = "list marks of the text are the form's own"
OPEN = "the form has a field for it, in which the register's feed puts nothing"
FEED = "the portal's own word or date: it says when it read the register, and whether it recruits"
PARTS = "the form has fewer parts of each item"
OTHER = "asides: each form has some of its own"
LIST = "the same numbers, in another order and of another kind"
UNPLACED = "flattened lists that cannot be put together again are unreadable"

CLASSIC = {"eligibility_text": MARKS}
FLAT = {
    "eligibility_text": MARKS,
    "arms": "sizes of arms come from the flow",
    "results": "of posted results only the totals of events can be put together",
    "participant_flow": UNPLACED,
    "baseline": UNPLACED,
    "adverse_events": UNPLACED,
    "other": OTHER,
}
LEGACY = {
    "eligibility_text": MARKS,
    "secondary_ids": "the XML does not say what kind of number one is",
    "other": OTHER,
}
PORTAL = {
    "eligibility_text": MARKS,
    "interventions": PARTS,
    "primary_outcomes": PARTS,
    "arms": OPEN,
    "study_design": "the sentence that design, masking and purpose are read from",
    "overall_status": FEED,
    "status_date": FEED,
    "last_update": FEED,
    "other": OTHER,
}
WHO = {
    **{
        name: PORTAL[name] for name in ("interventions", "primary_outcomes", "arms", "study_design")
    },
    "secondary_outcomes": PARTS,
    "secondary_ids": LIST,
    "overall_status": "Complete says that recruitment is, which is all that it says",
    "intervention_terms": OPEN,
    "funding": OPEN,
    "condition_codes": OPEN,
    "ethics_review": OPEN,
    "other": OTHER,
}
POSTED = ("results", "participant_flow", "baseline", "adverse_events", "limitations")
PORTAL_LACKS = {
    *("secondary_ids", "sponsor_class", "secondary_sponsors", "keywords", "healthy_volunteers"),
    *("start_date_type", "enrollment_type", "why_stopped", "secondary_outcomes", "other_outcomes"),
    *("primary_completion_date", "primary_completion_date_type", "completion_date_type"),
    *("ipd_sharing", "brief_summary", "detailed_description", "site_count", "sites"),
    *("condition_terms", "intervention_terms", *POSTED),
}
WHO_LACKS = PORTAL_LACKS - {
    *("secondary_ids", "secondary_sponsors", "keywords", "secondary_outcomes"),
    *("start_date_type", "enrollment_type", "ipd_sharing", "intervention_terms"),
} | {"status_date", "last_update", "eligibility_text"}
FORMS: dict[str, tuple[dict[str, str], set[str]]] = {
    "classic.json": (CLASSIC, set()),
    "flat.jsonl": (FLAT, set()),
    "legacy.xml": (LEGACY, set()),
    "portal.csv": (PORTAL, PORTAL_LACKS),
    "portal.xml": (PORTAL, PORTAL_LACKS),
    "who.xml": (WHO, WHO_LACKS),
}


def trial(name: str, change: Callable[[str], str] = lambda text: text) -> Trial:
    text = (FIXTURES / name).read_bytes().decode()
    result = read_all(Received(name, change(text).encode()))
    assert result.problems == ()
    (draft,) = result.drafts
    assert draft.identifier == "NCT99990077"
    assert isinstance(draft.body, Trial)
    return draft.body


def meaning(item: Any) -> Any:
    """Contents and missingness, without passages, rules, words as received and runs of blanks."""
    if isinstance(item, Value):
        return item.missingness.value, meaning(item.content)
    if isinstance(item, tuple):
        return [meaning(part) for part in item]
    if hasattr(item, "__struct_fields__") and not isinstance(item, PartialDate):
        return {name: meaning(getattr(item, name)) for name in item.__struct_fields__}
    return " ".join(item.split()) if isinstance(item, str) else item


def differing(left: Trial, right: Trial) -> set[str]:
    names = [name for name in Trial.__struct_fields__ if name != "suggestions"]
    return {n for n in names if meaning(getattr(left, n)) != meaning(getattr(right, n))}


@pytest.mark.parametrize("form", FORMS)
def test_every_difference_between_forms_has_a_reason(form: str) -> None:
    reasons, lacks = FORMS[form]
    ours, theirs = trial(V2), trial(form)
    assert differing(ours, theirs) == reasons.keys() | lacks
    for name in lacks:
        assert getattr(theirs, name) == Value(), name
    assert theirs.suggestions == ()


@pytest.mark.parametrize("form", ["portal.csv", "portal.xml", "who.xml"])
def test_what_a_poorer_form_states_of_an_item_is_the_same(form: str) -> None:
    def names(body: Trial) -> list[Any]:
        interventions = body.interventions.content or ()
        outcomes = body.primary_outcomes.content or ()
        return [
            [(item.name.content, item.type.content) for item in interventions],
            [item.measure.content for item in outcomes],
            [item.content for item in body.inclusion_criteria.content or ()],
            [item.content for item in body.exclusion_criteria.content or ()],
        ]

    assert names(trial(form)) == names(trial(V2))


def test_both_exports_of_the_portal_give_one_trial() -> None:
    assert differing(trial("portal.csv"), trial("portal.xml")) == set()


def test_a_spreadsheet_changes_what_it_damages_and_nothing_else() -> None:
    def damage(text: str) -> str:
        text = text.replace("Diseño", "Dise√±o").replace("\r<br>", "_x000D_<br>")
        return text.replace('"January 2031"', '"2031-01-01 00:00:00"')

    def month(text: str) -> str:
        text = text.replace("January 25, 2031", "January 2031")
        return text.replace("Mira Institute", "Diseño Institute")

    raw, damaged = (trial("portal.csv", change) for change in (month, lambda t: damage(month(t))))
    assert differing(raw, damaged) == {"start_date"}
    (proposed,) = damaged.suggestions
    assert (proposed.concept, proposed.suggested) == ("start_date", str(raw.start_date.content))


@pytest.mark.parametrize("form", [V2, *FORMS])
def test_one_source_claims_each_form(form: str) -> None:
    received = Received("unnamed", (FIXTURES / form).read_bytes())
    expected = {"portal.csv": "ictrp", "portal.xml": "ictrp", "who.xml": "who"}.get(form, "ctgov")
    assert recognise(received).name == expected


# -- numbers, zeros and words that are easily lost -------------------------------------------------


def number(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new)


@pytest.mark.parametrize(
    ("form", "old", "new"),
    [
        (V2, '"NCT99990077"', '"NCT99990077 "'),
        (V2, '"NCT99990077"', '" nct99990077"'),
        ("classic.json", '"NCT99990077"', '"Nct99990077 "'),
        ("flat.jsonl", '["NCT99990077"]', '["nct99990077 "]'),
        ("legacy.xml", "<nct_id>NCT99990077", "<nct_id> nct99990077 "),
        ("portal.csv", '"NCT99990077"', '"nct99990077 "'),
        ("portal.xml", "<TrialID>NCT99990077", "<TrialID>nct99990077 "),
        ("who.xml", "<trial_id>NCT99990077", "<trial_id> nct99990077 "),
    ],
)
def test_blanks_and_case_of_a_number_do_not_matter(form: str, old: str, new: str) -> None:
    changed = trial(form, number(old, new))
    assert changed.primary_id.content == "NCT99990077"
    assert differing(trial(form), changed) == set()


@pytest.mark.parametrize(
    ("form", "old", "new"),
    [
        (V2, '"count": 40', '"count": 0'),
        ("classic.json", '"EnrollmentCount": "40"', '"EnrollmentCount": "0"'),
        ("flat.jsonl", '"EnrollmentCount": ["40"]', '"EnrollmentCount": ["0"]'),
        ("legacy.xml", '<enrollment type="Actual">40', '<enrollment type="Actual">0'),
        ("portal.csv", '"40"', '"0"'),
        ("portal.xml", "<Target_size>40", "<Target_size>0"),
        ("who.xml", "enrolment>40<", "enrolment>0<"),
    ],
)
def test_nobody_enrolled_is_a_number(form: str, old: str, new: str) -> None:
    changed = trial(form, number(old, new))
    assert changed.enrollment.missingness is Missingness.STATED
    assert changed.enrollment.content == 0


def test_not_applicable_is_stated() -> None:
    def change(text: str) -> str:
        return text.replace('"Phase 2/Phase 3"', '"N/A"').replace('"75 Years"', '"N/A"')

    changed = trial("portal.csv", change)
    assert changed.phase.content == ("not applicable",)
    assert changed.maximum_age.missingness is Missingness.NOT_APPLICABLE
    assert changed.maximum_age.raw == "N/A"
    other = trial(V2, number('["PHASE2", "PHASE3"]', '["NA"]'))
    assert other.phase.content == ("not applicable",)


def test_two_zeros_are_ages_left_open() -> None:
    def zeros(text: str) -> str:
        return text.replace('"18 Years"', '"0"').replace('"75 Years"', '"0"')

    aged = number("Adults with invented pneumonia", "Aged 18 to 75 years old")
    opened = trial("portal.csv", lambda text: aged(zeros(text)))
    assert opened.minimum_age.missingness is Missingness.NOT_REPORTED
    assert opened.maximum_age.missingness is Missingness.NOT_REPORTED
    assert [s.suggested for s in opened.suggestions] == ["18 years", "75 years"]
    born = trial("portal.csv", number('"18 Years"', '"0"'))
    assert (born.minimum_age.content, born.maximum_age.content) == (0.0, 75.0)


def test_a_list_of_one_criterion_loses_its_mark() -> None:
    assert [c.content for c in trial("who.xml").exclusion_criteria.content or ()] == ["Cancer"]
    negative = trial("who.xml", number("- Cancer", "-5 dioptres or less"))
    assert [c.content for c in negative.exclusion_criteria.content or ()] == ["-5 dioptres or less"]


def listed(text: str) -> list[str]:
    (section,) = split(text) or []
    return [" ".join(text[start:end].split()) for start, end in section.items]


@pytest.mark.parametrize("align", [">", "<"])
def test_a_list_of_more_than_nine_is_one_list(align: str) -> None:
    """The XML and the portal align numbers to the right: "  9." stands above " 10."."""
    lines = [
        f"{f'{n}.':{align}13} Item {n},{' ' if n != 4 else chr(10) + ' ' * 14}and more of it"
        for n in range(1, 13)
    ]
    if align == "<":
        lines = [" ".join(line.split()) for line in lines]
    found = listed("Inclusion Criteria:\n\n" + "\n\n".join(lines))
    assert found == [f"Item {n}, and more of it" for n in range(1, 13)]


def test_parts_of_an_item_stay_with_it() -> None:
    lines = [f"{f'{n}.':>13} Item {n}" for n in range(1, 12)]
    lines[9] += "\n\n               a. its part\n\n               b. another"
    found = listed("Inclusion Criteria:\n\n" + "\n\n".join(lines))
    assert found[9] == "Item 10 a. its part b. another"
    assert len(found) == 11


@pytest.mark.parametrize(
    "unit",
    ["percentage of participants with a response", "participants per 100 person-years",
     "proportion of participants"],
)  # fmt: skip
def test_a_rate_of_participants_is_no_count_of_them(unit: str) -> None:
    def change(text: str) -> str:
        table = text.partition('"outcomeMeasures"')[2]
        rated = table.replace('"COUNT_OF_PARTICIPANTS"', '"NUMBER"', 1)
        rated = rated.replace('"unitOfMeasure": "Participants"', f'"unitOfMeasure": "{unit}"', 1)
        return text.replace(table, rated)

    changed = trial(V2, change)
    outcome = (changed.results.content or ())[0]
    assert outcome.unit.content == unit
    assert [arm.number.content for arm in outcome.arms] == [3.0, 5.0]
    at = dt.datetime(2033, 1, 1, tzinfo=dt.UTC)
    record = Record("s:a", 1, "ctgov", "a", "trial", "d", "h", 0, 1, "n", at, trial=changed)
    for finding in read_findings(record):
        if finding.outcome == "Death From Any Cause":
            assert [arm.events for arm in finding.arms] == [None, None]
