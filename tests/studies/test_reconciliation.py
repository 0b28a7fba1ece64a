"""Where records of one study differ, which value is preferred, and what explains a difference."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from trialweave.model import Conflict, Outcome, PartialDate, Record, Study, stated
from trialweave.records.concepts import CONCEPTS
from trialweave.records.preference import RULES, preferred, rule_of, side_of
from trialweave.studies.reconciliation import KINDS, conflicts, kinds, told_of


def differing(*records: Record) -> dict[str, Conflict]:
    study = Study("S", "", tuple(record.record_id for record in records), ("S",))
    return {one.concept: one for one in conflicts(study, records)}


def dated(record: Record, *day: int) -> Record:
    return msgspec.structs.replace(record, stated=PartialDate(*day))


def outcomes(*measures: str) -> Any:
    return tuple(Outcome(measure=stated(text, "test/1")) for text in measures)


def best(concept: str, *records: Record) -> str:
    told = told_of(records)[concept]
    found = preferred(concept, [(each.record, each.values) for each in told])
    assert found is not None
    return found.record_id


def prose(record: Record) -> Record:
    """The article's enrolment as the rule of prose reads it."""
    assert record.publication is not None
    trial = record.publication.trial
    value = msgspec.structs.replace(trial.enrollment, rule="prose.enrollment/1")
    trial = msgspec.structs.replace(trial, enrollment=value)
    body = msgspec.structs.replace(record.publication, trial=trial)
    return msgspec.structs.replace(record, publication=body)


def test_sides_and_kinds(make: SimpleNamespace) -> None:
    register = make.registration("NCT99000001", "ctgov", enrollment=60, masking="double")
    page = make.registration("NCT99000001", "medpath", enrollment=40)
    paper = make.article("pubmed:1", "10.5555/1", enrollment=58, masking="double")
    sheet = make.article("extraction:1", masking="none")
    assert list(map(side_of, (register, page, paper, sheet))) == [
        "registry", "page", "article", "sheet",
    ]  # fmt: skip
    found = differing(register, page, paper, sheet)
    assert set(found) == {"enrollment", "masking"}
    assert found["enrollment"].kinds == (
        "paper against registry", "page against paper", "page against registry",
    )  # fmt: skip
    assert found["masking"].kinds == ("sheet against paper", "sheet against registry")
    assert set(found["masking"].kinds) <= set(kinds())
    texts = {each.record_id: each.texts for each in found["enrollment"].positions}
    assert texts == {
        "ctgov:NCT99000001": ("60",), "medpath:NCT99000001": ("40",), "pubmed:1": ("58",),
    }  # fmt: skip


def test_agreeing_and_lone_records_have_no_conflict(make: SimpleNamespace) -> None:
    one = make.registration("NCT99000001", "ctgov", enrollment=60, start_date=(2030, 5))
    other = make.registration("IRCT20300101000001N1", "who", enrollment=60, start_date=(2030, 5, 9))
    assert differing(one, other) == {}
    assert differing(one) == {}


def test_arms_by_number_and_primary_outcomes_by_words(make: SimpleNamespace) -> None:
    one = make.registration(
        "NCT99000001", "ctgov", arms=(20, 20), primary_outcomes=outcomes("Death within 28 days")
    )
    fewer = make.registration("DRKS99000001", "who", arms=(40,))
    other = make.registration("ISRCTN99000001", "isrctn", primary_outcomes=outcomes("Fever score"))
    same = make.registration("NL9901", "who", primary_outcomes=outcomes("Deaths at day 28", "Pain"))
    foreign = make.registration(
        "RBR-9x9x99", "who", primary_outcomes=outcomes("Muerte de pacientes")
    )
    assert set(differing(one, fewer)) == {"arms"}
    assert set(differing(one, other)) == {"primary_outcomes"}
    assert differing(one, same) == {}
    assert differing(one, foreign) == {}  # a translation is not known to differ


def test_each_registration_has_a_date_of_its_own(make: SimpleNamespace) -> None:
    one = make.registration("NCT99000001", "ctgov", registration_date=(2030, 1, 1))
    twin = make.registration("DRKS99000001", "who", registration_date=(2030, 3, 1))
    copy = make.registration("NCT99000001", "ictrp", registration_date=(2030, 2, 1))
    assert differing(one, twin) == {}
    found = differing(one, twin, copy)["registration_date"]
    assert "copies may be older" in found.note


