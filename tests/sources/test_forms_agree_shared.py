"""Real records that are in hand in two forms: each difference is of a kind that is documented."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from trialweave.errors import InputError
from trialweave.model import Draft, Missingness, PartialDate, Received, Trial, Value
from trialweave.sources import read_all

pytestmark = pytest.mark.shared

OWN = ("ctgov_v2", "ctgov_classic_fullstudies", "ctgov_xml", "ctgov_msc_studyfields")
RAW = "COVID19-927-trials_7Apr2020.csv"
DAMAGED = "ICTRP_COVID19-web_7Jul2020_excel-damaged.csv"
XML = "ICTRP-Results_18Mar2020.xml"


def drafts(path: Path) -> dict[str, Draft]:
    try:
        return {d.identifier: d for d in read_all(Received("x", path.read_bytes())).drafts}
    except InputError:
        return {}


@pytest.fixture(scope="module")
def own(shared: Path) -> dict[str, dict[str, list[Draft]]]:
    """The register's own records, by form and number."""
    found: dict[str, dict[str, list[Draft]]] = {}
    for folder in OWN:
        form = found.setdefault(folder, {})
        for path in sorted((shared / "data" / "registries" / folder).iterdir()):
            for number, draft in drafts(path).items():
                form.setdefault(number, []).append(draft)
    return found


@pytest.fixture(scope="module")
def portal(shared: Path) -> dict[str, dict[str, Draft]]:
    folder = shared / "data" / "registries" / "ictrp"
    return {name: drafts(folder / name) for name in (RAW, DAMAGED, XML)}


def body(draft: Draft) -> Trial:
    assert isinstance(draft.body, Trial)
    return draft.body


def meaning(item: Any) -> Any:
    if isinstance(item, Value):
        return item.missingness.value, meaning(item.content)
    if isinstance(item, tuple):
        return [meaning(part) for part in item]
    if hasattr(item, "__struct_fields__") and not isinstance(item, PartialDate):
        return {name: meaning(getattr(item, name)) for name in item.__struct_fields__}
    return " ".join(item.split()) if isinstance(item, str) else item


def differing(left: Trial, right: Trial) -> Iterator[str]:
    for name in Trial.__struct_fields__:
        if name == "suggestions":  # stand beside the values, with passages of their own
            continue
        if meaning(getattr(left, name)) != meaning(getattr(right, name)):
            yield name


# -- the register's own forms ----------------------------------------------------------------------

# Of two states of one day: what the XML cannot tell or writes otherwise, and what the register has
# changed in the forms that it still made
CLASSIC_XML = {
    *("secondary_ids", "eligibility_text", "detailed_description", "minimum_age", "maximum_age"),
    *("interventions", "baseline", "other"),
    *("sponsor_class", "intervention_terms", "limitations"),
}
# Of two states, fourteen months apart: what the flat form leaves open, and what was changed
CLASSIC_FLAT = {
    *("has_results", "contacts", "condition_terms"),
    *("status_date", "last_update", "start_date_type", "primary_completion_date"),
    *("completion_date", "sites"),
}


@pytest.mark.parametrize(
    ("left", "right", "documented"),
    [
        ("ctgov_classic_fullstudies", "ctgov_xml", CLASSIC_XML),
        ("ctgov_classic_fullstudies", "ctgov_msc_studyfields", CLASSIC_FLAT),
    ],
)
def test_own_forms(
    own: dict[str, dict[str, list[Draft]]], left: str, right: str, documented: set[str]
) -> None:
    common = own[left].keys() & own[right].keys()
    assert common
    for number in common:
        a, b = own[left][number][0], own[right][number][0]
        assert set(differing(body(a), body(b))) <= documented


def test_copies_of_a_record_in_one_form_are_equal(own: dict[str, dict[str, list[Draft]]]) -> None:
    compared = 0
    for copies in own["ctgov_v2"].values():
        for copy in copies[1:]:
            if copy.stated == copies[0].stated and copy.stated is not None:
                both = (body(copies[0]), body(copy))
                # some copies are extracts: what both state is the same
                for name in Trial.__struct_fields__:
                    a, b = (getattr(side, name) for side in both)
                    if isinstance(a, Value) and a and b and not isinstance(a.content, tuple):
                        assert meaning(a) == meaning(b), name
                compared += 1
    assert compared


