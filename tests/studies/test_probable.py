"""Links without a shared identifier: what makes one probable, and what must not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trialweave.model import Link, Record
from trialweave.studies import Weave, weave

# An invented trial as a register tells it, and as a news page retells the article on it.
REGISTERED: dict[str, Any] = {
    "public_title": "Thyme honey secretome in severe frostbite",
    "scientific_title": "Safety and efficacy of amber thyme honey secretome in severe frostbite",
    "interventions": ["Amber thyme honey secretome", "Placebo ointment"],
    "conditions": ["Frostbite"],
    "countries": ["Iceland"],
    "phase": ("1", "2"),
    "allocation": "randomised",
    "masking": "double",
    "enrollment": 31,
    "enrollment_type": "actual",
    "start_date": (2019, 5, 4),
}
TOLD: dict[str, Any] = {
    "title": "Amber thyme honey secretome to treat severe frostbite: a phase I & II trial",
    "publisher": "Centre for Skin, University of Reykjavik",
    "phase": ("1", "2"),
    "allocation": "randomised",
    "masking": "double",
}


def links(woven: Weave, a: str, b: str) -> list[Link]:
    pair = tuple(sorted((a, b)))
    return [each for each in woven.links if (each.record_a, each.record_b) == pair]


def study_of(woven: Weave, record_id: str) -> str:
    return next(each.study_id for each in woven.studies if record_id in each.record_ids)


def weights(link: Link) -> dict[str, float]:
    return {signal.name: signal.weight for signal in link.signals}


def test_a_page_and_its_registration_without_a_common_identifier(make: SimpleNamespace) -> None:
    entry = make.registration("NCT01000001", **REGISTERED)
    page = make.article("news:a", "10.5555/a", **TOLD)
    woven = weave([entry, page], {"news:a": [make.finding("news:a", 16, 15)]})
    (study,) = woven.studies
    assert study.study_id == "NCT01000001"
    (link,) = links(woven, entry.record_id, page.record_id)
    assert (link.kind, link.relation, link.rule) == ("probable", "reports the trial", "model/3")
    assert 0.95 <= link.probability < 1
    found = weights(link)
    assert min(found[each] for each in ("product", "phase", "enrolment", "country")) > 0
    told = {signal.name: signal.evidence for signal in link.signals}
    assert "16 + 15 = 31 recovered" in told["enrolment"]
    assert "honey" in told["product"]
    assert "Reykjavik" in told["country"]
    # The weights are the whole of it: they sum to the log odds.
    bits = sum(found.values())
    assert link.probability == pytest.approx(1 / (1 + 2**-bits), abs=1e-3)


def test_topic_alone_is_not_enough(make: SimpleNamespace) -> None:
    entry = make.registration(
        "NCT01000001", **{key: REGISTERED[key] for key in ("public_title", "interventions")}
    )
    page = make.article("news:a", title=REGISTERED["public_title"])
    woven = weave([entry, page], {})
    assert len(woven.studies) == 2
    assert all(each.kind == "candidate" for each in links(woven, entry.record_id, "news:a"))


def test_a_contradicting_size_and_place_keep_them_apart(make: SimpleNamespace) -> None:
    entry = make.registration("NCT01000001", **REGISTERED)
    page = make.article("news:a", **{**TOLD, "countries": ["Japan"]})
    woven = weave([entry, page], {"news:a": [make.finding("news:a", 90, 90)]})
    assert len(woven.studies) == 2


def test_an_article_older_than_the_trial_does_not_report_it(make: SimpleNamespace) -> None:
    entry = make.registration("NCT01000001", **REGISTERED)
    page = make.article("news:a", **TOLD, published=(2017, 1, 1))
    woven = weave([entry, page], {})
    assert len(woven.studies) == 2
    later = make.article("news:a", **TOLD, published=(2020, 1, 1))
    assert len(weave([entry, later], {}).studies) == 1  # all else equal


def test_the_right_one_of_two_siblings(make: SimpleNamespace) -> None:
    right = make.registration("NCT01000001", **REGISTERED)
    wrong = make.registration(
        "NCT01000002", **{**REGISTERED, "enrollment": 48, "start_date": (2021, 2, 3)}
    )
    page = make.article("news:a", **TOLD)
    woven = weave([right, wrong, page], {"news:a": [make.finding("news:a", 16, 15)]})
    assert study_of(woven, "news:a") == "NCT01000001"
    assert len(woven.studies) == 2


def test_between_twins_a_page_belongs_to_neither(make: SimpleNamespace) -> None:
    twins = [make.registration(each, **REGISTERED) for each in ("NCT01000001", "NCT01000002")]
    page = make.article("news:a", **TOLD)
    woven = weave([*twins, page], {"news:a": [make.finding("news:a", 16, 15)]})
    assert study_of(woven, "news:a") == "news:a"
    for twin in twins:
        (link,) = links(woven, twin.record_id, "news:a")
        assert link.kind == "candidate"
        assert weights(link)["rival"] < 0


def test_a_copied_description_is_no_evidence(make: SimpleNamespace) -> None:
    text = "A storm of cytokines harms the tissue. " * 40
    one = make.registration("NCT01000001", **REGISTERED, detailed_description=text)
    other = make.registration(
        "ISRCTN10000002",
        public_title="Mint tea for hiccups in students",
        interventions=["Mint tea"],
        conditions=["Hiccups"],
        detailed_description=text,
    )
    assert weave([one, other], {}).links == ()


def test_a_derived_reference_helps_but_a_review_does_not_profit(make: SimpleNamespace) -> None:
    entry = make.registration("NCT01000001", **REGISTERED, references=[("10.5555/a", "derived")])
    page = make.article("news:a", "10.5555/a", **TOLD)
    (link,) = links(weave([entry, page], {}), entry.record_id, "news:a")
    assert link.kind == "probable"
    assert weights(link)["reference"] > 0
    title = f"{REGISTERED['public_title']}: a systematic review and meta-analysis"
    review = make.article("news:r", "10.5555/a", **{**TOLD, "title": title})
    woven = weave([entry, review], {"news:r": [make.finding("news:r", 16, 15)]})
    assert len(woven.studies) == 2
    assert links(woven, entry.record_id, "news:r") == []


def test_a_reference_and_a_topic_are_not_enough(make: SimpleNamespace) -> None:
    told = {key: REGISTERED[key] for key in ("public_title", "interventions", "conditions")}
    entry = make.registration("NCT01000001", **told, references=[("10.5555/a", "derived")])
    page = make.article("news:a", "10.5555/a", title=REGISTERED["public_title"])
    woven = weave([entry, page], {})
    assert len(woven.studies) == 2
    (link,) = links(woven, entry.record_id, "news:a")
    assert link.kind == "candidate"
    assert weights(link)["shared topic"] < 0


def test_other_countries_and_sizes_and_dates_are_another_trial(make: SimpleNamespace) -> None:
    sponsor = {"primary_sponsor": "Thingvellir Burns Trust"}
    one = make.registration("NCT01000001", **REGISTERED, **sponsor)
    elsewhere = {"countries": ["Japan"], "enrollment": 44, "start_date": (2021, 9, 1)}
    other = make.registration("ISRCTN10000002", **{**REGISTERED, **sponsor, **elsewhere})
    woven = weave([one, other], {})
    assert len(woven.studies) == 2
    assert all(each.kind == "rejected" for each in woven.links)
    only_size = make.registration("ISRCTN10000002", **{**REGISTERED, **sponsor, "enrollment": 44})
    assert len(weave([one, only_size], {}).studies) == 1


def test_cells_of_another_origin(make: SimpleNamespace) -> None:
    same = {key: REGISTERED[key] for key in ("conditions", "countries", "phase", "enrollment")}
    one = make.registration(
        "NCT01000001", public_title="Umbilical cord cells for frostbite", **same
    )
    other = make.registration(
        "ISRCTN10000002", public_title="Adipose stem cells for frostbite", **same
    )
    woven = weave([one, other], {})
    assert len(woven.studies) == 2


def test_registered_twins_of_two_registers(make: SimpleNamespace) -> None:
    sponsor = {"primary_sponsor": "Thingvellir Burns Trust"}
    one = make.registration("NCT01000001", **REGISTERED, **sponsor)
    other = make.registration("ISRCTN10000002", **REGISTERED, **sponsor)
    woven = weave([one, other], {})
    (link,) = links(woven, one.record_id, other.record_id)
    assert (link.kind, link.relation) == ("probable", "same trial")
    assert len(woven.studies) == 1


def test_the_trial_of_another_number_is_never_joined(make: SimpleNamespace) -> None:
    one = make.registration("NCT01000001", **REGISTERED)
    other = make.registration("ISRCTN10000002", **REGISTERED, secondary_ids=["NCT01000009"])
    woven = weave([one, other], {})
    assert len(woven.studies) == 2
    (link,) = links(woven, one.record_id, other.record_id)
    assert link.kind == "rejected"


def test_no_chain_of_probable_links(make: SimpleNamespace) -> None:
    # a resembles b, b resembles c; a and c differ in size, place and date.
    a = make.article("p:a", **TOLD, countries=["Iceland"], enrollment=31, start_date=(2019, 5, 4))
    b = make.article("p:b", **TOLD)
    c = make.article("p:c", **TOLD, countries=["Japan"], enrollment=480, start_date=(2012, 1, 9))
    sizes = {"p:b": [make.finding("p:b", 16, 15)]}
    woven = weave([a, b, c], sizes)
    assert study_of(woven, "p:a") != study_of(woven, "p:c")


_POOL = [
    ("register:NCT01000001", {**REGISTERED, "primary_id": "NCT01000001"}),
    ("portal:NCT01000001", {"primary_id": "NCT01000001", "public_title": "Honey in frostbite"}),
    ("register:NCT01000002", {**REGISTERED, "primary_id": "NCT01000002", "enrollment": 48}),
    (
        "register:ISRCTN10000003",
        {"primary_id": "ISRCTN10000003", "secondary_ids": ["NCT01000002"], "public_title": "Honey"},
    ),
    ("register:ISRCTN10000004", {**REGISTERED, "primary_id": "ISRCTN10000004"}),
]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(order=st.permutations(range(9)), used=st.sets(st.integers(0, 8), min_size=1))
def test_the_order_of_records_does_not_matter(
    make: SimpleNamespace, order: list[int], used: set[int]
) -> None:
    records: list[Record] = [
        *(make.record(name, make.facts(**said)) for name, said in _POOL),
        make.article("news:a", "10.5555/a", **TOLD),
        make.article("journal:a", "10.5555/a", ["NCT01000002"], title="Honey"),
        make.article("journal:b", "10.5555/b", ["NCT01000001", "NCT01000002"], title="Honey too"),
        make.article("journal:c", "10.5555/c", title="Mint", report_of="b"),
    ]
    chosen = [records[at] for at in sorted(used)]
    shuffled = [records[at] for at in order if at in used]
    findings = {"news:a": [make.finding("news:a", 16, 15)]}
    woven = weave(chosen, findings)
    assert weave(shuffled, findings) == woven
    ids = sorted(name for study in woven.studies for name in study.record_ids)
    assert ids == sorted(record.record_id for record in chosen)  # each record once, none lost
    names = [study.study_id for study in woven.studies]
    assert len(names) == len(set(names))


def test_growth_stays_near_linear(make: SimpleNamespace) -> None:
    """Many records of one narrow topic: pairs compared must not grow with their square."""
    from trialweave.studies.blocking import candidate_pairs, keys_of
    from trialweave.studies.corpus import survey
    from trialweave.studies.profiles import profile

    def pairs(count: int) -> int:
        records = [
            make.registration(
                f"NCT{n:08d}",
                public_title=f"Stem cells for severe frostbite, centre {n % 97}",
                conditions=["Frostbite"],
                countries=["Iceland"],
                enrollment=20 + n % 50,
            )
            for n in range(count)
        ]
        profiles = [profile(each) for each in records]
        return len(candidate_pairs(keys_of(profiles, survey(profiles)), len(profiles)))

    few, many = pairs(300), pairs(1200)
    assert many < 6 * max(few, 300 * 30)