def test_enrolment_prefers_who_was_enrolled(make: SimpleNamespace) -> None:
    planned = make.registration("NCT99000001", "ctgov", enrollment=60, enrollment_type="estimated")
    actual = make.registration("DRKS99000001", "who", enrollment=50, enrollment_type="actual")
    plain = make.article("ris:1", "10.5555/1", enrollment=48)
    paper = prose(make.article("pubmed:1", "10.5555/1", enrollment=49))
    will = prose(make.article("pubmed:2", "10.5555/2", enrollment=70, enrollment_type="estimated"))
    assert best("enrollment", planned, actual, plain, paper) == "pubmed:1"
    assert best("enrollment", planned, actual, plain, will) == "who:DRKS99000001"
    assert best("enrollment", planned, plain) == "ris:1"
    assert best("enrollment", planned, will) == "ctgov:NCT99000001"
    assert differing(planned, actual)["enrollment"].note == "one is planned, another actual"


def test_a_plan_elsewhere_does_not_explain_two_actual_numbers(make: SimpleNamespace) -> None:
    def told(number: str, n: int, how: str = "") -> Record:
        facts = {"enrollment": n} | ({"enrollment_type": how} if how else {})
        return make.registration(number, "who", **facts)

    plan = told("NCT99000001", 50, "estimated")
    actual, other = told("DRKS99000001", 50, "actual"), told("NL9901", 40, "actual")
    part = "some are planned, which does not explain every difference"
    for order in ((plan, actual, other), (other, actual, plan), (actual, plan, other)):
        assert differing(*order)["enrollment"].note == part
    assert differing(actual, other)["enrollment"].note == ""
    said = differing(plan, other, told("ISRCTN99000001", 30, "estimated"))["enrollment"].note
    assert said == "one is planned, another actual"
    assert differing(plan, told("NL9902", 40))["enrollment"].note == "at least one is planned"


def test_a_copy_explains_only_what_its_own_entry_says(make: SimpleNamespace) -> None:
    entry = make.registration("NCT99000001", "ctgov", enrollment=60)
    twin = make.registration("DRKS99000001", "who", enrollment=60)
    copy = make.registration("NCT99000001", "ictrp", enrollment=40)
    assert "copies may be older" in differing(entry, copy)["enrollment"].note
    assert differing(entry, twin, copy)["enrollment"].note == ""  # another entry differs too


def test_status_prefers_registers_to_copies_and_the_latest(make: SimpleNamespace) -> None:
    copy = dated(make.registration("NCT99000001", "ictrp", overall_status="recruiting"), 2031, 6)
    old = dated(make.registration("NCT99000001", "ctgov", overall_status="completed"), 2030, 6)
    new = dated(make.registration("DRKS99000001", "who", overall_status="terminated"), 2031, 1)
    assert best("overall_status", copy, old) == "ctgov:NCT99000001"
    assert best("overall_status", copy, old, new) == "who:DRKS99000001"


def test_dates_that_came_before_planned_ones(make: SimpleNamespace) -> None:
    planned = make.registration(
        "NCT99000001", "ctgov", start_date=(2030, 1), start_date_type="estimated"
    )
    came = make.registration("NCT99000001", "ictrp", start_date=(2030, 3), start_date_type="actual")
    assert best("start_date", planned, came) == "ictrp:NCT99000001"


@pytest.mark.parametrize("concept", list(CONCEPTS))
def test_every_concept_has_a_rule_with_a_sentence(concept: str) -> None:
    rule = rule_of(concept)
    assert len(rule.why) > 30
    assert rule.name.startswith("preference.")


def test_rules_name_concepts_that_are_there() -> None:
    assert set(RULES) <= set(CONCEPTS)
    assert kinds()[: len(KINDS)] == KINDS


def test_very_many_records_of_one_study_stay_quick(make: SimpleNamespace) -> None:
    records = [
        make.article(f"pubmed:{at}", f"10.5555/{at}", enrollment=at % 300) for at in range(600)
    ]
    found = differing(*records)["enrollment"]
    assert len(found.positions) == 600
