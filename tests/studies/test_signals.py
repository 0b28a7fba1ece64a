"""Signals one by one, and the bounds that spare comparisons."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trialweave.model import Missingness, Outcome, Signal, Value, stated
from trialweave.studies import Profile, profile
from trialweave.studies.corpus import survey
from trialweave.studies.facts import sponsor_words
from trialweave.studies.particulars import acronyms_of, ages_of, doses_of
from trialweave.studies.promising import LOOKED_AT, Bounds, promising
from trialweave.studies.scoring import TOPIC_CAP, judge
from trialweave.studies.signals import compare, contained


def told(a: Profile, b: Profile, others: tuple[Profile, ...] = ()) -> dict[str, Signal]:
    corpus = survey([a, b, *others])
    return {signal.name: signal for signal in compare(a, b, corpus)}


def of(make: SimpleNamespace, number: str, **said: Any) -> Profile:
    return profile(make.registration(number, **said))


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("Amber honey for frostbite (THAW-2)", {"thaw2"}),
        ("Amber honey for frostbite - THAW-2 Trial", {"thaw2"}),
        ("THAW2: amber honey for frostbite", {"thaw2"}),
        ("The THAW multicentre trial of amber honey", {"thaw"}),
        ("Amber honey in acute mountain sickness (AMS)", set()),  # only abbreviates
        ("Amber honey and tamarindol (TMR) for frostbite", set()),
        ("A Placebo-Controlled, Open-Label Study (COVID-19)", set()),
        ("PHASE II TRIAL OF AMBER HONEY IN FROSTBITE", set()),
        ("", set()),
    ],
)
def test_short_names_in_titles(make: SimpleNamespace, title: str, names: set[str]) -> None:
    assert acronyms_of(make.facts(), [title]) == names


def test_the_stated_acronym_and_one_in_a_title_meet(make: SimpleNamespace) -> None:
    a = of(make, "NCT01000001", public_title="Honey for frostbite", acronym="THAW-2")
    b = of(make, "ISRCTN10000002", public_title="THAW 2: honey and frostbite")
    found = told(a, b)["acronym"]
    assert found.weight > 3
    assert "THAW2" in found.evidence
    # A name that many trials carry tells less.
    others = tuple(of(make, f"NCT{n:08d}", acronym="THAW 2") for n in range(30))
    assert told(a, b, others).get("acronym", Signal("", 0.0, "")).weight < found.weight / 2


def test_a_code_of_the_product_is_not_the_name_of_the_trial(make: SimpleNamespace) -> None:
    made = {"public_title": "Honey (AMB007) for frostbite", "interventions": ["AMB007"]}
    assert "acronym" not in told(
        of(make, "NCT01000001", **made), of(make, "ISRCTN10000002", **made)
    )


def test_primary_outcomes(make: SimpleNamespace) -> None:
    def measured(number: str, text: str) -> Profile:
        outcome = stated((Outcome(measure=stated(text, "test/1")),), "test/1")
        trial = make.facts(primary_id=number, public_title="Honey")
        return profile(make.record(f"r:{number}", _with(trial, primary_outcomes=outcome)))

    same = "Regrowth of frozen toenails by week nine"
    a, b = measured("NCT01000001", same), measured("ISRCTN10000002", same)
    assert told(a, b)["outcome"].weight > 1
    assert "toenail" in told(a, b)["outcome"].evidence
    assert told(a, measured("ISRCTN10000003", "Quality of sleep"))["outcome"].weight == -1
    assert "outcome" not in told(a, of(make, "ISRCTN10000004", public_title="Honey"))


def _with(trial: Any, **fields: Any) -> Any:
    import msgspec

    return msgspec.structs.replace(trial, **fields)


def test_sponsors_under_other_names() -> None:
    assert "vienna" in sponsor_words(["Medizinische Universität Wien"])
    assert sponsor_words(["Exampleumc"]) & sponsor_words(["Example University"]) == {"example"}
    assert "^fiss" in sponsor_words(["Fundación para la Investigación Sanitaria de Soria"])
    # A person's name is no institution, and a country is weighed as one.
    assert sponsor_words(["Dr. Ada Example", "Ada Example, MD"]) == frozenset()
    assert "senegal" not in sponsor_words(["Institute of Senegal"])


def test_within_a_country_the_capital_tells_little(make: SimpleNamespace) -> None:
    def at(number: str, sponsor: str, country: str) -> Profile:
        return of(make, number, primary_sponsor=sponsor, countries=[country])

    rare = told(
        at("NCT01000001", "Medical Faculty Dakar", "Senegal"),
        at("ISRCTN10000002", "Heart Hospital Dakar", "Senegal"),
        tuple(at(f"NCT{n:08d}", f"Clinic {n}", "France") for n in range(400)),
    )
    common = told(
        at("NCT01000001", "Hospital Quimperlé", "France"),
        at("ISRCTN10000002", "Centre Quimperlé", "France"),
        tuple(at(f"NCT{n:08d}", f"Clinic {n}", "France") for n in range(400)),
    )
    assert rare["sponsor"].weight < 1.5
    assert common["sponsor"].weight > 3


@pytest.mark.parametrize(
    ("kinds", "weight"),
    [(("actual", "actual"), -5.0), ((None, "actual"), -3.0), (("estimated", "actual"), -2.5)],
)
def test_sizes_of_no_stated_kind_differ_more_freely(
    make: SimpleNamespace, kinds: tuple[str | None, str], weight: float
) -> None:
    a, b = (
        of(make, number, enrollment=n, **({"enrollment_type": kind} if kind else {}))
        for number, n, kind in zip(("NCT01000001", "ISRCTN10000002"), (30, 90), kinds, strict=True)
    )
    assert told(a, b)["enrolment"].weight == weight


def test_completion_and_masking(make: SimpleNamespace) -> None:
    a = of(make, "NCT01000001", completion_date=(2020, 3, 7), masking="double")
    b = of(make, "ISRCTN10000002", completion_date=(2020, 3, 7), masking="quadruple")
    assert told(a, b)["completion"].weight == 3
    assert told(a, b)["masking"].weight > 0  # registers count the masked differently
    late = of(make, "ISRCTN10000003", completion_date=(2022, 3, 7), masking="none")
    assert told(a, late)["completion"].weight < 0
    assert told(a, late)["masking"].weight == -2


def test_ages_and_doses(make: SimpleNamespace) -> None:
    assert ages_of(make.facts(minimum_age=18.0, maximum_age=65.0)) == "18-65"
    assert ages_of(make.facts(minimum_age=18.0)) == ""  # unknown is not "no limit"
    none = Value[float](missingness=Missingness.NOT_APPLICABLE)
    assert ages_of(_with(make.facts(minimum_age=18.0), maximum_age=none)) == "18-"
    adult, a = {"minimum_age": 18.0, "maximum_age": 65.0}, {"interventions": ["Honey 0.5 g"]}
    one, other = (
        of(make, "NCT01000001", **adult, **a),
        of(make, "ISRCTN10000002", minimum_age=18.0, maximum_age=75.0, interventions=["500 mg"]),
    )
    assert told(one, other)["ages"].weight == -1
    assert told(one, of(make, "ISRCTN10000003", **adult))["ages"].weight > 0
    assert "500 mg" in told(one, other)["dose"].evidence
    given = make.facts(
        interventions=["Honey 0.5 g twice", "Salve 1,000 mg/kg", "Tea 20ml", "Oil 0,125 mg"]
    )
    assert doses_of(given) == {"500 mg", "1000 mg/kg", "20 ml", "0.125 mg"}


def test_a_name_and_an_outcome_lift_the_bound_of_topic_a_little(make: SimpleNamespace) -> None:
    same = {
        "public_title": "Amber thyme honey secretome in severe frostbite of toes (THAW-2)",
        "interventions": ["Amber thyme honey secretome"],
        "conditions": ["Frostbite"],
    }
    a, b = of(make, "NCT01000001", **same), of(make, "ISRCTN10000002", **same)
    judgement = judge(a, b, survey([a, b]))
    topical = ("product", "condition", "title", "acronym", "outcome", "shared topic")
    about = sum(each.weight for each in judgement.signals if each.name in topical)
    assert about == pytest.approx(TOPIC_CAP + 1.5, abs=0.05)
    assert judgement.bits < 4.2  # topic and name alone do not join


_TITLES = ["Honey for frostbite (THAW-2)", "Amber honey in severe frostbite", "Mint tea", ""]
_SAID = st.fixed_dictionaries(
    {},
    optional={
        "public_title": st.sampled_from(_TITLES),
        "interventions": st.lists(
            st.sampled_from(["Amber honey 5 mg", "Stem cells", "Tea 5 mg"]), max_size=2
        ),
        "conditions": st.lists(st.sampled_from(["Severe frostbite", "Hiccups"]), max_size=2),
        "countries": st.lists(st.sampled_from(["Iceland", "Japan", "Spain"]), max_size=3),
        "primary_sponsor": st.sampled_from(["Reykjavik Trust", "Hospital of Soria", "Dr. A. B."]),
        "phase": st.sampled_from([("1",), ("1", "2"), ("3",)]),
        "allocation": st.sampled_from(["randomised", "non-randomised"]),
        "masking": st.sampled_from(["none", "double", "triple"]),
        "enrollment": st.sampled_from([1, 30, 31, 33, 70, 5000]),
        "enrollment_type": st.sampled_from(["actual", "estimated"]),
        "start_date": st.sampled_from([(2019, 5, 4), (2019, 5), (2019, 8, 1), (2021,)]),
        "completion_date": st.sampled_from([(2020, 5, 4), (2022, 5)]),
        "minimum_age": st.sampled_from([18.0, 60.0]),
        "maximum_age": st.just(75.0),
        "secondary_ids": st.sampled_from([["GRANT-12345"], ["NCT01000099"]]),
        "people": st.sampled_from([("0f651",), ("0f651", "4de25"), ("4de25", "95e13", "7d43d")]),
        "sites": st.sampled_from(
            [
                [("Amber Bay", "Reykjavik")],
                [("Amber Bay", "Reykjavik"), ("Site 12", "Soria"), ("Thyme Clinic", "Osaka")],
                [("Thyme Hospital", "Osaka"), ("", "Soria")],
            ]
        ),
        "arms": st.sampled_from(
            [
                [15, 15],
                [("Amber honey", 10), ("Placebo", 20)],
                [("Stem cells", None), ("Tea", None), ("Honey", None)],
                [("Tea", 30)],
            ]
        ),
    },
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(said=st.lists(_SAID, min_size=2, max_size=7), crowd=st.integers(0, 40))
def test_no_pair_that_may_come_to_something_is_spared(
    make: SimpleNamespace, said: list[dict[str, Any]], crowd: int
) -> None:
    profiles = [of(make, f"NCT{n:08d}", **each) for n, each in enumerate(said)]
    profiles += [
        of(make, f"NCT1{n:07d}", public_title="Other things", countries=["Spain"], enrollment=30)
        for n in range(crowd)
    ]
    corpus = survey(profiles)
    pairs = np.asarray([(i, j) for i in range(len(said)) for j in range(i + 1, len(said))])
    kept = {tuple(pair) for pair in promising(profiles, corpus, pairs).tolist()}
    most = Bounds(profiles, corpus).most(pairs)
    for (i, j), bound in zip(pairs.tolist(), most.tolist(), strict=True):
        a, b = profiles[i], profiles[j]
        bits = judge(a, b, corpus).bits
        assert bits <= bound + 0.1
        if contained(a, b, corpus)[1] >= LOOKED_AT and bits >= 0:
            assert (i, j) in kept


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(one=_SAID, other=_SAID, crowd=st.integers(0, 40))
def test_evidence_does_not_depend_on_which_record_comes_first(
    make: SimpleNamespace, one: dict[str, Any], other: dict[str, Any], crowd: int
) -> None:
    a, b = of(make, "NCT01000001", **one), of(make, "ISRCTN10000002", **other)
    others = [
        of(make, f"NCT1{n:07d}", countries=["Spain"], start_date=(2019, 5)) for n in range(crowd)
    ]
    corpus = survey([a, b, *others])
    there, back = judge(a, b, corpus), judge(b, a, corpus)
    assert [(s.name, s.weight) for s in there.signals] == [(s.name, s.weight) for s in back.signals]


def test_one_of_many_countries_is_soon_shared_whoever_names_many(make: SimpleNamespace) -> None:
    many = of(make, "NCT01000001", countries=["Iceland", "Japan", "Spain", "Peru", "Chad"])
    lone = of(make, "ISRCTN10000002", countries=["Iceland"])
    twin = of(make, "ISRCTN10000003", countries=["Iceland"])
    weights = [
        told(a, b, (other,))["country"].weight
        for a, b, other in ((many, lone, twin), (lone, many, twin), (lone, twin, many))
    ]
    assert weights[0] == weights[1] < weights[2]


def test_pairs_far_apart_are_spared(make: SimpleNamespace) -> None:
    one = {"public_title": "Honey in frostbite", "countries": ["Iceland"], "enrollment": 31}
    other = {"public_title": "Honey in frostbite", "countries": ["Japan"], "enrollment": 480}
    profiles = [
        of(make, "NCT01000001", **one, start_date=(2019, 5, 4)),
        of(make, "ISRCTN10000002", **other, start_date=(2012, 1, 9)),
        of(make, "ISRCTN10000003", **one, start_date=(2019, 5, 4)),
    ]
    pairs = np.asarray([(0, 1), (0, 2), (1, 2)])
    assert promising(profiles, survey(profiles), pairs).tolist() == [[0, 2]]
    assert len(promising([], survey([]), np.zeros((0, 2), np.int64))) == 0
