"""Records that look like one trial and are not, or are and do not look like it; bad input."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from trialweave.model import Link
from trialweave.studies import Weave, weave
from trialweave.studies.scoring import probability

TRIAL: dict[str, Any] = {
    "public_title": "Thyme honey secretome in severe frostbite",
    "interventions": ["Amber thyme honey secretome"],
    "conditions": ["Frostbite"],
    "countries": ["Iceland"],
    "phase": ("1", "2"),
    "allocation": "randomised",
    "masking": "double",
    "enrollment": 31,
    "start_date": (2019, 5, 4),
    "primary_sponsor": "Thingvellir Burns Trust",
}


def link(woven: Weave, a: str, b: str) -> Link | None:
    pair = tuple(sorted((a, b)))
    found = (each for each in woven.links if (each.record_a, each.record_b) == pair)
    return next(found, None)


@pytest.mark.parametrize("label", ["Introduction", "Discussion", "References"])
def test_a_number_outside_the_methods_joins_nothing(make: SimpleNamespace, label: str) -> None:
    named = "An earlier trial (NCT01000001) found no benefit."
    article = make.article(
        "journal:a",
        title="Mint tea for hiccups",
        sections=[("Methods", "Students drank tea."), (label, named)],
        registrations=[make.number("NCT01000001", start=19 + named.index("NCT"))],
    )
    woven = weave([make.registration("NCT01000001", **TRIAL), article], {})
    assert len(woven.studies) == 2


def test_sibling_numbers_of_one_applicant_are_two_trials(make: SimpleNamespace) -> None:
    one, other = "IRCT20200101012345N1", "IRCT20200101012345N2"
    woven = weave([make.registration(each, **TRIAL) for each in (one, other)], {})
    assert len(woven.studies) == 2
    found = link(woven, f"register:{one}", f"register:{other}")
    assert found is not None
    assert found.kind == "rejected"


def test_two_sponsors_with_one_text(make: SimpleNamespace) -> None:
    text = {
        "public_title": "Honey in frostbite of toes",
        "conditions": ["Frostbite"],
        "brief_summary": "Honey may help frozen toes. " * 20,
        "detailed_description": "Toes are warmed, honey is put on them. " * 40,
    }
    one = {"primary_sponsor": "Reykjavik Skin Trust", "countries": ["Iceland"], "enrollment": 31}
    other = {"primary_sponsor": "Sapporo Snow Clinic", "countries": ["Japan"], "enrollment": 120}
    records = [
        make.registration("NCT01000001", **text, **one, start_date=(2019, 5, 4)),
        make.registration("ISRCTN10000002", **text, **other, start_date=(2021, 9, 4)),
    ]
    woven = weave(records, {})
    assert len(woven.studies) == 2
    assert all(each.kind == "rejected" for each in woven.links)


def test_national_parts_of_a_platform_are_for_a_person(make: SimpleNamespace) -> None:
    title = "THAWING: additional treatments for frostbite in all who receive local care"
    parts = [
        make.registration(
            number,
            public_title=title,
            interventions=["Amber honey", "Thyme salve"],
            conditions=["Frostbite"],
            countries=[country],
            enrollment=size,
            primary_sponsor=sponsor,
        )
        for number, country, size, sponsor in (
            ("NCT01000001", "Iceland", 40, "Thingvellir Burns Trust"),
            ("ISRCTN10000002", "Japan", 3000, "Sapporo Snow Clinic"),
            ("ACTRN12600000000003", "Australia", 900, "Kosciuszko Hospital"),
        )
    ]
    woven = weave(parts, {})
    assert len(woven.studies) == 3
    assert {(each.kind, each.relation) for each in woven.links} == {
        ("candidate", "parts of one programme")
    }
    assert len(woven.links) == 3
    # The rule shows them; it does not raise what the model holds of them.
    for link in woven.links:
        bits = sum(signal.weight for signal in link.signals)
        assert link.rule == "programme/1"
        assert link.probability == probability(bits) < 0.5
    # The same without the name are not even candidates.
    told = [
        make.registration(
            part.trial.primary_id.content,
            public_title=title.removeprefix("THAWING: "),
            countries=[name.content for name in part.trial.countries.content],
            enrollment=part.trial.enrollment.content,
        )
        for part in parts
    ]
    assert weave(told, {}).links == ()


def test_two_trials_of_one_sponsor_with_one_title(make: SimpleNamespace) -> None:
    one = make.registration("NCT01000001", **TRIAL)
    later = {**TRIAL, "enrollment": 240, "start_date": (2021, 11, 8), "phase": ("3",)}
    assert len(weave([one, make.registration("ISRCTN10000002", **later)], {}).studies) == 2
    assert len(weave([one, make.registration("ISRCTN10000002", **TRIAL)], {}).studies) == 1


def test_a_review_that_cites_the_trial(make: SimpleNamespace) -> None:
    title = f"{TRIAL['public_title']}: a systematic review"
    sections = [("Results", "One trial (NCT01000001) was found.")]
    review = make.article("journal:r", "10.5555/r", ["NCT01000001"], title=title, sections=sections)
    cited = make.registration("NCT01000001", **TRIAL, references=[("10.5555/r", "derived")])
    assert len(weave([cited, review], {}).studies) == 2


def test_five_hundred_records_that_state_one_number(make: SimpleNamespace) -> None:
    records = [make.registration("NCT01000001", **TRIAL)]
    records += [
        make.article(f"journal:{n:03d}", f"10.5555/{n}", ["NCT01000001"], title=f"Tale {n}")
        for n in range(500)
    ]
    woven = weave(records, {})
    assert len(woven.studies) == 501
    assert sum(len(each.record_ids) for each in woven.studies) == 501
    links = [each for each in woven.links if each.kind == "candidate"]
    assert len(links) == 500
    assert all("umbrella" in each.signals[-1].evidence for each in links)


def test_records_that_say_nothing_or_far_too_much(make: SimpleNamespace) -> None:
    records = [make.registration(f"NCT0100000{n}") for n in range(3)]
    records.append(
        make.registration("ISRCTN10000009", secondary_ids=[f"X-{n}" for n in range(9999)])
    )
    records.append(
        make.registration("DRKS00000001", public_title="word " * 50_000, acronym="A" * 9999)
    )
    woven = weave(records, {})
    assert len(woven.studies) == len(records)
    assert woven.links == ()


def test_numbers_in_wrong_fields_and_shapes(make: SimpleNamespace) -> None:
    one = make.registration("NCT01000001", **TRIAL)
    wrong = [make.number(" nct01000001 ", kind="EudraCT number")]
    other = make.registration("ISRCTN10000002", public_title="Honey", secondary_ids=wrong)
    named = make.registration(
        "DRKS00000003", public_title="Tea (NCT01000001)", acronym="NCT01000001"
    )
    woven = weave([one, other, named], {})
    found = link(woven, one.record_id, other.record_id)
    assert found is not None
    assert found.kind == "asserted"
    assert len(woven.studies) == 2  # a number in a title or an acronym asserts nothing


def test_records_that_name_each_other_in_a_circle(make: SimpleNamespace) -> None:
    numbers = ["NCT01000001", "ISRCTN10000002", "DRKS00000003"]
    ring = zip(numbers, [*numbers[1:], numbers[0]], strict=True)
    records = [make.registration(own, secondary_ids=[following]) for own, following in ring]
    woven = weave(records, {})
    assert len(woven.studies) == 1