# -- the portal's exports --------------------------------------------------------------------------

NONE = Missingness.NOT_APPLICABLE
ONE_SIGN = "ˆ"  # a sign whose mojibake is not repaired


def reason(name: str, left: Trial, right: Trial) -> str:
    """Why two exports of one state of a record differ in a concept; "" where nothing tells."""
    a, b = getattr(left, name), getattr(right, name)
    proposed = {s.concept for s in right.suggestions}
    if isinstance(b, Value) and b.missingness is Missingness.NO_FIELD:
        return "no such field"
    if name == "phase" and b.missingness is Missingness.UNREADABLE and name in proposed:
        return "a date for a phase"
    if name == "phase" and b.missingness is NONE and b.passage == right.study_type.passage:
        return "dropped for an observational study"
    if name == "start_date" and name in proposed:
        return "a day for a month"
    if name == "other" or isinstance(a.content, tuple):
        sides = (meaning(side) for side in (a, b))
        ours, theirs = ((side[1] if isinstance(side, tuple) else side) or [] for side in sides)
        if sorted(map(str, ours)) == sorted(map(str, theirs)):
            return "another order"
        if ONE_SIGN in str(ours) and len(ours) == len(theirs):
            return "a sign that is not repaired"
    return ""


@pytest.mark.parametrize(
    ("left", "right", "least", "equal"),
    [(RAW, DAMAGED, 600, 0.93), (RAW, XML, 450, 0.97), (XML, DAMAGED, 400, 0.95)],
)
def test_exports_of_one_state(
    portal: dict[str, dict[str, Draft]], left: str, right: str, least: int, equal: float
) -> None:
    pairs = [
        (body(draft), body(portal[right][number]))
        for number, draft in portal[left].items()
        if number in portal[right] and portal[right][number].stated == draft.stated
    ]
    assert len(pairs) >= least
    reasons: Counter[str] = Counter()
    same = 0
    for a, b in pairs:
        found = {name: reason(name, a, b) for name in differing(a, b)}
        unexplained = [name for name, why in found.items() if not why]
        assert not unexplained, (a.primary_id.content, unexplained)
        reasons.update(found.values())
        same += not set(found.values()) - {"no such field"}
    assert same >= equal * len(pairs), reasons


# -- the register's own forms against the portal ---------------------------------------------------

SAME = (
    *("primary_id", "registration_date", "primary_sponsor", "public_title", "scientific_title"),
    *("acronym", "countries", "conditions", "minimum_age", "maximum_age", "sex", "study_type"),
    *("allocation", "intervention_model", "primary_purpose", "masking", "who_masked", "phase"),
    *("enrollment",),
)


def test_an_unchanged_record_is_the_same_through_the_portal(
    own: dict[str, dict[str, list[Draft]]], portal: dict[str, dict[str, Draft]]
) -> None:
    """Records that the register last changed before the portal read them."""
    compared = 0
    lists: Counter[bool] = Counter()
    for form in own.values():
        for number in form.keys() & portal[DAMAGED].keys():
            seen = portal[DAMAGED][number]
            for draft in form[number]:
                if not (draft.stated and seen.stated):
                    continue
                if draft.stated.earliest > seen.stated.latest:
                    continue
                compared += 1
                for name in SAME:
                    a, b = getattr(body(draft), name), getattr(body(seen), name)
                    if a and b:
                        assert meaning(a) == meaning(b), (number, name)
                for name in ("inclusion_criteria", "exclusion_criteria"):
                    a, b = getattr(body(draft), name), getattr(body(seen), name)
                    if a and b:
                        lists[len(a.content) == len(b.content)] += 1
                start = body(draft).start_date.content
                told = body(seen).start_date.content
                if start and told and start != told:
                    proposed = {s.concept: s.suggested for s in body(seen).suggestions}
                    assert proposed["start_date"] == str(start)
    assert compared >= 10
    assert lists[True] >= 0.9 * lists.total()  # nested items are flat in the older forms
